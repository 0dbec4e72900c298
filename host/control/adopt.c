/* adopt.c - positions that exist get a lot, lots get a holder. */
#include "control/adopt.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/oid.h"
#include "book/money.h"
#include "control/plan.h"
#include "control/put.h"
#include "events/codec.h"

struct row {
    union {
        struct pawl_event head;
        struct pawl_ev_adopt adopt;
        struct pawl_ev_assign assign;
    } event;
    struct adoption as;
    uint64_t lot;
    bool nothing; /* it is so already */
    struct pawl_err fault;
};

struct rows {
    struct host *host;
    const struct adopt_venue *venue;
    uint32_t count, faults;
    struct row *row;
};

/* ---- judging ---- */

static bool is_adopt(const struct row *row) {
    return row->event.head.type == PAWL_EV_ADOPT;
}

/* Closed ones, too, as long as they are remembered: a position is not taken over twice. */
static const struct lot *lot_named(const struct book *book, const char *ref) {
    const struct lot *lot = book_lot_by_ref(book, ref);
    for (const struct lot *one = book->closed; lot == NULL && one != NULL; one = one->next)
        if (strcmp(one->rare->rec.ref, ref) == 0) lot = one;
    return lot;
}

static bool same_place(const struct row *a, const struct row *b) {
    return a->event.adopt.instrument == b->event.adopt.instrument &&
           a->as.account == b->as.account;
}

static int beside(const struct rows *rows, const struct row *row, const struct row *other,
                  struct pawl_err *err) {
    const struct pawl_ev_adopt *a = &row->event.adopt, *b = &other->event.adopt;
    if (strcmp(a->ref, b->ref) == 0)
        return pawl_fail(err, PAWL_E_INVAL, "ref: \"%s\" stands above already", a->ref);
    if (!same_place(row, other) || other->nothing) return PAWL_OK;
    if (a->ticket[0] != '\0' && strcmp(a->ticket, b->ticket) == 0)
        return pawl_fail(err, PAWL_E_INVAL, "ticket: \"%s\" stands above already", a->ticket);
    if (!rows->host->book.accounts[row->as.account].info.hedging && a->side != b->side)
        return pawl_fail(err, PAWL_E_INVAL,
                         "side: both sides, and the account has one position in it");
    return PAWL_OK;
}

/* What the venue holds beyond the lots and the rows above is at least that much. */
static int covered(const struct rows *rows, const struct row *row, struct pawl_err *err) {
    const struct pawl_ev_adopt *ask = &row->event.adopt;
    bool ticket = ask->ticket[0] != '\0';
    int64_t free_e8 = 0;
    for (uint32_t i = 0; i < rows->venue->count; i++) {
        const struct pawl_ev_position *one = &rows->venue->positions[i];
        if (one->account == row->as.account && one->instrument == ask->instrument &&
            one->side == ask->side && (!ticket || strcmp(one->ticket, ask->ticket) == 0))
            free_e8 += one->quantity.e8;
    }
    const struct lot *lot = rows->host->book.instruments[ask->instrument].lots;
    for (; lot != NULL && !ticket; lot = lot->instrument_next)
        if (lot->rec.account == row->as.account && lot->rec.side == ask->side)
            free_e8 -= lot_open_e8(lot);
    for (const struct row *above = rows->row; above < row && !ticket; above++)
        if (is_adopt(above) && !above->nothing && above->fault.rc == PAWL_OK &&
            same_place(above, row) && above->event.adopt.side == ask->side)
            free_e8 -= above->event.adopt.quantity.e8;
    if (free_e8 >= ask->quantity.e8) return PAWL_OK;
    char text[PAWL_E8_TEXT_MAX];
    pawl_format_e8(free_e8 > 0 ? free_e8 : 0, text);
    return pawl_fail(err, PAWL_E_STATE,
                     "quantity: the venue holds %s of it that no lot and no row above explains",
                     text);
}

static int judge_adopt(const struct rows *rows, struct row *row, struct pawl_err *err) {
    const struct pawl_ev_adopt *ask = &row->event.adopt;
    if (ask->ref[0] == '\0') return pawl_fail(err, PAWL_E_INVAL, "ref: missing");
    const struct lot *lot = lot_named(&rows->host->book, ask->ref);
    row->nothing = lot != NULL && lot->rec.instrument == ask->instrument &&
                   lot->rec.side == ask->side;
    row->lot = row->nothing ? lot->rec.id : 0;
    int rc = row->nothing ? PAWL_OK : want_adopt_judge(&rows->host->exec, ask, &row->as, err);
    for (const struct row *above = rows->row; rc == PAWL_OK && above < row; above++)
        if (is_adopt(above) && above->fault.rc == PAWL_OK) rc = beside(rows, row, above, err);
    if (rc != PAWL_OK || row->nothing || rows->venue == NULL) return rc;
    if (plan_in_flight(rows->host, row->as.account, ask->instrument))
        return pawl_fail(err, PAWL_E_BUSY, "an order in it is on its way: ask again");
    return covered(rows, row, err);
}

static int judge_assign(const struct rows *rows, struct row *row, struct pawl_err *err) {
    const struct pawl_ev_assign *ask = &row->event.assign;
    const struct book *book = &rows->host->book;
    const struct lot *lot =
        ask->lot != 0 ? book_lot(book, ask->lot) : book_lot_by_ref(book, ask->ref);
    if (lot == NULL || lot->rec.state == PAWL_LOT_STATE_CLOSED)
        return pawl_fail(err, PAWL_E_NOTFOUND, "there is no such open lot");
    int rc = profile_check(&rows->host->exec, ask->profile, lot->rec.owner, err);
    if (rc != PAWL_OK) return rc;
    row->lot = lot->rec.id;
    row->nothing = strcmp(lot->rec.profile, ask->profile) == 0;
    return PAWL_OK;
}

static void judge(struct rows *rows, struct row *row, const json_t *object, int64_t now_ns) {
    _Alignas(16) unsigned char buffer[PAWL_EVENT_SIZE_MAX];
    const struct pawl_event *event = (const void *)buffer;
    struct event_decode env;
    host_decode_env(rows->host, &env);
    env.now_ns = now_ns;
    struct pawl_err *err = &row->fault;
    int rc = event_from_json(object, &env, buffer, sizeof buffer, err);
    if (rc == PAWL_OK && event->type != PAWL_EV_ADOPT && event->type != PAWL_EV_ASSIGN)
        rc = pawl_fail(err, PAWL_E_INVAL, "type: must be adopt or assign");
    if (rc == PAWL_OK) {
        memcpy(&row->event, event, event->size);
        rc = is_adopt(row) ? judge_adopt(rows, row, err) : judge_assign(rows, row, err);
    }
    rows->faults += rc != PAWL_OK;
}

/* ---- doing ---- */

static void apply(struct rows *rows, int64_t now_ns) {
    for (uint32_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->row[i];
        if (row->nothing) continue;
        host_input(rows->host, &row->event.head, now_ns);
        const struct lot *lot =
            is_adopt(row) ? book_lot_by_ref(&rows->host->book, row->event.adopt.ref) : NULL;
        if (lot != NULL) row->lot = lot->rec.id;
        if (row->lot != 0) continue;
        pawl_fail(&row->fault, PAWL_E_STATE, "it was refused: see the alerts");
        rows->faults++;
    }
}

/* ---- telling ---- */

static void put_adopt(const struct rows *rows, const struct row *row, struct jsonout *out) {
    const struct pawl_ev_adopt *ask = &row->event.adopt;
    put_name(out, "symbol", rows->host, NAME_INSTRUMENT, ask->instrument);
    put_name(out, "account", rows->host, NAME_ACCOUNT, row->as.account);
    put_enum(out, "side", PAWL_ENUM_POSITION_SIDE, ask->side);
    put_e8(out, "quantity", ask->quantity.e8);
    put_price(out, "price", ask->price);
    put_price(out, "stop", row->as.stop);
    put_price(out, "initial_stop", row->as.initial_stop);
    put_price(out, "target", row->as.target);
    put_text(out, "profile", ask->profile);
    put_name(out, "via", rows->host, NAME_COMPONENT, ask->via);
    put_text(out, "ticket", ask->ticket);
    put_text(out, "ref", ask->ref);
}

static void put_row(const struct rows *rows, uint32_t i, struct jsonout *out) {
    const struct row *row = &rows->row[i];
    const struct lot *lot = book_lot(&rows->host->book, row->lot);
    jsonout_open(out, '{');
    put_u64(out, "row", i);
    if (row->fault.rc != PAWL_OK) {
        put_text(out, "fault", row->fault.text);
        jsonout_close(out, '}');
        return;
    }
    put_text(out, "what", row->nothing ? "nothing" : is_adopt(row) ? "adopt" : "assign");
    if (row->lot != 0) put_u64(out, "lot", row->lot);
    if (lot != NULL) put_enum(out, "state", PAWL_ENUM_LOT_STATE, lot->rec.state);
    if (is_adopt(row) && !row->nothing) {
        put_adopt(rows, row, out);
    } else if (lot != NULL) {
        put_text(out, "ref", lot->rare->rec.ref);
        put_name(out, "symbol", rows->host, NAME_INSTRUMENT, lot->rec.instrument);
        put_enum(out, "side", PAWL_ENUM_POSITION_SIDE, lot->rec.side);
        put_e8(out, "quantity", lot_open_e8(lot));
        put_price(out, "price", lot_entry(lot));
        put_price(out, "stop", lot->rec.stop);
        if (lot->targets != NULL) put_price(out, "target", lot->targets[0].price);
        put_text(out, "profile", is_adopt(row) ? lot->rec.profile : row->event.assign.profile);
    }
    jsonout_close(out, '}');
}

int adopt_rows(struct host *host, const json_t *objects, const struct adopt_venue *venue,
               bool plan, int64_t now_ns, struct jsonout *out, struct pawl_err *err) {
    struct rows rows = {.host = host, .venue = venue, .count = (uint32_t)json_array_size(objects)};
    if (!json_is_array(objects) || rows.count > ADOPT_ROWS_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "rows: must be a list of at most %u", ADOPT_ROWS_MAX);
    rows.row = mem_calloc(rows.count + 1, sizeof *rows.row);
    if (rows.row == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    for (uint32_t i = 0; i < rows.count; i++)
        judge(&rows, &rows.row[i], json_array_get(objects, i), now_ns);
    bool done = rows.faults == 0 && !plan;
    if (done) apply(&rows, now_ns);
    jsonout_key(out, "rows");
    jsonout_open(out, '[');
    for (uint32_t i = 0; i < rows.count; i++) put_row(&rows, i, out);
    jsonout_close(out, ']');
    put_u64(out, "faults", rows.faults);
    put_bool(out, "done", done);
    put_bool(out, "compared", venue != NULL);
    mem_free(rows.row);
    return PAWL_OK;
}

/* ---- what the venue holds and no lot explains ---- */

/* A stop that rests there for it; 0 = none. */
static struct pawl_price stop_found(const struct plan *plan,
                                    const struct pawl_ev_position *position) {
    uint8_t side = position->side == PAWL_POSITION_SIDE_LONG ? PAWL_SIDE_SELL : PAWL_SIDE_BUY;
    for (uint32_t i = 0; i < plan->order_count; i++) {
        const struct pawl_ev_status *one = &plan->orders[i];
        struct oid_parts parts;
        if (one->found && oid_parse(one->order, &parts) != PAWL_OK && one->side == side &&
            one->account == position->account && one->instrument == position->instrument &&
            one->kind == PAWL_KIND_STOP && one->quantity.e8 >= position->quantity.e8)
            return one->stop_price;
    }
    return (struct pawl_price){0};
}

static void set_e8(json_t *object, const char *key, int64_t e8) {
    char text[PAWL_E8_TEXT_MAX];
    pawl_format_e8(e8, text);
    if (e8 != 0) json_object_set_new(object, key, json_string(text));
}

static void add_position(const struct host *host, const struct plan *plan,
                         const struct pawl_ev_position *one, int64_t open_e8,
                         const struct request *request, json_t *rows) {
    const char *const copied[] = {"profile", "via"};
    char ref[32];
    json_t *row = json_pack("{s:s}", "type", "adopt");
    snprintf(ref, sizeof ref, "adopted-%llu",
             (unsigned long long)(host->book.host.next_lot + json_array_size(rows)));
    json_object_set_new(row, "ref", json_string(ref));
    json_object_set_new(row, "symbol",
                        json_string(names_text(host->names, NAME_INSTRUMENT, one->instrument)));
    json_object_set_new(row, "account",
                        json_string(names_text(host->names, NAME_ACCOUNT, one->account)));
    json_object_set_new(row, "side",
                        json_string(reflect_enum_text(PAWL_ENUM_POSITION_SIDE, one->side)));
    set_e8(row, "quantity", open_e8);
    set_e8(row, "price", one->price.e8);
    set_e8(row, "stop", stop_found(plan, one).e8);
    if (one->ticket[0] != '\0') json_object_set_new(row, "ticket", json_string(one->ticket));
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        if (json_object_get(request->object, copied[i]) != NULL)
            json_object_set(row, copied[i], json_object_get(request->object, copied[i]));
    json_array_append_new(rows, row);
}

/* What is open in lots there, or of its ticket. */
static int64_t explained_e8(const struct host *host, const struct pawl_ev_position *one) {
    const struct lot *lot = host->book.instruments[one->instrument].lots;
    int64_t sum_e8 = 0;
    for (; lot != NULL; lot = lot->instrument_next)
        if (lot->rec.account == one->account && lot->rec.side == one->side &&
            strcmp(lot->rare->rec.ticket, one->ticket) == 0)
            sum_e8 += lot_open_e8(lot);
    return sum_e8;
}

static json_t *found_rows(const struct request *request, const struct plan *plan) {
    const struct host *host = request->control->host;
    json_t *rows = json_array();
    for (uint32_t i = 0; i < plan->position_count; i++) {
        const struct pawl_ev_position *one = &plan->positions[i];
        if (one->instrument == 0 || one->instrument > host->book.instrument_count) continue;
        int64_t open_e8 = one->quantity.e8 - explained_e8(host, one);
        if (open_e8 > 0) add_position(host, plan, one, open_e8, request, rows);
    }
    /* Lots that nobody holds are as untracked as positions without a lot. */
    const struct lot *lot = host->book.first_lot;
    for (; lot != NULL && request_flag(request, "lots"); lot = lot->next)
        if (lot->rec.owner == 0 &&
            (lot->rec.hold_grow | lot->rec.hold_reduce | lot->rec.hold_stop |
             lot->rec.hold_targets) == 0)
            json_array_append_new(rows, json_pack("{s:s, s:I, s:O}", "type", "assign", "lot",
                                                  (json_int_t)lot->rec.id, "profile",
                                                  json_object_get(request->object, "profile")));
    return rows;
}

/* ---- asking ---- */

static int adopt_answer(struct question *question, struct jsonout *out, struct pawl_err *err) {
    struct control *control = question->control;
    const struct plan *plan = plan_of(question);
    struct request request = {control, question->peer, question->request, false};
    const struct adopt_venue venue = {plan->positions, plan->position_count};
    control->plan = NULL;
    if (plan->incomplete)
        return pawl_fail(err, PAWL_E_STATE,
                         "a venue did not answer in full: what it holds is not known");
    if (plan->filled)
        return pawl_fail(err, PAWL_E_BUSY, "something was filled while the venue answered: ask "
                                           "again");
    json_t *rows = json_object_get(question->request, "rows");
    rows = rows != NULL ? json_incref(rows) : found_rows(&request, plan);
    int rc = adopt_rows(control->host, rows, &venue, request_flag(&request, "plan"),
                        control_now(control), out, err);
    json_decref(rows);
    control_after(control);
    return rc;
}

/* With `rows`; or without: what the venues hold and no lot explains, with `lots` also those that
 * nobody holds. */
int answer_adopt(struct request *request, struct jsonout *out, struct pawl_err *err) {
    const char *unused;
    (void)out;
    int rc = request_text(request, "profile", &unused, err);
    if (rc == PAWL_OK) rc = request_text(request, "via", &unused, err);
    return rc == PAWL_OK ? plan_ask(request, adopt_answer, err) : rc;
}
