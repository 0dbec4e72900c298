/* load_instruments.c - the section instruments, and the shipped table it inherits from. */
#include <string.h>

#include "base/alloc.h"
#include "base/rfc3339.h"
#include "config/loading.h"
#include "pawl_num.h"

#define AT(member) FIELD_AT(struct config_instrument, member)
#define ROOM(member) FIELD_ROOM(struct config_instrument, member)
#define POSITIVE .min = 1, .max = INT64_MAX
#define NOT_NEGATIVE .min = 0, .max = INT64_MAX

/* No defaults: what is absent is inherited. */
static const struct field fields[] = {
    {"inherit", FIELD_OTHER, .doc = "Row of the shipped table; the symbol's own if not given."},
    {"account", FIELD_NAME, ROOM(account),
     .doc = "Where it is traded; the only account if not given."},
    {"profile", FIELD_NAME, ROOM(base.profile),
     .doc = "Of entries that name none; the opener holds everything if not given."},
    {"name", FIELD_TEXT, ROOM(name), .doc = "For people."},
    {"venue", FIELD_TEXT, ROOM(venue), .doc = "Exchange or network."},
    {"class", FIELD_TEXT, ROOM(base.class_), .choices = "fx|metal|equity|crypto|future|option|cfd",
     .doc = "Kind of instrument."},
    {"currency", FIELD_NAME, ROOM(base.currency),
     .doc = "Of its prices; the account's if not given."},
    {"sector", FIELD_TEXT, ROOM(base.sector), .doc = "Group whose exposure is limited together."},
    {"session", FIELD_TEXT, ROOM(session),
     .doc = "Calendar of its trading hours; always open if not given."},
    {"tick", FIELD_DECIMAL, AT(base.tick), POSITIVE, .doc = "Prices are multiples of it."},
    {"step", FIELD_DECIMAL, AT(base.step), POSITIVE, .doc = "Quantities are multiples of it."},
    {"min_quantity", FIELD_DECIMAL, AT(base.min_quantity), POSITIVE,
     .doc = "Smallest order; one step if not given."},
    {"max_quantity", FIELD_DECIMAL, AT(base.max_quantity), NOT_NEGATIVE,
     .doc = "Largest order; 0 = any."},
    {"min_notional", FIELD_DECIMAL, AT(base.min_notional), NOT_NEGATIVE,
     .doc = "Smallest order in money; 0 = any."},
    {"multiplier", FIELD_DECIMAL, AT(base.multiplier), POSITIVE,
     .doc = "Money = price difference x quantity x this; 1 if not given."},
    {"pip_size", FIELD_DECIMAL, AT(base.pip_size), NOT_NEGATIVE,
     .doc = "Price of a pip; 0 = no pips."},
    {"pip_value_per_std_lot", FIELD_DECIMAL, AT(base.pip_value_per_std_lot), NOT_NEGATIVE,
     .doc = "Account currency per pip and 1.0 lot."},
    {"pip_value_currency", FIELD_NAME, ROOM(pip_value_currency),
     .doc = "Currency of the pip value."},
    {"pip_value_fallback", FIELD_BOOL, AT(pip_value_fallback),
     .doc = "The pip value is a constant that stands in for a conversion rate."},
    {"min_stop_distance", FIELD_DECIMAL, AT(base.min_stop_distance), NOT_NEGATIVE,
     .doc = "Least distance of a stop from the price; 0 = any."},
    {"underlying", FIELD_TEXT, ROOM(underlying), .doc = "Of a derivative."},
    {"expiry", FIELD_TEXT, ROOM(expiry), .doc = "Of a derivative: 2026-12-18."},
    {"right", FIELD_TEXT, ROOM(right), .choices = "call|put", .doc = "Of an option."},
    {"strike", FIELD_DECIMAL, AT(strike), POSITIVE, .doc = "Of an option."},
    {"exercise", FIELD_TEXT, ROOM(exercise), .choices = "american|european",
     .doc = "Of an option."},
    {"contract", FIELD_TEXT, ROOM(contract), .choices = "linear|inverse",
     .doc = "How its profit depends on the price; linear if not given."},
    {"settlement", FIELD_NAME, ROOM(settlement),
     .doc = "Currency of its profit; of its prices if not given."},
    {"leverage", FIELD_DECIMAL, AT(leverage), .min = PAWL_E8, .max = 1000 * PAWL_E8,
     .doc = "The account's if not given."},
    {"maintenance_margin", FIELD_DECIMAL, AT(maintenance_margin), .min = 1, .max = PAWL_E8,
     .doc = "As a fraction of the notional: 0.005 = 0.5 %."},
    {.name = NULL}};

enum inherited { INHERITED_NOTHING = 0, INHERITED_ROW, INHERITED_FAULT };

/* Row `name` of the shipped table into out. */
static enum inherited inherit(struct loading *l, const char *name, struct config_instrument *out) {
    const json_t *row = json_object_get(l->shipped, name);
    if (row == NULL) return INHERITED_NOTHING;
    struct report report = {.errors = l->report.errors, .file = l->config->host.instruments_file};
    struct path path = {.key = name};
    int rc = fields_read(&report, &path, row, fields, out, 0);
    if (rc == PAWL_OK) return INHERITED_ROW;
    l->rc = rc;
    return INHERITED_FAULT;
}

static enum inherited load_base(struct loading *l, const struct path *path, const char *symbol,
                                const json_t *object, struct config_instrument *out) {
    const json_t *row = json_object_get(object, "inherit");
    struct path part = {.up = path, .key = "inherit"};
    struct report_list known = {.at = 0};
    struct nearest nearest = {.wanted = json_is_string(row) ? json_string_value(row) : ""};
    if (row == NULL) return inherit(l, symbol, out);
    if (!json_is_string(row)) {
        loading_fault(l, &part, "must be text");
        return INHERITED_FAULT;
    }
    enum inherited result = inherit(l, nearest.wanted, out);
    if (result != INHERITED_NOTHING) return result;
    const char *key;
    json_t *value;
    json_object_foreach(l->shipped, key, value) {
        report_list_add(&known, key);
        nearest_offer(&nearest, key);
    }
    const char *file = l->config->host.instruments_file;
    loading_fault(l, &part, "%s has no row \"%.31s\"; it has: %s",
                  file[0] != '\0' ? file : "the shipped table", nearest.wanted,
                  report_list_text(&known));
    return INHERITED_FAULT;
}

/* An inherited pip value is that of the row's pip and lot; follow where these were changed. */
static void rescale_pip_value(struct loading *l, const struct path *path, const json_t *object,
                              const struct pawl_instrument *row, struct pawl_instrument *base) {
    struct path part = {.up = path, .key = "pip_value_per_std_lot"};
    int64_t value = row->pip_value_per_std_lot.e8;
    if (value == 0 || json_object_get(object, part.key) != NULL) return;
    if (row->pip_size.e8 == 0 || row->multiplier.e8 == 0) return;
    if (pawl_muldiv(value, base->pip_size.e8, row->pip_size.e8, PAWL_ROUND_EVEN, &value) != 0 ||
        pawl_muldiv(value, base->multiplier.e8, row->multiplier.e8, PAWL_ROUND_EVEN, &value) != 0)
        loading_fault(l, &part, "is out of range for this pip_size and multiplier: give one");
    else
        base->pip_value_per_std_lot.e8 = value;
}

/* Account and what follows from it. */
static void settle_account(struct loading *l, const struct path *path, const json_t *object,
                           struct config_instrument *out) {
    const struct config *config = l->config;
    struct path part = {.up = path, .key = "account"};
    if (out->account[0] == '\0' && config->account_count == 1)
        memcpy(out->account, config->accounts[0].name, sizeof out->account);
    if (out->account[0] == '\0') {
        struct report_list known = {.at = 0};
        for (uint32_t i = 0; i < config->account_count; i++)
            report_list_add(&known, config->accounts[i].name);
        if (json_object_get(object, "account") == NULL)
            loading_fault(l, &part, "required; accounts: %s", report_list_text(&known));
        return;
    }
    loading_account_name(l, &part, out->account);
    const struct config_account *account = config_account_find(config, out->account);
    if (account == NULL) return;
    if (out->base.currency[0] == '\0')
        memcpy(out->base.currency, account->currency, sizeof out->base.currency);
    if (json_object_get(object, "pip_value_currency") == NULL &&
        json_object_get(object, "pip_value_per_std_lot") != NULL)
        memcpy(out->pip_value_currency, account->currency, sizeof out->pip_value_currency);
    part.key = "pip_value_per_std_lot";
    if (out->base.pip_value_per_std_lot.e8 > 0 && out->pip_value_currency[0] != '\0' &&
        strcmp(out->pip_value_currency, account->currency) != 0)
        loading_fault(l, &part, "is in %s, but account %s is in %s: give one in %s",
                      out->pip_value_currency, account->name, account->currency, account->currency);
}

static void settle_numbers(struct loading *l, const struct path *path, const json_t *object,
                           enum inherited inherited, struct config_instrument *out) {
    struct path part = {.up = path};
    struct pawl_instrument *base = &out->base;
    const struct {
        const char *key;
        int64_t value;
    } needed[] = {{"tick", base->tick.e8}, {"step", base->step.e8}};
    for (size_t i = 0; i < 2; i++) {
        part.key = needed[i].key;
        if (inherited == INHERITED_FAULT || needed[i].value > 0 ||
            json_object_get(object, needed[i].key) != NULL)
            continue;
        if (inherited == INHERITED_ROW)
            loading_fault(l, &part, "required");
        else
            loading_fault(l, &part, "required: the shipped table has no row \"%s\" to inherit from",
                          base->symbol);
    }
    if (base->multiplier.e8 == 0) base->multiplier.e8 = PAWL_E8;
    int own_minimum = json_object_get(object, "min_quantity") != NULL;
    if (!own_minimum && base->step.e8 > 0 && base->min_quantity.e8 % base->step.e8 != 0)
        base->min_quantity.e8 = 0; /* an inherited one that another step has overruled */
    if (base->min_quantity.e8 == 0) base->min_quantity.e8 = base->step.e8;
    part.key = "min_quantity";
    if (base->step.e8 > 0 && base->min_quantity.e8 % base->step.e8 != 0)
        loading_fault(l, &part, "must be a multiple of step");
    part.key = "max_quantity";
    if (base->max_quantity.e8 > 0 && base->max_quantity.e8 < base->min_quantity.e8)
        loading_fault(l, &part, "must not be below min_quantity");
    part.key = "pip_size";
    if (base->tick.e8 > 0 && base->pip_size.e8 % base->tick.e8 != 0)
        loading_fault(l, &part, "must be a multiple of tick");
}

static void settle_contract(struct loading *l, const struct path *path,
                            struct config_instrument *out) {
    struct path part = {.up = path, .key = "contract"};
    int64_t time;
    char day[48];
    if (strcmp(out->contract, "inverse") == 0)
        loading_fault(l, &part, "inverse contracts are not traded: profit is reckoned linearly");
    if (out->contract[0] == '\0') memcpy(out->contract, "linear", 7);
    if (out->settlement[0] == '\0')
        memcpy(out->settlement, out->base.currency, sizeof out->settlement);
    part.key = "expiry";
    size_t length = strlen(out->expiry);
    if (length == 0) return;
    memcpy(day, out->expiry, length);
    memcpy(day + length, "T00:00:00Z", 11);
    if (rfc3339_parse(day, length + 10, &time) != PAWL_OK)
        loading_fault(l, &part, "must be a date, as in \"2026-12-18\"");
}

static void load_instrument(struct loading *l, const struct path *path, const char *symbol,
                            const json_t *object, struct config_instrument *out) {
    const struct field text = {"", FIELD_TEXT, ROOM(base.symbol)};
    char message[FIELD_MESSAGE_MAX + 1];
    if (symbol[0] == '\0')
        loading_fault(l, path, "a symbol must not be empty");
    else if (field_from_text(&text, symbol, out, message) != PAWL_OK)
        loading_fault(l, path, "a symbol %s", message);
    if (!json_is_object(object)) {
        loading_fault(l, path, "must be an object");
        return;
    }
    enum inherited inherited = load_base(l, path, symbol, object, out);
    const struct pawl_instrument row = out->base;
    loading_fields(l, path, object, fields, out, 0);
    rescale_pip_value(l, path, object, &row, &out->base);
    settle_account(l, path, object, out);
    settle_numbers(l, path, object, inherited, out);
    settle_contract(l, path, out);
}

int load_instruments(struct loading *l) {
    struct path instruments = {.key = "instruments"};
    const json_t *object = loading_object(l, "instruments", CONFIG_INSTRUMENTS_MAX);
    if (object == NULL) return PAWL_OK;
    l->config->instruments = mem_calloc(json_object_size(object), sizeof *l->config->instruments);
    if (l->config->instruments == NULL) return PAWL_E_NOMEM;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        struct path path = {.up = &instruments, .key = key};
        load_instrument(l, &path, key, value,
                        &l->config->instruments[l->config->instrument_count++]);
    }
    return PAWL_OK;
}
