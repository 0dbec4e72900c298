/*
 * control.h - the control socket of a running host: how people and programs ask and order.
 *
 * A unix stream socket, one JSON object a line both ways (docs/operation.md). Requests
 * {"id":1,"do":"status"} are answered with {"id":1,"ok":true,...}, event lines of FORMATS with the
 * seq they were given, in the order they came. Served by the event loop, so always between turns;
 * whatever a client does costs the host a bounded time and a bounded buffer.
 *
 * Also here, because it lives on the same loop: the history that `explain` and `monitor` read.
 *
 * Thread loop only. Owner: the caller owns the loop, the host and the session, which outlive it.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <uv.h>

#include "reload/reload.h"

#define CONTROL_PEERS_MAX 64u
#define CONTROL_LINE_MAX 65536u           /* bytes of a request, its end included */
#define CONTROL_ANSWER_MAX (4u << 20)     /* bytes of an answer */
#define CONTROL_PEER_QUEUE_MAX (1u << 18) /* above it nothing more is read or followed */
#define CONTROL_STUCK_NS (10 * PAWL_NS)   /* a client that takes nothing for so long is dropped */
#define CONTROL_HELD_NS (2 * PAWL_NS) /* an answer waits so long for what it says to be durable */
#define CONTROL_FAULTS_MAX 100u           /* bad lines in a row: the client is dropped */
#define CONTROL_PAGE_MAX 256u             /* rows of one answer */

struct control;

struct control_options {
    uv_loop_t *loop;
    const char *path; /* of the socket; NULL = no socket, the rest works */
    struct session *session;
    const char *data_dir;
    bool data_clock; /* time is recorded data's */
    int64_t started_ns;
    /* Time for an input now. */
    int64_t (*now_ns)(void *arg);
    /* As reload_run(), with what the runner must do besides. */
    int (*reload)(void *arg, const struct reload_request *request, struct reload_result **ret);
    /* The recorded data has ended: its clock stands still, and who takes a while never answers. */
    bool (*stands_still)(void *arg);
    /* Turns were run: look anew at what is due. */
    void (*after)(void *arg);
    void *arg;
};

/* PAWL_E_BUSY: another process listens there. PAWL_E_CONFIG: the path is too long. PAWL_E_IO. */
int control_new(const struct control_options *options, struct control **ret, struct pawl_err *err);
/* Closes the socket and removes its file. The loop must run once more before it is closed, and
 * control_done() after that frees the rest. Both accept NULL. */
void control_close(struct control *control);
void control_done(struct control *control);

/* The host it speaks for; NULL between two. control may be NULL. */
void control_host(struct control *control, struct host *host);
struct metrics *control_metrics(struct control *control); /* NULL for NULL */
/* Every event as it is delivered; from host_options.observe. */
void control_observe(struct control *control, const struct pawl_event *event);

#endif
