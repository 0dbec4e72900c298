/* What happened to the lots under protection, for those who ask later. */
#include <string.h>

#include "rstop.h"

/* PAWL_E_NOTFOUND: it is not ours, or as much is written about it as there are numbers. */
static int next_number(struct rstop *self, uint64_t lot, uint64_t *ret_id) {
    struct rstop_rec_position_state row = rstop_row_of(self, lot);
    if (row.id == 0 || row.numbered == UINT16_MAX) return PAWL_E_NOTFOUND;
    if (++row.numbered == UINT16_MAX)
        self->ctx->host->log(self->ctx, PAWL_LOG_WARN, "lot %llu: its history is full",
                             (unsigned long long)lot);
    *ret_id = lot << 16 | row.numbered;
    return rstop_put(self, &row);
}

int rstop_on_stop_moved(struct rstop *self, const struct pawl_ev_stop_moved *event) {
    struct rstop_rec_stop_change change = {.lot = event->lot,
                                           .old = event->old,
                                           .new_ = event->new_,
                                           .r = event->r,
                                           .time = self->ctx->host->now_ns(self->ctx)};
    int rc = next_number(self, event->lot, &change.id);
    if (rc != PAWL_OK) return rc == PAWL_E_NOTFOUND ? PAWL_OK : rc;
    memcpy(change.reason, event->reason, sizeof change.reason);
    return self->records->put(self->ctx, RSTOP_REC_STOP_CHANGE, &change);
}

int rstop_on_exit_taken(struct rstop *self, const struct pawl_ev_exit_taken *event) {
    struct rstop_rec_partial_profit profit = {.lot = event->lot,
                                              .role = event->role,
                                              .r = event->r,
                                              .quantity = event->quantity,
                                              .price = event->price,
                                              .profit = event->profit,
                                              .time = self->ctx->host->now_ns(self->ctx)};
    int rc = next_number(self, event->lot, &profit.id);
    if (rc != PAWL_OK) return rc == PAWL_E_NOTFOUND ? PAWL_OK : rc;
    memcpy(profit.reason, event->reason, sizeof profit.reason);
    return self->records->put(self->ctx, RSTOP_REC_PARTIAL_PROFIT, &profit);
}

void rstop_tell(struct rstop *self, const struct rstop_rec_position_state *row, uint8_t old,
                int64_t r_e8, struct pawl_price price) {
    const struct pawl_rec_lot *lot = self->book->lot(self->ctx, row->id);
    struct pawl_ev_rstop_state event = {.head = {.size = (uint32_t)sizeof event,
                                                 .type = PAWL_EV_RSTOP_STATE},
                                        .lot = row->id,
                                        .instrument = row->instrument,
                                        .old = old,
                                        .new_ = row->state,
                                        .r = {r_e8},
                                        .price = price};
    if (lot != NULL) memcpy(event.ref, lot->ref, sizeof event.ref);
    self->ctx->host->publish(self->ctx, &event.head);
}
