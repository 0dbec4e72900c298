/* names: an id is given once, found again, and survives a restore. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/names.h"

static void ids_count_up_per_space_and_are_found_again(void **state) {
    (void)state;
    struct names *names = NULL;
    uint32_t id = 0;
    int is_new = 0;
    assert_int_equal(names_new(&names, NULL), PAWL_OK);
    for (uint32_t i = 1; i <= 5000; i++) {
        char text[32];
        snprintf(text, sizeof text, "SYM%u", i);
        assert_int_equal(names_intern(names, NAME_INSTRUMENT, text, &id, &is_new, NULL), PAWL_OK);
        assert_int_equal(id, i);
        assert_int_equal(is_new, 1);
    }
    assert_int_equal(names_intern(names, NAME_INSTRUMENT, "SYM17", &id, &is_new, NULL), PAWL_OK);
    assert_int_equal(id, 17);
    assert_int_equal(is_new, 0);
    assert_int_equal(names_intern(names, NAME_ACCOUNT, "SYM17", &id, NULL, NULL), PAWL_OK);
    assert_int_equal(id, 1);
    assert_string_equal(names_text(names, NAME_INSTRUMENT, 4999), "SYM4999");
    assert_string_equal(names_text(names, NAME_INSTRUMENT, 5001), "");
    assert_string_equal(names_text(names, NAME_INSTRUMENT, 0), "");
    assert_string_equal(names_text(names, NAME_SPACES_, 1), "");
    assert_int_equal(names_find(names, NAME_ACCOUNT, "none"), 0);
    assert_int_equal(names_count(names, NAME_INSTRUMENT), 5000);
    names_free(names);
    names_free(NULL);
}

static void bad_texts_are_refused(void **state) {
    (void)state;
    struct names *names = NULL;
    struct pawl_err err = {0};
    uint32_t id = 99;
    char long_text[NAME_TEXT_MAX + 2];
    assert_int_equal(names_new(&names, NULL), PAWL_OK);
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(names_intern(names, NAME_FEED, "", &id, NULL, NULL), PAWL_E_INVAL);
    assert_int_equal(names_intern(names, NAME_FEED, "a\nb", &id, NULL, NULL), PAWL_E_INVAL);
    assert_int_equal(names_intern(names, NAME_FEED, long_text, &id, NULL, &err), PAWL_E_INVAL);
    assert_non_null(strstr(err.text, "1 to 63 bytes"));
    assert_int_equal(id, 99);
    long_text[NAME_TEXT_MAX] = '\0';
    assert_int_equal(names_intern(names, NAME_FEED, long_text, &id, NULL, NULL), PAWL_OK);
    names_free(names);
}

static void restore_keeps_holes_and_refuses_contradictions(void **state) {
    (void)state;
    struct names *names = NULL;
    struct pawl_err err = {0};
    uint32_t id;
    assert_int_equal(names_new(&names, NULL), PAWL_OK);
    assert_int_equal(names_restore(names, NAME_COMPONENT, 7, "paper", NULL), PAWL_OK);
    assert_int_equal(names_restore(names, NAME_COMPONENT, 7, "paper", NULL), PAWL_OK);
    assert_int_equal(names_restore(names, NAME_COMPONENT, 8, "paper", NULL), PAWL_E_STATE);
    assert_int_equal(names_restore(names, NAME_COMPONENT, 7, "linked", &err), PAWL_E_STATE);
    assert_non_null(strstr(err.text, "\"paper\" already"));
    assert_int_equal(names_restore(names, NAME_COMPONENT, 0, "x", NULL), PAWL_E_DATA);
    assert_int_equal(names_restore(names, NAME_COMPONENT, NAMES_MAX + 1, "x", NULL), PAWL_E_DATA);
    assert_string_equal(names_text(names, NAME_COMPONENT, 3), "");
    assert_int_equal(names_intern(names, NAME_COMPONENT, "linked", &id, NULL, NULL), PAWL_OK);
    assert_int_equal(id, 8);
    names_free(names);
}

static void a_space_has_a_limit(void **state) {
    (void)state;
    struct names *names = NULL;
    uint32_t id;
    assert_int_equal(names_new(&names, NULL), PAWL_OK);
    assert_int_equal(names_restore(names, NAME_FEED, NAMES_MAX, "last", NULL), PAWL_OK);
    assert_int_equal(names_intern(names, NAME_FEED, "more", &id, NULL, NULL), PAWL_E_BUSY);
    names_free(names);
}

/* Fail the 1st, 2nd, 3rd ... allocation until all succeed: no leak, no half-made entry. */
static void every_allocation_may_fail(void **state) {
    (void)state;
    for (uint64_t k = 1;; k++) {
        struct names *names = NULL;
        uint32_t id;
        int failed = 0;
        mem_fail_at(k, false);
        failed |= names_new(&names, NULL) != PAWL_OK;
        for (int i = 0; i < 100 && names != NULL; i++) {
            char text[16];
            snprintf(text, sizeof text, "n%d", i);
            uint32_t before = names_count(names, NAME_FEED);
            if (names_intern(names, NAME_FEED, text, &id, NULL, NULL) != PAWL_OK) {
                failed = 1;
                assert_int_equal(names_find(names, NAME_FEED, text), 0);
                assert_int_equal(names_count(names, NAME_FEED), before);
            }
        }
        mem_fail_at(0, false);
        names_free(names);
        if (!failed) break;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_count_up_per_space_and_are_found_again),
        cmocka_unit_test(bad_texts_are_refused),
        cmocka_unit_test(restore_keeps_holes_and_refuses_contradictions),
        cmocka_unit_test(a_space_has_a_limit),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
