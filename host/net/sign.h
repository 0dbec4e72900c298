/*
 * sign.h - signatures over bytes with a secret. The key's bytes are read where they lie and nothing
 * of them is kept. [any thread]
 */
#ifndef NET_SIGN_H
#define NET_SIGN_H

#include "pawl_crypto.h"

/* As pawl_crypto.sign(): PAWL_E_DATA the secret is no such key, PAWL_E_RANGE, PAWL_E_INVAL,
 * PAWL_E_DENIED no OpenSSL in this build. */
int sign_bytes(uint32_t how, const void *secret, size_t secret_len, const void *bytes, size_t len,
               char *out, size_t size, size_t *ret_len);

#endif
