/*
 * Commands wait here until the turn that made them is durable. A stalled disk holds entries for
 * ever, protective and reducing orders only as long as the runner allows (release_protective).
 */
#include <string.h>

#include "book/report.h"
#include "exec/steps.h"

static struct outbox_entry *at(struct exec *exec, uint32_t i) {
    return &exec->outbox[(exec->outbox_first + i) % EXEC_OUTBOX_MAX];
}

bool outbox_put(struct exec *exec, struct order *order, uint8_t op, bool protective) {
    if (exec->outbox_count == EXEC_OUTBOX_MAX) return false;
    struct outbox_entry *entry = at(exec, exec->outbox_count++);
    *entry = (struct outbox_entry){.turn = exec->book->bus->turn,
                                   .cause = exec->book->bus->cause,
                                   .order = order,
                                   .broker = exec->book->accounts[order->rec.account].info.broker,
                                   .op = op,
                                   .protective = protective};
    return true;
}

static void remove_at(struct exec *exec, uint32_t i) {
    for (; i + 1 < exec->outbox_count; i++) *at(exec, i) = *at(exec, i + 1);
    exec->outbox_count--;
}

bool outbox_drop_order(struct exec *exec, struct order *order) {
    bool found = false;
    for (uint32_t i = 0; i < exec->outbox_count;)
        if (at(exec, i)->order == order) {
            remove_at(exec, i);
            found = true;
        } else {
            i++;
        }
    return found;
}

void outbox_drop_broker(struct exec *exec, uint32_t broker) {
    for (uint32_t i = 0; i < exec->outbox_count;) {
        struct outbox_entry entry = *at(exec, i);
        if (entry.broker != broker) {
            i++;
            continue;
        }
        remove_at(exec, i);
        if (entry.op == PAWL_ORDER_OP_SUBMIT) {
            order_end(exec, entry.order, PAWL_ORDER_STATE_CANCELLED, "never sent: connection lost");
        } else {
            entry.order->rec.op = PAWL_ORDER_OP_NONE;
            book_order_changed(exec->book, entry.order);
        }
    }
}

/* Entries whose record will never be durable: never sent, which is certain. */
static void drop_entries(struct exec *exec) {
    for (uint32_t i = 0; i < exec->outbox_count;) {
        struct outbox_entry entry = *at(exec, i);
        if (entry.protective) {
            i++;
            continue;
        }
        remove_at(exec, i);
        if (entry.op != PAWL_ORDER_OP_SUBMIT) {
            entry.order->rec.op = PAWL_ORDER_OP_NONE;
            continue;
        }
        order_end(exec, entry.order, PAWL_ORDER_STATE_REJECTED, "never sent: the database failed");
        want_spent(exec, entry.order->lot, entry.order->rec.role, 0, PAWL_ERROR_CLASS_FATAL,
                   entry.order->rec.generation, "the database failed");
    }
}

bool outbox_release(struct exec *exec) {
    bool released = false;
    if (exec->release_without_disk) drop_entries(exec);
    for (uint32_t i = 0; i < exec->outbox_count;) {
        struct outbox_entry entry = *at(exec, i);
        bool due = entry.turn <= exec->release_turn;
        if (!due && !(exec->release_protective && entry.protective)) {
            if (!exec->release_protective) break; /* turns only rise */
            i++;
            continue;
        }
        if (!due)
            report_alert(exec->book, "disk_stalled", PAWL_SEVERITY_CRITICAL, entry.order->lot,
                         entry.order, "sent before its record was durable: it protects");
        if (i == 0) {
            exec->outbox_first = (exec->outbox_first + 1) % EXEC_OUTBOX_MAX;
            exec->outbox_count--;
        } else {
            remove_at(exec, i);
        }
        command_publish(exec, &entry);
        released = true;
    }
    exec->release_protective = false;
    return released;
}

bool outbox_waiting(const struct exec *exec, uint64_t *ret_turn) {
    if (exec->outbox_count == 0) return false;
    *ret_turn = exec->outbox[exec->outbox_first].turn;
    return true;
}
