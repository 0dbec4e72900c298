/*
 * Events. First byte even: the rest is JSON from outside; what is accepted is a well-formed event,
 * can be printed both ways, and what it is recorded as reads back as the same event. First byte
 * odd: the rest are the bytes of an event as a file or another program may hold them; they are
 * either refused or printed, never read beyond their end.
 */
#include "fuzz.h"

#include "events/codec.h"
#include "events/reflect.h"

union buffer {
    struct pawl_event head;
    uint8_t bytes[PAWL_EVENT_SIZE_MAX];
};

static char line[CODEC_LINE_MAX];

static uint32_t intern(struct names *names, enum name_space space, const char *text) {
    uint32_t id = 0;
    return names_intern(names, space, text, &id, NULL, NULL) == PAWL_OK ? id : 0;
}
static uint32_t instrument(void *self, const char *symbol) {
    return intern(self, NAME_INSTRUMENT, symbol);
}
static uint32_t account(void *self, const char *name) {
    return intern(self, NAME_ACCOUNT, name);
}
static uint32_t component(void *self, const char *name) {
    return intern(self, NAME_COMPONENT, name);
}

static int decode(const char *text, size_t len, struct names *names, union buffer *ret,
                  struct pawl_err *err) {
    const struct event_decode env = {
        .self = names, .instrument = instrument, .account = account, .component = component};
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    if (object == NULL) return PAWL_E_INVAL;
    memset(ret, 0, sizeof *ret);
    int rc = event_from_json(object, &env, ret, sizeof *ret, err);
    json_decref(object);
    return rc;
}

static void check_json(const char *text, size_t len) {
    union buffer event, again;
    struct pawl_err err = {0};
    struct names *names;
    size_t line_len = 0;
    if (names_new(&names, NULL) != PAWL_OK) return;
    int rc = decode(text, len, names, &event, &err);
    if (rc == PAWL_OK) {
        HOLDS(reflect_event_check(&event.head, sizeof event) == PAWL_OK);
        HOLDS(event_to_json(&event.head, names, line, sizeof line, &line_len) == PAWL_OK);
        HOLDS(line_len == strlen(line));
        HOLDS(event_to_input(&event.head, names, line, sizeof line, &line_len) == PAWL_OK);
        HOLDS(decode(line, line_len, names, &again, &err) == PAWL_OK);
        HOLDS(memcmp(&event, &again, sizeof event) == 0);
    } else if (rc != PAWL_E_INVAL) {
        HOLDS(rc == PAWL_E_DATA && err.text[0] != '\0');
    }
    names_free(names);
}

static void check_bytes(const uint8_t *bytes, size_t len) {
    size_t line_len;
    if (len < sizeof(struct pawl_event) || len > PAWL_EVENT_SIZE_MAX) return;
    /* Exactly as much memory as there are bytes, so that the sanitizer sees one too far. */
    struct pawl_event *event = malloc(len);
    if (event == NULL) return;
    memcpy(event, bytes, len);
    if (reflect_event_check(event, len) == PAWL_OK) {
        HOLDS(event_to_json(event, NULL, line, sizeof line, &line_len) == PAWL_OK);
        HOLDS(line_len == strlen(line));
    }
    free(event);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (len == 0) return 0;
    if (bytes[0] & 1) check_bytes(bytes + 1, len - 1);
    else check_json((const char *)bytes + 1, len - 1);
    return 0;
}
