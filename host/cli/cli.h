/*
 * cli.h - what the commands share. Results on stdout, faults and the log on stderr.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "cli/args.h"
#include "run/session.h"

/* What pawl leaves its caller; a contract. */
enum cli_exit {
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_CONFIG = 3,
    CLI_NO_HOST = 4,
    CLI_REFUSED = 5
};

extern const struct command command_status, command_halt, command_resume, command_flatten,
    command_send, command_reload, command_explain, command_monitor, command_records,
    command_reconcile, command_adopt, command_migrate, command_transactions, command_performance,
    command_doctor;
extern const struct command command_run, command_backtest, command_check, command_plugins,
    command_rules, command_version;

extern const struct command command_replay;

/* The exit code of a result code. */
int cli_exit_of(int rc);
/* The session of -c and --set; NULL with the faults told on stderr and the exit code. */
struct session *cli_open(const struct args *args, int *ret_exit);
/* A failure after that as one more line; a fault of the configuration begins with its file. */
void cli_explain(const struct config *config, const struct pawl_err *err,
                 struct config_errors *errors);
/* The same on stderr. Returns the exit code of err->rc. */
int cli_fail(const struct config *config, const struct pawl_err *err);
/* A JSON string, quotes included. */
void cli_json_text(const char *text, FILE *out);

#endif
