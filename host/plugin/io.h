/*
 * io.h - what plugins have outside the host: sockets, shares of what a venue allows, keys.
 *
 * Everything a plugin sees in a call is decided here, from earlier calls and from events that were
 * delivered: which keys are in use, what still fits a send queue, what a bucket holds. So a replay
 * that feeds the recorded events gets the same answers, with no socket open. The sockets are
 * net/net.h's; it is told what is to happen and tells what did.
 *
 * Thread loop only. Owner: the host.
 */
#ifndef PLUGIN_IO_H
#define PLUGIN_IO_H

#include "config/config.h"
#include "net/budget.h"
#include "net/net.h"
#include "pawl_crypto.h"
#include "pawl_json.h"
#include "plugin/instance.h"

#define IO_NONCES_MAX 64u
#define IO_NONCE_LEAD_US UINT64_C(1000000) /* stored ahead of what was given */

enum io_mode {
    IO_NONE = 0, /* backtest, simulator: there is nothing outside */
    IO_LIVE,
    IO_REPLAY /* what happened outside is fed as events; nothing is opened */
};

struct io_link { /* a key of net: a connection or a listener */
    uint64_t key, listener; /* 0 = opened from here, or the listener itself */
    uint64_t used;          /* bytes sent and not yet told as drained */
    uint32_t window, frame_max, peers_max;
    uint8_t state, framing;
    bool listens, orphan; /* orphan: its listener has gone */
};

struct io_port { /* of a component */
    uint32_t component, link_count, request_count;
    struct io_link links[PAWL_NET_LINKS_MAX];
    uint64_t requests[PAWL_NET_REQUESTS_MAX];
};

struct io_secret {
    char name[SECRET_NAME_MAX + 1];
    struct secret *value;
};

struct io {
    enum io_mode mode;
    struct net *net; /* NULL unless IO_LIVE */
    struct budget *budget;
    struct io_port *ports[INSTANCES_MAX];
    uint32_t port_count, nonce_count;
    struct pawl_rec_nonce nonces[IO_NONCES_MAX]; /* ceiling: what is stored */
    uint64_t nonce_last[IO_NONCES_MAX];
    uint32_t secret_count;
    struct io_secret secrets[CONFIG_SECRETS_MAX];
};

int io_new(enum io_mode mode, struct net *net, struct io **ret, struct pawl_err *err);
void io_free(struct io *io); /* the sockets of its components are closed; accepts NULL */
/* Read the secrets, for a reload may grant any of them; one that cannot be read is an error if it
 * is granted to somebody. IO_LIVE only. [start] */
int io_read_secrets(struct io *io, const struct config *config, struct pawl_err *err);
int io_restore_nonce(struct io *io, const struct pawl_rec_nonce *rec, struct pawl_err *err);
/* An event of family 0x09 before it is delivered. */
void io_event(struct io *io, const struct pawl_event *event);
/* The component is no more: its connections end without a word. */
void io_drop(struct io *io, uint32_t component);
/* Budget: what is said to the next one that waits, as the input of a turn: granted, or of the same
 * shape refused. False = to nobody now. */
bool io_grant(struct io *io, int64_t now_ns, struct pawl_ev_budget_granted *ret);
bool io_may_grant(const struct io *io, int64_t now_ns); /* the next could go now */
int64_t io_grant_due(const struct io *io, int64_t now_ns);

/* ---- internal: service_net.c, service_budget.c, service_crypto.c, service_json.c ---- */
struct io_port *io_port(struct io *io, uint32_t component, bool make);
struct io_link *io_link(struct io_port *port, uint64_t key);
void io_forget_link(struct io_port *port, struct io_link *link);
/* The secret of this name, if the configuration grants it to the instance. */
const unsigned char *io_secret(const struct instance *instance, const char *name, size_t *ret_len);
bool io_secret_granted(const struct instance *instance, const char *name);
extern const struct pawl_net net_table;
extern const struct pawl_budget budget_table;
extern const struct pawl_crypto crypto_table;
extern const struct pawl_json json_table;

#endif
