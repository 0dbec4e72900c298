/*
 * pawl_err.h - how to fail: one expression that both explains and returns.
 *
 *     if (in == NULL) return pawl_fail(err, PAWL_E_NOTFOUND, "%s is not configured", symbol);
 *
 * [any] No allocation.
 */
#ifndef PAWL_ERR_H
#define PAWL_ERR_H

#include <stdarg.h>
#include <stdio.h>

#include "pawl_types.h"

/* Record the sentence unless an earlier cause stands; returns rc. err may be NULL. */
PAWL_PRINTF(3, 4)
static inline int pawl_fail(struct pawl_err *err, int rc, const char *format, ...) {
    va_list args;
    if (err == NULL || err->rc != PAWL_OK) return rc;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    err->rc = rc;
    return rc;
}

#endif
