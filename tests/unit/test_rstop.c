/* rstop: what the real host does not punish. What it protects is shown by scenarios and a model. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "../../plugins/rstop/rstop.h"
#include "fake_book.h"

const struct pawl_plugin *pawl_plugin_main(void);

static struct fake fake;

/* A lot past every place that reads one row and goes on with another: begun, armed anew by a
 * restart before each event, at its milestones, with an exit that is spent. What the fake lends is
 * gone with the next call, and a sanitizer sees who reads it. */
static void nothing_lent_is_kept(void **state) {
    (void)state;
    fake_start(&fake, pawl_plugin_main(), "", FAKE_RESTART_EACH);
    fake_quote(&fake, ACME, "100", "100");
    uint64_t id = fake_stranger(&fake, ACME, PAWL_POSITION_SIDE_LONG);
    struct pawl_rec_lot *lot = &fake.lots[id].rec;
    lot->hold_stop = lot->hold_reduce = FAKE_COMPONENT;
    lot->entered.e8 = lot->enter_up_to.e8 = lot->original.e8 = e8("8");
    lot->entry_value.e8 = e8("800");
    lot->stop.e8 = lot->initial_stop.e8 = e8("90");
    lot->r.e8 = e8("10");
    lot->entry_gen = 1;
    lot->opened = fake.now_ns;
    struct pawl_ev_lot_changed changed = {
        .head = {.size = sizeof changed, .type = PAWL_EV_LOT_CHANGED}, .lot = id};
    fake_send(&fake, &changed);
    fake_quote(&fake, ACME, "111", "111");
    fake_fire(&fake, ACME);
    fake_quote(&fake, ACME, "121", "121");
    fake_fire(&fake, ACME);
    fake_exit_spent(&fake, id, "expired");
    fake_advance(&fake, FAKE_NOW + RSTOP_RETRY_NS);
    assert_int_equal(fake.last_rc, PAWL_OK);
    assert_string_equal(fake.log, "stop 1 100 r 1\n"
                                  "tells 0c01\n"
                                  "stop 1 110 r 2\n"
                                  "tells 0c01\n"
                                  "exit 1 4 PARTIAL_EXITS\n"
                                  "exit 1 4 PARTIAL_EXITS\n");
    fake_stop(&fake);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_lent_is_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
