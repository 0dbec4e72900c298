/* feed_fixture.h - what the tests of the feed share: instruments, files in a folder of their own, a
 * digest of a whole feed. */
#ifndef FEED_FIXTURE_H
#define FEED_FIXTURE_H

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "events/codec.h"
#include "feed/feed.h"
#include "pawl_schema.gen.h"

static const char *const fixture_symbols[] = {"EURUSD", "XAUUSD",  "SPY",     "FILUSDT",
                                              "BTCUSD", "BTCUSDT", "ETHUSDT", "AAPL",
                                              "EUR",    "USDJPY",  "GOOG",    NULL};
enum { EURUSD = 1, XAUUSD, SPY, FILUSDT, BTCUSD, BTCUSDT, ETHUSDT, AAPL, EUR, USDJPY, GOOG };

static inline const char *fixture_symbol_at(void *self, size_t i) {
    (void)self;
    return i < sizeof fixture_symbols / sizeof fixture_symbols[0] ? fixture_symbols[i] : NULL;
}

static inline uint32_t fixture_instrument(void *self, const char *symbol) {
    for (uint32_t i = 0; fixture_symbol_at(self, i) != NULL; i++)
        if (strcasecmp(fixture_symbols[i], symbol) == 0) return i + 1;
    return 0;
}

static const struct event_decode fixture_decode = {.instrument = fixture_instrument};

static inline struct feed_options fixture_options(void) {
    return (struct feed_options){.instrument = fixture_instrument,
                                 .symbol_at = fixture_symbol_at,
                                 .decode = &fixture_decode};
}

/* ---- files ---- */

#define FIXTURE_PATH_MAX 512

static char fixture_folder[64];

static inline const char *fixture_path(const char *name, char out[FIXTURE_PATH_MAX]) {
    if (fixture_folder[0] == '\0') {
        strcpy(fixture_folder, "/tmp/pawl-feed-XXXXXX");
        if (mkdtemp(fixture_folder) == NULL) abort();
    }
    snprintf(out, FIXTURE_PATH_MAX, "%s/%s", fixture_folder, name);
    return out;
}

static inline void fixture_write(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) abort();
}

/* The same bytes by the name's ending: .gz, .zst, .xz, .zip, or plain. */
static inline void fixture_pack(const char *path, const void *bytes, size_t size) {
    const char *end = strrchr(path, '.');
    int zip = strcmp(end, ".zip") == 0;
    struct archive *a = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    if (strcmp(end, ".gz") == 0)
        archive_write_add_filter_gzip(a);
    else if (strcmp(end, ".zst") == 0)
        archive_write_add_filter_zstd(a);
    else if (strcmp(end, ".xz") == 0 && archive_write_add_filter_xz(a) == ARCHIVE_OK)
        archive_write_set_filter_option(a, "xz", "compression-level", "0"); /* small tables */
    if (zip)
        archive_write_set_format_zip(a);
    else
        archive_write_set_format_raw(a);
    archive_entry_set_pathname(entry, "data.csv");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)size);
    if (archive_write_open_filename(a, path) != ARCHIVE_OK ||
        archive_write_header(a, entry) != ARCHIVE_OK ||
        archive_write_data(a, bytes, size) != (la_ssize_t)size ||
        archive_write_close(a) != ARCHIVE_OK)
        abort();
    archive_entry_free(entry);
    archive_write_free(a);
}

static inline int fixture_remove_folder(void **state) {
    char command[96];
    (void)state;
    if (fixture_folder[0] == '\0') return 0;
    snprintf(command, sizeof command, "rm -r %s", fixture_folder);
    fixture_folder[0] = '\0';
    return system(command);
}

/* A file of the project's source; the tests are run with PAWL_SOURCE. */
static inline const char *fixture_source(const char *name, char out[FIXTURE_PATH_MAX]) {
    const char *root = getenv("PAWL_SOURCE");
    snprintf(out, FIXTURE_PATH_MAX, "%s/%s", root != NULL ? root : ".", name);
    return out;
}

/* A recorded file; NULL where the data is not there. */
static inline const char *fixture_data(const char *name, char out[FIXTURE_PATH_MAX]) {
    const char *data = getenv("PAWL_TEST_DATA");
    char fallback[FIXTURE_PATH_MAX];
    if (data == NULL) data = fixture_source("../shared/data", fallback);
    if (snprintf(out, FIXTURE_PATH_MAX, "%s/%s", data, name) >= FIXTURE_PATH_MAX) return NULL;
    return access(out, R_OK) == 0 ? out : NULL;
}

/* ---- whole feeds ---- */

struct fixture_digest {
    uint64_t hash, rows;
    int64_t first_ns, last_ns;
    struct feed_counts counts;
    int rc;
};

static inline uint64_t fixture_hash(uint64_t hash, const void *bytes, size_t size) {
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size; i++) hash = (hash ^ p[i]) * UINT64_C(1099511628211);
    return hash;
}

/* Reads to the end (or the failure), from the row after `skip`. */
static inline struct fixture_digest fixture_digest_of(struct feed *feed, uint64_t skip,
                                                      struct pawl_err *err) {
    struct fixture_digest digest = {.hash = UINT64_C(14695981039346656037)};
    struct feed_item item;
    digest.rc = skip > 0 ? feed_skip_to(feed, skip, err) : PAWL_OK;
    while (digest.rc == PAWL_OK && (digest.rc = feed_next(feed, &item, err)) == PAWL_OK) {
        if (item.kind == FEED_END) break;
        assert(item.time_ns >= digest.last_ns);
        digest.hash = fixture_hash(digest.hash, &item.kind, sizeof item.kind);
        digest.hash = fixture_hash(digest.hash, &item.row, sizeof item.row);
        digest.hash = fixture_hash(digest.hash, &item.time_ns, sizeof item.time_ns);
        if (item.event != NULL)
            digest.hash = fixture_hash(digest.hash, item.event, item.event->size);
        if (digest.rows++ == 0) digest.first_ns = item.time_ns;
        digest.last_ns = item.time_ns;
    }
    feed_get_counts(feed, &digest.counts);
    return digest;
}

#endif
