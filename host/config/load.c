/* load.c - the frame of loading: files, sections in their order, lookups. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "config/json_memory.h"
#include "config/loading.h"
#include "config/options.h"

void loading_fault(struct loading *l, const struct path *path, const char *format, ...) {
    char message[CONFIG_ERROR_MAX + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    l->rc = report_at(&l->report, path, "%s", message);
}

void loading_fields(struct loading *l, const struct path *path, const json_t *object,
                    const struct field *table, void *base, int with_defaults) {
    int rc = fields_read(&l->report, path, object, table, base, with_defaults);
    if (rc != PAWL_OK) l->rc = rc;
}

const json_t *loading_object(struct loading *l, const char *key, size_t max) {
    struct path path = {.key = key};
    const json_t *value = json_object_get(l->root, key);
    if (value == NULL) return NULL;
    if (!json_is_object(value)) {
        loading_fault(l, &path, "must be an object");
        return NULL;
    }
    if (json_object_size(value) <= max) return value;
    loading_fault(l, &path, "has more than %zu members", max);
    return NULL;
}

const json_t *loading_array(struct loading *l, const char *key, size_t max) {
    struct path path = {.key = key};
    const json_t *value = json_object_get(l->root, key);
    if (value == NULL) return NULL;
    if (!json_is_array(value)) {
        loading_fault(l, &path, "must be a list");
        return NULL;
    }
    if (json_array_size(value) <= max) return value;
    loading_fault(l, &path, "has more than %zu elements", max);
    return NULL;
}

void loading_path(struct loading *l, const struct path *where, char text[CONFIG_PATH_MAX + 1]) {
    char said[PATH_TEXT_MAX + 1], full[CONFIG_PATH_MAX + 1];
    path_text(where, said);
    if (text[0] == '\0' || text[0] == '/' || strcmp(l->config->dir, ".") == 0) return;
    if (strcmp(source_file_of(l->report.source, said), SOURCE_SET_NAME) == 0) return;
    size_t dir = strlen(l->config->dir), length = strlen(text);
    int slash = dir > 0 && l->config->dir[dir - 1] != '/';
    if (dir + (size_t)slash + length > CONFIG_PATH_MAX) {
        loading_fault(l, where, "the full path is longer than %u bytes", CONFIG_PATH_MAX);
        return;
    }
    memcpy(full, l->config->dir, dir);
    if (slash) full[dir] = '/';
    memcpy(full + dir + (size_t)slash, text, length + 1);
    memcpy(text, full, dir + (size_t)slash + length + 1);
}

int loading_names(struct loading *l, const struct path *path, const json_t *array, size_t size,
                  char **ret, uint32_t *ret_count) {
    const struct field field = {.name = "", .type = FIELD_TEXT, .size = (uint32_t)size};
    char message[FIELD_MESSAGE_MAX + 1];
    *ret = NULL;
    *ret_count = 0;
    if (array == NULL) return PAWL_OK;
    size_t count = json_array_size(array);
    if (!json_is_array(array) || count > CONFIG_NAMES_MAX) {
        loading_fault(l, path, "must be a list of at most %u texts", CONFIG_NAMES_MAX);
        return PAWL_OK;
    }
    if (count == 0) return PAWL_OK;
    char *names = mem_calloc(count, size);
    if (names == NULL) return PAWL_E_NOMEM;
    *ret = names;
    for (size_t i = 0; i < count; i++) {
        struct path here = {.up = path, .index = i};
        char *name = names + *ret_count * size;
        if (field_from_json(&field, json_array_get(array, i), name, message) != PAWL_OK)
            loading_fault(l, &here, "%s", message);
        else if (name[0] == '\0')
            loading_fault(l, &here, "must not be empty");
        else
            ++*ret_count;
    }
    return PAWL_OK;
}

/* ---- the frame ---- */

static void top_level(struct loading *l) {
    static const struct field keys[] = {{.name = "host", .type = FIELD_OTHER},
                                        {.name = "plugins", .type = FIELD_OTHER},
                                        {.name = "secrets", .type = FIELD_OTHER},
                                        {.name = "accounts", .type = FIELD_OTHER},
                                        {.name = "instruments", .type = FIELD_OTHER},
                                        {.name = "sessions", .type = FIELD_OTHER},
                                        {.name = "feeds", .type = FIELD_OTHER},
                                        {.name = "schedule", .type = FIELD_OTHER},
                                        {.name = "profiles", .type = FIELD_OTHER},
                                        {.name = "risk", .type = FIELD_OTHER},
                                        {.name = "rules", .type = FIELD_OTHER},
                                        {.name = "include", .type = FIELD_OTHER},
                                        {.name = NULL}};
    loading_fields(l, NULL, l->root, keys, NULL, 0);
}

static void folder_of(struct config *config) {
    const char *slash = strrchr(config->file, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - config->file);
    memcpy(config->dir, config->file, length);
    config->dir[length] = '\0';
    if (slash == NULL) memcpy(config->dir, ".", 2);
    if (slash == config->file) memcpy(config->dir, "/", 2);
}

static int load_shipped(struct loading *l) {
    const char *file = l->config->host.instruments_file;
    if (file[0] == '\0') return PAWL_OK;
    int rc = source_read_object(file, &l->shipped, l->report.errors);
    if (rc == PAWL_E_NOTFOUND) {
        struct path host = {.key = "host"}, path = {.up = &host, .key = "instruments_file"};
        loading_fault(l, &path, "%s: no such file", file);
        return PAWL_OK;
    }
    if (rc == PAWL_E_CONFIG) l->rc = rc;
    return rc == PAWL_E_NOMEM ? rc : PAWL_OK;
}

static int load_sections(struct loading *l) {
    int (*const sections[])(struct loading *) = {
        load_host, load_shipped, load_risk, load_rules, load_secrets, load_plugins, load_accounts,
        load_instruments, load_sessions, load_profiles, load_feeds, load_schedule};
    top_level(l);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        int rc = sections[i](l);
        if (rc == PAWL_E_NOMEM) return rc;
    }
    return l->rc;
}

static int load(const char *file, const char *const *sets, uint32_t set_count,
                struct config *config, struct config_errors *errors) {
    if (strlen(file) > CONFIG_PATH_MAX) {
        config_errors_add(errors, NULL, NULL,
                          "the path of the configuration is longer than %u bytes", CONFIG_PATH_MAX);
        return PAWL_E_CONFIG;
    }
    memcpy(config->file, file, strlen(file) + 1);
    folder_of(config);
    int rc = source_load(file, sets, set_count, &config->source, errors);
    if (config->source == NULL) return rc;
    struct loading l = {.config = config,
                        .report = {.errors = errors, .source = config->source},
                        .root = source_root(config->source),
                        .rc = rc};
    rc = load_sections(&l);
    json_decref(l.shipped);
    return rc;
}

int config_load(const char *file, const char *const *sets, uint32_t set_count, struct config **ret,
                struct config_errors *errors) {
    json_memory_use();
    uint64_t failures = json_memory_failures();
    uint32_t count = errors->count;
    struct config *config = mem_calloc(1, sizeof *config);
    int rc = config == NULL ? PAWL_E_NOMEM : load(file, sets, set_count, config, errors);
    if (json_memory_failures() != failures) rc = PAWL_E_NOMEM;
    if (rc == PAWL_E_NOMEM)
        errors->count = count; /* what was said for want of memory is no fault */
    *ret = NULL;
    if (rc == PAWL_E_NOMEM || config->source == NULL)
        config_free(config);
    else
        *ret = config;
    return rc;
}

const struct json_t *config_json(const struct config *config) {
    return source_root(config->source);
}

void config_free(struct config *config) {
    if (config == NULL) return;
    for (uint32_t i = 0; i < config->plugin_count; i++) grants_free(&config->plugins[i].grants);
    mem_free(config->plugins);
    mem_free(config->secrets);
    mem_free(config->accounts);
    mem_free(config->instruments);
    mem_free(config->feeds);
    mem_free(config->schedule);
    mem_free(config->profiles);
    sessions_free(config);
    mem_free(config->risk.restricted);
    mem_free(config->rules.disabled);
    source_free(config->source);
    mem_free(config);
}
