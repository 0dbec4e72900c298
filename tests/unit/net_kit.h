/* net_kit.h - a loop, a net, and a list of what was told, for tests of host/net. */
#ifndef NET_KIT_H
#define NET_KIT_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "net/net.h"

#define KIT_EVENTS_MAX 65536u
#define KIT_OWNER 7u
#define KIT_WAIT_MS 5000u

struct kit {
    uv_loop_t loop;
    uv_timer_t guard;
    struct net *net;
    struct pawl_event *events[KIT_EVENTS_MAX];
    uint32_t count, looked;
    bool late;
    void (*hook)(struct kit *kit, const struct pawl_event *event);
    void *hook_arg;
};

static void kit_event(void *arg, struct pawl_event *event) {
    struct kit *kit = arg;
    assert_true(kit->count < KIT_EVENTS_MAX);
    struct pawl_event *copy = malloc(event->size);
    assert_non_null(copy);
    memcpy(copy, event, event->size);
    kit->events[kit->count++] = copy;
    if (kit->hook != NULL) kit->hook(kit, copy);
}

static void kit_late(uv_timer_t *timer) {
    ((struct kit *)timer->data)->late = true;
}

static PAWL_UNUSED void kit_open_with(struct kit *kit, net_lookup *lookup, const char *ca_file) {
    memset(kit, 0, sizeof *kit);
    assert_int_equal(uv_loop_init(&kit->loop), 0);
    uv_timer_init(&kit->loop, &kit->guard);
    kit->guard.data = kit;
    char *own = ca_file == NULL ? NULL : strdup(ca_file); /* gone before it is needed */
    struct net_options options = {.loop = &kit->loop, .event = kit_event, .arg = kit,
                                  .lookup = lookup, .ca_file = own};
    assert_int_equal(net_new(&options, &kit->net, NULL), PAWL_OK);
    if (own != NULL) explicit_bzero(own, strlen(own));
    free(own);
}

static PAWL_UNUSED void kit_open(struct kit *kit) {
    kit_open_with(kit, NULL, NULL);
}

static PAWL_UNUSED void kit_forget(struct kit *kit) {
    for (uint32_t i = 0; i < kit->count; i++) free(kit->events[i]);
    kit->count = kit->looked = 0;
}

static PAWL_UNUSED void kit_close(struct kit *kit) {
    net_free(kit->net);
    uv_close((uv_handle_t *)&kit->guard, NULL);
    uv_run(&kit->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&kit->loop), 0);
    kit_forget(kit);
}

static PAWL_UNUSED void kit_turn(struct kit *kit, uint64_t ms) {
    kit->late = false;
    uv_update_time(&kit->loop);
    uv_timer_start(&kit->guard, kit_late, ms, 0);
    while (!kit->late) uv_run(&kit->loop, UV_RUN_ONCE);
}

/* The next event of this type not looked at yet; the loop goes round until it comes. */
static PAWL_UNUSED const void *kit_wait(struct kit *kit, uint16_t type) {
    kit->late = false;
    uv_update_time(&kit->loop);
    uv_timer_start(&kit->guard, kit_late, KIT_WAIT_MS, 0);
    for (;;) {
        while (kit->looked < kit->count)
            if (kit->events[kit->looked++]->type == type) return kit->events[kit->looked - 1];
        if (kit->late) {
            for (uint32_t i = 0; i < kit->count; i++) {
                const struct pawl_ev_net_down *down = (const void *)kit->events[i];
                fprintf(stderr, "event 0x%04x key %llu %s\n", kit->events[i]->type,
                        (unsigned long long)kit->events[i]->cookie,
                        kit->events[i]->type == PAWL_EV_NET_DOWN ? down->message : "");
            }
            fail_msg("event 0x%04x did not come", type);
        }
        uv_run(&kit->loop, UV_RUN_ONCE);
    }
}

static PAWL_UNUSED const char *kit_data(const void *event, const struct pawl_text *text) {
    return (const char *)event + text->off;
}

/* A socket of the test's own that listens; blocking. */
static PAWL_UNUSED int kit_server(uint16_t *ret_port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (void *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (void *)&at, &size), 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static PAWL_UNUSED int kit_client(uint16_t port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (void *)&at, sizeof at), 0);
    return fd;
}

/* Accept while the loop turns. */
static PAWL_UNUSED int kit_accept(struct kit *kit, int server) {
    kit_turn(kit, 5);
    int fd = accept4(server, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* What the peer reads until `want` bytes are there, its end, or nothing for a while. */
static PAWL_UNUSED size_t kit_read(struct kit *kit, int fd, char *out, size_t want) {
    size_t got = 0;
    for (int idle = 0; idle < 100 && got < want; idle++) {
        kit_turn(kit, 2);
        ssize_t n = recv(fd, out + got, want - got, MSG_DONTWAIT);
        if (n == 0) break;
        if (n > 0) idle = 0;
        if (n > 0) got += (size_t)n;
    }
    return got;
}

static PAWL_UNUSED struct pawl_net_open kit_how(uint16_t port, uint8_t transport,
                                                uint8_t framing) {
    return (struct pawl_net_open){.size = sizeof(struct pawl_net_open), .transport = transport,
                                  .framing = framing, .port = port, .host = "127.0.0.1",
                                  .frame_max = 1u << 20, .window = 65536};
}

#endif
