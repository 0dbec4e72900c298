/* pawl check: every fault of a configuration, or what is in it. */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/plural.h"
#include "cli/cli.h"
#include "rules/rules.h"

static const char *kind_text(uint32_t kind) {
    return kind == PAWL_PLUGIN_KIND_BROKER     ? "broker"
           : kind == PAWL_PLUGIN_KIND_STRATEGY ? "strategy"
                                               : "service";
}

static void say_rules(const struct session *session) {
    struct config_errors *errors = mem_calloc(1, sizeof *errors);
    struct ruleset *set = NULL;
    struct rules_info rule;
    uint32_t count = 0;
    if (errors != NULL && session_rules(session, errors, &set) == PAWL_OK)
        while (rules_info(NULL, set, count, &rule)) count++;
    printf("  rules       %u in %s\n", count, session->config->rules.dir);
    ruleset_free(set);
    mem_free(errors);
}

static void say_ok(const struct session *session) {
    const struct config *config = session->config;
    printf("ok: %s\n", config->file);
    for (uint32_t i = 0; i < config->plugin_count; i++)
        printf("  plugin      %s (%s, %s %s)\n", config->plugins[i].name,
               kind_text(session->plugins[i]->kind), session->plugins[i]->name,
               session->plugins[i]->version);
    for (uint32_t i = 0; i < config->account_count; i++)
        printf("  account     %s at %s, %s, %s\n", config->accounts[i].name,
               config->accounts[i].broker, config->accounts[i].currency,
               config->accounts[i].mode == CONFIG_MODE_HEDGING ? "hedging" : "netting");
    for (uint32_t i = 0; i < config->instrument_count; i++)
        printf("  instrument  %s in account %s\n", config->instruments[i].base.symbol,
               config->instruments[i].account);
    if (config->rules.dir[0] != '\0') say_rules(session);
    printf("  and %u feed%s, %u schedule%s, %u profile%s\n", config->feed_count,
           plural(config->feed_count), config->schedule_count, plural(config->schedule_count),
           config->profile_count, plural(config->profile_count));
}

static int json(const struct config_errors *errors, int code) {
    printf("{\"ok\":%s,\"faults\":[", errors->count == 0 ? "true" : "false");
    for (uint32_t i = 0; i < config_errors_lines(errors); i++) {
        if (i > 0) printf(",");
        cli_json_text(errors->line[i], stdout);
    }
    printf("]}\n");
    return code;
}

static int run(const struct args *args) {
    struct session *session = NULL;
    struct pawl_err err = {0};
    struct config_errors *errors = mem_calloc(1, sizeof *errors);
    if (errors == NULL) return CLI_FAILED;
    int rc = session_open(args->config, args->sets, args->set_count, STDERR_FILENO, &session,
                          errors);
    if (rc == PAWL_OK) {
        rc = session_try(session, &err);
        if (rc != PAWL_OK) cli_explain(session->config, &err, errors);
    }
    int code = cli_exit_of(rc);
    if (arg_given(args, ARG_JSON))
        json(errors, code);
    else if (rc == PAWL_OK)
        say_ok(session);
    else
        config_errors_print(errors, stderr);
    session_close(session);
    mem_free(errors);
    return code;
}

const struct command command_check = {
    .name = "check",
    .summary = "validate a configuration with all its plugins",
    .synopsis = "-c FILE [--set PATH=VALUE]... [--json]",
    .about = "Reads the configuration, loads its plugins, checks their options, and starts a host\n"
             "with all of it in a temporary folder. Nothing is traded and nothing is kept.\n\n"
             "Each fault is one line on stderr, `FILE: path.to.key: message`, and the exit code\n"
             "is 3. Else stdout says what was found.\n",
    .takes = ARG_EVERYWHERE | ARG_BIT(ARG_CONFIG),
    .needs = ARG_BIT(ARG_CONFIG),
    .run = run};
