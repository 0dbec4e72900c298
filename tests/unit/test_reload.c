/* What a reload would do: two configurations with plugins that are only descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "reload/plan.h"

struct one_option {
    int64_t size;
};
static const struct pawl_option options[] = {
    {"size", PAWL_OPT_INT, offsetof(struct one_option, size), 0, 99, "5", NULL, "A number."},
    {.name = NULL}};
static const struct pawl_plugin broker = {.name = "paper", .version = "1",
                                          .kind = PAWL_PLUGIN_KIND_BROKER};
static const struct pawl_plugin strategy = {.name = "linked", .version = "1", .options = options,
                                            .options_size = sizeof(struct one_option),
                                            .kind = PAWL_PLUGIN_KIND_STRATEGY};
static const struct library broker_code = {.plugin = &broker, .code_hash = 1};
static const struct library strategy_code = {.plugin = &strategy, .code_hash = 2};
static const struct library strategy_new = {.plugin = &strategy, .code_hash = 3};

static const char text[] =
    "{\"plugins\":[{\"name\":\"paper\"},{\"name\":\"linked\"}],"
    "\"accounts\":{\"main\":{\"broker\":\"paper\",\"balance\":\"1000\"}},"
    "\"instruments\":{\"ACME\":{\"account\":\"main\",\"currency\":\"USD\",\"tick\":\"0.01\","
    "\"step\":\"1\"}},\"schedule\":[],\"feeds\":[{\"match\":\"x.csv\"}]}";
static char file[] = "/tmp/test-reload-XXXXXX";
static struct config_errors errors;

static void load(struct session *session, const char *const *sets, uint32_t count) {
    memset(session, 0, sizeof *session);
    memset(&errors, 0, sizeof errors);
    if (config_load(file, sets, count, &session->config, &errors) != PAWL_OK)
        fail_msg("%s", errors.line[0]);
    for (uint32_t i = 0; i < session->config->plugin_count; i++) {
        bool pays = strcmp(session->config->plugins[i].name, "paper") == 0;
        session->libraries[i] = pays ? &broker_code : &strategy_code;
        session->plugins[i] = session->libraries[i]->plugin;
    }
}

struct pair {
    struct session old, next;
    struct reload_plan *plan;
    int rc;
};

static void plan_between(struct pair *pair, const struct reload_request *request) {
    memset(&errors, 0, sizeof errors);
    pair->rc = plan_make(&pair->old, &pair->next, request, &pair->plan, &errors);
}

static void set_up_pair(struct pair *pair, const char *const *sets, uint32_t count) {
    load(&pair->old, NULL, 0);
    load(&pair->next, sets, count);
    pair->plan = NULL;
}

static void tear_down(struct pair *pair) {
    free(pair->plan);
    config_free(pair->old.config);
    config_free(pair->next.config);
}

static void plan_with(struct pair *pair, const char *set) {
    const struct reload_request request = {.by = "test"};
    set_up_pair(pair, &set, set == NULL ? 0 : 1);
    plan_between(pair, &request);
}

static const struct plan_change *change_of(const struct pair *pair, const char *path) {
    for (uint32_t i = 0; i < pair->plan->change_count; i++)
        if (strcmp(pair->plan->changes[i].path, path) == 0) return &pair->plan->changes[i];
    fail_msg("%s is not in the plan", path);
    return NULL;
}

static void expect_fault(const char *part) {
    for (uint32_t i = 0; i < errors.count; i++)
        if (strstr(errors.line[i], part) != NULL) return;
    fail_msg("nothing says: %s", part);
}

/* ---- fields ---- */

/* The configuration itself says which keys it knows. */
static void expect_all_declared(const char *section) {
    char set[64], path[128];
    const char *const sets[] = {set};
    struct config *config = NULL;
    snprintf(set, sizeof set, "%s%snonsense=1", section, section[0] == '\0' ? "" : ".");
    memset(&errors, 0, sizeof errors);
    assert_int_equal(config_load(file, sets, 1, &config, &errors), PAWL_E_CONFIG);
    char *known = strstr(errors.line[0], "known: ");
    assert_non_null(known);
    assert_null(strstr(known, "..."));
    for (char *rest = NULL, *key = strtok_r(known + 7, ", ", &rest); key != NULL;
         key = strtok_r(NULL, ", ", &rest)) {
        snprintf(path, sizeof path, "%s%s%s", section, section[0] == '\0' ? "" : ".", key);
        if (fields_kind(path) == NULL) fail_msg("%s is neither live nor needs a restart", path);
    }
    config_free(config);
}

static void every_field_is_declared(void **state) {
    static const char *const sections[] = {"", "host", "host.log", "host.executor", "risk",
                                           "accounts.main", "instruments.ACME"};
    (void)state;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        expect_all_declared(sections[i]);
    assert_null(fields_kind("hosts"));
    assert_null(fields_kind("host.nonsense"));
    assert_string_equal(fields_kind("host.data_dir"), "needs restart");
    assert_string_equal(fields_kind("risk.open_lots_max"), "live");
    assert_string_equal(fields_kind("feeds[3].speed"), "needs restart");
}

static void equal_is_empty(void **state) {
    struct pair pair;
    (void)state;
    plan_with(&pair, NULL);
    assert_int_equal(pair.rc, PAWL_OK);
    assert_true(plan_is_empty(pair.plan));
    tear_down(&pair);
}

static void a_default_spelled_out_is_no_need_for_a_restart(void **state) {
    struct pair pair;
    (void)state;
    plan_with(&pair, "host.durability=full");
    assert_int_equal(pair.rc, PAWL_OK);
    assert_true(plan_is_empty(pair.plan));
    tear_down(&pair);
}

static void each_field_that_needs_a_restart_is_named(void **state) {
    const char *const sets[] = {"host.durability=none", "accounts.main.balance=2000",
                                "feeds[0].speed=3", "risk.open_lots_max=7"};
    const struct reload_request request = {.by = "test"};
    struct pair pair;
    (void)state;
    set_up_pair(&pair, sets, 4);
    plan_between(&pair, &request);
    assert_int_equal(pair.rc, PAWL_E_STATE);
    assert_int_equal(pair.plan->restarts, 3);
    assert_int_equal(errors.count, 3);
    expect_fault("host.durability: needs a restart: not set -> \"none\"");
    expect_fault("accounts.main.balance: needs a restart: \"1000\" -> 2000");
    expect_fault("feeds[0].speed: needs a restart: not set -> 3");
    assert_true(change_of(&pair, "risk.open_lots_max")->live);
    tear_down(&pair);
}

static void things_that_come_and_go_are_named_once(void **state) {
    struct pair pair;
    (void)state;
    plan_with(&pair, "instruments={\"EURUSD\":{\"account\":\"main\"}}");
    assert_int_equal(pair.rc, PAWL_OK);
    assert_int_equal(pair.plan->change_count, 2);
    assert_string_equal(change_of(&pair, "instruments.EURUSD")->old_value, "");
    assert_string_equal(change_of(&pair, "instruments.ACME")->new_value, "");
    assert_true(pair.plan->instruments);
    tear_down(&pair);
}

/* ---- plugins ---- */

static void what_differs_is_replaced_and_nothing_else(void **state) {
    const struct reload_request request = {.by = "test"};
    struct pair pair;
    (void)state;
    set_up_pair(&pair, NULL, 0);
    pair.next.libraries[1] = &strategy_new;
    plan_between(&pair, &request);
    assert_int_equal(pair.rc, PAWL_OK);
    assert_int_equal(plan_plugin_of(pair.plan, "paper")->action, PLAN_KEEP);
    assert_int_equal(plan_plugin_of(pair.plan, "linked")->action, PLAN_REPLACE);
    assert_true(plan_plugin_of(pair.plan, "linked")->code);
    assert_int_equal(pair.plan->replaced, 1);
    tear_down(&pair);
}

static void options_count_as_they_come_out(void **state) {
    struct pair pair;
    (void)state;
    plan_with(&pair, "plugins.linked.options.size=5");
    assert_int_equal(plan_plugin_of(pair.plan, "linked")->action, PLAN_KEEP);
    tear_down(&pair);
    plan_with(&pair, "plugins.linked.options.size=6");
    assert_int_equal(plan_plugin_of(pair.plan, "linked")->action, PLAN_REPLACE);
    assert_true(plan_plugin_of(pair.plan, "linked")->options);
    tear_down(&pair);
}

static void names_tell_plugins_apart_not_places(void **state) {
    struct pair pair;
    (void)state;
    plan_with(&pair, "plugins=[{\"name\":\"more\"},{\"name\":\"linked\"},{\"name\":\"paper\"}]");
    assert_int_equal(pair.rc, PAWL_OK);
    assert_int_equal(plan_plugin_of(pair.plan, "more")->action, PLAN_ADD);
    assert_int_equal(plan_plugin_of(pair.plan, "linked")->action, PLAN_KEEP);
    assert_int_equal(plan_plugin_of(pair.plan, "paper")->action, PLAN_KEEP);
    assert_true(pair.plan->reordered);
    tear_down(&pair);
    plan_with(&pair, "plugins=[{\"name\":\"paper\"}]");
    assert_int_equal(plan_plugin_of(pair.plan, "linked")->action, PLAN_REMOVE);
    assert_int_equal(pair.plan->removed, 1);
    tear_down(&pair);
}

static void asked_for_and_another_kind(void **state) {
    static const char *const renew[] = {"paper", "nobody"};
    const struct reload_request request = {.by = "test", .renew = renew, .renew_count = 2};
    struct pair pair;
    (void)state;
    set_up_pair(&pair, NULL, 0);
    pair.next.libraries[1] = &broker_code;
    pair.next.plugins[1] = &broker;
    plan_between(&pair, &request);
    assert_int_equal(pair.rc, PAWL_E_STATE);
    assert_true(plan_plugin_of(pair.plan, "paper")->asked);
    assert_int_equal(errors.count, 2);
    assert_non_null(strstr(errors.line[0], "there is no plugin \"nobody\""));
    assert_non_null(strstr(errors.line[1], "another kind of plugin"));
    tear_down(&pair);
}

/* ---- requests ---- */

static void requests_are_read_whole_or_refused(void **state) {
    static const char *const bad[] = {"{\"what\":1}", "{\"set\":\"x\"}", "{\"set\":[1]}",
                                      "{\"renew\":{}}", "{\"heirs\":[]}", "{\"heirs\":{\"a\":1}}",
                                      "{\"config\":2}", "{\"dry_run\":\"yes\"}"};
    struct reload_asked *asked = calloc(1, sizeof *asked);
    json_error_t error;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct pawl_err err = {0};
        json_t *object = json_loads(bad[i], 0, &error);
        assert_int_equal(reload_asked_from_json(object, "test", asked, &err), PAWL_E_INVAL);
        assert_true(err.text[0] != '\0');
        json_decref(object);
    }
    json_t *object = json_loads("{\"do\":\"reload\",\"set\":[\"a=1\"],\"renew\":[\"x\",\"y\"],"
                                "\"heirs\":{\"x\":\"keep\"},\"dry_run\":true}", 0, &error);
    assert_int_equal(reload_asked_from_json(object, "test", asked, NULL), PAWL_OK);
    assert_int_equal(asked->request.set_count, 1);
    assert_int_equal(asked->request.renew_count, 2);
    assert_string_equal(asked->request.renew[1], "y");
    assert_string_equal(asked->request.heirs[0].to, "keep");
    assert_true(asked->request.dry_run);
    json_decref(object);
    free(asked);
}

static int write_file(void **state) {
    (void)state;
    int fd = mkstemp(file);
    return fd < 0 || write(fd, text, sizeof text - 1) != (ssize_t)sizeof text - 1 || close(fd) != 0;
}

static int remove_file(void **state) {
    (void)state;
    return unlink(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_declared),
        cmocka_unit_test(equal_is_empty),
        cmocka_unit_test(a_default_spelled_out_is_no_need_for_a_restart),
        cmocka_unit_test(each_field_that_needs_a_restart_is_named),
        cmocka_unit_test(things_that_come_and_go_are_named_once),
        cmocka_unit_test(what_differs_is_replaced_and_nothing_else),
        cmocka_unit_test(options_count_as_they_come_out),
        cmocka_unit_test(names_tell_plugins_apart_not_places),
        cmocka_unit_test(asked_for_and_another_kind),
        cmocka_unit_test(requests_are_read_whole_or_refused),
    };
    return cmocka_run_group_tests(tests, write_file, remove_file);
}
