/*
 * summary.h - the one object a run ends with (FORMATS "Summary"), as JSON or as a few lines of
 * text. Collected from the state events of the trace, so it says what the trace says. [loop]
 */
#ifndef DRIVE_SUMMARY_H
#define DRIVE_SUMMARY_H

#include <stdio.h>

#include "run/host.h"

#define SUMMARY_GROUPS_MAX 256u /* profiles, symbols and reasons told apart; the rest is "other"   \
                                 */

struct summary_group {
    uint8_t by; /* 0 all, 1 profile, 2 symbol, 3 reason */
    char name[40];
    uint64_t lots, wins, losses;
    int64_t gross_e8, fees_e8, win_e8, loss_e8;
};

#define SUMMARY_ALERTS_MAX 16u /* kinds of alerts told apart */

struct summary_alert {
    char what[32];
    uint64_t count;
};

struct summary {
    uint64_t orders, fills, rejects, refused, lots_opened, lots_closed, stops_moved, partial_exits;
    uint64_t alerts, conflicts, ignored, unknown, never_filled, merged;
    uint64_t chains[3], tranches[3]; /* see summary.c: how many such events */
    uint64_t rules_fired, rules_failed;
    struct summary_alert alert_kinds[SUMMARY_ALERTS_MAX];
    int64_t gross_e8, fees_e8;
    int64_t unprotected_ns, guarded_ns;
    uint64_t open_lots;
    int64_t first_ns, last_ns;
    uint64_t events, quotes, trades, bars, signals;
    uint64_t crossed, skipped; /* quotes that moved nothing: ask below bid; no usable price */
    bool begun;
    struct pawl_money equity_start, equity_end;
    uint64_t trace_hash;
    uint32_t group_count;
    struct summary_group groups[SUMMARY_GROUPS_MAX];
};

void summary_event(struct summary *summary, const struct pawl_event *event,
                   const struct names *names);
/* Add what the host counted; once per host, before it goes. */
void summary_host(struct summary *summary, struct host *host);
void summary_json(const struct summary *summary, double wall_seconds, FILE *out);
void summary_text(const struct summary *summary, double wall_seconds, FILE *out);

#endif
