/*
 * test_world.h - a made-up world for `pawl rules test`: what a test says of prices and positions,
 * and what rules asked for. Internal to rules/.
 */
#ifndef RULES_TEST_WORLD_H
#define RULES_TEST_WORLD_H

#include "base/names.h"
#include "rules/rules.h"

#define TEST_INSTRUMENTS_MAX 64u
#define TEST_LOTS_MAX 32u
#define TEST_VALUES_MAX 64u
#define TEST_SEEN_MAX 1024u   /* trades and liquidations kept for windows */
#define TEST_ASKED_MAX 256u   /* requests since the last step */
#define TEST_TEXT_MAX 2048u

struct test_instrument {
    struct rules_position position;
    struct rules_price price;
    struct pawl_session session;
    uint32_t lot_count;
    struct rules_lot lots[TEST_LOTS_MAX];
    char refs[TEST_LOTS_MAX][32], owners[TEST_LOTS_MAX][32];
};

struct test_value { /* of an indicator */
    enum rules_indicator what;
    uint32_t instrument, n, seconds;
    int64_t e8;
};

struct test_seen {
    uint16_t type;
    uint8_t side;
    uint32_t instrument;
    int64_t time_ns;
    struct pawl_price price;
    struct pawl_qty quantity;
};

struct test_asked {      /* by a rule, in the last step */
    char rule[RULES_ID_MAX + 1];
    char what[32];       /* "fired", "failed", "alert", "halt", or the request's type */
    char reason[256];
    char json[TEST_TEXT_MAX]; /* of a request, as it could come from outside */
};

struct test_world {
    struct names *names;
    struct rules *rules;
    int64_t now_ns, wake_ns; /* 0 = no timer */
    uint64_t seq;
    bool ignored; /* requests come to nothing */
    uint32_t entries_max; /* of a rule in a day; 0 = no limit */
    struct test_instrument instruments[TEST_INSTRUMENTS_MAX + 1];
    uint32_t value_count, seen_count, asked_count;
    struct test_value values[TEST_VALUES_MAX];
    struct test_seen seen[TEST_SEEN_MAX];
    struct test_asked asked[TEST_ASKED_MAX];
    uint64_t open_seqs[TEST_ASKED_MAX]; /* requests nobody has answered yet */
    uint32_t open_instruments[TEST_ASKED_MAX];
    uint32_t open_count;
};

/* A world with these rules; the set becomes its. */
int test_world_new(struct ruleset *set, struct names *names, int64_t now_ns,
                   struct test_world **ret, struct pawl_err *err);
void test_world_free(struct test_world *world); /* accepts NULL; names stay */
/* One event, and all it causes; what was asked before is forgotten. */
void test_world_feed(struct test_world *world, struct pawl_event *event);
/* The clock moves on, over the timers in between. */
void test_world_advance(struct test_world *world, int64_t to_ns);
/* Names in events: each new one gets an id. */
void test_world_decode(struct names *names, struct event_decode *ret);

#endif
