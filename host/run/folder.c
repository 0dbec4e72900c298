#include "run/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

int folder_make(const char *path, struct pawl_err *err) {
    char part[CONFIG_PATH_MAX + 1];
    size_t length = strlen(path);
    if (length == 0 || length > CONFIG_PATH_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "\"%.60s\" is not a path", path);
    for (size_t at = 1; at <= length; at++) {
        if (path[at] != '/' && path[at] != '\0') continue;
        memcpy(part, path, at);
        part[at] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return pawl_fail(err, PAWL_E_IO, "%s: cannot make the folder: %s", part,
                             strerror(errno));
    }
    return PAWL_OK;
}

/* ---- folders of processes that were killed ---- */

#define TEMPORARY "pawl-"
#define LETTERS 6      /* of mkdtemp() */
#define YOUNG_S 60     /* its process may not have locked the database yet */
#define SWEEPS_MAX 64u /* of a start */

static bool is_temporary(const char *name) {
    size_t length = strlen(TEMPORARY);
    return strncmp(name, TEMPORARY, length) == 0 && strlen(name) == length + LETTERS &&
           strpbrk(name + length, "-_.") == NULL;
}

/* Ours, not young, and nobody holds its database. */
static bool is_abandoned(const char *path) {
    char file[CONFIG_PATH_MAX + 400];
    struct stat at;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    snprintf(file, sizeof file, "%s/pawl.db", path);
    if (lstat(path, &at) != 0 || !S_ISDIR(at.st_mode) || at.st_uid != geteuid() ||
        at.st_mtime > time(NULL) - YOUNG_S)
        return false;
    int fd = open(file, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return false;
    bool is_free = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
    close(fd);
    return is_free;
}

/* A process that is killed cannot remove its folder; the next one does. */
static void sweep(const char *base) {
    char path[CONFIG_PATH_MAX + 300];
    uint32_t swept = 0;
    DIR *dir = opendir(base);
    for (struct dirent *entry;
         dir != NULL && swept < SWEEPS_MAX && (entry = readdir(dir)) != NULL;) {
        if (!is_temporary(entry->d_name)) continue;
        int length = snprintf(path, sizeof path, "%s/%s", base, entry->d_name);
        if (length < 0 || (size_t)length >= sizeof path || !is_abandoned(path)) continue;
        folder_remove(path);
        swept++;
    }
    if (dir != NULL) closedir(dir);
}

int folder_for_run(const char *wanted, char *out, size_t size, struct pawl_err *err) {
    if (wanted != NULL) {
        snprintf(out, size, "%s", wanted);
        return folder_make(wanted, err);
    }
    const char *base = getenv("TMPDIR");
    if (base == NULL || base[0] == '\0') base = "/tmp";
    sweep(base);
    snprintf(out, size, "%s/" TEMPORARY "XXXXXX", base);
    if (mkdtemp(out) != NULL) return PAWL_OK;
    int rc =
        pawl_fail(err, PAWL_E_IO, "%s: cannot make a temporary folder: %s", out, strerror(errno));
    out[0] = '\0';
    return rc;
}

static void remove_level(const char *path, int levels) {
    char child[CONFIG_PATH_MAX + 300];
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        int length = snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        if (length < 0 || (size_t)length >= sizeof child) continue;
        if (unlink(child) != 0 && levels > 0) remove_level(child, levels - 1);
    }
    if (dir != NULL) closedir(dir);
    rmdir(path);
}

void folder_remove(const char *path) {
    remove_level(path, 2);
}

/* ---- copies ---- */

#define COPY_MAX_BYTES ((off_t)4 << 30) /* of a file */

static int copy_file(const char *from, const char *to) {
    static char block[1 << 16];
    int in = open(from, O_RDONLY | O_CLOEXEC), out = -1, rc = -1;
    ssize_t got = -1;
    if (in >= 0) out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out >= 0) {
        while ((got = read(in, block, sizeof block)) > 0)
            if (write(out, block, (size_t)got) != got) break;
        rc = got == 0 ? 0 : -1;
    }
    if (in >= 0) close(in);
    if (out >= 0) close(out);
    return rc;
}

/* The files of a folder, not what is in folders of it; -1 with errno. */
static int copy_files(const char *from, const char *to) {
    char a[2 * CONFIG_PATH_MAX], b[2 * CONFIG_PATH_MAX];
    struct dirent *entry;
    struct stat st;
    int rc = 0;
    DIR *folder = opendir(from);
    if (folder == NULL) return -1;
    while (rc == 0 && (entry = readdir(folder)) != NULL) {
        if (strstr(entry->d_name, ".bak-") != NULL) continue;
        snprintf(a, sizeof a, "%s/%s", from, entry->d_name);
        snprintf(b, sizeof b, "%s/%s", to, entry->d_name);
        if (lstat(a, &st) != 0 || !S_ISREG(st.st_mode)) continue;
        if (st.st_size > COPY_MAX_BYTES) {
            errno = EFBIG;
            rc = -1;
        } else {
            rc = copy_file(a, b);
        }
    }
    closedir(folder);
    return rc;
}

int folder_copy(const char *from, const char *to, struct pawl_err *err) {
    if (copy_files(from, to) == 0 || errno == ENOENT) return PAWL_OK;
    return pawl_fail(err, PAWL_E_IO, "%s: cannot be copied: %s", from, strerror(errno));
}
