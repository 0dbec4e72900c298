/* What a host bounds: plugins that fail at everything, brokers that answer prices with prices, how
 * much is asked at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host_kit.h"

static void trade(struct kit *kit, int64_t at_ns) {
    struct pawl_ev_trade ev;
    EVENT_INIT(ev, PAWL_EV_TRADE);
    ev.instrument = kit_instrument(kit, "EURUSD");
    ev.price.e8 = 110000000;
    ev.size.e8 = PAWL_E8;
    ev.side = PAWL_SIDE_BUY;
    host_input(kit->host, &ev.head, at_ns);
}

/* A few alerts and a count, not one for each event. */
static void a_plugin_that_always_fails(void **state) {
    (void)state;
    struct kit *kit = kit_open(",\"plugins\":[{\"name\":\"paper\"},{\"name\":\"answers_errors\","
                               "\"so\":\"%B/tests/plugins_broken/answers_errors.so\"}]",
                               KIT_START);
    if (kit == NULL) skip();
    for (int i = 0; i < 1000; i++) trade(kit, KIT_START + i * PAWL_MS);
    assert_int_equal(kit->failed_alerts, FAILURE_ALERTS_MAX);
    assert_int_equal(kit->host->instances[1]->failures, 1000);
    trade(kit, KIT_START + FAILURE_ALERTS_NS);
    assert_int_equal(kit->failed_alerts, FAILURE_ALERTS_MAX + 1);
    assert_non_null(strstr(kit->last, "; 995 more since the last alert"));
    trade(kit, KIT_START + FAILURE_ALERTS_NS + PAWL_MS);
    assert_null(strstr(kit->last, "more since"));
    kit_close(kit);
}

static void prices_that_bring_prices_end(void **state) {
    (void)state;
    struct kit *kit = kit_open(",\"plugins\":[{\"name\":\"paper\"},{\"name\":\"echoes\","
                               "\"so\":\"%B/tests/plugins_broken/echoes.so\"}]",
                               KIT_START);
    if (kit == NULL) skip();
    kit_quote(kit, "EURUSD", KIT_START + PAWL_MS);
    const char *fault = host_fault(kit->host);
    assert_non_null(fault);
    assert_string_equal(fault, "one input brought more than 1000000 prices: a broker answers "
                               "prices with prices");
    uint64_t events = kit->host->counts.events;
    host_release(kit->host); /* a run asks for that before it looks at faults */
    assert_int_equal(kit->host->counts.events, events);
    kit_close(kit);
}

static void quote_100(struct kit *kit, int64_t at_ns) {
    struct pawl_ev_quote ev;
    EVENT_INIT(ev, PAWL_EV_QUOTE);
    ev.instrument = kit_instrument(kit, "EURUSD");
    ev.bid.e8 = 100 * PAWL_E8;
    ev.ask.e8 = 100 * PAWL_E8 + 1000;
    for (int64_t due; (due = host_next_due(kit->host)) <= at_ns;) host_timer(kit->host, due);
    host_input(kit->host, &ev.head, at_ns);
}

/* More orders work than the venue takes questions at once: a round asks for all of them, and has
 * heard everything in the end. */
static void a_round_over_many_orders(void **state) {
    enum { LOTS = 1500 };
    (void)state;
    struct kit *kit =
        kit_open(",\"plugins\":[{\"name\":\"paper\"},{\"name\":\"filler\","
                 "\"so\":\"%B/tests/bench/bench_opener.so\",\"options\":{\"lots\":1500}}],"
                 "\"profiles\":{\"r\":{}},\"risk\":{\"open_lots_max\":10000,"
                 "\"message_rate_per_second\":100000}",
                 KIT_START);
    if (kit == NULL) skip();
    int64_t now_ns = KIT_START;
    for (int i = 0; i < 2000; i++) quote_100(kit, now_ns += 10 * PAWL_MS);
    assert_int_equal(kit->host->book.open_lots, LOTS);
    int64_t heard_ns = kit->host->book.accounts[1].kept.heard;
    for (int i = 0; i < 400; i++) quote_100(kit, now_ns += PAWL_NS);
    assert_null(host_fault(kit->host));
    assert_true(kit->host->book.accounts[1].kept.heard > heard_ns);
    assert_false(kit->host->exec.brokers[0].round_failed);
    kit_close(kit);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plugin_that_always_fails),
        cmocka_unit_test(prices_that_bring_prices_end),
        cmocka_unit_test(a_round_over_many_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
