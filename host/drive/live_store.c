/* The run and the store's writer: when that is woken, what it says, and how long it is waited for.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"
#include "drive/live_int.h"

/* On the writer's thread. Not an async handle of the loop: it makes a loop that shares its core
 * with the writer spin until the call that woke it has returned. */
void live_stored(void *arg) {
    const struct live *live = arg;
    const uint64_t one = 1;
    while (write(live->stored_fd, &one, sizeof one) < 0 && errno == EINTR) continue;
}

static void on_stored(uv_poll_t *poll, int status, int events) {
    struct live *live = poll->data;
    uint64_t times;
    (void)status;
    (void)events;
    if (read(live->stored_fd, &times, sizeof times) < 0) return; /* an earlier turn has heard it */
    if (live->phase == LIVE_OVER || live->host == NULL) return;
    live_tick(live);
    live_arrange(live);
}

/* A batch that no command waits for is written with the next one that has somebody waiting, or
 * after this: what was just sent has left by then, and an answer comes into the same batch. */
#define PUSH_MS 2u

static void on_push(uv_timer_t *timer) {
    struct live *live = timer->data;
    if (live->host != NULL) store_push_now(live->host->store);
}

/* Protective commands wait for a stalled disk only so long; they leave under alarm. */
static void on_stall(uv_timer_t *timer) {
    struct live *live = timer->data;
    if (live->phase == LIVE_OVER) return;
    live_tick(live);
    host_release(live->host); /* in case the disk has failed rather than stalled */
    host_release_protective(live->host);
    live->hold_turn = live->host->committed_turn;
    live_arrange(live);
}

void live_store_watch(struct live *live) {
    int64_t stall_ns = live->session->config->host.executor.protect_wait_ns;
    if (!host_waiting(live->host))
        uv_timer_stop(&live->stall);
    else if (!uv_is_active((uv_handle_t *)&live->stall))
        uv_timer_start(&live->stall, on_stall, stall_ns > PAWL_MS ? live_ms_up(stall_ns) : 1, 0);
    if (!store_pushed(live->host->store) && !uv_is_active((uv_handle_t *)&live->push))
        uv_timer_start(&live->push, on_push, PUSH_MS, 0);
}

int live_store_open(struct live *live, struct pawl_err *err) {
    uv_timer_init(&live->loop, &live->stall);
    uv_timer_init(&live->loop, &live->push);
    live->stall.data = live->push.data = live->stored.data = live;
    live->stored_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (live->stored_fd < 0) return pawl_fail(err, PAWL_E_IO, "eventfd: %s", strerror(errno));
    int rc = uv_poll_init(&live->loop, &live->stored, live->stored_fd);
    if (rc == 0) rc = uv_poll_start(&live->stored, UV_READABLE, on_stored);
    return rc == 0 ? PAWL_OK : pawl_fail(err, PAWL_E_IO, "event loop: %s", uv_strerror(rc));
}

void live_store_close(struct live *live) {
    if (live->stored_fd >= 0) close(live->stored_fd);
}
