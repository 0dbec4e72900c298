#include "plugin/market_queue.h"

#include <string.h>

_Static_assert(sizeof(struct pawl_ev_quote) <= MARKET_EVENT_MAX, "a quote fits");
_Static_assert(sizeof(struct pawl_ev_trade) <= MARKET_EVENT_MAX, "a trade fits");
_Static_assert(sizeof(struct pawl_ev_bar) <= MARKET_EVENT_MAX, "a bar fits");
_Static_assert(sizeof(struct pawl_ev_liquidation) <= MARKET_EVENT_MAX, "a liquidation fits");

enum { LOW = 0, HIGH, SECOND_LOW, SECOND_HIGH, LAST };

struct range {
    int64_t low, high, second_low, second_high;
};

static struct range range_of(const union market_event *event) {
    switch (event->head.type) {
    case PAWL_EV_QUOTE: {
        const struct pawl_ev_quote *quote = (const void *)event;
        return (struct range){quote->bid.e8, quote->bid.e8, quote->ask.e8, quote->ask.e8};
    }
    case PAWL_EV_TRADE: {
        int64_t price = ((const struct pawl_ev_trade *)event)->price.e8;
        return (struct range){price, price, price, price};
    }
    case PAWL_EV_MARK: {
        int64_t price = ((const struct pawl_ev_mark *)event)->price.e8;
        return (struct range){price, price, price, price};
    }
    case PAWL_EV_BAR: {
        const struct pawl_ev_bar *bar = (const void *)event;
        return (struct range){bar->low.e8, bar->high.e8, bar->low.e8, bar->high.e8};
    }
    default: return (struct range){0};
    }
}

/* Every event of the market begins with its instrument. */
static uint32_t instrument_of(const union market_event *event) {
    return ((const struct pawl_ev_quote *)event)->instrument;
}

static void keep(struct market_kept *kept, int role, const union market_event *event,
                 uint64_t number) {
    kept->event[role] = *event;
    kept->number[role] = number;
}

static void conflate(struct market_queue *queue, const union market_event *event) {
    uint32_t at = 0, instrument = instrument_of(event);
    for (; at < queue->kept_count; at++)
        if (queue->kept[at].instrument == instrument && queue->kept[at].type == event->head.type &&
            queue->kept[at].source == event->head.source)
            break;
    queue->conflated++;
    if (at == MARKET_KEPT_MAX) {
        queue->lost++;
        return;
    }
    struct market_kept *kept = &queue->kept[at];
    if (at == queue->kept_count) {
        queue->kept_count++;
        memset(kept, 0, sizeof *kept);
        kept->instrument = instrument;
        kept->type = event->head.type;
        kept->source = event->head.source;
        for (int role = LOW; role <= LAST; role++) keep(kept, role, event, queue->arrived);
        return;
    }
    struct range now = range_of(event), low = range_of(&kept->event[LOW]),
                 high = range_of(&kept->event[HIGH]);
    struct range second_low = range_of(&kept->event[SECOND_LOW]),
                 second_high = range_of(&kept->event[SECOND_HIGH]);
    if (now.low < low.low) keep(kept, LOW, event, queue->arrived);
    if (now.high > high.high) keep(kept, HIGH, event, queue->arrived);
    if (now.second_low < second_low.second_low) keep(kept, SECOND_LOW, event, queue->arrived);
    if (now.second_high > second_high.second_high)
        keep(kept, SECOND_HIGH, event, queue->arrived);
    keep(kept, LAST, event, queue->arrived);
}

int market_queue_push(struct market_queue *queue, const struct pawl_event *event) {
    union market_event copy;
    if (event->size > sizeof copy) return PAWL_E_INVAL;
    memset(&copy, 0, sizeof copy);
    memcpy(&copy, event, event->size);
    queue->arrived++;
    if (queue->count == MARKET_QUEUE_MAX || queue->kept_count > 0) {
        conflate(queue, &copy);
        return PAWL_OK;
    }
    queue->events[(queue->first + queue->count++) % MARKET_QUEUE_MAX] = copy;
    return PAWL_OK;
}

/* The oldest of what was conflated; an event kept for several reasons comes once. */
static bool pop_kept(struct market_queue *queue, union market_event *ret) {
    struct market_kept *from = NULL;
    int role = 0;
    uint64_t oldest = UINT64_MAX;
    for (uint32_t at = 0; at < queue->kept_count; at++)
        for (int i = LOW; i <= LAST; i++)
            if (queue->kept[at].number[i] != 0 && queue->kept[at].number[i] < oldest) {
                from = &queue->kept[at];
                role = i;
                oldest = from->number[i];
            }
    if (from == NULL) {
        queue->kept_count = 0;
        return false;
    }
    *ret = from->event[role];
    for (int i = LOW; i <= LAST; i++)
        if (from->number[i] == oldest) from->number[i] = 0;
    return true;
}

bool market_queue_pop(struct market_queue *queue, union market_event *ret) {
    if (queue->count == 0) return pop_kept(queue, ret);
    *ret = queue->events[queue->first];
    queue->first = (queue->first + 1) % MARKET_QUEUE_MAX;
    queue->count--;
    return true;
}
