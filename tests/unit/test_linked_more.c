/* linked: more of a trade, what hangs on it, and how it ends by itself. */
#include "linked_play.h"

static void quote(uint32_t instrument, const char *bid, const char *ask) {
    fake_quote(&fake, instrument, bid, ask);
    fake_fire(&fake, instrument);
}

static void scale_in(const char *ref, const char *quantity, const char *pct) {
    struct pawl_ev_scale_in event = {.head = {.size = sizeof event, .type = PAWL_EV_SCALE_IN},
                                     .quantity = {e8(quantity)},
                                     .trigger_profit_pct = {pct != NULL ? e8(pct) : 0}};
    snprintf(event.ref, sizeof event.ref, "%s", ref);
    fake_send(&fake, &event);
}

static struct pawl_ev_entry named(uint8_t side, const char *quantity, const char *ref) {
    struct pawl_ev_entry event = entry_event(ACME, side, quantity);
    snprintf(event.ref, sizeof event.ref, "%s", ref);
    return event;
}

static struct pawl_ev_entry linked_to(struct pawl_ev_entry event, const char *to,
                                      const char *type) {
    snprintf(event.link_to, sizeof event.link_to, "%s", to);
    snprintf(event.link_type, sizeof event.link_type, "%s", type);
    return event;
}

static void send_named(uint8_t side, const char *quantity, const char *ref) {
    struct pawl_ev_entry event = named(side, quantity, ref);
    fake_send(&fake, &event);
}

/* ---- scale-in ---- */

static void scales(void) {
    send_named(BUY, "100", "A");
    scale_in("A", "50", NULL);
    fake_fill(&fake, 1, "100", "100");
    quote(ACME, "101.99", "102.01");
    scale_in("A", "50", NULL);
    quote(ACME, "102.00", "102.02");
    scale_in("A", "50.7", NULL);
    scale_in("A", "50", "0.01"); /* the entry runs */
    fake_fill(&fake, 1, "50", "102.00");
    scale_in("A", "10", NULL);
    quote(ACME, "105.70", "105.72");
    scale_in("A", "10", "0.05");
    fake_entry_spent(&fake, 1, "margin"); /* given up: nothing changes */
    scale_in("B", "10", "0.05");
}
static void scales_once_a_level_from_its_profit_on(void **state) {
    (void)state;
    expect(scales, "",
           "open 1 ACME LONG 100 market stop 97 target 108 ref A\n"
           "ignored ACME BUY A: scale-in of lot 1: its entry is not complete\n"
           "ignored ACME BUY A: scale-in of lot 1: 101.99 is not 102: no profit of 0.02\n"
           "enter 1 150\n"
           "ignored ACME BUY A: scale-in of lot 1: its entry is not complete\n"
           "stop 1 97.65 scaled in\n" /* 100.6667 x 0.97 = 97.6467 */
           "target 1 108.72 all rest\n"
           "ignored ACME BUY A: scale-in of lot 1: it has scaled in at 0.02\n"
           "enter 1 160\n"
           "enter 1 150\n");
}

static void scales_by_itself(void) {
    send_named(SELL, "10", "A");
    fake_fill(&fake, 1, "10", "100");
    quote(ACME, "98.00", "98.01");
    quote(ACME, "97.99", "98.00");
    fake_fill(&fake, 1, "5", "97.99");
    quote(ACME, "94.00", "94.36");
    fake_fill(&fake, 1, "2", "94.00");
    quote(ACME, "80.00", "80.01");
}
static void options_scale_in_at_levels(void **state) {
    (void)state;
    /* average 99.33: 5 % below is 94.3635; then 98.7029 x 1.03 = 101.664 */
    expect(scales_by_itself, "scale_quantity=5,more_scales=0.05:2,take_profit_pct=0",
           "open 1 ACME SHORT 10 market stop 102.94 ref A\n"
           "enter 1 15\n"
           "stop 1 102.3 scaled in\n"
           "enter 1 17\n"
           "stop 1 101.66 scaled in\n");
}

static void scales_with_tickets(void) {
    fake.accounts[MAIN].lots_grow = 0;
    send_named(BUY, "100", "A");
    fake_fill(&fake, 1, "100", "100");
    quote(ACME, "102.00", "102.02");
    scale_in("A", "50", NULL);
    fake_fill(&fake, 2, "50", "102.00");
    fake_flatten(&fake, 1); /* the stop of both is crossed */
    fake_flatten(&fake, 2);
}
static void a_ticket_each_with_the_levels_of_the_whole(void **state) {
    (void)state;
    expect(scales_with_tickets, "",
           "open 1 ACME LONG 100 market stop 97 target 108 ref A\n"
           "open 2 ACME LONG 50 market stop 97 target 108 scale ref A+1\n"
           "stop 1 97.65 scaled in\n"
           "target 1 108.72 all rest\n"
           "stop 2 97.65 scaled in\n"
           "target 2 108.72 all rest\n");
}

/* ---- double-down ---- */

static void doubles(void) {
    struct pawl_ev_entry event = named(BUY, "0", "A");
    fake.atr[ACME].e8 = e8("0.5");
    event.quantity.e8 = 0;
    event.allocation.e8 = e8("100000");
    event.stop_atr = event.target_atr = 1;
    fake_send(&fake, &event);
    fake_fill(&fake, 1, "400", "100");
    fake_fill(&fake, 1, "600", "100");
    fake_fill_add(&fake, 1, "300", "98.50");
    fake_fill_add(&fake, 1, "700", "98.50");
    fake_flatten(&fake, 1);
}
static void doubles_down_in_the_middle_and_keeps_its_levels(void **state) {
    (void)state;
    expect(doubles, "double_down=true",
           "open 1 ACME LONG 1000 market stop 97 target 102 ref A\n"
           "add 1 1000 at 98.5\n");
}

static void doubles_with_tickets(void) {
    fake.accounts[MAIN].lots_grow = 0;
    send_named(SELL, "100", "A");
    fake_fill(&fake, 1, "100", "100");
    fake_flatten(&fake, 1); /* it concludes: the double-down goes */
    fake_cancelled(&fake, 2);
}
static void a_double_down_of_its_own_goes_with_the_trade(void **state) {
    (void)state;
    expect(doubles_with_tickets, "double_down=true,double_down_size=0.5",
           "open 1 ACME SHORT 100 market stop 102.94 target 91.95 ref A\n"
           "target 1 92 all rest\n"
           "open 2 ACME SHORT 50 limit 101.47 stop 102.94 target 92 doubledown for ever ref A+1\n"
           "exit 2 all SL_HIT\n");
}

static void risk(void) {
    struct pawl_ev_entry event = entry_event(ACME, BUY, "0");
    event.quantity.e8 = 0;
    event.risk_pct.e8 = e8("0.01"); /* 100 of 10000 */
    event.stop_price.e8 = e8("99");
    fake_send(&fake, &event);
}
static void its_risk_is_counted(void **state) {
    (void)state;
    expect(risk, "double_down=true", "open 1 ACME LONG 66 market stop 99 target 108\n");
    expect(risk, "", "open 1 ACME LONG 100 market stop 99 target 108\n");
}

/* ---- ATR ---- */

static void atr(void) {
    struct pawl_ev_entry event = named(SELL, "10", "A");
    event.stop_atr = event.target_atr = 1;
    fake_send(&fake, &event);
    fake.atr[ACME].e8 = e8("0.503");
    fake_send(&fake, &event);
    fake_fill(&fake, 1, "10", "99.90");
}
static void levels_by_atr(void **state) {
    (void)state;
    /* 99.95 + 3.018 down to 102.96, 99.95 - 2.012 to 97.93; from 99.90: 102.91, 97.88 */
    expect(atr, "",
           "ignored ACME SELL A: no stop: the ATR of ACME is not known\n"
           "open 1 ACME SHORT 10 market stop 102.96 target 97.93 ref A\n"
           "stop 1 102.91 entry filled\n"
           "target 1 97.88 all rest\n");
}

/* ---- links ---- */

static void links(void) {
    send_named(BUY, "10", "A");
    fake_fill(&fake, 1, "10", "100");
    struct pawl_ev_entry event = linked_to(named(BUY, "0", "S"), "A", "stop");
    event.quantity.e8 = 0;
    event.stop_price.e8 = e8("96");
    fake_send(&fake, &event);
    event.stop_price.e8 = e8("98");
    fake_send(&fake, &event);
    event = linked_to(named(BUY, "4", "T"), "A", "target");
    event.target_price.e8 = e8("105");
    fake_send(&fake, &event);
    event = linked_to(named(BUY, "0", "R"), "A", "trail");
    event.trailing_stop_pct.e8 = e8("0.01");
    fake_send(&fake, &event);
    event = linked_to(entry_event(EURUSD, SELL, "1"), "A", "hedge");
    fake_send(&fake, &event);
    fake_fill(&fake, 2, "1", "1.0999");
    event = linked_to(entry_event(XAUUSD, SELL, "1"), "Z", "hedge");
    fake_send(&fake, &event);
    fake_operator_exit(&fake, 1);
    fake_flatten(&fake, 1);
    fake_flatten(&fake, 2);
}
static void what_is_linked_changes_a_trade_or_lives_with_it(void **state) {
    (void)state;
    expect(links, "",
           "open 1 ACME LONG 10 market stop 97 target 108 ref A\n"
           "ignored ACME BUY S: stop of lot 1: stop 96 is not tighter than 97\n"
           "stop 1 98 linked stop\n"
           "target 1 105 4 rest\n"
           "trail 1 0.01\n"
           "open 2 EURUSD SHORT 1 market stop 1.13289 target 1.0119\n"
           "ignored XAUUSD SELL: no open lot of ours is named Z\n"
           "exit 2 all LINKED\n");
}

static void one_cancels_the_other(void) {
    struct pawl_ev_entry event = named(BUY, "10", "A");
    event.order_kind = PAWL_KIND_LIMIT;
    event.order_price.e8 = e8("98");
    fake_send(&fake, &event);
    event = linked_to(named(BUY, "10", "B"), "A", "oco");
    event.order_kind = PAWL_KIND_STOP;
    event.order_price.e8 = e8("102");
    fake_send(&fake, &event);
    fake_fill(&fake, 2, "10", "102");
    fake_cancelled(&fake, 1);
    send_named(BUY, "10", "C");
}
static void the_first_that_fills_is_the_trade(void **state) {
    (void)state;
    expect(one_cancels_the_other, "",
           "open 1 ACME LONG 10 limit 98 stop 95.06 target 105.84 for 60 ref A\n"
           "open 2 ACME LONG 10 stop 102 stop 98.94 target 110.16 for 60 ref B\n"
           "exit 1 all OCO\n"
           "ignored ACME BUY C: LONG lot 2 is open\n");
}

/* ---- legs ---- */

static struct pawl_ev_entry two_legs(void) {
    struct pawl_ev_entry event = named(BUY, "10", "G");
    event.leg_count = 2;
    event.leg1_instrument = ACME;
    event.leg1_side = BUY;
    event.leg1_kind = event.leg2_kind = PAWL_KIND_MARKET;
    event.leg1_ratio.e8 = e8("24");
    event.leg2_instrument = XAUUSD;
    event.leg2_side = SELL;
    event.leg2_ratio.e8 = e8("0.01");
    event.stop_pct.e8 = e8("0.01");
    event.target_pct.e8 = e8("0.02");
    return event;
}

static void legs(void) {
    struct pawl_ev_entry event = two_legs();
    fake_send(&fake, &event);
    fake_fill(&fake, 1, "240", "100");
    fake_fill(&fake, 2, "0.1", "2649.70");
    fake_advance(&fake, fake.now_ns + 5 * PAWL_NS);
    quote(ACME, "104.50", "104.51"); /* 1080 - 3 of 50497: more than 2 % */
    fake_advance(&fake, fake.now_ns + 5 * PAWL_NS);
    fake_flatten(&fake, 1);
    fake_flatten(&fake, 2);
}
static void legs_end_together_at_their_profit(void **state) {
    (void)state;
    expect(legs, "",
           "open 1 ACME LONG 240 market stop 80 ref G\n"
           "open 2 XAUUSD SHORT 0.1 market stop 3179.64 ref G+1\n"
           "exit 1 all GROUP_TARGET\n"
           "exit 2 all GROUP_TARGET\n");
}

static void half_a_group(void) {
    struct pawl_ev_entry event = two_legs();
    fake_send(&fake, &event);
    fake_fill(&fake, 1, "240", "100");
    fake_entry_spent(&fake, 2, "margin");
    fake_flatten(&fake, 1);
    send_named(BUY, "10", "A");
}
static void all_legs_or_none(void **state) {
    (void)state;
    expect(half_a_group, "",
           "open 1 ACME LONG 240 market stop 80 ref G\n"
           "open 2 XAUUSD SHORT 0.1 market stop 3179.64 ref G+1\n"
           "enter 2 0\n"
           "exit 1 all UNWIND\n"
           "exit 2 all UNWIND\n"
           "open 3 ACME LONG 10 market stop 97 target 108 ref A\n");
}

/* ---- time ---- */

static void times(void) {
    struct pawl_ev_entry event = named(BUY, "10", "A");
    event.close_at = FAKE_NOW + 30 * PAWL_NS;
    fake_send(&fake, &event);
    fake_fill(&fake, 1, "10", "100");
    fake_advance(&fake, FAKE_NOW + 30 * PAWL_NS);
    fake_flatten(&fake, 1);
    send_named(BUY, "10", "B");
    fake_advance(&fake, FAKE_NOW + 60 * PAWL_NS);
    fake_fill(&fake, 2, "10", "100"); /* from here on */
    fake_advance(&fake, FAKE_NOW + 179 * PAWL_NS);
    fake_advance(&fake, FAKE_NOW + 180 * PAWL_NS);
}
static void trades_end_at_a_time(void **state) {
    (void)state;
    expect(times, "max_hold_minutes=2",
           "open 1 ACME LONG 10 market stop 97 target 108 ref A\n"
           "exit 1 all TIMEOUT\n"
           "open 2 ACME LONG 10 market stop 97 target 108 ref B\n"
           "exit 2 all TIMEOUT\n");
}

static void sessions(void) {
    fake.session_end_ns = FAKE_NOW + 100 * PAWL_NS;
    send_named(BUY, "10", "A");
    fake_fill(&fake, 1, "10", "100");
    fake_advance(&fake, FAKE_NOW + 69 * PAWL_NS);
    fake_advance(&fake, FAKE_NOW + 70 * PAWL_NS);
    fake_flatten(&fake, 1);
    send_named(BUY, "10", "B");
}
static void the_session_ends_them(void **state) {
    (void)state;
    expect(sessions, "session_end=true,session_end_lead=30s",
           "open 1 ACME LONG 10 market stop 97 target 108 ref A\n"
           "exit 1 all SESSION_END\n"
           "ignored ACME BUY B: the session ends\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scales_once_a_level_from_its_profit_on),
        cmocka_unit_test(options_scale_in_at_levels),
        cmocka_unit_test(a_ticket_each_with_the_levels_of_the_whole),
        cmocka_unit_test(doubles_down_in_the_middle_and_keeps_its_levels),
        cmocka_unit_test(a_double_down_of_its_own_goes_with_the_trade),
        cmocka_unit_test(its_risk_is_counted),
        cmocka_unit_test(levels_by_atr),
        cmocka_unit_test(what_is_linked_changes_a_trade_or_lives_with_it),
        cmocka_unit_test(the_first_that_fills_is_the_trade),
        cmocka_unit_test(legs_end_together_at_their_profit),
        cmocka_unit_test(all_legs_or_none),
        cmocka_unit_test(trades_end_at_a_time),
        cmocka_unit_test(the_session_ends_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
