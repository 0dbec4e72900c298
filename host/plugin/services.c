/* The tables lent to plugins; each call is a thin wrapper that knows who asks. */
#include <string.h>

#include "base/err.h"
#include "book/market.h"
#include "book/money.h"
#include "book/report.h"
#include "plugin/io.h"
#include "plugin/trial.h"

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

static const struct pawl_instrument *market_next(struct pawl_ctx *ctx, uint32_t after) {
    const struct book *book = book_of(ctx);
    for (uint32_t id = after + 1; id != 0 && id <= book->instrument_count; id++)
        if (book->instruments[id].def.id != 0) return &book->instruments[id].def;
    return NULL;
}

static const struct pawl_market market_table = {.size = (uint32_t)sizeof(struct pawl_market),
                                                .instrument = market_instrument,
                                                .by_symbol = market_by_symbol,
                                                .account = market_account,
                                                .state = market_state,
                                                .next = market_next};

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
    const struct instance *instance = instance_of(ctx);
    return instance->created && (book_of(ctx)->bus->in_turn || trial_is_on(instance));
}

static int too_early(struct pawl_err *err) {
    return pawl_fail(err, PAWL_E_STATE, "only while an event is handled");
}

static int lot_open(struct pawl_ctx *ctx, const struct pawl_lot_spec *spec, uint64_t *ret_lot,
                    struct pawl_err *err) {
    if (!in_event(ctx)) return too_early(err);
    exec_of(ctx)->trial = trial_is_on(instance_of(ctx));
    int rc = want_open(exec_of(ctx), ctx->component, spec, ret_lot, err);
    exec_of(ctx)->trial = false;
    return rc;
}

/* A want as data: on trial it is judged and noted, and carried out when the instance takes over. */
enum want_what { CALL_ENTER = 1, CALL_EXIT, CALL_STOP, CALL_TARGET };
struct want_call {
    enum want_what what;
    uint32_t index;
    uint64_t lot;
    struct pawl_price price;
    struct pawl_qty quantity;
    struct pawl_exit_spec exit;
    uint8_t mode;
    char reason[sizeof((struct pawl_rec_lot *)NULL)->reason];
};

static int carry_out(struct instance *instance, const struct want_call *call,
                     struct pawl_err *err) {
    struct exec *exec = instance->services->exec;
    uint32_t who = instance->ctx.component;
    struct pawl_exit_spec spec = call->exit;
    spec.reason = call->reason;
    switch (call->what) {
    case CALL_ENTER: return want_enter(exec, who, call->lot, call->quantity, err);
    case CALL_EXIT: return want_exit(exec, who, call->lot, &spec, err);
    case CALL_STOP:
        return want_stop(exec, who, call->lot, call->price, call->reason, false, err);
    case CALL_TARGET:
        return want_target(exec, who, call->lot, call->index, call->price, call->quantity,
                           call->mode, err);
    }
    return PAWL_E_INVAL;
}

static int want_noted(struct instance *instance, const void *args, size_t size) {
    (void)size;
    return carry_out(instance, args, NULL);
}

static int want(struct instance *instance, const struct want_call *call, struct pawl_err *err) {
    struct exec *exec = instance->services->exec;
    exec->trial = trial_is_on(instance);
    int rc = carry_out(instance, call, err);
    exec->trial = false;
    if (rc != PAWL_OK || !trial_is_on(instance)) return rc;
    rc = trial_defer(instance, want_noted, call, sizeof *call);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "%s", pawl_rc_text(rc));
}

static int lot_enter(struct pawl_ctx *ctx, uint64_t lot, struct pawl_qty total,
                     struct pawl_err *err) {
    if (!in_event(ctx)) return too_early(err);
    const struct want_call call = {.what = CALL_ENTER, .lot = lot, .quantity = total};
    return want(instance_of(ctx), &call, err);
}

static int lot_leave(struct pawl_ctx *ctx, uint64_t lot, const struct pawl_exit_spec *spec,
                     struct pawl_err *err) {
    if (!in_event(ctx)) return too_early(err);
    struct want_call call = {.what = CALL_EXIT, .lot = lot, .exit = *spec};
    TEXT_SET(call.reason, spec->reason == NULL ? "" : spec->reason);
    return want(instance_of(ctx), &call, err);
}

static int lot_stop(struct pawl_ctx *ctx, uint64_t lot, struct pawl_price price, const char *reason,
                    struct pawl_err *err) {
    if (!in_event(ctx)) return too_early(err);
    struct want_call call = {.what = CALL_STOP, .lot = lot, .price = price};
    TEXT_SET(call.reason, reason == NULL ? "" : reason);
    return want(instance_of(ctx), &call, err);
}

static int lot_trail(struct pawl_ctx *ctx, uint64_t lot, const struct pawl_trail_spec *spec,
                     struct pawl_err *err) {
    if (!in_event(ctx)) return too_early(err);
    return want_trail(exec_of(ctx), ctx->component, lot, spec, err);
}

static int lot_set_target(struct pawl_ctx *ctx, uint64_t lot, uint32_t index,
                          struct pawl_price price, struct pawl_qty quantity, uint8_t mode,
                          struct pawl_err *err) {
    if (!in_event(ctx)) return too_early(err);
    const struct want_call call = {.what = CALL_TARGET, .lot = lot, .index = index, .price = price,
                                   .quantity = quantity, .mode = mode};
    return want(instance_of(ctx), &call, err);
}

static int lot_add(struct pawl_ctx *ctx, uint64_t lot, struct pawl_qty total,
                   struct pawl_price price, struct pawl_err *err) {
    if (!in_event(ctx)) return too_early(err);
    return want_add(exec_of(ctx), ctx->component, lot, total, price, err);
}

static const struct pawl_rec_order *lot_order_next(struct pawl_ctx *ctx, uint64_t id,
                                                   uint64_t after) {
    const struct lot *lot = book_lot(book_of(ctx), id);
    if (lot == NULL) return NULL;
    for (const struct order *order = lot->orders; order != NULL; order = order->next)
        if (order->rec.id > after && order_is_live(order)) return &order->rec;
    return NULL;
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
                                            .trail = lot_trail,
                                            .set_target = lot_set_target,
                                            .equity = equity,
                                            .add = lot_add,
                                            .order_next = lot_order_next};

/* ---- pawl.timers/1, pawl.triggers/1 ---- */

static int timer_set(struct pawl_ctx *ctx, uint64_t key, int64_t due_ns) {
    if (trial_is_on(instance_of(ctx))) return trial_timer(instance_of(ctx), key, due_ns);
    return timers_set(book_of(ctx)->timers, ctx->component, key, due_ns, NULL);
}

static void timer_clear(struct pawl_ctx *ctx, uint64_t key) {
    if (trial_is_on(instance_of(ctx)))
        trial_timer_clear(instance_of(ctx), key);
    else
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
    if (trial_is_on(instance_of(ctx))) {
        if (spec->cross != PAWL_CROSS_AT_OR_ABOVE && spec->cross != PAWL_CROSS_AT_OR_BELOW)
            return PAWL_E_INVAL;
        return trial_level(instance_of(ctx), &full);
    }
    return triggers_arm(book_of(ctx)->triggers, &full, NULL);
}

static void trigger_disarm(struct pawl_ctx *ctx, uint64_t key) {
    if (trial_is_on(instance_of(ctx)))
        trial_level_clear(instance_of(ctx), key);
    else
        triggers_disarm(book_of(ctx)->triggers, ctx->component, key);
}

static int trigger_arm_trailing(struct pawl_ctx *ctx, uint64_t key,
                                const struct pawl_trailing_spec *spec) {
    if (spec->size < sizeof *spec || market_instrument(ctx, spec->instrument) == NULL ||
        (spec->distance.e8 > 0) == (spec->fraction.e8 > 0))
        return PAWL_E_INVAL;
    struct trigger_spec full = {.key = key,
                                .owner = ctx->component,
                                .instrument = spec->instrument,
                                .line = market_line(spec->source, spec->side),
                                .cross = spec->cross,
                                .distance = spec->distance,
                                .fraction = spec->fraction,
                                .activation = spec->activation,
                                .extreme = spec->extreme};
    return triggers_arm(book_of(ctx)->triggers, &full, NULL);
}

static int trigger_extreme(struct pawl_ctx *ctx, uint64_t key, struct pawl_price *ret) {
    struct trigger_spec found;
    if (!triggers_find(book_of(ctx)->triggers, ctx->component, key, &found))
        return PAWL_E_NOTFOUND;
    *ret = found.extreme;
    return PAWL_OK;
}

static const struct pawl_triggers triggers_table = {
    .size = (uint32_t)sizeof(struct pawl_triggers),
    .arm = trigger_arm,
    .disarm = trigger_disarm,
    .arm_trailing = trigger_arm_trailing,
    .extreme = trigger_extreme};

/* ---- pawl.series/1 ---- */

static int keep(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t bars,
                struct pawl_err *err) {
    if (market_instrument(ctx, instrument) == NULL)
        return pawl_fail(err, PAWL_E_INVAL, "no instrument %u", instrument);
    return series_keep(instance_of(ctx)->services->series, ctx->component, instrument, seconds,
                       bars, err);
}

static int bar(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t back,
               struct pawl_bar *ret) {
    return series_bar(instance_of(ctx)->services->series, instrument, seconds, back,
                      book_now(book_of(ctx)), ret);
}

static int value(struct pawl_ctx *ctx, enum series_what what, uint32_t instrument,
                 uint32_t seconds, uint32_t n, int64_t *ret_e8) {
    return series_value(instance_of(ctx)->services->series, what, instrument, seconds, n,
                        book_now(book_of(ctx)), ret_e8);
}

static int atr(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
               struct pawl_price *ret) {
    return value(ctx, SERIES_ATR, instrument, seconds, n, &ret->e8);
}
static int sma(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
               struct pawl_price *ret) {
    return value(ctx, SERIES_SMA, instrument, seconds, n, &ret->e8);
}
static int ema(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
               struct pawl_price *ret) {
    return value(ctx, SERIES_EMA, instrument, seconds, n, &ret->e8);
}
static int rsi(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
               struct pawl_ratio *ret) {
    return value(ctx, SERIES_RSI, instrument, seconds, n, &ret->e8);
}
static int volatility(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
                      struct pawl_ratio *ret) {
    return value(ctx, SERIES_VOLATILITY, instrument, seconds, n, &ret->e8);
}

static int session(struct pawl_ctx *ctx, uint32_t instrument, struct pawl_session *ret) {
    if (market_instrument(ctx, instrument) == NULL) return PAWL_E_NOTFOUND;
    sessions_at(instance_of(ctx)->services->calendars, instrument, book_now(book_of(ctx)), ret);
    return PAWL_OK;
}

static const struct pawl_series series_table = {.size = (uint32_t)sizeof(struct pawl_series),
                                                .keep = keep,
                                                .bar = bar,
                                                .atr = atr,
                                                .sma = sma,
                                                .ema = ema,
                                                .rsi = rsi,
                                                .volatility = volatility,
                                                .session = session};

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
    {PAWL_SERIES, &series_table, STRATEGY},
    {PAWL_FILES, &files_table, BROKER | SERVICE},
    {PAWL_NET, &net_table, BROKER | SERVICE},
    {PAWL_BUDGET, &budget_table, BROKER | SERVICE},
    {PAWL_CRYPTO, &crypto_table, BROKER | SERVICE},
    {PAWL_JSON, &json_table, BROKER | STRATEGY | SERVICE}};

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
