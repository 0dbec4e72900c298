#include "feed/bytes.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/err.h"

#define READ_BLOCK (128u << 10)
#define PATH_SHOWN_MAX 140u

void bytes_close(struct bytes *bytes) {
    if (bytes == NULL) return;
    archive_read_free(bytes->archive); /* accepts NULL */
    mem_free(bytes->buffer);
    mem_free(bytes->path);
    mem_free(bytes);
}

const char *bytes_where(const struct bytes *bytes, uint64_t line, char out[BYTES_WHERE_MAX]) {
    size_t length = strlen(bytes->path);
    const char *path =
        length > PATH_SHOWN_MAX ? bytes->path + length - PATH_SHOWN_MAX : bytes->path;
    const char *cut = path != bytes->path ? "..." : "";
    const char *open = bytes->member[0] != '\0' ? "(" : "",
               *shut = bytes->member[0] != '\0' ? ")" : "";
    char number[24] = "";
    if (line != 0) snprintf(number, sizeof number, ":%llu", (unsigned long long)line);
    snprintf(out, BYTES_WHERE_MAX, "%s%.140s%s%s%s%s", cut, path, open, bytes->member, shut,
             number);
    return out;
}

static int fail(const struct bytes *bytes, const char *what, struct pawl_err *err) {
    char where[BYTES_WHERE_MAX], text[96];
    const char *said = archive_error_string(bytes->archive);
    size_t len = 0;
    for (; said != NULL && said[len] != '\0' && said[len] != '\n' && len < sizeof text - 1; len++)
        text[len] = said[len] >= 0x20 && said[len] < 0x7f ? said[len] : '?';
    text[len] = '\0';
    int number = archive_errno(bytes->archive);
    int rc = number == -1 || number == EILSEQ ? PAWL_E_DATA : PAWL_E_IO; /* of bad contents */
    return pawl_fail(err, rc, "%s: %s: %s", bytes_where(bytes, bytes->line, where), what,
                     len > 0 ? text : "unreadable");
}

/* Goes to the next member that is a file; `finished` where there is none. */
static int next_member(struct bytes *bytes, struct pawl_err *err) {
    for (;;) {
        struct archive_entry *entry;
        int result = archive_read_next_header(bytes->archive, &entry);
        if (result == ARCHIVE_EOF) {
            bytes->at_end = bytes->finished = 1;
            return PAWL_OK;
        }
        if (result != ARCHIVE_OK) return fail(bytes, "cannot be unpacked", err);
        if (++bytes->members > BYTES_MEMBERS_MAX)
            return pawl_fail(err, PAWL_E_DATA, "%s: more than %u members", bytes->path,
                             BYTES_MEMBERS_MAX);
        int is_zip = archive_format(bytes->archive) == ARCHIVE_FORMAT_ZIP;
        if (is_zip && archive_entry_filetype(entry) != AE_IFREG) continue;
        bytes->member[0] = '\0';
        const char *name = is_zip ? archive_entry_pathname(entry) : NULL;
        if (name != NULL) {
            size_t n =
                strlen(name) < sizeof bytes->member - 1 ? strlen(name) : sizeof bytes->member - 1;
            for (size_t i = 0; i < n; i++)
                bytes->member[i] = name[i] >= 0x20 && name[i] < 0x7f ? name[i] : '?';
            bytes->member[n] = '\0';
        }
        bytes->at_end = 0;
        bytes->line = 0;
        bytes->part++;
        return PAWL_OK;
    }
}

/* Moves what is left to the front and fills the rest of the buffer. */
static int refill(struct bytes *bytes, struct pawl_err *err) {
    size_t left = (size_t)(bytes->end - bytes->at);
    assert(left < BYTES_BUFFER);
    memmove(bytes->buffer, bytes->at, left);
    bytes->at = bytes->buffer;
    while (left < BYTES_BUFFER && !bytes->at_end) {
        la_ssize_t n = archive_read_data(bytes->archive, bytes->buffer + left, BYTES_BUFFER - left);
        if (n == ARCHIVE_RETRY) continue;
        if (n < 0) {
            bytes->end = bytes->buffer + left;
            bytes->at_end = 1; /* whoever asks again gets no second answer from a broken archive */
            bytes->finished = 1;
            return fail(bytes, "cannot be read on", err);
        }
        if (n == 0) bytes->at_end = 1;
        left += (size_t)n;
    }
    bytes->end = bytes->buffer + left;
    memset(bytes->buffer + left, '\n', BYTES_SLACK);
    return PAWL_OK;
}

static int open_archive(struct bytes *bytes, struct pawl_err *err) {
    struct archive *archive = bytes->archive = archive_read_new();
    if (archive == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    if (archive_read_support_filter_gzip(archive) != ARCHIVE_OK ||
        archive_read_support_filter_xz(archive) != ARCHIVE_OK ||
        archive_read_support_filter_zstd(archive) != ARCHIVE_OK ||
        archive_read_support_format_zip(archive) != ARCHIVE_OK ||
        archive_read_support_format_raw(archive) != ARCHIVE_OK ||
        archive_read_support_format_empty(archive) != ARCHIVE_OK)
        return fail(bytes, "libarchive", err);
    if (archive_read_open_filename(archive, bytes->path, READ_BLOCK) != ARCHIVE_OK)
        return fail(bytes, "cannot be opened", err);
    return PAWL_OK;
}

int bytes_open(const char *path, struct bytes **ret, struct pawl_err *err) {
    struct stat st;
    if (stat(path, &st) != 0) return pawl_fail(err, PAWL_E_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode)) return pawl_fail(err, PAWL_E_IO, "%s: not a regular file", path);
    struct bytes *bytes = mem_calloc(1, sizeof *bytes);
    if (bytes == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    bytes->path = mem_strdup(path);
    bytes->buffer = mem_alloc(BYTES_BUFFER + BYTES_SLACK);
    bytes->at = bytes->end = bytes->buffer;
    int rc = bytes->path == NULL || bytes->buffer == NULL
                 ? pawl_fail(err, PAWL_E_NOMEM, "out of memory")
                 : open_archive(bytes, err);
    if (rc == PAWL_OK) rc = next_member(bytes, err);
    if (rc == PAWL_OK && !bytes->finished) rc = refill(bytes, err);
    if (rc == PAWL_OK && bytes->end - bytes->at >= 3 && memcmp(bytes->at, "\xef\xbb\xbf", 3) == 0)
        bytes->at += 3; /* byte order mark */
    if (rc != PAWL_OK) {
        bytes_close(bytes);
        return rc;
    }
    *ret = bytes;
    return PAWL_OK;
}

/* Passes over the rest of a line that is longer than the limit. */
static int skip_line(struct bytes *bytes, struct pawl_err *err) {
    for (;;) {
        const char *newline = memchr(bytes->at, '\n', (size_t)(bytes->end - bytes->at));
        bytes->at = newline != NULL ? newline + 1 : bytes->end;
        if (newline != NULL || bytes->at_end) break;
        int rc = refill(bytes, err);
        if (rc != PAWL_OK) return rc;
    }
    bytes->line++;
    return BYTES_TOO_LONG;
}

int bytes_line_refill(struct bytes *bytes, const char **ret_line, size_t *ret_len,
                      struct pawl_err *err) {
    const char *newline;
    size_t left;
    int rc;
    for (;;) {
        left = (size_t)(bytes->end - bytes->at);
        newline = left > 0 ? memchr(bytes->at, '\n', left) : NULL;
        if (newline == NULL && !bytes->at_end && left <= FEED_LINE_MAX) {
            if ((rc = refill(bytes, err)) != PAWL_OK) return rc;
        } else if (left == 0) {
            if (bytes->finished) return BYTES_END;
            if ((rc = next_member(bytes, err)) != PAWL_OK) return rc;
        } else {
            break;
        }
    }
    size_t len = newline != NULL ? (size_t)(newline - bytes->at) : left;
    if (len > FEED_LINE_MAX) return skip_line(bytes, err);
    *ret_line = bytes->at;
    bytes->at += len + (newline != NULL);
    bytes->line++;
    if (len > 0 && (*ret_line)[len - 1] == '\r') len--;
    *ret_len = len;
    return BYTES_LINE;
}

int bytes_first_line(struct bytes *bytes, const char **ret_line, size_t *ret_len,
                     struct pawl_err *err) {
    char where[BYTES_WHERE_MAX];
    int rc;
    do {
        rc = bytes_line(bytes, ret_line, ret_len, err);
    } while (rc == BYTES_LINE && *ret_len == 0);
    bytes_where(bytes, bytes->line > 0 ? bytes->line : 1, where);
    if (rc == BYTES_TOO_LONG)
        return pawl_fail(err, PAWL_E_DATA, "%s: longer than %u bytes", where, FEED_LINE_MAX);
    if (rc == BYTES_END) return pawl_fail(err, PAWL_E_DATA, "%s: the file is empty", where);
    return rc;
}
