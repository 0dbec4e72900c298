/*
 * path.h - where a value stands in the configuration: "plugins[1].options.stop_loss_pct".
 *
 * A key that is not [A-Za-z0-9_-]+ is written quoted, as in instruments["BRK.B"].tick. [any]
 */
#ifndef CONFIG_PATH_H
#define CONFIG_PATH_H

#include <stddef.h>
#include <stdint.h>

#define PATH_TEXT_MAX 255u /* bytes of a path as text */
#define PATH_KEY_MAX 127u  /* bytes of one key */

/* A chain on the stack: each part points at the one around it; NULL is the root. */
struct path {
    const struct path *up;
    const char *key; /* NULL: `index` of an array */
    size_t index;
    const char *raw; /* not NULL: a path as text, instead of both */
};

/* Writes at most PATH_TEXT_MAX bytes and a terminator; a longer path ends in "...". */
void path_text(const struct path *path, char out[PATH_TEXT_MAX + 1]);

struct path_part {
    char key[PATH_KEY_MAX + 1]; /* empty: an index */
    size_t index;
};

/* Take one part off the text at *at. 1 = taken, 0 = at the end, PAWL_E_DATA = no path. */
int path_next(const char **at, struct path_part *ret);

#endif
