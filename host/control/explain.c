/* explain.c - why: what happened to a lot or an order, each with the chain of its causes, from what
 * the history still has and from what is stored. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/oid.h"
#include "book/report.h"
#include "control/control_int.h"
#include "control/put.h"
#include "events/codec.h"

#define STEPS_MAX 4096u
#define DEPTH_MAX 64u

struct subject {
    uint64_t lot;         /* 0 = one order only, or a name of no lot */
    char order[OID_SIZE]; /* empty = the whole lot */
    char ref[32];         /* lot 0: the name; what came of it opened nothing */
};

struct step {
    uint64_t seq, root;
    uint32_t depth;
};

struct story {
    const struct control *control;
    struct subject subject;
    uint32_t count;
    bool cut; /* more than STEPS_MAX */
    struct step steps[STEPS_MAX];
};

/* ---- what belongs to it ---- */

static bool of_lot(const struct host *host, const char *oid, uint64_t lot) {
    struct oid_parts parts;
    const struct order *order = book_order_by_id(&host->book, oid);
    if (order == NULL) return oid_parse(oid, &parts) == PAWL_OK && parts.lot == lot;
    return order->lot->rec.id == lot;
}

/* By its fields `lot` and `order`; market data has neither. */
static bool belongs(const struct story *story, const struct pawl_event *event) {
    const struct schema_event *type = reflect_event(event->type);
    const struct pawl_field *field;
    if (type == NULL || event->type >> 8 == 0x01) return false;
    if (story->subject.ref[0] != '\0') {
        field = reflect_field(type->fields, "ref");
        return field != NULL && field->kind == PAWL_F_STR &&
               strcmp((const char *)event + field->offset, story->subject.ref) == 0;
    }
    field = reflect_field(type->fields, "order");
    if (field != NULL && field->kind == PAWL_F_OID) {
        const char *oid = (const char *)event + field->offset;
        if (story->subject.order[0] != '\0') return strcmp(oid, story->subject.order) == 0;
        if (oid[0] != '\0' && of_lot(story->control->host, oid, story->subject.lot)) return true;
    }
    field = reflect_field(type->fields, "lot");
    if (field == NULL || field->kind != PAWL_F_U64 || story->subject.order[0] != '\0') return false;
    uint64_t lot;
    memcpy(&lot, (const char *)event + field->offset, sizeof lot);
    return lot == story->subject.lot;
}

static void add(struct story *story, uint64_t seq) {
    if (story->count == STEPS_MAX)
        story->cut = true;
    else
        story->steps[story->count++] = (struct step){.seq = seq};
}

static int by_seq(const void *a, const void *b) {
    const struct step *left = a, *right = b;
    return left->seq < right->seq ? -1 : left->seq > right->seq;
}

static int by_root(const void *a, const void *b) {
    const struct step *left = a, *right = b;
    if (left->root != right->root) return left->root < right->root ? -1 : 1;
    return by_seq(a, b);
}

/* Everything that belongs, with what led to it; then each is given the root of its chain. */
static void gather(struct story *story) {
    const struct history *history = &story->control->history;
    for (uint64_t n = history->first; n < history->next; n++) {
        const struct pawl_event *event = history_at(history, n);
        if (!belongs(story, event)) continue;
        for (uint32_t depth = 0; event != NULL && depth < DEPTH_MAX; depth++) {
            add(story, event->seq);
            event = event->cause == 0 ? NULL : history_find(history, event->cause);
        }
    }
    qsort(story->steps, story->count, sizeof *story->steps, by_seq);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < story->count; i++)
        if (kept == 0 || story->steps[kept - 1].seq != story->steps[i].seq)
            story->steps[kept++] = story->steps[i];
    story->count = kept;
    for (uint32_t i = 0; i < kept; i++) {
        struct step *step = &story->steps[i];
        const struct pawl_event *event = history_find(history, step->seq);
        step->root = step->seq;
        while (event != NULL && event->cause != 0 && step->depth < DEPTH_MAX) {
            step->root = event->cause;
            step->depth++;
            event = history_find(history, event->cause);
        }
    }
    qsort(story->steps, kept, sizeof *story->steps, by_root);
}

/* ---- telling ---- */

static void put_step(const struct story *story, const struct step *step, struct jsonout *out) {
    static char line[CODEC_LINE_MAX]; /* loop thread only */
    const struct host *host = story->control->host;
    const struct pawl_event *event = history_find(&story->control->history, step->seq);
    size_t length;
    if (event == NULL || event_to_json(event, host->names, line, sizeof line, &length) != PAWL_OK)
        return;
    jsonout_open(out, '{');
    put_u64(out, "depth", step->depth);
    put_u64(out, "root", step->root);
    put_bool(out, "about", belongs(story, event));
    put_name(out, "by", host, NAME_COMPONENT, event->source);
    put_name(out, "to", host, NAME_COMPONENT, event->target);
    jsonout_key(out, "event");
    jsonout_raw(out, line, length);
    jsonout_close(out, '}');
}

/* since: when it began, by its record; 0 = there is none. */
static int tell(struct control *control, const struct subject *subject, int64_t since,
                struct jsonout *out, struct pawl_err *err) {
    struct story *story = mem_calloc(1, sizeof *story);
    if (story == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    story->control = control;
    story->subject = *subject;
    gather(story);
    if (subject->ref[0] != '\0' && story->count == 0) {
        mem_free(story);
        return pawl_fail(err, PAWL_E_NOTFOUND,
                         "nothing of the name \"%.32s\" is in memory: no lot, no request",
                         subject->ref);
    }
    put_u64(out, "lot", subject->lot);
    put_text(out, "order", subject->order);
    put_text(out, "ref", subject->ref);
    jsonout_key(out, "story");
    jsonout_open(out, '[');
    for (uint32_t i = 0; i < story->count; i++) put_step(story, &story->steps[i], out);
    jsonout_close(out, ']');
    put_bool(out, "cut", story->cut);
    const struct pawl_event *oldest = control->history.first == control->history.next
                                          ? NULL
                                          : history_at(&control->history, control->history.first);
    put_time(out, "remembered_since", oldest == NULL ? 0 : oldest->time_ns);
    put_bool(out, "began_earlier", since != 0 && (oldest == NULL || since < oldest->time_ns));
    mem_free(story);
    return PAWL_OK;
}

/* A lot that is not in memory any more, as it is stored. */
static int tell_stored(struct question *question, struct jsonout *out, struct pawl_err *err) {
    const struct subject *subject = question->state;
    static const struct pawl_rec_lot none;
    struct lot_stored stored;
    const struct lot *lot =
        lot_stored(question->page.count == 0 ? &none : question->page.rows, &stored);
    if (lot->rec.id != subject->lot)
        return pawl_fail(err, PAWL_E_NOTFOUND, "there is no lot %llu",
                         (unsigned long long)subject->lot);
    jsonout_key(out, "record");
    put_lot(out, question->control->host, lot);
    return tell(question->control, subject, lot->rec.created, out, err);
}

static int find(struct request *request, struct subject *ret, struct pawl_err *err) {
    const struct host *host = request->control->host;
    const char *order, *ref;
    struct oid_parts parts;
    int rc = request_u64(request, "lot", 0, &ret->lot, err);
    if (rc == PAWL_OK) rc = request_text(request, "order", &order, err);
    if (rc == PAWL_OK) rc = request_text(request, "ref", &ref, err);
    if (rc != PAWL_OK) return rc;
    if (order[0] != '\0') {
        const struct order *found = book_order_by_id(&host->book, order);
        if (oid_parse(order, &parts) != PAWL_OK)
            return pawl_fail(err, PAWL_E_INVAL, "\"%.32s\" is no order id of ours", order);
        memcpy(ret->order, order, OID_LEN);
        ret->lot = found != NULL ? found->lot->rec.id : parts.lot;
    } else if (ref[0] != '\0') {
        const struct lot *lot = book_lot_by_ref(&host->book, ref);
        for (uint64_t id = host->book.host.next_lot; lot == NULL && id-- > 1;) {
            lot = book_lot(&host->book, id);
            /* older ones are not kept */
            if (lot == NULL || strcmp(lot->rare->rec.ref, ref) == 0) break;
            lot = NULL;
        }
        ret->lot = lot == NULL ? 0 : lot->rec.id;
        if (lot == NULL && strlen(ref) < sizeof ret->ref) {
            TEXT_SET(ret->ref, ref);
            return PAWL_OK;
        }
    }
    if (ret->lot == 0) return pawl_fail(err, PAWL_E_INVAL, "say which: lot, order or ref");
    return PAWL_OK;
}

int answer_explain(struct request *request, struct jsonout *out, struct pawl_err *err) {
    struct control *control = request->control;
    struct subject subject = {0};
    int rc = find(request, &subject, err);
    if (rc != PAWL_OK) return rc;
    if (subject.ref[0] != '\0') return tell(control, &subject, 0, out, err);
    const struct lot *lot = book_lot(&control->host->book, subject.lot);
    const struct order *order = book_order_by_id(&control->host->book, subject.order);
    if (lot != NULL) {
        jsonout_key(out, "record");
        put_lot(out, control->host, lot);
        jsonout_key(out, "orders");
        jsonout_open(out, '[');
        for (const struct order *one = lot->orders; one != NULL; one = one->next)
            if (subject.order[0] == '\0' || one == order) put_order(out, control->host, one);
        jsonout_close(out, ']');
        return tell(control, &subject, lot->rec.created, out, err);
    }
    struct subject *state = mem_alloc(sizeof *state);
    if (state == NULL) return PAWL_E_NOMEM;
    *state = subject;
    const struct store_page page = {.table = "lots",
                                    .row_size = sizeof(struct pawl_rec_lot),
                                    .limit = 1,
                                    .after = subject.lot - 1};
    return question_ask(request, &page, tell_stored, state, err);
}
