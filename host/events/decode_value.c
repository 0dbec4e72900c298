#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/rfc3339.h"
#include "events/decode.h"
#include "events/timefmt.h"
#include "pawl_num.h"

#define SHOWN_MAX 48u     /* bytes of a refused value in a message */
#define CHOICES_MAX 160u  /* bytes of a list of enum values in a message */
#define REAL_TEXT_MAX 32u /* bytes of a confidence as decimal text */

int decode_fail(struct decode *d, const struct input_key *key, const char *format, ...) {
    char message[200];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    const char *type = d->type == NULL ? "event" : d->type->name;
    if (key == NULL) return pawl_fail(d->err, PAWL_E_DATA, "%s: %s", type, message);
    if (key->parent == NULL)
        return pawl_fail(d->err, PAWL_E_DATA, "%s.%s: %s", type, key->key, message);
    return pawl_fail(d->err, PAWL_E_DATA, "%s.%s.%s: %s", type, key->parent, key->key, message);
}

struct shown {
    char *out;
    size_t len;
    bool cut;
};

static int show_more(const char *bytes, size_t len, void *arg) {
    struct shown *shown = arg;
    size_t room = SHOWN_MAX - 1 - shown->len;
    shown->cut = shown->cut || len > room;
    if (len > room) len = room;
    memcpy(shown->out + shown->len, bytes, len);
    shown->len += len;
    return 0;
}

/* The value as it stands in the input, cut to fit. */
static const char *shown(const json_t *value, char out[SHOWN_MAX]) {
    struct shown shown = {out, 0, false};
    json_dump_callback(value, show_more, &shown,
                       JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (shown.cut) memcpy(out + shown.len - 3, "...", 3);
    out[shown.len] = '\0';
    return out;
}

static int put_amount(struct decode *d, const struct input_key *key, const json_t *value,
                      int64_t *ret) {
    char text[SHOWN_MAX], real[REAL_TEXT_MAX];
    int rc;
    if (json_is_integer(value)) {
        json_int_t whole = json_integer_value(value);
        rc = __builtin_mul_overflow((int64_t)whole, PAWL_E8, ret) ? PAWL_E_RANGE : PAWL_OK;
    } else if (json_is_string(value)) {
        rc = pawl_parse_e8(json_string_value(value), json_string_length(value), ret);
    } else if (json_is_real(value) && (key->rules & INPUT_CONFIDENCE) != 0) {
        int n = snprintf(real, sizeof real, "%.8f", json_real_value(value));
        rc = n > 0 && (size_t)n < sizeof real ? pawl_parse_e8(real, (size_t)n, ret) : PAWL_E_RANGE;
    } else if (json_is_real(value)) {
        return decode_fail(d, key, "must be a decimal string such as \"1.5\", not the number %s",
                           shown(value, text));
    } else {
        return decode_fail(d, key, "must be a decimal string, not %s", shown(value, text));
    }
    if (rc == PAWL_E_RANGE) return decode_fail(d, key, "%s is out of range", shown(value, text));
    if (rc != PAWL_OK)
        return decode_fail(d, key, "must be a decimal number with at most 8 decimals, not %s",
                           shown(value, text));
    return PAWL_OK;
}

/* What the rules say of a number; unit is 1 of the field (1e8 for amounts). */
static int check_number(struct decode *d, const struct input_key *key, const json_t *value,
                        int64_t number, int64_t unit) {
    char text[SHOWN_MAX];
    if ((key->rules & INPUT_POSITIVE) != 0 && number <= 0)
        return decode_fail(d, key, "must be above 0, not %s", shown(value, text));
    if ((key->rules & INPUT_NOT_NEGATIVE) != 0 && number < 0)
        return decode_fail(d, key, "must not be negative, but is %s", shown(value, text));
    if ((key->rules & INPUT_FRACTION) != 0 && (number <= 0 || number >= unit))
        return decode_fail(d, key, "must be a fraction above 0 and below 1 (0.03 = 3 %%), not %s",
                           shown(value, text));
    if ((key->rules & INPUT_CONFIDENCE) != 0 && (number < 0 || number > unit))
        return decode_fail(d, key, "must be from 0 to 1, not %s", shown(value, text));
    return PAWL_OK;
}

static int decode_amount(struct decode *d, const struct input_key *key, const json_t *value,
                         const struct pawl_field *f) {
    int64_t e8 = 0;
    int rc = put_amount(d, key, value, &e8);
    if (rc == PAWL_OK) rc = check_number(d, key, value, e8, PAWL_E8);
    if (rc == PAWL_OK) memcpy(d->buf + f->offset, &e8, sizeof e8);
    return rc;
}

static int decode_integer(struct decode *d, const struct input_key *key, const json_t *value,
                          const struct pawl_field *f) {
    char text[SHOWN_MAX];
    if (!json_is_integer(value))
        return decode_fail(d, key, "must be a whole number, not %s", shown(value, text));
    int64_t number = json_integer_value(value);
    int64_t min = 0, max = INT64_MAX;
    if (f->kind == PAWL_F_I32) min = INT32_MIN, max = INT32_MAX;
    if (f->kind == PAWL_F_I64) min = INT64_MIN;
    if (f->kind == PAWL_F_U32) max = UINT32_MAX;
    if (f->kind == PAWL_F_U8) max = UINT8_MAX;
    if (f->kind == PAWL_F_U16) max = UINT16_MAX;
    int rc = check_number(d, key, value, number, 1);
    if (rc != PAWL_OK) return rc;
    if (number < min || number > max)
        return decode_fail(d, key, "%s is out of range", shown(value, text));
    memcpy(d->buf + f->offset, &number, f->size); /* little-endian: PAWL_ABI_SHAPE says le64 */
    return PAWL_OK;
}

static int decode_flag(struct decode *d, const struct input_key *key, const json_t *value,
                       const struct pawl_field *f) {
    char text[SHOWN_MAX];
    bool must_be_true = (key->rules & INPUT_TRUE) != 0;
    if (!json_is_boolean(value) || (must_be_true && !json_is_true(value)))
        return decode_fail(d, key, "must be true%s, not %s", must_be_true ? "" : " or false",
                           shown(value, text));
    d->buf[f->offset] = json_is_true(value);
    return PAWL_OK;
}

static int decode_time(struct decode *d, const struct input_key *key, const json_t *value,
                       const struct pawl_field *f) {
    char text[SHOWN_MAX];
    int64_t time_ns;
    const char *given = json_is_string(value) ? json_string_value(value) : "";
    size_t len = json_is_string(value) ? json_string_length(value) : 0;
    bool span = (key->rules & INPUT_DURATION) != 0, deadline = (key->rules & INPUT_DEADLINE) != 0;
    int rc = span ? PAWL_E_DATA : rfc3339_parse(given, len, &time_ns);
    if (deadline && d->env->timed != NULL) *d->env->timed = true;
    if (rc != PAWL_OK && (span || deadline)) {
        rc = timefmt_parse_duration(given, len, &time_ns);
        if (rc == PAWL_OK && deadline && pawl_add_i64(d->time_ns, time_ns, &time_ns) != PAWL_OK)
            rc = PAWL_E_RANGE;
    }
    if (rc == PAWL_E_RANGE) return decode_fail(d, key, "%s is out of range", shown(value, text));
    if (rc != PAWL_OK)
        return decode_fail(d, key, "must be %s, not %s",
                           span       ? "a duration such as \"250ms\""
                           : deadline ? "an RFC 3339 time or a duration such as \"60s\""
                                      : "an RFC 3339 time such as \"2026-03-01T09:30:00Z\"",
                           shown(value, text));
    memcpy(d->buf + f->offset, &time_ns, sizeof time_ns);
    return PAWL_OK;
}

static int take_text(struct decode *d, const struct input_key *key, const json_t *value,
                     const char **ret) {
    char text[SHOWN_MAX];
    if (!json_is_string(value) || json_string_length(value) == 0)
        return decode_fail(d, key, "must be a text, not %s", shown(value, text));
    if (strlen(json_string_value(value)) != json_string_length(value))
        return decode_fail(d, key, "a text must not contain \\u0000");
    *ret = json_string_value(value);
    return PAWL_OK;
}

static int decode_text(struct decode *d, const struct input_key *key, const json_t *value,
                       const struct pawl_field *f) {
    const char *text;
    int rc = take_text(d, key, value, &text);
    if (rc != PAWL_OK) return rc;
    size_t len = strlen(text);
    if (len >= f->size)
        return decode_fail(d, key, "must be at most %u bytes, is %zu", f->size - 1, len);
    memcpy(d->buf + f->offset, text, len);
    return PAWL_OK;
}

static int decode_enum(struct decode *d, const struct input_key *key, const json_t *value,
                       const struct pawl_field *f) {
    char choices[CHOICES_MAX], quoted[SHOWN_MAX];
    const char *text;
    int rc = take_text(d, key, value, &text);
    if (rc != PAWL_OK) return rc;
    uint8_t number = reflect_enum_value(f->enum_id, text, strlen(text));
    if (number == 0) {
        reflect_enum_choices(f->enum_id, choices, sizeof choices);
        return decode_fail(d, key, "%s is none of %s", shown(value, quoted), choices);
    }
    d->buf[f->offset] = (char)number;
    return PAWL_OK;
}

static int decode_name(struct decode *d, const struct input_key *key, const json_t *value,
                       const struct pawl_field *f) {
    char quoted[SHOWN_MAX];
    const char *text, *what = "instrument";
    int rc = take_text(d, key, value, &text);
    if (rc != PAWL_OK) return rc;
    uint32_t (*find)(void *self, const char *name) = d->env->instrument;
    if (f->kind == PAWL_F_ACCOUNT) find = d->env->account, what = "account";
    if (f->kind == PAWL_F_COMPONENT) find = d->env->component, what = "component";
    uint32_t id = find == NULL ? 0 : find(d->env->self, text);
    if (id == 0) return decode_fail(d, key, "unknown %s %s", what, shown(value, quoted));
    memcpy(d->buf + f->offset, &id, sizeof id);
    return PAWL_OK;
}

static int check_tags(struct decode *d, const struct input_key *key, const json_t *value) {
    const char *name;
    json_t *tag;
    json_object_foreach((json_t *)(uintptr_t)value, name, tag) {
        size_t i = 0;
        while (input_tags[i] != NULL && strcmp(input_tags[i], name) != 0) i++;
        if (input_tags[i] == NULL) return decode_fail(d, key, "unknown key \"%.40s\"", name);
        if (!json_is_string(tag) && !json_is_integer(tag))
            return decode_fail(d, key, "\"%s\" must be a text or a whole number", name);
    }
    return PAWL_OK;
}

static bool is_numbers(const json_t *value) {
    size_t i;
    json_t *one;
    if (!json_is_array(value)) return false;
    json_array_foreach(value, i, one) if (!json_is_integer(one) || json_integer_value(one) < 0)
        return false;
    return true;
}

/* The object, or array of numbers, as compact JSON into the tail. */
static int decode_json(struct decode *d, const struct input_key *key, const json_t *value,
                       const struct pawl_field *f) {
    char quoted[SHOWN_MAX];
    bool numbers = (key->rules & INPUT_NUMBERS) != 0;
    if (numbers && !is_numbers(value))
        return decode_fail(d, key, "must be an array of whole numbers, not %s",
                           shown(value, quoted));
    if (!numbers && !json_is_object(value))
        return decode_fail(d, key, "must be an object, not %s", shown(value, quoted));
    if ((key->rules & INPUT_TAGS) != 0) {
        int rc = check_tags(d, key, value);
        if (rc != PAWL_OK) return rc;
    }
    size_t room = d->max - d->size;
    size_t len = json_dumpb(value, d->buf + d->size, room, JSON_COMPACT | JSON_REAL_PRECISION(15));
    size_t padded = (len + 7) / 8 * 8;
    if (padded > room)
        return decode_fail(d, key, "the event would be larger than %zu bytes", d->max);
    memset(d->buf + d->size + len, 0, padded - len);
    struct pawl_text text = {d->size, (uint32_t)len};
    memcpy(d->buf + f->offset, &text, sizeof text);
    d->size += (uint32_t)padded;
    return PAWL_OK;
}

int decode_value(struct decode *d, const struct input_key *key, const json_t *value) {
    const struct pawl_field *f = reflect_field(d->type->fields, key->field);
    if ((key->rules & (INPUT_FLAG | INPUT_TRUE)) != 0) return decode_flag(d, key, value, f);
    if ((key->rules & INPUT_DURATION) != 0) return decode_time(d, key, value, f);
    switch (f->kind) {
    case PAWL_F_PRICE:
    case PAWL_F_QTY:
    case PAWL_F_MONEY:
    case PAWL_F_RATIO: return decode_amount(d, key, value, f);
    case PAWL_F_TIME: return decode_time(d, key, value, f);
    case PAWL_F_INSTRUMENT:
    case PAWL_F_ACCOUNT:
    case PAWL_F_COMPONENT: return decode_name(d, key, value, f);
    case PAWL_F_OID:
    case PAWL_F_STR: return decode_text(d, key, value, f);
    case PAWL_F_JSON: return decode_json(d, key, value, f);
    case PAWL_F_ENUM: return decode_enum(d, key, value, f);
    default: return decode_integer(d, key, value, f);
    }
}
