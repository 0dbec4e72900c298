/*
 * feed.h - recorded or generated market data and scripted requests, as one stream of events.
 *
 * Several files are merged by time; equal times keep the order of the files, then of the lines. The
 * sequence depends only on the bytes of the files and the options, never on compression or the
 * machine. Files may be plain, gzip, zstd, xz or zip; they are streamed, so memory is bounded.
 *
 * Errors read `FILE:LINE: message`, or `FILE: message` where no line is to blame.
 * Calling phase: everything on the loop thread; no call waits for anything but the disk.
 */
#ifndef FEED_FEED_H
#define FEED_FEED_H

#include "pawl_event.h"

struct event_decode; /* events/codec.h */
struct feed;

#define FEED_FILES_MAX 256u
#define FEED_RULES_MAX 256u
#define FEED_LINE_MAX 65536u /* bytes of one line, its end excluded */
#define FEED_COLUMNS_MAX 64u
#define FEED_BAD_SHOWN_MAX 20u /* bad rows of one file that are told one by one */
#define FEED_TEXT_MAX 127u     /* bytes of a pattern, symbol, format or zone name */

/* Formats by name (options.format, feed_rule.format); NULL or "" = detected from the first line.
 *   "jsonl"             one object of FORMATS "Events in" a line; a quote with a side
 *                       of 0 passes here (a scenario may want one), in every CSV it is refused
 *   "csv"               a header names the columns: time | date,ms; bid,ask | price,size |
 *                       open,high,low,close,volume; LEAN's files are this (their _e4 columns too)
 *   "lean_quote"        date,ms,bid,ask without a header
 *   "lean_trade"        date,ms,price_e4,size,exchange,condition,suspicious without a header
 *   "binance_klines"    the exchange's dump of 12 columns, with or without its header
 *   "binance_trades"    id,price,qty,quote_qty,time,is_buyer_maker[,is_best_match]
 *   "binance_aggtrades" id,price,qty,first_id,last_id,time,is_buyer_maker[,is_best_match]
 *   "histdata"          YYYYMMDD HHMMSS;open;high;low;close;volume in UTC-05:00
 *   "generated"         the specification of generate.h, named *.generated.json
 */

/* Where a bar's time in the file stands. */
enum feed_stamp { FEED_STAMP_OPEN = 0, FEED_STAMP_CLOSE };

/* What the configuration says of the files whose name matches. The first rule that matches counts.
 * Strings live until feed_open returns. */
struct feed_rule {
    const char *match;        /* shell pattern against the path or an end of it: "demo/x*.csv" */
    const char *symbol;       /* NULL or "" = from the file name */
    const char *format;       /* NULL or "" = detected */
    const char *tz;           /* IANA name or "-05:00"; NULL or "" = UTC (histdata: -05:00) */
    struct pawl_ratio scale;  /* price = number x scale (x 0.0001 in _e4 columns); 0 = 1 */
    struct pawl_price spread; /* declared spread of trade-only data; passed on in feed_source */
    struct pawl_ratio
        speed;           /* of a replay against the wall clock; 0 = as fast as it goes; passed on */
    int64_t back_max_ns; /* how far time may step back; such a row arrives with the one before it */
    uint32_t bar_seconds; /* length of a bar; 0 = the file's own, or its smallest step */
    enum feed_stamp stamp;
};

enum feed_bad_rows { FEED_BAD_FATAL = 0, FEED_BAD_SKIP };

struct feed_options {
    void *self; /* handed to the callbacks */
    /* Id of a configured instrument, whatever the case of the text; 0 = unknown. */
    uint32_t (*instrument)(void *self, const char *symbol);
    /* The i-th configured symbol, for file names; NULL past the last. May be NULL. */
    const char *(*symbol_at)(void *self, size_t i);
    /* A skipped row or another remark: "FILE:LINE: message". May be NULL. */
    void (*remark)(void *self, const char *text);
    const struct event_decode *decode; /* for JSON Lines; outlives the feed; NULL = refused */
    const struct feed_rule *rules;
    size_t rule_count;
    const char *symbol; /* --symbol: for every file; NULL or "" = not said */
    const char *format; /* --format: for every file */
    const char *tz;     /* where no rule names one */
    enum feed_bad_rows bad_rows;
};

enum feed_kind { FEED_END = 0, FEED_EVENT, FEED_RELOAD, FEED_RESTART, FEED_ADVANCE };

struct feed_item {
    enum feed_kind kind;
    uint64_t row;    /* counted from 1 over the merged stream; every kind but FEED_END has one */
    int64_t time_ns; /* when it arrives, UTC; never less than that of the item before */
    /* FEED_EVENT: valid until the next call; the caller may write to its head. head: size, type,
     * time_ns, cookie = row, others 0. A bar arrives at its close. */
    struct pawl_event *event;
    const char *reload; /* FEED_RELOAD: the line, a JSON object; valid until the next call */
};

struct feed_counts {
    uint64_t rows; /* rows delivered, of any kind: the last item's row */
    uint64_t quotes, trades, bars, others, controls;
    uint64_t crossed, locked; /* quotes delivered with ask < bid, ask = bid */
    uint64_t bad;             /* rows skipped as malformed, out of order or one-sided */
    uint64_t one_sided;       /* of those, quotes with bid or ask 0 or empty */
    uint64_t suspicious;      /* rows the source itself marks as not to be used; skipped, not bad */
};

/* One file, as opened. */
struct feed_source {
    const char *path;
    const char *format;   /* "csv", "jsonl" ... */
    uint32_t instrument;  /* 0 = named line by line */
    uint32_t bar_seconds; /* 0 = not bars */
    int trades_only;      /* 1 = trades or bars, no quotes */
    struct pawl_price spread;
    struct pawl_ratio speed;
};

/* Opens every file and reads its first lines. PAWL_E_IO, PAWL_E_DATA, PAWL_E_CONFIG (unknown
 * symbol, format or zone), PAWL_E_NOMEM. `paths` need not outlive the call. */
int feed_open(const char *const *paths, size_t count, const struct feed_options *options,
              struct feed **ret, struct pawl_err *err);
/* A feed over events that lie one behind the other in memory (head.size apart), in order of time.
 * Only head.cookie is written. `events` stays the caller's and outlives the feed. */
int feed_from_array(struct pawl_event *events, size_t count, struct feed **ret,
                    struct pawl_err *err);
void feed_free(struct feed *feed);

/* The next item; kind FEED_END, again and again, at the end. Below 0: the feed cannot go on. */
int feed_next(struct feed *feed, struct feed_item *ret, struct pawl_err *err);
/* Goes forward until the next item is the one after `row`; PAWL_E_NOTFOUND if the feed is shorter,
 * PAWL_E_STATE if that row is already behind. Skipped rows count. */
int feed_skip_to(struct feed *feed, uint64_t row, struct pawl_err *err);

void feed_get_counts(const struct feed *feed, struct feed_counts *ret);
size_t feed_source_count(const struct feed *feed);
const struct feed_source *feed_source_at(const struct feed *feed,
                                         size_t i); /* lives with the feed */

#endif
