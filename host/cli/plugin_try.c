#include "cli/plugin_try.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cli/plugin_events.h"
#include "config/place.h"
#include "events/codec.h"
#include "events/reflect.h"
#include "reload/reload.h"
#include "run/folder.h"
#include "run/session.h"

#define START_NS (INT64_C(1767600000) * PAWL_NS) /* a Monday, 08:00 UTC */
#define RESTART_EVERY 400u
#define RELOAD_EVERY 500u
#define TIMERS_AT_ONCE_MAX 20000u /* without time going on: it would go on for ever */
#define TOLD_MAX 8u

struct trial_run {
    struct plugin_try *try;
    struct session *session;
    struct host *host;
    char folder[CONFIG_PATH_MAX + 16];
    char file[CONFIG_PATH_MAX + 32];
    struct plugin_events events;
    int64_t now_ns;
    uint64_t turns;
    struct hash hash; /* of the whole trace, over restarts */
    uint32_t told;
    bool judge; /* the first of two runs tells what it sees */
};

static void tell(struct trial_run *run, const char *text) {
    if (run->judge && run->told++ < TOLD_MAX) run->try->fault(run->try->arg, text);
}

/* ---- the configuration it is tried with ---- */

static bool is(const struct trial_run *run, const char *name) {
    return strcmp(run->try->plugin->name, name) == 0;
}

static json_t *plugins(const struct trial_run *run) {
    json_t *list = json_array();
    if (run->try->plugin->kind != PAWL_PLUGIN_KIND_BROKER)
        json_array_append_new(list, json_pack("{s:s}", "name", "paper"));
    json_array_append_new(list, json_pack("{s:s, s:s}", "name", run->try->plugin->name, "so",
                                          run->try->path));
    if (!is(run, "linked")) json_array_append_new(list, json_pack("{s:s}", "name", "linked"));
    return list;
}

static json_t *configuration(const struct trial_run *run, const char *mode) {
    const char *broker =
        run->try->plugin->kind == PAWL_PLUGIN_KIND_BROKER ? run->try->plugin->name : "paper";
    json_t *instruments = json_object();
    for (uint32_t i = 0; i < PLUGIN_EVENTS_SYMBOLS; i++)
        json_object_set_new(instruments, plugin_events_symbols[i],
                            json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "account", "main",
                                      "class", "equity", "currency", "USD", "tick", "0.01", "step",
                                      "1", "min_quantity", "1", "multiplier", "1"));
    return json_pack("{s:{s:s}, s:o, s:{s:{s:s, s:s, s:s, s:s}}, s:o}", "host", "durability",
                     "none", "plugins", plugins(run), "accounts", "main", "broker", broker,
                     "currency", "USD", "balance", "1000000", "mode", mode, "instruments",
                     instruments);
}

static int write_configuration(struct trial_run *run, const char *mode, struct pawl_err *err) {
    json_t *object = configuration(run, mode);
    if (object == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    int rc = json_dump_file(object, run->file, JSON_INDENT(1));
    json_decref(object);
    return rc == 0 ? PAWL_OK
                   : pawl_fail(err, PAWL_E_IO, "%.180s: %s", run->file, strerror(errno));
}

/* ---- the host ---- */

static void on_trace(void *arg, const struct pawl_event *event, const char *line, size_t length) {
    struct trial_run *run = arg;
    const struct pawl_ev_alert *alert = (const void *)event;
    size_t name = strlen(run->try->plugin->name);
    hash_add(&run->hash, line, length);
    run->try->lots += run->judge && event->type == PAWL_EV_LOT_OPENED;
    run->try->fills += run->judge && event->type == PAWL_EV_FILL;
    if (event->type != PAWL_EV_ALERT || (strcmp(alert->what, "plugin_failed") != 0 &&
                                         strcmp(alert->what, "no_cookie") != 0))
        return;
    if (strncmp(alert->message, run->try->plugin->name, name) == 0 && alert->message[name] == ' ')
        tell(run, alert->message);
}

static void on_event(void *arg, const struct pawl_event *event) {
    struct trial_run *run = arg;
    const struct schema_event *type = reflect_event(event->type);
    char phase[96];
    snprintf(phase, sizeof phase, "%s, turn %llu", type == NULL ? "an event" : type->name,
             (unsigned long long)run->turns);
    run->try->phase(run->try->arg, phase);
}

static int start(struct trial_run *run, struct pawl_err *err) {
    const struct host_options options = {.config = run->session->config,
                                         .plugins = run->session->plugins,
                                         .data_dir = run->folder,
                                         .disk = run->session->disk,
                                         .durability = STORE_NONE,
                                         .instant = true,
                                         .trace = on_trace,
                                         .trace_lines = true,
                                         .trace_arg = run,
                                         .observe = on_event,
                                         .observe_arg = run};
    run->try->phase(run->try->arg, "create()");
    int rc = host_start(&options, &run->host, err);
    if (rc != PAWL_OK) return rc;
    run->try->phase(run->try->arg, "restored");
    return host_begin(run->host, run->now_ns, err);
}

static int open_session(struct trial_run *run, struct pawl_err *err) {
    struct config_errors *errors = mem_calloc(1, sizeof *errors);
    if (errors == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    run->try->phase(run->try->arg, "loading");
    int rc = session_open(run->file, run->try->sets, run->try->set_count, -1, &run->session,
                          errors);
    if (rc != PAWL_OK)
        pawl_fail(err, rc, "%.230s", errors->count > 0 ? errors->line[0] : pawl_rc_text(rc));
    mem_free(errors);
    return rc;
}

/* Every second time as a crash leaves it. In the second run its library is loaded anew, as when a
 * process starts again: what was kept in a global is gone, and the two runs differ. */
static int restart(struct trial_run *run, bool crash, struct pawl_err *err) {
    run->try->phase(run->try->arg, "destroy()");
    if (crash)
        host_abandon(run->host);
    else
        host_stop(run->host);
    run->host = NULL;
    int rc = PAWL_OK;
    if (!run->judge) {
        session_close(run->session);
        run->session = NULL;
        rc = open_session(run, err);
    }
    return rc == PAWL_OK ? start(run, err) : rc;
}

static int reload(struct trial_run *run) {
    const char *const renew[] = {run->try->plugin->name};
    const struct reload_request request = {.by = "check",
                                           .sets = run->try->sets,
                                           .set_count = run->try->set_count,
                                           .renew = renew,
                                           .renew_count = 1};
    struct reload_result *result = NULL;
    char text[CONFIG_ERROR_MAX + 64];
    run->try->phase(run->try->arg, "a reload");
    int rc = reload_run(run->host, run->session, &request, &result);
    if (rc != PAWL_OK) {
        snprintf(text, sizeof text, "a reload is refused: %s",
                 result != NULL && result->errors.count > 0 ? result->errors.line[0]
                                                            : pawl_rc_text(rc));
        tell(run, text);
    }
    reload_result_free(result);
    return rc == PAWL_E_NOMEM ? rc : PAWL_OK;
}

static int timers(struct trial_run *run, struct pawl_err *err) {
    int64_t due_ns = host_next_due(run->host);
    uint32_t fired = 0;
    for (; due_ns <= run->now_ns && fired < TIMERS_AT_ONCE_MAX; fired++) {
        run->turns++;
        host_timer(run->host, due_ns);
        due_ns = host_next_due(run->host);
    }
    if (fired == TIMERS_AT_ONCE_MAX)
        return pawl_fail(err, PAWL_E_BUSY, "timers are set so that they are always due");
    return PAWL_OK;
}

static int input(struct trial_run *run, struct pawl_err *err) {
    _Alignas(16) unsigned char buffer[PAWL_EVENT_SIZE_MAX];
    struct event_decode env;
    struct pawl_event *event = (void *)buffer;
    struct pawl_err not_one = {0};
    json_t *object = plugin_events_next(&run->events);
    if (object == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    host_decode_env(run->host, &env);
    env.now_ns = run->now_ns;
    int rc = event_from_json(object, &env, buffer, sizeof buffer, &not_one);
    json_decref(object);
    if (rc != PAWL_OK) return PAWL_OK; /* what the host takes from nobody */
    if (event->time_ns > run->now_ns) run->now_ns = event->time_ns;
    run->turns++;
    host_input(run->host, event, run->now_ns);
    return PAWL_OK;
}

static int play(struct trial_run *run, struct pawl_err *err) {
    int rc = PAWL_OK;
    for (uint32_t i = 1; rc == PAWL_OK && i <= PLUGIN_TRY_EVENTS; i++) {
        run->now_ns += plugin_events_wait(&run->events);
        rc = timers(run, err);
        if (rc == PAWL_OK) rc = input(run, err);
        if (rc == PAWL_OK && i % RESTART_EVERY == 0) {
            rc = restart(run, i / RESTART_EVERY % 2 == 1, err);
            run->try->restarts++;
        }
        if (rc == PAWL_OK && i % RELOAD_EVERY == 0) {
            rc = reload(run);
            run->try->reloads++;
        }
    }
    run->try->events = PLUGIN_TRY_EVENTS;
    run->try->turns = run->turns;
    return rc;
}

/* ---- twice ---- */

static void close_run(struct trial_run *run) {
    run->try->phase(run->try->arg, "destroy()");
    host_stop(run->host);
    run->host = NULL;
    session_close(run->session);
    run->session = NULL;
}

/* A broker says which kind of account it can have: one it refuses is tried as the other. */
static int begin(struct trial_run *run, struct pawl_err *err) {
    static const char *const modes[] = {"netting", "hedging"};
    uint32_t count = run->try->plugin->kind == PAWL_PLUGIN_KIND_BROKER ? 2 : 1;
    int rc = PAWL_E_STATE;
    for (uint32_t i = 0; rc != PAWL_OK && i < count; i++) {
        struct pawl_err why = {0};
        rc = write_configuration(run, modes[i], &why);
        if (rc == PAWL_OK) rc = open_session(run, &why);
        if (rc == PAWL_OK) rc = start(run, &why);
        if (rc == PAWL_OK) break;
        close_run(run);
        if (i + 1 == count) pawl_fail(err, rc, "%s", why.text);
    }
    return rc;
}

static int run_once(struct plugin_try *try, uint32_t number, uint64_t *ret_hash,
                    struct pawl_err *err) {
    struct trial_run *run = mem_calloc(1, sizeof *run);
    if (run == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    run->try = try;
    run->now_ns = START_NS;
    run->judge = number == 1;
    try->restarts = try->reloads = 0;
    hash_init(&run->hash, 0);
    plugin_events_init(&run->events, try->seed,
                       try->plugin->kind == PAWL_PLUGIN_KIND_STRATEGY ? try->plugin->name
                                                                      : "linked");
    snprintf(run->folder, sizeof run->folder, "%s/%u", try->folder, number);
    snprintf(run->file, sizeof run->file, "%s/pawl.json", run->folder);
    int rc = folder_make(run->folder, err);
    if (rc == PAWL_OK) rc = begin(run, err);
    if (rc == PAWL_OK) rc = play(run, err);
    close_run(run);
    *ret_hash = hash_value(&run->hash);
    mem_free(run);
    return rc;
}

int plugin_try(struct plugin_try *try, struct pawl_err *err) {
    uint64_t first, second;
    int rc = run_once(try, 1, &first, err);
    if (rc == PAWL_OK) rc = run_once(try, 2, &second, err);
    if (rc == PAWL_OK && first != second)
        try->fault(try->arg, "the same events led to something else the second time: it depends on "
                             "a clock, an address, chance, a global, or memory that was not set");
    return rc;
}
