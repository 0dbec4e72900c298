/*
 * rstop - protection by multiples of R: at each milestone of a table the stop moves up and a part
 * goes out. For any lot whose profile gives it the stop and reduce aspects. README.md has the
 * options and the states.
 */
#include "rstop.h"

#include <stdio.h>
#include <stdlib.h>

#define FIELD(name) (uint32_t)offsetof(struct rstop_options, name)
#define R_MAX_E8 (1000 * PAWL_E8)

static const struct pawl_option options[] = {
    {"table", PAWL_OPT_TEXT, FIELD(table), 0, 0, "1:0 1.5:0.5 2:1:50 3:1.5:25 4:2:rest", NULL,
     "Milestones as R:STOP or R:STOP:PERCENT: at R the stop moves to entry + STOP x R, and PERCENT "
     "of the original quantity (or the rest) goes out."},
    {"trail_from", PAWL_OPT_DECIMAL, FIELD(trail_from_e8), 0, R_MAX_E8, "0", NULL,
     "From this many R on the stop trails besides the table; 0 = it does not."},
    {"trail_r", PAWL_OPT_DECIMAL, FIELD(trail_r_e8), PAWL_E8 / 100, R_MAX_E8, "1", NULL,
     "Distance of the trailing stop from the best price, in R."},
    {"trail_pct", PAWL_OPT_DECIMAL, FIELD(trail_pct_e8), 0, PAWL_E8 - 1, "0", NULL,
     "The same as a fraction of the best price; above 0 it is used instead."},
    {"trail_atr", PAWL_OPT_DECIMAL, FIELD(trail_atr_e8), 0, R_MAX_E8, "0", NULL,
     "The same in multiples of ATR; above 0 it is used instead of R."},
    {"atr_period", PAWL_OPT_INT, FIELD(atr_period), 1, 500, "14", NULL,
     "True ranges in the mean that is ATR."},
    {"atr_bar", PAWL_OPT_DURATION, FIELD(atr_bar_ns), PAWL_NS, 86400 * PAWL_NS, "60s", NULL,
     "Length of the bars of ATR."},
    {"catch_up", PAWL_OPT_BOOL, FIELD(catch_up), 0, 0, "false", NULL,
     "A lot that is taken over with profit takes the exits it has passed, too."},
    {NULL},
};

static const uint16_t listens[] = {PAWL_EV_LOT_CHANGED, PAWL_EV_LOT_CLOSED, PAWL_EV_LOT_ASSIGNED,
                                   PAWL_EV_STOP_MOVED,  PAWL_EV_EXIT_TAKEN, PAWL_EV_RELOAD, 0};
static const char *const needs[] = {PAWL_BOOK,   PAWL_MARKET,   PAWL_RECORDS,
                                    PAWL_TIMERS, PAWL_TRIGGERS, PAWL_SERIES, NULL};

static int rstop_create(struct pawl_ctx *ctx, const void *filled, void **ret_self,
                        struct pawl_err *err) {
    struct rstop *self = calloc(1, sizeof *self);
    if (self == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory");
    self->ctx = ctx;
    self->options = *(const struct rstop_options *)filled;
    self->book = ctx->host->service(ctx, PAWL_BOOK);
    self->market = ctx->host->service(ctx, PAWL_MARKET);
    self->records = ctx->host->service(ctx, PAWL_RECORDS);
    self->timers = ctx->host->service(ctx, PAWL_TIMERS);
    self->triggers = ctx->host->service(ctx, PAWL_TRIGGERS);
    self->series = ctx->host->service(ctx, PAWL_SERIES);
    int rc = rstop_read_table(self, err);
    if (rc != PAWL_OK) {
        free(self);
        return rc;
    }
    *ret_self = self;
    return PAWL_OK;
}

static void rstop_destroy(void *self) {
    free(self);
}

/* Nobody knows which instruments will be protected: with an ATR trail bars are kept of all, also of
 * those that a reload brings. */
static void keep_bars(struct rstop *self) {
    const struct pawl_instrument *in;
    if (self->options.trail_from_e8 == 0 || self->options.trail_atr_e8 == 0) return;
    for (uint32_t id = 0; (in = self->market->next(self->ctx, id)) != NULL; id = in->id) {
        struct pawl_err err = {0};
        if (self->series->keep(self->ctx, in->id, (uint32_t)(self->options.atr_bar_ns / PAWL_NS),
                               (uint32_t)self->options.atr_period + 1, &err) != PAWL_OK)
            self->ctx->host->log(self->ctx, PAWL_LOG_WARN, "%s: no ATR: %s", in->symbol, err.text);
    }
}

static int on_trigger(struct rstop *self, const struct pawl_ev_trigger *event) {
    struct rstop_rec_position_state row = rstop_row_of(self, event->head.cookie);
    if (row.id == 0) return PAWL_OK;
    bool exits = !row.taken_over || self->options.catch_up;
    row.taken_over = 0;
    int rc = rstop_reach(self, &row, event->price, exits);
    int arm_rc = rstop_arm(self, &row);
    return rc == PAWL_OK ? arm_rc : rc;
}

/* A profit exit came back; it is wanted as before, a little later. */
static int on_spent(struct rstop *self, const struct pawl_ev_want_spent *event) {
    if (event->role != PAWL_ROLE_EXIT || rstop_row_of(self, event->lot).id == 0) return PAWL_OK;
    return self->timers->set(self->ctx, event->lot,
                             self->ctx->host->now_ns(self->ctx) + RSTOP_RETRY_NS);
}

static int on_timer(struct rstop *self, const struct pawl_ev_timer *event) {
    const struct rstop_rec_position_state row = rstop_row_of(self, event->head.cookie);
    return row.id == 0 ? PAWL_OK : rstop_exit_again(self, &row);
}

static int rstop_on_event(void *object, const struct pawl_event *event) {
    struct rstop *self = object;
    switch (event->type) {
    case PAWL_EV_LOT_CHANGED:
        return rstop_look(self, ((const struct pawl_ev_lot_changed *)event)->lot);
    case PAWL_EV_LOT_ASSIGNED:
        return rstop_look(self, ((const struct pawl_ev_lot_assigned *)event)->lot);
    case PAWL_EV_LOT_CLOSED:
        return rstop_drop(self, ((const struct pawl_ev_lot_closed *)event)->lot);
    case PAWL_EV_STOP_MOVED: return rstop_on_stop_moved(self, (const void *)event);
    case PAWL_EV_EXIT_TAKEN: return rstop_on_exit_taken(self, (const void *)event);
    case PAWL_EV_TRIGGER: return on_trigger(self, (const void *)event);
    case PAWL_EV_WANT_SPENT: return on_spent(self, (const void *)event);
    case PAWL_EV_TIMER: return on_timer(self, (const void *)event);
    case PAWL_EV_RELOAD: keep_bars(self); return PAWL_OK;
    case PAWL_EV_RESTORED:
        keep_bars(self);
        return rstop_look_at_all(self);
    default: return PAWL_OK;
    }
}

static void rstop_aspects(const void *filled, struct pawl_aspects *ret) {
    const struct rstop_options *set = filled;
    struct rstop read = {.options = *set};
    ret->takes = PAWL_ASPECT_BIT(PAWL_ASPECT_REDUCE) | PAWL_ASPECT_BIT(PAWL_ASPECT_STOP);
    ret->together = ret->takes;
    ret->trails = set->trail_from_e8 > 0;
    if (rstop_read_table(&read, NULL) != PAWL_OK) return; /* create() tells */
    for (uint32_t i = 0; i < read.row_count; i++)
        if (read.rows[i].exit_e8 > 0) ret->parts = 1;
}

static const struct pawl_plugin plugin = {
    PAWL_PLUGIN_HEAD,
    .name = "rstop",
    .version = "0.1.0",
    .kind = PAWL_PLUGIN_KIND_STRATEGY,
    .options_size = sizeof(struct rstop_options),
    .options = options,
    .records = rstop_records,
    .listens = listens,
    .needs = needs,
    .create = rstop_create,
    .destroy = rstop_destroy,
    .on_event = rstop_on_event,
    .aspects = rstop_aspects,
};

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void);
const struct pawl_plugin *pawl_plugin_main(void) {
    return &plugin;
}
