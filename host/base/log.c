#include "base/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/outlet.h"
#include "base/rfc3339.h"
#include "base/table.h"

#define LOG_BURST_DEFAULT 200u
#define LOG_PER_SECOND_DEFAULT 20u
/* Every byte of a message may become six ("\u0007"); what is longer than a reader takes at once is
 * cut, so there is room for one of them, "..." and the end of the line. */
#define LOG_LINE_MAX OUTLET_PIECE_MAX
#define LOG_CUT_AT (LOG_LINE_MAX - 12u)

struct bucket {
    int64_t filled_ns; /* up to when tokens were added */
    uint64_t credit_ns; /* tokens, each worth 1 s / per_second */
    uint64_t dropped;   /* since the last line */
};

struct log {
    struct log_options options;
    int fd; /* what of options.fd is written to */
    struct text_table sources; /* name -> index of its bucket */
    struct bucket buckets[LOG_SOURCES_MAX + 1]; /* [0] is shared by those without their own */
    uint64_t dropped;
    uint64_t token_ns;
    char line[LOG_LINE_MAX + 1];
};

static const char *const level_names[] = {
    [PAWL_LOG_ERROR] = "ERROR", [PAWL_LOG_WARN] = "WARN", [PAWL_LOG_INFO] = "INFO",
    [PAWL_LOG_DEBUG] = "DEBUG"};

const char *log_level_text(int level) {
    return level < PAWL_LOG_ERROR || level > PAWL_LOG_DEBUG ? "?" : level_names[level];
}

int log_level_parse(const char *text) {
    static const char *const lower[] = {"", "error", "warn", "info", "debug"};
    for (int i = PAWL_LOG_ERROR; i <= PAWL_LOG_DEBUG; i++)
        if (strcmp(text, lower[i]) == 0) return i;
    return 0;
}

int log_new(const struct log_options *options, struct log **ret, struct pawl_err *err) {
    struct log *log = mem_calloc(1, sizeof *log);
    if (log == NULL) return pawl_fail(err, PAWL_E_NOMEM, "log: out of memory");
    assert(options->now_ns != NULL);
    log->options = *options;
    log->fd = outlet_descriptor(options->fd);
    if (log->options.burst == 0) log->options.burst = LOG_BURST_DEFAULT;
    if (log->options.per_second == 0) log->options.per_second = LOG_PER_SECOND_DEFAULT;
    log->token_ns = (uint64_t)PAWL_NS / log->options.per_second;
    if (log->token_ns == 0) log->token_ns = 1;
    text_table_init(&log->sources, LOG_SOURCES_MAX, LOG_SOURCE_TEXT_MAX);
    for (uint32_t i = 0; i <= LOG_SOURCES_MAX; i++)
        log->buckets[i].credit_ns = log->token_ns * log->options.burst;
    *ret = log;
    return PAWL_OK;
}

void log_free(struct log *log) {
    if (log == NULL) return;
    text_table_done(&log->sources);
    if (log->fd != log->options.fd) close(log->fd);
    mem_free(log);
}

bool log_is_journal(int fd) {
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;
    if (stream == NULL || sscanf(stream, "%llu:%llu", &device, &inode) != 2) return false;
    return fstat(fd, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_set_level(struct log *log, int level) {
    log->options.level = level;
}

bool log_wants(const struct log *log, int level) {
    return log != NULL && level <= log->options.level;
}

uint64_t log_dropped(const struct log *log) {
    return log->dropped;
}

static struct bucket *bucket_of(struct log *log, const char *source) {
    uint32_t index = 0;
    if (!text_table_get(&log->sources, source, &index) && log->sources.count < LOG_SOURCES_MAX) {
        index = log->sources.count + 1;
        if (text_table_put(&log->sources, source, index, NULL) != PAWL_OK) index = 0;
    }
    return &log->buckets[index];
}

static bool bucket_take(struct log *log, struct bucket *bucket, int level, int64_t now_ns) {
    uint64_t full = log->token_ns * log->options.burst;
    if (bucket->filled_ns == 0 || now_ns < bucket->filled_ns) bucket->filled_ns = now_ns;
    uint64_t gained = (uint64_t)now_ns - (uint64_t)bucket->filled_ns;
    bucket->credit_ns = gained > full - bucket->credit_ns ? full : bucket->credit_ns + gained;
    bucket->filled_ns = now_ns;
    uint64_t kept = level == PAWL_LOG_ERROR ? 0 : full / 4 / log->token_ns * log->token_ns;
    if (bucket->credit_ns < kept + log->token_ns) return false;
    bucket->credit_ns -= log->token_ns;
    return true;
}

/* Length of the well-formed UTF-8 sequence at p, 0 if there is none. Stops at the terminator. */
static unsigned utf8_len(const unsigned char *p) {
    if (p[0] < 0x80) return 1;
    unsigned len = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : (p[0] & 0xf0) == 0xe0 ? 3
                   : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;
    for (unsigned i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (len == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))) return 0;
    if (len == 4 && ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))) return 0;
    return len;
}

/* Append text escaped for the form of this log. */
static size_t put_text(struct log *log, size_t at, const char *text, size_t text_max) {
    const unsigned char *p = (const unsigned char *)text;
    const unsigned char *end = p + strnlen(text, text_max);
    while (p < end && at <= LOG_CUT_AT) {
        unsigned len = utf8_len(p);
        size_t room = sizeof log->line - at;
        int wrote;
        if (len == 0 || p + len > end) {
            wrote = snprintf(log->line + at, room, log->options.json ? "\\u%04x" : "\\x%02x", *p);
            len = 1;
        } else if (*p < 0x20 || *p == 0x7f) {
            wrote = snprintf(log->line + at, room, log->options.json ? "\\u%04x" : "\\x%02x", *p);
        } else if (log->options.json && (*p == '"' || *p == '\\')) {
            wrote = snprintf(log->line + at, room, "\\%c", *p);
        } else {
            memcpy(log->line + at, p, len);
            wrote = (int)len;
        }
        at += (size_t)wrote;
        p += len;
    }
    if (p < end) {
        memcpy(log->line + at, "...", 3);
        at += 3;
    }
    return at;
}

static void put_line(struct log *log, int64_t now_ns, int level, const char *source,
                     const char *text) {
    static const int priorities[] = {[PAWL_LOG_ERROR] = 3, [PAWL_LOG_WARN] = 4,
                                     [PAWL_LOG_INFO] = 6, [PAWL_LOG_DEBUG] = 7};
    char time[RFC3339_SIZE];
    rfc3339_format(now_ns, 3, time);
    const char *head =
        log->options.json ? "{\"t\":\"%s\",\"level\":\"%s\",\"source\":\"" : "%s %-5s ";
    size_t at = 0;
    if (log->options.priority)
        at = (size_t)snprintf(log->line, sizeof log->line, "<%d>", priorities[level]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    at += (size_t)snprintf(log->line + at, sizeof log->line - at, head, time,
                           log_level_text(level));
#pragma GCC diagnostic pop
    at = put_text(log, at, source, LOG_SOURCE_TEXT_MAX);
    const char *between = log->options.json ? "\",\"text\":\"" : ": ";
    memcpy(log->line + at, between, strlen(between));
    at = put_text(log, at + strlen(between), text, LOG_TEXT_MAX);
    const char *tail = log->options.json ? "\"}\n" : "\n";
    memcpy(log->line + at, tail, strlen(tail));
    at += strlen(tail);
    assert(at <= sizeof log->line);
    if (!outlet_takes(log->fd) || write(log->fd, log->line, at) != (ssize_t)at) log->dropped++;
}

void log_vwrite(struct log *log, int level, const char *source, const char *format, va_list args) {
    if (!log_wants(log, level)) return;
    int64_t now_ns = log->options.now_ns(log->options.now_arg);
    struct bucket *bucket = bucket_of(log, source);
    if (!bucket_take(log, bucket, level, now_ns)) {
        bucket->dropped++;
        log->dropped++;
        return;
    }
    char text[LOG_TEXT_MAX + 1];
    if (bucket->dropped > 0) {
        snprintf(text, sizeof text, "%llu messages dropped: more than %u a second",
                 (unsigned long long)bucket->dropped, log->options.per_second);
        bucket->dropped = 0;
        put_line(log, now_ns, PAWL_LOG_WARN, source, text);
    }
    int len = vsnprintf(text, sizeof text, format, args);
    if (len < 0) return;
    if ((size_t)len >= sizeof text) memcpy(text + sizeof text - 4, "...", 4);
    put_line(log, now_ns, level, source, text);
}

void log_write(struct log *log, int level, const char *source, const char *format, ...) {
    va_list args;
    va_start(args, format);
    log_vwrite(log, level, source, format, args);
    va_end(args);
}
