/*
 * Events to JSON and back. Every event filled with random bytes becomes one valid object that says
 * what the bytes say; every valid request survives the round trip byte for byte; no damaged line
 * does more than give an error that names its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/names.h"
#include "base/rfc3339.h"
#include "base/rng.h"
#include "events/codec.h"
#include "events/input_table.h"
#include "events/reflect.h"
#include "pawl_num.h"
#include "prop_seed.h"

#define ROUNDS_PER_TYPE 100
#define DAMAGED_LINES 20000
#define NAMES_EACH 5

static struct rng rng;
static struct names *names;

union buffer {
    char bytes[PAWL_EVENT_SIZE_MAX];
    struct pawl_event head;
    struct pawl_ev_bar bar;
    struct pawl_ev_entry entry;
};

/* ---- any bytes ---- */

static void random_text(char *at, size_t size) {
    size_t len = rng_below(&rng, size + 1);
    bool wild = rng_chance(&rng, 1, 3);
    memset(at, 0, size);
    for (size_t i = 0; i < len; i++)
        at[i] = (char)(wild ? rng_below(&rng, 256) : 0x20 + rng_below(&rng, 0x5f));
}

static void random_field(union buffer *event, const struct pawl_field *f) {
    char *at = event->bytes + f->offset;
    switch (f->kind) {
    case PAWL_F_OID:
    case PAWL_F_STR: random_text(at, f->size); return;
    case PAWL_F_INSTRUMENT:
    case PAWL_F_ACCOUNT:
    case PAWL_F_COMPONENT: {
        uint32_t id = (uint32_t)rng_below(&rng, NAMES_EACH + 2);
        memcpy(at, &id, sizeof id);
        return;
    }
    case PAWL_F_TEXT:
    case PAWL_F_BYTES:
    case PAWL_F_JSON: {
        struct pawl_text text = {event->head.size, (uint32_t)rng_below(&rng, 40)};
        random_text(event->bytes + text.off, text.len);
        event->head.size += (text.len + 7) / 8 * 8;
        memcpy(at, &text, sizeof text);
        return;
    }
    default: break;
    }
    for (uint32_t i = 0; i < f->size; i++) at[i] = (char)rng_u64(&rng);
    if (f->size == 8) at[7] &= 0x7f; /* JSON readers end at 63 bits */
    if (rng_chance(&rng, 1, 5)) memset(at, 0, f->size);
}

static void random_event(union buffer *event, const struct schema_event *type) {
    memset(event, 0, sizeof *event);
    event->head = (struct pawl_event){.size = type->size, .type = type->id,
                                      .seq = rng_below(&rng, UINT64_C(1) << 60),
                                      .cause = rng_below(&rng, UINT64_C(1) << 60),
                                      .time_ns = rng_between(&rng, 0, INT64_MAX)};
    for (const struct pawl_field *f = type->fields; f->name != NULL; f++) random_field(event, f);
}

static int64_t integer_at(const union buffer *event, const struct pawl_field *f) {
    int64_t value = 0;
    memcpy(&value, event->bytes + f->offset, f->size);
    if (f->kind == PAWL_F_I32) value = (int32_t)value;
    return value;
}

static void check_text(const json_t *value, const char *bytes, size_t len) {
    json_t *expected = json_stringn(bytes, len); /* NULL: no UTF-8 */
    if (expected != NULL) assert_true(json_equal(expected, value));
    else assert_non_null(strstr(json_string_value(value), "\xef\xbf\xbd"));
    json_decref(expected);
}

/* Each byte is the character of that number. */
static void check_bytes(const union buffer *event, const char *at, const json_t *value) {
    struct pawl_text text;
    char expected[2 * PAWL_EVENT_SIZE_MAX];
    size_t len = 0;
    memcpy(&text, at, sizeof text);
    for (uint32_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)event->bytes[text.off + i];
        if (c >= 0x80) expected[len++] = (char)(0xc0 | c >> 6);
        expected[len++] = (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c);
    }
    check_text(value, expected, len);
}

static void check_value(const union buffer *event, const struct pawl_field *f,
                        const json_t *value) {
    static const enum name_space space[] = {NAME_INSTRUMENT, NAME_ACCOUNT, NAME_COMPONENT};
    const char *at = event->bytes + f->offset, *text = json_string_value(value);
    int64_t number = 0;
    switch (f->kind) {
    case PAWL_F_PRICE:
    case PAWL_F_QTY:
    case PAWL_F_MONEY:
    case PAWL_F_RATIO:
        assert_int_equal(pawl_parse_e8(text, strlen(text), &number), PAWL_OK);
        assert_int_equal(number, integer_at(event, f));
        break;
    case PAWL_F_TIME:
        if (integer_at(event, f) > INT64_C(9214646400) * PAWL_NS) break; /* beyond 2261 */
        assert_int_equal(rfc3339_parse(text, strlen(text), &number), PAWL_OK);
        assert_int_equal(number, integer_at(event, f));
        break;
    case PAWL_F_INSTRUMENT:
    case PAWL_F_ACCOUNT:
    case PAWL_F_COMPONENT:
        number = integer_at(event, f);
        if (number <= NAMES_EACH)
            assert_string_equal(
                text, names_text(names, space[f->kind - PAWL_F_INSTRUMENT], (uint32_t)number));
        else assert_int_equal(text[0], '#');
        break;
    case PAWL_F_OID:
    case PAWL_F_STR: check_text(value, at, strnlen(at, f->size)); break;
    case PAWL_F_BYTES: check_bytes(event, at, value); break;
    case PAWL_F_TEXT:
    case PAWL_F_JSON: break; /* may be an object or a text; that the line parses is the point */
    case PAWL_F_ENUM:
        text = json_is_string(value) ? text : "";
        assert_string_equal(text, reflect_enum_text(f->enum_id, (uint8_t)*at));
        break;
    default: assert_int_equal(json_integer_value(value), integer_at(event, f)); break;
    }
}

static void any_event_becomes_a_line_that_says_the_same(void **state) {
    (void)state;
    static const char *const first[] = {"seq", "t", "type", "cause"};
    for (size_t n = 0; n < SCHEMA_EVENT_COUNT * ROUNDS_PER_TYPE; n++) {
        const struct schema_event *type = &schema_events[n % SCHEMA_EVENT_COUNT];
        union buffer event;
        char line[CODEC_LINE_MAX];
        size_t len = 0, at = 0, written = 0;
        random_event(&event, type);
        if (event_to_json(&event.head, names, line, sizeof line, &len) != PAWL_OK)
            fail_msg("%s: no line of it", type->name);
        assert_null(memchr(line, '\n', len));
        json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
        assert_non_null(object);
        const char *key;
        json_t *value;
        json_object_foreach(object, key, value) {
            if (at < 4) assert_string_equal(key, first[at]);
            at++;
        }
        assert_int_equal(json_integer_value(json_object_get(object, "seq")), event.head.seq);
        assert_int_equal(json_integer_value(json_object_get(object, "cause")), event.head.cause);
        for (const struct pawl_field *f = type->fields; f->name != NULL; f++) {
            key = strcmp(f->name, "instrument") == 0 ? "symbol" : f->name;
            value = json_object_get(object, key);
            if (value != NULL) written++;
            if (value != NULL) check_value(&event, f, value);
            else assert_true(f->kind == PAWL_F_TIME || f->kind >= PAWL_F_INSTRUMENT);
        }
        assert_int_equal(written + 4, json_object_size(object));
        json_decref(object);
    }
}

/* ---- requests that are valid ---- */

static uint32_t find_name(enum name_space space, const char *text) {
    return names_find(names, space, text);
}
static uint32_t find_instrument(void *self, const char *text) {
    return (void)self, find_name(NAME_INSTRUMENT, text);
}
static uint32_t find_account(void *self, const char *text) {
    return (void)self, find_name(NAME_ACCOUNT, text);
}
static uint32_t find_component(void *self, const char *text) {
    return (void)self, find_name(NAME_COMPONENT, text);
}
static const struct event_decode env = {
    .instrument = find_instrument, .account = find_account, .component = find_component};

static int64_t number_for(const struct input_key *key, const struct pawl_field *f) {
    if ((key->rules & INPUT_FRACTION) != 0) return rng_between(&rng, 1, PAWL_E8 - 1);
    if ((key->rules & INPUT_CONFIDENCE) != 0) return rng_between(&rng, 0, PAWL_E8);
    if ((key->rules & INPUT_TRUE) != 0) return 1;
    if ((key->rules & INPUT_FLAG) != 0) return (int64_t)rng_below(&rng, 2);
    if ((key->rules & INPUT_DURATION) != 0) return rng_between(&rng, 0, INT64_MAX);
    if (f->kind == PAWL_F_ENUM) return rng_between(&rng, 1, reflect_enum(f->enum_id)->count);
    if (f->kind >= PAWL_F_INSTRUMENT && f->kind <= PAWL_F_COMPONENT)
        return rng_between(&rng, 1, NAMES_EACH);
    if (f->kind == PAWL_F_I32) return rng_between(&rng, INT32_MIN, INT32_MAX);
    if (f->kind == PAWL_F_U32) return rng_between(&rng, 1, UINT32_MAX);
    return rng_between(&rng, (key->rules & INPUT_POSITIVE) != 0, INT64_C(9000000000) * PAWL_NS);
}

/* Puts what the key wants behind the `size` bytes there are; returns how many there are then. */
static uint32_t valid_json(char *bytes, uint32_t size, const struct pawl_field *f,
                           uint32_t rules) {
    unsigned long long number = rng_u64(&rng) >> 1; /* JSON readers end at 63 bits */
    int n = (rules & INPUT_NUMBERS) != 0
                ? snprintf(bytes + size, 64, "[7,%llu]", number)
                : snprintf(bytes + size, 64, "{\"%s\":\"%llu\"}",
                           (rules & INPUT_TAGS) != 0 ? "user_id" : "x\xc3\xbc", number);
    struct pawl_text text = {size, (uint32_t)n};
    memset(bytes + size + n, 0, 8);
    *(struct pawl_text *)(void *)(bytes + f->offset) = text;
    return size + (text.len + 7) / 8 * 8;
}

static void valid_field(union buffer *event, const struct input_key *key,
                        const struct pawl_field *f) {
    if (f->kind == PAWL_F_JSON) {
        event->head.size = valid_json(event->bytes, event->head.size, f, key->rules);
    } else if (f->kind == PAWL_F_STR) {
        snprintf(event->bytes + f->offset, f->size, "n\"\\\xc3\xbc%u",
                 (unsigned)rng_below(&rng, 999));
    } else {
        int64_t value = number_for(key, f);
        memcpy(event->bytes + f->offset, &value, f->size);
    }
}

/* No legs, or two and more from the first on; a price where the kind has one. */
static void make_legs(struct pawl_ev_entry *entry) {
    struct {
        uint32_t *instrument;
        uint8_t *side, *kind;
        struct pawl_ratio *ratio;
        struct pawl_price *price;
    } legs[] = {
        {&entry->leg1_instrument, &entry->leg1_side, &entry->leg1_kind, &entry->leg1_ratio,
         &entry->leg1_price},
        {&entry->leg2_instrument, &entry->leg2_side, &entry->leg2_kind, &entry->leg2_ratio,
         &entry->leg2_price},
        {&entry->leg3_instrument, &entry->leg3_side, &entry->leg3_kind, &entry->leg3_ratio,
         &entry->leg3_price},
        {&entry->leg4_instrument, &entry->leg4_side, &entry->leg4_kind, &entry->leg4_ratio,
         &entry->leg4_price}};
    entry->leg_count = rng_chance(&rng, 1, 2) ? 0 : (uint32_t)rng_between(&rng, 2, 4);
    for (uint32_t i = 0; i < 4; i++) {
        bool there = i < entry->leg_count;
        *legs[i].kind = there ? (uint8_t)rng_between(&rng, PAWL_KIND_MARKET, PAWL_KIND_STOP) : 0;
        legs[i].price->e8 = *legs[i].kind > PAWL_KIND_MARKET ? 5 : 0;
        if (there) continue;
        *legs[i].instrument = 0;
        *legs[i].side = 0;
        legs[i].ratio->e8 = 0;
    }
}

/* What no single key can tell, made true. */
static void make_whole(union buffer *event) {
    struct pawl_ev_entry *entry = &event->entry;
    if (event->head.type == PAWL_EV_BAR) {
        event->bar.high.e8 = INT64_C(9000000000) * PAWL_NS;
        event->bar.low.e8 = 1;
        event->bar.open_time = event->head.time_ns;
        event->head.time_ns += event->bar.seconds * PAWL_NS;
    }
    if (event->head.type != PAWL_EV_ENTRY) return;
    make_legs(entry);
    uint64_t size = rng_below(&rng, 3), stop = rng_below(&rng, 4), target = rng_below(&rng, 4);
    if (size != 0 || entry->quantity.e8 == 0) entry->quantity.e8 = size == 0;
    entry->allocation.e8 = size == 1;
    entry->risk_pct.e8 = size == 2;
    if (stop != 1) entry->stop_price.e8 = 0;
    if (stop != 2) entry->stop_pct.e8 = 0;
    entry->stop_atr = stop == 3;
    if (target != 1) entry->target_price.e8 = 0;
    if (target != 2) entry->target_pct.e8 = 0;
    entry->target_atr = target == 3;
    entry->order_kind = (uint8_t)rng_between(&rng, PAWL_KIND_MARKET, PAWL_KIND_STOP);
    entry->order_price.e8 = entry->order_kind == PAWL_KIND_MARKET ? 0 : 7;
    if (entry->expires != 0) entry->expires = event->head.time_ns + 1 + entry->expires % PAWL_NS;
}

/* 1 if this key must be there: required, or one of those that say which lot. */
static bool is_needed(const struct input_key *key) {
    return (key->rules & INPUT_REQUIRED) != 0 || strcmp(key->key, "ref") == 0;
}

static void valid_request(union buffer *event, const struct input_type *input) {
    const struct schema_event *type = reflect_event(input->type);
    memset(event, 0, sizeof *event);
    event->head.size = type->size;
    event->head.type = type->id;
    event->head.time_ns = rng_between(&rng, 1, INT64_C(2000000000) * PAWL_NS);
    for (const struct input_key *k = input->keys; k->key != NULL; k++)
        if (is_needed(k) || rng_chance(&rng, 1, 2))
            valid_field(event, k, reflect_field(type->fields, k->field));
    make_whole(event);
}

static const struct input_type *random_type(void) {
    const struct input_type *input;
    do {
        input = input_type_of(schema_events[rng_below(&rng, SCHEMA_EVENT_COUNT)].id);
    } while (input == NULL);
    return input;
}

static size_t valid_line(union buffer *event, char line[CODEC_LINE_MAX]) {
    size_t len = 0;
    valid_request(event, random_type());
    assert_int_equal(event_to_input(&event->head, names, line, CODEC_LINE_MAX, &len), PAWL_OK);
    return len;
}

static void a_request_survives_the_round_trip(void **state) {
    (void)state;
    for (int n = 0; n < 5000; n++) {
        union buffer event, again;
        char line[CODEC_LINE_MAX];
        struct pawl_err err = {0};
        size_t len = valid_line(&event, line);
        json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(object);
        if (event_from_json(object, &env, &again, sizeof again, &err) != PAWL_OK)
            fail_msg("%s\n%s", err.text, line);
        assert_int_equal(again.head.size, event.head.size);
        assert_memory_equal(again.bytes, event.bytes, event.head.size);
        json_decref(object);
    }
}

/* ---- lines that are damaged ---- */

static void damage(char *line, size_t len) {
    static const char *const values[] = {"null", "\"\"", "1e999", "[]", "-0", "{}", "\"-\""};
    if (rng_chance(&rng, 1, 3)) { /* another value behind some colon */
        size_t at = rng_below(&rng, len);
        while (at < len && line[at] != ':') at++;
        const char *value = values[rng_below(&rng, 7)];
        if (at + 1 + strlen(value) < len) memcpy(line + at + 1, value, strlen(value));
        return;
    }
    for (uint64_t n = 1 + rng_below(&rng, 2); n > 0; n--)
        line[rng_below(&rng, len)] = "\"\\{}[],:.0129eE-+tfnaZ \x80"[rng_below(&rng, 24)];
}

static void a_damaged_line_is_refused_with_its_place_or_is_valid(void **state) {
    (void)state;
    uint64_t parsed = 0, refused = 0;
    for (int n = 0; n < DAMAGED_LINES; n++) {
        union buffer event;
        char line[CODEC_LINE_MAX];
        struct pawl_err err = {0};
        size_t len = valid_line(&event, line);
        damage(line, len);
        json_t *object = json_loadb(line, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        if (object == NULL) continue;
        parsed++;
        int rc = event_from_json(object, &env, &event, sizeof event, &err);
        if (rc == PAWL_OK) {
            assert_int_equal(reflect_event_check(&event.head, sizeof event), PAWL_OK);
        } else {
            refused++;
            assert_int_equal(rc, PAWL_E_DATA);
            assert_non_null(strstr(err.text, ": "));
        }
        json_decref(object);
    }
    assert_true(parsed > DAMAGED_LINES / 100 && refused > DAMAGED_LINES / 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_event_becomes_a_line_that_says_the_same),
        cmocka_unit_test(a_request_survives_the_round_trip),
        cmocka_unit_test(a_damaged_line_is_refused_with_its_place_or_is_valid),
    };
    rng_init(&rng, prop_seed("events"));
    if (names_new(&names, NULL) != PAWL_OK) return 1;
    for (int space = NAME_INSTRUMENT; space <= NAME_COMPONENT; space++)
        for (int i = 1; i <= NAMES_EACH; i++) {
            char text[16];
            uint32_t id;
            snprintf(text, sizeof text, "N\xc3\xbc\"%d", i);
            if (names_intern(names, (enum name_space)space, text, &id, NULL, NULL) != PAWL_OK)
                return 1;
        }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    names_free(names);
    return failed;
}
