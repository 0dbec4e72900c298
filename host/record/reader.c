#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "record/block.h"

struct recording_reader {
    FILE *in;
    uint64_t at;     /* byte of the block in memory */
    uint64_t next;   /* byte of the one after it */
    uint64_t blocks, items;
    uint32_t read;   /* of the block's items, bytes */
    bool ready, over;
    char damage[96];
    struct item item;
    struct item_cursor cursor;
    struct block block;
};

int recording_reader_new(FILE *in, struct recording_reader **ret, struct pawl_err *err) {
    unsigned char head[RECORDING_HEAD_BYTES];
    struct recording_reader *reader = mem_calloc(1, sizeof *reader);
    int rc = reader == NULL ? pawl_fail(err, PAWL_E_NOMEM, "no memory") : PAWL_OK;
    if (rc == PAWL_OK && fread(head, 1, sizeof head, in) != sizeof head)
        rc = pawl_fail(err, PAWL_E_DATA, "is no recording: it has less than %zu bytes",
                       sizeof head);
    if (rc == PAWL_OK) rc = block_file_check(head, err);
    if (rc != PAWL_OK) {
        fclose(in);
        mem_free(reader);
        return rc;
    }
    reader->in = in;
    reader->next = sizeof head;
    *ret = reader;
    return PAWL_OK;
}

void recording_reader_free(struct recording_reader *reader) {
    if (reader == NULL) return;
    fclose(reader->in);
    mem_free(reader);
}

static bool over(struct recording_reader *reader, const char *what, uint64_t at) {
    reader->over = true;
    if (what != NULL)
        snprintf(reader->damage, sizeof reader->damage, "%s at byte %" PRIu64, what, at);
    return false;
}

/* The next block; false = there is no whole one. */
static bool read_block(struct recording_reader *reader) {
    struct block *block = &reader->block;
    reader->at = reader->next;
    size_t got = fread(block->bytes, 1, RECORDING_BLOCK_HEAD_BYTES, reader->in);
    if (got == 0) return over(reader, NULL, 0);
    if (got < RECORDING_BLOCK_HEAD_BYTES) return over(reader, "cut off", reader->at + got);
    if (!block_open(block)) return over(reader, "damaged", reader->at);
    got = fread(block->bytes + RECORDING_BLOCK_HEAD_BYTES, 1, block->used, reader->in);
    if (got < block->used)
        return over(reader, "cut off", reader->at + RECORDING_BLOCK_HEAD_BYTES + got);
    if (!block_is_whole(block) || block->number != reader->blocks ||
        block->first_item != reader->items)
        return over(reader, "damaged", reader->at);
    reader->next = reader->at + RECORDING_BLOCK_HEAD_BYTES + block->used;
    reader->blocks++;
    reader->read = 0;
    item_begin(&reader->cursor);
    return true;
}

const struct item *recording_peek(struct recording_reader *reader) {
    if (reader->ready) return &reader->item;
    if (reader->over) return NULL;
    if (reader->read == reader->block.used && !read_block(reader)) return NULL;
    const unsigned char *bytes = reader->block.bytes + RECORDING_BLOCK_HEAD_BYTES;
    size_t size = item_read(&reader->cursor, bytes + reader->read,
                            reader->block.used - reader->read, &reader->item);
    if (size == 0) {
        over(reader, "damaged", reader->at + RECORDING_BLOCK_HEAD_BYTES + reader->read);
        return NULL;
    }
    reader->read += (uint32_t)size;
    reader->items++;
    reader->ready = true;
    return &reader->item;
}

void recording_next(struct recording_reader *reader) {
    reader->ready = false;
}

const char *recording_damage(const struct recording_reader *reader) {
    return reader->damage[0] == '\0' ? NULL : reader->damage;
}
