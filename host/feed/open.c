/* open.c - what a file is: its format, its symbol, its zone. */
#include <fnmatch.h>
#include <stdio.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/err.h"
#include "feed/generate.h"
#include "feed/source.h"

#define SYMBOLS_MAX 65536u

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static int is_set(const char *text) {
    return text != NULL && text[0] != '\0';
}

/* Against the path, and against each end of it that begins behind a slash. */
static int path_matches(const char *match, const char *path) {
    for (; path != NULL; path = strchr(path, '/')) {
        if (fnmatch(match, path, 0) == 0) return 1;
        path += path[0] == '/';
        if (fnmatch(match, path, 0) == 0) return 1;
    }
    return 0;
}

static const struct feed_rule *rule_for(const struct feed_options *options, const char *path) {
    for (size_t i = 0; i < options->rule_count; i++) {
        const char *match = options->rules[i].match;
        if (is_set(match) && path_matches(match, path)) return &options->rules[i];
    }
    return NULL;
}

/* ---- format ---- */

static int detect_fixed(struct source *source, const char *format, const char *line, size_t len) {
    char message[ROW_MESSAGE_MAX];
    for (size_t i = 0; layout_fixed(i, &source->layout) == PAWL_OK; i++) {
        struct row row = {.utc = 0};
        if (format != NULL && strcmp(format, source->layout.format) != 0) continue;
        source->reader = (struct row_reader){.layout = source->layout, .scale_e8 = PAWL_E8};
        if (row_read(&source->reader, line, len, &row, message) == PAWL_OK) return PAWL_OK;
    }
    return PAWL_E_NOTFOUND;
}

/* By the first line; format NULL = any. */
static int detect(struct source *source, const char *format, const char *line, size_t len,
                  struct pawl_err *err) {
    struct pawl_err local = {0};
    char where[BYTES_WHERE_MAX];
    struct row_shown shown = row_show(line, len);
    int named = format != NULL;
    if (named ? strcmp(format, "jsonl") == 0 : len > 0 && line[0] == '{') {
        source->kind = SOURCE_JSONL;
        source->info.format = "jsonl";
        return PAWL_OK;
    }
    source->kind = SOURCE_CSV;
    int rc = layout_from_header(line, len, &source->layout, &local);
    if (rc == PAWL_E_NOTFOUND && !(named && strcmp(format, "csv") == 0))
        rc = detect_fixed(source, format, line, len);
    else if (rc == PAWL_OK && named && strcmp(format, "csv") != 0)
        for (size_t i = 0; layout_fixed(i, &source->reader.layout) == PAWL_OK; i++)
            if (strcmp(source->reader.layout.format, format) == 0) {
                source->layout.format = source->reader.layout.format;
                source->layout.tz = source->reader.layout.tz;
            }
    source->info.format = source->layout.format;
    if (rc == PAWL_OK) return PAWL_OK;
    bytes_where(source->bytes, source->bytes->line, where);
    if (local.text[0] != '\0') return pawl_fail(err, rc, "%s: %s", where, local.text);
    if (named)
        return pawl_fail(err, PAWL_E_DATA, "%s: not a line of format %s: '%s'", where, format,
                         shown.text);
    return pawl_fail(err, PAWL_E_DATA, "%s: neither a known header nor a known format: '%s'", where,
                     shown.text);
}

/* Reads the first line to tell the format, and steps back before it unless it is a header. */
static int detect_file(struct source *source, const char *format, struct pawl_err *err) {
    const char *line = NULL;
    size_t len = 0;
    int rc = bytes_open(source->path, &source->bytes, err);
    if (rc != PAWL_OK) return rc;
    rc = bytes_first_line(source->bytes, &line, &len, err);
    if (rc != BYTES_LINE) return rc;
    if ((rc = detect(source, format, line, len, err)) != PAWL_OK) return rc;
    if (source->kind == SOURCE_CSV && source->layout.header) return PAWL_OK;
    /* The buffer still holds the line: one that fits in it is never moved by reading it. */
    source->bytes->at = line;
    source->bytes->line--;
    return PAWL_OK;
}

/* ---- symbol ---- */

/* The longest configured symbol that begins the file name, with no letter behind it. */
static uint32_t symbol_from_name(const struct feed_options *options, const char *path) {
    const char *name = base_name(path), *symbol, *best = NULL;
    size_t best_len = 0;
    if (options->symbol_at == NULL) return 0;
    for (size_t i = 0; i < SYMBOLS_MAX && (symbol = options->symbol_at(options->self, i)) != NULL;
         i++) {
        size_t len = strlen(symbol);
        if (len <= best_len || strncasecmp(symbol, name, len) != 0) continue;
        char next = name[len];
        if ((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z')) continue;
        best = symbol;
        best_len = len;
    }
    return best != NULL ? options->instrument(options->self, best) : 0;
}

static int find_symbol(struct source *source, const struct feed_options *options,
                       const struct feed_rule *rule, struct pawl_err *err) {
    const char *symbol = NULL;
    if (source->kind == SOURCE_JSONL) return PAWL_OK;
    if (is_set(options->symbol))
        symbol = options->symbol;
    else if (rule != NULL && is_set(rule->symbol))
        symbol = rule->symbol;
    else if (source->kind == SOURCE_GENERATED)
        symbol = generator_symbol(source->generator);
    if (symbol != NULL) {
        source->info.instrument = options->instrument(options->self, symbol);
        if (source->info.instrument != 0) return PAWL_OK;
        return pawl_fail(err, PAWL_E_CONFIG, "%s: no such instrument: '%.60s'", source->path,
                         symbol);
    }
    source->info.instrument = symbol_from_name(options, source->path);
    if (source->info.instrument != 0 || layout_has(&source->layout, COL_SYMBOL)) return PAWL_OK;
    return pawl_fail(
        err, PAWL_E_CONFIG,
        "%s: its name begins with no configured symbol: name it with --symbol or in feeds",
        source->path);
}

/* ---- zone and the rest ---- */

static int find_zone(struct source *source, const struct feed_options *options,
                     const struct feed_rule *rule, struct pawl_err *err) {
    const char *tz = NULL;
    if (source->kind != SOURCE_CSV) return PAWL_OK;
    if (rule != NULL && is_set(rule->tz))
        tz = rule->tz;
    else if (source->layout.tz != NULL)
        tz = source->layout.tz;
    else if (is_set(options->tz))
        tz = options->tz;
    if (tz == NULL) return PAWL_OK;
    if (strlen(tz) > TZ_NAME_MAX)
        return pawl_fail(err, PAWL_E_CONFIG, "%s: the name of its time zone is too long",
                         source->path);
    snprintf(source->tz_name, sizeof source->tz_name, "%s", tz);
    struct pawl_err local = {0};
    int rc = tz_new(tz, NULL, &source->tz, &local);
    return rc == PAWL_OK ? PAWL_OK : pawl_fail(err, rc, "%s: %s", source->path, local.text);
}

static int find_bar_length(struct source *source, const struct feed_rule *rule,
                           struct pawl_err *err) {
    if (source->kind != SOURCE_CSV || source->layout.kind != LAYOUT_BAR) return PAWL_OK;
    if (rule != NULL) source->info.bar_seconds = rule->bar_seconds;
    if (source->info.bar_seconds != 0 || layout_has(&source->layout, COL_CLOSE_TIME) ||
        layout_has(&source->layout, COL_SECONDS))
        return PAWL_OK;
    source->reader = (struct row_reader){.layout = source->layout, .scale_e8 = PAWL_E8};
    source->info.bar_seconds = csv_smallest_step(source);
    if (source->info.bar_seconds != 0 || source->bytes->at == source->bytes->end) return PAWL_OK;
    return pawl_fail(err, PAWL_E_DATA, "%s: too few good rows to tell the length of a bar",
                     source->path);
}

/* Time of the first entry. A failure before any row is the caller's to hear at once. */
static int peek(struct source *source, struct pawl_err *err) {
    struct batch *batch = mem_alloc(sizeof *batch);
    if (batch == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    source_stop(source);
    int rc = source_start(source, err);
    source->first_ns = INT64_MIN;
    if (rc == PAWL_OK) {
        source_fill(source, batch);
        const struct entry_text *first = (const struct entry_text *)(const void *)batch->bytes;
        int empty = batch->used == 0 && batch->bad == 0 && batch->suspicious == 0 && batch->last;
        if (empty) {
            rc = pawl_fail(err, PAWL_E_DATA, "%s:1: %s", source->path,
                           source->kind == SOURCE_GENERATED ? "no quotes come of it"
                           : source->kind == SOURCE_CSV && source->layout.header
                               ? "a header and no rows"
                               : "no rows");
        } else if (batch->used > 0 && first->head.type == ENTRY_FAIL) {
            rc = pawl_fail(err, first->rc, "%s", first->text);
        } else if (batch->used > 0 && first->head.type != ENTRY_REMARK) {
            source->first_ns = first->head.time_ns;
            if (first->head.type == PAWL_EV_BAR && source->kind == SOURCE_CSV)
                source->info.bar_seconds =
                    ((const struct pawl_ev_bar *)(const void *)batch->bytes)->seconds;
        }
    }
    mem_free(batch);
    return rc;
}

static int choose_format(struct source *source, const struct feed_options *options,
                         const struct feed_rule *rule, struct pawl_err *err) {
    const char *format = NULL;
    size_t len = strlen(source->path), suffix = strlen(GENERATE_SUFFIX);
    if (is_set(options->format))
        format = options->format;
    else if (rule != NULL && is_set(rule->format))
        format = rule->format;
    else if (len > suffix && strcmp(source->path + len - suffix, GENERATE_SUFFIX) == 0)
        format = "generated";
    if (format != NULL && !layout_format_known(format))
        return pawl_fail(err, PAWL_E_CONFIG, "%s: no such format: '%.60s'", source->path, format);
    if (format == NULL || strcmp(format, "generated") != 0) return detect_file(source, format, err);
    source->kind = SOURCE_GENERATED;
    source->info.format = "generated";
    return generator_new(source->path, &source->generator, err);
}

int source_open(struct source *source, const char *path, const struct feed_options *options,
                struct pawl_err *err) {
    memset(source, 0, sizeof *source);
    if (strlen(path) >= sizeof source->path)
        return pawl_fail(err, PAWL_E_INVAL, "%.100s...: path too long", path);
    snprintf(source->path, sizeof source->path, "%s", path);
    source->info.path = source->path;
    source->options = options;
    source->scale_e8 = PAWL_E8;
    const struct feed_rule *rule = rule_for(options, path);
    if (rule != NULL) {
        if (rule->scale.e8 < 0 || rule->back_max_ns < 0)
            return pawl_fail(err, PAWL_E_CONFIG, "%s: scale and tolerance must not be negative",
                             path);
        if (rule->scale.e8 != 0) source->scale_e8 = rule->scale.e8;
        source->back_max_ns = rule->back_max_ns;
        source->stamp = rule->stamp;
        source->info.spread = rule->spread;
        source->info.speed = rule->speed;
    }
    int rc = choose_format(source, options, rule, err);
    if (rc == PAWL_OK && source->kind == SOURCE_JSONL && options->decode == NULL)
        rc = pawl_fail(err, PAWL_E_CONFIG, "%s: JSON Lines are not read here", path);
    if (rc == PAWL_OK) rc = find_symbol(source, options, rule, err);
    if (rc == PAWL_OK) rc = find_zone(source, options, rule, err);
    if (rc == PAWL_OK) rc = find_bar_length(source, rule, err);
    source->info.trades_only = source->kind == SOURCE_CSV && source->layout.kind != LAYOUT_QUOTE;
    if (rc == PAWL_OK) rc = peek(source, err);
    source_stop(source);
    return rc;
}
