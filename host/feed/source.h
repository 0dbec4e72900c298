/*
 * source.h - one file of a feed, turned into batches of entries.
 *
 * A batch is flat bytes: entries one behind the other, each with an event's header whose time_ns
 * never falls. Real events are entries; so are the controls of a scenario, remarks, and the failure
 * that ends a source, in their place of the sequence.
 *
 * There is no thread behind it: decoding costs a tenth of what the host does with an event, and a
 * reader thread measured slower than none (its wake-ups cost more than the work it took over).
 */
#ifndef FEED_SOURCE_H
#define FEED_SOURCE_H

#include "base/tz.h"
#include "feed/bytes.h"
#include "feed/feed.h"
#include "feed/row.h"

#define BATCH_BYTES (64u << 10)
#define BATCH_SPARE (PAWL_EVENT_SIZE_MAX + 1024u) /* room that one more line may need */

enum entry_type { /* beyond the range of events */
                  ENTRY_RELOAD = 0xff01,
                  ENTRY_RESTART,
                  ENTRY_ADVANCE,
                  ENTRY_REMARK, /* struct entry_text; no row */
                  ENTRY_FAIL    /* struct entry_text; the source ends */
};

struct entry_text {
    struct pawl_event head;
    int32_t rc;
    char text[580];
};

struct batch {
    uint32_t used;
    int last; /* the source ends with this batch */
    uint64_t bad, one_sided, suspicious;
    _Alignas(16) uint8_t bytes[BATCH_BYTES];
};

struct generator;

enum source_kind { SOURCE_CSV = 1, SOURCE_JSONL, SOURCE_GENERATED };

struct source {
    /* Constant once it is open. */
    struct feed_source info;
    const struct feed_options *options; /* callbacks and bad_rows only */
    char path[1024];
    char tz_name[TZ_NAME_MAX + 1];
    enum source_kind kind;
    int64_t back_max_ns, scale_e8;
    enum feed_stamp stamp;
    int64_t first_ns; /* time of the first entry; INT64_MIN = unknown */
    struct layout layout;

    /* While it is read. */
    struct bytes *bytes;
    uint64_t part;
    struct tz *tz;
    struct row_reader reader;
    struct row row;
    struct generator *generator;
    int64_t last_ns;                /* arrival of the last event */
    int64_t last_utc_ns;            /* its own time */
    char symbol[FEED_TEXT_MAX + 1]; /* last one of COL_SYMBOL */
    uint32_t symbol_id;
    uint64_t bad_rows;
};

/* What one line came to, besides an event's size (above 0). */
enum line_result { LINE_SKIP = 0, LINE_BAD = -1, LINE_ONE_SIDED = -2 };

/* Finds out what the file is and reads up to its first row. `options` must outlive the source. */
int source_open(struct source *source, const char *path, const struct feed_options *options,
                struct pawl_err *err);
/* Opens it for reading, from the beginning. */
int source_start(struct source *source, struct pawl_err *err);
void source_stop(struct source *source); /* gives back all it holds; may be started again */
/* Never fails: a failure is an entry, and batch->last. */
void source_fill(struct source *source, struct batch *batch);

/* Line readers: the event goes to `out` (aligned to 8, PAWL_EVENT_SIZE_MAX bytes) with arrival in
 * head.time_ns; its own time in *ret_own_ns. LINE_BAD and LINE_ONE_SIDED leave a message. */
int csv_line(struct source *source, const char *line, size_t len, void *out, int64_t *ret_own_ns,
             char message[ROW_MESSAGE_MAX]);
int jsonl_line(struct source *source, const char *line, size_t len, void *out, int64_t *ret_own_ns,
               char message[ROW_MESSAGE_MAX]);
/* The size of the event, or 0: a line for jsonl_line. */
int jsonl_quick(struct source *source, const char *line, size_t len, void *out);
/* Smallest step between the local times of the rows in the buffer, in seconds; 0 = unknown. */
uint32_t csv_smallest_step(struct source *source);

#endif
