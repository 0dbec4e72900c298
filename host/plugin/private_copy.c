#include "plugin/private_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"

#define NAME_TRIES_MAX 1000u

/* ---- the folder ---- */

/* mkdir -p of the parent; 0 or an errno. */
static int make_parents(const char *path) {
    char part[LOADER_PATH_MAX + 1];
    size_t length = strlen(path);
    if (length > LOADER_PATH_MAX) return ENAMETOOLONG;
    memcpy(part, path, length + 1);
    for (char *p = part + 1; *p != '\0'; p++) {
        if (*p != '/') continue;
        *p = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) return errno;
        *p = '/';
    }
    return mkdir(part, 0700) != 0 && errno != EEXIST ? errno : 0;
}

static int check_ours(const struct private_folder *folder, const struct stat *st,
                      struct pawl_err *err) {
    if (!S_ISDIR(st->st_mode) || st->st_uid != geteuid() || (st->st_mode & 077) != 0)
        return pawl_fail(err, PAWL_E_DENIED,
                         "%.180s: must be a folder of our own that nobody else can enter",
                         folder->path);
    return PAWL_OK;
}

static int open_below(struct private_folder *folder, const char *parent, struct pawl_err *err) {
    int length = snprintf(folder->path, sizeof folder->path, "%s/.plugins", parent);
    int why = (size_t)length >= sizeof folder->path ? ENAMETOOLONG : make_parents(folder->path);
    struct stat st;
    if (why == 0 && lstat(folder->path, &st) != 0) why = errno;
    if (why != 0) return pawl_fail(err, PAWL_E_IO, "%.180s/.plugins: %s", parent, strerror(why));
    return check_ours(folder, &st, err);
}

/* One folder a user for all processes without a data folder, so that the next one clears away what
 * a killed one left. */
static int open_temporary(struct private_folder *folder, struct pawl_err *err) {
    const char *base = getenv("TMPDIR");
    if (base == NULL || base[0] != '/') base = "/tmp";
    int length = snprintf(folder->path, sizeof folder->path, "%s/pawl-plugins-%lu", base,
                          (unsigned long)geteuid());
    struct stat st;
    bool there = false;
    /* Another process that ends may take the empty folder along between two calls. */
    for (unsigned i = 0; i < NAME_TRIES_MAX && !there; i++)
        there = (size_t)length < sizeof folder->path &&
                (mkdir(folder->path, 0700) == 0 || errno == EEXIST) &&
                lstat(folder->path, &st) == 0;
    if (!there)
        return pawl_fail(err, PAWL_E_IO, "%.180s: no temporary folder: %s", base, strerror(errno));
    folder->temporary = true;
    return check_ours(folder, &st, err);
}

/* The process in NAME.PID.N.so; 0 = no such name. */
static pid_t pid_of(const char *name) {
    const char *dot = strchr(name, '.');
    char *end;
    if (dot == NULL) return 0;
    long pid = strtol(dot + 1, &end, 10);
    return pid > 0 && *end == '.' ? (pid_t)pid : 0;
}

static void remove_copies(const struct private_folder *folder, bool ours) {
    char path[PRIVATE_PATH_MAX + 257];
    DIR *dir = opendir(folder->path);
    if (dir == NULL) return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        pid_t pid = pid_of(entry->d_name);
        bool dead = pid != 0 && pid != getpid() && kill(pid, 0) != 0 && errno == ESRCH;
        if (!dead && !(ours && pid == getpid())) continue;
        snprintf(path, sizeof path, "%s/%s", folder->path, entry->d_name);
        unlink(path);
    }
    closedir(dir);
}

int private_folder_open(struct private_folder *folder, const char *parent, struct pawl_err *err) {
    *folder = (struct private_folder){.temporary = false};
    int rc = parent != NULL ? open_below(folder, parent, err) : open_temporary(folder, err);
    if (rc == PAWL_OK) remove_copies(folder, false);
    if (rc != PAWL_OK) folder->path[0] = '\0';
    return rc;
}

void private_folder_done(struct private_folder *folder) {
    if (folder->path[0] == '\0') return;
    remove_copies(folder, folder->temporary);
    if (folder->temporary) rmdir(folder->path);
    folder->path[0] = '\0';
}

/* ---- a copy ---- */

static int open_source(const char *path, struct stat *ret, int *ret_fd, struct pawl_err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return pawl_fail(err, PAWL_E_NOTFOUND, "no such file");
    if (fd < 0) return pawl_fail(err, PAWL_E_IO, "cannot be opened: %s", strerror(errno));
    int rc = PAWL_OK;
    if (fstat(fd, ret) != 0)
        rc = pawl_fail(err, PAWL_E_IO, "cannot be read: %s", strerror(errno));
    else if (!S_ISREG(ret->st_mode))
        rc = pawl_fail(err, PAWL_E_DATA, "is not a file");
    else if (ret->st_size > (off_t)LIBRARY_BYTES_MAX)
        rc = pawl_fail(err, PAWL_E_BUSY, "is larger than %u bytes", LIBRARY_BYTES_MAX);
    if (rc == PAWL_OK)
        *ret_fd = fd;
    else
        close(fd);
    return rc;
}

static int create_copy(struct private_folder *folder, const char *name,
                       char copy[PRIVATE_PATH_MAX + 1], int *ret_fd, struct pawl_err *err) {
    static uint64_t next = 1; /* of the process: a name that was loaded once gives the old code */
    for (unsigned i = 0; i < NAME_TRIES_MAX; i++) {
        snprintf(copy, PRIVATE_PATH_MAX + 1, "%s/%.80s.%ld.%llu.so", folder->path, name,
                 (long)getpid(), (unsigned long long)next++);
        int fd = open(copy, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0500);
        if (fd >= 0) {
            *ret_fd = fd;
            return PAWL_OK;
        }
        if (errno == ENOENT && folder->temporary &&
            (mkdir(folder->path, 0700) == 0 || errno == EEXIST))
            continue;               /* another process that ended took the empty folder along */
        if (errno != EEXIST) break; /* else a process before us had our number */
    }
    return pawl_fail(err, PAWL_E_IO, "cannot be copied to %.120s: %s", folder->path,
                     strerror(errno));
}

static int write_all(int fd, const char *bytes, size_t size, struct pawl_err *err) {
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, bytes + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return pawl_fail(err, PAWL_E_IO, "cannot be copied: %s", strerror(errno));
        done += (size_t)n;
    }
    return PAWL_OK;
}

static int copy_bytes(int from, int to, uint64_t *ret_size, uint64_t *ret_hash,
                      struct pawl_err *err) {
    static char bytes[64 * 1024]; /* loop thread only */
    struct hash hash;
    uint64_t size = 0;
    hash_init(&hash, 0);
    for (;;) {
        ssize_t n = read(from, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return pawl_fail(err, PAWL_E_IO, "cannot be read: %s", strerror(errno));
        if (n == 0) break;
        size += (uint64_t)n;
        if (size > LIBRARY_BYTES_MAX)
            return pawl_fail(err, PAWL_E_BUSY, "is larger than %u bytes", LIBRARY_BYTES_MAX);
        hash_add(&hash, bytes, (size_t)n);
        int rc = write_all(to, bytes, (size_t)n, err);
        if (rc != PAWL_OK) return rc;
    }
    *ret_size = size;
    *ret_hash = hash_value(&hash);
    return PAWL_OK;
}

static bool is_unchanged(int fd, const struct stat *before) {
    struct stat now;
    return fstat(fd, &now) == 0 && now.st_size == before->st_size &&
           now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

int private_copy(struct private_folder *folder, const char *path, const char *name,
                 char ret_copy[PRIVATE_PATH_MAX + 1], int *ret_fd, uint64_t *ret_size,
                 uint64_t *ret_hash, struct pawl_err *err) {
    struct stat st;
    int from = -1, to = -1;
    int rc = open_source(path, &st, &from, err);
    if (rc != PAWL_OK) return rc;
    rc = create_copy(folder, name, ret_copy, &to, err);
    if (rc == PAWL_OK) rc = copy_bytes(from, to, ret_size, ret_hash, err);
    if (rc == PAWL_OK && !is_unchanged(from, &st))
        rc = pawl_fail(err, PAWL_E_BUSY, "changed while it was read");
    close(from);
    if (rc != PAWL_OK && to >= 0) {
        close(to);
        unlink(ret_copy);
    }
    if (rc == PAWL_OK) *ret_fd = to;
    return rc;
}
