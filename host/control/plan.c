/* plan.c - `reconcile`: a round now; or what the venue says beside what the book says, and what a
 * round would do about it, without doing it. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/oid.h"
#include "book/executions.h"
#include "control/plan.h"
#include "control/put.h"

#define WAIT_NS (10 * PAWL_NS)
#define STANDS_STILL                                                                               \
    "the recorded data has ended and its clock stands still: no venue answers any more"
#define KEEP(plan, list, count, event)                                                             \
    do {                                                                                           \
        if ((plan)->count < PLAN_ANSWERS_MAX)                                                      \
            (plan)->list[(plan)->count++] = *(event);                                              \
        else                                                                                       \
            (plan)->incomplete = true;                                                             \
    } while (0)

/* Inside a turn: only kept. */
void plan_event(struct control *control, const struct pawl_event *event) {
    struct question *question = control->plan;
    if (question != NULL && (event->type >> 8 == 0x06 || event->type >> 8 == 0x07))
        plan_of(question)->moved = true;
    if (question != NULL && event->type == PAWL_EV_FILL) plan_of(question)->filled = true;
    if (question == NULL || event->type >> 8 != 0x04 ||
        EXEC_KEY_WHAT(event->cookie) != EXEC_KEY_PLAN)
        return;
    struct plan *plan = plan_of(question);
    const void *report = event;
    if (EXEC_KEY_NUMBER(event->cookie) != plan->number) return;
    if (event->type == PAWL_EV_STATUS)
        KEEP(plan, orders, order_count, (const struct pawl_ev_status *)report);
    else if (event->type == PAWL_EV_POSITION)
        KEEP(plan, positions, position_count, (const struct pawl_ev_position *)report);
    else if (event->type == PAWL_EV_EXECUTION)
        KEEP(plan, executions, execution_count, (const struct pawl_ev_execution *)report);
    else if (event->type == PAWL_EV_QUERY_DONE) {
        if (!((const struct pawl_ev_query_done *)report)->ok) plan->incomplete = true;
        if (plan->missing > 0 && --plan->missing == 0) question_ready(question);
    }
}

void plan_sweep(struct control *control) {
    if (control->plan == NULL || (int64_t)uv_hrtime() < plan_of(control->plan)->until_ns) return;
    plan_of(control->plan)->incomplete = true;
    question_ready(control->plan);
}

/* ---- comparing ---- */

struct compare {
    const struct host *host;
    const struct plan *plan;
    struct jsonout *out;
    uint32_t differences;
};

static void begin(struct compare *to, const char *what, uint32_t account, uint32_t instrument) {
    to->differences++;
    jsonout_open(to->out, '{');
    put_text(to->out, "what", what);
    put_name(to->out, "account", to->host, NAME_ACCOUNT, account);
    put_name(to->out, "symbol", to->host, NAME_INSTRUMENT, instrument);
}

static void end(struct compare *to, const char *would) {
    put_text(to->out, "would", would);
    jsonout_close(to->out, '}');
}

static const char *about_foreign(const struct host *host, bool position) {
    switch (host->options.config->host.executor.foreign) {
    case CONFIG_FOREIGN_ADOPT:
        return position ? "adopt it as a lot" : "leave it: orders are not adopted";
    case CONFIG_FOREIGN_IGNORE: return "leave it";
    default: return "leave it, enter nothing more in this symbol, and raise an alert";
    }
}

bool plan_in_flight(const struct host *host, uint32_t account, uint32_t instrument) {
    const struct lot *lot = host->book.instruments[instrument].lots;
    for (; lot != NULL; lot = lot->instrument_next)
        for (const struct order *order = lot->orders; order != NULL; order = order->next)
            if (lot->rec.account == account && order_is_live(order) &&
                (order->rec.op != PAWL_ORDER_OP_NONE || order->rec.op_unknown))
                return true;
    return false;
}

static void compare_side(struct compare *to, uint32_t account, uint32_t instrument, uint8_t side) {
    const struct host *host = to->host;
    int64_t venue_e8 = 0, lots_e8 = 0;
    for (uint32_t i = 0; i < to->plan->position_count; i++) {
        const struct pawl_ev_position *one = &to->plan->positions[i];
        if (one->account == account && one->instrument == instrument && one->side == side)
            venue_e8 += one->quantity.e8;
    }
    const struct lot *lot = host->book.instruments[instrument].lots;
    for (; lot != NULL; lot = lot->instrument_next)
        if (lot->rec.account == account && lot->rec.side == side) lots_e8 += lot_open_e8(lot);
    if (venue_e8 == lots_e8) return;
    begin(to, "position", account, instrument);
    put_enum(to->out, "side", PAWL_ENUM_POSITION_SIDE, side);
    put_e8(to->out, "venue", venue_e8);
    put_e8(to->out, "book", lots_e8);
    end(to,
        plan_in_flight(host, account, instrument)
            ? "wait: an order is on its way, which may explain it"
        : venue_e8 > lots_e8 ? about_foreign(host, true)
                             : "take the difference off the lots, oldest first, as closed outside");
}

static void compare_positions(struct compare *to) {
    const struct book *book = &to->host->book;
    for (uint32_t account = 1; account <= book->account_count; account++) {
        if (book->accounts[account].info.id == 0) continue;
        for (uint32_t id = 1; id <= book->instrument_count; id++) {
            compare_side(to, account, id, PAWL_POSITION_SIDE_LONG);
            compare_side(to, account, id, PAWL_POSITION_SIDE_SHORT);
        }
    }
}

static void put_terms(struct jsonout *out, const char *key, struct pawl_qty quantity,
                      struct pawl_price price, struct pawl_price stop_price) {
    jsonout_key(out, key);
    jsonout_open(out, '{');
    put_e8(out, "quantity", quantity.e8);
    put_price(out, "price", price);
    put_price(out, "stop_price", stop_price);
    jsonout_close(out, '}');
}

/* One order that works at the venue. */
static void compare_order(struct compare *to, const struct pawl_ev_status *status) {
    const struct order *order = book_order_by_id(&to->host->book, status->order);
    struct oid_parts parts;
    bool ours = oid_parse(status->order, &parts) == PAWL_OK && parts.host == to->host->book.host_id;
    if (order != NULL && order_is_live(order)) {
        bool same = order->rec.quantity.e8 == status->quantity.e8 &&
                    order->rec.price.e8 == status->price.e8 &&
                    order->rec.stop_price.e8 == status->stop_price.e8;
        if (same || order->rec.op != PAWL_ORDER_OP_NONE) return;
        begin(to, "order terms", status->account, status->instrument);
        put_text(to->out, "order", status->order);
        put_terms(to->out, "venue", status->quantity, status->price, status->stop_price);
        put_terms(to->out, "book", order->rec.quantity, order->rec.price, order->rec.stop_price);
        end(to, "take the venue's terms as true, then amend to what is wanted");
        return;
    }
    begin(to, ours ? "order not in the book" : "foreign order", status->account,
          status->instrument);
    put_text(to->out, "order", ours ? status->order : status->venue_order);
    put_terms(to->out, "venue", status->quantity, status->price, status->stop_price);
    end(to, !ours ? about_foreign(to->host, false)
                  : "take it over by its id, and cancel what is too much");
}

static bool works_at_venue(const struct plan *plan, const struct order *order) {
    for (uint32_t i = 0; i < plan->order_count; i++)
        if (strcmp(plan->orders[i].order, order->rec.order) == 0) return true;
    return false;
}

/* Orders that work by the book and of which the venue said nothing. */
static void compare_book(struct compare *to) {
    for (const struct lot *lot = to->host->book.first_lot; lot != NULL; lot = lot->next)
        for (const struct order *order = lot->orders; order != NULL; order = order->next) {
            if (!order_is_working(order) || !order_is_live(order) ||
                order->rec.op != PAWL_ORDER_OP_NONE || works_at_venue(to->plan, order))
                continue;
            begin(to, "order gone", order->rec.account, order->rec.instrument);
            put_text(to->out, "order", order->rec.order);
            put_enum(to->out, "role", PAWL_ENUM_ROLE, order->rec.role);
            end(to, "look it up, book what it filled, and place what is wanted anew");
        }
}

static void compare_executions(struct compare *to) {
    for (uint32_t i = 0; i < to->plan->execution_count; i++) {
        const struct pawl_ev_execution *one = &to->plan->executions[i];
        const struct book *book = &to->host->book;
        if (book_execution_past(book, one->account, one->venue_time) ||
            book_execution_seen(book, one->account, one->execution))
            continue;
        begin(to, "execution not booked", one->account, one->instrument);
        put_text(to->out, "execution", one->execution);
        put_text(to->out, "order", one->order);
        put_enum(to->out, "side", PAWL_ENUM_SIDE, one->side);
        put_e8(to->out, "quantity", one->quantity.e8);
        put_price(to->out, "price", one->price);
        end(to,
            one->order[0] != '\0' ? "book it to its lot" : "take it off the lots, oldest first");
    }
}

static int plan_answer(struct question *question, struct jsonout *out, struct pawl_err *err) {
    struct control *control = question->control;
    const struct plan *plan = plan_of(question);
    struct compare to = {control->host, plan, out, 0};
    (void)err;
    control->plan = NULL;
    jsonout_key(out, "differences");
    jsonout_open(out, '[');
    if (!plan->incomplete) { /* what was not told must not look like gone */
        for (uint32_t i = 0; i < plan->order_count; i++)
            if (plan->orders[i].found) compare_order(&to, &plan->orders[i]);
        compare_book(&to);
        compare_positions(&to);
        compare_executions(&to);
    }
    jsonout_close(out, ']');
    put_bool(out, "complete", !plan->incomplete);
    put_bool(out, "moved", plan->moved);
    put_u64(out, "orders", plan->order_count);
    put_u64(out, "positions", plan->position_count);
    put_u64(out, "executions", plan->execution_count);
    return PAWL_OK;
}

/* ---- asking ---- */

int plan_ask(struct request *request,
             int (*answer)(struct question *question, struct jsonout *out, struct pawl_err *err),
             struct pawl_err *err) {
    struct control *control = request->control;
    struct host *host = control->host;
    if (control->options.stands_still(control->options.arg))
        return pawl_fail(err, PAWL_E_STATE, STANDS_STILL);
    if (control->plan != NULL)
        return pawl_fail(err, PAWL_E_BUSY, "a plan is being made; ask again");
    struct plan *plan = mem_calloc(1, sizeof *plan);
    if (plan == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    plan->number = host->exec.plan_number + 1;
    plan->missing = UINT32_MAX; /* until it is known how many were asked */
    plan->until_ns = (int64_t)uv_hrtime() + WAIT_NS;
    int rc = question_wait(request, answer, plan, &control->plan, err);
    if (rc != PAWL_OK) return rc;
    host_command(host, EXEC_COMMAND_PLAN, "", control_now(control));
    plan->missing -= UINT32_MAX - host->exec.plan_queries;
    for (uint32_t i = 0; i < host->exec.broker_count; i++)
        if (host->exec.brokers[i].state == BROKER_DOWN) plan->incomplete = true;
    if (plan->missing == 0) question_ready(control->plan);
    control_after(control);
    return PAWL_OK;
}

int answer_reconcile(struct request *request, struct jsonout *out, struct pawl_err *err) {
    struct control *control = request->control;
    if (request_flag(request, "plan")) return plan_ask(request, plan_answer, err);
    if (control->options.stands_still(control->options.arg))
        return pawl_fail(err, PAWL_E_STATE, STANDS_STILL);
    uint64_t rounds = 0;
    host_command(control->host, EXEC_COMMAND_RECONCILE, "", control_now(control));
    for (uint32_t i = 0; i < control->host->exec.broker_count; i++)
        rounds += control->host->exec.brokers[i].state != BROKER_DOWN;
    put_u64(out, "rounds", rounds);
    control_after(control);
    return PAWL_OK;
}
