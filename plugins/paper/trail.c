/*
 * Trailing orders. The level of one is an ordinary stop's, which the venue itself moves behind the
 * best price since the order came, or since its activation; it only tightens. A price moves levels
 * first and fires stops then: none can do both to one order. Through a bar the level is moved after
 * the extreme that is good for the position, which comes last, so that only the close is tested
 * against it.
 */
#include "trail.h"

static bool buys(const struct paper_order *order) { return order->side == PAWL_SIDE_BUY; }

bool paper_trails(const struct paper_order *order) {
    return order->kind == PAWL_KIND_TRAILING && !order->triggered && !order->dormant;
}

/* A sell follows the highest price, a buy the lowest. */
static bool is_better(const struct paper_order *order, int64_t price_e8) {
    if (order->best_e8 != 0) return buys(order) ? price_e8 < order->best_e8
                                                : price_e8 > order->best_e8;
    if (order->trail_from_e8 == 0) return true;
    return buys(order) ? price_e8 <= order->trail_from_e8 : price_e8 >= order->trail_from_e8;
}

void paper_trail_bound(const struct paper_order *order, bool *ret_below, int64_t *ret_e8) {
    *ret_below = buys(order);
    if (order->best_e8 != 0)
        *ret_e8 = buys(order) ? order->best_e8 - 1 : order->best_e8 + 1;
    else if (order->trail_from_e8 != 0)
        *ret_e8 = order->trail_from_e8;
    else
        *ret_e8 = buys(order) ? INT64_MAX : INT64_MIN; /* any price begins it */
}

/* On the tick, towards the price. 0 = no price can be that far away. */
static int64_t level_of(const struct paper *paper, const struct paper_order *order) {
    const struct pawl_instrument *def = paper->world->symbols[order->symbol]->def;
    int64_t by_e8 = order->trail_e8, level_e8;
    if (by_e8 == 0 && pawl_mul_e8(order->best_e8, order->trail_fraction_e8, PAWL_ROUND_DOWN,
                                  &by_e8) != PAWL_OK)
        return 0;
    if ((buys(order) ? pawl_add_i64 : pawl_sub_i64)(order->best_e8, by_e8, &level_e8) != PAWL_OK ||
        (def->tick.e8 > 0 &&
         pawl_round_to(level_e8, def->tick.e8, buys(order) ? PAWL_ROUND_DOWN : PAWL_ROUND_UP,
                       &level_e8) != PAWL_OK))
        return 0;
    return level_e8 > 0 && level_e8 <= PAPER_PRICE_MAX ? level_e8 : 0;
}

int64_t paper_tighter(const struct paper_order *order, int64_t level_e8) {
    if (order->stop_e8 == 0) return level_e8;
    if (level_e8 == 0) return order->stop_e8;
    bool tighter = buys(order) ? level_e8 < order->stop_e8 : level_e8 > order->stop_e8;
    return tighter ? level_e8 : order->stop_e8;
}

void paper_trail(struct paper *paper, struct paper_order *order, int64_t price_e8) {
    if (!paper_trails(order) || price_e8 <= 0 || !is_better(order, price_e8)) return;
    order->best_e8 = price_e8;
    order->stop_e8 = paper_tighter(order, level_of(paper, order));
    paper_changed(paper, order);
}

enum paper_refusal paper_check_trailing(const struct paper *paper,
                                        const struct paper_order *order) {
    const struct paper_rules *rules = paper->rules;
    const struct pawl_instrument *def = paper->world->symbols[order->symbol]->def;
    bool by_distance = order->trail_e8 > 0, by_fraction = order->trail_fraction_e8 > 0;
    if (order->kind != PAWL_KIND_TRAILING) return PAPER_REFUSE_NONE;
    if (!rules->trailing || by_distance == by_fraction || order->trail_e8 < 0 ||
        order->trail_fraction_e8 < 0 || order->trail_from_e8 < 0 ||
        order->trail_fraction_e8 >= PAWL_E8 || order->trail_e8 > PAPER_PRICE_MAX)
        return PAPER_REFUSE_TRAILING;
    if (rules->trail_step_e8 == 0)
        return by_distance && def->tick.e8 > 0 && order->trail_e8 % def->tick.e8 != 0
                   ? PAPER_REFUSE_TICK
                   : PAPER_REFUSE_NONE;
    /* a percentage with one decimal, and no level of its own to begin with */
    if (by_distance || order->stop_e8 != 0 || order->trail_fraction_e8 > rules->trail_max_e8 ||
        order->trail_fraction_e8 % rules->trail_step_e8 != 0)
        return PAPER_REFUSE_TRAILING;
    return PAPER_REFUSE_NONE;
}
