/* Turns: an input, all it causes, its batch to the store, and what the store lets go. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "book/market.h"
#include "book/report.h"
#include "events/codec.h"
#include "events/reflect.h"
#include "run/host.h"

#define MARKET_CHAIN_MAX 1000000u /* prices of brokers that follow from one input */
/* A replayed feed's place is stored with every batch, and this often where nothing happens. */
#define ROWS_PER_BATCH_MAX 65536u

/* What a line of the trace says is hashed as it is in memory: most events are never written out. */
static void trace_hash(struct host *host, const struct pawl_event *event) {
    const uint64_t head[] = {event->type, event->seq, event->cause, (uint64_t)event->time_ns};
    hash_add(&host->trace_hash, head, sizeof head);
    hash_add(&host->trace_hash, event + 1, event->size - sizeof *event);
}

static void trace(struct host *host, const struct pawl_event *event) {
    static char line[CODEC_LINE_MAX]; /* loop thread only; a state event is short */
    size_t length = 0;
    trace_hash(host, event);
    if (host->options.trace == NULL) return;
    line[0] = '\0';
    if (host->options.trace_lines &&
        event_to_json(event, host->names, line, sizeof line, &length) != PAWL_OK) {
        snprintf(host->fault, sizeof host->fault, "event 0x%04x cannot be written as JSON",
                 event->type);
        return;
    }
    host->options.trace(host->options.trace_arg, event, line, length);
}

/* A broker brought more of the market in one turn than fits. */
static void tell_conflated(struct host *host) {
    struct market_queue *queue = host->market;
    report_alert(&host->book, "market_conflated", PAWL_SEVERITY_WARNING, NULL, NULL,
                 "%llu events of the market beyond what fits one turn: extremes and the last are "
                 "kept, %llu have no place",
                 (unsigned long long)queue->conflated, (unsigned long long)queue->lost);
    queue->conflated = queue->lost = 0;
}

bool host_told(struct host *host, struct host_told told) {
    const struct host_recorder *recorder = host->options.recorder;
    if (recorder == NULL || host->telling) return false;
    told.turn = host->bus->seq + 1;
    recorder->told(recorder->arg, &told);
    return host->telling = true;
}

void host_on_event(void *arg, const struct pawl_event *event) {
    struct host *host = arg;
    const struct host_recorder *recorder = host->options.recorder;
    uint16_t family = event->type >> 8;
    if (recorder != NULL && event != host->given) recorder->effect(recorder->arg, event);
    if (host->options.observe != NULL) host->options.observe(host->options.observe_arg, event);
    if (family == 0x01) {
        book_market(&host->book, event);
        if (host->market->conflated > 0) tell_conflated(host);
        series_market(host->series, event);
    } else if (family == 0x09) {
        io_event(host->io, event);
    } else if (family >= 0x06) {
        trace(host, event);
        if (event->type == PAWL_EV_RELOAD && host->take_over != NULL)
            host->take_over(host->take_over_arg);
    } else if (family == 0x04 || family == 0x05 || family == 0x02) {
        exec_event(&host->exec, event);
    }
}

static void count(struct host *host, const struct pawl_event *event, int64_t now_ns) {
    struct host_counts *counts = &host->counts;
    counts->events++;
    if (counts->first_ns == 0) counts->first_ns = now_ns;
    counts->last_ns = now_ns;
    switch (event->type) {
    case PAWL_EV_QUOTE: counts->quotes++; break;
    case PAWL_EV_TRADE: counts->trades++; break;
    case PAWL_EV_BAR: counts->bars++; break;
    case PAWL_EV_SIGNAL: counts->signals++; break;
    default: break;
    }
}

/* A store that failed opens nothing new; what protects and reduces goes on, from memory, under
 * alarm. It stays failed until the process is started anew on a disk that works. */
static void on_store_failed(struct host *host) {
    const struct host_recorder *recorder = host->options.recorder;
    struct pawl_err why = {0};
    if (host->store_down) return;
    host->store_down = true;
    if (recorder != NULL) /* in the middle of what was told, if need be */
        recorder->told(recorder->arg, &(struct host_told){.what = HOST_TOLD_DISK,
                                                          .now_ns = host->bus->now_ns,
                                                          .turn = host->bus->seq + 1,
                                                          .number = host->bus->turn});
    if (store_failed(host->store, &why) == PAWL_OK)
        pawl_fail(&why, PAWL_E_BUSY, "a turn's changes do not fit what still waits for the disk");
    log_write(host->options.log, PAWL_LOG_ERROR, "store", "the database cannot be written: %s",
              why.text);
    host->exec.stop_entries = "the database cannot be written";
}

void host_disk_failed(struct host *host) {
    on_store_failed(host);
}

/* In a replay the recording says when. */
static bool disk_failed(const struct host *host, bool failed) {
    const struct host_recorder *recorder = host->options.recorder;
    if (recorder == NULL || recorder->disk_failed == NULL) return failed;
    return recorder->disk_failed(recorder->arg, host->bus->turn);
}

/* The turn's changes become one batch; without changes nothing is written. */
static void commit(struct host *host) {
    struct book *book = &host->book;
    bool far = host->row - host->stored_row >= ROWS_PER_BATCH_MAX && !host->options.instant;
    bool bars = host->row == 0 && series_has_changes(host->series); /* live: a bar is finished */
    if (!book_has_changes(book) && !far && !bars && !host->extra_changed) return;
    if (book->host.virtual_now != 0 || host->row != 0) {
        book->host.virtual_now = host->bus->now_ns;
        book->host_changed = true;
    }
    int rc = book_store(book);
    /* Of a replayed feed bars stand exactly where its place does, the running ones, too. */
    int series_rc = series_store(host->series, host->store, host->row != 0);
    if (rc == PAWL_OK) rc = series_rc;
    if (host->row != host->stored_row) {
        struct pawl_rec_feed rec = {.id = 1, .row = host->row};
        int put_rc = store_put(host->store, reflect_record(PAWL_REC_FEED), &rec);
        if (rc == PAWL_OK) rc = put_rc;
        host->stored_row = host->row;
    }
    host->extra_changed = false;
    /* A row without room in its batch is lost for good: nothing is written behind the hole. */
    bool whole = rc == PAWL_OK && !book->store_refused && !host->store_down;
    if (whole) rc = store_commit(host->store, host->bus->turn);
    if (whole && rc == PAWL_E_BUSY) {
        host->extra_changed = true; /* the queue is full: with the next batch */
        return;
    }
    if (host_waiting(host)) store_push_now(host->store);
    host->committed_turn = host->bus->turn;
    if (disk_failed(host, rc != PAWL_OK || book->store_refused)) on_store_failed(host);
}

static void turn_of(struct host *host, struct pawl_event *event, uint32_t source, int64_t now_ns) {
    bus_input(host->bus, event, source, now_ns);
    commit(host);
    if (host->book.events_lost > 0)
        snprintf(host->fault, sizeof host->fault,
                 "one turn made more than %u events: something feeds on itself",
                 BUS_TURN_EVENTS_MAX);
    book_evict(&host->book);
}

/* Whoever runs a turn that follows from nothing that was told, has told it herewith. */
void host_turn(struct host *host, struct pawl_event *event, int64_t now_ns) {
    const struct host_told told = {.what = HOST_TOLD_TURN, .now_ns = now_ns, .event = event};
    bool first = host_told(host, told);
    if (first) host->given = event;
    turn_of(host, event, 0, now_ns);
    if (!first) return;
    host->given = NULL;
    host->telling = false;
}

/* Levels beyond a turn's share go out before anything newer. */
static void drain_levels(struct host *host) {
    while (triggers_pending(host->book.triggers) || host->book.path.at < host->book.path.count) {
        triggers_turn(host->book.triggers);
        host_turn(host, NULL, host->bus->now_ns);
    }
}

static void release_durable(struct host *host);

/* What brokers told of the market in these turns: each an input of its own. */
static void drain_market(struct host *host) {
    struct market_queue *queue = host->market;
    union market_event event;
    for (uint32_t taken = 0; market_queue_pop(queue, &event); taken++) {
        if (taken == MARKET_CHAIN_MAX) {
            snprintf(host->fault, sizeof host->fault,
                     "one input brought more than %u prices: a broker answers prices with prices",
                     MARKET_CHAIN_MAX);
            return;
        }
        count(host, &event.head, host->bus->now_ns);
        triggers_turn(host->book.triggers);
        turn_of(host, &event.head, event.head.source, host->bus->now_ns);
        drain_levels(host);
        if (host->options.instant) release_durable(host);
    }
}

static void settle(struct host *host) {
    drain_levels(host);
    if (host->options.instant) release_durable(host);
    drain_market(host);
}

/* The input of a turn and all that follows of itself. */
static void run(struct host *host, struct host_told told, struct pawl_event *event) {
    bool first = host_told(host, told);
    triggers_turn(host->book.triggers);
    host->given = event;
    host_turn(host, event, told.now_ns);
    host->given = NULL;
    settle(host);
    if (first) host->telling = false;
}

void host_tell(struct host *host, struct pawl_event *event) {
    int64_t now_ns = host->bus->now_ns;
    run(host, (struct host_told){.what = HOST_TOLD_STATE, .now_ns = now_ns, .event = event},
        event);
}

/* A fault names a lot; the venue knows lots by number only. */
static void resolve_ref(const struct host *host, struct pawl_event *event) {
    struct pawl_ev_fault *fault = (void *)event;
    if (event->type != PAWL_EV_FAULT || fault->ref[0] == '\0' || fault->lot != 0) return;
    const struct lot *lot = book_lot_by_ref(&host->book, fault->ref);
    if (lot != NULL) fault->lot = lot->rec.id;
}

void host_input(struct host *host, struct pawl_event *event, int64_t now_ns) {
    if (now_ns < host->bus->now_ns) now_ns = host->bus->now_ns;
    count(host, event, now_ns);
    resolve_ref(host, event);
    if (event->cookie != 0) host->row = event->cookie;
    if (event->type == PAWL_EV_ENTRY) event->target = ((struct pawl_ev_entry *)event)->via;
    run(host, (struct host_told){.what = HOST_TOLD_INPUT, .now_ns = now_ns, .event = event}, event);
}

void host_io(struct host *host, struct pawl_event *event, int64_t now_ns) {
    if (now_ns < host->bus->now_ns) now_ns = host->bus->now_ns;
    run(host, (struct host_told){.what = HOST_TOLD_IO, .now_ns = now_ns, .event = event}, event);
}

/* Those who wait for the budget, one a turn; then the next look. */
static void grant(struct host *host, int64_t now_ns) {
    struct pawl_ev_budget_granted event;
    if (io_grant(host->io, now_ns, &event)) host_turn(host, &event.head, now_ns);
    int64_t due_ns = io_grant_due(host->io, now_ns);
    if (due_ns == BUDGET_NEVER) return;
    if (io_may_grant(host->io, now_ns)) due_ns = now_ns;
    timers_set(host->book.timers, 0, EXEC_KEY(EXEC_KEY_BUDGET, 0), due_ns, NULL);
}

int64_t host_next_due(const struct host *host) {
    return timers_next_due(host->book.timers);
}

bool host_timer(struct host *host, int64_t now_ns) {
    uint32_t owner;
    uint64_t key;
    int64_t due_ns;
    if (now_ns < host->bus->now_ns) now_ns = host->bus->now_ns;
    if (!timers_pop(host->book.timers, now_ns, &owner, &key, &due_ns)) return false;
    bool first = host_told(host, (struct host_told){.what = HOST_TOLD_TIMER, .now_ns = now_ns});
    triggers_turn(host->book.triggers);
    if (owner == 0 && EXEC_KEY_WHAT(key) == EXEC_KEY_BUDGET) {
        grant(host, now_ns);
    } else if (owner == 0 && EXEC_KEY_WHAT(key) == EXEC_KEY_SCHEDULE) {
        _Alignas(16) unsigned char entry[PAWL_EVENT_SIZE_MAX];
        struct pawl_event *event = (void *)entry;
        if (schedule_fire(host, EXEC_KEY_NUMBER(key), now_ns, entry, sizeof entry)) {
            event->target = ((struct pawl_ev_entry *)event)->via;
            host_turn(host, event, now_ns);
        } else {
            host_turn(host, NULL, now_ns);
        }
    } else {
        if (owner == 0 && EXEC_KEY_WHAT(key) == EXEC_KEY_DAY)
            day_fire(host, EXEC_KEY_NUMBER(key), now_ns);
        struct pawl_ev_timer event;
        EVENT_INIT(event, PAWL_EV_TIMER);
        event.head.target = owner == 0 ? host->exec.operator_id : owner;
        event.head.cookie = key;
        event.due = due_ns;
        host_turn(host, &event.head, now_ns);
    }
    settle(host);
    if (first) host->telling = false;
    return true;
}

static void release(struct host *host, uint64_t durable) {
    uint64_t oldest;
    if (durable > host->exec.stored_turn) host->exec.stored_turn = durable;
    if (host->store_down) host->exec.release_without_disk = true;
    while (outbox_waiting(&host->exec, &oldest)) {
        if (host->store_down) {
            host_release_protective(host);
            continue;
        }
        if (host->options.instant) durable = host->bus->turn;
        if (durable < oldest) return;
        host->exec.release_turn = durable;
        host_turn(host, NULL, host->bus->now_ns);
        drain_levels(host);
    }
}

static uint64_t look_at_disk(struct host *host) {
    if (disk_failed(host, store_failed(host->store, NULL) != PAWL_OK)) on_store_failed(host);
    return host->options.instant ? host->bus->turn : store_durable_turn(host->store);
}

static void release_durable(struct host *host) {
    release(host, look_at_disk(host));
}

void host_release_to(struct host *host, uint64_t durable) {
    const struct host_told told = {
        .what = HOST_TOLD_RELEASE, .now_ns = host->bus->now_ns, .number = durable};
    bool first = host_told(host, told);
    release(host, durable);
    drain_market(host);
    if (first) host->telling = false;
}

/* Something may become durable meanwhile. With a fault nothing more goes: the host has not seen all
 * of what follows from a turn, or it has no end. */
void host_release(struct host *host) {
    while (host_fault(host) == NULL) {
        uint64_t oldest, durable = look_at_disk(host);
        bool waits = outbox_waiting(&host->exec, &oldest);
        bool due = waits && (host->store_down || durable >= oldest);
        /* What may leave early hangs on it. */
        bool news = waits && durable > host->exec.stored_turn;
        bool flag = host->store_down && !host->exec.release_without_disk;
        if (!due && !news && !flag && market_queue_is_empty(host->market)) return;
        host_release_to(host, durable);
    }
}

void host_release_protective(struct host *host) {
    if (host->exec.outbox_count == 0) return;
    const struct host_told told = {.what = HOST_TOLD_PROTECT, .now_ns = host->bus->now_ns};
    bool first = host_told(host, told);
    host->exec.release_protective = true;
    host_turn(host, NULL, host->bus->now_ns);
    drain_levels(host);
    if (first) host->telling = false;
}

void host_set_spread(struct host *host, uint32_t instrument, int64_t half_e8) {
    bool first = host_told(host, (struct host_told){.what = HOST_TOLD_SPREAD,
                                                    .now_ns = host->bus->now_ns,
                                                    .number = instrument,
                                                    .value = half_e8});
    if (instrument <= host->book.instrument_count)
        host->book.instruments[instrument].half_spread.e8 = half_e8;
    if (first) host->telling = false;
}

bool host_waiting(const struct host *host) {
    uint64_t oldest;
    return outbox_waiting(&host->exec, &oldest);
}

const char *host_fault(const struct host *host) {
    return host->fault[0] == '\0' ? NULL : host->fault;
}
