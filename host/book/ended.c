/*
 * When orders that have ended leave an open lot. Those of closed ones leave with their lot.
 *
 * Each is looked at soon after its end, and stays or goes; what stays is looked at again from time
 * to time. Two queues of numbers, in the order of the looks: a look costs the same however many
 * lots are open, and what has left otherwise meanwhile is just not found.
 */
#include "book/ended.h"

#include "base/alloc.h"
#include "book/executions.h"

#define LOOKS_MAX 16u /* of a queue, between two turns */
#define ROOM_MIN 64u

struct ended_order {
    uint64_t number;
    int64_t look_ns; /* not before */
};

static bool has_ended(const struct pawl_common_order *rec) {
    return rec->state == PAWL_ORDER_STATE_FILLED || rec->state == PAWL_ORDER_STATE_CANCELLED ||
           rec->state == PAWL_ORDER_STATE_REJECTED || rec->state == PAWL_ORDER_STATE_EXPIRED;
}

bool book_order_past(const struct book *book, const struct pawl_common_order *rec) {
    return has_ended(rec) && !rec->attached && book_execution_past(book, rec->account, rec->ended);
}

/* All of it is booked and nothing about it is on its way any more: what a lot that is open for days
 * has of its entry. It stays where there are not many, for those who ask about it. */
static bool is_spare(const struct book *book, const struct order *order) {
    return book->orders.count > BOOK_ORDERS_KEPT && role_is_entry(order->rec.role) &&
           order->rec.state == PAWL_ORDER_STATE_FILLED && !order->rec.attached &&
           order->rec.filled.e8 >= order->rec.quantity.e8 &&
           book_now(book) - order->rec.ended >= BOOK_ENDED_FIRST_NS;
}

static bool may_leave(const struct book *book, const struct order *order) {
    return !order->changed && order->attached == NULL && order->outbox_place == 0 &&
           (is_spare(book, order) || book_order_past(book, &order->rec));
}

/* Without room for it the order stays until its lot leaves. */
static void put(struct ended_queue *queue, struct order *order, int64_t look_ns) {
    order->ended_noted = false;
    if (queue->count >= BOOK_ORDERS_MAX) return;
    if (queue->count == queue->room) {
        uint32_t room = queue->room == 0 ? ROOM_MIN : queue->room * 2u;
        struct ended_order *items = mem_alloc(room * sizeof *items);
        if (items == NULL) return;
        for (uint32_t i = 0; i < queue->count; i++)
            items[i] = queue->items[(queue->first + i) % queue->room];
        mem_free(queue->items);
        *queue = (struct ended_queue){.items = items, .count = queue->count, .room = room};
    }
    queue->items[(queue->first + queue->count++) % queue->room] =
        (struct ended_order){.number = order->rec.id, .look_ns = look_ns};
    order->ended_noted = true;
}

/* The first one, if it is time for it and it is still there; *ret_goes_on: there may be more. */
static struct order *take(struct book *book, struct ended_queue *queue, bool *ret_goes_on) {
    *ret_goes_on = queue->count > 0 && queue->items[queue->first].look_ns <= book_now(book);
    if (!*ret_goes_on) return NULL;
    struct order *order = book_order(book, queue->items[queue->first].number);
    queue->first = (queue->first + 1u) % queue->room;
    queue->count--;
    if (order == NULL) return NULL;
    order->ended_noted = false;
    /* It lives again, or stays as long as its lot. */
    if (!has_ended(&order->rec) || order->lot->rec.state == PAWL_LOT_STATE_CLOSED) return NULL;
    return order;
}

static void look(struct book *book, struct ended_queue *queue) {
    bool goes_on = true;
    for (uint32_t i = 0; i < LOOKS_MAX && goes_on; i++) {
        struct order *order = take(book, queue, &goes_on);
        if (order == NULL) continue;
        if (may_leave(book, order)) {
            book_order_drop(book, order);
        } else {
            put(&book->ended_old, order, book_now(book) + BOOK_ENDED_AGAIN_NS);
        }
    }
}

void book_ended_note(struct book *book, struct order *order) {
    if (order->ended_noted || !has_ended(&order->rec)) return;
    put(&book->ended_new, order, book_now(book) + BOOK_ENDED_FIRST_NS);
}

void book_ended_evict(struct book *book) {
    look(book, &book->ended_new);
    look(book, &book->ended_old);
}

void book_ended_done(struct book *book) {
    mem_free(book->ended_new.items);
    mem_free(book->ended_old.items);
}
