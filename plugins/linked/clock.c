/* clock.c - a trade that ends at a time: close_at, max_hold_minutes, the end of the session. */
#include <stdio.h>

#include "parts.h"

#define KEY(what, lot) ((uint64_t)(what) << 56 | (lot))
#define KEY_LOT(key) ((key) & UINT64_C(0x00ffffffffffffff))
enum what { WHAT_CLOSE_AT = 1, WHAT_HOLD, WHAT_SESSION, WHAT_LEGS, WHAT_LOOK };
#define MINUTE_NS (60 * PAWL_NS)

/* When the session of an instrument is to be left; 0 = never. */
static int64_t session_end(struct linked *self, uint32_t instrument) {
    struct pawl_session session;
    if (!self->options.session_end || self->series == NULL ||
        self->series->session(self->ctx, instrument, &session) != PAWL_OK || session.closes_at == 0)
        return 0;
    return session.closes_at - self->options.session_end_lead_ns;
}

bool linked_session_allows(struct linked *self, uint32_t instrument, struct pawl_err *err) {
    int64_t end_ns = session_end(self, instrument);
    if (end_ns == 0 || self->ctx->host->now_ns(self->ctx) < end_ns) return true;
    pawl_fail(err, PAWL_E_STATE, "the session ends");
    return false;
}

static void set(struct linked *self, enum what what, uint64_t lot, int64_t due_ns) {
    if (due_ns == 0) return;
    if (self->timers->set(self->ctx, KEY(what, lot), due_ns) != PAWL_OK)
        self->ctx->host->log(self->ctx, PAWL_LOG_ERROR, "lot %llu: too many timers are set",
                             (unsigned long long)lot);
}

void linked_set_timers(struct linked *self, const struct linked_member *leader) {
    const struct linked_rec_link_group *row = &leader->row;
    int64_t hold_ns = (int64_t)row->max_hold_minutes * MINUTE_NS;
    if (row->ended != 0) return;
    set(self, WHAT_CLOSE_AT, row->id, row->close_at);
    if (hold_ns != 0 && leader->lot.opened != 0)
        set(self, WHAT_HOLD, row->id, leader->lot.opened + hold_ns);
    set(self, WHAT_SESSION, row->id, session_end(self, row->instrument));
    if (row->leg_count == 0) return;
    int64_t now = self->ctx->host->now_ns(self->ctx), every = self->options.group_check_ns;
    set(self, WHAT_LEGS, row->id, now - now % every + every); /* the same after a restart */
}

void linked_look_again(struct linked *self, uint64_t lot) {
    set(self, WHAT_LOOK, lot, self->ctx->host->now_ns(self->ctx) + PAWL_NS);
}

void linked_clear_timers(struct linked *self, uint64_t lot) {
    for (int what = WHAT_CLOSE_AT; what <= WHAT_LOOK; what++)
        self->timers->clear(self->ctx, KEY(what, lot));
}

int linked_on_timer(struct linked *self, const struct pawl_ev_timer *event) {
    uint64_t lot = KEY_LOT(event->head.cookie);
    const struct linked_rec_link_group *row = linked_row(self, lot);
    if (row == NULL || row->leader != 0 || row->ended != 0) return PAWL_OK;
    switch (event->head.cookie >> 56) {
    case WHAT_CLOSE_AT:
    case WHAT_HOLD: return linked_end(self, lot, "TIMEOUT");
    case WHAT_SESSION: return linked_end(self, lot, "SESSION_END");
    case WHAT_LEGS: return linked_check_legs(self, lot);
    case WHAT_LOOK: return linked_on_lot(self, lot);
    default: return PAWL_OK;
    }
}
