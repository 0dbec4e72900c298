/* jsonl.c - one JSON object a line: events, and the controls of a scenario. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/rfc3339.h"
#include "events/codec.h"
#include "feed/source.h"

static int bad(char *message, const char *text) {
    snprintf(message, ROW_MESSAGE_MAX, "%s", text);
    return LINE_BAD;
}

static uint16_t control_of(const char *type) {
    if (strcmp(type, "reload") == 0) return ENTRY_RELOAD;
    if (strcmp(type, "restart") == 0) return ENTRY_RESTART;
    if (strcmp(type, "advance") == 0) return ENTRY_ADVANCE;
    return 0;
}

/* reload and restart may leave out `t`: then they follow the line before them. */
/* What a reload is to read differently goes along as text behind the head. */
static bool is_reload_key(uint16_t type, const char *key) {
    static const char *const keys[] = {"config", "set", "renew", "heirs"};
    for (size_t i = 0; type == ENTRY_RELOAD && i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0) return true;
    return false;
}

static int reload_text(const json_t *object, struct pawl_event *event, char *message) {
    size_t room = PAWL_EVENT_SIZE_MAX - sizeof *event - 8;
    size_t length = json_dumpb(object, (char *)(event + 1), room, JSON_COMPACT);
    if (length == 0 || length > room) return bad(message, "the reload says too much");
    memset((char *)(event + 1) + length, 0, 8);
    event->size += (uint32_t)(length + 8) & ~7u;
    return (int)event->size;
}

static int control(const struct source *source, uint16_t type, const json_t *object, void *out,
                   int64_t *ret_own_ns, char *message) {
    struct pawl_event *event = out;
    const json_t *t = json_object_get(object, "t");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        if (strcmp(key, "t") == 0 || strcmp(key, "type") == 0 || is_reload_key(type, key))
            continue;
        struct row_shown shown = row_show(key, strlen(key));
        snprintf(message, ROW_MESSAGE_MAX, "%s: unknown key", shown.text);
        return LINE_BAD;
    }
    int64_t time_ns = source->last_ns;
    if (t == NULL && type == ENTRY_ADVANCE) return bad(message, "t: missing");
    if (t != NULL &&
        (!json_is_string(t) ||
         rfc3339_parse(json_string_value(t), json_string_length(t), &time_ns) != PAWL_OK))
        return bad(message, "t: not a time");
    *event = (struct pawl_event){.size = sizeof *event, .type = type, .time_ns = time_ns};
    *ret_own_ns = time_ns;
    return type == ENTRY_RELOAD ? reload_text(object, event, message) : (int)sizeof *event;
}

int jsonl_line(struct source *source, const char *line, size_t len, void *out, int64_t *ret_own_ns,
               char message[ROW_MESSAGE_MAX]) {
    json_error_t error;
    struct pawl_err err;
    int result = jsonl_quick(source, line, len, out);
    if (result > 0) {
        *ret_own_ns = ((const struct pawl_event *)out)->time_ns;
        return result;
    }
    err = (struct pawl_err){0};
    json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL) {
        snprintf(message, ROW_MESSAGE_MAX, "not JSON: %.120s", error.text);
        return LINE_BAD;
    }
    const char *type =
        json_string_value(json_object_get(object, "type")); /* NULL for what is no object */
    uint16_t entry = type != NULL ? control_of(type) : 0;
    if (!json_is_object(object)) {
        result = bad(message, "not a JSON object");
    } else if (entry != 0) {
        result = control(source, entry, object, out, ret_own_ns, message);
    } else if (event_from_json(object, source->options->decode, out, PAWL_EVENT_SIZE_MAX, &err) !=
               PAWL_OK) {
        result = bad(message, err.text);
    } else {
        const struct pawl_event *event = out;
        *ret_own_ns = event->time_ns;
        result = (int)event->size;
    }
    json_decref(object);
    return result;
}
