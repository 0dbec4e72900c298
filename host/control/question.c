/* question.c - answers that need stored rows: asked of the store's writer, finished on the loop. */
#include "base/alloc.h"
#include "base/err.h"
#include "control/control_int.h"

static void question_free(struct question *question) {
    if (question->place != NULL) *question->place = NULL;
    json_decref(question->request);
    mem_free(question->page.rows);
    mem_free(question->state);
    mem_free(question);
}

/* On the writer thread. */
static void on_page(void *arg) {
    struct question *question = arg;
    struct control *control = question->control;
    atomic_store(&question->ready, true); /* it may be gone after this */
    uv_async_send(&control->stored);
}

/* NULL: told; the state is freed. */
static struct question *question_new(struct request *request,
                                     int (*answer)(struct question *question, struct jsonout *out,
                                                   struct pawl_err *err),
                                     void *state, struct pawl_err *err) {
    struct question *question = mem_calloc(1, sizeof *question);
    if (question == NULL) {
        mem_free(state);
        pawl_fail(err, PAWL_E_NOMEM, "out of memory");
        return NULL;
    }
    question->control = request->control;
    question->peer = request->peer;
    question->request = json_incref(request->object);
    question->answer = answer;
    question->state = state;
    return question;
}

static void enlist(struct request *request, struct question *question) {
    struct control *control = request->control;
    question->next = control->questions;
    control->questions = question;
    request->peer->question = question;
    request->deferred = true;
}

int question_ask(struct request *request, const struct store_page *page,
                 int (*answer)(struct question *question, struct jsonout *out,
                               struct pawl_err *err),
                 void *state, struct pawl_err *err) {
    struct question *question = question_new(request, answer, state, err);
    if (question == NULL) return PAWL_E_NOMEM;
    question->page = *page;
    question->page.done = on_page;
    question->page.arg = question;
    int rc = store_read(request->control->host->store, &question->page);
    if (rc == PAWL_OK) {
        enlist(request, question);
        return PAWL_OK;
    }
    question_free(question);
    return pawl_fail(err, rc, "too many questions wait for the database; ask again");
}

int question_wait(struct request *request,
                  int (*answer)(struct question *question, struct jsonout *out,
                                struct pawl_err *err),
                  void *state, struct question **ret, struct pawl_err *err) {
    struct question *question = question_new(request, answer, state, err);
    if (question == NULL) return PAWL_E_NOMEM;
    question->place = ret;
    *ret = question;
    enlist(request, question);
    return PAWL_OK;
}

void question_ready(struct question *question) {
    on_page(question);
}

/* True = it is over. */
static bool carry_on(struct question *question) {
    struct control *control = question->control;
    struct peer *peer = question->peer;
    struct pawl_err err = question->page.err;
    struct jsonout out;
    if (peer == NULL) return true;
    if (control->host == NULL)
        err = (struct pawl_err){PAWL_E_STATE, "the host is starting again; ask once more"};
    uint64_t before = answer_committed(control->host);
    answer_begin(peer, question->request, &out);
    int rc = err.rc != PAWL_OK ? err.rc : question->answer(question, &out, &err);
    answer_hold(peer, control->host, before);
    if (rc == QUESTION_MORE) {
        mem_free(question->page.rows);
        question->page.rows = NULL;
        atomic_store(&question->ready, false);
        rc = store_read(control->host->store, &question->page);
        if (rc == PAWL_OK) return false;
        rc = pawl_fail(&err, rc, "too many questions wait for the database; ask again");
    }
    answer_end(peer, question->request, &out, rc, &err);
    peer_resume(peer);
    return true;
}

void question_stored(struct control *control) {
    struct question *ready = NULL, *one;
    for (struct question **at = &control->questions; (one = *at) != NULL;) {
        if (!atomic_load(&one->ready)) {
            at = &one->next;
            continue;
        }
        *at = one->next;
        one->next = ready;
        ready = one;
    }
    while ((one = ready) != NULL) { /* answering may ask anew */
        ready = one->next;
        if (carry_on(one)) {
            question_free(one);
            continue;
        }
        one->next = control->questions;
        control->questions = one;
    }
}

void question_orphan(struct peer *peer) {
    if (peer->question != NULL) peer->question->peer = NULL;
    peer->question = NULL;
}

/* The store is closed: nothing is being read any more. */
void question_drop_all(struct control *control) {
    while (control->questions != NULL) {
        struct question *question = control->questions;
        control->questions = question->next;
        question_free(question);
    }
}
