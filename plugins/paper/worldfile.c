/* The lines of the world file, and writing them. */
#include "worldlines.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS(...) (const char *const[]){"", __VA_ARGS__, NULL}
#define FIELD(type, kind_, member, name_, ...)                                                     \
    {.name = name_, .key = ",\"" name_ "\":", .key_len = sizeof name_ + 3, .kind = kind_,          \
     .offset = (uint16_t)offsetof(struct type, member),                                            \
     .size = (uint16_t)sizeof(((struct type *)0)->member), ##__VA_ARGS__}

#define SIDES WORDS("BUY", "SELL")
#define POSITION_SIDES WORDS("LONG", "SHORT")
#define STATES                                                                                     \
    WORDS("intent", "submitted", "accepted", "partially_filled", "filled", "cancelled",            \
          "rejected", "expired", "unknown")
#define ROLES WORDS("main", "stop", "target", "scale", "doubledown", "exit")

static const struct paper_field header_fields[] = {
    FIELD(paper_header, F_U64, version, "version", .always = true),
    FIELD(paper_header, F_I64, created_ns, "created", .always = true),
    FIELD(paper_header, F_ENUM, personality, "personality",
          .words = WORDS("ideal", "binance_oneway", "mt5_hedging")),
    FIELD(paper_header, F_U64, compactions, "compacted"),
    FIELD(paper_header, F_U64, stands_for, "stands_for"),
    FIELD(paper_header, F_U64, last_order, "orders"),
    FIELD(paper_header, F_U64, last_execution, "fills"),
    FIELD(paper_header, F_U64, last_fault, "faults"),
    FIELD(paper_header, F_U8, forgotten, "forgotten"),
    {0}};

static const struct paper_field order_fields[] = {
    FIELD(paper_order, F_U64, number, "n"),
    FIELD(paper_order, F_STR, id, "id"),
    FIELD(paper_order, F_ACCOUNT, account, "account"),
    FIELD(paper_order, F_SYMBOL, symbol, "symbol"),
    FIELD(paper_order, F_ENUM, state, "state", .words = STATES),
    FIELD(paper_order, F_ENUM, side, "side", .words = SIDES),
    FIELD(paper_order, F_ENUM, position_side, "position_side", .words = POSITION_SIDES),
    FIELD(paper_order, F_ENUM, role, "role", .words = ROLES),
    FIELD(paper_order, F_ENUM, kind, "kind",
          .words = WORDS("market", "limit", "stop", "stop_limit", "trailing")),
    FIELD(paper_order, F_ENUM, tif, "tif", .words = WORDS("gtc", "ioc", "fok", "day")),
    FIELD(paper_order, F_ENUM, trigger, "trigger",
          .words = WORDS("exit_side", "last", "mark", "entry_side")),
    FIELD(paper_order, F_U8, reduce, "reduce"),
    FIELD(paper_order, F_E8, quantity_e8, "quantity", .always = true),
    FIELD(paper_order, F_E8, filled_e8, "filled", .always = true),
    FIELD(paper_order, F_E8, price_e8, "price"),
    FIELD(paper_order, F_E8, stop_e8, "stop_price"),
    FIELD(paper_order, F_E8, trail_e8, "trail"),
    FIELD(paper_order, F_E8, trail_fraction_e8, "trail_fraction"),
    FIELD(paper_order, F_E8, trail_from_e8, "trail_from"),
    FIELD(paper_order, F_E8, best_e8, "best"),
    FIELD(paper_order, F_U64, group, "group"),
    FIELD(paper_order, F_U64, ticket, "ticket"),
    FIELD(paper_order, F_U64, parent, "parent"),
    FIELD(paper_order, F_U8, dormant, "dormant"),
    FIELD(paper_order, F_U8, triggered, "triggered"),
    FIELD(paper_order, F_U8, taker, "taker"),
    FIELD(paper_order, F_I64, expires_ns, "expires"),
    FIELD(paper_order, F_I64, arrived_ns, "arrived"),
    {0}};

/* What may change of it. Those that may become 0 again are written as such, so that a reader need
 * only put the fields over those that it knows. */
static const struct paper_field change_fields[] = {
    FIELD(paper_order, F_U64, number, "n"),
    FIELD(paper_order, F_ENUM, state, "state", .words = STATES),
    FIELD(paper_order, F_E8, quantity_e8, "quantity", .always = true),
    FIELD(paper_order, F_E8, filled_e8, "filled", .always = true),
    FIELD(paper_order, F_E8, price_e8, "price"),
    FIELD(paper_order, F_E8, stop_e8, "stop_price"),
    FIELD(paper_order, F_E8, best_e8, "best"),
    FIELD(paper_order, F_U8, dormant, "dormant", .always = true),
    FIELD(paper_order, F_U8, triggered, "triggered"),
    FIELD(paper_order, F_U8, taker, "taker", .always = true),
    FIELD(paper_order, F_I64, arrived_ns, "arrived"),
    {0}};

static const struct paper_field execution_fields[] = {
    FIELD(paper_execution, F_U64, number, "n"),
    FIELD(paper_execution, F_U64, order, "order"),
    FIELD(paper_execution, F_STR, id, "id"),
    FIELD(paper_execution, F_ACCOUNT, account, "account"),
    FIELD(paper_execution, F_SYMBOL, symbol, "symbol"),
    FIELD(paper_execution, F_ENUM, side, "side", .words = SIDES),
    FIELD(paper_execution, F_E8, quantity_e8, "quantity", .always = true),
    FIELD(paper_execution, F_E8, price_e8, "price", .always = true),
    FIELD(paper_execution, F_E8, fee_e8, "fee"),
    FIELD(paper_execution, F_U64, ticket, "ticket"),
    FIELD(paper_execution, F_I64, recorded_ns, "recorded"),
    FIELD(paper_execution, F_I64, venue_ns, "venue_time"),
    {0}};

static const struct paper_field position_fields[] = {
    FIELD(paper_position, F_ACCOUNT, account, "account"),
    FIELD(paper_position, F_SYMBOL, symbol, "symbol"),
    FIELD(paper_position, F_ENUM, side, "side", .words = POSITION_SIDES),
    FIELD(paper_position, F_U64, ticket, "ticket"),
    FIELD(paper_position, F_E8, quantity_e8, "quantity", .always = true),
    FIELD(paper_position, F_E8, price_e8, "price", .always = true),
    {0}};

static const struct paper_field fault_fields[] = {
    FIELD(paper_fault, F_U64, number, "n"),
    FIELD(paper_fault, F_ENUM, what, "what",
          .words = WORDS("reject", "drop_reply", "drop_request", "duplicate_fill", "late_fill",
                         "partial", "disconnect", "reconnect", "position_change", "delay", "expire",
                         "venue_cancel", "overtaken")),
    FIELD(paper_fault, F_U32, left, "left", .always = true),
    FIELD(paper_fault, F_ENUM, role, "role", .words = ROLES),
    FIELD(paper_fault, F_ENUM, op, "op", .words = WORDS("none", "submit", "amend", "cancel")),
    FIELD(paper_fault, F_ENUM, class_, "class",
          .words = WORDS("retryable", "conflict", "state", "fatal", "unknown")),
    FIELD(paper_fault, F_I32, code, "code"),
    FIELD(paper_fault, F_SYMBOL, symbol, "symbol"),
    FIELD(paper_fault, F_U64, lot, "lot"),
    FIELD(paper_fault, F_I64, delay_ns, "delay"),
    FIELD(paper_fault, F_E8, quantity_e8, "quantity"),
    {0}};

static const struct paper_field link_fields[] = {
    FIELD(paper_link, F_U8, down, "down", .always = true),
    FIELD(paper_link, F_I64, until_ns, "until"),
    {0}};

static const struct paper_field source_fields[] = {
    FIELD(paper_source, F_SYMBOL, symbol, "symbol"),
    FIELD(paper_source, F_U8, quoted, "quoted", .always = true),
    {0}};

static const struct paper_field step_fields[] = {
    FIELD(paper_step, F_U64, prng, "prng", .always = true),
    {0}};

const struct paper_line_kind paper_line_kinds[L_COUNT] = {
    {"world", header_fields},      {"order", order_fields},       {"change", change_fields},
    {"fill", execution_fields},    {"position", position_fields}, {"fault", fault_fields},
    {"link", link_fields},         {"source", source_fields},     {"step", step_fields}};

void paper_ticket_text(uint64_t ticket, char out[PAPER_VENUE_ID_SIZE]) {
    out[0] = '\0';
    if (ticket != 0) snprintf(out, PAPER_VENUE_ID_SIZE, "T%" PRIu64, ticket);
}

uint64_t paper_ticket_number(const char *text) {
    if (text[0] != 'T' || text[1] < '0' || text[1] > '9') return 0;
    char *end;
    uint64_t number = strtoull(text + 1, &end, 10);
    return *end == '\0' ? number : 0;
}

/* ---- writing ---- */

/* Room for a whole line, so that its parts are written without a look; NULL = no memory. */
static char *line_room(struct paper_text *text) {
    if (text->capacity - text->len >= PAPER_LINE_MAX) return text->bytes + text->len;
    size_t capacity = text->capacity == 0 ? 2 * PAPER_LINE_MAX : text->capacity * 2;
    char *grown = capacity > PAPER_JOURNAL_BYTES_MAX ? NULL : realloc(text->bytes, capacity);
    if (grown == NULL) {
        text->lost = true;
        return NULL;
    }
    text->bytes = grown;
    text->capacity = capacity;
    return text->bytes + text->len;
}

static char *add(char *at, const char *bytes, size_t len) {
    memcpy(at, bytes, len);
    return at + len;
}
#define ADD(at, literal) add(at, literal, sizeof literal - 1)

/* A JSON string; what is no plain ASCII becomes '?', since these are ids and configured names. */
static char *add_string(char *at, const char *s, size_t max) {
    *at++ = '"';
    for (size_t i = 0; i < max && s[i] != '\0'; i++) {
        if (s[i] == '"' || s[i] == '\\') *at++ = '\\';
        *at++ = s[i] < ' ' || s[i] > '~' ? '?' : s[i];
    }
    *at++ = '"';
    return at;
}

static char *add_number(char *at, uint64_t value) {
    char digits[24];
    size_t from = sizeof digits;
    do digits[--from] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    return add(at, digits + from, sizeof digits - from);
}

static char *add_signed(char *at, int64_t value) {
    if (value < 0) *at++ = '-';
    return add_number(at, value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value);
}

static char *add_e8(char *at, int64_t value) {
    *at++ = '"';
    at += pawl_format_e8(value, at);
    *at++ = '"';
    return at;
}

static bool is_zero(const struct paper_field *field, const void *at) {
    switch (field->kind) {
    case F_U64:
    case F_I64:
    case F_E8: return *(const uint64_t *)at == 0;
    case F_U32:
    case F_I32:
    case F_ACCOUNT:
    case F_SYMBOL: return *(const uint32_t *)at == 0;
    default: return *(const uint8_t *)at == 0;
    }
}

static char *add_value(char *to, const struct paper_world *world, const struct paper_field *field,
                       const void *at) {
    switch (field->kind) {
    case F_U64: return add_number(to, *(const uint64_t *)at);
    case F_U32: return add_number(to, *(const uint32_t *)at);
    case F_U8: return add_number(to, *(const uint8_t *)at);
    case F_I64: return add_signed(to, *(const int64_t *)at);
    case F_I32: return add_signed(to, *(const int32_t *)at);
    case F_E8: return add_e8(to, *(const int64_t *)at);
    case F_STR: return add_string(to, at, field->size);
    case F_ENUM: return add_string(to, field->words[*(const uint8_t *)at], 64);
    case F_ACCOUNT:
        return add_string(to, world->accounts[*(const uint32_t *)at].name, PAWL_NAME_MAX);
    default:
        return add_string(to, world->symbols[*(const uint32_t *)at]->name, PAWL_SYMBOL_MAX);
    }
}

void paper_line(const struct paper_world *world, struct paper_text *text, enum paper_line_id id,
                const void *what, struct paper_when when) {
    const struct paper_line_kind *kind = &paper_line_kinds[id];
    char *at = line_room(text);
    if (at == NULL) return;
    text->closed = id == L_STEP;
    at = ADD(at, "{\"k\":\"");
    at = add(at, kind->name, strlen(kind->name));
    at = add_number(ADD(at, "\",\"row\":"), when.row);
    at = add_signed(ADD(at, ",\"t\":"), when.now_ns);
    for (const struct paper_field *field = kind->fields; field->name != NULL; field++) {
        const void *value = (const char *)what + field->offset;
        if (!field->always && is_zero(field, value)) continue;
        at = add_value(add(at, field->key, field->key_len), world, field, value);
    }
    at = ADD(at, "}\n");
    text->len = (size_t)(at - text->bytes);
    assert(text->len <= text->capacity);
}

static void put(struct paper_world *world, enum paper_line_id id, const void *row, int64_t now_ns) {
    paper_line(world, &world->journal, id, row, (struct paper_when){world->row, now_ns});
}

/* The first line of a world says whose it is; it is made when there is something to write. */
static void put_change(struct paper_world *world, enum paper_line_id id, const void *row,
                       int64_t now_ns) {
    if (world->created_ns == 0) {
        struct paper_header header = {.created_ns = now_ns > 0 ? now_ns : 1,
                                      .version = PAPER_WORLD_VERSION,
                                      .personality = (uint8_t)world->personality};
        world->created_ns = header.created_ns;
        put(world, L_WORLD, &header, now_ns);
    }
    put(world, id, row, now_ns);
}

void paper_put_source(struct paper_world *world, uint32_t slot, int64_t now_ns) {
    struct paper_source source = {.symbol = slot, .quoted = world->symbols[slot]->quoted};
    put_change(world, L_SOURCE, &source, now_ns);
}
void paper_put_order(struct paper_world *world, struct paper_order *order, int64_t now_ns) {
    struct paper_symbol *symbol = world->symbols[order->symbol];
    if (!symbol->known && symbol->quoted) paper_put_source(world, order->symbol, now_ns);
    symbol->known = true;
    /* One that has not had its turn in a file that is being written anew is not in it but here. */
    bool whole = order->attempt == 0 || (world->walk != NULL && order->attempt != world->attempt);
    order->attempt = world->attempt;
    put_change(world, whole ? L_ORDER : L_CHANGE, order, now_ns);
}
void paper_put_execution(struct paper_world *world, const struct paper_execution *execution,
                         int64_t now_ns) {
    put_change(world, L_FILL, execution, now_ns);
}
void paper_put_position(struct paper_world *world, const struct paper_position *position,
                        int64_t now_ns) {
    put_change(world, L_POSITION, position, now_ns);
}
void paper_put_fault(struct paper_world *world, const struct paper_fault *fault, int64_t now_ns) {
    put_change(world, L_FAULT, fault, now_ns);
}
void paper_put_link(struct paper_world *world, int64_t now_ns) {
    struct paper_link link = {.until_ns = world->link_until_ns, .down = world->link_down};
    put_change(world, L_LINK, &link, now_ns);
}
void paper_put_step(struct paper_world *world, int64_t now_ns) {
    struct paper_step step = {.prng = world->prng};
    world->prng_written = world->prng;
    put_change(world, L_STEP, &step, now_ns);
}

int paper_world_save(struct paper_world *world, struct pawl_ctx *ctx,
                     const struct pawl_files *files, struct pawl_err *err) {
    struct paper_text *text = &world->journal;
    if (text->lost)
        return pawl_fail(err, PAWL_E_NOMEM,
                         "%s: more than %u bytes wait to be written, the rest "
                         "is lost",
                         PAPER_WORLD_FILE, PAPER_JOURNAL_BYTES_MAX);
    if (text->len == 0) return PAWL_OK;
    /* The first step is there whole or not at all: a file without one is refused. */
    int rc = (world->file_bytes == 0 ? files->replace : files->append)(
        ctx, PAPER_WORLD_FILE, text->bytes, text->len, err);
    if (rc < 0) return rc;
    world->file_bytes += text->len;
    text->len = 0;
    return PAWL_OK;
}
