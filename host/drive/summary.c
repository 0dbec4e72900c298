#include "drive/summary.h"
#include "book/report.h"

#include <inttypes.h>
#include <string.h>

#include "base/rfc3339.h"

static struct summary_group *group(struct summary *summary, uint8_t by, const char *name) {
    for (uint32_t i = 0; i < summary->group_count; i++)
        if (summary->groups[i].by == by && strcmp(summary->groups[i].name, name) == 0)
            return &summary->groups[i];
    if (summary->group_count == SUMMARY_GROUPS_MAX) return &summary->groups[SUMMARY_GROUPS_MAX - 1];
    struct summary_group *fresh = &summary->groups[summary->group_count++];
    fresh->by = by;
    TEXT_SET(fresh->name, summary->group_count == SUMMARY_GROUPS_MAX ? "other" : name);
    return fresh;
}

/* A merged lot is a trade in the lot it became part of; what it paid until then is its own. */
static void add_lot(struct summary_group *to, const struct pawl_ev_lot_closed *lot, bool trade) {
    int64_t net_e8 = lot->profit.e8 - lot->fees.e8;
    to->gross_e8 += lot->profit.e8;
    to->fees_e8 += lot->fees.e8;
    if (!trade) return;
    to->lots++;
    if (net_e8 > 0) {
        to->wins++;
        to->win_e8 += net_e8;
    } else if (net_e8 < 0) {
        to->losses++;
        to->loss_e8 += net_e8;
    }
}

static void on_lot_closed(struct summary *summary, const struct pawl_ev_lot_closed *lot,
                          const struct names *names) {
    summary->lots_closed++;
    bool merged = strcmp(lot->reason, "MERGED") == 0;
    summary->merged += merged;
    if (lot->quantity.e8 == 0 && !merged) { /* nothing was ever filled: no trade to count */
        summary->never_filled++;
        return;
    }
    add_lot(group(summary, 0, "all"), lot, !merged);
    add_lot(group(summary, 1, lot->profile[0] != '\0' ? lot->profile : "own"), lot, !merged);
    add_lot(group(summary, 2, names_text(names, NAME_INSTRUMENT, lot->instrument)), lot, !merged);
    add_lot(group(summary, 3, lot->reason), lot, !merged);
}

static void count_alert(struct summary *summary, const char *what) {
    for (uint32_t i = 0; i < SUMMARY_ALERTS_MAX; i++) {
        struct summary_alert *one = &summary->alert_kinds[i];
        if (one->what[0] == '\0') TEXT_SET(one->what, what);
        if (strcmp(one->what, what) != 0) continue;
        one->count++;
        return;
    }
}

void summary_event(struct summary *summary, const struct pawl_event *event,
                   const struct names *names) {
    switch (event->type) {
    case PAWL_EV_CHAIN_CREATED: summary->chains[0]++; break;
    case PAWL_EV_CHAIN_COMPLETED: summary->chains[1]++; break;
    case PAWL_EV_CHAIN_STOPPED: summary->chains[2]++; break;
    case PAWL_EV_TRANCHE_CREATED: summary->tranches[0]++; break;
    case PAWL_EV_TRANCHE_MERGED: summary->tranches[1]++; break;
    case PAWL_EV_TRANCHE_CLOSED: summary->tranches[2]++; break;
    case PAWL_EV_LOT_OPENED: summary->lots_opened++; break;
    case PAWL_EV_LOT_CLOSED: on_lot_closed(summary, (const void *)event, names); break;
    case PAWL_EV_STOP_MOVED: summary->stops_moved++; break;
    case PAWL_EV_ORDER_SUBMITTED: summary->orders++; break;
    case PAWL_EV_ORDER_REJECTED: summary->rejects++; break;
    case PAWL_EV_ORDER_UNKNOWN: summary->unknown++; break;
    case PAWL_EV_RISK_REFUSED: summary->refused++; break;
    case PAWL_EV_ALERT:
        summary->alerts++;
        count_alert(summary, ((const struct pawl_ev_alert *)event)->what);
        break;
    case PAWL_EV_CONFLICT: summary->conflicts++; break;
    case PAWL_EV_ENTRY_IGNORED: summary->ignored++; break;
    case PAWL_EV_RULE_FIRED: summary->rules_fired++; break;
    case PAWL_EV_RULE_FAILED: summary->rules_failed++; break;
    case PAWL_EV_FILL:
        summary->fills++;
        summary->fees_e8 += ((const struct pawl_ev_fill *)event)->fee.e8;
        break;
    case PAWL_EV_EXIT_TAKEN:
        summary->gross_e8 += ((const struct pawl_ev_exit_taken *)event)->profit.e8;
        break;
    default: break;
    }
}

void summary_host(struct summary *summary, struct host *host) {
    const struct host_counts *counts = &host->counts;
    guard_finish_times(&host->exec);
    summary->partial_exits += host->book.totals.partial_exits;
    summary->unprotected_ns += host->book.totals.unprotected_ns;
    summary->guarded_ns += host->book.totals.guarded_ns;
    for (uint32_t id = 1; id <= host->book.instrument_count; id++) {
        summary->crossed += host->book.instruments[id].market.crossed;
        summary->skipped += host->book.instruments[id].skipped;
    }
    summary->open_lots = host->book.open_lots;
    summary->events += counts->events;
    summary->quotes += counts->quotes;
    summary->trades += counts->trades;
    summary->bars += counts->bars;
    summary->signals += counts->signals;
    if (summary->first_ns == 0) summary->first_ns = counts->first_ns;
    if (counts->last_ns != 0) summary->last_ns = counts->last_ns;
    if (!summary->begun) summary->equity_start = host->equity_start;
    summary->begun = true;
    summary->equity_end = host_equity(host);
    summary->trace_hash = hash_value(&host->trace_hash);
}

static const char *amount(int64_t e8, char out[PAWL_E8_TEXT_MAX]) {
    pawl_format_e8(e8, out);
    return out;
}

static void time_json(const char *name, int64_t ns, FILE *out) {
    char text[RFC3339_SIZE];
    if (ns == 0) {
        fprintf(out, "\"%s\":null,", name);
        return;
    }
    rfc3339_format(ns, -1, text);
    fprintf(out, "\"%s\":\"%s\",", name, text);
}

static void group_json(const struct summary_group *one, FILE *out) {
    char a[PAWL_E8_TEXT_MAX], b[PAWL_E8_TEXT_MAX], c[PAWL_E8_TEXT_MAX], d[PAWL_E8_TEXT_MAX],
        e[PAWL_E8_TEXT_MAX];
    fprintf(
        out,
        "{\"trades\":%" PRIu64 ",\"winning\":%" PRIu64 ",\"losing\":%" PRIu64
        ",\"gross_pnl\":\"%s\",\"fees\":\"%s\",\"net_pnl\":\"%s\",\"won\":\"%s\",\"lost\":\"%s\"}",
        one->lots, one->wins, one->losses, amount(one->gross_e8, a), amount(one->fees_e8, b),
        amount(one->gross_e8 - one->fees_e8, c), amount(one->win_e8, d), amount(one->loss_e8, e));
}

static void groups_json(const struct summary *summary, uint8_t by, const char *name, FILE *out) {
    bool first = true;
    fprintf(out, "\"%s\":{", name);
    for (uint32_t i = 0; i < summary->group_count; i++) {
        if (summary->groups[i].by != by) continue;
        fprintf(out, "%s\"%s\":", first ? "" : ",", summary->groups[i].name);
        group_json(&summary->groups[i], out);
        first = false;
    }
    fprintf(out, "}");
}

static const struct summary_group *all_closed(const struct summary *summary) {
    static const struct summary_group none = {0};
    for (uint32_t i = 0; i < summary->group_count; i++)
        if (summary->groups[i].by == 0) return &summary->groups[i];
    return &none;
}

/* What lots that are open have booked already: parts that went out, and fees. */
static struct summary_group still_open(const struct summary *summary) {
    const struct summary_group *closed = all_closed(summary);
    return (struct summary_group){.lots = summary->open_lots,
                                  .gross_e8 = summary->gross_e8 - closed->gross_e8,
                                  .fees_e8 = summary->fees_e8 - closed->fees_e8};
}

/* What equity moved by and nobody booked: the price of what is open, and money that is no fill. */
static int64_t unrealised_e8(const struct summary *s) {
    return s->equity_end.e8 - s->equity_start.e8 - (s->gross_e8 - s->fees_e8);
}

static void performance_json(const struct summary *summary, FILE *out) {
    char a[PAWL_E8_TEXT_MAX], b[PAWL_E8_TEXT_MAX], c[PAWL_E8_TEXT_MAX], d[PAWL_E8_TEXT_MAX];
    const struct summary_group open = still_open(summary);
    fprintf(out, "\"performance\":{\"all\":");
    group_json(all_closed(summary), out);
    fprintf(out,
            ",\"open\":{\"lots\":%" PRIu64 ",\"gross_pnl\":\"%s\",\"fees\":\"%s\","
            "\"net_pnl\":\"%s\",\"unrealised_pnl\":\"%s\"}",
            open.lots, amount(open.gross_e8, a), amount(open.fees_e8, b),
            amount(open.gross_e8 - open.fees_e8, c), amount(unrealised_e8(summary), d));
    fprintf(out, ",\"by\":{");
    groups_json(summary, 1, "profile", out);
    fprintf(out, ",");
    groups_json(summary, 2, "symbol", out);
    fprintf(out, ",");
    groups_json(summary, 3, "reason", out);
    fprintf(out, "}}");
}

void summary_json(const struct summary *s, double wall_seconds, FILE *out) {
    char a[PAWL_E8_TEXT_MAX], b[PAWL_E8_TEXT_MAX], c[PAWL_E8_TEXT_MAX], d[PAWL_E8_TEXT_MAX],
        e[PAWL_E8_TEXT_MAX];
    fprintf(out,
            "{\"events\":%" PRIu64 ",\"quotes\":%" PRIu64 ",\"trades\":%" PRIu64
            ",\"bars\":%" PRIu64 ",\"signals\":%" PRIu64 ",\"orders\":%" PRIu64
            ",\"fills\":%" PRIu64 ",\"rejects\":%" PRIu64 ",\"refused\":%" PRIu64
            ",\"ignored\":%" PRIu64 ",\"unknown\":%" PRIu64 ",\"conflicts\":%" PRIu64
            ",\"alerts\":%" PRIu64 ",\"lots_opened\":%" PRIu64 ",\"lots_closed\":%" PRIu64
            ",\"open_lots\":%" PRIu64 ",\"stops_moved\":%" PRIu64 ",\"partial_exits\":%" PRIu64
            ",\"crossed\":%" PRIu64 ",\"skipped\":%" PRIu64
            ",\"rules\":{\"fired\":%" PRIu64 ",\"failed\":%" PRIu64 "},",
            s->events, s->quotes, s->trades, s->bars, s->signals, s->orders, s->fills, s->rejects,
            s->refused, s->ignored, s->unknown, s->conflicts, s->alerts, s->lots_opened,
            s->lots_closed, s->open_lots, s->stops_moved, s->partial_exits, s->crossed, s->skipped,
            s->rules_fired, s->rules_failed);
    fprintf(out,
            "\"unprotected_ns\":%" PRId64 ",\"guarded_ns\":%" PRId64
            ",\"chains\":{\"created\":%" PRIu64 ",\"completed\":%" PRIu64 ",\"stopped\":%" PRIu64
            "},\"tranches\":{\"created\":%" PRIu64 ",\"merged\":%" PRIu64 ",\"closed\":%" PRIu64
            "},",
            s->unprotected_ns, s->guarded_ns, s->chains[0], s->chains[1], s->chains[2],
            s->tranches[0], s->tranches[1], s->tranches[2]);
    fprintf(out,
            "\"gross_pnl\":\"%s\",\"fees\":\"%s\",\"net_pnl\":\"%s\",\"equity_start\":\"%s\","
            "\"equity_end\":\"%s\",",
            amount(s->gross_e8, a), amount(s->fees_e8, b), amount(s->gross_e8 - s->fees_e8, c),
            amount(s->equity_start.e8, d), amount(s->equity_end.e8, e));
    time_json("first_t", s->first_ns, out);
    time_json("last_t", s->last_ns, out);
    fprintf(out, "\"trace_hash\":\"%016" PRIx64 "\",", s->trace_hash);
    performance_json(s, out);
    fprintf(out, ",\"timing\":{\"wall_seconds\":%.3f,\"events_per_second\":%.0f}}\n", wall_seconds,
            wall_seconds > 0 ? (double)s->events / wall_seconds : 0.0);
}

/* To the cent, for people. */
static const char *cents(int64_t e8, char out[PAWL_E8_TEXT_MAX]) {
    int64_t rounded_e8;
    if (pawl_muldiv(e8, 1, PAWL_E8 / 100, PAWL_ROUND_EVEN, &rounded_e8) != PAWL_OK)
        return amount(e8, out);
    snprintf(out, PAWL_E8_TEXT_MAX, "%s%" PRId64 ".%02" PRId64, rounded_e8 < 0 ? "-" : "",
             (rounded_e8 < 0 ? -rounded_e8 : rounded_e8) / 100,
             (rounded_e8 < 0 ? -rounded_e8 : rounded_e8) % 100);
    return out;
}

static void reason_text(const char *title, const char *name, uint64_t lots, int64_t net_e8,
                        FILE *out) {
    char net[PAWL_E8_TEXT_MAX];
    fprintf(out, "  %-11s %-14s %5" PRIu64 "   %10s\n", title, name, lots,
            cents(net_e8, net));
}

/* By reason, what is open among them, so that the rows are the sum below them. */
static void profit_text(const struct summary *s, FILE *out) {
    char a[PAWL_E8_TEXT_MAX], b[PAWL_E8_TEXT_MAX], c[PAWL_E8_TEXT_MAX];
    const struct summary_group open = still_open(s);
    const char *title = "closed by";
    for (uint32_t i = 0; i < s->group_count; i++) {
        if (s->groups[i].by != 3) continue;
        reason_text(title, s->groups[i].name,
                    strcmp(s->groups[i].name, "MERGED") == 0 ? s->merged : s->groups[i].lots,
                    s->groups[i].gross_e8 - s->groups[i].fees_e8, out);
        title = "";
    }
    if (open.lots > 0 || open.gross_e8 != open.fees_e8)
        reason_text("", "open", open.lots, open.gross_e8 - open.fees_e8, out);
    fprintf(out, "  profit      %s gross, %s fees, %s net\n", cents(s->gross_e8, a),
            cents(s->fees_e8, b), cents(s->gross_e8 - s->fees_e8, c));
    if (open.lots > 0 || unrealised_e8(s) != 0)
        fprintf(out, "  open        %s not realised\n", cents(unrealised_e8(s), a));
}

void summary_text(const struct summary *s, double wall_seconds, FILE *out) {
    char a[PAWL_E8_TEXT_MAX], b[PAWL_E8_TEXT_MAX], from[RFC3339_SIZE] = "-", to[RFC3339_SIZE] = "-";
    if (s->first_ns != 0) rfc3339_format(s->first_ns, -1, from);
    if (s->last_ns != 0) rfc3339_format(s->last_ns, -1, to);
    fprintf(out, "\n  from        %s\n  to          %s\n", from, to);
    fprintf(out,
            "  events      %" PRIu64 " (%" PRIu64 " quotes, %" PRIu64 " trades, %" PRIu64
            " bars) in %.2f s\n",
            s->events, s->quotes, s->trades, s->bars, wall_seconds);
    if (s->crossed + s->skipped > 0)
        fprintf(out, "  not used    %" PRIu64 " crossed quotes, %" PRIu64 " without a price\n",
                s->crossed, s->skipped);
    fprintf(out, "  lots        %" PRIu64 " opened, %" PRIu64 " closed (%" PRIu64 " never filled",
            s->lots_opened, s->lots_closed, s->never_filled);
    if (s->merged > 0) fprintf(out, ", %" PRIu64 " part of another now", s->merged);
    fprintf(out, "), %" PRIu64 " open\n", s->open_lots);
    fprintf(out,
            "  requests    %" PRIu64 " led to nothing; the gate refused %" PRIu64 "\n",
            s->ignored, s->refused);
    if (s->rules_fired + s->rules_failed > 0)
        fprintf(out, "  rules       %" PRIu64 " fired, %" PRIu64 " failed\n", s->rules_fired,
                s->rules_failed);
    fprintf(out,
            "  orders      %" PRIu64 " sent, %" PRIu64 " fills, %" PRIu64 " rejected, %" PRIu64
            " of unknown outcome\n",
            s->orders, s->fills, s->rejects, s->unknown);
    profit_text(s, out);
    fprintf(out, "  equity      %s -> %s\n", cents(s->equity_start.e8, a),
            cents(s->equity_end.e8, b));
    fprintf(out, "  protection  %.3f s naked, %.3f s on the host guard alone\n",
            (double)s->unprotected_ns / 1e9, (double)s->guarded_ns / 1e9);
    fprintf(out, "  alerts      %" PRIu64, s->alerts);
    for (uint32_t i = 0; i < SUMMARY_ALERTS_MAX && s->alert_kinds[i].count > 0; i++)
        fprintf(out, "%s %s %" PRIu64, i == 0 ? ":" : ",", s->alert_kinds[i].what,
                s->alert_kinds[i].count);
    fprintf(out, "\n  trace hash  %016" PRIx64 "\n", s->trace_hash);
}
