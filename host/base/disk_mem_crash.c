/* disk_mem_crash.c - what can go wrong on the disk in memory. */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/disk_mem.h"
#include "base/err.h"
#include "base/rng.h"

static struct mem_disk *enter(struct disk *disk) {
    struct mem_disk *mem = (struct mem_disk *)disk;
    pthread_mutex_lock(&mem->lock);
    return mem;
}

static void leave(struct mem_disk *disk) {
    pthread_mutex_unlock(&disk->lock);
}

int mem_gate(struct mem_disk *disk, enum disk_op op, bool grows, const char *path, bool *ret_short,
             struct pawl_err *err) {
    static const char *const names[DISK_OPS_] = {
        "", "open", "read", "write", "sync", "truncate", "rename", "remove", "size", "list"};
    bool counted = (disk->mask & DISK_MASK(op)) != 0;
    if (disk->watch != NULL) disk->watch(disk->watch_arg, op, path);
    if (counted) disk->ops++;
    if (counted && disk->fail_at > 0 && disk->ops >= disk->fail_at &&
        (disk->ops == disk->fail_at || disk->forever)) {
        if (disk->fault == DISK_DIE) disk->dead = true;
        if (disk->fault == DISK_EIO && op != DISK_SYNC)
            return pawl_fail(err, PAWL_E_IO, "%s: %s: Input/output error", path, names[op]);
        if (disk->fault == DISK_ENOSPC && grows)
            return pawl_fail(err, PAWL_E_BUSY, "%s: %s: No space left on device", path, names[op]);
        if (disk->fault == DISK_SHORT || disk->fault == DISK_EIO) {
            if (ret_short == NULL)
                return pawl_fail(err, PAWL_E_IO, "%s: %s: Input/output error", path, names[op]);
            *ret_short = true;
        }
    }
    if (disk->dead) return pawl_fail(err, PAWL_E_IO, "%s: %s: the disk is dead", path, names[op]);
    return PAWL_OK;
}

void disk_mem_fail_at(struct disk *base, uint64_t k, uint32_t mask, enum disk_fault fault,
                      bool forever) {
    struct mem_disk *disk = enter(base);
    disk->fail_at = k;
    disk->ops = 0;
    disk->mask = mask;
    disk->fault = fault;
    disk->forever = forever;
    leave(disk);
}

uint64_t disk_mem_ops(struct disk *base) {
    struct mem_disk *disk = enter(base);
    uint64_t ops = disk->ops;
    leave(disk);
    return ops;
}

bool disk_mem_dead(struct disk *base) {
    struct mem_disk *disk = enter(base);
    bool dead = disk->dead;
    leave(disk);
    return dead;
}

void disk_mem_revive(struct disk *base) {
    struct mem_disk *disk = enter(base);
    disk->dead = false;
    leave(disk);
}

void disk_mem_watch(struct disk *base, void (*op)(void *arg, enum disk_op op, const char *path),
                    void *arg) {
    struct mem_disk *disk = enter(base);
    disk->watch = op;
    disk->watch_arg = arg;
    leave(disk);
}

/* How a power cut treats what was not synced; drawn once a cut, so that the clean cases occur
 * too. */
enum cut_style { CUT_NOTHING_STAYS, CUT_ALL_STAYS, CUT_FIRST_FEW_STAY, CUT_ANY_MIX, CUT_STYLES };

static void keep_some_sectors(struct mem_bytes *bytes, const struct mem_change *change,
                              struct rng *rng) {
    int64_t at = change->at, end = at + (int64_t)change->size;
    while (at < end) {
        int64_t next = (at / DISK_SECTOR + 1) * DISK_SECTOR;
        if (next > end) next = end;
        if (rng_chance(rng, 1, 2))
            mem_bytes_apply(bytes, at, change->bytes + (at - change->at), (size_t)(next - at));
        at = next;
    }
}

static void keep_change(struct mem_bytes *bytes, const struct mem_change *change) {
    if (change->is_cut)
        mem_bytes_cut(bytes, change->at);
    else
        mem_bytes_apply(bytes, change->at, change->bytes, change->size);
}

/* The synced bytes become what the cut leaves of the file. */
static void cut_node(struct mem_node *node, enum cut_style style, struct rng *rng) {
    uint64_t count = 0, i = 0;
    for (struct mem_change *c = node->first; c != NULL; c = c->next) count++;
    uint64_t few = rng_below(rng, count + 1);
    for (struct mem_change *c = node->first; c != NULL; c = c->next, i++) {
        bool keep = style == CUT_ALL_STAYS || (style == CUT_FIRST_FEW_STAY && i < few);
        bool torn = style == CUT_FIRST_FEW_STAY && i == few && !c->is_cut;
        if (style == CUT_ANY_MIX) {
            uint64_t draw = rng_below(rng, 3);
            keep = draw == 0;
            torn = draw == 1 && !c->is_cut;
        }
        if (keep) keep_change(&node->synced, c);
        if (torn) keep_some_sectors(&node->synced, c, rng);
    }
    mem_changes_drop(node);
    int rc = mem_bytes_reserve(&node->now, node->synced.size);
    assert(rc == PAWL_OK); /* a test's disk: nothing fails an allocation while it crashes */
    node->now.size = 0;
    mem_bytes_apply(&node->now, 0, node->synced.data, (size_t)node->synced.size);
}

static void cut_names(struct mem_disk *disk, enum cut_style style, struct rng *rng) {
    uint32_t few = (uint32_t)rng_below(rng, disk->changes_count + 1);
    if (style == CUT_NOTHING_STAYS) few = 0;
    if (style == CUT_ALL_STAYS) few = disk->changes_count;
    for (uint32_t i = 0; i < disk->changes_count; i++) {
        bool done = i >= few || mem_names_apply(&disk->synced, &disk->changes[i]);
        assert(done);
        mem_name_change_done(&disk->changes[i]);
    }
    disk->changes_count = 0;
    for (uint32_t i = 0; i < disk->now.count; i++) mem_free(disk->now.name[i].path);
    disk->now.count = 0;
    for (uint32_t i = 0; i < disk->synced.count; i++) {
        char *copy = mem_strdup(disk->synced.name[i].path);
        assert(copy != NULL);
        disk->now.name[i] = (struct mem_name){.path = copy, .node = disk->synced.name[i].node};
        disk->now.count++;
    }
}

void disk_mem_crash(struct disk *base, enum disk_crash crash, uint64_t seed) {
    struct mem_disk *disk = enter(base);
    struct rng rng;
    rng_init(&rng, seed);
    enum cut_style style = (enum cut_style)rng_below(&rng, CUT_STYLES);
    disk->crashes++;
    disk->dead = false;
    disk->fail_at = 0;
    for (uint32_t i = 0; i < DISK_MEM_FILES_MAX; i++) {
        disk->node[i].handles = 0;
        if (crash == DISK_POWER_CUT && disk->node[i].used) cut_node(&disk->node[i], style, &rng);
    }
    if (crash == DISK_POWER_CUT) cut_names(disk, style, &rng);
    mem_nodes_collect(disk);
    leave(disk);
}
