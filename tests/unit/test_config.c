/* config: a whole configuration comes out as written, every fault of an invalid one is named with
 * its file and path, and no damage to it does more than that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <dirent.h>

#include "base/alloc.h"
#include "config/config.h"
#include "config/options.h"
#include "config/place.h"
#include "pawl_num.h"

static char folder[] = "/tmp/pawl-config-XXXXXX";

static int64_t e8(const char *text) {
    int64_t value = 0;
    assert_int_equal(pawl_parse_e8(text, strlen(text), &value), PAWL_OK);
    return value;
}

static void write_file(const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static int load(const char *const *sets, uint32_t count, struct config **ret,
                struct config_errors *errors) {
    char path[256];
    memset(errors, 0, sizeof *errors);
    snprintf(path, sizeof path, "%s/pawl.json", folder);
    return config_load(path, sets, count, ret, errors);
}

static struct config_errors errors;

static struct config *must_load(const char *text, const char *const *sets, uint32_t count) {
    struct config *config = NULL;
    write_file("pawl.json", text);
    int rc = load(sets, count, &config, &errors);
    config_errors_print(&errors, stderr);
    assert_int_equal(rc, PAWL_OK);
    assert_int_equal(errors.count, 0);
    return config;
}

/* The one fault expected, its file left out. */
static void must_fail(const char *text, const char *const *sets, uint32_t count,
                      const char *expected) {
    struct config *config = NULL;
    write_file("pawl.json", text);
    assert_int_equal(load(sets, count, &config, &errors), PAWL_E_CONFIG);
    config_free(config);
    assert_int_equal(errors.count, 1);
    const char *line = errors.line[0];
    if (strncmp(line, folder, strlen(folder)) == 0) line += strlen(folder) + 1;
    assert_string_equal(line, expected);
}

static const char whole[] =
    "{ \"host\": { \"instance\": \"north\", \"instance_id\": 77, \"data_dir\": \"data\","
    "    \"plugin_dir\": \"/opt/plugins\", \"log\": {\"level\": \"debug\", \"format\": \"json\"},"
    "    \"durability\": \"process\", \"reconcile_seconds\": 60,"
    "    \"executor\": {\"retry_tries\": 5, \"guard_grace\": \"250ms\", \"foreign\": \"adopt\","
    "                 \"close_unprotected\": false} },"
    "  \"plugins\": [ {\"name\": \"paper\", \"options\": {\"personality\": \"ib\"}},"
    "               {\"name\": \"linked\"},"
    "               {\"name\": \"second\", \"so\": \"linked.so\"},"
    "               {\"name\": \"mine\", \"so\": \"lib/mine.so\"} ],"
    "  \"accounts\": { \"main\": {\"broker\": \"paper\", \"currency\": \"USD\","
    "                         \"balance\": \"100000.5\", \"mode\": \"hedging\", \"leverage\": 10,"
    "                         \"reset_time\": \"17:00 America/New_York\"},"
    "                \"other\": {\"broker\": \"paper\"} },"
    "  \"instruments\": { \"EURUSD\": {\"account\": \"main\", \"min_stop_distance\": \"0.0005\"},"
    "                   \"GOLD\": {\"account\": \"main\", \"inherit\": \"XAUUSD\", \"step\": "
    "\"0.1\","
    "                            \"min_quantity\": \"0.1\"},"
    "                   \"BRK.B\": {\"account\": \"other\", \"tick\": \"0.01\", \"step\": 1,"
    "                             \"class\": \"option\", \"right\": \"put\", \"strike\": 400,"
    "                             \"expiry\": \"2026-12-18\", \"exercise\": \"american\"} },"
    "  \"feeds\": [ {\"match\": \"*.csv\", \"symbol\": \"EURUSD\", \"format\": \"csv\", \"tz\": "
    "\"-05:00\","
    "              \"scale\": \"0.0001\", \"stamp\": \"close\", \"spread\": \"0.0002\", \"speed\": "
    "1},"
    "             {\"broker\": \"paper\"} ],"
    "  \"schedule\": [ {\"every\": \"1h\", \"start\": \"2026-01-02T09:30:00Z\", \"count\": 3,"
    "                 \"entry\": {\"symbol\": \"EURUSD\", \"via\": \"linked\", \"side\": \"BUY\","
    "                           \"quantity\": \"0.1\", \"profile\": \"ladder\"}},"
    "                {\"at\": \"2026-01-02T10:00:00.5Z\","
    "                 \"entry\": {\"symbol\": \"GOLD\", \"via\": \"linked\", \"side\": \"SELL\","
    "                           \"risk_pct\": \"0.01\"}} ],"
    "  \"profiles\": { \"ladder\": {\"stop\": \"second\", \"reduce\": \"second\", \"targets\": "
    "\"keeper\"} },"
    "  \"risk\": { \"order_quantity_max\": 5, \"collar_pct\": \"0.05\", \"allow_short\": false,"
    "            \"message_rate_per_second\": 20, \"restricted\": [\"GME\", \"AMC\"] },"
    "  \"rules\": { \"dir\": \"rules\", \"disabled\": [\"one\"] } }";

static void check_whole(const struct config *c) {
    char path[512];
    assert_string_equal(c->host.instance, "north");
    assert_int_equal(c->host.instance_id, 77);
    snprintf(path, sizeof path, "%s/data", folder);
    assert_string_equal(c->host.data_dir, path);
    snprintf(path, sizeof path, "%s/data/control.sock", folder);
    assert_string_equal(c->host.control_socket, path);
    assert_int_equal(c->host.log_level, PAWL_LOG_DEBUG);
    assert_int_equal(c->host.log_format, CONFIG_LOG_JSON);
    assert_int_equal(c->host.durability, CONFIG_DURABILITY_PROCESS);
    assert_int_equal(c->host.reconcile_seconds, 60);
    assert_int_equal(c->host.executor.retry_tries, 5);
    assert_int_equal(c->host.executor.guard_grace_ns, 250 * PAWL_MS);
    assert_int_equal(c->host.executor.guard_cancel_wait_ns, 300 * PAWL_MS);
    assert_int_equal(c->host.executor.foreign, CONFIG_FOREIGN_ADOPT);
    assert_int_equal(c->host.executor.close_unprotected, 0);
    assert_int_equal(c->plugin_count, 4);
    assert_string_equal(c->plugins[0].so, "/opt/plugins/paper.so");
    assert_non_null(c->plugins[0].options);
    assert_null(c->plugins[1].options);
    assert_string_equal(c->plugins[2].so, "/opt/plugins/linked.so");
    snprintf(path, sizeof path, "%s/lib/mine.so", folder);
    assert_string_equal(c->plugins[3].so, path);
    assert_int_equal(c->account_count, 2);
    assert_int_equal(c->accounts[0].balance.e8, e8("100000.5"));
    assert_int_equal(c->accounts[0].mode, CONFIG_MODE_HEDGING);
    assert_int_equal(c->accounts[0].reset_second, 17 * 3600);
    assert_string_equal(c->accounts[0].reset_tz, "America/New_York");
    assert_int_equal(c->accounts[1].leverage.e8, PAWL_E8);
}

static void a_whole_configuration_comes_out_as_written(void **state) {
    (void)state;
    struct config *c = must_load(whole, NULL, 0);
    check_whole(c);
    const struct config_instrument *eurusd = config_instrument_find(c, "EURUSD");
    assert_int_equal(eurusd->base.tick.e8, e8("0.00001"));
    assert_int_equal(eurusd->base.multiplier.e8, e8("100000"));
    assert_int_equal(eurusd->base.min_stop_distance.e8, e8("0.0005"));
    const struct config_instrument *gold = config_instrument_find(c, "GOLD");
    assert_string_equal(gold->base.symbol, "GOLD");
    assert_int_equal(gold->base.multiplier.e8, e8("100"));
    assert_int_equal(gold->base.step.e8, e8("0.1"));
    const struct config_instrument *option = config_instrument_find(c, "BRK.B");
    assert_string_equal(option->right, "put");
    assert_string_equal(option->base.currency, "USD");
    assert_int_equal(option->base.min_quantity.e8, PAWL_E8);
    assert_int_equal(option->strike.e8, 400 * PAWL_E8);
    assert_int_equal(c->feeds[0].stamp, CONFIG_STAMP_CLOSE);
    assert_int_equal(c->feeds[0].scale.e8, e8("0.0001"));
    assert_string_equal(c->feeds[1].broker, "paper");
    assert_int_equal(c->schedule[0].every_ns, 3600 * PAWL_NS);
    assert_int_equal(c->schedule[0].count, 3);
    assert_int_equal(c->schedule[1].every_ns, 0);
    assert_int_equal(c->schedule[1].count, 1);
    assert_int_equal(c->schedule[1].start_ns, INT64_C(1767348000500000000));
    const struct config_profile *ladder = config_profile_find(c, "ladder");
    assert_string_equal(ladder->holder[CONFIG_GROW], CONFIG_OPENER);
    assert_string_equal(ladder->holder[CONFIG_STOP], "second");
    assert_string_equal(ladder->holder[CONFIG_TARGETS], CONFIG_KEEPER);
    assert_int_equal(c->risk.message_reserve, 4);
    assert_int_equal(c->risk.open_lots_max, 100);
    assert_int_equal(c->risk.quote_stale_ns, 10 * PAWL_NS);
    assert_int_equal(c->risk.restricted_count, 2);
    assert_string_equal(c->risk.restricted[1], "AMC");
    assert_string_equal(c->rules.disabled[0], "one");
    config_free(c);
}

static void an_empty_configuration_is_all_defaults(void **state) {
    (void)state;
    setenv("STATE_DIRECTORY", "/var/lib/pawl:/other", 1);
    struct config *c = must_load("{}", NULL, 0);
    unsetenv("STATE_DIRECTORY");
    assert_string_equal(c->host.instance, "pawl");
    assert_in_range(c->host.instance_id, 1, 32767);
    assert_string_equal(c->host.data_dir, "/var/lib/pawl");
    assert_int_equal(c->host.durability, CONFIG_DURABILITY_FULL);
    assert_int_equal(c->host.executor.foreign, CONFIG_FOREIGN_HALT_SYMBOL);
    assert_int_equal(c->risk.collar_pct.e8, e8("0.02"));
    assert_int_equal(c->risk.message_reserve, 10);
    assert_int_equal(c->risk.allow_short, 1);
    config_free(c);
}

static void overrides_win_and_are_checked_like_the_rest(void **state) {
    (void)state;
    const char *sets[] = {"risk.collar_pct=0.03",
                          "plugins.second.options.x=\"7\"",
                          "plugins[0].options.personality=ideal",
                          "host.log.level=warn",
                          "instruments[\"BRK.B\"].tick=0.05",
                          "host.data_dir=here",
                          "accounts.main.leverage=20"};
    struct config *c = must_load(whole, sets, 7);
    assert_int_equal(c->risk.collar_pct.e8, e8("0.03"));
    assert_int_equal(c->host.log_level, PAWL_LOG_WARN);
    assert_int_equal(config_instrument_find(c, "BRK.B")->base.tick.e8, e8("0.05"));
    assert_string_equal(c->host.data_dir, "here"); /* as typed, not below the file's folder */
    assert_int_equal(c->accounts[0].leverage.e8, 20 * PAWL_E8);
    assert_string_equal(config_file_of(c, "plugins[2].options.x"), "--set");
    assert_string_equal(config_file_of(c, "plugins[1].name"), c->file);
    static const struct pawl_option none[] = {{.name = NULL}};
    memset(&errors, 0, sizeof errors);
    char room[8];
    assert_int_equal(config_plugin_options(c, 2, none, 0, room, &errors), PAWL_E_CONFIG);
    assert_string_equal(errors.line[0],
                        "--set: plugins[2].options.x: unknown key; none is known here");
    config_free(c);
}

static void overrides_that_fit_nothing_are_refused(void **state) {
    (void)state;
    const struct {
        const char *set, *fault;
    } cases[] = {
        {"risk.open_lots_max", "--set: must read PATH=VALUE"},
        {"=5", "--set: must read PATH=VALUE"},
        {"a..b=5", "--set: a..b: is no path; it reads as a.b.c, plugins[0] or "
                   "plugins.NAME.options.x"},
        {"plugins[9].name=x", "--set: plugins[9].name: there is no element 9; there are 4"},
        {"plugins.pyramid.options.x=1",
         "--set: plugins.pyramid.options.x: nothing is named \"pyramid\" here; there are: paper, "
         "linked, second, mine"},
        {"plugins[0].name.x=1",
         "--set: plugins[0].name.x: there is a value on the way, not an object"},
        {"host[0]=1", "--set: host[0]: there is an object where a list is meant"},
        {"include=x", "--set: include: cannot be overridden"},
        {"risk.collar_pct=2", "--set: risk.collar_pct: must be above 0 and below 1, "
                              "not 2"},
        {"risk.collar_pct=\xff\xff", "--set: risk.collar_pct: the value is not valid UTF-8"},
        {"risk.colar_pct=0.1", "--set: risk.colar_pct: unknown key; did you mean \"collar_pct\"?"},
        {"a.b.c.d.e.f.g.h.i.j.k.l.m=1", "--set: a.b.c.d.e.f.g.h.i.j.k.l.m: is too deep"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        must_fail(whole, &cases[i].set, 1, cases[i].fault);
}

static void included_files_are_merged_in_the_order_of_their_names(void **state) {
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s/more", folder);
    mkdir(path, 0700);
    write_file("more/20-risk.json", "{\"risk\": {\"open_lots_max\": 7}}");
    write_file("more/10-account.json", "{\"accounts\": {\"b\": {\"broker\": \"paper\"}}}");
    write_file("more/.hidden.json", "nonsense");
    write_file("more/readme.txt", "nonsense");
    struct config *c = must_load("{\"include\": \"more/\", \"plugins\": [{\"name\": \"paper\"}],"
                                 " \"accounts\": {\"a\": {\"broker\": \"paper\"}}}",
                                 NULL, 0);
    assert_int_equal(c->account_count, 2);
    assert_string_equal(c->accounts[1].name, "b");
    assert_int_equal(c->risk.open_lots_max, 7);
    snprintf(path, sizeof path, "%s/more/20-risk.json", folder);
    assert_string_equal(config_file_of(c, "risk.open_lots_max"), path);
    config_free(c);
}

static void the_shipped_table_is_complete(void **state) {
    (void)state;
    struct config *c = must_load(
        "{\"plugins\": [{\"name\": \"paper\"}], \"accounts\": {\"a\": {\"broker\": \"paper\"}},"
        " \"instruments\": {\"EURUSD\": {}, \"GBPUSD\": {}, \"AUDUSD\": {}, \"NZDUSD\": {},"
        " \"USDCAD\": {}, \"USDJPY\": {}, \"EURJPY\": {}, \"GBPJPY\": {}, \"AUDJPY\": {},"
        " \"XAUUSD\": {}, \"SPY\": {}, \"FILUSDT\": {}, \"BTCUSDT\": {}, \"ETHUSDT\": {}}}",
        NULL, 0);
    for (uint32_t i = 0; i < c->instrument_count; i++) {
        const struct pawl_instrument *b = &c->instruments[i].base;
        assert_true(b->tick.e8 > 0 && b->step.e8 > 0 && b->multiplier.e8 > 0);
        assert_true(b->class_[0] != '\0' && b->currency[0] != '\0' && b->sector[0] != '\0');
        if (b->pip_size.e8 == 0) continue;
        assert_true(b->min_stop_distance.e8 > 0);
        int64_t pip_money; /* of one lot, in the price currency */
        assert_int_equal(pawl_mul_e8(b->pip_size.e8, b->multiplier.e8, PAWL_ROUND_EVEN, &pip_money),
                         PAWL_OK);
        if (strcmp(b->currency, "USD") == 0)
            assert_int_equal(pip_money, b->pip_value_per_std_lot.e8);
        assert_int_equal(c->instruments[i].pip_value_fallback, strcmp(b->currency, "USD") != 0);
    }
    assert_int_equal(c->instrument_count, 14);
    assert_int_equal(config_instrument_find(c, "USDJPY")->base.pip_value_per_std_lot.e8, e8("9.1"));
    config_free(c);
}

static void what_is_inherited_follows_what_is_said(void **state) {
    (void)state;
    struct config *c = must_load(
        "{\"plugins\": [{\"name\": \"paper\"}], \"accounts\": {\"a\": {\"broker\": \"paper\"}},"
        " \"instruments\": {\"EURUSD\": {\"multiplier\": 1, \"step\": 1000},"
        "   \"MICRO\": {\"inherit\": \"EURUSD\", \"multiplier\": 1000, \"pip_size\": \"0.00001\"},"
        "   \"GOLD\": {\"inherit\": \"XAUUSD\", \"pip_value_per_std_lot\": 5}}}",
        NULL, 0);
    const struct pawl_instrument *units = &config_instrument_find(c, "EURUSD")->base;
    assert_int_equal(units->min_quantity.e8, 1000 * PAWL_E8);
    assert_int_equal(units->pip_value_per_std_lot.e8, e8("0.0001"));
    assert_int_equal(config_instrument_find(c, "MICRO")->base.pip_value_per_std_lot.e8, e8("0.01"));
    assert_int_equal(config_instrument_find(c, "GOLD")->base.pip_value_per_std_lot.e8, e8("5"));
    config_free(c);
}

static void names_of_things_shipped_follow_the_environment(void **state) {
    (void)state;
    char path[256];
    setenv("PAWL_PLUGINS", "/somewhere", 1);
    place_plugins(path, sizeof path);
    assert_string_equal(path, "/somewhere");
    unsetenv("PAWL_PLUGINS");
    setenv("PAWL_PLUGINS", "", 1);
    place_plugins(path, 2); /* too small: nothing rather than a part */
    assert_int_equal(strlen(path) <= 1, 1);
    unsetenv("PAWL_PLUGINS");
}

static void files_that_cannot_be_read_are_named(void **state) {
    (void)state;
    struct config *config = NULL;
    memset(&errors, 0, sizeof errors);
    assert_int_equal(config_load("/nonexistent/pawl.json", NULL, 0, &config, &errors),
                     PAWL_E_CONFIG);
    assert_string_equal(errors.line[0], "/nonexistent/pawl.json: no such file");
    memset(&errors, 0, sizeof errors);
    assert_int_equal(config_load("/tmp", NULL, 0, &config, &errors), PAWL_E_CONFIG);
    assert_string_equal(errors.line[0], "/tmp: cannot be read: Is a directory");
    must_fail("", NULL, 0, "pawl.json: is empty");
    must_fail("[]", NULL, 0, "pawl.json: must be an object");
    must_fail("{\n \"host\": {},\n \"host\": {}}", NULL, 0,
              "pawl.json:3: duplicate object key near '\"host\"'");
    must_fail("{\n\n  \"host\": {", NULL, 0,
              "pawl.json:3: string or '}' expected near end of file");
}

static void more_faults_than_fit_are_counted(void **state) {
    (void)state;
    static char text[64 * 1024];
    size_t at =
        (size_t)snprintf(text, sizeof text, "{\"plugins\": [{\"name\": \"a\"}], \"risk\": {");
    for (int i = 0; i < 250; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s\"no_such_key_%d\": 1",
                               i > 0 ? "," : "", i);
    snprintf(text + at, sizeof text - at, "}}");
    struct config *config = NULL;
    write_file("pawl.json", text);
    assert_int_equal(load(NULL, 0, &config, &errors), PAWL_E_CONFIG);
    assert_string_equal(config->plugins[0].name, "a"); /* its options can still be checked */
    config_free(config);
    assert_int_equal(errors.count, 250);
    assert_int_equal(config_errors_lines(&errors), CONFIG_ERRORS_MAX);
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);
    config_errors_print(&errors, out);
    fclose(out);
    assert_non_null(strstr(printed, "\nand 150 more\n"));
    free(printed);
}

static void every_failed_allocation_is_clean(void **state) {
    (void)state;
    write_file("pawl.json", whole);
    for (uint64_t n = 1, done = 0; !done; n++) {
        struct config *config = NULL;
        const char *sets[] = {"risk.collar_pct=0.03", "plugins.second.options.x=\"a long text\""};
        mem_fail_at(n, true); /* this one and all after it */
        int rc = load(sets, 2, &config, &errors);
        mem_fail_at(n, false); /* this one alone */
        if (rc == PAWL_E_NOMEM) rc = load(sets, 2, &config, &errors);
        done = mem_fail_count() < n;
        mem_fail_at(0, false);
        assert_int_equal(errors.count, 0);
        assert_int_equal(rc, done ? PAWL_OK : PAWL_E_NOMEM);
        if (done) check_whole(config);
        config_free(config);
        if (done) print_message("%llu allocations\n", (unsigned long long)n - 1);
        assert_true(!done || n > 1000);
    }
}

/* ---- tests/config_invalid ---- */

static void compare_with(const char *name) {
    char expected[16384], found[16384], line[1024], *sets[16];
    uint32_t set_count = 0;
    FILE *in = fopen("sets", "r");
    while (in != NULL && set_count < 16 && fgets(line, sizeof line, in) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        sets[set_count++] = strdup(line);
    }
    if (in != NULL) fclose(in);
    memset(&errors, 0, sizeof errors);
    struct config *config = NULL;
    int rc = config_load("pawl.json", (const char *const *)sets, set_count, &config, &errors);
    config_free(config);
    for (uint32_t i = 0; i < set_count; i++) free(sets[i]);
    size_t size = 0;
    in = fopen("errors", "r");
    if (in != NULL) {
        size = fread(expected, 1, sizeof expected - 1, in);
        fclose(in);
    }
    expected[size] = '\0';
    FILE *out = fmemopen(found, sizeof found, "w");
    config_errors_print(&errors, out);
    fclose(out);
    if (rc != PAWL_E_CONFIG || strcmp(expected, found) != 0)
        fail_msg("%s: result %d, expected\n%sfound\n%s", name, rc, expected, found);
}

static void invalid_configurations_say_exactly_what_is_wrong(void **state) {
    (void)state;
    char root[1024], back[1024], path[2048];
    const char *source = getenv("PAWL_SOURCE");
    assert_non_null(source);
    assert_non_null(getcwd(back, sizeof back));
    snprintf(root, sizeof root, "%s/tests/config_invalid", source);
    setenv("PAWL_PLUGINS", "/plugins", 1);
    setenv("PAWL_INSTRUMENTS", "../../../config/instruments.json", 1);
    DIR *dir = opendir(root);
    assert_non_null(dir);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", root, entry->d_name);
        if (entry->d_name[0] == '.' || chdir(path) != 0) continue;
        compare_with(entry->d_name);
        count++;
    }
    closedir(dir);
    assert_int_equal(chdir(back), 0);
    unsetenv("PAWL_PLUGINS");
    assert_true(count >= 25);
}

static int set_up(void **state) {
    (void)state;
    char path[1024];
    const char *source = getenv("PAWL_SOURCE");
    if (source == NULL) return -1;
    snprintf(path, sizeof path, "%s/config/instruments.json", source);
    setenv("PAWL_INSTRUMENTS", path, 1);
    unsetenv("STATE_DIRECTORY");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int tear_down(void **state) {
    (void)state;
    char command[256];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_configuration_comes_out_as_written),
        cmocka_unit_test(an_empty_configuration_is_all_defaults),
        cmocka_unit_test(overrides_win_and_are_checked_like_the_rest),
        cmocka_unit_test(overrides_that_fit_nothing_are_refused),
        cmocka_unit_test(included_files_are_merged_in_the_order_of_their_names),
        cmocka_unit_test(the_shipped_table_is_complete),
        cmocka_unit_test(what_is_inherited_follows_what_is_said),
        cmocka_unit_test(names_of_things_shipped_follow_the_environment),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
        cmocka_unit_test(more_faults_than_fit_are_counted),
        cmocka_unit_test(every_failed_allocation_is_clean),
        cmocka_unit_test(invalid_configurations_say_exactly_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
