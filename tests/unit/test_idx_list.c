/*
 * idx_list: random additions, removals and pops against a sorted array; its memory; no memory.
 *
 *   test_idx_list [SEED]
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/idx_list.h"
#include "base/rng.h"

#define MODEL_MAX 6000u

struct model { /* ascending */
    struct idx_node nodes[MODEL_MAX];
    uint32_t count;
};

static uint64_t seed = UINT64_C(0x7061776c);

static int by_order(const void *left, const void *right) {
    const struct idx_node *a = left, *b = right;
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    return a->tag < b->tag ? -1 : a->tag > b->tag;
}

static void model_add(struct model *m, struct idx_node node) {
    uint32_t at = m->count;
    for (; at > 0 && by_order(&m->nodes[at - 1], &node) > 0; at--) m->nodes[at] = m->nodes[at - 1];
    m->nodes[at] = node;
    m->count++;
}

static void model_remove(struct model *m, uint32_t at) {
    m->count--;
    memmove(&m->nodes[at], &m->nodes[at + 1], (m->count - at) * sizeof m->nodes[0]);
}

/* The list holds what the model holds, each block's nodes in order, no two neighbours small. */
static void same(const struct idx_list *list, const struct model *m) {
    assert_int_equal(list->count, m->count);
    uint32_t left = m->count;
    for (uint32_t place = 0; place < list->blocks_count; place++) {
        const struct idx_block *block = &list->blocks[place];
        for (uint32_t i = 0; i < block->count; i++) {
            const struct idx_node *node =
                &list->nodes[(size_t)block->number * IDX_BLOCK_NODES + i];
            assert_true(left > 0);
            assert_int_equal(by_order(node, &m->nodes[--left]), 0);
        }
        if (place > 0) assert_true(block->count > 0 && block[-1].count > 0);
        if (place > 0) assert_true(block->count + block[-1].count > IDX_BLOCK_NODES * 3 / 4);
    }
    assert_int_equal(left, 0);
    if (m->count > 0) assert_int_equal(idx_list_first(list)->tag, m->nodes[0].tag);
}

/* Ranks: all over, few (ties), rising, falling, the ends of the range. */
static int64_t some_rank(struct rng *rng, uint32_t kind, uint64_t age) {
    switch (kind) {
    case 0: return (int64_t)rng_u64(rng);
    case 1: return (int64_t)rng_below(rng, 4);
    case 2: return (int64_t)age;
    case 3: return -(int64_t)age;
    default: return rng_below(rng, 2) ? INT64_MAX : INT64_MIN;
    }
}

static void random_changes_keep_the_order(void **state) {
    (void)state;
    static struct model m;
    struct rng rng;
    rng_init(&rng, seed);
    for (uint32_t round = 0; round < 40; round++) {
        struct idx_list list = {0};
        uint64_t age = 0;
        uint32_t size = 1u + (uint32_t)rng_below(&rng, MODEL_MAX);
        m.count = 0;
        for (uint32_t step = 0; step < 3 * size; step++) {
            bool grows = step < size || (step < 2 * size && rng_below(&rng, 2));
            if (grows && m.count < MODEL_MAX) {
                age++;
                struct idx_node node = {some_rank(&rng, round % 5, age),
                                        idx_tag(age, (uint32_t)age)};
                assert_int_equal(idx_list_reserve(&list, 1, 1), PAWL_OK);
                idx_list_add(&list, node);
                model_add(&m, node);
            } else if (m.count > 0) {
                uint32_t at = rng_below(&rng, 2) ? 0 : (uint32_t)rng_below(&rng, m.count);
                if (at == 0)
                    idx_list_pop(&list);
                else
                    idx_list_remove(&list, m.nodes[at]);
                model_remove(&m, at);
            }
            if (step % 97 == 0) same(&list, &m);
        }
        same(&list, &m);
        idx_list_done(&list);
    }
}

/* What was reserved at once is enough, however the nodes come. */
static void room_for_many_is_room_for_them_in_any_order(void **state) {
    (void)state;
    for (uint32_t kind = 0; kind < 5; kind++) {
        struct idx_list list = {0};
        struct rng rng;
        rng_init(&rng, seed + kind);
        assert_int_equal(idx_list_reserve(&list, 20000, IDX_LIST_ANY), PAWL_OK);
        uint64_t bytes = idx_list_bytes(&list);
        for (uint32_t i = 0; i < 20000; i++)
            idx_list_add(&list, (struct idx_node){some_rank(&rng, kind, i), idx_tag(i, i)});
        for (uint32_t i = 0; i < 200000; i++) { /* the first goes elsewhere, as a trailing one */
            struct idx_node node = *idx_list_first(&list);
            idx_list_remove(&list, node);
            node.rank = some_rank(&rng, kind, 20000 + i);
            idx_list_add(&list, node);
        }
        assert_int_equal(idx_list_bytes(&list), bytes);
        assert_true(bytes <= 20000 * 48);
        idx_list_done(&list);
    }
}

static void without_memory_it_stays_as_it_was(void **state) {
    (void)state;
    for (uint64_t nth = 1; nth <= 3; nth++) {
        struct idx_list list = {0};
        static struct model m;
        m.count = 0;
        assert_int_equal(idx_list_reserve(&list, IDX_BLOCK_NODES, IDX_BLOCK_NODES), PAWL_OK);
        for (uint32_t i = 0; i < IDX_BLOCK_NODES; i++) {
            idx_list_add(&list, (struct idx_node){i, idx_tag(i, i)});
            model_add(&m, (struct idx_node){i, idx_tag(i, i)});
        }
        mem_fail_at(nth, false);
        assert_int_equal(idx_list_reserve(&list, 1, 1), PAWL_E_NOMEM);
        mem_fail_at(0, false);
        same(&list, &m);
        assert_int_equal(idx_list_reserve(&list, 1, 1), PAWL_OK);
        idx_list_add(&list, (struct idx_node){-1, idx_tag(999, 999)});
        assert_int_equal(idx_list_first(&list)->rank, -1);
        idx_list_done(&list);
    }
}

int main(int argc, char **argv) {
    if (argc > 1) seed = strtoull(argv[1], NULL, 0);
    printf("seed 0x%llx\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_changes_keep_the_order),
        cmocka_unit_test(room_for_many_is_room_for_them_in_any_order),
        cmocka_unit_test(without_memory_it_stays_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
