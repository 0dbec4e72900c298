/* exec_venue.h - what a test tells the executor as its venue. */
#ifndef EXEC_VENUE_H
#define EXEC_VENUE_H

#include "exec_kit.h"

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

static inline void kit_accepted(struct kit *kit, const struct order *order) {
    struct pawl_ev_accepted ev;
    EVENT_INIT(ev, PAWL_EV_ACCEPTED);
    TEXT_SET(ev.order, order->rec.order);
    kit_turn(kit, &ev.head, 1);
}

#endif
