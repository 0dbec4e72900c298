/*
 * config, damaged: every value of a valid configuration removed or replaced in turn, pairs of
 * random damages, and the text itself cut and changed. Whatever it is, it loads, or it is refused
 * with lines that name the file; and it leaves nothing behind. PAWL_SEED repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/rng.h"
#include "config/config.h"

#define RANDOM_CASES 500

static char file[] = "/tmp/pawl-mutation-XXXXXX";
static struct config_errors errors;
static unsigned loaded, refused;

static const char valid[] =
    "{\"host\": {\"instance\": \"a\", \"instance_id\": 5, \"data_dir\": \"/tmp/x\","
    "  \"log\": {\"level\": \"info\", \"format\": \"human\"}, \"durability\": \"full\","
    "  \"reconcile_seconds\": 180, \"executor\": {\"retry_tries\": 3, \"guard_grace\": \"1s\"}},"
    " \"plugins\": [{\"name\": \"paper\", \"so\": \"paper.so\","
    "   \"options\": {\"personality\": \"ideal\", \"key\": \"env:KEY\"}}, {\"name\": \"linked\"}],"
    " \"accounts\": {\"main\": {\"broker\": \"paper\", \"currency\": \"USD\", \"balance\": "
    "\"1000\","
    "   \"mode\": \"netting\", \"leverage\": 2, \"reset_time\": \"00:00\"}},"
    " \"instruments\": {\"EURUSD\": {\"account\": \"main\", \"inherit\": \"EURUSD\"},"
    "   \"ABC\": {\"tick\": \"0.01\", \"step\": 1, \"class\": \"equity\", \"min_quantity\": 1}},"
    " \"feeds\": [{\"match\": \"*.csv\", \"symbol\": \"ABC\", \"scale\": \"1\", \"stamp\": "
    "\"open\"}],"
    " \"schedule\": [{\"every\": \"1h\", \"count\": 2, \"entry\": {\"symbol\": \"ABC\","
    "   \"via\": \"linked\", \"side\": \"BUY\", \"quantity\": \"1\"}}],"
    " \"profiles\": {\"p\": {\"stop\": \"linked\", \"grow\": \"keeper\"}},"
    " \"risk\": {\"open_lots_max\": 5, \"collar_pct\": \"0.02\", \"restricted\": [\"X\"]},"
    " \"rules\": {\"dir\": \"r\", \"disabled\": [\"one\"]}}";

static void save(const char *bytes, size_t size) {
    unlink(file); /* some file systems sync a file that is truncated and written anew */
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    fclose(out);
}

static void check_lines(const char *what) {
    for (uint32_t i = 0; i < config_errors_lines(&errors); i++) {
        const char *line = errors.line[i];
        if (strncmp(line, file, strlen(file)) != 0) fail_msg("%s: names no file: %s", what, line);
        for (; *line != '\0'; line++)
            if ((unsigned char)*line < 0x20) fail_msg("%s: control character", what);
    }
}

static int load_text(const char *bytes, size_t size, const char *what) {
    struct config *config = NULL;
    save(bytes, size);
    errors.count = 0;
    int rc = config_load(file, NULL, 0, &config, &errors);
    if (rc == PAWL_OK && (config == NULL || errors.count != 0))
        fail_msg("%s: loaded, with faults", what);
    if (rc != PAWL_OK && (rc != PAWL_E_CONFIG || errors.count == 0))
        fail_msg("%s: result %d without a fault", what, rc);
    check_lines(what);
    config_free(config);
    if (rc == PAWL_OK)
        loaded++;
    else
        refused++;
    return rc;
}

static void load_json(const json_t *root, const char *what) {
    char *text = json_dumps(root, JSON_ENCODE_ANY);
    assert_non_null(text);
    load_text(text, strlen(text), what);
    free(text);
}

/* ---- one value at a time ---- */

#define REPLACEMENTS 16

static json_t *replacement(unsigned i) {
    char longer[3001];
    switch (i) {
    case 0: return json_null();
    case 1: return json_true();
    case 2: return json_integer(0);
    case 3: return json_integer(-1);
    case 4: return json_integer(INT64_MAX);
    case 5: return json_integer(INT64_MIN);
    case 6: return json_real(0.5);
    case 7: return json_string("");
    case 8: return json_string("x");
    case 9: return json_string("-0.00000001");
    case 10: return json_string("a\tb\x7f\"\\[");
    case 11: return json_array();
    case 12: return json_object();
    case 13: return json_pack("[{s:{s:[i]}}]", "a", "b", 1);
    case 14: return json_string("92233720368.54775807");
    default: break;
    }
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    return json_string(longer);
}

/* The n-th value below node in depth-first order; 1 and its place when found. */
static int nth(json_t *node, unsigned *n, json_t **ret_parent, const char **ret_key,
               size_t *ret_index) {
    const char *key;
    json_t *value;
    size_t index;
    *ret_key = NULL;
    json_object_foreach(node, key, value) {
        if ((*n)-- == 0) {
            *ret_parent = node;
            *ret_key = key;
            return 1;
        }
        if (nth(value, n, ret_parent, ret_key, ret_index)) return 1;
    }
    json_array_foreach(node, index, value) {
        if ((*n)-- == 0) {
            *ret_parent = node;
            *ret_index = index;
            return 1;
        }
        if (nth(value, n, ret_parent, ret_key, ret_index)) return 1;
    }
    return 0;
}

/* what = REPLACEMENTS removes, +1 renames. 0 when there is no n-th value. */
static int damage(json_t *root, unsigned n, unsigned what) {
    json_t *parent;
    const char *key;
    size_t index = 0;
    if (!nth(root, &n, &parent, &key, &index)) return 0;
    if (key == NULL && what >= REPLACEMENTS) return json_array_remove(parent, index) == 0;
    if (key == NULL) return json_array_set_new(parent, index, replacement(what)) == 0;
    char name[256];
    snprintf(name, sizeof name, "%s", key);
    if (what < REPLACEMENTS) return json_object_set_new(parent, name, replacement(what)) == 0;
    json_t *value = json_incref(json_object_get(parent, name));
    json_object_del(parent, name);
    strncat(name, "_", sizeof name - strlen(name) - 1);
    if (what > REPLACEMENTS) json_object_set(parent, name, value);
    json_decref(value);
    return 1;
}

static json_t *parsed(void) {
    json_error_t error;
    json_t *root = json_loads(valid, 0, &error);
    assert_non_null(root);
    return root;
}

static unsigned count_values(void) {
    json_t *root = parsed();
    unsigned count = 0;
    for (;; count++) {
        json_t *parent;
        const char *key;
        size_t index;
        unsigned n = count;
        if (!nth(root, &n, &parent, &key, &index)) break;
    }
    json_decref(root);
    return count;
}

static void each_value_removed_renamed_or_replaced(void **state) {
    (void)state;
    unsigned count = count_values();
    loaded = refused = 0;
    assert_int_equal(load_text(valid, strlen(valid), "unharmed"), PAWL_OK);
    for (unsigned n = 0; n < count; n++) {
        for (unsigned what = 0; what < REPLACEMENTS + 2; what++) {
            char name[64];
            snprintf(name, sizeof name, "value %u, damage %u", n, what);
            json_t *root = parsed();
            assert_true(damage(root, n, what));
            load_json(root, name);
            json_decref(root);
        }
    }
    print_message("%u values, %u loaded, %u refused\n", count, loaded, refused);
    assert_true(loaded + refused > 1000 && refused > loaded);
}

static uint64_t seed(void) {
    const char *said = getenv("PAWL_SEED");
    uint64_t value = said != NULL ? strtoull(said, NULL, 0) : (uint64_t)time(NULL);
    print_message("PAWL_SEED=%llu\n", (unsigned long long)value);
    return value;
}

static void random_damages_together(void **state) {
    (void)state;
    struct rng rng;
    uint64_t start = seed();
    rng_init(&rng, start);
    unsigned count = count_values();
    for (unsigned i = 0; i < RANDOM_CASES; i++) {
        char name[64];
        snprintf(name, sizeof name, "seed %llu, case %u", (unsigned long long)start, i);
        json_t *root = parsed();
        unsigned times = 1 + (unsigned)(rng_u64(&rng) % 6);
        for (unsigned k = 0; k < times; k++)
            damage(root, (unsigned)(rng_u64(&rng) % count),
                   (unsigned)(rng_u64(&rng) % (REPLACEMENTS + 2)));
        load_json(root, name);
        json_decref(root);
    }
}

static void text_cut_and_changed(void **state) {
    (void)state;
    struct rng rng;
    uint64_t start = seed();
    rng_init(&rng, start);
    static char text[sizeof valid];
    size_t size = sizeof valid - 1;
    for (size_t cut = 0; cut < size; cut += 7)
        assert_int_equal(load_text(valid, cut, "cut"), PAWL_E_CONFIG);
    for (unsigned i = 0; i < RANDOM_CASES; i++) {
        char name[64];
        snprintf(name, sizeof name, "seed %llu, bytes %u", (unsigned long long)start, i);
        memcpy(text, valid, size);
        unsigned times = 1 + (unsigned)(rng_u64(&rng) % 3);
        for (unsigned k = 0; k < times; k++) text[rng_u64(&rng) % size] = (char)rng_u64(&rng);
        load_text(text, size, name);
    }
}

static int set_up(void **state) {
    (void)state;
    char path[1024];
    const char *source = getenv("PAWL_SOURCE");
    if (source == NULL) return -1;
    snprintf(path, sizeof path, "%s/config/instruments.json", source);
    setenv("PAWL_INSTRUMENTS", path, 1);
    int fd = mkstemp(file);
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state) {
    (void)state;
    return unlink(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_removed_renamed_or_replaced),
        cmocka_unit_test(random_damages_together),
        cmocka_unit_test(text_cut_and_changed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
