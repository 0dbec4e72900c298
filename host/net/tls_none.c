/* A build without OpenSSL: plain connections only. */
#include "base/err.h"
#include "net/sign.h"
#include "net/stream.h"

bool net_has_tls(void) {
    return false;
}

const char *net_tls_version(void) {
    return "";
}

int tls_context_new(const char *ca_file, void **ret, struct pawl_err *err) {
    (void)ca_file;
    (void)ret;
    return pawl_fail(err, PAWL_E_DENIED, "this build has no TLS");
}

void tls_context_free(void *context) {
    (void)context;
}

int tls_begin(struct stream *s) {
    stream_fail(s, PAWL_NET_REASON_TLS, 0, "this build has no TLS");
    return PAWL_E_DENIED;
}

int tls_handshake(struct stream *s) {
    (void)s;
    return -1;
}

ssize_t tls_read(struct stream *s, void *out, size_t max) {
    (void)s;
    (void)out;
    (void)max;
    return -2;
}

ssize_t tls_write(struct stream *s, const void *bytes, size_t len) {
    (void)s;
    (void)bytes;
    (void)len;
    return -2;
}

bool tls_holds(const struct stream *s) {
    (void)s;
    return false;
}

void tls_bye(struct stream *s) {
    (void)s;
}

void tls_end(struct stream *s) {
    (void)s;
}

int tls_ws_accept(const char *key, char out[32]) {
    (void)key;
    out[0] = '\0';
    return PAWL_E_DENIED;
}

int sign_bytes(uint32_t how, const void *secret, size_t secret_len, const void *bytes, size_t len,
               char *out, size_t size, size_t *ret_len) {
    (void)how;
    (void)secret;
    (void)secret_len;
    (void)bytes;
    (void)len;
    (void)out;
    (void)size;
    (void)ret_len;
    return PAWL_E_DENIED;
}
