#include "cli/args.h"

#include <string.h>

#include "base/err.h"
#include "config/report.h"

struct option {
    const char *name, *value; /* value NULL = none follows */
    const char *doc;
};

static const struct option options[ARGS_] = {
    [ARG_CONFIG] = {"config", "FILE", "the configuration; also -c FILE"},
    [ARG_DATA] = {"data", "FILE...",
                  "recorded events: JSON Lines or CSV, plain, gz, zst, xz or zip"},
    [ARG_UNTIL_END] = {"until-end", NULL, "stop at the end of the data and print the summary"},
    [ARG_FORMAT] = {"format", "NAME",
                    "of the data, where the files do not say; of --graph: dot or text"},
    [ARG_SYMBOL] = {"symbol", "NAME", "instrument of the data, where the files do not say"},
    [ARG_SKIP_BAD_ROWS] = {"skip-bad-rows", NULL, "go on after a malformed row; each is told"},
    [ARG_OUT] = {"out", "DIR", "keep database, trace and summary in this folder"},
    [ARG_TRACE] = {"trace", NULL, "print every state event, one JSON object a line"},
    [ARG_GRAPH] = {"graph", NULL, "print who listens to what, in Graphviz' language"},
    [ARG_SOCKET] = {"socket", "PATH", "the host's control socket, in place of the configuration"},
    [ARG_YES] = {"yes", NULL, "do not ask"},
    [ARG_PLAN] = {"plan", NULL, "say what would be done, do nothing"},
    [ARG_DRY_RUN] = {"dry-run", NULL, "say what would be done, do nothing"},
    [ARG_METRICS] = {"metrics", NULL, "the metrics, in Prometheus' text format"},
    [ARG_AFTER] = {"after", "SEQ", "begin with what happened after this event"},
    [ARG_LIMIT] = {"limit", "N", "at most so many"},
    [ARG_PLAIN] = {"plain", NULL, "lines only, on a terminal too"},
    [ARG_BY] = {"by", "WHAT", "what to group by"},
    [ARG_RECORD] = {"record", "FILE", "record the run; FILE.2 and so on where FILE is there"},
    [ARG_RECORDING] = {"recording", "FILE", "a recording, in place of a running host"},
    [ARG_UNTIL] = {"until", "TIME", "stop at this time, 2026-01-05T09:00:00Z"},
    [ARG_KIND] = {"kind", "KIND", "of a new plugin: strategy, broker or service"},
    [ARG_DIR] = {"dir", "DIR", "where the folder of a new plugin is made"},
    [ARG_SEED] = {"seed", "N", "of the random events a plugin is tried with"},
    [ARG_VENUE] = {"venue", NULL, "what the venue holds and no lot explains"},
    [ARG_PROFILE] = {"profile", "NAME", "who holds the aspects of what names no profile"},
    [ARG_COMPONENT] = {"component", "NAME", "who owns what names no component"},
    [ARG_FROM_POSITIONS] = {"from-positions", NULL, "positions and lots that nobody follows"},
    [ARG_ALL] = {"all", NULL, "what changed nothing, too"},
    [ARG_JSON] = {"json", NULL, "JSON in place of text"},
    [ARG_SET] = {"set", "PATH=VALUE", "override a key of the configuration; may be repeated"},
    [ARG_HELP] = {"help", NULL, "this text; also -h"},
};

/* ---- reading ---- */

static bool takes(const struct command *command, int arg) {
    return (command->takes & ARG_BIT(arg)) != 0;
}

/* The option a word names, its value behind "=" in *ret_value; -1 = none this command takes. */
static int find(const struct command *command, const char *word, const char **ret_value) {
    const char *equals = strchr(word, '=');
    size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);
    *ret_value = NULL;
    if (strcmp(word, "-c") == 0) return takes(command, ARG_CONFIG) ? ARG_CONFIG : -1;
    if (strcmp(word, "-h") == 0) return ARG_HELP;
    if (strncmp(word, "--", 2) != 0) return -1;
    if (equals != NULL) *ret_value = equals + 1;
    for (int i = 0; i < ARGS_; i++)
        if (takes(command, i) && strlen(options[i].name) == length - 2 &&
            strncmp(options[i].name, word + 2, length - 2) == 0)
            return i;
    return -1;
}

static int unknown(const struct command *command, const char *word, struct pawl_err *err) {
    struct nearest nearest = {.wanted = word + 2};
    if (word[0] != '-')
        return pawl_fail(err, PAWL_E_INVAL, "\"%.80s\" is not expected here", word);
    for (int i = 0; i < ARGS_ && strlen(word) > 2; i++)
        if (takes(command, i)) nearest_offer(&nearest, options[i].name);
    if (nearest.best == NULL)
        return pawl_fail(err, PAWL_E_INVAL, "there is no option %.80s", word);
    return pawl_fail(err, PAWL_E_INVAL, "there is no option %.80s; did you mean --%s?", word,
                     nearest.best);
}

static int add(const char **list, uint32_t *count, uint32_t max, const char *value, int arg,
               struct pawl_err *err) {
    if (*count == max)
        return pawl_fail(err, PAWL_E_INVAL, "--%s: more than %u", options[arg].name, max);
    list[(*count)++] = value;
    return PAWL_OK;
}

static int keep(struct args *args, int arg, const char *value, struct pawl_err *err) {
    const char **const places[ARGS_] = {
        [ARG_CONFIG] = &args->config, [ARG_FORMAT] = &args->format, [ARG_SYMBOL] = &args->symbol,
        [ARG_OUT] = &args->out,       [ARG_SOCKET] = &args->socket, [ARG_AFTER] = &args->after,
        [ARG_LIMIT] = &args->limit,   [ARG_BY] = &args->by,       [ARG_RECORD] = &args->record,
        [ARG_UNTIL] = &args->until,   [ARG_RECORDING] = &args->recording,
        [ARG_KIND] = &args->kind,     [ARG_DIR] = &args->dir,   [ARG_SEED] = &args->seed,
        [ARG_PROFILE] = &args->profile, [ARG_COMPONENT] = &args->component};
    const char **one = places[arg];
    if (value[0] == '\0') return pawl_fail(err, PAWL_E_INVAL, "--%s is empty", options[arg].name);
    if (arg == ARG_DATA) return add(args->data, &args->data_count, ARGS_DATA_MAX, value, arg, err);
    if (arg == ARG_SET) return add(args->sets, &args->set_count, ARGS_SETS_MAX, value, arg, err);
    if (*one != NULL)
        return pawl_fail(err, PAWL_E_INVAL, "--%s is given twice", options[arg].name);
    *one = value;
    return PAWL_OK;
}

static bool is_word(const char *text) {
    return text[0] != '-' || text[1] == '\0';
}

/* One option with what belongs to it; *at is left behind it. */
static int read_option(const struct command *command, int count, char *const *words, int *at,
                       struct args *args, struct pawl_err *err) {
    const char *word = words[(*at)++], *value;
    if (is_word(word) && args->word_count < command->words_max) {
        args->words[args->word_count++] = word;
        return PAWL_OK;
    }
    int arg = find(command, word, &value);
    if (arg < 0) return unknown(command, word, err);
    args->given |= ARG_BIT(arg);
    if (options[arg].value == NULL) {
        if (value == NULL) return PAWL_OK;
        return pawl_fail(err, PAWL_E_INVAL, "--%s takes no value", options[arg].name);
    }
    if (value == NULL) {
        /* The value of --set may begin with a dash only behind "=": it names a key. */
        if (*at == count || !is_word(words[*at]))
            return pawl_fail(err, PAWL_E_INVAL, "%.80s: %s is missing", word, options[arg].value);
        value = words[(*at)++];
    }
    int rc = keep(args, arg, value, err);
    while (rc == PAWL_OK && arg == ARG_DATA && *at < count && is_word(words[*at]))
        rc = keep(args, arg, words[(*at)++], err);
    return rc;
}

int args_parse(const struct command *command, int count, char *const *words, struct args *ret_args,
               struct pawl_err *err) {
    memset(ret_args, 0, sizeof *ret_args);
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0) {
            ret_args->given = ARG_BIT(ARG_HELP);
            return PAWL_OK;
        }
    for (int at = 0; at < count;) {
        int rc = read_option(command, count, words, &at, ret_args, err);
        if (rc != PAWL_OK) return rc;
    }
    if (ret_args->word_count < command->words_min)
        return pawl_fail(err, PAWL_E_INVAL, "%s is missing", command->words_name);
    for (int i = 0; i < ARGS_; i++)
        if ((command->needs & ARG_BIT(i)) != 0 && !arg_given(ret_args, (enum arg)i))
            return pawl_fail(err, PAWL_E_INVAL, "%s%s%s%s is missing",
                             i == ARG_CONFIG ? "-c" : "--", i == ARG_CONFIG ? "" : options[i].name,
                             options[i].value != NULL ? " " : "",
                             options[i].value != NULL ? options[i].value : "");
    return PAWL_OK;
}

/* ---- telling ---- */

void args_help(const struct command *command, FILE *out) {
    fprintf(out, "usage: pawl %s %s\n\n%s\noptions:\n", command->name, command->synopsis,
            command->about);
    for (int i = 0; i < ARGS_; i++) {
        char left[40];
        if (!takes(command, i)) continue;
        snprintf(left, sizeof left, "--%s%s%s", options[i].name, options[i].value ? " " : "",
                 options[i].value ? options[i].value : "");
        fprintf(out, "  %-18s  %s\n", left, options[i].doc);
    }
}
