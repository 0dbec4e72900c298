/* Sockets: connect one address after the other, read into one buffer, write from another. */
#include "net/stream.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "net/net_int.h"

#define TX_ROOM_MIN 4096u
#define RX_LOW (STREAM_RX_BYTES / 4) /* with less room at the end what is there moves down */

void stream_init(struct stream *s, struct net *net, const struct stream_kind *kind) {
    s->net = net;
    s->kind = kind;
    s->fd = -1;
    s->heard = net_now(net);
    s->all_next = net->all;
    if (net->all != NULL) net->all->all_prev = s;
    net->all = s;
    net->stream_count++;
}

/* ---- lists of the net ---- */

void stream_mark(struct stream *s) {
    struct net *net = s->net;
    if (s->ready || s->kind == NULL) return;
    s->ready = true;
    s->ready_next = NULL;
    s->ready_prev = net->ready_last;
    if (net->ready_last != NULL)
        net->ready_last->ready_next = s;
    else
        net->ready_first = s;
    net->ready_last = s;
}

static void unmark(struct stream *s) {
    struct net *net = s->net;
    if (!s->ready) return;
    if (s->ready_prev != NULL)
        s->ready_prev->ready_next = s->ready_next;
    else
        net->ready_first = s->ready_next;
    if (s->ready_next != NULL)
        s->ready_next->ready_prev = s->ready_prev;
    else
        net->ready_last = s->ready_prev;
    s->ready = false;
}

static void set_dirty(struct stream *s) {
    if (s->dirty) return;
    s->dirty = true;
    s->dirty_prev = NULL;
    s->dirty_next = s->net->dirty;
    if (s->dirty_next != NULL) s->dirty_next->dirty_prev = s;
    s->net->dirty = s;
}

static void clear_dirty(struct stream *s) {
    if (!s->dirty) return;
    if (s->dirty_prev != NULL)
        s->dirty_prev->dirty_next = s->dirty_next;
    else
        s->net->dirty = s->dirty_next;
    if (s->dirty_next != NULL) s->dirty_next->dirty_prev = s->dirty_prev;
    s->dirty = false;
}

/* ---- poll ---- */

static void on_poll(uv_poll_t *poll, int status, int events);

static void free_poll(uv_handle_t *handle) {
    mem_free(handle);
}

static void close_socket(struct stream *s) {
    if (s->poll != NULL) {
        s->poll->data = NULL;
        uv_poll_stop(s->poll);
        uv_close((uv_handle_t *)s->poll, free_poll);
        s->poll = NULL;
    }
    tls_end(s);
    if (s->fd >= 0) close(s->fd);
    s->fd = -1;
    s->armed = 0;
}

static int watch(struct stream *s, int fd) {
    s->poll = mem_calloc(1, sizeof *s->poll);
    if (s->poll == NULL) return PAWL_E_NOMEM;
    if (uv_poll_init(s->net->options.loop, s->poll, fd) != 0) {
        mem_free(s->poll);
        s->poll = NULL;
        return PAWL_E_IO;
    }
    s->poll->data = s;
    s->fd = fd;
    return PAWL_OK;
}

static void arm(struct stream *s) {
    int wanted = 0;
    switch (s->state) {
    case STREAM_CONNECTING: wanted = UV_WRITABLE; break;
    case STREAM_HANDSHAKE: wanted = s->want; break;
    case STREAM_LISTEN: wanted = UV_READABLE; break;
    case STREAM_OPEN:
    case STREAM_LINGER:
        if (!s->over && !s->paused) wanted |= UV_READABLE;
        if (!s->tx_dead && stream_pending(s) > 0) wanted |= UV_WRITABLE;
        break;
    case STREAM_IDLE:
    case STREAM_RESOLVING: break;
    }
    if (s->poll == NULL || wanted == s->armed) return;
    s->armed = wanted;
    if (wanted == 0)
        uv_poll_stop(s->poll);
    else
        uv_poll_start(s->poll, wanted, on_poll);
}

/* ---- the end ---- */

void stream_fail(struct stream *s, uint8_t reason, int32_t code, const char *format, ...) {
    va_list args;
    if (s->over) return;
    s->over = true;
    s->tx_dead = true;
    s->reason = reason;
    s->code = code;
    va_start(args, format);
    vsnprintf(s->message, sizeof s->message, format, args);
    va_end(args);
    stream_mark(s);
}

static void fail_errno(struct stream *s, int error) {
    bool reset = error == ECONNRESET || error == EPIPE;
    stream_fail(s, reset ? PAWL_NET_REASON_RESET : PAWL_NET_REASON_REFUSED, error, "%s",
                strerror(error));
}

/* Buffers may hold an API key. */
static void free_wiped(uint8_t *block, size_t size) {
    if (block == NULL) return;
    explicit_bzero(block, size);
    mem_free(block);
}

void stream_done(struct stream *s) {
    if (s->net == NULL) return;
    unmark(s);
    clear_dirty(s);
    close_socket(s);
    free_wiped(s->rx, STREAM_RX_BYTES);
    free_wiped(s->tx, s->tx_room);
    if (s->all_prev != NULL)
        s->all_prev->all_next = s->all_next;
    else
        s->net->all = s->all_next;
    if (s->all_next != NULL) s->all_next->all_prev = s->all_prev;
    s->net->stream_count--;
    memset(s, 0, sizeof *s);
    s->fd = -1;
}

/* ---- connecting ---- */

static void opened(struct stream *s) {
    s->rx = mem_alloc(STREAM_RX_BYTES);
    if (s->rx == NULL) {
        stream_fail(s, PAWL_NET_REASON_LOCAL, 0, "out of memory");
        return;
    }
    s->state = STREAM_OPEN;
    s->heard = net_now(s->net);
    stream_mark(s);
}

static void handshake(struct stream *s) {
    int rc = tls_handshake(s);
    if (rc == 1) opened(s);
}

static void connected(struct stream *s) {
    if (!s->tls) {
        opened(s);
        return;
    }
    s->state = STREAM_HANDSHAKE;
    if (tls_begin(s) == PAWL_OK) handshake(s);
}

static int socket_to(struct stream *s, const struct net_address *address) {
    struct sockaddr_storage at = address->at;
    if (at.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&at)->sin6_port = htons(s->port);
    else
        ((struct sockaddr_in *)&at)->sin_port = htons(s->port);
    int one = 1, fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    int rc = connect(fd, (const struct sockaddr *)&at, address->len) == 0 ? 0 : errno;
    if (rc != 0 && rc != EINPROGRESS) {
        close(fd);
        return -rc;
    }
    if (watch(s, fd) != PAWL_OK) {
        close(fd);
        return -ENOMEM;
    }
    return 0;
}

/* The next address that does not refuse at once; over with the last error if there is none. */
static void try_next(struct stream *s, int error) {
    while (s->address_at < s->address_count) {
        close_socket(s);
        error = -socket_to(s, &s->addresses[s->address_at++]);
        if (error != 0) continue;
        s->state = STREAM_CONNECTING;
        s->try_until = net_now(s->net) + NET_TRY_MS;
        if (s->address_at < s->address_count) net_look_at(s->net, s->try_until);
        arm(s);
        return;
    }
    close_socket(s);
    fail_errno(s, error);
}

void stream_connect(struct stream *s, const char *host, uint16_t port, bool tls) {
    snprintf(s->host, sizeof s->host, "%s", host);
    s->port = port;
    s->tls = tls;
    s->state = STREAM_RESOLVING;
    resolver_ask(s->net->resolver, s);
}

void stream_try_next(struct stream *s) {
    try_next(s, ETIMEDOUT);
}

void stream_resolved(struct stream *s) {
    if (s->over) return;
    try_next(s, ENETUNREACH);
}

int stream_take(struct stream *s, int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    int rc = watch(s, fd);
    if (rc != PAWL_OK) return rc;
    opened(s);
    arm(s);
    return s->over ? PAWL_E_NOMEM : PAWL_OK;
}

int stream_listen(struct stream *s, int fd) {
    int rc = watch(s, fd);
    if (rc != PAWL_OK) return rc;
    s->state = STREAM_LISTEN;
    arm(s);
    stream_mark(s);
    return PAWL_OK;
}

/* ---- reading ---- */

static ssize_t read_some(struct stream *s, uint8_t *out, size_t max) {
    if (s->ssl != NULL) return tls_read(s, out, max);
    ssize_t n = recv(s->fd, out, max, 0);
    if (n >= 0) return n;
    if (errno == EAGAIN || errno == EINTR) return -1;
    fail_errno(s, errno);
    return -2;
}

static void fill(struct stream *s) {
    bool got = false;
    s->paused = false;
    while (!s->over) {
        if (STREAM_RX_BYTES - s->rx_end < RX_LOW && s->rx_start > 0) {
            memmove(s->rx, s->rx + s->rx_start, s->rx_end - s->rx_start);
            s->rx_end -= s->rx_start;
            s->rx_start = 0;
        }
        size_t room = STREAM_RX_BYTES - s->rx_end;
        if (room == 0) {
            s->paused = true;
            break;
        }
        ssize_t n = read_some(s, s->rx + s->rx_end, room);
        if (n == 0) {
            stream_fail(s, PAWL_NET_REASON_CLOSED, 0, "the other side closed the connection");
            s->tx_dead = false; /* it may still listen */
        }
        if (n <= 0) break;
        s->rx_end += (size_t)n;
        got = true;
        if (s->ssl == NULL || !tls_holds(s)) break; /* poll tells if there is more */
    }
    if (!got) return;
    s->heard = net_now(s->net);
    if (s->idles) s->last_look = 0;
    stream_mark(s);
}

void stream_consume(struct stream *s, size_t len) {
    assert(len <= s->rx_end - s->rx_start);
    s->rx_start += len;
    if (s->rx_start == s->rx_end) s->rx_start = s->rx_end = 0;
    if (!s->paused || s->rx_end - s->rx_start > STREAM_RX_BYTES / 2) return;
    fill(s);
    arm(s);
}

/* ---- writing ---- */

ssize_t stream_raw_write(struct stream *s, const void *bytes, size_t len) {
    ssize_t n = send(s->fd, bytes, len, MSG_NOSIGNAL);
    if (n > 0) s->written += (uint64_t)n;
    return n;
}

uint8_t *stream_room(struct stream *s, size_t len) {
    if (s->tx_start == s->tx_end) s->tx_start = s->tx_end = 0;
    if (s->tx_room - s->tx_end >= len) return s->tx + s->tx_end;
    size_t pending = stream_pending(s), room = s->tx_room == 0 ? TX_ROOM_MIN : s->tx_room;
    while (room - pending < len) room *= 2;
    uint8_t *block = mem_alloc(room);
    if (block == NULL) return NULL;
    if (pending > 0) memcpy(block, s->tx + s->tx_start, pending);
    free_wiped(s->tx, s->tx_room);
    s->tx = block;
    s->tx_room = room;
    s->tx_start = 0;
    s->tx_end = pending;
    return s->tx + s->tx_end;
}

void stream_queued(struct stream *s, size_t len) {
    s->tx_end += len;
    assert(s->tx_end <= s->tx_room);
    set_dirty(s);
}

/* What cannot be sent any more is dropped; the end itself is heard when reading. */
static void flush_all(struct stream *s) {
    while (!s->tx_dead && stream_pending(s) > 0) {
        const uint8_t *bytes = s->tx + s->tx_start;
        ssize_t n;
        if (s->ssl != NULL) {
            n = tls_write(s, bytes, stream_pending(s));
            if (n == 0) return;
        } else {
            n = stream_raw_write(s, bytes, stream_pending(s));
            if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        }
        if (n < 0) s->tx_dead = true;
        if (n > 0) s->tx_start += (size_t)n;
    }
    s->tx_start = s->tx_end = 0;
}

static void linger_step(struct stream *s) {
    if (stream_pending(s) > 0 && !s->tx_dead) return;
    if (!s->half_closed && !s->tx_dead) {
        s->half_closed = true;
        if (s->ssl != NULL) tls_bye(s);
        shutdown(s->fd, SHUT_WR);
    }
    s->rx_start = s->rx_end = 0; /* nobody reads it */
    if (s->over || s->tx_dead) {
        stream_done(s);
        mem_free(s);
    }
}

void stream_flush(struct stream *s) {
    size_t before = stream_pending(s);
    clear_dirty(s);
    if (s->state != STREAM_OPEN && s->state != STREAM_LINGER) return;
    if (before > 0) flush_all(s);
    arm(s);
    if (s->tell_sent && stream_pending(s) != before) stream_mark(s);
    if (s->state == STREAM_LINGER) linger_step(s);
}

static void linger_expired(struct stream *s) {
    stream_done(s);
    mem_free(s);
}

static int linger_look(struct stream *s) {
    linger_step(s);
    return STEP_NONE;
}

void stream_linger(struct stream *s) {
    static const struct stream_kind lingering = {.step = linger_look, .expired = linger_expired};
    struct stream *rest = NULL;
    if (s->state == STREAM_OPEN && !s->over) rest = mem_calloc(1, sizeof *rest);
    if (rest == NULL) {
        stream_done(s);
        return;
    }
    struct net *net = s->net;
    stream_init(rest, net, &lingering);
    rest->state = STREAM_LINGER;
    rest->poll = s->poll;
    rest->poll->data = rest;
    rest->fd = s->fd;
    rest->armed = s->armed;
    rest->ssl = s->ssl;
    rest->rx = s->rx;
    rest->tx = s->tx;
    rest->tx_start = s->tx_start;
    rest->tx_end = s->tx_end;
    rest->tx_room = s->tx_room;
    rest->tx_dead = s->tx_dead;
    s->poll = NULL;
    s->ssl = NULL;
    s->fd = -1;
    s->rx = s->tx = NULL;
    s->tx_start = s->tx_end = s->tx_room = 0;
    stream_done(s);
    rest->deadline = net_now(net) + NET_LINGER_MS;
    net_look_at(net, rest->deadline);
    set_dirty(rest); /* it goes on where the loop is, not in the middle of a turn */
}

/* ---- the loop ---- */

static void on_poll(uv_poll_t *poll, int status, int events) {
    struct stream *s = poll->data;
    if (s == NULL) return;
    struct net *net = s->net;
    int error = 0;
    socklen_t size = sizeof error;
    if (status != 0) { /* an error waits: libuv has stopped; there may be bytes before it */
        s->armed = 0;
        events = UV_READABLE | UV_WRITABLE;
    }
    switch (s->state) {
    case STREAM_CONNECTING:
        getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0)
            try_next(s, error);
        else
            connected(s);
        break;
    case STREAM_HANDSHAKE: handshake(s); break;
    case STREAM_LISTEN: s->kind->accept(s); break;
    case STREAM_LINGER:
        s->rx_start = s->rx_end = 0;
        if ((events & UV_READABLE) != 0) fill(s);
        s->rx_start = s->rx_end = 0;
        stream_flush(s);
        net_pump(net);
        return;
    case STREAM_OPEN:
        if ((events & UV_READABLE) != 0) fill(s);
        if ((events & UV_WRITABLE) != 0) stream_flush(s);
        break;
    case STREAM_IDLE:
    case STREAM_RESOLVING: break;
    }
    arm(s);
    net_pump(net);
}
