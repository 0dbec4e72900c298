#include "drive/story.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/oid.h"
#include "events/codec.h"
#include "events/reflect.h"
#include "record/recording.h"

#define DEPTH_MAX 64u

struct link { /* an event that followed, or an input that one names */
    uint64_t seq, cause;
    bool wanted;
};

struct story {
    const char *file;
    struct names *names;
    uint64_t lot;         /* 0 = one order */
    char order[OID_SIZE]; /* empty = the whole lot */
    char ref[64];         /* looked for first */
    uint32_t count, capacity;
    struct link *links; /* by seq */
    uint32_t price_count;
    struct link *prices; /* by seq: market data that led to something */
    json_t *steps;
    bool cut;
};

/* ---- what belongs to it ---- */

static uint64_t lot_of(const struct schema_event *type, const struct pawl_event *event) {
    const struct pawl_field *field = reflect_field(type->fields, "lot");
    uint64_t lot = 0;
    if (field != NULL && field->kind == PAWL_F_U64)
        memcpy(&lot, (const char *)event + field->offset, sizeof lot);
    return lot;
}

static const char *order_of(const struct schema_event *type, const struct pawl_event *event) {
    const struct pawl_field *field = reflect_field(type->fields, "order");
    return field == NULL || field->kind != PAWL_F_OID ? "" : (const char *)event + field->offset;
}

static bool belongs(const struct story *story, const struct pawl_event *event) {
    const struct schema_event *type = reflect_event(event->type);
    struct oid_parts parts;
    if (type == NULL || event->type >> 8 == 0x01) return false;
    const char *order = order_of(type, event);
    if (story->order[0] != '\0') return strcmp(order, story->order) == 0;
    if (lot_of(type, event) == story->lot) return true;
    return order[0] != '\0' && oid_parse(order, &parts) == PAWL_OK && parts.lot == story->lot;
}

/* The last lot of a name is the one that is meant. */
static void look_for_name(struct story *story, const struct pawl_event *event) {
    const struct schema_event *type = reflect_event(event->type);
    const struct pawl_field *ref = type == NULL ? NULL : reflect_field(type->fields, "ref");
    if (event->type != PAWL_EV_LOT_OPENED || ref == NULL) return;
    if (strcmp((const char *)event + ref->offset, story->ref) == 0)
        story->lot = lot_of(type, event);
}

/* ---- reading ---- */

typedef int story_event(struct story *story, const struct pawl_event *event, struct pawl_err *err);

/* Every event of the recording, those that were told with the seq they got. */
static int read_through(struct story *story, story_event *take, struct pawl_err *err) {
    struct recording_reader *reader = NULL;
    struct pawl_err why = {0};
    const struct item *item;
    FILE *in = fopen(story->file, "rbe");
    if (in == NULL) return pawl_fail(err, PAWL_E_IO, "%s: %s", story->file, strerror(errno));
    int rc = recording_reader_new(in, &reader, &why);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "%s: %s", story->file, why.text);
    while (rc == PAWL_OK && (item = recording_peek(reader)) != NULL) {
        if (item->kind == ITEM_NAME && item->value > 0 && item->value < NAME_SPACES_ &&
            item->number > 0 && item->number < NAMES_MAX)
            (void)names_restore(story->names, (enum name_space)item->value,
                                (uint32_t)item->number, item->name, NULL);
        if (item->event != NULL &&
            reflect_event_check(item->event, item->event->size) == PAWL_OK) {
            struct pawl_event *event = (void *)(uintptr_t)item->event; /* the reader's copy */
            if (item->kind != ITEM_EFFECT) {
                event->seq = item->turn;
                event->time_ns = item->now_ns;
            }
            rc = take(story, event, err);
        }
        recording_next(reader);
    }
    recording_reader_free(reader);
    return rc;
}

static int find_name(struct story *story, const struct pawl_event *event, struct pawl_err *err) {
    (void)err;
    look_for_name(story, event);
    return PAWL_OK;
}

static int take_link(struct story *story, const struct pawl_event *event, struct pawl_err *err) {
    bool wanted = belongs(story, event);
    if (event->type >> 8 == 0x01 && !wanted) return PAWL_OK; /* found again by who names it */
    if (story->count == STORY_EVENTS_MAX)
        return pawl_fail(err, PAWL_E_BUSY, "%s: more than %u events", story->file,
                         STORY_EVENTS_MAX);
    if (story->count == story->capacity) {
        uint32_t capacity = story->capacity == 0 ? 4096 : 2 * story->capacity;
        struct link *links = mem_realloc(story->links, capacity * sizeof *links);
        if (links == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the story");
        story->links = links;
        story->capacity = capacity;
    }
    story->links[story->count++] =
        (struct link){.seq = event->seq, .cause = event->cause, .wanted = wanted};
    return PAWL_OK;
}

static int by_seq(const void *a, const void *b) {
    uint64_t left = ((const struct link *)a)->seq, right = ((const struct link *)b)->seq;
    return left < right ? -1 : left > right;
}

static struct link *find(const struct story *story, uint64_t seq) {
    const struct link key = {.seq = seq};
    return story->count == 0
               ? NULL
               : bsearch(&key, story->links, story->count, sizeof key, by_seq);
}

/* What is wanted, and what led to it. Causes come before what they cause. A price that did is not
 * among the links: its seq is kept aside. */
static int mark(struct story *story, struct pawl_err *err) {
    qsort(story->links, story->count, sizeof *story->links, by_seq);
    story->prices = mem_calloc((size_t)story->count + 1, sizeof *story->prices);
    if (story->prices == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the story");
    for (uint32_t i = story->count; i > 0; i--) {
        const struct link *link = &story->links[i - 1];
        struct link *led = link->cause == 0 ? NULL : find(story, link->cause);
        if (!link->wanted || link->cause == 0) continue;
        if (led != NULL)
            led->wanted = true;
        else
            story->prices[story->price_count++] = (struct link){.seq = link->cause};
    }
    if (story->price_count > 0)
        qsort(story->prices, story->price_count, sizeof *story->prices, by_seq);
    return PAWL_OK;
}

static bool is_price(const struct story *story, uint64_t seq) {
    const struct link key = {.seq = seq};
    return story->price_count > 0 && bsearch(&key, story->prices, story->price_count, sizeof key,
                                             by_seq) != NULL;
}

/* ---- telling ---- */

static uint32_t depth_of(const struct story *story, uint64_t seq, uint64_t *ret_root) {
    uint32_t depth = 0;
    const struct link *link = find(story, seq);
    *ret_root = seq;
    while (link != NULL && link->cause != 0 && depth < DEPTH_MAX) {
        *ret_root = link->cause;
        depth++;
        link = find(story, link->cause);
    }
    return depth;
}

static void put_name(json_t *step, const char *key, const struct story *story, uint32_t id) {
    const char *name = id == 0 ? "" : names_text(story->names, NAME_COMPONENT, id);
    if (name[0] != '\0') json_object_set_new(step, key, json_string(name));
}

static int take_step(struct story *story, const struct pawl_event *event, struct pawl_err *err) {
    static char line[CODEC_LINE_MAX]; /* loop thread only */
    const struct link *link = find(story, event->seq);
    bool wanted = link != NULL ? link->wanted : is_price(story, event->seq);
    size_t length;
    uint64_t root;
    if (!wanted) return PAWL_OK;
    story->cut = story->cut || json_array_size(story->steps) == STORY_STEPS_MAX;
    if (story->cut || event_to_json(event, story->names, line, sizeof line, &length) != PAWL_OK)
        return PAWL_OK;
    uint32_t depth = depth_of(story, event->seq, &root);
    json_t *step = json_pack("{s:i, s:I, s:b, s:o}", "depth", (int)depth, "root", (json_int_t)root,
                             "about", belongs(story, event), "event", json_loads(line, 0, NULL));
    if (step == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the story");
    put_name(step, "by", story, event->source);
    put_name(step, "to", story, event->target);
    json_array_append_new(story->steps, step);
    return PAWL_OK;
}

static uint64_t number(const json_t *step, const char *key) {
    const json_t *value = json_object_get(step, key);
    if (value == NULL) value = json_object_get(json_object_get(step, "event"), key);
    return (uint64_t)json_integer_value(value);
}

static int by_root(const void *a, const void *b) {
    const json_t *left = *(json_t *const *)a, *right = *(json_t *const *)b;
    uint64_t one = number(left, "root"), other = number(right, "root");
    if (one == other) {
        one = number(left, "seq");
        other = number(right, "seq");
    }
    return one < other ? -1 : one > other;
}

/* Chain by chain, as one reads it. */
static int sort_steps(struct story *story, struct pawl_err *err) {
    size_t count = json_array_size(story->steps);
    json_t **all = mem_calloc(count + 1, sizeof(json_t *)), *sorted = json_array();
    if (all == NULL || sorted == NULL) {
        mem_free(all);
        json_decref(sorted);
        return pawl_fail(err, PAWL_E_NOMEM, "no memory for the story");
    }
    for (size_t i = 0; i < count; i++) all[i] = json_array_get(story->steps, i);
    qsort(all, count, sizeof *all, by_root);
    for (size_t i = 0; i < count; i++) json_array_append(sorted, all[i]);
    json_decref(story->steps);
    story->steps = sorted;
    mem_free(all);
    return PAWL_OK;
}

/* ---- the whole ---- */

/* A number is a lot, an id an order, else it is a lot's name. */
static int understand(struct story *story, const char *word, struct pawl_err *err) {
    struct oid_parts parts;
    if (strlen(word) < 19 && word[strspn(word, "0123456789")] == '\0') {
        story->lot = strtoull(word, NULL, 10);
    } else if (oid_parse(word, &parts) == PAWL_OK) {
        snprintf(story->order, sizeof story->order, "%s", word);
    } else {
        snprintf(story->ref, sizeof story->ref, "%s", word);
        return read_through(story, find_name, err);
    }
    return PAWL_OK;
}

static int gather(struct story *story, const char *word, struct pawl_err *err) {
    int rc = understand(story, word, err);
    if (rc == PAWL_OK && story->lot == 0 && story->order[0] == '\0')
        rc = pawl_fail(err, PAWL_E_NOTFOUND, "%s: no lot \"%.40s\" was opened", story->file, word);
    if (rc == PAWL_OK) rc = read_through(story, take_link, err);
    if (rc == PAWL_OK) rc = mark(story, err);
    if (rc == PAWL_OK) rc = read_through(story, take_step, err);
    if (rc == PAWL_OK && json_array_size(story->steps) == 0)
        rc = pawl_fail(err, PAWL_E_NOTFOUND, "%s: there is nothing of \"%.40s\"", story->file,
                       word);
    return rc == PAWL_OK ? sort_steps(story, err) : rc;
}

int story_read(const char *file, const char *word, json_t **ret, struct pawl_err *err) {
    struct story story = {.file = file, .steps = json_array()};
    int rc = story.steps == NULL ? pawl_fail(err, PAWL_E_NOMEM, "no memory for the story")
                                 : names_new(&story.names, err);
    if (rc == PAWL_OK) rc = gather(&story, word, err);
    if (rc == PAWL_OK)
        *ret = json_pack("{s:I, s:s, s:O, s:b}", "lot", (json_int_t)story.lot, "order", story.order,
                         "story", story.steps, "cut", (int)story.cut);
    json_decref(story.steps);
    names_free(story.names);
    mem_free(story.links);
    mem_free(story.prices);
    return rc;
}
