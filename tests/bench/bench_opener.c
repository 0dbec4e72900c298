/* Opens `lots` lots in each instrument, one with each quote of it, each with an initial risk of its
 * own, and looks after none of them: what bench_lots.c fills a book with. */
#include <stddef.h>
#include <stdlib.h>

#include "pawl_plugin.h"
#include "pawl_schema.gen.h"
#include "pawl_services.h"

struct options {
    int64_t lots;
};

static const struct pawl_option option_table[] = {
    {"lots", PAWL_OPT_INT, offsetof(struct options, lots), 0, 100000, "0", NULL,
     "Lots in each instrument."},
    {.name = NULL}};

struct opener {
    struct pawl_ctx *ctx;
    const struct pawl_book *book;
    struct options options;
    uint32_t opened[4097]; /* by instrument */
};

static int create(struct pawl_ctx *ctx, const void *options, void **ret_self,
                  struct pawl_err *err) {
    struct opener *opener = calloc(1, sizeof *opener);
    (void)err;
    if (opener == NULL) return PAWL_E_NOMEM;
    opener->ctx = ctx;
    opener->options = *(const struct options *)options;
    opener->book = ctx->host->service(ctx, PAWL_BOOK);
    *ret_self = opener;
    return PAWL_OK;
}

/* The n-th is 10 and n twentieths below the price. */
static int on_quote(struct opener *opener, const struct pawl_ev_quote *quote) {
    uint32_t *opened = &opener->opened[quote->instrument % 4097u];
    if (*opened == opener->options.lots) return PAWL_OK;
    struct pawl_lot_spec spec = {
        .size = sizeof spec,
        .instrument = quote->instrument,
        .side = PAWL_POSITION_SIDE_LONG,
        .entry_kind = PAWL_KIND_MARKET,
        .quantity = {PAWL_E8},
        .stop = {quote->ask.e8 - 10 * PAWL_E8 - (*opened + 1) * PAWL_E8 / 20},
        .profile = "r"};
    uint64_t lot;
    int rc = opener->book->open(opener->ctx, &spec, &lot, NULL);
    *opened += rc == PAWL_OK;
    return rc == PAWL_E_BUSY ? PAWL_OK : rc;
}

static int on_event(void *self, const struct pawl_event *event) {
    return event->type == PAWL_EV_QUOTE ? on_quote(self, (const void *)event) : PAWL_OK;
}

static const uint16_t listens[] = {PAWL_EV_QUOTE, 0};
static const char *const needs[] = {PAWL_BOOK, NULL};
static const struct pawl_plugin plugin = {PAWL_PLUGIN_HEAD, .name = "bench_opener",
                                          .version = "0", .kind = PAWL_PLUGIN_KIND_STRATEGY,
                                          .options_size = sizeof(struct options),
                                          .options = option_table, .listens = listens,
                                          .needs = needs, .create = create, .destroy = free,
                                          .on_event = on_event};

PAWL_EXPORT pawl_plugin_main_fn pawl_plugin_main;
const struct pawl_plugin *pawl_plugin_main(void) {
    return &plugin;
}
