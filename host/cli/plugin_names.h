/*
 * plugin_names.h - what the names in a plugin's file give away: other libraries, the host by name,
 * clocks, files, sockets, threads. [start]
 */
#ifndef CLI_PLUGIN_NAMES_H
#define CLI_PLUGIN_NAMES_H

#include <stdbool.h>

/* Each finding is told; a file that cannot be looked at is left to the loader. */
void plugin_names_check(const char *path, void (*tell)(void *arg, bool is_fault, const char *text),
                        void *arg);

#endif
