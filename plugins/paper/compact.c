/*
 * compact.c - the world file written anew, a little with each step, so that nobody waits for it:
 * what the file says of one moment is read into a second world, whose lines go to a file beside;
 * then what the file has got since is copied behind them, the new file is synced, what came
 * meanwhile is copied, and it takes the name. Until that rename the old file is the whole truth,
 * whatever happens; the one beside is begun afresh by the next attempt.
 */
#include "paper.h"

#include <stdlib.h>

/* In microseconds, and yet a few times what a step adds to the file. */
#define LINES_A_STEP 16u
#define READ_BYTES 8192u /* of the old file, to understand it; more than a line */
#define CHUNK_BYTES 65536u               /* written at once, and copied at once */
#define RETRY_BYTES (UINT64_C(1) << 20)  /* the file grows by this before another attempt */

enum part {
    PART_READ, PART_SOURCES, PART_POSITIONS, PART_ENDED, PART_WORKING, PART_EXECUTIONS,
    PART_TAIL, PART_SYNC, PART_REST
};

struct paper_compact {
    struct paper_world *world; /* of the moment it began; its journal is what waits to be written */
    int64_t began_ns;
    enum part part;
    uint64_t moment;                 /* bytes of the file that it stands for, */
    uint64_t read, line;             /* and of them, those that are in the world */
    uint32_t symbol, at;             /* the next ones */
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

static int begin(struct paper *paper, struct pawl_err *err) {
    int rc = paper->files->replace(paper->ctx, PAPER_WORLD_NEXT, "", 0, err);
    if (rc != PAWL_OK) return rc;
    struct paper_compact *compact = calloc(1, sizeof *compact);
    if (compact == NULL || paper_world_new(&compact->world) != PAWL_OK) {
        free(compact);
        return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    }
    paper->compact = compact;
    compact->world->personality = paper->world->personality;
    compact->began_ns = paper->now_ns;
    compact->moment = paper->world->file_bytes;
    return PAWL_OK;
}

/* What is few comes at once. */
static void first_lines(struct paper_compact *compact) {
    struct paper_world *world = compact->world;
    int64_t t = compact->began_ns;
    world->compactions++;
    paper_put_world(world, compact->moment, t);
    paper_put_link(world, t);
    for (uint32_t i = 0; i < world->fault_count; i++) paper_put_fault(world, &world->faults[i], t);
    compact->at = 1;
    compact->symbol = 1;
    compact->part = PART_SOURCES;
}

static int read_lines(struct paper *paper, struct pawl_err *err) {
    struct paper_compact *compact = paper->compact;
    uint64_t left = compact->moment - compact->read;
    size_t used = 0;
    int64_t got = paper->files->read(paper->ctx, PAPER_WORLD_FILE, compact->read, compact->chunk,
                                     left < READ_BYTES ? (size_t)left : READ_BYTES, err);
    if (got < 0) return (int)got;
    int rc = paper_world_lines(compact->world, &compact->line, compact->chunk, (size_t)got, &used,
                               err);
    if (rc == PAWL_OK && used == 0)
        rc = pawl_fail(err, PAWL_E_DATA, "it is not what was written");
    compact->read += used;
    if (rc == PAWL_OK && compact->read == compact->moment) first_lines(compact);
    return rc;
}

/* One at a time, so that in the end there are not all of them to be freed at once. */
static void put_and_free(struct paper_compact *compact, struct paper_order *order) {
    paper_put_order(compact->world, order, compact->began_ns);
    paper_order_free(compact->world, order);
}

/* The next line; false: there are no more. */
static bool next_line(struct paper_compact *compact) {
    struct paper_world *world = compact->world;
    struct paper_order *order;
    switch (compact->part) {
    case PART_SOURCES:
        for (; compact->at < world->symbol_count; compact->at++) {
            if (!world->symbols[compact->at]->known) continue;
            paper_put_source(world, compact->at++, compact->began_ns);
            return true;
        }
        compact->at = 0;
        compact->part = PART_POSITIONS; /* fall through */
    case PART_POSITIONS:
        if (compact->at < world->position_count) {
            paper_put_position(world, &world->positions[compact->at++], compact->began_ns);
            return true;
        }
        compact->at = 0;
        compact->part = PART_ENDED; /* fall through */
    case PART_ENDED:
        if ((order = world->ended) != NULL) {
            world->ended = order->ended_next;
            put_and_free(compact, order);
            return true;
        }
        compact->part = PART_WORKING; /* fall through */
    case PART_WORKING:
        for (; compact->symbol < world->symbol_count; compact->symbol++, compact->at = 0) {
            const struct paper_symbol *symbol = world->symbols[compact->symbol];
            if (compact->at == symbol->count) continue;
            put_and_free(compact, symbol->orders[compact->at++]);
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

/* So that the new file is there after a power cut, too. */
static int sync_next(struct paper *paper, struct pawl_err *err) {
    int rc = paper->files->sync(paper->ctx, PAPER_WORLD_NEXT, err);
    if (rc == PAWL_OK) paper->compact->part = PART_REST;
    return rc == PAWL_E_BUSY ? PAWL_OK : rc;
}

/* Not in the instant it began: whoever follows the file has read what it stands for by then. */
static int finish(struct paper *paper, struct pawl_err *err) {
    struct paper_compact *compact = paper->compact;
    struct paper_world *world = paper->world;
    if (paper->now_ns == compact->began_ns) return PAWL_OK;
    int rc = paper->files->rename(paper->ctx, PAPER_WORLD_NEXT, PAPER_WORLD_FILE, err);
    if (rc != PAWL_OK) return rc == PAWL_E_BUSY ? PAWL_OK : rc; /* the disk is behind: later */
    world->compactions = compact->world->compactions;
    world->snapshot_bytes = compact->snapshot_bytes;
    world->file_bytes = compact->snapshot_bytes + compact->tail_bytes;
    paper_compact_done(paper);
    return PAWL_OK;
}

/* One chunk of what the file has got since it began; if that was all it goes on at once, for each
 * step adds to it. */
static int copy_tail(struct paper *paper, struct pawl_err *err) {
    struct paper_compact *compact = paper->compact;
    uint64_t from = compact->moment + compact->tail_bytes;
    uint64_t left = paper->world->file_bytes - from;
    size_t size = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
    if (left > 0) {
        int64_t got = paper->files->read(paper->ctx, PAPER_WORLD_FILE, from, compact->chunk, size,
                                         err);
        if (got < 0) return (int)got;
        if (got == 0) return pawl_fail(err, PAWL_E_DATA, "it is shorter than what was written");
        int rc = paper->files->append(paper->ctx, PAPER_WORLD_NEXT, compact->chunk, (size_t)got,
                                      err);
        if (rc != PAWL_OK) return rc;
        compact->tail_bytes += (uint64_t)got;
        if ((uint64_t)got < left) return PAWL_OK;
    }
    if (compact->part == PART_REST) return finish(paper, err);
    compact->part = PART_SYNC;
    return sync_next(paper, err);
}

static bool is_due(const struct paper *paper) {
    const struct paper_world *world = paper->world;
    uint64_t past = (uint64_t)paper->options.compact_bytes, lives = world->snapshot_bytes;
    return world->file_bytes >= lives + (past > lives ? past : lives) &&
           world->file_bytes >= paper->compact_not_below;
}

static int go_on(struct paper *paper, struct pawl_err *err) {
    switch (paper->compact->part) {
    case PART_READ: return read_lines(paper, err);
    case PART_TAIL:
    case PART_REST: return copy_tail(paper, err);
    case PART_SYNC: return sync_next(paper, err);
    default: return write_lines(paper, err);
    }
}

void paper_compact(struct paper *paper) {
    struct pawl_err err = {0};
    int rc = PAWL_OK;
    if (paper->unwritten && paper->compact != NULL) {
        pawl_fail(&err, PAWL_E_IO, "the file cannot be written, and this takes its room");
        give_up(paper, &err);
    }
    if (paper->unwritten || paper->world->journal.len > 0) return;
    if (paper->compact != NULL)
        rc = go_on(paper, &err);
    else if (is_due(paper))
        rc = begin(paper, &err);
    if (rc != PAWL_OK) give_up(paper, &err);
}
