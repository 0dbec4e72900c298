/* series: bars from every source, what a restart gives back. */
#include "series_kit.h"

/* ---- bars ---- */

static void bars_are_built_from_trades(void **state) {
    (void)state;
    struct series_set *set = fresh();
    trade(set, T0, 1, 1); /* nobody keeps anything yet */
    keep(set, 7, 60, 3);
    assert_true(none(set, 60, 0, T0));
    trade(set, T0 + 1 * S, 10, 1);
    trade(set, T0 + 2 * S, 12, 2);
    trade(set, T0 + 3 * S, 9, 3);
    expect(set, 60, 0, T0 + 3 * S, T0, 10, 12, 9, 9, 6);
    assert_true(none(set, 60, 1, T0 + 59 * S));
    expect(set, 60, 1, T0 + 60 * S, T0, 10, 12, 9, 9, 6); /* over, though nothing came */
    assert_true(none(set, 60, 0, T0 + 60 * S));
    trade(set, T0 + 59 * S, 99, 1); /* late: that bar is finished */
    expect(set, 60, 1, T0 + 60 * S, T0, 10, 12, 9, 9, 6);
    trade(set, T0 + 200 * S, 11, 1); /* two minutes in which nothing came make no bar */
    trade(set, T0 + 240 * S, 13, 1);
    expect(set, 60, 1, T0 + 240 * S, T0 + 180 * S, 11, 11, 11, 11, 1);
    expect(set, 60, 2, T0 + 240 * S, T0, 10, 12, 9, 9, 6);
    expect(set, 60, 0, T0 + 240 * S, T0 + 240 * S, 13, 13, 13, 13, 1);
    trade(set, T0 + 300 * S, 1, 1);
    trade(set, T0 + 360 * S, 1, 1);
    assert_true(none(set, 60, 4, T0 + 360 * S)); /* three are kept */
    series_free(set);
}

/* Random trades against bars made by sorting them into buckets; questions at random times. */
static void bars_as_sorted_plainly(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 12);
    for (int round = 0; round < 1000; round++) {
        struct series_set *set = fresh();
        struct pawl_bar bars[400] = {{0}};
        int64_t count = -1, now = T0 + (int64_t)rng_below(&rng, 3600) * S, at = 500;
        uint32_t length = (uint32_t)rng_below(&rng, 600) + 1u;
        uint32_t wanted = (uint32_t)rng_below(&rng, 30) + 1u;
        int64_t spread = (int64_t)length * S / (int64_t)(1u + rng_below(&rng, 20)) + 2;
        keep(set, 7, length, wanted);
        for (int i = 0; i < 399; i++) {
            now += (int64_t)rng_below(&rng, (uint64_t)spread);
            at += (int64_t)rng_below(&rng, 9) - 4;
            int64_t from = now - now % (length * S);
            struct pawl_bar *bar_now = count >= 0 ? &bars[count] : NULL;
            if (bar_now == NULL || bar_now->open_time != from) {
                bar_now = &bars[++count];
                *bar_now = (struct pawl_bar){.open_time = from, .open = price(at),
                                             .high = price(at), .low = price(at)};
            }
            if (price(at).e8 > bar_now->high.e8) bar_now->high = price(at);
            if (price(at).e8 < bar_now->low.e8) bar_now->low = price(at);
            bar_now->close = price(at);
            bar_now->volume.e8 += PAWL_E8;
            bar_now->parts++;
            trade(set, now, at, 1);
            if (rng_below(&rng, 3) != 0) continue;
            int64_t later = now + (int64_t)rng_below(&rng, (uint64_t)(2 * length) * S);
            bool over = later >= from + (int64_t)length * S;
            if (later > now && over) now = later; /* it is asked then, so time is there */
            for (uint32_t back = 0; back <= wanted; back++) {
                struct pawl_bar got;
                int64_t n = over ? count + 1 - back : count - back;
                bool there = n >= 0 && !(over && back == 0);
                int rc = series_bar(set, EUR, length, back, over ? now : from, &got);
                assert_int_equal(rc, there ? PAWL_OK : PAWL_E_NOTFOUND);
                if (!there) continue;
                assert_int_equal(got.open_time, bars[n].open_time);
                assert_int_equal(got.open.e8, bars[n].open.e8);
                assert_int_equal(got.high.e8, bars[n].high.e8);
                assert_int_equal(got.low.e8, bars[n].low.e8);
                assert_int_equal(got.close.e8, bars[n].close.e8);
                assert_int_equal(got.volume.e8, bars[n].volume.e8);
                assert_int_equal(got.parts, bars[n].parts);
            }
        }
        series_free(set);
    }
}

static void a_better_source_begins_anew(void **state) {
    (void)state;
    struct series_set *set = fresh();
    keep(set, 7, 60, 10);
    quote(set, T0, 10, 12);
    quote(set, T0 + 61 * S, 12, 14);
    expect(set, 60, 1, T0 + 61 * S, T0, 11, 11, 11, 11, 0);
    trade(set, T0 + 62 * S, 50, 1);
    assert_true(none(set, 60, 1, T0 + 62 * S));
    quote(set, T0 + 63 * S, 1, 3); /* no longer heard */
    expect(set, 60, 0, T0 + 63 * S, T0 + 60 * S, 50, 50, 50, 50, 1);
    bar(set, T0 + 120 * S, 20, 5, 8, 4, 6, 1);
    bar(set, T0 + 140 * S, 20, 6, 9, 5, 7, 2);
    trade(set, T0 + 161 * S, 99, 9);
    bar(set, T0 + 160 * S, 20, 7, 7, 3, 5, 3); /* the last of three finishes it */
    expect(set, 60, 1, T0 + 161 * S, T0 + 120 * S, 5, 9, 3, 5, 6);
    bar(set, T0 + 180 * S, 60, 1, 2, 1, 2, 7);
    expect(set, 60, 1, T0 + 240 * S, T0 + 180 * S, 1, 2, 1, 2, 7);
    assert_true(none(set, 60, 2, T0 + 240 * S));
    bar(set, T0 + 240 * S, 20, 5, 8, 4, 6, 1);
    bar(set, T0 + 240 * S, 45, 5, 8, 4, 6, 1); /* does not divide */
    bar(set, T0 + 240 * S, 120, 5, 8, 4, 6, 1);
    assert_true(none(set, 60, 0, T0 + 250 * S));
    series_free(set);
}

static void nothing_is_kept_that_nobody_wants(void **state) {
    (void)state;
    struct series_set *set = fresh();
    keep(set, 7, 60, 3);
    keep(set, 8, 60, 5);
    keep(set, 8, 300, 5);
    series_unclaim(set, 8);
    series_settle(set);
    trade(set, T0, 10, 1);
    assert_false(none(set, 60, 0, T0));
    assert_true(none(set, 300, 0, T0));
    series_unclaim(set, 7);
    series_settle(set);
    assert_true(none(set, 60, 0, T0));
    assert_false(set->wanted[EUR]);
    struct pawl_err err = {0};
    assert_int_equal(series_keep(set, 1, EUR, 0, 3, &err), PAWL_E_INVAL);
    assert_int_equal(series_keep(set, 1, EUR, 60, 0, &err), PAWL_E_INVAL);
    assert_int_equal(series_keep(set, 1, EUR, 60, PAWL_SERIES_BARS_MAX + 1u, &err), PAWL_E_INVAL);
    assert_int_equal(series_keep(set, 1, 0, 60, 1, &err), PAWL_E_INVAL);
    assert_int_equal(series_keep(set, 1, EUR, PAWL_SERIES_SECONDS_MAX + 1u, 1, &err),
                     PAWL_E_INVAL);
    series_free(set);
}

/* What is tried beside its owner keeps for itself; it takes over, or leaves no trace. */
static void kept_on_trial(void **state) {
    (void)state;
    struct series_set *set = fresh();
    keep(set, 7, 60, 3);
    keep(set, 7, 300, 3);
    for (int i = 0; i < 6; i++) trade(set, T0 + i * 60 * S, 10 + i, 1);
    int64_t now = T0 + 360 * S;
    keep(set, 7 | SERIES_STAGED, 60, 5);
    keep(set, 7 | SERIES_STAGED, 120, 5);
    series_unclaim(set, 7 | SERIES_STAGED);
    series_settle(set);
    assert_false(series_is_kept(set, EUR, 120));
    assert_false(none(set, 60, 3, now));
    assert_true(none(set, 60, 4, now));
    keep(set, 7 | SERIES_STAGED, 60, 2);
    keep(set, 7 | SERIES_STAGED, 120, 5);
    keep(set, 8, 300, 1);
    series_take_over(set, 7);
    series_settle(set);
    assert_true(series_is_kept(set, EUR, 120));
    assert_true(series_is_kept(set, EUR, 300)); /* somebody else's by now */
    assert_false(none(set, 60, 2, now));
    assert_true(none(set, 60, 3, now)); /* as after a restart */
    keep(set, 7, 60, 3);
    assert_true(none(set, 60, 3, now));
    series_free(set);
}

/* ---- restart ---- */

static char path[] = "/tmp/pawl-series-XXXXXX";

static struct store *open_store(void) {
    struct store *store = NULL;
    struct pawl_err err = {0};
    char file[64];
    snprintf(file, sizeof file, "%s/s.db", path);
    const struct store_options options = {.path = file, .durability = STORE_PROCESS};
    if (store_open(&options, &store, &err) != PAWL_OK) fail_msg("%s", err.text);
    return store;
}

static void claim_all(struct series_set *set, const struct series_sum *sum) {
    struct pawl_err err = {0};
    keep(set, 7, 60, 20);
    keep(set, 8, 300, 5);
    keep(set, 8, PAWL_SESSION_BARS | 600, 5);
    assert_int_equal(series_sum_keep(set, 7, sum, &err), PAWL_OK);
    series_settle(set);
}

static void same(struct series_set *a, struct series_set *b, const struct series_sum *sum,
                 int64_t now) {
    static const uint32_t lengths[] = {60, 300, PAWL_SESSION_BARS | 600};
    for (size_t i = 0; i < 3; i++)
        for (uint32_t back = 0; back <= 21; back++) {
            struct pawl_bar x = {0}, y = {0};
            int rc = series_bar(a, EUR, lengths[i], back, now, &x);
            assert_int_equal(series_bar(b, EUR, lengths[i], back, now, &y), rc);
            assert_memory_equal(&x, &y, sizeof x);
        }
    static const uint32_t n[] = {14, 10, 5, 14, 14};
    for (int what = SERIES_ATR; what <= SERIES_VOLATILITY; what++) {
        int64_t x = 0, y = 0;
        int rc = series_value(a, (enum series_what)what, EUR, 60, n[what - 1], now, &x);
        assert_int_equal(
            series_value(b, (enum series_what)what, EUR, 60, n[what - 1], now, &y), rc);
        assert_int_equal(x, y);
    }
    assert_int_equal(sum_of(a, sum, now), sum_of(b, sum, now));
}

/* A set that is stored now and then, thrown away and restored must answer as one that never was. */
static void a_restart_changes_nothing(void **state) {
    (void)state;
    const struct series_sum sum = {EUR, 600, PAWL_EV_TRADE, 0, SERIES_QUANTITY, 0};
    struct pawl_err err = {0};
    struct rng rng;
    rng_init(&rng, 99);
    assert_non_null(mkdtemp(path));
    struct store *store = open_store();
    struct series_set *never = fresh(), *set = fresh();
    assert_int_equal(series_restore(set, store, &err), PAWL_OK);
    claim_all(never, &sum);
    claim_all(set, &sum);
    int64_t now = T0, at = 1000;
    uint64_t turn = 1;
    for (int i = 0; i < 6000; i++) {
        now += (int64_t)rng_below(&rng, (uint64_t)(20 * S)) + 1;
        at += (int64_t)rng_below(&rng, 7) - 3;
        if (i < 500)
            quote(never, now, at, at + 2), quote(set, now, at, at + 2);
        else
            trade(never, now, at, 1), trade(set, now, at, 1);
        if (rng_below(&rng, 4) == 0) same(never, set, &sum, now);
        if (rng_below(&rng, 10) != 0) continue;
        assert_int_equal(series_store(set, store, true), PAWL_OK);
        assert_int_equal(store_commit(store, ++turn), PAWL_OK);
        if (rng_below(&rng, 8) != 0) continue;
        series_free(set);
        store_close(store);
        store = open_store();
        set = fresh();
        if (series_restore(set, store, &err) != PAWL_OK) fail_msg("%s", err.text);
        claim_all(set, &sum);
        same(never, set, &sum, now);
    }
    series_unclaim(set, 7);
    series_unclaim(set, 8);
    series_settle(set);
    assert_int_equal(store_commit(store, ++turn), PAWL_OK);
    series_free(set);
    series_free(never);
    store_close(store);
    store = open_store();
    set = fresh();
    assert_int_equal(series_restore(set, store, &err), PAWL_OK);
    assert_int_equal(set->instruments, 0); /* nothing is left of what nobody wants */
    series_free(set);
    store_close(store);
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", path);
    assert_int_equal(system(command), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_are_built_from_trades),
        cmocka_unit_test(bars_as_sorted_plainly),
        cmocka_unit_test(a_better_source_begins_anew),
        cmocka_unit_test(nothing_is_kept_that_nobody_wants),
        cmocka_unit_test(kept_on_trial),
        cmocka_unit_test(a_restart_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
