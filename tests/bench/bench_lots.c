/*
 * A book full of lots over 1,000 instruments, their strategy behind them, history on disk: what a
 * tick costs that crosses nothing, what a step of the strategy costs from the quote to the venue's
 * answer on ideal paper, and what a lot takes in memory. Filling it takes minutes, so the groups
 * run when they are named: `bench lots chains`. A further strategy is a struct kind, its setup and
 * its cases.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "book/ended.h"
#include "book/report.h"
#include "reload/reload.h"
#include "run/folder.h"

#define INSTRUMENTS 1000u
#define PRICE_E8 (100 * PAWL_E8)
#define TICK_E8 (PAWL_E8 / 100)

struct kind {
    const char *plugins;  /* of the configuration, beside paper */
    const char *profiles; /* the same */
    const char *via;      /* whom entries are sent to; NULL = bench_opener opens by itself */
    uint32_t count;       /* of one instrument */
    uint32_t accounts;    /* they take turns in what an instrument has */
    int64_t drop_e8;      /* the price falls by it from one to the next */
    struct lots *shared;  /* by the cases that want as many */
};
#define RSTOP(number)                                                                              \
    {                                                                                              \
        .plugins = "{\"name\":\"rstop\"}", .count = (number), .accounts = 1,                       \
        .profiles = "\"r\":{\"grow\":\"filler\",\"reduce\":\"rstop\",\"stop\":\"rstop\","          \
                    "\"targets\":\"filler\"}",                                                     \
    }
static struct kind of_rstop = RSTOP(1000), of_rstop_20k = RSTOP(20), of_rstop_1k = RSTOP(1),
                   of_rstop_200k = RSTOP(200);
static struct kind of_pyramid = {
    .plugins = "{\"name\":\"pyramid\",\"options\":{\"min_profit_target\":\"1\","
               "\"fixed_risk_per_order\":\"50\"}}",
    .profiles = "",
    .via = "pyramid",
    .count = 10,
    .accounts = 10,
};
static struct kind of_tranche = {
    .plugins = "{\"name\":\"tranche\",\"options\":{\"tranche_pnl_increment_pct\":\"0.1\","
               "\"max_tranches_per_symbol_side\":50,\"merge_profitable\":false,\"sl_pct\":\"50\","
               "\"tp_pct\":\"50\",\"cleanup_interval_seconds\":86400}}",
    .profiles = "",
    .via = "tranche",
    .count = 100,
    .accounts = 2,
    .drop_e8 = PAWL_E8 / 5,
};

struct lots {
    struct kind *kind;
    char folder[256];
    struct session *session;
    struct host *host;
    int64_t now_ns;
    uint64_t at;         /* quotes given */
    uint64_t steps;      /* of the strategy, taken */
    uint64_t rss_before; /* the lots were opened */
    double bytes;        /* of a lot */
    uint32_t opened;
    uint32_t users; /* cases that share it */
    int64_t price_e8[INSTRUMENTS + 1];
};

static uint64_t rss(void) {
    unsigned long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL) return 0;
    if (fscanf(file, "%lu %lu", &size, &resident) != 2) resident = 0;
    fclose(file);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int write_config(const char *path, const struct kind *kind, uint32_t count) {
    FILE *file = fopen(path, "w");
    if (file == NULL) return -1;
    /* A reconcile round looks at every lot: it is no part of a step, and none falls into one. */
    fputs("{\"host\":{\"instance\":\"bench\",\"reconcile_seconds\":86400,"
          "\"log\":{\"level\":\"error\"},"
          "\"plugin_dir\":\"" BENCH_PLUGINS_DIR "\"},\"plugins\":[{\"name\":\"paper\","
          "\"options\":{\"latency_request\":\"0ms\",\"latency_reply\":\"0ms\"}},",
          file);
    if (kind->via == NULL)
        fprintf(file,
                "{\"name\":\"filler\",\"so\":\"" BENCH_SUBSCRIBERS_DIR
                "/bench_opener.so\",\"options\":{\"lots\":%u}},",
                count);
    fprintf(file, "%s],\"profiles\":{%s},\"accounts\":{", kind->plugins, kind->profiles);
    for (uint32_t i = 1; i <= kind->accounts; i++)
        fprintf(file,
                "%s\"a%u\":{\"broker\":\"paper\",\"currency\":\"USD\","
                "\"balance\":\"10000000000\"}",
                i > 1 ? "," : "", i);
    fputs("},\"risk\":{\"open_lots_max\":1000000,\"message_rate_per_second\":100000},"
          "\"instruments\":{",
          file);
    for (uint32_t i = 0; i < INSTRUMENTS; i++)
        fprintf(file,
                "%s\"S%u\":{\"account\":\"a1\",\"currency\":\"USD\",\"tick\":\"0.01\","
                "\"step\":\"1\"}",
                i > 0 ? "," : "", i);
    fputs("}}", file);
    return fclose(file);
}

/* Answers that are under way at no latency come with the timers of now. */
static void settle(struct lots *l) {
    for (int64_t due; (due = host_next_due(l->host)) <= l->now_ns;) host_timer(l->host, due);
}

static void quote(struct lots *l, uint32_t id, int64_t bid_e8) {
    struct pawl_ev_quote event;
    EVENT_INIT(event, PAWL_EV_QUOTE);
    event.instrument = id;
    event.bid.e8 = bid_e8;
    event.ask.e8 = bid_e8 + TICK_E8;
    host_input(l->host, &event.head, l->now_ns);
}

static void entry(struct lots *l, uint32_t id, uint32_t account) {
    struct pawl_ev_entry event;
    EVENT_INIT(event, PAWL_EV_ENTRY);
    event.instrument = id;
    event.account = account;
    event.side = PAWL_SIDE_BUY;
    event.quantity.e8 = PAWL_E8;
    event.via = names_find(l->host->names, NAME_COMPONENT, l->kind->via);
    host_input(l->host, &event.head, l->now_ns);
}

static void move_on(struct lots *l, uint32_t id) {
    l->now_ns += PAWL_MS;
    settle(l);
    quote(l, id, l->price_e8[id]);
}

/* Stops rest, nothing is under way, and what is history has left memory. */
static void calm_down(struct lots *l) {
    for (uint32_t i = 0; i < 3000; i++) move_on(l, i % INSTRUMENTS + 1);
    l->now_ns += BOOK_ENDED_FIRST_NS;
    do move_on(l, 1);
    while (l->host->book.ended_new.count > 0);
    for (uint32_t i = 0; i < INSTRUMENTS; i++) move_on(l, i + 1);
}

static void fill_book(struct lots *l, uint32_t count) {
    const struct kind *kind = l->kind;
    for (uint32_t round = 0; round < count + 2; round++) {
        for (uint32_t id = 1; id <= INSTRUMENTS; id++) {
            if (round > 0 && round <= count) l->price_e8[id] -= kind->drop_e8;
            move_on(l, id);
            if (kind->via != NULL && round > 0 && round <= count)
                entry(l, id, (round - 1) % kind->accounts + 1);
        }
        if (l->host->book.open_lots == count * INSTRUMENTS && round > 2) break;
    }
    calm_down(l);
}

/* With what the allocator adds. */
static uint64_t held(void *block) {
    return block == NULL ? 0 : malloc_usable_size(block) + sizeof(size_t);
}

/* Who holds what of a lot's bytes; what is not the host's is the venue's. */
static void measure_bytes(struct lots *l) {
    const struct book *book = &l->host->book;
    const struct table *const tables[] = {&book->lots, &book->orders, &book->order_ids,
                                          &book->executions};
    uint64_t lots = 0, orders = 0, slots = 0, rows = 0, all = rss() - l->rss_before;
    uint64_t executions = book->execution_count * held(book->executions_first);
    for (struct lot *lot = book->first_lot; lot != NULL; lot = lot->next) {
        lots += held(lot) + held(lot->targets);
        for (struct order *order = lot->orders; order != NULL; order = order->next)
            orders += held(order);
    }
    for (uint32_t i = 0; i < sizeof tables / sizeof *tables; i++)
        slots += tables[i]->slots_count * sizeof *tables[i]->slots;
    for (uint32_t i = 0; i < l->host->instance_count; i++) {
        const struct instance *of = l->host->instances[i];
        for (uint32_t k = 0; k < of->record_type_count; k++) {
            const struct record_rows *at = &of->records[k];
            rows += held(at->keys) + held(at->rows);
            if (at->count > 0) rows += at->live * held(at->rows[0]);
        }
    }
    double n = l->opened, levels = (double)triggers_bytes(book->triggers);
    double host = (double)(lots + orders + executions + slots + rows) + levels;
    l->bytes = (double)all / n;
    fprintf(stderr,
            "bench_lots: %.0f B a lot: lots %.0f, orders %.0f, executions %.0f, tables %.0f, "
            "records of plugins %.0f, levels %.0f, the venue and the rest %.0f\n",
            l->bytes, (double)lots / n, (double)orders / n, (double)executions / n,
            (double)slots / n, (double)rows / n, levels / n, l->bytes - host / n);
}

static int start(struct lots *l, uint32_t count) {
    static struct config_errors errors;
    struct pawl_err err = {0};
    char path[300];
    if (folder_for_run(NULL, l->folder, sizeof l->folder, &err) != PAWL_OK) return -1;
    snprintf(path, sizeof path, "%s/bench.json", l->folder);
    if (write_config(path, l->kind, count) != 0 ||
        session_open(path, NULL, 0, -1, &l->session, &errors) != PAWL_OK) {
        config_errors_print(&errors, stderr);
        return -1;
    }
    const struct host_options options = {.config = l->session->config,
                                         .plugins = l->session->plugins,
                                         .data_dir = l->folder,
                                         .disk = l->session->disk,
                                         .durability = STORE_NONE,
                                         .instant = true,
                                         .threaded = true,
                                         .start_ns = l->now_ns};
    if (host_start(&options, &l->host, &err) == PAWL_OK) return 0;
    fprintf(stderr, "bench_lots: %s\n", err.text);
    return -1;
}

static int setup(void **ret_self, struct kind *kind, uint32_t count) {
    struct lots *l = calloc(1, sizeof *l);
    *ret_self = l;
    if (l == NULL) return -1;
    l->kind = kind;
    l->users = 1;
    for (uint32_t id = 1; id <= INSTRUMENTS; id++) l->price_e8[id] = PRICE_E8;
    l->now_ns = 1700000000 * PAWL_NS;
    if (start(l, count) != 0) return -1;
    malloc_trim(0);
    l->rss_before = rss();
    fill_book(l, count);
    l->opened = l->host->book.open_lots;
    if (count > 0)
        fprintf(stderr, "bench_lots: %u lots are open, %.0f MB\n", l->opened,
                (double)rss() / 1e6);
    if (l->opened > 0) measure_bytes(l);
    if (l->opened == count * INSTRUMENTS) return 0;
    fprintf(stderr, "bench_lots: it should be %u\n", count * INSTRUMENTS);
    return -1;
}

static void done(void *self) {
    struct lots *l = self;
    if (l == NULL || --l->users > 0) return;
    if (l->kind->shared == l) l->kind->shared = NULL;
    host_stop(l->host);
    session_close(l->session);
    folder_remove(l->folder);
    free(l);
}

static int setup_shared(void **ret_self, struct kind *kind) {
    if (kind->shared != NULL) {
        kind->shared->users++;
        *ret_self = kind->shared;
        return 0;
    }
    int rc = setup(ret_self, kind, kind->count);
    if (rc == 0) kind->shared = *ret_self;
    return rc;
}

static int setup_none(void **ret_self) { return setup(ret_self, &of_rstop, 0); }
static int setup_rstop(void **ret_self) { return setup_shared(ret_self, &of_rstop); }
static int setup_20k(void **ret_self) { return setup_shared(ret_self, &of_rstop_20k); }
static int setup_200k(void **ret_self) { return setup_shared(ret_self, &of_rstop_200k); }
static int setup_1k(void **ret_self) { return setup_shared(ret_self, &of_rstop_1k); }
static int setup_no_chain(void **ret_self) { return setup(ret_self, &of_pyramid, 0); }
static int setup_no_tranche(void **ret_self) { return setup(ret_self, &of_tranche, 0); }
static int setup_tranche(void **ret_self) { return setup_shared(ret_self, &of_tranche); }
static int setup_pyramid(void **ret_self) { return setup_shared(ret_self, &of_pyramid); }

/* Prices move by a tick or two, through the instruments in turn, and cross nothing. */
static void run_ticks(void *self, uint64_t ops) {
    struct lots *l = self;
    for (uint64_t i = 0; i < ops; i++, l->at++) {
        uint32_t id = (uint32_t)(l->at % INSTRUMENTS) + 1;
        int64_t move_e8 = (int64_t)(l->at / INSTRUMENTS % 3) * TICK_E8;
        l->now_ns += PAWL_NS / 1000000;
        quote(l, id, l->price_e8[id] - move_e8);
    }
}

/* The n-th lot of each instrument comes to its milestone: it risked 10 and n twentieths. */
static void run_milestones(void *self, uint64_t ops) {
    struct lots *l = self;
    for (uint64_t i = 0; i < ops; i++, l->steps++) {
        uint32_t id = (uint32_t)(l->steps % INSTRUMENTS) + 1;
        int64_t risk_e8 = 10 * PAWL_E8 + (int64_t)(l->steps / INSTRUMENTS + 1) * PAWL_E8 / 20;
        l->now_ns += PAWL_MS;
        l->price_e8[id] = PRICE_E8 + TICK_E8 + risk_e8;
        quote(l, id, l->price_e8[id]);
        settle(l);
    }
}

/* Bytes of a lot. What a lot needs beside the host that holds it. */
static double bytes_of_one(void *self) {
    return ((const struct lots *)self)->bytes;
}

/* The chains of an instrument reach their target: all close, and have two orders each. */
static void run_levels(void *self, uint64_t ops) {
    struct lots *l = self;
    for (uint64_t i = 0; i < ops; i++, l->steps++) {
        uint32_t id = (uint32_t)(l->steps % INSTRUMENTS) + 1;
        l->price_e8[id] += 2 * PAWL_E8;
        for (int k = 0; k < 4; k++) { /* what goes to the market fills at the next price */
            l->now_ns += PAWL_MS;
            quote(l, id, l->price_e8[id]);
            settle(l);
        }
    }
}

/* Another entry comes into the last tranche of a position: its stop and its target follow. */
static void run_joins(void *self, uint64_t ops) {
    struct lots *l = self;
    for (uint64_t i = 0; i < ops; i++, l->steps++) {
        uint32_t id = (uint32_t)(l->steps % INSTRUMENTS) + 1;
        entry(l, id, (uint32_t)(l->steps / INSTRUMENTS % l->kind->accounts) + 1);
        for (int k = 0; k < 3; k++) {
            move_on(l, id);
            settle(l);
        }
    }
}

static void run_nothing(void *self, uint64_t ops) {
    (void)self;
    (void)ops;
}

static const struct bench_case lots_cases[] = {
    {.name = "lots1k.milestone", .doc = "only to count instructions: one round uses all",
     .ops = INSTRUMENTS, .setup = setup_1k, .run = run_milestones, .done = done},
    {.name = "lots20k.milestone", .doc = "1 R reached until the venue has moved the stop, 20 k",
     .ops = INSTRUMENTS, .setup = setup_20k, .run = run_milestones, .done = done,
     .limit_ns = 2000},
    {.name = "lots200k.milestone", .doc = "the same of 200 k lots",
     .ops = INSTRUMENTS, .setup = setup_200k, .run = run_milestones, .done = done,
     .limit_ns = 2000},
    {.name = "lots.tick_none", .doc = "a tick, 1,000 instruments, rstop, no lot", .ops = 100000,
     .setup = setup_none, .run = run_ticks, .done = done},
    {.name = "lots.tick", .doc = "the same with 1 M lots under rstop, none crossed",
     .ops = 100000, .setup = setup_rstop, .run = run_ticks, .done = done,
     .against = "lots.tick_none", .difference = true, .limit_ns = 10},
    {.name = "lots.bytes", .doc = "memory of one of 1 M lots, paper's side of it included",
     .ops = 1, .setup = setup_rstop, .run = run_nothing, .done = done, .value = bytes_of_one,
     .unit = "B", .limit_ns = 1536},
    {.name = "lots.milestone", .doc = "1 R is reached until the venue has moved the stop",
     .ops = INSTRUMENTS, .setup = setup_rstop, .run = run_milestones, .done = done,
     .limit_ns = 2000}};
const struct bench_group bench_lots = {"lots", lots_cases, sizeof lots_cases / sizeof *lots_cases,
                                       .by_name = true};

static const struct bench_case tranche_cases[] = {
    {.name = "tranches.tick_none", .doc = "a tick, 1,000 instruments, tranche, none of them",
     .ops = 100000, .setup = setup_no_tranche, .run = run_ticks, .done = done},
    {.name = "tranches.tick", .doc = "the same with 100 k tranches, none crossed", .ops = 100000,
     .setup = setup_tranche, .run = run_ticks, .done = done, .against = "tranches.tick_none",
     .difference = true, .limit_ns = 10},
    {.name = "tranches.bytes", .doc = "memory of one of 100 k tranches", .ops = 1,
     .setup = setup_tranche, .run = run_nothing, .done = done, .value = bytes_of_one,
     .unit = "B", .limit_ns = 1536},
    {.name = "tranches.join", .doc = "an entry into one: order, fill, stop and target follow",
     .ops = INSTRUMENTS, .setup = setup_tranche, .run = run_joins, .done = done}};
const struct bench_group bench_tranches = {
    "tranches", tranche_cases, sizeof tranche_cases / sizeof *tranche_cases, .by_name = true};

static const struct bench_case chain_cases[] = {
    {.name = "chains.tick_none", .doc = "a tick, 1,000 instruments, pyramid, no chain",
     .ops = 100000, .setup = setup_no_chain, .run = run_ticks, .done = done},
    {.name = "chains.tick", .doc = "the same with 10 k chains, none crossed", .ops = 100000,
     .setup = setup_pyramid, .run = run_ticks, .done = done, .against = "chains.tick_none",
     .difference = true, .limit_ns = 10},
    {.name = "chains.bytes", .doc = "memory of one of 10 k chains", .ops = 1,
     .setup = setup_pyramid, .run = run_nothing, .done = done, .value = bytes_of_one,
     .unit = "B"},
    {.name = "chains.level", .doc = "10 chains book their level and open two orders each",
     .ops = 50, .setup = setup_pyramid, .run = run_levels, .done = done}};
const struct bench_group bench_chains = {
    "chains", chain_cases, sizeof chain_cases / sizeof *chain_cases, .by_name = true};
