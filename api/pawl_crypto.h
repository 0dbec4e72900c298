/*
 * pawl_crypto.h - pawl.crypto/1: signatures by the name of a key, and numbers used once.
 *
 * Keys are references in `secrets` of the configuration ("env:NAME", "file:PATH",
 * "credential:NAME"), granted to an instance by plugins[].grants.secrets. Their bytes never reach a
 * plugin, a log, a trace or a recording; a plugin gets signatures, and has secrets put into the
 * headers of requests (struct pawl_net_header).
 *
 * A signature is a function of key and bytes alone for HMAC, Ed25519 and RSA PKCS #1 v1.5, so a
 * replay makes the same.
 */
#ifndef PAWL_CRYPTO_H
#define PAWL_CRYPTO_H

#include "pawl_plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PAWL_CRYPTO "pawl.crypto/1"

#define PAWL_SIGNATURE_MAX 1024u /* bytes of any signature as text, with its end */

enum pawl_signing {
    PAWL_SIGN_HMAC_SHA256_HEX = 1, /* the secret's bytes are the key; 64 hex digits */
    PAWL_SIGN_ED25519_BASE64,      /* PEM (PKCS #8); 88 characters */
    PAWL_SIGN_RSA_SHA256_BASE64,   /* PEM (PKCS #8), PKCS #1 v1.5 */
    PAWL_SIGN_HMAC_SHA512_HEX,     /* 128 hex digits */
    PAWL_SIGN_HMAC_SHA256_BASE64
};

struct pawl_crypto {
    uint32_t size;
    uint32_t reserved;
    /* [any] Sign `len` bytes; text with its end 0 goes to `out`. PAWL_E_DENIED: the key is not
     * granted, or this build has no OpenSSL; PAWL_E_DATA: the secret is no key of this kind;
     * PAWL_E_RANGE: `out` is too small; PAWL_E_INVAL. */
    int (*sign)(struct pawl_ctx *ctx, const char *key, uint32_t how, const void *bytes, size_t len,
                char *out, size_t size, size_t *ret_len);
    /* [event] Microseconds since 1970, above every earlier answer for this instance and key, also
     * after a restart and when the clock was set back. PAWL_E_BUSY: too many keys. */
    int (*nonce)(struct pawl_ctx *ctx, const char *key, uint64_t *ret);
};

#ifdef __cplusplus
}
#endif
#endif
