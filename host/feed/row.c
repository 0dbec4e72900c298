#include "feed/row.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "feed/scan.h"
#include "feed/stamp.h"
#include "pawl_num.h"
#include "pawl_schema.gen.h"

struct row_shown row_show(const char *text, size_t len) {
    struct row_shown shown;
    size_t n = len > 24 ? 24 : len;
    for (size_t i = 0; i < n; i++)
        shown.text[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
    memcpy(shown.text + n, len > 24 ? "..." : "", len > 24 ? 4 : 1);
    return shown;
}

/* YYYYMMDD; the same day stands in very many rows. */
static int read_date(struct row_reader *reader, const char **at, int64_t *ret_ns) {
    if (memcmp(*at, reader->date_text, 8) == 0 && scan_digit((*at)[8]) > 9) {
        *at += 8;
        *ret_ns = reader->date_ns;
        return PAWL_OK;
    }
    const char *first = *at;
    int rc = stamp_date(at, ret_ns);
    if (rc != PAWL_OK) return rc;
    memcpy(reader->date_text, first, 8);
    reader->date_ns = *ret_ns;
    return PAWL_OK;
}

static int read_word(const char **at, const char *end, char separator, const char **ret,
                     size_t *ret_len) {
    const char *p = *at;
    while (p < end && *p != separator) p++;
    *ret = *at;
    *ret_len = (size_t)(p - *at);
    while (*ret_len > 0 && (*ret)[*ret_len - 1] == ' ') (*ret_len)--;
    *at = p;
    return PAWL_OK;
}

static int is_word(const char *word, size_t len, const char *const *list) {
    for (; *list != NULL; list++)
        if (strlen(*list) == len && strncasecmp(word, *list, len) == 0) return 1;
    return 0;
}

/* buy/sell, or true/false of "the buyer was passive". */
static int read_side(const char **at, const char *end, char separator, enum column column,
                     int64_t *ret) {
    static const char *const buys[] = {"buy", "b", "bid", "long", "bull", NULL};
    static const char *const sells[] = {"sell", "s", "ask", "short", "bear", NULL};
    static const char *const yes[] = {"true", "1", NULL}, *const no[] = {"false", "0", NULL};
    const char *word;
    size_t len;
    read_word(at, end, separator, &word, &len);
    if (column == COL_SIDE && len == 0)
        *ret = 0;
    else if (is_word(word, len, column == COL_SIDE ? buys : no))
        *ret = PAWL_SIDE_BUY;
    else if (is_word(word, len, column == COL_SIDE ? sells : yes))
        *ret = PAWL_SIDE_SELL;
    else
        return PAWL_E_DATA;
    return PAWL_OK;
}

/* An empty size means not said, an empty bid or ask no offer; the caller decides what that is
 * worth. */
static int may_be_empty(enum column column) {
    return column == COL_BID || column == COL_ASK || column == COL_BID_SIZE ||
           column == COL_ASK_SIZE || column == COL_SIZE || column == COL_VOLUME ||
           column == COL_SUSPICIOUS;
}

static int read_price(struct row_reader *reader, uint32_t i, const char **at, int64_t *ret) {
    int rc = scan_decimal(at, reader->layout.shift[i], ret);
    if (rc != PAWL_OK || reader->scale_e8 == PAWL_E8) return rc;
    return pawl_mul_e8(*ret, reader->scale_e8, PAWL_ROUND_EVEN, ret);
}

static int read_column(struct row_reader *reader, uint32_t i, const char **at, const char *end,
                       struct row *ret) {
    enum column column = (enum column)reader->layout.column[i];
    int64_t *value = &ret->v[column];
    int utc;
    switch (column) {
    case COL_DATE: return read_date(reader, at, value);
    case COL_MS: return scan_decimal(at, 6, value);
    case COL_TIME: return stamp_scan(at, value, &ret->utc);
    case COL_ARRIVAL:
    case COL_CLOSE_TIME: return stamp_scan(at, value, &utc);
    case COL_BID:
    case COL_ASK:
    case COL_PRICE:
    case COL_OPEN:
    case COL_HIGH:
    case COL_LOW:
    case COL_CLOSE: return read_price(reader, i, at, value);
    case COL_BID_SIZE:
    case COL_ASK_SIZE:
    case COL_SIZE:
    case COL_VOLUME:
    case COL_SUSPICIOUS: return scan_decimal(at, LAYOUT_SHIFT_PRICE, value);
    case COL_SECONDS: return scan_integer(at, value);
    case COL_SIDE:
    case COL_MAKER: return read_side(at, end, reader->layout.separator, column, &ret->v[COL_SIDE]);
    case COL_SYMBOL:
        return read_word(at, end, reader->layout.separator, &ret->symbol, &ret->symbol_len);
    case COL_SKIP:
    case COL_COUNT_: break;
    }
    return PAWL_E_DATA;
}

static int bad_count(const struct layout *layout, const char *line, size_t len, char *message) {
    uint32_t count = 1;
    for (size_t i = 0; i < len; i++) count += line[i] == layout->separator;
    if (count == layout->count) return PAWL_OK;
    snprintf(message, ROW_MESSAGE_MAX, "%u columns where %u are expected", count, layout->count);
    return PAWL_E_DATA;
}

static int bad_column(const struct layout *layout, uint32_t i, int rc, const char *field,
                      const char *line, size_t len, char *message) {
    if (bad_count(layout, line, len, message) != PAWL_OK) return PAWL_E_DATA;
    enum column column = (enum column)layout->column[i];
    const char *end = memchr(field, layout->separator, (size_t)(line + len - field));
    size_t field_len = (size_t)((end != NULL ? end : line + len) - field);
    struct row_shown shown = row_show(field, field_len);
    const char *what = column <= COL_ARRIVAL || column == COL_CLOSE_TIME ? "not a time"
                       : column == COL_SIDE                              ? "not buy or sell"
                       : column == COL_MAKER                             ? "not true or false"
                                                                         : "not a number";
    if (rc == PAWL_E_RANGE) what = "out of range";
    snprintf(message, ROW_MESSAGE_MAX, "%s: %s: '%s'", layout_column_name(column), what,
             shown.text);
    return PAWL_E_DATA;
}

int row_read(struct row_reader *reader, const char *line, size_t len, struct row *ret,
             char message[ROW_MESSAGE_MAX]) {
    const struct layout *layout = &reader->layout;
    const char *p = line, *end = line + len;
    const char separator = layout->separator;
    for (uint32_t i = 0; i < layout->count; i++) {
        enum column column = (enum column)layout->column[i];
        const char *field = p;
        int rc = PAWL_OK;
        if (column == COL_SKIP) {
            while (p < end && *p != separator) p++;
        } else {
            while (*p == ' ' && p < end) p++;
            if ((p == end || *p == separator) && may_be_empty(column))
                ret->v[column] = 0;
            else
                rc = read_column(reader, i, &p, end, ret);
            while (*p == ' ' && p < end) p++;
        }
        int last = i + 1 == layout->count;
        if (rc != PAWL_OK || (last ? p != end : p >= end || *p != separator))
            return bad_column(layout, i, rc, field, line, len, message);
        p++;
    }
    return PAWL_OK;
}
