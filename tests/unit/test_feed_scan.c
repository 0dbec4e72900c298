/* feed: numbers and times out of text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "feed/scan.h"
#include "feed/stamp.h"

static const struct {
    const char *text;
    int shift, rc;
    int64_t value;
    size_t taken;
} numbers[] = {
    {"0", 8, PAWL_OK, 0, 1},
    {"1291.677", 8, PAWL_OK, 129167700000, 8},
    {"1.38727,", 8, PAWL_OK, 138727000, 7},
    {"1674100", 4, PAWL_OK, 16741000000, 7},
    {".5", 8, PAWL_OK, 50000000, 2},
    {"5.", 8, PAWL_OK, 500000000, 2},
    {"+1", 8, PAWL_OK, 100000000, 2},
    {"-1.5", 8, PAWL_OK, -150000000, 4},
    {"-0", 8, PAWL_OK, 0, 2},
    {"00000000000000000000000001.5", 8, PAWL_OK, 150000000, 28},
    {"1e-05", 8, PAWL_OK, 1000, 5},
    {"2.57E+08", 8, PAWL_OK, 25700000000000000, 8},
    {"1e-99", 8, PAWL_OK, 0, 5},
    {"0.123456785", 8, PAWL_OK, 12345678, 11}, /* a tie goes to even */
    {"0.123456775", 8, PAWL_OK, 12345678, 11},
    {"0.1234567850000000000000000001", 8, PAWL_OK, 12345679, 30},
    {"7609.650000000001", 8, PAWL_OK, 760965000000, 17},
    {"0.30000000000000004", 8, PAWL_OK, 30000000, 19},
    {"92233720368.54775807", 8, PAWL_OK, INT64_MAX, 20},
    {"-92233720368.54775807", 8, PAWL_OK, -INT64_MAX, 21},
    {"92233720368.54775808", 8, PAWL_E_RANGE, 0, 0},
    {"99999999999999999999999999999999999999999999", 8, PAWL_E_RANGE, 0, 0},
    {"1e100", 8, PAWL_E_RANGE, 0, 0},
    {"1e99", 8, PAWL_E_RANGE, 0, 0},
    {"", 8, PAWL_E_DATA, 0, 0},
    {".", 8, PAWL_E_DATA, 0, 0},
    {"-", 8, PAWL_E_DATA, 0, 0},
    {"e5", 8, PAWL_E_DATA, 0, 0},
    {"1e", 8, PAWL_E_DATA, 0, 0},
    {"abc", 8, PAWL_E_DATA, 0, 0},
    {"--1", 8, PAWL_E_DATA, 0, 0},
    {"1.2.3", 8, PAWL_OK, 120000000, 3}, /* the caller sees that something follows */
    {"43.142", 6, PAWL_OK, 43142000, 6},
};

static void numbers_are_exact_or_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const char *at = numbers[i].text;
        int64_t value = 0;
        int rc = scan_decimal(&at, numbers[i].shift, &value);
        if (rc != numbers[i].rc || value != numbers[i].value)
            print_message("%s\n", numbers[i].text);
        assert_int_equal(rc, numbers[i].rc);
        assert_int_equal(value, numbers[i].value);
        if (rc == PAWL_OK) assert_int_equal(at - numbers[i].text, numbers[i].taken);
    }
}

static const struct {
    const char *text;
    int rc, utc;
    int64_t ns;
} stamps[] = {
    {"20140501", PAWL_OK, 0, 1398902400000000000},
    {"20140501 10:30", PAWL_OK, 0, 1398940200000000000},
    {"20170102 020000", PAWL_OK, 0, 1483322400000000000},
    {"2025-05-30 16:39:00+00:00", PAWL_OK, 1, 1748623140000000000},
    {"2013-01-01 22:00:00.295000+00:00", PAWL_OK, 1, 1357077600295000000},
    {"2026-03-01T09:30:00Z", PAWL_OK, 1, 1772357400000000000},
    {"2026-03-01T09:30:00-05:00", PAWL_OK, 1, 1772375400000000000},
    {"2026-03-01T09:30:00 +0100", PAWL_OK, 1, 1772353800000000000},
    {"2026-03-01T09:30:00.123456789123", PAWL_OK, 0, 1772357400123456789},
    {"2004-08-19", PAWL_OK, 0, 1092873600000000000},
    {"2024-02-29", PAWL_OK, 0, 1709164800000000000},
    {"1970-01-01", PAWL_OK, 0, 0},
    {"1725148800", PAWL_OK, 1, 1725148800000000000},
    {"1725148800000", PAWL_OK, 1, 1725148800000000000},
    {"1582329601096000", PAWL_OK, 1, 1582329601096000000},
    {"1582329601096000123", PAWL_OK, 1, 1582329601096000123},
    {"1626992741.06217", PAWL_OK, 1, 1626992741062170000},
    {"1725148800000.5", PAWL_OK, 1, 1725148800000500000},
    {"2023-02-29", PAWL_E_DATA, 0, 0},
    {"2100-02-29", PAWL_E_DATA, 0, 0},
    {"20140532", PAWL_E_DATA, 0, 0},
    {"2014-13-01", PAWL_E_DATA, 0, 0},
    {"2014-05-01 24:00", PAWL_E_DATA, 0, 0},
    {"2014-05-01 10:60", PAWL_E_DATA, 0, 0},
    {"2014-05-01 10:30:00.", PAWL_E_DATA, 0, 0},
    {"2014-05-01 10:30:00+1", PAWL_E_DATA, 0, 0},
    {"2014/05/01", PAWL_E_DATA, 0, 0},
    {"1969-12-31", PAWL_E_RANGE, 0, 0},
    {"2201-01-01", PAWL_E_RANGE, 0, 0},
    {"9999999999999999999", PAWL_E_RANGE, 0, 0},
    {"99999999999999999999", PAWL_E_RANGE, 0, 0},
    {"", PAWL_E_DATA, 0, 0},
    {"now", PAWL_E_DATA, 0, 0},
};

static void times_of_the_usual_sources_are_read(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof stamps / sizeof stamps[0]; i++) {
        char text[64] = {0}; /* what follows is readable */
        const char *at = strcpy(text, stamps[i].text);
        int64_t ns = 0;
        int utc = 0, rc = stamp_scan(&at, &ns, &utc);
        if (rc != stamps[i].rc || ns != stamps[i].ns) print_message("%s\n", stamps[i].text);
        assert_int_equal(rc, stamps[i].rc);
        assert_int_equal(ns, stamps[i].ns);
        assert_int_equal(utc, stamps[i].utc);
        if (rc == PAWL_OK) assert_int_equal(*at, '\0');
    }
}

static void days_agree_with_counting_them(void **state) {
    (void)state;
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t count = 0;
    for (int year = 1970; year <= 2200; year++)
        for (int month = 1; month <= 12; month++) {
            int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            for (int day = 1; day <= lengths[month - 1] + (month == 2 && leap); day++)
                assert_int_equal(stamp_days(year, month, day), count++);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_exact_or_refused),
        cmocka_unit_test(times_of_the_usual_sources_are_read),
        cmocka_unit_test(days_agree_with_counting_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
