#include "book/market.h"
#include "book/book.h"

uint8_t market_line(uint8_t source, uint8_t position_side) {
    bool is_long = position_side == PAWL_POSITION_SIDE_LONG;
    switch (source) {
    case PAWL_TRIGGER_SOURCE_LAST: return TRIGGER_LAST;
    case PAWL_TRIGGER_SOURCE_MARK: return TRIGGER_MARK;
    case PAWL_TRIGGER_SOURCE_ENTRY_SIDE: return is_long ? TRIGGER_ASK : TRIGGER_BID;
    default: return is_long ? TRIGGER_BID : TRIGGER_ASK; /* the exit side */
    }
}

struct pawl_price market_price(const struct book *book, uint32_t instrument, uint8_t source,
                               uint8_t position_side) {
    const struct pawl_market_state *now = &book->instruments[instrument].market;
    switch (market_line(source, position_side)) {
    case TRIGGER_BID: return now->bid;
    case TRIGGER_ASK: return now->ask;
    case TRIGGER_LAST: return now->last;
    default: return now->mark;
    }
}

int64_t market_time(const struct book *book, uint32_t instrument, uint8_t source,
                    uint8_t position_side) {
    return book->instruments[instrument].line_time[market_line(source, position_side)];
}

struct pawl_price market_entry(const struct book *book, uint32_t instrument, uint8_t position_side,
                               bool *ret_stale) {
    const struct pawl_market_state *now = &book->instruments[instrument].market;
    *ret_stale = now->quote_time == 0 || book_now(book) - now->quote_time > now->stale_after_ns;
    return position_side == PAWL_POSITION_SIDE_LONG ? now->ask : now->bid;
}

static void set_sides(struct book *book, struct book_instrument *in, struct pawl_price bid,
                      struct pawl_price ask) {
    in->market.bid = bid;
    in->market.ask = ask;
    in->market.quote_time = book_now(book);
    in->line_time[TRIGGER_BID] = in->line_time[TRIGGER_ASK] = book_now(book);
    triggers_price(book->triggers, in->def.id, TRIGGER_BID, bid);
    triggers_price(book->triggers, in->def.id, TRIGGER_ASK, ask);
}

/* Trade-only feeds: the exit side is the last trade less or plus half the declared spread. */
static void set_from_trade(struct book *book, struct book_instrument *in, struct pawl_price last) {
    struct pawl_price bid, ask;
    if (pawl_sub_i64(last.e8, in->half_spread.e8, &bid.e8) != PAWL_OK || bid.e8 <= 0 ||
        pawl_add_i64(last.e8, in->half_spread.e8, &ask.e8) != PAWL_OK)
        return;
    set_sides(book, in, bid, ask);
}

static void on_quote(struct book *book, struct book_instrument *in,
                     const struct pawl_ev_quote *quote) {
    if (quote->bid.e8 <= 0 || quote->ask.e8 <= 0) {
        in->skipped++;
        return;
    }
    in->has_quotes = true;
    if (quote->ask.e8 < quote->bid.e8) {
        in->market.crossed++;
        return;
    }
    set_sides(book, in, quote->bid, quote->ask);
}

static void on_trade(struct book *book, struct book_instrument *in,
                     const struct pawl_ev_trade *trade) {
    if (trade->price.e8 <= 0) {
        in->skipped++;
        return;
    }
    in->market.last = trade->price;
    in->line_time[TRIGGER_LAST] = book_now(book);
    if (!in->has_quotes) set_from_trade(book, in, trade->price);
    triggers_price(book->triggers, in->def.id, TRIGGER_LAST, trade->price);
}

/*
 * A bar arrives at its close. Each side sees open, its adverse extreme, the other extreme, close:
 * a long's exit side (bid) the low first, a short's (ask) the high first. The path is applied piece
 * by piece (book_path_step), so that what one piece fires is dealt with before the next is applied.
 */
static void path_add(struct book_path *path, enum trigger_line line, int64_t price_e8) {
    if (price_e8 <= 0) return;
    path->pieces[path->count].line = (uint8_t)line;
    path->pieces[path->count].price.e8 = price_e8;
    path->count++;
}

static void path_line(struct book_path *path, enum trigger_line line, const int64_t prices_e8[4],
                      int64_t shift_e8) {
    for (int i = 0; i < 4; i++) path_add(path, line, prices_e8[i] + shift_e8);
}

static void on_bar(struct book *book, struct book_instrument *in, const struct pawl_ev_bar *bar) {
    int64_t half = in->half_spread.e8, unused;
    if (bar->low.e8 <= half || bar->open.e8 < bar->low.e8 || bar->open.e8 > bar->high.e8 ||
        bar->close.e8 < bar->low.e8 || bar->close.e8 > bar->high.e8 ||
        pawl_add_i64(bar->high.e8, half, &unused) != PAWL_OK) {
        in->skipped++;
        return;
    }
    const int64_t low_first[4] = {bar->open.e8, bar->low.e8, bar->high.e8, bar->close.e8};
    const int64_t high_first[4] = {bar->open.e8, bar->high.e8, bar->low.e8, bar->close.e8};
    in->market.last = bar->close;
    in->line_time[TRIGGER_LAST] = book_now(book);
    if (in->has_quotes) return;
    int64_t stale_ns = (int64_t)bar->seconds * PAWL_NS * 3 / 2;
    if (stale_ns > in->market.stale_after_ns) in->market.stale_after_ns = stale_ns;
    struct book_path *path = &book->path;
    path->instrument = in->def.id;
    path->at = path->count = 0;
    path->age = triggers_age(book->triggers);
    path_line(path, TRIGGER_BID, low_first, -half);
    path_line(path, TRIGGER_ASK, high_first, half);
    path_line(path, TRIGGER_LAST, low_first, 0);
    in->market.bid.e8 = bar->close.e8 - half;
    in->market.ask.e8 = bar->close.e8 + half;
    in->market.quote_time = book_now(book);
    in->line_time[TRIGGER_BID] = in->line_time[TRIGGER_ASK] = book_now(book);
    book_path_step(book);
}

bool book_path_step(struct book *book) {
    struct book_path *path = &book->path;
    if (path->at == path->count) return false;
    while (path->at < path->count) {
        const struct book_piece *piece = &path->pieces[path->at++];
        triggers_quiet(book->triggers, path->at % 4 != 0); /* only the close is a price that was */
        if (triggers_price(book->triggers, path->instrument, piece->line, piece->price)) break;
    }
    return true;
}

bool book_take_hit(struct book *book, struct trigger_hit *ret) {
    while (triggers_take(book->triggers, ret)) {
        const struct book_path *path = &book->path;
        bool armed_inside = path->count != 0 && ret->spec.instrument == path->instrument &&
                            ret->age > path->age && path->at % 4 != 0;
        if (!armed_inside) return true;
        triggers_arm(book->triggers, &ret->spec, NULL); /* only the bar's close counts for it */
    }
    return false;
}

void book_market(struct book *book, const struct pawl_event *event) {
    const struct pawl_ev_quote *quote = (const void *)event; /* `instrument` is first in all four */
    uint32_t id = quote->instrument;
    book->path.count = book->path.at = 0;
    if (id == 0 || id > book->instrument_count || book->instruments[id].def.id == 0) return;
    struct book_instrument *in = &book->instruments[id];
    switch (event->type) {
    case PAWL_EV_QUOTE: on_quote(book, in, quote); break;
    case PAWL_EV_TRADE: on_trade(book, in, (const void *)event); break;
    case PAWL_EV_BAR: on_bar(book, in, (const void *)event); break;
    case PAWL_EV_MARK: {
        const struct pawl_ev_mark *mark = (const void *)event;
        if (mark->price.e8 <= 0) break;
        in->market.mark = mark->price;
        in->line_time[TRIGGER_MARK] = book_now(book);
        triggers_price(book->triggers, id, TRIGGER_MARK, mark->price);
        break;
    }
    default: break;
    }
}
