/* decode.c - requests and market data from JSON: the input half of codec.h. */
#include "events/decode.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/rfc3339.h"
#include "pawl_num.h"

/* ---- keys nobody knows ---- */

/* Tables are long and few names begin alike. */
static bool same(const char *a, const char *b) {
    return a[0] == b[0] && strcmp(a, b) == 0;
}

static bool is_in(const struct input_key *key, const char *parent) {
    return parent == NULL || key->parent == NULL ? parent == key->parent
                                                 : same(key->parent, parent);
}

static const struct input_key *key_named(const struct input_key *keys, const char *parent,
                                         const char *name) {
    for (; keys->key != NULL; keys++)
        if (is_in(keys, parent) && same(keys->key, name)) return keys;
    return NULL;
}

enum below { BELOW_NOTHING, BELOW_OBJECT, BELOW_ARRAY };

/* What a name holds whose keys stand in the table under it. */
static enum below below(const struct input_key *keys, const char *name) {
    size_t length = strcspn(name, "[");
    if (name[length] != '\0') return BELOW_NOTHING;
    for (; keys->key != NULL; keys++) {
        if (keys->parent == NULL || strncmp(keys->parent, name, length) != 0) continue;
        if (keys->parent[length] == '\0') return BELOW_OBJECT;
        if (keys->parent[length] == '[') return BELOW_ARRAY;
    }
    return BELOW_NOTHING;
}

#define KNOWN_MAX 160u /* bytes of their list in a message */

/* Those of one object, the objects in it among them: "price, pct, atr". */
static const char *known_keys(const struct input_key *keys, const char *parent,
                              char out[KNOWN_MAX]) {
    const char *before = "";
    size_t at = 0;
    out[0] = '\0';
    for (; keys->key != NULL; keys++) {
        const char *name = parent == NULL && keys->parent != NULL ? keys->parent : keys->key;
        if (parent != NULL && !is_in(keys, parent)) continue;
        size_t length = strcspn(name, "["); /* "legs[0]" is of "legs" */
        if (strcspn(before, "[") == length && memcmp(name, before, length) == 0)
            continue; /* they stand together */
        bool fits = at + length + sizeof ", , ..." <= KNOWN_MAX;
        at += (size_t)snprintf(out + at, KNOWN_MAX - at, "%s%.*s", at > 0 ? ", " : "",
                               fits ? (int)length : 3, fits ? name : "...");
        if (!fits) break;
        before = name;
    }
    return out;
}

static int check_keys(struct decode *d, const struct input_key *keys, const json_t *object,
                      const char *parent);

/* An array whose objects are parents of their own: "legs[2]". */
static int check_items(struct decode *d, const struct input_key *keys, const json_t *array,
                       const char *name) {
    const struct input_key here = {.key = name};
    if (json_array_size(array) == 0 || json_array_size(array) > INPUT_LEGS_MAX)
        return decode_fail(d, &here, "must be an array of 1 to %u objects", INPUT_LEGS_MAX);
    for (size_t i = 0; i < json_array_size(array); i++) {
        char parent[32];
        snprintf(parent, sizeof parent, "%s[%zu]", name, i);
        const json_t *item = json_array_get(array, i);
        if (!json_is_object(item) || json_object_size(item) == 0)
            return decode_fail(d, &here, "must hold objects with at least one key");
        int rc = check_keys(d, keys, item, parent);
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}

/* And puts each value where its key stands in the table. */
static int check_keys(struct decode *d, const struct input_key *keys, const json_t *object,
                      const char *parent) {
    const char *name;
    json_t *value;
    char known[KNOWN_MAX];
    for (const struct input_key *k = keys; k->key != NULL; k++) {
        assert(k - keys < INPUT_KEYS_MAX);
        if ((k->rules & INPUT_REQUIRED) != 0 && is_in(k, parent))
            d->required |= UINT64_C(1) << (k - keys);
    }
    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        struct input_key here = {.parent = parent, .key = name};
        if (parent == NULL && (strcmp(name, "t") == 0 || strcmp(name, "type") == 0)) continue;
        const struct input_key *key = key_named(keys, parent, name);
        if (key != NULL) {
            d->given[key - keys] = value;
            continue;
        }
        enum below below_it = parent == NULL ? below(keys, name) : BELOW_NOTHING;
        if (below_it == BELOW_NOTHING)
            return decode_fail(d, &here, "unknown key; known: %s", known_keys(keys, parent, known));
        if (json_is_null(value) && d->env->open) continue;
        if (below_it == BELOW_OBJECT && (!json_is_object(value) || json_object_size(value) == 0))
            return decode_fail(d, &here, "must be an object with at least one key of %s",
                               known_keys(keys, name, known));
        int rc = below_it == BELOW_ARRAY ? check_items(d, keys, value, name)
                                         : check_keys(d, keys, value, name);
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}

/* ---- what no single field can tell ---- */

static int check_bar(struct decode *d) {
    struct pawl_ev_bar *bar = (struct pawl_ev_bar *)(void *)d->buf;
    if (bar->high.e8 < bar->low.e8) return decode_fail(d, NULL, "high is below low");
    if (bar->open.e8 > bar->high.e8 || bar->open.e8 < bar->low.e8)
        return decode_fail(d, NULL, "open is not between low and high");
    if (bar->close.e8 > bar->high.e8 || bar->close.e8 < bar->low.e8)
        return decode_fail(d, NULL, "close is not between low and high");
    bar->open_time = bar->head.time_ns;
    if (pawl_add_i64(bar->open_time, bar->seconds * PAWL_NS, &bar->head.time_ns) != PAWL_OK)
        return decode_fail(d, NULL, "its end is out of range");
    return PAWL_OK;
}

static int count_of(const json_t *object, const char *const *keys) {
    int count = 0;
    for (; *keys != NULL; keys++) count += json_object_get(object, *keys) != NULL;
    return count;
}

static int check_level(struct decode *d, const json_t *object, const char *which) {
    static const char *const ways[] = {"price", "pct", "atr", NULL};
    const struct input_key here = {.key = which};
    const json_t *level = json_object_get(object, which);
    if (level == NULL || (d->env->open && json_is_null(level)) || count_of(level, ways) == 1)
        return PAWL_OK;
    return decode_fail(d, &here, "exactly one of price, pct, atr must be given");
}

/* A link that changes a lot instead of opening one. */
static bool opens_nothing(const struct pawl_ev_entry *entry) {
    static const char *const types[] = {"stop", "target", "trail", "bracket", NULL};
    for (size_t i = 0; types[i] != NULL; i++)
        if (strcmp(entry->link_type, types[i]) == 0) return true;
    return false;
}

/* A leg is a market order unless it says otherwise; a price goes with the others. */
static int check_legs(struct decode *d, const json_t *object) {
    static const struct input_key here = {.key = "legs"};
    struct pawl_ev_entry *entry = (struct pawl_ev_entry *)(void *)d->buf;
    uint8_t *kinds[] = {&entry->leg1_kind, &entry->leg2_kind, &entry->leg3_kind, &entry->leg4_kind};
    const struct pawl_price prices[] = {entry->leg1_price, entry->leg2_price, entry->leg3_price,
                                        entry->leg4_price};
    entry->leg_count = (uint32_t)json_array_size(json_object_get(object, "legs"));
    for (uint32_t i = 0; i < entry->leg_count; i++) {
        if (*kinds[i] == 0) *kinds[i] = PAWL_KIND_MARKET;
        if (*kinds[i] > PAWL_KIND_STOP)
            return decode_fail(d, &here, "an order of a leg is market, limit or stop");
        if ((*kinds[i] == PAWL_KIND_MARKET) != (prices[i].e8 == 0))
            return decode_fail(d, &here, "a limit or stop leg has a price, a market leg has none");
    }
    if (entry->leg_count == 1) return decode_fail(d, &here, "one leg is no group");
    return PAWL_OK;
}

static int check_entry(struct decode *d, const json_t *object) {
    static const char *const sizes[] = {"quantity", "allocation", "risk_pct", NULL};
    static const struct input_key type_key = {"order", "type", NULL, 0};
    static const struct input_key price_key = {"order", "price", NULL, 0};
    struct pawl_ev_entry *entry = (struct pawl_ev_entry *)(void *)d->buf;
    int said = count_of(object, sizes);
    if (said != 1 && !(said == 0 && opens_nothing(entry)))
        return decode_fail(d, NULL, "exactly one of quantity, allocation, risk_pct must be given");
    int rc = check_level(d, object, "stop");
    if (rc == PAWL_OK) rc = check_level(d, object, "target");
    if (rc == PAWL_OK) rc = check_legs(d, object);
    if (rc != PAWL_OK || d->left_open) return rc;
    if (entry->order_kind == 0) entry->order_kind = PAWL_KIND_MARKET;
    bool market = entry->order_kind == PAWL_KIND_MARKET;
    if (!market && entry->order_kind != PAWL_KIND_LIMIT && entry->order_kind != PAWL_KIND_STOP)
        return decode_fail(d, &type_key, "must be market, limit or stop, not \"%s\"",
                           reflect_enum_text(PAWL_ENUM_KIND, entry->order_kind));
    if (market && entry->order_price.e8 != 0)
        return decode_fail(d, &price_key, "a market order has none");
    if (!market && entry->order_price.e8 == 0) return decode_fail(d, &price_key, "missing");
    if (entry->expires != 0 && entry->expires <= entry->head.time_ns) {
        const struct input_key here = {.key = "expires"};
        return decode_fail(d, &here, "must be later than the entry itself");
    }
    return PAWL_OK;
}

static int check_whole(struct decode *d, const json_t *object) {
    static const char *const which[] = {"lot", "ref", "symbol", NULL};
    static const char *const one_lot[] = {"lot", "ref", NULL};
    switch (d->type->id) {
    case PAWL_EV_BAR: return check_bar(d);
    case PAWL_EV_ENTRY: return check_entry(d, object);
    case PAWL_EV_SCALE_IN:
    case PAWL_EV_EXIT:
        if (count_of(object, which) > 0) return PAWL_OK;
        return decode_fail(d, NULL, "lot, ref or symbol must be given");
    case PAWL_EV_STOP:
        if (count_of(object, one_lot) > 0) return PAWL_OK;
        return decode_fail(d, NULL, "lot or ref must be given");
    default: return PAWL_OK;
    }
}

/* ---- the object ---- */

static int decode_type(struct decode *d, const json_t *object, const struct input_type **ret) {
    static const struct input_key here = {NULL, "type", NULL, 0};
    if (!json_is_object(object)) return decode_fail(d, NULL, "must be a JSON object");
    const json_t *value = json_object_get(object, "type");
    const char *name = value == NULL ? d->env->type : json_string_value(value);
    if (name == NULL) return decode_fail(d, &here, value == NULL ? "missing" : "must be a text");
    const struct schema_event *type = reflect_event_named(name);
    *ret = type == NULL ? NULL : input_type_of(type->id);
    if (*ret == NULL) return decode_fail(d, &here, "unknown event \"%.40s\"", name);
    d->type = type;
    return PAWL_OK;
}

static int decode_t(struct decode *d, const json_t *object) {
    static const struct input_key here = {NULL, "t", NULL, 0};
    const json_t *value = json_object_get(object, "t");
    d->time_ns = d->env->now_ns;
    if (value == NULL)
        return d->time_ns != 0 ? PAWL_OK : decode_fail(d, &here, "missing");
    const char *text = json_string_value(value);
    if (text == NULL || rfc3339_parse(text, json_string_length(value), &d->time_ns) != PAWL_OK)
        return decode_fail(d, &here, "must be an RFC 3339 time such as \"2026-03-01T09:30:00Z\"");
    return PAWL_OK;
}

int event_from_json(const json_t *object, const struct event_decode *env, void *buf, size_t max,
                    struct pawl_err *err) {
    struct decode d = {.env = env, .buf = buf, .err = err};
    d.max = (max < PAWL_EVENT_SIZE_MAX ? max : PAWL_EVENT_SIZE_MAX) / 8 * 8;
    const struct input_type *input;
    assert((uintptr_t)buf % 8 == 0);
    int rc = decode_type(&d, object, &input);
    if (rc == PAWL_OK) rc = decode_t(&d, object);
    if (rc == PAWL_OK) rc = check_keys(&d, input->keys, object, NULL);
    if (rc != PAWL_OK) return rc;
    if (d.type->size > d.max)
        return decode_fail(&d, NULL, "the buffer of %zu bytes is too small", max);
    memset(buf, 0, d.type->size);
    d.size = d.type->size;
    struct pawl_event *head = buf;
    head->time_ns = d.time_ns;
    for (const struct input_key *k = input->keys; k->key != NULL; k++) {
        const json_t *value = d.given[k - input->keys];
        if (value == NULL) {
            if ((d.required >> (k - input->keys) & 1) != 0) return decode_fail(&d, k, "missing");
            continue;
        }
        if (env->open && json_is_null(value)) {
            d.left_open = true;
            continue;
        }
        rc = decode_value(&d, k, value);
        if (rc != PAWL_OK) return rc;
    }
    rc = check_whole(&d, object);
    head->size = d.size;
    head->type = d.type->id;
    return rc == PAWL_OK && env->judge != NULL ? env->judge(env->self, head, err) : rc;
}
