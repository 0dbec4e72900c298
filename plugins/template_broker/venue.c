/* The other side of the wire: a market that fills at the host's own quotes. */
#include <string.h>

#include "venue.h"

static int put_order(struct broker *broker, const struct template_broker_rec_venue_order *row) {
    return broker->records->put(broker->ctx, TEMPLATE_BROKER_REC_VENUE_ORDER, row);
}

/* The next order after `after`, copied: what a service returns is good until the next call only. */
static bool next_order(struct broker *broker, uint64_t after,
                       struct template_broker_rec_venue_order *ret) {
    const void *row = broker->records->next(broker->ctx, TEMPLATE_BROKER_REC_VENUE_ORDER, after);
    if (row != NULL) memcpy(ret, row, sizeof *ret);
    return row != NULL;
}

bool venue_find(struct broker *broker, const char *order,
                struct template_broker_rec_venue_order *ret) {
    struct template_broker_rec_venue_order row = {.id = 0};
    while (next_order(broker, row.id, &row))
        if (strncmp(row.order, order, sizeof row.order) == 0) {
            *ret = row;
            return true;
        }
    return false;
}

/* The number after the last; numbers rise, and the newest rows are always kept. */
static uint64_t next_number(struct broker *broker, uint16_t type) {
    uint64_t number = 0;
    for (const uint64_t *row; (row = broker->records->next(broker->ctx, type, number)) != NULL;)
        number = *row;
    return number + 1;
}

/* Only so many that have ended are kept; what works is kept in any case. */
static void forget_old(struct broker *broker, uint64_t newest) {
    struct template_broker_rec_venue_order row = {.id = 0};
    while (next_order(broker, row.id, &row) && row.id + ORDERS_KEPT_MAX < newest)
        if (row.state != PAWL_ORDER_STATE_ACCEPTED)
            broker->records->erase(broker->ctx, TEMPLATE_BROKER_REC_VENUE_ORDER, row.id);
}

/* ---- positions ---- */

struct template_broker_rec_venue_position venue_position(struct broker *broker, uint32_t account,
                                                         uint32_t instrument) {
    struct template_broker_rec_venue_position position = {
        .id = (uint64_t)account << 32 | instrument};
    const void *row =
        broker->records->get(broker->ctx, TEMPLATE_BROKER_REC_VENUE_POSITION, position.id);
    if (row != NULL) memcpy(&position, row, sizeof position);
    return position;
}

/* Growing averages the price, shrinking leaves it, turning begins at the price of the fill. */
static int book(struct broker *broker, const struct template_broker_rec_venue_fill *fill) {
    struct template_broker_rec_venue_position position =
        venue_position(broker, fill->account, fill->instrument);
    int64_t old_e8 = position.quantity.e8, new_e8;
    int64_t by_e8 = fill->side == PAWL_SIDE_BUY ? fill->quantity.e8 : -fill->quantity.e8;
    if (pawl_add_i64(old_e8, by_e8, &new_e8) != PAWL_OK) return PAWL_E_RANGE;
    if (old_e8 == 0 || (old_e8 > 0) != (new_e8 > 0)) {
        position.price = fill->price;
    } else if ((old_e8 > 0) == (by_e8 > 0)) {
        pawl_i128 value =
            (pawl_i128)position.price.e8 * old_e8 + (pawl_i128)fill->price.e8 * by_e8;
        if (pawl_div_i128(value, new_e8, PAWL_ROUND_EVEN, &position.price.e8) != PAWL_OK)
            return PAWL_E_RANGE;
    }
    position.quantity.e8 = new_e8;
    if (new_e8 == 0) {
        int rc = broker->records->erase(broker->ctx, TEMPLATE_BROKER_REC_VENUE_POSITION,
                                        position.id);
        return rc == PAWL_E_NOTFOUND ? PAWL_OK : rc;
    }
    return broker->records->put(broker->ctx, TEMPLATE_BROKER_REC_VENUE_POSITION, &position);
}

/* ---- filling ---- */

/* What a reducing order may still take away. */
static int64_t reducible_e8(struct broker *broker,
                            const struct template_broker_rec_venue_order *row) {
    int64_t held_e8 = venue_position(broker, row->account, row->instrument).quantity.e8;
    if (row->side == PAWL_SIDE_BUY) held_e8 = -held_e8;
    return held_e8 > 0 ? held_e8 : 0;
}

static int fill(struct broker *broker, struct template_broker_rec_venue_order *row,
                struct pawl_price price) {
    const struct pawl_instrument *in = broker->market->instrument(broker->ctx, row->instrument);
    struct template_broker_rec_venue_fill fill = {.account = row->account,
                                                  .instrument = row->instrument,
                                                  .side = row->side,
                                                  .price = price,
                                                  .quantity = row->quantity,
                                                  .venue_order = row->id};
    int64_t notional_e8;
    if (in == NULL) return PAWL_OK;
    if (row->reduce && reducible_e8(broker, row) < fill.quantity.e8)
        fill.quantity.e8 = reducible_e8(broker, row);
    if (fill.quantity.e8 == 0) { /* there is nothing to reduce */
        row->state = PAWL_ORDER_STATE_CANCELLED;
        int rc = put_order(broker, row);
        return rc != PAWL_OK ? rc : report_ended(broker, row, "nothing to reduce");
    }
    fill.id = next_number(broker, TEMPLATE_BROKER_REC_VENUE_FILL);
    fill.time = broker->ctx->host->now_ns(broker->ctx);
    memcpy(fill.order, row->order, sizeof fill.order);
    if (pawl_mul_e8(price.e8, fill.quantity.e8, PAWL_ROUND_EVEN, &notional_e8) != PAWL_OK ||
        pawl_mul_e8(notional_e8, in->multiplier.e8, PAWL_ROUND_EVEN, &notional_e8) != PAWL_OK ||
        pawl_mul_e8(notional_e8, broker->options.fee_rate_e8, PAWL_ROUND_UP, &fill.fee.e8) !=
            PAWL_OK)
        return PAWL_E_RANGE;
    bool whole = fill.quantity.e8 == row->quantity.e8;
    row->filled = fill.quantity;
    row->state = whole ? PAWL_ORDER_STATE_FILLED : PAWL_ORDER_STATE_CANCELLED;
    int rc = book(broker, &fill);
    if (rc == PAWL_OK) rc = put_order(broker, row);
    if (rc == PAWL_OK)
        rc = broker->records->put(broker->ctx, TEMPLATE_BROKER_REC_VENUE_FILL, &fill);
    if (fill.id > FILLS_KEPT_MAX)
        broker->records->erase(broker->ctx, TEMPLATE_BROKER_REC_VENUE_FILL,
                               fill.id - FILLS_KEPT_MAX);
    if (rc == PAWL_OK) rc = report_execution(broker, &fill);
    if (rc == PAWL_OK && !whole) rc = report_ended(broker, row, "the rest reduces nothing");
    return rc;
}

/* Fills the order if the market is where it waits for it. */
static int try_fill(struct broker *broker, struct template_broker_rec_venue_order *row) {
    const struct pawl_market_state *now = broker->market->state(broker->ctx, row->instrument);
    if (row->state != PAWL_ORDER_STATE_ACCEPTED || now == NULL || now->bid.e8 <= 0) return PAWL_OK;
    bool buy = row->side == PAWL_SIDE_BUY;
    struct pawl_price price = buy ? now->ask : now->bid;
    bool there = true;
    if (row->kind == PAWL_KIND_LIMIT)
        there = buy ? price.e8 <= row->price.e8 : price.e8 >= row->price.e8;
    if (row->kind == PAWL_KIND_STOP)
        there = buy ? price.e8 >= row->stop_price.e8 : price.e8 <= row->stop_price.e8;
    return there ? fill(broker, row, price) : PAWL_OK;
}

/* ---- what the broker half asks ---- */

int venue_take(struct broker *broker, const struct pawl_ev_submit *submit) {
    struct template_broker_rec_venue_order row = {
        .id = next_number(broker, TEMPLATE_BROKER_REC_VENUE_ORDER),
        .account = submit->account,
        .instrument = submit->instrument,
        .side = submit->side,
        .kind = submit->kind,
        .reduce = submit->reduce,
        .state = PAWL_ORDER_STATE_ACCEPTED,
        .quantity = submit->quantity,
        .price = submit->price,
        .stop_price = submit->stop_price,
        .expires = submit->expires};
    memcpy(row.order, submit->order, sizeof row.order);
    int rc = put_order(broker, &row);
    if (rc == PAWL_OK && row.expires != 0)
        rc = broker->timers->set(broker->ctx, row.id, row.expires);
    if (rc == PAWL_OK) rc = report_accepted(broker, &row);
    forget_old(broker, row.id);
    return rc == PAWL_OK ? try_fill(broker, &row) : rc;
}

int venue_change(struct broker *broker, struct template_broker_rec_venue_order *row) {
    int rc = put_order(broker, row);
    if (row->state != PAWL_ORDER_STATE_ACCEPTED && row->expires != 0)
        broker->timers->clear(broker->ctx, row->id);
    return rc == PAWL_OK ? try_fill(broker, row) : rc;
}

int venue_price(struct broker *broker, uint32_t instrument) {
    struct template_broker_rec_venue_order row = {.id = 0};
    int rc = PAWL_OK;
    while (rc == PAWL_OK && next_order(broker, row.id, &row))
        if (row.instrument == instrument) rc = try_fill(broker, &row);
    return rc;
}

int venue_expire(struct broker *broker, uint64_t number) {
    const void *found =
        broker->records->get(broker->ctx, TEMPLATE_BROKER_REC_VENUE_ORDER, number);
    struct template_broker_rec_venue_order row;
    if (found == NULL) return PAWL_OK;
    memcpy(&row, found, sizeof row);
    if (row.state != PAWL_ORDER_STATE_ACCEPTED) return PAWL_OK;
    row.state = PAWL_ORDER_STATE_EXPIRED;
    int rc = put_order(broker, &row);
    return rc == PAWL_OK ? report_ended(broker, &row, "expired") : rc;
}

int venue_resume(struct broker *broker) {
    struct template_broker_rec_venue_order row = {.id = 0};
    int rc = PAWL_OK;
    while (rc == PAWL_OK && next_order(broker, row.id, &row))
        if (row.state == PAWL_ORDER_STATE_ACCEPTED && row.expires != 0)
            rc = broker->timers->set(broker->ctx, row.id, row.expires);
    return rc;
}
