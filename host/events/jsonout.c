#include "events/jsonout.h"

#include <assert.h>
#include <string.h>

#include "base/rfc3339.h"
#include "pawl_num.h"

void jsonout_begin(struct jsonout *out, char *buffer, size_t max) {
    assert(max > 0);
    *out = (struct jsonout){.start = buffer, .at = buffer, .end = buffer + max - 1};
}

int jsonout_end(struct jsonout *out, size_t *ret_len) {
    *out->at = '\0';
    if (out->full) return PAWL_E_RANGE;
    *ret_len = (size_t)(out->at - out->start);
    return PAWL_OK;
}

static void put(struct jsonout *out, const char *bytes, size_t len) {
    if ((size_t)(out->end - out->at) < len) {
        out->full = true;
        out->end = out->at; /* nothing after a gap */
        return;
    }
    memcpy(out->at, bytes, len);
    out->at += len;
}

static void put_char(struct jsonout *out, char c) { put(out, &c, 1); }

static void value_begins(struct jsonout *out) {
    if (out->comma) put_char(out, ',');
    out->comma = true;
}

void jsonout_open(struct jsonout *out, char bracket) {
    value_begins(out);
    put_char(out, bracket);
    out->comma = false;
}

void jsonout_close(struct jsonout *out, char bracket) {
    put_char(out, bracket);
    out->comma = true;
}

void jsonout_key(struct jsonout *out, const char *key) {
    value_begins(out);
    put_char(out, '"');
    put(out, key, strlen(key));
    put(out, "\":", 2);
    out->comma = false;
}

void jsonout_raw(struct jsonout *out, const char *json, size_t len) {
    value_begins(out);
    put(out, json, len);
}

void jsonout_u64(struct jsonout *out, uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    jsonout_raw(out, digits + at, sizeof digits - at);
}

void jsonout_i64(struct jsonout *out, int64_t value) {
    if (value >= 0) {
        jsonout_u64(out, (uint64_t)value);
        return;
    }
    value_begins(out);
    put_char(out, '-');
    out->comma = false;
    jsonout_u64(out, ~(uint64_t)value + 1);
}

void jsonout_bool(struct jsonout *out, bool value) {
    if (value) jsonout_raw(out, "true", 4);
    else jsonout_raw(out, "false", 5);
}

void jsonout_e8(struct jsonout *out, int64_t e8) {
    char text[PAWL_E8_TEXT_MAX + 2];
    text[0] = '"';
    size_t len = pawl_format_e8(e8, text + 1);
    text[len + 1] = '"';
    jsonout_raw(out, text, len + 2);
}

void jsonout_time(struct jsonout *out, int64_t time_ns) {
    char text[RFC3339_SIZE + 2];
    text[0] = '"';
    size_t len = rfc3339_format(time_ns, -1, text + 1);
    text[len + 1] = '"';
    jsonout_raw(out, text, len + 2);
}

/* Bytes of the UTF-8 sequence at text, 0 if it is none: overlong, surrogate, cut off, too large. */
static size_t utf8_length(const unsigned char *text, size_t len) {
    unsigned char first = text[0], low = 0x80, high = 0xbf;
    size_t n;
    if (first >= 0xc2 && first <= 0xdf) n = 2;
    else if (first >= 0xe0 && first <= 0xef) n = 3;
    else if (first >= 0xf0 && first <= 0xf4) n = 4;
    else return 0;
    if (len < n) return 0;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
    if (text[1] < low || text[1] > high) return 0;
    for (size_t i = 2; i < n; i++)
        if (text[i] < 0x80 || text[i] > 0xbf) return 0;
    return n;
}

static void put_escape(struct jsonout *out, unsigned char c) {
    static const char hex[] = "0123456789abcdef";
    switch (c) {
    case '"': put(out, "\\\"", 2); return;
    case '\\': put(out, "\\\\", 2); return;
    case '\n': put(out, "\\n", 2); return;
    case '\r': put(out, "\\r", 2); return;
    case '\t': put(out, "\\t", 2); return;
    default: break;
    }
    char code[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    put(out, code, sizeof code);
}

void jsonout_text(struct jsonout *out, const char *text, size_t len) {
    const unsigned char *bytes = (const unsigned char *)text;
    size_t done = 0, at = 0; /* [done, at) is plain and not yet written */
    value_begins(out);
    put_char(out, '"');
    while (at < len) {
        unsigned char c = bytes[at];
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            at++;
            continue;
        }
        size_t sequence = c < 0x80 ? 0 : utf8_length(bytes + at, len - at);
        if (sequence != 0) {
            at += sequence;
            continue;
        }
        put(out, text + done, at - done);
        if (c < 0x80) put_escape(out, c);
        else put(out, "\xef\xbf\xbd", 3);
        done = ++at;
    }
    put(out, text + done, at - done);
    put_char(out, '"');
}

void jsonout_bytes(struct jsonout *out, const void *data, size_t len) {
    const unsigned char *bytes = data;
    size_t done = 0; /* [done, at) is plain and not yet written */
    value_begins(out);
    put_char(out, '"');
    for (size_t at = 0; at < len; at++) {
        unsigned char c = bytes[at];
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') continue;
        put(out, (const char *)bytes + done, at - done);
        put_escape(out, c);
        done = at + 1;
    }
    put(out, (const char *)bytes + done, len - done);
    put_char(out, '"');
}
