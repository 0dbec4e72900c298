/*
 * host.watch: a file of a plugin or a rule that changes reloads by itself.
 *
 * Folders are watched, not files: who installs properly renames a new file over the old one. The
 * reload waits until nothing has changed for a while, so that a copy under way is not read. Names
 * are only a hint what to look at; what has changed is found out by the reload itself.
 */
#include <string.h>

#include "drive/live_int.h"

#define QUIET_MS 1000u

static bool ends_in(const char *name, const char *end) {
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcmp(name + length - tail, end) == 0;
}

static void on_quiet(uv_timer_t *timer) {
    struct live *live = timer->data;
    if (live->phase == LIVE_RUNNING || live->phase == LIVE_ENDED) live_again(live, "watch");
}

static void on_change(uv_fs_event_t *handle, const char *name, int events, int status) {
    struct live *live = handle->data;
    (void)events;
    if (status < 0 || (name != NULL && !ends_in(name, ".so") && !ends_in(name, ".lua"))) return;
    uv_timer_start(&live->quiet, on_quiet, QUIET_MS, 0);
}

static void watch(struct live *live, const char *folder) {
    char path[CONFIG_PATH_MAX + 1];
    size_t size = sizeof path;
    for (uint32_t i = 0; i < live->watch_count; i++) {
        size = sizeof path;
        if (uv_fs_event_getpath(&live->watches[i], path, &size) == 0 && strcmp(path, folder) == 0)
            return;
    }
    if (live->watch_count == LIVE_WATCHES_MAX) {
        log_write(live->session->log, PAWL_LOG_WARN, "reload", "%s: too many folders to watch",
                  folder);
        return;
    }
    int rc = uv_fs_event_start(&live->watches[live->watch_count], on_change, folder, 0);
    if (rc == 0)
        live->watch_count++;
    else
        log_write(live->session->log, PAWL_LOG_WARN, "reload", "%s: cannot be watched: %s", folder,
                  uv_strerror(rc));
}

void live_watch_init(struct live *live) {
    uv_timer_init(&live->loop, &live->quiet);
    live->quiet.data = live;
    for (size_t i = 0; i < LIVE_WATCHES_MAX; i++) {
        uv_fs_event_init(&live->loop, &live->watches[i]);
        live->watches[i].data = live;
    }
}

void live_watch(struct live *live) {
    const struct config *config = live->session->config;
    char folder[CONFIG_PATH_MAX + 1];
    for (uint32_t i = 0; i < live->watch_count; i++) uv_fs_event_stop(&live->watches[i]);
    live->watch_count = 0;
    if (!config->host.watch) return;
    for (uint32_t i = 0; i < config->plugin_count; i++) {
        memcpy(folder, config->plugins[i].so, sizeof folder);
        char *slash = strrchr(folder, '/');
        if (slash != NULL && slash != folder) *slash = '\0';
        watch(live, slash == NULL ? "." : folder);
    }
    if (config->rules.dir[0] != '\0') watch(live, config->rules.dir);
}
