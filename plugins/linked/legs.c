/*
 * legs.c - one entry, several lots: all legs or none. Stop and target are the group's profit and
 * loss as fractions of its entry value, looked at every group_check; each leg also carries a stop
 * of its own, far away, that works when we do not. No venue here has combinations of its own.
 */
#include <stdio.h>
#include <string.h>

#include "parts.h"

#define ignore linked_ignore_request

struct leg {
    uint32_t instrument;
    uint8_t side, kind;
    struct pawl_ratio ratio;
    struct pawl_price price;
};

static struct leg leg_of(const struct pawl_ev_entry *ask, uint32_t i) {
    const struct leg legs[LINKED_LEGS_MAX] = {
        {ask->leg1_instrument, ask->leg1_side, ask->leg1_kind, ask->leg1_ratio, ask->leg1_price},
        {ask->leg2_instrument, ask->leg2_side, ask->leg2_kind, ask->leg2_ratio, ask->leg2_price},
        {ask->leg3_instrument, ask->leg3_side, ask->leg3_kind, ask->leg3_ratio, ask->leg3_price},
        {ask->leg4_instrument, ask->leg4_side, ask->leg4_kind, ask->leg4_ratio, ask->leg4_price}};
    return legs[i];
}

/* The entry sold sells what its legs buy. */
static uint8_t side_of(const struct pawl_ev_entry *ask, const struct leg *leg) {
    if (ask->side == PAWL_SIDE_BUY) return leg->side;
    return leg->side == PAWL_SIDE_BUY ? PAWL_SIDE_SELL : PAWL_SIDE_BUY;
}

/* A leg as an entry of its own: its quantity, its order, its far stop, no target. */
static int leg_entry(const struct linked_request *request, uint32_t i, struct pawl_ev_entry *ret,
                     struct pawl_err *err) {
    const struct pawl_ev_entry *ask = request->ask;
    struct leg leg = leg_of(ask, i);
    *ret = *ask;
    ret->instrument = leg.instrument;
    ret->side = side_of(ask, &leg);
    ret->order_kind = leg.kind;
    ret->order_price = leg.price;
    ret->stop_price.e8 = ret->target_price.e8 = ret->target_pct.e8 = 0;
    ret->stop_atr = ret->target_atr = 0;
    ret->stop_pct.e8 = request->self->options.leg_stop_pct_e8;
    ret->trailing_stop_pct.e8 = 0;
    if (i > 0 && ask->ref[0] != '\0') { /* i has one digit */
        size_t len = strnlen(ask->ref, sizeof ret->ref - 3);
        ret->ref[len] = '+';
        ret->ref[len + 1] = (char)('0' + i);
        ret->ref[len + 2] = '\0';
    }
    if (pawl_mul_e8(ask->quantity.e8, leg.ratio.e8, PAWL_ROUND_DOWN, &ret->quantity.e8) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "the quantity of leg %u is out of range", i + 1);
    return PAWL_OK;
}

static int check(const struct linked_request *request, struct pawl_err *err) {
    const struct pawl_ev_entry *ask = request->ask;
    if (ask->leg_count > LINKED_LEGS_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "more than %u legs", LINKED_LEGS_MAX);
    if (ask->quantity.e8 == 0)
        return pawl_fail(err, PAWL_E_INVAL, "legs are sized by quantity and ratio");
    if (ask->stop_price.e8 != 0 || ask->target_price.e8 != 0 || ask->stop_atr || ask->target_atr ||
        ask->trailing_stop_pct.e8 != 0)
        return pawl_fail(err, PAWL_E_INVAL, "stop and target of legs are fractions (pct)");
    for (uint32_t i = 0; i < ask->leg_count; i++) {
        struct leg leg = leg_of(ask, i);
        const struct pawl_instrument *in =
            request->self->market->instrument(request->self->ctx, leg.instrument);
        if (in == NULL) return pawl_fail(err, PAWL_E_INVAL, "leg %u: no instrument", i + 1);
        uint32_t account = ask->account != 0 ? ask->account : in->account;
        uint64_t held = linked_held(request->self, leg.instrument, account);
        if (held != 0)
            return pawl_fail(err, PAWL_E_STATE, "leg %u: lot %llu is there already", i + 1,
                             (unsigned long long)held);
        for (uint32_t k = 0; k < i; k++)
            if (leg_of(ask, k).instrument == leg.instrument)
                return pawl_fail(err, PAWL_E_INVAL, "two legs of %s", in->symbol);
    }
    return PAWL_OK;
}

/* Nothing of what was opened leaves: it is withdrawn in the same turn. */
static void take_back(struct linked *self, const uint64_t *lots, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const struct pawl_rec_lot *lot = self->book->lot(self->ctx, lots[i]);
        if (lot == NULL) continue;
        struct pawl_rec_lot copy = *lot;
        linked_close(self, &copy, "UNWIND", NULL);
    }
}

static int mark_leader(const struct linked_request *request, uint64_t leader) {
    struct linked *self = request->self;
    const struct linked_rec_link_group *made = linked_row(self, leader);
    if (made == NULL) return PAWL_E_NOTFOUND;
    struct linked_rec_link_group row = *made;
    row.leg_count = request->ask->leg_count;
    row.group_stop_pct = request->ask->stop_pct;
    row.group_target_pct = request->ask->target_pct;
    if (row.group_stop_pct.e8 == 0) row.group_stop_pct.e8 = self->options.stop_loss_pct_e8;
    if (row.group_target_pct.e8 == 0) row.group_target_pct.e8 = self->options.take_profit_pct_e8;
    snprintf(row.link_type, sizeof row.link_type, "leg");
    return linked_put(self, &row);
}

int linked_on_legs(const struct linked_request *request) {
    struct pawl_ev_entry asks[LINKED_LEGS_MAX];
    struct linked_plan plans[LINKED_LEGS_MAX];
    uint64_t lots[LINKED_LEGS_MAX] = {0};
    struct pawl_err err = {0};
    uint32_t count = request->ask->leg_count;
    int rc = check(request, &err);
    for (uint32_t i = 0; rc == PAWL_OK && i < count; i++) {
        rc = leg_entry(request, i, &asks[i], &err);
        if (rc == PAWL_OK) rc = linked_plan(request->self, &asks[i], &plans[i], &err);
        if (rc != PAWL_OK) break;
        plans[i].target = (struct pawl_price){0}; /* the group has it */
        plans[i].target_pct.e8 = plans[i].target_distance.e8 = 0;
        plans[i].stop_price = plans[i].stop;
        plans[i].stop_pct.e8 = 0;
    }
    uint32_t opened = 0;
    for (uint32_t i = 0; rc == PAWL_OK && i < count; i++) {
        struct linked_request one = *request;
        const struct linked_place place = {.leader = i == 0 ? 0 : lots[0],
                                           .link_type = i == 0 ? NULL : "leg"};
        one.ask = &asks[i];
        one.side = plans[i].side;
        rc = linked_open(&one, &plans[i], &place, &lots[i], &err);
        if (lots[i] != 0) opened++;
        if (rc == PAWL_OK && i == 0) rc = mark_leader(request, lots[0]);
    }
    if (rc == PAWL_OK) return PAWL_OK;
    take_back(request->self, lots, opened);
    return ignore(request, "legs: %s", err.text);
}

/* ---- while it lives ---- */

/* Value of its entries and profit so far, in account currency. */
static int add_leg(struct linked *self, const struct pawl_rec_lot *lot, struct pawl_money *value,
                   struct pawl_money *profit) {
    const struct pawl_instrument *in = self->market->instrument(self->ctx, lot->instrument);
    const struct pawl_market_state *now = self->market->state(self->ctx, lot->instrument);
    bool is_long = lot->side == PAWL_POSITION_SIDE_LONG;
    int64_t open_e8 = lot->entered.e8 - lot->exited.e8, worth_e8, cost_e8, gain_e8;
    struct pawl_money entered, gained;
    if (in == NULL || now == NULL || (is_long ? now->bid.e8 : now->ask.e8) <= 0)
        return PAWL_E_NOTFOUND;
    int rc = pawl_mul_e8(is_long ? now->bid.e8 : now->ask.e8, open_e8, PAWL_ROUND_EVEN, &worth_e8);
    if (rc == PAWL_OK)
        rc = pawl_muldiv(lot->entry_value.e8, open_e8, lot->entered.e8, PAWL_ROUND_EVEN, &cost_e8);
    if (rc == PAWL_OK)
        rc = pawl_sub_i64(is_long ? worth_e8 : cost_e8, is_long ? cost_e8 : worth_e8, &gain_e8);
    if (rc == PAWL_OK)
        rc = pawl_mul_e8(gain_e8, in->multiplier.e8, PAWL_ROUND_EVEN, &gained.e8);
    if (rc == PAWL_OK)
        rc = pawl_mul_e8(lot->entry_value.e8, in->multiplier.e8, PAWL_ROUND_EVEN, &entered.e8);
    if (rc == PAWL_OK) rc = linked_convert(self, in, lot->account, true, gained, &gained, NULL);
    if (rc == PAWL_OK) rc = linked_convert(self, in, lot->account, true, entered, &entered, NULL);
    if (rc == PAWL_OK) rc = pawl_add_i64(value->e8, entered.e8, &value->e8);
    if (rc == PAWL_OK) rc = pawl_add_i64(profit->e8, gained.e8, &profit->e8);
    return rc == PAWL_OK ? pawl_add_i64(profit->e8, lot->profit.e8, &profit->e8) : rc;
}

static bool is_leg(const struct linked_member *member) {
    return strcmp(member->row.link_type, "leg") == 0;
}

/* Everything that was asked is in. */
static bool is_whole(const struct linked_family *family) {
    const struct linked_member *one = &family->leader;
    uint32_t legs = 0;
    for (uint32_t i = 0; i <= family->count; i++) {
        if (i > 0) one = &family->members[i - 1];
        if (!is_leg(one)) continue;
        legs++;
        if (one->lot.entered.e8 < one->row.quantity.e8) return false;
    }
    return legs == family->leader.row.leg_count;
}

int linked_check_legs(struct linked *self, uint64_t leader) {
    struct linked_family family;
    struct pawl_money value = {0}, profit = {0};
    int64_t loss_e8, gain_e8;
    if (!linked_family(self, leader, &family) || !family.is_open ||
        family.leader.row.leg_count == 0 || family.leader.row.ended != 0)
        return PAWL_OK;
    linked_set_timers(self, &family.leader); /* the next look */
    if (!is_whole(&family)) return PAWL_OK;
    int rc = add_leg(self, &family.leader.lot, &value, &profit);
    for (uint32_t i = 0; rc == PAWL_OK && i < family.count; i++)
        if (is_leg(&family.members[i]))
            rc = add_leg(self, &family.members[i].lot, &value, &profit);
    if (rc != PAWL_OK) return PAWL_OK; /* a price is missing: the far stops hold */
    if (pawl_mul_e8(value.e8, family.leader.row.group_stop_pct.e8, PAWL_ROUND_DOWN, &loss_e8) !=
            PAWL_OK ||
        pawl_mul_e8(value.e8, family.leader.row.group_target_pct.e8, PAWL_ROUND_UP, &gain_e8) !=
            PAWL_OK)
        return PAWL_OK;
    if (loss_e8 > 0 && profit.e8 <= -loss_e8) return linked_end(self, leader, "GROUP_STOP");
    if (gain_e8 > 0 && profit.e8 >= gain_e8) return linked_end(self, leader, "GROUP_TARGET");
    return PAWL_OK;
}

int linked_settle_legs(struct linked *self, struct linked_family *family) {
    const struct linked_member *one = &family->leader;
    for (uint32_t i = 0; i <= family->count; i++) {
        if (i > 0) one = &family->members[i - 1];
        if (is_leg(one) && one->lot.enter_up_to.e8 < one->row.quantity.e8)
            return linked_end(self, family->leader.row.id, "UNWIND"); /* the rest was given up */
    }
    return PAWL_OK;
}
