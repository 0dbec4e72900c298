/* feed: local times to UTC, against known instants and against the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rfc3339.h"
#include "base/rng.h"
#include "base/tz.h"
#include "base/tz_rule.h"

static int have_zones(void) {
    if (access(TZ_DIR "/America/New_York", R_OK) == 0) return 1;
    print_message("no zone files in " TZ_DIR "\n");
    return 0;
}

static int64_t local_ns(int year, int month, int day, int hour, int minute) {
    int64_t days = rfc3339_days(year, (unsigned)month, (unsigned)day);
    return (days * 86400 + hour * 3600 + minute * 60) * PAWL_NS;
}

static const struct {
    const char *zone;
    int year, month, day, hour, minute;
    int64_t first_s,
        second_s; /* equal, or the two readings of an hour passed twice; 0 = never was */
} known[] = {
    {"America/New_York", 2013, 10, 7, 9, 30, 1381152600, 1381152600},
    {"America/New_York", 2013, 11, 3, 0, 59, 1383454740, 1383454740},
    {"America/New_York", 2013, 11, 3, 1, 30, 1383456600, 1383460200},
    {"America/New_York", 2013, 11, 3, 2, 0, 1383462000, 1383462000},
    {"America/New_York", 2014, 3, 9, 1, 59, 1394348340, 1394348340},
    {"America/New_York", 2014, 3, 9, 2, 0, 0, 0},
    {"America/New_York", 2014, 3, 9, 2, 59, 0, 0},
    {"America/New_York", 2014, 3, 9, 3, 0, 1394348400, 1394348400},
    {"America/New_York", 2050, 7, 1, 12, 0, 2540304000, 2540304000},
    {"Europe/London", 2014, 3, 30, 1, 30, 0, 0},
    {"Europe/London", 2014, 3, 30, 2, 0, 1396141200, 1396141200},
    {"Australia/Lord_Howe", 2024, 4, 7, 1, 45, 1712414700, 1712416500},
    {"Europe/Dublin", 2024, 7, 1, 12, 0, 1719831600, 1719831600},
    {"Asia/Kolkata", 2024, 1, 1, 0, 0, 1704047400, 1704047400},
    {"Australia/Sydney", 2090, 1, 1, 12, 0, 3786915600, 3786915600},
    {"-05:00", 2014, 5, 2, 7, 30, 1399033800, 1399033800},
    {"UTC-05:00", 2014, 5, 2, 7, 30, 1399033800, 1399033800},
    {"+0530", 2024, 1, 1, 0, 0, 1704047400, 1704047400},
    {"UTC", 2014, 5, 2, 12, 30, 1399033800, 1399033800},
    {"Z", 2014, 5, 2, 12, 30, 1399033800, 1399033800},
};

static void known_instants_are_found(void **state) {
    (void)state;
    if (!have_zones()) skip();
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct pawl_err err = {0};
        struct tz *tz = NULL;
        int64_t at =
            local_ns(known[i].year, known[i].month, known[i].day, known[i].hour, known[i].minute);
        int64_t utc = 0;
        assert_int_equal(tz_new(known[i].zone, NULL, &tz, &err), PAWL_OK);
        for (int repeat = 0; repeat < 2; repeat++) { /* the second time by its memory */
            int rc = tz_to_utc(tz, at, 0, &utc);
            if (known[i].first_s == 0) {
                assert_int_equal(rc, PAWL_E_DATA);
                continue;
            }
            assert_int_equal(rc, PAWL_OK);
            assert_int_equal(utc, known[i].first_s * PAWL_NS);
            assert_int_equal(tz_to_utc(tz, at, utc + 1, &utc), PAWL_OK);
            assert_int_equal(utc, known[i].second_s * PAWL_NS);
        }
        tz_free(tz);
    }
}

/* What the C library makes of an instant is read back as that instant. */
static void every_local_time_leads_back(void **state) {
    static const char *const zones[] = {
        "America/New_York",  "Europe/London",    "Europe/Dublin",
        "Asia/Tokyo",        "Australia/Sydney", "America/Sao_Paulo",
        "Africa/Casablanca", "Asia/Kathmandu",   "Pacific/Apia"};
    (void)state;
    if (!have_zones()) skip();
    struct rng rng;
    rng_init(&rng, 20140501);
    for (size_t z = 0; z < sizeof zones / sizeof zones[0]; z++) {
        struct tz *tz = NULL;
        assert_int_equal(tz_new(zones[z], NULL, &tz, NULL), PAWL_OK);
        setenv("TZ", zones[z], 1);
        tzset();
        for (int i = 0; i < 20000; i++) {
            time_t at = (time_t)rng_between(&rng, 0, INT64_C(4070908800)); /* until 2099 */
            struct tm tm;
            int64_t utc = 0;
            assert_non_null(localtime_r(&at, &tm));
            int64_t local = (rfc3339_days(tm.tm_year + 1900, (unsigned)tm.tm_mon + 1,
                                          (unsigned)tm.tm_mday) * 86400 +
                             tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec) *
                            PAWL_NS;
            assert_int_equal(tz_to_utc(tz, local, (int64_t)at * PAWL_NS, &utc), PAWL_OK);
            if (utc != (int64_t)at * PAWL_NS) print_message("%s %lld\n", zones[z], (long long)at);
            assert_int_equal(utc, (int64_t)at * PAWL_NS);
        }
        tz_free(tz);
    }
    unsetenv("TZ");
    tzset();
}

static void unknown_and_damaged_zones_are_refused(void **state) {
    static const char *const names[] = {"Mars/Olympus", "../../etc/passwd", "/etc/passwd", "",
                                        "-5",           "+24:00",           "UTC+1",       "a b"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct pawl_err err = {0};
        struct tz *tz = NULL;
        assert_int_equal(tz_new(names[i], NULL, &tz, &err), PAWL_E_CONFIG);
        assert_null(tz);
    }
    struct pawl_err err = {0};
    struct tz *tz = NULL;
    assert_int_equal(tz_new("America/New_York", "/nowhere", &tz, &err), PAWL_E_CONFIG);
    assert_string_equal(err.text,
                        "time zone America/New_York: /nowhere/America/New_York: No such file "
                        "or directory (is tzdata installed?)");
}

/* Every truncation and every changed byte of a real zone file is read or refused, never worse. */
static void broken_zone_files_do_no_harm(void **state) {
    static uint8_t bytes[16384], copy[16384];
    (void)state;
    if (!have_zones()) skip();
    FILE *file = fopen(TZ_DIR "/America/New_York", "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t i = 0; i < size; i++) {
        struct tz *tz = NULL;
        int64_t utc;
        memcpy(copy, bytes, size);
        assert_true(tz_new_from_bytes("x", copy, i, &tz, NULL) == PAWL_E_CONFIG);
        copy[i] ^= (uint8_t)(1u << (i % 8));
        if (tz_new_from_bytes("x", copy, size, &tz, NULL) == PAWL_OK)
            tz_to_utc(tz, local_ns(2014, 3, 9, 2, 0), 0, &utc);
        tz_free(tz);
    }
}

static const struct {
    const char *text;
    int rc, year;
    int64_t begins_s, ends_s;
} rules[] = {
    {"EST5EDT,M3.2.0,M11.1.0", PAWL_OK, 2014, 1394348400, 1414908000},
    {"AEST-10AEDT,M10.1.0,M4.1.0/3", PAWL_OK, 2014, 1412438400, 1396713600},
    {"IST-1GMT0,M10.5.0,M3.5.0/1", PAWL_OK, 2024, 1729990800, 1711846800},
    {"XXX3YYY,J60/0,J300/0", PAWL_OK, 2024, 1709262000, 1729994400}, /* J60 = 1 March */
    {"XXX3YYY,59/0,299/0", PAWL_OK, 2024, 1709175600, 1729908000},
    {"<+0530>-5:30", PAWL_OK, 0, 0, 0},
    {"EST", PAWL_E_DATA, 0, 0, 0},
    {"EST5EDT", PAWL_E_DATA, 0, 0, 0},
    {"EST5EDT,M13.2.0,M11.1.0", PAWL_E_DATA, 0, 0, 0},
    {"EST5EDT,M3.2.0", PAWL_E_DATA, 0, 0, 0},
    {"EST5EDT,M3.2.0,M11.1.0x", PAWL_E_DATA, 0, 0, 0},
    {"<EST5", PAWL_E_DATA, 0, 0, 0},
    {"", PAWL_E_DATA, 0, 0, 0},
};

static void rules_for_the_future_are_read(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct tz_rule rule;
        if (tz_rule_parse(rules[i].text, &rule) != rules[i].rc)
            print_message("%s\n", rules[i].text);
        assert_int_equal(tz_rule_parse(rules[i].text, &rule), rules[i].rc);
        if (rules[i].rc != PAWL_OK || rules[i].year == 0) continue;
        assert_int_equal(tz_rule_change(&rule, 0, rules[i].year), rules[i].begins_s);
        assert_int_equal(tz_rule_change(&rule, 1, rules[i].year), rules[i].ends_s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_instants_are_found),
        cmocka_unit_test(every_local_time_leads_back),
        cmocka_unit_test(unknown_and_damaged_zones_are_refused),
        cmocka_unit_test(broken_zone_files_do_no_harm),
        cmocka_unit_test(rules_for_the_future_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
