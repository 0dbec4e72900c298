/* pawl monitor: what happens, as it happens. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/remote.h"
#include "cli/sentence.h"
#include "cli/words.h"

static int number(const struct args *args, const char *name, const char *text, json_int_t *ret) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    (void)args;
    if (*text != '\0' && *end == '\0' && value >= 0 && errno == 0) {
        *ret = value;
        return CLI_DONE;
    }
    fprintf(stderr, "pawl monitor: --%s: \"%.40s\" is not a whole number\n", name, text);
    return CLI_USAGE;
}

static void show(const json_t *event) {
    char time[32], words[SENTENCE_MAX], name[WORD_MAX];
    if (strcmp(remote_text(event, "type"), "missed") == 0) {
        printf("%23s  ... events were missed: this reader is too slow\n", "");
        return;
    }
    printf("%s  %-7s  %-10s  %s\n", sentence_time(event, time), remote_text(event, "symbol"),
           word_lot(event, name), sentence(event, words));
}

static int follow(const struct args *args, struct client *client, json_int_t limit) {
    struct pawl_err err = {0};
    for (json_int_t count = 0; limit == 0 || count < limit; count++) {
        json_t *event = NULL;
        int rc = client_receive(client, &event, &err);
        if (rc == PAWL_E_BUSY) { /* nothing happens: that is no fault */
            err = (struct pawl_err){0};
            count--;
            continue;
        }
        if (rc != PAWL_OK) {
            fprintf(stderr, "pawl: %s\n", err.text);
            return CLI_FAILED;
        }
        if (arg_given(args, ARG_JSON))
            remote_print(event);
        else
            show(event);
        json_decref(event);
        if (fflush(stdout) != 0) return CLI_FAILED;
    }
    return CLI_DONE;
}

static int run(const struct args *args) {
    json_int_t after = -1, limit = 0;
    int code = args->after == NULL ? CLI_DONE : number(args, "after", args->after, &after);
    if (code == CLI_DONE && args->limit != NULL) code = number(args, "limit", args->limit, &limit);
    if (code != CLI_DONE) return code;
    struct client *client = remote_open(args, &code);
    if (client == NULL) return code;
    json_t *members = after < 0 ? json_object() : json_pack("{s:I}", "after", after);
    json_t *answer = remote_ask(args, client, "monitor", members, &code);
    if (answer != NULL) code = follow(args, client, limit);
    json_decref(answer);
    client_close(client);
    return code;
}

const struct command command_monitor = {
    .name = "monitor",
    .summary = "follow what happens in a running host",
    .synopsis = "[--after SEQ] [--limit N] [-c FILE | --socket PATH] [--json]",
    .about = "Every state event as it happens, until interrupted; with --json one object a line,\n"
             "as in a trace. --after SEQ begins behind that event (0: with the oldest the host\n"
             "remembers), so who was cut off goes on where it was. A reader that is too slow is\n"
             "told what it missed.\n",
    .takes = REMOTE_TAKES | ARG_BIT(ARG_AFTER) | ARG_BIT(ARG_LIMIT),
    .run = run};
