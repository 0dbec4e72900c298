#include "control/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/err.h"

#define LOCK_PATH_MAX 1100

static int lock_path(const char *data_dir, char out[LOCK_PATH_MAX]) {
    int length = snprintf(out, LOCK_PATH_MAX, "%s/pawl.lock", data_dir);
    return length < LOCK_PATH_MAX ? PAWL_OK : PAWL_E_RANGE;
}

static int64_t read_pid(int fd) {
    char text[24] = "";
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    return got <= 0 ? 0 : strtoll(text, NULL, 10);
}

int64_t lock_holder(const char *data_dir) {
    char path[LOCK_PATH_MAX];
    if (lock_path(data_dir, path) != PAWL_OK) return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return 0;
    int64_t pid = flock(fd, LOCK_SH | LOCK_NB) == 0 ? 0 : read_pid(fd);
    close(fd);
    return pid;
}

int lock_take(const char *data_dir, int *ret_fd, struct pawl_err *err) {
    char path[LOCK_PATH_MAX], text[24];
    if (lock_path(data_dir, path) != PAWL_OK)
        return pawl_fail(err, PAWL_E_IO, "%.100s...: the path is too long", data_dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return pawl_fail(err, PAWL_E_IO, "%s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int why = errno;
        int64_t pid = read_pid(fd);
        close(fd);
        if (why != EWOULDBLOCK) return pawl_fail(err, PAWL_E_IO, "%s: %s", path, strerror(why));
        return pawl_fail(err, PAWL_E_BUSY, "%s: in use by another process: pawl with pid %lld",
                         data_dir, (long long)pid);
    }
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) != length) {
        int why = errno;
        close(fd);
        return pawl_fail(err, PAWL_E_IO, "%s: %s", path, strerror(why));
    }
    *ret_fd = fd;
    return PAWL_OK;
}

void lock_drop(int fd) {
    if (fd < 0) return;
    int rc = ftruncate(fd, 0);
    (void)rc; /* an old pid in an unlocked file harms nobody */
    close(fd);
}
