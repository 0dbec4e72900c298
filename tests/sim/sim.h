/*
 * sim.h - the simulator: the host of production and real plugins in one process, on virtual time,
 * with misfortunes drawn from a seed, and checks that share no code with what they check.
 *
 *   sim.c      command line, seeds over processes, summary
 *   plan.c     what a seed draws: venue, instruments, latencies, limits, misfortunes
 *   market.c   prices
 *   wish.c     what comes in besides prices: entries, an operator, faults of the venue
 *   again.c    the plugins' code, and reloads
 *   run.c      one run: time, the disk's answers, ends of the process and its starts
 *   disks.c    two disks that die together; the store read back by plain SQLite
 *   venue.c    the venue's file, read as the truth
 *   truth.c    what must hold whenever the venue has changed
 *   watch.c    what must hold of what the host says it does
 *   check.c    what must hold after a crash and at the end
 *   partner.c  components that share lots: what is wished of them, what must hold
 *   tranche.c  the same of positions in parts
 *
 * One run is a pure function of its seed and of the parts switched off.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "base/disk.h"
#include "base/hash.h"
#include "base/rng.h"
#include "book/report.h"
#include "config/config.h"
#include "run/host.h"
#include "run/session.h"

#define SIM_SYMBOLS_MAX 3u
#define SIM_PLUGINS_MAX 6u
#define SIM_BEGIN_NS (INT64_C(1700000000) * PAWL_NS)
#define SIM_ID_SIZE 24u
#define SIM_LOTS_MAX 4096u
#define SIM_CRASHES_MAX 8u

enum sim_part { /* what --without may switch off */
    SIM_PART_FAULTS = 1,
    SIM_PART_KILLS = 2,
    SIM_PART_STALLS = 4,
    SIM_PART_CHAOS = 8,
    SIM_PART_LINKED = 16,
    SIM_PART_OPERATOR = 32,
    SIM_PART_FOREIGN = 64, /* trades at the venue that are not ours */
    SIM_PART_GAPS = 128,
    SIM_PART_GROW = 256, /* more of a lot than it began with */
    SIM_PART_TRAIL = 512, /* stops that follow the price */
    SIM_PART_RELOAD = 1024,
    SIM_PART_PARTNERS = 2048, /* pyramid and rstop beside the others */
    SIM_PART_TRANCHES = 4096  /* tranche, too */
};

enum sim_venue { SIM_IDEAL = 1, SIM_BINANCE, SIM_MT5 };

/* ---- plan.c ---- */

struct sim_symbol {
    char name[16];
    int64_t tick_e8, step_e8, min_e8, base_e8; /* base: where its price begins */
    int64_t period_ns;                         /* mean time between two quotes */
    int64_t spread_ticks;
};

enum sim_kill {
    SIM_KILL_NOW = 1,        /* between two turns */
    SIM_KILL_STORE_OP,       /* at the kth change of the store's disk */
    SIM_KILL_VENUE_OP,       /* at the kth change of the venue's file */
    SIM_KILL_BEFORE_RELEASE, /* stored, not released */
    SIM_KILL_AFTER_RELEASE,  /* released, the answer not seen */
    SIM_STOP,                /* a proper stop */
    SIM_KILL_KINDS_
};

struct sim_crash {
    int64_t at_ns;
    enum sim_kill kind;
    uint32_t ops;
    bool power_cut;      /* of the store's disk; else the process only */
    uint32_t again_ops;  /* above 0: the start after it dies, too, at its kth change */
    int64_t down_ns;
    uint64_t damage; /* seed of what the cut leaves */
};

struct sim_plan {
    uint64_t seed;
    uint32_t parts;
    enum sim_venue venue;
    bool hedging, linked, feed_rows, flatten;
    bool partners; /* chains, and lots that one opens and another protects */
    bool tranches; /* positions in parts */
    uint8_t tranche_side; /* PAWL_SIDE_*; 0 = both */
    bool whole;    /* rstop takes no parts: it may protect orders of chains */
    bool foreign; /* trades at the venue that are not ours occur */
    uint32_t foreign_policy; /* enum config_foreign */
    uint32_t symbol_count;
    struct sim_symbol symbols[SIM_SYMBOLS_MAX];
    /* Lengths; the tail has no misfortune, then no movement. */
    int64_t active_ns, tail_ns, plateau_ns;
    int64_t disk_min_ns, disk_max_ns;
    uint32_t stall_percent; /* of releases: the disk takes long */
    int64_t fault_period_ns, wish_period_ns, operator_period_ns, reload_period_ns; /* 0 = none */
    uint32_t crash_count;
    struct sim_crash crashes[SIM_CRASHES_MAX];
    int64_t disk_fails_at_ns; /* 0 = never: the store's disk refuses every write from then on */
    bool disk_full;
    int64_t disk_fails_for_ns; /* until somebody restarts it on a good disk */
    uint64_t rng_disk, rng_market, rng_fault, rng_wish, rng_operator, rng_foreign, rng_trail;
    uint64_t rng_reload, rng_partner, rng_tranche;
    uint32_t plugin_count;
    uint8_t plugins[SIM_PLUGINS_MAX]; /* places in sim_plugins */
    char config[12288];
};

extern const char *const sim_plugins[SIM_PLUGINS_MAX];
/* store_op above 0: instead of its own crashes, one at that change of the store's disk. */
void sim_plan_draw(struct sim_plan *plan, uint64_t seed, uint32_t without, uint32_t store_op);

/* ---- market.c ---- */

struct sim_path {
    const struct sim_symbol *symbol;
    int64_t mid_ticks, ask_more_ticks;
    int64_t next_ns;
    uint32_t regime, left;
};

struct sim_market {
    struct rng rng;
    uint32_t count;
    bool gaps;
    struct sim_path paths[SIM_SYMBOLS_MAX];
};

struct sim_quote {
    int64_t bid_e8, ask_e8;
};

void sim_market_init(struct sim_market *market, const struct sim_plan *plan);
uint32_t sim_market_next(const struct sim_market *market); /* the symbol quoted next */
/* Move on; `still` = the price stands. */
void sim_market_step(struct sim_market *market, uint32_t symbol, bool still, struct sim_quote *ret);

/* ---- disks.c ---- */

struct sim_disks {
    struct disk *store, *venue;
    char vfs[32];
    uint64_t left;
    uint32_t mask;
    bool on_store; /* which one counts */
};

int sim_disks_init(struct sim_disks *disks, struct pawl_err *err);
void sim_disks_done(struct sim_disks *disks);
/* The whole machine dies at the kth change of one of them; k = 0 disarms. */
void sim_disks_arm(struct sim_disks *disks, bool on_store, uint32_t k);
void sim_disks_kill(struct sim_disks *disks);
bool sim_disks_dead(const struct sim_disks *disks);
void sim_disks_crash(struct sim_disks *disks, bool power_cut, uint64_t damage);

struct sqlite3;
struct sim_copy { /* of the store's files */
    struct disk *disk;
    struct sqlite3 *db;
    char vfs[32];
};
int sim_copy_open(const struct sim_disks *disks, struct sim_copy *ret, struct pawl_err *err);
void sim_copy_close(struct sim_copy *copy);

/* ---- venue.c: what the venue's file says ---- */

enum venue_role { VENUE_MAIN = 1, VENUE_STOP, VENUE_TARGET, VENUE_SCALE, VENUE_DOUBLEDOWN,
                  VENUE_EXIT };
enum venue_kind { VENUE_ORDER = 1, VENUE_FILL, VENUE_POSITION, VENUE_LINK, VENUE_OTHER };

struct venue_order {
    uint64_t number, ticket, parent;
    char id[SIM_ID_SIZE];
    uint64_t lot; /* from the id */
    uint8_t symbol, side, role, kind; /* symbol + 1; 1 buy 2 sell; enum venue_role; 1 market ... */
    bool works, reduce, dormant, ours;
    int64_t quantity_e8, filled_e8, price_e8, stop_e8;
};
struct venue_fill {
    uint64_t number, order, ticket;
    char id[SIM_ID_SIZE];
    uint8_t symbol, side;
    int64_t quantity_e8, price_e8;
};
struct venue_position {
    uint64_t ticket;
    uint8_t symbol, side; /* 1 long 2 short */
    int64_t quantity_e8, told_e8; /* our sum; the file's */
};

struct venue {
    struct disk *disk;
    const struct sim_plan *plan;
    int64_t offset; /* bytes of whole steps read */
    uint64_t compactions; /* of the file that is read */
    int64_t created_s;
    char *buffer;
    size_t buffer_size;
    struct venue_order *orders; /* by number; number 0 = none */
    size_t order_count;
    struct venue_fill *fills;
    size_t fill_count;
    struct venue_position *positions; /* by our own sums of the fills */
    size_t position_count;
    bool link_down;
    uint64_t lines;
};

struct sim_run;
void sim_venue_init(struct venue *venue, struct disk *disk, const struct sim_plan *plan);
void sim_venue_done(struct venue *venue);
/* Read what is new; each change goes to truth.c. False: the file cannot be understood. */
bool sim_venue_read(struct sim_run *run);
bool sim_id_parse(const char *id, uint64_t *ret_lot, uint8_t *ret_role); /* ours, and whole */
int64_t sim_position(const struct venue *venue, uint8_t symbol, uint8_t side);

/* ---- run.c ---- */

struct sim_lot { /* what was ever wanted of a lot, and what its stop was at the venue */
    int64_t want_in_e8, want_out_e8;
    int64_t tightest_e8; /* 0 = none yet */
    uint64_t tightest_by; /* the venue's number of that order */
    int64_t bare_ns; /* since when the venue has no stop although the host says so; 0 = it has */
    bool forced;         /* an operator has loosened its stop */
    bool follows;        /* its stop may follow its entry */
    uint32_t merged; /* lots that became part of it, */
    uint64_t into;   /* and the one that it became part of; 0 = none */
};

struct sim_watch {
    struct sim_order {
        char id[SIM_ID_SIZE];
        uint64_t lot;
        uint8_t role, kind;
        int64_t leaves_e8;
    } *orders; /* live, by what the host said */
    size_t order_count, order_capacity;
    char (*sent)[SIM_ID_SIZE]; /* every id that was released */
    size_t sent_count, sent_capacity;
    char (*early)[SIM_ID_SIZE]; /* released although the disk stood still */
    size_t early_count, early_capacity;
    uint64_t *fills; /* numbers of the fills of turns that are stored */
    size_t fill_count, fill_capacity, fill_stored;
    int64_t open_e8[SIM_LOTS_MAX];
    bool naked[SIM_LOTS_MAX];
    uint64_t alerts, critical, unknown, guard_fired, overruns, unattributed;
};

struct sim_code { /* the real .so files, in the order of sim_plugins */
    struct loader *loader;
    char path[SIM_PLUGINS_MAX][4096];
};

struct sim_run {
    const struct sim_plan *plan;
    const struct sim_code *code;
    struct session session;
    const struct config *config;              /* the session's */
    const struct pawl_plugin *const *plugins; /* the session's */
    int config_fd;
    char so[SIM_PLUGINS_MAX][4200];
    const char *sets[SIM_PLUGINS_MAX];
    struct sim_disks disks;
    struct venue venue;
    struct sim_market market;
    struct sim_watch watch;
    struct host *host; /* NULL = the process is down */
    struct hash hash;  /* of everything told, over all lives */
    uint32_t instruments[SIM_SYMBOLS_MAX]; /* durable ids */
    int64_t now_ns;
    int64_t quiet_ns, still_ns, end_ns; /* no wishes, no movement, nothing more */
    /* When what is due; 0 = it is not. */
    int64_t calm_ns, flatten_ns, next_fault_ns, next_wish_ns, next_operator_ns, next_foreign_ns;
    int64_t next_reload_ns, next_partner_ns, next_tranche_ns;
    int64_t reconnect_ns, write_ns, protect_ns, disk_fails_ns, heal_ns;
    uint64_t row;
    struct rng rng_disk, rng_fault, rng_wish, rng_operator, rng_foreign, rng_trail;
    struct rng rng_reload, rng_partner, rng_tranche;
    bool dead;         /* a disk died in the last turn, the process with it */
    bool disk_failing; /* it refuses every write */
    bool flattened, foreign_done, trace;
    bool kill_at_release, kill_after_release;
    uint32_t crash_at; /* the next of the plan's */
    const struct sim_crash *armed;
    bool quoted[SIM_SYMBOLS_MAX]; /* since the last start */
    struct sim_quote last[SIM_SYMBOLS_MAX];
    struct sim_lot lots[SIM_LOTS_MAX];
    int64_t foreign_e8[SIM_SYMBOLS_MAX]; /* net of what others traded; above 0 = bought */
    uint32_t lives;
    uint64_t turns, failed_count;
    char failure[512]; /* the first; empty = none */
};

struct sim_tally {
    uint64_t seeds, failed, turns, orders, fills, lives, critical, unknown, early, hash;
};

void sim_run_seed(uint64_t seed, uint32_t without, uint32_t store_op, bool trace,
                  const struct sim_code *code, struct sim_tally *tally, uint64_t *ret_hash,
                  char failure[512]);
/* The invariant does not hold. The first is kept and ends the run. */
void sim_fail(struct sim_run *run, const char *invariant, const char *format, ...)
    PAWL_PRINTF(3, 4);
void sim_say(struct sim_run *run, const char *format, ...) PAWL_PRINTF(2, 3); /* with --trace */
void sim_input(struct sim_run *run, struct pawl_event *event);
uint32_t sim_instrument(const struct sim_run *run, uint32_t symbol); /* durable id */

/* ---- again.c ---- */
bool sim_load(struct sim_run *run);
void sim_unload(struct sim_run *run);
void sim_reload(struct sim_run *run);

/* ---- wish.c ---- */
void sim_wish_entry(struct sim_run *run);
void sim_wish_operator(struct sim_run *run);
void sim_wish_partner(struct sim_run *run); /* partner.c */
void sim_wish_tranche(struct sim_run *run); /* tranche.c */
void sim_wish_fault(struct sim_run *run);
void sim_wish_foreign(struct sim_run *run);
void sim_wish_flatten(struct sim_run *run);
void sim_wish_reconnect(struct sim_run *run);

/* ---- truth.c ---- */
uint64_t sim_heir(const struct sim_run *run, uint64_t lot);
void sim_truth_restart(struct sim_run *run);
void sim_truth_merged(struct sim_run *run, uint64_t into, uint64_t from);
void sim_truth_order(struct sim_run *run, const struct venue_order *before,
                     const struct venue_order *now);
void sim_truth_fill(struct sim_run *run, const struct venue_fill *fill,
                    const struct venue_order *order);
void sim_truth_step(struct sim_run *run); /* a step of the venue is whole */
void sim_truth_quote(struct sim_run *run); /* now and then: is what the host calls protected so? */

/* ---- watch.c ---- */
void sim_watch_event(struct sim_run *run, const struct pawl_event *event);
void sim_watch_stored(struct sim_run *run); /* all that was told is durable */
/* The host knows what is stored. */
void sim_watch_restart(struct sim_run *run, struct sim_copy *copy);
void sim_watch_done(struct sim_watch *watch);
bool sim_watch_early(const struct sim_watch *watch, const char *id);

/* ---- check.c ---- */
void sim_check_crash(struct sim_run *run);
void sim_check_end(struct sim_run *run);

/* ---- partner.c ---- */
struct sqlite3;
struct sim_rule {
    const char *what, *sql; /* a row is a violation: a number, and a text */
    bool flattened;         /* only where everything was closed */
};
void sim_check_rules(struct sim_run *run, struct sqlite3 *db, const struct sim_rule *all,
                     size_t count);
void sim_check_partners(struct sim_run *run, struct sqlite3 *db);
void sim_check_tranches(struct sim_run *run, struct sqlite3 *db);
/* Some profile for an entry through linked, or none. */
void sim_wish_profile(struct sim_run *run, char profile[32]);
/* One of the first `among` lots, if there are so many, is given one of the profiles. */
void sim_wish_assign(struct sim_run *run, struct rng *rng, uint32_t among,
                     const char *const names[], uint32_t count);

#endif
