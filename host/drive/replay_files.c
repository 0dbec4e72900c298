/* Files of a recording, laid out in a folder of their own. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "drive/replay_int.h"
#include "run/folder.h"

void replay_path(const struct replay *replay, const char *name, char out[2 * DISK_PATH_MAX]) {
    snprintf(out, 2 * DISK_PATH_MAX, "%s/%s", replay->folder, name);
}

/* A recording may come from anywhere: nothing is written outside the folder. */
static bool is_sound(const char *name) {
    static const char *const folders[] = {"config/rules/", "config/", "data/", ""};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        size_t length = strlen(folders[i]);
        if (strncmp(name, folders[i], length) != 0) continue;
        return name[length] != '.' && strchr(name + length, '/') == NULL;
    }
    return false;
}

static int write_piece(const char *path, const struct item *item, struct pawl_err *err) {
    FILE *file = fopen(path, item->number == 0 ? "wb" : "ab");
    if (file == NULL) return pawl_fail(err, PAWL_E_IO, "%s: %s", path, strerror(errno));
    bool good = item->size == 0 || fwrite(item->bytes, 1, item->size, file) == item->size;
    if (fclose(file) != 0) good = false;
    return good ? PAWL_OK : pawl_fail(err, PAWL_E_IO, "%s: %s", path, strerror(errno));
}

int replay_file(struct replay *replay, const struct item *item, struct pawl_err *err) {
    char path[2 * DISK_PATH_MAX];
    if (!is_sound(item->name))
        return pawl_fail(err, PAWL_E_DATA, "%s: names a file \"%.80s\"", replay->options->file,
                         item->name);
    replay_path(replay, item->name, path);
    if (strcmp(item->name, "config/rules/") == 0) {
        path[strlen(path) - 1] = '\0';
        folder_remove(path);
        return folder_make(path, err);
    }
    return write_piece(path, item, err);
}

/* ---- about.json ---- */

static json_t *read_about(const struct replay *replay) {
    char path[2 * DISK_PATH_MAX];
    replay_path(replay, "about.json", path);
    return json_load_file(path, 0, NULL);
}

static const char *text(const json_t *object, const char *key) {
    const char *value = json_string_value(json_object_get(object, key));
    return value == NULL ? "" : value;
}

int replay_about(struct replay *replay, struct pawl_err *err) {
    char ours[20];
    json_t *about = read_about(replay);
    snprintf(ours, sizeof ours, "%016llx", (unsigned long long)record_schema_hash());
    int rc = PAWL_OK;
    if (about == NULL)
        rc = pawl_fail(err, PAWL_E_DATA, "%s: does not say what it is of", replay->options->file);
    else if (strcmp(text(about, "schema"), ours) != 0)
        rc = pawl_fail(err, PAWL_E_DATA,
                       "%s: recorded by pawl %s with other events: only that one can read it",
                       replay->options->file, text(about, "version"));
    json_decref(about);
    return rc;
}

static const struct library *library_of(const struct session *session, const char *name) {
    for (uint32_t i = 0; i < session->config->plugin_count; i++)
        if (strcmp(session->config->plugins[i].name, name) == 0) return session->libraries[i];
    return NULL;
}

void replay_compare_code(struct replay *replay) {
    json_t *about = read_about(replay), *one;
    size_t i;
    json_array_foreach(json_object_get(about, "plugins"), i, one) {
        char ours[20];
        const struct library *library = library_of(replay->session, text(one, "name"));
        if (library == NULL) continue;
        snprintf(ours, sizeof ours, "%016llx", (unsigned long long)library->code_hash);
        if (strcmp(ours, text(one, "code")) != 0)
            replay_note(replay, "plugin \"%.64s\" is other code than was recorded: version %.32s "
                        "then, %.32s now",
                        text(one, "name"), text(one, "version"), library->plugin->version);
    }
    json_decref(about);
}
