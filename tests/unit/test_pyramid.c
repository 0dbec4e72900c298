/* pyramid: where simulated chains go. What a chain does is shown by scenarios and by a model. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../plugins/pyramid/pyramid.h"
#include "fake_book.h"

const struct pawl_plugin *pawl_plugin_main(void);

static struct fake fake;

static void a_wrong_account_is_refused_at_load(void **state) {
    struct pyramid_options options = {.simulate = 1,
                                      .orders_per_level = "1",
                                      .simulate_account = "papr"};
    struct pawl_err err = {0};
    void *self = NULL;
    (void)state;
    fake_start(&fake, pawl_plugin_main(), "", UINT32_MAX - 1);
    assert_int_equal(fake.plugin->create(&fake.ctx, &options, &self, &err), PAWL_E_CONFIG);
    assert_string_equal(err.text, "simulate_account: there is no account \"papr\"");
    fake_stop(&fake);
}

/* Who asked for it is known of its transaction, and its row says who runs it. */
static void the_first_order_has_the_tags_of_its_entry(void **state) {
    static const char tags[] = "{\"bot_id\":\"b1\"}";
    union {
        struct pawl_ev_entry event;
        char bytes[sizeof(struct pawl_ev_entry) + 64];
    } ask = {.event = {.instrument = EURUSD, .via = FAKE_COMPONENT, .side = PAWL_SIDE_BUY}};
    (void)state;
    ask.event.head.type = PAWL_EV_ENTRY;
    ask.event.head.target = FAKE_COMPONENT;
    ask.event.head.size = sizeof ask;
    ask.event.quantity.e8 = e8("0.1");
    ask.event.tags.off = sizeof ask.event;
    ask.event.tags.len = sizeof tags - 1;
    memcpy(ask.bytes + sizeof ask.event, tags, sizeof tags - 1);
    fake_start(&fake, pawl_plugin_main(), "", UINT32_MAX - 1);
    fake_quote(&fake, EURUSD, "1.09990", "1.10000");
    fake_send(&fake, &ask.event);
    assert_non_null(strstr(fake.log, " tags {\"bot_id\":\"b1\"}\n"));
    const struct pyramid_rec_profit_chain *chain = fake_row(&fake, PYRAMID_REC_PROFIT_CHAIN, 1);
    assert_string_equal(chain->strategy, fake.ctx.instance);
    fake_stop(&fake);
}

/* A reload may take it away: the chain does not go to the instrument's account instead. */
static void without_its_account_no_chain_begins(void **state) {
    struct pawl_ev_entry event = {
        .head = {.size = sizeof event, .type = PAWL_EV_ENTRY, .target = FAKE_COMPONENT},
        .instrument = EURUSD,
        .via = FAKE_COMPONENT,
        .side = PAWL_SIDE_BUY,
        .quantity = {e8("0.1")}};
    (void)state;
    fake_start(&fake, pawl_plugin_main(), "", UINT32_MAX - 1);
    fake_quote(&fake, EURUSD, "1.09990", "1.10000");
    snprintf(fake.accounts[OTHER].name, sizeof fake.accounts[OTHER].name, "paper");
    memcpy((uint8_t *)fake.options + offsetof(struct pyramid_options, simulate), "\1", 1);
    fake_restart(&fake);
    fake.accounts[OTHER].id = 0;
    fake_clear_log(&fake);
    fake_send(&fake, &event);
    assert_string_equal(fake.log, "ignored EURUSD BUY: no such account\n");
    fake_stop(&fake);
}

/* A chain, past every place that reads one row and goes on with another: a restart with an order
 * that is open, a stop that was hit, a restart in its window, the price that comes back, an exit
 * that is spent, the end of the oldest chain. What the fake lends is gone with the next call, and
 * a sanitizer sees who reads it. */
static void nothing_lent_is_kept(void **state) {
    struct pawl_ev_entry event = {
        .head = {.size = sizeof event, .type = PAWL_EV_ENTRY, .target = FAKE_COMPONENT},
        .instrument = EURUSD,
        .via = FAKE_COMPONENT,
        .side = PAWL_SIDE_BUY,
        .quantity = {e8("0.1")}};
    const struct pyramid_rec_profit_chain *chain;
    (void)state;
    fake_start(&fake, pawl_plugin_main(), "sl_hunt=true", FAKE_RESTART_EACH);
    fake_quote(&fake, EURUSD, "1.09990", "1.10000");
    fake_send(&fake, &event);
    fake_fill(&fake, 1, "0.1", "1.10000");
    fake.lots[1].rec.profit.e8 = e8("-10");
    fake_flatten(&fake, 1);
    chain = fake_row(&fake, PYRAMID_REC_PROFIT_CHAIN, 1);
    assert_int_equal(chain->recovering, 1);
    fake_fire(&fake, EURUSD);
    chain = fake_row(&fake, PYRAMID_REC_PROFIT_CHAIN, 1);
    assert_int_equal(chain->recovering, 2);
    fake_fill(&fake, 2, "0.1", "1.10000");
    chain = fake_row(&fake, PYRAMID_REC_PROFIT_CHAIN, 1);
    assert_int_equal(chain->recovering, 0);
    fake_exit_spent(&fake, 2, "expired");
    fake_advance(&fake, FAKE_NOW + PYRAMID_RETRY_NS);
    fake.restart_at = UINT32_MAX - 1;
    ((struct pyramid *)fake.self)->ended_count = PYRAMID_ENDED_KEPT;
    fake.lots[2].rec.profit.e8 = e8("-10");
    fake_flatten(&fake, 2);
    assert_int_equal(fake.last_rc, PAWL_OK);
    assert_null(fake_row(&fake, PYRAMID_REC_PROFIT_CHAIN, 1));
    assert_null(fake_row(&fake, PYRAMID_REC_PROFIT_CHAIN_ORDER, UINT64_C(1) << 8 | 1));
    assert_null(fake_row(&fake, PYRAMID_REC_CHAIN_LOT, 2));
    fake_stop(&fake);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_account_is_refused_at_load),
        cmocka_unit_test(the_first_order_has_the_tags_of_its_entry),
        cmocka_unit_test(nothing_lent_is_kept),
        cmocka_unit_test(without_its_account_no_chain_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
