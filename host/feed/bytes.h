/*
 * bytes.h - the lines of a file, plain or compressed (gzip, zstd, xz, zip), streamed.
 *
 * Memory is one buffer of BYTES_BUFFER plus what the decompressor needs, whatever the file expands
 * to. The members of a zip follow one another in its order, each with its own line numbers.
 * Thread: any one at a time.
 */
#ifndef FEED_BYTES_H
#define FEED_BYTES_H

#include <string.h>

#include "feed/feed.h"

#define BYTES_BUFFER (256u << 10)
#define BYTES_SLACK 64u /* readable bytes behind the last line, none of them a digit */
#define BYTES_MEMBERS_MAX 4096u
#define BYTES_WHERE_MAX                                                                            \
    288u /* a longer path loses its beginning, so that the message is not lost */

struct archive;

struct bytes {
    struct archive *archive;
    char *path;
    char member[64]; /* of a zip; empty = none */
    uint64_t line;   /* number of the line last returned, from 1 within its member */
    uint64_t part;   /* raised when a member begins */
    uint32_t members;
    int at_end;   /* the member has no more bytes than those in the buffer */
    int finished; /* the file has no more members */
    char *buffer;
    const char *at, *end; /* what is not yet returned */
};

enum bytes_line { BYTES_END = 0, BYTES_LINE = 1, BYTES_TOO_LONG = 2 };

/* PAWL_E_IO or PAWL_E_DATA with "FILE: message". */
int bytes_open(const char *path, struct bytes **ret, struct pawl_err *err);
void bytes_close(struct bytes *bytes); /* accepts NULL */

/* Slow path of bytes_line. */
int bytes_line_refill(struct bytes *bytes, const char **ret_line, size_t *ret_len,
                      struct pawl_err *err);

/* enum bytes_line, or below 0. The line lacks its end (LF or CRLF), is valid until the next call
 * and is followed by a readable byte that is no digit. BYTES_TOO_LONG: the line was passed over. */
static inline int bytes_line(struct bytes *bytes, const char **ret_line, size_t *ret_len,
                             struct pawl_err *err) {
    const char *at = bytes->at;
    const char *newline = memchr(at, '\n', (size_t)(bytes->end - at));
    if (newline == NULL || newline - at > (ptrdiff_t)FEED_LINE_MAX)
        return bytes_line_refill(bytes, ret_line, ret_len, err);
    bytes->at = newline + 1;
    bytes->line++;
    size_t len = (size_t)(newline - at);
    if (len > 0 && at[len - 1] == '\r') len--;
    *ret_line = at;
    *ret_len = len;
    return BYTES_LINE;
}

/* The first line that is not blank: BYTES_LINE, or below 0 where there is none. */
int bytes_first_line(struct bytes *bytes, const char **ret_line, size_t *ret_len,
                     struct pawl_err *err);

/* "FILE:LINE", or "FILE(MEMBER):LINE"; line 0 = without. Returns `out`. */
const char *bytes_where(const struct bytes *bytes, uint64_t line, char out[BYTES_WHERE_MAX]);

#endif
