/* monitor.c - a client that wants to hear what happens, from a place of its choice. */
#include "base/err.h"
#include "control/control_int.h"
#include "control/put.h"

/* {"do":"monitor"}: from now on; "after": from behind that event, as far as it is remembered. */
int answer_monitor(struct request *request, struct jsonout *out, struct pawl_err *err) {
    const struct history *history = &request->control->history;
    uint64_t newest = request->control->host->bus->seq, after;
    int rc = request_u64(request, "after", newest, &after, err);
    if (rc != PAWL_OK) return rc;
    request->peer->following = !request_flag(request, "stop");
    request->peer->follow_seq = after;
    put_u64(out, "after", after);
    put_u64(out, "newest", newest);
    put_u64(out, "lost", history->lost_seq);
    return PAWL_OK;
}
