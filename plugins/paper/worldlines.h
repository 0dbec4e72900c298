/*
 * worldlines.h - the kinds of lines of the world file and their fields; for worldfile.c, which
 * writes them, and worldread.c, which reads them back.
 */
#ifndef PAPER_WORLDLINES_H
#define PAPER_WORLDLINES_H

#include "worldfile.h"

#define PAPER_WORLD_VERSION 2u /* 1: begun before lines of kind change */
#define PAPER_LINE_MAX 4096u /* above what all fields of a kind can take */

enum paper_field_kind {
    F_U64 = 1, F_U32, F_U8, F_I64, F_I32, F_E8, F_STR, F_ENUM, F_ACCOUNT, F_SYMBOL
};

struct paper_field {
    const char *name; /* NULL ends the table */
    const char *key;  /* the same as it stands before the value */
    uint8_t key_len;
    uint8_t kind;
    bool always; /* written even when it is 0 */
    uint16_t offset, size;
    const char *const *words; /* F_ENUM: names from value 0 */
};

struct paper_line_kind {
    const char *name;
    const struct paper_field *fields;
};

/* What belongs to no list of its own. */
struct paper_header {
    int64_t created_ns;
    uint64_t version;
    uint8_t personality;
    uint8_t forgotten; /* executions are */
    uint64_t last_order, last_execution, last_fault;
    uint64_t compactions;
    uint64_t stands_for; /* bytes of the file before */
};
struct paper_step {
    uint64_t prng;
};
struct paper_link {
    int64_t until_ns;
    uint8_t down;
};
struct paper_source {
    uint32_t symbol;
    uint8_t quoted;
};

enum paper_line_id {
    L_WORLD, L_ORDER, L_CHANGE, L_FILL, L_POSITION, L_FAULT, L_LINK, L_SOURCE, L_STEP, L_COUNT
};

extern const struct paper_line_kind paper_line_kinds[L_COUNT];

/* When a line is written: the feed row that was seen last, and the venue's clock. */
struct paper_when {
    uint64_t row;
    int64_t now_ns;
};
/* One line behind the text, with the world's names; text->lost where there is no room for it. */
void paper_line(const struct paper_world *world, struct paper_text *text, enum paper_line_id id,
                const void *what, struct paper_when when);

#endif
