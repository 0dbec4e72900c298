/* store: an error, a full disk, a short write or a failed sync at any operation. */
#include "store_crash_kit.h"

static void an_error_at_any_operation_loses_nothing_durable(void **state) {
    (void)state;
    for (int forever = 0; forever <= 1; forever++) {
        sweep(DISK_EIO, forever, DISK_MASK_ALL, false);
        sweep(DISK_EIO, forever, DISK_MASK_ALL, true);
    }
}

static void a_full_disk_at_any_operation_loses_nothing_durable(void **state) {
    (void)state;
    for (int forever = 0; forever <= 1; forever++) {
        sweep(DISK_ENOSPC, forever, DISK_MASK_CHANGES, false);
        sweep(DISK_ENOSPC, forever, DISK_MASK_CHANGES, true);
    }
}

static void a_short_write_at_any_operation_loses_nothing_durable(void **state) {
    (void)state;
    sweep(DISK_SHORT, false, DISK_MASK(DISK_WRITE), false);
    sweep(DISK_SHORT, true, DISK_MASK(DISK_WRITE), true);
}

/* After a failed sync the system still shows what it has forgotten to write. The next start reads
 * that; what it builds on it must survive the power cut that reveals the loss. */
static void a_failed_sync_is_not_believed_later(void **state) {
    (void)state;
    bool reached = true;
    for (uint64_t k = 1; reached; k++) {
        for (uint64_t seed = 0; seed < seeds(3); seed++) {
            uint32_t boot = 0;
            put_prepared("d/db", &boot);
            disk_mem_fail_at(disk, k, DISK_MASK(DISK_SYNC), DISK_EIO, false);
            run_once("d/db", STORE_FULL, &boot);
            reached = disk_mem_ops(disk) >= k;
            disk_mem_crash(disk, DISK_PROCESS_DEATH, 0);
            struct store *store = kit_must_open("d/db", KIT_VFS, STORE_FULL, false);
            boot = store_boot(store);
            uint64_t turn = kit_assert_prefix(store);
            for (uint64_t i = 1; i <= TURNS; i++)
                assert_int_equal(kit_turn(store, turn + i), PAWL_OK);
            disk_mem_crash(disk, DISK_POWER_CUT, k * 100 + seed);
            store_abandon(store);
            check_after("d/db", STORE_FULL, turn + TURNS, boot, "after a failed sync", k);
            tear_down(NULL);
            set_up(NULL);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_error_at_any_operation_loses_nothing_durable),
        TEST(a_full_disk_at_any_operation_loses_nothing_durable),
        TEST(a_short_write_at_any_operation_loses_nothing_durable),
        TEST(a_failed_sync_is_not_believed_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
