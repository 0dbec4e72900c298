/* Prices: whole ticks; calm, trends, plateaus, gaps, locked and crossed quotes. */
#include "sim.h"

enum regime { CALM, UP, DOWN, PLATEAU, WILD, REGIMES };

void sim_market_init(struct sim_market *market, const struct sim_plan *plan) {
    rng_init(&market->rng, plan->rng_market);
    market->count = plan->symbol_count;
    market->gaps = !(plan->parts & SIM_PART_GAPS);
    for (uint32_t i = 0; i < market->count; i++) {
        const struct sim_symbol *symbol = &plan->symbols[i];
        market->paths[i] = (struct sim_path){.symbol = symbol, .next_ns = SIM_BEGIN_NS + i,
                                             .mid_ticks = symbol->base_e8 / symbol->tick_e8,
                                             .ask_more_ticks = symbol->spread_ticks};
    }
}

uint32_t sim_market_next(const struct sim_market *market) {
    uint32_t first = 0;
    for (uint32_t i = 1; i < market->count; i++)
        if (market->paths[i].next_ns < market->paths[first].next_ns) first = i;
    return first;
}

static void move(struct sim_market *market, struct sim_path *path) {
    struct rng *rng = &market->rng;
    int64_t before = path->mid_ticks;
    if (path->left == 0) {
        path->regime = (uint32_t)rng_below(rng, REGIMES);
        path->left = (uint32_t)rng_between(rng, 3, 40);
    }
    path->left--;
    switch ((enum regime)path->regime) {
    case CALM: path->mid_ticks += rng_between(rng, -1, 1); break;
    case UP: path->mid_ticks += rng_between(rng, -1, 3); break;
    case DOWN: path->mid_ticks += rng_between(rng, -3, 1); break;
    case WILD: path->mid_ticks += rng_between(rng, -9, 9); break;
    default: break;
    }
    if (market->gaps && rng_chance(rng, 1, 60)) path->mid_ticks += rng_between(rng, -70, 70);
    int64_t base = path->symbol->base_e8 / path->symbol->tick_e8;
    if (path->mid_ticks < base / 2 || path->mid_ticks > base * 2) path->mid_ticks = before;
    path->ask_more_ticks = path->symbol->spread_ticks;
    if (rng_chance(rng, 1, 12)) path->ask_more_ticks = rng_between(rng, 0, 8);
}

void sim_market_step(struct sim_market *market, uint32_t symbol, bool still,
                     struct sim_quote *ret) {
    struct sim_path *path = &market->paths[symbol];
    bool crossed = false;
    if (!still) {
        move(market, path);
        crossed = rng_chance(&market->rng, 1, 50);
    }
    int64_t gap_ns = still ? 2 * PAWL_NS
                           : rng_between(&market->rng, 1, 2 * path->symbol->period_ns);
    path->next_ns += gap_ns;
    ret->bid_e8 = path->mid_ticks * path->symbol->tick_e8;
    ret->ask_e8 = ret->bid_e8 + path->ask_more_ticks * path->symbol->tick_e8;
    if (crossed)
        ret->ask_e8 = ret->bid_e8 - path->symbol->tick_e8 * rng_between(&market->rng, 1, 20);
}
