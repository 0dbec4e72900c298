/* load_host.c - the sections host, risk and rules. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "config/loading.h"
#include "config/place.h"

#define HOST(member) FIELD_AT(struct config_host, member)
#define HOST_TEXT(member) FIELD_ROOM(struct config_host, member)
#define INSTANCE_ID_MAX 32767
#define RETENTION_MIN_NS (7 * 86400 * PAWL_NS) /* a venue may tell an execution again until then */

static const struct field host_fields[] = {
    {"instance", FIELD_OTHER, .doc = "Name of this host, or its number from 0 to 32767."},
    {"instance_id", FIELD_INT, HOST(instance_id), .min = 0, .max = INSTANCE_ID_MAX,
     .doc = "Number in client order ids; from the name if not given. Distinct per host on an "
            "account."},
    {"data_dir", FIELD_TEXT, HOST_TEXT(data_dir),
     .doc = "Folder of the database and of all state."},
    {"plugin_dir", FIELD_TEXT, HOST_TEXT(plugin_dir), .doc = "Folder of the plugins' .so files."},
    {"control_socket", FIELD_TEXT, HOST_TEXT(control_socket), .doc = "Socket of the commands."},
    {"instruments_file", FIELD_TEXT, HOST_TEXT(instruments_file),
     .doc = "Table of instruments to inherit from, in place of the shipped one."},
    {"sessions_file", FIELD_TEXT, HOST_TEXT(sessions_file),
     .doc = "Table of session calendars, in place of the shipped one."},
    {"log.level", FIELD_ENUM, HOST(log_level), .def = "info", .choices = "error|warn|info|debug",
     .doc = "Least level that is logged."},
    {"log.format", FIELD_ENUM, HOST(log_format), .def = "human", .choices = "human|json",
     .doc = "Form of a log line."},
    {"durability", FIELD_ENUM, HOST(durability), .def = "full", .choices = "full|process|none",
     .doc = "What an order waits for: a sync of the disk, a write to a file, nothing."},
    {"reconcile_seconds", FIELD_INT, HOST(reconcile_seconds), .min = 1, .max = 86400, .def = "180",
     .doc = "Between two comparisons with the venue."},
    {"watch", FIELD_BOOL, HOST(watch), .def = "false",
     .doc = "Reload when a file of a plugin or a rule changes."},
    {"heirs", FIELD_OTHER,
     .doc = "Per plugin that is gone: who takes its open lots: a strategy, keep or flatten."},
    {"shutdown_wait", FIELD_DURATION, HOST(shutdown_wait_ns), .min = 0, .max = 60 * PAWL_NS,
     .def = "5s", .doc = "Longest wait for answers at the end."},
    {"net.ca_file", FIELD_TEXT, FIELD_ROOM(struct config_host, net_ca_file),
     .doc = "Certificates to trust for TLS; the system's if not given."},
    {"retention", FIELD_DURATION, HOST(retention_ns), .min = 0, .max = 3650 * 86400 * PAWL_NS,
     .def = "0s",
     .doc = "Orders and fills of trades that ended leave the database after this; 0 = never."},
    {"executor.retry_tries", FIELD_INT, HOST(executor.retry_tries), .min = 0, .max = 20, .def = "3",
     .doc = "Further attempts after the first."},
    {"executor.retry_delay", FIELD_DURATION, HOST(executor.retry_delay_ns), .min = PAWL_MS,
     .max = 60 * PAWL_NS, .def = "500ms", .doc = "Before the first further attempt; then doubled."},
    {"executor.entry_limit_expires", FIELD_DURATION, HOST(executor.entry_limit_expires_ns),
     .min = PAWL_NS, .max = 30 * 86400 * PAWL_NS, .def = "60s",
     .doc = "Life of an entry order that names none."},
    {"executor.guard_grace", FIELD_DURATION, HOST(executor.guard_grace_ns), .min = 0,
     .max = 60 * PAWL_NS, .def = "1s",
     .doc = "Price beyond a resting stop before the guard exits."},
    {"executor.guard_stale", FIELD_DURATION, HOST(executor.guard_stale_ns), .min = PAWL_NS,
     .max = 86400 * PAWL_NS, .def = "30s",
     .doc = "A price older than this, and than 1.5 of its bars, arms and fires no guard."},
    {"executor.guard_cancel_wait", FIELD_DURATION, HOST(executor.guard_cancel_wait_ns), .min = 0,
     .max = 60 * PAWL_NS, .def = "300ms",
     .doc = "Wait for the stop's cancel before the guard exits."},
    {"executor.answer_wait", FIELD_DURATION, HOST(executor.answer_wait_ns), .min = 0,
     .max = 600 * PAWL_NS, .def = "0s",
     .doc = "Silence after which an order is unknown; 0 = the broker's."},
    {"executor.protect_wait", FIELD_DURATION, HOST(executor.protect_wait_ns), .min = 0,
     .max = PAWL_NS, .def = "20ms",
     .doc = "Longest wait of a protective order for a stalled disk."},
    {"executor.breaker_failures", FIELD_INT, HOST(executor.breaker_failures), .min = 1, .max = 1000,
     .def = "5", .doc = "Exhausted operations that open a broker's breaker."},
    {"executor.breaker_seconds", FIELD_INT, HOST(executor.breaker_seconds), .min = 1, .max = 86400,
     .def = "60", .doc = "Until the breaker half-opens."},
    {"executor.foreign", FIELD_ENUM, HOST(executor.foreign), .def = "halt_symbol",
     .choices = "adopt|ignore|halt_symbol",
     .doc = "What is done about orders and positions not ours."},
    {"executor.close_unprotected", FIELD_BOOL, HOST(executor.close_unprotected), .def = "true",
     .doc = "Close a lot whose protection cannot be placed."},
    {.name = NULL}};

/* 15 bits of the name, never 0. */
static int64_t id_of(const char *name) {
    uint64_t hash = hash_bytes(name, strlen(name), 0);
    return (int64_t)(hash % INSTANCE_ID_MAX) + 1;
}

static void load_instance(struct loading *l, const struct path *host, const json_t *object) {
    struct config_host *out = &l->config->host;
    struct path path = {.up = host, .key = "instance"};
    const struct field name = {"instance", FIELD_NAME, FIELD_ROOM(struct config_host, instance)};
    const json_t *value = json_object_get(object, "instance");
    char message[FIELD_MESSAGE_MAX + 1];
    int has_id = json_object_get(object, "instance_id") != NULL;
    if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);
        if (number < 0 || number > INSTANCE_ID_MAX) {
            loading_fault(l, &path, "must be from 0 to %d, not %lld", INSTANCE_ID_MAX,
                          (long long)number);
            return;
        }
        snprintf(out->instance, sizeof out->instance, "%lld", (long long)number);
        if (!has_id) out->instance_id = number;
        return;
    }
    memcpy(out->instance, "pawl", 5);
    if (value != NULL && field_from_json(&name, value, out, message) != PAWL_OK)
        loading_fault(l, &path, "%s", message);
    if (!has_id) out->instance_id = id_of(out->instance);
}

static void default_data_dir(char out[CONFIG_PATH_MAX + 1]) {
    const char *state = getenv("STATE_DIRECTORY"); /* systemd's; the first of several */
    size_t length = state == NULL ? 0 : strcspn(state, ":");
    if (length == 0 || length > CONFIG_PATH_MAX) {
        memcpy(out, "pawl-data", 10);
        return;
    }
    memcpy(out, state, length);
    out[length] = '\0';
}

static void load_places(struct loading *l, const struct path *host) {
    struct config_host *out = &l->config->host;
    struct path path = {.up = host, .key = "data_dir"};
    out->data_dir_given = out->data_dir[0] != '\0' || getenv("STATE_DIRECTORY") != NULL;
    if (out->data_dir[0] != '\0')
        loading_path(l, &path, out->data_dir);
    else
        default_data_dir(out->data_dir);
    path.key = "plugin_dir";
    if (out->plugin_dir[0] != '\0')
        loading_path(l, &path, out->plugin_dir);
    else
        place_plugins(out->plugin_dir, sizeof out->plugin_dir);
    path.key = "instruments_file";
    if (out->instruments_file[0] != '\0')
        loading_path(l, &path, out->instruments_file);
    else
        place_instruments(out->instruments_file, sizeof out->instruments_file);
    path.key = "sessions_file";
    if (out->sessions_file[0] != '\0')
        loading_path(l, &path, out->sessions_file);
    else
        place_sessions(out->sessions_file, sizeof out->sessions_file);
    struct path net = {.up = host, .key = "net"}, ca_file = {.up = &net, .key = "ca_file"};
    loading_path(l, &ca_file, out->net_ca_file);
    path.key = "control_socket";
    out->control_socket_given = out->control_socket[0] != '\0';
    if (out->control_socket_given) {
        loading_path(l, &path, out->control_socket);
        return;
    }
    int length =
        snprintf(out->control_socket, sizeof out->control_socket, "%s/control.sock", out->data_dir);
    if ((size_t)length >= sizeof out->control_socket) {
        path.key = "data_dir";
        loading_fault(l, &path, "the full path is longer than %u bytes", CONFIG_PATH_MAX - 13);
    }
}

/* Whether an heir is a plugin of the new configuration is asked when there is something to inherit.
 */
static void load_heirs(struct loading *l, const struct path *host, const json_t *object) {
    struct config_host *out = &l->config->host;
    struct path path = {.up = host, .key = "heirs"};
    const json_t *heirs = json_object_get(object, "heirs");
    const char *name;
    json_t *to;
    if (heirs == NULL) return;
    if (!json_is_object(heirs) || json_object_size(heirs) > CONFIG_PLUGINS_MAX) {
        loading_fault(l, &path, "must be an object of at most %u members", CONFIG_PLUGINS_MAX);
        return;
    }
    json_object_foreach((json_t *)heirs, name, to) {
        struct path member = {.up = &path, .key = name};
        struct config_heir *heir = &out->heirs[out->heir_count];
        const char *text = json_is_string(to) ? json_string_value(to) : "";
        if (!name_is_valid(name, PAWL_NAME_MAX) || !name_is_valid(text, PAWL_NAME_MAX)) {
            loading_fault(l, &member, "must be the name of a strategy, \"%s\" or \"%s\"",
                          CONFIG_HEIR_KEEP, CONFIG_HEIR_FLATTEN);
            continue;
        }
        memcpy(heir->name, name, strlen(name) + 1);
        memcpy(heir->to, text, strlen(text) + 1);
        out->heir_count++;
    }
}

int load_host(struct loading *l) {
    struct path host = {.key = "host"};
    const json_t *object = loading_object(l, "host", SIZE_MAX);
    loading_fields(l, &host, object, host_fields, &l->config->host, 1);
    if (l->config->host.retention_ns != 0 && l->config->host.retention_ns < RETENTION_MIN_NS) {
        struct path path = {.up = &host, .key = "retention"};
        loading_fault(l, &path, "must be 0 or at least 7d");
    }
    load_instance(l, &host, object);
    load_heirs(l, &host, object);
    load_places(l, &host);
    return PAWL_OK;
}

#define RISK(member) FIELD_AT(struct config_risk, member)

static const struct field risk_fields[] = {
    {"order_quantity_max", FIELD_DECIMAL, RISK(order_quantity_max), .min = 0, .max = INT64_MAX,
     .def = "0", .doc = "Largest order; 0 = no limit."},
    {"order_notional_max", FIELD_DECIMAL, RISK(order_notional_max), .min = 0, .max = INT64_MAX,
     .def = "0", .doc = "Largest order in money; 0 = no limit."},
    {"collar_pct", FIELD_DECIMAL, RISK(collar_pct), .min = 1, .max = PAWL_E8 - 1, .def = "0.02",
     .doc = "Farthest price from the last good quote, as a fraction: 0.02 = 2 %."},
    {"message_rate_per_second", FIELD_INT, RISK(message_rate_per_second), .min = 1, .max = 100000,
     .def = "50", .doc = "Messages an account; entries over it wait."},
    {"message_reserve", FIELD_INT, RISK(message_reserve), .min = 0, .max = 99999,
     .doc = "Part of that rate that entries cannot use; a fifth of it if not given."},
    {"open_lots_max", FIELD_INT, RISK(open_lots_max), .min = 1, .max = 1000000, .def = "100",
     .doc = "Open lots."},
    {"rule_entries_max", FIELD_INT, RISK(rule_entries_max), .min = 0, .max = 1000000, .def = "0",
     .doc = "Entries of one rule in a trading day: at one more it is off until it is switched on; "
            "0 = no limit."},
    {"exposure_instrument_max", FIELD_DECIMAL, RISK(exposure_instrument_max), .min = 0,
     .max = INT64_MAX, .def = "0", .doc = "Gross, worst case; 0 = no limit."},
    {"exposure_sector_max", FIELD_DECIMAL, RISK(exposure_sector_max), .min = 0, .max = INT64_MAX,
     .def = "0", .doc = "Gross, worst case; 0 = no limit."},
    {"exposure_account_max", FIELD_DECIMAL, RISK(exposure_account_max), .min = 0, .max = INT64_MAX,
     .def = "0", .doc = "Gross, worst case; 0 = no limit."},
    {"daily_loss_max", FIELD_DECIMAL, RISK(daily_loss_max), .min = 0, .max = INT64_MAX, .def = "0",
     .doc = "Net realised and unrealised since the account's reset time; 0 = off."},
    {"quote_stale", FIELD_DURATION, RISK(quote_stale_ns), .min = PAWL_MS, .max = 86400 * PAWL_NS,
     .def = "10s", .doc = "An older quote, or one older than 1.5 bars, refuses entries."},
    {"allow_short", FIELD_BOOL, RISK(allow_short), .def = "true",
     .doc = "Whether short lots may open."},
    {"restricted", FIELD_OTHER, .doc = "Symbols in which nothing may open."},
    {.name = NULL}};

int load_risk(struct loading *l) {
    struct path risk = {.key = "risk"}, path = {.up = &risk, .key = "message_reserve"};
    struct config_risk *out = &l->config->risk;
    const json_t *object = loading_object(l, "risk", SIZE_MAX);
    out->message_reserve = -1;
    loading_fields(l, &risk, object, risk_fields, out, 1);
    if (out->message_reserve < 0) out->message_reserve = out->message_rate_per_second / 5;
    if (out->message_rate_per_second > 0 && out->message_reserve >= out->message_rate_per_second)
        loading_fault(l, &path, "must be below message_rate_per_second, %lld, not %lld",
                      (long long)out->message_rate_per_second, (long long)out->message_reserve);
    path.key = "restricted";
    char *names = NULL;
    int rc = loading_names(l, &path, json_object_get(object, "restricted"),
                           sizeof out->restricted[0], &names, &out->restricted_count);
    out->restricted = (void *)names;
    return rc;
}

static const struct field rules_fields[] = {
    {"dir", FIELD_TEXT, FIELD_ROOM(struct config_rules, dir), .doc = "Folder of the Lua rules."},
    {"disabled", FIELD_OTHER, .doc = "Ids of rules that do not run."},
    {.name = NULL}};

int load_rules(struct loading *l) {
    struct path rules = {.key = "rules"}, path = {.up = &rules, .key = "dir"};
    struct config_rules *out = &l->config->rules;
    const json_t *object = loading_object(l, "rules", SIZE_MAX);
    loading_fields(l, &rules, object, rules_fields, out, 1);
    loading_path(l, &path, out->dir);
    path.key = "disabled";
    char *names = NULL;
    int rc = loading_names(l, &path, json_object_get(object, "disabled"), sizeof out->disabled[0],
                           &names, &out->disabled_count);
    out->disabled = (void *)names;
    return rc;
}
