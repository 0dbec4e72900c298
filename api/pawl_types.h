/*
 * pawl_types.h - the scalars every event, record and service is made of.
 *
 * Price, quantity, money and ratio are 64-bit integers at 1e-8 in one-member structs, so that
 * adding a price to a quantity does not compile. Arithmetic is in pawl_num.h; it checks, it never
 * wraps.
 *
 * Range    +-92 233 720 368.54775807 in each unit; more is PAWL_E_RANGE, not a wrong number.
 * Times    int64_t nanoseconds since 1970-01-01 UTC; 0 = none.
 * Zero     is never a meaningful enum value unless it says none.
 */
#ifndef PAWL_TYPES_H
#define PAWL_TYPES_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define PAWL_MUST_CHECK __attribute__((warn_unused_result))
#define PAWL_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define PAWL_EXPORT __attribute__((visibility("default")))
#define PAWL_UNUSED __attribute__((unused))
#else
#define PAWL_MUST_CHECK
#define PAWL_PRINTF(fmt, args)
#define PAWL_EXPORT
#define PAWL_UNUSED
#endif

#ifdef __cplusplus
#define PAWL_STATIC_ASSERT(cond, text) static_assert(cond, text)
#else
#define PAWL_STATIC_ASSERT(cond, text) _Static_assert(cond, text)
#endif

#define PAWL_E8 INT64_C(100000000) /* units of 1.0 */
#define PAWL_NS INT64_C(1000000000) /* nanoseconds of a second */
#define PAWL_MS INT64_C(1000000)    /* nanoseconds of a millisecond */

struct pawl_price {
    int64_t e8;
};
struct pawl_qty {
    int64_t e8;
};
struct pawl_money {
    int64_t e8;
};
struct pawl_ratio { /* 0.03 = 3 % */
    int64_t e8;
};

/* "Everything there is": the exit want that also covers fills of a running entry. */
#define PAWL_QTY_ALL INT64_MAX

/* A slice of an event's tail: bytes [off, off+len) from the event's first byte, no terminator. */
struct pawl_text {
    uint32_t off;
    uint32_t len;
};

/* Result codes. The text says whether anything happened, because that is what the caller needs. */
#define PAWL_RC_MAP(X)                                                                             \
    X(OK, 0, "ok")                                                                                 \
    X(E_NOMEM, -1, "out of memory; nothing was done")                                              \
    X(E_INVAL, -2, "invalid argument; nothing was done")                                           \
    X(E_CONFIG, -3, "configuration rejected; nothing was done")                                    \
    X(E_ABI, -4, "built for another interface; not loaded")                                        \
    X(E_BUSY, -5, "a limit is reached; nothing was done, may be tried again")                      \
    X(E_DENIED, -6, "not permitted for this caller; nothing was done")                             \
    X(E_REJECTED, -7, "the counterparty refused; nothing was done")                                \
    X(E_INDOUBT, -8, "outcome unknown; look it up before acting again")                            \
    X(E_STATE, -9, "not possible in this state; nothing was done")                                 \
    X(E_RANGE, -10, "a number is out of range; nothing was done")                                  \
    X(E_NOTFOUND, -11, "no such thing; nothing was done")                                          \
    X(E_IO, -12, "input or output failed")                                                         \
    X(E_DATA, -13, "data is malformed; nothing was done")

#define PAWL_RC_ENUM(name, value, text) PAWL_##name = (value),
enum pawl_rc { PAWL_RC_MAP(PAWL_RC_ENUM) PAWL_RC_END_ = 1 };
#undef PAWL_RC_ENUM

/* Caller-owned; the first cause wins; no allocation on the error path. Zero it before use. */
struct pawl_err {
    int rc;
    char text[252];
};

#endif
