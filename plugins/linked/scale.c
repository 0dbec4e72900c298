/*
 * scale.c - more of a trade: scale-ins from a profit on, and a double-down that rests. Where lots
 * cannot grow at the venue each is a lot of its own, linked to the first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

#define KEY_SCALE UINT64_C(0x5300000000000000)
#define KEY_MASK UINT64_C(0xff00000000000000)

/* ---- what the options ask for ---- */

static int read_e8(const char **at, char end, int64_t *ret) {
    size_t len = strcspn(*at, ": ,");
    if (pawl_parse_e8(*at, len, ret) != PAWL_OK || *ret <= 0) return PAWL_E_INVAL;
    *at += len;
    if (end == '\0') return PAWL_OK;
    if (**at != end) return PAWL_E_INVAL;
    ++*at;
    return PAWL_OK;
}

int linked_read_scales(struct linked *self, struct pawl_err *err) {
    const char *at = self->options.more_scales;
    if (self->options.scale_quantity_e8 != 0)
        self->scales[self->scale_count++] =
            (struct linked_scale){{self->options.trigger_profit_pct_e8},
                                  {self->options.scale_quantity_e8}};
    while (*at != '\0') {
        struct linked_scale *scale = &self->scales[self->scale_count];
        at += strspn(at, " ,");
        if (*at == '\0') break;
        if (self->scale_count == LINKED_SCALES_MAX)
            return pawl_fail(err, PAWL_E_CONFIG, "more than %u scale-ins", LINKED_SCALES_MAX);
        if (read_e8(&at, ':', &scale->pct.e8) != PAWL_OK || scale->pct.e8 >= PAWL_E8 ||
            read_e8(&at, '\0', &scale->quantity.e8) != PAWL_OK)
            return pawl_fail(err, PAWL_E_CONFIG,
                             "more_scales is FRACTION:QUANTITY ..., such as 0.05:25 0.08:10");
        self->scale_count++;
    }
    return PAWL_OK;
}

/* ---- a lot that is more of the trade ---- */

static int open_sibling(struct linked *self, const struct linked_family *family, const char *type,
                        struct pawl_qty quantity, struct pawl_price price, struct pawl_err *err) {
    const struct pawl_rec_lot *lot = &family->leader.lot;
    const struct pawl_rec_target *target = self->book->target(self->ctx, lot->id, 0);
    bool doubles = strcmp(type, "doubledown") == 0;
    char ref[sizeof lot->ref + 8] = "";
    uint64_t id;
    struct pawl_lot_spec spec = {.size = sizeof spec,
                                 .instrument = lot->instrument,
                                 .account = lot->account,
                                 .side = lot->side,
                                 .entry_kind = price.e8 != 0 ? PAWL_KIND_LIMIT : PAWL_KIND_MARKET,
                                 .after = PAWL_AFTER_KIND_NOW,
                                 .target_mode = (uint8_t)self->options.target_mode,
                                 .quantity = quantity,
                                 .entry_price = price,
                                 .stop = lot->stop,
                                 .expires = doubles ? PAWL_EXPIRES_NEVER : 0,
                                 .profile = lot->profile[0] != '\0' ? lot->profile : NULL,
                                 .entry_role = doubles ? PAWL_ROLE_DOUBLEDOWN : PAWL_ROLE_SCALE};
    if (target != NULL && target->price.e8 != 0 && target->filled.e8 == 0)
        spec.target = target->price;
    snprintf(ref, sizeof ref, "%s+%u", lot->ref, family->leader.row.members + 1);
    ref[sizeof lot->ref - 1] = '\0';
    if (lot->ref[0] != '\0') spec.ref = ref;
    int rc = self->book->open(self->ctx, &spec, &id, err);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "the book refuses it (%d)", rc);
    const struct linked_place place = {.leader = lot->id, .link_type = type};
    const struct linked_plan plan = {
        .instrument = self->market->instrument(self->ctx, lot->instrument),
        .account = lot->account,
        .side = lot->side,
        .quantity = quantity,
        .stop_price = lot->stop,
        .target_price = spec.target};
    if (plan.instrument == NULL) return PAWL_E_NOTFOUND;
    rc = linked_trail_lot(self, id, family->leader.row.trailing_stop_pct, err);
    return linked_first(rc, linked_group_make(self, id, &plan, &place));
}

static bool can_grow(struct linked *self, uint32_t account) {
    const struct pawl_account_info *info = self->market->account(self->ctx, account);
    return info != NULL && info->lots_grow != 0;
}

/* ---- scale-in ---- */

static struct pawl_ratio *scale_slot(struct linked_rec_link_group *row, uint32_t i) {
    struct pawl_ratio *slots[LINKED_SCALES_MAX] = {&row->scale1_pct, &row->scale2_pct,
                                                   &row->scale3_pct, &row->scale4_pct,
                                                   &row->scale5_pct, &row->scale6_pct,
                                                   &row->scale7_pct, &row->scale8_pct};
    return slots[i];
}

static bool has_scaled(struct linked_rec_link_group *row, struct pawl_ratio pct) {
    for (uint32_t i = 0; i < row->scale_count && i < LINKED_SCALES_MAX; i++)
        if (scale_slot(row, i)->e8 == pct.e8) return true;
    return false;
}

/* From which price on the trade has that profit, away from the entry. */
static int profit_level(struct linked *self, const struct linked_family *family,
                        struct pawl_ratio pct, struct pawl_price *ret) {
    struct linked_sum sum;
    uint8_t side = family->leader.row.side;
    const struct pawl_instrument *in =
        self->market->instrument(self->ctx, family->leader.row.instrument);
    linked_sum(family, &sum);
    if (in == NULL || sum.entered_e8 <= 0) return PAWL_E_NOTFOUND;
    return linked_level(sum.value, (struct pawl_qty){sum.entered_e8},
                        linked_target_factor_e8(side, pct), in->tick, linked_round(side), ret);
}

static int check_profit(struct linked *self, const struct linked_family *family,
                        struct pawl_ratio pct, struct pawl_err *err) {
    char have[PAWL_E8_TEXT_MAX], want[PAWL_E8_TEXT_MAX], fraction[PAWL_E8_TEXT_MAX];
    const struct pawl_market_state *now =
        self->market->state(self->ctx, family->leader.row.instrument);
    bool is_long = family->leader.row.side == PAWL_POSITION_SIDE_LONG;
    struct pawl_price level, price = {0};
    if (now != NULL) price = is_long ? now->bid : now->ask;
    if (price.e8 <= 0) return pawl_fail(err, PAWL_E_STATE, "there is no price");
    int rc = profit_level(self, family, pct, &level);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "its profit is not known");
    if (is_long ? price.e8 >= level.e8 : price.e8 <= level.e8) return PAWL_OK;
    pawl_format_e8(price.e8, have);
    pawl_format_e8(level.e8, want);
    pawl_format_e8(pct.e8, fraction);
    return pawl_fail(err, PAWL_E_STATE, "%s is not %s: no profit of %s", have, want, fraction);
}

static int check_scale(struct linked *self, struct linked_family *family, struct pawl_ratio pct,
                       struct pawl_qty *quantity, struct pawl_err *err) {
    char text[PAWL_E8_TEXT_MAX];
    struct linked_sum sum;
    const struct linked_rec_link_group *row = &family->leader.row;
    const struct pawl_instrument *in = self->market->instrument(self->ctx, row->instrument);
    const struct pawl_market_state *now = self->market->state(self->ctx, row->instrument);
    pawl_format_e8(pct.e8, text);
    linked_sum(family, &sum);
    if (row->leg_count != 0 || row->ended != 0 || linked_is_closing(&family->leader.lot))
        return pawl_fail(err, PAWL_E_STATE, "the trade is over, or has legs");
    if (!sum.is_complete) return pawl_fail(err, PAWL_E_STATE, "its entry is not complete");
    if (has_scaled(&family->leader.row, pct))
        return pawl_fail(err, PAWL_E_STATE, "it has scaled in at %s", text);
    if (row->scale_count >= LINKED_SCALES_MAX)
        return pawl_fail(err, PAWL_E_STATE, "it has scaled in %u times", LINKED_SCALES_MAX);
    if (in == NULL || now == NULL) return pawl_fail(err, PAWL_E_NOTFOUND, "no instrument");
    if (pawl_round_to(quantity->e8, in->step.e8, PAWL_ROUND_DOWN, &quantity->e8) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "the quantity is out of range");
    struct pawl_price price = now->bid;
    int rc = linked_check_quantity(in, *quantity, price, err);
    return rc == PAWL_OK ? check_profit(self, family, pct, err) : rc;
}

int linked_scale(struct linked *self, uint64_t leader, struct pawl_qty quantity,
                 struct pawl_ratio pct, struct pawl_err *err) {
    struct linked_family family;
    if (!linked_family(self, leader, &family) || !family.is_open)
        return pawl_fail(err, PAWL_E_NOTFOUND, "there is no such trade");
    int rc = check_scale(self, &family, pct, &quantity, err);
    if (rc != PAWL_OK) return rc;
    const struct pawl_rec_lot *lot = &family.leader.lot;
    if (can_grow(self, lot->account)) {
        struct pawl_qty total;
        if (pawl_add_i64(lot->enter_up_to.e8, quantity.e8, &total.e8) != PAWL_OK)
            return pawl_fail(err, PAWL_E_RANGE, "the quantity is out of range");
        rc = self->book->enter(self->ctx, lot->id, total, err);
    } else {
        rc = open_sibling(self, &family, "scale", quantity, (struct pawl_price){0}, err);
    }
    if (rc != PAWL_OK) return pawl_fail(err, rc, "the book refuses it (%d)", rc);
    const struct linked_rec_link_group *now = linked_row(self, leader); /* a member more, perhaps */
    if (now == NULL) return PAWL_E_NOTFOUND;
    struct linked_rec_link_group row = *now;
    *scale_slot(&row, row.scale_count++) = pct;
    for (uint32_t i = 0; i < self->scale_count; i++) /* asked for, before its level fired */
        if (self->scales[i].pct.e8 == pct.e8)
            self->triggers->disarm(self->ctx, KEY_SCALE | leader << 4 | i);
    return linked_put(self, &row);
}

static bool is_meant(const struct pawl_ev_scale_in *request, const struct pawl_rec_lot *lot) {
    if (request->lot != 0) return lot->id == request->lot;
    if (request->ref[0] != '\0') return strcmp(lot->ref, request->ref) == 0;
    return request->instrument == lot->instrument &&
           (request->side == 0 || request->side == lot->side);
}

int linked_on_scale_in(struct linked *self, const struct pawl_ev_scale_in *request) {
    struct pawl_ratio pct = request->trigger_profit_pct;
    int failed = PAWL_OK;
    if (pct.e8 == 0) pct.e8 = self->options.trigger_profit_pct_e8;
    for (uint64_t at = 0;;) {
        const struct pawl_rec_lot *next = self->book->lot_next(self->ctx, 0, at);
        if (next == NULL) return failed;
        at = next->id;
        const struct linked_rec_link_group *row;
        if (next->hold_grow != self->ctx->component || !is_meant(request, next)) continue;
        struct pawl_rec_lot lot = *next;
        if ((row = linked_row(self, at)) == NULL || row->leader != 0) continue;
        struct pawl_err err = {0};
        if (linked_scale(self, at, request->quantity, pct, &err) != PAWL_OK)
            failed = linked_first(failed,
                                  linked_ignore(self, lot.instrument, linked_order_side(lot.side),
                                                lot.ref, "scale-in of lot %llu: %s",
                                                (unsigned long long)at, err.text));
    }
}

static void arm_all(struct linked *self, const struct linked_family *family) {
    struct linked_rec_link_group row = family->leader.row;
    for (uint32_t i = 0; i < self->scale_count; i++) {
        struct pawl_trigger_spec spec = {.size = sizeof spec,
                                         .instrument = row.instrument,
                                         .source = PAWL_TRIGGER_SOURCE_EXIT_SIDE,
                                         .side = row.side,
                                         .cross = row.side == PAWL_POSITION_SIDE_LONG
                                                      ? PAWL_CROSS_AT_OR_ABOVE
                                                      : PAWL_CROSS_AT_OR_BELOW};
        uint64_t key = KEY_SCALE | row.id << 4 | i;
        if (has_scaled(&row, self->scales[i].pct) || row.scale_count >= LINKED_SCALES_MAX ||
            profit_level(self, family, self->scales[i].pct, &spec.level) != PAWL_OK ||
            self->triggers->arm(self->ctx, key, &spec) != PAWL_OK)
            self->triggers->disarm(self->ctx, key);
    }
}

/* The levels follow the average; they wait while an entry runs. */
void linked_arm_scales(struct linked *self, struct linked_family *family, bool *ret_changed) {
    struct linked_rec_link_group *row = &family->leader.row;
    struct linked_sum sum;
    struct pawl_price average = {0};
    if (self->scale_count == 0) return;
    linked_sum(family, &sum);
    if (sum.is_complete && row->followed.e8 != 0 &&
        pawl_muldiv(sum.value.e8, PAWL_E8, sum.entered_e8, PAWL_ROUND_EVEN, &average.e8) != PAWL_OK)
        average.e8 = 0;
    bool is_new = average.e8 != 0 && (average.e8 != row->armed.e8 || self->declaring);
    if (average.e8 == 0 && !self->declaring) return; /* a level that is reached now waits, too */
    if (is_new) arm_all(self, family);
    if (row->armed.e8 == average.e8) return;
    row->armed = average;
    *ret_changed = true;
}

void linked_disarm_scales(struct linked *self, uint64_t lot) {
    for (uint32_t i = 0; i < self->scale_count; i++)
        self->triggers->disarm(self->ctx, KEY_SCALE | lot << 4 | i);
}

int linked_on_trigger(struct linked *self, const struct pawl_ev_trigger *event) {
    uint64_t leader = (event->head.cookie & ~KEY_MASK) >> 4, i = event->head.cookie & 15;
    struct linked_family family;
    struct linked_sum sum;
    struct pawl_err err = {0};
    if ((event->head.cookie & KEY_MASK) != KEY_SCALE || i >= self->scale_count ||
        !linked_family(self, leader, &family) || !family.is_open)
        return PAWL_OK;
    linked_sum(&family, &sum);
    if (!sum.is_complete) { /* armed again when it is */
        family.leader.row.armed.e8 = 0;
        return linked_put(self, &family.leader.row);
    }
    if (check_profit(self, &family, self->scales[i].pct, NULL) != PAWL_OK) {
        arm_all(self, &family);
        return PAWL_OK;
    }
    if (linked_scale(self, leader, self->scales[i].quantity, self->scales[i].pct, &err) == PAWL_OK)
        return PAWL_OK;
    if (!has_scaled(&family.leader.row, self->scales[i].pct) &&
        family.leader.row.scale_count < LINKED_SCALES_MAX) { /* refused is not asked for again */
        *scale_slot(&family.leader.row, family.leader.row.scale_count++) = self->scales[i].pct;
        int rc = linked_put(self, &family.leader.row);
        if (rc != PAWL_OK) return rc;
    }
    return linked_ignore(self, family.leader.row.instrument,
                         linked_order_side(family.leader.row.side), family.leader.lot.ref,
                         "scale-in of lot %llu: %s", (unsigned long long)leader, err.text);
}

/* ---- double-down ---- */

int linked_place_double_down(struct linked *self, const struct linked_family *family,
                             struct pawl_qty quantity, struct pawl_price price,
                             struct pawl_err *err) {
    const struct pawl_rec_lot *lot = &family->leader.lot;
    const struct pawl_instrument *in = self->market->instrument(self->ctx, lot->instrument);
    if (in == NULL) return pawl_fail(err, PAWL_E_NOTFOUND, "no instrument");
    if (pawl_round_to(quantity.e8, in->step.e8, PAWL_ROUND_DOWN, &quantity.e8) != PAWL_OK)
        return pawl_fail(err, PAWL_E_RANGE, "the quantity is out of range");
    int rc = linked_check_quantity(in, quantity, price, err);
    if (rc != PAWL_OK) return rc;
    if (!can_grow(self, lot->account))
        return open_sibling(self, family, "doubledown", quantity, price, err);
    rc = self->book->add(self->ctx, lot->id, quantity, price, err);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "the book refuses it (%d)", rc);
}

/* In the middle between the entry and its stop, so that it pays no more. */
static int middle(const struct linked_family *family, struct pawl_price tick,
                  struct pawl_price *ret) {
    struct linked_sum sum;
    struct pawl_price entry;
    bool is_long = family->leader.row.side == PAWL_POSITION_SIDE_LONG;
    linked_sum(family, &sum);
    if (pawl_muldiv(sum.value.e8, PAWL_E8, sum.entered_e8, PAWL_ROUND_EVEN, &entry.e8) != PAWL_OK)
        return PAWL_E_RANGE;
    int64_t middle_e8 = entry.e8 / 2 + family->leader.lot.stop.e8 / 2;
    return pawl_round_to(middle_e8, tick.e8, is_long ? PAWL_ROUND_DOWN : PAWL_ROUND_UP, &ret->e8);
}

int linked_double_down(struct linked *self, struct linked_family *family, bool *ret_changed) {
    struct linked_rec_link_group *row = &family->leader.row;
    struct pawl_err err = {0};
    struct pawl_price price;
    struct pawl_qty quantity;
    if (!self->options.double_down || row->doubled != 0 || row->followed.e8 == 0 ||
        family->leader.lot.hold_grow != self->ctx->component)
        return PAWL_OK;
    const struct pawl_rec_lot *now = self->book->lot(self->ctx, row->id);
    if (now != NULL) family->leader.lot = *now; /* its stop may have followed the entry */
    const struct pawl_instrument *in = self->market->instrument(self->ctx, row->instrument);
    const struct pawl_market_state *market = self->market->state(self->ctx, row->instrument);
    if (in == NULL || market == NULL) return PAWL_E_NOTFOUND;
    if (market->bid.e8 <= 0) { /* just restarted: nothing is opened before a price */
        linked_look_again(self, row->id);
        return PAWL_OK;
    }
    row->doubled = 1;
    *ret_changed = true;
    if (middle(family, in->tick, &price) != PAWL_OK ||
        pawl_mul_e8(row->followed.e8, self->options.double_down_size_e8, PAWL_ROUND_DOWN,
                    &quantity.e8) != PAWL_OK) {
        pawl_fail(&err, PAWL_E_RANGE, "its numbers are out of range");
    } else {
        int rc = linked_put(self, row); /* a sibling is counted in it */
        if (rc != PAWL_OK) return rc;
        rc = linked_place_double_down(self, family, quantity, price, &err);
        const struct linked_rec_link_group *counted = linked_row(self, row->id);
        if (counted != NULL) row->members = counted->members;
        if (rc == PAWL_OK) return PAWL_OK;
    }
    return linked_ignore(self, row->instrument, linked_order_side(row->side),
                         family->leader.lot.ref, "double-down of lot %llu: %s",
                         (unsigned long long)row->id, err.text);
}
