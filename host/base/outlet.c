#include "base/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"

_Static_assert(OUTLET_PIECE_MAX <= PIPE_BUF, "what a pipe that can be written to takes at once");

#define OUTLET_LINE_MAX 65536u
#define PATH_SIZE 32
#define END_STEP_MS 20

struct outlet {
    int fd;
    int given_fd;
    bool waits;
    bool skipping; /* the rest of a line that was left out */
    FILE *stream;
    uint64_t lost;
    char line[OUTLET_LINE_MAX]; /* the stream's: a line comes as a whole */
    size_t size;                /* of bytes */
    char bytes[OUTLET_BYTES_MAX];
};

static bool takes_within(int fd, int wait_ms) {
    struct pollfd look = {.fd = fd, .events = POLLOUT};
    int ready;
    do ready = poll(&look, 1, wait_ms);
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

bool outlet_takes(int fd) {
    return takes_within(fd, 0);
}

int outlet_descriptor(int fd) {
    char path[PATH_SIZE];
    if (!isatty(fd)) return fd;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own_fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return own_fd < 0 ? fd : own_fd;
}

static bool is_full(int error) {
    return error == ENOSPC || error == EDQUOT;
}

/* A descriptor that fails otherwise has nobody who would miss anything. */
static void hand_over(struct outlet *outlet) {
    size_t at = 0;
    while (at < outlet->size && takes_within(outlet->fd, outlet->waits ? -1 : 0)) {
        size_t left = outlet->size - at;
        ssize_t wrote = write(outlet->fd, outlet->bytes + at,
                              left < OUTLET_PIECE_MAX ? left : OUTLET_PIECE_MAX);
        if (wrote < 0 && (is_full(errno) || (errno == EAGAIN && !outlet->waits))) break;
        if (wrote < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        at = wrote < 0 ? outlet->size : at + (size_t)wrote;
    }
    outlet->size -= at;
    memmove(outlet->bytes, outlet->bytes + at, outlet->size);
}

/* Whole lines, as many as there is room for. */
static void keep(struct outlet *outlet, const char *text, size_t size) {
    while (size > 0) {
        const char *end = memchr(text, '\n', size);
        size_t length = end == NULL ? size : (size_t)(end - text) + 1;
        if (outlet->waits && length > OUTLET_BYTES_MAX - outlet->size) hand_over(outlet);
        if (!outlet->skipping && length > OUTLET_BYTES_MAX - outlet->size) {
            outlet->skipping = true;
            outlet->lost++;
        }
        if (!outlet->skipping) {
            memcpy(outlet->bytes + outlet->size, text, length);
            outlet->size += length;
        }
        if (end != NULL) outlet->skipping = false;
        text += length;
        size -= length;
    }
}

static ssize_t on_write(void *cookie, const char *text, size_t size) {
    keep(cookie, text, size);
    return (ssize_t)size;
}

int outlet_new(int fd, bool waits, struct outlet **ret, struct pawl_err *err) {
    struct outlet *outlet = mem_calloc(1, sizeof *outlet);
    if (outlet == NULL) return pawl_fail(err, PAWL_E_NOMEM, "output: out of memory");
    outlet->given_fd = fd;
    outlet->waits = waits;
    outlet->stream = fopencookie(outlet, "w", (cookie_io_functions_t){.write = on_write});
    if (outlet->stream == NULL) {
        mem_free(outlet);
        return pawl_fail(err, PAWL_E_NOMEM, "output: out of memory");
    }
    outlet->fd = waits ? fd : outlet_descriptor(fd);
    setvbuf(outlet->stream, outlet->line, _IOLBF, sizeof outlet->line);
    *ret = outlet;
    return PAWL_OK;
}

FILE *outlet_stream(struct outlet *outlet) {
    return outlet->stream;
}

bool outlet_flush(struct outlet *outlet) {
    fflush(outlet->stream);
    hand_over(outlet);
    return outlet->size > 0;
}

uint64_t outlet_lost(struct outlet *outlet) {
    uint64_t lost = outlet->lost;
    outlet->lost = 0;
    return lost;
}

/* What says that it takes something and then does not is asked again after a while, too. */
void outlet_end(struct outlet *outlet) {
    size_t before = SIZE_MAX;
    for (int waited_ms = 0; outlet_flush(outlet) && waited_ms < OUTLET_END_MS;) {
        bool stuck = outlet->size == before;
        if (stuck) poll(NULL, 0, END_STEP_MS);
        if (stuck || !takes_within(outlet->fd, END_STEP_MS)) waited_ms += END_STEP_MS;
        before = outlet->size;
    }
    for (size_t i = 0; i < outlet->size; i++) outlet->lost += outlet->bytes[i] == '\n';
    outlet->size = 0;
}

void outlet_free(struct outlet *outlet) {
    if (outlet == NULL) return;
    fclose(outlet->stream);
    if (outlet->fd != outlet->given_fd) close(outlet->fd);
    mem_free(outlet);
}
