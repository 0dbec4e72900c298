/* One run: virtual time, the answers of the disk, ends of the process and its starts. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "events/codec.h"
#include "sim.h"

#define STEPS_MAX 2000000u /* of a run; more is a run that does not get on */

/* ---- telling ---- */

static void stamp(const struct sim_run *run) {
    int64_t since_ns = run->now_ns - SIM_BEGIN_NS;
    printf("%4" PRId64 ".%06" PRId64 " ", since_ns / PAWL_NS, since_ns % PAWL_NS / 1000);
}

void sim_say(struct sim_run *run, const char *format, ...) {
    va_list args;
    if (!run->trace) return;
    stamp(run);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

void sim_fail(struct sim_run *run, const char *invariant, const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sim_say(run, "FAIL  %s: %s", invariant, text);
    if (run->failed_count++ > 0) return;
    snprintf(run->failure, sizeof run->failure, "%s: %s", invariant, text);
}

static void on_trace(void *arg, const struct pawl_event *event, const char *line, size_t length) {
    struct sim_run *run = arg;
    hash_add(&run->hash, line, length);
    sim_say(run, "host  %.*s", (int)length, line);
    sim_watch_event(run, event);
}

static void say_input(struct sim_run *run, const struct pawl_event *event) {
    static char line[CODEC_LINE_MAX];
    size_t length;
    if (run->trace && event_to_json(event, run->host->names, line, sizeof line, &length) == PAWL_OK)
        sim_say(run, "input %s", line);
}

/* ---- after each turn ---- */

uint32_t sim_instrument(const struct sim_run *run, uint32_t symbol) {
    return run->instruments[symbol];
}

static void see_wants(struct sim_run *run) {
    for (const struct lot *lot = run->host->book.first_lot; lot != NULL; lot = lot->next) {
        uint64_t id = lot->rec.id;
        if (id >= SIM_LOTS_MAX) continue;
        run->lots[id].follows = lot->rec.ratchet == PAWL_RATCHET_RECOMPUTE;
        int64_t add_e8 = lot->rare->rec.add_up_to.e8 - lot->rare->rec.added.e8;
        int64_t in_e8 = lot->rec.enter_up_to.e8;
        if (add_e8 > 0 && lot->rec.entered.e8 > in_e8) in_e8 = lot->rec.entered.e8;
        if (add_e8 > 0) in_e8 += add_e8; /* growth is on top of what is in, wanted or not */
        if (in_e8 > run->lots[id].want_in_e8)
            run->lots[id].want_in_e8 = in_e8;
        if (lot->rec.exit_at_least.e8 > run->lots[id].want_out_e8)
            run->lots[id].want_out_e8 = lot->rec.exit_at_least.e8;
    }
}

static int64_t disk_answers_ns(struct sim_run *run) {
    const struct sim_plan *plan = run->plan;
    int64_t wait_ns = rng_between(&run->rng_disk, plan->disk_min_ns, plan->disk_max_ns);
    if (rng_chance(&run->rng_disk, plan->stall_percent, 100))
        wait_ns += rng_between(&run->rng_disk, 20, 3000) * PAWL_MS;
    return run->now_ns + wait_ns;
}

/* The writer is at work while something is not durable; commands wait for it only so long. */
static void see_waiting(struct sim_run *run) {
    bool waiting = host_waiting(run->host);
    bool writing = run->host->committed_turn > store_durable_turn(run->host->store);
    if (!waiting) run->protect_ns = 0;
    if ((waiting || writing) && run->write_ns == 0) run->write_ns = disk_answers_ns(run);
    if (waiting && run->protect_ns == 0)
        run->protect_ns = run->now_ns + run->config->host.executor.protect_wait_ns;
}

static void after_turn(struct sim_run *run) {
    run->turns++;
    if (sim_disks_dead(&run->disks)) {
        run->dead = true;
        return;
    }
    const char *fault = host_fault(run->host);
    if (fault != NULL) sim_fail(run, "the host goes on", "%s", fault);
    if (!run->disk_failing && store_failed(run->host->store, NULL) != PAWL_OK)
        sim_fail(run, "the host goes on", "the store failed on a good disk");
    see_wants(run);
    sim_venue_read(run);
    see_waiting(run);
}

void sim_input(struct sim_run *run, struct pawl_event *event) {
    if (run->dead) return;
    if (run->plan->feed_rows) event->cookie = ++run->row;
    say_input(run, event);
    host_input(run->host, event, run->now_ns);
    after_turn(run);
}

/* ---- the process ---- */

static void learn_names(struct sim_run *run) {
    for (uint32_t i = 0; i < run->plan->symbol_count; i++)
        run->instruments[i] =
            names_find(run->host->names, NAME_INSTRUMENT, run->plan->symbols[i].name);
}

static void forget_life(struct sim_run *run) {
    run->host = NULL;
    run->dead = run->disk_failing = run->kill_at_release = run->kill_after_release = false;
    run->write_ns = run->protect_ns = run->heal_ns = 0;
    memset(run->quoted, 0, sizeof run->quoted);
    for (size_t i = 0; i < SIM_LOTS_MAX; i++) run->lots[i].bare_ns = 0;
}

static void down(struct sim_run *run, const struct sim_crash *crash, bool clean) {
    sim_say(run, "sim   the process %s%s", clean ? "stops" : "dies",
            crash->power_cut && !clean ? ", the power is cut" : "");
    if (clean) {
        host_stop(run->host);
    } else {
        sim_disks_kill(&run->disks);
        host_abandon(run->host);
    }
    forget_life(run);
    sim_disks_crash(&run->disks, crash->power_cut && !clean, crash->damage);
    sim_venue_read(run);
    sim_check_crash(run);
}

static int try_start(struct sim_run *run, struct pawl_err *err) {
    struct host_options options = {.config = run->config,
                                   .plugins = run->plugins,
                                   .data_dir = "/d",
                                   .disk = run->disks.venue,
                                   .vfs = run->disks.vfs,
                                   .durability = STORE_FULL,
                                   .held = true,
                                   .trace = on_trace,
                                   .trace_lines = true,
                                   .trace_arg = run,
                                   .start_ns = run->now_ns};
    int rc = host_start(&options, &run->host, err);
    if (rc != PAWL_OK) run->host = NULL;
    return rc;
}

static void start(struct sim_run *run, const struct sim_crash *crash) {
    uint32_t again_ops = crash == NULL ? 0 : crash->again_ops;
    for (int tries = 0; tries < 3 && run->failure[0] == '\0'; tries++) {
        struct pawl_err err = {0};
        if (again_ops > 0) sim_disks_arm(&run->disks, true, again_ops);
        again_ops = 0;
        int rc = try_start(run, &err);
        if (sim_disks_dead(&run->disks)) {
            down(run, crash, false);
            continue;
        }
        if (rc != PAWL_OK) {
            sim_fail(run, "it starts again", "%s", err.text);
            return;
        }
        sim_say(run, "sim   the process starts, boot %u", store_boot(run->host->store));
        run->lives++;
        sim_truth_restart(run);
        learn_names(run);
        after_turn(run);
        return;
    }
}

/* Time goes on while nobody is there; so do prices, unseen. */
static void pass_time(struct sim_run *run, int64_t down_ns) {
    struct sim_quote unseen;
    run->now_ns += down_ns;
    int64_t late_ns =
        run->calm_ns != 0 && run->now_ns > run->calm_ns ? run->now_ns - run->calm_ns : 0;
    run->calm_ns += late_ns; /* whatever happens, the tail is as long as it is meant to be */
    run->still_ns += late_ns;
    run->end_ns += late_ns;
    if (run->flatten_ns != 0) run->flatten_ns += late_ns;
    for (;;) {
        uint32_t symbol = sim_market_next(&run->market);
        if (run->market.paths[symbol].next_ns >= run->now_ns) return;
        sim_market_step(&run->market, symbol, run->market.paths[symbol].next_ns >= run->still_ns,
                        &unseen);
        run->row += run->plan->feed_rows;
    }
}

static void crash_and_restart(struct sim_run *run, const struct sim_crash *crash, bool clean) {
    down(run, crash, clean);
    pass_time(run, crash->down_ns);
    start(run, crash);
}

static const struct sim_crash mended = {.down_ns = PAWL_NS};

static void on_dead(struct sim_run *run) {
    const struct sim_crash *crash = run->armed == NULL ? &mended : run->armed;
    run->armed = NULL;
    crash_and_restart(run, crash, false);
}

/* ---- what is due ---- */

static void due_crash(struct sim_run *run) {
    const struct sim_crash *crash = &run->plan->crashes[run->crash_at++];
    run->armed = crash;
    switch (crash->kind) {
    case SIM_KILL_NOW: on_dead(run); break;
    case SIM_STOP:
        run->armed = NULL;
        crash_and_restart(run, crash, true);
        break;
    case SIM_KILL_STORE_OP:
    case SIM_KILL_VENUE_OP:
        if (run->disk_failing) break; /* it refuses everything already */
        sim_disks_arm(&run->disks, crash->kind == SIM_KILL_STORE_OP, crash->ops);
        break;
    case SIM_KILL_BEFORE_RELEASE: run->kill_at_release = true; break;
    default: run->kill_after_release = true; break;
    }
}

/* The writer has got that far: what was queued goes in one transaction, then what waited for it. */
static void due_write(struct sim_run *run) {
    run->write_ns = 0;
    store_flush(run->host->store, NULL);
    if (sim_disks_dead(&run->disks)) {
        run->dead = true;
        return;
    }
    if (store_failed(run->host->store, NULL) == PAWL_OK) sim_watch_stored(run);
    if (run->kill_at_release) {
        on_dead(run);
        return;
    }
    host_release(run->host);
    after_turn(run);
    if (run->kill_after_release && !run->dead) on_dead(run);
}

static void due_protect(struct sim_run *run) {
    run->protect_ns = 0;
    if (run->disk_failing) host_release(run->host); /* as the runner does: it may have failed */
    host_release_protective(run->host);
    after_turn(run);
}

static void due_disk_fails(struct sim_run *run) {
    uint32_t mask = DISK_MASK(DISK_WRITE) | DISK_MASK(DISK_SYNC) | DISK_MASK(DISK_TRUNCATE);
    run->disk_fails_ns = 0;
    if (run->disks.left > 0) return; /* it is to die instead */
    run->disk_failing = true;
    run->heal_ns = run->now_ns + run->plan->disk_fails_for_ns;
    disk_mem_fail_at(run->disks.store, 1, mask, run->plan->disk_full ? DISK_ENOSPC : DISK_EIO,
                     true);
    sim_say(run, "sim   the store's disk refuses every write");
}

static void due_heal(struct sim_run *run) {
    sim_say(run, "sim   the disk is mended");
    crash_and_restart(run, &mended, run->plan->disk_full);
}

static void due_quote(struct sim_run *run) {
    uint32_t symbol = sim_market_next(&run->market);
    struct sim_quote quote;
    struct pawl_ev_quote ev = {.head = {.size = (uint32_t)sizeof ev, .type = PAWL_EV_QUOTE}};
    sim_market_step(&run->market, symbol, run->now_ns >= run->still_ns, &quote);
    ev.instrument = sim_instrument(run, symbol);
    ev.bid.e8 = quote.bid_e8;
    ev.ask.e8 = quote.ask_e8;
    ev.venue_time = run->now_ns;
    bool good = quote.ask_e8 >= quote.bid_e8;
    if (good) run->last[symbol] = quote;
    sim_input(run, &ev.head);
    if (run->dead) return;
    if (good) run->quoted[symbol] = true;
    sim_truth_quote(run);
}

static int64_t in_a_while(const struct sim_run *run, struct rng *rng, int64_t mean_ns) {
    int64_t next_ns = run->now_ns + 1 + (int64_t)rng_below(rng, (uint64_t)mean_ns * 2);
    return next_ns < run->quiet_ns ? next_ns : 0;
}

static void due_fault(struct sim_run *run) {
    run->next_fault_ns = in_a_while(run, &run->rng_fault, run->plan->fault_period_ns);
    sim_wish_fault(run);
}
static void due_wish(struct sim_run *run) {
    run->next_wish_ns = in_a_while(run, &run->rng_wish, run->plan->wish_period_ns);
    sim_wish_entry(run);
}
static void due_operator(struct sim_run *run) {
    run->next_operator_ns = in_a_while(run, &run->rng_operator, run->plan->operator_period_ns);
    sim_wish_operator(run);
}
static void due_partner(struct sim_run *run) {
    run->next_partner_ns = in_a_while(run, &run->rng_partner, run->plan->wish_period_ns / 2);
    sim_wish_partner(run);
}
static void due_tranche(struct sim_run *run) {
    run->next_tranche_ns = in_a_while(run, &run->rng_tranche, run->plan->wish_period_ns / 2);
    sim_wish_tranche(run);
}
static void due_foreign(struct sim_run *run) {
    run->next_foreign_ns = 0;
    sim_wish_foreign(run);
}
static void due_reload(struct sim_run *run) {
    run->next_reload_ns = in_a_while(run, &run->rng_reload, run->plan->reload_period_ns);
    sim_reload(run);
    after_turn(run);
}
static void due_reconnect(struct sim_run *run) {
    run->reconnect_ns = 0;
    sim_wish_reconnect(run);
}

/* The misfortunes are over: everything has to come to rest from here. */
static void due_calm(struct sim_run *run) {
    run->calm_ns = 0;
    run->crash_at = run->plan->crash_count;
    run->kill_at_release = run->kill_after_release = false;
    run->armed = NULL;
    if (!run->disk_failing) sim_disks_arm(&run->disks, true, 0);
    sim_say(run, "sim   calm from here");
    sim_wish_reconnect(run);
}

/* An operator who wants to be out asks again: a request may be refused for good. */
static void due_flatten(struct sim_run *run) {
    run->flatten_ns += 15 * PAWL_NS;
    if (run->flatten_ns > run->still_ns) run->flatten_ns = 0;
    run->flattened = true;
    sim_wish_flatten(run);
}

/* ---- time ---- */

struct due {
    int64_t at_ns; /* 0 = not due */
    void (*fn)(struct sim_run *run);
};

static void due_timer(struct sim_run *run) {
    host_timer(run->host, run->now_ns);
    after_turn(run);
}

static struct due first_due(const struct sim_run *run) {
    int64_t timer_ns = host_next_due(run->host);
    bool more = run->crash_at < run->plan->crash_count;
    const struct due all[] = {
        {timer_ns == TIMERS_NEVER ? 0
         : timer_ns < 1           ? 1
                                  : timer_ns,
         due_timer},
        {run->write_ns, due_write},
        {run->protect_ns, due_protect},
        {more ? SIM_BEGIN_NS + run->plan->crashes[run->crash_at].at_ns : 0, due_crash},
        {run->disk_fails_ns, due_disk_fails},
        {run->heal_ns, due_heal},
        {run->reconnect_ns, due_reconnect},
        {run->next_fault_ns, due_fault},
        {run->next_wish_ns, due_wish},
        {run->next_operator_ns, due_operator},
        {run->next_partner_ns, due_partner},
        {run->next_tranche_ns, due_tranche},
        {run->next_foreign_ns, due_foreign},
        {run->next_reload_ns, due_reload},
        {run->calm_ns, due_calm},
        {run->flatten_ns, due_flatten},
        {run->market.paths[sim_market_next(&run->market)].next_ns, due_quote}};
    struct due first = {0};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].at_ns != 0 && (first.fn == NULL || all[i].at_ns < first.at_ns)) first = all[i];
    return first;
}

static void play(struct sim_run *run) {
    for (uint32_t steps = 0; run->failure[0] == '\0'; steps++) {
        if (run->dead) {
            on_dead(run);
            continue;
        }
        struct due due = first_due(run);
        if (due.at_ns > run->end_ns) return;
        if (due.at_ns > run->now_ns) run->now_ns = due.at_ns;
        due.fn(run);
        if (steps > STEPS_MAX) sim_fail(run, "it gets on", "more than %u steps", STEPS_MAX);
    }
}

static void end(struct sim_run *run) {
    if (run->host->exec.brokers[0].state != BROKER_READY)
        sim_fail(run, "ready again", "the broker is in state %d at the end",
                 (int)run->host->exec.brokers[0].state);
    if (host_waiting(run->host)) sim_fail(run, "ready again", "commands wait for the disk");
    host_stop(run->host);
    run->host = NULL;
    sim_venue_read(run);
    if (run->failure[0] == '\0') sim_check_end(run);
}

/* ---- set up ---- */

static void set_times(struct sim_run *run) {
    const struct sim_plan *plan = run->plan;
    run->now_ns = SIM_BEGIN_NS;
    run->quiet_ns = SIM_BEGIN_NS + plan->active_ns;
    run->calm_ns = run->quiet_ns;
    run->still_ns = run->quiet_ns + plan->tail_ns;
    run->end_ns = run->still_ns + plan->plateau_ns;
    if (plan->flatten) run->flatten_ns = run->quiet_ns + plan->tail_ns / 2;
    if (plan->disk_fails_at_ns != 0) run->disk_fails_ns = SIM_BEGIN_NS + plan->disk_fails_at_ns;
    rng_init(&run->rng_disk, plan->rng_disk);
    rng_init(&run->rng_fault, plan->rng_fault);
    rng_init(&run->rng_wish, plan->rng_wish);
    rng_init(&run->rng_operator, plan->rng_operator);
    rng_init(&run->rng_foreign, plan->rng_foreign);
    rng_init(&run->rng_trail, plan->rng_trail);
    rng_init(&run->rng_reload, plan->rng_reload);
    rng_init(&run->rng_partner, plan->rng_partner);
    rng_init(&run->rng_tranche, plan->rng_tranche);
    if (plan->fault_period_ns > 0)
        run->next_fault_ns = in_a_while(run, &run->rng_fault, plan->fault_period_ns);
    if (plan->linked) run->next_wish_ns = in_a_while(run, &run->rng_wish, plan->wish_period_ns);
    if (plan->partners)
        run->next_partner_ns = in_a_while(run, &run->rng_partner, plan->wish_period_ns);
    if (plan->tranches)
        run->next_tranche_ns = in_a_while(run, &run->rng_tranche, plan->wish_period_ns);
    if (plan->operator_period_ns > 0)
        run->next_operator_ns = in_a_while(run, &run->rng_operator, plan->operator_period_ns);
    if (plan->reload_period_ns > 0)
        run->next_reload_ns = in_a_while(run, &run->rng_reload, plan->reload_period_ns);
    if (plan->foreign)
        run->next_foreign_ns = in_a_while(run, &run->rng_foreign, plan->active_ns / 2);
}

static void tally_up(const struct sim_run *run, struct sim_tally *tally) {
    tally->seeds++;
    tally->failed += run->failure[0] != '\0';
    tally->turns += run->turns;
    tally->orders += run->watch.sent_count;
    tally->fills += run->venue.fill_count;
    tally->lives += run->lives;
    tally->critical += run->watch.critical;
    tally->unknown += run->watch.unknown;
    tally->early += run->watch.early_count;
    tally->hash ^= hash_u64(hash_value(&run->hash) + run->plan->seed);
}

void sim_run_seed(uint64_t seed, uint32_t without, uint32_t store_op, bool trace,
                  const struct sim_code *code, struct sim_tally *tally, uint64_t *ret_hash,
                  char failure[512]) {
    static struct sim_plan plan;
    struct sim_run *run = calloc(1, sizeof *run);
    struct pawl_err err = {0};
    if (run == NULL) abort();
    sim_plan_draw(&plan, seed, without, store_op);
    run->plan = &plan;
    run->trace = trace;
    run->code = code;
    hash_init(&run->hash, 0);
    if (trace) fputs(plan.config, stdout);
    set_times(run);
    sim_market_init(&run->market, &plan);
    if (sim_disks_init(&run->disks, &err) != PAWL_OK) abort();
    sim_venue_init(&run->venue, run->disks.venue, &plan);
    if (sim_load(run)) {
        start(run, NULL);
        if (run->failure[0] == '\0') play(run);
        if (run->failure[0] == '\0') end(run);
    }
    host_abandon(run->host);
    tally_up(run, tally);
    *ret_hash = hash_value(&run->hash);
    snprintf(failure, 512, "%s", run->failure);
    sim_venue_done(&run->venue);
    sim_watch_done(&run->watch);
    sim_disks_done(&run->disks);
    sim_unload(run);
    free(run);
}
