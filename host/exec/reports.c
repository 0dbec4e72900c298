/* What brokers report: each changes one order, marks its lot dirty, and is told as a state event.
 */
#include <stdio.h>
#include <string.h>

#include "book/executions.h"
#include "book/report.h"
#include "exec/steps.h"

#define SLOW_NS (30 * PAWL_NS) /* what lasts so long has worked; a stop that fails waits so long */

static void on_accepted(struct exec *exec, const struct pawl_ev_accepted *report) {
    struct order *order = book_order_by_id(exec->book, report->order);
    if (order == NULL || !order_is_live(order)) return;
    TEXT_SET(order->rec.venue_order, report->venue_order);
    if (report->ticket[0] != '\0' && order->lot->rare->rec.ticket[0] == '\0') {
        book_lot_text(exec->book, order->lot, LOT_TICKET, report->ticket);
        book_changed(exec->book, order->lot);
    }
    book_order_changed(exec->book, order);
    if (order_is_working(order)) return; /* a fill, or an earlier answer, was faster */
    trail_beside(exec, order);
    order->rec.state = PAWL_ORDER_STATE_ACCEPTED;
    if (order->rec.op == PAWL_ORDER_OP_SUBMIT) order->rec.op = PAWL_ORDER_OP_NONE;
    order->rec.op_unknown = 0;
    timers_clear(exec->book->timers, 0, EXEC_KEY(EXEC_KEY_ANSWER, order->rec.id));
    timers_clear(exec->book->timers, 0, EXEC_KEY(EXEC_KEY_LOOKUP, order->rec.id));
    if (order->rec.role == PAWL_ROLE_STOP) order->lot->rec.stop_tries = 0;
    exec_broker_of(exec, order->lot)->exhausted = 0;
    book_dirty(exec->book, order->lot);
    report_order(exec->book, PAWL_EV_ORDER_ACCEPTED, order, PAWL_ORDER_OP_SUBMIT, "");
}

static void on_refused(struct exec *exec, const struct pawl_ev_refused *report) {
    struct order *order = book_order_by_id(exec->book, report->order);
    if (order == NULL || !order_is_live(order)) return;
    bool submit = report->op == PAWL_ORDER_OP_SUBMIT;
    if (submit && order_is_working(order)) return; /* evidence says otherwise */
    order->rec.code = report->code;
    if (report->class_ == PAWL_ERROR_CLASS_UNKNOWN) {
        lookup_begin(exec, order, report->op, report->message);
        return;
    }
    if (!submit && order->rec.op != report->op) return; /* an old answer */
    timers_clear(exec->book->timers, 0, EXEC_KEY(EXEC_KEY_ANSWER, order->rec.id));
    if (submit) {
        report_conflict(exec->book, "rejection", order->lot, order,
                        "another attempt, or the want is spent", "%s", report->message);
        order_end(exec, order, PAWL_ORDER_STATE_REJECTED, report->message);
    } else {
        order->rec.op = PAWL_ORDER_OP_NONE;
        order->rec.op_unknown = 0;
        book_order_changed(exec->book, order);
        report_order(exec->book, PAWL_EV_ORDER_REJECTED, order, report->op, report->message);
        /* It may be gone: the venue is asked before anything else is tried. */
        if (report->class_ == PAWL_ERROR_CLASS_STATE || report->class_ == PAWL_ERROR_CLASS_CONFLICT)
            lookup_begin(exec, order, report->op, report->message);
    }
    book_dirty(exec->book, order->lot);
    want_failed(exec, order, report->op, report->class_, report->message);
}

static void on_ended(struct exec *exec, const struct pawl_ev_ended *report) {
    struct order *order = book_order_by_id(exec->book, report->order);
    if (order == NULL || !order_is_live(order)) return;
    if (report->filled.e8 > order->rec.filled.e8) { /* fills are missing: the end waits for them */
        order->rec.op = PAWL_ORDER_OP_CANCEL;
        order->rec.op_unknown = 0;
        lookup_begin(exec, order, PAWL_ORDER_OP_CANCEL, "it ended with fills not yet reported");
        return;
    }
    bool asked = order->rec.op == PAWL_ORDER_OP_CANCEL || order->cancel_wanted;
    uint8_t state = report->state == PAWL_ORDER_STATE_EXPIRED ? PAWL_ORDER_STATE_EXPIRED
                                                              : PAWL_ORDER_STATE_CANCELLED;
    order_end(exec, order, state, report->reason);
    if (!asked) want_taken(exec, order);
}

static void on_amended(struct exec *exec, const struct pawl_ev_amended *report) {
    struct order *order = book_order_by_id(exec->book, report->order);
    if (order == NULL || !order_is_live(order)) return;
    bool answer = order->rec.op == PAWL_ORDER_OP_AMEND &&
                  report->quantity.e8 == order->rec.want_quantity.e8 &&
                  report->price.e8 == order->rec.want_price.e8 &&
                  (order_trails(order) ||
                   report->stop_price.e8 == order->rec.want_stop_price.e8);
    if (!answer || order_trails(order)) adopt_level(exec, order, report->stop_price);
    order->rec.quantity = report->quantity;
    order->rec.price = report->price;
    order->rec.stop_price = report->stop_price;
    if (answer) {
        order->rec.op = PAWL_ORDER_OP_NONE;
        order->rec.op_unknown = 0;
        timers_clear(exec->book->timers, 0, EXEC_KEY(EXEC_KEY_ANSWER, order->rec.id));
        timers_clear(exec->book->timers, 0, EXEC_KEY(EXEC_KEY_LOOKUP, order->rec.id));
        if (order->rec.role == PAWL_ROLE_STOP) order->lot->rec.stop_tries = 0;
    }
    RARE_SET(exec->book, order->lot, group_wait_ns, 0);
    book_order_changed(exec->book, order);
    book_dirty(exec->book, order->lot);
    report_order(exec->book, PAWL_EV_ORDER_AMENDED, order, PAWL_ORDER_OP_AMEND, "");
}

/* An exit cannot fill before the entry it closes: that entry's fill is still unheard. All
 * executions are asked for, which come in their order; what does not fit in that answer is an
 * overrun. */
static bool wait_for_entry(struct exec *exec, struct order *order,
                           const struct pawl_ev_execution *report) {
    if (order == NULL || role_is_entry(order->rec.role) || report->head.cookie != 0 ||
        report->quantity.e8 <= lot_open_e8(order->lot) ||
        lot_leaves(order->lot).entries + lot_leaves(order->lot).adds == 0)
        return false;
    struct exec_broker *broker = exec_broker_of(exec, order->lot);
    if (broker == NULL) return false;
    command_query(exec, broker->component, order->rec.account, PAWL_QUERY_WHAT_EXECUTIONS, NULL,
                  order->lot->rec.created, 0);
    return true;
}

static void on_execution(struct exec *exec, const struct pawl_ev_execution *report) {
    struct book *book = exec->book;
    if (report->instrument == 0 || report->instrument > book->instrument_count ||
        report->account == 0 || report->account > book->account_count)
        return;
    struct order *order = report->order[0] == '\0' ? NULL : book_order_by_id(book, report->order);
    if (order == NULL && book_execution_past(book, report->account, report->venue_time)) return;
    if (order == NULL && !book_execution_seen(book, report->account, report->execution))
        order = adopt_from_execution(exec, report);
    if (!book_execution_seen(book, report->account, report->execution) &&
        wait_for_entry(exec, order, report))
        return;
    if (order != NULL && !book_execution_seen(book, report->account, report->execution))
        adopt_room(exec, order, report->quantity);
    struct book_fill fill = {.order = order,
                             .account = report->account,
                             .instrument = report->instrument,
                             .side = report->side,
                             .price = report->price,
                             .quantity = report->quantity,
                             .fee = report->fee,
                             .venue_time = report->venue_time,
                             .execution = report->execution,
                             .ticket = report->ticket};
    int rc = book_fill(book, &fill);
    if (rc == PAWL_E_STATE) return; /* seen before: changes nothing */
    if (rc != PAWL_OK) {
        report_alert(book, "bad_fill", PAWL_SEVERITY_CRITICAL, order == NULL ? NULL : order->lot,
                     order, "a reported fill cannot be booked: %s",
                     rc == PAWL_E_NOMEM ? "no memory" : "its numbers are out of range");
        return;
    }
    if (order == NULL) return;
    if (order->rec.op == PAWL_ORDER_OP_NONE) /* an amend or cancel still waits for its answer */
        timers_clear(book->timers, 0, EXEC_KEY(EXEC_KEY_ANSWER, order->rec.id));
    if (order->attached != NULL && order_is_live(order->attached))
        exec_wake_at(exec, EXEC_KEY_ANSWER, order->attached->rec.id,
                     book_now(book) + book->accounts[report->account].caps.answer_ns);
    if (order->rec.op_unknown && order_is_live(order)) lookup_due(exec, order);
}

/* Such an answer cannot be told from an old one, so it ends nothing that is unknown. */
static void check_cookie(struct exec *exec, const struct pawl_event *answer) {
    struct exec_broker *broker = exec_broker(exec, answer->source);
    enum exec_key what = EXEC_KEY_WHAT(answer->cookie);
    if (what == EXEC_KEY_LOOKUP || what == EXEC_KEY_ROUND || broker == NULL || broker->cookie_told)
        return;
    broker->cookie_told = true;
    report_alert(exec->book, "no_cookie", PAWL_SEVERITY_CRITICAL, NULL, NULL,
                 "%s answers a query without its cookie: what it does not know stays unknown",
                 names_text(exec->book->names, NAME_COMPONENT, answer->source));
}

void report_event(struct exec *exec, const struct pawl_event *event) {
    const void *report = event;
    switch (event->type) {
    case PAWL_EV_ACCEPTED: on_accepted(exec, report); break;
    case PAWL_EV_REFUSED: on_refused(exec, report); break;
    case PAWL_EV_ENDED: on_ended(exec, report); break;
    case PAWL_EV_AMENDED: on_amended(exec, report); break;
    case PAWL_EV_EXECUTION: on_execution(exec, report); break;
    case PAWL_EV_STATUS:
        check_cookie(exec, event);
        lookup_status(exec, report);
        break;
    case PAWL_EV_POSITION: reconcile_position(exec, report); break;
    case PAWL_EV_QUERY_DONE: reconcile_done(exec, event); break;
    case PAWL_EV_LINK: {
        const struct pawl_ev_link *link = report;
        reconcile_link(exec, event->source, link->up != 0, link->message);
        break;
    }
    default: break;
    }
}

/* ---- certain failures ---- */

void want_spent(struct exec *exec, struct lot *lot, uint8_t role, uint8_t index, uint8_t class_,
                uint32_t generation, const char *reason) {
    struct pawl_common_lot *rec = &lot->rec;
    uint32_t holder = rec->hold_grow;
    if (role == PAWL_ROLE_DOUBLEDOWN && rec->entry_role != PAWL_ROLE_DOUBLEDOWN) {
        if (generation != rec->add_gen) return;
        rec->add_spent = 1;
    } else if (role_is_entry(role)) {
        if (generation != rec->entry_gen) return;
        rec->entry_spent = 1;
    } else if (role == PAWL_ROLE_EXIT) {
        rec->exit_spent = 1;
        holder = rec->hold_reduce;
    } else if (role == PAWL_ROLE_TARGET && lot->targets != NULL) {
        lot->targets[index].spent = 1;
        lot->targets_changed = true;
        holder = rec->hold_targets;
    } else if (role == PAWL_ROLE_STOP) {
        holder = rec->hold_stop;
    }
    book_changed(exec->book, lot);
    book_dirty(exec->book, lot);
    struct pawl_ev_want_spent ev;
    EVENT_INIT(ev, PAWL_EV_WANT_SPENT);
    ev.lot = rec->id;
    ev.role = role;
    ev.index = index;
    ev.class_ = class_;
    ev.generation = generation;
    TEXT_SET(ev.reason, reason);
    /* The holder decides; the opener may be waiting for a close, and has to know too. */
    if (holder != 0 && holder != rec->owner) {
        ev.head.target = holder;
        book_publish(exec->book, &ev.head);
    }
    ev.head.target = rec->owner;
    if (rec->owner != 0) book_publish(exec->book, &ev.head);
}

static int64_t retry_at(struct exec *exec, uint8_t tries) {
    int64_t wait_ns = exec->set->retry_delay_ns << (tries < 6 ? tries : 6);
    int64_t jitter_ns = (int64_t)rng_below(&exec->rng, (uint64_t)(wait_ns / 8 + 1));
    return book_now(exec->book) + wait_ns + jitter_ns;
}

/* The first one is replaced at once; where a venue takes each of them, not as fast as it can. */
static void stop_taken(struct exec *exec, struct lot *lot) {
    int64_t now = book_now(exec->book), last = lot->rare->stop_taken_ns;
    RARE_SET(exec->book, lot, stop_taken_ns, now);
    if (last != 0 && now - last < SLOW_NS)
        RARE_SET(exec->book, lot, stop_retry_ns, retry_at(exec, 0));
}

/* Where the attempts for what an order serves are counted; a stop counts its own way. */
static uint8_t *tries_of(struct order *order) {
    struct lot *lot = order->lot;
    if (order->rec.role == PAWL_ROLE_EXIT) return &lot->rec.exit_tries;
    if (order->rec.role == PAWL_ROLE_TARGET && lot->targets != NULL) {
        lot->targets_changed = true;
        return &lot->targets[order->rec.index].tries;
    }
    return order_is_add(order) ? &lot->rec.add_tries : &lot->rec.entry_tries;
}

/* And when there may be another one. */
static int64_t *retry_of(struct book *book, struct order *order) {
    struct lot_rare *rare = book_lot_rare(book, order->lot);
    if (order->rec.role == PAWL_ROLE_EXIT) return &rare->exit_retry_ns;
    if (order->rec.role == PAWL_ROLE_TARGET && order->lot->targets != NULL)
        return &rare->target_retry_ns;
    return order_is_add(order) ? &rare->add_retry_ns : &rare->entry_retry_ns;
}

/* The venue takes such orders: what failed before it is past. */
static bool has_worked(const struct exec *exec, const struct order *order) {
    return order->rec.filled.e8 > 0 || book_now(exec->book) - order->rec.sent >= SLOW_NS;
}

void want_taken(struct exec *exec, struct order *order) {
    static const char reason[] = "the venue took it back";
    bool expired = order->rec.state == PAWL_ORDER_STATE_EXPIRED;
    if (role_is_entry(order->rec.role))
        want_spent(exec, order->lot, order->rec.role, 0, PAWL_ERROR_CLASS_STATE,
                   order->rec.generation, expired ? "expired" : reason);
    else if (lot_open_e8(order->lot) > 0 && order->rec.role == PAWL_ROLE_STOP)
        stop_taken(exec, order->lot);
    else if (lot_open_e8(order->lot) > 0) {
        if (has_worked(exec, order)) *tries_of(order) = 0;
        want_failed(exec, order, PAWL_ORDER_OP_SUBMIT, PAWL_ERROR_CLASS_RETRYABLE, reason);
    }
}

static void exhausted(struct exec *exec, struct order *order, const char *message) {
    struct exec_broker *broker = exec_broker_of(exec, order->lot);
    broker->exhausted++;
    if (exec->set->breaker_failures > 0 && broker->exhausted >= exec->set->breaker_failures)
        broker->breaker_until = book_now(exec->book) + exec->set->breaker_seconds * PAWL_NS;
    report_alert(exec->book, "retries_exhausted", PAWL_SEVERITY_CRITICAL, order->lot, order, "%s",
                 message);
}

/* Protection that cannot be placed: the guard has the lot; by configuration it is closed. A stop is
 * never given up: it is tried again at a slow pace. */
static void stop_failed(struct exec *exec, struct order *order, uint8_t class_,
                        const char *message) {
    struct lot *lot = order->lot;
    bool told = lot->rec.stop_tries > exec->set->retry_tries;
    if (!told) lot->rec.stop_tries++;
    RARE_SET(exec->book, lot, stop_retry_ns, told ? book_now(exec->book) + SLOW_NS
                              : retry_at(exec, (uint8_t)(lot->rec.stop_tries - 1)));
    bool last = class_ == PAWL_ERROR_CLASS_FATAL || lot->rec.stop_tries > exec->set->retry_tries;
    if (!last || told || order->rec.op_unknown) return;
    RARE_SET(exec->book, lot, stop_retry_ns, book_now(exec->book) + SLOW_NS);
    lot->rec.stop_tries = (uint8_t)(exec->set->retry_tries + 1);
    exhausted(exec, order, message);
    want_spent(exec, lot, PAWL_ROLE_STOP, 0, class_, lot->rec.stop_gen, message);
    bool naked =
        lot_open_e8(lot) > 0 && !guard_covered(exec, lot); /* else the old stop still works */
    if (exec->set->close_unprotected && naked) want_close(exec, lot, "UNPROTECTED");
}

/* It was sent for what was wanted before: that it came to nothing uses up no try of what is wanted
 * now. (A stop has no last try, and an order that is amended serves what came later.) */
static bool is_outdated(const struct order *order) {
    const struct lot *lot = order->lot;
    uint32_t now = lot->rec.entry_gen;
    if (order->rec.role == PAWL_ROLE_EXIT)
        now = lot->rec.exit_gen;
    else if (order->rec.role == PAWL_ROLE_TARGET && lot->targets != NULL)
        now = lot->targets[order->rec.index].generation;
    else if (order_is_add(order))
        now = lot->rec.add_gen;
    return order->rec.role != PAWL_ROLE_STOP && order->rec.generation != now;
}

void want_failed(struct exec *exec, struct order *order, uint8_t op, uint8_t class_,
                 const char *message) {
    struct lot *lot = order->lot;
    uint8_t role = order->rec.role;
    book_changed(exec->book, lot);
    book_dirty(exec->book, lot);
    if (op == PAWL_ORDER_OP_SUBMIT && is_outdated(order)) return;
    if (op == PAWL_ORDER_OP_CANCEL) { /* asked again if it still works, not at once */
        if (order->cancel_tries < 6) order->cancel_tries++;
        order->cancel_retry_ns = retry_at(exec, (uint8_t)(order->cancel_tries - 1));
        return;
    }
    if (role == PAWL_ROLE_STOP && order_trails(order) && class_ != PAWL_ERROR_CLASS_RETRYABLE) {
        trail_refused(exec, order, message);
        return;
    }
    if (role == PAWL_ROLE_STOP) {
        stop_failed(exec, order, class_, message);
        return;
    }
    uint8_t *tries = tries_of(order);
    (*tries)++;
    *retry_of(exec->book, order) = retry_at(exec, (uint8_t)(*tries - 1));
    if (role == PAWL_ROLE_EXIT && lot->exit_by_guard) { /* the guard never gives up */
        if (*tries > exec->set->retry_tries) *tries = (uint8_t)exec->set->retry_tries;
        return;
    }
    bool repeats = class_ == PAWL_ERROR_CLASS_FATAL;
    if (!repeats && *tries <= exec->set->retry_tries) return;
    exhausted(exec, order, message);
    want_spent(exec, lot, role, order->rec.index, class_, order->rec.generation, message);
}
