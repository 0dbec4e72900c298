/* The world file, read back. */
#include "worldlines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX (UINT64_C(1) << 62) /* of orders, fills and faults */

struct reader {
    struct paper_world *world;
    const char *at, *end; /* of the line being read */
    uint64_t line;
    bool alone; /* the lines before these are not in the world */
    struct pawl_err *err;
};

static int bad(struct reader *reader, const char *what, const char *name) {
    return pawl_fail(reader->err, PAWL_E_DATA, "%s:%" PRIu64 ": %s%s%s", PAPER_WORLD_FILE,
                     reader->line, what, name[0] != '\0' ? " " : "", name);
}

static bool take(struct reader *reader, const char *expected) {
    size_t len = strlen(expected);
    if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, expected, len) != 0)
        return false;
    reader->at += len;
    return true;
}

/* A string, or the digits of a number, into `out`. */
static bool token(struct reader *reader, char *out, size_t size) {
    size_t len = 0;
    bool quoted = take(reader, "\"");
    for (; reader->at < reader->end; reader->at++) {
        char c = *reader->at;
        if (quoted ? c == '"' : c == ',' || c == '}') break;
        if (!quoted && c != '-' && (c < '0' || c > '9')) return false;
        if (quoted && c == '\\') {
            if (++reader->at == reader->end) return false;
            c = *reader->at;
        }
        if (len + 1 == size) return false;
        out[len++] = c;
    }
    out[len] = '\0';
    return quoted ? take(reader, "\"") : len > 0;
}

static bool unsigned_of(const char *text, uint64_t max, uint64_t *ret) {
    uint64_t value = 0;
    if (*text == '\0') return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') return false;
        if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
            return false;
    }
    *ret = value;
    return value <= max;
}

static bool signed_of(const char *text, int64_t *ret) {
    uint64_t magnitude;
    bool negative = *text == '-';
    if (!unsigned_of(text + negative, INT64_MAX, &magnitude)) return false;
    *ret = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

static bool set_enum(const struct paper_field *field, const char *text, void *at) {
    for (uint8_t i = 1; field->words[i] != NULL; i++)
        if (strcmp(field->words[i], text) == 0) {
            *(uint8_t *)at = i;
            return true;
        }
    return false;
}

static bool set_number(const struct paper_field *field, const char *text, void *at) {
    uint64_t u;
    int64_t i;
    switch (field->kind) {
    case F_U64: return unsigned_of(text, UINT64_MAX, at);
    case F_U32:
        if (!unsigned_of(text, UINT32_MAX, &u)) return false;
        *(uint32_t *)at = (uint32_t)u;
        return true;
    case F_U8:
        if (!unsigned_of(text, UINT8_MAX, &u)) return false;
        *(uint8_t *)at = (uint8_t)u;
        return true;
    case F_I64: return signed_of(text, at);
    default:
        if (!signed_of(text, &i) || i < INT32_MIN || i > INT32_MAX) return false;
        *(int32_t *)at = (int32_t)i;
        return true;
    }
}

static bool set_field(struct paper_world *world, const struct paper_field *field, const char *text,
                      void *at) {
    switch (field->kind) {
    case F_E8: return pawl_parse_e8(text, strlen(text), at) == PAWL_OK;
    case F_STR:
        if (strlen(text) >= field->size) return false;
        strcpy(at, text);
        return true;
    case F_ENUM: return set_enum(field, text, at);
    case F_ACCOUNT: return (*(uint32_t *)at = paper_account_named(world, text)) != 0;
    case F_SYMBOL: return (*(uint32_t *)at = paper_symbol_named(world, text)) != 0;
    default: return set_number(field, text, at);
    }
}

union row {
    struct paper_header header;
    struct paper_order order;
    struct paper_execution execution;
    struct paper_position position;
    struct paper_fault fault;
    struct paper_link link;
    struct paper_source source;
    struct paper_step step;
};

/* Could the venue have written it? Matching relies on these. */
static bool is_order(const struct paper_order *read) {
    bool ended = read->state == PAWL_ORDER_STATE_FILLED ||
                 read->state == PAWL_ORDER_STATE_CANCELLED ||
                 read->state == PAWL_ORDER_STATE_EXPIRED;
    if (!ended && !paper_order_works(read)) return false;
    if (read->number == 0 || read->number > NUMBER_MAX || read->id[0] == '\0') return false;
    if (read->symbol == 0 || read->account == 0 || read->side == 0 || read->position_side == 0 ||
        read->role == 0 || read->kind == 0)
        return false;
    bool trails = read->trail_e8 > 0 || read->trail_fraction_e8 > 0;
    if (trails != (read->kind == PAWL_KIND_TRAILING) || read->trail_e8 < 0 ||
        read->trail_fraction_e8 < 0 || read->trail_fraction_e8 >= PAWL_E8 ||
        read->trail_e8 > PAPER_PRICE_MAX || read->trail_from_e8 < 0 || read->best_e8 < 0 ||
        read->best_e8 > PAPER_PRICE_MAX)
        return false;
    return read->filled_e8 >= 0 && read->filled_e8 <= read->quantity_e8 &&
           (ended || read->dormant || read->filled_e8 < read->quantity_e8) && read->price_e8 >= 0 &&
           read->stop_e8 >= 0 && read->price_e8 <= PAPER_PRICE_MAX &&
           read->stop_e8 <= PAPER_PRICE_MAX;
}

static int apply_order(struct reader *reader, const struct paper_order *read) {
    struct paper_world *world = reader->world;
    if (!is_order(read)) return bad(reader, "not an order the venue could have", "");
    struct paper_order *order = paper_order_numbered(world, read->number);
    bool known = order != NULL;
    if (!known) order = paper_order_new(world, read->number, read->id);
    if (order == NULL) return pawl_fail(reader->err, PAWL_E_NOMEM, "out of memory");
    if (known && (order->symbol != read->symbol || order->account != read->account ||
                  strcmp(order->id, read->id) != 0 || !paper_order_works(order)))
        return bad(reader, "an order changes what it is, or after its end", "");
    struct paper_order next = *read;
    next.id_next = order->id_next;
    next.number_next = order->number_next;
    next.ended_next = order->ended_next;
    next.listed = order->listed;
    next.attempt = world->attempt;
    *order = next;
    world->symbols[order->symbol]->known = true;
    if (paper_order_place(world, order) != PAWL_OK)
        return pawl_fail(reader->err, PAWL_E_NOMEM, "out of memory");
    return PAWL_OK;
}

static int apply_change(struct reader *reader, const struct paper_order *read) {
    struct paper_order *order = paper_order_numbered(reader->world, read->number);
    if (order == NULL && reader->alone) return PAWL_OK;
    if (order == NULL) return bad(reader, "a change of an order that is not there", "");
    struct paper_order next = *order;
    next.state = read->state;
    next.quantity_e8 = read->quantity_e8;
    next.filled_e8 = read->filled_e8;
    next.price_e8 = read->price_e8;
    next.stop_e8 = read->stop_e8;
    next.best_e8 = read->best_e8;
    next.dormant = read->dormant;
    next.triggered = read->triggered;
    next.taker = read->taker;
    next.arrived_ns = read->arrived_ns;
    return apply_order(reader, &next);
}

static int apply_execution(struct reader *reader, const struct paper_execution *read) {
    struct paper_world *world = reader->world;
    if (read->symbol == 0 || read->account == 0 || read->side == 0 || read->quantity_e8 <= 0 ||
        read->price_e8 <= 0 || read->number > NUMBER_MAX || read->ticket > NUMBER_MAX)
        return bad(reader, "not a fill the venue could have", "");
    struct paper_execution *execution = paper_execution_new(world);
    if (execution == NULL) return pawl_fail(reader->err, PAWL_E_NOMEM, "out of memory");
    *execution = *read;
    if (world->execution_count == 1 && read->number > 1) world->executions_forgotten = true;
    if (read->number > world->last_execution) world->last_execution = read->number;
    if (read->ticket > world->last_order) world->last_order = read->ticket;
    return PAWL_OK;
}

static int apply_position(struct reader *reader, const struct paper_position *read) {
    struct paper_world *world = reader->world;
    if (read->symbol == 0 || read->account == 0 || read->side == 0 || read->quantity_e8 < 0 ||
        read->price_e8 < 0 || read->ticket > NUMBER_MAX)
        return bad(reader, "not a position the venue could have", "");
    struct paper_position *position =
        paper_position_find(world, read->account, read->symbol, read->side, read->ticket);
    if (position == NULL && read->quantity_e8 == 0) return PAWL_OK;
    if (position == NULL) position = paper_position_new(world);
    if (position == NULL) return pawl_fail(reader->err, PAWL_E_NOMEM, "out of memory");
    *position = *read;
    if (position->quantity_e8 == 0) paper_position_drop(world, position);
    return PAWL_OK;
}

static int apply_fault(struct reader *reader, const struct paper_fault *read) {
    struct paper_world *world = reader->world;
    uint32_t at = 0;
    while (at < world->fault_count && world->faults[at].number != read->number) at++;
    if (read->number == 0 || read->number > NUMBER_MAX || read->what == 0 || read->delay_ns < 0 ||
        read->delay_ns > PAPER_DELAY_MAX_NS)
        return bad(reader, "not a fault the venue could have", "");
    if (read->number > world->last_fault) world->last_fault = read->number;
    if (read->left == 0) {
        if (at == world->fault_count) return PAWL_OK;
        world->fault_count--;
        memmove(world->faults + at, world->faults + at + 1,
                (world->fault_count - at) * sizeof *world->faults);
        return PAWL_OK;
    }
    if (at == PAPER_FAULTS_MAX) return bad(reader, "too many faults", "");
    if (at == world->fault_count) world->fault_count++;
    world->faults[at] = *read;
    return PAWL_OK;
}

static int apply_header(struct reader *reader, const struct paper_header *read) {
    struct paper_world *world = reader->world;
    if (read->last_order > NUMBER_MAX || read->last_execution > NUMBER_MAX ||
        read->last_fault > NUMBER_MAX)
        return bad(reader, "not the beginning of a world", "");
    world->created_ns = read->created_ns;
    world->last_order = read->last_order;
    world->last_execution = read->last_execution;
    world->last_fault = read->last_fault;
    world->executions_forgotten = read->forgotten != 0;
    world->compactions = read->compactions;
    return PAWL_OK;
}

static int apply(struct reader *reader, enum paper_line_id id, const union row *row) {
    struct paper_world *world = reader->world;
    if ((reader->line == 1) != (id == L_WORLD)) return bad(reader, "not how a world begins", "");
    switch (id) {
    case L_WORLD:
        if (row->header.version == 0 || row->header.version > PAPER_WORLD_VERSION)
            return bad(reader, "another version of the format", "");
        if (row->header.personality != world->personality)
            return bad(reader, PAPER_OTHER_PERSONALITY, "");
        return apply_header(reader, &row->header);
    case L_ORDER: return apply_order(reader, &row->order);
    case L_CHANGE: return apply_change(reader, &row->order);
    case L_FILL: return apply_execution(reader, &row->execution);
    case L_POSITION: return apply_position(reader, &row->position);
    case L_FAULT: return apply_fault(reader, &row->fault);
    case L_LINK:
        world->link_down = row->link.down;
        world->link_until_ns = row->link.until_ns;
        return PAWL_OK;
    case L_SOURCE:
        if (row->source.symbol == 0) return bad(reader, "source without a symbol", "");
        world->symbols[row->source.symbol]->quoted = row->source.quoted != 0;
        world->symbols[row->source.symbol]->known = true;
        return PAWL_OK;
    default: world->prng = row->step.prng; return PAWL_OK;
    }
}

static int read_field(struct reader *reader, const struct paper_field *fields, union row *row,
                      uint64_t *ret_row) {
    char name[32], value[256];
    int64_t time_ns;
    if (!token(reader, name, sizeof name) || !take(reader, ":") ||
        !token(reader, value, sizeof value))
        return bad(reader, "malformed near", name);
    if (strcmp(name, "t") == 0)
        return signed_of(value, &time_ns) ? PAWL_OK : bad(reader, "bad value of", name);
    if (strcmp(name, "row") == 0)
        return unsigned_of(value, UINT64_MAX, ret_row) ? PAWL_OK
                                                       : bad(reader, "bad value of", name);
    for (; fields->name != NULL; fields++)
        if (strcmp(fields->name, name) == 0)
            return set_field(reader->world, fields, value, (char *)row + fields->offset)
                       ? PAWL_OK
                       : bad(reader, "bad value of", name);
    return bad(reader, "unknown field", name);
}

static int read_line(struct reader *reader, const char *line, const char *end) {
    char name[16] = "";
    reader->at = line;
    reader->end = end;
    reader->line++;
    if (!take(reader, "{\"k\":") || !token(reader, name, sizeof name))
        return bad(reader, "not a line of a world file", "");
    int id = 0;
    while (id < L_COUNT && strcmp(paper_line_kinds[id].name, name) != 0) id++;
    if (id == L_COUNT) return bad(reader, "unknown kind", name);
    union row row;
    memset(&row, 0, sizeof row);
    while (take(reader, ",")) {
        int rc = read_field(reader, paper_line_kinds[id].fields, &row, &reader->world->row);
        if (rc != PAWL_OK) return rc;
    }
    if (!take(reader, "}") || reader->at != end) return bad(reader, "malformed", "");
    return apply(reader, (enum paper_line_id)id, &row);
}

/* Those that end within `bytes`. */
static int read_lines(struct reader *reader, const char *bytes, size_t len) {
    const char *end;
    int rc = PAWL_OK;
    for (size_t at = 0;
         rc == PAWL_OK && (end = memchr(bytes + at, '\n', len - at)) != NULL;
         at = (size_t)(end - bytes) + 1)
        rc = read_line(reader, bytes + at, end);
    return rc;
}

/* The whole file in one heap block; nothing in it = there is no file. */
static int slurp(struct pawl_ctx *ctx, const struct pawl_files *files, struct paper_text *ret,
                 struct pawl_err *err) {
    int64_t size = files->length(ctx, PAPER_WORLD_FILE, err), got = 0;
    if (size == PAWL_E_NOTFOUND) return PAWL_OK;
    if (size < 0) return (int)size;
    if (size == 0)
        return pawl_fail(err, PAWL_E_DATA, "%s: is empty, which no world is; bring it back, or "
                         "move it away to begin a new one", PAPER_WORLD_FILE);
    if ((uint64_t)size > PAPER_WORLD_BYTES_MAX)
        return pawl_fail(err, PAWL_E_BUSY, "%s: too large to be read back; move it away",
                         PAPER_WORLD_FILE);
    ret->capacity = (size_t)size;
    ret->bytes = malloc(ret->capacity);
    if (ret->bytes == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    do {
        got = files->read(ctx, PAPER_WORLD_FILE, ret->len, ret->bytes + ret->len,
                          ret->capacity - ret->len, err);
        if (got > 0) ret->len += (size_t)got;
    } while (got > 0 && ret->len < ret->capacity);
    return got < 0 ? (int)got : PAWL_OK;
}

static bool is_step(const char *line, const char *end) {
    static const char step[] = "{\"k\":\"step\",";
    return (size_t)(end - line) > sizeof step && memcmp(line, step, sizeof step - 1) == 0;
}

/* Bytes up to the end of the last finished step, and the lines behind it. */
static size_t finished(const struct paper_text *file, uint64_t *ret_lines_behind) {
    size_t done = 0, at = 0;
    *ret_lines_behind = 0;
    while (at < file->len) {
        const char *line = file->bytes + at;
        const char *end = memchr(line, '\n', file->len - at);
        ++*ret_lines_behind;
        if (end == NULL) break;
        at = (size_t)(end - file->bytes) + 1;
        if (!is_step(line, end)) continue;
        done = at;
        *ret_lines_behind = 0;
    }
    return done;
}

/* Bytes of what the file began with. */
static size_t first_step(const struct paper_text *file, size_t done) {
    for (size_t at = 0; at < done;) {
        const char *line = file->bytes + at, *end = memchr(line, '\n', done - at);
        at = (size_t)(end - file->bytes) + 1;
        if (is_step(line, end)) return at;
    }
    return 0;
}

/* Lines of an unfinished step are dropped, but not before they were seen to be well formed: only
 * the very last may be torn, and only by its missing end. */
static int check_rest(const struct reader *kept, const struct paper_text *file, size_t done,
                      struct pawl_err *err) {
    struct reader reader = {.line = kept->line, .alone = true, .err = err};
    if (paper_world_new(&reader.world) != PAWL_OK)
        return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    reader.world->personality = kept->world->personality;
    int rc = read_lines(&reader, file->bytes + done, file->len - done);
    if (rc == PAWL_OK && done == 0)
        rc = pawl_fail(err, PAWL_E_DATA, "%s: ends inside what it began with: not all of it "
                       "reached the disk", PAPER_WORLD_FILE);
    paper_world_free(reader.world);
    return rc;
}

int paper_world_load(struct paper_world *world, struct pawl_ctx *ctx,
                     const struct pawl_files *files, uint64_t *ret_dropped, struct pawl_err *err) {
    struct paper_text file = {0};
    struct reader reader = {.world = world, .err = err};
    *ret_dropped = 0;
    int rc = slurp(ctx, files, &file, err);
    if (rc != PAWL_OK || file.len == 0) {
        free(file.bytes);
        return rc;
    }
    size_t done = finished(&file, ret_dropped);
    rc = read_lines(&reader, file.bytes, done);
    if (world->compactions > 0) world->snapshot_bytes = first_step(&file, done);
    world->restored_row = world->row;
    world->file_bytes = done;
    if (rc == PAWL_OK && done < file.len) {
        rc = check_rest(&reader, &file, done, err);
        if (rc == PAWL_OK) rc = files->truncate(ctx, PAPER_WORLD_FILE, done, err);
    }
    free(file.bytes);
    return rc;
}
