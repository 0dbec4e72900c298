/*
 * pawl_net.h - pawl.net/1: connections and requests, by keys of the plugin's choice.
 *
 * Nothing here blocks or calls back. What happens comes as addressed events whose cookie is the
 * key: net_up, net_frame, net_writable, net_down for connections; net_reply, net_body, net_ended
 * for requests. Connections and requests have keys apart. The other side is reached only where
 * `plugins[].grants.net` of the configuration names it.
 *
 * Sent once  A request is written at most once, whatever happens to its connection. net_ended says
 *            `not_sent` only if the system took no byte of it; everything else is `maybe_sent`.
 * Order      Frames arrive in order; what is sent in a turn leaves after it, in order.
 * Slices     A frame or body larger than PAWL_NET_SLICE_MAX comes as several events, `last` on the
 *            final one.
 * Reload     Connections stay: they belong to the instance's name, not to its code. state() tells a
 *            restored plugin what it still has. A restart of the process ends them without a word.
 * Backtest   There is nothing outside: open, listen and request answer PAWL_E_DENIED.
 * Phases     [event] only, unless it says otherwise. Texts are copied.
 */
#ifndef PAWL_NET_H
#define PAWL_NET_H

#include "pawl_plugin.h"
#include "pawl_schema.gen.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PAWL_NET "pawl.net/1"

#define PAWL_NET_LINKS_MAX 64u     /* connections and listeners of an instance */
#define PAWL_NET_REQUESTS_MAX 256u /* requests of an instance that are not over */
#define PAWL_NET_POOL_MAX 8u       /* connections of an instance to one host, for requests */
#define PAWL_NET_SLICE_MAX 3840u   /* bytes of `data` in one event */
#define PAWL_NET_HOST_MAX 253u     /* bytes of a host name */
#define PAWL_NET_TARGET_MAX 8192u  /* bytes of a path with its query */
#define PAWL_NET_HEADERS_MAX 32u   /* headers given by the plugin */
#define PAWL_NET_HEADER_BYTES_MAX 8192u /* of all of them together, either way */
#define PAWL_NET_WANTED_MAX 255u   /* bytes of the list of wanted headers */
#define PAWL_NET_BODY_MAX (1u << 20)        /* of a request */
#define PAWL_NET_FRAME_MAX (16u << 20)      /* of a frame, either way */
#define PAWL_NET_REPLY_MAX (64u << 20)      /* of the body of a reply */
#define PAWL_NET_WINDOW_MAX (4u << 20)      /* of what waits to be sent on one connection */

enum pawl_net_transport {
    PAWL_NET_TCP = 1,
    PAWL_NET_TLS, /* certificate and host name are verified */
    PAWL_NET_WS,  /* WebSocket over TCP; frames are messages */
    PAWL_NET_WSS
};
enum pawl_net_framing {
    PAWL_NET_RAW = 1, /* whatever arrives; `last` is always 1 */
    PAWL_NET_U32BE,   /* 4 bytes of length, most significant first, then so many bytes */
    PAWL_NET_LINE,    /* ends with \n, which is not part of it, nor a \r before it */
    PAWL_NET_MESSAGE  /* WebSocket; what is sent is text */
};
enum pawl_net_state { PAWL_NET_NONE = 0, PAWL_NET_OPENING = 1, PAWL_NET_UP };

struct pawl_net_header {
    const char *name;
    const char *value;  /* or NULL, and */
    const char *secret; /* the name of a secret granted to the instance, sent as the value */
};

struct pawl_net_open {
    uint32_t size;
    uint8_t transport; /* enum pawl_net_transport */
    uint8_t framing;   /* enum pawl_net_framing; MESSAGE with WS and WSS, and only there */
    uint16_t port;
    const char *host;  /* a name or an address */
    const char *target;                    /* WS, WSS: "/ws"; else NULL */
    const struct pawl_net_header *headers; /* WS, WSS: beyond those the protocol asks for */
    uint32_t header_count;
    uint32_t frame_max;         /* bytes of one frame that may come; 0 = 4 MiB */
    uint32_t window;            /* bytes that may wait to be sent; 0 = 256 KiB */
    int64_t connect_timeout_ns; /* until it is up, resolving and handshakes included; 0 = 10 s */
    int64_t idle_timeout_ns;    /* down if nothing came for so long; 0 = never. On WebSockets a
                                   ping is sent at half of it, and its answer counts. */
};

struct pawl_net_listen {
    uint32_t size;
    uint8_t framing; /* not MESSAGE */
    uint8_t reserved;
    uint16_t port;        /* 0 = any; net_up tells */
    const char *address;  /* NULL = 127.0.0.1; others must be granted as such */
    uint64_t first_key;   /* the first connection gets this key, each one the next; those in use
                             are left out */
    uint32_t peers_max;   /* connections at a time; 0 = 1; further ones are closed at once */
    uint32_t frame_max, window; /* as in pawl_net_open */
    uint32_t reserved2;
    int64_t idle_timeout_ns;
};

struct pawl_net_request {
    uint32_t size;
    uint8_t tls; /* 1 = https */
    uint8_t reserved;
    uint16_t port;
    const char *host;
    const char *method; /* "GET", "POST" ... */
    const char *target; /* path and query, encoded */
    const struct pawl_net_header *headers;
    uint32_t header_count;
    uint32_t body_len;
    const void *body;
    const char *wanted;   /* headers of the reply to be told: "retry-after,x-used-weight"; NULL */
    uint64_t reply_max;   /* bytes of the body; 0 = 16 MiB */
    int64_t timeout_ns;   /* from now to the end of the reply; 0 = 10 s */
};

struct pawl_net {
    uint32_t size;
    uint32_t reserved;
    /* Connect. PAWL_E_DENIED: not granted, or there is no network here; PAWL_E_STATE: the key is in
     * use; PAWL_E_BUSY: PAWL_NET_LINKS_MAX; PAWL_E_INVAL. Then net_up or net_down. */
    int (*open)(struct pawl_ctx *ctx, uint64_t key, const struct pawl_net_open *how,
                struct pawl_err *err);
    /* Listen; net_up with the port, then a net_up for each connection. Its net_down leaves the
     * connections that came in through it. */
    int (*listen)(struct pawl_ctx *ctx, uint64_t key, const struct pawl_net_listen *how,
                  struct pawl_err *err);
    /* One frame, whole or not at all. PAWL_E_BUSY: it does not fit what still waits; net_writable
     * follows. PAWL_E_STATE: the connection is not up. PAWL_E_RANGE: it never fits. */
    int (*send)(struct pawl_ctx *ctx, uint64_t key, const void *bytes, size_t len);
    /* What was sent still leaves; nothing more is heard of the key, which is free at once. */
    void (*close)(struct pawl_ctx *ctx, uint64_t key);
    /* A request of HTTP/1.1. Host, Content-Length and Connection are the host's; nothing is
     * compressed, redirected or tried twice. net_reply and net_body, or net_ended at any point.
     * PAWL_E_BUSY: PAWL_NET_REQUESTS_MAX; else as open(). */
    int (*request)(struct pawl_ctx *ctx, uint64_t key, const struct pawl_net_request *what,
                   struct pawl_err *err);
    /* [any] enum pawl_net_state of a connection or listener. */
    int (*state)(struct pawl_ctx *ctx, uint64_t key);
};

#ifdef __cplusplus
}
#endif
#endif
