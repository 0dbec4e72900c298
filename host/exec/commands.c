/* Orders and the requests about them: made here, stored with the turn, released by the outbox. */
#include <string.h>

#include "base/oid.h"
#include "book/report.h"
#include "exec/steps.h"

#define FULL_WAIT_NS (PAWL_NS / 10) /* the outbox is full: the lot is looked at again */

static bool set_client_id(struct exec *exec, struct order *order) {
    struct oid_parts parts = {.host = exec->book->host_id,
                              .boot = exec->book->boot,
                              .lot = order->lot->rec.id,
                              .role = order->rec.role,
                              .step = ++order->lot->rec.step};
    book_changed(exec->book, order->lot);
    return oid_format(&parts, order->rec.order) == PAWL_OK &&
           book_order_index(exec->book, order) == PAWL_OK;
}

static uint8_t order_side(const struct lot *lot, bool entry) {
    bool buys = (lot->rec.side == PAWL_POSITION_SIDE_LONG) == entry;
    return buys ? PAWL_SIDE_BUY : PAWL_SIDE_SELL;
}

/* It counts as a try, so that the next one waits its time and does not follow in the same turn. */
static void not_sent(struct exec *exec, struct order *order, const char *why) {
    order_end(exec, order, PAWL_ORDER_STATE_REJECTED, why);
    want_failed(exec, order, PAWL_ORDER_OP_SUBMIT, PAWL_ERROR_CLASS_RETRYABLE, why);
}

/* It is active already: the stop is where it begins. */
static bool set_trail(struct order *order) {
    struct pawl_rare_order *rare = book_order_rare(order);
    if (rare == NULL) return false;
    rare->trail_distance = order->lot->rare->rec.trail_distance;
    rare->trail_fraction = order->lot->rare->rec.trail_fraction;
    return true;
}

static struct order *make(struct exec *exec, struct lot *lot, const struct order_terms *terms) {
    struct pawl_err err = {0};
    struct order *order = book_order_new(exec->book, lot, &err);
    if (order == NULL) {
        report_alert(exec->book, "order_limit", PAWL_SEVERITY_CRITICAL, lot, NULL, "%s", err.text);
        return NULL;
    }
    bool entry = role_is_entry(terms->role);
    struct pawl_common_order *rec = &order->rec;
    rec->role = terms->role;
    rec->kind = terms->kind;
    rec->tif = terms->tif != 0 ? terms->tif : PAWL_TIF_GTC;
    rec->trigger = terms->trigger != 0 ? terms->trigger : PAWL_TRIGGER_SOURCE_EXIT_SIDE;
    rec->index = terms->index;
    rec->generation = terms->generation;
    rec->quantity = terms->quantity;
    rec->price = terms->price;
    rec->stop_price = terms->stop_price;
    rec->expires = terms->expires;
    rec->side = order_side(lot, entry);
    rec->reduce = !entry;
    if (!entry && exec_caps(exec, lot)->exit_bound == PAWL_EXIT_OCA) rec->group = lot->rec.id;
    rec->op = PAWL_ORDER_OP_SUBMIT;
    bool good = set_client_id(exec, order);
    if (good && terms->kind == PAWL_KIND_TRAILING) good = set_trail(order);
    if (!good) {
        not_sent(exec, order, "never sent: no memory or no id left");
        return NULL;
    }
    book_order_changed(exec->book, order);
    return order;
}

/* A stop that travels with its entry and comes alive with the first fill. */
static void attach_stop(struct exec *exec, struct order *entry) {
    struct lot *lot = entry->lot;
    if (!exec_caps(exec, lot)->attached_stop || lot->rec.stop.e8 == 0 ||
        lot->rec.stop_mode != PAWL_LEVEL_MODE_REST || lot->rec.entered.e8 != 0)
        return;
    struct order_terms terms = {.role = PAWL_ROLE_STOP,
                                .kind = PAWL_KIND_STOP,
                                .trigger = lot->rec.stop_trigger,
                                .generation = lot->rec.stop_gen,
                                .quantity = entry->rec.quantity,
                                .stop_price = lot->rec.stop};
    struct order *stop = make(exec, lot, &terms);
    if (stop == NULL) return;
    stop->rec.attached = 1;
    stop->rec.parent = entry->rec.id;
    entry->attached = stop;
}

struct order *command_submit(struct exec *exec, struct lot *lot, const struct order_terms *terms) {
    struct order *order = make(exec, lot, terms);
    if (order == NULL) return NULL;
    bool entry = role_is_entry(terms->role);
    if (entry) attach_stop(exec, order);
    if (!outbox_put(exec, order, PAWL_ORDER_OP_SUBMIT, !entry)) {
        not_sent(exec, order, "never sent: too many wait for the disk");
        return NULL;
    }
    return order;
}

/* An earlier amend may still arrive, and would undo this one; the same once more does no harm. */
static bool amend_must_wait(const struct exec *exec, const struct order *order,
                            struct pawl_qty quantity, struct pawl_price price,
                            struct pawl_price stop_price) {
    bool ticket = exec_caps(exec, order->lot)->exit_bound == PAWL_EXIT_TICKET;
    bool same = (ticket || order->rec.want_quantity.e8 == quantity.e8) &&
                order->rec.want_price.e8 == price.e8 &&
                order->rec.want_stop_price.e8 == stop_price.e8;
    return !same && order->amend_strays_ns > book_now(exec->book);
}

void command_amend(struct exec *exec, struct order *order, struct pawl_qty quantity,
                   struct pawl_price price, struct pawl_price stop_price) {
    if (amend_must_wait(exec, order, quantity, price, stop_price)) {
        exec_wake_lot(exec, order->lot, order->amend_strays_ns);
        return;
    }
    if (!outbox_put(exec, order, PAWL_ORDER_OP_AMEND, order->rec.reduce)) {
        exec_wake_lot(exec, order->lot, book_now(exec->book) + FULL_WAIT_NS);
        return;
    }
    order->rec.op = PAWL_ORDER_OP_AMEND;
    order->rec.want_quantity = quantity;
    order->rec.want_price = price;
    order->rec.want_stop_price = stop_price;
    book_order_changed(exec->book, order);
}

void command_cancel(struct exec *exec, struct order *order, const char *reason) {
    if (order->rec.op == PAWL_ORDER_OP_CANCEL || !order_is_live(order)) return;
    if (order->rec.op != PAWL_ORDER_OP_NONE) {
        if (order->rec.op == PAWL_ORDER_OP_SUBMIT && order->rec.state == PAWL_ORDER_STATE_INTENT &&
            outbox_drop_order(exec, order)) {
            order_end(exec, order, PAWL_ORDER_STATE_CANCELLED, "never sent");
            return;
        }
        order->cancel_wanted = true; /* when what is in flight about it has its answer */
        return;
    }
    if (order->cancel_retry_ns > book_now(exec->book)) {
        order->cancel_wanted = true;
        exec_wake_lot(exec, order->lot, order->cancel_retry_ns);
        return;
    }
    if (!outbox_put(exec, order, PAWL_ORDER_OP_CANCEL, true)) {
        exec_wake_lot(exec, order->lot, book_now(exec->book) + FULL_WAIT_NS);
        return;
    }
    order->cancel_wanted = false;
    order->rec.op = PAWL_ORDER_OP_CANCEL;
    book_order_reason(order, reason);
    book_order_changed(exec->book, order);
}

/* ---- onto the bus, addressed to the broker ---- */

static void publish_submit(struct exec *exec, const struct outbox_entry *entry) {
    struct order *order = entry->order;
    const struct pawl_common_order *rec = &order->rec;
    struct pawl_ev_submit ev;
    EVENT_INIT(ev, PAWL_EV_SUBMIT);
    ev.head.target = entry->broker;
    TEXT_SET(ev.order, rec->order);
    ev.account = rec->account;
    ev.instrument = rec->instrument;
    ev.side = rec->side;
    ev.role = rec->role;
    ev.kind = rec->kind;
    ev.tif = rec->tif;
    ev.trigger = rec->trigger;
    ev.reduce = rec->reduce;
    ev.position_side = order->lot->rec.side;
    ev.quantity = rec->quantity;
    ev.price = rec->price;
    ev.stop_price = rec->stop_price;
    ev.trail_distance = order->rare->trail_distance;
    ev.trail_fraction = order->rare->trail_fraction;
    ev.trail_activation = order->rare->trail_activation;
    ev.group = rec->group;
    ev.expires = rec->expires;
    if (rec->reduce) TEXT_SET(ev.ticket, order->lot->rare->rec.ticket);
    if (order->attached != NULL) {
        ev.attached_stop = order->attached->rec.stop_price;
        TEXT_SET(ev.attached_stop_order, order->attached->rec.order);
    }
    book_publish(exec->book, &ev.head);
}

static void publish_amend(struct exec *exec, const struct outbox_entry *entry) {
    const struct pawl_common_order *rec = &entry->order->rec;
    struct pawl_ev_amend ev;
    EVENT_INIT(ev, PAWL_EV_AMEND);
    ev.head.target = entry->broker;
    TEXT_SET(ev.order, rec->order);
    ev.account = rec->account;
    ev.instrument = rec->instrument;
    ev.quantity = rec->want_quantity;
    ev.price = rec->want_price;
    ev.stop_price = rec->want_stop_price;
    TEXT_SET(ev.venue_order, rec->venue_order);
    book_publish(exec->book, &ev.head);
}

static void publish_cancel(struct exec *exec, const struct outbox_entry *entry) {
    const struct pawl_common_order *rec = &entry->order->rec;
    struct pawl_ev_cancel ev;
    EVENT_INIT(ev, PAWL_EV_CANCEL);
    ev.head.target = entry->broker;
    TEXT_SET(ev.order, rec->order);
    ev.account = rec->account;
    ev.instrument = rec->instrument;
    TEXT_SET(ev.venue_order, rec->venue_order);
    book_publish(exec->book, &ev.head);
}

static void mark_sent(struct exec *exec, struct order *order) {
    order->rec.state = PAWL_ORDER_STATE_SUBMITTED;
    order->rec.sent = book_now(exec->book);
    book_order_changed(exec->book, order);
    report_order(exec->book, PAWL_EV_ORDER_SUBMITTED, order, PAWL_ORDER_OP_SUBMIT, "");
}

void amend_strays(struct exec *exec, struct order *order) {
    int64_t sent_ns = order->op_sent_ns != 0 ? order->op_sent_ns : book_now(exec->book);
    order->amend_strays_ns = sent_ns + exec->book->accounts[order->rec.account].caps.settle_ns;
}

void command_publish(struct exec *exec, const struct outbox_entry *entry) {
    struct order *order = entry->order;
    int64_t wait_ns = exec->set->answer_wait_ns;
    if (wait_ns == 0) wait_ns = exec->book->accounts[order->rec.account].caps.answer_ns;
    bus_set_cause(exec->book->bus, entry->cause);
    order->op_sent_ns = book_now(exec->book);
    order->op_asked = exec->questions;
    switch (entry->op) {
    case PAWL_ORDER_OP_SUBMIT:
        mark_sent(exec, order);
        if (order->attached != NULL) mark_sent(exec, order->attached);
        publish_submit(exec, entry);
        break;
    case PAWL_ORDER_OP_AMEND:
        /* Two of the same may be on their way: whose answer comes will not be seen. */
        if (order->amend_strays_ns > book_now(exec->book)) amend_strays(exec, order);
        publish_amend(exec, entry);
        break;
    default: publish_cancel(exec, entry); break;
    }
    exec_wake_at(exec, EXEC_KEY_ANSWER, order->rec.id, book_now(exec->book) + wait_ns);
}

void command_query(struct exec *exec, uint32_t broker, uint32_t account, uint8_t what,
                   const struct order *order, int64_t since, uint64_t cookie) {
    struct pawl_ev_query ev;
    EVENT_INIT(ev, PAWL_EV_QUERY);
    exec->questions++;
    ev.head.target = broker;
    ev.head.cookie = cookie != 0 ? cookie : EXEC_KEY(EXEC_KEY_LOOKUP, exec->questions);
    ev.account = account;
    ev.what = what;
    ev.since = since;
    if (order != NULL) {
        TEXT_SET(ev.order, order->rec.order);
        TEXT_SET(ev.venue_order, order->rec.venue_order);
        ev.instrument = order->rec.instrument;
    }
    book_publish(exec->book, &ev.head);
}

/* ---- the end of an order ---- */

/* A level that was touched and whose market order came to nothing is watched again: the price may
 * have left it since. */
static void watch_again(struct exec *exec, struct order *order) {
    struct lot *lot = order->lot;
    if (order->rec.role != PAWL_ROLE_TARGET || order->rec.kind != PAWL_KIND_MARKET ||
        lot->targets == NULL)
        return;
    lot->targets[order->rec.index].fired = 0;
    lot->targets_changed = true;
    book_changed(exec->book, lot);
}

void order_end(struct exec *exec, struct order *order, uint8_t state, const char *reason) {
    struct book *book = exec->book;
    if (!order_is_live(order)) return;
    order->rec.state = state;
    order->rec.op = PAWL_ORDER_OP_NONE;
    order->rec.op_unknown = 0;
    order->rec.ended = book_now(book);
    order->cancel_wanted = false;
    if (state != PAWL_ORDER_STATE_FILLED) watch_again(exec, order);
    book_order_reason(order, reason);
    timers_clear(book->timers, 0, EXEC_KEY(EXEC_KEY_ANSWER, order->rec.id));
    timers_clear(book->timers, 0, EXEC_KEY(EXEC_KEY_LOOKUP, order->rec.id));
    book_order_changed(book, order);
    book_dirty(book, order->lot);
    uint16_t type = state == PAWL_ORDER_STATE_CANCELLED ? PAWL_EV_ORDER_CANCELLED
                    : state == PAWL_ORDER_STATE_EXPIRED ? PAWL_EV_ORDER_EXPIRED
                    : state == PAWL_ORDER_STATE_FILLED  ? PAWL_EV_ORDER_FILLED
                                                        : PAWL_EV_ORDER_REJECTED;
    report_order(book, type, order, PAWL_ORDER_OP_NONE, reason);
    /* A stop that travelled with an entry that never filled has nothing to protect. */
    if (order->attached != NULL && order->rec.filled.e8 == 0)
        order_end(exec, order->attached, PAWL_ORDER_STATE_CANCELLED, "its entry ended");
}
