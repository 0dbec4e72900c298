/* What must hold whenever the venue has changed, from its file alone. */
#include <inttypes.h>
#include <string.h>

#include "sim.h"

static bool is_entry(uint8_t role) {
    return role == VENUE_MAIN || role == VENUE_SCALE || role == VENUE_DOUBLEDOWN;
}

/* An id goes on the wire once, so the venue sees it once. */
static void seen_once(struct sim_run *run, const struct venue_order *now) {
    const struct venue *venue = &run->venue;
    for (size_t n = 1; n < venue->order_count; n++)
        if (n != now->number && strcmp(venue->orders[n].id, now->id) == 0)
            sim_fail(run, "I2 once on the wire", "the venue has %s twice: V%zu and V%" PRIu64,
                     now->id, n, now->number);
}

/* What has been entered and what may still be, of one lot, is never more than was ever wanted. */
static void never_too_much(struct sim_run *run, uint64_t lot) {
    const struct venue *venue = &run->venue;
    int64_t sum = 0;
    if (lot >= SIM_LOTS_MAX || run->lots[lot].merged != 0) return; /* their sums are in check.c */
    for (size_t n = 1; n < venue->order_count; n++) {
        const struct venue_order *order = &venue->orders[n];
        if (!order->ours || order->lot != lot || !is_entry(order->role)) continue;
        sum += order->works ? order->quantity_e8 : order->filled_e8;
    }
    if (sum > run->lots[lot].want_in_e8)
        sim_fail(run, "I2 one live order per intent",
                 "entries of lot %" PRIu64 " add up to %" PRId64 "e-8, %" PRId64 "e-8 were wanted",
                 lot, sum, run->lots[lot].want_in_e8);
}

/* What explicit exits have taken and may still take, of one lot, is never more than was wanted out.
 */
static void never_too_much_out(struct sim_run *run, uint64_t lot) {
    const struct venue *venue = &run->venue;
    int64_t sum = 0, want_e8 = run->lots[lot].want_out_e8;
    if (run->lots[lot].merged != 0) return;
    for (size_t n = 1; n < venue->order_count; n++) {
        const struct venue_order *order = &venue->orders[n];
        if (order->ours && order->lot == lot && order->role == VENUE_EXIT &&
            !sim_watch_early(&run->watch, order->id))
            sum += order->works ? order->quantity_e8 : order->filled_e8;
    }
    if (want_e8 > run->lots[lot].want_in_e8) want_e8 = run->lots[lot].want_in_e8;
    if (sum > want_e8)
        sim_fail(run, "I2 one live order per intent",
                 "exits of lot %" PRIu64 " add up to %" PRId64 "e-8, %" PRId64 "e-8 were wanted",
                 lot, sum, want_e8);
}

/* At the venue, too, a stop only tightens, unless an operator insists. What was sent before it was
 * stored, and has ended, nobody can know of any more. How far one that trails had come when it
 * ended the venue is asked, and this one answers; where a venue cannot, what comes next may begin
 * behind it by less than a step, and nothing else may. */
static void only_tighter(struct sim_run *run, const struct venue_order *now) {
    struct sim_lot *lot = &run->lots[now->lot];
    const struct venue_order *by = &run->venue.orders[lot->tightest_by];
    bool lost = !by->works && sim_watch_early(&run->watch, by->id);
    bool is_long = now->side == 2;
    bool looser = is_long ? now->stop_e8 < lot->tightest_e8 : now->stop_e8 > lot->tightest_e8;
    if (lot->tightest_e8 == 0 || !looser || lost || lot->forced || lot->follows) {
        lot->tightest_e8 = now->stop_e8;
        lot->tightest_by = now->number;
        return;
    }
    /* What replaces an order that trails begins a little behind it, and catches up beside it. */
    if (by->works && by->kind == PAWL_KIND_TRAILING && by->number != now->number) return;
    sim_fail(run, "the ratchet",
             "%s: the stop of lot %" PRIu64 " goes from %" PRId64 "e-8 to %" PRId64 "e-8", now->id,
             now->lot, lot->tightest_e8, now->stop_e8);
}

/* A stop is changed in place, or the old one goes when the new one works: where the venue cannot
 * change it, and everywhere when a fixed one gives way to one that trails, or back. */
static void few_stops(struct sim_run *run, uint64_t lot) {
    const struct venue *venue = &run->venue;
    uint32_t count = 0, most = run->plan->venue == SIM_BINANCE ? 2 : 1;
    most += run->lots[lot].merged; /* each of them brought one */
    for (size_t n = 1; n < venue->order_count; n++) {
        const struct venue_order *order = &venue->orders[n];
        if (order->ours && order->works && !order->dormant && order->lot == lot &&
            order->role == VENUE_STOP && !sim_watch_early(&run->watch, order->id)) {
            count++;
            if (order->kind == PAWL_KIND_TRAILING && most < 2) most = 2;
        }
    }
    if (count > most)
        sim_fail(run, "I2 one live order per intent",
                 "%u stops of lot %" PRIu64 " work at the venue", count, lot);
}

/* Orders say by their ids what lot they were sent for; they are of the one that it is part of. */
void sim_truth_merged(struct sim_run *run, uint64_t into, uint64_t from) {
    for (size_t n = 1; n < run->venue.order_count; n++)
        if (run->venue.orders[n].lot == from) run->venue.orders[n].lot = into;
    uint32_t more = from < SIM_LOTS_MAX ? run->lots[from].merged : 0;
    if (into < SIM_LOTS_MAX) run->lots[into].merged += 1 + more;
    if (from < SIM_LOTS_MAX) run->lots[from].into = into;
}

uint64_t sim_heir(const struct sim_run *run, uint64_t lot) {
    while (lot < SIM_LOTS_MAX && run->lots[lot].into != 0) lot = run->lots[lot].into;
    return lot;
}

/* A merge that was not stored has not been. */
void sim_truth_restart(struct sim_run *run) {
    uint8_t role;
    for (const struct lot *lot = run->host->book.first_lot; lot != NULL; lot = lot->next)
        if (lot->rec.id < SIM_LOTS_MAX) run->lots[lot->rec.id].into = lot->rare->rec.merged_into;
    for (size_t n = 1; n < run->venue.order_count; n++) {
        struct venue_order *order = &run->venue.orders[n];
        if (order->ours && sim_id_parse(order->id, &order->lot, &role))
            order->lot = sim_heir(run, order->lot);
    }
}

void sim_truth_order(struct sim_run *run, const struct venue_order *before,
                     const struct venue_order *now) {
    bool fresh = before->number == 0;
    if (fresh && !now->ours) {
        sim_fail(run, "I1 intent before wire",
                 "the venue has an order \"%s\" whose id is none of ours", now->id);
        return;
    }
    if (fresh) seen_once(run, now);
    if (is_entry(now->role) == now->reduce)
        sim_fail(run, "I4 never flipped", "%s: role %u %s reduce", now->id, now->role,
                 now->reduce ? "may only" : "may do more than");
    if (now->works && is_entry(now->role)) never_too_much(run, now->lot);
    if (!now->works || now->lot >= SIM_LOTS_MAX) return;
    if (now->role == VENUE_EXIT) never_too_much_out(run, now->lot);
    if (now->role != VENUE_STOP || now->dormant) return;
    few_stops(run, now->lot);
    if (before->stop_e8 != now->stop_e8) only_tighter(run, now);
}

/* On a netting account no entry may meet the other side. */
void sim_truth_fill(struct sim_run *run, const struct venue_fill *fill,
                    const struct venue_order *order) {
    if (order == NULL) {
        run->foreign_e8[fill->symbol - 1] +=
            fill->side == 1 ? fill->quantity_e8 : -fill->quantity_e8;
        run->foreign_done = true;
        return;
    }
    if (order->reduce || run->plan->hedging || run->foreign_done) return;
    if (sim_position(&run->venue, fill->symbol, (uint8_t)(3 - fill->side)) > 0)
        sim_fail(run, "I4 never flipped", "entry %s filled against a position of the other side",
                 fill->id);
}

void sim_truth_step(struct sim_run *run) {
    for (size_t i = 0; i < run->venue.position_count; i++) {
        const struct venue_position *one = &run->venue.positions[i];
        if (one->quantity_e8 != one->told_e8)
            sim_fail(run, "venue",
                     "ticket %" PRIu64 ": its fills make %" PRId64 "e-8, it says %" PRId64 "e-8",
                     one->ticket, one->quantity_e8, one->told_e8);
    }
}

#define BARE_MAX_NS (15 * PAWL_NS) /* reports may be lost, and are asked for again */

/* What the lot's own orders have left open at the venue, and its working stops there. */
static void of_lot(const struct venue *venue, uint64_t lot, int64_t *ret_open_e8,
                   int64_t *ret_stops_e8) {
    *ret_open_e8 = *ret_stops_e8 = 0;
    for (size_t n = 1; n < venue->order_count; n++) {
        const struct venue_order *order = &venue->orders[n];
        if (!order->ours || order->lot != lot) continue;
        *ret_open_e8 += is_entry(order->role) ? order->filled_e8 : -order->filled_e8;
        if (order->works && !order->dormant && order->role == VENUE_STOP)
            *ret_stops_e8 += order->quantity_e8 - order->filled_e8;
    }
}

/* The host may be wrong about a stop for as long as a report needs, and not longer. What others
 * traded is found by the next two rounds only. */
void sim_truth_quote(struct sim_run *run) {
    if (run->foreign_done) return;
    for (const struct lot *lot = run->host->book.first_lot; lot != NULL; lot = lot->next) {
        int64_t open_e8, stops_e8;
        if (lot->rec.id >= SIM_LOTS_MAX) return;
        struct sim_lot *seen = &run->lots[lot->rec.id];
        of_lot(&run->venue, lot->rec.id, &open_e8, &stops_e8);
        if (open_e8 > lot_open_e8(lot)) open_e8 = lot_open_e8(lot);
        bool claimed = lot->rec.protection == PAWL_PROTECTION_RESTING;
        if (!claimed || run->venue.link_down || stops_e8 >= open_e8) {
            seen->bare_ns = 0;
        } else if (seen->bare_ns == 0) {
            seen->bare_ns = run->now_ns;
        } else if (run->now_ns - seen->bare_ns > BARE_MAX_NS) {
            sim_fail(run, "I4 never naked",
                     "lot %" PRIu64 " is protected, says the host; %" PRId64
                     "e-8 are open and stops of %" PRId64 "e-8 work",
                     lot->rec.id, open_e8, stops_e8);
            return;
        }
    }
}
