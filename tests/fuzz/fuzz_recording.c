/*
 * A recording from anywhere: items come out or it is damaged, and an item that came out goes in
 * again as the same bytes' worth of facts. The check sum would keep a fuzzer out, so items are read
 * once without it.
 */
#include "fuzz.h"
#include "record/recording.h"

static void read_items(const uint8_t *bytes, size_t len) {
    static struct item_cursor in, out, back;
    static unsigned char again[ITEM_SIZE_MAX];
    item_begin(&in);
    item_begin(&out);
    item_begin(&back);
    for (size_t at = 0; at < len;) {
        struct item item, same;
        size_t size = item_read(&in, bytes + at, len - at, &item);
        if (size == 0) return;
        at += size;
        size = item_write(&out, &item, again);
        HOLDS(size <= ITEM_SIZE_MAX);
        HOLDS(item_read(&back, again, size, &same) == size);
        HOLDS(same.kind == item.kind && same.number == item.number && same.size == item.size);
        HOLDS((item.event == NULL) == (same.event == NULL));
        HOLDS(item.event == NULL || memcmp(item.event, same.event, item.event->size) == 0);
    }
}

static void read_file(const uint8_t *bytes, size_t len) {
    struct recording_reader *reader = NULL;
    struct pawl_err err = {0};
    FILE *in = len == 0 ? NULL : fmemopen((void *)(uintptr_t)bytes, len, "rb");
    if (in == NULL || recording_reader_new(in, &reader, &err) != PAWL_OK) return;
    while (recording_peek(reader) != NULL) recording_next(reader);
    recording_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    read_file(bytes, len);
    if (len > RECORDING_HEAD_BYTES + RECORDING_BLOCK_HEAD_BYTES)
        read_items(bytes + RECORDING_HEAD_BYTES + RECORDING_BLOCK_HEAD_BYTES,
                   len - RECORDING_HEAD_BYTES - RECORDING_BLOCK_HEAD_BYTES);
    return 0;
}
