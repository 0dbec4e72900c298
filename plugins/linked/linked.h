/*
 * linked.h - inside of the linked plugin: one trade per symbol and account, linked to its stop and
 * target, its scale-ins and double-down, and to lots that share its life.
 *
 * Everything it must not forget is in the book (lots) and in its link_group records; between two
 * events it holds nothing but its options. So a restart needs no more than linked_restore().
 */
#ifndef LINKED_H
#define LINKED_H

#include <stdbool.h>

#include "linked_schema.gen.h"
#include "pawl_num.h"
#include "pawl_series.h"
#include "pawl_services.h"

#define LINKED_SCALES_MAX 8u   /* scale-ins of a lot */
#define LINKED_MEMBERS_MAX 16u /* lots linked to one */
#define LINKED_LEGS_MAX 4u

struct linked_options {
    int64_t stop_loss_pct_e8;   /* 0 = an entry must say its stop */
    int64_t take_profit_pct_e8; /* 0 = no target unless an entry says one */
    int64_t atr_stop_e8, atr_target_e8, atr_period, atr_bar_ns;
    int64_t trailing_stop_pct_e8;
    int64_t entry_expires_ns;
    int64_t reversal_expires_ns;
    int64_t signal_quantity_e8; /* 0 = signals are not traded */
    int64_t signal_confidence_above_e8;
    int64_t scale_quantity_e8, trigger_profit_pct_e8;
    int64_t double_down_size_e8;
    int64_t session_end_lead_ns, max_hold_minutes;
    int64_t leg_stop_pct_e8, group_check_ns;
    uint32_t target_mode; /* PAWL_LEVEL_MODE_* */
    uint8_t reversal;
    uint8_t allow_short;
    uint8_t use_atr;
    uint8_t double_down;
    uint8_t session_end;
    uint8_t reserved[7];
    char more_scales[PAWL_OPT_TEXT_MAX + 1];
};

/* A scale-in the options ask for. */
struct linked_scale {
    struct pawl_ratio pct;
    struct pawl_qty quantity;
};

struct linked {
    struct pawl_ctx *ctx;
    const struct pawl_market *market;
    const struct pawl_book *book;
    const struct pawl_records *records;
    const struct pawl_timers *timers;
    const struct pawl_triggers *triggers;
    const struct pawl_series *series;
    struct linked_options options;
    struct linked_scale scales[LINKED_SCALES_MAX];
    uint32_t scale_count;
    bool declaring; /* inside `restored`: timers and triggers are set anew */
};

/* A lot of ours and its row. */
struct linked_member {
    struct pawl_rec_lot lot;
    struct linked_rec_link_group row;
};
/* A lot and what is linked to it. Lots that have concluded are not among the members. */
struct linked_family {
    struct linked_member leader;
    bool is_open; /* the leader has not concluded */
    uint32_t count;
    struct linked_member members[LINKED_MEMBERS_MAX];
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
    struct pawl_price stop_price, target_price; /* as asked; 0 = by fraction or ATR */
    struct pawl_price stop_distance, target_distance; /* by ATR; 0 = not */
    struct pawl_ratio stop_pct, target_pct;     /* in force; 0 = a price was asked, ATR, or none */
    struct pawl_ratio trailing_pct;             /* 0 = the stop does not trail */
    int64_t expires;                            /* UTC ns; 0 = never */
    int64_t close_at;                           /* UTC ns; 0 = not */
    uint32_t max_hold_minutes;                  /* 0 = no limit */
};

/* One request on its way through wish.c, link.c and legs.c. */
struct linked_request {
    struct linked *self;
    const struct pawl_ev_entry *ask;
    const char *tags; /* NULL = none */
    uint32_t account;
    uint8_t side; /* PAWL_POSITION_SIDE_* */
};

static inline uint8_t linked_side(uint8_t order_side) {
    return order_side == PAWL_SIDE_BUY ? PAWL_POSITION_SIDE_LONG : PAWL_POSITION_SIDE_SHORT;
}
static inline uint8_t linked_order_side(uint8_t side) {
    return side == PAWL_POSITION_SIDE_LONG ? PAWL_SIDE_BUY : PAWL_SIDE_SELL;
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
static inline bool linked_is_tighter(uint8_t side, struct pawl_price stop, struct pawl_price than) {
    return side == PAWL_POSITION_SIDE_LONG ? stop.e8 > than.e8 : stop.e8 < than.e8;
}
static inline int linked_first(int rc, int next) { return rc != PAWL_OK ? rc : next; }

#endif
