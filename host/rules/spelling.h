/*
 * spelling.h - `{ do = "entry" }`, although `do` is a word of Lua's own. Internal to rules/.
 *
 * `do` in front of a single `=` is never Lua, so it can only be meant as a key: it is read as
 * `["do"]`. Texts and comments stay as they are, and so do all lines.
 */
#ifndef RULES_SPELLING_H
#define RULES_SPELLING_H

#include <stddef.h>

/* A new text (mem_free), NULL = no memory. */
char *spelling_read(const char *text, size_t length, size_t *ret_length);

#endif
