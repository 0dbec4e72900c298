/* control_int.h - inside the control socket. Thread loop only. */
#ifndef CONTROL_CONTROL_INT_H
#define CONTROL_CONTROL_INT_H

#include <jansson.h>

#include "control/control.h"
#include "control/history.h"
#include "events/jsonout.h"

struct peer {
    uv_pipe_t pipe; /* data = the peer */
    struct control *control;
    struct peer *next;
    char line[CONTROL_LINE_MAX]; /* what came of a line so far */
    size_t line_length;
    bool skipping;   /* the line is too long: up to its end it is passed over */
    uint32_t faults; /* in a row */
    int64_t active_ns;
    /* Out: `out` is filled while `sending` is on its way. */
    char *out, *sending;
    size_t out_length, out_size, sending_length;
    uv_write_t write;
    int64_t progress_ns;           /* when the write on its way began */
    bool reading, ending, closing; /* ending: what is queued still goes out */
    bool following;
    uint64_t follow_seq; /* of the newest event it was given */
};

struct control_counts {
    uint64_t peers, requests, events, faults, dropped, evicted;
};

struct control {
    struct control_options options;
    struct host *host; /* NULL between two */
    struct history history;
    uv_pipe_t listener;
    uv_prepare_t flush; /* before the loop waits: what followers have not seen goes out */
    uv_timer_t sweep;   /* clients that take nothing */
    bool listening, closed;
    struct peer *peers;
    uint32_t peer_count;
    struct control_counts counts;
    char *answer;   /* CONTROL_ANSWER_MAX */
    uint64_t began; /* uv_hrtime() */
};

/* ---- control.c ---- */
int64_t control_now(const struct control *control); /* time of an input */
void control_after(struct control *control);        /* turns were run */

/* ---- peer.c ---- */
void peer_accept(struct control *control);
void peer_close(struct peer *peer);
/* A line without its end; the peer may be closing afterwards. */
void peer_send(struct peer *peer, const char *line, size_t length);
void peer_flush(struct peer *peer);
size_t peer_queued(const struct peer *peer);
void peer_sweep(struct control *control);

/* ---- request.c ---- */
struct request {
    struct control *control;
    struct peer *peer; /* NULL in tests */
    const json_t *object;
};
/* Writes members into the open object of `out`. */
typedef int request_fn(struct request *request, struct jsonout *out, struct pawl_err *err);
/* One line came: its answer is sent. */
void request_line(struct peer *peer, const char *line, size_t length);
/* A member of a request; absent gives `otherwise`. */
int request_u64(const struct request *request, const char *key, uint64_t otherwise, uint64_t *ret,
                struct pawl_err *err);
/* "" where it is absent. */
int request_text(const struct request *request, const char *key, const char **ret,
                 struct pawl_err *err);
bool request_flag(const struct request *request, const char *key);

/* ---- one per request ---- */
request_fn answer_event, answer_halt, answer_resume, answer_flatten, answer_status, answer_lots,
    answer_orders;

#endif
