/* records.c - every record type as JSON: stored ones from the database, session ones from memory.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "control/control_int.h"
#include "control/put.h"
#include "events/codec.h"

static const struct record_rows *rows_of(const struct host *host, const char *table) {
    for (uint32_t i = 0; i < host->instance_count; i++)
        for (uint32_t t = 0; t < host->instances[i]->record_type_count; t++)
            if (strcmp(host->instances[i]->records[t].type->table, table) == 0)
                return &host->instances[i]->records[t];
    return NULL;
}

static const struct pawl_record_type *type_of(const struct host *host, const char *table) {
    const struct pawl_record_type *type = reflect_record_table(table);
    const struct record_rows *rows = type == NULL ? rows_of(host, table) : NULL;
    return type != NULL ? type : rows == NULL ? NULL : rows->type;
}

/* ---- the list of types ---- */

static void put_type(struct jsonout *out, const struct pawl_record_type *type, const char *owner) {
    jsonout_open(out, '{');
    put_text(out, "table", type->table);
    put_text(out, "record", type->name);
    put_text(out, "of", owner);
    put_text(out, "class",
             type->durable == 0   ? "session"
             : type->durable == 1 ? "durable"
                                  : "history");
    jsonout_close(out, '}');
}

static void put_types(struct jsonout *out, const struct host *host) {
    jsonout_key(out, "types");
    jsonout_open(out, '[');
    for (uint32_t i = 0; i < SCHEMA_RECORD_COUNT; i++) put_type(out, &schema_records[i], "host");
    for (uint32_t i = 0; i < host->instance_count; i++)
        for (uint32_t t = 0; t < host->instances[i]->record_type_count; t++)
            put_type(out, host->instances[i]->records[t].type, host->instances[i]->name);
    jsonout_close(out, ']');
}

/* ---- rows ---- */

static int put_row(struct jsonout *out, const struct host *host,
                   const struct pawl_record_type *type, const void *row) {
    static char line[CODEC_LINE_MAX]; /* loop thread only */
    size_t length;
    int rc = row_to_json(type, row, host->names, line, sizeof line, &length);
    if (rc == PAWL_OK) jsonout_raw(out, line, length);
    return rc;
}

static int stored_rows(struct question *question, struct jsonout *out, struct pawl_err *err) {
    const struct host *host = question->control->host;
    const struct store_page *page = &question->page;
    const struct pawl_record_type *type = type_of(host, question->state);
    if (type == NULL || type->size != page->row_size)
        return pawl_fail(err, PAWL_E_STATE, "the record changed meanwhile; ask again");
    jsonout_key(out, "rows");
    jsonout_open(out, '[');
    for (uint32_t i = 0; i < page->count; i++)
        if (put_row(out, host, type, (const char *)page->rows + (size_t)i * type->size) != PAWL_OK)
            return pawl_fail(err, PAWL_E_DATA, "a row cannot be written as JSON");
    jsonout_close(out, ']');
    uint64_t last = 0;
    if (page->count > 0)
        memcpy(&last, (const char *)page->rows + (size_t)(page->count - 1) * type->size, 8);
    put_u64(out, "last", last);
    put_bool(out, "more", page->count == page->limit);
    return PAWL_OK;
}

static void session_rows(struct jsonout *out, const struct host *host,
                         const struct record_rows *rows, uint64_t after, uint64_t limit) {
    uint64_t last = 0;
    uint32_t i = 0;
    jsonout_key(out, "rows");
    jsonout_open(out, '[');
    for (; i < rows->count && limit > 0; i++) {
        if (rows->rows[i] == NULL) continue;
        if (rows->keys[i] <= after) continue;
        put_row(out, host, rows->type, rows->rows[i]);
        last = rows->keys[i];
        limit--;
    }
    jsonout_close(out, ']');
    put_u64(out, "last", last);
    put_bool(out, "more", i < rows->count);
}

int answer_records(struct request *request, struct jsonout *out, struct pawl_err *err) {
    const struct host *host = request->control->host;
    const char *table, *column;
    struct store_page page = {.newest = request_flag(request, "newest")};
    uint64_t limit;
    int rc = request_text(request, "type", &table, err);
    if (rc == PAWL_OK) rc = request_u64(request, "after", 0, &page.after, err);
    if (rc == PAWL_OK) rc = request_u64(request, "limit", CONTROL_PAGE_MAX, &limit, err);
    if (rc == PAWL_OK) rc = request_text(request, "column", &column, err);
    if (rc == PAWL_OK) rc = request_u64(request, "value", 0, &page.value, err);
    if (rc != PAWL_OK) return rc;
    if (limit == 0 || limit > CONTROL_PAGE_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "limit: must be from 1 to %u", CONTROL_PAGE_MAX);
    if (table[0] == '\0') {
        put_types(out, host);
        return PAWL_OK;
    }
    const struct pawl_record_type *type = type_of(host, table);
    if (type == NULL) return pawl_fail(err, PAWL_E_NOTFOUND, "there is no record %.63s", table);
    if (!type->durable) {
        session_rows(out, host, rows_of(host, table), page.after, limit);
        return PAWL_OK;
    }
    char *name = mem_strdup(table);
    if (name == NULL) return PAWL_E_NOMEM;
    page.table = name;
    page.column = column[0] == '\0' ? NULL : column; /* of the request: kept with it */
    page.row_size = type->size;
    page.limit = (uint32_t)limit;
    return question_ask(request, &page, stored_rows, name, err);
}
