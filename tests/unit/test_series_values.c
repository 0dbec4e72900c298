/* series: indicators against a plain reckoning, sums over a sliding window. */
#include "series_kit.h"

/* ---- indicators ---- */

static int64_t ask(struct series_set *set, enum series_what what, uint32_t n) {
    int64_t value = -1;
    int rc = series_value(set, what, EUR, 60, n, INT64_MAX, &value);
    return rc == PAWL_OK ? value : rc;
}

static void indicators_by_hand(void **state) {
    (void)state;
    struct series_set *set = fresh();
    static const int64_t closes[] = {10, 11, 9, 12, 15};
    keep(set, 7, 60, 40);
    assert_int_equal(ask(set, SERIES_SMA, 2), PAWL_E_NOTFOUND);
    for (int i = 0; i < 5; i++)
        bar(set, T0 + i * 60 * S, 60, closes[i], closes[i] + 1, closes[i] - 1, closes[i], 1);
    assert_int_equal(ask(set, SERIES_SMA, 3), 12 * PAWL_E8);
    assert_int_equal(ask(set, SERIES_SMA, 5), 1140000000);
    /* true ranges: 11 before, 8..10 -> 3; 9, 11..13 -> 4; 12, 14..16 -> 4 */
    assert_int_equal(ask(set, SERIES_ATR, 3), 366666667);
    assert_int_equal(ask(set, SERIES_ATR, 4), 325000000); /* and 10, 10..12 -> 2 */
    assert_int_equal(ask(set, SERIES_ATR, 5), PAWL_E_NOTFOUND);
    /* rises 1 3 3, falls 2 */
    assert_int_equal(ask(set, SERIES_RSI, 4), 7777777778);
    /* mean of 10 11 9 is 10, then half way to 12: 11, to 15: 13 */
    assert_int_equal(ask(set, SERIES_EMA, 3), 13 * PAWL_E8);
    assert_int_equal(ask(set, SERIES_EMA, 11), PAWL_E_INVAL); /* 44 bars would have to be kept */
    assert_int_equal(ask(set, SERIES_EMA, 6), PAWL_E_NOTFOUND);
    /* returns 1/3 and 1/4 */
    assert_int_equal(ask(set, SERIES_VOLATILITY, 2), 5892556);
    assert_int_equal(ask(set, SERIES_VOLATILITY, 1), PAWL_E_INVAL);
    assert_int_equal(ask(set, SERIES_SMA, 0), PAWL_E_INVAL);
    for (int i = 5; i < 40; i++) bar(set, T0 + i * 60 * S, 60, 15, 15, 15, 15, 1);
    assert_int_equal(ask(set, SERIES_RSI, 14), 50 * PAWL_E8);
    assert_int_equal(ask(set, SERIES_ATR, 14), 0);
    assert_int_equal(ask(set, SERIES_VOLATILITY, 14), 0);
    series_free(set);
}

static void near(int64_t got, double want, int64_t slack) {
    int64_t difference = got - (int64_t)(want * 1e8 + 0.5);
    if (difference > slack || difference < -slack)
        fail_msg("%lld, not %.8f", (long long)got, want);
}

/* Prices are whole numbers, so that doubles are exact enough to compare with. */
static void indicators_as_reckoned_plainly(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 4711);
    for (int round = 0; round < 1000; round++) {
        struct series_set *set = fresh();
        double close[300], high[300], low[300];
        uint32_t n = 2u + (uint32_t)rng_below(&rng, 30), count = 5u * n;
        keep(set, 7, 60, 4u * n + 1u);
        int64_t at = 1000;
        for (uint32_t i = 0; i < count; i++) {
            int64_t open = at, top = open + (int64_t)rng_below(&rng, 20);
            int64_t bottom = open - (int64_t)rng_below(&rng, 20);
            at = bottom + (int64_t)rng_below(&rng, (uint64_t)(top - bottom) + 1u);
            bar(set, T0 + (int64_t)i * 60 * S, 60, open, top, bottom, at, 1);
            close[i] = (double)at;
            high[i] = (double)top;
            low[i] = (double)bottom;
        }
        double sum = 0, ranges = 0, up = 0, moves = 0, mean = 0, square = 0, ema = 0;
        for (uint32_t i = count - n; i < count; i++) {
            double h = high[i] > close[i - 1] ? high[i] : close[i - 1];
            double l = low[i] < close[i - 1] ? low[i] : close[i - 1];
            double move = close[i] - close[i - 1];
            sum += close[i];
            ranges += h - l;
            up += move > 0 ? move : 0;
            moves += move > 0 ? move : -move;
            mean += move / close[i - 1] / n;
        }
        for (uint32_t i = count - n; i < count; i++) {
            double off = (close[i] - close[i - 1]) / close[i - 1] - mean;
            square += off * off / (n - 1);
        }
        for (uint32_t i = count - 4 * n; i < count - 3 * n; i++) ema += close[i] / n;
        for (uint32_t i = count - 3 * n; i < count; i++) ema += 2 * (close[i] - ema) / (n + 1);
        near(ask(set, SERIES_SMA, n), sum / n, 1);
        near(ask(set, SERIES_ATR, n), ranges / n, 1);
        near(ask(set, SERIES_EMA, n), ema, 100);
        near(ask(set, SERIES_RSI, n), moves > 0 ? 100 * up / moves : 50, 2);
        int64_t deviation = ask(set, SERIES_VOLATILITY, n);
        near(deviation * deviation / PAWL_E8, square, 20);
        series_free(set);
    }
}

/* ---- sums ---- */

static void sums_slide(void **state) {
    (void)state;
    struct series_set *set = fresh();
    struct pawl_err err = {0};
    const struct series_sum longs = {EUR, 60, PAWL_EV_LIQUIDATION, PAWL_POSITION_SIDE_LONG,
                                     SERIES_NOTIONAL, 0};
    const struct series_sum count = {EUR, 60, PAWL_EV_LIQUIDATION, 0, SERIES_COUNT, 0};
    int64_t unused;
    assert_int_equal(series_sum_at(set, &longs, T0, &unused), PAWL_E_NOTFOUND);
    assert_int_equal(series_sum_keep(set, 7, &longs, &err), PAWL_OK);
    assert_int_equal(series_sum_keep(set, 7, &count, &err), PAWL_OK);
    assert_int_equal(sum_of(set, &longs, T0), 0);
    forced(set, T0, PAWL_POSITION_SIDE_LONG, 100, 2);
    forced(set, T0 + 1 * S, PAWL_POSITION_SIDE_SHORT, 100, 5);
    forced(set, T0 + 30 * S, PAWL_POSITION_SIDE_LONG, 110, 1);
    trade(set, T0 + 30 * S, 1000, 1000);
    assert_int_equal(sum_of(set, &longs, T0 + 30 * S), 310 * PAWL_E8);
    assert_int_equal(sum_of(set, &count, T0 + 30 * S), 3 * PAWL_E8);
    assert_int_equal(sum_of(set, &longs, T0 + 60 * S - 1), 310 * PAWL_E8);
    assert_int_equal(sum_of(set, &longs, T0 + 60 * S), 110 * PAWL_E8); /* exactly 60 s old: out */
    assert_int_equal(sum_of(set, &count, T0 + 90 * S), 0);
    for (int i = 0; i < 20000; i++) forced(set, T0 + 100 * S + i, PAWL_POSITION_SIDE_LONG, 1, 1);
    assert_int_equal(sum_of(set, &longs, T0 + 101 * S), 20000 * PAWL_E8);
    assert_int_equal(sum_of(set, &longs, T0 + 161 * S), 0);
    series_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indicators_by_hand),
        cmocka_unit_test(indicators_as_reckoned_plainly),
        cmocka_unit_test(sums_slide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
