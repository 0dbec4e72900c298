/*
 * pawl_services.h - the service tables a plugin may ask for by name. Each begins with its size and
 * only grows at the end; an incompatible change gets a new revision in its name.
 *
 * Phases   as in pawl_plugin.h. Pointers returned are the host's and valid until the next call into
 *          the host or the end of the handler, whichever is first, unless it says otherwise.
 */
#ifndef PAWL_SERVICES_H
#define PAWL_SERVICES_H

#include "pawl_plugin.h"
#include "pawl_schema.gen.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- pawl.market/1: instruments and prices; brokers and strategies ---- */

#define PAWL_MARKET "pawl.market/1"
#define PAWL_SYMBOL_MAX 31u

struct pawl_instrument { /* constant while it runs; the pointer lives as long as the plugin */
    uint32_t id;
    uint32_t account; /* default account */
    char symbol[PAWL_SYMBOL_MAX + 1];
    char class_[16]; /* "fx" "metal" "equity" "crypto" "future" "option" "cfd"; empty = not said */
    char currency[8]; /* of prices */
    char sector[24];
    struct pawl_price tick;
    struct pawl_qty step, min_quantity, max_quantity; /* max 0 = none */
    struct pawl_money min_notional;                   /* 0 = none */
    struct pawl_ratio multiplier;                     /* money = price difference x quantity x this */
    struct pawl_price pip_size;                       /* 0 = not defined by pips */
    struct pawl_money pip_value_per_std_lot;          /* account currency; 0 = none */
    struct pawl_price min_stop_distance;              /* 0 = none */
};

struct pawl_market_state {
    struct pawl_price bid, ask; /* last good quote; on trade-only feeds last -+ half the spread; 0 = none */
    struct pawl_price last, mark;
    int64_t quote_time;    /* of bid/ask; 0 = none yet */
    int64_t stale_after_ns; /* quotes older than this refuse entries */
    uint64_t crossed;      /* quotes not used because ask < bid */
};

struct pawl_account_info {
    uint32_t id;
    uint32_t broker;  /* component */
    uint32_t hedging; /* 1 = both sides at once, 0 = netting */
    char name[PAWL_NAME_MAX + 1];
    char currency[8];
    struct pawl_ratio leverage;
    struct pawl_money balance; /* at start, from the configuration */
};

struct pawl_market {
    uint32_t size;
    uint32_t reserved;
    const struct pawl_instrument *(*instrument)(struct pawl_ctx *ctx, uint32_t id);         /* [any] */
    const struct pawl_instrument *(*by_symbol)(struct pawl_ctx *ctx, const char *symbol);   /* [any] */
    const struct pawl_account_info *(*account)(struct pawl_ctx *ctx, uint32_t id);          /* [any] */
    const struct pawl_market_state *(*state)(struct pawl_ctx *ctx, uint32_t instrument);    /* [any] */
};

/* ---- pawl.book/1: lots and their wants; strategies ---- */

#define PAWL_BOOK "pawl.book/1"
#define PAWL_TARGETS_MAX 4u

struct pawl_lot_spec {
    uint32_t size; /* sizeof(struct pawl_lot_spec) */
    uint32_t instrument;
    uint32_t account;    /* 0 = the instrument's */
    uint8_t side;        /* PAWL_POSITION_SIDE_* */
    uint8_t entry_kind;  /* PAWL_KIND_MARKET, _LIMIT, _STOP */
    uint8_t after;       /* PAWL_AFTER_KIND_*; 0 = now */
    uint8_t target_mode; /* PAWL_LEVEL_MODE_*; 0 = rest where the venue can bind it */
    struct pawl_qty quantity;
    struct pawl_price entry_price;  /* of limit and stop entries */
    struct pawl_price stop;         /* initial stop; required */
    struct pawl_price target;       /* first target, for the whole lot; 0 = none */
    int64_t expires;                /* UTC ns end of the entry want; 0 = 60 s for limits and stops, else never */
    uint64_t after_lot;
    int64_t after_expires;          /* 0 = 60 s */
    const char *profile;            /* NULL = the caller holds all four aspects */
    const char *ref;                /* NULL = none */
    const char *tags;               /* JSON object text or NULL */
};

struct pawl_exit_spec {
    uint32_t size;
    uint8_t kind; /* PAWL_KIND_MARKET or _LIMIT */
    uint8_t reserved[3];
    struct pawl_qty at_least;  /* total to have exited; PAWL_QTY_ALL; never below the present want */
    struct pawl_price price;   /* of a limit */
    const char *reason;        /* "MANUAL", "REVERSAL" ...; kept as the lot's exit reason */
};

/*
 * Every call that sets a want is checked and applied to the book at once; orders follow at the end
 * of the turn. Who may call: the holder of the aspect; closing whole is open to the opener too.
 * Errors: PAWL_E_DENIED wrong holder, PAWL_E_STATE not in this state, PAWL_E_INVAL with a sentence,
 * PAWL_E_REJECTED the risk gate refused (a risk.refused event says which limit).
 */
struct pawl_book {
    uint32_t size;
    uint32_t reserved;
    const struct pawl_rec_lot *(*lot)(struct pawl_ctx *ctx, uint64_t lot);                  /* [any] */
    /* The open (not closed) lot with the smallest id above `after`; instrument 0 = all. */
    const struct pawl_rec_lot *(*lot_next)(struct pawl_ctx *ctx, uint32_t instrument,
                                           uint64_t after);                                 /* [any] */
    const struct pawl_rec_lot *(*lot_by_ref)(struct pawl_ctx *ctx, const char *ref);        /* [any] */
    const struct pawl_rec_target *(*target)(struct pawl_ctx *ctx, uint64_t lot, uint32_t index);
    int (*open)(struct pawl_ctx *ctx, const struct pawl_lot_spec *spec, uint64_t *ret_lot,
                struct pawl_err *err);                                                      /* [event] */
    /* Raise enter_up_to, or (total below the present want) cut it down to max(total, filled). */
    int (*enter)(struct pawl_ctx *ctx, uint64_t lot, struct pawl_qty total,
                 struct pawl_err *err);                                                     /* [event] */
    int (*exit)(struct pawl_ctx *ctx, uint64_t lot, const struct pawl_exit_spec *spec,
                struct pawl_err *err);                                                      /* [event] */
    /* A strict lot refuses a looser stop with PAWL_E_STATE; an equal one is PAWL_OK and no event. */
    int (*stop)(struct pawl_ctx *ctx, uint64_t lot, struct pawl_price price, const char *reason,
                struct pawl_err *err);                                                      /* [event] */
    /* price 0 withdraws the target; quantity PAWL_QTY_ALL = whatever is open. */
    int (*set_target)(struct pawl_ctx *ctx, uint64_t lot, uint32_t index, struct pawl_price price,
                      struct pawl_qty quantity, uint8_t mode, struct pawl_err *err);        /* [event] */
    /* Equity of an account: balance + realised - fees + unrealised at the exit side. */
    int (*equity)(struct pawl_ctx *ctx, uint32_t account, struct pawl_money *ret);          /* [any] */
};

/* ---- pawl.records/1: a plugin's own records ---- */

#define PAWL_RECORDS "pawl.records/1"

struct pawl_records {
    uint32_t size;
    uint32_t reserved;
    /* Insert or replace by key; stored with the turn. `row` is sizeof(the type's struct) bytes. */
    int (*put)(struct pawl_ctx *ctx, uint16_t type, const void *row);                       /* [event] */
    int (*erase)(struct pawl_ctx *ctx, uint16_t type, uint64_t key);                        /* [event] */
    const void *(*get)(struct pawl_ctx *ctx, uint16_t type, uint64_t key);                  /* [any] */
    /* The row with the smallest key above `after`; NULL = no more. */
    const void *(*next)(struct pawl_ctx *ctx, uint16_t type, uint64_t after);               /* [any] */
};

/* ---- pawl.timers/1 ---- */

#define PAWL_TIMERS "pawl.timers/1"

struct pawl_timers {
    uint32_t size;
    uint32_t reserved;
    /* A `timer` event with this cookie at due_ns, or at once if that is past; the same key again
     * replaces it. PAWL_E_BUSY: too many. Timers do not survive a restart. */
    int (*set)(struct pawl_ctx *ctx, uint64_t key, int64_t due_ns);                         /* [event] */
    void (*clear)(struct pawl_ctx *ctx, uint64_t key);                                      /* [event] */
};

/* ---- pawl.triggers/1 ---- */

#define PAWL_TRIGGERS "pawl.triggers/1"

enum pawl_cross { PAWL_CROSS_AT_OR_ABOVE = 1, PAWL_CROSS_AT_OR_BELOW };

struct pawl_trigger_spec {
    uint32_t size;
    uint32_t instrument;
    uint8_t source; /* PAWL_TRIGGER_SOURCE_*; for exit_side/entry_side `side` says of which position */
    uint8_t side;   /* PAWL_POSITION_SIDE_* */
    uint8_t cross;  /* enum pawl_cross */
    uint8_t reserved[5];
    struct pawl_price level;
};

struct pawl_triggers {
    uint32_t size;
    uint32_t reserved;
    /* One `trigger` event with this cookie when the source first is at or beyond the level, the next
     * quote included; then it is gone. The same key again replaces it. */
    int (*arm)(struct pawl_ctx *ctx, uint64_t key, const struct pawl_trigger_spec *spec);   /* [event] */
    void (*disarm)(struct pawl_ctx *ctx, uint64_t key);                                     /* [event] */
};

/* ---- pawl.files/1: the instance's own folder, brokers and services ---- */

#define PAWL_FILES "pawl.files/1"
#define PAWL_FILE_NAME_MAX 63u

struct pawl_files {
    uint32_t size;
    uint32_t reserved;
    /* Names are [A-Za-z0-9_.-]+ in <data_dir>/<instance>/. Nothing is synced: what was written
     * survives the process, not the machine. */
    int (*append)(struct pawl_ctx *ctx, const char *name, const void *bytes, size_t len,
                  struct pawl_err *err);                                                    /* [any] */
    /* Replace the file as a whole, by rename. */
    int (*replace)(struct pawl_ctx *ctx, const char *name, const void *bytes, size_t len,
                   struct pawl_err *err);                                                   /* [any] */
    /* Up to `max` bytes from `offset` into `bytes`; returns how many, 0 at the end or if there is no
     * such file, or a negative code. */
    int64_t (*read)(struct pawl_ctx *ctx, const char *name, uint64_t offset, void *bytes, size_t max,
                    struct pawl_err *err);                                                  /* [any] */
};

/* ---- what a broker declares ---- */

enum pawl_exit_bound {
    PAWL_EXIT_FLAG = 1,      /* reduce-only flag on a net position */
    PAWL_EXIT_POSITION_SIDE, /* hedge mode: the side binds it */
    PAWL_EXIT_TICKET,        /* bound to one venue position; stop and target hang on it */
    PAWL_EXIT_POSITION,      /* one stop attached to the net position */
    PAWL_EXIT_OCA,           /* all exits of a lot share a group that the venue reduces */
    PAWL_EXIT_NONE
};
enum pawl_dedupe { PAWL_DEDUPE_NONE = 1, PAWL_DEDUPE_OPEN, PAWL_DEDUPE_NONCE, PAWL_DEDUPE_ORDER_ID };

struct pawl_broker_caps {
    uint32_t size;
    uint8_t exit_bound;          /* enum pawl_exit_bound */
    uint8_t amend_limit;         /* 1 = limit orders can be amended in place */
    uint8_t amend_stop;          /* 1 = stops can be amended in place */
    uint8_t reserves_quantity;   /* 1 = resting exits lock their quantity */
    uint8_t native_stop;         /* 1 = stops rest at the venue */
    uint8_t native_trailing;
    uint8_t attached_stop;       /* 1 = an entry can carry its stop */
    uint8_t holds_both;          /* 1 = two stops for one lot may rest at once */
    uint8_t dedupe;              /* enum pawl_dedupe */
    uint8_t separate_conditional_ids;
    uint8_t reserved[2];
    uint32_t stop_slots;         /* conditional orders it holds per instrument; 0 = no limit */
    int64_t settle_ns;           /* after this "never seen" may be believed */
    int64_t answer_ns;           /* no answer for this long = outcome unknown */
};

#ifdef __cplusplus
}
#endif
#endif
