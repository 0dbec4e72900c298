/*
 * How long nothing else is done while a host with ten thousand open lots reloads: when nothing has
 * changed, when a limit has, when the strategy that holds them all is made anew, with a record and
 * an armed level for each, when its records get a field more, and when the simulated venue is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "book/report.h"
#include "reload/reload.h"
#include "run/folder.h"

#define SYMBOLS 10u
#define LOTS_A_SYMBOL 1000u
#define ROUNDS 200u /* more than enough for all to open */

struct fixture {
    char folder[256];
    struct session *session;
    struct host *host;
    int64_t now_ns;
    uint64_t flips;
    char grown[320]; /* an override: the holder's newer code, under the name it must have */
};

static int link_grown(struct fixture *f) {
    snprintf(f->grown, sizeof f->grown, "plugins.hoarder.so=%s/hoarder.so", f->folder);
    return symlink(BENCH_HOARDER "_grown.so", strchr(f->grown, '=') + 1);
}

static int write_config(const char *path, uint32_t rows) {
    FILE *file = fopen(path, "w");
    if (file == NULL) return -1;
    fprintf(file,
            "{\"host\":{\"instance\":\"bench\",\"plugin_dir\":\"" BENCH_PLUGINS_DIR "\"},"
            "\"plugins\":[{\"name\":\"paper\"},{\"name\":\"hoarder\",\"so\":\"" BENCH_HOARDER
            ".so\",\"options\":{\"lots\":%u,\"rows\":%u}}],"
            "\"accounts\":{\"main\":{\"broker\":\"paper\",\"balance\":\"100000000\"}},"
            "\"risk\":{\"open_lots_max\":100000,\"message_rate_per_second\":100000},"
            "\"instruments\":{",
            LOTS_A_SYMBOL, rows);
    for (uint32_t i = 0; i < SYMBOLS; i++)
        fprintf(file,
                "%s\"S%u\":{\"account\":\"main\",\"currency\":\"USD\",\"tick\":\"0.01\","
                "\"step\":\"1\"}",
                i > 0 ? "," : "", i);
    fputs("}}", file);
    return fclose(file);
}

static void play(struct fixture *f) {
    for (uint32_t round = 0; round < ROUNDS; round++) {
        f->now_ns += PAWL_NS;
        for (int64_t due; (due = host_next_due(f->host)) <= f->now_ns;) host_timer(f->host, due);
        for (uint32_t id = 1; id <= SYMBOLS; id++) {
            struct pawl_ev_quote quote;
            EVENT_INIT(quote, PAWL_EV_QUOTE);
            quote.instrument = id;
            quote.bid.e8 = 100 * PAWL_E8;
            quote.ask.e8 = quote.bid.e8 + PAWL_E8 / 100;
            host_input(f->host, &quote.head, f->now_ns);
        }
    }
}

static int host_open(struct fixture *f) {
    struct pawl_err err = {0};
    const struct host_options options = {.config = f->session->config,
                                         .plugins = f->session->plugins,
                                         .data_dir = f->folder,
                                         .disk = f->session->disk,
                                         .durability = STORE_NONE,
                                         .instant = true,
                                         .start_ns = f->now_ns};
    int rc = host_start(&options, &f->host, &err);
    if (rc != PAWL_OK) fprintf(stderr, "bench_reload: %s\n", err.text);
    return rc;
}

static int setup_rows(void **ret_self, uint32_t rows) {
    static struct config_errors errors;
    struct fixture *f = calloc(1, sizeof *f);
    struct pawl_err err = {0};
    char path[300];
    *ret_self = f;
    if (f == NULL || folder_for_run(NULL, f->folder, sizeof f->folder, &err) != PAWL_OK) return -1;
    snprintf(path, sizeof path, "%s/bench.json", f->folder);
    f->now_ns = 1700000000 * PAWL_NS;
    if (write_config(path, rows) != 0 || link_grown(f) != 0 ||
        session_open(path, NULL, 0, -1, &f->session, &errors) != PAWL_OK) {
        config_errors_print(&errors, stderr);
        return -1;
    }
    if (host_open(f) != PAWL_OK) return -1;
    play(f);
    if (f->host->book.open_lots == SYMBOLS * LOTS_A_SYMBOL) return 0;
    fprintf(stderr, "bench_reload: %u lots are open\n", f->host->book.open_lots);
    return -1;
}

static int setup(void **ret_self) {
    return setup_rows(ret_self, 0);
}

static int setup_many(void **ret_self) {
    return setup_rows(ret_self, 90000);
}

static void done(void *self) {
    struct fixture *f = self;
    if (f == NULL) return;
    host_stop(f->host);
    session_close(f->session);
    folder_remove(f->folder);
    free(f);
}

static void reload(struct fixture *f, const struct reload_request *request) {
    struct reload_result *result = NULL;
    if (reload_run(f->host, f->session, request, &result) != PAWL_OK)
        fprintf(stderr, "bench_reload: %s\n", result == NULL ? "?" : result->errors.line[0]);
    reload_result_free(result);
}

static void run_nothing(void *self, uint64_t ops) {
    const struct reload_request request = {.by = "bench"};
    for (uint64_t i = 0; i < ops; i++) reload(self, &request);
}

static void run_limit(void *self, uint64_t ops) {
    struct fixture *f = self;
    const char *const sets[] = {"risk.open_lots_max=90000"};
    for (uint64_t i = 0; i < ops; i++) {
        const struct reload_request request = {.by = "bench", .sets = sets,
                                               .set_count = (uint32_t)(f->flips++ % 2)};
        reload(f, &request);
    }
}

static void renew(void *self, uint64_t ops, const char *name) {
    const struct reload_request request = {.by = "bench", .renew = &name, .renew_count = 1};
    for (uint64_t i = 0; i < ops; i++) reload(self, &request);
}

static void run_holder(void *self, uint64_t ops) {
    renew(self, ops, "hoarder");
}

static void run_venue(void *self, uint64_t ops) {
    renew(self, ops, "paper");
}

/* Dry, so that it can be done again: all of it but the swap. */
static void run_grown(void *self, uint64_t ops) {
    struct fixture *f = self;
    const char *const set[] = {f->grown};
    const struct reload_request request = {.by = "bench", .sets = set, .set_count = 1,
                                           .dry_run = true};
    for (uint64_t i = 0; i < ops; i++) reload(f, &request);
}

static void stop(void *self) {
    struct fixture *f = self;
    host_stop(f->host);
    f->host = NULL;
    f->now_ns += PAWL_NS;
}

static void run_restore(void *self, uint64_t ops) {
    struct fixture *f = self;
    for (uint64_t i = 0; i < ops; i++) {
        if (host_open(f) != PAWL_OK || f->host->book.open_lots != SYMBOLS * LOTS_A_SYMBOL) abort();
    }
}

static const struct bench_case cases[] = {
    {.name = "reload.nothing", .doc = "10 k open lots: read, compare, nothing to do", .ops = 4,
     .setup = setup, .run = run_nothing, .done = done, .limit_ns = 20e6, .goal_ns = 2e6},
    {.name = "reload.limit", .doc = "10 k open lots: a limit of the risk gate changes", .ops = 4,
     .setup = setup, .run = run_limit, .done = done, .limit_ns = 20e6, .goal_ns = 2e6},
    {.name = "reload.holder", .doc = "10 k open lots: their holder is made anew", .ops = 4,
     .setup = setup, .run = run_holder, .done = done, .against = "reload.nothing",
     .limit_ns = 20e6, .goal_ns = 2e6},
    {.name = "reload.venue", .doc = "10 k executions: the paper venue is made anew", .ops = 4,
     .setup = setup, .run = run_venue, .done = done, .against = "reload.nothing",
     .limit_ns = 20e6, .goal_ns = 5e6},
    {.name = "reload.grown", .doc = "10 k records: their holder's new code has one more field",
     .ops = 1, .setup = setup, .run = run_grown, .done = done, .against = "reload.nothing",
     .limit_ns = 20e6, .goal_ns = 5e6},
    {.name = "reload.grown_many", .doc = "100 k records: the same", .ops = 1, .setup = setup_many,
     .run = run_grown, .done = done, .against = "reload.nothing", .limit_ns = 20e6,
     .goal_ns = 10e6},
    {.name = "reload.restore", .doc = "a process starts with 10 k open lots on disk", .ops = 1,
     .setup = setup, .prepare = stop, .run = run_restore, .done = done, .limit_ns = 1e9}};

const struct bench_group bench_reload = {"reload", cases, sizeof cases / sizeof *cases};
