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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_account_is_refused_at_load),
        cmocka_unit_test(without_its_account_no_chain_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
