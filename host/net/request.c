/* Requests of HTTP/1.1 over a few kept connections a host. Each is written once: what of it the
 * system took is counted, and that decides what is told when it ends without a reply. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/http.h"
#include "net/net_int.h"

struct http_request {
    struct http_request *next;
    uint32_t owner;
    uint64_t key, deadline, reply_max;
    char *bytes; /* head and body as they go on the wire */
    size_t len;
    bool tls, to_head, began; /* began: its connection was given it once already, in vain */
    uint16_t port;
    char host[PAWL_NET_HOST_MAX + 1];
    char wanted[PAWL_NET_WANTED_MAX + 1];
};

struct http_conn {
    struct stream s; /* first */
    struct http_conn *next;
    struct http_request *now; /* NULL = idle */
    uint32_t owner;
    uint32_t served;
    bool queued, headed, keep;
    uint64_t mark; /* s.written when the request was queued */
    struct http_body body;
};

static int conn_step(struct stream *s);
static void conn_expired(struct stream *s);
static const struct stream_kind conn_kind = {.step = conn_step, .expired = conn_expired};

/* ---- life ---- */

static void request_free(struct http_request *request) {
    if (request == NULL) return;
    explicit_bzero(request->bytes, request->len); /* it may hold an API key */
    mem_free(request->bytes);
    mem_free(request);
}

static void conn_free(struct http_conn *conn) {
    for (struct http_conn **at = &conn->s.net->conns; *at != NULL; at = &(*at)->next)
        if (*at == conn) {
            *at = conn->next;
            break;
        }
    request_free(conn->now);
    conn->s.net->assign = true;
    stream_done(&conn->s);
    mem_free(conn);
}

static bool fits(const struct http_conn *conn, const struct http_request *request) {
    return conn->owner == request->owner && conn->s.port == request->port &&
           conn->s.tls == request->tls && strcmp(conn->s.host, request->host) == 0;
}

static struct http_conn *conn_new(struct net *net, const struct http_request *request) {
    struct http_conn *conn = mem_calloc(1, sizeof *conn);
    if (conn == NULL) return NULL;
    stream_init(&conn->s, net, &conn_kind);
    conn->owner = request->owner;
    conn->next = net->conns;
    net->conns = conn;
    return conn;
}

static void give(struct http_conn *conn, struct http_request *request) {
    conn->now = request;
    conn->queued = conn->headed = false;
    conn->s.deadline = request->deadline;
    net_look_at(conn->s.net, request->deadline);
    stream_mark(&conn->s);
}

/* The first that waits and finds an idle connection, or room for another one. */
static bool assign_one(struct net *net, struct http_request **at) {
    struct http_request *request = *at;
    struct http_conn *idle = NULL;
    uint32_t count = 0;
    for (struct http_conn *conn = net->conns; conn != NULL; conn = conn->next) {
        if (!fits(conn, request)) continue;
        count++;
        if (conn->now == NULL && conn->keep && !conn->s.over && conn->s.state == STREAM_OPEN &&
            !request->began)
            idle = conn;
    }
    bool fresh = idle == NULL;
    if (fresh && (count >= PAWL_NET_POOL_MAX || net->stream_count >= NET_STREAMS_MAX)) return false;
    if (fresh) idle = conn_new(net, request);
    if (idle == NULL) return false;
    *at = request->next;
    request->next = NULL;
    give(idle, request);
    if (fresh) stream_connect(&idle->s, request->host, request->port, request->tls);
    return true;
}

void requests_assign(struct net *net) {
    net->assign = false;
    for (struct http_request **at = &net->waiting; *at != NULL;)
        if (!assign_one(net, at)) at = &(*at)->next;
    net->waiting_last = NULL;
    for (struct http_request *r = net->waiting; r != NULL; r = r->next) net->waiting_last = r;
}

/* ---- asking ---- */

static int build(struct http_request *request, const struct pawl_net_request *what) {
    bool body = what->body_len > 0 || strcasecmp(what->method, "POST") == 0 ||
                strcasecmp(what->method, "PUT") == 0;
    bool v6 = strchr(what->host, ':') != NULL;
    size_t room = strlen(what->method) + strlen(what->target) + strlen(what->host) + 256;
    for (uint32_t i = 0; i < what->header_count; i++)
        room += strlen(what->headers[i].name) + strlen(what->headers[i].value) + 4;
    room += what->body_len;
    char *out = request->bytes = mem_alloc(room);
    if (out == NULL) return PAWL_E_NOMEM;
    request->len = room;
    int at = snprintf(out, room, "%s %s HTTP/1.1\r\nHost: %s%s%s", what->method, what->target,
                      v6 ? "[" : "", what->host, v6 ? "]" : "");
    if (what->port != (what->tls ? 443 : 80))
        at += snprintf(out + at, room - (size_t)at, ":%u", what->port);
    at += snprintf(out + at, room - (size_t)at, "\r\n");
    for (uint32_t i = 0; i < what->header_count; i++)
        at += snprintf(out + at, room - (size_t)at, "%s: %s\r\n", what->headers[i].name,
                       what->headers[i].value);
    if (body) at += snprintf(out + at, room - (size_t)at, "Content-Length: %u\r\n", what->body_len);
    at += snprintf(out + at, room - (size_t)at, "\r\n");
    if (what->body_len > 0) memcpy(out + at, what->body, what->body_len);
    request->len = (size_t)at + what->body_len;
    return PAWL_OK;
}

int net_request(struct net *net, uint32_t owner, uint64_t key, const struct pawl_net_request *what,
                struct pawl_err *err) {
    struct http_request *request = mem_calloc(1, sizeof *request);
    if (request == NULL || build(request, what) != PAWL_OK) {
        mem_free(request);
        return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    }
    request->owner = owner;
    request->key = key;
    request->tls = what->tls != 0;
    request->port = what->port;
    request->to_head = strcmp(what->method, "HEAD") == 0;
    request->reply_max = what->reply_max;
    request->deadline = net_now(net) + net_ms(what->timeout_ns, NET_TIMEOUT_DEFAULT_MS);
    snprintf(request->host, sizeof request->host, "%s", what->host);
    snprintf(request->wanted, sizeof request->wanted, "%s",
             what->wanted == NULL ? "" : what->wanted);
    if (net->waiting_last != NULL)
        net->waiting_last->next = request;
    else
        net->waiting = request;
    net->waiting_last = request;
    net_look_at(net, request->deadline);
    net->assign = true;
    uv_idle_start(&net->more, net_on_more); /* given out after this turn */
    return PAWL_OK;
}

void requests_drop(struct net *net, uint32_t owner) {
    for (struct http_conn *conn = net->conns, *next; conn != NULL; conn = next) {
        next = conn->next;
        if (owner == 0 || conn->owner == owner) conn_free(conn);
    }
    for (struct http_request **at = &net->waiting; *at != NULL;) {
        struct http_request *request = *at;
        if (owner != 0 && request->owner != owner) {
            at = &request->next;
            continue;
        }
        *at = request->next;
        request_free(request);
    }
    net->waiting_last = NULL;
    for (struct http_request *r = net->waiting; r != NULL; r = r->next) net->waiting_last = r;
}

/* ---- what is told ---- */

static void tell_ended(struct net *net, const struct http_request *request, bool maybe,
                       uint8_t reason, const char *message) {
    struct pawl_ev_net_ended *event =
        net_event(net, PAWL_EV_NET_ENDED, sizeof *event, request->owner, request->key);
    event->sent = maybe ? PAWL_NET_SENT_MAYBE_SENT : PAWL_NET_SENT_NOT_SENT;
    event->reason = reason;
    snprintf(event->message, sizeof event->message, "%s", message);
}

/* The connection is of no more use. A request of which nothing was written on a kept connection
 * goes to a new one, once: that is not sending it twice. */
static int conn_ended(struct http_conn *conn) {
    struct net *net = conn->s.net;
    struct http_request *request = conn->now;
    bool maybe = conn->queued && conn->s.written > conn->mark;
    bool again = request != NULL && !maybe && conn->served > 0 && !request->began &&
                 net_now(net) < request->deadline;
    if (again) {
        request->began = true;
        request->next = net->waiting;
        net->waiting = request;
        if (net->waiting_last == NULL) net->waiting_last = request;
        conn->now = NULL;
        conn_free(conn);
        requests_assign(net);
        return STEP_NONE;
    }
    if (request != NULL)
        tell_ended(net, request, maybe, conn->s.reason, conn->s.message);
    conn_free(conn);
    return request != NULL ? STEP_LAST : STEP_NONE;
}

static int conn_bad(struct http_conn *conn, uint8_t reason, const char *why) {
    conn->s.over = false; /* the first cause is this one */
    stream_fail(&conn->s, reason, 0, "%s", why);
    return conn_ended(conn);
}

/* The reply is whole. Told by the event that is in place already. */
static int finish(struct http_conn *conn) {
    const uint8_t *bytes;
    bool keep = conn->keep && stream_pending(&conn->s) == 0 && !conn->s.over &&
                stream_rx(&conn->s, &bytes) == 0;
    if (!keep) {
        conn_free(conn);
        return STEP_LAST;
    }
    request_free(conn->now);
    conn->now = NULL;
    conn->served++;
    conn->s.net->assign = true;
    conn->s.deadline = net_now(conn->s.net) + NET_IDLE_POOL_MS;
    net_look_at(conn->s.net, conn->s.deadline);
    return STEP_EVENT;
}

static int tell_head(struct http_conn *conn, const uint8_t *bytes, const struct http_head *head) {
    struct net *net = conn->s.net;
    const struct http_request *request = conn->now;
    char wanted[PAWL_NET_SLICE_MAX];
    size_t len = http_wanted((const char *)bytes, head->bytes, request->wanted, wanted,
                             sizeof wanted);
    struct pawl_ev_net_reply *event =
        net_event(net, PAWL_EV_NET_REPLY, sizeof *event, request->owner, request->key);
    http_body_init(&conn->body, head, request->to_head, request->reply_max);
    event->status = head->status;
    event->length = head->length;
    event->last = conn->body.kind == HTTP_NO_BODY;
    net_event_tail(net, &event->headers, wanted, len);
    conn->headed = true;
    conn->keep = head->keep_alive && conn->body.kind != HTTP_TO_THE_END;
    bool last = event->last;
    stream_consume(&conn->s, head->bytes);
    return last ? finish(conn) : STEP_EVENT;
}

static int read_head(struct http_conn *conn) {
    for (;;) {
        const uint8_t *bytes;
        const char *why = "";
        struct http_head head;
        size_t len = stream_rx(&conn->s, &bytes);
        int rc = http_head((const char *)bytes, len, &head, &why);
        if (rc < 0) return conn_bad(conn, PAWL_NET_REASON_PROTOCOL, why);
        if (rc == 0) return conn->s.over ? conn_ended(conn) : STEP_NONE;
        if (head.status == 101)
            return conn_bad(conn, PAWL_NET_REASON_PROTOCOL, "another protocol nobody asked for");
        if (head.status >= 200) return tell_head(conn, bytes, &head);
        stream_consume(&conn->s, head.bytes); /* 1xx: the reply is yet to come */
    }
}

static int tell_body(struct http_conn *conn, const struct http_slice *slice, bool last) {
    struct net *net = conn->s.net;
    struct pawl_ev_net_body *event =
        net_event(net, PAWL_EV_NET_BODY, sizeof *event, conn->now->owner, conn->now->key);
    event->offset = conn->body.offset - slice->len;
    event->last = last;
    net_event_tail(net, &event->data, slice->data, slice->len);
    stream_consume(&conn->s, slice->consumed);
    return last ? finish(conn) : STEP_EVENT;
}

static int read_body(struct http_conn *conn) {
    for (;;) {
        const uint8_t *bytes;
        struct http_slice slice;
        size_t len = stream_rx(&conn->s, &bytes);
        bool eof = conn->s.over && conn->s.reason == PAWL_NET_REASON_CLOSED;
        switch (http_body_next(&conn->body, bytes, len, eof, &slice)) {
        case HTTP_MORE: return conn->s.over ? conn_ended(conn) : STEP_NONE;
        case HTTP_SLICE: return tell_body(conn, &slice, slice.last);
        case HTTP_SKIPPED: stream_consume(&conn->s, slice.consumed); break;
        case HTTP_DONE: return tell_body(conn, &slice, true);
        case HTTP_BAD:
            return conn_bad(conn, PAWL_NET_REASON_PROTOCOL, "a body that does not end as it said");
        case HTTP_TOO_LARGE:
            return conn_bad(conn, PAWL_NET_REASON_TOO_LARGE, "a body larger than reply_max");
        }
    }
}

static int idle(struct http_conn *conn) {
    const uint8_t *bytes;
    if (conn->s.over || stream_rx(&conn->s, &bytes) > 0) conn_free(conn); /* nobody asked */
    return STEP_NONE;
}

static int conn_step(struct stream *s) {
    struct http_conn *conn = (struct http_conn *)s;
    if (conn->now == NULL) return idle(conn);
    if (s->state != STREAM_OPEN) return s->over ? conn_ended(conn) : STEP_NONE;
    if (!conn->queued) {
        const uint8_t *bytes;
        if (s->over || stream_rx(s, &bytes) > 0)
            return conn_bad(conn, PAWL_NET_REASON_RESET, "the connection ended before the request");
        uint8_t *room = stream_room(s, conn->now->len);
        if (room == NULL) return conn_bad(conn, PAWL_NET_REASON_LOCAL, "out of memory");
        memcpy(room, conn->now->bytes, conn->now->len);
        conn->queued = true;
        conn->mark = s->written;
        stream_queued(s, conn->now->len);
        return STEP_NONE;
    }
    return conn->headed ? read_body(conn) : read_head(conn);
}

/* ---- time ---- */

static void conn_expired(struct stream *s) {
    struct http_conn *conn = (struct http_conn *)s;
    uint8_t reason = s->state == STREAM_RESOLVING ? PAWL_NET_REASON_RESOLVE
                                                  : PAWL_NET_REASON_TIMEOUT;
    if (conn->now == NULL)
        conn_free(conn);
    else
        stream_fail(s, reason, 0, "no whole reply in time");
}

/* One that waits for a connection until its time is up; true = its end stands in net->event. */
bool requests_expired(struct net *net, uint64_t now) {
    for (struct http_request **at = &net->waiting; *at != NULL; at = &(*at)->next) {
        struct http_request *request = *at;
        if (request->deadline > now) continue;
        *at = request->next;
        net->waiting_last = NULL;
        for (struct http_request *r = net->waiting; r != NULL; r = r->next) net->waiting_last = r;
        tell_ended(net, request, false, PAWL_NET_REASON_TIMEOUT, "no connection was free in time");
        request_free(request);
        return true;
    }
    return false;
}

uint64_t requests_due(const struct net *net) {
    uint64_t due = UINT64_MAX;
    for (const struct http_request *r = net->waiting; r != NULL; r = r->next)
        if (r->deadline < due) due = r->deadline;
    return due;
}
