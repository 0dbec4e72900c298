/*
 * From market events to bars.
 *
 * The running bar is in the record. It is finished by the first event at or behind its end, by the
 * shorter bar that ends where it ends, or by a question asked later than its end: all three leave
 * the same bar, so nothing depends on when somebody asked.
 */
#include <string.h>

#include "series/series_int.h"

#define DAY_S 86400

void series_finish(struct set *set, struct one *one) {
    struct pawl_rec_series *rec = &one->rec;
    if (rec->parts == 0) return;
    rec->count++;
    one->ring[rec->count % one->room] = (struct pawl_bar){.open_time = rec->open_time,
                                                          .end_time = rec->end_time,
                                                          .open = rec->open,
                                                          .high = rec->high,
                                                          .low = rec->low,
                                                          .close = rec->close,
                                                          .volume = rec->volume,
                                                          .parts = rec->parts,
                                                          .finished = 1};
    rec->parts = 0;
    rec->open_time = 0; /* end_time stays: nothing earlier may begin a bar */
    series_changed(set, one, true);
}

void series_roll(struct set *set, struct one *one, int64_t now_ns) {
    if (one->rec.parts > 0 && now_ns >= one->rec.end_time) series_finish(set, one);
}

/* What was made of a worse source is no beginning for this one. */
static bool take_source(struct set *set, struct one *one, uint32_t source) {
    if (source == one->rec.source) return true;
    if (source < one->rec.source) return false;
    one->rec.source = source;
    one->rec.count = one->rec.parts = 0;
    one->rec.open_time = one->rec.end_time = 0;
    one->stored = 0;
    one->from = 1;
    memset(one->memos, 0, sizeof one->memos);
    series_changed(set, one, true);
    return true;
}

/* The bar that `at` belongs to; false = it is outside the session. */
static bool bucket(struct set *set, const struct one *one, int64_t at, int64_t *ret_from,
                   int64_t *ret_to) {
    int64_t length = (int64_t)(one->rec.seconds & ~PAWL_SESSION_BARS) * PAWL_NS, base = 0;
    if (one->rec.seconds & PAWL_SESSION_BARS) {
        struct pawl_session session;
        struct calendars *calendars = set->calendars != NULL ? *set->calendars : NULL;
        sessions_at(calendars, one->rec.instrument, at, &session);
        if (!session.open) return false;
        base = session.opened_at;
        if (length == 0 && session.closes_at != 0) {
            *ret_from = base;
            *ret_to = session.closes_at;
            return true;
        }
        if (length == 0) length = DAY_S * PAWL_NS; /* it never closes: days */
        *ret_from = base + (at - base) / length * length;
        *ret_to = *ret_from + length;
        if (session.closes_at != 0 && *ret_to > session.closes_at) *ret_to = session.closes_at;
        return true;
    }
    int64_t rest = at % length;
    *ret_from = at - (rest < 0 ? rest + length : rest);
    *ret_to = *ret_from + length;
    return true;
}

/* What one event adds. A trade is a bar whose four prices are one. */
struct part {
    int64_t time_ns; /* that says which bar it belongs to */
    struct pawl_price open, high, low, close;
    struct pawl_qty volume;
};

static void add_part(struct set *set, struct one *one, const struct part *part) {
    struct pawl_rec_series *rec = &one->rec;
    if (part->time_ns >= rec->open_time && part->time_ns < rec->end_time && rec->parts > 0) {
        if (part->high.e8 > rec->high.e8) rec->high = part->high;
        if (part->low.e8 < rec->low.e8) rec->low = part->low;
        rec->close = part->close;
        if (pawl_add_i64(rec->volume.e8, part->volume.e8, &rec->volume.e8) != PAWL_OK)
            rec->volume.e8 = INT64_MAX;
        rec->parts += rec->parts < UINT32_MAX;
        if (!one->changed) series_changed(set, one, false);
        return;
    }
    series_roll(set, one, part->time_ns);
    if (part->time_ns < rec->end_time) return; /* late: its bar is finished */
    int64_t from, to;
    if (!bucket(set, one, part->time_ns, &from, &to)) return;
    rec->open_time = from;
    rec->end_time = to;
    rec->open = part->open;
    rec->high = part->high;
    rec->low = part->low;
    rec->close = part->close;
    rec->volume = part->volume;
    rec->parts = 1;
    series_changed(set, one, false);
}

static void on_bar(struct set *set, struct one *one, const struct pawl_ev_bar *bar) {
    uint32_t length = one->rec.seconds & ~PAWL_SESSION_BARS;
    bool fits = bar->seconds > 0 && (length == 0 || (bar->seconds <= length &&
                                                     length % bar->seconds == 0));
    if (!fits || !take_source(set, one, SOURCE_BARS + bar->seconds)) return;
    struct part part = {.time_ns = bar->open_time,
                        .open = bar->open,
                        .high = bar->high,
                        .low = bar->low,
                        .close = bar->close,
                        .volume = bar->volume};
    add_part(set, one, &part);
    series_roll(set, one, bar->open_time + (int64_t)bar->seconds * PAWL_NS);
}

static void on_tick(struct set *set, struct one *one, uint32_t source, int64_t time_ns,
                    struct pawl_price price, struct pawl_qty volume) {
    struct pawl_rec_series *rec = &one->rec;
    int64_t sum;
    if (source == rec->source && one->changed && rec->parts > 0 && rec->parts < UINT32_MAX &&
        time_ns < rec->end_time && time_ns >= rec->open_time &&
        pawl_add_i64(rec->volume.e8, volume.e8, &sum) == PAWL_OK) { /* nearly always */
        rec->volume.e8 = sum;
        if (price.e8 > rec->high.e8) rec->high = price;
        if (price.e8 < rec->low.e8) rec->low = price;
        rec->close = price;
        rec->parts++;
        return;
    }
    if (source != rec->source && !take_source(set, one, source)) return;
    struct part part = {time_ns, price, price, price, price, volume};
    add_part(set, one, &part);
}

void series_feed(struct series_set *head, const struct pawl_event *event) {
    struct set *set = set_of(head);
    const struct pawl_ev_quote *quote = (const void *)event;
    const struct pawl_ev_trade *trade = (const void *)event;
    const struct pawl_ev_bar *bar = (const void *)event;
    struct one *one = set->first[quote->instrument];
    switch (event->type) {
    case PAWL_EV_QUOTE: {
        if (quote->bid.e8 <= 0 || quote->ask.e8 < quote->bid.e8) return;
        struct pawl_price middle = {quote->bid.e8 + (quote->ask.e8 - quote->bid.e8) / 2};
        for (; one != NULL; one = one->next)
            on_tick(set, one, SOURCE_QUOTES, event->time_ns, middle, (struct pawl_qty){0});
        return;
    }
    case PAWL_EV_TRADE:
        if (trade->price.e8 <= 0) return;
        for (; one != NULL; one = one->next)
            on_tick(set, one, SOURCE_TRADES, event->time_ns, trade->price, trade->size);
        break;
    case PAWL_EV_BAR:
        if (bar->low.e8 <= 0 || bar->open.e8 < bar->low.e8 || bar->open.e8 > bar->high.e8 ||
            bar->close.e8 < bar->low.e8 || bar->close.e8 > bar->high.e8)
            return;
        for (; one != NULL; one = one->next) on_bar(set, one, bar);
        return;
    default: break;
    }
    if (set->sums[quote->instrument] != NULL) sums_feed(set, event);
}
