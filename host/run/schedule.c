/* Entries made by the clock: demos and tests. A schedule's place is stored with the lot it opens.
 */
#include <stdio.h>

#include <jansson.h>

#include "base/err.h"
#include "events/codec.h"
#include "run/host.h"

static uint32_t find_instrument(void *self, const char *symbol) {
    return names_find(((struct host *)self)->names, NAME_INSTRUMENT, symbol);
}
static uint32_t find_account(void *self, const char *name) {
    return names_find(((struct host *)self)->names, NAME_ACCOUNT, name);
}
static uint32_t find_component(void *self, const char *name) {
    return host_component(self, name);
}

void host_decode_env(struct host *host, struct event_decode *ret) {
    *ret = (struct event_decode){.self = host,
                                 .instrument = find_instrument,
                                 .account = find_account,
                                 .component = find_component};
}

static int build(struct host *host, uint64_t id, int64_t now_ns, void *buf, size_t max,
                 struct pawl_err *err) {
    struct event_decode env;
    host_decode_env(host, &env);
    env.type = "entry";
    env.now_ns = now_ns;
    return event_from_json(host->options.config->schedule[id - 1].entry, &env, buf, max, err);
}

int schedule_init(struct host *host, struct pawl_err *err) {
    const struct config *config = host->options.config;
    _Alignas(16) unsigned char entry[PAWL_EVENT_SIZE_MAX];
    host->schedule_count = config->schedule_count;
    for (uint64_t id = 1; id <= host->schedule_count; id++) {
        struct pawl_err why = {0};
        host->schedules[id - 1] = (struct pawl_rec_schedule){.id = id};
        if (build(host, id, 1, entry, sizeof entry, &why) != PAWL_OK)
            return pawl_fail(err, PAWL_E_CONFIG, "%s: schedule[%llu].%s", config->file,
                             (unsigned long long)(id - 1), why.text);
    }
    return PAWL_OK;
}

/* When it fires next; 0 = never again. `last` of a schedule that has not fired is its base. */
static int64_t next_due(const struct host *host, uint64_t id) {
    const struct config_schedule *plan = &host->options.config->schedule[id - 1];
    const struct pawl_rec_schedule *now = &host->schedules[id - 1];
    if (plan->count > 0 && now->fired >= (uint64_t)plan->count) return 0;
    if (now->fired == 0 && plan->start_ns != 0) return plan->start_ns;
    if (plan->every_ns == 0) return 0;
    return now->last + plan->every_ns;
}

static void arm(struct host *host, uint64_t id) {
    int64_t due_ns = next_due(host, id);
    if (due_ns > 0) exec_wake_at(&host->exec, EXEC_KEY_SCHEDULE, id, due_ns);
}

void schedule_begin(struct host *host, int64_t now_ns) {
    for (uint64_t id = 1; id <= host->schedule_count; id++) {
        struct pawl_rec_schedule *rec = &host->schedules[id - 1];
        if (rec->last == 0) {
            rec->last = now_ns;
            book_put(&host->book, PAWL_REC_SCHEDULE, rec);
            host->extra_changed = true; /* there is something to commit */
        }
        arm(host, id);
    }
}

static bool is_same(const struct config_schedule *a, const struct config_schedule *b) {
    return a->every_ns == b->every_ns && a->start_ns == b->start_ns && a->count == b->count &&
           json_equal(a->entry, b->entry);
}

static bool are_same(const struct config *a, const struct config *b) {
    if (a->schedule_count != b->schedule_count) return false;
    for (uint32_t i = 0; i < a->schedule_count; i++)
        if (!is_same(&a->schedule[i], &b->schedule[i])) return false;
    return true;
}

/* An entry that moved in the list takes its place along; each old one serves one new one. */
static struct pawl_rec_schedule inherited(const struct host *host, const struct config *next,
                                          uint32_t index, bool taken[CONFIG_SCHEDULE_MAX]) {
    const struct config *config = host->options.config;
    struct pawl_rec_schedule rec = {.last = host->begun ? host->bus->now_ns : 0};
    for (uint32_t i = 0; i < config->schedule_count; i++) {
        if (taken[i] || !is_same(&config->schedule[i], &next->schedule[index])) continue;
        taken[i] = true;
        rec = host->schedules[i];
        break;
    }
    rec.id = index + 1;
    return rec;
}

void schedule_exchange(struct host *host, const struct config *next) {
    bool taken[CONFIG_SCHEDULE_MAX] = {false};
    struct pawl_rec_schedule fresh[CONFIG_SCHEDULE_MAX];
    uint32_t before = host->schedule_count;
    if (are_same(host->options.config, next)) {
        host->options.config = next;
        return;
    }
    for (uint32_t i = 0; i < next->schedule_count; i++)
        fresh[i] = inherited(host, next, i, taken);
    for (uint32_t i = 0; i < before; i++)
        timers_clear(host->book.timers, 0, EXEC_KEY(EXEC_KEY_SCHEDULE, i + 1));
    host->options.config = next;
    host->schedule_count = next->schedule_count;
    memcpy(host->schedules, fresh, next->schedule_count * sizeof *fresh);
    for (uint32_t i = 0; i < next->schedule_count || i < before; i++) {
        const struct pawl_rec_schedule gone = {.id = i + 1};
        const bool there = i < next->schedule_count;
        book_put(&host->book, PAWL_REC_SCHEDULE, there ? &host->schedules[i] : &gone);
        if (there && host->begun) arm(host, i + 1);
    }
    host->extra_changed = true;
}

/* Nothing is asked of an instrument that has had no price: its data is not in this run. */
static bool has_price(const struct host *host, uint32_t instrument) {
    const struct pawl_market_state *market = &host->book.instruments[instrument].market;
    return market->bid.e8 != 0 || market->last.e8 != 0;
}

bool schedule_fire(struct host *host, uint64_t id, int64_t now_ns, void *buf, size_t max) {
    if (id < 1 || id > host->schedule_count) return false;
    const struct config_schedule *plan = &host->options.config->schedule[id - 1];
    struct pawl_rec_schedule *rec = &host->schedules[id - 1];
    /* Counted from when it was due, so that a late firing shifts nothing and what was missed while
     * the host was away is passed over. */
    int64_t due_ns = next_due(host, id);
    rec->last = due_ns > 0 && due_ns < now_ns ? due_ns : now_ns;
    if (plan->every_ns > 0) rec->last += (now_ns - rec->last) / plan->every_ns * plan->every_ns;
    if (build(host, id, now_ns, buf, max, NULL) != PAWL_OK) return false;
    bool wanted = has_price(host, ((const struct pawl_ev_entry *)buf)->instrument);
    if (wanted) {
        rec->fired++;
        book_put(&host->book, PAWL_REC_SCHEDULE, rec);
        host->extra_changed = true;
    }
    if (wanted)
        arm(host, id);
    else if (plan->every_ns > 0) /* not next_due(): a start that has passed would be due for ever */
        exec_wake_at(&host->exec, EXEC_KEY_SCHEDULE, id, rec->last + plan->every_ns);
    return wanted;
}
