/*
 * tz.h - local time to UTC and back by the zone files of the system, without touching the TZ of
 * the process.
 *
 * A zone is an IANA name ("America/New_York", read from /usr/share/zoneinfo, TZif version 2 or
 * later) or a fixed offset ("UTC", "Z", "-05:00", "UTC-05:00"). Rules for the far future are laid
 * out until TZ_YEAR_MAX. [any] A struct tz keeps a memory of the last look-up: one thread at a
 * time.
 */
#ifndef BASE_TZ_H
#define BASE_TZ_H

#include "pawl_types.h"

#define TZ_NAME_MAX 127u
#define TZ_YEAR_MAX 2200
#define TZ_CHANGES_MAX 4096u /* offset changes of one zone */
#define TZ_FILE_MAX (1u << 20)
#define TZ_DIR "/usr/share/zoneinfo"

struct tz;

/* dir NULL = TZ_DIR. PAWL_E_CONFIG: no such zone, or its file is damaged or missing. */
int tz_new(const char *name, const char *dir, struct tz **ret, struct pawl_err *err);
/* The same from the bytes of a zone file. */
int tz_new_from_bytes(const char *name, const uint8_t *bytes, size_t size, struct tz **ret,
                      struct pawl_err *err);
void tz_free(struct tz *tz);

/* Clocks that are set back pass an hour twice: of the two readings the first that is not before
 * not_before_ns (UTC) counts. PAWL_E_DATA: clocks were set forward and this time never was. */
int tz_to_utc(struct tz *tz, int64_t local_ns, int64_t not_before_ns, int64_t *ret_utc_ns);
/* What the clocks there are ahead of UTC at this instant. */
int64_t tz_offset_ns(const struct tz *tz, int64_t utc_ns);

#endif
