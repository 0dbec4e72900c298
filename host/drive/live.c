#include "drive/live.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/plural.h"
#include "pawl_num.h"
#include "drive/again.h"
#include "drive/live_int.h"

/* So that signals and the disk are heard: a loop's turn with recorded data is at most this long. */
#define SLICE_STEPS_MAX 4096u
#define SLICE_NS (2 * PAWL_MS)
#define SLICE_LOOK 64u /* steps between two looks at the clock */
#define TIMERS_SLICE_MAX 1024u

int64_t live_wall_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * PAWL_NS + now.tv_nsec;
}

uint64_t live_ms_up(int64_t ns) {
    return ns <= 0 ? 0 : (uint64_t)((ns + PAWL_MS - 1) / PAWL_MS);
}

/* The host's time is the system's, but never goes back when that is set back. */
void live_tick(struct live *live) {
    int64_t now = live_wall_now();
    if (live->data == NULL && now > live->host->bus->now_ns) live->host->bus->now_ns = now;
}

/* ---- what happens next ---- */

/* A fault of the host itself ends the run. A failed disk does not: the host enters nothing new and
 * goes on protecting. */
static void watch_faults(struct live *live) {
    if (live->phase == LIVE_OVER) return;
    const char *fault = host_fault(live->host);
    if (fault == NULL) return;
    pawl_fail(&live->err, PAWL_E_STATE, "%s", fault);
    live_fail(live);
}

static void on_clock(uv_timer_t *timer) {
    struct live *live = timer->data;
    if (live->data == NULL && live->phase != LIVE_OVER) {
        int64_t now = live_wall_now();
        for (uint32_t i = 0; i < TIMERS_SLICE_MAX && host_timer(live->host, now); i++) continue;
    }
    live_arrange(live);
}

static void on_pump(uv_idle_t *pump) {
    struct live *live = pump->data;
    uint64_t end = uv_hrtime() + (uint64_t)SLICE_NS;
    enum live_step step = LIVE_MORE;
    if (live->reload_by != NULL && live->host->begun) live_again(live, live->reload_by);
    for (uint32_t i = 0; i < SLICE_STEPS_MAX && step == LIVE_MORE; i++) {
        step = live_play(live);
        if (step == LIVE_MORE) watch_faults(live);
        if (i % SLICE_LOOK == 0 && uv_hrtime() > end) break;
    }
    if (step != LIVE_MORE || live->phase == LIVE_OVER)
        live_arrange(live);
    else
        live_store_watch(live);
}

static void over(struct live *live) {
    uv_idle_stop(&live->pump);
    uv_timer_stop(&live->clock);
    uv_timer_stop(&live->stall);
    uv_timer_stop(&live->deadline);
    uv_stop(&live->loop);
}

static void arrange_system_clock(struct live *live) {
    int64_t due_ns = host_next_due(live->host);
    if (live->phase == LIVE_STOPPING && !live_in_flight(live)) {
        live->phase = LIVE_OVER;
        over(live);
    } else if (due_ns == TIMERS_NEVER) {
        uv_timer_stop(&live->clock);
    } else {
        uv_timer_start(&live->clock, on_clock, live_ms_up(due_ns - live_wall_now()), 0);
    }
}

/* With recorded data: the pump runs unless the disk or the pace says to wait. */
static void arrange_data(struct live *live) {
    bool disk = live_disk(live);
    int64_t wait_ns = 0;
    if (live->phase == LIVE_RUNNING && live->pace_until_ns != 0)
        wait_ns = live->pace_until_ns - (int64_t)uv_hrtime();
    if (disk || live->phase == LIVE_ENDED) {
        uv_idle_stop(&live->pump);
        uv_timer_stop(&live->clock);
    } else if (wait_ns > 0) {
        uv_idle_stop(&live->pump);
        uv_timer_start(&live->clock, on_clock, live_ms_up(wait_ns), 0);
    } else {
        live->pace_until_ns = 0;
        uv_idle_start(&live->pump, on_pump);
    }
}

void live_arrange(struct live *live) {
    if (live->phase != LIVE_OVER) host_release(live->host);
    net_flush(live->net); /* first what goes to venues: a reader of stdout may take its time */
    watch_faults(live);
    live_hand_over(live);
    recorded_watch(live->record, live->host);
    uv_update_time(&live->loop); /* what is set now counts from now */
    if (live->phase == LIVE_OVER) {
        over(live);
        return;
    }
    live_store_watch(live);
    if (live->data == NULL)
        arrange_system_clock(live);
    else
        arrange_data(live);
}

/* ---- stopping ---- */

static void on_deadline(uv_timer_t *timer) {
    struct live *live = timer->data;
    log_write(live->session->log, PAWL_LOG_WARN, "run",
              "answers did not come in time; what is open is looked up at the next start");
    live->phase = LIVE_OVER;
    over(live);
}

static void stop(struct live *live, int number) {
    uint64_t wait_ms = live_ms_up(live->session->config->host.shutdown_wait_ns);
    if (live->phase == LIVE_STOPPING || wait_ms == 0) {
        live->phase = LIVE_OVER;
        over(live);
        return;
    }
    log_write(live->session->log, PAWL_LOG_INFO, "run",
              "%s: nothing new is entered; protection stays where it rests",
              number == SIGINT ? "SIGINT" : "SIGTERM");
    live->phase = LIVE_STOPPING;
    health_stopping(&live->health);
    live_tick(live);
    host_command(live->host, EXEC_COMMAND_STOP_ENTRIES, "pawl is stopping",
                 live->host->bus->now_ns);
    uv_timer_start(&live->deadline, on_deadline, wait_ms, 0);
    live_arrange(live);
}

/* Between turns: a signal is heard by the loop. What it caused may have to leave at once. */
static void reload(struct live *live, const char *by) {
    live->reload_by = live->host->begun ? NULL : by; /* as soon as the clock of the data runs */
    if (!live->host->begun) return;
    health_reloading(&live->health);
    live_tick(live);
    live_reload(live, by);
    health_reloaded(&live->health);
    live_arrange(live);
}

int live_reload_asked(void *arg, const struct reload_request *request,
                      struct reload_result **ret) {
    struct live *live = arg;
    if (!request->dry_run) health_reloading(&live->health);
    live_tick(live);
    int rc = reload_run(live->host, live->session, request, ret);
    if (!request->dry_run) health_reloaded(&live->health);
    if (*ret != NULL) again_log(live->session->log, *ret, request->dry_run);
    if (rc == PAWL_OK && live->data != NULL) data_configure(live->data, live->session->config);
    host_release(live->host);
    live_watch(live);
    return rc;
}

void live_again(struct live *live, const char *by) {
    reload(live, by);
}

static void on_signal(uv_signal_t *handle, int number) {
    struct live *live = handle->data;
    if (live->phase == LIVE_OVER) return;
    if (number == SIGHUP)
        reload(live, "signal");
    else
        stop(live, number);
}

/* ---- the loop ---- */

static int open_loop(struct live *live, struct pawl_err *err) {
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    int rc = uv_loop_init(&live->loop);
    if (rc != 0) return pawl_fail(err, PAWL_E_IO, "event loop: %s", uv_strerror(rc));
    live->loop_ready = true;
    health_open(&live->health, &live->loop, &live->host);
    uv_idle_init(&live->loop, &live->pump);
    uv_timer_t *const timers[] = {&live->clock, &live->deadline};
    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++) {
        uv_timer_init(&live->loop, timers[i]);
        timers[i]->data = live;
    }
    live_watch_init(live);
    live->pump.data = live;
    rc = live_store_open(live, err);
    if (rc == PAWL_OK) rc = live_out_open(live, err);
    if (rc != PAWL_OK) return rc;
    for (size_t i = 0; rc == 0 && i < sizeof numbers / sizeof *numbers; i++) {
        live->signals[i].data = live;
        rc = uv_signal_init(&live->loop, &live->signals[i]);
        if (rc == 0) rc = uv_signal_start(&live->signals[i], on_signal, numbers[i]);
    }
    return rc == 0 ? PAWL_OK : pawl_fail(err, PAWL_E_IO, "event loop: %s", uv_strerror(rc));
}

static void close_handle(uv_handle_t *handle, void *arg) {
    (void)arg;
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

static void close_loop(struct live *live) {
    if (!live->loop_ready) return;
    uv_walk(&live->loop, close_handle, NULL);
    uv_run(&live->loop, UV_RUN_DEFAULT);
    uv_loop_close(&live->loop);
    live_store_close(live);
    live_out_close(live);
}

/* For who sees the lines of a replay without having started it. */
static void introduce(const struct live *live) {
    const struct data_options *data = &live->options->data;
    char speed[PAWL_E8_TEXT_MAX];
    FILE *out = live->out;
    fprintf(out, "playing %s", data->paths[0]);
    if (data->path_count == 2) fprintf(out, " and %s", data->paths[1]);
    if (data->path_count > 2) fprintf(out, " and %u more files", data->path_count - 1);
    if (data_speed_e8(live->data) > 0) {
        pawl_format_e8(data_speed_e8(live->data), speed);
        fprintf(out, ", %s times as fast as it was", speed);
    }
    fprintf(out, "; times are those of the data, in UTC\n\n");
}

static void greet(const struct live *live) {
    const struct config *config = live->session->config;
    const struct book *book = &live->host->book;
    char before[80] = "";
    if (book->boot > 1)
        snprintf(before, sizeof before, "; going on after an earlier run%s: %u open lot%s",
                 live->was_cut_off ? " that was cut off" : "", book->open_lots,
                 plural(book->open_lots));
    log_write(live->session->log, PAWL_LOG_INFO, "run",
              "%s: %u plugin%s, %u account%s, %u instrument%s; state in %s%s%s", config->file,
              config->plugin_count, plural(config->plugin_count), config->account_count,
              plural(config->account_count), config->instrument_count,
              plural(config->instrument_count), live->folder,
              live->temporary ? " (temporary: host.data_dir is not set)" : "",
              before);
    if (live->data == NULL)
        log_write(live->session->log, PAWL_LOG_INFO, "run", "no recorded data: the clock is real");
    else if (!live->options->json)
        introduce(live);
}

static void farewell(const struct live *live) {
    if (live->phase != LIVE_OVER || live->host == NULL || live->result->at_end) return;
    log_write(live->session->log, PAWL_LOG_INFO, "run", "stopped with %u open lot%s",
              live->host->book.open_lots, plural(live->host->book.open_lots));
}

static void on_redraw(uv_timer_t *timer) {
    struct live *live = timer->data;
    view_draw(live->view, live->host, live->session->config->host.instance, uv_hrtime() / 1000000);
}

/* On a terminal: how things are, below what happens. */
static void show(struct live *live) {
    int fd = live->options->out_fd;
    if (live->options->json || live->options->plain || !view_possible(fd)) return;
    live->view = view_new(live->out, fd);
    if (live->view == NULL) return;
    uv_timer_init(&live->loop, &live->redraw);
    live->redraw.data = live;
    uv_timer_start(&live->redraw, on_redraw, VIEW_EVERY_MS, VIEW_EVERY_MS);
}

static void hide(struct live *live) {
    live->narrator.out = live->out;
    view_free(live->view);
    live->view = NULL;
}

int live_run(struct session *session, const struct live_options *options,
             struct live_result *ret_result, struct pawl_err *err) {
    struct live *live = mem_calloc(1, sizeof *live);
    uint64_t began = uv_hrtime();
    memset(ret_result, 0, sizeof *ret_result);
    if (live == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the run");
    live->session = session;
    live->options = options;
    live->result = ret_result;
    live->phase = LIVE_RUNNING;
    live->lock_fd = live->stored_fd = -1;
    int rc = open_loop(live, err);
    if (rc == PAWL_OK) rc = live_open(live, err);
    if (rc == PAWL_OK) {
        greet(live);
        show(live);
        health_ready(&live->health);
        live_arrange(live);
        uv_run(&live->loop, UV_RUN_DEFAULT);
        if (live->view != NULL) uv_timer_stop(&live->redraw);
        if (live->host != NULL && live->host->store_down)
            pawl_fail(&live->err, PAWL_E_IO, "the database could not be written: see the log");
        rc = live->err.rc == PAWL_OK ? PAWL_OK : pawl_fail(err, live->err.rc, "%s", live->err.text);
        farewell(live);
    }
    live_close(live);
    hide(live);
    control_close(live->control);
    health_close(&live->health);
    close_loop(live);
    control_done(live->control);
    ret_result->wall_seconds = (double)(uv_hrtime() - began) / 1e9;
    mem_free(live);
    return rc;
}
