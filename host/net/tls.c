/* TLS over a stream's socket: OpenSSL reads and writes through us, so that every byte is counted
 * and no signal is raised. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>

#include "base/err.h"
#include "net/net_int.h"

struct context {
    SSL_CTX *ssl;
    BIO_METHOD *method;
};

bool net_has_tls(void) {
    return true;
}

const char *net_tls_version(void) {
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}

/* ---- the socket below ---- */

static int bio_write(BIO *bio, const char *bytes, int len) {
    ssize_t n = stream_raw_write(BIO_get_data(bio), bytes, (size_t)len);
    BIO_clear_retry_flags(bio);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return (int)n;
}

static int bio_read(BIO *bio, char *out, int max) {
    ssize_t n = recv(((struct stream *)BIO_get_data(bio))->fd, out, (size_t)max, 0);
    BIO_clear_retry_flags(bio);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    return (int)n;
}

static long bio_control(BIO *bio, int what, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return what == BIO_CTRL_FLUSH;
}

/* ---- the context ---- */

int tls_context_new(const char *ca_file, void **ret, struct pawl_err *err) {
    static const unsigned char http11[] = "\x08http/1.1";
    struct context *context = OPENSSL_zalloc(sizeof *context);
    if (context == NULL) return pawl_fail(err, PAWL_E_NOMEM, "TLS: out of memory");
    context->ssl = SSL_CTX_new(TLS_client_method());
    context->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pawl");
    bool ok = context->ssl != NULL && context->method != NULL &&
              BIO_meth_set_write(context->method, bio_write) == 1 &&
              BIO_meth_set_read(context->method, bio_read) == 1 &&
              BIO_meth_set_ctrl(context->method, bio_control) == 1;
    if (!ok) {
        tls_context_free(context);
        return pawl_fail(err, PAWL_E_NOMEM, "TLS: out of memory");
    }
    SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION);
    SSL_CTX_set_options(context->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context->ssl,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_alpn_protos(context->ssl, http11, sizeof http11 - 1);
    bool own = ca_file != NULL && ca_file[0] != '\0';
    int loaded = own ? SSL_CTX_load_verify_locations(context->ssl, ca_file, NULL)
                     : SSL_CTX_set_default_verify_paths(context->ssl);
    ERR_clear_error();
    if (loaded != 1) {
        tls_context_free(context);
        return pawl_fail(err, PAWL_E_CONFIG, "host.net.ca_file: no certificates in %.180s",
                         own ? ca_file : "the system's store");
    }
    *ret = context;
    return PAWL_OK;
}

void tls_context_free(void *pointer) {
    struct context *context = pointer;
    if (context == NULL) return;
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->method);
    OPENSSL_free(context);
}

/* ---- one connection ---- */

static bool is_address(const char *host) {
    unsigned char at[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, at) == 1 || inet_pton(AF_INET6, host, at) == 1;
}

/* The certificate must be for this name, or for this address. */
static bool name_peer(SSL *ssl, const char *host) {
    if (is_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

int tls_begin(struct stream *s) {
    struct pawl_err why = {0};
    int rc = net_tls(s->net, &why);
    if (rc != PAWL_OK) {
        stream_fail(s, PAWL_NET_REASON_TLS, 0, "%.120s", why.text);
        return rc;
    }
    const struct context *context = s->net->tls;
    SSL *ssl = SSL_new(context->ssl);
    BIO *bio = ssl == NULL ? NULL : BIO_new(context->method);
    if (bio == NULL || !name_peer(ssl, s->host)) {
        BIO_free(bio);
        SSL_free(ssl);
        stream_fail(s, PAWL_NET_REASON_TLS, 0, "TLS: out of memory, or no name to verify");
        return PAWL_E_NOMEM;
    }
    BIO_set_data(bio, s);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_connect_state(ssl);
    s->ssl = ssl;
    return PAWL_OK;
}

static void explain(struct stream *s, const char *what) {
    long verify = SSL_get_verify_result(s->ssl);
    unsigned long error = ERR_get_error();
    char why[96] = "the other side broke off";
    if (verify != X509_V_OK)
        snprintf(why, sizeof why, "%s", X509_verify_cert_error_string(verify));
    else if (error != 0)
        snprintf(why, sizeof why, "%s", ERR_reason_error_string(error));
    ERR_clear_error();
    stream_fail(s, PAWL_NET_REASON_TLS, (int32_t)verify, "%s: %s", what, why);
}

int tls_handshake(struct stream *s) {
    BIO_set_data(SSL_get_rbio(s->ssl), s);
    ERR_clear_error();
    int rc = SSL_do_handshake(s->ssl);
    if (rc == 1) return 1;
    switch (SSL_get_error(s->ssl, rc)) {
    case SSL_ERROR_WANT_READ: s->want = UV_READABLE; return 0;
    case SSL_ERROR_WANT_WRITE: s->want = UV_WRITABLE; return 0;
    default: explain(s, "TLS handshake"); return -1;
    }
}

ssize_t tls_read(struct stream *s, void *out, size_t max) {
    BIO_set_data(SSL_get_rbio(s->ssl), s);
    ERR_clear_error();
    errno = 0;
    int n = SSL_read(s->ssl, out, max > INT32_MAX ? INT32_MAX : (int)max);
    if (n > 0) return n;
    int saved = errno;
    switch (SSL_get_error(s->ssl, n)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL:
        stream_fail(s, PAWL_NET_REASON_RESET, saved, "%s",
                    saved == 0 ? "the connection was cut" : strerror(saved));
        ERR_clear_error();
        return -2;
    default: explain(s, "TLS"); return -2;
    }
}

ssize_t tls_write(struct stream *s, const void *bytes, size_t len) {
    BIO_set_data(SSL_get_wbio(s->ssl), s);
    ERR_clear_error();
    int n = SSL_write(s->ssl, bytes, len > INT32_MAX ? INT32_MAX : (int)len);
    if (n > 0) return n;
    int error = SSL_get_error(s->ssl, n);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -2;
}

bool tls_holds(const struct stream *s) {
    return SSL_has_pending(s->ssl) == 1;
}

void tls_bye(struct stream *s) {
    BIO_set_data(SSL_get_wbio(s->ssl), s);
    SSL_shutdown(s->ssl);
    ERR_clear_error();
}

void tls_end(struct stream *s) {
    SSL_free(s->ssl);
    s->ssl = NULL;
}

int tls_ws_accept(const char *key, char out[32]) {
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char text[96], digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    int len = snprintf((char *)text, sizeof text, "%s%s", key, guid);
    if (len < 0 || (size_t)len >= sizeof text ||
        EVP_Digest(text, (size_t)len, digest, &size, EVP_sha1(), NULL) != 1 || size != 20)
        return PAWL_E_DENIED;
    EVP_EncodeBlock((unsigned char *)out, digest, (int)size);
    return PAWL_OK;
}
