/* store_disk.h - a disk in memory for each test of the store, and the rows of a page. */
#ifndef STORE_DISK_H
#define STORE_DISK_H

#include "store_kit.h"

#include <pthread.h>

#include "base/alloc.h"

static struct disk *disk;

static inline int set_up(void **state) {
    (void)state;
    assert_int_equal(disk_mem_new(&disk, NULL), PAWL_OK);
    assert_int_equal(store_vfs_new(disk, KIT_VFS, NULL), PAWL_OK);
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    store_vfs_free(KIT_VFS);
    disk_free(disk);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

struct asked {
    struct store_page page;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool done;
};

static inline void on_page(void *arg) {
    struct asked *asked = arg;
    pthread_mutex_lock(&asked->lock);
    asked->done = true;
    pthread_cond_signal(&asked->answered);
    pthread_mutex_unlock(&asked->lock);
}

/* Keys of the rows as a text: "1 2 3". */
static inline const char *keys_of(struct store *store, struct store_page page) {
    static char text[256];
    struct asked asked = {.page = page};
    pthread_mutex_init(&asked.lock, NULL);
    pthread_cond_init(&asked.answered, NULL);
    if (asked.page.table == NULL) asked.page.table = kit_type.table;
    if (asked.page.row_size == 0) asked.page.row_size = kit_type.size;
    asked.page.done = on_page;
    asked.page.arg = &asked;
    assert_int_equal(store_read(store, &asked.page), PAWL_OK);
    pthread_mutex_lock(&asked.lock);
    while (!asked.done) pthread_cond_wait(&asked.answered, &asked.lock);
    pthread_mutex_unlock(&asked.lock);
    size_t at = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < asked.page.count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%llu", i > 0 ? " " : "",
                               (unsigned long long)((struct kit_row *)asked.page.rows)[i].id);
    if (asked.page.err.rc != PAWL_OK) snprintf(text, sizeof text, "%s", asked.page.err.text);
    mem_free(asked.page.rows);
    pthread_cond_destroy(&asked.answered);
    pthread_mutex_destroy(&asked.lock);
    return text;
}

#endif
