/* Positions in parts: what is wished of tranche, and what its records must say at the end. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pawl_num.h"
#include "sim.h"

static void wish_entry(struct sim_run *run, uint32_t symbol) {
    struct rng *rng = &run->rng_tranche;
    const struct sim_symbol *def = &run->plan->symbols[symbol];
    uint32_t instrument = sim_instrument(run, symbol);
    const struct pawl_market_state *now = &run->host->book.instruments[instrument].market;
    struct pawl_ev_entry ev;
    EVENT_INIT(ev, PAWL_EV_ENTRY);
    ev.instrument = instrument;
    ev.via = names_find(run->host->names, NAME_COMPONENT, "tranche");
    ev.side = run->plan->tranche_side != 0 ? run->plan->tranche_side
                                           : (uint8_t)rng_between(rng, 1, 2);
    ev.quantity.e8 = def->min_e8 + rng_between(rng, 0, 5) * def->step_e8;
    ev.order_kind = PAWL_KIND_MARKET;
    if (rng_chance(rng, 1, 3) && now->bid.e8 > 0) {
        int64_t away_e8 = rng_between(rng, 0, 8) * def->tick_e8;
        ev.order_kind = PAWL_KIND_LIMIT;
        ev.order_price.e8 = ev.side == PAWL_SIDE_BUY ? now->bid.e8 - away_e8
                                                     : now->ask.e8 + away_e8;
    }
    if (run->plan->partners && rng_chance(rng, 1, 4)) snprintf(ev.profile, sizeof ev.profile, "r");
    sim_input(run, &ev.head);
}

static void wish_consolidate(struct sim_run *run, uint32_t symbol) {
    static const char *const chosen[] = {"", "[0]", "[0,1]", "[1,2]", "[0,2]"};
    const char *text = chosen[rng_below(&run->rng_tranche, sizeof chosen / sizeof *chosen)];
    union {
        struct pawl_ev_consolidate event;
        char bytes[sizeof(struct pawl_ev_consolidate) + 16];
    } ask;
    memset(&ask, 0, sizeof ask);
    ask.event.head.type = PAWL_EV_CONSOLIDATE;
    ask.event.head.size = (uint32_t)sizeof ask;
    ask.event.instrument = sim_instrument(run, symbol);
    ask.event.tranches.off = (uint32_t)sizeof ask.event;
    ask.event.tranches.len = (uint32_t)strlen(text);
    memcpy(ask.bytes + sizeof ask.event, text, strlen(text));
    sim_input(run, &ask.event.head);
}

void sim_wish_tranche(struct sim_run *run) {
    static const char *const given[] = {"own", "parts"};
    uint32_t symbol = (uint32_t)rng_below(&run->rng_tranche, run->plan->symbol_count);
    uint64_t what = rng_below(&run->rng_tranche, 12);
    if (what < 9)
        wish_entry(run, symbol);
    else if (what < 11)
        wish_consolidate(run, symbol);
    else
        sim_wish_assign(run, &run->rng_tranche, 6, given, 2);
}

/* ---- what must hold ---- */

/* A lot is open in the states 3 and 4, and gone in 5; a tranche is open in 2. */
static const struct sim_rule rules[] = {
    {"a tranche holds what its lots hold",
     "SELECT t.id, t.quantity||', its lots '||coalesce(sum(l.entered-l.exited),0) FROM "
     "position_tranches t LEFT JOIN order_relationships r ON r.tranche=t.id LEFT JOIN lots l ON "
     "l.id=r.id GROUP BY t.id HAVING t.quantity<>coalesce(sum(l.entered-l.exited),0) OR "
     "t.lots<>count(r.id)",
     false},
    {"a lot of a tranche is open",
     "SELECT r.id, 'state '||coalesce(l.state,0) FROM order_relationships r LEFT JOIN lots l ON "
     "l.id=r.id WHERE l.id IS NULL OR l.state=5",
     false},
    {"a lot that tranche lets grow is in a tranche",
     "SELECT l.id, 'state '||l.state FROM lots l JOIN names n ON n.space=3 AND n.text='tranche' "
     "AND n.id=(3<<32|l.hold_grow) LEFT JOIN order_relationships r ON r.id=l.id WHERE l.state<>5 "
     "AND l.entered>l.exited AND r.id IS NULL",
     false},
    {"a position has the tranches it counts",
     "SELECT p.id, p.tranches||' and '||count(t.id) FROM tranche_positions p LEFT JOIN "
     "position_tranches t ON t.position=p.id GROUP BY p.id HAVING p.tranches<>count(t.id) OR "
     "count(t.id)=0 OR max(t.tranche_id)>=p.next",
     false},
    {"a position has no more tranches than it may",
     "SELECT p.id, p.tranches FROM tranche_positions p WHERE p.tranches>3", false},
    {"no lot is in two lists",
     "SELECT r.next_lot, count(*) FROM order_relationships r WHERE r.next_lot<>0 GROUP BY "
     "r.next_lot HAVING count(*)>1",
     false},
    {"no tranche is left when all is closed", "SELECT id, quantity FROM position_tranches", true},
};

void sim_check_tranches(struct sim_run *run, struct sqlite3 *db) {
    if (run->plan->tranches) sim_check_rules(run, db, rules, sizeof rules / sizeof *rules);
}
