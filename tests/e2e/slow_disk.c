/* Loaded before the C library: every sync takes PAWL_SYNC_MS longer, and after PAWL_SYNCS of them
 * each fails. Built by test_slow_disk.py, test_replay_builds.py. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int fails(void) {
    static atomic_long count;
    const char *max = getenv("PAWL_SYNCS");
    if (max == NULL || atomic_fetch_add(&count, 1) < atol(max)) return 0;
    errno = EIO;
    return 1;
}

static void wait_ms(void) {
    const char *ms = getenv("PAWL_SYNC_MS");
    long count = ms == NULL ? 0 : atol(ms);
    struct timespec wait = {count / 1000, count % 1000 * 1000000L};
    nanosleep(&wait, NULL);
}

int fsync(int fd) {
    wait_ms();
    if (fails()) return -1;
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
    wait_ms();
    if (fails()) return -1;
    return (int)syscall(SYS_fdatasync, fd);
}
