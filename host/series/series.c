/* What is kept, for whom; and the questions that need nothing reckoned. */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/names.h"
#include "series/series_int.h"

#define ROOM_MIN 16u

int series_new(struct calendars *const *calendars, struct series_set **ret, struct pawl_err *err) {
    struct set *set = mem_calloc(1, sizeof *set);
    if (set == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the series");
    set->calendars = calendars;
    *ret = &set->head;
    return PAWL_OK;
}

static void one_free(struct one *one) {
    mem_free(one->ring);
    mem_free(one->claims.items);
    mem_free(one);
}

static void sum_free(struct sum *sum) {
    mem_free(sum->ring);
    mem_free(sum->claims.items);
    mem_free(sum);
}

void series_free(struct series_set *head) {
    if (head == NULL) return;
    struct set *set = set_of(head);
    for (uint32_t id = 0; id < set->head.instruments; id++) {
        for (struct one *one = set->first[id], *next; one != NULL; one = next) {
            next = one->next;
            one_free(one);
        }
        for (struct sum *sum = set->sums[id], *next; sum != NULL; sum = next) {
            next = sum->next;
            sum_free(sum);
        }
    }
    mem_free(set->head.wanted);
    mem_free(set->first);
    mem_free(set->sums);
    mem_free(set);
}

int series_of(struct set *set, uint32_t instrument) {
    uint32_t old = set->head.instruments, count = instrument + 64u;
    if (instrument < old) return PAWL_OK;
    struct one **first = mem_realloc(set->first, count * sizeof(struct one *));
    if (first == NULL) return PAWL_E_NOMEM;
    set->first = first;
    struct sum **sums = mem_realloc(set->sums, count * sizeof(struct sum *));
    if (sums == NULL) return PAWL_E_NOMEM;
    set->sums = sums;
    uint8_t *wanted = mem_realloc(set->head.wanted, count);
    if (wanted == NULL) return PAWL_E_NOMEM;
    for (uint32_t id = old; id < count; id++) {
        first[id] = NULL;
        sums[id] = NULL;
        wanted[id] = 0;
    }
    set->head.wanted = wanted;
    set->head.instruments = count;
    return PAWL_OK;
}

int claim_add(struct claims *claims, uint32_t owner, uint32_t bars) {
    for (uint32_t i = 0; i < claims->count; i++)
        if (claims->items[i].owner == owner) {
            if (claims->items[i].bars < bars) claims->items[i].bars = bars;
            return PAWL_OK;
        }
    if (claims->count == SERIES_CLAIMS_MAX) return PAWL_E_BUSY;
    struct claim *items = mem_realloc(claims->items, (claims->count + 1u) * sizeof *items);
    if (items == NULL) return PAWL_E_NOMEM;
    items[claims->count++] = (struct claim){.owner = owner, .bars = bars};
    claims->items = items;
    return PAWL_OK;
}

static void claim_remove(struct claims *claims, uint32_t owner) {
    for (uint32_t i = 0; i < claims->count; i++)
        if (claims->items[i].owner == owner) claims->items[i--] = claims->items[--claims->count];
}

static void claim_take_over(struct claims *claims, uint32_t owner) {
    claim_remove(claims, owner);
    for (uint32_t i = 0; i < claims->count; i++)
        if (claims->items[i].owner == (owner | SERIES_STAGED)) claims->items[i].owner = owner;
}

struct one *series_find(struct set *set, uint32_t instrument, uint32_t seconds) {
    if (instrument >= set->head.instruments) return NULL;
    struct one *one = set->first[instrument];
    while (one != NULL && one->rec.seconds != seconds) one = one->next;
    return one;
}

/* Numbers keep their place modulo the longest ring there may be, so a longer ring needs no bar to
 * move in the store. */
int series_room(struct one *one, uint32_t bars) {
    uint32_t room = ROOM_MIN;
    while (room < bars) room *= 2u;
    if (room <= one->room) return PAWL_OK;
    struct pawl_bar *ring = mem_calloc(room, sizeof *ring);
    if (ring == NULL) return PAWL_E_NOMEM;
    for (uint64_t n = one->rec.count, i = series_have(one); i > 0; i--, n--)
        ring[n % room] = one->ring[n % one->room];
    mem_free(one->ring);
    one->ring = ring;
    one->room = room;
    return PAWL_OK;
}

void series_changed(struct set *set, struct one *one, bool finished) {
    one->finished |= finished;
    set->finished |= finished;
    if (one->changed) return;
    one->changed = true;
    one->changed_next = set->changed;
    set->changed = one;
}

struct one *series_add(struct set *set, const struct pawl_rec_series *rec) {
    struct one *one = mem_calloc(1, sizeof *one);
    if (one == NULL || series_of(set, rec->instrument) != PAWL_OK) {
        mem_free(one);
        return NULL;
    }
    one->rec = *rec;
    one->stored = rec->count;
    one->from = rec->count + 1u;
    if (series_room(one, rec->bars) != PAWL_OK) {
        one_free(one);
        return NULL;
    }
    struct one **at = &set->first[rec->instrument];
    while (*at != NULL) at = &(*at)->next; /* the oldest first */
    *at = one;
    set->head.wanted[rec->instrument] = 1;
    set->series_count++;
    if (rec->id > set->last_id) set->last_id = rec->id;
    return one;
}

static int seconds_check(uint32_t seconds, struct pawl_err *err) {
    uint32_t length = seconds & ~PAWL_SESSION_BARS;
    if (length > PAWL_SERIES_SECONDS_MAX || seconds == 0)
        return pawl_fail(err, PAWL_E_INVAL, "bars of %u seconds: must be from 1 to %u", length,
                         PAWL_SERIES_SECONDS_MAX);
    return PAWL_OK;
}

int series_keep(struct series_set *head, uint32_t owner, uint32_t instrument, uint32_t seconds,
                uint32_t bars, struct pawl_err *err) {
    struct set *set = set_of(head);
    int rc = seconds_check(seconds, err);
    if (rc != PAWL_OK) return rc;
    if (instrument == 0 || instrument > NAMES_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "no instrument %u", instrument);
    if (bars == 0 || bars > PAWL_SERIES_BARS_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "%u bars: must be from 1 to %u", bars,
                         PAWL_SERIES_BARS_MAX);
    struct one *one = series_find(set, instrument, seconds);
    if (one == NULL) {
        if (set->series_count == SERIES_MAX)
            return pawl_fail(err, PAWL_E_BUSY, "%u series are kept, the limit", SERIES_MAX);
        struct pawl_rec_series rec = {.id = set->last_id + 1u,
                                      .instrument = instrument,
                                      .seconds = seconds,
                                      .bars = bars};
        one = series_add(set, &rec);
        if (one == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the bars");
        series_changed(set, one, true);
    }
    rc = claim_add(&one->claims, owner, bars);
    if (rc == PAWL_OK) rc = series_room(one, bars);
    if (rc != PAWL_OK)
        return pawl_fail(err, rc,
                         rc == PAWL_E_BUSY ? "%u components keep this series, the limit"
                                           : "no memory for the bars",
                         SERIES_CLAIMS_MAX);
    if (bars > one->rec.bars) {
        one->from = one->rec.count + 1u - series_have(one);
        one->rec.bars = bars;
        series_changed(set, one, true);
    }
    return PAWL_OK;
}

bool series_is_kept(struct series_set *head, uint32_t instrument, uint32_t seconds) {
    return series_find(set_of(head), instrument, seconds) != NULL;
}

static void each_claims(struct set *set, void (*change)(struct claims *claims, uint32_t owner),
                        uint32_t owner) {
    for (uint32_t id = 0; id < set->head.instruments; id++) {
        for (struct one *one = set->first[id]; one != NULL; one = one->next)
            change(&one->claims, owner);
        for (struct sum *sum = set->sums[id]; sum != NULL; sum = sum->next)
            change(&sum->claims, owner);
    }
}

void series_unclaim(struct series_set *head, uint32_t owner) {
    each_claims(set_of(head), claim_remove, owner);
}

void series_take_over(struct series_set *head, uint32_t owner) {
    each_claims(set_of(head), claim_take_over, owner);
}

/* Take what is going off the lists of changes, so that nothing points at it. */
static void forget_changes(struct set *set) {
    for (struct one **at = &set->changed; *at != NULL;)
        if ((*at)->claims.count == 0)
            *at = (*at)->changed_next;
        else
            at = &(*at)->changed_next;
    for (struct sum **at = &set->changed_sums; *at != NULL;)
        if ((*at)->claims.count == 0)
            *at = (*at)->changed_next;
        else
            at = &(*at)->changed_next;
}

/* As many bars as the longest claim wants; then a restart, which knows nothing else, sees the same.
 */
static void shorten(struct set *set, struct one *one) {
    uint32_t bars = 0, have = series_have(one);
    for (uint32_t i = 0; i < one->claims.count; i++)
        if (one->claims.items[i].bars > bars) bars = one->claims.items[i].bars;
    if (bars >= one->rec.bars) return;
    one->rec.bars = bars;
    one->from = one->rec.count + 1u - series_have(one);
    rows_drop_bars(set, one, one->rec.count + 1u - have, one->from);
    series_changed(set, one, true);
}

static void settle_one(struct set *set, uint32_t id) {
    for (struct one **at = &set->first[id]; *at != NULL;) {
        struct one *one = *at;
        if (one->claims.count > 0) {
            shorten(set, one);
            at = &one->next;
            continue;
        }
        *at = one->next;
        rows_drop_series(set, one);
        one_free(one);
        set->series_count--;
    }
    for (struct sum **at = &set->sums[id]; *at != NULL;) {
        struct sum *sum = *at;
        if (sum->claims.count > 0) {
            at = &sum->next;
            continue;
        }
        *at = sum->next;
        rows_drop_sum(set, sum);
        sum_free(sum);
        set->sum_count--;
    }
    set->head.wanted[id] = set->first[id] != NULL || set->sums[id] != NULL;
}

void series_settle(struct series_set *head) {
    struct set *set = set_of(head);
    forget_changes(set);
    for (uint32_t id = 0; id < set->head.instruments; id++) settle_one(set, id);
}

int series_bar(struct series_set *head, uint32_t instrument, uint32_t seconds, uint32_t back,
               int64_t now_ns, struct pawl_bar *ret) {
    struct set *set = set_of(head);
    struct one *one = series_find(set, instrument, seconds);
    if (one == NULL) return PAWL_E_NOTFOUND;
    series_roll(set, one, now_ns);
    if (back > 0) {
        if (back > series_have(one)) return PAWL_E_NOTFOUND;
        *ret = *series_at(one, one->rec.count + 1u - back);
        return PAWL_OK;
    }
    const struct pawl_rec_series *rec = &one->rec;
    if (rec->parts == 0) return PAWL_E_NOTFOUND;
    *ret = (struct pawl_bar){.open_time = rec->open_time,
                             .end_time = rec->end_time,
                             .open = rec->open,
                             .high = rec->high,
                             .low = rec->low,
                             .close = rec->close,
                             .volume = rec->volume,
                             .parts = rec->parts};
    return PAWL_OK;
}
