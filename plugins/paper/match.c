/* Prices meet orders: quotes, trades and marks. Bars are in bar.c. */
#include "paper.h"
#include "trail.h"

#include <string.h>

enum paper_line paper_stop_line(const struct paper_order *order) {
    bool is_long = order->position_side == PAWL_POSITION_SIDE_LONG;
    switch (order->trigger) {
    case PAWL_TRIGGER_SOURCE_LAST: return PAPER_LAST;
    case PAWL_TRIGGER_SOURCE_MARK: return PAPER_MARK;
    case PAWL_TRIGGER_SOURCE_ENTRY_SIDE: return is_long ? PAPER_ASK : PAPER_BID;
    default: return is_long ? PAPER_BID : PAPER_ASK;
    }
}

bool paper_is_immediate(const struct paper_order *order) {
    if (order->dormant) return false;
    if (order->kind == PAWL_KIND_MARKET) return true;
    if (order->kind == PAWL_KIND_STOP || order->kind == PAWL_KIND_TRAILING)
        return order->triggered;
    if (!paper_is_limit(order)) return false;
    return order->taker || order->tif == PAWL_TIF_IOC || order->tif == PAWL_TIF_FOK;
}

bool paper_limit_reached(const struct paper *paper, const struct paper_order *order,
                         int64_t price_e8) {
    bool touch = paper->options.limit_fill == PAPER_FILL_TOUCH;
    if (price_e8 <= 0) return false;
    if (order->side == PAWL_SIDE_BUY)
        return touch ? price_e8 <= order->price_e8 : price_e8 < order->price_e8;
    return touch ? price_e8 >= order->price_e8 : price_e8 > order->price_e8;
}

static bool stop_reached(const struct paper_order *order, int64_t price_e8) {
    if (price_e8 <= 0 || order->stop_e8 == 0) return false; /* one that trails nothing yet */
    return order->side == PAWL_SIDE_BUY ? price_e8 >= order->stop_e8 : price_e8 <= order->stop_e8;
}

/* ---- bounds: the prices between which nothing of a symbol happens ---- */

static void bound(struct paper_symbol *symbol, enum paper_line line, bool below, int64_t level_e8) {
    if (below && level_e8 > symbol->low[line]) symbol->low[line] = level_e8;
    if (!below && level_e8 < symbol->high[line]) symbol->high[line] = level_e8;
}

void paper_bounds_with(struct paper_symbol *symbol, const struct paper_order *order) {
    bool buys = order->side == PAWL_SIDE_BUY;
    if (order->expires_ns != 0 && order->expires_ns < symbol->next_expiry)
        symbol->next_expiry = order->expires_ns;
    if (order->dormant) return;
    if (paper_is_immediate(order))
        symbol->immediate++;
    else if (paper_is_limit(order))
        bound(symbol, paper_trade_line(order), buys, order->price_e8);
    else if (order->stop_e8 != 0)
        bound(symbol, paper_stop_line(order), !buys, order->stop_e8);
    if (paper_trails(order)) {
        bool below;
        int64_t level_e8;
        paper_trail_bound(order, &below, &level_e8);
        bound(symbol, paper_stop_line(order), below, level_e8);
    }
}

void paper_bounds(struct paper_symbol *symbol) {
    symbol->immediate = 0;
    symbol->next_expiry = INT64_MAX;
    for (int line = 0; line < PAPER_LINES; line++) {
        symbol->low[line] = INT64_MIN;
        symbol->high[line] = INT64_MAX;
    }
    for (uint32_t i = 0; i < symbol->count; i++) paper_bounds_with(symbol, symbol->orders[i]);
}

static bool touched(const struct paper_symbol *symbol, const struct paper_tick *tick) {
    if (tick->takes && symbol->immediate > 0) return true;
    for (int line = 0; line < PAPER_LINES; line++)
        if (tick->moved[line] &&
            (tick->at[line] <= symbol->low[line] || tick->at[line] >= symbol->high[line]))
            return true;
    return false;
}

/* ---- one price point ---- */

static bool may_act(const struct paper *paper, const struct paper_order *order) {
    return !order->dormant && order->from_point <= paper->point &&
           order->acted != paper->event_count;
}

/* What a taker pays: worse by the slippage, but never beyond its own limit. */
static int64_t slipped(const struct paper *paper, const struct paper_order *order,
                       int64_t price_e8) {
    int64_t tick_e8 = paper->world->symbols[order->symbol]->def->tick.e8, slip_e8, worse_e8;
    if (paper->options.slippage_ticks <= 0 ||
        __builtin_mul_overflow(tick_e8, paper->options.slippage_ticks, &slip_e8))
        return price_e8;
    bool buys = order->side == PAWL_SIDE_BUY;
    if ((buys ? pawl_add_i64 : pawl_sub_i64)(price_e8, slip_e8, &worse_e8) != PAWL_OK ||
        worse_e8 <= 0)
        return price_e8;
    if (paper_is_limit(order) && (buys ? worse_e8 > order->price_e8 : worse_e8 < order->price_e8))
        return order->price_e8;
    return worse_e8;
}

static bool within_limit(const struct paper_order *order, int64_t price_e8) {
    return order->side == PAWL_SIDE_BUY ? price_e8 <= order->price_e8 : price_e8 >= order->price_e8;
}

static bool is_hurried(const struct paper_order *order) {
    return order->tif == PAWL_TIF_IOC || order->tif == PAWL_TIF_FOK;
}

/* Market orders, stops that fired before, limits that came beyond the market. */
static void take(struct paper *paper, struct paper_order *order, const struct paper_tick *tick) {
    int64_t price_e8 = tick->at[paper_trade_line(order)];
    if (!paper_is_limit(order) || within_limit(order, price_e8)) {
        paper_fill(paper, order, slipped(paper, order, price_e8), tick->venue_ns);
    } else if (is_hurried(order)) {
        paper_end(paper, order, PAWL_ORDER_STATE_EXPIRED, "not filled at once", false);
    } else {
        order->taker = 0; /* the market went away: it rests */
        paper_changed(paper, order);
    }
}

void paper_stop_fires(struct paper *paper, struct paper_order *order, int64_t price_e8,
                      int64_t venue_ns) {
    order->triggered = 1;
    if (price_e8 <= 0) { /* no price to trade at: the next one will do */
        paper_changed(paper, order);
    } else if (order->kind != PAWL_KIND_STOP_LIMIT || within_limit(order, price_e8)) {
        paper_fill(paper, order, slipped(paper, order, price_e8), venue_ns);
    } else if (is_hurried(order)) {
        paper_end(paper, order, PAWL_ORDER_STATE_EXPIRED, "not filled at once", false);
    } else {
        order->from_point = paper->last_point > paper->point ? paper->last_point : paper->point + 1;
        paper_changed(paper, order);
    }
}

static struct paper_order *next_taker(const struct paper *paper, const struct paper_symbol *symbol,
                                      const struct paper_tick *tick) {
    for (uint32_t i = 0; i < symbol->count; i++) {
        struct paper_order *order = symbol->orders[i];
        if (may_act(paper, order) && paper_is_immediate(order) &&
            tick->moved[paper_trade_line(order)])
            return order;
    }
    return NULL;
}

/* Bid side before ask side, then what was crossed first, then the oldest. */
static bool goes_before(const struct paper_order *a, const struct paper_order *b, int64_t level_a,
                        int64_t level_b, bool highest_first) {
    if (a->side != b->side) return a->side == PAWL_SIDE_SELL;
    if (level_a != level_b) return highest_first ? level_a > level_b : level_a < level_b;
    return a->number < b->number;
}

static struct paper_order *next_stop(const struct paper *paper, const struct paper_symbol *symbol,
                                     const struct paper_tick *tick) {
    struct paper_order *best = NULL;
    for (uint32_t i = 0; i < symbol->count; i++) {
        struct paper_order *order = symbol->orders[i];
        if (!paper_is_conditional(order) || order->triggered || !may_act(paper, order)) continue;
        enum paper_line line = paper_stop_line(order);
        if (!tick->moved[line] || !stop_reached(order, tick->at[line])) continue;
        if (best == NULL || goes_before(order, best, order->stop_e8, best->stop_e8,
                                        order->side == PAWL_SIDE_SELL))
            best = order;
    }
    return best;
}

static struct paper_order *next_limit(const struct paper *paper, const struct paper_symbol *symbol,
                                      const struct paper_tick *tick) {
    struct paper_order *best = NULL;
    for (uint32_t i = 0; i < symbol->count; i++) {
        struct paper_order *order = symbol->orders[i];
        if (!paper_is_limit(order) || paper_is_immediate(order) || !may_act(paper, order)) continue;
        enum paper_line line = paper_trade_line(order);
        if (!tick->moved[line] || !paper_limit_reached(paper, order, tick->at[line])) continue;
        if (best == NULL || goes_before(order, best, order->price_e8, best->price_e8,
                                        order->side == PAWL_SIDE_BUY))
            best = order;
    }
    return best;
}

void paper_match(struct paper *paper, struct paper_symbol *symbol, const struct paper_tick *tick) {
    struct paper_order *order;
    for (uint32_t i = 0; i < symbol->count; i++) {
        enum paper_line line = paper_stop_line(symbol->orders[i]);
        if (tick->moved[line] && may_act(paper, symbol->orders[i]))
            paper_trail(paper, symbol->orders[i], tick->at[line]);
    }
    paper->at_open = tick->opens;
    while (tick->takes && (order = next_taker(paper, symbol, tick)) != NULL)
        take(paper, order, tick);
    while ((order = next_stop(paper, symbol, tick)) != NULL)
        paper_stop_fires(paper, order, tick->at[paper_trade_line(order)], tick->venue_ns);
    while ((order = next_limit(paper, symbol, tick)) != NULL) {
        int64_t found_e8 = tick->at[paper_trade_line(order)];
        paper_fill(paper, order, tick->opens ? found_e8 : order->price_e8, tick->venue_ns);
    }
    paper->at_open = false;
}

static void match_tick(struct paper *paper, struct paper_symbol *symbol,
                       const struct paper_tick *tick) {
    if (paper->now_ns >= symbol->next_expiry) paper_expire(paper, symbol);
    if (!touched(symbol, tick)) return;
    paper->event_count++;
    paper->last_point = ++paper->point;
    paper_match(paper, symbol, tick);
    paper_bounds(symbol); /* they may have been tighter than what works */
}

/* ---- market events ---- */

static void on_quote(struct paper *paper, struct paper_symbol *symbol,
                     const struct pawl_ev_quote *quote) {
    if (quote->bid.e8 <= 0 || quote->ask.e8 <= 0) return;
    if (!symbol->quoted) {
        symbol->quoted = true;
        if (symbol->known)
            paper_put_source(paper->world, paper->world->slot_by_instrument[symbol->id],
                             paper->now_ns);
    }
    if (quote->ask.e8 < quote->bid.e8 || symbol->count == 0) return;
    if (symbol->immediate == 0 && quote->bid.e8 > symbol->low[PAPER_BID] &&
        quote->bid.e8 < symbol->high[PAPER_BID] && quote->ask.e8 > symbol->low[PAPER_ASK] &&
        quote->ask.e8 < symbol->high[PAPER_ASK] && paper->now_ns < symbol->next_expiry)
        return;
    struct paper_tick tick = {.takes = true, .venue_ns = quote->venue_time};
    if (tick.venue_ns == 0) tick.venue_ns = paper->now_ns;
    tick.at[PAPER_BID] = quote->bid.e8;
    tick.at[PAPER_ASK] = quote->ask.e8;
    tick.moved[PAPER_BID] = tick.moved[PAPER_ASK] = true;
    match_tick(paper, symbol, &tick);
}

/* Bid and ask as the host sees them after this event: good ones only. */
static bool sides_now(struct paper *paper, const struct paper_symbol *symbol,
                      struct paper_tick *tick) {
    const struct pawl_market_state *state = paper->market->state(paper->ctx, symbol->id);
    if (state == NULL || state->bid.e8 <= 0 || state->ask.e8 < state->bid.e8) return false;
    tick->at[PAPER_BID] = state->bid.e8;
    tick->at[PAPER_ASK] = state->ask.e8;
    return true;
}

static void on_trade(struct paper *paper, struct paper_symbol *symbol,
                     const struct pawl_ev_trade *trade) {
    if (trade->price.e8 <= 0) return;
    symbol->traded_ns = paper->now_ns;
    if (symbol->count == 0) return;
    struct paper_tick tick = {.venue_ns = trade->venue_time};
    if (tick.venue_ns == 0) tick.venue_ns = paper->now_ns;
    tick.at[PAPER_LAST] = trade->price.e8;
    tick.moved[PAPER_LAST] = true;
    if (sides_now(paper, symbol, &tick) && !symbol->quoted)
        tick.takes = tick.moved[PAPER_BID] = tick.moved[PAPER_ASK] = true;
    match_tick(paper, symbol, &tick);
}

static void on_mark(struct paper *paper, struct paper_symbol *symbol,
                    const struct pawl_ev_mark *mark) {
    if (mark->price.e8 <= 0 || symbol->count == 0) return;
    struct paper_tick tick = {.venue_ns = paper->now_ns};
    tick.at[PAPER_MARK] = mark->price.e8;
    tick.moved[PAPER_MARK] = true;
    sides_now(paper, symbol, &tick);
    match_tick(paper, symbol, &tick);
}

void paper_market(struct paper *paper, const struct pawl_event *event) {
    struct paper_world *world = paper->world;
    uint32_t instrument; /* every market event begins with it */
    memcpy(&instrument, event + 1, sizeof instrument);
    if (event->cookie != 0) {
        if (event->cookie <= world->restored_row) return; /* it was matched before the restart */
        world->row = event->cookie;
    }
    struct paper_symbol *symbol = paper_symbol_of(world, instrument);
    if (symbol == NULL) {
        uint32_t slot = paper_symbol_slot(world, paper->ctx, paper->market, instrument);
        if (slot == 0) return;
        symbol = world->symbols[slot];
    }
    switch (event->type) {
    case PAWL_EV_QUOTE: on_quote(paper, symbol, (const struct pawl_ev_quote *)event); break;
    case PAWL_EV_TRADE: on_trade(paper, symbol, (const struct pawl_ev_trade *)event); break;
    case PAWL_EV_BAR: paper_bar(paper, symbol, (const struct pawl_ev_bar *)event); break;
    default: on_mark(paper, symbol, (const struct pawl_ev_mark *)event); break;
    }
}
