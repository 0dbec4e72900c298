/* history: what is kept, what is let go, and how it is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "control/history.h"
#include "pawl_schema.gen.h"

static struct history history;

static int set_up(void **state) {
    (void)state;
    return history_init(&history, NULL);
}

static int tear_down(void **state) {
    (void)state;
    history_done(&history);
    return 0;
}

static void add(uint16_t type, uint64_t seq, uint64_t turn, uint32_t size) {
    static _Alignas(16) unsigned char buffers[2][PAWL_EVENT_SIZE_MAX];
    unsigned char *buffer = buffers[type >> 8 == 0x01]; /* an input lives as long as its turn */
    struct pawl_event *event = (void *)buffer;
    memset(buffer, (int)(seq & 0xff), size);
    *event = (struct pawl_event){.size = size, .type = type, .seq = seq};
    history_add(&history, turn, event);
}

static uint64_t count(void) {
    return history.next - history.first;
}

static void test_quotes_are_kept_only_with_what_came_of_them(void **state) {
    (void)state;
    add(PAWL_EV_QUOTE, 1, 1, 64);
    add(PAWL_EV_QUOTE, 2, 2, 64);
    assert_int_equal(count(), 0);
    add(PAWL_EV_STOP_MOVED, 3, 2, 64);
    add(PAWL_EV_ALERT, 4, 2, 64);
    assert_int_equal(count(), 3);
    assert_int_equal(history_at(&history, history.first)->seq, 2);
    add(PAWL_EV_QUOTE, 5, 5, 64);
    add(PAWL_EV_ALERT, 7, 6, 64); /* of a turn without an event */
    assert_null(history_find(&history, 5));
    assert_int_equal(count(), 4);
}

static void test_found_by_seq(void **state) {
    (void)state;
    for (uint64_t seq = 10; seq < 100; seq += 10) add(PAWL_EV_ALERT, seq, seq, 64);
    assert_int_equal(history_find(&history, 50)->seq, 50);
    assert_null(history_find(&history, 55));
    assert_null(history_find(&history, 5));
    assert_null(history_find(&history, 100));
    assert_int_equal(history_after(&history, 0)->seq, 10);
    assert_int_equal(history_after(&history, 50)->seq, 60);
    assert_int_equal(history_after(&history, 55)->seq, 60);
    assert_null(history_after(&history, 90));
    assert_null(history_after(&history, UINT64_MAX));
}

/* Sizes that do not divide the ring: nothing that is found was overwritten. */
static void test_the_oldest_go(void **state) {
    (void)state;
    static const uint32_t sizes[] = {48, 64, 4096, 200, 1024, 72};
    uint64_t last = 3 * (uint64_t)HISTORY_EVENTS;
    for (uint64_t seq = 1; seq <= last; seq++) {
        add(PAWL_EV_ALERT, seq, seq, sizes[seq % (sizeof sizes / sizeof *sizes)]);
        if (seq % 4099 != 0) continue;
        for (uint64_t n = history.first; n < history.next; n += 97) {
            const struct pawl_event *event = history_at(&history, n);
            const unsigned char *bytes = (const void *)event;
            assert_int_equal(history_find(&history, event->seq), event);
            if (event->size > sizeof *event)
                assert_int_equal(bytes[event->size - 1], event->seq & 0xff);
        }
        assert_int_equal(history_at(&history, history.first)->seq, history.lost_seq + 1);
    }
    assert_true(count() < HISTORY_EVENTS);
    for (uint64_t seq = last + 1; seq <= last + HISTORY_EVENTS + 5; seq++)
        add(PAWL_EV_ALERT, seq, seq, 48);
    assert_int_equal(count(), HISTORY_EVENTS);
    assert_int_equal(history.lost_seq, last + 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quotes_are_kept_only_with_what_came_of_them, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_found_by_seq, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_oldest_go, set_up, tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
