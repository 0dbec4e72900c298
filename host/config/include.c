/* include.c - the folder of further files: *.json in the order of their names, objects merged. */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "config/config.h"
#include "config/path.h"
#include "config/source_int.h"

#define MERGE_DEPTH_MAX 12u

struct merging {
    struct config_source *source;
    const char *file; /* that is merged */
    struct config_errors *errors;
    int rc;
};

static void merge(struct merging *m, const struct path *path, json_t *into, const json_t *from,
                  unsigned depth);

static void merge_key(struct merging *m, const struct path *path, json_t *into, const char *key,
                      json_t *value, unsigned depth) {
    struct path here = {.up = path, .key = key};
    json_t *old = json_object_get(into, key);
    if (old == NULL) {
        if (json_object_set_new(into, key, json_deep_copy(value)) != 0) m->rc = PAWL_E_NOMEM;
        return;
    }
    if (json_is_object(old) && json_is_object(value) && depth < MERGE_DEPTH_MAX) {
        merge(m, &here, old, value, depth + 1);
        return;
    }
    char where[PATH_TEXT_MAX + 1];
    path_text(&here, where);
    config_errors_add(m->errors, m->file, where, "is said in %s too",
                      source_file_of(m->source, where));
    if (m->rc == PAWL_OK) m->rc = PAWL_E_CONFIG;
}

static void merge(struct merging *m, const struct path *path, json_t *into, const json_t *from,
                  unsigned depth) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)from, key, value) {
        if (m->rc == PAWL_E_NOMEM) return;
        merge_key(m, path, into, key, value, depth);
    }
}

static int include_file(struct config_source *source, const char *file,
                        struct config_errors *errors) {
    json_t *json = NULL;
    int rc = source_read_object(file, &json, errors);
    if (rc == PAWL_E_NOTFOUND) {
        config_errors_add(errors, file, NULL, "no such file");
        rc = PAWL_E_CONFIG;
    }
    if (rc != PAWL_OK) return rc;
    struct merging m = {.source = source, .file = file, .errors = errors, .rc = PAWL_OK};
    if (json_object_get(json, "include") != NULL) {
        config_errors_add(errors, file, "include", "only the main file may include");
        json_object_del(json, "include");
        m.rc = PAWL_E_CONFIG;
    }
    merge(&m, NULL, source->root, json, 0);
    if (m.rc != PAWL_E_NOMEM) {
        rc = source_doc_add(source, file, json);
        if (rc == PAWL_E_NOMEM) m.rc = rc;
    }
    json_decref(json);
    return m.rc;
}

static int is_wanted(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 &&
           strcmp(entry->d_name + length - 5, ".json") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name); /* bytes, whatever the locale */
}

static int include_folder(struct config_source *source, const char *folder,
                          struct config_errors *errors) {
    struct dirent **entries = NULL;
    const char *main_file = source->docs[0].file;
    int count = scandir(folder, &entries, is_wanted, by_name), rc = PAWL_OK;
    if (count < 0 && errno == ENOMEM) return PAWL_E_NOMEM;
    if (count < 0) {
        config_errors_add(errors, main_file, "include", "%s: %s", folder, strerror(errno));
        return PAWL_E_CONFIG;
    }
    if (count >= (int)SOURCE_FILES_MAX) {
        config_errors_add(errors, main_file, "include", "%s: more than %u files", folder,
                          SOURCE_FILES_MAX - 1);
        rc = PAWL_E_CONFIG;
    }
    for (int i = 0; i < count; i++) {
        char file[CONFIG_PATH_MAX + 1];
        int length = snprintf(file, sizeof file, "%s/%s", folder, entries[i]->d_name);
        if (rc == PAWL_E_NOMEM || i + 1 >= (int)SOURCE_FILES_MAX) continue; /* free the rest */
        int one = PAWL_E_CONFIG;
        if ((size_t)length < sizeof file)
            one = include_file(source, file, errors);
        else
            config_errors_add(errors, main_file, "include", "a path is longer than %u bytes",
                              CONFIG_PATH_MAX);
        if (one != PAWL_OK) rc = one;
    }
    for (int i = 0; i < count; i++) free(entries[i]);
    free(entries);
    return rc;
}

int source_include(struct config_source *source, struct config_errors *errors) {
    const json_t *include = json_object_get(source->root, "include");
    const char *main_file = source->docs[0].file, *text = json_string_value(include);
    if (include == NULL) return PAWL_OK;
    if (text == NULL || text[0] == '\0') {
        config_errors_add(errors, main_file, "include", "must be the path of a folder");
        return PAWL_E_CONFIG;
    }
    char folder[CONFIG_PATH_MAX + 1];
    const char *slash = strrchr(main_file, '/');
    int dir_length = slash == NULL || text[0] == '/' ? 0 : (int)(slash - main_file) + 1;
    int length = snprintf(folder, sizeof folder, "%.*s%s", dir_length, main_file, text);
    if ((size_t)length >= sizeof folder) {
        config_errors_add(errors, main_file, "include", "a path is longer than %u bytes",
                          CONFIG_PATH_MAX);
        return PAWL_E_CONFIG;
    }
    if (length > 1 && folder[length - 1] == '/') folder[length - 1] = '\0';
    return include_folder(source, folder, errors);
}
