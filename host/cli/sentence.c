#include "cli/sentence.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/words.h"

struct line {
    char *out;
    size_t at;
};

static void add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct line *line, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line->out + line->at, SENTENCE_MAX - line->at, format, args);
    va_end(args);
    if (length < 0) return;
    line->at += (size_t)length;
    if (line->at >= SENTENCE_MAX) line->at = SENTENCE_MAX - 1;
}

static const char *text(const json_t *event, const char *key) {
    const char *value = json_string_value(json_object_get(event, key));
    return value == NULL ? "" : value;
}

static bool has(const json_t *event, const char *key) {
    const char *value = text(event, key);
    return value[0] != '\0' && strcmp(value, "0") != 0;
}

/* " WORD VALUE" where there is one. */
static void maybe(struct line *line, const json_t *event, const char *before, const char *key) {
    if (has(event, key)) add(line, "%s%s", before, text(event, key));
}

static const char *sum(const json_t *event, const char *key, char out[WORD_MAX]) {
    return word_fixed(event, key, 2, 1, out);
}

/* ---- words ---- */

static void market(struct line *line, const json_t *event) {
    const char *type = text(event, "type");
    if (strcmp(type, "quote") == 0)
        add(line, "quote %s / %s", text(event, "bid"), text(event, "ask"));
    else if (strcmp(type, "bar") == 0)
        add(line, "bar %s %s %s %s", text(event, "open"), text(event, "high"), text(event, "low"),
            text(event, "close"));
    else
        add(line, "%s at %s", type, text(event, "price"));
}

static void order_terms(struct line *line, const json_t *event) {
    maybe(line, event, " ", "role");
    maybe(line, event, " ", "kind");
    maybe(line, event, " ", "side");
    maybe(line, event, " ", "quantity");
    maybe(line, event, " at ", "price");
    maybe(line, event, " stop ", "stop_price");
    maybe(line, event, ", order ", "order");
}

static void order(struct line *line, const json_t *event) {
    const char *type = text(event, "type") + strlen("order.");
    char what[32];
    snprintf(what, sizeof what, "%.31s", type);
    for (char *at = what; *at != '\0'; at++)
        if (*at == '_') *at = ' ';
    add(line, "%s:", strcmp(type, "unknown") == 0 ? "outcome UNKNOWN" : what);
    order_terms(line, event);
    if (has(event, "filled")) add(line, ", filled %s", text(event, "filled"));
    maybe(line, event, ": ", "reason");
}

static void lot(struct line *line, const json_t *event) {
    const char *type = text(event, "type");
    char money[WORD_MAX];
    if (strcmp(type, "lot.opened") == 0) {
        add(line, "%s wants %s %s", has(event, "owner") ? text(event, "owner") : "keeper",
            text(event, "side"), text(event, "quantity"));
        maybe(line, event, ", stop ", "initial_stop");
        maybe(line, event, ", target ", "target");
    } else if (strcmp(type, "lot.adopted") == 0) {
        add(line, "taken over: %s %s, entered at %s, stop %s, R %s", text(event, "side"),
            text(event, "quantity"), text(event, "entry"), text(event, "stop"), text(event, "r"));
        maybe(line, event, ", ticket ", "ticket");
    } else if (strcmp(type, "lot.assigned") == 0) {
        add(line, "has the profile %s now", text(event, "profile"));
    } else if (strcmp(type, "lot.protected") == 0) {
        add(line, "protected: a stop for %s rests at %s", text(event, "quantity"),
            text(event, "stop"));
    } else if (strcmp(type, "lot.merged") == 0) {
        add(line, "is part of lot %lld now: %s more, entry %s",
            (long long)json_integer_value(json_object_get(event, "into")), text(event, "quantity"),
            text(event, "entry"));
        maybe(line, event, ": ", "reason");
    } else if (strcmp(type, "lot.closed") == 0 && !has(event, "quantity")) {
        add(line, "ended without a trade: %s", text(event, "reason"));
    } else if (strcmp(type, "lot.closed") == 0) {
        add(line, "closed by %s: %s of %s, in %s, out %s, fees %s", text(event, "reason"),
            sum(event, "profit", money), text(event, "quantity"), text(event, "entry"),
            text(event, "exit"), text(event, "fees"));
    } else {
        add(line, "lot is %s, %s open", text(event, "state"), text(event, "quantity"));
        maybe(line, event, " at ", "entry");
        maybe(line, event, ": ", "reason");
    }
}

static void request(struct line *line, const json_t *event) {
    const char *type = text(event, "type");
    add(line, "request: %s", type);
    maybe(line, event, " ", "side");
    maybe(line, event, " ", "signal");
    maybe(line, event, " ", "quantity");
    maybe(line, event, " for ", "allocation");
    maybe(line, event, " risking ", "risk_pct");
    maybe(line, event, " via ", "via");
    maybe(line, event, " at ", "price");
    maybe(line, event, ", stop ", "stop_price");
    maybe(line, event, ", stop pct ", "stop_pct");
    maybe(line, event, ", target ", "target_price");
    maybe(line, event, ", target pct ", "target_pct");
    maybe(line, event, ", by rule ", "rule");
    maybe(line, event, ": ", "reason");
}

static void exit_taken(struct line *line, const json_t *event) {
    char money[WORD_MAX], r[WORD_MAX];
    add(line, "%s: %s out at %s, %s", text(event, "role"), text(event, "quantity"),
        text(event, "price"), sum(event, "profit", money));
    add(line, " (%s R)", word_fixed(event, "r", 2, 1, r));
}

static void stop_moved(struct line *line, const json_t *event) {
    char r[WORD_MAX];
    if (has(event, "old"))
        add(line, "stop moved %s -> %s", text(event, "old"), text(event, "new"));
    else
        add(line, "stop wanted at %s", text(event, "new"));
    if (has(event, "r")) add(line, " (%s R)", word_fixed(event, "r", 2, 1, r));
    maybe(line, event, ": ", "reason");
}

/* What has no words of its own: its type and its fields. */
static void plain(struct line *line, json_t *event) {
    static const char *const known[] = {"seq", "t", "type", "cause", "symbol", "ref", "account"};
    const char *key;
    json_t *value;
    add(line, "%s", text(event, "type"));
    json_object_foreach(event, key, value) {
        bool skip = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            skip = skip || strcmp(known[i], key) == 0;
        if (skip) continue;
        if (json_is_string(value) && json_string_length(value) > 0)
            add(line, " %s=%s", key, json_string_value(value));
        else if (json_is_integer(value) && json_integer_value(value) != 0)
            add(line, " %s=%lld", key, (long long)json_integer_value(value));
    }
}

static bool one_line(struct line *line, const json_t *event, const char *type) {
    if (strcmp(type, "fill") == 0)
        add(line, "fill: %s %s at %s, fee %s, order %s", text(event, "side"),
            text(event, "quantity"), text(event, "price"), text(event, "fee"),
            text(event, "order"));
    else if (strcmp(type, "alert") == 0)
        add(line, "ALERT %s: %s", text(event, "what"), text(event, "message"));
    else if (strcmp(type, "risk.refused") == 0)
        add(line, "refused by %s: %s", text(event, "limit"), text(event, "message"));
    else if (strcmp(type, "rule.ignored") == 0)
        add(line, "%s ignored %s: %s", text(event, "component"), text(event, "side"),
            text(event, "reason"));
    else if (strcmp(type, "rule.fired") == 0)
        add(line, "rule %s fired: %s", text(event, "rule"), text(event, "reason"));
    else if (strcmp(type, "protection.state") == 0)
        add(line, "protection %s -> %s for %s", has(event, "old") ? text(event, "old") : "none",
            text(event, "new"), text(event, "quantity"));
    else if (strcmp(type, "state.changed") == 0)
        add(line, "trading %s -> %s: %s", text(event, "old"), text(event, "new"),
            text(event, "reason"));
    else if (strcmp(type, "connection") == 0)
        add(line, "%s is %s: %s", text(event, "broker"), text(event, "state"),
            text(event, "message"));
    else if (strcmp(type, "want_spent") == 0)
        add(line, "nothing more comes of the %s order: %s", text(event, "role"),
            text(event, "reason"));
    else if (strcmp(type, "timer") == 0)
        add(line, "a timer was due");
    else if (strcmp(type, "trigger") == 0)
        add(line, "the price %s crossed the level %s", text(event, "price"), text(event, "level"));
    else
        return false;
    return true;
}

static bool account(struct line *line, const json_t *event, const char *type) {
    char money[WORD_MAX];
    if (strcmp(type, "transaction.opened") == 0)
        add(line, "a trade begins: %s %s at %s", text(event, "side"), text(event, "quantity"),
            text(event, "price"));
    else if (strcmp(type, "transaction.closed") == 0)
        add(line, "the trade is over: %s %s, in %s, out %s, %s net", text(event, "side"),
            text(event, "quantity"), text(event, "entry"), text(event, "exit"),
            sum(event, "realized", money));
    else if (strcmp(type, "day.started") == 0)
        add(line, "a trading day of %s begins with %s", text(event, "account"),
            text(event, "equity"));
    else
        return false;
    return true;
}

static bool command(struct line *line, const json_t *event, const char *type) {
    if (strcmp(type, "submit") == 0 || strcmp(type, "amend") == 0 || strcmp(type, "cancel") == 0)
        add(line, "sent: %s", type);
    else if (strcmp(type, "query") == 0)
        add(line, "asked the venue: %s", text(event, "what"));
    else
        return false;
    if (strcmp(type, "query") != 0) order_terms(line, event);
    return true;
}

static bool report(struct line *line, const json_t *event, const char *type) {
    static const char *const types[] = {"accepted", "refused",   "ended",
                                        "amended",  "execution", "status"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(type, types[i]) != 0) continue;
        add(line, "the venue reports: %s", type);
        maybe(line, event, " ", "state");
        maybe(line, event, " ", "side");
        maybe(line, event, " ", "quantity");
        maybe(line, event, " at ", "price");
        maybe(line, event, " as ", "venue_order");
        maybe(line, event, ", order ", "order");
        maybe(line, event, ": ", "message");
        return true;
    }
    return false;
}

static bool is_one_of(const char *type, const char *const *types) {
    for (; *types != NULL; types++)
        if (strcmp(type, *types) == 0) return true;
    return false;
}

const char *sentence(const json_t *event, char out[SENTENCE_MAX]) {
    static const char *const markets[] = {"quote", "trade", "bar", "mark", "liquidation", NULL};
    static const char *const requests[] = {"entry", "exit", "scale_in", "stop", "signal",
                                           "adopt", "assign", NULL};
    struct line line = {out, 0};
    const char *type = text(event, "type");
    out[0] = '\0';
    if (is_one_of(type, markets))
        market(&line, event);
    else if (is_one_of(type, requests))
        request(&line, event);
    else if (strncmp(type, "order.", 6) == 0)
        order(&line, event);
    else if (strncmp(type, "lot.", 4) == 0)
        lot(&line, event);
    else if (strcmp(type, "exit.taken") == 0)
        exit_taken(&line, event);
    else if (strcmp(type, "stop.moved") == 0)
        stop_moved(&line, event);
    else if (!one_line(&line, event, type) && !account(&line, event, type) &&
             !command(&line, event, type) && !report(&line, event, type))
        plain(&line, (json_t *)event);
    for (char *at = out; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f) *at = ' ';
    return out;
}

const char *sentence_time(const json_t *event, char out[32]) {
    const char *time = text(event, "t");
    const char *point = strchr(time, '.');
    snprintf(out, 32, "%.10s %.8s.%.3s", time, strlen(time) > 11 ? time + 11 : "",
             point == NULL ? "000" : point + 1);
    for (char *at = out; *at != '\0'; at++)
        if (*at == 'Z') *at = '0';
    return out;
}
