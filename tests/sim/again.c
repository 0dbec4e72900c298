/* The configuration and the plugins' code; reloads at random moments. What is made anew, and what
 * is refused, changes nothing that the other checks look at. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "reload/reload.h"
#include "sim.h"

static void make_sets(struct sim_run *run) {
    uint32_t count = run->plan->plugin_count;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t at = run->plan->plugins[i];
        snprintf(run->so[i], sizeof run->so[i], "plugins.%s.so=%s", sim_plugins[at],
                 run->code->path[at]);
        run->sets[i] = run->so[i];
    }
    run->session.sets = run->sets;
    run->session.set_count = count;
}

static void take(struct sim_run *run) {
    run->config = run->session.config;
    run->plugins = run->session.plugins;
}

bool sim_load(struct sim_run *run) {
    static struct config_errors errors; /* large */
    const struct session base = {.loader = run->code->loader};
    char path[32];
    size_t length = strlen(run->plan->config);
    run->config_fd = memfd_create("sim", MFD_CLOEXEC);
    if (run->config_fd < 0 ||
        write(run->config_fd, run->plan->config, length) != (ssize_t)length)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", run->config_fd);
    memset(&errors, 0, sizeof errors);
    make_sets(run);
    int rc = session_read(&base, path, run->sets, run->session.set_count, &run->session, &errors);
    make_sets(run);
    if (rc == PAWL_OK) {
        take(run);
        return true;
    }
    config_errors_print(&errors, stderr);
    sim_fail(run, "configuration", "%s", errors.count > 0 ? errors.line[0] : pawl_rc_text(rc));
    return false;
}

void sim_unload(struct sim_run *run) {
    session_drop(&run->session);
    close(run->config_fd);
}

/* ---- reloads ---- */

static void reload(struct sim_run *run, const struct reload_request *request, bool refused) {
    struct reload_result *result = NULL;
    int rc = reload_run(run->host, &run->session, request, &result);
    take(run);
    sim_say(run, "sim   a reload: %s", rc == PAWL_OK ? "done" : result->errors.line[0]);
    if (!sim_disks_dead(&run->disks) && refused != (rc != PAWL_OK))
        sim_fail(run, "reloads end as they should", "%s",
                 rc == PAWL_OK ? "one was not refused" : result->errors.line[0]);
    reload_result_free(result);
}

static void renew(struct sim_run *run, struct rng *rng) {
    const char *chosen[SIM_PLUGINS_MAX];
    struct reload_request request = {.by = "sim", .renew = chosen};
    for (uint32_t i = 0; i < run->plan->plugin_count; i++) {
        const char *name = sim_plugins[run->plan->plugins[i]];
        if (rng_chance(rng, 2, 3)) chosen[request.renew_count++] = name;
    }
    reload(run, &request, false);
}

static void change(struct sim_run *run, const char *set, bool refused) {
    static const char *const all[] = {"paper", "chaos"};
    const struct reload_request request = {.by = "sim", .sets = &set, .set_count = 1, .renew = all,
                                           .renew_count = refused ? 2 : 0};
    reload(run, &request, refused);
}

void sim_reload(struct sim_run *run) {
    struct rng *rng = &run->rng_reload;
    char set[64];
    switch (rng_below(rng, 10)) {
    case 0: change(run, "host.durability=none", true); break;
    case 1: change(run, "plugins.chaos.options.period=0ms", true); break;
    case 2:
        snprintf(set, sizeof set, "risk.open_lots_max=%" PRId64, rng_between(rng, 2, 40));
        change(run, set, false);
        break;
    case 3:
        snprintf(set, sizeof set, "host.executor.guard_grace=%" PRId64 "ms",
                 rng_between(rng, 100, 1500));
        change(run, set, false);
        break;
    default: renew(run, rng); break;
    }
}
