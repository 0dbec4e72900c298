#include "drive/narrate.h"

#include <string.h>

#include "base/plural.h"
#include "book/report.h"

#define AMOUNT_MAX 32u
#define MONEY_DECIMALS 2

/* ---- numbers ---- */

/* e8 with exactly this many decimals, the last one rounded. */
static void fixed(int64_t e8, int decimals, bool sign, char out[AMOUNT_MAX]) {
    uint64_t size = e8 < 0 ? (uint64_t)0 - (uint64_t)e8 : (uint64_t)e8, unit = 1;
    for (int i = decimals; i < 8; i++) unit *= 10;
    size = (size + unit / 2) / unit;
    char reversed[AMOUNT_MAX];
    size_t n = 0, at = 0;
    bool negative = e8 < 0 && size > 0;
    for (int i = 0; i <= decimals || size > 0; i++, size /= 10) {
        if (i == decimals && decimals > 0) reversed[n++] = '.';
        reversed[n++] = (char)('0' + size % 10);
    }
    if (negative || sign) out[at++] = negative ? '-' : '+';
    while (n > 0) out[at++] = reversed[--n];
    out[at] = '\0';
}

static int decimals_of(int64_t step_e8) {
    int decimals = 8;
    if (step_e8 <= 0) return 8;
    for (; decimals > 0 && step_e8 % 10 == 0; decimals--) step_e8 /= 10;
    return decimals;
}

struct words { /* texts of one line */
    char text[6][AMOUNT_MAX];
    size_t count;
};

static const struct pawl_instrument *instrument(const struct book *book, uint32_t id) {
    static const struct pawl_instrument none;
    return id == 0 || id > book->instrument_count ? &none : &book->instruments[id].def;
}

static const char *price(const struct book *book, uint32_t id, struct pawl_price value,
                         struct words *words) {
    char *out = words->text[words->count++];
    fixed(value.e8, decimals_of(instrument(book, id)->tick.e8), false, out);
    return out;
}

static const char *quantity(const struct book *book, uint32_t id, struct pawl_qty value,
                            struct words *words) {
    char *out = words->text[words->count++];
    fixed(value.e8, decimals_of(instrument(book, id)->step.e8), false, out);
    return out;
}

static const char *money(int64_t e8, struct words *words) {
    char *out = words->text[words->count++];
    fixed(e8, MONEY_DECIMALS, true, out);
    return out;
}

static const char *number(uint64_t value, struct words *words) {
    char *at = words->text[words->count++] + AMOUNT_MAX - 1;
    *at = '\0';
    do *--at = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    return at;
}

/* ---- lines ---- */

/* Texts behind each other: a line costs a tenth of what printf takes for it. What does not fit is
 * cut, but for the end of the line. */
#define SAY(to, ...) say(to, (const char *const[]){__VA_ARGS__, NULL})
static void say(struct narrator *to, const char *const *texts) {
    for (; *texts != NULL; texts++) {
        size_t length = strlen(*texts), room = sizeof to->line - 1 - to->length;
        if (length > room) length = room;
        memcpy(to->line + to->length, *texts, length);
        to->length += length;
    }
}

/* At least so wide, and two blanks. */
static void say_column(struct narrator *to, const char *text, size_t width) {
    static const char blanks[] = "            ";
    size_t length = strlen(text);
    SAY(to, text, blanks + sizeof blanks - 3 - (length < width ? width - length : 0));
}

/* Time, symbol and the name of the lot; the rest of the line is the caller's. */
static void begin(struct narrator *to, const struct book *book, uint32_t id, const char *ref,
                  uint64_t lot) {
    struct words w = {.count = 0};
    int64_t second = book_now(book) / PAWL_NS;
    if (second != to->second || to->time[0] == '\0') {
        rfc3339_format(second * PAWL_NS, 0, to->time);
        to->time[10] = ' ';
        to->time[19] = '\0';
        to->second = second;
    }
    to->length = 0;
    SAY(to, to->time, "  ");
    say_column(to, instrument(book, id)->symbol, 7);
    if (lot == 0 || (ref != NULL && ref[0] != '\0')) {
        say_column(to, ref == NULL ? "" : ref, 10);
    } else {
        SAY(to, "lot ");
        say_column(to, number(lot, &w), 6);
    }
}

static void end(struct narrator *to) {
    to->line[to->length++] = '\n';
    fwrite(to->line, 1, to->length, to->out);
}

static const char *side_text(uint8_t side) {
    return side == PAWL_POSITION_SIDE_LONG ? "LONG" : "SHORT";
}

static void lot_opened(struct narrator *to, const struct book *book,
                       const struct pawl_ev_lot_opened *ev) {
    struct words w = {.count = 0};
    const struct lot *lot = book_lot(book, ev->lot);
    if (lot != NULL && lot->rec.entered.e8 > 0) return; /* it is told as taken over */
    begin(to, book, ev->instrument, ev->ref, ev->lot);
    SAY(to, "wants ", side_text(ev->side), " ",
        quantity(book, ev->instrument, ev->quantity, &w));
    if (ev->initial_stop.e8 != 0)
        SAY(to, ", stop ", price(book, ev->instrument, ev->initial_stop, &w));
    if (ev->target.e8 != 0) SAY(to, ", target ", price(book, ev->instrument, ev->target, &w));
    if (ev->after != PAWL_AFTER_KIND_NOW) SAY(to, ", as soon as the other side is closed");
    end(to);
}

static void lot_adopted(struct narrator *to, const struct book *book,
                        const struct pawl_ev_lot_adopted *ev) {
    struct words w = {.count = 0};
    begin(to, book, ev->instrument, ev->ref, ev->lot);
    SAY(to, "taken over: ", side_text(ev->side), " ",
        quantity(book, ev->instrument, ev->quantity, &w), ", entered at ",
        price(book, ev->instrument, ev->entry, &w), ", stop ",
        price(book, ev->instrument, ev->stop, &w));
    end(to);
}

/* Entries only: what a fill takes out of a lot is told by exit.taken. */
static void fill(struct narrator *to, const struct book *book, const struct pawl_ev_fill *ev) {
    struct words w = {.count = 0};
    if (!role_is_entry(ev->role)) return;
    begin(to, book, ev->instrument, ev->ref, ev->lot);
    SAY(to, ev->side == PAWL_SIDE_BUY ? "bought " : "sold ",
        quantity(book, ev->instrument, ev->quantity, &w), " at ",
        price(book, ev->instrument, ev->price, &w));
    end(to);
}

static void lot_protected(struct narrator *to, const struct book *book,
                          const struct pawl_ev_lot_protected *ev) {
    struct words w = {.count = 0};
    begin(to, book, ev->instrument, ev->ref, ev->lot);
    SAY(to, "protected: a stop for ", quantity(book, ev->instrument, ev->quantity, &w),
        " rests at ", price(book, ev->instrument, ev->stop, &w));
    end(to);
}

static void stop_moved(struct narrator *to, const struct book *book,
                       const struct pawl_ev_stop_moved *ev) {
    struct words w = {.count = 0};
    if (ev->old.e8 == 0) return; /* the first stop was told with the lot */
    begin(to, book, ev->instrument, ev->ref, ev->lot);
    SAY(to, "stop moved ", price(book, ev->instrument, ev->old, &w), " -> ",
        price(book, ev->instrument, ev->new_, &w), ev->reason[0] != '\0' ? "  " : "", ev->reason);
    end(to);
}

static void exit_taken(struct narrator *to, const struct book *book,
                       const struct pawl_ev_exit_taken *ev) {
    static const char *const by[] = {[PAWL_ROLE_STOP] = "stop", [PAWL_ROLE_TARGET] = "target",
                                     [PAWL_ROLE_EXIT] = "exit"};
    struct words w = {.count = 0};
    const char *what = ev->role < sizeof by / sizeof *by ? by[ev->role] : NULL;
    begin(to, book, ev->instrument, ev->ref, ev->lot);
    SAY(to, what == NULL ? "exit" : what, ": ", quantity(book, ev->instrument, ev->quantity, &w),
        " out at ", price(book, ev->instrument, ev->price, &w), "  ", money(ev->profit.e8, &w));
    end(to);
}

static void lot_merged(struct narrator *to, const struct book *book,
                       const struct pawl_ev_lot_merged *ev) {
    struct words w = {.count = 0};
    const struct lot *from = book_lot(book, ev->lot);
    begin(to, book, ev->instrument, from == NULL ? NULL : from->rare->rec.ref, ev->lot);
    SAY(to, "is part of lot ", number(ev->into, &w), ev->ref[0] != '\0' ? " " : "", ev->ref,
        " now: ", quantity(book, ev->instrument, ev->quantity, &w), " more, entry ",
        price(book, ev->instrument, ev->entry, &w));
    end(to);
}

static void lot_closed(struct narrator *to, const struct book *book,
                       const struct pawl_ev_lot_closed *ev) {
    struct words w = {.count = 0};
    int64_t net_e8 = ev->profit.e8 - ev->fees.e8;
    const char *currency =
        ev->account <= book->account_count ? book->accounts[ev->account].info.currency : "";
    to->net.e8 += net_e8;
    if (ev->quantity.e8 == 0 && strcmp(ev->reason, "MERGED") == 0) return; /* told */
    begin(to, book, ev->instrument, ev->ref, ev->lot);
    if (ev->quantity.e8 == 0)
        SAY(to, "ended without a trade  ", ev->reason);
    else
        SAY(to, "closed by ", ev->reason, ": ", money(net_e8, &w), " ", currency, ", in all ",
            money(to->net.e8, &w));
    end(to);
}

static void order_trouble(struct narrator *to, const struct book *book,
                          const struct pawl_ev_order_state *ev, const char *what) {
    begin(to, book, ev->instrument, ev->ref, ev->lot);
    SAY(to, "order ", ev->order, " ", what, ": ", ev->reason);
    end(to);
}

static void alert(struct narrator *to, const struct book *book, const struct pawl_ev_alert *ev) {
    static const char *const loud[] = {[PAWL_SEVERITY_INFO] = "note",
                                       [PAWL_SEVERITY_WARNING] = "warning",
                                       [PAWL_SEVERITY_CRITICAL] = "CRITICAL"};
    begin(to, book, ev->instrument, ev->ref, ev->lot);
    SAY(to, ev->severity >= 1 && ev->severity <= 3 ? loud[ev->severity] : "alert", " ", ev->what,
        ": ", ev->message);
    end(to);
}

static const char *state_text(uint8_t state) {
    return state == PAWL_TRADING_STATE_ACTIVE     ? "active"
           : state == PAWL_TRADING_STATE_REDUCING ? "reducing only"
                                                  : "halted";
}

static void refused(struct narrator *to, const struct book *book,
                    const struct pawl_ev_risk_refused *ev) {
    begin(to, book, ev->instrument, ev->ref, ev->lot);
    SAY(to, "refused by ", ev->limit, ": ", ev->message);
    end(to);
    TEXT_SET(to->refusal, ev->message);
}

static void ignored(struct narrator *to, const struct book *book,
                    const struct pawl_ev_entry_ignored *ev) {
    bool told = to->refusal[0] != '\0' &&
                strncmp(to->refusal, ev->reason, sizeof ev->reason - 1) == 0;
    to->refusal[0] = '\0';
    if (told) return; /* the refusal was the line before */
    begin(to, book, ev->instrument, ev->ref, 0);
    SAY(to, "ignored",
        ev->side == PAWL_SIDE_BUY    ? " BUY"
        : ev->side == PAWL_SIDE_SELL ? " SELL"
                                     : "", /* of a rule that asked for no entry */
        ": ", ev->reason);
    end(to);
}

/* ---- what rules ask for ---- */

static struct narrated_rule *known_rule(struct narrator *to, const char *rule) {
    for (uint32_t i = 0; i < NARRATE_RULES_MAX; i++) {
        struct narrated_rule *known = &to->rules[i];
        if (known->rule[0] == '\0') TEXT_SET(known->rule, rule);
        if (strcmp(known->rule, rule) == 0) return known;
    }
    return NULL;
}

static void say_asked(struct narrator *to, const struct book *book, struct narrated_ask *ask) {
    const struct pawl_ev_rule_fired *ev = &ask->fired;
    struct narrated_rule *known = known_rule(to, ev->rule);
    struct words w = {.count = 0};
    begin(to, book, ev->instrument, ev->rule, 0);
    SAY(to, "asks for ", ev->action, ev->reason[0] != '\0' ? ": " : "", ev->reason);
    if (known != NULL && known->unsaid > 0)
        SAY(to, " (and ", number(known->unsaid, &w), " time", plural(known->unsaid),
            " in between)");
    end(to);
    if (known != NULL) known->unsaid = 0;
    ask->told = NARRATED;
}

static void say_held_back(struct narrator *to, const struct book *book) {
    for (uint32_t i = 0; i < to->ask_count; i++)
        if (to->asks[i].told == NARRATED_NOT_YET) say_asked(to, book, &to->asks[i]);
}

/* What comes of it is heard in the same turn. */
static void rule_fired(struct narrator *to, const struct book *book,
                       const struct pawl_ev_rule_fired *ev) {
    if (to->ask_count == NARRATE_ASKS_MAX) {
        say_held_back(to, book);
        to->ask_count = 0;
    }
    to->asks[to->ask_count++] = (struct narrated_ask){.fired = *ev};
    if (strncmp(ev->action, "entry", 5) != 0) say_held_back(to, book);
}

/* Requests are numbered behind what tells that the rule fired. That nothing came of one is told at
 * the end of the turn, of one rule after the other. */
static struct narrated_ask *ask_of(struct narrator *to, const struct pawl_event *answer) {
    struct narrated_ask *first = NULL;
    for (uint32_t i = 0; i < to->ask_count; i++) {
        struct narrated_ask *ask = &to->asks[i];
        uint64_t last = ask->fired.head.seq + 1;
        for (const char *at = ask->fired.action; *at != '\0'; at++) last += *at == ',';
        if (answer->cause > ask->fired.head.seq && answer->cause <= last) return ask;
        if (first == NULL && ask->told == NARRATED_NOT_YET) first = ask;
    }
    return answer->type == PAWL_EV_ENTRY_IGNORED ? first : NULL;
}

/* True: the rule that asked was refused this less than a minute ago, and neither is told. */
static bool is_old_news(struct narrator *to, const struct book *book,
                        const struct pawl_event *answer, const char *why) {
    struct narrated_ask *ask = ask_of(to, answer);
    if (ask == NULL || ask->told != NARRATED_NOT_YET)
        return ask != NULL && ask->told == NARRATED_NEVER;
    struct narrated_rule *known = known_rule(to, ask->fired.rule);
    bool again = known != NULL && strncmp(known->why, why, sizeof known->why - 1) == 0 &&
                 book_now(book) - known->told_ns < NARRATE_AGAIN_NS;
    if (again) {
        known->unsaid++;
        ask->told = NARRATED_NEVER;
        return true;
    }
    say_asked(to, book, ask);
    if (known != NULL) {
        TEXT_SET(known->why, why);
        known->told_ns = book_now(book);
    }
    return false;
}

/* What asked is told before its answer, or neither is. */
static bool is_hushed(struct narrator *to, const struct book *book,
                      const struct pawl_event *event) {
    const struct pawl_ev_risk_refused *refusal = (const void *)event;
    const struct pawl_ev_entry_ignored *nothing = (const void *)event;
    if (to->asks_turn != book->bus->turn) {
        say_held_back(to, book);
        to->ask_count = 0;
        to->asks_turn = book->bus->turn;
    }
    switch (event->type) {
    case PAWL_EV_RISK_REFUSED: return is_old_news(to, book, event, refusal->limit);
    case PAWL_EV_ENTRY_IGNORED: return is_old_news(to, book, event, nothing->reason);
    case PAWL_EV_RULE_FIRED: return false;
    default: say_held_back(to, book); return false;
    }
}

static void rule_failed(struct narrator *to, const struct book *book,
                        const struct pawl_ev_rule_failed *ev) {
    begin(to, book, ev->instrument, ev->rule, 0);
    SAY(to, "the rule failed and is off: ", ev->message);
    end(to);
}

static void conflict(struct narrator *to, const struct book *book,
                     const struct pawl_ev_conflict *ev) {
    begin(to, book, ev->instrument, NULL, ev->lot);
    SAY(to, "conflict ", ev->what, ": ", ev->resolution, " (", ev->message, ")");
    end(to);
}

static void connection(struct narrator *to, const struct book *book,
                       const struct pawl_ev_connection *ev) {
    begin(to, book, 0, names_text(book->names, NAME_COMPONENT, ev->broker), 0);
    SAY(to, ev->state, ev->message[0] != '\0' ? ": " : "", ev->message);
    end(to);
}

void narrate(struct narrator *to, const struct book *book, const struct pawl_event *event) {
    const void *ev = event;
    if (is_hushed(to, book, event)) return;
    switch (event->type) {
    case PAWL_EV_LOT_OPENED: lot_opened(to, book, ev); break;
    case PAWL_EV_LOT_ADOPTED: lot_adopted(to, book, ev); break;
    case PAWL_EV_FILL: fill(to, book, ev); break;
    case PAWL_EV_LOT_PROTECTED: lot_protected(to, book, ev); break;
    case PAWL_EV_STOP_MOVED: stop_moved(to, book, ev); break;
    case PAWL_EV_EXIT_TAKEN: exit_taken(to, book, ev); break;
    case PAWL_EV_LOT_MERGED: lot_merged(to, book, ev); break;
    case PAWL_EV_LOT_CLOSED: lot_closed(to, book, ev); break;
    case PAWL_EV_ORDER_REJECTED: order_trouble(to, book, ev, "rejected"); break;
    case PAWL_EV_ORDER_UNKNOWN: order_trouble(to, book, ev, "of unknown outcome"); break;
    case PAWL_EV_ALERT: alert(to, book, ev); break;
    case PAWL_EV_RISK_REFUSED: refused(to, book, ev); break;
    case PAWL_EV_ENTRY_IGNORED: ignored(to, book, ev); break;
    case PAWL_EV_CONFLICT: conflict(to, book, ev); break;
    case PAWL_EV_RULE_FIRED: rule_fired(to, book, ev); break;
    case PAWL_EV_RULE_FAILED: rule_failed(to, book, ev); break;
    case PAWL_EV_CONNECTION: connection(to, book, ev); break;
    case PAWL_EV_STATE_CHANGED: {
        const struct pawl_ev_state_changed *changed = ev;
        begin(to, book, 0, NULL, 0);
        SAY(to, "trading is ", state_text(changed->new_), " now: ", changed->reason);
        end(to);
        break;
    }
    default: break;
    }
}
