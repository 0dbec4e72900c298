/*
 * linked_play.h - requests to the linked plugin, and scenarios: each is run as it is, then with the
 * plugin destroyed and created anew before each single delivery, then before all of them. The calls
 * and the records must come out the same.
 */
#ifndef LINKED_PLAY_H
#define LINKED_PLAY_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../plugins/linked/linked_schema.gen.h"
#include "fake_book.h"

const struct pawl_plugin *pawl_plugin_main(void);

#define BUY PAWL_SIDE_BUY
#define SELL PAWL_SIDE_SELL

static struct fake fake;

/* ---- requests ---- */

static inline struct pawl_ev_entry entry_event(uint32_t instrument, uint8_t side,
                                               const char *quantity) {
    return (struct pawl_ev_entry){
        .head = {.size = sizeof (struct pawl_ev_entry), .type = PAWL_EV_ENTRY},
        .instrument = instrument,
        .via = FAKE_COMPONENT,
        .side = side,
        .quantity = {e8(quantity)}};
}

static inline void entry(uint32_t instrument, uint8_t side, const char *quantity) {
    struct pawl_ev_entry event = entry_event(instrument, side, quantity);
    fake_send(&fake, &event);
}

static inline void limit(uint32_t instrument, uint8_t side, const char *quantity,
                         const char *price) {
    struct pawl_ev_entry event = entry_event(instrument, side, quantity);
    event.order_kind = PAWL_KIND_LIMIT;
    event.order_price.e8 = e8(price);
    fake_send(&fake, &event);
}

static inline void send_signal(uint32_t instrument, uint8_t kind, const char *confidence) {
    struct pawl_ev_signal event = {.head = {.size = sizeof event, .type = PAWL_EV_SIGNAL},
                                   .instrument = instrument,
                                   .signal = kind,
                                   .confidence = {e8(confidence)}};
    fake_send(&fake, &event);
}

/* ---- running a scenario ---- */

struct outcome {
    char log[FAKE_LOG_MAX];
    char groups[4096];
    uint32_t deliveries;
};

static inline void write_groups(char *out, size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (uint64_t id = 1; id <= fake.lot_count; id++) {
        const struct linked_rec_link_group *g = fake_row(&fake, LINKED_REC_LINK_GROUP, id);
        if (g == NULL) continue;
        used += (size_t)snprintf(
            out + used, size - used, "%llu: %u %u %u %lld %lld %lld %lld %lld %lld %llu\n",
            (unsigned long long)g->id, g->instrument, g->side, g->status,
            (long long)g->quantity.e8, (long long)g->entry_price.e8, (long long)g->stop_price.e8,
            (long long)g->stop_pct.e8, (long long)g->target_price.e8, (long long)g->target_pct.e8,
            (unsigned long long)g->reverses);
        assert_true(used < size);
    }
}

static inline void play(void (*scenario)(void), const char *options, uint32_t restart_at,
                 struct outcome *ret) {
    fake_start(&fake, pawl_plugin_main(), options, restart_at);
    fake_quote(&fake, EURUSD, "1.09990", "1.10000");
    fake_quote(&fake, XAUUSD, "2649.70", "2650.00");
    fake_quote(&fake, USDJPY, "149.990", "150.000");
    fake_quote(&fake, ACME, "99.95", "100.00");
    scenario();
    assert_int_equal(fake.last_rc, PAWL_OK);
    memcpy(ret->log, fake.log, fake.log_length + 1);
    write_groups(ret->groups, sizeof ret->groups);
    ret->deliveries = fake.deliveries;
    for (uint64_t id = 1; id <= fake.lot_count; id++) {
        const struct pawl_rec_lot *lot = fake_rec(&fake, id);
        bool ours = lot->owner == FAKE_COMPONENT && lot->state != PAWL_LOT_STATE_CLOSED;
        assert_int_equal(ours, fake_row(&fake, LINKED_REC_LINK_GROUP, id) != NULL);
    }
    fake_stop(&fake);
}

/* The scenario's calls are `expected`, restarted or not. */
static inline void expect(void (*scenario)(void), const char *options, const char *expected) {
    static struct outcome plain, other;
    play(scenario, options, UINT32_MAX - 1, &plain);
    assert_string_equal(plain.log, expected);
    for (uint32_t at = 0; at <= plain.deliveries; at++) {
        play(scenario, options, at < plain.deliveries ? at : FAKE_RESTART_EACH, &other);
        assert_string_equal(other.log, plain.log);
        assert_string_equal(other.groups, plain.groups);
    }
}

#endif
