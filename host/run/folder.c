#include "run/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

int folder_for_run(const char *wanted, char *out, size_t size, struct pawl_err *err) {
    if (wanted != NULL) {
        snprintf(out, size, "%s", wanted);
        return folder_make(wanted, err);
    }
    const char *base = getenv("TMPDIR");
    snprintf(out, size, "%s/pawl-XXXXXX", base != NULL && base[0] != '\0' ? base : "/tmp");
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
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        if (unlink(child) != 0 && levels > 0) remove_level(child, levels - 1);
    }
    if (dir != NULL) closedir(dir);
    rmdir(path);
}

void folder_remove(const char *path) {
    remove_level(path, 2);
}
