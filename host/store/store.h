/*
 * store.h - the one place that writes the database.
 *
 * Records are collected during a turn (store_put, store_erase) and handed over as one batch
 * (store_commit). Whatever is queued becomes durable as one write to PATH-redo, or, where it is
 * large, as one transaction; a writer thread, which alone knows SQLite (WAL), files the former
 * later. Completion comes back through `wake` and store_durable_turn(). Without a thread (backtest,
 * simulation) store_commit() writes before it returns. The database is read by store_load() only.
 *
 * Open   raises `boot` durably before it returns; runs numbered migrations, with a backup first;
 *        never starts on a database that cannot be read: the error says what is wrong and how to
 *        restore, and the file is left byte for byte as it was.
 * Lock   the database belongs to one process at a time; a second one is refused, readers too.
 * Full     each transaction is synced before it counts as durable: survives a power cut.
 * Process  survives the death of the process; a power cut may undo the last transactions.
 * None     written in large groups, and complete at once: for runs that can be repeated.
 * Fail   after a failed write or sync nothing is retried on the same connection: the store is
 *        failed for good, store_failed() says why, further batches are refused with PAWL_E_IO.
 * Thread loop only, but for the writer inside.
 * Owner  rows are copied in.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>

#include "pawl_plugin.h"

#define STORE_QUEUE_BATCHES_MAX 4096u
#define STORE_BATCH_BYTES_MAX (16u << 20)
#define STORE_QUEUE_BYTES_MAX (64u << 20)
#define STORE_TYPES_MAX 256u /* record types, plugins' own included */

enum store_durability { STORE_FULL = 1, STORE_PROCESS, STORE_NONE };

struct store;
struct metrics;

struct store_options {
    const char *path; /* of the database file; its folder exists; at most 900 bytes */
    const char *vfs;  /* SQLite VFS: NULL = the system's, or a name given to store_vfs_new() */
    enum store_durability durability;
    bool threaded;
    bool held; /* not threaded: store_commit() queues, store_flush() writes; for the simulator */
    void (*wake)(void *arg); /* on the writer thread, when something completed; threaded only */
    void *wake_arg;
    struct metrics *metrics; /* NULL = none */
};

int store_open(const struct store_options *options, struct store **ret, struct pawl_err *err);
/* Flush what was committed, checkpoint, close. Accepts NULL. */
void store_close(struct store *store);
/* Close without writing anything more: what a crash leaves. For tests and the simulator. */
void store_abandon(struct store *store);

uint32_t store_boot(const struct store *store);

/* Create or extend (append-only) the type's table; the file is copied to PATH.bak-VERSION-N before
 * it is extended. Host records are registered by store_open(), a plugin's before its rows are
 * loaded; the same table again is allowed if the type is the same or has grown. A session type is
 * accepted and nothing of it is ever stored. A type as it was registered before costs nothing; else
 * it waits for what is queued. */
int store_register(struct store *store, const struct pawl_record_type *type, struct pawl_err *err);
/* The same for a type whose rows are in memory already: its table is made or extended by the writer
 * before the first row is written, so nobody waits, and a type that is never used leaves no
 * trace. */
int store_expect(struct store *store, const struct pawl_record_type *type, struct pawl_err *err);
/* The type's memory is going away; its table and what is queued stay, and are those of `other`, an
 * equal type elsewhere in memory. NULL = nobody's. */
void store_forget(struct store *store, const struct pawl_record_type *type,
                  const struct pawl_record_type *other);
/* True if store_register() would not have to wait. */
bool store_knows(struct store *store, const struct pawl_record_type *type);

/* Every row of a type in key order. A row that cannot be read is an error, never skipped. */
int store_load(struct store *store, const struct pawl_record_type *type,
               int (*row)(void *arg, const void *row, struct pawl_err *err), void *arg,
               struct pawl_err *err);

/* Collect. PAWL_E_BUSY: the batch has STORE_BATCH_BYTES_MAX bytes. PAWL_E_INVAL: the type is not
 * registered, the key is 0 or above INT64_MAX, or a text is not terminated. */
int store_put(struct store *store, const struct pawl_record_type *type, const void *row);
int store_erase(struct store *store, const struct pawl_record_type *type, uint64_t key);
/* How much is collected; store_rewind() takes back what was collected since. */
size_t store_mark(const struct store *store);
void store_rewind(struct store *store, size_t mark);
/* Hand over what was put since the last commit as `turn`. An empty batch completes like any other.
 * PAWL_E_BUSY: the queue is full; nothing is lost, commit again later. Threaded: the writer sees it
 * with the next store_push(), when many wait, or within a second. */
int store_commit(struct store *store, uint64_t turn);
/* Wake the writer for what was committed. On a machine whose cores are busy it takes the caller's,
 * so what must not wait for it goes first. */
void store_push(struct store *store);
/* The same for what is waited for. Under `process` writing is a copy into the system's memory,
 * cheaper than waking anybody: while the writer is at nothing and the disk not slow, it is done
 * before this returns, and `wake` is not called. */
void store_push_now(struct store *store);
bool store_pushed(const struct store *store);
/* Newest turn that is durable as configured (and every one before it). Threaded: reads what the
 * writer reported. */
uint64_t store_durable_turn(struct store *store);
/* PAWL_OK, or PAWL_E_IO with why. */
int store_failed(const struct store *store, struct pawl_err *err);
/* Wait until everything committed is durable or failed. Blocks: start, stop and tests only. */
int store_flush(struct store *store, struct pawl_err *err);
/* Some rows of a table, read by the writer between two transactions. */
#define STORE_PAGES_MAX 128u /* waiting */
#define STORE_PAGE_ROWS_MAX 1024u
struct store_page {
    const char *table;
    uint32_t row_size; /* of the type's struct */
    uint32_t limit;    /* rows */
    uint64_t after;    /* keys above it; newest: below it, 0 = from the last one */
    bool newest;       /* downwards */
    const char *column; /* only rows with this value there; NULL = all. Not indexed: it is a scan */
    uint64_t value;
    void (*done)(void *arg); /* on the writer thread, once */
    void *arg;
    /* The answer. */
    void *rows; /* count of them; the caller's, mem_free() */
    uint32_t count;
    struct pawl_err err;
    struct store_page *next; /* the store's */
};
/* The page and its texts stay where they are until done(). Without a thread it is done before this
 * returns. PAWL_E_BUSY: too many wait, or the store is closing; PAWL_E_INVAL. */
int store_read(struct store *store, struct store_page *page);
uint64_t store_bytes_written(const struct store *store); /* to the write-ahead log */

#endif
