/* pawl status: how a running host is. */
#include <stdlib.h>
#include <string.h>

#include "cli/remote.h"
#include "cli/rows.h"

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
               "               %s\n",
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
        printf("; commands that wait for the disk: %.0f", number(store, "commands_waiting"));
    printf("\n");
}

/* ---- tables ---- */

static void show_table(const json_t *rows, const struct row_column *columns, uint32_t count) {
    if (is_empty(rows)) return;
    printf("\n");
    rows_show(rows, columns, count, stdout);
}
#define SHOW_TABLE(rows, columns) show_table((rows), (columns), COUNT(columns))

static void show_brokers(const json_t *rows) {
    static const struct row_column columns[] = {
        {"broker", "name", ROW_CUT, NULL},
        {"link", "link", ROW_TEXT, NULL},
        {"breaker", "breaker", ROW_TEXT, NULL},
        {"orders", "orders_live", ROW_NUMBER, NULL},
        {"unknown", "orders_unknown", ROW_NUMBER, NULL},
        {"waiting", "commands_waiting", ROW_NUMBER, NULL}};
    SHOW_TABLE(rows, columns);
}

static void show_accounts(const json_t *rows) {
    static const struct row_column columns[] = {
        {"account", "account", ROW_CUT, NULL},    {"at", "broker", ROW_CUT, NULL},
        {"mode", "mode", ROW_TEXT, NULL},         {"equity", "equity", ROW_CENTS, NULL},
        {"realised", "realised", ROW_PROFIT, NULL}, {"fees", "fees", ROW_CENTS, NULL},
        {"", "currency", ROW_TEXT, NULL}};
    SHOW_TABLE(rows, columns);
}

/* An average is shown to one place more than the prices beside it. */
static const char *entry_cell(const json_t *row, char out[WORD_MAX]) {
    int places = word_places(remote_text(row, "price")), of_stop, own;
    of_stop = word_places(remote_text(row, "stop"));
    if (of_stop > places) places = of_stop;
    own = word_places(remote_text(row, "entry"));
    if (own > places)
        places += places < 7;
    else if (own > 0)
        places = own;
    return word_fixed(row, "entry", places, 0, out);
}

static const char *naked_cell(const json_t *row, char out[WORD_MAX]) {
    (void)out;
    return number(row, "unprotected_lots") > 0 ? "UNPROTECTED" : "";
}

static void show_positions(const json_t *rows) {
    static const struct row_column columns[] = {
        {"position", "symbol", ROW_CUT, NULL},      {"side", "side", ROW_TEXT, NULL},
        {"quantity", "quantity", ROW_NUMBER, NULL}, {"entry", NULL, ROW_NUMBER, entry_cell},
        {"price", "price", ROW_NUMBER, NULL},       {"pnl", "pnl", ROW_PROFIT, NULL},
        {"lots", "lots", ROW_NUMBER, NULL},         {"account", "account", ROW_CUT, NULL},
        {"", NULL, ROW_TEXT, naked_cell}};
    if (is_empty(rows)) printf("\n  no open position\n");
    SHOW_TABLE(rows, columns);
}

static const char *target_cell(const json_t *row, char out[WORD_MAX]) {
    (void)out;
    return remote_text(json_array_get(json_object_get(row, "targets"), 0), "price");
}

static void show_lots(const json_t *rows, double total) {
    static const struct row_column columns[] = {
        {"lot", "lot", ROW_NUMBER, NULL},        {"name", NULL, ROW_CUT, word_lot},
        {"symbol", "symbol", ROW_CUT, NULL},     {"side", "side", ROW_TEXT, NULL},
        {"state", "state", ROW_TEXT, NULL},      {"open", "quantity", ROW_NUMBER, NULL},
        {"entry", NULL, ROW_NUMBER, entry_cell}, {"stop", "stop", ROW_NUMBER, NULL},
        {"target", NULL, ROW_NUMBER, target_cell}, {"r", "r", ROW_PROFIT, NULL},
        {"pnl", "pnl", ROW_PROFIT, NULL},        {"protection", "protection", ROW_TEXT, NULL}};
    SHOW_TABLE(rows, columns);
    if (total > (double)json_array_size(rows))
        printf("  and %.0f more: --json has all\n", total - (double)json_array_size(rows));
}

static const char *at_cell(const json_t *row, char out[WORD_MAX]) {
    (void)out;
    const char *at = remote_text(row, "stop_price");
    return at[0] != '\0' ? at : remote_text(row, "price");
}

static const char *unknown_cell(const json_t *row, char out[WORD_MAX]) {
    (void)out;
    return json_is_true(json_object_get(row, "unknown")) ? "UNKNOWN" : "";
}

static void show_orders(const json_t *rows, bool more) {
    static const struct row_column columns[] = {
        {"order", "order", ROW_TEXT, NULL},         {"lot", "lot", ROW_NUMBER, NULL},
        {"symbol", "symbol", ROW_CUT, NULL},        {"role", "role", ROW_TEXT, NULL},
        {"kind", "kind", ROW_TEXT, NULL},           {"side", "side", ROW_TEXT, NULL},
        {"quantity", "quantity", ROW_NUMBER, NULL}, {"at", NULL, ROW_NUMBER, at_cell},
        {"state", "state", ROW_TEXT, NULL},         {"", NULL, ROW_TEXT, unknown_cell}};
    SHOW_TABLE(rows, columns);
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
    static const struct row_column columns[] = {{"plugin", "name", ROW_CUT, NULL},
                                                {"kind", "kind", ROW_TEXT, NULL},
                                                {"of", "plugin", ROW_CUT, NULL},
                                                {"version", "version", ROW_TEXT, NULL},
                                                {"failures", "failures", ROW_NUMBER, NULL}};
    SHOW_TABLE(rows, columns);
}

static const char *count_cell(const json_t *row, char out[WORD_MAX]) {
    json_int_t count = json_integer_value(json_object_get(row, "count"));
    out[0] = '\0';
    if (count > 1) snprintf(out, WORD_MAX, "x %lld", (long long)count);
    return out;
}

static void show_alerts(const json_t *rows) {
    static const struct row_column columns[] = {{"alert", "t", ROW_TIME, NULL},
                                                {"", NULL, ROW_TEXT, count_cell},
                                                {"", "severity", ROW_TEXT, NULL},
                                                {"", "what", ROW_TEXT, NULL},
                                                {"", NULL, ROW_CUT, word_lot},
                                                {"", "message", ROW_CUT, NULL}};
    SHOW_TABLE(rows, columns);
}

static void show_rules(const json_t *rows) {
    static const struct row_column columns[] = {
        {"rule", "rule", ROW_CUT, NULL},      {"on", "on", ROW_CUT, NULL},
        {"state", "state", ROW_TEXT, NULL},   {"fired", "fired", ROW_NUMBER, NULL},
        {"taken", "taken", ROW_NUMBER, NULL}, {"last", "last", ROW_TIME, NULL},
        {"", "failure", ROW_CUT, NULL}};
    SHOW_TABLE(rows, columns);
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
