/*
 * exec_kit.h - the executor with a real book, bus and store. Account and instrument N belong to
 * broker N, which only keeps what it is sent. Tests play the venue.
 */
#ifndef EXEC_KIT_H
#define EXEC_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/oid.h"
#include "book/market.h"
#include "book/report.h"
#include "exec/steps.h"

#define KIT_E8 INT64_C(100000000)
#define KIT_SENT_MAX 262144u
#define KIT_BROKERS 2u
union kit_any {
    struct pawl_event head;
    struct pawl_ev_submit submit;
    struct pawl_ev_amend amend;
    struct pawl_ev_query query;
};

struct kit {
    struct config config;
    struct book book;
    struct exec exec;
    union kit_any *sent; /* of both brokers, in order */
    uint32_t sent_count;
    uint32_t gap_alerts;
    char folder[64];
};

static inline void kit_first(void *arg, const struct pawl_event *event) {
    struct kit *kit = arg;
    uint16_t family = event->type >> 8;
    const struct pawl_ev_alert *alert = (const void *)event;
    if (event->type == PAWL_EV_ALERT && strcmp(alert->what, "gap") == 0) kit->gap_alerts++;
    if (family == 0x01) book_market(&kit->book, event);
    if (family == 0x02 || family == 0x04 || family == 0x05) exec_event(&kit->exec, event);
}

static inline void kit_broker(void *arg, const struct pawl_event *event) {
    struct kit *kit = arg;
    if (event->size > sizeof(union kit_any) || kit->sent_count == KIT_SENT_MAX) return;
    memcpy(&kit->sent[kit->sent_count++], event, event->size);
}

static inline int kit_setup(void **state) {
    struct kit *kit = calloc(1, sizeof *kit);
    struct pawl_err err = {0};
    char path[96];
    kit->sent = calloc(KIT_SENT_MAX, sizeof *kit->sent);
    snprintf(kit->folder, sizeof kit->folder, "/tmp/pawl-exec-XXXXXX");
    assert_non_null(mkdtemp(kit->folder));
    snprintf(path, sizeof path, "%s/pawl.db", kit->folder);
    struct store_options options = {.path = path, .durability = STORE_NONE};
    assert_int_equal(store_open(&options, &kit->book.store, &err), PAWL_OK);
    kit->book.boot = store_boot(kit->book.store);
    assert_int_equal(bus_new(&kit->book.bus, kit->book.boot, &err), PAWL_OK);
    assert_int_equal(triggers_new(&kit->book.triggers, &err), PAWL_OK);
    assert_int_equal(timers_new(&kit->book.timers, &err), PAWL_OK);
    assert_int_equal(names_new(&kit->book.names, &err), PAWL_OK);
    book_init(&kit->book);
    kit->book.account_count = kit->book.instrument_count = KIT_BROKERS;
    kit->book.accounts = mem_calloc(KIT_BROKERS + 1, sizeof *kit->book.accounts);
    kit->book.instruments = mem_calloc(KIT_BROKERS + 1, sizeof *kit->book.instruments);
    kit->config.host.executor = (struct config_executor){.retry_tries = 3,
                                                         .retry_delay_ns = 100 * PAWL_MS,
                                                         .guard_grace_ns = PAWL_NS,
                                                         .guard_cancel_wait_ns = 300 * PAWL_MS};
    assert_int_equal(exec_init(&kit->exec, &kit->book, &kit->config, &err), PAWL_OK);
    kit->book.bus->first = kit_first;
    kit->book.bus->first_arg = kit;
    kit->book.bus->end_of_turn = exec_end_of_turn;
    kit->book.bus->end_arg = &kit->exec;
    kit->exec.operator_id = KIT_BROKERS + 1;
    for (uint32_t n = 1; n <= KIT_BROKERS; n++) {
        kit->book.accounts[n].info.id = n;
        kit->book.accounts[n].info.broker = n;
        kit->book.accounts[n].caps = (struct pawl_broker_caps){.exit_bound = PAWL_EXIT_FLAG,
                                                               .native_stop = 1,
                                                               .amend_stop = 1,
                                                               .settle_ns = PAWL_NS,
                                                               .answer_ns = PAWL_NS};
        struct pawl_instrument *in = &kit->book.instruments[n].def;
        in->id = in->account = n;
        in->tick.e8 = KIT_E8 / 100;
        in->step.e8 = in->min_quantity.e8 = KIT_E8 / 10;
        in->multiplier.e8 = KIT_E8;
        assert_int_equal(bus_attach(kit->book.bus, n, kit_broker, kit, &err), PAWL_OK);
        assert_int_equal(exec_add_broker(&kit->exec, n, &err), PAWL_OK);
    }
    *state = kit;
    return 0;
}

static inline int kit_teardown(void **state) {
    struct kit *kit = *state;
    char path[96];
    exec_done(&kit->exec);
    book_done(&kit->book);
    timers_free(kit->book.timers);
    names_free(kit->book.names);
    triggers_free(kit->book.triggers);
    bus_free(kit->book.bus);
    store_close(kit->book.store);
    snprintf(path, sizeof path, "rm -rf '%s'", kit->folder);
    free(kit->sent);
    free(kit);
    return system(path) == 0 ? 0 : -1;
}

/* One turn, now or later, and everything it lets go. */
static inline void kit_turn(struct kit *kit, struct pawl_event *event, uint32_t source) {
    bus_input(kit->book.bus, event, source, kit->book.bus->now_ns);
    kit->exec.release_turn = kit->book.bus->turn;
    bus_input(kit->book.bus, NULL, 0, kit->book.bus->now_ns);
}

/* What only works inside a turn may be called; the next turn delivers it. */
static inline void kit_inside(struct kit *kit, bool inside) {
    kit->book.bus->turn = 1;
    kit->book.bus->in_turn = inside;
}

static inline void kit_wait(struct kit *kit, int64_t wait_ns) {
    int64_t end_ns = kit->book.bus->now_ns + wait_ns, due_ns;
    uint64_t key;
    uint32_t owner;
    while (timers_pop(kit->book.timers, end_ns, &owner, &key, &due_ns)) {
        struct pawl_ev_timer ev;
        EVENT_INIT(ev, PAWL_EV_TIMER);
        ev.head.target = kit->exec.operator_id, ev.head.cookie = key;
        if (due_ns > kit->book.bus->now_ns) kit->book.bus->now_ns = due_ns;
        kit_turn(kit, &ev.head, 0);
    }
    kit->book.bus->now_ns = end_ns;
}

static inline void kit_link(struct kit *kit, uint32_t broker, bool up) {
    struct pawl_ev_link ev;
    EVENT_INIT(ev, PAWL_EV_LINK);
    ev.up = up;
    kit_turn(kit, &ev.head, broker);
}

static inline void kit_quote(struct kit *kit, uint32_t instrument, int64_t bid) {
    struct pawl_ev_quote ev;
    EVENT_INIT(ev, PAWL_EV_QUOTE);
    ev.instrument = instrument;
    ev.bid.e8 = bid * KIT_E8;
    ev.ask.e8 = bid * KIT_E8 + KIT_E8 / 100;
    kit_turn(kit, &ev.head, 0);
}

/* An open long lot of `quantity` at 100 with a stop at 95; nothing of it is at the venue yet. */
static inline struct lot *kit_lot(struct kit *kit, uint32_t n, int64_t quantity) {
    struct pawl_err err = {0};
    struct lot *lot = book_lot_new(&kit->book, &err);
    assert_non_null(lot);
    lot->rec.instrument = lot->rec.account = n;
    lot->rec.side = PAWL_POSITION_SIDE_LONG;
    lot->rec.state = PAWL_LOT_STATE_OPEN;
    lot->rec.after = PAWL_AFTER_KIND_NOW;
    lot->rec.entry_kind = lot->rec.exit_kind = PAWL_KIND_MARKET;
    lot->rec.stop_trigger = PAWL_TRIGGER_SOURCE_EXIT_SIDE;
    lot->rec.stop_mode = PAWL_LEVEL_MODE_REST;
    lot->rec.ratchet = 1;
    lot->rec.protection = PAWL_PROTECTION_NONE;
    lot->rec.entered.e8 = lot->rec.enter_up_to.e8 = quantity * KIT_E8;
    lot->rec.entry_value.e8 = 100 * quantity * KIT_E8;
    lot->rec.stop.e8 = lot->rec.initial_stop.e8 = 95 * KIT_E8;
    lot->rec.stop_gen = 1;
    book_lot_link(&kit->book, lot);
    return lot;
}

/* The last thing of a type that `broker` was sent since `from`; NULL = nothing. */
static inline const union kit_any *kit_last(const struct kit *kit, uint16_t type, uint32_t broker,
                                            uint32_t from) {
    for (uint32_t i = kit->sent_count; i > from; i--)
        if (kit->sent[i - 1].head.type == type && kit->sent[i - 1].head.target == broker)
            return &kit->sent[i - 1];
    return NULL;
}

#endif
