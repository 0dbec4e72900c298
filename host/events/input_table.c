#include "events/input_table.h"

#include <stddef.h>

#include "pawl_schema.gen.h"

#define SYMBOL {NULL, "symbol", "instrument", INPUT_REQUIRED}
#define ANY_SYMBOL {NULL, "symbol", "instrument", 0}
#define END {NULL, NULL, NULL, 0}

static const struct input_key quote[] = {
    SYMBOL,
    {NULL, "bid", "bid", INPUT_REQUIRED | INPUT_NOT_NEGATIVE},
    {NULL, "ask", "ask", INPUT_REQUIRED | INPUT_NOT_NEGATIVE},
    {NULL, "bid_size", "bid_size", INPUT_NOT_NEGATIVE},
    {NULL, "ask_size", "ask_size", INPUT_NOT_NEGATIVE},
    {NULL, "venue_time", "venue_time", 0},
    END,
};
static const struct input_key trade[] = {
    SYMBOL,
    {NULL, "price", "price", INPUT_REQUIRED | INPUT_POSITIVE},
    {NULL, "size", "size", INPUT_REQUIRED | INPUT_NOT_NEGATIVE},
    {NULL, "side", "side", 0},
    {NULL, "venue_time", "venue_time", 0},
    END,
};
static const struct input_key bar[] = {
    SYMBOL,
    {NULL, "seconds", "seconds", INPUT_REQUIRED | INPUT_POSITIVE},
    {NULL, "open", "open", INPUT_REQUIRED | INPUT_POSITIVE},
    {NULL, "high", "high", INPUT_REQUIRED | INPUT_POSITIVE},
    {NULL, "low", "low", INPUT_REQUIRED | INPUT_POSITIVE},
    {NULL, "close", "close", INPUT_REQUIRED | INPUT_POSITIVE},
    {NULL, "volume", "volume", INPUT_NOT_NEGATIVE},
    END,
};
static const struct input_key mark[] = {
    SYMBOL,
    {NULL, "price", "price", INPUT_REQUIRED | INPUT_POSITIVE},
    END,
};
static const struct input_key liquidation[] = {
    SYMBOL,
    {NULL, "side", "side", INPUT_REQUIRED},
    {NULL, "price", "price", INPUT_REQUIRED | INPUT_POSITIVE},
    {NULL, "quantity", "quantity", INPUT_REQUIRED | INPUT_POSITIVE},
    END,
};
static const struct input_key signal[] = {
    SYMBOL,
    {NULL, "signal", "signal", INPUT_REQUIRED},
    {NULL, "confidence", "confidence", INPUT_REQUIRED | INPUT_CONFIDENCE},
    {NULL, "price", "price", INPUT_POSITIVE},
    {NULL, "source", "origin", 0},
    {NULL, "model", "model", 0},
    {NULL, "probabilities", "probabilities", 0},
    {NULL, "meta", "meta", 0},
    END,
};
#define LEG(n, parent)                                                                             \
    {parent, "symbol", "leg" #n "_instrument", INPUT_REQUIRED},                                    \
        {parent, "side", "leg" #n "_side", INPUT_REQUIRED},                                        \
        {parent, "ratio", "leg" #n "_ratio", INPUT_REQUIRED | INPUT_POSITIVE},                     \
        {parent, "order", "leg" #n "_kind", 0},                                                    \
        {parent, "price", "leg" #n "_price", INPUT_POSITIVE}

static const struct input_key entry[] = {
    SYMBOL,
    {NULL, "via", "via", INPUT_REQUIRED},
    {NULL, "side", "side", INPUT_REQUIRED},
    {NULL, "quantity", "quantity", INPUT_POSITIVE},
    {NULL, "allocation", "allocation", INPUT_POSITIVE},
    {NULL, "risk_pct", "risk_pct", INPUT_FRACTION},
    {NULL, "ref", "ref", 0},
    {"order", "type", "order_kind", INPUT_REQUIRED},
    {"order", "price", "order_price", INPUT_POSITIVE},
    {"stop", "price", "stop_price", INPUT_POSITIVE},
    {"stop", "pct", "stop_pct", INPUT_FRACTION},
    {"stop", "atr", "stop_atr", INPUT_TRUE},
    {"target", "price", "target_price", INPUT_POSITIVE},
    {"target", "pct", "target_pct", INPUT_FRACTION},
    {"target", "atr", "target_atr", INPUT_TRUE},
    {NULL, "profile", "profile", 0},
    {NULL, "account", "account", 0},
    {NULL, "expires", "expires", INPUT_DEADLINE},
    {NULL, "tags", "tags", INPUT_TAGS},
    {NULL, "trailing_stop_pct", "trailing_stop_pct", INPUT_FRACTION},
    {NULL, "close_at", "close_at", INPUT_DEADLINE},
    {NULL, "max_hold_minutes", "max_hold_minutes", INPUT_POSITIVE},
    {"link", "to", "link_to", INPUT_REQUIRED},
    {"link", "type", "link_type", INPUT_REQUIRED},
    LEG(1, "legs[0]"),
    LEG(2, "legs[1]"),
    LEG(3, "legs[2]"),
    LEG(4, "legs[3]"),
    END,
};
static const struct input_key scale_in[] = {
    {NULL, "lot", "lot", INPUT_POSITIVE},
    {NULL, "ref", "ref", 0},
    ANY_SYMBOL,
    {NULL, "side", "side", 0},
    {NULL, "quantity", "quantity", INPUT_REQUIRED | INPUT_POSITIVE},
    {NULL, "trigger_profit_pct", "trigger_profit_pct", INPUT_FRACTION},
    {NULL, "reason", "reason", 0},
    END,
};
static const struct input_key exit_[] = {
    {NULL, "lot", "lot", INPUT_POSITIVE},
    {NULL, "ref", "ref", 0},
    ANY_SYMBOL,
    {NULL, "side", "side", 0},
    {NULL, "quantity", "quantity", INPUT_POSITIVE},
    {NULL, "reason", "reason", 0},
    END,
};
static const struct input_key stop[] = {
    {NULL, "lot", "lot", INPUT_POSITIVE},
    {NULL, "ref", "ref", 0},
    ANY_SYMBOL,
    {NULL, "price", "price", INPUT_REQUIRED | INPUT_POSITIVE},
    {NULL, "force", "force", INPUT_FLAG},
    END,
};
static const struct input_key fault[] = {
    {NULL, "what", "what", INPUT_REQUIRED},
    {"order", "role", "role", 0},
    {"order", "ref", "ref", 0},
    {NULL, "op", "op", 0},
    {NULL, "class", "class", 0},
    {NULL, "count", "count", INPUT_POSITIVE},
    {NULL, "code", "code", 0},
    ANY_SYMBOL,
    {NULL, "lot", "lot", INPUT_POSITIVE},
    {NULL, "delay", "delay", INPUT_DURATION},
    {NULL, "quantity", "quantity", 0},
    {NULL, "price", "price", INPUT_POSITIVE},
    END,
};
static const struct input_key resume[] = {
    SYMBOL,
    {NULL, "reason", "reason", 0},
    END,
};

static const struct input_key rule_switch[] = {
    {NULL, "rule", "rule", INPUT_REQUIRED},
    {NULL, "on", "on", INPUT_REQUIRED | INPUT_FLAG},
    END,
};

static const struct input_key assign[] = {
    {NULL, "lot", "lot", INPUT_POSITIVE},
    {NULL, "ref", "ref", 0},
    ANY_SYMBOL,
    {NULL, "profile", "profile", INPUT_REQUIRED},
    END,
};
static const struct input_key consolidate[] = {
    SYMBOL,
    {NULL, "side", "side", 0},
    {NULL, "tranches", "tranches", INPUT_NUMBERS},
    END,
};

static const struct input_key adopt[] = {
    SYMBOL,
    {NULL, "side", "side", INPUT_REQUIRED},
    {NULL, "quantity", "quantity", INPUT_REQUIRED | INPUT_POSITIVE},
    {NULL, "original", "original", INPUT_POSITIVE},
    {NULL, "price", "price", INPUT_REQUIRED | INPUT_POSITIVE},
    {NULL, "stop", "stop", INPUT_POSITIVE},
    {NULL, "initial_stop", "initial_stop", INPUT_POSITIVE},
    {NULL, "target", "target", INPUT_POSITIVE},
    {NULL, "opened", "opened", 0},
    {NULL, "via", "via", 0},
    {NULL, "profile", "profile", 0},
    {NULL, "ref", "ref", 0},
    {NULL, "ticket", "ticket", 0},
    {NULL, "account", "account", 0},
    END,
};

static const struct input_type types[] = {
    {PAWL_EV_QUOTE, quote},       {PAWL_EV_TRADE, trade},
    {PAWL_EV_BAR, bar},           {PAWL_EV_MARK, mark},
    {PAWL_EV_LIQUIDATION, liquidation}, {PAWL_EV_SIGNAL, signal},
    {PAWL_EV_ENTRY, entry},       {PAWL_EV_SCALE_IN, scale_in},
    {PAWL_EV_EXIT, exit_},        {PAWL_EV_STOP, stop},
    {PAWL_EV_FAULT, fault},       {PAWL_EV_RESUME, resume},
    {PAWL_EV_RULE_SWITCH, rule_switch}, {PAWL_EV_ASSIGN, assign},
    {PAWL_EV_CONSOLIDATE, consolidate}, {PAWL_EV_ADOPT, adopt},
};

const struct input_type *input_type_of(uint16_t event_type) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].type == event_type) return &types[i];
    return NULL;
}

const char *const input_tags[] = {"bot_id",  "prompt_id",         "strategy",
                                  "user_id", "user_principal_id", "subscription_id", NULL};
