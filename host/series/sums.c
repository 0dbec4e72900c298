/* Sums over a sliding window. Entries are exact until SERIES_SUM_ENTRIES_MAX of them are inside the
 * window; then neighbours are joined, with the later one's time. */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/names.h"
#include "series/series_int.h"

#define ROOM_MIN 16u

int sum_room(struct sum *sum, uint32_t entries) {
    uint32_t room = ROOM_MIN;
    while (room < entries) room *= 2u;
    if (room <= sum->room) return PAWL_OK;
    struct entry *ring = mem_calloc(room, sizeof *ring);
    if (ring == NULL) return PAWL_E_NOMEM;
    for (uint64_t i = 0; i < sum->rec.count; i++) {
        uint64_t n = sum->rec.first + i;
        ring[n % room] = sum->ring[n % sum->room];
    }
    mem_free(sum->ring);
    sum->ring = ring;
    sum->room = room;
    return PAWL_OK;
}

void sum_changed(struct set *set, struct sum *sum) {
    if (sum->changed) return;
    sum->changed = true;
    sum->changed_next = set->changed_sums;
    set->changed_sums = sum;
}

struct sum *sum_find(struct set *set, const struct series_sum *want) {
    if (want->instrument >= set->head.instruments) return NULL;
    struct sum *sum = set->sums[want->instrument];
    while (sum != NULL &&
           (sum->rec.seconds != want->seconds || sum->rec.event != want->event ||
            sum->rec.side != want->side || sum->rec.of != want->of))
        sum = sum->next;
    return sum;
}

struct sum *sum_add(struct set *set, const struct pawl_rec_sum *rec) {
    struct sum *sum = mem_calloc(1, sizeof *sum);
    if (sum == NULL || series_of(set, rec->instrument) != PAWL_OK) {
        mem_free(sum);
        return NULL;
    }
    sum->rec = *rec;
    sum->rec.count = 0; /* its entries follow */
    sum->stored = sum->stored_first = rec->first;
    if (sum_room(sum, (uint32_t)rec->count) != PAWL_OK) {
        mem_free(sum);
        return NULL;
    }
    struct sum **at = &set->sums[rec->instrument];
    while (*at != NULL) at = &(*at)->next;
    *at = sum;
    set->head.wanted[rec->instrument] = 1;
    set->sum_count++;
    if (rec->id > set->last_id) set->last_id = rec->id;
    return sum;
}

int series_sum_keep(struct series_set *head, uint32_t owner, const struct series_sum *want,
                    struct pawl_err *err) {
    struct set *set = set_of(head);
    if (want->instrument == 0 || want->instrument > NAMES_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "no instrument %u", want->instrument);
    if (want->seconds == 0 || want->seconds > SERIES_SUM_SECONDS_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "a window of %u seconds: must be from 1 to %u",
                         want->seconds, SERIES_SUM_SECONDS_MAX);
    if ((want->event != PAWL_EV_TRADE && want->event != PAWL_EV_LIQUIDATION) || want->side > 2 ||
        want->of < SERIES_QUANTITY || want->of > SERIES_COUNT)
        return pawl_fail(err, PAWL_E_INVAL, "nothing that can be summed up");
    struct sum *sum = sum_find(set, want);
    if (sum == NULL) {
        if (set->sum_count == SERIES_SUMS_MAX)
            return pawl_fail(err, PAWL_E_BUSY, "%u sums are kept, the limit", SERIES_SUMS_MAX);
        struct pawl_rec_sum rec = {.id = set->last_id + 1u,
                                   .instrument = want->instrument,
                                   .seconds = want->seconds,
                                   .event = want->event,
                                   .side = want->side,
                                   .of = want->of,
                                   .first = 1};
        sum = sum_add(set, &rec);
        if (sum == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the sums");
        sum_changed(set, sum);
    }
    int rc = claim_add(&sum->claims, owner, 0);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "too many keep this sum, or no memory");
}

/* What is `seconds` old or older is outside. */
static void expire(struct set *set, struct sum *sum, int64_t now_ns) {
    int64_t edge = now_ns - (int64_t)sum->rec.seconds * PAWL_NS;
    uint64_t before = sum->rec.count;
    while (sum->rec.count > 0) {
        const struct entry *oldest = &sum->ring[sum->rec.first % sum->room];
        if (oldest->time_ns > edge) break;
        sum->total -= oldest->value_e8;
        sum->rec.first++;
        sum->rec.count--;
    }
    if (sum->rec.count != before) sum_changed(set, sum);
}

static void join_neighbours(struct sum *sum) {
    uint64_t first = sum->rec.first, count = sum->rec.count, kept = 0;
    static struct entry joined[SERIES_SUM_ENTRIES_MAX]; /* loop thread only */
    for (uint64_t i = 0; i < count; i += 2) {
        struct entry one = sum->ring[(first + i) % sum->room];
        if (i + 1 < count) {
            const struct entry *later = &sum->ring[(first + i + 1) % sum->room];
            one.time_ns = later->time_ns;
            if (pawl_add_i64(one.value_e8, later->value_e8, &one.value_e8) != PAWL_OK) {
                sum->total -= (pawl_i128)one.value_e8 + later->value_e8 - INT64_MAX;
                one.value_e8 = INT64_MAX;
            }
        }
        joined[kept++] = one;
    }
    sum->rec.first = first + count; /* new numbers: the rows of the old ones go */
    sum->rec.count = kept;
    for (uint64_t i = 0; i < kept; i++)
        sum->ring[(sum->rec.first + i) % sum->room] = joined[i];
}

static void add(struct set *set, struct sum *sum, int64_t time_ns, int64_t value_e8) {
    expire(set, sum, time_ns);
    if (sum->rec.count == SERIES_SUM_ENTRIES_MAX) join_neighbours(sum);
    if (sum->rec.count == sum->room && sum_room(sum, sum->room * 2u) != PAWL_OK)
        join_neighbours(sum); /* no memory: coarser */
    sum->ring[(sum->rec.first + sum->rec.count) % sum->room] = (struct entry){time_ns, value_e8};
    sum->rec.count++;
    sum->total += value_e8;
    sum_changed(set, sum);
}

void sums_feed(struct set *set, const struct pawl_event *event) {
    struct pawl_price price;
    struct pawl_qty quantity;
    uint32_t instrument;
    uint8_t side;
    if (event->type == PAWL_EV_TRADE) {
        const struct pawl_ev_trade *trade = (const void *)event;
        price = trade->price, quantity = trade->size;
        instrument = trade->instrument, side = trade->side;
    } else if (event->type == PAWL_EV_LIQUIDATION) {
        const struct pawl_ev_liquidation *forced = (const void *)event;
        price = forced->price, quantity = forced->quantity;
        instrument = forced->instrument, side = forced->side;
    } else {
        return;
    }
    for (struct sum *sum = set->sums[instrument]; sum != NULL; sum = sum->next) {
        int64_t value = PAWL_E8;
        if (sum->rec.event != event->type || (sum->rec.side != 0 && sum->rec.side != side))
            continue;
        if (sum->rec.of == SERIES_QUANTITY) value = quantity.e8;
        if (sum->rec.of == SERIES_NOTIONAL &&
            pawl_mul_e8(price.e8, quantity.e8, PAWL_ROUND_EVEN, &value) != PAWL_OK)
            value = INT64_MAX;
        if (value > 0) add(set, sum, event->time_ns, value);
    }
}

int series_sum_at(struct series_set *head, const struct series_sum *want, int64_t now_ns,
                  int64_t *ret_e8) {
    struct set *set = set_of(head);
    struct sum *sum = sum_find(set, want);
    if (sum == NULL) return PAWL_E_NOTFOUND;
    expire(set, sum, now_ns);
    assert(sum->total >= 0);
    if (sum->total > INT64_MAX) return PAWL_E_RANGE;
    *ret_e8 = (int64_t)sum->total;
    return PAWL_OK;
}
