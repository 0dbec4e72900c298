/* The table of venue rules. Sources of the cells: docs/decisions/0006-paper-venue-rules.md. */
#include "rules.h"

static const struct paper_rules ideal = {
    .name = "ideal",
    .caps = {.size = sizeof(struct pawl_broker_caps), .exit_bound = PAWL_EXIT_OCA, .amend_limit = 1,
             .amend_stop = 1, .native_stop = 1, .native_trailing = 1, .holds_both = 1,
             .dedupe = PAWL_DEDUPE_ORDER_ID, .settle_ns = PAWL_NS / 2, .answer_ns = PAWL_NS},
    .account_mode = PAPER_ACCOUNT_ANY,
    .flat = PAPER_FLAT_END_ALL,
    .checks_notional = true,
    .trailing = true,
    .stop_needs_position = true,
    .errors = {
        [PAPER_REFUSE_ACCOUNT] = {1, "unknown account"},
        [PAPER_REFUSE_INSTRUMENT] = {2, "unknown instrument"},
        [PAPER_REFUSE_KIND] = {3, "unknown kind of order"},
        [PAPER_REFUSE_TRAILING] = {4, "a trailing order needs a distance or a fraction"},
        [PAPER_REFUSE_SIDE] = {5, "unknown side"},
        [PAPER_REFUSE_PRICE] = {6, "price missing or below zero"},
        [PAPER_REFUSE_TICK] = {7, "price is not on the tick"},
        [PAPER_REFUSE_STEP] = {8, "quantity is not on the step"},
        [PAPER_REFUSE_MIN_QUANTITY] = {9, "quantity below the minimum"},
        [PAPER_REFUSE_MAX_QUANTITY] = {10, "quantity above the maximum"},
        [PAPER_REFUSE_MIN_NOTIONAL] = {11, "notional below the minimum"},
        [PAPER_REFUSE_DUPLICATE] = {12, "client id was used before"},
        [PAPER_REFUSE_WOULD_TRIGGER] = {13, "stop would trigger at once"},
        [PAPER_REFUSE_FLAT] = {14, "nothing to reduce"},
        [PAPER_REFUSE_NO_TICKET] = {15, "no such position"},
        [PAPER_REFUSE_TICKET_VOLUME] = {16, "not the position's quantity"},
        [PAPER_REFUSE_TICKET_TAKEN] = {17, "the position has one already"},
        [PAPER_REFUSE_SLOTS] = {18, "too many conditional orders"},
        [PAPER_REFUSE_WORKING_MAX] = {19, "too many working orders"},
        [PAPER_REFUSE_AMEND_UNKNOWN] = {20, "no such working order"},
        [PAPER_REFUSE_AMEND_KIND] = {21, "this kind of order cannot be changed"},
        [PAPER_REFUSE_AMEND_SAME] = {22, "nothing to change"},
        [PAPER_REFUSE_CANCEL_UNKNOWN] = {23, "no such working order"},
        [PAPER_REFUSE_SCRIPTED] = {24, "rejected by the script"},
        [PAPER_REFUSE_RANDOM] = {25, "rejected at random"},
        [PAPER_REFUSE_BUSY] = {26, "too many requests"},
    },
};

static const struct paper_rules binance_oneway = {
    .name = "binance_oneway",
    .caps = {.size = sizeof(struct pawl_broker_caps), .exit_bound = PAWL_EXIT_FLAG,
             .amend_limit = 1, .native_stop = 1, .holds_both = 1, .dedupe = PAWL_DEDUPE_OPEN,
             .separate_conditional_ids = 1, .stop_slots = 200, .settle_ns = 5 * PAWL_NS,
             .answer_ns = 5 * PAWL_NS},
    .account_mode = PAPER_ACCOUNT_NETTING,
    .flat = PAPER_FLAT_END_LIMITS,
    .refuses_crossed_stop = true,
    .checks_notional = true,
    .refuses_same_amend = true,
    .trailing = true,
    .trail_step_e8 = PAWL_E8 / 1000,
    .trail_max_e8 = PAWL_E8 / 5,
    .expiry_min_ns = 600 * PAWL_NS,
    .errors = {
        [PAPER_REFUSE_ACCOUNT] = {-2015, "Invalid API-key, IP, or permissions for action."},
        [PAPER_REFUSE_INSTRUMENT] = {-1121, "Invalid symbol."},
        [PAPER_REFUSE_KIND] = {-1116, "Invalid orderType."},
        [PAPER_REFUSE_TRAILING] = {-1102, "Mandatory parameter 'callbackRate' was not sent, "
                                           "was empty/null, or malformed."},
        [PAPER_REFUSE_SIDE] = {-1117, "Invalid side."},
        [PAPER_REFUSE_PRICE] = {-4001, "Price less than 0."},
        [PAPER_REFUSE_TICK] = {-4014, "Price not increased by tick size."},
        [PAPER_REFUSE_STEP] = {-4023, "Qty not increased by step size."},
        [PAPER_REFUSE_MIN_QUANTITY] = {-4004, "Quantity less than min quantity."},
        [PAPER_REFUSE_MAX_QUANTITY] = {-4005, "Quantity greater than max quantity."},
        [PAPER_REFUSE_MIN_NOTIONAL] = {-4164, "Order's notional must be no smaller than the "
                                              "minimum (unless you choose reduce only)"},
        [PAPER_REFUSE_DUPLICATE] = {-4116, "ClientOrderId is duplicated."},
        [PAPER_REFUSE_WOULD_TRIGGER] = {-2021, "Order would immediately trigger."},
        [PAPER_REFUSE_FLAT] = {-2022, "ReduceOnly Order is rejected."},
        [PAPER_REFUSE_NO_TICKET] = {-1106, "Parameter 'ticket' sent when not required."},
        [PAPER_REFUSE_TICKET_VOLUME] = {-1106, "Parameter 'ticket' sent when not required."},
        [PAPER_REFUSE_TICKET_TAKEN] = {-1106, "Parameter 'ticket' sent when not required."},
        [PAPER_REFUSE_SLOTS] = {-4045, "Reach max stop order limit."},
        [PAPER_REFUSE_WORKING_MAX] = {-2025, "Reach max open order limit."},
        [PAPER_REFUSE_AMEND_UNKNOWN] = {-2013, "Order does not exist."},
        [PAPER_REFUSE_AMEND_KIND] = {-5025, "Only limit order is supported."},
        [PAPER_REFUSE_AMEND_SAME] = {-5027, "No need to modify the order."},
        [PAPER_REFUSE_CANCEL_UNKNOWN] = {-2011, "Unknown order sent."},
        [PAPER_REFUSE_SCRIPTED] = {-2010, "NEW_ORDER_REJECTED"},
        [PAPER_REFUSE_RANDOM] = {-1001, "Internal error; unable to process your request. "
                                        "Please try again."},
        [PAPER_REFUSE_BUSY] = {-1008, "Request throttled by system-level protection."},
    },
};

static const struct paper_rules mt5_hedging = {
    .name = "mt5_hedging",
    .caps = {.size = sizeof(struct pawl_broker_caps), .exit_bound = PAWL_EXIT_TICKET,
             .amend_limit = 1, .amend_stop = 1, .native_stop = 1, .attached_stop = 1,
             .dedupe = PAWL_DEDUPE_NONE, .settle_ns = 2 * PAWL_NS, .answer_ns = 2 * PAWL_NS},
    .account_mode = PAPER_ACCOUNT_HEDGING,
    .flat = PAPER_FLAT_END_ALL,
    .refuses_crossed_stop = true,
    .stop_distance = true,
    .stop_needs_position = true,
    .errors = {
        [PAPER_REFUSE_ACCOUNT] = {10017, "Trade is disabled"},
        [PAPER_REFUSE_INSTRUMENT] = {10013, "Invalid request"},
        [PAPER_REFUSE_KIND] = {10035, "Incorrect or prohibited order type"},
        [PAPER_REFUSE_TRAILING] = {10035, "Incorrect or prohibited order type"},
        [PAPER_REFUSE_SIDE] = {10013, "Invalid request"},
        [PAPER_REFUSE_PRICE] = {10015, "Invalid price in the request"},
        [PAPER_REFUSE_TICK] = {10015, "Invalid price in the request"},
        [PAPER_REFUSE_STEP] = {10014, "Invalid volume in the request"},
        [PAPER_REFUSE_MIN_QUANTITY] = {10014, "Invalid volume in the request"},
        [PAPER_REFUSE_MAX_QUANTITY] = {10014, "Invalid volume in the request"},
        [PAPER_REFUSE_MIN_NOTIONAL] = {10014, "Invalid volume in the request"},
        [PAPER_REFUSE_DUPLICATE] = {10013, "Invalid request"},
        [PAPER_REFUSE_WOULD_TRIGGER] = {10016, "Invalid stops in the request"},
        [PAPER_REFUSE_FLAT] = {10036, "Position with the specified ticket has already been closed"},
        [PAPER_REFUSE_NO_TICKET] = {10036, "Position with the specified ticket has already been "
                                           "closed"},
        [PAPER_REFUSE_TICKET_VOLUME] = {10038, "A close volume exceeds the current position "
                                                "volume"},
        [PAPER_REFUSE_TICKET_TAKEN] = {10013, "Invalid request: the position has one already"},
        [PAPER_REFUSE_SLOTS] = {10033, "The number of pending orders has reached the limit"},
        [PAPER_REFUSE_WORKING_MAX] = {10033, "The number of pending orders has reached the limit"},
        [PAPER_REFUSE_AMEND_UNKNOWN] = {10036, "Position with the specified ticket has already "
                                               "been closed"},
        [PAPER_REFUSE_AMEND_KIND] = {10013, "Invalid request"},
        [PAPER_REFUSE_AMEND_SAME] = {10025, "No changes in request"},
        [PAPER_REFUSE_CANCEL_UNKNOWN] = {10041, "The pending order activation request is rejected, "
                                                "the order is canceled"},
        [PAPER_REFUSE_SCRIPTED] = {10006, "Request rejected"},
        [PAPER_REFUSE_RANDOM] = {10004, "Requote"},
        [PAPER_REFUSE_BUSY] = {10024, "Too frequent requests"},
    },
};

const struct paper_rules *paper_rules_of(uint32_t personality) {
    return personality == PAPER_BINANCE_ONEWAY ? &binance_oneway
           : personality == PAPER_MT5_HEDGING  ? &mt5_hedging
                                               : &ideal;
}

uint8_t paper_refusal_class(enum paper_refusal why) {
    switch (why) {
    case PAPER_REFUSE_DUPLICATE:
    case PAPER_REFUSE_TICKET_TAKEN: return PAWL_ERROR_CLASS_CONFLICT;
    case PAPER_REFUSE_WOULD_TRIGGER:
    case PAPER_REFUSE_FLAT:
    case PAPER_REFUSE_NO_TICKET:
    case PAPER_REFUSE_TICKET_VOLUME:
    case PAPER_REFUSE_AMEND_UNKNOWN:
    case PAPER_REFUSE_AMEND_SAME:
    case PAPER_REFUSE_CANCEL_UNKNOWN: return PAWL_ERROR_CLASS_STATE;
    case PAPER_REFUSE_SLOTS:
    case PAPER_REFUSE_WORKING_MAX:
    case PAPER_REFUSE_RANDOM:
    case PAPER_REFUSE_BUSY: return PAWL_ERROR_CLASS_RETRYABLE;
    default: return PAWL_ERROR_CLASS_FATAL;
    }
}
