/*
 * recording.h - the file of a recording: blocks of items, each with its own check sum.
 *
 *     16 bytes   "PAWLREC\n", format (u32), 0 (u32)
 *     blocks     magic (u32), bytes (u32), number from 0 (u64), items before it (u64), hash (u64),
 *                then the items
 *
 * Numbers are little-endian. A block ends where an item does and can be read without the others. A
 * file that was cut off or damaged is read up to the first block that is not whole.
 *
 * Writing  items are collected in memory; a thread writes them. recording_put() does not wait for
 *          the disk: where RECORDING_BLOCKS_MAX blocks are waiting, or a write fails, the recording
 *          has failed and takes no more. A block that is not full is written after
 *          RECORDING_FLUSH_MS. Nothing is synced.
 * Thread   loop; the writer is inside.
 */
#ifndef RECORD_RECORDING_H
#define RECORD_RECORDING_H

#include <stdio.h>

#include "record/item.h"

#define RECORDING_FORMAT 1u
#define RECORDING_BLOCK_BYTES (64u * 1024u) /* a block is closed when it has this many */
#define RECORDING_BLOCKS_MAX 64u            /* in memory */
#define RECORDING_FLUSH_MS 200
#define RECORDING_HEAD_BYTES 16u
#define RECORDING_BLOCK_HEAD_BYTES 32u

struct recording;

/* The file must not be there. patient: recording_put() waits for the disk instead of failing. */
int recording_new(const char *path, bool patient, struct recording **ret, struct pawl_err *err);
void recording_patient(struct recording *recording, bool patient);
void recording_put(struct recording *recording, const struct item *item);
/* PAWL_OK, or why it takes no more. */
int recording_failed(struct recording *recording, struct pawl_err *err);
void recording_give_up(struct recording *recording, const char *why);
uint64_t recording_bytes(struct recording *recording); /* written so far */
/* Write what waits and close; recording_failed() then says whether all of it is there. */
void recording_finish(struct recording *recording);
void recording_free(struct recording *recording); /* accepts NULL */

/* ---- reading ---- */

struct recording_reader;

/* Takes the stream over. PAWL_E_DATA: this is no recording, or of another format. */
int recording_reader_new(FILE *in, struct recording_reader **ret, struct pawl_err *err);
void recording_reader_free(struct recording_reader *reader); /* accepts NULL */
/* The next item, without going on; NULL = there is none. Valid until recording_next(). */
const struct item *recording_peek(struct recording_reader *reader);
void recording_next(struct recording_reader *reader);
/* Why it ends where it does, with the byte; NULL = at the end of the file, or it has not ended. */
const char *recording_damage(const struct recording_reader *reader);

#endif
