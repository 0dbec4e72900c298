/*
 * pawl_broker.h - what a broker declares about the venue behind an account. The executor chooses
 * its sequences from this, never from a broker's name.
 */
#ifndef PAWL_BROKER_H
#define PAWL_BROKER_H

#include "pawl_plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

enum pawl_exit_bound {
    PAWL_EXIT_FLAG = 1,      /* reduce-only flag on a net position */
    PAWL_EXIT_POSITION_SIDE, /* hedge mode: the side binds it */
    PAWL_EXIT_TICKET,        /* bound to one venue position; stop and target hang on it */
    PAWL_EXIT_POSITION,      /* one stop attached to the net position */
    PAWL_EXIT_OCA,           /* all exits of a lot share a group that the venue reduces */
    PAWL_EXIT_NONE
};
enum pawl_dedupe {
    PAWL_DEDUPE_NONE = 1,
    PAWL_DEDUPE_OPEN,    /* an id is refused while an order with it is open */
    PAWL_DEDUPE_NONCE,   /* a message is refused the second time */
    PAWL_DEDUPE_ORDER_ID /* an id is refused for ever */
};

struct pawl_broker_caps {
    uint32_t size;
    uint8_t exit_bound;          /* enum pawl_exit_bound */
    uint8_t amend_limit;         /* 1 = limit orders can be amended in place */
    uint8_t amend_stop;          /* 1 = stops can be amended in place */
    uint8_t reserves_quantity;   /* 1 = resting exits lock their quantity */
    uint8_t native_stop;         /* 1 = stops rest at the venue */
    uint8_t native_trailing;     /* 1 = a trailing order begins at the level it is given; a status
                                        says where it stands, and where it ended (0 = unknown) */
    uint8_t attached_stop;       /* 1 = an entry can carry its stop */
    uint8_t holds_both;          /* 1 = two stops for one lot may rest at once */
    uint8_t dedupe;              /* enum pawl_dedupe */
    uint8_t separate_conditional_ids;
    uint8_t reserved[2];
    uint32_t stop_slots;         /* conditional orders it holds of an account; 0 = no limit */
    int64_t settle_ns;           /* after this "never seen" may be believed */
    int64_t answer_ns;           /* no answer for this long = outcome unknown */
};

#ifdef __cplusplus
}
#endif
#endif
