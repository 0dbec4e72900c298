/* csv.c - a row of numbers becomes a quote, a trade or a bar. */
#include <stdio.h>

#include "feed/source.h"
#include "feed/stamp.h"
#include "pawl_num.h"
#include "pawl_schema.gen.h"

#define STEP_ROWS_MAX 2000u      /* rows looked at for the length of a bar */
#define BAR_SECONDS_MAX 31708800 /* 367 days */

static int bad(char *message, const char *text) {
    snprintf(message, ROW_MESSAGE_MAX, "%s", text);
    return LINE_BAD;
}

static int bad_value(char *message, enum column column, const char *what, int64_t e8) {
    char number[PAWL_E8_TEXT_MAX];
    pawl_format_e8(e8, number);
    snprintf(message, ROW_MESSAGE_MAX, "%s: %s: %s", layout_column_name(column), what, number);
    return LINE_BAD;
}

/* Time of the row as written; *ret_utc = 0: local. */
static int own_time(const struct layout *layout, const struct row *row, int64_t *ret_ns,
                    int *ret_utc, char *message) {
    if (layout_has(layout, COL_TIME)) {
        *ret_ns = row->v[COL_TIME];
        *ret_utc = row->utc;
        return PAWL_OK;
    }
    int64_t of_day = row->v[COL_MS];
    if (of_day < 0 || of_day >= STAMP_DAY_NS) return bad(message, "ms: not within a day");
    *ret_ns = row->v[COL_DATE] + of_day;
    *ret_utc = 0;
    return PAWL_OK;
}

static int row_time(struct source *source, const struct row *row, int64_t *ret_ns, char *message) {
    int utc;
    int64_t ns;
    if (own_time(&source->layout, row, &ns, &utc, message) != PAWL_OK) return LINE_BAD;
    if (!utc && source->tz != NULL &&
        tz_to_utc(source->tz, ns, source->last_utc_ns, &ns) != PAWL_OK) {
        snprintf(message, ROW_MESSAGE_MAX,
                 "time: clocks were set forward in %.60s, there was no such time", source->tz_name);
        return LINE_BAD;
    }
    if (ns <= 0) return bad(message, "time: not after 1970-01-01");
    *ret_ns = ns;
    return PAWL_OK;
}

static int row_instrument(struct source *source, const struct row *row, uint32_t *ret,
                          char *message) {
    if (source->info.instrument != 0) {
        *ret = source->info.instrument;
        return PAWL_OK;
    }
    size_t len = row->symbol_len;
    if (len > 0 && len <= FEED_TEXT_MAX &&
        (strlen(source->symbol) != len || memcmp(source->symbol, row->symbol, len) != 0)) {
        memcpy(source->symbol, row->symbol, len);
        source->symbol[len] = '\0';
        source->symbol_id = source->options->instrument(source->options->self, source->symbol);
    }
    if (len == 0 || len > FEED_TEXT_MAX || source->symbol_id == 0) {
        struct row_shown shown = row_show(row->symbol, len);
        snprintf(message, ROW_MESSAGE_MAX, "symbol: no such instrument: '%s'", shown.text);
        return LINE_BAD;
    }
    *ret = source->symbol_id;
    return PAWL_OK;
}

static void head(struct pawl_event *event, uint32_t size, uint16_t type, int64_t time_ns) {
    *event = (struct pawl_event){.size = size, .type = type, .time_ns = time_ns};
}

static int quote(const struct source *source, uint32_t instrument, int64_t own_ns, void *out,
                 char *message) {
    const int64_t *v = source->row.v;
    struct pawl_ev_quote *event = out;
    for (int c = COL_BID; c <= COL_ASK_SIZE; c++)
        if (v[c] < 0) return bad_value(message, (enum column)c, "negative", v[c]);
    if (v[COL_BID] == 0 || v[COL_ASK] == 0) {
        snprintf(message, ROW_MESSAGE_MAX, "one-sided quote: %s is 0 or empty",
                 v[COL_BID] == 0 ? "bid" : "ask");
        return LINE_ONE_SIDED;
    }
    head(&event->head, sizeof *event, PAWL_EV_QUOTE, own_ns);
    event->instrument = instrument;
    memset(event->pad_0, 0, sizeof event->pad_0);
    event->bid.e8 = v[COL_BID];
    event->ask.e8 = v[COL_ASK];
    event->bid_size.e8 = v[COL_BID_SIZE];
    event->ask_size.e8 = v[COL_ASK_SIZE];
    event->venue_time = own_ns;
    return (int)sizeof *event;
}

static int trade(const struct source *source, uint32_t instrument, int64_t own_ns, void *out,
                 char *message) {
    const int64_t *v = source->row.v;
    struct pawl_ev_trade *event = out;
    if (v[COL_PRICE] <= 0) return bad_value(message, COL_PRICE, "not above 0", v[COL_PRICE]);
    if (v[COL_SIZE] < 0) return bad_value(message, COL_SIZE, "negative", v[COL_SIZE]);
    head(&event->head, sizeof *event, PAWL_EV_TRADE, own_ns);
    event->instrument = instrument;
    event->side = (uint8_t)v[COL_SIDE];
    memset(event->pad_0, 0, sizeof event->pad_0);
    event->price.e8 = v[COL_PRICE];
    event->size.e8 = v[COL_SIZE];
    event->venue_time = own_ns;
    return (int)sizeof *event;
}

static int bar_seconds(const struct source *source, int64_t own_ns, int64_t *ret, char *message) {
    const struct row *row = &source->row;
    int64_t seconds = source->info.bar_seconds;
    if (layout_has(&source->layout, COL_SECONDS))
        seconds = row->v[COL_SECONDS];
    else if (layout_has(&source->layout,
                        COL_CLOSE_TIME)) /* the last millisecond or microsecond of the bar */
        seconds = (row->v[COL_CLOSE_TIME] - own_ns + PAWL_NS / 2) / PAWL_NS;
    if (seconds <= 0 || seconds > BAR_SECONDS_MAX)
        return bad(message, "the bar's length is not above 0 and within a year");
    *ret = seconds;
    return PAWL_OK;
}

static int bar(const struct source *source, uint32_t instrument, int64_t own_ns, void *out,
               char *message) {
    const int64_t *v = source->row.v;
    struct pawl_ev_bar *event = out;
    int64_t seconds;
    for (int c = COL_OPEN; c <= COL_CLOSE; c++)
        if (v[c] <= 0) return bad_value(message, (enum column)c, "not above 0", v[c]);
    if (v[COL_VOLUME] < 0) return bad_value(message, COL_VOLUME, "negative", v[COL_VOLUME]);
    if (v[COL_HIGH] < v[COL_LOW] || v[COL_OPEN] > v[COL_HIGH] || v[COL_OPEN] < v[COL_LOW] ||
        v[COL_CLOSE] > v[COL_HIGH] || v[COL_CLOSE] < v[COL_LOW])
        return bad(message, "open and close are not between low and high");
    if (bar_seconds(source, own_ns, &seconds, message) != PAWL_OK) return LINE_BAD;
    int64_t open_ns = source->stamp == FEED_STAMP_CLOSE ? own_ns - seconds * PAWL_NS : own_ns;
    if (open_ns <= 0) return bad(message, "time: the bar begins before 1970-01-01");
    head(&event->head, sizeof *event, PAWL_EV_BAR, open_ns + seconds * PAWL_NS);
    event->instrument = instrument;
    event->seconds = (uint32_t)seconds;
    event->open_time = open_ns;
    event->open.e8 = v[COL_OPEN];
    event->high.e8 = v[COL_HIGH];
    event->low.e8 = v[COL_LOW];
    event->close.e8 = v[COL_CLOSE];
    event->volume.e8 = v[COL_VOLUME];
    return (int)sizeof *event;
}

int csv_line(struct source *source, const char *line, size_t len, void *out, int64_t *ret_own_ns,
             char message[ROW_MESSAGE_MAX]) {
    struct row *row = &source->row;
    uint32_t instrument;
    int size;
    if (row_read(&source->reader, line, len, row, message) != PAWL_OK) return LINE_BAD;
    if (row->v[COL_SUSPICIOUS] != 0) return LINE_SKIP;
    if (row_time(source, row, ret_own_ns, message) != PAWL_OK) return LINE_BAD;
    if (row_instrument(source, row, &instrument, message) != PAWL_OK) return LINE_BAD;
    switch (source->layout.kind) {
    case LAYOUT_QUOTE: size = quote(source, instrument, *ret_own_ns, out, message); break;
    case LAYOUT_TRADE: size = trade(source, instrument, *ret_own_ns, out, message); break;
    case LAYOUT_BAR: size = bar(source, instrument, *ret_own_ns, out, message); break;
    default: return bad(message, "no such kind of row");
    }
    if (size > 0 && layout_has(&source->layout, COL_ARRIVAL) && row->v[COL_ARRIVAL] > 0)
        ((struct pawl_event *)out)->time_ns = row->v[COL_ARRIVAL];
    return size;
}

uint32_t csv_smallest_step(struct source *source) {
    struct row_reader reader = source->reader;
    const char *at = source->bytes->at, *end = source->bytes->end;
    char message[ROW_MESSAGE_MAX];
    int64_t before = 0, smallest = 0;
    for (uint32_t i = 0; i < STEP_ROWS_MAX && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline != NULL ? newline : end) - at);
        struct row row = {.utc = 0};
        int64_t now;
        int utc;
        if (newline == NULL && !source->bytes->at_end) break;
        if (len > 0 && at[len - 1] == '\r') len--;
        if (row_read(&reader, at, len, &row, message) == PAWL_OK &&
            own_time(&reader.layout, &row, &now, &utc, message) == PAWL_OK) {
            int64_t step = now > before ? now - before : before - now;
            if (before != 0 && step > 0 && (smallest == 0 || step < smallest)) smallest = step;
            before = now;
        }
        at = newline != NULL ? newline + 1 : end;
    }
    return smallest / PAWL_NS > BAR_SECONDS_MAX ? 0 : (uint32_t)(smallest / PAWL_NS);
}
