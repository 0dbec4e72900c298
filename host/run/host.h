/*
 * host.h - one of everything, put together: names, store, bus, book, executor, plugins.
 *
 * The host is the same object live, in a backtest and in the simulator; who drives it decides what
 * time is and when commands leave:
 *
 *     host_start()                    open the store, restore, create the plugins
 *     host_begin(now)                 start the clock, `restored` to each plugin
 *     host_input(event, now)          one turn, then its batch goes to the store
 *     host_timer(now)                 one due timer as a turn; false = none is due
 *     host_release()                  release what is durable by now, until nothing more is
 *     host_stop()                     flush and close; or host_abandon(): what a crash leaves
 *
 * With `instant` set (backtest) a batch counts as stored at once and host_input() releases before
 * it returns; else the runner calls host_release() when the store has woken it.
 *
 * Thread loop only. Errors: start explains itself in *err; later host_fault() says why to stop.
 */
#ifndef RUN_HOST_H
#define RUN_HOST_H

#include "base/hash.h"
#include "plugin/instance.h"
#include "plugin/io.h"
#include "plugin/market_queue.h"
#include "rules/book_world.h"
#include "run/told.h"
#include "series/series.h"

#define HOST_PLUGINS_MAX CONFIG_PLUGINS_MAX

struct host_options {
    const struct config *config;
    const struct pawl_plugin *const *plugins; /* loaded, in the configuration's order */
    const char *data_dir;                     /* exists */
    struct disk *disk;                        /* for plugins' files */
    const char *vfs;                          /* of the store; NULL = the system's */
    uint32_t durability;                      /* enum store_durability */
    bool threaded;                            /* the store has its writer thread */
    bool held;                                /* the runner calls store_flush(): simulator */
    bool instant;
    bool offline; /* no broker hears that it has begun, so nothing leaves */
    void (*wake)(void *arg); /* from the writer thread; threaded only */
    void *wake_arg;
    struct log *log;
    enum io_mode io_mode; /* IO_NONE unless said */
    struct net *net;      /* IO_LIVE; outlives the host */
    /* Each state event, and if `trace_lines` is set its JSON line without newline, else an empty
     * one; NULL = not wanted. */
    void (*trace)(void *arg, const struct pawl_event *event, const char *line, size_t length);
    bool trace_lines;
    void *trace_arg;
    /* Every event as it is delivered, market data too; NULL = not wanted. Only looks. */
    void (*observe)(void *arg, const struct pawl_event *event);
    void *observe_arg;
    const struct host_recorder *recorder; /* NULL = none */
    struct metrics *metrics; /* of the store; NULL = none */
    int64_t start_ns; /* clock at which it begins; 0 = host_begin() follows */
};

struct host_counts { /* of the inputs, for the summary */
    uint64_t events, quotes, trades, bars, signals;
    int64_t first_ns, last_ns;
};

struct tz;
struct host_day { /* of one configured account */
    uint32_t account;
    int64_t reset_second; /* of the local day */
    struct tz *tz;
};

/* What a reload replaces besides plugins and data: rules, calendars. Two of it stand beside each
 * other until one is dropped. A part fills in one line at the start: host->parts[part_count++]. */
#define HOST_PARTS_MAX 4u
#define HOST_PART_NOTE_MAX 127u
struct host_part {
    const char *name;
    void *arg;
    /* Make it from the new configuration; *ret_staged NULL = as it is. The note says what differs,
     * for the plan. Faults go to *errors; nothing may have changed then. */
    int (*stage)(void *arg, const struct config *next, void **ret_staged,
                 char ret_note[HOST_PART_NOTE_MAX + 1], struct config_errors *errors);
    /* Cannot fail; the configuration is in force already. Between turns. */
    void (*swap)(void *arg, void *staged);
    void (*drop)(void *arg, void *staged); /* it is not wanted after all */
};

struct host_reload { /* for status and metrics */
    uint32_t generation; /* reloads that changed something */
    uint64_t refused;
    bool on_old;         /* the last one was refused: running on the old configuration */
    int64_t at_ns;       /* of the last one; 0 = none yet */
    char reason[256];    /* why it was refused */
};

struct host {
    struct host_options options;
    struct names *names;
    struct bus *bus;
    struct store *store;
    struct book book;
    struct exec exec;
    struct calendars *calendars; /* others know this place, not what stands in it */
    struct series_set *series;
    struct rules_host rules_host;
    struct rules *rules;
    struct io *io;
    struct market_queue *market;
    struct beside *beside;
    struct services services;
    struct instance *instances[HOST_PLUGINS_MAX]; /* in the configuration's order */
    uint32_t instance_count;
    struct hash trace_hash;
    struct host_counts counts;
    struct pawl_money equity_start; /* as restored, by the prices there are: none */
    uint64_t row;        /* of the feed, of the last input */
    uint64_t stored_row; /* of the last batch */
    uint32_t schedule_count;
    struct pawl_rec_schedule schedules[CONFIG_SCHEDULE_MAX];
    uint32_t day_count;
    struct host_day days[CONFIG_ACCOUNTS_MAX];
    uint32_t instrument_room; /* ids of instruments that the book has memory for */
    struct host_reload reload;
    void (*take_over)(void *arg); /* set for a reload's turn, called before anybody hears of it */
    void *take_over_arg;
    struct host_part parts[HOST_PARTS_MAX];
    uint32_t part_count;
    uint64_t committed_turn;
    const struct pawl_event *given; /* the input of this turn, for the recorder */
    bool telling; /* what happens now follows from what the recorder was told */
    uint32_t orphans;
    bool begun;
    bool store_down;    /* the database failed: nothing new is entered, protection goes on */
    bool extra_changed; /* the batch holds something besides the book's changes */
    char fault[192];    /* why it must not go on; empty = well */
};

int host_start(const struct host_options *options, struct host **ret, struct pawl_err *err);
/* Once: the clock starts here and `restored` goes to each plugin; one that refuses is an error. */
int host_begin(struct host *host, int64_t now_ns, struct pawl_err *err);
void host_stop(struct host *host);    /* flush and close; accepts NULL */
void host_abandon(struct host *host); /* nothing more is written; accepts NULL */

void host_input(struct host *host, struct pawl_event *event, int64_t now_ns);
/* An event of family 0x09, from the net or a recording: addressed to who asked. */
void host_io(struct host *host, struct pawl_event *event, int64_t now_ns);
int64_t host_next_due(const struct host *host); /* TIMERS_NEVER = no timer is set */
bool host_timer(struct host *host, int64_t now_ns);
void host_release(struct host *host);
/* A replay: release as if this turn were the newest that is durable. */
void host_release_to(struct host *host, uint64_t durable);
/* A replay: the database failed here. */
void host_disk_failed(struct host *host);
/* Half the spread that the feed of trades declares. */
void host_set_spread(struct host *host, uint32_t instrument, int64_t half_e8);
/* The disk has stalled: let protective commands go. */
void host_release_protective(struct host *host);
bool host_waiting(const struct host *host);      /* commands wait for the disk */
const char *host_fault(const struct host *host); /* NULL = well */
/* An operator's order for the whole host, as a turn of its own. reason outlives the call. */
void host_command(struct host *host, enum exec_command command, const char *reason, int64_t now_ns);
/* A state event of the host's own, as a turn of its own. */
void host_tell(struct host *host, struct pawl_event *event);
/* Equity of all accounts together. */
struct pawl_money host_equity(const struct host *host);
uint64_t
host_feed_row(const struct host *host); /* where a replayed feed goes on; 0 = at its start */

/* ---- internal: restore.c, schedule.c, day.c, turn.c ---- */
int restore_names(struct host *host, struct pawl_err *err);
int restore_book(struct host *host, struct pawl_err *err);
/* An aspect whose holder is not loaded any more goes to its heir, else to the keeper. */
void orphans_keep(struct host *host);
int schedule_init(struct host *host, struct pawl_err *err);
void schedule_begin(struct host *host, int64_t now_ns); /* at the first input */
/* The entry a schedule makes now, in buf; false = none. Sets its next timer. */
bool schedule_fire(struct host *host, uint64_t id, int64_t now_ns, void *buf, size_t max);
int day_init(struct host *host, struct pawl_err *err);
void day_done(struct host *host);
void day_begin(struct host *host, int64_t now_ns); /* at the first input */
void day_fire(struct host *host, uint64_t account, int64_t now_ns); /* before its timer's turn */
/* What the configuration says of an instrument, into its place. */
void host_set_instrument(struct host *host, const struct config *config,
                         const struct config_instrument *from, uint32_t id);
/* Entries made by the clock follow another configuration; what stays equal keeps its place. */
void schedule_exchange(struct host *host, const struct config *next);
struct instance *host_instance(const struct host *host, uint32_t component); /* NULL = none */
/* A strategy or service that runs now, by name; 0 = none. A former plugin or a broker is none. */
uint32_t host_component(const struct host *host, const char *name);
struct event_decode;
void host_decode_env(struct host *host, struct event_decode *ret); /* names in JSON events */
void host_turn(struct host *host, struct pawl_event *event, int64_t now_ns); /* and its batch */
/* True: it was told and the caller sets host->telling back to false after what follows from it. */
bool host_told(struct host *host, struct host_told told);
void host_on_event(void *arg, const struct pawl_event *event);
int names_keep(struct host *host, enum name_space space, const char *text, uint32_t *ret_id,
               struct pawl_err *err);

#endif
