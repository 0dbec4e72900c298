/* fuzz_file.h - bytes as a file that has a path, without touching a disk. */
#ifndef FUZZ_FILE_H
#define FUZZ_FILE_H

#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#define FUZZ_PATH_SIZE 40u

/* The file is the same one each time, with new contents; one at a time. */
static inline void fuzz_file(const uint8_t *bytes, size_t len, char ret_path[FUZZ_PATH_SIZE]) {
    static int fd = -1;
    if (fd < 0) fd = memfd_create("fuzz", MFD_CLOEXEC);
    HOLDS(fd >= 0 && ftruncate(fd, 0) == 0);
    HOLDS(pwrite(fd, bytes, len, 0) == (ssize_t)len);
    snprintf(ret_path, FUZZ_PATH_SIZE, "/proc/self/fd/%d", fd);
}

#endif
