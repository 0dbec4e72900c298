#include "events/reflect.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct schema_event *reflect_event(uint16_t type) {
    size_t low = 0, high = SCHEMA_EVENT_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (schema_events[middle].id < type) low = middle + 1;
        else high = middle;
    }
    if (low == SCHEMA_EVENT_COUNT || schema_events[low].id != type) return NULL;
    return &schema_events[low];
}

const struct schema_event *reflect_event_named(const char *name) {
    for (size_t i = 0; i < SCHEMA_EVENT_COUNT; i++)
        if (strcmp(schema_events[i].name, name) == 0) return &schema_events[i];
    return NULL;
}

const struct pawl_record_type *reflect_record(uint16_t id) {
    for (size_t i = 0; i < SCHEMA_RECORD_COUNT; i++)
        if (schema_records[i].id == id) return &schema_records[i];
    return NULL;
}

const struct pawl_record_type *reflect_record_table(const char *table) {
    for (size_t i = 0; i < SCHEMA_RECORD_COUNT; i++)
        if (strcmp(schema_records[i].table, table) == 0) return &schema_records[i];
    return NULL;
}

const struct pawl_field *reflect_field(const struct pawl_field *fields, const char *name) {
    for (; fields->name != NULL; fields++)
        if (fields->name[0] == name[0] && strcmp(fields->name, name) == 0) return fields;
    return NULL;
}

const struct schema_enum *reflect_enum(uint16_t enum_id) {
    if (enum_id == 0 || enum_id > SCHEMA_ENUM_COUNT) return NULL;
    return &schema_enums[enum_id - 1];
}

const char *reflect_enum_text(uint16_t enum_id, uint8_t value) {
    const struct schema_enum *type = reflect_enum(enum_id);
    for (size_t i = 0; type != NULL && i < type->count; i++)
        if (type->values[i].value == value) return type->values[i].name;
    return "";
}

static int same(const char *word, const char *text, size_t len) {
    return strlen(word) == len && strncasecmp(word, text, len) == 0;
}

/* 1 up, 2 down, 0 neither: the numbers of both side enums. */
static uint8_t side_of(const char *text, size_t len) {
    static const char *const words[2][5] = {{"buy", "long", "bull", "bullish", "b"},
                                            {"sell", "short", "bear", "bearish", "s"}};
    PAWL_STATIC_ASSERT(PAWL_SIDE_BUY == 1 && PAWL_SIDE_SELL == 2, "sides are numbered alike");
    PAWL_STATIC_ASSERT((int)PAWL_POSITION_SIDE_LONG == 1 && (int)PAWL_POSITION_SIDE_SHORT == 2,
                       "sides are numbered alike");
    for (uint8_t side = 0; side < 2; side++)
        for (size_t i = 0; i < 5; i++)
            if (same(words[side][i], text, len)) return (uint8_t)(side + 1);
    return 0;
}

uint8_t reflect_enum_value(uint16_t enum_id, const char *text, size_t len) {
    const struct schema_enum *type = reflect_enum(enum_id);
    if (type == NULL) return 0;
    for (size_t i = 0; i < type->count; i++)
        if (same(type->values[i].name, text, len)) return type->values[i].value;
    if (enum_id == PAWL_ENUM_SIDE || enum_id == PAWL_ENUM_POSITION_SIDE) return side_of(text, len);
    if (enum_id == PAWL_ENUM_SIGNAL_KIND) {
        uint8_t side = side_of(text, len);
        return side == 1 ? PAWL_SIGNAL_KIND_BUY : side == 2 ? PAWL_SIGNAL_KIND_SELL : 0;
    }
    return 0;
}

void reflect_enum_choices(uint16_t enum_id, char *out, size_t max) {
    const struct schema_enum *type = reflect_enum(enum_id);
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; type != NULL && i < type->count && at < max; i++) {
        int n = snprintf(out + at, max - at, "%s%s", i == 0 ? "" : ", ", type->values[i].name);
        at += n > 0 ? (size_t)n : 0;
    }
}

int reflect_event_check(const struct pawl_event *event, size_t bytes) {
    if (bytes < sizeof *event || event->size > bytes || event->size > PAWL_EVENT_SIZE_MAX ||
        event->size % 8 != 0)
        return PAWL_E_DATA;
    const struct schema_event *type = reflect_event(event->type);
    if (type == NULL || event->size < type->size) return PAWL_E_DATA;
    for (const struct pawl_field *f = type->fields; f->name != NULL; f++) {
        if (f->kind != PAWL_F_TEXT && f->kind != PAWL_F_JSON && f->kind != PAWL_F_BYTES) continue;
        struct pawl_text text;
        memcpy(&text, (const char *)event + f->offset, sizeof text);
        if (text.len == 0) continue;
        if (text.off < type->size || text.off > event->size || text.len > event->size - text.off)
            return PAWL_E_DATA;
    }
    return PAWL_OK;
}
