#include "base/json_pull.h"

#include <stdbool.h>
#include <string.h>

#include "pawl_num.h"

enum { BEFORE_VALUE = 0, OPENED, AFTER_VALUE, DONE, FAILED };

static int fail(struct pawl_json_reader *r) {
    r->state = FAILED;
    return PAWL_E_DATA;
}

static const char *skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
    return at;
}

void json_begin(struct pawl_json_reader *r, const char *text, size_t len) {
    *r = (struct pawl_json_reader){.at = text, .end = text + len};
}

/* ---- strings ---- */

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)
#define HAS_ZERO(x) (((x)-ONES) & ~(x)&HIGHS)

/* The first of quote, backslash and control character; eight bytes at a time. */
static const char *plain(const char *at, const char *end) {
    uint64_t word;
    for (; end - at >= 8; at += 8) {
        memcpy(&word, at, 8);
        uint64_t control = (word - ONES * 0x20) & ~word & HIGHS;
        if ((HAS_ZERO(word ^ ONES * '"') | HAS_ZERO(word ^ ONES * '\\') | control) != 0) break;
    }
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20) at++;
    return at;
}

static int hex4(const char *at, const char *end) {
    int value = 0;
    if (end - at < 4) return -1;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9' ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* at: behind the opening quote. Behind the closing one, or NULL. */
static const char *string(const char *at, const char *end, const char **ret, uint32_t *ret_len,
                          uint8_t *escaped) {
    const char *from = at;
    for (;;) {
        at = plain(at, end);
        if (at == end || (unsigned char)*at < 0x20) return NULL;
        if (*at == '"') break;
        *escaped = 1;
        if (++at == end || strchr("\"\\/bfnrtu", *at) == NULL || *at == '\0') return NULL;
        if (*at == 'u' && hex4(at + 1, end) < 0) return NULL;
        at += *at == 'u' ? 5 : 1;
    }
    if (at - from > (ptrdiff_t)UINT32_MAX) return NULL;
    *ret = from;
    *ret_len = (uint32_t)(at - from);
    return at + 1;
}

/* ---- values ---- */

static const char *digits(const char *at, const char *end) {
    while (at < end && *at >= '0' && *at <= '9') at++;
    return at;
}

static const char *number(const char *at, const char *end) {
    if (at < end && *at == '-') at++;
    const char *whole = at;
    at = digits(at, end);
    if (at == whole || (*whole == '0' && at - whole > 1)) return NULL;
    if (at < end && *at == '.') {
        const char *fraction = ++at;
        at = digits(at, end);
        if (at == fraction) return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        if (++at < end && (*at == '+' || *at == '-')) at++;
        const char *exponent = at;
        at = digits(at, end);
        if (at == exponent) return NULL;
    }
    return at;
}

static int word(struct pawl_json_reader *r, struct pawl_json_token *t, const char *text,
                uint8_t kind) {
    size_t len = strlen(text);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, text, len) != 0) return fail(r);
    r->at += len;
    t->kind = kind;
    return 1;
}

static int open(struct pawl_json_reader *r, struct pawl_json_token *t, uint8_t kind) {
    if (r->depth == PAWL_JSON_DEPTH_MAX) return fail(r);
    uint64_t bit = UINT64_C(1) << r->depth++;
    r->objects = kind == PAWL_JSON_OBJECT ? r->objects | bit : r->objects & ~bit;
    r->at++;
    r->state = OPENED;
    t->kind = kind;
    return 1;
}

static int value(struct pawl_json_reader *r, struct pawl_json_token *t) {
    const char *from = r->at, *next;
    if (from == r->end) return fail(r);
    r->state = r->depth == 0 ? DONE : AFTER_VALUE;
    switch (*from) {
    case '{': return open(r, t, PAWL_JSON_OBJECT);
    case '[': return open(r, t, PAWL_JSON_ARRAY);
    case 't': return word(r, t, "true", PAWL_JSON_TRUE);
    case 'f': return word(r, t, "false", PAWL_JSON_FALSE);
    case 'n': return word(r, t, "null", PAWL_JSON_NULL);
    case '"':
        next = string(from + 1, r->end, &t->text, &t->text_len, &t->escaped);
        t->kind = PAWL_JSON_STRING;
        break;
    default:
        next = number(from, r->end);
        t->kind = PAWL_JSON_NUMBER;
        t->text = from;
        if (next != NULL && next - from <= (ptrdiff_t)UINT32_MAX)
            t->text_len = (uint32_t)(next - from);
        break;
    }
    if (next == NULL) return fail(r);
    r->at = next;
    return 1;
}

static int close(struct pawl_json_reader *r, struct pawl_json_token *t) {
    r->at++;
    t->depth = --r->depth;
    t->kind = PAWL_JSON_END;
    r->state = r->depth == 0 ? DONE : AFTER_VALUE;
    return 1;
}

static int member(struct pawl_json_reader *r, struct pawl_json_token *t) {
    if (r->at == r->end || *r->at != '"') return fail(r);
    const char *at = string(r->at + 1, r->end, &t->key, &t->key_len, &t->key_escaped);
    if (at == NULL) return fail(r);
    at = skip_space(at, r->end);
    if (at == r->end || *at != ':') return fail(r);
    r->at = skip_space(at + 1, r->end);
    return value(r, t);
}

int json_next(struct pawl_json_reader *r, struct pawl_json_token *ret) {
    if (r->state == FAILED) return PAWL_E_DATA;
    *ret = (struct pawl_json_token){.depth = r->depth};
    r->at = skip_space(r->at, r->end);
    if (r->state == DONE) return r->at == r->end ? 0 : fail(r);
    if (r->depth == 0) return value(r, ret);
    if (r->at == r->end) return fail(r);
    bool object = (r->objects >> (r->depth - 1) & 1) != 0;
    if (*r->at == (object ? '}' : ']')) return close(r, ret);
    if (r->state == AFTER_VALUE) {
        if (*r->at != ',') return fail(r);
        r->at = skip_space(r->at + 1, r->end);
    }
    return object ? member(r, ret) : value(r, ret);
}

int json_skip(struct pawl_json_reader *r) {
    uint32_t depth = r->depth;
    struct pawl_json_token t;
    if (r->state != OPENED) return r->state == FAILED ? PAWL_E_DATA : PAWL_OK;
    while (r->depth >= depth)
        if (json_next(r, &t) < 0) return PAWL_E_DATA;
    return PAWL_OK;
}

/* ---- what a token says ---- */

/* Digits times ten to the exponent, exactly; DATA where it is no multiple of 1e-8. */
static int scaled(const char *text, size_t len, int64_t *ret) {
    size_t at = 0, count = 0;
    bool negative = text[0] == '-', point = false;
    int64_t exponent = 0;
    pawl_i128 whole = 0;
    if (negative) at++;
    for (; at < len && text[at] != 'e' && text[at] != 'E'; at++) {
        if (text[at] == '.') {
            point = true;
            continue;
        }
        if (whole > 0 && ++count > 36) return PAWL_E_RANGE;
        whole = whole * 10 + (text[at] - '0');
        exponent -= point;
    }
    bool down = false;
    int64_t said = 0;
    for (at++; at < len; at++) {
        if (text[at] == '-') down = true;
        if (text[at] < '0' || text[at] > '9') continue;
        if (said < 1000) said = said * 10 + (text[at] - '0');
    }
    exponent += (down ? -said : said) + 8;
    for (; whole != 0 && exponent < 0; exponent++) {
        if (whole % 10 != 0) return PAWL_E_DATA;
        whole /= 10;
    }
    for (; whole != 0 && exponent > 0; exponent--)
        if ((whole *= 10) > INT64_MAX) return PAWL_E_RANGE;
    if (whole > INT64_MAX) return PAWL_E_RANGE;
    *ret = negative ? -(int64_t)whole : (int64_t)whole;
    return PAWL_OK;
}

int json_e8(const struct pawl_json_token *t, int64_t *ret) {
    if (t->kind != PAWL_JSON_NUMBER && t->kind != PAWL_JSON_STRING) return PAWL_E_DATA;
    if (t->text_len == 0 || number(t->text, t->text + t->text_len) != t->text + t->text_len)
        return PAWL_E_DATA;
    if (memchr(t->text, 'e', t->text_len) != NULL || memchr(t->text, 'E', t->text_len) != NULL)
        return scaled(t->text, t->text_len, ret);
    return pawl_parse_e8(t->text, t->text_len, ret);
}

int json_i64(const struct pawl_json_token *t, int64_t *ret) {
    size_t at = 0;
    int64_t sum = 0;
    if (t->kind != PAWL_JSON_NUMBER && t->kind != PAWL_JSON_STRING) return PAWL_E_DATA;
    bool negative = t->text_len > 0 && t->text[0] == '-';
    if (negative) at++;
    if (at == t->text_len) return PAWL_E_DATA;
    for (; at < t->text_len; at++) {
        if (t->text[at] < '0' || t->text[at] > '9') return PAWL_E_DATA;
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, t->text[at] - '0', &sum))
            return PAWL_E_RANGE;
    }
    *ret = negative ? -sum : sum;
    return PAWL_OK;
}

static size_t utf8(uint32_t code, char out[4]) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, code >>= 6) out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(first[n] | code);
    return n;
}

/* One escape; *at is at its backslash and goes behind it. Its length as UTF-8, 0 = none. */
static size_t unescape(const char **at, const char *end, char out[4]) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *p = *at + 1;
    if (*p != 'u') {
        const char *found = strchr(from, *p);
        *at = p + 1;
        if (found == NULL) return 0;
        out[0] = to[found - from];
        return 1;
    }
    int code = hex4(p + 1, end), low;
    *at = p + 5;
    if (code < 0xd800 || code > 0xdfff) return code < 0 ? 0 : utf8((uint32_t)code, out);
    if (code > 0xdbff || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u') return 0;
    low = hex4(*at + 2, end);
    if (low < 0xdc00 || low > 0xdfff) return 0;
    *at += 6;
    return utf8(0x10000 + ((uint32_t)(code - 0xd800) << 10) + (uint32_t)(low - 0xdc00), out);
}

int json_text(const struct pawl_json_token *t, char *out, size_t size) {
    if (t->kind != PAWL_JSON_STRING || size == 0) return PAWL_E_DATA;
    const char *at = t->text, *end = t->text + t->text_len;
    size_t used = 0;
    while (at < end) {
        char piece[4];
        size_t n = 1;
        if (*at == '\\')
            n = unescape(&at, end, piece);
        else
            piece[0] = *at++;
        if (n == 0) return PAWL_E_DATA;
        if (n >= size - used) return PAWL_E_RANGE;
        memcpy(out + used, piece, n);
        used += n;
    }
    out[used] = '\0';
    return PAWL_OK;
}
