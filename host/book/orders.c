#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"
#include "book/ended.h"
#include "book/report.h"

static const struct pawl_rare_order nothing_rare;

/* Client ids are found by their hash. */
static uint64_t id_key(const char *client_id) {
    return hash_bytes(client_id, strlen(client_id), 0);
}

struct order *book_order(const struct book *book, uint64_t number) {
    return table_get(&book->orders, number);
}

struct order *book_order_by_id(const struct book *book, const char *client_id) {
    uint64_t key = id_key(client_id);
    for (;; key++) {
        struct order *order = table_get(&book->order_ids, key);
        if (order == NULL || strcmp(order->rec.order, client_id) == 0) return order;
    }
}

static uint64_t home_of(const void *order) {
    return id_key(((const struct order *)order)->rec.order);
}

int book_order_index(struct book *book, struct order *order) {
    return table_add_near(&book->order_ids, home_of(order), order);
}

/* By number; one that comes from another lot may be older than what is here. */
static void order_link(struct lot *lot, struct order *order) {
    struct order *before = lot->orders_last;
    while (before != NULL && before->rec.id > order->rec.id) before = before->previous;
    struct order *after = before == NULL ? lot->orders : before->next;
    order->lot = lot;
    order->previous = before;
    order->next = after;
    if (before != NULL)
        before->next = order;
    else
        lot->orders = order;
    if (after != NULL)
        after->previous = order;
    else
        lot->orders_last = order;
}

static void order_unlink(struct order *order) {
    struct lot *from = order->lot;
    if (order->previous != NULL)
        order->previous->next = order->next;
    else
        from->orders = order->next;
    if (order->next != NULL)
        order->next->previous = order->previous;
    else
        from->orders_last = order->previous;
}

void book_order_move(struct order *order, struct lot *to) {
    order_unlink(order);
    order->rec.lot = to->rec.id;
    order_link(to, order);
}

static struct order *order_insert(struct book *book, struct lot *lot, uint64_t number) {
    struct order *order = mem_calloc(1, sizeof *order);
    if (order == NULL) return NULL;
    order->rec.id = number;
    order->rare = &nothing_rare;
    if (table_put(&book->orders, number, order) != PAWL_OK) {
        mem_free(order);
        return NULL;
    }
    order_link(lot, order);
    return order;
}

struct order *book_order_new(struct book *book, struct lot *lot, struct pawl_err *err) {
    uint32_t live = 0;
    for (const struct order *one = lot->orders; one != NULL; one = one->next)
        live += order_is_live(one);
    if (live >= BOOK_ORDERS_PER_LOT_MAX) {
        pawl_fail(err, PAWL_E_BUSY, "lot %llu has %u live orders", (unsigned long long)lot->rec.id,
                  live);
        return NULL;
    }
    struct order *order = order_insert(book, lot, book->host.next_order);
    if (order == NULL) {
        pawl_fail(err, PAWL_E_NOMEM, "no memory for another order");
        return NULL;
    }
    book->host.next_order++;
    book->host_changed = true;
    order->rec.lot = lot->rec.id;
    order->rec.instrument = lot->rec.instrument;
    order->rec.account = lot->rec.account;
    order->rec.boot = book->boot;
    order->rec.created = book_now(book);
    order->rec.cause = book->bus->cause;
    order->rec.op = PAWL_ORDER_OP_NONE;
    order->rec.state = PAWL_ORDER_STATE_INTENT;
    return order;
}

struct order *book_order_restore(struct book *book, const struct pawl_common_order *common,
                                 const struct pawl_rare_order *rare, struct pawl_err *err) {
    struct lot *lot = book_lot(book, common->lot);
    struct order *order = lot == NULL ? NULL : order_insert(book, lot, common->id);
    if (order == NULL) {
        pawl_fail(err, PAWL_E_DATA, "order %s belongs to lot %llu, which is not stored",
                  common->order, (unsigned long long)common->lot);
        return NULL;
    }
    order->rec = *common;
    bool is_rare = memcmp(rare, &nothing_rare, sizeof *rare) != 0;
    struct pawl_rare_order *own = is_rare ? book_order_rare(order) : NULL;
    if (own != NULL) *own = *rare;
    if ((is_rare && own == NULL) || book_order_index(book, order) != PAWL_OK) {
        pawl_fail(err, PAWL_E_NOMEM, "no memory for order %s", common->order);
        return NULL;
    }
    book_ended_note(book, order);
    return order;
}

struct pawl_rare_order *book_order_rare(struct order *order) {
    if (order->rare == &nothing_rare) {
        struct pawl_rare_order *own = mem_calloc(1, sizeof *own);
        if (own == NULL) return NULL;
        order->rare = own;
    }
    return (struct pawl_rare_order *)order->rare;
}

void book_order_reason(struct order *order, const char *reason) {
    if (strcmp(order->rare->reason, reason) == 0) return;
    struct pawl_rare_order *rare = book_order_rare(order);
    if (rare != NULL) TEXT_SET(rare->reason, reason); /* else it was told, and is not kept */
}

void book_order_free(struct order *order) {
    if (order->rare != &nothing_rare) mem_free((void *)order->rare);
    mem_free(order);
}

void book_order_drop(struct book *book, struct order *order) {
    order_unlink(order);
    table_remove(&book->orders, order->rec.id);
    table_remove_near(&book->order_ids, order, home_of);
    book_order_free(order);
}

bool order_is_live(const struct order *order) {
    switch (order->rec.state) {
    case PAWL_ORDER_STATE_INTENT:
    case PAWL_ORDER_STATE_SUBMITTED:
    case PAWL_ORDER_STATE_ACCEPTED:
    case PAWL_ORDER_STATE_PARTIALLY_FILLED:
    case PAWL_ORDER_STATE_UNKNOWN: return true;
    default: return false;
    }
}

bool order_is_working(const struct order *order) {
    return order->rec.state == PAWL_ORDER_STATE_ACCEPTED ||
           order->rec.state == PAWL_ORDER_STATE_PARTIALLY_FILLED;
}
