#include "config/source.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "config/json_memory.h"
#include "config/path.h"
#include "config/source_int.h"

/* ---- one file ---- */

/* The whole file; a pipe will do. */
static int read_bytes(const char *file, int fd, char **ret_bytes, size_t *ret_size,
                      struct config_errors *errors) {
    size_t size = 0, room = 0;
    char *bytes = NULL;
    for (;;) {
        if (size == room) {
            room = room == 0 ? 16384 : room * 2;
            char *more = room > SOURCE_FILE_BYTES_MAX ? NULL : mem_realloc(bytes, room);
            if (more == NULL) {
                mem_free(bytes);
                if (room <= SOURCE_FILE_BYTES_MAX) return PAWL_E_NOMEM;
                config_errors_add(errors, file, NULL, "is larger than %u bytes",
                                  SOURCE_FILE_BYTES_MAX);
                return PAWL_E_CONFIG;
            }
            bytes = more;
        }
        ssize_t n = read(fd, bytes + size, room - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            config_errors_add(errors, file, NULL, "cannot be read: %s", strerror(errno));
            mem_free(bytes);
            return PAWL_E_CONFIG;
        }
        if (n == 0) break;
        size += (size_t)n;
    }
    *ret_bytes = bytes;
    *ret_size = size;
    return PAWL_OK;
}

static int parse(const char *file, const char *bytes, size_t size, json_t **ret,
                 struct config_errors *errors) {
    json_error_t at;
    json_t *json = NULL;
    int rc = json_memory_load(bytes, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &json, &at);
    if (rc == PAWL_E_NOMEM) return rc;
    if (rc != PAWL_OK) {
        if (size == 0)
            config_errors_add(errors, file, NULL, "is empty");
        else
            config_errors_add(errors, NULL, NULL, "%s:%d: %s", file, at.line, at.text);
        return PAWL_E_CONFIG;
    }
    if (!json_is_object(json)) {
        config_errors_add(errors, file, NULL, "must be an object");
        json_decref(json);
        return PAWL_E_CONFIG;
    }
    *ret = json;
    return PAWL_OK;
}

int source_read_object(const char *file, json_t **ret, struct config_errors *errors) {
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return PAWL_E_NOTFOUND;
    if (fd < 0) {
        config_errors_add(errors, file, NULL, "cannot be opened: %s", strerror(errno));
        return PAWL_E_CONFIG;
    }
    char *bytes = NULL;
    size_t size = 0;
    int rc = read_bytes(file, fd, &bytes, &size, errors);
    close(fd);
    if (rc != PAWL_OK) return rc;
    rc = parse(file, bytes, size, ret, errors);
    mem_free(bytes);
    return rc;
}

/* ---- several ---- */

int source_doc_add(struct config_source *source, const char *file, json_t *json) {
    if (source->doc_count == SOURCE_FILES_MAX) return PAWL_E_BUSY;
    char *copy = mem_strdup(file);
    if (copy == NULL) return PAWL_E_NOMEM;
    source->docs[source->doc_count].file = copy;
    source->docs[source->doc_count++].json = json_incref(json);
    return PAWL_OK;
}

static int apply_sets(struct config_source *source, const char *const *sets, uint32_t count,
                      struct config_errors *errors) {
    int rc = PAWL_OK;
    if (count > SOURCE_SETS_MAX) {
        config_errors_add(errors, SOURCE_SET_NAME, NULL, "more than %u overrides", SOURCE_SETS_MAX);
        count = SOURCE_SETS_MAX;
        rc = PAWL_E_CONFIG;
    }
    for (uint32_t i = 0; i < count; i++) {
        char path[PATH_TEXT_MAX + 1];
        int one = source_set(source->root, sets[i], path, sizeof path, errors);
        if (one == PAWL_E_NOMEM) return one;
        if (one != PAWL_OK) {
            rc = one;
            continue;
        }
        char *copy = mem_strdup(path);
        if (copy == NULL) return PAWL_E_NOMEM;
        source->sets[source->set_count++] = copy;
    }
    return rc;
}

static int load_all(struct config_source *source, const char *file, const char *const *sets,
                    uint32_t set_count, struct config_errors *errors) {
    json_t *main_json = NULL;
    int rc = source_read_object(file, &main_json, errors);
    if (rc == PAWL_E_NOTFOUND) {
        config_errors_add(errors, file, NULL, "no such file");
        rc = PAWL_E_CONFIG;
    }
    if (rc != PAWL_OK) return rc;
    rc = source_doc_add(source, file, main_json);
    if (rc == PAWL_OK && (source->root = json_deep_copy(main_json)) == NULL) rc = PAWL_E_NOMEM;
    json_decref(main_json);
    if (rc != PAWL_OK) return rc;
    rc = source_include(source, errors);
    if (rc == PAWL_E_NOMEM) return rc;
    int sets_rc = apply_sets(source, sets, set_count, errors);
    return sets_rc != PAWL_OK ? sets_rc : rc;
}

int source_load(const char *file, const char *const *sets, uint32_t set_count,
                struct config_source **ret, struct config_errors *errors) {
    *ret = NULL;
    struct config_source *source = mem_calloc(1, sizeof *source);
    if (source == NULL) return PAWL_E_NOMEM;
    int rc = load_all(source, file, sets, set_count, errors);
    if (rc == PAWL_E_NOMEM || source->root == NULL) {
        source_free(source);
        return rc;
    }
    *ret = source;
    return rc;
}

void source_free(struct config_source *source) {
    if (source == NULL) return;
    for (uint32_t i = 0; i < source->doc_count; i++) {
        mem_free(source->docs[i].file);
        json_decref(source->docs[i].json);
    }
    for (uint32_t i = 0; i < source->set_count; i++) mem_free(source->sets[i]);
    json_decref(source->root);
    mem_free(source);
}

json_t *source_root(const struct config_source *source) {
    return source->root;
}

/* ---- who said it ---- */

/* Where a part leads to; the elements of a list are named by number, or by their name. */
static const json_t *child(const json_t *json, const struct path_part *part) {
    if (part->key[0] == '\0') return json_array_get(json, part->index);
    if (!json_is_array(json)) return json_object_get(json, part->key);
    const json_t *element;
    size_t i;
    json_array_foreach((json_t *)json, i, element) {
        const char *name = json_string_value(json_object_get(element, "name"));
        if (name != NULL && strcmp(name, part->key) == 0) return element;
    }
    return NULL;
}

/* How many parts of the path the document has. */
static size_t match_depth(const json_t *json, const char *path) {
    struct path_part part;
    size_t depth = 0;
    while (path_next(&path, &part) == 1) {
        json = child(json, &part);
        if (json == NULL) break;
        depth++;
    }
    return depth;
}

/* How many parts of the path an override goes along with it; *ret_all: to the end of either, so
 * that it said the value, or some of what is in it. */
static size_t set_depth(const json_t *root, const char *path, const char *set, bool *ret_all) {
    struct path_part part, other;
    size_t depth = 0;
    for (;;) {
        int more = path_next(&path, &part), other_more = path_next(&set, &other);
        *ret_all = depth > 0 && (more == 0 || other_more == 0);
        if (more != 1 || other_more != 1) return depth;
        const json_t *next = child(root, &part);
        if (next != NULL ? next != child(root, &other)
                         : strcmp(part.key, other.key) != 0 || part.index != other.index)
            return depth;
        root = next;
        depth++;
    }
}

const char *source_file_of(const struct config_source *source, const char *path) {
    const char *file = source->doc_count > 0 ? source->docs[0].file : "";
    size_t best = 0;
    for (uint32_t i = 0; i < source->doc_count; i++) {
        size_t depth = match_depth(source->docs[i].json, path);
        if (depth <= best) continue;
        best = depth;
        file = source->docs[i].file;
    }
    for (uint32_t i = 0; i < source->set_count; i++) {
        bool all;
        if (set_depth(source->root, path, source->sets[i], &all) > best || all)
            return SOURCE_SET_NAME;
    }
    return file;
}
