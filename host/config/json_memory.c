#include "config/json_memory.h"

#include <setjmp.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/alloc.h"

struct blocks {
    void **block;
    size_t count, room;
};

/* While a text is parsed. Nothing is freed before the end, so both lists only grow. */
struct guard {
    jmp_buf out;
    struct blocks taken, given_back;
};

static atomic_uint_fast64_t failures;
static _Thread_local struct guard *guard;

static _Noreturn void leave(struct guard *g) {
    atomic_fetch_add(&failures, 1);
    longjmp(g->out, 1);
}

/* Room for one more; does not return if there is no memory. */
static void make_room(struct guard *g, struct blocks *blocks) {
    if (blocks->count < blocks->room) return;
    size_t room = blocks->room == 0 ? 256 : blocks->room * 2;
    void **more = mem_realloc(blocks->block, room * sizeof *more);
    if (more == NULL) leave(g);
    blocks->block = more;
    blocks->room = room;
}

static void *json_alloc(size_t size) {
    struct guard *g = guard;
    if (g != NULL) make_room(g, &g->taken);
    void *block = mem_alloc(size);
    if (g == NULL) {
        if (block == NULL) atomic_fetch_add(&failures, 1);
        return block;
    }
    if (block == NULL) leave(g);
    g->taken.block[g->taken.count++] = block;
    return block;
}

static void json_give_back(void *block) {
    struct guard *g = guard;
    if (g == NULL || block == NULL) {
        mem_free(block);
        return;
    }
    make_room(g, &g->given_back);
    g->given_back.block[g->given_back.count++] = block;
}

static void free_all(const struct blocks *blocks) {
    for (size_t i = 0; i < blocks->count; i++) mem_free(blocks->block[i]);
}

void json_memory_use(void) {
    json_set_alloc_funcs(json_alloc, json_give_back);
}

uint64_t json_memory_failures(void) {
    return atomic_load(&failures);
}

int json_memory_load(const char *bytes, size_t size, size_t flags, json_t **ret,
                     json_error_t *ret_error) {
    struct guard *g = mem_calloc(1, sizeof *g);
    if (g == NULL) {
        atomic_fetch_add(&failures, 1);
        return PAWL_E_NOMEM;
    }
    int rc;
    guard = g;
    if (setjmp(g->out) == 0) {
        json_t *json = json_loadb(bytes, size, flags, ret_error);
        guard = NULL;
        free_all(&g->given_back);
        rc = json == NULL ? PAWL_E_DATA : PAWL_OK;
        if (json != NULL) *ret = json;
    } else {
        guard = NULL;
        free_all(&g->taken); /* what was given back is among it */
        rc = PAWL_E_NOMEM;
    }
    mem_free(g->taken.block);
    mem_free(g->given_back.block);
    mem_free(g);
    return rc;
}
