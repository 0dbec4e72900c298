/* pawl replay: a recording through the same plugins once more, every effect compared. */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/rfc3339.h"
#include "cli/cli.h"
#include "drive/replay.h"

static const char *time_text(int64_t ns, char out[RFC3339_SIZE]) {
    rfc3339_format(ns, -1, out);
    return out;
}

/* ---- for people ---- */

static void show_difference(const struct replay_difference *d) {
    char t[RFC3339_SIZE];
    printf("first difference at input %" PRIu64 ", %s\n", d->input, time_text(d->now_ns, t));
    printf("  input     %s\n", d->told);
    printf("  expected  %s\n", d->expected[0] != '\0' ? d->expected : "nothing more");
    printf("  came      %s\n", d->came[0] != '\0' ? d->came : "nothing more");
    if (d->differs[0] != '\0') printf("  differs   %s\n", d->differs);
    for (uint32_t i = 0; i < d->cause_count; i++)
        printf("  %s   %s\n", i == 0 ? "because" : "       ", d->causes[i]);
}

static void show(const struct replay_result *result) {
    char from[RFC3339_SIZE] = "-", to[RFC3339_SIZE] = "-";
    for (uint32_t i = 0; i < result->note_count; i++) printf("note: %s\n", result->notes[i]);
    if (result->first_ns != 0) {
        time_text(result->first_ns, from);
        time_text(result->last_ns, to);
    }
    if (!result->same) show_difference(&result->difference);
    printf("%s: %" PRIu64 " inputs from %s to %s, %" PRIu64 " events that followed, %" PRIu64
           " of them commands to brokers; trace hash %016" PRIx64 "\n",
           result->same ? "the same" : "the same until then", result->inputs, from, to,
           result->effects, result->commands, result->trace_hash);
}

/* ---- as JSON ---- */

static void put_text(const char *key, const char *text, bool is_json) {
    if (text[0] == '\0') return;
    printf(",\"%s\":", key);
    if (is_json && text[0] == '{')
        printf("%s", text);
    else
        cli_json_text(text, stdout);
}

static void json_difference(const struct replay_difference *d) {
    char t[RFC3339_SIZE];
    printf(",\"difference\":{\"input\":%" PRIu64 ",\"t\":\"%s\"", d->input,
           time_text(d->now_ns, t));
    put_text("told", d->told, true);
    put_text("expected", d->expected, true);
    put_text("came", d->came, true);
    put_text("differs", d->differs, false);
    printf(",\"causes\":[");
    for (uint32_t i = 0; i < d->cause_count; i++)
        printf("%s%s", i > 0 ? "," : "", d->causes[i]);
    printf("]}");
}

static void as_json(const struct replay_result *result) {
    printf("{\"same\":%s,\"complete\":%s,\"inputs\":%" PRIu64 ",\"effects\":%" PRIu64
           ",\"commands\":%" PRIu64 ",\"starts\":%u,\"trace_hash\":\"%016" PRIx64 "\",\"notes\":[",
           result->same ? "true" : "false", result->ended ? "true" : "false", result->inputs,
           result->effects, result->commands, result->starts, result->trace_hash);
    for (uint32_t i = 0; i < result->note_count; i++) {
        if (i > 0) putchar(',');
        cli_json_text(result->notes[i], stdout);
    }
    printf("]");
    if (!result->same) json_difference(&result->difference);
    printf("}\n");
}

/* ---- the command ---- */

static int run(const struct args *args) {
    struct pawl_err err = {0};
    struct replay_options options = {.file = args->words[0], .sets = args->sets,
                                     .set_count = args->set_count,
                                     .trace = arg_given(args, ARG_TRACE) ? stdout : NULL};
    if (args->until != NULL &&
        rfc3339_parse(args->until, strlen(args->until), &options.until_ns) != PAWL_OK) {
        fprintf(stderr, "pawl replay: --until: \"%.60s\" is not a time as 2026-01-05T09:00:00Z\n",
                args->until);
        return CLI_USAGE;
    }
    struct replay_result *result = mem_calloc(1, sizeof *result);
    int rc = result == NULL ? pawl_fail(&err, PAWL_E_NOMEM, "pawl replay: out of memory")
                            : replay_run(&options, result, &err);
    int code = cli_exit_of(rc);
    if (rc != PAWL_OK) {
        fprintf(stderr, "%s\n", err.text);
    } else {
        arg_given(args, ARG_JSON) ? as_json(result) : show(result);
        code = result->same ? CLI_DONE : CLI_FAILED;
    }
    mem_free(result);
    return code;
}

const struct command command_replay = {
    .name = "replay",
    .summary = "go through a recording once more and compare everything that follows",
    .synopsis = "FILE [--until TIME] [--trace] [--json] [--set PATH=VALUE]...",
    .about = "Tells the same plugins what the recorded host was told (`pawl run --record`), in a\n"
             "temporary folder and with nothing outside, and compares every event that follows,\n"
             "orders to brokers among them. The first difference is named, with what caused it,\n"
             "and ends the replay with exit code 1. A recording that was cut off or damaged is\n"
             "gone through up to there.\n\n"
             "Plugins are those of this pawl unless the recorded configuration names others; with\n"
             "--set other ones are taken. --trace prints the state events as they come.\n",
    .takes = ARG_EVERYWHERE | ARG_BIT(ARG_TRACE) | ARG_BIT(ARG_UNTIL),
    .words_min = 1,
    .words_max = 1,
    .words_name = "FILE",
    .run = run};
