#include "feed/source.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/plural.h"
#include "feed/generate.h"
#include "pawl_num.h"

/* ---- entries that are not events ---- */

static void *room(struct batch *batch) {
    return batch->bytes + batch->used;
}

static void take(struct batch *batch, const struct pawl_event *event) {
    batch->used += (event->size + 7u) & ~7u;
}

static void add_text(struct source *source, struct batch *batch, uint16_t type, int rc,
                     const char *text) {
    struct entry_text *entry = room(batch);
    entry->head =
        (struct pawl_event){.size = sizeof *entry, .type = type, .time_ns = source->last_ns};
    entry->rc = rc;
    snprintf(entry->text, sizeof entry->text, "%s", text);
    take(batch, &entry->head);
    if (type == ENTRY_FAIL) batch->last = 1;
}

/* What a line or a library put into the message must not upset a log. */
static void make_printable(char *message) {
    for (; *message != '\0'; message++)
        if (*message < 0x20 || *message > 0x7e) *message = '?';
}

static void add_bad(struct source *source, struct batch *batch, int result, char *message) {
    char where[BYTES_WHERE_MAX], text[BYTES_WHERE_MAX + ROW_MESSAGE_MAX];
    int fatal = source->options->bad_rows == FEED_BAD_FATAL;
    source->bad_rows++;
    batch->bad++;
    batch->one_sided += result == LINE_ONE_SIDED;
    if (!fatal && source->bad_rows > FEED_BAD_SHOWN_MAX) return;
    bytes_where(source->bytes, source->bytes->line, where);
    make_printable(message);
    snprintf(text, sizeof text, "%s: %s%s", where, message, fatal ? "" : "; row skipped");
    add_text(source, batch, fatal ? ENTRY_FAIL : ENTRY_REMARK, PAWL_E_DATA, text);
}

static void add_end(struct source *source, struct batch *batch) {
    char where[BYTES_WHERE_MAX], text[BYTES_WHERE_MAX + 64];
    batch->last = 1;
    if (source->bad_rows <= FEED_BAD_SHOWN_MAX) return;
    snprintf(text, sizeof text, "%s: %llu row%s skipped in all",
             bytes_where(source->bytes, 0, where), (unsigned long long)source->bad_rows,
             plural(source->bad_rows));
    add_text(source, batch, ENTRY_REMARK, PAWL_OK, text);
}

/* ---- filling ---- */

/* A step back in time: within the tolerance the row arrives with the one before it. */
static int check_order(struct source *source, struct pawl_event *event, char *message) {
    if (event->time_ns < source->last_ns) {
        int64_t back_ns = source->last_ns - event->time_ns;
        if (back_ns > source->back_max_ns) {
            char seconds[PAWL_E8_TEXT_MAX];
            pawl_format_e8(back_ns / 10, seconds);
            snprintf(message, ROW_MESSAGE_MAX, "time goes back by %s s", seconds);
            return LINE_BAD;
        }
        event->time_ns = source->last_ns;
    }
    source->last_ns = event->time_ns;
    return (int)event->size;
}

/* The next member of a zip begins: with its own header where there is one. */
static int next_part(struct source *source, const char *line, size_t len, int *ret_header,
                     char *message) {
    struct layout layout;
    struct pawl_err err = {0};
    source->part = source->bytes->part;
    *ret_header = 0;
    if (source->kind != SOURCE_CSV) return 0;
    int rc = layout_from_header(line, len, &layout, &err);
    if (rc == PAWL_E_NOTFOUND) return 0;
    *ret_header = 1;
    if (rc == PAWL_OK && layout.kind == source->layout.kind) {
        layout.format = source->layout.format;
        layout.tz = source->layout.tz;
        source->layout = source->reader.layout = layout;
        memset(&source->row, 0, sizeof source->row);
        return 0;
    }
    snprintf(message, ROW_MESSAGE_MAX, "%s",
             rc != PAWL_OK ? err.text : "another kind of rows than before");
    return LINE_BAD;
}

static int one_line(struct source *source, const char *line, size_t len, void *out, char *message) {
    int64_t own_ns = 0;
    int result;
    if (source->part != source->bytes->part) {
        int header;
        result = next_part(source, line, len, &header, message);
        if (header || result < 0) return result;
    }
    if (source->kind == SOURCE_CSV)
        result = csv_line(source, line, len, out, &own_ns, message);
    else
        result = jsonl_line(source, line, len, out, &own_ns, message);
    if (result > 0) result = check_order(source, out, message);
    if (result > 0) source->last_utc_ns = own_ns;
    return result;
}

static void fill_lines(struct source *source, struct batch *batch) {
    char message[ROW_MESSAGE_MAX];
    struct pawl_err err = {0}; /* set once at most: then the batch is the last */
    const char *line = NULL;
    size_t len = 0;
    while (!batch->last && BATCH_BYTES - batch->used >= BATCH_SPARE) {
        int got = bytes_line(source->bytes, &line, &len, &err);
        if (got == BYTES_LINE) {
            if (len == 0) continue;
            int result = one_line(source, line, len, room(batch), message);
            if (result > 0)
                take(batch, room(batch));
            else if (result == LINE_SKIP)
                batch->suspicious++;
            else
                add_bad(source, batch, result, message);
        } else if (got == BYTES_TOO_LONG) {
            snprintf(message, sizeof message, "longer than %u bytes", FEED_LINE_MAX);
            add_bad(source, batch, LINE_BAD, message);
        } else if (got == BYTES_END) {
            add_end(source, batch);
        } else {
            add_text(source, batch, ENTRY_FAIL, got, err.text);
        }
    }
}

static void fill_generated(struct source *source, struct batch *batch) {
    while (BATCH_BYTES - batch->used >= BATCH_SPARE) {
        struct pawl_ev_quote *quote = room(batch);
        if (!generator_next(source->generator, quote)) {
            batch->last = 1;
            return;
        }
        quote->instrument = source->info.instrument;
        source->last_ns = quote->head.time_ns;
        take(batch, &quote->head);
    }
}

void source_fill(struct source *source, struct batch *batch) {
    batch->used = 0;
    batch->last = 0;
    batch->bad = batch->one_sided = batch->suspicious = 0;
    if (source->kind == SOURCE_GENERATED)
        fill_generated(source, batch);
    else
        fill_lines(source, batch);
}

/* ---- starting and stopping ---- */

int source_start(struct source *source, struct pawl_err *err) {
    source->last_ns = source->last_utc_ns = 0;
    source->bad_rows = 0;
    source->symbol_id = 0;
    source->symbol[0] = '\0';
    memset(&source->row, 0, sizeof source->row);
    if (source->kind == SOURCE_GENERATED)
        return generator_new(source->path, &source->generator, err);
    int rc = bytes_open(source->path, &source->bytes, err);
    if (rc == PAWL_OK && source->tz_name[0] != '\0')
        rc = tz_new(source->tz_name, NULL, &source->tz, err);
    if (rc != PAWL_OK) return rc;
    source->part = source->bytes->part;
    if (source->kind == SOURCE_JSONL) return PAWL_OK;
    source->reader = (struct row_reader){.layout = source->layout, .scale_e8 = source->scale_e8};
    if (source->layout.header) {
        const char *line;
        size_t len;
        rc = bytes_first_line(source->bytes, &line, &len, err);
        if (rc != BYTES_LINE) return rc;
    }
    return PAWL_OK;
}

void source_stop(struct source *source) {
    bytes_close(source->bytes);
    tz_free(source->tz);
    generator_free(source->generator);
    source->bytes = NULL;
    source->tz = NULL;
    source->generator = NULL;
}
