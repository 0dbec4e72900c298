/* fake_book.c - the book of the fake host, its turns, and what its venue does. */
#include "fake_book_int.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was lent lives until the next call, as the real host promises no more. */
static void *lent;

struct fake *fake_of(struct pawl_ctx *ctx) {
    free(lent);
    lent = NULL;
    return (struct fake *)ctx;
}

const void *fake_lend(const void *from, size_t size) {
    lent = malloc(size);
    assert(lent != NULL);
    return memcpy(lent, from, size);
}

static const char *amount(int64_t value_e8) {
    static char texts[8][PAWL_E8_TEXT_MAX];
    static unsigned turn;
    char *text = texts[turn++ % 8];
    if (value_e8 == PAWL_QTY_ALL) return "all";
    pawl_format_e8(value_e8, text);
    return text;
}

void fake_note(struct fake *fake, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(fake->log + fake->log_length, FAKE_LOG_MAX - fake->log_length, format, args);
    va_end(args);
    assert(n >= 0 && fake->log_length + (uint32_t)n < FAKE_LOG_MAX);
    fake->log_length += (uint32_t)n;
}

void fake_clear_log(struct fake *fake) {
    fake->log_length = 0;
    fake->log[0] = '\0';
}

/* ---- events ---- */

void fake_queue(struct fake *fake, const void *event) {
    const struct pawl_event *head = event;
    assert(fake->queued < FAKE_QUEUE_MAX && head->size <= sizeof fake->queue[0]);
    memcpy(&fake->queue[fake->queued++], event, head->size);
}

static bool listens_to(const struct fake *fake, const struct pawl_event *head) {
    if (head->target != 0) return head->target == FAKE_COMPONENT;
    for (const uint16_t *type = fake->plugin->listens; *type != 0; type++)
        if (*type == head->type) return true;
    return false;
}

static void deliver(struct fake *fake, const struct pawl_event *head) {
    if (!listens_to(fake, head)) return;
    if (fake->restart_at == fake->deliveries++ || fake->restart_at == FAKE_RESTART_EACH) {
        fake_restart(fake);
        fake_forget_wake(fake, head); /* it is here already */
    }
    fake->last_rc = fake->plugin->on_event(fake->self, head);
    fake_of(&fake->ctx);
}

static struct fake_lot *lot_of(const struct fake *fake, uint64_t id) {
    if (id == 0 || id > fake->lot_count) return NULL;
    return (struct fake_lot *)(uintptr_t)&fake->lots[id];
}

static void changed(struct fake *fake, const struct fake_lot *lot) {
    struct pawl_ev_lot_changed event = {
        .head = {.size = sizeof event, .type = PAWL_EV_LOT_CHANGED},
        .lot = lot->rec.id,
        .instrument = lot->rec.instrument,
        .side = lot->rec.side,
        .state = lot->rec.state,
        .quantity = {lot->rec.entered.e8 - lot->rec.exited.e8}};
    fake_queue(fake, &event);
}

static void conclude(struct fake *fake, struct fake_lot *lot) {
    struct pawl_ev_lot_closed event = {.head = {.size = sizeof event, .type = PAWL_EV_LOT_CLOSED},
                                       .lot = lot->rec.id,
                                       .instrument = lot->rec.instrument,
                                       .account = lot->rec.account,
                                       .side = lot->rec.side,
                                       .profit = lot->rec.profit};
    event.quantity = lot->rec.entered;
    snprintf(event.reason, sizeof event.reason, "%s", lot->rec.reason);
    lot->rec.state = PAWL_LOT_STATE_CLOSED;
    fake_queue(fake, &event);
}

static bool owner_flat(const struct fake *fake, const struct pawl_rec_lot *lot) {
    for (uint64_t id = 1; id < lot->id; id++) {
        const struct pawl_rec_lot *one = &fake->lots[id].rec;
        if (one->instrument == lot->instrument && one->account == lot->account &&
            one->owner == lot->owner && one->state != PAWL_LOT_STATE_CLOSED &&
            one->state != PAWL_LOT_STATE_WAITING)
            return false;
    }
    return true;
}

/* What the executor does with one lot at the end of a turn. */
static void plan_lot(struct fake *fake, struct fake_lot *lot) {
    struct pawl_rec_lot *rec = &lot->rec;
    const struct fake_lot *old = lot_of(fake, rec->after_lot);
    bool is_out = rec->exit_at_least.e8 == PAWL_QTY_ALL;
    if (is_out && rec->state == PAWL_LOT_STATE_OPEN) {
        rec->state = PAWL_LOT_STATE_CLOSING;
        changed(fake, lot);
    }
    if (rec->state == PAWL_LOT_STATE_WAITING && rec->enter_up_to.e8 != 0 &&
        (rec->after == PAWL_AFTER_KIND_OWNER_FLAT
             ? owner_flat(fake, rec)
             : old->rec.state == PAWL_LOT_STATE_CLOSED)) {
        rec->state = PAWL_LOT_STATE_ENTERING;
        changed(fake, lot);
    }
    bool wants_in = rec->enter_up_to.e8 > rec->entered.e8 && rec->entry_spent == 0 && !is_out;
    if (rec->state != PAWL_LOT_STATE_WAITING && wants_in) lot->works = true;
    if (rec->entered.e8 == rec->exited.e8 && !wants_in && !lot->works) conclude(fake, lot);
}

static void run(struct fake *fake) {
    do {
        while (fake->delivered < fake->queued) deliver(fake, &fake->queue[fake->delivered++].head);
        fake->queued = fake->delivered = 0;
        for (uint32_t i = 1; i <= fake->lot_count; i++)
            if (fake->lots[i].rec.state != PAWL_LOT_STATE_CLOSED &&
                fake->lots[i].rec.owner == FAKE_COMPONENT)
                plan_lot(fake, &fake->lots[i]);
    } while (fake->queued > 0);
}

void fake_send(struct fake *fake, const void *event) {
    fake_queue(fake, event);
    run(fake);
}

/* ---- the book ---- */

static const struct pawl_rec_lot *book_lot(struct pawl_ctx *ctx, uint64_t id) {
    const struct fake_lot *lot = lot_of(fake_of(ctx), id);
    return lot == NULL ? NULL : fake_lend(&lot->rec, sizeof lot->rec);
}

static const struct pawl_rec_lot *book_lot_next(struct pawl_ctx *ctx, uint32_t instrument,
                                                uint64_t after) {
    struct fake *fake = fake_of(ctx);
    for (uint64_t id = after + 1; id <= fake->lot_count; id++) {
        const struct pawl_rec_lot *rec = &fake->lots[id].rec;
        if (rec->state != PAWL_LOT_STATE_CLOSED &&
            (instrument == 0 || rec->instrument == instrument))
            return fake_lend(rec, sizeof *rec);
    }
    return NULL;
}

static const struct pawl_rec_lot *book_lot_by_ref(struct pawl_ctx *ctx, const char *ref) {
    struct fake *fake = fake_of(ctx);
    for (uint32_t i = fake->lot_count; i > 0; i--)
        if (strcmp(fake->lots[i].rec.ref, ref) == 0)
            return fake_lend(&fake->lots[i].rec, sizeof fake->lots[i].rec);
    return NULL;
}

static const struct pawl_rec_target *book_target(struct pawl_ctx *ctx, uint64_t id,
                                                 uint32_t index) {
    const struct fake_lot *lot = lot_of(fake_of(ctx), id);
    if (lot == NULL || index >= PAWL_TARGETS_MAX || lot->targets[index].generation == 0)
        return NULL;
    return fake_lend(&lot->targets[index], sizeof lot->targets[index]);
}

static void set_level(struct fake_lot *lot, uint32_t index, struct pawl_price price,
                      struct pawl_qty quantity, uint8_t mode) {
    struct pawl_rec_target *target = &lot->targets[index];
    target->id = lot->rec.id << 8 | (index + 1);
    target->lot = lot->rec.id;
    target->price = price;
    target->quantity = quantity;
    target->generation++;
    target->mode = mode;
    target->index = (uint8_t)index;
    target->spent = 0;
}

static int refuse(struct pawl_err *err, int rc) {
    if (err != NULL) {
        err->rc = rc;
        snprintf(err->text, sizeof err->text, "refused by the test");
    }
    return rc;
}

static void note_open(struct fake *fake, const struct pawl_lot_spec *spec, uint64_t id) {
    static const char *const kinds[] = {"?", "market", "limit", "stop"};
    fake_note(fake, "open %llu %s %s %s %s", (unsigned long long)id,
         fake->instruments[spec->instrument].symbol,
         spec->side == PAWL_POSITION_SIDE_LONG ? "LONG" : "SHORT", amount(spec->quantity.e8),
         kinds[spec->entry_kind]);
    if (spec->entry_price.e8 != 0) fake_note(fake, " %s", amount(spec->entry_price.e8));
    fake_note(fake, " stop %s", amount(spec->stop.e8));
    if (spec->target.e8 != 0)
        fake_note(fake, " target %s%s", amount(spec->target.e8),
             spec->target_mode == PAWL_LEVEL_MODE_WATCH ? " watched" : "");
    if (spec->entry_role == PAWL_ROLE_SCALE) fake_note(fake, " scale");
    if (spec->entry_role == PAWL_ROLE_DOUBLEDOWN) fake_note(fake, " doubledown");
    if (spec->account != MAIN) fake_note(fake, " account %u", spec->account);
    if (spec->expires == PAWL_EXPIRES_NEVER)
        fake_note(fake, " for ever");
    else if (spec->expires != 0)
        fake_note(fake, " for %s", amount((spec->expires - fake->now_ns) / 10));
    if (spec->after > PAWL_AFTER_KIND_NOW)
        fake_note(fake, " after %s%llu within %s",
             spec->after == PAWL_AFTER_KIND_OWNER_FLAT ? "all with " : "",
             (unsigned long long)spec->after_lot,
             amount((spec->after_expires - fake->now_ns) / 10));
    if (spec->profile != NULL) fake_note(fake, " profile %s", spec->profile);
    if (spec->ref != NULL) fake_note(fake, " ref %s", spec->ref);
    if (spec->tags != NULL) fake_note(fake, " tags %s", spec->tags);
    fake_note(fake, "\n");
}

static int book_open(struct pawl_ctx *ctx, const struct pawl_lot_spec *spec, uint64_t *ret_lot,
                     struct pawl_err *err) {
    struct fake *fake = fake_of(ctx);
    assert(spec->size == sizeof *spec && fake->lot_count + 1 < FAKE_LOTS_MAX);
    assert(spec->stop.e8 > 0 && spec->quantity.e8 > 0 && spec->account != 0);
    if (fake->open_rc != PAWL_OK) {
        fake_note(fake, "open %s refused\n", fake->instruments[spec->instrument].symbol);
        return refuse(err, fake->open_rc);
    }
    uint64_t id = ++fake->lot_count;
    struct fake_lot *lot = &fake->lots[id];
    const struct fake_lot *old = lot_of(fake, spec->after_lot);
    bool waits = spec->after > PAWL_AFTER_KIND_NOW && old->rec.state != PAWL_LOT_STATE_CLOSED;
    bool is_ours = spec->profile == NULL;
    *lot = (struct fake_lot){
        .rec = {.id = id, .instrument = spec->instrument, .account = spec->account,
                .owner = FAKE_COMPONENT, .hold_grow = FAKE_COMPONENT,
                .hold_reduce = FAKE_COMPONENT,
                .hold_stop = is_ours || fake->hold_stop == 0 ? FAKE_COMPONENT : fake->hold_stop,
                .hold_targets =
                    is_ours || fake->hold_targets == 0 ? FAKE_COMPONENT : fake->hold_targets,
                .side = spec->side,
                .state = waits ? PAWL_LOT_STATE_WAITING : PAWL_LOT_STATE_ENTERING,
                .after = spec->after, .after_lot = spec->after_lot,
                .after_expires = spec->after_expires, .entry_kind = spec->entry_kind,
                .entry_price = spec->entry_price, .entry_gen = 1,
                .enter_up_to = spec->quantity, .stop = spec->stop, .initial_stop = spec->stop,
                .entry_expires = spec->expires}};
    if (spec->ref != NULL) snprintf(lot->rec.ref, sizeof lot->rec.ref, "%s", spec->ref);
    if (spec->target.e8 != 0)
        set_level(lot, 0, spec->target, (struct pawl_qty){PAWL_QTY_ALL}, spec->target_mode);
    note_open(fake, spec, id);
    *ret_lot = id;
    return PAWL_OK;
}

static int book_enter(struct pawl_ctx *ctx, uint64_t id, struct pawl_qty total,
                      struct pawl_err *err) {
    struct fake *fake = fake_of(ctx);
    struct fake_lot *lot = lot_of(fake, id);
    fake_note(fake, "enter %llu %s%s\n", (unsigned long long)id, amount(total.e8),
         fake->enter_rc != PAWL_OK ? " refused" : "");
    if (fake->enter_rc != PAWL_OK) return refuse(err, fake->enter_rc);
    assert(lot != NULL && lot->rec.state != PAWL_LOT_STATE_CLOSED);
    if (total.e8 > lot->rec.enter_up_to.e8) {
        assert(fake->accounts[lot->rec.account].lots_grow);
        lot->rec.entry_spent = 0;
        lot->rec.entry_gen++;
        lot->rec.entry_kind = PAWL_KIND_MARKET;
    }
    lot->rec.enter_up_to.e8 = total.e8 > lot->rec.entered.e8 ? total.e8 : lot->rec.entered.e8;
    return PAWL_OK;
}

static int book_exit(struct pawl_ctx *ctx, uint64_t id, const struct pawl_exit_spec *spec,
                     struct pawl_err *err) {
    struct fake *fake = fake_of(ctx);
    struct fake_lot *lot = lot_of(fake, id);
    fake_note(fake, "exit %llu %s %s%s\n", (unsigned long long)id, amount(spec->at_least.e8),
         spec->reason, fake->exit_rc != PAWL_OK ? " refused" : "");
    if (fake->exit_rc != PAWL_OK) return refuse(err, fake->exit_rc);
    assert(lot != NULL && lot->rec.state != PAWL_LOT_STATE_CLOSED);
    assert(spec->at_least.e8 == PAWL_QTY_ALL || lot->rec.owner != FAKE_COMPONENT);
    snprintf(lot->rec.reason, sizeof lot->rec.reason, "%s", spec->reason);
    lot->rec.exit_at_least = spec->at_least;
    lot->rec.exit_spent = 0;
    lot->rec.exit_gen++;
    return PAWL_OK;
}

static int book_stop(struct pawl_ctx *ctx, uint64_t id, struct pawl_price price,
                     const char *reason, struct pawl_err *err) {
    struct fake *fake = fake_of(ctx);
    struct fake_lot *lot = lot_of(fake, id);
    bool tighter = lot->rec.side == PAWL_POSITION_SIDE_LONG ? price.e8 >= lot->rec.stop.e8
                                                           : price.e8 <= lot->rec.stop.e8;
    fake_note(fake, "stop %llu %s %s\n", (unsigned long long)id, amount(price.e8), reason);
    if (lot->rec.hold_stop != FAKE_COMPONENT) return refuse(err, PAWL_E_DENIED);
    if (!tighter) return refuse(err, PAWL_E_STATE);
    if (price.e8 == lot->rec.stop.e8) return PAWL_OK;
    lot->rec.stop = price;
    struct pawl_ev_stop_moved event = {.head = {.size = sizeof event, .type = PAWL_EV_STOP_MOVED},
                                       .lot = id,
                                       .instrument = lot->rec.instrument};
    fake_queue(fake, &event);
    return PAWL_OK;
}

static int book_trail(struct pawl_ctx *ctx, uint64_t id, const struct pawl_trail_spec *spec,
                      struct pawl_err *err) {
    struct fake *fake = fake_of(ctx);
    struct fake_lot *lot = lot_of(fake, id);
    struct pawl_ratio fraction = {spec != NULL ? spec->fraction.e8 : 0};
    fake_note(fake, "trail %llu %s\n", (unsigned long long)id, amount(fraction.e8));
    if (lot->rec.hold_stop != FAKE_COMPONENT) return refuse(err, PAWL_E_DENIED);
    lot->rec.trail_fraction = fraction;
    lot->rec.trail_distance.e8 = spec != NULL ? spec->distance.e8 : 0;
    return PAWL_OK;
}

static int book_set_target(struct pawl_ctx *ctx, uint64_t id, uint32_t index,
                           struct pawl_price price, struct pawl_qty quantity, uint8_t mode,
                           struct pawl_err *err) {
    struct fake *fake = fake_of(ctx);
    struct fake_lot *lot = lot_of(fake, id);
    fake_note(fake, "target %llu %s %s %s\n", (unsigned long long)id, amount(price.e8),
         amount(quantity.e8), mode == PAWL_LEVEL_MODE_WATCH ? "watch" : "rest");
    if (fake->target_rc != PAWL_OK) return refuse(err, fake->target_rc);
    if (lot->rec.hold_targets != FAKE_COMPONENT) return refuse(err, PAWL_E_DENIED);
    set_level(lot, index, price, quantity, mode);
    return PAWL_OK;
}

static int book_add(struct pawl_ctx *ctx, uint64_t id, struct pawl_qty total,
                    struct pawl_price price, struct pawl_err *err) {
    struct fake *fake = fake_of(ctx);
    struct fake_lot *lot = lot_of(fake, id);
    fake_note(fake, "add %llu %s at %s\n", (unsigned long long)id, amount(total.e8),
         amount(price.e8));
    if (fake->enter_rc != PAWL_OK) return refuse(err, fake->enter_rc);
    assert(fake->accounts[lot->rec.account].lots_grow);
    if (lot->rec.state != PAWL_LOT_STATE_OPEN) return refuse(err, PAWL_E_STATE);
    lot->rec.add_up_to = total;
    lot->rec.add_price = price;
    lot->rec.add_gen++;
    return PAWL_OK;
}

static const struct pawl_rec_order *book_order_next(struct pawl_ctx *ctx, uint64_t id,
                                                    uint64_t after) {
    static const uint8_t roles[] = {PAWL_ROLE_MAIN, PAWL_ROLE_STOP};
    struct fake *fake = fake_of(ctx);
    const struct fake_lot *lot = lot_of(fake, id);
    struct pawl_rec_order order = {.id = 2 * id, .lot = id, .op = PAWL_ORDER_OP_NONE};
    bool filled = lot != NULL && lot->rec.entered.e8 > lot->rec.exited.e8;
    if (lot == NULL || lot->rec.state == PAWL_LOT_STATE_CLOSED) return NULL;
    if (!filled && !lot->works) return NULL;
    if (filled) order.id++;
    if (order.id <= after) return NULL;
    order.role = roles[filled];
    snprintf(order.order, sizeof order.order, "o%llu", (unsigned long long)order.id);
    return fake_lend(&order, sizeof order);
}

static int book_equity(struct pawl_ctx *ctx, uint32_t account, struct pawl_money *ret) {
    (void)account;
    *ret = fake_of(ctx)->equity;
    return PAWL_OK;
}

static int book_freeze(struct pawl_ctx *ctx, uint64_t id, struct pawl_err *err) {
    (void)err;
    lot_of(fake_of(ctx), id)->rec.r_frozen = 1;
    return PAWL_OK;
}

/* Where lots do not grow; their ratchet is not looked at here. */
static int book_tie(struct pawl_ctx *ctx, uint64_t id, uint64_t to, struct pawl_err *err) {
    const struct fake *fake = fake_of(ctx);
    (void)err;
    assert(lot_of(fake, id) != NULL && lot_of(fake, to) != NULL);
    return PAWL_OK;
}

static int book_reconcile(struct pawl_ctx *ctx, uint32_t account, int all, struct pawl_err *err) {
    (void)fake_of(ctx);
    (void)account;
    (void)all;
    (void)err;
    return PAWL_OK;
}

const struct pawl_book fake_book_service = {
    .size = sizeof fake_book_service, .lot = book_lot, .lot_next = book_lot_next,
    .lot_by_ref = book_lot_by_ref, .target = book_target, .open = book_open, .enter = book_enter,
    .exit = book_exit, .stop = book_stop, .set_target = book_set_target, .equity = book_equity,
    .add = book_add, .order_next = book_order_next, .trail = book_trail, .freeze = book_freeze,
    .tie = book_tie, .reconcile = book_reconcile};

/* ---- what the venue and the executor do ---- */

void fake_fill(struct fake *fake, uint64_t id, const char *quantity, const char *price) {
    struct fake_lot *lot = lot_of(fake, id);
    int64_t value_e8;
    assert(lot->rec.state != PAWL_LOT_STATE_WAITING && lot->rec.state != PAWL_LOT_STATE_CLOSED);
    int rc = pawl_mul_e8(e8(quantity), e8(price), PAWL_ROUND_EVEN, &value_e8);
    assert(rc == PAWL_OK);
    lot->rec.entered.e8 += e8(quantity);
    lot->rec.entry_value.e8 += value_e8;
    if (lot->rec.entered.e8 >= lot->rec.enter_up_to.e8) lot->works = false;
    if (lot->rec.opened == 0) lot->rec.opened = fake->now_ns;
    if (lot->rec.state == PAWL_LOT_STATE_ENTERING) lot->rec.state = PAWL_LOT_STATE_OPEN;
    changed(fake, lot);
    run(fake);
}

void fake_fill_add(struct fake *fake, uint64_t id, const char *quantity, const char *price) {
    struct fake_lot *lot = lot_of(fake, id);
    assert(lot->rec.add_up_to.e8 >= lot->rec.added.e8 + e8(quantity));
    lot->rec.added.e8 += e8(quantity);
    lot->rec.enter_up_to.e8 += e8(quantity);
    bool works = lot->works;
    fake_fill(fake, id, quantity, price);
    lot->works = works;
}

void fake_flatten(struct fake *fake, uint64_t id) {
    struct fake_lot *lot = lot_of(fake, id);
    lot->rec.exited = lot->rec.entered;
    lot->rec.exit_at_least.e8 = PAWL_QTY_ALL;
    if (lot->rec.reason[0] == '\0') snprintf(lot->rec.reason, sizeof lot->rec.reason, "SL_HIT");
    lot->works = false;
    run(fake);
}

static void spent(struct fake *fake, const struct fake_lot *lot, uint8_t role, uint32_t generation,
                  const char *reason) {
    struct pawl_ev_want_spent event = {
        .head = {.size = sizeof event, .type = PAWL_EV_WANT_SPENT, .target = FAKE_COMPONENT},
        .lot = lot->rec.id,
        .role = role,
        .generation = generation};
    snprintf(event.reason, sizeof event.reason, "%s", reason);
    fake_queue(fake, &event);
}

void fake_entry_spent(struct fake *fake, uint64_t id, const char *reason) {
    struct fake_lot *lot = lot_of(fake, id);
    lot->rec.entry_spent = 1;
    lot->works = false;
    spent(fake, lot, PAWL_ROLE_MAIN, lot->rec.entry_gen, reason);
    run(fake);
}

void fake_exit_spent(struct fake *fake, uint64_t id, const char *reason) {
    struct fake_lot *lot = lot_of(fake, id);
    lot->rec.exit_spent = 1;
    spent(fake, lot, PAWL_ROLE_EXIT, lot->rec.exit_gen, reason);
    run(fake);
}

void fake_target_spent(struct fake *fake, uint64_t id) {
    struct fake_lot *lot = lot_of(fake, id);
    lot->targets[0].spent = 1;
    spent(fake, lot, PAWL_ROLE_TARGET, lot->targets[0].generation, "expired");
    run(fake);
}

void fake_cancelled(struct fake *fake, uint64_t id) {
    struct fake_lot *lot = lot_of(fake, id);
    assert(lot->works);
    lot->works = false;
    run(fake);
}

void fake_operator_exit(struct fake *fake, uint64_t id) {
    struct fake_lot *lot = lot_of(fake, id);
    lot->rec.exit_at_least.e8 = PAWL_QTY_ALL;
    lot->rec.exit_spent = 0;
    run(fake);
}

uint64_t fake_stranger(struct fake *fake, uint32_t instrument, uint8_t side) {
    uint64_t id = ++fake->lot_count;
    fake->lots[id] = (struct fake_lot){.rec = {.id = id, .instrument = instrument, .account = MAIN,
                                               .owner = FAKE_STRANGER, .side = side,
                                               .state = PAWL_LOT_STATE_OPEN}};
    return id;
}

const struct pawl_rec_lot *fake_rec(const struct fake *fake, uint64_t id) {
    const struct fake_lot *lot = lot_of(fake, id);
    return lot == NULL ? NULL : &lot->rec;
}
