/*
 * pawl_services.h - the service tables a plugin may ask for by name. Each begins with its size and
 * only grows at the end; an incompatible change gets a new revision in its name.
 *
 * Phases   as in pawl_plugin.h. Pointers returned are the host's and valid until the next call into
 *          the host or the end of the handler, whichever is first, unless it says otherwise.
 */
#ifndef PAWL_SERVICES_H
#define PAWL_SERVICES_H

#include "pawl_book.h"
#include "pawl_broker.h"
#include "pawl_market.h"
#include "pawl_series.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- pawl.records/1: a plugin's own records ---- */

#define PAWL_RECORDS "pawl.records/1"
#define PAWL_LAYOUT_MAX 63u

struct pawl_records {
    uint32_t size;
    uint32_t reserved;
    /* [event] Insert or replace by key; stored with the turn. `row` is sizeof(the type's struct)
     * bytes. Rows of a history type go to the disk alone: get and next never find them. */
    int (*put)(struct pawl_ctx *ctx, uint16_t type, const void *row);
    /* [event] Remove by key. */
    int (*erase)(struct pawl_ctx *ctx, uint16_t type, uint64_t key);
    /* [any] NULL = no such row. */
    const void *(*get)(struct pawl_ctx *ctx, uint16_t type, uint64_t key);
    /* [any] The row with the smallest key above `after`; NULL = no more. */
    const void *(*next)(struct pawl_ctx *ctx, uint16_t type, uint64_t after);
    /* [any] Memory that whoever takes this instance's place in a reload may read while it is tried:
     * yours until destroy(), and whole between any two events. `layout` (up to PAWL_LAYOUT_MAX
     * bytes) says what is in it, down to the sizes: the reader may be other code. NULL takes it
     * back. */
    void (*offer)(struct pawl_ctx *ctx, const char *layout, const void *memory);
    /* [create, restored] What the instance before offers under just this layout; NULL = nothing, or
     * there is none before. */
    const void *(*before)(struct pawl_ctx *ctx, const char *layout);
};

/* ---- pawl.timers/1 ---- */

#define PAWL_TIMERS "pawl.timers/1"

struct pawl_timers {
    uint32_t size;
    uint32_t reserved;
    /* [event] A `timer` event with this cookie at due_ns, or at once if that is past; the same key
     * again replaces it. PAWL_E_BUSY: too many. Timers do not survive a restart. */
    int (*set)(struct pawl_ctx *ctx, uint64_t key, int64_t due_ns);
    /* [event] Nothing happens if there is none with this key. */
    void (*clear)(struct pawl_ctx *ctx, uint64_t key);
};

/* ---- pawl.triggers/1 ---- */

#define PAWL_TRIGGERS "pawl.triggers/1"

enum pawl_cross { PAWL_CROSS_AT_OR_ABOVE = 1, PAWL_CROSS_AT_OR_BELOW };

struct pawl_trigger_spec {
    uint32_t size;
    uint32_t instrument;
    uint8_t source; /* PAWL_TRIGGER_SOURCE_* */
    uint8_t side;   /* PAWL_POSITION_SIDE_*, of the position whose exit or entry side is meant */
    uint8_t cross;  /* enum pawl_cross */
    uint8_t reserved[5];
    struct pawl_price level;
};

struct pawl_trailing_spec { /* exactly one of distance and fraction is above 0 */
    uint32_t size;
    uint32_t instrument;
    uint8_t source; /* PAWL_TRIGGER_SOURCE_* */
    uint8_t side;   /* PAWL_POSITION_SIDE_*, of the position whose exit or entry side is meant */
    uint8_t cross;  /* PAWL_CROSS_AT_OR_BELOW: below the highest price; else above the lowest */
    uint8_t reserved[5];
    struct pawl_price distance;   /* from the best price since it was armed */
    struct pawl_ratio fraction;   /* of the best price: 0.01 = 1 % */
    struct pawl_price activation; /* it trails once this price was reached; 0 = at once */
    struct pawl_price extreme;    /* best price of an earlier arming; 0 = the price of now */
};

struct pawl_triggers {
    uint32_t size;
    uint32_t reserved;
    /* [event] One `trigger` event with this cookie when the source first is at or beyond the level,
     * the next quote included; then it is gone. The same key again replaces it. */
    int (*arm)(struct pawl_ctx *ctx, uint64_t key, const struct pawl_trigger_spec *spec);
    /* [event] Nothing happens if there is none with this key. */
    void (*disarm)(struct pawl_ctx *ctx, uint64_t key);
    /* [event] The same for a level that follows the best price; the event's `extreme` is that
     * price. A level that has been reached when it is armed fires at the next price. */
    int (*arm_trailing)(struct pawl_ctx *ctx, uint64_t key, const struct pawl_trailing_spec *spec);
    /* [any] Best price so far of what is armed under this key; 0 = none yet. PAWL_E_NOTFOUND. Keep
     * it in a record where a restart must not begin anew. */
    int (*extreme)(struct pawl_ctx *ctx, uint64_t key, struct pawl_price *ret);
};

/* ---- pawl.files/1: the instance's own files, brokers and services ---- */

#define PAWL_FILES "pawl.files/1"
#define PAWL_FILE_NAME_MAX 63u
#define PAWL_FILE_WRITE_MAX (64u << 20) /* bytes of one append or replace */

struct pawl_files {
    uint32_t size;
    uint32_t reserved;
    /* [any] A name is [A-Za-z0-9_.-]+, its file <data_dir>/<instance>.NAME. No bytes of append are
     * synced that sync() was not asked for: what was written survives the process, not the machine.
     * What a full disk took of it is cut off again. */
    int (*append)(struct pawl_ctx *ctx, const char *name, const void *bytes, size_t len,
                  struct pawl_err *err);
    /* [any] Replace the file as a whole, by rename. PAWL_E_BUSY: no space, or the disk has not done
     * yet what it was asked to before: nothing was done. */
    int (*replace)(struct pawl_ctx *ctx, const char *name, const void *bytes, size_t len,
                   struct pawl_err *err);
    /* [any] Up to `max` bytes from `offset` into `bytes`; returns how many, 0 at the end or if
     * there is no such file, or a negative code. */
    int64_t (*read)(struct pawl_ctx *ctx, const char *name, uint64_t offset, void *bytes,
                    size_t max, struct pawl_err *err);
    /* [any] Give the file `from` the name `to`; what had that name is gone, and its room is given
     * back beside the loop. PAWL_E_BUSY as for replace. */
    int (*rename)(struct pawl_ctx *ctx, const char *from, const char *to, struct pawl_err *err);
    /* [any] Bytes of the file; PAWL_E_NOTFOUND: there is none. */
    int64_t (*length)(struct pawl_ctx *ctx, const char *name, struct pawl_err *err);
    /* [any] The file has `size` bytes: what stands behind them is gone. */
    int (*truncate)(struct pawl_ctx *ctx, const char *name, uint64_t size, struct pawl_err *err);
    /* [event] Bring the file to the disk, beside the loop. PAWL_E_BUSY: not yet, ask again in a
     * later event; PAWL_OK: what it had when this was first asked is there, and the next call asks
     * anew. One file at a time: another, a replace or a rename lets go of what was asked. When it
     * is done is not recorded, so nothing that is published may follow from it. */
    int (*sync)(struct pawl_ctx *ctx, const char *name, struct pawl_err *err);
};

#ifdef __cplusplus
}
#endif
#endif
