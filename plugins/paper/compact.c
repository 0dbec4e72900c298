/*
 * compact.c - the world file written anew, a few lines with each step, so that nobody waits for it:
 * one moment's world is copied, its lines go to a file beside, then what the file has got since is
 * copied behind them, and the new one takes the name. Until that rename the old file is the whole
 * truth, whatever happens; the one beside is begun afresh by the next attempt.
 */
#include "paper.h"

#include <stdlib.h>

#define LINES_A_STEP 32u
#define CHUNK_BYTES 65536u               /* written at once, and read at once of the old file */
#define RETRY_BYTES (UINT64_C(1) << 20)  /* the file grows by this before another attempt */

enum part { PART_POSITIONS, PART_ENDED, PART_WORKING, PART_EXECUTIONS, PART_TAIL };

struct paper_compact {
    struct paper_world *world; /* of the moment it began; its journal is what waits to be written */
    int64_t began_ns;
    enum part part;
    const struct paper_order *order; /* the next one of PART_ENDED */
    uint32_t symbol, at;             /* the next ones of the other parts */
    uint64_t snapshot_bytes;         /* written of the new file, without the tail */
    uint64_t tail_bytes;
    char chunk[CHUNK_BYTES];
};

void paper_compact_done(struct paper *paper) {
    if (paper->compact == NULL) return;
    paper_world_free(paper->compact->world);
    free(paper->compact);
    paper->compact = NULL;
}

static void give_up(struct paper *paper, const struct pawl_err *err) {
    paper->ctx->host->log(paper->ctx, PAWL_LOG_WARN, "%s cannot be written anew yet: %s",
                          PAPER_WORLD_FILE, err->text);
    paper->files->replace(paper->ctx, PAPER_WORLD_NEXT, "", 0, NULL); /* the disk may be full */
    paper->compact_not_below = paper->world->file_bytes + RETRY_BYTES;
    paper_compact_done(paper);
}

/* What is few comes at once. */
static void begin_lines(struct paper_compact *compact, uint64_t stands_for) {
    struct paper_world *world = compact->world;
    int64_t t = compact->began_ns;
    world->compactions++;
    paper_put_world(world, stands_for, t);
    for (uint32_t i = 1; i < world->symbol_count; i++)
        if (world->symbols[i]->known) paper_put_source(world, i, t);
    paper_put_link(world, t);
    for (uint32_t i = 0; i < world->fault_count; i++) paper_put_fault(world, &world->faults[i], t);
}

static int begin(struct paper *paper, struct pawl_err *err) {
    int rc = paper->files->replace(paper->ctx, PAPER_WORLD_NEXT, "", 0, err);
    if (rc != PAWL_OK) return rc;
    struct paper_compact *compact = calloc(1, sizeof *compact);
    if (compact != NULL) compact->world = paper_world_copy(paper->world);
    if (compact == NULL || compact->world == NULL) {
        free(compact);
        return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    }
    paper->compact = compact;
    compact->began_ns = paper->now_ns;
    compact->order = compact->world->ended;
    compact->symbol = 1;
    begin_lines(compact, paper->world->file_bytes);
    return PAWL_OK;
}

/* The next line; false: there are no more. */
static bool next_line(struct paper_compact *compact) {
    struct paper_world *world = compact->world;
    switch (compact->part) {
    case PART_POSITIONS:
        if (compact->at < world->position_count) {
            paper_put_position(world, &world->positions[compact->at++], compact->began_ns);
            return true;
        }
        compact->at = 0;
        compact->part = PART_ENDED; /* fall through */
    case PART_ENDED:
        if (compact->order != NULL) {
            paper_put_order(world, compact->order, compact->began_ns);
            compact->order = compact->order->ended_next;
            return true;
        }
        compact->part = PART_WORKING; /* fall through */
    case PART_WORKING:
        for (; compact->symbol < world->symbol_count; compact->symbol++, compact->at = 0) {
            const struct paper_symbol *symbol = world->symbols[compact->symbol];
            if (compact->at == symbol->count) continue;
            paper_put_order(world, symbol->orders[compact->at++], compact->began_ns);
            return true;
        }
        compact->part = PART_EXECUTIONS;
        compact->at = 0; /* fall through */
    case PART_EXECUTIONS:
        if (compact->at < world->execution_count) {
            paper_put_execution(world, paper_execution_at(world, compact->at++),
                                compact->began_ns);
            return true;
        }
        paper_put_step(world, compact->began_ns);
        compact->part = PART_TAIL; /* fall through */
    default: return false;
    }
}

static int write_lines(struct paper *paper, struct pawl_err *err) {
    struct paper_compact *compact = paper->compact;
    struct paper_text *text = &compact->world->journal;
    for (uint32_t i = 0; i < LINES_A_STEP && next_line(compact); i++) continue;
    if (text->lost) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    if (text->len < CHUNK_BYTES && compact->part != PART_TAIL) return PAWL_OK;
    int rc = paper->files->append(paper->ctx, PAPER_WORLD_NEXT, text->bytes, text->len, err);
    if (rc == PAWL_OK) compact->snapshot_bytes += text->len;
    text->len = 0;
    return rc;
}

/* One chunk of what the file has got since it began; `ret_more`: that was not all. */
static int copy_tail(struct paper *paper, bool *ret_more, struct pawl_err *err) {
    struct paper_compact *compact = paper->compact;
    uint64_t from = compact->world->file_bytes + compact->tail_bytes;
    uint64_t left = paper->world->file_bytes - from;
    size_t size = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
    *ret_more = size < left;
    if (size == 0) return PAWL_OK;
    int64_t got = paper->files->read(paper->ctx, PAPER_WORLD_FILE, from, compact->chunk, size,
                                    err);
    if (got < 0) return (int)got;
    if (got == 0) return pawl_fail(err, PAWL_E_DATA, "it is shorter than what was written");
    int rc = paper->files->append(paper->ctx, PAPER_WORLD_NEXT, compact->chunk, (size_t)got,
                                  err);
    if (rc == PAWL_OK) compact->tail_bytes += (uint64_t)got;
    *ret_more = *ret_more || (size_t)got < size;
    return rc;
}

/* Not in the instant it began: whoever follows the file has read what it stands for by then. */
static int finish(struct paper *paper, struct pawl_err *err) {
    struct paper_compact *compact = paper->compact;
    struct paper_world *world = paper->world;
    if (paper->now_ns == compact->began_ns) return PAWL_OK;
    int rc = paper->files->rename(paper->ctx, PAPER_WORLD_NEXT, PAPER_WORLD_FILE, err);
    if (rc != PAWL_OK) return rc;
    world->compactions = compact->world->compactions;
    world->snapshot_bytes = compact->snapshot_bytes;
    world->file_bytes = compact->snapshot_bytes + compact->tail_bytes;
    paper_compact_done(paper);
    return PAWL_OK;
}

static bool is_due(const struct paper *paper) {
    const struct paper_world *world = paper->world;
    uint64_t past = (uint64_t)paper->options.compact_bytes, lives = world->snapshot_bytes;
    return world->file_bytes >= lives + (past > lives ? past : lives) &&
           world->file_bytes >= paper->compact_not_below;
}

void paper_compact(struct paper *paper) {
    struct pawl_err err = {0};
    bool more = false;
    int rc = PAWL_OK;
    if (paper->unwritten || paper->world->journal.len > 0) return;
    if (paper->compact == NULL) {
        if (is_due(paper)) rc = begin(paper, &err);
    } else if (paper->compact->part != PART_TAIL) {
        rc = write_lines(paper, &err);
    } else {
        rc = copy_tail(paper, &more, &err);
        if (rc == PAWL_OK && !more) rc = finish(paper, &err);
    }
    if (rc != PAWL_OK) give_up(paper, &err);
}
