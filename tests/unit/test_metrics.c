/* metrics: series are found again, quantiles are near, the text is Prometheus'. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/metrics.h"
#include "base/rng.h"

struct text {
    char bytes[65536];
    size_t len;
};

static int collect(void *arg, const char *text, size_t len) {
    struct text *out = arg;
    assert_true(out->len + len < sizeof out->bytes);
    memcpy(out->bytes + out->len, text, len + 1);
    out->len += len;
    return 0;
}

static int refuse(void *arg, const char *text, size_t len) {
    (void)text;
    (void)len;
    (*(int *)arg)++;
    return -3;
}

static void the_text_groups_series_by_name(void **state) {
    (void)state;
    static struct text out;
    struct metrics *m = NULL;
    struct metric *buy, *sell, *lag, *again;
    assert_int_equal(metrics_new(&m, NULL), PAWL_OK);
    assert_int_equal(metrics_counter(m, "pawl_orders_total", "side=\"BUY\"", "Orders.",
                                     METRIC_COUNT, &buy, NULL),
                     0);
    assert_int_equal(metrics_gauge(m, "pawl_lag_seconds", NULL, "Lag.", METRIC_NS, &lag, NULL), 0);
    assert_int_equal(metrics_counter(m, "pawl_orders_total", "side=\"SELL\"", "Orders.",
                                     METRIC_COUNT, &sell, NULL),
                     0);
    assert_int_equal(metrics_counter(m, "pawl_orders_total", "side=\"BUY\"", "Orders.",
                                     METRIC_COUNT, &again, NULL),
                     0);
    assert_ptr_equal(buy, again);
    metric_add(buy, 3);
    metric_add(sell, 4);
    metric_set(lag, -1500000000);
    metric_add(NULL, 1);
    metric_set(NULL, 1);
    metric_observe(NULL, 1);
    assert_int_equal(metrics_dump(m, collect, &out), 0);
    assert_string_equal(out.bytes,
                        "# HELP pawl_orders_total Orders.\n# TYPE pawl_orders_total counter\n"
                        "pawl_orders_total{side=\"BUY\"} 3\npawl_orders_total{side=\"SELL\"} 4\n"
                        "# HELP pawl_lag_seconds Lag.\n# TYPE pawl_lag_seconds gauge\n"
                        "pawl_lag_seconds -1.500000000\n");
    int calls = 0;
    assert_int_equal(metrics_dump(m, refuse, &calls), -3);
    assert_int_equal(calls, 1);
    metrics_free(m);
    metrics_free(NULL);
}

static void a_histogram_adds_up(void **state) {
    (void)state;
    static struct text out;
    struct metrics *m = NULL;
    struct metric *h;
    assert_int_equal(metrics_new(&m, NULL), PAWL_OK);
    assert_int_equal(metrics_histogram(m, "pawl_commit_seconds", "", "Time.", METRIC_NS, &h, NULL),
                     0);
    metric_observe(h, 1023); /* counts under le 1023 ns */
    metric_observe(h, 1024); /* counts above it */
    metric_observe(h, INT64_C(100) * PAWL_NS);
    metric_observe(h, 0);
    assert_int_equal(metrics_dump(m, collect, &out), 0);
    assert_non_null(strstr(out.bytes, "pawl_commit_seconds_bucket{le=\"0.000001023\"} 2\n"));
    assert_non_null(strstr(out.bytes, "pawl_commit_seconds_bucket{le=\"0.000004095\"} 3\n"));
    assert_non_null(strstr(out.bytes, "pawl_commit_seconds_bucket{le=\"+Inf\"} 4\n"));
    assert_non_null(strstr(out.bytes, "pawl_commit_seconds_sum 100.000002047\n"));
    assert_non_null(strstr(out.bytes, "pawl_commit_seconds_count 4\n"));
    assert_int_equal(metric_value(h), 4);
    assert_int_equal(metric_max(h), INT64_C(100) * PAWL_NS);
    metrics_free(m);
}

static void quantiles_are_within_a_sixteenth(void **state) {
    (void)state;
    struct metrics *m = NULL;
    struct metric *h;
    struct rng rng;
    rng_init(&rng, 3);
    assert_int_equal(metrics_new(&m, NULL), PAWL_OK);
    assert_int_equal(metrics_histogram(m, "pawl_x", NULL, "X.", METRIC_COUNT, &h, NULL), 0);
    assert_int_equal(metric_quantile(h, 500), 0);
    for (uint64_t i = 1; i <= 100000; i++) metric_observe(h, i);
    for (uint32_t permille = 1; permille <= 1000; permille += 37) {
        uint64_t exact = permille * 100, got = metric_quantile(h, permille);
        assert_true(got >= exact && got <= exact + exact / 16 + 1);
    }
    assert_int_equal(metric_quantile(h, 1000), 100000);
    for (int i = 0; i < 10000; i++) metric_observe(h, rng_u64(&rng) >> rng_below(&rng, 64));
    metric_observe(h, UINT64_MAX);
    assert_int_equal(metric_quantile(h, 1000), UINT64_MAX);
    metrics_free(m);
}

static void names_and_kinds_are_checked(void **state) {
    (void)state;
    struct metrics *m = NULL;
    struct metric *a = NULL;
    struct pawl_err err = {0};
    assert_int_equal(metrics_new(&m, NULL), PAWL_OK);
    assert_int_equal(metrics_gauge(m, "other_x", NULL, "X.", METRIC_COUNT, &a, NULL), PAWL_E_INVAL);
    assert_int_equal(metrics_gauge(m, "pawl_X", NULL, "X.", METRIC_COUNT, &a, NULL), PAWL_E_INVAL);
    assert_int_equal(metrics_gauge(m, "pawl_x", NULL, "X.", METRIC_COUNT, &a, NULL), PAWL_OK);
    assert_int_equal(metrics_counter(m, "pawl_x", "a=\"b\"", "X.", METRIC_COUNT, &a, &err),
                     PAWL_E_INVAL);
    assert_non_null(strstr(err.text, "of another kind"));
    for (uint32_t i = 1; i < METRICS_SERIES_MAX; i++) {
        char label[32];
        snprintf(label, sizeof label, "n=\"%u\"", i);
        assert_int_equal(metrics_gauge(m, "pawl_x", label, "X.", METRIC_COUNT, &a, NULL), PAWL_OK);
    }
    assert_int_equal(metrics_gauge(m, "pawl_x", "n=\"more\"", "X.", METRIC_COUNT, &a, NULL),
                     PAWL_E_BUSY);
    metrics_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_groups_series_by_name),
        cmocka_unit_test(a_histogram_adds_up),
        cmocka_unit_test(quantiles_are_within_a_sixteenth),
        cmocka_unit_test(names_and_kinds_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
