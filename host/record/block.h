/* block.h - heads of blocks. [any] */
#ifndef RECORD_BLOCK_H
#define RECORD_BLOCK_H

#include "record/recording.h"

struct block {
    uint64_t number, first_item;
    uint32_t used; /* bytes of items */
    _Alignas(8) unsigned char bytes[RECORDING_BLOCK_HEAD_BYTES + RECORDING_BLOCK_BYTES +
                                    ITEM_SIZE_MAX];
};

void block_file_head(unsigned char head[RECORDING_HEAD_BYTES]);
int block_file_check(const unsigned char head[RECORDING_HEAD_BYTES], struct pawl_err *err);
/* Its head, from used, number and first_item. */
void block_seal(struct block *block);
/* From its head; false = that is none. */
bool block_open(struct block *block);
/* The items are those that were sealed. */
bool block_is_whole(const struct block *block);

#endif
