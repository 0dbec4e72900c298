/* live_int.h - inside `pawl run`: the loop (live.c), recorded data (live_play.c), its start and its
 * signals (live_start.c). Thread loop only. */
#ifndef DRIVE_LIVE_INT_H
#define DRIVE_LIVE_INT_H

#include <uv.h>

#include "control/control.h"
#include "control/health.h"
#include "run/folder.h"
#include "drive/live.h"
#include "drive/narrate.h"
#include "drive/view.h"
#include "drive/recorded.h"

enum live_phase {
    LIVE_RUNNING = 1,
    LIVE_TAIL,     /* the data has ended; answers on their way still arrive */
    LIVE_ENDED,    /* nothing more comes; waiting for a signal */
    LIVE_STOPPING, /* told to stop; waiting for answers */
    LIVE_OVER
};

/* What a step of recorded data says about the next one. */
enum live_step {
    LIVE_MORE = 1,
    LIVE_DISK, /* commands wait for the disk: nothing newer may happen */
    LIVE_LATER, /* not before live->pace_until_ns of the loop's clock */
    LIVE_NOTHING
};

#define LIVE_WATCHES_MAX 16u

struct live {
    struct session *session;
    const struct live_options *options;
    struct live_result *result;
    struct host *host;
    struct data *data; /* NULL = the system's clock */
    struct narrator narrator;
    struct view *view; /* NULL = lines only */
    uv_timer_t redraw;
    enum live_phase phase;
    char folder[DISK_PATH_MAX + 1];
    bool temporary; /* the folder is removed at the end */
    bool instant;   /* nothing waits for the disk */
    bool was_cut_off; /* the last run did not end by itself: it left the journal of its database */
    int lock_fd;    /* of the data folder */
    struct control *control;
    struct health health;
    struct record *record; /* NULL = nothing is recorded */
    struct net *net; /* sockets of the plugins */
    uint64_t hold_turn; /* left before it was durable: recorded data waits until it is */
    struct pawl_err err; /* why the run failed */
    const char *reload_by; /* asked for before the first row; NULL = none waits */

    /* recorded data */
    struct feed_item item; /* the next row, if it is read already */
    bool item_ready;
    int64_t pace_wall_ns, pace_data_ns, pace_until_ns; /* wall: uv_hrtime() */
    int64_t tail_until_ns;
    uint32_t tail_timers;

    /* the loop */
    uv_loop_t loop;
    int stored_fd;   /* an eventfd: the store's writer made something durable */
    uv_poll_t stored;
    uv_timer_t push; /* batches to the writer */
    uv_idle_t pump;
    struct outlet *outlet;  /* stdout */
    FILE *out;              /* the outlet's */
    uv_prepare_t hand_over; /* what was told */
    uv_timer_t out_again;   /* something of it is left */
    uv_timer_t clock, stall, deadline;
    uv_signal_t signals[3];
    uv_fs_event_t watches[LIVE_WATCHES_MAX]; /* folders of plugins and rules */
    uint32_t watch_count;
    uv_timer_t quiet; /* since the last change in them */
    bool loop_ready;
};

int64_t live_wall_now(void); /* UTC ns */
uint64_t live_ms_up(int64_t ns);
void live_tick(struct live *live); /* the host's time is now */
struct reload_request;
struct reload_result;
/* A reload that a client asked for. */
int live_reload_asked(void *live, const struct reload_request *request,
                      struct reload_result **ret);
void live_again(struct live *live, const char *by); /* a reload, and what it has caused */
void live_arrange(struct live *live); /* turns were run from outside: look at what is due */

/* ---- live_store.c ---- */
int live_store_open(struct live *live, struct pawl_err *err); /* the loop is there */
void live_store_close(struct live *live);                     /* after the loop */
void live_store_watch(struct live *live); /* does a command wait for the disk? */
void live_stored(void *live); /* on the writer's thread: something is durable */

/* ---- live_out.c ---- */
void live_hand_over(struct live *live); /* what was told, as far as it is taken */
int live_out_open(struct live *live, struct pawl_err *err); /* the loop is there */
void live_out_close(struct live *live);                     /* after the loop */

/* ---- live_start.c ---- */
int live_open(struct live *live, struct pawl_err *err); /* folder, host, data */
void live_close(struct live *live);
int live_restart_host(struct live *live, struct pawl_err *err);
void live_reload(struct live *live, const char *by); /* SIGHUP */

/* ---- live_watch.c ---- */
void live_watch_init(struct live *live);
void live_watch(struct live *live); /* as the configuration says now */

/* ---- live_play.c ---- */
enum live_step live_play(struct live *live);
bool live_in_flight(const struct live *live); /* an answer or the disk is awaited */
bool live_disk(const struct live *live);      /* the disk is awaited: recorded data stands still */
void live_fail(struct live *live);            /* live->err is set: no further */

#endif
