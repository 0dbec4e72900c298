/* control_int.h - inside the control socket. Thread loop only. */
#ifndef CONTROL_CONTROL_INT_H
#define CONTROL_CONTROL_INT_H

#include <jansson.h>

#include "control/control.h"
#include "control/history.h"
#include "control/measure.h"
#include "control/retain.h"
#include "events/jsonout.h"

#include <stdatomic.h>

/* An answer that needs stored rows: the writer reads a page at a time, the peer waits. */
struct question {
    struct store_page page;
    struct control *control;
    struct peer *peer; /* NULL = it is gone */
    json_t *request;   /* ours */
    /* With a page read: PAWL_OK = that was all, its members are in `out`; QUESTION_MORE = ask for
     * the next page. [loop] */
    int (*answer)(struct question *question, struct jsonout *out, struct pawl_err *err);
    void *state; /* freed with it */
    atomic_bool ready;
    struct question **place; /* where it is known besides; NULL = nowhere */
    struct question *next;
};
#define QUESTION_MORE 1

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
    uint64_t held_turn; /* what is queued waits until this is durable; 0 = it does not wait */
    int64_t held_ns;    /* since then */
    struct question *question;     /* until it is answered no further line is taken */
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
    struct measure measure;
    struct retain retain;
    uv_pipe_t listener;
    uv_prepare_t flush; /* before the loop waits: what followers have not seen goes out */
    uv_timer_t sweep;   /* clients that take nothing */
    uv_async_t stored;  /* a page was read */
    struct question *questions;
    struct question *plan; /* of `reconcile --plan`; NULL = none */
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
/* What is queued goes out once that turn is durable. */
void peer_hold(struct peer *peer, uint64_t turn);
size_t peer_queued(const struct peer *peer);
void peer_sweep(struct control *control);

void peer_resume(struct peer *peer); /* its question is answered */

/* ---- request.c ---- */
struct request {
    struct control *control;
    struct peer *peer;
    json_t *object;
    bool deferred; /* the answer comes later */
};
void answer_begin(struct peer *peer, const json_t *request, struct jsonout *out);
/* Closes and sends it; or the fault in its place. */
void answer_end(struct peer *peer, const json_t *request, struct jsonout *out, int rc,
                const struct pawl_err *err);
/* The newest turn that goes to the disk; an answer to what committed one since waits for that. */
uint64_t answer_committed(const struct host *host);
void answer_hold(struct peer *peer, const struct host *host, uint64_t before);

/* ---- question.c ---- */
/* table and type's size, answer and state are the caller's; state is taken over at once. */
int question_ask(struct request *request, const struct store_page *page,
                 int (*answer)(struct question *question, struct jsonout *out,
                               struct pawl_err *err),
                 void *state, struct pawl_err *err);
/* The same without a page: until question_ready(). *ret is set, and NULL once it is gone. */
int question_wait(struct request *request,
                  int (*answer)(struct question *question, struct jsonout *out,
                                struct pawl_err *err),
                  void *state, struct question **ret, struct pawl_err *err);
void question_ready(struct question *question); /* answered soon, between turns */
void question_stored(struct control *control);
void question_orphan(struct peer *peer);
void question_drop_all(struct control *control);
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

/* ---- plan.c ---- */
void plan_event(struct control *control, const struct pawl_event *event);
void plan_sweep(struct control *control); /* who waits too long gets what there is */

/* ---- one per request ---- */
request_fn answer_event, answer_halt, answer_resume, answer_flatten, answer_status, answer_lots,
    answer_orders, answer_records, answer_monitor, answer_explain, answer_metrics, answer_reload,
    answer_rules_list, answer_rules_enable, answer_rules_disable, answer_reconcile,
    answer_transactions, answer_performance, answer_adopt;

#endif
