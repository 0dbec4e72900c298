/* Series and sums as rows of the store: put with the batch of a turn, read once at the start. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/names.h"
#include "events/reflect.h"
#include "series/series_int.h"

#define SUM_NUMBERS (2u * SERIES_SUM_ENTRIES_MAX)

PAWL_STATIC_ASSERT(PAWL_SERIES_BARS_MAX <= 1u << 16, "a bar's number fits its key");
PAWL_STATIC_ASSERT(SUM_NUMBERS <= 1u << 16, "an entry's number fits its key");

static uint64_t bar_key(uint64_t series, uint64_t number) {
    return series << 16 | number % PAWL_SERIES_BARS_MAX;
}
static uint64_t entry_key(uint64_t sum, uint64_t number) {
    return sum << 16 | number % SUM_NUMBERS;
}

/* ---- into the store ---- */

static int store_bars(struct one *one, struct store *store) {
    const struct pawl_record_type *type = reflect_record(PAWL_REC_SERIES_BAR);
    uint64_t first = one->stored + 1u, oldest = one->rec.count + 1u - series_have(one);
    int rc = PAWL_OK;
    for (uint64_t n = first; rc == PAWL_OK && n <= one->rec.count; n++) {
        if (n > one->rec.bars && one->rec.bars < PAWL_SERIES_BARS_MAX)
            rc = store_erase(store, type, bar_key(one->rec.id, n - one->rec.bars));
        if (n < oldest || rc != PAWL_OK) continue;
        const struct pawl_bar *bar = series_at(one, n);
        struct pawl_rec_series_bar row = {.id = bar_key(one->rec.id, n),
                                          .series = one->rec.id,
                                          .number = n,
                                          .open = bar->open,
                                          .high = bar->high,
                                          .low = bar->low,
                                          .close = bar->close,
                                          .volume = bar->volume,
                                          .open_time = bar->open_time,
                                          .end_time = bar->end_time,
                                          .parts = bar->parts};
        rc = store_put(store, type, &row);
    }
    one->stored = one->rec.count;
    return rc == PAWL_OK ? store_put(store, reflect_record(PAWL_REC_SERIES), &one->rec) : rc;
}

static int store_sum(struct sum *sum, struct store *store) {
    const struct pawl_record_type *type = reflect_record(PAWL_REC_SUM_ENTRY);
    uint64_t end = sum->rec.first + sum->rec.count, gone = sum->stored;
    int rc = PAWL_OK;
    if (gone > sum->rec.first) gone = sum->rec.first;
    for (uint64_t n = sum->stored_first; rc == PAWL_OK && n < gone; n++)
        rc = store_erase(store, type, entry_key(sum->rec.id, n));
    uint64_t n = sum->stored > sum->rec.first ? sum->stored : sum->rec.first;
    for (; rc == PAWL_OK && n < end; n++) {
        const struct entry *entry = &sum->ring[n % sum->room];
        struct pawl_rec_sum_entry row = {.id = entry_key(sum->rec.id, n),
                                         .sum = sum->rec.id,
                                         .number = n,
                                         .time = entry->time_ns,
                                         .value = {entry->value_e8}};
        rc = store_put(store, type, &row);
    }
    sum->stored_first = sum->rec.first;
    sum->stored = end;
    return rc == PAWL_OK ? store_put(store, reflect_record(PAWL_REC_SUM), &sum->rec) : rc;
}

int series_store(struct series_set *head, struct store *store, bool running) {
    struct set *set = set_of(head);
    struct one *one = set->changed, *kept = NULL;
    int rc = PAWL_OK;
    while (one != NULL) {
        struct one *next = one->changed_next;
        if (running || one->finished) {
            int put_rc = store_bars(one, store);
            if (rc == PAWL_OK) rc = put_rc;
            one->changed = one->finished = false;
        } else {
            one->changed_next = kept;
            kept = one;
        }
        one = next;
    }
    set->changed = kept;
    struct sum *sum = set->changed_sums;
    for (; sum != NULL; sum = sum->changed_next) {
        int put_rc = store_sum(sum, store);
        if (rc == PAWL_OK) rc = put_rc;
        sum->changed = false;
    }
    set->changed_sums = NULL;
    set->finished = false;
    return rc;
}

bool series_has_changes(const struct series_set *head) {
    return ((const struct set *)head)->finished;
}

/* Rows that nobody reads any more do no harm: a full batch keeps them. */
void rows_drop_bars(struct set *set, const struct one *one, uint64_t first, uint64_t end) {
    if (set->store == NULL) return;
    for (uint64_t n = first; n < end; n++)
        (void)store_erase(set->store, reflect_record(PAWL_REC_SERIES_BAR),
                          bar_key(one->rec.id, n));
}

void rows_drop_series(struct set *set, const struct one *one) {
    rows_drop_bars(set, one, one->from, one->rec.count + 1u);
    if (set->store == NULL) return;
    (void)store_erase(set->store, reflect_record(PAWL_REC_SERIES), one->rec.id);
    set->finished = true;
}

void rows_drop_sum(struct set *set, const struct sum *sum) {
    if (set->store == NULL) return;
    for (uint64_t n = sum->stored_first; n < sum->stored; n++)
        (void)store_erase(set->store, reflect_record(PAWL_REC_SUM_ENTRY),
                          entry_key(sum->rec.id, n));
    (void)store_erase(set->store, reflect_record(PAWL_REC_SUM), sum->rec.id);
    set->finished = true;
}

/* ---- from the store ---- */

static int series_row(void *arg, const void *row, struct pawl_err *err) {
    struct set *set = arg;
    const struct pawl_rec_series *rec = row;
    if (rec->instrument == 0 || rec->instrument > NAMES_MAX || rec->bars == 0 ||
        rec->bars > PAWL_SERIES_BARS_MAX || set->series_count == SERIES_MAX)
        return pawl_fail(err, PAWL_E_DATA, "series %llu is none", (unsigned long long)rec->id);
    struct one *one = series_add(set, rec);
    if (one == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the bars");
    set->by_id[set->series_count - 1] = one; /* rows come in the order of their ids */
    return PAWL_OK;
}

static int sum_row(void *arg, const void *row, struct pawl_err *err) {
    struct set *set = arg;
    const struct pawl_rec_sum *rec = row;
    if (rec->instrument == 0 || rec->instrument > NAMES_MAX || rec->seconds == 0 ||
        rec->count > SERIES_SUM_ENTRIES_MAX || set->sum_count == SERIES_SUMS_MAX)
        return pawl_fail(err, PAWL_E_DATA, "sum %llu is none", (unsigned long long)rec->id);
    struct sum *sum = sum_add(set, rec);
    if (sum == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the sums");
    set->sums_by_id[set->sum_count - 1] = sum;
    return PAWL_OK;
}

static struct one *one_by_id(const struct set *set, uint64_t id) {
    uint32_t low = 0, high = set->series_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (set->by_id[middle]->rec.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->series_count && set->by_id[low]->rec.id == id ? set->by_id[low] : NULL;
}

static struct sum *sum_by_id(const struct set *set, uint64_t id) {
    uint32_t low = 0, high = set->sum_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (set->sums_by_id[middle]->rec.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->sum_count && set->sums_by_id[low]->rec.id == id ? set->sums_by_id[low]
                                                                      : NULL;
}

/* A row of an earlier beginning of the series, or too old, is passed over: its place is taken by
 * the next bar that comes to it. */
static int bar_row(void *arg, const void *row, struct pawl_err *err) {
    const struct pawl_rec_series_bar *rec = row;
    struct one *one = one_by_id(arg, rec->series);
    (void)err;
    if (one == NULL || rec->number == 0 || rec->number > one->rec.count ||
        one->rec.count - rec->number >= one->rec.bars)
        return PAWL_OK;
    if (rec->number < one->from) one->from = rec->number;
    one->ring[rec->number % one->room] = (struct pawl_bar){.open_time = rec->open_time,
                                                           .end_time = rec->end_time,
                                                           .open = rec->open,
                                                           .high = rec->high,
                                                           .low = rec->low,
                                                           .close = rec->close,
                                                           .volume = rec->volume,
                                                           .parts = rec->parts,
                                                           .finished = 1};
    return PAWL_OK;
}

static int entry_row(void *arg, const void *row, struct pawl_err *err) {
    const struct pawl_rec_sum_entry *rec = row;
    struct sum *sum = sum_by_id(arg, rec->sum);
    (void)err;
    if (sum == NULL || rec->number < sum->rec.first ||
        rec->number - sum->rec.first >= SERIES_SUM_ENTRIES_MAX || rec->value.e8 < 0)
        return PAWL_OK;
    if (sum_room(sum, (uint32_t)(rec->number - sum->rec.first + 1u)) != PAWL_OK)
        return pawl_fail(err, PAWL_E_NOMEM, "no memory for the sums");
    sum->ring[rec->number % sum->room] = (struct entry){rec->time, rec->value.e8};
    sum->total += rec->value.e8;
    if (rec->number - sum->rec.first + 1u > sum->rec.count) {
        sum->rec.count = rec->number - sum->rec.first + 1u;
        sum->stored = rec->number + 1u;
    }
    return PAWL_OK;
}

int series_restore(struct series_set *head, struct store *store, struct pawl_err *err) {
    static const struct {
        uint16_t id;
        int (*row)(void *arg, const void *row, struct pawl_err *err);
    } parts[] = {{PAWL_REC_SERIES, series_row},
                 {PAWL_REC_SERIES_BAR, bar_row},
                 {PAWL_REC_SUM, sum_row},
                 {PAWL_REC_SUM_ENTRY, entry_row}};
    struct set *set = set_of(head);
    set->store = store;
    set->by_id = mem_calloc(SERIES_MAX, sizeof(struct one *));
    set->sums_by_id = mem_calloc(SERIES_SUMS_MAX, sizeof(struct sum *));
    int rc = PAWL_OK;
    if (set->by_id == NULL || set->sums_by_id == NULL)
        rc = pawl_fail(err, PAWL_E_NOMEM, "no memory for the series");
    for (size_t i = 0; rc == PAWL_OK && i < sizeof parts / sizeof *parts; i++)
        rc = store_load(store, reflect_record(parts[i].id), parts[i].row, set, err);
    mem_free(set->by_id);
    mem_free(set->sums_by_id);
    set->by_id = NULL;
    set->sums_by_id = NULL;
    return rc;
}
