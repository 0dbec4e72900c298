/* paper: the world file: written before anything is told, read back after a crash. */
#include "paper_play.h"

static void nothing_is_told_that_is_not_written(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_quote(&p, 10000, 10002);
    p.fake.files_fail = true;
    SUBMIT(&p, .side = BUY, .quantity = 100);
    fake_advance(&p.fake, 10 * PAWL_NS);
    assert_nothing(&p);
    assert_non_null(strstr(p.fake.log_text, "disk full"));
    p.fake.files_fail = false;
    fake_advance(&p.fake, PAWL_NS);
    assert_int_equal(play_count(&p, PAWL_EV_ACCEPTED), 1);
    assert_int_equal(fake_restart(&p.fake), PAWL_OK);
    assert_non_null(paper_order_find(play_paper(&p)->world, p.id));
    play_done(&p);
}

static void the_world_outlives_the_host(void **state) {
    (void)state;
    struct play p;
    char stop[24];
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 100, NULL);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 9900);
    memcpy(stop, p.id, sizeof stop);
    FAULT(&p, .what = PAWL_FAULT_KIND_DUPLICATE_FILL);
    play_send_submit(&p, (struct wish){.side = BUY, .quantity = 100}); /* lost on the way */
    assert_int_equal(fake_restart(&p.fake), PAWL_OK);
    fake_clear(&p.fake);
    fake_advance(&p.fake, PAWL_NS);
    assert_nothing(&p);
    play_quote(&p, 9890, 9892);
    assert_int_equal(play_count(&p, PAWL_EV_EXECUTION), 2); /* the fault was remembered */
    assert_string_equal(SEEN(&p, execution, EXECUTION, 0)->order, stop);
    assert_int_equal(SEEN(&p, execution, EXECUTION, 0)->account, 1);
    assert_int_equal(play_position(&p), 0);
    play_done(&p);
}

static void rows_that_were_matched_are_not_matched_again(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    fake_quote(&p.fake, 1, 10000 * CENT, 10002 * CENT, 1);
    SUBMIT(&p, .side = BUY, .kind = PAWL_KIND_LIMIT, .quantity = 100, .price = 9900);
    fake_quote(&p.fake, 1, 9890 * CENT, 9892 * CENT, 2); /* fills */
    fake_advance(&p.fake, TRIP);
    fake_quote(&p.fake, 1, 9990 * CENT, 9992 * CENT, 3);
    SUBMIT(&p, .side = BUY, .kind = PAWL_KIND_LIMIT, .quantity = 100, .price = 9900);
    assert_int_equal(fake_restart(&p.fake), PAWL_OK);
    fake_clear(&p.fake);
    fake_quote(&p.fake, 1, 9890 * CENT, 9892 * CENT, 2); /* the host reads its feed again */
    fake_quote(&p.fake, 1, 9990 * CENT, 9992 * CENT, 3);
    fake_advance(&p.fake, TRIP);
    assert_nothing(&p);
    fake_quote(&p.fake, 1, 9890 * CENT, 9892 * CENT, 4);
    fake_advance(&p.fake, TRIP);
    assert_traded(&p, 9900, 100);
    play_done(&p);
}

static void faults_of_rows_already_seen_do_not_strike_again(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_quote(&p, 10000, 10002);
    struct pawl_ev_fault fault = {.head = {.size = sizeof fault, .type = PAWL_EV_FAULT,
                                           .cookie = 5},
                                  .what = PAWL_FAULT_KIND_REJECT};
    fake_send(&p.fake, &fault.head);
    assert_int_equal(fake_restart(&p.fake), PAWL_OK);
    fake_send(&p.fake, &fault.head);
    SUBMIT(&p, .side = BUY, .quantity = 100);
    assert_int_equal(play_count(&p, PAWL_EV_REFUSED), 1);
    SUBMIT(&p, .side = BUY, .quantity = 100);
    assert_int_equal(play_count(&p, PAWL_EV_REFUSED), 1);
    play_done(&p);
}

static void a_torn_last_line_is_dropped_with_its_step(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 100, NULL);
    struct fake_file *file = fake_file(&p.fake, "world.jsonl");
    size_t whole = file->len;
    SUBMIT(&p, .side = BUY, .quantity = 100);
    size_t more = file->len;
    fake_stop(&p.fake);
    char *bytes = malloc(more);
    assert_non_null(bytes);
    memcpy(bytes, file->bytes, more);
    for (size_t len = whole; len < more; len++) { /* cut at every byte of the last step */
        fake_file_set(&p.fake, "world.jsonl", bytes, len);
        p.fake.log_count = 0;
        assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_OK);
        assert_int_equal(p.fake.log_count, 1 + (len > whole)); /* what is there, what is not */
        assert_null(paper_order_find(play_paper(&p)->world, p.id));
        assert_int_equal(fake_file(&p.fake, "world.jsonl")->len, whole);
        fake_stop(&p.fake);
    }
    free(bytes);
    play_done(&p);
}

#define HEADER "{\"k\":\"world\",\"version\":1,\"created\":1,\"personality\":\"ideal\"}\n"
#define STEP "{\"k\":\"step\",\"row\":0,\"t\":1,\"prng\":1}\n"

static void a_malformed_line_is_named_and_nothing_starts(void **state) {
    (void)state;
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"nonsense", "world.jsonl:2: not a line"},
        {"{\"k\":\"poem\"}", "unknown kind poem"},
        {"{\"k\":\"order\",\"colour\":1}", "unknown field colour"},
        {"{\"k\":\"order\",\"n\":\"x\"}", "bad value of n"},
        {"{\"k\":\"order\",\"n\":1}", "not an order"},
        {"{\"k\":\"order\",\"n\":99999999999999999999999}", "bad value of n"},
        {"{\"k\":\"position\",\"quantity\":\"-1\"}", "not a position"},
        {"{\"k\":\"position\",\"quantity\":\"1e9\"}", "bad value of quantity"},
        {"{\"k\":\"link\",\"down\":1} ", "malformed"},
        {"{\"k\":\"link\",\"down\":300}", "bad value of down"},
        {"{\"k\":\"world\",\"version\":1}", "not how a world begins"},
        {"{\"k\":\"link\"", "malformed"},
        {"{\"k\":\"fill\",\"n\":1}", "not a fill"},
        {"{\"k\":\"fault\",\"n\":1,\"left\":1}", "not a fault"},
        {"", "not a line"},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct play p;
        char text[512];
        bool unfinished = i % 2 == 1; /* in the last step: complete lines must be good, too */
        play_init(&p, "ideal", false);
        int len = snprintf(text, sizeof text, HEADER "%s\n%s", cases[i / 2].line,
                           unfinished ? "" : STEP);
        fake_file_set(&p.fake, "world.jsonl", text, (size_t)len);
        assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_E_DATA);
        assert_non_null(strstr(p.fake.err.text, "world.jsonl:2: "));
        if (strstr(p.fake.err.text, cases[i / 2].says) == NULL)
            fail_msg("%s: %s", cases[i / 2].line, p.fake.err.text);
        play_done(&p);
    }
}

/* No file is a first start; one that does not begin as a world does is what is left of one. */
static void what_has_no_beginning_is_no_world(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "world.jsonl: is empty"},
        {"\n", "world.jsonl:1: not a line"},
        {STEP, "world.jsonl:1: not how a world begins"},
        {"{\"k\":\"link\",\"down\":1}\n" STEP, "world.jsonl:1: not how a world begins"},
        {"{\"k\":\"link\",\"down\":1}\n", "world.jsonl:1: not how a world begins"},
        {"{\"k\":\"world\",\"version\":9}\n" STEP, "another version"},
        {"{\"k\":\"world\",\"version\":1,\"personality\":\"mt5_hedging\"}\n" STEP,
         "another personality"},
        {HEADER, "world.jsonl: ends inside what it began with"},
        {HEADER "{\"k\":\"link\",\"down\":1}\n", "world.jsonl: ends inside what it began with"},
        {"{\"k\":\"wor", "world.jsonl: ends inside what it began with"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct play p;
        play_init(&p, "ideal", false);
        fake_file_set(&p.fake, "world.jsonl", cases[i].text, strlen(cases[i].text));
        assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_E_DATA);
        if (strstr(p.fake.err.text, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].text, p.fake.err.text);
        assert_int_equal(fake_file(&p.fake, "world.jsonl")->len, strlen(cases[i].text));
        play_done(&p);
    }
}

/* What matching relies on is checked when it is read. */
static void orders_that_cannot_be_are_not_read(void **state) {
    (void)state;
    static const char good[] =
        "{\"k\":\"order\",\"n\":1,\"id\":\"a\",\"account\":\"demo\",\"symbol\":\"EURUSD\","
        "\"state\":\"accepted\",\"side\":\"BUY\",\"position_side\":\"LONG\",\"role\":\"main\","
        "\"kind\":\"market\",\"quantity\":\"1\",\"filled\":\"0\"}\n";
    static const struct {
        const char *from, *to;
        bool second; /* as a second line about the same order */
    } cases[] = {
        {"accepted", "intent", false},          {"\"filled\":\"0\"", "\"filled\":\"2\"", false},
        {"\"filled\":\"0\"", "\"filled\":\"1\"", false}, {"market", "trailing", false},
        {"\"quantity\":\"1\"", "\"quantity\":\"-1\"", false},
        {"\"id\":\"a\"", "\"id\":\"b\"", true},  {"demo", "other", true},
        {"EURUSD", "OTHER", true},              {"\"n\":1", "\"n\":9223372036854775808", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct play p;
        char text[1400];
        const char *at = strstr(good, cases[i].from);
        assert_non_null(at);
        play_init(&p, "ideal", false);
        int len = snprintf(text, sizeof text, HEADER "%s%.*s%s%s" STEP,
                           cases[i].second ? good : "", (int)(at - good), good, cases[i].to,
                           at + strlen(cases[i].from));
        fake_file_set(&p.fake, "world.jsonl", text, (size_t)len);
        assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_E_DATA);
        assert_non_null(strstr(p.fake.err.text, cases[i].second ? ".jsonl:3: " : ".jsonl:2: "));
        play_done(&p);
    }
}

/* In a file that was written anew what changed meanwhile stands behind what did not. */
static void the_newest_of_an_id_and_the_oldest_that_works_count(void **state) {
    (void)state;
    static const char text[] = HEADER
        "{\"k\":\"order\",\"n\":3,\"id\":\"a\",\"account\":\"demo\",\"symbol\":\"EURUSD\","
        "\"state\":\"filled\",\"side\":\"BUY\",\"position_side\":\"LONG\",\"role\":\"main\","
        "\"kind\":\"market\",\"quantity\":\"1\",\"filled\":\"1\"}\n"
        "{\"k\":\"order\",\"n\":4,\"id\":\"b\",\"account\":\"demo\",\"symbol\":\"EURUSD\","
        "\"state\":\"accepted\",\"side\":\"BUY\",\"position_side\":\"LONG\",\"role\":\"main\","
        "\"kind\":\"limit\",\"quantity\":\"1\",\"filled\":\"0\",\"price\":\"1\"}\n"
        "{\"k\":\"order\",\"n\":1,\"id\":\"a\",\"account\":\"demo\",\"symbol\":\"EURUSD\","
        "\"state\":\"cancelled\",\"side\":\"BUY\",\"position_side\":\"LONG\",\"role\":\"main\","
        "\"kind\":\"market\",\"quantity\":\"1\",\"filled\":\"0\"}\n"
        "{\"k\":\"order\",\"n\":2,\"id\":\"c\",\"account\":\"demo\",\"symbol\":\"EURUSD\","
        "\"state\":\"accepted\",\"side\":\"BUY\",\"position_side\":\"LONG\",\"role\":\"main\","
        "\"kind\":\"limit\",\"quantity\":\"1\",\"filled\":\"0\",\"price\":\"1\"}\n" STEP;
    struct play p;
    play_init(&p, "ideal", false);
    fake_file_set(&p.fake, "world.jsonl", text, sizeof text - 1);
    assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_OK);
    const struct paper_world *world = play_paper(&p)->world;
    assert_int_equal(paper_order_find(world, "a")->number, 3);
    const struct paper_symbol *symbol = paper_symbol_of(world, 1);
    assert_int_equal(symbol->count, 2);
    assert_int_equal(symbol->orders[0]->number, 2);
    assert_int_equal(symbol->orders[1]->number, 4);
    play_done(&p);
}

/* A line of kind change has what may change, and nothing is changed that is not there. */
static void a_change_is_of_an_order_that_works(void **state) {
    (void)state;
    static const char order[] = HEADER
        "{\"k\":\"order\",\"n\":1,\"id\":\"a\",\"account\":\"demo\",\"symbol\":\"EURUSD\","
        "\"state\":\"accepted\",\"side\":\"BUY\",\"position_side\":\"LONG\",\"role\":\"main\","
        "\"kind\":\"limit\",\"quantity\":\"2\",\"filled\":\"0\",\"price\":\"1\"}\n"
        "{\"k\":\"change\",\"n\":1,\"state\":\"partially_filled\",\"quantity\":\"3\","
        "\"filled\":\"1\",\"price\":\"2\"}\n";
    static const struct {
        const char *more;
        int rc;
    } cases[] = {
        {"", PAWL_OK},
        {"{\"k\":\"change\",\"n\":2,\"state\":\"accepted\",\"quantity\":\"1\"}\n", PAWL_E_DATA},
        {"{\"k\":\"change\",\"n\":1,\"id\":\"b\"}\n", PAWL_E_DATA},
        {"{\"k\":\"change\",\"n\":1,\"state\":\"accepted\",\"quantity\":\"1\",\"filled\":\"2\"}\n",
         PAWL_E_DATA},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct play p;
        char text[1000];
        play_init(&p, "ideal", false);
        int len = snprintf(text, sizeof text, "%s%s" STEP, order, cases[i].more);
        fake_file_set(&p.fake, "world.jsonl", text, (size_t)len);
        assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), cases[i].rc);
        if (cases[i].rc == PAWL_OK) {
            const struct paper_order *one = paper_order_numbered(play_paper(&p)->world, 1);
            assert_int_equal(one->state, PAWL_ORDER_STATE_PARTIALLY_FILLED);
            assert_true(one->quantity_e8 == 3 * PAWL_E8 && one->filled_e8 == PAWL_E8);
            assert_true(one->price_e8 == 2 * PAWL_E8 && one->side == PAWL_SIDE_BUY);
        }
        play_done(&p);
    }
}

/* A file of the first version has whole lines only; what changes now is put behind them. */
static void a_world_of_the_first_version_goes_on(void **state) {
    (void)state;
    struct play p;
    char limit[24];
    play_start(&p, "ideal", false);
    SUBMIT(&p, .side = BUY, .quantity = 100);
    play_quote(&p, 10000, 10002);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_LIMIT, .reduce = 1, .quantity = 100, .price = 10100);
    memcpy(limit, p.id, sizeof limit);
    struct fake_file *world = fake_file(&p.fake, "world.jsonl");
    char *version = memmem(world->bytes, world->len, "\"version\":2", strlen("\"version\":2"));
    assert_non_null(version);
    version[strlen("\"version\":")] = '1';
    assert_int_equal(fake_restart(&p.fake), PAWL_OK);
    play_amend(&p, limit, 100, 10200, 0);
    assert_int_equal(fake_restart(&p.fake), PAWL_OK);
    assert_int_equal(paper_order_find(play_paper(&p)->world, limit)->price_e8, 10200 * CENT);
    assert_int_equal(play_position(&p), 100);
    play_done(&p);
}

static void a_symbol_that_is_gone_stays_untouched(void **state) {
    (void)state;
    struct play p;
    play_start(&p, "ideal", false);
    play_open(&p, BUY, 100, NULL);
    SUBMIT(&p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 9900);
    fake_stop(&p.fake);
    strcpy(p.fake.instruments[0].symbol, "GBPUSD");
    assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_OK);
    assert_int_equal(p.fake.log_count, 2); /* that it is not configured, and what is there */
    fake_clear(&p.fake);
    play_quote(&p, 9000, 9002);
    play_query(&p, PAWL_QUERY_WHAT_POSITIONS, NULL);
    play_query(&p, PAWL_QUERY_WHAT_ORDERS, NULL);
    assert_int_equal(play_count(&p, 0), 2); /* only that it is answered */
    play_done(&p);
}

static void executions_of_a_new_world_have_new_ids(void **state) {
    (void)state;
    struct play p;
    char first[48];
    play_start(&p, "ideal", false);
    SUBMIT(&p, .side = BUY, .quantity = 100);
    play_quote(&p, 10000, 10002);
    memcpy(first, SEEN(&p, execution, EXECUTION, 0)->execution, sizeof first);
    fake_stop(&p.fake);
    fake_file_gone(&p.fake, "world.jsonl");
    fake_advance(&p.fake, PAWL_NS);
    assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_OK);
    fake_clear(&p.fake);
    SUBMIT(&p, .side = BUY, .quantity = 100);
    play_quote(&p, 10000, 10002);
    assert_string_not_equal(first, SEEN(&p, execution, EXECUTION, 0)->execution);
    play_done(&p);
}

/* ---- written anew ---- */

static void play_start_small(struct play *p) {
    play_init(p, "ideal", false);
    fake_option(&p->fake, "compact_bytes", "4096");
    assert_int_equal(fake_start(&p->fake, pawl_plugin_main()), PAWL_OK);
    fake_clear(&p->fake);
}

static void play_buy(struct play *p) {
    SUBMIT(p, .side = BUY, .quantity = 100);
    play_quote(p, 10000, 10002);
}

/* Two fills, and a stop that is moved: in the end nothing more lives. */
static void play_round(struct play *p) {
    char stop[24];
    play_buy(p);
    SUBMIT(p, .side = SELL, .kind = PAWL_KIND_STOP, .reduce = 1, .quantity = 100, .stop = 9900);
    memcpy(stop, p->id, sizeof stop);
    play_amend(p, stop, 100, 0, 9910);
    SUBMIT(p, .side = SELL, .reduce = 1, .quantity = 100);
    play_quote(p, 10000, 10002);
    fake_clear(&p->fake);
}

static void the_file_and_the_memory_do_not_grow_for_ever(void **state) {
    (void)state;
    struct play p;
    size_t largest = 0;
    play_start_small(&p);
    for (uint32_t i = 0; i < 40000; i++) {
        play_round(&p);
        size_t len = fake_file(&p.fake, "world.jsonl")->len;
        if (i > 35000 && len > largest) largest = len;
    }
    const struct paper_world *world = play_paper(&p)->world;
    assert_true(world->compactions > 10);
    assert_int_equal(world->execution_count, PAPER_EXECUTIONS_MAX);
    assert_int_equal(world->ended_count, PAPER_ENDED_MAX);
    assert_int_equal(world->order_count, PAPER_ENDED_MAX);
    /* What lives, as much again that is past, what was written meanwhile. */
    assert_true(largest < 2 * world->snapshot_bytes + world->snapshot_bytes / 2);
    uint64_t last_order = world->last_order, last_execution = world->last_execution;
    uint64_t first_ended = world->ended->number;
    assert_int_equal(fake_restart(&p.fake), PAWL_OK);
    world = play_paper(&p)->world;
    assert_int_equal(world->ended->number, first_ended);
    assert_int_equal(world->execution_count, PAPER_EXECUTIONS_MAX);
    for (uint32_t i = 0; i < PAPER_EXECUTIONS_MAX; i++)
        assert_int_equal(paper_execution_at(world, i)->number,
                         last_execution - PAPER_EXECUTIONS_MAX + 1 + i);
    assert_int_equal(world->last_order, last_order);
    assert_int_equal(world->last_execution, last_execution);
    assert_int_equal(world->ended_count, PAPER_ENDED_MAX);
    assert_true(world->executions_forgotten);
    play_done(&p);
}

/* What was told is in the file, wherever the process ends while the file is written anew. */
static void a_death_at_any_write_loses_nothing(void **state) {
    (void)state;
    uint32_t survived = 0;
    for (uint32_t write = 1; survived < 3; write++) {
        struct play p;
        play_start_small(&p);
        p.fake.files_left = write;
        char last[24] = "";
        for (uint32_t i = 0; i < 60 && !p.fake.files_fail; i++) {
            play_buy(&p);
            if (play_count(&p, PAWL_EV_EXECUTION) > 0) memcpy(last, p.id, sizeof last);
            fake_clear(&p.fake);
        }
        survived += !p.fake.files_fail;
        p.fake.files_fail = false;
        p.fake.files_left = 0;
        int64_t position = 0;
        assert_int_equal(fake_restart(&p.fake), PAWL_OK);
        const struct paper_world *world = play_paper(&p)->world;
        for (uint32_t i = 0; i < world->execution_count; i++)
            position += paper_execution_at(world, i)->quantity_e8 / CENT;
        assert_int_equal(play_position(&p), position);
        assert_int_equal(world->execution_count, world->last_execution);
        const struct paper_order *order = paper_order_find(world, last);
        if (last[0] != '\0') assert_int_equal(order->state, PAWL_ORDER_STATE_FILLED);
        for (uint32_t i = 0; i < 100; i++) play_buy(&p);
        assert_true(play_paper(&p)->world->compactions > 0); /* the next attempt is whole */
        play_done(&p);
    }
}

static void a_full_disk_only_puts_it_off(void **state) {
    (void)state;
    struct play p;
    play_start_small(&p);
    while (play_paper(&p)->compact == NULL) play_round(&p);
    p.fake.files_fail = true;
    for (uint32_t i = 0; i < 10; i++) play_round(&p);
    assert_null(play_paper(&p)->compact); /* the new file takes no room that the old one needs */
    p.fake.files_fail = false;
    fake_advance(&p.fake, 2 * PAWL_NS);
    for (uint32_t i = 0; i < 5000 && play_paper(&p)->world->compactions == 0; i++) play_round(&p);
    assert_true(play_paper(&p)->world->compactions > 0);
    uint64_t executions = play_paper(&p)->world->last_execution;
    assert_int_equal(fake_restart(&p.fake), PAWL_OK);
    assert_int_equal(play_paper(&p)->world->execution_count, executions);
    play_done(&p);
}

/* A disk that is behind does not take the name yet: what is there stays, and goes on growing. */
static void a_disk_that_is_behind_only_puts_it_off(void **state) {
    (void)state;
    struct play p;
    play_start_small(&p);
    p.fake.files_rename_rc = PAWL_E_BUSY;
    for (uint32_t i = 0; i < 200; i++) play_round(&p);
    const struct paper_world *world = play_paper(&p)->world;
    assert_int_equal(world->compactions, 0);
    assert_int_equal(p.fake.log_count, 0); /* nothing to tell, nothing is begun anew */
    assert_non_null(play_paper(&p)->compact);
    p.fake.files_rename_rc = PAWL_OK;
    play_round(&p);
    assert_int_equal(world->compactions, 1);
    uint64_t executions = world->last_execution;
    assert_int_equal(fake_restart(&p.fake), PAWL_OK);
    assert_int_equal(play_paper(&p)->world->execution_count, executions);
    play_done(&p);
}

static void is_synced(void *arg) {
    struct play *p = arg;
    assert_string_equal(p->fake.files_synced, "world.next.jsonl");
}

/* After a power cut a name stands for what was synced, so it is given after the sync. */
static void it_takes_the_name_when_it_is_on_the_disk(void **state) {
    (void)state;
    struct play p;
    play_start_small(&p);
    p.fake.on_rename = is_synced;
    p.fake.on_rename_arg = &p;
    p.fake.files_sync_rc = PAWL_E_BUSY;
    for (uint32_t i = 0; i < 200; i++) play_round(&p);
    assert_int_equal(play_paper(&p)->world->compactions, 0);
    p.fake.files_sync_rc = PAWL_OK;
    for (uint32_t i = 0; i < 500 && play_paper(&p)->world->compactions == 0; i++) play_round(&p);
    assert_int_equal(play_paper(&p)->world->compactions, 1);
    uint64_t executions = play_paper(&p)->world->last_execution;
    p.fake.files_sync_rc = PAWL_E_IO; /* the old one stays, and another attempt is made */
    for (uint32_t i = 0; i < 2000; i++) play_round(&p);
    assert_int_equal(play_paper(&p)->world->compactions, 1);
    assert_int_equal(fake_restart(&p.fake), PAWL_OK);
    assert_int_equal(play_paper(&p)->world->execution_count, executions + 4000);
    play_done(&p);
}

static void one_that_ends_inside_its_beginning_is_refused(void **state) {
    (void)state;
    struct play p;
    play_start_small(&p);
    while (play_paper(&p)->world->compactions == 0) play_round(&p);
    fake_stop(&p.fake);
    struct fake_file *file = fake_file(&p.fake, "world.jsonl");
    file->len = 2000;
    assert_int_equal(fake_start(&p.fake, pawl_plugin_main()), PAWL_E_DATA);
    assert_non_null(strstr(p.fake.err.text, "not all of it reached the disk"));
    assert_int_equal(file->len, 2000);
    play_done(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_told_that_is_not_written),
        cmocka_unit_test(the_world_outlives_the_host),
        cmocka_unit_test(rows_that_were_matched_are_not_matched_again),
        cmocka_unit_test(faults_of_rows_already_seen_do_not_strike_again),
        cmocka_unit_test(a_torn_last_line_is_dropped_with_its_step),
        cmocka_unit_test(a_malformed_line_is_named_and_nothing_starts),
        cmocka_unit_test(what_has_no_beginning_is_no_world),
        cmocka_unit_test(orders_that_cannot_be_are_not_read),
        cmocka_unit_test(a_world_of_the_first_version_goes_on),
        cmocka_unit_test(a_symbol_that_is_gone_stays_untouched),
        cmocka_unit_test(executions_of_a_new_world_have_new_ids),
        cmocka_unit_test(a_change_is_of_an_order_that_works),
        cmocka_unit_test(the_newest_of_an_id_and_the_oldest_that_works_count),
        cmocka_unit_test(the_file_and_the_memory_do_not_grow_for_ever),
        cmocka_unit_test(a_death_at_any_write_loses_nothing),
        cmocka_unit_test(a_full_disk_only_puts_it_off),
        cmocka_unit_test(a_disk_that_is_behind_only_puts_it_off),
        cmocka_unit_test(it_takes_the_name_when_it_is_on_the_disk),
        cmocka_unit_test(one_that_ends_inside_its_beginning_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
