#include "rules/book_world.h"

#include <string.h>

#include "base/hash.h"
#include "book/market.h"
#include "book/money.h"
#include "book/report.h"
#include "events/reflect.h"

#define DAY_NS (86400 * PAWL_NS)

static const struct book *book_of(void *arg) { return ((struct rules_host *)arg)->book; }

static int64_t now_ns(void *arg) { return book_now(book_of(arg)); }

/* ---- names ---- */

static uint32_t instrument(void *arg, const char *symbol) {
    uint32_t id = names_find(book_of(arg)->names, NAME_INSTRUMENT, symbol);
    return id <= book_of(arg)->instrument_count ? id : 0;
}
static const char *symbol(void *arg, uint32_t id) {
    const struct book *book = book_of(arg);
    if (id == 0 || id > book->instrument_count || book->instruments[id].def.id == 0) return "";
    return names_text(book_of(arg)->names, NAME_INSTRUMENT, id);
}
static uint32_t instrument_count(void *arg) { return book_of(arg)->instrument_count; }
static const char *component(void *arg, uint32_t id) {
    return names_text(book_of(arg)->names, NAME_COMPONENT, id);
}
static const char *account(void *arg, uint32_t id) {
    return names_text(book_of(arg)->names, NAME_ACCOUNT, id);
}

/* ---- lots ---- */

/* What closing it now would pay, by the last good quote; 0 without one. */
static struct pawl_price exit_price(const struct book *book, const struct lot *lot) {
    return market_price(book, lot->rec.instrument, PAWL_TRIGGER_SOURCE_EXIT_SIDE, lot->rec.side);
}

static struct pawl_money lot_profit(const struct book *book, const struct lot *lot) {
    struct pawl_money profit = {0};
    struct pawl_price now = exit_price(book, lot);
    if (now.e8 == 0 ||
        book_profit(book, lot->rec.instrument, lot->rec.account, lot->rec.side, lot_cost(lot), now,
                    (struct pawl_qty){lot_open_e8(lot)}, &profit) != PAWL_OK)
        profit.e8 = 0;
    return profit;
}

/* (now - entry) / entry, signed so that more is better. */
static struct pawl_ratio profit_pct(uint8_t side, struct pawl_price entry, struct pawl_price now) {
    struct pawl_ratio pct = {0};
    int64_t difference;
    if (entry.e8 <= 0 || now.e8 == 0 || pawl_sub_i64(now.e8, entry.e8, &difference) != PAWL_OK)
        return pct;
    if (side == PAWL_POSITION_SIDE_SHORT) difference = -difference;
    if (pawl_muldiv(difference, PAWL_E8, entry.e8, PAWL_ROUND_EVEN, &pct.e8) != PAWL_OK) pct.e8 = 0;
    return pct;
}

static const struct lot *first_lot(const struct book *book, uint32_t id) {
    return id != 0 && id <= book->instrument_count ? book->instruments[id].lots : NULL;
}

struct sums { /* of one side of an instrument */
    pawl_i128 value, risk, move; /* price x quantity, R x quantity, (now - entry) x quantity */
    int64_t quantity_e8, profit_e8, since_ns;
    uint32_t lots;
};

static void add_lot(const struct book *book, const struct lot *lot, struct sums *sums) {
    int64_t open = lot_open_e8(lot);
    struct pawl_price entry = lot_entry(lot), now = exit_price(book, lot);
    sums->lots++;
    sums->value += (pawl_i128)entry.e8 * open;
    sums->risk += (pawl_i128)lot->rec.r.e8 * open;
    if (now.e8 != 0)
        sums->move += (lot->rec.side == PAWL_POSITION_SIDE_LONG ? (pawl_i128)now.e8 - entry.e8
                                                                : (pawl_i128)entry.e8 - now.e8) *
                      open;
    if (pawl_add_i64(sums->quantity_e8, open, &sums->quantity_e8) != PAWL_OK ||
        pawl_add_i64(sums->profit_e8, lot_profit(book, lot).e8, &sums->profit_e8) != PAWL_OK)
        return;
    if (lot->rec.opened != 0 && (sums->since_ns == 0 || lot->rec.opened < sums->since_ns))
        sums->since_ns = lot->rec.opened;
}

static void from_sums(const struct book *book, uint32_t id, uint8_t side, const struct sums *of,
                      int64_t against_e8, struct rules_position *ret) {
    struct pawl_price now = market_price(book, id, PAWL_TRIGGER_SOURCE_EXIT_SIDE, side);
    ret->side = side;
    ret->quantity.e8 = of->quantity_e8 - against_e8;
    ret->since_ns = of->since_ns;
    if (pawl_div_i128(of->value, of->quantity_e8, PAWL_ROUND_EVEN, &ret->entry.e8) != PAWL_OK)
        ret->entry.e8 = 0;
    ret->profit_pct = profit_pct(side, ret->entry, now);
    /* Small ones keep their digits, large ones have enough of them. */
    bool small = of->risk < (pawl_i128)1 << 90;
    pawl_i128 move = small ? of->move * PAWL_E8 : of->move;
    pawl_i128 risk = small ? of->risk : of->risk / PAWL_E8;
    if (of->risk <= 0 || pawl_div_i128(move, risk, PAWL_ROUND_EVEN, &ret->r.e8) != PAWL_OK)
        ret->r.e8 = 0;
}

static void position(void *arg, uint32_t id, uint8_t side, struct rules_position *ret) {
    const struct book *book = book_of(arg);
    struct sums sums[2] = {{0}}; /* long, short */
    memset(ret, 0, sizeof *ret);
    for (const struct lot *lot = first_lot(book, id); lot != NULL; lot = lot->instrument_next) {
        bool is_long = lot->rec.side == PAWL_POSITION_SIDE_LONG;
        if (lot_open_e8(lot) > 0 && (side == 0 || side == lot->rec.side))
            add_lot(book, lot, &sums[is_long ? 0 : 1]);
    }
    ret->lots = sums[0].lots + sums[1].lots;
    if (pawl_add_i64(sums[0].profit_e8, sums[1].profit_e8, &ret->profit.e8) != PAWL_OK)
        ret->profit.e8 = 0;
    if (sums[0].quantity_e8 > sums[1].quantity_e8)
        from_sums(book, id, PAWL_POSITION_SIDE_LONG, &sums[0], sums[1].quantity_e8, ret);
    else if (sums[1].quantity_e8 > sums[0].quantity_e8)
        from_sums(book, id, PAWL_POSITION_SIDE_SHORT, &sums[1], sums[0].quantity_e8, ret);
}

static bool lot_next(void *arg, uint32_t id, uint64_t after, struct rules_lot *ret) {
    const struct book *book = book_of(arg);
    const struct lot *lot = first_lot(book, id);
    while (lot != NULL && (lot->rec.id <= after || lot_open_e8(lot) <= 0))
        lot = lot->instrument_next;
    if (lot == NULL) return false;
    struct pawl_price now = exit_price(book, lot);
    *ret = (struct rules_lot){.id = lot->rec.id,
                              .side = lot->rec.side,
                              .quantity = {lot_open_e8(lot)},
                              .entry = lot_entry(lot),
                              .stop = lot->rec.stop,
                              .profit = lot_profit(book, lot),
                              .profit_pct = profit_pct(lot->rec.side, lot_entry(lot), now),
                              .since_ns = lot->rec.opened,
                              .ref = lot->rare->rec.ref,
                              .owner = component(arg, lot->rec.owner)};
    if (now.e8 != 0) ret->r = lot_r_of(lot, now);
    return true;
}

/* ---- market ---- */

static void price(void *arg, uint32_t id, struct rules_price *ret) {
    const struct pawl_market_state *now = &book_of(arg)->instruments[id].market;
    *ret = (struct rules_price){now->bid, now->ask, now->last, now->mark, now->quote_time};
}

static enum series_what series_of(enum rules_indicator what) {
    static const enum series_what of[] = {0, SERIES_ATR, SERIES_SMA, SERIES_EMA, SERIES_RSI,
                                          SERIES_VOLATILITY};
    return of[what];
}

static int keep_for(struct rules_host *host, uint32_t owner, enum rules_indicator what,
                    uint32_t id, uint32_t n, uint32_t seconds, struct pawl_err *err) {
    if (host->book->instruments[id].def.id == 0) return PAWL_OK; /* not configured any more */
    return series_keep(host->series, owner, id, seconds, series_bars_for(series_of(what), n), err);
}

static int keep_bars(void *arg, enum rules_indicator what, uint32_t id, uint32_t n,
                     uint32_t seconds, struct pawl_err *err) {
    return keep_for(arg, SERIES_OWNER_RULES | SERIES_STAGED, what, id, n, seconds, err);
}

static int indicator(void *arg, enum rules_indicator what, uint32_t id, uint32_t n,
                     uint32_t seconds, int64_t *ret_e8) {
    struct rules_host *host = arg;
    int rc = series_value(host->series, series_of(what), id, seconds, n, now_ns(arg), ret_e8);
    if (rc != PAWL_E_NOTFOUND && rc != PAWL_E_INVAL) return rc;
    if (!series_is_kept(host->series, id, seconds)) { /* each costs time with every price */
        if (host->asked_series == RULES_ASKED_SERIES_MAX) return PAWL_E_BUSY;
        host->asked_series++;
    }
    (void)keep_for(host, SERIES_OWNER_ASKED, what, id, n, seconds, NULL);
    return rc;
}

static struct series_sum sum_of(const struct rules_window *window) {
    return (struct series_sum){.instrument = window->instrument,
                               .seconds = window->seconds,
                               .event = window->event,
                               .side = window->side,
                               .of = window->of};
}

static int keep_window(void *arg, const struct rules_window *window, struct pawl_err *err) {
    struct rules_host *host = arg;
    struct series_sum sum = sum_of(window);
    if (host->book->instruments[window->instrument].def.id == 0) return PAWL_OK;
    return series_sum_keep(host->series, SERIES_OWNER_RULES | SERIES_STAGED, &sum, err);
}

void rules_keep_staged(struct rules_host *host, bool changed) {
    series_take_over(host->series, SERIES_OWNER_RULES);
    if (!changed) return;
    series_unclaim(host->series, SERIES_OWNER_ASKED);
    host->asked_series = 0;
}

void rules_drop_staged(struct rules_host *host) {
    series_unclaim(host->series, SERIES_OWNER_RULES | SERIES_STAGED);
}

static int64_t window(void *arg, const struct rules_window *of) {
    struct rules_host *host = arg;
    struct series_sum sum = sum_of(of);
    int64_t e8 = 0;
    return series_sum_at(host->series, &sum, now_ns(arg), &e8) == PAWL_OK ? e8 : 0;
}

static void session(void *arg, uint32_t id, struct pawl_session *ret) {
    sessions_at(*((struct rules_host *)arg)->calendars, id, now_ns(arg), ret);
}

static int64_t day(void *arg, uint32_t id) {
    const struct book *book = book_of(arg);
    int64_t utc_day = now_ns(arg) / DAY_NS * DAY_NS;
    if (id == 0 || id > book->instrument_count) return utc_day;
    int64_t began = book->accounts[book->instruments[id].def.account].kept.day;
    return began != 0 ? began : utc_day;
}

/* ---- doing ---- */

static uint64_t ask(void *arg, struct pawl_event *request) {
    const struct rules_host *host = arg;
    struct bus *bus = host->book->bus;
    uint64_t before = bus->cause;
    if (request->type == PAWL_EV_ENTRY)
        request->target = ((struct pawl_ev_entry *)(void *)request)->via;
    bus_set_cause(bus, host->fired);
    int rc = bus_publish(bus, 0, request);
    bus_set_cause(bus, before);
    return rc == PAWL_OK ? bus->seq : 0;
}

static void halt(void *arg, const char *reason) {
    struct exec *exec = ((struct rules_host *)arg)->exec;
    if (exec->command != EXEC_COMMAND_NONE) return;
    exec->command = EXEC_COMMAND_HALT;
    exec->command_reason = reason;
}

static uint32_t entries_max(void *arg) {
    return (uint32_t)((struct rules_host *)arg)->exec->config->risk.rule_entries_max;
}

static void tell(void *arg, struct pawl_event *event) {
    struct rules_host *host = arg;
    book_publish(host->book, event);
    if (event->type == PAWL_EV_RULE_FIRED) host->fired = host->book->bus->seq;
}

static uint64_t wants(void *arg, uint32_t id) {
    uint64_t sum = 0;
    for (const struct lot *lot = first_lot(book_of(arg), id); lot != NULL;
         lot = lot->instrument_next)
        sum += hash_u64(lot->rec.id ^ hash_u64((uint64_t)lot->rec.enter_up_to.e8)) +
               hash_u64(lot->rec.id ^ hash_u64((uint64_t)lot->rec.exit_at_least.e8 + 1));
    return sum;
}

static void put(void *arg, uint16_t record, const void *row) {
    struct book *book = ((struct rules_host *)arg)->book;
    book_put(book, record, row);
    book->plugin_changes = true;
}

static void wake(void *arg, int64_t due_ns) {
    exec_wake_at(((struct rules_host *)arg)->exec, EXEC_KEY_RULES, 0, due_ns);
}

void rules_book_world(struct rules_host *host, struct rules_world *ret) {
    *ret = (struct rules_world){.arg = host,
                                .now_ns = now_ns,
                                .instrument = instrument,
                                .symbol = symbol,
                                .instrument_count = instrument_count,
                                .position = position,
                                .lot_next = lot_next,
                                .price = price,
                                .indicator = indicator,
                                .keep_bars = keep_bars,
                                .window = window,
                                .keep_window = keep_window,
                                .session = session,
                                .day = day,
                                .ask = ask,
                                .halt = halt,
                                .entries_max = entries_max,
                                .tell = tell,
                                .wants = wants,
                                .put = put,
                                .wake = wake,
                                .component = component,
                                .account = account,
                                .decode = host->decode};
}
