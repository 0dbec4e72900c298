/* Ports of components: what they have open, told from calls and delivered events alone. */
#include "plugin/io.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "config/secret.h"

int io_new(enum io_mode mode, struct net *net, struct io **ret, struct pawl_err *err) {
    struct io *io = mem_calloc(1, sizeof *io);
    if (io == NULL || budget_new(&io->budget) != PAWL_OK) {
        mem_free(io);
        return pawl_fail(err, PAWL_E_NOMEM, "no memory for services");
    }
    io->mode = mode;
    io->net = mode == IO_LIVE ? net : NULL;
    *ret = io;
    return PAWL_OK;
}

static void free_secrets(struct io *io) {
    for (uint32_t i = 0; i < io->secret_count; i++) secret_free(io->secrets[i].value);
    io->secret_count = 0;
}

void io_free(struct io *io) {
    if (io == NULL) return;
    for (uint32_t i = 0; i < io->port_count; i++) {
        if (io->net != NULL) net_drop(io->net, io->ports[i]->component);
        mem_free(io->ports[i]);
    }
    budget_free(io->budget);
    free_secrets(io);
    mem_free(io);
}

/* ---- ports ---- */

struct io_port *io_port(struct io *io, uint32_t component, bool make) {
    for (uint32_t i = 0; i < io->port_count; i++)
        if (io->ports[i]->component == component) return io->ports[i];
    if (!make || io->port_count == INSTANCES_MAX) return NULL;
    struct io_port *port = mem_calloc(1, sizeof *port);
    if (port == NULL) return NULL;
    port->component = component;
    io->ports[io->port_count++] = port;
    return port;
}

struct io_link *io_link(struct io_port *port, uint64_t key) {
    for (uint32_t i = 0; port != NULL && i < port->link_count; i++)
        if (port->links[i].key == key) return &port->links[i];
    return NULL;
}

void io_drop(struct io *io, uint32_t component) {
    if (io->net != NULL) net_drop(io->net, component);
    budget_drop(io->budget, component);
    for (uint32_t i = 0; i < io->port_count; i++) {
        if (io->ports[i]->component != component) continue;
        mem_free(io->ports[i]);
        io->ports[i] = io->ports[--io->port_count];
        return;
    }
}

void io_forget_link(struct io_port *port, struct io_link *link) {
    uint64_t key = link->key;
    bool listens = link->listens;
    *link = port->links[--port->link_count];
    for (uint32_t i = 0; listens && i < port->link_count; i++)
        if (port->links[i].listener == key) port->links[i].orphan = true;
}

static void remove_request(struct io_port *port, uint64_t key) {
    for (uint32_t i = 0; i < port->request_count; i++)
        if (port->requests[i] == key) {
            port->requests[i] = port->requests[--port->request_count];
            return;
        }
}

static void came_up(struct io_port *port, const struct pawl_ev_net_up *up) {
    struct io_link *link = io_link(port, up->head.cookie);
    const struct io_link *listener = up->listener == 0 ? NULL : io_link(port, up->listener);
    if (link != NULL) link->state = PAWL_NET_UP;
    if (link != NULL || listener == NULL || port->link_count == PAWL_NET_LINKS_MAX) return;
    port->links[port->link_count++] = (struct io_link){
        .key = up->head.cookie, .listener = up->listener, .window = listener->window,
        .frame_max = listener->frame_max, .state = PAWL_NET_UP, .framing = listener->framing};
}

void io_event(struct io *io, const struct pawl_event *event) {
    struct io_port *port = io_port(io, event->target, false);
    struct io_link *link = io_link(port, event->cookie);
    if (port == NULL) return;
    switch (event->type) {
    case PAWL_EV_NET_UP: came_up(port, (const void *)event); break;
    case PAWL_EV_NET_DOWN:
        if (link != NULL) io_forget_link(port, link);
        break;
    case PAWL_EV_NET_WRITABLE: {
        uint64_t drained = ((const struct pawl_ev_net_writable *)event)->drained;
        if (link != NULL) link->used -= drained < link->used ? drained : link->used;
        break;
    }
    case PAWL_EV_NET_REPLY:
        if (((const struct pawl_ev_net_reply *)event)->last) remove_request(port, event->cookie);
        break;
    case PAWL_EV_NET_BODY:
        if (((const struct pawl_ev_net_body *)event)->last) remove_request(port, event->cookie);
        break;
    case PAWL_EV_NET_ENDED: remove_request(port, event->cookie); break;
    default: break;
    }
}

/* ---- secrets ---- */

static bool granted_to_somebody(const struct config *config, const char *name) {
    for (uint32_t i = 0; i < config->plugin_count; i++) {
        const struct config_grants *grants = &config->plugins[i].grants;
        for (uint32_t k = 0; k < grants->secret_count; k++)
            if (strcmp(grants->secrets[k], name) == 0) return true;
    }
    return false;
}

int io_read_secrets(struct io *io, const struct config *config, struct pawl_err *err) {
    struct io_secret fresh[CONFIG_SECRETS_MAX];
    uint32_t count = 0;
    int rc = PAWL_OK;
    if (io->mode != IO_LIVE) return PAWL_OK;
    for (uint32_t i = 0; i < config->secret_count && rc == PAWL_OK; i++) {
        const struct config_secret *secret = &config->secrets[i];
        struct pawl_err why = {0};
        rc = secret_read(secret->reference, config->dir, &fresh[count].value, &why);
        if (rc != PAWL_OK && !granted_to_somebody(config, secret->name)) {
            rc = PAWL_OK; /* nobody may have it */
            continue;
        }
        if (rc != PAWL_OK) {
            pawl_fail(err, PAWL_E_CONFIG, "%s: secrets.%s: %s", config->file, secret->name,
                      why.text);
            break;
        }
        memcpy(fresh[count++].name, secret->name, sizeof secret->name);
    }
    if (rc != PAWL_OK) {
        while (count > 0) secret_free(fresh[--count].value);
        return PAWL_E_CONFIG;
    }
    free_secrets(io);
    memcpy(io->secrets, fresh, count * sizeof fresh[0]);
    io->secret_count = count;
    return PAWL_OK;
}

bool io_secret_granted(const struct instance *instance, const char *name) {
    const struct config_plugin *plugin =
        config_plugin_find(instance->services->exec->config, instance->name);
    for (uint32_t i = 0; plugin != NULL && i < plugin->grants.secret_count; i++)
        if (strcmp(plugin->grants.secrets[i], name) == 0) return true;
    return false;
}

const unsigned char *io_secret(const struct instance *instance, const char *name,
                               size_t *ret_len) {
    const struct io *io = instance->services->io;
    if (name == NULL || !io_secret_granted(instance, name)) return NULL;
    for (uint32_t i = 0; i < io->secret_count; i++)
        if (strcmp(io->secrets[i].name, name) == 0)
            return secret_bytes(io->secrets[i].value, ret_len);
    return NULL;
}

/* ---- nonces ---- */

int io_restore_nonce(struct io *io, const struct pawl_rec_nonce *rec, struct pawl_err *err) {
    if (io->nonce_count == IO_NONCES_MAX || rec->id != io->nonce_count + 1)
        return pawl_fail(err, PAWL_E_DATA, "nonces: row %llu is out of line",
                         (unsigned long long)rec->id);
    io->nonces[io->nonce_count] = *rec;
    io->nonce_last[io->nonce_count++] = rec->ceiling;
    return PAWL_OK;
}

/* ---- grants of the budget ---- */

PAWL_STATIC_ASSERT(sizeof(struct pawl_ev_budget_granted) == sizeof(struct pawl_ev_budget_refused),
                   "one is told as the other");

bool io_grant(struct io *io, int64_t now_ns, struct pawl_ev_budget_granted *ret) {
    struct budget_word word;
    if (!budget_pop(io->budget, now_ns, &word)) return false;
    memset(ret, 0, sizeof *ret);
    ret->head.size = sizeof *ret;
    ret->head.type = word.refused ? PAWL_EV_BUDGET_REFUSED : PAWL_EV_BUDGET_GRANTED;
    ret->head.target = word.owner;
    ret->head.cookie = word.key;
    ret->lane = (uint8_t)word.lane;
    return true;
}

bool io_may_grant(const struct io *io, int64_t now_ns) {
    return budget_ready(io->budget, now_ns);
}

int64_t io_grant_due(const struct io *io, int64_t now_ns) {
    return budget_due(io->budget, now_ns);
}
