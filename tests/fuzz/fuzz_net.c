/* What comes from the other side: frames of every kind, heads and bodies of replies. The first byte
 * says which; then the same bytes, cut at every place, must tell the same. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "fuzz.h"
#include "net/framing.h"
#include "net/http.h"

#define BYTES_MAX 8192u
#define CUTS_MAX 24u

struct told {
    struct hash hash;
    uint64_t bytes;
    int end;
};

static void frames(uint8_t kind, bool masked, const uint8_t *data, size_t size, size_t cut,
                   struct told *told) {
    static uint8_t buffer[BYTES_MAX];
    struct framing f;
    size_t have = 0;
    framing_init(&f, kind, 5000);
    f.masked = masked;
    hash_init(&told->hash, 0);
    told->bytes = 0;
    for (size_t at = 0; at < size;) {
        size_t piece = at == 0 && cut > 0 ? cut : size - at;
        memcpy(buffer + have, data + at, piece);
        have += piece;
        at += piece;
        for (;;) {
            struct frame_slice slice;
            told->end = (int)frame_next(&f, buffer, have, &slice);
            if (told->end == FRAME_NONE) break;
            if (told->end == FRAME_BAD || told->end == FRAME_TOO_LARGE) return;
            HOLDS(slice.consumed <= have && slice.len <= PAWL_NET_SLICE_MAX);
            if (told->end == FRAME_SLICE) {
                hash_add(&told->hash, slice.data, slice.len);
                told->bytes += slice.len + (slice.last ? 10000 : 0);
            }
            have -= slice.consumed;
            memmove(buffer, buffer + slice.consumed, have);
        }
    }
}

static void reply(const uint8_t *data, size_t size, struct told *told) {
    struct http_head head;
    struct http_body body;
    struct http_slice slice;
    const char *why = "";
    char wanted[256];
    told->bytes = 0;
    told->end = http_head((const char *)data, size, &head, &why);
    if (told->end <= 0) return;
    HOLDS(head.bytes <= size);
    told->bytes = http_wanted((const char *)data, head.bytes, "retry-after,x-used", wanted,
                              sizeof wanted);
    HOLDS(told->bytes <= sizeof wanted);
    http_body_init(&body, &head, false, 100000);
    for (size_t at = head.bytes;;) {
        enum http_found found = http_body_next(&body, data + at, size - at, true, &slice);
        HOLDS(found != HTTP_MORE);
        HOLDS(slice.consumed <= size - at);
        at += slice.consumed;
        if (found != HTTP_SLICE && found != HTTP_SKIPPED) return;
        if (found == HTTP_SLICE) HOLDS(slice.len <= PAWL_NET_SLICE_MAX);
        if (slice.last) return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t kinds[] = {PAWL_NET_U32BE, PAWL_NET_LINE, PAWL_NET_MESSAGE,
                                    PAWL_NET_MESSAGE};
    struct told whole, part;
    if (size < 2 || size > BYTES_MAX) return 0;
    uint8_t which = data[0] % 5;
    data++;
    size--;
    if (which == 4) {
        reply(data, size, &whole);
        return 0;
    }
    frames(kinds[which], which == 3, data, size, 0, &whole);
    size_t step = size / CUTS_MAX + 1;
    for (size_t cut = 1; cut < size; cut += step) {
        frames(kinds[which], which == 3, data, size, cut, &part);
        HOLDS(part.end == whole.end && part.bytes == whole.bytes);
        HOLDS(hash_value(&part.hash) == hash_value(&whole.hash));
    }
    return 0;
}
