/*
 * layout.h - what the columns of a CSV file mean.
 *
 * Every format is a header line: the file's own, or a constant one for formats without. From the
 * names of the columns follow what a row is (quote, trade or bar) and how it is read.
 * [open] Constant afterwards.
 */
#ifndef FEED_LAYOUT_H
#define FEED_LAYOUT_H

#include "feed/feed.h"

enum column {
    COL_SKIP = 0,
    COL_TIME,    /* any form of stamp.h */
    COL_DATE,    /* YYYYMMDD, beside COL_MS */
    COL_MS,      /* milliseconds since local midnight, may carry a fraction */
    COL_ARRIVAL, /* when a recorder received it */
    COL_SYMBOL,
    COL_BID,
    COL_ASK,
    COL_BID_SIZE,
    COL_ASK_SIZE,
    COL_PRICE,
    COL_SIZE,
    COL_SIDE,  /* of the aggressor: buy, sell */
    COL_MAKER, /* true = the buyer was passive, so the aggressor sold */
    COL_OPEN,
    COL_HIGH,
    COL_LOW,
    COL_CLOSE,
    COL_VOLUME,
    COL_CLOSE_TIME, /* last instant of the bar, inclusive */
    COL_SECONDS,    /* length of the bar */
    COL_SUSPICIOUS, /* 0 or 1 */
    COL_COUNT_
};

enum layout_kind { LAYOUT_QUOTE = 1, LAYOUT_TRADE, LAYOUT_BAR };

#define LAYOUT_SHIFT_PRICE 8 /* decimal places of the scalars */

struct layout {
    const char *format; /* "csv", "binance_klines" ... */
    const char *tz;     /* of stamps without a zone, where the format says; NULL = it does not */
    enum layout_kind kind;
    char separator;
    int header; /* 1 = the file begins with a header line */
    uint32_t count;
    uint32_t has;                     /* 1 << enum column */
    uint8_t column[FEED_COLUMNS_MAX]; /* enum column */
    int8_t shift[FEED_COLUMNS_MAX];   /* digits the point moves when read: 8, or 4 for _e4 */
};

static inline int layout_has(const struct layout *layout, enum column column) {
    return (layout->has >> column & 1u) != 0;
}

/* "bid", for messages. */
const char *layout_column_name(enum column column);

/* A line that names at least one known column is a header. PAWL_E_NOTFOUND: it is none (then no
 * text is set); PAWL_E_DATA: it is one, but does not make a quote, trade or bar. */
int layout_from_header(const char *line, size_t len, struct layout *ret, struct pawl_err *err);
/* The i-th layout of files without a header; PAWL_E_NOTFOUND past the last. */
int layout_fixed(size_t i, struct layout *ret);
/* Whether a format of this name exists at all ("jsonl" and "generated" included). */
int layout_format_known(const char *format);

#endif
