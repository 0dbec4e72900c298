/* pawl.crypto/1: signatures by the name of a key, numbers used once. */
#include <string.h>

#include "events/reflect.h"
#include "net/sign.h"
#include "plugin/io.h"
#include "plugin/trial.h"

/* A replay has no keys: a signature of the right kind, the same every time. */
static int sign_for_replay(uint32_t how, char *out, size_t size, size_t *ret_len) {
    static const unsigned char nothing[1] = "";
    if (how == PAWL_SIGN_ED25519_BASE64 || how == PAWL_SIGN_RSA_SHA256_BASE64) {
        if (size < 89) return PAWL_E_RANGE;
        memset(out, 'A', 88);
        out[88] = '\0';
        *ret_len = 88;
        return PAWL_OK;
    }
    return sign_bytes(how, nothing, sizeof nothing, nothing, 0, out, size, ret_len);
}

static int crypto_sign(struct pawl_ctx *ctx, const char *key, uint32_t how, const void *bytes,
                       size_t len, char *out, size_t size, size_t *ret_len) {
    const struct instance *instance = instance_of(ctx);
    const struct io *io = instance->services->io;
    size_t secret_len = 0;
    if (key == NULL || out == NULL || ret_len == NULL || (bytes == NULL && len > 0))
        return PAWL_E_INVAL;
    if (io == NULL || io->mode == IO_NONE || !io_secret_granted(instance, key))
        return PAWL_E_DENIED;
    if (io->mode == IO_REPLAY) return sign_for_replay(how, out, size, ret_len);
    const unsigned char *secret = io_secret(instance, key, &secret_len);
    if (secret == NULL) return PAWL_E_DENIED;
    return sign_bytes(how, secret, secret_len, bytes, len, out, size, ret_len);
}

static int nonce_row(struct io *io, uint32_t component, const char *key, uint32_t *ret) {
    uint32_t at = 0;
    for (; at < io->nonce_count; at++)
        if (io->nonces[at].component == component && strcmp(io->nonces[at].name, key) == 0) break;
    *ret = at;
    if (at < io->nonce_count) return PAWL_OK;
    if (at == IO_NONCES_MAX) return PAWL_E_BUSY;
    io->nonces[at] = (struct pawl_rec_nonce){.id = at + 1, .component = component};
    memcpy(io->nonces[at].name, key, strlen(key));
    io->nonce_last[at] = 0;
    io->nonce_count++;
    return PAWL_OK;
}

/* The clock, or one more than the last. What is stored runs ahead of what is given, so that a start
 * after a crash begins above everything that may have left. */
static int crypto_nonce(struct pawl_ctx *ctx, const char *key, uint64_t *ret) {
    struct instance *instance = instance_of(ctx);
    struct io *io = instance->services->io;
    struct book *book = instance->services->book;
    uint32_t at;
    int rc = trial_ready(instance, TRIAL_EVENT_ONLY, NULL);
    if (rc != PAWL_OK) return rc;
    if (io == NULL || key == NULL || key[0] == '\0' ||
        strnlen(key, sizeof io->nonces[0].name) == sizeof io->nonces[0].name)
        return PAWL_E_INVAL;
    rc = nonce_row(io, ctx->component, key, &at);
    if (rc != PAWL_OK) return rc;
    uint64_t now_us = book->bus->now_ns <= 0 ? 0 : (uint64_t)book->bus->now_ns / 1000;
    uint64_t value = now_us > io->nonce_last[at] ? now_us : io->nonce_last[at] + 1;
    if (value > io->nonces[at].ceiling) {
        struct pawl_rec_nonce rec = io->nonces[at];
        rec.ceiling = value + IO_NONCE_LEAD_US;
        book->plugin_changes = true;
        rc = store_put(book->store, reflect_record(PAWL_REC_NONCE), &rec);
        if (rc != PAWL_OK && rc != PAWL_E_IO) return rc; /* a failed disk stops no protection */
        io->nonces[at] = rec;
    }
    io->nonce_last[at] = value;
    *ret = value;
    return PAWL_OK;
}

const struct pawl_crypto crypto_table = {
    .size = (uint32_t)sizeof(struct pawl_crypto), .sign = crypto_sign, .nonce = crypto_nonce};
