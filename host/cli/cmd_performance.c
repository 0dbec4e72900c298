/* pawl transactions, performance: what the trades brought. */
#include <stdlib.h>
#include <string.h>

#include "cli/remote.h"
#include "cli/rows.h"

#define ROWS_DEFAULT 20
#define PAGE_ROWS 256

static void show_transactions(const json_t *rows) {
    static const struct row_column columns[] = {
        {"lot", "lot", ROW_NUMBER, NULL},           {"name", NULL, ROW_CUT, word_lot},
        {"symbol", "symbol", ROW_CUT, NULL},        {"side", "position_side", ROW_TEXT, NULL},
        {"quantity", "quantity", ROW_NUMBER, NULL}, {"entry", "entry_price", ROW_NUMBER, NULL},
        {"exit", "exit_price", ROW_NUMBER, NULL},   {"net", "realized_pnl", ROW_PROFIT, NULL},
        {"rr", "actual_rr_ratio", ROW_PROFIT, NULL}, {"status", "status", ROW_TEXT, NULL},
        {"reason", "exit_reason", ROW_CUT, NULL},   {"closed", "exit_time", ROW_TIME, NULL}};
    ROWS_SHOW(rows, columns);
}

/* Page by page, the newest first, up to the limit; 0 = all. */
static json_t *collect(const struct args *args, struct client *client, json_int_t limit,
                       int *code) {
    json_t *rows = json_array(), *after = json_integer(0);
    bool more = true;
    while (more && (limit == 0 || (json_int_t)json_array_size(rows) < limit)) {
        json_int_t want = limit == 0 ? PAGE_ROWS : limit - (json_int_t)json_array_size(rows);
        if (want > PAGE_ROWS) want = PAGE_ROWS;
        json_t *answer = remote_ask(args, client, "transactions",
                                    json_pack("{s:O, s:I}", "after", after, "limit", want), code);
        if (answer == NULL) break;
        json_array_extend(rows, json_object_get(answer, "transactions"));
        json_decref(after);
        after = json_incref(json_object_get(answer, "last"));
        more = json_is_true(json_object_get(answer, "more"));
        json_decref(answer);
    }
    json_decref(after);
    return rows;
}

static int run_transactions(const struct args *args) {
    bool json = arg_given(args, ARG_JSON);
    json_int_t limit = json ? 0 : ROWS_DEFAULT;
    int code = CLI_DONE;
    if (args->limit != NULL) {
        char *end;
        limit = strtoll(args->limit, &end, 10);
        if (*end != '\0' || limit < 0) {
            fprintf(stderr, "pawl transactions: --limit: \"%.40s\" is not a whole number\n",
                    args->limit);
            return CLI_USAGE;
        }
    }
    struct client *client = remote_open(args, &code);
    if (client == NULL) return code;
    json_t *rows = collect(args, client, limit, &code), *row;
    size_t i;
    if (code == CLI_DONE && !json) show_transactions(rows);
    if (code == CLI_DONE && json) json_array_foreach(rows, i, row) remote_print(row);
    json_decref(rows);
    client_close(client);
    return code;
}

static void show_performance(const json_t *rows) {
    static const struct row_column columns[] = {
        {"", "name", ROW_CUT, NULL},
        {"trades", "total_trades", ROW_NUMBER, NULL},
        {"won", "winning_trades", ROW_NUMBER, NULL},
        {"win %", "win_rate", ROW_PERCENT, NULL},
        {"net", "total_pnl", ROW_PROFIT, NULL},
        {"fees", "fees", ROW_CENTS, NULL},
        {"average", "average_pnl", ROW_PROFIT, NULL},
        {"factor", "profit_factor", ROW_CENTS, NULL},
        {"best", "largest_win", ROW_PROFIT, NULL},
        {"worst", "largest_loss", ROW_PROFIT, NULL},
        {"rr", "average_actual_rr", ROW_PROFIT, NULL},
        {"", "currency", ROW_TEXT, NULL}};
    if (json_array_size(rows) == 0) printf("no trade has been closed yet\n");
    ROWS_SHOW(rows, columns);
}

static int run_performance(const struct args *args) {
    int code;
    json_t *members = args->by == NULL ? NULL : json_pack("{s:s}", "by", args->by);
    json_t *answer = remote_once(args, "performance", members, &code);
    if (answer == NULL) return code;
    if (arg_given(args, ARG_JSON))
        remote_print(answer);
    else
        show_performance(json_object_get(answer, "performance"));
    json_decref(answer);
    return code;
}

const struct command command_transactions = {
    .name = "transactions",
    .summary = "the trades of a running host, the newest first",
    .synopsis = "[--limit N] [-c FILE | --socket PATH] [--json]",
    .about = "One row a lot, open and closed; the 20 newest, or --limit N of them, 0 for all.\n"
             "--json prints all, one object a line, with every field.\n",
    .takes = REMOTE_TAKES | ARG_BIT(ARG_LIMIT),
    .run = run_transactions};

const struct command command_performance = {
    .name = "performance",
    .summary = "what the closed trades of a running host brought",
    .synopsis = "[--by WHAT] [-c FILE | --socket PATH] [--json]",
    .about = "Over all closed lots in the database; --by symbol, account, strategy, profile or\n"
             "reason. Wins, losses and averages are net of fees and funding. Definitions are in\n"
             "docs/operation.md.\n",
    .takes = REMOTE_TAKES | ARG_BIT(ARG_BY),
    .run = run_performance};
