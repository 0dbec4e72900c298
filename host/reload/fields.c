/* Which fields of the configuration a running host follows, and which differ. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "reload/plan.h"

/* The first row that fits counts; "*" stands for the rest of a path, also for none. Where a place
 * in struct config is given, what counts is the value in force there: a default that is now spelled
 * out is no change. */
struct field_kind {
    const char *pattern;
    bool live;
    size_t offset, size; /* size 0 = compare the text */
};
#define LIVE true
#define RESTART false
#define AT(member) offsetof(struct config, member), sizeof(((struct config *)0)->member)

static const struct field_kind kinds[] = {
    {"host.instance", RESTART, AT(host.instance)}, /* it is in client order ids */
    {"host.instance_id", RESTART, AT(host.instance_id)},
    {"host.data_dir", RESTART, AT(host.data_dir)}, /* open files */
    {"host.control_socket", RESTART, AT(host.control_socket)},
    {"host.durability", RESTART, AT(host.durability)}, /* of the open database */
    {"host.log.format", RESTART, AT(host.log_format)},
    {"host.net*", RESTART, 0, 0}, /* of the open connections */
    {"host.log.level", LIVE, AT(host.log_level)},
    {"host.plugin_dir", LIVE, AT(host.plugin_dir)}, /* plugins are compared by their bytes */
    {"host.instruments_file", LIVE, AT(host.instruments_file)},
    {"host.sessions_file", LIVE, AT(host.sessions_file)},
    {"host.reconcile_seconds", LIVE, AT(host.reconcile_seconds)},
    {"host.retention", LIVE, AT(host.retention_ns)},
    {"host.shutdown_wait", LIVE, AT(host.shutdown_wait_ns)},
    {"host.watch", LIVE, AT(host.watch)},
    {"host.heirs*", LIVE, 0, 0},
    {"host.executor*", LIVE, 0, 0},
    {"host.log", LIVE, 0, 0}, /* the objects themselves */
    {"host", LIVE, 0, 0},
    {"plugins*", LIVE, 0, 0},
    {"accounts*", RESTART, 0, 0}, /* a venue's account does not change under its lots */
    {"instruments*", LIVE, 0, 0},
    {"profiles*", LIVE, 0, 0}, /* copied into a lot when it opens */
    {"risk*", LIVE, 0, 0},
    {"rules*", LIVE, 0, 0},
    {"schedule*", LIVE, 0, 0},
    {"feeds*", RESTART, 0, 0}, /* files that are being read */
    {"sessions*", LIVE, 0, 0},
    {"secrets*", RESTART, 0, 0}, /* keys that are in use */
    {"include", LIVE, 0, 0},
};

static bool fits(const char *pattern, const char *path) {
    size_t length = strlen(pattern);
    if (length == 0 || pattern[length - 1] != '*') return strcmp(pattern, path) == 0;
    length--;
    return strncmp(pattern, path, length) == 0 &&
           (path[length] == '\0' || path[length] == '.' || path[length] == '[');
}

static const struct field_kind *kind_of(const char *path) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (fits(kinds[i].pattern, path)) return &kinds[i];
    return NULL;
}

const char *fields_kind(const char *path) {
    const struct field_kind *kind = kind_of(path);
    if (kind == NULL) return NULL;
    return kind->live ? "live" : "needs restart";
}

/* ---- what differs ---- */

struct compare {
    const struct config *old, *next;
    struct reload_plan *plan;
    struct config_errors *errors;
};

static void value_text(const json_t *value, char out[PLAN_VALUE_MAX + 1]) {
    out[0] = '\0';
    if (value == NULL) return;
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    size_t length = text == NULL ? 0 : strlen(text);
    if (length > PLAN_VALUE_MAX)
        snprintf(out, PLAN_VALUE_MAX + 1, "%.*s...", (int)PLAN_VALUE_MAX - 3, text);
    else if (text != NULL)
        memcpy(out, text, length + 1);
    mem_free(text); /* jansson allocates as the host does */
}

static bool is_in_force(const struct compare *c, const struct field_kind *kind) {
    if (kind == NULL || kind->size == 0) return false;
    return memcmp((const char *)c->old + kind->offset, (const char *)c->next + kind->offset,
                  kind->size) == 0;
}

static void found(const struct compare *c, const char *path, const json_t *a, const json_t *b) {
    const struct field_kind *kind = kind_of(path);
    struct plan_change change = {.live = kind != NULL && kind->live};
    if (is_in_force(c, kind)) return;
    snprintf(change.path, sizeof change.path, "%.*s", (int)PLAN_PATH_MAX, path);
    value_text(a, change.old_value);
    value_text(b, change.new_value);
    if (!change.live) {
        c->plan->restarts++;
        config_errors_add(c->errors, config_file_of(c->next, path), path,
                          "needs a restart: %s%s%s", change.old_value[0] != '\0' ? change.old_value
                                                                                : "not set",
                          " -> ", change.new_value[0] != '\0' ? change.new_value : "not set");
    }
    if (c->plan->change_count < PLAN_CHANGES_MAX)
        c->plan->changes[c->plan->change_count++] = change;
    else
        c->plan->changes_more++;
}

/* A thing of its own: named once when it comes or goes, not field by field. */
static bool is_thing(const char *path) {
    static const char *const parents[] = {"accounts.", "instruments.", "profiles.", "plugins."};
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
        size_t length = strlen(parents[i]);
        if (strncmp(path, parents[i], length) == 0 && strchr(path + length, '.') == NULL)
            return true;
    }
    return false;
}

static void compare(const struct compare *c, const char *path, const json_t *a, const json_t *b);

static void below(const struct compare *c, const char *path, const char *key, const json_t *a,
                  const json_t *b) {
    char child[4 * PLAN_PATH_MAX];
    snprintf(child, sizeof child, "%s%s%s", path, path[0] == '\0' ? "" : ".", key);
    compare(c, child, a, b);
}

static void compare_objects(const struct compare *c, const char *path, const json_t *a,
                            const json_t *b) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)b, key, value) {
        below(c, path, key, json_object_get(a, key), value);
    }
    json_object_foreach((json_t *)(uintptr_t)a, key, value) {
        if (json_object_get(b, key) == NULL) below(c, path, key, value, NULL);
    }
}

static const json_t *by_name(const json_t *array, const char *name) {
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *one = json_array_get(array, i);
        const char *text = json_string_value(json_object_get(one, "name"));
        if (text != NULL && strcmp(text, name) == 0) return one;
    }
    return NULL;
}

/* Plugins are told apart by name, whatever their place. */
static void compare_plugins(const struct compare *c, const char *path, const json_t *a,
                            const json_t *b) {
    for (size_t i = 0; i < json_array_size(b); i++) {
        const json_t *one = json_array_get(b, i);
        const char *name = json_string_value(json_object_get(one, "name"));
        if (name != NULL) below(c, path, name, by_name(a, name), one);
    }
    for (size_t i = 0; i < json_array_size(a); i++) {
        const json_t *one = json_array_get(a, i);
        const char *name = json_string_value(json_object_get(one, "name"));
        if (name != NULL && by_name(b, name) == NULL) below(c, path, name, one, NULL);
    }
}

static void compare_places(const struct compare *c, const char *path, const json_t *a,
                           const json_t *b) {
    size_t count = json_array_size(a) > json_array_size(b) ? json_array_size(a)
                                                           : json_array_size(b);
    for (size_t i = 0; i < count; i++) {
        char child[4 * PLAN_PATH_MAX];
        const json_t *x = json_array_get(a, i), *y = json_array_get(b, i);
        snprintf(child, sizeof child, "%s[%zu]", path, i);
        if (x == NULL || y == NULL)
            found(c, child, x, y);
        else
            compare(c, child, x, y);
    }
}

static void compare(const struct compare *c, const char *path, const json_t *a, const json_t *b) {
    const json_t *any = b != NULL ? b : a;
    if ((a == NULL) == (b == NULL) && json_equal(a, b)) return;
    if (strlen(path) > PLAN_PATH_MAX || ((a == NULL || b == NULL) && is_thing(path)))
        found(c, path, a, b);
    else if (a != NULL && b != NULL && json_typeof(a) != json_typeof(b))
        found(c, path, a, b);
    else if (strcmp(path, "plugins") == 0 && json_is_array(any))
        compare_plugins(c, path, a, b);
    else if (json_is_array(any) && json_is_object(json_array_get(any, 0)))
        compare_places(c, path, a, b);
    else if (json_is_object(any))
        compare_objects(c, path, a, b);
    else
        found(c, path, a, b);
}

void fields_compare(const struct config *old, const struct config *next, struct reload_plan *plan,
                    struct config_errors *errors) {
    const struct compare c = {.old = old, .next = next, .plan = plan, .errors = errors};
    compare(&c, "", config_json(old), config_json(next));
}
