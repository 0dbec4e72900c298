/* Requests: each is written at most once, whatever becomes of its connection. The server counts. */
#include "net_kit.h"

#include <pthread.h>

#include "net/http.h"

#define PEERS_MAX 64

/* A server in the test's own hands: it reads, and does with each request what the test says. */
struct peer {
    int fd;
    char in[65536];
    size_t len;
    uint32_t served; /* requests answered on this connection */
};

struct server {
    int fd;
    uint16_t port;
    struct peer peers[PEERS_MAX];
    uint32_t peer_count;
    uint32_t whole[1000]; /* times the request /N came whole, by N */
    uint32_t any[1000];   /* connections on which a byte of a request came, by what it said */
    /* what is done to the request that is not its connection's first */
    enum { ANSWER, CUT_WHILE_READING, CUT_BEFORE_REPLY, CUT_REPLY } act;
    size_t at;    /* bytes of the request read, or of the reply sent, before the cut */
    bool reset;   /* cut with a reset instead of an end */
    const char *reply;
    size_t reply_len;
};

static const char plain_reply[] =
    "HTTP/1.1 200 OK\r\nX-Used: 7\r\nContent-Length: 5\r\nRetry-After: 3\r\n\r\nhello";

static void cut(struct server *server, struct peer *peer) {
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    if (server->reset) setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(peer->fd);
    peer->fd = -1;
}

static void answer(struct server *server, struct peer *peer, size_t head) {
    int number = 0;
    sscanf(peer->in, "%*s /%d", &number);
    server->whole[number]++;
    memmove(peer->in, peer->in + head, peer->len - head);
    peer->len -= head;
    bool later = peer->served++ > 0;
    if (later && server->act == CUT_BEFORE_REPLY) {
        cut(server, peer);
        return;
    }
    size_t len = later && server->act == CUT_REPLY ? server->at : server->reply_len;
    assert_int_equal(send(peer->fd, server->reply, len, MSG_NOSIGNAL), len);
    if (later && server->act == CUT_REPLY) cut(server, peer);
}

static void serve(struct server *server) {
    int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) server->peers[server->peer_count++ % PEERS_MAX] = (struct peer){.fd = fd};
    for (uint32_t i = 0; i < server->peer_count && i < PEERS_MAX; i++) {
        struct peer *peer = &server->peers[i];
        size_t max = sizeof peer->in - 1 - peer->len;
        if (peer->fd < 0) continue;
        bool cutting = peer->served > 0 && server->act == CUT_WHILE_READING;
        if (cutting) max = server->at - peer->len;
        if (cutting && max == 0) {
            cut(server, peer);
            continue;
        }
        ssize_t n = recv(peer->fd, peer->in + peer->len, max, MSG_DONTWAIT);
        if (n == 0) {
            close(peer->fd);
            peer->fd = -1;
        }
        if (n <= 0) continue;
        peer->len += (size_t)n;
        peer->in[peer->len] = '\0';
        char *end = strstr(peer->in, "\r\n\r\n"), *length = strstr(peer->in, "Content-Length: ");
        if (end == NULL) continue;
        size_t head = (size_t)(end - peer->in) + 4;
        if (length != NULL && length < end) head += (size_t)atoi(length + 16);
        if (peer->len >= head) answer(server, peer, head);
    }
}

static void server_open(struct server *server) {
    memset(server, 0, sizeof *server);
    server->fd = kit_server(&server->port);
    assert_int_equal(fcntl(server->fd, F_SETFL, O_NONBLOCK), 0);
    server->reply = plain_reply;
    server->reply_len = sizeof plain_reply - 1;
}

static void server_close(struct server *server) {
    for (uint32_t i = 0; i < server->peer_count && i < PEERS_MAX; i++)
        if (server->peers[i].fd >= 0) close(server->peers[i].fd);
    close(server->fd);
}

static void ask(struct kit *kit, uint16_t port, uint64_t key, const char *method,
                const char *body) {
    char target[32];
    snprintf(target, sizeof target, "/%llu", (unsigned long long)key);
    struct pawl_net_request what = {.size = sizeof what, .port = port, .host = "127.0.0.1",
                                    .method = method, .target = target, .body = body,
                                    .body_len = (uint32_t)strlen(body), .reply_max = 1u << 20,
                                    .wanted = "x-used,retry-after", .timeout_ns = 2 * PAWL_NS};
    assert_int_equal(net_request(kit->net, KIT_OWNER, key, &what, NULL), PAWL_OK);
}

/* Turn until this request is over: 1 = with a whole reply, else 0 and *ret_ended. */
static int outcome(struct kit *kit, struct server *server, uint64_t key,
                   const struct pawl_ev_net_ended **ret_ended, char *body) {
    uint64_t until = uv_hrtime() + 5000000000ull;
    size_t len = 0;
    *ret_ended = NULL;
    for (;;) {
        if (uv_hrtime() >= until)
            fail_msg("request %llu: silence (%u at %zu, reset %d)", (unsigned long long)key,
                     (unsigned)server->act, server->at, server->reset);
        serve(server);
        uv_update_time(&kit->loop);
        uv_run(&kit->loop, UV_RUN_NOWAIT);
        for (; kit->looked < kit->count; kit->looked++) {
            const struct pawl_event *event = kit->events[kit->looked];
            const struct pawl_ev_net_reply *reply = (const void *)event;
            const struct pawl_ev_net_body *piece = (const void *)event;
            if (event->cookie != key) continue;
            if (event->type == PAWL_EV_NET_ENDED) {
                *ret_ended = (const void *)event;
                kit->looked++;
                return 0;
            }
            if (event->type == PAWL_EV_NET_BODY) {
                assert_int_equal(piece->offset, len);
                memcpy(body + len, kit_data(piece, &piece->data), piece->data.len);
                len += piece->data.len;
            }
            bool last = event->type == PAWL_EV_NET_REPLY ? reply->last : piece->last;
            if (!last) continue;
            body[len] = '\0';
            kit->looked++;
            return 1;
        }
    }
}

static void test_reply(void **state) {
    (void)state;
    struct kit kit;
    static struct server server;
    static char body[70000];
    const struct pawl_ev_net_ended *ended;
    kit_open(&kit);
    server_open(&server);
    for (uint64_t key = 1; key <= 20; key++) {
        ask(&kit, server.port, key, key % 2 == 0 ? "GET" : "POST", key % 2 == 0 ? "" : "a=b");
        assert_int_equal(outcome(&kit, &server, key, &ended, body), 1);
        assert_string_equal(body, "hello");
    }
    const struct pawl_ev_net_reply *reply = (const void *)kit.events[0];
    assert_int_equal(reply->head.type, PAWL_EV_NET_REPLY);
    assert_int_equal(reply->status, 200);
    assert_int_equal(reply->length, 5);
    assert_int_equal(reply->headers.len, 10 + 15);
    assert_memory_equal(kit_data(reply, &reply->headers), "x-used: 7\nretry-after: 3\n", 25);
    assert_int_equal(server.peer_count, 1); /* one connection, kept */
    server_close(&server);
    kit_close(&kit);
}

/* One kept connection dies in every way at every byte; nothing arrives twice, and what is told as
 * not sent did not arrive. */
static void sweep(uint32_t act, size_t points, bool reset) {
    static struct server server;
    static char body[70000];
    for (size_t at = 0; at < points; at++) {
        struct kit kit;
        const struct pawl_ev_net_ended *ended;
        kit_open(&kit);
        server_open(&server);
        server.act = act;
        server.at = at;
        server.reset = reset;
        ask(&kit, server.port, 1, "POST", "first=1");
        assert_int_equal(outcome(&kit, &server, 1, &ended, body), 1);
        ask(&kit, server.port, 2, "POST", "second=2");
        int whole = outcome(&kit, &server, 2, &ended, body);
        kit_turn(&kit, 1);
        for (int i = 0; i < 5; i++) serve(&server);
        if (server.whole[2] > 1) fail_msg("cut %u at %zu: came %u times", act, at, server.whole[2]);
        if (whole) assert_int_equal(server.whole[2], 1);
        if (!whole && ended->sent == PAWL_NET_SENT_NOT_SENT) assert_int_equal(server.whole[2], 0);
        if (act == CUT_BEFORE_REPLY || (act == CUT_REPLY && !whole))
            assert_int_equal(ended->sent, PAWL_NET_SENT_MAYBE_SENT);
        server.act = ANSWER; /* the next one is as if nothing had been */
        ask(&kit, server.port, 3, "POST", "third=3");
        assert_int_equal(outcome(&kit, &server, 3, &ended, body), 1);
        assert_int_equal(server.whole[3], 1);
        server_close(&server);
        kit_close(&kit);
    }
}

static void test_kept_connection_dies(void **state) {
    (void)state;
    for (int reset = 0; reset < 2; reset++) {
        sweep(CUT_WHILE_READING, 80, reset != 0);
        sweep(CUT_BEFORE_REPLY, 1, reset != 0);
        sweep(CUT_REPLY, sizeof plain_reply - 1, reset != 0);
    }
}

/* It died while nobody used it, and nobody looked: the next request goes to a new one. */
static void test_dead_when_taken(void **state) {
    (void)state;
    for (int reset = 0; reset < 2; reset++) {
        struct kit kit;
        static struct server server;
        static char body[1000];
        const struct pawl_ev_net_ended *ended;
        kit_open(&kit);
        server_open(&server);
        server.reset = reset != 0;
        ask(&kit, server.port, 1, "POST", "x");
        assert_int_equal(outcome(&kit, &server, 1, &ended, body), 1);
        cut(&server, &server.peers[0]);
        ask(&kit, server.port, 2, "POST", "y");
        int whole = outcome(&kit, &server, 2, &ended, body);
        assert_true(server.whole[2] <= 1);
        assert_int_equal(server.whole[2], whole);
        if (reset) assert_int_equal(whole, 1); /* not a byte was taken by the dead one */
        server_close(&server);
        kit_close(&kit);
    }
}

static void test_not_there(void **state) {
    (void)state;
    struct kit kit;
    uint16_t port;
    kit_open(&kit);
    close(kit_server(&port));
    ask(&kit, port, 1, "POST", "x");
    const struct pawl_ev_net_ended *ended = kit_wait(&kit, PAWL_EV_NET_ENDED);
    assert_int_equal(ended->sent, PAWL_NET_SENT_NOT_SENT);
    assert_int_equal(ended->reason, PAWL_NET_REASON_REFUSED);
    /* one that accepts and is silent: those given to a connection may have arrived, those that
     * waited for one did not */
    int server = kit_server(&port);
    for (uint64_t key = 10; key < 10 + PAWL_NET_POOL_MAX + 3; key++) {
        struct pawl_net_request what = {.size = sizeof what, .port = port, .host = "127.0.0.1",
                                        .method = "GET", .target = "/", .reply_max = 100,
                                        .timeout_ns = 100 * PAWL_MS};
        assert_int_equal(net_request(kit.net, KIT_OWNER, key, &what, NULL), PAWL_OK);
    }
    uint32_t sent[3] = {0};
    for (uint32_t i = 0; i < PAWL_NET_POOL_MAX + 3; i++) {
        ended = kit_wait(&kit, PAWL_EV_NET_ENDED);
        assert_int_equal(ended->reason, PAWL_NET_REASON_TIMEOUT);
        sent[ended->sent]++;
    }
    assert_int_equal(sent[PAWL_NET_SENT_NOT_SENT], 3);
    assert_int_equal(sent[PAWL_NET_SENT_MAYBE_SENT], PAWL_NET_POOL_MAX);
    close(server);
    kit_close(&kit);
}

/* ---- replies of every kind ---- */

static const struct {
    const char *reply, *body; /* body NULL = no reply */
    uint8_t reason;
} cases[] = {
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n"
     "Trailer: 1\r\n\r\n", "abcde", 0},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", 0},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "", 0},
    {"HTTP/1.1 429 Too Many\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", "{}", 0},
    {"HTTP/1.0 200 OK\r\n\r\nto the end", "to the end", 0},
    {"HTTP/2 200\r\n\r\n", NULL, PAWL_NET_REASON_PROTOCOL},
    {"SSH-2.0-OpenSSH\r\n", NULL, PAWL_NET_REASON_PROTOCOL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", NULL,
     PAWL_NET_REASON_PROTOCOL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     NULL, PAWL_NET_REASON_PROTOCOL},
    {"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", NULL, PAWL_NET_REASON_PROTOCOL},
    {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", NULL, PAWL_NET_REASON_PROTOCOL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", NULL, PAWL_NET_REASON_TOO_LARGE},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", NULL,
     PAWL_NET_REASON_TOO_LARGE},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", NULL,
     PAWL_NET_REASON_PROTOCOL},
    {"HTTP/1.1 200 OK\r\n folded: 1\r\n\r\n", NULL, PAWL_NET_REASON_PROTOCOL},
    {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", NULL,
     PAWL_NET_REASON_PROTOCOL},
    {"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", NULL, PAWL_NET_REASON_PROTOCOL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcd", "ab", 0}, /* more than it said */
};

static void test_replies(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kit kit;
        uint16_t port;
        char body[1000] = "", request[2000];
        size_t len = 0;
        kit_open(&kit);
        int server = kit_server(&port);
        ask(&kit, port, 1, "GET", "");
        int fd = kit_accept(&kit, server);
        kit_turn(&kit, 5);
        assert_true(recv(fd, request, sizeof request, 0) > 0);
        assert_true(send(fd, cases[i].reply, strlen(cases[i].reply), MSG_NOSIGNAL) > 0);
        shutdown(fd, SHUT_WR);
        const struct pawl_ev_net_ended *ended = NULL;
        bool last = false;
        for (int n = 0; n < 500 && !last && ended == NULL; n++) {
            kit_turn(&kit, 1);
            for (; kit.looked < kit.count; kit.looked++) {
                const struct pawl_event *event = kit.events[kit.looked];
                const struct pawl_ev_net_body *piece = (const void *)event;
                if (event->type == PAWL_EV_NET_ENDED) ended = (const void *)event;
                if (event->type == PAWL_EV_NET_REPLY)
                    last = ((const struct pawl_ev_net_reply *)event)->last;
                if (event->type != PAWL_EV_NET_BODY) continue;
                memcpy(body + len, kit_data(piece, &piece->data), piece->data.len);
                len += piece->data.len;
                last = piece->last;
            }
        }
        if (cases[i].body != NULL) {
            if (!last) fail_msg("reply %zu: %s", i, ended == NULL ? "silence" : ended->message);
            assert_string_equal(body, cases[i].body);
        } else {
            if (ended == NULL) fail_msg("reply %zu was taken", i);
            assert_int_equal(ended->reason, cases[i].reason);
            assert_int_equal(ended->sent, PAWL_NET_SENT_MAYBE_SENT);
        }
        close(fd);
        close(server);
        kit_close(&kit);
    }
}

/* A large body comes in slices that do not depend on how it was cut on its way. */
static void test_large_body(void **state) {
    (void)state;
    struct kit kit;
    static struct server server;
    static char reply[70000], body[70000];
    const struct pawl_ev_net_ended *ended;
    kit_open(&kit);
    server_open(&server);
    int head = snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
    for (int i = 0; i < 60000; i++) reply[head + i] = (char)('a' + i % 23);
    server.reply = reply;
    server.reply_len = (size_t)head + 60000;
    for (uint64_t key = 1; key < 5; key++) {
        kit_forget(&kit);
        ask(&kit, server.port, key, "GET", "");
        assert_int_equal(outcome(&kit, &server, key, &ended, body), 1);
        assert_memory_equal(body, reply + head, 60000);
        assert_int_equal(kit.count, 1 + (60000 + PAWL_NET_SLICE_MAX - 1) / PAWL_NET_SLICE_MAX);
    }
    server_close(&server);
    kit_close(&kit);
}

/* Byte by byte, more often than anybody looks at a clock: the time is up all the same. */
static void *drip(void *arg) {
    const int fd = *(const int *)arg;
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    if (send(fd, head, sizeof head - 1, MSG_NOSIGNAL) < 0) return NULL;
    for (int i = 0; i < 10000 && send(fd, "x", 1, MSG_NOSIGNAL) == 1; i++) usleep(200);
    return NULL;
}

static void test_dripping_reply(void **state) {
    (void)state;
    struct kit kit;
    uint16_t port;
    pthread_t thread;
    kit_open(&kit);
    int server = kit_server(&port);
    struct pawl_net_request what = {.size = sizeof what, .port = port, .host = "127.0.0.1",
                                    .method = "GET", .target = "/", .reply_max = 1u << 20,
                                    .timeout_ns = 200 * PAWL_MS};
    uint64_t began = uv_hrtime();
    assert_int_equal(net_request(kit.net, KIT_OWNER, 1, &what, NULL), PAWL_OK);
    int fd = kit_accept(&kit, server);
    assert_int_equal(pthread_create(&thread, NULL, drip, &fd), 0);
    const struct pawl_ev_net_ended *ended = kit_wait(&kit, PAWL_EV_NET_ENDED);
    assert_int_equal(ended->reason, PAWL_NET_REASON_TIMEOUT);
    assert_true(uv_hrtime() - began < 1000 * 1000000ull);
    pthread_join(thread, NULL);
    close(fd);
    close(server);
    kit_close(&kit);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reply), cmocka_unit_test(test_kept_connection_dies),
        cmocka_unit_test(test_dead_when_taken), cmocka_unit_test(test_not_there),
        cmocka_unit_test(test_replies), cmocka_unit_test(test_large_body),
        cmocka_unit_test(test_dripping_reply)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
