#include "series/calendar.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/names.h"
#include "base/tz.h"

#define DAY_MINUTES 1440
#define WEEK_DAYS 7
#define MINUTE_NS (60 * PAWL_NS)
#define DAY_NS (DAY_MINUTES * MINUTE_NS)
/* One session is looked at for this long; what lasts longer counts as always open. */
#define SESSION_DAYS_MAX 15
#define NEVER 0

struct day_hours { /* minutes of one weekday, rising, not touching; a break may split it */
    uint32_t count;
    struct config_range ranges[2 * CONFIG_SESSION_RANGES_MAX];
};

struct calendar {
    char name[32];
    struct tz *tz;
    struct day_hours week[WEEK_DAYS];
    uint32_t date_count;
    struct config_date *dates; /* rising */
    int64_t memo_from, memo_to; /* what `memo` says holds in [from, to) */
    struct pawl_session memo;
};

struct calendars {
    struct calendar *all;
    uint32_t count;
    uint32_t *of; /* by instrument: index + 1; 0 = none */
    uint32_t instruments;
};

/* ---- the week ---- */

/* The open minutes of a weekday, as a map of its minutes. */
static void day_hours(const struct config_session *from, int day, struct day_hours *ret) {
    bool open[DAY_MINUTES] = {false};
    int begin = day * DAY_MINUTES;
    const struct config_week *weeks[2] = {&from->hours, &from->breaks};
    for (int w = 0; w < 2; w++)
        for (uint32_t i = 0; i < weeks[w]->count; i++)
            for (int m = weeks[w]->ranges[i].from; m < weeks[w]->ranges[i].to; m++)
                if (m >= begin && m < begin + DAY_MINUTES) open[m - begin] = w == 0;
    ret->count = 0;
    for (int m = 0; m < DAY_MINUTES; m++) {
        if (!open[m]) continue;
        int first = m;
        while (m < DAY_MINUTES && open[m]) m++;
        if (ret->count == sizeof ret->ranges / sizeof *ret->ranges) return;
        ret->ranges[ret->count++] = (struct config_range){(uint16_t)first, (uint16_t)m};
    }
}

static int by_day(const void *a, const void *b) {
    const struct config_date *x = a, *y = b;
    if (x->day != y->day) return x->day < y->day ? -1 : 1;
    /* hours of its own win over a holiday */
    return (x->hours.to == 0) - (y->hours.to == 0);
}

static int calendar_init(struct calendar *calendar, const struct config_session *from,
                         struct pawl_err *err) {
    struct pawl_err why = {0};
    memcpy(calendar->name, from->name, sizeof calendar->name);
    int rc = tz_new(from->tz, NULL, &calendar->tz, &why);
    if (rc != PAWL_OK)
        return pawl_fail(err, rc, "sessions.%s.tz: %s", from->name, why.text);
    for (int day = 0; day < WEEK_DAYS; day++) day_hours(from, day, &calendar->week[day]);
    if (from->date_count == 0) return PAWL_OK;
    calendar->dates = mem_calloc(from->date_count, sizeof *calendar->dates);
    if (calendar->dates == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    memcpy(calendar->dates, from->dates, from->date_count * sizeof *from->dates);
    calendar->date_count = from->date_count;
    qsort(calendar->dates, calendar->date_count, sizeof *calendar->dates, by_day);
    return PAWL_OK;
}

static bool is_named(const struct config *config, const char *name) {
    for (uint32_t i = 0; i < config->instrument_count; i++)
        if (strcmp(config->instruments[i].session, name) == 0) return true;
    return false;
}

int calendars_new(const struct config *config, struct calendars **ret, struct pawl_err *err) {
    struct calendars *calendars = mem_calloc(1, sizeof *calendars);
    int rc = PAWL_OK;
    if (calendars != NULL)
        calendars->all = mem_calloc(config->session_count + 1u, sizeof *calendars->all);
    if (calendars == NULL || calendars->all == NULL) {
        mem_free(calendars);
        return pawl_fail(err, PAWL_E_NOMEM, "no memory for the sessions");
    }
    for (uint32_t i = 0; rc == PAWL_OK && i < config->session_count; i++)
        if (is_named(config, config->sessions[i].name))
            rc = calendar_init(&calendars->all[calendars->count++], &config->sessions[i], err);
    if (rc != PAWL_OK) {
        calendars_free(calendars);
        return rc;
    }
    *ret = calendars;
    return PAWL_OK;
}

void calendars_free(struct calendars *calendars) {
    if (calendars == NULL) return;
    for (uint32_t i = 0; i < calendars->count; i++) {
        tz_free(calendars->all[i].tz);
        mem_free(calendars->all[i].dates);
    }
    mem_free(calendars->all);
    mem_free(calendars->of);
    mem_free(calendars);
}

int calendars_assign(struct calendars *calendars, uint32_t id, const char *name,
                     struct pawl_err *err) {
    uint32_t index = 0;
    if (id == 0 || id > NAMES_MAX) return pawl_fail(err, PAWL_E_INVAL, "no instrument %u", id);
    if (id >= calendars->instruments) {
        uint32_t count = id + 64u;
        uint32_t *of = mem_realloc(calendars->of, count * sizeof *of);
        if (of == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the sessions");
        memset(of + calendars->instruments, 0, (count - calendars->instruments) * sizeof *of);
        calendars->of = of;
        calendars->instruments = count;
    }
    if (name[0] != '\0') {
        while (index < calendars->count && strcmp(calendars->all[index].name, name) != 0) index++;
        if (index == calendars->count)
            return pawl_fail(err, PAWL_E_NOTFOUND, "there is no session calendar \"%s\"", name);
        index++;
    }
    calendars->of[id] = index;
    return PAWL_OK;
}

/* ---- stretches of being open, in UTC ---- */

/* Hours of a local day: those of its date, or of its weekday. */
static void hours_of(const struct calendar *c, int64_t day, const struct config_range **ret,
                     uint32_t *ret_count) {
    uint32_t low = 0, high = c->date_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (c->dates[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < c->date_count && c->dates[low].day == day) {
        *ret = &c->dates[low].hours;
        *ret_count = c->dates[low].hours.to > 0;
        return;
    }
    int64_t weekday = ((day + 3) % WEEK_DAYS + WEEK_DAYS) % WEEK_DAYS; /* Monday 0 */
    *ret = c->week[weekday].ranges;
    *ret_count = c->week[weekday].count;
}

/* A local minute that the clocks jump over is the instant of the jump. */
static int64_t utc_of(struct calendar *c, int64_t day, int minute, int64_t not_before) {
    for (int late = 0; late <= 180; late++) {
        int64_t utc;
        if (tz_to_utc(c->tz, day * DAY_NS + (minute + late) * MINUTE_NS, not_before, &utc) ==
            PAWL_OK)
            return utc > not_before ? utc : not_before;
    }
    return not_before;
}

struct stretch {
    int64_t from, to;
};

struct walk { /* over the stretches, in order */
    struct calendar *calendar;
    int64_t day, last_day, at; /* local days; the end of what was given */
    uint32_t index;
};

static bool walk_piece(struct walk *walk, struct stretch *ret, bool *ret_meets) {
    for (; walk->day <= walk->last_day; walk->day++, walk->index = 0) {
        const struct config_range *ranges;
        uint32_t count;
        hours_of(walk->calendar, walk->day, &ranges, &count);
        if (walk->index >= count) continue;
        const struct config_range *range = &ranges[walk->index];
        ret->from = utc_of(walk->calendar, walk->day, range->from, walk->at);
        ret->to = utc_of(walk->calendar, walk->day, range->to, ret->from);
        *ret_meets = ret->from == walk->at;
        walk->at = ret->to;
        walk->index++;
        if (ret->to > ret->from) return true;
    }
    return false;
}

/* The next whole session; pieces that meet are joined. `walk` may have looked one piece ahead. */
static bool walk_next(struct walk *walk, struct stretch *ahead, struct stretch *ret) {
    struct stretch piece;
    bool meets;
    if (ahead->to != 0)
        *ret = *ahead;
    else if (!walk_piece(walk, ret, &meets))
        return false;
    *ahead = (struct stretch){0, 0};
    while (walk_piece(walk, &piece, &meets)) {
        if (!meets || piece.from != ret->to) {
            *ahead = piece;
            return true;
        }
        ret->to = piece.to;
        if (ret->to - ret->from > CALENDAR_DAYS_MAX * DAY_NS) return true;
    }
    return true;
}

static void look(struct calendar *c, int64_t now) {
    int64_t local = now + tz_offset_ns(c->tz, now);
    int64_t day = local / DAY_NS - (local % DAY_NS < 0);
    struct walk walk = {.calendar = c,
                        .day = day - SESSION_DAYS_MAX,
                        .last_day = day + CALENDAR_DAYS_MAX,
                        .at = INT64_MIN / 2};
    struct stretch ahead = {0, 0}, one = {0, 0}, before = {INT64_MIN, INT64_MIN};
    bool found = walk_next(&walk, &ahead, &one);
    while (found && one.to <= now) {
        before = one;
        found = walk_next(&walk, &ahead, &one);
    }
    struct pawl_session *s = &c->memo;
    *s = (struct pawl_session){0};
    c->memo_from = before.to;
    c->memo_to = INT64_MAX;
    if (!found) return; /* it never opens again */
    if (one.from > now) {
        c->memo_to = one.from;
        s->opens_at = one.from;
        s->closes_at = one.to;
        return;
    }
    bool endless = one.to - now > SESSION_DAYS_MAX * DAY_NS;
    s->open = 1;
    s->opened_at = now - one.from > (SESSION_DAYS_MAX - 1) * DAY_NS ? 0 : one.from;
    s->closes_at = endless ? NEVER : one.to;
    c->memo_from = s->opened_at == 0 ? now : one.from;
    c->memo_to = endless ? now + DAY_NS : one.to;
    if (!endless && walk_next(&walk, &ahead, &one)) s->opens_at = one.from;
}

void sessions_at(struct calendars *calendars, uint32_t instrument, int64_t now_ns,
                 struct pawl_session *ret) {
    if (calendars == NULL || instrument >= calendars->instruments ||
        calendars->of[instrument] == 0) {
        *ret = (struct pawl_session){.open = 1};
        return;
    }
    struct calendar *c = &calendars->all[calendars->of[instrument] - 1];
    if (now_ns < c->memo_from || now_ns >= c->memo_to || c->memo_to == 0) look(c, now_ns);
    *ret = c->memo;
}

bool sessions_open(struct calendars *calendars, uint32_t instrument, int64_t now_ns) {
    struct pawl_session session;
    sessions_at(calendars, instrument, now_ns, &session);
    return session.open != 0;
}

const char *sessions_name(const struct calendars *calendars, uint32_t instrument) {
    if (calendars == NULL || instrument >= calendars->instruments ||
        calendars->of[instrument] == 0)
        return "";
    return calendars->all[calendars->of[instrument] - 1].name;
}
