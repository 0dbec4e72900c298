/* feed.c - the merge: the entry with the earliest time, of equal ones that of the earlier file. */
#include "feed/feed.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/err.h"
#include "feed/source.h"
#include "pawl_schema.gen.h"

/* A source with the batch that is being read. It holds memory only from its first use to its end,
 * so many files that follow one another cost no more than one. */
struct lane {
    struct source source;
    struct batch *batch;
    uint8_t *at, *end; /* what is left of it */
    int64_t time_ns;   /* key of the merge: time of the entry at `at` */
};

struct feed {
    struct feed_options options;
    struct feed_counts counts;
    struct lane *lanes;
    size_t lane_count;
    uint32_t heap[FEED_FILES_MAX]; /* lanes that are not over; heap[0] comes next */
    size_t heap_count;
    struct lane *held; /* whose entry the caller has in hand */
    int64_t last_ns;
    int failed_rc; /* it failed for good, for failed_text */
    struct pawl_err failed;
    /* A feed over an array has no lanes. */
    struct pawl_event *array;
    size_t array_left;
};

static const struct pawl_event *entry_at(const struct lane *lane) {
    return (const struct pawl_event *)(const void *)lane->at;
}

/* ---- the heap ---- */

static int before(const struct feed *feed, uint32_t a, uint32_t b) {
    int64_t ta = feed->lanes[a].time_ns, tb = feed->lanes[b].time_ns;
    return ta < tb || (ta == tb && a < b);
}

static void sink(struct feed *feed, size_t i) {
    for (;;) {
        size_t least = i, child = 2 * i + 1;
        if (child < feed->heap_count && before(feed, feed->heap[child], feed->heap[least]))
            least = child;
        if (child + 1 < feed->heap_count && before(feed, feed->heap[child + 1], feed->heap[least]))
            least = child + 1;
        if (least == i) return;
        uint32_t swap = feed->heap[i];
        feed->heap[i] = feed->heap[least];
        feed->heap[least] = swap;
        i = least;
    }
}

static void drop_first(struct feed *feed) {
    feed->heap[0] = feed->heap[--feed->heap_count];
    sink(feed, 0);
}

/* ---- opening ---- */

static void lane_done(struct lane *lane) {
    source_stop(&lane->source);
    mem_free(lane->batch);
    lane->batch = NULL;
    lane->at = lane->end = NULL;
}

static int open_lanes(struct feed *feed, const char *const *paths, size_t count,
                      struct pawl_err *err) {
    feed->lanes = mem_calloc(count, sizeof *feed->lanes);
    if (feed->lanes == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct lane *lane = &feed->lanes[i];
        feed->lane_count = i + 1;
        int rc = source_open(&lane->source, paths[i], &feed->options, err);
        if (rc != PAWL_OK) return rc;
        lane->time_ns = lane->source.first_ns;
        feed->heap[feed->heap_count++] = (uint32_t)i;
    }
    for (size_t i = feed->heap_count; i-- > 0;) sink(feed, i);
    return PAWL_OK;
}

int feed_open(const char *const *paths, size_t count, const struct feed_options *options,
              struct feed **ret, struct pawl_err *err) {
    assert(options->instrument != NULL);
    if (count == 0 || count > FEED_FILES_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "1 to %u data files can be read at once, not %zu",
                         FEED_FILES_MAX, count);
    if (options->rule_count > FEED_RULES_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "more than %u feed rules", FEED_RULES_MAX);
    struct feed *feed = mem_calloc(1, sizeof *feed);
    if (feed == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    feed->options = *options;
    feed->last_ns = INT64_MIN;
    int rc = open_lanes(feed, paths, count, err);
    /* The caller's strings and rules need not live longer than this call. */
    feed->options.rules = NULL;
    feed->options.rule_count = 0;
    feed->options.symbol = feed->options.format = feed->options.tz = NULL;
    if (rc != PAWL_OK) {
        feed_free(feed);
        return rc;
    }
    *ret = feed;
    return PAWL_OK;
}

int feed_from_array(struct pawl_event *events, size_t count, struct feed **ret,
                    struct pawl_err *err) {
    struct feed *feed = mem_calloc(1, sizeof *feed);
    if (feed == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    feed->array = events;
    feed->array_left = count;
    *ret = feed;
    return PAWL_OK;
}

void feed_free(struct feed *feed) {
    if (feed == NULL) return;
    for (size_t i = 0; i < feed->lane_count; i++) lane_done(&feed->lanes[i]);
    mem_free(feed->lanes);
    mem_free(feed);
}

/* ---- reading ---- */

static void count_event(struct feed_counts *counts, const struct pawl_event *event) {
    switch (event->type) {
    case PAWL_EV_QUOTE: {
        const struct pawl_ev_quote *quote = (const struct pawl_ev_quote *)event;
        counts->quotes++;
        counts->crossed += quote->ask.e8 < quote->bid.e8;
        counts->locked += quote->ask.e8 == quote->bid.e8;
        break;
    }
    case PAWL_EV_TRADE: counts->trades++; break;
    case PAWL_EV_BAR: counts->bars++; break;
    default: counts->others++; break;
    }
}

static void deliver(struct feed *feed, struct pawl_event *event, struct feed_item *ret) {
    ret->row = event->cookie = ++feed->counts.rows;
    ret->time_ns = event->time_ns;
    ret->event = event;
    ret->kind = FEED_EVENT;
    ret->reload = event->type == ENTRY_RELOAD ? (const char *)(event + 1) : NULL;
    switch (event->type) {
    case ENTRY_RELOAD: ret->kind = FEED_RELOAD; break;
    case ENTRY_RESTART: ret->kind = FEED_RESTART; break;
    case ENTRY_ADVANCE: ret->kind = FEED_ADVANCE; break;
    default: count_event(&feed->counts, event); return;
    }
    ret->event = NULL;
    feed->counts.controls++;
}

static int lane_start(struct lane *lane, struct pawl_err *err) {
    lane->batch = mem_alloc(sizeof *lane->batch);
    if (lane->batch == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    lane->batch->last = 0;
    return source_start(&lane->source, err);
}

/* The first lane has nothing at hand: its next batch and its place in the heap, or its end. */
static int next_batch(struct feed *feed, struct lane *lane, struct pawl_err *err) {
    int rc = lane->batch == NULL ? lane_start(lane, err) : PAWL_OK;
    if (rc != PAWL_OK) return rc;
    if (lane->batch->last) {
        lane_done(lane);
        drop_first(feed);
        return PAWL_OK;
    }
    source_fill(&lane->source, lane->batch);
    feed->counts.bad += lane->batch->bad;
    feed->counts.one_sided += lane->batch->one_sided;
    feed->counts.suspicious += lane->batch->suspicious;
    lane->at = lane->batch->bytes;
    lane->end = lane->batch->bytes + lane->batch->used;
    if (lane->at < lane->end) lane->time_ns = entry_at(lane)->time_ns;
    sink(feed, 0);
    return PAWL_OK;
}

static int array_next(struct feed *feed, struct feed_item *ret) {
    if (feed->array_left == 0) {
        *ret = (struct feed_item){.kind = FEED_END};
        return PAWL_OK;
    }
    struct pawl_event *event = feed->array;
    feed->array_left--;
    feed->array = (struct pawl_event *)(void *)((uint8_t *)event + event->size);
    deliver(feed, event, ret);
    return PAWL_OK;
}

/* The entry the caller had in hand is done with; its lane takes its new place. */
static void release(struct feed *feed) {
    struct lane *lane = feed->held;
    feed->held = NULL;
    lane->at += (entry_at(lane)->size + 7u) & ~7u;
    if (lane->at == lane->end) return; /* stays first until its next batch is known */
    lane->time_ns = entry_at(lane)->time_ns;
    if (feed->heap_count > 1) sink(feed, 0);
}

static int fail(struct feed *feed, int rc, struct pawl_err *err) {
    feed->failed_rc = rc;
    return pawl_fail(err, rc, "%s", feed->failed.text);
}

int feed_next(struct feed *feed, struct feed_item *ret, struct pawl_err *err) {
    if (feed->lanes == NULL) return array_next(feed, ret);
    if (feed->failed_rc != PAWL_OK) return fail(feed, feed->failed_rc, err);
    if (feed->held != NULL) release(feed);
    while (feed->heap_count > 0) {
        struct lane *lane = &feed->lanes[feed->heap[0]];
        if (lane->at == lane->end) {
            int rc = next_batch(feed, lane, &feed->failed);
            if (rc != PAWL_OK) return fail(feed, rc, err);
            continue;
        }
        struct pawl_event *event = (struct pawl_event *)(void *)lane->at;
        const struct entry_text *text = (const struct entry_text *)(const void *)lane->at;
        if (event->type == ENTRY_FAIL) {
            pawl_fail(&feed->failed, text->rc, "%s", text->text);
            return fail(feed, text->rc, err);
        }
        feed->held = lane;
        if (event->type == ENTRY_REMARK) {
            if (feed->options.remark != NULL) feed->options.remark(feed->options.self, text->text);
            release(feed);
            continue;
        }
        if (event->time_ns < feed->last_ns) {
            pawl_fail(&feed->failed, PAWL_E_IO, "%s: changed while it was read", lane->source.path);
            return fail(feed, PAWL_E_IO, err);
        }
        feed->last_ns = event->time_ns;
        deliver(feed, event, ret);
        return PAWL_OK;
    }
    *ret = (struct feed_item){.kind = FEED_END, .row = feed->counts.rows, .time_ns = feed->last_ns};
    return PAWL_OK;
}

int feed_skip_to(struct feed *feed, uint64_t row, struct pawl_err *err) {
    struct feed_item item;
    if (row < feed->counts.rows)
        return pawl_fail(err, PAWL_E_STATE, "row %llu of the feed is already behind",
                         (unsigned long long)row);
    while (feed->counts.rows < row) {
        int rc = feed_next(feed, &item, err);
        if (rc != PAWL_OK) return rc;
        if (item.kind == FEED_END)
            return pawl_fail(err, PAWL_E_NOTFOUND,
                             "the feed has %llu rows, not the %llu that were stored",
                             (unsigned long long)feed->counts.rows, (unsigned long long)row);
    }
    return PAWL_OK;
}

void feed_get_counts(const struct feed *feed, struct feed_counts *ret) {
    *ret = feed->counts;
}

size_t feed_source_count(const struct feed *feed) {
    return feed->lane_count;
}

const struct feed_source *feed_source_at(const struct feed *feed, size_t i) {
    assert(i < feed->lane_count);
    return &feed->lanes[i].source.info;
}
