/*
 * linked.h - inside of the linked plugin: one trade per symbol and account, linked to its stop and
 * target, reversed by an opposite wish.
 *
 * Everything it must not forget is in the book (lots) and in its link_group records; between two
 * events it holds nothing but its options. So a restart needs no more than linked_settle().
 */
#ifndef LINKED_H
#define LINKED_H

#include <stdbool.h>

#include "linked_schema.gen.h"
#include "pawl_num.h"
#include "pawl_services.h"

struct linked_options {
    int64_t stop_loss_pct_e8;   /* 0 = an entry must say its stop */
    int64_t take_profit_pct_e8; /* 0 = no target unless an entry says one */
    int64_t entry_expires_ns;
    int64_t reversal_expires_ns;
    int64_t signal_quantity_e8; /* 0 = signals are not traded */
    int64_t signal_confidence_above_e8;
    uint32_t target_mode; /* PAWL_LEVEL_MODE_* */
    uint8_t reversal;
    uint8_t allow_short;
    uint8_t reserved[2];
};

struct linked {
    struct pawl_ctx *ctx;
    const struct pawl_market *market;
    const struct pawl_book *book;
    const struct pawl_records *records;
    struct linked_options options;
};

/* A request worked out in numbers, on tick and step, and checked. */
struct linked_plan {
    const struct pawl_instrument *instrument;
    uint32_t account;
    uint8_t side; /* PAWL_POSITION_SIDE_* */
    uint8_t kind; /* PAWL_KIND_MARKET, _LIMIT, _STOP */
    bool target_by_default; /* neither price nor fraction was asked */
    struct pawl_qty quantity;
    struct pawl_price reference;                /* what the entry is expected to pay */
    struct pawl_price entry_price;              /* of limit and stop entries; 0 = market */
    struct pawl_price stop, target;             /* target 0 = none */
    struct pawl_price stop_price, target_price; /* as asked; 0 = by fraction */
    struct pawl_ratio stop_pct, target_pct;     /* in force; 0 = a price was asked, or none */
    int64_t expires;                            /* UTC ns; 0 = never */
};

static inline uint8_t linked_side(uint8_t order_side) {
    return order_side == PAWL_SIDE_BUY ? PAWL_POSITION_SIDE_LONG : PAWL_POSITION_SIDE_SHORT;
}
static inline const char *linked_side_name(uint8_t side) {
    return side == PAWL_POSITION_SIDE_LONG ? "LONG" : "SHORT";
}
/* Stops are rounded in their tightening direction, targets away from the entry: both up for a long,
 * down for a short. */
static inline enum pawl_round linked_round(uint8_t side) {
    return side == PAWL_POSITION_SIDE_LONG ? PAWL_ROUND_UP : PAWL_ROUND_DOWN;
}
static inline bool linked_is_closing(const struct pawl_rec_lot *lot) {
    return lot->exit_at_least.e8 == PAWL_QTY_ALL && lot->exit_spent == 0;
}

/* ---- plan.c, size.c: numbers ---- */

/* Records the first cause in err (may be NULL) and returns rc. */
int linked_fail(struct pawl_err *err, int rc, const char *format, ...) PAWL_PRINTF(3, 4);

/* A request in numbers. Fails with a sentence naming them: PAWL_E_INVAL, or PAWL_E_RANGE. */
int linked_plan(struct linked *self, const struct pawl_ev_entry *ask, struct linked_plan *ret_plan,
                struct pawl_err *err);

/* The asked quantity, allocation or risk as a quantity on the step, within the instrument's minima.
 * Needs instrument, account, side, reference and stop of the plan. */
int linked_size(struct linked *self, const struct pawl_ev_entry *ask, struct linked_plan *plan,
                struct pawl_err *err);

/* (value / quantity) x factor, rounded once, on the tick. */
int linked_level(struct pawl_money value, struct pawl_qty quantity, int64_t factor_e8,
                 struct pawl_price tick, enum pawl_round round, struct pawl_price *ret);
static inline int64_t linked_stop_factor_e8(uint8_t side, struct pawl_ratio pct) {
    return side == PAWL_POSITION_SIDE_LONG ? PAWL_E8 - pct.e8 : PAWL_E8 + pct.e8;
}
static inline int64_t linked_target_factor_e8(uint8_t side, struct pawl_ratio pct) {
    return side == PAWL_POSITION_SIDE_LONG ? PAWL_E8 + pct.e8 : PAWL_E8 - pct.e8;
}

/* ---- wish.c: what to do about an entry or a signal ---- */

int linked_on_entry(struct linked *self, const struct pawl_ev_entry *entry);
int linked_on_signal(struct linked *self, const struct pawl_ev_signal *signal);
/* Publishes rule.ignored with the reason and logs it. */
int linked_ignore(struct linked *self, uint32_t instrument, uint8_t order_side, const char *ref,
                  const char *format, ...) PAWL_PRINTF(5, 6);

/* ---- group.c: link groups follow their lots ---- */

/* The link group of a lot that was just opened by this plan. */
int linked_group_make(struct linked *self, uint64_t lot, const struct linked_plan *plan);
/* Do whatever the book's present state of our lots on an instrument (0 = all) asks for. Calling it
 * again without a change does nothing. */
int linked_settle(struct linked *self, uint32_t instrument);
/* After a start: drop groups without a lot, then settle all. */
int linked_restore(struct linked *self);
/* The entry wants no more than it has. */
int linked_cut(struct linked *self, const struct pawl_rec_lot *lot, struct pawl_err *err);
int linked_on_want_spent(struct linked *self, const struct pawl_ev_want_spent *spent);
int linked_on_closed(struct linked *self, const struct pawl_ev_lot_closed *closed);

#endif
