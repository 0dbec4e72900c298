/* Requests of a person or a script that need no component: exit, stop, scale-in. They work when
 * every plugin is broken. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "book/market.h"
#include "book/money.h"
#include "book/report.h"
#include "exec/steps.h"

struct selection { /* which lots a request means: all that is said has to fit */
    uint64_t lot;
    uint32_t instrument;
    uint8_t side;
    const char *ref;
};

static bool means(const struct selection *sel, const struct lot *lot) {
    if (sel->lot == 0 && sel->ref[0] == '\0' && sel->instrument == 0) return false;
    return (sel->lot == 0 || lot->rec.id == sel->lot) &&
           (sel->lot != 0 || sel->ref[0] == '\0' || strcmp(lot->rare->rec.ref, sel->ref) == 0) &&
           (sel->instrument == 0 || lot->rec.instrument == sel->instrument) &&
           (sel->side == 0 || lot->rec.side == sel->side);
}

static void complain(struct exec *exec, const struct lot *lot, const char *what,
                     const struct pawl_err *err) {
    report_alert(exec->book, "refused", PAWL_SEVERITY_WARNING, lot, NULL, "%s: %s", what,
                 err->text);
}

static void exit_one(struct exec *exec, struct lot *lot, const struct pawl_ev_exit *request) {
    struct pawl_err err = {0};
    const char *reason = request->reason[0] != '\0' ? request->reason : "MANUAL";
    struct pawl_exit_spec spec = {.size = (uint32_t)sizeof spec,
                                  .kind = PAWL_KIND_MARKET,
                                  .at_least = {PAWL_QTY_ALL},
                                  .reason = reason};
    int64_t before_e8 = lot->rec.exited.e8 + lot_leaves(lot).exit_e8, rounded_e8 = 0;
    int64_t step_e8 = exec->book->instruments[lot->rec.instrument].def.step.e8;
    if (lot->rec.exit_at_least.e8 != PAWL_QTY_ALL && lot->rec.exit_at_least.e8 > before_e8)
        before_e8 = lot->rec.exit_at_least.e8; /* asked for before and not sent yet */
    if (request->quantity.e8 > 0 &&
        pawl_add_i64(before_e8, request->quantity.e8, &spec.at_least.e8) != PAWL_OK)
        spec.at_least.e8 = PAWL_QTY_ALL; /* more than any lot holds */
    if (request->quantity.e8 > 0 && spec.at_least.e8 >= lot->rec.entered.e8 &&
        lot->rec.enter_up_to.e8 <= lot->rec.entered.e8)
        spec.at_least.e8 = PAWL_QTY_ALL;
    if (spec.at_least.e8 != PAWL_QTY_ALL &&
        (pawl_round_to(request->quantity.e8, step_e8, PAWL_ROUND_DOWN, &rounded_e8) != PAWL_OK ||
         rounded_e8 != request->quantity.e8)) {
        char step[PAWL_E8_TEXT_MAX];
        pawl_format_e8(step_e8, step);
        pawl_fail(&err, PAWL_E_INVAL, "quantity: must be a multiple of the step %s", step);
        complain(exec, lot, "exit", &err);
        return;
    }
    if (want_exit(exec, exec->operator_id, lot->rec.id, &spec, &err) != PAWL_OK)
        complain(exec, lot, "exit", &err);
}

static void stop_one(struct exec *exec, struct lot *lot, const struct pawl_ev_stop *request) {
    struct pawl_err err = {0};
    if (want_stop(exec, exec->operator_id, lot->rec.id, request->price, "operator",
                  request->force != 0, &err) != PAWL_OK)
        complain(exec, lot, "stop", &err);
}

/* Whoever holds grow and listens to the request decides it; the others know of no profit. */
static bool is_for_holder(const struct exec *exec, const struct lot *lot) {
    return lot->rec.hold_grow != 0 &&
           bus_listens(exec->book->bus, lot->rec.hold_grow, PAWL_EV_SCALE_IN);
}

static bool has_profit(const struct exec *exec, const struct lot *lot, struct pawl_ratio pct) {
    struct pawl_price now =
        market_price(exec->book, lot->rec.instrument, PAWL_TRIGGER_SOURCE_EXIT_SIDE, lot->rec.side);
    bool is_long = lot->rec.side == PAWL_POSITION_SIDE_LONG;
    int64_t factor_e8 = is_long ? PAWL_E8 + pct.e8 : PAWL_E8 - pct.e8;
    pawl_i128 level = (pawl_i128)lot_entry(lot).e8 * factor_e8;
    if (now.e8 == 0 || lot->rec.entered.e8 == 0) return false;
    return is_long ? (pawl_i128)now.e8 * PAWL_E8 >= level : (pawl_i128)now.e8 * PAWL_E8 <= level;
}

static void scale_one(struct exec *exec, struct lot *lot, const struct pawl_ev_scale_in *request) {
    struct pawl_err err = {0};
    if (is_for_holder(exec, lot)) return;
    if (request->trigger_profit_pct.e8 != 0 &&
        !has_profit(exec, lot, request->trigger_profit_pct)) {
        pawl_fail(&err, PAWL_E_STATE, "the lot has not that profit");
        complain(exec, lot, "scale_in", &err);
        return;
    }
    struct pawl_qty total = {lot->rec.enter_up_to.e8};
    if (pawl_add_i64(total.e8, request->quantity.e8, &total.e8) != PAWL_OK ||
        want_enter(exec, exec->operator_id, lot->rec.id, total, &err) != PAWL_OK)
        complain(exec, lot, "scale_in", &err);
}

static void assign_one(struct exec *exec, struct lot *lot, const struct pawl_ev_assign *request) {
    struct pawl_err err = {0};
    if (want_assign(exec, lot->rec.id, request->profile, &err) != PAWL_OK)
        complain(exec, lot, "assign", &err);
}

static void resume(struct exec *exec, const struct pawl_ev_resume *request) {
    const char *reason = request->reason[0] != '\0' ? request->reason : "an operator resumed it";
    if (request->instrument != 0 && request->instrument <= exec->book->instrument_count &&
        book_resume(exec->book, request->instrument, reason))
        return;
    report_alert(exec->book, "refused", PAWL_SEVERITY_WARNING, NULL, NULL,
                 "resume: %s is not halted",
                 names_text(exec->book->names, NAME_INSTRUMENT, request->instrument));
}

/* What was said is compared with the venue before anything is sent for it: at once, or by the round
 * that runs or is due. */
static void adopt(struct exec *exec, const struct pawl_ev_adopt *request) {
    struct pawl_err err = {0};
    struct lot *lot;
    if (want_adopt(exec, request, &lot, &err) != PAWL_OK) {
        report_alert(exec->book, "refused", PAWL_SEVERITY_WARNING, NULL, NULL, "adopt %s: %s",
                     request->ref, err.text);
        return;
    }
    lot->rec.claimed = 1;
    want_reconcile(exec, lot->rec.account, false, NULL);
}

void operator_event(struct exec *exec, const struct pawl_event *event) {
    struct selection sel = {0};
    const struct pawl_ev_exit *exit = (const void *)event;
    const struct pawl_ev_stop *stop = (const void *)event;
    const struct pawl_ev_scale_in *scale = (const void *)event;
    const struct pawl_ev_assign *assign = (const void *)event;
    if (event->type == PAWL_EV_RESUME) {
        resume(exec, (const void *)event);
        return;
    }
    if (event->type == PAWL_EV_ADOPT) {
        adopt(exec, (const void *)event);
        return;
    }
    if (event->type == PAWL_EV_EXIT)
        sel = (struct selection){exit->lot, exit->instrument, exit->side, exit->ref};
    else if (event->type == PAWL_EV_STOP)
        sel = (struct selection){stop->lot, stop->instrument, 0, stop->ref};
    else if (event->type == PAWL_EV_SCALE_IN)
        sel = (struct selection){scale->lot, scale->instrument, scale->side, scale->ref};
    else if (event->type == PAWL_EV_ASSIGN)
        sel = (struct selection){assign->lot, assign->instrument, 0, assign->ref};
    else
        return;
    bool found = false;
    for (struct lot *lot = exec->book->first_lot, *next; lot != NULL; lot = next) {
        next = lot->next;
        if (!means(&sel, lot)) continue;
        found = true;
        if (event->type == PAWL_EV_EXIT)
            exit_one(exec, lot, exit);
        else if (event->type == PAWL_EV_STOP)
            stop_one(exec, lot, stop);
        else if (event->type == PAWL_EV_ASSIGN)
            assign_one(exec, lot, assign);
        else
            scale_one(exec, lot, scale);
    }
    if (!found)
        report_alert(exec->book, "refused", PAWL_SEVERITY_WARNING, NULL, NULL,
                     "no open lot is meant by this request (lot %llu, ref \"%s\")",
                     (unsigned long long)sel.lot, sel.ref == NULL ? "" : sel.ref);
}

static void flatten(struct exec *exec, const char *reason) {
    for (struct lot *lot = exec->book->first_lot; lot != NULL; lot = lot->next)
        want_close(exec, lot, reason);
}

void operator_command(struct exec *exec) {
    enum exec_command command = exec->command;
    const char *reason = exec->command_reason;
    exec->command = EXEC_COMMAND_NONE;
    switch (command) {
    case EXEC_COMMAND_STOP_ENTRIES:
        if (!exec->entries_stopped) risk_stop_entries(exec, reason);
        break;
    case EXEC_COMMAND_HALT: risk_set_state(exec, PAWL_TRADING_STATE_HALTED, reason); break;
    case EXEC_COMMAND_RESUME: risk_set_state(exec, PAWL_TRADING_STATE_ACTIVE, reason); break;
    case EXEC_COMMAND_FLATTEN:
        risk_set_state(exec, PAWL_TRADING_STATE_HALTED, reason);
        flatten(exec, "MANUAL");
        break;
    case EXEC_COMMAND_RECONCILE:
        for (uint32_t i = 0; i < exec->broker_count; i++)
            reconcile_round(exec, &exec->brokers[i]);
        break;
    case EXEC_COMMAND_PLAN: reconcile_plan(exec); break;
    case EXEC_COMMAND_NONE: break;
    }
}
