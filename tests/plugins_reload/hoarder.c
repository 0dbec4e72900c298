/*
 * hoarder - opens `lots` lots over all instruments as they are quoted and keeps a level armed and a
 * record stored for each: what a strategy with many trades has to take over in a reload.
 */
#include <stddef.h>
#include <stdlib.h>

#include "pawl_plugin.h"
#include "pawl_schema.gen.h"
#include "pawl_services.h"

#define REC_HELD 0x7f11u
#define LOTS_A_QUOTE 50
#define ROWS_A_QUOTE 500

struct options {
    int64_t lots; /* in each instrument */
    int64_t rows; /* more of them, in all */
};

static const struct pawl_option options[] = {
    {"lots", PAWL_OPT_INT, offsetof(struct options, lots), 1, 100000, "1", NULL,
     "Lots in each instrument."},
    {"rows", PAWL_OPT_INT, offsetof(struct options, rows), 0, 1000000, "0", NULL,
     "Records beside those of the lots."},
    {.name = NULL}};

struct held {
    uint64_t id;
    struct pawl_price level;
    uint32_t instrument, pad;
#ifdef GROWN
    int64_t more;
#endif
};

static const struct pawl_field held_fields[] = {
    {"id", PAWL_F_U64, 0, offsetof(struct held, id), 8, "The lot."},
    {"level", PAWL_F_PRICE, 0, offsetof(struct held, level), 8, "Its level."},
    {"instrument", PAWL_F_INSTRUMENT, 0, offsetof(struct held, instrument), 4, "Instrument."},
#ifdef GROWN
    {"more", PAWL_F_I64, 0, offsetof(struct held, more), 8, "A field that was not there."},
#endif
    {.name = NULL}};

static const struct pawl_record_type records[] = {
    {.name = "held", .table = "hoarder_held", .id = REC_HELD, .durable = 1,
     .size = sizeof(struct held), .fields = held_fields},
    {.name = NULL}};

struct self {
    struct pawl_ctx *ctx;
    const struct pawl_records *records;
    const struct pawl_triggers *triggers;
    const struct pawl_book *book;
    struct options options;
    int64_t rows;
    uint32_t opened[65536];
};

static int create(struct pawl_ctx *ctx, const void *given, void **ret_self, struct pawl_err *err) {
    struct self *self = calloc(1, sizeof *self);
    (void)err;
    if (self == NULL) return PAWL_E_NOMEM;
    self->ctx = ctx;
    self->options = *(const struct options *)given;
    self->records = ctx->host->service(ctx, PAWL_RECORDS);
    self->triggers = ctx->host->service(ctx, PAWL_TRIGGERS);
    self->book = ctx->host->service(ctx, PAWL_BOOK);
    *ret_self = self;
    return PAWL_OK;
}

static void destroy(void *self) { free(self); }

static int arm(struct self *self, const struct held *held) {
    const struct pawl_trigger_spec spec = {.size = sizeof spec,
                                           .instrument = held->instrument,
                                           .source = PAWL_TRIGGER_SOURCE_EXIT_SIDE,
                                           .side = PAWL_POSITION_SIDE_LONG,
                                           .cross = PAWL_CROSS_AT_OR_ABOVE,
                                           .level = held->level};
    return self->triggers->arm(self->ctx, held->id, &spec);
}

static int open_one(struct self *self, const struct pawl_ev_quote *quote) {
    struct pawl_lot_spec spec = {.size = sizeof spec,
                                 .instrument = quote->instrument,
                                 .side = PAWL_POSITION_SIDE_LONG,
                                 .entry_kind = PAWL_KIND_MARKET,
                                 .quantity = {PAWL_E8},
                                 .stop = {quote->bid.e8 / 10 * 9}};
    struct held held = {.instrument = quote->instrument, .level = {quote->bid.e8 * 2}};
    int rc = self->book->open(self->ctx, &spec, &held.id, NULL);
    if (rc == PAWL_OK) rc = self->records->put(self->ctx, REC_HELD, &held);
    return rc == PAWL_OK ? arm(self, &held) : rc;
}

static int on_quote(struct self *self, const struct pawl_ev_quote *quote) {
    uint32_t *opened = &self->opened[quote->instrument & 0xffff];
    int rc = PAWL_OK;
    for (int i = 0; rc == PAWL_OK && i < LOTS_A_QUOTE && *opened < self->options.lots; i++) {
        rc = open_one(self, quote);
        *opened += rc == PAWL_OK;
    }
    for (int i = 0; rc == PAWL_OK && i < ROWS_A_QUOTE && self->rows < self->options.rows; i++) {
        const struct held held = {.id = (UINT64_C(1) << 40) + (uint64_t)++self->rows};
        rc = self->records->put(self->ctx, REC_HELD, &held);
    }
    return rc;
}

static int on_restored(struct self *self) {
    int rc = PAWL_OK;
    for (uint64_t at = 0; rc == PAWL_OK;) {
        const struct held *held = self->records->next(self->ctx, REC_HELD, at);
        if (held == NULL) return rc;
        at = held->id;
        self->rows += held->instrument == 0;
        if (self->book->lot(self->ctx, at) == NULL) continue;
        self->opened[held->instrument & 0xffff]++;
        rc = arm(self, held);
    }
    return rc;
}

static int on_event(void *object, const struct pawl_event *event) {
    if (event->type == PAWL_EV_QUOTE) return on_quote(object, (const void *)event);
    return event->type == PAWL_EV_RESTORED ? on_restored(object) : PAWL_OK;
}

static const uint16_t listens[] = {PAWL_EV_QUOTE, 0};
static const char *const needs[] = {PAWL_RECORDS, PAWL_TRIGGERS, PAWL_BOOK, NULL};

static const struct pawl_plugin plugin = {PAWL_PLUGIN_HEAD,
                                          .name = "hoarder",
                                          .version = "1",
                                          .kind = PAWL_PLUGIN_KIND_STRATEGY,
                                          .options_size = sizeof(struct options),
                                          .options = options,
                                          .records = records,
                                          .listens = listens,
                                          .needs = needs,
                                          .create = create,
                                          .destroy = destroy,
                                          .on_event = on_event};

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void);
const struct pawl_plugin *pawl_plugin_main(void) { return &plugin; }
