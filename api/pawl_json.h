/*
 * pawl_json.h - pawl.json/1: read JSON where it lies, write it where it goes. No allocation.
 *
 * Reading: begin(), then next() hands out one token after another. A member of an object brings its
 * key along; the key and the text of a string are slices of the input, without quotes, escapes as
 * they stand.
 *
 *     json->begin(&r, text, len);
 *     while ((rc = json->next(&r, &t)) > 0)
 *         if (t.depth == 1 && pawl_json_key(&t, "price")) rc = json->e8(&t, &price);
 *
 * Strict RFC 8259: what is no JSON is PAWL_E_DATA, and stays so. Equal keys are not looked for.
 * Limits: PAWL_JSON_DEPTH_MAX, and what the caller gives. [any] Thread-free, pure.
 */
#ifndef PAWL_JSON_H
#define PAWL_JSON_H

#include <string.h>

#include "pawl_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PAWL_JSON "pawl.json/1"
#define PAWL_JSON_DEPTH_MAX 64u

enum pawl_json_kind {
    PAWL_JSON_OBJECT = 1, /* begins */
    PAWL_JSON_ARRAY,      /* begins */
    PAWL_JSON_END,        /* of the object or array that was open */
    PAWL_JSON_STRING,
    PAWL_JSON_NUMBER,
    PAWL_JSON_TRUE,
    PAWL_JSON_FALSE,
    PAWL_JSON_NULL
};

struct pawl_json_token {
    uint8_t kind;        /* enum pawl_json_kind */
    uint8_t escaped;     /* 1 = the text of a string has escapes: use text() */
    uint8_t key_escaped; /* 1 = the key has some: it is compared as it stands */
    uint8_t reserved;
    uint32_t depth;      /* of what holds it: 0 = the value itself, 1 = its members ... */
    const char *key;     /* in an object; else NULL */
    const char *text;    /* of a string or number */
    uint32_t key_len, text_len;
};

struct pawl_json_reader { /* the caller's; its inside is the host's */
    const char *at, *end;
    uint64_t objects; /* bit n: level n is an object */
    uint32_t depth;
    uint8_t state;
    uint8_t reserved[3];
};

struct pawl_json_writer { /* the caller's; its inside is the host's */
    char *out;
    size_t size, at;
    uint64_t reserved;
    uint32_t depth;
    uint8_t comma, failed;
    uint8_t reserved2[2];
};

static inline int pawl_json_key(const struct pawl_json_token *t, const char *name) {
    size_t len = strlen(name);
    return t->key != NULL && t->key_len == len && memcmp(t->key, name, len) == 0;
}
static inline int pawl_json_is(const struct pawl_json_token *t, const char *text) {
    size_t len = strlen(text);
    return t->kind == PAWL_JSON_STRING && t->text_len == len && memcmp(t->text, text, len) == 0;
}

struct pawl_json {
    uint32_t size;
    uint32_t reserved;
    void (*begin)(struct pawl_json_reader *r, const char *text, size_t len);
    /* 1 = a token, 0 = the one value is over and nothing follows it, PAWL_E_DATA. */
    int (*next)(struct pawl_json_reader *r, struct pawl_json_token *ret);
    /* After a token that begins an object or array: go behind its end. PAWL_OK, PAWL_E_DATA. */
    int (*skip)(struct pawl_json_reader *r);
    /* A number, or a string holding one, exactly: PAWL_E_DATA: it is none, or has more than 8
     * decimals that are not 0; PAWL_E_RANGE. */
    int (*e8)(const struct pawl_json_token *t, int64_t *ret);
    /* A whole number, or a string holding one. */
    int (*i64)(const struct pawl_json_token *t, int64_t *ret);
    /* The text of a string, escapes resolved, as UTF-8 with an end 0. PAWL_E_RANGE: no room;
     * PAWL_E_DATA: no string, or half a surrogate pair. */
    int (*text)(const struct pawl_json_token *t, char *out, size_t size);

    /* Writing: `key` is NULL in an array and for the value itself. What does not fit fails at
     * end(), and nothing is written behind the buffer. */
    void (*write)(struct pawl_json_writer *w, char *out, size_t size);
    void (*open)(struct pawl_json_writer *w, const char *key, char bracket); /* '{' or '[' */
    void (*close)(struct pawl_json_writer *w, char bracket);                 /* '}' or ']' */
    void (*put_text)(struct pawl_json_writer *w, const char *key, const char *text, size_t len);
    void (*put_e8)(struct pawl_json_writer *w, const char *key, int64_t e8); /* "1.5" in quotes */
    void (*put_i64)(struct pawl_json_writer *w, const char *key, int64_t value);
    void (*put_raw)(struct pawl_json_writer *w, const char *key, const char *json, size_t len);
    /* Its length without the end 0 that follows it; PAWL_E_RANGE: it did not fit; PAWL_E_STATE: an
     * object or array is open. */
    int (*end)(struct pawl_json_writer *w, size_t *ret_len);
};

#ifdef __cplusplus
}
#endif
#endif
