/*
 * wal.c - does the write-ahead log still hold every transaction it was synced with?
 *
 * SQLite reads a log up to the first frame that does not fit and takes that for the torn end of an
 * unfinished transaction. Damage in the middle looks the same, and would silently undo transactions
 * whose orders were sent. Under STORE_FULL a transaction begins only after the one before it was
 * synced; so where a frame of the same log follows on a transaction that does not check, that
 * transaction was durable once and the log is damaged.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "store/store_int.h"

#define WAL_HEADER 32u
#define FRAME_HEADER 24u
#define WAL_MAGIC 0x377f0682u /* the lowest bit: sums are over big-endian words */
#define WAL_PAGE_MIN 512u
#define WAL_PAGE_MAX 65536u
#define PAGES_MORE_MAX 64u

struct wal_reader {
    struct disk_file *file;
    int64_t size;
    uint8_t *frame; /* header and page */
    uint32_t page_size;
    bool big_endian;
    uint8_t salt[8];
    uint32_t sum[2];
    uint32_t pages; /* of the database after the last whole transaction */
};

static uint32_t be32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t le32(const uint8_t *p) {
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void add_to_sum(struct wal_reader *wal, uint32_t sum[2], const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint32_t first = wal->big_endian ? be32(bytes + i) : le32(bytes + i);
        uint32_t second = wal->big_endian ? be32(bytes + i + 4) : le32(bytes + i + 4);
        sum[0] += first + sum[1];
        sum[1] += second + sum[0];
    }
}

static int read_at(struct wal_reader *wal, int64_t at, void *bytes, size_t size, bool *ret_whole,
                   struct pawl_err *err) {
    size_t done = 0;
    int rc = disk_read(wal->file, at, bytes, size, &done, err);
    *ret_whole = done == size;
    return rc;
}

/* *ret_ok = false: no frame of it can be read. */
static int read_header(struct wal_reader *wal, bool *ret_ok, struct pawl_err *err) {
    uint8_t header[WAL_HEADER];
    int rc = read_at(wal, 0, header, sizeof header, ret_ok, err);
    if (rc != PAWL_OK || !*ret_ok) return rc;
    uint32_t magic = be32(header);
    wal->page_size = be32(header + 8);
    wal->big_endian = magic & 1;
    memcpy(wal->salt, header + 16, sizeof wal->salt);
    add_to_sum(wal, wal->sum, header, 24);
    *ret_ok = (magic & ~1u) == WAL_MAGIC && wal->page_size >= WAL_PAGE_MIN &&
              wal->page_size <= WAL_PAGE_MAX && (wal->page_size & (wal->page_size - 1)) == 0 &&
              be32(header + 24) == wal->sum[0] && be32(header + 28) == wal->sum[1];
    return PAWL_OK;
}

enum frame_state { FRAME_GOOD = 1, FRAME_BAD };

struct frame {
    enum frame_state state;
    bool same_log; /* its salts are the header's */
    bool commits;  /* it is the last of a transaction, by its header */
};

static int read_frame(struct wal_reader *wal, int64_t at, struct frame *ret, struct pawl_err *err) {
    bool whole;
    uint32_t sum[2] = {wal->sum[0], wal->sum[1]};
    size_t size = FRAME_HEADER + wal->page_size;
    int rc = read_at(wal, at, wal->frame, size, &whole, err);
    if (rc != PAWL_OK) return rc;
    *ret = (struct frame){.state = FRAME_BAD};
    if (!whole) return PAWL_OK;
    add_to_sum(wal, sum, wal->frame, 8);
    add_to_sum(wal, sum, wal->frame + FRAME_HEADER, wal->page_size);
    ret->same_log = memcmp(wal->frame + 8, wal->salt, sizeof wal->salt) == 0;
    ret->commits = be32(wal->frame + 4) != 0;
    if (ret->same_log && be32(wal->frame) != 0 && be32(wal->frame + 16) == sum[0] &&
        be32(wal->frame + 20) == sum[1]) {
        ret->state = FRAME_GOOD;
        if (ret->commits) wal->pages = be32(wal->frame + 4);
        memcpy(wal->sum, sum, sizeof sum);
    }
    return PAWL_OK;
}

/* Does the frame in the buffer check if it is taken for the last of a transaction that left the
 * database a little larger or as it was? Then only its word for that is damaged. */
static bool was_commit(struct wal_reader *wal) {
    for (uint32_t pages = wal->pages; pages < wal->pages + PAGES_MORE_MAX; pages++) {
        uint32_t sum[2] = {wal->sum[0], wal->sum[1]};
        uint8_t head[8];
        memcpy(head, wal->frame, 4);
        for (unsigned i = 0; i < 4; i++) head[4 + i] = (uint8_t)(pages >> (24 - 8 * i));
        add_to_sum(wal, sum, head, sizeof head);
        add_to_sum(wal, sum, wal->frame + FRAME_HEADER, wal->page_size);
        if (be32(wal->frame + 16) == sum[0] && be32(wal->frame + 20) == sum[1]) return true;
    }
    return false;
}

/* *ret_lost = a frame after which something durable is missing, counted from 1; 0 = none. */
static int scan(struct wal_reader *wal, int64_t *ret_lost, struct pawl_err *err) {
    int64_t step = FRAME_HEADER + (int64_t)wal->page_size, first_bad = 0, number = 1;
    bool ended = false; /* the transaction of the first bad frame has ended */
    for (int64_t at = WAL_HEADER; at + step <= wal->size; at += step, number++) {
        struct frame frame;
        int rc = read_frame(wal, at, &frame, err);
        if (rc != PAWL_OK) return rc;
        if (first_bad == 0) {
            if (frame.state == FRAME_GOOD) continue;
            /* Its header may be what is damaged, so its commit counts whatever its salts say. */
            first_bad = number;
            ended = frame.commits || was_commit(wal);
        } else if (ended && frame.same_log) {
            *ret_lost = first_bad;
            return PAWL_OK;
        } else if (frame.commits && frame.same_log) {
            ended = true;
        }
    }
    return PAWL_OK;
}

int wal_check(struct store *store, struct pawl_err *err) {
    char path[STORE_PATH_MAX + 8];
    struct wal_reader wal = {0};
    bool there = false, header_ok = false;
    int64_t lost = 0;
    snprintf(path, sizeof path, "%s-wal", store->path);
    int rc = disk_exists(store->disk, path, &there, err);
    if (rc != PAWL_OK || !there) return rc;
    rc = disk_open(store->disk, path, DISK_READ_ONLY, &wal.file, err);
    if (rc != PAWL_OK) return rc;
    rc = disk_size(wal.file, &wal.size, err);
    /* The header is synced before the first frame is written. */
    if (rc == PAWL_OK && wal.size > WAL_HEADER) {
        rc = read_header(&wal, &header_ok, err);
        if (rc == PAWL_OK && !header_ok)
            rc = sql_damaged(store, err, "the header of its -wal is damaged");
    }
    if (rc == PAWL_OK && header_ok) {
        wal.frame = mem_alloc(FRAME_HEADER + wal.page_size);
        rc = wal.frame == NULL ? pawl_fail(err, PAWL_E_NOMEM, "store: out of memory")
                               : scan(&wal, &lost, err);
        if (rc == PAWL_OK && lost > 0)
            rc = sql_damaged(store, err, "its -wal is damaged at frame %lld", (long long)lost);
    }
    mem_free(wal.frame);
    disk_close(wal.file);
    return rc;
}
