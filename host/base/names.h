/*
 * names.h - durable 32-bit ids for instruments, accounts and components.
 *
 * An id is given once and never reused; the pairs are stored as `name` records and put back before
 * anything else is loaded. Lookups by text are exact. [loop] Owned by the host.
 */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include "pawl_types.h"

enum name_space { NAME_INSTRUMENT = 1, NAME_ACCOUNT, NAME_COMPONENT, NAME_FEED, NAME_SPACES_ };

#define NAMES_MAX 65536u  /* per space */
#define NAME_TEXT_MAX 63u /* bytes */

struct names;

int names_new(struct names **ret, struct pawl_err *err);
void names_free(struct names *names);
/* The id of text, given now if it has none. *ret_new (may be NULL) = 1 if it was given now. */
int names_intern(struct names *names, enum name_space space, const char *text, uint32_t *ret_id,
                 int *ret_new, struct pawl_err *err);
/* Put back a stored pair; PAWL_E_STATE if the id or the text is already something else. */
int names_restore(struct names *names, enum name_space space, uint32_t id, const char *text,
                  struct pawl_err *err);
/* 0 = none. */
uint32_t names_find(const struct names *names, enum name_space space, const char *text);
/* "" = none. */
const char *names_text(const struct names *names, enum name_space space, uint32_t id);
/* Take back the newest, down to `count` of a space: what was given and never stored. */
void names_shrink(struct names *names, enum name_space space, uint32_t count);
uint32_t names_count(const struct names *names, enum name_space space); /* ids are 1 .. count */

#endif
