#include "control/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "control/control_int.h"

#define SWEEP_MS 1000u

int64_t control_now(const struct control *control) {
    return control->options.now_ns(control->options.arg);
}

void control_after(struct control *control) {
    if (control->options.after != NULL) control->options.after(control->options.arg);
}

/* ---- the socket ---- */

static void on_connection(uv_stream_t *listener, int status) {
    if (status == 0) peer_accept(listener->data);
}

/* What an earlier process left behind is removed; what somebody listens on is not. */
static int make_way(const char *path, struct pawl_err *err) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st;
    if (lstat(path, &st) != 0) return PAWL_OK; /* nothing there; bind() says what else is wrong */
    if (!S_ISSOCK(st.st_mode))
        return pawl_fail(err, PAWL_E_CONFIG, "%s: host.control_socket: is there and is no socket",
                         path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return pawl_fail(err, PAWL_E_IO, "control socket: %s", strerror(errno));
    memcpy(address.sun_path, path, strlen(path) + 1);
    int rc = connect(fd, (const struct sockaddr *)&address, sizeof address);
    int why = errno;
    close(fd);
    if (rc == 0 || why == EAGAIN)
        return pawl_fail(err, PAWL_E_BUSY, "%s: another host listens there", path);
    if (why != ECONNREFUSED) return pawl_fail(err, PAWL_E_IO, "%s: %s", path, strerror(why));
    if (unlink(path) != 0 && errno != ENOENT)
        return pawl_fail(err, PAWL_E_IO, "%s: %s", path, strerror(errno));
    return PAWL_OK;
}

static int open_socket(struct control *control, struct pawl_err *err) {
    const char *path = control->options.path;
    struct sockaddr_un address;
    if (strlen(path) >= sizeof address.sun_path)
        return pawl_fail(err, PAWL_E_CONFIG,
                         "set host.control_socket: a socket's path has at most %zu bytes, this "
                         "one %zu: %s",
                         sizeof address.sun_path - 1, strlen(path), path);
    int rc = make_way(path, err);
    if (rc != PAWL_OK) return rc;
    mode_t mask = umask(0177); /* nobody else at any moment */
    rc = uv_pipe_bind(&control->listener, path);
    umask(mask);
    if (rc == 0) rc = uv_listen((uv_stream_t *)&control->listener, 128, on_connection);
    if (rc != 0) return pawl_fail(err, PAWL_E_IO, "%s: %s", path, uv_strerror(rc));
    control->listening = true;
    return PAWL_OK;
}

static void on_flush(uv_prepare_t *handle) {
    struct control *control = handle->data;
    for (struct peer *peer = control->peers, *next; peer != NULL; peer = next) {
        next = peer->next;
        peer_flush(peer);
    }
}

static void retain(struct control *control) {
    if (control->host == NULL) return;
    uint64_t before = control->retain.erased;
    retain_step(&control->retain, control->host,
                control->options.session->config->host.retention_ns, control_now(control),
                (int64_t)uv_hrtime());
    if (control->retain.erased != before) control_after(control);
}

static void on_sweep(uv_timer_t *timer) {
    struct control *control = timer->data;
    peer_sweep(control);
    plan_sweep(control);
    retain(control);
    if (control->host != NULL) measure_plugins(&control->measure, control->host);
}

static void on_stored(uv_async_t *async) {
    question_stored(async->data);
    retain(async->data);
}

/* On the writer thread. */
static void wake(void *arg) {
    uv_async_send(&((struct control *)arg)->stored);
}

/* ---- life ---- */

int control_new(const struct control_options *options, struct control **ret, struct pawl_err *err) {
    struct control *control = mem_calloc(1, sizeof *control);
    if (control == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the control socket");
    control->options = *options;
    control->began = uv_hrtime();
    control->answer = mem_alloc(CONTROL_ANSWER_MAX);
    uv_pipe_init(options->loop, &control->listener, 0);
    uv_prepare_init(options->loop, &control->flush);
    uv_timer_init(options->loop, &control->sweep);
    uv_async_init(options->loop, &control->stored, on_stored);
    control->stored.data = control->listener.data = control->flush.data = control->sweep.data =
        control;
    int rc = control->answer == NULL
                 ? pawl_fail(err, PAWL_E_NOMEM, "no memory for the control socket")
                 : history_init(&control->history, err);
    retain_init(&control->retain, wake, control);
    if (rc == PAWL_OK) rc = measure_init(&control->measure, err);
    if (rc == PAWL_OK && options->path != NULL) rc = open_socket(control, err);
    *ret = control; /* its handles are the loop's already */
    if (rc != PAWL_OK) return rc;
    uv_prepare_start(&control->flush, on_flush);
    uv_timer_start(&control->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    uv_unref((uv_handle_t *)&control->flush);
    uv_unref((uv_handle_t *)&control->stored);
    uv_unref((uv_handle_t *)&control->sweep);
    uv_unref((uv_handle_t *)&control->listener);
    return PAWL_OK;
}

static void close_one(uv_handle_t *handle) {
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

void control_close(struct control *control) {
    if (control == NULL || control->closed) return;
    control->closed = true;
    control->host = NULL;
    while (control->peers != NULL) {
        struct peer *peer = control->peers;
        peer_flush(peer); /* the store is closed: what waited for it is told yet */
        peer_close(peer);
    }
    close_one((uv_handle_t *)&control->listener); /* removes the file */
    close_one((uv_handle_t *)&control->flush);
    close_one((uv_handle_t *)&control->sweep);
    close_one((uv_handle_t *)&control->stored);
}

void control_done(struct control *control) {
    if (control == NULL) return;
    question_drop_all(control);
    retain_done(&control->retain);
    history_done(&control->history);
    measure_done(&control->measure);
    mem_free(control->answer);
    mem_free(control);
}

void control_host(struct control *control, struct host *host) {
    if (control == NULL) return;
    control->host = host;
    if (host != NULL) measure_plugins(&control->measure, host);
}

struct metrics *control_metrics(struct control *control) {
    return control == NULL ? NULL : control->measure.registry;
}

void control_observe(struct control *control, const struct pawl_event *event) {
    uint64_t turn = control->host == NULL ? 0 : control->host->bus->turn; /* 0: it is starting */
    history_add(&control->history, turn, event);
    plan_event(control, event);
    measure_event(&control->measure, control->host, event);
}
