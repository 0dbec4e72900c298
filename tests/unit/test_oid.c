/* oid: what is written is read back; one wrong character is seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/oid.h"
#include "base/rng.h"

static void parts_come_back(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 1);
    for (int i = 0; i < 2000; i++) {
        struct oid_parts in = {.host = (uint32_t)rng_below(&rng, OID_HOST_MAX + 1),
                               .boot = (uint32_t)rng_below(&rng, OID_BOOT_MAX + 1),
                               .step = (uint32_t)rng_below(&rng, OID_STEP_MAX + 1),
                               .role = (uint8_t)rng_below(&rng, 32),
                               .lot = rng_below(&rng, OID_LOT_MAX + 1)};
        struct oid_parts out;
        char text[OID_SIZE];
        assert_int_equal(oid_format(&in, text), PAWL_OK);
        assert_int_equal(strlen(text), OID_LEN);
        assert_int_equal(text[OID_LEN], 0);
        assert_int_equal(text[OID_SIZE - 1], 0);
        assert_int_equal(oid_parse(text, &out), PAWL_OK);
        assert_true(in.host == out.host && in.boot == out.boot && in.lot == out.lot &&
                    in.role == out.role && in.step == out.step);
    }
}

static void one_id_is_this_text(void **state) {
    (void)state;
    struct oid_parts parts = {.host = 1, .boot = 2, .lot = 3, .role = 2, .step = 1};
    char text[OID_SIZE];
    assert_int_equal(oid_format(&parts, text), PAWL_OK);
    assert_memory_equal(text, "p0010002000000320001", 20);
}

static void parts_that_do_not_fit_are_refused(void **state) {
    (void)state;
    static const struct oid_parts bad[] = {
        {.host = OID_HOST_MAX + 1}, {.boot = OID_BOOT_MAX + 1}, {.lot = OID_LOT_MAX + 1},
        {.step = OID_STEP_MAX + 1}, {.role = 32}};
    char text[OID_SIZE];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(oid_format(&bad[i], text), PAWL_E_RANGE);
}

static void any_one_wrong_character_is_seen(void **state) {
    (void)state;
    struct oid_parts parts = {.host = 77, .boot = 4242, .lot = 123456789, .role = 3, .step = 99};
    struct oid_parts out;
    char text[OID_SIZE];
    assert_int_equal(oid_format(&parts, text), PAWL_OK);
    for (uint32_t at = 0; at < OID_LEN; at++) {
        char right = text[at];
        for (int c = 0; c < 256; c++) {
            if ((char)c == right) continue;
            text[at] = (char)c;
            assert_int_equal(oid_parse(text, &out), PAWL_E_DATA);
        }
        text[at] = right;
    }
    assert_int_equal(oid_parse(text, &out), PAWL_OK);
}

static void foreign_ids_are_not_ours(void **state) {
    (void)state;
    static const char *const foreign[] = {"",
                                          "p",
                                          "web_1234567890abcdefgh",
                                          "P00100020000003200010",
                                          "p0010002000000320001",
                                          "p001000200000032000100"};
    struct oid_parts out;
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        assert_int_equal(oid_parse(foreign[i], &out), PAWL_E_DATA);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_back),
        cmocka_unit_test(one_id_is_this_text),
        cmocka_unit_test(parts_that_do_not_fit_are_refused),
        cmocka_unit_test(any_one_wrong_character_is_seen),
        cmocka_unit_test(foreign_ids_are_not_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
