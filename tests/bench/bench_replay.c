/*
 * A decoded quote through the whole host: bus, book, price levels, `linked`, `paper`, few trades,
 * durability none; against a bare loop that reads and stamps the same array. Prices walk in ticks
 * around a lot whose stop and target are rarely met.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "bench.h"
#include "book/report.h"
#include "record/recording.h"
#include "run/folder.h"
#include "run/host.h"

#define QUOTES (1u << 20)
#define OPS 2000000u
#define GAP_NS (PAWL_NS / 20) /* twenty quotes a second */

static const char config_text[] =
    "{\"host\":{\"instance\":\"bench\",\"plugin_dir\":\"" BENCH_PLUGINS_DIR "\"},"
    "\"plugins\":[{\"name\":\"paper\"},{\"name\":\"linked\"}],"
    "\"accounts\":{\"main\":{\"broker\":\"paper\",\"currency\":\"USD\",\"balance\":\"1000000\","
    "\"mode\":\"netting\"}},"
    "\"instruments\":{\"T\":{\"account\":\"main\",\"tick\":\"0.01\",\"step\":\"1\","
    "\"min_quantity\":\"1\",\"multiplier\":\"1\",\"currency\":\"USD\"}},"
    "\"schedule\":[{\"every\":\"5m\",\"entry\":{\"symbol\":\"T\",\"via\":\"linked\",\"side\":"
    "\"BUY\","
    "\"quantity\":\"1\",\"stop\":{\"pct\":\"0.02\"},\"target\":{\"pct\":\"0.02\"}}}]}";

struct replay {
    char folder[256];
    struct config *config;
    struct disk *disk;
    struct host *host;
    struct pawl_ev_quote *quotes;
    uint64_t at;
    int64_t now_ns;
    struct recording *recording; /* NULL = nothing is recorded */
    struct host_recorder recorder;
};

static void make_quotes(struct replay *replay) {
    struct rng rng;
    int64_t tick_e8 = PAWL_E8 / 100, bid_e8 = 100 * PAWL_E8;
    rng_init(&rng, 1);
    for (uint32_t i = 0; i < QUOTES; i++) {
        struct pawl_ev_quote *quote = &replay->quotes[i];
        bid_e8 += ((int64_t)rng_below(&rng, 3) - 1) * tick_e8;
        if (bid_e8 < 90 * PAWL_E8 || bid_e8 > 110 * PAWL_E8) bid_e8 = 100 * PAWL_E8;
        EVENT_INIT(*quote, PAWL_EV_QUOTE);
        quote->instrument = 1;
        quote->bid.e8 = bid_e8;
        quote->ask.e8 = bid_e8 + tick_e8;
    }
}

static int start(struct replay *replay) {
    char path[300];
    struct config_errors *errors = calloc(1, sizeof *errors);
    struct pawl_err err = {0};
    const struct pawl_plugin *plugins[2];
    snprintf(path, sizeof path, "%s/bench.json", replay->folder);
    FILE *file = fopen(path, "w");
    if (file == NULL || errors == NULL || fputs(config_text, file) < 0 || fclose(file) != 0)
        return -1;
    int rc = config_load(path, NULL, 0, &replay->config, errors);
    if (rc != PAWL_OK) config_errors_print(errors, stderr);
    free(errors);
    for (uint32_t i = 0; rc == PAWL_OK && i < 2; i++) {
        void *library = dlopen(replay->config->plugins[i].so, RTLD_NOW | RTLD_LOCAL);
        void *symbol = library == NULL ? NULL : dlsym(library, "pawl_plugin_main");
        pawl_plugin_main_fn *main_fn = NULL;
        if (symbol == NULL) return -1;
        memcpy(&main_fn, &symbol, sizeof main_fn); /* ISO C has no cast for this */
        plugins[i] = main_fn();
    }
    if (rc == PAWL_OK) rc = disk_posix_new(&replay->disk, &err);
    struct host_options options = {.config = replay->config, .plugins = plugins,
                                   .data_dir = replay->folder, .disk = replay->disk,
                                   .durability = STORE_NONE, .instant = true,
                                   .start_ns = replay->now_ns,
                                   .recorder =
                                       replay->recording == NULL ? NULL : &replay->recorder};
    if (rc == PAWL_OK) rc = host_start(&options, &replay->host, &err);
    if (rc != PAWL_OK) fprintf(stderr, "bench_replay: %s\n", err.text);
    return rc;
}

static int replay_new(struct replay **ret) {
    struct pawl_err err = {0};
    struct replay *replay = calloc(1, sizeof *replay);
    if (replay == NULL) return -1;
    replay->quotes = calloc(QUOTES, sizeof *replay->quotes);
    replay->now_ns = 1700000000 * PAWL_NS;
    if (replay->quotes == NULL) return -1;
    make_quotes(replay);
    *ret = replay;
    return folder_for_run(NULL, replay->folder, sizeof replay->folder, &err);
}

static void replay_done(void *self) {
    struct replay *replay = self;
    if (replay == NULL) return;
    host_stop(replay->host);
    recording_free(replay->recording);
    config_free(replay->config);
    disk_free(replay->disk);
    folder_remove(replay->folder);
    free(replay->quotes);
    free(replay);
}

static int floor_setup(void **ret_self) {
    struct replay *replay = NULL;
    int rc = replay_new(&replay);
    *ret_self = replay;
    return rc;
}

/* As record/record.c does. */
static void on_told(void *arg, const struct host_told *told) {
    recording_put(arg, &(struct item){.kind = told->what, .now_ns = told->now_ns,
                                      .turn = told->turn, .number = told->number,
                                      .value = told->value, .event = told->event, .name = ""});
}

static void on_effect(void *arg, const struct pawl_event *event) {
    recording_put(arg, &(struct item){.kind = ITEM_EFFECT, .event = event});
}

static int recorded_setup(void **ret_self) {
    struct replay *replay = NULL;
    struct pawl_err err = {0};
    char path[300];
    int rc = replay_new(&replay);
    *ret_self = replay;
    if (rc != PAWL_OK) return rc;
    /* In memory, so that it is the work that is measured and not this machine's disk. */
    snprintf(path, sizeof path, "%s/pawl-bench-%ld.rec",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : replay->folder, (long)getpid());
    rc = recording_new(path, true, &replay->recording, &err);
    unlink(path);
    replay->recorder = (struct host_recorder){
        .arg = replay->recording, .told = on_told, .effect = on_effect};
    return rc == PAWL_OK ? start(replay) : rc;
}

static int host_setup(void **ret_self) {
    struct replay *replay = NULL;
    int rc = replay_new(&replay);
    if (rc == PAWL_OK) rc = start(replay);
    *ret_self = replay;
    return rc;
}

static void floor_run(void *self, uint64_t ops) {
    struct replay *replay = self;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < ops; i++) {
        struct pawl_ev_quote *quote = &replay->quotes[replay->at++ % QUOTES];
        replay->now_ns += GAP_NS;
        quote->head.seq = replay->at;
        quote->head.time_ns = replay->now_ns;
        sum += (uint64_t)(quote->bid.e8 ^ quote->ask.e8);
    }
    bench_keep(sum);
}

static void host_run(void *self, uint64_t ops) {
    struct replay *replay = self;
    for (uint64_t i = 0; i < ops; i++) {
        struct pawl_ev_quote *quote = &replay->quotes[replay->at++ % QUOTES];
        replay->now_ns += GAP_NS;
        for (int64_t due; (due = host_next_due(replay->host)) <= replay->now_ns;)
            host_timer(replay->host, due);
        host_input(replay->host, &quote->head, replay->now_ns);
    }
}

static const struct bench_case cases[] = {
    {.name = "replay.floor", .doc = "read and stamp a decoded quote", .ops = OPS,
     .setup = floor_setup, .run = floor_run, .done = replay_done},
    {.name = "replay.host", .doc = "the same through host, book, levels, linked and paper",
     .ops = OPS, .setup = host_setup, .run = host_run, .done = replay_done,
     .against = "replay.floor", .limit_ns = 200, .goal_ns = 50},
    {.name = "replay.recorded", .doc = "the same, recorded into a file", .ops = OPS,
     .setup = recorded_setup, .run = host_run, .done = replay_done, .against = "replay.host",
     .difference = true, .limit_ns = 100, .goal_ns = 40}};

const struct bench_group bench_replay = {"replay", cases, sizeof cases / sizeof *cases};
