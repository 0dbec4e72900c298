/* pawl status: how a running host is. */
#include <stdlib.h>
#include <string.h>

#include "cli/remote.h"
#include "cli/table.h"
#include "cli/words.h"

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

static bool is_empty(const json_t *array) {
    return json_array_size(array) == 0;
}

static double number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? strtod(json_string_value(value), NULL)
                                 : json_number_value(value);
}

/* ---- the head ---- */

static void show_reload(const json_t *reload) {
    char when[WORD_MAX];
    if (!json_is_object(reload)) return;
    if (json_is_true(json_object_get(reload, "ok")))
        printf("  last reload  %s: done, generation %.0f\n", word_time(reload, "t", when),
               number(reload, "generation"));
    else
        printf("  last reload  %s: REFUSED, running on the old configuration\n"
               "               %.84s\n",
               word_time(reload, "t", when), remote_text(reload, "reason"));
}

static void show_host(const json_t *answer) {
    const json_t *host = json_object_get(answer, "host"), *store = json_object_get(answer, "store");
    const json_t *disk = json_object_get(answer, "disk");
    char up[WORD_MAX], now[WORD_MAX], free_text[WORD_MAX], total[WORD_MAX];
    printf("pawl %s \"%s\": %s%s\n", remote_text(host, "version"), remote_text(host, "instance"),
           remote_text(host, "trading"),
           json_is_true(json_object_get(host, "entries_stopped")) ? ", nothing new is entered"
                                                                  : "");
    printf("  process      pid %.0f, up %s, start %.0f of this database\n", number(host, "pid"),
           word_span(number(host, "uptime_seconds"), up), number(host, "boot"));
    printf("  clock        %s, %s UTC\n",
           strcmp(remote_text(host, "clock"), "data") == 0 ? "of the recorded data"
                                                           : "the system's",
           word_time(host, "now", now));
    printf("  config       %s\n", remote_text(host, "config"));
    show_reload(json_object_get(host, "last_reload"));
    printf("  state in     %s\n", remote_text(host, "data_dir"));
    printf("  disk         %s free of %s\n", word_bytes(number(disk, "free_bytes"), free_text),
           word_bytes(number(disk, "total_bytes"), total));
    printf("  database     %s%s", json_is_true(json_object_get(store, "ok")) ? "ok" : "FAILED: ",
           remote_text(store, "error"));
    if (number(store, "commands_waiting") > 0)
        printf("; %.0f commands wait for the disk", number(store, "commands_waiting"));
    printf("\n");
}

/* ---- tables ---- */

static void show_brokers(const json_t *rows) {
    static const struct table_column columns[] = {
        {"broker", false, true}, {"link", false, false},   {"breaker", false, false},
        {"orders", true, false}, {"unknown", true, false}, {"waiting", true, false}};
    struct table_text table;
    const json_t *row;
    size_t i;
    char text[WORD_MAX];
    table_begin(&table, columns, COUNT(columns));
    json_array_foreach((json_t *)rows, i, row) {
        table_row(&table);
        table_cell(&table, 0, remote_text(row, "name"));
        table_cell(&table, 1, remote_text(row, "link"));
        table_cell(&table, 2, remote_text(row, "breaker"));
        table_cell(&table, 3, word_of(row, "orders_live", text));
        table_cell(&table, 4, word_of(row, "orders_unknown", text));
        table_cell(&table, 5, word_of(row, "commands_waiting", text));
    }
    printf("\n");
    table_end(&table, stdout);
}

static void show_accounts(const json_t *rows) {
    static const struct table_column columns[] = {
        {"account", false, true}, {"at", false, true},       {"mode", false, false},
        {"equity", true, false},  {"realised", true, false}, {"fees", true, false},
        {"", false, false}};
    struct table_text table;
    const json_t *row;
    size_t i;
    char text[WORD_MAX];
    table_begin(&table, columns, COUNT(columns));
    json_array_foreach((json_t *)rows, i, row) {
        table_row(&table);
        table_cell(&table, 0, remote_text(row, "account"));
        table_cell(&table, 1, remote_text(row, "broker"));
        table_cell(&table, 2, remote_text(row, "mode"));
        table_cell(&table, 3, word_fixed(row, "equity", 2, 0, text));
        table_cell(&table, 4, word_fixed(row, "realised", 2, 1, text));
        table_cell(&table, 5, word_fixed(row, "fees", 2, 0, text));
        table_cell(&table, 6, remote_text(row, "currency"));
    }
    printf("\n");
    table_end(&table, stdout);
}

/* An average is shown to one place more than the prices beside it. */
static int entry_places(const json_t *row) {
    int places = word_places(remote_text(row, "price")), of_stop;
    of_stop = word_places(remote_text(row, "stop"));
    if (of_stop > places) places = of_stop;
    int own = word_places(remote_text(row, "entry"));
    return own > places ? (places < 7 ? places + 1 : places) : own > 0 ? own : places;
}

static void show_positions(const json_t *rows) {
    static const struct table_column columns[] = {
        {"position", false, true}, {"side", false, false},   {"quantity", true, false},
        {"entry", true, false},    {"price", true, false},   {"pnl", true, false},
        {"lots", true, false},     {"account", false, true}, {"", false, false}};
    struct table_text table;
    const json_t *row;
    size_t i;
    char text[WORD_MAX];
    table_begin(&table, columns, COUNT(columns));
    json_array_foreach((json_t *)rows, i, row) {
        table_row(&table);
        table_cell(&table, 0, remote_text(row, "symbol"));
        table_cell(&table, 1, remote_text(row, "side"));
        table_cell(&table, 2, remote_text(row, "quantity"));
        table_cell(&table, 3, word_fixed(row, "entry", entry_places(row), 0, text));
        table_cell(&table, 4, remote_text(row, "price"));
        table_cell(&table, 5, word_fixed(row, "pnl", 2, 1, text));
        table_cell(&table, 6, word_of(row, "lots", text));
        table_cell(&table, 7, remote_text(row, "account"));
        if (number(row, "unprotected_lots") > 0) table_cell(&table, 8, "UNPROTECTED");
    }
    if (is_empty(rows))
        printf("\n  no open position\n");
    else
        printf("\n");
    table_end(&table, stdout);
}

static void show_lots(const json_t *rows, double total) {
    static const struct table_column columns[] = {
        {"lot", true, false},   {"name", false, true},   {"symbol", false, true},
        {"side", false, false}, {"state", false, false}, {"open", true, false},
        {"entry", true, false}, {"stop", true, false},   {"target", true, false},
        {"r", true, false},     {"pnl", true, false},    {"protection", false, false}};
    struct table_text table;
    const json_t *row;
    size_t i;
    char text[WORD_MAX];
    if (is_empty(rows)) return;
    table_begin(&table, columns, COUNT(columns));
    json_array_foreach((json_t *)rows, i, row) {
        table_row(&table);
        table_cell(&table, 0, word_of(row, "lot", text));
        table_cell(&table, 1, remote_text(row, "ref"));
        table_cell(&table, 2, remote_text(row, "symbol"));
        table_cell(&table, 3, remote_text(row, "side"));
        table_cell(&table, 4, remote_text(row, "state"));
        table_cell(&table, 5, remote_text(row, "quantity"));
        table_cell(&table, 6, word_fixed(row, "entry", entry_places(row), 0, text));
        table_cell(&table, 7, remote_text(row, "stop"));
        table_cell(&table, 8,
                   remote_text(json_array_get(json_object_get(row, "targets"), 0), "price"));
        table_cell(&table, 9, word_fixed(row, "r", 2, 1, text));
        table_cell(&table, 10, word_fixed(row, "pnl", 2, 1, text));
        table_cell(&table, 11, remote_text(row, "protection"));
    }
    printf("\n");
    table_end(&table, stdout);
    if (total > (double)json_array_size(rows))
        printf("  and %.0f more: --json has all\n", total - (double)json_array_size(rows));
}

static void show_orders(const json_t *rows, bool more) {
    static const struct table_column columns[] = {{"order", false, false},   {"lot", true, false},
                                                  {"symbol", false, true},   {"role", false, false},
                                                  {"kind", false, false},    {"side", false, false},
                                                  {"quantity", true, false}, {"at", true, false},
                                                  {"state", false, false},   {"", false, false}};
    struct table_text table;
    const json_t *row;
    size_t i;
    char text[WORD_MAX];
    if (is_empty(rows)) return;
    table_begin(&table, columns, COUNT(columns));
    json_array_foreach((json_t *)rows, i, row) {
        const char *at = remote_text(row, "stop_price");
        table_row(&table);
        table_cell(&table, 0, remote_text(row, "order"));
        table_cell(&table, 1, word_of(row, "lot", text));
        table_cell(&table, 2, remote_text(row, "symbol"));
        table_cell(&table, 3, remote_text(row, "role"));
        table_cell(&table, 4, remote_text(row, "kind"));
        table_cell(&table, 5, remote_text(row, "side"));
        table_cell(&table, 6, remote_text(row, "quantity"));
        table_cell(&table, 7, at[0] != '\0' ? at : remote_text(row, "price"));
        table_cell(&table, 8, remote_text(row, "state"));
        if (json_is_true(json_object_get(row, "unknown"))) table_cell(&table, 9, "UNKNOWN");
    }
    printf("\n");
    table_end(&table, stdout);
    if (more) printf("  and more: --json has all\n");
}

static void show_halted(const json_t *rows) {
    const json_t *row;
    size_t i;
    char when[WORD_MAX];
    json_array_foreach((json_t *)rows, i, row)
        printf("\n  %s: nothing is entered since %s: %s\n", remote_text(row, "symbol"),
               word_time(row, "since", when), remote_text(row, "reason"));
}

static void show_plugins(const json_t *rows) {
    static const struct table_column columns[] = {{"plugin", false, true},
                                                  {"kind", false, false},
                                                  {"of", false, true},
                                                  {"version", false, false},
                                                  {"failures", true, false}};
    struct table_text table;
    const json_t *row;
    size_t i;
    char text[WORD_MAX];
    table_begin(&table, columns, COUNT(columns));
    json_array_foreach((json_t *)rows, i, row) {
        table_row(&table);
        table_cell(&table, 0, remote_text(row, "name"));
        table_cell(&table, 1, remote_text(row, "kind"));
        table_cell(&table, 2, remote_text(row, "plugin"));
        table_cell(&table, 3, remote_text(row, "version"));
        table_cell(&table, 4, word_of(row, "failures", text));
    }
    printf("\n");
    table_end(&table, stdout);
}

static void show_alerts(const json_t *rows) {
    static const struct table_column columns[] = {{"alert", false, false},
                                                  {"", false, false},
                                                  {"", false, false},
                                                  {"", false, true},
                                                  {"", false, true}};
    struct table_text table;
    const json_t *row;
    size_t i;
    char text[WORD_MAX];
    if (is_empty(rows)) return;
    table_begin(&table, columns, COUNT(columns));
    json_array_foreach((json_t *)rows, i, row) {
        table_row(&table);
        table_cell(&table, 0, word_time(row, "t", text));
        table_cell(&table, 1, remote_text(row, "severity"));
        table_cell(&table, 2, remote_text(row, "what"));
        table_cell(&table, 3, remote_text(row, "ref"));
        table_cell(&table, 4, remote_text(row, "message"));
    }
    printf("\n");
    table_end(&table, stdout);
}

static void show_rules(const json_t *rows) {
    static const struct table_column columns[] = {{"rule", false, true},   {"on", false, true},
                                                  {"state", false, false}, {"fired", true, false},
                                                  {"taken", true, false},  {"last", false, false},
                                                  {"", false, true}};
    struct table_text table;
    const json_t *row;
    size_t i;
    char text[WORD_MAX];
    if (is_empty(rows)) return;
    table_begin(&table, columns, COUNT(columns));
    json_array_foreach((json_t *)rows, i, row) {
        table_row(&table);
        table_cell(&table, 0, remote_text(row, "rule"));
        table_cell(&table, 1, remote_text(row, "on"));
        table_cell(&table, 2, remote_text(row, "state"));
        table_cell(&table, 3, word_of(row, "fired", text));
        table_cell(&table, 4, word_of(row, "taken", text));
        table_cell(&table, 5, word_time(row, "last", text));
        table_cell(&table, 6, remote_text(row, "failure"));
    }
    printf("\n");
    table_end(&table, stdout);
}

static void show(const json_t *answer) {
    show_host(answer);
    show_brokers(json_object_get(answer, "brokers"));
    show_accounts(json_object_get(answer, "accounts"));
    show_positions(json_object_get(answer, "positions"));
    show_halted(json_object_get(answer, "halted_symbols"));
    show_lots(json_object_get(answer, "lots"), number(answer, "lots_total"));
    show_orders(json_object_get(answer, "orders"),
                json_is_true(json_object_get(answer, "orders_more")));
    show_plugins(json_object_get(answer, "plugins"));
    show_rules(json_object_get(answer, "rules"));
    show_alerts(json_object_get(answer, "alerts"));
}

/* ---- the rest of long lists ---- */

/* Appends the pages behind the first; the list is complete afterwards. */
static bool complete(const struct args *args, struct client *client, json_t *answer,
                     const char *list, const char *key, int *code) {
    char flag[32];
    snprintf(flag, sizeof flag, "%s_more", list);
    json_t *rows = json_object_get(answer, list);
    bool more = json_is_true(json_object_get(answer, flag));
    json_object_del(answer, flag);
    while (more) {
        const json_t *last = json_array_get(rows, json_array_size(rows) - 1);
        json_t *page = remote_ask(args, client, list,
                                  json_pack("{s:O}", "after", json_object_get(last, key)), code);
        if (page == NULL) return false;
        more = json_is_true(json_object_get(page, "more"));
        json_array_extend(rows, json_object_get(page, list));
        json_decref(page);
    }
    return true;
}

static int metrics(const struct args *args) {
    int code;
    json_t *answer = remote_once(args, "metrics", NULL, &code);
    if (answer == NULL) return code;
    if (arg_given(args, ARG_JSON))
        remote_print(answer);
    else
        fputs(remote_text(answer, "text"), stdout);
    json_decref(answer);
    return code;
}

static int run(const struct args *args) {
    int code;
    if (arg_given(args, ARG_METRICS)) return metrics(args);
    struct client *client = remote_open(args, &code);
    if (client == NULL) return code;
    json_t *answer = remote_ask(args, client, "status", NULL, &code);
    bool json = arg_given(args, ARG_JSON);
    if (answer != NULL && json && complete(args, client, answer, "lots", "lot", &code) &&
        complete(args, client, answer, "orders", "id", &code))
        remote_print(answer);
    else if (answer != NULL && !json)
        show(answer);
    json_decref(answer);
    client_close(client);
    return code;
}

const struct command command_status = {
    .name = "status",
    .summary = "how a running host is: positions, lots, orders, brokers",
    .synopsis = "[-c FILE | --socket PATH] [--json | --metrics]",
    .about = "Asks the host that listens on the control socket: of --socket, else of the\n"
             "configuration (host.control_socket, or control.sock in host.data_dir), else\n"
             "$PAWL_SOCKET, else pawl-data/control.sock. With --json everything, lists whole.\n"
             "--metrics prints Prometheus' text format. Exit code 4: no host is running there.\n",
    .takes = REMOTE_TAKES | ARG_BIT(ARG_METRICS),
    .run = run};
