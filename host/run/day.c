/* Trading days: when an account's begins, by its own clock. What follows from that is the gate's
 * matter (exec/risk.c). */
#include "base/err.h"
#include "base/tz.h"
#include "run/host.h"

#define DAY_S INT64_C(86400)
#define SKIPPED_STEP_S (15 * 60) /* clocks are set forward by whole quarters of an hour */
#define SKIPPED_STEPS_MAX 12

int day_init(struct host *host, struct pawl_err *err) {
    const struct config *config = host->options.config;
    for (uint32_t i = 0; i < config->account_count; i++) {
        struct pawl_err why = {0};
        if (tz_new(config->accounts[i].reset_tz, NULL, &host->days[i].tz, &why) != PAWL_OK)
            return pawl_fail(err, PAWL_E_CONFIG, "accounts.%s.reset_time: %s",
                             config->accounts[i].name, why.text);
        host->days[i].account = names_find(host->names, NAME_ACCOUNT, config->accounts[i].name);
        host->days[i].reset_second = config->accounts[i].reset_second;
        host->day_count = i + 1;
    }
    return PAWL_OK;
}

void day_done(struct host *host) {
    for (uint32_t i = 0; i < host->day_count; i++) tz_free(host->days[i].tz);
}

/* When local day `day` (since 1970) begins, UTC. Where clocks skip that time, at the next that is.
 */
static int64_t begins(const struct host_day *of, int64_t day) {
    int64_t local_s = day * DAY_S + of->reset_second, utc_ns;
    for (int i = 0; i < SKIPPED_STEPS_MAX; i++)
        if (tz_to_utc(of->tz, (local_s + i * SKIPPED_STEP_S) * PAWL_NS, INT64_MIN, &utc_ns) ==
            PAWL_OK)
            return utc_ns;
    return local_s * PAWL_NS;
}

/* The newest beginning that is not after now, and the one after it. */
static int64_t began(const struct host_day *of, int64_t now_ns, int64_t *ret_next_ns) {
    int64_t day = now_ns / PAWL_NS / DAY_S + 2; /* no zone is two days ahead */
    int64_t at_ns = begins(of, day);
    do {
        *ret_next_ns = at_ns;
        at_ns = begins(of, --day);
    } while (at_ns > now_ns);
    return at_ns;
}

static void wake(struct host *host, const struct host_day *of, int64_t due_ns) {
    exec_wake_at(&host->exec, EXEC_KEY_DAY, of->account, due_ns);
}

void day_begin(struct host *host, int64_t now_ns) {
    for (uint32_t i = 0; i < host->day_count; i++) {
        const struct host_day *of = &host->days[i];
        int64_t next_ns, kept_ns = host->book.accounts[of->account].kept.day;
        int64_t last_ns = began(of, now_ns, &next_ns);
        if (kept_ns == 0) risk_day(&host->exec, of->account, last_ns, false);
        else if (!host->book.accounts[of->account].kept.day_known)
            exec_wake_at(&host->exec, EXEC_KEY_DAY_EQUITY, of->account, now_ns);
        wake(host, of, kept_ns != 0 && kept_ns < last_ns ? now_ns : next_ns);
    }
}

void day_fire(struct host *host, uint64_t account, int64_t now_ns) {
    for (uint32_t i = 0; i < host->day_count; i++) {
        const struct host_day *of = &host->days[i];
        int64_t next_ns;
        if (of->account != account) continue;
        host->book.accounts[account].day_began = began(of, now_ns, &next_ns);
        wake(host, of, next_ns);
    }
}
