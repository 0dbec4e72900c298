/*
 * pyramid.h - inside of the pyramid plugin: chains that double their orders each time a level has
 * booked its profit.
 *
 * A chain and its orders are rows; what each order is worth, its stop and its target, is the lot's.
 * Between two events it holds nothing but its options and the count of chains that have ended.
 */
#ifndef PYRAMID_H
#define PYRAMID_H

#include <stdbool.h>

#include "pawl_num.h"
#include "pawl_services.h"
#include "pawl_strategy.h"
#include "pyramid_schema.gen.h"

#define PYRAMID_LEVELS_MAX 8u
#define PYRAMID_ORDERS_MAX 64u    /* of one level */
#define PYRAMID_CHAIN_ORDERS 255u /* a chain ever has, those placed again included */
#define PYRAMID_ENDED_KEPT 1000u
#define PYRAMID_WINDOWS_MAX 8u
#define PYRAMID_LOOK_NS PAWL_NS
#define PYRAMID_RETRY_NS (5 * PAWL_NS) /* until a spent exit is asked for anew */

enum pyramid_target_mode { PYRAMID_WATCH = 1, PYRAMID_VENUE };
enum pyramid_on_stop { PYRAMID_RUN_OFF = 1, PYRAMID_CLOSE };

struct pyramid_options {
    int64_t min_profit_target_e8, max_level, fixed_risk_e8;
    int64_t max_recoveries, recovery_threshold_e8, recovery_window_minutes, recovery_factor_e8;
    uint32_t target_mode, on_stop;
    uint8_t enabled, sl_hunt, simulate;
    uint8_t reserved[5];
    char orders_per_level[PAWL_OPT_TEXT_MAX + 1];
    char windows[PAWL_OPT_TEXT_MAX + 1];
    char simulate_account[PAWL_OPT_TEXT_MAX + 1];
};

struct pyramid_window {
    char symbol[PAWL_SYMBOL_MAX + 1];
    int64_t minutes;
};

struct pyramid {
    struct pawl_ctx *ctx;
    const struct pawl_book *book;
    const struct pawl_market *market;
    const struct pawl_records *records;
    const struct pawl_timers *timers;
    const struct pawl_triggers *triggers;
    struct pyramid_options options;
    uint32_t orders[PYRAMID_LEVELS_MAX];
    uint32_t window_count, ended_count;
    struct pyramid_window windows[PYRAMID_WINDOWS_MAX];
};

/* ---- row.c: rows and events; what is read is a copy, its id 0 = there is none ---- */
struct pyramid_rec_profit_chain pyramid_chain(struct pyramid *self, uint64_t chain);
/* Of the instrument's chains that have not ended the one with the smallest id above `after`. What
 * has ended costs nothing here. */
struct pyramid_rec_profit_chain pyramid_running(struct pyramid *self, uint32_t instrument,
                                                uint64_t after);
int pyramid_know_running(struct pyramid *self, const struct pyramid_rec_profit_chain *chain);
struct pyramid_rec_profit_chain_order pyramid_order(struct pyramid *self, uint64_t order);
/* The order of the chain with the smallest number above `after`. */
struct pyramid_rec_profit_chain_order pyramid_next(struct pyramid *self, uint64_t chain,
                                                   uint64_t after);
struct pyramid_rec_profit_chain_order pyramid_of_lot(struct pyramid *self, uint64_t lot);
int pyramid_put(struct pyramid *self, struct pyramid_rec_profit_chain *chain);
int pyramid_put_order(struct pyramid *self, const struct pyramid_rec_profit_chain_order *order);
int pyramid_know_lot(struct pyramid *self, const struct pyramid_rec_profit_chain_order *order);
int pyramid_tell(struct pyramid *self, uint16_t type, const struct pyramid_rec_profit_chain *chain,
                 uint32_t orders, uint32_t shortfall, const char *reason);
int pyramid_end(struct pyramid *self, struct pyramid_rec_profit_chain *chain, uint8_t status,
                uint16_t type, const char *reason);
static inline bool pyramid_has_ended(const struct pyramid_rec_profit_chain *chain) {
    return chain->status == PAWL_CHAIN_STATUS_STOPPED ||
           chain->status == PAWL_CHAIN_STATUS_COMPLETED;
}
static inline bool pyramid_is_open(const struct pyramid_rec_profit_chain_order *order) {
    return order->status <= PAWL_CHAIN_ORDER_STATUS_CLOSING;
}

/* ---- place.c: money as distances, orders as lots ---- */
/* The distance that is worth `money` for the quantity; PAWL_E_RANGE. */
int pyramid_distance(struct pyramid *self, uint32_t instrument, uint32_t account,
                     struct pawl_qty quantity, struct pawl_money money, enum pawl_round round,
                     struct pawl_price *ret);
/* Where the stop of an order of the chain would stand now; PAWL_E_* with a sentence. */
int pyramid_first_stop(struct pyramid *self, const struct pyramid_rec_profit_chain *chain,
                       struct pawl_price *ret, struct pawl_err *err);
struct pyramid_place {
    uint8_t level, index, again;
};
int pyramid_place(struct pyramid *self, struct pyramid_rec_profit_chain *chain,
                  const struct pyramid_place *place, struct pawl_err *err);
/* The lot of an order has grown: its stop and target from what it paid. */
int pyramid_filled(struct pyramid *self, const struct pawl_rec_lot *lot);
int pyramid_arm(struct pyramid *self, const struct pyramid_rec_profit_chain_order *order);
int pyramid_book(struct pyramid *self, uint64_t lot); /* the target was reached */
/* An exit that came back is asked for anew a little later. */
int pyramid_on_spent(struct pyramid *self, const struct pawl_ev_want_spent *event);
int pyramid_exit_again(struct pyramid *self, uint64_t lot);

/* ---- chain.c: the course of a chain ---- */
int pyramid_on_entry(struct pyramid *self, const struct pawl_ev_entry *ask);
int pyramid_on_assigned(struct pyramid *self, uint64_t lot);
int pyramid_on_signal(struct pyramid *self, const struct pawl_ev_signal *signal);
int pyramid_on_closed(struct pyramid *self, const struct pawl_ev_lot_closed *event);
int pyramid_stop(struct pyramid *self, struct pyramid_rec_profit_chain *chain, bool close,
                 const char *reason);
/* There is no price to go on with (prices do not outlive a restart): decide a little later. */
int pyramid_look_again(struct pyramid *self, uint64_t chain);
/* After anything of it has changed: advance, end, or wait. */
int pyramid_decide(struct pyramid *self, uint64_t chain);

/* ---- recover.c: a stop that was hit ---- */
int pyramid_stop_hit(struct pyramid *self, struct pyramid_rec_profit_chain *chain,
                     const struct pyramid_rec_profit_chain_order *order);
int pyramid_recover(struct pyramid *self, uint64_t chain);      /* the price came back */
int pyramid_window_over(struct pyramid *self, uint64_t chain);  /* it did not in time */
int pyramid_recovered(struct pyramid *self, uint64_t chain);    /* are all in again? */
int pyramid_arm_recovery(struct pyramid *self, const struct pyramid_rec_profit_chain *chain);
void pyramid_disarm_recovery(struct pyramid *self, uint64_t chain);

/* Keys of timers and levels: an order's lot, or a chain. */
#define PYRAMID_KEY_LOT(lot) ((lot) << 1)
#define PYRAMID_KEY_CHAIN(chain) ((chain) << 1 | 1)

#endif
