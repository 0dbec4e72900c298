/*
 * log.h - one line a message, to one descriptor.
 *
 *   2026-01-02T03:04:05.678Z WARN  paper: text
 *   {"t":"2026-01-02T03:04:05.678Z","level":"WARN","source":"paper","text":"..."}
 *
 * Each source has a bucket of tokens filled by the caller's clock; a message without a token is
 * counted, and the count is told before the next line of that source. The last quarter of a bucket
 * is kept for errors. Control characters and broken UTF-8 are escaped, so text from outside cannot
 * forge a line. A line is one write(2); what the descriptor does not take at once is counted,
 * never waited for and never retried.
 *
 * Thread loop only. Only main.c and the dispatch boundary log; everything else returns its error.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>

#include "pawl_plugin.h" /* enum pawl_log_level */

#define LOG_TEXT_MAX 1000u   /* bytes of one message; longer ones are cut and end in "..." */
#define LOG_SOURCES_MAX 256u /* sources with a bucket of their own; the rest share one */
#define LOG_SOURCE_TEXT_MAX 63u

struct log;

struct log_options {
    int fd;              /* not closed by log_free() */
    int level;           /* PAWL_LOG_*: the least important level that is written */
    bool json;
    bool priority;       /* each line begins with "<N>": for log_is_journal() */
    uint32_t burst;      /* messages of one source at once; 0 = 200 */
    uint32_t per_second; /* and then; 0 = 20 */
    int64_t (*now_ns)(void *arg);
    void *now_arg;
};

int log_new(const struct log_options *options, struct log **ret, struct pawl_err *err);
void log_free(struct log *log);

/* log may be NULL: nothing happens. */
void log_write(struct log *log, int level, const char *source, const char *format, ...)
    PAWL_PRINTF(4, 5);
void log_vwrite(struct log *log, int level, const char *source, const char *format, va_list args)
    PAWL_PRINTF(4, 0);
void log_set_level(struct log *log, int level);
bool log_wants(const struct log *log, int level); /* to spare the work of making the text */
uint64_t log_dropped(const struct log *log);      /* messages not written, of all sources */

/* The descriptor leads to systemd's journal, which takes the level from the line. */
bool log_is_journal(int fd);

const char *log_level_text(int level);
int log_level_parse(const char *text); /* "error" "warn" "info" "debug"; 0 = none of these */

#endif
