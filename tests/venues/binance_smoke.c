/*
 * binance_smoke - the thinnest translator for Binance USD-M that shows every service at work:
 * server time, exchangeInfo, the bookTicker stream, signed market orders. It proves the seam, tried
 * on the stand-in of this folder, and is no broker to trade with: it knows no resting orders, no
 * user stream and no positions of before.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pawl_budget.h"
#include "pawl_crypto.h"
#include "pawl_json.h"
#include "pawl_net.h"
#include "pawl_services.h"

#define BODY_MAX 65536u
#define ORDERS_MAX 64u
#define STREAM 1u /* key of the connection */
#define TIMER_START 1u

enum { ASK_TIME = 1, ASK_INFO, ASK_ORDER }; /* keys of requests; orders from ASK_ORDER on */

struct options {
    char rest_host[PAWL_OPT_TEXT_MAX + 1], stream_host[PAWL_OPT_TEXT_MAX + 1];
    int64_t rest_port, stream_port, idle_ns;
};

struct order { /* a request on its way; free if the command's size is 0 */
    struct pawl_ev_submit command;
    int status;
    uint32_t len;
    char body[1024];
};

struct smoke {
    struct pawl_ctx *ctx;
    const struct pawl_net *net;
    const struct pawl_json *json;
    const struct pawl_crypto *crypto;
    const struct pawl_budget *budget;
    const struct pawl_timers *timers;
    const struct pawl_market *market;
    struct options options;
    uint32_t weight, order_count; /* buckets */
    int64_t offset_ms;            /* the venue's clock against ours */
    bool known, up;
    int status;
    uint32_t body_len;
    char body[BODY_MAX];
    struct order orders[ORDERS_MAX];
};

static void publish(struct smoke *s, void *event, uint16_t type, size_t size) {
    struct pawl_event *head = event;
    head->type = type;
    head->size = (uint32_t)size;
    s->ctx->host->publish(s->ctx, head);
}

static void tell_link(struct smoke *s, bool up, const char *why) {
    struct pawl_ev_link link = {.up = up};
    if (up == s->up) return;
    s->up = up;
    snprintf(link.message, sizeof link.message, "%s", why);
    publish(s, &link, PAWL_EV_LINK, sizeof link);
}

/* ---- asking ---- */

static int ask(struct smoke *s, uint64_t key, const char *method, const char *target) {
    const struct pawl_net_header headers[] = {{.name = "X-MBX-APIKEY", .secret = "binance_key"}};
    struct pawl_net_request what = {.size = sizeof what, .tls = 1, .host = s->options.rest_host,
                                    .port = (uint16_t)s->options.rest_port, .method = method,
                                    .target = target, .headers = headers,
                                    .header_count = key >= ASK_ORDER,
                                    .wanted = "x-mbx-used-weight-1m,retry-after"};
    struct pawl_err err = {0};
    int rc = s->net->request(s->ctx, key, &what, &err);
    if (rc != PAWL_OK) s->ctx->host->log(s->ctx, PAWL_LOG_ERROR, "%s: %s", target, err.text);
    return rc;
}

static void open_stream(struct smoke *s) {
    char target[] = "/public/ws/btcusdt@bookTicker";
    struct pawl_net_open how = {.size = sizeof how, .transport = PAWL_NET_WSS,
                                .framing = PAWL_NET_MESSAGE, .host = s->options.stream_host,
                                .port = (uint16_t)s->options.stream_port, .target = target,
                                .idle_timeout_ns = s->options.idle_ns};
    struct pawl_err err = {0};
    int state = s->net->state(s->ctx, STREAM);
    if (state == PAWL_NET_UP) tell_link(s, true, "the stream outlived a reload");
    if (state != PAWL_NET_NONE) return;
    if (s->net->open(s->ctx, STREAM, &how, &err) != PAWL_OK)
        s->ctx->host->log(s->ctx, PAWL_LOG_ERROR, "%s", err.text);
}

static void again(struct smoke *s, int64_t wait_ns) {
    s->timers->set(s->ctx, TIMER_START, s->ctx->host->now_ns(s->ctx) + wait_ns);
}

static void start(struct smoke *s) {
    s->status = 0;
    s->body_len = 0;
    if (s->known)
        open_stream(s);
    else if (ask(s, ASK_TIME, "GET", "/fapi/v1/time") == PAWL_E_DENIED)
        tell_link(s, false, "there is no network");
}

/* ---- what the venue says ---- */

static void server_time(struct smoke *s) {
    struct pawl_json_reader r;
    struct pawl_json_token t;
    int64_t ms = 0;
    s->json->begin(&r, s->body, s->body_len);
    while (s->json->next(&r, &t) > 0)
        if (pawl_json_key(&t, "serverTime")) s->json->i64(&t, &ms);
    if (s->status != 200 || ms == 0) {
        again(s, PAWL_NS);
        return;
    }
    s->offset_ms = ms - s->ctx->host->now_ns(s->ctx) / PAWL_MS;
    s->status = 0;
    s->body_len = 0;
    ask(s, ASK_INFO, "GET", "/fapi/v1/exchangeInfo");
}

/* rateLimits: what may be said; of the symbols only that ours is there. */
static void exchange_info(struct smoke *s) {
    struct pawl_json_reader r;
    struct pawl_json_token t;
    int64_t limit = 0, weight = 0, orders = 0;
    bool is_weight = false, is_orders = false, found = false;
    int rc;
    s->json->begin(&r, s->body, s->body_len);
    while ((rc = s->json->next(&r, &t)) > 0) {
        if (pawl_json_key(&t, "symbol") && pawl_json_is(&t, "BTCUSDT")) found = true;
        if (pawl_json_key(&t, "rateLimitType")) {
            is_weight = pawl_json_is(&t, "REQUEST_WEIGHT");
            is_orders = pawl_json_is(&t, "ORDERS");
        }
        if (!pawl_json_key(&t, "limit") || s->json->i64(&t, &limit) != PAWL_OK) continue;
        if (is_weight) weight = limit;
        if (is_orders && orders == 0) orders = limit;
    }
    if (rc != 0 || s->status != 200 || !found || weight == 0 || orders == 0) {
        s->ctx->host->log(s->ctx, PAWL_LOG_ERROR, "exchangeInfo: nothing to go by");
        again(s, PAWL_NS);
        return;
    }
    s->budget->limit(s->ctx, "binance/weight", weight, weight / 10, 60 * PAWL_NS, &s->weight);
    s->budget->limit(s->ctx, "binance/orders", orders, orders / 5, 60 * PAWL_NS, &s->order_count);
    s->known = true;
    open_stream(s);
}

static void book_ticker(struct smoke *s, const char *text, size_t len) {
    struct pawl_json_reader r;
    struct pawl_json_token t;
    struct pawl_ev_quote quote = {.venue_time = 0};
    int64_t ms = 0;
    int rc, bad = 0;
    char symbol[PAWL_SYMBOL_MAX + 1] = "";
    s->json->begin(&r, text, len);
    while ((rc = s->json->next(&r, &t)) > 0) {
        if (t.depth != 1 || t.key_len != 1) continue;
        switch (t.key[0]) {
        case 's': bad |= s->json->text(&t, symbol, sizeof symbol); break;
        case 'b': bad |= s->json->e8(&t, &quote.bid.e8); break;
        case 'a': bad |= s->json->e8(&t, &quote.ask.e8); break;
        case 'B': bad |= s->json->e8(&t, &quote.bid_size.e8); break;
        case 'A': bad |= s->json->e8(&t, &quote.ask_size.e8); break;
        case 'T': bad |= s->json->i64(&t, &ms); break;
        default: break;
        }
    }
    const struct pawl_instrument *instrument = s->market->by_symbol(s->ctx, symbol);
    if (rc != 0 || bad != 0 || instrument == NULL || quote.bid.e8 <= 0 || quote.ask.e8 <= 0) {
        s->ctx->host->log(s->ctx, PAWL_LOG_WARN, "a message that is no bookTicker");
        return;
    }
    quote.instrument = instrument->id;
    quote.venue_time = ms * PAWL_MS;
    publish(s, &quote, PAWL_EV_QUOTE, sizeof quote);
}

/* ---- orders ---- */

static void refuse(struct smoke *s, const char *order, uint8_t class_, int32_t code,
                   const char *why) {
    struct pawl_ev_refused refused = {.op = PAWL_ORDER_OP_SUBMIT, .class_ = class_, .code = code};
    memcpy(refused.order, order, sizeof refused.order);
    snprintf(refused.message, sizeof refused.message, "%s", why);
    publish(s, &refused, PAWL_EV_REFUSED, sizeof refused);
}

static void send_order(struct smoke *s, struct order *o) {
    const struct pawl_ev_submit *c = &o->command;
    const struct pawl_instrument *instrument = s->market->instrument(s->ctx, c->instrument);
    char query[512], target[1700], signature[PAWL_SIGNATURE_MAX];
    size_t len = 0;
    long long ms = s->ctx->host->now_ns(s->ctx) / PAWL_MS + s->offset_ms;
    snprintf(query, sizeof query,
             "symbol=%s&side=%s&type=MARKET&quantity=%lld.%08lld&newClientOrderId=%.24s"
             "&newOrderRespType=RESULT%s&timestamp=%lld",
             instrument->symbol, c->side == PAWL_SIDE_BUY ? "BUY" : "SELL",
             (long long)(c->quantity.e8 / PAWL_E8), (long long)(c->quantity.e8 % PAWL_E8), c->order,
             c->reduce ? "&reduceOnly=true" : "", ms);
    int rc = s->crypto->sign(s->ctx, "binance_secret", PAWL_SIGN_HMAC_SHA256_HEX, query,
                             strlen(query), signature, sizeof signature, &len);
    snprintf(target, sizeof target, "/fapi/v1/order?%s&signature=%s", query, signature);
    if (rc == PAWL_OK) rc = ask(s, ASK_ORDER + (uint64_t)(o - s->orders), "POST", target);
    if (rc == PAWL_OK) return;
    refuse(s, c->order, PAWL_ERROR_CLASS_FATAL, rc, "cannot be asked");
    o->command.head.size = 0;
}

static void submit(struct smoke *s, const struct pawl_ev_submit *command) {
    uint32_t at = 0;
    while (at < ORDERS_MAX && s->orders[at].command.head.size != 0) at++;
    if (command->kind != PAWL_KIND_MARKET || at == ORDERS_MAX || !s->known) {
        refuse(s, command->order, PAWL_ERROR_CLASS_FATAL, 0, "only market orders, and not so many");
        return;
    }
    struct order *o = &s->orders[at];
    memset(o, 0, sizeof *o);
    o->command = *command;
    const struct pawl_cost costs[] = {{s->order_count, 1}};
    uint32_t lane = command->reduce ? PAWL_LANE_PROTECT : PAWL_LANE_TRADE;
    int rc = s->budget->ask(s->ctx, at, lane, costs, 1);
    if (rc == PAWL_OK) send_order(s, o); /* else budget_granted comes with this key */
    if (rc == PAWL_OK || rc == PAWL_E_BUSY) return;
    refuse(s, command->order, PAWL_ERROR_CLASS_RETRYABLE, rc, "the budget is used up");
    o->command.head.size = 0;
}

static void not_sent(struct smoke *s, uint64_t at) {
    if (at >= ORDERS_MAX || s->orders[at].command.head.size == 0) return;
    refuse(s, s->orders[at].command.order, PAWL_ERROR_CLASS_FATAL, 0, "more than the budget holds");
    s->orders[at].command.head.size = 0;
}

static void filled(struct smoke *s, const struct order *o, int64_t id, int64_t quantity,
                   int64_t price) {
    struct pawl_ev_accepted accepted = {0};
    struct pawl_ev_execution execution = {.account = o->command.account,
                                          .instrument = o->command.instrument,
                                          .side = o->command.side, .quantity = {quantity},
                                          .price = {price}};
    memcpy(accepted.order, o->command.order, sizeof accepted.order);
    snprintf(accepted.venue_order, sizeof accepted.venue_order, "%lld", (long long)id);
    publish(s, &accepted, PAWL_EV_ACCEPTED, sizeof accepted);
    memcpy(execution.order, o->command.order, sizeof execution.order);
    memcpy(execution.venue_order, accepted.venue_order, sizeof execution.venue_order);
    snprintf(execution.execution, sizeof execution.execution, "%lld-1", (long long)id);
    execution.venue_time = s->ctx->host->now_ns(s->ctx);
    publish(s, &execution, PAWL_EV_EXECUTION, sizeof execution);
}

/* The reply is whole: what it says is certain, or nothing is. */
static void order_answer(struct smoke *s, struct order *o) {
    struct pawl_json_reader r;
    struct pawl_json_token t;
    int64_t id = 0, quantity = 0, price = 0, code = 0;
    char message[128] = "";
    int rc;
    s->json->begin(&r, o->body, o->len);
    while ((rc = s->json->next(&r, &t)) > 0) {
        if (pawl_json_key(&t, "orderId")) s->json->i64(&t, &id);
        if (pawl_json_key(&t, "executedQty")) s->json->e8(&t, &quantity);
        if (pawl_json_key(&t, "avgPrice")) s->json->e8(&t, &price);
        if (pawl_json_key(&t, "code")) s->json->i64(&t, &code);
        if (pawl_json_key(&t, "msg")) s->json->text(&t, message, sizeof message);
    }
    if (rc == 0 && o->status == 200 && id > 0 && quantity > 0 && price > 0)
        filled(s, o, id, quantity, price);
    else if (rc == 0 && o->status >= 400 && o->status < 500 && code != -1006 && code != -1007)
        refuse(s, o->command.order,
               o->status == 429 ? PAWL_ERROR_CLASS_RETRYABLE : PAWL_ERROR_CLASS_FATAL,
               (int32_t)code, message);
    else
        refuse(s, o->command.order, PAWL_ERROR_CLASS_UNKNOWN, (int32_t)code, message);
    if (o->status == 429) s->budget->hold(s->ctx, s->order_count, PAWL_LANE_PROTECT, 0);
    o->command.head.size = 0;
}

/* ---- events ---- */

/* The order a key stands for; NULL = one of before a reload, which the executor looks up. */
static struct order *order_of(struct smoke *s, uint64_t at) {
    return at < ORDERS_MAX && s->orders[at].command.head.size != 0 ? &s->orders[at] : NULL;
}

static void on_reply(struct smoke *s, const struct pawl_ev_net_reply *reply) {
    static const char used[] = "x-mbx-used-weight-1m: ";
    const char *headers = (const char *)reply + reply->headers.off;
    bool is_order = reply->head.cookie >= ASK_ORDER;
    struct order *o = is_order ? order_of(s, reply->head.cookie - ASK_ORDER) : NULL;
    if (o != NULL) o->status = reply->status;
    if (!is_order) s->status = reply->status;
    if (s->weight != 0 && reply->headers.len > sizeof used &&
        memcmp(headers, used, sizeof used - 1) == 0)
        s->budget->used(s->ctx, s->weight, strtoll(headers + sizeof used - 1, NULL, 10));
    if (reply->last && o != NULL) order_answer(s, o);
}

static void on_body(struct smoke *s, const struct pawl_ev_net_body *body) {
    bool is_order = body->head.cookie >= ASK_ORDER;
    struct order *o = is_order ? order_of(s, body->head.cookie - ASK_ORDER) : NULL;
    if (is_order && o == NULL) return;
    char *to = is_order ? o->body : s->body;
    uint32_t *len = is_order ? &o->len : &s->body_len;
    size_t max = is_order ? sizeof o->body : sizeof s->body;
    if (body->data.len <= max - *len) {
        memcpy(to + *len, (const char *)body + body->data.off, body->data.len);
        *len += body->data.len;
    }
    if (!body->last) return;
    if (is_order)
        order_answer(s, o);
    else if (body->head.cookie == ASK_TIME)
        server_time(s);
    else
        exchange_info(s);
}

static void on_ended(struct smoke *s, const struct pawl_ev_net_ended *ended) {
    if (ended->head.cookie < ASK_ORDER) {
        s->ctx->host->log(s->ctx, PAWL_LOG_WARN, "request: %s", ended->message);
        again(s, PAWL_NS / 5);
        return;
    }
    struct order *o = order_of(s, ended->head.cookie - ASK_ORDER);
    if (o == NULL) return;
    bool lost = ended->sent == PAWL_NET_SENT_MAYBE_SENT;
    refuse(s, o->command.order, lost ? PAWL_ERROR_CLASS_UNKNOWN : PAWL_ERROR_CLASS_RETRYABLE, 0,
           ended->message);
    o->command.head.size = 0;
}

/* It never left an order behind, so there is nothing of before; of one in doubt it knows nothing
 * but what it was told. */
static void on_query(struct smoke *s, const struct pawl_ev_query *query) {
    struct pawl_ev_query_done done = {.what = query->what, .ok = 1};
    done.head.cookie = query->head.cookie;
    if (query->what == PAWL_QUERY_WHAT_ORDER) {
        struct pawl_ev_status status = {.account = query->account,
                                        .instrument = query->instrument};
        status.head.cookie = query->head.cookie;
        memcpy(status.order, query->order, sizeof status.order);
        publish(s, &status, PAWL_EV_STATUS, sizeof status);
    }
    publish(s, &done, PAWL_EV_QUERY_DONE, sizeof done);
}

static int on_event(void *self, const struct pawl_event *event) {
    struct smoke *s = self;
    const struct pawl_ev_net_frame *frame = (const void *)event;
    const struct pawl_ev_net_down *down = (const void *)event;
    switch (event->type) {
    case PAWL_EV_RESTORED: again(s, 0); break;
    case PAWL_EV_TIMER: start(s); break;
    case PAWL_EV_NET_REPLY: on_reply(s, (const void *)event); break;
    case PAWL_EV_NET_BODY: on_body(s, (const void *)event); break;
    case PAWL_EV_NET_ENDED: on_ended(s, (const void *)event); break;
    case PAWL_EV_NET_UP: tell_link(s, true, "the stream is up"); break;
    case PAWL_EV_NET_FRAME:
        if (frame->offset == 0 && frame->last)
            book_ticker(s, (const char *)event + frame->data.off, frame->data.len);
        break;
    case PAWL_EV_NET_DOWN:
        s->ctx->host->log(s->ctx, PAWL_LOG_WARN, "stream: %s", down->message);
        tell_link(s, false, down->message);
        again(s, PAWL_NS / 5);
        break;
    case PAWL_EV_BUDGET_GRANTED:
        if (order_of(s, event->cookie) != NULL) send_order(s, order_of(s, event->cookie));
        break;
    case PAWL_EV_BUDGET_REFUSED: not_sent(s, event->cookie); break;
    case PAWL_EV_SUBMIT: submit(s, (const void *)event); break;
    case PAWL_EV_QUERY: on_query(s, (const void *)event); break;
    default: break;
    }
    return PAWL_OK;
}

/* ---- the plugin ---- */

static int create(struct pawl_ctx *ctx, const void *options, void **ret_self,
                  struct pawl_err *err) {
    struct smoke *s = calloc(1, sizeof *s);
    (void)err;
    if (s == NULL) return PAWL_E_NOMEM;
    s->ctx = ctx;
    memcpy(&s->options, options, sizeof s->options);
    s->net = ctx->host->service(ctx, PAWL_NET);
    s->json = ctx->host->service(ctx, PAWL_JSON);
    s->crypto = ctx->host->service(ctx, PAWL_CRYPTO);
    s->budget = ctx->host->service(ctx, PAWL_BUDGET);
    s->timers = ctx->host->service(ctx, PAWL_TIMERS);
    s->market = ctx->host->service(ctx, PAWL_MARKET);
    *ret_self = s;
    return PAWL_OK;
}

static int caps(void *self, uint32_t account, struct pawl_broker_caps *ret_caps) {
    (void)self;
    (void)account;
    *ret_caps = (struct pawl_broker_caps){.size = sizeof *ret_caps, .exit_bound = PAWL_EXIT_FLAG,
                                          .dedupe = PAWL_DEDUPE_OPEN, .settle_ns = 2 * PAWL_NS,
                                          .answer_ns = 12 * PAWL_NS};
    return PAWL_OK;
}

static const struct pawl_option option_table[] = {
    {"rest_host", PAWL_OPT_TEXT, offsetof(struct options, rest_host), 0, 0, "fapi.binance.com",
     NULL, "Host of the REST interface."},
    {"rest_port", PAWL_OPT_INT, offsetof(struct options, rest_port), 1, 65535, "443", NULL,
     "Its port."},
    {"stream_host", PAWL_OPT_TEXT, offsetof(struct options, stream_host), 0, 0,
     "fstream.binance.com", NULL, "Host of the streams."},
    {"stream_port", PAWL_OPT_INT, offsetof(struct options, stream_port), 1, 65535, "443", NULL,
     "Its port."},
    {"idle", PAWL_OPT_DURATION, offsetof(struct options, idle_ns), PAWL_MS, 3600 * PAWL_NS, "30s",
     NULL, "A stream that is silent for so long is opened anew."},
    {.name = NULL}};
static const char *const needs[] = {PAWL_NET,    PAWL_JSON,   PAWL_CRYPTO, PAWL_BUDGET,
                                    PAWL_TIMERS, PAWL_MARKET, NULL};

static const struct pawl_plugin descriptor = {PAWL_PLUGIN_HEAD,
                                              .name = "binance_smoke",
                                              .version = "0",
                                              .kind = PAWL_PLUGIN_KIND_BROKER,
                                              .options_size = sizeof(struct options),
                                              .options = option_table,
                                              .needs = needs,
                                              .create = create,
                                              .destroy = free,
                                              .on_event = on_event,
                                              .caps = caps};

PAWL_EXPORT pawl_plugin_main_fn pawl_plugin_main;
const struct pawl_plugin *pawl_plugin_main(void) {
    return &descriptor;
}
