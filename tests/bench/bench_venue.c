/* The broker of bench_live.c: a line that comes in by loopback is a price, an order goes out as
 * one, and is told to have expired, so that nothing of it is left. */
#include <stdlib.h>
#include <string.h>

#include "pawl_json.h"
#include "pawl_net.h"
#include "pawl_services.h"

struct venue {
    struct pawl_ctx *ctx;
    const struct pawl_net *net;
    const struct pawl_json *json;
    const struct pawl_timers *timers;
    int64_t port;
    uint64_t link; /* the client's */
};

static const struct pawl_option option_table[] = {
    {"port", PAWL_OPT_INT, 0, 1, 65535, "1", NULL, "Port to listen on."}, {.name = NULL}};

static int create(struct pawl_ctx *ctx, const void *options, void **ret_self,
                  struct pawl_err *err) {
    struct venue *venue = calloc(1, sizeof *venue);
    (void)err;
    if (venue == NULL) return PAWL_E_NOMEM;
    venue->ctx = ctx;
    memcpy(&venue->port, options, sizeof venue->port);
    venue->net = ctx->host->service(ctx, PAWL_NET);
    venue->json = ctx->host->service(ctx, PAWL_JSON);
    venue->timers = ctx->host->service(ctx, PAWL_TIMERS);
    *ret_self = venue;
    return PAWL_OK;
}

#define REPORT(name, number)                                                                       \
    {                                                                                              \
        .head = {.size = (uint32_t)sizeof(struct pawl_ev_##name), .type = (number) }               \
    }

static int on_frame(struct venue *venue, const struct pawl_ev_net_frame *frame) {
    struct pawl_ev_quote quote = REPORT(quote, PAWL_EV_QUOTE);
    struct pawl_json_reader r;
    struct pawl_json_token t;
    venue->link = frame->head.cookie;
    venue->json->begin(&r, (const char *)frame + frame->data.off, frame->data.len);
    while (venue->json->next(&r, &t) > 0)
        if (t.key_len == 1 && t.key[0] == 'p') venue->json->e8(&t, &quote.bid.e8);
    quote.instrument = 1;
    quote.ask.e8 = quote.bid.e8 + PAWL_E8 / 100;
    return venue->ctx->host->publish(venue->ctx, &quote.head);
}

static int on_submit(struct venue *venue, const struct pawl_ev_submit *submit) {
    struct pawl_ev_accepted accepted = REPORT(accepted, PAWL_EV_ACCEPTED);
    struct pawl_ev_ended ended = REPORT(ended, PAWL_EV_ENDED);
    struct pawl_json_writer w;
    char order[256];
    size_t len = 0;
    venue->json->write(&w, order, sizeof order);
    venue->json->open(&w, NULL, '{');
    venue->json->put_text(&w, "id", submit->order, strlen(submit->order));
    venue->json->put_text(&w, "side", submit->side == PAWL_SIDE_BUY ? "BUY" : "SELL", 4);
    venue->json->put_e8(&w, "quantity", submit->quantity.e8);
    venue->json->close(&w, '}');
    int rc = venue->json->end(&w, &len);
    if (rc == PAWL_OK) rc = venue->net->send(venue->ctx, venue->link, order, len);
    accepted.head.cookie = ended.head.cookie = submit->head.cookie;
    memcpy(accepted.order, submit->order, sizeof accepted.order);
    memcpy(ended.order, submit->order, sizeof ended.order);
    ended.state = PAWL_ORDER_STATE_EXPIRED;
    if (rc == PAWL_OK) rc = venue->ctx->host->publish(venue->ctx, &accepted.head);
    return rc == PAWL_OK ? venue->ctx->host->publish(venue->ctx, &ended.head) : rc;
}

static int on_query(struct venue *venue, const struct pawl_ev_query *query) {
    struct pawl_ev_query_done done = REPORT(query_done, PAWL_EV_QUERY_DONE);
    done.head.cookie = query->head.cookie;
    done.what = query->what;
    done.ok = 1;
    return venue->ctx->host->publish(venue->ctx, &done.head);
}

static int on_event(void *self, const struct pawl_event *event) {
    struct venue *venue = self;
    struct pawl_net_listen how = {.size = sizeof how, .framing = PAWL_NET_LINE, .first_key = 10,
                                  .port = (uint16_t)venue->port, .peers_max = 4};
    struct pawl_ev_link link = REPORT(link, PAWL_EV_LINK);
    switch (event->type) {
    case PAWL_EV_RESTORED: return venue->timers->set(venue->ctx, 1, 0);
    case PAWL_EV_TIMER:
        link.up = 1;
        venue->ctx->host->publish(venue->ctx, &link.head);
        return venue->net->listen(venue->ctx, 1, &how, NULL);
    case PAWL_EV_NET_FRAME: return on_frame(venue, (const void *)event);
    case PAWL_EV_SUBMIT: return on_submit(venue, (const void *)event);
    case PAWL_EV_QUERY: return on_query(venue, (const void *)event);
    default: return PAWL_OK;
    }
}

static int caps(void *self, uint32_t account, struct pawl_broker_caps *ret_caps) {
    (void)self;
    (void)account;
    *ret_caps = (struct pawl_broker_caps){.size = (uint32_t)sizeof *ret_caps,
                                          .exit_bound = PAWL_EXIT_FLAG,
                                          .amend_limit = 1,
                                          .amend_stop = 1,
                                          .native_stop = 1,
                                          .holds_both = 1,
                                          .dedupe = PAWL_DEDUPE_ORDER_ID,
                                          .settle_ns = PAWL_NS,
                                          .answer_ns = PAWL_NS};
    return PAWL_OK;
}

static const char *const needs[] = {PAWL_NET, PAWL_JSON, PAWL_TIMERS, NULL};
static const struct pawl_plugin plugin = {PAWL_PLUGIN_HEAD, .name = "bench_venue",
                                          .version = "0", .kind = PAWL_PLUGIN_KIND_BROKER,
                                          .options_size = 8, .options = option_table,
                                          .needs = needs, .create = create, .destroy = free,
                                          .on_event = on_event, .caps = caps};

PAWL_EXPORT pawl_plugin_main_fn pawl_plugin_main;
const struct pawl_plugin *pawl_plugin_main(void) {
    return &plugin;
}
