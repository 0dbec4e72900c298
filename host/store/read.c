/* read.c - pages of stored rows, read by the writer between two transactions: whoever asks does not
 * wait, and what is asked costs a commit at most one page. */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "store/store_int.h"

/* One column of a shape as a number; the key and every integer. */
static bool has_column(const struct shape *shape, const char *name) {
    for (uint32_t i = 0; i < shape->columns_count; i++)
        if (strcmp(shape->columns[i].name, name) == 0)
            return !shape_column_is_text(&shape->columns[i]);
    return false;
}

struct collected {
    struct store_page *page;
    uint32_t row_size;
};

static int collect(void *arg, const void *row, struct pawl_err *err) {
    struct collected *to = arg;
    (void)err;
    memcpy((uint8_t *)to->page->rows + (size_t)to->page->count * to->row_size, row, to->row_size);
    to->page->count++;
    return PAWL_OK;
}

static int read_page(struct store *store, struct store_page *page, const struct shape *shape) {
    char filter[STORE_IDENT_MAX * 2 + 160];
    const char *key = shape->columns[0].name;
    struct collected to = {page, shape->row_size};
    if (page->column != NULL && !has_column(shape, page->column))
        return pawl_fail(&page->err, PAWL_E_INVAL, "table %s: no such number: %.40s", shape->table,
                         page->column);
    page->rows = mem_alloc((size_t)page->limit * shape->row_size);
    if (page->rows == NULL) return pawl_fail(&page->err, PAWL_E_NOMEM, "store: out of memory");
    struct sql_text sql = {.bytes = filter, .capacity = sizeof filter};
    sql_add(&sql, " WHERE \"%s\"%s%lld", key, page->newest ? "<" : ">", (long long)page->after);
    if (page->column != NULL)
        sql_add(&sql, " AND \"%s\"=%lld", page->column, (long long)page->value);
    sql_add(&sql, " ORDER BY \"%s\"%s LIMIT %u", key, page->newest ? " DESC" : "", page->limit);
    if (sql.overflow) return pawl_fail(&page->err, PAWL_E_INVAL, "store: the question is too long");
    return shape_select(store, shape, filter, collect, &to, &page->err);
}

/* The shape of the page's rows; else one of its table; else NULL. A plugin that was replaced leaves
 * the shape it had. Fields are only added, so of two equally large ones the one with more has all.
 */
static const struct shape *shape_for(struct store *store, const struct store_page *page) {
    const struct shape *found = NULL;
    struct shape *expected = NULL;
    for (uint32_t i = 0; i < store->shapes_count; i++) {
        struct shape *one = store->shapes[i];
        if (strcmp(one->table, page->table) != 0) continue;
        bool fits = one->row_size == page->row_size;
        if (one->put == NULL && fits && one->type != NULL) expected = one;
        if (one->put == NULL) continue;
        if (found == NULL || (fits && (found->row_size != page->row_size ||
                                       one->columns_count > found->columns_count)))
            found = one;
    }
    if (expected == NULL || (found != NULL && found->row_size == page->row_size)) return found;
    return store_adapt(store, expected, NULL) == PAWL_OK ? expected : found;
}

static void answer(struct store *store, struct store_page *page) {
    const struct shape *shape = shape_for(store, page);
    if (shape == NULL)
        pawl_fail(&page->err, PAWL_E_NOTFOUND, "there is no table %.63s", page->table);
    else if (page->row_size != shape->row_size)
        pawl_fail(&page->err, PAWL_E_STATE, "table %.63s is of another shape now", page->table);
    else
        read_page(store, page, shape);
}

void read_do(struct store *store, struct store_page *page) {
    pthread_mutex_lock(&store->db_lock);
    if (writer_file(store, &page->err) == PAWL_OK) answer(store, page);
    pthread_mutex_unlock(&store->db_lock);
    page->done(page->arg);
}

int store_read(struct store *store, struct store_page *page) {
    uint32_t waiting = 0;
    if (page->limit == 0 || page->limit > STORE_PAGE_ROWS_MAX) return PAWL_E_INVAL;
    page->next = NULL;
    page->rows = NULL;
    page->count = 0;
    if (page->newest && page->after == 0) page->after = INT64_MAX;
    if (!store->threaded) {
        store_flush(store, NULL);
        read_do(store, page);
        return PAWL_OK;
    }
    pthread_mutex_lock(&store->lock);
    struct store_page **end = &store->pages;
    for (; *end != NULL; end = &(*end)->next) waiting++;
    bool room = waiting < STORE_PAGES_MAX && !store->stop;
    if (room) {
        *end = page;
        pthread_cond_signal(&store->to_writer);
    }
    pthread_mutex_unlock(&store->lock);
    return room ? PAWL_OK : PAWL_E_BUSY;
}

struct store_page *read_take(struct store *store) {
    struct store_page *page = store->pages;
    if (page != NULL) store->pages = page->next;
    return page;
}

void read_end(struct store *store) {
    struct store_page *page;
    while ((page = read_take(store)) != NULL) {
        pawl_fail(&page->err, PAWL_E_STATE, "the host is stopping");
        page->done(page->arg);
    }
}
