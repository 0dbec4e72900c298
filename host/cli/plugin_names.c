#include "cli/plugin_names.h"

#include <stdio.h>
#include <string.h>

#include "plugin/elf_symbols.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct looking {
    void (*tell)(void *arg, bool is_fault, const char *text);
    void *arg;
    bool sanitized, shows_entry;
};

/* What a linker, a compiler or a sanitizer adds. */
static const char *const libraries[] = {"libc.so.",   "ld-linux", "libasan.so.",
                                        "libubsan.so.", "libgcc_s.so.", "libclang_rt."};
static const char *const shown[] = {"_init", "_fini", "_edata", "_end", "__bss_start", "__asan_",
                                    "__odr_asan", "__ubsan_"};

/* By what a plugin may not do: no clock, no file or socket, no thread or process, no chance; the
 * host lends what it needs of them. */
static const struct {
    const char *what;
    const char *const names[24];
} forbidden[] = {
    {"reads a clock", {"time", "gettimeofday", "clock", "clock_gettime", "timespec_get", "ftime"}},
    {"opens or handles files",
     {"open", "open64", "openat", "creat", "fopen", "fopen64", "freopen", "opendir", "read",
      "write", "unlink", "rename", "remove", "mkstemp", "tmpfile", "stat", "mmap", "popen"}},
    {"uses sockets",
     {"socket", "connect", "bind", "listen", "accept", "send", "recv", "getaddrinfo",
      "gethostbyname", "poll", "select", "epoll_wait"}},
    {"starts threads or processes",
     {"pthread_create", "thrd_create", "fork", "vfork", "execve", "execv", "execvp", "system",
      "posix_spawn", "clone", "dlopen", "signal", "sigaction"}},
    {"waits", {"sleep", "usleep", "nanosleep", "clock_nanosleep", "pause"}},
    {"uses chance", {"rand", "random", "drand48", "arc4random", "getrandom", "getentropy"}},
    {"looks at its surroundings", {"getenv", "secure_getenv", "setenv", "getpid", "gethostname"}},
    {"ends the process", {"exit", "_exit", "_Exit", "quick_exit"}},
};

static bool begins(const char *name, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strncmp(name, list[i], strlen(list[i])) == 0) return true;
    return false;
}

static void say(struct looking *looking, bool is_fault, const char *format, const char *name,
                const char *more) {
    char text[256];
    snprintf(text, sizeof text, format, name, more);
    looking->tell(looking->arg, is_fault, text);
}

static void on_links(void *arg, const char *library) {
    struct looking *looking = arg;
    looking->sanitized |= strncmp(library, "libasan", 7) == 0;
    if (!begins(library, libraries, COUNT(libraries)))
        say(looking, true, "links %.80s; a plugin links the C library only%s", library, "");
}

static void on_needs(void *arg, const char *name, bool versioned) {
    struct looking *looking = arg;
    for (size_t i = 0; i < COUNT(forbidden); i++)
        for (size_t k = 0; k < COUNT(forbidden[i].names) && forbidden[i].names[k] != NULL; k++)
            if (strcmp(name, forbidden[i].names[k]) == 0) {
                say(looking, true, "calls %.80s: a plugin that %s cannot be replayed or reloaded",
                    name, forbidden[i].what);
                return;
            }
    /* A sanitizer takes over names of the C library. */
    if (!versioned && !looking->sanitized)
        say(looking, true, "needs %.120s, which no library it links has%s", name, "");
}

static void on_shows(void *arg, const char *name) {
    struct looking *looking = arg;
    if (strcmp(name, "pawl_plugin_main") == 0)
        looking->shows_entry = true;
    else if (!begins(name, shown, COUNT(shown)))
        say(looking, false, "exports %.120s; nothing but pawl_plugin_main need be%s", name, "");
}

void plugin_names_check(const char *path, void (*tell)(void *arg, bool is_fault, const char *text),
                        void *arg) {
    struct looking looking = {.tell = tell, .arg = arg};
    const struct elf_symbols symbols = {
        .links = on_links, .needs = on_needs, .shows = on_shows, .arg = &looking};
    struct pawl_err err = {0};
    if (elf_symbols_read(path, &symbols, &err) != PAWL_OK) return;
    if (!looking.shows_entry) tell(arg, true, "exports no pawl_plugin_main");
}
