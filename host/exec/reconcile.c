/*
 * Reconcile: at the start, after each reconnect, every reconcile_seconds, and whenever an order is
 * said never to have reached the venue. One round asks for executions, for each live order, for the
 * positions, and when recovering for all that works at the venue; the broker answers in order. A
 * round with everything answered and nothing unknown makes the broker ready for entries.
 *
 * A position that differs is a gap only if the next round, after the settling time, sees it too:
 * until then it may be a fill on its way. Entries in that instrument wait meanwhile.
 */
#include <stdio.h>
#include <string.h>

#include "book/market.h"
#include "book/report.h"
#include "exec/steps.h"

#define ROUND_RETRY_NS PAWL_NS
#define ROUND_LATE_NS (10 * PAWL_NS)
#define EXECUTIONS_BACK_NS (60 * PAWL_NS)

static void tell(struct exec *exec, const struct exec_broker *broker, const char *state,
                 const char *message) {
    struct pawl_ev_connection ev;
    EVENT_INIT(ev, PAWL_EV_CONNECTION);
    ev.broker = broker->component;
    TEXT_SET(ev.state, state);
    TEXT_SET(ev.message, message);
    book_publish(exec->book, &ev.head);
}

static bool is_of(const struct exec *exec, const struct lot *lot,
                  const struct exec_broker *broker) {
    return exec->book->accounts[lot->rec.account].info.broker == broker->component;
}

static void dirty_all(struct exec *exec, const struct exec_broker *broker) {
    for (struct lot *lot = exec->book->first_lot; lot != NULL; lot = lot->next)
        if (is_of(exec, lot, broker)) book_dirty(exec->book, lot);
}

/* What was sent and not answered is unknown now; what was not sent is dropped and planned anew. */
static void link_down(struct exec *exec, struct exec_broker *broker) {
    outbox_drop_broker(exec, broker->component);
    for (struct lot *lot = exec->book->first_lot; lot != NULL; lot = lot->next) {
        if (!is_of(exec, lot, broker)) continue;
        for (struct order *order = lot->orders; order != NULL; order = order->next)
            if (order_is_live(order) && order->rec.op != PAWL_ORDER_OP_NONE)
                lookup_begin(exec, order, order->rec.op, "connection lost");
        book_dirty(exec->book, lot);
    }
}

void reconcile_link(struct exec *exec, uint32_t component, bool up, const char *message) {
    struct exec_broker *broker = exec_broker(exec, component);
    if (broker == NULL || (broker->state != BROKER_DOWN) == up) return;
    broker->state = up ? BROKER_RECOVERING : BROKER_DOWN;
    broker->round_pending = 0;
    for (uint32_t id = 1; id <= exec->book->account_count; id++)
        if (exec->book->accounts[id].info.broker == component) exec->book->accounts[id].up = up;
    tell(exec, broker, up ? "recovering" : "down", message);
    if (up)
        reconcile_round(exec, broker);
    else
        link_down(exec, broker);
}

static int64_t executions_since(const struct exec *exec, const struct exec_broker *broker) {
    int64_t since = book_now(exec->book);
    for (const struct lot *lot = exec->book->first_lot; lot != NULL; lot = lot->next) {
        if (!is_of(exec, lot, broker)) continue;
        for (const struct order *order = lot->orders; order != NULL; order = order->next)
            if (order_is_live(order) && order->rec.created < since) since = order->rec.created;
    }
    return since - EXECUTIONS_BACK_NS;
}

static bool answer_missing(const struct order *order) {
    return order->rec.op_unknown || order->rec.state == PAWL_ORDER_STATE_UNKNOWN;
}

void reconcile_round(struct exec *exec, struct exec_broker *broker) {
    if (broker->state == BROKER_DOWN || broker->round_pending > 0) return;
    struct book *book = exec->book;
    broker->round++;
    broker->round_failed = false;
    broker->round_began = book_now(book);
    exec->position_count = 0;
    uint64_t cookie =
        EXEC_KEY(EXEC_KEY_ROUND, (uint64_t)broker->component << 24 | (broker->round & 0xffffff));
    int64_t since = executions_since(exec, broker);
    for (uint32_t id = 1; id <= book->account_count; id++) {
        if (book->accounts[id].info.broker != broker->component) continue;
        if (broker->state == BROKER_RECOVERING) { /* orders that an earlier process did not store */
            command_query(exec, broker->component, id, PAWL_QUERY_WHAT_ORDERS, NULL, 0, cookie);
            broker->round_pending++;
        }
        command_query(exec, broker->component, id, PAWL_QUERY_WHAT_EXECUTIONS, NULL, since, cookie);
        broker->round_pending++;
    }
    for (struct lot *lot = book->first_lot; lot != NULL; lot = lot->next) {
        if (!is_of(exec, lot, broker)) continue;
        for (struct order *order = lot->orders; order != NULL; order = order->next) {
            bool never_sent = order->rec.state == PAWL_ORDER_STATE_INTENT && !order->rec.op_unknown;
            if (!order_is_live(order) || never_sent) continue;
            command_query(exec, broker->component, order->rec.account, PAWL_QUERY_WHAT_ORDER, order,
                          0, cookie);
            broker->round_pending++;
        }
    }
    for (uint32_t id = 1; id <= book->account_count; id++) {
        if (book->accounts[id].info.broker != broker->component) continue;
        command_query(exec, broker->component, id, PAWL_QUERY_WHAT_POSITIONS, NULL, 0, cookie);
        broker->round_pending++;
    }
    exec_wake_at(exec, EXEC_KEY_ROUND, broker->component, book_now(book) + ROUND_LATE_NS);
}

void reconcile_due(struct exec *exec, uint32_t component) {
    struct exec_broker *broker = exec_broker(exec, component);
    if (broker == NULL || broker->state == BROKER_DOWN) return;
    broker->round_pending = 0; /* late answers belong to a round that is given up */
    reconcile_round(exec, broker);
}

void reconcile_position(struct exec *exec, const struct pawl_ev_position *position) {
    if (exec->position_count == EXEC_ROUND_POSITIONS_MAX || position->quantity.e8 <= 0) return;
    for (uint32_t i = 0; i < exec->position_count; i++) {
        struct round_position *seen = &exec->positions[i];
        if (seen->account == position->account && seen->instrument == position->instrument &&
            seen->side == position->side) {
            seen->quantity.e8 += position->quantity.e8; /* tickets */
            return;
        }
    }
    exec->positions[exec->position_count++] =
        (struct round_position){position->account, position->instrument, position->side,
                                position->quantity, position->price};
}

/* ---- what a whole round says ---- */

struct gap {
    int64_t venue_e8, lots_e8;
    struct pawl_price price;
    bool moving; /* something of it is in flight: no verdict */
};

static struct gap gap_of(const struct exec *exec, uint32_t account, uint32_t instrument,
                         uint8_t side) {
    struct gap gap = {0};
    for (uint32_t i = 0; i < exec->position_count; i++) {
        const struct round_position *one = &exec->positions[i];
        if (one->account != account || one->instrument != instrument || one->side != side) continue;
        gap.venue_e8 += one->quantity.e8;
        gap.price = one->price;
    }
    const struct lot *lot = exec->book->instruments[instrument].lots;
    for (; lot != NULL; lot = lot->instrument_next) {
        if (lot->rec.account != account) continue;
        if (lot->rec.side == side) gap.lots_e8 += lot_open_e8(lot);
        for (const struct order *order = lot->orders; order != NULL; order = order->next)
            gap.moving |= order_is_live(order) &&
                          (order->rec.op != PAWL_ORDER_OP_NONE || order->rec.op_unknown);
    }
    return gap;
}

static void take_off(struct exec *exec, uint32_t account, uint32_t instrument, uint8_t side,
                     int64_t quantity_e8, uint32_t round) {
    struct pawl_price price =
        market_price(exec->book, instrument, PAWL_TRIGGER_SOURCE_EXIT_SIDE, side);
    if (price.e8 == 0) return; /* no price to book it at yet: the next round */
    char id[48];
    snprintf(id, sizeof id, "gap-%u-%u-%u", exec->book->boot, round, instrument);
    struct book_fill fill = {.account = account,
                             .instrument = instrument,
                             .side =
                                 side == PAWL_POSITION_SIDE_LONG ? PAWL_SIDE_SELL : PAWL_SIDE_BUY,
                             .price = price,
                             .quantity = {quantity_e8},
                             .venue_time = book_now(exec->book),
                             .execution = id,
                             .ticket = ""};
    book_fill(exec->book, &fill);
}

static void adopt(struct exec *exec, uint32_t account, uint32_t instrument, uint8_t side,
                  const struct gap *gap) {
    struct pawl_err err = {0};
    struct book *book = exec->book;
    struct lot *lot = book_lot_new(book, &err);
    int64_t fifty_parts_e8 = gap->price.e8 / 50; /* SPEC 2: a stop of 2 % where none is found */
    if (lot == NULL) return;
    lot->rec.instrument = instrument;
    lot->rec.account = account;
    lot->rec.side = side;
    lot->rec.state = PAWL_LOT_STATE_OPEN;
    lot->rec.after = PAWL_AFTER_KIND_NOW;
    lot->rec.entry_kind = lot->rec.exit_kind = PAWL_KIND_MARKET;
    lot->rec.entry_tif = PAWL_TIF_GTC;
    lot->rec.stop_trigger = PAWL_TRIGGER_SOURCE_EXIT_SIDE;
    lot->rec.stop_mode = PAWL_LEVEL_MODE_REST;
    lot->rec.ratchet = 1;
    lot->rec.protection = PAWL_PROTECTION_NONE;
    lot->rec.entered.e8 = lot->rec.enter_up_to.e8 = gap->venue_e8 - gap->lots_e8;
    lot->rec.opened = book_now(book);
    pawl_mul_e8(gap->price.e8, lot->rec.entered.e8, PAWL_ROUND_EVEN, &lot->rec.entry_value.e8);
    bool is_long = side == PAWL_POSITION_SIDE_LONG;
    int64_t stop_e8 = is_long ? gap->price.e8 - fifty_parts_e8 : gap->price.e8 + fifty_parts_e8;
    pawl_round_to(stop_e8, book->instruments[instrument].def.tick.e8,
                  is_long ? PAWL_ROUND_UP : PAWL_ROUND_DOWN, &lot->rec.stop.e8);
    lot->rec.initial_stop = lot->rec.stop;
    lot->rec.stop_gen = 1;
    lot->rec.original = lot->rec.entered;
    TEXT_SET(lot->rec.profile, "adopted");
    book_lot_link(book, lot);
    book_changed(book, lot);
    book_dirty(book, lot);
    report_lot_opened(book, lot);
    report_alert(book, "adopted", PAWL_SEVERITY_WARNING, lot, NULL,
                 "a position at the venue that no lot explains; it has a stop of 2 %% now");
}

/* Twice seen and nothing moving: decide. */
static void settle_gap(struct exec *exec, struct exec_broker *broker, uint32_t account,
                       uint32_t instrument, uint8_t side, const struct gap *gap) {
    struct book_instrument *in = &exec->book->instruments[instrument];
    int64_t missing = gap->lots_e8 - gap->venue_e8;
    if (missing > 0) {
        take_off(exec, account, instrument, side, missing, broker->round);
        return;
    }
    if (exec->set->foreign == CONFIG_FOREIGN_ADOPT) {
        adopt(exec, account, instrument, side, gap);
    } else if (exec->set->foreign == CONFIG_FOREIGN_HALT_SYMBOL && !in->halted) {
        char venue[PAWL_E8_TEXT_MAX], lots[PAWL_E8_TEXT_MAX];
        pawl_format_e8(gap->venue_e8, venue);
        pawl_format_e8(gap->lots_e8, lots);
        in->halted = true;
        report_alert(exec->book, "unattributed", PAWL_SEVERITY_CRITICAL, NULL, NULL,
                     "%s: the venue holds %s, the lots say %s; no entries in it", in->def.symbol,
                     venue, lots);
    }
}

/* True if a gap needs another look. */
static bool compare_positions(struct exec *exec, struct exec_broker *broker) {
    bool again = false;
    for (uint32_t account = 1; account <= exec->book->account_count; account++) {
        if (exec->book->accounts[account].info.broker != broker->component) continue;
        for (uint32_t id = 1; id <= exec->book->instrument_count; id++) {
            struct book_instrument *in = &exec->book->instruments[id];
            bool differs = false;
            for (uint8_t side = PAWL_POSITION_SIDE_LONG; side <= PAWL_POSITION_SIDE_SHORT; side++) {
                struct gap gap = gap_of(exec, account, id, side);
                if (gap.venue_e8 == gap.lots_e8) continue;
                bool ignored =
                    exec->set->foreign == CONFIG_FOREIGN_IGNORE && gap.venue_e8 > gap.lots_e8;
                if (ignored || (in->halted && gap.venue_e8 > gap.lots_e8)) continue;
                differs = true;
                if (in->gap && !gap.moving) settle_gap(exec, broker, account, id, side, &gap);
                again = true;
            }
            in->gap = differs; /* entries wait while something is unexplained */
        }
    }
    return again;
}

static bool anything_unknown(const struct exec *exec, const struct exec_broker *broker) {
    for (const struct lot *lot = exec->book->first_lot; lot != NULL; lot = lot->next) {
        if (!is_of(exec, lot, broker)) continue;
        for (const struct order *order = lot->orders; order != NULL; order = order->next)
            if (order_is_live(order) && answer_missing(order)) return true;
    }
    return false;
}

static void round_over(struct exec *exec, struct exec_broker *broker) {
    int64_t now = book_now(exec->book), next_ns = exec->config->host.reconcile_seconds * PAWL_NS;
    bool unknown = anything_unknown(exec, broker);
    bool gap = !broker->round_failed && !unknown && compare_positions(exec, broker);
    if (broker->round_failed || unknown || gap) {
        next_ns = ROUND_RETRY_NS;
    } else if (broker->state == BROKER_RECOVERING) {
        broker->state = BROKER_READY;
        for (uint32_t id = 1; id <= exec->book->account_count; id++)
            if (exec->book->accounts[id].info.broker == broker->component)
                exec->book->accounts[id].ready = true;
        tell(exec, broker, "ready", "every order and position is accounted for");
    }
    if (gap && next_ns < exec->book->accounts[1].caps.settle_ns)
        next_ns = exec->book->accounts[1].caps.settle_ns;
    if (next_ns > 0) exec_wake_at(exec, EXEC_KEY_ROUND, broker->component, now + next_ns);
    dirty_all(exec, broker);
}

void reconcile_done(struct exec *exec, const struct pawl_event *event) {
    const struct pawl_ev_query_done *done = (const void *)event;
    if (EXEC_KEY_WHAT(event->cookie) != EXEC_KEY_ROUND) return; /* a single look-up */
    uint64_t number = EXEC_KEY_NUMBER(event->cookie);
    struct exec_broker *broker = exec_broker(exec, (uint32_t)(number >> 24));
    if (broker == NULL || broker->round_pending == 0 ||
        (number & 0xffffff) != (broker->round & 0xffffff))
        return;
    if (!done->ok) broker->round_failed = true;
    if (--broker->round_pending == 0) round_over(exec, broker);
}
