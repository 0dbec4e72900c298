/*
 * errors.h - every fault of a configuration, not only the first.
 *
 * A line reads `FILE: path.to.key: message`, or `FILE:LINE: message` where the text is no JSON. The
 * list is bounded; what does not fit is counted. [any] No allocation. Owned by the caller.
 */
#ifndef CONFIG_ERRORS_H
#define CONFIG_ERRORS_H

#include <stdbool.h>
#include <stdio.h>

#include "pawl_types.h"

#define CONFIG_ERRORS_MAX 100u /* lines kept */
#define CONFIG_ERROR_MAX 767u  /* bytes of a line; a longer one ends in "..." */

struct config_errors { /* zero it before use */
    uint32_t count;    /* faults found, those that were not kept included */
    char line[CONFIG_ERRORS_MAX][CONFIG_ERROR_MAX + 1];
};

/* file and path may be NULL or "". */
void config_errors_add(struct config_errors *errors, const char *file, const char *path,
                       const char *format, ...) PAWL_PRINTF(4, 5);
/* Whether a fault of this place, or of what is in it, is among them. */
bool config_errors_told(const struct config_errors *errors, const char *path);
/* How many lines there are: the smaller of count and CONFIG_ERRORS_MAX. */
uint32_t config_errors_lines(const struct config_errors *errors);
/* One line each, then "and N more" if some were not kept. */
void config_errors_print(const struct config_errors *errors, FILE *out);

#endif
