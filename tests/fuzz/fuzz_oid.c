/*
 * Client ids: any text is either refused or printed again from its parts; any parts that fit come
 * back from the text; one wrong character is always noticed.
 */
#include "fuzz.h"

#include "base/oid.h"

static void check_text(const uint8_t *bytes, size_t len) {
    char text[64], printed[OID_SIZE];
    struct oid_parts parts;
    if (len >= sizeof text) return;
    memcpy(text, bytes, len);
    text[len] = '\0';
    int rc = oid_parse(text, &parts);
    HOLDS(rc == PAWL_OK || rc == PAWL_E_DATA);
    if (rc != PAWL_OK) return;
    HOLDS(strlen(text) == OID_LEN);
    HOLDS(oid_format(&parts, printed) == PAWL_OK && strcmp(text, printed) == 0);
}

static void check_parts(const uint8_t *bytes, size_t len) {
    struct oid_parts parts = {0}, back;
    char text[OID_SIZE];
    parts.host = (uint32_t)fuzz_take(&bytes, &len, 2);
    parts.boot = (uint32_t)fuzz_take(&bytes, &len, 3);
    parts.step = (uint32_t)fuzz_take(&bytes, &len, 3);
    parts.role = (uint8_t)fuzz_take(&bytes, &len, 1);
    parts.lot = fuzz_take(&bytes, &len, 5);
    size_t at = (size_t)fuzz_take(&bytes, &len, 1) % OID_LEN;
    char other = (char)fuzz_take(&bytes, &len, 1);
    int fits = parts.host <= OID_HOST_MAX && parts.boot <= OID_BOOT_MAX &&
               parts.step <= OID_STEP_MAX && parts.role <= 31 && parts.lot <= OID_LOT_MAX;
    int rc = oid_format(&parts, text);
    HOLDS(rc == (fits ? PAWL_OK : PAWL_E_RANGE));
    if (!fits) return;
    HOLDS(strlen(text) == OID_LEN && text[0] == 'p');
    HOLDS(oid_parse(text, &back) == PAWL_OK);
    HOLDS(back.host == parts.host && back.boot == parts.boot && back.step == parts.step &&
          back.role == parts.role && back.lot == parts.lot);
    if (text[at] == other) return;
    text[at] = other;
    HOLDS(oid_parse(text, &back) == PAWL_E_DATA);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    check_text(bytes, len);
    check_parts(bytes, len);
    return 0;
}
