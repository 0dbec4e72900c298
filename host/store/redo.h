/* redo.h - PATH-redo: what is durable and in no table yet. */
#ifndef STORE_REDO_H
#define STORE_REDO_H

#include "store/store_int.h"

/* redo.c; redo_lock is held while it runs */
int redo_open(struct store *store, struct pawl_err *err); /* an empty one */
void redo_close(struct store *store, bool done);          /* done: nothing in it is needed */
bool redo_takes(const struct store *store, const struct batch *group);
bool redo_is_full(const struct store *store);
/* false in *ret_room: nothing was written, the tables come first. */
int redo_write(struct store *store, const struct batch *group, bool *ret_room,
               struct pawl_err *err);
/* What is in no table yet moves to *ret (what was there goes), and the other segment is next, which
 * has to be filed. Returns the number of the newest group; more: of one that is not in the file.
 */
uint64_t redo_take(struct store *store, bool more, struct batch *ret);

/* redo_read.c */
int redo_check(struct store *store, struct pawl_err *err);   /* is what a crash left whole? */
int redo_recover(struct store *store, struct pawl_err *err); /* a transaction of its own */

/* ---- its bytes ---- */

#define VARINT_SIZE_MAX 10u
#define REDO_SEGMENT_BYTES (512u << 10)
#define REDO_ALIGN 8u
#define REDO_PATH_SIZE (STORE_PATH_MAX + 8)

enum redo_value { REDO_END, REDO_POSITIVE, REDO_NEGATIVE, REDO_TEXT };

struct redo_head { /* of a group; groups begin at multiples of REDO_ALIGN */
    uint64_t check; /* of all behind it */
    uint64_t number;
    uint32_t boot;
    uint32_t size;     /* with this head */
    uint32_t synced;   /* before the next one was begun */
    uint32_t reserved; /* 0 */
};

uint64_t redo_head_check(const void *group, size_t size);
void redo_path(const struct store *store, char path[REDO_PATH_SIZE]);

#endif
