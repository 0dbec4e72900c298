/* The writer behind pawl.json/1. */
#include <stdbool.h>
#include <string.h>

#include "base/json_pull.h"
#include "pawl_num.h"

void json_write(struct pawl_json_writer *w, char *out, size_t size) {
    *w = (struct pawl_json_writer){.out = out, .size = size, .failed = size == 0};
}

static void put(struct pawl_json_writer *w, const char *bytes, size_t len) {
    if (w->failed || w->size - w->at <= len) { /* one more is for the end */
        w->failed = 1;
        return;
    }
    memcpy(w->out + w->at, bytes, len);
    w->at += len;
}

static void put_string(struct pawl_json_writer *w, const char *text, size_t len) {
    static const char hex[] = "0123456789abcdef";
    size_t done = 0;
    put(w, "\"", 1);
    for (size_t at = 0; at < len; at++) {
        unsigned char c = (unsigned char)text[at];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        put(w, text + done, at - done);
        char code[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        if (c >= 0x20)
            put(w, (char[2]){'\\', (char)c}, 2);
        else
            put(w, code, sizeof code);
        done = at + 1;
    }
    put(w, text + done, len - done);
    put(w, "\"", 1);
}

static void begin_value(struct pawl_json_writer *w, const char *key) {
    if (w->comma) put(w, ",", 1);
    if (key != NULL) {
        put_string(w, key, strlen(key));
        put(w, ":", 1);
    }
    w->comma = 1;
}

void json_open(struct pawl_json_writer *w, const char *key, char bracket) {
    begin_value(w, key);
    put(w, &bracket, 1);
    w->comma = 0;
    if (++w->depth > PAWL_JSON_DEPTH_MAX) w->failed = 1;
}

void json_close(struct pawl_json_writer *w, char bracket) {
    put(w, &bracket, 1);
    w->comma = 1;
    if (w->depth == 0)
        w->failed = 1;
    else
        w->depth--;
}

void json_put_text(struct pawl_json_writer *w, const char *key, const char *text, size_t len) {
    begin_value(w, key);
    put_string(w, text, len);
}

void json_put_e8(struct pawl_json_writer *w, const char *key, int64_t e8) {
    char text[PAWL_E8_TEXT_MAX + 2];
    size_t len = pawl_format_e8(e8, text + 1);
    text[0] = text[len + 1] = '"';
    json_put_raw(w, key, text, len + 2);
}

void json_put_i64(struct pawl_json_writer *w, const char *key, int64_t value) {
    char text[24];
    size_t at = sizeof text;
    uint64_t magnitude = value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value;
    do {
        text[--at] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude > 0);
    if (value < 0) text[--at] = '-';
    json_put_raw(w, key, text + at, sizeof text - at);
}

void json_put_raw(struct pawl_json_writer *w, const char *key, const char *json, size_t len) {
    begin_value(w, key);
    put(w, json, len);
}

int json_end(struct pawl_json_writer *w, size_t *ret_len) {
    if (w->failed) return PAWL_E_RANGE;
    if (w->depth != 0) return PAWL_E_STATE;
    w->out[w->at] = '\0';
    *ret_len = w->at;
    return PAWL_OK;
}
