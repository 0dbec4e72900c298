/*
 * item.h - one entry of a recording as bytes.
 *
 * A recording is a sequence of items: what the host was told, what followed from it, and the files
 * a replay needs. Numbers are variable-length, times and events differences to what came before in
 * the same block; so a block is read without any other.
 *
 * [any] No allocation, no I/O. A cursor is of one block.
 */
#ifndef RECORD_ITEM_H
#define RECORD_ITEM_H

#include <stddef.h>

#include "run/told.h"

#define ITEM_NAME_MAX 255u   /* of a file, bytes */
#define ITEM_TEXT_MAX 255u   /* of a command's reason */
#define ITEM_CHUNK_MAX 16384u /* bytes of a file in one item */
#define ITEM_SIZE_MAX 24576u /* bytes of any item */
#define ITEM_SLOTS 64u       /* events the next one of a kind is compared with */
#define ITEM_WORDS 32u       /* of each, 8 bytes */

enum item_kind {
    ITEM_EFFECT = 32, /* an event that followed; the numbers below it are enum host_told_what */
    ITEM_FILE,        /* a piece of a file: name, number = where, bytes */
    ITEM_START,       /* a host starts with the files so far: number = enum record_start, value =
                         the time it starts at */
    ITEM_STARTED,     /* it has: number = its boot */
    ITEM_NAME,        /* name, number = its id, value = enum name_space */
    ITEM_RELOAD,      /* another configuration takes over, the files before it; name = who asked */
    ITEM_STOP,        /* the host is stopped, to be started again: number = its trace hash */
    ITEM_TURN_OF,     /* HOST_TOLD_TURN with an event */
    ITEM_END,         /* nothing more was recorded: number = the trace hash */
    ITEM_KINDS_
};

struct item {
    uint8_t kind; /* enum host_told_what or item_kind */
    int64_t now_ns;
    uint64_t turn, number;
    int64_t value;
    const struct pawl_event *event; /* valid until the next item is read */
    const char *name;               /* of a file, or a name; a reason; NUL-terminated */
    const void *bytes;
    size_t size;
};

struct item_cursor {
    int64_t now_ns;
    uint64_t seq; /* the next one, as far as is known */
    uint64_t cookie;
    uint64_t words[ITEM_SLOTS][ITEM_WORDS];
    char text[ITEM_NAME_MAX + 1]; /* reading: of the last item */
    _Alignas(16) unsigned char event[PAWL_EVENT_SIZE_MAX];
};

void item_begin(struct item_cursor *cursor); /* of a block */
/* Bytes written; at most ITEM_SIZE_MAX. */
size_t item_write(struct item_cursor *cursor, const struct item *item, unsigned char *out);
/* Bytes read, or 0: this is no item. */
size_t item_read(struct item_cursor *cursor, const unsigned char *bytes, size_t size,
                 struct item *ret);

#endif
