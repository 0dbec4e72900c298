/*
 * A stop that follows the price: the trailing want of a lot.
 *
 * The lot keeps the best price its stop has followed. One level of the host's stands where the next
 * step is worth taking: the price at which the stop, moved, is better by a whole step. So prices in
 * between cost nothing, the venue sees no more amends than steps, and the level moves one way only.
 * Where the venue trails by itself the order stays as it is; the lot's stop, and with it the guard,
 * follow in steps all the same, always behind the venue's.
 */
#include "base/err.h"
#include "book/market.h"
#include "book/report.h"
#include "exec/steps.h"

#define STEPS_OF_DISTANCE 10 /* a step that is not said is this part of the distance */

static bool is_long(const struct lot *lot) {
    return lot->rec.side == PAWL_POSITION_SIDE_LONG;
}

static bool is_wanted(const struct lot *lot) {
    return lot->rare->rec.trail_distance.e8 > 0 || lot->rare->rec.trail_fraction.e8 > 0;
}

bool trail_is_native(const struct exec *exec, const struct lot *lot) {
    return is_wanted(lot) && exec_caps(exec, lot)->native_trailing &&
           lot->rare->rec.trail_extreme.e8 > 0 && !lot->trail_by_host;
}

void trail_refused(struct exec *exec, struct order *order, const char *message) {
    order->lot->trail_by_host = true; /* a later process asks once more */
    RARE_SET(exec->book, order->lot, stop_retry_ns, 0);
    report_alert(exec->book, "trailing_refused", PAWL_SEVERITY_WARNING, order->lot, order,
                 "the venue does not trail this stop, so the host does: %s", message);
}

bool trail_is_behind(const struct lot *lot, const struct order *order) {
    int64_t least = lot->trail_least_e8, level = order->rec.stop_price.e8;
    return least != 0 && (is_long(lot) ? level < least : level > least);
}

static bool one_trails(const struct lot *lot) { /* at the venue, or soon */
    for (const struct order *order = lot->orders; order != NULL; order = order->next)
        if (order->rec.role == PAWL_ROLE_STOP && order_trails(order) && order_is_live(order))
            return true;
    return false;
}

/* The stop that counts trails at the venue already: it has seen the prices that the host sees. */
static bool venue_follows(const struct lot *lot) {
    for (const struct order *order = lot->orders; order != NULL; order = order->next)
        if (order->rec.role == PAWL_ROLE_STOP && order_is_live(order) && !order_is_working(order))
            return false;
    return one_trails(lot);
}

static const struct pawl_instrument *instrument(const struct exec *exec, const struct lot *lot) {
    return &exec->book->instruments[lot->rec.instrument].def;
}

static enum trigger_line line_of(const struct lot *lot) {
    return (enum trigger_line)market_line(lot->rec.stop_trigger, lot->rec.side);
}

static bool beyond(bool above, int64_t price, int64_t level) {
    return above ? price >= level : price <= level;
}

/* The stop that a best price means, on the tick, rounded towards the price. */
static int level_at(const struct exec *exec, const struct lot *lot, int64_t best, int64_t *ret) {
    int64_t by = lot->rare->rec.trail_distance.e8, level = 0;
    int rc = PAWL_OK;
    if (by == 0) rc = pawl_mul_e8(best, lot->rare->rec.trail_fraction.e8, PAWL_ROUND_DOWN, &by);
    if (rc == PAWL_OK) rc = (is_long(lot) ? pawl_sub_i64 : pawl_add_i64)(best, by, &level);
    if (rc == PAWL_OK)
        rc = pawl_round_to(level, instrument(exec, lot)->tick.e8,
                           is_long(lot) ? PAWL_ROUND_UP : PAWL_ROUND_DOWN, ret);
    return rc == PAWL_OK && *ret <= 0 ? PAWL_E_RANGE : rc;
}

/* The nearest stop that is a step better than the lot's. */
static int next_stop(const struct lot *lot, int64_t *ret) {
    int64_t step = lot->rare->rec.trail_step.e8;
    return (is_long(lot) ? pawl_add_i64 : pawl_sub_i64)(lot->rec.stop.e8, step, ret);
}

/* The price that is worth the next step. */
static int next_price(const struct lot *lot, int64_t *ret) {
    int64_t stop, fraction = lot->rare->rec.trail_fraction.e8;
    int rc = next_stop(lot, &stop);
    if (rc != PAWL_OK) return rc;
    if (lot->rare->rec.trail_distance.e8 > 0)
        return (is_long(lot) ? pawl_add_i64 : pawl_sub_i64)(
            stop, lot->rare->rec.trail_distance.e8, ret);
    /* price (1 - f) = stop, or price (1 + f) = stop */
    return is_long(lot)
               ? pawl_muldiv(stop, PAWL_E8, PAWL_E8 - fraction, PAWL_ROUND_UP, ret)
               : pawl_muldiv(stop, PAWL_E8, PAWL_E8 + fraction, PAWL_ROUND_DOWN, ret);
}

/* Take a price into account: a new best, and the stop that follows from it, if that is a step. */
static void follow(struct exec *exec, struct lot *lot, int64_t price, bool any_step) {
    const struct pawl_rare_lot *rare = &lot->rare->rec;
    int64_t best = rare->trail_extreme.e8, from = rare->trail_activation.e8, level, edge;
    if (best == 0 && from != 0 && !beyond(is_long(lot), price, from)) return;
    if (best == 0 || (is_long(lot) ? price > best : price < best)) {
        best = price;
        book_lot_rare(exec->book, lot)->rec.trail_extreme.e8 = best;
        book_changed(exec->book, lot);
        book_dirty(exec->book, lot); /* a venue may trail by itself from now on */
    }
    if (level_at(exec, lot, best, &level) != PAWL_OK || next_stop(lot, &edge) != PAWL_OK) return;
    if (any_step) edge = lot->rec.stop.e8;
    if (level == lot->rec.stop.e8) return;
    if (lot->rec.stop.e8 != 0 && !beyond(is_long(lot), level, edge)) return;
    int64_t least = lot->trail_least_e8;
    stop_move(exec, lot, (struct pawl_price){level}, "trailing", false);
    if (venue_follows(lot)) lot->trail_least_e8 = least;
}

static void disarm(struct exec *exec, struct lot *lot) {
    if (lot->rare->trail_level_e8 != 0)
        triggers_disarm(exec->book->triggers, 0, EXEC_KEY(EXEC_KEY_TRAIL, lot->rec.id));
    RARE_SET(exec->book, lot, trail_level_e8, 0);
}

/* A trailing level that is never reached: of all such levels of an instrument the index moves one
 * node when there is a new best price. */
static void keep_best(struct exec *exec, struct lot *lot) {
    uint64_t key = EXEC_KEY(EXEC_KEY_BEST, lot->rec.id);
    bool trails = trail_is_native(exec, lot) ||
                  (is_wanted(lot) && lot->rare->rec.trail_extreme.e8 > 0 && one_trails(lot));
    bool wanted = trails && lot_open_e8(lot) > 0;
    if (wanted == lot->trail_best_kept) return;
    if (lot_open_e8(lot) > 0) trail_catch_up(exec, lot); /* the last that knows where it ended */
    lot->trail_best_kept = wanted;
    triggers_disarm(exec->book->triggers, 0, key);
    struct trigger_spec spec = {.key = key,
                                .instrument = lot->rec.instrument,
                                .line = (uint8_t)line_of(lot),
                                .cross = is_long(lot) ? TRIGGER_AT_OR_BELOW : TRIGGER_AT_OR_ABOVE,
                                .distance = {INT64_MAX},
                                .extreme = lot->rare->rec.trail_extreme};
    if (wanted) /* without room the stop may fall back by less than a step */
        lot->trail_best_kept = triggers_arm(exec->book->triggers, &spec, NULL) == PAWL_OK;
}

void trail_catch_up(struct exec *exec, struct lot *lot) {
    struct trigger_spec found;
    bool same_want = lot->rare->rec.trail_extreme.e8 > 0; /* a new one has followed nothing yet */
    if (lot->trail_best_kept && same_want &&
        triggers_find(exec->book->triggers, 0, EXEC_KEY(EXEC_KEY_BEST, lot->rec.id), &found) &&
        found.extreme.e8 > 0)
        follow(exec, lot, found.extreme.e8, true);
}

void trail_beside(struct exec *exec, struct order *order) {
    if (order->rec.role == PAWL_ROLE_STOP && lot_leaves(order->lot).stops > 1)
        trail_catch_up(exec, order->lot);
}

void trail_update(struct exec *exec, struct lot *lot) {
    keep_best(exec, lot);
    if (!is_wanted(lot) || lot_open_e8(lot) <= 0 || lot_is_closing(lot)) {
        disarm(exec, lot);
        return;
    }
    int64_t price =
        triggers_last(exec->book->triggers, lot->rec.instrument, line_of(lot)).e8, next;
    if (price > 0) follow(exec, lot, price, false);
    bool sleeps = lot->rare->rec.trail_extreme.e8 == 0 && lot->rare->rec.trail_activation.e8 != 0;
    if (sleeps)
        next = lot->rare->rec.trail_activation.e8;
    else if (next_price(lot, &next) != PAWL_OK || next <= 0)
        next = 0; /* no price can be that good */
    if (next == lot->rare->trail_level_e8) return;
    disarm(exec, lot);
    if (next == 0) return;
    struct trigger_spec spec = {.key = EXEC_KEY(EXEC_KEY_TRAIL, lot->rec.id),
                                .instrument = lot->rec.instrument,
                                .level = {next},
                                .line = (uint8_t)line_of(lot),
                                .cross = is_long(lot) ? TRIGGER_AT_OR_ABOVE : TRIGGER_AT_OR_BELOW};
    if (triggers_arm(exec->book->triggers, &spec, NULL) == PAWL_OK) {
        RARE_SET(exec->book, lot, trail_level_e8, next);
        return;
    }
    report_alert(exec->book, "not_armed", PAWL_SEVERITY_CRITICAL, lot, NULL,
                 "its stop cannot follow the price: too many levels");
    exec_wake_lot(exec, lot, book_now(exec->book) + PAWL_NS);
}

void trail_crossed(struct exec *exec, struct lot *lot) {
    RARE_SET(exec->book, lot, trail_level_e8, 0); /* it fired, so it is gone */
    trail_update(exec, lot);
}

/* A step that is not said: a part of the distance, on the tick. */
static int step_of(const struct lot *lot, const struct pawl_instrument *in,
                   const struct pawl_trail_spec *spec, int64_t *ret) {
    int64_t step = spec->step.e8;
    if (step == 0 && spec->distance.e8 > 0) step = spec->distance.e8 / STEPS_OF_DISTANCE;
    if (step == 0 && pawl_mul_e8(lot->rec.stop.e8, spec->fraction.e8 / STEPS_OF_DISTANCE,
                                 PAWL_ROUND_DOWN, &step) != PAWL_OK)
        return PAWL_E_RANGE;
    if (step < in->tick.e8) step = in->tick.e8;
    return pawl_round_to(step, in->tick.e8, PAWL_ROUND_UP, ret);
}

static int check(const struct lot *lot, const struct pawl_instrument *in,
                 const struct pawl_trail_spec *spec, struct pawl_err *err) {
    char distance[PAWL_E8_TEXT_MAX], least[PAWL_E8_TEXT_MAX];
    if (spec->size < sizeof *spec || (spec->distance.e8 > 0) == (spec->fraction.e8 > 0) ||
        spec->distance.e8 < 0 || spec->fraction.e8 < 0 || spec->fraction.e8 >= PAWL_E8 ||
        spec->activation.e8 < 0 || spec->step.e8 < 0)
        return pawl_fail(err, PAWL_E_INVAL,
                         "a stop trails by a distance above 0, or a fraction below 1");
    int64_t by = spec->distance.e8;
    if (by == 0 &&
        pawl_mul_e8(lot->rec.stop.e8, spec->fraction.e8, PAWL_ROUND_DOWN, &by) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "the trailing distance is out of range");
    int64_t room = in->min_stop_distance.e8 > in->tick.e8 ? in->min_stop_distance.e8 : in->tick.e8;
    if (by >= room) return PAWL_OK;
    pawl_format_e8(by, distance);
    pawl_format_e8(room, least);
    return pawl_fail(err, PAWL_E_INVAL, "a stop %s behind the price: %s takes %s at least",
                     distance, in->symbol, least);
}

int want_trail(struct exec *exec, uint32_t caller, uint64_t id, const struct pawl_trail_spec *spec,
               struct pawl_err *err) {
    static const struct pawl_trail_spec none = {.size = sizeof none};
    struct lot *lot = want_stop_lot(exec, caller, id, err);
    if (lot == NULL) return err != NULL && err->rc != PAWL_OK ? err->rc : PAWL_E_DENIED;
    const struct pawl_instrument *in = instrument(exec, lot);
    int64_t step = 0;
    if (spec != NULL) {
        int rc = check(lot, in, spec, err);
        if (rc == PAWL_OK) rc = step_of(lot, in, spec, &step);
        if (rc != PAWL_OK) return rc;
    } else {
        spec = &none;
    }
    if (exec->trial) return PAWL_OK;
    const struct pawl_rare_lot *rec = &lot->rare->rec;
    bool same = rec->trail_distance.e8 == spec->distance.e8 &&
                rec->trail_fraction.e8 == spec->fraction.e8 &&
                rec->trail_activation.e8 == spec->activation.e8 && rec->trail_step.e8 == step;
    if (same) return PAWL_OK;
    trail_catch_up(exec, lot);
    struct pawl_rare_lot *now = &book_lot_rare(exec->book, lot)->rec;
    now->trail_distance = spec->distance;
    now->trail_fraction = spec->fraction;
    now->trail_activation = spec->activation;
    now->trail_step.e8 = step;
    now->trail_extreme.e8 = 0;
    lot->rec.stop_gen++;
    lot->rec.stop_tries = 0;
    RARE_SET(exec->book, lot, stop_retry_ns, 0);
    book_changed(exec->book, lot);
    book_dirty(exec->book, lot);
    return PAWL_OK;
}
