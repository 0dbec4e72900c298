/*
 * report.h - where the reading functions put a fault: the list, and who said the value at fault.
 * Internal to config/. [any]
 */
#ifndef CONFIG_REPORT_H
#define CONFIG_REPORT_H

#include "config/errors.h"
#include "config/path.h"

struct config_source;

struct report {
    struct config_errors *errors;
    const char *file;                   /* used if source is NULL */
    const struct config_source *source; /* finds the file by the path */
};

/* Always returns PAWL_E_CONFIG. */
int report_at(const struct report *report, const struct path *path, const char *format, ...)
    PAWL_PRINTF(3, 4);

#define REPORT_LIST_MAX 400u

/* Text such as "a, b, c" of what exists; cut with "..."; "none" if there is nothing. */
struct report_list {
    char text[REPORT_LIST_MAX + 1];
    size_t at;
    int cut;
};
void report_list_add(struct report_list *list, const char *name);
const char *report_list_text(const struct report_list *list);

/* The nearest of the names offered one by one: a likely slip of the pen. */
struct nearest {
    const char *wanted;
    const char *best; /* NULL = nothing near */
    size_t distance;
};
void nearest_offer(struct nearest *nearest, const char *name);

#endif
