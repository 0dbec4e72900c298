#include "drive/data.h"
#include "book/report.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/err.h"
#include "events/codec.h"

struct data {
    const struct config *config;
    struct host *host;
    struct event_decode decode;
    struct feed *feed;
    struct feed_rule rules[CONFIG_FEEDS_MAX];
};

/* Ids are durable, so what a feed resolved stays right over a restart. */
static uint32_t instrument(void *self, const char *symbol) {
    const struct data *data = self;
    char upper[PAWL_SYMBOL_MAX + 1];
    uint32_t id = names_find(data->host->names, NAME_INSTRUMENT, symbol);
    if (id != 0) return id;
    for (id = 1; id <= data->host->book.instrument_count; id++) {
        TEXT_SET(upper, data->host->book.instruments[id].def.symbol);
        if (strcasecmp(upper, symbol) == 0) return id;
    }
    return 0;
}

static uint32_t account(void *self, const char *name) {
    return names_find(((struct data *)self)->host->names, NAME_ACCOUNT, name);
}

static uint32_t component(void *self, const char *name) {
    return host_component(((struct data *)self)->host, name);
}

static const char *symbol_at(void *self, size_t i) {
    const struct config *config = ((struct data *)self)->config;
    return i < config->instrument_count ? config->instruments[i].base.symbol : NULL;
}

static void remark(void *self, const char *text) {
    log_write(((struct data *)self)->host->options.log, PAWL_LOG_WARN, "feed", "%s", text);
}

static size_t make_rules(struct data *data) {
    size_t count = 0;
    for (uint32_t i = 0; i < data->config->feed_count && count < FEED_RULES_MAX; i++) {
        const struct config_feed *from = &data->config->feeds[i];
        if (from->match[0] == '\0') continue;
        data->rules[count++] = (struct feed_rule){
            .match = from->match,
            .symbol = from->symbol,
            .format = from->format,
            .tz = from->tz,
            .scale = {from->scale.e8 == PAWL_E8 ? 0 : from->scale.e8},
            .spread = from->spread,
            .speed = from->speed,
            .back_max_ns = from->back_max_ns,
            .bar_seconds = (uint32_t)from->bar_seconds,
            .stamp = from->stamp == CONFIG_STAMP_CLOSE ? FEED_STAMP_CLOSE : FEED_STAMP_OPEN};
    }
    return count;
}

static void tell_spreads(struct data *data) {
    for (size_t i = 0; i < feed_source_count(data->feed); i++) {
        const struct feed_source *source = feed_source_at(data->feed, i);
        if (source->instrument == 0 || !source->trades_only) continue;
        host_set_spread(data->host, source->instrument, source->spread.e8 / 2);
    }
}

int data_open(const struct config *config, struct host *host, const struct data_options *options,
              struct data **ret, struct pawl_err *err) {
    struct data *data = mem_calloc(1, sizeof *data);
    if (data == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the data files");
    data->config = config;
    data->host = host;
    data->decode = (struct event_decode){
        .self = data, .instrument = instrument, .account = account, .component = component};
    struct feed_options feed_options = {.self = data,
                                        .instrument = instrument,
                                        .symbol_at = symbol_at,
                                        .remark = remark,
                                        .decode = &data->decode,
                                        .rules = data->rules,
                                        .rule_count = make_rules(data),
                                        .symbol = options->symbol,
                                        .format = options->format,
                                        .bad_rows = options->skip_bad_rows ? FEED_BAD_SKIP
                                                                           : FEED_BAD_FATAL};
    int rc = feed_open(options->paths, options->path_count, &feed_options, &data->feed, err);
    if (rc != PAWL_OK) {
        data_free(data);
        if (rc != PAWL_E_CONFIG) return rc;
        /* The configuration stands; it is this file that does not fit it. */
        if (err != NULL) err->rc = PAWL_E_DATA;
        return PAWL_E_DATA;
    }
    tell_spreads(data);
    *ret = data;
    return PAWL_OK;
}

void data_free(struct data *data) {
    if (data == NULL) return;
    feed_free(data->feed);
    mem_free(data);
}

void data_attach(struct data *data, struct host *host) {
    data->host = host;
    tell_spreads(data);
}

void data_configure(struct data *data, const struct config *config) {
    data->config = config; /* its `feeds` are the same: they need a restart */
}

struct feed *data_feed(struct data *data) {
    return data->feed;
}

int64_t data_speed_e8(const struct data *data) {
    return feed_source_count(data->feed) == 0 ? 0 : feed_source_at(data->feed, 0)->speed.e8;
}
