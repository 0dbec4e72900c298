#include "control/history.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

int history_init(struct history *history, struct pawl_err *err) {
    memset(history, 0, sizeof *history);
    history->bytes = mem_calloc(1, HISTORY_BYTES);
    history->index = mem_calloc(HISTORY_EVENTS, sizeof *history->index);
    if (history->bytes != NULL && history->index != NULL) return PAWL_OK;
    history_done(history);
    return pawl_fail(err, PAWL_E_NOMEM, "no memory for the history");
}

void history_done(struct history *history) {
    mem_free(history->bytes);
    mem_free(history->index);
    memset(history, 0, sizeof *history);
}

static struct history_entry *entry(const struct history *history, uint64_t number) {
    return &history->index[number % HISTORY_EVENTS];
}

const struct pawl_event *history_at(const struct history *history, uint64_t number) {
    assert(number >= history->first && number < history->next);
    return (const void *)(history->bytes + entry(history, number)->at % HISTORY_BYTES);
}

static void let_go(struct history *history) {
    history->lost_seq = entry(history, history->first)->seq;
    history->first++;
}

static void keep(struct history *history, const struct pawl_event *event) {
    uint64_t at = history->written, room = HISTORY_BYTES - at % HISTORY_BYTES;
    if (room < event->size) at += room; /* an event lies in one piece */
    uint64_t end = at + event->size;
    while (history->first < history->next &&
           (history->next - history->first == HISTORY_EVENTS ||
            entry(history, history->first)->at + HISTORY_BYTES < end))
        let_go(history);
    memcpy(history->bytes + at % HISTORY_BYTES, event, event->size);
    *entry(history, history->next++) = (struct history_entry){event->seq, at};
    history->written = end;
}

void history_add(struct history *history, uint64_t turn, const struct pawl_event *event) {
    if (event->type >> 8 == 0x01) { /* kept only if something comes of it */
        if (event->seq != turn) return;
        history->input = event;
        history->input_turn = turn;
        return;
    }
    if (history->input != NULL && history->input_turn == turn) keep(history, history->input);
    history->input = NULL;
    keep(history, event);
}

/* Number of the first entry with a seq of at least this. */
static uint64_t lower_bound(const struct history *history, uint64_t seq) {
    uint64_t low = history->first, high = history->next;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (entry(history, middle)->seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct pawl_event *history_find(const struct history *history, uint64_t seq) {
    uint64_t number = lower_bound(history, seq);
    if (number == history->next || entry(history, number)->seq != seq) return NULL;
    return history_at(history, number);
}

const struct pawl_event *history_after(const struct history *history, uint64_t seq) {
    uint64_t number = seq == UINT64_MAX ? history->next : lower_bound(history, seq + 1);
    return number == history->next ? NULL : history_at(history, number);
}
