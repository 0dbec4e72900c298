#include "base/disk_mem.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

struct mem_file {
    struct disk_file base;
    uint32_t node;
    uint32_t crashes; /* of the disk when it was opened */
    bool read_only;
    char path[];
};

/* ---- bytes ---- */

int mem_bytes_reserve(struct mem_bytes *bytes, int64_t size) {
    if (size <= bytes->capacity) return PAWL_OK;
    if (size > DISK_MEM_FILE_BYTES_MAX) return PAWL_E_BUSY;
    int64_t wanted = bytes->capacity == 0 ? 4096 : bytes->capacity;
    while (wanted < size) wanted *= 2;
    uint8_t *data = mem_realloc(bytes->data, (size_t)wanted);
    if (data == NULL) return PAWL_E_NOMEM;
    bytes->data = data;
    bytes->capacity = wanted;
    return PAWL_OK;
}

void mem_bytes_apply(struct mem_bytes *bytes, int64_t at, const uint8_t *data, size_t size) {
    int64_t end = at + (int64_t)size;
    if (size == 0) return;
    if (at > bytes->size) memset(bytes->data + bytes->size, 0, (size_t)(at - bytes->size));
    memcpy(bytes->data + at, data, size);
    if (end > bytes->size) bytes->size = end;
}

void mem_bytes_cut(struct mem_bytes *bytes, int64_t size) {
    if (size > bytes->size) memset(bytes->data + bytes->size, 0, (size_t)(size - bytes->size));
    bytes->size = size;
}

void mem_changes_drop(struct mem_node *node) {
    while (node->first != NULL) {
        struct mem_change *next = node->first->next;
        mem_free(node->first);
        node->first = next;
    }
    node->last = NULL;
}

/* Do the change now and remember it until the next sync; all or nothing. */
static int node_change(struct mem_node *node, bool is_cut, int64_t at, const void *bytes,
                       size_t size) {
    int64_t end = at + (int64_t)size;
    struct mem_change *change = mem_alloc(sizeof *change + size);
    int rc = change == NULL ? PAWL_E_NOMEM : mem_bytes_reserve(&node->now, end);
    if (rc == PAWL_OK) rc = mem_bytes_reserve(&node->synced, end);
    if (rc != PAWL_OK) {
        mem_free(change);
        return rc;
    }
    *change = (struct mem_change){.at = at, .size = size, .is_cut = is_cut};
    if (size > 0) memcpy(change->bytes, bytes, size);
    if (is_cut)
        mem_bytes_cut(&node->now, at);
    else
        mem_bytes_apply(&node->now, at, bytes, size);
    if (node->last != NULL)
        node->last->next = change;
    else
        node->first = change;
    node->last = change;
    return PAWL_OK;
}

/* ---- names ---- */

struct mem_name *mem_names_find(struct mem_names *names, const char *path) {
    for (uint32_t i = 0; i < names->count; i++)
        if (strcmp(names->name[i].path, path) == 0) return &names->name[i];
    return NULL;
}

static void names_drop(struct mem_names *names, const char *path) {
    struct mem_name *name = mem_names_find(names, path);
    if (name == NULL) return;
    mem_free(name->path);
    *name = names->name[--names->count];
}

bool mem_names_apply(struct mem_names *names, const struct mem_name_change *change) {
    const char *path = change->op == DISK_RENAME ? change->to : change->path;
    if (change->op == DISK_REMOVE) {
        names_drop(names, path);
        return true;
    }
    char *copy = names->count == DISK_MEM_FILES_MAX ? NULL : mem_strdup(path);
    if (copy == NULL) return false;
    if (change->op == DISK_RENAME) names_drop(names, change->path);
    names_drop(names, path);
    names->name[names->count++] = (struct mem_name){.path = copy, .node = change->node};
    return true;
}

void mem_name_change_done(struct mem_name_change *change) {
    mem_free(change->path);
    mem_free(change->to);
}

static int names_settle(struct mem_disk *disk, uint32_t count) {
    uint32_t done = 0;
    while (done < count && mem_names_apply(&disk->synced, &disk->changes[done]))
        mem_name_change_done(&disk->changes[done++]);
    disk->changes_count -= done;
    memmove(disk->changes, disk->changes + done, disk->changes_count * sizeof disk->changes[0]);
    return done == count ? PAWL_OK : PAWL_E_NOMEM;
}

static int names_change(struct mem_disk *disk, enum disk_op op, const char *path, const char *to,
                        uint32_t node) {
    struct mem_name_change change = {.op = op, .node = node, .path = mem_strdup(path)};
    if (to != NULL) change.to = mem_strdup(to);
    int rc = change.path == NULL || (to != NULL && change.to == NULL) ? PAWL_E_NOMEM : PAWL_OK;
    if (rc == PAWL_OK && disk->changes_count == NAME_CHANGES_MAX) rc = names_settle(disk, 1);
    if (rc == PAWL_OK && !mem_names_apply(&disk->now, &change)) rc = PAWL_E_NOMEM;
    if (rc != PAWL_OK) {
        mem_name_change_done(&change);
        return rc;
    }
    disk->changes[disk->changes_count++] = change;
    return PAWL_OK;
}

void mem_nodes_collect(struct mem_disk *disk) {
    bool kept[DISK_MEM_FILES_MAX] = {false};
    for (uint32_t i = 0; i < disk->now.count; i++) kept[disk->now.name[i].node] = true;
    for (uint32_t i = 0; i < disk->synced.count; i++) kept[disk->synced.name[i].node] = true;
    for (uint32_t i = 0; i < disk->changes_count; i++) kept[disk->changes[i].node] = true;
    for (uint32_t i = 0; i < DISK_MEM_FILES_MAX; i++) {
        struct mem_node *node = &disk->node[i];
        if (!node->used || kept[i] || node->handles > 0) continue;
        mem_changes_drop(node);
        mem_free(node->now.data);
        mem_free(node->synced.data);
        memset(node, 0, sizeof *node);
    }
}

/* ---- operations ---- */

static struct mem_disk *enter(struct disk *disk) {
    struct mem_disk *mem = (struct mem_disk *)disk;
    pthread_mutex_lock(&mem->lock);
    return mem;
}

static int leave(struct mem_disk *disk, int rc, const char *path, struct pawl_err *err) {
    pthread_mutex_unlock(&disk->lock);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "%s: %s", path, pawl_rc_text(rc));
}

static int node_new(struct mem_disk *disk, uint32_t *ret_node) {
    mem_nodes_collect(disk);
    for (uint32_t i = 0; i < DISK_MEM_FILES_MAX; i++) {
        if (disk->node[i].used) continue;
        disk->node[i].used = true;
        *ret_node = i;
        return PAWL_OK;
    }
    return PAWL_E_BUSY;
}

static int open_node(struct mem_disk *disk, const char *path, unsigned flags, uint32_t *ret_node) {
    struct mem_name *name = mem_names_find(&disk->now, path);
    if (name != NULL) {
        *ret_node = name->node;
        return (flags & DISK_CREATE) && (flags & DISK_EXCLUSIVE) ? PAWL_E_DENIED : PAWL_OK;
    }
    if (!(flags & DISK_CREATE)) return PAWL_E_NOTFOUND;
    if (disk->now.count == DISK_MEM_FILES_MAX || disk->synced.count == DISK_MEM_FILES_MAX)
        return PAWL_E_BUSY;
    int rc = node_new(disk, ret_node);
    return rc != PAWL_OK ? rc : names_change(disk, DISK_OPEN, path, NULL, *ret_node);
}

static int mem_open(struct disk *base, const char *path, unsigned flags, struct disk_file **ret,
                    struct pawl_err *err) {
    struct mem_disk *disk = enter(base);
    struct mem_name *there = mem_names_find(&disk->now, path);
    bool grows = there == NULL && (flags & DISK_CREATE);
    int rc = mem_gate(disk, DISK_OPEN, grows, path, NULL, err);
    if (rc != PAWL_OK) return leave(disk, rc, path, err);
    size_t size = strlen(path) + 1;
    uint32_t node = 0;
    struct mem_file *file = mem_alloc(sizeof *file + size);
    rc = file == NULL ? PAWL_E_NOMEM : open_node(disk, path, flags, &node);
    if (rc != PAWL_OK) {
        mem_free(file);
        return leave(disk, rc, path, err);
    }
    *file = (struct mem_file){.base.disk = base, .node = node, .crashes = disk->crashes,
                              .read_only = (flags & DISK_READ_ONLY) != 0};
    memcpy(file->path, path, size);
    disk->node[node].handles++;
    *ret = &file->base;
    return leave(disk, PAWL_OK, path, err);
}

static void mem_close(struct disk_file *base) {
    struct mem_file *file = (struct mem_file *)base;
    struct mem_disk *disk = enter(base->disk);
    if (file->crashes == disk->crashes) disk->node[file->node].handles--;
    leave(disk, PAWL_OK, file->path, NULL);
    mem_free(file);
}

/* What every call on an open file begins with; on success the disk is locked. */
static int begin(struct disk_file *base, enum disk_op op, bool grows, struct mem_node **ret_node,
                 bool *ret_short, struct pawl_err *err) {
    struct mem_file *file = (struct mem_file *)base;
    struct mem_disk *disk = enter(base->disk);
    int rc = file->crashes != disk->crashes ? PAWL_E_STATE : PAWL_OK;
    if (rc == PAWL_OK) rc = mem_gate(disk, op, grows, file->path, ret_short, err);
    if (rc == PAWL_OK && file->read_only && (op == DISK_WRITE || op == DISK_TRUNCATE))
        rc = PAWL_E_DENIED;
    if (rc != PAWL_OK) return leave(disk, rc, file->path, err);
    *ret_node = &disk->node[file->node];
    return PAWL_OK;
}

static int end(struct disk_file *base, int rc, struct pawl_err *err) {
    return leave((struct mem_disk *)base->disk, rc, ((struct mem_file *)base)->path, err);
}

static int mem_read(struct disk_file *base, int64_t at, void *bytes, size_t size, size_t *ret_size,
                    struct pawl_err *err) {
    struct mem_node *node = NULL;
    int rc = begin(base, DISK_READ, false, &node, NULL, err);
    if (rc != PAWL_OK) return rc;
    size_t there = at >= node->now.size ? 0 : (size_t)(node->now.size - at);
    *ret_size = there < size ? there : size;
    if (*ret_size > 0) memcpy(bytes, node->now.data + at, *ret_size);
    return end(base, PAWL_OK, err);
}

static int mem_write(struct disk_file *base, int64_t at, const void *bytes, size_t size,
                     struct pawl_err *err) {
    struct mem_node *node = NULL;
    bool is_short = false;
    int rc = begin(base, DISK_WRITE, true, &node, &is_short, err);
    if (rc != PAWL_OK) return rc;
    rc = node_change(node, false, at, bytes, is_short ? size / 2 : size);
    if (rc == PAWL_OK && is_short) rc = PAWL_E_IO;
    return end(base, rc, err);
}

/* A sync that fails forgets what it should have written: it is still read, as from the system's
 * cache, but no later sync writes it. */
static int mem_sync(struct disk_file *base, struct pawl_err *err) {
    struct mem_node *node = NULL;
    bool forgets = false;
    int rc = begin(base, DISK_SYNC, false, &node, &forgets, err);
    if (rc != PAWL_OK) return rc;
    if (forgets) {
        mem_changes_drop(node);
        return end(base, PAWL_E_IO, err);
    }
    for (struct mem_change *change = node->first; change != NULL; change = change->next) {
        if (change->is_cut)
            mem_bytes_cut(&node->synced, change->at);
        else
            mem_bytes_apply(&node->synced, change->at, change->bytes, change->size);
    }
    mem_changes_drop(node);
    return end(base, PAWL_OK, err);
}

static int mem_truncate(struct disk_file *base, int64_t size, struct pawl_err *err) {
    struct mem_node *node = NULL;
    int rc = begin(base, DISK_TRUNCATE, false, &node, NULL, err);
    return rc != PAWL_OK ? rc : end(base, node_change(node, true, size, NULL, 0), err);
}

static int mem_size(struct disk_file *base, int64_t *ret_size, struct pawl_err *err) {
    struct mem_node *node = NULL;
    int rc = begin(base, DISK_SIZE, false, &node, NULL, err);
    if (rc != PAWL_OK) return rc;
    *ret_size = node->now.size;
    return end(base, PAWL_OK, err);
}

static int mem_rename(struct disk *base, const char *from, const char *to, struct pawl_err *err) {
    struct mem_disk *disk = enter(base);
    int rc = mem_gate(disk, DISK_RENAME, false, from, NULL, err);
    struct mem_name *name = mem_names_find(&disk->now, from);
    if (rc == PAWL_OK && name == NULL) rc = PAWL_E_NOTFOUND;
    if (rc == PAWL_OK) rc = names_change(disk, DISK_RENAME, from, to, name->node);
    return leave(disk, rc, from, err);
}

static int mem_remove(struct disk *base, const char *path, struct pawl_err *err) {
    struct mem_disk *disk = enter(base);
    int rc = mem_gate(disk, DISK_REMOVE, false, path, NULL, err);
    struct mem_name *name = mem_names_find(&disk->now, path);
    if (rc == PAWL_OK && name == NULL) rc = PAWL_E_NOTFOUND;
    if (rc == PAWL_OK) rc = names_change(disk, DISK_REMOVE, path, NULL, name->node);
    return leave(disk, rc, path, err);
}

static int mem_exists(struct disk *base, const char *path, bool *ret, struct pawl_err *err) {
    struct mem_disk *disk = enter(base);
    int rc = mem_gate(disk, DISK_SIZE, false, path, NULL, err);
    if (rc == PAWL_OK) *ret = mem_names_find(&disk->now, path) != NULL;
    return leave(disk, rc, path, err);
}

static int mem_sync_names(struct disk *base, const char *path, struct pawl_err *err) {
    struct mem_disk *disk = enter(base);
    int rc = mem_gate(disk, DISK_SYNC, false, path, NULL, err);
    if (rc == PAWL_OK) rc = names_settle(disk, disk->changes_count);
    return leave(disk, rc, path, err);
}

static int mem_list(struct disk *base, const char *folder, char ***ret_names, uint32_t *ret_count,
                    struct pawl_err *err) {
    struct mem_disk *disk = enter(base);
    size_t len = strlen(folder);
    int rc = mem_gate(disk, DISK_LIST, false, folder, NULL, err);
    if (rc == PAWL_OK && disk->now.count > 0) {
        *ret_names = mem_calloc(disk->now.count, sizeof **ret_names);
        if (*ret_names == NULL) rc = PAWL_E_NOMEM;
    }
    for (uint32_t i = 0; rc == PAWL_OK && i < disk->now.count; i++) {
        const char *path = disk->now.name[i].path;
        if (strncmp(path, folder, len) != 0 || path[len] != '/' || strchr(path + len + 1, '/'))
            continue;
        (*ret_names)[*ret_count] = mem_strdup(path + len + 1);
        if ((*ret_names)[*ret_count] == NULL)
            rc = PAWL_E_NOMEM;
        else
            ++*ret_count;
    }
    return leave(disk, rc, folder, err);
}

static void mem_disk_free(struct disk *base) {
    struct mem_disk *disk = (struct mem_disk *)base;
    for (uint32_t i = 0; i < disk->changes_count; i++) mem_name_change_done(&disk->changes[i]);
    for (uint32_t i = 0; i < disk->now.count; i++) mem_free(disk->now.name[i].path);
    for (uint32_t i = 0; i < disk->synced.count; i++) mem_free(disk->synced.name[i].path);
    disk->changes_count = disk->now.count = disk->synced.count = 0;
    for (uint32_t i = 0; i < DISK_MEM_FILES_MAX; i++) disk->node[i].handles = 0;
    mem_nodes_collect(disk);
    pthread_mutex_destroy(&disk->lock);
    mem_free(disk);
}

static const struct disk_ops mem_ops = {
    .open = mem_open, .close = mem_close, .read = mem_read, .write = mem_write,
    .sync = mem_sync, .truncate = mem_truncate, .size = mem_size, .rename = mem_rename,
    .remove = mem_remove, .exists = mem_exists, .sync_names = mem_sync_names,
    .list = mem_list, .free = mem_disk_free,
};

int disk_mem_new(struct disk **ret, struct pawl_err *err) {
    struct mem_disk *disk = mem_calloc(1, sizeof *disk);
    if (disk == NULL) return pawl_fail(err, PAWL_E_NOMEM, "disk: out of memory");
    disk->base.ops = &mem_ops;
    disk->mask = DISK_MASK_ALL;
    pthread_mutex_init(&disk->lock, NULL);
    *ret = &disk->base;
    return PAWL_OK;
}
