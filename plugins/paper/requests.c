/* Requests that have reached the venue. */
#include "paper.h"
#include "trail.h"

#include <string.h>

bool paper_is_hedging(const struct paper *paper, uint32_t account_slot) {
    uint32_t id = paper->world->accounts[account_slot].id;
    const struct pawl_account_info *info = paper->market->account(paper->ctx, id);
    if (info == NULL) return paper->rules->account_mode == PAPER_ACCOUNT_HEDGING;
    return info->hedging != 0;
}

uint32_t paper_account_slot(struct paper *paper, uint32_t account, bool *ret_mode_bad) {
    struct paper_world *world = paper->world;
    const struct pawl_account_info *info = paper->market->account(paper->ctx, account);
    if (info == NULL) return 0;
    uint32_t slot = paper_account_named(world, info->name);
    if (slot == 0) return 0;
    world->accounts[slot].id = account;
    uint8_t mode = info->hedging ? PAPER_ACCOUNT_HEDGING : PAPER_ACCOUNT_NETTING;
    *ret_mode_bad = paper->rules->account_mode != PAPER_ACCOUNT_ANY &&
                    paper->rules->account_mode != mode;
    return slot;
}

/* A client id or a text that is one: NUL-terminated whatever came. */
static void copy_id(char out[PAPER_OID_SIZE], const char *id) {
    memset(out, 0, PAPER_OID_SIZE);
    memcpy(out, id, strnlen(id, PAPER_OID_SIZE - 1));
}

/* False if a fault or chance has refused it. */
static bool luck(struct paper *paper, const char *id, uint8_t op, uint8_t role, uint32_t symbol) {
    struct paper_fault fault;
    if (paper_fault_take(paper, PAWL_FAULT_KIND_DROP_REPLY, op, role, symbol, id, &fault))
        paper->drop_answer = true;
    if (paper_fault_take(paper, PAWL_FAULT_KIND_REJECT, op, role, symbol, id, &fault)) {
        paper_report_refused(paper, id, op, PAPER_REFUSE_SCRIPTED, &fault);
        return false;
    }
    if (op != PAWL_ORDER_OP_CANCEL &&
        paper_chance(paper->world, paper->options.reject_probability_e8)) {
        paper_report_refused(paper, id, op, PAPER_REFUSE_RANDOM, NULL);
        return false;
    }
    return true;
}

/* ---- submit ---- */

static uint8_t opposite(uint8_t side) {
    return side == PAWL_SIDE_BUY ? PAWL_SIDE_SELL : PAWL_SIDE_BUY;
}

/* What the request says, as the venue takes it; not in the world yet. */
static void draft(const struct paper *paper, const struct pawl_ev_submit *submit, uint32_t account,
                  uint32_t symbol, struct paper_order *ret) {
    memset(ret, 0, sizeof *ret);
    copy_id(ret->id, submit->order);
    ret->account = account;
    ret->symbol = symbol;
    ret->side = submit->side;
    ret->role = submit->role;
    ret->kind = submit->kind;
    ret->tif = submit->tif != 0 ? submit->tif : PAWL_TIF_GTC;
    ret->trigger = submit->trigger != 0 ? submit->trigger : PAWL_TRIGGER_SOURCE_EXIT_SIDE;
    ret->reduce = submit->reduce != 0;
    ret->position_side = submit->position_side;
    if (ret->position_side == 0) {
        bool is_long = (submit->side == PAWL_SIDE_BUY) == (submit->reduce == 0);
        ret->position_side = is_long ? PAWL_POSITION_SIDE_LONG : PAWL_POSITION_SIDE_SHORT;
    }
    /* With both sides open, the position's side alone makes the opposite order a reduction. */
    bool closes = (ret->side == PAWL_SIDE_SELL) == (ret->position_side == PAWL_POSITION_SIDE_LONG);
    if (closes && paper_is_hedging(paper, account)) ret->reduce = 1;
    ret->state = PAWL_ORDER_STATE_ACCEPTED;
    ret->quantity_e8 = submit->quantity.e8;
    ret->price_e8 = submit->price.e8;
    if (paper_is_conditional(ret)) ret->stop_e8 = submit->stop_price.e8;
    if (ret->kind != PAWL_KIND_LIMIT && ret->kind != PAWL_KIND_STOP_LIMIT) ret->price_e8 = 0;
    if (ret->kind == PAWL_KIND_TRAILING) {
        ret->trail_e8 = submit->trail_distance.e8;
        ret->trail_fraction_e8 = submit->trail_fraction.e8;
        ret->trail_from_e8 = submit->trail_activation.e8;
    }
    if (paper->rules->caps.exit_bound == PAWL_EXIT_OCA) ret->group = submit->group;
    int64_t near_ns = paper->rules->expiry_min_ns;
    if (submit->expires > 0 && (near_ns == 0 || submit->expires - paper->now_ns >= near_ns))
        ret->expires_ns = submit->expires;
    ret->arrived_ns = paper->now_ns;
    if (paper_is_ticket_venue(paper) && ret->reduce) {
        char ticket[sizeof submit->ticket + 1] = {0};
        memcpy(ticket, submit->ticket, sizeof submit->ticket);
        ret->ticket = paper_ticket_number(ticket);
    }
}

static struct paper_order *add_order(struct paper *paper, const struct paper_order *draft_order) {
    struct paper_world *world = paper->world;
    struct paper_order *order = paper_order_new(world, world->last_order + 1, draft_order->id);
    if (order == NULL) return NULL;
    struct paper_order next = *draft_order;
    next.number = order->number;
    next.id_next = order->id_next;
    next.number_next = order->number_next;
    next.listed = 0;
    next.attempt = 0;
    next.from_point = paper->point + 1; /* never the event that caused it */
    *order = next;
    return order;
}

/* The stop that travels with an entry: it sleeps until the first fill. */
static void attach(struct paper *paper, const struct paper_order *entry,
                   const struct pawl_ev_submit *submit) {
    struct paper_order stop = *entry;
    copy_id(stop.id, submit->attached_stop_order);
    stop.side = opposite(entry->side);
    stop.role = PAWL_ROLE_STOP;
    stop.kind = PAWL_KIND_STOP;
    stop.tif = PAWL_TIF_GTC;
    stop.trigger = PAWL_TRIGGER_SOURCE_EXIT_SIDE;
    stop.reduce = 1;
    stop.taker = 0;
    stop.dormant = 1;
    stop.quantity_e8 = stop.price_e8 = 0;
    stop.stop_e8 = submit->attached_stop.e8;
    stop.parent = entry->number;
    stop.expires_ns = 0;
    struct paper_order *order = add_order(paper, &stop);
    if (order != NULL) paper_changed(paper, order);
}

static void request_submit(struct paper *paper, const struct pawl_ev_submit *submit) {
    struct paper_world *world = paper->world;
    struct paper_order candidate;
    bool mode_bad = false;
    uint32_t account = paper_account_slot(paper, submit->account, &mode_bad);
    uint32_t symbol = paper_symbol_slot(world, paper->ctx, paper->market, submit->instrument);
    if (!luck(paper, submit->order, PAWL_ORDER_OP_SUBMIT, submit->role, symbol)) return;
    enum paper_refusal why = PAPER_REFUSE_NONE;
    if (account == 0 || mode_bad) why = PAPER_REFUSE_ACCOUNT;
    if (why == PAPER_REFUSE_NONE && symbol == 0) why = PAPER_REFUSE_INSTRUMENT;
    if (why == PAPER_REFUSE_NONE) {
        draft(paper, submit, account, symbol, &candidate);
        why = paper_check_submit(paper, submit, &candidate);
    }
    struct paper_order *order = NULL;
    if (why == PAPER_REFUSE_NONE) {
        candidate.taker =
            candidate.kind == PAWL_KIND_LIMIT && paper_is_marketable(paper, &candidate);
        order = add_order(paper, &candidate);
        if (order == NULL) why = PAPER_REFUSE_BUSY;
    }
    if (why != PAPER_REFUSE_NONE) {
        paper_report_refused(paper, submit->order, PAWL_ORDER_OP_SUBMIT, why, NULL);
        return;
    }
    if (paper_is_ticket_venue(paper) && !order->reduce) order->ticket = order->number;
    paper_changed(paper, order);
    paper_report_accepted(paper, order, true);
    if (submit->attached_stop.e8 != 0 && paper->rules->caps.attached_stop && !order->reduce)
        attach(paper, order, submit);
    /* A ticket's stop is for all of it, whatever the request said. */
    if (paper_is_ticket_venue(paper) && order->reduce && order->kind == PAWL_KIND_STOP &&
        order->quantity_e8 != paper_reducible(paper, order)) {
        order->quantity_e8 = paper_reducible(paper, order);
        paper_changed(paper, order);
        paper_report_amended(paper, order, false);
    }
}

/* ---- amend, cancel ---- */

/* Found by our id, else by the venue's. */
static struct paper_order *find_working(const struct paper *paper, const char *id) {
    char text[PAPER_OID_SIZE];
    copy_id(text, id);
    struct paper_order *order = paper_order_find(paper->world, text);
    return order != NULL && paper_order_works(order) ? order : NULL;
}

static enum paper_refusal amend_refusal(const struct paper *paper, const struct paper_order *order,
                                        const struct paper_order *next) {
    bool can = order->kind == PAWL_KIND_LIMIT       ? paper->rules->caps.amend_limit
               : paper_is_conditional(order)        ? paper->rules->caps.amend_stop
                                                    : false;
    if (!can || order->triggered) return PAPER_REFUSE_AMEND_KIND;
    if (paper->rules->refuses_same_amend && next->quantity_e8 == order->quantity_e8 &&
        next->price_e8 == order->price_e8 && next->stop_e8 == order->stop_e8)
        return PAPER_REFUSE_AMEND_SAME;
    if (order->dormant) { /* it has no quantity yet */
        const struct paper_order *parent = paper_order_numbered(paper->world, order->parent);
        struct paper_order whole = *next;
        if (parent == NULL) return PAPER_REFUSE_AMEND_UNKNOWN;
        whole.quantity_e8 = parent->quantity_e8;
        return paper_check_terms(paper, &whole);
    }
    return paper_check_terms(paper, next);
}

static void request_amend(struct paper *paper, const struct pawl_ev_amend *amend) {
    struct paper_order *order = find_working(paper, amend->order);
    uint8_t role = order != NULL ? order->role : paper_role_of(amend->order);
    uint32_t symbol =
        paper_symbol_slot(paper->world, paper->ctx, paper->market, amend->instrument);
    if (!luck(paper, amend->order, PAWL_ORDER_OP_AMEND, role, symbol)) return;
    if (order == NULL) {
        paper_report_refused(paper, amend->order, PAWL_ORDER_OP_AMEND, PAPER_REFUSE_AMEND_UNKNOWN,
                             NULL);
        return;
    }
    struct paper_order next = *order;
    bool follows = order->dormant || (paper_is_ticket_venue(paper) && order->reduce);
    if (!follows) next.quantity_e8 = amend->quantity.e8;
    if (order->kind == PAWL_KIND_LIMIT || order->kind == PAWL_KIND_STOP_LIMIT)
        next.price_e8 = amend->price.e8;
    if (order->kind == PAWL_KIND_TRAILING) /* its level is the venue's; it can be raised to one */
        next.stop_e8 = paper_tighter(order, amend->stop_price.e8);
    else if (paper_is_conditional(order))
        next.stop_e8 = amend->stop_price.e8;
    bool too_small = !follows && next.quantity_e8 > 0 && next.quantity_e8 <= order->filled_e8;
    enum paper_refusal why = amend_refusal(paper, order, &next);
    if (too_small && why != PAPER_REFUSE_AMEND_KIND) { /* nothing of it is left to work */
        paper_end(paper, order, PAWL_ORDER_STATE_CANCELLED, "amended to its fills", true);
        return;
    }
    if (why != PAPER_REFUSE_NONE) {
        paper_report_refused(paper, amend->order, PAWL_ORDER_OP_AMEND, why, NULL);
        return;
    }
    if (next.price_e8 != order->price_e8 || next.stop_e8 != order->stop_e8)
        next.arrived_ns = paper->now_ns; /* a new level is armed now */
    next.taker = order->kind == PAWL_KIND_LIMIT && paper_is_marketable(paper, &next);
    next.from_point = paper->point + 1;
    *order = next;
    paper_changed(paper, order);
    paper_report_amended(paper, order, true);
}

static void request_cancel(struct paper *paper, const struct pawl_ev_cancel *cancel) {
    struct paper_order *order = find_working(paper, cancel->order);
    uint8_t role = order != NULL ? order->role : paper_role_of(cancel->order);
    uint32_t symbol =
        paper_symbol_slot(paper->world, paper->ctx, paper->market, cancel->instrument);
    if (!luck(paper, cancel->order, PAWL_ORDER_OP_CANCEL, role, symbol)) return;
    if (order == NULL)
        paper_report_refused(paper, cancel->order, PAWL_ORDER_OP_CANCEL,
                             PAPER_REFUSE_CANCEL_UNKNOWN, NULL);
    else
        paper_end(paper, order, PAWL_ORDER_STATE_CANCELLED, "cancelled on request", true);
}

void paper_request(struct paper *paper, const union paper_any *request) {
    switch (request->head.type) {
    case PAWL_EV_SUBMIT: request_submit(paper, &request->submit); break;
    case PAWL_EV_AMEND: request_amend(paper, &request->amend); break;
    case PAWL_EV_CANCEL: request_cancel(paper, &request->cancel); break;
    default: paper_query(paper, &request->query); break;
    }
}
