/* The tables lent to plugins; each call is a thin wrapper that knows who asks. */
#include <string.h>

#include "base/err.h"
#include "book/market.h"
#include "book/money.h"
#include "book/report.h"
#include "plugin/io.h"
#include "plugin/trial.h"

static struct book *book_of(struct pawl_ctx *ctx) {
    return instance_of(ctx)->services->book;
}

/* ---- pawl.market/1 ---- */

static const struct pawl_instrument *market_instrument(struct pawl_ctx *ctx, uint32_t id) {
    const struct book *book = book_of(ctx);
    if (id == 0 || id > book->instrument_count || book->instruments[id].def.id == 0) return NULL;
    return &book->instruments[id].def;
}

static const struct pawl_instrument *market_by_symbol(struct pawl_ctx *ctx, const char *symbol) {
    return market_instrument(ctx, names_find(book_of(ctx)->names, NAME_INSTRUMENT, symbol));
}

static const struct pawl_account_info *market_account(struct pawl_ctx *ctx, uint32_t id) {
    const struct book *book = book_of(ctx);
    if (id == 0 || id > book->account_count || book->accounts[id].info.id == 0) return NULL;
    return &book->accounts[id].info;
}

static const struct pawl_account_info *market_account_by_name(struct pawl_ctx *ctx,
                                                              const char *name) {
    return market_account(ctx, names_find(book_of(ctx)->names, NAME_ACCOUNT, name));
}

static const struct pawl_market_state *market_state(struct pawl_ctx *ctx, uint32_t id) {
    const struct book *book = book_of(ctx);
    return id == 0 || id > book->instrument_count ? NULL : &book->instruments[id].market;
}

static const struct pawl_instrument *market_next(struct pawl_ctx *ctx, uint32_t after) {
    const struct book *book = book_of(ctx);
    for (uint32_t id = after + 1; id != 0 && id <= book->instrument_count; id++)
        if (book->instruments[id].def.id != 0) return &book->instruments[id].def;
    return NULL;
}

static int market_value(struct pawl_ctx *ctx, uint32_t instrument, uint32_t account,
                        struct pawl_price difference, struct pawl_qty quantity,
                        struct pawl_money *ret) {
    const struct book *book = book_of(ctx);
    if (market_instrument(ctx, instrument) == NULL || market_account(ctx, account) == NULL)
        return PAWL_E_NOTFOUND;
    int64_t units_e8;
    struct pawl_money quote;
    int rc = pawl_mul_e8(quantity.e8, book->instruments[instrument].def.multiplier.e8,
                         PAWL_ROUND_EVEN, &units_e8);
    if (rc == PAWL_OK) rc = pawl_mul_e8(difference.e8, units_e8, PAWL_ROUND_EVEN, &quote.e8);
    return rc == PAWL_OK ? book_convert(book, instrument, account, quote, ret) : rc;
}

static const struct pawl_market market_table = {.size = (uint32_t)sizeof(struct pawl_market),
                                                .instrument = market_instrument,
                                                .by_symbol = market_by_symbol,
                                                .account = market_account,
                                                .state = market_state,
                                                .next = market_next,
                                                .value = market_value,
                                                .account_by_name = market_account_by_name};

/* ---- pawl.timers/1, pawl.triggers/1 ---- */

#define DECLARED (TRIAL_NOTED | TRIAL_IN_CREATE)

static int timer_set(struct pawl_ctx *ctx, uint64_t key, int64_t due_ns) {
    if (trial_ready(instance_of(ctx), DECLARED, NULL) != PAWL_OK) return PAWL_E_STATE;
    if (trial_is_on(instance_of(ctx))) return trial_timer(instance_of(ctx), key, due_ns);
    return timers_set(book_of(ctx)->timers, ctx->component, key, due_ns, NULL);
}

static void timer_clear(struct pawl_ctx *ctx, uint64_t key) {
    if (trial_ready(instance_of(ctx), DECLARED, NULL) != PAWL_OK) return;
    if (trial_is_on(instance_of(ctx)))
        trial_timer_clear(instance_of(ctx), key);
    else
        timers_clear(book_of(ctx)->timers, ctx->component, key);
}

static const struct pawl_timers timers_table = {
    .size = (uint32_t)sizeof(struct pawl_timers), .set = timer_set, .clear = timer_clear};

static int arm(struct pawl_ctx *ctx, const struct trigger_spec *spec) {
    if (trial_ready(instance_of(ctx), DECLARED, NULL) != PAWL_OK) return PAWL_E_STATE;
    if (!trial_is_on(instance_of(ctx)))
        return triggers_arm(book_of(ctx)->triggers, spec, NULL);
    if (spec->cross != PAWL_CROSS_AT_OR_ABOVE && spec->cross != PAWL_CROSS_AT_OR_BELOW)
        return PAWL_E_INVAL;
    return trial_level(instance_of(ctx), spec);
}

static int trigger_arm(struct pawl_ctx *ctx, uint64_t key, const struct pawl_trigger_spec *spec) {
    if (spec->size < sizeof *spec || market_instrument(ctx, spec->instrument) == NULL)
        return PAWL_E_INVAL;
    struct trigger_spec full = {.key = key,
                                .owner = ctx->component,
                                .instrument = spec->instrument,
                                .level = spec->level,
                                .line = market_line(spec->source, spec->side),
                                .cross = spec->cross};
    return arm(ctx, &full);
}

static void trigger_disarm(struct pawl_ctx *ctx, uint64_t key) {
    if (trial_ready(instance_of(ctx), DECLARED, NULL) != PAWL_OK) return;
    if (trial_is_on(instance_of(ctx)))
        trial_level_clear(instance_of(ctx), key);
    else
        triggers_disarm(book_of(ctx)->triggers, ctx->component, key);
}

static int trigger_arm_trailing(struct pawl_ctx *ctx, uint64_t key,
                                const struct pawl_trailing_spec *spec) {
    if (spec->size < sizeof *spec || market_instrument(ctx, spec->instrument) == NULL ||
        (spec->distance.e8 > 0) == (spec->fraction.e8 > 0))
        return PAWL_E_INVAL;
    struct trigger_spec full = {.key = key,
                                .owner = ctx->component,
                                .instrument = spec->instrument,
                                .line = market_line(spec->source, spec->side),
                                .cross = spec->cross,
                                .distance = spec->distance,
                                .fraction = spec->fraction,
                                .activation = spec->activation,
                                .extreme = spec->extreme};
    return arm(ctx, &full);
}

static int trigger_extreme(struct pawl_ctx *ctx, uint64_t key, struct pawl_price *ret) {
    struct trigger_spec found;
    if (!triggers_find(book_of(ctx)->triggers, ctx->component, key, &found))
        return PAWL_E_NOTFOUND;
    *ret = found.extreme;
    return PAWL_OK;
}

static const struct pawl_triggers triggers_table = {
    .size = (uint32_t)sizeof(struct pawl_triggers),
    .arm = trigger_arm,
    .disarm = trigger_disarm,
    .arm_trailing = trigger_arm_trailing,
    .extreme = trigger_extreme};

/* ---- pawl.series/1 ---- */

static int keep(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t bars,
                struct pawl_err *err) {
    const struct instance *instance = instance_of(ctx);
    int rc = trial_ready(instance, DECLARED, err);
    if (rc != PAWL_OK) return rc;
    if (market_instrument(ctx, instrument) == NULL)
        return pawl_fail(err, PAWL_E_INVAL, "no instrument %u", instrument);
    uint32_t staged = trial_is_on(instance) ? SERIES_STAGED : 0;
    return series_keep(instance->services->series, ctx->component | staged, instrument, seconds,
                       bars, err);
}

static int bar(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t back,
               struct pawl_bar *ret) {
    return series_bar(instance_of(ctx)->services->series, instrument, seconds, back,
                      book_now(book_of(ctx)), ret);
}

static int value(struct pawl_ctx *ctx, enum series_what what, uint32_t instrument,
                 uint32_t seconds, uint32_t n, int64_t *ret_e8) {
    return series_value(instance_of(ctx)->services->series, what, instrument, seconds, n,
                        book_now(book_of(ctx)), ret_e8);
}

static int atr(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
               struct pawl_price *ret) {
    return value(ctx, SERIES_ATR, instrument, seconds, n, &ret->e8);
}
static int sma(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
               struct pawl_price *ret) {
    return value(ctx, SERIES_SMA, instrument, seconds, n, &ret->e8);
}
static int ema(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
               struct pawl_price *ret) {
    return value(ctx, SERIES_EMA, instrument, seconds, n, &ret->e8);
}
static int rsi(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
               struct pawl_ratio *ret) {
    return value(ctx, SERIES_RSI, instrument, seconds, n, &ret->e8);
}
static int volatility(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
                      struct pawl_ratio *ret) {
    return value(ctx, SERIES_VOLATILITY, instrument, seconds, n, &ret->e8);
}

static int session(struct pawl_ctx *ctx, uint32_t instrument, struct pawl_session *ret) {
    if (market_instrument(ctx, instrument) == NULL) return PAWL_E_NOTFOUND;
    sessions_at(*instance_of(ctx)->services->calendars, instrument, book_now(book_of(ctx)), ret);
    return PAWL_OK;
}

static const struct pawl_series series_table = {.size = (uint32_t)sizeof(struct pawl_series),
                                                .keep = keep,
                                                .bar = bar,
                                                .atr = atr,
                                                .sma = sma,
                                                .ema = ema,
                                                .rsi = rsi,
                                                .volatility = volatility,
                                                .session = session};

/* ---- by name ---- */

struct lent {
    const char *name;
    const void *table;
    uint32_t kinds; /* 1 << enum pawl_plugin_kind: which kinds of plugin may have it */
};

#define BROKER (1u << PAWL_PLUGIN_KIND_BROKER)
#define STRATEGY (1u << PAWL_PLUGIN_KIND_STRATEGY)
#define SERVICE (1u << PAWL_PLUGIN_KIND_SERVICE)

static const struct lent lent[] = {
    {PAWL_MARKET, &market_table, BROKER | STRATEGY | SERVICE},
    {PAWL_BOOK, &book_table, STRATEGY}, /* a broker knows orders, not why they are wanted */
    {PAWL_RECORDS, &records_table, BROKER | STRATEGY | SERVICE},
    {PAWL_TIMERS, &timers_table, BROKER | STRATEGY | SERVICE},
    {PAWL_TRIGGERS, &triggers_table, STRATEGY},
    {PAWL_SERIES, &series_table, STRATEGY},
    {PAWL_FILES, &files_table, BROKER | SERVICE},
    {PAWL_NET, &net_table, BROKER | SERVICE},
    {PAWL_BUDGET, &budget_table, BROKER | SERVICE},
    {PAWL_CRYPTO, &crypto_table, BROKER | SERVICE},
    {PAWL_JSON, &json_table, BROKER | STRATEGY | SERVICE}};

bool service_known(void *unused, const char *name) {
    (void)unused;
    for (size_t i = 0; i < sizeof lent / sizeof *lent; i++)
        if (strcmp(lent[i].name, name) == 0) return true;
    return false;
}

const void *service_find(const struct instance *instance, const char *name) {
    bool needed = false;
    for (const char *const *need = instance->plugin->needs; need != NULL && *need != NULL; need++)
        needed |= strcmp(*need, name) == 0;
    for (size_t i = 0; needed && i < sizeof lent / sizeof *lent; i++)
        if (strcmp(lent[i].name, name) == 0 && (lent[i].kinds & 1u << instance->plugin->kind) != 0)
            return lent[i].table;
    return NULL;
}
