/* load_sessions.c - the section sessions: weeks of trading hours, and the shipped table of them. */
#include <string.h>

#include "base/alloc.h"
#include "base/rfc3339.h"
#include "config/loading.h"

#define WEEK_MINUTES 10080
#define DAY_MINUTES 1440

#define ROOM(member) FIELD_ROOM(struct config_session, member)

static const struct field fields[] = {
    {"tz", FIELD_TEXT, ROOM(tz), .doc = "Time zone of all that follows; UTC if not given."},
    {"hours", FIELD_OTHER, .doc = "\"mon-fri 09:30-16:00\", \"sun 17:00-fri 17:00\"; required."},
    {"breaks", FIELD_OTHER, .doc = "The same form: closed inside the hours."},
    {"holidays", FIELD_OTHER, .doc = "Dates on which nothing is open, as in \"2026-12-25\"."},
    {"special", FIELD_OTHER,
     .doc = "Hours of one date instead of its usual ones: {\"2026-11-27\": \"09:30-13:00\"}."},
    {.name = NULL}};

/* ---- text ---- */

static int day_name(const char **at) {
    static const char names[7][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (int i = 0; i < 7; i++)
        if (strncmp(*at, names[i], 3) == 0) {
            *at += 3;
            return i;
        }
    return -1;
}

/* HH:MM up to 24:00. */
static int clock_time(const char **at, int *ret) {
    const char *p = *at;
    int part[2];
    for (int i = 0; i < 2; i++) {
        if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9') return PAWL_E_DATA;
        part[i] = (p[0] - '0') * 10 + (p[1] - '0');
        p += 2;
        if (i == 0 && *p++ != ':') return PAWL_E_DATA;
    }
    if (part[1] > 59 || part[0] * 60 + part[1] > DAY_MINUTES) return PAWL_E_DATA;
    *ret = part[0] * 60 + part[1];
    *at = p;
    return PAWL_OK;
}

/* "daily", "mon", "mon-fri", "mon,wed" as bits, Monday lowest. */
static int days_of(const char **at, unsigned *ret) {
    unsigned days = 0;
    if (strncmp(*at, "daily", 5) == 0) {
        *at += 5;
        *ret = 0x7f;
        return PAWL_OK;
    }
    for (;; ++*at) {
        int first = day_name(at);
        if (first < 0) return PAWL_E_DATA;
        int last = first;
        if (**at == '-') {
            ++*at;
            last = day_name(at);
            if (last < 0) return PAWL_E_DATA;
        }
        for (int day = first;; day = (day + 1) % 7) {
            days |= 1u << day;
            if (day == last) break;
        }
        if (**at != ',') break;
    }
    *ret = days;
    return PAWL_OK;
}

static int add_range(struct config_week *week, int from, int to) {
    if (week->count == CONFIG_SESSION_RANGES_MAX) return PAWL_E_DATA;
    week->ranges[week->count++] = (struct config_range){(uint16_t)from, (uint16_t)to};
    return PAWL_OK;
}

/* Minutes of the week that begins on Monday; a stretch over its end becomes two. */
static int add_stretch(struct config_week *week, int from, int length) {
    if (length <= 0 || length > WEEK_MINUTES) return PAWL_E_DATA;
    int to = from + length;
    if (to <= WEEK_MINUTES) return add_range(week, from, to);
    int rc = add_range(week, from, WEEK_MINUTES);
    return rc != PAWL_OK ? rc : add_range(week, 0, to - WEEK_MINUTES);
}

/* "mon-fri 09:30-16:00"; an end at or before its start is the next day's; "sun 17:00-fri 17:00". */
static int hours_of(const char *text, struct config_week *week) {
    unsigned days;
    int from, to;
    if (days_of(&text, &days) != PAWL_OK || *text++ != ' ') return PAWL_E_DATA;
    if (clock_time(&text, &from) != PAWL_OK || *text++ != '-') return PAWL_E_DATA;
    const char *name = text;
    int last = day_name(&name);
    if (last >= 0) {
        if (*name != ' ' || (days & (days - 1)) != 0) return PAWL_E_DATA;
        text = name + 1;
    }
    if (clock_time(&text, &to) != PAWL_OK || *text != '\0' || from == DAY_MINUTES)
        return PAWL_E_DATA;
    int rc = PAWL_OK;
    for (int day = 0; rc == PAWL_OK && day < 7; day++) {
        if ((days & 1u << day) == 0) continue;
        int length = to - from;
        if (last >= 0) length += (last - day + 7) % 7 * DAY_MINUTES;
        if (length <= 0) length += last >= 0 ? WEEK_MINUTES : DAY_MINUTES;
        rc = add_stretch(week, day * DAY_MINUTES + from, length);
    }
    return rc;
}

static int date_of(const char *text, int32_t *ret) {
    char full[32];
    int64_t time;
    if (strlen(text) != 10) return PAWL_E_DATA;
    memcpy(full, text, 10);
    memcpy(full + 10, "T00:00:00Z", 11);
    if (rfc3339_parse(full, 20, &time) != PAWL_OK) return PAWL_E_DATA;
    *ret = (int32_t)(time / (86400 * PAWL_NS));
    return PAWL_OK;
}

/* ---- one calendar ---- */

static void load_week(struct loading *l, const struct path *path, const json_t *list,
                      struct config_week *week) {
    if (list == NULL) return;
    if (!json_is_array(list)) {
        loading_fault(l, path, "must be a list of texts as \"mon-fri 09:30-16:00\"");
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct path here = {.up = path, .index = i};
        const char *text = json_string_value(json_array_get(list, i));
        uint32_t before = week->count;
        if (text != NULL && hours_of(text, week) == PAWL_OK) continue;
        if (week->count > before && week->count == CONFIG_SESSION_RANGES_MAX)
            loading_fault(l, &here, "is more than %u stretches a week", CONFIG_SESSION_RANGES_MAX);
        else
            loading_fault(l, &here,
                          "must be days and hours: \"mon-fri 09:30-16:00\", \"daily 00:00-24:00\" "
                          "or \"sun 17:00-fri 17:00\"");
    }
}

static int load_holidays(struct loading *l, const struct path *path, const json_t *list,
                         struct config_session *out) {
    size_t count = json_array_size(list);
    if (list == NULL) return PAWL_OK;
    if (!json_is_array(list) || count > CONFIG_SESSION_DATES_MAX) {
        loading_fault(l, path, "must be a list of at most %u dates", CONFIG_SESSION_DATES_MAX);
        return PAWL_OK;
    }
    out->dates = mem_calloc(count + CONFIG_SESSION_DATES_MAX, sizeof *out->dates);
    if (out->dates == NULL) return PAWL_E_NOMEM;
    for (size_t i = 0; i < count; i++) {
        struct path here = {.up = path, .index = i};
        const char *text = json_string_value(json_array_get(list, i));
        if (text == NULL || date_of(text, &out->dates[out->date_count].day) != PAWL_OK)
            loading_fault(l, &here, "must be a date, as in \"2026-12-25\"");
        else
            out->date_count++;
    }
    return PAWL_OK;
}

static int load_special(struct loading *l, const struct path *path, const json_t *object,
                        struct config_session *out) {
    const char *key;
    json_t *value;
    if (object == NULL) return PAWL_OK;
    if (!json_is_object(object) || json_object_size(object) > CONFIG_SESSION_DATES_MAX) {
        loading_fault(l, path, "must be an object of at most %u dates", CONFIG_SESSION_DATES_MAX);
        return PAWL_OK;
    }
    if (out->dates == NULL) out->dates = mem_calloc(CONFIG_SESSION_DATES_MAX, sizeof *out->dates);
    if (out->dates == NULL) return PAWL_E_NOMEM;
    json_object_foreach((json_t *)object, key, value) {
        struct path here = {.up = path, .key = key};
        struct config_date *date = &out->dates[out->date_count];
        const char *text = json_string_value(value);
        int from, to;
        if (date_of(key, &date->day) != PAWL_OK || text == NULL ||
            clock_time(&text, &from) != PAWL_OK || *text++ != '-' ||
            clock_time(&text, &to) != PAWL_OK || *text != '\0' || to <= from) {
            loading_fault(l, &here,
                          "must be a date and its hours: \"2026-11-27\": \"09:30-13:00\"");
            continue;
        }
        date->hours = (struct config_range){(uint16_t)from, (uint16_t)to};
        out->date_count++;
    }
    return PAWL_OK;
}

static int load_session(struct loading *l, const struct path *path, const char *name,
                        const json_t *object, struct config_session *out) {
    struct path hours = {.up = path, .key = "hours"}, breaks = {.up = path, .key = "breaks"};
    struct path holidays = {.up = path, .key = "holidays"};
    struct path special = {.up = path, .key = "special"};
    if (!name_is_valid(name, sizeof out->name - 1))
        loading_fault(l, path, "the name of a calendar must be [A-Za-z0-9_-]{1,%zu}",
                      sizeof out->name - 1);
    else
        memcpy(out->name, name, strlen(name) + 1);
    if (!json_is_object(object)) {
        loading_fault(l, path, "must be an object");
        return PAWL_OK;
    }
    memcpy(out->tz, "UTC", 4);
    loading_fields(l, path, object, fields, out, 0);
    load_week(l, &hours, json_object_get(object, "hours"), &out->hours);
    load_week(l, &breaks, json_object_get(object, "breaks"), &out->breaks);
    if (json_object_get(object, "hours") == NULL) loading_fault(l, &hours, "required");
    int rc = load_holidays(l, &holidays, json_object_get(object, "holidays"), out);
    return rc != PAWL_OK ? rc : load_special(l, &special, json_object_get(object, "special"), out);
}

/* ---- the section, and what instruments name ---- */

const struct config_session *config_session_find(const struct config *config, const char *name) {
    for (uint32_t i = 0; i < config->session_count; i++)
        if (strcmp(config->sessions[i].name, name) == 0) return &config->sessions[i];
    return NULL;
}

/* The row of the shipped table under this name; its faults are the table's. */
static int take_shipped(struct loading *l, const json_t *table, const char *name) {
    const json_t *row = json_object_get(table, name);
    if (row == NULL) return PAWL_E_NOTFOUND;
    struct report own = l->report;
    struct path path = {.key = name};
    l->report = (struct report){.errors = own.errors, .file = l->config->host.sessions_file};
    int rc = load_session(l, &path, name, row, &l->config->sessions[l->config->session_count]);
    l->report = own;
    l->config->session_count++;
    return rc;
}

static void unknown(struct loading *l, const struct config_instrument *in, const json_t *table) {
    struct path instruments = {.key = "instruments"};
    struct path one = {.up = &instruments, .key = in->base.symbol};
    struct path path = {.up = &one, .key = "session"};
    struct report_list known = {.at = 0};
    const char *key;
    json_t *value;
    for (uint32_t i = 0; i < l->config->session_count; i++)
        if (l->config->sessions[i].name[0] != '\0')
            report_list_add(&known, l->config->sessions[i].name);
    json_object_foreach((json_t *)table, key, value) {
        if (config_session_find(l->config, key) == NULL) report_list_add(&known, key);
    }
    loading_fault(l, &path, "there is no calendar \"%.31s\"; known: %s", in->session,
                  report_list_text(&known));
}

int load_sessions(struct loading *l) {
    struct config *config = l->config;
    struct path sessions = {.key = "sessions"};
    const json_t *object = loading_object(l, "sessions", CONFIG_SESSIONS_MAX);
    json_t *table = NULL;
    const char *key;
    json_t *value;
    int rc = PAWL_OK;
    config->sessions = mem_calloc(2 * CONFIG_SESSIONS_MAX, sizeof *config->sessions);
    if (config->sessions == NULL) return PAWL_E_NOMEM;
    json_object_foreach((json_t *)object, key, value) {
        struct path path = {.up = &sessions, .key = key};
        rc = load_session(l, &path, key, value, &config->sessions[config->session_count++]);
        if (rc != PAWL_OK) return rc;
    }
    if (config->host.sessions_file[0] != '\0')
        rc = source_read_object(config->host.sessions_file, &table, l->report.errors);
    if (rc == PAWL_E_CONFIG) l->rc = rc;
    for (uint32_t i = 0; rc != PAWL_E_NOMEM && i < config->instrument_count; i++) {
        const struct config_instrument *in = &config->instruments[i];
        if (in->session[0] == '\0' || config_session_find(config, in->session) != NULL) continue;
        if (config->session_count == 2 * CONFIG_SESSIONS_MAX) break;
        rc = take_shipped(l, table, in->session);
        if (rc == PAWL_E_NOTFOUND) unknown(l, in, table);
    }
    json_decref(table);
    return rc == PAWL_E_NOMEM ? rc : PAWL_OK;
}

void sessions_free(struct config *config) {
    for (uint32_t i = 0; config->sessions != NULL && i < config->session_count; i++)
        mem_free(config->sessions[i].dates);
    mem_free(config->sessions);
}
