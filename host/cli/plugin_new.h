/*
 * plugin_new.h - a fresh project for a plugin: an example's files with the name put in. [start]
 */
#ifndef CLI_PLUGIN_NEW_H
#define CLI_PLUGIN_NEW_H

#include "pawl_types.h"

#define PLUGIN_NEW_NAME_MAX 20u /* bytes: its tables are named NAME_something, at most 31 */

/* kind: "strategy", "broker" or "service"; NULL = strategy. dir: the folder in which the project's
 * folder NAME is made; NULL = this one. Says on stdout what was written and what to do next.
 * PAWL_E_INVAL: a name or kind that cannot be; PAWL_E_BUSY: there is something already, nothing was
 * written; PAWL_E_NOTFOUND, PAWL_E_IO. */
int plugin_new(const char *name, const char *kind, const char *dir, struct pawl_err *err);

#endif
