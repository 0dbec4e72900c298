/* paper: what holds for any sequence of requests, prices, faults and restarts. The truth is read
 * from the text of the world file, with other code than the venue's. PAWL_SEED repeats a run. */
#include "paper_play.h"

#include "../plugins/paper/worldlines.h"
#include "../property/prop_seed.h"

#define SEQUENCES 1050
#define STEPS 32
#define ORDERS_MAX 512
#define IDS_MAX 64

static uint64_t rng_state;

static uint64_t below(uint64_t bound) {
    uint64_t z = rng_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % bound;
}

/* ---- an independent reader of the file ---- */

struct truth {
    size_t at;                    /* read up to here */
    bool reduce[ORDERS_MAX];      /* by order number */
    int64_t filled[ORDERS_MAX];   /* sum of its fills */
    int64_t net[ORDERS_MAX];      /* by ticket, 0 where there are none: signed */
    uint64_t fills, last_execution;
};

static const char *value_of(const char *line, const char *key) {
    char quoted[40];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *found = strstr(line, quoted);
    if (found == NULL) return NULL;
    found += strlen(quoted);
    return *found == '"' ? found + 1 : found;
}

static int64_t number_of(const char *line, const char *key) {
    const char *text = value_of(line, key);
    return text == NULL ? 0 : strtoll(text, NULL, 10);
}

static int64_t amount_of(const char *line, const char *key) { /* at 1e-8 */
    const char *text = value_of(line, key);
    int64_t value = 0;
    if (text != NULL) assert_int_equal(pawl_parse_e8(text, strcspn(text, "\""), &value), PAWL_OK);
    return value;
}

static void truth_order(struct truth *truth, const char *line) {
    int64_t n = number_of(line, "n");
    assert_in_range(n, 1, ORDERS_MAX - 1);
    truth->reduce[n] = number_of(line, "reduce") == 1;
    assert_true(amount_of(line, "filled") <= amount_of(line, "quantity"));
}

static void truth_change(const struct truth *truth, const char *line) {
    assert_in_range(number_of(line, "n"), 1, ORDERS_MAX - 1);
    assert_null(value_of(line, "reduce"));
    assert_true(amount_of(line, "filled") <= amount_of(line, "quantity"));
    (void)truth;
}

static void truth_fill(struct truth *truth, const char *line) {
    int64_t order = number_of(line, "order"), ticket = number_of(line, "ticket");
    int64_t quantity = amount_of(line, "quantity");
    bool buys = strncmp(value_of(line, "side"), "BUY", 3) == 0;
    assert_in_range(order, 0, ORDERS_MAX - 1);
    assert_in_range(ticket, 0, ORDERS_MAX - 1);
    assert_true(quantity > 0 && amount_of(line, "price") > 0);
    assert_int_equal(number_of(line, "n"), truth->last_execution + 1);
    truth->last_execution++;
    if (order != 0 && truth->reduce[order]) { /* against the position, and not beyond it */
        int64_t held = truth->net[ticket];
        assert_true(buys ? held < 0 : held > 0);
        assert_true(quantity <= (held < 0 ? -held : held));
    }
    truth->net[ticket] += buys ? quantity : -quantity;
    truth->filled[order] += quantity;
    truth->fills++;
}

static void truth_position(const struct truth *truth, const char *line) {
    int64_t quantity = amount_of(line, "quantity");
    assert_true(quantity >= 0);
    assert_in_range(number_of(line, "ticket"), 0, ORDERS_MAX - 1);
    (void)truth;
}

static void truth_read(struct truth *truth, const struct fake_file *file) {
    char line[1024];
    while (file != NULL && truth->at < file->len) {
        const char *from = file->bytes + truth->at;
        const char *end = memchr(from, '\n', file->len - truth->at);
        assert_non_null(end);
        assert_true((size_t)(end - from) < sizeof line);
        memcpy(line, from, (size_t)(end - from));
        line[end - from] = '\0';
        truth->at += (size_t)(end - from) + 1;
        if (strstr(line, "{\"k\":\"order\"") == line) truth_order(truth, line);
        if (strstr(line, "{\"k\":\"change\"") == line) truth_change(truth, line);
        if (strstr(line, "{\"k\":\"fill\"") == line) truth_fill(truth, line);
        if (strstr(line, "{\"k\":\"position\"") == line) truth_position(truth, line);
    }
}

/* ---- the venue's memory against the file ---- */

/* Everything a world remembers, as text. */
static struct paper_text dump(const struct paper_world *world) {
    const struct paper_when when = {.now_ns = 1};
    const struct paper_link link = {.until_ns = world->link_until_ns, .down = world->link_down};
    struct paper_text text = {0};
    if (world->created_ns == 0) return text;
    for (uint64_t n = 1; n <= world->last_order; n++) {
        const struct paper_order *order = paper_order_numbered(world, n);
        if (order != NULL) paper_line(world, &text, L_ORDER, order, when);
    }
    for (uint32_t i = 0; i < world->position_count; i++)
        paper_line(world, &text, L_POSITION, &world->positions[i], when);
    for (uint32_t i = 0; i < world->execution_count; i++)
        paper_line(world, &text, L_FILL, paper_execution_at(world, i), when);
    for (uint32_t i = 0; i < world->fault_count; i++)
        paper_line(world, &text, L_FAULT, &world->faults[i], when);
    for (uint32_t i = 1; i < world->symbol_count; i++) {
        const struct paper_source source = {.symbol = i, .quoted = world->symbols[i]->quoted};
        if (world->symbols[i]->known) paper_line(world, &text, L_SOURCE, &source, when);
    }
    paper_line(world, &text, L_LINK, &link, when);
    paper_line(world, &text, L_STEP, &(struct paper_step){.prng = world->prng}, when);
    return text;
}

/* What a reload takes over is what a restart would read. */
static void check_copy(struct play *play) {
    struct paper_world *world = play_paper(play)->world, *copy = paper_world_copy(world);
    assert_non_null(copy);
    struct paper_text a = dump(world), b = dump(copy);
    if (a.len != b.len || (a.len > 0 && memcmp(a.bytes, b.bytes, a.len) != 0))
        fail_msg("in memory:\n%.*s\ncopied:\n%.*s", (int)a.len, a.bytes, (int)b.len, b.bytes);
    free(a.bytes);
    free(b.bytes);
    paper_world_free(copy);
}

static void check_read_back(struct play *play) {
    struct paper *paper = play_paper(play);
    struct paper_world *again;
    uint64_t dropped;
    assert_int_equal(paper->world->journal.len, 0);
    assert_int_equal(paper_world_new(&again), PAWL_OK);
    again->personality = paper->options.personality;
    again->prng = (uint64_t)paper->options.seed;
    assert_int_equal(paper_world_load(again, &play->fake.ctx, &play->fake.files, &dropped, NULL),
                     PAWL_OK);
    assert_int_equal(dropped, 0);
    assert_int_equal(paper->world->last_order, again->last_order);
    assert_int_equal(paper->world->last_execution, again->last_execution);
    assert_int_equal(paper->world->last_fault, again->last_fault);
    struct paper_text a = dump(paper->world), b = dump(again);
    if (a.len != b.len || (a.len > 0 && memcmp(a.bytes, b.bytes, a.len) != 0))
        fail_msg("in memory:\n%.*s\nread back:\n%.*s", (int)a.len, a.bytes, (int)b.len, b.bytes);
    for (uint32_t i = 1; i < again->symbol_count; i++) { /* the working lists, too */
        const struct paper_symbol *one = paper->world->symbols[i], *other = again->symbols[i];
        assert_int_equal(one->count, other->count);
        for (uint32_t n = 0; n < one->count; n++)
            assert_int_equal(one->orders[n]->number, other->orders[n]->number);
    }
    const struct paper_order *one = paper->world->ended, *other = again->ended;
    for (; one != NULL && other != NULL; one = one->ended_next, other = other->ended_next)
        assert_int_equal(one->number, other->number);
    assert_true(one == NULL && other == NULL);
    assert_int_equal(paper->world->file_bytes, again->file_bytes);
    assert_int_equal(paper->world->snapshot_bytes, again->snapshot_bytes);
    assert_int_equal(paper->world->compactions, again->compactions);
    free(a.bytes);
    free(b.bytes);
    paper_world_free(again);
}

/* ---- reloads ---- */

static const void *offered; /* by the venue that runs */
static char offered_layout[PAWL_LAYOUT_MAX + 1];

static void offer(struct pawl_ctx *ctx, const char *layout, const void *memory) {
    (void)ctx;
    offered = memory;
    snprintf(offered_layout, sizeof offered_layout, "%s", layout);
}

static const void *before(struct pawl_ctx *ctx, const char *layout) {
    (void)ctx;
    return strcmp(layout, offered_layout) == 0 ? offered : NULL;
}

static const struct pawl_records records = {
    .size = sizeof records, .offer = offer, .before = before};

/* The next venue begins with the memory of the one that runs. */
static void reload(struct fake_host *fake) {
    const struct pawl_ev_restored restored = {
        .head = {.size = sizeof restored, .type = PAWL_EV_RESTORED}, .boot = 1, .reload = 1};
    void *old = fake->self;
    int rc = fake->plugin->create(&fake->ctx, fake->options_block, &fake->self, NULL);
    assert_int_equal(rc, PAWL_OK);
    fake->timer_count = 0;
    fake_send(fake, &restored.head);
    fake->plugin->destroy(old);
}

struct game {
    struct play play;
    struct truth truth;
    char ids[IDS_MAX][24];
    uint32_t id_count;
    int64_t price; /* in hundredths */
    uint64_t row;
    uint64_t compactions;
};

/* The file is about to be written anew: all of it is read, and what it will be is known by then. */
static void on_rename(void *arg) {
    struct game *game = arg;
    struct fake_host *fake = &game->play.fake;
    truth_read(&game->truth, fake_file(fake, "world.jsonl"));
    game->truth.at = fake_file(fake, "world.next.jsonl")->len;
    game->compactions++;
}

static void check_truth(struct play *play, struct truth *truth) {
    const struct paper_world *world = play_paper(play)->world;
    int64_t held[ORDERS_MAX] = {0};
    truth_read(truth, fake_file(&play->fake, "world.jsonl"));
    for (uint32_t i = 0; i < world->position_count; i++) {
        const struct paper_position *one = &world->positions[i];
        assert_true(one->quantity_e8 > 0 && one->price_e8 > 0);
        held[one->ticket] += one->side == LONG_ ? one->quantity_e8 : -one->quantity_e8;
    }
    assert_memory_equal(held, truth->net, sizeof held); /* position = sum of fills */
    for (uint64_t n = 1; n <= world->last_order; n++) {
        const struct paper_order *order = paper_order_numbered(world, n);
        if (order == NULL) continue;
        assert_int_equal(order->filled_e8, truth->filled[n]);
        assert_true(order->filled_e8 <= order->quantity_e8);
        assert_int_equal(order->state == PAWL_ORDER_STATE_FILLED,
                         order->filled_e8 == order->quantity_e8 && order->quantity_e8 > 0);
    }
}

/* ---- one random step ---- */

static void any_submit(struct game *game) {
    const struct paper_world *world = play_paper(&game->play)->world;
    struct wish wish = {.side = below(2) ? BUY : SELL, .quantity = 10 * (int64_t)(1 + below(30)),
                        .kind = (uint8_t)(1 + below(4)), .group = below(4),
                        .tif = below(5) == 0 ? (uint8_t)(1 + below(4)) : PAWL_TIF_GTC,
                        .trigger = below(3) == 0 ? (uint8_t)(1 + below(4)) : 0};
    char ticket[24] = "";
    int64_t away = (int64_t)below(60) - 20;
    if (wish.kind != PAWL_KIND_MARKET)
        wish.price = wish.stop = game->price + (wish.side == BUY ? -away : away);
    if (wish.kind == PAWL_KIND_STOP)
        wish.stop = game->price + (wish.side == BUY ? away : -away);
    if (below(2) == 0 && world->position_count > 0) {
        const struct paper_position *held = &world->positions[below(world->position_count)];
        wish.reduce = 1;
        wish.side = held->side == LONG_ ? SELL : BUY;
        wish.position_side = held->side;
        paper_ticket_text(held->ticket, ticket);
        wish.ticket = ticket;
        if (below(3) > 0) wish.quantity = held->quantity_e8 / CENT;
    }
    if (below(3) == 0 && !wish.reduce)
        wish.attached = game->price + (wish.side == BUY ? -1 : 1) * (int64_t)(10 + below(30));
    if (below(8) == 0) wish.expires_ns = game->play.fake.now_ns + (int64_t)below(900) * PAWL_NS;
    if (game->id_count > 0 && below(20) == 0) wish.id = game->ids[below(game->id_count)];
    char id[24];
    if (wish.id != NULL) memcpy(id, wish.id, sizeof id);
    if (wish.id != NULL) wish.id = id;
    play_send_submit(&game->play, wish);
    memcpy(game->ids[game->id_count % IDS_MAX], game->play.id, 24);
    if (game->id_count < IDS_MAX - 1) game->id_count++;
}

static void any_fault(struct game *game) {
    struct pawl_ev_fault fault = {.what = (uint8_t)(1 + below(12)), .role = (uint8_t)below(7),
                                  .op = (uint8_t)below(5), .count = (uint32_t)below(3),
                                  .instrument = (uint32_t)below(2),
                                  .delay = (int64_t)below(3) * PAWL_NS};
    if (fault.what == PAWL_FAULT_KIND_POSITION_CHANGE) fault.instrument = 1;
    fault.quantity.e8 = ((int64_t)below(300) - (fault.what == PAWL_FAULT_KIND_PARTIAL ? 0 : 150)) *
                        CENT / 10 * 10;
    play_fault(&game->play, fault);
}

static void any_price(struct game *game) {
    struct fake_host *fake = &game->play.fake;
    game->price += (int64_t)below(41) - 20;
    if (game->price < 1000) game->price = 1000;
    int64_t price_e8 = game->price * CENT, spread_e8 = (int64_t)below(4) * CENT;
    game->row++;
    switch (below(12)) {
    case 0: fake_trade(fake, 1, price_e8, game->row); break;
    case 1: fake_mark(fake, 1, price_e8, game->row); break;
    case 2: fake_quote(fake, 1, price_e8, price_e8 - CENT, game->row); break; /* crossed */
    case 3: {
        int64_t up = (int64_t)below(40) * CENT, down = (int64_t)below(40) * CENT;
        fake_bar(fake, 1, 60, (int64_t[4]){price_e8, price_e8 + up, price_e8 - down, price_e8},
                 game->row);
        break;
    }
    default: fake_quote(fake, 1, price_e8, price_e8 + spread_e8, game->row); break;
    }
}

static void any_step(struct game *game) {
    struct play *play = &game->play;
    const char *id = game->id_count > 0 ? game->ids[below(game->id_count)] : "p0";
    switch (below(16)) {
    case 0: case 1: case 2: case 3: any_submit(game); break;
    case 4: play_amend(play, id, 10 * (int64_t)below(40), game->price - 10 + (int64_t)below(20),
                       game->price - 20 + (int64_t)below(40)); break;
    case 5: play_send_cancel(play, id); break;
    case 6: any_fault(game); break;
    case 7: play_query(play, (uint8_t)(1 + below(4)), id); break;
    case 8:
        switch (below(4)) {
        case 0:
            offered = NULL;
            assert_int_equal(fake_restart(&play->fake), PAWL_OK);
            break;
        case 1: reload(&play->fake); break;
        default: break;
        }
        break;
    default: any_price(game); break;
    }
    fake_advance(&play->fake, (int64_t)below(4) * 15 * PAWL_MS);
}

static void any_sequence_keeps_the_books(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool hedging;
    } venues[] = {{"ideal", false}, {"binance_oneway", false}, {"mt5_hedging", true}};
    uint64_t seed = prop_seed("paper_random"), fills = 0, compactions = 0;
    for (uint64_t n = 0; n < SEQUENCES; n++) {
        struct game *game = calloc(1, sizeof *game);
        assert_non_null(game);
        rng_state = seed + n * 1000003;
        play_init(&game->play, venues[n % 3].name, venues[n % 3].hedging);
        game->price = 10000;
        if (below(2) == 0) fake_option(&game->play.fake, "partial_fill_probability", "0.3");
        if (below(2) == 0) fake_option(&game->play.fake, "reject_probability", "0.1");
        if (below(2) == 0) fake_option(&game->play.fake, "latency_jitter", "30ms");
        if (below(2) == 0) fake_option(&game->play.fake, "limit_fill", "touch");
        if (below(2) == 0) fake_option(&game->play.fake, "slippage_ticks", "2");
        if (below(2) == 0) fake_option(&game->play.fake, "compact_bytes", "4096");
        offered = NULL;
        fake_service(&game->play.fake, PAWL_RECORDS, &records);
        game->play.fake.on_rename = on_rename;
        game->play.fake.on_rename_arg = game;
        assert_int_equal(fake_start(&game->play.fake, pawl_plugin_main()), PAWL_OK);
        bool bars_only = below(4) == 0;
        for (int step = 0; step < STEPS; step++) {
            if (bars_only) game->play.fake.quoted[0] = false;
            any_step(game);
            assert_int_equal(game->play.fake.last_rc, PAWL_OK);
            check_truth(&game->play, &game->truth);
            check_read_back(&game->play);
            check_copy(&game->play);
            fake_clear(&game->play.fake);
        }
        fills += game->truth.fills;
        compactions += game->compactions;
        play_done(&game->play);
        free(game);
    }
    printf("paper_random: %llu fills, %llu times written anew\n", (unsigned long long)fills,
           (unsigned long long)compactions);
    assert_true(fills > SEQUENCES); /* the sequences do trade */
    assert_true(compactions > SEQUENCES / 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_sequence_keeps_the_books)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
