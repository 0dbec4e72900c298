/*
 * A position at the venue that differs from what the lots say: a gap only if another round, after
 * the settling time, sees the same; until then it may be a fill on its way. Entries in that
 * instrument wait meanwhile. Where positions have tickets each is compared with its own lot, else
 * the sum of a side.
 *
 * A lot that was taken over on somebody's word (rec.claimed) gets no order before the venue shows
 * that it holds it; what the venue does not hold comes off such lots first.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "book/market.h"
#include "book/money.h"
#include "book/report.h"
#include "exec/steps.h"

struct place {
    uint32_t account, instrument;
    uint8_t side;
    const char *ticket; /* NULL = the whole side */
};

#define MISSING_MAX_NS (30 * PAWL_NS) /* so long: decided, whatever is in flight or changes */

struct gap {
    int64_t venue_e8, lots_e8;
    int64_t claims_e8; /* of lots_e8: by lots the venue has not been seen to hold */
    struct pawl_price price;
    bool moving; /* something of it is in flight: no verdict */
};

static bool has_tickets(const struct exec *exec, uint32_t account) {
    return exec->book->accounts[account].caps.exit_bound == PAWL_EXIT_TICKET;
}

static bool is_here(const struct place *place, uint8_t side, const char *ticket) {
    return side == place->side && (place->ticket == NULL || strcmp(ticket, place->ticket) == 0);
}

static struct gap gap_of(const struct exec *exec, const struct place *place) {
    struct gap gap = {0};
    for (uint32_t i = 0; i < exec->position_count; i++) {
        const struct round_position *one = &exec->positions[i];
        if (one->account != place->account || one->instrument != place->instrument ||
            !is_here(place, one->side, one->ticket))
            continue;
        gap.venue_e8 += one->quantity.e8;
        gap.price = one->price;
    }
    const struct lot *lot = exec->book->instruments[place->instrument].lots;
    for (; lot != NULL; lot = lot->instrument_next) {
        if (lot->rec.account != place->account) continue;
        if (is_here(place, lot->rec.side, lot->rare->rec.ticket)) {
            gap.lots_e8 += lot_open_e8(lot);
            if (lot->rec.claimed) gap.claims_e8 += lot_open_e8(lot);
        }
        for (const struct order *order = lot->orders; order != NULL; order = order->next)
            gap.moving |= order_is_live(order) &&
                          (order->rec.op != PAWL_ORDER_OP_NONE || order->rec.op_unknown);
    }
    return gap;
}

/* The lot's, or NULL = the oldest one's. PAWL_E_NOTFOUND: no price to book it at yet. */
static int take_off(struct exec *exec, const struct place *place, struct lot *lot,
                    int64_t quantity_e8, struct pawl_price price) {
    if (price.e8 == 0) return PAWL_E_NOTFOUND;
    char id[48];
    const char *ticket = place->ticket == NULL ? "" : place->ticket;
    snprintf(id, sizeof id, "gap-%u-%llu", exec->book->boot,
             (unsigned long long)exec->book->host.next_fill);
    bool is_long = place->side == PAWL_POSITION_SIDE_LONG;
    struct book_fill fill = {.account = place->account,
                             .instrument = place->instrument,
                             .side = is_long ? PAWL_SIDE_SELL : PAWL_SIDE_BUY,
                             .price = price,
                             .quantity = {quantity_e8},
                             .venue_time = book_now(exec->book),
                             .execution = id,
                             .ticket = ticket,
                             .is_gap = true,
                             .lot = lot};
    return book_fill(exec->book, &fill);
}

/* What is claimed last is covered last. Nothing is known of it, so it is out where it came in. */
static int take_off_claims(struct exec *exec, const struct place *place, int64_t *missing_e8) {
    struct lot *lot = exec->book->instruments[place->instrument].lots_last, *previous;
    for (; lot != NULL && *missing_e8 > 0; lot = previous) {
        previous = lot->instrument_previous;
        int64_t take_e8 = lot_open_e8(lot) < *missing_e8 ? lot_open_e8(lot) : *missing_e8;
        if (lot->rec.account != place->account || !lot->rec.claimed || take_e8 <= 0 ||
            !is_here(place, lot->rec.side, lot->rare->rec.ticket))
            continue;
        int rc = take_off(exec, place, lot, take_e8, lot_entry(lot));
        if (rc != PAWL_OK) return rc;
        *missing_e8 -= take_e8;
    }
    return PAWL_OK;
}

/* Those the venue holds, besides what is no claim, the first one first; false = not all of them. */
static bool believe_claims(struct exec *exec, const struct place *place, const struct gap *gap) {
    struct lot *lot = exec->book->instruments[place->instrument].lots;
    int64_t room_e8 = gap->venue_e8 - gap->lots_e8 + gap->claims_e8;
    bool all = true;
    for (; lot != NULL; lot = lot->instrument_next) {
        int64_t open_e8 = lot_open_e8(lot);
        if (lot->rec.account != place->account || !lot->rec.claimed ||
            !is_here(place, lot->rec.side, lot->rare->rec.ticket))
            continue;
        if (open_e8 > 0 && open_e8 > room_e8) {
            all = false;
            room_e8 = 0; /* a later one is not covered before it */
            continue;
        }
        lot->rec.claimed = 0;
        room_e8 -= open_e8;
        book_changed(exec->book, lot);
        book_dirty(exec->book, lot);
    }
    return all;
}

/* Once for each size. */
static void tell_not_held(struct exec *exec, const struct place *place, const struct gap *gap,
                          struct round_gap *seen) {
    if (seen != NULL && seen->told) return;
    if (seen != NULL) seen->told = true;
    char venue[PAWL_E8_TEXT_MAX], lots[PAWL_E8_TEXT_MAX];
    pawl_format_e8(gap->venue_e8, venue);
    pawl_format_e8(gap->lots_e8, lots);
    report_alert(exec->book, "gap", PAWL_SEVERITY_WARNING, NULL, NULL,
                 "%s: the venue holds %s of it and the lots say %s: nothing is sent for what was "
                 "taken over until a second look has decided",
                 exec->book->instruments[place->instrument].def.symbol, venue, lots);
}

static struct pawl_ev_adopt ask_of(const struct exec *exec, const struct place *place,
                                   const struct gap *gap) {
    struct pawl_ev_adopt ask;
    EVENT_INIT(ask, PAWL_EV_ADOPT);
    ask.instrument = place->instrument;
    ask.account = place->account;
    ask.side = place->side;
    ask.quantity.e8 = gap->venue_e8 - gap->lots_e8;
    ask.price = gap->price;
    if (ask.price.e8 <= 0) /* the venue does not say at which it came about */
        ask.price = market_price(exec->book, place->instrument, PAWL_TRIGGER_SOURCE_EXIT_SIDE,
                                 place->side);
    TEXT_SET(ask.ticket, place->ticket);
    return ask;
}

/* More of a ticket than its lot says is no position of its own. */
static bool is_apart(const struct place *place, const struct gap *gap) {
    return place->ticket == NULL || gap->lots_e8 == 0;
}

static bool may_adopt(const struct exec *exec, const struct place *place, const struct gap *gap) {
    const struct pawl_ev_adopt ask = ask_of(exec, place, gap);
    struct adoption unused;
    return exec->set->foreign == CONFIG_FOREIGN_ADOPT && is_apart(place, gap) &&
           want_adopt_judge(exec, &ask, &unused, NULL) == PAWL_OK;
}

/* With a stop of 2 %; false where it cannot be: the price is beyond that already. */
static bool adopt(struct exec *exec, const struct place *place, const struct gap *gap) {
    const struct pawl_ev_adopt ask = ask_of(exec, place, gap);
    struct pawl_err err = {0};
    struct lot *lot = exec->book->instruments[place->instrument].lots;
    for (; lot != NULL && !exec->book->accounts[place->account].info.hedging;
         lot = lot->instrument_next)
        if (lot->rec.account == place->account && lot->rec.side != place->side &&
            lot_open_e8(lot) > 0)
            return true; /* it turned: what is gone goes first, then the next round decides */
    if (want_adopt(exec, &ask, &lot, &err) != PAWL_OK) {
        report_alert(exec->book, "refused", PAWL_SEVERITY_WARNING, NULL, NULL, "adopt: %s",
                     err.text);
        return false;
    }
    report_alert(exec->book, "adopted", PAWL_SEVERITY_WARNING, lot, NULL,
                 "a position at the venue that no lot explains; it has a stop of 2 %% now");
    return true;
}

/* Entries wait meanwhile. */
static void tell_stuck(struct exec *exec, const struct place *place, int rc,
                       struct round_gap *seen) {
    if (rc == PAWL_E_NOTFOUND || seen->stuck) return;
    seen->stuck = true;
    report_alert(exec->book, "gap", PAWL_SEVERITY_CRITICAL, NULL, NULL,
                 "%s: the venue holds less than the lots say, and that cannot be booked (%s)",
                 exec->book->instruments[place->instrument].def.symbol, pawl_rc_text(rc));
}

/* Seen long enough. */
static void settle(struct exec *exec, const struct place *place, const struct gap *gap,
                   struct round_gap *seen) {
    struct book_instrument *in = &exec->book->instruments[place->instrument];
    int64_t missing_e8 = gap->lots_e8 - gap->venue_e8;
    int rc = take_off_claims(exec, place, &missing_e8);
    believe_claims(exec, place, gap);
    if (missing_e8 > 0 && rc == PAWL_OK)
        rc = take_off(exec, place, NULL, missing_e8,
                      market_price(exec->book, place->instrument, PAWL_TRIGGER_SOURCE_EXIT_SIDE,
                                   place->side));
    if (rc != PAWL_OK) { /* the next round tries again */
        tell_stuck(exec, place, rc, seen);
        return;
    }
    seen->first_ns = book_now(exec->book);
    if (gap->venue_e8 <= gap->lots_e8 || gap->moving) return;
    if (exec->set->foreign == CONFIG_FOREIGN_ADOPT && is_apart(place, gap) &&
        (exec->entries_stopped || adopt(exec, place, gap)))
        return; /* or the next process takes it over */
    if (exec->set->foreign != CONFIG_FOREIGN_IGNORE && !in->kept.halted) {
        char venue[PAWL_E8_TEXT_MAX], lots[PAWL_E8_TEXT_MAX];
        pawl_format_e8(gap->venue_e8, venue);
        pawl_format_e8(gap->lots_e8, lots);
        book_halt(exec->book, place->instrument, "the venue holds more than the lots say");
        report_alert(exec->book, "unattributed", PAWL_SEVERITY_CRITICAL, NULL, NULL,
                     "%s: the venue holds %s, the lots say %s; no entries in it", in->def.symbol,
                     venue, lots);
    }
}

/* What is known of the place since it differs; NULL = no room for it. */
static struct round_gap *seen_at(struct exec *exec, const struct exec_broker *broker,
                                 const struct place *place, int64_t size_e8) {
    char text[64];
    int length = snprintf(text, sizeof text, "%u %u %s", place->instrument, place->side,
                          place->ticket == NULL ? "" : place->ticket);
    uint64_t key = hash_bytes(text, (size_t)length, 0);
    for (uint32_t i = 0; i < exec->gap_count; i++)
        if (exec->gaps[i].account == place->account && exec->gaps[i].key == key)
            return &exec->gaps[i];
    if (exec->gap_count == EXEC_GAPS_MAX) return NULL;
    int64_t at = book_now(exec->book);
    struct round_gap *fresh = &exec->gaps[exec->gap_count++];
    *fresh = (struct round_gap){.key = key,
                                .account = place->account,
                                .instrument = place->instrument,
                                .round = broker->round,
                                .size_e8 = size_e8,
                                .first_ns = at,
                                .size_ns = at};
    return fresh;
}

/* Whether an earlier round saw it, long enough ago: in this very size, or something missing in any
 * size. It is kept for the next one. */
static bool is_due(const struct exec *exec, const struct exec_broker *broker,
                   const struct gap *gap, struct round_gap *seen) {
    int64_t at = book_now(exec->book), size_e8 = gap->venue_e8 - gap->lots_e8;
    int64_t settle_ns = exec->book->accounts[seen->account].caps.settle_ns;
    int64_t most_ns = settle_ns > MISSING_MAX_NS ? settle_ns : MISSING_MAX_NS;
    bool before = seen->round != broker->round; /* lots without a ticket yet are one place */
    bool missing = size_e8 < 0 || (gap->claims_e8 > 0 && gap->moving);
    seen->round = broker->round;
    if (!missing) seen->first_ns = at;
    if (seen->size_e8 != size_e8) {
        seen->size_e8 = size_e8;
        seen->size_ns = at;
        seen->told = seen->stuck = false;
    }
    return before && ((!gap->moving && at - seen->size_ns >= settle_ns) ||
                      (missing && at - seen->first_ns >= most_ns));
}

bool exec_instrument_has_gap(const struct exec *exec, uint32_t instrument) {
    for (uint32_t i = 0; i < exec->gap_count; i++)
        if (exec->gaps[i].instrument == instrument) return true;
    return exec->gap_count == EXEC_GAPS_MAX;
}

bool exec_has_gap(const struct exec *exec, uint32_t broker) {
    for (uint32_t i = 0; i < exec->gap_count; i++)
        if (exec->book->accounts[exec->gaps[i].account].info.broker == broker) return true;
    return false;
}

void gaps_forget(struct exec *exec, const struct exec_broker *broker, bool all) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < exec->gap_count; i++) {
        const struct round_gap *one = &exec->gaps[i];
        const struct pawl_account_info *info = &exec->book->accounts[one->account].info;
        bool its = info->id == 0 || info->broker == broker->component; /* or nobody's any more */
        if (!its || (!all && one->round == broker->round)) exec->gaps[kept++] = *one;
    }
    exec->gap_count = kept;
}

/* True if it differs and has to be explained. */
static bool compare(struct exec *exec, struct exec_broker *broker, const struct place *place) {
    const struct book_instrument *in = &exec->book->instruments[place->instrument];
    struct gap gap = gap_of(exec, place);
    bool more = gap.venue_e8 > gap.lots_e8;
    bool claimed = gap.claims_e8 > 0 && (gap.moving || !believe_claims(exec, place, &gap));
    if (!claimed) {
        if (gap.venue_e8 == gap.lots_e8) return false;
        if (more && exec->set->foreign == CONFIG_FOREIGN_IGNORE) return false;
        if (more && in->kept.halted && !may_adopt(exec, place, &gap)) return false;
    }
    struct round_gap *seen = seen_at(exec, broker, place, gap.venue_e8 - gap.lots_e8);
    if (seen != NULL && is_due(exec, broker, &gap, seen))
        settle(exec, place, &gap, seen);
    else if (gap.claims_e8 > 0 && gap.venue_e8 < gap.lots_e8)
        tell_not_held(exec, place, &gap, seen);
    return true;
}

static bool is_of_a_lot(const struct exec *exec, const struct round_position *position) {
    const struct lot *lot = exec->book->instruments[position->instrument].lots;
    for (; lot != NULL; lot = lot->instrument_next)
        if (lot->rec.account == position->account && lot->rec.side == position->side &&
            strcmp(lot->rare->rec.ticket, position->ticket) == 0 && lot_open_e8(lot) > 0)
            return true;
    return false;
}

static bool compare_tickets(struct exec *exec, struct exec_broker *broker, uint32_t account,
                            uint32_t instrument) {
    bool differs = false;
    struct lot *lot = exec->book->instruments[instrument].lots, *next;
    for (; lot != NULL; lot = next) {
        struct place place = {account, instrument, lot->rec.side, lot->rare->rec.ticket};
        next = lot->instrument_next;
        if (lot->rec.account == account && lot_open_e8(lot) > 0)
            differs |= compare(exec, broker, &place);
    }
    for (uint32_t i = 0; i < exec->position_count; i++) {
        const struct round_position *one = &exec->positions[i];
        struct place place = {account, instrument, one->side, one->ticket};
        if (one->account == account && one->instrument == instrument && !is_of_a_lot(exec, one))
            differs |= compare(exec, broker, &place);
    }
    return differs;
}

static bool compare_sides(struct exec *exec, struct exec_broker *broker, uint32_t account,
                          uint32_t instrument) {
    bool differs = false;
    for (uint8_t side = PAWL_POSITION_SIDE_LONG; side <= PAWL_POSITION_SIDE_SHORT; side++) {
        struct place place = {account, instrument, side, NULL};
        differs |= compare(exec, broker, &place);
    }
    return differs;
}

bool gaps_compare(struct exec *exec, struct exec_broker *broker) {
    bool again = false;
    for (uint32_t account = 1; account <= exec->book->account_count; account++) {
        if (exec->book->accounts[account].info.broker != broker->component) continue;
        for (uint32_t id = 1; id <= exec->book->instrument_count; id++)
            again |= has_tickets(exec, account) ? compare_tickets(exec, broker, account, id)
                                                : compare_sides(exec, broker, account, id);
    }
    gaps_forget(exec, broker, false);
    return again;
}
