/* The venue's file, read line by line by a reader of its own. Only whole steps count. Positions are
 * summed up here from the fills; what the file says of them is compared, not believed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define FILE_PATH "/d/paper.world.jsonl"
#define FIELDS_MAX 32u
#define GROW 64u

struct line {
    uint32_t count;
    char name[FIELDS_MAX][16], value[FIELDS_MAX][64];
};

void sim_venue_init(struct venue *venue, struct disk *disk, const struct sim_plan *plan) {
    *venue = (struct venue){.disk = disk, .plan = plan};
}

void sim_venue_done(struct venue *venue) {
    free(venue->buffer);
    free(venue->orders);
    free(venue->fills);
    free(venue->positions);
}

/* ---- our client ids: p host(3) boot(4) lot(7) role(1) step(4) check(1), base 32 ---- */

bool sim_id_parse(const char *id, uint64_t *ret_lot, uint8_t *ret_role) {
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    uint32_t value[21], sum = 0;
    if (strlen(id) != 21 || id[0] != 'p') return false;
    for (uint32_t i = 0; i < 21; i++) {
        const char *at = strchr(digits, id[i]);
        if (at == NULL) return false;
        value[i] = (uint32_t)(at - digits);
        if (i < 20) sum += (2 * i + 1) * value[i];
    }
    if (sum % 32 != value[20]) return false;
    *ret_lot = 0;
    for (uint32_t i = 8; i < 15; i++) *ret_lot = *ret_lot << 5 | value[i];
    *ret_role = (uint8_t)value[15];
    return true;
}

/* ---- one line ---- */

static const char *copy_token(const char *at, const char *end, char *out, size_t size) {
    size_t length = 0;
    bool quoted = at < end && *at == '"';
    for (at += quoted; at < end && (quoted ? *at != '"' : *at != ',' && *at != '}'); at++) {
        if (*at == '\\') at++;
        if (length + 1 >= size || at >= end) return NULL;
        out[length++] = *at;
    }
    out[length] = '\0';
    return quoted ? at + 1 : at;
}

static bool split(const char *at, const char *end, struct line *line) {
    line->count = 0;
    if (at >= end || *at++ != '{') return false;
    while (at < end && *at != '}') {
        if (line->count == FIELDS_MAX) return false;
        at = copy_token(at, end, line->name[line->count], sizeof line->name[0]);
        if (at == NULL || at >= end || *at++ != ':') return false;
        at = copy_token(at, end, line->value[line->count++], sizeof line->value[0]);
        if (at == NULL) return false;
        if (at < end && *at == ',') at++;
    }
    return at + 1 == end;
}

static const char *get(const struct line *line, const char *name) {
    for (uint32_t i = 0; i < line->count; i++)
        if (strcmp(line->name[i], name) == 0) return line->value[i];
    return "";
}

static uint64_t number(const struct line *line, const char *name) {
    return strtoull(get(line, name), NULL, 10);
}

static int64_t amount(const struct line *line, const char *name) {
    const char *text = get(line, name);
    int64_t whole = strtoll(text, NULL, 10) * PAWL_E8, part = 0, scale = PAWL_E8;
    const char *point = strchr(text, '.');
    for (const char *at = point; at != NULL && at[1] != '\0' && scale > 1; at++)
        part += (at[1] - '0') * (scale /= 10);
    return text[0] == '-' ? whole - part : whole + part;
}

/* Place of the text in the list, from 1; 0 = it is not in it. */
static uint8_t word(const char *text, const char *const *list) {
    for (uint8_t i = 0; list[i] != NULL; i++)
        if (strcmp(text, list[i]) == 0) return (uint8_t)(i + 1);
    return 0;
}

static uint8_t symbol_of(const struct venue *venue, const struct line *line) {
    for (uint8_t i = 0; i < venue->plan->symbol_count; i++)
        if (strcmp(venue->plan->symbols[i].name, get(line, "symbol")) == 0) return (uint8_t)(i + 1);
    return 0;
}

static void *grow(void *list, size_t count, size_t wanted, size_t size) {
    size_t have = (count + GROW - 1) / GROW * GROW;
    if (wanted <= have) return list;
    size_t room = (wanted + GROW - 1) / GROW * GROW;
    char *bytes = realloc(list, room * size);
    if (bytes == NULL) abort();
    memset(bytes + have * size, 0, (room - have) * size);
    return bytes;
}

/* ---- kinds ---- */

static const char *const sides[] = {"BUY", "SELL", NULL};
static const char *const position_sides[] = {"LONG", "SHORT", NULL};
static const char *const roles[] = {"main", "stop", "target", "scale", "doubledown", "exit", NULL};
static const char *const kinds[] = {"market", "limit", "stop", "stop_limit", "trailing", NULL};

/* What may change of one that is known. */
static void parse_change(const struct line *line, struct venue_order *order) {
    const char *state = get(line, "state");
    order->works = strcmp(state, "accepted") == 0 || strcmp(state, "partially_filled") == 0;
    order->dormant = number(line, "dormant") != 0;
    order->quantity_e8 = amount(line, "quantity");
    order->filled_e8 = amount(line, "filled");
    order->price_e8 = amount(line, "price");
    order->stop_e8 = amount(line, "stop_price");
}

static bool parse_order(const struct venue *venue, const struct line *line,
                        struct venue_order *ret) {
    uint64_t n = number(line, "n");
    struct venue_order now = {.number = n, .symbol = symbol_of(venue, line)};
    if (n == 0 || n > 1000000 || now.symbol == 0) return false;
    strncpy(now.id, get(line, "id"), sizeof now.id - 1);
    now.ticket = number(line, "ticket");
    now.parent = number(line, "parent");
    now.side = word(get(line, "side"), sides);
    now.role = word(get(line, "role"), roles);
    now.kind = word(get(line, "kind"), kinds);
    now.reduce = number(line, "reduce") != 0;
    parse_change(line, &now);
    uint8_t role;
    now.ours = sim_id_parse(now.id, &now.lot, &role);
    *ret = now;
    return true;
}

static bool on_order(struct sim_run *run, const struct line *line) {
    struct venue *venue = &run->venue;
    struct venue_order now;
    if (!parse_order(venue, line, &now)) return false;
    now.lot = sim_heir(run, now.lot);
    uint64_t n = now.number;
    venue->orders = grow(venue->orders, venue->order_count, n + 1, sizeof *venue->orders);
    if (n >= venue->order_count) venue->order_count = n + 1;
    struct venue_order before = venue->orders[n];
    venue->orders[n] = now;
    sim_truth_order(run, &before, &now);
    return true;
}

static bool on_change(struct sim_run *run, const struct line *line) {
    struct venue *venue = &run->venue;
    uint64_t n = number(line, "n");
    if (n >= venue->order_count || venue->orders[n].number != n) return false;
    struct venue_order before = venue->orders[n];
    parse_change(line, &venue->orders[n]);
    sim_truth_order(run, &before, &venue->orders[n]);
    return true;
}

int64_t sim_position(const struct venue *venue, uint8_t symbol, uint8_t side) {
    int64_t sum = 0;
    for (size_t i = 0; i < venue->position_count; i++)
        if (venue->positions[i].symbol == symbol && venue->positions[i].side == side)
            sum += venue->positions[i].quantity_e8;
    return sum;
}

static struct venue_position *find(struct venue *venue, uint8_t symbol, uint8_t side,
                                   uint64_t ticket, bool make) {
    for (size_t i = 0; i < venue->position_count; i++) {
        struct venue_position *one = &venue->positions[i];
        if (one->symbol == symbol && one->side == side && one->ticket == ticket) return one;
    }
    if (!make) return NULL;
    venue->positions = grow(venue->positions, venue->position_count, venue->position_count + 1,
                            sizeof *venue->positions);
    struct venue_position *fresh = &venue->positions[venue->position_count++];
    *fresh = (struct venue_position){.symbol = symbol, .side = side, .ticket = ticket};
    return fresh;
}

/* A fill of an order that may only reduce comes off its side; any other adds to its own side, on a
 * netting account after the other side is used up. */
static void account_for(struct sim_run *run, const struct venue_fill *fill, bool reduce) {
    struct venue *venue = &run->venue;
    int64_t left = fill->quantity_e8;
    uint8_t opens = fill->side, closes = (uint8_t)(3 - fill->side); /* BUY opens LONG */
    bool by_ticket = venue->plan->venue == SIM_MT5;
    struct venue_position *other =
        find(venue, fill->symbol, closes, by_ticket ? fill->ticket : 0, false);
    if (other != NULL && (reduce || !venue->plan->hedging)) {
        int64_t part = other->quantity_e8 < left ? other->quantity_e8 : left;
        other->quantity_e8 -= part;
        left -= part;
    }
    if (left == 0) return;
    if (reduce) {
        sim_fail(run, "I4 never flipped",
                 "fill %" PRIu64 " of %s, which may only reduce, is larger than the position",
                 fill->number, fill->id);
        return;
    }
    find(venue, fill->symbol, opens, by_ticket ? fill->ticket : 0, true)->quantity_e8 += left;
}

static struct venue_fill parse_fill(const struct venue *venue, const struct line *line) {
    struct venue_fill fill = {.number = number(line, "n"), .order = number(line, "order"),
                              .ticket = number(line, "ticket"), .symbol = symbol_of(venue, line),
                              .side = word(get(line, "side"), sides),
                              .quantity_e8 = amount(line, "quantity"),
                              .price_e8 = amount(line, "price")};
    strncpy(fill.id, get(line, "id"), sizeof fill.id - 1);
    return fill;
}

static bool on_fill(struct sim_run *run, const struct line *line) {
    struct venue *venue = &run->venue;
    struct venue_fill fill = parse_fill(venue, line);
    if (fill.number != venue->fill_count + 1 || fill.symbol == 0 || fill.side == 0) return false;
    venue->fills = grow(venue->fills, venue->fill_count, venue->fill_count + 1, sizeof fill);
    venue->fills[venue->fill_count++] = fill;
    const struct venue_order *order =
        fill.order != 0 && fill.order < venue->order_count ? &venue->orders[fill.order] : NULL;
    sim_truth_fill(run, &fill, order);
    bool reduce = order != NULL && order->reduce;
    if (order == NULL) { /* somebody else's: takes off what is there */
        struct venue_position *other = find(venue, fill.symbol, (uint8_t)(3 - fill.side),
                                            fill.ticket, false);
        reduce = other != NULL && other->quantity_e8 >= fill.quantity_e8;
    }
    account_for(run, &fill, reduce);
    return true;
}

static bool on_position(struct sim_run *run, const struct line *line) {
    uint8_t symbol = symbol_of(&run->venue, line);
    uint8_t side = word(get(line, "side"), position_sides);
    if (symbol == 0 || side == 0) return false;
    find(&run->venue, symbol, side, number(line, "ticket"), true)->told_e8 =
        amount(line, "quantity");
    return true;
}

static bool on_line(struct sim_run *run, const char *at, const char *end) {
    struct line line;
    run->venue.lines++;
    if (!split(at, end, &line)) return false;
    const char *kind = get(&line, "k");
    if (strcmp(kind, "order") == 0) return on_order(run, &line);
    if (strcmp(kind, "change") == 0) return on_change(run, &line);
    if (strcmp(kind, "fill") == 0) return on_fill(run, &line);
    if (strcmp(kind, "position") == 0) return on_position(run, &line);
    if (strcmp(kind, "link") == 0) run->venue.link_down = number(&line, "down") != 0;
    if (strcmp(kind, "world") == 0)
        run->venue.created_s = (int64_t)number(&line, "created") / PAWL_NS;
    return true;
}

/* ---- a file written anew: read from its beginning it must say what is known already ---- */

static bool same_order(const struct venue_order *a, const struct venue_order *b) {
    return strcmp(a->id, b->id) == 0 && a->ticket == b->ticket && a->parent == b->parent &&
           a->symbol == b->symbol && a->side == b->side && a->role == b->role &&
           a->kind == b->kind && a->works == b->works && a->reduce == b->reduce &&
           a->dormant == b->dormant && a->quantity_e8 == b->quantity_e8 &&
           a->filled_e8 == b->filled_e8 && a->price_e8 == b->price_e8 && a->stop_e8 == b->stop_e8;
}

static bool same_fill(const struct venue_fill *a, const struct venue_fill *b) {
    return a->number == b->number && a->order == b->order && a->ticket == b->ticket &&
           a->symbol == b->symbol && a->side == b->side && a->quantity_e8 == b->quantity_e8 &&
           a->price_e8 == b->price_e8 && strcmp(a->id, b->id) == 0;
}

/* One line into `again`; false: it contradicts what is known. */
static bool line_again(const struct venue *known, struct venue *again, const struct line *line) {
    const char *kind = get(line, "k");
    if (strcmp(kind, "order") == 0) {
        struct venue_order told;
        if (!parse_order(known, line, &told) || told.number >= known->order_count) return false;
        again->orders = grow(again->orders, again->order_count, known->order_count, sizeof told);
        again->order_count = known->order_count;
        again->orders[told.number] = told;
    } else if (strcmp(kind, "change") == 0) {
        uint64_t n = number(line, "n");
        if (n >= again->order_count || again->orders[n].number != n) return false;
        parse_change(line, &again->orders[n]);
    } else if (strcmp(kind, "fill") == 0) {
        struct venue_fill told = parse_fill(known, line);
        again->fill_count++;
        return told.number > 0 && told.number <= known->fill_count &&
               same_fill(&told, &known->fills[told.number - 1]);
    } else if (strcmp(kind, "position") == 0) {
        find(again, symbol_of(known, line), word(get(line, "side"), position_sides),
             number(line, "ticket"), true)->told_e8 = amount(line, "quantity");
    } else if (strcmp(kind, "link") == 0) {
        again->link_down = number(line, "down") != 0;
    }
    return true;
}

static bool same_world(const struct venue *known, struct venue *again) {
    for (size_t n = 0; n < known->order_count; n++) {
        if (known->orders[n].number == 0) continue;
        if (n >= again->order_count || !same_order(&known->orders[n], &again->orders[n]))
            return false;
    }
    for (size_t i = 0; i < known->position_count; i++) {
        const struct venue_position *one = &known->positions[i];
        if (find(again, one->symbol, one->side, one->ticket, true)->told_e8 != one->told_e8)
            return false;
    }
    return again->position_count == known->position_count &&
           again->fill_count == known->fill_count && again->link_down == known->link_down;
}

/* ---- the file ---- */

/* Everything behind venue->offset. */
static size_t load(struct venue *venue, struct disk_file *file) {
    int64_t size = 0;
    size_t got = 0;
    if (disk_size(file, &size, NULL) != PAWL_OK || size <= venue->offset) return 0;
    size_t wanted = (size_t)(size - venue->offset);
    if (wanted > venue->buffer_size) {
        char *bytes = realloc(venue->buffer, wanted);
        if (bytes == NULL) abort();
        venue->buffer = bytes;
        venue->buffer_size = wanted;
    }
    if (disk_read(file, venue->offset, venue->buffer, wanted, &got, NULL) != PAWL_OK) return 0;
    return got;
}

static bool on_step(struct sim_run *run, const char *at, const char *end) {
    for (const char *line = at; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (stop == NULL) return false;
        sim_say(run, "venue %.*s", (int)(stop - line), line);
        if (!on_line(run, line, stop)) {
            sim_fail(run, "world file", "cannot be understood: %.*s", (int)(stop - line), line);
            return false;
        }
        line = stop + 1;
    }
    sim_truth_step(run);
    return true;
}

/* How often the file has been written anew, by its first line, and what that stands for. */
static uint64_t generation(struct disk_file *file, uint64_t *ret_stands_for) {
    char bytes[512];
    size_t size = 0;
    struct line line;
    *ret_stands_for = 0;
    if (disk_read(file, 0, bytes, sizeof bytes, &size, NULL) != PAWL_OK) return 0;
    const char *end = memchr(bytes, '\n', size);
    if (end == NULL || !split(bytes, end, &line)) return 0;
    *ret_stands_for = number(&line, "stands_for");
    return number(&line, "compacted");
}

/* Bytes up to the end of the first step. */
static size_t snapshot_of(const char *bytes, size_t size) {
    for (const char *at = bytes, *end; (end = memchr(at, '\n', size - (size_t)(at - bytes)));
         at = end + 1)
        if (strncmp(at, "{\"k\":\"step\"", 11) == 0) return (size_t)(end - bytes) + 1;
    return 0;
}

/* If it is another file than before: it stands for so many bytes of that one up to its first step,
 * and has the rest behind. */
static bool read_again(struct sim_run *run, struct disk_file *file) {
    struct venue *venue = &run->venue, again = {0};
    struct line line;
    uint64_t offset = (uint64_t)venue->offset, stands_for, now = generation(file, &stands_for);
    if (now == venue->compactions) return true;
    venue->offset = 0;
    size_t size = load(venue, file), snapshot = snapshot_of(venue->buffer, size);
    size_t known = snapshot + (size_t)(offset - stands_for);
    bool good = now == venue->compactions + 1 && snapshot > 0 && stands_for <= offset &&
                known <= size;
    for (size_t at = 0; good && at < known;) {
        const char *from = venue->buffer + at, *end = memchr(from, '\n', known - at);
        good = end != NULL && split(from, end, &line) && line_again(venue, &again, &line);
        if (end != NULL) at = (size_t)(end - venue->buffer) + 1;
    }
    good = good && same_world(venue, &again);
    if (!good) sim_fail(run, "a world written anew is the same", "time %" PRIu64, now);
    sim_venue_done(&again);
    sim_say(run, "venue its file is new: %zu bytes for %" PRIu64, snapshot, stands_for);
    venue->compactions = now;
    venue->offset = (int64_t)known;
    return good;
}

bool sim_venue_read(struct sim_run *run) {
    struct venue *venue = &run->venue;
    struct disk_file *file = NULL;
    if (disk_open(venue->disk, FILE_PATH, DISK_READ_ONLY, &file, NULL) != PAWL_OK) return true;
    bool good = read_again(run, file);
    size_t size = good ? load(venue, file) : 0, done = 0;
    disk_close(file);
    for (size_t at = 0; good && at < size;) {
        const char *line = venue->buffer + at, *end = memchr(line, '\n', size - at);
        if (end == NULL) break;
        at = (size_t)(end - venue->buffer) + 1;
        if (strncmp(line, "{\"k\":\"step\"", 11) != 0) continue;
        good = on_step(run, venue->buffer + done, venue->buffer + at);
        done = at;
    }
    venue->offset += (int64_t)done;
    return good;
}
