/*
 * plugin_check.h - would the host take this plugin, and does it behave? Each file is looked at in a
 * process of its own, so that one that crashes or hangs is a line and not the end. [start]
 */
#ifndef CLI_PLUGIN_CHECK_H
#define CLI_PLUGIN_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct plugin_check {
    uint64_t seed;
    const char *const *sets; /* overrides of the configuration it is tried with */
    uint32_t set_count;
    bool json;
};

/* Tells on stdout what it is and everything that is wrong with it. The exit code of cli.h: done, or
 * refused if there is a fault in any of the files. */
int plugin_check(const char *const *paths, uint32_t count, const struct plugin_check *how);

#endif
