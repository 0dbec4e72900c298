#include "fake_host.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pawl_num.h"

static struct fake_host *of(struct pawl_ctx *ctx) {
    return (struct fake_host *)ctx;
}

/* ---- the core table ---- */

static int host_publish(struct pawl_ctx *ctx, const struct pawl_event *event) {
    struct fake_host *fake = of(ctx);
    if (fake->published_count == fake->published_capacity) {
        uint32_t capacity = fake->published_capacity == 0 ? 64 : fake->published_capacity * 2;
        fake->published_capacity = capacity;
        fake->published = realloc(fake->published, capacity * sizeof *fake->published);
        assert(fake->published != NULL);
    }
    struct pawl_event *copy = malloc(event->size);
    assert(copy != NULL && event->size >= sizeof *event && event->size % 8 == 0);
    memcpy(copy, event, event->size);
    copy->seq = ++fake->seq;
    copy->time_ns = fake->now_ns;
    copy->source = FAKE_COMPONENT;
    fake->published[fake->published_count++] = copy;
    return PAWL_OK;
}

static int64_t host_now_ns(struct pawl_ctx *ctx) {
    return of(ctx)->now_ns;
}

PAWL_PRINTF(3, 4)
static void host_log(struct pawl_ctx *ctx, int level, const char *format, ...) {
    struct fake_host *fake = of(ctx);
    va_list args;
    va_start(args, format);
    vsnprintf(fake->log_text, sizeof fake->log_text, format, args);
    va_end(args);
    fake->log_count++;
    if (fake->show_log) fprintf(stderr, "log %d: %s\n", level, fake->log_text);
}

static const void *host_service(struct pawl_ctx *ctx, const char *name) {
    struct fake_host *fake = of(ctx);
    bool listed = false;
    for (const char *const *need = fake->plugin->needs; need != NULL && *need != NULL; need++)
        listed |= strcmp(*need, name) == 0;
    if (!listed) return NULL;
    for (uint32_t i = 0; i < fake->service_count; i++)
        if (strcmp(fake->service_names[i], name) == 0) return fake->services[i];
    if (strcmp(name, PAWL_MARKET) == 0) return &fake->market;
    if (strcmp(name, PAWL_TIMERS) == 0) return &fake->timers;
    if (strcmp(name, PAWL_FILES) == 0) return &fake->files;
    return NULL;
}

/* ---- market ---- */

static const struct pawl_instrument *market_instrument(struct pawl_ctx *ctx, uint32_t id) {
    struct fake_host *fake = of(ctx);
    return id == 0 || id > fake->instrument_count ? NULL : &fake->instruments[id - 1];
}

static const struct pawl_instrument *market_by_symbol(struct pawl_ctx *ctx, const char *symbol) {
    struct fake_host *fake = of(ctx);
    for (uint32_t i = 0; i < fake->instrument_count; i++)
        if (strcmp(fake->instruments[i].symbol, symbol) == 0) return &fake->instruments[i];
    return NULL;
}

static const struct pawl_account_info *market_account(struct pawl_ctx *ctx, uint32_t id) {
    struct fake_host *fake = of(ctx);
    return id == 0 || id > fake->account_count ? NULL : &fake->accounts[id - 1];
}

static const struct pawl_market_state *market_state(struct pawl_ctx *ctx, uint32_t id) {
    struct fake_host *fake = of(ctx);
    return id == 0 || id > fake->instrument_count ? NULL : &fake->states[id - 1];
}

/* ---- timers ---- */

static void timers_clear(struct pawl_ctx *ctx, uint64_t key) {
    struct fake_host *fake = of(ctx);
    for (uint32_t i = 0; i < fake->timer_count; i++)
        if (fake->timer_list[i].key == key) {
            fake->timer_list[i] = fake->timer_list[--fake->timer_count];
            return;
        }
}

static int timers_set(struct pawl_ctx *ctx, uint64_t key, int64_t due_ns) {
    struct fake_host *fake = of(ctx);
    timers_clear(ctx, key);
    if (fake->timer_count == FAKE_TIMERS_MAX) return PAWL_E_BUSY;
    fake->timer_list[fake->timer_count++] =
        (struct fake_timer){.key = key, .set_order = ++fake->timer_order, .due_ns = due_ns};
    return PAWL_OK;
}

static bool timer_pop(struct fake_host *fake, int64_t until_ns, struct fake_timer *ret) {
    struct fake_timer *first = NULL;
    for (uint32_t i = 0; i < fake->timer_count; i++) {
        struct fake_timer *one = &fake->timer_list[i];
        if (one->due_ns > until_ns) continue;
        if (first == NULL || one->due_ns < first->due_ns ||
            (one->due_ns == first->due_ns && one->set_order < first->set_order))
            first = one;
    }
    if (first == NULL) return false;
    *ret = *first;
    *first = fake->timer_list[--fake->timer_count];
    return true;
}

/* ---- files ---- */

struct fake_file *fake_file(struct fake_host *fake, const char *name) {
    for (uint32_t i = 0; i < fake->file_count; i++)
        if (strcmp(fake->file_list[i].name, name) == 0) return &fake->file_list[i];
    return NULL;
}

static struct fake_file *file_made(struct fake_host *fake, const char *name) {
    struct fake_file *file = fake_file(fake, name);
    if (file != NULL) return file;
    assert(fake->file_count < FAKE_FILES_MAX && strlen(name) <= PAWL_FILE_NAME_MAX);
    file = &fake->file_list[fake->file_count++];
    strcpy(file->name, name);
    return file;
}

static void file_add(struct fake_file *file, const void *bytes, size_t len) {
    if (file->len + len > file->capacity) {
        file->capacity = (file->len + len) * 2;
        file->bytes = realloc(file->bytes, file->capacity);
        assert(file->bytes != NULL);
    }
    if (len > 0) memcpy(file->bytes + file->len, bytes, len);
    file->len += len;
}

static int files_append(struct pawl_ctx *ctx, const char *name, const void *bytes, size_t len,
                        struct pawl_err *err) {
    struct fake_host *fake = of(ctx);
    if (fake->files_left > 0 && --fake->files_left == 0) {
        if (len > 1) file_add(file_made(fake, name), bytes, len / 2);
        fake->files_fail = true;
    }
    if (fake->files_fail) {
        if (err != NULL && err->rc == 0) {
            err->rc = PAWL_E_IO;
            strcpy(err->text, "disk full");
        }
        return PAWL_E_IO;
    }
    file_add(file_made(fake, name), bytes, len);
    return PAWL_OK;
}

static int files_replace(struct pawl_ctx *ctx, const char *name, const void *bytes, size_t len,
                         struct pawl_err *err) {
    struct fake_host *fake = of(ctx);
    char *copy = malloc(len + 1); /* `bytes` may lie in the file */
    assert(copy != NULL);
    memcpy(copy, bytes, len);
    bool dies = fake->files_left == 1; /* before the new one has the name */
    if (!fake->files_fail && !dies) file_made(fake, name)->len = 0;
    int rc = files_append(ctx, name, copy, dies ? 0 : len, err);
    free(copy);
    return rc;
}

static int64_t files_read(struct pawl_ctx *ctx, const char *name, uint64_t offset, void *bytes,
                          size_t max, struct pawl_err *err) {
    (void)err;
    struct fake_file *file = fake_file(of(ctx), name);
    if (file == NULL || offset >= file->len) return 0;
    size_t len = file->len - (size_t)offset < max ? file->len - (size_t)offset : max;
    if (len > 3000) len = 3000; /* short reads are allowed, so they happen */
    memcpy(bytes, file->bytes + offset, len);
    return (int64_t)len;
}

static int files_rename(struct pawl_ctx *ctx, const char *from, const char *to,
                        struct pawl_err *err) {
    struct fake_host *fake = of(ctx);
    const struct fake_file *file = fake_file(fake, from);
    assert(file != NULL);
    if (fake->files_rename_rc != PAWL_OK) return fake->files_rename_rc;
    if (fake->on_rename != NULL) fake->on_rename(fake->on_rename_arg);
    int rc = files_replace(ctx, to, file->bytes, file->len, err);
    if (rc == PAWL_OK) file_made(fake, from)->len = 0;
    return rc;
}

static int64_t files_length(struct pawl_ctx *ctx, const char *name, struct pawl_err *err) {
    (void)err;
    const struct fake_file *file = fake_file(of(ctx), name);
    return file == NULL ? PAWL_E_NOTFOUND : (int64_t)file->len;
}

static int files_truncate(struct pawl_ctx *ctx, const char *name, uint64_t size,
                          struct pawl_err *err) {
    struct fake_file *file = fake_file(of(ctx), name);
    (void)err;
    assert(file != NULL && size <= file->len);
    file->len = (size_t)size;
    return PAWL_OK;
}

static int files_sync(struct pawl_ctx *ctx, const char *name, struct pawl_err *err) {
    struct fake_host *fake = of(ctx);
    (void)err;
    assert(fake_file(fake, name) != NULL);
    if (fake->files_sync_rc == PAWL_OK) strcpy(fake->files_synced, name);
    return fake->files_sync_rc;
}

void fake_file_gone(struct fake_host *fake, const char *name) {
    struct fake_file *file = fake_file(fake, name);
    if (file != NULL) file->name[0] = '\0';
}

void fake_file_set(struct fake_host *fake, const char *name, const void *bytes, size_t len) {
    files_replace(&fake->ctx, name, bytes, len, NULL);
}

/* ---- options from text ---- */

static int64_t duration_of(const char *text) {
    char *unit;
    long long n = strtoll(text, &unit, 10);
    if (strcmp(unit, "ns") == 0) return n;
    if (strcmp(unit, "us") == 0) return n * 1000;
    if (strcmp(unit, "ms") == 0) return n * PAWL_MS;
    if (strcmp(unit, "s") == 0) return n * PAWL_NS;
    if (strcmp(unit, "m") == 0) return n * 60 * PAWL_NS;
    assert(strcmp(unit, "h") == 0);
    return n * 3600 * PAWL_NS;
}

static uint32_t choice_of(const char *choices, const char *text) {
    uint32_t n = 1;
    size_t len = strlen(text);
    for (const char *at = choices;; n++) {
        size_t word = strcspn(at, "|");
        if (word == len && memcmp(at, text, len) == 0) return n;
        assert(at[word] == '|');
        at += word + 1;
    }
}

static void option_set(const struct pawl_option *option, const char *text, char *block) {
    void *at = block + option->offset;
    switch (option->type) {
    case PAWL_OPT_BOOL: *(uint8_t *)at = strcmp(text, "true") == 0; break;
    case PAWL_OPT_INT: *(int64_t *)at = strtoll(text, NULL, 10); break;
    case PAWL_OPT_DECIMAL: assert(pawl_parse_e8(text, strlen(text), at) == PAWL_OK); break;
    case PAWL_OPT_DURATION: *(int64_t *)at = duration_of(text); break;
    case PAWL_OPT_ENUM: *(uint32_t *)at = choice_of(option->choices, text); break;
    default:
        assert(strlen(text) <= PAWL_OPT_TEXT_MAX);
        strcpy(at, text);
        break;
    }
}

void fake_option(struct fake_host *fake, const char *name, const char *value) {
    for (uint32_t i = 0; i < fake->option_count; i++)
        if (strcmp(fake->option_names[i], name) == 0) {
            fake->option_values[i] = value;
            return;
        }
    assert(fake->option_count < FAKE_OPTIONS_MAX);
    fake->option_names[fake->option_count] = name;
    fake->option_values[fake->option_count++] = value;
}

static void options_fill(struct fake_host *fake) {
    free(fake->options_block);
    fake->options_block = calloc(1, fake->plugin->options_size + 1);
    assert(fake->options_block != NULL);
    uint32_t used = 0;
    for (const struct pawl_option *option = fake->plugin->options;
         option != NULL && option->name != NULL; option++) {
        const char *text = option->default_;
        for (uint32_t i = 0; i < fake->option_count; i++)
            if (strcmp(fake->option_names[i], option->name) == 0) {
                text = fake->option_values[i];
                used++;
            }
        if (text != NULL) option_set(option, text, fake->options_block);
    }
    assert(used == fake->option_count); /* each names an option of the plugin */
}

/* ---- life ---- */

void fake_init(struct fake_host *fake) {
    memset(fake, 0, sizeof *fake);
    fake->table = (struct pawl_host){.size = sizeof fake->table, .abi = PAWL_ABI,
                                     .publish = host_publish, .now_ns = host_now_ns,
                                     .log = host_log, .service = host_service};
    fake->market = (struct pawl_market){.size = sizeof fake->market,
                                        .instrument = market_instrument,
                                        .by_symbol = market_by_symbol, .account = market_account,
                                        .state = market_state};
    fake->timers = (struct pawl_timers){.size = sizeof fake->timers, .set = timers_set,
                                        .clear = timers_clear};
    fake->files = (struct pawl_files){.size = sizeof fake->files, .append = files_append,
                                      .replace = files_replace, .read = files_read,
                                      .rename = files_rename, .length = files_length,
                                      .truncate = files_truncate, .sync = files_sync};
    fake->ctx = (struct pawl_ctx){.host = &fake->table, .instance = "fake",
                                  .component = FAKE_COMPONENT};
    fake->now_ns = FAKE_START_NS;
}

void fake_done(struct fake_host *fake) {
    fake_stop(fake);
    fake_clear(fake);
    free(fake->published);
    free(fake->options_block);
    for (uint32_t i = 0; i < fake->file_count; i++) free(fake->file_list[i].bytes);
}

struct pawl_instrument *fake_instrument(struct fake_host *fake, const char *symbol) {
    assert(fake->instrument_count < FAKE_INSTRUMENTS_MAX && strlen(symbol) <= PAWL_SYMBOL_MAX);
    struct pawl_instrument *in = &fake->instruments[fake->instrument_count];
    in->id = ++fake->instrument_count;
    in->account = 1;
    strcpy(in->symbol, symbol);
    in->tick.e8 = PAWL_E8 / 100;
    in->step.e8 = in->min_quantity.e8 = PAWL_E8 / 10;
    in->multiplier.e8 = PAWL_E8;
    fake->states[in->id - 1].stale_after_ns = 10 * PAWL_NS;
    return in;
}

struct pawl_account_info *fake_account(struct fake_host *fake, const char *name) {
    assert(fake->account_count < FAKE_ACCOUNTS_MAX && strlen(name) <= PAWL_NAME_MAX);
    struct pawl_account_info *account = &fake->accounts[fake->account_count];
    account->id = ++fake->account_count;
    account->broker = FAKE_COMPONENT;
    strcpy(account->name, name);
    strcpy(account->currency, "USD");
    account->leverage.e8 = PAWL_E8;
    account->balance.e8 = 100000 * PAWL_E8;
    return account;
}

void fake_service(struct fake_host *fake, const char *name, const void *table) {
    assert(fake->service_count < FAKE_SERVICES_MAX);
    fake->service_names[fake->service_count] = name;
    fake->services[fake->service_count++] = table;
}

int fake_start(struct fake_host *fake, const struct pawl_plugin *plugin) {
    assert(fake->self == NULL && plugin->size == sizeof *plugin);
    fake->plugin = plugin;
    memset(&fake->err, 0, sizeof fake->err);
    options_fill(fake);
    int rc = plugin->create(&fake->ctx, fake->options_block, &fake->self, &fake->err);
    if (rc != PAWL_OK) {
        assert(fake->self == NULL); /* outputs are untouched on failure */
        return rc;
    }
    struct pawl_ev_restored restored = {.head = {.size = sizeof restored,
                                                 .type = PAWL_EV_RESTORED},
                                        .boot = 1};
    fake_send(fake, &restored.head);
    return PAWL_OK;
}

void fake_stop(struct fake_host *fake) {
    if (fake->self != NULL) fake->plugin->destroy(fake->self);
    fake->self = NULL;
    fake->timer_count = 0;
}

int fake_restart(struct fake_host *fake) {
    fake_stop(fake);
    return fake_start(fake, fake->plugin);
}

void fake_send(struct fake_host *fake, const struct pawl_event *event) {
    union {
        struct pawl_event head;
        char bytes[PAWL_EVENT_SIZE_MAX];
    } copy;
    assert(event->size <= sizeof copy);
    memcpy(&copy, event, event->size);
    copy.head.seq = ++fake->seq;
    copy.head.time_ns = fake->now_ns;
    fake->last_rc = fake->plugin->on_event(fake->self, &copy.head);
}

void fake_advance(struct fake_host *fake, int64_t by_ns) {
    int64_t until_ns = fake->now_ns + by_ns;
    struct fake_timer timer;
    uint32_t fired = 0;
    while (timer_pop(fake, until_ns, &timer)) {
        assert(++fired < 1000000); /* a timer that sets itself for now */
        if (timer.due_ns > fake->now_ns) fake->now_ns = timer.due_ns;
        struct pawl_ev_timer event = {.head = {.size = sizeof event, .type = PAWL_EV_TIMER,
                                               .target = FAKE_COMPONENT, .cookie = timer.key},
                                      .due = timer.due_ns};
        fake_send(fake, &event.head);
    }
    fake->now_ns = until_ns;
}

/* ---- market events ---- */

static void sides(struct fake_host *fake, uint32_t instrument, int64_t bid_e8, int64_t ask_e8) {
    struct pawl_market_state *state = &fake->states[instrument - 1];
    state->bid.e8 = bid_e8;
    state->ask.e8 = ask_e8;
    state->quote_time = fake->now_ns;
}

static void traded(struct fake_host *fake, uint32_t instrument, int64_t price_e8) {
    int64_t half_e8 = fake->half_spread[instrument - 1].e8;
    fake->states[instrument - 1].last.e8 = price_e8;
    if (!fake->quoted[instrument - 1])
        sides(fake, instrument, price_e8 - half_e8, price_e8 + half_e8);
}

void fake_quote(struct fake_host *fake, uint32_t instrument, int64_t bid_e8, int64_t ask_e8,
                uint64_t row) {
    struct pawl_ev_quote quote = {.head = {.size = sizeof quote, .type = PAWL_EV_QUOTE,
                                           .cookie = row},
                                  .instrument = instrument, .bid = {bid_e8}, .ask = {ask_e8}};
    if (bid_e8 > 0 && ask_e8 > 0) {
        fake->quoted[instrument - 1] = true;
        if (ask_e8 < bid_e8)
            fake->states[instrument - 1].crossed++;
        else
            sides(fake, instrument, bid_e8, ask_e8);
    }
    fake_send(fake, &quote.head);
}

void fake_trade(struct fake_host *fake, uint32_t instrument, int64_t price_e8, uint64_t row) {
    struct pawl_ev_trade trade = {.head = {.size = sizeof trade, .type = PAWL_EV_TRADE,
                                           .cookie = row},
                                  .instrument = instrument, .price = {price_e8},
                                  .size = {PAWL_E8}};
    traded(fake, instrument, price_e8);
    fake_send(fake, &trade.head);
}

void fake_mark(struct fake_host *fake, uint32_t instrument, int64_t price_e8, uint64_t row) {
    struct pawl_ev_mark mark = {.head = {.size = sizeof mark, .type = PAWL_EV_MARK, .cookie = row},
                                .instrument = instrument, .price = {price_e8}};
    fake->states[instrument - 1].mark.e8 = price_e8;
    fake_send(fake, &mark.head);
}

void fake_bar(struct fake_host *fake, uint32_t instrument, uint32_t seconds,
              const int64_t ohlc_e8[4], uint64_t row) {
    struct pawl_ev_bar bar = {.head = {.size = sizeof bar, .type = PAWL_EV_BAR, .cookie = row},
                              .instrument = instrument, .seconds = seconds,
                              .open_time = fake->now_ns - (int64_t)seconds * PAWL_NS,
                              .open = {ohlc_e8[0]}, .high = {ohlc_e8[1]}, .low = {ohlc_e8[2]},
                              .close = {ohlc_e8[3]}};
    traded(fake, instrument, ohlc_e8[3]);
    fake_send(fake, &bar.head);
}

/* ---- what was published ---- */

const struct pawl_event *fake_published(const struct fake_host *fake, uint16_t type, uint32_t nth) {
    for (uint32_t i = 0; i < fake->published_count; i++)
        if ((type == 0 || fake->published[i]->type == type) && nth-- == 0)
            return fake->published[i];
    return NULL;
}

uint32_t fake_published_count(const struct fake_host *fake, uint16_t type) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < fake->published_count; i++)
        count += type == 0 || fake->published[i]->type == type;
    return count;
}

void fake_clear(struct fake_host *fake) {
    for (uint32_t i = 0; i < fake->published_count; i++) free(fake->published[i]);
    fake->published_count = 0;
}
