/* Who holds the aspects of a lot, and when its R no longer follows its entries. */
#include <string.h>

#include "base/err.h"
#include "book/report.h"
#include "exec/steps.h"

void lot_hold(struct exec *exec, struct lot *lot, const char *profile, uint32_t caller) {
    uint32_t *holders[CONFIG_ASPECTS_] = {&lot->rec.hold_grow, &lot->rec.hold_reduce,
                                          &lot->rec.hold_stop, &lot->rec.hold_targets};
    const struct config_profile *found =
        profile[0] == '\0' ? NULL : config_profile_find(exec->config, profile);
    for (int aspect = 0; aspect < CONFIG_ASPECTS_; aspect++) {
        const char *name = found == NULL ? CONFIG_OPENER : found->holder[aspect];
        if (strcmp(name, CONFIG_OPENER) == 0)
            *holders[aspect] = caller;
        else if (strcmp(name, CONFIG_KEEPER) == 0)
            *holders[aspect] = 0;
        else
            *holders[aspect] = names_find(exec->book->names, NAME_COMPONENT, name);
    }
}

int profile_check(const struct exec *exec, const char *profile, uint32_t opener,
                  struct pawl_err *err) {
    const struct config_profile *found = config_profile_find(exec->config, profile);
    enum config_aspect aspect;
    struct pawl_err why = {0};
    if (profile[0] == '\0') return PAWL_OK;
    const char *name =
        opener == exec->operator_id ? "" : names_text(exec->book->names, NAME_COMPONENT, opener);
    if (found == NULL)
        return pawl_fail(err, PAWL_E_INVAL, "profile \"%s\" is not configured", profile);
    if (exec->parts.find == NULL ||
        profile_judge(found, name, &exec->parts, &aspect, &why) == PAWL_OK)
        return PAWL_OK;
    return pawl_fail(err, PAWL_E_INVAL, "profile %s: %s: %.180s", profile, profile_aspects[aspect],
                     why.text);
}

void lot_held(struct exec *exec, const struct lot *lot) {
    struct pawl_ev_lot_assigned ev;
    EVENT_INIT(ev, PAWL_EV_LOT_ASSIGNED);
    ev.lot = lot->rec.id;
    ev.instrument = lot->rec.instrument;
    ev.grow = lot->rec.hold_grow;
    ev.reduce = lot->rec.hold_reduce;
    ev.stop = lot->rec.hold_stop;
    ev.targets = lot->rec.hold_targets;
    TEXT_SET(ev.profile, lot->rec.profile);
    TEXT_SET(ev.ref, lot->rare->rec.ref);
    book_publish(exec->book, &ev.head);
}

int want_assign(struct exec *exec, uint64_t id, const char *profile, struct pawl_err *err) {
    struct lot *lot = book_lot(exec->book, id);
    if (lot == NULL || lot->rec.state == PAWL_LOT_STATE_CLOSED)
        return pawl_fail(err, PAWL_E_NOTFOUND, "there is no open lot %llu", (unsigned long long)id);
    int rc = profile_check(exec, profile, lot->rec.owner, err);
    if (rc != PAWL_OK) return rc;
    TEXT_SET(lot->rec.profile, profile);
    lot_hold(exec, lot, profile, lot->rec.owner);
    book_changed(exec->book, lot);
    book_dirty(exec->book, lot);
    lot_held(exec, lot);
    return PAWL_OK;
}

int want_freeze(struct exec *exec, uint32_t caller, uint64_t id, struct pawl_err *err) {
    struct lot *lot = book_lot(exec->book, id);
    if (lot == NULL || lot->rec.state == PAWL_LOT_STATE_CLOSED)
        return pawl_fail(err, PAWL_E_NOTFOUND, "there is no open lot %llu", (unsigned long long)id);
    if (caller != lot->rec.hold_stop)
        return pawl_fail(err, PAWL_E_DENIED, "the caller does not hold the stop of lot %llu",
                         (unsigned long long)id);
    if (exec->trial || lot->rec.r_frozen) return PAWL_OK;
    lot->rec.r_frozen = 1;
    book_changed(exec->book, lot);
    return PAWL_OK;
}
