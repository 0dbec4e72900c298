/*
 * pawl_strategy.h - what strategies that take entries do alike.
 */
#ifndef PAWL_STRATEGY_H
#define PAWL_STRATEGY_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pawl_plugin.h"
#include "pawl_schema.gen.h"

#ifdef __cplusplus
extern "C" {
#endif

/* [event] Nothing comes of the entry: an `entry.ignored` that says why, and a line in the log. What
 * sent it, such as a rule, counts it as not done. Returns what publish() does. */
PAWL_PRINTF(3, 4)
static inline int pawl_entry_ignore(struct pawl_ctx *ctx, const struct pawl_ev_entry *entry,
                                    const char *format, ...) {
    struct pawl_ev_entry_ignored event;
    va_list args;
    memset(&event, 0, sizeof event);
    event.head.size = (uint32_t)sizeof event;
    event.head.type = PAWL_EV_ENTRY_IGNORED;
    event.instrument = entry->instrument;
    event.component = ctx->component;
    event.side = entry->side;
    memcpy(event.ref, entry->ref, sizeof event.ref);
    va_start(args, format);
    vsnprintf(event.reason, sizeof event.reason, format, args);
    va_end(args);
    ctx->host->log(ctx, PAWL_LOG_INFO, "an entry is ignored: %s", event.reason);
    return ctx->host->publish(ctx, &event.head);
}

#ifdef __cplusplus
}
#endif
#endif
