/*
 * store_kit.h - two small record types and what the store tests do with them: a scenario of turns
 * whose every prefix can be told from the rows alone.
 */
#ifndef STORE_KIT_H
#define STORE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/disk.h"
#include "store/store.h"
#include "store/vfs.h"

struct kit_row {
    uint64_t id;
    struct pawl_price price;
    int64_t time_ns;
    int32_t code;
    uint16_t small;
    uint8_t side, flag;
    char order[24];
    char text[64];
};
static const struct pawl_field kit_fields[] = {
    {"id", PAWL_F_U64, 0, offsetof(struct kit_row, id), 8, ""},
    {"price", PAWL_F_PRICE, 0, offsetof(struct kit_row, price), 8, ""},
    {"time", PAWL_F_TIME, 0, offsetof(struct kit_row, time_ns), 8, ""},
    {"code", PAWL_F_I32, 0, offsetof(struct kit_row, code), 4, ""},
    {"small", PAWL_F_U16, 0, offsetof(struct kit_row, small), 2, ""},
    {"side", PAWL_F_ENUM, 1, offsetof(struct kit_row, side), 1, ""},
    {"flag", PAWL_F_U8, 0, offsetof(struct kit_row, flag), 1, ""},
    {"order", PAWL_F_OID, 0, offsetof(struct kit_row, order), 24, ""},
    {"text", PAWL_F_STR, 0, offsetof(struct kit_row, text), 64, ""},
    {NULL, 0, 0, 0, 0, NULL}};
static const struct pawl_record_type kit_type = {"kit", "kits", 900, 1, sizeof(struct kit_row),
                                                 kit_fields};

struct kit_count { /* one row: the last turn */
    uint64_t id, turn;
};
static const struct pawl_field kit_count_fields[] = {
    {"id", PAWL_F_U64, 0, offsetof(struct kit_count, id), 8, ""},
    {"turn", PAWL_F_U64, 0, offsetof(struct kit_count, turn), 8, ""},
    {NULL, 0, 0, 0, 0, NULL}};
static const struct pawl_record_type kit_count_type = {
    "kit_count", "kit_counts", 901, 1, sizeof(struct kit_count), kit_count_fields};

#define KIT_PATH "data/pawl.db"
#define KIT_VFS "kit"
#define KIT_KEYS 7u /* rows of the scenario */

/* The row that turn t writes. */
static inline struct kit_row kit_row(uint64_t t) {
    struct kit_row row = {.id = t % KIT_KEYS + 1, .price = {(int64_t)(t * 1000003)},
                          .time_ns = (int64_t)t, .code = -(int32_t)t, .small = (uint16_t)(t * 7),
                          .side = (uint8_t)(t % 2 + 1), .flag = t % 3 == 0};
    snprintf(row.order, sizeof row.order, "p%llu", (unsigned long long)t);
    snprintf(row.text, sizeof row.text, "turn %llu", (unsigned long long)t);
    return row;
}

/* Every fifth turn erases the row of the turn three before it. */
static inline int kit_turn(struct store *store, uint64_t t) {
    struct kit_row row = kit_row(t);
    struct kit_count count = {.id = 1, .turn = t};
    int rc = store_put(store, &kit_type, &row);
    if (rc == PAWL_OK && t % 5 == 0) rc = store_erase(store, &kit_type, (t - 3) % KIT_KEYS + 1);
    if (rc == PAWL_OK) rc = store_put(store, &kit_count_type, &count);
    return rc == PAWL_OK ? store_commit(store, t) : rc;
}

struct kit_state {
    struct kit_row row[KIT_KEYS + 1]; /* [key]; id 0 = not there */
    uint64_t turn;
    uint32_t rows;
    uint64_t last_key;
};

/* What the rows must be after turn t. */
static inline struct kit_state kit_expect(uint64_t t) {
    struct kit_state state = {.turn = t};
    for (uint64_t i = 1; i <= t; i++) {
        struct kit_row row = kit_row(i);
        state.row[row.id] = row;
        if (i % 5 == 0) state.row[(i - 3) % KIT_KEYS + 1] = (struct kit_row){0};
    }
    return state;
}

static inline int kit_take(void *arg, const void *image, struct pawl_err *err) {
    struct kit_state *state = arg;
    struct kit_row row;
    (void)err;
    memcpy(&row, image, sizeof row);
    assert_in_range(row.id, 1, KIT_KEYS);
    assert_true(row.id > state->last_key);
    state->last_key = row.id;
    state->row[row.id] = row;
    state->rows++;
    return PAWL_OK;
}

static inline int kit_take_count(void *arg, const void *image, struct pawl_err *err) {
    struct kit_state *state = arg;
    (void)err;
    state->turn = ((const struct kit_count *)image)->turn;
    return PAWL_OK;
}

static inline int kit_load(struct store *store, struct kit_state *ret, struct pawl_err *err) {
    memset(ret, 0, sizeof *ret);
    int rc = store_load(store, &kit_type, kit_take, ret, err);
    return rc == PAWL_OK ? store_load(store, &kit_count_type, kit_take_count, ret, err) : rc;
}

/* The rows are those of exactly one turn, which is returned. */
static inline uint64_t kit_assert_prefix(struct store *store) {
    struct pawl_err err = {0};
    struct kit_state got;
    if (kit_load(store, &got, &err) != PAWL_OK) fail_msg("load: %s", err.text);
    struct kit_state wanted = kit_expect(got.turn);
    assert_memory_equal(got.row, wanted.row, sizeof got.row);
    return got.turn;
}

static inline int kit_open(const char *path, const char *vfs, enum store_durability durability,
                           bool threaded, struct store **ret, struct pawl_err *err) {
    struct store_options options = {.path = path, .vfs = vfs, .durability = durability,
                                    .threaded = threaded};
    struct store *store = NULL;
    int rc = store_open(&options, &store, err);
    if (rc == PAWL_OK) rc = store_register(store, &kit_type, err);
    if (rc == PAWL_OK) rc = store_register(store, &kit_count_type, err);
    if (rc != PAWL_OK) {
        store_abandon(store);
        return rc;
    }
    *ret = store;
    return PAWL_OK;
}

static inline struct store *kit_must_open(const char *path, const char *vfs,
                                          enum store_durability durability, bool threaded) {
    struct store *store = NULL;
    struct pawl_err err = {0};
    if (kit_open(path, vfs, durability, threaded, &store, &err) != PAWL_OK)
        fail_msg("open: %s", err.text);
    return store;
}

/* A folder of its own on the real disk, and the path of a database in it. */
static inline const char *kit_folder(char path[64]) {
    strcpy(path, "/tmp/pawl-store-XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static inline void kit_remove_folder(const char *folder) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

#endif
