/* pawl records: every record of a running host, its plugins' too. */
#include <string.h>

#include "cli/remote.h"
#include "cli/table.h"

static int list(const struct args *args) {
    static const struct table_column columns[] = {{"table", false, true},
                                                  {"record", false, true},
                                                  {"of", false, true},
                                                  {"class", false, false}};
    struct table_text table;
    const json_t *row;
    size_t i;
    int code;
    json_t *answer = remote_once(args, "records", NULL, &code);
    if (answer == NULL) return code;
    if (arg_given(args, ARG_JSON)) {
        remote_print(answer);
    } else {
        table_begin(&table, columns, 4);
        json_array_foreach(json_object_get(answer, "types"), i, row) {
            table_row(&table);
            for (uint32_t c = 0; c < 4; c++)
                table_cell(&table, c, remote_text(row, columns[c].title));
        }
        table_end(&table, stdout);
    }
    json_decref(answer);
    return code;
}

/* Row by row, page by page. */
static int rows(const struct args *args) {
    int code;
    struct client *client = remote_open(args, &code);
    json_t *after = json_integer(0), *row;
    bool more = client != NULL;
    size_t i;
    while (more) {
        json_t *members = json_pack("{s:s, s:O}", "type", args->words[0], "after", after);
        json_t *answer = remote_ask(args, client, "records", members, &code);
        if (answer == NULL) break;
        json_array_foreach(json_object_get(answer, "rows"), i, row) remote_print(row);
        json_decref(after);
        after = json_incref(json_object_get(answer, "last"));
        more = json_is_true(json_object_get(answer, "more"));
        json_decref(answer);
    }
    json_decref(after);
    client_close(client);
    return code;
}

static int run(const struct args *args) {
    return args->word_count == 0 ? list(args) : rows(args);
}

const struct command command_records = {
    .name = "records",
    .summary = "the records of a running host and its plugins, as JSON lines",
    .synopsis = "[TABLE] [-c FILE | --socket PATH] [--json]",
    .about = "Without TABLE: which there are. With it: every row as one JSON object a line, read\n"
             "beside the writer, so the host does not wait. docs/reference/records.md says what\n"
             "the fields mean.\n",
    .takes = REMOTE_TAKES,
    .words_max = 1,
    .words_name = "TABLE",
    .run = run};
