/* fields.c - whole objects: unknown keys, defaults, what is missing. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "config/field.h"

struct reading {
    const struct report *report;
    const struct field *table;
    void *base;
    uint8_t seen[FIELDS_MAX];
    int rc;
};

#define PREFIX_MAX 127u

/* 1 if a row of the table stands below this prefix ("log" for "log.level"). */
static int is_group(const struct field *table, const char *name, size_t length) {
    for (const struct field *f = table; f->name != NULL; f++)
        if (strncmp(f->name, name, length) == 0 && f->name[length] == '.') return 1;
    return 0;
}

static int unknown_key(struct reading *r, const struct path *path, const char *prefix,
                       const char *key) {
    struct nearest nearest = {.wanted = key};
    struct report_list known = {.at = 0};
    char names[FIELDS_MAX][PATH_KEY_MAX + 1];
    size_t skip = strlen(prefix), count = 0;
    for (const struct field *f = r->table; f->name != NULL && count < FIELDS_MAX; f++) {
        if (strncmp(f->name, prefix, skip) != 0) continue;
        const char *rest = f->name + skip;
        snprintf(names[count], sizeof names[0], "%.*s", (int)strcspn(rest, "."), rest);
        if (count > 0 && strcmp(names[count], names[count - 1]) == 0) continue; /* same group */
        report_list_add(&known, names[count]);
        nearest_offer(&nearest, names[count++]);
    }
    if (nearest.best != NULL)
        return report_at(r->report, path, "unknown key; did you mean \"%s\"?", nearest.best);
    if (count == 0) return report_at(r->report, path, "unknown key; none is known here");
    return report_at(r->report, path, "unknown key; known: %s", report_list_text(&known));
}

static void read_object(struct reading *r, const struct path *path, const json_t *object,
                        const char *prefix);

static void read_key(struct reading *r, const struct path *path, const char *prefix,
                     const char *key, const json_t *value) {
    struct path here = {.up = path, .key = key};
    char name[PREFIX_MAX + 1], message[FIELD_MESSAGE_MAX + 1];
    int length = snprintf(name, sizeof name, "%s%s", prefix, key);
    int fits = length > 0 && (size_t)length < sizeof name - 1;
    for (size_t i = 0; fits && strchr(key, '.') == NULL && r->table[i].name != NULL; i++) {
        if (strcmp(r->table[i].name, name) != 0) continue;
        r->seen[i] = 1;
        if (r->table[i].type != FIELD_OTHER &&
            field_from_json(&r->table[i], value, r->base, message) != PAWL_OK)
            r->rc = report_at(r->report, &here, "%s", message);
        return;
    }
    if (!fits || strchr(key, '.') != NULL || !is_group(r->table, name, (size_t)length)) {
        r->rc = unknown_key(r, &here, prefix, key);
        return;
    }
    name[length] = '.';
    name[length + 1] = '\0';
    read_object(r, &here, value, name);
}

static void read_object(struct reading *r, const struct path *path, const json_t *object,
                        const char *prefix) {
    if (!json_is_object(object)) {
        r->rc = report_at(r->report, path, "must be an object");
        return;
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        read_key(r, path, prefix, key, value);
    }
}

/* "executor.retry_tries" below path. */
static void missing(struct reading *r, const struct path *path, const char *name) {
    char part[PATH_KEY_MAX + 1];
    size_t length = strcspn(name, ".");
    snprintf(part, sizeof part, "%.*s", (int)length, name);
    struct path here = {.up = path, .key = part};
    if (name[length] == '.')
        missing(r, &here, name + length + 1);
    else
        r->rc = report_at(r->report, &here, "required");
}

int fields_read(const struct report *report, const struct path *path, const json_t *object,
                const struct field *table, void *base, int with_defaults) {
    struct reading r = {.report = report, .table = table, .base = base, .rc = PAWL_OK};
    char message[FIELD_MESSAGE_MAX + 1];
    if (object != NULL) {
        read_object(&r, path, object, "");
        if (!json_is_object(object)) return r.rc;
    }
    for (size_t i = 0; table[i].name != NULL; i++) {
        if (r.seen[i]) continue;
        if (table[i].required)
            missing(&r, path, table[i].name);
        else if (with_defaults && table[i].def != NULL &&
                 field_from_text(&table[i], table[i].def, base, message) != PAWL_OK)
            r.rc = report_at(report, path, "%s: its default %s", table[i].name, message);
    }
    return r.rc;
}
