/* pawl run: the host, headless, until it is told to stop or its data ends. */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cli/cli.h"
#include "drive/live.h"

static int play(const struct args *args, struct session *session, const struct live_files *files,
                struct live_result *result, struct pawl_err *err) {
    struct live_options options = {
        .data = {.paths = args->data, .path_count = args->data_count, .format = args->format,
                 .symbol = args->symbol, .skip_bad_rows = arg_given(args, ARG_SKIP_BAD_ROWS)},
        .sets = args->sets, .set_count = args->set_count,
        .until_end = arg_given(args, ARG_UNTIL_END), .json = arg_given(args, ARG_JSON),
        .plain = arg_given(args, ARG_PLAIN),
        .out_fd = STDOUT_FILENO, .record = args->record, .version = PAWL_VERSION};
    if (args->data_count == 0 && files->count > 0) {
        options.data.paths = (const char *const *)files->found.gl_pathv;
        options.data.path_count = files->count;
    }
    if (options.until_end && options.data.path_count == 0)
        return pawl_fail(err, PAWL_E_CONFIG,
                         "%s: feeds: --until-end needs data, and no file it names is there",
                         session->config->file);
    int rc = live_run(session, &options, result, err);
    if (rc != PAWL_OK || !result->at_end || !options.until_end) return rc;
    if (options.json)
        summary_json(&result->summary, result->wall_seconds, stdout);
    else
        summary_text(&result->summary, result->wall_seconds, stdout);
    return rc;
}

static int run(const struct args *args) {
    struct pawl_err err = {0};
    struct live_files files;
    int code;
    struct session *session = cli_open(args, &code);
    if (session == NULL) return code;
    struct live_result *result = mem_calloc(1, sizeof *result);
    int rc = result == NULL ? pawl_fail(&err, PAWL_E_NOMEM, "no memory for the run")
                            : live_files(session->config, &files, &err);
    if (rc == PAWL_OK) {
        rc = play(args, session, &files, result, &err);
        live_files_done(&files);
    }
    code = rc == PAWL_OK ? CLI_DONE : cli_fail(session->config, &err);
    mem_free(result);
    session_close(session);
    return code;
}

const struct command command_run = {
    .name = "run",
    .summary = "run headless until SIGTERM, or to the end of recorded data",
    .synopsis = "-c FILE [--until-end] [--data FILE...] [--record FILE] [--json]\n"
                "           [--format NAME] [--symbol NAME] [--skip-bad-rows] [--plain]\n"
                "           [--set PATH=VALUE]...",
    .about = "Runs the host with the brokers and components of the configuration. Where its\n"
             "`feeds` match files (seen from the configuration's folder), or --data names some,\n"
             "those are played, at the `speed` of their feed, and time is theirs. State is kept\n"
             "in host.data_dir and a run goes on where the last one ended, however it ended;\n"
             "without host.data_dir recorded data is played in a temporary folder.\n\n"
             "stdout tells what happens, one line each, with --json as JSON; stderr is the log.\n"
             "On a terminal the state of things stands below the lines, unless --plain is given.\n"
             "SIGTERM and SIGINT: nothing new is entered, answers are awaited for at most\n"
             "host.shutdown_wait, everything is flushed, protection stays where it rests.\n"
             "SIGHUP: configuration, plugins and rules are read again and take over as a\n"
             "whole; if anything is wrong with them nothing happens but a log line.\n",
    .takes = ARG_EVERYWHERE | ARG_BIT(ARG_PLAIN) | ARG_BIT(ARG_CONFIG) | ARG_BIT(ARG_DATA) |
             ARG_BIT(ARG_UNTIL_END) | ARG_BIT(ARG_FORMAT) | ARG_BIT(ARG_SYMBOL) |
             ARG_BIT(ARG_SKIP_BAD_ROWS) | ARG_BIT(ARG_RECORD),
    .needs = ARG_BIT(ARG_CONFIG),
    .run = run};
