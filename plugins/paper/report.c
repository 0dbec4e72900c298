/* What the venue tells: orders and executions as events. */
#include "paper.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void paper_venue_id_text(uint64_t order, char out[PAPER_VENUE_ID_SIZE]) {
    snprintf(out, PAPER_VENUE_ID_SIZE, "V%" PRIu64, order);
}

/* The answer to a request is what `drop_reply` takes away; what the venue says by itself is not. */
static void tell(struct paper *paper, struct pawl_event *event, bool answer) {
    if (answer) event->cookie = paper->cookie;
    if (answer && paper->drop_answer) return;
    paper_reply(paper, event);
}

void paper_report_accepted(struct paper *paper, const struct paper_order *order, bool answer) {
    struct pawl_ev_accepted event = PAPER_EVENT(accepted, PAWL_EV_ACCEPTED);
    memcpy(event.order, order->id, sizeof order->id);
    paper_venue_id_text(order->number, event.venue_order);
    paper_ticket_text(order->ticket, event.ticket);
    tell(paper, &event.head, answer);
}

void paper_report_amended(struct paper *paper, const struct paper_order *order, bool answer) {
    struct pawl_ev_amended event = PAPER_EVENT(amended, PAWL_EV_AMENDED);
    memcpy(event.order, order->id, sizeof order->id);
    event.quantity.e8 = order->quantity_e8;
    event.price.e8 = order->price_e8;
    event.stop_price.e8 = order->stop_e8;
    tell(paper, &event.head, answer);
}

void paper_report_ended(struct paper *paper, const struct paper_order *order, const char *reason,
                        bool answer) {
    struct pawl_ev_ended event = PAPER_EVENT(ended, PAWL_EV_ENDED);
    memcpy(event.order, order->id, sizeof order->id);
    event.state = order->state;
    event.filled.e8 = order->filled_e8;
    snprintf(event.reason, sizeof event.reason, "%s", reason);
    tell(paper, &event.head, answer);
}

void paper_report_refused(struct paper *paper, const char *id, uint8_t op, enum paper_refusal why,
                          const struct paper_fault *fault) {
    struct pawl_ev_refused event = PAPER_EVENT(refused, PAWL_EV_REFUSED);
    const struct paper_error *error = &paper->rules->errors[why];
    memcpy(event.order, id, strnlen(id, sizeof event.order - 1));
    event.op = op;
    event.class_ = paper_refusal_class(why);
    event.code = error->code;
    if (fault != NULL && fault->class_ != 0) event.class_ = fault->class_;
    if (fault != NULL && fault->code != 0) event.code = fault->code;
    snprintf(event.message, sizeof event.message, "%s", error->words);
    tell(paper, &event.head, true);
}

void paper_fill_execution(struct paper *paper, const struct paper_execution *execution,
                          struct pawl_ev_execution *ret) {
    const struct paper_world *world = paper->world;
    struct pawl_ev_execution event = PAPER_EVENT(execution, PAWL_EV_EXECUTION);
    memcpy(event.order, execution->id, sizeof execution->id);
    event.account = world->accounts[execution->account].id;
    event.instrument = world->symbols[execution->symbol]->id;
    event.side = execution->side;
    event.price.e8 = execution->price_e8;
    event.quantity.e8 = execution->quantity_e8;
    event.fee.e8 = execution->fee_e8;
    event.venue_time = execution->venue_ns;
    /* A host that outlives this world must not take the fills of the next one for these. */
    snprintf(event.execution, sizeof event.execution, "E%" PRIu64 "-%" PRId64, execution->number,
             world->created_ns / PAWL_NS);
    if (execution->order != 0) paper_venue_id_text(execution->order, event.venue_order);
    paper_ticket_text(execution->ticket, event.ticket);
    *ret = event;
}

void paper_fill_status(struct paper *paper, const struct paper_order *order,
                       struct pawl_ev_status *ret) {
    struct pawl_ev_status event = PAPER_EVENT(status, PAWL_EV_STATUS);
    memcpy(event.order, order->id, sizeof order->id);
    event.account = paper->world->accounts[order->account].id;
    event.instrument = paper->world->symbols[order->symbol]->id;
    event.found = 1;
    event.state = order->state;
    event.side = order->side;
    event.kind = order->kind;
    event.quantity.e8 = order->quantity_e8;
    event.filled.e8 = order->filled_e8;
    event.price.e8 = order->price_e8;
    event.stop_price.e8 = order->stop_e8;
    paper_venue_id_text(order->number, event.venue_order);
    paper_ticket_text(order->ticket, event.ticket);
    *ret = event;
}
