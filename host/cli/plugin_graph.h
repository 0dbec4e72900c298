/*
 * plugin_graph.h - the wiring of some plugins: who hears which events, who uses which services, who
 * acts on what. For Graphviz and for people.
 */
#ifndef CLI_PLUGIN_GRAPH_H
#define CLI_PLUGIN_GRAPH_H

#include <stdio.h>

#include "pawl_plugin.h"

struct plugin_node {
    const char *name; /* of the instance, or the file */
    const struct pawl_plugin *plugin;
};

void plugin_graph_dot(const struct plugin_node *nodes, uint32_t count, FILE *out);
void plugin_graph_text(const struct plugin_node *nodes, uint32_t count, FILE *out);

#endif
