#include "record/block.h"

#include <string.h>

#include "base/err.h"
#include "base/hash.h"

#define MAGIC 0x314b4c42u /* "BLK1" */
#define FILE_MAGIC "PAWLREC\n"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "recordings hold events as they are in memory: little-endian"
#endif

struct file_head {
    char magic[8];
    uint32_t format, reserved;
};

struct head {
    uint32_t magic, size;
    uint64_t number, first_item, hash;
};
_Static_assert(sizeof(struct head) == RECORDING_BLOCK_HEAD_BYTES, "as documented");
_Static_assert(sizeof(struct file_head) == RECORDING_HEAD_BYTES, "as documented");

void block_file_head(unsigned char head[RECORDING_HEAD_BYTES]) {
    struct file_head file = {.format = RECORDING_FORMAT};
    memcpy(file.magic, FILE_MAGIC, sizeof file.magic);
    memcpy(head, &file, sizeof file);
}

int block_file_check(const unsigned char head[RECORDING_HEAD_BYTES], struct pawl_err *err) {
    struct file_head file;
    memcpy(&file, head, sizeof file);
    if (memcmp(file.magic, FILE_MAGIC, sizeof file.magic) != 0)
        return pawl_fail(err, PAWL_E_DATA, "is no recording of pawl");
    if (file.format != RECORDING_FORMAT)
        return pawl_fail(err, PAWL_E_DATA, "is a recording of format %u; this pawl reads %u",
                         file.format, RECORDING_FORMAT);
    return PAWL_OK;
}

static uint64_t hash_of(const struct block *block) {
    uint64_t seed = hash_u64(block->number + 1) ^ hash_u64(block->first_item + block->used);
    return hash_bytes(block->bytes + RECORDING_BLOCK_HEAD_BYTES, block->used, seed);
}

void block_seal(struct block *block) {
    struct head head = {.magic = MAGIC, .size = block->used, .number = block->number,
                        .first_item = block->first_item, .hash = hash_of(block)};
    memcpy(block->bytes, &head, sizeof head);
}

bool block_open(struct block *block) {
    struct head head;
    memcpy(&head, block->bytes, sizeof head);
    block->used = head.size;
    block->number = head.number;
    block->first_item = head.first_item;
    return head.magic == MAGIC && head.size > 0 &&
           head.size <= RECORDING_BLOCK_BYTES + ITEM_SIZE_MAX;
}

bool block_is_whole(const struct block *block) {
    struct head head;
    memcpy(&head, block->bytes, sizeof head);
    return head.hash == hash_of(block);
}
