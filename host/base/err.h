/*
 * err.h - how the host fails: one expression that both explains and returns.
 * [any] No allocation.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "pawl_types.h"

/* Record the sentence unless an earlier cause stands; returns rc. err may be NULL. */
int pawl_fail(struct pawl_err *err, int rc, const char *format, ...) PAWL_PRINTF(3, 4);

/* The text of a result code; never NULL. */
const char *pawl_rc_text(int rc);

#endif
