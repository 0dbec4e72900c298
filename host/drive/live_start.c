/* What a run opens first and closes last, and a look at the configuration while it runs. */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "control/lock.h"
#include "drive/again.h"
#include "drive/live_int.h"

static void on_trace(void *arg, const struct pawl_event *event, const char *line, size_t length) {
    struct live *live = arg;
    summary_event(&live->result->summary, event, live->host == NULL ? NULL : live->host->names);
    if (live->options->json) {
        fwrite(line, 1, length, live->out);
        fputc('\n', live->out);
    } else if (live->host != NULL) {
        if (live->view != NULL) {
            view_event(live->view, event);
            live->narrator.out = view_lines(live->view);
        }
        narrate(&live->narrator, &live->host->book, event);
    }
}

static void on_event(void *arg, const struct pawl_event *event) {
    struct live *live = arg;
    if (live->control != NULL) control_observe(live->control, event);
}

static int start_host(struct live *live, struct pawl_err *err) {
    const struct config_host *host = &live->session->config->host;
    struct host_options options = {
        .config = live->session->config, .plugins = live->session->plugins,
        .data_dir = live->folder, .disk = live->session->disk, .durability = host->durability,
        .threaded = !live->instant, .instant = live->instant, .wake = live_stored, .wake_arg = live,
        .log = live->session->log, .trace = on_trace, .trace_arg = live,
        .trace_lines = live->options->json,
        .observe = on_event, .observe_arg = live, .metrics = control_metrics(live->control),
        .io_mode = IO_LIVE, .net = live->net,
        .recorder = record_hooks(live->record),
        .start_ns = live->options->data.path_count > 0 ? 0 : live_wall_now()};
    record_start(live->record, &options);
    int rc = host_start(&options, &live->host, err);
    if (rc == PAWL_OK) record_started(live->record, live->host);
    return rc;
}

int live_restart_host(struct live *live, struct pawl_err *err) {
    struct pawl_err why = {0};
    record_stop(live->record, live->host);
    summary_host(&live->result->summary, live->host);
    control_host(live->control, NULL);
    host_stop(live->host);
    live->host = NULL;
    int rc = start_host(live, &why);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "restart: %s", why.text);
    control_host(live->control, live->host);
    data_attach(live->data, live->host);
    return PAWL_OK;
}

/* A replay whose state nobody asked to keep gets a folder of its own, so that it begins anew. */
static int open_folder(struct live *live, struct pawl_err *err) {
    const struct config *config = live->session->config;
    live->temporary = !config->host.data_dir_given && live->options->data.path_count > 0;
    return folder_for_run(live->temporary ? NULL : config->host.data_dir, live->folder,
                          sizeof live->folder, err);
}

static int open_data(struct live *live, struct pawl_err *err) {
    uint64_t row = host_feed_row(live->host);
    struct pawl_err why = {0};
    int rc = data_open(live->session->config, live->host, &live->options->data, &live->data, err);
    if (rc != PAWL_OK || row == 0) return rc;
    rc = feed_skip_to(data_feed(live->data), row, &why);
    if (rc == PAWL_E_NOTFOUND)
        return pawl_fail(err, PAWL_E_STATE,
                         "%s: has played %llu rows already, and the data has fewer: other data "
                         "needs another host.data_dir",
                         live->folder, (unsigned long long)row);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "%s", why.text);
}

/* ---- the control socket ---- */

static int64_t input_now(void *arg) {
    const struct live *live = arg;
    int64_t now = live->host->bus->now_ns, wall = live_wall_now();
    return live->options->data.path_count > 0 || wall < now ? now : wall;
}

static bool stands_still(void *arg) {
    return ((const struct live *)arg)->phase == LIVE_ENDED;
}

static void after_turns(void *arg) {
    live_arrange(arg);
}

/* Where host.data_dir is temporary, so is the socket, unless it is named. */
static int open_control(struct live *live, struct pawl_err *err) {
    const struct config_host *host = &live->session->config->host;
    char path[CONFIG_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s", host->control_socket);
    if (live->temporary && !host->control_socket_given)
        snprintf(path, sizeof path, "%s/control.sock", live->folder);
    struct control_options options = {.loop = &live->loop, .path = path,
                                      .session = live->session, .data_dir = live->folder,
                                      .data_clock = live->options->data.path_count > 0,
                                      .started_ns = live_wall_now(), .now_ns = input_now,
                                      .stands_still = stands_still,
                                      .after = after_turns, .reload = live_reload_asked,
                                      .arg = live};
    return control_new(&options, &live->control, err);
}

/* ---- the network ---- */

static void on_io(void *arg, struct pawl_event *event) {
    struct live *live = arg;
    if (live->phase == LIVE_OVER || live->host == NULL || !live->host->begun) return;
    host_io(live->host, event, input_now(live));
    live_arrange(live);
}

static int open_net(struct live *live, struct pawl_err *err) {
    struct net_options options = {.loop = &live->loop, .event = on_io, .arg = live,
                                  .ca_file = live->session->config->host.net_ca_file};
    return net_new(&options, &live->net, err);
}

/* Where time is the data's, what is recorded may wait for the disk. */
static int open_record(struct live *live, struct pawl_err *err) {
    return recorded_new(live->options->record, live->options->data.path_count > 0, live->session,
                        live->folder, live->options->version, &live->record, err);
}

static void look_back(struct live *live) {
    char path[sizeof live->folder + 16];
    snprintf(path, sizeof path, "%s/pawl.db-wal", live->folder);
    live->was_cut_off = access(path, F_OK) == 0;
}

int live_open(struct live *live, struct pawl_err *err) {
    live->instant = live->session->config->host.durability == CONFIG_DURABILITY_NONE;
    umask(077); /* what is written is nobody else's */
    int rc = open_folder(live, err);
    if (rc == PAWL_OK) rc = lock_take(live->folder, &live->lock_fd, err);
    if (rc == PAWL_OK) look_back(live);
    if (rc == PAWL_OK) rc = open_control(live, err);
    if (rc == PAWL_OK) rc = open_net(live, err);
    if (rc == PAWL_OK) rc = open_record(live, err);
    if (rc == PAWL_OK) rc = start_host(live, err);
    if (rc == PAWL_OK) control_host(live->control, live->host);
    if (rc == PAWL_OK && live->options->data.path_count > 0) rc = open_data(live, err);
    if (rc == PAWL_OK) live_watch(live);
    return rc;
}

void live_close(struct live *live) {
    record_end(live->record, live->host);
    if (live->host != NULL && live->host->begun && live->data != NULL) {
        live->host->extra_changed = true; /* the place in the data, though nothing else changed */
        host_turn(live->host, NULL, live->host->bus->now_ns);
    }
    if (live->host != NULL) summary_host(&live->result->summary, live->host);
    data_free(live->data);
    control_host(live->control, NULL);
    host_stop(live->host);
    live->host = NULL;
    record_free(live->record); /* the host could still have told it something */
    net_free(live->net);
    live->net = NULL;
    lock_drop(live->lock_fd);
    if (live->temporary && live->folder[0] != '\0') folder_remove(live->folder);
}

/* ---- what the configuration's feeds name ---- */

int live_files(const struct config *config, struct live_files *ret, struct pawl_err *err) {
    char pattern[2 * CONFIG_PATH_MAX + 2];
    int flags = 0;
    memset(ret, 0, sizeof *ret);
    for (uint32_t i = 0; i < config->feed_count; i++) {
        const char *match = config->feeds[i].match;
        if (match[0] == '\0') continue;
        snprintf(pattern, sizeof pattern, "%s%s%s", match[0] == '/' ? "" : config->dir,
                 match[0] == '/' ? "" : "/", match);
        int rc = glob(pattern, flags, NULL, &ret->found);
        if (rc != 0 && rc != GLOB_NOMATCH) {
            live_files_done(ret);
            return pawl_fail(err, PAWL_E_IO, "%s: cannot be looked for", pattern);
        }
        ret->any = true;
        flags = GLOB_APPEND;
    }
    ret->count = ret->any ? (uint32_t)ret->found.gl_pathc : 0;
    if (ret->count <= FEED_FILES_MAX) return PAWL_OK;
    live_files_done(ret);
    return pawl_fail(err, PAWL_E_CONFIG, "%s: feeds: more than %u files match", config->file,
                     FEED_FILES_MAX);
}

void live_files_done(struct live_files *files) {
    if (files->any) globfree(&files->found);
    memset(files, 0, sizeof *files);
}

/* ---- SIGHUP ---- */

void live_reload(struct live *live, const char *by) {
    struct pawl_err err = {0};
    if (live->phase == LIVE_STOPPING) return;
    if (again(live->host, live->session, live->data, NULL, by, &err) != PAWL_OK)
        log_write(live->session->log, PAWL_LOG_ERROR, "reload", "%s", err.text);
    live_watch(live);
}
