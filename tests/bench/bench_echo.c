/* The component of bench_net.c: a message of the market comes in, an order goes out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pawl_json.h"
#include "pawl_net.h"
#include "pawl_services.h"

struct echo {
    struct pawl_ctx *ctx;
    const struct pawl_net *net;
    const struct pawl_json *json;
    const struct pawl_timers *timers;
    int64_t port;
};

static const struct pawl_option option_table[] = {
    {"port", PAWL_OPT_INT, 0, 1, 65535, "1", NULL, "Port to listen on."}, {.name = NULL}};

static int create(struct pawl_ctx *ctx, const void *options, void **ret_self,
                  struct pawl_err *err) {
    struct echo *echo = calloc(1, sizeof *echo);
    (void)err;
    if (echo == NULL) return PAWL_E_NOMEM;
    echo->ctx = ctx;
    memcpy(&echo->port, options, sizeof echo->port);
    echo->net = ctx->host->service(ctx, PAWL_NET);
    echo->json = ctx->host->service(ctx, PAWL_JSON);
    echo->timers = ctx->host->service(ctx, PAWL_TIMERS);
    *ret_self = echo;
    return PAWL_OK;
}

static int answer(struct echo *echo, const struct pawl_ev_net_frame *frame) {
    struct pawl_json_reader r;
    struct pawl_json_token t;
    int64_t price = 0, quantity = 0;
    char order[256];
    struct pawl_json_writer w;
    size_t len = 0;
    echo->json->begin(&r, (const char *)frame + frame->data.off, frame->data.len);
    while (echo->json->next(&r, &t) > 0) {
        if (t.key_len != 1) continue;
        if (t.key[0] == 'p') echo->json->e8(&t, &price);
        if (t.key[0] == 'q') echo->json->e8(&t, &quantity);
    }
    echo->json->write(&w, order, sizeof order);
    echo->json->open(&w, NULL, '{');
    echo->json->put_text(&w, "side", "SELL", 4);
    echo->json->put_e8(&w, "price", price);
    echo->json->put_e8(&w, "quantity", quantity);
    echo->json->close(&w, '}');
    if (echo->json->end(&w, &len) != PAWL_OK) return PAWL_E_DATA;
    return echo->net->send(echo->ctx, frame->head.cookie, order, len);
}

static int on_event(void *self, const struct pawl_event *event) {
    struct echo *echo = self;
    struct pawl_net_listen how = {.size = sizeof how, .framing = PAWL_NET_LINE, .first_key = 10,
                                  .port = (uint16_t)echo->port, .peers_max = 4};
    switch (event->type) {
    case PAWL_EV_RESTORED: return echo->timers->set(echo->ctx, 1, 0);
    case PAWL_EV_TIMER: return echo->net->listen(echo->ctx, 1, &how, NULL);
    case PAWL_EV_NET_FRAME: return answer(echo, (const void *)event);
    default: return PAWL_OK;
    }
}

static const char *const needs[] = {PAWL_NET, PAWL_JSON, PAWL_TIMERS, NULL};
static const struct pawl_plugin descriptor = {PAWL_PLUGIN_HEAD, .name = "bench_echo",
                                              .version = "0", .kind = PAWL_PLUGIN_KIND_SERVICE,
                                              .options_size = 8, .options = option_table,
                                              .needs = needs, .create = create, .destroy = free,
                                              .on_event = on_event};

PAWL_EXPORT pawl_plugin_main_fn pawl_plugin_main;
const struct pawl_plugin *pawl_plugin_main(void) {
    return &descriptor;
}
