/* pawl plugins: what is there to load, what it says about itself, and the wiring. */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cli/cli.h"
#include "config/options.h"
#include "config/place.h"
#include "events/reflect.h"

#define ITEMS_MAX CONFIG_PLUGINS_MAX
#define DOT_COLUMN 60

struct item {
    char name[CONFIG_PATH_MAX + 1]; /* of the instance, or the file */
    const struct pawl_plugin *plugin;
};

struct list {
    struct loader *loader;
    uint32_t count, more; /* more: files beyond ITEMS_MAX */
    struct item items[ITEMS_MAX];
    struct config_errors refused;
};

static const char *kind_text(uint32_t kind) {
    return kind == PAWL_PLUGIN_KIND_BROKER     ? "broker"
           : kind == PAWL_PLUGIN_KIND_STRATEGY ? "strategy"
                                               : "service";
}

static const char *event_name(uint16_t type) {
    const struct schema_event *event = reflect_event(type);
    return event == NULL ? "?" : event->name;
}

/* ---- text ---- */

static void print_words(const char *title, const struct pawl_plugin *plugin, bool needs) {
    const uint16_t *type = plugin->listens;
    const char *const *need = plugin->needs;
    uint32_t count = 0;
    printf("  %-9s ", title);
    for (; !needs && type != NULL && *type != 0; type++, count++)
        printf(" %s", event_name(*type));
    for (; needs && need != NULL && *need != NULL; need++, count++) printf(" %s", *need);
    printf("%s\n", count == 0 ? " nothing" : "");
}

static void print_text(const struct list *list) {
    for (uint32_t i = 0; i < list->count; i++) {
        const struct item *item = &list->items[i];
        printf("%s%s: %s %s %s\n", i > 0 ? "\n" : "", item->name, kind_text(item->plugin->kind),
               item->plugin->name, item->plugin->version);
        print_words("listens", item->plugin, false);
        print_words("needs", item->plugin, true);
        printf("  options   %s\n", item->plugin->options == NULL ? " none" : "");
        options_print(item->plugin->options, "    ", stdout);
    }
}

/* ---- JSON ---- */

static void json_options(const struct pawl_option *table) {
    static const char *const types[] = {
        [PAWL_OPT_BOOL] = "bool",         [PAWL_OPT_INT] = "int",   [PAWL_OPT_DECIMAL] = "decimal",
        [PAWL_OPT_DURATION] = "duration", [PAWL_OPT_ENUM] = "enum", [PAWL_OPT_TEXT] = "text"};
    for (uint32_t i = 0; table != NULL && table[i].name != NULL && i < OPTIONS_MAX; i++) {
        printf("%s{\"name\":\"%s\",\"type\":\"%s\",\"default\":", i > 0 ? "," : "", table[i].name,
               types[table[i].type]);
        cli_json_text(table[i].default_, stdout);
        if (table[i].choices != NULL) {
            printf(",\"choices\":");
            cli_json_text(table[i].choices, stdout);
        }
        printf(",\"doc\":");
        cli_json_text(table[i].doc, stdout);
        printf("}");
    }
}

static void json_item(const struct item *item) {
    const struct pawl_plugin *plugin = item->plugin;
    printf("{\"name\":");
    cli_json_text(item->name, stdout);
    printf(",\"plugin\":\"%s\",\"version\":", plugin->name);
    cli_json_text(plugin->version, stdout);
    printf(",\"kind\":\"%s\",\"listens\":[", kind_text(plugin->kind));
    for (const uint16_t *type = plugin->listens; type != NULL && *type != 0; type++)
        printf("%s\"%s\"", type == plugin->listens ? "" : ",", event_name(*type));
    printf("],\"needs\":[");
    for (const char *const *need = plugin->needs; need != NULL && *need != NULL; need++)
        printf("%s\"%s\"", need == plugin->needs ? "" : ",", *need);
    printf("],\"options\":[");
    json_options(plugin->options);
    printf("]}");
}

static void print_json(const struct list *list) {
    printf("{\"plugins\":[");
    for (uint32_t i = 0; i < list->count; i++) {
        if (i > 0) printf(",");
        json_item(&list->items[i]);
    }
    printf("],\"refused\":[");
    for (uint32_t i = 0; i < config_errors_lines(&list->refused); i++) {
        if (i > 0) printf(",");
        cli_json_text(list->refused.line[i], stdout);
    }
    printf("]}\n");
}

/* ---- the wiring, in Graphviz' language ---- */

/* One edge from the bus with all event types on it, a few a line. */
static void graph_edge(const struct item *item) {
    size_t column = 0;
    printf("  bus -> \"%s\" [label=\"", item->name);
    for (const uint16_t *type = item->plugin->listens; type != NULL && *type != 0; type++) {
        const char *name = event_name(*type);
        if (column > DOT_COLUMN) column = (size_t)printf("\\n") - 2;
        column += (size_t)printf("%s%s", column > 0 ? " " : "", name);
    }
    printf("\"];\n");
}

static void print_graph(const struct list *list) {
    printf("digraph pawl {\n  rankdir=LR;\n  node [shape=box];\n"
           "  outside [label=\"data, requests\"];\n  outside -> bus;\n"
           "  bus -> executor [label=\"every event\"];\n");
    for (uint32_t i = 0; i < list->count; i++) {
        const struct item *item = &list->items[i];
        printf("  \"%s\" [label=\"%s\\n%s %s\"];\n", item->name, item->name,
               kind_text(item->plugin->kind), item->plugin->version);
        graph_edge(item);
        if (item->plugin->kind == PAWL_PLUGIN_KIND_BROKER)
            printf("  executor -> \"%s\" [label=\"submit amend cancel query\"];\n"
                   "  \"%s\" -> bus [label=\"reports\"];\n",
                   item->name, item->name);
        else if (item->plugin->kind == PAWL_PLUGIN_KIND_STRATEGY)
            printf("  \"%s\" -> executor [label=\"wants of lots\"];\n", item->name);
    }
    printf("}\n");
}

/* ---- what there is ---- */

static int look_at_file(void *arg, const char *path) {
    struct list *list = arg;
    const struct library *library = NULL;
    if (list->count == ITEMS_MAX) {
        list->more++;
        return 0;
    }
    int rc = loader_open(list->loader, path, &library, &list->refused);
    if (rc == PAWL_E_NOMEM) return rc;
    if (rc != PAWL_OK) return 0; /* its line is in refused */
    struct item *item = &list->items[list->count++];
    snprintf(item->name, sizeof item->name, "%s", path);
    item->plugin = library->plugin;
    return 0;
}

static int look_at_folder(struct list *list, struct pawl_err *err) {
    char folder[CONFIG_PATH_MAX + 1];
    place_plugins(folder, sizeof folder);
    if (folder[0] == '\0')
        return pawl_fail(err, PAWL_E_NOTFOUND, "no folder of plugins is found; PAWL_PLUGINS may "
                                               "name one");
    int rc = session_loader(&list->loader, err);
    return rc == PAWL_OK ? loader_scan(folder, look_at_file, list, err) : rc;
}

static void take_session(struct list *list, const struct session *session) {
    for (uint32_t i = 0; i < session->config->plugin_count; i++) {
        struct item *item = &list->items[list->count++];
        snprintf(item->name, sizeof item->name, "%s", session->config->plugins[i].name);
        item->plugin = session->plugins[i];
    }
}

static int tell(const struct args *args, const struct list *list) {
    if (arg_given(args, ARG_GRAPH))
        print_graph(list);
    else if (arg_given(args, ARG_JSON))
        print_json(list);
    else
        print_text(list);
    if (!arg_given(args, ARG_JSON)) config_errors_print(&list->refused, stderr);
    if (list->more > 0) fprintf(stderr, "and %u more files\n", list->more);
    return CLI_DONE;
}

static int run(const struct args *args) {
    struct pawl_err err = {0};
    struct session *session = NULL;
    int code = CLI_DONE;
    struct list *list = mem_calloc(1, sizeof *list);
    if (list == NULL) return CLI_FAILED;
    if (args->config != NULL) {
        session = cli_open(args, &code);
        if (session != NULL) take_session(list, session);
    } else if (look_at_folder(list, &err) != PAWL_OK) {
        fprintf(stderr, "%s\n", err.text);
        code = CLI_FAILED;
    }
    if (code == CLI_DONE) code = tell(args, list);
    loader_free(list->loader);
    mem_free(list);
    session_close(session);
    return (int)code;
}

const struct command command_plugins = {
    .name = "plugins",
    .summary = "what the plugins are, what they listen to and which options they have",
    .synopsis = "[-c FILE] [--graph] [--set PATH=VALUE]... [--json]",
    .about =
        "With -c the plugins of that configuration, else every file of the plugin folder; a\n"
        "file there that cannot be loaded is one line on stderr. No plugin is started.\n"
        "--graph prints the wiring for Graphviz: `pawl plugins -c FILE --graph | dot -Tsvg`.\n",
    .takes = ARG_EVERYWHERE | ARG_BIT(ARG_CONFIG) | ARG_BIT(ARG_GRAPH),
    .run = run};
