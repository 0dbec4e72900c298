/* events/codec, in: requests as FORMATS writes them, and the exact words for what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/names.h"
#include "events/codec.h"
#include "events/input_table.h"
#include "events/reflect.h"
#include "pawl_num.h"

#define T0 INT64_C(1772357400000000000) /* 2026-03-01T09:30:00Z */

static struct names *names;

static uint32_t find_instrument(void *self, const char *text) {
    return names_find(self, NAME_INSTRUMENT, text);
}

static uint32_t find_account(void *self, const char *text) {
    return names_find(self, NAME_ACCOUNT, text);
}

static uint32_t find_component(void *self, const char *text) {
    return names_find(self, NAME_COMPONENT, text);
}

static struct event_decode env = {
    .instrument = find_instrument, .account = find_account, .component = find_component};

static int make_names(void **state) {
    (void)state;
    uint32_t id;
    if (names_new(&names, NULL) != PAWL_OK) return -1;
    env.self = names;
    if (names_intern(names, NAME_INSTRUMENT, "EURUSD", &id, NULL, NULL) != PAWL_OK) return -1;
    if (names_intern(names, NAME_ACCOUNT, "main", &id, NULL, NULL) != PAWL_OK) return -1;
    return names_intern(names, NAME_COMPONENT, "linked", &id, NULL, NULL);
}

static int free_names(void **state) {
    (void)state;
    names_free(names);
    return 0;
}

union buffer {
    struct pawl_event head;
    struct pawl_ev_quote quote;
    struct pawl_ev_bar bar;
    struct pawl_ev_signal signal;
    struct pawl_ev_entry entry;
    struct pawl_ev_exit exit;
    struct pawl_ev_fault fault;
    char bytes[PAWL_EVENT_SIZE_MAX];
};

static int decode_with(const struct event_decode *how, const char *text, union buffer *ret,
                       struct pawl_err *err) {
    json_t *object = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(object);
    int rc = event_from_json(object, how, ret, sizeof *ret, err);
    json_decref(object);
    return rc;
}

static union buffer decoded(const char *text) {
    union buffer event;
    struct pawl_err err = {0};
    if (decode_with(&env, text, &event, &err) != PAWL_OK) fail_msg("%s", err.text);
    assert_int_equal(reflect_event_check(&event.head, sizeof event), PAWL_OK);
    assert_int_equal(event.head.seq | event.head.cause | event.head.cookie, 0);
    return event;
}

#define T "\"t\":\"2026-03-01T09:30:00Z\""
#define ENTRY "{" T ",\"type\":\"entry\",\"symbol\":\"EURUSD\",\"via\":\"linked\",\"side\":\"BUY\","

static void a_quote_is_read(void **state) {
    (void)state;
    union buffer e = decoded("{" T ",\"type\":\"quote\",\"symbol\":\"EURUSD\",\"bid\":\"1.08\","
                             "\"ask\":\"1.0801\",\"bid_size\":3}");
    assert_int_equal(e.head.type, PAWL_EV_QUOTE);
    assert_int_equal(e.head.size, sizeof(struct pawl_ev_quote));
    assert_int_equal(e.head.time_ns, T0);
    assert_int_equal(e.quote.instrument, 1);
    assert_int_equal(e.quote.bid.e8, 108000000);
    assert_int_equal(e.quote.ask.e8, 108010000);
    assert_int_equal(e.quote.bid_size.e8, 3 * PAWL_E8);
    assert_int_equal(e.quote.ask_size.e8, 0);
}

static void a_bar_arrives_at_its_close(void **state) {
    (void)state;
    union buffer e = decoded("{" T ",\"type\":\"bar\",\"symbol\":\"EURUSD\",\"seconds\":60,"
                             "\"open\":\"1\",\"high\":\"3\",\"low\":\"0.5\",\"close\":\"2\","
                             "\"volume\":\"100\"}");
    assert_int_equal(e.bar.open_time, T0);
    assert_int_equal(e.head.time_ns, T0 + 60 * PAWL_NS);
    assert_int_equal(e.bar.seconds, 60);
    assert_int_equal(e.bar.volume.e8, 100 * PAWL_E8);
}

static void a_signal_keeps_what_its_maker_said(void **state) {
    (void)state;
    union buffer e = decoded("{" T ",\"type\":\"signal\",\"symbol\":\"EURUSD\","
                             "\"signal\":\"short\","
                             "\"confidence\":0.85,\"source\":\"web\",\"model\":\"m1\","
                             "\"probabilities\":{\"up\":0.1},\"meta\":{\"n\":[1]}}");
    assert_int_equal(e.signal.signal, PAWL_SIGNAL_KIND_SHORT);
    assert_int_equal(e.signal.confidence.e8, 85000000);
    assert_string_equal(e.signal.origin, "web");
    assert_int_equal(e.signal.probabilities.off, sizeof e.signal);
    assert_memory_equal(e.bytes + e.signal.probabilities.off, "{\"up\":0.1}", 10);
    assert_int_equal(e.signal.probabilities.len, 10);
    assert_int_equal(e.signal.meta.off, sizeof e.signal + 16);
    assert_memory_equal(e.bytes + e.signal.meta.off, "{\"n\":[1]}", 9);
    assert_int_equal(e.head.size, sizeof e.signal + 32);
}

static void an_entry_has_its_order_stop_and_target_inside(void **state) {
    (void)state;
    union buffer e = decoded(ENTRY
        "\"quantity\":\"2\",\"ref\":\"A\",\"order\":{\"type\":\"limit\",\"price\":\"1.07\"},"
        "\"stop\":{\"pct\":\"0.03\"},\"target\":{\"atr\":true},\"profile\":\"p\","
        "\"account\":\"main\",\"expires\":\"90s\",\"tags\":{\"bot_id\":\"b\",\"user_id\":7}}");
    assert_int_equal(e.entry.side, PAWL_SIDE_BUY);
    assert_int_equal(e.entry.via, 1);
    assert_int_equal(e.entry.account, 1);
    assert_int_equal(e.entry.order_kind, PAWL_KIND_LIMIT);
    assert_int_equal(e.entry.order_price.e8, 107000000);
    assert_int_equal(e.entry.stop_pct.e8, 3000000);
    assert_int_equal(e.entry.stop_price.e8, 0);
    assert_int_equal(e.entry.stop_atr, 0);
    assert_int_equal(e.entry.target_atr, 1);
    assert_int_equal(e.entry.expires, T0 + 90 * PAWL_NS);
    assert_string_equal(e.entry.ref, "A");
    assert_memory_equal(e.bytes + e.entry.tags.off, "{\"bot_id\":\"b\",\"user_id\":7}",
                        e.entry.tags.len);
}

static void an_entry_is_a_market_order_if_not_said(void **state) {
    (void)state;
    union buffer e = decoded(ENTRY "\"allocation\":\"30000\",\"stop\":{\"price\":\"1\"},"
                                   "\"expires\":\"2026-03-01T09:30:00.5Z\"}");
    assert_int_equal(e.entry.order_kind, PAWL_KIND_MARKET);
    assert_int_equal(e.entry.expires, T0 + 500 * PAWL_MS);
    assert_int_equal(e.entry.allocation.e8, 30000 * PAWL_E8);
    e = decoded(ENTRY "\"risk_pct\":\"0.01\"}");
    assert_int_equal(e.entry.risk_pct.e8, 1000000);
}

static void what_is_not_said_comes_from_the_caller(void **state) {
    (void)state;
    struct event_decode how = env;
    union buffer e;
    how.type = "exit";
    how.now_ns = T0;
    assert_int_equal(decode_with(&how, "{\"symbol\":\"EURUSD\",\"side\":\"long\"}", &e, NULL),
                     PAWL_OK);
    assert_int_equal(e.head.type, PAWL_EV_EXIT);
    assert_int_equal(e.head.time_ns, T0);
    assert_int_equal(e.exit.side, PAWL_POSITION_SIDE_LONG);
    assert_int_equal(e.exit.quantity.e8, 0);
}

static void a_fault_names_its_order_and_its_delay(void **state) {
    (void)state;
    union buffer e = decoded("{" T ",\"type\":\"fault\",\"what\":\"late_fill\",\"order\":{\"role\":"
                             "\"stop\",\"ref\":\"A\"},\"op\":\"amend\",\"class\":\"retryable\","
                             "\"count\":2,\"code\":-2010,\"delay\":\"250ms\",\"quantity\":\"-1\"}");
    assert_int_equal(e.fault.what, PAWL_FAULT_KIND_LATE_FILL);
    assert_int_equal(e.fault.role, PAWL_ROLE_STOP);
    assert_int_equal(e.fault.op, PAWL_ORDER_OP_AMEND);
    assert_int_equal(e.fault.class_, PAWL_ERROR_CLASS_RETRYABLE);
    assert_int_equal(e.fault.count, 2);
    assert_int_equal(e.fault.code, -2010);
    assert_int_equal(e.fault.delay, 250 * PAWL_MS);
    assert_int_equal(e.fault.quantity.e8, -PAWL_E8);
    assert_string_equal(e.fault.ref, "A");
}

/* ---- refusals ---- */

#define QUOTE "{" T ",\"type\":\"quote\",\"symbol\":\"EURUSD\",\"bid\":\"1\","
#define BAR "{" T ",\"type\":\"bar\",\"symbol\":\"EURUSD\",\"seconds\":60,"
#define OUT(type, more) "{" T ",\"type\":\"" type "\"," more "}"

static const struct {
    const char *text, *message;
} refused[] = {
    {"[]", "event: must be a JSON object"},
    {"{" T "}", "event.type: missing"},
    {"{\"type\":7}", "event.type: must be a text"},
    {OUT("jump", "\"x\":1"), "event.type: unknown event \"jump\""},
    {OUT("lot.opened", "\"lot\":1"), "event.type: unknown event \"lot.opened\""},
    {OUT("restored", "\"boot\":1"), "event.type: unknown event \"restored\""},
    {"{\"type\":\"mark\"}", "mark.t: missing"},
    {"{\"type\":\"mark\",\"t\":5}",
     "mark.t: must be an RFC 3339 time such as \"2026-03-01T09:30:00Z\""},
    {QUOTE "\"ask\":1.5}",
     "quote.ask: must be a decimal string such as \"1.5\", not the number 1.5"},
    {QUOTE "\"ask\":\"1e5\"}",
     "quote.ask: must be a decimal number with at most 8 decimals, not \"1e5\""},
    {QUOTE "\"ask\":\"1.000000001\"}",
     "quote.ask: must be a decimal number with at most 8 decimals, not \"1.000000001\""},
    {QUOTE "\"ask\":\"\"}",
     "quote.ask: must be a decimal number with at most 8 decimals, not \"\""},
    {QUOTE "\"ask\":null}", "quote.ask: must be a decimal string, not null"},
    {QUOTE "\"ask\":92233720369}", "quote.ask: 92233720369 is out of range"},
    {QUOTE "\"ask\":\"-1\"}", "quote.ask: must not be negative, but is \"-1\""},
    {QUOTE "\"bid_size\":\"1\"}", "quote.ask: missing"},
    {QUOTE "\"ask\":\"1\",\"bidsize\":\"1\"}",
     "quote.bidsize: unknown key; known: symbol, bid, ask, bid_size, ask_size, venue_time"},
    {QUOTE "\"ask\":\"1\",\"venue_time\":\"now\"}",
     "quote.venue_time: must be an RFC 3339 time such as \"2026-03-01T09:30:00Z\", not \"now\""},
    {OUT("mark", "\"symbol\":\"GBPUSD\",\"price\":\"1\""),
     "mark.symbol: unknown instrument \"GBPUSD\""},
    {OUT("mark", "\"symbol\":7,\"price\":\"1\""), "mark.symbol: must be a text, not 7"},
    {OUT("mark", "\"symbol\":\"\",\"price\":\"1\""), "mark.symbol: must be a text, not \"\""},
    {OUT("mark", "\"price\":\"1\""), "mark.symbol: missing"},
    {OUT("mark", "\"symbol\":\"EURUSD\",\"price\":\"0\""),
     "mark.price: must be above 0, not \"0\""},
    {OUT("trade", "\"symbol\":\"EURUSD\",\"price\":\"1\",\"size\":\"1\",\"side\":\"up\""),
     "trade.side: \"up\" is none of BUY, SELL"},
    {BAR "\"open\":\"1\",\"high\":\"2\",\"low\":\"3\",\"close\":\"1\"}", "bar: high is below low"},
    {BAR "\"open\":\"4\",\"high\":\"3\",\"low\":\"1\",\"close\":\"1\"}",
     "bar: open is not between low and high"},
    {BAR "\"open\":\"2\",\"high\":\"3\",\"low\":\"1\",\"close\":\"0.5\"}",
     "bar: close is not between low and high"},
    {OUT("bar", "\"symbol\":\"EURUSD\",\"seconds\":\"60\""),
     "bar.seconds: must be a whole number, not \"60\""},
    {OUT("bar", "\"symbol\":\"EURUSD\",\"seconds\":0"), "bar.seconds: must be above 0, not 0"},
    {OUT("bar", "\"symbol\":\"EURUSD\",\"seconds\":4294967296"),
     "bar.seconds: 4294967296 is out of range"},
    {OUT("signal", "\"symbol\":\"EURUSD\",\"signal\":\"flat\",\"confidence\":\"1\""),
     "signal.signal: \"flat\" is none of BUY, SELL, SHORT, NEUTRAL"},
    {OUT("signal", "\"symbol\":\"EURUSD\",\"signal\":\"BUY\",\"confidence\":85"),
     "signal.confidence: must be from 0 to 1, not 85"},
    {OUT("signal", "\"symbol\":\"EURUSD\",\"signal\":\"BUY\",\"confidence\":1,\"meta\":\"x\""),
     "signal.meta: must be an object, not \"x\""},
    {ENTRY "\"stop\":{\"pct\":\"0.03\"}}",
     "entry: exactly one of quantity, allocation, risk_pct must be given"},
    {ENTRY "\"quantity\":1,\"risk_pct\":\"0.01\"}",
     "entry: exactly one of quantity, allocation, risk_pct must be given"},
    {ENTRY "\"quantity\":\"0\"}", "entry.quantity: must be above 0, not \"0\""},
    {ENTRY "\"quantity\":\"-1\"}", "entry.quantity: must be above 0, not \"-1\""},
    {ENTRY "\"risk_pct\":\"1\"}",
     "entry.risk_pct: must be a fraction above 0 and below 1 (0.03 = 3 %), not \"1\""},
    {ENTRY "\"quantity\":1,\"stop\":{\"pct\":\"3\"}}",
     "entry.stop.pct: must be a fraction above 0 and below 1 (0.03 = 3 %), not \"3\""},
    {ENTRY "\"quantity\":1,\"stop\":{\"pct\":0.03}}",
     "entry.stop.pct: must be a decimal string such as \"1.5\", not the number 0.03"},
    {ENTRY "\"quantity\":1,\"stop\":{\"percent\":\"3\"}}",
     "entry.stop.percent: unknown key; known: price, pct, atr"},
    {ENTRY "\"quantity\":1,\"stop\":{\"price\":\"1\",\"pct\":\"0.1\"}}",
     "entry.stop: exactly one of price, pct, atr must be given"},
    {ENTRY "\"quantity\":1,\"legs[0]\":{\"ratio\":1}}",
     "entry.legs[0]: unknown key; known: symbol, via, side, quantity, allocation, risk_pct, ref, "
     "order, stop, target, profile, account, expires, tags, trailing_stop_pct, close_at, ..."},
    {ENTRY "\"quantity\":1,\"target\":{\"atr\":4}}", "entry.target.atr: must be true, not 4"},
    {ENTRY "\"quantity\":1,\"target\":{}}",
     "entry.target: must be an object with at least one key of price, pct, atr"},
    {ENTRY "\"quantity\":1,\"stop\":\"1.07\"}",
     "entry.stop: must be an object with at least one key of price, pct, atr"},
    {ENTRY "\"quantity\":1,\"order\":{\"type\":\"limit\"}}", "entry.order.price: missing"},
    {ENTRY "\"quantity\":1,\"order\":{\"price\":\"1\"}}", "entry.order.type: missing"},
    {ENTRY "\"quantity\":1,\"order\":{\"type\":\"market\",\"price\":\"1\"}}",
     "entry.order.price: a market order has none"},
    {ENTRY "\"quantity\":1,\"order\":{\"type\":\"trailing\",\"price\":\"1\"}}",
     "entry.order.type: must be market, limit or stop, not \"trailing\""},
    {ENTRY "\"quantity\":1,\"via\":\"nobody\"}", "entry.via: unknown component \"nobody\""},
    {ENTRY "\"quantity\":1,\"account\":\"x\"}", "entry.account: unknown account \"x\""},
    {ENTRY "\"quantity\":1,\"expires\":\"soon\"}",
     "entry.expires: must be an RFC 3339 time or a duration such as \"60s\", not \"soon\""},
    {ENTRY "\"quantity\":1,\"expires\":\"2026-03-01T09:30:00Z\"}",
     "entry.expires: must be later than the entry itself"},
    {ENTRY "\"quantity\":1,\"expires\":\"100000d\"}", "entry.expires: \"100000d\" is out of range"},
    {ENTRY "\"quantity\":1,\"ref\":\"a name that is longer than it may be\"}",
     "entry.ref: must be at most 31 bytes, is 36"},
    {ENTRY "\"quantity\":1,\"tags\":{\"colour\":\"red\"}}",
     "entry.tags: unknown key \"colour\""},
    {ENTRY "\"quantity\":1,\"tags\":{\"bot_id\":true}}",
     "entry.tags: \"bot_id\" must be a text or a whole number"},
    {ENTRY "\"quantity\":1,\"tags\":[]}", "entry.tags: must be an object, not []"},
    {OUT("scale_in", "\"ref\":\"A\""), "scale_in.quantity: missing"},
    {OUT("scale_in", "\"quantity\":1"), "scale_in: lot, ref or symbol must be given"},
    {OUT("exit", "\"reason\":\"x\""), "exit: lot, ref or symbol must be given"},
    {OUT("exit", "\"lot\":-3"), "exit.lot: must be above 0, not -3"},
    {OUT("exit", "\"lot\":\"3\""), "exit.lot: must be a whole number, not \"3\""},
    {OUT("stop", "\"symbol\":\"EURUSD\",\"price\":\"1\""), "stop: lot or ref must be given"},
    {OUT("stop", "\"lot\":1,\"price\":\"1\",\"force\":1"),
     "stop.force: must be true or false, not 1"},
    {OUT("fault", "\"what\":\"rain\""),
     "fault.what: \"rain\" is none of reject, drop_reply, drop_request, duplicate_fill, late_fill, "
     "partial, disconnect, reconnect, position_change, delay, expire, venue_cancel, overtaken"},
    {OUT("fault", "\"what\":\"delay\",\"delay\":250"),
     "fault.delay: must be a duration such as \"250ms\", not 250"},
    {OUT("fault", "\"what\":\"reject\",\"order\":{\"lot\":1}"),
     "fault.order.lot: unknown key; known: role, ref"},
    {OUT("fault", "\"what\":\"reject\",\"code\":2147483648"),
     "fault.code: 2147483648 is out of range"},
    {OUT("exit", "\"ref\":\"A\",\"side\":"
                 "\"one two three four five six seven eight nine ten eleven\""),
     "exit.side: \"one two three four five six seven eight nin... is none of LONG, SHORT"},
};

static void what_is_wrong_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        union buffer event;
        struct pawl_err err = {0};
        assert_int_equal(decode_with(&env, refused[i].text, &event, &err), PAWL_E_DATA);
        assert_string_equal(err.text, refused[i].message);
        assert_int_equal(decode_with(&env, refused[i].text, &event, NULL), PAWL_E_DATA);
    }
}

static void a_nul_inside_a_text_is_refused(void **state) {
    (void)state;
    json_t *object = json_loads("{" T ",\"type\":\"exit\",\"ref\":\"a\\u0000b\"}",
                                JSON_ALLOW_NUL, NULL);
    union buffer event;
    struct pawl_err err = {0};
    assert_int_equal(event_from_json(object, &env, &event, sizeof event, &err), PAWL_E_DATA);
    assert_string_equal(err.text, "exit.ref: a text must not contain \\u0000");
    json_decref(object);
}

static void what_does_not_fit_the_buffer_is_refused(void **state) {
    (void)state;
    json_t *object =
        json_loads(ENTRY "\"quantity\":1,\"tags\":{\"bot_id\":\"0123456789\"}}", 0, NULL);
    struct pawl_err err = {0};
    for (size_t max = 0; max <= sizeof(struct pawl_ev_entry) + 31; max += 8) {
        void *tight = malloc(max + 1); /* its end is watched by the sanitizer */
        assert_non_null(tight);
        assert_int_equal(event_from_json(object, &env, tight, max, &err),
                         max < sizeof(struct pawl_ev_entry) + 24 ? PAWL_E_DATA : PAWL_OK);
        free(tight);
    }
    assert_string_equal(err.text, "entry: the buffer of 0 bytes is too small");
    json_decref(object);
    char text[6000] = ENTRY "\"quantity\":1,\"tags\":{\"bot_id\":\"";
    size_t at = strlen(text);
    memset(text + at, 'x', 4500);
    strcpy(text + at + 4500, "\"}}");
    union buffer event;
    memset(&err, 0, sizeof err);
    assert_int_equal(decode_with(&env, text, &event, &err), PAWL_E_DATA);
    assert_string_equal(err.text, "entry.tags: the event would be larger than 4096 bytes");
}

static void a_recorded_request_is_read_back_the_same(void **state) {
    (void)state;
    static const char *const lines[] = {
        "{" T ",\"type\":\"quote\",\"symbol\":\"EURUSD\",\"bid\":\"0\",\"ask\":\"1.0801\"}",
        "{" T ",\"type\":\"bar\",\"symbol\":\"EURUSD\",\"seconds\":60,\"open\":\"1\",\"high\":"
        "\"3\",\"low\":\"0.5\",\"close\":\"2\"}",
        ENTRY "\"quantity\":\"2\",\"ref\":\"A\",\"order\":{\"type\":\"limit\",\"price\":\"1.07\"},"
              "\"stop\":{\"atr\":true},\"target\":{\"pct\":\"0.08\"},"
              "\"expires\":\"2026-03-01T09:31:30Z\",\"tags\":{\"bot_id\":\"b\"}}",
        "{" T ",\"type\":\"stop\",\"ref\":\"A\",\"price\":\"1\",\"force\":true}",
        "{" T ",\"type\":\"fault\",\"what\":\"delay\",\"order\":{\"ref\":\"A\"},\"count\":2,"
        "\"delay\":\"250ms\"}",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        union buffer event = decoded(lines[i]);
        char line[CODEC_LINE_MAX];
        size_t len;
        assert_int_equal(event_to_input(&event.head, names, line, sizeof line, &len), PAWL_OK);
        assert_string_equal(line, lines[i]);
    }
}

/* docs/reference/input.md, found beside this file. */
static FILE *open_page(void) {
    char path[1024] = __FILE__;
    char *slash = strrchr(path, '/');
    assert_non_null(slash);
    snprintf(slash, sizeof path - (size_t)(slash - path), "/../../docs/reference/input.md");
    FILE *page = fopen(path, "r");
    if (page == NULL) fail_msg("%s cannot be read", path);
    return page;
}

static void every_example_of_the_page_is_valid_and_every_type_has_one(void **state) {
    (void)state;
    char line[1024];
    size_t seen[SCHEMA_EVENT_COUNT] = {0};
    FILE *page = open_page();
    while (fgets(line, sizeof line, page) != NULL) {
        if (line[0] != '{') continue;
        union buffer event = decoded(line);
        seen[reflect_event(event.head.type) - schema_events]++;
    }
    fclose(page);
    for (size_t i = 0; i < SCHEMA_EVENT_COUNT; i++)
        if (input_type_of(schema_events[i].id) != NULL && seen[i] == 0)
            fail_msg("no example of %s", schema_events[i].name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quote_is_read),
        cmocka_unit_test(a_bar_arrives_at_its_close),
        cmocka_unit_test(a_signal_keeps_what_its_maker_said),
        cmocka_unit_test(an_entry_has_its_order_stop_and_target_inside),
        cmocka_unit_test(an_entry_is_a_market_order_if_not_said),
        cmocka_unit_test(what_is_not_said_comes_from_the_caller),
        cmocka_unit_test(a_fault_names_its_order_and_its_delay),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_nul_inside_a_text_is_refused),
        cmocka_unit_test(what_does_not_fit_the_buffer_is_refused),
        cmocka_unit_test(a_recorded_request_is_read_back_the_same),
        cmocka_unit_test(every_example_of_the_page_is_valid_and_every_type_has_one),
    };
    return cmocka_run_group_tests(tests, make_names, free_names);
}
