/* A reload in which each allocation fails in turn: it is refused, and what runs is what ran before
 * it, down to the ids of names; the next one is done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "book/report.h"
#include "reload/reload.h"
#include "run/folder.h"

#define ALLOCATIONS_MAX 20000u

static struct config_errors errors;
static char folder[256], path[300];
static struct session *session;
static struct host *host;

static const char text[] =
    "{\"host\":{\"instance\":\"t\",\"plugin_dir\":\"%s/plugins\",\"instruments_file\":\"%s/config/"
    "instruments.json\"},\"plugins\":[{\"name\":\"paper\"},{\"name\":\"linked\"}],"
    "\"accounts\":{\"main\":{\"broker\":\"paper\",\"balance\":\"100000\"}},"
    "\"schedule\":[{\"every\":\"1h\",\"entry\":{\"symbol\":\"EURUSD\",\"via\":\"linked\","
    "\"side\":\"BUY\",\"quantity\":\"1\"}}],\"instruments\":{\"EURUSD\":{\"account\":\"main\"}}}";

static int set_up(void **state) {
    const char *build = getenv("PAWL_BUILD"), *source = getenv("PAWL_SOURCE");
    struct pawl_err err = {0};
    (void)state;
    if (build == NULL || source == NULL) return 0;
    if (folder_for_run(NULL, folder, sizeof folder, &err) != PAWL_OK) return -1;
    snprintf(path, sizeof path, "%s/t.json", folder);
    FILE *file = fopen(path, "w");
    if (file == NULL) return -1;
    fprintf(file, text, build, source);
    fclose(file);
    if (session_open(path, NULL, 0, -1, &session, &errors) != PAWL_OK) {
        config_errors_print(&errors, stderr);
        return -1;
    }
    const struct host_options options = {.config = session->config,
                                         .plugins = session->plugins,
                                         .data_dir = folder,
                                         .disk = session->disk,
                                         .durability = STORE_NONE,
                                         .instant = true,
                                         .start_ns = 1700000000 * PAWL_NS};
    if (host_start(&options, &host, &err) == PAWL_OK) return 0;
    fprintf(stderr, "%s\n", err.text);
    return -1;
}

static int tear_down(void **state) {
    (void)state;
    host_stop(host);
    session_close(session);
    if (folder[0] != '\0') folder_remove(folder);
    return 0;
}

static void quote(const char *symbol) {
    struct pawl_ev_quote ev;
    EVENT_INIT(ev, PAWL_EV_QUOTE);
    ev.instrument = names_find(host->names, NAME_INSTRUMENT, symbol);
    ev.bid.e8 = 110000000;
    ev.ask.e8 = 110010000;
    host_input(host, &ev.head, host->bus->now_ns + PAWL_MS);
}

/* What a refused reload may not have touched. */
struct before {
    struct instance *instances[HOST_PLUGINS_MAX];
    const struct config *config;
    uint32_t instrument_count, instances_count, names[NAME_SPACES_], timers, lots;
    uint64_t generation;
};

static struct before look(void) {
    struct before now;
    memset(&now, 0, sizeof now);
    memcpy(now.instances, host->instances, sizeof now.instances);
    now.instances_count = host->instance_count;
    now.config = host->options.config;
    now.instrument_count = host->book.instrument_count;
    for (int space = 1; space < NAME_SPACES_; space++)
        now.names[space] = names_count(host->names, (enum name_space)space);
    now.timers = timers_count(host->book.timers);
    now.lots = host->book.open_lots;
    now.generation = host->reload.generation;
    return now;
}

static void expect_untouched(const struct before *before) {
    struct before now = look();
    assert_memory_equal(&now, before, sizeof now);
    assert_ptr_equal(session->config, before->config);
    assert_ptr_equal(host->exec.config, before->config);
    assert_ptr_equal(*host->services.calendars, host->calendars);
    for (uint32_t i = 0; i < host->instance_count; i++) {
        assert_ptr_equal(host->instances[i]->plugin, session->plugins[i]);
        assert_null(host->instances[i]->trial);
    }
    quote("EURUSD");
}

static const char *const renew[] = {"paper", "linked"};
static const char *const sets[] = {"instruments.GBPUSD.account=main", "risk.open_lots_max=7",
                                   "plugins.linked.options.reversal=false",
                                   "schedule=[]", "instruments.EURUSD.sector=x"};

/* True if it was done. */
static bool try_with(uint64_t nth, bool forever, uint64_t *ret_count) {
    const struct reload_request request = {.by = "test", .renew = renew, .renew_count = 2,
                                           .sets = sets, .set_count = 5};
    struct reload_result *result = NULL;
    struct before before = look();
    mem_fail_at(nth, forever);
    int rc = reload_run(host, session, &request, &result);
    *ret_count = mem_fail_count();
    mem_fail_at(0, false);
    if (rc != PAWL_OK) expect_untouched(&before);
    reload_result_free(result);
    return rc == PAWL_OK;
}

static void back(void) {
    const struct reload_request request = {.by = "test"};
    struct reload_result *result = NULL;
    assert_int_equal(reload_run(host, session, &request, &result), PAWL_OK);
    reload_result_free(result);
}

static void fail_each(bool forever) {
    uint32_t refused = 0;
    quote("EURUSD");
    for (uint64_t nth = 1; nth < ALLOCATIONS_MAX; nth++) {
        uint64_t count = 0;
        bool done = try_with(nth, forever, &count);
        refused += !done;
        if (!done) continue;
        assert_int_equal(session->config->risk.open_lots_max, 7);
        quote("GBPUSD");
        back();
        quote("EURUSD");
        if (count < nth) {
            printf("%llu allocations, %u refused\n", (unsigned long long)count, refused);
            assert_true(refused > 50);
            return;
        }
    }
    fail_msg("a reload takes too many allocations");
}

static void each_allocation_fails_once(void **state) {
    (void)state;
    if (host == NULL) skip();
    fail_each(false);
}

static void each_allocation_and_all_after_it_fail(void **state) {
    (void)state;
    if (host == NULL) skip();
    fail_each(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails_once),
        cmocka_unit_test(each_allocation_and_all_after_it_fail),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
