/*
 * Bars. A bar is known at its close only, so the way through it is assumed: open, the extreme that
 * is adverse to the position first, the other extreme, close. Orders of long positions see the low
 * first, of short ones the high. What comes to life inside a bar is tested against its close only.
 */
#include "paper.h"
#include "trail.h"

/* A request needs some time after a bar's close; what arrives this early in the next one was there
 * at its open. Later arrivals are inside the bar. */
#define OPEN_GRACE_MAX_NS (5 * PAWL_NS)
#define OPEN_GRACE_PART 10

struct way {
    int64_t from_e8, to_e8;         /* prices of trades */
    int64_t below_e8, above_e8;     /* bid = price - below, ask = price + above */
    uint8_t position_side;
    int64_t venue_ns;
};

static int64_t shift(const struct way *way, enum paper_line line) {
    return line == PAPER_BID ? -way->below_e8 : line == PAPER_ASK ? way->above_e8 : 0;
}

static bool is_whole(const struct paper *paper, const struct paper_order *order) {
    return order->from_point <= paper->point && order->acted != paper->event_count &&
           !order->dormant && !paper_is_immediate(order);
}

/* Price of trades at which the order's moment comes on this way; false = it does not. */
static bool moment(const struct paper *paper, const struct paper_order *order,
                   const struct way *way, int64_t *ret_e8) {
    bool falls = way->to_e8 < way->from_e8, rises = way->to_e8 > way->from_e8;
    bool buys = order->side == PAWL_SIDE_BUY, limit = paper_is_limit(order);
    if (order->position_side != way->position_side) return false;
    if (!limit && paper_stop_line(order) == PAPER_MARK) return false; /* bars have no mark */
    /* Buy limits and sell stops wait below the market, sell limits and buy stops above. */
    bool below = limit == buys;
    if (below ? !falls : !rises) return false;
    enum paper_line line = limit ? paper_trade_line(order) : paper_stop_line(order);
    int64_t level_e8 = limit ? order->price_e8 : order->stop_e8;
    if (level_e8 == 0) return false; /* it trails nothing yet */
    int64_t end_e8 = way->to_e8 + shift(way, line);
    if (limit && !paper_limit_reached(paper, order, end_e8)) return false;
    if (!limit && (below ? end_e8 > level_e8 : end_e8 < level_e8)) return false;
    int64_t at_e8 = level_e8 - shift(way, line);
    if (below ? at_e8 > way->from_e8 : at_e8 < way->from_e8) at_e8 = way->from_e8;
    *ret_e8 = at_e8;
    return true;
}

static struct paper_order *next_on(const struct paper *paper, const struct paper_symbol *symbol,
                                   const struct way *way, int64_t *ret_e8) {
    struct paper_order *best = NULL;
    for (uint32_t i = 0; i < symbol->count; i++) {
        struct paper_order *order = symbol->orders[i];
        int64_t at_e8;
        if (!is_whole(paper, order) || !moment(paper, order, way, &at_e8)) continue;
        bool nearer = best != NULL &&
                      (way->to_e8 < way->from_e8 ? at_e8 > *ret_e8 : at_e8 < *ret_e8);
        bool stop_first = best != NULL && at_e8 == *ret_e8 && !paper_is_limit(order) &&
                          paper_is_limit(best);
        if (best != NULL && !nearer && !stop_first) continue;
        best = order;
        *ret_e8 = at_e8;
    }
    return best;
}

static void walk(struct paper *paper, struct paper_symbol *symbol, const struct way *way) {
    struct paper_order *order;
    int64_t at_e8 = 0;
    while ((order = next_on(paper, symbol, way, &at_e8)) != NULL) {
        if (paper_is_limit(order))
            paper_fill(paper, order, order->price_e8, way->venue_ns);
        else
            paper_stop_fires(paper, order, at_e8 + shift(way, paper_trade_line(order)),
                             way->venue_ns);
    }
}

/* The extreme that is good for the position has been: levels follow it. */
static void follow(struct paper *paper, struct paper_symbol *symbol, const struct way *way) {
    for (uint32_t i = 0; i < symbol->count; i++) {
        struct paper_order *order = symbol->orders[i];
        enum paper_line line = paper_stop_line(order);
        if (order->position_side == way->position_side && line != PAPER_MARK &&
            is_whole(paper, order))
            paper_trail(paper, order, way->to_e8 + shift(way, line));
    }
}

static void point(struct paper *paper, struct paper_symbol *symbol, const struct way *way,
                  int64_t price_e8, bool opens, int64_t venue_ns) {
    struct paper_tick tick = {.takes = opens, .opens = opens, .venue_ns = venue_ns};
    tick.at[PAPER_BID] = price_e8 - way->below_e8;
    tick.at[PAPER_ASK] = price_e8 + way->above_e8;
    tick.at[PAPER_LAST] = price_e8;
    tick.moved[PAPER_BID] = tick.moved[PAPER_ASK] = tick.moved[PAPER_LAST] = true;
    paper_match(paper, symbol, &tick);
}

/* Half the declared spread, as the host has just applied it to this bar's close. */
static void spread(struct paper *paper, const struct paper_symbol *symbol, int64_t close_e8,
                   struct way *way) {
    const struct pawl_market_state *state = paper->market->state(paper->ctx, symbol->id);
    way->below_e8 = way->above_e8 = 0;
    if (state == NULL || state->last.e8 != close_e8 || state->bid.e8 <= 0 ||
        state->bid.e8 > close_e8 || state->ask.e8 < close_e8 || state->ask.e8 > PAPER_PRICE_MAX)
        return;
    way->below_e8 = close_e8 - state->bid.e8;
    way->above_e8 = state->ask.e8 - close_e8;
}

/* Orders that arrived inside the bar see its close only; market orders among them the next open. */
static void sort_arrivals(struct paper *paper, struct paper_symbol *symbol,
                          const struct pawl_ev_bar *bar) {
    int64_t length_ns = (int64_t)bar->seconds * PAWL_NS, grace_ns = length_ns / OPEN_GRACE_PART;
    if (grace_ns > OPEN_GRACE_MAX_NS) grace_ns = OPEN_GRACE_MAX_NS;
    for (uint32_t i = 0; i < symbol->count; i++) {
        struct paper_order *order = symbol->orders[i];
        if (order->arrived_ns > bar->open_time + grace_ns) order->from_point = paper->last_point;
    }
}

static bool is_sane(const struct pawl_ev_bar *bar, const struct way *way) {
    int64_t unused;
    return bar->low.e8 > way->below_e8 && bar->low.e8 <= bar->open.e8 &&
           bar->low.e8 <= bar->close.e8 && bar->high.e8 >= bar->open.e8 &&
           bar->high.e8 >= bar->close.e8 &&
           pawl_add_i64(bar->high.e8, way->above_e8, &unused) == PAWL_OK;
}

void paper_bar(struct paper *paper, struct paper_symbol *symbol, const struct pawl_ev_bar *bar) {
    struct way way;
    if (symbol->quoted || symbol->traded_ns > bar->open_time) return; /* finer prices were there */
    if (paper->now_ns >= symbol->next_expiry) paper_expire(paper, symbol);
    if (symbol->count == 0) return;
    spread(paper, symbol, bar->close.e8, &way);
    if (!is_sane(bar, &way)) return;
    way.venue_ns = paper->now_ns;
    paper->event_count++;
    paper->last_point = paper->point + 4;
    sort_arrivals(paper, symbol, bar);
    paper->point++;
    point(paper, symbol, &way, bar->open.e8, true, bar->open_time);
    for (int leg = 0; leg < 2; leg++) {
        paper->point++;
        for (uint8_t side = PAWL_POSITION_SIDE_LONG; side <= PAWL_POSITION_SIDE_SHORT; side++) {
            bool falls = (side == PAWL_POSITION_SIDE_LONG) == (leg == 0);
            way.position_side = side;
            way.to_e8 = falls ? bar->low.e8 : bar->high.e8;
            way.from_e8 = leg == 0 ? bar->open.e8 : falls ? bar->high.e8 : bar->low.e8;
            walk(paper, symbol, &way);
            if (leg == 1) follow(paper, symbol, &way);
        }
    }
    paper->point++;
    point(paper, symbol, &way, bar->close.e8, false, paper->now_ns);
}
