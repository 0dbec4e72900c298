/*
 * wish.c - an entry request or a signal is a wish to be long or short. What it leads to depends on
 * what we have there:
 *
 *   nothing                    enter
 *   a lot of the same side     ignored
 *   a lot of the other side    reversal: close it whole; the new lot waits until it has concluded
 *   a waiting lot, same side   the newer wish takes its place, as nothing of it was sent
 *   a waiting lot, other side  withdrawn: the newer wish is against it, and the close goes on
 *
 * The whole request is checked before anything is touched, so a refused one changes nothing.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parts.h"

#define REASON_REVERSAL "REVERSAL"

/* Our lots of one instrument and account that have not concluded. */
struct own_lots {
    struct pawl_rec_lot held;    /* the trade: what the others are linked to, or the first */
    struct pawl_rec_lot waiting; /* for the close of a reversal */
    uint64_t leader;             /* of the trade, wherever it is */
    uint32_t held_count, waiting_count;
    bool more_trades;
};

static void copy_text(char *out, size_t size, const char *text) {
    snprintf(out, size, "%s", text);
}

int linked_ignore(struct linked *self, uint32_t instrument, uint8_t order_side, const char *ref,
                  const char *format, ...) {
    struct pawl_ev_entry_ignored event = {
        .head = {.size = sizeof event, .type = PAWL_EV_ENTRY_IGNORED},
        .instrument = instrument,
        .component = self->ctx->component,
        .side = order_side};
    char reason[sizeof ((struct pawl_err *)0)->text];
    const struct pawl_instrument *in = self->market->instrument(self->ctx, instrument);
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    copy_text(event.ref, sizeof event.ref, ref);
    snprintf(event.reason, sizeof event.reason, "%.*s", (int)sizeof event.reason - 1, reason);
    self->ctx->host->log(self->ctx, PAWL_LOG_INFO, "%s %s ignored: %s",
                         in != NULL ? in->symbol : "?",
                         order_side == PAWL_SIDE_BUY ? "BUY" : "SELL", reason);
    return self->ctx->host->publish(self->ctx, &event.head);
}

#define ignore linked_ignore_request

/* "LONG lot 7 is open, reversal is off" */
static int ignore_because_of(const struct linked_request *request, const struct pawl_rec_lot *lot,
                             const char *more) {
    static const char *const states[] = {"?", "waiting", "entering", "open", "closing", "closed"};
    const char *state = lot->state <= PAWL_LOT_STATE_CLOSED ? states[lot->state] : states[0];
    if (linked_is_closing(lot)) state = states[PAWL_LOT_STATE_CLOSING];
    if (lot->exit_spent != 0) state = "there, its close failed";
    return ignore(request, "%s lot %llu is %s%s", linked_side_name(lot->side),
                  (unsigned long long)lot->id, state, more);
}

/* The lot whose life this one shares. */
static uint64_t leader_of(struct linked *self, uint64_t lot) {
    const struct linked_rec_link_group *row = linked_row(self, lot);
    return row == NULL || row->leader == 0 ? lot : row->leader;
}

static void add_held(struct linked *self, const struct pawl_rec_lot *lot, struct own_lots *own) {
    uint64_t leader = leader_of(self, lot->id);
    if (own->held_count++ == 0) {
        own->leader = leader;
        own->held = *lot;
    } else if (leader != own->leader) {
        own->more_trades = true;
    } else if (lot->id == leader) {
        own->held = *lot;
    }
}

static void find_own(const struct linked_request *request, struct own_lots *ret) {
    struct linked *self = request->self;
    *ret = (struct own_lots){.held_count = 0};
    for (uint64_t at = 0;;) {
        const struct pawl_rec_lot *next =
            self->book->lot_next(self->ctx, request->ask->instrument, at);
        if (next == NULL) return;
        at = next->id;
        if (next->owner != self->ctx->component || next->account != request->account) continue;
        struct pawl_rec_lot lot = *next;
        if (lot.state != PAWL_LOT_STATE_WAITING) {
            add_held(self, &lot, ret);
            continue;
        }
        if (lot.enter_up_to.e8 == 0) continue; /* withdrawn: it concludes with this turn */
        if (ret->waiting_count++ == 0) ret->waiting = lot;
    }
}

uint64_t linked_held(struct linked *self, uint32_t instrument, uint32_t account) {
    for (uint64_t at = 0;;) {
        const struct pawl_rec_lot *lot = self->book->lot_next(self->ctx, instrument, at);
        if (lot == NULL) return 0;
        at = lot->id;
        if (lot->owner == self->ctx->component && lot->account == account) return at;
    }
}

/* The reversal must have time for the close to be seen: on bars that is the next bar. */
static int64_t after_expires(const struct linked_request *request) {
    struct linked *self = request->self;
    const struct pawl_market_state *now = self->market->state(self->ctx, request->ask->instrument);
    int64_t wait_ns = self->options.reversal_expires_ns, until;
    if (now != NULL && now->stale_after_ns > wait_ns) wait_ns = now->stale_after_ns;
    if (pawl_add_i64(self->ctx->host->now_ns(self->ctx), wait_ns, &until) != PAWL_OK) return 0;
    return until;
}

/* A target that nobody asked for is ours to set only if the profile leaves targets to us. */
static int add_default_target(const struct linked_request *request, uint64_t id,
                              const struct linked_plan *plan, struct linked_plan *kept) {
    struct linked *self = request->self;
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, id);
    if (lot == NULL || lot->hold_targets != self->ctx->component) {
        kept->target_pct.e8 = 0;
        return PAWL_OK;
    }
    return self->book->set_target(self->ctx, id, 0, plan->target,
                                  (struct pawl_qty){PAWL_QTY_ALL},
                                  (uint8_t)self->options.target_mode, NULL);
}

int linked_open(const struct linked_request *request, const struct linked_plan *plan,
                const struct linked_place *place, uint64_t *ret_lot, struct pawl_err *err) {
    struct linked *self = request->self;
    const struct pawl_ev_entry *ask = request->ask;
    bool later = plan->target_by_default && plan->target.e8 != 0 &&
                 (ask->profile[0] != '\0' || plan->instrument->profile[0] != '\0');
    struct linked_plan kept = *plan;
    *ret_lot = 0;
    const struct pawl_lot_spec spec = {
        .size = sizeof spec,
        .instrument = plan->instrument->id,
        .account = plan->account,
        .side = plan->side,
        .entry_kind = plan->kind,
        .after = place->after_kind != 0 ? place->after_kind : PAWL_AFTER_KIND_NOW,
        .target_mode = (uint8_t)self->options.target_mode,
        .quantity = plan->quantity,
        .entry_price = plan->entry_price,
        .stop = plan->stop,
        .target = {later ? 0 : plan->target.e8},
        .expires = plan->expires,
        .after_lot = place->after,
        .after_expires = place->after != 0 ? after_expires(request) : 0,
        .profile = ask->profile[0] != '\0' ? ask->profile : NULL,
        .ref = ask->ref[0] != '\0' ? ask->ref : NULL,
        .tags = request->tags};
    int rc = self->book->open(self->ctx, &spec, ret_lot, err);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "the book refuses it (%d)", rc);
    if (later) rc = add_default_target(request, *ret_lot, plan, &kept);
    rc = linked_first(rc, linked_trail_lot(self, *ret_lot, plan->trailing_pct, err));
    return linked_first(rc, linked_group_make(self, *ret_lot, &kept, place));
}

/* after 0 = at once, else when that trade has concluded. */
static int open_lot(const struct linked_request *request, const struct linked_plan *plan,
                    uint64_t after, uint32_t lots, struct pawl_err *err) {
    struct linked_place place = {.after = after};
    uint64_t id;
    if (after != 0)
        place.after_kind = lots > 1 ? PAWL_AFTER_KIND_OWNER_FLAT : PAWL_AFTER_KIND_LOT_CONCLUDED;
    if (!linked_session_allows(request->self, request->ask->instrument, err))
        return PAWL_E_STATE;
    return linked_open(request, plan, &place, &id, err);
}

static int enter(const struct linked_request *request) {
    struct linked_plan plan;
    struct pawl_err err = {0};
    int rc = linked_plan(request->self, request->ask, &plan, &err);
    if (rc == PAWL_OK) rc = open_lot(request, &plan, 0, 0, &err);
    return rc == PAWL_OK ? rc : ignore(request, "%s", err.text);
}

/* All of our lots there: those of a trade that are linked close together. */
static int close_all(const struct linked_request *request, uint8_t side, struct pawl_err *err,
                     uint32_t *ret_count) {
    struct linked *self = request->self;
    int rc = PAWL_OK;
    *ret_count = 0;
    for (uint64_t at = 0;;) {
        const struct pawl_rec_lot *next =
            self->book->lot_next(self->ctx, request->ask->instrument, at);
        if (next == NULL) return rc;
        at = next->id;
        if (next->owner != self->ctx->component || next->account != request->account ||
            next->side != side || next->state == PAWL_LOT_STATE_WAITING || linked_is_closing(next))
            continue;
        struct pawl_rec_lot lot = *next;
        ++*ret_count;
        rc = linked_first(rc, linked_close(self, &lot, REASON_REVERSAL, err));
        rc = linked_first(rc, linked_on_lot(self, at)); /* what is linked to it, wherever it is */
    }
}

static int reverse(const struct linked_request *request, const struct own_lots *own) {
    struct linked_plan plan;
    struct pawl_err err = {0};
    uint32_t closed;
    unsigned long long id = own->held.id;
    if (linked_plan(request->self, request->ask, &plan, &err) != PAWL_OK)
        return ignore(request, "%s", err.text);
    if (close_all(request, own->held.side, &err, &closed) != PAWL_OK)
        return ignore(request, "lot %llu cannot close: %s", id, err.text);
    if (open_lot(request, &plan, own->held.id, own->held_count, &err) != PAWL_OK)
        return ignore(request, "only closed lot %llu: %s", id, err.text);
    return PAWL_OK;
}

/* Without shorts a SELL only closes what is long. */
static int close_only(const struct linked_request *request) {
    struct pawl_err err = {0};
    uint32_t closed;
    if (close_all(request, PAWL_POSITION_SIDE_LONG, &err, &closed) != PAWL_OK)
        return ignore(request, "a lot cannot close: %s", err.text);
    return closed > 0 ? PAWL_OK : ignore(request, "allow_short is false and no long is open");
}

static bool same_wish(struct linked *self, const struct pawl_rec_lot *waiting,
                      const struct linked_plan *plan) {
    const struct linked_rec_link_group *group = linked_row(self, waiting->id);
    return group != NULL && group->quantity.e8 == plan->quantity.e8 &&
           waiting->entry_kind == plan->kind && waiting->entry_price.e8 == plan->entry_price.e8 &&
           group->stop_price.e8 == plan->stop_price.e8 &&
           group->stop_pct.e8 == plan->stop_pct.e8 &&
           group->target_price.e8 == plan->target_price.e8 &&
           group->target_pct.e8 == plan->target_pct.e8 &&
           group->stop_distance.e8 == plan->stop_distance.e8 &&
           group->target_distance.e8 == plan->target_distance.e8;
}

/* The newest wish of the same side takes the place of the one that waits. */
static int replace_waiting(const struct linked_request *request,
                           const struct pawl_rec_lot *waiting) {
    struct linked *self = request->self;
    struct linked_plan plan;
    struct pawl_err err = {0};
    if (linked_plan(self, request->ask, &plan, &err) != PAWL_OK)
        return ignore(request, "%s", err.text);
    if (same_wish(self, waiting, &plan)) return ignore_because_of(request, waiting, "");
    if (linked_cut(self, waiting, &err) != PAWL_OK)
        return ignore(request, "lot %llu stays: %s", (unsigned long long)waiting->id, err.text);
    if (open_lot(request, &plan, waiting->after_lot,
                 waiting->after == PAWL_AFTER_KIND_OWNER_FLAT ? 2 : 1, &err) != PAWL_OK)
        return ignore(request, "lot %llu withdrawn: %s", (unsigned long long)waiting->id, err.text);
    return PAWL_OK;
}

static int withdraw_waiting(const struct linked_request *request, const struct own_lots *own) {
    struct pawl_err err = {0};
    unsigned long long id = own->waiting.id;
    if (linked_cut(request->self, &own->waiting, &err) != PAWL_OK)
        return ignore(request, "lot %llu stays: %s", id, err.text);
    return ignore(request, "lot %llu withdrawn, lot %llu goes on closing", id,
                  (unsigned long long)own->waiting.after_lot);
}

static int grant(const struct linked_request *request) {
    struct own_lots own;
    bool short_denied = request->side == PAWL_POSITION_SIDE_SHORT &&
                        !request->self->options.allow_short;
    find_own(request, &own);
    if (own.waiting_count != 0 && own.waiting.side != request->side)
        return withdraw_waiting(request, &own);
    if (short_denied) return close_only(request);
    if (own.waiting_count != 0) return replace_waiting(request, &own.waiting);
    if (own.held_count == 0) return enter(request);
    if (own.held.side == request->side) return ignore_because_of(request, &own.held, "");
    if (own.more_trades)
        return ignore_because_of(request, &own.held, " and it is not the only one");
    if (own.held.id != own.leader)
        return ignore(request, "%s lot %llu is linked to lot %llu",
                      linked_side_name(own.held.side), (unsigned long long)own.held.id,
                      (unsigned long long)own.leader);
    if (!request->self->options.reversal)
        return ignore_because_of(request, &own.held, ", reversal is off");
    return reverse(request, &own);
}

static int wish(struct linked *self, const struct pawl_ev_entry *ask, const char *tags) {
    struct linked_request request = {
        .self = self, .ask = ask, .tags = tags, .account = ask->account};
    const struct pawl_instrument *in = self->market->instrument(self->ctx, ask->instrument);
    if (in == NULL) return ignore(&request, "the instrument is not known");
    if (ask->side != PAWL_SIDE_BUY && ask->side != PAWL_SIDE_SELL)
        return ignore(&request, "an entry is BUY or SELL");
    if (request.account == 0) request.account = in->account;
    request.side = linked_side(ask->side);
    if (ask->leg_count != 0) return linked_on_legs(&request);
    if (ask->link_to[0] != '\0') return linked_on_link(&request);
    return grant(&request);
}

int linked_on_entry(struct linked *self, const struct pawl_ev_entry *entry) {
    char tags[PAWL_EVENT_SIZE_MAX + 1];
    uint32_t component = self->ctx->component;
    if (entry->via != component && !(entry->via == 0 && entry->head.target == component))
        return PAWL_OK;
    if (entry->tags.len == 0) return wish(self, entry, NULL);
    int rc = pawl_event_text(&entry->head, entry->tags, tags);
    return rc == PAWL_OK ? wish(self, entry, tags) : rc;
}

int linked_on_signal(struct linked *self, const struct pawl_ev_signal *signal) {
    char have[PAWL_E8_TEXT_MAX], above[PAWL_E8_TEXT_MAX];
    struct pawl_ev_entry ask = {
        .instrument = signal->instrument,
        .order_kind = PAWL_KIND_MARKET,
        .side = signal->signal == PAWL_SIGNAL_KIND_BUY ? PAWL_SIDE_BUY : PAWL_SIDE_SELL,
        .quantity = {self->options.signal_quantity_e8}};
    if (self->options.signal_quantity_e8 == 0 ||
        (signal->signal != PAWL_SIGNAL_KIND_BUY && signal->signal != PAWL_SIGNAL_KIND_SELL &&
         signal->signal != PAWL_SIGNAL_KIND_SHORT))
        return PAWL_OK;
    if (signal->confidence.e8 > self->options.signal_confidence_above_e8)
        return wish(self, &ask, NULL);
    pawl_format_e8(signal->confidence.e8, have);
    pawl_format_e8(self->options.signal_confidence_above_e8, above);
    return linked_ignore(self, signal->instrument, ask.side, "", "confidence %s is not above %s",
                         have, above);
}
