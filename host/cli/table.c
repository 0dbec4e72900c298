#include "cli/table.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"

#define INDENT 2u
#define GAP 2u
#define CUT_MIN 8u

void table_begin(struct table_text *table, const struct table_column *columns, uint32_t count) {
    *table = (struct table_text){.columns = columns, .column_count = count};
}

void table_row(struct table_text *table) {
    if (table->row_count == table->row_size) {
        uint32_t size = table->row_size == 0 ? 16 : table->row_size * 2;
        void *cells =
            mem_realloc(table->cells, (size_t)size * table->column_count * TABLE_CELL_MAX);
        if (cells == NULL) return; /* the row before is written over */
        table->cells = cells;
        table->row_size = size;
    }
    memset(table->cells[(size_t)table->row_count * table->column_count], 0,
           (size_t)table->column_count * TABLE_CELL_MAX);
    table->row_count++;
}

static char *cell(const struct table_text *table, uint32_t row, uint32_t column) {
    return table->cells[(size_t)row * table->column_count + column];
}

void table_cell(struct table_text *table, uint32_t column, const char *text) {
    if (table->row_count == 0 || text == NULL) return;
    char *to = cell(table, table->row_count - 1, column);
    snprintf(to, TABLE_CELL_MAX, "%s", text);
    for (; *to != '\0'; to++)
        if ((unsigned char)*to < 0x20 || *to == 0x7f) *to = ' ';
}

/* Characters, not bytes: what follows the first byte of one takes no place. */
static uint32_t width_of(const char *text) {
    uint32_t width = 0;
    for (; *text != '\0'; text++) width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void put(const char *text, uint32_t width, bool right, bool last, FILE *out) {
    uint32_t length = width_of(text), shown = length > width ? width - 1 : length;
    if (right)
        for (uint32_t i = length; i < width; i++) fputc(' ', out);
    for (uint32_t i = 0; *text != '\0'; text++) {
        if (((unsigned char)*text & 0xc0) != 0x80 && i++ == shown) break;
        fputc(*text, out);
    }
    if (length > width) fputc('~', out);
    if (!right && !last)
        for (uint32_t i = length; i < width; i++) fputc(' ', out);
}

/* 0 = as wide as it likes. */
static uint32_t room(FILE *out) {
    struct winsize size;
    if (!isatty(fileno(out))) return 0;
    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > TABLE_WIDTH ? size.ws_col
                                                                                  : TABLE_WIDTH;
}

static void shrink(const struct table_text *table, uint32_t *widths, uint32_t width) {
    for (;;) {
        uint32_t sum = INDENT, widest = TABLE_COLUMNS_MAX;
        for (uint32_t c = 0; c < table->column_count; c++) {
            if (widths[c] == 0) continue;
            sum += widths[c] + GAP;
            if (table->columns[c].cut && widths[c] > CUT_MIN &&
                (widest == TABLE_COLUMNS_MAX || widths[c] > widths[widest]))
                widest = c;
        }
        if (sum - GAP <= width || widest == TABLE_COLUMNS_MAX) return;
        widths[widest]--;
    }
}

static void put_row(const struct table_text *table, uint32_t row, bool title,
                    const uint32_t *widths, FILE *out) {
    uint32_t last = 0; /* behind it nothing is written: no line ends in blanks */
    for (uint32_t c = 0; c < table->column_count; c++)
        if (widths[c] > 0 && (title ? table->columns[c].title : cell(table, row, c))[0] != '\0')
            last = c;
    for (uint32_t i = 0; i < INDENT; i++) fputc(' ', out);
    for (uint32_t c = 0; c < table->column_count; c++) {
        if (widths[c] == 0 || c > last) continue;
        put(title ? table->columns[c].title : cell(table, row, c), widths[c],
            table->columns[c].right, c == last, out);
        if (c != last) fprintf(out, "%*s", (int)GAP, "");
    }
    fputc('\n', out);
}

void table_end(struct table_text *table, FILE *out) {
    uint32_t widths[TABLE_COLUMNS_MAX] = {0};
    for (uint32_t r = 0; r < table->row_count; r++)
        for (uint32_t c = 0; c < table->column_count; c++) {
            uint32_t width = width_of(cell(table, r, c));
            if (width > widths[c]) widths[c] = width;
        }
    for (uint32_t c = 0; c < table->column_count; c++)
        if (widths[c] > 0 && width_of(table->columns[c].title) > widths[c])
            widths[c] = width_of(table->columns[c].title);
    if (room(out) > 0) shrink(table, widths, room(out));
    if (table->row_count > 0) put_row(table, 0, true, widths, out);
    for (uint32_t r = 0; r < table->row_count; r++) put_row(table, r, false, widths, out);
    mem_free(table->cells);
    table->cells = NULL;
}
