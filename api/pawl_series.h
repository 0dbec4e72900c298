/*
 * pawl_series.h - pawl.series/1: finished bars, indicators over them, trading hours; for
 * strategies.
 *
 * A series is the bars of one instrument and one length. It exists because somebody keeps it, and
 * costs nothing otherwise. Its bars come from the first of these that the feed has, and never from
 * a mixture: bars of that length, shorter bars that add up to it (the longest such), trades, the
 * middle of quotes. When a better source appears the series begins anew. Stretches in which nothing
 * came make no bar.
 *
 * Lengths  in seconds, aligned to multiples of it since 1970 UTC. PAWL_SESSION_BARS | seconds
 *          aligns to the open of the instrument's session instead, and what comes outside the
 *          session counts nowhere; PAWL_SESSION_BARS alone is one bar a session.
 * Values   over finished bars only, exact to 1e-8, equal in every replay, and independent of when
 *          the series was asked. PAWL_E_NOTFOUND: fewer bars than needed so far, or none kept.
 * Restart  kept bars and the running one are durable. Keep again in create() or on `restored`;
 *          what nobody has kept by then is dropped.
 */
#ifndef PAWL_SERIES_H
#define PAWL_SERIES_H

#include "pawl_plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PAWL_SERIES "pawl.series/1"
#define PAWL_SERIES_BARS_MAX 4096u
#define PAWL_SERIES_SECONDS_MAX (7u * 86400u)
#define PAWL_SESSION_BARS 0x80000000u

struct pawl_bar {
    int64_t open_time, end_time; /* the bar is [open_time, end_time) */
    struct pawl_price open, high, low, close;
    struct pawl_qty volume; /* traded; 0 where only quotes come */
    uint32_t parts;         /* trades, quotes or shorter bars in it */
    uint32_t finished;      /* 0 = it still runs */
};

/* Trading hours of an instrument; without a calendar it is always open. */
struct pawl_session {
    uint32_t open;     /* 1 = now inside a session */
    uint32_t reserved;
    int64_t opened_at; /* open: when this session began; 0 = always open */
    int64_t closes_at; /* open: its end; else the end of the next one; 0 = never */
    int64_t opens_at;  /* the next opening after now; 0 = none */
};

struct pawl_series {
    uint32_t size;
    uint32_t reserved;
    /* [create, event] Keep at least the last `bars` finished bars from now on. Again with more:
     * more. PAWL_E_INVAL: no such instrument, a length that is none; PAWL_E_BUSY: too many. */
    int (*keep)(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t bars,
                struct pawl_err *err);
    /* [any] back 0 = the running bar, 1 = the last finished one. */
    int (*bar)(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t back,
               struct pawl_bar *ret);
    /* [any] As below, over the last n finished bars. Mean of the true ranges: n + 1 bars. */
    int (*atr)(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
               struct pawl_price *ret);
    /* Mean of the closes. */
    int (*sma)(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
               struct pawl_price *ret);
    /* Weight 2 / (n + 1), over the last 4 n bars, or all there are if at least n; begins with the
     * mean of the oldest n. Keep 4 n. */
    int (*ema)(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
               struct pawl_price *ret);
    /* Cutler's: 100 x sum of rises / sum of moves, n + 1 bars; 50 where nothing moved. */
    int (*rsi)(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
               struct pawl_ratio *ret);
    /* Standard deviation (n - 1) of the last n returns close / close before - 1; n + 1 bars. */
    int (*volatility)(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
                      struct pawl_ratio *ret);
    /* [any] PAWL_E_NOTFOUND: no such instrument. */
    int (*session)(struct pawl_ctx *ctx, uint32_t instrument, struct pawl_session *ret);
};

#ifdef __cplusplus
}
#endif
#endif
