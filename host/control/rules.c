/* rules.c - the rules of a running host, and their switches. A switch is an event like any other,
 * so it is stored and recorded; answered when the turn is over. */
#include <string.h>

#include "base/err.h"
#include "book/report.h"
#include "control/control_int.h"
#include "control/put.h"
#include "rules/rules.h"

static void put_rule(struct jsonout *out, const struct rules_info *rule) {
    jsonout_open(out, '{');
    put_text(out, "rule", rule->id);
    put_text(out, "name", rule->name);
    put_text(out, "on", rule->on);
    put_text(out, "state", rule->failed ? "failed" : rule->off ? "off" : "on");
    put_text(out, "failure", rule->failed ? rule->failure : "");
    if (rule->switched != 0) put_text(out, "switched", rule->switched == 1 ? "on" : "off");
    jsonout_key(out, "priority");
    jsonout_i64(out, rule->priority);
    put_u64(out, "fired", rule->fired);
    put_u64(out, "taken", rule->taken);
    put_time(out, "last", rule->last_ns);
    put_text(out, "file", rule->file);
    put_u64(out, "line", rule->line);
    jsonout_close(out, '}');
}

void put_rules(struct jsonout *out, const struct host *host) {
    struct rules_info rule;
    jsonout_key(out, "rules");
    jsonout_open(out, '[');
    const struct ruleset *set = host->rules == NULL ? NULL : rules_set(host->rules);
    for (uint32_t i = 0; set != NULL && rules_info(host->rules, set, i, &rule); i++)
        put_rule(out, &rule);
    jsonout_close(out, ']');
}

int answer_rules_list(struct request *request, struct jsonout *out, struct pawl_err *err) {
    (void)err;
    put_rules(out, request->control->host);
    return PAWL_OK;
}

static bool find(const struct host *host, const char *id, struct rules_info *ret) {
    const struct ruleset *set = host->rules == NULL ? NULL : rules_set(host->rules);
    for (uint32_t i = 0; set != NULL && rules_info(host->rules, set, i, ret); i++)
        if (strcmp(ret->id, id) == 0) return true;
    return false;
}

static int switch_rule(struct request *request, uint8_t on, struct jsonout *out,
                       struct pawl_err *err) {
    struct control *control = request->control;
    struct rules_info rule;
    struct pawl_ev_rule_switch event;
    const char *id;
    int rc = request_text(request, "rule", &id, err);
    if (rc != PAWL_OK) return rc;
    if (!find(control->host, id, &rule))
        return pawl_fail(err, PAWL_E_NOTFOUND, "there is no rule \"%.60s\"", id);
    EVENT_INIT(event, PAWL_EV_RULE_SWITCH);
    TEXT_SET(event.rule, id);
    event.on = on;
    host_input(control->host, &event.head, control_now(control));
    control_after(control);
    if (!find(control->host, id, &rule)) return PAWL_E_NOTFOUND;
    jsonout_key(out, "rule");
    put_rule(out, &rule);
    return PAWL_OK;
}

int answer_rules_enable(struct request *request, struct jsonout *out, struct pawl_err *err) {
    return switch_rule(request, 1, out, err);
}

int answer_rules_disable(struct request *request, struct jsonout *out, struct pawl_err *err) {
    return switch_rule(request, 0, out, err);
}
