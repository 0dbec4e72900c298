#include "cli/words.h"

#include <stdio.h>
#include <string.h>

#include "pawl_num.h"

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

const char *word_of(const json_t *object, const char *key, char out[WORD_MAX]) {
    const json_t *value = json_object_get(object, key);
    if (json_is_integer(value))
        snprintf(out, WORD_MAX, "%lld", (long long)json_integer_value(value));
    else
        snprintf(out, WORD_MAX, "%s", text_of(object, key));
    return out;
}

int word_places(const char *decimal) {
    const char *point = strchr(decimal, '.');
    return point == NULL ? 0 : (int)strlen(point + 1);
}

const char *word_fixed(const json_t *object, const char *key, int places, int sign,
                       char out[WORD_MAX]) {
    const char *text = text_of(object, key);
    int64_t e8, unit = 1;
    out[0] = '\0';
    if (pawl_parse_e8(text, strlen(text), &e8) != PAWL_OK) {
        snprintf(out, WORD_MAX, "%s", text);
        return out;
    }
    for (int i = places; i < 8; i++) unit *= 10;
    if (pawl_round_to(e8, unit, PAWL_ROUND_EVEN, &e8) != PAWL_OK) return out;
    uint64_t size = e8 < 0 ? (uint64_t)0 - (uint64_t)e8 : (uint64_t)e8, one = (uint64_t)PAWL_E8;
    char decimals[24];
    snprintf(decimals, sizeof decimals, "%08llu", (unsigned long long)(size % one));
    snprintf(out, WORD_MAX, "%s%llu%s%.*s",
             e8 < 0 ? "-"
             : sign ? "+"
                    : "",
             (unsigned long long)(size / one), places > 0 ? "." : "",
             places > 0 ? places < 8 ? places : 8 : 0, decimals);
    return out;
}

const char *word_span(double seconds, char out[WORD_MAX]) {
    long long whole = (long long)seconds;
    if (seconds < 10)
        snprintf(out, WORD_MAX, "%.1f s", seconds);
    else if (whole < 120)
        snprintf(out, WORD_MAX, "%lld s", whole);
    else if (whole < 7200)
        snprintf(out, WORD_MAX, "%lld min", whole / 60);
    else if (whole < 172800)
        snprintf(out, WORD_MAX, "%lld h %lld min", whole / 3600, whole % 3600 / 60);
    else
        snprintf(out, WORD_MAX, "%lld d %lld h", whole / 86400, whole % 86400 / 3600);
    return out;
}

const char *word_bytes(double bytes, char out[WORD_MAX]) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t unit = 0;
    while (bytes >= 1000 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1000;
        unit++;
    }
    snprintf(out, WORD_MAX, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return out;
}

const char *word_time(const json_t *object, const char *key, char out[WORD_MAX]) {
    const char *text = text_of(object, key);
    snprintf(out, WORD_MAX, "%.19s", text);
    if (strlen(out) == 19) out[10] = ' ';
    return out;
}

const char *word_lot(const json_t *object, char out[WORD_MAX]) {
    json_int_t lot = json_integer_value(json_object_get(object, "lot"));
    snprintf(out, WORD_MAX, "%.32s", text_of(object, "ref"));
    if (out[0] == '\0' && lot != 0) snprintf(out, WORD_MAX, "lot %lld", (long long)lot);
    return out;
}
