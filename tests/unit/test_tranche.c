/* tranche: what the venue cannot lead to, so that no scenario shows it: errors of the host, limits,
 * rows that outlived their lots. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../plugins/tranche/tranche.h"
#include "fake_book.h"

const struct pawl_plugin *pawl_plugin_main(void);

static struct fake fake;

/* Each lot is a ticket: what is placed at a loss is a tranche of its own. */
static void start(const char *options) {
    fake_start(&fake, pawl_plugin_main(), options, UINT32_MAX - 1);
    fake.accounts[MAIN].lots_grow = 0;
    fake_quote(&fake, ACME, "100.00", "100.00");
}

static void entry(const char *quantity) {
    struct pawl_ev_entry event = {
        .head = {.size = sizeof event, .type = PAWL_EV_ENTRY},
        .instrument = ACME,
        .via = FAKE_COMPONENT,
        .side = PAWL_SIDE_BUY,
        .quantity = {e8(quantity)}};
    fake_send(&fake, &event);
}

static void consolidate(const char *list) {
    union {
        struct pawl_ev_consolidate event;
        char bytes[sizeof(struct pawl_ev_consolidate) + 64];
    } ask = {.event = {.instrument = ACME}};
    ask.event.head.type = PAWL_EV_CONSOLIDATE;
    ask.event.head.size = sizeof ask;
    ask.event.tranches.off = sizeof ask.event;
    ask.event.tranches.len = (uint32_t)strlen(list);
    memcpy(ask.bytes + sizeof ask.event, list, strlen(list));
    fake_send(&fake, &ask.event);
}

/* Tranches 0 to count - 1 of one unit, each 1 % below the one before. */
static void walk_down(uint32_t count) {
    char price[32];
    for (uint32_t i = 0; i < count; i++) {
        pawl_format_e8(e8("100") - (int64_t)i * PAWL_E8, price);
        fake_quote(&fake, ACME, price, price);
        entry("1");
        fake_fill(&fake, fake.lot_count, "1", price);
    }
}

static const struct tranche_rec_position_tranche *row(uint32_t id) {
    return fake_row(&fake, TRANCHE_REC_POSITION_TRANCHE, UINT64_C(1) << 16 | (id + 1));
}

static uint32_t times(const char *text) {
    uint32_t count = 0;
    for (const char *at = fake.log; (at = strstr(at, text)) != NULL; at++) count++;
    return count;
}

/* ---- a tranche that was empty ---- */

/* What was there is out, and what comes in then begins anew: its stop follows its own average. */
static void what_fills_an_empty_tranche_has_a_stop_of_its_own(void **state) {
    (void)state;
    start("");
    entry("1");
    entry("2"); /* waits in the same tranche */
    fake_fill(&fake, 1, "1", "100");
    fake_flatten(&fake, 1);
    assert_int_equal(row(0)->frozen, 1);
    assert_int_equal(row(0)->quantity.e8, 0);
    fake_fill(&fake, 2, "1", "100");
    assert_int_equal(row(0)->frozen, 0);
    assert_int_equal(row(0)->stop.e8, e8("80"));
    fake_fill(&fake, 2, "1", "90");
    assert_int_equal(row(0)->entry.e8, e8("95"));
    assert_int_equal(row(0)->stop.e8, e8("76"));
    fake_stop(&fake);
}

/* ---- errors of the host ---- */

static void a_fill_that_could_not_be_told_is_told_later(void **state) {
    (void)state;
    start("");
    entry("2");
    fake.publish_rc = PAWL_E_BUSY; /* the turn's limit */
    fake_fill(&fake, 1, "2", "100");
    assert_int_equal(fake.last_rc, PAWL_E_BUSY);
    assert_int_equal(times("tells"), 0);
    fake.publish_rc = PAWL_OK;
    fake_advance(&fake, FAKE_NOW + 61 * PAWL_NS);
    assert_int_equal(fake.last_rc, PAWL_OK);
    assert_int_equal(times("tells 0b01"), 1);
    assert_int_equal(row(0)->quantity.e8, e8("2"));
    fake.publish_rc = PAWL_E_BUSY;
    fake_flatten(&fake, 1);
    assert_int_equal(fake.last_rc, PAWL_E_BUSY);
    fake.publish_rc = PAWL_OK;
    fake_advance(&fake, FAKE_NOW + 122 * PAWL_NS);
    assert_int_equal(times("tells 0b04"), 1);
    assert_int_equal(times("tells 0b05"), 1);
    assert_null(row(0));
    fake_stop(&fake);
}

static void an_end_that_could_not_be_told_is_told_later(void **state) {
    (void)state;
    start("");
    entry("2");
    fake_fill(&fake, 1, "2", "100");
    fake.publish_rc = PAWL_E_BUSY;
    fake.publish_left = 1; /* that it was reduced */
    fake_flatten(&fake, 1);
    assert_int_equal(fake.last_rc, PAWL_E_BUSY);
    assert_int_equal(times("tells 0b04"), 1);
    assert_int_equal(times("tells 0b05"), 0);
    fake.publish_rc = PAWL_OK;
    fake_advance(&fake, FAKE_NOW + 61 * PAWL_NS);
    assert_int_equal(fake.last_rc, PAWL_OK);
    assert_int_equal(times("tells 0b04"), 1);
    assert_int_equal(times("tells 0b05"), 1);
    assert_null(row(0));
    assert_null(fake_row(&fake, TRANCHE_REC_ORDER_RELATIONSHIP, 1));
    assert_null(fake_row(&fake, TRANCHE_REC_TRANCHE_POSITION, 1));
    fake_stop(&fake);
}

static void a_lot_given_away_is_let_go_when_that_can_be_told(void **state) {
    (void)state;
    start("");
    entry("2");
    fake_fill(&fake, 1, "2", "100");
    fake.lots[1].rec.hold_grow = FAKE_STRANGER;
    fake.publish_rc = PAWL_E_BUSY;
    struct pawl_ev_lot_assigned given = {
        .head = {.size = sizeof given, .type = PAWL_EV_LOT_ASSIGNED}, .lot = 1};
    fake_send(&fake, &given);
    assert_int_equal(fake.last_rc, PAWL_E_BUSY);
    fake.publish_rc = PAWL_OK;
    fake_advance(&fake, FAKE_NOW + 61 * PAWL_NS);
    assert_int_equal(fake.last_rc, PAWL_OK);
    assert_int_equal(times("tells 0b05"), 1);
    assert_null(row(0));
    assert_null(fake_row(&fake, TRANCHE_REC_TRANCHE_POSITION, 1));
    fake_stop(&fake);
}

static void a_merge_that_could_not_be_told_is_done_later(void **state) {
    (void)state;
    start("tranche_pnl_increment_pct=0.5,merge_profitable=false");
    walk_down(3);
    fake.publish_rc = PAWL_E_BUSY;
    consolidate("[0,2]");
    assert_int_equal(fake.last_rc, PAWL_E_BUSY);
    assert_int_equal(row(0)->lots, 1);
    assert_int_equal(row(2)->lots, 1);
    fake.publish_rc = PAWL_OK;
    fake_advance(&fake, FAKE_NOW + 61 * PAWL_NS);
    assert_int_equal(fake.last_rc, PAWL_OK);
    assert_int_equal(times("tells 0b03"), 1);
    assert_int_equal(row(0)->lots, 2);
    assert_int_equal(row(0)->quantity.e8, e8("2"));
    assert_null(row(2));
    fake_stop(&fake);
}

static void levels_that_the_book_did_not_take_are_said_again(void **state) {
    (void)state;
    start("");
    entry("2");
    fake.target_rc = PAWL_E_NOMEM;
    fake_fill(&fake, 1, "2", "100");
    assert_int_equal(fake.last_rc, PAWL_E_NOMEM);
    assert_int_equal(row(0)->stale, 1);
    fake.target_rc = PAWL_OK;
    fake_advance(&fake, FAKE_NOW + 61 * PAWL_NS);
    assert_int_equal(row(0)->stale, 0);
    assert_int_equal(times("target 1 101 all"), 2);
    fake_stop(&fake);
}

static void an_error_after_the_lot_is_open_is_no_refusal(void **state) {
    (void)state;
    start("");
    fake.put_rc = PAWL_E_NOMEM;
    entry("1");
    assert_int_equal(times("open 1"), 1);
    assert_int_equal(fake.last_rc, PAWL_E_NOMEM);
    assert_int_equal(times("ignored"), 0);
    fake.put_rc = PAWL_OK;
    fake_fill(&fake, 1, "1", "100"); /* it is ours, and becomes a tranche all the same */
    assert_int_equal(row(0)->quantity.e8, e8("1"));
    fake.open_rc = PAWL_E_REJECTED;
    entry("1");
    assert_int_equal(times("ignored ACME BUY: refused by the test"), 1);
    fake_stop(&fake);
}

/* ---- rows that outlived what they are of ---- */

static void a_lot_that_the_book_has_forgotten_is_let_go(void **state) {
    (void)state;
    start("max_tranches_per_symbol_side=5,tranche_pnl_increment_pct=0.5");
    walk_down(2);
    fake.lots[1] = fake.lots[2]; /* as if lot 1 had never been, and lot 2 had another place */
    fake.lot_count = 0;          /* the book knows none of them */
    fake_advance(&fake, FAKE_NOW + 1);
    fake_restart(&fake);
    fake_advance(&fake, FAKE_NOW + 2 * PAWL_NS);
    assert_int_equal(fake.last_rc, PAWL_OK);
    assert_null(row(0));
    assert_null(row(1));
    assert_null(fake_row(&fake, TRANCHE_REC_ORDER_RELATIONSHIP, 1));
    assert_null(fake_row(&fake, TRANCHE_REC_ORDER_RELATIONSHIP, 2));
    assert_null(fake_row(&fake, TRANCHE_REC_TRANCHE_POSITION, 1));
    fake_stop(&fake);
}

/* ---- limits ---- */

static const char *const many = "max_tranches_per_symbol_side=64,tranche_pnl_increment_pct=0.5,"
                                "merge_profitable=false";

static void all_of_sixty_four_tranches_become_one(void **state) {
    (void)state;
    start(many);
    walk_down(64);
    assert_non_null(row(63));
    consolidate("[0,63]");
    assert_null(row(63));
    assert_int_equal(row(0)->lots, 2);
    consolidate("[]");
    assert_int_equal(row(0)->lots, 64);
    assert_int_equal(row(0)->quantity.e8, e8("64"));
    assert_int_equal(times("ignored"), 0);
    fake_stop(&fake);
}

static void the_last_of_sixty_four_is_part_of_all(void **state) {
    (void)state;
    start(many);
    walk_down(64);
    consolidate("[]");
    assert_null(row(63));
    assert_int_equal(row(0)->lots, 64);
    fake_stop(&fake);
}

static void a_lot_that_is_given_finds_room_when_the_ids_are_used_up(void **state) {
    (void)state;
    start("");
    entry("1");
    fake_fill(&fake, 1, "1", "100");
    for (uint32_t i = 0; i < fake.row_count; i++) {
        struct tranche_rec_tranche_position *position = (void *)fake.rows[i].bytes;
        if (fake.rows[i].type == TRANCHE_REC_TRANCHE_POSITION) position->next = TRANCHE_IDS_MAX;
    }
    uint64_t lot = fake_stranger(&fake, ACME, PAWL_POSITION_SIDE_LONG);
    fake.lots[lot].rec.entered.e8 = e8("1");
    fake.lots[lot].rec.entry_value.e8 = e8("100");
    fake.lots[lot].rec.hold_grow = fake.lots[lot].rec.hold_targets = FAKE_COMPONENT;
    struct pawl_ev_lot_assigned given = {
        .head = {.size = sizeof given, .type = PAWL_EV_LOT_ASSIGNED}, .lot = lot};
    fake_send(&fake, &given);
    assert_int_equal(fake.last_rc, PAWL_OK);
    assert_int_equal(row(0)->lots, 2);
    fake_stop(&fake);
}

/* ---- what another component goes by ---- */

static void tranches_whose_r_stands_are_not_merged(void **state) {
    (void)state;
    start("tranche_pnl_increment_pct=0.5,merge_profitable=false");
    walk_down(3);
    fake.lots[2].rec.hold_stop = FAKE_STRANGER;
    fake.lots[2].rec.r_frozen = 1;
    consolidate("[0,1]");
    consolidate("[]");
    assert_int_equal(times("consolidate: tranche 1: its R stands"), 2);
    assert_non_null(row(1));
    consolidate("[0,2]");
    assert_null(row(2));
    assert_int_equal(row(0)->lots, 2);
    fake_stop(&fake);
}

/* ---- where simulated tranches go ---- */

static void a_wrong_account_is_refused_at_load(void **state) {
    struct tranche_options options = {.simulate = 1, .simulate_account = "papr"};
    struct pawl_err err = {0};
    void *self = NULL;
    (void)state;
    start("");
    assert_int_equal(fake.plugin->create(&fake.ctx, &options, &self, &err), PAWL_E_CONFIG);
    assert_string_equal(err.text, "simulate_account: there is no account \"papr\"");
    fake_stop(&fake);
}

static void an_account_is_found_behind_one_that_is_gone(void **state) {
    (void)state;
    start("");
    fake.accounts[MAIN].id = 0;
    snprintf(fake.accounts[OTHER].name, sizeof fake.accounts[OTHER].name, "paper");
    memcpy((uint8_t *)fake.options + offsetof(struct tranche_options, simulate), "\1", 1);
    fake_restart(&fake);
    entry("1");
    assert_int_equal(times("account 2"), 1);
    fake_stop(&fake);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fills_an_empty_tranche_has_a_stop_of_its_own),
        cmocka_unit_test(a_fill_that_could_not_be_told_is_told_later),
        cmocka_unit_test(an_end_that_could_not_be_told_is_told_later),
        cmocka_unit_test(a_lot_given_away_is_let_go_when_that_can_be_told),
        cmocka_unit_test(a_merge_that_could_not_be_told_is_done_later),
        cmocka_unit_test(levels_that_the_book_did_not_take_are_said_again),
        cmocka_unit_test(an_error_after_the_lot_is_open_is_no_refusal),
        cmocka_unit_test(a_lot_that_the_book_has_forgotten_is_let_go),
        cmocka_unit_test(all_of_sixty_four_tranches_become_one),
        cmocka_unit_test(the_last_of_sixty_four_is_part_of_all),
        cmocka_unit_test(a_lot_that_is_given_finds_room_when_the_ids_are_used_up),
        cmocka_unit_test(tranches_whose_r_stands_are_not_merged),
        cmocka_unit_test(a_wrong_account_is_refused_at_load),
        cmocka_unit_test(an_account_is_found_behind_one_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
