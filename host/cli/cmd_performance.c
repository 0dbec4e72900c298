/* pawl transactions, performance: what the trades brought. */
#include <stdlib.h>
#include <string.h>

#include "cli/remote.h"
#include "cli/table.h"
#include "cli/words.h"

#define ROWS_DEFAULT 20
#define PAGE_ROWS 256
#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

static void show_transactions(const json_t *rows) {
    static const struct table_column columns[] = {
        {"lot", true, false},     {"name", false, true},     {"symbol", false, true},
        {"side", false, false},   {"quantity", true, false}, {"entry", true, false},
        {"exit", true, false},    {"net", true, false},      {"rr", true, false},
        {"status", false, false}, {"reason", false, true},   {"closed", false, true}};
    struct table_text table;
    const json_t *row;
    size_t i;
    char text[WORD_MAX];
    table_begin(&table, columns, COUNT(columns));
    json_array_foreach((json_t *)rows, i, row) {
        table_row(&table);
        table_cell(&table, 0, word_of(row, "lot", text));
        table_cell(&table, 1, remote_text(row, "ref"));
        table_cell(&table, 2, remote_text(row, "symbol"));
        table_cell(&table, 3, remote_text(row, "position_side"));
        table_cell(&table, 4, remote_text(row, "quantity"));
        table_cell(&table, 5, remote_text(row, "entry_price"));
        table_cell(&table, 6, remote_text(row, "exit_price"));
        table_cell(&table, 7, word_fixed(row, "realized_pnl", 2, 1, text));
        table_cell(&table, 8, word_fixed(row, "actual_rr_ratio", 2, 1, text));
        table_cell(&table, 9, remote_text(row, "status"));
        table_cell(&table, 10, remote_text(row, "exit_reason"));
        table_cell(&table, 11, word_time(row, "exit_time", text));
    }
    table_end(&table, stdout);
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
    static const struct table_column columns[] = {
        {"", false, true},        {"trades", true, false}, {"won", true, false},
        {"win %", true, false},   {"net", true, false},    {"fees", true, false},
        {"average", true, false}, {"factor", true, false}, {"best", true, false},
        {"worst", true, false},   {"rr", true, false},     {"", false, false}};
    struct table_text table;
    const json_t *row;
    size_t i;
    char text[WORD_MAX];
    table_begin(&table, columns, COUNT(columns));
    json_array_foreach((json_t *)rows, i, row) {
        table_row(&table);
        table_cell(&table, 0, remote_text(row, "name"));
        table_cell(&table, 1, word_of(row, "total_trades", text));
        table_cell(&table, 2, word_of(row, "winning_trades", text));
        table_cell(&table, 3, word_fixed(row, "win_rate", 1, 0, text));
        table_cell(&table, 4, word_fixed(row, "total_pnl", 2, 1, text));
        table_cell(&table, 5, word_fixed(row, "fees", 2, 0, text));
        table_cell(&table, 6, word_fixed(row, "average_pnl", 2, 1, text));
        table_cell(&table, 7, word_fixed(row, "profit_factor", 2, 0, text));
        table_cell(&table, 8, word_fixed(row, "largest_win", 2, 1, text));
        table_cell(&table, 9, word_fixed(row, "largest_loss", 2, 1, text));
        table_cell(&table, 10, word_fixed(row, "average_actual_rr", 2, 1, text));
        table_cell(&table, 11, remote_text(row, "currency"));
    }
    if (json_array_size(rows) == 0) printf("no trade has been closed yet\n");
    table_end(&table, stdout);
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
