#include "drive/backtest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "drive/again.h"
#include "drive/recorded.h"
#include "run/folder.h"

/* After the last row answers on their way still arrive, but no reconcile goes on for ever. */
#define TAIL_NS (10 * PAWL_NS)
#define TAIL_TIMERS_MAX 100000u
#define PROGRESS_EVERY 262144u

struct backtest {
    struct session *session;
    const struct backtest_options *options;
    struct summary *summary;
    struct host *host;
    struct data *data;
    struct record *record;
    char folder[DISK_PATH_MAX + 1];
    int64_t now_ns;
};

static double wall_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void on_trace(void *arg, const struct pawl_event *event, const char *line, size_t length) {
    struct backtest *run = arg;
    summary_event(run->summary, event, run->host == NULL ? NULL : run->host->names);
    FILE *const to[] = {run->options->trace, run->options->trace_copy};
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
        if (to[i] == NULL) continue;
        fwrite(line, 1, length, to[i]);
        fputc('\n', to[i]);
    }
}

static int start(struct backtest *run, struct pawl_err *err) {
    struct host_options options = {.config = run->session->config,
                                   .plugins = run->session->plugins,
                                   .data_dir = run->folder,
                                   .disk = run->session->disk,
                                   .durability = STORE_NONE,
                                   .instant = true,
                                   .log = run->session->log,
                                   .trace = on_trace,
                                   .trace_lines = run->options->trace != NULL ||
                                                  run->options->trace_copy != NULL,
                                   .trace_arg = run,
                                   .recorder = record_hooks(run->record)};
    record_start(run->record, &options);
    int rc = host_start(&options, &run->host, err);
    if (rc == PAWL_OK) record_started(run->record, run->host);
    return rc;
}

/* Everything is flushed, as a proper stop does, and read back. */
static int restart(struct backtest *run, struct pawl_err *err) {
    struct pawl_err why = {0};
    record_stop(run->record, run->host);
    summary_host(run->summary, run->host);
    host_stop(run->host);
    run->host = NULL;
    int rc = start(run, &why);
    if (rc == PAWL_OK) rc = host_begin(run->host, run->now_ns, &why);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "restart: %s", why.text);
    data_attach(run->data, run->host);
    return PAWL_OK;
}

static int timers_until(struct backtest *run, int64_t until_ns, uint32_t max) {
    uint32_t fired = 0;
    for (int64_t due = host_next_due(run->host); due <= until_ns && fired < max;
         due = host_next_due(run->host), fired++)
        host_timer(run->host, due);
    return PAWL_OK;
}

static int step(struct backtest *run, const struct feed_item *item, struct pawl_err *err) {
    _Alignas(16) unsigned char copy[PAWL_EVENT_SIZE_MAX];
    run->now_ns = item->time_ns;
    if (!run->host->begun) {
        int rc = host_begin(run->host, item->time_ns, err);
        if (rc != PAWL_OK) return rc;
    }
    timers_until(run, item->time_ns, UINT32_MAX);
    switch (item->kind) {
    case FEED_EVENT:
        memcpy(copy, item->event, item->event->size); /* the host fills in the head */
        host_input(run->host, (void *)copy, item->time_ns);
        break;
    case FEED_RESTART: return restart(run, err);
    case FEED_RELOAD: {
        int rc = again(run->host, run->session, run->data, item->reload, "scenario", err);
        if (rc != PAWL_OK) return rc;
        break;
    }
    case FEED_ADVANCE:
    case FEED_END: break;
    }
    const char *fault = host_fault(run->host);
    return fault == NULL ? PAWL_OK : pawl_fail(err, PAWL_E_IO, "%s", fault);
}

static void progress(const struct backtest *run, double began) {
    double seconds = wall_now() - began;
    fprintf(stderr, "\r%12llu events  %8.2f M/s  %6llu lots", (unsigned long long)run->host->row,
            seconds > 0 ? (double)run->host->row / seconds / 1e6 : 0.0,
            (unsigned long long)run->summary->lots_opened);
    fflush(stderr);
}

static int play(struct backtest *run, double began, struct pawl_err *err) {
    struct feed_item item;
    uint64_t count = 0;
    for (;;) {
        int rc = feed_next(data_feed(run->data), &item, err);
        if (rc < 0) return rc;
        if (item.kind == FEED_END) break;
        rc = step(run, &item, err);
        if (rc != PAWL_OK) return rc;
        if (++count % PROGRESS_EVERY == 0) {
            if (run->options->progress) progress(run, began);
            recorded_watch(run->record, run->host);
        }
    }
    timers_until(run, run->now_ns + TAIL_NS, TAIL_TIMERS_MAX);
    if (run->options->progress) {
        progress(run, began);
        fputc('\n', stderr);
    }
    return PAWL_OK;
}

int backtest_run(struct session *session, const struct backtest_options *options,
                 struct summary *ret_summary, double *ret_wall_seconds, struct pawl_err *err) {
    struct backtest run = {.session = session, .options = options, .summary = ret_summary};
    double began = wall_now();
    memset(ret_summary, 0, sizeof *ret_summary);
    int rc = folder_for_run(options->out_dir, run.folder, sizeof run.folder, err);
    if (rc == PAWL_OK)
        rc = recorded_new(options->record, true, session, run.folder, options->version,
                          &run.record, err);
    if (rc == PAWL_OK) rc = start(&run, err);
    if (rc == PAWL_OK) rc = data_open(session->config, run.host, &options->data, &run.data, err);
    if (rc == PAWL_OK) rc = play(&run, began, err);
    if (rc == PAWL_OK) recorded_watch(run.record, run.host);
    record_end(run.record, run.host);
    if (rc == PAWL_OK) rc = record_failed(run.record, err);
    record_free(run.record);
    if (run.host != NULL) summary_host(ret_summary, run.host);
    data_free(run.data);
    host_stop(run.host);
    if (options->out_dir == NULL && run.folder[0] != '\0') folder_remove(run.folder);
    *ret_wall_seconds = wall_now() - began;
    return rc;
}
