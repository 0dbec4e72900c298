/* status.c - how the host is: one object with everything but the rows beyond the first page. */
#include <inttypes.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "book/market.h"
#include "book/money.h"
#include "control/control_int.h"
#include "control/put.h"
#include "events/codec.h"
#include "pawl_num.h"

#define ALERTS_MAX 16u /* of late that say different things */

static void put_reload(struct jsonout *out, const struct host_reload *reload) {
    jsonout_key(out, "last_reload");
    if (reload->generation == 0 && reload->refused == 0) { /* a dry run is none */
        jsonout_raw(out, "null", 4);
        return;
    }
    jsonout_open(out, '{');
    put_time(out, "t", reload->at_ns);
    put_bool(out, "ok", !reload->on_old);
    put_u64(out, "generation", reload->generation);
    put_u64(out, "refused", reload->refused);
    put_text(out, "reason", reload->on_old ? reload->reason : "");
    jsonout_close(out, '}');
}

static void put_host(struct jsonout *out, const struct control *control) {
    const struct host *host = control->host;
    const struct config *config = control->options.session->config;
    jsonout_key(out, "host");
    jsonout_open(out, '{');
    put_text(out, "version", PAWL_VERSION);
    put_text(out, "instance", config->host.instance);
    put_u64(out, "pid", (uint64_t)getpid());
    put_u64(out, "boot", host->book.boot);
    put_time(out, "started", control->options.started_ns);
    put_seconds(out, "uptime_seconds", (int64_t)(uv_hrtime() - control->began));
    put_text(out, "clock", control->options.data_clock ? "data" : "system");
    put_time(out, "now", host->bus->now_ns);
    put_enum(out, "trading", PAWL_ENUM_TRADING_STATE, host->book.host.trading);
    put_bool(out, "entries_stopped", host->exec.entries_stopped);
    put_text(out, "config", config->file);
    put_text(out, "data_dir", control->options.data_dir);
    put_reload(out, &host->reload);
    put_u64(out, "turn", host->bus->turn);
    put_u64(out, "events", host->counts.events);
    jsonout_close(out, '}');
}

static void put_store(struct jsonout *out, const struct control *control) {
    struct host *host = control->host;
    struct pawl_err why = {0};
    struct statvfs disk;
    bool failed = store_failed(host->store, &why) != PAWL_OK || host->store_down;
    jsonout_key(out, "store");
    jsonout_open(out, '{');
    put_bool(out, "ok", !failed);
    put_text(out, "error", why.text);
    put_u64(out, "committed_turn", host->committed_turn);
    put_u64(out, "durable_turn", store_durable_turn(host->store));
    put_u64(out, "commands_waiting", host->exec.outbox_count);
    put_u64(out, "bytes_written", store_bytes_written(host->store));
    put_u64(out, "rows_retired", control->retain.erased);
    jsonout_close(out, '}');
    if (statvfs(control->options.data_dir, &disk) != 0) return;
    jsonout_key(out, "disk");
    jsonout_open(out, '{');
    put_u64(out, "free_bytes", (uint64_t)disk.f_bavail * disk.f_frsize);
    put_u64(out, "total_bytes", (uint64_t)disk.f_blocks * disk.f_frsize);
    jsonout_close(out, '}');
}

/* ---- brokers ---- */

struct broker_orders {
    uint64_t live, unknown, waiting;
};

static struct broker_orders count_orders(const struct host *host, uint32_t component) {
    struct broker_orders counts = {0};
    for (const struct lot *lot = host->book.first_lot; lot != NULL; lot = lot->next) {
        if (host->book.accounts[lot->rec.account].info.broker != component) continue;
        for (const struct order *order = lot->orders; order != NULL; order = order->next) {
            if (!order_is_live(order)) continue;
            counts.live++;
            if (order->rec.op_unknown || order->rec.state == PAWL_ORDER_STATE_UNKNOWN)
                counts.unknown++;
        }
    }
    for (uint32_t i = 0; i < host->exec.outbox_count; i++)
        if (host->exec.outbox[(host->exec.outbox_first + i) % EXEC_OUTBOX_MAX].broker == component)
            counts.waiting++;
    return counts;
}

static void put_broker(struct jsonout *out, const struct host *host,
                       const struct exec_broker *broker) {
    static const char *const states[] = {
        [BROKER_DOWN] = "down", [BROKER_RECOVERING] = "recovering", [BROKER_READY] = "ready"};
    struct broker_orders counts = count_orders(host, broker->component);
    bool open = broker->breaker_until > host->bus->now_ns;
    jsonout_open(out, '{');
    put_name(out, "name", host, NAME_COMPONENT, broker->component);
    put_text(out, "link", states[broker->state]);
    put_text(out, "breaker", open ? "open" : broker->breaker_until != 0 ? "half_open" : "closed");
    if (open) put_time(out, "breaker_until", broker->breaker_until);
    put_u64(out, "exhausted", broker->exhausted);
    put_u64(out, "commands_waiting", counts.waiting);
    put_u64(out, "orders_live", counts.live);
    put_u64(out, "orders_unknown", counts.unknown);
    put_bool(out, "reconciling", broker->round_pending > 0);
    put_bool(out, "gap", exec_has_gap(&host->exec, broker->component));
    jsonout_close(out, '}');
}

static void put_brokers(struct jsonout *out, const struct host *host) {
    jsonout_key(out, "brokers");
    jsonout_open(out, '[');
    for (uint32_t i = 0; i < host->exec.broker_count; i++)
        put_broker(out, host, &host->exec.brokers[i]);
    jsonout_close(out, ']');
}

/* ---- accounts and positions ---- */

static void put_account(struct jsonout *out, const struct host *host,
                        const struct book_account *account) {
    struct pawl_money equity;
    jsonout_open(out, '{');
    put_text(out, "account", account->info.name);
    put_name(out, "broker", host, NAME_COMPONENT, account->info.broker);
    put_text(out, "mode", account->info.hedging ? "hedging" : "netting");
    put_text(out, "currency", account->info.currency);
    if (book_equity(&host->book, account->info.id, &equity) == PAWL_OK)
        put_e8(out, "equity", equity.e8);
    put_e8(out, "realised", account->realised.e8);
    put_e8(out, "fees", account->fees.e8);
    put_e8(out, "cash_flow", account->cash_flow.e8);
    jsonout_close(out, '}');
}

static void put_accounts(struct jsonout *out, const struct host *host) {
    jsonout_key(out, "accounts");
    jsonout_open(out, '[');
    for (uint32_t id = 1; id <= host->book.account_count; id++)
        if (host->book.accounts[id].info.id != 0) put_account(out, host, &host->book.accounts[id]);
    jsonout_close(out, ']');
}

struct position { /* the lots of one side of an instrument in one account, together */
    struct pawl_qty quantity;
    struct pawl_money pnl;
    struct pawl_price price;
    int64_t weighted; /* sum of entry x quantity */
    uint64_t lots, unprotected;
    bool priced, averaged;
};

static void add_lot(struct position *sum, const struct host *host, const struct lot *lot) {
    struct pawl_money one;
    int64_t part;
    sum->lots++;
    sum->unprotected += lot->rec.protection == PAWL_PROTECTION_NAKED;
    sum->averaged =
        sum->averaged &&
        pawl_add_i64(sum->quantity.e8, lot_open_e8(lot), &sum->quantity.e8) == PAWL_OK &&
        pawl_mul_e8(lot_entry(lot).e8, lot_open_e8(lot), PAWL_ROUND_EVEN, &part) == PAWL_OK &&
        pawl_add_i64(sum->weighted, part, &sum->weighted) == PAWL_OK;
    sum->priced = lot_open_profit(host, lot, &sum->price, &one) && sum->priced &&
                  pawl_add_i64(sum->pnl.e8, one.e8, &sum->pnl.e8) == PAWL_OK;
}

static void put_position(struct jsonout *out, const struct host *host, uint32_t account,
                         uint32_t instrument, uint8_t side) {
    struct position sum = {.priced = true, .averaged = true};
    const struct lot *lot = host->book.instruments[instrument].lots;
    int64_t entry;
    for (; lot != NULL; lot = lot->instrument_next)
        if (lot->rec.account == account && lot->rec.side == side && lot_open_e8(lot) > 0)
            add_lot(&sum, host, lot);
    if (sum.lots == 0) return;
    jsonout_open(out, '{');
    put_name(out, "symbol", host, NAME_INSTRUMENT, instrument);
    put_name(out, "account", host, NAME_ACCOUNT, account);
    put_enum(out, "side", PAWL_ENUM_POSITION_SIDE, side);
    put_e8(out, "quantity", sum.quantity.e8);
    if (sum.averaged &&
        pawl_muldiv(sum.weighted, PAWL_E8, sum.quantity.e8, PAWL_ROUND_EVEN, &entry) == PAWL_OK)
        put_e8(out, "entry", entry);
    put_price(out, "price", sum.price);
    if (sum.priced) put_e8(out, "pnl", sum.pnl.e8);
    put_u64(out, "lots", sum.lots);
    put_u64(out, "unprotected_lots", sum.unprotected);
    jsonout_close(out, '}');
}

static void put_positions(struct jsonout *out, const struct host *host) {
    jsonout_key(out, "positions");
    jsonout_open(out, '[');
    for (uint32_t id = 1; id <= host->book.instrument_count; id++) {
        if (host->book.instruments[id].lots == NULL) continue;
        for (uint32_t account = 1; account <= host->book.account_count; account++) {
            put_position(out, host, account, id, PAWL_POSITION_SIDE_LONG);
            put_position(out, host, account, id, PAWL_POSITION_SIDE_SHORT);
        }
    }
    jsonout_close(out, ']');
}

/* Instruments in which nothing is entered. */
static void put_halted(struct jsonout *out, const struct host *host) {
    jsonout_key(out, "halted_symbols");
    jsonout_open(out, '[');
    for (uint32_t id = 1; id <= host->book.instrument_count; id++) {
        const struct book_instrument *in = &host->book.instruments[id];
        if (in->def.id == 0 || !in->kept.halted) continue;
        jsonout_open(out, '{');
        put_text(out, "symbol", in->def.symbol);
        put_time(out, "since", in->kept.since);
        put_text(out, "reason", in->kept.reason);
        jsonout_close(out, '}');
    }
    jsonout_close(out, ']');
}

/* ---- plugins, alerts, totals ---- */

static void put_plugins(struct jsonout *out, const struct host *host) {
    static const char *const kinds[] = {[PAWL_PLUGIN_KIND_BROKER] = "broker",
                                        [PAWL_PLUGIN_KIND_STRATEGY] = "strategy",
                                        [PAWL_PLUGIN_KIND_SERVICE] = "service"};
    jsonout_key(out, "plugins");
    jsonout_open(out, '[');
    for (uint32_t i = 0; i < host->instance_count; i++) {
        const struct instance *instance = host->instances[i];
        jsonout_open(out, '{');
        put_text(out, "name", instance->name);
        put_text(out, "kind", kinds[instance->plugin->kind]);
        put_text(out, "plugin", instance->plugin->name);
        put_text(out, "version", instance->plugin->version);
        put_u64(out, "failures", instance->failures);
        jsonout_key(out, "records");
        jsonout_open(out, '{');
        for (uint32_t t = 0; t < instance->record_type_count; t++)
            put_u64(out, instance->records[t].type->table, instance->records[t].count);
        jsonout_close(out, '}');
        jsonout_close(out, '}');
    }
    jsonout_close(out, ']');
}

struct alerts { /* that say the same are one, the newest */
    const struct pawl_ev_alert *newest[ALERTS_MAX];
    uint64_t times[ALERTS_MAX];
    uint32_t count;
};

static bool says_the_same(const struct pawl_ev_alert *a, const struct pawl_ev_alert *b) {
    return a->severity == b->severity && a->lot == b->lot && a->instrument == b->instrument &&
           strcmp(a->what, b->what) == 0 && strcmp(a->message, b->message) == 0;
}

static void add_alert(struct alerts *alerts, const struct pawl_ev_alert *alert) {
    uint32_t i = 0;
    while (i < alerts->count && !says_the_same(alerts->newest[i], alert)) i++;
    if (i == ALERTS_MAX) return;
    if (i == alerts->count) alerts->newest[alerts->count++] = alert;
    alerts->times[i]++;
}

/* The newest first. */
static void put_alerts(struct jsonout *out, const struct control *control) {
    static char line[CODEC_LINE_MAX], counted[CODEC_LINE_MAX + 32]; /* loop thread only */
    const struct history *history = &control->history;
    struct alerts alerts = {.count = 0};
    size_t length;
    for (uint64_t n = history->next; n > history->first; n--) {
        const struct pawl_event *event = history_at(history, n - 1);
        if (event->type == PAWL_EV_ALERT) add_alert(&alerts, (const void *)event);
    }
    jsonout_key(out, "alerts");
    jsonout_open(out, '[');
    for (uint32_t i = 0; i < alerts.count; i++) {
        if (event_to_json(&alerts.newest[i]->head, control->host->names, line, sizeof line,
                          &length) != PAWL_OK)
            continue;
        int size = snprintf(counted, sizeof counted, "{\"count\":%" PRIu64 ",%.*s",
                            alerts.times[i], (int)length - 1, line + 1);
        jsonout_raw(out, counted, (size_t)size);
    }
    jsonout_close(out, ']');
}

static void put_totals(struct jsonout *out, const struct control *control) {
    const struct host *host = control->host;
    uint64_t unprotected = 0, guarded = 0;
    for (const struct lot *lot = host->book.first_lot; lot != NULL; lot = lot->next) {
        unprotected += lot->rec.protection == PAWL_PROTECTION_NAKED;
        guarded += lot->rec.protection == PAWL_PROTECTION_GUARDED;
    }
    put_u64(out, "lots_total", host->book.open_lots);
    put_u64(out, "lots_unprotected", unprotected);
    put_u64(out, "lots_guarded", guarded);
    jsonout_key(out, "control");
    jsonout_open(out, '{');
    put_u64(out, "clients", control->peer_count);
    put_u64(out, "requests", control->counts.requests);
    put_u64(out, "faults", control->counts.faults);
    put_u64(out, "dropped", control->counts.dropped);
    jsonout_close(out, '}');
}

int answer_status(struct request *request, struct jsonout *out, struct pawl_err *err) {
    const struct control *control = request->control;
    (void)err;
    put_host(out, control);
    put_store(out, control);
    put_brokers(out, control->host);
    put_accounts(out, control->host);
    put_positions(out, control->host);
    put_halted(out, control->host);
    put_totals(out, control);
    put_bool(out, "lots_more", !put_lots(out, control->host, 0, CONTROL_PAGE_MAX));
    put_bool(out, "orders_more", !put_orders(out, control->host, 0, CONTROL_PAGE_MAX));
    put_plugins(out, control->host);
    put_rules(out, control->host);
    put_alerts(out, control);
    return PAWL_OK;
}
