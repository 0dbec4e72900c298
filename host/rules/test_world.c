#include "rules/test_world.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "book/report.h"
#include "events/reflect.h"
#include "pawl_num.h"
#include "series/series.h"

#define DAY_NS (86400 * PAWL_NS)

/* ---- names ---- */

static uint32_t intern(struct names *names, enum name_space space, const char *text) {
    uint32_t id = 0;
    if (space == NAME_INSTRUMENT && names_count(names, space) >= TEST_INSTRUMENTS_MAX)
        return names_find(names, space, text);
    return names_intern(names, space, text, &id, NULL, NULL) == PAWL_OK ? id : 0;
}
static uint32_t any_instrument(void *self, const char *symbol) {
    return intern(self, NAME_INSTRUMENT, symbol);
}
static uint32_t any_account(void *self, const char *name) {
    return intern(self, NAME_ACCOUNT, name);
}
static uint32_t any_component(void *self, const char *name) {
    return intern(self, NAME_COMPONENT, name);
}

void test_world_decode(struct names *names, struct event_decode *ret) {
    *ret = (struct event_decode){.self = names,
                                 .instrument = any_instrument,
                                 .account = any_account,
                                 .component = any_component};
}

/* ---- answers ---- */

static int64_t now_ns(void *arg) { return ((struct test_world *)arg)->now_ns; }
static uint32_t instrument(void *arg, const char *symbol) {
    return any_instrument(((struct test_world *)arg)->names, symbol);
}
static const char *symbol(void *arg, uint32_t id) {
    return names_text(((struct test_world *)arg)->names, NAME_INSTRUMENT, id);
}
static uint32_t instrument_count(void *arg) {
    return names_count(((struct test_world *)arg)->names, NAME_INSTRUMENT);
}
static const char *component(void *arg, uint32_t id) {
    return names_text(((struct test_world *)arg)->names, NAME_COMPONENT, id);
}
static const char *account(void *arg, uint32_t id) {
    return names_text(((struct test_world *)arg)->names, NAME_ACCOUNT, id);
}

static void position(void *arg, uint32_t id, uint8_t side, struct rules_position *ret) {
    const struct test_instrument *of = &((struct test_world *)arg)->instruments[id];
    *ret = of->position;
    if (side != 0 && of->position.side != side) memset(ret, 0, sizeof *ret);
}

static bool lot_next(void *arg, uint32_t id, uint64_t after, struct rules_lot *ret) {
    const struct test_instrument *of = &((struct test_world *)arg)->instruments[id];
    for (uint32_t i = 0; i < of->lot_count; i++)
        if (of->lots[i].id > after) {
            *ret = of->lots[i];
            return true;
        }
    return false;
}

static void price(void *arg, uint32_t id, struct rules_price *ret) {
    *ret = ((struct test_world *)arg)->instruments[id].price;
}

static int indicator(void *arg, enum rules_indicator what, uint32_t id, uint32_t n,
                     uint32_t seconds, int64_t *ret_e8) {
    const struct test_world *world = arg;
    for (uint32_t i = world->value_count; i > 0; i--) {
        const struct test_value *value = &world->values[i - 1];
        if (value->what != what || value->instrument != id || value->n != n ||
            value->seconds != seconds)
            continue;
        *ret_e8 = value->e8;
        return PAWL_OK;
    }
    return PAWL_E_NOTFOUND;
}

static int keep_bars(void *arg, enum rules_indicator what, uint32_t id, uint32_t n,
                     uint32_t seconds, struct pawl_err *err) {
    (void)arg, (void)what, (void)id, (void)n, (void)seconds, (void)err;
    return PAWL_OK;
}

static int keep_window(void *arg, const struct rules_window *window, struct pawl_err *err) {
    (void)arg, (void)window, (void)err;
    return PAWL_OK;
}

static int64_t window(void *arg, const struct rules_window *of) {
    const struct test_world *world = arg;
    int64_t sum = 0, one;
    for (uint32_t i = 0; i < world->seen_count; i++) {
        const struct test_seen *seen = &world->seen[i];
        if (seen->type != of->event || seen->instrument != of->instrument ||
            (of->side != 0 && seen->side != of->side) ||
            seen->time_ns <= world->now_ns - (int64_t)of->seconds * PAWL_NS)
            continue;
        one = of->of == SERIES_COUNT ? PAWL_E8 : seen->quantity.e8;
        if (of->of == SERIES_NOTIONAL &&
            pawl_mul_e8(seen->price.e8, seen->quantity.e8, PAWL_ROUND_EVEN, &one) != PAWL_OK)
            one = 0;
        if (pawl_add_i64(sum, one, &sum) != PAWL_OK) return INT64_MAX;
    }
    return sum;
}

static void session(void *arg, uint32_t id, struct pawl_session *ret) {
    *ret = ((struct test_world *)arg)->instruments[id].session;
}

static int64_t day(void *arg, uint32_t id) {
    (void)id;
    return now_ns(arg) / DAY_NS * DAY_NS;
}

/* ---- what rules ask for ---- */

static struct test_asked *add(struct test_world *world, const char *rule, const char *what) {
    static struct test_asked spare; /* beyond the limit nothing is kept */
    struct test_asked *asked =
        world->asked_count < TEST_ASKED_MAX ? &world->asked[world->asked_count++] : &spare;
    memset(asked, 0, sizeof *asked);
    TEXT_SET(asked->rule, rule);
    TEXT_SET(asked->what, what);
    return asked;
}

/* The rule that fired last: the request follows it at once. */
static const char *last_rule(const struct test_world *world) {
    for (uint32_t i = world->asked_count; i > 0; i--)
        if (strcmp(world->asked[i - 1].what, "fired") == 0) return world->asked[i - 1].rule;
    return "";
}

static uint64_t ask(void *arg, struct pawl_event *request) {
    struct test_world *world = arg;
    struct test_asked *asked = add(world, last_rule(world), reflect_event(request->type)->name);
    size_t length;
    request->time_ns = world->now_ns;
    (void)event_to_input(request, world->names, asked->json, sizeof asked->json, &length);
    world->seq++;
    if (world->open_count < TEST_ASKED_MAX) {
        world->open_instruments[world->open_count] = ((struct pawl_ev_entry *)request)->instrument;
        world->open_seqs[world->open_count++] = world->seq;
    }
    return world->seq;
}

static void halt(void *arg, const char *reason) {
    (void)add(arg, reason, "halt");
}

static uint32_t entries_max(void *arg) { return ((struct test_world *)arg)->entries_max; }

static void tell(void *arg, struct pawl_event *event) {
    struct test_world *world = arg;
    struct test_asked *asked;
    if (event->type == PAWL_EV_RULE_FIRED) {
        const struct pawl_ev_rule_fired *fired = (const void *)event;
        asked = add(world, fired->rule, "fired");
        TEXT_SET(asked->reason, fired->reason);
    } else if (event->type == PAWL_EV_RULE_FAILED) {
        const struct pawl_ev_rule_failed *failed = (const void *)event;
        asked = add(world, failed->rule, "failed");
        TEXT_SET(asked->reason, failed->message);
    } else if (event->type == PAWL_EV_ALERT) {
        asked = add(world, last_rule(world), "alert");
        TEXT_SET(asked->reason, ((const struct pawl_ev_alert *)event)->message);
    }
}

static uint64_t wants(void *arg, uint32_t id) {
    (void)arg, (void)id;
    return 0;
}

static void put(void *arg, uint16_t record, const void *row) {
    (void)arg, (void)record, (void)row;
}

static void wake(void *arg, int64_t due_ns) { ((struct test_world *)arg)->wake_ns = due_ns; }

/* ---- the world itself ---- */

int test_world_new(struct ruleset *set, struct names *names, int64_t start_ns,
                   struct test_world **ret, struct pawl_err *err) {
    struct test_world *world = mem_calloc(1, sizeof *world);
    struct rules_world functions = {
        .arg = world, .now_ns = now_ns, .instrument = instrument, .symbol = symbol,
        .instrument_count = instrument_count, .position = position, .lot_next = lot_next,
        .price = price, .indicator = indicator, .keep_bars = keep_bars, .window = window,
        .keep_window = keep_window, .session = session, .day = day, .ask = ask, .halt = halt,
        .entries_max = entries_max,
        .tell = tell, .wants = wants, .put = put, .wake = wake, .component = component,
        .account = account};
    if (world == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the test");
    world->names = names;
    world->now_ns = start_ns;
    for (uint32_t i = 0; i <= TEST_INSTRUMENTS_MAX; i++) world->instruments[i].session.open = 1;
    test_world_decode(names, &functions.decode);
    int rc = rules_new(&functions, &world->rules, err);
    if (rc != PAWL_OK) {
        mem_free(world);
        return rc;
    }
    rules_swap(world->rules, set);
    rules_begin(world->rules, start_ns);
    *ret = world;
    return PAWL_OK;
}

void test_world_free(struct test_world *world) {
    if (world == NULL) return;
    rules_free(world->rules);
    mem_free(world);
}

/* A lot that was opened, or a refusal, for each request; that may make rules fire again. */
static void answer(struct test_world *world) {
    for (uint32_t i = 0; i < world->open_count; i++) {
        struct pawl_ev_lot_opened opened;
        struct pawl_ev_entry_ignored ignored;
        EVENT_INIT(opened, PAWL_EV_LOT_OPENED);
        EVENT_INIT(ignored, PAWL_EV_ENTRY_IGNORED);
        struct pawl_event *event = world->ignored ? &ignored.head : &opened.head;
        opened.instrument = ignored.instrument = world->open_instruments[i];
        event->cause = world->open_seqs[i];
        event->seq = ++world->seq;
        event->time_ns = world->now_ns;
        rules_event(world->rules, event);
    }
    world->open_count = 0;
    (void)rules_settle(world->rules);
}

/* What the book would know of it. */
static void learn(struct test_world *world, const struct pawl_event *event) {
    const struct pawl_ev_quote *quote = (const void *)event;
    const struct pawl_ev_trade *trade = (const void *)event;
    const struct pawl_ev_liquidation *liquidation = (const void *)event;
    struct test_seen seen = {.type = event->type, .time_ns = world->now_ns};
    if (event->type >> 8 != 0x01 || quote->instrument > TEST_INSTRUMENTS_MAX) return;
    struct rules_price *known = &world->instruments[quote->instrument].price;
    seen.instrument = quote->instrument;
    if (event->type == PAWL_EV_QUOTE) {
        known->bid = quote->bid;
        known->ask = quote->ask;
        known->time_ns = world->now_ns;
    } else if (event->type == PAWL_EV_TRADE) {
        known->last = trade->price;
        seen.side = trade->side;
        seen.price = trade->price;
        seen.quantity = trade->size;
    } else if (event->type == PAWL_EV_BAR) {
        known->last = ((const struct pawl_ev_bar *)event)->close;
    } else if (event->type == PAWL_EV_MARK) {
        known->mark = ((const struct pawl_ev_mark *)event)->price;
    } else if (event->type == PAWL_EV_LIQUIDATION) {
        seen.side = liquidation->side;
        seen.price = liquidation->price;
        seen.quantity = liquidation->quantity;
    }
    bool counts = event->type == PAWL_EV_TRADE || event->type == PAWL_EV_LIQUIDATION;
    if (counts && world->seen_count < TEST_SEEN_MAX) world->seen[world->seen_count++] = seen;
}

void test_world_feed(struct test_world *world, struct pawl_event *event) {
    world->asked_count = 0;
    event->seq = ++world->seq;
    event->time_ns = world->now_ns;
    learn(world, event);
    rules_event(world->rules, event);
    answer(world);
}

void test_world_advance(struct test_world *world, int64_t to_ns) {
    world->asked_count = 0;
    while (world->wake_ns != 0 && world->wake_ns <= to_ns) {
        struct pawl_ev_timer timer;
        EVENT_INIT(timer, PAWL_EV_TIMER);
        if (world->wake_ns > world->now_ns) world->now_ns = world->wake_ns;
        world->wake_ns = 0;
        timer.head.seq = ++world->seq;
        timer.head.time_ns = world->now_ns;
        rules_timer(world->rules, &timer.head);
        answer(world);
    }
    if (to_ns > world->now_ns) world->now_ns = to_ns;
}
