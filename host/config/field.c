#include "config/field.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "pawl_num.h"

static const struct unit {
    const char *text;
    int64_t ns;
} units[] = {/* largest first */
             {"d", INT64_C(86400) * PAWL_NS},
             {"h", INT64_C(3600) * PAWL_NS},
             {"m", 60 * PAWL_NS},
             {"s", PAWL_NS},
             {"ms", PAWL_MS},
             {"us", 1000},
             {"ns", 1}};
#define UNIT_COUNT (sizeof units / sizeof units[0])

void duration_format(int64_t ns, char out[DURATION_TEXT_MAX]) {
    size_t i = 0;
    if (ns == 0) i = 3; /* "0s" */
    while (ns % units[i].ns != 0) i++;
    snprintf(out, DURATION_TEXT_MAX, "%lld%s", (long long)(ns / units[i].ns), units[i].text);
}

int duration_parse(const char *text, int64_t *ret_ns) {
    int64_t value = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
            __builtin_add_overflow(value, (int64_t)(*p - '0'), &value))
            return PAWL_E_RANGE;
    if (p == text) return PAWL_E_DATA;
    if (*p == '\0' && value == 0) {
        *ret_ns = 0;
        return PAWL_OK;
    }
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        if (strcmp(p, units[i].text) != 0) continue;
        if (__builtin_mul_overflow(value, units[i].ns, &value)) return PAWL_E_RANGE;
        *ret_ns = value;
        return PAWL_OK;
    }
    return PAWL_E_DATA;
}

uint32_t choice_find(const char *choices, const char *text) {
    size_t wanted = strlen(text);
    uint32_t n = 1;
    for (const char *p = choices;; n++) {
        size_t length = strcspn(p, "|");
        if (length == wanted && wanted > 0 && memcmp(p, text, length) == 0) return n;
        if (p[length] == '\0') return 0;
        p += length + 1;
    }
}

int name_is_valid(const char *text, size_t max) {
    size_t n = 0;
    for (; text[n] != '\0'; n++) {
        char c = text[n];
        int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || c == '-';
        if (!plain || n >= max) return 0;
    }
    return n > 0;
}

/* ---- messages ---- */

static int say(char *message, const char *text) {
    snprintf(message, FIELD_MESSAGE_MAX + 1, "%s", text);
    return PAWL_E_CONFIG;
}

static void number_text(const struct field *field, int64_t value, char out[32]) {
    if (field->type == FIELD_DECIMAL)
        pawl_format_e8(value, out);
    else if (field->type == FIELD_DURATION)
        duration_format(value, out);
    else
        snprintf(out, 32, "%lld", (long long)value);
}

/* `given` as it should be shown, or NULL. */
static int say_range(const struct field *field, int64_t value, char *message) {
    char low[32], high[32], given[32];
    number_text(field, field->min, low);
    number_text(field, field->max, high);
    number_text(field, value, given);
    size_t room = FIELD_MESSAGE_MAX + 1;
    if (field->min == field->max)
        snprintf(message, room, "must be %s, not %s", low, given);
    else if (field->type == FIELD_DECIMAL && field->min == 1 && field->max == PAWL_E8 - 1)
        snprintf(message, room, "must be above 0 and below 1, not %s", given);
    else if (field->type == FIELD_DECIMAL && field->max == PAWL_E8 - 1)
        snprintf(message, room, "must be at least %s and below 1, not %s", low, given);
    else if (field->max == INT64_MAX && field->min == 1 && field->type == FIELD_DECIMAL)
        snprintf(message, room, "must be above 0, not %s", given);
    else if (field->max == INT64_MAX)
        snprintf(message, room, "must be at least %s, not %s", low, given);
    else
        snprintf(message, room, "must be from %s to %s, not %s", low, high, given);
    return PAWL_E_CONFIG;
}

static const char *type_text(const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "a list";
    case JSON_STRING: return "text";
    case JSON_INTEGER: return "a number";
    case JSON_REAL: return "a number with a fraction";
    case JSON_TRUE: return "true";
    case JSON_FALSE: return "false";
    case JSON_NULL: return "null";
    }
    return "something else";
}

static const char *expected_text(const struct field *field) {
    switch (field->type) {
    case FIELD_BOOL: return "true or false";
    case FIELD_INT: return "a whole number";
    case FIELD_DECIMAL: return "a decimal as text, as in \"0.5\", or a whole number";
    case FIELD_DURATION:
        return "a duration as text, as in \"250ms\", \"20s\", \"3m\", \"1h\" or \"1d\"";
    default: return "text";
    }
}

static int say_type(const struct field *field, const char *given, char *message) {
    snprintf(message, FIELD_MESSAGE_MAX + 1, "must be %s, not %s", expected_text(field), given);
    return PAWL_E_CONFIG;
}

static int say_choice(const struct field *field, const char *given, char *message) {
    struct report_list list = {.at = 0};
    struct nearest nearest = {.wanted = given};
    char choice[64], known[16][64];
    size_t kept = 0;
    for (const char *p = field->choices; p != NULL;) {
        size_t length = strcspn(p, "|");
        snprintf(choice, sizeof choice, "%.*s", (int)length, p);
        report_list_add(&list, choice);
        if (kept < 16) {
            memcpy(known[kept], choice, sizeof choice);
            nearest_offer(&nearest, known[kept++]);
        }
        p = p[length] == '\0' ? NULL : p + length + 1;
    }
    int n = snprintf(message, FIELD_MESSAGE_MAX + 1, "must be one of %s, not \"%.40s\"",
                     report_list_text(&list), given);
    if (nearest.best != NULL && n > 0 && (size_t)n < FIELD_MESSAGE_MAX)
        snprintf(message + n, FIELD_MESSAGE_MAX + 1 - (size_t)n, "; did you mean \"%s\"?",
                 nearest.best);
    return PAWL_E_CONFIG;
}

/* ---- writing ---- */

static int put_number(const struct field *field, int64_t value, void *base, char *message) {
    if ((field->min != 0 || field->max != 0) && (value < field->min || value > field->max))
        return say_range(field, value, message);
    memcpy((char *)base + field->offset, &value, sizeof value);
    return PAWL_OK;
}

static int put_bool(const struct field *field, int value, void *base) {
    *((uint8_t *)base + field->offset) = value ? 1 : 0;
    return PAWL_OK;
}

static int put_enum(const struct field *field, const char *text, void *base, char *message) {
    uint32_t position = choice_find(field->choices, text);
    if (position == 0) return say_choice(field, text, message);
    memcpy((char *)base + field->offset, &position, sizeof position);
    return PAWL_OK;
}

static int put_text(const struct field *field, const char *text, void *base, char *message) {
    size_t length = strlen(text), room = field->size;
    if (length >= room) {
        snprintf(message, FIELD_MESSAGE_MAX + 1, "must be at most %zu bytes, not %zu", room - 1,
                 length);
        return PAWL_E_CONFIG;
    }
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return say(message, "must not contain control characters");
    if (field->type == FIELD_NAME && !name_is_valid(text, room - 1))
        return say(message, "must be of letters, digits, \"_\" and \"-\"");
    if (field->choices != NULL && choice_find(field->choices, text) == 0)
        return say_choice(field, text, message);
    memcpy((char *)base + field->offset, text, length + 1);
    return PAWL_OK;
}

static int put_decimal_text(const struct field *field, const char *text, void *base,
                            char *message) {
    int64_t value;
    int rc = pawl_parse_e8(text, strlen(text), &value);
    if (rc == PAWL_E_RANGE)
        return say(message, "is out of range: a decimal is at most 92233720368.54775807");
    if (rc != PAWL_OK)
        return say(message, "must be a decimal with at most 8 places, as in \"0.5\"");
    return put_number(field, value, base, message);
}

static int put_duration_text(const struct field *field, const char *text, void *base,
                             char *message) {
    int64_t value;
    int rc = duration_parse(text, &value);
    if (rc == PAWL_E_RANGE) return say(message, "is out of range: a duration is at most 292 years");
    if (rc != PAWL_OK)
        return say(message,
                   "must be a number with its unit: \"250ms\", \"20s\", \"3m\", \"1h\" or \"1d\"");
    return put_number(field, value, base, message);
}

static int put_int_text(const struct field *field, const char *text, void *base, char *message) {
    int negative = text[0] == '-', digits = 0;
    int64_t value = 0;
    for (const char *p = text + negative; *p != '\0'; p++, digits++) {
        if (*p < '0' || *p > '9') return say_type(field, "text", message);
        if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
            __builtin_sub_overflow(value, (int64_t)(*p - '0'),
                                   &value)) /* below 0 reaches farther */
            return say(message, "is out of range");
    }
    if (digits == 0) return say_type(field, "text", message);
    if (!negative && value == INT64_MIN) return say(message, "is out of range");
    return put_number(field, negative ? value : -value, base, message);
}

int field_from_text(const struct field *field, const char *text, void *base,
                    char message[FIELD_MESSAGE_MAX + 1]) {
    switch (field->type) {
    case FIELD_BOOL:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            return say_type(field, "text", message);
        return put_bool(field, text[0] == 't', base);
    case FIELD_INT: return put_int_text(field, text, base, message);
    case FIELD_DECIMAL: return put_decimal_text(field, text, base, message);
    case FIELD_DURATION: return put_duration_text(field, text, base, message);
    case FIELD_ENUM: return put_enum(field, text, base, message);
    default: return put_text(field, text, base, message);
    }
}

int field_from_json(const struct field *field, const json_t *value, void *base,
                    char message[FIELD_MESSAGE_MAX + 1]) {
    int type = field->type;
    if (type == FIELD_BOOL && json_is_boolean(value))
        return put_bool(field, json_is_true(value), base);
    if (type == FIELD_INT && json_is_integer(value))
        return put_number(field, json_integer_value(value), base, message);
    if (type == FIELD_DECIMAL && json_is_integer(value)) {
        int64_t scaled;
        if (__builtin_mul_overflow((int64_t)json_integer_value(value), PAWL_E8, &scaled))
            return say(message, "is out of range: a decimal is at most 92233720368.54775807");
        return put_number(field, scaled, base, message);
    }
    if (type == FIELD_DECIMAL && json_is_real(value))
        return say(message, "must be text when it has a fraction, as in \"0.5\"");
    if (json_is_string(value) && type != FIELD_BOOL && type != FIELD_INT)
        return field_from_text(field, json_string_value(value), base, message);
    return say_type(field, type_text(value), message);
}
