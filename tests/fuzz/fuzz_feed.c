/*
 * Market data files. The first byte names the format and how strict to be, the rest is the file.
 * Whatever it holds: an error is a sentence; what is delivered are well-formed events with rows
 * 1, 2, 3 ... and times that never fall; quotes have two sides; and stopping anywhere and going on
 * from that row in a second reading gives the same event.
 */
#include "events/codec.h"
#include "events/reflect.h"
#include "feed/feed.h"
#include "fuzz_file.h"
#include "pawl_schema.gen.h"

#define ITEMS_MAX 2000u /* a generated feed may be endless for our purposes */

static const char *const formats[] = {
    NULL,     "csv", "jsonl", "lean_quote", "lean_trade", "binance_klines", "binance_trades",
    "binance_aggtrades", "histdata", "generated",
};
#define FORMATS_COUNT (sizeof formats / sizeof formats[0])

static uint32_t any_name(void *self, const char *text) {
    (void)self;
    return 1 + (uint32_t)text[0];
}

static void remark(void *self, const char *text) {
    (void)self;
    HOLDS(text[0] != '\0');
}

static void check_event(const struct pawl_event *event) {
    HOLDS(reflect_event_check(event, event->size) == PAWL_OK);
    if (event->type == PAWL_EV_QUOTE) {
        const struct pawl_ev_quote *quote = (const struct pawl_ev_quote *)(const void *)event;
        HOLDS(quote->bid.e8 >= 0 && quote->ask.e8 >= 0);
    }
    if (event->type == PAWL_EV_BAR) {
        const struct pawl_ev_bar *bar = (const struct pawl_ev_bar *)(const void *)event;
        HOLDS(bar->low.e8 <= bar->open.e8 && bar->open.e8 <= bar->high.e8);
        HOLDS(bar->low.e8 <= bar->close.e8 && bar->close.e8 <= bar->high.e8);
    }
}

/* Reads to the end, a failure or ITEMS_MAX; returns how many items came. */
static uint64_t read_all(struct feed *feed, uint64_t keep_row, uint8_t kept[PAWL_EVENT_SIZE_MAX]) {
    struct pawl_err err = {0};
    struct feed_item item;
    uint64_t row = 0;
    int64_t time_ns = INT64_MIN;
    while (row < ITEMS_MAX) {
        int rc = feed_next(feed, &item, &err);
        if (rc != PAWL_OK) {
            HOLDS(err.text[0] != '\0');
            break;
        }
        if (item.kind == FEED_END) break;
        row++;
        HOLDS(item.row == row && item.time_ns >= time_ns);
        time_ns = item.time_ns;
        if (item.kind != FEED_EVENT) continue;
        HOLDS(item.event->time_ns == item.time_ns && item.event->cookie == row);
        check_event(item.event);
        if (row == keep_row) memcpy(kept, item.event, item.event->size);
    }
    return row;
}

static struct feed *open_feed(const char *path, const struct feed_options *options) {
    struct pawl_err err = {0};
    struct feed *feed = NULL;
    if (feed_open(&path, 1, options, &feed, &err) == PAWL_OK) return feed;
    HOLDS(feed == NULL && err.text[0] != '\0');
    return NULL;
}

static void check_skip(const char *path, const struct feed_options *options, uint64_t row,
                       const uint8_t *kept) {
    const struct pawl_event *expected = (const struct pawl_event *)(const void *)kept;
    struct pawl_err err = {0};
    struct feed_item item;
    struct feed *feed = open_feed(path, options);
    HOLDS(feed != NULL);
    HOLDS(feed_skip_to(feed, row - 1, &err) == PAWL_OK);
    HOLDS(feed_next(feed, &item, &err) == PAWL_OK && item.row == row);
    if (expected->size != 0)
        HOLDS(item.kind == FEED_EVENT && memcmp(item.event, expected, expected->size) == 0);
    feed_free(feed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (len < 2) return 0;
    static _Alignas(16) uint8_t kept[PAWL_EVENT_SIZE_MAX];
    char path[FUZZ_PATH_SIZE];
    const struct event_decode decode = {
        .instrument = any_name, .account = any_name, .component = any_name};
    const struct feed_options options = {
        .instrument = any_name,
        .remark = remark,
        .decode = &decode,
        .symbol = "X",
        .format = formats[(bytes[0] & 15) % FORMATS_COUNT],
        .tz = bytes[0] & 16 ? "America/New_York" : NULL,
        .bad_rows = bytes[0] & 32 ? FEED_BAD_SKIP : FEED_BAD_FATAL,
    };
    fuzz_file(bytes + 1, len - 1, path);
    memset(kept, 0, sizeof kept);
    struct feed *feed = open_feed(path, &options);
    if (feed == NULL) return 0;
    uint64_t keep_row = 1 + bytes[0] % 7;
    uint64_t rows = read_all(feed, keep_row, kept);
    feed_free(feed);
    if (keep_row <= rows) check_skip(path, &options, keep_row, kept);
    return 0;
}
