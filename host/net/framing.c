#include "net/framing.h"

#include <string.h>

#include "net/net.h"

#define WS_TEXT 1u
#define WS_BINARY 2u
#define WS_CLOSE 8u
#define WS_PING 9u
#define WS_PONG 10u
#define WS_CONTROL_MAX 125u

void framing_init(struct framing *f, uint8_t kind, uint32_t frame_max) {
    *f = (struct framing){.kind = kind, .max = frame_max};
}

static enum frame_found bad(struct frame_slice *ret, const char *why) {
    ret->why = why;
    return FRAME_BAD;
}

/* Of `left` bytes that belong to the frame: as much as one slice takes, once it is there. */
static size_t ready(uint64_t left, size_t len) {
    size_t slice = left < PAWL_NET_SLICE_MAX ? (size_t)left : PAWL_NET_SLICE_MAX;
    return len >= slice ? slice : SIZE_MAX;
}

/* ---- raw, u32be, line ---- */

static enum frame_found next_raw(const uint8_t *bytes, size_t len, struct frame_slice *ret) {
    if (len == 0) return FRAME_NONE;
    ret->data = bytes;
    ret->len = ret->consumed = len < PAWL_NET_SLICE_MAX ? len : PAWL_NET_SLICE_MAX;
    ret->last = true;
    return FRAME_SLICE;
}

static void give(struct framing *f, const uint8_t *data, size_t len, bool last,
                 struct frame_slice *ret) {
    ret->data = data;
    ret->len = len;
    ret->offset = f->offset;
    ret->last = last;
    f->offset = last ? 0 : f->offset + (uint32_t)len;
}

static enum frame_found next_u32be(struct framing *f, const uint8_t *bytes, size_t len,
                                   struct frame_slice *ret) {
    size_t head = 0;
    if (!f->inside) {
        if (len < 4) return FRAME_NONE;
        f->left = (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 |
                  bytes[3];
        if (f->left > f->max) return FRAME_TOO_LARGE;
        f->inside = true;
        head = 4;
    }
    size_t slice = ready(f->left, len - head);
    ret->consumed = head;
    if (slice == SIZE_MAX) return head > 0 ? FRAME_SKIPPED : FRAME_NONE;
    f->left -= slice;
    f->inside = f->left > 0;
    give(f, bytes + head, slice, !f->inside, ret);
    ret->consumed = head + slice;
    return FRAME_SLICE;
}

static enum frame_found next_line(struct framing *f, const uint8_t *bytes, size_t len,
                                  struct frame_slice *ret) {
    size_t look = len < PAWL_NET_SLICE_MAX + 2 ? len : PAWL_NET_SLICE_MAX + 2;
    const uint8_t *end = look == 0 ? NULL : memchr(bytes, '\n', look);
    size_t line = end == NULL ? look : (size_t)(end - bytes);
    if (end != NULL && line > 0 && bytes[line - 1] == '\r') line--;
    if (end != NULL && line <= PAWL_NET_SLICE_MAX) {
        if (f->offset + line > f->max) return FRAME_TOO_LARGE;
        give(f, bytes, line, true, ret);
        ret->consumed = (size_t)(end - bytes) + 1;
        return FRAME_SLICE;
    }
    if (f->offset + (line < PAWL_NET_SLICE_MAX ? line : PAWL_NET_SLICE_MAX) > f->max + 1u)
        return FRAME_TOO_LARGE;
    if (look < PAWL_NET_SLICE_MAX + 2) return FRAME_NONE;
    give(f, bytes, PAWL_NET_SLICE_MAX, false, ret);
    ret->consumed = PAWL_NET_SLICE_MAX;
    return FRAME_SLICE;
}

/* ---- WebSocket, RFC 6455 ---- */

static void unmask(struct framing *f, uint8_t *bytes, size_t len) {
    if (!f->masked) return;
    for (size_t i = 0; i < len; i++) bytes[i] ^= f->mask[f->mask_at++ & 3];
}

/* Bytes of the header, 0 = not all there; sets left, opcode, final and mask. */
static size_t ws_header(struct framing *f, const uint8_t *bytes, size_t len) {
    if (len < 2) return 0;
    uint8_t short_len = bytes[1] & 0x7f;
    size_t extra = short_len == 126 ? 2 : short_len == 127 ? 8 : 0;
    size_t size = 2 + extra + (f->masked ? 4 : 0);
    if (len < size) return 0;
    f->left = extra == 0 ? short_len : 0;
    for (size_t i = 0; i < extra; i++) f->left = f->left << 8 | bytes[2 + i];
    if (f->masked) memcpy(f->mask, bytes + 2 + extra, 4);
    f->mask_at = 0;
    f->final = (bytes[0] & 0x80) != 0;
    f->opcode = bytes[0] & 0x0f;
    return size;
}

static const char *ws_fault(const struct framing *f, const uint8_t *bytes) {
    uint8_t opcode = bytes[0] & 0x0f, short_len = bytes[1] & 0x7f;
    bool control = opcode >= WS_CLOSE;
    if ((bytes[0] & 0x70) != 0) return "a reserved bit is set";
    if (((bytes[1] & 0x80) != 0) != f->masked)
        return f->masked ? "a frame is not masked" : "a frame is masked";
    if ((opcode > WS_BINARY && !control) || opcode > WS_PONG) return "an unknown opcode";
    if (control && ((bytes[0] & 0x80) == 0 || short_len > WS_CONTROL_MAX))
        return "a control frame is fragmented or too long";
    if (control) return NULL;
    if (opcode == 0 && !f->message) return "a message begins in its middle";
    if (opcode != 0 && f->message) return "a message begins inside another one";
    return NULL;
}

static enum frame_found ws_control(struct framing *f, uint8_t *bytes, size_t head, size_t len,
                                   struct frame_slice *ret) {
    if (len - head < f->left) return FRAME_NONE;
    unmask(f, bytes + head, (size_t)f->left);
    ret->data = bytes + head;
    ret->len = (size_t)f->left;
    ret->consumed = head + (size_t)f->left;
    if (f->opcode == WS_PING) return FRAME_PING;
    if (f->opcode == WS_PONG) return FRAME_PONG;
    if (f->left == 1) return bad(ret, "a close frame of one byte");
    if (f->left >= 2) ret->code = (uint16_t)(ret->data[0] << 8 | ret->data[1]);
    return FRAME_CLOSE;
}

static enum frame_found ws_begin(struct framing *f, uint8_t *bytes, size_t len,
                                 struct frame_slice *ret) {
    if (len < 2) return FRAME_NONE;
    const char *fault = ws_fault(f, bytes);
    if (fault != NULL) return bad(ret, fault);
    struct framing before = *f;
    size_t head = ws_header(f, bytes, len);
    if (head == 0) return FRAME_NONE;
    if (f->opcode >= WS_CLOSE) {
        enum frame_found found = ws_control(f, bytes, head, len, ret);
        *f = before;
        return found;
    }
    if (f->left > f->max || f->offset + f->left > f->max) return FRAME_TOO_LARGE;
    if (f->opcode != 0) f->binary = f->opcode == WS_BINARY;
    f->message = true;
    f->inside = true;
    ret->consumed = head;
    return FRAME_SKIPPED;
}

static enum frame_found ws_inside(struct framing *f, uint8_t *bytes, size_t len,
                                  struct frame_slice *ret) {
    size_t slice = ready(f->left, len);
    if (slice == SIZE_MAX) return FRAME_NONE;
    unmask(f, bytes, slice);
    f->left -= slice;
    f->inside = f->left > 0;
    bool last = !f->inside && f->final;
    give(f, bytes, slice, last, ret);
    ret->consumed += slice;
    ret->binary = f->binary;
    if (last) f->message = false;
    return slice > 0 || last ? FRAME_SLICE : FRAME_SKIPPED;
}

static enum frame_found next_message(struct framing *f, uint8_t *bytes, size_t len,
                                     struct frame_slice *ret) {
    if (f->inside) return ws_inside(f, bytes, len, ret);
    enum frame_found found = ws_begin(f, bytes, len, ret);
    if (found != FRAME_SKIPPED) return found;
    found = ws_inside(f, bytes + ret->consumed, len - ret->consumed, ret);
    return found == FRAME_NONE ? FRAME_SKIPPED : found; /* the header at least is consumed */
}

enum frame_found frame_next(struct framing *f, uint8_t *bytes, size_t len,
                            struct frame_slice *ret) {
    *ret = (struct frame_slice){0};
    switch (f->kind) {
    case PAWL_NET_RAW: return next_raw(bytes, len, ret);
    case PAWL_NET_U32BE: return next_u32be(f, bytes, len, ret);
    case PAWL_NET_LINE: return next_line(f, bytes, len, ret);
    case PAWL_NET_MESSAGE: return next_message(f, bytes, len, ret);
    default: return bad(ret, "no such framing");
    }
}

/* ---- sending ---- */

size_t net_frame_bytes(uint8_t framing, size_t len) {
    switch (framing) {
    case PAWL_NET_U32BE: return len + 4;
    case PAWL_NET_LINE: return len + 1;
    case PAWL_NET_MESSAGE: return len + 6 + (len > 65535 ? 8 : len > 125 ? 2 : 0);
    default: return len;
    }
}

static size_t ws_write(uint8_t opcode, const uint8_t mask[4], const uint8_t *bytes, size_t len,
                       uint8_t *out) {
    size_t at = 2, extra = len > 65535 ? 8 : len > WS_CONTROL_MAX ? 2 : 0;
    uint8_t flag = mask == NULL ? 0 : 0x80;
    out[0] = (uint8_t)(0x80 | opcode);
    out[1] = (uint8_t)(flag | (extra == 8 ? 127 : extra == 2 ? 126 : (uint8_t)len));
    for (size_t i = extra; i > 0; i--) out[at++] = (uint8_t)((uint64_t)len >> (8 * (i - 1)));
    if (mask != NULL) {
        memcpy(out + at, mask, 4);
        at += 4;
    }
    for (size_t i = 0; i < len; i++)
        out[at + i] = mask == NULL ? bytes[i] : (uint8_t)(bytes[i] ^ mask[i & 3]);
    return at + len;
}

size_t frame_write(uint8_t kind, uint8_t opcode, const uint8_t mask[4], const void *bytes,
                   size_t len, uint8_t *out) {
    size_t at = 0;
    if (kind == PAWL_NET_MESSAGE) return ws_write(opcode, mask, bytes, len, out);
    if (kind == PAWL_NET_U32BE)
        for (; at < 4; at++) out[at] = (uint8_t)((uint64_t)len >> (8 * (3 - at)));
    if (len > 0) memcpy(out + at, bytes, len);
    at += len;
    if (kind == PAWL_NET_LINE) out[at++] = '\n';
    return at;
}
