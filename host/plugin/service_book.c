/* pawl.book/1: lots and their wants, for components. */
#include <string.h>

#include "base/err.h"
#include "book/money.h"
#include "book/report.h"
#include "plugin/trial.h"

static struct book *book_of(struct pawl_ctx *ctx) {
    return instance_of(ctx)->services->book;
}
static struct exec *exec_of(struct pawl_ctx *ctx) {
    return instance_of(ctx)->services->exec;
}

static const struct pawl_rec_lot *lend(struct pawl_ctx *ctx, const struct lot *lot) {
    if (lot == NULL) return NULL;
    book_lot_row(lot, &instance_of(ctx)->lent_lot);
    return &instance_of(ctx)->lent_lot;
}

static const struct pawl_rec_lot *lot_by_id(struct pawl_ctx *ctx, uint64_t id) {
    return lend(ctx, book_lot(book_of(ctx), id));
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
    return lend(ctx, lot);
}

static const struct pawl_rec_lot *lot_by_ref(struct pawl_ctx *ctx, const char *ref) {
    const struct lot *lot =
        ref == NULL || ref[0] == '\0' ? NULL : book_lot_by_ref(book_of(ctx), ref);
    return lend(ctx, lot);
}

static const struct pawl_rec_target *lot_target_at(struct pawl_ctx *ctx, uint64_t id,
                                                   uint32_t index) {
    const struct lot *lot = book_lot(book_of(ctx), id);
    if (lot == NULL || lot->targets == NULL || index >= PAWL_TARGETS_MAX ||
        lot->targets[index].generation == 0)
        return NULL;
    return &lot->targets[index];
}

static int lot_open(struct pawl_ctx *ctx, const struct pawl_lot_spec *spec, uint64_t *ret_lot,
                    struct pawl_err *err) {
    int rc = trial_ready(instance_of(ctx), TRIAL_NOTED, err);
    if (rc != PAWL_OK) return rc;
    exec_of(ctx)->trial = trial_is_on(instance_of(ctx));
    rc = want_open(exec_of(ctx), ctx->component, spec, ret_lot, err);
    exec_of(ctx)->trial = false;
    return rc;
}

/* A want as data: on trial it is judged and noted, and carried out when the instance takes over. */
enum want_what {
    CALL_ENTER = 1,
    CALL_ADD,
    CALL_EXIT,
    CALL_STOP,
    CALL_TARGET,
    CALL_MERGE,
    CALL_FREEZE,
    CALL_TRAIL,
    CALL_TIE,
    CALL_RECONCILE
};
struct want_call {
    enum want_what what;
    uint32_t index;
    uint64_t lot, from;
    struct pawl_price price;
    struct pawl_qty quantity;
    struct pawl_exit_spec exit;
    struct pawl_trail_spec trail;
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
    case CALL_ADD: return want_add(exec, who, call->lot, call->quantity, call->price, err);
    case CALL_MERGE: return want_merge(exec, who, call->lot, call->from, call->reason, err);
    case CALL_TRAIL:
        return want_trail(exec, who, call->lot, call->mode != 0 ? &call->trail : NULL, err);
    case CALL_FREEZE: return want_freeze(exec, who, call->lot, err);
    case CALL_TIE: return want_tie(exec, who, call->lot, call->from, err);
    case CALL_RECONCILE: return want_reconcile(exec, call->index, call->mode != 0, err);
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
    int rc = trial_ready(instance, TRIAL_NOTED, err);
    if (rc != PAWL_OK) return rc;
    exec->trial = trial_is_on(instance);
    rc = carry_out(instance, call, err);
    exec->trial = false;
    if (rc != PAWL_OK || !trial_is_on(instance)) return rc;
    rc = trial_defer(instance, want_noted, call, sizeof *call);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "%s", pawl_rc_text(rc));
}

static int lot_enter(struct pawl_ctx *ctx, uint64_t lot, struct pawl_qty total,
                     struct pawl_err *err) {
    const struct want_call call = {.what = CALL_ENTER, .lot = lot, .quantity = total};
    return want(instance_of(ctx), &call, err);
}

static int lot_leave(struct pawl_ctx *ctx, uint64_t lot, const struct pawl_exit_spec *spec,
                     struct pawl_err *err) {
    struct want_call call = {.what = CALL_EXIT, .lot = lot, .exit = *spec};
    TEXT_SET(call.reason, spec->reason == NULL ? "" : spec->reason);
    return want(instance_of(ctx), &call, err);
}

static int lot_stop(struct pawl_ctx *ctx, uint64_t lot, struct pawl_price price, const char *reason,
                    struct pawl_err *err) {
    struct want_call call = {.what = CALL_STOP, .lot = lot, .price = price};
    TEXT_SET(call.reason, reason == NULL ? "" : reason);
    return want(instance_of(ctx), &call, err);
}

static int lot_trail(struct pawl_ctx *ctx, uint64_t lot, const struct pawl_trail_spec *spec,
                     struct pawl_err *err) {
    struct want_call call = {.what = CALL_TRAIL, .lot = lot};
    if (spec != NULL) call.trail = *spec;
    call.mode = spec != NULL;
    return want(instance_of(ctx), &call, err);
}

static int lot_set_target(struct pawl_ctx *ctx, uint64_t lot, uint32_t index,
                          struct pawl_price price, struct pawl_qty quantity, uint8_t mode,
                          struct pawl_err *err) {
    const struct want_call call = {.what = CALL_TARGET, .lot = lot, .index = index, .price = price,
                                   .quantity = quantity, .mode = mode};
    return want(instance_of(ctx), &call, err);
}

static int lot_add(struct pawl_ctx *ctx, uint64_t lot, struct pawl_qty total,
                   struct pawl_price price, struct pawl_err *err) {
    const struct want_call call = {
        .what = CALL_ADD, .lot = lot, .quantity = total, .price = price};
    return want(instance_of(ctx), &call, err);
}

static int lot_merge(struct pawl_ctx *ctx, uint64_t into, uint64_t from, const char *reason,
                     struct pawl_err *err) {
    struct want_call call = {.what = CALL_MERGE, .lot = into, .from = from};
    TEXT_SET(call.reason, reason);
    return want(instance_of(ctx), &call, err);
}

static int lot_freeze(struct pawl_ctx *ctx, uint64_t lot, struct pawl_err *err) {
    const struct want_call call = {.what = CALL_FREEZE, .lot = lot};
    return want(instance_of(ctx), &call, err);
}

static int lot_tie(struct pawl_ctx *ctx, uint64_t lot, uint64_t to, struct pawl_err *err) {
    const struct want_call call = {.what = CALL_TIE, .lot = lot, .from = to};
    return want(instance_of(ctx), &call, err);
}

static int reconcile(struct pawl_ctx *ctx, uint32_t account, int all, struct pawl_err *err) {
    const struct want_call call = {.what = CALL_RECONCILE, .index = account, .mode = all != 0};
    return want(instance_of(ctx), &call, err);
}

static int lot_may_open(struct pawl_ctx *ctx, const struct pawl_lot_spec *spec, uint32_t count,
                        struct pawl_err *err) {
    int rc = trial_ready(instance_of(ctx), TRIAL_NOTED, err);
    if (rc != PAWL_OK) return rc;
    exec_of(ctx)->trial = trial_is_on(instance_of(ctx));
    rc = want_may_open(exec_of(ctx), ctx->component, spec, count, err);
    exec_of(ctx)->trial = false;
    return rc;
}

static const struct pawl_rec_order *lot_order_next(struct pawl_ctx *ctx, uint64_t id,
                                                   uint64_t after) {
    const struct lot *lot = book_lot(book_of(ctx), id);
    if (lot == NULL) return NULL;
    const struct order *order = lot->orders;
    while (order != NULL && (order->rec.id <= after || !order_is_live(order))) order = order->next;
    if (order == NULL) return NULL;
    struct pawl_rec_order *lent = &instance_of(ctx)->lent_order;
    pawl_join_order(&order->rec, order->rare, lent);
    return lent;
}

static int equity(struct pawl_ctx *ctx, uint32_t account, struct pawl_money *ret) {
    const struct book *book = book_of(ctx);
    if (account == 0 || account > book->account_count || book->accounts[account].info.id == 0)
        return PAWL_E_NOTFOUND;
    return book_equity(book, account, ret);
}

const struct pawl_book book_table = {.size = (uint32_t)sizeof(struct pawl_book),
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
                                     .order_next = lot_order_next,
                                     .merge = lot_merge,
                                     .freeze = lot_freeze,
                                     .may_open = lot_may_open,
                                     .tie = lot_tie,
                                     .reconcile = reconcile};
