/* After a crash and at the end: the store, read by plain SQLite, against the venue's truth. */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

struct db_lot {
    uint64_t id;
    uint8_t symbol, side, state, protection, exit_kind; /* symbol + 1 */
    bool exit_spent, entry_spent, rests;
    int64_t stop_tries, open_e8, entered_e8, exited_e8, in_e8, out_e8, stop_e8;
};

static bool query(struct sim_run *run, struct sim_copy *copy, const char *sql,
                  sqlite3_stmt **ret_row) {
    if (sqlite3_prepare_v2(copy->db, sql, -1, ret_row, NULL) == SQLITE_OK) return true;
    sim_fail(run, "I7 crash atomicity", "the database cannot be read: %s",
             sqlite3_errmsg(copy->db));
    return false;
}

/* ---- I1, I7 ---- */

/* Every id the venue has ever seen is stored, or was let go while the disk stood still. */
static void ids_are_stored(struct sim_run *run, struct sim_copy *copy) {
    sqlite3_stmt *row = NULL;
    if (!query(run, copy, "SELECT 1 FROM orders WHERE \"order\"=?1", &row)) return;
    for (size_t n = 1; n < run->venue.order_count; n++) {
        const struct venue_order *order = &run->venue.orders[n];
        if (order->number == 0) continue;
        sqlite3_reset(row);
        sqlite3_bind_text(row, 1, order->id, -1, SQLITE_STATIC);
        if (sqlite3_step(row) == SQLITE_ROW || sim_watch_early(&run->watch, order->id)) continue;
        sim_fail(run, "I1 intent before wire", "the venue has %s (V%zu), the store has not",
                 order->id, n);
    }
    sqlite3_finalize(row);
}

static void fills_are_stored(struct sim_run *run, struct sim_copy *copy) {
    sqlite3_stmt *row = NULL;
    if (!query(run, copy, "SELECT 1 FROM fills WHERE id=?1", &row)) return;
    for (size_t i = 0; i < run->watch.fill_stored; i++) {
        sqlite3_reset(row);
        sqlite3_bind_int64(row, 1, (sqlite3_int64)run->watch.fills[i]);
        if (sqlite3_step(row) != SQLITE_ROW)
            sim_fail(run, "I7 crash atomicity", "fill %" PRIu64 " was stored, and is gone",
                     run->watch.fills[i]);
    }
    sqlite3_finalize(row);
}

/* A lot and its fills are stored together or not at all; lots that became one are counted together.
 */
static void sums_are_whole(struct sim_run *run, struct sim_copy *copy) {
    static const char sql[] =
        "WITH RECURSIVE up(lot,root) AS (SELECT id,id FROM lots WHERE merged_into=0 UNION ALL "
        "SELECT l.id,up.root FROM lots l JOIN up ON l.merged_into=up.lot) "
        "SELECT up.root, sum(l.entered), sum(l.exited), sum(coalesce(f.i,0)),"
        " sum(coalesce(f.o,0)) FROM up JOIN lots l ON l.id=up.lot LEFT JOIN"
        " (SELECT lot, sum(CASE WHEN role IN (1,4,5) THEN quantity ELSE 0 END) AS i,"
        " sum(CASE WHEN role IN (2,3,6) THEN quantity ELSE 0 END) AS o FROM fills GROUP BY lot) f"
        " ON f.lot=l.id GROUP BY up.root HAVING min(l.owner)>0 AND "
        "(sum(l.entered)<>sum(coalesce(f.i,0)) OR sum(l.exited)<>sum(coalesce(f.o,0)))";
    sqlite3_stmt *row = NULL;
    if (!query(run, copy, sql, &row)) return;
    if (sqlite3_step(row) == SQLITE_ROW)
        sim_fail(run, "I7 crash atomicity",
                 "lot %lld: in %lld, out %lld, its fills make %lld, %lld",
                 sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1),
                 sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3),
                 sqlite3_column_int64(row, 4));
    sqlite3_finalize(row);
}

void sim_check_crash(struct sim_run *run) {
    struct sim_copy copy;
    struct pawl_err err = {0};
    bool there = false;
    if (run->lives == 0 &&
        (disk_exists(run->disks.store, "/d/pawl.db", &there, &err) != PAWL_OK || !there))
        return; /* it never got as far as a database */
    if (sim_copy_open(&run->disks, &copy, &err) != PAWL_OK) {
        sim_fail(run, "I7 crash atomicity", "%s", err.text);
    } else {
        ids_are_stored(run, &copy);
        fills_are_stored(run, &copy);
        sums_are_whole(run, &copy);
        sim_watch_restart(run, &copy);
    }
    sim_copy_close(&copy);
}

/* ---- the end ---- */

static uint8_t symbol_of(const struct sim_run *run, int64_t instrument) {
    for (uint8_t i = 0; i < run->plan->symbol_count; i++)
        if (sim_instrument(run, i) == (uint32_t)instrument) return (uint8_t)(i + 1);
    return 0;
}

static const char lots_sql[] =
    "SELECT id, instrument, side, state, protection, exit_kind, exit_spent, entry_spent,"
    " stop_tries, entered, exited, enter_up_to, exit_at_least, stop, entry_role FROM lots ORDER BY "
    "id";

static size_t load_lots(struct sim_run *run, struct sim_copy *copy, struct db_lot *lots) {
    sqlite3_stmt *row = NULL;
    size_t count = 0;
    if (!query(run, copy, lots_sql, &row)) return 0;
    while (sqlite3_step(row) == SQLITE_ROW && count < SIM_LOTS_MAX) {
        struct db_lot *lot = &lots[count++];
        *lot = (struct db_lot){.id = (uint64_t)sqlite3_column_int64(row, 0),
                               .symbol = symbol_of(run, sqlite3_column_int64(row, 1)),
                               .side = (uint8_t)sqlite3_column_int(row, 2),
                               .state = (uint8_t)sqlite3_column_int(row, 3),
                               .protection = (uint8_t)sqlite3_column_int(row, 4),
                               .exit_kind = (uint8_t)sqlite3_column_int(row, 5),
                               .exit_spent = sqlite3_column_int(row, 6) != 0,
                               .entry_spent = sqlite3_column_int(row, 7) != 0,
                               .stop_tries = sqlite3_column_int64(row, 8),
                               .entered_e8 = sqlite3_column_int64(row, 9),
                               .exited_e8 = sqlite3_column_int64(row, 10),
                               .in_e8 = sqlite3_column_int64(row, 11),
                               .out_e8 = sqlite3_column_int64(row, 12),
                               .stop_e8 = sqlite3_column_int64(row, 13),
                               .rests = sqlite3_column_int(row, 14) == PAWL_ROLE_DOUBLEDOWN};
        lot->open_e8 = lot->entered_e8 - lot->exited_e8;
    }
    sqlite3_finalize(row);
    return count;
}

/* Each execution of ours counts once, with its whole quantity, and none is invented. What belongs
 * to no lot when it is reported (two exits of one lot filled, one of them unheard of) is told as
 * unattributed; a gap that a reconcile books later must be just that quantity. */
static void fills_are_conserved(struct sim_run *run, struct sim_copy *copy) {
    int64_t missing_e8[SIM_SYMBOLS_MAX] = {0};
    sqlite3_stmt *row = NULL;
    char name[64];
    if (!query(run, copy, "SELECT coalesce(sum(quantity),0) FROM fills WHERE execution=?1", &row))
        return;
    for (size_t i = 0; i < run->venue.fill_count; i++) {
        const struct venue_fill *fill = &run->venue.fills[i];
        snprintf(name, sizeof name, "E%" PRIu64 "-%" PRId64, fill->number, run->venue.created_s);
        sqlite3_reset(row);
        sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
        if (sqlite3_step(row) != SQLITE_ROW) continue;
        int64_t booked_e8 = sqlite3_column_int64(row, 0);
        missing_e8[fill->symbol - 1] += fill->quantity_e8 - booked_e8;
        if (booked_e8 > fill->quantity_e8 ||
            (booked_e8 < fill->quantity_e8 && run->watch.unattributed == 0))
            sim_fail(run, "I3 fill conservation",
                     "%s of %s is %" PRId64 "e-8, booked are %" PRId64 "e-8", name, fill->id,
                     fill->quantity_e8, booked_e8);
    }
    sqlite3_finalize(row);
    if (!query(run, copy,
               "SELECT instrument, quantity, execution FROM fills WHERE execution NOT "
               "LIKE 'E%'",
               &row))
        return;
    while (sqlite3_step(row) == SQLITE_ROW)
        missing_e8[symbol_of(run, sqlite3_column_int64(row, 0)) - 1] -=
            sqlite3_column_int64(row, 1);
    sqlite3_finalize(row);
    for (uint32_t i = 0; i < run->plan->symbol_count; i++)
        if (missing_e8[i] != 0 && !run->foreign_done)
            sim_fail(run, "I3 fill conservation",
                     "%s: %" PRId64 "e-8 more was filled than is booked",
                     run->plan->symbols[i].name, missing_e8[i]);
}

static void positions_agree(struct sim_run *run, const struct db_lot *lots, size_t count) {
    for (uint8_t symbol = 1; symbol <= run->plan->symbol_count; symbol++)
        for (uint8_t side = 1; side <= 2; side++) {
            int64_t sum = 0, there = sim_position(&run->venue, symbol, side);
            for (size_t i = 0; i < count; i++)
                if (lots[i].symbol == symbol && lots[i].side == side) sum += lots[i].open_e8;
            /* What others hold is not ours. */
            bool more_is_right = run->foreign_done && there > sum;
            if (there == sum || more_is_right) continue;
            sim_fail(run, "I3 positions agree",
                     "%s %s: the venue holds %" PRId64 "e-8, the lots %" PRId64 "e-8",
                     run->plan->symbols[symbol - 1].name, side == 1 ? "LONG" : "SHORT", there, sum);
        }
}

static const char orders_sql[] =
    "SELECT \"order\", state, op, op_unknown, attached, parent, lot, quantity - filled, price, "
    "stop_price, role FROM orders WHERE state IN (1,2,3,4,9)";

static const struct venue_order *at_venue(const struct venue *venue, const char *id) {
    for (size_t n = 1; n < venue->order_count; n++)
        if (strcmp(venue->orders[n].id, id) == 0) return &venue->orders[n];
    return NULL;
}

static void order_agrees(struct sim_run *run, sqlite3_stmt *row) {
    const char *id = (const char *)sqlite3_column_text(row, 0);
    int state = sqlite3_column_int(row, 1), op = sqlite3_column_int(row, 2);
    const struct venue_order *order = at_venue(&run->venue, id);
    bool sleeps =
        sqlite3_column_int(row, 4) != 0 && order != NULL && order->dormant && order->works;
    if (sleeps) return;
    if (state < 3 || state > 4 || op != 1 || sqlite3_column_int(row, 3) != 0) {
        sim_fail(run, "unknown ends", "%s is in state %d, request %d, unknown %d at the end", id,
                 state, op, sqlite3_column_int(row, 3));
        return;
    }
    if (order == NULL || !order->works) {
        sim_fail(run, "orders agree", "%s works, says the store; it does not at the venue", id);
        return;
    }
    if (order->quantity_e8 - order->filled_e8 != sqlite3_column_int64(row, 7) ||
        order->price_e8 != sqlite3_column_int64(row, 8) ||
        (order->stop_e8 != sqlite3_column_int64(row, 9) && order->kind != PAWL_KIND_TRAILING))
        sim_fail(run, "orders agree", "%s: the venue has other terms than the store", id);
}

static void orders_agree(struct sim_run *run, struct sim_copy *copy) {
    sqlite3_stmt *row = NULL;
    if (!query(run, copy, orders_sql, &row)) return;
    while (sqlite3_step(row) == SQLITE_ROW) order_agrees(run, row);
    sqlite3_finalize(row);
    if (!query(run, copy, "SELECT state FROM orders WHERE \"order\"=?1", &row)) return;
    for (size_t n = 1; n < run->venue.order_count; n++) {
        const struct venue_order *order = &run->venue.orders[n];
        if (!order->works) continue;
        sqlite3_reset(row);
        sqlite3_bind_text(row, 1, order->id, -1, SQLITE_STATIC);
        int state = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int(row, 0) : 0;
        bool live = (state >= 1 && state <= 4) || state == 9;
        if (!live)
            sim_fail(run, "orders agree", "%s works at the venue; the store says state %d%s",
                     order->id, state, sim_watch_early(&run->watch, order->id) ? " (early)" : "");
    }
    sqlite3_finalize(row);
}

/* ---- each lot ---- */

/* A venue that trails is at the host's level or ahead of it. */
static bool trails_at(const struct venue_order *order, int64_t level_e8) {
    if (order->kind != PAWL_KIND_TRAILING) return false;
    return order->side == PAWL_SIDE_SELL ? order->stop_e8 >= level_e8 : order->stop_e8 <= level_e8;
}

static int64_t working_e8(const struct sim_run *run, const struct db_lot *lot, uint8_t role,
                          int64_t stop_e8) {
    int64_t sum = 0;
    for (size_t n = 1; n < run->venue.order_count; n++) {
        const struct venue_order *order = &run->venue.orders[n];
        if (order->works && !order->dormant && order->lot == lot->id && order->role == role &&
            (stop_e8 == 0 || order->stop_e8 == stop_e8 || trails_at(order, stop_e8)))
            sum += order->quantity_e8 - order->filled_e8;
    }
    return sum;
}

static bool beyond(const struct sim_run *run, const struct db_lot *lot) {
    const struct sim_quote *now = &run->last[lot->symbol - 1];
    return lot->side == 1 ? now->bid_e8 <= lot->stop_e8 : now->ask_e8 >= lot->stop_e8;
}

static void open_lot(struct sim_run *run, const struct db_lot *lot) {
    bool limit_out = lot->exit_kind == PAWL_KIND_LIMIT;
    bool given_up = lot->stop_tries > run->config->host.executor.retry_tries;
    int64_t want_out = lot->out_e8 < lot->entered_e8 ? lot->out_e8 : lot->entered_e8;
    if (beyond(run, lot)) {
        sim_fail(run, "I4 never naked", "lot %" PRIu64 " is open, the price stands beyond its stop",
                 lot->id);
        return;
    }
    bool covered = working_e8(run, lot, VENUE_STOP, given_up ? 0 : lot->stop_e8) >= lot->open_e8;
    if (!covered && !(given_up && lot->protection == PAWL_PROTECTION_GUARDED))
        sim_fail(run, "I4 never naked",
                 "lot %" PRIu64 " has %" PRId64 "e-8 open, stops of %" PRId64
                 "e-8 work at its level; protection %u",
                 lot->id, lot->open_e8, working_e8(run, lot, VENUE_STOP, lot->stop_e8),
                 lot->protection);
    int64_t step_e8 = run->plan->symbols[lot->symbol - 1].step_e8;
    if (want_out - lot->exited_e8 >= step_e8 && !lot->exit_spent && !limit_out)
        sim_fail(run, "wants are met",
                 "lot %" PRIu64 ": %" PRId64 "e-8 were to leave, %" PRId64 "e-8 have left", lot->id,
                 want_out, lot->exited_e8);
}

/* The price has stood beyond a level for the whole plateau: what it was to take has left. */
static void targets_are_taken(struct sim_run *run, struct sim_copy *copy,
                              const struct db_lot *lot) {
    static const char sql[] =
        "SELECT price, quantity, filled FROM targets WHERE lot=?1 AND price<>0 AND spent=0";
    sqlite3_stmt *row = NULL;
    const struct sim_quote *now = &run->last[lot->symbol - 1];
    int64_t step_e8 = run->plan->symbols[lot->symbol - 1].step_e8;
    if (!query(run, copy, sql, &row)) return;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)lot->id);
    while (sqlite3_step(row) == SQLITE_ROW) {
        int64_t price_e8 = sqlite3_column_int64(row, 0), left_e8 = sqlite3_column_int64(row, 1);
        bool reached = lot->side == 1 ? now->bid_e8 > price_e8 : now->ask_e8 < price_e8;
        if (left_e8 != PAWL_QTY_ALL) left_e8 -= sqlite3_column_int64(row, 2);
        if (reached && left_e8 >= step_e8)
            sim_fail(run, "wants are met",
                     "lot %" PRIu64 ": its target at %" PRId64 "e-8 is reached and not taken",
                     lot->id, price_e8);
    }
    sqlite3_finalize(row);
}

static void lot_is_settled(struct sim_run *run, struct sim_copy *copy, const struct db_lot *lot) {
    if (lot->open_e8 < 0)
        sim_fail(run, "I3 fill conservation", "lot %" PRIu64 " has %" PRId64 "e-8 open", lot->id,
                 lot->open_e8);
    if (lot->state == PAWL_LOT_STATE_CLOSED && lot->open_e8 != 0)
        sim_fail(run, "wants are met", "lot %" PRIu64 " is closed with %" PRId64 "e-8", lot->id,
                 lot->open_e8);
    if (lot->state == PAWL_LOT_STATE_CLOSED) return;
    if (lot->rests && lot->entered_e8 == 0 && !run->flattened) return; /* as long as its trade */
    if (lot->open_e8 == 0 || run->flattened)
        sim_fail(run, "wants are met", "lot %" PRIu64 " stays in state %u with %" PRId64 "e-8 open",
                 lot->id, lot->state, lot->open_e8);
    if (lot->open_e8 == 0 || run->flattened) return;
    open_lot(run, lot);
    if (lot->state == PAWL_LOT_STATE_OPEN) targets_are_taken(run, copy, lot);
}

/* What is linked goes completely when its lot has concluded. */
static void links_are_gone(struct sim_run *run, struct sim_copy *copy) {
    static const char sql[] = "SELECT g.id, coalesce(l.state, 0) FROM link_groups g "
                              "LEFT JOIN lots l ON l.id=g.id WHERE l.id IS NULL OR l.state=5";
    sqlite3_stmt *row = NULL;
    if (!run->plan->linked || !query(run, copy, sql, &row)) return;
    if (sqlite3_step(row) == SQLITE_ROW)
        sim_fail(run, "link groups end with their lots", "lot %lld has one, in state %d",
                 sqlite3_column_int64(row, 0), sqlite3_column_int(row, 1));
    sqlite3_finalize(row);
}

void sim_check_end(struct sim_run *run) {
    static struct db_lot lots[SIM_LOTS_MAX]; /* one run at a time in a process */
    struct sim_copy copy;
    struct pawl_err err = {0};
    if (sim_copy_open(&run->disks, &copy, &err) != PAWL_OK) {
        sim_fail(run, "I7 crash atomicity", "%s", err.text);
    } else {
        size_t count = load_lots(run, &copy, lots);
        ids_are_stored(run, &copy);
        fills_are_stored(run, &copy);
        sums_are_whole(run, &copy);
        fills_are_conserved(run, &copy);
        orders_agree(run, &copy);
        positions_agree(run, lots, count);
        links_are_gone(run, &copy);
        sim_check_partners(run, copy.db);
        sim_check_tranches(run, copy.db);
        for (size_t i = 0; i < count; i++) lot_is_settled(run, &copy, &lots[i]);
    }
    sim_copy_close(&copy);
}
