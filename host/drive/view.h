/*
 * view.h - a run on a terminal: what happens scrolls by as always, and below it stands how things
 * are: positions, lots with stop and r, orders, rules, alerts, rates.
 *
 * Drawn at most five times a second. No mode of the terminal is changed and the cursor waits at the
 * top of the panel, so whatever else is written there (the log, a shell after kill -9) only takes
 * the panel's place. [loop]
 */
#ifndef DRIVE_VIEW_H
#define DRIVE_VIEW_H

#include <stdio.h>

#include "run/host.h"

#define VIEW_EVERY_MS 200u
#define VIEW_LOTS_MAX 12u
#define VIEW_RULES_MAX 3u
#define VIEW_COLUMNS_MIN 40u
#define VIEW_ROWS_MIN 10u

struct view;

/* Whether this is a terminal that can be drawn on. */
bool view_possible(int fd);
/* NULL without memory: then lines go out as they come. */
struct view *view_new(FILE *out, int fd); /* out leads to fd */
void view_free(struct view *view); /* wipes the panel, prints what is left; accepts NULL */
/* Where lines are written to until the next view_draw(). */
FILE *view_lines(struct view *view);
/* Counts what the panel tells: alerts, fills. */
void view_event(struct view *view, const struct pawl_event *event);
/* now_ms: of any clock that only rises. host may be NULL: lines only. */
void view_draw(struct view *view, struct host *host, const char *name, uint64_t now_ms);

#endif
