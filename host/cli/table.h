/*
 * table.h - text in columns, for people: each as wide as its widest cell, numbers to the right. On
 * a terminal the whole stays within a width, and what is too long is cut in the columns that may be
 * cut; elsewhere nothing is.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 14u
#define TABLE_CELL_MAX 256u
#define TABLE_WIDTH 100u /* at least, on a terminal */

struct table_column {
    const char *title;
    bool right; /* numbers */
    bool cut;   /* may be shortened when the table is too wide */
};

struct table_text {
    const struct table_column *columns;
    uint32_t column_count, row_count, row_size;
    char (*cells)[TABLE_CELL_MAX]; /* row by row */
};

void table_begin(struct table_text *table, const struct table_column *columns, uint32_t count);
/* The next cell, left to right, then the next row. Control characters become blanks. */
void table_cell(struct table_text *table, uint32_t column, const char *text);
void table_row(struct table_text *table); /* begins a row */
/* With an indent; frees. Columns without a single text are left out. */
void table_end(struct table_text *table, FILE *out);

#endif
