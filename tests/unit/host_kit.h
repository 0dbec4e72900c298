/* host_kit.h - a whole host on a folder of its own, with the built plugins. */
#ifndef HOST_KIT_H
#define HOST_KIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "book/report.h"
#include "reload/reload.h"
#include "run/folder.h"

#define KIT_START (1700000000 * PAWL_NS)

struct kit {
    char folder[256], path[300];
    struct config_errors errors;
    struct session *session;
    struct host *host;
    uint64_t failed_alerts; /* told of a plugin */
    char last[512];         /* the last of them */
};

/* `more` are members of the configuration; %B in it is the build's folder, %F the host's. */
static inline void kit_fill(FILE *out, const struct kit *kit, const char *more) {
    for (; *more != '\0'; more++)
        if (more[0] == '%' && (more[1] == 'B' || more[1] == 'F'))
            fputs(*++more == 'B' ? getenv("PAWL_BUILD") : kit->folder, out);
        else
            fputc(*more, out);
}

static inline void kit_rules(const struct kit *kit, const char *text) {
    char path[320];
    snprintf(path, sizeof path, "%s/rules/r.lua", kit->folder);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static inline void kit_trace(void *arg, const struct pawl_event *event, const char *line,
                             size_t length) {
    struct kit *kit = arg;
    if (event->type != PAWL_EV_ALERT || strstr(line, "plugin_failed") == NULL) return;
    kit->failed_alerts++;
    snprintf(kit->last, sizeof kit->last, "%.*s", (int)length, line);
}

/* start_ns 0: the clock does not run yet. NULL = the build is not known. */
static inline struct kit *kit_open(const char *more, int64_t start_ns) {
    struct pawl_err err = {0};
    char rules[300];
    if (getenv("PAWL_BUILD") == NULL || getenv("PAWL_SOURCE") == NULL) return NULL;
    struct kit *kit = calloc(1, sizeof *kit);
    assert_non_null(kit);
    assert_int_equal(folder_for_run(NULL, kit->folder, sizeof kit->folder, &err), PAWL_OK);
    snprintf(rules, sizeof rules, "%s/rules", kit->folder);
    assert_int_equal(mkdir(rules, 0700), 0);
    snprintf(kit->path, sizeof kit->path, "%s/t.json", kit->folder);
    FILE *out = fopen(kit->path, "w");
    assert_non_null(out);
    kit_fill(out, kit, "{\"host\":{\"instance\":\"t\",\"plugin_dir\":\"%B/plugins\","
                       "\"instruments_file\":\"");
    fprintf(out, "%s/config/instruments.json\"},", getenv("PAWL_SOURCE"));
    kit_fill(out, kit, "\"accounts\":{\"main\":{\"broker\":\"paper\",\"balance\":\"100000\"}},"
                       "\"instruments\":{\"EURUSD\":{\"account\":\"main\"},"
                       "\"GBPUSD\":{\"account\":\"main\"}}");
    kit_fill(out, kit, more);
    fputs("}", out);
    fclose(out);
    if (session_open(kit->path, NULL, 0, -1, &kit->session, &kit->errors) != PAWL_OK)
        fail_msg("%s", kit->errors.line[0]);
    const struct host_options options = {.config = kit->session->config,
                                         .plugins = kit->session->plugins,
                                         .data_dir = kit->folder,
                                         .disk = kit->session->disk,
                                         .durability = STORE_NONE,
                                         .instant = true,
                                         .trace = kit_trace,
                                         .trace_lines = true,
                                         .trace_arg = kit,
                                         .start_ns = start_ns};
    if (host_start(&options, &kit->host, &err) != PAWL_OK) fail_msg("%s", err.text);
    return kit;
}

static inline void kit_close(struct kit *kit) {
    host_stop(kit->host);
    session_close(kit->session);
    folder_remove(kit->folder);
    free(kit);
}

static inline uint32_t kit_instrument(const struct kit *kit, const char *symbol) {
    return names_find(kit->host->names, NAME_INSTRUMENT, symbol);
}

static inline void kit_quote(struct kit *kit, const char *symbol, int64_t at_ns) {
    struct pawl_ev_quote ev;
    EVENT_INIT(ev, PAWL_EV_QUOTE);
    ev.instrument = kit_instrument(kit, symbol);
    ev.bid.e8 = 110000000;
    ev.ask.e8 = 110010000;
    host_input(kit->host, &ev.head, at_ns);
}

/* The result code; why it was refused is in kit->errors. */
static inline int kit_reload(struct kit *kit, const struct reload_request *request) {
    struct reload_result *result = NULL;
    int rc = reload_run(kit->host, kit->session, request, &result);
    assert_non_null(result);
    kit->errors = result->errors;
    reload_result_free(result);
    return rc;
}

static inline int kit_reload_set(struct kit *kit, const char *set, bool dry_run) {
    static const char *const renew[] = {"paper", "linked"};
    const struct reload_request request = {.by = "test", .sets = &set, .set_count = set != NULL,
                                           .renew = renew, .renew_count = 2, .dry_run = dry_run};
    return kit_reload(kit, &request);
}

#endif
