#include "book/market.h"
#include "book/report.h"
#include "exec/steps.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

void exec_configure(struct exec *exec, const struct config *config) {
    exec->config = config;
    exec->set = &config->host.executor;
    exec->risk = &config->risk;
}

int exec_init(struct exec *exec, struct book *book, const struct config *config,
              struct pawl_err *err) {
    memset(exec, 0, sizeof *exec);
    exec->book = book;
    exec_configure(exec, config);
    exec->outbox = mem_calloc(EXEC_OUTBOX_MAX, sizeof *exec->outbox);
    exec->positions = mem_calloc(EXEC_ROUND_POSITIONS_MAX, sizeof *exec->positions);
    if (exec->outbox == NULL || exec->positions == NULL) {
        exec_done(exec);
        return pawl_fail(err, PAWL_E_NOMEM, "executor: out of memory");
    }
    rng_init(&exec->rng, book->boot);
    return PAWL_OK;
}

void exec_done(struct exec *exec) {
    mem_free(exec->outbox);
    mem_free(exec->positions);
    for (uint32_t i = 0; i < exec->broker_count; i++) reconcile_stop(&exec->brokers[i]);
    exec->outbox = NULL;
    exec->positions = NULL;
}

int exec_add_broker(struct exec *exec, uint32_t component, struct pawl_err *err) {
    if (exec->broker_count == EXEC_BROKERS_MAX)
        return pawl_fail(err, PAWL_E_BUSY, "more than %u brokers", EXEC_BROKERS_MAX);
    exec->brokers[exec->broker_count++] =
        (struct exec_broker){.component = component, .state = BROKER_DOWN};
    return PAWL_OK;
}

void exec_drop_broker(struct exec *exec, uint32_t component) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < exec->broker_count; i++)
        if (exec->brokers[i].component != component)
            exec->brokers[kept++] = exec->brokers[i];
        else
            reconcile_stop(&exec->brokers[i]);
    exec->broker_count = kept;
    timers_clear(exec->book->timers, 0, EXEC_KEY(EXEC_KEY_ROUND, component));
}

struct exec_broker *exec_broker(struct exec *exec, uint32_t component) {
    for (uint32_t i = 0; i < exec->broker_count; i++)
        if (exec->brokers[i].component == component) return &exec->brokers[i];
    return NULL;
}

struct exec_broker *exec_broker_of(struct exec *exec, const struct lot *lot) {
    return exec_broker(exec, exec->book->accounts[lot->rec.account].info.broker);
}

void exec_wake_at(struct exec *exec, enum exec_key what, uint64_t number, int64_t due_ns) {
    if (timers_set(exec->book->timers, 0, EXEC_KEY(what, number), due_ns, NULL) != PAWL_OK)
        report_alert(exec->book, "no_timer", PAWL_SEVERITY_CRITICAL, NULL, NULL,
                     "too many timers are set; a retry or look-up is lost");
}

void exec_wake_lot(struct exec *exec, struct lot *lot, int64_t due_ns) {
    if (lot->wake_ns != 0 && lot->wake_ns <= due_ns) return;
    lot->wake_ns = due_ns;
    exec_wake_at(exec, EXEC_KEY_RETRY, lot->rec.id, due_ns);
}

/* An order that was live when the last process ended: sent or not, answered or not, nobody knows.
 * What was merely working is looked up too; it may have filled meanwhile. */
static void restore_order(struct exec *exec, struct order *order) {
    if (!order_is_live(order)) return;
    if (order->rec.attached) {
        struct order *entry = book_order(exec->book, order->rec.parent);
        if (entry != NULL) entry->attached = order;
        if (exec_order_sleeps(exec, order)) return;
    }
    if (!order_is_working(order)) order->rec.state = PAWL_ORDER_STATE_UNKNOWN;
    if (order->rec.op == PAWL_ORDER_OP_NONE && order_is_working(order)) return;
    order->rec.op_unknown = 1;
    book_order_changed(exec->book, order);
}

static bool target_is_live(const struct lot *lot, uint8_t index) {
    for (const struct order *order = lot->orders; order != NULL; order = order->next)
        if (order->rec.role == PAWL_ROLE_TARGET && order->rec.index == index &&
            order_is_live(order))
            return true;
    return false;
}

/* A touch that led to no order yet belongs to a price that is gone. */
static void restore_targets(struct lot *lot) {
    for (uint8_t i = 0; lot->targets != NULL && i < PAWL_TARGETS_MAX; i++)
        if (lot->targets[i].fired && !target_is_live(lot, i)) lot->targets[i].fired = 0;
}

void exec_restored(struct exec *exec) {
    for (struct lot *lot = exec->book->first_lot; lot != NULL; lot = lot->next) {
        for (struct order *order = lot->orders; order != NULL; order = order->next)
            restore_order(exec, order);
        restore_targets(lot);
        lot->trail_least_e8 = lot->rec.stop.e8; /* who moved it there is not stored */
        if (lot->rec.protection == PAWL_PROTECTION_RESTING) lot->protected_once = true;
        book_dirty(exec->book, lot);
    }
}

static void on_answer_late(struct exec *exec, struct order *order) {
    if (!order_is_live(order) || order->rec.op_unknown) return;
    if (order->rec.attached && order->rec.state == PAWL_ORDER_STATE_SUBMITTED)
        lookup_begin(exec, order, PAWL_ORDER_OP_SUBMIT, "no answer in time");
    else if (order->rec.op != PAWL_ORDER_OP_NONE)
        lookup_begin(exec, order, order->rec.op, "no answer in time");
}

static void on_key(struct exec *exec, uint64_t key, bool is_timer) {
    uint64_t number = EXEC_KEY_NUMBER(key);
    struct order *order;
    struct lot *lot;
    switch (EXEC_KEY_WHAT(key)) {
    case EXEC_KEY_ANSWER:
        if ((order = book_order(exec->book, number)) != NULL) on_answer_late(exec, order);
        break;
    case EXEC_KEY_LOOKUP:
        if ((order = book_order(exec->book, number)) != NULL) lookup_due(exec, order);
        break;
    case EXEC_KEY_RETRY:
        if ((lot = book_lot(exec->book, number)) == NULL) break;
        lot->wake_ns = 0;
        book_dirty(exec->book, lot);
        break;
    case EXEC_KEY_GROUP:
        if ((lot = book_lot(exec->book, number)) != NULL) book_dirty(exec->book, lot);
        break;
    case EXEC_KEY_GUARD:
        if ((lot = book_lot(exec->book, number)) == NULL) break;
        if (is_timer)
            guard_grace_over(exec, lot);
        else
            guard_crossed(exec, lot);
        break;
    case EXEC_KEY_TRAIL:
        if ((lot = book_lot(exec->book, number)) != NULL) trail_crossed(exec, lot);
        break;
    case EXEC_KEY_TARGET:
        if ((lot = book_lot(exec->book, number >> 2)) != NULL)
            plan_target_fired(exec, lot, (uint32_t)(number & 3));
        break;
    case EXEC_KEY_DAY:
        risk_day(exec, (uint32_t)number, exec->book->accounts[number].day_began, true);
        break;
    case EXEC_KEY_DAY_EQUITY: risk_day_equity(exec, (uint32_t)number); break;
    case EXEC_KEY_ROUND: reconcile_due(exec, (uint32_t)number); break;
    default: break;
    }
}

void exec_event(struct exec *exec, const struct pawl_event *event) {
    bool is_report = event->type >= 0x0400 && event->type < 0x0500;
    if (is_report && EXEC_KEY_WHAT(event->cookie) == EXEC_KEY_PLAN) return;
    if (is_report)
        report_event(exec, event);
    else if (event->type == PAWL_EV_TIMER && event->target == exec->operator_id)
        on_key(exec, event->cookie, true);
    else
        operator_event(exec, event);
}

/* A level of the host's own is handled here; a component's becomes an event for it. */
static void hand_out(struct exec *exec, const struct trigger_hit *hit) {
    bus_set_cause(exec->book->bus, exec->book->bus->turn);
    if (hit->spec.owner == 0) {
        on_key(exec, hit->spec.key, false);
        return;
    }
    struct pawl_ev_trigger ev;
    EVENT_INIT(ev, PAWL_EV_TRIGGER);
    ev.head.target = hit->spec.owner;
    ev.head.cookie = hit->spec.key;
    ev.instrument = hit->spec.instrument;
    ev.level = hit->spec.level;
    ev.price = hit->price;
    ev.extreme = hit->spec.extreme;
    book_publish(exec->book, &ev.head);
}

/* Releases first, then fired levels one at a time, each with all it causes, then the rest of a
 * bar's path, then the dirty lots. True = call again when what was published has been delivered. */
bool exec_end_of_turn(void *arg) {
    struct exec *exec = arg;
    struct trigger_hit hit;
    if (exec->stop_entries != NULL) {
        if (!exec->entries_stopped) risk_stop_entries(exec, exec->stop_entries);
        exec->stop_entries = NULL;
        return true;
    }
    if (exec->command != EXEC_COMMAND_NONE) {
        operator_command(exec);
        return true;
    }
    if (exec->outbox_count > 0 && (exec->release_turn > 0 || exec->release_protective)) {
        if (exec->release_turn > exec->stored_turn) exec->stored_turn = exec->release_turn;
        bool released = outbox_release(exec);
        exec->release_turn = 0;
        if (released) return true;
    }
    if (book_take_hit(exec->book, &hit)) {
        hand_out(exec, &hit);
        return true;
    }
    if (!triggers_pending(exec->book->triggers) && book_path_step(exec->book)) return true;
    struct lot *lot = exec->restoring ? NULL : book_next_dirty(exec->book);
    if (lot == NULL) return false;
    bus_set_cause(exec->book->bus, lot->dirty_cause);
    plan_lot(exec, lot);
    return true;
}
