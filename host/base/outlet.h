/*
 * outlet.h - lines of text for a descriptor that may not take them: a pipe nobody reads, a terminal
 * that was stopped with Ctrl-S, a journal that hangs, a file on a disk that is full.
 *
 * What is written to the stream waits in memory until outlet_flush() hands over what the descriptor
 * takes at once. Beyond OUTLET_BYTES_MAX whole lines are left out and counted.
 *
 * Thread loop only.
 */
#ifndef BASE_OUTLET_H
#define BASE_OUTLET_H

#include <stdbool.h>
#include <stdio.h>

#include "pawl_types.h"

#define OUTLET_BYTES_MAX (1u << 20)

struct outlet;

/* waits: the whole text goes out with every flush, however long that takes: where a reader that is
 * slow should slow down the writer. */
int outlet_new(int fd, bool waits, struct outlet **ret, struct pawl_err *err);
/* Hands over what is left; when nothing was taken for OUTLET_END_MS in all, it is left out. */
#define OUTLET_END_MS 1000
void outlet_end(struct outlet *outlet);
/* The descriptor stays open. Accepts NULL. */
void outlet_free(struct outlet *outlet);
FILE *outlet_stream(struct outlet *outlet);
/* True if something is left: try again. */
bool outlet_flush(struct outlet *outlet);
/* Lines left out since this was last asked. */
uint64_t outlet_lost(struct outlet *outlet);

/* The descriptor takes OUTLET_PIECE_MAX bytes without delay, or has nobody at its other end. */
#define OUTLET_PIECE_MAX 4096u
bool outlet_takes(int fd);
/* What to write to for that to hold of a terminal too, which takes a part of what it said it would
 * and then makes the writer wait: a descriptor of it that never waits, to be closed if it is not
 * `fd`. The flags of `fd` itself are those of the shell as well. */
int outlet_descriptor(int fd);

#endif
