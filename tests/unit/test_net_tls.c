/* TLS: whom it trusts, and that a request is not sent twice however many bytes of ciphertext the
 * other side took before a kept connection ended. */
#include "net_kit.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>

#define NUMBERS_MAX 16

/* A server of threads that counts requests as they come whole out of TLS. */
struct tls_server {
    SSL_CTX *context;
    int fd;
    uint16_t port;
    pthread_t thread;
    _Atomic int whole[NUMBERS_MAX];
    _Atomic int running; /* connections */
    int cut_at;          /* bytes of ciphertext read after the first reply; below 0 = never */
    bool reset;
};
struct tls_peer {
    struct tls_server *server;
    int fd;
};

static char ca_path[] = "/tmp/pawl-net-tls-XXXXXX";

static SSL_CTX *make_context(void) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509V3_CTX v3;
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME *name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509V3_set_ctx(&v3, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, &v3, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(cert, san, -1);
    X509_EXTENSION_free(san);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(context, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    int fd = mkstemp(ca_path);
    FILE *file = fdopen(fd, "w");
    assert_int_equal(PEM_write_X509(file, cert), 1);
    fclose(file);
    X509_free(cert);
    EVP_PKEY_free(key);
    return context;
}

static void send_all(SSL *ssl, int fd) {
    char bytes[16384];
    int n;
    while ((n = BIO_read(SSL_get_wbio(ssl), bytes, sizeof bytes)) > 0)
        if (send(fd, bytes, (size_t)n, MSG_NOSIGNAL) < 0) return;
}

/* Reads what is decrypted; answers what is whole. True = a reply went out. */
static bool serve_some(struct tls_server *server, SSL *ssl, char *in, size_t *len) {
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    bool answered = false;
    int n, number = 0;
    while ((n = SSL_read(ssl, in + *len, (int)(4095 - *len))) > 0) {
        *len += (size_t)n;
        in[*len] = '\0';
        char *end = strstr(in, "\r\n\r\n"), *length = strstr(in, "Content-Length: ");
        if (end == NULL || length == NULL ||
            *len < (size_t)(end - in) + 4 + (size_t)atoi(length + 16))
            continue;
        sscanf(in, "%*s /%d", &number);
        atomic_fetch_add(&server->whole[number % NUMBERS_MAX], 1);
        *len = 0;
        SSL_write(ssl, reply, sizeof reply - 1);
        answered = true;
    }
    return answered;
}

static void *serve_peer(void *arg) {
    struct tls_peer peer = *(struct tls_peer *)arg;
    struct tls_server *server = peer.server;
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    char in[4096], bytes[4096];
    size_t len = 0;
    int left = -1;
    free(arg);
    SSL *ssl = SSL_new(server->context);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl);
    while (left != 0) {
        size_t want = left > 0 && left < (int)sizeof bytes ? (size_t)left : sizeof bytes;
        ssize_t n = recv(peer.fd, bytes, want, 0);
        if (n <= 0) break;
        if (left > 0) left -= (int)n;
        BIO_write(SSL_get_rbio(ssl), bytes, (int)n);
        bool answered = serve_some(server, ssl, in, &len);
        send_all(ssl, peer.fd);
        if (answered && left < 0 && server->cut_at >= 0) left = server->cut_at;
    }
    if (left == 0 && server->reset)
        setsockopt(peer.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    SSL_free(ssl);
    close(peer.fd);
    atomic_fetch_sub(&server->running, 1);
    return NULL;
}

static void *serve(void *arg) {
    struct tls_server *server = arg;
    for (;;) {
        int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) return NULL;
        struct tls_peer *peer = malloc(sizeof *peer);
        *peer = (struct tls_peer){server, fd};
        pthread_t thread;
        atomic_fetch_add(&server->running, 1);
        if (pthread_create(&thread, NULL, serve_peer, peer) == 0) pthread_detach(thread);
    }
}

static void server_open(struct tls_server *server, SSL_CTX *context) {
    memset(server, 0, sizeof *server);
    server->context = context;
    server->cut_at = -1;
    server->fd = kit_server(&server->port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void server_close(struct tls_server *server) {
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
    for (int i = 0; i < 2000 && atomic_load(&server->running) > 0; i++) usleep(1000);
    assert_int_equal(atomic_load(&server->running), 0);
}

static void ask(struct kit *kit, const char *host, uint16_t port, uint64_t key) {
    char target[32];
    snprintf(target, sizeof target, "/%llu", (unsigned long long)key);
    struct pawl_net_request what = {.size = sizeof what, .tls = 1, .port = port, .host = host,
                                    .method = "POST", .target = target, .body = "a=b",
                                    .body_len = 3, .reply_max = 1000, .timeout_ns = 3 * PAWL_NS};
    assert_int_equal(net_request(kit->net, KIT_OWNER, key, &what, NULL), PAWL_OK);
}

static bool outcome(struct kit *kit, const struct pawl_ev_net_ended **ret_ended) {
    *ret_ended = NULL;
    kit->late = false;
    uv_update_time(&kit->loop);
    uv_timer_start(&kit->guard, kit_late, KIT_WAIT_MS, 0);
    while (!kit->late) {
        while (kit->looked < kit->count) {
            const struct pawl_event *event = kit->events[kit->looked++];
            if (event->type == PAWL_EV_NET_BODY) return true;
            if (event->type == PAWL_EV_NET_ENDED) *ret_ended = (const void *)event;
            if (event->type == PAWL_EV_NET_ENDED) return false;
        }
        uv_run(&kit->loop, UV_RUN_ONCE);
    }
    fail_msg("silence");
    return false;
}

static void test_kept_connection_dies(void **state) {
    struct tls_server server;
    for (int reset = 0; reset < 2; reset++)
        for (int cut = 0; cut < 180; cut += cut < 40 || cut > 90 ? 1 : 7) {
            struct kit kit;
            const struct pawl_ev_net_ended *ended;
            kit_open_with(&kit, NULL, ca_path);
            server_open(&server, *state);
            server.cut_at = cut;
            server.reset = reset != 0;
            ask(&kit, "localhost", server.port, 1);
            assert_true(outcome(&kit, &ended));
            ask(&kit, "localhost", server.port, 2);
            bool whole = outcome(&kit, &ended);
            int sent = whole ? 0 : ended->sent;
            kit_close(&kit);
            server_close(&server);
            int came = server.whole[2];
            if (came > 1) fail_msg("cut at %d: came %d times", cut, came);
            if (whole) assert_int_equal(came, 1);
            if (sent == PAWL_NET_SENT_NOT_SENT) assert_int_equal(came, 0);
        }
}

static void refused(SSL_CTX *context, const char *host, const char *ca, const char *why) {
    struct tls_server server;
    struct kit kit;
    const struct pawl_ev_net_ended *ended;
    kit_open_with(&kit, NULL, ca);
    server_open(&server, context);
    ask(&kit, host, server.port, 3);
    assert_false(outcome(&kit, &ended));
    assert_int_equal(ended->sent, PAWL_NET_SENT_NOT_SENT);
    assert_int_equal(ended->reason, PAWL_NET_REASON_TLS);
    if (strstr(ended->message, why) == NULL) fail_msg("%s", ended->message);
    kit_close(&kit);
    server_close(&server);
    assert_int_equal(server.whole[3], 0);
}

static void test_whom_it_trusts(void **state) {
    refused(*state, "127.0.0.1", ca_path, "IP address mismatch");
    refused(*state, "localhost", NULL, "self-signed");
    refused(*state, "localhost", "/nonexistent/ca.pem", "no certificates in");
}

static void test_no_tls_at_all(void **state) {
    struct kit kit;
    uint16_t port;
    const struct pawl_ev_net_ended *ended;
    (void)state;
    kit_open_with(&kit, NULL, ca_path);
    int server = kit_server(&port);
    ask(&kit, "localhost", port, 4);
    kit_turn(&kit, 20);
    int fd = accept4(server, NULL, NULL, SOCK_CLOEXEC);
    assert_int_equal(send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL), 28);
    assert_false(outcome(&kit, &ended));
    assert_int_equal(ended->reason, PAWL_NET_REASON_TLS);
    assert_int_equal(ended->sent, PAWL_NET_SENT_NOT_SENT);
    close(fd);
    close(server);
    kit_close(&kit);
}

static int set_up(void **state) {
    *state = make_context();
    return 0;
}

static int tear_down(void **state) {
    SSL_CTX_free(*state);
    return unlink(ca_path);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kept_connection_dies),
                                       cmocka_unit_test(test_whom_it_trusts),
                                       cmocka_unit_test(test_no_tls_at_all)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
