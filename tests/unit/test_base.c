/* hash, rng, table, rfc3339: the same answers everywhere and every time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/rfc3339.h"
#include "base/rng.h"
#include "base/table.h"

static void hash_gives_the_published_vectors(void **state) {
    (void)state;
    assert_int_equal(hash_bytes("", 0, 0), UINT64_C(0xef46db3751d8e999));
    assert_int_equal(hash_bytes("a", 1, 0), UINT64_C(0xd24ec4f1a98c6e5b));
    assert_int_equal(hash_bytes("abc", 3, 0), UINT64_C(0x44bc2cf5ad770999));
    const char *text = "Nobody inspects the spammish repetition";
    assert_int_equal(hash_bytes(text, strlen(text), 0), UINT64_C(0xfbcea83c8a378bf1));
}

static void hash_does_not_depend_on_the_cut(void **state) {
    (void)state;
    uint8_t bytes[300];
    struct rng rng;
    rng_init(&rng, 5);
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)rng_u64(&rng);
    uint64_t whole = hash_bytes(bytes, sizeof bytes, 9);
    for (int round = 0; round < 500; round++) {
        struct hash hash;
        hash_init(&hash, 9);
        for (size_t at = 0; at < sizeof bytes;) {
            size_t n = rng_below(&rng, 80);
            if (n > sizeof bytes - at) n = sizeof bytes - at;
            hash_add(&hash, bytes + at, n);
            hash_value(&hash);
            at += n;
        }
        assert_int_equal(hash_value(&hash), whole);
    }
}

static void random_numbers_repeat_and_stay_in_bounds(void **state) {
    (void)state;
    struct rng a, b, c;
    rng_init(&a, 42);
    rng_init(&b, 42);
    for (int i = 0; i < 1000; i++) assert_int_equal(rng_u64(&a), rng_u64(&b));
    rng_fork(&a, 1, &b);
    rng_fork(&a, 2, &c);
    assert_int_not_equal(rng_u64(&b), rng_u64(&c));
    uint32_t seen[7] = {0};
    for (int i = 0; i < 70000; i++) seen[rng_below(&a, 7)]++;
    for (int i = 0; i < 7; i++) assert_in_range(seen[i], 9500, 10500);
    for (int i = 0; i < 1000; i++) {
        int64_t x = rng_between(&a, -3, 3);
        assert_true(x >= -3 && x <= 3);
    }
    assert_int_equal(rng_between(&a, 5, 5), 5);
    rng_between(&a, INT64_MIN, INT64_MAX);
    assert_true(rng_chance(&a, 1, 1));
    assert_false(rng_chance(&a, 0, 1));
}

/* Values of few homes, in runs that touch: each is found from its home on, and nothing else is. */
static uint64_t home_of_item(const void *value) {
    return (uint64_t)(*(const int *)value % 5);
}

static bool is_near(const struct table *table, const int *item) {
    const void *at;
    for (uint64_t key = home_of_item(item); (at = table_get(table, key)) != NULL; key++)
        if (at == item) return true;
    return false;
}

static void values_that_share_a_home_are_all_found(void **state) {
    (void)state;
    static int items[24];
    bool model[24] = {false};
    struct table table;
    struct rng rng;
    rng_init(&rng, 11);
    table_init(&table, 24);
    for (int i = 0; i < 24; i++) items[i] = i;
    for (int step = 0; step < 50000; step++) {
        uint64_t at = rng_below(&rng, 24);
        if (!model[at])
            assert_int_equal(table_add_near(&table, home_of_item(&items[at]), &items[at]),
                             PAWL_OK);
        else
            table_remove_near(&table, &items[at], home_of_item);
        model[at] = !model[at];
        for (int i = 0; i < 24; i++) assert_int_equal(is_near(&table, &items[i]), model[i]);
    }
    table_done(&table);
}

/* Against a plain array: whatever order of puts and removes, the map is the array. */
static void table_agrees_with_an_array(void **state) {
    (void)state;
    static void *model[64];
    static int values[64];
    struct table table;
    struct rng rng;
    rng_init(&rng, 7);
    memset(model, 0, sizeof model);
    table_init(&table, 64);
    for (int i = 0; i < 200000; i++) {
        uint64_t key = rng_below(&rng, 64);
        if (rng_chance(&rng, 1, 2)) {
            void *value = &values[rng_below(&rng, 64)];
            assert_int_equal(table_put(&table, key * 1000003, value), PAWL_OK);
            model[key] = value;
        } else {
            assert_ptr_equal(table_remove(&table, key * 1000003), model[key]);
            model[key] = NULL;
        }
        key = rng_below(&rng, 64);
        assert_ptr_equal(table_get(&table, key * 1000003), model[key]);
    }
    uint32_t at = 0, count = 0;
    uint64_t key;
    void *value;
    while (table_next(&table, &at, &key, &value)) {
        assert_ptr_equal(model[key / 1000003], value);
        count++;
    }
    assert_int_equal(count, table.count);
    table_done(&table);
}

static void table_has_a_limit(void **state) {
    (void)state;
    struct table table;
    int value;
    table_init(&table, 3);
    for (uint64_t key = 0; key < 3; key++)
        assert_int_equal(table_put(&table, key, &value), PAWL_OK);
    assert_int_equal(table_put(&table, 3, &value), PAWL_E_BUSY);
    assert_int_equal(table_put(&table, 2, &table), PAWL_OK);
    assert_ptr_equal(table_get(&table, 2), &table);
    mem_fail_at(1, true);
    assert_int_equal(table_put(&table, 9, &value), PAWL_E_BUSY);
    mem_fail_at(0, false);
    table_done(&table);
    table_done(&table);
    mem_fail_at(1, true);
    assert_int_equal(table_put(&table, 1, &value), PAWL_E_NOMEM);
    mem_fail_at(0, false);
    assert_null(table_get(&table, 1));
}

static void text_table_keeps_its_own_copies(void **state) {
    (void)state;
    struct text_table table;
    char text[32];
    uint32_t value, at = 0, count = 0;
    text_table_init(&table, 3000, 31);
    for (uint32_t i = 0; i < 3000; i++) {
        snprintf(text, sizeof text, "key %u", i);
        assert_int_equal(text_table_put(&table, text, i, NULL), PAWL_OK);
    }
    assert_int_equal(text_table_put(&table, "one more", 1, NULL), PAWL_E_BUSY);
    assert_int_equal(text_table_put(&table, "key 1", 77, NULL), PAWL_OK);
    assert_true(text_table_get(&table, "key 1", &value));
    assert_int_equal(value, 77);
    assert_true(text_table_find(&table, "key 29 and more", 6, &value));
    assert_int_equal(value, 29);
    for (uint32_t i = 0; i < 3000; i += 2) {
        snprintf(text, sizeof text, "key %u", i);
        assert_true(text_table_remove(&table, text));
        assert_false(text_table_remove(&table, text));
    }
    for (uint32_t i = 2; i < 3000; i++) {
        snprintf(text, sizeof text, "key %u", i);
        assert_int_equal(text_table_get(&table, text, &value), i % 2);
        if (i % 2) assert_int_equal(value, i);
    }
    while (text_table_next(&table, &at, NULL, &value)) count++;
    assert_int_equal(count, 1500);
    assert_int_equal(text_table_put(&table, "a text that is longer than it may be", 1, NULL),
                     PAWL_E_RANGE);
    text_table_done(&table);
}

static void times_are_read_and_written(void **state) {
    (void)state;
    static const struct {
        const char *in;
        int rc;
        const char *out;
    } cases[] = {
        {"1970-01-01T00:00:00Z", PAWL_OK, "1970-01-01T00:00:00Z"},
        {"2026-01-02T03:04:05.678Z", PAWL_OK, "2026-01-02T03:04:05.678Z"},
        {"2024-02-29t23:59:59.123456789z", PAWL_OK, "2024-02-29T23:59:59.123456789Z"},
        {"2026-01-01T01:30:00+02:00", PAWL_OK, "2025-12-31T23:30:00Z"},
        {"2026-01-01 01:30:00-02:30", PAWL_OK, "2026-01-01T04:00:00Z"},
        {"2016-12-31T23:59:60Z", PAWL_OK, "2017-01-01T00:00:00Z"},
        {"2000-03-01T00:00:00.5Z", PAWL_OK, "2000-03-01T00:00:00.500Z"},
        {"2261-12-31T23:59:59.999999999Z", PAWL_OK, "2261-12-31T23:59:59.999999999Z"},
        {"2300-01-01T00:00:00Z", PAWL_E_RANGE, NULL},
        {"1969-12-31T23:59:59Z", PAWL_E_RANGE, NULL},
        {"2023-02-29T00:00:00Z", PAWL_E_DATA, NULL},
        {"2100-02-29T00:00:00Z", PAWL_E_DATA, NULL},
        {"2023-13-01T00:00:00Z", PAWL_E_DATA, NULL},
        {"2023-00-01T00:00:00Z", PAWL_E_DATA, NULL},
        {"2023-01-01T24:00:00Z", PAWL_E_DATA, NULL},
        {"2023-01-01T00:60:00Z", PAWL_E_DATA, NULL},
        {"2023-01-01T00:00:00", PAWL_E_DATA, NULL},
        {"2023-01-01T00:00:00.Z", PAWL_E_DATA, NULL},
        {"2023-01-01T00:00:00.1234567891Z", PAWL_E_DATA, NULL},
        {"2023-01-01T00:00:00Zx", PAWL_E_DATA, NULL},
        {"2023-1-01T00:00:00Z", PAWL_E_DATA, NULL},
        {"", PAWL_E_DATA, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ns = 7;
        char out[RFC3339_SIZE];
        int rc = rfc3339_parse(cases[i].in, strlen(cases[i].in), &ns);
        if (rc != cases[i].rc) fail_msg("%s gives %d", cases[i].in, rc);
        if (rc != PAWL_OK) continue;
        assert_int_equal(rfc3339_format(ns, -1, out), strlen(cases[i].out));
        assert_string_equal(out, cases[i].out);
    }
    char out[RFC3339_SIZE];
    rfc3339_format(INT64_MAX, 9, out);
    assert_string_equal(out, "2262-04-11T23:47:16.854775807Z");
    rfc3339_format(INT64_C(999999999), 3, out);
    assert_string_equal(out, "1970-01-01T00:00:00.999Z");
    rfc3339_format(-1, 9, out);
    assert_string_equal(out, "1970-01-01T00:00:00Z");
}

static void every_day_of_four_centuries_comes_back(void **state) {
    (void)state;
    int64_t year, last = rfc3339_days(1899, 12, 31);
    unsigned month, day;
    for (int64_t d = last + 1; d < last + 1 + 146097; d++) {
        rfc3339_civil(d, &year, &month, &day);
        assert_int_equal(rfc3339_days(year, month, day), d);
    }
    rfc3339_civil(19782, &year, &month, &day);
    assert_true(year == 2024 && month == 2 && day == 29);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_gives_the_published_vectors),
        cmocka_unit_test(hash_does_not_depend_on_the_cut),
        cmocka_unit_test(random_numbers_repeat_and_stay_in_bounds),
        cmocka_unit_test(table_agrees_with_an_array),
        cmocka_unit_test(values_that_share_a_home_are_all_found),
        cmocka_unit_test(table_has_a_limit),
        cmocka_unit_test(text_table_keeps_its_own_copies),
        cmocka_unit_test(times_are_read_and_written),
        cmocka_unit_test(every_day_of_four_centuries_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
