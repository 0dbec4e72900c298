/* The plugin: its description, its life, and where its events go. */
#include "heir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OFFSET(member) (uint32_t)offsetof(struct paper_options, member)
#define LATENCY_MAX_NS (3600 * PAWL_NS)
#define COMPACT_BYTES_MAX (INT64_C(1) << 30)

static const struct pawl_option options[] = {
    {"personality", PAWL_OPT_ENUM, OFFSET(personality), 0, 0, "ideal", PAPER_PERSONALITIES,
     "Which venue's rules it follows."},
    {"seed", PAWL_OPT_INT, OFFSET(seed), 0, 0, "1", NULL,
     "Seed of its random decisions; counts when the world begins."},
    {"latency_request", PAWL_OPT_DURATION, OFFSET(latency_request_ns), 0, LATENCY_MAX_NS, "20ms",
     NULL, "How long a request takes to the venue."},
    {"latency_reply", PAWL_OPT_DURATION, OFFSET(latency_reply_ns), 0, LATENCY_MAX_NS, "20ms", NULL,
     "How long a report takes to the host."},
    {"latency_jitter", PAWL_OPT_DURATION, OFFSET(latency_jitter_ns), 0, LATENCY_MAX_NS, "0ms", NULL,
     "Up to this much more, at random, for each message."},
    {"fee_rate", PAWL_OPT_DECIMAL, OFFSET(fee_rate_e8), -PAWL_E8, PAWL_E8, "0", NULL,
     "Fee of a fill as a fraction of its notional (0.0004 = 0.04 %); below 0 = rebate."},
    {"fee_per_unit", PAWL_OPT_DECIMAL, OFFSET(fee_per_unit_e8), -1000000 * PAWL_E8,
     1000000 * PAWL_E8, "0", NULL, "Fee of a fill per unit of quantity, in account currency."},
    {"slippage_ticks", PAWL_OPT_INT, OFFSET(slippage_ticks), 0, 1000000, "0", NULL,
     "Ticks by which market orders and stops fill worse."},
    {"partial_fill_probability", PAWL_OPT_DECIMAL, OFFSET(partial_fill_probability_e8), 0, PAWL_E8,
     "0", NULL, "How often a fill leaves a rest for later, 0 to 1."},
    {"reject_probability", PAWL_OPT_DECIMAL, OFFSET(reject_probability_e8), 0, PAWL_E8, "0", NULL,
     "How often a submit or amend is refused (retryable), 0 to 1."},
    {"limit_fill", PAWL_OPT_ENUM, OFFSET(limit_fill), 0, 0, "through", "touch|through",
     "What fills a resting limit: the market touching it, or trading through it."},
    {"compact_bytes", PAWL_OPT_INT, OFFSET(compact_bytes), 4096, COMPACT_BYTES_MAX, "8388608",
     NULL, "The world file is written anew when so much of it, and as much as lives, is past."},
    {0}};

static const uint16_t listens[] = {PAWL_EV_QUOTE, PAWL_EV_TRADE, PAWL_EV_BAR, PAWL_EV_MARK,
                                   PAWL_EV_FAULT, 0};
static const char *const needs[] = {PAWL_MARKET, PAWL_TIMERS, PAWL_FILES, PAWL_RECORDS, NULL};

static void paper_destroy(void *self) {
    struct paper *paper = self;
    if (paper == NULL) return;
    paper_wire_done(paper);
    paper_compact_done(paper);
    paper_world_free(paper->world);
    free(paper);
}

/* Names in the file become the instruments and accounts of today's configuration. */
static void resolve(struct paper *paper) {
    struct paper_world *world = paper->world;
    for (uint32_t i = 1; i < world->symbol_count; i++) {
        struct paper_symbol *symbol = world->symbols[i];
        const struct pawl_instrument *def = paper->market->by_symbol(paper->ctx, symbol->name);
        if (def == NULL || paper_symbol_slot(world, paper->ctx, paper->market, def->id) != i) {
            paper->ctx->host->log(paper->ctx, PAWL_LOG_WARN,
                                  "%s: %s is not configured; what it has there stays as it is",
                                  PAPER_WORLD_FILE, symbol->name);
            continue;
        }
        const struct pawl_account_info *info = paper->market->account(paper->ctx, def->account);
        for (uint32_t a = 1; info != NULL && a < world->account_count; a++)
            if (strcmp(world->accounts[a].name, info->name) == 0) world->accounts[a].id = info->id;
        paper_bounds(symbol);
    }
}

static int load(struct paper *paper, struct pawl_err *err) {
    uint64_t dropped = 0;
    bool taken = false;
    int rc = paper_take_over(paper, &taken, err);
    if (rc == PAWL_OK && !taken) {
        rc = paper_world_new(&paper->world);
        if (rc != PAWL_OK) return pawl_fail(err, rc, "out of memory");
        paper->world->personality = paper->options.personality;
        paper->world->prng = (uint64_t)paper->options.seed;
        rc = paper_world_load(paper->world, paper->ctx, paper->files, &dropped, err);
        paper->world->prng_written = paper->world->prng;
    }
    if (rc != PAWL_OK) return rc;
    if (dropped > 0)
        paper->ctx->host->log(paper->ctx, PAWL_LOG_WARN,
                              "%s: the last step was cut short; its %llu lines are dropped",
                              PAPER_WORLD_FILE, (unsigned long long)dropped);
    resolve(paper);
    if (paper->world->created_ns != 0)
        paper->ctx->host->log(paper->ctx, PAWL_LOG_INFO,
                              "%s: %u positions, %u executions; feed rows up to %llu are done",
                              PAPER_WORLD_FILE, paper->world->position_count,
                              paper->world->execution_count,
                              (unsigned long long)paper->world->row);
    return PAWL_OK;
}

static int paper_create(struct pawl_ctx *ctx, const void *opts, void **ret_self,
                        struct pawl_err *err) {
    struct paper *paper = calloc(1, sizeof *paper);
    if (paper == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    int rc = PAWL_OK;
    paper->ctx = ctx;
    paper->options = *(const struct paper_options *)opts;
    paper->rules = paper_rules_of(paper->options.personality);
    paper->market = ctx->host->service(ctx, PAWL_MARKET);
    paper->timers = ctx->host->service(ctx, PAWL_TIMERS);
    paper->files = ctx->host->service(ctx, PAWL_FILES);
    paper->records = ctx->host->service(ctx, PAWL_RECORDS); /* NULL = nothing outlives a reload */
    if (paper->market == NULL || paper->timers == NULL || paper->files == NULL)
        rc = pawl_fail(err, PAWL_E_DENIED, "needs %s, %s and %s", PAWL_MARKET, PAWL_TIMERS,
                       PAWL_FILES);
    if (rc == PAWL_OK) rc = paper_wire_init(paper);
    if (rc == PAWL_OK) rc = load(paper, err);
    if (rc != PAWL_OK) {
        paper_destroy(paper);
        return rc;
    }
    paper_offer(paper);
    *ret_self = paper;
    return PAWL_OK;
}

static void restored(struct paper *paper) {
    int64_t until_ns = paper->world->link_until_ns;
    paper_lane_timers(paper);
    if (paper->world->link_down && until_ns != 0 && until_ns <= paper->now_ns) {
        paper_link_set(paper, true, 0, "connected again");
    } else {
        if (paper->world->link_down && until_ns != 0)
            paper->timers->set(paper->ctx, PAPER_KEY_LINK, until_ns);
        paper_link_publish(paper, paper->world->link_down ? "disconnected by the script"
                                                          : "simulated venue");
    }
    paper_expiry_timer(paper);
}

static int paper_on_event(void *self, const struct pawl_event *event) {
    struct paper *paper = self;
    paper->now_ns = event->time_ns;
    switch (event->type) {
    case PAWL_EV_QUOTE:
    case PAWL_EV_TRADE:
    case PAWL_EV_BAR:
    case PAWL_EV_MARK: paper_market(paper, event); break;
    case PAWL_EV_SUBMIT:
    case PAWL_EV_AMEND:
    case PAWL_EV_CANCEL:
    case PAWL_EV_QUERY: paper_send(paper, event); break;
    case PAWL_EV_TIMER: paper_timer(paper, (const struct pawl_ev_timer *)event); break;
    case PAWL_EV_FAULT: paper_fault_event(paper, (const struct pawl_ev_fault *)event); break;
    case PAWL_EV_RESTORED:
        paper->on_trial = ((const struct pawl_ev_restored *)event)->reload != 0;
        restored(paper);
        if (!paper->on_trial) break;
        paper->on_trial = false;
        return PAWL_OK; /* what it changed goes out with the next event */
    default: break;
    }
    /* The common case: a price at which nothing happened. */
    if (paper->world->journal.len == 0 && paper->world->prng == paper->world->prng_written)
        return PAWL_OK;
    int rc = paper_step(paper);
    paper_compact(paper);
    return rc;
}

static int paper_caps(void *self, uint32_t account, struct pawl_broker_caps *ret_caps) {
    struct paper *paper = self;
    bool mode_bad = false;
    uint32_t slot = paper_account_slot(paper, account, &mode_bad);
    if (slot == 0) return PAWL_E_NOTFOUND;
    if (mode_bad) {
        paper->ctx->host->log(
            paper->ctx, PAWL_LOG_ERROR, "account %s: personality %s needs mode %s",
            paper->world->accounts[slot].name, paper->rules->name,
            paper->rules->account_mode == PAPER_ACCOUNT_NETTING ? "netting" : "hedging");
        return PAWL_E_CONFIG;
    }
    struct pawl_broker_caps caps = paper->rules->caps;
    const struct paper_options *o = &paper->options;
    int64_t round_ns = 4 * (o->latency_request_ns + o->latency_reply_ns + 2 * o->latency_jitter_ns);
    if (caps.answer_ns < round_ns) caps.answer_ns = round_ns;
    if (caps.settle_ns < round_ns) caps.settle_ns = round_ns;
    *ret_caps = caps;
    return PAWL_OK;
}

static const struct pawl_plugin plugin = {
    PAWL_PLUGIN_HEAD,
    .name = "paper",
    .version = "0.1.0",
    .kind = PAWL_PLUGIN_KIND_BROKER,
    .options_size = sizeof(struct paper_options),
    .options = options,
    .listens = listens,
    .needs = needs,
    .create = paper_create,
    .destroy = paper_destroy,
    .on_event = paper_on_event,
    .caps = paper_caps,
};

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void);

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void) {
    return &plugin;
}
