/* pawl.net/1: who may reach what, and what still fits; then it is the sockets' turn. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "net/http.h"
#include "plugin/io.h"
#include "plugin/trial.h"

#define FRAME_DEFAULT (4u << 20)
#define WINDOW_DEFAULT (256u << 10)
#define REPLY_DEFAULT (16u << 20)

static struct io *io_of(const struct instance *instance) {
    return instance->services->io;
}

/* May it be called at all now? */
static int ready(const struct instance *instance, struct pawl_err *err) {
    const struct io *io = io_of(instance);
    int rc = trial_ready(instance, TRIAL_EVENT_ONLY, err);
    if (rc != PAWL_OK) return rc;
    if (io == NULL || io->mode == IO_NONE)
        return pawl_fail(err, PAWL_E_DENIED, "there is nothing outside to reach here");
    return PAWL_OK;
}

static int granted(const struct instance *instance, const char *host, uint16_t port, bool listens,
                   struct pawl_err *err) {
    const struct config_plugin *plugin =
        config_plugin_find(instance->services->exec->config, instance->name);
    const struct config_grants *grants = plugin == NULL ? NULL : &plugin->grants;
    uint32_t count = grants == NULL ? 0 : listens ? grants->listen_count : grants->net_count;
    for (uint32_t i = 0; i < count; i++)
        if (grant_allows(listens ? grants->listen[i] : grants->net[i], host, port))
            return PAWL_OK;
    return pawl_fail(err, PAWL_E_DENIED, "plugins.%s.grants.%s does not name %.100s:%u",
                     instance->name, listens ? "listen" : "net", host, port);
}

static bool host_is_sound(const char *host) {
    size_t len = host == NULL ? 0 : strnlen(host, PAWL_NET_HOST_MAX + 1);
    return len > 0 && len <= PAWL_NET_HOST_MAX &&
           strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                        ".-_:") == len;
}

/* What the host says itself, twice said, would be two requests to somebody in between; an extension
 * of WebSocket that is offered may be used. */
static bool is_ours(const char *name) {
    static const char *const ours[] = {
        "host", "content-length", "transfer-encoding", "connection", "upgrade", "expect", "te",
        "trailer", "accept-encoding", "sec-websocket-key", "sec-websocket-version",
        "sec-websocket-extensions", "sec-websocket-accept"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcasecmp(name, ours[i]) == 0) return true;
    return false;
}

/* Names and values that may stand in a request; secrets become values. A replay has no secrets:
 * what it would send goes nowhere. */
static int take_headers(const struct instance *instance, const struct pawl_net_header *from,
                        uint32_t count, struct pawl_net_header *to, struct pawl_err *err) {
    size_t bytes = 0;
    if (count > PAWL_NET_HEADERS_MAX || (count > 0 && from == NULL))
        return pawl_fail(err, PAWL_E_INVAL, "more than %u headers", PAWL_NET_HEADERS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        to[i] = from[i];
        if (!http_token(from[i].name)) return pawl_fail(err, PAWL_E_INVAL, "header %u: no name", i);
        if (is_ours(from[i].name))
            return pawl_fail(err, PAWL_E_INVAL, "header %s is the host's", from[i].name);
        if (from[i].secret != NULL) {
            size_t len;
            if (!io_secret_granted(instance, from[i].secret))
                return pawl_fail(err, PAWL_E_DENIED,
                                 "plugins.%s.grants.secrets does not name %.60s", instance->name,
                                 from[i].secret);
            const unsigned char *secret = io_secret(instance, from[i].secret, &len);
            to[i].value = secret == NULL ? "" : (const char *)secret;
        }
        if (to[i].value == NULL || !http_value(to[i].value))
            return pawl_fail(err, PAWL_E_INVAL, "header %s: no value that can be sent",
                             from[i].name);
        bytes += strlen(to[i].name) + strlen(to[i].value) + 4;
    }
    if (bytes > PAWL_NET_HEADER_BYTES_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "headers of more than %u bytes",
                         PAWL_NET_HEADER_BYTES_MAX);
    return PAWL_OK;
}

/* A listener keeps room for the connections it may bring. */
static uint32_t places(const struct io_port *port) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < port->link_count; i++) {
        const struct io_link *link = &port->links[i];
        if (link->listener == 0 || link->orphan) count += 1 + link->peers_max;
    }
    return count;
}

static int new_link(struct instance *instance, uint64_t key, uint32_t wanted,
                    struct io_port **ret, struct pawl_err *err) {
    struct io_port *port = io_port(io_of(instance), instance->ctx.component, true);
    if (port == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    if (io_link(port, key) != NULL) return pawl_fail(err, PAWL_E_STATE, "the key is in use");
    if (places(port) + wanted > PAWL_NET_LINKS_MAX)
        return pawl_fail(err, PAWL_E_BUSY, "more than %u connections", PAWL_NET_LINKS_MAX);
    *ret = port;
    return PAWL_OK;
}

/* ---- open, listen ---- */

static int check_open(const struct instance *instance, const struct pawl_net_open *how,
                      struct pawl_err *err) {
    bool ws = how->transport == PAWL_NET_WS || how->transport == PAWL_NET_WSS;
    if (how->transport < PAWL_NET_TCP || how->transport > PAWL_NET_WSS ||
        how->framing < PAWL_NET_RAW || how->framing > PAWL_NET_MESSAGE ||
        ws != (how->framing == PAWL_NET_MESSAGE) || how->port == 0 ||
        how->frame_max > PAWL_NET_FRAME_MAX || how->window > PAWL_NET_WINDOW_MAX ||
        how->connect_timeout_ns < 0 || how->idle_timeout_ns < 0 || !host_is_sound(how->host))
        return pawl_fail(err, PAWL_E_INVAL, "no such connection can be made");
    if (ws && (!http_target(how->target) || strlen(how->target) > PAWL_NET_TARGET_MAX))
        return pawl_fail(err, PAWL_E_INVAL, "no target that can be asked for");
    return granted(instance, how->host, how->port, false, err);
}

static int net_service_open(struct pawl_ctx *ctx, uint64_t key, const struct pawl_net_open *how,
                            struct pawl_err *err) {
    struct instance *instance = instance_of(ctx);
    struct pawl_net_header headers[PAWL_NET_HEADERS_MAX];
    struct pawl_net_open whole = {0};
    struct io_port *port = NULL;
    int rc = ready(instance, err);
    if (rc != PAWL_OK) return rc;
    if (how == NULL || how->size < sizeof whole) return pawl_fail(err, PAWL_E_INVAL, "no size");
    whole = *how;
    rc = check_open(instance, &whole, err);
    if (rc == PAWL_OK)
        rc = take_headers(instance, how->headers, how->header_count, headers, err);
    if (rc == PAWL_OK) rc = new_link(instance, key, 1, &port, err);
    if (rc != PAWL_OK) return rc;
    whole.headers = headers;
    if (whole.frame_max == 0) whole.frame_max = FRAME_DEFAULT;
    if (whole.window == 0) whole.window = WINDOW_DEFAULT;
    if (io_of(instance)->net != NULL)
        rc = net_open(io_of(instance)->net, ctx->component, key, &whole, err);
    if (rc == PAWL_OK)
        port->links[port->link_count++] =
            (struct io_link){.key = key, .window = whole.window, .frame_max = whole.frame_max,
                             .state = PAWL_NET_OPENING, .framing = whole.framing};
    return rc;
}

static int net_service_listen(struct pawl_ctx *ctx, uint64_t key,
                              const struct pawl_net_listen *how, struct pawl_err *err) {
    struct instance *instance = instance_of(ctx);
    struct pawl_net_listen whole = {0};
    struct io_port *port = NULL;
    int rc = ready(instance, err);
    if (rc != PAWL_OK) return rc;
    if (how == NULL || how->size < sizeof whole) return pawl_fail(err, PAWL_E_INVAL, "no size");
    whole = *how;
    if (whole.address == NULL) whole.address = "127.0.0.1";
    if (whole.peers_max == 0) whole.peers_max = 1;
    if (whole.frame_max == 0) whole.frame_max = FRAME_DEFAULT;
    if (whole.window == 0) whole.window = WINDOW_DEFAULT;
    if (whole.framing < PAWL_NET_RAW || whole.framing > PAWL_NET_LINE ||
        whole.frame_max > PAWL_NET_FRAME_MAX || whole.window > PAWL_NET_WINDOW_MAX ||
        whole.peers_max >= PAWL_NET_LINKS_MAX || whole.idle_timeout_ns < 0 ||
        !host_is_sound(whole.address))
        return pawl_fail(err, PAWL_E_INVAL, "no such listener can be made");
    rc = granted(instance, whole.address, whole.port, true, err);
    if (rc == PAWL_OK) rc = new_link(instance, key, 1 + whole.peers_max, &port, err);
    if (rc != PAWL_OK) return rc;
    if (io_of(instance)->net != NULL)
        rc = net_listen(io_of(instance)->net, ctx->component, key, &whole, err);
    if (rc == PAWL_OK)
        port->links[port->link_count++] =
            (struct io_link){.key = key, .window = whole.window, .frame_max = whole.frame_max,
                             .peers_max = whole.peers_max, .state = PAWL_NET_OPENING,
                             .framing = whole.framing, .listens = true};
    return rc;
}

/* ---- send, close, state ---- */

static int net_service_send(struct pawl_ctx *ctx, uint64_t key, const void *bytes, size_t len) {
    struct instance *instance = instance_of(ctx);
    struct io *io = io_of(instance);
    int rc = ready(instance, NULL);
    if (rc != PAWL_OK) return rc;
    struct io_link *link = io_link(io_port(io, ctx->component, false), key);
    if (link == NULL || link->listens || link->state != PAWL_NET_UP) return PAWL_E_STATE;
    if (bytes == NULL && len > 0) return PAWL_E_INVAL;
    if (link->framing == PAWL_NET_LINE && len > 0 && memchr(bytes, '\n', len) != NULL)
        return PAWL_E_INVAL; /* it would be two */
    if (len > PAWL_NET_FRAME_MAX) return PAWL_E_RANGE;
    size_t cost = net_frame_bytes(link->framing, len);
    if (cost > link->window) return PAWL_E_RANGE;
    if (link->used + cost > link->window) {
        if (io->net != NULL) net_want_writable(io->net, ctx->component, key);
        return PAWL_E_BUSY;
    }
    link->used += cost;
    if (io->net != NULL) net_send(io->net, ctx->component, key, bytes, len);
    return PAWL_OK;
}

static void net_service_close(struct pawl_ctx *ctx, uint64_t key) {
    struct instance *instance = instance_of(ctx);
    struct io *io = io_of(instance);
    if (ready(instance, NULL) != PAWL_OK) return;
    struct io_port *port = io_port(io, ctx->component, false);
    struct io_link *link = io_link(port, key);
    if (link == NULL) return;
    if (io->net != NULL) net_close(io->net, ctx->component, key);
    io_forget_link(port, link);
}

static int net_service_state(struct pawl_ctx *ctx, uint64_t key) {
    const struct instance *instance = instance_of(ctx);
    if (io_of(instance) == NULL) return PAWL_NET_NONE;
    const struct io_link *link = io_link(io_port(io_of(instance), ctx->component, false), key);
    return link == NULL ? PAWL_NET_NONE : link->state;
}

/* ---- request ---- */

static int check_request(const struct instance *instance, const struct pawl_net_request *what,
                         struct pawl_err *err) {
    if (!http_token(what->method) || strlen(what->method) > 16 || !http_target(what->target) ||
        strlen(what->target) > PAWL_NET_TARGET_MAX || !host_is_sound(what->host) ||
        what->port == 0 || what->timeout_ns < 0 || what->reply_max > PAWL_NET_REPLY_MAX ||
        strcmp(what->method, "CONNECT") == 0 ||
        (what->wanted != NULL && strlen(what->wanted) > PAWL_NET_WANTED_MAX))
        return pawl_fail(err, PAWL_E_INVAL, "no such request can be made");
    if (what->body_len > PAWL_NET_BODY_MAX || (what->body_len > 0 && what->body == NULL))
        return pawl_fail(err, PAWL_E_INVAL, "a body of more than %u bytes", PAWL_NET_BODY_MAX);
    return granted(instance, what->host, what->port, false, err);
}

static int new_request(struct instance *instance, uint64_t key, struct io_port **ret,
                       struct pawl_err *err) {
    struct io_port *port = io_port(io_of(instance), instance->ctx.component, true);
    if (port == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    for (uint32_t i = 0; i < port->request_count; i++)
        if (port->requests[i] == key) return pawl_fail(err, PAWL_E_STATE, "the key is in use");
    if (port->request_count == PAWL_NET_REQUESTS_MAX)
        return pawl_fail(err, PAWL_E_BUSY, "more than %u requests", PAWL_NET_REQUESTS_MAX);
    *ret = port;
    return PAWL_OK;
}

static int net_service_request(struct pawl_ctx *ctx, uint64_t key,
                               const struct pawl_net_request *what, struct pawl_err *err) {
    struct instance *instance = instance_of(ctx);
    struct pawl_net_header headers[PAWL_NET_HEADERS_MAX];
    struct pawl_net_request whole = {0};
    struct io_port *port = NULL;
    int rc = ready(instance, err);
    if (rc != PAWL_OK) return rc;
    if (what == NULL || what->size < sizeof whole) return pawl_fail(err, PAWL_E_INVAL, "no size");
    whole = *what;
    rc = check_request(instance, &whole, err);
    if (rc == PAWL_OK)
        rc = take_headers(instance, what->headers, what->header_count, headers, err);
    if (rc == PAWL_OK) rc = new_request(instance, key, &port, err);
    if (rc != PAWL_OK) return rc;
    whole.headers = headers;
    if (whole.reply_max == 0) whole.reply_max = REPLY_DEFAULT;
    if (io_of(instance)->net != NULL)
        rc = net_request(io_of(instance)->net, ctx->component, key, &whole, err);
    if (rc == PAWL_OK) port->requests[port->request_count++] = key;
    return rc;
}

const struct pawl_net net_table = {.size = (uint32_t)sizeof(struct pawl_net),
                                   .open = net_service_open,
                                   .listen = net_service_listen,
                                   .send = net_service_send,
                                   .close = net_service_close,
                                   .request = net_service_request,
                                   .state = net_service_state};
