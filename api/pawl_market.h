/*
 * pawl_market.h - pawl.market/1: instruments, accounts and prices; for brokers and strategies.
 *
 * Pointers are the host's, constant while the plugin runs unless it says otherwise.
 */
#ifndef PAWL_MARKET_H
#define PAWL_MARKET_H

#include "pawl_plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PAWL_MARKET "pawl.market/1"
#define PAWL_SYMBOL_MAX 31u

/* The pointer lives as long as the plugin. What is in it changes by a reload only, between events:
 * read it when it is needed. id 0 = it is not configured any more. */
struct pawl_instrument {
    uint32_t id;
    uint32_t account; /* default account */
    char symbol[PAWL_SYMBOL_MAX + 1];
    char class_[16]; /* "fx" "metal" "equity" "crypto" "future" "option" "cfd"; empty = not said */
    char currency[8]; /* of prices */
    char sector[24];
    struct pawl_price tick;
    struct pawl_qty step, min_quantity, max_quantity; /* max 0 = none */
    struct pawl_money min_notional;          /* 0 = none */
    struct pawl_ratio multiplier;            /* money = price difference x quantity x this */
    struct pawl_price pip_size;              /* 0 = not defined by pips */
    struct pawl_money pip_value_per_std_lot; /* account currency; 0 = none */
    struct pawl_price min_stop_distance;     /* 0 = none */
    char profile[PAWL_NAME_MAX + 1];         /* of lots that name none; empty = none */
};

struct pawl_market_state {
    /* The last good quote; on trade-only feeds the last trade -+ half the spread. 0 = none. */
    struct pawl_price bid, ask;
    struct pawl_price last, mark;
    int64_t quote_time;     /* of bid/ask; 0 = none yet */
    int64_t stale_after_ns; /* quotes older than this refuse entries */
    uint64_t crossed;       /* quotes not used because ask < bid */
};

struct pawl_account_info {
    uint32_t id;
    uint32_t broker;  /* component */
    uint32_t hedging; /* 1 = both sides at once, 0 = netting */
    char name[PAWL_NAME_MAX + 1];
    char currency[8];
    struct pawl_ratio leverage;
    struct pawl_money balance; /* at start, from the configuration */
    uint32_t lots_grow; /* 0 = each entry is a position of its own there: more is another lot */
    uint32_t reserved;  /* 0 */
};

struct pawl_market {
    uint32_t size;
    uint32_t reserved;
    /* [any] NULL = no such instrument; as below. */
    const struct pawl_instrument *(*instrument)(struct pawl_ctx *ctx, uint32_t id);
    /* [any] The text exactly as configured. */
    const struct pawl_instrument *(*by_symbol)(struct pawl_ctx *ctx, const char *symbol);
    /* [any] NULL = no such account. */
    const struct pawl_account_info *(*account)(struct pawl_ctx *ctx, uint32_t id);
    /* [any] NULL = no such instrument; without prices yet all of it is 0. */
    const struct pawl_market_state *(*state)(struct pawl_ctx *ctx, uint32_t instrument);
    /* [any] The instrument with the smallest id above `after`; NULL = no more. */
    const struct pawl_instrument *(*next)(struct pawl_ctx *ctx, uint32_t after);
    /* [any] Money of the account for a price difference (signed) of a quantity, at the rate of now;
     * exact but for one rounding. PAWL_E_NOTFOUND, PAWL_E_RANGE. */
    int (*value)(struct pawl_ctx *ctx, uint32_t instrument, uint32_t account,
                 struct pawl_price difference, struct pawl_qty quantity, struct pawl_money *ret);
    /* [any] The name as configured; NULL = no such account, or not any more. */
    const struct pawl_account_info *(*account_by_name)(struct pawl_ctx *ctx, const char *name);
};

#ifdef __cplusplus
}
#endif
#endif
