/* pawl records: every record of a running host, its plugins' too. */
#include <string.h>

#include "cli/remote.h"
#include "cli/rows.h"

static int list(const struct args *args) {
    static const struct row_column columns[] = {{"table", "table", ROW_CUT, NULL},
                                                {"record", "record", ROW_CUT, NULL},
                                                {"of", "of", ROW_CUT, NULL},
                                                {"class", "class", ROW_TEXT, NULL}};
    int code;
    json_t *answer = remote_once(args, "records", NULL, &code);
    if (answer == NULL) return code;
    if (arg_given(args, ARG_JSON))
        remote_print(answer);
    else
        ROWS_SHOW(json_object_get(answer, "types"), columns);
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
