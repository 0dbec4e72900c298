/* What comes in besides prices. */
#include <stdio.h>
#include <string.h>

#include "sim.h"

static uint32_t some_symbol(const struct sim_run *run, struct rng *rng) {
    return (uint32_t)rng_below(rng, run->plan->symbol_count);
}

/* Two instruments against each other. */
static void add_legs(struct sim_run *run, struct rng *rng, struct pawl_ev_entry *ev) {
    ev->leg_count = 2;
    ev->leg1_instrument = sim_instrument(run, 0);
    ev->leg2_instrument = sim_instrument(run, 1);
    ev->leg1_side = PAWL_SIDE_BUY;
    ev->leg2_side = PAWL_SIDE_SELL;
    ev->leg1_kind = ev->leg2_kind = PAWL_KIND_MARKET;
    ev->leg1_ratio.e8 = ev->leg2_ratio.e8 = PAWL_E8;
    if (rng_chance(rng, 1, 3)) ev->leg2_ratio.e8 = 2 * PAWL_E8;
    ev->order_kind = PAWL_KIND_MARKET;
    ev->order_price.e8 = 0;
    ev->trailing_stop_pct.e8 = 0;
}

/* Named, so that later ones can hang on it; linked to an earlier one; ended by time. */
static void add_links(struct sim_run *run, struct rng *rng, struct pawl_ev_entry *ev) {
    static const char *const types[] = {"stop",  "target", "trail", "bracket", "scale",
                                        "doubledown", "oco", "hedge", "mine"};
    snprintf(ev->ref, sizeof ev->ref, "w%u", (unsigned)rng_below(rng, 6));
    if (rng_chance(rng, 1, 8))
        ev->trailing_stop_pct.e8 = rng_between(rng, 5, 100) * (PAWL_E8 / 10000);
    if (rng_chance(rng, 1, 8)) ev->close_at = run->now_ns + rng_between(rng, 1, 20) * PAWL_NS;
    if (run->plan->symbol_count > 1 && rng_chance(rng, 1, 8)) add_legs(run, rng, ev);
    if (ev->leg_count != 0 || !rng_chance(rng, 1, 3)) return;
    const struct lot *lot = run->host->book.first_lot;
    for (uint64_t skip = rng_below(rng, 6); skip > 0 && lot != NULL; skip--) lot = lot->next;
    while (lot != NULL && lot->rare->rec.ref[0] == '\0') lot = lot->next;
    if (lot == NULL) return;
    memcpy(ev->link_to, lot->rare->rec.ref, sizeof ev->link_to);
    snprintf(ev->link_type, sizeof ev->link_type, "%s",
             types[rng_below(rng, sizeof types / sizeof *types)]);
}

void sim_wish_entry(struct sim_run *run) {
    struct rng *rng = &run->rng_wish;
    uint32_t symbol = some_symbol(run, rng);
    const struct sim_symbol *def = &run->plan->symbols[symbol];
    const struct sim_quote *now = &run->last[symbol];
    struct pawl_ev_entry ev;
    EVENT_INIT(ev, PAWL_EV_ENTRY);
    ev.instrument = sim_instrument(run, symbol);
    ev.via = names_find(run->host->names, NAME_COMPONENT, "linked");
    ev.side = (uint8_t)rng_between(rng, 1, 2);
    ev.quantity.e8 = def->min_e8 + def->step_e8 * rng_between(rng, 0, 10);
    ev.order_kind = PAWL_KIND_MARKET;
    bool limit = rng_chance(rng, 1, 3);
    int64_t away = rng_between(rng, -10, 2) * def->tick_e8;
    if (limit && now->bid_e8 != 0) {
        ev.order_kind = PAWL_KIND_LIMIT;
        ev.order_price.e8 = ev.side == PAWL_SIDE_BUY ? now->bid_e8 + away : now->ask_e8 - away;
    }
    ev.stop_pct.e8 = rng_between(rng, 20, 500) * (PAWL_E8 / 100000);
    if (rng_chance(rng, 2, 3)) ev.target_pct.e8 = rng_between(rng, 20, 800) * (PAWL_E8 / 100000);
    if (rng_chance(&run->rng_trail, 1, 3) && !(run->plan->parts & SIM_PART_TRAIL))
        ev.trailing_stop_pct.e8 = rng_between(&run->rng_trail, 20, 300) * (PAWL_E8 / 100000);
    if (rng_chance(rng, 1, 2)) ev.expires = run->now_ns + rng_between(rng, 1, 20) * PAWL_NS;
    if (!(run->plan->parts & SIM_PART_GROW)) add_links(run, rng, &ev);
    sim_wish_profile(run, ev.profile);
    sim_input(run, &ev.head);
}

void sim_wish_operator(struct sim_run *run) {
    struct rng *rng = &run->rng_operator;
    uint32_t symbol = some_symbol(run, rng);
    const struct sim_symbol *def = &run->plan->symbols[symbol];
    const struct lot *lot = run->host->book.first_lot;
    for (uint64_t skip = rng_below(rng, 4); skip > 0 && lot != NULL; skip--) lot = lot->next;
    uint64_t draw = rng_below(rng, 10);
    if (draw < 5) {
        struct pawl_ev_exit ev;
        EVENT_INIT(ev, PAWL_EV_EXIT);
        ev.instrument = sim_instrument(run, symbol);
        if (lot != NULL && draw < 4) ev.lot = lot->rec.id, ev.instrument = 0;
        if (rng_chance(rng, 1, 2)) ev.quantity.e8 = def->step_e8 * rng_between(rng, 1, 5);
        sim_input(run, &ev.head);
    } else if (draw < 8 && lot != NULL) {
        struct pawl_ev_stop ev;
        EVENT_INIT(ev, PAWL_EV_STOP);
        int64_t ticks = rng_between(rng, -10, 10);
        ev.lot = lot->rec.id;
        ev.price.e8 = lot->rec.stop.e8 + ticks * run->plan->symbols[0].tick_e8;
        ev.force = rng_chance(rng, 1, 3);
        if (ev.force && ev.lot < SIM_LOTS_MAX) run->lots[ev.lot].forced = true;
        sim_input(run, &ev.head);
    } else if (lot != NULL && !(run->plan->parts & SIM_PART_GROW)) {
        struct pawl_ev_scale_in ev;
        EVENT_INIT(ev, PAWL_EV_SCALE_IN);
        ev.lot = lot->rec.id;
        ev.quantity.e8 = def->step_e8 * rng_between(rng, 1, 5);
        sim_input(run, &ev.head);
    }
}

void sim_wish_fault(struct sim_run *run) {
    static const uint8_t kinds[] = {
        PAWL_FAULT_KIND_REJECT,       PAWL_FAULT_KIND_DROP_REPLY,     PAWL_FAULT_KIND_DROP_REPLY,
        PAWL_FAULT_KIND_DROP_REQUEST, PAWL_FAULT_KIND_DUPLICATE_FILL, PAWL_FAULT_KIND_LATE_FILL,
        PAWL_FAULT_KIND_PARTIAL,      PAWL_FAULT_KIND_DISCONNECT,     PAWL_FAULT_KIND_DELAY,
        PAWL_FAULT_KIND_EXPIRE,       PAWL_FAULT_KIND_VENUE_CANCEL,   PAWL_FAULT_KIND_RECONNECT,
        PAWL_FAULT_KIND_OVERTAKEN,    PAWL_FAULT_KIND_OVERTAKEN};
    /* By venue: well within the time after which it may be believed that an order is not there. */
    static const int64_t overtaken_max_ms[] = {0, 200, 4500, 1500};
    struct rng *rng = &run->rng_fault;
    struct pawl_ev_fault ev;
    EVENT_INIT(ev, PAWL_EV_FAULT);
    ev.what = kinds[rng_below(rng, sizeof kinds)];
    ev.op = (uint8_t)rng_between(rng, PAWL_ORDER_OP_SUBMIT, PAWL_ORDER_OP_CANCEL);
    if (rng_chance(rng, 1, 2)) ev.role = (uint8_t)rng_between(rng, PAWL_ROLE_MAIN, PAWL_ROLE_EXIT);
    ev.class_ = (uint8_t)rng_between(rng, PAWL_ERROR_CLASS_RETRYABLE, PAWL_ERROR_CLASS_UNKNOWN);
    ev.count = (uint32_t)rng_between(rng, 1, 3);
    ev.delay = rng_between(rng, 50, 8000) * PAWL_MS;
    if (ev.what == PAWL_FAULT_KIND_OVERTAKEN &&
        ev.delay > overtaken_max_ms[run->plan->venue] * PAWL_MS)
        ev.delay = rng_between(rng, 20, overtaken_max_ms[run->plan->venue]) * PAWL_MS;
    if (rng_chance(rng, 1, 3)) ev.instrument = sim_instrument(run, some_symbol(run, rng));
    bool for_good = rng_chance(rng, 1, 4);
    int64_t back_ns = rng_between(rng, 500, 20000) * PAWL_MS;
    if (ev.what == PAWL_FAULT_KIND_DISCONNECT && for_good) {
        ev.delay = 0;
        run->reconnect_ns = run->now_ns + back_ns;
    }
    sim_input(run, &ev.head);
}

void sim_wish_reconnect(struct sim_run *run) {
    struct pawl_ev_fault ev;
    EVENT_INIT(ev, PAWL_EV_FAULT);
    ev.what = PAWL_FAULT_KIND_RECONNECT;
    sim_input(run, &ev.head);
}

/* A position is said to be there: it is not, or it is somebody else's. */
static void claim(struct sim_run *run, struct rng *rng, uint32_t symbol) {
    const struct sim_symbol *def = &run->plan->symbols[symbol];
    struct pawl_ev_adopt ev;
    EVENT_INIT(ev, PAWL_EV_ADOPT);
    ev.instrument = sim_instrument(run, symbol);
    ev.side = (uint8_t)rng_between(rng, 1, 2);
    ev.quantity.e8 = def->step_e8 * rng_between(rng, 1, 6);
    ev.price.e8 = run->last[symbol].bid_e8;
    if (run->plan->hedging)
        snprintf(ev.ticket, sizeof ev.ticket, "%u", (unsigned)rng_between(rng, 1, 30));
    run->foreign_done = true;
    sim_input(run, &ev.head);
}

/* Somebody else trades on our account. */
void sim_wish_foreign(struct sim_run *run) {
    struct rng *rng = &run->rng_foreign;
    uint32_t symbol = some_symbol(run, rng);
    if (rng_chance(rng, 1, 2)) {
        claim(run, rng, symbol);
        return;
    }
    struct pawl_ev_fault ev;
    EVENT_INIT(ev, PAWL_EV_FAULT);
    ev.what = PAWL_FAULT_KIND_POSITION_CHANGE;
    ev.instrument = sim_instrument(run, symbol);
    ev.quantity.e8 = run->plan->symbols[symbol].step_e8 * rng_between(rng, 1, 6);
    if (rng_chance(rng, 1, 2)) ev.quantity.e8 = -ev.quantity.e8;
    sim_input(run, &ev.head);
}

void sim_wish_flatten(struct sim_run *run) {
    for (uint32_t i = 0; i < run->plan->symbol_count; i++) {
        struct pawl_ev_exit ev;
        EVENT_INIT(ev, PAWL_EV_EXIT);
        ev.instrument = sim_instrument(run, i);
        sim_input(run, &ev.head);
    }
}
