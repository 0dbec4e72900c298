/*
 * paper.h - inside of the paper plugin: the connection (wire.c), the venue behind it (requests.c,
 * fill.c, match.c, bar.c, query.c, faults.c) and its memory (world.h, compact.c).
 *
 * A command travels for latency_request, takes effect at the venue, and its answer travels back
 * for latency_reply. Market data reach the venue when they reach the host. What one input changes
 * is one step of the world file, written before any report of it leaves.
 *
 * Everything is [event] unless it says otherwise, on the loop thread.
 */
#ifndef PAPER_H
#define PAPER_H

#include "rules.h"
#include "worldfile.h"

#define PAPER_REQUESTS_MAX 1024u /* under way to the venue */
#define PAPER_REPLIES_MAX 65536u /* under way to the host */
#define PAPER_LATE_MAX 256u      /* fill reports, or requests, held back by a fault */
#define PAPER_RETRY_NS PAWL_NS   /* between attempts to write the world file */

/* Keys of its timers. */
enum paper_key { PAPER_KEY_REQUESTS = 1, PAPER_KEY_REPLIES, PAPER_KEY_LATE, PAPER_KEY_EXPIRY,
                 PAPER_KEY_LINK, PAPER_KEY_SLOW };

enum paper_limit_fill { PAPER_FILL_TOUCH = 1, PAPER_FILL_THROUGH };

struct paper_options {
    int64_t seed;
    int64_t latency_request_ns, latency_reply_ns, latency_jitter_ns;
    int64_t fee_rate_e8, fee_per_unit_e8;
    int64_t slippage_ticks;
    int64_t partial_fill_probability_e8, reject_probability_e8;
    int64_t compact_bytes;
    uint32_t personality; /* enum paper_personality */
    uint32_t limit_fill;  /* enum paper_limit_fill */
};

union paper_any {
    struct pawl_event head;
    struct pawl_ev_submit submit;
    struct pawl_ev_amend amend;
    struct pawl_ev_cancel cancel;
    struct pawl_ev_query query;
    struct pawl_ev_accepted accepted;
    struct pawl_ev_refused refused;
    struct pawl_ev_ended ended;
    struct pawl_ev_amended amended;
    struct pawl_ev_execution execution;
    struct pawl_ev_status status;
    struct pawl_ev_position position;
    struct pawl_ev_query_done query_done;
};

struct paper_message {
    int64_t due_ns;
    union paper_any event;
};

/* One direction of the connection: first in, first out. */
struct paper_lane {
    struct paper_message *items; /* ring */
    uint32_t first, count, capacity, max;
    int64_t last_due_ns;
};

/* The prices of one moment. Zero = not there. */
struct paper_tick {
    int64_t at[PAPER_LINES];
    bool moved[PAPER_LINES];
    bool takes; /* market orders may trade at it */
    bool opens; /* the open of a bar: a limit gets what it finds, if that is better */
    int64_t venue_ns; /* when it was so */
};

struct paper {
    struct pawl_ctx *ctx;
    const struct pawl_market *market;
    const struct pawl_timers *timers;
    const struct pawl_files *files;
    const struct pawl_records *records;
    const struct paper_rules *rules;
    struct paper_options options;
    struct paper_world *world;
    /* late, slow: past their queues, by due time */
    struct paper_lane requests, replies, late, slow;
    int64_t now_ns;       /* of the event being handled */
    uint64_t cookie;      /* of the request being handled; 0 = none */
    bool drop_answer;     /* its answer is lost */
    uint64_t event_count; /* market events matched */
    uint64_t point;       /* price points matched */
    uint64_t last_point;  /* the last one of this event */
    bool at_open;         /* this point is the open of a bar */
    bool unwritten;       /* the world file could not be written */
    bool on_trial;        /* it is tried in a reload: nothing is written */
    struct paper_compact *compact; /* the file is being written anew; NULL = not */
    uint64_t compact_not_below;    /* bytes of the file, after an attempt that failed */
    int64_t expiry_set_ns; /* what the expiry timer is set to; 0 = not */
};

/* ---- wire.c ---- */
int paper_wire_init(struct paper *paper);
void paper_wire_done(struct paper *paper);
void paper_send(struct paper *paper, const struct pawl_event *command);
void paper_timer(struct paper *paper, const struct pawl_ev_timer *timer);
/* An event to the host after the reply's latency; lost while the link is down. False = no room. */
bool paper_reply(struct paper *paper, const struct pawl_event *event);
/* Past the queue: after at least `delay_ns`, whatever is sent meanwhile. */
void paper_reply_late(struct paper *paper, const struct pawl_event *event, int64_t delay_ns);
void paper_link_set(struct paper *paper, bool up, int64_t until_ns, const char *why);
void paper_link_publish(struct paper *paper, const char *why);
/* Close the step: what changed goes to the file. */
int paper_step(struct paper *paper);
void paper_expiry_timer(struct paper *paper);
/* For what was under way before a reload. */
void paper_lane_timers(struct paper *paper);

/* ---- compact.c: the world file written anew when most of it is past ---- */
/* After a step: begin if it is time, or do a little more of it. */
void paper_compact(struct paper *paper);
void paper_compact_done(struct paper *paper);

/* ---- report.c: from the world to events; `answer` ones may be lost by a fault ---- */
#define PAPER_EVENT(name, type_)                                                                   \
    {.head = {.size = (uint32_t)sizeof(struct pawl_ev_##name), .type = (type_)}}
void paper_report_accepted(struct paper *paper, const struct paper_order *order, bool answer);
void paper_report_amended(struct paper *paper, const struct paper_order *order, bool answer);
void paper_report_ended(struct paper *paper, const struct paper_order *order, const char *reason,
                        bool answer);
void paper_report_refused(struct paper *paper, const char *id, uint8_t op, enum paper_refusal why,
                          const struct paper_fault *fault);
void paper_fill_execution(struct paper *paper, const struct paper_execution *execution,
                          struct pawl_ev_execution *ret);
void paper_fill_status(struct paper *paper, const struct paper_order *order,
                       struct pawl_ev_status *ret);
void paper_venue_id_text(uint64_t order, char out[PAPER_VENUE_ID_SIZE]);

/* ---- requests.c ---- */
void paper_request(struct paper *paper, const union paper_any *request);
/* The account's slot; 0 = unknown. `ret_mode_bad` = the venue needs the other mode. */
uint32_t paper_account_slot(struct paper *paper, uint32_t account, bool *ret_mode_bad);
bool paper_is_hedging(const struct paper *paper, uint32_t account_slot);

/* ---- checks.c: why a request is refused, PAPER_REFUSE_NONE if it is not ---- */
enum paper_refusal paper_check_submit(struct paper *paper, const struct pawl_ev_submit *submit,
                                      const struct paper_order *order);
enum paper_refusal paper_check_terms(const struct paper *paper, const struct paper_order *order);
bool paper_is_ticket_venue(const struct paper *paper);
bool paper_is_conditional(const struct paper_order *order);
/* A limit that the market is already beyond. */
bool paper_is_marketable(const struct paper *paper, const struct paper_order *order);

/* ---- fill.c ---- */
/* Trade what is possible of the order at this price; it may end. */
void paper_fill(struct paper *paper, struct paper_order *order, int64_t price_e8, int64_t venue_ns);
/* What the order may still close; INT64_MAX where it is not bound to reduce. */
int64_t paper_reducible(const struct paper *paper, const struct paper_order *order);
void paper_end(struct paper *paper, struct paper_order *order, uint8_t state, const char *reason,
               bool answer);
/* Order changed: into the file, into or out of the list, bounds drawn in. */
void paper_changed(struct paper *paper, struct paper_order *order);
void paper_expire(struct paper *paper, struct paper_symbol *symbol);
/* Somebody else's trade: quantity above 0 buys, below 0 sells. */
void paper_foreign_trade(struct paper *paper, uint32_t account, uint32_t symbol,
                         int64_t quantity_e8, int64_t price_e8);

/* ---- match.c, bar.c ---- */
void paper_market(struct paper *paper, const struct pawl_event *event);
/* Bounds of a symbol: by all that works; drawn in for one that changed, whose old ones may stay. */
void paper_bounds(struct paper_symbol *symbol);
void paper_bounds_with(struct paper_symbol *symbol, const struct paper_order *order);
bool paper_is_immediate(const struct paper_order *order);
enum paper_line paper_stop_line(const struct paper_order *order); /* of one that has not fired */
static inline bool paper_is_limit(const struct paper_order *order) {
    return order->kind == PAWL_KIND_LIMIT ||
           (order->kind == PAWL_KIND_STOP_LIMIT && order->triggered);
}
/* The market's price for the order: ask to buy, bid to sell. */
static inline enum paper_line paper_trade_line(const struct paper_order *order) {
    return order->side == PAWL_SIDE_BUY ? PAPER_ASK : PAPER_BID;
}
bool paper_limit_reached(const struct paper *paper, const struct paper_order *order,
                         int64_t price_e8);
void paper_match(struct paper *paper, struct paper_symbol *symbol, const struct paper_tick *tick);
void paper_stop_fires(struct paper *paper, struct paper_order *order, int64_t price_e8,
                      int64_t venue_ns);
void paper_bar(struct paper *paper, struct paper_symbol *symbol, const struct pawl_ev_bar *bar);

/* ---- faults.c ---- */
void paper_fault_event(struct paper *paper, const struct pawl_ev_fault *fault);
/* Takes one use of the first fault that fits; false = none does. */
bool paper_fault_take(struct paper *paper, uint8_t what, uint8_t op, uint8_t role, uint32_t symbol,
                      const char *id, struct paper_fault *ret);
uint64_t paper_lot_of(const char *id); /* 0 = not a client id of ours */
uint8_t paper_role_of(const char *id);

/* ---- query.c ---- */
void paper_query(struct paper *paper, const struct pawl_ev_query *query);

#endif
