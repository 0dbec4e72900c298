#include "net/http.h"

#include <string.h>
#include <strings.h>

#define CHUNK_LINE_MAX 64u /* of a chunk's length and what stands behind it */
#define TRAILER_MAX 4096u

static bool is_token(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool http_token(const char *text) {
    const char *p = text;
    if (text == NULL || *p == '\0') return false;
    while (is_token(*p)) p++;
    return *p == '\0';
}

bool http_value(const char *text) {
    for (const char *p = text; *p != '\0'; p++)
        if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f) return false;
    return true;
}

bool http_target(const char *text) {
    if (text == NULL || text[0] != '/') return false;
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f) return false;
    return true;
}

/* ---- heads ---- */

/* The line at `at` without its end; *next is behind it. NULL = not all there. */
static const char *line_at(const char *bytes, size_t len, size_t at, size_t *ret_len,
                           size_t *next) {
    const char *end = at < len ? memchr(bytes + at, '\n', len - at) : NULL;
    if (end == NULL) return NULL;
    *next = (size_t)(end - bytes) + 1;
    *ret_len = (size_t)(end - bytes) - at;
    return bytes + at;
}

static int decimal(const char *text, size_t len, int64_t *ret) {
    int64_t value = 0;
    if (len == 0 || len > 18) return PAWL_E_DATA;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return PAWL_E_DATA;
        value = value * 10 + (text[i] - '0');
    }
    *ret = value;
    return PAWL_OK;
}

static int split(const char *line, size_t len, struct http_field *ret) {
    size_t name = 0;
    while (name < len && is_token(line[name])) name++;
    if (name == 0 || name == len || line[name] != ':') return PAWL_E_DATA;
    size_t from = name + 1, to = len;
    while (from < to && (line[from] == ' ' || line[from] == '\t')) from++;
    while (to > from && (line[to - 1] == ' ' || line[to - 1] == '\t')) to--;
    for (size_t i = from; i < to; i++)
        if (((unsigned char)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
            return PAWL_E_DATA;
    *ret = (struct http_field){line, line + from, name, to - from};
    return PAWL_OK;
}

bool http_name_is(const struct http_field *field, const char *name) {
    return strlen(name) == field->name_len && strncasecmp(field->name, name, field->name_len) == 0;
}

/* Whether a list of words, split at commas, has this one. */
static bool has_word(const struct http_field *field, const char *word) {
    size_t size = strlen(word), at = 0;
    while (at < field->value_len) {
        while (at < field->value_len && (field->value[at] == ' ' || field->value[at] == ',')) at++;
        size_t end = at;
        while (end < field->value_len && field->value[end] != ',') end++;
        size_t stop = end;
        while (stop > at && field->value[stop - 1] == ' ') stop--;
        if (stop - at == size && strncasecmp(field->value + at, word, size) == 0) return true;
        at = end;
    }
    return false;
}

static const char *take_field(const struct http_field *field, struct http_head *head,
                              bool *encoded) {
    if (http_name_is(field, "content-length")) {
        int64_t length;
        if (decimal(field->value, field->value_len, &length) != PAWL_OK)
            return "a length that is no number";
        if (head->length >= 0 && head->length != length) return "two lengths";
        head->length = length;
    } else if (http_name_is(field, "transfer-encoding")) {
        if (*encoded || field->value_len != 7 || strncasecmp(field->value, "chunked", 7) != 0)
            return "a transfer encoding other than chunked";
        *encoded = head->chunked = true;
    } else if (http_name_is(field, "content-encoding")) {
        if (field->value_len != 8 || strncasecmp(field->value, "identity", 8) != 0)
            return "a compressed body that nobody asked for";
    } else if (http_name_is(field, "connection")) {
        if (has_word(field, "close")) head->keep_alive = false;
        if (has_word(field, "upgrade")) head->upgrade = true;
    }
    return NULL;
}

static bool status_line(const char *line, size_t len, struct http_head *head) {
    bool known = len >= 12 && (memcmp(line, "HTTP/1.1 ", 9) == 0 ||
                               memcmp(line, "HTTP/1.0 ", 9) == 0);
    if (!known || (len > 12 && line[12] != ' ')) return false;
    for (size_t i = 9; i < 12; i++)
        if (line[i] < '0' || line[i] > '9') return false;
    head->status = (uint16_t)((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
    head->keep_alive = line[7] == '1';
    return head->status >= 100;
}

static int bad_head(const char **why, const char *text) {
    *why = text;
    return PAWL_E_DATA;
}

int http_head(const char *bytes, size_t len, struct http_head *ret, const char **ret_why) {
    size_t at = 0, next = 0, size;
    bool encoded = false;
    *ret = (struct http_head){.length = -1};
    for (uint32_t count = 0; at <= HTTP_HEAD_MAX; count++, at = next) {
        const char *line = line_at(bytes, len, at, &size, &next);
        if (line == NULL) {
            if (len > HTTP_HEAD_MAX) break;
            static const char begins[] = "HTTP/1.";
            size_t look = len < sizeof begins - 1 ? len : sizeof begins - 1;
            return memcmp(bytes, begins, look) == 0 ? 0 : bad_head(ret_why, "no HTTP");
        }
        if (size == 0 || line[size - 1] != '\r') return bad_head(ret_why, "a line without CR");
        size--;
        if (count == 0) {
            if (!status_line(line, size, ret)) return bad_head(ret_why, "no HTTP");
            continue;
        }
        if (size == 0) {
            ret->bytes = next;
            if (ret->chunked && ret->length >= 0)
                return bad_head(ret_why, "a length beside a transfer encoding");
            return 1;
        }
        struct http_field field;
        if (count > HTTP_LINES_MAX) return bad_head(ret_why, "too many headers");
        if (split(line, size, &field) != PAWL_OK) return bad_head(ret_why, "a header that is none");
        const char *fault = take_field(&field, ret, &encoded);
        if (fault != NULL) return bad_head(ret_why, fault);
    }
    return bad_head(ret_why, "a head that is too large");
}

bool http_field(const char *head, size_t len, size_t *at, struct http_field *ret) {
    size_t size, next = 0;
    if (*at == 0) { /* the status line */
        if (line_at(head, len, 0, &size, &next) == NULL) return false;
        *at = next;
    }
    const char *line = line_at(head, len, *at, &size, &next);
    if (line == NULL || size <= 1) return false;
    *at = next;
    return split(line, size - 1, ret) == PAWL_OK;
}

static bool is_wanted(const struct http_field *field, const char *list) {
    for (const char *p = list; *p != '\0';) {
        size_t size = strcspn(p, ",");
        if (size == field->name_len && strncasecmp(p, field->name, size) == 0) return true;
        p += size;
        while (*p == ',' || *p == ' ') p++;
    }
    return false;
}

size_t http_wanted(const char *head, size_t len, const char *list, char *out, size_t max) {
    struct http_field field;
    size_t at = 0, used = 0;
    while (http_field(head, len, &at, &field)) {
        if (!is_wanted(&field, list)) continue;
        if (field.name_len + field.value_len + 3 > max - used) break;
        for (size_t i = 0; i < field.name_len; i++) {
            char c = field.name[i];
            out[used++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        }
        out[used++] = ':';
        out[used++] = ' ';
        memcpy(out + used, field.value, field.value_len);
        used += field.value_len;
        out[used++] = '\n';
    }
    return used;
}

/* ---- bodies ---- */

enum { CHUNK_SIZE = 0, CHUNK_DATA, CHUNK_END, CHUNK_TRAILER };

void http_body_init(struct http_body *b, const struct http_head *head, bool to_head, uint64_t max) {
    *b = (struct http_body){.max = max};
    if (to_head || head->status < 200 || head->status == 204 || head->status == 304)
        b->kind = HTTP_NO_BODY;
    else if (head->chunked)
        b->kind = HTTP_CHUNKED;
    else if (head->length >= 0)
        b->kind = head->length == 0 ? HTTP_NO_BODY : HTTP_LENGTH;
    else
        b->kind = HTTP_TO_THE_END;
    if (b->kind == HTTP_LENGTH) b->left = (uint64_t)head->length;
}

static void slice(struct http_body *b, const uint8_t *data, size_t len, struct http_slice *ret) {
    ret->data = data;
    ret->len = len;
    ret->offset = b->offset;
    ret->consumed += len;
    b->offset += len;
}

static size_t part(uint64_t left, size_t len) {
    size_t size = left < PAWL_NET_SLICE_MAX ? (size_t)left : PAWL_NET_SLICE_MAX;
    return len >= size ? size : SIZE_MAX;
}

static enum http_found next_length(struct http_body *b, const uint8_t *bytes, size_t len, bool eof,
                                   struct http_slice *ret) {
    if (b->left > b->max) return HTTP_TOO_LARGE;
    size_t size = part(b->left, len);
    if (size == SIZE_MAX) return eof ? HTTP_BAD : HTTP_MORE;
    slice(b, bytes, size, ret);
    b->left -= size;
    ret->last = b->left == 0;
    return HTTP_SLICE;
}

static enum http_found next_to_the_end(struct http_body *b, const uint8_t *bytes, size_t len,
                                       bool eof, struct http_slice *ret) {
    size_t size = len < PAWL_NET_SLICE_MAX ? len : PAWL_NET_SLICE_MAX;
    if (b->offset + size > b->max) return HTTP_TOO_LARGE;
    if (size < PAWL_NET_SLICE_MAX && !eof) return HTTP_MORE;
    if (size == 0) return HTTP_DONE;
    slice(b, bytes, size, ret);
    ret->last = eof && size == len;
    return HTTP_SLICE;
}

static int hex(uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* "1f;name=value\r\n": what stands behind the semicolon is not looked at. */
static enum http_found chunk_size(struct http_body *b, const uint8_t *bytes, size_t len,
                                  struct http_slice *ret) {
    size_t look = len < CHUNK_LINE_MAX ? len : CHUNK_LINE_MAX, at = 0;
    const uint8_t *end = look == 0 ? NULL : memchr(bytes, '\n', look);
    if (end == NULL) return len >= CHUNK_LINE_MAX ? HTTP_BAD : HTTP_MORE;
    size_t size = (size_t)(end - bytes);
    if (size < 2 || bytes[size - 1] != '\r') return HTTP_BAD;
    uint64_t value = 0;
    for (; at < size - 1 && hex(bytes[at]) >= 0; at++) {
        if (at == 15) return HTTP_BAD;
        value = value << 4 | (uint64_t)hex(bytes[at]);
    }
    if (at == 0 || (at < size - 1 && bytes[at] != ';' && bytes[at] != ' ')) return HTTP_BAD;
    if (value > b->max || b->offset + value > b->max) return HTTP_TOO_LARGE;
    b->left = value;
    b->state = value == 0 ? CHUNK_TRAILER : CHUNK_DATA;
    ret->consumed = size + 1;
    return HTTP_SKIPPED;
}

static enum http_found chunk_trailer(struct http_body *b, const uint8_t *bytes, size_t len,
                                     struct http_slice *ret) {
    size_t look = len < TRAILER_MAX ? len : TRAILER_MAX;
    const uint8_t *end = look == 0 ? NULL : memchr(bytes, '\n', look);
    if (end == NULL) return len >= TRAILER_MAX ? HTTP_BAD : HTTP_MORE;
    size_t size = (size_t)(end - bytes);
    if (size == 0 || bytes[size - 1] != '\r' || ++b->lines > HTTP_LINES_MAX) return HTTP_BAD;
    ret->consumed = size + 1;
    return size == 1 ? HTTP_DONE : HTTP_SKIPPED;
}

static enum http_found next_chunked(struct http_body *b, const uint8_t *bytes, size_t len, bool eof,
                                    struct http_slice *ret) {
    enum http_found found = HTTP_MORE;
    size_t size;
    switch (b->state) {
    case CHUNK_SIZE: found = chunk_size(b, bytes, len, ret); break;
    case CHUNK_DATA:
        size = part(b->left, len);
        if (size == SIZE_MAX) break;
        slice(b, bytes, size, ret);
        b->left -= size;
        if (b->left == 0) b->state = CHUNK_END;
        return HTTP_SLICE;
    case CHUNK_END:
        if (len < 2) break;
        if (bytes[0] != '\r' || bytes[1] != '\n') return HTTP_BAD;
        ret->consumed = 2;
        b->state = CHUNK_SIZE;
        return HTTP_SKIPPED;
    default: found = chunk_trailer(b, bytes, len, ret); break;
    }
    return found == HTTP_MORE && eof ? HTTP_BAD : found;
}

enum http_found http_body_next(struct http_body *b, const uint8_t *bytes, size_t len, bool eof,
                               struct http_slice *ret) {
    *ret = (struct http_slice){0};
    switch (b->kind) {
    case HTTP_LENGTH: return next_length(b, bytes, len, eof, ret);
    case HTTP_CHUNKED: return next_chunked(b, bytes, len, eof, ret);
    case HTTP_TO_THE_END: return next_to_the_end(b, bytes, len, eof, ret);
    default: return HTTP_DONE;
    }
}
