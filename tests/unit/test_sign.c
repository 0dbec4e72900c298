/* Signatures: the venues' own vectors, RFC 8032, and keys that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/net.h"
#include "net/sign.h"

static void test_hmac(void **state) {
    (void)state;
    static const char secret[] =
        "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9";
    static const char query[] = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000"
                                "&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943";
    char out[PAWL_SIGNATURE_MAX];
    size_t len;
    if (!net_has_tls()) skip();
    assert_int_equal(sign_bytes(PAWL_SIGN_HMAC_SHA256_HEX, secret, sizeof secret - 1, query,
                                sizeof query - 1, out, sizeof out, &len), PAWL_OK);
    assert_string_equal(out, "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9");
    assert_int_equal(len, 64);
    assert_int_equal(sign_bytes(PAWL_SIGN_HMAC_SHA256_HEX, secret, 5, "x", 1, out, 64, &len),
                     PAWL_E_RANGE);
    assert_int_equal(sign_bytes(PAWL_SIGN_HMAC_SHA256_HEX, "", 0, "x", 1, out, 100, &len),
                     PAWL_E_DATA);
    /* RFC 4231, case 2 */
    assert_int_equal(sign_bytes(PAWL_SIGN_HMAC_SHA512_HEX, "Jefe", 4,
                                "what do ya want for nothing?", 28, out, sizeof out,
                                &len), PAWL_OK);
    assert_string_equal(out, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                             "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
    assert_int_equal(sign_bytes(PAWL_SIGN_HMAC_SHA256_BASE64, "Jefe", 4,
                                "what do ya want for nothing?", 28, out, sizeof out,
                                &len), PAWL_OK);
    assert_string_equal(out, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
    assert_int_equal(sign_bytes(99, "Jefe", 4, "x", 1, out, sizeof out, &len), PAWL_E_INVAL);
}

/* RFC 8032, 7.1, test 1: the key of 32 bytes 9d61b19d... in PKCS #8. */
static void test_ed25519(void **state) {
    (void)state;
    static const char key[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                              "-----END PRIVATE KEY-----\n";
    char out[PAWL_SIGNATURE_MAX];
    size_t len;
    if (!net_has_tls()) skip();
    assert_int_equal(sign_bytes(PAWL_SIGN_ED25519_BASE64, key, sizeof key - 1, "", 0, out,
                                sizeof out, &len), PAWL_OK);
    assert_string_equal(out, "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv1"
                             "8FlbviRlUUFDjnoQCw==");
    assert_int_equal(sign_bytes(PAWL_SIGN_RSA_SHA256_BASE64, key, sizeof key - 1, "", 0, out,
                                sizeof out, &len), PAWL_E_DATA);
    for (size_t cut = 0; cut < sizeof key - 30; cut += 7)
        assert_int_equal(sign_bytes(PAWL_SIGN_ED25519_BASE64, key, cut, "x", 1, out, sizeof out,
                                    &len), PAWL_E_DATA);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hmac), cmocka_unit_test(test_ed25519)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
