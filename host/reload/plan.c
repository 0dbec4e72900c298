#include "reload/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

static uint32_t index_of(const struct config *config, const char *name) {
    for (uint32_t i = 0; i < config->plugin_count; i++)
        if (strcmp(config->plugins[i].name, name) == 0) return i;
    return UINT32_MAX;
}

static bool is_asked(const struct reload_request *request, const char *name) {
    for (uint32_t i = 0; i < request->renew_count; i++)
        if (strcmp(request->renew[i], name) == 0) return true;
    return false;
}

/* The option struct of a plugin as it is filled; the caller frees it. */
static void *options_of(const struct session *session, uint32_t index) {
    const struct pawl_plugin *plugin = session->plugins[index];
    struct config_errors *errors = mem_calloc(1, sizeof *errors);
    void *options = mem_calloc(1, plugin->options_size > 0 ? plugin->options_size : 1);
    bool ok = errors != NULL && options != NULL &&
              config_plugin_options(session->config, index, plugin->options, plugin->options_size,
                                    options, errors) == PAWL_OK;
    mem_free(errors);
    if (ok) return options;
    mem_free(options);
    return NULL;
}

/* What counts is what the plugin is given: a default spelled out is no change. */
static bool same_options(const struct session *old, uint32_t i, const struct session *next,
                         uint32_t k) {
    uint32_t size = old->plugins[i]->options_size;
    if (next->plugins[k]->options_size != size) return false;
    void *a = options_of(old, i), *b = options_of(next, k);
    bool same = a != NULL && b != NULL && (size == 0 || memcmp(a, b, size) == 0);
    mem_free(a);
    mem_free(b);
    return same;
}

static void compare_plugin(const struct session *old, const struct session *next, uint32_t k,
                           const struct reload_request *request, struct plan_plugin *ret) {
    const struct library *library = next->libraries[k];
    uint32_t i = index_of(old->config, next->config->plugins[k].name);
    memset(ret, 0, sizeof *ret);
    memcpy(ret->name, next->config->plugins[k].name, sizeof ret->name);
    ret->action = PLAN_ADD;
    ret->old_index = i;
    ret->new_index = k;
    ret->new_hash = library->code_hash;
    snprintf(ret->new_version, sizeof ret->new_version, "%s", library->plugin->version);
    if (i == UINT32_MAX) return;
    ret->old_hash = old->libraries[i]->code_hash;
    snprintf(ret->old_version, sizeof ret->old_version, "%s", old->plugins[i]->version);
    ret->code = old->libraries[i] != library; /* equal bytes of one path are one library */
    ret->options = !ret->code && !same_options(old, i, next, k);
    ret->asked = is_asked(request, ret->name);
    ret->action = ret->code || ret->options || ret->asked ? PLAN_REPLACE : PLAN_KEEP;
}

static void add_removed(const struct session *old, const struct session *next,
                        struct reload_plan *plan) {
    for (uint32_t i = 0; i < old->config->plugin_count; i++) {
        const char *name = old->config->plugins[i].name;
        if (index_of(next->config, name) != UINT32_MAX) continue;
        struct plan_plugin *one = &plan->plugins[plan->plugin_count++];
        *one = (struct plan_plugin){.action = PLAN_REMOVE, .old_index = i, .new_index = UINT32_MAX,
                                    .old_hash = old->libraries[i]->code_hash};
        snprintf(one->name, sizeof one->name, "%s", name);
        snprintf(one->old_version, sizeof one->old_version, "%s", old->plugins[i]->version);
        plan->removed++;
    }
}

static void compare_plugins(const struct session *old, const struct session *next,
                            const struct reload_request *request, struct reload_plan *plan,
                            struct config_errors *errors) {
    uint32_t last = 0;
    for (uint32_t k = 0; k < next->config->plugin_count; k++) {
        struct plan_plugin *one = &plan->plugins[plan->plugin_count++];
        char path[32];
        compare_plugin(old, next, k, request, one);
        plan->added += one->action == PLAN_ADD;
        plan->replaced += one->action == PLAN_REPLACE;
        if (one->old_index == UINT32_MAX) continue;
        plan->reordered |= one->old_index < last;
        last = one->old_index;
        if (old->plugins[one->old_index]->kind == next->plugins[k]->kind) continue;
        snprintf(path, sizeof path, "plugins[%u]", k);
        config_errors_add(errors, config_file_of(next->config, path), path,
                          "needs a restart: \"%s\" is another kind of plugin now", one->name);
        plan->restarts++;
    }
    add_removed(old, next, plan);
}

static bool same_instruments(const struct config *a, const struct config *b) {
    if (a->instrument_count != b->instrument_count) return false;
    return a->instrument_count == 0 || memcmp(a->instruments, b->instruments,
                                              a->instrument_count * sizeof *a->instruments) == 0;
}

static void check_names(const struct session *next, const struct reload_request *request,
                        struct config_errors *errors) {
    for (uint32_t i = 0; i < request->renew_count; i++)
        if (index_of(next->config, request->renew[i]) == UINT32_MAX)
            config_errors_add(errors, NULL, "renew", "there is no plugin \"%s\"",
                              request->renew[i]);
}

int plan_make(const struct session *old, const struct session *next,
              const struct reload_request *request, struct reload_plan **ret,
              struct config_errors *errors) {
    struct reload_plan *plan = mem_calloc(1, sizeof *plan);
    if (plan == NULL) return PAWL_E_NOMEM;
    *ret = plan;
    check_names(next, request, errors);
    compare_plugins(old, next, request, plan, errors);
    fields_compare(old->config, next->config, plan, errors);
    plan->instruments = !same_instruments(old->config, next->config);
    return errors->count == 0 ? PAWL_OK : PAWL_E_STATE;
}

bool plan_is_empty(const struct reload_plan *plan) {
    for (uint32_t i = 0; i < HOST_PARTS_MAX; i++)
        if (plan->notes[i][0] != '\0') return false;
    return plan->added + plan->replaced + plan->removed + plan->change_count == 0 &&
           !plan->reordered && !plan->instruments;
}

const struct plan_plugin *plan_plugin_of(const struct reload_plan *plan, const char *name) {
    for (uint32_t i = 0; i < plan->plugin_count; i++)
        if (strcmp(plan->plugins[i].name, name) == 0) return &plan->plugins[i];
    return NULL;
}
