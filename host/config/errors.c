#include "config/errors.h"

#include <stdarg.h>
#include <string.h>

void config_errors_add(struct config_errors *errors, const char *file, const char *path,
                       const char *format, ...) {
    if (errors == NULL) return;
    if (errors->count >= CONFIG_ERRORS_MAX) {
        if (errors->count < UINT32_MAX) errors->count++;
        return;
    }
    char *line = errors->line[errors->count++];
    size_t room = CONFIG_ERROR_MAX + 1, at = 0;
    const char *prefix[] = {file, path};
    for (size_t i = 0; i < 2; i++) {
        if (prefix[i] == NULL || prefix[i][0] == '\0') continue;
        int n = snprintf(line + at, room - at, "%s: ", prefix[i]);
        at = n < 0 ? at : at + (size_t)n;
        if (at >= room) break;
    }
    if (at < room) {
        va_list args;
        va_start(args, format);
        int n = vsnprintf(line + at, room - at, format, args);
        va_end(args);
        if (n > 0) at += (size_t)n;
    }
    if (at >= room) memcpy(line + CONFIG_ERROR_MAX - 3, "...", 4);
}

uint32_t config_errors_lines(const struct config_errors *errors) {
    return errors->count < CONFIG_ERRORS_MAX ? errors->count : CONFIG_ERRORS_MAX;
}

void config_errors_print(const struct config_errors *errors, FILE *out) {
    uint32_t lines = config_errors_lines(errors);
    for (uint32_t i = 0; i < lines; i++) fprintf(out, "%s\n", errors->line[i]);
    if (errors->count > lines) fprintf(out, "and %u more\n", errors->count - lines);
}
