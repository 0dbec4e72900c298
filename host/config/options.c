#include "config/options.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "config/config.h"
#include "config/field.h"
#include "config/source.h"
#include "pawl_num.h"

static uint32_t type_size(int type) {
    switch (type) {
    case PAWL_OPT_BOOL: return 1;
    case PAWL_OPT_ENUM: return 4;
    case PAWL_OPT_TEXT: return PAWL_OPT_TEXT_MAX + 1;
    default: return 8;
    }
}

static uint32_t type_align(int type) {
    return type == PAWL_OPT_TEXT ? 1 : type_size(type);
}

static struct field field_of(const struct pawl_option *option) {
    return (struct field){.name = option->name,
                          .type = (int)option->type,
                          .offset = option->offset,
                          .size = type_size((int)option->type),
                          .min = option->min,
                          .max = option->max,
                          .def = option->default_,
                          .choices = option->type == PAWL_OPT_ENUM ? option->choices : NULL,
                          .doc = option->doc};
}

/* ---- the table itself ---- */

static int name_is_sound(const char *name) {
    size_t length = 0;
    char before = '.';
    for (; name[length] != '\0'; length++) {
        char c = name[length];
        int letter = c >= 'a' && c <= 'z';
        int rest = (c >= '0' && c <= '9') || c == '_' || c == '.';
        if (length >= PATH_KEY_MAX || !(letter || (rest && before != '.'))) return 0;
        before = c;
    }
    return length > 0 && before != '.';
}

static int choices_are_sound(const char *choices) {
    if (choices == NULL) return 0;
    for (const char *p = choices;;) {
        size_t length = strcspn(p, "|");
        if (length == 0 || length > 63) return 0;
        if (p[length] == '\0') return 1;
        p += length + 1;
    }
}

static int check_one(const struct pawl_option *option, uint32_t options_size,
                     struct pawl_err *err) {
    const char *name = option->name;
    if (!name_is_sound(name))
        return pawl_fail(err, PAWL_E_CONFIG,
                         "option %.40s: a name is of a-z, 0-9, _ and single dots", name);
    if (option->type < PAWL_OPT_BOOL || option->type > PAWL_OPT_TEXT)
        return pawl_fail(err, PAWL_E_CONFIG, "option %s: unknown type %d", name, (int)option->type);
    uint32_t size = type_size((int)option->type);
    if (size > options_size || option->offset > options_size - size)
        return pawl_fail(err, PAWL_E_CONFIG,
                         "option %s: bytes %u to %llu are outside the %u of the options", name,
                         option->offset, (unsigned long long)option->offset + size, options_size);
    if (option->offset % type_align((int)option->type) != 0)
        return pawl_fail(err, PAWL_E_CONFIG, "option %s: offset %u is not aligned", name,
                         option->offset);
    if (option->min > option->max)
        return pawl_fail(err, PAWL_E_CONFIG, "option %s: its least value is above its largest",
                         name);
    if (option->type == PAWL_OPT_ENUM && !choices_are_sound(option->choices))
        return pawl_fail(err, PAWL_E_CONFIG, "option %s: its choices must read \"a|b|c\"", name);
    if (option->doc == NULL || option->doc[0] == '\0')
        return pawl_fail(err, PAWL_E_CONFIG, "option %s: has no sentence of documentation", name);
    if (option->default_ == NULL)
        return pawl_fail(err, PAWL_E_CONFIG, "option %s: has no default", name);
    union {
        uint64_t align;
        char bytes[PAWL_OPT_TEXT_MAX + 1];
    } room;
    struct field field = field_of(option);
    char message[FIELD_MESSAGE_MAX + 1];
    field.offset = 0;
    if (field_from_text(&field, option->default_, room.bytes, message) != PAWL_OK)
        return pawl_fail(err, PAWL_E_CONFIG, "option %s: its default %s", name, message);
    return PAWL_OK;
}

/* a against every row before it. */
static int check_apart(const struct pawl_option *table, size_t at, struct pawl_err *err) {
    const struct pawl_option *a = &table[at];
    uint32_t a_end = a->offset + type_size((int)a->type);
    for (size_t i = 0; i < at; i++) {
        const struct pawl_option *b = &table[i];
        size_t length = strlen(b->name);
        if (strcmp(a->name, b->name) == 0)
            return pawl_fail(err, PAWL_E_CONFIG, "option %s: is there twice", a->name);
        if ((strncmp(a->name, b->name, length) == 0 && a->name[length] == '.') ||
            (strncmp(a->name, b->name, strlen(a->name)) == 0 && b->name[strlen(a->name)] == '.'))
            return pawl_fail(err, PAWL_E_CONFIG,
                             "options %s and %s: a value cannot be an object, too", b->name,
                             a->name);
        if (a->offset < b->offset + type_size((int)b->type) && b->offset < a_end)
            return pawl_fail(err, PAWL_E_CONFIG, "options %s and %s: share bytes", b->name,
                             a->name);
    }
    return PAWL_OK;
}

int options_check(const struct pawl_option *table, uint32_t options_size, struct pawl_err *err) {
    if (options_size > OPTIONS_SIZE_MAX)
        return pawl_fail(err, PAWL_E_CONFIG, "options of %u bytes; at most %u", options_size,
                         OPTIONS_SIZE_MAX);
    for (size_t i = 0; table != NULL && table[i].name != NULL; i++) {
        if (i == OPTIONS_MAX)
            return pawl_fail(err, PAWL_E_CONFIG, "more than %u options, or no end of the table",
                             OPTIONS_MAX);
        int rc = check_one(&table[i], options_size, err);
        if (rc == PAWL_OK) rc = check_apart(table, i, err);
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}

/* ---- values ---- */

static int fill(const struct pawl_option *table, uint32_t options_size, const struct json_t *object,
                const struct report *report, const struct path *path, void *ret_options) {
    struct field fields[OPTIONS_MAX + 1];
    size_t count = 0;
    memset(ret_options, 0, options_size);
    for (; table != NULL && table[count].name != NULL && count < OPTIONS_MAX; count++)
        fields[count] = field_of(&table[count]);
    fields[count] = (struct field){.name = NULL};
    return fields_read(report, path, object, fields, ret_options, 1);
}

int options_fill(const struct pawl_option *table, uint32_t options_size,
                 const struct json_t *object, const char *file, const char *path, void *ret_options,
                 struct config_errors *errors) {
    struct report report = {.errors = errors, .file = file};
    struct path at = {.raw = path};
    return fill(table, options_size, object, &report, path != NULL ? &at : NULL, ret_options);
}

int config_plugin_options(const struct config *config, uint32_t index,
                          const struct pawl_option *table, uint32_t options_size, void *ret_options,
                          struct config_errors *errors) {
    struct report report = {.errors = errors, .source = config->source};
    struct path plugins = {.key = "plugins"}, element = {.up = &plugins, .index = index};
    struct path path = {.up = &element, .key = "options"};
    return fill(table, options_size, config->plugins[index].options, &report, &path, ret_options);
}

const char *config_file_of(const struct config *config, const char *path) {
    return source_file_of(config->source, path);
}

/* ---- for people ---- */

static void number_text(const struct pawl_option *option, int64_t value, char out[32]) {
    if (option->type == PAWL_OPT_DECIMAL)
        pawl_format_e8(value, out);
    else if (option->type == PAWL_OPT_DURATION)
        duration_format(value, out);
    else
        snprintf(out, 32, "%lld", (long long)value);
}

static void range_text(const struct pawl_option *option, const char *type, char *out, size_t size) {
    char low[32], high[32];
    number_text(option, option->min, low);
    number_text(option, option->max, high);
    if (option->min == 0 && option->max == 0)
        snprintf(out, size, "%s", type);
    else if (option->max == INT64_MAX)
        snprintf(out, size, "%s from %s", type, low);
    else if (option->type == PAWL_OPT_DECIMAL && option->min == 1 && option->max == PAWL_E8 - 1)
        snprintf(out, size, "%s above 0 and below 1", type);
    else if (option->type == PAWL_OPT_DECIMAL && option->max == PAWL_E8 - 1)
        snprintf(out, size, "%s at least %s, below 1", type, low);
    else
        snprintf(out, size, "%s %s to %s", type, low, high);
}

void options_values(const struct pawl_option *option, char *out, size_t size) {
    switch (option->type) {
    case PAWL_OPT_BOOL: snprintf(out, size, "true or false"); break;
    case PAWL_OPT_INT: range_text(option, "whole number", out, size); break;
    case PAWL_OPT_DECIMAL: range_text(option, "decimal", out, size); break;
    case PAWL_OPT_DURATION: range_text(option, "duration", out, size); break;
    case PAWL_OPT_ENUM: snprintf(out, size, "%s", option->choices); break;
    case PAWL_OPT_TEXT: snprintf(out, size, "text"); break;
    }
}

void options_print(const struct pawl_option *table, const char *indent, FILE *out) {
    char values[OPTIONS_VALUES_MAX];
    for (size_t i = 0; table != NULL && table[i].name != NULL && i < OPTIONS_MAX; i++) {
        const struct pawl_option *option = &table[i];
        options_values(option, values, sizeof values);
        fprintf(out, "%s%s (%s, default %s): %s\n", indent, option->name, values,
                option->default_[0] != '\0' ? option->default_ : "empty", option->doc);
    }
}
