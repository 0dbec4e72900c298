/* net_int.h - inside host/net: what links, requests and streams share. Thread loop only. */
#ifndef NET_NET_INT_H
#define NET_NET_INT_H

#include "net/stream.h"

#define NET_LINGER_MS 2000u
#define NET_LATE_MAX_MS 1000u /* to read what came while nobody looked */
#define NET_TRY_MS 3000u        /* for one of several addresses */
#define NET_IDLE_POOL_MS 30000u /* an unused connection for requests is closed */
#define NET_FRAME_DEFAULT (4u << 20)
#define NET_REPLY_DEFAULT (16u << 20)
#define NET_TIMEOUT_DEFAULT_MS 10000u
#define NET_WINDOW_DEFAULT (256u << 10)

struct link;
struct listener;
struct http_conn;
struct http_request;

struct net {
    struct net_options options;
    char *ca_file; /* options.ca_file, a copy: whose text it was may be gone by then */
    uv_timer_t timer;
    uv_idle_t more;       /* there is more than one slice to tell */
    uv_prepare_t prepare; /* before the loop waits */
    uv_async_t resolved;
    uint32_t handles;     /* not closed yet; the last one frees */
    bool closing, telling;
    bool assign; /* a request may find a connection now */
    struct resolver *resolver;
    void *tls; /* made with the first connection that needs it */
    struct stream *all, *ready_first, *ready_last, *dirty;
    uint32_t stream_count;
    uint64_t timer_due; /* ms of the loop; UINT64_MAX = not running */
    struct link *links;
    struct listener *listeners;
    struct http_conn *conns;
    struct http_request *waiting, *waiting_last; /* without a connection, oldest first */
    uint32_t mask_at;
    uint8_t masks[256]; /* random bytes */
    union {
        struct pawl_event head;
        uint8_t bytes[PAWL_EVENT_SIZE_MAX];
    } event;
};

uint64_t net_now(const struct net *net); /* ms of the loop */
/* The stream's deadline or the owner's: look again then at the latest. */
void net_look_at(struct net *net, uint64_t due_ms);
void net_pump(struct net *net);
void net_on_more(uv_idle_t *handle);
/* Begin an event of this type and size in net->event. */
void *net_event(struct net *net, uint16_t type, size_t size, uint32_t owner, uint64_t key);
/* Append the tail; ret gets its place. At most PAWL_NET_SLICE_MAX bytes. */
void net_event_tail(struct net *net, struct pawl_text *ret, const void *bytes, size_t len);
uint64_t net_ms(int64_t ns, uint64_t otherwise);
/* The address as text; returns the port. */
uint16_t net_address_text(const struct sockaddr_storage *at, char *out, size_t size);
int net_tls(struct net *net, struct pawl_err *err); /* the context, made when first needed */
void net_random(struct net *net, void *out, size_t len);

/* ---- link.c, listen.c, request.c ---- */
struct link *link_find(const struct net *net, uint32_t owner, uint64_t key);
struct link_accept { /* what a listener gives the connections that come in */
    uint32_t owner;
    uint64_t key, listener;
    uint8_t framing;
    uint32_t frame_max, window;
    uint64_t idle_ms;
};
int link_accepted(struct net *net, const struct link_accept *how, int fd);
uint32_t links_of(const struct net *net, uint32_t owner, uint64_t listener);
void links_drop(struct net *net, uint32_t owner); /* 0 = all */
void listeners_drop(struct net *net, uint32_t owner);
bool listener_close(struct net *net, uint32_t owner, uint64_t key);
void requests_drop(struct net *net, uint32_t owner);
bool requests_expired(struct net *net, uint64_t now);
uint64_t requests_due(const struct net *net);
void requests_assign(struct net *net);

#endif
