#include "net/net.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/net_int.h"

uint64_t net_now(const struct net *net) {
    return uv_now(net->options.loop);
}

uint64_t net_ms(int64_t ns, uint64_t otherwise) {
    return ns <= 0 ? otherwise : (uint64_t)(ns / PAWL_MS) + (ns % PAWL_MS != 0);
}

uint16_t net_address_text(const struct sockaddr_storage *at, char *out, size_t size) {
    const struct sockaddr_in *v4 = (const void *)at;
    const struct sockaddr_in6 *v6 = (const void *)at;
    if (at->ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &v6->sin6_addr, out, (socklen_t)size);
        return ntohs(v6->sin6_port);
    }
    inet_ntop(AF_INET, &v4->sin_addr, out, (socklen_t)size);
    return ntohs(v4->sin_port);
}

int net_tls(struct net *net, struct pawl_err *err) {
    if (net->tls != NULL) return PAWL_OK;
    return tls_context_new(net->options.ca_file, &net->tls, err);
}

void net_random(struct net *net, void *out, size_t len) {
    assert(len <= sizeof net->masks);
    if (net->mask_at + len > sizeof net->masks) {
        if (getrandom(net->masks, sizeof net->masks, 0) != (ssize_t)sizeof net->masks) {
            struct { uint64_t a, b; } other = {uv_hrtime(), net->mask_at};
            memcpy(net->masks, &other, sizeof other); /* masks hide nothing; anything will do */
        }
        net->mask_at = 0;
    }
    memcpy(out, net->masks + net->mask_at, len);
    net->mask_at += (uint32_t)len;
}

/* ---- telling ---- */

void *net_event(struct net *net, uint16_t type, size_t size, uint32_t owner, uint64_t key) {
    memset(&net->event, 0, size);
    net->event.head.size = (uint32_t)size;
    net->event.head.type = type;
    net->event.head.target = owner;
    net->event.head.cookie = key;
    return &net->event;
}

void net_event_tail(struct net *net, struct pawl_text *ret, const void *bytes, size_t len) {
    size_t at = net->event.head.size, padded = (len + 7) & ~(size_t)7;
    assert(at + padded <= sizeof net->event);
    if (len > 0) memcpy(net->event.bytes + at, bytes, len);
    memset(net->event.bytes + at + len, 0, padded - len);
    *ret = (struct pawl_text){.off = (uint32_t)at, .len = (uint32_t)len};
    net->event.head.size += (uint32_t)padded;
}

static void tell(struct net *net) {
    net->telling = true;
    net->options.event(net->options.arg, &net->event.head);
    net->telling = false;
}

static void flush_dirty(struct net *net) {
    while (net->dirty != NULL) stream_flush(net->dirty);
}

void net_flush(struct net *net) {
    flush_dirty(net);
    if (net->assign) requests_assign(net);
}

/* The streams that have something take turns; a slice at most, then the loop goes round. */
void net_pump(struct net *net) {
    uint32_t told = 0;
    if (net->telling || net->closing) return;
    flush_dirty(net);
    while (net->ready_first != NULL && told < NET_SLICE_EVENTS) {
        struct stream *s = net->ready_first;
        net->ready_first = s->ready_next;
        if (net->ready_first != NULL)
            net->ready_first->ready_prev = NULL;
        else
            net->ready_last = NULL;
        s->ready = false;
        int step = s->kind->step(s);
        if (step == STEP_EVENT) stream_mark(s); /* it may have more */
        if (step != STEP_NONE) {
            tell(net);
            told++;
        }
        if (net->closing) return;
        net_flush(net);
    }
    if (net->ready_first != NULL)
        uv_idle_start(&net->more, net_on_more);
    else
        uv_idle_stop(&net->more);
}

void net_on_more(uv_idle_t *handle) {
    struct net *net = handle->data;
    if (net->assign) requests_assign(net);
    net_pump(net);
}

static void on_prepare(uv_prepare_t *handle) {
    struct net *net = handle->data;
    net_flush(net);
    if (net->ready_first != NULL) uv_idle_start(&net->more, net_on_more);
}

static void on_resolved(uv_async_t *handle) {
    struct net *net = handle->data;
    if (net->closing) return;
    resolver_collect(net->resolver);
    net_pump(net);
}

/* ---- time ---- */

static void on_timer(uv_timer_t *handle);

void net_look_at(struct net *net, uint64_t due_ms) {
    if (due_ms >= net->timer_due) return;
    uint64_t now = net_now(net);
    net->timer_due = due_ms;
    uv_timer_start(&net->timer, on_timer, due_ms > now ? due_ms - now : 0, 0);
}

static uint64_t stream_due(const struct stream *s) {
    uint64_t due = s->deadline != 0 ? s->deadline : UINT64_MAX;
    if (s->state == STREAM_CONNECTING && s->address_at < s->address_count && s->try_until < due)
        due = s->try_until;
    return due;
}

/* If it was us who slept, what came meanwhile lies in the socket: there is time to read that, once:
 * who sends byte by byte does not put off the end of what has to be over by then. */
static uint64_t grace(uint64_t late_ms) {
    return 1 + (late_ms < NET_LATE_MAX_MS ? late_ms : NET_LATE_MAX_MS);
}

static void on_timer(uv_timer_t *handle) {
    struct net *net = handle->data;
    uint64_t now = net_now(net), due = UINT64_MAX;
    net->timer_due = UINT64_MAX;
    if (net->closing || net->telling) return;
    while (requests_expired(net, now)) {
        tell(net);
        if (net->closing) return;
    }
    for (struct stream *s = net->all, *next; s != NULL; s = next) {
        next = s->all_next;
        if (s->over && s->kind == NULL) continue;
        if (s->deadline != 0 && s->deadline <= now && s->deadline != s->last_look) {
            s->deadline = s->last_look = now + grace(now - s->deadline);
        } else if (s->deadline != 0 && s->deadline <= now) {
            s->deadline = 0;
            s->kind->expired(s);
        } else if (stream_due(s) <= now) {
            stream_try_next(s);
        }
    }
    for (const struct stream *s = net->all; s != NULL; s = s->all_next)
        if (stream_due(s) < due) due = stream_due(s);
    if (requests_due(net) < due) due = requests_due(net);
    if (due != UINT64_MAX) net_look_at(net, due);
    net_pump(net);
}

/* ---- life ---- */

int net_new(const struct net_options *options, struct net **ret, struct pawl_err *err) {
    struct net *net = mem_calloc(1, sizeof *net);
    if (net == NULL) return pawl_fail(err, PAWL_E_NOMEM, "network: out of memory");
    net->options = *options;
    if (options->ca_file != NULL) net->ca_file = mem_strdup(options->ca_file);
    net->options.ca_file = net->ca_file;
    net->timer_due = UINT64_MAX;
    net->mask_at = sizeof net->masks;
    bool copied = (net->ca_file == NULL) == (options->ca_file == NULL);
    if (!copied || resolver_new(net, &net->resolver) != PAWL_OK ||
        uv_async_init(options->loop, &net->resolved, on_resolved) != 0) {
        resolver_free(net->resolver);
        mem_free(net->ca_file);
        mem_free(net);
        return pawl_fail(err, PAWL_E_NOMEM, "network: out of memory");
    }
    uv_timer_init(options->loop, &net->timer);
    uv_idle_init(options->loop, &net->more);
    uv_prepare_init(options->loop, &net->prepare);
    uv_handle_t *const handles[] = {(uv_handle_t *)&net->timer, (uv_handle_t *)&net->more,
                                    (uv_handle_t *)&net->prepare, (uv_handle_t *)&net->resolved};
    net->handles = sizeof handles / sizeof *handles;
    for (uint32_t i = 0; i < net->handles; i++) {
        handles[i]->data = net;
        if (handles[i] != (uv_handle_t *)&net->more) uv_unref(handles[i]); /* work keeps a loop */
    }
    uv_prepare_start(&net->prepare, on_prepare);
    *ret = net;
    return PAWL_OK;
}

static void on_closed(uv_handle_t *handle) {
    struct net *net = handle->data;
    if (--net->handles > 0) return;
    mem_free(net->ca_file);
    mem_free(net);
}

void net_drop(struct net *net, uint32_t owner) {
    requests_drop(net, owner);
    links_drop(net, owner);
    listeners_drop(net, owner);
}

void net_drop_all(struct net *net) {
    net_drop(net, 0);
}

void net_free(struct net *net) {
    if (net == NULL) return;
    flush_dirty(net);
    net->closing = true;
    net_drop_all(net);
    while (net->all != NULL) { /* what was closed and still had something to send */
        struct stream *s = net->all;
        stream_done(s);
        mem_free(s);
    }
    resolver_free(net->resolver);
    net->resolver = NULL;
    tls_context_free(net->tls);
    uv_close((uv_handle_t *)&net->timer, on_closed);
    uv_close((uv_handle_t *)&net->more, on_closed);
    uv_close((uv_handle_t *)&net->prepare, on_closed);
    uv_close((uv_handle_t *)&net->resolved, on_closed);
}
