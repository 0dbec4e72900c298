/*
 * http.h - the reply half of HTTP/1.1, pure: heads, and bodies by length, in chunks or to the end.
 *
 * Strict where laxness lets two readers disagree about where a reply ends: lines end with CR LF,
 * no folding, one Content-Length, never beside Transfer-Encoding. Such a connection is not used
 * again, and the reply is no reply.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>

#include "pawl_net.h"

#define HTTP_HEAD_MAX 32768u
#define HTTP_LINES_MAX 128u

struct http_head {
    size_t bytes; /* of the head, its empty line included */
    uint16_t status;
    bool keep_alive, chunked, upgrade;
    int64_t length; /* -1 = not said */
};
/* 1 = a head, 0 = not all there, PAWL_E_DATA = no head, *ret_why says why. */
int http_head(const char *bytes, size_t len, struct http_head *ret, const char **ret_why);

struct http_field {
    const char *name, *value;
    size_t name_len, value_len;
};
/* The next header of a sound head; at begins with 0. */
bool http_field(const char *head, size_t len, size_t *at, struct http_field *ret);
bool http_name_is(const struct http_field *field, const char *name); /* in small letters */
/* "name: value\n" of those fields the list "a,b" names, into out; cut off at whole lines. */
size_t http_wanted(const char *head, size_t len, const char *list, char *out, size_t max);

enum http_body_kind { HTTP_NO_BODY = 1, HTTP_LENGTH, HTTP_CHUNKED, HTTP_TO_THE_END };
struct http_body {
    uint8_t kind;
    uint8_t state; /* of chunks */
    uint32_t lines; /* of the trailer */
    uint64_t left; /* of the length or chunk */
    uint64_t offset; /* told so far */
    uint64_t max;
};
enum http_found { HTTP_MORE = 0, HTTP_SLICE, HTTP_SKIPPED, HTTP_DONE, HTTP_BAD, HTTP_TOO_LARGE };
struct http_slice {
    size_t consumed, len;
    const uint8_t *data;
    uint64_t offset;
    bool last; /* the body ends with it */
};
void http_body_init(struct http_body *b, const struct http_head *head, bool to_head, uint64_t max);
/* eof: nothing follows these bytes. DONE without a slice = the end was still to be told. */
enum http_found http_body_next(struct http_body *b, const uint8_t *bytes, size_t len, bool eof,
                               struct http_slice *ret);

/* May it stand in a request? Method and header names are tokens; values, targets and hosts have no
 * control characters; targets no blanks. */
bool http_token(const char *text);
bool http_value(const char *text);
bool http_target(const char *text);

#endif
