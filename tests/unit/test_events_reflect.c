/* events/reflect and events/timefmt: what the schema says is found again; durations as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "events/reflect.h"
#include "events/timefmt.h"

static void every_event_is_found_by_id_and_by_name(void **state) {
    (void)state;
    for (size_t i = 0; i < SCHEMA_EVENT_COUNT; i++) {
        assert_ptr_equal(reflect_event(schema_events[i].id), &schema_events[i]);
        assert_ptr_equal(reflect_event_named(schema_events[i].name), &schema_events[i]);
        assert_true(schema_events[i].size % 8 == 0);
        if (i > 0) assert_true(schema_events[i - 1].id < schema_events[i].id);
    }
    assert_null(reflect_event(0));
    assert_null(reflect_event(0x0100));
    assert_null(reflect_event(0xffff));
    assert_null(reflect_event_named(""));
    assert_null(reflect_event_named("lot_opened"));
    assert_int_equal(reflect_event_named("lot.opened")->id, PAWL_EV_LOT_OPENED);
    assert_int_equal(reflect_event_named("order.unknown")->size,
                     sizeof(struct pawl_ev_order_state));
}

static void every_record_is_found_and_begins_with_its_key(void **state) {
    (void)state;
    for (size_t i = 0; i < SCHEMA_RECORD_COUNT; i++) {
        const struct pawl_record_type *type = &schema_records[i];
        assert_ptr_equal(reflect_record(type->id), type);
        assert_ptr_equal(reflect_record_table(type->table), type);
        assert_int_equal(type->fields[0].kind, PAWL_F_U64);
        assert_int_equal(type->fields[0].offset, 0);
    }
    assert_null(schema_records[SCHEMA_RECORD_COUNT].name);
    assert_null(reflect_record(0x101));
    assert_null(reflect_record_table("nothing"));
    assert_int_equal(reflect_record(PAWL_REC_LOT)->size, sizeof(struct pawl_rec_lot));
    assert_int_equal(reflect_field(reflect_record(PAWL_REC_LOT)->fields, "stop")->offset,
                     offsetof(struct pawl_rec_lot, stop));
    assert_null(reflect_field(reflect_record(PAWL_REC_LOT)->fields, "nothing"));
}

static void fields_lie_behind_each_other_within_their_struct(void **state) {
    (void)state;
    for (size_t i = 0; i < SCHEMA_EVENT_COUNT; i++) {
        uint32_t end = sizeof(struct pawl_event);
        for (const struct pawl_field *f = schema_events[i].fields; f->name != NULL; f++) {
            assert_true(f->offset >= end);
            assert_true(f->kind != PAWL_F_ENUM || reflect_enum(f->enum_id) != NULL);
            end = f->offset + f->size;
        }
        assert_true(end <= schema_events[i].size);
    }
}

static uint8_t value(uint16_t enum_id, const char *text) {
    return reflect_enum_value(enum_id, text, strlen(text));
}

static void enum_texts_go_both_ways_whatever_their_case(void **state) {
    (void)state;
    for (size_t i = 0; i < SCHEMA_ENUM_COUNT; i++)
        for (size_t k = 0; k < schema_enums[i].count; k++) {
            const struct schema_value *v = &schema_enums[i].values[k];
            assert_string_equal(reflect_enum_text(schema_enums[i].id, v->value), v->name);
            assert_int_equal(value(schema_enums[i].id, v->name), v->value);
        }
    assert_int_equal(value(PAWL_ENUM_ORDER_STATE, "Partially_Filled"), 4);
    assert_string_equal(reflect_enum_text(PAWL_ENUM_SIDE, 0), "");
    assert_string_equal(reflect_enum_text(PAWL_ENUM_SIDE, 3), "");
    assert_string_equal(reflect_enum_text(0, 1), "");
    assert_null(reflect_enum(SCHEMA_ENUM_COUNT + 1));
    assert_int_equal(value(0, "BUY"), 0);
    assert_int_equal(value(PAWL_ENUM_ROLE, "buy"), 0);
}

static void sides_have_synonyms_but_a_signal_knows_short(void **state) {
    (void)state;
    static const char *const up[] = {"buy", "Long", "BULL", "bullish", "b"};
    static const char *const down[] = {"sell", "Short", "BEAR", "bearish", "S"};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(value(PAWL_ENUM_SIDE, up[i]), PAWL_SIDE_BUY);
        assert_int_equal(value(PAWL_ENUM_SIDE, down[i]), PAWL_SIDE_SELL);
        assert_int_equal(value(PAWL_ENUM_POSITION_SIDE, up[i]), PAWL_POSITION_SIDE_LONG);
        assert_int_equal(value(PAWL_ENUM_POSITION_SIDE, down[i]), PAWL_POSITION_SIDE_SHORT);
    }
    assert_int_equal(value(PAWL_ENUM_SIDE, ""), 0);
    assert_int_equal(value(PAWL_ENUM_SIDE, "buyer"), 0);
    assert_int_equal(value(PAWL_ENUM_SIGNAL_KIND, "short"), PAWL_SIGNAL_KIND_SHORT);
    assert_int_equal(value(PAWL_ENUM_SIGNAL_KIND, "bear"), PAWL_SIGNAL_KIND_SELL);
    assert_int_equal(value(PAWL_ENUM_SIGNAL_KIND, "long"), PAWL_SIGNAL_KIND_BUY);
    assert_int_equal(value(PAWL_ENUM_SIGNAL_KIND, "flat"), 0);
}

static void choices_are_cut_to_fit(void **state) {
    (void)state;
    char text[12];
    reflect_enum_choices(PAWL_ENUM_SIDE, text, sizeof text);
    assert_string_equal(text, "BUY, SELL");
    reflect_enum_choices(PAWL_ENUM_ROLE, text, sizeof text);
    assert_string_equal(text, "main, stop,");
    reflect_enum_choices(0, text, sizeof text);
    assert_string_equal(text, "");
}

static void an_event_is_checked_against_its_type(void **state) {
    (void)state;
    struct {
        struct pawl_ev_entry entry;
        char tail[16];
    } e = {.entry.head = {.size = sizeof e, .type = PAWL_EV_ENTRY}};
    const struct pawl_event *head = &e.entry.head;
    assert_int_equal(reflect_event_check(head, sizeof e), PAWL_OK);
    e.entry.tags = (struct pawl_text){sizeof e.entry, 16};
    assert_int_equal(reflect_event_check(head, sizeof e), PAWL_OK);
    e.entry.tags.len = 17;
    assert_int_equal(reflect_event_check(head, sizeof e), PAWL_E_DATA);
    e.entry.tags = (struct pawl_text){sizeof e.entry - 1, 1};
    assert_int_equal(reflect_event_check(head, sizeof e), PAWL_E_DATA);
    e.entry.tags = (struct pawl_text){UINT32_MAX, UINT32_MAX};
    assert_int_equal(reflect_event_check(head, sizeof e), PAWL_E_DATA);
    e.entry.tags = (struct pawl_text){0, 0};
    assert_int_equal(reflect_event_check(head, sizeof e - 8), PAWL_E_DATA);
    assert_int_equal(reflect_event_check(head, 4), PAWL_E_DATA);
    e.entry.head.size = sizeof e.entry - 8;
    assert_int_equal(reflect_event_check(head, sizeof e), PAWL_E_DATA);
    e.entry.head.size = sizeof e.entry + 4;
    assert_int_equal(reflect_event_check(head, sizeof e), PAWL_E_DATA);
    e.entry.head.size = sizeof e;
    e.entry.head.type = 0x0fff;
    assert_int_equal(reflect_event_check(head, sizeof e), PAWL_E_DATA);
}

static void durations_have_one_unit(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
        const char *again;
    } good[] = {
        {"250ms", 250 * PAWL_MS, "250ms"}, {"20s", 20 * PAWL_NS, "20s"},
        {"180s", 180 * PAWL_NS, "3m"},     {"1h", 3600 * PAWL_NS, "1h"},
        {"2d", 172800 * PAWL_NS, "48h"},   {"500us", 500000, "500us"},
        {"10ns", 10, "10ns"},              {"0s", 0, "0s"},
        {"0ms", 0, "0s"},                  {"9223372036854775807ns", INT64_MAX, NULL},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t ns = -1;
        char text[TIMEFMT_MAX];
        assert_int_equal(timefmt_parse_duration(good[i].text, strlen(good[i].text), &ns), PAWL_OK);
        assert_int_equal(ns, good[i].ns);
        timefmt_format_duration(ns, text);
        assert_string_equal(text, good[i].again != NULL ? good[i].again : good[i].text);
    }
    static const char *const bad[] = {"", "s", "5", "5 s", "-5s", "5S", "1m30s", "1.5s", "5sec"};
    int64_t ns = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(timefmt_parse_duration(bad[i], strlen(bad[i]), &ns), PAWL_E_DATA);
    assert_int_equal(timefmt_parse_duration("9223372036854775808ns", 21, &ns), PAWL_E_RANGE);
    assert_int_equal(timefmt_parse_duration("106752d", 7, &ns), PAWL_E_RANGE);
    assert_int_equal(ns, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_is_found_by_id_and_by_name),
        cmocka_unit_test(every_record_is_found_and_begins_with_its_key),
        cmocka_unit_test(fields_lie_behind_each_other_within_their_struct),
        cmocka_unit_test(enum_texts_go_both_ways_whatever_their_case),
        cmocka_unit_test(sides_have_synonyms_but_a_signal_knows_short),
        cmocka_unit_test(choices_are_cut_to_fit),
        cmocka_unit_test(an_event_is_checked_against_its_type),
        cmocka_unit_test(durations_have_one_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
