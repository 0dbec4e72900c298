/* Loaded before the C library: every sync takes PAWL_SYNC_MS longer. Built by test_slow_disk.py. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_ms(void) {
    const char *ms = getenv("PAWL_SYNC_MS");
    long count = ms == NULL ? 0 : atol(ms);
    struct timespec wait = {count / 1000, count % 1000 * 1000000L};
    nanosleep(&wait, NULL);
}

int fsync(int fd) {
    wait_ms();
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
    wait_ms();
    return (int)syscall(SYS_fdatasync, fd);
}
