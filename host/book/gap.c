/*
 * A gap is booked when the positions of two rounds say that a lot has shrunk and no execution says
 * why. Should the venue tell the execution after all, it is the same fill: counted again it would
 * take from the lots what the venue still holds, and nobody would protect that.
 */
#include <string.h>

#include "base/alloc.h"
#include "book/executions.h"
#include "book/fill_part.h"
#include "book/money.h"
#include "book/report.h"

void book_gap_note(struct book *book, const struct pawl_rec_fill *rec) {
    if (rec->unexplained.e8 <= 0) return;
    if (book->gaps == NULL) book->gaps = mem_calloc(BOOK_GAPS_MAX, sizeof *book->gaps);
    if (book->gaps == NULL) return; /* it stays as it was booked */
    if (book->gap_count == BOOK_GAPS_MAX) {
        memmove(book->gaps, book->gaps + 1, (BOOK_GAPS_MAX - 1) * sizeof *book->gaps);
        book->gap_count--;
    }
    book->gaps[book->gap_count++] = *rec;
}

static bool is_same(const struct book *book, const struct pawl_rec_fill *gap,
                    const struct book_fill *fill) {
    const struct lot *lot = book_lot(book, gap->lot);
    if (gap->account != fill->account || gap->instrument != fill->instrument ||
        gap->side != fill->side || fill->venue_time > gap->booked)
        return false;
    return fill->ticket[0] == '\0' || lot == NULL ||
           strcmp(lot->rare->rec.ticket, fill->ticket) == 0;
}

/* The lot got another price for it than was assumed. */
static void correct(struct book *book, struct lot *lot, const struct pawl_rec_fill *gap,
                    const struct book_fill *fill, int64_t quantity_e8) {
    struct pawl_money gained;
    int64_t before_e8 = fill_realised_e8(book, lot), assumed_e8, true_e8;
    if (pawl_mul_e8(gap->price.e8, quantity_e8, PAWL_ROUND_EVEN, &assumed_e8) != PAWL_OK ||
        pawl_mul_e8(fill->price.e8, quantity_e8, PAWL_ROUND_EVEN, &true_e8) != PAWL_OK ||
        pawl_add_i64(lot->rec.exit_value.e8, true_e8 - assumed_e8, &lot->rec.exit_value.e8) !=
            PAWL_OK)
        return;
    if (pawl_sub_i64(fill_realised_e8(book, lot), before_e8, &gained.e8) == PAWL_OK &&
        book_convert(book, lot->rec.instrument, lot->rec.account, gained, &gained) == PAWL_OK)
        fill_add_profit(book, lot, gained.e8);
}

static void explain(struct book *book, struct pawl_rec_fill *gap, const struct book_fill *fill,
                    int64_t quantity_e8) {
    struct lot *lot = book_lot(book, gap->lot);
    gap->quantity.e8 -= quantity_e8;
    gap->unexplained.e8 -= quantity_e8;
    book_put(book, PAWL_REC_FILL, gap);
    if (lot == NULL) return; /* history: its sums stay as they were told */
    struct fill_part part = {.lot = lot,
                             .role = fill->order != NULL ? fill->order->rec.role : PAWL_ROLE_EXIT,
                             .overrun = fill->order != NULL && fill->order->lot != lot,
                             .quantity = {quantity_e8},
                             .fee = fill_fee(fill, (struct pawl_qty){quantity_e8})};
    correct(book, lot, gap, fill, quantity_e8);
    fill_add_fee(book, lot, part.fee);
    fill_write(book, fill, &part);
    book_changed(book, lot);
    report_alert(book, "gap_explained", PAWL_SEVERITY_INFO, lot, fill->order,
                 "a fill that is told late is what was missing before; it counts once");
}

struct pawl_qty gap_explain(struct book *book, const struct book_fill *fill) {
    struct pawl_qty sum = {0};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < book->gap_count; i++) {
        struct pawl_rec_fill *gap = &book->gaps[i];
        int64_t take = fill->quantity.e8 - sum.e8;
        if (take > gap->unexplained.e8) take = gap->unexplained.e8;
        if (take > 0 && !fill->is_gap && is_same(book, gap, fill)) {
            explain(book, gap, fill, take);
            sum.e8 += take;
        }
        bool over = gap->unexplained.e8 == 0 ||
                    book_execution_past(book, gap->account, gap->venue_time);
        if (!over) book->gaps[kept++] = *gap;
    }
    book->gap_count = kept;
    return sum;
}
