/* Why the venue would refuse a request. */
#include "paper.h"
#include "trail.h"

#include <string.h>

bool paper_is_ticket_venue(const struct paper *paper) {
    return paper->rules->caps.exit_bound == PAWL_EXIT_TICKET;
}

bool paper_is_conditional(const struct paper_order *order) {
    return order->kind == PAWL_KIND_STOP || order->kind == PAWL_KIND_STOP_LIMIT ||
           order->kind == PAWL_KIND_TRAILING;
}

static const struct pawl_instrument *def_of(const struct paper *paper,
                                            const struct paper_order *order) {
    return paper->world->symbols[order->symbol]->def;
}

/* The market now, or 0 where nothing good was seen yet. */
static int64_t market_price(const struct paper *paper, const struct paper_order *order,
                            enum paper_line line) {
    const struct pawl_market_state *state =
        paper->market->state(paper->ctx, paper->world->symbols[order->symbol]->id);
    if (state == NULL) return 0;
    switch (line) {
    case PAPER_BID: return state->bid.e8;
    case PAPER_ASK: return state->ask.e8;
    case PAPER_LAST: return state->last.e8;
    default: return state->mark.e8;
    }
}

bool paper_is_marketable(const struct paper *paper, const struct paper_order *order) {
    int64_t price_e8 = market_price(paper, order, paper_trade_line(order));
    if (price_e8 <= 0) return false;
    return order->side == PAWL_SIDE_BUY ? price_e8 <= order->price_e8 : price_e8 >= order->price_e8;
}

/* A stop whose level is crossed already, or nearer than the venue takes it. */
static bool would_trigger(const struct paper *paper, const struct paper_order *order) {
    if (!paper_is_conditional(order) || order->triggered || order->stop_e8 == 0) return false;
    int64_t price_e8 = market_price(paper, order, paper_stop_line(order));
    int64_t distance_e8 =
        paper->rules->stop_distance ? def_of(paper, order)->min_stop_distance.e8 : 0;
    if (price_e8 <= 0) return false;
    int64_t room_e8 = order->side == PAWL_SIDE_BUY ? order->stop_e8 - price_e8
                                                   : price_e8 - order->stop_e8;
    return room_e8 <= 0 || room_e8 < distance_e8;
}

static enum paper_refusal check_price(int64_t price_e8, const struct pawl_instrument *def) {
    if (price_e8 <= 0 || price_e8 > PAPER_PRICE_MAX) return PAPER_REFUSE_PRICE;
    if (def->tick.e8 > 0 && price_e8 % def->tick.e8 != 0) return PAPER_REFUSE_TICK;
    return PAPER_REFUSE_NONE;
}

static enum paper_refusal check_prices(const struct paper *paper, const struct paper_order *order) {
    const struct pawl_instrument *def = def_of(paper, order);
    enum paper_refusal why = PAPER_REFUSE_NONE;
    if (order->kind == PAWL_KIND_LIMIT || order->kind == PAWL_KIND_STOP_LIMIT)
        why = check_price(order->price_e8, def);
    bool levelless = order->kind == PAWL_KIND_TRAILING && order->stop_e8 == 0;
    if (why == PAPER_REFUSE_NONE && paper_is_conditional(order) && !levelless)
        why = check_price(order->stop_e8, def);
    if (why == PAPER_REFUSE_NONE && order->trail_from_e8 != 0)
        why = check_price(order->trail_from_e8, def);
    return why;
}

static bool below_notional(const struct paper *paper, const struct paper_order *order) {
    const struct pawl_instrument *def = def_of(paper, order);
    if (!paper->rules->checks_notional || order->reduce || def->min_notional.e8 <= 0) return false;
    int64_t price_e8 = order->price_e8 != 0 ? order->price_e8 : order->stop_e8;
    if (price_e8 == 0) price_e8 = market_price(paper, order, paper_trade_line(order));
    if (price_e8 == 0) return false;
    int64_t units_e8;
    if (pawl_mul_e8(order->quantity_e8, def->multiplier.e8, PAWL_ROUND_EVEN, &units_e8) != PAWL_OK)
        return false;
    return (pawl_i128)price_e8 * units_e8 < (pawl_i128)def->min_notional.e8 * PAWL_E8;
}

static enum paper_refusal check_quantity(const struct paper *paper,
                                         const struct paper_order *order) {
    const struct pawl_instrument *def = def_of(paper, order);
    int64_t units_e8;
    if (order->quantity_e8 <= 0) return PAPER_REFUSE_MIN_QUANTITY;
    if (def->step.e8 > 0 && order->quantity_e8 % def->step.e8 != 0) return PAPER_REFUSE_STEP;
    if (order->quantity_e8 < def->min_quantity.e8) return PAPER_REFUSE_MIN_QUANTITY;
    if (order->quantity_e8 > INT64_MAX / 4 ||
        (def->max_quantity.e8 > 0 && order->quantity_e8 > def->max_quantity.e8) ||
        pawl_mul_e8(order->quantity_e8, def->multiplier.e8, PAWL_ROUND_EVEN, &units_e8) != PAWL_OK)
        return PAPER_REFUSE_MAX_QUANTITY;
    return PAPER_REFUSE_NONE;
}

enum paper_refusal paper_check_terms(const struct paper *paper, const struct paper_order *order) {
    enum paper_refusal why = check_prices(paper, order);
    if (why == PAPER_REFUSE_NONE) why = check_quantity(paper, order);
    if (why == PAPER_REFUSE_NONE && below_notional(paper, order)) why = PAPER_REFUSE_MIN_NOTIONAL;
    if (why == PAPER_REFUSE_NONE && paper->rules->refuses_crossed_stop &&
        would_trigger(paper, order))
        why = PAPER_REFUSE_WOULD_TRIGGER;
    return why;
}

/* Is the id taken, as this venue sees it? */
static bool is_duplicate(const struct paper *paper, const struct paper_order *order) {
    const struct paper_order *other = paper_order_find(paper->world, order->id);
    if (other == NULL) return false;
    switch (paper->rules->caps.dedupe) {
    case PAWL_DEDUPE_ORDER_ID: return true;
    case PAWL_DEDUPE_OPEN:
        if (!paper_order_works(other)) return false;
        return !paper->rules->caps.separate_conditional_ids ||
               paper_is_conditional(other) == paper_is_conditional(order);
    default: return false;
    }
}

/* A ticket has one stop and one target, and both are for all of it. */
static enum paper_refusal check_ticket(const struct paper *paper, const struct paper_order *order) {
    if (!order->reduce) return PAPER_REFUSE_NONE;
    const struct paper_symbol *symbol = paper->world->symbols[order->symbol];
    int64_t volume_e8 = paper_reducible(paper, order);
    if (volume_e8 == 0) return PAPER_REFUSE_NO_TICKET;
    if (order->kind == PAWL_KIND_MARKET)
        return order->quantity_e8 > volume_e8 ? PAPER_REFUSE_TICKET_VOLUME : PAPER_REFUSE_NONE;
    if (order->kind == PAWL_KIND_STOP_LIMIT) return PAPER_REFUSE_KIND;
    if (order->kind == PAWL_KIND_LIMIT && order->quantity_e8 != volume_e8)
        return PAPER_REFUSE_TICKET_VOLUME;
    if (order->kind == PAWL_KIND_LIMIT && paper_is_marketable(paper, order))
        return PAPER_REFUSE_WOULD_TRIGGER;
    for (uint32_t i = 0; i < symbol->count; i++) {
        const struct paper_order *other = symbol->orders[i];
        if (other->ticket == order->ticket && other->reduce && other->kind == order->kind)
            return PAPER_REFUSE_TICKET_TAKEN;
    }
    return PAPER_REFUSE_NONE;
}

static enum paper_refusal check_reduce(const struct paper *paper, const struct paper_order *order) {
    if (paper_is_ticket_venue(paper)) return check_ticket(paper, order);
    if (!order->reduce || paper_reducible(paper, order) > 0) return PAPER_REFUSE_NONE;
    if (paper_is_conditional(order) && !paper->rules->stop_needs_position) return PAPER_REFUSE_NONE;
    return PAPER_REFUSE_FLAT;
}

static enum paper_refusal check_room(const struct paper *paper, const struct paper_order *order) {
    const struct paper_world *world = paper->world;
    uint32_t conditional = 0, slots = paper->rules->caps.stop_slots;
    if (world->symbols[order->symbol]->count + 1 >= PAPER_WORKING_MAX)
        return PAPER_REFUSE_WORKING_MAX;
    if (slots == 0 || !paper_is_conditional(order)) return PAPER_REFUSE_NONE;
    for (uint32_t s = 1; s < world->symbol_count; s++)
        for (uint32_t i = 0; i < world->symbols[s]->count; i++)
            conditional += paper_is_conditional(world->symbols[s]->orders[i]);
    return conditional >= slots ? PAPER_REFUSE_SLOTS : PAPER_REFUSE_NONE;
}

enum paper_refusal paper_check_submit(struct paper *paper, const struct pawl_ev_submit *submit,
                                      const struct paper_order *order) {
    enum paper_refusal why = paper_check_trailing(paper, order);
    if (why != PAPER_REFUSE_NONE) return why;
    if (order->id[0] == '\0' || submit->kind == 0 || submit->kind > PAWL_KIND_TRAILING ||
        submit->role == 0 || submit->role > PAWL_ROLE_EXIT || submit->tif > PAWL_TIF_DAY ||
        submit->trigger > PAWL_TRIGGER_SOURCE_ENTRY_SIDE)
        return PAPER_REFUSE_KIND;
    if ((submit->side != PAWL_SIDE_BUY && submit->side != PAWL_SIDE_SELL) ||
        submit->position_side > PAWL_POSITION_SIDE_SHORT)
        return PAPER_REFUSE_SIDE;
    if (is_duplicate(paper, order)) return PAPER_REFUSE_DUPLICATE;
    why = check_reduce(paper, order);
    if (why == PAPER_REFUSE_NONE) why = paper_check_terms(paper, order);
    if (why == PAPER_REFUSE_NONE) why = check_room(paper, order);
    if (why != PAPER_REFUSE_NONE || submit->attached_stop.e8 == 0 ||
        !paper->rules->caps.attached_stop)
        return why;
    if (submit->attached_stop_order[0] == '\0') return PAPER_REFUSE_KIND;
    struct paper_order stop = *order; /* the stop that comes with it has to pass, too */
    stop.kind = PAWL_KIND_STOP;
    stop.reduce = 1;
    stop.side = order->side == PAWL_SIDE_BUY ? PAWL_SIDE_SELL : PAWL_SIDE_BUY;
    stop.trigger = PAWL_TRIGGER_SOURCE_EXIT_SIDE;
    stop.stop_e8 = submit->attached_stop.e8;
    return order->kind == PAWL_KIND_MARKET ? paper_check_terms(paper, &stop)
                                           : check_prices(paper, &stop);
}
