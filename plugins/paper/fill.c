/* Trading, and what follows from it: positions, the order's own end, the orders tied to it. */
#include "paper.h"

#include <string.h>

void paper_changed(struct paper *paper, struct paper_order *order) {
    paper_put_order(paper->world, order, paper->now_ns);
    if (paper_order_place(paper->world, order) != PAWL_OK)
        paper->ctx->host->log(paper->ctx, PAWL_LOG_ERROR, "out of memory: order %s does not work",
                              order->id);
    struct paper_symbol *symbol = paper->world->symbols[order->symbol];
    if (order->expires_ns == 0) {
        if (paper_order_works(order)) paper_bounds_with(symbol, order);
        return;
    }
    int64_t expiry_ns = symbol->next_expiry; /* exact, for a timer is set to it */
    paper_bounds(symbol);
    if (symbol->next_expiry != expiry_ns) paper_expiry_timer(paper);
}

void paper_end(struct paper *paper, struct paper_order *order, uint8_t state, const char *reason,
               bool answer) {
    struct paper_symbol *symbol = paper->world->symbols[order->symbol];
    order->state = state;
    paper_changed(paper, order);
    paper_report_ended(paper, order, reason, answer);
    if (order->filled_e8 > 0 || order->reduce) return;
    for (uint32_t i = 0; i < symbol->count; i++) { /* its stop has nothing to protect */
        struct paper_order *stop = symbol->orders[i];
        if (!stop->dormant || stop->parent != order->number) continue;
        paper_end(paper, stop, PAWL_ORDER_STATE_CANCELLED, "its entry ended", false);
        return;
    }
}

void paper_expire(struct paper *paper, struct paper_symbol *symbol) {
    for (uint32_t i = 0; i < symbol->count;) {
        struct paper_order *order = symbol->orders[i];
        if (order->expires_ns == 0 || order->expires_ns > paper->now_ns)
            i++;
        else
            paper_end(paper, order, PAWL_ORDER_STATE_EXPIRED, "expired", false);
    }
}

/* ---- positions ---- */

static uint8_t closing_side(const struct paper_order *order) {
    return order->side == PAWL_SIDE_SELL ? PAWL_POSITION_SIDE_LONG : PAWL_POSITION_SIDE_SHORT;
}

static uint8_t opening_side(uint8_t side) {
    return side == PAWL_SIDE_BUY ? PAWL_POSITION_SIDE_LONG : PAWL_POSITION_SIDE_SHORT;
}

static struct paper_position *reduced_by(const struct paper *paper,
                                         const struct paper_order *order) {
    if (paper_is_ticket_venue(paper) && order->ticket == 0) return NULL;
    return paper_position_find(paper->world, order->account, order->symbol, closing_side(order),
                               paper_is_ticket_venue(paper) ? order->ticket : 0);
}

int64_t paper_reducible(const struct paper *paper, const struct paper_order *order) {
    if (!order->reduce) return INT64_MAX;
    const struct paper_position *position = reduced_by(paper, order);
    return position == NULL ? 0 : position->quantity_e8;
}

static void position_reduce(struct paper *paper, struct paper_position *position,
                            int64_t quantity_e8) {
    position->quantity_e8 -= quantity_e8;
    paper_put_position(paper->world, position, paper->now_ns);
    if (position->quantity_e8 > 0) return;
    paper->world->symbols[position->symbol]->position_gone = true;
    paper_position_drop(paper->world, position);
}

/* False if it cannot be held: out of range or memory. */
static bool position_add(struct paper *paper, const struct paper_position *what,
                         int64_t quantity_e8, int64_t price_e8) {
    struct paper_position *position =
        paper_position_find(paper->world, what->account, what->symbol, what->side, what->ticket);
    if (position == NULL) {
        position = paper_position_new(paper->world);
        if (position == NULL) return false;
        *position = *what;
        position->quantity_e8 = 0;
        position->price_e8 = 0;
    }
    int64_t total_e8, average_e8;
    if (pawl_add_i64(position->quantity_e8, quantity_e8, &total_e8) != PAWL_OK) return false;
    pawl_i128 value = (pawl_i128)position->quantity_e8 * position->price_e8 +
                      (pawl_i128)quantity_e8 * price_e8;
    if (pawl_div_i128(value, total_e8, PAWL_ROUND_EVEN, &average_e8) != PAWL_OK) return false;
    position->quantity_e8 = total_e8;
    position->price_e8 = average_e8;
    paper_put_position(paper->world, position, paper->now_ns);
    return true;
}

static bool position_trade(struct paper *paper, const struct paper_order *order,
                           int64_t quantity_e8, int64_t price_e8) {
    if (order->reduce) {
        position_reduce(paper, reduced_by(paper, order), quantity_e8);
        return true;
    }
    struct paper_position own = {.account = order->account, .symbol = order->symbol,
                                 .side = opening_side(order->side), .ticket = order->ticket};
    if (!paper_is_hedging(paper, order->account)) { /* one net position: other side first */
        struct paper_position *other = paper_position_find(
            paper->world, order->account, order->symbol, closing_side(order), 0);
        int64_t closed_e8 = other == NULL ? 0 : other->quantity_e8;
        if (closed_e8 > quantity_e8) closed_e8 = quantity_e8;
        if (closed_e8 > 0) position_reduce(paper, other, closed_e8);
        quantity_e8 -= closed_e8;
        if (quantity_e8 == 0) return true;
    }
    return position_add(paper, &own, quantity_e8, price_e8);
}

/* ---- executions ---- */

static int64_t fee_of(const struct paper *paper, uint32_t symbol, int64_t price_e8,
                      int64_t quantity_e8) {
    const struct pawl_instrument *def = paper->world->symbols[symbol]->def;
    int64_t units_e8, by_rate_e8 = 0, by_unit_e8 = 0, sum_e8 = 0;
    if (pawl_mul_e8(quantity_e8, def->multiplier.e8, PAWL_ROUND_EVEN, &units_e8) != PAWL_OK)
        return 0;
    pawl_i128 notional_e8 = (pawl_i128)price_e8 * units_e8 / PAWL_E8;
    if (notional_e8 > INT64_MAX * (pawl_i128)PAWL_E8) return 0; /* beyond any money */
    if (pawl_div_i128(notional_e8 * paper->options.fee_rate_e8, PAWL_E8, PAWL_ROUND_EVEN,
                      &by_rate_e8) != PAWL_OK ||
        pawl_mul_e8(quantity_e8, paper->options.fee_per_unit_e8, PAWL_ROUND_EVEN, &by_unit_e8) !=
            PAWL_OK ||
        pawl_add_i64(by_rate_e8, by_unit_e8, &sum_e8) != PAWL_OK)
        return 0;
    return sum_e8;
}

/* Into the history and the file, then to the host. */
static void execute(struct paper *paper, const struct paper_execution *what, uint8_t role) {
    struct paper_world *world = paper->world;
    struct pawl_ev_execution event;
    struct paper_fault fault;
    struct paper_execution whole = *what;
    whole.number = ++world->last_execution;
    whole.fee_e8 = fee_of(paper, what->symbol, what->price_e8, what->quantity_e8);
    whole.recorded_ns = paper->now_ns;
    paper_put_execution(world, &whole, paper->now_ns);
    struct paper_execution *kept = paper_execution_new(world);
    if (kept != NULL) *kept = whole;
    paper_fill_execution(paper, &whole, &event);
    uint32_t copies = 1;
    if (paper_fault_take(paper, PAWL_FAULT_KIND_DUPLICATE_FILL, PAWL_ORDER_OP_SUBMIT, role,
                         what->symbol, what->id, &fault))
        copies = 2;
    bool late = paper_fault_take(paper, PAWL_FAULT_KIND_LATE_FILL, PAWL_ORDER_OP_SUBMIT, role,
                                 what->symbol, what->id, &fault);
    for (; copies > 0; copies--)
        if (late)
            paper_reply_late(paper, &event.head, fault.delay_ns);
        else
            paper_reply(paper, &event.head);
}

/* ---- orders tied to the one that traded ---- */

/* Stop and target of a ticket are for all of it: they grow, shrink and end with it. */
static void follow_ticket(struct paper *paper, uint32_t account, uint32_t slot, uint64_t ticket,
                          const struct paper_order *except) {
    struct paper_symbol *symbol = paper->world->symbols[slot];
    for (uint32_t i = 0; i < symbol->count;) {
        struct paper_order *order = symbol->orders[i++];
        if (order == except || order->ticket != ticket || order->account != account ||
            !order->reduce || order->dormant || order->kind == PAWL_KIND_MARKET)
            continue;
        int64_t volume_e8 = paper_reducible(paper, order);
        if (volume_e8 == 0) {
            paper_end(paper, order, PAWL_ORDER_STATE_CANCELLED, "position closed", false);
            i--;
        } else if (order->quantity_e8 != order->filled_e8 + volume_e8) {
            order->quantity_e8 = order->filled_e8 + volume_e8;
            paper_changed(paper, order);
            paper_report_amended(paper, order, false);
        }
    }
}

/* The first fill of an entry brings its attached stop to life. */
static void wake_attached(struct paper *paper, const struct paper_order *entry) {
    struct paper_symbol *symbol = paper->world->symbols[entry->symbol];
    for (uint32_t i = 0; i < symbol->count; i++) {
        struct paper_order *stop = symbol->orders[i];
        if (!stop->dormant || stop->parent != entry->number) continue;
        stop->dormant = 0;
        stop->quantity_e8 = paper_reducible(paper, stop);
        stop->arrived_ns = paper->now_ns;
        /* Born inside a bar it sees the close only, born at the open the rest of it. */
        bool inside = !paper->at_open && paper->last_point > paper->point;
        stop->from_point = inside ? paper->last_point : paper->point + 1;
        paper_changed(paper, stop);
        paper_report_accepted(paper, stop, false);
        /* Should it fill before the rest of the entry does, it is over: that must be known. */
        if (stop->quantity_e8 != entry->quantity_e8) paper_report_amended(paper, stop, false);
        return;
    }
}

static int64_t group_leaves(const struct paper *paper, const struct paper_order *order) {
    const struct paper_symbol *symbol = paper->world->symbols[order->symbol];
    int64_t most_e8 = paper_order_leaves(order);
    for (uint32_t i = 0; order->group != 0 && i < symbol->count; i++) {
        const struct paper_order *other = symbol->orders[i];
        if (other->group == order->group && other->account == order->account &&
            paper_order_leaves(other) > most_e8)
            most_e8 = paper_order_leaves(other);
    }
    return most_e8;
}

/* No order of a group may have more left than the group as a whole. */
static void shrink_group(struct paper *paper, const struct paper_order *order, int64_t left_e8) {
    struct paper_symbol *symbol = paper->world->symbols[order->symbol];
    for (uint32_t i = 0; i < symbol->count;) {
        struct paper_order *other = symbol->orders[i++];
        if (other == order || other->group != order->group || other->account != order->account ||
            paper_order_leaves(other) <= left_e8)
            continue;
        if (left_e8 == 0) {
            paper_end(paper, other, PAWL_ORDER_STATE_CANCELLED, "group filled", false);
            i--;
            continue;
        }
        other->quantity_e8 = other->filled_e8 + left_e8;
        paper_changed(paper, other);
        paper_report_amended(paper, other, false);
    }
}

/* Orders that may only reduce, and have nothing left to reduce. */
static void end_unreducing(struct paper *paper, uint32_t slot) {
    struct paper_symbol *symbol = paper->world->symbols[slot];
    if (!symbol->position_gone) return;
    symbol->position_gone = false;
    for (uint32_t i = 0; i < symbol->count;) {
        struct paper_order *order = symbol->orders[i++];
        if (!order->reduce || order->dormant || paper_reducible(paper, order) > 0) continue;
        if (paper->rules->flat == PAPER_FLAT_END_LIMITS && order->kind != PAWL_KIND_LIMIT) continue;
        paper_end(paper, order, PAWL_ORDER_STATE_EXPIRED, "nothing left to reduce", false);
        i--;
    }
}

/* ---- the fill ---- */

/* How much of it trades now: a fault or chance may leave the rest for later. */
static int64_t portion(struct paper *paper, const struct paper_order *order, int64_t quantity_e8) {
    const struct pawl_instrument *def = paper->world->symbols[order->symbol]->def;
    int64_t step_e8 = def->step.e8 > 0 ? def->step.e8 : 1, part_e8 = quantity_e8;
    struct paper_fault fault;
    if (paper_fault_take(paper, PAWL_FAULT_KIND_PARTIAL, PAWL_ORDER_OP_SUBMIT, order->role,
                         order->symbol, order->id, &fault))
        part_e8 = fault.quantity_e8 > 0 ? fault.quantity_e8 : quantity_e8 / 2;
    else if (paper_chance(paper->world, paper->options.partial_fill_probability_e8))
        part_e8 = 1 + (int64_t)paper_draw(paper->world, (uint64_t)quantity_e8);
    if (part_e8 >= quantity_e8) return quantity_e8;
    part_e8 -= part_e8 % step_e8;
    if (part_e8 == 0) part_e8 = step_e8;
    return part_e8 < quantity_e8 ? part_e8 : quantity_e8;
}

static void after_fill(struct paper *paper, struct paper_order *order, bool exhausted) {
    if (paper_order_works(order) && order->tif == PAWL_TIF_IOC)
        paper_end(paper, order, PAWL_ORDER_STATE_EXPIRED, "immediate or cancel", false);
    if (paper_order_works(order) && exhausted)
        paper_end(paper, order, PAWL_ORDER_STATE_EXPIRED, "nothing left to reduce", false);
}

void paper_fill(struct paper *paper, struct paper_order *order, int64_t price_e8,
                int64_t venue_ns) {
    int64_t reducible_e8 = paper_reducible(paper, order), leaves_e8 = paper_order_leaves(order);
    if (reducible_e8 == 0) {
        paper_end(paper, order, PAWL_ORDER_STATE_EXPIRED, "nothing left to reduce", false);
        return;
    }
    int64_t quantity_e8 = leaves_e8 < reducible_e8 ? leaves_e8 : reducible_e8;
    quantity_e8 = portion(paper, order, quantity_e8);
    if (order->tif == PAWL_TIF_FOK && quantity_e8 < leaves_e8) {
        paper_end(paper, order, PAWL_ORDER_STATE_EXPIRED, "fill or kill", false);
        return;
    }
    if (!position_trade(paper, order, quantity_e8, price_e8)) {
        paper_end(paper, order, PAWL_ORDER_STATE_EXPIRED, "position out of range", false);
        return;
    }
    int64_t group_e8 = group_leaves(paper, order);
    order->filled_e8 += quantity_e8;
    order->acted = paper->event_count;
    order->state = quantity_e8 == leaves_e8 ? PAWL_ORDER_STATE_FILLED
                                            : PAWL_ORDER_STATE_PARTIALLY_FILLED;
    struct paper_execution execution = {
        .order = order->number, .account = order->account, .symbol = order->symbol,
        .side = order->side, .quantity_e8 = quantity_e8, .price_e8 = price_e8,
        .ticket = order->ticket, .venue_ns = venue_ns};
    memcpy(execution.id, order->id, sizeof execution.id);
    paper_changed(paper, order);
    execute(paper, &execution, order->role);
    after_fill(paper, order, quantity_e8 == reducible_e8);
    if (order->group != 0) shrink_group(paper, order, group_e8 - quantity_e8);
    if (paper_is_ticket_venue(paper)) {
        if (!order->reduce) wake_attached(paper, order);
        follow_ticket(paper, order->account, order->symbol, order->ticket, order);
    }
    end_unreducing(paper, order->symbol);
}

void paper_foreign_trade(struct paper *paper, uint32_t account, uint32_t symbol,
                         int64_t quantity_e8, int64_t price_e8) {
    struct paper_world *world = paper->world;
    uint8_t side = quantity_e8 > 0 ? PAWL_SIDE_BUY : PAWL_SIDE_SELL;
    uint8_t reduces = side == PAWL_SIDE_BUY ? PAWL_POSITION_SIDE_SHORT : PAWL_POSITION_SIDE_LONG;
    int64_t left_e8 = quantity_e8 > 0 ? quantity_e8 : -quantity_e8;
    while (left_e8 > 0) {
        struct paper_position *oldest = NULL;
        for (uint32_t i = 0; i < world->position_count && oldest == NULL; i++)
            if (world->positions[i].account == account && world->positions[i].symbol == symbol &&
                world->positions[i].side == reduces)
                oldest = &world->positions[i];
        struct paper_execution execution = {.account = account, .symbol = symbol, .side = side,
                                            .quantity_e8 = left_e8, .price_e8 = price_e8,
                                            .venue_ns = paper->now_ns};
        if (oldest != NULL) {
            execution.ticket = oldest->ticket;
            if (oldest->quantity_e8 < left_e8) execution.quantity_e8 = oldest->quantity_e8;
            position_reduce(paper, oldest, execution.quantity_e8);
        } else {
            if (paper_is_ticket_venue(paper)) execution.ticket = ++world->last_order;
            struct paper_position own = {.account = account, .symbol = symbol,
                                         .side = opening_side(side), .ticket = execution.ticket};
            if (!position_add(paper, &own, left_e8, price_e8)) return;
        }
        execute(paper, &execution, 0);
        left_e8 -= execution.quantity_e8;
        if (execution.ticket != 0) follow_ticket(paper, account, symbol, execution.ticket, NULL);
    }
    end_unreducing(paper, symbol);
}
