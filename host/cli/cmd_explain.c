/* pawl explain: why a lot or an order is as it is. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/oid.h"
#include "base/plural.h"
#include "cli/remote.h"
#include "cli/sentence.h"
#include "cli/words.h"
#include "drive/story.h"

/* A number is a lot, an id an order, else it is a lot's name. */
static json_t *subject(const char *word) {
    struct oid_parts parts;
    bool digits = strlen(word) < 19;
    for (const char *at = word; *at != '\0'; at++) digits = digits && isdigit((unsigned char)*at);
    if (digits) return json_pack("{s:I}", "lot", (json_int_t)strtoll(word, NULL, 10));
    return json_pack("{s:s}", oid_parse(word, &parts) == PAWL_OK ? "order" : "ref", word);
}

static void show_lot(const json_t *lot) {
    char entry[WORD_MAX];
    printf("lot %lld%s%s: %s %s, %s", (long long)json_integer_value(json_object_get(lot, "lot")),
           remote_text(lot, "ref")[0] != '\0' ? " " : "", remote_text(lot, "ref"),
           remote_text(lot, "symbol"), remote_text(lot, "side"), remote_text(lot, "state"));
    if (remote_text(lot, "entry")[0] != '\0')
        printf(", %s open, entered at %s", remote_text(lot, "quantity"),
               word_of(lot, "entry", entry));
    if (remote_text(lot, "stop")[0] != '\0') printf(", stop %s", remote_text(lot, "stop"));
    printf("\nopened by %s",
           remote_text(lot, "owner")[0] != '\0' ? remote_text(lot, "owner") : "nobody here");
    if (remote_text(lot, "profile")[0] != '\0')
        printf(" under the profile %s", remote_text(lot, "profile"));
    const char *state = remote_text(lot, "state"), *reason = remote_text(lot, "reason");
    if (reason[0] != '\0' && strcmp(state, "closed") == 0) printf(", closed by %s", reason);
    if (reason[0] != '\0' && strcmp(state, "closing") == 0) printf(", is closed: %s", reason);
    printf("\n\n");
}

static void show_order(const json_t *order) {
    char quantity[WORD_MAX];
    printf("  order %s: %s %s %s %s, %s%s%s\n", remote_text(order, "order"),
           remote_text(order, "role"), remote_text(order, "kind"), remote_text(order, "side"),
           word_of(order, "quantity", quantity), remote_text(order, "state"),
           remote_text(order, "reason")[0] != '\0' ? ": " : "", remote_text(order, "reason"));
}

/* One line: when, how deep in the chain, what, and whose doing it was. */
static void show_step(const json_t *step, const json_t *before) {
    const json_t *event = json_object_get(step, "event");
    char time[32], words[SENTENCE_MAX];
    int depth = (int)json_integer_value(json_object_get(step, "depth"));
    bool root = depth == 0 || before == NULL ||
                !json_equal(json_object_get(step, "root"), json_object_get(before, "root"));
    if (root && before != NULL) printf("\n");
    if (root && depth > 0) {
        printf("  (what led to the following is not in memory any more)\n");
    }
    const char *symbol = depth == 0 ? remote_text(event, "symbol") : "";
    printf("%s  %*s%s%s%s", sentence_time(event, time), depth * 2, "", symbol,
           symbol[0] != '\0' ? " " : "", sentence(event, words));
    if (remote_text(step, "to")[0] != '\0' && strncmp(words, "sent", 4) == 0)
        printf(" -> %s", remote_text(step, "to"));
    printf("\n");
}

/* What is asked and answered, and prices: worth a line where something came of it. */
static bool is_talk(const json_t *step) {
    static const char *const talk[] = {"query", "accepted",  "refused", "ended",  "amended",
                                       "execution", "status", "trigger", "timer"};
    const char *type = remote_text(json_object_get(step, "event"), "type");
    for (size_t i = 0; i < sizeof talk / sizeof *talk; i++)
        if (strcmp(type, talk[i]) == 0) return true;
    return !json_is_true(json_object_get(step, "about"));
}

/* Takes out of a story what nothing came of; causes stand before what they cause. */
static size_t prune(json_t *story) {
    size_t left_out = 0;
    json_t *causes = json_object(); /* of the steps that are kept */
    for (size_t i = json_array_size(story); i-- > 0;) {
        const json_t *step = json_array_get(story, i), *event = json_object_get(step, "event");
        char seq[24], cause[24];
        snprintf(seq, sizeof seq, "%lld", json_integer_value(json_object_get(event, "seq")));
        snprintf(cause, sizeof cause, "%lld", json_integer_value(json_object_get(event, "cause")));
        if (!is_talk(step) || json_object_get(causes, seq) != NULL) {
            json_object_set_new(causes, cause, json_true());
        } else {
            left_out++;
            json_array_remove(story, i);
        }
    }
    json_decref(causes);
    return left_out;
}

static void show(const json_t *answer, bool all) {
    const json_t *lot = json_object_get(answer, "record"), *row, *before = NULL;
    size_t i, left_out = all ? 0 : prune(json_object_get(answer, "story"));
    char since[WORD_MAX];
    if (lot != NULL) show_lot(lot);
    json_array_foreach(json_object_get(answer, "orders"), i, row) show_order(row);
    if (json_array_size(json_object_get(answer, "orders")) > 0) printf("\n");
    if (json_is_true(json_object_get(answer, "began_earlier")))
        printf("of what happened before %s only these records are left: the host began then,\n"
               "or remembers no further; a recording (explain --recording FILE) has it all\n\n",
               word_time(answer, "remembered_since", since));
    json_array_foreach(json_object_get(answer, "story"), i, row) {
        show_step(row, before);
        before = row;
    }
    if (before == NULL) printf("nothing of it has happened since\n");
    if (left_out > 0)
        printf("\n%zu line%s of what changed nothing left out: --all tells all\n", left_out,
               plural(left_out));
    if (json_is_true(json_object_get(answer, "cut")))
        printf("\nand more: the story is too long for one answer\n");
}

/* From a file, with no host about. */
static json_t *recorded(const struct args *args, int *ret_exit) {
    struct pawl_err err = {0};
    json_t *answer = NULL;
    int rc = story_read(args->recording, args->words[0], &answer, &err);
    *ret_exit = cli_exit_of(rc);
    if (rc != PAWL_OK) fprintf(stderr, "%s\n", err.text);
    return answer;
}

static int run(const struct args *args) {
    int code;
    json_t *answer = args->recording != NULL
                         ? recorded(args, &code)
                         : remote_once(args, "explain", subject(args->words[0]), &code);
    if (answer == NULL) return code;
    if (arg_given(args, ARG_JSON))
        remote_print(answer);
    else
        show(answer, arg_given(args, ARG_ALL));
    json_decref(answer);
    return code;
}

const struct command command_explain = {
    .name = "explain",
    .summary = "why a lot or an order is as it is: the chain of causes",
    .synopsis = "ORDER|LOT|NAME [-c FILE | --socket PATH | --recording FILE] [--all | --json]",
    .about = "What happened to a lot (by number or name), to one order (by our id), or to a\n"
             "request of that name which opened nothing, each step under what caused it: the\n"
             "price, the rule, the request, the order, the fill. What was asked and answered\n"
             "without changing anything is left out, unless --all is given. The host remembers\n"
             "the latest 131072 events since it began; what is older is told from its records.\n"
             "With --recording no host is asked: the story is told from what it recorded.\n",
    .takes = REMOTE_TAKES | ARG_BIT(ARG_RECORDING) | ARG_BIT(ARG_ALL),
    .words_min = 1,
    .words_max = 1,
    .words_name = "ORDER|LOT|NAME",
    .run = run};
