/* The files a replay needs, as items: what the configuration consists of, and the state. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "record/record.h"

static void put_piece(struct record *record, const char *name, uint64_t at, const void *bytes,
                      size_t size) {
    record_item(record, &(struct item){
        .kind = ITEM_FILE, .name = name, .number = at, .bytes = bytes, .size = size});
}

void record_bytes(struct record *record, const char *name, const void *bytes, size_t size) {
    size_t at = 0;
    do {
        size_t part = size - at < ITEM_CHUNK_MAX ? size - at : ITEM_CHUNK_MAX;
        put_piece(record, name, at, (const char *)bytes + at, part);
        at += part;
    } while (at < size);
}

static int put_file(struct record *record, struct disk *disk, const char *path, const char *name,
                    struct pawl_err *err) {
    static unsigned char piece[ITEM_CHUNK_MAX]; /* loop thread only */
    struct disk_file *file = NULL;
    size_t got = 0;
    int64_t at = 0;
    int rc = disk_open(disk, path, DISK_READ_ONLY, &file, err);
    do {
        if (rc == PAWL_OK) rc = disk_read(file, at, piece, sizeof piece, &got, err);
        if (rc == PAWL_OK && at + (int64_t)got > RECORD_DATA_MAX)
            rc = pawl_fail(err, PAWL_E_BUSY, "%s: is too large for a recording", path);
        if (rc == PAWL_OK) put_piece(record, name, (uint64_t)at, piece, got);
        at += (int64_t)got;
    } while (rc == PAWL_OK && got == sizeof piece);
    disk_close(file);
    return rc;
}

/* ---- the configuration ---- */

static int put_json(struct record *record, const char *name, const json_t *json,
                    struct pawl_err *err) {
    json_free_t release;
    char *text = json_dumps(json, JSON_INDENT(1));
    if (text == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory to record %s", name);
    record_bytes(record, name, text, strlen(text));
    json_get_alloc_funcs(NULL, &release);
    release(text);
    return PAWL_OK;
}

static void set_path(json_t *object, const char *key, const char *path) {
    char full[2 * CONFIG_PATH_MAX + 2], here[CONFIG_PATH_MAX + 1];
    if (path[0] != '/' && getcwd(here, sizeof here) != NULL)
        snprintf(full, sizeof full, "%s/%s", here, path);
    else
        snprintf(full, sizeof full, "%s", path);
    json_object_set_new(object, key, json_string(full));
}

/* Paths as a replay has them: what is recorded lies beside the configuration, libraries where they
 * were, and nothing else is read. */
static void place(json_t *root, const struct config *config) {
    static const char *const gone[] = {"data_dir", "control_socket", "net_ca_file", "watch"};
    json_t *host = json_object_get(root, "host");
    if (host == NULL) json_object_set_new(root, "host", host = json_object());
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) json_object_del(host, gone[i]);
    json_object_del(root, "include");
    if (json_object_get(host, "plugin_dir") != NULL)
        set_path(host, "plugin_dir", config->host.plugin_dir);
    if (config->host.instruments_file[0] != '\0')
        json_object_set_new(host, "instruments_file", json_string("instruments.json"));
    if (config->host.sessions_file[0] != '\0')
        json_object_set_new(host, "sessions_file", json_string("sessions.json"));
    if (config->rules.dir[0] != '\0')
        json_object_set_new(json_object_get(root, "rules"), "dir", json_string("rules"));
    for (uint32_t i = 0; i < config->plugin_count; i++) {
        json_t *plugin = json_array_get(json_object_get(root, "plugins"), i);
        if (json_object_get(plugin, "so") != NULL) set_path(plugin, "so", config->plugins[i].so);
    }
}

static int put_config(struct record *record, const struct session *session, struct pawl_err *err) {
    const struct config *config = session->config;
    json_t *root = json_deep_copy(config_json(config));
    if (root == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory to record");
    place(root, config);
    int rc = put_json(record, "config/pawl.json", root, err);
    json_decref(root);
    if (rc == PAWL_OK && config->host.instruments_file[0] != '\0')
        rc = put_file(record, session->disk, config->host.instruments_file,
                      "config/instruments.json", err);
    if (rc == PAWL_OK && config->host.sessions_file[0] != '\0')
        rc = put_file(record, session->disk, config->host.sessions_file, "config/sessions.json",
                      err);
    return rc;
}

static int put_about(struct record *record, const struct session *session, const char *version,
                     struct pawl_err *err) {
    char number[20];
    snprintf(number, sizeof number, "%016llx", (unsigned long long)record_schema_hash());
    json_t *plugins = json_array();
    json_t *about = json_pack("{s:s, s:s, s:s, s:o}", "version", version, "schema", number,
                              "config", session->config->file, "plugins", plugins);
    for (uint32_t i = 0; i < session->config->plugin_count; i++) {
        const struct library *library = session->libraries[i];
        snprintf(number, sizeof number, "%016llx", (unsigned long long)library->code_hash);
        json_array_append_new(plugins, json_pack("{s:s, s:s, s:s, s:s}", "name",
                                                 session->config->plugins[i].name, "so",
                                                 library->path, "version",
                                                 library->plugin->version, "code", number));
    }
    if (about == NULL) {
        json_decref(plugins);
        return pawl_fail(err, PAWL_E_NOMEM, "no memory to record");
    }
    int rc = put_json(record, "about.json", about, err);
    json_decref(about);
    return rc;
}

struct folder {
    struct record *record;
    struct disk *disk;
    const char *path, *to, *plugin;
    struct pawl_err *err;
};

static bool ends(const char *name, const char *ending) {
    size_t length = strlen(name), size = strlen(ending);
    return length >= size && strcmp(name + length - size, ending) == 0;
}

static int put_rule(void *arg, const char *name) {
    const struct folder *folder = arg;
    char path[2 * CONFIG_PATH_MAX + 2], to[ITEM_NAME_MAX + 1];
    if (!ends(name, ".lua")) return PAWL_OK;
    if ((size_t)snprintf(to, sizeof to, "config/rules/%s", name) >= sizeof to) return PAWL_OK;
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    return put_file(folder->record, folder->disk, path, to, folder->err);
}

int record_session(struct record *record, const struct session *session, const char *version,
                   struct pawl_err *err) {
    struct folder folder = {.record = record, .disk = session->disk,
                            .path = session->config->rules.dir, .err = err};
    int rc = put_about(record, session, version, err);
    if (rc == PAWL_OK) rc = put_config(record, session, err);
    put_piece(record, "config/rules/", 0, "", 0); /* those of before are gone */
    if (rc == PAWL_OK && folder.path[0] != '\0')
        rc = disk_list(session->disk, folder.path, put_rule, &folder, err);
    return rc;
}

/* ---- the state ---- */

/* Copies of the database from before it was changed are for people. */
static bool is_state(const struct folder *folder, const char *name) {
    size_t length = folder->plugin == NULL ? 0 : strlen(folder->plugin);
    if (length > 0)
        return strncmp(name, folder->plugin, length) == 0 && name[length] == '.';
    return strcmp(name, "pawl.lock") != 0 && strstr(name, ".bak-") == NULL;
}

static int put_state(void *arg, const char *name) {
    const struct folder *folder = arg;
    char path[2 * CONFIG_PATH_MAX + 2], to[ITEM_NAME_MAX + 1], magic[8] = "";
    struct disk_file *file = NULL;
    size_t got = 0;
    if (!is_state(folder, name)) return PAWL_OK;
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    if ((size_t)snprintf(to, sizeof to, "data/%s", name) >= sizeof to)
        return pawl_fail(folder->err, PAWL_E_RANGE, "%s: its name is too long to record it", path);
    int rc = disk_open(folder->disk, path, DISK_READ_ONLY, &file, folder->err);
    if (rc == PAWL_OK) rc = disk_read(file, 0, magic, sizeof magic, &got, folder->err);
    disk_close(file);
    if (rc != PAWL_OK) return rc;
    if (got == sizeof magic && memcmp(magic, "PAWLREC\n", sizeof magic) == 0) return PAWL_OK;
    return put_file(folder->record, folder->disk, path, to, folder->err);
}

int record_data(struct record *record, struct disk *disk, const char *folder_path,
                const char *plugin, struct pawl_err *err) {
    struct folder folder = {
        .record = record, .disk = disk, .path = folder_path, .plugin = plugin, .err = err};
    return disk_list(disk, folder_path, put_state, &folder, err);
}
