/*
 * A position at the venue that differs from what the lots say: a gap only if the next round, after
 * the settling time, sees the same; until then it may be a fill on its way. Entries in that
 * instrument wait meanwhile. Where positions have tickets each is compared with its own lot, else
 * the sum of a side.
 */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "book/market.h"
#include "book/report.h"
#include "exec/steps.h"

struct place {
    uint32_t account, instrument;
    uint8_t side;
    const char *ticket; /* NULL = the whole side */
};
PAWL_STATIC_ASSERT(CONFIG_ACCOUNTS_MAX <= 64, "a bit of book_instrument.gaps for each account");

/* Rounds are a broker's own: what one finds does not undo what another found. Numbers of accounts
 * that are gone are not given again, so the place among those there are counts. */
static uint64_t bit_of(const struct book *book, uint32_t account) {
    uint32_t place = 0;
    for (uint32_t id = 1; id < account; id++) place += book->accounts[id].info.id != 0;
    return UINT64_C(1) << place;
}

struct gap {
    int64_t venue_e8, lots_e8;
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
        if (is_here(place, lot->rec.side, lot->rec.ticket)) gap.lots_e8 += lot_open_e8(lot);
        for (const struct order *order = lot->orders; order != NULL; order = order->next)
            gap.moving |= order_is_live(order) &&
                          (order->rec.op != PAWL_ORDER_OP_NONE || order->rec.op_unknown);
    }
    return gap;
}

static void take_off(struct exec *exec, const struct place *place, int64_t quantity_e8,
                     uint32_t round) {
    struct pawl_price price =
        market_price(exec->book, place->instrument, PAWL_TRIGGER_SOURCE_EXIT_SIDE, place->side);
    if (price.e8 == 0) return; /* no price to book it at yet: the next round */
    char id[48];
    const char *ticket = place->ticket == NULL ? "" : place->ticket;
    snprintf(id, sizeof id, "gap-%u-%u-%u-%u%s%.12s", exec->book->boot, round, place->instrument,
             place->side, ticket[0] != '\0' ? "-" : "", ticket);
    bool is_long = place->side == PAWL_POSITION_SIDE_LONG;
    struct book_fill fill = {.account = place->account,
                             .instrument = place->instrument,
                             .side = is_long ? PAWL_SIDE_SELL : PAWL_SIDE_BUY,
                             .price = price,
                             .quantity = {quantity_e8},
                             .venue_time = book_now(exec->book),
                             .execution = id,
                             .ticket = ticket,
                             .is_gap = true};
    book_fill(exec->book, &fill);
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

/* Twice seen and nothing moving: decide. */
static void settle(struct exec *exec, struct exec_broker *broker, const struct place *place,
                   const struct gap *gap) {
    struct book_instrument *in = &exec->book->instruments[place->instrument];
    int64_t missing = gap->lots_e8 - gap->venue_e8;
    if (missing > 0) {
        take_off(exec, place, missing, broker->round);
        return;
    }
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

/* Whether the last round saw the very same; it is kept for the next one. */
static bool seen_before(struct exec *exec, const struct exec_broker *broker,
                        const struct place *place, const struct gap *gap) {
    char text[128];
    int length = snprintf(text, sizeof text, "%u %u %s %lld", place->instrument, place->side,
                          place->ticket == NULL ? "" : place->ticket,
                          (long long)(gap->venue_e8 - gap->lots_e8));
    struct round_gap now = {hash_bytes(text, (size_t)length, 0), place->account, broker->round};
    for (uint32_t i = 0; i < exec->gap_count; i++) {
        struct round_gap *one = &exec->gaps[i];
        if (one->account != now.account || one->key != now.key) continue;
        bool before = one->round != now.round; /* lots without a ticket yet are one place */
        one->round = now.round;
        return before;
    }
    if (exec->gap_count < EXEC_GAPS_MAX) exec->gaps[exec->gap_count++] = now;
    return false;
}

bool exec_has_gap(const struct exec *exec, uint32_t broker) {
    for (uint32_t i = 0; i < exec->gap_count; i++)
        if (exec->book->accounts[exec->gaps[i].account].info.broker == broker) return true;
    return false;
}

static void forget_gaps(struct exec *exec, const struct exec_broker *broker) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < exec->gap_count; i++) {
        const struct round_gap *one = &exec->gaps[i];
        const struct pawl_account_info *info = &exec->book->accounts[one->account].info;
        bool its = info->id == 0 || info->broker == broker->component; /* or nobody's any more */
        if (!its || one->round == broker->round) exec->gaps[kept++] = *one;
    }
    exec->gap_count = kept;
}

/* True if it differs and has to be explained. */
static bool compare(struct exec *exec, struct exec_broker *broker, const struct place *place) {
    const struct book_instrument *in = &exec->book->instruments[place->instrument];
    struct gap gap = gap_of(exec, place);
    bool more = gap.venue_e8 > gap.lots_e8;
    if (gap.venue_e8 == gap.lots_e8) return false;
    if (more && exec->set->foreign == CONFIG_FOREIGN_IGNORE) return false;
    if (more && in->kept.halted && !may_adopt(exec, place, &gap)) return false;
    if (seen_before(exec, broker, place, &gap) && !gap.moving) settle(exec, broker, place, &gap);
    return true;
}

static bool is_of_a_lot(const struct exec *exec, const struct round_position *position) {
    const struct lot *lot = exec->book->instruments[position->instrument].lots;
    for (; lot != NULL; lot = lot->instrument_next)
        if (lot->rec.account == position->account && lot->rec.side == position->side &&
            strcmp(lot->rec.ticket, position->ticket) == 0 && lot_open_e8(lot) > 0)
            return true;
    return false;
}

static bool compare_tickets(struct exec *exec, struct exec_broker *broker, uint32_t account,
                            uint32_t instrument) {
    bool differs = false;
    struct lot *lot = exec->book->instruments[instrument].lots, *next;
    for (; lot != NULL; lot = next) {
        struct place place = {account, instrument, lot->rec.side, lot->rec.ticket};
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

bool gaps_has(const struct exec *exec, uint32_t account, uint32_t instrument) {
    return (exec->book->instruments[instrument].gaps & bit_of(exec->book, account)) != 0;
}

bool gaps_compare(struct exec *exec, struct exec_broker *broker) {
    bool again = false;
    for (uint32_t account = 1; account <= exec->book->account_count; account++) {
        if (exec->book->accounts[account].info.broker != broker->component) continue;
        uint64_t bit = bit_of(exec->book, account);
        for (uint32_t id = 1; id <= exec->book->instrument_count; id++) {
            bool differs = has_tickets(exec, account) ? compare_tickets(exec, broker, account, id)
                                                      : compare_sides(exec, broker, account, id);
            uint64_t *gaps = &exec->book->instruments[id].gaps;
            *gaps = differs ? *gaps | bit : *gaps & ~bit;
            again |= differs;
        }
    }
    forget_gaps(exec, broker);
    return again;
}
