/*
 * field.h - fill a struct from a JSON object by a table: types, ranges, defaults and messages from
 * one line each. The options of plugins and every flat part of the configuration go through it.
 *
 * A name with a dot, "log.level", is the key `level` of the object `log`. Internal to config/.
 */
#ifndef CONFIG_FIELD_H
#define CONFIG_FIELD_H

#include "config/report.h"
#include "pawl_plugin.h"

#define FIELDS_MAX 128u
#define FIELD_MESSAGE_MAX 511u

enum field_type { /* the first six are enum pawl_option_type */
                  FIELD_BOOL = PAWL_OPT_BOOL,
                  FIELD_INT = PAWL_OPT_INT,
                  FIELD_DECIMAL = PAWL_OPT_DECIMAL,
                  FIELD_DURATION = PAWL_OPT_DURATION,
                  FIELD_ENUM = PAWL_OPT_ENUM,
                  FIELD_TEXT = PAWL_OPT_TEXT, /* with `choices` one of them, kept as text */
                  FIELD_NAME,                 /* text of [A-Za-z0-9_-]+ */
                  FIELD_OTHER                 /* a known key that the caller converts */
};

struct field {
    const char *name; /* NULL ends the table */
    int type;         /* enum field_type */
    uint32_t offset;
    uint32_t size;    /* of TEXT and NAME: bytes of the array */
    int64_t min, max; /* both 0 = no bounds */
    const char *def;  /* as text; NULL = the struct stays as it is */
    const char *choices;
    const char *doc;
    int required;
};

/* One value into base + offset. On a fault `message` has the sentence and nothing was written. */
struct json_t;
int field_from_json(const struct field *field, const struct json_t *value, void *base,
                    char message[FIELD_MESSAGE_MAX + 1]);
int field_from_text(const struct field *field, const char *text, void *base,
                    char message[FIELD_MESSAGE_MAX + 1]);

/* The whole object. Unknown keys, wrong values and missing required keys are reported; defaults are
 * taken for what is absent if with_defaults. object may be NULL: nothing given. Returns PAWL_OK or
 * PAWL_E_CONFIG. */
int fields_read(const struct report *report, const struct path *path, const struct json_t *object,
                const struct field *table, void *base, int with_defaults);

/* 1..len of a choice in "a|b|c", 0 = none. */
uint32_t choice_find(const char *choices, const char *text);

/* "1500ms" for 1 500 000 000; the largest unit that is exact. */
#define DURATION_TEXT_MAX 24u
void duration_format(int64_t ns, char out[DURATION_TEXT_MAX]);
/* "250us" "250ms" "20s" "3m" "1h" "1d", a bare "0". PAWL_E_DATA, PAWL_E_RANGE. */
int duration_parse(const char *text, int64_t *ret_ns);

/* 1 if text is [A-Za-z0-9_-]{1,max}. */
int name_is_valid(const char *text, size_t max);

#endif
