/*
 * heir.c - a reload makes the venue anew: the world and what is under way on the connection come
 * from the memory of the instance before. Where its code had another layout the world is read from
 * its file, and what was under way is lost, as in life; the host asks.
 */
#include "heir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void layout_of(char out[PAWL_LAYOUT_MAX + 1]) {
    snprintf(out, PAWL_LAYOUT_MAX + 1, "paper/%u/%zu/%zu/%zu/%zu/%zu/%zu/%zu/%zu", PAPER_LAYOUT,
             sizeof(struct paper), sizeof(struct paper_message), sizeof(struct paper_world),
             sizeof(struct paper_order), sizeof(struct paper_execution),
             sizeof(struct paper_position), sizeof(struct paper_symbol),
             sizeof(struct paper_fault));
}

void paper_offer(const struct paper *paper) {
    char layout[PAWL_LAYOUT_MAX + 1];
    layout_of(layout);
    if (paper->records != NULL) paper->records->offer(paper->ctx, layout, paper);
}

static bool take_lane(struct paper_lane *lane, const struct paper_lane *from) {
    if (from->count == 0) {
        lane->last_due_ns = from->last_due_ns;
        return true;
    }
    struct paper_message *items = calloc(from->capacity, sizeof *items);
    if (items == NULL) return false;
    *lane = *from;
    lane->items = items;
    lane->first = 0;
    for (uint32_t i = 0; i < from->count; i++)
        items[i] = from->items[(from->first + i) % from->capacity];
    return true;
}

int paper_take_over(struct paper *paper, bool *ret_taken, struct pawl_err *err) {
    char layout[PAWL_LAYOUT_MAX + 1];
    layout_of(layout);
    const struct paper *before =
        paper->records == NULL ? NULL : paper->records->before(paper->ctx, layout);
    *ret_taken = before != NULL && before->world->created_ns != 0;
    bool ok = before == NULL || (take_lane(&paper->requests, &before->requests) &&
                                 take_lane(&paper->replies, &before->replies) &&
                                 take_lane(&paper->late, &before->late) &&
                                 take_lane(&paper->slow, &before->slow));
    if (*ret_taken) {
        if (before->world->personality != paper->options.personality)
            return pawl_fail(err, PAWL_E_DATA, "%s: %s", PAPER_WORLD_FILE, PAPER_OTHER_PERSONALITY);
        paper->world = paper_world_copy(before->world);
        ok = ok && paper->world != NULL;
        paper->unwritten = before->unwritten;
    }
    return ok ? PAWL_OK : pawl_fail(err, PAWL_E_NOMEM, "out of memory");
}
