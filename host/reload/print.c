/* The plan and its outcome for a person and for a program. */
#include <inttypes.h>
#include <jansson.h>

#include "base/err.h"
#include "reload/plan.h"

static const char *const actions[] = {[PLAN_KEEP] = "kept", [PLAN_REPLACE] = "replaced",
                                      [PLAN_ADD] = "added", [PLAN_REMOVE] = "removed"};

static void print_why(const struct plan_plugin *one, FILE *out) {
    const char *comma = "";
    if (one->action != PLAN_REPLACE) return;
    fputs(" (", out);
    if (one->code) {
        fprintf(out, "code %08" PRIx32 " -> %08" PRIx32, (uint32_t)one->old_hash,
                (uint32_t)one->new_hash);
        comma = ", ";
    }
    if (one->options) {
        fprintf(out, "%soptions", comma);
        comma = ", ";
    }
    if (one->asked) fprintf(out, "%sas asked", comma);
    fputc(')', out);
}

static void print_orphans(const struct reload_plan *plan, FILE *out) {
    for (uint32_t i = 0; i < plan->orphan_count; i++) {
        const struct plan_orphan *one = &plan->orphans[i];
        fprintf(out, "lots      %u of %s go to %s: %s\n", one->lots, one->name,
                one->heir[0] != '\0' ? one->heir : "nobody", one->shown);
    }
}

static void print_plan(const struct reload_plan *plan, FILE *out) {
    for (uint32_t i = 0; i < plan->plugin_count; i++) {
        const struct plan_plugin *one = &plan->plugins[i];
        if (one->action == PLAN_KEEP) continue;
        fprintf(out, "plugin    %s: %s", one->name, actions[one->action]);
        print_why(one, out);
        fputc('\n', out);
    }
    for (uint32_t i = 0; i < HOST_PARTS_MAX; i++)
        if (plan->notes[i][0] != '\0') fprintf(out, "part      %s\n", plan->notes[i]);
    if (plan->reordered) fputs("plugins   in another order\n", out);
    for (uint32_t i = 0; i < plan->change_count; i++) {
        const struct plan_change *one = &plan->changes[i];
        fprintf(out, "%s     %s: %s -> %s\n", one->live ? "field" : "FIELD", one->path,
                one->old_value[0] != '\0' ? one->old_value : "not set",
                one->new_value[0] != '\0' ? one->new_value : "not set");
    }
    if (plan->changes_more > 0) fprintf(out, "and %u more fields\n", plan->changes_more);
    print_orphans(plan, out);
}

void reload_print(const struct reload_result *result, bool dry_run, FILE *out) {
    if (result->plan != NULL) print_plan(result->plan, out);
    config_errors_print(&result->errors, out);
    if (result->rc != PAWL_OK)
        fprintf(out, "%srefused: running on the old configuration\n",
                dry_run ? "it would be " : "");
    else if (!result->changed)
        fputs("nothing has changed\n", out);
    else if (dry_run)
        fputs("it would be done\n", out);
    else
        fprintf(out, "done: generation %u; a pause of %lld.%01lld ms\n", result->generation,
                (long long)(result->pause_ns / PAWL_MS),
                (long long)(result->pause_ns % PAWL_MS / (PAWL_MS / 10)));
}

/* ---- as JSON ---- */

static json_t *plugins_json(const struct reload_plan *plan) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < plan->plugin_count; i++) {
        const struct plan_plugin *one = &plan->plugins[i];
        json_array_append_new(array, json_pack("{s:s, s:s, s:b, s:b, s:b, s:s, s:s}", "name",
                                               one->name, "action", actions[one->action], "code",
                                               one->code, "options", one->options, "asked",
                                               one->asked, "old_version", one->old_version,
                                               "new_version", one->new_version));
    }
    return array;
}

/* A value of the configuration as it stands there; one that was cut is a text. */
static json_t *value_json(const char *text) {
    json_error_t error;
    if (text[0] == '\0') return json_null();
    json_t *value = json_loads(text, JSON_DECODE_ANY, &error);
    return value != NULL ? value : json_string(text);
}

static json_t *changes_json(const struct reload_plan *plan) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < plan->change_count; i++) {
        const struct plan_change *one = &plan->changes[i];
        json_array_append_new(array, json_pack("{s:s, s:b, s:o, s:o}", "path", one->path, "live",
                                               one->live, "old", value_json(one->old_value), "new",
                                               value_json(one->new_value)));
    }
    return array;
}

static json_t *notes_json(const struct reload_plan *plan) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < HOST_PARTS_MAX; i++)
        if (plan->notes[i][0] != '\0') json_array_append_new(array, json_string(plan->notes[i]));
    return array;
}

static json_t *orphans_json(const struct reload_plan *plan) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < plan->orphan_count; i++) {
        const struct plan_orphan *one = &plan->orphans[i];
        json_array_append_new(array, json_pack("{s:s, s:s, s:i, s:s}", "plugin", one->name, "heir",
                                               one->heir, "lots", (int)one->lots, "shown",
                                               one->shown));
    }
    return array;
}

json_t *reload_json(const struct reload_result *result, bool dry_run) {
    const char *outcome = result->rc != PAWL_OK ? "refused" : result->changed ? "done"
                                                                              : "unchanged";
    json_t *errors = json_array();
    for (uint32_t i = 0; i < config_errors_lines(&result->errors); i++)
        json_array_append_new(errors, json_string(result->errors.line[i]));
    json_t *object = json_pack("{s:s, s:b, s:i, s:I, s:o}", "result", outcome, "dry_run",
                               dry_run, "generation", (int)result->generation, "pause_ns",
                               (json_int_t)result->pause_ns, "errors", errors);
    if (object == NULL || result->plan == NULL) return object;
    json_object_set_new(object, "plugins", plugins_json(result->plan));
    json_object_set_new(object, "fields", changes_json(result->plan));
    json_object_set_new(object, "parts", notes_json(result->plan));
    json_object_set_new(object, "lots", orphans_json(result->plan));
    return object;
}
