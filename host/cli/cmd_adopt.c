/* pawl adopt, migrate: positions that exist get a holder and a stop. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/plural.h"
#include "cli/positions.h"
#include "cli/remote.h"
#include "cli/rows.h"
#include "control/adopt.h"
#include "control/control.h"
#include "control/lock.h"

#define TRIES 5u              /* while something is on its way at the venue */
#define PROTECT_WAIT_MS 10000 /* until each lot has its stop */
#define LOOK_MS 100

struct adopt {
    const struct args *args;
    struct positions positions; /* rows NULL: from the venue */
    bool plan, json;
    struct client *client;   /* NULL: offline */
    struct session *session; /* offline */
};

/* ---- asking ---- */

static json_t *members_of(const struct adopt *adopt, bool plan) {
    json_t *members = json_pack("{s:b}", "plan", plan);
    if (adopt->positions.rows != NULL) json_object_set(members, "rows", adopt->positions.rows);
    if (adopt->positions.rows == NULL && adopt->args->profile != NULL)
        json_object_set_new(members, "profile", json_string(adopt->args->profile));
    if (adopt->positions.rows == NULL && adopt->args->component != NULL)
        json_object_set_new(members, "via", json_string(adopt->args->component));
    if (arg_given(adopt->args, ARG_FROM_POSITIONS))
        json_object_set_new(members, "lots", json_true());
    json_object_set_new(members, "id", json_integer(1));
    json_object_set_new(members, "do", json_string("adopt"));
    return members;
}

static int ask_host(const struct adopt *adopt, bool plan, json_t **ret, struct pawl_err *err) {
    json_t *request = members_of(adopt, plan);
    size_t size = json_dumpb(request, NULL, 0, JSON_COMPACT);
    int rc = PAWL_E_STATE;
    if (size >= CONTROL_LINE_MAX) {
        json_decref(request);
        return pawl_fail(err, PAWL_E_RANGE,
                         "these rows make a request of %zu bytes and a host takes %u: split the "
                         "file, about 300 rows each",
                         size, CONTROL_LINE_MAX - 1);
    }
    for (unsigned i = 0; i < TRIES && rc == PAWL_E_STATE; i++) {
        struct pawl_err why = {0};
        if (i > 0) usleep(LOOK_MS * 1000);
        json_decref(*ret);
        *ret = NULL;
        rc = client_ask(adopt->client, request, ret, &why);
        *err = why;
        if (strstr(why.text, "again") == NULL) break;
    }
    json_decref(request);
    return rc;
}

/* Where nobody listens and nobody has the data folder, the database is ours to open. */
static int open_way(struct adopt *adopt) {
    const struct args *args = adopt->args;
    struct pawl_err err = {0};
    int code = CLI_DONE;
    if (args->config == NULL || args->socket != NULL) {
        adopt->client = remote_open(args, &code);
        return code;
    }
    adopt->session = cli_open(args, &code);
    if (adopt->session == NULL) return code;
    const struct config_host *host = &adopt->session->config->host;
    int rc = client_open(host->control_socket, REMOTE_WAIT_MS, &adopt->client, &err);
    if (rc == PAWL_OK) return CLI_DONE;
    int64_t pid = lock_holder(host->data_dir);
    if (rc != PAWL_E_NOTFOUND || pid != 0) {
        fprintf(stderr, "pawl: %s: pid %lld has it and does not answer: %s\n", host->data_dir,
                (long long)pid, err.text);
        return CLI_FAILED;
    }
    if (adopt->positions.rows != NULL) return CLI_DONE;
    fprintf(stderr, "pawl: no host runs there, and only one that runs can ask its venues: name a "
                    "file of positions\n");
    return CLI_NO_HOST;
}

static int ask(struct adopt *adopt, json_t **ret) {
    struct pawl_err err = {0};
    bool plan = adopt->plan || adopt->positions.faults > 0; /* then all the faults are told */
    int rc = adopt->client != NULL
                 ? ask_host(adopt, plan, ret, &err)
                 : adopt_offline(adopt->session, adopt->positions.rows, plan, ret, &err);
    if (rc == PAWL_OK) return CLI_DONE;
    fprintf(stderr, "pawl: %s\n", err.text);
    return rc == PAWL_E_STATE || rc == PAWL_E_BUSY ? CLI_REFUSED : CLI_FAILED;
}

/* ---- telling ---- */

static void tell_faults(const struct adopt *adopt, const json_t *rows) {
    const json_t *row;
    size_t i;
    json_array_foreach((json_t *)rows, i, row) {
        if (remote_text(row, "fault")[0] == '\0') continue;
        if (adopt->positions.lines != NULL)
            fprintf(stderr, "%s:%u: ", adopt->args->words[0], adopt->positions.lines[i]);
        fprintf(stderr, "%s\n", remote_text(row, "fault"));
    }
}

static const char *what_cell(const json_t *row, char out[WORD_MAX]) {
    const char *what = remote_text(row, "what");
    (void)out;
    if (strcmp(what, "nothing") != 0) return what;
    return strcmp(remote_text(row, "state"), "closed") == 0 ? "closed since" : "is so already";
}

static void show(const json_t *rows) {
    static const struct row_column columns[] = {
        {"what", NULL, ROW_TEXT, what_cell},        {"lot", "lot", ROW_NUMBER, NULL},
        {"name", "ref", ROW_CUT, NULL},             {"symbol", "symbol", ROW_CUT, NULL},
        {"side", "side", ROW_TEXT, NULL},           {"quantity", "quantity", ROW_NUMBER, NULL},
        {"entry", "price", ROW_NUMBER, NULL},       {"stop", "stop", ROW_NUMBER, NULL},
        {"target", "target", ROW_NUMBER, NULL},     {"profile", "profile", ROW_CUT, NULL},
        {"ticket", "ticket", ROW_CUT, NULL},        {"protection", "protection", ROW_TEXT, NULL}};
    ROWS_SHOW(rows, columns);
}

static uint64_t count_of(const json_t *rows, const char *what) {
    const json_t *row;
    uint64_t count = 0;
    size_t i;
    json_array_foreach((json_t *)rows, i, row) count += strcmp(remote_text(row, "what"), what) == 0;
    return count;
}

static void conclude(const struct adopt *adopt, const json_t *answer) {
    const json_t *rows = json_object_get(answer, "rows");
    uint64_t adopted = count_of(rows, "adopt"), assigned = count_of(rows, "assign");
    bool done = json_is_true(json_object_get(answer, "done"));
    if (json_array_size(rows) == 0) {
        printf("the lots explain every position: there is nothing to do\n");
        return;
    }
    printf("%s%llu position%s taken over, %llu lot%s given another profile, %llu %s so already\n",
           done ? "" : "dry run, nothing was done: ", (unsigned long long)adopted, plural(adopted),
           (unsigned long long)assigned, plural(assigned),
           (unsigned long long)count_of(rows, "nothing"),
           count_of(rows, "nothing") == 1 ? "is" : "are");
    if (done && adopted > 0 && adopt->client == NULL)
        printf("the instance does not run: its next start compares with the venue and places the "
               "stops\n");
}

/* ---- a stop for each ---- */

enum stops { STOPS_MISSING = 0, STOPS_GUARDED, STOPS_REST };

static enum stops stop_of(const char *protection) {
    return strcmp(protection, "resting") == 0   ? STOPS_REST
           : strcmp(protection, "guarded") == 0 ? STOPS_GUARDED
                                                : STOPS_MISSING;
}

/* Puts what protects them into the rows; the worst of it. */
static enum stops look(const struct adopt *adopt, json_t *rows) {
    json_t *row;
    enum stops worst = STOPS_REST;
    size_t i;
    json_array_foreach(rows, i, row) {
        struct pawl_err err = {0};
        json_t *answer = NULL;
        json_int_t lot = json_integer_value(json_object_get(row, "lot"));
        json_t *request = json_pack("{s:i, s:s, s:I, s:i}", "id", 1, "do", "lots", "after",
                                    lot - 1, "limit", 1);
        if (lot > 0 && client_ask(adopt->client, request, &answer, &err) == PAWL_OK) {
            const json_t *one = json_array_get(json_object_get(answer, "lots"), 0);
            if (json_integer_value(json_object_get(one, "lot")) == lot) {
                json_object_set(row, "protection", json_object_get(one, "protection"));
                json_object_set(row, "stop", json_object_get(one, "stop"));
                enum stops here = stop_of(remote_text(one, "protection"));
                if (here < worst) worst = here;
            }
        }
        json_decref(answer);
        json_decref(request);
    }
    return worst;
}

static int verify(const struct adopt *adopt, json_t *rows) {
    enum stops stops = look(adopt, rows);
    for (unsigned waited = 0; stops != STOPS_REST && waited < PROTECT_WAIT_MS; waited += LOOK_MS) {
        usleep(LOOK_MS * 1000);
        stops = look(adopt, rows);
    }
    if (stops != STOPS_MISSING) return CLI_DONE; /* the host guards what has no room there */
    fprintf(stderr, "pawl: not every lot has a stop yet: see `pawl status`\n");
    return CLI_FAILED;
}

/* ---- the commands ---- */

static int carry_out(struct adopt *adopt) {
    json_t *answer = NULL;
    int code = ask(adopt, &answer);
    if (code != CLI_DONE) {
        json_decref(answer);
        return code;
    }
    json_t *rows = json_object_get(answer, "rows");
    bool faulty = adopt->positions.faults > 0 ||
                  json_integer_value(json_object_get(answer, "faults")) > 0;
    tell_faults(adopt, rows);
    if (faulty) {
        fprintf(stderr, "pawl: nothing was done\n");
        code = CLI_REFUSED;
    } else if (json_is_true(json_object_get(answer, "done")) && adopt->client != NULL) {
        code = verify(adopt, rows);
    }
    json_object_del(answer, "id");
    if (adopt->json) {
        remote_print(answer);
    } else if (!faulty) {
        show(rows);
        conclude(adopt, answer);
    }
    json_decref(answer);
    return code;
}

static int run(const struct args *args, bool venue) {
    struct adopt adopt = {.args = args,
                          .plan = arg_given(args, ARG_DRY_RUN),
                          .json = arg_given(args, ARG_JSON)};
    struct pawl_err err = {0};
    int code = CLI_DONE;
    if (venue == (args->word_count > 0)) {
        fprintf(stderr, "pawl adopt: name a FILE, or --venue\n");
        return CLI_USAGE;
    }
    if (!venue && positions_read(args->words[0], args->profile, args->component, &adopt.positions,
                                 &err) != PAWL_OK) {
        fprintf(stderr, "%s\n", err.text);
        code = CLI_FAILED;
    }
    if (code == CLI_DONE) code = open_way(&adopt);
    if (code == CLI_DONE) code = carry_out(&adopt);
    client_close(adopt.client);
    session_close(adopt.session);
    positions_done(&adopt.positions);
    return code;
}

static int run_adopt(const struct args *args) {
    return run(args, arg_given(args, ARG_VENUE));
}

static int run_migrate(const struct args *args) {
    return run(args, true);
}

#define TAKES (REMOTE_TAKES | ARG_BIT(ARG_DRY_RUN) | ARG_BIT(ARG_PROFILE) | ARG_BIT(ARG_COMPONENT))

const struct command command_adopt = {
    .name = "adopt",
    .summary = "positions that exist already get a holder and a stop",
    .synopsis = "FILE.csv | --venue [--profile NAME] [--component NAME] [--dry-run]\n"
                "           [-c FILE | --socket PATH] [--json]",
    .about = "Each row of the file is a position: symbol, side, quantity, price (its entry), and\n"
             "as wanted stop, initial_stop, target, original, opened, profile, component,\n"
             "account, ticket, ref; or an open `lot` (number or name) that gets another profile.\n"
             "Without a stop it is 2 % from the entry. With --venue the positions are what the\n"
             "venue holds and no lot explains, with the stop that rests there. --profile and\n"
             "--component are of rows that name none.\n\n"
             "Faults are told all at once, FILE:LINE, and nothing is done then. Of a host that\n"
             "runs, positions are compared with the venue first, and each lot's stop is awaited.\n"
             "Where -c names an instance that does not run, its database is changed as by a run,\n"
             "and the next start compares. A row that was taken over before does nothing.\n"
             "--dry-run prints the plan. Exit code 1: the file cannot be read, or a stop is\n"
             "missing after 10 s; 5: refused, nothing was done. See docs/adopt.md.\n",
    .takes = TAKES | ARG_BIT(ARG_VENUE),
    .words_max = 1,
    .words_name = "FILE",
    .run = run_adopt};

const struct command command_migrate = {
    .name = "migrate",
    .summary = "positions without a lot, and lots nobody holds, get a profile",
    .synopsis = "--from-positions --profile NAME [--component NAME] [--dry-run]\n"
                "           [-c FILE | --socket PATH] [--json]",
    .about = "As `adopt --venue`, and besides, each open lot whose aspects nobody holds gets the\n"
             "profile. With one that gives grow and targets to `tranche` each of them is the\n"
             "first tranche, number 0, of its position.\n",
    .takes = TAKES | ARG_BIT(ARG_FROM_POSITIONS),
    .needs = ARG_BIT(ARG_FROM_POSITIONS) | ARG_BIT(ARG_PROFILE),
    .run = run_migrate};
