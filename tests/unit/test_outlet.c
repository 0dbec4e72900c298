/* outlet: a reader who does not read holds nobody up, and gets what there is room for. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/outlet.h"

#define PIPE_BYTES 4096

struct fixture {
    int read_fd, write_fd;
    struct outlet *outlet;
};

static void start(struct fixture *f) {
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(fcntl(fds[1], F_SETPIPE_SZ, PIPE_BYTES), PIPE_BYTES);
    f->read_fd = fds[0];
    f->write_fd = fds[1];
    assert_int_equal(outlet_new(f->write_fd, false, &f->outlet, NULL), PAWL_OK);
}

static void stop(struct fixture *f) {
    close(f->read_fd);
    outlet_free(f->outlet);
    close(f->write_fd);
}

/* Whatever comes until all was handed over: lines "line N" in order; how many, and the last N. */
static uint32_t take_lines(struct fixture *f, uint32_t *ret_last) {
    static char text[2 * OUTLET_BYTES_MAX];
    size_t size = 0;
    bool left;
    do {
        left = outlet_flush(f->outlet);
        ssize_t n = read(f->read_fd, text + size, sizeof text - size - 1);
        assert_true(n > 0);
        size += (size_t)n;
    } while (left);
    text[size] = '\0';
    uint32_t count = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), count++) {
        uint32_t number = (uint32_t)strtoul(line + strlen("line "), NULL, 10);
        assert_true(count == 0 || number > *ret_last);
        *ret_last = number;
    }
    return count;
}

static void what_is_taken_goes_out_at_once(void **state) {
    (void)state;
    struct fixture f;
    char text[64] = "";
    start(&f);
    fprintf(outlet_stream(f.outlet), "line %d\n", 1);
    assert_false(outlet_flush(f.outlet));
    assert_int_equal(read(f.read_fd, text, sizeof text), 7);
    assert_string_equal(text, "line 1\n");
    stop(&f);
}

static void a_reader_who_comes_back_misses_nothing(void **state) {
    (void)state;
    struct fixture f;
    uint32_t last = 0;
    start(&f);
    for (uint32_t i = 1; i <= 50000; i++) {
        fprintf(outlet_stream(f.outlet), "line %u\n", i);
        if (i % 100 == 0) outlet_flush(f.outlet);
    }
    assert_true(outlet_flush(f.outlet));
    assert_int_equal(take_lines(&f, &last), 50000);
    assert_int_equal(last, 50000);
    assert_int_equal(outlet_lost(f.outlet), 0);
    stop(&f);
}

static void beyond_its_room_whole_lines_are_left_out_and_counted(void **state) {
    (void)state;
    struct fixture f;
    uint32_t last = 0;
    start(&f);
    for (uint32_t i = 1; i <= 300000; i++) fprintf(outlet_stream(f.outlet), "line %u\n", i);
    assert_true(outlet_flush(f.outlet));
    uint64_t lost = outlet_lost(f.outlet);
    uint32_t count = take_lines(&f, &last);
    assert_int_equal(count + lost, 300000);
    assert_in_range(lost, 100000, 250000);
    assert_int_equal(outlet_lost(f.outlet), 0);
    fprintf(outlet_stream(f.outlet), "line %u\n", 300001);
    assert_int_equal(take_lines(&f, &last), 1);
    assert_int_equal(last, 300001);
    stop(&f);
}

struct slow_reader {
    int fd;
    uint64_t bytes;
};

static void *read_slowly(void *arg) {
    struct slow_reader *reader = arg;
    char text[3000];
    ssize_t n;
    usleep(20000);
    while ((n = read(reader->fd, text, sizeof text)) > 0) reader->bytes += (uint64_t)n;
    return NULL;
}

/* More than there is room for, before anybody hands over, by a descriptor that says EAGAIN. */
static void who_waits_for_its_reader_leaves_nothing_out(void **state) {
    (void)state;
    struct fixture f;
    struct slow_reader reader = {0};
    pthread_t thread;
    start(&f);
    outlet_free(f.outlet);
    assert_int_equal(fcntl(f.write_fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(outlet_new(f.write_fd, true, &f.outlet, NULL), PAWL_OK);
    reader.fd = f.read_fd;
    assert_int_equal(pthread_create(&thread, NULL, read_slowly, &reader), 0);
    for (uint32_t i = 0; i < 300000; i++) fprintf(outlet_stream(f.outlet), "line %06u\n", i);
    assert_false(outlet_flush(f.outlet));
    assert_int_equal(outlet_lost(f.outlet), 0);
    outlet_free(f.outlet);
    close(f.write_fd);
    pthread_join(thread, NULL);
    assert_int_equal(reader.bytes, 300000 * strlen("line 000000\n"));
    close(f.read_fd);
}

static int64_t now(void *arg) {
    (void)arg;
    return INT64_C(1767323045678000000);
}

/* A terminal says that it can be written to when it takes a part only. */
static void a_terminal_nobody_reads_holds_nobody_up(void **state) {
    (void)state;
    struct outlet *outlet = NULL;
    struct log *log = NULL;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    struct log_options options = {.fd = slave, .level = PAWL_LOG_INFO, .burst = 100000,
                                  .per_second = 1, .now_ns = now};
    assert_true(slave >= 0);
    assert_int_equal(outlet_new(slave, false, &outlet, NULL), PAWL_OK);
    assert_int_equal(log_new(&options, &log, NULL), PAWL_OK);
    alarm(20);
    for (uint32_t i = 1; i <= 1000; i++) {
        fprintf(outlet_stream(outlet), "line %u\n", i);
        outlet_flush(outlet);
        log_write(log, PAWL_LOG_ERROR, "a", "text of line %u", i);
    }
    assert_true(outlet_flush(outlet));
    assert_in_range(log_dropped(log), 1, 999);
    log_free(log);
    outlet_end(outlet);
    outlet_free(outlet);
    alarm(0);
    close(slave);
    close(master);
}

static void what_a_full_disk_does_not_take_is_counted(void **state) {
    (void)state;
    struct outlet *outlet = NULL;
    int full = open("/dev/full", O_WRONLY);
    assert_true(full >= 0);
    assert_int_equal(outlet_new(full, true, &outlet, NULL), PAWL_OK);
    for (uint32_t i = 1; i <= 300000; i++) fprintf(outlet_stream(outlet), "line %u\n", i);
    assert_true(outlet_flush(outlet));
    outlet_end(outlet);
    assert_int_equal(outlet_lost(outlet), 300000);
    outlet_free(outlet);
    close(full);
}

static void without_a_reader_it_goes_nowhere(void **state) {
    (void)state;
    struct fixture f;
    start(&f);
    close(f.read_fd);
    fprintf(outlet_stream(f.outlet), "line 1\n");
    assert_false(outlet_flush(f.outlet));
    f.read_fd = -1;
    stop(&f);
}

static void a_log_nobody_reads_holds_nobody_up(void **state) {
    (void)state;
    struct fixture f;
    struct log *log;
    start(&f);
    struct log_options options = {.fd = f.write_fd, .level = PAWL_LOG_INFO, .burst = 100000,
                                  .per_second = 1, .now_ns = now};
    assert_int_equal(log_new(&options, &log, NULL), PAWL_OK);
    for (int i = 0; i < 1000; i++) log_write(log, PAWL_LOG_ERROR, "a", "text of line %d", i);
    assert_in_range(log_dropped(log), 900, 999);
    log_free(log);
    stop(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_goes_out_at_once),
        cmocka_unit_test(a_reader_who_comes_back_misses_nothing),
        cmocka_unit_test(beyond_its_room_whole_lines_are_left_out_and_counted),
        cmocka_unit_test(who_waits_for_its_reader_leaves_nothing_out),
        cmocka_unit_test(a_terminal_nobody_reads_holds_nobody_up),
        cmocka_unit_test(what_a_full_disk_does_not_take_is_counted),
        cmocka_unit_test(without_a_reader_it_goes_nowhere),
        cmocka_unit_test(a_log_nobody_reads_holds_nobody_up)};
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
