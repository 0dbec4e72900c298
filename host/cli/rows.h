/*
 * rows.h - a list of JSON objects as a table: what stands in each column is said in one place.
 */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "cli/words.h"

enum row_kind {
    ROW_TEXT = 0, /* as it is, to the left */
    ROW_CUT,      /* the same; may be cut where the table is too wide */
    ROW_NUMBER,   /* a decimal as it is, to the right like the three that follow */
    ROW_CENTS,    /* two places */
    ROW_PROFIT,   /* two places and its sign */
    ROW_PERCENT,  /* one place */
    ROW_TIME      /* to the left; may be cut */
};

struct row_column {
    const char *title, *key;
    enum row_kind kind;
    /* Where a key is not enough: what stands in the cell; texts of the row may be returned. */
    const char *(*cell)(const json_t *row, char out[WORD_MAX]);
};

/* A table of an array, columns without a text left out; nothing for an empty array. */
void rows_show(const json_t *rows, const struct row_column *columns, uint32_t count, FILE *out);
#define ROWS_SHOW(rows, columns)                                                                   \
    rows_show((rows), (columns), (uint32_t)(sizeof(columns) / sizeof *(columns)), stdout)

#endif
