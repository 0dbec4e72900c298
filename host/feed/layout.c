#include "feed/layout.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"

#define COLUMN_NAME_MAX 31u

static const struct {
    const char *name;
    enum column column;
} names[] = {
    /* The first name of a column is the one in messages. */
    {"time", COL_TIME},
    {"timestamp", COL_TIME},
    {"datetime", COL_TIME},
    {"date", COL_TIME},
    {"t", COL_TIME},
    {"open_time", COL_TIME},
    {"opentime", COL_TIME},
    {"transact_time", COL_TIME},
    {"ms", COL_MS},
    {"local_timestamp", COL_ARRIVAL},
    {"symbol", COL_SYMBOL},
    {"bid", COL_BID},
    {"bid_price", COL_BID},
    {"ask", COL_ASK},
    {"ask_price", COL_ASK},
    {"bid_size", COL_BID_SIZE},
    {"bid_amount", COL_BID_SIZE},
    {"bid_qty", COL_BID_SIZE},
    {"ask_size", COL_ASK_SIZE},
    {"ask_amount", COL_ASK_SIZE},
    {"ask_qty", COL_ASK_SIZE},
    {"price", COL_PRICE},
    {"size", COL_SIZE},
    {"quantity", COL_SIZE},
    {"qty", COL_SIZE},
    {"amount", COL_SIZE},
    {"side", COL_SIDE},
    {"is_buyer_maker", COL_MAKER},
    {"isbuyermaker", COL_MAKER},
    {"open", COL_OPEN},
    {"high", COL_HIGH},
    {"low", COL_LOW},
    {"close", COL_CLOSE},
    {"volume", COL_VOLUME},
    {"close_time", COL_CLOSE_TIME},
    {"seconds", COL_SECONDS},
    {"suspicious", COL_SUSPICIOUS},
};
#define NAMES_COUNT (sizeof names / sizeof names[0])

/* Files without a header, as the header they would have. Where one line fits several, the first. */
static const struct {
    const char *format;
    const char *header;
    const char *tz;
} fixed[] = {
    {"binance_klines",
     "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
     "taker_buy_volume,taker_buy_quote_volume,ignore",
     NULL},
    {"binance_trades", "id,price,qty,quote_qty,time,is_buyer_maker", NULL},
    {"binance_trades", "id,price,qty,quote_qty,time,is_buyer_maker,is_best_match", NULL},
    {"binance_aggtrades", "id,price,quantity,first_id,last_id,time,is_buyer_maker", NULL},
    {"binance_aggtrades", "id,price,quantity,first_id,last_id,time,is_buyer_maker,is_best_match",
     NULL},
    {"lean_quote", "date,ms,bid,ask", NULL},
    {"lean_trade", "date,ms,price_e4,size,exchange,condition,suspicious", NULL},
    {"histdata", "time;open;high;low;close;volume", "-05:00"},
};
#define FIXED_COUNT (sizeof fixed / sizeof fixed[0])

const char *layout_column_name(enum column column) {
    if (column == COL_DATE) return "date";
    for (size_t i = 0; i < NAMES_COUNT; i++)
        if (names[i].column == column) return names[i].name;
    return "column";
}

static int is_price(enum column column) {
    return column == COL_BID || column == COL_ASK || column == COL_PRICE ||
           (column >= COL_OPEN && column <= COL_CLOSE);
}

static enum column column_of(const char *text, size_t len, int8_t *ret_shift) {
    int e4 = len > 3 && strncasecmp(text + len - 3, "_e4", 3) == 0;
    if (e4) len -= 3;
    *ret_shift = LAYOUT_SHIFT_PRICE;
    for (size_t i = 0; i < NAMES_COUNT; i++) {
        if (strlen(names[i].name) != len || strncasecmp(names[i].name, text, len) != 0) continue;
        if (e4 && !is_price(names[i].column)) return COL_SKIP;
        if (e4) *ret_shift = LAYOUT_SHIFT_PRICE - 4;
        return names[i].column;
    }
    return COL_SKIP;
}

/* The separator that occurs most, so that a title with a comma does not mislead. */
static char separator_of(const char *line, size_t len) {
    static const char candidates[] = {',', ';', '\t'};
    char best = ',';
    size_t most = 0;
    for (size_t c = 0; c < sizeof candidates; c++) {
        size_t n = 0;
        for (size_t i = 0; i < len; i++) n += line[i] == candidates[c];
        if (n > most) {
            most = n;
            best = candidates[c];
        }
    }
    return best;
}

static int add_column(struct layout *layout, const char *text, size_t len, struct pawl_err *err) {
    while (len > 0 && (*text == ' ' || *text == '"')) text++, len--;
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '"')) len--;
    if (layout->count == FEED_COLUMNS_MAX)
        return pawl_fail(err, PAWL_E_DATA, "more than %u columns", FEED_COLUMNS_MAX);
    int8_t shift;
    enum column column = column_of(text, len, &shift);
    /* Data frames saved with their index leave its name out. */
    if (len == 0 && layout->count == 0) column = COL_TIME;
    if (column != COL_SKIP && layout_has(layout, column))
        return pawl_fail(err, PAWL_E_DATA, "two columns mean '%s'", layout_column_name(column));
    layout->column[layout->count] = (uint8_t)column;
    layout->shift[layout->count++] = shift;
    layout->has |= 1u << column;
    return PAWL_OK;
}

/* date,ms: the date alone is a day, not a time. */
static void pair_date_with_ms(struct layout *layout) {
    if (!layout_has(layout, COL_MS) || !layout_has(layout, COL_TIME)) return;
    for (uint32_t i = 0; i < layout->count; i++)
        if (layout->column[i] == COL_TIME) layout->column[i] = COL_DATE;
    layout->has = (layout->has & ~(1u << COL_TIME)) | 1u << COL_DATE;
}

static int decide_kind(struct layout *layout, struct pawl_err *err) {
    if (!layout_has(layout, COL_TIME) && !layout_has(layout, COL_DATE))
        return pawl_fail(err, PAWL_E_DATA, "the header names no time column");
    uint32_t bar = 1u << COL_OPEN | 1u << COL_HIGH | 1u << COL_LOW | 1u << COL_CLOSE;
    if (layout_has(layout, COL_BID) && layout_has(layout, COL_ASK))
        layout->kind = LAYOUT_QUOTE;
    else if ((layout->has & bar) == bar)
        layout->kind = LAYOUT_BAR;
    else if (layout_has(layout, COL_PRICE))
        layout->kind = LAYOUT_TRADE;
    else
        return pawl_fail(err, PAWL_E_DATA,
                         "the header names neither bid,ask nor price nor open,high,low,close");
    return PAWL_OK;
}

int layout_from_header(const char *line, size_t len, struct layout *ret, struct pawl_err *err) {
    struct layout layout = {.format = "csv", .header = 1, .separator = separator_of(line, len)};
    struct pawl_err local = {0};
    size_t start = 0;
    int rc = PAWL_OK;
    for (size_t i = 0; i <= len && rc == PAWL_OK; i++) {
        if (i < len && line[i] != layout.separator) continue;
        rc = add_column(&layout, line + start, i - start, &local);
        start = i + 1;
    }
    if ((layout.has &
         ~(1u << COL_SKIP | (len > 0 && line[0] == layout.separator ? 1u << COL_TIME : 0))) == 0)
        return PAWL_E_NOTFOUND;
    if (rc == PAWL_OK) {
        pair_date_with_ms(&layout);
        rc = decide_kind(&layout, &local);
    }
    if (rc != PAWL_OK) return pawl_fail(err, rc, "%s", local.text);
    *ret = layout;
    return PAWL_OK;
}

int layout_fixed(size_t i, struct layout *ret) {
    if (i >= FIXED_COUNT) return PAWL_E_NOTFOUND;
    int rc = layout_from_header(fixed[i].header, strlen(fixed[i].header), ret, NULL);
    assert(rc == PAWL_OK);
    ret->format = fixed[i].format;
    ret->tz = fixed[i].tz;
    ret->header = 0;
    return rc;
}

int layout_format_known(const char *format) {
    if (strcmp(format, "csv") == 0 || strcmp(format, "jsonl") == 0 ||
        strcmp(format, "generated") == 0)
        return 1;
    for (size_t i = 0; i < FIXED_COUNT; i++)
        if (strcmp(fixed[i].format, format) == 0) return 1;
    return 0;
}
