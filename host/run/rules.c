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
                                        .config_file = config->file,
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

int host_rules_claim(struct host *host, const struct ruleset *set, struct pawl_err *err) {
    return rules_claim(host->rules, set, err);
}

void host_rules_swap(struct host *host, struct ruleset *set) {
    struct rules_info unused;
    bool any = rules_info(NULL, set, 0, &unused);
    rules_swap(host->rules, set);
    host->bus->last = any ? on_event : NULL;
    host->bus->last_arg = host;
    host->bus->end_of_turn = any ? end_of_turn : exec_end_of_turn;
    host->bus->end_arg = any ? (void *)host : (void *)&host->exec;
}

int host_rules_start(struct host *host, struct pawl_err *err) {
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
