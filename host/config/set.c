/* set.c - --set PATH=VALUE. A part of PATH that names an element of a list is compared with the
 * element's "name": plugins.linked.options.stop_loss_pct. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "config/json_memory.h"
#include "config/path.h"
#include "config/report.h"
#include "config/source.h"

#define SET_DEPTH_MAX 12u

struct setting {
    struct path where[SET_DEPTH_MAX]; /* with indexes for names */
    struct path_part parts[SET_DEPTH_MAX];
    size_t depth;
    const char *path; /* as given, for messages */
    struct config_errors *errors;
};

static int refuse(struct setting *s, const char *text) {
    config_errors_add(s->errors, SOURCE_SET_NAME, s->path, "%s", text);
    return PAWL_E_CONFIG;
}

/* A decimal stays text: 0.02 would be a binary fraction. */
static json_t *value_of(const char *text) {
    json_error_t error;
    json_t *value = NULL;
    int rc = json_memory_load(text, strlen(text), JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &value,
                              &error);
    if (rc == PAWL_E_NOMEM) return NULL;
    if (value != NULL && !json_is_real(value)) return value;
    json_decref(value);
    return json_string(text);
}

static int split(struct setting *s, const char *path) {
    const char *at = path;
    for (;;) {
        struct path_part part;
        int rc = path_next(&at, &part);
        if (rc < 0)
            return refuse(s, "is no path; it reads as a.b.c, plugins[0] or plugins.NAME.options.x");
        if (rc == 0) return s->depth > 0 ? PAWL_OK : refuse(s, "the path is empty");
        if (s->depth == SET_DEPTH_MAX) return refuse(s, "is too deep");
        s->parts[s->depth++] = part;
    }
}

/* Turn a name into the index of the element that bears it. */
static int find_element(struct setting *s, const json_t *array, struct path_part *part) {
    struct report_list names = {.at = 0};
    char message[REPORT_LIST_MAX + 256];
    if (part->key[0] == '\0') {
        if (part->index < json_array_size(array)) return PAWL_OK;
        snprintf(message, sizeof message, "there is no element %zu; there are %zu", part->index,
                 json_array_size(array));
        return refuse(s, message);
    }
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(array, i), "name"));
        if (name == NULL) continue;
        if (strcmp(name, part->key) == 0) {
            part->key[0] = '\0';
            part->index = i;
            return PAWL_OK;
        }
        report_list_add(&names, name);
    }
    snprintf(message, sizeof message, "nothing is named \"%s\" here; there are: %s", part->key,
             report_list_text(&names));
    return refuse(s, message);
}

/* Go one part down, making an object where there is nothing. */
static int descend(struct setting *s, size_t at, json_t **node) {
    struct path_part *part = &s->parts[at];
    if (json_is_array(*node)) {
        int rc = find_element(s, *node, part);
        if (rc == PAWL_OK) *node = json_array_get(*node, part->index);
        return rc;
    }
    if (!json_is_object(*node)) return refuse(s, "there is a value on the way, not an object");
    if (part->key[0] == '\0') return refuse(s, "there is an object where a list is meant");
    json_t *next = json_object_get(*node, part->key);
    if (next == NULL && s->parts[at + 1].key[0] == '\0') return refuse(s, "there is no such list");
    if (next == NULL) {
        next = json_object();
        if (json_object_set_new(*node, part->key, next) != 0) return PAWL_E_NOMEM;
    }
    *node = next;
    return PAWL_OK;
}

static int put(struct setting *s, json_t *node, json_t *value) {
    struct path_part *last = &s->parts[s->depth - 1];
    int rc;
    if (json_is_array(node)) {
        rc = find_element(s, node, last);
        if (rc != PAWL_OK) return rc;
        return json_array_set(node, last->index, value) == 0 ? PAWL_OK : PAWL_E_NOMEM;
    }
    if (!json_is_object(node)) return refuse(s, "there is a value on the way, not an object");
    if (last->key[0] == '\0') return refuse(s, "there is an object where a list is meant");
    return json_object_set(node, last->key, value) == 0 ? PAWL_OK : PAWL_E_NOMEM;
}

static int apply(struct setting *s, json_t *root, const char *value_text) {
    json_t *node = root;
    int rc = PAWL_OK;
    for (size_t i = 0; rc == PAWL_OK && i + 1 < s->depth; i++) rc = descend(s, i, &node);
    if (rc != PAWL_OK) return rc;
    json_t *value = value_of(value_text);
    if (value == NULL) return refuse(s, "the value is not valid UTF-8");
    rc = put(s, node, value);
    json_decref(value);
    return rc;
}

int source_set(json_t *root, const char *text, char *ret_path, size_t path_size,
               struct config_errors *errors) {
    struct setting s = {.errors = errors};
    char path[PATH_TEXT_MAX + 1];
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || (size_t)(equals - text) > PATH_TEXT_MAX) {
        config_errors_add(errors, SOURCE_SET_NAME, NULL, "must read PATH=VALUE");
        return PAWL_E_CONFIG;
    }
    snprintf(path, sizeof path, "%.*s", (int)(equals - text), text);
    s.path = path;
    int rc = split(&s, path);
    if (rc != PAWL_OK) return rc;
    if (strcmp(s.parts[0].key, "include") == 0) return refuse(&s, "cannot be overridden");
    rc = apply(&s, root, equals + 1);
    if (rc != PAWL_OK) return rc;
    for (size_t i = 0; i < s.depth; i++)
        s.where[i] = (struct path){.up = i > 0 ? &s.where[i - 1] : NULL,
                                   .key = s.parts[i].key[0] != '\0' ? s.parts[i].key : NULL,
                                   .index = s.parts[i].index};
    char normal[PATH_TEXT_MAX + 1];
    path_text(&s.where[s.depth - 1], normal);
    snprintf(ret_path, path_size, "%s", normal);
    return PAWL_OK;
}
