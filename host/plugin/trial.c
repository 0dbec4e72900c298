#include "plugin/trial.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "book/report.h"

struct call { /* its arguments follow */
    struct call *next;
    trial_fn *fn;
    size_t size;
    _Alignas(16) unsigned char args[];
};

/* What was said last of one key, in a list that is sorted when it is carried out. */
struct said {
    uint64_t key;
    uint32_t order; /* of the saying */
    bool gone;
    int64_t due_ns;           /* of a timer */
    struct trigger_spec spec; /* of a level */
};

struct said_list {
    struct said *items;
    uint32_t count, room;
};

struct trial {
    struct call *first, *last;
    size_t bytes;
    struct said_list timers, levels;
};

int trial_begin(struct instance *instance, struct pawl_err *err) {
    instance->trial = mem_calloc(1, sizeof *instance->trial);
    return instance->trial != NULL
               ? PAWL_OK
               : pawl_fail(err, PAWL_E_NOMEM, "no memory to try plugin %s", instance->name);
}

void trial_free(struct trial *trial) {
    if (trial == NULL) return;
    for (struct call *call = trial->first, *next; call != NULL; call = next) {
        next = call->next;
        mem_free(call);
    }
    mem_free(trial->timers.items);
    mem_free(trial->levels.items);
    mem_free(trial);
}

int trial_ready(const struct instance *instance, unsigned when, struct pawl_err *err) {
    bool on_trial = trial_is_on(instance);
    if (on_trial && (when & TRIAL_NOTED) == 0)
        return pawl_fail(err, PAWL_E_STATE, "not before it has taken over: set a timer");
    bool ready = instance->created ? on_trial || instance->services->book->bus->in_turn
                                   : (when & TRIAL_IN_CREATE) != 0;
    return ready ? PAWL_OK : pawl_fail(err, PAWL_E_STATE, "only while an event is handled");
}

/* ---- noting ---- */

int trial_defer(struct instance *instance, trial_fn *fn, const void *args, size_t size) {
    struct trial *trial = instance->trial;
    size_t bytes = sizeof(struct call) + size;
    if (trial->bytes + bytes > TRIAL_BYTES_MAX) return PAWL_E_BUSY;
    struct call *call = mem_alloc(bytes);
    if (call == NULL) return PAWL_E_NOMEM;
    *call = (struct call){.fn = fn, .size = size};
    if (size > 0) memcpy(call->args, args, size);
    if (trial->last != NULL)
        trial->last->next = call;
    else
        trial->first = call;
    trial->last = call;
    trial->bytes += bytes;
    return PAWL_OK;
}

static int say(struct instance *instance, struct said_list *list, const struct said *said) {
    struct trial *trial = instance->trial;
    if (list->count == list->room) {
        uint32_t room = list->room == 0 ? 64 : list->room * 2;
        size_t bytes = (size_t)(room - list->room) * sizeof *list->items;
        if (trial->bytes + bytes > TRIAL_BYTES_MAX) return PAWL_E_BUSY;
        struct said *items = mem_realloc(list->items, (size_t)room * sizeof *items);
        if (items == NULL) return PAWL_E_NOMEM;
        list->items = items;
        list->room = room;
        trial->bytes += bytes;
    }
    list->items[list->count] = *said;
    list->items[list->count].order = list->count;
    list->count++;
    return PAWL_OK;
}

int trial_timer(struct instance *instance, uint64_t key, int64_t due_ns) {
    const struct said said = {.key = key, .due_ns = due_ns};
    return say(instance, &instance->trial->timers, &said);
}

int trial_timer_clear(struct instance *instance, uint64_t key) {
    const struct said said = {.key = key, .gone = true};
    return say(instance, &instance->trial->timers, &said);
}

int trial_level(struct instance *instance, const struct trigger_spec *spec) {
    const struct said said = {.key = spec->key, .spec = *spec};
    return say(instance, &instance->trial->levels, &said);
}

int trial_level_clear(struct instance *instance, uint64_t key) {
    const struct said said = {.key = key, .gone = true};
    return say(instance, &instance->trial->levels, &said);
}

/* ---- carrying out ---- */

static int by_key(const void *one, const void *other) {
    const struct said *a = one, *b = other;
    if (a->key != b->key) return a->key < b->key ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static int by_order(const void *one, const void *other) {
    const struct said *a = one, *b = other;
    return a->order < b->order ? -1 : 1;
}

static int find_key(const void *key, const void *item) {
    uint64_t a = *(const uint64_t *)key, b = ((const struct said *)item)->key;
    return a < b ? -1 : a > b;
}

/* The last word on each key that is still there, by key. */
static void settle(struct said_list *list) {
    uint32_t kept = 0;
    if (list->count == 0) return;
    qsort(list->items, list->count, sizeof *list->items, by_key);
    for (uint32_t i = 0; i < list->count; i++) {
        bool last = i + 1 == list->count || list->items[i + 1].key != list->items[i].key;
        if (last && !list->items[i].gone) list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

static const struct said *said_of(const struct said_list *list, uint64_t key) {
    if (list->count == 0) return NULL;
    return bsearch(&key, list->items, list->count, sizeof *list->items, find_key);
}

static bool keep_timer(void *arg, uint64_t key, int64_t due_ns) {
    const struct said *said = said_of(arg, key);
    return said != NULL && said->due_ns == due_ns;
}

static bool keep_level(void *arg, uint64_t key) {
    return said_of(arg, key) != NULL;
}

static bool same_level(const struct trigger_spec *a, const struct trigger_spec *b) {
    bool trails = a->distance.e8 > 0 || a->fraction.e8 > 0; /* its level moves by itself */
    return a->instrument == b->instrument && a->line == b->line && a->cross == b->cross &&
           a->distance.e8 == b->distance.e8 && a->fraction.e8 == b->fraction.e8 &&
           a->activation.e8 == b->activation.e8 && (trails || a->level.e8 == b->level.e8);
}

static int declare_timers(struct instance *instance) {
    struct said_list *list = &instance->trial->timers;
    struct timers *timers = instance->services->book->timers;
    uint32_t owner = instance->ctx.component;
    int64_t due_ns;
    int failed = PAWL_OK;
    settle(list);
    timers_drop_unless(timers, owner, keep_timer, list);
    if (list->count > 0) qsort(list->items, list->count, sizeof *list->items, by_order);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct said *said = &list->items[i];
        if (timers_find(timers, owner, said->key, &due_ns)) continue; /* as it was */
        int rc = timers_set(timers, owner, said->key, said->due_ns, NULL);
        if (rc != PAWL_OK) failed = rc;
    }
    return failed;
}

static int declare_levels(struct instance *instance) {
    struct said_list *list = &instance->trial->levels;
    struct triggers *triggers = instance->services->book->triggers;
    uint32_t owner = instance->ctx.component;
    struct trigger_spec was;
    int failed = PAWL_OK;
    settle(list);
    triggers_drop_unless(triggers, owner, keep_level, list);
    if (list->count > 0) qsort(list->items, list->count, sizeof *list->items, by_order);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct trigger_spec *spec = &list->items[i].spec;
        if (triggers_find(triggers, owner, spec->key, &was) && same_level(&was, spec)) continue;
        int rc = triggers_arm(triggers, spec, NULL);
        if (rc != PAWL_OK) failed = rc;
    }
    return failed;
}

static void tell(struct instance *instance, const char *what, int rc) {
    if (rc >= 0) return;
    report_alert(instance->services->book, "plugin_failed", PAWL_SEVERITY_CRITICAL, NULL, NULL,
                 "%s took over, but %s: %s", instance->name, what, pawl_rc_text(rc));
}

void trial_take_over(struct instance *instance) {
    struct trial *trial = instance->trial;
    tell(instance, "a timer could not be set", declare_timers(instance));
    tell(instance, "a level could not be armed", declare_levels(instance));
    if (instance->services->series != NULL)
        series_take_over(instance->services->series, instance->ctx.component);
    instance->trial = NULL;
    for (const struct call *call = trial->first; call != NULL; call = call->next)
        tell(instance, "a call it made before failed",
             call->fn(instance, call->args, call->size));
    trial_free(trial);
}
