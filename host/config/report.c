#include "config/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/source.h"

int report_at(const struct report *report, const struct path *path, const char *format, ...) {
    char where[PATH_TEXT_MAX + 1];
    char message[CONFIG_ERROR_MAX + 1];
    path_text(path, where);
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    const char *file = report->file;
    if (report->source != NULL) file = source_file_of(report->source, where);
    config_errors_add(report->errors, file, where, "%s", message);
    return PAWL_E_CONFIG;
}

void report_list_add(struct report_list *list, const char *name) {
    size_t room = sizeof list->text - list->at, length = strlen(name);
    if (list->cut) return;
    if (length + 2 + 4 >= room) { /* keeps room for ", ..." */
        list->cut = 1;
        memcpy(list->text + list->at, "...", 4);
        return;
    }
    int n = snprintf(list->text + list->at, room, "%s%s", list->at > 0 ? ", " : "", name);
    list->at += (size_t)n;
}

const char *report_list_text(const struct report_list *list) {
    return list->at == 0 && !list->cut ? "none" : list->text;
}

#define NEAREST_MAX 64u /* bytes of a name that is compared */

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Optimal string alignment distance: insert, delete, replace, swap neighbours. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len) {
    size_t rows[3][NEAREST_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_len; j++) last[j] = before[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = least(least(row[j - 1], last[j]) + 1, last[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[b_len];
}

void nearest_offer(struct nearest *nearest, const char *name) {
    size_t wanted = strlen(nearest->wanted), length = strlen(name);
    if (wanted == 0 || wanted > NEAREST_MAX || length > NEAREST_MAX) return;
    size_t distance = edit_distance(nearest->wanted, wanted, name, length);
    if (distance > 1 + wanted / 4 || distance >= wanted) return;
    if (nearest->best != NULL && distance >= nearest->distance) return;
    nearest->best = name;
    nearest->distance = distance;
}
