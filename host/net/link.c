/* Connections of plugins: framing and the WebSocket handshake over a stream. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/framing.h"
#include "net/http.h"
#include "net/net_int.h"

#define WS_CLOSE_NORMAL 1000u
#define WS_OPCODE_TEXT 1u
#define WS_OPCODE_CLOSE 8u
#define WS_OPCODE_PING 9u
#define WS_OPCODE_PONG 10u
#define PONGS_MAX 64u /* that wait; who reads none of them is sent no more */

enum link_state { LINK_OPENING = 1, LINK_UPGRADING, LINK_UP };

struct link {
    struct stream s; /* first: a stream of ours is its link */
    struct link *next, *prev;
    uint32_t owner;
    uint64_t key, listener;
    enum link_state state;
    bool message, told_up, pinged, want_writable;
    struct framing framing;
    uint64_t idle_ms;
    uint64_t cost;   /* of what was sent and not yet told as drained */
    uint32_t window;
    uint32_t pongs; /* since nothing waited to be sent */
    char ws_key[32];
    char *hello; /* of the handshake, without its end */
    size_t hello_len;
};

static int link_step(struct stream *s);
static void link_expired(struct stream *s);
static const struct stream_kind link_kind = {.step = link_step, .expired = link_expired};

struct link *link_find(const struct net *net, uint32_t owner, uint64_t key) {
    for (struct link *link = net->links; link != NULL; link = link->next)
        if (link->key == key && link->owner == owner) return link;
    return NULL;
}

uint32_t links_of(const struct net *net, uint32_t owner, uint64_t listener) {
    uint32_t count = 0;
    for (const struct link *link = net->links; link != NULL; link = link->next)
        count += link->owner == owner && link->listener == listener;
    return count;
}

static struct link *link_new(struct net *net, uint32_t owner, uint64_t key) {
    struct link *link = mem_calloc(1, sizeof *link);
    if (link == NULL) return NULL;
    stream_init(&link->s, net, &link_kind);
    link->owner = owner;
    link->key = key;
    link->next = net->links;
    if (link->next != NULL) link->next->prev = link;
    net->links = link;
    return link;
}

static void detach(struct link *link) {
    if (link->prev != NULL)
        link->prev->next = link->next;
    else
        link->s.net->links = link->next;
    if (link->next != NULL) link->next->prev = link->prev;
    if (link->hello != NULL) {
        explicit_bzero(link->hello, link->hello_len);
        mem_free(link->hello);
    }
}

static void link_free(struct link *link) {
    detach(link);
    stream_done(&link->s);
    mem_free(link);
}

/* ---- opening ---- */

static int base64_16(struct net *net, char out[32]) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t b[18] = {0};
    net_random(net, b, 16);
    size_t at = 0;
    for (size_t i = 0; i < 18; i += 3) {
        uint32_t v = (uint32_t)b[i] << 16 | (uint32_t)b[i + 1] << 8 | b[i + 2];
        for (int k = 0; k < 4; k++) out[at++] = digits[v >> (18 - 6 * k) & 63];
    }
    out[22] = out[23] = '=';
    out[24] = '\0';
    return PAWL_OK;
}

static int make_hello(struct link *link, const struct pawl_net_open *how) {
    bool v6 = strchr(how->host, ':') != NULL;
    bool usual = how->port == (how->transport == PAWL_NET_WSS ? 443 : 80);
    size_t room = strlen(how->target) + strlen(how->host) + 512;
    for (uint32_t i = 0; i < how->header_count; i++)
        room += strlen(how->headers[i].name) + strlen(how->headers[i].value) + 4;
    link->hello = mem_alloc(room);
    if (link->hello == NULL) return PAWL_E_NOMEM;
    char port[8] = "";
    if (!usual) snprintf(port, sizeof port, ":%u", how->port);
    base64_16(link->s.net, link->ws_key);
    int at = snprintf(link->hello, room,
                      "GET %s HTTP/1.1\r\nHost: %s%s%s%s\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: %s\r\n",
                      how->target, v6 ? "[" : "", how->host, v6 ? "]" : "", port,
                      link->ws_key);
    for (uint32_t i = 0; i < how->header_count; i++)
        at += snprintf(link->hello + at, room - (size_t)at, "%s: %s\r\n", how->headers[i].name,
                       how->headers[i].value);
    at += snprintf(link->hello + at, room - (size_t)at, "\r\n");
    link->hello_len = (size_t)at;
    return PAWL_OK;
}

int net_open(struct net *net, uint32_t owner, uint64_t key, const struct pawl_net_open *how,
             struct pawl_err *err) {
    bool tls = how->transport == PAWL_NET_TLS || how->transport == PAWL_NET_WSS;
    struct pawl_err why = {0};
    struct link *link = link_new(net, owner, key);
    if (link == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    link->message = how->framing == PAWL_NET_MESSAGE;
    link->idle_ms = net_ms(how->idle_timeout_ns, 0);
    link->window = how->window;
    framing_init(&link->framing, how->framing, how->frame_max);
    link->state = LINK_OPENING;
    int rc = PAWL_OK;
    if (link->message && !net_has_tls())
        rc = pawl_fail(&why, PAWL_E_DENIED, "this build has no WebSockets");
    if (rc == PAWL_OK && net->stream_count > NET_STREAMS_MAX)
        rc = pawl_fail(&why, PAWL_E_BUSY, "%u sockets are open, the limit", NET_STREAMS_MAX);
    if (rc == PAWL_OK && link->message) rc = make_hello(link, how);
    if (rc != PAWL_OK) { /* told later, as whatever else may happen to it */
        stream_fail(&link->s, PAWL_NET_REASON_LOCAL, 0, "%.120s",
                    why.text[0] != '\0' ? why.text : pawl_rc_text(rc));
        return PAWL_OK;
    }
    link->s.deadline = net_now(net) + net_ms(how->connect_timeout_ns, NET_TIMEOUT_DEFAULT_MS);
    net_look_at(net, link->s.deadline);
    stream_connect(&link->s, how->host, how->port, tls);
    return PAWL_OK;
}

int link_accepted(struct net *net, const struct link_accept *how, int fd) {
    uint64_t key = how->key;
    while (link_find(net, how->owner, key) != NULL) key++;
    struct link *link = link_new(net, how->owner, key);
    if (link == NULL) return PAWL_E_NOMEM;
    link->listener = how->listener;
    link->idle_ms = how->idle_ms;
    link->window = how->window;
    link->state = LINK_OPENING;
    framing_init(&link->framing, how->framing, how->frame_max);
    int rc = stream_take(&link->s, fd);
    if (rc != PAWL_OK) {
        if (link->s.fd == fd) link->s.fd = -1; /* the caller closes it */
        link_free(link);
    }
    return rc;
}

/* ---- sending ---- */

static void put_frame(struct link *link, uint8_t opcode, const void *bytes, size_t len) {
    uint8_t mask[4];
    uint8_t *room = stream_room(&link->s, len + FRAME_OVERHEAD_MAX);
    if (room == NULL) {
        stream_fail(&link->s, PAWL_NET_REASON_LOCAL, 0, "out of memory");
        return;
    }
    if (link->message) net_random(link->s.net, mask, sizeof mask);
    stream_queued(&link->s, frame_write(link->framing.kind, opcode, mask, bytes, len, room));
}

void net_send(struct net *net, uint32_t owner, uint64_t key, const void *bytes, size_t len) {
    struct link *link = link_find(net, owner, key);
    if (link == NULL || link->state != LINK_UP || link->s.tx_dead) return;
    link->cost += net_frame_bytes(link->framing.kind, len);
    link->s.tell_sent = link->want_writable || link->cost >= link->window / 4;
    put_frame(link, WS_OPCODE_TEXT, bytes, len);
}

void net_want_writable(struct net *net, uint32_t owner, uint64_t key) {
    struct link *link = link_find(net, owner, key);
    if (link == NULL) return;
    link->want_writable = link->s.tell_sent = true;
    stream_mark(&link->s);
}

void net_close(struct net *net, uint32_t owner, uint64_t key) {
    static const uint8_t normal[2] = {WS_CLOSE_NORMAL >> 8, WS_CLOSE_NORMAL & 0xff};
    struct link *link = link_find(net, owner, key);
    if (link == NULL) {
        listener_close(net, owner, key);
        return;
    }
    if (link->message && link->state == LINK_UP && !link->s.tx_dead)
        put_frame(link, WS_OPCODE_CLOSE, normal, sizeof normal);
    detach(link);
    stream_linger(&link->s);
    mem_free(link);
}

void links_drop(struct net *net, uint32_t owner) {
    for (struct link *link = net->links, *next; link != NULL; link = next) {
        next = link->next;
        if (owner != 0 && link->owner != owner) continue;
        stream_flush(&link->s); /* what it sent last may still leave */
        link_free(link);
    }
}

/* ---- what is told ---- */

static int tell_down(struct link *link) {
    struct net *net = link->s.net;
    struct pawl_ev_net_down *event =
        net_event(net, PAWL_EV_NET_DOWN, sizeof *event, link->owner, link->key);
    event->reason = link->s.reason;
    event->code = link->s.code;
    memcpy(event->message, link->s.message, sizeof event->message);
    link_free(link);
    return STEP_LAST;
}

static int tell_up(struct link *link) {
    struct net *net = link->s.net;
    struct pawl_ev_net_up *event =
        net_event(net, PAWL_EV_NET_UP, sizeof *event, link->owner, link->key);
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    event->listener = link->listener;
    if (getpeername(link->s.fd, (struct sockaddr *)&at, &size) == 0)
        event->port = net_address_text(&at, event->peer, sizeof event->peer);
    link->state = LINK_UP;
    link->s.deadline = 0;
    link->s.idles = true;
    link->s.heard = net_now(net);
    if (link->idle_ms > 0) link_expired(&link->s);
    return STEP_EVENT;
}

/* Bytes have left: told when a quarter of the window has, or when somebody waits for it. */
static int tell_writable(struct link *link) {
    uint64_t pending = stream_pending(&link->s);
    uint64_t drained = link->cost > pending ? link->cost - pending : 0;
    bool enough = drained >= link->window / 4 || (link->want_writable && drained > 0);
    if (!enough || link->s.tx_dead) return STEP_NONE;
    struct pawl_ev_net_writable *event =
        net_event(link->s.net, PAWL_EV_NET_WRITABLE, sizeof *event, link->owner, link->key);
    event->drained = drained;
    link->cost -= drained;
    link->want_writable = link->s.tell_sent = false;
    return STEP_EVENT;
}

static int tell_slice(struct link *link, const struct frame_slice *slice) {
    struct pawl_ev_net_frame *event =
        net_event(link->s.net, PAWL_EV_NET_FRAME, sizeof *event, link->owner, link->key);
    event->offset = slice->offset;
    event->last = slice->last;
    event->binary = slice->binary;
    net_event_tail(link->s.net, &event->data, slice->data, slice->len);
    return STEP_EVENT;
}

/* ---- the WebSocket handshake ---- */

static int refuse(struct link *link, const char *why, int32_t code) {
    link->s.over = false; /* the first cause is this one */
    stream_fail(&link->s, PAWL_NET_REASON_PROTOCOL, code, "%s", why);
    return tell_down(link);
}

static bool accepts(const struct link *link, const char *head, size_t len) {
    char expected[32];
    bool upgrade = false, key = false;
    struct http_field field;
    if (tls_ws_accept(link->ws_key, expected) != PAWL_OK) return false;
    for (size_t at = 0; http_field(head, len, &at, &field);) {
        if (http_name_is(&field, "upgrade"))
            upgrade = field.value_len == 9 && strncasecmp(field.value, "websocket", 9) == 0;
        if (http_name_is(&field, "sec-websocket-accept"))
            key = field.value_len == strlen(expected) &&
                  memcmp(field.value, expected, field.value_len) == 0;
        if (http_name_is(&field, "sec-websocket-extensions")) return false; /* none was offered */
    }
    return upgrade && key;
}

static int upgrade(struct link *link) {
    const uint8_t *bytes;
    const char *why = "";
    struct http_head head;
    size_t len = stream_rx(&link->s, &bytes);
    int rc = http_head((const char *)bytes, len, &head, &why);
    if (rc == 0) return link->s.over ? tell_down(link) : STEP_NONE;
    if (rc < 0) return refuse(link, why, 0);
    if (head.status != 101) return refuse(link, "no WebSocket: HTTP status", head.status);
    if (!head.upgrade || !accepts(link, (const char *)bytes, head.bytes))
        return refuse(link, "no answer to this handshake", 0);
    stream_consume(&link->s, head.bytes);
    return tell_up(link);
}

static int opening(struct link *link) {
    if (link->s.over && link->s.rx == NULL) return tell_down(link);
    if (link->s.state != STREAM_OPEN) return STEP_NONE;
    if (!link->message) return tell_up(link);
    if (link->state == LINK_UPGRADING) return upgrade(link);
    uint8_t *room = stream_room(&link->s, link->hello_len);
    if (room == NULL) return refuse(link, "out of memory", 0);
    memcpy(room, link->hello, link->hello_len);
    stream_queued(&link->s, link->hello_len);
    explicit_bzero(link->hello, link->hello_len);
    mem_free(link->hello);
    link->hello = NULL;
    link->state = LINK_UPGRADING;
    return STEP_NONE;
}

/* ---- frames ---- */

static int said_goodbye(struct link *link, const struct frame_slice *slice) {
    if (!link->s.tx_dead) put_frame(link, WS_OPCODE_CLOSE, slice->data, slice->len > 1 ? 2 : 0);
    stream_flush(&link->s);
    link->s.over = false;
    stream_fail(&link->s, PAWL_NET_REASON_CLOSED, slice->code, "closed%s%.*s",
                slice->len > 2 ? ": " : "", slice->len > 2 ? (int)(slice->len - 2) : 0,
                slice->len > 2 ? (const char *)slice->data + 2 : "");
    return tell_down(link);
}

static int ended_by(struct link *link, uint8_t reason, const char *why) {
    link->s.over = false;
    stream_fail(&link->s, reason, 0, "%s", why);
    return tell_down(link);
}

static void pong(struct link *link, const struct frame_slice *ping) {
    if (stream_pending(&link->s) == 0) link->pongs = 0;
    if (link->s.tx_dead || link->pongs == PONGS_MAX) return;
    link->pongs++;
    put_frame(link, WS_OPCODE_PONG, ping->data, ping->len);
}

static int frames(struct link *link) {
    struct frame_slice slice;
    for (;;) {
        const uint8_t *bytes;
        size_t len = stream_rx(&link->s, &bytes);
        enum frame_found found =
            frame_next(&link->framing, link->s.rx + link->s.rx_start, len, &slice);
        int rc = STEP_NONE;
        switch (found) {
        case FRAME_NONE: return link->s.over ? tell_down(link) : STEP_NONE;
        case FRAME_SLICE: rc = tell_slice(link, &slice); break;
        case FRAME_SKIPPED: break;
        case FRAME_PING:
            pong(link, &slice);
            break;
        case FRAME_PONG: link->pinged = false; break;
        case FRAME_CLOSE: return said_goodbye(link, &slice);
        case FRAME_BAD: return ended_by(link, PAWL_NET_REASON_PROTOCOL, slice.why);
        case FRAME_TOO_LARGE:
            return ended_by(link, PAWL_NET_REASON_TOO_LARGE, "a frame larger than frame_max");
        }
        stream_consume(&link->s, slice.consumed);
        if (rc != STEP_NONE) return rc;
    }
}

static int link_step(struct stream *s) {
    struct link *link = (struct link *)s;
    if (link->state != LINK_UP) return opening(link);
    int rc = tell_writable(link);
    return rc != STEP_NONE ? rc : frames(link);
}

/* ---- time ---- */

static void link_expired(struct stream *s) {
    struct link *link = (struct link *)s;
    uint64_t now = net_now(s->net);
    if (s->over) return;
    if (link->state != LINK_UP) {
        stream_fail(s, s->state == STREAM_RESOLVING ? PAWL_NET_REASON_RESOLVE
                                                    : PAWL_NET_REASON_TIMEOUT,
                    0, "not up in time");
        return;
    }
    if (link->idle_ms == 0) return;
    uint64_t due = s->heard + link->idle_ms;
    if (now >= due) {
        stream_fail(s, PAWL_NET_REASON_IDLE, 0, "nothing came for %llu ms",
                    (unsigned long long)link->idle_ms);
        return;
    }
    uint64_t half = s->heard + link->idle_ms / 2;
    if (link->message && now >= half && !link->pinged) {
        put_frame(link, WS_OPCODE_PING, NULL, 0);
        link->pinged = true;
    }
    if (now < half) link->pinged = false;
    s->deadline = link->message && now < half ? half : due;
    net_look_at(s->net, s->deadline);
}
