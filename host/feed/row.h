/*
 * row.h - one line of CSV into numbers, by a layout.
 * [any] No allocation; the date memory makes a struct row_reader belong to one thread.
 */
#ifndef FEED_ROW_H
#define FEED_ROW_H

#include "feed/layout.h"

#define ROW_MESSAGE_MAX 256u

struct row {
    int64_t v[COL_COUNT_]; /* prices and sizes at 1e-8, times in ns, side as enum pawl_side */
    int utc;               /* 1 = COL_TIME is UTC, 0 = local */
    const char *symbol;    /* into the line */
    size_t symbol_len;
};

struct row_reader {
    struct layout layout;
    int64_t scale_e8; /* prices are multiplied by this; PAWL_E8 = as they are */
    char date_text[8];
    int64_t date_ns; /* of date_text */
};

/* `line` is followed by a readable byte that is no digit. Columns the layout lacks stay 0.
 * PAWL_E_DATA with a message without file and line. */
int row_read(struct row_reader *reader, const char *line, size_t len, struct row *ret,
             char message[ROW_MESSAGE_MAX]);

/* Text made safe for a message: unprintable bytes as '?', cut at 24. */
struct row_shown {
    char text[28];
};
struct row_shown row_show(const char *text, size_t len);

#endif
