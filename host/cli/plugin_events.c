#include "cli/plugin_events.h"

#include <inttypes.h>
#include <stdio.h>

#include "pawl_num.h"

#define TICK_E8 (PAWL_E8 / 100)
#define STEP_MOVES_MAX 40 /* ticks a price goes at once, mostly */
#define REFS_MAX 1000000u

const char *const plugin_events_symbols[PLUGIN_EVENTS_SYMBOLS] = {"ACME", "BETA"};

void plugin_events_init(struct plugin_events *events, uint64_t seed, const char *via) {
    *events = (struct plugin_events){.via = via, .price_e8 = {100 * PAWL_E8, 50 * PAWL_E8}};
    rng_init(&events->rng, seed);
}

int64_t plugin_events_wait(struct plugin_events *events) {
    if (rng_chance(&events->rng, 1, 100)) return rng_between(&events->rng, 0, 3600) * PAWL_NS;
    if (rng_chance(&events->rng, 1, 10)) return 0;
    return rng_between(&events->rng, 1, 5000) * PAWL_MS;
}

static uint32_t below(struct plugin_events *events, uint32_t bound) {
    return (uint32_t)rng_below(&events->rng, bound);
}

static json_t *amount(int64_t e8) {
    char text[PAWL_E8_TEXT_MAX];
    pawl_format_e8(e8, text);
    return json_string(text);
}

static json_t *near(struct plugin_events *events, uint32_t symbol, int64_t ticks) {
    int64_t e8 = events->price_e8[symbol] +
                 rng_between(&events->rng, -ticks, ticks) * TICK_E8;
    return amount(e8 > TICK_E8 ? e8 : TICK_E8);
}

static void wander(struct plugin_events *events, uint32_t symbol) {
    int64_t reach = rng_chance(&events->rng, 1, 50) ? 20 * STEP_MOVES_MAX : STEP_MOVES_MAX;
    int64_t e8 =
        events->price_e8[symbol] + rng_between(&events->rng, -reach, reach) * TICK_E8;
    if (e8 > 10 * PAWL_E8 && e8 < 1000 * PAWL_E8) events->price_e8[symbol] = e8;
}

static void set(json_t *object, const char *key, json_t *value) {
    json_object_set_new(object, key, value);
}

/* A name that was given, or one that never was. */
static json_t *some_ref(struct plugin_events *events) {
    return json_sprintf("r%" PRIu32, below(events, events->refs + 2));
}

/* ---- the market ---- */

static void quote(struct plugin_events *events, json_t *object, uint32_t symbol) {
    int64_t spread = rng_chance(&events->rng, 1, 40) ? -1 : rng_between(&events->rng, 0, 5);
    wander(events, symbol); /* below 0: crossed */
    set(object, "bid", amount(events->price_e8[symbol]));
    set(object, "ask", amount(events->price_e8[symbol] + spread * TICK_E8));
}

static void trade(struct plugin_events *events, json_t *object, uint32_t symbol) {
    set(object, "price", near(events, symbol, STEP_MOVES_MAX));
    set(object, "size", amount(rng_between(&events->rng, 0, 100) * PAWL_E8));
}

static void bar(struct plugin_events *events, json_t *object, uint32_t symbol) {
    int64_t open = events->price_e8[symbol], high, low;
    wander(events, symbol);
    int64_t close = events->price_e8[symbol];
    high = (open > close ? open : close) + rng_between(&events->rng, 0, 20) * TICK_E8;
    low = (open < close ? open : close) - rng_between(&events->rng, 0, 20) * TICK_E8;
    set(object, "seconds", json_integer(60));
    set(object, "open", amount(open));
    set(object, "high", amount(high));
    set(object, "low", amount(low));
    set(object, "close", amount(close));
    set(object, "volume", amount(rng_between(&events->rng, 0, 100) * PAWL_E8));
}

static void liquidation(struct plugin_events *events, json_t *object, uint32_t symbol) {
    set(object, "side", json_string(below(events, 2) == 0 ? "LONG" : "SHORT"));
    set(object, "price", near(events, symbol, STEP_MOVES_MAX));
    set(object, "quantity", amount(rng_between(&events->rng, 1, 1000) * PAWL_E8));
}

/* ---- requests ---- */

static void signal_(struct plugin_events *events, json_t *object) {
    static const char *const kinds[] = {"BUY", "SELL", "SHORT", "NEUTRAL"};
    set(object, "signal", json_string(kinds[below(events, 4)]));
    set(object, "confidence", amount(rng_between(&events->rng, 0, 100) * TICK_E8));
}

static void entry(struct plugin_events *events, json_t *object, uint32_t symbol) {
    bool buy = below(events, 2) == 0;
    int64_t away = rng_between(&events->rng, -5, 300) * TICK_E8; /* below 0: the wrong side */
    /* Lots of others, too: some only look after what another opened. */
    set(object, "via", json_string(below(events, 2) == 0 ? events->via : "linked"));
    set(object, "side", json_string(buy ? "BUY" : "SELL"));
    set(object, "quantity", amount(rng_between(&events->rng, 0, 20) * PAWL_E8));
    if (!rng_chance(&events->rng, 1, 8))
        set(object, "stop",
            json_pack("{s:o}", "price", amount(events->price_e8[symbol] + (buy ? -away : away))));
    if (rng_chance(&events->rng, 1, 2))
        set(object, "target",
            json_pack("{s:o}", "price", amount(events->price_e8[symbol] + (buy ? away : -away))));
    if (events->refs < REFS_MAX) set(object, "ref", json_sprintf("r%" PRIu32, events->refs++));
}

static void exit_(struct plugin_events *events, json_t *object) {
    set(object, "ref", some_ref(events));
    set(object, "reason", json_string("TRIED"));
    if (rng_chance(&events->rng, 1, 2))
        set(object, "quantity", amount(rng_between(&events->rng, 1, 10) * PAWL_E8));
}

static void stop(struct plugin_events *events, json_t *object, uint32_t symbol) {
    set(object, "ref", some_ref(events));
    set(object, "price", near(events, symbol, 200));
}

static void scale_in(struct plugin_events *events, json_t *object) {
    set(object, "ref", some_ref(events));
    set(object, "quantity", amount(rng_between(&events->rng, 1, 10) * PAWL_E8));
}

/* What goes wrong at the simulated venue; of a broker that is tried nobody listens. */
static void fault(struct plugin_events *events, json_t *object) {
    static const char *const kinds[] = {"reject", "drop_reply", "drop_request", "duplicate_fill",
                                        "late_fill", "partial", "disconnect", "reconnect",
                                        "reconnect", "reconnect"};
    set(object, "what", json_string(kinds[below(events, sizeof kinds / sizeof *kinds)]));
}

json_t *plugin_events_next(struct plugin_events *events) {
    uint32_t symbol = below(events, PLUGIN_EVENTS_SYMBOLS), dice = below(events, 100);
    const char *type = dice < 60   ? "quote"
                       : dice < 66 ? "trade"
                       : dice < 70 ? "bar"
                       : dice < 73 ? "mark"
                       : dice < 75 ? "liquidation"
                       : dice < 78 ? "signal"
                       : dice < 87 ? "entry"
                       : dice < 92 ? "exit"
                       : dice < 96 ? "stop"
                       : dice < 98 ? "scale_in"
                                   : "fault";
    json_t *object = json_pack("{s:s}", "type", type);
    if (object == NULL) return NULL;
    bool by_ref = dice >= 87;
    if (!by_ref) set(object, "symbol", json_string(plugin_events_symbols[symbol]));
    if (dice < 60) quote(events, object, symbol);
    else if (dice < 66) trade(events, object, symbol);
    else if (dice < 70) bar(events, object, symbol);
    else if (dice < 73) set(object, "price", near(events, symbol, STEP_MOVES_MAX));
    else if (dice < 75) liquidation(events, object, symbol);
    else if (dice < 78) signal_(events, object);
    else if (dice < 87) entry(events, object, symbol);
    else if (dice < 92) exit_(events, object);
    else if (dice < 96) stop(events, object, symbol);
    else if (dice < 98) scale_in(events, object);
    else fault(events, object);
    return object;
}
