/* The venue's memory: finding, making and forgetting. Nothing here decides. */
#include "worldfile.h"

#include <stdlib.h>
#include <string.h>

#ifndef PAPER_BUCKETS            /* its unit tests have fewer */
#define PAPER_BUCKETS (1u << 18) /* of their pages, those with orders in them take memory */
#endif

int paper_world_new(struct paper_world **ret) {
    struct paper_world *world = calloc(1, sizeof *world);
    if (world == NULL) return PAWL_E_NOMEM;
    world->symbol_count = world->account_count = world->attempt = 1;
    world->slot_by_instrument = calloc(PAPER_INSTRUMENT_ID_MAX + 1, sizeof(uint16_t));
    world->by_id = calloc(PAPER_BUCKETS, sizeof(struct paper_order *));
    world->by_number = calloc(PAPER_BUCKETS, sizeof(struct paper_order *));
    if (world->slot_by_instrument == NULL || world->by_id == NULL || world->by_number == NULL) {
        paper_world_free(world);
        return PAWL_E_NOMEM;
    }
    *ret = world;
    return PAWL_OK;
}

void paper_world_free(struct paper_world *world) {
    if (world == NULL) return;
    for (uint32_t i = 0; world->order_count > 0 && i < PAPER_BUCKETS; i++)
        for (struct paper_order *order = world->by_number[i], *next; order != NULL; order = next) {
            next = order->number_next;
            world->order_count--;
            free(order);
        }
    for (uint32_t i = 1; i < world->symbol_count; i++) {
        free(world->symbols[i]->orders);
        free(world->symbols[i]);
    }
    free(world->slot_by_instrument);
    free(world->by_id);
    free(world->by_number);
    free(world->positions);
    free(world->executions);
    free(world->journal.bytes);
    free(world);
}

/* ---- symbols and accounts ---- */

static uint32_t hash_text(const char *text) {
    uint32_t hash = 2166136261u;
    for (; *text != '\0'; text++) hash = (hash ^ (uint8_t)*text) * 16777619u;
    return hash;
}

uint32_t paper_symbol_named(struct paper_world *world, const char *name) {
    uint16_t *bucket = &world->by_name[hash_text(name) % PAPER_NAME_BUCKETS];
    for (uint32_t i = *bucket; i != 0; i = world->symbols[i]->name_next)
        if (strcmp(world->symbols[i]->name, name) == 0) return i;
    if (world->symbol_count == PAPER_SYMBOLS_MAX || strlen(name) > PAWL_SYMBOL_MAX) return 0;
    struct paper_symbol *symbol = calloc(1, sizeof *symbol);
    if (symbol == NULL) return 0;
    strcpy(symbol->name, name);
    symbol->name_next = *bucket;
    *bucket = (uint16_t)world->symbol_count;
    symbol->next_expiry = INT64_MAX;
    for (int line = 0; line < PAPER_LINES; line++) {
        symbol->low[line] = INT64_MIN;
        symbol->high[line] = INT64_MAX;
    }
    world->symbols[world->symbol_count] = symbol;
    return world->symbol_count++;
}

uint32_t paper_symbol_slot(struct paper_world *world, struct pawl_ctx *ctx,
                           const struct pawl_market *market, uint32_t instrument) {
    if (instrument == 0 || instrument > PAPER_INSTRUMENT_ID_MAX) return 0;
    if (world->slot_by_instrument[instrument] != 0) return world->slot_by_instrument[instrument];
    const struct pawl_instrument *def = market->instrument(ctx, instrument);
    if (def == NULL) return 0;
    uint32_t slot = paper_symbol_named(world, def->symbol);
    if (slot == 0) return 0;
    world->symbols[slot]->id = instrument;
    world->symbols[slot]->def = def;
    world->slot_by_instrument[instrument] = (uint16_t)slot;
    return slot;
}

uint32_t paper_account_named(struct paper_world *world, const char *name) {
    for (uint32_t i = 1; i < world->account_count; i++)
        if (strcmp(world->accounts[i].name, name) == 0) return i;
    if (world->account_count == PAPER_ACCOUNTS_MAX || strlen(name) > PAWL_NAME_MAX) return 0;
    strcpy(world->accounts[world->account_count].name, name);
    return world->account_count++;
}

/* ---- orders ---- */

static uint32_t hash_id(const char *id) { return hash_text(id) % PAPER_BUCKETS; }

struct paper_order *paper_order_new(struct paper_world *world, uint64_t number, const char *id) {
    /* Not calloc, which leaves what was freed lately to smaller blocks: some of it fits nothing. */
    struct paper_order *order = malloc(sizeof *order);
    if (order == NULL) return NULL;
    *order = (struct paper_order){.number = number};
    memcpy(order->id, id, strnlen(id, PAPER_OID_SIZE - 1));
    struct paper_order **chain = &world->by_id[hash_id(order->id)];
    order->id_next = *chain;
    *chain = order;
    chain = &world->by_number[number % PAPER_BUCKETS];
    order->number_next = *chain;
    *chain = order;
    if (number > world->last_order) world->last_order = number;
    world->order_count++;
    return order;
}

struct paper_order *paper_order_find(const struct paper_world *world, const char *id) {
    struct paper_order *newest = NULL;
    for (struct paper_order *order = world->by_id[hash_id(id)]; order; order = order->id_next) {
        if (strcmp(order->id, id) != 0) continue;
        if (paper_order_works(order)) return order;
        if (newest == NULL || order->number > newest->number) newest = order;
    }
    return newest;
}

struct paper_order *paper_order_numbered(const struct paper_world *world, uint64_t number) {
    struct paper_order *order = world->by_number[number % PAPER_BUCKETS];
    while (order != NULL && order->number != number) order = order->number_next;
    return order;
}

static void order_free(struct paper_world *world, struct paper_order *order) {
    struct paper_order **link = &world->by_id[hash_id(order->id)];
    while (*link != order) link = &(*link)->id_next;
    *link = order->id_next;
    link = &world->by_number[order->number % PAPER_BUCKETS];
    while (*link != order) link = &(*link)->number_next;
    *link = order->number_next;
    world->order_count--;
    free(order);
}

static void forget_oldest(struct paper_world *world) {
    struct paper_order *order = world->ended;
    world->ended = order->ended_next;
    if (world->walk != NULL && world->walk->ended == order) world->walk->ended = order->ended_next;
    if (world->ended == NULL) world->ended_last = NULL;
    world->ended_count--;
    order_free(world, order);
}

static int list_add(struct paper_symbol *symbol, struct paper_order *order) {
    if (symbol->count == symbol->capacity) {
        uint32_t capacity = symbol->capacity == 0 ? 8 : symbol->capacity * 2;
        struct paper_order **orders = realloc(symbol->orders, capacity * sizeof *orders);
        if (orders == NULL) return PAWL_E_NOMEM;
        symbol->orders = orders;
        symbol->capacity = capacity;
    }
    /* The oldest first. Numbers rise, but for a file that was written anew: what changed meanwhile
     * is read behind what did not. */
    uint32_t at = symbol->count++;
    for (; at > 0 && symbol->orders[at - 1]->number > order->number; at--)
        symbol->orders[at] = symbol->orders[at - 1];
    symbol->orders[at] = order;
    order->listed = 1;
    return PAWL_OK;
}

static void ended_add(struct paper_world *world, struct paper_order *order) {
    if (world->ended_last != NULL)
        world->ended_last->ended_next = order;
    else
        world->ended = order;
    world->ended_last = order;
    if (++world->ended_count > PAPER_ENDED_MAX) forget_oldest(world);
}

int paper_order_place(struct paper_world *world, struct paper_order *order) {
    struct paper_symbol *symbol = world->symbols[order->symbol];
    if (paper_order_works(order)) return order->listed ? PAWL_OK : list_add(symbol, order);
    if (order->listed) {
        uint32_t at = 0;
        while (symbol->orders[at] != order) at++;
        struct paper_walk *walk = world->walk;
        if (walk != NULL && order->symbol == walk->symbol && at < walk->order) walk->order--;
        order->listed = 0;
        symbol->count--;
        memmove(symbol->orders + at, symbol->orders + at + 1,
                (symbol->count - at) * sizeof *symbol->orders);
    } else if (order->ended_next != NULL || order == world->ended_last) {
        return PAWL_OK; /* it had ended before */
    }
    ended_add(world, order);
    return PAWL_OK;
}

/* ---- positions ---- */

struct paper_position *paper_position_find(const struct paper_world *world, uint32_t account,
                                           uint32_t symbol, uint8_t side, uint64_t ticket) {
    for (uint32_t i = 0; i < world->position_count; i++) {
        struct paper_position *one = &world->positions[i];
        if (one->symbol != symbol || one->account != account || one->ticket != ticket) continue;
        if (side == 0 || one->side == side) return one;
    }
    return NULL;
}

struct paper_position *paper_position_new(struct paper_world *world) {
    if (world->position_count == world->position_capacity) {
        uint32_t capacity = world->position_capacity == 0 ? 8 : world->position_capacity * 2;
        if (capacity > PAPER_POSITIONS_MAX) return NULL;
        struct paper_position *all = realloc(world->positions, capacity * sizeof *all);
        if (all == NULL) return NULL;
        world->positions = all;
        world->position_capacity = capacity;
    }
    struct paper_position *position = &world->positions[world->position_count++];
    memset(position, 0, sizeof *position);
    return position;
}

void paper_position_drop(struct paper_world *world, struct paper_position *position) {
    size_t at = (size_t)(position - world->positions);
    world->position_count--;
    memmove(position, position + 1, (world->position_count - at) * sizeof *position);
}

/* ---- executions ---- */

struct paper_execution *paper_execution_at(const struct paper_world *world, uint32_t i) {
    return &world->executions[(world->execution_first + i) % world->execution_capacity];
}

static bool executions_grow(struct paper_world *world) {
    uint32_t capacity = world->execution_capacity == 0 ? 64 : world->execution_capacity * 2;
    struct paper_execution *all = realloc(world->executions, capacity * sizeof *all);
    if (all == NULL) return false;
    world->executions = all; /* it only grows before it first wraps */
    world->execution_capacity = capacity;
    return true;
}

struct paper_execution *paper_execution_new(struct paper_world *world) {
    if (world->execution_count == world->execution_capacity) {
        if (world->execution_capacity >= PAPER_EXECUTIONS_MAX) {
            world->execution_first = (world->execution_first + 1) % world->execution_capacity;
            world->execution_count--;
            world->executions_forgotten = true;
            if (world->walk != NULL && world->walk->execution > 0) world->walk->execution--;
        } else if (!executions_grow(world)) {
            return NULL;
        }
    }
    struct paper_execution *execution = paper_execution_at(world, world->execution_count++);
    memset(execution, 0, sizeof *execution);
    return execution;
}

/* ---- chance: splitmix64, whose whole state is one number ---- */

__extension__ typedef unsigned __int128 paper_u128;

uint64_t paper_draw(struct paper_world *world, uint64_t bound) {
    uint64_t z = world->prng += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (uint64_t)((paper_u128)z * bound >> 64);
}

bool paper_chance(struct paper_world *world, int64_t probability_e8) {
    if (probability_e8 <= 0) return false;
    return paper_draw(world, (uint64_t)PAWL_E8) < (uint64_t)probability_e8;
}

/* ---- all of it once more ---- */

static bool copy_order(struct paper_world *world, const struct paper_order *from) {
    struct paper_order *order = paper_order_new(world, from->number, from->id);
    if (order == NULL) return false;
    struct paper_order like = *from;
    like.id_next = order->id_next;
    like.number_next = order->number_next;
    like.ended_next = NULL;
    like.listed = 0;
    like.acted = like.from_point = 0; /* between two events neither matters */
    *order = like;
    if (paper_order_works(order)) return list_add(world->symbols[order->symbol], order) == PAWL_OK;
    ended_add(world, order);
    return true;
}

static bool copy_symbol(struct paper_world *world, const struct paper_symbol *from) {
    uint32_t slot = paper_symbol_named(world, from->name);
    if (slot == 0) return false;
    world->symbols[slot]->quoted = from->quoted;
    world->symbols[slot]->known = from->known;
    world->symbols[slot]->traded_ns = from->traded_ns;
    return true;
}

static void *copy_bytes(const void *bytes, size_t size, bool *ok) {
    void *copy = size == 0 ? NULL : malloc(size);
    if (copy != NULL) memcpy(copy, bytes, size);
    *ok = *ok && (size == 0 || copy != NULL);
    return copy;
}

/* What points to nothing that is the other's. */
static bool copy_plain(struct paper_world *world, const struct paper_world *from) {
    bool ok = true;
    for (uint32_t i = 1; i < from->account_count; i++)
        ok = ok && paper_account_named(world, from->accounts[i].name) == i;
    world->positions = copy_bytes(from->positions,
                                  from->position_capacity * sizeof *from->positions, &ok);
    world->position_count = from->position_count;
    world->position_capacity = from->position_capacity;
    world->executions = copy_bytes(from->executions,
                                   from->execution_capacity * sizeof *from->executions, &ok);
    world->execution_first = from->execution_first;
    world->execution_count = from->execution_count;
    world->execution_capacity = from->execution_capacity;
    world->executions_forgotten = from->executions_forgotten;
    memcpy(world->faults, from->faults, sizeof from->faults);
    world->fault_count = from->fault_count;
    world->last_order = from->last_order;
    world->last_execution = from->last_execution;
    world->last_fault = from->last_fault;
    world->prng = from->prng;
    world->prng_written = from->prng_written;
    world->created_ns = from->created_ns;
    world->row = from->row;
    world->restored_row = from->restored_row;
    world->link_until_ns = from->link_until_ns;
    world->link_down = from->link_down;
    world->personality = from->personality;
    world->journal = from->journal;
    if (from->journal.len == 0) world->journal.capacity = 0;
    world->journal.bytes = copy_bytes(from->journal.bytes, world->journal.capacity, &ok);
    world->compactions = from->compactions;
    world->attempt = from->attempt;
    world->snapshot_bytes = from->snapshot_bytes;
    world->file_bytes = from->file_bytes;
    return ok;
}

/* Orders in the order in which they ended, then working ones: of one id the newest comes last. */
struct paper_world *paper_world_copy(const struct paper_world *from) {
    struct paper_world *world = NULL;
    if (paper_world_new(&world) != PAWL_OK) return NULL;
    bool ok = copy_plain(world, from);
    for (uint32_t i = 1; ok && i < from->symbol_count; i++)
        ok = copy_symbol(world, from->symbols[i]);
    for (const struct paper_order *order = from->ended; ok && order; order = order->ended_next)
        ok = copy_order(world, order);
    for (uint32_t i = 1; ok && i < from->symbol_count; i++)
        for (uint32_t n = 0; ok && n < from->symbols[i]->count; n++)
            ok = copy_order(world, from->symbols[i]->orders[n]);
    if (ok) return world;
    paper_world_free(world);
    return NULL;
}
