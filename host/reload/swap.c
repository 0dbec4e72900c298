/* From the last thing that can fail to the destruction of what was replaced. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "book/report.h"
#include "events/reflect.h"
#include "plugin/io.h"
#include "reload/stage.h"

/* ---- freeze ---- */

static int reserve_types(struct stage *stage, struct pawl_err *err) {
    int rc = PAWL_OK;
    for (uint32_t i = 0; rc == PAWL_OK && i < stage->instance_count; i++) {
        const uint16_t *type = stage->instances[i]->plugin->listens;
        for (; rc == PAWL_OK && type != NULL && *type != 0; type++)
            rc = bus_reserve(stage->host->bus, *type, err);
    }
    return rc;
}

static int keep_names(struct stage *stage, struct pawl_err *err) {
    struct host *host = stage->host;
    size_t mark = store_mark(host->store);
    for (int space = 1; space < NAME_SPACES_; space++) {
        uint32_t count = names_count(host->names, (enum name_space)space);
        for (uint32_t id = stage->names_before[space] + 1; id <= count; id++) {
            struct pawl_rec_name rec = {.id = (uint64_t)space << 32 | id, .space = (uint32_t)space};
            TEXT_SET(rec.text, names_text(host->names, (enum name_space)space, id));
            int rc = store_put(host->store, reflect_record(PAWL_REC_NAME), &rec);
            if (rc == PAWL_OK) continue;
            store_rewind(host->store, mark); /* all or none: the ids go to other names */
            return pawl_fail(err, rc, "cannot keep the name \"%s\"", rec.text);
        }
    }
    return PAWL_OK;
}

static int room_for_brokers(struct stage *stage, struct pawl_err *err) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < stage->instance_count; i++)
        count += stage->instances[i]->plugin->kind == PAWL_PLUGIN_KIND_BROKER;
    return count <= EXEC_BROKERS_MAX
               ? PAWL_OK
               : pawl_fail(err, PAWL_E_BUSY, "more than %u brokers", EXEC_BROKERS_MAX);
}

int stage_freeze(struct stage *stage) {
    struct pawl_err err = {0};
    int rc = reserve_types(stage, &err);
    if (rc == PAWL_OK) rc = room_for_brokers(stage, &err);
    if (rc == PAWL_OK) rc = keep_names(stage, &err);
    return rc == PAWL_OK ? rc : stage_fail(stage, rc, NULL, &err);
}

/* ---- swap ---- */

static bool has_successor(const struct stage *stage, uint32_t component) {
    for (uint32_t i = 0; i < stage->instance_count; i++)
        if (stage->instances[i]->ctx.component == component) return true;
    return false;
}

/* Nobody is there any more for what it had asked for. */
static void forget_removed(struct stage *stage, const struct instance *gone) {
    struct host *host = stage->host;
    uint32_t component = gone->ctx.component;
    timers_drop_owner(host->book.timers, component);
    triggers_drop_owner(host->book.triggers, component);
    series_unclaim(host->series, component);
    io_drop(host->io, component);
    if (gone->plugin->kind == PAWL_PLUGIN_KIND_BROKER) exec_drop_broker(&host->exec, component);
}

/* Lined up anew in the order of the new configuration. */
static void line_up(struct stage *stage) {
    struct host *host = stage->host;
    bus_clear(host->bus);
    for (uint32_t i = 0; i < stage->instance_count; i++) {
        struct instance *one = stage->instances[i];
        int rc = instance_attach(one, NULL);
        (void)rc; /* there is room: freeze saw to it */
        if (one->plugin->kind == PAWL_PLUGIN_KIND_BROKER &&
            exec_broker(&host->exec, one->ctx.component) == NULL)
            rc = exec_add_broker(&host->exec, one->ctx.component, NULL);
    }
}

/* The turn's first handler, before anybody hears of the reload. */
static void take_over(void *arg) {
    struct stage *stage = arg;
    stage->host->take_over = NULL;
    heirs_close(stage);
    data_dirty(stage);
    for (uint32_t i = 0; i < stage->host->instance_count; i++)
        if (stage->host->instances[i]->trial != NULL)
            instance_take_over(stage->host->instances[i]);
    series_settle(stage->host->series); /* all have asked for what they want */
}

/* Afterwards stage->instances and stage->next are what was replaced. */
static void exchange_instances(struct stage *stage) {
    struct host *host = stage->host;
    uint32_t count = host->instance_count;
    for (uint32_t i = 0; i < HOST_PLUGINS_MAX; i++) {
        struct instance *old = i < count ? host->instances[i] : NULL;
        host->instances[i] = i < stage->instance_count ? stage->instances[i] : NULL;
        stage->instances[i] = old;
    }
    host->instance_count = stage->instance_count;
    stage->instance_count = count;
}

static void exchange_sessions(struct stage *stage) {
    struct session *session = stage->session, *next = &stage->next, old = *session;
    session->config = next->config;
    memcpy(session->plugins, next->plugins, sizeof session->plugins);
    memcpy(session->libraries, next->libraries, sizeof session->libraries);
    next->config = old.config;
    memcpy(next->plugins, old.plugins, sizeof old.plugins);
    memcpy(next->libraries, old.libraries, sizeof old.libraries);
}

static void exchange(struct stage *stage) {
    struct host *host = stage->host;
    for (uint32_t i = 0; i < host->instance_count; i++)
        if (!has_successor(stage, host->instances[i]->ctx.component))
            forget_removed(stage, host->instances[i]);
    for (uint32_t i = 0; i < stage->caps_count; i++)
        host->book.accounts[stage->caps[i].account].caps = stage->caps[i].caps;
    schedule_exchange(host, stage->next.config);
    line_up(stage);
    exchange_instances(stage);
    exchange_sessions(stage);
    if (stage->session->log != NULL)
        log_set_level(stage->session->log, (int)stage->session->config->host.log_level);
    for (uint32_t i = 0; i < stage->part_count; i++) {
        const struct host_part *part = &host->parts[i];
        if (stage->parts[i] != NULL) part->swap(part->arg, stage->parts[i]);
    }
    stage->part_count = 0;
}

static void retire(struct stage *stage) {
    for (uint32_t i = stage->instance_count; i > 0; i--) {
        struct instance *old = stage->instances[i - 1];
        if (host_instance(stage->host, old->ctx.component) == old) continue;
        records_forget(old, host_instance(stage->host, old->ctx.component));
        instance_free(old);
    }
    stage->instance_count = 0;
}

void stage_swap(struct stage *stage, struct pawl_event *event) {
    struct host *host = stage->host;
    exchange(stage);
    stage->data_applied = false;
    host->take_over = take_over;
    host->take_over_arg = stage;
    host->extra_changed = true; /* the names */
    host_tell(host, event);
    retire(stage);
}
