#include "control/measure.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "events/reflect.h"
#include "run/host.h"

static int counter(struct measure *m, const char *name, const char *help, struct metric **ret,
                   struct pawl_err *err) {
    return metrics_counter(m->registry, name, NULL, help, METRIC_COUNT, ret, err);
}

int measure_init(struct measure *m, struct pawl_err *err) {
    memset(m, 0, sizeof *m);
    int rc = metrics_new(&m->registry, err);
    if (rc == PAWL_OK)
        rc = counter(m, "pawl_retries_total", "Orders sent again after a refusal.", &m->retries,
                     err);
    if (rc == PAWL_OK)
        rc = counter(m, "pawl_stop_updates_total", "Stops that moved.", &m->stop_updates, err);
    if (rc == PAWL_OK)
        rc = counter(m, "pawl_partial_exits_total", "Exits that left something open.",
                     &m->partial_exits, err);
    if (rc == PAWL_OK)
        rc = counter(m, "pawl_conflicts_total", "Wishes that met.", &m->conflicts, err);
    if (rc == PAWL_OK)
        rc = metrics_histogram(m->registry, "pawl_latency_seconds", "step=\"release\"",
                               "From the intent of an order to its release.", METRIC_NS,
                               &m->release_latency, err);
    return rc;
}

void measure_done(struct measure *m) {
    metrics_free(m->registry);
    m->registry = NULL;
}

/* ---- as it happens ---- */

static void on_alert(struct measure *m, const struct pawl_ev_alert *alert) {
    char labels[METRICS_LABELS_MAX + 1];
    uint32_t i = 0;
    while (i < m->alert_count && strcmp(m->alerts[i].what, alert->what) != 0) i++;
    if (i == m->alert_count) {
        bool last = m->alert_count + 1 >= MEASURE_ALERTS_MAX;
        if (m->alert_count < MEASURE_ALERTS_MAX)
            m->alert_count++;
        else
            i = MEASURE_ALERTS_MAX - 1;
        snprintf(m->alerts[i].what, sizeof m->alerts[i].what, "%s", last ? "other" : alert->what);
        for (char *at = m->alerts[i].what; *at != '\0'; at++)
            if (*at == '"' || *at == '\\' || (unsigned char)*at < 0x20) *at = '_';
        snprintf(labels, sizeof labels, "what=\"%s\"", m->alerts[i].what);
        metrics_counter(m->registry, "pawl_alerts_total", labels, "Alerts, by kind.", METRIC_COUNT,
                        &m->alerts[i].metric, NULL);
    }
    metric_add(m->alerts[i].metric, 1);
}

static void on_submitted(struct measure *m, const struct host *host,
                         const struct pawl_ev_order_state *event) {
    const struct order *order = host == NULL ? NULL : book_order_by_id(&host->book, event->order);
    if (order == NULL) return;
    const struct pawl_common_lot *lot = &order->lot->rec;
    uint32_t tries = event->role == PAWL_ROLE_STOP   ? lot->stop_tries
                     : event->role == PAWL_ROLE_EXIT ? lot->exit_tries
                     : event->role == PAWL_ROLE_MAIN ? lot->entry_tries
                                                     : 0;
    if (tries > 0) metric_add(m->retries, 1);
    if (order->rec.sent >= order->rec.created && order->rec.sent != 0)
        metric_observe(m->release_latency, (uint64_t)(order->rec.sent - order->rec.created));
}

void measure_event(struct measure *m, const struct host *host, const struct pawl_event *event) {
    m->events[event->type]++;
    switch (event->type) {
    case PAWL_EV_ALERT: on_alert(m, (const void *)event); break;
    case PAWL_EV_CONFLICT: metric_add(m->conflicts, 1); break;
    case PAWL_EV_ORDER_SUBMITTED: on_submitted(m, host, (const void *)event); break;
    case PAWL_EV_STOP_MOVED:
        if (((const struct pawl_ev_stop_moved *)event)->old.e8 != 0) metric_add(m->stop_updates, 1);
        break;
    case PAWL_EV_EXIT_TAKEN: {
        const struct pawl_ev_exit_taken *exit = (const void *)event;
        const struct lot *lot = host == NULL ? NULL : book_lot(&host->book, exit->lot);
        if (lot != NULL && lot_open_e8(lot) > 0) metric_add(m->partial_exits, 1);
        break;
    }
    default: break;
    }
}

static int64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * PAWL_NS + now.tv_nsec;
}

void measure_plugins(struct measure *m, struct host *host) {
    char labels[METRICS_LABELS_MAX + 1];
    host->services.monotonic_ns = monotonic_ns;
    for (uint32_t i = 0; i < host->instance_count; i++) {
        struct instance *instance = host->instances[i];
        if (instance->handler != NULL) continue;
        snprintf(labels, sizeof labels, "plugin=\"%s\"", instance->name);
        metrics_histogram(m->registry, "pawl_handler_seconds", labels,
                          "Time of a plugin for one event, of every 64th.", METRIC_NS,
                          &instance->handler, NULL);
    }
}

/* ---- when somebody asks ---- */

static void gauge(struct measure *m, const char *name, const char *label, const char *value,
                  const char *help, enum metric_unit unit, int64_t number) {
    char labels[METRICS_LABELS_MAX + 1] = "";
    struct metric *metric = NULL;
    if (label != NULL) snprintf(labels, sizeof labels, "%s=\"%s\"", label, value);
    if (metrics_gauge(m->registry, name, labels, help, unit, &metric, NULL) == PAWL_OK)
        metric_set(metric, number);
}

static void count(struct measure *m, const char *name, const char *label, const char *value,
                  const char *help, enum metric_unit unit, uint64_t total) {
    char labels[METRICS_LABELS_MAX + 1] = "";
    struct metric *metric = NULL;
    if (label != NULL) snprintf(labels, sizeof labels, "%s=\"%s\"", label, value);
    if (metrics_counter(m->registry, name, labels, help, unit, &metric, NULL) != PAWL_OK) return;
    uint64_t before = (uint64_t)metric_value(metric);
    if (total > before) metric_add(metric, total - before);
}

static void collect_events(struct measure *m) {
    char labels[METRICS_LABELS_MAX + 1];
    for (uint32_t i = 0; i < SCHEMA_EVENT_COUNT; i++) {
        uint16_t type = schema_events[i].id;
        if (m->events[type] == 0) continue;
        snprintf(labels, sizeof labels, "type=\"%s\"", schema_events[i].name);
        if (m->series[type] == NULL)
            metrics_counter(m->registry, "pawl_events_total", labels, "Events, by type.",
                            METRIC_COUNT, &m->series[type], NULL);
        metric_add(m->series[type], m->events[type] - m->shown[type]);
        m->shown[type] = m->events[type];
    }
}

struct lot_sums {
    uint64_t states[8], protections[8], orders[16];
    int64_t naked_ns, naked_longest_ns;
};

static void add_lots(const struct host *host, struct lot_sums *sums) {
    for (const struct lot *lot = host->book.first_lot; lot != NULL; lot = lot->next) {
        sums->states[lot->rec.state & 7]++;
        sums->protections[lot->rec.protection & 7]++;
        if (lot->rec.protection == PAWL_PROTECTION_NAKED) {
            int64_t spell = host->bus->now_ns - lot->rec.protection_since;
            sums->naked_ns += spell;
            if (spell > sums->naked_longest_ns) sums->naked_longest_ns = spell;
        }
        for (const struct order *order = lot->orders; order != NULL; order = order->next)
            if (order_is_live(order)) sums->orders[order->rec.state & 15]++;
    }
}

static void by_enum(struct measure *m, const char *name, const char *label, uint16_t enum_id,
                    const char *help, const uint64_t *counts, uint8_t max) {
    for (uint8_t value = 1; value <= max; value++) {
        const char *text = reflect_enum_text(enum_id, value);
        if (text[0] != '\0')
            gauge(m, name, label, text, help, METRIC_COUNT, (int64_t)counts[value]);
    }
}

static void collect_lots(struct measure *m, const struct host *host) {
    struct lot_sums sums = {0};
    add_lots(host, &sums);
    by_enum(m, "pawl_positions_by_state", "state", PAWL_ENUM_LOT_STATE, "Open lots, by state.",
            sums.states, 4);
    by_enum(m, "pawl_lots_by_protection", "protection", PAWL_ENUM_PROTECTION,
            "Open lots, by what protects them.", sums.protections, 4);
    by_enum(m, "pawl_orders", "state", PAWL_ENUM_ORDER_STATE, "Orders that may still fill.",
            sums.orders, 9);
    gauge(m, "pawl_unprotected_lots", NULL, NULL, "Lots without a stop or guard.", METRIC_COUNT,
          (int64_t)sums.protections[PAWL_PROTECTION_NAKED]);
    gauge(m, "pawl_unprotected_longest_seconds", NULL, NULL,
          "How long the longest of them has been.", METRIC_NS, sums.naked_longest_ns);
    count(m, "pawl_unprotected_seconds_total", NULL, NULL, "Time of all lots without protection.",
          METRIC_NS, (uint64_t)(host->book.totals.unprotected_ns + sums.naked_ns));
    count(m, "pawl_guarded_seconds_total", NULL, NULL, "Time of all lots on the guard alone.",
          METRIC_NS, (uint64_t)host->book.totals.guarded_ns);
}

static void collect_brokers(struct measure *m, const struct host *host) {
    for (uint32_t i = 0; i < host->exec.broker_count; i++) {
        const struct exec_broker *broker = &host->exec.brokers[i];
        const char *name = names_text(host->names, NAME_COMPONENT, broker->component);
        bool open = broker->breaker_until > host->bus->now_ns;
        gauge(m, "pawl_link_up", "broker", name, "1 = requests can be sent.", METRIC_COUNT,
              broker->state != BROKER_DOWN);
        gauge(m, "pawl_link_ready", "broker", name, "1 = reconciled; entries may go.", METRIC_COUNT,
              broker->state == BROKER_READY);
        gauge(m, "pawl_breaker_state", "broker", name, "0 closed, 1 half open, 2 open.",
              METRIC_COUNT, open ? 2 : broker->breaker_until != 0);
    }
}

static int64_t rss_bytes(void) {
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL) return 0;
    if (fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    fclose(file);
    return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

static int64_t open_files(void) {
    int64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) return 0;
    while (readdir(folder) != NULL) count++;
    closedir(folder);
    return count - 3; /* . and .. and the folder's own */
}

void measure_collect(struct measure *m, struct host *host, int64_t uptime_ns) {
    static const char trading_help[] = "1 = ACTIVE, 2 = REDUCING, 3 = HALTED.";
    gauge(m, "pawl_build_info", "version", PAWL_VERSION, "Always 1.", METRIC_COUNT, 1);
    gauge(m, "pawl_uptime_seconds", NULL, NULL, "Since the process began.", METRIC_NS, uptime_ns);
    gauge(m, "pawl_boot", NULL, NULL, "Starts of this database.", METRIC_COUNT, host->book.boot);
    gauge(m, "pawl_trading_state", NULL, NULL, trading_help, METRIC_COUNT, host->book.host.trading);
    collect_events(m);
    collect_lots(m, host);
    collect_brokers(m, host);
    gauge(m, "pawl_queue_depth", "queue", "outbox", "What waits, by queue.", METRIC_COUNT,
          host->exec.outbox_count);
    gauge(m, "pawl_queue_depth", "queue", "timers", "What waits, by queue.", METRIC_COUNT,
          timers_count(host->book.timers));
    gauge(m, "pawl_store_failed", NULL, NULL, "1 = the database cannot be written.", METRIC_COUNT,
          host->store_down);
    count(m, "pawl_reloads_total", "result", "done", "Reloads, by result.", METRIC_COUNT,
          host->reload.generation);
    count(m, "pawl_reloads_total", "result", "refused", "Reloads, by result.", METRIC_COUNT,
          host->reload.refused);
    gauge(m, "pawl_reload_on_old", NULL, NULL, "1 = the last reload was refused.", METRIC_COUNT,
          host->reload.on_old);
    count(m, "pawl_store_bytes_total", NULL, NULL, "Bytes written to the log.", METRIC_COUNT,
          store_bytes_written(host->store));
    count(m, "pawl_log_dropped_total", NULL, NULL, "Log messages not written.", METRIC_COUNT,
          host->options.log == NULL ? 0 : log_dropped(host->options.log));
    gauge(m, "pawl_resident_bytes", NULL, NULL, "Memory in use.", METRIC_COUNT, rss_bytes());
    gauge(m, "pawl_open_files", NULL, NULL, "Descriptors in use.", METRIC_COUNT, open_files());
    measure_plugins(m, host);
}
