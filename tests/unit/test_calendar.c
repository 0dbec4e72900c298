/* calendar: trading hours across weekends, breaks, holidays and changes of the clocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rfc3339.h"
#include "base/rng.h"
#include "base/tz.h"
#include "series/calendar.h"

static struct config *config;
static struct calendars *calendars;

static int64_t at(const char *text) {
    int64_t time;
    assert_int_equal(rfc3339_parse(text, strlen(text), &time), PAWL_OK);
    return time;
}

static int set_up(void **state) {
    static const char text[] =
        "{\"plugins\": [{\"name\": \"paper\"}], \"accounts\": {\"m\": {\"broker\": \"paper\"}},"
        "\"instruments\": {\"N\": {\"tick\": \"1\", \"step\": \"1\", \"session\": \"nyse\"},"
        "\"F\": {\"tick\": \"1\", \"step\": \"1\", \"session\": \"forex\"},"
        "\"C\": {\"tick\": \"1\", \"step\": \"1\", \"session\": \"crypto\"},"
        "\"M\": {\"tick\": \"1\", \"step\": \"1\", \"session\": \"cme\"},"
        "\"T\": {\"tick\": \"1\", \"step\": \"1\", \"session\": \"tokyo\"},"
        "\"Z\": {\"tick\": \"1\", \"step\": \"1\", \"session\": \"never\"},"
        "\"A\": {\"tick\": \"1\", \"step\": \"1\"}},"
        "\"sessions\": {\"tokyo\": {\"tz\": \"Asia/Tokyo\", \"hours\": [\"mon-fri 09:00-15:00\"],"
        "\"breaks\": [\"daily 11:30-12:30\"]}, \"never\": {\"hours\": []}}}";
    char folder[] = "/tmp/pawl-calendar-XXXXXX", file[64];
    struct config_errors *errors = calloc(1, sizeof *errors);
    struct pawl_err err = {0};
    (void)state;
    if (access(TZ_DIR "/America/New_York", R_OK) != 0) exit(77);
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/pawl.json", folder);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    int rc = config_load(file, NULL, 0, &config, errors);
    config_errors_print(errors, stderr);
    free(errors);
    unlink(file);
    rmdir(folder);
    assert_int_equal(rc, PAWL_OK);
    if (calendars_new(config, &calendars, &err) != PAWL_OK) fail_msg("%s", err.text);
    for (uint32_t i = 0; i < config->instrument_count; i++)
        assert_int_equal(
            calendars_assign(calendars, i + 1u, config->instruments[i].session, &err), PAWL_OK);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    calendars_free(calendars);
    config_free(config);
    return 0;
}

enum { N = 1, F, C, M, T, Z, A };

static void expect(uint32_t id, const char *now, const char *opened, const char *closes,
                   const char *opens) {
    struct pawl_session got;
    sessions_at(calendars, id, at(now), &got);
    int64_t want[3] = {opened[0] == '\0' || opened[0] == '-' ? 0 : at(opened),
                       closes[0] == '\0' ? 0 : at(closes), opens[0] == '\0' ? 0 : at(opens)};
    if (got.open != (opened[0] != '-') || got.opened_at != want[0] || got.closes_at != want[1] ||
        got.opens_at != want[2])
        fail_msg("%s: open %u, %lld %lld %lld, not %lld %lld %lld", now, got.open,
                 (long long)got.opened_at, (long long)got.closes_at, (long long)got.opens_at,
                 (long long)want[0], (long long)want[1], (long long)want[2]);
    assert_int_equal(sessions_open(calendars, id, at(now)), got.open);
}

static void a_day_at_the_exchange(void **state) {
    (void)state;
    expect(N, "2026-01-05T14:29:59Z", "-", "2026-01-05T21:00:00Z", "2026-01-05T14:30:00Z");
    expect(N, "2026-01-05T14:30:00Z", "2026-01-05T14:30:00Z", "2026-01-05T21:00:00Z",
           "2026-01-06T14:30:00Z");
    expect(N, "2026-01-05T20:59:59Z", "2026-01-05T14:30:00Z", "2026-01-05T21:00:00Z",
           "2026-01-06T14:30:00Z");
    expect(N, "2026-01-05T21:00:00Z", "-", "2026-01-06T21:00:00Z", "2026-01-06T14:30:00Z");
}

static void weekends_holidays_and_short_days(void **state) {
    (void)state;
    /* Friday evening before Martin Luther King's day: opens on Tuesday */
    expect(N, "2026-01-16T22:00:00Z", "-", "2026-01-20T21:00:00Z", "2026-01-20T14:30:00Z");
    /* the day after Thanksgiving ends at 13:00 */
    expect(N, "2026-11-27T17:59:59Z", "2026-11-27T14:30:00Z", "2026-11-27T18:00:00Z",
           "2026-11-30T14:30:00Z");
    expect(N, "2026-11-27T18:00:00Z", "-", "2026-11-30T21:00:00Z", "2026-11-30T14:30:00Z");
}

static void the_clocks_change(void **state) {
    (void)state;
    /* summer time begins on 2026-03-08 and ends on 2026-11-01 in New York */
    expect(N, "2026-03-06T21:30:00Z", "-", "2026-03-09T20:00:00Z", "2026-03-09T13:30:00Z");
    expect(N, "2026-10-30T19:59:00Z", "2026-10-30T13:30:00Z", "2026-10-30T20:00:00Z",
           "2026-11-02T14:30:00Z");
    /* a week of forex holds the change inside */
    expect(F, "2026-03-08T21:00:00Z", "2026-03-08T21:00:00Z", "2026-03-13T21:00:00Z",
           "2026-03-15T21:00:00Z");
    expect(F, "2026-03-08T20:59:59Z", "-", "2026-03-13T21:00:00Z", "2026-03-08T21:00:00Z");
    expect(F, "2026-11-01T21:59:59Z", "-", "2026-11-06T22:00:00Z", "2026-11-01T22:00:00Z");
}

static void a_week_is_one_session(void **state) {
    (void)state;
    expect(F, "2026-01-07T03:00:00Z", "2026-01-04T22:00:00Z", "2026-01-09T22:00:00Z",
           "2026-01-11T22:00:00Z");
    /* Christmas is a Friday: closed from its midnight, New York */
    expect(F, "2026-12-24T12:00:00Z", "2026-12-20T22:00:00Z", "2026-12-25T05:00:00Z",
           "2026-12-27T22:00:00Z");
}

static void futures_rest_an_hour(void **state) {
    (void)state;
    expect(M, "2026-01-06T21:59:00Z", "2026-01-05T23:00:00Z", "2026-01-06T22:00:00Z",
           "2026-01-06T23:00:00Z");
    expect(M, "2026-01-06T22:30:00Z", "-", "2026-01-07T22:00:00Z", "2026-01-06T23:00:00Z");
    expect(M, "2026-01-09T22:00:00Z", "-", "2026-01-12T22:00:00Z", "2026-01-11T23:00:00Z");
}

static void breaks_and_the_endless(void **state) {
    (void)state;
    expect(T, "2026-01-05T02:29:00Z", "2026-01-05T00:00:00Z", "2026-01-05T02:30:00Z",
           "2026-01-05T03:30:00Z");
    expect(T, "2026-01-05T03:00:00Z", "-", "2026-01-05T06:00:00Z", "2026-01-05T03:30:00Z");
    expect(C, "2026-01-05T03:00:00Z", "", "", "");
    expect(A, "2026-01-05T03:00:00Z", "", "", "");
    expect(Z, "2026-01-05T03:00:00Z", "-", "", "");
    assert_string_equal(sessions_name(calendars, T), "tokyo");
    assert_string_equal(sessions_name(calendars, A), "");
}

/* Whatever was asked before, the answer is the same; and what it promises comes true. */
static void answers_do_not_depend_on_the_order_of_questions(void **state) {
    struct pawl_err err = {0};
    struct rng rng;
    (void)state;
    rng_init(&rng, 5);
    int64_t from = at("2025-12-01T00:00:00Z"), year = 365 * INT64_C(86400) * PAWL_NS;
    for (int i = 0; i < 2000; i++) {
        uint32_t id = 1u + (uint32_t)rng_below(&rng, 5);
        int64_t now = from + (int64_t)rng_below(&rng, (uint64_t)year);
        struct pawl_session a, b, later;
        struct calendars *other = NULL;
        sessions_at(calendars, id, now, &a);
        if (i % 20 == 0) {
            assert_int_equal(calendars_new(config, &other, &err), PAWL_OK);
            assert_int_equal(
                calendars_assign(other, id, config->instruments[id - 1].session, &err), PAWL_OK);
            sessions_at(other, id, now, &b);
            assert_memory_equal(&a, &b, sizeof a);
            calendars_free(other);
        }
        if (a.open && a.closes_at != 0) {
            sessions_at(calendars, id, a.closes_at - 1, &later);
            assert_memory_equal(&a, &later, sizeof a);
            assert_false(sessions_open(calendars, id, a.closes_at));
            assert_false(sessions_open(calendars, id, a.opened_at - 1));
        }
        if (a.opens_at != 0) {
            sessions_at(calendars, id, a.opens_at, &later);
            assert_int_equal(later.opened_at, a.opens_at);
            assert_false(sessions_open(calendars, id, a.opens_at - 1));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_at_the_exchange),
        cmocka_unit_test(weekends_holidays_and_short_days),
        cmocka_unit_test(the_clocks_change),
        cmocka_unit_test(a_week_is_one_session),
        cmocka_unit_test(futures_rest_an_hour),
        cmocka_unit_test(breaks_and_the_endless),
        cmocka_unit_test(answers_do_not_depend_on_the_order_of_questions),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
