/* round.h - what reconcile rounds have seen of the positions. Owned by struct exec. [loop] */
#ifndef EXEC_ROUND_H
#define EXEC_ROUND_H

#include "pawl_num.h"

#define EXEC_ROUND_POSITIONS_MAX 4096u
#define EXEC_GAPS_MAX 256u /* beyond: every instrument counts as having one */

/* A position as the venue told it in this round. */
struct round_position {
    uint32_t account, instrument;
    uint8_t side;
    struct pawl_qty quantity;
    struct pawl_price price;
    char ticket[32]; /* empty where the venue has none */
};

/* A difference between the venue and the lots, as it was seen in the newest round compared. */
struct round_gap {
    uint64_t key; /* of its place */
    uint32_t account, instrument, round;
    int64_t size_e8;           /* what the venue holds more than the lots say */
    int64_t first_ns, size_ns; /* seen first since then, in this size since then */
    bool told, stuck;          /* an alert for this size: there is one; it cannot be booked */
};

#endif
