/*
 * fake_book.h - a host for strategy plugins: instruments, quotes, a book of lots, records.
 *
 * The test plays the executor and the venue: fake_fill() and its like change the book as the host
 * would and deliver the events. Every call of the plugin that has an effect is written to a log,
 * one line each, so that a test compares text. With `restart_at` the plugin is destroyed and
 * created anew before the delivery of that number (FAKE_RESTART_EACH: before each): only book and
 * records stay, and the log must come out the same.
 */
#ifndef FAKE_BOOK_H
#define FAKE_BOOK_H

#include <stdbool.h>

#include "pawl_num.h"
#include "pawl_series.h"
#include "pawl_services.h"

#define FAKE_LOTS_MAX 1024u
#define FAKE_ROWS_MAX 1024u
#define FAKE_ROW_SIZE_MAX 512u
#define FAKE_QUEUE_MAX 256u
#define FAKE_TIMERS_MAX 1024u
#define FAKE_TRIGGERS_MAX 1024u
#define FAKE_LOG_MAX 131072u
#define FAKE_COMPONENT 7u /* the plugin under test */
#define FAKE_STRANGER 8u  /* another strategy */
#define FAKE_NOW INT64_C(1700000000000000000)
#define FAKE_RESTART_EACH UINT32_MAX

enum { /* instruments */
    EURUSD = 1, /* tick 0.00001 */
    XAUUSD,     /* tick 0.01, minimum stop distance 0.5 */
    USDJPY,     /* tick 0.001, price currency JPY, fixed pip value 9.1 */
    ACME,       /* whole shares, tick 0.01, minimum notional 100, at most 100000 */
    EURGBP,     /* price currency GBP, no rate, no pip value */
    EURJPY,     /* price currency JPY, fixed pip value 9.5 */
    FAKE_INSTRUMENTS_END
};
enum { MAIN = 1, OTHER, FAKE_ACCOUNTS_END }; /* accounts, both USD 10000 */

struct fake_lot {
    struct pawl_rec_lot rec;
    struct pawl_rec_target targets[PAWL_TARGETS_MAX];
    bool works; /* its entry works at the venue */
};
union fake_event {
    struct pawl_event head;
    uint8_t bytes[512];
};
struct fake_row {
    uint16_t type;
    _Alignas(8) uint8_t bytes[FAKE_ROW_SIZE_MAX]; /* the key is the first u64 */
};

struct fake_timer {
    uint64_t key;
    int64_t due_ns;
};
struct fake_trigger {
    uint64_t key;
    struct pawl_trigger_spec spec;
};

struct fake {
    struct pawl_ctx ctx; /* first, so that a ctx is the fake */
    struct pawl_host host;
    const struct pawl_plugin *plugin;
    void *self;
    uint64_t options[64]; /* the plugin's option struct */
    int64_t now_ns;
    struct pawl_instrument instruments[FAKE_INSTRUMENTS_END];
    struct pawl_market_state market[FAKE_INSTRUMENTS_END];
    struct pawl_account_info accounts[FAKE_ACCOUNTS_END];
    struct pawl_money equity;
    struct pawl_price atr[FAKE_INSTRUMENTS_END]; /* 0 = not known */
    bool kept[FAKE_INSTRUMENTS_END];
    int64_t session_end_ns; /* 0 = always open */
    struct fake_timer timers[FAKE_TIMERS_MAX];
    uint32_t timer_count;
    struct fake_trigger triggers[FAKE_TRIGGERS_MAX];
    uint32_t trigger_count;
    struct fake_lot lots[FAKE_LOTS_MAX]; /* by id; 0 is unused */
    uint32_t lot_count;
    struct fake_row rows[FAKE_ROWS_MAX];
    uint32_t row_count;
    union fake_event queue[FAKE_QUEUE_MAX];
    uint32_t queued, delivered, deliveries; /* deliveries since the start */
    uint32_t restart_at;
    int last_rc; /* of the plugin's last handler */
    int open_rc, exit_rc, enter_rc, target_rc; /* what the book answers; 0 = it obeys */
    int publish_rc, put_rc; /* what bus and records answer, */
    uint32_t publish_left;  /* the bus after it has taken so many more */
    uint32_t hold_stop, hold_targets; /* of lots opened with a profile; 0 = the plugin */
    char log[FAKE_LOG_MAX];
    uint32_t log_length;
};

/* options: "name=value,name=value" over the defaults of the plugin's own table. */
void fake_start(struct fake *fake, const struct pawl_plugin *plugin, const char *options,
                uint32_t restart_at);
void fake_stop(struct fake *fake);
void fake_restart(struct fake *fake);

void fake_quote(struct fake *fake, uint32_t instrument, const char *bid, const char *ask);
void fake_fire(struct fake *fake, uint32_t instrument);  /* levels the price is beyond */
void fake_advance(struct fake *fake, int64_t to_ns);     /* timers, each at its time */
/* Queue an event for the plugin; fake_send() lets the turn run to its end, too. */
void fake_queue(struct fake *fake, const void *event);
void fake_send(struct fake *fake, const void *event);

/* What a venue and the executor do; each is a turn. */
void fake_fill(struct fake *fake, uint64_t lot, const char *quantity, const char *price);
void fake_fill_add(struct fake *fake, uint64_t lot, const char *quantity, const char *price);
void fake_flatten(struct fake *fake, uint64_t lot); /* all that is open is out */
void fake_entry_spent(struct fake *fake, uint64_t lot, const char *reason);
void fake_exit_spent(struct fake *fake, uint64_t lot, const char *reason);
void fake_target_spent(struct fake *fake, uint64_t lot);
void fake_cancelled(struct fake *fake, uint64_t lot); /* its entry works no more at the venue */
void fake_operator_exit(struct fake *fake, uint64_t lot);
/* A lot of another component, open since before. */
uint64_t fake_stranger(struct fake *fake, uint32_t instrument, uint8_t side);

const struct pawl_rec_lot *fake_rec(const struct fake *fake, uint64_t lot);
const void *fake_row(const struct fake *fake, uint16_t type, uint64_t key); /* NULL = none */
void fake_clear_log(struct fake *fake);
int64_t e8(const char *text); /* "1.5" */

#endif
