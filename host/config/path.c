#include "config/path.h"

#include <stdio.h>
#include <string.h>

#include "pawl_types.h"

#define PATH_DEPTH_MAX 16u

struct writer {
    char *out;
    size_t at;
};

static void put(struct writer *w, char c) {
    if (w->at <= PATH_TEXT_MAX) w->out[w->at] = c;
    w->at++;
}

static int is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static void put_quoted(struct writer *w, const char *key) {
    put(w, '[');
    put(w, '"');
    for (const char *p = key; *p != '\0' && w->at <= PATH_TEXT_MAX; p++) {
        if (*p == '"' || *p == '\\') put(w, '\\');
        put(w, *p);
    }
    put(w, '"');
    put(w, ']');
}

static void put_key(struct writer *w, const char *key) {
    size_t plain = 0;
    while (is_plain(key[plain])) plain++;
    if (plain == 0 || key[plain] != '\0') {
        put_quoted(w, key);
        return;
    }
    if (w->at > 0) put(w, '.');
    for (; *key != '\0'; key++) put(w, *key);
}

void path_text(const struct path *path, char out[PATH_TEXT_MAX + 1]) {
    const struct path *parts[PATH_DEPTH_MAX];
    size_t depth = 0;
    for (; path != NULL && depth < PATH_DEPTH_MAX; path = path->up) parts[depth++] = path;
    struct writer w = {.out = out};
    while (depth > 0) {
        const struct path *part = parts[--depth];
        for (const char *p = part->raw; p != NULL && *p != '\0'; p++) put(&w, *p);
        if (part->raw != NULL) continue;
        if (part->key != NULL) {
            put_key(&w, part->key);
            continue;
        }
        char index[32];
        snprintf(index, sizeof index, "[%zu]", part->index);
        for (const char *p = index; *p != '\0'; p++) put(&w, *p);
    }
    if (w.at > PATH_TEXT_MAX) {
        memcpy(out + PATH_TEXT_MAX - 3, "...", 4);
        return;
    }
    out[w.at] = '\0';
}

/* The inside of ["..."]; *at stands behind the opening quote. */
static int next_quoted(const char **at, struct path_part *ret) {
    const char *p = *at;
    size_t n = 0;
    for (; *p != '\0' && *p != '"'; p++) {
        if (*p == '\\' && p[1] != '\0') p++;
        if (n >= PATH_KEY_MAX) return PAWL_E_DATA;
        ret->key[n++] = *p;
    }
    if (p[0] != '"' || p[1] != ']' || n == 0) return PAWL_E_DATA;
    ret->key[n] = '\0';
    *at = p + 2;
    return 1;
}

static int next_index(const char **at, struct path_part *ret) {
    const char *p = *at;
    size_t value = 0, digits = 0;
    for (; *p >= '0' && *p <= '9'; p++, digits++) {
        if (digits >= 6) return PAWL_E_DATA;
        value = value * 10 + (size_t)(*p - '0');
    }
    if (digits == 0 || *p != ']') return PAWL_E_DATA;
    ret->key[0] = '\0';
    ret->index = value;
    *at = p + 1;
    return 1;
}

int path_next(const char **at, struct path_part *ret) {
    const char *p = *at;
    size_t n = 0;
    if (*p == '\0') return 0;
    if (*p == '[') {
        *at = p + (p[1] == '"' ? 2 : 1);
        return p[1] == '"' ? next_quoted(at, ret) : next_index(at, ret);
    }
    if (*p == '.') p++;
    for (; is_plain(*p); p++) {
        if (n >= PATH_KEY_MAX) return PAWL_E_DATA;
        ret->key[n++] = *p;
    }
    if (n == 0 || (*p != '\0' && *p != '.' && *p != '[')) return PAWL_E_DATA;
    if (*p == '.' && p[1] == '\0') return PAWL_E_DATA;
    ret->key[n] = '\0';
    *at = p;
    return 1;
}
