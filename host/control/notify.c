#include "control/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX 512u

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || length < 2 || length >= sizeof address.sun_path)
        return -1;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    if (connect(fd, (const struct sockaddr *)&address, size) == 0) return fd;
    close(fd);
    return -1;
}

static int64_t watchdog_of(const char *usec, const char *pid) {
    char *end;
    if (usec == NULL) return 0;
    if (pid != NULL && strtoll(pid, NULL, 10) != getpid()) return 0;
    errno = 0;
    long long value = strtoll(usec, &end, 10);
    if (errno != 0 || *end != '\0' || value <= 0 || value > INT64_MAX / 1000) return 0;
    return value * 1000 / 2;
}

void notify_init(struct notify *notify) {
    const char *path = getenv("NOTIFY_SOCKET");
    notify->fd = path == NULL ? -1 : connect_to(path);
    notify->watchdog_ns =
        notify->fd < 0 ? 0 : watchdog_of(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify_done(struct notify *notify) {
    if (notify->fd >= 0) close(notify->fd);
    notify->fd = -1;
}

void notify_send(const struct notify *notify, const char *format, ...) {
    char text[MESSAGE_MAX];
    va_list args;
    if (notify->fd < 0) return;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (length <= 0) return;
    if ((size_t)length >= sizeof text) length = (int)sizeof text - 1;
    ssize_t sent = send(notify->fd, text, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent; /* it says how it goes again soon */
}

void notify_ready(const struct notify *notify) {
    notify_send(notify, "READY=1\nMAINPID=%ld", (long)getpid());
}

void notify_reloading(const struct notify *notify) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    notify_send(notify, "RELOADING=1\nMONOTONIC_USEC=%lld",
                (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void notify_stopping(const struct notify *notify) {
    notify_send(notify, "STOPPING=1");
}

void notify_watchdog(const struct notify *notify) {
    notify_send(notify, "WATCHDOG=1");
}
