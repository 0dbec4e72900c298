/* parts.h - what the files of the linked plugin offer each other. */
#ifndef LINKED_PARTS_H
#define LINKED_PARTS_H

#include "linked.h"

/* ---- plan.c, size.c: numbers ---- */

/* Records the first cause in err (may be NULL) and returns rc. */

/* A request in numbers. Fails with a sentence naming them: PAWL_E_INVAL, or PAWL_E_RANGE. */
int linked_plan(struct linked *self, const struct pawl_ev_entry *ask, struct linked_plan *ret_plan,
                struct pawl_err *err);

/* The asked quantity, allocation or risk as a quantity on the step, within the instrument's minima.
 * Needs instrument, account, side, reference and stop of the plan. */
int linked_size(struct linked *self, const struct pawl_ev_entry *ask, struct linked_plan *plan,
                struct pawl_err *err);
/* Within the instrument's minima and maxima at this price. */
int linked_check_quantity(const struct pawl_instrument *in, struct pawl_qty quantity,
                          struct pawl_price price, struct pawl_err *err);
/* Money in the instrument's price currency as the account's, or the other way round. */
int linked_convert(struct linked *self, const struct pawl_instrument *in, uint32_t account,
                   bool to_account, struct pawl_money money, struct pawl_money *ret,
                   struct pawl_err *err);

/* (value / quantity) x factor, rounded once, on the tick. */
int linked_level(struct pawl_money value, struct pawl_qty quantity, int64_t factor_e8,
                 struct pawl_price tick, enum pawl_round round, struct pawl_price *ret);
/* value / quantity + distance, rounded once, on the tick. */
int linked_offset(struct pawl_money value, struct pawl_qty quantity, int64_t distance_e8,
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
#define linked_ignore_request(request, ...)                                                        \
    linked_ignore((request)->self, (request)->ask->instrument, (request)->ask->side,               \
                  (request)->ask->ref, __VA_ARGS__)
/* A lot of the request by this plan, and its row. after 0 = at once, else with or behind that lot;
 * leader 0 = it is linked to none. */
struct linked_place {
    uint8_t after_kind; /* PAWL_AFTER_KIND_*; 0 = now */
    uint64_t after, leader;
    const char *link_type;
};
int linked_open(const struct linked_request *request, const struct linked_plan *plan,
                const struct linked_place *place, uint64_t *ret_lot, struct pawl_err *err);
/* Any lot of ours there in this account that has not concluded; 0 = none. */
uint64_t linked_held(struct linked *self, uint32_t instrument, uint32_t account);

/* ---- link.c, legs.c: entries that hang on another lot, or are several ---- */

int linked_on_link(const struct linked_request *request);
int linked_on_legs(const struct linked_request *request);
/* Looks at a group of legs: unwinds what is incomplete, ends it at its profit or loss. */
int linked_settle_legs(struct linked *self, struct linked_family *family);
int linked_check_legs(struct linked *self, uint64_t leader);

/* ---- row.c: link groups ---- */

const struct linked_rec_link_group *linked_row(struct linked *self, uint64_t lot);
int linked_put(struct linked *self, const struct linked_rec_link_group *row);
/* The row of a lot that was just opened by this plan; counts it with its leader. */
int linked_group_make(struct linked *self, uint64_t lot, const struct linked_plan *plan,
                      const struct linked_place *place);
int linked_count_member(struct linked *self, uint64_t leader); /* one more lot is linked to it */
/* false = there is no such row. */
bool linked_family(struct linked *self, uint64_t leader, struct linked_family *ret);
/* The member is more of the leader's trade, not another one. */
bool linked_is_same_trade(const struct linked_member *member);
/* Close it whole, fills of a running entry included. */
int linked_close(struct linked *self, const struct pawl_rec_lot *lot, const char *reason,
                 struct pawl_err *err);
/* Close a lot and all that is linked to it, and remember it. */
int linked_end(struct linked *self, uint64_t leader, const char *reason);
/* The entry wants no more than it has. */
int linked_cut(struct linked *self, const struct pawl_rec_lot *lot, struct pawl_err *err);

/* ---- settle.c: rows follow their lots ---- */

/* Do whatever the book's present state of our lots on an instrument (0 = all) asks for. Calling it
 * again without a change does nothing. */
int linked_settle(struct linked *self, uint32_t instrument);
/* After a start: drop rows without a lot, then settle all. */
int linked_restore(struct linked *self);
int linked_on_want_spent(struct linked *self, const struct pawl_ev_want_spent *spent);
int linked_on_closed(struct linked *self, const struct pawl_ev_lot_closed *closed);
int linked_on_lot(struct linked *self, uint64_t lot); /* its stop moved, or it has a new order */

/* ---- follow.c: levels of a trade ---- */

struct linked_sum { /* of a trade: the leader's, its scale-ins' and its double-down's */
    int64_t entered_e8, base_e8, open_e8; /* base: without what a double-down filled */
    struct pawl_money value;
    bool is_complete; /* everything wanted is in */
};
void linked_sum(const struct linked_family *family, struct linked_sum *ret);
/* From now on, or from the first fill, the stop of the whole trade trails by this fraction. */
int linked_trail(struct linked *self, const struct linked_family *family, struct pawl_ratio pct,
                 struct pawl_err *err);
int linked_trail_lot(struct linked *self, uint64_t lot, struct pawl_ratio pct,
                     struct pawl_err *err);
int linked_follow(struct linked *self, struct linked_family *family, bool *ret_changed);

/* ---- scale.c: more of a trade ---- */

/* "0.05:25 0.08:10" into the list; PAWL_E_CONFIG with a sentence. */
int linked_read_scales(struct linked *self, struct pawl_err *err);
int linked_on_scale_in(struct linked *self, const struct pawl_ev_scale_in *request);
int linked_scale(struct linked *self, uint64_t leader, struct pawl_qty quantity,
                 struct pawl_ratio pct, struct pawl_err *err);
int linked_on_trigger(struct linked *self, const struct pawl_ev_trigger *event);
void linked_arm_scales(struct linked *self, struct linked_family *family, bool *ret_changed);
void linked_disarm_scales(struct linked *self, uint64_t lot);
int linked_double_down(struct linked *self, struct linked_family *family, bool *ret_changed);
int linked_place_double_down(struct linked *self, const struct linked_family *family,
                             struct pawl_qty quantity, struct pawl_price price,
                             struct pawl_err *err);

/* ---- clock.c: ends by time ---- */

int linked_on_timer(struct linked *self, const struct pawl_ev_timer *event);
/* Set the timers a lot's row asks for. */
void linked_set_timers(struct linked *self, const struct linked_member *leader);
void linked_look_again(struct linked *self, uint64_t lot); /* soon */
void linked_clear_timers(struct linked *self, uint64_t lot);
/* false, with a sentence: the session is over soon. */
bool linked_session_allows(struct linked *self, uint32_t instrument, struct pawl_err *err);

#endif
