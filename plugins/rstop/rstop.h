/*
 * rstop.h - inside of the rstop plugin: protection of lots by multiples of their initial risk.
 *
 * What it must not forget of a lot is its position_state row; the levels follow from the row and
 * the table of the options. So a restart needs no more than to look at every open lot once.
 */
#ifndef RSTOP_H
#define RSTOP_H

#include <stdbool.h>

#include "pawl_num.h"
#include "pawl_series.h"
#include "pawl_services.h"
#include "rstop_schema.gen.h"

#define RSTOP_ROWS_MAX 16u
#define RSTOP_RETRY_NS (5 * PAWL_NS) /* until a spent exit is asked for anew */

struct rstop_options {
    int64_t trail_from_e8; /* in R; 0 = off */
    int64_t trail_r_e8, trail_pct_e8, trail_atr_e8;
    int64_t atr_period, atr_bar_ns;
    uint8_t catch_up;
    uint8_t reserved[7];
    char table[PAWL_OPT_TEXT_MAX + 1];
};

struct rstop_row { /* one line of the table */
    int64_t r_e8;    /* milestone */
    int64_t stop_e8; /* stop, in R from the entry */
    int64_t exit_e8; /* fraction of the original quantity; 0 = none */
    bool rest;       /* everything that is left */
    char reason[32]; /* of the move of the stop */
};

struct rstop {
    struct pawl_ctx *ctx;
    const struct pawl_book *book;
    const struct pawl_market *market;
    const struct pawl_records *records;
    const struct pawl_timers *timers;
    const struct pawl_triggers *triggers;
    const struct pawl_series *series;
    struct rstop_options options;
    uint32_t row_count;
    struct rstop_row rows[RSTOP_ROWS_MAX];
};

/* ---- table.c ---- */
int rstop_read_table(struct rstop *self, struct pawl_err *err);
/* The stage after the first `passed` rows. */
uint8_t rstop_stage(const struct rstop *self, uint32_t passed);
/* The price of a multiple of R; PAWL_E_RANGE. */
int rstop_level(const struct rstop_rec_position_state *row, int64_t r_e8, struct pawl_price *ret);

/* ---- watch.c: which lots are protected, from when ---- */
int rstop_look(struct rstop *self, uint64_t lot);
int rstop_look_at_all(struct rstop *self);
int rstop_drop(struct rstop *self, uint64_t lot);
/* A copy of the lot's row; its id 0 = not ours. */
struct rstop_rec_position_state rstop_row_of(struct rstop *self, uint64_t lot);
int rstop_put(struct rstop *self, const struct rstop_rec_position_state *row);
int rstop_arm(struct rstop *self, const struct rstop_rec_position_state *row);

/* ---- reach.c: what happens at a milestone ---- */
/* Rows whose milestone the price has reached, beyond those passed; exits = their exits, too. */
int rstop_reach(struct rstop *self, struct rstop_rec_position_state *row, struct pawl_price price,
                bool exits);
/* The stop trails from trail_from on; asked anew whenever R has changed. */
void rstop_trail(struct rstop *self, const struct rstop_rec_position_state *row);
/* An entry that was under way at the first milestone has filled: exits that were asked for grow. */
int rstop_grow(struct rstop *self, struct rstop_rec_position_state *row,
               const struct pawl_rec_lot *lot);
int rstop_exit_again(struct rstop *self, const struct rstop_rec_position_state *row);

/* ---- journal.c: the histories ---- */
int rstop_on_stop_moved(struct rstop *self, const struct pawl_ev_stop_moved *event);
int rstop_on_exit_taken(struct rstop *self, const struct pawl_ev_exit_taken *event);
void rstop_tell(struct rstop *self, const struct rstop_rec_position_state *row, uint8_t old,
                int64_t r_e8, struct pawl_price price);

static inline bool rstop_is_long(const struct rstop_rec_position_state *row) {
    return row->side == PAWL_POSITION_SIDE_LONG;
}

#endif
