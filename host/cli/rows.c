#include "cli/rows.h"

#include <assert.h>

#include "cli/remote.h"
#include "cli/table.h"

static const char *cell_of(const struct row_column *column, const json_t *row,
                           char out[WORD_MAX]) {
    if (column->cell != NULL) return column->cell(row, out);
    switch (column->kind) {
    case ROW_NUMBER: return word_of(row, column->key, out);
    case ROW_CENTS: return word_fixed(row, column->key, 2, 0, out);
    case ROW_PROFIT: return word_fixed(row, column->key, 2, 1, out);
    case ROW_PERCENT: return word_fixed(row, column->key, 1, 0, out);
    case ROW_TIME: return word_time(row, column->key, out);
    default: return remote_text(row, column->key);
    }
}

void rows_show(const json_t *rows, const struct row_column *columns, uint32_t count, FILE *out) {
    struct table_column heads[TABLE_COLUMNS_MAX];
    struct table_text table;
    const json_t *row;
    char text[WORD_MAX];
    size_t i;
    assert(count <= TABLE_COLUMNS_MAX);
    for (uint32_t c = 0; c < count; c++)
        heads[c] = (struct table_column){
            .title = columns[c].title,
            .right = columns[c].kind >= ROW_NUMBER && columns[c].kind < ROW_TIME,
            .cut = columns[c].kind == ROW_CUT || columns[c].kind == ROW_TIME};
    table_begin(&table, heads, count);
    json_array_foreach((json_t *)rows, i, row) {
        table_row(&table);
        for (uint32_t c = 0; c < count; c++)
            table_cell(&table, c, cell_of(&columns[c], row, text));
    }
    table_end(&table, out);
}
