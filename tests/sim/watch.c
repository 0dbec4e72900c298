/* What the host says it does: each id released once, never more going out than is there, no lot
 * naked while its instrument is quoted. */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"

static void *room(void *list, size_t *capacity, size_t wanted, size_t size) {
    if (wanted <= *capacity) return list;
    *capacity = *capacity == 0 ? 64 : *capacity * 2;
    void *grown = realloc(list, *capacity * size);
    if (grown == NULL) abort();
    return grown;
}

void sim_watch_done(struct sim_watch *watch) {
    free(watch->orders);
    free(watch->sent);
    free(watch->early);
    free(watch->fills);
}

bool sim_watch_early(const struct sim_watch *watch, const char *id) {
    for (size_t i = 0; i < watch->early_count; i++)
        if (strcmp(watch->early[i], id) == 0) return true;
    return false;
}

static struct sim_order *find(struct sim_watch *watch, const char *id) {
    for (size_t i = 0; i < watch->order_count; i++)
        if (strcmp(watch->orders[i].id, id) == 0) return &watch->orders[i];
    return NULL;
}

static void add(struct sim_watch *watch, const char *id, uint64_t lot, uint8_t role, uint8_t kind,
                int64_t leaves_e8) {
    watch->orders =
        room(watch->orders, &watch->order_capacity, watch->order_count + 1, sizeof *watch->orders);
    struct sim_order *order = &watch->orders[watch->order_count++];
    memset(order, 0, sizeof *order);
    snprintf(order->id, sizeof order->id, "%s", id);
    order->lot = lot;
    order->role = role;
    order->kind = kind;
    order->leaves_e8 = leaves_e8;
}

static void drop(struct sim_watch *watch, const char *id) {
    struct sim_order *order = find(watch, id);
    if (order != NULL) *order = watch->orders[--watch->order_count];
}

/* What may leave is never more than what is there; what rests and is bound to a group or a ticket
 * by the venue does not count, it shrinks with it. */
static void never_more_out(struct sim_run *run, uint64_t lot) {
    struct sim_watch *watch = &run->watch;
    bool bound = run->plan->venue != SIM_BINANCE;
    int64_t out_e8 = 0;
    for (size_t i = 0; i < watch->order_count; i++) {
        const struct sim_order *order = &watch->orders[i];
        bool rests = order->kind == PAWL_KIND_LIMIT;
        if (order->lot == lot && !(bound && rests) &&
            (order->role == PAWL_ROLE_EXIT || order->role == PAWL_ROLE_TARGET))
            out_e8 += order->leaves_e8;
    }
    if (out_e8 > watch->open_e8[lot])
        sim_fail(run, "I4 never flipped",
                 "exits of lot %" PRIu64 " add up to %" PRId64 "e-8, %" PRId64 "e-8 are open", lot,
                 out_e8, watch->open_e8[lot]);
}

/* Taken over, and not seen at the venue yet. */
static bool is_claimed(const struct sim_run *run, uint64_t id) {
    const struct lot *lot = run->host == NULL ? NULL : book_lot(&run->host->book, id);
    return lot != NULL && lot->rec.claimed;
}

static void on_submitted(struct sim_run *run, const struct pawl_ev_order_state *ev) {
    struct sim_watch *watch = &run->watch;
    for (size_t i = 0; i < watch->sent_count; i++)
        if (strcmp(watch->sent[i], ev->order) == 0)
            sim_fail(run, "I2 once on the wire", "%s was released a second time", ev->order);
    watch->sent = room(watch->sent, &watch->sent_capacity, watch->sent_count + 1, SIM_ID_SIZE);
    memcpy(watch->sent[watch->sent_count++], ev->order, SIM_ID_SIZE);
    add(watch, ev->order, ev->lot, ev->role, ev->kind, ev->leaves.e8);
    if (is_claimed(run, ev->lot))
        sim_fail(run, "a claim sends nothing", "%s is of lot %" PRIu64 ", which nobody has seen",
                 ev->order, ev->lot);
    bool bound = run->plan->venue != SIM_BINANCE && ev->kind == PAWL_KIND_LIMIT;
    if ((ev->role == PAWL_ROLE_EXIT || ev->role == PAWL_ROLE_TARGET) && !bound)
        never_more_out(run, ev->lot);
}

static void on_order(struct sim_run *run, const struct pawl_ev_order_state *ev) {
    struct sim_order *order = find(&run->watch, ev->order);
    switch (ev->head.type) {
    case PAWL_EV_ORDER_SUBMITTED: on_submitted(run, ev); return;
    case PAWL_EV_ORDER_UNKNOWN: run->watch.unknown++; break;
    case PAWL_EV_ORDER_REJECTED:
        if (ev->op != PAWL_ORDER_OP_NONE && ev->op != PAWL_ORDER_OP_SUBMIT) break;
        drop(&run->watch, ev->order);
        return;
    case PAWL_EV_ORDER_FILLED:
    case PAWL_EV_ORDER_CANCELLED:
    case PAWL_EV_ORDER_EXPIRED: drop(&run->watch, ev->order); return;
    default: break;
    }
    if (order != NULL) order->leaves_e8 = ev->leaves.e8;
}

static uint32_t symbol_of(const struct sim_run *run, uint32_t instrument) {
    for (uint32_t i = 0; i < run->plan->symbol_count; i++)
        if (sim_instrument(run, i) == instrument) return i;
    return 0;
}

static void on_protection(struct sim_run *run, const struct pawl_ev_protection_state *ev) {
    bool naked = ev->new_ == PAWL_PROTECTION_NAKED;
    if (ev->lot >= SIM_LOTS_MAX) return;
    run->watch.naked[ev->lot] = naked;
    if (is_claimed(run, ev->lot)) return;
    if (naked && run->quoted[symbol_of(run, ev->instrument)])
        sim_fail(run, "I4 never naked", "lot %" PRIu64 " is naked while its instrument is quoted",
                 ev->lot);
}

static void on_alert(struct sim_run *run, const struct pawl_ev_alert *ev) {
    struct sim_watch *watch = &run->watch;
    watch->alerts++;
    watch->critical += ev->severity == PAWL_SEVERITY_CRITICAL;
    watch->guard_fired += strcmp(ev->what, "guard_fired") == 0;
    watch->overruns += strcmp(ev->what, "lot_overrun") == 0;
    watch->unattributed += strcmp(ev->what, "unattributed") == 0;
    if (strcmp(ev->what, "disk_stalled") != 0) return;
    watch->early = room(watch->early, &watch->early_capacity, watch->early_count + 1, SIM_ID_SIZE);
    memcpy(watch->early[watch->early_count++], ev->order, SIM_ID_SIZE);
}

void sim_watch_event(struct sim_run *run, const struct pawl_event *event) {
    struct sim_watch *watch = &run->watch;
    const struct pawl_ev_lot_changed *lot = (const void *)event;
    const struct pawl_ev_lot_adopted *adopted = (const void *)event;
    if (event->type > PAWL_EV_ORDER_SUBMITTED - 1 && event->type <= PAWL_EV_ORDER_AMENDED) {
        on_order(run, (const void *)event);
        return;
    }
    switch (event->type) {
    case PAWL_EV_LOT_CHANGED:
        if (lot->lot < SIM_LOTS_MAX) watch->open_e8[lot->lot] = lot->quantity.e8;
        break;
    case PAWL_EV_LOT_ADOPTED:
        if (adopted->lot < SIM_LOTS_MAX) watch->open_e8[adopted->lot] = adopted->quantity.e8;
        break;
    case PAWL_EV_LOT_MERGED: {
        const struct pawl_ev_lot_merged *merged = (const void *)event;
        for (size_t i = 0; i < watch->order_count; i++)
            if (watch->orders[i].lot == merged->lot) watch->orders[i].lot = merged->into;
        sim_truth_merged(run, merged->into, merged->lot);
        break;
    }
    case PAWL_EV_LOT_CLOSED:
        watch->open_e8[((const struct pawl_ev_lot_closed *)event)->lot] = 0;
        break;
    case PAWL_EV_PROTECTION_STATE: on_protection(run, (const void *)event); break;
    case PAWL_EV_ALERT: on_alert(run, (const void *)event); break;
    case PAWL_EV_FILL:
        watch->fills =
            room(watch->fills, &watch->fill_capacity, watch->fill_count + 1, sizeof *watch->fills);
        watch->fills[watch->fill_count++] = ((const struct pawl_ev_fill *)event)->fill;
        break;
    default: break;
    }
}

void sim_watch_stored(struct sim_run *run) {
    run->watch.fill_stored = run->watch.fill_count;
}

/* ---- after a restart ---- */

static const char orders_sql[] =
    "SELECT \"order\", lot, role, kind, quantity - filled FROM orders WHERE state IN (1,2,3,4,9)";
static const char lots_sql[] = "SELECT id, entered - exited FROM lots";

static void each(struct sim_run *run, sqlite3 *db, const char *sql, bool orders) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK) {
        sim_fail(run, "I7 crash atomicity", "%s", sqlite3_errmsg(db));
        return;
    }
    while (sqlite3_step(row) == SQLITE_ROW) {
        uint64_t lot = (uint64_t)sqlite3_column_int64(row, orders ? 1 : 0);
        if (orders)
            add(&run->watch, (const char *)sqlite3_column_text(row, 0), lot,
                (uint8_t)sqlite3_column_int(row, 2), (uint8_t)sqlite3_column_int(row, 3),
                sqlite3_column_int64(row, 4));
        else if (lot < SIM_LOTS_MAX)
            run->watch.open_e8[lot] = sqlite3_column_int64(row, 1);
    }
    sqlite3_finalize(row);
}

static uint64_t last_lot(struct sim_run *run, sqlite3 *db) {
    sqlite3_stmt *row = NULL;
    uint64_t last = 0;
    if (sqlite3_prepare_v2(db, "SELECT max(id) FROM lots", -1, &row, NULL) != SQLITE_OK)
        sim_fail(run, "I7 crash atomicity", "%s", sqlite3_errmsg(db));
    else if (sqlite3_step(row) == SQLITE_ROW)
        last = (uint64_t)sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return last;
}

void sim_watch_restart(struct sim_run *run, struct sim_copy *copy) {
    struct sim_watch *watch = &run->watch;
    watch->order_count = 0;
    watch->fill_count = watch->fill_stored;
    memset(watch->naked, 0, sizeof watch->naked);
    memset(watch->open_e8, 0, sizeof watch->open_e8);
    for (uint64_t lot = last_lot(run, copy->db) + 1; lot < SIM_LOTS_MAX; lot++)
        run->lots[lot] = (struct sim_lot){0}; /* its number is given anew */
    each(run, copy->db, orders_sql, true);
    each(run, copy->db, lots_sql, false);
}
