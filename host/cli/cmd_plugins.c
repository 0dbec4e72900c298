/* pawl plugins: what is there to load, what it says about itself, and the wiring. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cli/cli.h"
#include "cli/plugin_about.h"
#include "cli/plugin_check.h"
#include "cli/plugin_graph.h"
#include "cli/plugin_new.h"
#include "config/place.h"

#define ITEMS_MAX CONFIG_PLUGINS_MAX

struct list {
    struct loader *loader;
    uint32_t count, more; /* more: files beyond ITEMS_MAX */
    struct plugin_node items[ITEMS_MAX];
    char names[ITEMS_MAX][CONFIG_PATH_MAX + 1]; /* theirs */
    struct config_errors refused;
};

/* ---- text and JSON ---- */

static void print_text(const struct list *list) {
    for (uint32_t i = 0; i < list->count; i++) {
        const struct plugin_node *item = &list->items[i];
        printf("%s%s: %s %s %s\n", i > 0 ? "\n" : "", item->name, plugin_kind(item->plugin->kind),
               item->plugin->name, item->plugin->version);
        plugin_about_text(item->plugin, stdout);
    }
}

static void print_json(const struct list *list) {
    printf("{\"plugins\":[");
    for (uint32_t i = 0; i < list->count; i++) {
        printf("%s{\"name\":", i > 0 ? "," : "");
        cli_json_text(list->items[i].name, stdout);
        printf(",");
        plugin_about_json(list->items[i].plugin, stdout);
        printf("}");
    }
    printf("],\"refused\":[");
    for (uint32_t i = 0; i < config_errors_lines(&list->refused); i++) {
        if (i > 0) printf(",");
        cli_json_text(list->refused.line[i], stdout);
    }
    printf("]}\n");
}

/* ---- what there is ---- */

static void add(struct list *list, const char *name, const struct pawl_plugin *plugin) {
    char *own = list->names[list->count];
    snprintf(own, sizeof list->names[0], "%s", name);
    list->items[list->count++] = (struct plugin_node){.name = own, .plugin = plugin};
}

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
    add(list, path, library->plugin);
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
        if (list->count < ITEMS_MAX)
            add(list, session->config->plugins[i].name, session->plugins[i]);
    }
}

static int tell(const struct args *args, const struct list *list) {
    bool text = args->format != NULL && strcmp(args->format, "text") == 0;
    if (arg_given(args, ARG_GRAPH) && text)
        plugin_graph_text(list->items, list->count, stdout);
    else if (arg_given(args, ARG_GRAPH))
        plugin_graph_dot(list->items, list->count, stdout);
    else if (arg_given(args, ARG_JSON))
        print_json(list);
    else
        print_text(list);
    if (!arg_given(args, ARG_JSON)) config_errors_print(&list->refused, stderr);
    if (list->more > 0) fprintf(stderr, "and %u more files\n", list->more);
    return CLI_DONE;
}

static int list_all(const struct args *args) {
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

/* ---- words ---- */

static int usage(const char *text) {
    fprintf(stderr, "pawl plugins: %s\n`pawl plugins --help` tells more\n", text);
    return CLI_USAGE;
}

static int run_new(const struct args *args) {
    struct pawl_err err = {0};
    if (args->word_count != 2) return usage("new: one NAME is wanted");
    int rc = plugin_new(args->words[1], args->kind, args->dir, &err);
    if (rc == PAWL_OK) return CLI_DONE;
    fprintf(stderr, "pawl plugins new: %s\n", err.text);
    return rc == PAWL_E_INVAL ? CLI_USAGE : rc == PAWL_E_BUSY ? CLI_REFUSED : CLI_FAILED;
}

static int run_check(const struct args *args) {
    struct plugin_check how = {.seed = 1,
                               .sets = args->sets,
                               .set_count = args->set_count,
                               .json = arg_given(args, ARG_JSON)};
    char *end = NULL;
    if (args->word_count < 2) return usage("check: FILE.so is missing");
    if (args->seed != NULL) {
        errno = 0;
        how.seed = strtoull(args->seed, &end, 10);
        if (*end != '\0' || errno != 0 || args->seed[0] < '0' || args->seed[0] > '9')
            return usage("--seed: a whole number is wanted");
    }
    return plugin_check(args->words + 1, args->word_count - 1, &how);
}

static int run(const struct args *args) {
    const char *word = args->word_count == 0 ? "" : args->words[0];
    bool is_new = strcmp(word, "new") == 0, is_check = strcmp(word, "check") == 0;
    if (args->format != NULL && strcmp(args->format, "dot") != 0 &&
        strcmp(args->format, "text") != 0)
        return usage("--format is dot or text, of --graph");
    if ((args->kind != NULL || args->dir != NULL) && !is_new)
        return usage("--kind and --dir are of `new`");
    if (args->seed != NULL && !is_check) return usage("--seed is of `check`");
    if (is_new) return run_new(args);
    if (is_check) return run_check(args);
    if (word[0] != '\0') return usage("there are `new NAME` and `check FILE.so`, no other words");
    return list_all(args);
}

const struct command command_plugins = {
    .name = "plugins",
    .summary = "what the plugins are and how they are wired; begin one, check one",
    .synopsis = "[-c FILE] [--graph [--format dot|text]] [--json]\n"
                "       pawl plugins new NAME [--kind strategy|broker|service] [--dir DIR]\n"
                "       pawl plugins check FILE.so... [--seed N] [--set PATH=VALUE]... [--json]",
    .about =
        "With -c the plugins of that configuration, else every file of the plugin folder; a\n"
        "file there that cannot be loaded is one line on stderr. No plugin is started.\n"
        "--graph prints the wiring for Graphviz: `pawl plugins -c FILE --graph | dot -Tsvg`.\n\n"
        "new writes the folder NAME with a whole plugin to begin from: source, meson.build, a\n"
        "configuration and a scenario that tests it. Nothing that is there is overwritten.\n\n"
        "check looks at the file, loads it as the host would, and lets it work in a host of its\n"
        "own with random events, crashes and reloads, twice. Everything that is wrong is told;\n"
        "exit code 5: the host would refuse it, or it does not behave. --set gives it options:\n"
        "--set plugins.NAME.options.KEY=VALUE.\n",
    .takes = ARG_EVERYWHERE | ARG_BIT(ARG_CONFIG) | ARG_BIT(ARG_GRAPH) | ARG_BIT(ARG_FORMAT) |
             ARG_BIT(ARG_KIND) | ARG_BIT(ARG_DIR) | ARG_BIT(ARG_SEED),
    .words_max = ARGS_WORDS_MAX,
    .words_name = "new or check",
    .run = run};
