/* pawl rules: what the rules are, their tests, their switches. */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/rfc3339.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "rules/rules.h"
#include "rules/test_run.h"

/* ---- test ---- */

struct shown {
    bool json;
    uint32_t count;
    char file[256]; /* the last one named */
};

static void show_json(struct shown *shown, const struct rules_test_result *result) {
    printf("%s{\"file\":", shown->count++ > 0 ? "," : "");
    cli_json_text(result->file, stdout);
    printf(",\"test\":");
    cli_json_text(result->name, stdout);
    printf(",\"ok\":%s", result->fault == NULL ? "true" : "false");
    if (result->fault != NULL) {
        printf(",\"fault\":");
        cli_json_text(result->fault, stdout);
    }
    printf("}");
}

static void show_result(void *arg, const struct rules_test_result *result) {
    struct shown *shown = arg;
    if (shown->json) {
        show_json(shown, result);
        return;
    }
    if (strcmp(shown->file, result->file) != 0) {
        printf("%s\n", result->file);
        snprintf(shown->file, sizeof shown->file, "%s", result->file);
    }
    printf("  %s  %s\n", result->fault == NULL ? "ok  " : "FAIL",
           result->name[0] != '\0' ? result->name : "the file");
    if (result->fault != NULL) printf("        %s\n", result->fault);
}

static int run_tests(const struct args *args, const char *dir) {
    struct shown shown = {.json = arg_given(args, ARG_JSON)};
    struct rules_test_totals totals;
    struct pawl_err err = {0};
    if (shown.json) printf("{\"tests\":[");
    int rc = rules_test(dir, show_result, &shown, &totals, &err);
    if (shown.json)
        printf("],\"passed\":%u,\"failed\":%u,\"untested\":%u}\n", totals.passed, totals.failed,
               totals.untested);
    if (rc != PAWL_OK) {
        fprintf(stderr, "%s\n", err.text);
        return CLI_FAILED;
    }
    if (!shown.json && totals.files == 0) printf("%s: no NAME_test.lua\n", dir);
    if (!shown.json && totals.untested > 0)
        printf("%u rule file%s without a test\n", totals.untested, totals.untested == 1 ? "" : "s");
    if (!shown.json) printf("%u passed, %u failed\n", totals.passed, totals.failed);
    return totals.failed == 0 ? CLI_DONE : CLI_FAILED;
}

/* ---- list ---- */

static const char *where_cell(const json_t *rule, char out[WORD_MAX]) {
    const char *file = strrchr(remote_text(rule, "file"), '/');
    snprintf(out, WORD_MAX, "%.40s:%lld", file != NULL ? file + 1 : remote_text(rule, "file"),
             (long long)json_integer_value(json_object_get(rule, "line")));
    return out;
}

static json_t *offline_rule(const struct rules_info *rule) {
    return json_pack("{s:s,s:s,s:s,s:s,s:i,s:s,s:i}", "rule", rule->id, "name", rule->name, "on",
                     rule->on, "state", rule->off ? "off" : "on", "priority", (int)rule->priority,
                     "file", rule->file, "line", (int)rule->line);
}

/* As the files say, in the shape of a host's answer. */
static json_t *offline(const struct session *session) {
    struct config_errors *errors = mem_calloc(1, sizeof *errors);
    struct ruleset *set = NULL;
    struct rules_info rule;
    json_t *list = json_array();
    int rc = errors == NULL ? PAWL_E_NOMEM : session_rules(session, errors, &set);
    for (uint32_t i = 0; rc == PAWL_OK && rules_info(NULL, set, i, &rule); i++)
        json_array_append_new(list, offline_rule(&rule));
    ruleset_free(set);
    mem_free(errors);
    return json_pack("{s:b,s:o}", "running", 0, "rules", list);
}

static void print_list(const json_t *answer) {
    static const struct row_column columns[] = {
        {"rule", "rule", ROW_TEXT, NULL},           {"on", "on", ROW_TEXT, NULL},
        {"priority", "priority", ROW_NUMBER, NULL}, {"state", "state", ROW_TEXT, NULL},
        {"fired", "fired", ROW_NUMBER, NULL},       {"taken", "taken", ROW_NUMBER, NULL},
        {"last", "last", ROW_TIME, NULL},           {"where", NULL, ROW_CUT, where_cell}};
    const json_t *rule;
    size_t i;
    ROWS_SHOW(json_object_get(answer, "rules"), columns);
    json_array_foreach(json_object_get(answer, "rules"), i, rule)
        if (remote_text(rule, "failure")[0] != '\0')
            printf("%s failed: %s\n", remote_text(rule, "rule"), remote_text(rule, "failure"));
    if (json_array_size(json_object_get(answer, "rules")) == 0) printf("no rules\n");
}

/* Of the host that runs with this configuration, else as its files say. */
static json_t *list_of_config(const struct args *args, int *ret_exit) {
    struct pawl_err err = {0};
    struct client *client = NULL;
    struct session *session = cli_open(args, ret_exit);
    json_t *answer = NULL;
    if (session == NULL) return NULL;
    if (client_open(session->config->host.control_socket, REMOTE_WAIT_MS, &client, &err) == PAWL_OK)
        answer = remote_ask(args, client, "rules.list", NULL, ret_exit);
    else
        answer = offline(session);
    client_close(client);
    session_close(session);
    return answer;
}

static int list(const struct args *args) {
    int code = CLI_FAILED;
    json_t *answer = args->config != NULL && args->socket == NULL
                         ? list_of_config(args, &code)
                         : remote_once(args, "rules.list", NULL, &code);
    if (answer == NULL) return code;
    if (arg_given(args, ARG_JSON))
        remote_print(answer);
    else
        print_list(answer);
    json_decref(answer);
    return CLI_DONE;
}

/* ---- enable, disable ---- */

static int switch_rule(const struct args *args, const char *what, const char *id) {
    int code;
    json_t *answer = remote_once(args, what, json_pack("{s:s}", "rule", id), &code);
    if (answer == NULL) return code;
    if (arg_given(args, ARG_JSON))
        remote_print(answer);
    else
        printf("%s is %s\n", id, remote_text(json_object_get(answer, "rule"), "state"));
    json_decref(answer);
    return CLI_DONE;
}

static int run(const struct args *args) {
    const char *what = args->words[0];
    bool more = args->word_count > 1;
    if (strcmp(what, "list") == 0 && !more) return list(args);
    if (strcmp(what, "test") == 0 && more) return run_tests(args, args->words[1]);
    if (strcmp(what, "enable") == 0 && more)
        return switch_rule(args, "rules.enable", args->words[1]);
    if (strcmp(what, "disable") == 0 && more)
        return switch_rule(args, "rules.disable", args->words[1]);
    fprintf(stderr, "pawl rules: list, test DIR, enable ID or disable ID is wanted\n");
    return CLI_USAGE;
}

const struct command command_rules = {
    .name = "rules",
    .summary = "what the rules are, their tests, their switches",
    .synopsis = "list [-c FILE | --socket PATH] [--json]\n"
                "       pawl rules test DIR [--json]\n"
                "       pawl rules enable|disable ID [-c FILE | --socket PATH] [--json]",
    .about = "list: the rules of the running host with what they did; with -c, where none runs,\n"
             "as their files say. test: runs each NAME_test.lua of a folder against NAME.lua;\n"
             "exit code 1 if one fails (docs/rules.md). enable, disable: switches a rule of the\n"
             "running host; that outlives restarts. Enabling also forgets why it failed, its\n"
             "cooldown and what it did today.\n",
    .takes = REMOTE_TAKES, .words_min = 1, .words_max = 2,
    .words_name = "list, test, enable or disable", .run = run};
