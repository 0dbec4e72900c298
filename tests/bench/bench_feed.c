/* What a row of a file costs until it is an event: read, unpacked, decoded, merged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "events/codec.h"
#include "feed/feed.h"
#include "feed/generate.h"
#include "pawl_schema.gen.h"

#define COUNT(a) ((uint32_t)(sizeof(a) / sizeof(a)[0]))
#define ROWS 200000u
#define ARRAY_ROWS 4096u

struct files {
    char path[2][64];
    size_t count;
    struct feed *feed;
    struct pawl_ev_quote *array;
};

static uint32_t any_instrument(void *self, const char *symbol) {
    (void)self;
    (void)symbol;
    return 1;
}

typedef int row_writer(char *out, uint32_t i);

static int quote_row(char *out, uint32_t i) {
    return sprintf(out, "201405%02u,%u.%03u,129%u.%03u,129%u.%03u\n", 1 + i / 100000,
                   i % 100000 * 600, i * 7 % 1000, i % 10, i * 31 % 1000, i % 10, i * 37 % 1000);
}

static int trade_row(char *out, uint32_t i) {
    return sprintf(out, "201310%02u,%u,16741%02u,%u,P,20002000,0\n", 7 + i / 100000,
                   i % 100000 * 600, i % 100, 100 + i % 900);
}

static int bar_row(char *out, uint32_t i) {
    unsigned long long open = 1725148800000ULL + i * 60000ULL;
    return sprintf(
        out, "%llu,3.566,3.567,3.563,3.5%02u,10673.8,%llu,38048.0993,203,5480.8,19537.8485,0\n",
        open, 63 + i % 5, open + 59999);
}

static int json_row(char *out, uint32_t i) {
    return sprintf(
        out,
        "{\"t\":\"2026-03-01T%02u:%02u:%02u.%03uZ\",\"type\":\"quote\",\"symbol\":\"EURUSD\","
        "\"bid\":\"1.1%04u\",\"ask\":\"1.2%04u\"}\n",
        i / 36000, i / 600 % 60, i / 10 % 60, i % 10 * 100, i % 10000, i % 9999);
}

static int write_files(void **ret_self, size_t count, const char *header, row_writer *row) {
    struct files *files = calloc(1, sizeof *files);
    if (files == NULL) return -1;
    files->count = count;
    for (size_t i = 0; i < count; i++) {
        char line[256];
        strcpy(files->path[i], "/tmp/pawl-bench-feed-XXXXXX");
        int fd = mkstemp(files->path[i]);
        FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
        if (file == NULL) return -1;
        fputs(header, file);
        for (uint32_t r = 0; r < ROWS; r++) fwrite(line, 1, (size_t)row(line, r), file);
        fclose(file);
    }
    *ret_self = files;
    return 0;
}

static int quotes(void **ret_self) {
    return write_files(ret_self, 1, "date,ms,bid,ask\n", quote_row);
}
static int two(void **ret_self) {
    return write_files(ret_self, 2, "date,ms,bid,ask\n", quote_row);
}
static int trades(void **ret_self) {
    return write_files(ret_self, 1, "date,ms,price_e4,size,exchange,condition,suspicious\n",
                       trade_row);
}
static int bars(void **ret_self) {
    return write_files(ret_self, 1, "", bar_row);
}
static int json(void **ret_self) {
    return write_files(ret_self, 1, "", json_row);
}

static void open_files(void *self) {
    static const struct event_decode decode = {.instrument = any_instrument};
    struct files *files = self;
    struct feed_options options = {.instrument = any_instrument, .symbol = "X", .decode = &decode};
    struct pawl_err err = {0};
    const char *paths[] = {files->path[0], files->path[1]};
    feed_free(files->feed);
    files->feed = NULL;
    if (feed_open(paths, files->count, &options, &files->feed, &err) != PAWL_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
}

static void read_rows(void *self, uint64_t ops) {
    struct files *files = self;
    struct feed_item item = {0};
    uint64_t sum = 0;
    for (uint64_t i = 0; i < ops; i++) {
        if (feed_next(files->feed, &item, NULL) != PAWL_OK || item.kind == FEED_END)
            open_files(self);
        sum += (uint64_t)item.time_ns;
    }
    bench_keep(sum);
}

static void files_done(void *self) {
    struct files *files = self;
    if (files == NULL) return;
    for (size_t i = 0; i < files->count; i++) unlink(files->path[i]);
    feed_free(files->feed);
    free(files->array);
    free(files);
}

static int array(void **ret_self) {
    struct files *files = calloc(1, sizeof *files);
    if (files == NULL || (files->array = calloc(ARRAY_ROWS, sizeof *files->array)) == NULL)
        return -1;
    for (uint32_t i = 0; i < ARRAY_ROWS; i++)
        files->array[i].head = (struct pawl_event){
            .size = sizeof *files->array, .type = PAWL_EV_QUOTE, .time_ns = (int64_t)i + 1};
    *ret_self = files;
    return 0;
}

static void read_array(void *self, uint64_t ops) {
    struct files *files = self;
    struct feed_item item = {.kind = FEED_END};
    uint64_t sum = 0;
    for (uint64_t i = 0; i < ops; i++) {
        if (item.kind == FEED_END) {
            feed_free(files->feed);
            if (feed_from_array(&files->array[0].head, ARRAY_ROWS, &files->feed, NULL) != PAWL_OK)
                exit(1);
        }
        if (feed_next(files->feed, &item, NULL) != PAWL_OK) exit(1);
        sum += item.row;
    }
    bench_keep(sum);
}

static int generated(void **ret_self) {
    static const char text[] =
        "{\"generated\":\"no market data\",\"symbol\":\"X\",\"seed\":1,\"start\":\"2024-01-01\","
        "\"days\":30,\"price\":\"2000\",\"tick\":\"0.01\",\"sessions\":[{\"from\":\"00:00\",\"to\":"
        "\"00:00\",\"quotes_per_minute\":60,\"volatility_ppm\":100,\"spread\":20}]}";
    struct generator *generator = NULL;
    char path[] = "/tmp/pawl-bench-feed-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, text, sizeof text - 1) != (ssize_t)sizeof text - 1) return -1;
    close(fd);
    int rc = generator_new(path, &generator, NULL);
    unlink(path);
    *ret_self = generator;
    return rc;
}

static void generate(void *self, uint64_t ops) {
    struct pawl_ev_quote quote = {.venue_time = 0};
    uint64_t sum = 0;
    for (uint64_t i = 0; i < ops; i++) sum += (uint64_t)generator_next(self, &quote);
    bench_keep(sum);
}

static void generated_done(void *self) {
    generator_free(self);
}

#define FILE_CASE(text, why, make)                                                                 \
    {                                                                                              \
        .name = text, .doc = why, .ops = ROWS, .setup = make, .prepare = open_files,               \
        .run = read_rows, .done = files_done                                                       \
    }

static const struct bench_case cases[] = {
    {.name = "feed.quotes",
     .doc = "a quote of CSV (date,ms,bid,ask)",
     .ops = ROWS,
     .setup = quotes,
     .prepare = open_files,
     .run = read_rows,
     .done = files_done,
     .goal_ns = 100},
    FILE_CASE("feed.merged", "a quote of two files merged", two),
    FILE_CASE("feed.trades", "a trade of CSV (7 columns)", trades),
    FILE_CASE("feed.bars", "a bar of CSV (12 columns)", bars),
    FILE_CASE("feed.json", "a quote of JSON Lines", json),
    {.name = "feed.array",
     .doc = "a decoded quote handed on",
     .ops = 1000000,
     .setup = array,
     .run = read_array,
     .done = files_done},
    {.name = "feed.generated",
     .doc = "a quote made up",
     .ops = ROWS,
     .setup = generated,
     .run = generate,
     .done = generated_done},
};
const struct bench_group bench_feed = {"feed", cases, COUNT(cases)};
