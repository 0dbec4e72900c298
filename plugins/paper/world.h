/*
 * world.h - what the venue knows: its orders, positions and executions, and where it stands in the
 * market data. A world of its own: nothing of the host's book is in it, and it outlives the host.
 *
 * Every change is a line of `journal` (worldfile.c), and in the file before a report of it leaves.
 *
 * Owner   the world owns orders and symbols; pointers are valid until the world is freed, but an
 *         ended order is forgotten once PAPER_ENDED_MAX newer ones have ended.
 * Units   prices, quantities and money at 1e-8; times UTC ns.
 */
#ifndef PAPER_WORLD_H
#define PAPER_WORLD_H

#include <stdbool.h>

#include "pawl_num.h"
#include "pawl_services.h"

#define PAPER_SYMBOLS_MAX 4096u
#define PAPER_INSTRUMENT_ID_MAX 65535u
#define PAPER_ACCOUNTS_MAX 64u
#define PAPER_WORKING_MAX 4096u /* of one instrument */
/* What may still be asked about; in memory, and in the file when it is written anew. */
#ifndef PAPER_ENDED_MAX /* fewer in a unit test */
#define PAPER_ENDED_MAX 16384u      /* orders that have ended, the newest */
#endif
#define PAPER_EXECUTIONS_MAX 65536u /* the newest; queries about older ones are not complete */
#define PAPER_POSITIONS_MAX 65536u
#define PAPER_FAULTS_MAX 64u
#define PAPER_NAME_BUCKETS 1024u /* of symbols */
#define PAPER_OID_SIZE 24u
#define PAPER_PRICE_MAX (INT64_MAX / 4)
#define PAPER_DELAY_MAX_NS (INT64_C(31622400) * PAWL_NS) /* of a fault: a year */

/* Prices a level may hang on. */
enum paper_line { PAPER_BID, PAPER_ASK, PAPER_LAST, PAPER_MARK, PAPER_LINES };

struct paper_order {
    uint64_t number; /* the venue's id is V<number> */
    char id[PAPER_OID_SIZE];
    uint32_t account, symbol; /* slots of the world, from 1 */
    uint8_t side, role, kind, tif, trigger, reduce, position_side;
    uint8_t state;     /* PAWL_ORDER_STATE_ACCEPTED, _PARTIALLY_FILLED or an end */
    uint8_t triggered; /* 1 = the stop has fired */
    uint8_t taker;     /* 1 = a limit the market was beyond when it came: takes the next quote */
    uint8_t dormant;   /* 1 = a stop that waits for the first fill of `parent` */
    uint8_t listed;    /* it is among the working ones of its symbol; not stored */
    uint32_t attempt;  /* of the world, when its newest line was put; 0 = none was; not stored */
    int64_t quantity_e8, filled_e8, price_e8, stop_e8;
    uint64_t group, ticket, parent;
    int64_t trail_e8, trail_fraction_e8; /* kind trailing: how far behind the best price */
    int64_t trail_from_e8; /* it trails once this price was reached; 0 = at once */
    int64_t best_e8;       /* best price it has followed; 0 = none yet */
    int64_t expires_ns; /* 0 = never */
    int64_t arrived_ns; /* of the request that gave it its terms */
    /* not stored */
    uint64_t acted;      /* event it last filled in: the rest continues at a later one */
    uint64_t from_point; /* first price point it may act at */
    struct paper_order *id_next, *number_next, *ended_next;
};

struct paper_position {
    uint32_t account, symbol;
    uint64_t ticket; /* T<ticket>; 0 where the venue has none */
    int64_t quantity_e8, price_e8;
    uint8_t side; /* PAWL_POSITION_SIDE_* */
};

struct paper_execution {
    uint64_t number, order; /* order 0 = somebody else's trade */
    char id[PAPER_OID_SIZE]; /* client id of the order; empty = not ours */
    uint32_t account, symbol;
    uint8_t side;
    int64_t quantity_e8, price_e8, fee_e8;
    uint64_t ticket;
    int64_t recorded_ns, venue_ns;
};

struct paper_symbol {
    uint32_t id; /* of the instrument; 0 = not configured any more */
    const struct pawl_instrument *def;
    char name[PAWL_SYMBOL_MAX + 1];
    bool quoted; /* it has quotes: trades and bars move no bid and ask */
    bool known;  /* it is in the world file */
    uint16_t name_next; /* slot of the next one in its bucket; 0 = none */
    bool position_gone; /* since orders that had it to reduce were ended */
    int64_t traded_ns; /* last trade seen */
    struct paper_order **orders; /* working, oldest first */
    uint32_t count, capacity;
    uint32_t immediate;   /* of these, how many act on any next price */
    int64_t next_expiry;  /* INT64_MAX = none */
    int64_t low[PAPER_LINES];  /* nothing happens while low < price < high */
    int64_t high[PAPER_LINES];
};

struct paper_account {
    uint32_t id; /* 0 = not met since the start */
    char name[PAWL_NAME_MAX + 1];
};

/* A misfortune that waits for its request or fill. */
struct paper_fault {
    uint64_t number;
    uint8_t what, role, op, class_;
    int32_t code;
    uint32_t left; /* how many times */
    uint32_t symbol; /* 0 = any */
    uint64_t lot;    /* 0 = any */
    int64_t delay_ns, quantity_e8;
};

struct paper_text {
    char *bytes;
    size_t len, capacity;
    bool lost;   /* no memory: a line is missing */
    bool closed; /* the last line is a step */
};

struct paper_world {
    struct paper_symbol *symbols[PAPER_SYMBOLS_MAX]; /* from 1 */
    uint32_t symbol_count;                           /* the next free slot */
    uint16_t by_name[PAPER_NAME_BUCKETS];            /* slots; 0 = none */
    uint16_t *slot_by_instrument;                    /* PAPER_INSTRUMENT_ID_MAX + 1; 0 = none */
    struct paper_account accounts[PAPER_ACCOUNTS_MAX]; /* from 1 */
    uint32_t account_count;
    struct paper_position *positions; /* in the order they were opened */
    uint32_t position_count, position_capacity;
    struct paper_execution *executions; /* ring */
    uint32_t execution_first, execution_count, execution_capacity;
    bool executions_forgotten;
    struct paper_order **by_id, **by_number; /* chains, the newest first */
    struct paper_order *ended, *ended_last;
    uint32_t ended_count, order_count;
    struct paper_fault faults[PAPER_FAULTS_MAX];
    uint32_t fault_count;
    uint64_t last_order, last_execution, last_fault;
    uint64_t prng, prng_written; /* the written one is in the newest step line */
    int64_t created_ns; /* 0 = nothing is in it */
    uint64_t row;          /* feed row seen last */
    uint64_t restored_row; /* the one in the file when it was read: not matched again */
    int64_t link_until_ns; /* when it comes back by itself; 0 = not */
    uint8_t link_down;
    uint32_t personality;  /* enum paper_personality it was made with */
    struct paper_text journal; /* changes that are not in the file yet */
    uint32_t attempt;          /* at writing the file anew, the newest; from 1 */
    struct paper_walk *walk;   /* where it is (worldfile.h); NULL = there is none */
    uint64_t compactions;      /* how often the file has been written anew */
    uint64_t snapshot_bytes;   /* of the file, as it was written last; 0 = never */
    uint64_t file_bytes;       /* of the file now */
}; /* a change here raises PAPER_LAYOUT (heir.h) */

int paper_world_new(struct paper_world **ret);
void paper_world_free(struct paper_world *world);
/* A second one like it, as if read back from a file: instruments and accounts are names only. NULL
 * = no memory. */
struct paper_world *paper_world_copy(const struct paper_world *from);

/* Slot of an instrument; 0 = unknown or no room. */
uint32_t paper_symbol_slot(struct paper_world *world, struct pawl_ctx *ctx,
                           const struct pawl_market *market, uint32_t instrument);
/* Slot of a name; made when it is new; 0 = no room. */
uint32_t paper_symbol_named(struct paper_world *world, const char *name);
uint32_t paper_account_named(struct paper_world *world, const char *name);
static inline struct paper_symbol *paper_symbol_of(const struct paper_world *world, uint32_t id) {
    if (id > PAPER_INSTRUMENT_ID_MAX) return NULL;
    uint32_t slot = world->slot_by_instrument[id];
    return slot == 0 ? NULL : world->symbols[slot];
}

/* A new order with the next number, indexed but not working yet; NULL = no memory. */
struct paper_order *paper_order_new(struct paper_world *world, uint64_t number, const char *id);
/* The working one of that id, else the newest of it; NULL = never seen, or forgotten. */
struct paper_order *paper_order_find(const struct paper_world *world, const char *id);
struct paper_order *paper_order_numbered(const struct paper_world *world, uint64_t number);
static inline bool paper_order_works(const struct paper_order *order) {
    return order->state == PAWL_ORDER_STATE_ACCEPTED ||
           order->state == PAWL_ORDER_STATE_PARTIALLY_FILLED;
}
static inline int64_t paper_order_leaves(const struct paper_order *order) {
    return order->quantity_e8 - order->filled_e8;
}
/* Into or out of the working list of its symbol, by its state. 0 or PAWL_E_NOMEM. */
int paper_order_place(struct paper_world *world, struct paper_order *order);

/* ticket 0: by side; side 0: whichever. NULL = none. */
struct paper_position *paper_position_find(const struct paper_world *world, uint32_t account,
                                           uint32_t symbol, uint8_t side, uint64_t ticket);
struct paper_position *paper_position_new(struct paper_world *world); /* zeroed; NULL = no room */
void paper_position_drop(struct paper_world *world, struct paper_position *position);
/* The i-th kept, oldest first. */
struct paper_execution *paper_execution_at(const struct paper_world *world, uint32_t i);
/* Zeroed; NULL = no memory. */
struct paper_execution *paper_execution_new(struct paper_world *world);

/* The next draw, below `bound` (above 0). */
uint64_t paper_draw(struct paper_world *world, uint64_t bound);
/* True with this probability, at 1e-8; draws only where it is above 0. */
bool paper_chance(struct paper_world *world, int64_t probability_e8);

#endif
