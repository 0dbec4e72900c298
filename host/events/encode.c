/* encode.c - events and records to JSON: the output half of codec.h. */
#include <stdio.h>
#include <string.h>

#include "events/codec.h"
#include "events/input_table.h"
#include "events/jsonout.h"
#include "events/reflect.h"
#include "events/timefmt.h"

struct source {
    const char *base; /* first byte of the event or row */
    const struct names *names;
};

static int64_t read_i64(const char *at) {
    int64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint32_t read_u32(const char *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static void put_name(struct jsonout *out, const struct source *source, enum name_space space,
                     uint32_t id) {
    const char *text = source->names == NULL ? "" : names_text(source->names, space, id);
    char number[16];
    if (text[0] == '\0') {
        snprintf(number, sizeof number, "#%u", id);
        text = number;
    }
    jsonout_text(out, text, strlen(text));
}

/* The tail's JSON is somebody else's: what does not parse is shown as text. */
static void put_json(struct jsonout *out, const char *text, size_t len) {
    json_t *value = json_loadb(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    if (value == NULL || memchr(text, '\n', len) != NULL) jsonout_text(out, text, len);
    else jsonout_raw(out, text, len);
    json_decref(value);
}

static void put_tail(struct jsonout *out, const struct source *source, const struct pawl_field *f) {
    struct pawl_text text;
    memcpy(&text, source->base + f->offset, sizeof text);
    if (f->kind == PAWL_F_JSON) put_json(out, source->base + text.off, text.len);
    else if (f->kind == PAWL_F_BYTES) jsonout_bytes(out, source->base + text.off, text.len);
    else jsonout_text(out, source->base + text.off, text.len);
}

static void put_enum(struct jsonout *out, uint16_t enum_id, uint8_t value) {
    const char *text = reflect_enum_text(enum_id, value);
    if (text[0] == '\0') jsonout_u64(out, value);
    else jsonout_text(out, text, strlen(text));
}

/* Nothing to say: left out of JSON. Numbers always say something. */
static bool is_empty(const struct pawl_field *f, const char *at) {
    switch (f->kind) {
    case PAWL_F_INSTRUMENT:
    case PAWL_F_ACCOUNT:
    case PAWL_F_COMPONENT: return read_u32(at) == 0;
    case PAWL_F_TIME: return read_i64(at) == 0;
    case PAWL_F_ENUM:
    case PAWL_F_OID:
    case PAWL_F_STR: return *at == '\0';
    case PAWL_F_TEXT:
    case PAWL_F_BYTES:
    case PAWL_F_JSON: return read_u32(at + offsetof(struct pawl_text, len)) == 0;
    default: return false;
    }
}

static void put_value(struct jsonout *out, const struct source *source,
                      const struct pawl_field *f) {
    const char *at = source->base + f->offset;
    switch (f->kind) {
    case PAWL_F_QTY:
        if (read_i64(at) == PAWL_QTY_ALL) jsonout_raw(out, "\"ALL\"", 5);
        else jsonout_e8(out, read_i64(at));
        break;
    case PAWL_F_PRICE:
    case PAWL_F_MONEY:
    case PAWL_F_RATIO: jsonout_e8(out, read_i64(at)); break;
    case PAWL_F_TIME: jsonout_time(out, read_i64(at)); break;
    case PAWL_F_U8: jsonout_u64(out, (uint8_t)*at); break;
    case PAWL_F_U16: {
        uint16_t value;
        memcpy(&value, at, sizeof value);
        jsonout_u64(out, value);
        break;
    }
    case PAWL_F_U32: jsonout_u64(out, read_u32(at)); break;
    case PAWL_F_U64: jsonout_u64(out, (uint64_t)read_i64(at)); break;
    case PAWL_F_I32: jsonout_i64(out, (int32_t)read_u32(at)); break;
    case PAWL_F_I64: jsonout_i64(out, read_i64(at)); break;
    case PAWL_F_INSTRUMENT: put_name(out, source, NAME_INSTRUMENT, read_u32(at)); break;
    case PAWL_F_ACCOUNT: put_name(out, source, NAME_ACCOUNT, read_u32(at)); break;
    case PAWL_F_COMPONENT: put_name(out, source, NAME_COMPONENT, read_u32(at)); break;
    case PAWL_F_OID:
    case PAWL_F_STR: jsonout_text(out, at, strnlen(at, f->size)); break;
    case PAWL_F_TEXT:
    case PAWL_F_BYTES:
    case PAWL_F_JSON: put_tail(out, source, f); break;
    case PAWL_F_ENUM: put_enum(out, f->enum_id, (uint8_t)*at); break;
    default: jsonout_raw(out, "null", 4); break; /* a kind newer than this host */
    }
}

static void put_fields(struct jsonout *out, const struct source *source,
                       const struct pawl_field *fields) {
    for (const struct pawl_field *f = fields; f->name != NULL; f++) {
        if (f->kind == PAWL_F_PAD || is_empty(f, source->base + f->offset)) continue;
        bool is_symbol = f->kind == PAWL_F_INSTRUMENT && strcmp(f->name, "instrument") == 0;
        jsonout_key(out, is_symbol ? "symbol" : f->name);
        put_value(out, source, f);
    }
}

int event_to_json(const struct pawl_event *event, const struct names *names, char *out, size_t max,
                  size_t *ret_len) {
    if (reflect_event_check(event, event->size) != PAWL_OK) return PAWL_E_DATA;
    const struct schema_event *type = reflect_event(event->type);
    struct source source = {(const char *)event, names};
    struct jsonout json;
    jsonout_begin(&json, out, max);
    jsonout_open(&json, '{');
    jsonout_key(&json, "seq");
    jsonout_u64(&json, event->seq);
    jsonout_key(&json, "t");
    jsonout_time(&json, event->time_ns);
    jsonout_key(&json, "type");
    jsonout_text(&json, type->name, strlen(type->name));
    jsonout_key(&json, "cause");
    jsonout_u64(&json, event->cause);
    put_fields(&json, &source, type->fields);
    jsonout_close(&json, '}');
    return jsonout_end(&json, ret_len);
}

int row_to_json(const struct pawl_record_type *type, const void *row, const struct names *names,
                char *out, size_t max, size_t *ret_len) {
    struct source source = {row, names};
    struct jsonout json;
    jsonout_begin(&json, out, max);
    jsonout_open(&json, '{');
    put_fields(&json, &source, type->fields);
    jsonout_close(&json, '}');
    return jsonout_end(&json, ret_len);
}

/* ---- the shape event_from_json reads ---- */

/* Whether an optional key has to be written: 0 is what its absence means. */
static bool is_default(const struct pawl_field *f, const char *at) {
    for (uint32_t i = 0; i < f->size; i++)
        if (at[i] != 0) return false;
    return true;
}

static void put_input_value(struct jsonout *out, const struct source *source,
                            const struct pawl_field *f, uint16_t rules) {
    const char *at = source->base + f->offset;
    char duration[TIMEFMT_MAX];
    if ((rules & (INPUT_FLAG | INPUT_TRUE)) != 0) {
        jsonout_bool(out, *at != 0);
    } else if ((rules & INPUT_DURATION) != 0 && read_i64(at) >= 0) {
        jsonout_text(out, duration, timefmt_format_duration(read_i64(at), duration));
    } else {
        put_value(out, source, f);
    }
}

/* "legs[1]" is an object of the array "legs": where a parent ends, and where the next begins. */
static const char *index_of(const char *parent) {
    return parent == NULL ? NULL : strchr(parent, '[');
}

static void leave_parent(struct jsonout *out, const char *parent, const char *next) {
    const char *index = index_of(parent), *next_index = index_of(next);
    if (parent == NULL) return;
    jsonout_close(out, '}');
    bool same_array = index != NULL && next_index != NULL && index - parent == next_index - next &&
                      strncmp(parent, next, (size_t)(index - parent)) == 0;
    if (index != NULL && !same_array) jsonout_close(out, ']');
}

static void enter_parent(struct jsonout *out, const char *parent) {
    char name[32];
    const char *index = index_of(parent);
    if (index == NULL) {
        jsonout_key(out, parent);
    } else if (strcmp(index, "[0]") == 0) {
        snprintf(name, sizeof name, "%.*s", (int)(index - parent), parent);
        jsonout_key(out, name);
        jsonout_open(out, '[');
    }
    jsonout_open(out, '{');
}

static void put_input_keys(struct jsonout *out, const struct source *source,
                           const struct input_key *keys, const struct pawl_field *fields) {
    const char *parent = NULL; /* the object that is open; keys of one parent share its pointer */
    for (const struct input_key *k = keys; k->key != NULL; k++) {
        const struct pawl_field *f = reflect_field(fields, k->field);
        const char *at = source->base + f->offset;
        bool left_out = is_default(f, at) || is_empty(f, at);
        if (left_out && ((k->rules & INPUT_REQUIRED) == 0 || k->parent != NULL)) continue;
        bool same_parent = k->parent != NULL && parent != NULL && strcmp(parent, k->parent) == 0;
        if (!same_parent) leave_parent(out, parent, k->parent);
        if (k->parent != NULL && !same_parent) enter_parent(out, k->parent);
        parent = k->parent;
        jsonout_key(out, k->key);
        put_input_value(out, source, f, k->rules);
    }
    leave_parent(out, parent, NULL);
}

int event_to_input(const struct pawl_event *event, const struct names *names, char *out, size_t max,
                   size_t *ret_len) {
    if (reflect_event_check(event, event->size) != PAWL_OK) return PAWL_E_DATA;
    const struct input_type *input = input_type_of(event->type);
    if (input == NULL) return PAWL_E_INVAL;
    const struct schema_event *type = reflect_event(event->type);
    struct source source = {(const char *)event, names};
    int64_t time_ns = event->time_ns;
    if (event->type == PAWL_EV_BAR)
        time_ns = read_i64(source.base + offsetof(struct pawl_ev_bar, open_time));
    struct jsonout json;
    jsonout_begin(&json, out, max);
    jsonout_open(&json, '{');
    jsonout_key(&json, "t");
    jsonout_time(&json, time_ns);
    jsonout_key(&json, "type");
    jsonout_text(&json, type->name, strlen(type->name));
    put_input_keys(&json, &source, input->keys, type->fields);
    jsonout_close(&json, '}');
    return jsonout_end(&json, ret_len);
}
