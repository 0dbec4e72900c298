/*
 * fake_host.h - a host in memory for the unit tests of one plugin: market, timers and files, a
 * clock the test moves, and a list of everything the plugin published.
 *
 * A test adds instruments and accounts, starts the plugin with options as text, sends events and
 * looks at what was published. Services of its own (a book, triggers, records) it adds by name.
 * fake_restart() is a crash and a new start: timers are gone, files are not.
 *
 * Nothing is delivered to the plugin but what the test sends and the timers that come due in
 * fake_advance(). Prices of quotes, trades, bars and marks go into the market state first, as in
 * the real host: trade-only instruments get bid and ask from the last price and `half_spread`.
 * Errors of the fake itself (a limit reached, an option that does not parse) abort the test.
 */
#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include <stdbool.h>

#include "pawl_services.h"

#define FAKE_INSTRUMENTS_MAX 16u
#define FAKE_ACCOUNTS_MAX 8u
#define FAKE_TIMERS_MAX 4096u
#define FAKE_FILES_MAX 8u
#define FAKE_SERVICES_MAX 8u
#define FAKE_OPTIONS_MAX 32u
#define FAKE_COMPONENT 7u
#define FAKE_START_NS (INT64_C(1767225600) * PAWL_NS) /* 2026-01-01T00:00:00Z */

struct fake_timer {
    uint64_t key, set_order;
    int64_t due_ns;
};

struct fake_file {
    char name[PAWL_FILE_NAME_MAX + 1];
    char *bytes;
    size_t len, capacity;
};

struct fake_host {
    struct pawl_ctx ctx; /* first: what the plugin holds */
    struct pawl_host table;
    struct pawl_market market;
    struct pawl_timers timers;
    struct pawl_files files;
    const struct pawl_plugin *plugin;
    void *self; /* NULL = not running */
    void *options_block;
    const char *option_names[FAKE_OPTIONS_MAX];
    const char *option_values[FAKE_OPTIONS_MAX];
    uint32_t option_count;
    int64_t now_ns;
    uint64_t seq, timer_order;
    struct pawl_instrument instruments[FAKE_INSTRUMENTS_MAX]; /* id = index + 1 */
    struct pawl_market_state states[FAKE_INSTRUMENTS_MAX];
    struct pawl_price half_spread[FAKE_INSTRUMENTS_MAX];
    bool quoted[FAKE_INSTRUMENTS_MAX];
    uint32_t instrument_count;
    struct pawl_account_info accounts[FAKE_ACCOUNTS_MAX]; /* id = index + 1 */
    uint32_t account_count;
    struct fake_timer timer_list[FAKE_TIMERS_MAX];
    uint32_t timer_count;
    struct fake_file file_list[FAKE_FILES_MAX];
    uint32_t file_count;
    bool files_fail; /* append, replace and rename answer PAWL_E_IO */
    uint32_t files_left; /* above 0: the last of so many writes is torn, then all fail */
    int files_sync_rc; /* what a sync answers: PAWL_OK, PAWL_E_BUSY or another */
    int files_rename_rc; /* what a rename answers, and does nothing unless that is PAWL_OK */
    char files_synced[PAWL_FILE_NAME_MAX + 1]; /* the last one */
    void (*on_rename)(void *arg); /* before a file gets another name */
    void *on_rename_arg;
    const char *service_names[FAKE_SERVICES_MAX];
    const void *services[FAKE_SERVICES_MAX];
    uint32_t service_count;
    struct pawl_event **published; /* copies */
    uint32_t published_count, published_capacity;
    char log_text[512];  /* the last line */
    uint32_t log_count;
    bool show_log;       /* to stderr */
    int last_rc;         /* of the last on_event */
    struct pawl_err err; /* of the last create */
};

void fake_init(struct fake_host *fake);
void fake_done(struct fake_host *fake); /* stops the plugin, frees everything */

/* Complete rows with plain values; the test may change them before the start. */
struct pawl_instrument *fake_instrument(struct fake_host *fake, const char *symbol);
struct pawl_account_info *fake_account(struct fake_host *fake, const char *name);
void fake_service(struct fake_host *fake, const char *name, const void *table);
/* Option by name, as configuration text; kept for restarts. */
void fake_option(struct fake_host *fake, const char *name, const char *value);

/* create() and, if it succeeds, `restored`. Returns create()'s code. */
int fake_start(struct fake_host *fake, const struct pawl_plugin *plugin);
void fake_stop(struct fake_host *fake); /* destroy; its timers are gone */
int fake_restart(struct fake_host *fake);

/* Deliver one event now; seq, time and target are filled in. */
void fake_send(struct fake_host *fake, const struct pawl_event *event);
/* Move the clock, firing timers in order of their time. */
void fake_advance(struct fake_host *fake, int64_t by_ns);

/* Market events: prices at 1e-8; `row` = cookie. Each moves the state, then is sent. */
void fake_quote(struct fake_host *fake, uint32_t instrument, int64_t bid_e8, int64_t ask_e8,
                uint64_t row);
void fake_trade(struct fake_host *fake, uint32_t instrument, int64_t price_e8, uint64_t row);
void fake_mark(struct fake_host *fake, uint32_t instrument, int64_t price_e8, uint64_t row);
/* Sent now as the bar that ends now. */
void fake_bar(struct fake_host *fake, uint32_t instrument, uint32_t seconds,
              const int64_t ohlc_e8[4], uint64_t row);

/* What was published since the last fake_clear(). */
const struct pawl_event *fake_published(const struct fake_host *fake, uint16_t type, uint32_t nth);
uint32_t fake_published_count(const struct fake_host *fake, uint16_t type);
void fake_clear(struct fake_host *fake);

/* A file's bytes; NULL = none. Valid until it is written again. */
struct fake_file *fake_file(struct fake_host *fake, const char *name);
void fake_file_gone(struct fake_host *fake, const char *name); /* as if it had never been */
void fake_file_set(struct fake_host *fake, const char *name, const void *bytes, size_t len);

#endif
