#include "control/retain.h"

#include <string.h>

#include "base/alloc.h"
#include "events/reflect.h"

enum { RETAIN_ORDERS = 0, RETAIN_FILLS, RETAIN_SHARES, RETAIN_TARGETS, RETAIN_TABLES_ };

static const uint16_t records[RETAIN_TABLES_] = {PAWL_REC_ORDER, PAWL_REC_FILL, PAWL_REC_SHARE,
                                                PAWL_REC_TARGET};

void retain_init(struct retain *retain, void (*wake)(void *arg), void *wake_arg) {
    memset(retain, 0, sizeof *retain);
    retain->table = RETAIN_TABLES_;
    retain->wake = wake;
    retain->wake_arg = wake_arg;
}

void retain_done(struct retain *retain) {
    mem_free(retain->page.rows);
    retain->page.rows = NULL;
}

/* On the writer thread. */
static void on_page(void *arg) {
    struct retain *retain = arg;
    atomic_store(&retain->ready, true);
    retain->wake(retain->wake_arg);
}

static void ask(struct retain *retain, struct host *host, uint64_t after) {
    const struct pawl_record_type *type = reflect_record(records[retain->table]);
    retain->page = (struct store_page){.table = type->table,
                                       .row_size = type->size,
                                       .limit = RETAIN_PAGE_ROWS,
                                       .after = after,
                                       .done = on_page,
                                       .arg = retain};
    retain->busy = store_read(host->store, &retain->page) == PAWL_OK;
    if (!retain->busy) retain->table = RETAIN_TABLES_; /* the next pass tries again */
}

static bool order_is_old(const struct host *host, const struct pawl_rec_order *row,
                         int64_t cutoff_ns) {
    return row->ended != 0 && row->ended < cutoff_ns && book_order(&host->book, row->id) == NULL &&
           book_lot(&host->book, row->lot) == NULL;
}

static bool fill_is_old(const struct host *host, const struct pawl_rec_fill *row,
                        int64_t cutoff_ns) {
    return row->booked != 0 && row->booked < cutoff_ns &&
           book_order(&host->book, row->order) == NULL && book_lot(&host->book, row->lot) == NULL;
}

static bool is_old(struct retain *retain, const struct host *host, const void *row,
                   int64_t cutoff_ns) {
    const struct pawl_rec_share *share = row;
    const struct pawl_rec_target *target = row;
    const struct pawl_rec_order *order = row;
    switch (retain->table) {
    case RETAIN_ORDERS:
        if (order_is_old(host, order, cutoff_ns)) return true;
        if (order->id < retain->floor) retain->floor = order->id;
        if (order->lot != 0 && order->lot < retain->lot_floor) retain->lot_floor = order->lot;
        return false;
    case RETAIN_FILLS: return fill_is_old(host, row, cutoff_ns);
    case RETAIN_TARGETS:
        return target->lot < retain->lot_floor && book_lot(&host->book, target->lot) == NULL;
    default: return share->order < retain->floor && book_order(&host->book, share->order) == NULL;
    }
}

/* The rows of a page that may go are one batch. False = the batch is full: the pass ends. */
static bool erase(struct retain *retain, struct host *host, int64_t cutoff_ns, int64_t input_ns) {
    const struct pawl_record_type *type = reflect_record(records[retain->table]);
    uint64_t key, erased = 0;
    bool room = true;
    for (uint32_t i = 0; room && i < retain->page.count; i++) {
        const void *row = (const char *)retain->page.rows + (size_t)i * type->size;
        if (!is_old(retain, host, row, cutoff_ns)) continue;
        memcpy(&key, row, sizeof key);
        room = store_erase(host->store, type, key) == PAWL_OK;
        erased += room;
    }
    if (erased > 0) {
        host->extra_changed = true;
        host_turn(host, NULL, input_ns);
    }
    retain->erased += erased;
    return room;
}

/* A page was read. */
static void take(struct retain *retain, struct host *host, int64_t cutoff_ns, int64_t input_ns) {
    const struct pawl_record_type *type = reflect_record(records[retain->table]);
    struct store_page *page = &retain->page;
    bool well = page->err.rc == PAWL_OK && erase(retain, host, cutoff_ns, input_ns);
    bool last = page->count < page->limit;
    uint64_t key = 0;
    if (page->count > 0)
        memcpy(&key, (const char *)page->rows + (size_t)(page->count - 1) * type->size, sizeof key);
    mem_free(page->rows);
    page->rows = NULL;
    retain->busy = false;
    if (!well) {
        retain->table = RETAIN_TABLES_;
        return;
    }
    if (last) retain->table++;
    if (retain->table < RETAIN_TABLES_) ask(retain, host, last ? 0 : key);
}

void retain_step(struct retain *retain, struct host *host, int64_t retention_ns, int64_t input_ns,
                 int64_t now_ns) {
    if (atomic_exchange(&retain->ready, false)) {
        if (retention_ns > 0 && !host->store_down && input_ns > retention_ns) {
            take(retain, host, input_ns - retention_ns, input_ns);
            return;
        }
        retain_done(retain);
        retain->busy = false;
        retain->table = RETAIN_TABLES_;
    }
    bool due = now_ns >= retain->next_ns || input_ns >= retain->next_input_ns;
    if (retention_ns <= 0 || retain->busy || !due || host->store_down) return;
    retain->next_ns = now_ns + RETAIN_EVERY_NS;
    retain->next_input_ns = input_ns + retention_ns / RETAIN_PARTS;
    retain->table = RETAIN_ORDERS;
    retain->floor = retain->lot_floor = UINT64_MAX;
    ask(retain, host, 0);
}
