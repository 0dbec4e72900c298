/*
 * stream.h - one socket: resolve, connect, TLS, bytes in, bytes out. No events, no framing.
 *
 * The owner embeds it, is called when something may have changed, and looks: stream_rx() for bytes,
 * `over` for the end. `written` counts what the system took, to the byte, ciphertext on TLS.
 * Thread loop only.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <sys/types.h>
#include <uv.h>

#include "net/net.h"

#define STREAM_RX_BYTES 65536u

enum stream_state {
    STREAM_IDLE = 0,
    STREAM_RESOLVING,
    STREAM_CONNECTING,
    STREAM_HANDSHAKE,
    STREAM_OPEN,
    STREAM_LISTEN,
    STREAM_LINGER /* nobody's any more: what is queued leaves, then it closes */
};

struct stream;
struct stream_kind {
    /* Make at most one event in net->event. One of enum step. The stream may be gone after
     * STEP_LAST. */
    int (*step)(struct stream *s);
    void (*expired)(struct stream *s); /* s->deadline has passed */
    void (*accept)(struct stream *s);  /* of a listener: somebody knocks */
};
enum step { STEP_NONE = 0, STEP_EVENT, STEP_LAST };

struct stream {
    struct net *net;
    const struct stream_kind *kind;
    struct stream *all_next, *all_prev;
    struct stream *ready_next, *ready_prev;
    struct stream *dirty_next, *dirty_prev;
    bool ready, dirty;
    uv_poll_t *poll; /* a block of its own: it is closed later than the stream */
    int fd, armed;
    enum stream_state state;
    bool tls;
    bool over;       /* nothing more will come: the other side ended it, or it broke */
    bool paused;     /* not read from: rx is full, or TLS holds bytes poll cannot see */
    bool tx_dead;    /* nothing can be sent any more */
    bool half_closed;
    bool idles;      /* its deadline counts from when bytes came last */
    bool tell_sent;  /* the owner wants to look when bytes have left */
    uint8_t want;    /* of a handshake: UV_READABLE or UV_WRITABLE */
    uint8_t reason;  /* PAWL_NET_REASON_* once over */
    int32_t code;
    char message[128];
    void *ssl;
    char host[PAWL_NET_HOST_MAX + 1];
    uint16_t port;
    struct net_address addresses[NET_ADDRESSES_MAX];
    uint32_t address_count, address_at;
    uint64_t try_until;  /* of this address, ms of the loop */
    uint64_t deadline;   /* the owner's, ms of the loop; 0 = none */
    uint64_t last_look;  /* the deadline that stands for one more look at the socket */
    uint64_t heard;      /* when bytes came last, ms of the loop */
    uint64_t written;
    uint8_t *rx, *tx;
    size_t rx_start, rx_end;
    size_t tx_start, tx_end, tx_room;
};

void stream_init(struct stream *s, struct net *net, const struct stream_kind *kind);
void stream_connect(struct stream *s, const char *host, uint16_t port, bool tls);
int stream_take(struct stream *s, int fd); /* an accepted socket; PAWL_E_* */
void stream_try_next(struct stream *s); /* this address takes too long */
int stream_listen(struct stream *s, int fd);
void stream_resolved(struct stream *s);    /* resolve.c: the addresses are there, or `over` */
void stream_fail(struct stream *s, uint8_t reason, int32_t code, const char *format, ...)
    PAWL_PRINTF(4, 5);
/* Close now and free what it holds. */
void stream_done(struct stream *s);
/* Move what it holds into a stream of its own that ends when everything has left. */
void stream_linger(struct stream *s);

static inline size_t stream_rx(const struct stream *s, const uint8_t **ret) {
    *ret = s->rx + s->rx_start;
    return s->rx_end - s->rx_start;
}
void stream_consume(struct stream *s, size_t len);
/* Room for len more bytes at s->tx + s->tx_end, NULL = no memory; stream_queued() counts them. */
uint8_t *stream_room(struct stream *s, size_t len);
void stream_queued(struct stream *s, size_t len);
static inline size_t stream_pending(const struct stream *s) {
    return s->tx_end - s->tx_start;
}
void stream_flush(struct stream *s);
void stream_mark(struct stream *s); /* the owner is to look at it */

/* ---- tls.c ---- */
int tls_context_new(const char *ca_file, void **ret, struct pawl_err *err);
void tls_context_free(void *context);
int tls_begin(struct stream *s);     /* below 0: stream_fail() was called */
int tls_handshake(struct stream *s); /* 1 done, 0 s->want, below 0 failed */
/* Bytes; 0 = the end; -1 = later; -2 = broken, stream_fail() was called. */
ssize_t tls_read(struct stream *s, void *out, size_t max);
ssize_t tls_write(struct stream *s, const void *bytes, size_t len); /* 0 = later, -2 = broken */
bool tls_holds(const struct stream *s); /* bytes that poll cannot see */
void tls_bye(struct stream *s);
void tls_end(struct stream *s);
/* Of the WebSocket handshake: base64(sha1(key + GUID)). */
int tls_ws_accept(const char *key, char out[32]);
/* Bytes written and read below TLS, counted. As send(2) and recv(2). */
ssize_t stream_raw_write(struct stream *s, const void *bytes, size_t len);

/* ---- resolve.c ---- */
struct resolver;
int resolver_new(struct net *net, struct resolver **ret);
void resolver_free(struct resolver *resolver); /* threads that hang are left behind */
void resolver_ask(struct resolver *resolver, struct stream *s);
void resolver_collect(struct resolver *resolver); /* on the loop, when woken */

#endif
