/* linked: what an entry is in numbers - reference, protection, quantity - and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fake_book.h"

const struct pawl_plugin *pawl_plugin_main(void);

#define BUY PAWL_SIDE_BUY
#define SELL PAWL_SIDE_SELL

static struct fake fake;

struct ask { /* texts; NULL = not said */
    uint32_t instrument;
    uint8_t side;
    const char *quantity, *allocation, *risk_pct, *price, *stop, *stop_pct, *target, *target_pct;
    uint8_t kind, stop_atr, target_atr;
    int64_t expires;
};

static int64_t said(const char *text) { return text == NULL ? 0 : e8(text); }

static void start(const char *options) {
    fake_start(&fake, pawl_plugin_main(), options, UINT32_MAX - 1);
    fake_quote(&fake, EURUSD, "1.09990", "1.10000");
    fake_quote(&fake, XAUUSD, "2649.70", "2650.00");
    fake_quote(&fake, USDJPY, "149.990", "150.000");
    fake_quote(&fake, ACME, "29.95", "30.00");
    fake_quote(&fake, EURGBP, "0.85000", "0.85010");
    fake_quote(&fake, EURJPY, "159.980", "160.000");
}

static void send_ask(const struct ask *ask) {
    struct pawl_ev_entry event = {.head = {.size = sizeof event, .type = PAWL_EV_ENTRY},
                                  .instrument = ask->instrument,
                                  .via = FAKE_COMPONENT,
                                  .side = ask->side,
                                  .order_kind = ask->kind,
                                  .stop_atr = ask->stop_atr,
                                  .target_atr = ask->target_atr,
                                  .quantity = {said(ask->quantity)},
                                  .allocation = {said(ask->allocation)},
                                  .risk_pct = {said(ask->risk_pct)},
                                  .order_price = {said(ask->price)},
                                  .stop_price = {said(ask->stop)},
                                  .stop_pct = {said(ask->stop_pct)},
                                  .target_price = {said(ask->target)},
                                  .target_pct = {said(ask->target_pct)},
                                  .expires = ask->expires};
    fake_send(&fake, &event);
    assert_int_equal(fake.last_rc, PAWL_OK);
}

/* The plugin is started afresh, asked, and its log compared. */
#define gives(options, expected, ...)                                                              \
    do {                                                                                           \
        start(options);                                                                            \
        send_ask(&(struct ask){__VA_ARGS__});                                                      \
        assert_string_equal(fake.log, expected "\n");                                              \
        fake_stop(&fake);                                                                          \
    } while (0)

static void quantities_are_floored_to_the_step(void **state) {
    (void)state;
    gives("", "open 1 EURUSD LONG 0.51 market stop 1.067 target 1.188", EURUSD, BUY,
          .quantity = "0.519");
    gives("", "open 1 ACME SHORT 10 market stop 30.84 target 27.55", ACME, SELL,
          .quantity = "10.99");
    gives("", "ignored EURUSD BUY: quantity 0 is below the minimum 0.01", EURUSD, BUY,
          .quantity = "0.009");
    gives("", "open 1 ACME LONG 100000 market stop 29.1 target 32.4", ACME, BUY,
          .quantity = "100000");
    gives("", "ignored ACME BUY: quantity 100001 is above the maximum 100000", ACME, BUY,
          .quantity = "100001");
}

static void the_minimum_quantity_may_exceed_the_step(void **state) {
    (void)state;
    start("");
    fake.instruments[EURUSD].min_quantity.e8 = e8("0.1");
    send_ask(&(struct ask){EURUSD, BUY, .quantity = "0.09"});
    send_ask(&(struct ask){EURUSD, BUY, .quantity = "0.1"});
    assert_string_equal(fake.log, "ignored EURUSD BUY: quantity 0.09 is below the minimum 0.1\n"
                                  "open 1 EURUSD LONG 0.1 market stop 1.067 target 1.188\n");
    fake_stop(&fake);
}

static void the_minimum_notional_is_inclusive(void **state) {
    (void)state;
    start("");
    fake_quote(&fake, ACME, "24.99", "25.00");
    send_ask(&(struct ask){ACME, SELL, .quantity = "4"});
    send_ask(&(struct ask){ACME, BUY, .quantity = "4"});
    assert_string_equal(fake.log, "ignored ACME SELL: notional 99.96 is below the minimum 100\n"
                                  "open 1 ACME LONG 4 market stop 24.25 target 27\n");
    fake_stop(&fake);
}

static void exactly_one_size_is_said(void **state) {
    (void)state;
    gives("", "ignored ACME BUY: none of quantity, allocation, risk_pct is said", ACME, BUY, 0);
    gives("", "ignored ACME BUY: more than one of quantity, allocation, risk_pct is said", ACME,
          BUY, .quantity = "1", .risk_pct = "0.01");
    gives("", "ignored ACME BUY: quantity -1 is below 0", ACME, BUY, .quantity = "-1");
    gives("", "ignored ACME BUY: risk_pct 1 is not a fraction below 1", ACME, BUY,
          .risk_pct = "1");
}

static void an_allocation_is_spent_on_the_entry_side(void **state) {
    (void)state;
    gives("", "open 1 ACME LONG 1000 market stop 29.1 target 32.4", ACME, BUY,
          .allocation = "30000");
    gives("", "open 1 ACME LONG 1000 market stop 29.1 target 32.4", ACME, BUY,
          .allocation = "30029.99");
    gives("", "open 1 ACME LONG 1001 market stop 29.1 target 32.4", ACME, BUY,
          .allocation = "30030");
    gives("", "open 1 ACME SHORT 1001 market stop 30.84 target 27.55", ACME, SELL,
          .allocation = "30000");
    gives("", "open 1 ACME LONG 1034 limit 29 stop 28.13 target 31.32 for 60", ACME, BUY,
          .allocation = "30000", .kind = PAWL_KIND_LIMIT, .price = "29");
    gives("", "open 1 EURUSD LONG 0.04 market stop 1.067 target 1.188", EURUSD, BUY,
          .allocation = "5000");
    gives("", "open 1 XAUUSD LONG 0.1 market stop 2570.5 target 2862", XAUUSD, BUY,
          .allocation = "26500");
    gives("", "open 1 XAUUSD LONG 0.09 market stop 2570.5 target 2862", XAUUSD, BUY,
          .allocation = "26499.99");
    gives("", "ignored ACME BUY: quantity 0 is below the minimum 1", ACME, BUY,
          .allocation = "29.99");
}

/* The account holds USD. A lot of USDJPY at 150 costs 15 000 000 JPY; USD are worth 149.99. */
static void an_allocation_is_in_account_currency(void **state) {
    (void)state;
    gives("", "open 1 USDJPY LONG 0.15 market stop 145.5 target 162", USDJPY, BUY,
          .allocation = "15001.01");
    gives("", "open 1 USDJPY LONG 0.14 market stop 145.5 target 162", USDJPY, BUY,
          .allocation = "15001");
    gives("", "open 1 EURJPY LONG 0.1 market stop 155.2 target 172.8", EURJPY, BUY,
          .allocation = "10700");
    gives("", "ignored EURGBP BUY: no rate from USD to GBP", EURGBP, BUY, .allocation = "1000");
    start("");
    fake_quote(&fake, USDJPY, "0", "0"); /* no quote: the table's 9.5 USD a pip */
    send_ask(&(struct ask){EURJPY, BUY, .allocation = "10700"});
    assert_string_equal(fake.log, "open 1 EURJPY LONG 0.07 market stop 155.2 target 172.8\n");
    fake_stop(&fake);
    start("");
    snprintf(fake.accounts[MAIN].currency, sizeof fake.accounts[MAIN].currency, "EUR");
    send_ask(&(struct ask){EURUSD, BUY, .allocation = "10001"}); /* x 1.0999 = 11000.09 USD */
    send_ask(&(struct ask){ACME, BUY, .allocation = "30"});      /* 32.99 USD */
    snprintf(fake.accounts[MAIN].currency, sizeof fake.accounts[MAIN].currency, "JPY");
    send_ask(&(struct ask){XAUUSD, BUY, .allocation = "3974999"}); /* / 150 = 26499.99 USD */
    assert_string_equal(fake.log, "open 1 EURUSD LONG 0.1 market stop 1.067 target 1.188\n"
                                  "ignored ACME BUY: notional 30 is below the minimum 100\n"
                                  "open 2 XAUUSD LONG 0.09 market stop 2570.5 target 2862\n");
    fake_stop(&fake);
}

static void a_risk_is_lost_at_the_stop_and_no_more(void **state) {
    (void)state; /* equity 10000 */
    gives("", "open 1 EURUSD LONG 0.03 market stop 1.067 target 1.188", EURUSD, BUY,
          .risk_pct = "0.01");
    gives("", "open 1 EURUSD LONG 0.1 market stop 1.09 target 1.188", EURUSD, BUY,
          .risk_pct = "0.01", .stop = "1.09");
    gives("", "open 1 EURUSD SHORT 0.1 market stop 1.1099 target 1.0119", EURUSD, SELL,
          .risk_pct = "0.01", .stop = "1.1099");
    gives("", "open 1 XAUUSD LONG 0.5 market stop 2648 target 2862", XAUUSD, BUY,
          .risk_pct = "0.01", .stop = "2648");
    gives("", "open 1 ACME LONG 100 market stop 29 target 32.4", ACME, BUY, .risk_pct = "0.01",
          .stop = "29");
    gives("", "open 1 USDJPY LONG 0.14 market stop 149 target 162", USDJPY, BUY,
          .risk_pct = "0.01", .stop = "149"); /* 14 999 JPY over 100 000 a lot */
    start("");
    fake.equity.e8 = 0;
    send_ask(&(struct ask){EURUSD, BUY, .risk_pct = "0.01"});
    fake.equity.e8 = e8("-5");
    send_ask(&(struct ask){EURUSD, BUY, .risk_pct = "0.01"});
    assert_string_equal(fake.log, "ignored EURUSD BUY: equity 0 is not above 0\n"
                                  "ignored EURUSD BUY: equity -5 is not above 0\n");
    fake_stop(&fake);
}

static void price_comes_before_fraction_before_option(void **state) {
    (void)state;
    gives("", "open 1 ACME LONG 10 market stop 28 target 33", ACME, BUY, .quantity = "10",
          .stop = "28", .stop_pct = "0.1", .target = "33", .target_pct = "0.2");
    gives("", "open 1 ACME LONG 10 market stop 27 target 36", ACME, BUY, .quantity = "10",
          .stop_pct = "0.1", .target_pct = "0.2");
    gives("stop_loss_pct=0.05,take_profit_pct=0.1",
          "open 1 ACME LONG 10 market stop 28.5 target 33", ACME, BUY, .quantity = "10");
    gives("take_profit_pct=0,target_mode=watch", "open 1 ACME LONG 10 market stop 29.1", ACME, BUY,
          .quantity = "10");
    gives("target_mode=watch", "open 1 ACME LONG 10 market stop 29.1 target 32.4 watched", ACME,
          BUY, .quantity = "10");
}

static void an_entry_without_a_stop_is_refused(void **state) {
    (void)state;
    gives("stop_loss_pct=0", "ignored ACME BUY: no stop: none is asked, stop_loss_pct is 0", ACME,
          BUY, .quantity = "10");
    gives("stop_loss_pct=0", "open 1 ACME LONG 10 market stop 28 target 32.4", ACME, BUY,
          .quantity = "10", .stop = "28");
    gives("", "ignored ACME BUY: no stop: the ATR of ACME is not known", ACME, BUY,
          .quantity = "10", .stop_atr = 1);
    gives("", "ignored ACME BUY: no target: the ATR of ACME is not known", ACME, BUY,
          .quantity = "10", .target_atr = 1);
    gives("", "open 1 ACME LONG 10 market stop 28 target 33", ACME, BUY, .quantity = "10",
          .stop = "28", .stop_atr = 1, .target = "33", .target_atr = 1);
    gives("", "ignored ACME BUY: stop pct 3 is not a fraction below 1", ACME, BUY,
          .quantity = "10", .stop_pct = "3");
    gives("", "ignored ACME BUY: target pct 8 is not a fraction below 1", ACME, BUY,
          .quantity = "10", .target_pct = "8");
}

static void levels_on_the_wrong_side_are_refused(void **state) {
    (void)state;
    gives("", "ignored ACME BUY: stop 31 is not below 29.95", ACME, BUY, .quantity = "10",
          .stop = "31");
    gives("", "ignored ACME BUY: stop 29.95 is not below 29.95", ACME, BUY, .quantity = "10",
          .stop = "29.95"); /* inside the spread: it would fire at once */
    gives("", "open 1 ACME LONG 10 market stop 29.94 target 32.4", ACME, BUY, .quantity = "10",
          .stop = "29.94");
    gives("", "ignored ACME SELL: stop 29 is not above 30", ACME, SELL, .quantity = "10",
          .stop = "29");
    gives("", "ignored ACME SELL: stop 30 is not above 30", ACME, SELL, .quantity = "10",
          .stop = "30");
    gives("", "open 1 ACME SHORT 10 market stop 30.01 target 27.55", ACME, SELL, .quantity = "10",
          .stop = "30.01");
    gives("", "ignored ACME BUY: target 30 is not above 30", ACME, BUY, .quantity = "10",
          .target = "30");
    gives("", "ignored ACME SELL: target 29.95 is not below 29.95", ACME, SELL, .quantity = "10",
          .target = "29.95");
    gives("", "ignored ACME BUY: stop price -1 is below 0", ACME, BUY, .quantity = "10",
          .stop = "-1");
    gives("", "ignored ACME SELL: target 0 is not above 0", ACME, SELL, .quantity = "10",
          .target = "0.001");
}

static void the_minimum_stop_distance_is_kept(void **state) {
    (void)state; /* XAUUSD 0.5, bid 2649.70, ask 2650.00 */
    gives("", "ignored XAUUSD BUY: stop 2649.21 is nearer to 2649.7 than 0.5", XAUUSD, BUY,
          .quantity = "1", .stop = "2649.21");
    gives("", "open 1 XAUUSD LONG 1 market stop 2649.2 target 2862", XAUUSD, BUY, .quantity = "1",
          .stop = "2649.2");
    gives("", "ignored XAUUSD SELL: stop 2650.49 is nearer to 2650 than 0.5", XAUUSD, SELL,
          .quantity = "1", .stop = "2650.49");
    gives("", "open 1 XAUUSD SHORT 1 market stop 2650.5 target 2437.72", XAUUSD, SELL,
          .quantity = "1", .stop = "2650.5");
    gives("", "ignored XAUUSD BUY: target 2650.49 is nearer to 2650 than 0.5", XAUUSD, BUY,
          .quantity = "1", .target = "2650.49");
    gives("", "ignored XAUUSD SELL: target 2649.21 is nearer to 2649.7 than 0.5", XAUUSD, SELL,
          .quantity = "1", .target = "2649.21");
    gives("", "ignored XAUUSD BUY: stop 2649.74 is not below 2649.7", XAUUSD, BUY,
          .quantity = "1", .stop_pct = "0.0001");
}

static void rounding_never_adds_risk_nor_takes_profit(void **state) {
    (void)state;
    gives("", "open 1 USDJPY LONG 1 market stop 148.501 target 151.5", USDJPY, BUY,
          .quantity = "1", .stop = "148.5001", .target = "151.4991");
    gives("", "open 1 USDJPY SHORT 1 market stop 151.499 target 148.5", USDJPY, SELL,
          .quantity = "1", .stop = "151.4999", .target = "148.5009");
    gives("", "open 1 XAUUSD LONG 1 market stop 2646.36 target 2654.5", XAUUSD, BUY,
          .quantity = "1", .stop_pct = "0.0013771", .target_pct = "0.0016978");
    start("");
    fake_quote(&fake, ACME, "0.09", "0.10"); /* 0.097 rounds up to the price itself */
    send_ask(&(struct ask){ACME, BUY, .quantity = "5000"});
    assert_string_equal(fake.log, "ignored ACME BUY: stop 0.1 is not below 0.09\n");
    fake_stop(&fake);
}

static void limit_and_stop_entries(void **state) {
    (void)state;
    gives("", "open 1 ACME LONG 10 limit 29 stop 28.13 target 31.32 for 60", ACME, BUY,
          .quantity = "10", .kind = PAWL_KIND_LIMIT, .price = "29.009");
    gives("", "open 1 ACME SHORT 10 limit 31.01 stop 31.94 target 28.52 for 60", ACME, SELL,
          .quantity = "10", .kind = PAWL_KIND_LIMIT, .price = "31.001");
    gives("", "open 1 ACME LONG 10 stop 31.01 stop 30.08 target 33.5 for 60", ACME, BUY,
          .quantity = "10", .kind = PAWL_KIND_STOP, .price = "31.001");
    gives("", "open 1 ACME SHORT 10 stop 29 stop 29.87 target 26.68 for 60", ACME, SELL,
          .quantity = "10", .kind = PAWL_KIND_STOP, .price = "29.009");
    gives("entry_expires=5s", "open 1 ACME LONG 10 limit 29 stop 28.13 target 31.32 for 5", ACME,
          BUY, .quantity = "10", .kind = PAWL_KIND_LIMIT, .price = "29");
    gives("entry_expires=5s", "open 1 ACME LONG 10 limit 29 stop 28.13 target 31.32 for 7", ACME,
          BUY, .quantity = "10", .kind = PAWL_KIND_LIMIT, .price = "29",
          .expires = FAKE_NOW + 7 * PAWL_NS);
    gives("", "ignored ACME BUY: stop 30 is not below 29.95", ACME, BUY, .quantity = "10",
          .kind = PAWL_KIND_LIMIT, .price = "32", .stop = "30"); /* it would fill at 30 */
    gives("", "ignored ACME BUY: a limit or stop entry needs an order price", ACME, BUY,
          .quantity = "10", .kind = PAWL_KIND_LIMIT);
    gives("", "ignored ACME BUY: the order price is below one tick", ACME, BUY, .quantity = "10",
          .kind = PAWL_KIND_LIMIT, .price = "0.001");
    gives("", "ignored ACME BUY: a market entry takes no order price (29)", ACME, BUY,
          .quantity = "10", .price = "29");
    gives("", "ignored ACME BUY: an entry is market, limit or stop", ACME, BUY, .quantity = "10",
          .kind = PAWL_KIND_TRAILING, .price = "29");
    gives("", "ignored ACME BUY: the entry has expired", ACME, BUY, .quantity = "10",
          .expires = FAKE_NOW);
}

static void without_a_quote_only_priced_entries_go(void **state) {
    (void)state;
    start("");
    fake_quote(&fake, ACME, "0", "0");
    send_ask(&(struct ask){ACME, BUY, .quantity = "10"});
    send_ask(&(struct ask){ACME, BUY, .quantity = "10", .kind = PAWL_KIND_LIMIT, .price = "29"});
    assert_string_equal(fake.log,
                        "ignored ACME BUY: no quote for ACME\n"
                        "open 1 ACME LONG 10 limit 29 stop 28.13 target 31.32 for 60\n");
    fake_stop(&fake);
}

static void numbers_out_of_range_are_refused(void **state) {
    (void)state;
    gives("", "ignored EURUSD BUY: the notional of 90000000000 is out of range", EURUSD, BUY,
          .quantity = "90000000000");
    gives("", "ignored ACME BUY: the prices are out of range", ACME, BUY, .quantity = "10",
          .kind = PAWL_KIND_LIMIT, .price = "92233720368", .stop = "1", .target_pct = "0.5");
    gives("", "ignored ACME BUY: the prices are out of range", ACME, BUY, .quantity = "10",
          .stop = "92233720368.54775807");
    start("");
    fake.instruments[ACME].tick.e8 = 1; /* 1e-8 */
    fake_quote(&fake, ACME, "0.00000002", "0.00000003");
    send_ask(&(struct ask){ACME, BUY, .allocation = "92233720368", .stop = "0.00000001"});
    assert_string_equal(fake.log, "ignored ACME BUY: the quantity is out of range\n");
    fake_stop(&fake);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities_are_floored_to_the_step),
        cmocka_unit_test(the_minimum_quantity_may_exceed_the_step),
        cmocka_unit_test(the_minimum_notional_is_inclusive),
        cmocka_unit_test(exactly_one_size_is_said),
        cmocka_unit_test(an_allocation_is_spent_on_the_entry_side),
        cmocka_unit_test(an_allocation_is_in_account_currency),
        cmocka_unit_test(a_risk_is_lost_at_the_stop_and_no_more),
        cmocka_unit_test(price_comes_before_fraction_before_option),
        cmocka_unit_test(an_entry_without_a_stop_is_refused),
        cmocka_unit_test(levels_on_the_wrong_side_are_refused),
        cmocka_unit_test(the_minimum_stop_distance_is_kept),
        cmocka_unit_test(rounding_never_adds_risk_nor_takes_profit),
        cmocka_unit_test(limit_and_stop_entries),
        cmocka_unit_test(without_a_quote_only_priced_entries_go),
        cmocka_unit_test(numbers_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
