/* linked: an opposite wish reverses the trade; nothing is entered before the close is confirmed. */
#include "linked_play.h"

static void reversal(void) {
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    entry(ACME, SELL, "7");
    fake_flatten(&fake, 1);
    fake_fill(&fake, 2, "7", "99.95");
    entry(ACME, BUY, "5");
    fake_flatten(&fake, 2);
    fake_fill(&fake, 3, "5", "100");
}
static void the_opposite_side_reverses_both_ways(void **state) {
    (void)state;
    expect(reversal, "",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "exit 1 all REVERSAL\n"
           "open 2 ACME SHORT 7 market stop 102.94 target 91.95 after 1 within 60\n"
           "exit 2 all REVERSAL\n"
           "open 3 ACME LONG 5 market stop 97 target 108 after 2 within 60\n");
}

static void failed_close(void) {
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    entry(ACME, SELL, "7");
    fake_exit_spent(&fake, 1, "no liquidity");
    entry(ACME, BUY, "7");
    entry(ACME, SELL, "8"); /* tries again */
    fake_flatten(&fake, 1);
    fake_fill(&fake, 3, "8", "99.95");
}
static void nothing_is_entered_when_the_close_fails(void **state) {
    (void)state;
    expect(failed_close, "",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "exit 1 all REVERSAL\n"
           "open 2 ACME SHORT 7 market stop 102.94 target 91.95 after 1 within 60\n"
           "enter 2 0\n"
           "ignored ACME SELL: lot 1 did not close, lot 2 withdrawn\n"
           "ignored ACME BUY: LONG lot 1 is there, its close failed\n"
           "exit 1 all REVERSAL\n"
           "open 3 ACME SHORT 8 market stop 102.94 target 91.95 after 1 within 60\n");
}

static void slow_close(void) {
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    entry(ACME, SELL, "7");
    fake_entry_spent(&fake, 2, "waited too long for the other lot");
    fake_flatten(&fake, 1);
    entry(ACME, SELL, "7");
}
static void nothing_is_entered_when_the_close_takes_too_long(void **state) {
    (void)state;
    expect(slow_close, "reversal_expires=5s",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "exit 1 all REVERSAL\n"
           "open 2 ACME SHORT 7 market stop 102.94 target 91.95 after 1 within 5\n"
           "enter 2 0\n"
           "open 3 ACME SHORT 7 market stop 102.94 target 91.95\n");
}

static void bars(void) {
    fake.market[ACME].stale_after_ns = 5400 * PAWL_NS;
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    entry(ACME, SELL, "7");
}
static void on_bars_the_close_has_until_the_next_bar(void **state) {
    (void)state;
    expect(bars, "",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "exit 1 all REVERSAL\n"
           "open 2 ACME SHORT 7 market stop 102.94 target 91.95 after 1 within 5400\n");
}

static void unfilled_reversal(void) {
    limit(ACME, BUY, "10", "98");
    entry(ACME, SELL, "7"); /* nothing is filled: the entry is taken back */
    fake_cancelled(&fake, 1);
    fake_fill(&fake, 2, "7", "99.95");
}
static void a_resting_entry_is_reversed_too(void **state) {
    (void)state;
    expect(unfilled_reversal, "",
           "open 1 ACME LONG 10 limit 98 stop 95.06 target 105.84 for 60\n"
           "exit 1 all REVERSAL\n"
           "open 2 ACME SHORT 7 market stop 102.94 target 91.95 after 1 within 60\n");
}

static void operator_closes(void) {
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    fake_operator_exit(&fake, 1);
    entry(ACME, SELL, "7"); /* it closes already: no second exit */
    fake_flatten(&fake, 1);
}
static void a_lot_that_closes_anyway_is_only_waited_for(void **state) {
    (void)state;
    expect(operator_closes, "",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "open 2 ACME SHORT 7 market stop 102.94 target 91.95 after 1 within 60\n");
}

static void bad_reversal(void) {
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    entry(ACME, SELL, "0.5"); /* unsizeable: nothing is touched */
    fake.exit_rc = PAWL_E_STATE;
    entry(ACME, SELL, "5");
    fake.exit_rc = PAWL_OK;
    fake.open_rc = PAWL_E_REJECTED;
    entry(ACME, SELL, "5"); /* the risk gate: out, but not in */
    fake.open_rc = PAWL_OK;
    fake_flatten(&fake, 1);
}
static void a_refused_reversal_enters_nothing(void **state) {
    (void)state;
    expect(bad_reversal, "",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "ignored ACME SELL: quantity 0 is below the minimum 1\n"
           "exit 1 all REVERSAL refused\n"
           "ignored ACME SELL: lot 1 cannot close: refused by the test\n"
           "exit 1 all REVERSAL\n"
           "open ACME refused\n"
           "ignored ACME SELL: only closed lot 1: refused by the test\n");
}

static void newer_wishes(void) {
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    entry(ACME, SELL, "7");
    entry(ACME, SELL, "7");   /* the same wish again */
    entry(ACME, SELL, "0.1"); /* not possible: the older one stays */
    entry(ACME, SELL, "9");   /* a newer one */
    fake_flatten(&fake, 1);
    entry(ACME, SELL, "3"); /* sent: too late */
    fake_fill(&fake, 3, "9", "99.95");
}
static void the_newest_wish_counts_until_it_is_sent(void **state) {
    (void)state;
    expect(newer_wishes, "",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "exit 1 all REVERSAL\n"
           "open 2 ACME SHORT 7 market stop 102.94 target 91.95 after 1 within 60\n"
           "ignored ACME SELL: SHORT lot 2 is waiting\n"
           "ignored ACME SELL: quantity 0 is below the minimum 1\n"
           "enter 2 0\n"
           "open 3 ACME SHORT 9 market stop 102.94 target 91.95 after 1 within 60\n"
           "ignored ACME SELL: SHORT lot 3 is entering\n");
}

static void second_thoughts(void) {
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    entry(ACME, SELL, "7");
    entry(ACME, BUY, "7"); /* the close cannot be undone, the new entry can */
    entry(ACME, BUY, "7");
    fake_flatten(&fake, 1);
    entry(ACME, BUY, "7");
}
static void a_wish_back_withdraws_the_reversal(void **state) {
    (void)state;
    expect(second_thoughts, "",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "exit 1 all REVERSAL\n"
           "open 2 ACME SHORT 7 market stop 102.94 target 91.95 after 1 within 60\n"
           "enter 2 0\n"
           "ignored ACME BUY: lot 2 withdrawn, lot 1 goes on closing\n"
           "ignored ACME BUY: LONG lot 1 is closing\n"
           "open 3 ACME LONG 7 market stop 97 target 108\n");
}

static void reverse_while_entering(void) {
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    entry(ACME, SELL, "7");
    fake_flatten(&fake, 1);
    fake_fill(&fake, 2, "3", "99.95"); /* the rest is still out */
    entry(ACME, BUY, "5");
    fake_fill(&fake, 2, "1", "99.95"); /* a late one, covered by the exit of everything */
    fake_flatten(&fake, 2);
    fake_fill(&fake, 3, "5", "100");
}
static void an_entry_in_progress_is_reversed_whole(void **state) {
    (void)state;
    expect(reverse_while_entering, "",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "exit 1 all REVERSAL\n"
           "open 2 ACME SHORT 7 market stop 102.94 target 91.95 after 1 within 60\n"
           "exit 2 all REVERSAL\n"
           "open 3 ACME LONG 5 market stop 97 target 108 after 2 within 60\n");
}

static void opposite(void) {
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    entry(ACME, SELL, "7");
}
static void reversal_can_be_off(void **state) {
    (void)state;
    expect(opposite, "reversal=false",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "ignored ACME SELL: LONG lot 1 is open, reversal is off\n");
}

static void two_wishes_in_a_turn(void) {
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    entry(ACME, SELL, "7");
    struct pawl_ev_entry event = entry_event(ACME, SELL, "8");
    fake_queue(&fake, &event);
    event.quantity.e8 = e8("9");
    fake_send(&fake, &event);
    fake_flatten(&fake, 1);
}
static void wishes_of_one_turn_leave_one_lot_waiting(void **state) {
    (void)state;
    expect(two_wishes_in_a_turn, "",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "exit 1 all REVERSAL\n"
           "open 2 ACME SHORT 7 market stop 102.94 target 91.95 after 1 within 60\n"
           "enter 2 0\n"
           "open 3 ACME SHORT 8 market stop 102.94 target 91.95 after 1 within 60\n"
           "enter 3 0\n"
           "open 4 ACME SHORT 9 market stop 102.94 target 91.95 after 1 within 60\n");
}

static void stopped_out_meanwhile(void) {
    entry(ACME, BUY, "10");
    fake_fill(&fake, 1, "10", "100");
    entry(ACME, SELL, "7");
    fake.lots[1].rec.exited.e8 = e8("10"); /* its stop filled; some order of it still works */
    fake.lots[1].works = true;
    fake_exit_spent(&fake, 1, "nothing to reduce");
    fake_cancelled(&fake, 1);
    fake_fill(&fake, 2, "7", "99.95");
}
static void an_exit_that_found_nothing_is_no_failure(void **state) {
    (void)state;
    expect(stopped_out_meanwhile, "",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "exit 1 all REVERSAL\n"
           "open 2 ACME SHORT 7 market stop 102.94 target 91.95 after 1 within 60\n");
}

static void late_fill(void) {
    entry(ACME, BUY, "10");
    fake_entry_spent(&fake, 1, "cancelled");
    entry(ACME, BUY, "10");
    fake_fill(&fake, 2, "10", "100");
    fake.lots[1].rec.state = PAWL_LOT_STATE_OPEN; /* the host re-opens it and closes it at market */
    fake.lots[1].rec.exit_at_least.e8 = PAWL_QTY_ALL;
    fake.lots[1].rec.entered.e8 = fake.lots[1].rec.enter_up_to.e8 = e8("10");
    entry(ACME, SELL, "5");
    fake_flatten(&fake, 1);
    entry(ACME, SELL, "5");
}
static void a_lot_that_came_back_is_waited_for(void **state) {
    (void)state;
    expect(late_fill, "",
           "open 1 ACME LONG 10 market stop 97 target 108\n"
           "enter 1 0\n"
           "open 2 ACME LONG 10 market stop 97 target 108\n"
           "ignored ACME SELL: LONG lot 1 is closing and it is not the only one\n"
           "exit 2 all REVERSAL\n"
           "open 3 ACME SHORT 5 market stop 102.94 target 91.95 after 2 within 60\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_opposite_side_reverses_both_ways),
        cmocka_unit_test(nothing_is_entered_when_the_close_fails),
        cmocka_unit_test(nothing_is_entered_when_the_close_takes_too_long),
        cmocka_unit_test(on_bars_the_close_has_until_the_next_bar),
        cmocka_unit_test(a_resting_entry_is_reversed_too),
        cmocka_unit_test(a_lot_that_closes_anyway_is_only_waited_for),
        cmocka_unit_test(a_refused_reversal_enters_nothing),
        cmocka_unit_test(the_newest_wish_counts_until_it_is_sent),
        cmocka_unit_test(a_wish_back_withdraws_the_reversal),
        cmocka_unit_test(an_entry_in_progress_is_reversed_whole),
        cmocka_unit_test(reversal_can_be_off),
        cmocka_unit_test(wishes_of_one_turn_leave_one_lot_waiting),
        cmocka_unit_test(an_exit_that_found_nothing_is_no_failure),
        cmocka_unit_test(a_lot_that_came_back_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
