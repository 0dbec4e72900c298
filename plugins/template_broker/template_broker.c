/*
 * template_broker - a small broker to begin from: the host's commands in, the venue's reports out.
 *
 * What to see here:
 *   - a broker is a translator. It decides nothing: no retry, no protection, no bookkeeping. It
 *     says what the venue can (caps), passes each command on once, and tells what is answered;
 *   - every command about an order is answered: accepted, refused, amended, ended. What cannot be
 *     known is `refused` with class unknown: the host looks it up and sends nothing twice;
 *   - queries are answered from what the venue knows, then `query_done` with the query's cookie;
 *   - a fill may be told twice or late; its `execution` id is how the host tells them apart;
 *   - it is crash-only: on `restored` it says that the link is up, and the host compares.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venue.h"

#define FIELD(name) (uint32_t)offsetof(struct options, name)

static const struct pawl_option options[] = {
    {"fee_rate", PAWL_OPT_DECIMAL, FIELD(fee_rate_e8), 0, PAWL_E8 / 10, "0", NULL,
     "Fee of a fill, as a fraction of its value: 0.0004 = 0.04 %."},
    {"round_trip", PAWL_OPT_DURATION, FIELD(round_trip_ns), PAWL_MS, 60 * PAWL_NS, "1s", NULL,
     "No answer for this long, and the outcome of a command counts as unknown."},
    {NULL},
};

/* ---- reports: venue to host ---- */

#define REPORT(name, number)                                                                       \
    {                                                                                              \
        .head = {.size = (uint32_t)sizeof(struct pawl_ev_##name), .type = (number) }               \
    }

static int publish(struct broker *broker, struct pawl_event *event) {
    event->cookie = broker->cookie;
    return broker->ctx->host->publish(broker->ctx, event);
}

static void number_text(char *out, size_t size, uint64_t number) {
    snprintf(out, size, "%llu", (unsigned long long)number);
}

int report_accepted(struct broker *broker, const struct template_broker_rec_venue_order *row) {
    struct pawl_ev_accepted event = REPORT(accepted, PAWL_EV_ACCEPTED);
    memcpy(event.order, row->order, sizeof event.order);
    number_text(event.venue_order, sizeof event.venue_order, row->id);
    return publish(broker, &event.head);
}

int report_ended(struct broker *broker, const struct template_broker_rec_venue_order *row,
                 const char *reason) {
    struct pawl_ev_ended event = REPORT(ended, PAWL_EV_ENDED);
    memcpy(event.order, row->order, sizeof event.order);
    event.state = row->state;
    event.filled = row->filled;
    snprintf(event.reason, sizeof event.reason, "%s", reason);
    return publish(broker, &event.head);
}

int report_execution(struct broker *broker, const struct template_broker_rec_venue_fill *fill) {
    struct pawl_ev_execution event = REPORT(execution, PAWL_EV_EXECUTION);
    memcpy(event.order, fill->order, sizeof event.order);
    event.account = fill->account;
    event.instrument = fill->instrument;
    event.side = fill->side;
    event.price = fill->price;
    event.quantity = fill->quantity;
    event.fee = fill->fee;
    event.venue_time = fill->time;
    number_text(event.execution, sizeof event.execution, fill->id);
    number_text(event.venue_order, sizeof event.venue_order, fill->venue_order);
    return publish(broker, &event.head);
}

static int refuse(struct broker *broker, const char *order, uint8_t op, uint8_t class_,
                  const char *message) {
    struct pawl_ev_refused event = REPORT(refused, PAWL_EV_REFUSED);
    memcpy(event.order, order, sizeof event.order);
    event.op = op;
    event.class_ = class_;
    snprintf(event.message, sizeof event.message, "%s", message);
    return publish(broker, &event.head);
}

static int report_link(struct broker *broker, bool up) {
    struct pawl_ev_link event = REPORT(link, PAWL_EV_LINK);
    event.up = up;
    snprintf(event.message, sizeof event.message, "the venue inside the plugin");
    return publish(broker, &event.head);
}

/* ---- commands: host to venue ---- */

static int on_submit(struct broker *broker, const struct pawl_ev_submit *submit) {
    struct template_broker_rec_venue_order row;
    uint8_t op = PAWL_ORDER_OP_SUBMIT;
    if (venue_find(broker, submit->order, &row))
        return refuse(broker, submit->order, op, PAWL_ERROR_CLASS_FATAL, "this id was used before");
    if (submit->kind != PAWL_KIND_MARKET && submit->kind != PAWL_KIND_LIMIT &&
        submit->kind != PAWL_KIND_STOP)
        return refuse(broker, submit->order, op, PAWL_ERROR_CLASS_FATAL, "no such kind of order");
    int64_t held_e8 = venue_position(broker, submit->account, submit->instrument).quantity.e8;
    bool reduces = submit->side == PAWL_SIDE_BUY ? held_e8 < 0 : held_e8 > 0;
    if (submit->reduce && !reduces)
        return refuse(broker, submit->order, op, PAWL_ERROR_CLASS_STATE, "nothing to reduce");
    return venue_take(broker, submit);
}

static int on_amend(struct broker *broker, const struct pawl_ev_amend *amend) {
    struct template_broker_rec_venue_order row;
    struct pawl_ev_amended event = REPORT(amended, PAWL_EV_AMENDED);
    if (!venue_find(broker, amend->order, &row) || row.state != PAWL_ORDER_STATE_ACCEPTED)
        return refuse(broker, amend->order, PAWL_ORDER_OP_AMEND, PAWL_ERROR_CLASS_STATE,
                      "no such order works");
    row.quantity = amend->quantity;
    row.price = amend->price;
    row.stop_price = amend->stop_price;
    memcpy(event.order, row.order, sizeof event.order);
    event.quantity = row.quantity;
    event.price = row.price;
    event.stop_price = row.stop_price;
    int rc = publish(broker, &event.head);
    return rc == PAWL_OK ? venue_change(broker, &row) : rc;
}

static int on_cancel(struct broker *broker, const struct pawl_ev_cancel *cancel) {
    struct template_broker_rec_venue_order row;
    if (!venue_find(broker, cancel->order, &row) || row.state != PAWL_ORDER_STATE_ACCEPTED)
        return refuse(broker, cancel->order, PAWL_ORDER_OP_CANCEL, PAWL_ERROR_CLASS_STATE,
                      "no such order works");
    row.state = PAWL_ORDER_STATE_CANCELLED;
    int rc = venue_change(broker, &row);
    return rc == PAWL_OK ? report_ended(broker, &row, "as asked") : rc;
}

/* ---- queries ---- */

static int tell_order(struct broker *broker, const struct template_broker_rec_venue_order *row) {
    struct pawl_ev_status event = REPORT(status, PAWL_EV_STATUS);
    memcpy(event.order, row->order, sizeof event.order);
    event.account = row->account;
    event.instrument = row->instrument;
    event.found = 1;
    event.state = row->state;
    event.side = row->side;
    event.kind = row->kind;
    event.quantity = row->quantity;
    event.filled = row->filled;
    event.price = row->price;
    event.stop_price = row->stop_price;
    number_text(event.venue_order, sizeof event.venue_order, row->id);
    return publish(broker, &event.head);
}

static int tell_one_order(struct broker *broker, const struct pawl_ev_query *query) {
    struct template_broker_rec_venue_order row;
    struct pawl_ev_status unknown = REPORT(status, PAWL_EV_STATUS); /* found = 0 */
    if (venue_find(broker, query->order, &row)) return tell_order(broker, &row);
    memcpy(unknown.order, query->order, sizeof unknown.order);
    unknown.account = query->account;
    unknown.instrument = query->instrument;
    return publish(broker, &unknown.head);
}

static bool asked(const struct pawl_ev_query *query, uint32_t account, uint32_t instrument) {
    return query->account == account &&
           (query->instrument == 0 || query->instrument == instrument);
}

static int tell_position(struct broker *broker,
                         const struct template_broker_rec_venue_position *row) {
    struct pawl_ev_position event = REPORT(position, PAWL_EV_POSITION);
    bool is_long = row->quantity.e8 > 0;
    event.account = (uint32_t)(row->id >> 32);
    event.instrument = (uint32_t)row->id;
    event.side = is_long ? PAWL_POSITION_SIDE_LONG : PAWL_POSITION_SIDE_SHORT;
    event.quantity.e8 = is_long ? row->quantity.e8 : -row->quantity.e8;
    event.price = row->price;
    return publish(broker, &event.head);
}

/* Every row of one type that was asked for. */
static int tell_rows(struct broker *broker, const struct pawl_ev_query *query, uint16_t type) {
    union {
        uint64_t id;
        struct template_broker_rec_venue_order order;
        struct template_broker_rec_venue_fill fill;
        struct template_broker_rec_venue_position position;
    } row = {.id = 0};
    int rc = PAWL_OK;
    for (const void *next;
         rc == PAWL_OK && (next = broker->records->next(broker->ctx, type, row.id)) != NULL;) {
        if (type == TEMPLATE_BROKER_REC_VENUE_ORDER) {
            memcpy(&row.order, next, sizeof row.order);
            if (row.order.state == PAWL_ORDER_STATE_ACCEPTED &&
                asked(query, row.order.account, row.order.instrument))
                rc = tell_order(broker, &row.order);
        } else if (type == TEMPLATE_BROKER_REC_VENUE_FILL) {
            memcpy(&row.fill, next, sizeof row.fill);
            if (row.fill.time >= query->since &&
                asked(query, row.fill.account, row.fill.instrument))
                rc = report_execution(broker, &row.fill);
        } else {
            memcpy(&row.position, next, sizeof row.position);
            if (asked(query, (uint32_t)(row.id >> 32), (uint32_t)row.id))
                rc = tell_position(broker, &row.position);
        }
    }
    return rc;
}

static int on_query(struct broker *broker, const struct pawl_ev_query *query) {
    struct pawl_ev_query_done done = REPORT(query_done, PAWL_EV_QUERY_DONE);
    int rc = PAWL_OK;
    switch (query->what) {
    case PAWL_QUERY_WHAT_ORDER: rc = tell_one_order(broker, query); break;
    case PAWL_QUERY_WHAT_ORDERS:
        rc = tell_rows(broker, query, TEMPLATE_BROKER_REC_VENUE_ORDER);
        break;
    case PAWL_QUERY_WHAT_EXECUTIONS:
        rc = tell_rows(broker, query, TEMPLATE_BROKER_REC_VENUE_FILL);
        break;
    default: rc = tell_rows(broker, query, TEMPLATE_BROKER_REC_VENUE_POSITION); break;
    }
    done.what = query->what;
    done.ok = rc == PAWL_OK; /* 0 = the answer is not complete: the host asks again */
    return publish(broker, &done.head);
}

/* ---- what the host calls ---- */

static int on_restored(struct broker *broker) {
    int rc = venue_resume(broker);
    return rc == PAWL_OK ? report_link(broker, true) : rc;
}

static int dispatch(struct broker *broker, const struct pawl_event *event) {
    switch (event->type) {
    case PAWL_EV_SUBMIT: return on_submit(broker, (const void *)event);
    case PAWL_EV_AMEND: return on_amend(broker, (const void *)event);
    case PAWL_EV_CANCEL: return on_cancel(broker, (const void *)event);
    case PAWL_EV_QUERY: return on_query(broker, (const void *)event);
    case PAWL_EV_QUOTE:
        return venue_price(broker, ((const struct pawl_ev_quote *)event)->instrument);
    case PAWL_EV_TIMER: return venue_expire(broker, event->cookie);
    case PAWL_EV_RESTORED: return on_restored(broker);
    default: return PAWL_OK;
    }
}

static int on_event(void *self, const struct pawl_event *event) {
    struct broker *broker = self;
    bool is_command = event->type >> 8 == 0x03;
    broker->cookie = is_command ? event->cookie : 0;
    int rc = dispatch(broker, event);
    broker->cookie = 0;
    return rc;
}

/* The host chooses how it works from this, never from a broker's name. */
static int caps(void *self, uint32_t account, struct pawl_broker_caps *ret_caps) {
    const struct broker *broker = self;
    const struct pawl_account_info *info = broker->market->account(broker->ctx, account);
    if (info == NULL) return PAWL_E_NOTFOUND;
    if (info->hedging) {
        broker->ctx->host->log(broker->ctx, PAWL_LOG_ERROR, "account %s: only mode netting",
                               info->name);
        return PAWL_E_CONFIG;
    }
    *ret_caps = (struct pawl_broker_caps){.size = (uint32_t)sizeof *ret_caps,
                                          .exit_bound = PAWL_EXIT_FLAG,
                                          .amend_limit = 1,
                                          .amend_stop = 1,
                                          .native_stop = 1,
                                          .holds_both = 1,
                                          .dedupe = PAWL_DEDUPE_ORDER_ID,
                                          .settle_ns = broker->options.round_trip_ns,
                                          .answer_ns = broker->options.round_trip_ns};
    return PAWL_OK;
}

static int create(struct pawl_ctx *ctx, const void *filled, void **ret_self,
                  struct pawl_err *err) {
    struct broker *broker = calloc(1, sizeof *broker);
    if (broker == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    broker->ctx = ctx;
    broker->options = *(const struct options *)filled;
    broker->market = ctx->host->service(ctx, PAWL_MARKET);
    broker->records = ctx->host->service(ctx, PAWL_RECORDS);
    broker->timers = ctx->host->service(ctx, PAWL_TIMERS);
    *ret_self = broker;
    return PAWL_OK;
}

static void destroy(void *self) {
    free(self);
}

/* Commands, timers and `restored` are addressed to it: they need no subscription. */
static const uint16_t listens[] = {PAWL_EV_QUOTE, 0};
static const char *const needs[] = {PAWL_MARKET, PAWL_RECORDS, PAWL_TIMERS, NULL};

static const struct pawl_plugin plugin = {
    PAWL_PLUGIN_HEAD,
    .name = "template_broker", /* as its file: template_broker.so */
    .version = "0.1.0",
    .kind = PAWL_PLUGIN_KIND_BROKER,
    .options_size = sizeof(struct options),
    .options = options,
    .records = template_broker_records,
    .listens = listens,
    .needs = needs,
    .create = create,
    .destroy = destroy,
    .on_event = on_event,
    .caps = caps,
};

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void);

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void) {
    return &plugin;
}
