/* feed: files changed at random are read or refused, never worse: no crash, an error that names the
 * file, times that never fall, and the same answer again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "feed/source.h"
#include "feed_fixture.h"
#include "prop_seed.h"

#define CASES 1000
#define QUICK_CASES 20000
#define TEXT_MAX 65536
#define CHANGES_MAX 6

static const char *const packings[] = {".csv", ".csv", ".csv", ".csv",
                                       ".gz",  ".zst", ".xz",  ".zip"};

static size_t quotes(char *out, struct rng *rng) {
    size_t at = (size_t)sprintf(out, rng_chance(rng, 1, 2) ? "date,ms,bid,ask\n" : "");
    for (int i = 0; i < 60; i++)
        at += (size_t)sprintf(out + at, "20140501,%d.%d,1.38%03d,1.39%03d\n", 1000 + i * 10, i % 10,
                              i * 7, i * 11);
    return at;
}

static size_t trades(char *out, struct rng *rng) {
    size_t at = 0;
    (void)rng;
    for (int i = 0; i < 60; i++)
        at += (size_t)sprintf(out + at, "%d,2.5%d,4,%d,%d,17251488%05d,%s\n", i, i, i, i, i * 100,
                              i % 2 ? "true" : "False");
    return at;
}

static size_t klines(char *out, struct rng *rng) {
    size_t at = 0;
    (void)rng;
    for (int i = 0; i < 40; i++)
        at += (size_t)sprintf(out + at,
                              "17251%05d000,3.5,3.7,3.4,3.6,10.5,17251%05d999,1,2,3,4,0\r\n",
                              48800 + i * 60, 48859 + i * 60);
    return at;
}

static size_t bars(char *out, struct rng *rng) {
    size_t at = (size_t)sprintf(out, "date,Open,High,Low,Close,Volume\n");
    (void)rng;
    for (int i = 0; i < 50; i++)
        at += (size_t)sprintf(out + at, "2025-03-09 0%d:%02d:00,617.68,618,617.03,617.1,%d.0\n",
                              i / 30, i % 60, i);
    return at;
}

static size_t lines(char *out, struct rng *rng) {
    size_t at = 0;
    (void)rng;
    for (int i = 0; i < 30; i++)
        at +=
            (size_t)sprintf(out + at,
                            i % 5 == 4 ? "{\"t\":\"2026-03-01T09:30:%02dZ\",\"type\":\"advance\"}\n"
                                       : "{\"t\":\"2026-03-01T09:30:%02dZ\",\"type\":\"quote\","
                                         "\"symbol\":\"EURUSD\",\"bid\":\"1.1\",\"ask\":\"1.2\"}\n",
                            i);
    return at;
}

static size_t change(char *text, size_t size, struct rng *rng) {
    static const char spice[] = "0123456789.,;-+eE\"{}: \n\r\t\0xTZ";
    size_t at = (size_t)rng_below(rng, size + 1), len = (size_t)rng_below(rng, 40);
    if (len > size - at) len = size - at;
    switch (rng_below(rng, 6)) {
    case 0: /* cut off */ return at;
    case 1: /* take out */ memmove(text + at, text + at + len, size - at - len); return size - len;
    case 2: /* repeat */
        if (size + len >= TEXT_MAX) return size;
        memmove(text + at + len, text + at, size - at);
        return size + len;
    case 3: /* put in */
        if (size + 1 >= TEXT_MAX) return size;
        memmove(text + at + 1, text + at, size - at);
        text[at] = spice[rng_below(rng, sizeof spice)];
        return size + 1;
    case 4: /* any byte */
        if (at < size) text[at] = (char)rng_below(rng, 256);
        return size;
    default: /* a likely byte */
        if (at < size) text[at] = spice[rng_below(rng, sizeof spice)];
        return size;
    }
}

static struct fixture_digest read_it(const char *path, struct rng *rng) {
    static const char *const formats[] = {"csv", "jsonl", "binance_klines", "lean_quote",
                                          "histdata"};
    struct feed_options options = fixture_options();
    struct pawl_err err = {0};
    struct fixture_digest digest = {.hash = 0};
    struct feed *feed = NULL;
    options.symbol = "EURUSD";
    options.tz = rng_chance(rng, 1, 2) ? "-05:00" : "";
    options.bad_rows = rng_chance(rng, 1, 2) ? FEED_BAD_SKIP : FEED_BAD_FATAL;
    if (rng_chance(rng, 1, 4)) options.format = formats[rng_below(rng, 5)];
    digest.rc = feed_open(&path, 1, &options, &feed, &err);
    if (digest.rc == PAWL_OK)
        digest = fixture_digest_of(feed, 0, &err);
    else
        assert_null(feed);
    if (digest.rc != PAWL_OK) {
        assert_true(digest.rc == PAWL_E_DATA || digest.rc == PAWL_E_IO ||
                    digest.rc == PAWL_E_CONFIG);
        assert_int_equal(err.rc, digest.rc);
        assert_memory_equal(err.text, path, strlen(path));
        for (const char *p = err.text; *p != 0; p++)
            if (*p < 0x20 || *p > 0x7e) fail_msg("not printable: %s", err.text);
    }
    feed_free(feed);
    return digest;
}

static void changed_files_do_no_harm(void **state) {
    static size_t (*const kinds[])(char *, struct rng *) = {quotes, trades, klines, bars, lines};
    static char text[TEXT_MAX];
    struct rng rng;
    uint64_t read = 0, refused = 0, rows = 0;
    (void)state;
    rng_init(&rng, prop_seed("prop_feed"));
    for (int i = 0; i < CASES; i++) {
        char path[FIXTURE_PATH_MAX], name[32];
        const char *packing = packings[rng_below(&rng, sizeof packings / sizeof packings[0])];
        size_t size = kinds[rng_below(&rng, 5)](text, &rng);
        uint64_t changes = rng_below(&rng, CHANGES_MAX);
        int packed_first = rng_chance(&rng, 1, 2) && strcmp(packing, ".csv") != 0;
        snprintf(name, sizeof name, "eurusd%s", packing);
        fixture_path(name, path);
        if (packed_first) { /* then it is the packed bytes that change */
            fixture_pack(path, text, size);
            FILE *file = fopen(path, "rb");
            size = fread(text, 1, sizeof text, file);
            fclose(file);
        }
        for (uint64_t c = 0; c < changes; c++) size = change(text, size, &rng);
        if (packed_first)
            fixture_write(path, text, size);
        else
            fixture_pack(path, text, size);
        struct rng again = rng;
        struct fixture_digest first = read_it(path, &rng), second = read_it(path, &again);
        assert_int_equal(first.rc, second.rc);
        assert_int_equal(first.rows, second.rows);
        assert_true(first.hash == second.hash);
        if (first.rc == PAWL_OK)
            read++;
        else
            refused++;
        rows += first.rows;
    }
    print_message("%d files: %llu read, %llu refused, %llu rows\n", CASES, (unsigned long long)read,
                  (unsigned long long)refused, (unsigned long long)rows);
    assert_true(read > CASES / 10 && refused > CASES / 10);
}

/* ---- two readers of JSON ---- */

static size_t json_line(char *out, struct rng *rng) {
    static const char *const lines[] = {
        "{\"t\":\"2026-03-01T09:30:00.5Z\",\"type\":\"quote\",\"symbol\":\"EURUSD\",\"bid\":\"1."
        "1\","
        "\"ask\":\"1.2\"}",
        "{ \"ask\": \"1.2\", \"bid\": \"0\", \"bid_size\": \"7\", \"ask_size\": \"0.00000001\", "
        "\"symbol\": \"xauusd\", \"type\": \"quote\", \"t\": \"2026-03-01T09:30:00+02:00\" } ",
        "{\"t\":\"2026-03-01T09:30:00Z\",\"type\":\"trade\",\"symbol\":\"SPY\",\"price\":\"450."
        "25\","
        "\"size\":\"100\"}",
        "{\"t\":\"2026-03-01T09:30:00Z\",\"type\":\"trade\",\"symbol\":\"SPY\",\"price\":\"1\","
        "\"size\":\"1\",\"side\":\"BUY\"}",
        "{\"t\":\"2026-03-01T09:30:00Z\",\"type\":\"mark\",\"symbol\":\"SPY\",\"price\":\"1\"}",
    };
    return (size_t)sprintf(out, "%s", lines[rng_below(rng, sizeof lines / sizeof lines[0])]);
}

/* What the quick reader takes, the thorough one reads as the same event. */
static void the_quick_reader_is_never_wrong(void **state) {
    static char text[TEXT_MAX];
    static _Alignas(16) uint8_t quick[PAWL_EVENT_SIZE_MAX], thorough[PAWL_EVENT_SIZE_MAX];
    static struct source source;
    struct feed_options options = fixture_options();
    struct rng rng;
    uint64_t taken = 0;
    (void)state;
    rng_init(&rng, prop_seed("quick"));
    source.options = &options;
    for (int i = 0; i < QUICK_CASES; i++) {
        size_t size = json_line(text, &rng);
        for (uint64_t c = rng_below(&rng, 3); c > 0; c--) size = change(text, size, &rng);
        text[size] = '\n';
        int result = jsonl_quick(&source, text, size, quick);
        if (result == 0) continue;
        taken++;
        struct pawl_err err = {0};
        json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
        if (object == NULL) fail_msg("not JSON, but taken: %.*s", (int)size, text);
        if (event_from_json(object, &fixture_decode, thorough, sizeof thorough, &err) != PAWL_OK)
            fail_msg("taken: %.*s\n%s", (int)size, text, err.text);
        json_decref(object);
        assert_int_equal(result, ((const struct pawl_event *)(const void *)thorough)->size);
        assert_memory_equal(quick, thorough, (size_t)result);
    }
    print_message("%d lines, %llu taken\n", QUICK_CASES, (unsigned long long)taken);
    assert_true(taken > QUICK_CASES / 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(changed_files_do_no_harm),
                                       cmocka_unit_test(the_quick_reader_is_never_wrong)};
    return cmocka_run_group_tests(tests, NULL, fixture_remove_folder);
}
