/* Recordings: what goes in comes out, and what is not whole is told from what is. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/rng.h"
#include "events/reflect.h"
#include "record/block.h"

#define EVENTS 400u

static char path[] = "/tmp/pawl-test-record-XXXXXX";

static void fresh_path(void) {
    memset(path + sizeof path - 7, 'X', 6);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(unlink(path), 0);
}

/* The nth event of a made-up run: any type, some of the fields different each time. */
static void make_event(uint32_t n, void *out) {
    struct rng rng;
    rng_init(&rng, n);
    const struct schema_event *type = &schema_events[n * 7 % SCHEMA_EVENT_COUNT];
    memset(out, 0, PAWL_EVENT_SIZE_MAX);
    struct pawl_event *event = out;
    *event = (struct pawl_event){.size = (type->size + 7) / 8 * 8, .type = type->id};
    if (n % 5 == 0) event->size += 8 * (uint32_t)(rng_u64(&rng) % 400);
    if (event->size > PAWL_EVENT_SIZE_MAX) event->size = PAWL_EVENT_SIZE_MAX;
    if (n % 3 == 0) event->cookie = rng_u64(&rng);
    if (n % 4 == 0) event->target = (uint32_t)rng_u64(&rng);
    for (uint32_t at = sizeof *event; at < event->size; at += 8) {
        uint64_t word = n % 2 == 0 ? rng_u64(&rng) : rng_u64(&rng) % 1000;
        if (rng_u64(&rng) % 3 == 0) memcpy((char *)out + at, &word, 8);
    }
}

static void make_item(uint32_t n, void *event, struct item *ret) {
    static const char *const names[] = {"data/pawl.db", "", "x"};
    *ret = (struct item){.now_ns = (int64_t)n * 1000003, .turn = (uint64_t)1 << 40 | n * 10};
    make_event(n, event);
    switch (n % 6) {
    case 0:
    case 1:
        ret->kind = HOST_TOLD_INPUT;
        ret->event = event;
        break;
    case 2:
    case 3: {
        struct pawl_event *effect = event;
        effect->seq = ((uint64_t)1 << 40 | n * 10) + n % 3;
        effect->cause = n % 4 == 0 ? 0 : effect->seq - n % 4;
        effect->time_ns = (int64_t)n * 1000003;
        effect->source = n % 7;
        *ret = (struct item){.kind = ITEM_EFFECT, .event = event};
        break;
    }
    case 4:
        ret->kind = ITEM_FILE;
        ret->name = names[n % 3];
        ret->number = n;
        ret->bytes = names;
        ret->size = n % sizeof names;
        break;
    default:
        ret->kind = n % 12 == 5 ? HOST_TOLD_COMMAND : HOST_TOLD_SPREAD;
        ret->name = names[n % 3];
        ret->number = n;
        ret->value = -(int64_t)n;
    }
}

static void check_item(uint32_t n, const struct item *have) {
    _Alignas(16) unsigned char event[PAWL_EVENT_SIZE_MAX];
    struct item want;
    make_item(n, event, &want);
    assert_int_equal(have->kind, want.kind);
    if (want.kind != ITEM_EFFECT) {
        assert_true(have->now_ns == want.now_ns);
        assert_true(have->turn == want.turn);
    }
    if (want.event != NULL) assert_memory_equal(have->event, want.event, want.event->size);
    if (want.kind == ITEM_FILE) {
        assert_string_equal(have->name, want.name);
        assert_int_equal(have->size, want.size);
        assert_memory_equal(have->bytes, want.bytes, want.size);
    }
    if (want.kind == HOST_TOLD_SPREAD) assert_true(have->value == want.value);
    if (want.kind == HOST_TOLD_COMMAND) assert_string_equal(have->name, want.name);
}

static void record(uint32_t count) {
    _Alignas(16) unsigned char event[PAWL_EVENT_SIZE_MAX];
    struct recording *recording = NULL;
    struct pawl_err err = {0};
    fresh_path();
    assert_int_equal(recording_new(path, true, &recording, &err), PAWL_OK);
    for (uint32_t n = 0; n < count; n++) {
        struct item item;
        make_item(n, event, &item);
        recording_put(recording, &item);
    }
    recording_finish(recording);
    assert_int_equal(recording_failed(recording, &err), PAWL_OK);
    recording_free(recording);
}

/* How many items come out; each is the one that went in. */
static uint32_t play(FILE *in, char damage[128]) {
    struct recording_reader *reader = NULL;
    struct pawl_err err = {0};
    const struct item *item;
    uint32_t n = 0;
    damage[0] = '\0';
    if (recording_reader_new(in, &reader, &err) != PAWL_OK) {
        snprintf(damage, 128, "%.127s", err.text);
        return 0;
    }
    for (; (item = recording_peek(reader)) != NULL; n++) {
        check_item(n, item);
        recording_next(reader);
    }
    if (recording_damage(reader) != NULL)
        snprintf(damage, 128, "%.127s", recording_damage(reader));
    recording_reader_free(reader);
    return n;
}

static void *read_all(size_t *ret_size) {
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    fseek(in, 0, SEEK_END);
    *ret_size = (size_t)ftell(in);
    rewind(in);
    char *bytes = malloc(*ret_size);
    assert_int_equal(fread(bytes, 1, *ret_size, in), *ret_size);
    fclose(in);
    unlink(path);
    return bytes;
}

static void test_round_trip(void **state) {
    char damage[128];
    (void)state;
    record(20 * EVENTS); /* many blocks */
    assert_int_equal(play(fopen(path, "rb"), damage), 20 * EVENTS);
    assert_string_equal(damage, "");
    unlink(path);
}

static void test_cut_at_every_byte(void **state) {
    char damage[128], want[64];
    size_t size;
    (void)state;
    record(12);
    char *bytes = read_all(&size);
    for (size_t cut = 1; cut < size; cut++) {
        uint32_t n = play(fmemopen(bytes, cut, "rb"), damage);
        assert_int_equal(n, 0); /* one block: all of it or nothing */
        snprintf(want, sizeof want, "cut off at byte %zu", cut);
        if (cut < RECORDING_HEAD_BYTES)
            assert_non_null(strstr(damage, "is no recording"));
        else
            assert_string_equal(damage, cut == RECORDING_HEAD_BYTES ? "" : want);
    }
    assert_int_equal(play(fmemopen(bytes, size, "rb"), damage), 12);
    free(bytes);
}

static void test_every_bit_counts(void **state) {
    char damage[128];
    size_t size;
    (void)state;
    record(6);
    char *bytes = read_all(&size);
    for (size_t at = 0; at < size; at++) {
        if (at >= 12 && at < 16) continue; /* reserved */
        bytes[at] ^= 0x10;
        assert_int_equal(play(fmemopen(bytes, size, "rb"), damage), 0);
        assert_string_not_equal(damage, "");
        bytes[at] ^= 0x10;
    }
    free(bytes);
}

/* What comes before a damaged block is whole; what comes behind is not read. */
static void test_damage_in_the_middle(void **state) {
    char damage[128];
    size_t size;
    (void)state;
    record(20 * EVENTS);
    char *bytes = read_all(&size);
    bytes[size / 2] ^= 1;
    uint32_t n = play(fmemopen(bytes, size, "rb"), damage);
    assert_true(n > 0 && n < 20 * EVENTS);
    assert_non_null(strstr(damage, "damaged at byte "));
    free(bytes);
}

static void test_is_there_already(void **state) {
    struct recording *recording = NULL;
    struct pawl_err err = {0};
    (void)state;
    record(1);
    assert_int_equal(recording_new(path, true, &recording, &err), PAWL_E_BUSY);
    unlink(path);
    assert_int_equal(recording_new("/nowhere/at/all", true, &recording, &err), PAWL_E_IO);
}

/* A file that may not grow: told, and nothing hangs or ends the process. */
static void test_full(void **state) {
    _Alignas(16) unsigned char event[PAWL_EVENT_SIZE_MAX];
    struct recording *recording = NULL;
    struct pawl_err err = {0};
    struct rlimit before, small;
    char damage[128];
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = 300000, .rlim_max = before.rlim_max};
    fresh_path();
    assert_int_equal(recording_new(path, true, &recording, &err), PAWL_OK);
    setrlimit(RLIMIT_FSIZE, &small);
    for (uint32_t n = 0; n < 20 * EVENTS; n++) {
        struct item item;
        make_item(n, event, &item);
        recording_put(recording, &item);
    }
    recording_finish(recording);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(recording_failed(recording, &err), PAWL_E_IO);
    assert_string_equal(err.text, "File too large");
    recording_free(recording);
    uint32_t n = play(fopen(path, "rb"), damage);
    assert_true(n > 0 && n < 20 * EVENTS);
    assert_non_null(strstr(damage, "cut off"));
    unlink(path);
}

/* A block that is not full is written after a while, also when nothing more comes. */
static void test_written_in_time(void **state) {
    _Alignas(16) unsigned char event[PAWL_EVENT_SIZE_MAX];
    struct recording *recording = NULL;
    struct pawl_err err = {0};
    struct item item;
    char damage[128];
    (void)state;
    fresh_path();
    assert_int_equal(recording_new(path, false, &recording, &err), PAWL_OK);
    make_item(0, event, &item);
    recording_put(recording, &item);
    for (int i = 0; i < 100 && recording_bytes(recording) <= RECORDING_HEAD_BYTES; i++)
        usleep(50000);
    assert_int_equal(play(fopen(path, "rb"), damage), 1);
    recording_free(recording);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),           cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_every_bit_counts),     cmocka_unit_test(test_damage_in_the_middle),
        cmocka_unit_test(test_is_there_already),     cmocka_unit_test(test_full),
        cmocka_unit_test(test_written_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
