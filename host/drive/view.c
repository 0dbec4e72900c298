#include "drive/view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/plural.h"
#include "base/rfc3339.h"
#include "book/market.h"
#include "book/money.h"
#include "events/reflect.h"
#include "pawl_num.h"
#include "rules/rules.h"

#define LINES_BYTES_MAX (64u << 10) /* of a frame; what is more is counted */
#define PANEL_MAX 8192u

struct view {
    FILE *out, *lines; /* lines: into text */
    int fd;            /* where out leads to */
    char *text;
    size_t text_length;
    uint64_t drawn_ms, events_before; /* for the rate */
    double rate;
    uint64_t alerts, closed, fills;
    char last_alert[192];
    uint32_t columns, rows, used; /* used: rows of this panel */
    char panel[PANEL_MAX];
    size_t panel_length;
    bool shown;
};

bool view_possible(int fd) {
    const char *term = getenv("TERM");
    return isatty(fd) && term != NULL && strcmp(term, "dumb") != 0 && term[0] != '\0';
}

static void open_lines(struct view *view) {
    view->text = NULL;
    view->text_length = 0;
    view->lines = open_memstream(&view->text, &view->text_length);
}

struct view *view_new(FILE *out, int fd) {
    struct view *view = mem_calloc(1, sizeof *view);
    if (view == NULL) return NULL;
    view->out = out;
    view->fd = fd;
    open_lines(view);
    if (view->lines != NULL) return view;
    mem_free(view);
    return NULL;
}

FILE *view_lines(struct view *view) {
    return view->lines == NULL ? view->out : view->lines;
}

void view_event(struct view *view, const struct pawl_event *event) {
    view->fills += event->type == PAWL_EV_FILL;
    view->closed += event->type == PAWL_EV_TRANSACTION_CLOSED;
    if (event->type != PAWL_EV_ALERT) return;
    const struct pawl_ev_alert *alert = (const void *)event;
    view->alerts++;
    snprintf(view->last_alert, sizeof view->last_alert, "%s: %s", alert->what, alert->message);
}

/* ---- rows of the panel ---- */

/* One row, cut at the edge; none below the last. */
static void row(struct view *view, const char *format, ...) PAWL_PRINTF(2, 3);
static void row(struct view *view, const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (view->used + 2 >= view->rows) return;
    for (char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7f) *at = '?';
    if (strlen(text) >= view->columns) text[view->columns - 1] = '\0';
    int length =
        snprintf(view->panel + view->panel_length, PANEL_MAX - view->panel_length, "%s\n", text);
    if (length < 0 || view->panel_length + (size_t)length >= PANEL_MAX) return;
    view->panel_length += (size_t)length;
    view->used++;
}

/* At most so many decimals, zeros behind the point cut; "" for none. */
static const char *number(int64_t e8, int places, bool sign, char out[PAWL_E8_TEXT_MAX + 2]) {
    int64_t unit = 1, value = e8;
    for (int i = places; i < 8; i++) unit *= 10;
    if (pawl_round_to(e8, unit, PAWL_ROUND_EVEN, &value) != PAWL_OK) value = e8;
    out[0] = '+';
    pawl_format_e8(value, sign && value >= 0 ? out + 1 : out);
    return out;
}

static void head_rows(struct view *view, struct host *host, const char *name) {
    char time[RFC3339_SIZE], equity[PAWL_E8_TEXT_MAX + 2], lost[48] = "";
    uint64_t naked = 0, orders = 0, unknown = 0;
    rfc3339_format(host->bus->now_ns, 0, time);
    time[10] = ' ';
    time[19] = '\0';
    for (const struct lot *lot = host->book.first_lot; lot != NULL; lot = lot->next) {
        naked += lot->rec.protection == PAWL_PROTECTION_NAKED;
        for (const struct order *order = lot->orders; order != NULL; order = order->next) {
            orders += order_is_live(order);
            unknown += order_is_live(order) && order->rec.op_unknown;
        }
    }
    row(view, "%s  %s  %s UTC  %" PRIu64 " events, %.0f/s", name,
        reflect_enum_text(PAWL_ENUM_TRADING_STATE, host->book.host.trading), time,
        host->counts.events, view->rate);
    if (unknown > 0) snprintf(lost, sizeof lost, ", %" PRIu64 " UNKNOWN", unknown);
    row(view, /* most terminals have 80 columns: what matters less stands last */
        "equity %s  %u lot%s open, %" PRIu64 " %s  %" PRIu64 " order%s%s  %" PRIu64
        " closed  %" PRIu64 " alert%s  %" PRIu64 " fill%s",
        number(host_equity(host).e8, 2, false, equity), host->book.open_lots,
        plural(host->book.open_lots), naked, naked > 0 ? "UNPROTECTED" : "unprotected", orders,
        plural(orders), lost, view->closed, view->alerts, plural(view->alerts), view->fills,
        plural(view->fills));
    if (view->last_alert[0] != '\0') row(view, "last alert: %s", view->last_alert);
    for (uint32_t i = 0; i < host->exec.broker_count; i++)
        if (host->exec.brokers[i].state != BROKER_READY)
            row(view, "%s is %s",
                names_text(host->names, NAME_COMPONENT, host->exec.brokers[i].component),
                host->exec.brokers[i].state == BROKER_DOWN ? "DOWN" : "recovering");
    if (host->store_down) row(view, "THE DATABASE HAS FAILED: nothing new is entered");
}

static void lot_row(struct view *view, const struct host *host, const struct lot *lot) {
    const struct pawl_common_lot *rec = &lot->rec;
    char n[7][PAWL_E8_TEXT_MAX + 2] = {""};
    char name[40];
    struct pawl_price price =
        market_price(&host->book, rec->instrument, PAWL_TRIGGER_SOURCE_EXIT_SIDE, rec->side);
    struct pawl_money profit;
    snprintf(name, sizeof name, "%s", lot->rare->rec.ref);
    if (name[0] == '\0') snprintf(name, sizeof name, "lot %" PRIu64, rec->id);
    number(lot_open_e8(lot), 4, false, n[0]);
    if (lot_entry(lot).e8 != 0) number(lot_entry(lot).e8, 5, false, n[1]);
    if (rec->stop.e8 != 0) number(rec->stop.e8, 5, false, n[2]);
    if (lot->targets != NULL && lot->targets[0].price.e8 != 0)
        number(lot->targets[0].price.e8, 5, false, n[3]);
    if (price.e8 != 0 && lot_open_e8(lot) > 0) {
        number(lot_r_of(lot, price).e8, 2, true, n[4]);
        if (book_profit(&host->book, rec->instrument, rec->account, rec->side, lot_entry(lot),
                        price, (struct pawl_qty){lot_open_e8(lot)}, &profit) == PAWL_OK)
            number(profit.e8, 2, true, n[5]);
    }
    row(view, "%-12.12s %-8.8s %-5s %8s %10s %10s %10s %6s %10s  %s", name,
        names_text(host->names, NAME_INSTRUMENT, rec->instrument),
        reflect_enum_text(PAWL_ENUM_POSITION_SIDE, rec->side), n[0], n[1], n[2], n[3], n[4], n[5],
        rec->protection == PAWL_PROTECTION_NAKED
            ? "NAKED"
            : reflect_enum_text(PAWL_ENUM_PROTECTION, rec->protection));
}

static void lot_rows(struct view *view, const struct host *host) {
    uint32_t shown = 0;
    if (host->book.first_lot == NULL) return;
    row(view, "%-12s %-8s %-5s %8s %10s %10s %10s %6s %10s", "lot", "symbol", "side", "open",
        "entry", "stop", "target", "r", "pnl");
    for (const struct lot *lot = host->book.first_lot; lot != NULL; lot = lot->next)
        if (shown++ < VIEW_LOTS_MAX) lot_row(view, host, lot);
    if (shown > VIEW_LOTS_MAX) row(view, "and %u more lots", shown - VIEW_LOTS_MAX);
}

static void rule_rows(struct view *view, const struct host *host) {
    struct rules_info rule;
    uint32_t shown = 0;
    const struct ruleset *set = host->rules == NULL ? NULL : rules_set(host->rules);
    for (uint32_t i = 0; set != NULL && rules_info(host->rules, set, i, &rule); i++) {
        if (rule.fired == 0 && !rule.failed) continue;
        if (shown++ == VIEW_RULES_MAX) break;
        row(view, "rule %s: fired %" PRIu64 ", taken %" PRIu64 "%s", rule.id, rule.fired,
            rule.taken, rule.failed ? ", FAILED" : "");
    }
}

/* ---- drawing ---- */

static void look_at_terminal(struct view *view) {
    struct winsize size;
    view->columns = 80;
    view->rows = 24;
    if (ioctl(view->fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return;
    view->columns = size.ws_col;
    view->rows = size.ws_row;
}

/* What was said since the last time; the newest, if it is too much for a frame. */
static void put_lines(struct view *view) {
    if (view->lines == NULL) return;
    fclose(view->lines);
    const char *text = view->text;
    size_t length = view->text_length;
    if (length > LINES_BYTES_MAX) {
        const char *cut = memchr(text + length - LINES_BYTES_MAX, '\n', LINES_BYTES_MAX);
        size_t left = cut == NULL ? 0 : (size_t)(text + length - cut) - 1, count = 0;
        for (const char *at = text; at < text + length - left; at++) count += *at == '\n';
        fprintf(view->out, "... %zu lines faster than the screen\n", count);
        text += length - left;
        length = left;
    }
    fwrite(text, 1, length, view->out);
    free(view->text); /* open_memstream's */
    open_lines(view);
}

static void measure(struct view *view, const struct host *host, uint64_t now_ms) {
    uint64_t spent_ms = now_ms - view->drawn_ms, events = host->counts.events;
    if (view->drawn_ms != 0 && spent_ms > 0 && events >= view->events_before)
        view->rate = (double)(events - view->events_before) * 1000.0 / (double)spent_ms;
    view->drawn_ms = now_ms;
    view->events_before = events;
}

void view_draw(struct view *view, struct host *host, const char *name, uint64_t now_ms) {
    look_at_terminal(view);
    view->panel_length = 0;
    view->used = 0;
    if (view->shown) fputs("\r\x1b[J", view->out); /* the panel before, and all below */
    view->shown = false;
    put_lines(view);
    if (host != NULL) measure(view, host, now_ms);
    if (host != NULL && view->columns >= VIEW_COLUMNS_MIN && view->rows >= VIEW_ROWS_MIN) {
        row(view, "%s", ""); /* a line of the log that comes between is written over this */
        head_rows(view, host, name);
        lot_rows(view, host);
        rule_rows(view, host);
        fwrite(view->panel, 1, view->panel_length, view->out);
        fprintf(view->out, "\x1b[%uA\r", view->used);
        view->shown = true;
    }
    fflush(view->out);
}

void view_free(struct view *view) {
    if (view == NULL) return;
    if (view->shown) fputs("\r\x1b[J", view->out);
    put_lines(view);
    fflush(view->out);
    if (view->lines != NULL) fclose(view->lines);
    free(view->text); /* open_memstream's */
    mem_free(view);
}
