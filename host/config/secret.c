#include "config/secret.h"

#include <string.h>

static int is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

int secret_is_reference(const char *text) {
    return strncmp(text, "env:", 4) == 0 || strncmp(text, "file:", 5) == 0 ||
           strncmp(text, "credential:", 11) == 0;
}

const char *secret_fault(const char *text) {
    if (strncmp(text, "env:", 4) == 0) {
        const char *p = text + 4;
        if (!is_letter(*p)) return "must name a variable, as in \"env:API_KEY\"";
        while (is_letter(*p) || is_digit(*p)) p++;
        return *p == '\0' ? NULL : "must name a variable, as in \"env:API_KEY\"";
    }
    if (strncmp(text, "credential:", 11) == 0) {
        const char *p = text + 11;
        if (*p == '\0' || *p == '.') return "must name a credential, as in \"credential:api-key\"";
        while (is_letter(*p) || is_digit(*p) || *p == '-' || *p == '.') p++;
        return *p == '\0' ? NULL : "must name a credential, as in \"credential:api-key\"";
    }
    if (strcmp(text, "file:") == 0) return "must name a file, as in \"file:/etc/pawl/api-key\"";
    return NULL;
}
