/*
 * turncoat - counts quotes in a session record and says so every `every` of them, with its version;
 * what it counts, and the timer and level it has out, outlive its code. Version 2 has a longer
 * record. `refuse` refuses every restore.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pawl_plugin.h"
#include "pawl_schema.gen.h"
#include "pawl_services.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

#define REC_COUNT 0x7f01u
#define REC_KEPT 0x7f02u
#define KEY_BEAT 1u
#define BEAT_NS (7 * PAWL_NS)

struct options {
    int64_t every;
    uint8_t refuse;
    uint8_t reserved[7];
};

static const struct pawl_option options[] = {
    {"every", PAWL_OPT_INT, offsetof(struct options, every), 1, 1000000, "10", NULL,
     "Quotes from one word to the next."},
    {"refuse", PAWL_OPT_BOOL, offsetof(struct options, refuse), 0, 0, "false", NULL,
     "Refuse to take over."},
    {.name = NULL}};

struct count { /* of the session */
    uint64_t id;
    uint64_t quotes;
};

struct kept { /* durable */
    uint64_t id;
    uint64_t beats;
    int64_t next_ns; /* of the beat */
#if VERSION > 1
    uint64_t replaced; /* reloads it has been through */
#endif
};

static const struct pawl_field count_fields[] = {
    {"id", PAWL_F_U64, 0, offsetof(struct count, id), 8, "1."},
    {"quotes", PAWL_F_U64, 0, offsetof(struct count, quotes), 8, "Counted."},
    {.name = NULL}};

static const struct pawl_field kept_fields[] = {
    {"id", PAWL_F_U64, 0, offsetof(struct kept, id), 8, "1."},
    {"beats", PAWL_F_U64, 0, offsetof(struct kept, beats), 8, "Timers that came."},
    {"next", PAWL_F_TIME, 0, offsetof(struct kept, next_ns), 8, "When the next one is due."},
#if VERSION > 1
    {"replaced", PAWL_F_U64, 0, offsetof(struct kept, replaced), 8, "Reloads it has been through."},
#endif
    {.name = NULL}};

static const struct pawl_record_type records[] = {
    {.name = "turncoat_count", .table = "turncoat_counts", .id = REC_COUNT, .durable = 0,
     .size = sizeof(struct count), .fields = count_fields},
    {.name = "turncoat_kept", .table = "turncoat_kept", .id = REC_KEPT, .durable = 1,
     .size = sizeof(struct kept), .fields = kept_fields},
    {.name = NULL}};

struct self {
    struct pawl_ctx *ctx;
    const struct pawl_records *records;
    const struct pawl_timers *timers;
    struct options options;
};

static int create(struct pawl_ctx *ctx, const void *given, void **ret_self, struct pawl_err *err) {
    struct self *self = calloc(1, sizeof *self);
    (void)err;
    if (self == NULL) return PAWL_E_NOMEM;
    self->ctx = ctx;
    self->options = *(const struct options *)given;
    self->records = ctx->host->service(ctx, PAWL_RECORDS);
    self->timers = ctx->host->service(ctx, PAWL_TIMERS);
    *ret_self = self;
    return PAWL_OK;
}

static void destroy(void *self) { free(self); }

static int say(struct self *self, uint64_t number, const char *what) {
    struct pawl_ev_entry_ignored event = {
        .head = {.size = sizeof event, .type = PAWL_EV_ENTRY_IGNORED}};
    event.component = self->ctx->component;
    snprintf(event.reason, sizeof event.reason, "v" TEXT(VERSION) " %s %llu", what,
             (unsigned long long)number);
    return self->ctx->host->publish(self->ctx, &event.head);
}

static int on_quote(struct self *self) {
    const struct count *known = self->records->get(self->ctx, REC_COUNT, 1);
    struct count count = {.id = 1, .quotes = known == NULL ? 1 : known->quotes + 1};
    int rc = self->records->put(self->ctx, REC_COUNT, &count);
    if (rc != PAWL_OK || count.quotes % (uint64_t)self->options.every != 0) return rc;
    return say(self, count.quotes, "quotes");
}

static struct kept kept_of(struct self *self) {
    const struct kept *known = self->records->get(self->ctx, REC_KEPT, 1);
    return known == NULL ? (struct kept){.id = 1} : *known;
}

static int on_timer(struct self *self) {
    struct kept kept = kept_of(self);
    kept.beats++;
    kept.next_ns = self->ctx->host->now_ns(self->ctx) + BEAT_NS;
    int rc = self->records->put(self->ctx, REC_KEPT, &kept);
    if (rc == PAWL_OK) rc = self->timers->set(self->ctx, KEY_BEAT, kept.next_ns);
    return rc == PAWL_OK ? say(self, kept.beats, "beats") : rc;
}

static int on_restored(struct self *self, const struct pawl_ev_restored *event) {
    struct kept kept = kept_of(self);
    if (self->options.refuse) return PAWL_E_STATE;
#if VERSION > 1
    kept.replaced += event->reload;
#else
    (void)event;
#endif
    if (kept.next_ns == 0) kept.next_ns = self->ctx->host->now_ns(self->ctx) + BEAT_NS;
    int rc = self->records->put(self->ctx, REC_KEPT, &kept);
    return rc == PAWL_OK ? self->timers->set(self->ctx, KEY_BEAT, kept.next_ns) : rc;
}

static int on_event(void *object, const struct pawl_event *event) {
    struct self *self = object;
    switch (event->type) {
    case PAWL_EV_QUOTE: return on_quote(self);
    case PAWL_EV_TIMER: return on_timer(self);
    case PAWL_EV_RESTORED: return on_restored(self, (const void *)event);
    default: return PAWL_OK;
    }
}

static const uint16_t listens[] = {PAWL_EV_QUOTE, 0};
static const char *const needs[] = {PAWL_RECORDS, PAWL_TIMERS, NULL};

static const struct pawl_plugin plugin = {PAWL_PLUGIN_HEAD,
                                          .name = "turncoat",
                                          .version = TEXT(VERSION),
                                          .kind = PAWL_PLUGIN_KIND_STRATEGY,
                                          .options_size = sizeof(struct options),
                                          .options = options,
                                          .records = records,
                                          .listens = listens,
                                          .needs = needs,
                                          .create = create,
                                          .destroy = destroy,
                                          .on_event = on_event};

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void);
const struct pawl_plugin *pawl_plugin_main(void) { return &plugin; }
