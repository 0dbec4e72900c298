#include "run/rules.h"

#include "base/alloc.h"
#include "base/err.h"
#include "run/host.h"

static const char *disabled(void *arg, uint32_t i) {
    const struct config_rules *rules = &((const struct config *)arg)->rules;
    return i < rules->disabled_count ? rules->disabled[i] : NULL;
}

int host_rules_load(const struct config *config, const struct event_decode *decode,
                    struct config_errors *errors, struct ruleset **ret) {
    const struct rules_source source = {.dir = config->rules.dir,
                                        .disabled = disabled,
                                        .arg = (void *)(uintptr_t)config,
                                        .config_file = config_file_of(config, "rules"),
                                        .decode = *decode};
    return ruleset_load(&source, errors, ret);
}

/* The last to see an event. */
static void on_event(void *arg, const struct pawl_event *event) {
    struct host *host = arg;
    bool is_ours = event->type == PAWL_EV_TIMER && event->target == host->exec.operator_id &&
                   EXEC_KEY_WHAT(event->cookie) == EXEC_KEY_RULES;
    if (is_ours)
        rules_timer(host->rules, event);
    else
        rules_event(host->rules, event);
}

/* Once nothing is left to plan, what the rules asked for has had its effect or has none. */
static bool end_of_turn(void *arg) {
    struct host *host = arg;
    return exec_end_of_turn(&host->exec) || rules_settle(host->rules);
}

void host_rules_swap(struct host *host, struct ruleset *set) {
    const struct ruleset *old = rules_set(host->rules);
    struct rules_info unused;
    char difference[HOST_PART_NOTE_MAX + 1] = "";
    bool any = rules_info(NULL, set, 0, &unused);
    if (old != NULL) ruleset_difference(old, set, difference, sizeof difference);
    rules_keep_staged(&host->rules_host, difference[0] != '\0');
    rules_swap(host->rules, set);
    host->bus->last = any ? on_event : NULL;
    host->bus->last_arg = host;
    host->bus->end_of_turn = any ? end_of_turn : exec_end_of_turn;
    host->bus->end_arg = any ? (void *)host : (void *)&host->exec;
}

/* ---- reload ---- */

/* Names as the new configuration has them: its plugins need not run yet. */
static uint32_t next_instrument(void *self, const char *symbol) {
    return config_instrument_find(self, symbol) != NULL;
}
static uint32_t next_account(void *self, const char *name) {
    return config_account_find(self, name) != NULL;
}
static uint32_t next_component(void *self, const char *name) {
    return config_plugin_find(self, name) != NULL;
}

/* The plan says what differs in the files; what the configuration says differs is said there. */
static int stage(void *arg, const struct config *next, void **ret_staged,
                 char ret_note[HOST_PART_NOTE_MAX + 1], struct config_errors *errors) {
    struct host *host = arg;
    const struct event_decode decode = {.self = (void *)(uintptr_t)next,
                                        .instrument = next_instrument,
                                        .account = next_account,
                                        .component = next_component};
    struct ruleset *set = NULL;
    struct pawl_err err = {0};
    int rc = host_rules_load(next, &decode, errors, &set);
    if (rc != PAWL_OK) return rc;
    rc = rules_claim(host->rules, set, &err);
    if (rc != PAWL_OK) {
        config_errors_add(errors, next->file, "rules", "%s", err.text);
        rules_drop_staged(&host->rules_host);
        ruleset_free(set);
        return rc;
    }
    ruleset_difference(rules_set(host->rules), set, ret_note, HOST_PART_NOTE_MAX + 1);
    *ret_staged = set;
    return PAWL_OK;
}

static void swap(void *arg, void *staged) {
    host_rules_swap(arg, staged);
}

static void drop(void *arg, void *staged) {
    rules_drop_staged(&((struct host *)arg)->rules_host);
    ruleset_free(staged);
}

int host_rules_start(struct host *host, struct pawl_err *err) {
    host->parts[host->part_count++] = (struct host_part){
        .name = "rules", .arg = host, .stage = stage, .swap = swap, .drop = drop};
    struct event_decode decode;
    struct ruleset *set = NULL;
    struct config_errors *errors = mem_calloc(1, sizeof *errors);
    if (errors == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the rules");
    host_decode_env(host, &decode);
    int rc = host_rules_load(host->options.config, &decode, errors, &set);
    if (rc != PAWL_OK)
        pawl_fail(err, rc, "%.240s", errors->count > 0 ? errors->line[0] : pawl_rc_text(rc));
    mem_free(errors);
    if (rc == PAWL_OK) rc = rules_claim(host->rules, set, err);
    if (rc == PAWL_OK)
        host_rules_swap(host, set);
    else
        ruleset_free(set);
    return rc;
}
