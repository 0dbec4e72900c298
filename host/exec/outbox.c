/*
 * Commands wait here until the turn that made them is durable. A stalled disk holds entries for
 * ever, protective and reducing orders only as long as the runner allows (release_protective).
 *
 * What leaves from the middle leaves a hole; the first entry is never one. An order has at most one
 * request in flight, so at most one entry, and knows its place.
 */
#include <string.h>

#include "base/rfc3339.h"
#include "book/report.h"
#include "exec/steps.h"

static struct outbox_entry *at(struct exec *exec, uint32_t i) {
    return &exec->outbox[(exec->outbox_first + i) % EXEC_OUTBOX_MAX];
}

static void trim(struct exec *exec) {
    while (exec->outbox_count > 0 && at(exec, 0)->order == NULL) {
        exec->outbox_first = (exec->outbox_first + 1) % EXEC_OUTBOX_MAX;
        exec->outbox_count--;
    }
}

static struct outbox_entry take(struct outbox_entry *entry) {
    struct outbox_entry taken = *entry;
    taken.order->outbox_place = 0;
    entry->order = NULL;
    return taken;
}

/* Everything moves up over the holes. */
static void close_holes(struct exec *exec) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < exec->outbox_count; i++) {
        struct outbox_entry entry = *at(exec, i);
        if (entry.order == NULL) continue;
        *at(exec, kept) = entry;
        entry.order->outbox_place = (exec->outbox_first + kept++) % EXEC_OUTBOX_MAX + 1;
    }
    exec->outbox_count = kept;
}

bool outbox_drop_order(struct exec *exec, struct order *order) {
    if (order->outbox_place == 0) return false;
    take(&exec->outbox[order->outbox_place - 1]);
    trim(exec);
    return true;
}

bool outbox_put(struct exec *exec, struct order *order, uint8_t op, bool protective) {
    outbox_drop_order(exec, order); /* its request was answered before it left: this one is meant */
    if (exec->outbox_count == EXEC_OUTBOX_MAX) close_holes(exec);
    if (exec->outbox_count == EXEC_OUTBOX_MAX) return false;
    order->outbox_place = (exec->outbox_first + exec->outbox_count) % EXEC_OUTBOX_MAX + 1;
    struct outbox_entry *entry = at(exec, exec->outbox_count++);
    *entry = (struct outbox_entry){.turn = exec->book->bus->turn,
                                   .cause = exec->book->bus->cause,
                                   .order = order,
                                   .broker = exec->book->accounts[order->rec.account].info.broker,
                                   .op = op,
                                   .protective = protective};
    return true;
}

void outbox_drop_broker(struct exec *exec, uint32_t broker) {
    for (uint32_t i = 0; i < exec->outbox_count; i++) {
        if (at(exec, i)->order == NULL || at(exec, i)->broker != broker) continue;
        struct outbox_entry entry = take(at(exec, i));
        if (entry.op == PAWL_ORDER_OP_SUBMIT) {
            order_end(exec, entry.order, PAWL_ORDER_STATE_CANCELLED, "never sent: connection lost");
        } else {
            entry.order->rec.op = PAWL_ORDER_OP_NONE;
            book_order_changed(exec->book, entry.order);
        }
    }
    trim(exec);
}

/* Of a lot that the disk does not know (a position that was taken over) nothing leaves that would
 * rest at the venue: after a crash it would belong to nobody. */
static bool may_go_early(const struct exec *exec, const struct outbox_entry *entry) {
    const struct order *order = entry->order;
    bool rests = entry->op == PAWL_ORDER_OP_SUBMIT && order->rec.kind != PAWL_KIND_MARKET;
    return entry->protective && (!rests || order->lot->born <= exec->stored_turn);
}

/* Entries whose record will never be durable: never sent, which is certain. */
static void drop_entries(struct exec *exec) {
    for (uint32_t i = 0; i < exec->outbox_count; i++) {
        if (at(exec, i)->order == NULL || may_go_early(exec, at(exec, i))) continue;
        struct outbox_entry entry = take(at(exec, i));
        if (entry.op != PAWL_ORDER_OP_SUBMIT) {
            entry.order->rec.op = PAWL_ORDER_OP_NONE;
            continue;
        }
        order_end(exec, entry.order, PAWL_ORDER_STATE_REJECTED, "never sent: the database failed");
        if (entry.protective) { /* the guard has the lot */
            want_failed(exec, entry.order, entry.op, PAWL_ERROR_CLASS_FATAL, "the database failed");
            continue;
        }
        want_spent(exec, entry.order->lot, entry.order->rec.role, 0, PAWL_ERROR_CLASS_FATAL,
                   entry.order->rec.generation, "the database failed");
    }
    trim(exec);
}

/* Once is what a busy machine does now and then: its order is safe, by its id. A disk that does not
 * come back holds every entry and will hold what is decided next. */
static void report_stall(struct exec *exec, const struct outbox_entry *entry) {
    char since[RFC3339_SIZE];
    if (exec->stall_ns == 0 || exec->stall_turn != exec->stored_turn)
        exec->stall_ns = book_now(exec->book);
    exec->stall_turn = exec->stored_turn;
    bool lasts = exec->release_without_disk ||
                 book_now(exec->book) - exec->stall_ns >= EXEC_STALL_CRITICAL_NS;
    rfc3339_format(exec->stall_ns, 3, since);
    report_alert(exec->book, "disk_stalled",
                 lasts ? PAWL_SEVERITY_CRITICAL : PAWL_SEVERITY_WARNING, entry->order->lot,
                 entry->order,
                 exec->release_without_disk
                     ? "sent without a record, as it protects: the database has failed"
                     : "sent before its record was stored, as it protects: the disk has been "
                       "slow since %.12sZ; entries wait",
                 since + 11);
}

bool outbox_release(struct exec *exec) {
    bool released = false;
    if (exec->release_without_disk) drop_entries(exec);
    for (uint32_t i = 0; i < exec->outbox_count; i++) {
        if (at(exec, i)->order == NULL) continue;
        bool due = at(exec, i)->turn <= exec->release_turn;
        if (!due && !exec->release_protective) break; /* turns only rise */
        if (!due && !may_go_early(exec, at(exec, i))) continue;
        struct outbox_entry entry = take(at(exec, i));
        if (!due) report_stall(exec, &entry);
        command_publish(exec, &entry);
        released = true;
    }
    trim(exec);
    exec->release_protective = false;
    return released;
}

bool outbox_waiting(const struct exec *exec, uint64_t *ret_turn) {
    if (exec->outbox_count == 0) return false;
    *ret_turn = exec->outbox[exec->outbox_first].turn;
    return true;
}
