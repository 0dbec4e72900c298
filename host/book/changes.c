#include "book/ended.h"
#include "events/reflect.h"

void book_dirty(struct book *book, struct lot *lot) {
    if (lot->dirty) return;
    lot->dirty = true;
    lot->dirty_cause = book->bus->cause;
    lot->dirty_next = NULL;
    if (book->dirty_last != NULL)
        book->dirty_last->dirty_next = lot;
    else
        book->dirty = lot;
    book->dirty_last = lot;
}

struct lot *book_next_dirty(struct book *book) {
    struct lot *lot = book->dirty;
    if (lot == NULL) return NULL;
    book->dirty = lot->dirty_next;
    if (book->dirty == NULL) book->dirty_last = NULL;
    lot->dirty = false;
    return lot;
}

void book_changed(struct book *book, struct lot *lot) {
    if (lot->changed) return;
    lot->changed = true;
    lot->changed_next = book->changed;
    book->changed = lot;
}

void book_order_changed(struct book *book, struct order *order) {
    if (order->changed) return;
    order->changed = true;
    order->changed_next = book->changed_orders;
    book->changed_orders = order;
}

bool book_has_changes(const struct book *book) {
    return book->changed != NULL || book->changed_orders != NULL || book->host_changed ||
           book->plugin_changes;
}

void book_put(struct book *book, uint16_t record_id, const void *row) {
    if (store_put(book->store, reflect_record(record_id), row) != PAWL_OK)
        book->store_refused = true;
}

static int put(struct book *book, uint16_t id, const void *row, int rc) {
    int put_rc = store_put(book->store, reflect_record(id), row);
    return rc != PAWL_OK ? rc : put_rc;
}

static int put_order(struct book *book, const struct order *order, int rc) {
    struct pawl_rec_order row;
    pawl_join_order(&order->rec, order->rare, &row);
    rc = put(book, PAWL_REC_ORDER, &row, rc);
    if (role_is_entry(row.role)) return rc;
    const struct pawl_rec_share share = {
        .id = row.id << 8 | 1, /* the only one */
        .order = row.id,
        .lot = row.lot,
        .quantity = row.op == PAWL_ORDER_OP_AMEND ? row.want_quantity : row.quantity,
        .filled = order->share_filled};
    return put(book, PAWL_REC_SHARE, &share, rc);
}

int book_store(struct book *book) {
    int rc = PAWL_OK;
    if (book->host_changed) rc = put(book, PAWL_REC_HOST, &book->host, rc);
    book->host_changed = book->plugin_changes = false;
    for (struct lot *lot = book->changed; lot != NULL; lot = lot->changed_next) {
        struct pawl_rec_lot row;
        book_lot_row(lot, &row);
        rc = put(book, PAWL_REC_LOT, &row, rc);
        if (lot->targets_changed)
            for (uint32_t i = 0; i < PAWL_TARGETS_MAX; i++)
                if (lot->targets[i].generation != 0)
                    rc = put(book, PAWL_REC_TARGET, &lot->targets[i], rc);
        lot->targets_changed = false;
        lot->changed = false;
    }
    book->changed = NULL;
    for (struct order *order = book->changed_orders; order != NULL; order = order->changed_next) {
        rc = put_order(book, order, rc);
        order->changed = false;
        book_ended_note(book, order);
    }
    book->changed_orders = NULL;
    return rc;
}
