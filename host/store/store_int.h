/*
 * store_int.h - the inside of the store, shared by its files:
 *
 *   store.c    the calls of store.h: collect, hand over, wait
 *   open.c     from a path to a checked, migrated database with its boot raised
 *   wal.c      is the write-ahead log whole?
 *   migrate.c  numbered migrations, tables made and extended, the backup before
 *   shape.c    a record type as columns; a row in and out of SQL
 *   writer.c   a group of batches as one transaction; checkpoints; the thread
 *   redo.c     the same in one write to a file beside, until its changes are in their tables;
 *              redo_read.c: after a crash
 *   sql.c      statements and error texts
 */
#ifndef STORE_STORE_INT_H
#define STORE_STORE_INT_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "base/disk.h"
#include "store/shape.h"
#include "store/store.h"

#define STORE_APPLICATION_ID 0x5041574c /* "PAWL", in the header of the file */
#define STORE_PATH_MAX 900u
#define STORE_BACKUPS_MAX 10000u
#define STORE_SQL_MAX 32768u

struct shape_found {
    const struct pawl_record_type *type; /* NULL = none */
    uint32_t shape;
};

/* ---- batches ---- */

enum change_op { CHANGE_PUT = 1, CHANGE_ERASE, CHANGE_SUPERSEDED };
struct change { /* followed by the row; a multiple of 8 bytes in all */
    uint32_t size;
    uint16_t shape;
    uint16_t op;
    uint64_t key;
};
struct batch {
    uint8_t *bytes;
    size_t size, capacity;
    uint32_t turns; /* how many commits it holds; unfiled: how many groups */
    uint64_t last_turn;
};

/* What is written, and in no table yet. */
struct redo {
    struct disk_file *file; /* NULL under none */
    uint32_t segment, at;   /* where the next group goes */
    uint64_t number;        /* of the newest group */
    struct batch unfiled;   /* the changes; turns: how many groups */
    struct batch bytes;     /* of the group being written */
};

struct store {
    char path[STORE_PATH_MAX + 1];
    char vfs[64]; /* "" = the system's */
    enum store_durability durability;
    bool threaded, held;
    void (*wake)(void *arg);
    void *wake_arg;
    struct disk *disk;
    bool disk_owned;
    uint32_t boot;
    bool backed_up; /* in this run */

    struct shape *shapes[STORE_TYPES_MAX];
    uint32_t shapes_count;
    uint32_t expected; /* how many came by store_expect(); those without `put` have no table yet */
    struct shape_found found[32]; /* looked up before, by their address */
    struct batch current; /* loop only */
    bool unpushed;        /* loop only: committed, and the writer was not woken for it */
    int64_t slow_until_ns; /* loop only: until then it writes nothing itself */

    pthread_mutex_t db_lock; /* held by whoever uses db */
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *put_filed;
    uint32_t wal_frames; /* not yet in the main file */
    atomic_uint_fast64_t wal_bytes;
    struct batch working; /* being written by the writer */
    struct batch here;    /* being written by the loop */
    struct batch filing;  /* going to its tables */

    pthread_mutex_t redo_lock; /* taken inside db_lock, outside lock; the loop only tries it */
    struct redo redo;

    pthread_mutex_t lock; /* guards what follows, for the writer thread */
    pthread_cond_t to_writer, from_writer;
    pthread_t thread;
    bool thread_runs, writer_busy, stop, abandon;
    bool writing; /* the writer has taken something that is not written yet */
    struct batch queued;
    bool pushed;  /* some of it is waited for; the rest goes along */
    bool to_file; /* something is in no table yet */
    bool is_full; /* much is */
    int64_t quiet_since_ns; /* when something was written last */
    struct store_page *pages; /* to be read */
    struct pawl_err failure;
    atomic_bool failed; /* also read without the lock */
    atomic_uint_fast64_t durable_turn;

    struct metric *m_commit_ns, *m_transactions, *m_rows, *m_checkpoints;
};

/* sql.c */
/* The text of the connection's error as "PATH: what: why", with the code that fits. */
int sql_fail(struct store *store, const char *what, struct pawl_err *err);
int sql_run(struct store *store, const char *sql, struct pawl_err *err);
/* One integer from the first column of the first row. */
int sql_integer(struct store *store, const char *sql, int64_t *ret, struct pawl_err *err);
int sql_prepare(struct store *store, const char *sql, sqlite3_stmt **ret, struct pawl_err *err);
int sql_step_done(sqlite3_stmt *statement); /* SQLITE_OK, and reset */
/* "PATH: why" for a database that is damaged, with how to restore. */
int sql_damaged(struct store *store, struct pawl_err *err, const char *format, ...)
    PAWL_PRINTF(3, 4);

struct sql_text { /* builds a statement; overflow is remembered, not cut silently */
    char *bytes;
    size_t size, capacity;
    bool overflow;
};
void sql_add(struct sql_text *text, const char *format, ...) PAWL_PRINTF(2, 3);

/* read.c */
void read_do(struct store *store, struct store_page *page); /* writer; not inside a transaction */
struct store_page *read_take(struct store *store);          /* the lock is held; NULL = none */
void read_end(struct store *store);                         /* no writer any more */

/* wal.c */
int wal_check(struct store *store, struct pawl_err *err);

/* migrate.c */
#define STORE_REDO_VERSION 3 /* knows how far it is filed */
struct store_migration {
    uint32_t version; /* the database has after it; 1, 2, 3 ... */
    const char *sql;
};
extern const struct store_migration store_migrations[];
extern const uint32_t store_migrations_count;

enum shape_fit { SHAPE_FITS = 1, SHAPE_NEW, SHAPE_GROWS };
/* Compare the type with its table; nothing is changed. */
int shape_compare(struct store *store, const struct shape *shape, enum shape_fit *ret,
                  struct pawl_err *err);
int shape_adapt(struct store *store, const struct shape *shape, struct pawl_err *err);
int store_backup(struct store *store, int64_t version, struct pawl_err *err);
int store_migrate(struct store *store, const struct store_migration *list, uint32_t count,
                  int64_t version, struct pawl_err *err);

/* open.c */
int store_open_migrating(const struct store_options *options, const struct store_migration *list,
                         uint32_t count, struct store **ret, struct pawl_err *err);
void store_disconnect(struct store *store, bool clean);
/* Make or extend the table of the shape, with a backup first where it is extended, and prepare it;
 * with db_lock, outside a transaction. A failure on the way is the end of the connection. */
int store_adapt(struct store *store, struct shape *shape, struct pawl_err *err);
/* Find or make the shape of a type. */
int store_shape_add(struct store *store, const struct pawl_record_type *type, struct shape **ret,
                    struct pawl_err *err);
void store_free(struct store *store);
int64_t store_check_of(int64_t number); /* of a number that has nothing else to check it */

/* writer.c */
int writer_start(struct store *store, struct pawl_err *err);
void writer_stop(struct store *store, bool abandon);
/* Write the group as one transaction. Holds db_lock. A failure is for good. */
int writer_apply(struct store *store, struct batch *group);
/* What is in no table yet goes there; db_lock is held, outside a transaction. A failure
 * is for good, and after one this fails, too. */
int writer_file(struct store *store, struct pawl_err *err);
/* A transaction of what is in no table yet and of what never was in PATH-redo. db_lock is held;
 * until the end nobody writes a group, which could be durable before this is. The end commits if rc
 * is PAWL_OK; it follows on every begin. */
int writer_begin(struct store *store, struct pawl_err *err);
int writer_end(struct store *store, int rc, struct pawl_err *err);
int writer_checkpoint(struct store *store, struct pawl_err *err); /* db_lock is held */
/* Write what is queued on the caller's thread, if that makes nobody wait; false = it did not. */
bool writer_spare(struct store *store);
enum writer_quiet { WRITER_BUSY, WRITER_PAUSES, WRITER_IDLE };
/* What is due, the quieter the more: tables, checkpoint. True: something is in no table yet. */
bool writer_tidy(struct store *store, enum writer_quiet quiet);
void writer_failed(struct store *store, const struct pawl_err *err);
void batch_done(struct batch *batch);
int batch_reserve(struct batch *batch, size_t more);
struct change *batch_at(const struct batch *batch, size_t at);

#endif
