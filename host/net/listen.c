/* Listeners: what comes in becomes a connection with a key of its own. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/net_int.h"

#define BACKLOG 64
#define ACCEPTS_MAX 16u /* at once; the loop comes back for more */

struct listener {
    struct stream s; /* first */
    struct listener *next;
    uint32_t owner, peers_max;
    uint64_t key;
    struct link_accept how;
    bool told_up;
};

static int tell_down(struct listener *listener) {
    struct net *net = listener->s.net;
    struct pawl_ev_net_down *event =
        net_event(net, PAWL_EV_NET_DOWN, sizeof *event, listener->owner, listener->key);
    event->reason = listener->s.reason;
    event->code = listener->s.code;
    memcpy(event->message, listener->s.message, sizeof event->message);
    listener_close(net, listener->owner, listener->key);
    return STEP_LAST;
}

static int listener_step(struct stream *s) {
    struct listener *listener = (struct listener *)s;
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    if (s->over) return tell_down(listener);
    if (listener->told_up) return STEP_NONE;
    listener->told_up = true;
    struct pawl_ev_net_up *event =
        net_event(s->net, PAWL_EV_NET_UP, sizeof *event, listener->owner, listener->key);
    if (getsockname(s->fd, (struct sockaddr *)&at, &size) == 0)
        event->port = net_address_text(&at, event->peer, sizeof event->peer);
    return STEP_EVENT;
}

static void listener_accept(struct stream *s) {
    struct listener *listener = (struct listener *)s;
    for (uint32_t i = 0; i < ACCEPTS_MAX; i++) {
        int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        bool full = links_of(s->net, listener->owner, listener->key) >= listener->peers_max ||
                    s->net->stream_count >= NET_STREAMS_MAX;
        if (full || link_accepted(s->net, &listener->how, fd) != PAWL_OK) close(fd);
    }
}

static void listener_expired(struct stream *s) {
    (void)s; /* it has no deadline */
}

static const struct stream_kind listener_kind = {
    .step = listener_step, .expired = listener_expired, .accept = listener_accept};

static int open_socket(const struct pawl_net_listen *how, struct pawl_err *err) {
    const char *address = how->address == NULL ? "127.0.0.1" : how->address;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(how->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(how->port)};
    bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    int one = 1;
    if (!is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
        return pawl_fail(err, PAWL_E_INVAL, "\"%.60s\" is no address to listen on", address);
    int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return pawl_fail(err, PAWL_E_IO, "socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const struct sockaddr *at = is_v4 ? (const struct sockaddr *)&v4 : (const void *)&v6;
    if (bind(fd, at, is_v4 ? sizeof v4 : sizeof v6) == 0 && listen(fd, BACKLOG) == 0) return fd;
    int saved = errno;
    close(fd);
    return pawl_fail(err, PAWL_E_IO, "cannot listen on %.60s port %u: %s", address, how->port,
                     strerror(saved));
}

int net_listen(struct net *net, uint32_t owner, uint64_t key, const struct pawl_net_listen *how,
               struct pawl_err *err) {
    struct pawl_err why = {0};
    struct listener *listener = mem_calloc(1, sizeof *listener);
    if (listener == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    stream_init(&listener->s, net, &listener_kind);
    listener->owner = owner;
    listener->key = key;
    listener->peers_max = how->peers_max;
    listener->how = (struct link_accept){.owner = owner,
                                         .key = how->first_key,
                                         .listener = key,
                                         .framing = how->framing,
                                         .frame_max = how->frame_max,
                                         .window = how->window,
                                         .idle_ms = net_ms(how->idle_timeout_ns, 0)};
    listener->next = net->listeners;
    net->listeners = listener;
    int fd = open_socket(how, &why), rc = fd;
    if (fd >= 0) rc = stream_listen(&listener->s, fd);
    if (rc == PAWL_OK) return rc;
    if (fd >= 0) close(fd); /* what failed is told later, as whatever else may happen to it */
    stream_fail(&listener->s, PAWL_NET_REASON_REFUSED, 0, "%.120s",
                why.text[0] != '\0' ? why.text : pawl_rc_text(rc));
    return PAWL_OK;
}

static void drop(struct net *net, struct listener **at) {
    (void)net;
    struct listener *listener = *at;
    *at = listener->next;
    stream_done(&listener->s);
    mem_free(listener);
}

bool listener_close(struct net *net, uint32_t owner, uint64_t key) {
    for (struct listener **at = &net->listeners; *at != NULL; at = &(*at)->next)
        if ((*at)->owner == owner && (*at)->key == key) {
            drop(net, at);
            return true;
        }
    return false;
}

void listeners_drop(struct net *net, uint32_t owner) {
    for (struct listener **at = &net->listeners; *at != NULL;)
        if (owner == 0 || (*at)->owner == owner)
            drop(net, at);
        else
            at = &(*at)->next;
}
