/* rules_kit.h - a folder with rules, loaded for a test, in a made-up world. */
#ifndef RULES_KIT_H
#define RULES_KIT_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "book/report.h"
#include "rules/test_api.h"

struct kit {
    char dir[64];
    struct names *names;
    struct config_errors errors;
    struct test_world *world;
};

static inline void kit_write(const struct kit *kit, const char *file, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", kit->dir, file);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static inline void kit_begin(struct kit *kit) {
    memset(kit, 0, sizeof *kit);
    snprintf(kit->dir, sizeof kit->dir, "/tmp/pawl-rules-XXXXXX");
    assert_non_null(mkdtemp(kit->dir));
    assert_int_equal(names_new(&kit->names, NULL), PAWL_OK);
}

static inline int kit_load(struct kit *kit, struct ruleset **ret) {
    struct rules_source source = {.dir = kit->dir};
    test_world_decode(kit->names, &source.decode);
    memset(&kit->errors, 0, sizeof kit->errors);
    return ruleset_load(&source, &kit->errors, ret);
}

/* The rules of the folder, from now on. */
static inline void kit_run(struct kit *kit) {
    struct ruleset *set = NULL;
    struct pawl_err err = {0};
    if (kit_load(kit, &set) != PAWL_OK) fail_msg("%s", kit->errors.line[0]);
    if (kit->world != NULL) {
        rules_swap(kit->world->rules, set);
    } else {
        assert_int_equal(test_world_new(set, kit->names, TEST_START_NS, &kit->world, &err),
                         PAWL_OK);
    }
}

static inline void kit_run_text(struct kit *kit, const char *text) {
    kit_write(kit, "r.lua", text);
    kit_run(kit);
}

static inline void kit_end(struct kit *kit) {
    char command[128];
    test_world_free(kit->world);
    names_free(kit->names);
    snprintf(command, sizeof command, "rm -rf %s", kit->dir);
    assert_int_equal(system(command), 0);
}

/* A trade of symbol `symbol` at a price, fed. */
static inline void kit_trade(struct kit *kit, const char *symbol, int64_t price_e8) {
    struct pawl_ev_trade trade;
    EVENT_INIT(trade, PAWL_EV_TRADE);
    names_intern(kit->names, NAME_INSTRUMENT, symbol, &trade.instrument, NULL, NULL);
    trade.price.e8 = price_e8;
    trade.size.e8 = PAWL_E8;
    test_world_feed(kit->world, &trade.head);
}

/* "rule:what rule:what" of what the last step led to. */
static inline const char *kit_asked(const struct kit *kit, char out[1024]) {
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < kit->world->asked_count && used < 900; i++)
        used += (size_t)snprintf(out + used, 1024 - used, "%s%s:%s", i > 0 ? " " : "",
                                 kit->world->asked[i].rule, kit->world->asked[i].what);
    return out;
}

#define KIT_ASKED(kit, expected)                                                                   \
    do {                                                                                           \
        char asked_[1024];                                                                         \
        assert_string_equal(kit_asked(kit, asked_), expected);                                     \
    } while (0)

#endif
