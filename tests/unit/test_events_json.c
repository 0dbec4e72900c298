/* events/codec, out: the exact lines of the trace, and what is done with bytes that are no text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/names.h"
#include "events/codec.h"
#include "events/reflect.h"
#include "pawl_num.h"

#define T0 INT64_C(1772357400000000000) /* 2026-03-01T09:30:00Z */

static struct names *names;

static int make_names(void **state) {
    (void)state;
    uint32_t id;
    if (names_new(&names, NULL) != PAWL_OK) return -1;
    if (names_intern(names, NAME_INSTRUMENT, "EURUSD", &id, NULL, NULL) != PAWL_OK) return -1;
    if (names_intern(names, NAME_ACCOUNT, "main", &id, NULL, NULL) != PAWL_OK) return -1;
    return names_intern(names, NAME_COMPONENT, "linked", &id, NULL, NULL);
}

static int free_names(void **state) {
    (void)state;
    names_free(names);
    return 0;
}

static void line_is(const struct pawl_event *event, const char *expected) {
    char line[CODEC_LINE_MAX];
    size_t len = 0;
    assert_int_equal(event_to_json(event, names, line, sizeof line, &len), PAWL_OK);
    assert_string_equal(line, expected);
    assert_int_equal(len, strlen(expected));
}

static struct pawl_event head(uint16_t type, uint32_t size) {
    return (struct pawl_event){
        .size = size, .type = type, .seq = (UINT64_C(1) << 40) | 7, .cause = 5, .time_ns = T0};
}

static void a_state_event_reads_as_the_format_says(void **state) {
    (void)state;
    struct pawl_ev_lot_opened lot = {.head = head(PAWL_EV_LOT_OPENED, sizeof lot),
                                     .lot = 12,
                                     .instrument = 1,
                                     .account = 1,
                                     .side = PAWL_POSITION_SIDE_LONG,
                                     .after = PAWL_AFTER_KIND_NOW,
                                     .quantity = {150000000},
                                     .initial_stop = {108000000},
                                     .owner = 1,
                                     .ref = "A"};
    line_is(&lot.head,
            "{\"seq\":1099511627783,\"t\":\"2026-03-01T09:30:00Z\",\"type\":\"lot.opened\","
            "\"cause\":5,\"lot\":12,\"symbol\":\"EURUSD\",\"account\":\"main\",\"side\":\"LONG\","
            "\"after\":\"now\",\"quantity\":\"1.5\",\"initial_stop\":\"1.08\",\"target\":\"0\","
            "\"owner\":\"linked\",\"ref\":\"A\"}");
}

static void what_is_empty_is_left_out_but_numbers_are_not(void **state) {
    (void)state;
    struct pawl_ev_alert alert = {.head = head(PAWL_EV_ALERT, sizeof alert), .what = "naked"};
    alert.head.cause = 0;
    line_is(&alert.head, "{\"seq\":1099511627783,\"t\":\"2026-03-01T09:30:00Z\",\"type\":\"alert\","
                         "\"cause\":0,\"what\":\"naked\",\"lot\":0}");
}

static void shared_structs_keep_their_own_names(void **state) {
    (void)state;
    struct pawl_ev_order_state order = {.head = head(PAWL_EV_ORDER_REJECTED, sizeof order),
                                        .order = "p0001000000000000010a",
                                        .side = PAWL_SIDE_SELL,
                                        .role = PAWL_ROLE_STOP,
                                        .kind = PAWL_KIND_STOP,
                                        .op = PAWL_ORDER_OP_SUBMIT,
                                        .quantity = {PAWL_E8},
                                        .stop_price = {-1},
                                        .code = -2010};
    line_is(&order.head,
            "{\"seq\":1099511627783,\"t\":\"2026-03-01T09:30:00Z\",\"type\":\"order.rejected\","
            "\"cause\":5,\"order\":\"p0001000000000000010a\",\"lot\":0,\"side\":\"SELL\","
            "\"role\":\"stop\",\"kind\":\"stop\",\"op\":\"submit\",\"quantity\":\"1\","
            "\"filled\":\"0\",\"leaves\":\"0\",\"price\":\"0\",\"stop_price\":\"-0.00000001\","
            "\"code\":-2010}");
}

static void text_is_escaped_and_bytes_that_are_none_replaced(void **state) {
    (void)state;
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"a\"b\\c\n\r\t\x01\x7f", "a\\\"b\\\\c\\n\\r\\t\\u0001\\u007f"},
        {"Gr\xc3\xbc\xc3\x9f""e \xe2\x82\xac \xf0\x9f\x90\xbe",
         "Gr\xc3\xbc\xc3\x9f""e \xe2\x82\xac \xf0\x9f\x90\xbe"},
        {"\xff", "\xef\xbf\xbd"},
        {"a\xc3", "a\xef\xbf\xbd"},
        {"\xc0\xaf.", "\xef\xbf\xbd\xef\xbf\xbd."},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe0\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pawl_ev_link link = {.head = head(PAWL_EV_LINK, sizeof link)};
        char expected[512];
        strcpy(link.message, cases[i].text);
        snprintf(expected, sizeof expected,
                 "{\"seq\":1099511627783,\"t\":\"2026-03-01T09:30:00Z\",\"type\":\"link\","
                 "\"cause\":5,\"up\":0,\"message\":\"%s\"}",
                 cases[i].json);
        line_is(&link.head, expected);
    }
}

static void text_fills_its_field_without_an_end(void **state) {
    (void)state;
    struct pawl_ev_connection link = {.head = head(PAWL_EV_CONNECTION, sizeof link)};
    memset(link.state, 'x', sizeof link.state);
    line_is(&link.head, "{\"seq\":1099511627783,\"t\":\"2026-03-01T09:30:00Z\",\"type\":"
                        "\"connection\",\"cause\":5,\"state\":\"xxxxxxxxxxxxxxxx\"}");
}

static void ids_without_a_name_are_numbers_and_unknown_enums_too(void **state) {
    (void)state;
    struct pawl_ev_trade trade = {.head = head(PAWL_EV_TRADE, sizeof trade),
                                  .instrument = 99,
                                  .side = 77,
                                  .price = {PAWL_E8},
                                  .size = {PAWL_QTY_ALL}};
    line_is(&trade.head, "{\"seq\":1099511627783,\"t\":\"2026-03-01T09:30:00Z\",\"type\":\"trade\","
                         "\"cause\":5,\"symbol\":\"#99\",\"side\":77,\"price\":\"1\","
                         "\"size\":\"ALL\"}");
}

struct tailed {
    struct pawl_ev_entry entry;
    char tail[48];
};

static void json_in_the_tail_is_embedded_or_shown_as_text(void **state) {
    (void)state;
    static const struct {
        const char *tail, *json;
    } cases[] = {
        {"{\"bot_id\":\"x\"}", "{\"bot_id\":\"x\"}"},
        {"{\"bot_id\":", "\"{\\\"bot_id\\\":\""},
        {"{\n}", "\"{\\n}\""},
        {"1,\"seq\":2", "\"1,\\\"seq\\\":2\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tailed e = {.entry.head = head(PAWL_EV_ENTRY, sizeof e)};
        char line[CODEC_LINE_MAX], expected[96];
        size_t len;
        strcpy(e.tail, cases[i].tail);
        e.entry.tags = (struct pawl_text){offsetof(struct tailed, tail), (uint32_t)strlen(e.tail)};
        snprintf(expected, sizeof expected, ",\"tags\":%s,\"", cases[i].json);
        assert_int_equal(event_to_json(&e.entry.head, names, line, sizeof line, &len), PAWL_OK);
        assert_non_null(strstr(line, expected));
    }
}

static void a_line_fits_or_nothing_is_said_to(void **state) {
    (void)state;
    struct pawl_ev_stop_moved moved = {.head = head(PAWL_EV_STOP_MOVED, sizeof moved),
                                       .lot = 3, .instrument = 1, .old = {1}, .new_ = {-2},
                                       .reason = "\x02\xff break \"even\""};
    char line[CODEC_LINE_MAX];
    size_t full = 0, len = 77;
    assert_int_equal(event_to_json(&moved.head, names, line, sizeof line, &full), PAWL_OK);
    for (size_t max = 1; max <= full; max++) {
        char *tight = malloc(max); /* its end is watched by the sanitizer */
        assert_non_null(tight);
        assert_int_equal(event_to_json(&moved.head, names, tight, max, &len), PAWL_E_RANGE);
        assert_int_equal(len, 77);
        free(tight);
    }
    assert_int_equal(event_to_json(&moved.head, names, line, full + 1, &len), PAWL_OK);
    assert_int_equal(len, full);
}

static void no_event_is_no_line(void **state) {
    (void)state;
    struct pawl_ev_mark mark = {.head = head(PAWL_EV_MARK, sizeof mark - 8)};
    char line[64];
    size_t len;
    assert_int_equal(event_to_json(&mark.head, names, line, sizeof line, &len), PAWL_E_DATA);
    mark.head = head(0x7777, sizeof mark);
    assert_int_equal(event_to_json(&mark.head, names, line, sizeof line, &len), PAWL_E_DATA);
    mark.head = head(PAWL_EV_RESTORED, sizeof mark);
    assert_int_equal(event_to_input(&mark.head, names, line, sizeof line, &len), PAWL_E_INVAL);
}

static void a_row_is_an_object_of_its_fields(void **state) {
    (void)state;
    struct pawl_rec_target target = {.id = 257, .lot = 1, .price = {110 * PAWL_E8},
                                     .quantity = {PAWL_QTY_ALL}, .generation = 2,
                                     .mode = PAWL_LEVEL_MODE_WATCH};
    char line[512];
    size_t len;
    const struct pawl_record_type *type = reflect_record(PAWL_REC_TARGET);
    assert_int_equal(row_to_json(type, &target, names, line, sizeof line, &len), PAWL_OK);
    assert_string_equal(line, "{\"id\":257,\"lot\":1,\"price\":\"110\",\"quantity\":\"ALL\","
                              "\"filled\":\"0\",\"generation\":2,\"mode\":\"watch\",\"index\":0,"
                              "\"fired\":0,\"tries\":0,\"spent\":0}");
    assert_int_equal(row_to_json(type, &target, NULL, line, 20, &len), PAWL_E_RANGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_event_reads_as_the_format_says),
        cmocka_unit_test(what_is_empty_is_left_out_but_numbers_are_not),
        cmocka_unit_test(shared_structs_keep_their_own_names),
        cmocka_unit_test(text_is_escaped_and_bytes_that_are_none_replaced),
        cmocka_unit_test(text_fills_its_field_without_an_end),
        cmocka_unit_test(ids_without_a_name_are_numbers_and_unknown_enums_too),
        cmocka_unit_test(json_in_the_tail_is_embedded_or_shown_as_text),
        cmocka_unit_test(a_line_fits_or_nothing_is_said_to),
        cmocka_unit_test(no_event_is_no_line),
        cmocka_unit_test(a_row_is_an_object_of_its_fields),
    };
    return cmocka_run_group_tests(tests, make_names, free_names);
}
