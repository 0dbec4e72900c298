#include "config/errors.h"

#include <stdarg.h>
#include <string.h>

/* Bytes of the well-formed UTF-8 character at p, 0 if it is none. */
static size_t utf8_length(const unsigned char *p) {
    size_t length = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (length == 0 || p[0] > 0xf4) return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (p[0] == 0xe0 && p[1] < 0xa0) return 0;
    if (p[0] == 0xf0 && p[1] < 0x90) return 0;
    if ((p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f)) return 0;
    return length;
}

/* A fault stays one line of text, whatever it quotes. */
static void clean(char *line) {
    for (unsigned char *p = (unsigned char *)line; *p != '\0';) {
        size_t length = utf8_length(p);
        if (length == 0 || *p < 0x20 || *p == 0x7f) {
            *p++ = '?';
            continue;
        }
        p += length;
    }
}

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
    clean(line);
}

bool config_errors_told(const struct config_errors *errors, const char *path) {
    size_t length = strlen(path);
    for (uint32_t i = 0; i < config_errors_lines(errors); i++) {
        const char *at = errors->line[i];
        while (at != NULL && strncmp(at, path, length) != 0) {
            at = strstr(at, ": ");
            if (at != NULL) at += 2;
        }
        if (at != NULL && strchr(".:[", at[length]) != NULL && at[length] != '\0') return true;
    }
    return false;
}

uint32_t config_errors_lines(const struct config_errors *errors) {
    return errors->count < CONFIG_ERRORS_MAX ? errors->count : CONFIG_ERRORS_MAX;
}

void config_errors_print(const struct config_errors *errors, FILE *out) {
    uint32_t lines = config_errors_lines(errors);
    for (uint32_t i = 0; i < lines; i++) fprintf(out, "%s\n", errors->line[i]);
    if (errors->count > lines) fprintf(out, "and %u more\n", errors->count - lines);
}
