/*
 * Where trailing levels are: waiting for a price (due), for their activation (a level of the other
 * direction), or trailing in a pile whose nearest level stands in the line's list.
 */
#include <assert.h>

#include "base/alloc.h"
#include "base/err.h"
#include "pawl_num.h"
#include "trigger/trigger_int.h"

void line_trails_free(struct line_trails *trails) {
    if (trails == NULL) return;
    for (int i = 0; i < 4; i++) idx_heap_done(&trails->best[i / 2][i % 2]);
    mem_free(trails);
}

int trailing_check(const struct trigger_spec *spec, struct pawl_err *err) {
    if (spec->distance.e8 < 0 || spec->fraction.e8 < 0 || spec->fraction.e8 >= PAWL_E8 ||
        (spec->distance.e8 > 0 && spec->fraction.e8 > 0))
        return pawl_fail(err, PAWL_E_INVAL,
                         "trigger: trails by a distance above 0, or a fraction below 1");
    if (spec->activation.e8 < 0 || spec->extreme.e8 < 0)
        return pawl_fail(err, PAWL_E_INVAL, "trigger: activation and extreme are prices");
    return PAWL_OK;
}

int trailing_reserve(struct index *x, uint32_t at_line, const struct trigger_spec *spec) {
    struct line *line = &x->lines[at_line];
    uint32_t below = spec->cross == TRIGGER_AT_OR_BELOW, fraction = spec->fraction.e8 > 0;
    if (line->trails == NULL) line->trails = mem_calloc(1, sizeof *line->trails);
    if (line->trails == NULL) return PAWL_E_NOMEM;
    int rc = trails_reserve(&x->trails, x->slots.room);
    uint32_t all = line->trails->count[0] + line->trails->count[1] + 1u;
    if (rc == PAWL_OK) rc = idx_heap_reserve(&line->trails->best[below][fraction], all);
    for (int i = 0; rc == PAWL_OK && i < 2; i++)
        rc = idx_list_reserve(&line->lists[i], line->due.live + all, IDX_LIST_ANY);
    return rc;
}

static struct idx_list *list_of(struct index *x, uint32_t slot, uint32_t other) {
    uint32_t place = x->places[slot], below = (place & PLACE_BELOW) != 0;
    return &x->lines[place >> PLACE_LINE_SHIFT].lists[below ^ other];
}

static struct idx_heap *bests_of(struct index *x, uint32_t slot) {
    uint32_t place = x->places[slot], below = (place & PLACE_BELOW) != 0;
    struct line_trails *trails = x->lines[place >> PLACE_LINE_SHIFT].trails;
    return &trails->best[below][x->trails.items[slot].fraction];
}

/* The better of two bests: the higher where the level is below. */
static int64_t better(int64_t a, int64_t b, uint32_t below) {
    if (a == 0) return b;
    return (below != 0) == (a > b) ? a : b;
}

/* ---- piles and the line's lists ---- */

/* The node of a pile's nearest level. */
static struct idx_node root_node(const struct index *x, uint32_t pile) {
    uint32_t root = x->trails.piles[pile].root, below = (x->places[root] & PLACE_BELOW) != 0;
    const struct trail *trail = &x->trails.items[root];
    int64_t level = trail_level(trail, x->trails.piles[pile].best, below);
    return (struct idx_node){rank_of(level, below), idx_tag(trail->age, root)};
}

static void root_push(struct index *x, uint32_t pile) {
    idx_list_add(list_of(x, x->trails.piles[pile].root, 0), root_node(x, pile));
}

static void root_pull(struct index *x, uint32_t pile) {
    idx_list_remove(list_of(x, x->trails.piles[pile].root, 0), root_node(x, pile));
}

/* The node of one that waits for its activation, in the list of the other direction. */
static struct idx_node activation_node(const struct index *x, uint32_t slot) {
    const struct trail *trail = &x->trails.items[slot];
    uint32_t below = (x->places[slot] & PLACE_BELOW) != 0;
    return (struct idx_node){rank_of(trail->activation, !below), idx_tag(trail->age, slot)};
}

/* It trails from now on, with this best price. */
static void join(struct index *x, uint32_t slot, int64_t best) {
    struct trails *t = &x->trails;
    uint32_t below = (x->places[slot] & PLACE_BELOW) != 0, pile;
    struct idx_heap *bests = bests_of(x, slot);
    int64_t rank = rank_of(best, !below);
    x->places[slot] = (x->places[slot] & ~PLACE_DUE) | PLACE_PILE;
    t->items[slot].child = TRAIL_NONE;
    if (bests->count > 0 && bests->nodes[0].rank == rank) {
        pile = idx_slot(bests->nodes[0].tag);
        if (!trail_nearer(&t->items[slot], &t->items[t->piles[pile].root])) {
            pile_add(t, pile, slot);
            return;
        }
        root_pull(x, pile);
    } else {
        pile = pile_new(t, best);
        idx_heap_push(bests, t->pile_at, (struct idx_node){rank, idx_tag(++t->pile_age, pile)});
    }
    pile_add(t, pile, slot);
    root_push(x, pile);
}

/* Out of its pile. */
static void leave(struct index *x, uint32_t slot) {
    struct trails *t = &x->trails;
    if (!trail_is_root(t, slot)) {
        pile_remove(t, slot);
    } else {
        uint32_t pile = t->items[slot].next;
        root_pull(x, pile);
        pile_remove(t, slot);
        if (t->piles[pile].root == TRAIL_NONE) {
            idx_heap_remove(bests_of(x, slot), t->pile_at, t->pile_at[pile]);
            pile_free(t, pile);
        } else {
            root_push(x, pile);
        }
    }
    x->places[slot] &= ~PLACE_PILE;
}

/* The smallest rank but the first's. */
static int64_t second_rank(const struct idx_heap *heap) {
    int64_t rank = INT64_MAX;
    for (uint32_t i = 1; i < heap->count && i <= 4; i++) /* it is a child of the first */
        if (heap->nodes[i].rank < rank) rank = heap->nodes[i].rank;
    return rank;
}

static void bests_raise(struct index *x, struct line *line, uint32_t below, uint32_t fraction,
                        int64_t price) {
    struct trails *t = &x->trails;
    struct idx_heap *bests = &line->trails->best[below][fraction];
    int64_t rank = rank_of(price, !below);
    if (bests->count == 0 || bests->nodes[0].rank >= rank) return;
    struct idx_node first = bests->nodes[0];
    uint32_t pile = idx_slot(first.tag);
    root_pull(x, pile);
    t->piles[pile].best = price;
    if (second_rank(bests) >= rank) { /* the usual case */
        idx_heap_rerank(bests, t->pile_at, 0, rank);
        root_push(x, pile);
        return;
    }
    idx_heap_remove(bests, t->pile_at, 0);
    while (bests->count > 0 && bests->nodes[0].rank < rank) { /* all that are beaten become one */
        uint32_t other = idx_slot(bests->nodes[0].tag);
        root_pull(x, other);
        idx_heap_remove(bests, t->pile_at, 0);
        pile_add(t, pile, t->piles[other].root);
        pile_free(t, other);
    }
    idx_heap_push(bests, t->pile_at, (struct idx_node){rank, first.tag});
    root_push(x, pile);
}

void trailing_raise(struct index *x, uint32_t at_line, int64_t price) {
    for (uint32_t i = 0; i < 4; i++) bests_raise(x, &x->lines[at_line], i / 2, i % 2, price);
}

void trailing_gate(const struct line *line, struct trigger_gate *gate) {
    for (int fraction = 0; fraction < 2; fraction++) {
        const struct idx_heap *high = &line->trails->best[1][fraction];
        const struct idx_heap *low = &line->trails->best[0][fraction];
        int64_t edge;
        if (high->count > 0 && pawl_add_i64(high->nodes[0].rank, 1, &edge) == PAWL_OK &&
            edge < gate->above)
            gate->above = edge;
        if (low->count > 0 && pawl_sub_i64(~low->nodes[0].rank, 1, &edge) == PAWL_OK &&
            edge > gate->below)
            gate->below = edge;
    }
}

/* ---- a level's way ---- */

static bool reached(int64_t level, int64_t price, uint32_t below) {
    return below ? price <= level : price >= level;
}

static void wait_for_price(struct index *x, uint32_t slot, uint32_t at_line) {
    x->places[slot] |= PLACE_DUE;
    due_push(&x->lines[at_line].due, x->at,
             (struct idx_node){.tag = idx_tag(x->trails.items[slot].age, slot)});
}

/* Where one belongs that is in no list, at this price. True = its level is reached. */
static bool place(struct index *x, uint32_t slot, int64_t price) {
    struct trail *trail = &x->trails.items[slot];
    uint32_t below = (x->places[slot] & PLACE_BELOW) != 0;
    if (trail->activation != 0 && !reached(trail->activation, price, !below)) {
        x->places[slot] &= ~PLACE_DUE;
        idx_list_add(list_of(x, slot, 1), activation_node(x, slot));
        return false;
    }
    trail->activation = 0;
    if (trail->best != 0 && reached(trail_level(trail, trail->best, below), price, below))
        return true;
    join(x, slot, better(trail->best, price, below));
    return false;
}

void trailing_arm(struct index *x, uint32_t slot, uint32_t at_line,
                  const struct trigger_spec *spec) {
    const struct trigger_gate *gate = &x->head.gates[at_line];
    x->places[slot] |= PLACE_TRAIL;
    x->lines[at_line].trails->count[(x->places[slot] & PLACE_BELOW) != 0]++;
    x->trails.items[slot] = (struct trail){
        .age = x->age,
        .by = spec->distance.e8 > 0 ? spec->distance.e8 : spec->fraction.e8,
        .fraction = spec->distance.e8 <= 0,
        .best = spec->extreme.e8,
        /* it has trailed already */
        .activation = spec->extreme.e8 != 0 ? 0 : spec->activation.e8,
        .child = TRAIL_NONE,
        .next = TRAIL_NONE,
        .previous = TRAIL_NONE,
    };
    if (!gate->has_price || x->quiet || place(x, slot, gate->price))
        wait_for_price(x, slot, at_line);
}

bool trailing_settle(struct index *x, uint32_t slot, int64_t price) {
    return place(x, slot, price);
}

void trailing_detach(struct index *x, uint32_t slot) {
    uint32_t at = x->places[slot];
    struct line *line = &x->lines[at >> PLACE_LINE_SHIFT];
    if (at & PLACE_DUE)
        due_leave(&line->due, x->at, x->at[slot]);
    else if (at & PLACE_PILE)
        leave(x, slot);
    else
        idx_list_remove(list_of(x, slot, 1), activation_node(x, slot));
    line->trails->count[(at & PLACE_BELOW) != 0]--;
}

bool trailing_take(struct index *x, struct idx_list *list, int64_t price) {
    uint32_t slot = idx_slot(idx_list_first(list)->tag);
    if (x->places[slot] & PLACE_PILE) {
        leave(x, slot);
        return true;
    }
    idx_list_pop(list);
    x->trails.items[slot].activation = 0;
    join(x, slot, price);
    return false;
}

void trailing_spec(const struct index *x, uint32_t slot, struct trigger_spec *ret) {
    const struct trail *trail = &x->trails.items[slot];
    uint32_t below = (x->places[slot] & PLACE_BELOW) != 0;
    int64_t best = trail->best;
    if (x->places[slot] & PLACE_PILE) best = x->trails.piles[pile_of(&x->trails, slot)].best;
    ret->distance.e8 = trail->fraction ? 0 : trail->by;
    ret->fraction.e8 = trail->fraction ? trail->by : 0;
    ret->activation.e8 = trail->activation;
    ret->extreme.e8 = best;
    ret->level.e8 = best == 0 ? 0 : trail_level(trail, best, below);
}
