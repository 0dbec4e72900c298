/* load_feeds.c - the sections feeds and schedule. */
#include <string.h>

#include "base/alloc.h"
#include "base/rfc3339.h"
#include "config/loading.h"

static const struct field feed_fields[] = {
    {"match", FIELD_TEXT, FIELD_ROOM(struct config_feed, match), .doc = "Pattern of file names."},
    {"broker", FIELD_NAME, FIELD_ROOM(struct config_feed, broker),
     .doc = "Plugin that sends the data."},
    {"symbol", FIELD_TEXT, FIELD_ROOM(struct config_feed, symbol), .doc = "Whose prices they are."},
    {"format", FIELD_NAME, FIELD_ROOM(struct config_feed, format),
     .doc = "Of the file; else detected."},
    {"tz", FIELD_TEXT, FIELD_ROOM(struct config_feed, tz),
     .doc = "Time zone of stamps without one."},
    {"scale", FIELD_DECIMAL, FIELD_AT(struct config_feed, scale), .min = 0, .max = INT64_MAX,
     .def = "0", .doc = "Prices are multiplied by it; 0 = the format's own."},
    {"stamp", FIELD_ENUM, FIELD_AT(struct config_feed, stamp), .def = "open",
     .choices = "open|close", .doc = "What the time of a bar means."},
    {"spread", FIELD_DECIMAL, FIELD_AT(struct config_feed, spread), .min = 0, .max = INT64_MAX,
     .def = "0", .doc = "Of data that has trades only."},
    {"speed", FIELD_DECIMAL, FIELD_AT(struct config_feed, speed), .min = 0,
     .max = 1000000 * PAWL_E8, .def = "0", .doc = "1 = as recorded, 0 = as fast as it goes."},
    {"bar_seconds", FIELD_INT, FIELD_AT(struct config_feed, bar_seconds), .min = 0,
     .max = 86400 * 31, .def = "0", .doc = "Length of a bar; 0 = as the file says."},
    {"back_max", FIELD_DURATION, FIELD_AT(struct config_feed, back_max_ns), .min = 0,
     .max = 86400 * PAWL_NS, .def = "0s", .doc = "How far time may step back in the file."},
    {.name = NULL}};

static void load_feed(struct loading *l, const struct path *element, const json_t *object,
                      struct config_feed *out) {
    struct path path = {.up = element};
    loading_fields(l, element, object, feed_fields, out, 1);
    if (!json_is_object(object)) return;
    int has_match = json_object_get(object, "match") != NULL;
    if (has_match == (json_object_get(object, "broker") != NULL))
        loading_fault(l, element, "must have exactly one of match and broker");
    path.key = "broker";
    loading_plugin_name(l, &path, out->broker);
    path.key = "symbol";
    loading_symbol(l, &path, out->symbol);
}

int load_feeds(struct loading *l) {
    struct path feeds = {.key = "feeds"};
    const json_t *array = loading_array(l, "feeds", CONFIG_FEEDS_MAX);
    if (array == NULL) return PAWL_OK;
    l->config->feeds = mem_calloc(json_array_size(array), sizeof *l->config->feeds);
    if (l->config->feeds == NULL) return PAWL_E_NOMEM;
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct path element = {.up = &feeds, .index = i};
        load_feed(l, &element, json_array_get(array, i),
                  &l->config->feeds[l->config->feed_count++]);
    }
    return PAWL_OK;
}

/* ---- schedule ---- */

static const struct field schedule_fields[] = {
    {"every", FIELD_DURATION, FIELD_AT(struct config_schedule, every_ns), .min = PAWL_MS,
     .max = 366 * 86400 * PAWL_NS, .doc = "Period."},
    {"at", FIELD_OTHER, .doc = "The one time, as in 2026-01-02T09:30:00Z."},
    {"start", FIELD_OTHER, .doc = "The first time of `every`."},
    {"count", FIELD_INT, FIELD_AT(struct config_schedule, count), .min = 1, .max = INT64_MAX,
     .doc = "How often in all; no end if not given."},
    {"entry", FIELD_OTHER, .required = 1, .doc = "The entry, without t and type."},
    {.name = NULL}};

/* Only what names something else is looked at in depth: the values are the event reader's. */
static const struct field entry_fields[] = {{"symbol", FIELD_OTHER, .required = 1},
                                            {"via", FIELD_OTHER, .required = 1},
                                            {"side", FIELD_OTHER, .required = 1},
                                            {"quantity", FIELD_OTHER},
                                            {"allocation", FIELD_OTHER},
                                            {"risk_pct", FIELD_OTHER},
                                            {"ref", FIELD_OTHER},
                                            {"order", FIELD_OTHER},
                                            {"stop", FIELD_OTHER},
                                            {"target", FIELD_OTHER},
                                            {"profile", FIELD_OTHER},
                                            {"account", FIELD_OTHER},
                                            {"expires", FIELD_OTHER},
                                            {"tags", FIELD_OTHER},
                                            {"legs", FIELD_OTHER},
                                            {.name = NULL}};

/* The text under key, "" if it is absent; a fault if it is no text. */
static const char *entry_text(struct loading *l, const struct path *path, const json_t *entry) {
    const json_t *value = json_object_get(entry, path->key);
    if (value == NULL) return "";
    if (!json_is_string(value)) loading_fault(l, path, "must be text");
    return json_is_string(value) ? json_string_value(value) : "";
}

static void check_entry(struct loading *l, const struct path *path, const json_t *entry) {
    struct path part = {.up = path};
    if (entry == NULL) return;
    loading_fields(l, path, entry, entry_fields, NULL, 0);
    if (!json_is_object(entry)) return;
    part.key = "symbol";
    loading_symbol(l, &part, entry_text(l, &part, entry));
    part.key = "via";
    loading_plugin_name(l, &part, entry_text(l, &part, entry));
    part.key = "account";
    loading_account_name(l, &part, entry_text(l, &part, entry));
    part.key = "profile";
    loading_profile_name(l, &part, entry_text(l, &part, entry));
    int sizes = (json_object_get(entry, "quantity") != NULL) +
                (json_object_get(entry, "allocation") != NULL) +
                (json_object_get(entry, "risk_pct") != NULL);
    if (sizes != 1)
        loading_fault(l, path, "must have exactly one of quantity, allocation and risk_pct");
}

static void load_time(struct loading *l, const struct path *path, const json_t *value,
                      int64_t *ret) {
    const char *text = json_string_value(value);
    if (value == NULL) return;
    if (text == NULL || rfc3339_parse(text, strlen(text), ret) != PAWL_OK || *ret <= 0)
        loading_fault(l, path, "must be a time as text, as in \"2026-01-02T09:30:00Z\"");
}

static void load_one(struct loading *l, const struct path *element, const json_t *object,
                     struct config_schedule *out) {
    struct path path = {.up = element, .key = "at"};
    const json_t *at = json_object_get(object, "at"), *start = json_object_get(object, "start");
    loading_fields(l, element, object, schedule_fields, out, 1);
    if (!json_is_object(object)) return;
    int every = json_object_get(object, "every") != NULL;
    if (every == (at != NULL))
        loading_fault(l, element, "must have exactly one of every and at");
    else if (at != NULL && (start != NULL || json_object_get(object, "count") != NULL))
        loading_fault(l, element, "start and count go with every, not with at");
    load_time(l, &path, at, &out->start_ns);
    path.key = "start";
    if (at == NULL) load_time(l, &path, start, &out->start_ns);
    if (at != NULL) out->count = 1;
    path.key = "entry";
    out->entry = json_object_get(object, "entry");
    check_entry(l, &path, out->entry);
}

int load_schedule(struct loading *l) {
    struct path schedule = {.key = "schedule"};
    const json_t *array = loading_array(l, "schedule", CONFIG_SCHEDULE_MAX);
    if (array == NULL) return PAWL_OK;
    l->config->schedule = mem_calloc(json_array_size(array), sizeof *l->config->schedule);
    if (l->config->schedule == NULL) return PAWL_E_NOMEM;
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct path element = {.up = &schedule, .index = i};
        load_one(l, &element, json_array_get(array, i),
                 &l->config->schedule[l->config->schedule_count++]);
    }
    return PAWL_OK;
}
