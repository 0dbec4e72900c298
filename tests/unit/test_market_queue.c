/* Market data of brokers: in order, and when it is too much the extremes and the last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/market_queue.h"
#include "pawl_types.h"

static struct pawl_ev_quote quote(uint32_t instrument, int64_t bid, int64_t ask) {
    struct pawl_ev_quote q = {.instrument = instrument, .bid = {bid}, .ask = {ask}};
    q.head.size = sizeof q;
    q.head.type = PAWL_EV_QUOTE;
    q.head.source = 3;
    q.head.cause = 77;
    return q;
}

static void push(struct market_queue *queue, uint32_t instrument, int64_t bid, int64_t ask) {
    struct pawl_ev_quote q = quote(instrument, bid, ask);
    assert_int_equal(market_queue_push(queue, &q.head), PAWL_OK);
}

static void test_in_order(void **state) {
    (void)state;
    struct market_queue *queue = calloc(1, sizeof *queue);
    union market_event event;
    int64_t pushed = 0, popped = 0;
    for (int round = 0; round < 10; round++) {
        for (uint32_t i = 0; i < 3000; i++, pushed++)
            push(queue, 1 + i % 7, pushed + 1, pushed + 2);
        while (market_queue_pop(queue, &event)) {
            const struct pawl_ev_quote *q = (const void *)&event;
            assert_int_equal(q->bid.e8, ++popped);
            assert_int_equal(q->head.source, 3);
            assert_int_equal(q->head.cause, 77);
        }
        assert_int_equal(popped, pushed);
    }
    assert_int_equal(queue->conflated, 0);
    free(queue);
}

static void test_too_much(void **state) {
    (void)state;
    struct market_queue *queue = calloc(1, sizeof *queue);
    union market_event event;
    int64_t bid[3] = {0}, low[3], high[3] = {0}, last[3] = {0};
    int64_t seen_low[3] = {INT64_MAX, INT64_MAX, INT64_MAX}, seen_high[3] = {0}, seen_last[3] = {0};
    uint64_t random = 99, count = 0, before = 0;
    for (int i = 0; i < 3; i++) low[i] = INT64_MAX, bid[i] = 1000000;
    for (uint32_t i = 0; i < MARKET_QUEUE_MAX + 20000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint32_t at = (uint32_t)(random >> 40) % 3;
        bid[at] += (int64_t)(random >> 33) % 201 - 100;
        push(queue, 1 + at, bid[at], bid[at] + 10);
        if (bid[at] < low[at]) low[at] = bid[at];
        if (bid[at] > high[at]) high[at] = bid[at];
        last[at] = bid[at];
    }
    assert_int_equal(queue->conflated, 20000);
    assert_int_equal(queue->lost, 0);
    while (market_queue_pop(queue, &event)) {
        const struct pawl_ev_quote *q = (const void *)&event;
        uint32_t at = q->instrument - 1;
        if (q->bid.e8 < seen_low[at]) seen_low[at] = q->bid.e8;
        if (q->bid.e8 > seen_high[at]) seen_high[at] = q->bid.e8;
        seen_last[at] = q->bid.e8;
        count++;
        before = queue->count;
    }
    assert_int_equal(before, 0);
    assert_true(count > MARKET_QUEUE_MAX && count <= MARKET_QUEUE_MAX + 3 * MARKET_ROLES);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(seen_low[i], low[i]);
        assert_int_equal(seen_high[i], high[i]);
        assert_int_equal(seen_last[i], last[i]);
    }
    assert_false(market_queue_pop(queue, &event));
    push(queue, 1, 5, 6); /* and then as before */
    assert_int_equal(queue->count, 1);
    free(queue);
}

static void test_too_many_instruments(void **state) {
    (void)state;
    struct market_queue *queue = calloc(1, sizeof *queue);
    union market_event event;
    struct pawl_ev_bar large = {.instrument = 1};
    for (uint32_t i = 0; i < MARKET_QUEUE_MAX; i++) push(queue, 1, 1, 2);
    for (uint32_t i = 0; i < MARKET_KEPT_MAX + 5; i++) push(queue, 1 + i, 1, 2);
    assert_int_equal(queue->lost, 5);
    while (market_queue_pop(queue, &event)) continue;
    large.head.size = MARKET_EVENT_MAX + 8;
    assert_int_equal(market_queue_push(queue, &large.head), PAWL_E_INVAL);
    free(queue);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_in_order),
                                       cmocka_unit_test(test_too_much),
                                       cmocka_unit_test(test_too_many_instruments)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
