/* What plugins are answered: by what was granted, asked and told before, and by nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "events/reflect.h"
#include "plugin/io.h"
#include "plugin/trial.h"

#define ME 5u

static char net_grants[2][GRANT_TEXT_MAX + 1] = {"example.com:443", "*.binance.com:*"};
static char listen_grants[1][GRANT_TEXT_MAX + 1] = {"127.0.0.1:*"};
static char secret_grants[1][SECRET_NAME_MAX + 1] = {"key"};

/* An instance in the middle of a turn, with everything around it that the tables look at. */
struct stage {
    struct config config;
    struct config_plugin plugin;
    struct bus *bus;
    struct book book;
    struct exec exec;
    struct services services;
    struct instance instance;
    struct io *io;
    char path[64];
};

static struct stage *set_up(enum io_mode mode) {
    struct stage *s = calloc(1, sizeof *s);
    memcpy(s->plugin.name, "me", 3);
    s->plugin.grants = (struct config_grants){.net_count = 2, .net = net_grants, .listen_count = 1,
                                              .listen = listen_grants, .secret_count = 1,
                                              .secrets = secret_grants};
    s->config.plugins = &s->plugin;
    s->config.plugin_count = 1;
    assert_int_equal(bus_new(&s->bus, 1, NULL), PAWL_OK);
    assert_int_equal(timers_new(&s->book.timers, NULL), PAWL_OK);
    s->bus->in_turn = true;
    s->bus->now_ns = 1700000000 * PAWL_NS;
    s->book.bus = s->bus;
    s->exec.config = &s->config;
    assert_int_equal(io_new(mode, NULL, &s->io, NULL), PAWL_OK);
    s->services = (struct services){.book = &s->book, .exec = &s->exec, .io = s->io};
    memcpy(s->instance.name, "me", 3);
    s->instance.ctx = (struct pawl_ctx){.instance = s->instance.name, .component = ME};
    s->instance.services = &s->services;
    s->instance.created = true;
    return s;
}

static void tear_down(struct stage *s) {
    io_free(s->io);
    timers_free(s->book.timers);
    s->bus->in_turn = false;
    bus_free(s->bus);
    free(s);
}

static struct pawl_net_open how_to(const char *host, uint16_t port) {
    return (struct pawl_net_open){.size = sizeof(struct pawl_net_open), .transport = PAWL_NET_TLS,
                                  .framing = PAWL_NET_LINE, .host = host, .port = port,
                                  .window = 100};
}

static int open_to(struct stage *s, uint64_t key, const char *host, uint16_t port) {
    struct pawl_net_open how = how_to(host, port);
    return net_table.open(&s->instance.ctx, key, &how, NULL);
}

static void tell(struct stage *s, uint16_t type, uint64_t key, uint64_t number) {
    union {
        struct pawl_event head;
        struct pawl_ev_net_up up;
        struct pawl_ev_net_writable writable;
        struct pawl_ev_net_down down;
        struct pawl_ev_net_ended ended;
        struct pawl_ev_net_reply reply;
    } event = {.head = {.type = type, .target = ME, .cookie = key}};
    if (type == PAWL_EV_NET_UP) event.up.listener = number;
    if (type == PAWL_EV_NET_WRITABLE) event.writable.drained = number;
    if (type == PAWL_EV_NET_REPLY) event.reply.last = number != 0;
    io_event(s->io, &event.head);
}

static void test_grants(void **state) {
    (void)state;
    struct stage *s = set_up(IO_REPLAY);
    static const struct {
        const char *host;
        uint16_t port;
        int rc;
    } cases[] = {{"example.com", 443, PAWL_OK}, {"EXAMPLE.com", 443, PAWL_OK},
                 {"example.com", 80, PAWL_E_DENIED}, {"xexample.com", 443, PAWL_E_DENIED},
                 {"fapi.binance.com", 1, PAWL_OK}, {"a.b.binance.com", 1, PAWL_OK},
                 {"binance.com", 1, PAWL_E_DENIED}, {"evilbinance.com", 1, PAWL_E_DENIED},
                 {"binance.com.evil", 1, PAWL_E_DENIED}, {"127.0.0.1", 443, PAWL_E_DENIED},
                 {"", 443, PAWL_E_INVAL}, {"a b", 443, PAWL_E_INVAL},
                 {"example.com\r\nX", 443, PAWL_E_INVAL}, {"example.com", 0, PAWL_E_INVAL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (open_to(s, i + 1, cases[i].host, cases[i].port) != cases[i].rc)
            fail_msg("%s:%u", cases[i].host, cases[i].port);
    struct pawl_net_listen listens = {.size = sizeof listens, .framing = PAWL_NET_LINE};
    assert_int_equal(net_table.listen(&s->instance.ctx, 100, &listens, NULL), PAWL_OK);
    listens.address = "0.0.0.0";
    assert_int_equal(net_table.listen(&s->instance.ctx, 101, &listens, NULL), PAWL_E_DENIED);
    tear_down(s);
}

static void test_when_it_may_be_called(void **state) {
    (void)state;
    struct stage *s = set_up(IO_NONE);
    assert_int_equal(open_to(s, 1, "example.com", 443), PAWL_E_DENIED); /* a backtest */
    s->io->mode = IO_REPLAY;
    s->instance.created = false;
    assert_int_equal(open_to(s, 1, "example.com", 443), PAWL_E_STATE);
    s->instance.created = true;
    s->instance.trial = (struct trial *)s; /* never looked into */
    assert_int_equal(open_to(s, 1, "example.com", 443), PAWL_E_STATE);
    s->instance.trial = NULL;
    s->bus->in_turn = false;
    assert_int_equal(open_to(s, 1, "example.com", 443), PAWL_E_STATE);
    s->bus->in_turn = true;
    assert_int_equal(open_to(s, 1, "example.com", 443), PAWL_OK);
    assert_int_equal(open_to(s, 1, "example.com", 443), PAWL_E_STATE); /* the key is in use */
    tear_down(s);
}

static void test_send(void **state) {
    (void)state;
    struct stage *s = set_up(IO_REPLAY);
    struct pawl_ctx *ctx = &s->instance.ctx;
    char text[128] = "";
    memset(text, 'x', sizeof text);
    assert_int_equal(net_table.send(ctx, 1, "x", 1), PAWL_E_STATE);
    assert_int_equal(open_to(s, 1, "example.com", 443), PAWL_OK);
    assert_int_equal(net_table.state(ctx, 1), PAWL_NET_OPENING);
    assert_int_equal(net_table.send(ctx, 1, "x", 1), PAWL_E_STATE);
    tell(s, PAWL_EV_NET_UP, 1, 0);
    assert_int_equal(net_table.state(ctx, 1), PAWL_NET_UP);
    assert_int_equal(net_table.send(ctx, 1, "a\nb", 3), PAWL_E_INVAL);
    assert_int_equal(net_table.send(ctx, 1, text, 100), PAWL_E_RANGE); /* 101 with its end */
    assert_int_equal(net_table.send(ctx, 1, text, 59), PAWL_OK);
    assert_int_equal(net_table.send(ctx, 1, text, 39), PAWL_OK);
    assert_int_equal(net_table.send(ctx, 1, "", 0), PAWL_E_BUSY);
    tell(s, PAWL_EV_NET_WRITABLE, 1, 60);
    assert_int_equal(net_table.send(ctx, 1, text, 60), PAWL_E_BUSY);
    assert_int_equal(net_table.send(ctx, 1, text, 59), PAWL_OK);
    tell(s, PAWL_EV_NET_DOWN, 1, 0);
    assert_int_equal(net_table.state(ctx, 1), PAWL_NET_NONE);
    assert_int_equal(net_table.send(ctx, 1, "x", 1), PAWL_E_STATE);
    assert_int_equal(open_to(s, 1, "example.com", 443), PAWL_OK); /* the key is free */
    net_table.close(ctx, 1);
    assert_int_equal(net_table.state(ctx, 1), PAWL_NET_NONE);
    tear_down(s);
}

static void test_places(void **state) {
    (void)state;
    struct stage *s = set_up(IO_REPLAY);
    struct pawl_ctx *ctx = &s->instance.ctx;
    struct pawl_net_listen how = {.size = sizeof how, .framing = PAWL_NET_LINE, .peers_max = 10};
    assert_int_equal(net_table.listen(ctx, 1, &how, NULL), PAWL_OK);
    for (uint64_t key = 2; key <= 54; key++)
        assert_int_equal(open_to(s, key, "example.com", 443), PAWL_OK);
    assert_int_equal(open_to(s, 55, "example.com", 443), PAWL_E_BUSY);
    tell(s, PAWL_EV_NET_UP, 1, 0);
    for (uint64_t key = 100; key < 110; key++) tell(s, PAWL_EV_NET_UP, key, 1);
    assert_int_equal(net_table.send(ctx, 109, "x", 1), PAWL_OK);
    net_table.close(ctx, 1); /* those that came in through it stay, and keep their places */
    assert_int_equal(net_table.send(ctx, 109, "x", 1), PAWL_OK);
    assert_int_equal(open_to(s, 55, "example.com", 443), PAWL_OK);
    assert_int_equal(open_to(s, 56, "example.com", 443), PAWL_E_BUSY);
    tell(s, PAWL_EV_NET_DOWN, 100, 0);
    assert_int_equal(open_to(s, 56, "example.com", 443), PAWL_OK);
    io_drop(s->io, ME);
    assert_int_equal(net_table.state(ctx, 56), PAWL_NET_NONE);
    tear_down(s);
}

static int upgrade(struct stage *s, const char *name) {
    struct pawl_net_header headers[] = {{.name = name, .value = "v"}};
    struct pawl_net_open how = {.size = sizeof how, .transport = PAWL_NET_WSS, .port = 443,
                                .framing = PAWL_NET_MESSAGE, .host = "example.com",
                                .target = "/", .headers = headers, .header_count = 1};
    return net_table.open(&s->instance.ctx, 1, &how, NULL);
}

static void test_headers_of_a_websocket(void **state) {
    static const char *const ours[] = {"Host", "upgrade", "Connection", "Sec-WebSocket-Key",
                                       "Sec-WebSocket-Version", "sec-websocket-extensions",
                                       "Content-Length", "Transfer-Encoding"};
    (void)state;
    struct stage *s = set_up(IO_REPLAY);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        assert_int_equal(upgrade(s, ours[i]), PAWL_E_INVAL);
    assert_int_equal(upgrade(s, "Sec-WebSocket-Protocol"), PAWL_OK);
    tear_down(s);
}

static int ask(struct stage *s, uint64_t key, const char *method, const char *target,
               const char *name, const char *value, const char *secret) {
    struct pawl_net_header headers[] = {{.name = name, .value = value, .secret = secret}};
    struct pawl_net_request what = {.size = sizeof what, .tls = 1, .port = 443,
                                    .host = "example.com", .method = method, .target = target,
                                    .headers = headers, .header_count = name != NULL};
    return net_table.request(&s->instance.ctx, key, &what, NULL);
}

static void test_requests(void **state) {
    (void)state;
    struct stage *s = set_up(IO_REPLAY);
    assert_int_equal(ask(s, 1, "GET", "/a?b=c", "X-Key", NULL, "key"), PAWL_OK);
    assert_int_equal(ask(s, 1, "GET", "/", NULL, NULL, NULL), PAWL_E_STATE);
    assert_int_equal(ask(s, 2, "GET", "/", "X-Key", NULL, "other"), PAWL_E_DENIED);
    static const char *const bad[][3] = {{"GET", "/", "Content-Length"}, {"GET", "/", "host"},
        {"GET", "/", "Transfer-Encoding"}, {"GET", "/", "a b"}, {"GET", "/", "a:"},
        {"GET", "/a b", "X"}, {"GET", "a", "X"}, {"GET", "/\r\nX: y", "X"}, {"GE T", "/", "X"},
        {"CONNECT", "/", "X"}, {"", "/", "X"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(ask(s, 2, bad[i][0], bad[i][1], bad[i][2], "v", NULL), PAWL_E_INVAL);
    assert_int_equal(ask(s, 2, "GET", "/", "X", "a\r\nY: b", NULL), PAWL_E_INVAL);
    for (uint64_t key = 2; key <= PAWL_NET_REQUESTS_MAX; key++)
        assert_int_equal(ask(s, key, "GET", "/", NULL, NULL, NULL), PAWL_OK);
    assert_int_equal(ask(s, 999, "GET", "/", NULL, NULL, NULL), PAWL_E_BUSY);
    tell(s, PAWL_EV_NET_REPLY, 7, 0); /* its body is still to come */
    assert_int_equal(ask(s, 999, "GET", "/", NULL, NULL, NULL), PAWL_E_BUSY);
    tell(s, PAWL_EV_NET_REPLY, 7, 1);
    assert_int_equal(ask(s, 999, "GET", "/", NULL, NULL, NULL), PAWL_OK);
    tell(s, PAWL_EV_NET_ENDED, 8, 0);
    assert_int_equal(ask(s, 1000, "GET", "/", NULL, NULL, NULL), PAWL_OK);
    tear_down(s);
}

/* What an instance on trial says of a bucket that is there holds when it takes over, not before. */
static void test_limits_on_trial(void **state) {
    (void)state;
    struct stage *s = set_up(IO_LIVE);
    struct pawl_ctx *ctx = &s->instance.ctx;
    uint32_t bucket, same = 0, other = 0;
    int64_t minute = 60 * PAWL_NS;
    assert_int_equal(triggers_new(&s->book.triggers, NULL), PAWL_OK);
    assert_int_equal(budget_table.limit(ctx, "ip", 100, 0, minute, &bucket), PAWL_OK);
    const struct pawl_cost cost = {bucket, 100};
    for (int takes_over = 0; takes_over < 2; takes_over++) {
        assert_int_equal(trial_begin(&s->instance, NULL), PAWL_OK);
        assert_int_equal(budget_table.limit(ctx, "ip", 0, 0, minute, &same), PAWL_E_INVAL);
        assert_int_equal(budget_table.limit(ctx, "ip", 50, 0, minute, &same), PAWL_OK);
        assert_int_equal(same, bucket);
        assert_int_equal(budget_table.limit(ctx, "new", 50, 0, minute, &other), PAWL_OK);
        assert_int_not_equal(other, bucket);
        assert_int_equal(budget_ask(s->io->budget, ME, 1, PAWL_LANE_PROTECT, &cost, 1,
                                    s->bus->now_ns), PAWL_OK);
        s->bus->now_ns += 2 * minute;
        if (takes_over) {
            trial_take_over(&s->instance);
        } else {
            trial_free(s->instance.trial);
            s->instance.trial = NULL;
        }
    }
    assert_int_equal(budget_table.ask(ctx, 1, PAWL_LANE_PROTECT, &cost, 1), PAWL_E_RANGE);
    /* whoever waits for more than the lower limit gives hears it at once */
    const struct pawl_cost less = {bucket, 50};
    assert_int_equal(budget_table.ask(ctx, 2, PAWL_LANE_PROTECT, &less, 1), PAWL_OK);
    assert_int_equal(budget_table.ask(ctx, 3, PAWL_LANE_PROTECT, &less, 1), PAWL_E_BUSY);
    assert_int_equal(budget_table.limit(ctx, "ip", 40, 0, minute, &bucket), PAWL_OK);
    assert_true(timers_next_due(s->book.timers) <= s->bus->now_ns);
    struct pawl_ev_budget_granted word;
    assert_true(io_grant(s->io, s->bus->now_ns, &word));
    assert_int_equal(word.head.type, PAWL_EV_BUDGET_REFUSED);
    assert_int_equal(word.head.cookie, 3);
    assert_int_equal(word.head.target, ME);
    triggers_free(s->book.triggers);
    tear_down(s);
}

static void test_nonces(void **state) {
    (void)state;
    char folder[] = "/tmp/pawl-io-XXXXXX", path[64];
    uint64_t value, last = 0;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/pawl.db", folder);
    struct store_options options = {.path = path, .durability = STORE_NONE};
    struct stage *s = set_up(IO_LIVE);
    assert_int_equal(store_open(&options, &s->book.store, NULL), PAWL_OK);
    assert_int_equal(store_register(s->book.store, reflect_record(PAWL_REC_NONCE), NULL), PAWL_OK);
    for (int i = 0; i < 1000; i++) {
        if (i % 100 == 99) s->bus->now_ns += PAWL_NS; /* else the clock stands still */
        assert_int_equal(crypto_table.nonce(&s->instance.ctx, "key", &value), PAWL_OK);
        assert_true(value > last);
        last = value;
    }
    assert_true(s->book.plugin_changes);
    struct pawl_rec_nonce stored = s->io->nonces[0];
    assert_true(stored.ceiling >= last);
    assert_int_equal(stored.component, ME);
    uint64_t other;
    assert_int_equal(crypto_table.nonce(&s->instance.ctx, "second", &other), PAWL_OK);
    assert_int_equal(s->io->nonce_count, 2);
    /* a start with the clock an hour back */
    io_free(s->io);
    assert_int_equal(io_new(IO_LIVE, NULL, &s->io, NULL), PAWL_OK);
    s->services.io = s->io;
    s->bus->now_ns -= 3600 * PAWL_NS;
    assert_int_equal(io_restore_nonce(s->io, &stored, NULL), PAWL_OK);
    assert_int_equal(crypto_table.nonce(&s->instance.ctx, "key", &value), PAWL_OK);
    assert_true(value > last);
    stored.id = 7;
    assert_int_equal(io_restore_nonce(s->io, &stored, NULL), PAWL_E_DATA);
    store_abandon(s->book.store);
    tear_down(s);
    snprintf(path, sizeof path, "rm -rf %s", folder);
    assert_int_equal(system(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grants), cmocka_unit_test(test_when_it_may_be_called),
        cmocka_unit_test(test_send), cmocka_unit_test(test_places),
        cmocka_unit_test(test_requests), cmocka_unit_test(test_nonces),
        cmocka_unit_test(test_limits_on_trial), cmocka_unit_test(test_headers_of_a_websocket)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
