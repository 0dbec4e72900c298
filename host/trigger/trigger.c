/*
 * Invariant of a line outside a wave: the lists hold only levels that its last price has not
 * reached; all others are due. So one price cannot hit both lists, hits come off a list in the
 * order in which the price passed them, and those that are due fire before them.
 *
 * A wave is a price whose hits are being taken: they stay where they are, so a disarm takes them
 * out the usual way. What is armed meanwhile is either not reached, or due after the wave.
 */
#include <assert.h>

#include "base/alloc.h"
#include "base/err.h"
#include "trigger/trigger_int.h"

/* Hits ahead of the one taken: its pair first, which says where its bucket is. */
#define FETCH_PAIR_AHEAD 6u
#define FETCH_BUCKET_AHEAD 3u

int triggers_new(struct triggers **ret, struct pawl_err *err) {
    struct index *x = mem_calloc(1, sizeof *x);
    if (x == NULL) return pawl_fail(err, PAWL_E_NOMEM, "triggers: out of memory");
    slots_init(&x->slots, TRIGGERS_MAX);
    x->head.wave_first = x->wave_last = TRIGGER_NO_LINE;
    x->fires_left = TRIGGER_FIRES_PER_TURN_MAX;
    *ret = &x->head;
    return PAWL_OK;
}

void triggers_free(struct triggers *t) {
    if (t == NULL) return;
    struct index *x = index_of(t);
    for (uint32_t i = 0; i < x->head.instruments * TRIGGER_LINES; i++) {
        idx_list_done(&x->lines[i].lists[0]);
        idx_list_done(&x->lines[i].lists[1]);
        due_done(&x->lines[i].due);
        line_trails_free(x->lines[i].trails);
    }
    trails_done(&x->trails);
    slots_done(&x->slots);
    mem_free(x->head.gates);
    mem_free(x->lines);
    mem_free(x->places);
    mem_free(x->at);
    mem_free(x->nodes);
    mem_free(x);
}

/* Open the gate as far as the levels allow; shut it while every price must be looked at. */
static void gate_set(struct index *x, uint32_t at_line) {
    struct trigger_gate *gate = &x->head.gates[at_line];
    const struct line *line = &x->lines[at_line];
    if (!gate->has_price || line->wave || line->due.live > 0) {
        gate->below = INT64_MAX;
        gate->above = INT64_MIN;
        return;
    }
    const struct idx_list *above = &line->lists[0], *below = &line->lists[1];
    gate->above = above->count == 0 ? INT64_MAX : idx_list_first(above)->rank;
    gate->below = below->count == 0 ? INT64_MIN : ~idx_list_first(below)->rank;
    if (line->trails != NULL) trailing_gate(line, gate);
}

static int gates_reserve(struct index *x, uint32_t instrument) {
    if (instrument < x->head.instruments) return PAWL_OK;
    uint32_t count = x->head.instruments == 0 ? INSTRUMENTS_STEP : x->head.instruments;
    while (count <= instrument) count *= 2u;
    if (count > NAMES_MAX + 1u) count = NAMES_MAX + 1u;
    size_t lines_count = (size_t)count * TRIGGER_LINES;
    struct trigger_gate *gates = mem_realloc(x->head.gates, lines_count * sizeof *gates);
    if (gates == NULL) return PAWL_E_NOMEM;
    x->head.gates = gates;
    struct line *lines = mem_realloc(x->lines, lines_count * sizeof *lines);
    if (lines == NULL) return PAWL_E_NOMEM;
    x->lines = lines;
    for (size_t i = (size_t)x->head.instruments * TRIGGER_LINES; i < lines_count; i++) {
        gates[i] = (struct trigger_gate){.below = INT64_MAX, .above = INT64_MIN};
        lines[i] = (struct line){.next = TRIGGER_NO_LINE};
    }
    x->head.instruments = count;
    return PAWL_OK;
}

static int slot_reserve(struct index *x) {
    int rc = slots_reserve(&x->slots);
    if (rc != PAWL_OK || x->places_room >= x->slots.room) return rc;
    uint32_t *places = mem_realloc(x->places, (size_t)x->slots.room * sizeof *places);
    if (places == NULL) return PAWL_E_NOMEM;
    x->places = places;
    uint32_t *at = mem_realloc(x->at, (size_t)x->slots.room * sizeof *at);
    if (at == NULL) return PAWL_E_NOMEM;
    x->at = at;
    struct idx_node *nodes = mem_realloc(x->nodes, (size_t)x->slots.room * sizeof *nodes);
    if (nodes == NULL) return PAWL_E_NOMEM;
    x->nodes = nodes;
    x->places_room = x->slots.room;
    return PAWL_OK;
}

/* Take a level out of its list; its slot stays. */
static void detach(struct index *x, uint32_t slot) {
    uint32_t place = x->places[slot];
    uint32_t at_line = place >> PLACE_LINE_SHIFT;
    struct line *line = &x->lines[at_line];
    if (place & PLACE_TRAIL)
        trailing_detach(x, slot);
    else if (place & PLACE_DUE)
        due_leave(&line->due, x->at, x->at[slot]);
    else
        idx_list_remove(&line->lists[(place & PLACE_BELOW) != 0], x->nodes[slot]);
    gate_set(x, at_line);
}

static int spec_check(const struct trigger_spec *spec, struct pawl_err *err) {
    if (spec->instrument == 0 || spec->instrument > NAMES_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "trigger: no instrument %u", spec->instrument);
    if (spec->line < TRIGGER_BID || spec->line > TRIGGER_MARK)
        return pawl_fail(err, PAWL_E_INVAL, "trigger: no price line %u", spec->line);
    if (spec->cross != TRIGGER_AT_OR_ABOVE && spec->cross != TRIGGER_AT_OR_BELOW)
        return pawl_fail(err, PAWL_E_INVAL, "trigger: cross is %u, must be 1 or 2", spec->cross);
    return trailing_check(spec, err);
}

/* All the memory an arm may need, now and when a price settles it. */
static int arm_reserve(struct index *x, const struct trigger_spec *spec, bool is_new) {
    int rc = gates_reserve(x, spec->instrument);
    if (rc == PAWL_OK && is_new) rc = slot_reserve(x);
    if (rc != PAWL_OK) return rc;
    struct line *line = &x->lines[line_index(spec->instrument, spec->line)];
    struct idx_list *list = &line->lists[spec->cross == TRIGGER_AT_OR_BELOW];
    rc = due_reserve(&line->due, x->at);
    uint32_t more = line->due.live + 1u, adds = more;
    if (rc == PAWL_OK && spec_trails(spec))
        rc = trailing_reserve(x, line_index(spec->instrument, spec->line), spec);
    if (line->trails != NULL) { /* they come and go with prices */
        more += line->trails->count[0] + line->trails->count[1];
        adds = IDX_LIST_ANY;
    }
    return rc != PAWL_OK ? rc : idx_list_reserve(list, more, adds);
}

int triggers_arm(struct triggers *t, const struct trigger_spec *spec, struct pawl_err *err) {
    struct index *x = index_of(t);
    int rc = spec_check(spec, err);
    if (rc != PAWL_OK) return rc;
    if (x->age == IDX_AGE_MAX) return pawl_fail(err, PAWL_E_BUSY, "triggers: armed too often");
    uint32_t slot = slots_find(&x->slots, spec->owner, spec->key);
    rc = arm_reserve(x, spec, slot == SLOTS_NONE);
    if (rc == PAWL_E_BUSY)
        return pawl_fail(err, rc, "triggers: %u are armed, the limit", TRIGGERS_MAX);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "triggers: out of memory");

    if (slot == SLOTS_NONE)
        slot = slots_add(&x->slots, spec->owner, spec->key);
    else
        detach(x, slot);
    uint32_t at_line = line_index(spec->instrument, spec->line);
    struct line *line = &x->lines[at_line];
    const struct trigger_gate *gate = &x->head.gates[at_line];
    uint32_t below = spec->cross == TRIGGER_AT_OR_BELOW;
    struct idx_node node = {.rank = rank_of(spec->level.e8, below),
                            .tag = idx_tag(++x->age, slot)};
    x->places[slot] = at_line << PLACE_LINE_SHIFT | (below ? PLACE_BELOW : 0u);
    x->nodes[slot] = node;
    if (spec_trails(spec)) {
        trailing_arm(x, slot, at_line, spec);
    } else if (!gate->has_price || node.rank <= rank_of(gate->price, below)) {
        x->places[slot] |= PLACE_DUE;
        due_push(&line->due, x->at, node);
    } else {
        idx_list_add(&line->lists[below], node);
    }
    gate_set(x, at_line);
    return PAWL_OK;
}

bool triggers_disarm(struct triggers *t, uint32_t owner, uint64_t key) {
    struct index *x = index_of(t);
    uint32_t slot = slots_find(&x->slots, owner, key);
    if (slot == SLOTS_NONE) return false;
    detach(x, slot);
    slots_remove(&x->slots, slot);
    return true;
}

uint32_t triggers_drop_unless(struct triggers *t, uint32_t owner,
                              bool (*keep)(void *arg, uint64_t key), void *arg) {
    struct index *x = index_of(t);
    uint32_t dropped = 0;
    for (uint32_t slot = 0; slot < x->slots.used; slot++) {
        if (x->slots.items[slot].owner != owner) continue;
        if (keep != NULL && keep(arg, x->slots.items[slot].key)) continue;
        detach(x, slot);
        slots_remove(&x->slots, slot);
        dropped++;
    }
    return dropped;
}

uint32_t triggers_drop_owner(struct triggers *t, uint32_t owner) {
    return triggers_drop_unless(t, owner, NULL, NULL);
}

static struct trigger_spec spec_of(const struct index *x, uint32_t slot) {
    uint32_t place = x->places[slot];
    uint32_t at_line = place >> PLACE_LINE_SHIFT;
    bool below = (place & PLACE_BELOW) != 0;
    struct trigger_spec spec = {
        .key = x->slots.items[slot].key,
        .owner = x->slots.items[slot].owner,
        .instrument = at_line / TRIGGER_LINES,
        .level = {rank_of(x->nodes[slot].rank, below)},
        .line = (uint8_t)(at_line % TRIGGER_LINES + 1u),
        .cross = below ? TRIGGER_AT_OR_BELOW : TRIGGER_AT_OR_ABOVE,
    };
    if (place & PLACE_TRAIL) trailing_spec(x, slot, &spec);
    return spec;
}

bool triggers_find(const struct triggers *t, uint32_t owner, uint64_t key,
                   struct trigger_spec *ret) {
    const struct index *x = const_index_of(t);
    uint32_t slot = slots_find(&x->slots, owner, key);
    if (slot == SLOTS_NONE) return false;
    *ret = spec_of(x, slot);
    return true;
}

bool triggers_has_feed(const struct triggers *t, uint32_t instrument, enum trigger_line line) {
    return instrument < t->instruments && t->gates[line_index(instrument, line)].has_price != 0;
}

uint32_t triggers_count(const struct triggers *t) { return const_index_of(t)->slots.count; }

uint64_t triggers_age(const struct triggers *t) { return const_index_of(t)->age; }

uint64_t triggers_bytes(const struct triggers *t) {
    const struct index *x = const_index_of(t);
    uint64_t lines_count = (uint64_t)x->head.instruments * TRIGGER_LINES;
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < lines_count; i++)
        bytes += idx_list_bytes(&x->lines[i].lists[0]) + idx_list_bytes(&x->lines[i].lists[1]) +
                 (uint64_t)x->lines[i].due.room * sizeof(struct idx_node);
    return bytes + sizeof *x + lines_count * (sizeof *x->head.gates + sizeof *x->lines) +
           (uint64_t)x->slots.room * sizeof(struct slot) +
           (uint64_t)x->slots.buckets_count * sizeof(uint32_t) +
           (uint64_t)x->places_room * (sizeof *x->places + sizeof *x->at + sizeof *x->nodes);
}

/* The list whose first level the line's price has reached, or NULL. */
static struct idx_list *list_hit(struct line *line, int64_t price) {
    for (uint32_t below = 0; below < 2; below++) {
        struct idx_list *list = &line->lists[below];
        if (list->count > 0 && idx_list_first(list)->rank <= rank_of(price, below)) return list;
    }
    return NULL;
}

/* Of what is due, keep those that fire on this price; the others go to their lists, where
 * arm_reserve() made room. While quiet, trailing ones stay as they are, behind those that fire. */
static void due_settle(struct index *x, struct line *line, int64_t price) {
    struct due *due = &line->due;
    due_compact(due, x->at);
    uint32_t count = due->end, kept = TRAIL_NONE, *last = &kept;
    due->end = due->live = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct idx_node node = due->nodes[i];
        uint32_t slot = idx_slot(node.tag);
        uint32_t below = (x->places[slot] & PLACE_BELOW) != 0;
        if (x->places[slot] & PLACE_TRAIL) {
            if (x->quiet) { /* in order, through a link that only piles use */
                *last = slot;
                last = &x->trails.items[slot].next;
                *last = TRAIL_NONE;
            } else if (trailing_settle(x, slot, price)) {
                due_push(due, x->at, node);
            }
        } else if (node.rank <= rank_of(price, below)) {
            due_push(due, x->at, node);
        } else {
            x->places[slot] &= ~PLACE_DUE;
            idx_list_add(&line->lists[below], node);
        }
    }
    due->fires_end = due->end;
    for (; kept != TRAIL_NONE; kept = x->trails.items[kept].next)
        due_push(due, x->at, (struct idx_node){.tag = idx_tag(x->trails.items[kept].age, kept)});
}

bool triggers_cross(struct triggers *t, uint32_t instrument, enum trigger_line of,
                    struct pawl_price price) {
    struct index *x = index_of(t);
    assert(instrument > 0 && instrument <= NAMES_MAX && of >= TRIGGER_BID && of <= TRIGGER_MARK);
    /* Without memory for the gate nothing can be armed behind it either. */
    if (gates_reserve(x, instrument) != PAWL_OK) return false;
    uint32_t at_line = line_index(instrument, of);
    struct line *line = &x->lines[at_line];
    if (line->wave) (void)triggers_pending(t); /* its last hit may have been the turn's last */
    assert(!line->wave);

    x->head.gates[at_line].price = price.e8;
    x->head.gates[at_line].has_price = 1;
    if (line->trails != NULL) trailing_raise(x, at_line, price.e8);
    if (line->due.end > 0) due_settle(x, line, price.e8);
    line->wave = due_fires(&line->due) || list_hit(line, price.e8) != NULL;
    if (line->wave) {
        if (x->head.wave_first == TRIGGER_NO_LINE)
            x->head.wave_first = at_line;
        else
            x->lines[x->wave_last].next = at_line;
        x->wave_last = at_line;
    }
    gate_set(x, at_line);
    return line->wave;
}

void triggers_turn(struct triggers *t) { index_of(t)->fires_left = TRIGGER_FIRES_PER_TURN_MAX; }

bool triggers_pending_waiting(struct triggers *t) {
    struct index *x = index_of(t);
    while (x->head.wave_first != TRIGGER_NO_LINE) {
        uint32_t at_line = x->head.wave_first;
        struct line *line = &x->lines[at_line];
        if (due_fires(&line->due) || list_hit(line, x->head.gates[at_line].price) != NULL)
            return true;
        due_compact(&line->due, x->at);
        x->head.wave_first = line->next;
        line->next = TRIGGER_NO_LINE;
        line->wave = false;
        gate_set(x, at_line);
    }
    return false;
}

void triggers_quiet(struct triggers *t, bool quiet) { index_of(t)->quiet = quiet; }

/* The next hits are likely to be asked for soon, and where they are kept is not in the cache. */
static void look_ahead(const struct index *x, const struct idx_list *list) {
    const struct idx_node *first = idx_list_first(list);
    uint32_t near = idx_list_near(list);
    if (near > FETCH_PAIR_AHEAD)
        slots_fetch_pair(&x->slots, idx_slot(first[-(int)FETCH_PAIR_AHEAD].tag));
    if (near > FETCH_BUCKET_AHEAD)
        slots_fetch_bucket(&x->slots, idx_slot(first[-(int)FETCH_BUCKET_AHEAD].tag));
}

/* The next of the first wave, out of the index; false = it was an activation. */
static bool take(struct index *x, struct trigger_hit *ret) {
    struct line *line = &x->lines[x->head.wave_first];
    int64_t price = x->head.gates[x->head.wave_first].price;
    bool due = due_fires(&line->due);
    struct idx_list *list = due ? NULL : list_hit(line, price);
    struct idx_node node = due ? due_pop(&line->due, x->at) : *idx_list_first(list);
    uint32_t slot = idx_slot(node.tag);
    ret->spec = spec_of(x, slot);
    ret->price.e8 = price;
    ret->age = idx_age(node.tag);
    bool trails = (x->places[slot] & PLACE_TRAIL) != 0;
    if (trails && !due) {
        if (!trailing_take(x, list, price)) return false;
    } else if (!due) {
        look_ahead(x, list);
        idx_list_pop(list);
    }
    if (trails) line->trails->count[ret->spec.cross == TRIGGER_AT_OR_BELOW]--;
    slots_remove(&x->slots, slot);
    return true;
}

bool triggers_take_waiting(struct triggers *t, struct trigger_hit *ret) {
    struct index *x = index_of(t);
    while (x->fires_left > 0 && triggers_pending(t)) {
        x->fires_left--;
        if (take(x, ret)) return true;
    }
    return false;
}
