/*
 * carry.c - what is under way on the connection, kept in session records, so that it is still under
 * way after a reload: the network does not lose a message because the host has new code.
 *
 * A row is a slot of a lane's ring. A slot that becomes free keeps its row, marked so: taking rows
 * out of the middle would cost more than the message.
 */
#include "paper.h"

#include <stdlib.h>
#include <string.h>

#define SLOT_BITS 24

struct carried {
    uint64_t id;    /* lane << SLOT_BITS | slot + 1 */
    uint64_t order; /* of sending; 0 = the slot is free */
    int64_t due_ns;
    int64_t last_due_ns; /* of its lane when it was sent */
    _Alignas(8) unsigned char event[(sizeof(union paper_any) + 7) / 8 * 8];
};

static const struct pawl_field carried_fields[] = {
    {"id", PAWL_F_U64, 0, offsetof(struct carried, id), 8, "Lane and slot."},
    {"sent", PAWL_F_U64, 0, offsetof(struct carried, order), 8, "Order of sending; 0 = free."},
    {"due", PAWL_F_TIME, 0, offsetof(struct carried, due_ns), 8, "When it arrives."},
    {"last_due", PAWL_F_TIME, 0, offsetof(struct carried, last_due_ns), 8,
     "When the newest message of its lane arrives."},
    {"event", PAWL_F_PAD, 0, offsetof(struct carried, event), sizeof((struct carried *)0)->event,
     "The message as it is."},
    {0}};

const struct pawl_record_type paper_records[] = {
    {.name = "paper_message", .table = "paper_messages", .id = PAPER_REC_MESSAGE, .durable = 0,
     .size = sizeof(struct carried), .fields = carried_fields},
    {0}};

static struct paper_lane **lanes_of(struct paper *paper, struct paper_lane *out[4]) {
    out[0] = &paper->requests;
    out[1] = &paper->replies;
    out[2] = &paper->late;
    out[3] = &paper->slow;
    return out;
}

static uint64_t number_of(struct paper *paper, const struct paper_lane *lane) {
    struct paper_lane *lanes[4];
    uint64_t n = 0;
    while (lanes_of(paper, lanes)[n] != lane) n++;
    return n;
}

static void put(struct paper *paper, const struct carried *row) {
    if (paper->records->put(paper->ctx, PAPER_REC_MESSAGE, row) != PAWL_OK)
        paper->ctx->host->log(paper->ctx, PAWL_LOG_ERROR,
                              "a message would be lost by a reload: no room to note it");
}

void paper_carry(struct paper *paper, const struct paper_lane *lane, uint32_t slot) {
    struct carried row = {.id = number_of(paper, lane) << SLOT_BITS | (slot + 1u),
                          .order = ++paper->carried,
                          .due_ns = lane->items[slot].due_ns,
                          .last_due_ns = lane->last_due_ns};
    if (paper->records == NULL) return;
    memcpy(row.event, &lane->items[slot].event, sizeof lane->items[slot].event);
    put(paper, &row);
}

void paper_carry_end(struct paper *paper, const struct paper_lane *lane, uint32_t slot) {
    struct carried row = {.id = number_of(paper, lane) << SLOT_BITS | (slot + 1u)};
    if (paper->records != NULL) put(paper, &row);
}

static int by_order(const void *a, const void *b) {
    const struct carried *const *x = a, *const *y = b;
    return (*x)->order < (*y)->order ? -1 : 1;
}

/* The rows of all lanes, in the order of sending; *ret_count of them, NULL = none or no memory. */
static const struct carried **read_rows(struct paper *paper, uint32_t *ret_count) {
    const struct carried *row, **rows = NULL;
    uint32_t count = 0;
    for (int pass = 0; pass < 2; pass++) {
        uint64_t at = 0;
        if (pass == 1) rows = calloc(count + 1u, sizeof *rows);
        if (pass == 1 && rows == NULL) return NULL;
        count = 0;
        while ((row = paper->records->next(paper->ctx, PAPER_REC_MESSAGE, at)) != NULL) {
            at = row->id;
            if (row->order == 0) continue;
            if (pass == 1) rows[count] = row;
            count++;
        }
    }
    qsort(rows, count, sizeof *rows, by_order);
    *ret_count = count;
    return rows;
}

/* Rows are the host's and move as new ones are put: copied first, then sent again. */
void paper_carry_on(struct paper *paper) {
    struct paper_lane *lanes[4];
    uint32_t count = 0;
    const struct carried **rows = paper->records == NULL ? NULL : read_rows(paper, &count);
    struct carried *copies = count == 0 ? NULL : calloc(count, sizeof *copies);
    for (uint32_t i = 0; copies != NULL && i < count; i++) copies[i] = *rows[i];
    free(rows);
    for (uint32_t i = 0; copies != NULL && i < count; i++)
        paper->records->erase(paper->ctx, PAPER_REC_MESSAGE, copies[i].id);
    for (uint32_t i = 0; copies != NULL && i < count; i++) {
        struct pawl_event head;
        struct paper_lane *lane = lanes_of(paper, lanes)[copies[i].id >> SLOT_BITS];
        memcpy(&head, copies[i].event, sizeof head);
        lane->last_due_ns = copies[i].last_due_ns;
        if (head.size >= sizeof head && head.size <= sizeof copies[i].event)
            paper_lane_again(paper, lane, (const void *)copies[i].event, copies[i].due_ns);
    }
    free(copies);
}
