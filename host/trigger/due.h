/*
 * due.h - levels that the next price decides: they stood beyond it already when they were armed, or
 * there was no price. Oldest first. A level that leaves is marked and skipped.
 *
 * Thread  none of its own; one thread at a time.
 */
#ifndef TRIGGER_DUE_H
#define TRIGGER_DUE_H

#include "base/idx_heap.h"

struct due { /* zero it before use */
    struct idx_node *nodes; /* tag 0 = it left */
    uint32_t head;          /* first not yet handed out */
    uint32_t fires_end;     /* those before it fire on the price being worked on */
    uint32_t end;
    uint32_t live; /* from head on, without those that left */
    uint32_t room;
};

/* Make room for one more at `end`; PAWL_E_NOMEM leaves everything as it was. */
int due_reserve(struct due *due, uint32_t *at) PAWL_MUST_CHECK;
void due_done(struct due *due);
/* There must be room. */
void due_push(struct due *due, uint32_t *at, struct idx_node node);
void due_leave(struct due *due, uint32_t *at, uint32_t position);
/* True if one fires: it is then at head. */
bool due_fires(struct due *due);
/* The one at head, taken out. */
struct idx_node due_pop(struct due *due, uint32_t *at);
/* Move everything to the front, without what left. */
void due_compact(struct due *due, uint32_t *at);

#endif
