#include "base/tz.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/rfc3339.h"
#include "base/tz_rule.h"

#define TZIF_HEADER 44u
#define OFFSET_MAX_S (26 * 3600)

/* From at_s on (UTC) the clocks stand offset_s east of UTC; the first change is at the beginning.
 */
struct change {
    int64_t at_s;
    int32_t offset_s;
};

struct tz {
    size_t count;
    struct change *changes;
    /* Within this span of local time the offset is known and the only one. */
    int64_t memo_from_ns, memo_to_ns, memo_offset_ns;
};

void tz_free(struct tz *tz) {
    if (tz == NULL) return;
    mem_free(tz->changes);
    mem_free(tz);
}

static int tz_alloc(struct tz **ret, struct pawl_err *err) {
    struct tz *tz = mem_calloc(1, sizeof *tz);
    if (tz != NULL) tz->changes = mem_calloc(TZ_CHANGES_MAX, sizeof *tz->changes);
    if (tz == NULL || tz->changes == NULL) {
        tz_free(tz);
        return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    }
    *ret = tz;
    return PAWL_OK;
}

static int add(struct tz *tz, int64_t at_s, int64_t offset_s) {
    if (offset_s > OFFSET_MAX_S || offset_s < -OFFSET_MAX_S) return PAWL_E_DATA;
    if (tz->count > 0 && tz->changes[tz->count - 1].offset_s == offset_s) return PAWL_OK;
    if (tz->count > 0 && at_s <= tz->changes[tz->count - 1].at_s) return PAWL_E_DATA;
    if (tz->count == TZ_CHANGES_MAX) return PAWL_E_DATA;
    tz->changes[tz->count++] = (struct change){at_s, (int32_t)offset_s};
    return PAWL_OK;
}

static int64_t big_endian(const uint8_t *p, size_t size) {
    uint64_t value = p[0] >= 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < size; i++) value = value << 8 | p[i];
    return (int64_t)value;
}

struct tzif { /* counts of one block's header */
    uint64_t isut, isstd, leap, time, type, text;
};

/* A header at p; *ret_size = bytes of the block behind it, with times of `width` bytes. */
static int tzif_header(const uint8_t *p, size_t size, size_t width, struct tzif *ret,
                       uint64_t *ret_size) {
    uint64_t count[6];
    if (size < TZIF_HEADER || memcmp(p, "TZif", 4) != 0 || p[4] < '2') return PAWL_E_DATA;
    for (size_t i = 0; i < 6; i++) {
        count[i] = (uint64_t)big_endian(p + 20 + 4 * i, 4) & 0xffffffffu;
        if (count[i] > TZ_FILE_MAX) return PAWL_E_DATA;
    }
    *ret = (struct tzif){count[0], count[1], count[2], count[3], count[4], count[5]};
    *ret_size = ret->time * (width + 1) + ret->type * 6 + ret->text + ret->leap * (width + 4) +
                ret->isstd + ret->isut;
    return PAWL_OK;
}

static int read_changes(struct tz *tz, const uint8_t *p, const struct tzif *block) {
    const uint8_t *index = p + block->time * 8, *types = index + block->time;
    if (block->type == 0 || block->type > 256 || block->leap != 0) return PAWL_E_DATA;
    int rc = add(tz, INT64_MIN / PAWL_NS, big_endian(types, 4));
    for (uint64_t i = 0; rc == PAWL_OK && i < block->time; i++) {
        int64_t at_s = big_endian(p + i * 8, 8);
        if (index[i] >= block->type) return PAWL_E_DATA;
        if (at_s > rfc3339_days(TZ_YEAR_MAX, 12, 31) * 86400) break;
        if (at_s < -(INT64_C(1) << 33)) { /* before 1697: only the last such offset matters */
            tz->count = 0;
            at_s = INT64_MIN / PAWL_NS;
        }
        rc = add(tz, at_s, big_endian(types + 6u * index[i], 4));
    }
    return rc;
}

/* What the rule says behind the last change of the table. */
static int add_rule(struct tz *tz, const struct tz_rule *rule) {
    if (!rule->summer) return PAWL_OK;
    for (int year = 1970; year <= TZ_YEAR_MAX; year++) {
        int64_t at_s[2] = {tz_rule_change(rule, 0, year), tz_rule_change(rule, 1, year)};
        int first = at_s[0] <= at_s[1] ? 0 : 1; /* in the south summer ends before it begins */
        for (int i = 0; i < 2; i++) {
            int which = i == 0 ? first : !first;
            if (at_s[which] <= tz->changes[tz->count - 1].at_s) continue;
            /* at day[0] summer begins: its offset is the second one */
            if (add(tz, at_s[which], rule->offset_s[!which]) != PAWL_OK) return PAWL_E_DATA;
        }
    }
    return PAWL_OK;
}

static int read_tzif(struct tz *tz, const uint8_t *bytes, size_t size) {
    struct tzif block;
    struct tz_rule rule;
    uint64_t length;
    char text[128];
    if (tzif_header(bytes, size, 4, &block, &length) != PAWL_OK) return PAWL_E_DATA;
    if (length > size - TZIF_HEADER) return PAWL_E_DATA;
    bytes += TZIF_HEADER + length;
    size -= TZIF_HEADER + (size_t)length;
    if (tzif_header(bytes, size, 8, &block, &length) != PAWL_OK) return PAWL_E_DATA;
    if (length > size - TZIF_HEADER) return PAWL_E_DATA;
    if (read_changes(tz, bytes + TZIF_HEADER, &block) != PAWL_OK) return PAWL_E_DATA;
    bytes += TZIF_HEADER + length;
    size -= TZIF_HEADER + (size_t)length;
    const uint8_t *end = size > 1 ? memchr(bytes + 1, '\n', size - 1) : NULL;
    if (end == NULL || bytes[0] != '\n' || (size_t)(end - bytes) > sizeof text) return PAWL_E_DATA;
    memcpy(text, bytes + 1, (size_t)(end - bytes) - 1);
    text[end - bytes - 1] = '\0';
    if (text[0] == '\0') return PAWL_OK;
    if (tz_rule_parse(text, &rule) != PAWL_OK) return PAWL_E_DATA;
    return add_rule(tz, &rule);
}

int tz_new_from_bytes(const char *name, const uint8_t *bytes, size_t size, struct tz **ret,
                      struct pawl_err *err) {
    struct tz *tz = NULL;
    int rc = tz_alloc(&tz, err);
    if (rc != PAWL_OK) return rc;
    if (read_tzif(tz, bytes, size) != PAWL_OK) {
        tz_free(tz);
        return pawl_fail(err, PAWL_E_CONFIG,
                         "time zone %s: its file is damaged or older than TZif 2", name);
    }
    *ret = tz;
    return PAWL_OK;
}

/* "UTC", "Z", "-05:00", "+0530", "UTC-05:00"; PAWL_E_DATA = not of this kind. */
static int fixed_offset(const char *name, int32_t *ret_s) {
    const char *p = name;
    if (strncmp(p, "UTC", 3) == 0)
        p += 3;
    else if (*p == 'Z')
        p++;
    *ret_s = 0;
    if (*p == '\0') return p == name ? PAWL_E_DATA : PAWL_OK;
    if (*p != '+' && *p != '-') return PAWL_E_DATA;
    int32_t sign = *p++ == '-' ? -1 : 1, part[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9') return PAWL_E_DATA;
        part[i] = (p[0] - '0') * 10 + (p[1] - '0');
        p += 2;
        if (i == 0 && *p == ':') p++;
    }
    if (*p != '\0' || part[0] > 15 || part[1] > 59) return PAWL_E_DATA;
    *ret_s = sign * (part[0] * 3600 + part[1] * 60);
    return PAWL_OK;
}

static int name_is_safe(const char *name) {
    size_t length = strlen(name);
    if (length == 0 || length > TZ_NAME_MAX || name[0] == '/' || strstr(name, "..") != NULL)
        return 0;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") ==
           length;
}

int tz_new(const char *name, const char *dir, struct tz **ret, struct pawl_err *err) {
    char path[512];
    int32_t offset_s;
    if (fixed_offset(name, &offset_s) == PAWL_OK) {
        struct tz *tz = NULL;
        int rc = tz_alloc(&tz, err);
        if (rc != PAWL_OK) return rc;
        rc = add(tz, INT64_MIN / PAWL_NS, offset_s);
        *ret = tz;
        return rc;
    }
    if (!name_is_safe(name))
        return pawl_fail(err, PAWL_E_CONFIG, "time zone '%.80s': no such name", name);
    if (dir == NULL) dir = TZ_DIR;
    int length = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return pawl_fail(err, PAWL_E_CONFIG, "time zone %s: path too long", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return pawl_fail(err, PAWL_E_CONFIG, "time zone %s: %s: %s (is tzdata installed?)", name,
                         path, strerror(errno));
    uint8_t *bytes = mem_alloc(TZ_FILE_MAX);
    size_t size = bytes != NULL ? fread(bytes, 1, TZ_FILE_MAX, file) : 0;
    fclose(file);
    int rc = bytes == NULL ? pawl_fail(err, PAWL_E_NOMEM, "out of memory")
                           : tz_new_from_bytes(name, bytes, size, ret, err);
    mem_free(bytes);
    return rc;
}

/* Index of the last change at or before at_s. */
static size_t find(const struct tz *tz, int64_t at_s) {
    size_t low = 0, high = tz->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (tz->changes[middle].at_s <= at_s)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void remember(struct tz *tz, size_t i) {
    const struct change *c = &tz->changes[i];
    int64_t from_s = INT64_MIN / PAWL_NS, to_s = INT64_MAX / PAWL_NS;
    if (i > 0) { /* where the offset before might also read this time, it is not the only one */
        int32_t larger = c[-1].offset_s > c->offset_s ? c[-1].offset_s : c->offset_s;
        from_s = c->at_s + larger;
    }
    if (i + 1 < tz->count) {
        int32_t smaller = c[1].offset_s < c->offset_s ? c[1].offset_s : c->offset_s;
        to_s = c[1].at_s + smaller;
    }
    tz->memo_from_ns = from_s * PAWL_NS;
    tz->memo_to_ns = to_s * PAWL_NS;
    tz->memo_offset_ns = c->offset_s * PAWL_NS;
}

int tz_to_utc(struct tz *tz, int64_t local_ns, int64_t not_before_ns, int64_t *ret_utc_ns) {
    if (local_ns >= tz->memo_from_ns && local_ns < tz->memo_to_ns) {
        *ret_utc_ns = local_ns - tz->memo_offset_ns;
        return PAWL_OK;
    }
    int64_t local_s = local_ns / PAWL_NS - (local_ns % PAWL_NS < 0);
    size_t first = find(tz, local_s - OFFSET_MAX_S), last = find(tz, local_s + OFFSET_MAX_S);
    int found = 0;
    for (size_t i = first; i <= last; i++) {
        int64_t offset_s = tz->changes[i].offset_s, utc_s = local_s - offset_s;
        if (i > 0 && utc_s < tz->changes[i].at_s) continue;
        if (i + 1 < tz->count && utc_s >= tz->changes[i + 1].at_s) continue;
        *ret_utc_ns = local_ns - offset_s * PAWL_NS;
        found = 1;
        remember(tz, i);
        if (*ret_utc_ns >= not_before_ns) break;
    }
    return found ? PAWL_OK : PAWL_E_DATA;
}

int64_t tz_offset_ns(const struct tz *tz, int64_t utc_ns) {
    int64_t utc_s = utc_ns / PAWL_NS - (utc_ns % PAWL_NS < 0);
    return tz->changes[find(tz, utc_s)].offset_s * PAWL_NS;
}
