/* Recorded data played by the rules of a live host: one row or one timer a step, and no step while
 * commands wait for the disk. */
#include <string.h>

#include "base/err.h"
#include "pawl_num.h"
#include "drive/again.h"
#include "drive/live_int.h"

/* After the last row answers on their way still arrive, but no reconcile goes on for ever. */
#define TAIL_NS (10 * PAWL_NS)
#define TAIL_TIMERS_MAX 100000u

/* What protects may leave before it is durable, but nothing newer happens to it until it is: a
 * process killed now must find the data where the database is. */
bool live_disk(const struct live *live) {
    if (host_waiting(live->host)) return true;
    return !live->host->store_down && live->hold_turn > store_durable_turn(live->host->store);
}

bool live_in_flight(const struct live *live) {
    if (live_disk(live)) return true;
    for (const struct lot *lot = live->host->book.first_lot; lot != NULL; lot = lot->next)
        for (const struct order *order = lot->orders; order != NULL; order = order->next)
            if (order_is_live(order) && order->rec.op != PAWL_ORDER_OP_NONE &&
                !exec_order_sleeps(&live->host->exec, order))
                return true;
    return false;
}

void live_fail(struct live *live) {
    live->phase = LIVE_OVER;
}

/* Makes sure the next row is at hand; false = there is none, or the feed failed. */
static bool look_ahead(struct live *live) {
    if (live->item_ready) return live->item.kind != FEED_END;
    if (feed_next(data_feed(live->data), &live->item, &live->err) < 0) {
        live_fail(live);
        return false;
    }
    live->item_ready = true;
    return live->item.kind != FEED_END;
}

static void play_row(struct live *live) {
    _Alignas(16) unsigned char copy[PAWL_EVENT_SIZE_MAX];
    live->item_ready = false;
    switch (live->item.kind) {
    case FEED_EVENT:
        memcpy(copy, live->item.event, live->item.event->size); /* the host fills in the head */
        host_input(live->host, (void *)copy, live->item.time_ns);
        break;
    case FEED_RESTART:
        if (live_restart_host(live, &live->err) != PAWL_OK) live_fail(live);
        break;
    case FEED_RELOAD:
        if (again(live->host, live->session, live->data, live->item.reload, "scenario",
                  &live->err) != PAWL_OK)
            live_fail(live);
        break;
    case FEED_ADVANCE:
    case FEED_END: break;
    }
}

/* Whether what happens at this time of the data is due; else *pace_until_ns says when. */
static bool is_due(struct live *live, int64_t data_ns) {
    int64_t speed_e8 = data_speed_e8(live->data), wait_ns;
    if (speed_e8 <= 0) return true;
    int64_t now = (int64_t)uv_hrtime();
    if (live->pace_wall_ns == 0) {
        live->pace_wall_ns = now;
        live->pace_data_ns = data_ns;
    }
    if (pawl_muldiv(data_ns - live->pace_data_ns, PAWL_E8, speed_e8, PAWL_ROUND_DOWN, &wait_ns) !=
        PAWL_OK)
        return true;
    live->pace_until_ns = live->pace_wall_ns + wait_ns;
    return live->pace_until_ns <= now;
}

/* The clock of a replay begins with its first row; of one that goes on, where it was. */
static bool begin(struct live *live, bool more) {
    int64_t now_ns = live->host->bus->now_ns;
    if (live->host->begun) return true;
    if (host_feed_row(live->host) == 0 && more) now_ns = live->item.time_ns;
    if (host_begin(live->host, now_ns, &live->err) == PAWL_OK) return true;
    live_fail(live);
    return false;
}

static enum live_step running(struct live *live) {
    bool more = look_ahead(live);
    if (live->phase == LIVE_OVER || !begin(live, more)) return LIVE_NOTHING;
    if (!more) {
        live->phase = LIVE_TAIL;
        live->tail_until_ns = live->host->bus->now_ns + TAIL_NS;
        live->tail_timers = TAIL_TIMERS_MAX;
        return LIVE_MORE;
    }
    int64_t due_ns = host_next_due(live->host), next_ns = live->item.time_ns;
    if (due_ns < next_ns) next_ns = due_ns;
    if (!is_due(live, next_ns)) return LIVE_LATER;
    if (due_ns <= live->item.time_ns)
        host_timer(live->host, due_ns);
    else
        play_row(live);
    return LIVE_MORE;
}

static enum live_step tail(struct live *live) {
    int64_t due_ns = host_next_due(live->host);
    if (due_ns <= live->tail_until_ns && live->tail_timers > 0) {
        live->tail_timers--;
        host_timer(live->host, due_ns);
        return LIVE_MORE;
    }
    live->result->at_end = true;
    live->phase = live->options->until_end ? LIVE_OVER : LIVE_ENDED;
    if (live->phase == LIVE_ENDED)
        log_write(live->session->log, PAWL_LOG_INFO, "run",
                  "the data has ended, and its clock stands; waiting to be told to stop");
    return LIVE_NOTHING;
}

/* Timers up to the next row bring the answers that would have come before it anyway; so a run that
 * is stopped and started again does not differ from one that is not. */
static enum live_step stopping(struct live *live) {
    int64_t until_ns = live->host->bus->now_ns + TAIL_NS, due_ns = host_next_due(live->host);
    if (live_in_flight(live)) {
        if (look_ahead(live)) until_ns = live->item.time_ns;
        if (live->phase == LIVE_OVER) return LIVE_NOTHING;
        if (due_ns <= until_ns) {
            host_timer(live->host, due_ns);
            return LIVE_MORE;
        }
    }
    live->phase = LIVE_OVER;
    return LIVE_NOTHING;
}

enum live_step live_play(struct live *live) {
    if (live->phase == LIVE_OVER) return LIVE_NOTHING; /* there may be no host any more */
    if (live_disk(live)) return LIVE_DISK;
    switch (live->phase) {
    case LIVE_RUNNING: return running(live);
    case LIVE_TAIL: return tail(live);
    case LIVE_STOPPING: return stopping(live);
    case LIVE_ENDED:
    case LIVE_OVER: return LIVE_NOTHING;
    }
    return LIVE_NOTHING;
}
