/*
 * worldfile.h - the world as text: one JSON object a line, one line a change, each line the full
 * state of what changed, but for an order: of one that stands above only what may change. A `step`
 * line ends what one input did; lines after the last one are of a step that was cut short and count
 * as not written. A file written anew (compact.c) begins with all that lived at one moment, up to
 * its first `step`. README.md has the format for readers.
 */
#ifndef PAPER_WORLDFILE_H
#define PAPER_WORLDFILE_H

#include "world.h"

#define PAPER_WORLD_FILE "world.jsonl"
#define PAPER_WORLD_NEXT "world.next.jsonl" /* while it is written anew */
#define PAPER_WORLD_BYTES_MAX (UINT64_C(1) << 31) /* a larger file is not read back */
#define PAPER_JOURNAL_BYTES_MAX (UINT32_C(16) << 20) /* kept while the file cannot be written */

/* Lines into world->journal; `now_ns` is the venue's clock. */
void paper_put_order(struct paper_world *world, struct paper_order *order, int64_t now_ns);
void paper_put_execution(struct paper_world *world, const struct paper_execution *execution,
                         int64_t now_ns);
void paper_put_position(struct paper_world *world, const struct paper_position *position,
                        int64_t now_ns);
void paper_put_fault(struct paper_world *world, const struct paper_fault *fault, int64_t now_ns);
/* What kind of prices an instrument has; once it is in the file, at each change. */
void paper_put_source(struct paper_world *world, uint32_t symbol, int64_t now_ns);
void paper_put_link(struct paper_world *world, int64_t now_ns);
void paper_put_step(struct paper_world *world, int64_t now_ns);

/* Text of the venue's ids, and back (0 = it is none). */
#define PAPER_VENUE_ID_SIZE 24u
void paper_ticket_text(uint64_t ticket, char out[PAPER_VENUE_ID_SIZE]);
uint64_t paper_ticket_number(const char *text);

/* Where the file that is written anew stands in lists from which something may go meanwhile. */
struct paper_walk {
    struct paper_order *ended; /* the next one; NULL = all are written */
    uint32_t symbol, order;    /* slot, and place of the next one among its working ones */
    uint32_t execution;        /* place of the next one */
};

/* Append the journal to the file; on failure it is kept for the next attempt. */
int paper_world_save(struct paper_world *world, struct pawl_ctx *ctx,
                     const struct pawl_files *files, struct pawl_err *err);
/* Read the file into an empty world. PAWL_E_DATA "world.jsonl:LINE: ..." where a line cannot be
 * understood, or there are none but the file is; `ret_dropped` = lines of an unfinished last step,
 * which are cut off. */
int paper_world_load(struct paper_world *world, struct pawl_ctx *ctx,
                     const struct pawl_files *files, uint64_t *ret_dropped, struct pawl_err *err);

#define PAPER_OTHER_PERSONALITY                                                                    \
    "this world was made by another personality; move the file away to begin a new one"

#endif
