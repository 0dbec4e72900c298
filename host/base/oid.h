/*
 * oid.h - our client order ids: 21 characters of base 32 that name what they are for.
 *
 *   p  host(3)  boot(4)  lot(7)  role(1)  step(4)  check(1)
 *
 * `boot` is raised and stored before any I/O, so an id is never used twice even if its step was
 * lost in a crash. `lot` is a lot, or the protection group of a shared order (same sequence). From
 * the id alone a reconcile can tell whose order it is. Alphabet 0-9 a-v; check = sum of
 * (2 x position + 1) x value, positions from 0, mod 32: any one wrong character is seen. [any]
 */
#ifndef BASE_OID_H
#define BASE_OID_H

#include "pawl_types.h"

#define OID_LEN 21u
#define OID_SIZE 24u /* of the field in records and events, NUL-padded */
#define OID_HOST_MAX 0x7fffu
#define OID_BOOT_MAX 0xfffffu
#define OID_LOT_MAX 0x7ffffffffULL
#define OID_STEP_MAX 0xfffffu

struct oid_parts {
    uint32_t host, boot, step;
    uint8_t role; /* PAWL_ROLE_* */
    uint64_t lot;
};

/* PAWL_E_RANGE if a part does not fit. */
int oid_format(const struct oid_parts *parts, char out[OID_SIZE]);
/* PAWL_E_DATA if it is not one of ours (length, alphabet, prefix or check). */
int oid_parse(const char *text, struct oid_parts *ret);

#endif
