/*
 * Configurations. Up to the first newline the input is one --set override (empty = none), the rest
 * is the main file. Whatever they hold: refused with at least one line that names the file, or
 * loaded with every list within its limit, every member found by its name, and plugin options that
 * are either filled in or refused.
 */
#include "config/config.h"
#include "fuzz_file.h"

#define SET_MAX 200u

struct options {
    uint8_t on;
    int64_t count, ratio, wait_ns;
    uint32_t mode;
    char text[PAWL_OPT_TEXT_MAX + 1];
};
#define AT(field) ((uint32_t)offsetof(struct options, field))

static const struct pawl_option table[] = {
    {"on", PAWL_OPT_BOOL, AT(on), 0, 0, "true", NULL, "A switch."},
    {"count", PAWL_OPT_INT, AT(count), 1, 9, "5", NULL, "How many."},
    {"ratio", PAWL_OPT_DECIMAL, AT(ratio), 1, PAWL_E8, "0.03", NULL, "A fraction."},
    {"wait", PAWL_OPT_DURATION, AT(wait_ns), 0, 60 * PAWL_NS, "20s", NULL, "How long."},
    {"mode", PAWL_OPT_ENUM, AT(mode), 0, 0, "fast", "slow|fast", "How."},
    {"text", PAWL_OPT_TEXT, AT(text), 0, 0, "", NULL, "Anything."},
    {.name = NULL},
};

static struct config_errors errors;

static void check_refusal(uint32_t before) {
    HOLDS(errors.count > before && config_errors_lines(&errors) > 0);
    HOLDS(strchr(errors.line[0], ':') != NULL);
    HOLDS(memchr(errors.line[0], '\0', sizeof errors.line[0]) != NULL);
}

static void check_options(const struct config *config, uint32_t i) {
    struct options options;
    uint32_t before = errors.count;
    memset(&options, 0xee, sizeof options);
    int rc = config_plugin_options(config, i, table, sizeof options, &options, &errors);
    HOLDS(rc == PAWL_OK || rc == PAWL_E_CONFIG);
    if (rc == PAWL_E_CONFIG) {
        check_refusal(before);
        return;
    }
    HOLDS(options.on <= 1 && options.count >= 1 && options.count <= 9);
    HOLDS(options.ratio >= 1 && options.ratio <= PAWL_E8);
    HOLDS(options.wait_ns >= 0 && options.wait_ns <= 60 * PAWL_NS);
    HOLDS(options.mode == 1 || options.mode == 2);
    HOLDS(memchr(options.text, '\0', sizeof options.text) != NULL);
}

static void check_config(const struct config *config) {
    HOLDS(config->plugin_count <= CONFIG_PLUGINS_MAX &&
          config->account_count <= CONFIG_ACCOUNTS_MAX);
    HOLDS(config->instrument_count <= CONFIG_INSTRUMENTS_MAX);
    HOLDS(config->feed_count <= CONFIG_FEEDS_MAX && config->profile_count <= CONFIG_PROFILES_MAX);
    HOLDS(config_file_of(config, "accounts.main.broker")[0] != '\0');
    for (uint32_t i = 0; i < config->plugin_count; i++) {
        HOLDS(config_plugin_find(config, config->plugins[i].name) == &config->plugins[i]);
        check_options(config, i);
    }
    for (uint32_t i = 0; i < config->account_count; i++) {
        const struct config_account *account = &config->accounts[i];
        HOLDS(config_account_find(config, account->name) == account && account->balance.e8 >= 0);
        HOLDS(config_plugin_find(config, account->broker) != NULL);
    }
    for (uint32_t i = 0; i < config->instrument_count; i++) {
        const struct config_instrument *instrument = &config->instruments[i];
        HOLDS(config_instrument_find(config, instrument->base.symbol) == instrument);
        HOLDS(instrument->base.tick.e8 > 0 && instrument->base.step.e8 > 0);
        HOLDS(instrument->base.multiplier.e8 > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    char path[FUZZ_PATH_SIZE], set[SET_MAX + 1];
    const char *sets[] = {set};
    const uint8_t *newline = len > 0 ? memchr(bytes, '\n', len) : NULL;
    if (newline == NULL || newline - bytes > (ptrdiff_t)SET_MAX) return 0;
    size_t set_len = (size_t)(newline - bytes);
    memcpy(set, bytes, set_len);
    set[set_len] = '\0';
    fuzz_file(newline + 1, len - set_len - 1, path);
    errors.count = 0;
    struct config *config = NULL;
    int rc = config_load(path, sets, set_len > 0, &config, &errors);
    HOLDS(rc == PAWL_OK || rc == PAWL_E_CONFIG);
    if (rc == PAWL_OK) check_config(config);
    else check_refusal(0);
    config_free(config);
    return 0;
}
