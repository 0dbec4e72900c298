/*
 * Orders whose outcome is not known. UNKNOWN ends only on evidence: a report about the order, or
 * the venue saying it never saw the id, after its settling time, confirmed by a whole reconcile
 * round.
 */
#include "book/report.h"
#include "exec/steps.h"

#define LOOKUP_FIRST_NS (PAWL_NS / 2)
#define LOOKUP_MAX_NS (30 * PAWL_NS)
#define LEVEL_ASKS_MAX 3u /* 3.5 s in all: the guard alone has the lot meanwhile */

bool exec_order_sleeps(const struct exec *exec, const struct order *order) {
    if (!order->rec.attached || !order_is_live(order) || order_is_working(order)) return false;
    const struct order *entry = book_order(exec->book, order->rec.parent);
    return entry != NULL && order_is_live(entry) && entry->rec.filled.e8 == 0;
}

static void ask(struct exec *exec, struct order *order) {
    struct exec_broker *broker = exec_broker_of(exec, order->lot);
    if (broker == NULL || broker->state == BROKER_DOWN) return; /* the next round asks */
    int64_t wait_ns = LOOKUP_FIRST_NS << order->lookups;
    if (wait_ns > LOOKUP_MAX_NS) wait_ns = LOOKUP_MAX_NS;
    if (order->lookups < 6) order->lookups++;
    command_query(exec, broker->component, order->rec.account, PAWL_QUERY_WHAT_ORDER, order, 0, 0);
    exec_wake_at(exec, EXEC_KEY_LOOKUP, order->rec.id, book_now(exec->book) + wait_ns);
}

void lookup_begin(struct exec *exec, struct order *order, uint8_t op, const char *why) {
    if (!order_is_live(order) || order->rec.op_unknown) return;
    order->rec.op_unknown = 1;
    if (op == PAWL_ORDER_OP_SUBMIT) order->rec.state = PAWL_ORDER_STATE_UNKNOWN;
    book_order_reason(order, why);
    order->lookups = 0;
    order->absent_round = 0;
    book_order_changed(exec->book, order);
    book_dirty(exec->book, order->lot);
    timers_clear(exec->book->timers, 0, EXEC_KEY(EXEC_KEY_ANSWER, order->rec.id));
    report_order(exec->book, PAWL_EV_ORDER_UNKNOWN, order, op, why);
    ask(exec, order);
}

void lookup_due(struct exec *exec, struct order *order) {
    if (order_is_live(order) && order->rec.op_unknown) ask(exec, order);
}

static int64_t settled_at(const struct exec *exec, const struct order *order) {
    int64_t since = order->rec.sent != 0 ? order->rec.sent : order->rec.created;
    return since + exec->book->accounts[order->rec.account].caps.settle_ns;
}

/* The venue does not know it: it never arrived, or it ended and is forgotten. Believed when it is
 * settled and said again in a round that began later, and so has heard the executions first. */
static void on_absent(struct exec *exec, struct order *order, uint64_t cookie) {
    struct exec_broker *broker = exec_broker_of(exec, order->lot);
    bool settled = book_now(exec->book) >= settled_at(exec, order);
    if (broker == NULL) return;
    if (order->absent_round == 0) order->absent_round = broker->round + 1;
    if (!settled || reconcile_running(exec, cookie) < order->absent_round) {
        if (settled && broker->round_pending == 0) reconcile_round(exec, broker);
        return;
    }
    if (order->rec.filled.e8 > 0 || order_is_working(order)) {
        bool asked = order->rec.op == PAWL_ORDER_OP_CANCEL || order->cancel_wanted;
        order_end(exec, order, PAWL_ORDER_STATE_CANCELLED, "gone at the venue");
        if (!asked) want_taken(exec, order);
        return;
    }
    order_end(exec, order, PAWL_ORDER_STATE_REJECTED, "it never reached the venue");
    if (order->rec.boot == exec->book->boot) {
        want_failed(exec, order, PAWL_ORDER_OP_SUBMIT, PAWL_ERROR_CLASS_RETRYABLE,
                    "it never reached the venue");
        return;
    }
    /* It was not refused: our process ended before it left. That uses up no try. */
    book_changed(exec->book, order->lot);
    book_dirty(exec->book, order->lot);
}

static bool status_is_end(uint8_t state) {
    return state == PAWL_ORDER_STATE_FILLED || state == PAWL_ORDER_STATE_CANCELLED ||
           state == PAWL_ORDER_STATE_REJECTED || state == PAWL_ORDER_STATE_EXPIRED;
}

/* The terms are what the venue says; a request in flight about them is answered by that. */
static bool adopt_terms(struct exec *exec, struct order *order, const struct pawl_ev_status *now) {
    bool differs = order->rec.quantity.e8 != now->quantity.e8 ||
                   order->rec.price.e8 != now->price.e8 ||
                   order->rec.stop_price.e8 != now->stop_price.e8;
    adopt_level(exec, order, now->stop_price);
    if (order_is_guessed(order)) {
        order->rec.kind = now->kind;
        order->rec.tif = PAWL_TIF_GTC;
    }
    order->rec.quantity = now->quantity;
    order->rec.price = now->price;
    order->rec.stop_price = now->stop_price;
    if (differs) report_order(exec->book, PAWL_EV_ORDER_AMENDED, order, PAWL_ORDER_OP_AMEND, "");
    return differs;
}

/* It shows no effect: it was lost, or the question has overtaken it. */
static bool amend_had_no_effect(const struct order *order, const struct pawl_ev_status *now) {
    return order->rec.op == PAWL_ORDER_OP_AMEND &&
           (order->rec.want_quantity.e8 != now->quantity.e8 ||
            order->rec.want_price.e8 != now->price.e8 ||
            (!order_trails(order) && order->rec.want_stop_price.e8 != now->stop_price.e8));
}

static void resolve_live(struct exec *exec, struct order *order, const struct pawl_ev_status *now) {
    bool was_working = order_is_working(order);
    if (!was_working) trail_beside(exec, order);
    if (amend_had_no_effect(order, now)) amend_strays(exec, order);
    if (now->quantity.e8 > 0) adopt_terms(exec, order, now);
    order->rec.state =
        order->rec.filled.e8 > 0 ? PAWL_ORDER_STATE_PARTIALLY_FILLED : PAWL_ORDER_STATE_ACCEPTED;
    order->rec.op = PAWL_ORDER_OP_NONE; /* a cancel that had no effect is asked for anew */
    order->rec.op_unknown = 0;
    order->absent_round = 0;
    timers_clear(exec->book->timers, 0, EXEC_KEY(EXEC_KEY_LOOKUP, order->rec.id));
    book_order_changed(exec->book, order);
    book_dirty(exec->book, order->lot);
    if (!was_working)
        report_order(exec->book, PAWL_EV_ORDER_ACCEPTED, order, PAWL_ORDER_OP_SUBMIT,
                     "found at the venue");
}

/* Nothing is in flight about it: what the venue changed of its own accord was perhaps not heard. */
static void confirm(struct exec *exec, struct order *order, const struct pawl_ev_status *now) {
    if (now->quantity.e8 <= 0 || !adopt_terms(exec, order, now)) return;
    book_order_changed(exec->book, order);
    book_dirty(exec->book, order->lot);
}

/* It ended while nobody listened: the same follows as if the report had come. */
static void end_as_told(struct exec *exec, struct order *order, uint8_t state) {
    bool asked = order->rec.op == PAWL_ORDER_OP_CANCEL || order->cancel_wanted;
    bool filled = state == PAWL_ORDER_STATE_FILLED;
    bool whole = filled && order_leaves_e8(order) == 0;
    order_end(exec, order, filled && !whole ? PAWL_ORDER_STATE_CANCELLED : state,
              "so the venue says");
    if (asked || filled) return;
    if (state == PAWL_ORDER_STATE_REJECTED)
        want_failed(exec, order, PAWL_ORDER_OP_SUBMIT, PAWL_ERROR_CLASS_RETRYABLE,
                    "the venue had refused it");
    else
        want_taken(exec, order);
}

/* ---- where a trailing order ended ---- */

static bool is_trailing_stop(const struct order *order) {
    return order->rec.role == PAWL_ROLE_STOP && order_trails(order);
}

/* The next one begins there. Of a lot that is flat it matters only if the lot grows once more. */
static void level_told(struct exec *exec, struct order *order, const struct pawl_ev_status *now) {
    if (!is_trailing_stop(order) || lot_open_e8(order->lot) <= 0) return;
    adopt_level(exec, order, now->stop_price);
    if (now->stop_price.e8 > 0) order->rec.stop_price = now->stop_price;
    order->level_told = !now->found || status_is_end(now->state);
    book_order_changed(exec->book, order);
    book_dirty(exec->book, order->lot);
}

bool lookup_level(struct exec *exec, struct order *order) {
    int64_t now = book_now(exec->book);
    if (!is_trailing_stop(order) || order_is_live(order) || order->level_told ||
        order->rec.sent == 0 || order->rec.state == PAWL_ORDER_STATE_REJECTED)
        return false;
    if (now >= order->level_due_ns && order->level_asks == LEVEL_ASKS_MAX) {
        order->level_told = true; /* what the host has followed itself has to do */
        return false;
    }
    if (now >= order->level_due_ns) {
        order->level_due_ns = now + (LOOKUP_FIRST_NS << order->level_asks++);
        command_query(exec, exec_broker_of(exec, order->lot)->component, order->rec.account,
                      PAWL_QUERY_WHAT_ORDER, order, 0, 0);
    }
    exec_wake_lot(exec, order->lot, order->level_due_ns);
    return true;
}

void lookup_status(struct exec *exec, const struct pawl_ev_status *status) {
    struct order *order = book_order_by_id(exec->book, status->order);
    if (order == NULL) order = adopt_from_status(exec, status);
    if (order != NULL && !order_is_live(order)) level_told(exec, order, status);
    if (order == NULL || !order_is_live(order)) return;
    bool ended = status->found && status_is_end(status->state);
    if (!ended && reconcile_is_stale(exec, order, status->head.cookie)) return;
    if (!status->found) {
        if (!order->rec.op_unknown && !order_is_working(order)) return; /* not sent yet */
        order->rec.op_unknown = 1;
        book_order_changed(exec->book, order);
        on_absent(exec, order, status->head.cookie);
        return;
    }
    if (status->venue_order[0] != '\0') TEXT_SET(order->rec.venue_order, status->venue_order);
    if (status->ticket[0] != '\0' && order->lot->rare->rec.ticket[0] == '\0')
        book_lot_text(exec->book, order->lot, LOT_TICKET, status->ticket);
    bool fills_missing = status->filled.e8 > order->rec.filled.e8;
    if (fills_missing) {
        struct exec_broker *broker = exec_broker_of(exec, order->lot);
        if (!order->rec.op_unknown) {
            order->rec.op_unknown = 1;
            book_order_changed(exec->book, order);
        }
        if (broker != NULL)
            command_query(exec, broker->component, order->rec.account, PAWL_QUERY_WHAT_EXECUTIONS,
                          order, order->rec.created, 0);
        exec_wake_at(exec, EXEC_KEY_LOOKUP, order->rec.id, book_now(exec->book) + LOOKUP_FIRST_NS);
        return; /* asked again when they are booked */
    }
    bool unanswered = order->rec.op == PAWL_ORDER_OP_SUBMIT &&
                      order->rec.state == PAWL_ORDER_STATE_SUBMITTED &&
                      !exec_order_sleeps(exec, order); /* that it works is as good as its answer */
    if (!order->rec.op_unknown && !unanswered && !ended) {
        if (order->rec.op == PAWL_ORDER_OP_NONE && order_is_working(order))
            confirm(exec, order, status);
        return;
    }
    if (!ended) {
        resolve_live(exec, order, status);
        return;
    }
    if (order_is_guessed(order) && status->quantity.e8 > 0) adopt_terms(exec, order, status);
    level_told(exec, order, status);
    end_as_told(exec, order, status->state);
}
