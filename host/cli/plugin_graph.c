#include "cli/plugin_graph.h"

#include <stdbool.h>
#include <string.h>

#include "cli/plugin_about.h"
#include "events/reflect.h"

#define DOT_COLUMN 60

/* Services that lead out of the host, and where to. */
static const struct {
    const char *service, *place;
} outward[] = {{"pawl.net/1", "network"}, {"pawl.files/1", "data folder"}};
#define OUTWARD (sizeof outward / sizeof *outward)

static bool uses(const struct pawl_plugin *plugin, const char *service) {
    for (const char *const *need = plugin->needs; need != NULL && *need != NULL; need++)
        if (strcmp(*need, service) == 0) return true;
    return false;
}

static bool listens(const struct pawl_plugin *plugin, uint16_t event) {
    for (const uint16_t *type = plugin->listens; type != NULL && *type != 0; type++)
        if (*type == event) return true;
    return false;
}

/* What reaches it without a subscription. */
static const char *addressed(const struct pawl_plugin *plugin) {
    return plugin->kind == PAWL_PLUGIN_KIND_BROKER ? "submit amend cancel query" : "";
}

/* ---- Graphviz ---- */

/* One edge from the bus with all event types on it, a few a line. */
static void dot_heard(const struct plugin_node *node, FILE *out) {
    size_t column = 0;
    fprintf(out, "  bus -> \"%s\" [label=\"", node->name);
    for (const uint16_t *type = node->plugin->listens; type != NULL && *type != 0; type++) {
        if (column > DOT_COLUMN) {
            fputs("\\n", out);
            column = 0;
        }
        column += (size_t)fprintf(out, "%s%s", column > 0 ? " " : "", plugin_event(*type));
    }
    fprintf(out, "\"];\n");
}

static void dot_services(const struct plugin_node *node, FILE *out) {
    bool any = false;
    for (size_t i = 0; i < OUTWARD; i++)
        if (uses(node->plugin, outward[i].service))
            fprintf(out, "  \"%s\" -> \"%s\" [dir=both, label=\"%s\"];\n", node->name,
                    outward[i].place, outward[i].service);
    for (const char *const *need = node->plugin->needs; need != NULL && *need != NULL; need++) {
        if (!any) fprintf(out, "  services -> \"%s\" [style=dotted, label=\"", node->name);
        fprintf(out, "%s%s", any ? "\\n" : "", *need);
        any = true;
    }
    if (any) fprintf(out, "\"];\n");
}

static void dot_node(const struct plugin_node *node, FILE *out) {
    const char *commands = addressed(node->plugin);
    fprintf(out, "  \"%s\" [label=\"%s\\n%s %s\"];\n", node->name, node->name,
            plugin_kind(node->plugin->kind), node->plugin->version);
    dot_heard(node, out);
    if (commands[0] != '\0')
        fprintf(out, "  executor -> \"%s\" [label=\"%s\"];\n  \"%s\" -> bus [label=\"%s\"];\n",
                node->name, commands, node->name,
                uses(node->plugin, "pawl.net/1") ? "reports, market data" : "reports");
    else if (uses(node->plugin, "pawl.book/1"))
        fprintf(out, "  \"%s\" -> executor [label=\"wants of lots\"];\n", node->name);
    else
        fprintf(out, "  \"%s\" -> bus [label=\"signals, entries\"];\n", node->name);
    dot_services(node, out);
}

void plugin_graph_dot(const struct plugin_node *nodes, uint32_t count, FILE *out) {
    fprintf(out, "digraph pawl {\n  rankdir=LR;\n  node [shape=box];\n"
                 "  outside [label=\"data, requests\"];\n  outside -> bus;\n"
                 "  services [shape=ellipse, label=\"services of the host\"];\n"
                 "  rules [label=\"Lua rules\"];\n"
                 "  bus -> rules [label=\"every event\"];\n"
                 "  rules -> bus [label=\"requests\"];\n"
                 "  bus -> executor [label=\"every event\"];\n");
    for (size_t i = 0; i < OUTWARD; i++)
        for (uint32_t k = 0; k < count; k++)
            if (uses(nodes[k].plugin, outward[i].service)) {
                fprintf(out, "  \"%s\" [shape=cylinder];\n", outward[i].place);
                break;
            }
    for (uint32_t i = 0; i < count; i++) dot_node(&nodes[i], out);
    fprintf(out, "}\n");
}

/* ---- text ---- */

static void text_events(const struct plugin_node *nodes, uint32_t count, FILE *out) {
    fprintf(out, "events, and who hears them in this order behind the book\n");
    for (uint32_t i = 0; i < SCHEMA_EVENT_COUNT; i++) {
        bool any = false;
        for (uint32_t k = 0; k < count; k++) {
            if (!listens(nodes[k].plugin, schema_events[i].id)) continue;
            if (!any) fprintf(out, "  %-20s", schema_events[i].name);
            fprintf(out, " %s", nodes[k].name);
            any = true;
        }
        if (any) fputc('\n', out);
    }
}

static void text_services(const struct plugin_node *nodes, uint32_t count, FILE *out) {
    fprintf(out, "services, and who uses them\n");
    for (uint32_t i = 0; i < count; i++)
        for (const char *const *need = nodes[i].plugin->needs; need != NULL && *need != NULL;
             need++) {
            bool told = false;
            for (uint32_t k = 0; k < i && !told; k++) told = uses(nodes[k].plugin, *need);
            if (told) continue;
            fprintf(out, "  %-20s", *need);
            for (uint32_t k = i; k < count; k++)
                if (uses(nodes[k].plugin, *need)) fprintf(out, " %s", nodes[k].name);
            fputc('\n', out);
        }
}

void plugin_graph_text(const struct plugin_node *nodes, uint32_t count, FILE *out) {
    text_events(nodes, count, out);
    text_services(nodes, count, out);
    fprintf(out, "what they act on\n");
    for (uint32_t i = 0; i < count; i++) {
        const struct pawl_plugin *plugin = nodes[i].plugin;
        const char *acts = plugin->kind == PAWL_PLUGIN_KIND_BROKER
                               ? "gets submit amend cancel query; sends reports"
                           : uses(plugin, "pawl.book/1") ? "opens lots and sets their wants"
                                                         : "looks on; may send signals and entries";
        fprintf(out, "  %-20s %s: %s\n", nodes[i].name, plugin_kind(plugin->kind), acts);
    }
}
