/* What the venue answers when it is asked. */
#include "paper.h"

#include <string.h>

struct question {
    const struct pawl_ev_query *query;
    uint32_t account, symbol; /* slots; 0 = any */
    bool complete;
};

static bool reply(struct paper *paper, struct question *question, struct pawl_event *event) {
    event->cookie = paper->cookie;
    if (!paper_reply(paper, event)) question->complete = false;
    return question->complete;
}

static void answer_order(struct paper *paper, struct question *question) {
    const struct pawl_ev_query *query = question->query;
    struct paper_order *order = NULL;
    char id[PAPER_OID_SIZE] = {0}, venue_id[sizeof query->venue_order + 1] = {0};
    memcpy(id, query->order, strnlen(query->order, sizeof id - 1));
    memcpy(venue_id, query->venue_order, sizeof query->venue_order);
    if (id[0] != '\0') {
        order = paper_order_find(paper->world, id);
    } else if (venue_id[0] == 'V') {
        venue_id[0] = 'T'; /* the same number behind another letter */
        order = paper_order_numbered(paper->world, paper_ticket_number(venue_id));
    }
    /* Before its entry fills an attached stop is a field of that entry, not an order. */
    if (order != NULL && order->dormant) order = NULL;
    struct pawl_ev_status status = PAPER_EVENT(status, PAWL_EV_STATUS);
    if (order != NULL)
        paper_fill_status(paper, order, &status);
    else
        memcpy(status.order, id, sizeof id);
    if (order == NULL) {
        status.account = query->account;
        status.instrument = query->instrument;
    }
    reply(paper, question, &status.head);
}

/* Wanted, and of an instrument that is configured. */
static bool fits(const struct paper *paper, const struct question *question, uint32_t account,
                 uint32_t symbol) {
    return paper->world->symbols[symbol]->id != 0 &&
           (question->account == 0 || question->account == account) &&
           (question->symbol == 0 || question->symbol == symbol);
}

static void answer_orders(struct paper *paper, struct question *question) {
    const struct paper_world *world = paper->world;
    for (uint32_t s = 1; s < world->symbol_count; s++)
        for (uint32_t i = 0; i < world->symbols[s]->count; i++) {
            const struct paper_order *order = world->symbols[s]->orders[i];
            struct pawl_ev_status status;
            if (order->dormant || !fits(paper, question, order->account, order->symbol)) continue;
            paper_fill_status(paper, order, &status);
            if (!reply(paper, question, &status.head)) return;
        }
}

static void answer_executions(struct paper *paper, struct question *question) {
    const struct paper_world *world = paper->world;
    int64_t since_ns = question->query->since;
    if (world->executions_forgotten && since_ns < paper_execution_at(world, 0)->recorded_ns)
        question->complete = false;
    for (uint32_t i = 0; i < world->execution_count; i++) {
        const struct paper_execution *one = paper_execution_at(world, i);
        struct pawl_ev_execution event;
        if (one->recorded_ns < since_ns) continue;
        if (!fits(paper, question, one->account, one->symbol)) continue;
        paper_fill_execution(paper, one, &event);
        event.head.cookie = paper->cookie;
        if (!paper_reply(paper, &event.head)) {
            question->complete = false;
            return;
        }
    }
}

static void answer_positions(struct paper *paper, struct question *question) {
    const struct paper_world *world = paper->world;
    for (uint32_t i = 0; i < world->position_count; i++) {
        const struct paper_position *position = &world->positions[i];
        struct pawl_ev_position event = PAPER_EVENT(position, PAWL_EV_POSITION);
        if (!fits(paper, question, position->account, position->symbol)) continue;
        event.account = world->accounts[position->account].id;
        event.instrument = world->symbols[position->symbol]->id;
        event.side = position->side;
        event.quantity.e8 = position->quantity_e8;
        event.price.e8 = position->price_e8;
        paper_ticket_text(position->ticket, event.ticket);
        if (!reply(paper, question, &event.head)) return;
    }
}

void paper_query(struct paper *paper, const struct pawl_ev_query *query) {
    struct question question = {.query = query, .complete = true};
    bool unused;
    if (query->account != 0) question.account = paper_account_slot(paper, query->account, &unused);
    if (query->instrument != 0)
        question.symbol =
            paper_symbol_slot(paper->world, paper->ctx, paper->market, query->instrument);
    bool unknown = (query->account != 0 && question.account == 0) ||
                   (query->instrument != 0 && question.symbol == 0);
    switch (query->what) {
    case PAWL_QUERY_WHAT_ORDER: answer_order(paper, &question); break;
    case PAWL_QUERY_WHAT_ORDERS:
        if (!unknown) answer_orders(paper, &question);
        break;
    case PAWL_QUERY_WHAT_EXECUTIONS:
        if (!unknown) answer_executions(paper, &question);
        break;
    case PAWL_QUERY_WHAT_POSITIONS:
        if (!unknown) answer_positions(paper, &question);
        break;
    default: question.complete = false; break;
    }
    struct pawl_ev_query_done done = PAPER_EVENT(query_done, PAWL_EV_QUERY_DONE);
    done.what = query->what;
    done.ok = question.complete;
    done.head.cookie = paper->cookie;
    paper_reply(paper, &done.head);
}
