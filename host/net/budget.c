#include "net/budget.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"

#define SLOTS 16
#define LANES 3u
#define BACKOFF_FIRST_NS (1 * PAWL_NS)
#define BACKOFF_MAX_NS (300 * PAWL_NS)
#define BACKOFF_FORGET_NS (600 * PAWL_NS)

struct bucket {
    char name[PAWL_BUDGET_NAME_MAX + 1]; /* empty = free */
    uint32_t tried_by;                   /* owner that made it on trial; 0 = none */
    int64_t limit, reserve, slot_ns;
    int64_t newest; /* number of the newest slot */
    int64_t counts[SLOTS + 1];
    int64_t held_until[LANES + 1]; /* by lane */
    int64_t backoff_ns, backoff_at;
};

struct waiting {
    uint32_t owner, lane, count;
    uint64_t key;
    struct pawl_cost costs[PAWL_BUDGET_COSTS_MAX];
};

struct budget {
    uint32_t bucket_count, waiting_count;
    struct bucket buckets[PAWL_BUDGET_BUCKETS_MAX]; /* bucket n is buckets[n - 1] */
    struct waiting waiting[PAWL_BUDGET_WAITING_MAX]; /* by lane, then age */
};

int budget_new(struct budget **ret) {
    *ret = mem_calloc(1, sizeof **ret);
    return *ret == NULL ? PAWL_E_NOMEM : PAWL_OK;
}

void budget_free(struct budget *budget) {
    mem_free(budget);
}

/* ---- one bucket ---- */

static int64_t used_by(struct bucket *b, int64_t now_ns) {
    int64_t newest = now_ns / b->slot_ns, sum = 0;
    if (newest - b->newest > SLOTS || newest < b->newest - SLOTS) {
        memset(b->counts, 0, sizeof b->counts);
        b->newest = newest;
    }
    while (b->newest < newest) b->counts[++b->newest % (SLOTS + 1)] = 0;
    for (int i = 0; i <= SLOTS; i++) sum += b->counts[i];
    return sum;
}

static void add(struct bucket *b, int64_t units, int64_t now_ns) {
    used_by(b, now_ns);
    b->counts[b->newest % (SLOTS + 1)] += units;
}

static int64_t ceiling(const struct bucket *b, uint32_t lane) {
    if (lane == PAWL_LANE_PROTECT) return b->limit;
    int64_t trade = b->limit - b->reserve;
    return lane == PAWL_LANE_TRADE ? trade : trade / 2;
}

static bool has_room(struct bucket *b, uint32_t lane, uint32_t weight, int64_t now_ns) {
    return now_ns >= b->held_until[lane] &&
           used_by(b, now_ns) <= ceiling(b, lane) - (int64_t)weight;
}

static struct bucket *bucket_of(struct budget *budget, uint32_t bucket) {
    if (bucket == 0 || bucket > budget->bucket_count) return NULL;
    struct bucket *b = &budget->buckets[bucket - 1];
    return b->name[0] == '\0' ? NULL : b;
}

int budget_limit_check(int64_t limit, int64_t reserve, int64_t window_ns) {
    bool sound = limit > 0 && limit <= UINT32_MAX && reserve >= 0 && reserve < limit &&
                 window_ns >= PAWL_MS && window_ns <= PAWL_BUDGET_WINDOW_MAX;
    return sound ? PAWL_OK : PAWL_E_INVAL;
}

/* One without a name is free. */
static uint32_t find(const struct budget *budget, const char *name) {
    for (uint32_t i = 0; i < budget->bucket_count; i++)
        if (strcmp(budget->buckets[i].name, name) == 0) return i + 1;
    return 0;
}

uint32_t budget_find(const struct budget *budget, const char *name) {
    return name == NULL || name[0] == '\0' ? 0 : find(budget, name);
}

int budget_limit(struct budget *budget, const char *name, int64_t limit, int64_t reserve,
                 int64_t window_ns, uint32_t *ret_bucket) {
    size_t len = name == NULL ? 0 : strnlen(name, PAWL_BUDGET_NAME_MAX + 1);
    uint32_t at;
    if (len == 0 || len > PAWL_BUDGET_NAME_MAX ||
        budget_limit_check(limit, reserve, window_ns) != PAWL_OK)
        return PAWL_E_INVAL;
    at = find(budget, name);
    if (at == 0) at = find(budget, "");
    at = at > 0 ? at - 1 : budget->bucket_count;
    if (at == PAWL_BUDGET_BUCKETS_MAX) return PAWL_E_BUSY;
    struct bucket *b = &budget->buckets[at];
    if (at == budget->bucket_count) budget->bucket_count++;
    if (b->name[0] == '\0') memcpy(b->name, name, len + 1);
    int64_t slot_ns = (window_ns + SLOTS - 1) / SLOTS;
    if (b->slot_ns != slot_ns) { /* what was counted in other slots cannot be told apart by time */
        int64_t sum = 0;
        for (int i = 0; i <= SLOTS; i++) sum += b->counts[i];
        b->newest = b->slot_ns == 0 ? 0 : b->newest * b->slot_ns / slot_ns;
        memset(b->counts, 0, sizeof b->counts);
        b->counts[b->newest % (SLOTS + 1)] = sum;
        b->slot_ns = slot_ns;
    }
    b->limit = limit;
    b->reserve = reserve;
    *ret_bucket = at + 1;
    return PAWL_OK;
}

void budget_try(struct budget *budget, uint32_t bucket, uint32_t owner) {
    budget->buckets[bucket - 1].tried_by = owner;
}

void budget_tried(struct budget *budget, uint32_t owner, bool keep) {
    for (uint32_t i = 0; i < budget->bucket_count; i++) {
        struct bucket *b = &budget->buckets[i];
        if (b->tried_by != owner || owner == 0) continue;
        b->tried_by = 0;
        if (!keep) memset(b, 0, sizeof *b);
    }
}

int budget_used(struct budget *budget, uint32_t bucket, int64_t units, int64_t now_ns) {
    struct bucket *b = bucket_of(budget, bucket);
    if (b == NULL || units < 0) return PAWL_E_INVAL;
    int64_t known = used_by(b, now_ns);
    if (units > known) add(b, units - known, now_ns);
    return PAWL_OK;
}

int budget_hold(struct budget *budget, uint32_t bucket, uint32_t lane, int64_t for_ns,
                int64_t now_ns) {
    struct bucket *b = bucket_of(budget, bucket);
    if (b == NULL || lane == 0 || lane > LANES || for_ns < 0) return PAWL_E_INVAL;
    if (now_ns - b->backoff_at > BACKOFF_FORGET_NS) b->backoff_ns = 0;
    b->backoff_at = now_ns;
    b->backoff_ns = b->backoff_ns == 0 ? BACKOFF_FIRST_NS : b->backoff_ns * 2;
    if (b->backoff_ns > BACKOFF_MAX_NS) b->backoff_ns = BACKOFF_MAX_NS;
    if (for_ns == 0) for_ns = b->backoff_ns;
    if (for_ns > PAWL_BUDGET_WINDOW_MAX) for_ns = PAWL_BUDGET_WINDOW_MAX;
    for (; lane <= LANES; lane++)
        if (now_ns + for_ns > b->held_until[lane]) b->held_until[lane] = now_ns + for_ns;
    return PAWL_OK;
}

/* ---- asking and waiting ---- */

static uint64_t buckets_of(const struct waiting *w) {
    uint64_t mask = 0;
    for (uint32_t i = 0; i < w->count; i++) mask |= UINT64_C(1) << (w->costs[i].bucket - 1);
    return mask;
}

/* Below a limit that was lowered it would wait for ever, and who comes behind it with it. */
static bool is_hopeless(const struct budget *budget, const struct waiting *w) {
    for (uint32_t i = 0; i < w->count; i++)
        if (w->costs[i].weight > ceiling(&budget->buckets[w->costs[i].bucket - 1], w->lane))
            return true;
    return false;
}

static bool may_go(struct budget *budget, const struct waiting *w, int64_t now_ns) {
    for (uint32_t i = 0; i < w->count; i++)
        if (!has_room(bucket_of(budget, w->costs[i].bucket), w->lane, w->costs[i].weight, now_ns))
            return false;
    return true;
}

static void count_it(struct budget *budget, const struct waiting *w, int64_t now_ns) {
    for (uint32_t i = 0; i < w->count; i++)
        add(bucket_of(budget, w->costs[i].bucket), w->costs[i].weight, now_ns);
}

static void take_out(struct budget *budget, uint32_t at) {
    budget->waiting_count--;
    memmove(&budget->waiting[at], &budget->waiting[at + 1],
            (budget->waiting_count - at) * sizeof budget->waiting[0]);
}

static int put_in(struct budget *budget, const struct waiting *w) {
    if (budget->waiting_count == PAWL_BUDGET_WAITING_MAX) return PAWL_E_REJECTED;
    uint32_t at = budget->waiting_count;
    while (at > 0 && budget->waiting[at - 1].lane > w->lane) at--;
    memmove(&budget->waiting[at + 1], &budget->waiting[at],
            (budget->waiting_count - at) * sizeof budget->waiting[0]);
    budget->waiting[at] = *w;
    budget->waiting_count++;
    return PAWL_E_BUSY;
}

int budget_ask(struct budget *budget, uint32_t owner, uint64_t key, uint32_t lane,
               const struct pawl_cost *costs, uint32_t count, int64_t now_ns) {
    struct waiting w = {.owner = owner, .lane = lane, .count = count, .key = key};
    uint64_t before = 0; /* buckets somebody waits for who goes first */
    if (lane == 0 || lane > LANES || count == 0 || count > PAWL_BUDGET_COSTS_MAX || costs == NULL)
        return PAWL_E_INVAL;
    for (uint32_t i = 0; i < count; i++) {
        const struct bucket *b = bucket_of(budget, costs[i].bucket);
        if (b == NULL) return PAWL_E_INVAL;
        if (costs[i].weight > ceiling(b, lane)) return PAWL_E_RANGE;
        w.costs[i] = costs[i];
    }
    for (uint32_t i = 0; i < budget->waiting_count; i++) {
        const struct waiting *other = &budget->waiting[i];
        if (other->owner == owner && other->key == key) return PAWL_E_STATE;
        if (other->lane <= lane) before |= buckets_of(other);
    }
    if ((before & buckets_of(&w)) != 0 || !may_go(budget, &w, now_ns)) return put_in(budget, &w);
    count_it(budget, &w, now_ns);
    return PAWL_OK;
}

void budget_withdraw(struct budget *budget, uint32_t owner, uint64_t key) {
    for (uint32_t i = 0; i < budget->waiting_count; i++)
        if (budget->waiting[i].owner == owner && budget->waiting[i].key == key) {
            take_out(budget, i);
            return;
        }
}

void budget_drop(struct budget *budget, uint32_t owner) {
    for (uint32_t i = budget->waiting_count; i > 0; i--)
        if (budget->waiting[i - 1].owner == owner) take_out(budget, i - 1);
}

/* The first that can never go, or may and has nobody before it in its buckets; waiting_count =
 * none. */
static uint32_t next_to_go(struct budget *budget, int64_t now_ns) {
    uint64_t before = 0;
    uint32_t i = 0;
    for (; i < budget->waiting_count; i++) {
        const struct waiting *w = &budget->waiting[i];
        if (is_hopeless(budget, w)) break;
        if ((before & buckets_of(w)) == 0 && may_go(budget, w, now_ns)) break;
        before |= buckets_of(w);
    }
    return i;
}

bool budget_ready(struct budget *budget, int64_t now_ns) {
    return next_to_go(budget, now_ns) < budget->waiting_count;
}

bool budget_pop(struct budget *budget, int64_t now_ns, struct budget_word *ret) {
    uint32_t at = next_to_go(budget, now_ns);
    if (at == budget->waiting_count) return false;
    const struct waiting w = budget->waiting[at];
    *ret = (struct budget_word){.owner = w.owner, .lane = w.lane, .key = w.key,
                                .refused = is_hopeless(budget, &w)};
    if (!ret->refused) count_it(budget, &w, now_ns);
    take_out(budget, at);
    return true;
}

/* A bucket changes when its oldest slot ends, or a hold does. */
int64_t budget_due(const struct budget *budget, int64_t now_ns) {
    int64_t due = BUDGET_NEVER;
    for (uint32_t i = 0; i < budget->waiting_count; i++) {
        const struct waiting *w = &budget->waiting[i];
        if (is_hopeless(budget, w)) return now_ns;
        for (uint32_t k = 0; k < w->count; k++) {
            const struct bucket *b = &budget->buckets[w->costs[k].bucket - 1];
            int64_t slot = (now_ns / b->slot_ns + 1) * b->slot_ns;
            int64_t at = b->held_until[w->lane] > now_ns ? b->held_until[w->lane] : slot;
            if (at < due) due = at;
        }
    }
    return due;
}
