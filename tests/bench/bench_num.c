/* What reading and writing a price costs. */
#include <string.h>

#include "bench.h"
#include "pawl_num.h"

#define COUNT(a) ((uint32_t)(sizeof(a) / sizeof(a)[0]))

static const char *const texts[] = {"12345.67890000", "1.08345", "64231.5", "0.00001234",
                                    "100", "-3.25", "4312.75", "151.031"};
static const int64_t values[] = {1234567890000, 108345000, 6423150000000, 1234,
                                 10000000000, -325000000, 431275000000, 15103100000};

static void parse(void *self, uint64_t ops) {
    (void)self;
    size_t lens[COUNT(texts)];
    for (uint32_t i = 0; i < COUNT(texts); i++) lens[i] = strlen(texts[i]);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < ops; i++) {
        int64_t value = 0;
        if (pawl_parse_e8(texts[i % COUNT(texts)], lens[i % COUNT(texts)], &value) == PAWL_OK)
            sum += (uint64_t)value;
    }
    bench_keep(sum);
}

static void format(void *self, uint64_t ops) {
    (void)self;
    char text[PAWL_E8_TEXT_MAX];
    uint64_t sum = 0;
    for (uint64_t i = 0; i < ops; i++) sum += pawl_format_e8(values[i % COUNT(values)], text);
    bench_keep(sum);
}

static void profit(void *self, uint64_t ops) {
    (void)self;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < ops; i++) {
        struct pawl_money money = {0};
        struct pawl_price to = {values[i % COUNT(values)]};
        if (pawl_profit(1, (struct pawl_price){PAWL_E8}, to, (struct pawl_qty){3 * PAWL_E8},
                        (struct pawl_ratio){PAWL_E8}, &money) == PAWL_OK)
            sum += (uint64_t)money.e8;
    }
    bench_keep(sum);
}

static const struct bench_case cases[] = {
    {.name = "num.parse", .doc = "read a decimal text", .ops = 1000000, .run = parse},
    {.name = "num.format", .doc = "write a decimal text", .ops = 1000000, .run = format},
    {.name = "num.profit", .doc = "profit of a lot", .ops = 1000000, .run = profit},
};
const struct bench_group bench_num = {"num", cases, COUNT(cases)};
