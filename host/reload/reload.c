#include "reload/reload.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "book/report.h"
#include "reload/stage.h"

#define STORE_WAIT_MAX_NS (100 * PAWL_MS)

/* ---- may it? ---- */

static int refuse(struct stage *stage, int rc, const char *text) {
    config_errors_add(stage->errors, NULL, NULL, "%s", text);
    return rc;
}

/* A new record type, or the rows of a plugin that comes back, are read from the database; a disk
 * that is behind would hold up everything. */
static bool needs_store(const struct stage *stage) {
    struct store *store = stage->host->store;
    for (uint32_t i = 0; i < stage->plan->plugin_count; i++) {
        const struct plan_plugin *one = &stage->plan->plugins[i];
        if (one->action != PLAN_ADD && one->action != PLAN_REPLACE) continue;
        const struct pawl_record_type *type = stage->next.plugins[one->new_index]->records;
        for (; type != NULL && type->name != NULL; type++)
            if (type->durable && (one->action == PLAN_ADD || !store_knows(store, type)))
                return true;
    }
    return false;
}

/* Nothing else is done meanwhile, so it is bounded twice. */
static int wait_for_store(struct stage *stage) {
    struct host *host = stage->host;
    int64_t left_ns = stage->session->config->host.executor.protect_wait_ns;
    if (left_ns > STORE_WAIT_MAX_NS) left_ns = STORE_WAIT_MAX_NS;
    const struct timespec nap = {.tv_nsec = PAWL_MS / 4};
    if (host->options.instant || !needs_store(stage)) return PAWL_OK;
    if (host->store_down) return refuse(stage, PAWL_E_IO, "the database failed");
    store_push(host->store);
    while (store_durable_turn(host->store) < host->committed_turn) {
        if (left_ns <= 0 || !host->options.threaded)
            return refuse(stage, PAWL_E_BUSY, "the disk is behind; try again");
        nanosleep(&nap, NULL);
        left_ns -= nap.tv_nsec;
    }
    return PAWL_OK;
}

static int read_and_plan(struct stage *stage, struct reload_result *result) {
    const struct reload_request *request = stage->request;
    const struct session *session = stage->session;
    const char *file = request->file != NULL ? request->file : session->config->file;
    char path[2 * CONFIG_PATH_MAX + 2];
    if (request->file != NULL && file[0] != '/') {
        snprintf(path, sizeof path, "%s/%s", session->config->dir, request->file);
        file = path;
    }
    const char *sets[2 * RELOAD_SETS_MAX];
    uint32_t count = 0;
    if (session->set_count > RELOAD_SETS_MAX || request->set_count > RELOAD_SETS_MAX)
        return refuse(stage, PAWL_E_BUSY, "too many overrides");
    for (uint32_t i = 0; i < session->set_count; i++) sets[count++] = session->sets[i];
    for (uint32_t i = 0; i < request->set_count; i++) sets[count++] = request->sets[i];
    int rc = session_read(session, file, sets, count, &stage->next, stage->errors);
    if (rc != PAWL_OK) return rc;
    rc = plan_make(session, &stage->next, request, &result->plan, stage->errors);
    stage->plan = result->plan;
    if (rc == PAWL_E_NOMEM) return rc;
    int lots_rc = heirs_find(stage);
    return rc == PAWL_OK ? lots_rc : rc;
}

/* ---- telling ---- */

static void event_init(const struct reload_request *request, const struct reload_plan *plan,
                       const char *outcome, struct pawl_ev_reload *ret) {
    memset(ret, 0, sizeof *ret);
    EVENT_INIT(*ret, PAWL_EV_RELOAD);
    TEXT_SET(ret->result, outcome);
    TEXT_SET(ret->by, request->by);
    if (plan == NULL) return;
    ret->added = (uint16_t)plan->added;
    ret->replaced = (uint16_t)plan->replaced;
    ret->removed = (uint16_t)plan->removed;
    ret->fields = (uint16_t)(plan->change_count + plan->changes_more);
}

static void tell_refused(struct host *host, const struct reload_request *request,
                         const struct reload_result *result) {
    struct pawl_ev_reload event;
    const char *reason = result->errors.count > 0 ? result->errors.line[0]
                                                  : pawl_rc_text(result->rc);
    host->reload.refused++;
    host->reload.on_old = true;
    host->reload.at_ns = host->bus->now_ns;
    snprintf(host->reload.reason, sizeof host->reload.reason, "%.255s", reason);
    if (!host->begun) return; /* there is no turn before the first */
    event_init(request, result->plan, "refused", &event);
    event.generation = host->reload.generation;
    TEXT_SET(event.message, reason);
    host_tell(host, &event.head);
}

static void done(struct host *host, bool changed) {
    host->reload.generation += changed;
    host->reload.on_old = false;
    host->reload.at_ns = host->bus->now_ns;
    host->reload.reason[0] = '\0';
}

static void tell_unchanged(struct host *host, const struct reload_request *request) {
    struct pawl_ev_reload event;
    done(host, false);
    event_init(request, NULL, "unchanged", &event);
    event.generation = host->reload.generation;
    host_tell(host, &event.head);
}

static void swap(struct stage *stage) {
    struct pawl_ev_reload event;
    const struct reload_plan *plan = stage->plan;
    char text[128];
    done(stage->host, true);
    event_init(stage->request, plan, "done", &event);
    event.generation = stage->host->reload.generation;
    snprintf(text, sizeof text, "plugins: %u added, %u replaced, %u removed; fields: %u",
             plan->added, plan->replaced, plan->removed, plan->change_count + plan->changes_more);
    TEXT_SET(event.message, text);
    const struct host_recorder *recorder = stage->host->options.recorder;
    if (recorder != NULL) {
        recorder->reload(recorder->arg, stage->host, &stage->next, stage->request, plan);
        stage->host->telling = true;
    }
    stage_swap(stage, &event.head);
    stage->host->telling = false;
}

/* ---- the whole ---- */

static int try_it(struct stage *stage, struct reload_result *result) {
    if (!stage->host->begun)
        return refuse(stage, PAWL_E_STATE, "the host has not begun; try again");
    int rc = read_and_plan(stage, result);
    if (rc == PAWL_OK) rc = wait_for_store(stage);
    if (rc == PAWL_OK) rc = stage_all(stage);
    if (rc == PAWL_OK) result->changed = !plan_is_empty(stage->plan);
    if (rc == PAWL_OK && result->changed && !stage->request->dry_run) rc = stage_freeze(stage);
    return rc;
}

/* Nothing that is decided depends on it. */
static int64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * PAWL_NS + now.tv_nsec;
}

int reload_run(struct host *host, struct session *session, const struct reload_request *request,
               struct reload_result **ret) {
    struct reload_result *result = mem_calloc(1, sizeof *result);
    struct stage *stage = mem_calloc(1, sizeof *stage);
    *ret = result;
    if (result == NULL || stage == NULL) {
        mem_free(stage);
        mem_free(result);
        *ret = NULL;
        return PAWL_E_NOMEM;
    }
    int64_t began_ns = monotonic_ns();
    stage->host = host;
    stage->session = session;
    stage->request = request;
    stage->errors = &result->errors;
    int rc = result->rc = try_it(stage, result);
    if (rc == PAWL_OK && result->changed && !request->dry_run) {
        swap(stage);
    } else {
        stage_undo(stage);
        if (rc != PAWL_OK && !request->dry_run)
            tell_refused(host, request, result);
        else if (!request->dry_run)
            tell_unchanged(host, request);
    }
    result->generation = host->reload.generation;
    stage_done(stage);
    mem_free(stage);
    result->pause_ns = monotonic_ns() - began_ns;
    return rc;
}

void reload_result_free(struct reload_result *result) {
    if (result == NULL) return;
    mem_free(result->plan);
    mem_free(result);
}
