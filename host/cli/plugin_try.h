/*
 * plugin_try.h - a plugin at work in a host of its own: created, restored, given random events,
 * crashed, reloaded, destroyed; all of it twice, which must come out the same.
 *
 * Nothing here survives a plugin that crashes or does not return: the caller runs it in a process
 * of its own and looks at `phase`.
 */
#ifndef CLI_PLUGIN_TRY_H
#define CLI_PLUGIN_TRY_H

#include "pawl_plugin.h"

#define PLUGIN_TRY_EVENTS 2000u

struct plugin_try {
    const char *path;                 /* of its .so */
    const struct pawl_plugin *plugin; /* its descriptor */
    const char *folder;               /* to work in; the caller's */
    uint64_t seed;
    const char *const *sets; /* overrides of the configuration it is tried with */
    uint32_t set_count;
    void (*phase)(void *arg, const char *what); /* before each step: "quote, event 17" */
    void (*fault)(void *arg, const char *text);
    void *arg;
    /* what was done */
    uint64_t events, turns, lots, fills;
    uint32_t restarts, reloads;
};

/* PAWL_OK if all of it could be done, with what is wrong told by `fault`; else a code with the
 * reason. */
int plugin_try(struct plugin_try *try, struct pawl_err *err);

#endif
