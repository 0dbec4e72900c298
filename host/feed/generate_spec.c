#include "feed/generate_spec.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/err.h"
#include "feed/scan.h"
#include "feed/stamp.h"
#include "pawl_num.h"

#define PRICE_MAX (INT64_C(10000000) * PAWL_E8)
#define PPM_MAX 100000

struct context { /* what errors need to say where */
    const char *path;
    struct pawl_err *err;
};

static int bad(const struct context *c, const char *where, const char *key, const char *message) {
    return pawl_fail(c->err, PAWL_E_CONFIG, "%s: %s%s%s: %s", c->path, where,
                     where[0] != '\0' ? "." : "", key, message);
}

/* Every key of `object` is one of `known` (ends with NULL). */
static int only_keys(const struct context *c, const json_t *object, const char *where,
                     const char *const *known) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        const char *const *k = known;
        while (*k != NULL && strcmp(*k, key) != 0) k++;
        if (*k == NULL) return bad(c, where, key, "unknown key");
    }
    return PAWL_OK;
}

static int get_int(const struct context *c, const json_t *object, const char *where,
                   const char *key, int64_t min, int64_t max, int64_t *ret) {
    char message[96];
    const json_t *value = json_object_get(object, key);
    if (value == NULL && *ret >= min) return PAWL_OK; /* the default stands */
    if (json_is_integer(value) && json_integer_value(value) >= min &&
        json_integer_value(value) <= max) {
        *ret = json_integer_value(value);
        return PAWL_OK;
    }
    snprintf(message, sizeof message, "must be a whole number from %lld to %lld", (long long)min,
             (long long)max);
    return bad(c, where, key, message);
}

static int get_decimal(const struct context *c, const json_t *object, const char *key, int64_t min,
                       int64_t max, int64_t *ret) {
    const char *text = json_string_value(json_object_get(object, key));
    int64_t value;
    if (json_object_get(object, key) == NULL && *ret >= min) return PAWL_OK;
    if (text == NULL || pawl_parse_e8(text, strlen(text), &value) != PAWL_OK || value < min ||
        value > max)
        return bad(c, "", key, "must be a decimal string within its range, like \"0.01\"");
    *ret = value;
    return PAWL_OK;
}

/* "HH:MM" to minutes of the day. */
static int minutes_of(const char *text, int *ret) {
    if (text == NULL || strlen(text) != 5 || text[2] != ':') return PAWL_E_DATA;
    for (int i = 0; i < 5; i++)
        if (i != 2 && scan_digit(text[i]) > 9) return PAWL_E_DATA;
    int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
    if (hour > 23 || minute > 59) return PAWL_E_DATA;
    *ret = hour * 60 + minute;
    return PAWL_OK;
}

static int get_clock(const struct context *c, const json_t *object, const char *where,
                     const char *key, int *ret) {
    if (minutes_of(json_string_value(json_object_get(object, key)), ret) == PAWL_OK) return PAWL_OK;
    return bad(c, where, key, "must be a time of day, \"HH:MM\"");
}

/* "Sun 23:00" to minutes of the week. */
static int get_week_time(const struct context *c, const json_t *object, const char *key, int *ret) {
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    const char *text = json_string_value(json_object_get(object, key));
    int minute;
    for (int day = 0; day < 7; day++) {
        if (text == NULL || strncmp(text, days[day], 3) != 0 || text[3] != ' ') continue;
        if (minutes_of(text + 4, &minute) != PAWL_OK) break;
        *ret = day * GENERATE_DAY_MINUTES + minute;
        return PAWL_OK;
    }
    return bad(c, "week", key, "must be a day and a time, \"Sun 23:00\"");
}

static int get_hours(const struct context *c, const json_t *root, struct generate_spec *spec) {
    static const char *const week_keys[] = {"opens", "closes", NULL}, *const break_keys[] = {
                                                                          "from", "to", NULL};
    const json_t *week = json_object_get(root, "week"), *pause = json_object_get(root, "break");
    int rc = PAWL_OK;
    if (week != NULL) {
        spec->week = 1;
        if ((rc = only_keys(c, week, "week", week_keys)) != PAWL_OK ||
            (rc = get_week_time(c, week, "opens", &spec->opens)) != PAWL_OK ||
            (rc = get_week_time(c, week, "closes", &spec->closes)) != PAWL_OK)
            return rc;
    }
    if (pause != NULL) {
        spec->pause = 1;
        if ((rc = only_keys(c, pause, "break", break_keys)) != PAWL_OK ||
            (rc = get_clock(c, pause, "break", "from", &spec->pause_from)) != PAWL_OK ||
            (rc = get_clock(c, pause, "break", "to", &spec->pause_to)) != PAWL_OK)
            return rc;
    }
    return rc;
}

static int get_sessions(const struct context *c, const json_t *root, struct generate_spec *spec) {
    static const char *const keys[] = {"name",           "from",   "to", "quotes_per_minute",
                                       "volatility_ppm", "spread", NULL};
    const json_t *list = json_object_get(root, "sessions"), *one;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) == 0 ||
        json_array_size(list) > GENERATE_SESSIONS_MAX)
        return bad(c, "", "sessions", "must be a list of 1 to 16 sessions");
    json_array_foreach(list, i, one) {
        struct generate_session *session = &spec->sessions[i];
        char where[32];
        int rc;
        snprintf(where, sizeof where, "sessions[%zu]", i);
        *session = (struct generate_session){0};
        if ((rc = only_keys(c, one, where, keys)) != PAWL_OK ||
            (rc = get_clock(c, one, where, "from", &session->from)) != PAWL_OK ||
            (rc = get_clock(c, one, where, "to", &session->to)) != PAWL_OK ||
            (rc = get_int(c, one, where, "quotes_per_minute", 1, 600,
                          &session->quotes_per_minute)) != PAWL_OK ||
            (rc = get_int(c, one, where, "volatility_ppm", 1, PPM_MAX, &session->volatility_ppm)) !=
                PAWL_OK ||
            (rc = get_int(c, one, where, "spread", 1, 10000, &session->spread_ticks)) != PAWL_OK)
            return rc;
    }
    spec->session_count = i;
    return PAWL_OK;
}

static int get_burst(const struct context *c, const json_t *root, struct generate_spec *spec) {
    static const char *const keys[] = {"per_day", "minutes", "factor", NULL};
    const json_t *burst = json_object_get(root, "burst");
    int rc;
    if (burst == NULL) return PAWL_OK;
    if ((rc = only_keys(c, burst, "burst", keys)) != PAWL_OK ||
        (rc = get_int(c, burst, "burst", "per_day", 1, GENERATE_DAY_MINUTES,
                      &spec->burst_per_day)) != PAWL_OK ||
        (rc = get_int(c, burst, "burst", "minutes", 1, GENERATE_DAY_MINUTES,
                      &spec->burst_minutes)) != PAWL_OK)
        return rc;
    return get_int(c, burst, "burst", "factor", 1, 20, &spec->burst_factor);
}

static int get_names(const struct context *c, const json_t *root, struct generate_spec *spec) {
    const char *label = json_string_value(json_object_get(root, "generated"));
    const char *symbol = json_string_value(json_object_get(root, "symbol"));
    const char *start = json_string_value(json_object_get(root, "start")), *at = start;
    int utc;
    if (label == NULL || label[0] == '\0')
        return bad(c, "", "generated", "must be a text that says that this is no market data");
    if (symbol == NULL || symbol[0] == '\0' || strlen(symbol) > FEED_TEXT_MAX)
        return bad(c, "", "symbol", "must be the name of an instrument");
    snprintf(spec->symbol, sizeof spec->symbol, "%s", symbol);
    if (start == NULL || strlen(start) != 10 || stamp_scan(&at, &spec->start_ns, &utc) != PAWL_OK ||
        *at != '\0' || utc || spec->start_ns <= 0)
        return bad(c, "", "start", "must be a day, \"2024-01-07\"");
    return PAWL_OK;
}

static int check(const struct context *c, const json_t *root, struct generate_spec *spec) {
    static const char *const keys[] = {"generated", "symbol",    "seed",  "start", "days",
                                       "price",     "tick",      "week",  "break", "gap_ppm",
                                       "sessions",  "trend_ppm", "burst", "size",  NULL};
    int64_t seed = -1;
    int rc;
    if (!json_is_object(root))
        return pawl_fail(c->err, PAWL_E_CONFIG, "%s: not a JSON object", c->path);
    *spec = (struct generate_spec){.days = 0, .price_e8 = 0, .tick_e8 = 0};
    if ((rc = only_keys(c, root, "", keys)) != PAWL_OK ||
        (rc = get_names(c, root, spec)) != PAWL_OK ||
        (rc = get_int(c, root, "", "seed", 0, INT64_C(1) << 53, &seed)) != PAWL_OK ||
        (rc = get_int(c, root, "", "days", 1, GENERATE_DAYS_MAX, &spec->days)) != PAWL_OK ||
        (rc = get_decimal(c, root, "price", 1, PRICE_MAX, &spec->price_e8)) != PAWL_OK ||
        (rc = get_decimal(c, root, "tick", 1, PRICE_MAX, &spec->tick_e8)) != PAWL_OK ||
        (rc = get_decimal(c, root, "size", 0, PRICE_MAX, &spec->size_e8)) != PAWL_OK ||
        (rc = get_int(c, root, "", "gap_ppm", 0, PPM_MAX, &spec->gap_ppm)) != PAWL_OK ||
        (rc = get_int(c, root, "", "trend_ppm", 0, PPM_MAX, &spec->trend_ppm)) != PAWL_OK ||
        (rc = get_hours(c, root, spec)) != PAWL_OK ||
        (rc = get_sessions(c, root, spec)) != PAWL_OK || (rc = get_burst(c, root, spec)) != PAWL_OK)
        return rc;
    spec->seed = (uint64_t)seed;
    int64_t widest = 0, room;
    for (size_t i = 0; i < spec->session_count; i++)
        if (spec->sessions[i].spread_ticks > widest) widest = spec->sessions[i].spread_ticks;
    /* Widened up to sixteenfold, at an eighth of the price, a bid must still be left. */
    if (pawl_muldiv(spec->tick_e8, widest * 800, 1, PAWL_ROUND_UP, &room) != PAWL_OK ||
        room > spec->price_e8)
        return bad(c, "", "price", "is too small for these spreads");
    return PAWL_OK;
}

int generate_spec_read(const char *path, struct generate_spec *ret, struct pawl_err *err) {
    struct context context = {path, err};
    json_error_t error;
    FILE *file = fopen(path, "rb");
    if (file == NULL) return pawl_fail(err, PAWL_E_IO, "%s: %s", path, strerror(errno));
    char *text = mem_alloc(GENERATE_FILE_MAX + 1);
    size_t size = text != NULL ? fread(text, 1, GENERATE_FILE_MAX + 1, file) : 0;
    int failed = ferror(file);
    fclose(file);
    int rc = PAWL_OK;
    if (text == NULL)
        rc = pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    else if (failed)
        rc = pawl_fail(err, PAWL_E_IO, "%s: cannot be read", path);
    else if (size > GENERATE_FILE_MAX)
        rc = pawl_fail(err, PAWL_E_CONFIG, "%s: larger than %u bytes", path, GENERATE_FILE_MAX);
    if (rc == PAWL_OK) {
        json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
        rc = root == NULL ? pawl_fail(err, PAWL_E_CONFIG, "%s:%d: %s", path, error.line, error.text)
                          : check(&context, root, ret);
        json_decref(root);
    }
    mem_free(text);
    return rc;
}
