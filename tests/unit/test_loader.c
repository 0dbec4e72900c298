/* loader: a whole plugin is loaded from a copy, each broken one is refused with its one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <dirent.h>

#include "base/alloc.h"
#include "config/config.h"
#include "config/options.h"
#include "pawl_schema.gen.h"
#include "plugin/descriptor.h"
#include "plugin/elf_file.h"
#include "plugin/loader.h"

static char folder[] = "/tmp/pawl-loader-XXXXXX";
static char fixtures[512];
static struct config_errors errors;

static bool event_known(void *arg, uint16_t type) {
    (void)arg;
    return type == PAWL_EV_QUOTE || type == PAWL_EV_TRADE;
}

static bool service_known(void *arg, const char *name) {
    (void)arg;
    return strcmp(name, "pawl.book/1") == 0;
}

static const struct loader_known known = {.event = event_known, .service = service_known};

static struct loader *new_loader(const char *parent, unsigned flags) {
    struct loader *loader = NULL;
    struct pawl_err err = {.rc = PAWL_OK};
    if (loader_new(parent, flags, &known, &loader, &err) != PAWL_OK) fail_msg("%s", err.text);
    return loader;
}

static const struct library *must_open(struct loader *loader, const char *path) {
    const struct library *library = NULL;
    memset(&errors, 0, sizeof errors);
    int rc = loader_open(loader, path, &library, &errors);
    if (rc != PAWL_OK) fail_msg("%d: %s", rc, errors.line[0]);
    return library;
}

static const struct library *open_fixture(struct loader *loader, const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.so", fixtures, name);
    return must_open(loader, path);
}

static void refused(struct loader *loader, const char *path, int rc, const char *reason) {
    char expected[1024];
    const struct library *library = NULL;
    memset(&errors, 0, sizeof errors);
    assert_int_equal(loader_open(loader, path, &library, &errors), rc);
    assert_null(library);
    assert_int_equal(errors.count, 1);
    snprintf(expected, sizeof expected, "%s: %s", path, reason);
    assert_string_equal(errors.line[0], expected);
}

static void copy_file(const char *from, const char *to, long part, long whole) {
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    assert_non_null(in);
    assert_non_null(out);
    fseek(in, 0, SEEK_END);
    long size = ftell(in) * part / whole;
    rewind(in);
    for (long i = 0; i < size; i++) putc(getc(in), out);
    fclose(in);
    fclose(out);
}

static void write_file(const char *path, const char *text) {
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static int files_in(const char *path) {
    int count = 0;
    DIR *dir = opendir(path);
    if (dir == NULL) return -1;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void a_whole_plugin_is_loaded_and_runs(void **state) {
    (void)state;
    struct loader *loader = new_loader(NULL, 0);
    const struct library *library = open_fixture(loader, "whole");
    const struct pawl_plugin *plugin = library->plugin;
    assert_string_equal(plugin->name, "whole");
    assert_int_equal(library->generation, 1);
    int64_t options;
    memset(&errors, 0, sizeof errors);
    assert_int_equal(
        options_fill(plugin->options, plugin->options_size, NULL, "f", "p", &options, &errors),
        PAWL_OK);
    struct pawl_err err = {.rc = PAWL_OK};
    void *self = NULL;
    assert_int_equal(plugin->create(NULL, &options, &self, &err), PAWL_OK);
    assert_int_equal(*(int64_t *)self, 5);
    plugin->destroy(self);
    plugin->destroy(NULL);
    loader_free(loader);
}

static void an_older_descriptor_is_extended_with_zeros(void **state) {
    (void)state;
    struct loader *loader = new_loader(NULL, 0);
    const struct library *library = open_fixture(loader, "smaller_table");
    assert_true(library->plugin->size < sizeof(struct pawl_plugin));
    assert_true(library->plugin->caps == NULL);
    loader_free(loader);
}

static void each_broken_plugin_is_refused_with_its_line(void **state) {
    (void)state;
    char larger[128], newer[64], path[1024];
    snprintf(newer, sizeof newer, "is built for interface %u.%u, this host has %u.%u",
             PAWL_ABI_MAJOR, PAWL_ABI_MINOR + 1, PAWL_ABI_MAJOR, PAWL_ABI_MINOR);
    snprintf(larger, sizeof larger,
             "its descriptor has %zu bytes, this host knows %zu: it is for a newer host",
             sizeof(struct pawl_plugin) + 16, sizeof(struct pawl_plugin));
    const struct {
        const char *name;
        int rc;
        const char *reason;
    } cases[] = {
        {"no_symbol", PAWL_E_ABI, "exports no pawl_plugin_main"},
        {"missing_symbol", PAWL_E_DATA, "undefined symbol: bus_publish"},
        {"null_descriptor", PAWL_E_ABI, "pawl_plugin_main returns NULL"},
        {"larger_table", PAWL_E_ABI, larger},
        {"wrong_abi", PAWL_E_ABI, newer},
        {"wrong_shape", PAWL_E_ABI,
         "has the shape \"pawl0 e9 utc-ns event48 le64\", this host has \"" PAWL_ABI_SHAPE "\""},
        {"wrong_name", PAWL_E_ABI, "calls itself \"whole\", not \"wrong_name\" as its file"},
        {"bad_option", PAWL_E_ABI, "option x: its default must be from 0 to 4, not 5"},
        {"duplicate_records", PAWL_E_ABI, "records one and two have the same id 0x1f0"},
        {"unknown_event", PAWL_E_ABI, "listens to event 0xfff0, which this host does not know"},
        {"unknown_service", PAWL_E_ABI,
         "needs the service \"pawl.telepathy/1\", which this host does not have"},
    };
    struct loader *loader = new_loader(folder, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(path, sizeof path, "%s/%s.so", fixtures, cases[i].name);
        refused(loader, path, cases[i].rc, cases[i].reason);
    }
    snprintf(path, sizeof path, "%s/.plugins", folder);
    assert_int_equal(files_in(path), 0); /* no copy is left behind */
    open_fixture(loader, "whole");       /* and the host goes on */
    assert_int_equal(files_in(path), 1);
    loader_free(loader);
    assert_int_equal(files_in(path), 0);
}

static void what_a_plugin_itself_refuses_has_its_own_words(void **state) {
    (void)state;
    struct loader *loader = new_loader(NULL, 0);
    struct pawl_err err = {.rc = PAWL_OK};
    int64_t options = 5;
    void *self = NULL;
    const struct library *fails = open_fixture(loader, "init_fails");
    assert_int_equal(fails->plugin->create(NULL, &options, &self, &err), PAWL_E_CONFIG);
    assert_string_equal(err.text, "x must be a prime, and 5 is too small");
    const struct library *restore = open_fixture(loader, "refuses_restore");
    struct pawl_event event = {.size = sizeof event, .type = PAWL_EV_RESTORED};
    assert_int_equal(restore->plugin->on_event(NULL, &event), PAWL_E_STATE);
    loader_free(loader);
}

static void an_option_it_has_not_is_refused(void **state) {
    (void)state;
    char config_path[256], line[512];
    struct config *config = NULL;
    int64_t options;
    struct loader *loader = new_loader(NULL, 0);
    const struct library *library = open_fixture(loader, "whole");
    snprintf(config_path, sizeof config_path, "%s/pawl.json", folder);
    write_file(config_path,
               "{\"plugins\": [{\"name\": \"whole\", \"options\": {\"y\": 1, \"x\": 12}}]}");
    memset(&errors, 0, sizeof errors);
    assert_int_equal(config_load(config_path, NULL, 0, &config, &errors), PAWL_OK);
    assert_int_equal(config_plugin_options(config, 0, library->plugin->options,
                                           library->plugin->options_size, &options, &errors),
                     PAWL_E_CONFIG);
    assert_int_equal(errors.count, 2);
    snprintf(line, sizeof line, "%s: plugins[0].options.y: unknown key; known: x", config_path);
    assert_string_equal(errors.line[0], line);
    snprintf(line, sizeof line, "%s: plugins[0].options.x: must be from 0 to 9, not 12",
             config_path);
    assert_string_equal(errors.line[1], line);
    config_free(config);
    loader_free(loader);
}

static void files_that_are_no_shared_objects_are_refused(void **state) {
    (void)state;
    struct loader *loader = new_loader(NULL, 0);
    char path[256];
    snprintf(path, sizeof path, "%s/gone.so", folder);
    refused(loader, path, PAWL_E_NOTFOUND, "no such file");
    snprintf(path, sizeof path, "%s/text.so", folder);
    write_file(path, "echo this is no plugin, but it is longer than the head of an ELF file\n");
    refused(loader, path, PAWL_E_DATA, "is not an ELF file");
    write_file(path, "");
    refused(loader, path, PAWL_E_DATA, "is not an ELF file");
    write_file(path, "\177ELF");
    refused(loader, path, PAWL_E_DATA, "is cut short: it has 4 bytes");
    snprintf(path, sizeof path, "%s/folder.so", folder);
    mkdir(path, 0700);
    refused(loader, path, PAWL_E_DATA, "is not a file");
    snprintf(path, sizeof path, "%s/fifo.so", folder);
    mkfifo(path, 0600);
    refused(loader, path, PAWL_E_DATA, "is not a file");
    refused(loader, "/proc/self/exe", PAWL_E_DATA, "a plugin's file is named NAME.so");
    refused(loader, ".so", PAWL_E_DATA, "a plugin's file is named NAME.so");
    loader_free(loader);
}

static void a_file_cut_anywhere_is_refused(void **state) {
    (void)state;
    struct loader *loader = new_loader(NULL, 0);
    char whole[1024], path[256];
    snprintf(whole, sizeof whole, "%s/whole.so", fixtures);
    snprintf(path, sizeof path, "%s/whole.so", folder);
    for (long part = 0; part < 200; part++) {
        const struct library *library = NULL;
        copy_file(whole, path, part, 200);
        memset(&errors, 0, sizeof errors);
        assert_int_equal(loader_open(loader, path, &library, &errors), PAWL_E_DATA);
        assert_non_null(strstr(errors.line[0], part == 0 ? "not an ELF" : "is cut short: it has "));
    }
    copy_file(whole, path, 1, 1);
    must_open(loader, path);
    loader_free(loader);
}

static void a_new_file_under_the_old_name_is_new_code(void **state) {
    (void)state;
    struct loader *loader = new_loader(folder, 0);
    char from[1024], path[256], other[256];
    snprintf(from, sizeof from, "%s/whole.so", fixtures);
    snprintf(path, sizeof path, "%s/whole.so", folder);
    copy_file(from, path, 1, 1);
    const struct library *first = must_open(loader, path);
    assert_ptr_equal(must_open(loader, path), first); /* the same bytes: the same code */
    snprintf(other, sizeof other, "%s/next.so", folder);
    copy_file(from, other, 1, 1);
    FILE *out = fopen(other, "a"); /* a new build: other bytes */
    fputs("x", out);
    fclose(out);
    assert_int_equal(rename(other, path), 0);
    const struct library *second = must_open(loader, path);
    assert_ptr_not_equal(second, first);
    assert_int_equal(second->generation, 2);
    assert_true(second->plugin->on_event != first->plugin->on_event);
    copy_file(from, path, 1, 2); /* writing over the file disturbs neither */
    struct pawl_event event = {.size = sizeof event};
    assert_int_equal(first->plugin->on_event(NULL, &event), PAWL_OK);
    assert_int_equal(second->plugin->on_event(NULL, &event), PAWL_OK);
    loader_hold(loader, first);
    for (int i = 0; i < 2; i++) {
        loader_close(loader, first);
        assert_int_equal(first->plugin->on_event(NULL, &event), PAWL_OK); /* opened twice, held */
    }
    loader_close(loader, first);
    loader_close(loader, second);
    loader_close(loader, NULL);
    loader_free(loader);
}

static void unsound_record_types_are_refused(void **state) {
    (void)state;
    static const struct pawl_field fields[] = {{"id", PAWL_F_U64, 0, 0, 8, "Key."}, {.name = NULL}};
    static const struct pawl_field wide[] = {{"id", PAWL_F_U64, 0, 0, 8, "Key."},
                                             {"more", PAWL_F_PRICE, 0, 8, 8, "Price."},
                                             {"id", PAWL_F_U64, 0, 16, 8, "Again."},
                                             {.name = NULL}};
    static const struct pawl_field text[] = {{"id", PAWL_F_U64, 0, 0, 8, "Key."},
                                             {"note", PAWL_F_TEXT, 0, 8, 8, "Tail."},
                                             {.name = NULL}};
    const struct {
        struct pawl_record_type record[2];
        const char *reason;
    } cases[] = {
        {{{"a", "as", 5, 1, 8, fields}}, "record a: id 0x5 is the host's"},
        {{{"a", "as", 0x100, 1, 12, fields}},
         "record a: 12 bytes are not a multiple of 8 up to 4096"},
        {{{"a", "drop table", 0x100, 1, 8, fields}}, "record a: its table has no sound name"},
        {{{"A", "as", 0x100, 1, 8, fields}}, "record 0x100 has no sound name"},
        {{{"a", "as", 0x100, 3, 8, fields}},
         "record a: is neither durable, of the session nor history"},
        {{{"a", "as", 0x100, 1, 8, NULL}}, "record a: does not begin with its 64-bit key"},
        {{{"a", "as", 0x100, 1, 16, wide}}, "record a: field id does not fit at 16"},
        {{{"a", "as", 0x100, 1, 24, wide}}, "record a: field id is there twice"},
        {{{"a", "as", 0x100, 1, 16, text}}, "record a: field note has kind 17 in 8 bytes"},
    };
    struct loader *loader = new_loader(NULL, 0);
    const struct pawl_plugin *whole = open_fixture(loader, "whole")->plugin;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pawl_plugin said = *whole, taken;
        struct pawl_err err = {.rc = PAWL_OK};
        said.records = cases[i].record;
        assert_int_equal(descriptor_take(&said, "whole", &known, &taken, &err), PAWL_E_ABI);
        assert_string_equal(err.text, cases[i].reason);
    }
    loader_free(loader);
}

static void record_types_of_two_plugins_must_differ(void **state) {
    (void)state;
    char path[1024];
    struct loader *loader = new_loader(NULL, 0);
    const struct library *one = open_fixture(loader, "records_one");
    snprintf(path, sizeof path, "%s/records_two.so", fixtures);
    refused(loader, path, PAWL_E_ABI,
            "record two has the id or table of record one of plugin records_one");
    loader_close(loader, one);
    must_open(loader, path);
    loader_free(loader);
}

static void descriptors_that_make_no_sense_are_refused(void **state) {
    (void)state;
    struct loader *loader = new_loader(NULL, 0);
    const struct pawl_plugin *whole = open_fixture(loader, "whole")->plugin;
    static const uint16_t twice[] = {PAWL_EV_QUOTE, PAWL_EV_QUOTE, 0};
    struct pawl_plugin bad[12], taken;
    for (size_t i = 0; i < 12; i++) bad[i] = *whole;
    bad[0].size = 12;
    bad[1].size = 0;
    bad[2].abi = 0xff0000;
    bad[3].shape = NULL;
    bad[4].name = "Whole";
    bad[5].name = NULL;
    bad[6].version = NULL;
    bad[7].kind = 4;
    bad[8].destroy = NULL;
    bad[9].kind = PAWL_PLUGIN_KIND_BROKER;
    bad[10].listens = twice;
    bad[11].options_size = 4;
    const char *reasons[12] = {
        "its descriptor has 12 bytes: that is none",
        "its descriptor has 0 bytes: that is none",
        "is built for interface 255.0, this host has ",
        "has the shape \"\", this host has \"" PAWL_ABI_SHAPE "\"",
        "its name \"Whole\" is not of a-z, 0-9 and _, at most 31 bytes",
        "its name \"\" is not of a-z, 0-9 and _, at most 31 bytes",
        "has no version",
        "is of the unknown kind 4",
        "lacks create, destroy or on_event",
        "is a broker without caps",
        "listens to event 0x0101 twice",
        "option x: bytes 0 to 8 are outside the 4 of the options",
    };
    for (size_t i = 0; i < 12; i++) {
        struct pawl_err err = {.rc = PAWL_OK};
        assert_int_equal(descriptor_take(&bad[i], "whole", &known, &taken, &err), PAWL_E_ABI);
        assert_memory_equal(err.text, reasons[i], strlen(reasons[i]));
    }
    loader_free(loader);
}

static void a_folder_of_others_is_not_used(void **state) {
    (void)state;
    char parent[256], path[512];
    struct loader *loader = NULL;
    struct pawl_err err = {.rc = PAWL_OK};
    snprintf(parent, sizeof parent, "%s/a/b/c", folder);
    loader_free(new_loader(parent, 0)); /* made on the way */
    snprintf(path, sizeof path, "%s/.plugins", parent);
    chmod(path, 0755);
    assert_int_equal(loader_new(parent, 0, &known, &loader, &err), PAWL_E_DENIED);
    assert_null(loader);
    chmod(path, 0700);
    snprintf(path, sizeof path, "%s/.plugins/dead.%d.1.so", parent, 0x3ffffff);
    write_file(path, "left by a process that is no more");
    snprintf(path, sizeof path, "%s/.plugins/other.1.1.so", parent);
    write_file(path, "of a process that lives");
    loader = new_loader(parent, 0);
    snprintf(path, sizeof path, "%s/.plugins", parent);
    assert_int_equal(files_in(path), 1);
    loader_free(loader);
}

static int collect(void *arg, const char *path) {
    char *all = arg;
    const char *slash = strrchr(path, '/');
    strcat(all, slash + 1);
    strcat(all, " ");
    return strcmp(slash, "/stop.so") == 0 ? 7 : 0;
}

static void a_folder_is_listed_by_name(void **state) {
    (void)state;
    char path[256], name[300], all[256] = "";
    const char *files[] = {"b.so", "a.so", "c.txt", ".hidden.so", "z.so", "lib.so.1"};
    struct pawl_err err = {.rc = PAWL_OK};
    snprintf(path, sizeof path, "%s/scan", folder);
    assert_int_equal(loader_scan(path, collect, all, &err), PAWL_E_NOTFOUND);
    mkdir(path, 0700);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(name, sizeof name, "%s/%s", path, files[i]);
        write_file(name, "");
    }
    assert_int_equal(loader_scan(path, collect, all, NULL), 0);
    assert_string_equal(all, "a.so b.so z.so ");
    snprintf(name, sizeof name, "%s/stop.so", path);
    write_file(name, "");
    all[0] = '\0';
    assert_int_equal(loader_scan(path, collect, all, NULL), 7);
    assert_string_equal(all, "a.so b.so stop.so ");
}

static void code_is_unmapped_only_when_asked(void **state) {
    (void)state;
    struct loader *loader = new_loader(NULL, LOADER_UNMAP);
    const struct library *library = open_fixture(loader, "whole");
    loader_close(loader, library);
    library = open_fixture(loader, "whole");
    assert_int_equal(library->generation, 2);
    loader_free(loader);
}

static void want_of_memory_is_no_refusal(void **state) {
    (void)state;
    char path[1024];
    for (uint64_t n = 1, done = 0; !done; n++) {
        struct loader *loader = NULL;
        const struct library *library = NULL;
        struct pawl_err err = {.rc = PAWL_OK};
        memset(&errors, 0, sizeof errors);
        snprintf(path, sizeof path, "%s/whole.so", fixtures);
        mem_fail_at(n, true);
        int rc = loader_new(folder, 0, &known, &loader, &err);
        if (rc == PAWL_OK) rc = loader_open(loader, path, &library, &errors);
        done = mem_fail_count() < n;
        mem_fail_at(0, false);
        assert_int_equal(rc, done ? PAWL_OK : PAWL_E_NOMEM);
        assert_int_equal(errors.count, 0);
        loader_free(loader);
    }
}

static int set_up(void **state) {
    (void)state;
    const char *build = getenv("PAWL_BUILD");
    if (build == NULL || mkdtemp(folder) == NULL) return -1;
    snprintf(fixtures, sizeof fixtures, "%s/tests/plugins_broken", build);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    char command[256];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_plugin_is_loaded_and_runs),
        cmocka_unit_test(an_older_descriptor_is_extended_with_zeros),
        cmocka_unit_test(each_broken_plugin_is_refused_with_its_line),
        cmocka_unit_test(what_a_plugin_itself_refuses_has_its_own_words),
        cmocka_unit_test(an_option_it_has_not_is_refused),
        cmocka_unit_test(files_that_are_no_shared_objects_are_refused),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_new_file_under_the_old_name_is_new_code),
        cmocka_unit_test(unsound_record_types_are_refused),
        cmocka_unit_test(record_types_of_two_plugins_must_differ),
        cmocka_unit_test(descriptors_that_make_no_sense_are_refused),
        cmocka_unit_test(a_folder_of_others_is_not_used),
        cmocka_unit_test(a_folder_is_listed_by_name),
        cmocka_unit_test(code_is_unmapped_only_when_asked),
        cmocka_unit_test(want_of_memory_is_no_refusal),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
