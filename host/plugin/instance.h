/*
 * instance.h - one plugin at work: its context, its own folder, and the tables lent to it.
 *
 * The tables are the same for every instance; what an instance may ask for is its descriptor's
 * `needs`. Everything an instance owns in the host (timers, levels, records, subscriptions) carries
 * its component id, so that it can be found and dropped with it.
 *
 * Thread loop only. Owner: the host; `self` is the plugin's.
 */
#ifndef PLUGIN_INSTANCE_H
#define PLUGIN_INSTANCE_H

#include "base/beside.h"
#include "base/disk.h"
#include "base/log.h"
#include "exec/exec.h"
#include "series/series.h"

#define INSTANCES_MAX 64u
#define INSTANCE_RECORD_TYPES_MAX 16u
#define INSTANCE_RECORD_ROWS_MAX 4000000u /* per type */

/* Rows of one plugin record type, ordered by key. */
struct record_rows {
    const struct pawl_record_type *type;
    struct pawl_record_type own; /* of an instance with a name of its own: its table is its own */
    char own_table[2 * PAWL_NAME_MAX + 34];
    uint32_t count, capacity; /* places; one without a row is empty */
    uint32_t live;            /* rows */
    uint32_t next_at;         /* the place that was asked for last, one after the other */
    uint64_t *keys;
    void **rows;
};

#define HANDLER_SAMPLE 64u
/* Of a plugin that fails at every event: so many alerts in so long a time, and then a count. */
#define FAILURE_ALERTS_MAX 5u
#define FAILURE_ALERTS_NS (60 * PAWL_NS)

struct services { /* what the tables work on */
    int64_t (*monotonic_ns)(void); /* for measuring handlers; NULL = they are not measured */
    struct book *book;
    struct exec *exec;
    struct series_set *series;
    struct io *io;               /* io.h */
    struct market_queue *market; /* what brokers publish of the market: inputs after the turn */
    struct calendars *const *calendars; /* the host's, replaced by a reload */
    struct disk *disk;
    struct beside *beside; /* of that disk: what may take long */
    bool durable;          /* files are synced where a plugin asks for it */
    const char *data_dir;
    struct log *log;
};

struct trial; /* trial.h */

struct instance {
    struct pawl_ctx ctx; /* first: a ctx of ours is its instance */
    const struct pawl_plugin *plugin;
    void *self;
    struct services *services;
    char name[PAWL_NAME_MAX + 1];
    struct pawl_aspects aspects; /* what it does with lots, by its options */
    struct trial *trial; /* not NULL: it is tried and has not taken over */
    bool created; /* inside create() `service` may be asked, publish may not */
    uint32_t record_type_count;
    struct record_rows records[INSTANCE_RECORD_TYPES_MAX];
    struct pawl_rec_lot lent_lot; /* until the next call of pawl.book/1 */
    struct pawl_rec_order lent_order;
    uint64_t failures;             /* events it answered with an error */
    uint64_t untold;               /* of them, since the last alert */
    int64_t alerts_since;          /* of the alerts that are counted */
    uint32_t alerts;
    struct metric *handler;        /* how long it takes, of every HANDLER_SAMPLE-th; NULL = none */
    uint32_t handled;
    struct disk_file *append_file; /* files.c: appended to last */
    int64_t append_size;           /* of it, whole appends only */
    char append_name[PAWL_FILE_NAME_MAX + 1];
    uint64_t sync_job;             /* files.c: under way; 0 = none */
    char sync_path[DISK_PATH_MAX + 1];
    char layout[PAWL_LAYOUT_MAX + 1]; /* of what it offers to the one after it */
    const void *memory;               /* NULL = nothing */
    const struct instance *before;    /* while it is made and tried; NULL = none */
};

/* What a plugin does with lots under these options. */
struct pawl_aspects plugin_aspects(const struct pawl_plugin *plugin, const void *options);
/* Registers its record types with the store, loads their rows, then create(). Options are filled.
 */
int instance_create(struct instance *instance, const struct pawl_plugin *plugin, const char *name,
                    uint32_t component, struct services *services, const void *options,
                    struct pawl_err *err);
/* The same beside the instance it would replace (NULL = none): its records are copies of that
 * one's, then `restored` is handed to it. It is on trial until instance_take_over().
 * PAWL_E_STATE with a sentence: it refuses what it was given. */
int instance_stage(struct instance *instance, const struct pawl_plugin *plugin, const char *name,
                   uint32_t component, struct services *services, const void *options,
                   const struct instance *old, struct pawl_err *err);
/* Inside a turn: what it declared on trial counts from now. */
void instance_take_over(struct instance *instance);
/* Subscribe it to what it listens to, in the order of calls. */
int instance_attach(struct instance *instance, struct pawl_err *err);
/* destroy() and free the rows. Accepts a half-built or zeroed one. */
void instance_done(struct instance *instance);
void instance_free(struct instance *instance); /* and itself, from the heap; accepts NULL */
/* True if the name is a service this host lends; for the loader's check. */
bool service_known(void *unused, const char *name);

/* ---- internal: services.c, records.c, files.c ---- */
const void *service_find(const struct instance *instance, const char *name);
static inline struct instance *instance_of(struct pawl_ctx *ctx) {
    return (struct instance *)ctx;
}
/* Rows of the types `old` (may be NULL) has in memory are copied, those of others loaded. */
int records_load(struct instance *instance, const struct instance *old, struct pawl_err *err);
void records_done(struct instance *instance);
/* The store forgets the types that end with the instance; those that `other` (may be NULL) has,
 * too, are that one's from now on. Before instance_free(), while the store lives on. */
void records_forget(struct instance *instance, const struct instance *other);
extern const struct pawl_book book_table;
extern const struct pawl_records records_table;
extern const struct pawl_files files_table;

#endif
