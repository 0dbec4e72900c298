#include "cli/plugin_check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cli/cli.h"
#include "cli/plugin_about.h"
#include "cli/plugin_names.h"
#include "cli/plugin_try.h"
#include "run/folder.h"

#define FINDINGS_MAX 64u
#define FINDING_TEXT_MAX 511u
#define ABOUT_MAX (256u * 1024u) /* bytes of the description */
#define SILENCE_MAX_NS (5 * PAWL_NS)
#define WHOLE_MAX_NS (120 * PAWL_NS)
#define POLL_MS 50
#define MEMORY_MAX (INT64_C(4) << 30)

/* What the process that looks leaves for the one that waits. */
struct report {
    atomic_uint_fast64_t beats; /* rises as long as it goes on */
    char phase[96];
    uint32_t finding_count, more;
    struct finding {
        bool is_fault;
        char text[FINDING_TEXT_MAX + 1];
    } findings[FINDINGS_MAX];
    bool taken, tried, done; /* done: it came to its end */
    char name[PAWL_NAME_MAX + 1], version[64];
    uint32_t kind, abi;
    uint64_t events, turns, lots, fills;
    uint32_t restarts, reloads;
    size_t about_length;
    char about[ABOUT_MAX];
};

static void find(struct report *report, bool is_fault, const char *text) {
    if (report->finding_count == FINDINGS_MAX) {
        report->more++;
        return;
    }
    for (uint32_t i = 0; i < report->finding_count; i++)
        if (strcmp(report->findings[i].text, text) == 0) return;
    struct finding *finding = &report->findings[report->finding_count];
    finding->is_fault = is_fault;
    snprintf(finding->text, sizeof finding->text, "%s", text);
    report->finding_count++;
}

static bool has_fault(const struct report *report) {
    for (uint32_t i = 0; i < report->finding_count; i++)
        if (report->findings[i].is_fault) return true;
    return false;
}

static void on_fault(void *arg, const char *text) {
    find(arg, true, text);
}

static void on_name(void *arg, bool is_fault, const char *text) {
    find(arg, is_fault, text);
}

static void on_phase(void *arg, const char *what) {
    struct report *report = arg;
    snprintf(report->phase, sizeof report->phase, "%s", what);
    atomic_fetch_add(&report->beats, 1);
}

/* ---- in the process that looks ---- */

static void describe(struct report *report, const struct pawl_plugin *plugin, bool json) {
    FILE *out = fmemopen(report->about, sizeof report->about, "w");
    report->taken = true;
    report->kind = plugin->kind;
    report->abi = plugin->abi;
    snprintf(report->name, sizeof report->name, "%s", plugin->name);
    snprintf(report->version, sizeof report->version, "%s", plugin->version);
    if (out == NULL) return;
    if (json)
        plugin_about_json(plugin, out);
    else
        plugin_about_text(plugin, out);
    long length = ftell(out);
    fclose(out);
    report->about_length = length > 0 && (size_t)length < sizeof report->about ? (size_t)length : 0;
}

static void try_it(struct report *report, const char *path, const struct pawl_plugin *plugin,
                   const struct plugin_check *how, const char *folder) {
    struct pawl_err err = {0};
    struct plugin_try try = {.path = path,
                             .plugin = plugin,
                             .folder = folder,
                             .seed = how->seed,
                             .sets = how->sets,
                             .set_count = how->set_count,
                             .phase = on_phase,
                             .fault = on_fault,
                             .arg = report};
    int rc = plugin_try(&try, &err);
    report->tried = rc == PAWL_OK;
    report->events = try.events;
    report->turns = try.turns;
    report->lots = try.lots;
    report->fills = try.fills;
    report->restarts = try.restarts;
    report->reloads = try.reloads;
    if (rc != PAWL_OK) find(report, true, err.text[0] != '\0' ? err.text : pawl_rc_text(rc));
}

/* The loader's line without the path it begins with. */
static const char *without_path(const char *line, const char *path) {
    size_t length = strlen(path);
    return strncmp(line, path, length) == 0 && strncmp(line + length, ": ", 2) == 0
               ? line + length + 2
               : line;
}

static void look(struct report *report, const char *path, const struct plugin_check *how,
                 const char *folder) {
    struct pawl_err err = {0};
    struct loader *loader = NULL;
    const struct library *library = NULL;
    struct config_errors *errors = mem_calloc(1, sizeof *errors);
    on_phase(report, "reading the file");
    plugin_names_check(path, on_name, report);
    on_phase(report, "loading");
    if (errors == NULL || session_loader(&loader, &err) != PAWL_OK) {
        find(report, true, err.text[0] != '\0' ? err.text : "out of memory");
    } else {
        loader_tell_all(loader, on_fault, report);
        if (loader_open(loader, path, &library, errors) == PAWL_OK)
            describe(report, library->plugin, how->json);
        else if (!has_fault(report))
            find(report, true, errors->count > 0 ? without_path(errors->line[0], path) : "?");
        if (library != NULL && !has_fault(report))
            try_it(report, path, library->plugin, how, folder);
    }
    loader_free(loader);
    mem_free(errors);
    report->done = true;
}

/* What it says itself, and the libraries it runs with, is not the answer. */
static void child(struct report *report, const char *path, const struct plugin_check *how,
                  const char *folder) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)
    const struct rlimit memory = {(rlim_t)MEMORY_MAX, (rlim_t)MEMORY_MAX};
    setrlimit(RLIMIT_AS, &memory);
#endif
    look(report, path, how, folder);
    _exit(0);
}

/* ---- in the process that waits ---- */

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * PAWL_NS + now.tv_nsec;
}

static void hung(struct report *report, bool whole) {
    char text[FINDING_TEXT_MAX + 1];
    const char *what = whole ? "it takes longer than two minutes, at"
                             : "it did not come back within 5 s from";
    snprintf(text, sizeof text, "%s: %.90s", what, report->phase);
    find(report, true, text);
}

static void died(struct report *report, int status) {
    char text[FINDING_TEXT_MAX + 1];
    if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "it died of %s in %.90s", strsignal(WTERMSIG(status)),
                 report->phase);
    else
        snprintf(text, sizeof text, "it ended the process, exit code %d, in %.90s",
                 WEXITSTATUS(status), report->phase);
    find(report, true, text);
}

static void wait_for(struct report *report, pid_t pid) {
    int64_t began = now_ns(), heard = began;
    uint_fast64_t beats = 0;
    bool stopped = false;
    for (int status;;) {
        pid_t done = waitpid(pid, &status, WNOHANG);
        if (done < 0 && errno != EINTR) return;
        if (done == pid) {
            if (!report->done && !stopped) died(report, status);
            return;
        }
        if (atomic_load(&report->beats) != beats) {
            beats = atomic_load(&report->beats);
            heard = now_ns();
        }
        bool whole = now_ns() - began > WHOLE_MAX_NS;
        if (!stopped && (whole || now_ns() - heard > SILENCE_MAX_NS)) {
            stopped = true;
            hung(report, whole);
            kill(pid, SIGKILL);
        }
        poll(NULL, 0, POLL_MS);
    }
}

static void print_text(const struct report *report, const char *path) {
    printf("%s:", path);
    if (report->taken)
        printf(" %s %s %s, interface %u.%u\n%.*s", plugin_kind(report->kind), report->name,
               report->version, report->abi >> 16, report->abi & 0xffffu,
               (int)report->about_length, report->about);
    else
        printf(" cannot be loaded\n");
    if (report->tried)
        printf("  tried      events %llu, lots %llu, fills %llu, restarts %u, reloads %u, all of "
               "it twice\n",
               (unsigned long long)report->events, (unsigned long long)report->lots,
               (unsigned long long)report->fills, report->restarts, report->reloads);
    for (uint32_t i = 0; i < report->finding_count; i++)
        printf("  %-9s  %s\n", report->findings[i].is_fault ? "fault" : "warning",
               report->findings[i].text);
    if (report->more > 0) printf("  and %u more\n", report->more);
    printf("  %s\n", has_fault(report) ? "refused" : "ok");
}

static void print_findings(const struct report *report, const char *name, bool faults) {
    bool first = true;
    printf(",\"%s\":[", name);
    for (uint32_t i = 0; i < report->finding_count; i++) {
        if (report->findings[i].is_fault != faults) continue;
        if (!first) printf(",");
        first = false;
        cli_json_text(report->findings[i].text, stdout);
    }
    printf("]");
}

static void print_json(const struct report *report, const char *path) {
    printf("{\"file\":");
    cli_json_text(path, stdout);
    printf(",\"ok\":%s", has_fault(report) ? "false" : "true");
    if (report->taken) printf(",%.*s", (int)report->about_length, report->about);
    if (report->tried)
        printf(",\"tried\":{\"events\":%llu,\"turns\":%llu,\"lots\":%llu,\"fills\":%llu,"
               "\"restarts\":%u,\"reloads\":%u}",
               (unsigned long long)report->events, (unsigned long long)report->turns,
               (unsigned long long)report->lots, (unsigned long long)report->fills,
               report->restarts, report->reloads);
    print_findings(report, "faults", true);
    print_findings(report, "warnings", false);
    printf("}");
}

static int check_one(struct report *report, const char *path, const struct plugin_check *how) {
    struct pawl_err err = {0};
    char folder[CONFIG_PATH_MAX + 1] = "", absolute[CONFIG_PATH_MAX + 1];
    memset(report, 0, sizeof *report);
    char *real = realpath(path, NULL);
    snprintf(absolute, sizeof absolute, "%s", real == NULL ? path : real);
    free(real); /* not of mem_alloc() */
    if (folder_for_run(NULL, folder, sizeof folder, &err) != PAWL_OK) {
        fprintf(stderr, "%s\n", err.text);
        return CLI_FAILED;
    }
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) child(report, absolute, how, folder);
    if (pid < 0)
        find(report, true, "no process to look at it in");
    else
        wait_for(report, pid);
    folder_remove(folder);
    return has_fault(report) ? CLI_REFUSED : CLI_DONE;
}

int plugin_check(const char *const *paths, uint32_t count, const struct plugin_check *how) {
    int code = CLI_DONE;
    struct report *report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (report == MAP_FAILED) {
        fprintf(stderr, "out of memory\n");
        return CLI_FAILED;
    }
    if (how->json) printf("{\"checked\":[");
    for (uint32_t i = 0; i < count && code != CLI_FAILED; i++) {
        int one = check_one(report, paths[i], how);
        if (one == CLI_FAILED || (one == CLI_REFUSED && code == CLI_DONE)) code = one;
        if (how->json) {
            printf("%s", i > 0 ? "," : "");
            print_json(report, paths[i]);
        } else {
            printf("%s", i > 0 ? "\n" : "");
            print_text(report, paths[i]);
        }
    }
    if (how->json) printf("]}\n");
    munmap(report, sizeof *report);
    return code;
}
