/* One lot out of two: what is open of one, with its working orders, becomes the other's. */
#include "book/book.h"
#include "book/money.h"

/* What is open goes over at what it cost; what was already out stays, so that its sums and its
 * profit remain those of its own fills. */
static int move_quantity(struct book *book, struct lot *into, struct lot *from) {
    struct pawl_common_lot *to = &into->rec, *of = &from->rec;
    int64_t open_e8 = lot_open_e8(from), value_e8 = lot_cost_open(from).e8, sum;
    int rc = pawl_add_i64(to->entered.e8, open_e8, &sum);
    if (rc == PAWL_OK) rc = pawl_add_i64(to->entry_value.e8, value_e8, &sum);
    if (rc == PAWL_OK) rc = pawl_add_i64(to->enter_up_to.e8, open_e8, &sum);
    if (rc != PAWL_OK) return rc;
    book_before_growth(book, into);
    to->entered.e8 += open_e8;
    to->entry_value.e8 += value_e8;
    to->enter_up_to.e8 += open_e8;
    of->entered.e8 -= open_e8;
    of->entry_value.e8 -= value_e8;
    of->enter_up_to = of->entered;
    return PAWL_OK;
}

static void move_orders(struct book *book, struct lot *into, struct lot *from) {
    for (struct order *order = from->orders, *next; order != NULL; order = next) {
        next = order->next;
        if (!order_is_live(order)) continue;
        book_order_move(order, into);
        book_order_changed(book, order);
    }
}

int book_merge(struct book *book, struct lot *into, struct lot *from) {
    int rc = move_quantity(book, into, from);
    if (rc != PAWL_OK) return rc;
    move_orders(book, into, from);
    into->entry_fill_ns = book_now(book);
    if (!into->rec.r_frozen) {
        into->rec.original = into->rec.entered;
        lot_set_r(into);
    }
    book_lot_rare(book, from)->rec.merged_into = into->rec.id;
    book_changed(book, into);
    book_dirty(book, into);
    book_changed(book, from);
    return PAWL_OK;
}

struct lot *book_lot_heir(const struct book *book, struct lot *lot) {
    for (uint32_t i = 0; i < BOOK_MERGES_MAX && lot != NULL && lot->rare->rec.merged_into != 0; i++)
        lot = book_lot(book, lot->rare->rec.merged_into);
    return lot;
}
