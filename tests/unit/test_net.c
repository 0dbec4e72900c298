/* Connections: frames end to end, closing at bad moments, slow sides, names that hang. */
#include "net_kit.h"

#include "net/stream.h"

static uint16_t listen_on(struct kit *kit, uint8_t framing, uint32_t peers, uint32_t frame_max) {
    struct pawl_net_listen how = {.size = sizeof how, .framing = framing, .first_key = 100,
                                  .peers_max = peers, .frame_max = frame_max, .window = 65536};
    assert_int_equal(net_listen(kit->net, KIT_OWNER, 1, &how, NULL), PAWL_OK);
    const struct pawl_ev_net_up *up = kit_wait(kit, PAWL_EV_NET_UP);
    assert_int_equal(up->head.cookie, 1);
    return up->port;
}

static void open_to(struct kit *kit, uint64_t key, uint16_t port, uint8_t framing) {
    struct pawl_net_open how = kit_how(port, PAWL_NET_TCP, framing);
    assert_int_equal(net_open(kit->net, KIT_OWNER, key, &how, NULL), PAWL_OK);
}

static void echo(struct kit *kit, const struct pawl_event *event) {
    const struct pawl_ev_net_frame *frame = (const void *)event;
    if (event->type != PAWL_EV_NET_FRAME || event->cookie < 100) return;
    net_send(kit->net, KIT_OWNER, event->cookie, kit_data(frame, &frame->data), frame->data.len);
}

static void test_echo(void **state) {
    (void)state;
    static const uint8_t framings[] = {PAWL_NET_U32BE, PAWL_NET_LINE};
    for (size_t i = 0; i < 2; i++) {
        struct kit kit;
        kit_open(&kit);
        kit.hook = echo;
        open_to(&kit, 2, listen_on(&kit, framings[i], 4, 1u << 20), framings[i]);
        kit_wait(&kit, PAWL_EV_NET_UP);
        kit_wait(&kit, PAWL_EV_NET_UP);
        for (int n = 0; n < 1000; n++) {
            char text[32];
            int len = snprintf(text, sizeof text, "message %d", n);
            net_send(kit.net, KIT_OWNER, 2, text, (size_t)len);
            const struct pawl_ev_net_frame *frame;
            do frame = kit_wait(&kit, PAWL_EV_NET_FRAME);
            while (frame->head.cookie != 2);
            assert_int_equal(frame->data.len, len);
            assert_memory_equal(kit_data(frame, &frame->data), text, (size_t)len);
            assert_int_equal(frame->last, 1);
            if (n % 100 == 99) kit_forget(&kit);
        }
        net_close(kit.net, KIT_OWNER, 2);
        const struct pawl_ev_net_down *down = kit_wait(&kit, PAWL_EV_NET_DOWN);
        assert_int_equal(down->head.cookie, 100);
        assert_int_equal(down->reason, PAWL_NET_REASON_CLOSED);
        kit_close(&kit);
    }
}

/* ---- over sockets ---- */

static void answer_at_once(struct kit *kit, const struct pawl_event *event) {
    char back[4] = "";
    int fd = *(int *)kit->hook_arg;
    echo(kit, event);
    if (event->type != PAWL_EV_NET_FRAME) return;
    assert_int_equal(recv(fd, back, sizeof back, MSG_DONTWAIT), -1);
    net_flush(kit->net);
    assert_int_equal(recv(fd, back, sizeof back, MSG_DONTWAIT), 3);
    assert_memory_equal(back, "go\n", 3);
}

static void test_flush_within_an_event(void **state) {
    (void)state;
    struct kit kit;
    kit_open(&kit);
    int fd = kit_client(listen_on(&kit, PAWL_NET_LINE, 1, 1000));
    kit.hook = answer_at_once;
    kit.hook_arg = &fd;
    assert_int_equal(write(fd, "go\n", 3), 3);
    kit_wait(&kit, PAWL_EV_NET_FRAME);
    close(fd);
    kit_close(&kit);
}

static void test_garbage_and_oversized(void **state) {
    (void)state;
    struct kit kit;
    kit_open(&kit);
    uint16_t port = listen_on(&kit, PAWL_NET_U32BE, 2, 1000);
    int fd = kit_client(port);
    kit_wait(&kit, PAWL_EV_NET_UP);
    assert_int_equal(write(fd, "\xff\xff\xff\xff garbage", 12), 12);
    const struct pawl_ev_net_down *down = kit_wait(&kit, PAWL_EV_NET_DOWN);
    assert_int_equal(down->reason, PAWL_NET_REASON_TOO_LARGE);
    close(fd);
    /* a third one finds the listener as it was; the limit of two holds */
    int a = kit_client(port), b = kit_client(port);
    kit_wait(&kit, PAWL_EV_NET_UP);
    kit_wait(&kit, PAWL_EV_NET_UP);
    int c = kit_client(port);
    char byte;
    kit_turn(&kit, 20);
    assert_int_equal(recv(c, &byte, 1, 0), 0); /* closed at once */
    close(a);
    close(b);
    close(c);
    kit_close(&kit);
}

static void test_refused_and_timeout(void **state) {
    (void)state;
    struct kit kit;
    uint16_t port;
    kit_open(&kit);
    int server = kit_server(&port);
    close(server);
    open_to(&kit, 5, port, PAWL_NET_RAW);
    const struct pawl_ev_net_down *down = kit_wait(&kit, PAWL_EV_NET_DOWN);
    assert_int_equal(down->reason, PAWL_NET_REASON_REFUSED);
    assert_int_equal(down->code, ECONNREFUSED);
    /* a WebSocket server that never answers */
    server = kit_server(&port);
    struct pawl_net_open how = kit_how(port, PAWL_NET_WS, PAWL_NET_MESSAGE);
    how.target = "/";
    how.connect_timeout_ns = 50 * PAWL_MS;
    assert_int_equal(net_open(kit.net, KIT_OWNER, 6, &how, NULL), PAWL_OK);
    down = kit_wait(&kit, PAWL_EV_NET_DOWN);
    assert_int_equal(down->reason, PAWL_NET_REASON_TIMEOUT);
    /* idle */
    how = kit_how(port, PAWL_NET_TCP, PAWL_NET_RAW);
    how.idle_timeout_ns = 50 * PAWL_MS;
    assert_int_equal(net_open(kit.net, KIT_OWNER, 7, &how, NULL), PAWL_OK);
    kit_wait(&kit, PAWL_EV_NET_UP);
    down = kit_wait(&kit, PAWL_EV_NET_DOWN);
    assert_int_equal(down->reason, PAWL_NET_REASON_IDLE);
    close(server);
    kit_close(&kit);
}

/* It was us who slept, not the other side: what it said meanwhile counts. */
static void test_own_sleep(void **state) {
    (void)state;
    struct kit kit;
    uint16_t port;
    kit_open(&kit);
    int server = kit_server(&port);
    struct pawl_net_open how = kit_how(port, PAWL_NET_TCP, PAWL_NET_RAW);
    how.idle_timeout_ns = 60 * PAWL_MS;
    assert_int_equal(net_open(kit.net, KIT_OWNER, 2, &how, NULL), PAWL_OK);
    int fd = kit_accept(&kit, server);
    kit_wait(&kit, PAWL_EV_NET_UP);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(send(fd, "x", 1, 0), 1);
        usleep(100000);
        const struct pawl_event *event = kit_wait(&kit, PAWL_EV_NET_FRAME);
        assert_int_equal(event->cookie, 2);
    }
    kit_wait(&kit, PAWL_EV_NET_DOWN);
    close(fd);
    close(server);
    kit_close(&kit);
}

/* ---- pings without end ---- */

static int web_socket(struct kit *kit) {
    char hello[1024] = "", key[32] = "", accept[32], reply[256];
    uint16_t port;
    int small = 4096, server = kit_server(&port);
    setsockopt(server, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    struct pawl_net_open how = kit_how(port, PAWL_NET_WS, PAWL_NET_MESSAGE);
    how.target = "/";
    assert_int_equal(net_open(kit->net, KIT_OWNER, 2, &how, NULL), PAWL_OK);
    int fd = kit_accept(kit, server);
    kit_turn(kit, 20);
    assert_true(recv(fd, hello, sizeof hello - 1, 0) > 0);
    assert_int_equal(sscanf(strstr(hello, "Sec-WebSocket-Key: ") + 19, "%31[^\r]", key), 1);
    assert_int_equal(tls_ws_accept(key, accept), PAWL_OK);
    int len = snprintf(reply, sizeof reply,
                       "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    assert_int_equal(send(fd, reply, (size_t)len, 0), len);
    kit_wait(kit, PAWL_EV_NET_UP);
    close(server);
    return fd;
}

/* Who pings without end and reads no answer fills the system's buffers and none of ours. */
static void test_pings_without_end(void **state) {
    (void)state;
    struct kit kit;
    static char pings[100 * 127], bytes[65536];
    size_t sent = 0, got = 0;
    if (!net_has_tls()) skip();
    kit_open(&kit);
    int fd = web_socket(&kit);
    for (size_t at = 0; at < sizeof pings; at += 127) memcpy(pings + at, "\x89\x7d", 2);
    for (size_t at = 0; sent < 32u << 20; at = sent % sizeof pings) {
        ssize_t n = send(fd, pings + at, sizeof pings - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) sent += (size_t)n;
        uv_run(&kit.loop, UV_RUN_NOWAIT);
    }
    for (int quiet = 0; quiet < 100;) {
        ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n > 0) got += (size_t)n;
        quiet = n > 0 ? 0 : quiet + 1;
        uv_run(&kit.loop, UV_RUN_NOWAIT);
    }
    assert_in_range(got, 127, 16u << 20);
    assert_int_equal(send(fd, "\x89\x00", 2, 0), 2); /* and is answered again once it reads */
    kit_turn(&kit, 20);
    assert_int_equal(recv(fd, bytes, sizeof bytes, MSG_DONTWAIT), 6);
    close(fd);
    kit_close(&kit);
}

/* ---- a resolver that hangs ---- */

static volatile int hang_ms;
static int hanging(const char *host, struct net_address *out, uint32_t max, char why[128]) {
    (void)out;
    (void)max;
    for (int i = 0; i < hang_ms && strncmp(host, "hang", 4) == 0; i++) usleep(1000);
    snprintf(why, 128, "no such name");
    return -1;
}

static void test_hanging_resolver(void **state) {
    (void)state;
    struct kit kit;
    hang_ms = 6000;
    kit_open_with(&kit, hanging, NULL);
    kit.hook = echo;
    uint16_t port = listen_on(&kit, PAWL_NET_LINE, 4, 1000);
    for (uint64_t key = 10; key < 40; key++) { /* more than there are threads */
        char host[32];
        snprintf(host, sizeof host, "hang%d.example", (int)key);
        struct pawl_net_open how = kit_how(port, PAWL_NET_TCP, PAWL_NET_RAW);
        how.host = host;
        how.connect_timeout_ns = 400 * PAWL_MS;
        assert_int_equal(net_open(kit.net, KIT_OWNER, key, &how, NULL), PAWL_OK);
    }
    uint64_t began = uv_hrtime();
    open_to(&kit, 2, port, PAWL_NET_LINE); /* others go on meanwhile */
    kit_wait(&kit, PAWL_EV_NET_UP);
    kit_wait(&kit, PAWL_EV_NET_UP);
    net_send(kit.net, KIT_OWNER, 2, "x", 1);
    kit_wait(&kit, PAWL_EV_NET_FRAME);
    kit_wait(&kit, PAWL_EV_NET_FRAME);
    assert_true(uv_hrtime() - began < 3000 * 1000000ull);
    for (int i = 0; i < 30; i++) {
        const struct pawl_ev_net_down *down = kit_wait(&kit, PAWL_EV_NET_DOWN);
        assert_int_equal(down->reason, PAWL_NET_REASON_RESOLVE);
    }
    kit_close(&kit); /* does not wait for the threads */
    assert_true(uv_hrtime() - began < 5000 * 1000000ull);
    hang_ms = 0;
    usleep(50000);
}

static void test_unknown_name(void **state) {
    (void)state;
    struct kit kit;
    kit_open_with(&kit, hanging, NULL);
    struct pawl_net_open how = kit_how(1, PAWL_NET_TCP, PAWL_NET_RAW);
    how.host = "nowhere.example";
    assert_int_equal(net_open(kit.net, KIT_OWNER, 1, &how, NULL), PAWL_OK);
    const struct pawl_ev_net_down *down = kit_wait(&kit, PAWL_EV_NET_DOWN);
    assert_int_equal(down->reason, PAWL_NET_REASON_RESOLVE);
    assert_non_null(strstr(down->message, "no such name"));
    kit_close(&kit);
}

/* ---- slow sides ---- */

static void test_slow_reader(void **state) {
    (void)state;
    struct kit kit;
    uint16_t port;
    char block[16384];
    kit_open(&kit);
    int server = kit_server(&port), small = 4096;
    setsockopt(server, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    open_to(&kit, 2, port, PAWL_NET_RAW);
    int fd = kit_accept(&kit, server);
    kit_wait(&kit, PAWL_EV_NET_UP);
    memset(block, 'x', sizeof block);
    /* Twice what the window holds, as the service would let it: what has drained may follow. */
    uint64_t used = 0, sent = 0, got = 0, window = 65536;
    for (int round = 0; round < 100000 && got < 4u << 20; round++) {
        if (sent < 4u << 20 && used + sizeof block <= window) {
            net_send(kit.net, KIT_OWNER, 2, block, sizeof block);
            used += sizeof block;
            sent += sizeof block;
        } else if (used > 0) {
            net_want_writable(kit.net, KIT_OWNER, 2);
        }
        uv_run(&kit.loop, UV_RUN_NOWAIT);
        for (; kit.looked < kit.count; kit.looked++)
            if (kit.events[kit.looked]->type == PAWL_EV_NET_WRITABLE)
                used -= ((const struct pawl_ev_net_writable *)kit.events[kit.looked])->drained;
        ssize_t n = recv(fd, block, 3000, MSG_DONTWAIT);
        if (n > 0) got += (uint64_t)n;
    }
    assert_int_equal(got, 4u << 20);
    close(fd);
    close(server);
    kit_close(&kit);
}

/* Somebody who sends without end does not hold up the others, and is not read faster than told. */
static void test_flood_is_fair(void **state) {
    (void)state;
    struct kit kit;
    kit_open(&kit);
    uint16_t port = listen_on(&kit, PAWL_NET_LINE, 3, 1000);
    int loud = kit_client(port), quiet = kit_client(port);
    kit_wait(&kit, PAWL_EV_NET_UP);
    kit_wait(&kit, PAWL_EV_NET_UP);
    char lines[60000];
    for (size_t i = 0; i < sizeof lines; i += 2) memcpy(lines + i, "x\n", 2);
    assert_true(send(loud, lines, sizeof lines, MSG_DONTWAIT) > 1000);
    assert_int_equal(send(quiet, "hello\n", 6, 0), 6);
    kit_forget(&kit);
    uint64_t from_quiet = 0;
    while (kit.count < 1000) {
        uv_run(&kit.loop, UV_RUN_ONCE);
        for (; kit.looked < kit.count && from_quiet == 0; kit.looked++)
            if (((const struct pawl_ev_net_frame *)kit.events[kit.looked])->data.len == 5)
                from_quiet = kit.looked + 1;
        assert_true(kit.count - kit.looked <= 2 * NET_SLICE_EVENTS);
        kit.looked = kit.count;
    }
    assert_true(from_quiet > 0 && from_quiet <= 3 * NET_SLICE_EVENTS);
    close(loud);
    close(quiet);
    kit_close(&kit);
}

/* ---- closing inside what is told ---- */

static void close_all(struct kit *kit, const struct pawl_event *event) {
    (void)event;
    for (uint64_t key = 1; key < 110; key++) net_close(kit->net, KIT_OWNER, key);
}

static void drop_all(struct kit *kit, const struct pawl_event *event) {
    (void)event;
    net_drop_all(kit->net);
}

static void close_and_open(struct kit *kit, const struct pawl_event *event) {
    uint16_t port = *(uint16_t *)kit->hook_arg;
    if (kit->count > 200 || event->cookie >= 100) return;
    net_close(kit->net, KIT_OWNER, event->cookie);
    open_to(kit, event->cookie, port, PAWL_NET_LINE);
}

static void test_close_while_told(void **state) {
    (void)state;
    void (*const hooks[])(struct kit *, const struct pawl_event *) = {close_all, drop_all,
                                                                     close_and_open};
    for (size_t i = 0; i < 3; i++)
        for (uint32_t at = 0; at < 6; at++) { /* before the n-th event is looked at */
            struct kit kit;
            kit_open(&kit);
            uint16_t port = listen_on(&kit, PAWL_NET_LINE, 8, 1000);
            kit.hook_arg = &port;
            for (uint64_t key = 2; key < 5; key++) open_to(&kit, key, port, PAWL_NET_LINE);
            int fd = kit_client(port);
            assert_int_equal(send(fd, "a\nb\nc\n", 6, 0), 6);
            uint32_t before = kit.count;
            for (int n = 0; n < 50 && kit.count < before + at; n++) {
                uv_run(&kit.loop, UV_RUN_NOWAIT);
                usleep(200);
            }
            kit.hook = hooks[i];
            kit_turn(&kit, 10);
            close(fd);
            kit_close(&kit);
        }
}

static void test_what_was_sent_leaves(void **state) {
    (void)state;
    struct kit kit;
    uint16_t port;
    char got[100001];
    kit_open(&kit);
    int server = kit_server(&port);
    open_to(&kit, 2, port, PAWL_NET_RAW);
    int fd = kit_accept(&kit, server);
    kit_wait(&kit, PAWL_EV_NET_UP);
    char *block = calloc(1, 100000);
    net_send(kit.net, KIT_OWNER, 2, block, 100000);
    net_close(kit.net, KIT_OWNER, 2);
    assert_int_equal(kit_read(&kit, fd, got, sizeof got), 100000);
    assert_int_equal(recv(fd, got, 1, 0), 0); /* and then its end, not a reset */
    free(block);
    close(fd);
    close(server);
    kit_close(&kit);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo), cmocka_unit_test(test_flush_within_an_event),
        cmocka_unit_test(test_garbage_and_oversized), cmocka_unit_test(test_refused_and_timeout),
        cmocka_unit_test(test_own_sleep), cmocka_unit_test(test_pings_without_end),
        cmocka_unit_test(test_hanging_resolver),
        cmocka_unit_test(test_unknown_name), cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_flood_is_fair), cmocka_unit_test(test_close_while_told),
        cmocka_unit_test(test_what_was_sent_leaves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
