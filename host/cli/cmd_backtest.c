/* pawl backtest: recorded data through the production host on a virtual clock. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cli/cli.h"
#include "drive/backtest.h"
#include "run/folder.h"

#define OUTPUT_BUFFER (1u << 18)

struct output { /* what --out keeps besides the database */
    FILE *trace;
    char path[DISK_PATH_MAX + 1];
};

static FILE *open_file(const char *folder, const char *name, char path[DISK_PATH_MAX + 1],
                       struct pawl_err *err) {
    snprintf(path, DISK_PATH_MAX + 1, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) pawl_fail(err, PAWL_E_IO, "%s: %s", path, strerror(errno));
    return file;
}

static int close_file(FILE *file, const char *path, struct pawl_err *err) {
    bool bad = ferror(file) != 0;
    if (fclose(file) == 0 && !bad) return PAWL_OK;
    return pawl_fail(err, PAWL_E_IO, "%s: it cannot be written: %s", path, strerror(errno));
}

/* A folder with a database in it is a run of its own: nothing is played on top of it. */
static int open_out(const char *folder, struct output *out, struct pawl_err *err) {
    snprintf(out->path, sizeof out->path, "%s/pawl.db", folder);
    if (access(out->path, F_OK) == 0)
        return pawl_fail(err, PAWL_E_BUSY, "%s: holds a run already; name another folder",
                         folder);
    int rc = folder_make(folder, err);
    if (rc != PAWL_OK) return rc;
    out->trace = open_file(folder, "trace.jsonl", out->path, err);
    return out->trace == NULL ? PAWL_E_IO : PAWL_OK;
}

static int keep_summary(const char *folder, const struct summary *summary, double wall_seconds,
                        struct pawl_err *err) {
    char path[DISK_PATH_MAX + 1];
    FILE *file = open_file(folder, "summary.json", path, err);
    if (file == NULL) return PAWL_E_IO;
    summary_json(summary, wall_seconds, file);
    return close_file(file, path, err);
}

static int play(const struct args *args, struct session *session, struct output *out,
                struct summary *summary, struct pawl_err *err) {
    double wall_seconds;
    struct backtest_options options = {
        .data = {.paths = args->data,
                 .path_count = args->data_count,
                 .format = args->format,
                 .symbol = args->symbol,
                 .skip_bad_rows = arg_given(args, ARG_SKIP_BAD_ROWS)},
        .trace = arg_given(args, ARG_TRACE) ? stdout : NULL,
        .trace_copy = out->trace,
        .out_dir = args->out,
        .record = args->record,
        .version = PAWL_VERSION,
        .progress = isatty(STDERR_FILENO) != 0 && !arg_given(args, ARG_TRACE)};
    int rc = backtest_run(session, &options, summary, &wall_seconds, err);
    if (rc != PAWL_OK) return rc;
    if (arg_given(args, ARG_JSON))
        summary_json(summary, wall_seconds, stdout);
    else
        summary_text(summary, wall_seconds, stdout);
    return args->out == NULL ? PAWL_OK : keep_summary(args->out, summary, wall_seconds, err);
}

static int run(const struct args *args) {
    static char buffer[OUTPUT_BUFFER];
    struct pawl_err err = {0};
    struct output out = {.trace = NULL};
    int code;
    struct session *session = cli_open(args, &code);
    if (session == NULL) return code;
    /* What is usual is in the trace; the log would only slow a replay down. */
    if (log_wants(session->log, PAWL_LOG_INFO) && !log_wants(session->log, PAWL_LOG_DEBUG))
        log_set_level(session->log, PAWL_LOG_WARN);
    struct summary *summary = mem_calloc(1, sizeof *summary);
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    int rc = summary == NULL ? pawl_fail(&err, PAWL_E_NOMEM, "no memory for the summary") : PAWL_OK;
    if (rc == PAWL_OK && args->out != NULL) rc = open_out(args->out, &out, &err);
    if (rc == PAWL_OK) rc = play(args, session, &out, summary, &err);
    if (out.trace != NULL) {
        int closed = close_file(out.trace, out.path, &err);
        if (rc == PAWL_OK) rc = closed;
    }
    code = rc == PAWL_OK ? CLI_DONE : cli_fail(session->config, &err);
    mem_free(summary);
    session_close(session);
    return code;
}

const struct command command_backtest = {
    .name = "backtest",
    .summary = "play recorded data through the same plugins on a virtual clock",
    .synopsis = "-c FILE --data FILE... [--out DIR] [--record FILE] [--json] [--trace]\n"
                "           [--format NAME] [--symbol NAME] [--skip-bad-rows]\n"
                "           [--set PATH=VALUE]...",
    .about = "Plays the data from its first row to its last, as fast as it goes, and prints a\n"
             "summary. The host, the plugins and the paper venue are those of `pawl run`; state\n"
             "is kept in a temporary folder, or in DIR with --out: the database, trace.jsonl and\n"
             "summary.json. Data may be compressed, and several files are merged by time. What a\n"
             "file does not say of itself, the configuration's `feeds` or --format and --symbol "
             "do.\n\n"
             "With --trace every state event is printed first, one JSON object a line; the\n"
             "summary comes last. The first malformed row ends the run with FILE:LINE and exit\n"
             "code 1, unless --skip-bad-rows says to go on.\n",
    .takes = ARG_EVERYWHERE | ARG_BIT(ARG_CONFIG) | ARG_BIT(ARG_DATA) | ARG_BIT(ARG_OUT) |
             ARG_BIT(ARG_TRACE) | ARG_BIT(ARG_FORMAT) | ARG_BIT(ARG_SYMBOL) |
             ARG_BIT(ARG_SKIP_BAD_ROWS) | ARG_BIT(ARG_RECORD),
    .needs = ARG_BIT(ARG_CONFIG) | ARG_BIT(ARG_DATA),
    .run = run};
