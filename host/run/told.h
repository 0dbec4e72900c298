/*
 * told.h - all that makes a host do something, as it is told to one who records it, and as a replay
 * tells it again.
 *
 * Between two of these the host does nothing that can be seen: what follows from one (effects) is a
 * function of the state and of it. Releases and timers of a turn that follow by themselves are not
 * told. [loop] Nothing of it may call the host.
 */
#ifndef RUN_TOLD_H
#define RUN_TOLD_H

#include <stdbool.h>

#include "pawl_event.h"

enum host_told_what {
    HOST_TOLD_BEGIN = 1, /* host_begin() of a host that was started without a time */
    HOST_TOLD_INPUT,     /* host_input() of `event` */
    HOST_TOLD_IO,        /* host_io() of `event` */
    HOST_TOLD_STATE,     /* host_tell() of `event` */
    HOST_TOLD_TIMER,     /* host_timer() */
    HOST_TOLD_RELEASE,   /* host_release(); number: the newest turn that is durable */
    HOST_TOLD_PROTECT,   /* host_release_protective() */
    HOST_TOLD_COMMAND,   /* host_command(); number: enum exec_command, text: the reason */
    HOST_TOLD_SPREAD,    /* host_set_spread(); number: the instrument, value: half of it at 1e-8 */
    HOST_TOLD_DISK,      /* the database failed; number: the newest turn then */
    HOST_TOLD_TURN,      /* host_turn() of `event`, which may be NULL, by itself */
    HOST_TOLD_
};

struct host_told {
    uint8_t what;                  /* enum host_told_what */
    int64_t now_ns;                /* the clock it happens at */
    uint64_t turn;                 /* seq of the first turn it makes, if it makes one */
    const struct pawl_event *event; /* as given: seq, cause, time and source are not set yet */
    uint64_t number;
    int64_t value;
    const char *text; /* NULL = none */
};

struct host;
struct session;
struct reload_plan;
struct reload_request;

struct host_recorder {
    void *arg;
    /* Before it has any effect. */
    void (*told)(void *arg, const struct host_told *told);
    /* Each event as it is delivered, but not the one that was told. */
    void (*effect)(void *arg, const struct pawl_event *event);
    /* A reload that is about to be swapped in, in place of told(). */
    void (*reload)(void *arg, const struct host *host, const struct session *next,
                   const struct reload_request *request, const struct reload_plan *plan);
    /* A replay: did the database fail here? NULL = ask the database. */
    bool (*disk_failed)(void *arg, uint64_t turn);
};

#endif
