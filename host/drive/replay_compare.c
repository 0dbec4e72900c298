/* What follows, against what followed. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/rfc3339.h"
#include "drive/replay_int.h"
#include "events/codec.h"
#include "events/reflect.h"

/* ---- causes ---- */

void replay_remember(struct replay *replay, const struct pawl_event *event) {
    if (event->size > REPLAY_EVENT_MAX) return;
    memcpy(replay->recent[replay->recent_count++ % REPLAY_RECENT_MAX].bytes, event, event->size);
}

static const struct pawl_event *recent(const struct replay *replay, uint64_t seq) {
    uint64_t least = replay->recent_count > REPLAY_RECENT_MAX
                         ? replay->recent_count - REPLAY_RECENT_MAX : 0;
    for (uint64_t i = replay->recent_count; i > least; i--) {
        const void *bytes = replay->recent[(i - 1) % REPLAY_RECENT_MAX].bytes;
        const struct pawl_event *event = bytes;
        if (event->seq == seq) return event;
    }
    return NULL;
}

static void as_json(const struct replay *replay, const struct pawl_event *event,
                    char out[REPLAY_LINE_MAX + 1]) {
    static char line[CODEC_LINE_MAX]; /* loop thread only */
    size_t length;
    if (event == NULL)
        out[0] = '\0';
    else if (event_to_json(event, replay->names, line, sizeof line, &length) == PAWL_OK)
        snprintf(out, REPLAY_LINE_MAX + 1, "%.*s", (int)REPLAY_LINE_MAX, line);
    else
        snprintf(out, REPLAY_LINE_MAX + 1, "{\"type\":\"0x%04x\"}", event->type);
}

static void find_causes(struct replay *replay, const struct pawl_event *event) {
    struct replay_difference *to = &replay->result->difference;
    while (event != NULL && event->cause != 0 && to->cause_count < REPLAY_CAUSES_MAX) {
        event = recent(replay, event->cause);
        if (event != NULL) as_json(replay, event, to->causes[to->cause_count++]);
    }
}

/* ---- differences ---- */

static const char *const words[] = {
    [HOST_TOLD_BEGIN] = "the start",           [HOST_TOLD_TIMER] = "a timer",
    [HOST_TOLD_RELEASE] = "what is durable is released",
    [HOST_TOLD_PROTECT] = "the disk stalls, what protects is released",
    [HOST_TOLD_COMMAND] = "an operator's command", [HOST_TOLD_SPREAD] = "a feed's spread",
    [HOST_TOLD_DISK] = "the database fails",   [HOST_TOLD_TURN] = "a turn of the host's own",
    [ITEM_START] = "the start",
    [ITEM_RELOAD] = "a reload",                [ITEM_STOP] = "a stop",
    [ITEM_END] = "the end"};

void replay_told(struct replay *replay, const struct item *item) {
    struct replay_difference *to = &replay->result->difference;
    const char *text = item->kind < sizeof words / sizeof *words ? words[item->kind] : NULL;
    to->input = replay->result->inputs;
    to->now_ns = item->now_ns;
    if (item->event != NULL) {
        struct pawl_event *copy = (void *)(uintptr_t)item->event;
        copy->seq = item->turn; /* as the bus is about to do */
        copy->time_ns = item->now_ns;
        replay_remember(replay, copy);
        to->told[0] = '\0'; /* written out when it is needed */
    } else {
        snprintf(to->told, sizeof to->told, "%s", text == NULL ? "" : text);
    }
}

static bool begin_difference(struct replay *replay) {
    struct replay_difference *to = &replay->result->difference;
    if (replay->over) return false;
    replay->over = true;
    replay->result->same = false;
    if (to->told[0] == '\0') {
        const struct pawl_event *event = replay->recent_count == 0 ? NULL :
            (const void *)replay->recent[(replay->recent_count - 1) % REPLAY_RECENT_MAX].bytes;
        as_json(replay, event, to->told);
    }
    return true;
}

void replay_differs(struct replay *replay, const char *expected, const char *came) {
    struct replay_difference *to = &replay->result->difference;
    if (!begin_difference(replay)) return;
    snprintf(to->expected, sizeof to->expected, "%s", expected);
    snprintf(to->came, sizeof to->came, "%s", came);
}

/* "quantity "0.1", now "0.2"; ..." */
static void find_fields(struct replay_difference *to) {
    json_t *then = json_loads(to->expected, 0, NULL), *now = json_loads(to->came, 0, NULL), *value;
    const char *key;
    size_t at = 0;
    json_object_foreach(then, key, value) {
        json_t *other = json_object_get(now, key);
        if (json_equal(value, other)) continue;
        char *a = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        char *b = other == NULL ? NULL : json_dumps(other, JSON_ENCODE_ANY | JSON_COMPACT);
        json_free_t release;
        json_get_alloc_funcs(NULL, &release);
        int length = snprintf(to->differs + at, sizeof to->differs - at, "%s%s was %s, is %s",
                              at > 0 ? "; " : "", key, a == NULL ? "?" : a,
                              b == NULL ? "not there" : b);
        if (length > 0 && at + (size_t)length < sizeof to->differs) at += (size_t)length;
        if (a != NULL) release(a);
        if (b != NULL) release(b);
    }
    json_object_foreach(now, key, value) {
        if (json_object_get(then, key) != NULL) continue;
        int length = snprintf(to->differs + at, sizeof to->differs - at, "%s%s was not there",
                              at > 0 ? "; " : "", key);
        if (length > 0 && at + (size_t)length < sizeof to->differs) at += (size_t)length;
    }
    json_decref(then);
    json_decref(now);
}

static void events_differ(struct replay *replay, const struct pawl_event *expected,
                          const struct pawl_event *came) {
    struct replay_difference *to = &replay->result->difference;
    if (!begin_difference(replay)) return;
    as_json(replay, expected, to->expected);
    as_json(replay, came, to->came);
    if (expected != NULL && came != NULL && expected->type == came->type) find_fields(to);
    find_causes(replay, expected != NULL ? expected : came);
}

/* Paths of a configuration are others in a replay, and so may be what a reload counts of them. */
static bool are_alike(const struct pawl_event *a, const struct pawl_event *b) {
    struct pawl_ev_reload then, now;
    if (a->type != PAWL_EV_RELOAD || b->type != PAWL_EV_RELOAD) return false;
    memcpy(&then, a, sizeof then);
    memcpy(&now, b, sizeof now);
    then.fields = now.fields = 0;
    memset(then.message, 0, sizeof then.message);
    memset(now.message, 0, sizeof now.message);
    return memcmp(&then, &now, sizeof then) == 0;
}

void replay_on_effect(void *arg, const struct pawl_event *event) {
    struct replay *replay = arg;
    if (replay->over) return;
    const struct item *item = recording_peek(replay->reader);
    if (item == NULL) { /* killed within this input: what it left was right */
        replay->over = true;
        return;
    }
    if (item->kind != ITEM_EFFECT) {
        events_differ(replay, NULL, event);
        return;
    }
    bool same = item->event->size == event->size && memcmp(item->event, event, event->size) == 0;
    if (!same && are_alike(item->event, event)) same = replay->told_effects = true;
    if (!same) {
        events_differ(replay, item->event, event);
        return;
    }
    replay_remember(replay, event);
    replay->result->effects++;
    replay->result->commands += event->type >> 8 == 0x03;
    recording_next(replay->reader);
}

void replay_settled(struct replay *replay) {
    const struct item *item = replay->over ? NULL : recording_peek(replay->reader);
    if (item != NULL && item->kind == ITEM_EFFECT) events_differ(replay, item->event, NULL);
}
