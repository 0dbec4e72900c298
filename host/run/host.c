#include "run/host.h"
#include "book/money.h"
#include "book/report.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/plural.h"
#include "events/reflect.h"
#include "run/rules.h"

/* ---- accounts and instruments ---- */

static int make_accounts(struct host *host, struct pawl_err *err) {
    const struct config *config = host->options.config;
    uint32_t id;
    for (uint32_t i = 0; i < config->account_count; i++) {
        int rc = names_keep(host, NAME_ACCOUNT, config->accounts[i].name, &id, err);
        if (rc != PAWL_OK) return rc;
    }
    struct book *book = &host->book;
    book->account_count = names_count(host->names, NAME_ACCOUNT);
    book->accounts = mem_calloc(book->account_count + 1, sizeof *book->accounts);
    if (book->accounts == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the accounts");
    for (uint32_t i = 0; i < config->account_count; i++) {
        const struct config_account *from = &config->accounts[i];
        struct book_account *account =
            &book->accounts[names_find(host->names, NAME_ACCOUNT, from->name)];
        account->info.id = names_find(host->names, NAME_ACCOUNT, from->name);
        account->info.hedging = from->mode == CONFIG_MODE_HEDGING;
        account->info.leverage = from->leverage;
        account->info.balance = from->balance;
        TEXT_SET(account->info.name, from->name);
        TEXT_SET(account->info.currency, from->currency);
        int rc = names_keep(host, NAME_COMPONENT, from->broker, &account->info.broker, err);
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}

static bool is_restricted(const struct config_risk *risk, const char *symbol) {
    for (uint32_t i = 0; i < risk->restricted_count; i++)
        if (strcmp(risk->restricted[i], symbol) == 0) return true;
    return false;
}

void host_set_instrument(struct host *host, const struct config *config,
                         const struct config_instrument *from, uint32_t id) {
    struct book_instrument *in = &host->book.instruments[id];
    in->def = from->base;
    in->def.id = id;
    in->def.account = names_find(host->names, NAME_ACCOUNT, from->account);
    in->market.stale_after_ns = config->risk.quote_stale_ns;
    in->restricted = is_restricted(&config->risk, from->base.symbol);
}

/* Plugins hold pointers to them for as long as they live, so there is room for what a reload may
 * add. */
static int make_instruments(struct host *host, struct pawl_err *err) {
    const struct config *config = host->options.config;
    uint32_t id;
    for (uint32_t i = 0; i < config->instrument_count; i++) {
        int rc = names_keep(host, NAME_INSTRUMENT, config->instruments[i].base.symbol, &id, err);
        if (rc != PAWL_OK) return rc;
    }
    struct book *book = &host->book;
    book->instrument_count = names_count(host->names, NAME_INSTRUMENT);
    host->instrument_room = book->instrument_count + CONFIG_INSTRUMENTS_MAX;
    book->instruments = mem_calloc(host->instrument_room + 1, sizeof *book->instruments);
    if (book->instruments == NULL)
        return pawl_fail(err, PAWL_E_NOMEM, "no memory for the instruments");
    for (uint32_t i = 0; i < config->instrument_count; i++) {
        const struct config_instrument *from = &config->instruments[i];
        id = names_find(host->names, NAME_INSTRUMENT, from->base.symbol);
        host_set_instrument(host, config, from, id);
        int rc = calendars_assign(host->calendars, id, from->session, err);
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}

/* ---- parts ---- */

static int open_store(struct host *host, struct pawl_err *err) {
    char path[DISK_PATH_MAX + 1];
    snprintf(path, sizeof path, "%s/pawl.db", host->options.data_dir);
    struct store_options options = {.path = path,
                                    .vfs = host->options.vfs,
                                    .durability = host->options.durability,
                                    .threaded = host->options.threaded,
                                    .held = host->options.held,
                                    .wake = host->options.wake,
                                    .wake_arg = host->options.wake_arg,
                                    .metrics = host->options.metrics};
    return store_open(&options, &host->store, err);
}

static int make_rules(struct host *host, struct pawl_err *err) {
    struct rules_world world;
    host->rules_host = (struct rules_host){.book = &host->book,
                                           .exec = &host->exec,
                                           .series = host->series,
                                           .calendars = &host->calendars};
    host_decode_env(host, &host->rules_host.decode);
    rules_book_world(&host->rules_host, &world);
    return rules_new(&world, &host->rules, err);
}

static int make_io(struct host *host, struct pawl_err *err) {
    host->market = mem_calloc(1, sizeof *host->market);
    if (host->market == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the market");
    int rc = io_new(host->options.io_mode, host->options.net, &host->io, err);
    return rc == PAWL_OK ? io_read_secrets(host->io, host->options.config, err) : rc;
}

static bool find_aspects(void *arg, const char *name, struct pawl_aspects *ret) {
    const struct host *host = arg;
    for (uint32_t i = 0; i < host->instance_count; i++) {
        if (strcmp(host->instances[i]->name, name) != 0) continue;
        *ret = host->instances[i]->aspects;
        return true;
    }
    return false;
}

static int make_parts(struct host *host, struct pawl_err *err) {
    struct book *book = &host->book;
    int rc = names_new(&host->names, err);
    if (rc == PAWL_OK) rc = open_store(host, err);
    if (rc == PAWL_OK) rc = beside_new(host->options.threaded, &host->beside, err);
    if (rc == PAWL_OK) rc = bus_new(&host->bus, store_boot(host->store), err);
    if (rc == PAWL_OK) rc = triggers_new(&book->triggers, err);
    if (rc == PAWL_OK) rc = timers_new(&book->timers, err);
    if (rc == PAWL_OK) rc = calendars_new(host->options.config, &host->calendars, err);
    if (rc == PAWL_OK) rc = series_new(&host->calendars, &host->series, err);
    if (rc == PAWL_OK) rc = make_io(host, err);
    if (rc != PAWL_OK) return rc;
    book->bus = host->bus;
    book->store = host->store;
    book->names = host->names;
    book->boot = store_boot(host->store);
    book->host_id = (uint32_t)host->options.config->host.instance_id;
    book_init(book);
    host->bus->now_ns = host->options.start_ns;
    host->bus->first = host_on_event;
    host->bus->first_arg = host;
    host->bus->end_of_turn = exec_end_of_turn;
    host->bus->end_arg = &host->exec;
    hash_init(&host->trace_hash, 0);
    host->services = (struct services){.book = book,
                                       .exec = &host->exec,
                                       .series = host->series,
                                       .io = host->io,
                                       .market = host->market,
                                       .calendars = &host->calendars,
                                       .disk = host->options.disk,
                                       .beside = host->beside,
                                       .durable = host->options.durability == STORE_FULL,
                                       .data_dir = host->options.data_dir,
                                       .log = host->options.log};
    int rc_exec = exec_init(&host->exec, book, host->options.config, err);
    host->exec.parts = (struct profile_parts){.find = find_aspects, .arg = host};
    return rc_exec == PAWL_OK ? make_rules(host, err) : rc_exec;
}

/* ---- plugins ---- */

static int fill_options(struct host *host, uint32_t index, void *options, struct pawl_err *err) {
    const struct pawl_plugin *plugin = host->options.plugins[index];
    struct config_errors *errors = mem_calloc(1, sizeof *errors);
    if (errors == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the options");
    int rc = config_plugin_options(host->options.config, index, plugin->options,
                                   plugin->options_size, options, errors);
    if (rc != PAWL_OK)
        pawl_fail(err, rc, "%.240s", errors->count > 0 ? errors->line[0] : "options");
    mem_free(errors);
    return rc;
}

static int make_plugin(struct host *host, uint32_t index, struct pawl_err *err) {
    const struct config_plugin *entry = &host->options.config->plugins[index];
    const struct pawl_plugin *plugin = host->options.plugins[index];
    struct instance *instance = mem_calloc(1, sizeof *instance);
    uint32_t component;
    void *options = mem_calloc(1, plugin->options_size > 0 ? plugin->options_size : 1);
    int rc = names_keep(host, NAME_COMPONENT, entry->name, &component, err);
    if (instance == NULL || options == NULL)
        rc = pawl_fail(err, PAWL_E_NOMEM, "no memory for the plugin");
    if (rc == PAWL_OK) rc = fill_options(host, index, options, err);
    if (instance != NULL) {
        host->instances[index] = instance;
        host->instance_count = index + 1;
    }
    if (rc == PAWL_OK) {
        rc = instance_create(instance, plugin, entry->name, component, &host->services, options,
                             err);
    }
    mem_free(options);
    if (rc == PAWL_OK) rc = instance_attach(instance, err);
    if (rc == PAWL_OK && plugin->kind == PAWL_PLUGIN_KIND_BROKER)
        rc = exec_add_broker(&host->exec, component, err);
    return rc;
}

struct instance *host_instance(const struct host *host, uint32_t component) {
    for (uint32_t i = 0; i < host->instance_count; i++)
        if (host->instances[i]->ctx.component == component) return host->instances[i];
    return NULL;
}

static int ask_caps(struct host *host, struct pawl_err *err) {
    for (uint32_t id = 1; id <= host->book.account_count; id++) {
        struct book_account *account = &host->book.accounts[id];
        if (account->info.id == 0) continue;
        struct instance *broker = host_instance(host, account->info.broker);
        if (broker == NULL || broker->plugin->kind != PAWL_PLUGIN_KIND_BROKER)
            return pawl_fail(err, PAWL_E_CONFIG, "accounts.%s.broker: \"%s\" is not a broker",
                             account->info.name,
                             names_text(host->names, NAME_COMPONENT, account->info.broker));
        account->caps.size = (uint32_t)sizeof account->caps;
        int rc = broker->plugin->caps(broker->self, id, &account->caps);
        account->info.lots_grow = account->caps.exit_bound != PAWL_EXIT_TICKET;
        if (rc != PAWL_OK)
            return pawl_fail(err, PAWL_E_CONFIG,
                             "accounts.%s: broker \"%s\" cannot serve it as configured "
                             "(mode %s): %s",
                             account->info.name, broker->name,
                             account->info.hedging ? "hedging" : "netting", pawl_rc_text(rc));
    }
    return PAWL_OK;
}

uint32_t host_component(const struct host *host, const char *name) {
    for (uint32_t i = 0; i < host->instance_count; i++) {
        const struct instance *one = host->instances[i];
        if (one->plugin->kind != PAWL_PLUGIN_KIND_BROKER && strcmp(one->name, name) == 0)
            return one->ctx.component;
    }
    return 0;
}

/* `restored` for each plugin in its own turn; a refusal stops the start. What a lot comes to is
 * heard by nobody before that: it would not know the lot. */
static int tell_restored(struct host *host, struct pawl_err *err) {
    host->exec.restoring = true;
    for (uint32_t i = 0; i < host->instance_count; i++) {
        struct instance *instance = host->instances[i];
        if (host->options.offline && instance->plugin->kind == PAWL_PLUGIN_KIND_BROKER) continue;
        struct pawl_ev_restored event;
        EVENT_INIT(event, PAWL_EV_RESTORED);
        event.head.target = instance->ctx.component;
        event.boot = host->book.boot;
        uint64_t failures = instance->failures;
        host_turn(host, &event.head, host->bus->now_ns);
        if (instance->failures != failures)
            return pawl_fail(err, PAWL_E_STATE, "%s: it refuses what is stored", instance->name);
    }
    host->exec.restoring = false;
    host_turn(host, NULL, host->bus->now_ns);
    if (host->orphans > 0)
        log_write(host->options.log, PAWL_LOG_WARN, "host",
                  "of %u lot%s an aspect has no holder that is configured: the keeper enforces the "
                  "last stops and targets",
                  host->orphans, plural(host->orphans));
    return PAWL_OK;
}

int host_start(const struct host_options *options, struct host **ret, struct pawl_err *err) {
    struct host *host = mem_calloc(1, sizeof *host);
    if (host == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the host");
    host->options = *options;
    int rc = make_parts(host, err);
    if (rc == PAWL_OK) rc = restore_names(host, err);
    if (rc == PAWL_OK) rc = series_restore(host->series, host->store, err);
    if (rc == PAWL_OK) rc = names_keep(host, NAME_COMPONENT, "host", &host->exec.operator_id, err);
    if (rc == PAWL_OK) rc = make_accounts(host, err);
    if (rc == PAWL_OK) rc = day_init(host, err);
    if (rc == PAWL_OK) rc = make_instruments(host, err);
    for (uint32_t i = 0; rc == PAWL_OK && i < options->config->plugin_count; i++)
        rc = make_plugin(host, i, err);
    if (rc == PAWL_OK) rc = schedule_init(host, err);
    if (rc == PAWL_OK) rc = ask_caps(host, err);
    if (rc == PAWL_OK) rc = restore_book(host, err);
    if (rc == PAWL_OK) rc = host_rules_start(host, err);
    if (rc == PAWL_OK) {
        if (host->book.host.virtual_now > host->bus->now_ns)
            host->bus->now_ns = host->book.host.virtual_now;
        host->extra_changed = true; /* the names */
        host->exec.calendars = &host->calendars;
        exec_restored(&host->exec);
        host->equity_start = host_equity(host);
        orphans_keep(host);
    }
    if (rc == PAWL_OK && options->start_ns != 0) rc = host_begin(host, options->start_ns, err);
    if (rc != PAWL_OK) {
        host_abandon(host);
        return rc;
    }
    *ret = host;
    return PAWL_OK;
}

int host_begin(struct host *host, int64_t now_ns, struct pawl_err *err) {
    if (now_ns > host->bus->now_ns) host->bus->now_ns = now_ns;
    const struct host_told told = {.what = HOST_TOLD_BEGIN, .now_ns = host->bus->now_ns};
    if (host->options.start_ns == 0)
        host_told(host, told);
    host->telling = true; /* else it follows from the start */
    host->book.began_ns = host->bus->now_ns;
    for (struct lot *lot = host->book.first_lot; lot != NULL; lot = lot->next)
        if (lot->rec.protection_since > host->bus->now_ns)
            lot->rec.protection_since = host->bus->now_ns;
    host->begun = true;
    schedule_begin(host, host->bus->now_ns);
    day_begin(host, host->bus->now_ns);
    rules_begin(host->rules, host->bus->now_ns);
    int rc = tell_restored(host, err);
    if (rc == PAWL_OK) series_settle(host->series); /* all have asked for what they want */
    host->telling = false;
    return rc;
}

static void release_all(struct host *host) {
    for (uint32_t i = host->instance_count; i > 0; i--) instance_free(host->instances[i - 1]);
    rules_free(host->rules);
    io_free(host->io);
    beside_free(host->beside);
    mem_free(host->market);
    exec_done(&host->exec);
    day_done(host);
    book_done(&host->book);
    series_free(host->series);
    calendars_free(host->calendars);
    triggers_free(host->book.triggers);
    timers_free(host->book.timers);
    bus_free(host->bus);
    names_free(host->names);
    mem_free(host);
}

void host_stop(struct host *host) {
    if (host == NULL) return;
    store_close(host->store);
    release_all(host);
}

void host_abandon(struct host *host) {
    if (host == NULL) return;
    if (host->store != NULL) store_abandon(host->store);
    release_all(host);
}

void host_command(struct host *host, enum exec_command command, const char *reason,
                  int64_t now_ns) {
    if (now_ns < host->bus->now_ns) now_ns = host->bus->now_ns;
    bool first = host_told(host, (struct host_told){.what = HOST_TOLD_COMMAND,
                                                    .now_ns = now_ns,
                                                    .number = (uint64_t)command,
                                                    .text = reason});
    host->exec.command = command;
    host->exec.command_reason = reason;
    host_turn(host, NULL, now_ns);
    if (host->options.instant) host_release(host);
    if (first) host->telling = false;
}

struct pawl_money host_equity(const struct host *host) {
    struct pawl_money sum = {0}, one;
    for (uint32_t id = 1; id <= host->book.account_count; id++)
        if (host->book.accounts[id].info.id != 0 && book_equity(&host->book, id, &one) == PAWL_OK &&
            pawl_add_i64(sum.e8, one.e8, &sum.e8) != PAWL_OK)
            return sum;
    return sum;
}

uint64_t host_feed_row(const struct host *host) {
    return host->row;
}
