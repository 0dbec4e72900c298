/*
 * positions.h - a CSV file of positions as rows for adopt.h.
 *
 * The first line names the columns, in any order: symbol, side, quantity, price (or entry_price),
 * stop, initial_stop, target, original, opened, component, profile, account, ticket, ref, lot. A
 * row with `lot` gives an open lot, by number or name, another profile. A row without ref is named
 * after what it says of the position, so that the same row is the same position in every run.
 */
#ifndef CLI_POSITIONS_H
#define CLI_POSITIONS_H

#include <jansson.h>

#include "pawl_types.h"

#define POSITIONS_COLUMNS_MAX 32u

struct positions {
    json_t *rows;    /* list of events */
    unsigned *lines; /* where each stands in the file */
    unsigned faults; /* told on stderr as FILE:LINE: */
};

/* profile, component: of rows that name none; may be NULL. PAWL_E_IO; PAWL_E_DATA: no rows. */
int positions_read(const char *file, const char *profile, const char *component,
                   struct positions *ret, struct pawl_err *err);
void positions_done(struct positions *positions);

#endif
