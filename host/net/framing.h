/*
 * framing.h - bytes of a stream to slices of frames, and frames to bytes. Pure: no socket, no
 * allocation, no clock; the same bytes give the same slices however they were cut on their way.
 *
 * frame_next() looks at what has arrived and not been consumed. It waits until a slice is whole (or
 * PAWL_NET_SLICE_MAX bytes of it are there), so a small frame comes as one slice.
 */
#ifndef NET_FRAMING_H
#define NET_FRAMING_H

#include <stdbool.h>

#include "pawl_net.h"

enum frame_found {
    FRAME_NONE = 0, /* wait for more bytes */
    FRAME_SLICE,
    FRAME_SKIPPED, /* consumed something that tells nobody anything; call again */
    FRAME_PING,    /* WebSocket: answer with the same bytes */
    FRAME_PONG,
    FRAME_CLOSE,   /* WebSocket: the other side says good-bye; code in `code` */
    FRAME_BAD,     /* not this protocol; `why` says what */
    FRAME_TOO_LARGE
};

struct framing {
    uint8_t kind; /* enum pawl_net_framing */
    bool inside;  /* of a frame (WebSocket: of a fragment) */
    bool message; /* WebSocket: of a message; further fragments follow */
    bool binary, final;
    bool masked;  /* WebSocket: this side takes what clients send (tests); else servers' */
    uint8_t opcode, mask[4];
    uint32_t offset; /* of the frame or message, told so far */
    uint32_t max;    /* bytes of a frame */
    uint64_t left;   /* of the frame or fragment */
    uint64_t mask_at;
};

struct frame_slice {
    size_t consumed;
    const uint8_t *data;
    size_t len;
    uint32_t offset;
    bool last, binary;
    uint16_t code;   /* of CLOSE; 0 = none given */
    const char *why; /* of BAD */
};

void framing_init(struct framing *f, uint8_t kind, uint32_t frame_max);
/* bytes may be changed where they are masked. */
enum frame_found frame_next(struct framing *f, uint8_t *bytes, size_t len, struct frame_slice *ret);

/* The bytes a frame is sent as; at least net_frame_bytes() of room. WebSocket: opcode 1 text, 9
 * ping, 10 pong, 8 close; `mask` NULL = unmasked (servers). */
size_t frame_write(uint8_t kind, uint8_t opcode, const uint8_t mask[4], const void *bytes,
                   size_t len, uint8_t *out);
#define FRAME_OVERHEAD_MAX 14u

#endif
