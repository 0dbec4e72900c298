/*
 * compact.c - the world file written anew, a little with each step, so that nobody waits for it.
 * What the world was at one moment goes to a file beside, a few lines with each step. An order that
 * changes before its turn has come is left out: the file in use has got its whole line since. Then
 * what the file has got since the moment is copied behind them, the new file is synced, what came
 * meanwhile is copied, and it takes the name. Until that rename the old file is the whole truth,
 * whatever happens; the one beside is begun afresh by the next attempt.
 */
#include "paper.h"
#include "worldlines.h"

#include <stdlib.h>
#include <string.h>

/* In microseconds, and yet a few times what a step adds to the file. */
#ifndef PAPER_LINES_A_STEP /* fewer in a unit test */
#define PAPER_LINES_A_STEP 8u
#endif
#define BYTES_FOR_A_BYTE 2u /* where a step adds much */
#define COPY_BYTES 8192u
#define CHUNK_BYTES 65536u /* written at once, and the most that is done in a step */
#define RETRY_BYTES (UINT64_C(1) << 20)  /* the file grows by this before another attempt */

enum part {
    PART_SOURCES, PART_POSITIONS, PART_ENDED, PART_WORKING, PART_EXECUTIONS, PART_TAIL, PART_SYNC,
    PART_REST
};

struct paper_compact {
    struct paper_text text; /* lines that wait to be written */
    /* The moment: */
    struct paper_when when;
    uint64_t moment; /* bytes of the file that it stands for */
    uint64_t prng, last_execution;
    struct paper_position *positions; /* whose order counts, so all of them are copied at once */
    uint32_t position_count;
    /* How far it is: */
    enum part part;
    uint32_t at;
    struct paper_walk walk;
    uint64_t snapshot_bytes; /* written of the new file, without the tail */
    uint64_t tail_bytes;
    uint64_t seen_bytes; /* of the file, at the last step */
    char chunk[CHUNK_BYTES];
};

void paper_compact_done(struct paper *paper) {
    if (paper->compact == NULL) return;
    free(paper->compact->text.bytes);
    free(paper->compact->positions);
    free(paper->compact);
    paper->compact = NULL;
    paper->world->walk = NULL;
}

static void give_up(struct paper *paper, const struct pawl_err *err) {
    paper->ctx->host->log(paper->ctx, PAWL_LOG_WARN, "%s cannot be written anew yet: %s",
                          PAPER_WORLD_FILE, err->text);
    paper->files->replace(paper->ctx, PAPER_WORLD_NEXT, "", 0, NULL); /* the disk may be full */
    paper->compact_not_below = paper->world->file_bytes + RETRY_BYTES;
    paper_compact_done(paper);
}

static void line(struct paper *paper, enum paper_line_id id, const void *what) {
    struct paper_compact *compact = paper->compact;
    paper_line(paper->world, &compact->text, id, what, compact->when);
}

/* What is few comes at once. */
static void first_lines(struct paper *paper) {
    const struct paper_world *world = paper->world;
    const struct paper_header header = {.created_ns = world->created_ns,
                                        .version = PAPER_WORLD_VERSION,
                                        .personality = (uint8_t)world->personality,
                                        .forgotten = world->executions_forgotten,
                                        .last_order = world->last_order,
                                        .last_execution = world->last_execution,
                                        .last_fault = world->last_fault,
                                        .compactions = world->compactions + 1,
                                        .stands_for = paper->compact->moment};
    const struct paper_link link = {.until_ns = world->link_until_ns, .down = world->link_down};
    line(paper, L_WORLD, &header);
    line(paper, L_LINK, &link);
    for (uint32_t i = 0; i < world->fault_count; i++) line(paper, L_FAULT, &world->faults[i]);
}

static int begin(struct paper *paper, struct pawl_err *err) {
    struct paper_world *world = paper->world;
    int rc = paper->files->replace(paper->ctx, PAPER_WORLD_NEXT, "", 0, err);
    if (rc != PAWL_OK) return rc;
    struct paper_compact *compact = calloc(1, sizeof *compact);
    size_t size = world->position_count * sizeof *world->positions;
    struct paper_position *positions = malloc(size + 1);
    if (compact == NULL || positions == NULL) {
        free(compact);
        free(positions);
        return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    }
    if (size > 0) memcpy(positions, world->positions, size);
    compact->positions = positions;
    compact->position_count = world->position_count;
    compact->when = (struct paper_when){world->row, paper->now_ns};
    compact->moment = compact->seen_bytes = world->file_bytes;
    compact->prng = world->prng_written;
    compact->last_execution = world->last_execution;
    compact->at = 1;
    world->attempt++;
    compact->walk.ended = world->ended;
    world->walk = &compact->walk;
    paper->compact = compact;
    first_lines(paper);
    return PAWL_OK;
}

static bool order_line(struct paper *paper, const struct paper_order *order) {
    if (order->attempt == paper->world->attempt) return false; /* it comes with the tail */
    line(paper, L_ORDER, order);
    return true;
}

static bool next_source(struct paper *paper) {
    const struct paper_world *world = paper->world;
    while (paper->compact->at < world->symbol_count) {
        uint32_t slot = paper->compact->at++;
        const struct paper_source source = {.symbol = slot, .quoted = world->symbols[slot]->quoted};
        if (!world->symbols[slot]->known) continue;
        line(paper, L_SOURCE, &source);
        return true;
    }
    return false;
}

static bool next_ended(struct paper *paper) {
    struct paper_walk *walk = &paper->compact->walk;
    while (walk->ended != NULL) {
        const struct paper_order *order = walk->ended;
        walk->ended = order->ended_next;
        if (order_line(paper, order)) return true;
    }
    return false;
}

static bool next_working(struct paper *paper) {
    const struct paper_world *world = paper->world;
    struct paper_walk *walk = &paper->compact->walk;
    for (; walk->symbol < world->symbol_count; walk->symbol++, walk->order = 0)
        while (walk->order < world->symbols[walk->symbol]->count)
            if (order_line(paper, world->symbols[walk->symbol]->orders[walk->order++])) return true;
    return false;
}

static bool next_execution(struct paper *paper) {
    const struct paper_world *world = paper->world;
    struct paper_compact *compact = paper->compact;
    if (compact->walk.execution >= world->execution_count) return false;
    const struct paper_execution *next = paper_execution_at(world, compact->walk.execution++);
    if (next->number > compact->last_execution) return false;
    line(paper, L_FILL, next);
    return true;
}

/* The next line; false: there are no more. */
static bool next_line(struct paper *paper) {
    struct paper_compact *compact = paper->compact;
    switch (compact->part) {
    case PART_SOURCES:
        if (next_source(paper)) return true;
        compact->at = 0;
        compact->part = PART_POSITIONS; /* fall through */
    case PART_POSITIONS:
        if (compact->at < compact->position_count) {
            line(paper, L_POSITION, &compact->positions[compact->at++]);
            return true;
        }
        compact->part = PART_ENDED; /* fall through */
    case PART_ENDED:
        if (next_ended(paper)) return true;
        compact->walk.symbol = 1;
        compact->part = PART_WORKING; /* fall through */
    case PART_WORKING:
        if (next_working(paper)) return true;
        compact->part = PART_EXECUTIONS; /* fall through */
    case PART_EXECUTIONS:
        if (next_execution(paper)) return true;
        line(paper, L_STEP, &(struct paper_step){.prng = compact->prng});
        compact->part = PART_TAIL; /* fall through */
    default: return false;
    }
}

/* What a step that has added so much does at least, so that it comes to an end. */
static size_t share(struct paper *paper) {
    uint64_t added = paper->world->file_bytes - paper->compact->seen_bytes;
    paper->compact->seen_bytes = paper->world->file_bytes;
    return added < CHUNK_BYTES / BYTES_FOR_A_BYTE ? BYTES_FOR_A_BYTE * (size_t)added : CHUNK_BYTES;
}

static int write_lines(struct paper *paper, struct pawl_err *err) {
    struct paper_compact *compact = paper->compact;
    struct paper_text *text = &compact->text;
    size_t enough = text->len + share(paper);
    for (uint32_t i = 0; i < PAPER_LINES_A_STEP || text->len < enough; i++)
        if (!next_line(paper)) break;
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
    if (paper->now_ns == compact->when.now_ns) return PAWL_OK;
    int rc = paper->files->rename(paper->ctx, PAPER_WORLD_NEXT, PAPER_WORLD_FILE, err);
    if (rc != PAWL_OK) return rc == PAWL_E_BUSY ? PAWL_OK : rc; /* the disk is behind: later */
    world->compactions++;
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
    size_t most = share(paper), size = most < COPY_BYTES ? COPY_BYTES : most;
    if (left < size) size = (size_t)left;
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
