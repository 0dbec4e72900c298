/*
 * template_service - a small service to begin from: it writes each concluded lot to a file.
 *
 * What to see here:
 *   - a service observes. It hears what it listens to and holds no lots; it may publish signals and
 *     entries, which others act on;
 *   - it opens no file itself: the host lends it a folder of its own (pawl.files/1). Sockets, HTTP
 *     and signing are lent the same way (pawl.net/1, pawl.crypto/1), none of them blocks;
 *   - a file is not part of the host's database: a crash can come between the line and the turn it
 *     belongs to, and then the turn happens again. So the last lines are read at the start, and a
 *     lot that is among them is not written twice.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pawl_num.h"
#include "pawl_services.h"

#define LINE_BYTES_MAX 512
#define RECENT_MAX 64u /* lots that are remembered; a crash repeats one turn */

struct options {
    int64_t profit_from_e8;
    char file[PAWL_OPT_TEXT_MAX + 1];
};

#define FIELD(name) (uint32_t)offsetof(struct options, name)

static const struct pawl_option options[] = {
    {"file", PAWL_OPT_TEXT, FIELD(file), 0, 0, "lots.csv", NULL,
     "Name of the file, in the host's data folder behind the name of this instance."},
    {"profit_from", PAWL_OPT_DECIMAL, FIELD(profit_from_e8), -1000000000 * PAWL_E8,
     1000000000 * PAWL_E8, "-1000000000", NULL,
     "Lots with less profit are left out, in account currency."},
    {NULL},
};

struct service {
    struct pawl_ctx *ctx;
    const struct pawl_market *market;
    const struct pawl_files *files;
    struct options options;
    uint64_t recent[RECENT_MAX]; /* the last lots in the file, in a ring */
    uint32_t recent_at;
};

static void remember(struct service *self, uint64_t lot) {
    self->recent[self->recent_at++ % RECENT_MAX] = lot;
}

static bool is_written(const struct service *self, uint64_t lot) {
    for (uint32_t i = 0; i < RECENT_MAX; i++)
        if (self->recent[i] == lot) return true;
    return false;
}

/* The lots of all whole lines, the last of which stay; a line a crash cut short is ended. */
static int read_back(struct service *self) {
    struct pawl_err err = {0};
    char chunk[LINE_BYTES_MAX];
    char line[24] = "";
    uint64_t at = 0, begun = 0;
    for (int64_t got; (got = self->files->read(self->ctx, self->options.file, at, chunk,
                                               sizeof chunk, &err)) != 0;
         at += (uint64_t)got) {
        if (got < 0) return (int)got;
        for (int64_t i = 0; i < got; i++) {
            uint64_t column = at + (uint64_t)i - begun;
            if (chunk[i] == '\n') {
                remember(self, strtoull(line, NULL, 10));
                begun = at + (uint64_t)i + 1;
                memset(line, 0, sizeof line);
            } else if (column + 1 < sizeof line) {
                line[column] = chunk[i];
            }
        }
    }
    if (at == begun) return PAWL_OK;
    return self->files->append(self->ctx, self->options.file, "\n", 1, &err);
}

static int on_lot_closed(struct service *self, const struct pawl_ev_lot_closed *closed) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, closed->instrument);
    char line[LINE_BYTES_MAX], quantity[PAWL_E8_TEXT_MAX], profit[PAWL_E8_TEXT_MAX];
    struct pawl_err err = {0};
    bool wanted = closed->quantity.e8 > 0 && closed->profit.e8 >= self->options.profit_from_e8;
    if (!wanted || is_written(self, closed->lot))
        return PAWL_OK;
    pawl_format_e8(closed->quantity.e8, quantity);
    pawl_format_e8(closed->profit.e8, profit);
    int length = snprintf(line, sizeof line, "%llu,%s,%s,%s,%s,%s\n",
                          (unsigned long long)closed->lot, in == NULL ? "" : in->symbol,
                          closed->side == PAWL_POSITION_SIDE_LONG ? "LONG" : "SHORT", quantity,
                          profit, closed->reason);
    if (length < 0 || (size_t)length >= sizeof line) return PAWL_E_RANGE;
    int rc = self->files->append(self->ctx, self->options.file, line, (size_t)length, &err);
    if (rc == PAWL_OK) remember(self, closed->lot);
    return rc;
}

static int on_event(void *object, const struct pawl_event *event) {
    struct service *self = object;
    switch (event->type) {
    case PAWL_EV_LOT_CLOSED: return on_lot_closed(self, (const void *)event);
    case PAWL_EV_RESTORED: return read_back(self);
    default: return PAWL_OK;
    }
}

static int create(struct pawl_ctx *ctx, const void *filled, void **ret_self,
                  struct pawl_err *err) {
    struct service *self = calloc(1, sizeof *self);
    if (self == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    self->ctx = ctx;
    self->options = *(const struct options *)filled;
    self->market = ctx->host->service(ctx, PAWL_MARKET);
    self->files = ctx->host->service(ctx, PAWL_FILES);
    *ret_self = self;
    return PAWL_OK;
}

static void destroy(void *self) {
    free(self);
}

static const uint16_t listens[] = {PAWL_EV_LOT_CLOSED, 0};
static const char *const needs[] = {PAWL_MARKET, PAWL_FILES, NULL};

static const struct pawl_plugin plugin = {
    PAWL_PLUGIN_HEAD,
    .name = "template_service", /* as its file: template_service.so */
    .version = "0.1.0",
    .kind = PAWL_PLUGIN_KIND_SERVICE,
    .options_size = sizeof(struct options),
    .options = options,
    .listens = listens,
    .needs = needs,
    .create = create,
    .destroy = destroy,
    .on_event = on_event,
};

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void);

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void) {
    return &plugin;
}
