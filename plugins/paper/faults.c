/* Scripted misfortunes: some strike at once, the others wait for the request or fill they fit. */
#include "paper.h"

#include <string.h>

/* Our client ids: p, host 3, boot 4, lot 7, role 1, step 4, check 1, in base 32. */
#define OID_LEN 21u
#define OID_LOT_AT 8u
#define OID_LOT_LEN 7u
#define OID_ROLE_AT 15u

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'v') return c - 'a' + 10;
    return -1;
}

static bool is_ours(const char *id) {
    if (strnlen(id, PAPER_OID_SIZE) != OID_LEN || id[0] != 'p') return false;
    for (uint32_t i = 0; i < OID_LEN; i++)
        if (digit_of(id[i]) < 0) return false;
    return true;
}

uint64_t paper_lot_of(const char *id) {
    uint64_t lot = 0;
    if (!is_ours(id)) return 0;
    for (uint32_t i = 0; i < OID_LOT_LEN; i++)
        lot = lot << 5 | (uint64_t)digit_of(id[OID_LOT_AT + i]);
    return lot;
}

uint8_t paper_role_of(const char *id) {
    return is_ours(id) ? (uint8_t)digit_of(id[OID_ROLE_AT]) : 0;
}

bool paper_fault_take(struct paper *paper, uint8_t what, uint8_t op, uint8_t role, uint32_t symbol,
                      const char *id, struct paper_fault *ret) {
    struct paper_world *world = paper->world;
    for (uint32_t i = 0; i < world->fault_count; i++) {
        struct paper_fault *fault = &world->faults[i];
        if (fault->what != what || fault->op != op || (fault->role != 0 && fault->role != role) ||
            (fault->symbol != 0 && fault->symbol != symbol) ||
            (fault->lot != 0 && fault->lot != paper_lot_of(id)))
            continue;
        *ret = *fault;
        fault->left--;
        paper_put_fault(world, fault, paper->now_ns);
        if (fault->left == 0) {
            world->fault_count--;
            memmove(fault, fault + 1, (world->fault_count - i) * sizeof *fault);
        }
        return true;
    }
    return false;
}

static void wait_for(struct paper *paper, const struct pawl_ev_fault *event, uint32_t symbol) {
    struct paper_world *world = paper->world;
    if (world->fault_count == PAPER_FAULTS_MAX) {
        paper->ctx->host->log(paper->ctx, PAWL_LOG_ERROR, "fault ignored: %u are waiting already",
                              PAPER_FAULTS_MAX);
        return;
    }
    struct paper_fault fault = {.number = ++world->last_fault, .what = event->what,
                                .role = event->role, .op = event->op, .class_ = event->class_,
                                .code = event->code, .left = event->count, .symbol = symbol,
                                .lot = event->lot, .delay_ns = event->delay,
                                .quantity_e8 = event->quantity.e8};
    if (fault.op < PAWL_ORDER_OP_SUBMIT || fault.op > PAWL_ORDER_OP_CANCEL)
        fault.op = PAWL_ORDER_OP_SUBMIT;
    if (fault.role > PAWL_ROLE_EXIT) fault.role = 0;
    if (fault.class_ > PAWL_ERROR_CLASS_UNKNOWN) fault.class_ = 0;
    if (fault.left == 0) fault.left = 1;
    if (fault.delay_ns < 0) fault.delay_ns = 0;
    if (fault.delay_ns > PAPER_DELAY_MAX_NS) fault.delay_ns = PAPER_DELAY_MAX_NS;
    world->faults[world->fault_count++] = fault;
    paper_put_fault(world, &fault, paper->now_ns);
}

/* The venue ends working orders of its own accord, the oldest first. */
static void end_orders(struct paper *paper, const struct pawl_ev_fault *event, uint32_t symbol) {
    struct paper_world *world = paper->world;
    bool expires = event->what == PAWL_FAULT_KIND_EXPIRE;
    for (uint32_t left = event->count == 0 ? 1 : event->count; left > 0; left--) {
        struct paper_order *oldest = NULL;
        for (uint32_t s = 1; s < world->symbol_count; s++)
            for (uint32_t i = 0; i < world->symbols[s]->count; i++) {
                struct paper_order *order = world->symbols[s]->orders[i];
                if (order->dormant || (event->role != 0 && order->role != event->role) ||
                    (symbol != 0 && s != symbol) ||
                    (event->lot != 0 && paper_lot_of(order->id) != event->lot))
                    continue;
                if (oldest == NULL || order->number < oldest->number) oldest = order;
            }
        if (oldest == NULL) {
            paper->ctx->host->log(paper->ctx, PAWL_LOG_WARN, "fault: no such order works");
            return;
        }
        paper_end(paper, oldest, expires ? PAWL_ORDER_STATE_EXPIRED : PAWL_ORDER_STATE_CANCELLED,
                  expires ? "expired by the venue" : "cancelled by the venue", false);
    }
}

static void change_position(struct paper *paper, const struct pawl_ev_fault *event,
                            uint32_t symbol) {
    struct paper_world *world = paper->world;
    const struct pawl_instrument *def = symbol == 0 ? NULL : world->symbols[symbol]->def;
    bool mode_bad = false;
    uint32_t account = def == NULL ? 0 : paper_account_slot(paper, def->account, &mode_bad);
    const struct pawl_market_state *state =
        def == NULL ? NULL : paper->market->state(paper->ctx, def->id);
    int64_t price_e8 = event->price.e8, quantity_e8 = event->quantity.e8;
    if (price_e8 == 0 && state != NULL)
        price_e8 = quantity_e8 > 0 ? state->ask.e8 : state->bid.e8;
    if (account == 0 || mode_bad || price_e8 <= 0 || quantity_e8 == 0 ||
        quantity_e8 > INT64_MAX / 4 || quantity_e8 < -(INT64_MAX / 4)) {
        paper->ctx->host->log(paper->ctx, PAWL_LOG_ERROR,
                              "fault position_change needs an instrument with an account, a "
                              "quantity and a price; ignored");
        return;
    }
    paper_foreign_trade(paper, account, symbol, quantity_e8, price_e8);
}

void paper_fault_event(struct paper *paper, const struct pawl_ev_fault *event) {
    struct paper_world *world = paper->world;
    if (event->head.cookie != 0) {
        if (event->head.cookie <= world->restored_row) return; /* struck before the restart */
        world->row = event->head.cookie;
    }
    uint32_t symbol = 0;
    if (event->instrument != 0) {
        symbol = paper_symbol_slot(world, paper->ctx, paper->market, event->instrument);
        if (symbol == 0) return;
    }
    switch (event->what) {
    case PAWL_FAULT_KIND_DISCONNECT:
        paper_link_set(paper, false,
                       event->delay > 0 && event->delay <= PAPER_DELAY_MAX_NS
                           ? paper->now_ns + event->delay
                           : 0,
                       "disconnected by the script");
        break;
    case PAWL_FAULT_KIND_RECONNECT: paper_link_set(paper, true, 0, "connected again"); break;
    case PAWL_FAULT_KIND_POSITION_CHANGE: change_position(paper, event, symbol); break;
    case PAWL_FAULT_KIND_EXPIRE:
    case PAWL_FAULT_KIND_VENUE_CANCEL: end_orders(paper, event, symbol); break;
    case PAWL_FAULT_KIND_REJECT:
    case PAWL_FAULT_KIND_DROP_REPLY:
    case PAWL_FAULT_KIND_DROP_REQUEST:
    case PAWL_FAULT_KIND_DUPLICATE_FILL:
    case PAWL_FAULT_KIND_LATE_FILL:
    case PAWL_FAULT_KIND_PARTIAL:
    case PAWL_FAULT_KIND_OVERTAKEN:
    case PAWL_FAULT_KIND_DELAY: wait_for(paper, event, symbol); break;
    default: break;
    }
}
