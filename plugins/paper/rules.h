/*
 * rules.h - what a venue does, as data: one row a personality. The code asks the row, never the
 * name. Where each cell comes from: docs/decisions/0006-paper-venue-rules.md.
 */
#ifndef PAPER_RULES_H
#define PAPER_RULES_H

#include <stdbool.h>

#include "pawl_services.h"

/* Values of the option `personality`: 1 + position in its choices. */
enum paper_personality {
    PAPER_IDEAL = 1,
    PAPER_BINANCE_ONEWAY,
    PAPER_MT5_HEDGING
};
#define PAPER_PERSONALITIES "ideal|binance_oneway|mt5_hedging"

enum paper_account_mode { PAPER_ACCOUNT_ANY = 1, PAPER_ACCOUNT_NETTING, PAPER_ACCOUNT_HEDGING };

/* What becomes of orders that may only reduce when their position is gone. */
enum paper_flat {
    PAPER_FLAT_END_LIMITS = 1, /* limits end; untriggered stops stay and end when they trigger */
    PAPER_FLAT_END_ALL
};

/* Why a request is refused. */
enum paper_refusal {
    PAPER_REFUSE_NONE,
    PAPER_REFUSE_ACCOUNT,       /* unknown, or netting where the venue needs hedging */
    PAPER_REFUSE_INSTRUMENT,
    PAPER_REFUSE_KIND,
    PAPER_REFUSE_TRAILING,
    PAPER_REFUSE_SIDE,
    PAPER_REFUSE_PRICE,         /* missing, below zero or beyond any range */
    PAPER_REFUSE_TICK,
    PAPER_REFUSE_STEP,
    PAPER_REFUSE_MIN_QUANTITY,
    PAPER_REFUSE_MAX_QUANTITY,
    PAPER_REFUSE_MIN_NOTIONAL,
    PAPER_REFUSE_DUPLICATE,     /* the client id is taken */
    PAPER_REFUSE_WOULD_TRIGGER, /* a stop on the wrong side of the market, or too near */
    PAPER_REFUSE_FLAT,          /* nothing to reduce */
    PAPER_REFUSE_NO_TICKET,     /* the position it names is not there */
    PAPER_REFUSE_TICKET_VOLUME, /* more, or less, than that position */
    PAPER_REFUSE_TICKET_TAKEN,  /* it has such a stop or target already */
    PAPER_REFUSE_SLOTS,         /* too many conditional orders */
    PAPER_REFUSE_WORKING_MAX,   /* too many working orders */
    PAPER_REFUSE_AMEND_UNKNOWN,
    PAPER_REFUSE_AMEND_KIND,    /* not changeable in place */
    PAPER_REFUSE_AMEND_SAME,    /* nothing would change */
    PAPER_REFUSE_CANCEL_UNKNOWN,
    PAPER_REFUSE_SCRIPTED,      /* a fault event said so */
    PAPER_REFUSE_RANDOM,        /* reject_probability */
    PAPER_REFUSE_BUSY,          /* too many requests, or the world file cannot be written */
    PAPER_REFUSE_COUNT
};

struct paper_error {
    int32_t code;
    const char *words;
};

struct paper_rules {
    const char *name;
    struct pawl_broker_caps caps; /* size, settle_ns and answer_ns included */
    uint8_t account_mode;         /* enum paper_account_mode */
    uint8_t flat;                 /* enum paper_flat */
    bool refuses_crossed_stop;    /* else it fires at the next price */
    bool stop_distance;           /* the instrument's min_stop_distance counts */
    bool checks_notional;         /* the instrument's min_notional counts for opening orders */
    bool refuses_same_amend;
    bool trailing;                /* it knows trailing orders */
    int64_t trail_step_e8;        /* above 0: by fractions only, multiples of this, no own level */
    int64_t trail_max_e8;         /* the largest of these fractions */
    bool stop_needs_position;     /* a reducing stop is refused where there is nothing to reduce */
    int64_t expiry_min_ns;        /* a nearer end of an order cannot be said to this venue */
    struct paper_error errors[PAPER_REFUSE_COUNT];
};

const struct paper_rules *paper_rules_of(uint32_t personality);
/* enum pawl_error_class: what a refusal means for the next attempt is the same everywhere. */
uint8_t paper_refusal_class(enum paper_refusal why);

#endif
