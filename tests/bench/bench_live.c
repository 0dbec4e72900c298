/*
 * The program itself, `pawl run`, as a process of its own: how long from a message by loopback to
 * the order it leads to, through a rule, a component and the outbox, for each durability; and what
 * it takes while nothing happens. Client and program share one core, as in bench_net.c. The figures
 * are medians of single round trips, one behind the other or, where they are `rare`, each after a
 * pause in which the core does other things.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "run/folder.h"

#define OPS 400u
#define OPS_RARE 100u
#define PAUSE_NS 1000000
#define PAUSE_TIMES 3 /* and so many times what it waited for */
#define CONNECT_TRIES 500u /* at 10 ms */
#define IDLE_MS 3000

static const char message[] =
    "{\"e\":\"aggTrade\",\"E\":1591702613943,\"s\":\"BNBUSDT\",\"a\":5933014,\"p\":\"601.25\","
    "\"q\":\"1.5\",\"nq\":\"1.5\",\"f\":100,\"l\":105,\"T\":1591702613900,\"m\":true,\"st\":1}\n";

static const char rule[] =
    "return { id = 'r', on = 'quote', symbols = { 'T' },\n"
    "  when = function(event, ctx) return event.bid > 600 end,\n"
    "  act = { ['do'] = 'entry', via = 'linked', side = 'BUY', quantity = 1,\n"
    "          stop = { price = 500 } } }\n";

struct live {
    char folder[256];
    pid_t pid; /* 0 = none */
    int fd, disk_fd;
    uint16_t port;
    double times_ns[OPS];
    uint32_t times_count;
};

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void sleep_ns(int64_t ns) {
    struct timespec t = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    while (nanosleep(&t, &t) != 0 && errno == EINTR) continue;
}

static void pin(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static int connect_to(uint16_t port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (void *)&at, sizeof at) == 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        return fd;
    }
    if (fd >= 0) close(fd);
    return -1;
}

static int write_file(const struct live *live, const char *name, const char *text) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", live->folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) return -1;
    fputs(text, file);
    return fclose(file);
}

static int write_config(const struct live *live, const char *durability) {
    char text[4096], path[400];
    snprintf(text, sizeof text,
             "{\"host\":{\"instance\":\"bench\",\"durability\":\"%s\",\"data_dir\":\"%s/data\","
             "\"log\":{\"level\":\"error\"},\"plugin_dir\":\"" BENCH_PLUGINS_DIR "\"},"
             "\"plugins\":[{\"name\":\"venue\",\"so\":\"" BENCH_SUBSCRIBERS_DIR
             "/bench_venue.so\",\"options\":{\"port\":%u},"
             "\"grants\":{\"listen\":[\"127.0.0.1:*\"]}},"
             "{\"name\":\"linked\"},{\"name\":\"rstop\"}],\"rules\":{\"dir\":\"%s/rules\"},"
             "\"risk\":{\"message_rate_per_second\":100000},"
             "\"accounts\":{\"main\":{\"broker\":\"venue\",\"currency\":\"USD\",\"balance\":"
             "\"1000000\",\"mode\":\"netting\"}},\"instruments\":{\"T\":{\"account\":\"main\","
             "\"tick\":\"0.01\",\"step\":\"1\",\"currency\":\"USD\"}}}",
             durability, live->folder, live->port, live->folder);
    snprintf(path, sizeof path, "%s/rules", live->folder);
    return folder_make(path, NULL) == PAWL_OK && write_file(live, "rules/r.lua", rule) == 0
               ? write_file(live, "bench.json", text)
               : -1;
}

static void start_program(struct live *live) {
    char path[400];
    snprintf(path, sizeof path, "%s/bench.json", live->folder);
    live->pid = fork();
    if (live->pid != 0) return;
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    execl(BENCH_PAWL, "pawl", "run", "-c", path, (char *)NULL);
    _exit(127);
}

/* The bare round trip. */
static void echo(uint16_t port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char bytes[512];
    int one = 1, server = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server, (void *)&at, sizeof at) != 0 || listen(server, 1) != 0) _exit(1);
    int fd = accept(server, NULL, NULL);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (ssize_t n; (n = recv(fd, bytes, sizeof bytes, 0)) > 0;)
        if (send(fd, bytes, (size_t)n, 0) < 0) break;
    _exit(0);
}

static int set_up(void **ret_self, const char *durability) {
    struct live *live = calloc(1, sizeof *live);
    struct pawl_err err = {0};
    *ret_self = live;
    if (live == NULL || folder_for_run(NULL, live->folder, sizeof live->folder, &err) != PAWL_OK)
        return -1;
    live->fd = live->disk_fd = -1;
    live->port = bench_free_port();
    pin();
    if (durability == NULL) {
        live->pid = fork();
        if (live->pid == 0) echo(live->port);
    } else {
        if (write_config(live, durability) != 0) return -1;
        start_program(live);
    }
    for (uint32_t i = 0; live->fd < 0 && i < CONNECT_TRIES; i++) {
        sleep_ns(10000000);
        live->fd = connect_to(live->port);
    }
    if (live->fd < 0) fprintf(stderr, "bench_live: %s does not listen\n", BENCH_PAWL);
    return live->fd < 0 ? -1 : 0;
}
static int set_up_floor(void **ret_self) { return set_up(ret_self, NULL); }
static int set_up_none(void **ret_self) { return set_up(ret_self, "none"); }
static int set_up_process(void **ret_self) { return set_up(ret_self, "process"); }
static int set_up_full(void **ret_self) { return set_up(ret_self, "full"); }

static int set_up_disk(void **ret_self) {
    struct live *live = calloc(1, sizeof *live);
    struct pawl_err err = {0};
    char path[400];
    *ret_self = live;
    if (live == NULL || folder_for_run(NULL, live->folder, sizeof live->folder, &err) != PAWL_OK)
        return -1;
    live->fd = -1;
    snprintf(path, sizeof path, "%s/synced", live->folder);
    live->disk_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return live->disk_fd < 0 ? -1 : 0;
}

static void done(void *self) {
    struct live *live = self;
    if (live == NULL) return;
    if (live->fd >= 0) close(live->fd);
    if (live->disk_fd >= 0) close(live->disk_fd);
    if (live->pid > 0) {
        kill(live->pid, SIGTERM);
        waitpid(live->pid, NULL, 0);
    }
    if (live->folder[0] != '\0') folder_remove(live->folder);
    free(live);
}

static void trips(struct live *live, uint64_t ops, bool rare) {
    char answer[512];
    live->times_count = 0;
    for (uint64_t i = 0; i < ops; i++) {
        double began_ns = now_ns();
        ssize_t got = 0, n = send(live->fd, message, sizeof message - 1, 0);
        while (n > 0 && (got == 0 || answer[got - 1] != '\n')) {
            n = recv(live->fd, answer + got, sizeof answer - (size_t)got, 0);
            got += n;
        }
        if (n <= 0) return;
        double time_ns = now_ns() - began_ns;
        live->times_ns[live->times_count++] = time_ns;
        if (rare) sleep_ns(PAUSE_NS + (int64_t)time_ns * PAUSE_TIMES);
    }
}
static void run_trips(void *self, uint64_t ops) { trips(self, ops, false); }
static void run_rare(void *self, uint64_t ops) { trips(self, ops, true); }

/* As much as a small batch takes in a write-ahead log. */
static void run_sync(void *self, uint64_t ops) {
    static const char page[8192];
    struct live *live = self;
    live->times_count = 0;
    for (uint64_t i = 0; i < ops; i++) {
        double began_ns = now_ns();
        if (write(live->disk_fd, page, sizeof page) < 0 || fdatasync(live->disk_fd) != 0) return;
        live->times_ns[live->times_count++] = now_ns() - began_ns;
    }
}

static int by_value(const void *left, const void *right) {
    const double *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* The time that `of` of a hundred round trips take at most. */
static double percentile_us(struct live *live, uint32_t of) {
    if (live->times_count == 0) return 1e9; /* it did not answer: no limit is kept */
    qsort(live->times_ns, live->times_count, sizeof live->times_ns[0], by_value);
    return live->times_ns[(live->times_count - 1) * of / 100] / 1e3;
}
static double median_us(void *self) { return percentile_us(self, 50); }
static double slow_us(void *self) { return percentile_us(self, 99); }

/* Of the repetition that is being made. */
static double floor_us;

static double median_floor_us(void *self) {
    return floor_us = median_us(self);
}
static double beyond_floor_us(void *self) {
    return median_us(self) - floor_us;
}

/* ---- nothing happens ---- */

/* All threads' time on a processor. */
static double busy_ns(pid_t pid) {
    char path[320];
    double sum = 0, one;
    snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *folder = opendir(path);
    if (folder == NULL) return 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        snprintf(path, sizeof path, "/proc/%ld/task/%.20s/schedstat", (long)pid, entry->d_name);
        FILE *file = fopen(path, "r");
        if (file == NULL) continue;
        if (fscanf(file, "%lf", &one) == 1) sum += one;
        fclose(file);
    }
    closedir(folder);
    return sum;
}

static void run_idle(void *self, uint64_t ops) {
    struct live *live = self;
    (void)ops;
    sleep_ns(INT64_C(500000000)); /* what the start left behind */
    double began_ns = now_ns(), busy_before_ns = busy_ns(live->pid);
    sleep_ns(INT64_C(1000000) * IDLE_MS);
    live->times_ns[0] = (busy_ns(live->pid) - busy_before_ns) / (now_ns() - began_ns) * 100;
}

static double idle_percent(void *self) {
    const struct live *live = self;
    return live->times_ns[0];
}

static void run_nothing(void *self, uint64_t ops) {
    (void)self;
    (void)ops;
}

static double resident_mb(void *self) {
    const struct live *live = self;
    char path[64];
    unsigned long size = 0, resident = 0;
    snprintf(path, sizeof path, "/proc/%ld/statm", (long)live->pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) return 0;
    if (fscanf(file, "%lu %lu", &size, &resident) != 2) resident = 0;
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static const struct bench_case cases[] = {
    {.name = "live.sync", .doc = "fdatasync after 8 KB, on the disk of the two with one",
     .ops = OPS, .setup = set_up_disk, .run = run_sync, .done = done, .value = median_us,
     .unit = "us"},
    {.name = "live.floor", .doc = "a bare round trip over loopback", .ops = OPS,
     .setup = set_up_floor, .run = run_trips, .done = done, .value = median_floor_us,
     .unit = "us"},
    {.name = "live.none", .doc = "message in, rule, component, order out; it waits for nothing",
     .ops = OPS, .setup = set_up_none, .run = run_trips, .done = done, .value = median_us,
     .unit = "us", .against = "live.floor", .difference = true, .limit_ns = 25},
    {.name = "live.process", .doc = "the same, it is written to a file first", .ops = OPS,
     .setup = set_up_process, .run = run_trips, .done = done, .value = median_us, .unit = "us",
     .against = "live.floor", .difference = true, .limit_ns = 25},
    {.name = "live.full", .doc = "the same, synced; less the bare round trip", .ops = OPS,
     .setup = set_up_full, .run = run_trips, .done = done, .value = beyond_floor_us, .unit = "us",
     .against = "live.sync", .difference = true, .limit_ns = 25},
    {.name = "live.process_p99", .doc = "99 of 100 in all, what goes to the tables included",
     .ops = OPS, .setup = set_up_process, .run = run_trips, .done = done, .value = slow_us,
     .unit = "us"},
    {.name = "live.rare_floor", .doc = "the bare round trip, each after a pause", .ops = OPS_RARE,
     .setup = set_up_floor, .run = run_rare, .done = done, .value = median_us, .unit = "us"},
    {.name = "live.rare", .doc = "under process, each after a pause", .ops = OPS_RARE,
     .setup = set_up_process, .run = run_rare, .done = done, .value = median_us, .unit = "us",
     .against = "live.rare_floor", .difference = true},
    {.name = "live.idle", .doc = "of one core, a client connected, three plugins, a rule", .ops = 1,
     .setup = set_up_full, .run = run_idle, .done = done, .value = idle_percent, .unit = "%",
     .limit_ns = 1},
    {.name = "live.resident", .doc = "memory of the same", .ops = 1, .setup = set_up_full,
     .run = run_nothing, .done = done, .value = resident_mb, .unit = "MB"}};
const struct bench_group bench_live = {"live", cases, sizeof cases / sizeof *cases,
                                       .by_name = true};
