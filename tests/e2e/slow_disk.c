/* Loaded before the C library: every sync takes as many milliseconds longer as the file
 * PAWL_SYNC_MS says, and after PAWL_SYNCS of them each fails. Built by test_slow_disk.py,
 * test_replay_builds.py. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
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
    const char *path = getenv("PAWL_SYNC_MS");
    FILE *file = path == NULL ? NULL : fopen(path, "r");
    long count = 0;
    if (file != NULL && fscanf(file, "%ld", &count) != 1) count = 0;
    if (file != NULL) fclose(file);
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
