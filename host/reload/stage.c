#include "reload/stage.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

int stage_fail(struct stage *stage, int rc, const char *path, const struct pawl_err *why) {
    const char *file = path == NULL ? NULL : config_file_of(stage->next.config, path);
    config_errors_add(stage->errors, file, path, "%s",
                      why->text[0] != '\0' ? why->text : pawl_rc_text(rc));
    return rc;
}

/* ---- instances ---- */

static int make_instance(struct stage *stage, const struct plan_plugin *entry,
                         struct instance *instance, struct pawl_err *err) {
    struct host *host = stage->host;
    const struct pawl_plugin *plugin = stage->next.plugins[entry->new_index];
    const struct instance *old = entry->action == PLAN_REPLACE
                                     ? host->instances[entry->old_index]
                                     : heirs_before(stage, entry->name);
    uint32_t component = names_find(host->names, NAME_COMPONENT, entry->name);
    struct config_errors *errors = mem_calloc(1, sizeof *errors);
    void *options = mem_calloc(1, plugin->options_size > 0 ? plugin->options_size : 1);
    int rc = errors == NULL || options == NULL
                 ? pawl_fail(err, PAWL_E_NOMEM, "no memory for the options")
                 : config_plugin_options(stage->next.config, entry->new_index, plugin->options,
                                         plugin->options_size, options, errors);
    if (rc == PAWL_OK)
        rc = instance_stage(instance, plugin, entry->name, component, &host->services, options,
                            old, err);
    mem_free(options);
    mem_free(errors);
    return rc;
}

static int stage_instance(struct stage *stage, const struct plan_plugin *entry) {
    struct pawl_err err = {0};
    struct instance *instance = NULL;
    stage->instance_count = entry->new_index + 1;
    if (entry->action == PLAN_KEEP) {
        stage->instances[entry->new_index] = stage->host->instances[entry->old_index];
        return PAWL_OK;
    }
    instance = mem_calloc(1, sizeof *instance);
    stage->instances[entry->new_index] = instance;
    int rc = instance == NULL ? pawl_fail(&err, PAWL_E_NOMEM, "no memory")
                              : make_instance(stage, entry, instance, &err);
    return rc == PAWL_OK ? rc : stage_fail(stage, rc, NULL, &err); /* it names the plugin */
}

/* All of them, so that every refusal is told. */
static int stage_instances(struct stage *stage) {
    int failed = PAWL_OK;
    for (uint32_t i = 0; i < stage->plan->plugin_count; i++) {
        const struct plan_plugin *entry = &stage->plan->plugins[i];
        int rc = entry->action == PLAN_REMOVE ? PAWL_OK : stage_instance(stage, entry);
        if (rc != PAWL_OK) failed = rc;
    }
    return failed;
}

static int ask_caps(struct stage *stage, uint32_t account, struct instance *broker) {
    struct staged_caps *one = &stage->caps[stage->caps_count];
    const struct book_account *now = &stage->host->book.accounts[account];
    struct pawl_err err = {0};
    char path[sizeof "accounts." + PAWL_NAME_MAX];
    *one = (struct staged_caps){.account = account, .caps.size = (uint32_t)sizeof one->caps};
    int rc = broker->plugin->caps(broker->self, account, &one->caps);
    if (rc == PAWL_OK) {
        stage->caps_count++;
        return rc;
    }
    snprintf(path, sizeof path, "accounts.%s", now->info.name);
    pawl_fail(&err, rc, "broker \"%s\" cannot serve it: %s", broker->name, pawl_rc_text(rc));
    return stage_fail(stage, PAWL_E_STATE, path, &err);
}

static int stage_caps(struct stage *stage) {
    const struct book *book = &stage->host->book;
    int failed = PAWL_OK;
    for (uint32_t id = 1; id <= book->account_count; id++) {
        for (uint32_t i = 0; book->accounts[id].info.id != 0 && i < stage->instance_count; i++) {
            struct instance *one = stage->instances[i];
            if (one->trial == NULL || one->ctx.component != book->accounts[id].info.broker)
                continue;
            int rc = ask_caps(stage, id, one);
            if (rc != PAWL_OK) failed = rc;
        }
    }
    return failed;
}

/* ---- the other parts ---- */

static int stage_parts(struct stage *stage) {
    struct host *host = stage->host;
    for (uint32_t i = 0; i < host->part_count; i++) {
        const struct host_part *part = &host->parts[i];
        stage->part_count = i + 1;
        int rc = part->stage(part->arg, stage->next.config, &stage->parts[i],
                             stage->plan->notes[i], stage->errors);
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}

static void drop_parts(struct stage *stage) {
    for (uint32_t i = stage->part_count; i > 0; i--) {
        const struct host_part *part = &stage->host->parts[i - 1];
        if (stage->parts[i - 1] != NULL) part->drop(part->arg, stage->parts[i - 1]);
    }
    stage->part_count = 0;
}

/* ---- all of it ---- */

int stage_all(struct stage *stage) {
    int rc = data_apply(stage);
    if (rc == PAWL_OK) rc = heirs_apply(stage);
    if (rc == PAWL_OK) rc = stage_instances(stage);
    if (rc == PAWL_OK) rc = stage_caps(stage);
    return rc == PAWL_OK ? stage_parts(stage) : rc;
}

void stage_undo(struct stage *stage) {
    drop_parts(stage);
    for (uint32_t i = stage->instance_count; i > 0; i--) {
        struct instance *one = stage->instances[i - 1];
        struct instance *now =
            one != NULL ? host_instance(stage->host, one->ctx.component) : NULL;
        if (one == NULL || now == one) continue;
        records_forget(one, now);
        instance_free(one);
    }
    stage->instance_count = 0;
    heirs_undo(stage);
    if (stage->data_applied) series_settle(stage->host->series); /* what was kept on trial */
    data_undo(stage);
}

void stage_done(struct stage *stage) {
    mem_free(stage->instruments);
    mem_free(stage->lots);
    calendars_free(stage->calendars);
    if (stage->next.loader != NULL) session_drop(&stage->next);
}
