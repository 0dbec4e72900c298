#include "base/oid.h"

#include <string.h>

static const char alphabet[] = "0123456789abcdefghijklmnopqrstuv";

/* Odd weights, so that any one wrong character changes the sum. */
static uint32_t check_of(const uint8_t digit[OID_LEN - 1]) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < OID_LEN - 1; i++) sum += (2 * i + 1) * digit[i];
    return sum % 32;
}

static uint8_t *put_digits(uint8_t *at, uint64_t value, unsigned digits) {
    for (unsigned i = digits; i > 0; i--, value >>= 5) at[i - 1] = value & 31;
    return at + digits;
}

static const uint8_t *get_digits(const uint8_t *at, unsigned digits, uint64_t *ret) {
    uint64_t value = 0;
    for (unsigned i = 0; i < digits; i++) value = value << 5 | at[i];
    *ret = value;
    return at + digits;
}

int oid_format(const struct oid_parts *parts, char out[OID_SIZE]) {
    if (parts->host > OID_HOST_MAX || parts->boot > OID_BOOT_MAX || parts->lot > OID_LOT_MAX ||
        parts->step > OID_STEP_MAX || parts->role > 31)
        return PAWL_E_RANGE;
    uint8_t digit[OID_LEN], *at = digit;
    *at++ = 25; /* 'p' */
    at = put_digits(at, parts->host, 3);
    at = put_digits(at, parts->boot, 4);
    at = put_digits(at, parts->lot, 7);
    at = put_digits(at, parts->role, 1);
    at = put_digits(at, parts->step, 4);
    *at = (uint8_t)check_of(digit);
    memset(out, 0, OID_SIZE);
    for (uint32_t i = 0; i < OID_LEN; i++) out[i] = alphabet[digit[i]];
    return PAWL_OK;
}

static int digits_of(const char *text, uint8_t digit[OID_LEN]) {
    for (uint32_t i = 0; i < OID_LEN; i++) {
        char c = text[i]; /* the terminator is not in the alphabet, so this never reads beyond it */
        if (c >= '0' && c <= '9')
            digit[i] = (uint8_t)(c - '0');
        else if (c >= 'a' && c <= 'v')
            digit[i] = (uint8_t)(c - 'a' + 10);
        else
            return PAWL_E_DATA;
    }
    return text[OID_LEN] == '\0' ? PAWL_OK : PAWL_E_DATA;
}

int oid_parse(const char *text, struct oid_parts *ret) {
    uint8_t digit[OID_LEN];
    uint64_t host, boot, lot, role, step;
    if (text[0] != 'p' || digits_of(text, digit) != PAWL_OK) return PAWL_E_DATA;
    if (digit[OID_LEN - 1] != check_of(digit)) return PAWL_E_DATA;
    const uint8_t *at = get_digits(digit + 1, 3, &host);
    at = get_digits(at, 4, &boot);
    at = get_digits(at, 7, &lot);
    at = get_digits(at, 1, &role);
    get_digits(at, 4, &step);
    *ret = (struct oid_parts){.host = (uint32_t)host, .boot = (uint32_t)boot,
                              .step = (uint32_t)step, .role = (uint8_t)role, .lot = lot};
    return PAWL_OK;
}
