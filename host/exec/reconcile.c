/*
 * Reconcile: at the start, after each reconnect, every reconcile_seconds, and whenever an order is
 * said never to have reached the venue. One round asks for executions, for each live order, for the
 * positions, and when recovering for all that works at the venue; the broker answers in order. One
 * that a component asks for looks at some live orders, at the next ones the next time. A
 * round with everything answered and nothing unknown makes the broker ready for entries.
 * Then positions are compared (gaps.c).
 */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "book/executions.h"
#include "book/market.h"
#include "book/report.h"
#include "exec/steps.h"

#define ROUND_RETRY_NS PAWL_NS
#define ROUND_ASKED_MAX 512u /* questions of a round without an answer yet */
#define ROUND_PART_MAX 32u   /* orders that a component's round looks at */
#define ROUND_LATE_NS (10 * PAWL_NS)
#define EXECUTIONS_BACK_NS (60 * PAWL_NS)

static void tell(struct exec *exec, const struct exec_broker *broker, const char *state,
                 const char *message) {
    struct pawl_ev_connection ev;
    EVENT_INIT(ev, PAWL_EV_CONNECTION);
    ev.broker = broker->component;
    TEXT_SET(ev.state, state);
    TEXT_SET(ev.message, message);
    book_publish(exec->book, &ev.head);
}

static bool is_of(const struct exec *exec, const struct lot *lot,
                  const struct exec_broker *broker) {
    return exec->book->accounts[lot->rec.account].info.broker == broker->component;
}

static void dirty_all(struct exec *exec, const struct exec_broker *broker) {
    for (struct lot *lot = exec->book->first_lot; lot != NULL; lot = lot->next)
        if (is_of(exec, lot, broker)) book_dirty(exec->book, lot);
}

/* What was sent and not answered is unknown now; what was not sent is dropped and planned anew. */
static void link_down(struct exec *exec, struct exec_broker *broker) {
    outbox_drop_broker(exec, broker->component);
    gaps_forget(exec, broker, true);
    for (struct lot *lot = exec->book->first_lot; lot != NULL; lot = lot->next) {
        if (!is_of(exec, lot, broker)) continue;
        for (struct order *order = lot->orders; order != NULL; order = order->next)
            if (order_is_live(order) && order->rec.op != PAWL_ORDER_OP_NONE &&
                !exec_order_sleeps(exec, order))
                lookup_begin(exec, order, order->rec.op, "connection lost");
        book_dirty(exec->book, lot);
    }
}

void reconcile_link(struct exec *exec, uint32_t component, bool up, const char *message) {
    struct exec_broker *broker = exec_broker(exec, component);
    if (broker == NULL || (broker->state != BROKER_DOWN) == up) return;
    broker->state = up ? BROKER_RECOVERING : BROKER_DOWN;
    broker->round_pending = 0;
    reconcile_stop(broker);
    tell(exec, broker, up ? "recovering" : "down", message);
    if (up)
        reconcile_round(exec, broker);
    else
        link_down(exec, broker);
}

static int64_t executions_since(const struct exec *exec, const struct exec_broker *broker) {
    int64_t since = book_now(exec->book), heard = INT64_MAX;
    for (const struct lot *lot = exec->book->first_lot; lot != NULL; lot = lot->next) {
        if (!is_of(exec, lot, broker)) continue;
        for (const struct order *order = lot->orders; order != NULL; order = order->next)
            if (order_is_live(order) && order->rec.created < since) since = order->rec.created;
    }
    /* What is known as old without a look is not asked for. */
    for (uint32_t id = 1; id <= exec->book->account_count; id++) {
        const struct book_account *account = &exec->book->accounts[id];
        if (account->info.broker != broker->component || account->kept.heard == 0) continue;
        if (account->kept.heard < heard) heard = account->kept.heard;
    }
    if (heard != INT64_MAX && since < heard - BOOK_EXECUTIONS_KEPT_NS)
        since = heard - BOOK_EXECUTIONS_KEPT_NS;
    return since - EXECUTIONS_BACK_NS;
}

static bool answer_missing(const struct order *order) {
    return order->rec.op_unknown || order->rec.state == PAWL_ORDER_STATE_UNKNOWN;
}

/* Rounds of several brokers may overlap. */
static void forget_positions(struct exec *exec, const struct exec_broker *broker) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < exec->position_count; i++) {
        uint32_t account = exec->positions[i].account;
        if (exec->book->accounts[account].info.broker != broker->component)
            exec->positions[kept++] = exec->positions[i];
    }
    exec->position_count = kept;
}

/* The broker whose running round asked for this; NULL = it answers one that is over. */
static struct exec_broker *round_of(struct exec *exec, uint64_t cookie) {
    uint64_t number = EXEC_KEY_NUMBER(cookie);
    if (EXEC_KEY_WHAT(cookie) != EXEC_KEY_ROUND) return NULL;
    struct exec_broker *broker = exec_broker(exec, (uint32_t)(number >> 24));
    bool runs = broker != NULL && broker->round_pending > 0 &&
                (number & 0xffffff) == (broker->round & 0xffffff);
    return runs ? broker : NULL;
}

bool reconcile_is_stale(struct exec *exec, const struct order *order, uint64_t cookie) {
    const struct exec_broker *broker = round_of(exec, cookie);
    switch (EXEC_KEY_WHAT(cookie)) {
    case EXEC_KEY_LOOKUP: return EXEC_KEY_NUMBER(cookie) <= order->op_asked;
    case EXEC_KEY_ROUND: return (broker == NULL ? 0 : broker->round_asked) <= order->op_asked;
    default: return false;
    }
}

uint32_t reconcile_running(struct exec *exec, uint64_t cookie) {
    const struct exec_broker *broker = round_of(exec, cookie);
    return broker == NULL || broker->round_failed ? 0 : broker->round;
}

static uint64_t cookie_of(const struct exec_broker *broker) {
    return EXEC_KEY(EXEC_KEY_ROUND,
                    (uint64_t)broker->component << 24 | (broker->round & 0xffffff));
}

static bool is_asked_for(const struct order *order) {
    bool never_sent = order->rec.state == PAWL_ORDER_STATE_INTENT && !order->rec.op_unknown;
    return order_is_live(order) && !never_sent;
}

/* Numbers of the orders that a round asks for. Without memory it has failed, and comes again. */
static void gather_orders(struct exec *exec, struct exec_broker *broker) {
    struct book *book = exec->book;
    uint32_t first = broker->round_in_part ? broker->round_skip : 0, seen = 0;
    uint32_t end = broker->round_in_part ? first + ROUND_PART_MAX : UINT32_MAX;
    reconcile_stop(broker);
    broker->round_orders = mem_alloc((book->orders.count + 1) * sizeof *broker->round_orders);
    if (broker->round_orders == NULL) broker->round_failed = true;
    for (struct lot *lot = book->first_lot; lot != NULL; lot = lot->next) {
        if (broker->round_orders == NULL || !is_of(exec, lot, broker)) continue;
        for (const struct order *order = lot->orders; order != NULL; order = order->next)
            if (is_asked_for(order) && ++seen > first && seen <= end)
                broker->round_orders[broker->round_count++] = order->rec.id;
    }
    broker->round_skip = end < seen ? end : 0;
}

static void ask_positions(struct exec *exec, struct exec_broker *broker) {
    struct book *book = exec->book;
    for (uint32_t id = 1; id <= book->account_count; id++) {
        if (book->accounts[id].info.broker != broker->component) continue;
        command_query(exec, broker->component, id, PAWL_QUERY_WHAT_POSITIONS, NULL, 0,
                      cookie_of(broker));
        broker->round_pending++;
    }
}

/* A broker takes so many questions at once, and one turn holds so many events: of a large book the
 * next is asked when one is answered. The positions come last. */
static void ask_orders(struct exec *exec, struct exec_broker *broker) {
    while (broker->round_at < broker->round_count && broker->round_pending < ROUND_ASKED_MAX) {
        uint64_t number = broker->round_orders[broker->round_at++];
        const struct order *order = book_order(exec->book, number);
        if (order == NULL || !is_asked_for(order)) continue;
        command_query(exec, broker->component, order->rec.account, PAWL_QUERY_WHAT_ORDER, order, 0,
                      cookie_of(broker));
        broker->round_pending++;
    }
    if (broker->round_at < broker->round_count) return;
    reconcile_stop(broker);
    ask_positions(exec, broker);
}

void reconcile_stop(struct exec_broker *broker) {
    mem_free(broker->round_orders);
    broker->round_orders = NULL;
    broker->round_count = broker->round_at = 0;
}

static void begin_round(struct exec *exec, struct exec_broker *broker, bool in_part) {
    if (broker->state == BROKER_DOWN || broker->round_pending > 0) return;
    struct book *book = exec->book;
    broker->round_wished = false;
    broker->round_in_part = in_part;
    broker->round++;
    broker->round_failed = false;
    broker->round_began = book_now(book);
    broker->round_asked = exec->questions + 1;
    broker->round_asks_all = broker->state == BROKER_RECOVERING || broker->round_all;
    broker->round_all = false;
    forget_positions(exec, broker);
    uint64_t cookie = cookie_of(broker);
    int64_t since = executions_since(exec, broker);
    for (uint32_t id = 1; id <= book->account_count; id++) {
        if (book->accounts[id].info.broker != broker->component) continue;
        /* Orders that an earlier process did not store, or that somebody asks for. */
        if (broker->round_asks_all) {
            command_query(exec, broker->component, id, PAWL_QUERY_WHAT_ORDERS, NULL, 0, cookie);
            broker->round_pending++;
        }
        command_query(exec, broker->component, id, PAWL_QUERY_WHAT_EXECUTIONS, NULL, since, cookie);
        broker->round_pending++;
    }
    gather_orders(exec, broker);
    ask_orders(exec, broker);
    exec_wake_at(exec, EXEC_KEY_ROUND, broker->component, book_now(book) + ROUND_LATE_NS);
}

void reconcile_round(struct exec *exec, struct exec_broker *broker) {
    begin_round(exec, broker, false);
}

int want_reconcile(struct exec *exec, uint32_t account, bool all, struct pawl_err *err) {
    if (account == 0 || account > exec->book->account_count)
        return pawl_fail(err, PAWL_E_NOTFOUND, "there is no account %u", account);
    struct exec_broker *broker =
        exec_broker(exec, exec->book->accounts[account].info.broker);
    if (broker == NULL)
        return pawl_fail(err, PAWL_E_NOTFOUND, "account %u has no broker", account);
    if (exec->trial) return PAWL_OK;
    broker->round_all |= all;
    broker->round_wished = true;
    /* One runs, or is due soon; a gap that was seen is decided when its settling time is over. */
    if (broker->state != BROKER_READY || broker->round_pending > 0 ||
        exec_has_gap(exec, broker->component))
        return PAWL_OK;
    exec_wake_at(exec, EXEC_KEY_ROUND, broker->component, book_now(exec->book));
    return PAWL_OK;
}

void reconcile_plan(struct exec *exec) {
    static const uint8_t asked[] = {PAWL_QUERY_WHAT_ORDERS, PAWL_QUERY_WHAT_EXECUTIONS,
                                    PAWL_QUERY_WHAT_POSITIONS};
    uint64_t cookie = EXEC_KEY(EXEC_KEY_PLAN, ++exec->plan_number);
    exec->plan_queries = 0;
    for (uint32_t i = 0; i < exec->broker_count; i++) {
        const struct exec_broker *broker = &exec->brokers[i];
        if (broker->state == BROKER_DOWN) continue;
        for (uint32_t id = 1; id <= exec->book->account_count; id++) {
            if (exec->book->accounts[id].info.broker != broker->component) continue;
            for (size_t what = 0; what < sizeof asked; what++, exec->plan_queries++)
                command_query(exec, broker->component, id, asked[what], NULL,
                              executions_since(exec, broker), cookie);
        }
    }
}

void reconcile_due(struct exec *exec, uint32_t component) {
    struct exec_broker *broker = exec_broker(exec, component);
    if (broker == NULL || broker->state == BROKER_DOWN) return;
    if (broker->round_pending > 0) broker->round_all |= broker->round_asks_all;
    broker->round_pending = 0; /* late answers belong to a round that is given up */
    broker->known = true;      /* protection does not wait for ever */
    bool in_part = broker->round_wished && broker->state == BROKER_READY &&
                   book_now(exec->book) < broker->round_full;
    begin_round(exec, broker, in_part);
}

void reconcile_position(struct exec *exec, const struct pawl_ev_position *position) {
    struct exec_broker *broker = round_of(exec, position->head.cookie);
    if (broker == NULL || position->quantity.e8 <= 0 || position->account == 0 ||
        position->account > exec->book->account_count)
        return;
    for (uint32_t i = 0; i < exec->position_count; i++) {
        struct round_position *seen = &exec->positions[i];
        if (seen->account == position->account && seen->instrument == position->instrument &&
            seen->side == position->side && strcmp(seen->ticket, position->ticket) == 0) {
            if (pawl_add_i64(seen->quantity.e8, position->quantity.e8, &seen->quantity.e8) !=
                PAWL_OK)
                broker->round_failed = true;
            return;
        }
    }
    if (exec->position_count == EXEC_ROUND_POSITIONS_MAX) {
        broker->round_failed = true; /* what was not kept must not look like flat */
        return;
    }
    struct round_position *fresh = &exec->positions[exec->position_count++];
    *fresh = (struct round_position){position->account,  position->instrument, position->side,
                                     position->quantity, position->price,      ""};
    TEXT_SET(fresh->ticket, position->ticket);
}

/* ---- what a whole round says ---- */

static bool anything_unknown(const struct exec *exec, const struct exec_broker *broker) {
    for (const struct lot *lot = exec->book->first_lot; lot != NULL; lot = lot->next) {
        if (!is_of(exec, lot, broker)) continue;
        for (const struct order *order = lot->orders; order != NULL; order = order->next)
            if (order_is_live(order) && answer_missing(order)) return true;
    }
    return false;
}

static void round_over(struct exec *exec, struct exec_broker *broker) {
    broker->known = true;
    int64_t now = book_now(exec->book), next_ns = exec->config->host.reconcile_seconds * PAWL_NS;
    bool unknown = anything_unknown(exec, broker);
    bool gap = !broker->round_failed && gaps_compare(exec, broker);
    if (broker->round_failed) broker->round_all |= broker->round_asks_all;
    if (broker->round_failed || unknown || gap) {
        next_ns = ROUND_RETRY_NS;
    } else if (broker->state == BROKER_RECOVERING) {
        broker->state = BROKER_READY;
        tell(exec, broker, "ready", "every order and position is accounted for");
    }
    for (uint32_t id = 1; gap && id <= exec->book->account_count; id++) {
        const struct book_account *account = &exec->book->accounts[id];
        if (account->info.broker == broker->component && next_ns < account->caps.settle_ns)
            next_ns = account->caps.settle_ns;
    }
    bool whole = !broker->round_failed && !unknown && !gap;
    for (uint32_t id = 1; whole && id <= exec->book->account_count; id++)
        if (exec->book->accounts[id].info.broker == broker->component)
            book_heard(exec->book, id, broker->round_began);
    int64_t due = next_ns > 0 ? now + next_ns : INT64_MAX;
    if (!broker->round_in_part)
        broker->round_full = due;
    else if (whole)
        due = broker->round_full;
    if (broker->round_all && !gap && due > now + ROUND_RETRY_NS) due = now + ROUND_RETRY_NS;
    if (due != INT64_MAX) exec_wake_at(exec, EXEC_KEY_ROUND, broker->component, due);
    dirty_all(exec, broker);
}

void reconcile_done(struct exec *exec, const struct pawl_event *event) {
    const struct pawl_ev_query_done *done = (const void *)event;
    struct exec_broker *broker = round_of(exec, event->cookie);
    if (broker == NULL) return; /* a single look-up, or a round that is over */
    if (!done->ok) broker->round_failed = true;
    broker->round_pending--;
    if (broker->round_orders != NULL) ask_orders(exec, broker);
    if (broker->round_pending == 0)
        round_over(exec, broker);
    else /* late is a round without answers, not one with many */
        exec_wake_at(exec, EXEC_KEY_ROUND, broker->component, book_now(exec->book) + ROUND_LATE_NS);
}
