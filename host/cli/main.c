/* pawl - the command line: finds the command, reads its options, maps results to exit codes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "config/report.h"

static const struct command *const commands[] = {&command_run, &command_backtest, &command_check,
                                                 &command_replay,
                                                 &command_plugins, &command_status, &command_halt,
                                                 &command_resume,  &command_flatten, &command_send,
                                                 &command_reload,  &command_explain,
                                                 &command_monitor, &command_records,
                                                 &command_reconcile, &command_adopt,
                                                 &command_migrate, &command_transactions,
                                                 &command_performance, &command_doctor,
                                                 &command_rules,   &command_version};
#define COMMANDS (sizeof commands / sizeof *commands)

static void help(FILE *out) {
    fprintf(out,
            "usage: pawl COMMAND [OPTION...]\n\n"
            "pawl looks after open trades: it loads a broker and strategy components, keeps\n"
            "every position stopped, and goes on until the venue agrees with what they want.\n\n"
            "commands:\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-12s  %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "\n`pawl COMMAND --help` tells more of each.\n"
                 "exit codes: 0 done, 1 failed, 2 wrong usage, 3 the configuration is invalid,\n"
                 "            4 no running host, 5 refused\n");
}

static const struct command *find(const char *name) {
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    return NULL;
}

static int no_such_command(const char *name) {
    struct nearest nearest = {.wanted = name};
    for (size_t i = 0; i < COMMANDS; i++) nearest_offer(&nearest, commands[i]->name);
    fprintf(stderr, "pawl: there is no command \"%.80s\"", name);
    if (nearest.best != NULL) fprintf(stderr, "; did you mean %s?", nearest.best);
    fprintf(stderr, "\n`pawl --help` lists the commands\n");
    return CLI_USAGE;
}

/* As after `| head`. Which write met it is not known any more: the pipe is asked. */
static bool reader_is_gone(void) {
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

/* What was printed counts as printed only when the system took it. Who stops reading knows. */
static int finish(int code) {
    errno = 0;
    if (fflush(stdout) == 0 && ferror(stdout) == 0) return code;
    if (errno != EPIPE && !reader_is_gone())
        fprintf(stderr, "pawl: the output cannot be written%s%s\n", errno != 0 ? ": " : "",
                errno != 0 ? strerror(errno) : "");
    return code == CLI_DONE ? CLI_FAILED : code;
}

/* Started without one of the three: what is opened next would take its number and get our lines. */
static bool fill_standard(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) return false;
    return true;
}

int main(int argc, char **argv) {
    static struct args args;
    struct pawl_err err = {0};
    if (!fill_standard()) return CLI_FAILED;
    /* Neither a reader that goes away nor a limit on files may end a host that protects positions:
     * the write fails, and is dealt with there. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        help(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        help(stdout);
        return finish(CLI_DONE);
    }
    const char *name = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
    const struct command *command = find(name);
    if (command == NULL) return no_such_command(name);
    if (args_parse(command, argc - 2, argv + 2, &args, &err) != PAWL_OK) {
        fprintf(stderr, "pawl %s: %s\nusage: pawl %s %s\n", command->name, err.text, command->name,
                command->synopsis);
        return CLI_USAGE;
    }
    if (arg_given(&args, ARG_HELP)) {
        args_help(command, stdout);
        return finish(CLI_DONE);
    }
    return finish(command->run(&args));
}
