/* paper_play.h - short words for tests of the paper venue: one instrument EURUSD (tick 0.01, step
 * 0.1), one account, latency 20 ms each way. Prices and quantities are given in hundredths: 9950 is
 * 99.50, 100 is 1.00. */
#ifndef PAPER_PLAY_H
#define PAPER_PLAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake_host.h"
#include "../plugins/paper/paper.h"

const struct pawl_plugin *pawl_plugin_main(void);

#define CENT (PAWL_E8 / 100)
#define TRIP (50 * PAWL_MS) /* there and back, and a little */
#define BUY PAWL_SIDE_BUY
#define SELL PAWL_SIDE_SELL
#define LONG_ PAWL_POSITION_SIDE_LONG
#define SHORT_ PAWL_POSITION_SIDE_SHORT

struct play {
    struct fake_host fake;
    uint32_t ids;
    char id[24]; /* of the last submit */
};

/* What a submit says; zero = market, gtc, exit side. */
struct wish {
    uint8_t side, kind, role, tif, trigger, reduce, position_side;
    int64_t quantity, price, stop;
    uint64_t group;
    int64_t expires_ns;
    const char *ticket;
    int64_t attached;
    const char *id; /* NULL = a fresh one */
};

static inline void play_init(struct play *play, const char *personality, bool hedging) {
    memset(play, 0, sizeof *play);
    fake_init(&play->fake);
    fake_instrument(&play->fake, "EURUSD");
    fake_account(&play->fake, "demo")->hedging = hedging;
    fake_option(&play->fake, "personality", personality);
}

static inline void play_start(struct play *play, const char *personality, bool hedging) {
    play_init(play, personality, hedging);
    assert_int_equal(fake_start(&play->fake, pawl_plugin_main()), PAWL_OK);
    fake_clear(&play->fake);
}
static inline void play_done(struct play *play) { fake_done(&play->fake); }
static inline struct paper *play_paper(struct play *play) { return play->fake.self; }

/* p, host 1, boot 1, lot, role, step, and no good check: the venue does not look at it. */
static inline void play_id(struct play *play, uint64_t lot, uint8_t role, char out[24]) {
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    memset(out, 0, 24);
    memcpy(out, "p0010001", 8);
    for (int i = 0; i < 7; i++) out[8 + i] = digits[lot >> (5 * (6 - i)) & 31];
    out[15] = digits[role];
    uint32_t step = ++play->ids;
    for (int i = 0; i < 4; i++) out[16 + i] = digits[step >> (5 * (3 - i)) & 31];
    out[20] = '0';
}

static inline void play_send_submit(struct play *play, struct wish wish) {
    struct pawl_ev_submit ev = {.head = {.size = sizeof ev, .type = PAWL_EV_SUBMIT,
                                         .target = FAKE_COMPONENT}};
    ev.role = wish.role != 0 ? wish.role : wish.reduce ? PAWL_ROLE_EXIT : PAWL_ROLE_MAIN;
    play_id(play, 5, ev.role, play->id);
    if (wish.id != NULL) snprintf(play->id, sizeof play->id, "%s", wish.id);
    memcpy(ev.order, play->id, sizeof ev.order);
    ev.account = ev.instrument = 1;
    ev.side = wish.side;
    ev.kind = wish.kind != 0 ? wish.kind : PAWL_KIND_MARKET;
    ev.tif = wish.tif != 0 ? wish.tif : PAWL_TIF_GTC;
    ev.trigger = wish.trigger != 0 ? wish.trigger : PAWL_TRIGGER_SOURCE_EXIT_SIDE;
    ev.reduce = wish.reduce;
    bool is_long = (wish.side == BUY) == !wish.reduce;
    ev.position_side = wish.position_side != 0 ? wish.position_side : is_long ? LONG_ : SHORT_;
    ev.quantity.e8 = wish.quantity * CENT;
    ev.price.e8 = wish.price * CENT;
    ev.stop_price.e8 = wish.stop * CENT;
    ev.group = wish.group;
    ev.expires = wish.expires_ns;
    if (wish.ticket != NULL) snprintf(ev.ticket, sizeof ev.ticket, "%s", wish.ticket);
    ev.attached_stop.e8 = wish.attached * CENT;
    if (wish.attached != 0) play_id(play, 5, PAWL_ROLE_STOP, ev.attached_stop_order);
    fake_send(&play->fake, &ev.head);
}

/* Send it and see it answered; its id is play->id. */
static inline void play_submit(struct play *play, struct wish wish) {
    play_send_submit(play, wish);
    fake_advance(&play->fake, TRIP);
}
#define SUBMIT(play, ...) play_submit(play, (struct wish){__VA_ARGS__})

static inline void play_send_cancel(struct play *play, const char *id) {
    struct pawl_ev_cancel ev = {.head = {.size = sizeof ev, .type = PAWL_EV_CANCEL, .cookie = 77},
                                .account = 1, .instrument = 1};
    memcpy(ev.order, id, strlen(id));
    fake_send(&play->fake, &ev.head);
}
static inline void play_cancel(struct play *play, const char *id) {
    play_send_cancel(play, id);
    fake_advance(&play->fake, TRIP);
}

static inline void play_amend(struct play *play, const char *id, int64_t quantity, int64_t price,
                              int64_t stop) {
    struct pawl_ev_amend ev = {.head = {.size = sizeof ev, .type = PAWL_EV_AMEND}, .account = 1,
                               .instrument = 1, .quantity = {quantity * CENT},
                               .price = {price * CENT}, .stop_price = {stop * CENT}};
    memcpy(ev.order, id, strlen(id));
    fake_send(&play->fake, &ev.head);
    fake_advance(&play->fake, TRIP);
}

static inline void play_query(struct play *play, uint8_t what, const char *id) {
    struct pawl_ev_query ev = {.head = {.size = sizeof ev, .type = PAWL_EV_QUERY, .cookie = 99},
                               .account = 1, .what = what};
    if (id != NULL) memcpy(ev.order, id, strlen(id));
    fake_send(&play->fake, &ev.head);
    fake_advance(&play->fake, TRIP);
}

/* A quote, and time for what it causes to be told. */
static inline void play_quote(struct play *play, int64_t bid, int64_t ask) {
    fake_quote(&play->fake, 1, bid * CENT, ask * CENT, 0);
    fake_advance(&play->fake, TRIP);
}

static inline void play_fault(struct play *play, struct pawl_ev_fault fault) {
    fault.head = (struct pawl_event){.size = sizeof fault, .type = PAWL_EV_FAULT};
    fake_send(&play->fake, &fault.head);
}
#define FAULT(play, ...) play_fault(play, (struct pawl_ev_fault){__VA_ARGS__})

/* ---- looking ---- */

static inline int64_t play_position(struct play *play) { /* signed, in hundredths, all tickets */
    const struct paper_world *world = play_paper(play)->world;
    int64_t sum = 0;
    for (uint32_t i = 0; i < world->position_count; i++)
        sum += world->positions[i].side == LONG_ ? world->positions[i].quantity_e8
                                                 : -world->positions[i].quantity_e8;
    return sum / CENT;
}
static inline uint32_t play_count(struct play *play, uint16_t type) {
    return fake_published_count(&play->fake, type);
}

#define SEEN(play, name, type, nth)                                                                \
    ((const struct pawl_ev_##name *)play_seen(play, PAWL_EV_##type, nth))
static inline const struct pawl_event *play_seen(struct play *play, uint16_t type, uint32_t nth) {
    const struct pawl_event *event = fake_published(&play->fake, type, nth);
    if (event == NULL) fail_msg("no event %#x number %u", (unsigned)type, (unsigned)nth);
    return event;
}

/* The only execution since the last clear: price and quantity. */
static inline void assert_traded(struct play *play, int64_t price, int64_t quantity) {
    assert_int_equal(play_count(play, PAWL_EV_EXECUTION), 1);
    const struct pawl_ev_execution *fill = SEEN(play, execution, EXECUTION, 0);
    assert_int_equal(fill->price.e8 / CENT, price);
    assert_int_equal(fill->quantity.e8 / CENT, quantity);
}
static inline void assert_nothing(struct play *play) {
    assert_int_equal(play_count(play, 0), 0);
}
static inline void assert_refused(struct play *play, int32_t code, uint8_t class_) {
    assert_int_equal(play_count(play, PAWL_EV_REFUSED), 1);
    const struct pawl_ev_refused *refused = SEEN(play, refused, REFUSED, 0);
    assert_int_equal(refused->code, code);
    assert_int_equal(refused->class_, class_);
    assert_true(refused->message[0] != '\0');
}

/* A long or short position of this size, opened at 100.00 / 100.02; nothing of it is left to see.
 * Its ticket, if any, is in `ret_ticket`. */
static inline void play_open(struct play *play, uint8_t side, int64_t quantity, char *ret_ticket) {
    play_quote(play, 10000, 10002);
    SUBMIT(play, .side = side, .quantity = quantity);
    play_quote(play, 10000, 10002);
    const struct pawl_ev_execution *fill = SEEN(play, execution, EXECUTION, 0);
    if (ret_ticket != NULL) memcpy(ret_ticket, fill->ticket, sizeof fill->ticket);
    fake_clear(&play->fake);
}

#endif
