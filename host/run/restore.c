/* From the store back into memory; read once, before the first turn. */
#include <stdio.h>

#include "base/err.h"
#include "book/ended.h"
#include "book/executions.h"
#include "book/report.h"
#include "events/reflect.h"
#include "run/host.h"
#include "run/rules.h"

static int load(struct host *host, uint16_t id,
                int (*row)(void *arg, const void *row, struct pawl_err *err),
                struct pawl_err *err) {
    return store_load(host->store, reflect_record(id), row, host, err);
}

static int name_row(void *arg, const void *row, struct pawl_err *err) {
    struct host *host = arg;
    const struct pawl_rec_name *rec = row;
    if (rec->space == 0 || rec->space >= NAME_SPACES_)
        return pawl_fail(err, PAWL_E_DATA, "names: row %llu is of no known space",
                         (unsigned long long)rec->id);
    return names_restore(host->names, (enum name_space)rec->space, (uint32_t)(rec->id & 0xffffffff),
                         rec->text, err);
}

int restore_names(struct host *host, struct pawl_err *err) {
    return load(host, PAWL_REC_NAME, name_row, err);
}

int names_keep(struct host *host, enum name_space space, const char *text, uint32_t *ret_id,
               struct pawl_err *err) {
    int fresh = 0;
    int rc = names_intern(host->names, space, text, ret_id, &fresh, err);
    if (rc != PAWL_OK || !fresh) return rc;
    struct pawl_rec_name rec = {.id = (uint64_t)space << 32 | *ret_id, .space = space};
    TEXT_SET(rec.text, text);
    rc = store_put(host->store, reflect_record(PAWL_REC_NAME), &rec);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "cannot keep the name \"%s\"", text);
}

static int host_row(void *arg, const void *row, struct pawl_err *err) {
    (void)err;
    ((struct host *)arg)->book.host = *(const struct pawl_rec_host *)row;
    return PAWL_OK;
}

static int account_row(void *arg, const void *row, struct pawl_err *err) {
    struct book *book = &((struct host *)arg)->book;
    const struct pawl_rec_account *rec = row;
    (void)err;
    if (rec->id > book->account_count) return PAWL_OK;
    book->accounts[rec->id].kept = *rec;
    book->accounts[rec->id].stored_heard = rec->heard;
    return PAWL_OK;
}

static int symbol_row(void *arg, const void *row, struct pawl_err *err) {
    struct book *book = &((struct host *)arg)->book;
    const struct pawl_rec_symbol *rec = row;
    (void)err;
    if (rec->id <= book->instrument_count) book->instruments[rec->id].kept = *rec;
    return PAWL_OK;
}

static int lot_row(void *arg, const void *row, struct pawl_err *err) {
    struct book *book = &((struct host *)arg)->book;
    struct lot *lot = book_lot_restore(book, row, err);
    if (lot == NULL) return PAWL_E_DATA;
    struct book_account *account = &book->accounts[lot->rec.account];
    account->realised.e8 += lot->rec.profit.e8;
    account->fees.e8 += lot->rec.fees.e8;
    account->cash_flow.e8 += lot->rare->rec.cash_flow.e8;
    book_evict(book);
    return PAWL_OK;
}

static int target_row(void *arg, const void *row, struct pawl_err *err) {
    struct book *book = &((struct host *)arg)->book;
    const struct pawl_rec_target *rec = row;
    struct lot *lot = book_lot(book, rec->lot);
    if (lot == NULL) return PAWL_OK; /* of a lot that is history */
    struct pawl_rec_target *target = lot_target(lot, rec->index);
    if (target == NULL)
        return pawl_fail(err, PAWL_E_DATA, "target %llu has no place in its lot",
                         (unsigned long long)rec->id);
    *target = *rec;
    return PAWL_OK;
}

static int order_row(void *arg, const void *row, struct pawl_err *err) {
    struct book *book = &((struct host *)arg)->book;
    struct pawl_common_order common;
    struct pawl_rare_order rare;
    pawl_part_order(row, &common, &rare);
    if (book_lot(book, common.lot) == NULL || book_order_past(book, &common)) return PAWL_OK;
    return book_order_restore(book, &common, &rare, err) == NULL ? PAWL_E_DATA : PAWL_OK;
}

static int share_row(void *arg, const void *row, struct pawl_err *err) {
    struct book *book = &((struct host *)arg)->book;
    const struct pawl_rec_share *rec = row;
    struct order *order = book_order(book, rec->order);
    (void)err;
    if (order != NULL) order->share_filled = rec->filled;
    return PAWL_OK;
}

static int fill_row(void *arg, const void *row, struct pawl_err *err) {
    struct book *book = &((struct host *)arg)->book;
    const struct pawl_rec_fill *rec = row;
    book_gap_note(book, rec);
    bool known = rec->order != 0 && book_order(book, rec->order) != NULL;
    if (rec->account == 0 || rec->account > book->account_count)
        return pawl_fail(err, PAWL_E_DATA, "fill %llu: its account is not known",
                         (unsigned long long)rec->id);
    if (rec->execution[0] == '\0' ||
        (!known && book_execution_past(book, rec->account, rec->venue_time)))
        return PAWL_OK;
    /* Those of lots that are history, too: as long as an old order works the venue tells them
     * again, and taken for foreign ones they would come off other lots. */
    int rc = book_execution_add(book, rec);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "no memory for the fills");
}

static int feed_row(void *arg, const void *row, struct pawl_err *err) {
    (void)err;
    struct host *host = arg;
    host->row = host->stored_row = ((const struct pawl_rec_feed *)row)->row;
    return PAWL_OK;
}

static int schedule_row(void *arg, const void *row, struct pawl_err *err) {
    (void)err;
    struct host *host = arg;
    const struct pawl_rec_schedule *rec = row;
    if (rec->id >= 1 && rec->id <= host->schedule_count) host->schedules[rec->id - 1] = *rec;
    return PAWL_OK;
}

static int rule_row(void *arg, const void *row, struct pawl_err *err) {
    return rules_restore_known(((struct host *)arg)->rules, row, err);
}

static int rule_count_row(void *arg, const void *row, struct pawl_err *err) {
    return rules_restore_count(((struct host *)arg)->rules, row, err);
}

static int nonce_row(void *arg, const void *row, struct pawl_err *err) {
    return io_restore_nonce(((struct host *)arg)->io, row, err);
}

int restore_book(struct host *host, struct pawl_err *err) {
    static const struct {
        uint16_t id;
        int (*row)(void *arg, const void *row, struct pawl_err *err);
    } parts[] = {{PAWL_REC_HOST, host_row},     {PAWL_REC_ACCOUNT, account_row},
                 {PAWL_REC_SYMBOL, symbol_row}, {PAWL_REC_LOT, lot_row},
                 {PAWL_REC_TARGET, target_row}, {PAWL_REC_ORDER, order_row},
                 {PAWL_REC_SHARE, share_row},   {PAWL_REC_FILL, fill_row},
                 {PAWL_REC_FEED, feed_row},     {PAWL_REC_SCHEDULE, schedule_row},
                 {PAWL_REC_NONCE, nonce_row},
                 {PAWL_REC_RULE, rule_row},     {PAWL_REC_RULE_COUNT, rule_count_row}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int rc = load(host, parts[i].id, parts[i].row, err);
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}
