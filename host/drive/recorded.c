#include "drive/recorded.h"

#include <jansson.h>
#include <string.h>

#include "base/err.h"
#include "book/report.h"
#include "reload/plan.h"

/* What is made anew though nothing of it may differ in a replay, where code is what it is then. */
static json_t *renewed(const struct reload_plan *plan) {
    json_t *names = json_array();
    for (uint32_t i = 0; i < plan->plugin_count; i++)
        if (plan->plugins[i].action == PLAN_REPLACE)
            json_array_append_new(names, json_string(plan->plugins[i].name));
    return names;
}

static json_t *heirs(const struct reload_request *request) {
    json_t *object = json_object();
    for (uint32_t i = 0; i < request->heir_count; i++)
        json_object_set_new(object, request->heirs[i].name, json_string(request->heirs[i].to));
    return object;
}

static int put_request(struct record *record, const struct reload_request *request,
                       const struct reload_plan *plan, struct pawl_err *err) {
    json_free_t release;
    json_t *asked = json_pack("{s:o, s:o}", "renew", renewed(plan), "heirs", heirs(request));
    char *text = asked == NULL ? NULL : json_dumps(asked, JSON_COMPACT);
    json_decref(asked);
    if (text == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory to record a reload");
    record_bytes(record, "reload.json", text, strlen(text));
    json_get_alloc_funcs(NULL, &release);
    release(text);
    return PAWL_OK;
}

static void on_reload(void *arg, const struct host *host, const struct session *next,
                      const struct reload_request *request, const struct reload_plan *plan) {
    struct record *record = arg;
    struct pawl_err err = {0};
    if (record->ended) return;
    int rc = record_session(record, next, record->version, &err);
    for (uint32_t i = 0; rc == PAWL_OK && i < plan->plugin_count; i++)
        if (plan->plugins[i].action == PLAN_ADD)
            rc = record_data(record, next->disk, record->folder, plan->plugins[i].name, &err);
    if (rc == PAWL_OK) rc = put_request(record, request, plan, &err);
    if (rc != PAWL_OK) {
        record_give_up(record, err.text);
        return;
    }
    record_item(record, &(struct item){.kind = ITEM_RELOAD,
                                       .now_ns = host->bus->now_ns,
                                       .turn = host->bus->seq + 1,
                                       .name = request->by});
}

int recorded_new(const char *path, bool patient, const struct session *session, const char *folder,
                 const char *version, struct record **ret, struct pawl_err *err) {
    *ret = NULL;
    if (path == NULL) return PAWL_OK;
    int rc = record_new(path, patient, session, folder, version, ret, err);
    if (rc != PAWL_OK) return rc;
    (*ret)->hooks.reload = on_reload;
    log_write(session->log, PAWL_LOG_INFO, "record", "recording into %s", (*ret)->path);
    return PAWL_OK;
}

void recorded_watch(struct record *record, struct host *host) {
    struct pawl_err err = {0};
    struct pawl_ev_alert event;
    if (record == NULL || host == NULL || record->told ||
        record_failed(record, &err) == PAWL_OK)
        return;
    record->told = record->ended = true;
    log_write(host->options.log, PAWL_LOG_ERROR, "record", "nothing more is recorded: %s",
              err.text);
    memset(&event, 0, sizeof event);
    EVENT_INIT(event, PAWL_EV_ALERT);
    event.severity = PAWL_SEVERITY_WARNING;
    TEXT_SET(event.what, "recording_ended");
    TEXT_SET(event.message, err.text);
    host_tell(host, &event.head);
}
