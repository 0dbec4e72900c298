/*
 * pawl_book.h - pawl.book/1: lots and their wants; for strategies.
 *
 * A component never sends an order. It opens a lot and sets what it wants of it; the host makes the
 * venue agree and goes on until it does. Phases and pointers as in pawl_services.h.
 */
#ifndef PAWL_BOOK_H
#define PAWL_BOOK_H

#include "pawl_num.h"
#include "pawl_plugin.h"
#include "pawl_schema.gen.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PAWL_BOOK "pawl.book/1"
#define PAWL_TARGETS_MAX 4u
/* State events a component may publish itself (family 0x0a and up): chains, tranches ... */
#define PAWL_EVENTS_OF_COMPONENTS 0x0a00u
#define PAWL_EVENTS_OF_COMPONENTS_END 0x1000u
#define PAWL_EXPIRES_NEVER INT64_MAX /* of an entry want */

enum pawl_ratchet {
    PAWL_RATCHET_STRICT = 1, /* a stop only tightens */
    /* It may loosen while an entry fill or a merge of the lot is handled, until R is frozen. */
    PAWL_RATCHET_RECOMPUTE
};

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
    int64_t expires; /* of the entry want; 0 = in 60 s, for limits and stops; or _NEVER */
    uint64_t after_lot;
    int64_t after_expires;          /* 0 = 60 s */
    const char *profile;            /* NULL = the caller holds all four aspects */
    const char *ref;                /* NULL = none */
    const char *tags;               /* JSON object text or NULL */
    uint8_t entry_role;             /* PAWL_ROLE_MAIN, _SCALE, _DOUBLEDOWN; 0 = main */
    uint8_t ratchet;                /* enum pawl_ratchet; 0 = strict */
    uint8_t reserved[6];
};
#define PAWL_LOT_SPEC_SIZE_MIN ((uint32_t)offsetof(struct pawl_lot_spec, entry_role))

struct pawl_exit_spec {
    uint32_t size;
    uint8_t kind; /* PAWL_KIND_MARKET or _LIMIT */
    uint8_t reserved[3];
    struct pawl_qty at_least; /* total to have exited, or PAWL_QTY_ALL; never below the want */
    struct pawl_price price;  /* of a limit */
    const char *reason;       /* "MANUAL", "REVERSAL" ...; kept as the lot's exit reason */
};

struct pawl_trail_spec { /* exactly one of distance and fraction is above 0 */
    uint32_t size;
    uint32_t reserved;
    struct pawl_price distance;   /* of the stop from the best price */
    struct pawl_ratio fraction;   /* of the best price: 0.01 = 1 % */
    struct pawl_price activation; /* the stop follows once this price was reached; 0 = at once */
    struct pawl_price step;       /* least move of the stop; 0 = a tenth of the distance */
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
    /* [any] NULL = no such lot; as below. */
    const struct pawl_rec_lot *(*lot)(struct pawl_ctx *ctx, uint64_t lot);
    /* [any] The open (not closed) lot with the smallest id above `after`; instrument 0 = all. */
    const struct pawl_rec_lot *(*lot_next)(struct pawl_ctx *ctx, uint32_t instrument,
                                           uint64_t after);
    /* [any] The lot that was opened with this name. */
    const struct pawl_rec_lot *(*lot_by_ref)(struct pawl_ctx *ctx, const char *ref);
    /* [any] NULL = the lot has no such target. */
    const struct pawl_rec_target *(*target)(struct pawl_ctx *ctx, uint64_t lot, uint32_t index);
    /* [event] A new lot with its wants; *ret_lot is its id. */
    int (*open)(struct pawl_ctx *ctx, const struct pawl_lot_spec *spec, uint64_t *ret_lot,
                struct pawl_err *err);
    /* [event] Raise enter_up_to, or (total below the present want) cut it down to max(total,
     * filled). */
    int (*enter)(struct pawl_ctx *ctx, uint64_t lot, struct pawl_qty total, struct pawl_err *err);
    /* [event] Raise exit_at_least. */
    int (*exit)(struct pawl_ctx *ctx, uint64_t lot, const struct pawl_exit_spec *spec,
                struct pawl_err *err);
    /* [event] A strict lot refuses a looser stop with PAWL_E_STATE; an equal one is PAWL_OK and no
     * event. */
    int (*stop)(struct pawl_ctx *ctx, uint64_t lot, struct pawl_price price, const char *reason,
                struct pawl_err *err);
    /* [event] price 0 withdraws the target; quantity PAWL_QTY_ALL = whatever is open. */
    int (*set_target)(struct pawl_ctx *ctx, uint64_t lot, uint32_t index, struct pawl_price price,
                      struct pawl_qty quantity, uint8_t mode, struct pawl_err *err);
    /* [any] Equity of an account: balance + realised - fees + unrealised at the exit side. */
    int (*equity)(struct pawl_ctx *ctx, uint32_t account, struct pawl_money *ret);
    /* [event] Growth of its own beside enter_up_to: a limit for total - what it has filled, which
     * rests (role doubledown) as long as the lot is open; its fills raise enter_up_to. Again with
     * other terms replaces it; total 0 withdraws it. The holder of grow. PAWL_E_STATE: the lot
     * cannot grow on its venue (pawl_account_info.lots_grow), or is not open. */
    int (*add)(struct pawl_ctx *ctx, uint64_t lot, struct pawl_qty total, struct pawl_price price,
               struct pawl_err *err);
    /* [any] The lot's live order with the smallest number above `after`; NULL = no more. */
    const struct pawl_rec_order *(*order_next)(struct pawl_ctx *ctx, uint64_t lot, uint64_t after);
    /* [event] The stop follows the best price from the first fill on, by the host or by the venue;
     * it never loosens, and stop() may tighten it as well. Other terms begin anew with the price
     * of then; NULL ends it, the stop stays. The holder of stop. */
    int (*trail)(struct pawl_ctx *ctx, uint64_t lot, const struct pawl_trail_spec *spec,
                 struct pawl_err *err);
    /* [event] What is open of `from` becomes part of `into` at its average price, with its stop
     * order; `from` concludes as MERGED. The holder of grow of both. PAWL_E_BUSY: an order of
     * either is in flight, or is none of its stop: ask again when it has its answer (withdraw the
     * targets first). PAWL_E_STATE: R is frozen and the ratchet strict, or each lot is a position
     * of its own at the venue. The stop of `into` stays; set it in the same event. */
    int (*merge)(struct pawl_ctx *ctx, uint64_t into, uint64_t from, const char *reason,
                 struct pawl_err *err);
    /* [event] R and the original quantity follow the entries no more: the first milestone. The
     * holder of stop. Again is PAWL_OK. */
    int (*freeze)(struct pawl_ctx *ctx, uint64_t lot, struct pawl_err *err);
    /* [event] Would the gate let `count` lots like this in now, all together? Nothing is opened;
     * a refusal is PAWL_E_REJECTED and told as for open(). */
    int (*may_open)(struct pawl_ctx *ctx, const struct pawl_lot_spec *spec, uint32_t count,
                    struct pawl_err *err);
    /* [event] Where merge() is PAWL_E_STATE because the venue keeps lots apart: both are one trade
     * from now on, each with its own quantity and orders. An entry fill of one is one of the other
     * to the ratchet, and so is this, if both are filled. The holder of grow of both. */
    int (*tie)(struct pawl_ctx *ctx, uint64_t lot, uint64_t to, struct pawl_err *err);
    /* [event] A reconcile round with the account's broker soon, with a look at every order that
     * works there (all = 1) or at some of those that are known, at the next ones the next time: the
     * host's own rounds look at each. One that runs is enough. */
    int (*reconcile)(struct pawl_ctx *ctx, uint32_t account, int all, struct pawl_err *err);
};

/* What was paid for that part of a lot that has gone out, and for what is open of it: entries
 * before and after a first exit have averages of their own. [any] Pure. */
static inline struct pawl_money pawl_cost_out(struct pawl_qty entered, struct pawl_qty exited,
                                              struct pawl_money entry_value,
                                              struct pawl_qty grown_out,
                                              struct pawl_money grown_cost) {
    struct pawl_money cost = grown_cost;
    int64_t since_e8 = 0, left_e8 = entered.e8 - grown_out.e8;
    if (left_e8 > 0 &&
        pawl_muldiv(entry_value.e8 - grown_cost.e8, exited.e8 - grown_out.e8, left_e8,
                    PAWL_ROUND_EVEN, &since_e8) == PAWL_OK)
        cost.e8 += since_e8;
    return cost;
}
static inline struct pawl_money pawl_lot_cost_out(const struct pawl_rec_lot *lot) {
    return pawl_cost_out(lot->entered, lot->exited, lot->entry_value, lot->grown_out,
                         lot->grown_cost);
}
static inline struct pawl_money pawl_lot_cost(const struct pawl_rec_lot *lot) {
    struct pawl_money cost = {lot->entry_value.e8 - pawl_lot_cost_out(lot).e8};
    return cost;
}

#ifdef __cplusplus
}
#endif
#endif
