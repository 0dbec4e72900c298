#include "cli/positions.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"
#include "config/report.h"
#include "control/adopt.h"

struct column {
    const char *name, *key; /* in the file; of the event */
    bool names_position;    /* part of what a row is named after */
};

static const struct column known[] = {
    {"symbol", "symbol", true},     {"account", "account", true},   {"side", "side", true},
    {"quantity", "quantity", true}, {"original", "original", true}, {"price", "price", true},
    {"entry_price", "price", true}, {"ticket", "ticket", true},     {"opened", "opened", true},
    {"stop", "stop", false},        {"stop_loss", "stop", false},   {"target", "target", false},
    {"take_profit", "target", false}, {"initial_stop", "initial_stop", false},
    {"component", "via", false},    {"via", "via", false},          {"profile", "profile", false},
    {"ref", "ref", false},          {"name", "ref", false},         {"lot", "lot", false}};

struct reader {
    const char *file;
    unsigned line;
    const struct column *columns[POSITIONS_COLUMNS_MAX];
    unsigned column_count;
    struct positions *to;
};

static void fault(struct reader *reader, const char *text, const char *word) {
    fprintf(stderr, "%s:%u: %s%s%s\n", reader->file, reader->line, text,
            word[0] != '\0' ? ": " : "", word);
    reader->to->faults++;
}

/* The next cell, in place: quotes are taken off, blanks around it too. NULL = the line is over. */
static char *next_cell(char **at) {
    char *from = *at, *to, *end;
    if (from == NULL) return NULL;
    while (*from == ' ' || *from == '\t') from++;
    bool quoted = *from == '"';
    char *out = to = from + quoted;
    for (from = to; *from != '\0'; from++) {
        if (quoted && from[0] == '"' && from[1] != '"') break;
        if (!quoted && *from == ',') break;
        if (quoted && *from == '"') from++;
        *to++ = *from;
    }
    end = strchr(from, ',');
    *at = end == NULL ? NULL : end + 1;
    *to = '\0';
    while (!quoted && to > out && isspace((unsigned char)to[-1])) *--to = '\0';
    return out;
}

static void unknown_column(struct reader *reader, const char *name) {
    struct report_list names = {.at = 0};
    char text[REPORT_LIST_MAX + 80];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        report_list_add(&names, known[i].name);
    snprintf(text, sizeof text, "%.40s; there are: %s", name, report_list_text(&names));
    fault(reader, "there is no such column", text);
}

static void read_head(struct reader *reader, char *line) {
    for (char *cell; (cell = next_cell(&line)) != NULL;) {
        const struct column *found = NULL;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (strcmp(known[i].name, cell) == 0) found = &known[i];
        if (found == NULL) unknown_column(reader, cell);
        for (unsigned i = 0; found != NULL && i < reader->column_count; i++)
            if (reader->columns[i] != NULL && strcmp(reader->columns[i]->key, found->key) == 0)
                fault(reader, "the column stands there twice", cell);
        if (reader->column_count == POSITIONS_COLUMNS_MAX) {
            fault(reader, "too many columns", cell);
            return;
        }
        reader->columns[reader->column_count++] = found;
    }
}

/* Of equal rows each is a position: the second one's name ends in -2. */
static void name_row(struct reader *reader, json_t *row, uint64_t hash) {
    char ref[32];
    for (unsigned n = 1; n <= ADOPT_ROWS_MAX; n++) {
        const json_t *one;
        bool taken = false;
        size_t i;
        snprintf(ref, sizeof ref, "adopt-%012llx", (unsigned long long)(hash >> 16));
        if (n > 1) snprintf(ref + strlen(ref), sizeof ref - strlen(ref), "-%u", n);
        json_array_foreach(reader->to->rows, i, one)
            taken |= strcmp(json_string_value(json_object_get(one, "ref")) != NULL
                                ? json_string_value(json_object_get(one, "ref")) : "", ref) == 0;
        if (!taken) break;
    }
    json_object_set_new(row, "ref", json_string(ref));
}

/* An open lot gets another profile; nothing else is said of it. */
static void make_assign(struct reader *reader, json_t *row) {
    static const char *const keys[] = {"type", "symbol", "profile", "lot"};
    const char *lot = json_string_value(json_object_get(row, "lot")), *key;
    char *end;
    json_t *value;
    json_object_foreach(row, key, value) {
        bool may = false;
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) may |= strcmp(keys[i], key) == 0;
        if (!may) fault(reader, "a row with `lot` says its profile only, not", key);
    }
    json_int_t number = strtoll(lot, &end, 10);
    json_object_set_new(row, "type", json_string("assign"));
    if (*end != '\0') json_object_set_new(row, "ref", json_string(lot));
    if (*end != '\0')
        json_object_del(row, "lot");
    else
        json_object_set_new(row, "lot", json_integer(number));
}

static void read_row(struct reader *reader, char *line, const char *profile,
                     const char *component) {
    json_t *row = json_pack("{s:s}", "type", "adopt");
    struct hash hash;
    unsigned count = 0;
    hash_init(&hash, 0);
    for (char *cell; (cell = next_cell(&line)) != NULL; count++) {
        const struct column *column = count < reader->column_count ? reader->columns[count] : NULL;
        if (column == NULL || cell[0] == '\0') continue;
        if (json_object_set_new(row, column->key, json_string(cell)) != 0)
            fault(reader, "is no text", column->name);
        if (!column->names_position) continue;
        hash_add(&hash, column->key, strlen(column->key));
        hash_add(&hash, cell, strlen(cell) + 1);
    }
    if (count != reader->column_count) fault(reader, "has not as many columns as line 1", "");
    if (profile != NULL && json_object_get(row, "profile") == NULL)
        json_object_set_new(row, "profile", json_string(profile));
    if (json_object_get(row, "lot") != NULL)
        make_assign(reader, row);
    else if (component != NULL && json_object_get(row, "via") == NULL)
        json_object_set_new(row, "via", json_string(component));
    if (json_object_get(row, "ref") == NULL && json_object_get(row, "lot") == NULL)
        name_row(reader, row, hash_value(&hash));
    reader->to->lines[json_array_size(reader->to->rows)] = reader->line;
    json_array_append_new(reader->to->rows, row);
}

int positions_read(const char *file, const char *profile, const char *component,
                   struct positions *ret, struct pawl_err *err) {
    struct reader reader = {.file = file, .to = ret};
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    FILE *from = fopen(file, "r");
    if (from == NULL) return pawl_fail(err, PAWL_E_IO, "%s: %s", file, strerror(errno));
    *ret = (struct positions){json_array(), mem_calloc(ADOPT_ROWS_MAX, sizeof *ret->lines), 0};
    while (ret->lines != NULL && (length = getline(&line, &size, from)) >= 0) {
        reader.line++;
        while (length > 0 && isspace((unsigned char)line[length - 1])) line[--length] = '\0';
        if (length == 0 || line[0] == '#') continue;
        if (reader.column_count == 0) {
            read_head(&reader, line + (strncmp(line, "\xef\xbb\xbf", 3) == 0 ? 3 : 0));
        } else if (json_array_size(ret->rows) == ADOPT_ROWS_MAX) {
            fault(&reader, "more rows than one run takes", "");
            break;
        } else {
            read_row(&reader, line, profile, component);
        }
    }
    bool bad = ferror(from) != 0;
    free(line); /* getline's */
    fclose(from);
    if (bad || ret->lines == NULL)
        return pawl_fail(err, bad ? PAWL_E_IO : PAWL_E_NOMEM, "%s: it cannot be read", file);
    if (json_array_size(ret->rows) == 0 && ret->faults == 0)
        return pawl_fail(err, PAWL_E_DATA, "%s: has no position in it", file);
    return PAWL_OK;
}

void positions_done(struct positions *positions) {
    json_decref(positions->rows);
    mem_free(positions->lines);
}
