/*
 * notify.h - telling systemd how it goes (sd_notify), by its datagram protocol.
 *
 * NOTIFY_SOCKET names the socket: a path, or "@name" in the abstract space; without it nothing is
 * sent. Each message is one datagram of "KEY=VALUE" lines; what cannot be sent is not tried again.
 * Thread loop only; never blocks.
 */
#ifndef CONTROL_NOTIFY_H
#define CONTROL_NOTIFY_H

#include <stdbool.h>

#include "pawl_types.h"

struct notify {
    int fd;              /* -1 = nobody listens */
    int64_t watchdog_ns; /* half of what systemd allows; 0 = it does not watch */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment. */
void notify_init(struct notify *notify);
void notify_done(struct notify *notify);
void notify_send(const struct notify *notify, const char *format, ...) PAWL_PRINTF(2, 3);

void notify_ready(const struct notify *notify);
/* Then, when it is over, notify_ready(). */
void notify_reloading(const struct notify *notify);
void notify_stopping(const struct notify *notify);
void notify_watchdog(const struct notify *notify);

#endif
