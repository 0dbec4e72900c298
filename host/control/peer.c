/* peer.c - one connection: lines in, lines out, each within its bounds. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "control/control_int.h"
#include "events/codec.h"

static void on_closed(uv_handle_t *handle) {
    struct peer *peer = handle->data;
    mem_free(peer->out);
    mem_free(peer->sending);
    mem_free(peer);
}

void peer_close(struct peer *peer) {
    struct control *control = peer->control;
    if (peer->closing) return;
    peer->closing = true;
    question_orphan(peer);
    for (struct peer **at = &control->peers; *at != NULL; at = &(*at)->next)
        if (*at == peer) {
            *at = peer->next;
            control->peer_count--;
            break;
        }
    uv_close((uv_handle_t *)&peer->pipe, on_closed);
}

static void drop(struct peer *peer) {
    peer->control->counts.dropped++;
    peer_close(peer);
}

/* ---- out ---- */

size_t peer_queued(const struct peer *peer) {
    return peer->out_length + (peer->sending != NULL ? peer->sending_length : 0);
}

void peer_send(struct peer *peer, const char *line, size_t length) {
    if (peer->closing) return;
    if (peer->out_length + length + 1 > peer->out_size) {
        size_t size = peer->out_size == 0 ? 4096 : peer->out_size;
        while (size < peer->out_length + length + 1) size *= 2;
        char *out = mem_realloc(peer->out, size);
        if (out == NULL) {
            drop(peer);
            return;
        }
        peer->out = out;
        peer->out_size = size;
    }
    memcpy(peer->out + peer->out_length, line, length);
    peer->out_length += length;
    peer->out[peer->out_length++] = '\n';
}

static void read_on(struct peer *peer);

static void on_written(uv_write_t *write, int status) {
    struct peer *peer = write->data;
    mem_free(peer->sending);
    peer->sending = NULL;
    if (peer->closing) return;
    if (status != 0) {
        peer_close(peer);
        return;
    }
    peer_flush(peer);
    bool done = peer_queued(peer) == 0 && peer->question == NULL;
    if (peer->ending && !peer->closing && done) peer_close(peer);
    if (!peer->closing) read_on(peer);
}

/* What happened while the ring let events go that it was not given yet. */
static void say_missed(struct peer *peer, uint64_t first) {
    char line[128];
    int length = snprintf(line, sizeof line, "{\"type\":\"missed\",\"after\":%llu,\"before\":%llu}",
                          (unsigned long long)peer->follow_seq, (unsigned long long)first);
    peer_send(peer, line, (size_t)length);
}

static void follow(struct peer *peer) {
    static char line[CODEC_LINE_MAX]; /* loop thread only */
    struct control *control = peer->control;
    const struct history *history = &control->history;
    const struct pawl_event *event;
    size_t length;
    if (control->host == NULL) return;
    while (!peer->closing && peer_queued(peer) < CONTROL_PEER_QUEUE_MAX &&
           (event = history_after(history, peer->follow_seq)) != NULL) {
        if (peer->follow_seq < history->lost_seq) say_missed(peer, event->seq);
        peer->follow_seq = event->seq;
        if (event->type >> 8 >= 0x06 && event->type >> 8 <= 0x08 &&
            event_to_json(event, control->host->names, line, sizeof line, &length) == PAWL_OK)
            peer_send(peer, line, length);
    }
}

void peer_hold(struct peer *peer, uint64_t turn) {
    if (peer->held_turn == 0) peer->held_ns = (int64_t)uv_hrtime();
    peer->held_turn = turn;
}

/* What somebody was told has been done, a crash keeps; but a disk that stalls keeps nobody from the
 * answer. */
static bool is_held(struct peer *peer) {
    const struct control *control = peer->control;
    const struct host *host = control->host;
    if (peer->held_turn == 0) return false;
    bool waits = host != NULL && !host->store_down &&
                 store_durable_turn(host->store) < peer->held_turn;
    if (waits && (int64_t)uv_hrtime() - peer->held_ns < CONTROL_HELD_NS) return true;
    if (waits)
        log_write(control->options.session->log, PAWL_LOG_WARN, "control",
                  "the disk is slow: answered what a crash now would undo");
    peer->held_turn = 0;
    return false;
}

void peer_flush(struct peer *peer) {
    if (peer->following && !peer->closing) follow(peer);
    if (peer->closing || peer->sending != NULL || peer->out_length == 0 || is_held(peer)) return;
    peer->sending = peer->out;
    peer->sending_length = peer->out_length;
    peer->out = NULL;
    peer->out_length = peer->out_size = 0;
    peer->progress_ns = (int64_t)uv_hrtime();
    uv_buf_t buffer = uv_buf_init(peer->sending, (unsigned)peer->sending_length);
    peer->write.data = peer;
    if (uv_write(&peer->write, (uv_stream_t *)&peer->pipe, &buffer, 1, on_written) != 0) {
        mem_free(peer->sending);
        peer->sending = NULL;
        peer_close(peer);
    }
}

/* ---- in ---- */

static void too_long(struct peer *peer) {
    static const char answer[] =
        "{\"id\":null,\"ok\":false,\"code\":\"invalid\",\"error\":\"the line is too long\"}";
    peer->control->counts.faults++;
    peer->faults++;
    peer_send(peer, answer, sizeof answer - 1);
}

/* Lines are taken one by one while there is room for their answers. */
static void take_lines(struct peer *peer) {
    size_t at = 0;
    while (!peer->closing && peer->question == NULL && peer_queued(peer) < CONTROL_PEER_QUEUE_MAX) {
        char *end = memchr(peer->line + at, '\n', peer->line_length - at);
        if (end == NULL) break;
        size_t length = (size_t)(end - peer->line) - at;
        if (peer->skipping)
            peer->skipping = false;
        else if (length > 0)
            request_line(peer, peer->line + at, length);
        at += length + 1;
        if (peer->faults > CONTROL_FAULTS_MAX) drop(peer);
    }
    if (peer->closing) return;
    memmove(peer->line, peer->line + at, peer->line_length - at);
    peer->line_length -= at;
    if (peer->line_length == CONTROL_LINE_MAX &&
        memchr(peer->line, '\n', CONTROL_LINE_MAX) == NULL) {
        if (!peer->skipping) too_long(peer);
        peer->skipping = true;
        peer->line_length = 0;
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    struct peer *peer = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(peer->line + peer->line_length,
                          (unsigned)(CONTROL_LINE_MAX - peer->line_length));
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer) {
    struct peer *peer = stream->data;
    (void)buffer;
    if (got == 0 || peer->closing) return;
    if (got < 0) { /* it says no more, but may still listen */
        uv_read_stop(stream);
        peer->ending = true;
        peer->following = false;
        bool done = peer_queued(peer) == 0 && peer->question == NULL;
        if (got != UV_EOF || done) peer_close(peer);
        return;
    }
    peer->active_ns = (int64_t)uv_hrtime();
    peer->line_length += (size_t)got;
    take_lines(peer);
    if (!peer->closing) peer_flush(peer);
    if (!peer->closing) read_on(peer);
}

/* Reads while there is room both for lines and for their answers. */
static void read_on(struct peer *peer) {
    if (peer_queued(peer) < CONTROL_PEER_QUEUE_MAX) take_lines(peer);
    if (peer->closing) return;
    bool room = !peer->ending && peer->line_length < CONTROL_LINE_MAX &&
                peer_queued(peer) < CONTROL_PEER_QUEUE_MAX;
    if (room && !peer->reading)
        uv_read_start((uv_stream_t *)&peer->pipe, on_alloc, on_read);
    else if (!room && peer->reading)
        uv_read_stop((uv_stream_t *)&peer->pipe);
    peer->reading = room;
}

void peer_resume(struct peer *peer) {
    peer->question = NULL;
    peer_flush(peer);
    if (!peer->closing) read_on(peer);
    if (!peer->closing) peer_flush(peer);
}

/* ---- coming and going ---- */

/* The kill switch must be reachable though every place is taken: who was silent longest goes;
 * followers last. */
static void make_room(struct control *control) {
    struct peer *oldest = NULL;
    for (struct peer *peer = control->peers; peer != NULL; peer = peer->next)
        if (oldest == NULL || (oldest->following && !peer->following) ||
            (oldest->following == peer->following && peer->active_ns < oldest->active_ns))
            oldest = peer;
    control->counts.evicted++;
    peer_close(oldest);
}

void peer_accept(struct control *control) {
    struct peer *peer = mem_calloc(1, sizeof *peer);
    uv_pipe_t *pipe = peer == NULL ? NULL : &peer->pipe;
    if (pipe == NULL) return; /* it is tried again with the next one */
    uv_pipe_init(control->options.loop, pipe, 0);
    pipe->data = peer;
    peer->control = control;
    peer->active_ns = (int64_t)uv_hrtime();
    if (uv_accept((uv_stream_t *)&control->listener, (uv_stream_t *)pipe) != 0) {
        peer->closing = true;
        uv_close((uv_handle_t *)pipe, on_closed);
        return;
    }
    if (control->peer_count == CONTROL_PEERS_MAX) make_room(control);
    uv_unref((uv_handle_t *)pipe);
    peer->next = control->peers;
    control->peers = peer;
    control->peer_count++;
    control->counts.peers++;
    read_on(peer);
}

void peer_sweep(struct control *control) {
    int64_t now = (int64_t)uv_hrtime();
    for (struct peer *peer = control->peers, *next; peer != NULL; peer = next) {
        next = peer->next;
        if (peer->sending != NULL && now - peer->progress_ns > CONTROL_STUCK_NS) drop(peer);
    }
}
