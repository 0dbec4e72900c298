/*
 * world.h - what rules may know and do, as functions: the book and the bus in a host (book.c), a
 * made-up world in `pawl rules test` (test_world.c). [loop]
 */
#ifndef RULES_WORLD_H
#define RULES_WORLD_H

#include "events/codec.h"
#include "pawl_schema.gen.h"
#include "pawl_series.h"

/* What is open in an instrument, all lots and accounts together. */
struct rules_position {
    uint8_t side; /* PAWL_POSITION_SIDE_* of the larger part; 0 = flat */
    uint32_t lots;
    struct pawl_qty quantity;     /* long less short, without sign */
    struct pawl_price entry;      /* average of that side */
    struct pawl_money profit;     /* open, gross, account currency */
    struct pawl_ratio profit_pct; /* 0.02 = 2 % of the entry */
    struct pawl_ratio r;          /* profit in multiples of R; 0 = no R */
    int64_t since_ns;             /* first fill of the oldest lot; 0 = flat */
};

struct rules_lot {
    uint64_t id;
    uint8_t side;
    struct pawl_qty quantity;
    struct pawl_price entry, stop;
    struct pawl_money profit;
    struct pawl_ratio profit_pct, r;
    int64_t since_ns;
    const char *ref, *owner;
};

struct rules_price { /* 0 = none yet */
    struct pawl_price bid, ask, last, mark;
    int64_t time_ns; /* of bid and ask */
};

enum rules_indicator { RULES_ATR = 1, RULES_SMA, RULES_EMA, RULES_RSI, RULES_VOLATILITY };

struct rules_window { /* a sum over the last seconds */
    uint32_t instrument, seconds;
    uint16_t event; /* PAWL_EV_TRADE or PAWL_EV_LIQUIDATION */
    uint8_t side;   /* 0 = both */
    uint8_t of;     /* enum series_of */
};

struct rules_world {
    void *arg;
    int64_t (*now_ns)(void *arg);
    uint32_t (*instrument)(void *arg, const char *symbol);      /* 0 = none */
    const char *(*symbol)(void *arg, uint32_t instrument);      /* "" = none, or gone */
    uint32_t (*instrument_count)(void *arg);                    /* ids are 1 .. count */
    /* side 0 = both. */
    void (*position)(void *arg, uint32_t instrument, uint8_t side, struct rules_position *ret);
    bool (*lot_next)(void *arg, uint32_t instrument, uint64_t after, struct rules_lot *ret);
    void (*price)(void *arg, uint32_t instrument, struct rules_price *ret);
    /* PAWL_E_NOTFOUND = not enough bars yet; then they are kept from now on. */
    /* PAWL_E_BUSY: conditions have asked for too many series that no rule names. */
    int (*indicator)(void *arg, enum rules_indicator what, uint32_t instrument, uint32_t n,
                     uint32_t seconds, int64_t *ret_e8);
    int (*keep_bars)(void *arg, enum rules_indicator what, uint32_t instrument, uint32_t n,
                     uint32_t seconds, struct pawl_err *err);
    int64_t (*window)(void *arg, const struct rules_window *window);
    int (*keep_window)(void *arg, const struct rules_window *window, struct pawl_err *err);
    void (*session)(void *arg, uint32_t instrument, struct pawl_session *ret);
    /* Beginning of the trading day of the instrument's account; instrument 0 = of the UTC day. */
    int64_t (*day)(void *arg, uint32_t instrument);
    /* A request, as caused by the event that is delivered. Its seq; 0 = there is no room. */
    uint64_t (*ask)(void *arg, struct pawl_event *request);
    void (*halt)(void *arg, const char *reason); /* reason outlives the turn */
    uint32_t (*entries_max)(void *arg); /* risk.rule_entries_max */
    void (*tell)(void *arg, struct pawl_event *event); /* a state event */
    /* What the wants of an instrument's lots add up to: differs when one was changed. */
    uint64_t (*wants)(void *arg, uint32_t instrument);
    void (*put)(void *arg, uint16_t record, const void *row);
    void (*wake)(void *arg, int64_t due_ns); /* rules_timer() then; replaces the one before */
    const char *(*component)(void *arg, uint32_t id);
    const char *(*account)(void *arg, uint32_t id);
    struct event_decode decode; /* names in requests */
};

#endif
