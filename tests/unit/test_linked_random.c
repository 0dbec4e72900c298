/*
 * linked: random wishes, scale-ins, links, legs, fills, failures and restarts. After every turn
 *   - a symbol and account has at most one trade of ours of each side, and at most one waits;
 *   - a lot was opened only with a stop on the right side, at the fraction and of the size asked;
 *   - stops only tighten, and the lots of one trade have the same; targets are beyond the entry;
 *   - a trade holds no more than was asked, scaled in and doubled;
 *   - the link groups are exactly our lots that have not concluded;
 * and the same sequence with a restart before every delivery makes the same calls.
 *
 *   test_linked_random [SEED [SEQUENCES]]
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugins/linked/linked_schema.gen.h"
#include "base/rng.h"
#include "fake_book.h"

const struct pawl_plugin *pawl_plugin_main(void);

#define STEPS 60u
#define TRADED ACME /* instruments 1 .. this one are traded */

static uint64_t seed = UINT64_C(0x6c696e6b);
static uint64_t sequences = 2000;

static struct fake fake;
static struct rng rng;
static int64_t stops[FAKE_LOTS_MAX]; /* as last seen */
static uint32_t seen_lots;
static int64_t double_down_e8;     /* its size; 0 = off */
static bool exits_fail; /* they are tried again, and sooner after a restart: another log */
static struct pawl_ev_entry asked; /* what the new lots of this turn come from */

/* ---- the right numbers, by their definition ---- */

__extension__ typedef __int128 i128;

static bool is_long(const struct pawl_rec_lot *lot) {
    return lot->side == PAWL_POSITION_SIDE_LONG;
}

/* The multiple of the tick next to reference x factor, up for a long, down for a short. */
static void check_fraction(const struct pawl_rec_lot *lot, int64_t level_e8, int64_t reference_e8,
                           int64_t factor_e8) {
    int64_t tick_e8 = fake.instruments[lot->instrument].tick.e8;
    i128 exact = (i128)reference_e8 * factor_e8, level = (i128)level_e8 * PAWL_E8;
    i128 next = (i128)tick_e8 * PAWL_E8;
    assert_int_equal(level_e8 % tick_e8, 0);
    if (is_long(lot))
        assert_true(level >= exact && level - next < exact);
    else
        assert_true(level <= exact && level + next > exact);
}

/* quantity x unit is within the cash, one step more is not. */
static void check_size(const struct pawl_rec_lot *lot, i128 cash_e16, int64_t unit_e8) {
    const struct pawl_instrument *in = &fake.instruments[lot->instrument];
    i128 per_step = (i128)unit_e8 * in->multiplier.e8 / PAWL_E8; /* exact: multipliers are whole */
    i128 steps = lot->enter_up_to.e8 / in->step.e8;
    i128 one = per_step * in->step.e8;
    assert_int_equal(lot->enter_up_to.e8 % in->step.e8, 0);
    assert_true(steps * one <= cash_e16 && (steps + 1) * one > cash_e16);
}

/* n times the entry at half the distance adds n / 2 of its risk. */
static int64_t with_double_down(int64_t distance_e8) {
    i128 twice = (i128)distance_e8 * (2 * PAWL_E8 + double_down_e8);
    return (int64_t)((twice + 2 * PAWL_E8 - 1) / (2 * PAWL_E8));
}

static const struct linked_rec_link_group *row_of(uint64_t lot) {
    return fake_row(&fake, LINKED_REC_LINK_GROUP, lot);
}

static bool is_more_of_a_trade(const struct linked_rec_link_group *row) {
    return row != NULL && (strcmp(row->link_type, "scale") == 0 ||
                           strcmp(row->link_type, "doubledown") == 0);
}

/* More of a trade has its stop, on its side; a leg has a far one. */
static void check_linked(const struct pawl_rec_lot *lot, const struct linked_rec_link_group *row) {
    const struct pawl_instrument *in = &fake.instruments[lot->instrument];
    const struct pawl_rec_lot *leader = row->leader != 0 ? fake_rec(&fake, row->leader) : lot;
    assert_int_equal(lot->enter_up_to.e8 % in->step.e8, 0);
    assert_int_equal(lot->stop.e8 % in->tick.e8, 0);
    assert_true(lot->stop.e8 > 0 && lot->enter_up_to.e8 > 0);
    if (!is_more_of_a_trade(row)) return;
    assert_int_equal(lot->side, leader->side);
    assert_int_equal(lot->stop.e8, leader->stop.e8);
    assert_false(fake.accounts[lot->account].lots_grow);
}

static void check_new(const struct pawl_rec_lot *lot) {
    const struct linked_rec_link_group *row = row_of(lot->id);
    if (row != NULL && (row->leader != 0 || row->leg_count != 0)) {
        check_linked(lot, row);
        return;
    }
    if (asked.leg_count != 0) return; /* taken back in the same turn */

    const struct pawl_market_state *now = &fake.market[lot->instrument];
    bool market = lot->entry_kind == PAWL_KIND_MARKET;
    int64_t reference_e8 = market ? (is_long(lot) ? now->ask.e8 : now->bid.e8)
                                  : lot->entry_price.e8;
    int64_t exit_e8 = market ? (is_long(lot) ? now->bid.e8 : now->ask.e8) : reference_e8;
    int64_t distance_e8 = reference_e8 - lot->stop.e8;
    assert_true(lot->stop.e8 > 0);
    assert_true(is_long(lot) ? lot->stop.e8 < exit_e8 : lot->stop.e8 > exit_e8);
    if (distance_e8 < 0) distance_e8 = -distance_e8;
    if (asked.stop_price.e8 == 0) {
        int64_t pct_e8 = asked.stop_pct.e8 != 0 ? asked.stop_pct.e8 : e8("0.03");
        check_fraction(lot, lot->stop.e8, reference_e8,
                       is_long(lot) ? PAWL_E8 - pct_e8 : PAWL_E8 + pct_e8);
    }
    if (asked.allocation.e8 != 0)
        check_size(lot, (i128)asked.allocation.e8 * PAWL_E8, reference_e8);
    else if (asked.risk_pct.e8 != 0)
        check_size(lot, (i128)fake.equity.e8 * asked.risk_pct.e8, with_double_down(distance_e8));
    else
        assert_int_equal(lot->enter_up_to.e8,
                         asked.quantity.e8 -
                             asked.quantity.e8 % fake.instruments[lot->instrument].step.e8);
}

/* ---- what must hold after every turn ---- */

static void check_symbol(uint32_t instrument, uint32_t account) {
    uint32_t sides[3] = {0}, waiting = 0;
    for (uint32_t id = 1; id <= fake.lot_count; id++) {
        const struct pawl_rec_lot *lot = fake_rec(&fake, id);
        if (lot->instrument != instrument || lot->account != account ||
            lot->owner != FAKE_COMPONENT || lot->state == PAWL_LOT_STATE_CLOSED)
            continue;
        const struct linked_rec_link_group *row = row_of(id);
        bool is_going = lot->exit_at_least.e8 == PAWL_QTY_ALL;
        sides[lot->side] += (row == NULL || row->leader == 0) && !is_going;
        waiting += lot->state == PAWL_LOT_STATE_WAITING;
    }
    assert_true(sides[PAWL_POSITION_SIDE_LONG] <= 1);
    assert_true(sides[PAWL_POSITION_SIDE_SHORT] <= 1);
    assert_true(waiting <= 1);
}

/* The lots of one trade have one stop, and together no more than they may. */
static void check_trade(const struct pawl_rec_lot *lot, const struct linked_rec_link_group *row) {
    const struct pawl_rec_lot *leader = fake_rec(&fake, row->leader);
    if (!is_more_of_a_trade(row) || leader->state == PAWL_LOT_STATE_CLOSED) return;
    bool going = lot->exit_at_least.e8 == PAWL_QTY_ALL || leader->exit_at_least.e8 == PAWL_QTY_ALL;
    if (!going) assert_int_equal(lot->stop.e8, leader->stop.e8);
    assert_int_equal(lot->account, leader->account);
    assert_int_equal(lot->instrument, leader->instrument);
}

static void check_target(const struct pawl_rec_lot *lot, const struct linked_rec_link_group *row) {
    const struct pawl_rec_target *target = &fake.lots[lot->id].targets[0];
    bool by_entry = row->target_pct.e8 != 0 || row->target_distance.e8 != 0;
    if (!by_entry || row->followed.e8 == 0 || target->price.e8 == 0 || lot->added.e8 != 0 ||
        lot->entered.e8 == 0 || lot->entered.e8 != row->followed.e8)
        return;
    i128 value = (i128)lot->entry_value.e8 * PAWL_E8, level = target->price.e8;
    assert_true(is_long(lot) ? level * lot->entered.e8 > value : level * lot->entered.e8 < value);
}

static void check_all(void) {
    uint32_t groups = 0;
    if (fake.exit_rc == PAWL_OK) assert_int_equal(fake.last_rc, PAWL_OK);
    for (uint32_t id = 1; id <= fake.lot_count; id++) {
        const struct pawl_rec_lot *lot = fake_rec(&fake, id);
        if (lot->owner != FAKE_COMPONENT) continue;
        if (id > seen_lots)
            check_new(lot);
        else
            assert_true(is_long(lot) ? lot->stop.e8 >= stops[id] : lot->stop.e8 <= stops[id]);
        stops[id] = lot->stop.e8;
        bool lives = lot->state != PAWL_LOT_STATE_CLOSED;
        groups += lives;
        const struct linked_rec_link_group *group = fake_row(&fake, LINKED_REC_LINK_GROUP, id);
        assert_int_equal(group != NULL, lives);
        if (!lives) continue;
        assert_int_equal(group->status, lot->state);
        assert_true(group->scale_count <= 8);
        check_trade(lot, group);
        check_target(lot, group);
    }
    seen_lots = fake.lot_count;
    assert_int_equal(groups, fake.row_count);
    for (uint32_t instrument = 1; instrument <= TRADED; instrument++)
        for (uint32_t account = MAIN; account < FAKE_ACCOUNTS_END; account++)
            check_symbol(instrument, account);
}

/* ---- steps ---- */

static void text_of(int64_t value_e8, char out[PAWL_E8_TEXT_MAX]) {
    pawl_format_e8(value_e8, out);
}

static void step_quote(uint32_t instrument) {
    char bid[PAWL_E8_TEXT_MAX], ask[PAWL_E8_TEXT_MAX];
    int64_t tick_e8 = fake.instruments[instrument].tick.e8;
    int64_t bid_e8 = fake.market[instrument].bid.e8 + tick_e8 * rng_between(&rng, -200, 200);
    if (bid_e8 < 1000 * tick_e8) bid_e8 = 1000 * tick_e8;
    text_of(bid_e8, bid);
    text_of(bid_e8 + tick_e8 * rng_between(&rng, 0, 5), ask);
    fake_quote(&fake, instrument, bid, ask);
}

static void name_it(void) {
    snprintf(asked.ref, sizeof asked.ref, "w%u", (unsigned)rng_below(&rng, 5));
}

/* Hung on a lot that is there, or was, or never was. */
static void link_it(void) {
    static const char *const types[] = {"stop",  "target", "bracket",    "trail", "scale",
                                        "hedge", "oco",    "doubledown", "mine",  "leg"};
    snprintf(asked.link_to, sizeof asked.link_to, "w%u", (unsigned)rng_below(&rng, 5));
    snprintf(asked.link_type, sizeof asked.link_type, "%s",
             types[rng_below(&rng, sizeof types / sizeof *types)]);
    if (rng_chance(&rng, 1, 3))
        asked.trailing_stop_pct.e8 = rng_between(&rng, 1, 9) * PAWL_E8 / 100;
}

static void add_legs(void) {
    asked.leg_count = 2;
    asked.leg1_instrument = EURUSD;
    asked.leg2_instrument = (uint32_t)rng_between(&rng, XAUUSD, ACME);
    asked.leg1_side = PAWL_SIDE_BUY;
    asked.leg2_side = PAWL_SIDE_SELL;
    asked.leg1_kind = asked.leg2_kind = PAWL_KIND_MARKET;
    asked.leg1_ratio.e8 = PAWL_E8 / 10;
    asked.leg2_ratio.e8 = PAWL_E8 * rng_between(&rng, 1, 3);
    asked.order_kind = PAWL_KIND_MARKET;
    asked.order_price.e8 = asked.stop_price.e8 = 0;
    asked.allocation.e8 = asked.risk_pct.e8 = 0;
    asked.quantity.e8 = rng_between(&rng, 1, 9) * PAWL_E8;
}

static void step_scale_in(uint32_t instrument) {
    struct pawl_ev_scale_in event = {.head = {.size = sizeof event, .type = PAWL_EV_SCALE_IN},
                                     .instrument = instrument,
                                     .quantity = {rng_between(&rng, 1, 300) * (PAWL_E8 / 100)}};
    if (rng_chance(&rng, 1, 2)) event.trigger_profit_pct.e8 = rng_between(&rng, 1, 40) * 10000;
    if (rng_chance(&rng, 1, 3)) {
        event.instrument = 0;
        snprintf(event.ref, sizeof event.ref, "w%u", (unsigned)rng_below(&rng, 5));
    }
    fake_send(&fake, &event);
}

static void step_wish(uint32_t instrument) {
    const struct pawl_market_state *now = &fake.market[instrument];
    int64_t mid_e8 = now->bid.e8;
    asked = (struct pawl_ev_entry){
        .head = {.size = sizeof asked, .type = PAWL_EV_ENTRY},
        .instrument = instrument,
        .account = rng_chance(&rng, 1, 4) ? OTHER : 0,
        .via = FAKE_COMPONENT,
        .side = rng_chance(&rng, 1, 2) ? PAWL_SIDE_BUY : PAWL_SIDE_SELL};
    switch (rng_below(&rng, 3)) {
    case 0: asked.quantity.e8 = rng_between(&rng, 1, 2000) * (PAWL_E8 / 100); break;
    case 1: asked.allocation.e8 = rng_between(&rng, 1, 5000000) * (PAWL_E8 / 10); break;
    default: asked.risk_pct.e8 = rng_between(&rng, 1, 500) * (PAWL_E8 / 10000); break;
    }
    if (instrument == USDJPY && asked.quantity.e8 == 0) { /* the check knows no rates */
        asked.allocation.e8 = asked.risk_pct.e8 = 0;
        asked.quantity.e8 = PAWL_E8;
    }
    if (rng_chance(&rng, 1, 3)) asked.stop_pct.e8 = rng_between(&rng, 1, 2000) * (PAWL_E8 / 10000);
    if (rng_chance(&rng, 1, 4)) /* often on the wrong side */
        asked.stop_price.e8 = mid_e8 + mid_e8 / 1000 * rng_between(&rng, -30, 30);
    if (rng_chance(&rng, 1, 4)) asked.target_pct.e8 = rng_between(&rng, 1, 90) * (PAWL_E8 / 100);
    if (rng_chance(&rng, 1, 3)) {
        asked.order_kind = rng_chance(&rng, 1, 2) ? PAWL_KIND_LIMIT : PAWL_KIND_STOP;
        asked.order_price.e8 = mid_e8 + mid_e8 / 1000 * rng_between(&rng, -20, 20);
    }
    name_it();
    if (rng_chance(&rng, 1, 10)) asked.close_at = fake.now_ns + rng_between(&rng, 1, 60) * PAWL_NS;
    if (rng_chance(&rng, 1, 10)) asked.max_hold_minutes = (uint32_t)rng_between(&rng, 1, 3);
    if (rng_chance(&rng, 1, 12)) add_legs();
    if (asked.leg_count == 0 && rng_chance(&rng, 1, 4)) link_it();
    fake_send(&fake, &asked);
}

static void step_signal(uint32_t instrument) {
    struct pawl_ev_signal event = {.head = {.size = sizeof event, .type = PAWL_EV_SIGNAL},
                                   .instrument = instrument,
                                   .signal = (uint8_t)rng_between(&rng, 1, 4),
                                   .confidence = {rng_between(&rng, 70, 90) * (PAWL_E8 / 100)}};
    asked = (struct pawl_ev_entry){.quantity = {e8("2")}};
    fake_send(&fake, &event);
}

static void step_fill(uint64_t id) {
    const struct pawl_rec_lot *lot = fake_rec(&fake, id);
    char quantity[PAWL_E8_TEXT_MAX], price[PAWL_E8_TEXT_MAX];
    const struct pawl_instrument *in = &fake.instruments[lot->instrument];
    int64_t left = lot->enter_up_to.e8 - lot->entered.e8;
    int64_t at_e8 = fake.market[lot->instrument].ask.e8;
    if (lot->state == PAWL_LOT_STATE_WAITING || lot->state == PAWL_LOT_STATE_CLOSED) return;
    if (lot->add_up_to.e8 > lot->added.e8 && lot->state == PAWL_LOT_STATE_OPEN &&
        lot->exit_at_least.e8 == 0 && rng_chance(&rng, 1, 2)) {
        text_of(in->step.e8, quantity);
        text_of(lot->add_price.e8, price);
        fake_fill_add(&fake, id, quantity, price);
        return;
    }
    if (left <= 0 || !fake.lots[id].works) return;
    if (rng_chance(&rng, 1, 2)) left = in->step.e8 * rng_between(&rng, 1, left / in->step.e8);
    text_of(left, quantity);
    text_of(at_e8 + in->tick.e8 * rng_between(&rng, -50, 50), price);
    fake_fill(&fake, id, quantity, price);
}

/* One thing the venue, the executor or the operator does to a lot. */
static void step_lot(uint64_t id) {
    const struct pawl_rec_lot *lot = fake_rec(&fake, id);
    bool filled = lot->entered.e8 > 0, waits = lot->state == PAWL_LOT_STATE_WAITING;
    bool closing = lot->exit_at_least.e8 == PAWL_QTY_ALL;
    if (lot->owner != FAKE_COMPONENT || lot->state == PAWL_LOT_STATE_CLOSED) return;
    switch (rng_below(&rng, 8)) {
    case 0: case 1: case 2: step_fill(id); break;
    case 3: if (filled) fake_flatten(&fake, id); break;
    case 4: if (filled && closing) fake_flatten(&fake, id); break;
    case 5:
        if (!closing && (waits || fake.lots[id].works)) fake_entry_spent(&fake, id, "no");
        break;
    case 6:
        if (filled && closing && lot->exit_spent == 0)
            fake_exit_spent(&fake, id, "no");
        else if (closing && fake.lots[id].works)
            fake_cancelled(&fake, id);
        break;
    default: if (filled && rng_chance(&rng, 1, 3)) fake_operator_exit(&fake, id); break;
    }
}

static void step(void) {
    uint32_t instrument = (uint32_t)rng_between(&rng, 1, TRADED);
    fake.now_ns += rng_between(&rng, 1, 5) * PAWL_NS;
    fake.open_rc = rng_chance(&rng, 1, 12) ? PAWL_E_REJECTED : PAWL_OK;
    fake.exit_rc = exits_fail && rng_chance(&rng, 1, 20) ? PAWL_E_STATE : PAWL_OK;
    fake.last_rc = PAWL_OK;
    fake_advance(&fake, fake.now_ns); /* what was due meanwhile */
    switch (rng_below(&rng, 10)) {
    case 0: case 8:
        step_quote(instrument);
        fake_fire(&fake, instrument);
        break;
    case 1: case 2: step_wish(instrument); break;
    case 3: step_signal(instrument); break;
    case 9: step_scale_in(instrument); break;
    default:
        if (fake.lot_count > 0) step_lot((uint64_t)rng_between(&rng, 1, fake.lot_count));
        break;
    }
}

static void play(uint64_t number, uint32_t restart_at) {
    static const char *const options[] = {
        "signal_quantity=2", "signal_quantity=2,reversal=false",
        "signal_quantity=2,allow_short=false,target_mode=watch",
        "signal_quantity=2,take_profit_pct=0",
        "signal_quantity=2,double_down=true,scale_quantity=1,trigger_profit_pct=0.0003",
        "signal_quantity=2,double_down=true,double_down_size=0.5,more_scales=0.0005:2 0.001:1",
        "signal_quantity=2,session_end=true,max_hold_minutes=2,trailing_stop_pct=0.02"};
    struct rng base;
    rng_init(&base, seed);
    rng_fork(&base, number, &rng);
    seen_lots = 0;
    const char *own = options[number % (sizeof options / sizeof *options)];
    double_down_e8 = strstr(own, "double_down=true") == NULL ? 0 : PAWL_E8;
    if (strstr(own, "double_down_size=0.5") != NULL) double_down_e8 = PAWL_E8 / 2;
    exits_fail = number % 5 == 4;
    fake_start(&fake, pawl_plugin_main(), own, restart_at);
    fake.accounts[OTHER].lots_grow = 0; /* a ticket each */
    fake.session_end_ns = FAKE_NOW + 200 * PAWL_NS;
    fake_quote(&fake, EURUSD, "1.09990", "1.10000");
    fake_quote(&fake, XAUUSD, "2649.70", "2650.00");
    fake_quote(&fake, USDJPY, "149.990", "150.000");
    fake_quote(&fake, ACME, "99.95", "100.00");
    fake_stranger(&fake, ACME, PAWL_POSITION_SIDE_LONG);
    for (uint32_t i = 0; i < STEPS; i++) {
        step();
        check_all();
    }
    fake_stop(&fake);
}

static void the_rules_hold_in_every_sequence(void **state) {
    (void)state;
    static char plain[FAKE_LOG_MAX];
    uint64_t reversals = 0, ignored = 0, lots = 0;
    for (uint64_t number = 0; number < sequences; number++) {
        play(number, UINT32_MAX - 1);
        memcpy(plain, fake.log, fake.log_length + 1);
        lots += fake.lot_count;
        for (const char *at = plain; (at = strstr(at, " after ")) != NULL; at++) reversals++;
        for (const char *at = plain; (at = strstr(at, "ignored ")) != NULL; at++) ignored++;
        play(number, FAKE_RESTART_EACH);
        if (exits_fail) continue;
        if (strcmp(plain, fake.log) != 0) {
            size_t at = 0;
            while (plain[at] == fake.log[at]) at++;
            for (int lines = 0; at > 0 && lines < 8; at--) lines += plain[at - 1] == '\n';
            fprintf(stderr, "sequence %llu: %.900s\n\n restarted: %.900s\n",
                          (unsigned long long)number, plain + at, fake.log + at);
        }
        assert_string_equal(fake.log, plain);
    }
    print_message("%llu lots, %llu reversals, %llu ignored\n", (unsigned long long)lots,
                  (unsigned long long)reversals, (unsigned long long)ignored);
    assert_true(reversals >= sequences / 10); /* the sequences reach what they are about */
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_rules_hold_in_every_sequence)};
    if (argc > 1) seed = strtoull(argv[1], NULL, 0);
    if (argc > 2) sequences = strtoull(argv[2], NULL, 0);
    printf("seed 0x%llx, %llu sequences\n", (unsigned long long)seed,
           (unsigned long long)sequences);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
