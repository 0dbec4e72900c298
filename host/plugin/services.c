/* The tables lent to plugins; each call is a thin wrapper that knows who asks. */
#include <string.h>

#include "base/err.h"
#include "book/market.h"
#include "book/money.h"
#include "plugin/instance.h"

static struct book *book_of(struct pawl_ctx *ctx) {
    return instance_of(ctx)->services->book;
}
static struct exec *exec_of(struct pawl_ctx *ctx) {
    return instance_of(ctx)->services->exec;
}

/* ---- pawl.market/1 ---- */

static const struct pawl_instrument *market_instrument(struct pawl_ctx *ctx, uint32_t id) {
    const struct book *book = book_of(ctx);
    if (id == 0 || id > book->instrument_count || book->instruments[id].def.id == 0) return NULL;
    return &book->instruments[id].def;
}

static const struct pawl_instrument *market_by_symbol(struct pawl_ctx *ctx, const char *symbol) {
    return market_instrument(ctx, names_find(book_of(ctx)->names, NAME_INSTRUMENT, symbol));
}

static const struct pawl_account_info *market_account(struct pawl_ctx *ctx, uint32_t id) {
    const struct book *book = book_of(ctx);
    if (id == 0 || id > book->account_count || book->accounts[id].info.id == 0) return NULL;
    return &book->accounts[id].info;
}

static const struct pawl_market_state *market_state(struct pawl_ctx *ctx, uint32_t id) {
    const struct book *book = book_of(ctx);
    return id == 0 || id > book->instrument_count ? NULL : &book->instruments[id].market;
}

static const struct pawl_market market_table = {.size = (uint32_t)sizeof(struct pawl_market),
                                                .instrument = market_instrument,
                                                .by_symbol = market_by_symbol,
                                                .account = market_account,
                                                .state = market_state};

/* ---- pawl.book/1 ---- */

static const struct pawl_rec_lot *lot_by_id(struct pawl_ctx *ctx, uint64_t id) {
    const struct lot *lot = book_lot(book_of(ctx), id);
    return lot == NULL ? NULL : &lot->rec;
}

static const struct pawl_rec_lot *lot_next(struct pawl_ctx *ctx, uint32_t instrument,
                                           uint64_t after) {
    const struct book *book = book_of(ctx);
    if (instrument > book->instrument_count) return NULL;
    const struct lot *at = after == 0 ? NULL : book_lot(book, after), *lot;
    bool listed = at != NULL && at->rec.state != PAWL_LOT_STATE_CLOSED &&
                  (instrument == 0 || at->rec.instrument == instrument);
    if (instrument == 0)
        lot = listed ? at->next : book->first_lot;
    else
        lot = listed ? at->instrument_next : book->instruments[instrument].lots;
    while (lot != NULL && lot->rec.id <= after)
        lot = instrument == 0 ? lot->next : lot->instrument_next;
    return lot == NULL ? NULL : &lot->rec;
}

static const struct pawl_rec_lot *lot_by_ref(struct pawl_ctx *ctx, const char *ref) {
    const struct lot *lot =
        ref == NULL || ref[0] == '\0' ? NULL : book_lot_by_ref(book_of(ctx), ref);
    return lot == NULL ? NULL : &lot->rec;
}

static const struct pawl_rec_target *lot_target_at(struct pawl_ctx *ctx, uint64_t id,
                                                   uint32_t index) {
    const struct lot *lot = book_lot(book_of(ctx), id);
    if (lot == NULL || lot->targets == NULL || index >= PAWL_TARGETS_MAX ||
        lot->targets[index].generation == 0)
        return NULL;
    return &lot->targets[index];
}

/* Inside create() there is no turn for what a call publishes. */
static bool in_event(struct pawl_ctx *ctx) {
    return book_of(ctx)->bus->in_turn && instance_of(ctx)->created;
}

static int too_early(struct pawl_err *err) {
    return pawl_fail(err, PAWL_E_STATE, "only while an event is handled");
}

static int lot_open(struct pawl_ctx *ctx, const struct pawl_lot_spec *spec, uint64_t *ret_lot,
                    struct pawl_err *err) {
    if (!in_event(ctx)) return too_early(err);
    return want_open(exec_of(ctx), ctx->component, spec, ret_lot, err);
}

static int lot_enter(struct pawl_ctx *ctx, uint64_t lot, struct pawl_qty total,
                     struct pawl_err *err) {
    if (!in_event(ctx)) return too_early(err);
    return want_enter(exec_of(ctx), ctx->component, lot, total, err);
}

static int lot_leave(struct pawl_ctx *ctx, uint64_t lot, const struct pawl_exit_spec *spec,
                     struct pawl_err *err) {
    if (!in_event(ctx)) return too_early(err);
    return want_exit(exec_of(ctx), ctx->component, lot, spec, err);
}

static int lot_stop(struct pawl_ctx *ctx, uint64_t lot, struct pawl_price price, const char *reason,
                    struct pawl_err *err) {
    if (!in_event(ctx)) return too_early(err);
    return want_stop(exec_of(ctx), ctx->component, lot, price, reason, false, err);
}

static int lot_set_target(struct pawl_ctx *ctx, uint64_t lot, uint32_t index,
                          struct pawl_price price, struct pawl_qty quantity, uint8_t mode,
                          struct pawl_err *err) {
    if (!in_event(ctx)) return too_early(err);
    return want_target(exec_of(ctx), ctx->component, lot, index, price, quantity, mode, err);
}

static int equity(struct pawl_ctx *ctx, uint32_t account, struct pawl_money *ret) {
    if (market_account(ctx, account) == NULL) return PAWL_E_NOTFOUND;
    return book_equity(book_of(ctx), account, ret);
}

static const struct pawl_book book_table = {.size = (uint32_t)sizeof(struct pawl_book),
                                            .lot = lot_by_id,
                                            .lot_next = lot_next,
                                            .lot_by_ref = lot_by_ref,
                                            .target = lot_target_at,
                                            .open = lot_open,
                                            .enter = lot_enter,
                                            .exit = lot_leave,
                                            .stop = lot_stop,
                                            .set_target = lot_set_target,
                                            .equity = equity};

/* ---- pawl.timers/1, pawl.triggers/1 ---- */

static int timer_set(struct pawl_ctx *ctx, uint64_t key, int64_t due_ns) {
    return timers_set(book_of(ctx)->timers, ctx->component, key, due_ns, NULL);
}

static void timer_clear(struct pawl_ctx *ctx, uint64_t key) {
    timers_clear(book_of(ctx)->timers, ctx->component, key);
}

static const struct pawl_timers timers_table = {
    .size = (uint32_t)sizeof(struct pawl_timers), .set = timer_set, .clear = timer_clear};

static int trigger_arm(struct pawl_ctx *ctx, uint64_t key, const struct pawl_trigger_spec *spec) {
    if (spec->size < sizeof *spec || market_instrument(ctx, spec->instrument) == NULL)
        return PAWL_E_INVAL;
    struct trigger_spec full = {.key = key,
                                .owner = ctx->component,
                                .instrument = spec->instrument,
                                .level = spec->level,
                                .line = market_line(spec->source, spec->side),
                                .cross = spec->cross};
    return triggers_arm(book_of(ctx)->triggers, &full, NULL);
}

static void trigger_disarm(struct pawl_ctx *ctx, uint64_t key) {
    triggers_disarm(book_of(ctx)->triggers, ctx->component, key);
}

static const struct pawl_triggers triggers_table = {
    .size = (uint32_t)sizeof(struct pawl_triggers), .arm = trigger_arm, .disarm = trigger_disarm};

/* ---- by name ---- */

struct lent {
    const char *name;
    const void *table;
    uint32_t kinds; /* 1 << enum pawl_plugin_kind: which kinds of plugin may have it */
};

#define BROKER (1u << PAWL_PLUGIN_KIND_BROKER)
#define STRATEGY (1u << PAWL_PLUGIN_KIND_STRATEGY)
#define SERVICE (1u << PAWL_PLUGIN_KIND_SERVICE)

static const struct lent lent[] = {
    {PAWL_MARKET, &market_table, BROKER | STRATEGY | SERVICE},
    {PAWL_BOOK, &book_table, STRATEGY}, /* a broker knows orders, not why they are wanted */
    {PAWL_RECORDS, &records_table, BROKER | STRATEGY | SERVICE},
    {PAWL_TIMERS, &timers_table, BROKER | STRATEGY | SERVICE},
    {PAWL_TRIGGERS, &triggers_table, STRATEGY},
    {PAWL_FILES, &files_table, BROKER | SERVICE}};

bool service_known(void *unused, const char *name) {
    (void)unused;
    for (size_t i = 0; i < sizeof lent / sizeof *lent; i++)
        if (strcmp(lent[i].name, name) == 0) return true;
    return false;
}

const void *service_find(const struct instance *instance, const char *name) {
    bool needed = false;
    for (const char *const *need = instance->plugin->needs; need != NULL && *need != NULL; need++)
        needed |= strcmp(*need, name) == 0;
    for (size_t i = 0; needed && i < sizeof lent / sizeof *lent; i++)
        if (strcmp(lent[i].name, name) == 0 && (lent[i].kinds & 1u << instance->plugin->kind) != 0)
            return lent[i].table;
    return NULL;
}
