/* What leaves when the disk is behind: a stop that rests, of a lot that is stored; that a lot is so
 * by now is heard of while its stop waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "host_kit.h"
#include "store/store_int.h"

static void quote(struct kit *kit, int64_t at_ns) {
    for (int64_t due; (due = host_next_due(kit->host)) <= at_ns;) host_timer(kit->host, due);
    kit_quote(kit, "EURUSD", at_ns);
}

static void buy_past_the_host(struct kit *kit, int64_t at_ns) {
    struct pawl_ev_fault ev;
    EVENT_INIT(ev, PAWL_EV_FAULT);
    ev.what = PAWL_FAULT_KIND_POSITION_CHANGE;
    ev.instrument = kit_instrument(kit, "EURUSD");
    ev.quantity.e8 = PAWL_E8;
    host_input(kit->host, &ev.head, at_ns);
}

static void adopt(struct kit *kit, int64_t at_ns) {
    struct pawl_ev_adopt ev;
    EVENT_INIT(ev, PAWL_EV_ADOPT);
    ev.instrument = kit_instrument(kit, "EURUSD");
    ev.account = 1;
    ev.side = PAWL_POSITION_SIDE_LONG;
    ev.quantity.e8 = PAWL_E8;
    ev.price.e8 = 110010000;
    ev.stop.e8 = 109000000;
    TEXT_SET(ev.ref, "gold");
    host_input(kit->host, &ev.head, at_ns);
}

static void disk_is_at(struct kit *kit, uint64_t turn) {
    atomic_store(&kit->host->store->durable_turn, turn);
}

/* A lot that was taken over has nothing to send before the venue has shown it: nobody asked the
 * disk when it was stored. */
static void a_stop_leaves_early_once_its_lot_is_stored(void **state) {
    (void)state;
    struct kit *kit = kit_open(",\"plugins\":[{\"name\":\"paper\"}]", KIT_START);
    if (kit == NULL) skip();
    struct host *host = kit->host;
    int64_t now_ns = KIT_START;
    for (int i = 0; i < 20; i++) quote(kit, now_ns += PAWL_NS / 10);
    buy_past_the_host(kit, now_ns);
    quote(kit, now_ns += PAWL_NS / 10);
    host->options.instant = false; /* from now on the disk has to be asked */
    adopt(kit, now_ns);
    const struct lot *lot = host->book.last_lot;
    assert_non_null(lot);
    for (int i = 0; i < 1000 && !host_waiting(host); i++) quote(kit, now_ns += PAWL_NS / 10);
    uint64_t stop_turn;
    assert_true(outbox_waiting(&host->exec, &stop_turn));
    assert_int_equal(lot->orders->rec.role, PAWL_ROLE_STOP);
    assert_true(lot->born < stop_turn);
    disk_is_at(kit, lot->born - 1);
    host_release(host);
    host_release_protective(host); /* a crash would leave a stop of which nobody knows the lot */
    assert_true(host_waiting(host));
    disk_is_at(kit, stop_turn - 1);
    host_release(host);
    assert_true(host_waiting(host)); /* its own record is not there */
    host_release_protective(host);
    assert_false(host_waiting(host));
    kit_close(kit);
}

/* Without memory for a part of what a turn makes another process finds all of it, or nothing. */
static void a_turn_without_memory_is_not_stored_in_part(void **state) {
    (void)state;
    uint32_t refused = 0;
    for (uint64_t nth = 1; nth < 60; nth++) {
        struct kit *kit = kit_open(",\"plugins\":[{\"name\":\"paper\"}]", KIT_START);
        if (kit == NULL) skip();
        const struct host_options options = kit->host->options;
        quote(kit, KIT_START + PAWL_NS);
        mem_fail_at(nth, false);
        adopt(kit, KIT_START + PAWL_NS);
        mem_fail_at(0, false);
        refused += kit->host->book.store_refused;
        host_stop(kit->host);
        assert_int_equal(host_start(&options, &kit->host, NULL), PAWL_OK);
        const struct lot *lot = kit->host->book.first_lot;
        if (lot != NULL) assert_string_equal(lot->rare->rec.ref, "gold");
        kit_close(kit);
    }
    assert_true(refused > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_leaves_early_once_its_lot_is_stored),
        cmocka_unit_test(a_turn_without_memory_is_not_stored_in_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
