/*
 * sessions.h - the section sessions of the configuration: weeks of trading hours, with the shipped
 * calendars that instruments name. Part of config.h.
 */
#ifndef CONFIG_SESSIONS_H
#define CONFIG_SESSIONS_H

#include "pawl_types.h"

#define CONFIG_SESSIONS_MAX 256u
#define CONFIG_SESSION_RANGES_MAX 64u  /* stretches of one week */
#define CONFIG_SESSION_DATES_MAX 1024u /* holidays, and dates with hours of their own, each */

struct config_range { /* minutes, `to` excluded */
    uint16_t from, to;
};
struct config_week { /* minutes from Monday 00:00, local time, as written */
    uint32_t count;
    struct config_range ranges[CONFIG_SESSION_RANGES_MAX];
};
struct config_date {
    int32_t day;               /* since 1970-01-01 */
    struct config_range hours; /* of that day; 0, 0 = closed */
};
struct config_session {
    char name[32];
    char tz[64];
    struct config_week hours, breaks;
    uint32_t date_count;
    struct config_date *dates; /* as written */
};

struct config;
/* NULL if there is none: neither configured nor, for one that an instrument names, shipped. */
const struct config_session *config_session_find(const struct config *config, const char *name);

#endif
