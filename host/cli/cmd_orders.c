/* pawl halt, resume, flatten, send: what a person orders of a running host. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/remote.h"
#include "cli/sentence.h"

static json_t *with_reason(const struct args *args) {
    char reason[256] = "";
    for (uint32_t i = 0; i < args->word_count; i++) {
        size_t length = strlen(reason);
        snprintf(reason + length, sizeof reason - length, "%s%s", i > 0 ? " " : "", args->words[i]);
    }
    return reason[0] == '\0' ? json_object() : json_pack("{s:s}", "reason", reason);
}

static int order(const struct args *args, const char *what) {
    int code;
    json_t *answer = remote_once(args, what, with_reason(args), &code);
    if (answer == NULL) return code;
    if (arg_given(args, ARG_JSON))
        remote_print(answer);
    else
        printf("trading is %s now (was %s); open lots: %lld\n", remote_text(answer, "trading"),
               remote_text(answer, "before"),
               (long long)json_integer_value(json_object_get(answer, "open_lots")));
    json_decref(answer);
    return code;
}

static int run_halt(const struct args *args) {
    return order(args, "halt");
}

static int run_resume(const struct args *args) {
    return order(args, "resume");
}

/* ---- flatten ---- */

static bool confirmed(const struct args *args) {
    char answer[16] = "";
    if (arg_given(args, ARG_YES)) return true;
    if (!isatty(STDIN_FILENO)) {
        fprintf(stderr, "pawl flatten: closes every position at market; say --yes\n");
        return false;
    }
    fprintf(stderr, "Halt trading and close every position at market? Type \"flatten\": ");
    if (fgets(answer, sizeof answer, stdin) != NULL && strcmp(answer, "flatten\n") == 0)
        return true;
    fprintf(stderr, "nothing was done\n");
    return false;
}

static int run_flatten(const struct args *args) {
    if (!confirmed(args)) return CLI_REFUSED;
    return order(args, "flatten");
}

/* ---- send ---- */

/* Its number, and what came of it at once. */
static void show_event(const char *name, unsigned number, const json_t *answer,
                       const char *refused) {
    char words[SENTENCE_MAX];
    const json_t *event;
    size_t i;
    printf("%s:%u: event %lld%s%s\n", name, number,
           (long long)json_integer_value(json_object_get(answer, "seq")),
           refused[0] != '\0' ? ": refused: " : "", refused);
    json_array_foreach(json_object_get(answer, "events"), i, event) {
        printf("  %s\n", sentence(event, words));
    }
}

static int send_line(const struct args *args, struct client *client, const char *name,
                     unsigned number, const char *line, size_t length) {
    struct pawl_err err = {0};
    json_error_t why;
    json_t *answer = NULL, *event = json_loadb(line, length, JSON_REJECT_DUPLICATES, &why);
    int rc;
    if (!json_is_object(event)) {
        fprintf(stderr, "%s:%u: %s\n", name, number,
                event == NULL ? why.text : "must be one JSON object a line");
        json_decref(event);
        return CLI_FAILED;
    }
    rc = client_ask(client, event, &answer, &err);
    json_decref(event);
    if (answer != NULL) json_object_del(answer, "id");
    if (rc != PAWL_OK) fprintf(stderr, "%s:%u: %s\n", name, number, err.text);
    const char *refused = remote_text(answer, "refused");
    if (arg_given(args, ARG_JSON) && answer != NULL)
        remote_print(answer);
    else if (rc == PAWL_OK)
        show_event(name, number, answer, refused);
    int code = rc != PAWL_OK        ? (rc == PAWL_E_STATE ? CLI_REFUSED : CLI_FAILED)
               : refused[0] != '\0' ? CLI_REFUSED
                                    : CLI_DONE;
    json_decref(answer);
    return code;
}

static int run_send(const struct args *args) {
    const char *name = args->words[0];
    bool input = strcmp(name, "-") == 0;
    FILE *file = input ? stdin : fopen(name, "r");
    char *line = NULL;
    size_t size = 0;
    int code = CLI_DONE, one;
    if (file == NULL) {
        fprintf(stderr, "%s: %s\n", name, strerror(errno));
        return CLI_FAILED;
    }
    struct client *client = remote_open(args, &code);
    ssize_t length;
    for (unsigned number = 1; client != NULL && (length = getline(&line, &size, file)) >= 0;
         number++) {
        if (length > 0 && line[length - 1] == '\n') length--;
        if (length == 0) continue;
        one = send_line(args, client, input ? "stdin" : name, number, line, (size_t)length);
        if (one != CLI_DONE && code != CLI_FAILED) code = one;
    }
    free(line); /* getline's */
    client_close(client);
    if (!input) fclose(file);
    return code;
}

const struct command command_halt = {
    .name = "halt",
    .summary = "enter nothing new until `resume`; protection and exits go on",
    .synopsis = "[REASON...] [-c FILE | --socket PATH] [--json]",
    .about = "Entries that work are taken back, nothing new is entered, over restarts too.\n"
             "Stops and targets stay; exits go on.\n",
    .takes = REMOTE_TAKES,
    .words_max = ARGS_WORDS_MAX,
    .words_name = "REASON",
    .run = run_halt};

const struct command command_resume = {
    .name = "resume",
    .summary = "trade again after `halt` or `flatten`",
    .synopsis = "[REASON...] [-c FILE | --socket PATH] [--json]",
    .about = "Exit code 5 where it cannot be: the database has failed, or the host is stopping.\n",
    .takes = REMOTE_TAKES,
    .words_max = ARGS_WORDS_MAX,
    .words_name = "REASON",
    .run = run_resume};

const struct command command_flatten = {
    .name = "flatten",
    .summary = "halt, and close every position at market",
    .synopsis = "[REASON...] [--yes] [-c FILE | --socket PATH] [--json]",
    .about = "Halts as `halt` does and closes every lot whole. Needs no plugin but the broker, no\n"
             "rule, no database. Asks on a terminal unless --yes is given. The answer comes at\n"
             "once; `pawl status` shows how the lots close.\n",
    .takes = REMOTE_TAKES | ARG_BIT(ARG_YES),
    .words_max = ARGS_WORDS_MAX,
    .words_name = "REASON",
    .run = run_flatten};

const struct command command_send = {
    .name = "send",
    .summary = "hand events to a running host: entry, exit, stop, signal",
    .synopsis = "FILE|- [-c FILE | --socket PATH] [--json]",
    .about = "Each line is an event as in recorded data (docs/reference/input.md), without `t`:\n"
             "it happens now. Each is answered with its number and what came of it at once;\n"
             "what was refused is said, and the exit code is 5. As in\n"
             "  {\"type\":\"entry\",\"symbol\":\"XAUUSD\",\"via\":\"linked\",\"side\":\"BUY\","
             "\"quantity\":\"1\"}\n"
             "  {\"type\":\"exit\",\"symbol\":\"XAUUSD\"}\n",
    .takes = REMOTE_TAKES,
    .words_min = 1,
    .words_max = 1,
    .words_name = "FILE",
    .run = run_send};
