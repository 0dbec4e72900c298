/*
 * venue.h - the inside of the plugin: what the broker half asks of the venue half.
 *
 * template_broker.c speaks with the host: commands in, reports out. venue.c is the other side of
 * the wire. Here it is a small market of its own that lives in the plugin's records, so that the
 * whole works at once. For a real venue replace venue.c: each venue_* function sends a message
 * through pawl.net/1 (or asks pawl.budget/1 for leave first), and its answers come as events.
 */
#ifndef VENUE_H
#define VENUE_H

#include <stdbool.h>

#include "pawl_num.h"
#include "pawl_services.h"
#include "template_broker_schema.gen.h"

#define ORDERS_KEPT_MAX 500u /* that have ended: queries about them are answered */
#define FILLS_KEPT_MAX 500u

struct options {
    int64_t fee_rate_e8, round_trip_ns;
};

struct broker {
    struct pawl_ctx *ctx;
    const struct pawl_market *market;
    const struct pawl_records *records;
    const struct pawl_timers *timers;
    struct options options;
    uint64_t cookie; /* of the command that is answered now; 0 = the venue's own doing */
};

/* ---- venue.c ---- */

/* False = there is no such order. */
bool venue_find(struct broker *broker, const char *order,
                struct template_broker_rec_venue_order *ret);
/* The order is taken; it may trade at once. */
int venue_take(struct broker *broker, const struct pawl_ev_submit *submit);
int venue_change(struct broker *broker, struct template_broker_rec_venue_order *row);
/* A new price: what it fills. */
int venue_price(struct broker *broker, uint32_t instrument);
/* An order's end has come. */
int venue_expire(struct broker *broker, uint64_t number);
/* After a start or reload. */
int venue_resume(struct broker *broker);
/* Signed: above 0 = long. */
struct template_broker_rec_venue_position venue_position(struct broker *broker, uint32_t account,
                                                         uint32_t instrument);

/* ---- template_broker.c: reports to the host ---- */

int report_accepted(struct broker *broker, const struct template_broker_rec_venue_order *row);
int report_ended(struct broker *broker, const struct template_broker_rec_venue_order *row,
                 const char *reason);
int report_execution(struct broker *broker, const struct template_broker_rec_venue_fill *fill);

#endif
