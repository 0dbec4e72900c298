/*
 * trigger_int.h - the index behind struct triggers, shared by trigger.c (fixed levels, waves) and
 * trailing.c. [loop]
 */
#ifndef TRIGGER_TRIGGER_INT_H
#define TRIGGER_TRIGGER_INT_H

#include "base/idx_list.h"
#include "base/names.h"
#include "base/slots.h"
#include "trigger/due.h"
#include "trigger/trail.h"
#include "trigger/trigger.h"

PAWL_STATIC_ASSERT(TRIGGERS_MAX <= IDX_SLOTS_MAX, "a tag has room for every slot");

#define INSTRUMENTS_STEP 64u /* gates are added for this many instruments at a time, then doubled */

/* Piles of trailing levels by their best price, the first to be beaten first; [below][fraction]. */
struct line_trails {
    struct idx_heap best[2][2];
    uint32_t count[2]; /* trailing levels, wherever they are; [below] */
};

struct line {
    struct idx_list lists[2]; /* [0] fire at or above, [1] at or below; ranks in rank_of() */
    struct due due;
    struct line_trails *trails; /* NULL until one is armed */
    uint32_t next; /* line of the next wave */
    bool wave;
};

/* Where a slot's level is kept. */
#define PLACE_DUE 1u   /* in the line's due list, not in one of levels */
#define PLACE_BELOW 2u /* fires at or below */
#define PLACE_TRAIL 4u /* a trailing level */
#define PLACE_PILE 8u  /* it trails: in a pile, and in a list of levels only as its root */
#define PLACE_LINE_SHIFT 4u

struct index {
    struct triggers head;
    struct line *lines; /* one per gate */
    struct slots slots;
    struct trails trails;
    bool quiet;
    uint32_t *places;       /* by slot */
    uint32_t *at;           /* by slot: position in the due list */
    struct idx_node *nodes; /* by slot: of a level that does not trail */
    uint32_t places_room;
    uint32_t wave_last; /* a line */
    uint32_t fires_left;
    uint64_t age; /* of the newest */
};

static inline struct index *index_of(struct triggers *t) { return (struct index *)t; }
static inline const struct index *const_index_of(const struct triggers *t) {
    return (const struct index *)t;
}

/* Turns both directions into "the smallest comes first": reached when rank_of(level) is at or below
 * rank_of(price). ~x is -x - 1, which has no overflow. */
static inline int64_t rank_of(int64_t e8, uint32_t below) { return below ? ~e8 : e8; }

static inline uint32_t line_index(uint32_t instrument, enum trigger_line line) {
    return instrument * TRIGGER_LINES + (uint32_t)line - 1u;
}

/* ---- trailing.c; `line` is the index of a line ---- */

static inline bool spec_trails(const struct trigger_spec *spec) {
    return spec->distance.e8 > 0 || spec->fraction.e8 > 0;
}
int trailing_check(const struct trigger_spec *spec, struct pawl_err *err);
/* Memory for one more on this line, now and whatever prices do to it. */
int trailing_reserve(struct index *x, uint32_t line, const struct trigger_spec *spec);
/* Put a new one where it belongs; its place has no flag but PLACE_BELOW. */
void trailing_arm(struct index *x, uint32_t slot, uint32_t line, const struct trigger_spec *spec);
/* Take one out, wherever it is; its slot stays. */
void trailing_detach(struct index *x, uint32_t slot);
/* A price is applied: new bests. Before its hits are looked for. */
void trailing_raise(struct index *x, uint32_t line, int64_t price);
/* One that is due meets a price. True if it fires; else it has gone where it belongs. */
bool trailing_settle(struct index *x, uint32_t slot, int64_t price);
/* The first of a list is one: true if it is a hit, and is taken out; false if it was its
 * activation, and it trails now. */
bool trailing_take(struct index *x, struct idx_list *list, int64_t price);
/* Its part of the spec. */
void trailing_spec(const struct index *x, uint32_t slot, struct trigger_spec *ret);
/* Narrow the gate by the bests that could be beaten. */
void trailing_gate(const struct line *line, struct trigger_gate *gate);
void line_trails_free(struct line_trails *trails);

#endif
