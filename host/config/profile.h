/*
 * profile.h - does a profile agree with what its components do? One judge for the configuration as
 * it is read and for lots as they are opened and handed over.
 */
#ifndef CONFIG_PROFILE_H
#define CONFIG_PROFILE_H

#include <stdbool.h>

#include "config/config.h"
#include "pawl_plugin.h"

struct profile_parts { /* who there is */
    /* What a strategy does; false = nothing is known of it. */
    bool (*find)(void *arg, const char *name, struct pawl_aspects *ret);
    void *arg;
};

extern const char *const profile_aspects[CONFIG_ASPECTS_]; /* "grow" ... */

/* For lots that `opener` opens (NULL = nobody who is loaded). PAWL_OK; or PAWL_E_INVAL with the
 * sentence and the aspect that is wrong. */
int profile_judge(const struct config_profile *profile, const char *opener,
                  const struct profile_parts *parts, enum config_aspect *ret_aspect,
                  struct pawl_err *err);

#endif
