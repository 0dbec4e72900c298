/* Components that share lots: chains of pyramid, lots that rstop protects, lots that are handed
 * over; and what their records must say when everything has come to rest. */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "pawl_num.h"
#include "sim.h"

#define RISK_E8 (1000 * PAWL_E8) /* of an order of a chain, as the configuration says */

/* ---- wishes ---- */

static void name_profile(char profile[32], const char *name) {
    snprintf(profile, 32, "%s", name);
}

void sim_wish_profile(struct sim_run *run, char profile[32]) {
    static const char *const names[] = {"", "", "r", "rk", "own"};
    if (run->plan->partners) name_profile(profile, names[rng_below(&run->rng_partner, 5)]);
}

/* So many that the risk is some 5 to 40 ticks. */
static int64_t quantity_e8(const struct sim_run *run, uint32_t symbol, int64_t ticks) {
    const struct sim_symbol *def = &run->plan->symbols[symbol];
    const struct pawl_instrument *in =
        &run->host->book.instruments[sim_instrument(run, symbol)].def;
    int64_t unit_e8, quantity = def->min_e8;
    if (pawl_mul_e8(ticks * def->tick_e8, in->multiplier.e8, PAWL_ROUND_UP, &unit_e8) == PAWL_OK)
        pawl_muldiv(RISK_E8, PAWL_E8, unit_e8, PAWL_ROUND_DOWN, &quantity);
    quantity -= quantity % def->step_e8;
    return quantity < def->min_e8 ? def->min_e8 : quantity;
}

static void wish_chain(struct sim_run *run, uint32_t symbol) {
    struct rng *rng = &run->rng_partner;
    int64_t ticks = rng_between(rng, 5, 40);
    bool guarded = rng_chance(rng, 1, 2);
    struct pawl_ev_entry ev;
    EVENT_INIT(ev, PAWL_EV_ENTRY);
    ev.instrument = sim_instrument(run, symbol);
    ev.via = names_find(run->host->names, NAME_COMPONENT, "pyramid");
    ev.side = (uint8_t)rng_between(rng, 1, 2);
    ev.quantity.e8 = quantity_e8(run, symbol, ticks);
    ev.order_kind = PAWL_KIND_MARKET;
    if (run->plan->whole && guarded) name_profile(ev.profile, "r");
    sim_input(run, &ev.head);
}

static void wish_signal(struct sim_run *run, uint32_t symbol) {
    struct pawl_ev_signal ev;
    EVENT_INIT(ev, PAWL_EV_SIGNAL);
    ev.instrument = sim_instrument(run, symbol);
    ev.signal = (uint8_t)rng_between(&run->rng_partner, 1, 4);
    ev.confidence.e8 = PAWL_E8 * 9 / 10;
    sim_input(run, &ev.head);
}

void sim_wish_assign(struct sim_run *run, struct rng *rng, uint32_t among,
                     const char *const names[], uint32_t count) {
    const struct lot *lot = run->host->book.first_lot;
    uint64_t skip = rng_below(rng, among), name = rng_below(rng, count);
    for (; skip > 0 && lot != NULL; skip--) lot = lot->next;
    if (lot == NULL) return;
    struct pawl_ev_assign ev;
    EVENT_INIT(ev, PAWL_EV_ASSIGN);
    ev.lot = lot->rec.id;
    name_profile(ev.profile, names[name]);
    sim_input(run, &ev.head);
}

void sim_wish_partner(struct sim_run *run) {
    static const char *const given[] = {"own", "r", "rk", "chain"};
    uint32_t symbol = (uint32_t)rng_below(&run->rng_partner, run->plan->symbol_count);
    uint64_t what = rng_below(&run->rng_partner, 10);
    if (what < 6)
        wish_chain(run, symbol);
    else if (what < 7)
        wish_signal(run, symbol);
    else
        sim_wish_assign(run, &run->rng_partner, 5, given, 4);
}

/* ---- what must hold ---- */

/* Orders of chains are open up to status 3, chains have ended from 4 on, a lot is gone in 5. */
static const struct sim_rule rules[] = {
    {"an open order of a chain has an open lot",
     "SELECT o.id, 'lot '||o.lot||' in state '||coalesce(l.state,0) FROM profit_chain_orders o "
     "LEFT JOIN lots l ON l.id=o.lot WHERE o.status<=3 AND (l.id IS NULL OR l.state=5)",
     false},
    {"an ended chain has no open order",
     "SELECT c.id, c.name FROM profit_chains c JOIN profit_chain_orders o ON o.chain=c.id "
     "WHERE c.status>=4 AND o.status<=3",
     false},
    {"a chain has booked what its orders have",
     "SELECT c.id, c.booked||' and '||c.net FROM profit_chains c LEFT JOIN profit_chain_orders o "
     "ON o.chain=c.id GROUP BY c.id HAVING c.net<>coalesce(sum(o.profit),0) OR "
     "c.booked<>coalesce(sum(max(o.profit,0)),0)",
     false},
    {"a chain has an end when all is closed",
     "SELECT c.id, c.name||' in status '||c.status FROM profit_chains c WHERE c.status<4", true},
    {"a level has no more orders than it may",
     "SELECT chain, 'level '||level FROM profit_chain_orders WHERE again=0 GROUP BY chain, level "
     "HAVING count(*)>level+1",
     false},
    {"a row of rstop is of an open lot",
     "SELECT p.id, 'state '||coalesce(l.state,0) FROM position_states p LEFT JOIN lots l ON "
     "l.id=p.id WHERE l.id IS NULL OR l.state=5",
     false},
};

static void look(struct sim_run *run, struct sqlite3 *db, const struct sim_rule *rule) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(db, rule->sql, -1, &row, NULL) != SQLITE_OK)
        sim_fail(run, "I7 crash atomicity", "%s: %s", rule->what, sqlite3_errmsg(db));
    else if (sqlite3_step(row) == SQLITE_ROW)
        sim_fail(run, rule->what, "%lld: %s", sqlite3_column_int64(row, 0),
                 (const char *)sqlite3_column_text(row, 1));
    sqlite3_finalize(row);
}

void sim_check_rules(struct sim_run *run, struct sqlite3 *db, const struct sim_rule *all,
                     size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!all[i].flattened || run->flattened) look(run, db, &all[i]);
}

void sim_check_partners(struct sim_run *run, struct sqlite3 *db) {
    if (run->plan->partners) sim_check_rules(run, db, rules, sizeof rules / sizeof *rules);
}
