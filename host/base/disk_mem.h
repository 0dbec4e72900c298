/*
 * disk_mem.h - the inside of the disk in memory: disk_mem.c does the operations, disk_mem_crash.c
 * the misfortunes.
 *
 * A file is a node: its bytes now, its bytes as of the last sync, and the changes in between. Names
 * point to nodes and have the same three parts.
 */
#ifndef BASE_DISK_MEM_H
#define BASE_DISK_MEM_H

#include <pthread.h>

#include "base/disk_int.h"

#define NAME_CHANGES_MAX 1024u /* more than that: the oldest become durable, as they always may */

struct mem_bytes {
    uint8_t *data;
    int64_t size, capacity;
};
struct mem_change { /* of a file's bytes since its last sync */
    struct mem_change *next;
    int64_t at; /* of a write; of a cut the new size */
    size_t size;
    bool is_cut;
    uint8_t bytes[];
};
struct mem_node {
    bool used;
    uint32_t handles;
    struct mem_bytes now, synced;
    struct mem_change *first, *last;
};
struct mem_name {
    char *path;
    uint32_t node;
};
struct mem_names {
    struct mem_name name[DISK_MEM_FILES_MAX];
    uint32_t count;
};
struct mem_name_change { /* since names were last synced */
    enum disk_op op; /* DISK_OPEN = made, DISK_RENAME, DISK_REMOVE */
    uint32_t node;
    char *path, *to;
};

struct mem_disk {
    struct disk base;
    pthread_mutex_t lock;
    struct mem_node node[DISK_MEM_FILES_MAX];
    struct mem_names now, synced;
    struct mem_name_change changes[NAME_CHANGES_MAX];
    uint32_t changes_count;
    uint32_t crashes; /* a handle from before the last one is lost */
    bool dead;
    uint64_t fail_at, ops;
    uint32_t mask;
    enum disk_fault fault;
    bool forever;
    void (*watch)(void *arg, enum disk_op op, const char *path);
    void *watch_arg;
};

int mem_bytes_reserve(struct mem_bytes *bytes, int64_t size);
/* Room for it was reserved. A write beyond the end leaves zeros between. */
void mem_bytes_apply(struct mem_bytes *bytes, int64_t at, const uint8_t *data, size_t size);
void mem_bytes_cut(struct mem_bytes *bytes, int64_t size);

struct mem_name *mem_names_find(struct mem_names *names, const char *path);
/* False: out of memory or names. */
bool mem_names_apply(struct mem_names *names, const struct mem_name_change *change);
void mem_name_change_done(struct mem_name_change *change);
void mem_changes_drop(struct mem_node *node);
void mem_nodes_collect(struct mem_disk *disk); /* free what nothing points to */

/* Count the operation, tell the watcher, meet the fault. *ret_short = true: a write leaves its
 * first half, a sync forgets; then they fail. */
int mem_gate(struct mem_disk *disk, enum disk_op op, bool grows, const char *path, bool *ret_short,
             struct pawl_err *err);

#endif
