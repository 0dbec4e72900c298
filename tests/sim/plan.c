/* What a seed draws, before anything runs. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pawl_num.h"
#include "sim.h"

const char *const sim_plugins[SIM_PLUGINS_MAX] = {"paper",   "chaos", "linked",
                                                  "pyramid", "rstop", "tranche"};
static const char *const venue_names[] = {"", "ideal", "binance_oneway", "mt5_hedging"};
static const char *const foreign_names[] = {"", "adopt", "ignore", "halt_symbol"};

static void draw_symbols(struct sim_plan *plan, struct rng *rng) {
    static const int64_t ticks_e8[] = {1000, 1000000, 10000000, PAWL_E8};
    static const int64_t steps_e8[] = {100000, 1000000, PAWL_E8};
    static const char *const names[] = {"AAAUSD", "BBBUSD", "CCCUSD"};
    plan->symbol_count = (uint32_t)rng_between(rng, 1, SIM_SYMBOLS_MAX);
    for (uint32_t i = 0; i < plan->symbol_count; i++) {
        struct sim_symbol *symbol = &plan->symbols[i];
        snprintf(symbol->name, sizeof symbol->name, "%s", names[i]);
        symbol->tick_e8 = ticks_e8[rng_below(rng, 4)];
        symbol->step_e8 = steps_e8[rng_below(rng, 3)];
        /* What becomes of less than the minimum is not modelled. */
        symbol->min_e8 = symbol->step_e8;
        symbol->base_e8 = symbol->tick_e8 * rng_between(rng, 5000, 60000);
        symbol->period_ns = rng_between(rng, 50, 600) * PAWL_MS;
        symbol->spread_ticks = rng_between(rng, 0, 4);
    }
}

static void draw_crashes(struct sim_plan *plan, struct rng *rng) {
    plan->crash_count = (uint32_t)rng_below(rng, 5);
    for (uint32_t i = 0; i < plan->crash_count; i++) {
        struct sim_crash *crash = &plan->crashes[i];
        crash->at_ns = rng_between(rng, PAWL_NS / 2, plan->active_ns);
        crash->kind = (enum sim_kill)rng_between(rng, 1, SIM_KILL_KINDS_ - 1);
        crash->ops = (uint32_t)rng_between(rng, 1, crash->kind == SIM_KILL_VENUE_OP ? 4 : 40);
        crash->power_cut = rng_chance(rng, 1, 5);
        crash->again_ops = rng_chance(rng, 1, 4) ? (uint32_t)rng_between(rng, 1, 60) : 0;
        crash->down_ns = rng_chance(rng, 1, 10) ? rng_between(rng, 20, 120) * PAWL_NS
                                                : rng_between(rng, 1, 8000) * PAWL_MS;
        crash->damage = rng_u64(rng);
        for (uint32_t j = i; j > 0 && plan->crashes[j].at_ns < plan->crashes[j - 1].at_ns; j--) {
            struct sim_crash other = plan->crashes[j];
            plan->crashes[j] = plan->crashes[j - 1];
            plan->crashes[j - 1] = other;
        }
    }
}

static void draw_misfortune(struct sim_plan *plan, struct rng *rng) {
    static const uint32_t stalls[] = {0, 0, 5, 20};
    plan->disk_min_ns = rng_between(rng, 0, 3) * PAWL_MS;
    plan->disk_max_ns =
        plan->disk_min_ns + rng_between(rng, 1, rng_chance(rng, 1, 4) ? 25 : 4) * PAWL_MS;
    plan->stall_percent = stalls[rng_below(rng, 4)];
    plan->fault_period_ns = rng_chance(rng, 4, 5) ? rng_between(rng, 500, 6000) * PAWL_MS : 0;
    plan->wish_period_ns = rng_between(rng, 1000, 8000) * PAWL_MS;
    plan->operator_period_ns = rng_between(rng, 3000, 30000) * PAWL_MS;
    if (rng_chance(rng, 1, 6)) plan->disk_fails_at_ns = rng_between(rng, PAWL_NS, plan->active_ns);
    plan->disk_full = rng_chance(rng, 1, 2);
    plan->disk_fails_for_ns = rng_between(rng, 100, 20000) * PAWL_MS;
    plan->foreign = rng_chance(rng, 1, 8);
    draw_crashes(plan, rng);
}

static void switch_off(struct sim_plan *plan, uint32_t without) {
    plan->parts = without;
    if (without & SIM_PART_FAULTS) plan->fault_period_ns = 0;
    if (without & SIM_PART_KILLS) plan->crash_count = 0;
    if (without & SIM_PART_STALLS) plan->stall_percent = 0, plan->disk_fails_at_ns = 0;
    if (without & SIM_PART_LINKED) plan->linked = false;
    if (without & SIM_PART_OPERATOR) plan->operator_period_ns = 0;
    if (without & SIM_PART_FOREIGN) plan->foreign = false;
}

/* ---- the configuration as text ---- */

struct text {
    char *at, *end;
};

PAWL_PRINTF(2, 3)
static void add(struct text *text, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text->at, (size_t)(text->end - text->at), format, args);
    va_end(args);
    text->at += length < text->end - text->at ? length : text->end - text->at - 1;
}

struct range {
    int64_t low, high;
};

/* One after the other: the order in which a call's arguments are worked out is the compiler's. */
static void draw(struct rng *rng, const struct range *ranges, size_t count, int64_t *ret) {
    for (size_t i = 0; i < count; i++) ret[i] = rng_between(rng, ranges[i].low, ranges[i].high);
}

static void add_host(struct text *out, struct rng *rng, const struct sim_plan *plan) {
    static const struct range ranges[] = {{4, 60},   {1, 4},  {100, 600}, {4, 30}, {200, 1500},
                                          {50, 400}, {5, 50}, {2, 6},     {1, 10}, {0, 1},
                                          {0, 1},    {200, 1500}};
    int64_t v[sizeof ranges / sizeof *ranges];
    draw(rng, ranges, sizeof ranges / sizeof *ranges, v);
    add(out,
        "{\"host\":{\"instance_id\":7,\"durability\":\"full\",\"reconcile_seconds\":%" PRId64
        ",\"executor\":{\"retry_tries\":%" PRId64 ",\"retry_delay\":\"%" PRId64 "ms\","
        "\"entry_limit_expires\":\"%" PRId64 "s\",\"guard_grace\":\"%" PRId64 "ms\",",
        v[0], v[1], v[2], v[3], v[4]);
    add(out,
        "\"guard_cancel_wait\":\"%" PRId64 "ms\",\"protect_wait\":\"%" PRId64 "ms\","
        "\"breaker_failures\":%" PRId64 ",\"breaker_seconds\":%" PRId64 ",\"foreign\":\"%s\","
        "\"close_unprotected\":%s,\"answer_wait\":\"%" PRId64 "ms\"}},\n",
        v[5], v[6], v[7], v[8], foreign_names[plan->foreign_policy], v[9] ? "true" : "false",
        v[10] ? v[11] : 0);
}

static void add_decimal(struct text *out, const char *name, int64_t value_e8) {
    char digits[PAWL_E8_TEXT_MAX];
    pawl_format_e8(value_e8, digits);
    add(out, "\"%s\":\"%s\",", name, digits);
}

static void add_paper(struct text *out, struct rng *rng, const struct sim_plan *plan) {
    add(out, "\"plugins\":[{\"name\":\"paper\",\"options\":{\"personality\":\"%s\",",
        venue_names[plan->venue]);
    add_decimal(out, "partial_fill_probability",
                rng_chance(rng, 1, 2) ? rng_between(rng, 1, 50) * PAWL_E8 / 100 : 0);
    add_decimal(out, "reject_probability",
                rng_chance(rng, 1, 3) ? rng_between(rng, 1, 10) * PAWL_E8 / 100 : 0);
    add_decimal(out, "fee_rate", rng_between(rng, 0, 50000));
    static const struct range ranges[] = {{0, 1}, {0, 3}, {0, 80}, {0, 80}, {0, 50}};
    int64_t v[sizeof ranges / sizeof *ranges];
    draw(rng, ranges, sizeof ranges / sizeof *ranges, v);
    add(out, "\"seed\":%" PRIu64 ",\"limit_fill\":\"%s\",\"slippage_ticks\":%" PRId64 ",",
        plan->seed & INT32_MAX, v[0] ? "touch" : "through", v[1]);
    /* Not drawn: the rest of a seed is what it was before there was this. */
    if (plan->seed % 4 != 0)
        add(out, "\"compact_bytes\":%" PRIu64 ",", 4096 + plan->seed % 7 * 8192);
    add(out,
        "\"latency_request\":\"%" PRId64 "ms\",\"latency_reply\":\"%" PRId64 "ms\","
        "\"latency_jitter\":\"%" PRId64 "ms\"}}",
        v[2], v[3], v[4]);
}

/* More of a trade at small profits, a limit below it, a stop that trails. */
static void add_linked(struct text *out, struct rng *rng, const struct sim_plan *plan) {
    bool reversal = rng_chance(rng, 4, 5), watch = rng_chance(rng, 1, 3);
    bool scales = rng_chance(rng, 1, 2), doubles = rng_chance(rng, 1, 2);
    add(out, ",\n{\"name\":\"linked\",\"options\":{\"reversal\":%s,\"target_mode\":\"%s\",",
        reversal ? "true" : "false", watch ? "watch" : "rest");
    add_decimal(out, "scale_quantity",
                scales && !(plan->parts & SIM_PART_GROW) ? plan->symbols[0].min_e8 * 2 : 0);
    add_decimal(out, "trigger_profit_pct", rng_between(rng, 1, 40) * (PAWL_E8 / 10000));
    add_decimal(out, "trailing_stop_pct",
                rng_chance(rng, 1, 4)
                    ? rng_between(rng, 10, 100) * (PAWL_E8 / 10000)
                    : 0);
    add_decimal(out, "double_down_size", rng_between(rng, 5, 20) * (PAWL_E8 / 10));
    add(out, "\"double_down\":%s,\"group_check\":\"%" PRId64 "ms\"}}",
        doubles && !(plan->parts & SIM_PART_GROW) ? "true" : "false", rng_between(rng, 100, 3000));
}

/* A risk of 1000 is some ticks: sim_wish_partner() chooses the quantity for it. */
static void add_pyramid(struct text *out, struct rng *rng) {
    static const char *const modes[] = {"watch", "venue"}, *const ends[] = {"run_off", "close"};
    bool hunt = rng_chance(rng, 3, 4);
    static const struct range ranges[] = {{300, 2000}, {0, 3}, {0, 3}, {0, 1}, {0, 1}, {5, 20}};
    int64_t v[sizeof ranges / sizeof *ranges];
    draw(rng, ranges, sizeof ranges / sizeof *ranges, v);
    add(out,
        ",\n{\"name\":\"pyramid\",\"options\":{\"fixed_risk_per_order\":\"1000\","
        "\"min_profit_target\":\"%" PRId64 "\",\"max_level\":%" PRId64
        ",\"max_recoveries\":%" PRId64 ",\"orders_per_level\":\"1 2 3 4\","
        "\"recovery_window_minutes\":1,",
        v[0], v[1], v[2]);
    add(out,
        "\"target_mode\":\"%s\",\"on_stop\":\"%s\",\"sl_hunt\":%s,"
        "\"recovery_risk_factor\":\"%s%" PRId64 "\"}}",
        modes[v[3]], ends[v[4]], hunt ? "true" : "false", v[5] < 10 ? "0." : "1.",
        v[5] < 10 ? v[5] : v[5] - 10);
}

static void add_rstop(struct text *out, struct rng *rng, const struct sim_plan *plan) {
    const char *table = "1:0 1.5:0.5 2:1:50 3:1.5:25 4:2:rest";
    if (plan->whole) table = "0.3:0 0.5:0.2 0.8:0.4";
    else if (rng_chance(rng, 1, 3)) table = "0.2:0:20 0.4:0.1:20 0.6:0.3:30 1:0.5:rest";
    bool trails = rng_chance(rng, 1, 3), percent = rng_chance(rng, 1, 2);
    bool catch_up = rng_chance(rng, 1, 3);
    add(out, ",\n{\"name\":\"rstop\",\"options\":{\"table\":\"%s\",\"catch_up\":%s", table,
        catch_up ? "true" : "false");
    if (trails && !plan->linked) /* linked may trail by its options: two may not */
        add(out, ",\"trail_from\":\"0.5\",\"%s\":\"%s\"", percent ? "trail_pct" : "trail_r",
            percent ? "0.002" : "0.4");
    add(out, "}}");
}

static void add_tranche(struct text *out, const struct sim_plan *plan) {
    static const char *const full[] = {"add_to_last", "merge", "refuse"};
    static const struct range ranges[] = {{1, 10}, {0, 2}, {0, 8}, {1, 8}, {1, 4}, {0, 3}};
    int64_t v[sizeof ranges / sizeof *ranges];
    struct rng rng;
    rng_init(&rng, ~plan->rng_tranche);
    draw(&rng, ranges, sizeof ranges / sizeof *ranges, v);
    add(out,
        ",\n{\"name\":\"tranche\",\"options\":{\"max_tranches_per_symbol_side\":3,"
        "\"tranche_pnl_increment_pct\":\"0.%02" PRId64 "\",\"at_max\":\"%s\","
        "\"tp_pct\":\"0.%" PRId64 "\",\"sl_pct\":\"0.%" PRId64 "\",",
        v[0], full[v[1]], v[2], v[3]);
    add(out,
        "\"max_orders_per_tranche\":%" PRId64 ",\"stale_limit_seconds\":%" PRId64
        ",\"merge_profitable\":%s,\"cleanup_interval_seconds\":5,\"orphan_grace_seconds\":10}}",
        v[4], v[4] * 3, v[5] > 0 ? "true" : "false");
}

static void add_profiles(struct text *out, const struct sim_plan *plan) {
    if (!plan->partners && !plan->tranches) return;
    add(out, "\"profiles\":{\"own\":{}");
    if (plan->partners)
        add(out, ",\"r\":{\"reduce\":\"rstop\",\"stop\":\"rstop\"},"
                 "\"rk\":{\"reduce\":\"rstop\",\"stop\":\"rstop\",\"targets\":\"keeper\"},"
                 "\"chain\":{\"grow\":\"pyramid\",\"reduce\":\"pyramid\","
                 "\"targets\":\"pyramid\",\"stop\":\"pyramid\"}");
    if (plan->tranches)
        add(out, ",\"parts\":{\"grow\":\"tranche\",\"reduce\":\"tranche\","
                 "\"targets\":\"tranche\",\"stop\":\"tranche\"}");
    add(out, "},\n");
}

static void add_strategies(struct text *out, struct rng *rng, const struct sim_plan *plan) {
    int64_t period_ms = rng_between(rng, 300, 3000), lots = rng_between(rng, 1, 5);
    int64_t quiet_ns = SIM_BEGIN_NS + plan->active_ns;
    if (plan->parts & SIM_PART_CHAOS) quiet_ns = 1;
    add(out,
        ",\n{\"name\":\"chaos\",\"options\":{\"seed\":%" PRIu64 ",\"quiet_at\":%" PRId64
        ",\"period\":\"%" PRId64 "ms\",\"lots_max\":%" PRId64 ",\"same_side_pct\":%" PRId64
        ",\"grow\":%s,\"symbols\":\"",
        plan->seed & INT32_MAX, quiet_ns, period_ms, lots,
        plan->hedging ? 50 : rng_between(rng, 60, 100),
        plan->parts & SIM_PART_GROW ? "false" : "true");
    for (uint32_t i = 0; i < plan->symbol_count; i++)
        add(out, "%s%s", i == 0 ? "" : ",", plan->symbols[i].name);
    add(out, "\"}}");
    if (plan->linked) add_linked(out, rng, plan);
    if (plan->partners) {
        struct rng part;
        rng_init(&part, plan->rng_partner);
        add_pyramid(out, &part);
        add_rstop(out, &part, plan);
    }
    if (plan->tranches) add_tranche(out, plan);
    add(out, "],\n");
    add_profiles(out, plan);
}

static void add_rest(struct text *out, struct rng *rng, const struct sim_plan *plan) {
    add(out,
        "\"accounts\":{\"main\":{\"broker\":\"paper\",\"currency\":\"USD\","
        "\"balance\":\"1000000\",\"mode\":\"%s\"}},\n\"instruments\":{",
        plan->hedging ? "hedging" : "netting");
    for (uint32_t i = 0; i < plan->symbol_count; i++) {
        const struct sim_symbol *symbol = &plan->symbols[i];
        add(out, "%s\"%s\":{\"class\":\"crypto\",\"currency\":\"USD\",\"multiplier\":\"%s\",",
            i == 0 ? "" : ",\n", symbol->name, rng_chance(rng, 1, 2) ? "1" : "10");
        add_decimal(out, "step", symbol->step_e8);
        add_decimal(out, "min_quantity", symbol->min_e8);
        add_decimal(out, "min_stop_distance",
                    rng_chance(rng, 1, 4) ? symbol->tick_e8 * rng_between(rng, 1, 5) : 0);
        add_decimal(out, "tick", symbol->tick_e8);
        out->at[-1] = '}';
    }
    static const struct range ranges[] = {{2, 50}, {3, 20}, {1, 5}, {4, 20}};
    int64_t v[sizeof ranges / sizeof *ranges];
    draw(rng, ranges, sizeof ranges / sizeof *ranges, v);
    add(out,
        "},\n\"risk\":{\"message_rate_per_second\":%" PRId64 ",\"open_lots_max\":%" PRId64
        ",\"collar_pct\":\"0.0%" PRId64 "\",\"quote_stale\":\"%" PRId64 "s\"}}\n",
        v[0], v[1], v[2], v[3]);
}

static void write_config(struct sim_plan *plan, struct rng *rng) {
    struct text out = {plan->config, plan->config + sizeof plan->config};
    add_host(&out, rng, plan);
    add_paper(&out, rng, plan);
    add_strategies(&out, rng, plan);
    add_rest(&out, rng, plan);
}

/* Drawn crashes stay drawn, so that the rest of the seed is what it is without this. */
static void crash_at_store_op(struct sim_plan *plan, uint32_t store_op) {
    plan->crash_count = 1;
    plan->crashes[0] = (struct sim_crash){.at_ns = PAWL_NS / 10,
                                          .kind = SIM_KILL_STORE_OP,
                                          .ops = store_op,
                                          .down_ns = PAWL_NS};
}

/* A stream of its own, so that the rest of a seed is what it is without it. */
static void draw_partners(struct sim_plan *plan, uint64_t seed, uint32_t without) {
    struct rng rng;
    rng_init(&rng, seed ^ UINT64_C(0x7061727473));
    plan->partners = rng_chance(&rng, 1, 2) && !(without & SIM_PART_PARTNERS);
    plan->whole = rng_chance(&rng, 1, 2);
    plan->rng_partner = rng_u64(&rng);
    plan->plugins[plan->plugin_count++] = 0;
    plan->plugins[plan->plugin_count++] = 1;
    if (plan->linked) plan->plugins[plan->plugin_count++] = 2;
    if (!plan->partners) return;
    plan->plugins[plan->plugin_count++] = 3;
    plan->plugins[plan->plugin_count++] = 4;
}

static void draw_tranches(struct sim_plan *plan, uint64_t seed, uint32_t without) {
    struct rng rng;
    rng_init(&rng, seed ^ UINT64_C(0x7472616e6368));
    plan->tranches = rng_chance(&rng, 1, 2) && !(without & SIM_PART_TRANCHES);
    plan->tranche_side = plan->hedging ? 0 : (uint8_t)rng_between(&rng, 1, 2);
    plan->rng_tranche = rng_u64(&rng);
    if (plan->tranches) plan->plugins[plan->plugin_count++] = 5;
}

void sim_plan_draw(struct sim_plan *plan, uint64_t seed, uint32_t without, uint32_t store_op) {
    struct rng rng, part;
    memset(plan, 0, sizeof *plan);
    plan->seed = seed;
    rng_init(&rng, seed);
    rng_fork(&rng, 1, &part);
    plan->venue = (enum sim_venue)rng_between(&part, SIM_IDEAL, SIM_MT5);
    plan->hedging = plan->venue == SIM_MT5 || (plan->venue == SIM_IDEAL && rng_chance(&part, 1, 3));
    plan->linked = rng_chance(&part, 1, 2);
    plan->feed_rows = rng_chance(&part, 1, 2);
    plan->flatten = rng_chance(&part, 1, 2);
    plan->foreign_policy = (uint32_t)rng_between(&part, 1, 3);
    plan->active_ns = rng_between(&part, 20, 90) * PAWL_NS;
    plan->tail_ns = 120 * PAWL_NS;
    plan->plateau_ns = 60 * PAWL_NS;
    draw_symbols(plan, &part);
    rng_fork(&rng, 2, &part);
    draw_misfortune(plan, &part);
    switch_off(plan, without);
    draw_partners(plan, seed, without);
    draw_tranches(plan, seed, without);
    rng_fork(&rng, 3, &part);
    write_config(plan, &part);
    uint64_t *streams[] = {&plan->rng_disk, &plan->rng_market,   &plan->rng_fault,
                           &plan->rng_wish, &plan->rng_operator, &plan->rng_foreign,
                           &plan->rng_trail, &plan->rng_reload};
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) *streams[i] = rng_u64(&rng);
    rng_fork(&rng, 4, &part);
    if (rng_chance(&part, 1, 2) && !(without & SIM_PART_RELOAD))
        plan->reload_period_ns = rng_between(&part, 1, 20) * PAWL_NS;
    if (store_op > 0) crash_at_store_op(plan, store_op);
}
