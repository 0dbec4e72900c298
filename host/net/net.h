/*
 * net.h - sockets of all plugins: connections, listeners and HTTP requests on one loop.
 *
 * What happens is told as events of family 0x09, addressed to the owner, one call of `event` each
 * and never from inside a call of this interface. After close or drop nothing more comes for that
 * key. Who may do what, and what a plugin may still send, is decided above (plugin/service_net.c):
 * here arguments are sound, keys free where they must be, and queues bounded by the caller's count.
 *
 * Fairness  at most NET_SLICE_EVENTS events, one a connection in turn, then the loop goes round.
 * Writing   what is sent leaves after the event that caused it, or before the loop waits.
 * Owner     net is the caller's; it lives on a loop that runs until the last handle is closed.
 * Thread    loop only; names are looked up on threads of their own, which are never waited for.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <netinet/in.h>
#include <stdbool.h>

#include "pawl_net.h"

#define NET_SLICE_EVENTS 64u
#define NET_STREAMS_MAX 1024u /* sockets in all */
#define NET_ADDRESSES_MAX 8u  /* of one name */

struct net;
struct uv_loop_s;

struct net_address {
    socklen_t len;
    struct sockaddr_storage at; /* without the port */
};
/* Blocks, on a thread. How many were found; below 0 with the reason in `why`. */
typedef int net_lookup(const char *host, struct net_address *out, uint32_t max, char why[128]);

struct net_options {
    struct uv_loop_s *loop;
    void (*event)(void *arg, struct pawl_event *event); /* head filled but for seq, time, source */
    void *arg;
    const char *ca_file; /* certificates to trust instead of the system's; NULL or empty = those */
    net_lookup *lookup;  /* NULL = the system's; tests hang it */
};

int net_new(const struct net_options *options, struct net **ret, struct pawl_err *err);
/* Closes everything; the memory goes when the loop has closed the handles. Accepts NULL. */
void net_free(struct net *net);

/* PAWL_OK or PAWL_E_NOMEM: whatever else is wrong is told as an event, so that what a plugin sees
 * in its call does not depend on the outside. */
int net_open(struct net *net, uint32_t owner, uint64_t key, const struct pawl_net_open *how,
             struct pawl_err *err);
int net_listen(struct net *net, uint32_t owner, uint64_t key, const struct pawl_net_listen *how,
               struct pawl_err *err);
void net_send(struct net *net, uint32_t owner, uint64_t key, const void *bytes, size_t len);
/* The next chance to send is to be told even if little has left. */
void net_want_writable(struct net *net, uint32_t owner, uint64_t key);
void net_close(struct net *net, uint32_t owner, uint64_t key);
/* Headers have no `secret` any more: their values are in place, and wiped after use. */
int net_request(struct net *net, uint32_t owner, uint64_t key, const struct pawl_net_request *what,
                struct pawl_err *err);
void net_flush(struct net *net); /* what was sent leaves now; within an event, too */
void net_drop(struct net *net, uint32_t owner); /* all of an owner, without events */
void net_drop_all(struct net *net);

/* Bytes that `len` bytes of payload take on a connection of this framing. */
size_t net_frame_bytes(uint8_t framing, size_t len);
/* Whether this build has TLS and WebSockets. */
bool net_has_tls(void);
const char *net_tls_version(void); /* of the library; "" = none */

#endif
