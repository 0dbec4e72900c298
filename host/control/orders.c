/* orders.c - what a person orders: halt, resume, flatten, and events sent by hand. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "control/control_int.h"
#include "control/put.h"
#include "events/codec.h"

#define OUTCOME_EVENTS_MAX 64u

/* ---- what came of it at once ---- */

static bool is_refusal(const struct pawl_event *event) {
    const struct pawl_ev_alert *alert = (const void *)event;
    return event->type == PAWL_EV_RISK_REFUSED || event->type == PAWL_EV_ENTRY_IGNORED ||
           (event->type == PAWL_EV_ALERT && strcmp(alert->what, "refused") == 0);
}

static const char *refusal_text(const struct pawl_event *event) {
    if (event->type == PAWL_EV_RISK_REFUSED)
        return ((const struct pawl_ev_risk_refused *)event)->message;
    if (event->type == PAWL_EV_ENTRY_IGNORED)
        return ((const struct pawl_ev_entry_ignored *)event)->reason;
    return ((const struct pawl_ev_alert *)event)->message;
}

/* The state events of the turns after `seq`, up to now. Refused is what that very input asked for:
 * a price leads to entries of rules, and what becomes of those is no answer to it. */
static void put_outcome(struct jsonout *out, const struct control *control, uint64_t seq) {
    static char line[CODEC_LINE_MAX]; /* loop thread only */
    const struct pawl_event *event = NULL;
    const char *refused = "";
    uint64_t input = seq;
    size_t length;
    uint32_t count = 0;
    jsonout_key(out, "events");
    jsonout_open(out, '[');
    while ((event = history_after(&control->history, seq)) != NULL) {
        seq = event->seq;
        if (is_refusal(event) && event->cause == input && refused[0] == '\0')
            refused = refusal_text(event);
        if (event->type >> 8 < 0x06 || count == OUTCOME_EVENTS_MAX) continue;
        if (event_to_json(event, control->host->names, line, sizeof line, &length) != PAWL_OK)
            continue;
        jsonout_raw(out, line, length);
        count++;
    }
    jsonout_close(out, ']');
    put_text(out, "refused", refused);
}

/* ---- events of FORMATS ---- */

int answer_event(struct request *request, struct jsonout *out, struct pawl_err *err) {
    struct control *control = request->control;
    struct host *host = control->host;
    _Alignas(16) unsigned char buffer[PAWL_EVENT_SIZE_MAX];
    struct pawl_event *event = (void *)buffer;
    struct event_decode env = {.now_ns = control_now(control)};
    json_t *object = request->object, *copy = NULL;
    host_decode_env(host, &env);
    env.now_ns = control_now(control);
    if (json_object_get(object, "id") != NULL) { /* the client's, not the event's */
        copy = json_copy(object);
        if (copy == NULL) return PAWL_E_NOMEM;
        json_object_del(copy, "id");
        object = copy;
    }
    int rc = event_from_json(object, &env, buffer, sizeof buffer, err);
    json_decref(copy);
    if (rc != PAWL_OK) return rc;
    control->counts.events++;
    event->cookie = 0; /* it is no row of a feed */
    host_input(host, event, control_now(control));
    put_u64(out, "seq", event->seq);
    put_outcome(out, control, event->seq);
    control_after(control);
    return PAWL_OK;
}

/* ---- the whole host ---- */

static int command(struct request *request, enum exec_command what, const char *otherwise,
                   struct jsonout *out, struct pawl_err *err) {
    struct control *control = request->control;
    struct host *host = control->host;
    const char *given;
    char reason[64];
    int rc = request_text(request, "reason", &given, err);
    if (rc != PAWL_OK) return rc;
    if (strlen(given) >= sizeof reason)
        return pawl_fail(err, PAWL_E_INVAL, "reason: at most %zu bytes", sizeof reason - 1);
    snprintf(reason, sizeof reason, "%s", given[0] != '\0' ? given : otherwise);
    uint64_t seq = host->bus->seq;
    put_enum(out, "before", PAWL_ENUM_TRADING_STATE, host->book.host.trading);
    host_command(host, what, reason, control_now(control));
    host->exec.command_reason = ""; /* it does not outlive this call */
    put_enum(out, "trading", PAWL_ENUM_TRADING_STATE, host->book.host.trading);
    put_u64(out, "open_lots", host->book.open_lots);
    put_outcome(out, control, seq);
    log_write(control->options.session->log, PAWL_LOG_WARN, "control", "%s: %s",
              what == EXEC_COMMAND_HALT      ? "halt"
              : what == EXEC_COMMAND_RESUME  ? "resume"
              : what == EXEC_COMMAND_FLATTEN ? "flatten"
                                             : "command",
              reason);
    control_after(control);
    return PAWL_OK;
}

int answer_halt(struct request *request, struct jsonout *out, struct pawl_err *err) {
    return command(request, EXEC_COMMAND_HALT, "operator", out, err);
}

int answer_resume(struct request *request, struct jsonout *out, struct pawl_err *err) {
    const struct host *host = request->control->host;
    if (host->store_down || host->exec.entries_stopped)
        return pawl_fail(err, PAWL_E_STATE, "%s",
                         host->store_down
                             ? "the database has failed: nothing is entered before a new start"
                             : "the host is stopping");
    return command(request, EXEC_COMMAND_RESUME, "operator", out, err);
}

int answer_flatten(struct request *request, struct jsonout *out, struct pawl_err *err) {
    return command(request, EXEC_COMMAND_FLATTEN, "operator", out, err);
}
