/*
 * probe - sends frames of every size to a server that says them again, checks each byte that comes
 * back, and keeps going as fast as the queue lets it. For tests of the seam with real sockets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pawl_net.h"
#include "pawl_services.h"

#define LINK 1u
#define AHEAD_MAX 4096u /* frames on their way */

enum { RAW = 1, U32BE, LINE, MESSAGE }; /* of the option */

struct options {
    int64_t port, count, size_max;
    uint32_t framing;
    uint8_t tls;
};

struct probe {
    struct pawl_ctx *ctx;
    const struct pawl_net *net;
    const struct pawl_timers *timers;
    struct options options;
    uint64_t sent, back; /* frames */
    uint64_t offset;     /* of the frame that comes back */
    uint64_t busy;
    char frame[65536];
};

/* Frame n: its size and its bytes follow from n. */
static size_t size_of(const struct probe *p, uint64_t n) {
    static const size_t edges[] = {0, 1, 125, 126, 127, 3839, 3840, 3841, 7680, 65535};
    size_t max = (size_t)p->options.size_max;
    size_t size = n % 3 == 0 ? edges[n / 3 % 10] : (size_t)(n * 2654435761u >> 7) % (max + 1);
    return size < max ? size : max;
}

static char byte_of(uint64_t n, size_t at) {
    return (char)('a' + (n + at) % 26);
}

static void send_more(struct probe *p) {
    while (p->sent < (uint64_t)p->options.count && p->sent - p->back < AHEAD_MAX) {
        size_t size = size_of(p, p->sent);
        for (size_t i = 0; i < size; i++) p->frame[i] = byte_of(p->sent, i);
        if (p->net->send(p->ctx, LINK, p->frame, size) != PAWL_OK) {
            p->busy++;
            return; /* net_writable follows */
        }
        p->sent++;
    }
}

static int check(struct probe *p, const struct pawl_ev_net_frame *frame) {
    const char *data = (const char *)frame + frame->data.off;
    if (frame->offset != p->offset) return PAWL_E_DATA;
    for (size_t i = 0; i < frame->data.len; i++)
        if (data[i] != byte_of(p->back, (size_t)p->offset + i)) return PAWL_E_DATA;
    p->offset += frame->data.len;
    if (!frame->last) return PAWL_OK;
    if (p->offset != size_of(p, p->back)) return PAWL_E_DATA;
    p->offset = 0;
    if (++p->back == (uint64_t)p->options.count)
        p->ctx->host->log(p->ctx, PAWL_LOG_INFO, "echoed %llu, waited %llu times",
                          (unsigned long long)p->back, (unsigned long long)p->busy);
    send_more(p);
    return PAWL_OK;
}

static int open_link(struct probe *p) {
    const struct options *o = &p->options;
    uint8_t plain = o->framing == MESSAGE ? PAWL_NET_WS : PAWL_NET_TCP;
    struct pawl_net_open how = {.size = sizeof how, .host = "localhost", .target = "/echo",
                                .transport = (uint8_t)(plain + (o->tls ? 1 : 0)),
                                .framing = (uint8_t)o->framing, .port = (uint16_t)o->port};
    return p->net->open(p->ctx, LINK, &how, NULL);
}

static int on_event(void *self, const struct pawl_event *event) {
    struct probe *p = self;
    const struct pawl_ev_net_down *down = (const void *)event;
    switch (event->type) {
    case PAWL_EV_RESTORED: return p->timers->set(p->ctx, 1, 0);
    case PAWL_EV_TIMER: return open_link(p);
    case PAWL_EV_NET_UP:
    case PAWL_EV_NET_WRITABLE: send_more(p); return PAWL_OK;
    case PAWL_EV_NET_FRAME: return check(p, (const void *)event);
    case PAWL_EV_NET_DOWN:
        p->ctx->host->log(p->ctx, PAWL_LOG_WARN, "down: %s", down->message);
        return PAWL_OK;
    default: return PAWL_OK;
    }
}

static int create(struct pawl_ctx *ctx, const void *options, void **ret_self,
                  struct pawl_err *err) {
    struct probe *p = calloc(1, sizeof *p);
    (void)err;
    if (p == NULL) return PAWL_E_NOMEM;
    p->ctx = ctx;
    memcpy(&p->options, options, sizeof p->options);
    p->net = ctx->host->service(ctx, PAWL_NET);
    p->timers = ctx->host->service(ctx, PAWL_TIMERS);
    *ret_self = p;
    return PAWL_OK;
}

static const struct pawl_option option_table[] = {
    {"port", PAWL_OPT_INT, offsetof(struct options, port), 1, 65535, "1", NULL, "Of the server."},
    {"count", PAWL_OPT_INT, offsetof(struct options, count), 1, 100000000, "1000", NULL,
     "Frames to send."},
    {"size_max", PAWL_OPT_INT, offsetof(struct options, size_max), 0, 65535, "10000", NULL,
     "Bytes of the largest."},
    {"framing", PAWL_OPT_ENUM, offsetof(struct options, framing), 0, 0, "line",
     "raw|u32be|line|message", "How they are told apart."},
    {"tls", PAWL_OPT_BOOL, offsetof(struct options, tls), 0, 0, "false", NULL, "Over TLS."},
    {.name = NULL}};
static const char *const needs[] = {PAWL_NET, PAWL_TIMERS, NULL};
static const struct pawl_plugin descriptor = {PAWL_PLUGIN_HEAD, .name = "probe", .version = "0",
                                              .kind = PAWL_PLUGIN_KIND_SERVICE,
                                              .options_size = sizeof(struct options),
                                              .options = option_table, .needs = needs,
                                              .create = create, .destroy = free,
                                              .on_event = on_event};

PAWL_EXPORT pawl_plugin_main_fn pawl_plugin_main;
const struct pawl_plugin *pawl_plugin_main(void) {
    return &descriptor;
}
