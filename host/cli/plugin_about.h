/*
 * plugin_about.h - what a plugin says of itself, for people and as JSON. The descriptor was taken
 * by the loader: it is sound.
 */
#ifndef CLI_PLUGIN_ABOUT_H
#define CLI_PLUGIN_ABOUT_H

#include <stdio.h>

#include "pawl_plugin.h"

const char *plugin_kind(uint32_t kind); /* "broker" */
const char *plugin_event(uint16_t type); /* "lot.closed" */
/* Indented lines: listens, needs, records, options. */
void plugin_about_text(const struct pawl_plugin *plugin, FILE *out);
/* Members of an object, without its brackets: "plugin" and all that follows. */
void plugin_about_json(const struct pawl_plugin *plugin, FILE *out);

#endif
