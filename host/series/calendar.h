/*
 * calendar.h - trading hours: when an instrument's session is open, across changes of the clocks.
 *
 * A calendar is a week of local hours, less breaks, with dates that are closed or have hours of
 * their own. Hours that meet (one day's end is the next day's start) are one session.
 *
 * Owner   heap object of the host; made from the configuration, which may go afterwards.
 * Thread  loop only: a look-up keeps a memory of the stretch it found, so that asking again costs
 *         two comparisons.
 * Times   UTC ns. Nothing is searched farther than CALENDAR_DAYS_MAX days.
 */
#ifndef SERIES_CALENDAR_H
#define SERIES_CALENDAR_H

#include <stdbool.h>

#include "config/config.h"
#include "pawl_series.h"

#define CALENDAR_DAYS_MAX 400

struct calendars;

/* All calendars that instruments of the configuration name. PAWL_E_CONFIG: a time zone cannot be
 * read. */
int calendars_new(const struct config *config, struct calendars **ret, struct pawl_err *err);
void calendars_free(struct calendars *calendars); /* accepts NULL */
/* Instrument `id` keeps the hours of this calendar; "" = none. PAWL_E_NOTFOUND: no such one. */
int calendars_assign(struct calendars *calendars, uint32_t id, const char *name,
                     struct pawl_err *err);

/* What an instrument's session is at an instant; always open without a calendar. */
void sessions_at(struct calendars *calendars, uint32_t instrument, int64_t now_ns,
                 struct pawl_session *ret);
/* Shorter: may something be entered now? */
bool sessions_open(struct calendars *calendars, uint32_t instrument, int64_t now_ns);
/* The name of its calendar; "" = none. */
const char *sessions_name(const struct calendars *calendars, uint32_t instrument);

#endif
