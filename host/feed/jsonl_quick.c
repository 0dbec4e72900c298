/*
 * jsonl_quick.c - the lines most recordings consist of, without a JSON library: a flat object of
 * plain strings that is a quote or a trade. Whatever is unusual, wrong included, is left to the
 * thorough reader; what is taken here comes out the same there (tests/property/prop_feed.c).
 */
#include "base/rfc3339.h"
#include "events/codec.h"
#include "feed/source.h"
#include "pawl_num.h"
#include "pawl_schema.gen.h"

enum key {
    KEY_T,
    KEY_TYPE,
    KEY_SYMBOL,
    KEY_BID,
    KEY_ASK,
    KEY_BID_SIZE,
    KEY_ASK_SIZE,
    KEY_PRICE,
    KEY_SIZE,
    KEY_COUNT_
};

static const char *const key_names[KEY_COUNT_] = {"t",        "type",     "symbol", "bid", "ask",
                                                  "bid_size", "ask_size", "price",  "size"};

struct text {
    const char *at;
    size_t len;
};

#define BIT(key) (1u << (key))
#define QUOTE_NEEDS (BIT(KEY_T) | BIT(KEY_TYPE) | BIT(KEY_SYMBOL) | BIT(KEY_BID) | BIT(KEY_ASK))
#define QUOTE_MAY (QUOTE_NEEDS | BIT(KEY_BID_SIZE) | BIT(KEY_ASK_SIZE))
#define TRADE_NEEDS (BIT(KEY_T) | BIT(KEY_TYPE) | BIT(KEY_SYMBOL) | BIT(KEY_PRICE) | BIT(KEY_SIZE))

static int is(struct text text, const char *word) {
    return text.len == strlen(word) && memcmp(text.at, word, text.len) == 0;
}

static const char *blanks(const char *p, const char *end) {
    while (p < end && *p == ' ') p++;
    return p;
}

/* A string of printable ASCII without escapes; NULL = something else. */
static const char *string(const char *p, const char *end, struct text *ret) {
    if (p == end || *p != '"') return NULL;
    ret->at = ++p;
    while (p < end && *p != '"') {
        if (*p < 0x20 || *p > 0x7e || *p == '\\') return NULL;
        p++;
    }
    ret->len = (size_t)(p - ret->at);
    return p < end ? p + 1 : NULL;
}

static enum key key_of(struct text name) {
    enum key key = 0;
    while (key < KEY_COUNT_ && !is(name, key_names[key])) key++;
    return key;
}

/* The keys that are there; 0 = not an object of this kind. */
static uint32_t object(const char *p, const char *end, struct text value[KEY_COUNT_]) {
    uint32_t seen = 0;
    struct text name;
    p = blanks(p, end);
    if (p == end || *p++ != '{') return 0;
    for (;;) {
        if ((p = string(blanks(p, end), end, &name)) == NULL) return 0;
        enum key key = key_of(name);
        if (key == KEY_COUNT_ || (seen & BIT(key)) != 0) return 0;
        p = blanks(p, end);
        if (p == end || *p++ != ':') return 0;
        if ((p = string(blanks(p, end), end, &value[key])) == NULL) return 0;
        seen |= BIT(key);
        p = blanks(p, end);
        if (p == end || (*p != ',' && *p != '}')) return 0;
        if (*p++ == '}') return blanks(p, end) == end ? seen : 0;
    }
}

/* 1 = read and at least `min`; a text that is not there reads as 0. */
static int amount(const struct text value[], uint32_t seen, enum key key, int64_t min,
                  int64_t *ret) {
    *ret = 0;
    if ((seen & BIT(key)) == 0) return 1;
    return pawl_parse_e8(value[key].at, value[key].len, ret) == PAWL_OK && *ret >= min;
}

static uint32_t instrument(struct source *source, struct text symbol) {
    if (symbol.len == 0 || symbol.len > FEED_TEXT_MAX) return 0;
    if (!is(symbol, source->symbol)) {
        const struct event_decode *decode = source->options->decode;
        memcpy(source->symbol, symbol.at, symbol.len);
        source->symbol[symbol.len] = '\0';
        source->symbol_id =
            decode->instrument != NULL ? decode->instrument(decode->self, source->symbol) : 0;
    }
    return source->symbol_id;
}

int jsonl_quick(struct source *source, const char *line, size_t len, void *out) {
    struct text value[KEY_COUNT_] = {{NULL, 0}};
    uint32_t seen = object(line, line + len, value), id;
    int64_t time_ns;
    int quote = (seen & QUOTE_NEEDS) == QUOTE_NEEDS && (seen & ~QUOTE_MAY) == 0;
    if (!quote && seen != TRADE_NEEDS) return 0;
    if (!is(value[KEY_TYPE], quote ? "quote" : "trade")) return 0;
    if (rfc3339_parse(value[KEY_T].at, value[KEY_T].len, &time_ns) != PAWL_OK) return 0;
    if ((id = instrument(source, value[KEY_SYMBOL])) == 0) return 0;
    if (quote) {
        struct pawl_ev_quote event = {
            .head = {.size = sizeof event, .type = PAWL_EV_QUOTE, .time_ns = time_ns},
            .instrument = id};
        if (!amount(value, seen, KEY_BID, 0, &event.bid.e8) ||
            !amount(value, seen, KEY_ASK, 0, &event.ask.e8) ||
            !amount(value, seen, KEY_BID_SIZE, 0, &event.bid_size.e8) ||
            !amount(value, seen, KEY_ASK_SIZE, 0, &event.ask_size.e8))
            return 0;
        memcpy(out, &event, sizeof event);
        return (int)sizeof event;
    }
    struct pawl_ev_trade event = {
        .head = {.size = sizeof event, .type = PAWL_EV_TRADE, .time_ns = time_ns},
        .instrument = id};
    if (!amount(value, seen, KEY_PRICE, 1, &event.price.e8) ||
        !amount(value, seen, KEY_SIZE, 0, &event.size.e8))
        return 0;
    memcpy(out, &event, sizeof event);
    return (int)sizeof event;
}
