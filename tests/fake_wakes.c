/* fake_wakes.c - timers, price triggers, indicators and sessions of the fake host. */
#include <assert.h>
#include <string.h>

#include "fake_book_int.h"

/* ---- timers ---- */

static int timers_set(struct pawl_ctx *ctx, uint64_t key, int64_t due_ns) {
    struct fake *fake = fake_of(ctx);
    uint32_t i = 0;
    while (i < fake->timer_count && fake->timers[i].key != key) i++;
    assert(i < FAKE_TIMERS_MAX);
    if (i == fake->timer_count) fake->timer_count++;
    fake->timers[i] = (struct fake_timer){key, due_ns};
    return PAWL_OK;
}

static void timers_clear(struct pawl_ctx *ctx, uint64_t key) {
    struct fake *fake = fake_of(ctx);
    for (uint32_t i = 0; i < fake->timer_count; i++)
        if (fake->timers[i].key == key) fake->timers[i--] = fake->timers[--fake->timer_count];
}

const struct pawl_timers fake_timers_service = {
    .size = sizeof fake_timers_service, .set = timers_set, .clear = timers_clear};

void fake_advance(struct fake *fake, int64_t to_ns) {
    for (;;) {
        struct fake_timer *first = NULL;
        for (uint32_t i = 0; i < fake->timer_count; i++) {
            struct fake_timer *one = &fake->timers[i];
            if (one->due_ns <= to_ns &&
                (first == NULL || one->due_ns < first->due_ns ||
                 (one->due_ns == first->due_ns && one->key < first->key)))
                first = one;
        }
        if (first == NULL) break;
        struct pawl_ev_timer event = {
            .head = {.size = sizeof event, .type = PAWL_EV_TIMER, .target = FAKE_COMPONENT,
                     .cookie = first->key},
            .due = first->due_ns};
        if (fake->now_ns < first->due_ns) fake->now_ns = first->due_ns;
        *first = fake->timers[--fake->timer_count];
        fake_send(fake, &event);
    }
    if (fake->now_ns < to_ns) fake->now_ns = to_ns;
}

/* ---- triggers ---- */

static void triggers_disarm(struct pawl_ctx *ctx, uint64_t key) {
    struct fake *fake = fake_of(ctx);
    for (uint32_t i = 0; i < fake->trigger_count; i++)
        if (fake->triggers[i].key == key)
            fake->triggers[i--] = fake->triggers[--fake->trigger_count];
}

static int triggers_arm(struct pawl_ctx *ctx, uint64_t key, const struct pawl_trigger_spec *spec) {
    struct fake *fake = fake_of(ctx);
    triggers_disarm(ctx, key);
    assert(spec->size == sizeof *spec && spec->level.e8 > 0);
    assert(spec->source == PAWL_TRIGGER_SOURCE_EXIT_SIDE);
    assert(fake->trigger_count < FAKE_TRIGGERS_MAX);
    fake->triggers[fake->trigger_count++] = (struct fake_trigger){key, *spec};
    return PAWL_OK;
}

const struct pawl_triggers fake_triggers_service = {
    .size = sizeof fake_triggers_service, .arm = triggers_arm, .disarm = triggers_disarm};

static bool is_hit(const struct fake *fake, const struct fake_trigger *one) {
    const struct pawl_market_state *now = &fake->market[one->spec.instrument];
    int64_t price_e8 =
        one->spec.side == PAWL_POSITION_SIDE_LONG ? now->bid.e8 : now->ask.e8;
    return one->spec.cross == PAWL_CROSS_AT_OR_ABOVE ? price_e8 >= one->spec.level.e8
                                                     : price_e8 <= one->spec.level.e8;
}

void fake_fire(struct fake *fake, uint32_t instrument) {
    for (;;) {
        struct fake_trigger *first = NULL;
        for (uint32_t i = 0; i < fake->trigger_count; i++) {
            struct fake_trigger *one = &fake->triggers[i];
            if (one->spec.instrument == instrument && is_hit(fake, one) &&
                (first == NULL || one->key < first->key))
                first = one;
        }
        if (first == NULL) return;
        struct pawl_ev_trigger event = {
            .head = {.size = sizeof event, .type = PAWL_EV_TRIGGER, .target = FAKE_COMPONENT,
                     .cookie = first->key},
            .instrument = instrument,
            .level = first->spec.level,
            .price = first->spec.side == PAWL_POSITION_SIDE_LONG ? fake->market[instrument].bid
                                                                 : fake->market[instrument].ask};
        *first = fake->triggers[--fake->trigger_count];
        fake_send(fake, &event);
    }
}

void fake_forget_wake(struct fake *fake, const struct pawl_event *event) {
    uint64_t key = event->cookie;
    if (event->type == PAWL_EV_TRIGGER) triggers_disarm(&fake->ctx, key);
    if (event->type == PAWL_EV_TIMER) timers_clear(&fake->ctx, key);
}

/* ---- series ---- */

static int series_keep(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t bars,
                       struct pawl_err *err) {
    struct fake *fake = fake_of(ctx);
    (void)err;
    assert(instrument > 0 && instrument < FAKE_INSTRUMENTS_END && seconds > 0 && bars > 1);
    fake->kept[instrument] = true;
    return PAWL_OK;
}

static int series_atr(struct pawl_ctx *ctx, uint32_t instrument, uint32_t seconds, uint32_t n,
                      struct pawl_price *ret) {
    struct fake *fake = fake_of(ctx);
    assert(fake->kept[instrument] && seconds > 0 && n > 0);
    *ret = fake->atr[instrument];
    return ret->e8 != 0 ? PAWL_OK : PAWL_E_NOTFOUND;
}

static int series_session(struct pawl_ctx *ctx, uint32_t instrument, struct pawl_session *ret) {
    struct fake *fake = fake_of(ctx);
    (void)instrument;
    *ret = (struct pawl_session){.open = 1, .closes_at = fake->session_end_ns};
    return PAWL_OK;
}

const struct pawl_series fake_series_service = {.size = sizeof fake_series_service,
                                                .keep = series_keep,
                                                .atr = series_atr,
                                                .session = series_session};
