/* The configuration and the instruments, put in place and taken back. */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "reload/stage.h"

static int intern(struct stage *stage, struct pawl_err *err) {
    const struct config *config = stage->next.config;
    struct names *names = stage->host->names;
    uint32_t id;
    int rc = PAWL_OK;
    for (uint32_t i = 0; rc == PAWL_OK && i < config->instrument_count; i++)
        rc = names_intern(names, NAME_INSTRUMENT, config->instruments[i].base.symbol, &id, NULL,
                          err);
    for (uint32_t i = 0; rc == PAWL_OK && i < config->plugin_count; i++)
        rc = names_intern(names, NAME_COMPONENT, config->plugins[i].name, &id, NULL, err);
    if (rc == PAWL_OK && names_count(names, NAME_INSTRUMENT) > stage->host->instrument_room)
        rc = pawl_fail(err, PAWL_E_BUSY, "no room for more than %u instruments without a restart",
                       stage->host->instrument_room);
    return rc;
}

/* Sessions of all instruments, known ones and new ones. */
static int apply_calendars(struct stage *stage, struct pawl_err *err) {
    struct host *host = stage->host;
    const struct config *config = stage->next.config;
    struct calendars *fresh = NULL;
    int rc = calendars_new(config, &fresh, err);
    for (uint32_t i = 0; rc == PAWL_OK && i < config->instrument_count; i++)
        rc = calendars_assign(fresh, names_find(host->names, NAME_INSTRUMENT,
                                                config->instruments[i].base.symbol),
                              config->instruments[i].session, err);
    if (rc != PAWL_OK) {
        calendars_free(fresh);
        return rc;
    }
    stage->calendars = host->calendars;
    stage->calendars_applied = true;
    host->calendars = fresh;
    return PAWL_OK;
}

static void undo_calendars(struct stage *stage) {
    struct host *host = stage->host;
    if (!stage->calendars_applied) return;
    calendars_free(host->calendars);
    host->calendars = stage->calendars;
    stage->calendars = NULL;
    stage->calendars_applied = false;
}

/* Why an instrument cannot go; false = it can. What is unexplained or may still fill would be
 * nobody's matter any more. */
static bool is_needed(const struct exec *exec, uint32_t id, struct pawl_err *why) {
    const struct book *book = exec->book;
    const struct book_instrument *in = &book->instruments[id];
    uint32_t at = 0;
    uint64_t key;
    void *value;
    if (in->lots != NULL)
        return pawl_fail(why, PAWL_E_STATE, "lot %llu is open in it, and it would be gone",
                         (unsigned long long)in->lots->rec.id) != PAWL_OK;
    if (in->kept.halted)
        return pawl_fail(why, PAWL_E_STATE, "it is halted (%.63s), and it would be gone: resume it "
                         "first", in->kept.reason) != PAWL_OK;
    if (exec_instrument_has_gap(exec, id))
        return pawl_fail(why, PAWL_E_STATE, "its position at the venue is not explained yet, and "
                         "it would be gone") != PAWL_OK;
    while (table_next(&book->orders, &at, &key, &value)) {
        const struct order *order = value;
        if (order->rec.instrument == id && order_is_live(order))
            return pawl_fail(why, PAWL_E_STATE, "order %.23s in it may still fill, and it would be "
                             "gone", order->rec.order) != PAWL_OK;
    }
    return false;
}

static int check_gone(struct stage *stage) {
    const struct config *config = stage->session->config;
    int rc = PAWL_OK;
    for (uint32_t i = 0; i < config->instrument_count; i++) {
        const char *symbol = config->instruments[i].base.symbol;
        struct pawl_err err = {0};
        char path[sizeof "instruments." + PAWL_SYMBOL_MAX];
        if (config_instrument_find(stage->next.config, symbol) != NULL) continue;
        uint32_t id = names_find(stage->host->names, NAME_INSTRUMENT, symbol);
        if (!is_needed(&stage->host->exec, id, &err)) continue;
        memcpy(path, "instruments.", 12);
        memcpy(path + 12, symbol, strlen(symbol) + 1);
        rc = stage_fail(stage, PAWL_E_STATE, path, &err);
    }
    return rc;
}

static void save(struct stage *stage) {
    const struct book *book = &stage->host->book;
    for (uint32_t id = 1; id <= book->instrument_count; id++) {
        const struct book_instrument *in = &book->instruments[id];
        stage->instruments[stage->saved_count++] =
            (struct saved_instrument){.id = id, .def = in->def, .restricted = in->restricted,
                                      .stale_after_ns = in->market.stale_after_ns};
    }
}

static void apply(struct stage *stage) {
    struct host *host = stage->host;
    const struct config *config = stage->next.config;
    for (uint32_t id = 1; id <= host->book.instrument_count; id++) {
        const char *symbol = names_text(host->names, NAME_INSTRUMENT, id);
        if (config_instrument_find(config, symbol) == NULL)
            host->book.instruments[id].def.id = 0; /* the rest stays for who still points at it */
    }
    host->book.instrument_count = names_count(host->names, NAME_INSTRUMENT);
    for (uint32_t i = 0; i < config->instrument_count; i++) {
        const struct config_instrument *from = &config->instruments[i];
        host_set_instrument(host, config, from,
                            names_find(host->names, NAME_INSTRUMENT, from->base.symbol));
    }
    exec_configure(&host->exec, config);
}

int data_apply(struct stage *stage) {
    struct host *host = stage->host;
    struct pawl_err err = {0};
    for (int space = 1; space < NAME_SPACES_; space++)
        stage->names_before[space] = names_count(host->names, (enum name_space)space);
    stage->instrument_count = host->book.instrument_count;
    stage->data_applied = true;
    int rc = intern(stage, &err);
    if (rc == PAWL_OK) {
        stage->instruments = mem_calloc(host->book.instrument_count + 1u,
                                        sizeof *stage->instruments);
        if (stage->instruments == NULL) rc = pawl_fail(&err, PAWL_E_NOMEM, "no memory");
    }
    if (rc == PAWL_OK) rc = apply_calendars(stage, &err);
    if (rc != PAWL_OK) return stage_fail(stage, rc, NULL, &err);
    rc = check_gone(stage);
    if (rc != PAWL_OK) return rc;
    save(stage);
    apply(stage);
    return PAWL_OK;
}

void data_undo(struct stage *stage) {
    struct book *book = &stage->host->book;
    if (!stage->data_applied) return;
    undo_calendars(stage);
    for (uint32_t i = 0; i < stage->saved_count; i++) {
        const struct saved_instrument *saved = &stage->instruments[i];
        struct book_instrument *in = &book->instruments[saved->id];
        in->def = saved->def;
        in->restricted = saved->restricted;
        in->market.stale_after_ns = saved->stale_after_ns;
    }
    for (uint32_t id = stage->instrument_count + 1; id <= book->instrument_count; id++)
        memset(&book->instruments[id], 0, sizeof book->instruments[id]);
    book->instrument_count = stage->instrument_count;
    exec_configure(&stage->host->exec, stage->session->config);
    for (int space = 1; space < NAME_SPACES_; space++)
        names_shrink(stage->host->names, (enum name_space)space, stage->names_before[space]);
    stage->data_applied = false;
}

/* Ticks and steps may differ: what is wanted is compared with what works once more. */
void data_dirty(struct stage *stage) {
    struct book *book = &stage->host->book;
    for (uint32_t i = 0; i < stage->saved_count; i++) {
        const struct saved_instrument *saved = &stage->instruments[i];
        const struct book_instrument *in = &book->instruments[saved->id];
        if (memcmp(&saved->def, &in->def, sizeof in->def) == 0) continue;
        for (struct lot *lot = in->lots; lot != NULL; lot = lot->instrument_next)
            book_dirty(book, lot);
    }
}
