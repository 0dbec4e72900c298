/*
 * fixture.h - a plugin that is whole and does nothing. Each fixture spoils one thing by defining it
 * before this file is included:
 *
 *   NAME        what it calls itself             MORE      further members of the descriptor
 *   OWN_ENTRY   it has its own pawl_plugin_main  OWN_CREATE, OWN_EVENT  its own functions
 */
#include <stddef.h>
#include <stdlib.h>

#include "pawl_plugin.h"
#include "pawl_schema.gen.h"

struct fixture_options {
    int64_t x;
};

static const struct pawl_option options[] = {
    {"x", PAWL_OPT_INT, offsetof(struct fixture_options, x), 0, 9, "5", NULL, "Any number."},
    {.name = NULL}};

static int create(struct pawl_ctx *ctx, const void *given, void **ret_self, struct pawl_err *err);
static int on_event(void *self, const struct pawl_event *event);

#ifndef OWN_CREATE
static int create(struct pawl_ctx *ctx, const void *given, void **ret_self, struct pawl_err *err) {
    (void)err;
    int64_t *self = malloc(sizeof *self);
    if (self == NULL) return PAWL_E_NOMEM;
    *self = ((const struct fixture_options *)given)->x;
    (void)ctx;
    *ret_self = self;
    return PAWL_OK;
}
#endif

#ifndef OWN_EVENT
static int on_event(void *self, const struct pawl_event *event) {
    (void)self;
    (void)event;
    return PAWL_OK;
}
#endif

#ifndef MORE
#define MORE .version = "1"
#endif

static void destroy(void *self) {
    free(self);
}

#ifndef OWN_ENTRY
static const struct pawl_plugin plugin = {PAWL_PLUGIN_HEAD,
                                          .name = NAME,
                                          .version = "1",
                                          .kind = PAWL_PLUGIN_KIND_STRATEGY,
                                          .options_size = sizeof(struct fixture_options),
                                          .options = options,
                                          .create = create,
                                          .destroy = destroy,
                                          .on_event = on_event,
                                          MORE};

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void);

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void) {
    return &plugin;
}
#endif
