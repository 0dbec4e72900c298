/* pawl doctor: is this machine, this configuration and this data folder fit to run? */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/plural.h"
#include "cli/cli.h"
#include "cli/remote.h"
#include "cli/words.h"
#include "config/secret.h"
#include "control/lock.h"
#include "run/folder.h"

#define DISK_FAIL_BYTES 100e6
#define DISK_WARN_BYTES 1e9
#define CLOCK_ERROR_WARN_US 1000000
#define FILES_WARN 1024u
#define ASK_MS 5000

enum result { OK = 0, WARN, FAIL };

struct doctor {
    bool json;
    uint32_t lines, worst;
};

static void say(struct doctor *doctor, enum result result, const char *check, const char *format,
                ...) PAWL_PRINTF(4, 5);
static void say(struct doctor *doctor, enum result result, const char *check, const char *format,
                ...) {
    static const char *const words[] = {"ok", "warn", "fail"};
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (result > (enum result)doctor->worst) doctor->worst = result;
    if (!doctor->json) {
        printf("%-5s %-14s %s\n", words[result], check, text);
        return;
    }
    printf("%s{\"result\":\"%s\",\"check\":\"%s\",\"text\":", doctor->lines++ > 0 ? "," : "",
           words[result], check);
    cli_json_text(text, stdout);
    printf("}");
}

/* ---- the machine ---- */

static void check_clock(struct doctor *doctor) {
    struct timex clock = {.modes = 0};
    int state = adjtimex(&clock);
    if (state < 0)
        say(doctor, WARN, "clock", "cannot be asked: %s", strerror(errno));
    else if (state == TIME_ERROR || (clock.status & STA_UNSYNC) != 0)
        say(doctor, WARN, "clock",
            "is not kept by a time service; venues refuse requests whose "
            "time is seconds off");
    else if (clock.maxerror > CLOCK_ERROR_WARN_US)
        say(doctor, WARN, "clock", "may be %.1f s off", (double)clock.maxerror / 1e6);
    else
        say(doctor, OK, "clock", "is kept by a time service, at most %.3f s off",
            (double)clock.maxerror / 1e6);
}

static void check_limits(struct doctor *doctor) {
    struct rlimit files, core;
    getrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_CORE, &core);
    say(doctor, files.rlim_cur < FILES_WARN ? WARN : OK, "open files",
        files.rlim_cur < FILES_WARN ? "at most %llu may be open: ulimit -n, or LimitNOFILE="
                                    : "at most %llu may be open",
        (unsigned long long)files.rlim_cur);
    if (core.rlim_cur > 0)
        say(doctor, WARN, "core dumps",
            "are written: they hold orders and positions (not keys): ulimit -c 0, or LimitCORE=0");
    else
        say(doctor, OK, "core dumps", "are off");
    if (geteuid() == 0)
        say(doctor, WARN, "user", "is root: an ordinary user is enough");
    else
        say(doctor, OK, "user", "is an ordinary one (uid %u)", (unsigned)geteuid());
}

/* ---- the data folder ---- */

static void check_disk(struct doctor *doctor, const char *folder) {
    struct statvfs disk;
    char free_text[WORD_MAX], total[WORD_MAX];
    char path[CONFIG_PATH_MAX + 1];
    snprintf(path, sizeof path, "%s", folder);
    while (statvfs(path, &disk) != 0) { /* what is there of the way to it */
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            snprintf(path, sizeof path, ".");
        else if (slash == path)
            path[1] = '\0';
        else
            *slash = '\0';
        if (slash == path || strcmp(path, ".") == 0) {
            if (statvfs(path, &disk) == 0) break;
            say(doctor, FAIL, "disk", "%s: %s", path, strerror(errno));
            return;
        }
    }
    double left = (double)disk.f_bavail * (double)disk.f_frsize;
    enum result result = left < DISK_FAIL_BYTES ? FAIL : left < DISK_WARN_BYTES ? WARN : OK;
    say(doctor, result, "disk", "%s: %s free of %s", path, word_bytes(left, free_text),
        word_bytes((double)disk.f_blocks * (double)disk.f_frsize, total));
}

static bool check_folder(struct doctor *doctor, const char *folder) {
    struct stat st;
    if (stat(folder, &st) != 0) {
        say(doctor, errno == ENOENT ? OK : FAIL, "data folder", "%s: %s", folder,
            errno == ENOENT ? "will be made at the first start" : strerror(errno));
        return false;
    }
    if (!S_ISDIR(st.st_mode))
        say(doctor, FAIL, "data folder", "%s: is no folder", folder);
    else if (access(folder, R_OK | W_OK | X_OK) != 0)
        say(doctor, FAIL, "data folder", "%s: %s", folder, strerror(errno));
    else if ((st.st_mode & 077) != 0)
        say(doctor, WARN, "data folder", "%s: others may look into it (mode %03o): chmod 700",
            folder, (unsigned)(st.st_mode & 0777));
    else
        say(doctor, OK, "data folder", "%s: ours alone", folder);
    return S_ISDIR(st.st_mode);
}

/* A host is started on a copy: everything the real start would read is read, and nothing of the
 * original is touched. */
static void check_database(struct doctor *doctor, struct session *session, const char *folder) {
    char copy[DISK_PATH_MAX + 1] = "", path[CONFIG_PATH_MAX + 16];
    struct pawl_err err = {0};
    struct host *host = NULL;
    struct stat st;
    snprintf(path, sizeof path, "%s/pawl.db", folder);
    if (stat(path, &st) != 0) {
        say(doctor, OK, "database", "%s: there is none yet", path);
        return;
    }
    int rc = folder_for_run(NULL, copy, sizeof copy, &err);
    if (rc == PAWL_OK) rc = folder_copy(folder, copy, &err);
    if (rc != PAWL_OK)
        say(doctor, WARN, "database", "%s: cannot be looked at: %s", path, err.text);
    else {
        struct host_options options = {.config = session->config,
                                       .plugins = session->plugins,
                                       .data_dir = copy,
                                       .disk = session->disk,
                                       .durability = STORE_NONE,
                                       .instant = true};
        rc = host_start(&options, &host, &err);
        if (rc == PAWL_OK)
            say(doctor, OK, "database", "%s: every row is whole; %u open lot%s, start %u",
                path, host->book.open_lots, plural(host->book.open_lots), host->book.boot);
        else
            say(doctor, FAIL, "database", "%s", err.text);
    }
    host_abandon(host);
    if (copy[0] != '\0') folder_remove(copy);
}

/* ---- secrets ---- */

static void check_secret(struct doctor *doctor, const struct config_secret *one, const char *dir) {
    struct secret *secret = NULL;
    struct pawl_err err = {0};
    if (secret_read(one->reference, dir, &secret, &err) != PAWL_OK)
        say(doctor, FAIL, "secret", "%s: %s", one->name, err.text);
    else if (strncmp(one->reference, "env:", 4) == 0)
        say(doctor, WARN, "secret",
            "%s: %s is there, but the environment is seen by children and in "
            "/proc: a file or a credential is safer",
            one->name, one->reference);
    else
        say(doctor, OK, "secret", "%s: %s can be read", one->name, one->reference);
    secret_free(secret);
}

/* ---- a host that runs ---- */

static void show_brokers(struct doctor *doctor, const json_t *status) {
    const json_t *broker;
    size_t i;
    const json_t *store = json_object_get(status, "store");
    bool whole = json_is_true(json_object_get(store, "ok"));
    say(doctor, whole ? OK : FAIL, "database", "%s%s",
        whole ? "the host writes it" : "FAILED: ", remote_text(store, "error"));
    json_array_foreach(json_object_get(status, "brokers"), i, broker) {
        bool ready = strcmp(remote_text(broker, "link"), "ready") == 0;
        say(doctor, ready ? OK : FAIL, "broker", "%s: %s", remote_text(broker, "name"),
            remote_text(broker, "link"));
    }
}

/* True = a host runs on this folder. */
static bool check_running(struct doctor *doctor, const struct config_host *host) {
    struct pawl_err err = {0};
    struct client *client = NULL;
    json_t *answer = NULL, *request = json_pack("{s:i, s:s}", "id", 1, "do", "status");
    int64_t pid = lock_holder(host->data_dir);
    if (pid == 0) {
        say(doctor, OK, "host", "none is running on this data folder; brokers were not asked");
    } else if (client_open(host->control_socket, ASK_MS, &client, &err) != PAWL_OK ||
               client_ask(client, request, &answer, &err) != PAWL_OK) {
        say(doctor, FAIL, "host", "pid %lld runs and does not answer: %s", (long long)pid,
            err.text);
    } else {
        say(doctor, OK, "host", "pid %lld runs and answers at %s", (long long)pid,
            host->control_socket);
        show_brokers(doctor, answer);
    }
    client_close(client);
    json_decref(answer);
    json_decref(request);
    return pid != 0;
}

/* ---- all of it ---- */

static void check_parts(struct doctor *doctor, struct session *session) {
    const struct config_host *host = &session->config->host;
    struct pawl_err err = {0};
    say(doctor, OK, "configuration", "%s: valid; plugins that load: %u", session->config->file,
        session->config->plugin_count);
    if (session_try(session, &err) == PAWL_OK)
        say(doctor, OK, "start", "a host starts with it, rules included");
    else
        say(doctor, FAIL, "start", "%s", err.text);
    for (uint32_t i = 0; i < session->config->secret_count; i++)
        check_secret(doctor, &session->config->secrets[i], session->config->dir);
    check_disk(doctor, host->data_dir);
    bool there = check_folder(doctor, host->data_dir);
    if (!check_running(doctor, host) && there) check_database(doctor, session, host->data_dir);
    if (strlen(host->control_socket) > 107)
        say(doctor, FAIL, "control socket", "set host.control_socket: %s is longer than 107 bytes",
            host->control_socket);
}

static int run(const struct args *args) {
    struct doctor doctor = {.json = arg_given(args, ARG_JSON)};
    struct session *session = NULL;
    struct config_errors *errors = mem_calloc(1, sizeof *errors);
    if (errors == NULL) return CLI_FAILED;
    if (doctor.json) printf("{\"checks\":[");
    check_clock(&doctor);
    check_limits(&doctor);
    int rc = session_open(args->config, args->sets, args->set_count, -1, &session, errors);
    for (uint32_t i = 0; rc != PAWL_OK && i < config_errors_lines(errors); i++)
        say(&doctor, FAIL, "configuration", "%s", errors->line[i]);
    if (rc == PAWL_OK) check_parts(&doctor, session);
    if (doctor.json) printf("],\"ok\":%s}\n", doctor.worst == FAIL ? "false" : "true");
    session_close(session);
    mem_free(errors);
    return rc != PAWL_OK ? cli_exit_of(rc) : doctor.worst == FAIL ? CLI_FAILED : CLI_DONE;
}

const struct command command_doctor = {
    .name = "doctor",
    .summary = "is this machine, configuration and data folder fit to run?",
    .synopsis = "-c FILE [--set PATH=VALUE]... [--json]",
    .about = "One line a check: ok, warn or fail. The clock, limits, the user, the configuration\n"
             "with its plugins and rules, secrets, disk, data folder and database (a host is\n"
             "started on a copy of it: nothing is changed), and, where a host runs, whether it\n"
             "answers and its brokers are ready. Exit code 1: something failed; 3: the\n"
             "configuration is invalid.\n",
    .takes = ARG_EVERYWHERE | ARG_BIT(ARG_CONFIG),
    .needs = ARG_BIT(ARG_CONFIG),
    .run = run};
