/* A reload of a whole host: what was kept for rules and plugins, what an instrument still has, the
 * clock of rules, and what a refused one leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "events/reflect.h"
#include "host_kit.h"
#include "rules/rules.h"
#include "series/series_int.h"
#include "store/store_int.h"

static const char plugins[] = ",\"plugins\":[{\"name\":\"paper\"},{\"name\":\"linked\"}],"
                              "\"rules\":{\"dir\":\"%F/rules\"}";
static struct kit *kit;

static int open_it(void **state) {
    (void)state;
    kit = kit_open(plugins, KIT_START);
    return 0;
}

static int close_it(void **state) {
    (void)state;
    if (kit != NULL) kit_close(kit);
    kit = NULL;
    return 0;
}

static void expect(int rc, int expected) {
    if (rc != expected) fail_msg("%d, not %d: %s", rc, expected, kit->errors.line[0]);
}

/* ---- bars and windows ---- */

#define WHEN "when = function() return true end, act = { do = 'alert', message = 'm' } }"

static void rule_with_windows(uint32_t seconds) {
    char text[2048];
    int at = snprintf(text, sizeof text, "return { id = 'a', on = 'trade', windows = {");
    for (int i = 0; i < 8; i++)
        at += snprintf(text + at, sizeof text - (size_t)at,
                       " w%d = { on = 'trade', sum = 'count', seconds = %u },", i,
                       seconds * 8 + (uint32_t)i);
    snprintf(text + at, sizeof text - (size_t)at, " }, bars = { [%u] = 5 }, " WHEN, seconds);
    kit_rules(kit, text);
}

/* As many of other lengths as would not fit beside each other. */
static void what_rules_kept_is_given_back(void **state) {
    (void)state;
    if (kit == NULL) skip();
    const struct set *set = set_of(kit->host->series);
    uint32_t series = set->series_count;
    for (uint32_t i = 1; i <= 100; i++) {
        rule_with_windows(i);
        expect(kit_reload_set(kit, NULL, i % 3 == 0), PAWL_OK);
        uint32_t windows = 8 * 3 * 2; /* of each side, of two instruments */
        assert_int_equal(set->sum_count, windows);
        assert_int_equal(set->series_count, series + 2);
        kit_quote(kit, "EURUSD", kit->host->bus->now_ns + PAWL_MS);
    }
    kit_rules(kit, "return {}");
    expect(kit_reload_set(kit, NULL, false), PAWL_E_CONFIG); /* a rule without id */
    assert_int_equal(set->sum_count, 8 * 3 * 2);
    kit_rules(kit, "return { id = 'a', on = 'trade', " WHEN);
    expect(kit_reload_set(kit, NULL, false), PAWL_OK);
    assert_int_equal(set->sum_count, 0);
    assert_int_equal(set->series_count, series);
}

/* What an instance keeps on trial is its own when it takes over, and nobody's when it does not. */
static void what_a_plugin_kept_on_trial(void **state) {
    (void)state;
    if (kit == NULL) skip();
    struct set *set = set_of(kit->host->series);
    uint32_t id = kit_instrument(kit, "EURUSD"), count = set->series_count;
    const struct one *one = series_find(set, id, 60);
    assert_int_equal(one->rec.bars, 15);
    expect(kit_reload_set(kit, "plugins.linked.options.atr_period=99", true), PAWL_OK);
    expect(kit_reload_set(kit, "plugins.linked.options.atr_bar=90s", true), PAWL_OK);
    assert_int_equal(set->series_count, count);
    assert_ptr_equal(series_find(set, id, 60), one);
    assert_int_equal(one->rec.bars, 15);
    assert_int_equal(one->claims.count, 1);
    expect(kit_reload_set(kit, "plugins.linked.options.atr_period=99", false), PAWL_OK);
    assert_int_equal(one->rec.bars, 100);
    expect(kit_reload_set(kit, "plugins.linked.options.atr_bar=90s", false), PAWL_OK);
    assert_int_equal(set->series_count, count);
    assert_false(series_is_kept(kit->host->series, id, 60));
    assert_true(series_is_kept(kit->host->series, id, 90));
}

/* Who was not touched keeps bars of an instrument that is new, too. */
static void bars_of_a_new_instrument(void **state) {
    static const char *const set[] = {"instruments.USDJPY.account=main"};
    const struct reload_request request = {.by = "test", .sets = set, .set_count = 1};
    (void)state;
    if (kit == NULL) skip();
    expect(kit_reload(kit, &request), PAWL_OK);
    uint32_t id = kit_instrument(kit, "USDJPY");
    assert_true(id != 0 && series_is_kept(kit->host->series, id, 60));
}

/* ---- instruments that go ---- */

static const char gone[] = "instruments={\"EURUSD\":{\"account\":\"main\"}}";

static void expect_kept(const char *why) {
    expect(kit_reload_set(kit, gone, false), PAWL_E_STATE);
    if (strstr(kit->errors.line[0], why) == NULL ||
        strstr(kit->errors.line[0], "instruments.GBPUSD") == NULL)
        fail_msg("%s", kit->errors.line[0]);
}

static void an_instrument_with_anything_open_stays(void **state) {
    (void)state;
    if (kit == NULL) skip();
    struct book *book = &kit->host->book;
    uint32_t id = kit_instrument(kit, "GBPUSD");
    struct book_instrument *in = &book->instruments[id];
    in->kept.halted = 1;
    expect_kept("it is halted");
    in->kept.halted = 0;
    struct exec *exec = &kit->host->exec;
    exec->gaps[0].instrument = id;
    exec->gap_count = 1;
    expect_kept("is not explained yet");
    exec->gap_count = 0;
    struct lot *lot = book_lot_new(book, NULL);
    assert_non_null(lot);
    lot->rec.instrument = id;
    lot->rec.account = 1;
    lot->rec.state = PAWL_LOT_STATE_WAITING; /* a wish that has not become an order */
    book_lot_link(book, lot);
    expect_kept("is open in it");
    struct order *order = book_order_new(book, lot, NULL);
    assert_non_null(order);
    order->rec.instrument = id;
    order->rec.account = 1;
    order->rec.quantity.e8 = PAWL_E8;
    order->rec.state = PAWL_ORDER_STATE_UNKNOWN;
    lot->rec.state = PAWL_LOT_STATE_CLOSED;
    book_lot_close(book, lot);
    expect_kept("may still fill");
    order->rec.state = PAWL_ORDER_STATE_CANCELLED;
    expect(kit_reload_set(kit, gone, false), PAWL_OK);
    assert_int_equal(in->def.id, 0);
}

/* ---- rules of the clock ---- */

static uint64_t fired(const char *id) {
    struct rules_info info;
    for (uint32_t i = 0; rules_info(kit->host->rules, NULL, i, &info); i++)
        if (strcmp(info.id, id) == 0) return info.fired;
    return 0;
}

static void timers_until(int64_t now_ns) {
    for (int i = 0; i < 1000 && host_timer(kit->host, now_ns); i++) continue;
}

#define BEAT(every) "return { { id = 'beat', on = 'timer', every = '" every "', " WHEN \
                    ", { id = 'each', on = 'timer', every = '" every "', symbols = '*', " WHEN " }"

static void a_timer_that_is_due_is_not_missed(void **state) {
    int64_t minute = KIT_START / (60 * PAWL_NS) * 60 * PAWL_NS + 60 * PAWL_NS;
    (void)state;
    if (kit == NULL) skip();
    kit_rules(kit, BEAT("1m"));
    expect(kit_reload_set(kit, NULL, false), PAWL_OK);
    timers_until(minute);
    assert_int_equal(fired("beat"), 1);
    assert_int_equal(fired("each"), 2);
    minute += 60 * PAWL_NS;
    kit_quote(kit, "EURUSD", minute); /* its time has come, its turn not yet */
    kit_rules(kit, BEAT("1m") " -- another text");
    expect(kit_reload_set(kit, NULL, false), PAWL_OK);
    timers_until(minute);
    assert_int_equal(fired("beat"), 2);
    minute += 60 * PAWL_NS;
    kit_quote(kit, "EURUSD", minute);
    kit_rules(kit, BEAT("7m")); /* another time is another matter */
    expect(kit_reload_set(kit, NULL, false), PAWL_OK);
    timers_until(minute);
    assert_int_equal(fired("beat"), 2);
}

static void nobody_asks_about_what_is_gone(void **state) {
    int64_t minute = KIT_START / (60 * PAWL_NS) * 60 * PAWL_NS + 60 * PAWL_NS;
    (void)state;
    if (kit == NULL) skip();
    kit_rules(kit, BEAT("1m"));
    expect(kit_reload_set(kit, gone, false), PAWL_OK);
    timers_until(minute);
    assert_int_equal(fired("each"), 1);
}

/* ---- what a refused one leaves ---- */

static uint32_t nameless_shapes(void) {
    const struct store *store = kit->host->store;
    uint32_t count = 0;
    for (uint32_t i = 0; i < store->shapes_count; i++) count += store->shapes[i]->type == NULL;
    return count;
}

static void records_stay_those_of_who_runs(void **state) {
    (void)state;
    if (kit == NULL) skip();
    assert_int_equal(nameless_shapes(), 0);
    expect(kit_reload_set(kit, "risk.open_lots_max=7", true), PAWL_OK);
    assert_int_equal(nameless_shapes(), 0);
    expect(kit_reload_set(kit, "risk.open_lots_max=7", false), PAWL_OK);
    assert_int_equal(nameless_shapes(), 0);
}

static int count_new(void *arg, const void *row, struct pawl_err *err) {
    const struct pawl_rec_name *name = row;
    (void)err;
    *(uint32_t *)arg += strcmp(name->text, "USDJPY") == 0 || strcmp(name->text, "XAUUSD") == 0;
    return PAWL_OK;
}

/* Room for one of two new names: neither is stored. */
static void names_are_kept_all_or_none(void **state) {
    static const char two[] = "instruments={\"EURUSD\":{\"account\":\"main\"},\"GBPUSD\":"
                              "{\"account\":\"main\"},\"USDJPY\":{\"account\":\"main\"},"
                              "\"XAUUSD\":{\"account\":\"main\"}}";
    struct pawl_rec_name name = {.id = UINT64_C(1) << 40};
    struct pawl_rec_lot lot = {.id = UINT64_C(1) << 40};
    (void)state;
    if (kit == NULL) skip();
    struct store *store = kit->host->store;
    size_t empty = store_mark(store);
    assert_int_equal(store_put(store, reflect_record(PAWL_REC_NAME), &name), PAWL_OK);
    size_t cost = store_mark(store) - empty;
    while (store_put(store, reflect_record(PAWL_REC_LOT), &lot) == PAWL_OK) continue;
    while (store_mark(store) + 2 * cost <= STORE_BATCH_BYTES_MAX)
        assert_int_equal(store_put(store, reflect_record(PAWL_REC_NAME), &name), PAWL_OK);
    assert_true(store_mark(store) + cost <= STORE_BATCH_BYTES_MAX);
    expect(kit_reload_set(kit, two, false), PAWL_E_BUSY);
    assert_non_null(strstr(kit->errors.line[0], "cannot keep the name"));
    assert_int_equal(names_find(kit->host->names, NAME_INSTRUMENT, "USDJPY"), 0);
    uint32_t stored = 0;
    assert_int_equal(store_load(store, reflect_record(PAWL_REC_NAME), count_new, &stored, NULL),
                     PAWL_OK);
    assert_int_equal(stored, 0);
}

/* ---- before the first row ---- */

static void before_the_clock_runs(void **state) {
    (void)state;
    kit = kit_open(plugins, 0);
    if (kit == NULL) skip();
    uint64_t seq = kit->host->bus->seq, turn = kit->host->bus->turn;
    expect(kit_reload_set(kit, NULL, false), PAWL_E_STATE);
    assert_non_null(strstr(kit->errors.line[0], "has not begun"));
    assert_int_equal(kit->host->bus->seq, seq);
    assert_int_equal(kit->host->bus->turn, turn);
    assert_true(kit->host->reload.on_old);
    assert_int_equal(host_begin(kit->host, KIT_START, NULL), PAWL_OK);
    expect(kit_reload_set(kit, NULL, false), PAWL_OK);
    assert_false(kit->host->reload.on_old);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_it, close_it)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_rules_kept_is_given_back),
        TEST(what_a_plugin_kept_on_trial),
        TEST(bars_of_a_new_instrument),
        TEST(an_instrument_with_anything_open_stays),
        TEST(a_timer_that_is_due_is_not_missed),
        TEST(nobody_asks_about_what_is_gone),
        TEST(records_stay_those_of_who_runs),
        TEST(names_are_kept_all_or_none),
        cmocka_unit_test_setup_teardown(before_the_clock_runs, NULL, close_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
