/* A trade of 170 bytes: three fields of it read exactly, against jansson; an order written. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/json_pull.h"
#include "bench.h"
#include "pawl_num.h"

static const char message[] =
    "{\"e\":\"aggTrade\",\"E\":1591702613943,\"s\":\"BNBUSDT\",\"a\":5933014,\"p\":\"601.25\","
    "\"q\":\"1.5\",\"nq\":\"1.5\",\"f\":100,\"l\":105,\"T\":1591702613900,\"m\":true,\"st\":1}";

static void with_jansson(void *self, uint64_t ops) {
    (void)self;
    for (uint64_t i = 0; i < ops; i++) {
        int64_t price = 0, quantity = 0;
        json_t *root = json_loadb(message, sizeof message - 1, 0, NULL);
        const json_t *p = json_object_get(root, "p"), *q = json_object_get(root, "q");
        if (pawl_parse_e8(json_string_value(p), json_string_length(p), &price) == PAWL_OK &&
            pawl_parse_e8(json_string_value(q), json_string_length(q), &quantity) == PAWL_OK)
            bench_keep((uint64_t)(price + quantity) +
                       (uint64_t)json_integer_value(json_object_get(root, "T")));
        json_decref(root);
    }
}

static void with_pull(void *self, uint64_t ops) {
    (void)self;
    for (uint64_t i = 0; i < ops; i++) {
        struct pawl_json_reader r;
        struct pawl_json_token t;
        int64_t price = 0, quantity = 0, time = 0;
        json_begin(&r, message, sizeof message - 1);
        while (json_next(&r, &t) > 0) {
            if (t.key_len != 1) continue;
            switch (t.key[0]) {
            case 'p': json_e8(&t, &price); break;
            case 'q': json_e8(&t, &quantity); break;
            case 'T': json_i64(&t, &time); break;
            default: break;
            }
        }
        bench_keep((uint64_t)(price + quantity + time));
    }
}

static void write_order(void *self, uint64_t ops) {
    (void)self;
    for (uint64_t i = 0; i < ops; i++) {
        struct pawl_json_writer w;
        char out[256];
        size_t len = 0;
        json_write(&w, out, sizeof out);
        json_open(&w, NULL, '{');
        json_put_text(&w, "symbol", "BNBUSDT", 7);
        json_put_text(&w, "side", "SELL", 4);
        json_put_e8(&w, "quantity", 150000000);
        json_put_e8(&w, "price", 60125000000);
        json_put_i64(&w, "timestamp", 1591702613943);
        json_close(&w, '}');
        json_end(&w, &len);
        bench_keep(len);
    }
}

static const struct bench_case cases[] = {
    {.name = "json.jansson", .doc = "three fields of a trade of 170 bytes, jansson", .ops = 10000,
     .run = with_jansson},
    {.name = "json.pull", .doc = "the same with pawl.json/1", .ops = 50000, .run = with_pull,
     .against = "json.jansson", .goal_ns = 460},
    {.name = "json.write", .doc = "an order of five fields", .ops = 50000, .run = write_order}};
const struct bench_group bench_json = {
    .name = "json", .cases = cases, .count = sizeof cases / sizeof *cases};
