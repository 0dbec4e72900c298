/* linked: what a wish leads to, and what is left of a trade when it is over. */
#include "linked_play.h"

/* ---- one trade ---- */

static void long_round_trip(void) {
    entry(EURUSD, BUY, "0.5");
    fake_fill(&fake, 1, "0.5", "1.10000");
    fake_flatten(&fake, 1);
    entry(EURUSD, BUY, "0.5");
}
static void enters_with_stop_and_target_and_starts_fresh(void **state) {
    (void)state;
    expect(long_round_trip, "",
           "open 1 EURUSD LONG 0.5 market stop 1.067 target 1.188\n"
           "open 2 EURUSD LONG 0.5 market stop 1.067 target 1.188\n");
}

static void short_entries(void) {
    entry(EURUSD, SELL, "0.5");
    entry(XAUUSD, SELL, "0.05");
    entry(USDJPY, SELL, "0.1");
    entry(ACME, SELL, "12");
}
static void short_protection_lies_the_other_way(void **state) {
    (void)state;
    /* 1.0999 x 1.03 = 1.132897, x 0.92 = 1.011908: both down to the tick */
    expect(short_entries, "",
           "open 1 EURUSD SHORT 0.5 market stop 1.13289 target 1.0119\n"
           "open 2 XAUUSD SHORT 0.05 market stop 2729.19 target 2437.72\n"
           "open 3 USDJPY SHORT 0.1 market stop 154.489 target 137.99\n"
           "open 4 ACME SHORT 12 market stop 102.94 target 91.95\n");
}

static void better_and_worse_fills(void) {
    entry(ACME, BUY, "100"); /* expected to pay 100.00 */
    fake_fill(&fake, 1, "60", "100.00");
    fake_fill(&fake, 1, "40", "100.50"); /* 100.20: tighter */
    entry(EURUSD, BUY, "1");
    fake_fill(&fake, 2, "1", "1.09900"); /* looser: kept */
    entry(XAUUSD, SELL, "1"); /* expected to get 2649.70 */
    fake_fill(&fake, 3, "1", "2640.00");
}
static void levels_follow_the_average_entry(void **state) {
    (void)state;
    expect(better_and_worse_fills, "",
           "open 1 ACME LONG 100 market stop 97 target 108\n"
           "stop 1 97.2 entry filled\n"
           "target 1 108.22 all rest\n"
           "open 2 EURUSD LONG 1 market stop 1.067 target 1.188\n"
           "target 2 1.18692 all rest\n"
           "open 3 XAUUSD SHORT 1 market stop 2729.19 target 2437.72\n"
           "stop 3 2719.2 entry filled\n"
           "target 3 2428.8 all rest\n");
}

static void explicit_levels(void) {
    struct pawl_ev_entry event = entry_event(ACME, BUY, "10");
    event.stop_price.e8 = e8("95.001");
    event.stop_pct.e8 = e8("0.5");
    event.stop_atr = 1;
    event.target_price.e8 = e8("110.001");
    fake_send(&fake, &event);
    fake_fill(&fake, 1, "10", "101");
}
static void explicit_prices_win_and_stay(void **state) {
    (void)state;
    expect(explicit_levels, "", "open 1 ACME LONG 10 market stop 95.01 target 110.01\n");
}

static void limit_life(void) {
    limit(ACME, BUY, "10", "98.007"); /* never more than asked: 98.00 */
    fake_fill(&fake, 1, "4", "97.90");
    fake_entry_spent(&fake, 1, "expired"); /* the rest is given up */
    fake_flatten(&fake, 1);
    limit(ACME, SELL, "10", "101.001");
    fake_entry_spent(&fake, 2, "expired"); /* nothing filled: the symbol is free */
    entry(ACME, BUY, "1");
}
static void limit_entries_expire(void **state) {
    (void)state;
    /* 97.90 x 0.97 = 94.963 is looser than 95.06 */
    expect(limit_life, "",
           "open 1 ACME LONG 10 limit 98 stop 95.06 target 105.84 for 60\n"
           "enter 1 4\n"
           "target 1 105.74 all rest\n"
           "open 2 ACME SHORT 10 limit 101.01 stop 104.04 target 92.92 for 60\n"
           "enter 2 0\n"
           "open 3 ACME LONG 1 market stop 97 target 108\n");
}

static void rejected_entry(void) {
    entry(ACME, BUY, "10");
    fake_entry_spent(&fake, 1, "margin");
    entry(ACME, BUY, "10");
}
static void a_rejected_entry_releases_the_symbol(void **state) {
    (void)state;
    expect(rejected_entry, "",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "enter 1 0\n"
           "open 2 ACME LONG 10 market stop 97 target 108\n");
}

static void refused_entry(void) {
    fake.open_rc = PAWL_E_REJECTED;
    entry(ACME, BUY, "10");
    fake.open_rc = PAWL_OK;
    entry(ACME, BUY, "0.5"); /* below one share */
    entry(ACME, BUY, "10");
}
static void a_refused_entry_releases_the_symbol(void **state) {
    (void)state;
    expect(refused_entry, "",
           "open ACME refused\n"
           "ignored ACME BUY: refused by the test\n"
           "ignored ACME BUY: quantity 0 is below the minimum 1\n"
           "open 1 ACME LONG 10 market stop 97 target 108\n");
}

static void spent_target(void) {
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    fake_target_spent(&fake, 1);
    fake_target_spent(&fake, 1); /* now watched, and still not possible: the stop has the lot */
}
static void a_target_the_venue_drops_is_watched(void **state) {
    (void)state;
    expect(spent_target, "",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "target 1 108 all watch\n");
}

static void partly_taken(void) {
    limit(ACME, BUY, "10", "98");
    fake_fill(&fake, 1, "4", "97.90");
    fake.lots[1].targets[0].filled.e8 = e8("1"); /* it is being filled where it rests */
    fake_fill(&fake, 1, "6", "97.90");
}
static void a_target_that_fills_is_left_alone(void **state) {
    (void)state;
    expect(partly_taken, "",
           "open 1 ACME LONG 10 limit 98 stop 95.06 target 105.84 for 60\n");
}

static void going_out(void) {
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    fake.lots[1].rec.exit_at_least.e8 = PAWL_QTY_ALL; /* earlier in the same turn */
    fake_target_spent(&fake, 1);
}
static void a_lot_that_goes_out_gets_no_new_levels(void **state) {
    (void)state;
    expect(going_out, "", "open 1 ACME LONG 10 market stop 97 target 108\n");
}

/* ---- one trade per symbol ---- */

static void same_side(void) {
    entry(ACME, BUY, "10");
    entry(ACME, BUY, "10"); /* entering */
    fake_fill(&fake, 1, "10", "100");
    entry(ACME, BUY, "20"); /* open */
    fake_operator_exit(&fake, 1);
    entry(ACME, BUY, "20"); /* closing */
    entry(EURUSD, BUY, "1"); /* another symbol */
}
static void the_same_side_is_ignored(void **state) {
    (void)state;
    expect(same_side, "",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "ignored ACME BUY: LONG lot 1 is entering\n"
           "ignored ACME BUY: LONG lot 1 is open\n"
           "ignored ACME BUY: LONG lot 1 is closing\n"
           "open 2 EURUSD LONG 1 market stop 1.067 target 1.188\n");
}

static void accounts_and_strangers(void) {
    fake_stranger(&fake, ACME, PAWL_POSITION_SIDE_SHORT);
    entry(ACME, BUY, "10");
    struct pawl_ev_entry event = entry_event(ACME, SELL, "10");
    event.account = OTHER;
    fake_send(&fake, &event);
    event.via = FAKE_STRANGER;
    fake_send(&fake, &event);
    event.via = 0;
    event.side = BUY;
    event.head.target = FAKE_COMPONENT;
    fake_send(&fake, &event);
}
static void only_its_own_lots_of_the_account_count(void **state) {
    (void)state;
    expect(accounts_and_strangers, "",
           "open 2 ACME LONG 10 market stop 97 target 108\n"
           "open 3 ACME SHORT 10 market stop 102.94 target 91.95 account 2\n"
           "exit 3 all REVERSAL\n"
           "open 4 ACME LONG 10 market stop 97 target 108 account 2 after 3 within 60\n");
}

/* ---- signals ---- */

static void signals(void) {
    send_signal(ACME, PAWL_SIGNAL_KIND_BUY, "0.8");
    send_signal(ACME, PAWL_SIGNAL_KIND_BUY, "0.80000001");
    fake_fill(&fake, 1, "100", "100");
    send_signal(ACME, PAWL_SIGNAL_KIND_NEUTRAL, "0.99");
    send_signal(ACME, PAWL_SIGNAL_KIND_BUY, "0.9");
    send_signal(ACME, PAWL_SIGNAL_KIND_SELL, "0.5");
    send_signal(ACME, PAWL_SIGNAL_KIND_SHORT, "0.9");
    fake_flatten(&fake, 1);
    fake_fill(&fake, 2, "100", "99.95");
    send_signal(ACME, PAWL_SIGNAL_KIND_SELL, "0.9");
    send_signal(ACME, PAWL_SIGNAL_KIND_BUY, "0.9");
}
static void signals_are_wishes(void **state) {
    (void)state;
    expect(signals, "signal_quantity=100",
           "ignored ACME BUY: confidence 0.8 is not above 0.8\n"
           "open 1 ACME LONG 100 market stop 97 target 108\n"
           "ignored ACME BUY: LONG lot 1 is open\n"
           "ignored ACME SELL: confidence 0.5 is not above 0.8\n"
           "exit 1 all REVERSAL\n"
           "open 2 ACME SHORT 100 market stop 102.94 target 91.95 after 1 within 60\n"
           "ignored ACME SELL: SHORT lot 2 is open\n"
           "exit 2 all REVERSAL\n"
           "open 3 ACME LONG 100 market stop 97 target 108 after 2 within 60\n");
}
static void one_signal(void) { send_signal(ACME, PAWL_SIGNAL_KIND_BUY, "1"); }
static void without_a_quantity_signals_do_nothing(void **state) {
    (void)state;
    expect(one_signal, "", "");
}

static void no_shorts(void) {
    send_signal(ACME, PAWL_SIGNAL_KIND_SELL, "0.9");
    send_signal(ACME, PAWL_SIGNAL_KIND_BUY, "0.9");
    fake_fill(&fake, 1, "100", "100");
    send_signal(ACME, PAWL_SIGNAL_KIND_SHORT, "0.9"); /* only closes */
    send_signal(ACME, PAWL_SIGNAL_KIND_SELL, "0.9");
    fake_exit_spent(&fake, 1, "no liquidity");
    entry(ACME, SELL, "5"); /* an entry means no more than a signal: tries again */
    fake_flatten(&fake, 1);
    entry(ACME, SELL, "5");
}
static void without_shorts_a_sell_only_closes(void **state) {
    (void)state;
    expect(no_shorts, "signal_quantity=100,allow_short=false,reversal=false",
           "ignored ACME SELL: allow_short is false and no long is open\n"
           "open 1 ACME LONG 100 market stop 97 target 108\n"
           "exit 1 all REVERSAL\n"
           "ignored ACME SELL: allow_short is false and no long is open\n"
           "exit 1 all REVERSAL\n"
           "ignored ACME SELL: allow_short is false and no long is open\n");
}

/* ---- names, tags, profiles ---- */

static void named(void) {
    struct {
        struct pawl_ev_entry entry;
        char tags[24];
    } event = {.entry = {.head = {.size = sizeof event, .type = PAWL_EV_ENTRY},
                         .instrument = ACME,
                         .via = FAKE_COMPONENT,
                         .side = BUY,
                         .quantity = {e8("10")},
                         .expires = FAKE_NOW + 5 * PAWL_NS,
                         .ref = "first",
                         .tags = {sizeof event.entry, 14}},
               .tags = "{\"bot_id\":\"b\"}trailing"};
    fake_send(&fake, &event);
    event.entry.tags.len = 0;
    snprintf(event.entry.ref, sizeof event.entry.ref, "second");
    fake_send(&fake, &event);
}
static void ref_tags_and_expiry_go_along(void **state) {
    (void)state;
    expect(named, "",
           "open 1 ACME LONG 10 market stop 97 target 108 for 5 ref first tags "
           "{\"bot_id\":\"b\"}\n"
           "ignored ACME BUY second: LONG lot 1 is entering\n");
}

static void profiled(void) {
    struct pawl_ev_entry event = entry_event(ACME, BUY, "10");
    snprintf(event.profile, sizeof event.profile, "ladder");
    fake.hold_stop = fake.hold_targets = FAKE_STRANGER;
    fake_send(&fake, &event);
    fake_fill(&fake, 1, "10", "101");
    fake.hold_targets = 0;
    event.instrument = XAUUSD;
    event.quantity.e8 = e8("1");
    fake_send(&fake, &event);
    fake_fill(&fake, 2, "1", "2660");
    fake.hold_targets = FAKE_STRANGER;
    event.instrument = EURUSD;
    event.target_pct.e8 = e8("0.01"); /* asked for: it is set whoever holds targets later */
    fake_send(&fake, &event);
    fake_fill(&fake, 3, "1", "1.2");
}
static void a_profile_keeps_what_it_gives_to_others(void **state) {
    (void)state;
    expect(profiled, "",
           "open 1 ACME LONG 10 market stop 97 profile ladder\n"
           "open 2 XAUUSD LONG 1 market stop 2570.5 profile ladder\n"
           "target 2 2862 all rest\n"
           "target 2 2872.8 all rest\n"
           "open 3 EURUSD LONG 1 market stop 1.067 target 1.111 profile ladder\n");
}

/* ---- after a start ---- */

static void lost_and_found(void **state) {
    (void)state;
    fake_start(&fake, pawl_plugin_main(), "", UINT32_MAX - 1);
    fake_quote(&fake, ACME, "99.95", "100.00");
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "101");
    fake_clear_log(&fake);
    fake.row_count = 0; /* its record is gone; the lot keeps the levels it has */
    fake_restart(&fake);
    const struct linked_rec_link_group *group = fake_row(&fake, LINKED_REC_LINK_GROUP, 1);
    assert_non_null(group);
    assert_int_equal(group->stop_price.e8, e8("97.97"));
    assert_int_equal(group->target_price.e8, e8("109.08"));
    assert_int_equal(group->entry_price.e8, e8("101"));
    assert_int_equal(group->status, PAWL_LOT_STATE_OPEN);
    assert_string_equal(fake.log, "");

    struct linked_rec_link_group stray = {.id = 99, .instrument = ACME};
    const struct pawl_records *records = fake.host.service(&fake.ctx, PAWL_RECORDS);
    records->put(&fake.ctx, LINKED_REC_LINK_GROUP, &stray);
    fake_restart(&fake);
    assert_null(fake_row(&fake, LINKED_REC_LINK_GROUP, 99));
    assert_non_null(fake_row(&fake, LINKED_REC_LINK_GROUP, 1));
    fake_stop(&fake);
}

static void failures_while_it_was_away(void **state) {
    (void)state;
    fake_start(&fake, pawl_plugin_main(), "", UINT32_MAX - 1);
    fake_quote(&fake, ACME, "99.95", "100.00");
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    entry(ACME, SELL, "7");
    fake_clear_log(&fake);
    fake.lots[1].rec.exit_spent = 1; /* and the event about it is lost */
    fake_restart(&fake);
    assert_string_equal(fake.log, "enter 2 0\n"
                                  "ignored ACME SELL: lot 1 did not close, lot 2 withdrawn\n");
    fake_restart(&fake);
    fake_clear_log(&fake);
    limit(EURUSD, BUY, "1", "1.09");
    fake_fill(&fake, 3, "0.4", "1.09");
    fake_clear_log(&fake);
    fake.lots[3].rec.entry_spent = 1; /* this one, too */
    fake_restart(&fake);
    fake_restart(&fake);
    assert_string_equal(fake.log, "enter 3 0.4\n");
    fake_stop(&fake);
}

static void malformed_events_are_refused(void **state) {
    (void)state;
    fake_start(&fake, pawl_plugin_main(), "", UINT32_MAX - 1);
    struct pawl_ev_entry event = entry_event(ACME, BUY, "10");
    event.tags = (struct pawl_text){sizeof event, 8};
    fake_send(&fake, &event);
    assert_int_equal(fake.last_rc, PAWL_E_DATA);
    event.tags.len = 0;
    event.side = 0;
    fake_send(&fake, &event);
    assert_int_equal(fake.last_rc, PAWL_OK);
    struct pawl_ev_want_spent spent = {
        .head = {.size = sizeof spent, .type = PAWL_EV_WANT_SPENT, .target = FAKE_COMPONENT},
        .lot = 12345};
    fake_send(&fake, &spent);
    assert_string_equal(fake.log, "ignored ACME SELL: an entry is BUY or SELL\n");
    fake_stop(&fake);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enters_with_stop_and_target_and_starts_fresh),
        cmocka_unit_test(short_protection_lies_the_other_way),
        cmocka_unit_test(levels_follow_the_average_entry),
        cmocka_unit_test(explicit_prices_win_and_stay),
        cmocka_unit_test(limit_entries_expire),
        cmocka_unit_test(a_rejected_entry_releases_the_symbol),
        cmocka_unit_test(a_refused_entry_releases_the_symbol),
        cmocka_unit_test(a_target_the_venue_drops_is_watched),
        cmocka_unit_test(a_target_that_fills_is_left_alone),
        cmocka_unit_test(a_lot_that_goes_out_gets_no_new_levels),
        cmocka_unit_test(the_same_side_is_ignored),
        cmocka_unit_test(only_its_own_lots_of_the_account_count),
        cmocka_unit_test(signals_are_wishes),
        cmocka_unit_test(without_a_quantity_signals_do_nothing),
        cmocka_unit_test(without_shorts_a_sell_only_closes),
        cmocka_unit_test(ref_tags_and_expiry_go_along),
        cmocka_unit_test(a_profile_keeps_what_it_gives_to_others),
        cmocka_unit_test(lost_and_found),
        cmocka_unit_test(failures_while_it_was_away),
        cmocka_unit_test(malformed_events_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
