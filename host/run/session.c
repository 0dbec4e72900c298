#include "run/session.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/tz.h"
#include "events/codec.h"
#include "events/reflect.h"
#include "feed/layout.h"
#include "run/folder.h"
#include "run/rules.h"

static int64_t wall_clock(void *arg) {
    struct timespec now;
    (void)arg;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * PAWL_NS + now.tv_nsec;
}

/* ---- plugins ---- */

/* Commands, reports and wakes are addressed; only the rest can be subscribed to. */
static bool event_known(void *arg, uint16_t type) {
    const struct schema_event *event = reflect_event(type);
    (void)arg;
    return event != NULL && (event->dir == SCHEMA_IN || event->dir == SCHEMA_STATE);
}

int session_loader(struct loader **ret, struct pawl_err *err) {
    const struct loader_known known = {.event = event_known, .service = service_known};
    /* For tests: what still points into a library that is gone shows at once. */
    const char *unmap = getenv("PAWL_TEST_UNMAP");
    return loader_new(NULL, unmap != NULL && unmap[0] == '1' ? LOADER_UNMAP : 0, &known, ret, err);
}

/* Adds a fault about one place of the configuration. */
void session_fault(const struct session *session, struct config_errors *errors, const char *format,
                   const char *name, const char *text) {
    char path[CONFIG_PATH_MAX + 1];
    snprintf(path, sizeof path, format, name);
    config_errors_add(errors, config_file_of(session->config, path), path, "%s", text);
}

/* An entry before this one has opened the same file: one reading of a configuration looks at each
 * file once, so that its entries have the same code also while somebody puts a new file there. */
static const struct library *opened_before(const struct session *session, uint32_t index) {
    const struct config_plugin *plugins = session->config->plugins;
    for (uint32_t i = 0; i < index; i++)
        if (session->libraries[i] != NULL && strcmp(plugins[i].so, plugins[index].so) == 0)
            return session->libraries[i];
    return NULL;
}

static int load_plugin(struct session *session, uint32_t index, struct config_errors *errors) {
    const struct config_plugin *entry = &session->config->plugins[index];
    const struct library *library = opened_before(session, index);
    struct config_errors *why = mem_calloc(1, sizeof *why);
    if (why == NULL) return PAWL_E_NOMEM;
    int rc = PAWL_OK;
    if (library != NULL)
        loader_hold(session->loader, library);
    else
        rc = loader_open(session->loader, entry->so, &library, why);
    if (rc != PAWL_OK) {
        char path[32], of[40];
        snprintf(path, sizeof path, "plugins[%u]", index);
        snprintf(of, sizeof of, "%s.so", path);
        config_errors_add(errors, config_file_of(session->config, of), path, "%s%s",
                          why->count > 0 ? why->line[0] : pawl_rc_text(rc),
                          rc == PAWL_E_NOTFOUND ? "; `pawl plugins` lists what there is" : "");
    } else
        session->plugins[index] = (session->libraries[index] = library)->plugin;
    mem_free(why);
    return rc == PAWL_E_NOMEM ? rc : PAWL_OK;
}

static int check_options(struct session *session, uint32_t index, struct config_errors *errors) {
    const struct pawl_plugin *plugin = session->plugins[index];
    void *options = mem_calloc(1, plugin->options_size > 0 ? plugin->options_size : 1);
    if (options == NULL) return PAWL_E_NOMEM;
    int rc = config_plugin_options(session->config, index, plugin->options, plugin->options_size,
                                   options, errors);
    session->aspects[index] =
        rc == PAWL_OK ? plugin_aspects(plugin, options)
                      : (struct pawl_aspects){.opens = 1, .takes = PAWL_ASPECTS_ALL}; /* or not */
    mem_free(options);
    return rc == PAWL_E_CONFIG ? PAWL_OK : rc; /* its faults are in *errors */
}

static int load_plugins(struct session *session, struct config_errors *errors) {
    int rc = PAWL_OK;
    for (uint32_t i = 0; rc == PAWL_OK && i < session->config->plugin_count; i++) {
        if (session->config->plugins[i].name[0] == '\0') continue; /* a fault that was told */
        rc = load_plugin(session, i, errors);
        if (rc == PAWL_OK && session->plugins[i] != NULL) rc = check_options(session, i, errors);
    }
    return rc;
}

/* NULL = not configured, or not loaded: that is told elsewhere. */
static const struct pawl_plugin *plugin_of(const struct session *session, const char *name) {
    uint32_t place = session_place(session, name);
    return place == 0 ? NULL : session->plugins[place - 1];
}

/* ---- what only the loaded plugins and the lower layers can tell ---- */

static void check_brokers(const struct session *session, struct config_errors *errors) {
    for (uint32_t i = 0; i < session->config->account_count; i++) {
        const struct config_account *account = &session->config->accounts[i];
        const struct pawl_plugin *plugin = plugin_of(session, account->broker);
        if (plugin != NULL && plugin->kind != PAWL_PLUGIN_KIND_BROKER)
            session_fault(session, errors, "accounts.%s.broker", account->name,
                  "names a plugin that is no broker");
    }
}

/* ---- entries of the schedule and of rules ---- */

static uint32_t find_instrument(void *self, const char *symbol) {
    const struct session *session = self;
    const struct config_instrument *in = config_instrument_find(session->config, symbol);
    return in == NULL ? 0 : (uint32_t)(in - session->config->instruments) + 1;
}

static uint32_t find_account(void *self, const char *name) {
    return config_account_find(((struct session *)self)->config, name) != NULL;
}

static uint32_t find_component(void *self, const char *name) {
    return session_place(self, name);
}

/* Only a strategy or service opens lots; of what did not load nothing is known. */
static uint32_t find_opener(void *self, const char *name) {
    const struct pawl_plugin *plugin = plugin_of(self, name);
    bool opens = plugin == NULL || plugin->kind != PAWL_PLUGIN_KIND_BROKER;
    return opens ? session_place(self, name) : 0;
}

/* The values of each entry, read as they will be when it is due. */
static void check_schedule(const struct session *session, struct config_errors *errors) {
    _Alignas(16) unsigned char entry[PAWL_EVENT_SIZE_MAX];
    const struct event_decode env = {.self = (void *)(uintptr_t)session,
                                     .instrument = find_instrument,
                                     .account = find_account,
                                     .component = find_component,
                                     .judge = session_judge_entry,
                                     .type = "entry",
                                     .now_ns = 1};
    for (uint32_t i = 0; i < session->config->schedule_count; i++) {
        struct pawl_err why = {0};
        char number[16], path[32];
        const json_t *object = session->config->schedule[i].entry;
        snprintf(number, sizeof number, "%u", i);
        snprintf(path, sizeof path, "schedule[%u]", i);
        if (config_errors_told(errors, path)) continue;
        if (event_from_json(object, &env, entry, sizeof entry, &why) != PAWL_OK) {
            session_fault(session, errors, "schedule[%s]", number, why.text);
            continue;
        }
        const struct pawl_plugin *via =
            plugin_of(session, json_string_value(json_object_get(object, "via")));
        if (via != NULL && via->kind != PAWL_PLUGIN_KIND_STRATEGY)
            session_fault(session, errors, "schedule[%s].entry.via", number,
                  "names a plugin that is no strategy");
    }
}

int session_rules(const struct session *session, struct config_errors *errors,
                  struct ruleset **ret) {
    const struct event_decode decode = {.self = (void *)(uintptr_t)session,
                                        .instrument = find_instrument,
                                        .account = find_account,
                                        .component = find_opener,
                                        .judge = session_judge_entry};
    return host_rules_load(session->config, &decode, errors, ret);
}

static void check_rules(const struct session *session, struct config_errors *errors) {
    struct ruleset *set = NULL;
    if (session_rules(session, errors, &set) == PAWL_OK) ruleset_free(set);
}

static void check_zones_and_feeds(const struct session *session, struct config_errors *errors) {
    for (uint32_t i = 0; i < session->config->account_count; i++) {
        struct pawl_err why = {0};
        struct tz *tz = NULL;
        const struct config_account *account = &session->config->accounts[i];
        if (account->reset_tz[0] != '\0' &&
            tz_new(account->reset_tz, NULL, &tz, &why) != PAWL_OK)
            session_fault(session, errors, "accounts.%s.reset_time", account->name, why.text);
        tz_free(tz);
    }
    for (uint32_t i = 0; i < session->config->feed_count; i++) {
        struct pawl_err why = {0};
        struct tz *tz = NULL;
        char number[16];
        const char *name = session->config->feeds[i].tz, *format = session->config->feeds[i].format;
        snprintf(number, sizeof number, "%u", i);
        if (name[0] != '\0' && tz_new(name, NULL, &tz, &why) != PAWL_OK)
            session_fault(session, errors, "feeds[%s].tz", number, why.text);
        tz_free(tz);
        if (format[0] != '\0' && !layout_format_known(format))
            session_fault(session, errors, "feeds[%s].format", number,
                          "no such format; docs/reference/data-files.md has their names");
    }
}

/* ---- opening ---- */

static int open_parts(struct session *session, int log_fd, struct pawl_err *err) {
    const struct config_host *host = &session->config->host;
    const struct log_options options = {.fd = log_fd,
                                        .level = (int)host->log_level,
                                        .json = host->log_format == CONFIG_LOG_JSON,
                                        .priority = log_is_journal(log_fd),
                                        .now_ns = wall_clock};
    int rc = log_fd < 0 ? PAWL_OK : log_new(&options, &session->log, err);
    if (rc == PAWL_OK) rc = disk_posix_new(&session->disk, err);
    if (rc == PAWL_OK) rc = session_loader(&session->loader, err);
    return rc;
}

/* The plugins, and what only they and the lower layers can tell; also of a configuration that has
 * faults already, as far as it could be read. */
static int check_all(struct session *session, bool faulty, struct config_errors *errors) {
    int rc = load_plugins(session, errors);
    if (rc != PAWL_OK) {
        config_errors_add(errors, NULL, NULL, "%s", pawl_rc_text(rc));
        return rc;
    }
    session->told = errors;
    check_brokers(session, errors);
    session_profiles(session, errors);
    check_schedule(session, errors);
    check_zones_and_feeds(session, errors);
    check_rules(session, errors);
    session->told = NULL;
    return faulty || errors->count > 0 ? PAWL_E_CONFIG : PAWL_OK;
}

static int fill(struct session *session, const char *file, const char *const *sets,
                uint32_t set_count, int log_fd, struct config_errors *errors) {
    struct pawl_err err = {0};
    int rc = config_load(file, sets, set_count, &session->config, errors);
    bool faulty = rc == PAWL_E_CONFIG && session->config != NULL; /* go on to tell the rest */
    if (rc != PAWL_OK && !faulty) return rc;
    rc = open_parts(session, log_fd, &err);
    if (rc != PAWL_OK) {
        config_errors_add(errors, NULL, NULL, "%s",
                          err.text[0] != '\0' ? err.text : pawl_rc_text(rc));
        return rc;
    }
    return check_all(session, faulty, errors);
}

int session_open(const char *file, const char *const *sets, uint32_t set_count, int log_fd,
                 struct session **ret, struct config_errors *errors) {
    struct session *session = mem_calloc(1, sizeof *session);
    int rc = session == NULL ? PAWL_E_NOMEM : fill(session, file, sets, set_count, log_fd, errors);
    if (rc != PAWL_OK) {
        if (errors->count == 0) config_errors_add(errors, file, NULL, "%s", pawl_rc_text(rc));
        session_close(session);
        return rc;
    }
    session->sets = sets;
    session->set_count = set_count;
    *ret = session;
    return PAWL_OK;
}

int session_read(const struct session *session, const char *file, const char *const *sets,
                 uint32_t set_count, struct session *ret, struct config_errors *errors) {
    *ret = (struct session){.loader = session->loader, .log = session->log, .disk = session->disk};
    int rc = config_load(file, sets, set_count, &ret->config, errors);
    bool faulty = rc == PAWL_E_CONFIG && ret->config != NULL;
    if (rc == PAWL_OK || faulty) rc = check_all(ret, faulty, errors);
    if (rc == PAWL_OK) return rc;
    if (errors->count == 0) config_errors_add(errors, file, NULL, "%s", pawl_rc_text(rc));
    session_drop(ret);
    return rc;
}

void session_drop(struct session *other) {
    for (uint32_t i = 0; i < HOST_PLUGINS_MAX; i++)
        loader_close(other->loader, other->libraries[i]);
    config_free(other->config);
    memset(other, 0, sizeof *other);
}

void session_close(struct session *session) {
    if (session == NULL) return;
    loader_free(session->loader);
    disk_free(session->disk);
    log_free(session->log);
    config_free(session->config);
    mem_free(session);
}

int session_try(struct session *session, struct pawl_err *err) {
    char folder[DISK_PATH_MAX + 1] = "";
    struct host *host = NULL;
    int rc = folder_for_run(NULL, folder, sizeof folder, err);
    struct host_options options = {.config = session->config,
                                   .plugins = session->plugins,
                                   .data_dir = folder,
                                   .disk = session->disk,
                                   .durability = STORE_NONE,
                                   .instant = true};
    if (rc == PAWL_OK) rc = host_start(&options, &host, err);
    if (rc == PAWL_OK) host_abandon(host);
    if (folder[0] != '\0') folder_remove(folder);
    return rc;
}
