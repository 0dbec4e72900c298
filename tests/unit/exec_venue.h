/* exec_venue.h - what a test tells the executor as its venue. */
#ifndef EXEC_VENUE_H
#define EXEC_VENUE_H

#include "exec_kit.h"

static inline void kit_done(struct kit *kit, const union kit_any *query, bool ok) {
    struct pawl_ev_query_done ev;
    EVENT_INIT(ev, PAWL_EV_QUERY_DONE);
    ev.head.cookie = query->head.cookie;
    ev.what = query->query.what;
    ev.ok = ok;
    kit_turn(kit, &ev.head, query->head.target);
}

static inline void kit_position(struct kit *kit, const union kit_any *query, int64_t quantity) {
    struct pawl_ev_position ev;
    EVENT_INIT(ev, PAWL_EV_POSITION);
    ev.head.cookie = query->head.cookie;
    ev.account = ev.instrument = query->head.target;
    ev.side = PAWL_POSITION_SIDE_LONG;
    ev.quantity.e8 = quantity * KIT_E8;
    ev.price.e8 = 100 * KIT_E8;
    kit_turn(kit, &ev.head, query->head.target);
}

/* Answers everything `broker` was asked in its round but the positions; returns that question. */
static inline const union kit_any *kit_answer(struct kit *kit, uint32_t broker) {
    const union kit_any *positions = NULL;
    uint32_t count = kit->sent_count;
    for (uint32_t i = 0; i < count; i++) {
        const union kit_any *one = &kit->sent[i];
        if (one->head.type != PAWL_EV_QUERY || one->head.target != broker) continue;
        if (one->query.what == PAWL_QUERY_WHAT_POSITIONS)
            positions = one;
        else
            kit_done(kit, one, true);
    }
    return positions;
}

static inline void kit_ready(struct kit *kit, uint32_t broker, int64_t quantity) {
    kit_quote(kit, broker, 100);
    kit_link(kit, broker, true);
    const union kit_any *positions = kit_answer(kit, broker);
    kit_position(kit, positions, quantity);
    exec_broker(&kit->exec, broker)->known = true;
    kit_done(kit, positions, true);
}

/* The operator moves a stop. */
static inline void kit_move_stop(struct kit *kit, struct lot *lot, int64_t price) {
    kit_inside(kit, true);
    assert_int_equal(want_stop(&kit->exec, kit->exec.operator_id, lot->rec.id,
                               (struct pawl_price){price * KIT_E8}, "test", false, NULL),
                     PAWL_OK);
    kit_inside(kit, false);
    kit_turn(kit, NULL, 0);
}

static inline void kit_accepted(struct kit *kit, const struct order *order) {
    struct pawl_ev_accepted ev;
    EVENT_INIT(ev, PAWL_EV_ACCEPTED);
    TEXT_SET(ev.order, order->rec.order);
    kit_turn(kit, &ev.head, 1);
}

static inline void kit_ended(struct kit *kit, const struct order *order) {
    struct pawl_ev_ended ev;
    EVENT_INIT(ev, PAWL_EV_ENDED);
    TEXT_SET(ev.order, order->rec.order);
    ev.state = PAWL_ORDER_STATE_CANCELLED;
    kit_turn(kit, &ev.head, 1);
}

static inline void kit_amended_to(struct kit *kit, const struct order *order,
                                  int64_t stop_cents) {
    struct pawl_ev_amended ev;
    EVENT_INIT(ev, PAWL_EV_AMENDED);
    TEXT_SET(ev.order, order->rec.order);
    ev.quantity = order->rec.want_quantity;
    ev.stop_price.e8 = stop_cents * (KIT_E8 / 100);
    kit_turn(kit, &ev.head, 1);
}

static inline void kit_amended(struct kit *kit, const struct order *order) {
    kit_amended_to(kit, order, order->rec.want_stop_price.e8 / (KIT_E8 / 100));
}

static inline void kit_refused(struct kit *kit, const char *id, uint8_t op, uint8_t class_) {
    struct pawl_ev_refused ev;
    EVENT_INIT(ev, PAWL_EV_REFUSED);
    TEXT_SET(ev.order, id);
    ev.op = op;
    ev.class_ = class_;
    TEXT_SET(ev.message, "no");
    kit_turn(kit, &ev.head, 1);
}

/* How one of its orders stands, as told in answer to `cookie`; state 0 = it knows of none. */
static inline void kit_status(struct kit *kit, const struct order *order, uint8_t order_state,
                              uint64_t cookie) {
    struct pawl_ev_status ev;
    EVENT_INIT(ev, PAWL_EV_STATUS);
    ev.head.cookie = cookie;
    TEXT_SET(ev.order, order->rec.order);
    ev.account = order->rec.account;
    ev.instrument = order->rec.instrument;
    ev.found = order_state != 0;
    ev.state = order_state;
    ev.side = order->rec.side;
    ev.kind = order->rec.kind;
    ev.quantity = order->rec.quantity;
    ev.filled = order->rec.filled;
    ev.price = order->rec.price;
    ev.stop_price = order->rec.stop_price;
    kit_turn(kit, &ev.head, 1);
}

static inline uint32_t kit_stops(const struct kit *kit, const struct lot *lot) {
    uint32_t count = 0;
    struct oid_parts parts;
    for (uint32_t i = 0; i < kit->sent_count; i++) {
        const union kit_any *one = &kit->sent[i];
        if (one->head.type == PAWL_EV_SUBMIT && one->submit.role == PAWL_ROLE_STOP &&
            oid_parse(one->submit.order, &parts) == PAWL_OK && parts.lot == lot->rec.id)
            count++;
    }
    return count;
}

static inline void kit_tell_side(struct kit *kit, const union kit_any *query, uint8_t side,
                                 int64_t quantity, int64_t price) {
    struct pawl_ev_position ev;
    EVENT_INIT(ev, PAWL_EV_POSITION);
    ev.head.cookie = query->head.cookie;
    ev.account = ev.instrument = 1;
    ev.side = side;
    ev.quantity.e8 = quantity * KIT_E8;
    ev.price.e8 = price * KIT_E8;
    kit_turn(kit, &ev.head, 1);
}

/* The next round, in which the venue holds so much. */
static inline void kit_round(struct kit *kit, int64_t longs, int64_t shorts, int64_t price) {
    uint32_t before = kit->sent_count;
    const union kit_any *positions = NULL;
    for (int i = 0; i < 1000 && positions == NULL; i++) {
        kit_wait(kit, PAWL_NS / 10);
        for (uint32_t at = before; at < kit->sent_count; at++) {
            const union kit_any *one = &kit->sent[at];
            if (one->head.type == PAWL_EV_QUERY && one->head.target == 1 &&
                one->query.what == PAWL_QUERY_WHAT_POSITIONS)
                positions = one;
        }
    }
    assert_non_null(positions);
    for (const union kit_any *one = kit->sent + before; one <= positions; one++)
        if (one->head.type == PAWL_EV_QUERY && one->query.what != PAWL_QUERY_WHAT_POSITIONS)
            kit_done(kit, one, true);
    if (longs > 0) kit_tell_side(kit, positions, PAWL_POSITION_SIDE_LONG, longs, price);
    if (shorts > 0) kit_tell_side(kit, positions, PAWL_POSITION_SIDE_SHORT, shorts, price);
    kit_done(kit, positions, true);
}

#endif
