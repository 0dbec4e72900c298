/*
 * A message by loopback, through net, a turn of the host and a component that reads it and answers
 * with an order, back to the client; against a bare libuv echo of as many bytes. Client and servers
 * share one core, or the machine's way of waking threads is what is measured. One client, one
 * message in flight. Percentiles go to stderr at the end.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/tcp.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "bench.h"
#include "run/folder.h"
#include "run/host.h"

#define OPS 2000u
#define TIMES_MAX 200000u

static const char message[] =
    "{\"e\":\"aggTrade\",\"E\":1591702613943,\"s\":\"BNBUSDT\",\"a\":5933014,\"p\":\"601.25\","
    "\"q\":\"1.5\",\"nq\":\"1.5\",\"f\":100,\"l\":105,\"T\":1591702613900,\"m\":true,\"st\":1}\n";

struct echo {
    pthread_t thread;
    bool threaded, whole;
    uv_loop_t loop;
    uv_async_t stop;
    uv_timer_t clock;
    uv_tcp_t server, peer;
    _Atomic bool ready;
    uint16_t port;
    int fd;
    struct config *config;
    struct disk *disk;
    struct net *net;
    struct host *host;
    char folder[256];
    const char *name;
    uint32_t *times;
    uint32_t times_count;
};

uint16_t bench_free_port(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (void *)&at, sizeof at) != 0 ||
        getsockname(fd, (void *)&at, &size) != 0)
        return 0;
    close(fd);
    return ntohs(at.sin_port);
}

static void pin(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* ---- the floor ---- */

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *ret) {
    static char room[65536];
    (void)handle;
    (void)size;
    *ret = uv_buf_init(room, sizeof room);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer) {
    uv_buf_t out = uv_buf_init(buffer->base, n > 0 ? (unsigned)n : 0);
    if (n > 0) uv_try_write(stream, &out, 1);
    if (n < 0) uv_close((uv_handle_t *)stream, NULL);
}

static void on_connection(uv_stream_t *server, int status) {
    struct echo *echo = server->data;
    (void)status;
    uv_tcp_init(&echo->loop, &echo->peer);
    uv_accept(server, (uv_stream_t *)&echo->peer);
    uv_tcp_nodelay(&echo->peer, 1);
    uv_read_start((uv_stream_t *)&echo->peer, on_alloc, on_read);
}

static void open_floor(struct echo *echo) {
    struct sockaddr_in at;
    uv_ip4_addr("127.0.0.1", echo->port, &at);
    uv_tcp_init(&echo->loop, &echo->server);
    echo->server.data = echo;
    uv_tcp_bind(&echo->server, (void *)&at, 0);
    uv_listen((uv_stream_t *)&echo->server, 4, on_connection);
}

/* ---- the whole way ---- */

static int64_t wall_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * PAWL_NS + now.tv_nsec;
}

static void on_io(void *arg, struct pawl_event *event) {
    struct echo *echo = arg;
    host_io(echo->host, event, wall_ns());
}

static int start_host(struct echo *echo) {
    char path[300];
    struct config_errors *errors = calloc(1, sizeof *errors);
    pawl_plugin_main_fn *main_fn = NULL;
    struct pawl_err err = {0};
    snprintf(path, sizeof path, "%s/bench.json", echo->folder);
    FILE *file = fopen(path, "w");
    if (file == NULL || errors == NULL) return -1;
    fprintf(file,
            "{\"host\":{\"instance\":\"bench\",\"durability\":\"none\"},\"plugins\":[{\"name\":"
            "\"echo\",\"so\":\"%s/bench_echo.so\",\"options\":{\"port\":%u},"
            "\"grants\":{\"listen\":[\"127.0.0.1:*\"]}}]}",
            BENCH_SUBSCRIBERS_DIR, echo->port);
    fclose(file);
    int rc = config_load(path, NULL, 0, &echo->config, errors);
    if (rc != PAWL_OK) config_errors_print(errors, stderr);
    free(errors);
    if (rc != PAWL_OK) return rc;
    void *library = dlopen(echo->config->plugins[0].so, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library == NULL ? NULL : dlsym(library, "pawl_plugin_main");
    if (symbol == NULL) return -1;
    memcpy(&main_fn, &symbol, sizeof main_fn); /* ISO C has no cast for this */
    const struct pawl_plugin *plugins[] = {main_fn()};
    rc = disk_posix_new(&echo->disk, &err);
    struct net_options net = {.loop = &echo->loop, .event = on_io, .arg = echo};
    if (rc == PAWL_OK) rc = net_new(&net, &echo->net, &err);
    struct host_options options = {.config = echo->config, .plugins = plugins,
                                   .data_dir = echo->folder, .disk = echo->disk,
                                   .durability = STORE_NONE, .instant = true, .io_mode = IO_LIVE,
                                   .net = echo->net, .start_ns = wall_ns()};
    if (rc == PAWL_OK) rc = host_start(&options, &echo->host, &err);
    if (rc != PAWL_OK) fprintf(stderr, "bench: %s\n", err.text);
    if (rc == PAWL_OK) host_timer(echo->host, wall_ns());
    return rc;
}

/* ---- server thread, client ---- */

static void on_stop(uv_async_t *stop) {
    uv_stop(stop->loop);
}

static void *serve(void *arg) {
    struct echo *echo = arg;
    pin();
    atomic_store(&echo->ready, true);
    uv_run(&echo->loop, UV_RUN_DEFAULT);
    return NULL;
}

static void done(void *self);

static int connect_to(uint16_t port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (void *)&at, sizeof at) != 0) return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static int set_up(void **ret_self, bool whole, const char *name) {
    struct echo *echo = calloc(1, sizeof *echo);
    struct pawl_err err = {0};
    if (echo == NULL) return -1;
    echo->whole = whole;
    echo->name = name;
    echo->fd = -1;
    echo->port = bench_free_port();
    echo->times = calloc(TIMES_MAX, sizeof *echo->times);
    uv_loop_init(&echo->loop);
    uv_async_init(&echo->loop, &echo->stop, on_stop);
    int rc = 0;
    if (whole) {
        rc = folder_for_run(NULL, echo->folder, sizeof echo->folder, &err);
        if (rc == PAWL_OK) rc = start_host(echo);
    } else {
        open_floor(echo);
    }
    if (rc == PAWL_OK) rc = pthread_create(&echo->thread, NULL, serve, echo);
    echo->threaded = rc == PAWL_OK;
    while (rc == PAWL_OK && !atomic_load(&echo->ready)) sched_yield();
    pin();
    if (rc == PAWL_OK) echo->fd = connect_to(echo->port);
    *ret_self = echo;
    return echo->fd < 0 ? -1 : 0;
}

static int set_up_floor(void **ret_self) {
    return set_up(ret_self, false, "net.floor");
}

static int set_up_whole(void **ret_self) {
    return set_up(ret_self, true, "net.order");
}

static void run(void *self, uint64_t ops) {
    struct echo *echo = self;
    char answer[512];
    for (uint64_t i = 0; i < ops; i++) {
        uint64_t began = uv_hrtime();
        if (send(echo->fd, message, sizeof message - 1, 0) < 0) return;
        ssize_t got = 0, n;
        do {
            n = recv(echo->fd, answer + got, sizeof answer - (size_t)got, 0);
            got += n;
        } while (n > 0 && answer[got - 1] != '\n');
        if (echo->times != NULL && echo->times_count < TIMES_MAX)
            echo->times[echo->times_count++] = (uint32_t)(uv_hrtime() - began);
    }
}

static int by_time(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static void close_handle(uv_handle_t *handle, void *arg) {
    (void)arg;
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

static void done(void *self) {
    struct echo *echo = self;
    if (echo == NULL) return;
    if (echo->times_count > 1000) {
        uint32_t n = echo->times_count, *t = echo->times;
        qsort(t, n, sizeof *t, by_time);
        fprintf(stderr, "%s: p50 %.2f us, p99 %.2f us, p99.9 %.2f us of %u\n", echo->name,
                t[n / 2] / 1e3, t[(uint64_t)n * 99 / 100] / 1e3, t[(uint64_t)n * 999 / 1000] / 1e3,
                n);
    }
    if (echo->fd >= 0) close(echo->fd);
    if (echo->threaded) {
        uv_async_send(&echo->stop);
        pthread_join(echo->thread, NULL);
    }
    host_stop(echo->host);
    net_free(echo->net);
    uv_walk(&echo->loop, close_handle, NULL);
    uv_run(&echo->loop, UV_RUN_DEFAULT);
    uv_loop_close(&echo->loop);
    config_free(echo->config);
    disk_free(echo->disk);
    if (echo->folder[0] != '\0') folder_remove(echo->folder);
    free(echo->times);
    free(echo);
}

static const struct bench_case cases[] = {
    {.name = "net.floor", .doc = "a round trip over loopback, bare libuv echo", .ops = OPS,
     .setup = set_up_floor, .run = run, .done = done},
    {.name = "net.order", .doc = "the same through net, a turn, a component, JSON both ways",
     .ops = OPS, .setup = set_up_whole, .run = run, .done = done, .against = "net.floor"}};
const struct bench_group bench_net = {
    .name = "net", .cases = cases, .count = sizeof cases / sizeof *cases};
