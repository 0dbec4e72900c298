/* pawl reconcile: the venue beside the book, now. */
#include <string.h>

#include "cli/remote.h"
#include "cli/words.h"

static void show_terms(const char *who, const json_t *terms) {
    char text[WORD_MAX];
    if (json_is_object(terms))
        printf("      %-6s %s%s%s%s%s\n", who, word_of(terms, "quantity", text),
               remote_text(terms, "price")[0] != '\0' ? " at " : "", remote_text(terms, "price"),
               remote_text(terms, "stop_price")[0] != '\0' ? " stop " : "",
               remote_text(terms, "stop_price"));
    else if (json_is_string(terms))
        printf("      %-6s %s\n", who, json_string_value(terms));
}

static void show(const json_t *answer) {
    const json_t *rows = json_object_get(answer, "differences"), *row;
    char text[WORD_MAX];
    size_t i;
    json_array_foreach((json_t *)rows, i, row) {
        printf("%s: %s in %s %s %s%s\n", remote_text(row, "what"), remote_text(row, "symbol"),
               remote_text(row, "account"), remote_text(row, "side"), remote_text(row, "order"),
               remote_text(row, "execution"));
        show_terms("venue", json_object_get(row, "venue"));
        show_terms("book", json_object_get(row, "book"));
        if (json_object_get(row, "quantity") != NULL)
            printf("      %s at %s\n", word_of(row, "quantity", text), remote_text(row, "price"));
        printf("      would: %s\n", remote_text(row, "would"));
    }
    if (!json_is_true(json_object_get(answer, "complete")))
        printf("a venue did not answer in full: nothing can be said\n");
    else if (json_array_size(rows) == 0)
        printf("the venue and the book agree; orders: %lld, positions: %lld\n",
               (long long)json_integer_value(json_object_get(answer, "orders")),
               (long long)json_integer_value(json_object_get(answer, "positions")));
}

/* What the venue says and the book are of different moments then. */
static void show_moved(const json_t *answer) {
    if (json_is_true(json_object_get(answer, "moved")) &&
        json_array_size(json_object_get(answer, "differences")) > 0)
        printf(
            "orders or lots changed while the venue answered, which may explain it: ask again\n");
}

static int run(const struct args *args) {
    bool plan = arg_given(args, ARG_PLAN);
    int code;
    json_t *answer = remote_once(args, "reconcile", json_pack("{s:b}", "plan", plan), &code);
    if (answer == NULL) return code;
    if (arg_given(args, ARG_JSON))
        remote_print(answer);
    else if (plan) {
        show(answer);
        show_moved(answer);
    } else
        printf("brokers that are being asked: %lld; `pawl monitor` shows what comes of it\n",
               (long long)json_integer_value(json_object_get(answer, "rounds")));
    if (plan && !json_is_true(json_object_get(answer, "complete"))) code = CLI_FAILED;
    json_decref(answer);
    return code;
}

const struct command command_reconcile = {
    .name = "reconcile",
    .summary = "compare orders and positions with the venue now",
    .synopsis = "[--plan] [-c FILE | --socket PATH] [--json]",
    .about = "Without --plan a round begins, as it does by itself every host.reconcile_seconds.\n"
             "With it the venues are asked, the differences printed and what a round would do\n"
             "about each, and nothing is done. Exit code 1: a venue did not answer in full.\n",
    .takes = REMOTE_TAKES | ARG_BIT(ARG_PLAN),
    .run = run};
