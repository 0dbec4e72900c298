/* Lots whose holder goes: who takes them. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/plural.h"
#include "reload/stage.h"

static bool holds(const struct lot *lot, uint32_t component) {
    const struct pawl_common_lot *rec = &lot->rec;
    return rec->state != PAWL_LOT_STATE_CLOSED &&
           (rec->owner == component || rec->hold_grow == component ||
            rec->hold_reduce == component || rec->hold_stop == component ||
            rec->hold_targets == component);
}

static const char *heir_of(const struct stage *stage, const char *name) {
    const struct config_host *host = &stage->next.config->host;
    for (uint32_t i = 0; i < stage->request->heir_count; i++)
        if (strcmp(stage->request->heirs[i].name, name) == 0) return stage->request->heirs[i].to;
    for (uint32_t i = 0; i < host->heir_count; i++)
        if (strcmp(host->heirs[i].name, name) == 0) return host->heirs[i].to;
    return "";
}

static void show(struct plan_orphan *one, const struct book *book, const struct lot *lot) {
    size_t at = strlen(one->shown);
    if (one->lots > PLAN_LOTS_SHOWN_MAX) return;
    const char *symbol = book->instruments[lot->rec.instrument].def.symbol;
    snprintf(one->shown + at, sizeof one->shown - at, "%s%llu %s%s%s", at > 0 ? ", " : "",
             (unsigned long long)lot->rec.id, symbol, lot->rare->rec.ref[0] != '\0' ? " " : "",
             lot->rare->rec.ref);
}

static bool is_strategy(const struct stage *stage, const char *name) {
    const struct config *config = stage->next.config;
    for (uint32_t i = 0; i < config->plugin_count; i++)
        if (strcmp(config->plugins[i].name, name) == 0)
            return stage->next.plugins[i]->kind == PAWL_PLUGIN_KIND_STRATEGY;
    return false;
}

static int judge(struct stage *stage, const struct plan_orphan *one) {
    struct pawl_err err = {0};
    char path[sizeof "host.heirs." + PAWL_NAME_MAX];
    if (strcmp(one->heir, CONFIG_HEIR_KEEP) == 0 || strcmp(one->heir, CONFIG_HEIR_FLATTEN) == 0 ||
        is_strategy(stage, one->heir))
        return PAWL_OK;
    snprintf(path, sizeof path, "host.heirs.%s", one->name);
    if (one->heir[0] == '\0')
        pawl_fail(&err, PAWL_E_STATE,
                  "%u open lot%s would lose %s holder (%.100s): name a strategy, \"keep\" or "
                  "\"flatten\"",
                  one->lots, plural(one->lots), one->lots == 1 ? "its" : "their", one->shown);
    else
        pawl_fail(&err, PAWL_E_STATE, "\"%s\" is no strategy of the new configuration", one->heir);
    return stage_fail(stage, PAWL_E_STATE, path, &err);
}

int heirs_find(struct stage *stage) {
    const struct book *book = &stage->host->book;
    int failed = PAWL_OK;
    for (uint32_t i = 0; i < stage->plan->plugin_count; i++) {
        const struct plan_plugin *gone = &stage->plan->plugins[i];
        if (gone->action != PLAN_REMOVE) continue;
        struct plan_orphan one = {
            .component = stage->host->instances[gone->old_index]->ctx.component};
        memcpy(one.name, gone->name, sizeof one.name);
        snprintf(one.heir, sizeof one.heir, "%s", heir_of(stage, gone->name));
        for (const struct lot *lot = book->first_lot; lot != NULL; lot = lot->next) {
            if (!holds(lot, one.component)) continue;
            one.lots++;
            show(&one, book, lot);
        }
        if (one.lots == 0) continue;
        stage->plan->orphans[stage->plan->orphan_count++] = one;
        int rc = judge(stage, &one);
        if (rc != PAWL_OK) failed = rc;
        stage->lot_count += one.lots;
    }
    return failed;
}

static void replace(uint32_t *holder, uint32_t from, uint32_t to) {
    if (*holder == from) *holder = to;
}

static void take(struct stage *stage, const struct plan_orphan *one, struct lot *lot) {
    struct pawl_common_lot *rec = &lot->rec;
    bool named = strcmp(one->heir, CONFIG_HEIR_KEEP) != 0 &&
                 strcmp(one->heir, CONFIG_HEIR_FLATTEN) != 0;
    uint32_t to = named ? names_find(stage->host->names, NAME_COMPONENT, one->heir) : 0;
    stage->lots[stage->lot_count++] =
        (struct saved_lot){.lot = lot, .owner = rec->owner, .grow = rec->hold_grow,
                           .reduce = rec->hold_reduce, .stop = rec->hold_stop,
                           .targets = rec->hold_targets, .enter_up_to = rec->enter_up_to,
                           .add_up_to = lot->rare->rec.add_up_to,
                           .flatten = strcmp(one->heir, CONFIG_HEIR_FLATTEN) == 0};
    if (rec->hold_grow == one->component && to == 0) { /* the keeper lets nothing grow */
        rec->enter_up_to = rec->entered;
        RARE_SET(&stage->host->book, lot, rec.add_up_to.e8, lot->rare->rec.added.e8);
    }
    replace(&rec->hold_grow, one->component, to);
    replace(&rec->hold_reduce, one->component, to);
    replace(&rec->hold_stop, one->component, to);
    replace(&rec->hold_targets, one->component, to);
    if (to != 0) replace(&rec->owner, one->component, to); /* the keeper opens nothing */
}

int heirs_apply(struct stage *stage) {
    uint32_t room = stage->lot_count;
    stage->lot_count = 0;
    if (room == 0) return PAWL_OK;
    stage->lots = mem_calloc(room, sizeof *stage->lots);
    if (stage->lots == NULL) {
        struct pawl_err err = {0};
        return stage_fail(stage, pawl_fail(&err, PAWL_E_NOMEM, "no memory"), NULL, &err);
    }
    for (uint32_t i = 0; i < stage->plan->orphan_count; i++)
        for (struct lot *lot = stage->host->book.first_lot; lot != NULL; lot = lot->next)
            if (stage->lot_count < room && holds(lot, stage->plan->orphans[i].component))
                take(stage, &stage->plan->orphans[i], lot);
    return PAWL_OK;
}

void heirs_undo(struct stage *stage) {
    for (uint32_t i = stage->lots == NULL ? 0 : stage->lot_count; i > 0; i--) {
        const struct saved_lot *saved = &stage->lots[i - 1];
        struct pawl_common_lot *rec = &saved->lot->rec;
        rec->owner = saved->owner;
        rec->hold_grow = saved->grow;
        rec->hold_reduce = saved->reduce;
        rec->hold_stop = saved->stop;
        rec->hold_targets = saved->targets;
        rec->enter_up_to = saved->enter_up_to;
        RARE_SET(&stage->host->book, saved->lot, rec.add_up_to.e8, saved->add_up_to.e8);
    }
    stage->lot_count = 0;
}

void heirs_close(struct stage *stage) {
    struct book *book = &stage->host->book;
    for (uint32_t i = 0; i < stage->lot_count; i++) {
        struct lot *lot = stage->lots[i].lot;
        if (stage->lots[i].flatten) want_close(&stage->host->exec, lot, "REMOVED");
        book_changed(book, lot);
        book_dirty(book, lot);
    }
}

const struct instance *heirs_before(const struct stage *stage, const char *name) {
    for (uint32_t i = 0; i < stage->plan->plugin_count; i++) {
        const struct plan_plugin *gone = &stage->plan->plugins[i];
        if (gone->action == PLAN_REMOVE && strcmp(heir_of(stage, gone->name), name) == 0)
            return stage->host->instances[gone->old_index];
    }
    return NULL;
}
