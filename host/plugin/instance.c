#include "plugin/instance.h"
#include "book/report.h"
#include "plugin/trial.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/metrics.h"
#include "events/reflect.h"
#include "plugin/io.h"
#include "plugin/market_queue.h"

/* ---- the core table ---- */

/* What each kind of plugin may say. State events are the host's; a component may tell that it let a
 * request pass by. */
static bool may_publish(const struct instance *instance, uint16_t type) {
    if (instance->plugin->kind == PAWL_PLUGIN_KIND_BROKER)
        return (type >= 0x0400 && type < 0x0500) || type >> 8 == 0x01;
    if (type >= PAWL_EVENTS_OF_COMPONENTS && type < PAWL_EVENTS_OF_COMPONENTS_END) return true;
    return type == PAWL_EV_ENTRY_IGNORED || type == PAWL_EV_SIGNAL || type == PAWL_EV_ENTRY;
}

/* Market data is no report: it becomes an input of its own when this turn is over. */
static int publish_now(struct instance *instance, const struct pawl_event *event) {
    struct bus *bus = instance->services->book->bus;
    if (event->type >> 8 != 0x01) return bus_publish(bus, instance->ctx.component, event);
    union market_event copy;
    if (event->size > sizeof copy) return PAWL_E_INVAL;
    memcpy(&copy, event, event->size);
    copy.head.source = instance->ctx.component;
    copy.head.cause = bus->cause;
    copy.head.cookie = 0;
    copy.head.target = 0;
    return market_queue_push(instance->services->market, &copy.head);
}

static int publish_noted(struct instance *instance, const void *event, size_t size) {
    (void)size;
    return publish_now(instance, event);
}

static int core_publish(struct pawl_ctx *ctx, const struct pawl_event *event) {
    struct instance *instance = instance_of(ctx);
    if (trial_ready(instance, TRIAL_NOTED, NULL) != PAWL_OK) return PAWL_E_STATE;
    if (!may_publish(instance, event->type)) return PAWL_E_DENIED;
    if (reflect_event_check(event, event->size) != PAWL_OK) return PAWL_E_INVAL;
    if (trial_is_on(instance)) return trial_defer(instance, publish_noted, event, event->size);
    return publish_now(instance, event);
}

static int64_t core_now(struct pawl_ctx *ctx) {
    return instance_of(ctx)->services->book->bus->now_ns;
}

static void core_log(struct pawl_ctx *ctx, int level, const char *format, ...) PAWL_PRINTF(3, 4);
static void core_log(struct pawl_ctx *ctx, int level, const char *format, ...) {
    va_list args;
    va_start(args, format);
    log_vwrite(instance_of(ctx)->services->log, level, ctx->instance, format, args);
    va_end(args);
}

static const void *core_service(struct pawl_ctx *ctx, const char *name) {
    return service_find(instance_of(ctx), name);
}

static const struct pawl_host core_table = {.size = (uint32_t)sizeof(struct pawl_host),
                                            .abi = PAWL_ABI,
                                            .publish = core_publish,
                                            .now_ns = core_now,
                                            .log = core_log,
                                            .service = core_service};

/* ---- life ---- */

static void init(struct instance *instance, const struct pawl_plugin *plugin, const char *name,
                 uint32_t component, struct services *services) {
    memset(instance, 0, sizeof *instance);
    instance->plugin = plugin;
    instance->services = services;
    snprintf(instance->name, sizeof instance->name, "%s", name);
    instance->ctx =
        (struct pawl_ctx){.host = &core_table, .instance = instance->name, .component = component};
}

struct pawl_aspects plugin_aspects(const struct pawl_plugin *plugin, const void *options) {
    struct pawl_aspects does = {0};
    if (plugin->aspects != NULL)
        plugin->aspects(options, &does);
    else if (plugin->kind == PAWL_PLUGIN_KIND_STRATEGY)
        does = (struct pawl_aspects){.opens = 1, .takes = PAWL_ASPECTS_ALL};
    else
        does.opens = plugin->kind == PAWL_PLUGIN_KIND_SERVICE;
    return does;
}

static int create(struct instance *instance, const void *options, struct pawl_err *err) {
    struct pawl_err why = {0};
    instance->aspects = plugin_aspects(instance->plugin, options);
    int rc = instance->plugin->create(&instance->ctx, options, &instance->self, &why);
    instance->created = rc == PAWL_OK;
    if (rc == PAWL_OK) return rc;
    return pawl_fail(err, rc, "plugins.%s: it did not start: %s", instance->name,
                     why.text[0] != '\0' ? why.text : pawl_rc_text(rc));
}

int instance_create(struct instance *instance, const struct pawl_plugin *plugin, const char *name,
                    uint32_t component, struct services *services, const void *options,
                    struct pawl_err *err) {
    init(instance, plugin, name, component, services);
    int rc = records_load(instance, NULL, err);
    return rc == PAWL_OK ? create(instance, options, err) : rc;
}

static int try_restore(struct instance *instance, struct pawl_err *err) {
    struct book *book = instance->services->book;
    struct pawl_ev_restored event;
    EVENT_INIT(event, PAWL_EV_RESTORED);
    event.head.target = instance->ctx.component;
    event.head.time_ns = book_now(book);
    event.reload = 1;
    event.boot = book->boot;
    int rc = instance->plugin->on_event(instance->self, &event.head);
    if (rc >= 0) return PAWL_OK;
    return pawl_fail(err, PAWL_E_STATE, "plugins.%s: it refuses what is stored: %s", instance->name,
                     pawl_rc_text(rc));
}

int instance_stage(struct instance *instance, const struct pawl_plugin *plugin, const char *name,
                   uint32_t component, struct services *services, const void *options,
                   const struct instance *old, struct pawl_err *err) {
    init(instance, plugin, name, component, services);
    int rc = trial_begin(instance, err);
    if (rc == PAWL_OK) rc = records_load(instance, old, err);
    instance->before = old;
    if (rc == PAWL_OK) rc = create(instance, options, err);
    if (rc == PAWL_OK) rc = try_restore(instance, err);
    instance->before = NULL;
    return rc;
}

void instance_take_over(struct instance *instance) {
    trial_take_over(instance);
}

static void tell_failure(struct instance *instance, const struct pawl_event *event, int rc) {
    const struct schema_event *type = reflect_event(event->type);
    int64_t now_ns = book_now(instance->services->book);
    char more[64] = "";
    instance->failures++;
    if (now_ns - instance->alerts_since >= FAILURE_ALERTS_NS) instance->alerts = 0;
    if (instance->alerts == 0) instance->alerts_since = now_ns;
    if (instance->alerts == FAILURE_ALERTS_MAX) {
        instance->untold++;
        return;
    }
    instance->alerts++;
    if (instance->untold > 0)
        snprintf(more, sizeof more, "; %llu more since the last alert",
                 (unsigned long long)instance->untold);
    instance->untold = 0;
    report_alert(instance->services->book, "plugin_failed", PAWL_SEVERITY_CRITICAL, NULL, NULL,
                 "%s could not handle %s: %s%s", instance->name, type == NULL ? "?" : type->name,
                 pawl_rc_text(rc), more);
}

static void dispatch(void *arg, const struct pawl_event *event) {
    struct instance *instance = arg;
    int64_t (*clock)(void) = instance->services->monotonic_ns;
    bool timed = instance->handled++ % HANDLER_SAMPLE == 0 && clock != NULL;
    int64_t began_ns = timed ? clock() : 0;
    int rc = instance->plugin->on_event(instance->self, event);
    if (timed) metric_observe(instance->handler, (uint64_t)(clock() - began_ns));
    if (rc < 0) tell_failure(instance, event, rc);
}

int instance_attach(struct instance *instance, struct pawl_err *err) {
    struct bus *bus = instance->services->book->bus;
    int rc = bus_attach(bus, instance->ctx.component, dispatch, instance, err);
    const uint16_t *type = instance->plugin->listens;
    for (; rc == PAWL_OK && type != NULL && *type != 0; type++)
        rc = bus_subscribe(bus, *type, dispatch, instance, err);
    return rc;
}

void instance_done(struct instance *instance) {
    if (instance->plugin != NULL && instance->created) instance->plugin->destroy(instance->self);
    instance->created = false;
    if (trial_is_on(instance) && instance->services->series != NULL)
        series_unclaim(instance->services->series, instance->ctx.component | SERIES_STAGED);
    if (trial_is_on(instance) && instance->services->io != NULL)
        budget_tried(instance->services->io->budget, instance->ctx.component, false);
    disk_close(instance->append_file);
    instance->append_file = NULL;
    if (instance->sync_job != 0) beside_forget(instance->services->beside, instance->sync_job);
    instance->sync_job = 0;
    records_done(instance);
    trial_free(instance->trial);
    instance->trial = NULL;
}

void instance_free(struct instance *instance) {
    if (instance == NULL) return;
    instance_done(instance);
    mem_free(instance);
}
