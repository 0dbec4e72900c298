/*
 * link.c - an entry that names a lot it is linked to. A row of the table is a link type: some
 * change the levels of the lot's trade, the others are a lot of their own that shares its life. A
 * name that is not in the table is of the last kind, so whoever needs a type of his own only uses
 * it.
 */
#include <stdio.h>
#include <string.h>

#include "parts.h"

#define ignore linked_ignore_request

struct link {
    const struct linked_request *request;
    struct linked_family *family;
};

/* The level an entry asks for: its own price, else a fraction of the trade's average entry. */
static int level_of(const struct link *link, struct pawl_price asked, struct pawl_ratio pct,
                    bool is_stop, struct pawl_price *ret, struct pawl_err *err) {
    const struct linked_rec_link_group *row = &link->family->leader.row;
    struct linked *self = link->request->self;
    const struct pawl_instrument *in = self->market->instrument(self->ctx, row->instrument);
    enum pawl_round round = linked_round(row->side);
    struct linked_sum sum;
    linked_sum(link->family, &sum);
    if (in == NULL) return pawl_fail(err, PAWL_E_NOTFOUND, "no instrument");
    if (asked.e8 == 0) asked = link->request->ask->order_price;
    int rc = PAWL_E_INVAL;
    if (asked.e8 > 0)
        rc = pawl_round_to(asked.e8, in->tick.e8, round, &ret->e8);
    else if (pct.e8 > 0 && sum.entered_e8 > 0)
        rc = linked_level(sum.value, (struct pawl_qty){sum.entered_e8},
                          is_stop ? linked_stop_factor_e8(row->side, pct)
                                  : linked_target_factor_e8(row->side, pct),
                          in->tick, round, ret);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "no level is asked, or nothing is filled yet");
}

/* A second stop takes the place of the first if it is tighter. */
static int link_stop(const struct link *link, struct pawl_err *err) {
    struct linked_member *leader = &link->family->leader;
    struct linked *self = link->request->self;
    const struct pawl_ev_entry *ask = link->request->ask;
    struct pawl_price level;
    char is[PAWL_E8_TEXT_MAX], was[PAWL_E8_TEXT_MAX];
    int rc = level_of(link, ask->stop_price, ask->stop_pct, true, &level, err);
    if (rc != PAWL_OK) return rc;
    pawl_format_e8(level.e8, is);
    pawl_format_e8(leader->lot.stop.e8, was);
    if (!linked_is_tighter(leader->row.side, level, leader->lot.stop))
        return pawl_fail(err, PAWL_E_STATE, "stop %s is not tighter than %s", is, was);
    rc = self->book->stop(self->ctx, leader->lot.id, level, "linked stop", err);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "the book refuses it (%d)", rc);
    leader->row.stop_price = level; /* it was asked as a price, and stays */
    leader->row.stop_pct.e8 = leader->row.stop_distance.e8 = 0;
    return linked_put(self, &leader->row);
}

/* The first level that is free, or the first one of all for the whole lot. */
static int link_target(const struct link *link, struct pawl_err *err) {
    struct linked_member *leader = &link->family->leader;
    struct linked *self = link->request->self;
    const struct pawl_ev_entry *ask = link->request->ask;
    struct pawl_qty quantity = {PAWL_QTY_ALL};
    struct pawl_price level;
    uint32_t index = 0;
    if (ask->quantity.e8 != 0) {
        quantity = ask->quantity;
        for (index = 1; index < PAWL_TARGETS_MAX; index++) {
            const struct pawl_rec_target *one =
                self->book->target(self->ctx, leader->lot.id, index);
            if (one == NULL || one->price.e8 == 0) break;
        }
    }
    if (index == PAWL_TARGETS_MAX)
        return pawl_fail(err, PAWL_E_BUSY, "it has %u targets", PAWL_TARGETS_MAX);
    int rc = level_of(link, ask->target_price, ask->target_pct, false, &level, err);
    if (rc != PAWL_OK) return rc;
    rc = self->book->set_target(self->ctx, leader->lot.id, index, level, quantity,
                                (uint8_t)self->options.target_mode, err);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "the book refuses it (%d)", rc);
    if (index != 0) return PAWL_OK;
    for (uint32_t i = 0; i < link->family->count; i++)
        if (linked_is_same_trade(&link->family->members[i]))
            rc = linked_first(rc, self->book->set_target(
                                      self->ctx, link->family->members[i].lot.id, 0, level,
                                      quantity, (uint8_t)self->options.target_mode, NULL));
    leader->row.target_price = level;
    leader->row.target_pct.e8 = leader->row.target_distance.e8 = 0;
    return linked_first(rc, linked_put(self, &leader->row));
}

static int link_bracket(const struct link *link, struct pawl_err *err) {
    int rc = link_stop(link, err);
    return rc == PAWL_OK ? link_target(link, err) : rc;
}

static int link_trail(const struct link *link, struct pawl_err *err) {
    struct linked_member *leader = &link->family->leader;
    struct linked *self = link->request->self;
    struct pawl_ratio pct = link->request->ask->trailing_stop_pct;
    if (pct.e8 == 0) pct.e8 = self->options.trailing_stop_pct_e8;
    if (pct.e8 == 0) return pawl_fail(err, PAWL_E_INVAL, "trailing_stop_pct is not said");
    if (leader->row.trailing_stop_pct.e8 != 0 && pct.e8 >= leader->row.trailing_stop_pct.e8)
        return pawl_fail(err, PAWL_E_STATE, "it trails as near already");
    int rc = linked_trail(self, link->family, pct, err);
    if (rc != PAWL_OK) return rc;
    leader->row.trailing_stop_pct = pct;
    return linked_put(self, &leader->row);
}

static int link_scale(const struct link *link, struct pawl_err *err) {
    struct linked *self = link->request->self;
    struct pawl_ratio pct = {self->options.trigger_profit_pct_e8};
    return linked_scale(self, link->family->leader.lot.id, link->request->ask->quantity, pct, err);
}

static int link_double_down(const struct link *link, struct pawl_err *err) {
    const struct pawl_ev_entry *ask = link->request->ask;
    struct linked *self = link->request->self;
    if (ask->order_kind != PAWL_KIND_LIMIT)
        return pawl_fail(err, PAWL_E_INVAL, "a double-down is a limit order with its price");
    if (link->family->leader.row.followed.e8 == 0)
        return pawl_fail(err, PAWL_E_STATE, "its entry is not complete");
    int rc =
        linked_place_double_down(self, link->family, ask->quantity, ask->order_price, err);
    const struct linked_rec_link_group *now = linked_row(self, link->family->leader.row.id);
    if (rc != PAWL_OK || now == NULL) return rc;
    struct linked_rec_link_group row = *now;
    row.doubled = 1;
    return linked_put(self, &row);
}

/* A lot of its own that shares the life of the one it is linked to, or competes with it. */
static int link_lot(const struct link *link, struct pawl_err *err) {
    const struct linked_request *request = link->request;
    struct linked_place place = {.leader = link->family->leader.lot.id,
                                 .link_type = request->ask->link_type};
    struct linked_plan plan;
    uint64_t id, held = linked_held(request->self, request->ask->instrument, request->account);
    const struct linked_rec_link_group *row = held == 0 ? NULL : linked_row(request->self, held);
    uint64_t leader = row == NULL || row->leader == 0 ? held : row->leader;
    if (held != 0 && leader != place.leader)
        return pawl_fail(err, PAWL_E_STATE, "lot %llu is there already", (unsigned long long)held);
    if (link->family->count >= LINKED_MEMBERS_MAX)
        return pawl_fail(err, PAWL_E_BUSY, "%u lots are linked to it", LINKED_MEMBERS_MAX);
    int rc = linked_plan(request->self, request->ask, &plan, err);
    return rc == PAWL_OK ? linked_open(request, &plan, &place, &id, err) : rc;
}

static int link_oco(const struct link *link, struct pawl_err *err) {
    const struct linked_member *leader = &link->family->leader;
    if (leader->lot.entered.e8 > 0)
        return pawl_fail(err, PAWL_E_STATE, "lot %llu has filled: nothing competes with it",
                         (unsigned long long)leader->lot.id);
    return link_lot(link, err);
}

static const struct {
    const char *name;
    int (*make)(const struct link *link, struct pawl_err *err);
    bool needs_leader_trade; /* it changes the trade, so that must be no group of legs */
} types[] = {{"stop", link_stop, true},
             {"target", link_target, true},
             {"bracket", link_bracket, true},
             {"trail", link_trail, true},
             {"scale", link_scale, true},
             {"doubledown", link_double_down, true},
             {"oco", link_oco, true},
             {"hedge", link_lot, false}};

static int make(const struct link *link, struct pawl_err *err) {
    const char *type = link->request->ask->link_type;
    if (strcmp(type, "leg") == 0 || strcmp(type, "main") == 0)
        return pawl_fail(err, PAWL_E_INVAL, "nothing can be linked as %s", type);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, type) != 0) continue;
        if (types[i].needs_leader_trade && link->family->leader.row.leg_count != 0)
            return pawl_fail(err, PAWL_E_STATE, "a group of legs has no %s", type);
        return types[i].make(link, err);
    }
    return link_lot(link, err);
}

int linked_on_link(const struct linked_request *request) {
    struct linked *self = request->self;
    struct linked_family family;
    struct pawl_err err = {0};
    const struct pawl_rec_lot *lot = self->book->lot_by_ref(self->ctx, request->ask->link_to);
    const struct link link = {request, &family};
    uint64_t id = lot != NULL ? lot->id : 0;
    const struct linked_rec_link_group *row = id == 0 ? NULL : linked_row(self, id);
    uint64_t leader = row == NULL ? 0 : row->leader != 0 ? row->leader : id;
    if (leader == 0 || !linked_family(self, leader, &family) || !family.is_open)
        return ignore(request, "no open lot of ours is named %.31s", request->ask->link_to);
    if (family.leader.row.ended != 0 || linked_is_closing(&family.leader.lot))
        return ignore(request, "lot %llu is closing", (unsigned long long)leader);
    if (make(&link, &err) == PAWL_OK) return PAWL_OK;
    return ignore(request, "%s of lot %llu: %s", request->ask->link_type,
                  (unsigned long long)leader, err.text);
}
