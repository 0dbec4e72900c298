/* fake_services.c - the rest of the fake host: market, records, core table, options, set-up. */
#include "fake_book_int.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t e8(const char *text) {
    int64_t value;
    int rc = pawl_parse_e8(text, strlen(text), &value);
    assert(rc == PAWL_OK);
    return value;
}

/* ---- the market ---- */

static const struct pawl_instrument *market_instrument(struct pawl_ctx *ctx, uint32_t id) {
    struct fake *fake = fake_of(ctx);
    return id == 0 || id >= FAKE_INSTRUMENTS_END ? NULL : &fake->instruments[id];
}

static const struct pawl_instrument *market_by_symbol(struct pawl_ctx *ctx, const char *symbol) {
    struct fake *fake = fake_of(ctx);
    for (uint32_t id = 1; id < FAKE_INSTRUMENTS_END; id++)
        if (strcmp(fake->instruments[id].symbol, symbol) == 0) return &fake->instruments[id];
    return NULL;
}

static const struct pawl_account_info *market_account(struct pawl_ctx *ctx, uint32_t id) {
    struct fake *fake = fake_of(ctx);
    if (id == 0 || id >= FAKE_ACCOUNTS_END || fake->accounts[id].id == 0) return NULL;
    return fake_lend(&fake->accounts[id], sizeof fake->accounts[id]);
}

static const struct pawl_account_info *market_account_by_name(struct pawl_ctx *ctx,
                                                              const char *name) {
    struct fake *fake = fake_of(ctx);
    for (uint32_t id = 1; id < FAKE_ACCOUNTS_END; id++)
        if (fake->accounts[id].id != 0 && strcmp(fake->accounts[id].name, name) == 0)
            return market_account(ctx, id);
    return NULL;
}

static const struct pawl_market_state *market_state(struct pawl_ctx *ctx, uint32_t id) {
    struct fake *fake = fake_of(ctx);
    if (id == 0 || id >= FAKE_INSTRUMENTS_END) return NULL;
    return fake_lend(&fake->market[id], sizeof fake->market[id]);
}

static const struct pawl_instrument *market_next(struct pawl_ctx *ctx, uint32_t after) {
    return market_instrument(ctx, after + 1);
}

static int market_value(struct pawl_ctx *ctx, uint32_t instrument, uint32_t account,
                        struct pawl_price difference, struct pawl_qty quantity,
                        struct pawl_money *ret) {
    struct fake *fake = fake_of(ctx);
    int64_t units_e8;
    int rc = pawl_mul_e8(quantity.e8, fake->instruments[instrument].multiplier.e8, PAWL_ROUND_EVEN,
                         &units_e8);
    (void)account;
    return rc == PAWL_OK ? pawl_mul_e8(difference.e8, units_e8, PAWL_ROUND_EVEN, &ret->e8) : rc;
}

static const struct pawl_market market_service = {.size = sizeof market_service,
                                                  .instrument = market_instrument,
                                                  .by_symbol = market_by_symbol,
                                                  .account = market_account,
                                                  .state = market_state,
                                                  .next = market_next,
                                                  .value = market_value,
                                                  .account_by_name = market_account_by_name};

/* ---- records ---- */

static uint64_t key_of(const struct fake_row *row) {
    uint64_t key;
    memcpy(&key, row->bytes, sizeof key);
    return key;
}

static uint32_t row_size(const struct fake *fake, uint16_t type) {
    for (const struct pawl_record_type *r = fake->plugin->records; r->name != NULL; r++)
        if (r->id == type) return r->size;
    abort(); /* not a record type of the plugin */
}

static struct fake_row *row_at(const struct fake *fake, uint16_t type, uint64_t key) {
    for (uint32_t i = 0; i < fake->row_count; i++)
        if (fake->rows[i].type == type && key_of(&fake->rows[i]) == key)
            return (struct fake_row *)(uintptr_t)&fake->rows[i];
    return NULL;
}

static int records_put(struct pawl_ctx *ctx, uint16_t type, const void *row) {
    struct fake *fake = fake_of(ctx);
    uint64_t key;
    if (fake->put_rc != PAWL_OK) return fake->put_rc;
    memcpy(&key, row, sizeof key);
    struct fake_row *at = row_at(fake, type, key);
    if (at == NULL) {
        assert(fake->row_count < FAKE_ROWS_MAX);
        at = &fake->rows[fake->row_count++];
    }
    at->type = type;
    memcpy(at->bytes, row, row_size(fake, type));
    return PAWL_OK;
}

static int records_erase(struct pawl_ctx *ctx, uint16_t type, uint64_t key) {
    struct fake *fake = fake_of(ctx);
    struct fake_row *at = row_at(fake, type, key);
    if (at == NULL) return PAWL_E_NOTFOUND;
    *at = fake->rows[--fake->row_count];
    return PAWL_OK;
}

static const void *records_get(struct pawl_ctx *ctx, uint16_t type, uint64_t key) {
    struct fake *fake = fake_of(ctx);
    const struct fake_row *at = row_at(fake, type, key);
    return at == NULL ? NULL : fake_lend(at->bytes, row_size(fake, type));
}

static const void *records_next(struct pawl_ctx *ctx, uint16_t type, uint64_t after) {
    struct fake *fake = fake_of(ctx);
    const struct fake_row *best = NULL;
    for (uint32_t i = 0; i < fake->row_count; i++) {
        const struct fake_row *row = &fake->rows[i];
        if (row->type == type && key_of(row) > after &&
            (best == NULL || key_of(row) < key_of(best)))
            best = row;
    }
    return best == NULL ? NULL : fake_lend(best->bytes, row_size(fake, type));
}

static const struct pawl_records records_service = {
    .size = sizeof records_service, .put = records_put, .erase = records_erase,
    .get = records_get, .next = records_next};

/* ---- the core table ---- */

static int host_publish(struct pawl_ctx *ctx, const struct pawl_event *event) {
    struct fake *fake = fake_of(ctx);
    const struct pawl_ev_entry_ignored *ignored = (const void *)event;
    if (fake->publish_rc != PAWL_OK && fake->publish_left-- == 0) {
        fake->publish_left = 0;
        return fake->publish_rc;
    }
    if (event->type >= PAWL_EVENTS_OF_COMPONENTS) {
        fake_note(fake, "tells %04x\n", event->type);
        return PAWL_OK;
    }
    assert(event->type == PAWL_EV_ENTRY_IGNORED && event->size == sizeof *ignored);
    assert(ignored->component == FAKE_COMPONENT);
    assert(memchr(ignored->reason, '\0', sizeof ignored->reason) != NULL);
    fake_note(fake, "ignored %s %s%s%s: %s\n", fake->instruments[ignored->instrument].symbol,
         ignored->side == PAWL_SIDE_BUY ? "BUY" : "SELL", ignored->ref[0] != '\0' ? " " : "",
         ignored->ref, ignored->reason);
    return PAWL_OK;
}

static int64_t host_now(struct pawl_ctx *ctx) { return fake_of(ctx)->now_ns; }

static void host_log(struct pawl_ctx *ctx, int level, const char *format, ...) {
    char line[512];
    va_list args;
    (void)fake_of(ctx);
    (void)level;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
}

static const void *host_service(struct pawl_ctx *ctx, const char *name) {
    const struct fake *fake = fake_of(ctx);
    for (const char *const *need = fake->plugin->needs; *need != NULL; need++) {
        if (strcmp(*need, name) != 0) continue;
        if (strcmp(name, PAWL_BOOK) == 0) return &fake_book_service;
        if (strcmp(name, PAWL_MARKET) == 0) return &market_service;
        if (strcmp(name, PAWL_RECORDS) == 0) return &records_service;
        if (strcmp(name, PAWL_TIMERS) == 0) return &fake_timers_service;
        if (strcmp(name, PAWL_TRIGGERS) == 0) return &fake_triggers_service;
        if (strcmp(name, PAWL_SERIES) == 0) return &fake_series_service;
    }
    return NULL;
}

/* ---- set up ---- */

static void add_instrument(struct fake *fake, uint32_t id, const char *symbol,
                           const char *currency, const char *tick, const char *step,
                           const char *multiplier, const char *pip, const char *pip_value) {
    struct pawl_instrument *in = &fake->instruments[id];
    in->id = id;
    in->account = MAIN;
    snprintf(in->symbol, sizeof in->symbol, "%s", symbol);
    snprintf(in->currency, sizeof in->currency, "%s", currency);
    in->tick.e8 = e8(tick);
    in->step.e8 = in->min_quantity.e8 = e8(step);
    in->multiplier.e8 = e8(multiplier);
    in->pip_size.e8 = e8(pip);
    in->pip_value_per_std_lot.e8 = e8(pip_value);
}

static void add_market(struct fake *fake) {
    add_instrument(fake, EURUSD, "EURUSD", "USD", "0.00001", "0.01", "100000", "0.0001", "10");
    add_instrument(fake, XAUUSD, "XAUUSD", "USD", "0.01", "0.01", "100", "0.01", "1");
    add_instrument(fake, USDJPY, "USDJPY", "JPY", "0.001", "0.01", "100000", "0.01", "9.1");
    add_instrument(fake, ACME, "ACME", "USD", "0.01", "1", "1", "0", "0");
    add_instrument(fake, EURGBP, "EURGBP", "GBP", "0.00001", "0.01", "100000", "0", "0");
    add_instrument(fake, EURJPY, "EURJPY", "JPY", "0.001", "0.01", "100000", "0.01", "9.5");
    fake->instruments[XAUUSD].min_stop_distance.e8 = e8("0.5");
    fake->instruments[ACME].min_notional.e8 = e8("100");
    fake->instruments[ACME].max_quantity.e8 = e8("100000");
    for (uint32_t id = MAIN; id < FAKE_ACCOUNTS_END; id++) {
        fake->accounts[id] =
            (struct pawl_account_info){.id = id, .currency = "USD", .lots_grow = 1};
        fake->accounts[id].balance.e8 = e8("10000");
    }
    fake->equity.e8 = e8("10000");
}

static void set_option(struct fake *fake, const struct pawl_option *option, const char *text) {
    uint8_t *field = (uint8_t *)fake->options + option->offset;
    const char *choice = option->choices;
    int64_t value = 0;
    uint32_t number = 1;
    switch (option->type) {
    case PAWL_OPT_BOOL: *field = strcmp(text, "true") == 0; return;
    case PAWL_OPT_DECIMAL: value = e8(text); break;
    case PAWL_OPT_INT: value = strtoll(text, NULL, 10); break;
    case PAWL_OPT_TEXT: snprintf((char *)field, PAWL_OPT_TEXT_MAX + 1, "%s", text); return;
    case PAWL_OPT_DURATION: value = strtoll(text, NULL, 10) * PAWL_NS; break; /* "60s" */
    case PAWL_OPT_ENUM:
        for (; strncmp(choice, text, strlen(text)) != 0; number++) {
            choice = strchr(choice, '|');
            assert(choice != NULL);
            choice++;
        }
        memcpy(field, &number, sizeof number);
        return;
    default: abort(); /* not an option type the fake knows */
    }
    assert(option->max == 0 || (value >= option->min && value <= option->max));
    memcpy(field, &value, sizeof value);
}

static void set_options(struct fake *fake, const char *text) {
    assert(fake->plugin->options_size <= sizeof fake->options);
    for (const struct pawl_option *o = fake->plugin->options; o->name != NULL; o++)
        set_option(fake, o, o->default_);
    char copy[256], *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *pair; (pair = strsep(&rest, ",")) != NULL && *pair != '\0';) {
        const struct pawl_option *o = fake->plugin->options;
        char *value = strchr(pair, '=');
        assert(value != NULL);
        *value++ = '\0';
        while (o->name != NULL && strcmp(o->name, pair) != 0) o++;
        assert(o->name != NULL);
        set_option(fake, o, value);
    }
}

static void create(struct fake *fake) {
    struct pawl_err err = {0};
    struct pawl_ev_restored restored = {
        .head = {.size = sizeof restored, .type = PAWL_EV_RESTORED, .target = FAKE_COMPONENT}};
    int rc = fake->plugin->create(&fake->ctx, fake->options, &fake->self, &err);
    assert(rc == PAWL_OK);
    rc = fake->plugin->on_event(fake->self, &restored.head);
    assert(rc == PAWL_OK);
    fake_of(&fake->ctx);
}

void fake_restart(struct fake *fake) {
    fake->plugin->destroy(fake->self);
    fake->timer_count = fake->trigger_count = 0;
    create(fake);
}

void fake_start(struct fake *fake, const struct pawl_plugin *plugin, const char *options,
                uint32_t restart_at) {
    memset(fake, 0, offsetof(struct fake, log));
    fake_clear_log(fake);
    fake->host = (struct pawl_host){.size = sizeof fake->host, .abi = PAWL_ABI,
                                    .publish = host_publish, .now_ns = host_now,
                                    .log = host_log, .service = host_service};
    fake->ctx = (struct pawl_ctx){.host = &fake->host, .instance = "linked",
                                  .component = FAKE_COMPONENT};
    fake->plugin = plugin;
    fake->now_ns = FAKE_NOW;
    fake->restart_at = restart_at;
    add_market(fake);
    set_options(fake, options);
    create(fake);
}

void fake_stop(struct fake *fake) {
    fake->plugin->destroy(fake->self);
    fake->self = NULL;
    fake_of(&fake->ctx);
}

void fake_quote(struct fake *fake, uint32_t instrument, const char *bid, const char *ask) {
    fake->market[instrument].bid.e8 = e8(bid);
    fake->market[instrument].ask.e8 = e8(ask);
    fake->market[instrument].quote_time = fake->now_ns;
}

const void *fake_row(const struct fake *fake, uint16_t type, uint64_t key) {
    const struct fake_row *row = row_at(fake, type, key);
    return row == NULL ? NULL : row->bytes;
}
