/* pawl.files/1: the instance's own files, through the disk seam. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "plugin/trial.h"

static int path_of(const struct instance *instance, const char *name, const char *suffix, char *out,
                   size_t size, struct pawl_err *err) {
    size_t length = name == NULL ? 0 : strnlen(name, PAWL_FILE_NAME_MAX + 1);
    if (length == 0 || length > PAWL_FILE_NAME_MAX || name[0] == '.' ||
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") != length)
        return pawl_fail(err, PAWL_E_INVAL, "\"%s\" is not a file name a plugin may use",
                         name == NULL ? "" : name);
    if (length > 4 && strcmp(name + length - 4, ".new") == 0)
        return pawl_fail(err, PAWL_E_INVAL, "\"%s\": .new is what a file has while it is replaced",
                         name);
    int written = snprintf(out, size, "%s/%s.%s%s", instance->services->data_dir, instance->name,
                           name, suffix);
    if (written < 0 || (size_t)written >= size)
        return pawl_fail(err, PAWL_E_RANGE, "the path of %s is too long", name);
    return PAWL_OK;
}

static int too_much(struct pawl_err *err) {
    return pawl_fail(err, PAWL_E_RANGE, "more than %u bytes at once", PAWL_FILE_WRITE_MAX);
}

static void append_close(struct instance *instance) {
    disk_close(instance->append_file);
    instance->append_file = NULL;
}

/* The file appended to last stays open: a venue writes one line per change to one file. */
static int append_handle(struct instance *instance, const char *name, struct pawl_err *err) {
    char path[DISK_PATH_MAX + 1];
    if (instance->append_file != NULL && name != NULL && strcmp(instance->append_name, name) == 0)
        return PAWL_OK;
    int rc = path_of(instance, name, "", path, sizeof path, err);
    if (rc != PAWL_OK) return rc;
    append_close(instance);
    snprintf(instance->append_name, sizeof instance->append_name, "%s", name);
    rc = disk_open(instance->services->disk, path, DISK_CREATE, &instance->append_file, err);
    if (rc == PAWL_OK) rc = disk_size(instance->append_file, &instance->append_size, err);
    if (rc != PAWL_OK) append_close(instance);
    return rc;
}

/* The part of a line that a full disk has taken must not stand before the next attempt. */
static int append_whole(struct instance *instance, const void *bytes, size_t len,
                        struct pawl_err *err) {
    int rc = disk_write(instance->append_file, instance->append_size, bytes, len, err);
    if (rc == PAWL_OK)
        instance->append_size += (int64_t)len;
    else
        disk_truncate(instance->append_file, instance->append_size, NULL);
    return rc;
}

/* Names mean other files from now on: what was synced is not what would be asked about. */
static void sync_forget(struct instance *instance) {
    if (instance->sync_job != 0) beside_forget(instance->services->beside, instance->sync_job);
    instance->sync_job = 0;
}

/* A disk that is behind: nobody waits for it here. */
static int behind(const struct services *services, uint32_t jobs, struct pawl_err *err) {
    if (beside_has_room(services->beside, jobs)) return PAWL_OK;
    return pawl_fail(err, PAWL_E_BUSY, "the disk has not done what it was asked to before");
}

#define RENAME_JOBS 2u  /* the names, and the room of what had the name before */
#define REPLACE_JOBS 3u /* the bytes, too */

/* The room of what had the name before is given back beside, by the close of the file held here. */
static int rename_over(struct instance *instance, const char *from, const char *to,
                       struct pawl_err *err) {
    struct services *services = instance->services;
    struct disk_file *before = NULL;
    sync_forget(instance);
    disk_open(services->disk, to, DISK_READ_ONLY, &before, NULL);
    int rc = disk_rename(services->disk, from, to, err);
    if (rc == PAWL_OK && services->durable)
        beside_sync_names(services->beside, services->disk, to);
    beside_close(services->beside, before);
    return rc;
}

static int files_append(struct pawl_ctx *ctx, const char *name, const void *bytes, size_t len,
                        struct pawl_err *err);
static int files_replace(struct pawl_ctx *ctx, const char *name, const void *bytes, size_t len,
                         struct pawl_err *err);
static int files_rename(struct pawl_ctx *ctx, const char *from, const char *to,
                        struct pawl_err *err);
static int files_truncate(struct pawl_ctx *ctx, const char *name, uint64_t size,
                          struct pawl_err *err);

/* What is written on trial goes to the file when the instance takes over. */
enum file_op { FILE_APPEND = 1, FILE_REPLACE, FILE_RENAME, FILE_TRUNCATE };
struct noted_file { /* bytes, the new name or the new size follow */
    char name[PAWL_FILE_NAME_MAX + 1];
    enum file_op op;
};

static int file_noted(struct instance *instance, const void *args, size_t size) {
    const struct noted_file *noted = args;
    if (noted->op == FILE_RENAME)
        return files_rename(&instance->ctx, noted->name, (const char *)(noted + 1), NULL);
    if (noted->op == FILE_TRUNCATE) {
        uint64_t to;
        memcpy(&to, noted + 1, sizeof to);
        return files_truncate(&instance->ctx, noted->name, to, NULL);
    }
    return (noted->op == FILE_REPLACE ? files_replace : files_append)(
        &instance->ctx, noted->name, noted + 1, size - sizeof *noted, NULL);
}

static int note_file(struct instance *instance, const char *name, enum file_op op,
                     const void *bytes, size_t len, struct pawl_err *err) {
    char path[DISK_PATH_MAX + 1];
    int rc = path_of(instance, name, ".new", path, sizeof path, err);
    if (rc != PAWL_OK) return rc;
    struct noted_file *noted = mem_calloc(1, sizeof *noted + len);
    if (noted == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory to note a file");
    noted->op = op;
    memcpy(noted->name, name, strlen(name) + 1);
    memcpy(noted + 1, bytes, len);
    rc = trial_defer(instance, file_noted, noted, sizeof *noted + len);
    mem_free(noted);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "%s", pawl_rc_text(rc));
}

static int files_append(struct pawl_ctx *ctx, const char *name, const void *bytes, size_t len,
                        struct pawl_err *err) {
    struct instance *instance = instance_of(ctx);
    if (len > PAWL_FILE_WRITE_MAX) return too_much(err);
    if (trial_is_on(instance)) return note_file(instance, name, FILE_APPEND, bytes, len, err);
    int rc = append_handle(instance, name, err);
    return rc == PAWL_OK ? append_whole(instance, bytes, len, err) : rc;
}

static int files_replace(struct pawl_ctx *ctx, const char *name, const void *bytes, size_t len,
                         struct pawl_err *err) {
    struct instance *instance = instance_of(ctx);
    struct disk *disk = instance->services->disk;
    char path[DISK_PATH_MAX + 1], fresh[DISK_PATH_MAX + 1];
    struct disk_file *file = NULL;
    if (len > PAWL_FILE_WRITE_MAX) return too_much(err);
    if (trial_is_on(instance)) return note_file(instance, name, FILE_REPLACE, bytes, len, err);
    int rc = path_of(instance, name, "", path, sizeof path, err);
    if (rc == PAWL_OK) rc = path_of(instance, name, ".new", fresh, sizeof fresh, err);
    if (rc == PAWL_OK) rc = behind(instance->services, REPLACE_JOBS, err);
    if (rc == PAWL_OK) rc = disk_open(disk, fresh, DISK_CREATE, &file, err);
    if (rc == PAWL_OK) rc = disk_truncate(file, 0, err);
    if (rc == PAWL_OK) rc = disk_write(file, 0, bytes, len, err);
    struct services *services = instance->services;
    if (rc == PAWL_OK && services->durable) /* before the folder, which the same thread syncs */
        beside_forget(services->beside, beside_sync(services->beside, file));
    else
        disk_close(file);
    if (rc != PAWL_OK) return rc;
    if (strcmp(instance->append_name, name) == 0)
        append_close(instance); /* it would go on writing to the old one */
    return rename_over(instance, fresh, path, err);
}

static int files_rename(struct pawl_ctx *ctx, const char *from, const char *to,
                        struct pawl_err *err) {
    struct instance *instance = instance_of(ctx);
    char old[DISK_PATH_MAX + 1], fresh[DISK_PATH_MAX + 1];
    int rc = path_of(instance, from, "", old, sizeof old, err);
    if (rc == PAWL_OK) rc = path_of(instance, to, "", fresh, sizeof fresh, err);
    if (rc != PAWL_OK) return rc;
    if (trial_is_on(instance))
        return note_file(instance, from, FILE_RENAME, to, strlen(to) + 1, err);
    rc = behind(instance->services, RENAME_JOBS, err);
    if (rc != PAWL_OK) return rc;
    append_close(instance); /* it may be one of the two */
    return rename_over(instance, old, fresh, err);
}

static int files_truncate(struct pawl_ctx *ctx, const char *name, uint64_t size,
                          struct pawl_err *err) {
    struct instance *instance = instance_of(ctx);
    char path[DISK_PATH_MAX + 1];
    struct disk_file *file = NULL;
    int rc = path_of(instance, name, "", path, sizeof path, err);
    if (rc == PAWL_OK && size > INT64_MAX) rc = pawl_fail(err, PAWL_E_RANGE, "size");
    if (rc != PAWL_OK) return rc;
    if (trial_is_on(instance))
        return note_file(instance, name, FILE_TRUNCATE, &size, sizeof size, err);
    if (strcmp(instance->append_name, name) == 0) append_close(instance); /* its size is another */
    rc = disk_open(instance->services->disk, path, 0, &file, err);
    if (rc == PAWL_OK) rc = disk_truncate(file, (int64_t)size, err);
    disk_close(file);
    return rc;
}

static int64_t files_length(struct pawl_ctx *ctx, const char *name, struct pawl_err *err) {
    struct instance *instance = instance_of(ctx);
    char path[DISK_PATH_MAX + 1];
    struct disk_file *file = NULL;
    bool there = false;
    int64_t size = 0;
    int rc = path_of(instance, name, "", path, sizeof path, err);
    if (rc == PAWL_OK) rc = disk_exists(instance->services->disk, path, &there, err);
    if (rc != PAWL_OK) return rc;
    if (!there) return PAWL_E_NOTFOUND;
    rc = disk_open(instance->services->disk, path, DISK_READ_ONLY, &file, err);
    if (rc == PAWL_OK) rc = disk_size(file, &size, err);
    disk_close(file);
    return rc == PAWL_OK ? size : rc;
}

/* Its own handle goes to the thread; the one that is appended to stays here. */
static int files_sync(struct pawl_ctx *ctx, const char *name, struct pawl_err *err) {
    struct instance *instance = instance_of(ctx);
    struct services *services = instance->services;
    char path[DISK_PATH_MAX + 1];
    struct disk_file *file = NULL;
    int rc = path_of(instance, name, "", path, sizeof path, err);
    if (rc == PAWL_OK) rc = trial_ready(instance, TRIAL_EVENT_ONLY, err);
    if (rc != PAWL_OK || !services->durable) return rc;
    if (strcmp(instance->sync_path, path) != 0) sync_forget(instance);
    if (instance->sync_job == 0) {
        rc = behind(services, 1, err);
        if (rc != PAWL_OK) return rc;
        rc = disk_open(services->disk, path, 0, &file, err);
        if (rc != PAWL_OK) return rc;
        snprintf(instance->sync_path, sizeof instance->sync_path, "%s", path);
        instance->sync_job = beside_sync(services->beside, file);
        return PAWL_E_BUSY;
    }
    rc = beside_asked(services->beside, instance->sync_job, err);
    if (rc != PAWL_E_BUSY) instance->sync_job = 0;
    return rc;
}

static int64_t files_read(struct pawl_ctx *ctx, const char *name, uint64_t offset, void *bytes,
                          size_t max, struct pawl_err *err) {
    struct instance *instance = instance_of(ctx);
    char path[DISK_PATH_MAX + 1];
    struct disk_file *file = NULL;
    bool there = false;
    size_t size = 0;
    int rc = path_of(instance, name, "", path, sizeof path, err);
    if (rc == PAWL_OK && offset > INT64_MAX) rc = pawl_fail(err, PAWL_E_RANGE, "offset");
    if (rc == PAWL_OK) rc = disk_exists(instance->services->disk, path, &there, err);
    if (rc != PAWL_OK) return rc;
    if (!there) return 0;
    rc = disk_open(instance->services->disk, path, DISK_READ_ONLY, &file, err);
    if (rc == PAWL_OK) rc = disk_read(file, (int64_t)offset, bytes, max, &size, err);
    disk_close(file);
    return rc == PAWL_OK ? (int64_t)size : rc;
}

const struct pawl_files files_table = {.size = (uint32_t)sizeof(struct pawl_files),
                                       .append = files_append,
                                       .replace = files_replace,
                                       .read = files_read,
                                       .rename = files_rename,
                                       .length = files_length,
                                       .truncate = files_truncate,
                                       .sync = files_sync};
