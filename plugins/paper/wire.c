/* The connection: requests there, reports back, each direction first in, first out. */
#include "paper.h"

#include <stdlib.h>
#include <string.h>

int paper_wire_init(struct paper *paper) {
    paper->requests.max = PAPER_REQUESTS_MAX;
    paper->replies.max = PAPER_REPLIES_MAX;
    paper->late.max = paper->slow.max = PAPER_LATE_MAX;
    return PAWL_OK;
}

void paper_wire_done(struct paper *paper) {
    free(paper->requests.items);
    free(paper->replies.items);
    free(paper->late.items);
    free(paper->slow.items);
}

static struct paper_message *lane_at(const struct paper_lane *lane, uint32_t i) {
    return &lane->items[(lane->first + i) % lane->capacity];
}

/* A ring that grows is full: its messages take all the slots there were, in order. */
static bool lane_grow(struct paper_lane *lane) {
    uint32_t capacity = lane->capacity == 0 ? 16 : lane->capacity * 2;
    if (capacity > lane->max) return false;
    struct paper_message *items = calloc(capacity, sizeof *items);
    if (items == NULL) return false;
    for (uint32_t i = 0; i < lane->count; i++) items[i] = *lane_at(lane, i);
    free(lane->items);
    lane->items = items;
    lane->first = 0;
    lane->capacity = capacity;
    return true;
}

static bool lane_put(struct paper_lane *lane, const struct pawl_event *event, int64_t due_ns) {
    if (event->size > sizeof(union paper_any)) return false;
    if (lane->count == lane->capacity && !lane_grow(lane)) return false;
    struct paper_message *message = lane_at(lane, lane->count++);
    memset(message, 0, sizeof *message);
    message->due_ns = due_ns;
    memcpy(&message->event, event, event->size);
    return true;
}

static void lane_pop(struct paper_lane *lane) {
    lane->first = (lane->first + 1) % lane->capacity;
    lane->count--;
}

static void timer_set(struct paper *paper, enum paper_key key, int64_t due_ns) {
    if (paper->timers->set(paper->ctx, key, due_ns) != PAWL_OK)
        paper->ctx->host->log(paper->ctx, PAWL_LOG_ERROR, "no timer left: messages wait");
}

/* When a message that leaves now arrives: never before one that left earlier. */
static int64_t arrival(struct paper *paper, struct paper_lane *lane, int64_t latency_ns) {
    int64_t jitter_ns = paper->options.latency_jitter_ns;
    if (jitter_ns > 0)
        latency_ns += (int64_t)paper_draw(paper->world, (uint64_t)jitter_ns + 1);
    int64_t due_ns = paper->now_ns + latency_ns;
    if (due_ns < lane->last_due_ns) due_ns = lane->last_due_ns;
    return lane->last_due_ns = due_ns;
}

/* ---- host to venue ---- */

static uint8_t op_of(const struct pawl_event *command) {
    switch (command->type) {
    case PAWL_EV_SUBMIT: return PAWL_ORDER_OP_SUBMIT;
    case PAWL_EV_AMEND: return PAWL_ORDER_OP_AMEND;
    case PAWL_EV_CANCEL: return PAWL_ORDER_OP_CANCEL;
    default: return PAWL_ORDER_OP_NONE;
    }
}

static void no_room(struct paper *paper, const union paper_any *command) {
    paper->cookie = command->head.cookie;
    if (command->head.type == PAWL_EV_QUERY) {
        struct pawl_ev_query_done done = PAPER_EVENT(query_done, PAWL_EV_QUERY_DONE);
        done.head.cookie = paper->cookie;
        done.what = command->query.what;
        paper_reply(paper, &done.head);
    } else { /* every command about an order begins with its id */
        paper_report_refused(paper, command->submit.order, op_of(&command->head), PAPER_REFUSE_BUSY,
                             NULL);
    }
    paper->cookie = 0;
}

static void lane_timer(struct paper *paper, const struct paper_lane *lane, enum paper_key key) {
    int64_t due_ns = INT64_MAX;
    for (uint32_t i = 0; i < lane->count; i++)
        if (lane_at(lane, i)->due_ns < due_ns) due_ns = lane_at(lane, i)->due_ns;
    if (due_ns != INT64_MAX) timer_set(paper, key, due_ns);
}

/* Past the queue: whatever is sent meanwhile arrives before it. */
static bool overtaken(struct paper *paper, const union paper_any *command, int64_t delay_ns) {
    int64_t due_ns = paper->now_ns + paper->options.latency_request_ns + delay_ns;
    if (!lane_put(&paper->slow, &command->head, due_ns)) return false;
    lane_timer(paper, &paper->slow, PAPER_KEY_SLOW);
    return true;
}

/* Faults that strike on the way there. True = it is not to be sent. */
static bool lost_or_delayed(struct paper *paper, const union paper_any *command,
                            int64_t *ret_delay_ns) {
    uint8_t op = op_of(&command->head);
    if (op == PAWL_ORDER_OP_NONE || paper->world->fault_count == 0) return false;
    const char *id = command->submit.order;
    uint32_t instrument = op == PAWL_ORDER_OP_SUBMIT  ? command->submit.instrument
                          : op == PAWL_ORDER_OP_AMEND ? command->amend.instrument
                                                      : command->cancel.instrument;
    uint32_t symbol = paper_symbol_slot(paper->world, paper->ctx, paper->market, instrument);
    uint8_t role = op == PAWL_ORDER_OP_SUBMIT ? command->submit.role : paper_role_of(id);
    struct paper_fault fault;
    if (paper_fault_take(paper, PAWL_FAULT_KIND_DROP_REQUEST, op, role, symbol, id, &fault))
        return true;
    if (paper_fault_take(paper, PAWL_FAULT_KIND_DELAY, op, role, symbol, id, &fault))
        *ret_delay_ns = fault.delay_ns;
    return paper_fault_take(paper, PAWL_FAULT_KIND_OVERTAKEN, op, role, symbol, id, &fault) &&
           overtaken(paper, command, fault.delay_ns);
}

void paper_send(struct paper *paper, const struct pawl_event *command) {
    struct paper_lane *lane = &paper->requests;
    const union paper_any *any = (const union paper_any *)command; /* as far as its size goes */
    int64_t delay_ns = 0;
    if (command->size > sizeof *any) return;
    if (paper->world->link_down) return; /* nothing gets through, and nothing says so */
    if (lost_or_delayed(paper, any, &delay_ns)) return;
    if (paper->unwritten || lane->count == lane->max) {
        no_room(paper, any);
        return;
    }
    int64_t due_ns = arrival(paper, lane, paper->options.latency_request_ns + delay_ns);
    if (!lane_put(lane, command, due_ns)) {
        no_room(paper, any);
        return;
    }
    if (lane->count == 1) timer_set(paper, PAPER_KEY_REQUESTS, due_ns);
}

static void arrives(struct paper *paper, const union paper_any *request) {
    paper->cookie = request->head.cookie;
    paper_request(paper, request);
    paper->cookie = 0;
    paper->drop_answer = false;
}

static void requests_arrive(struct paper *paper) {
    struct paper_lane *lane = &paper->requests;
    while (lane->count > 0 && lane_at(lane, 0)->due_ns <= paper->now_ns) {
        union paper_any request = lane_at(lane, 0)->event;
        lane_pop(lane);
        arrives(paper, &request);
    }
    if (lane->count > 0) timer_set(paper, PAPER_KEY_REQUESTS, lane_at(lane, 0)->due_ns);
}

static void slow_arrive(struct paper *paper) {
    struct paper_lane *lane = &paper->slow;
    for (uint32_t left = lane->count; left > 0; left--) { /* turns the ring once */
        struct paper_message message = *lane_at(lane, 0);
        lane_pop(lane);
        if (message.due_ns <= paper->now_ns)
            arrives(paper, &message.event);
        else
            lane_put(lane, &message.event.head, message.due_ns);
    }
    lane_timer(paper, lane, PAPER_KEY_SLOW);
}

/* ---- venue to host ---- */

bool paper_reply(struct paper *paper, const struct pawl_event *event) {
    struct paper_lane *lane = &paper->replies;
    if (paper->world->link_down) return true;
    int64_t due_ns = arrival(paper, lane, paper->options.latency_reply_ns);
    if (!lane_put(lane, event, due_ns)) {
        paper->ctx->host->log(paper->ctx, PAWL_LOG_ERROR,
                              "a report is lost: %u are under way already", lane->count);
        return false;
    }
    if (lane->count == 1) timer_set(paper, PAPER_KEY_REPLIES, due_ns);
    return true;
}

void paper_reply_late(struct paper *paper, const struct pawl_event *event, int64_t delay_ns) {
    if (paper->world->link_down) return;
    int64_t due_ns = paper->now_ns + paper->options.latency_reply_ns + delay_ns;
    if (lane_put(&paper->late, event, due_ns))
        lane_timer(paper, &paper->late, PAPER_KEY_LATE);
    else
        paper_reply(paper, event);
}

/* Nothing is told that is not written. */
static bool may_publish(struct paper *paper, enum paper_key key) {
    if (paper->world->journal.len == 0 || paper_step(paper) == PAWL_OK) return true;
    timer_set(paper, key, paper->now_ns + PAPER_RETRY_NS);
    return false;
}

static void replies_arrive(struct paper *paper) {
    struct paper_lane *lane = &paper->replies;
    if (!may_publish(paper, PAPER_KEY_REPLIES)) return;
    while (lane->count > 0 && lane_at(lane, 0)->due_ns <= paper->now_ns) {
        if (paper->ctx->host->publish(paper->ctx, &lane_at(lane, 0)->event.head) != PAWL_OK) {
            timer_set(paper, PAPER_KEY_REPLIES, paper->now_ns + PAWL_MS); /* the turn is full */
            return;
        }
        lane_pop(lane);
    }
    if (lane->count > 0) timer_set(paper, PAPER_KEY_REPLIES, lane_at(lane, 0)->due_ns);
}

static void late_arrive(struct paper *paper) {
    struct paper_lane *lane = &paper->late;
    if (!may_publish(paper, PAPER_KEY_LATE)) return;
    for (uint32_t left = lane->count; left > 0; left--) { /* turns the ring once */
        struct paper_message message = *lane_at(lane, 0);
        lane_pop(lane);
        if (message.due_ns > paper->now_ns ||
            paper->ctx->host->publish(paper->ctx, &message.event.head) != PAWL_OK)
            lane_put(lane, &message.event.head, message.due_ns);
    }
    lane_timer(paper, &paper->late, PAPER_KEY_LATE);
}

/* ---- the link ---- */

void paper_link_publish(struct paper *paper, const char *why) {
    struct pawl_ev_link link = PAPER_EVENT(link, PAWL_EV_LINK);
    link.up = !paper->world->link_down;
    strncpy(link.message, why, sizeof link.message - 1);
    if (paper->ctx->host->publish(paper->ctx, &link.head) != PAWL_OK)
        paper->ctx->host->log(paper->ctx, PAWL_LOG_ERROR, "the turn is full: link not reported");
}

void paper_link_set(struct paper *paper, bool up, int64_t until_ns, const char *why) {
    struct paper_world *world = paper->world;
    if (world->link_down == !up && world->link_until_ns == until_ns) return;
    world->link_down = !up;
    world->link_until_ns = until_ns;
    while (!up && paper->replies.count > 0) lane_pop(&paper->replies); /* lost on the way */
    while (!up && paper->late.count > 0) lane_pop(&paper->late);
    paper_put_link(world, paper->now_ns);
    paper_step(paper);
    if (until_ns != 0) timer_set(paper, PAPER_KEY_LINK, until_ns);
    paper_link_publish(paper, why);
}

void paper_lane_timers(struct paper *paper) {
    if (paper->requests.count > 0)
        timer_set(paper, PAPER_KEY_REQUESTS, lane_at(&paper->requests, 0)->due_ns);
    if (paper->replies.count > 0)
        timer_set(paper, PAPER_KEY_REPLIES, lane_at(&paper->replies, 0)->due_ns);
    lane_timer(paper, &paper->late, PAPER_KEY_LATE);
    lane_timer(paper, &paper->slow, PAPER_KEY_SLOW);
}

/* ---- time ---- */

void paper_expiry_timer(struct paper *paper) {
    int64_t next_ns = INT64_MAX;
    for (uint32_t i = 1; i < paper->world->symbol_count; i++)
        if (paper->world->symbols[i]->next_expiry < next_ns)
            next_ns = paper->world->symbols[i]->next_expiry;
    if (next_ns == INT64_MAX || next_ns == paper->expiry_set_ns) return;
    paper->expiry_set_ns = next_ns;
    timer_set(paper, PAPER_KEY_EXPIRY, next_ns);
}

void paper_timer(struct paper *paper, const struct pawl_ev_timer *timer) {
    struct paper_world *world = paper->world;
    switch (timer->head.cookie) {
    case PAPER_KEY_REQUESTS: requests_arrive(paper); break;
    case PAPER_KEY_REPLIES: replies_arrive(paper); break;
    case PAPER_KEY_LATE: late_arrive(paper); break;
    case PAPER_KEY_SLOW: slow_arrive(paper); break;
    case PAPER_KEY_EXPIRY:
        paper->expiry_set_ns = 0;
        for (uint32_t i = 1; i < world->symbol_count; i++)
            if (world->symbols[i]->next_expiry <= paper->now_ns)
                paper_expire(paper, world->symbols[i]);
        paper_expiry_timer(paper);
        break;
    case PAPER_KEY_LINK:
        if (world->link_down && world->link_until_ns != 0 && world->link_until_ns <= paper->now_ns)
            paper_link_set(paper, true, 0, "connected again");
        break;
    default: break;
    }
}

int paper_step(struct paper *paper) {
    struct paper_world *world = paper->world;
    struct pawl_err err = {0};
    bool drawn = world->prng != world->prng_written; /* chance is part of the world */
    if ((world->journal.len == 0 && !drawn) || paper->on_trial) return PAWL_OK;
    if (!world->journal.closed || drawn) paper_put_step(world, paper->now_ns);
    int rc = paper_world_save(world, paper->ctx, paper->files, &err);
    paper->unwritten = rc != PAWL_OK;
    if (rc != PAWL_OK)
        paper->ctx->host->log(paper->ctx, PAWL_LOG_ERROR,
                              "%s cannot be written; reports wait: %s", PAPER_WORLD_FILE, err.text);
    return rc;
}
