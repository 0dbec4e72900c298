/* put.h - members of a JSON object, in the manner of the trace: amounts are decimal strings, empty
 * things are left out. Private to host/control. */
#ifndef CONTROL_PUT_H
#define CONTROL_PUT_H

#include <string.h>

#include "events/jsonout.h"
#include "events/reflect.h"
#include "run/host.h"

static inline void put_text(struct jsonout *out, const char *key, const char *text) {
    if (text == NULL || text[0] == '\0') return;
    jsonout_key(out, key);
    jsonout_text(out, text, strlen(text));
}
static inline void put_u64(struct jsonout *out, const char *key, uint64_t value) {
    jsonout_key(out, key);
    jsonout_u64(out, value);
}
static inline void put_bool(struct jsonout *out, const char *key, bool value) {
    jsonout_key(out, key);
    jsonout_bool(out, value);
}
static inline void put_e8(struct jsonout *out, const char *key, int64_t e8) {
    jsonout_key(out, key);
    if (e8 == PAWL_QTY_ALL)
        jsonout_text(out, "ALL", 3);
    else
        jsonout_e8(out, e8);
}
static inline void put_price(struct jsonout *out, const char *key, struct pawl_price price) {
    if (price.e8 != 0) put_e8(out, key, price.e8);
}
static inline void put_time(struct jsonout *out, const char *key, int64_t time_ns) {
    if (time_ns == 0) return;
    jsonout_key(out, key);
    jsonout_time(out, time_ns);
}
/* Seconds to the millisecond. */
static inline void put_seconds(struct jsonout *out, const char *key, int64_t ns) {
    put_e8(out, key, ns / PAWL_MS * (PAWL_E8 / 1000));
}
static inline void put_enum(struct jsonout *out, const char *key, uint16_t enum_id, uint8_t value) {
    put_text(out, key, reflect_enum_text(enum_id, value));
}
static inline void put_name(struct jsonout *out, const char *key, const struct host *host,
                            enum name_space space, uint32_t id) {
    if (id != 0) put_text(out, key, names_text(host->names, space, id));
}

void put_rules(struct jsonout *out, const struct host *host); /* rules.c */
/* lots.c: rows of several answers. */
void put_lot(struct jsonout *out, const struct host *host, const struct lot *lot);
void put_order(struct jsonout *out, const struct host *host, const struct order *order);
/* At most `limit` open lots (live orders) after this id; false = there are more. */
bool put_lots(struct jsonout *out, const struct host *host, uint64_t after, uint64_t limit);
bool put_orders(struct jsonout *out, const struct host *host, uint64_t after, uint64_t limit);
/* What it would bring if it were closed now, at the exit side; false = no price, or out of range */
bool lot_open_profit(const struct host *host, const struct lot *lot, struct pawl_price *ret_price,
                     struct pawl_money *ret_profit);

#endif
