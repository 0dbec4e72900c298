/*
 * args.h - what was typed after the command's name: one table of options for all commands, each
 * command says which it takes.
 *
 * Texts are borrowed from argv. `--name VALUE` and `--name=VALUE` are the same; --data takes every
 * word up to the next option. [start] No allocation.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stdio.h>

#include "pawl_types.h"

#define ARGS_SETS_MAX 256u
#define ARGS_DATA_MAX 256u
#define ARGS_WORDS_MAX 64u

enum arg {
    ARG_CONFIG = 0,
    ARG_DATA,
    ARG_UNTIL_END,
    ARG_FORMAT,
    ARG_SYMBOL,
    ARG_SKIP_BAD_ROWS,
    ARG_OUT,
    ARG_TRACE,
    ARG_GRAPH,
    ARG_SOCKET,
    ARG_YES,
    ARG_PLAN,
    ARG_DRY_RUN,
    ARG_METRICS,
    ARG_AFTER,
    ARG_LIMIT,
    ARG_BY,
    ARG_PLAIN,
    ARG_RECORD,
    ARG_UNTIL,
    ARG_KIND,
    ARG_DIR,
    ARG_SEED,
    ARG_RECORDING,
    ARG_VENUE,
    ARG_PROFILE,
    ARG_COMPONENT,
    ARG_FROM_POSITIONS,
    ARG_ALL,
    ARG_JSON,
    ARG_SET,
    ARG_HELP,
    ARGS_
};
#define ARG_BIT(arg) (1u << (arg))
#define ARG_EVERYWHERE (ARG_BIT(ARG_JSON) | ARG_BIT(ARG_SET) | ARG_BIT(ARG_HELP))

struct args {
    uint32_t given; /* ARG_BIT of each option that was there */
    const char *config, *format, *symbol, *out, *socket, *after, *limit, *by, *record, *until;
    const char *recording, *kind, *dir, *seed, *profile, *component;
    uint32_t data_count, set_count, word_count;
    const char *words[ARGS_WORDS_MAX]; /* that belong to no option */
    const char *data[ARGS_DATA_MAX], *sets[ARGS_SETS_MAX];
};

static inline bool arg_given(const struct args *args, enum arg arg) {
    return (args->given & ARG_BIT(arg)) != 0;
}

struct command {
    const char *name;
    const char *summary;  /* one line, for the list of commands */
    const char *synopsis; /* of its options, after its name */
    const char *about;    /* paragraphs, each line ended */
    uint32_t takes, needs; /* ARG_BITs */
    uint32_t words_min, words_max; /* without an option; at most ARGS_WORDS_MAX */
    const char *words_name;        /* what they are, for messages: "FILE" */
    int (*run)(const struct args *args); /* returns an exit code of cli.h */
};

/* words: what follows the command's name. PAWL_E_INVAL with a sentence for the user. With --help
 * among them nothing else is checked. */
int args_parse(const struct command *command, int count, char *const *words, struct args *ret_args,
               struct pawl_err *err);
void args_help(const struct command *command, FILE *out);

#endif
