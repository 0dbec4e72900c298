#include "net/sign.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <string.h>

#define BINARY_MAX 768u /* RSA of 6144 bits */

static int as_hex(const unsigned char *bytes, size_t len, char *out, size_t size, size_t *ret) {
    static const char digits[] = "0123456789abcdef";
    if (size < 2 * len + 1) return PAWL_E_RANGE;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = '\0';
    *ret = 2 * len;
    return PAWL_OK;
}

static int as_base64(const unsigned char *bytes, size_t len, char *out, size_t size, size_t *ret) {
    size_t need = (len + 2) / 3 * 4;
    if (size < need + 1) return PAWL_E_RANGE;
    EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
    *ret = need;
    return PAWL_OK;
}

static int with_hmac(const EVP_MD *digest, bool hex, const void *secret, size_t secret_len,
                     const void *bytes, size_t len, char *out, size_t size, size_t *ret) {
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int mac_len = 0;
    if (secret_len == 0 || secret_len > INT32_MAX) return PAWL_E_DATA;
    if (HMAC(digest, secret, (int)secret_len, bytes, len, mac, &mac_len) == NULL)
        return PAWL_E_NOMEM;
    return hex ? as_hex(mac, mac_len, out, size, ret) : as_base64(mac, mac_len, out, size, ret);
}

/* An encrypted key would ask for its password on the terminal. */
static int no_password(char *out, int size, int writing, void *arg) {
    (void)out;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static int with_key(int type, const EVP_MD *digest, const void *secret, size_t secret_len,
                    const void *bytes, size_t len, char *out, size_t size, size_t *ret) {
    unsigned char signature[BINARY_MAX];
    size_t signature_len = sizeof signature;
    int rc = PAWL_E_DATA;
    if (secret_len > INT32_MAX) return rc;
    BIO *bio = BIO_new_mem_buf(secret, (int)secret_len);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (key != NULL && context != NULL && EVP_PKEY_get_base_id(key) == type &&
        EVP_PKEY_get_size(key) <= (int)sizeof signature &&
        EVP_DigestSignInit(context, NULL, digest, NULL, key) == 1 &&
        EVP_DigestSign(context, signature, &signature_len, bytes, len) == 1)
        rc = as_base64(signature, signature_len, out, size, ret);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return rc;
}

int sign_bytes(uint32_t how, const void *secret, size_t secret_len, const void *bytes, size_t len,
               char *out, size_t size, size_t *ret_len) {
    switch (how) {
    case PAWL_SIGN_HMAC_SHA256_HEX:
        return with_hmac(EVP_sha256(), true, secret, secret_len, bytes, len, out, size, ret_len);
    case PAWL_SIGN_HMAC_SHA512_HEX:
        return with_hmac(EVP_sha512(), true, secret, secret_len, bytes, len, out, size, ret_len);
    case PAWL_SIGN_HMAC_SHA256_BASE64:
        return with_hmac(EVP_sha256(), false, secret, secret_len, bytes, len, out, size, ret_len);
    case PAWL_SIGN_ED25519_BASE64:
        return with_key(EVP_PKEY_ED25519, NULL, secret, secret_len, bytes, len, out, size,
                        ret_len);
    case PAWL_SIGN_RSA_SHA256_BASE64:
        return with_key(EVP_PKEY_RSA, EVP_sha256(), secret, secret_len, bytes, len, out, size,
                        ret_len);
    default: return PAWL_E_INVAL;
    }
}
