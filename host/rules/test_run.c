#include "rules/test_run.h"

#include <dirent.h>
#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "rules/set.h"
#include "rules/spelling.h"
#include "rules/test_api.h"

#define ENDING "_test.lua"
#define PATH_SIZE (RULES_PATH_MAX + 1)

struct runner {
    const char *dir;
    void (*told)(void *arg, const struct rules_test_result *result);
    void *arg;
    struct rules_test_totals *totals;
    struct config_errors *errors;
};

static void tell(const struct runner *runner, const char *file, const char *name,
                 const char *fault) {
    const struct rules_test_result result = {.file = file, .name = name, .fault = fault};
    if (fault != NULL)
        runner->totals->failed++;
    else
        runner->totals->passed++;
    runner->told(runner->arg, &result);
}

/* ---- one test ---- */

/* Fresh rules in a fresh world. */
static int begin(const struct runner *runner, struct test_run *run, const char *rules,
                 struct pawl_err *err) {
    struct ruleset *set = NULL;
    struct rules_source source = {.dir = runner->dir, .only = rules};
    memset(runner->errors, 0, sizeof *runner->errors);
    test_world_decode(run->names, &source.decode);
    int rc = ruleset_load(&source, runner->errors, &set);
    if (rc != PAWL_OK)
        return pawl_fail(err, rc, "%.240s",
                         runner->errors->count > 0 ? runner->errors->line[0] : "out of memory");
    rc = test_world_new(set, run->names, TEST_START_NS, &run->world, err);
    if (rc != PAWL_OK) ruleset_free(set);
    return rc;
}

/* What is wrong with the rules themselves is told once, not by each of their tests. */
static bool can_begin(const struct runner *runner, struct test_run *run, const char *rules) {
    struct pawl_err fault = {0};
    int rc = begin(runner, run, rules, &fault);
    if (rc != PAWL_OK) tell(runner, rules, "", fault.text);
    test_world_free(run->world);
    run->world = NULL;
    return rc == PAWL_OK;
}

static void run_one(const struct runner *runner, struct test_run *run, const char *file,
                    const char *rules, uint32_t n) {
    lua_State *lua = run->box->lua;
    struct pawl_err err = {0};
    char name[128], fault[1024];
    lua_rawgeti(lua, LUA_REGISTRYINDEX, run->tests_ref);
    lua_rawgeti(lua, -1, 2 * (lua_Integer)n + 1);
    snprintf(name, sizeof name, "%s", lua_tostring(lua, -1));
    lua_settop(lua, 0);
    if (begin(runner, run, rules, &err) != PAWL_OK) {
        tell(runner, file, name, err.text);
        return;
    }
    lua_rawgeti(lua, LUA_REGISTRYINDEX, run->tests_ref);
    lua_rawgeti(lua, -1, 2 * (lua_Integer)n + 2);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, run->api_ref);
    int rc = sandbox_call(run->box, 1, 0, TEST_STEPS_MAX, SANDBOX_LOAD_TAKE_MAX);
    if (rc != PAWL_OK) snprintf(fault, sizeof fault, "%s", lua_tostring(lua, -1));
    tell(runner, file, name, rc != PAWL_OK ? fault : NULL);
    lua_settop(lua, 0);
    test_world_free(run->world);
    run->world = NULL;
}

/* ---- one file ---- */

static int open_api(lua_State *lua) {
    test_api_open(lua);
    return 0;
}

static char *read_file(const char *path, size_t *ret_length) {
    FILE *in = fopen(path, "rb");
    char *raw = in != NULL ? mem_alloc(RULES_FILE_MAX) : NULL, *text = NULL;
    if (raw != NULL) {
        size_t length = fread(raw, 1, RULES_FILE_MAX, in);
        text = spelling_read(raw, length, ret_length);
    }
    mem_free(raw);
    if (in != NULL) fclose(in);
    return text;
}

/* The tests it declares; false with a fault told. */
static bool declare(const struct runner *runner, struct test_run *run, const char *file) {
    char path[2 * PATH_SIZE], chunk[PATH_SIZE + 1];
    size_t length = 0;
    snprintf(path, sizeof path, "%s/%s", runner->dir, file);
    snprintf(chunk, sizeof chunk, "=%s", file);
    char *text = read_file(path, &length);
    if (text == NULL) {
        tell(runner, file, "", "cannot be read");
        return false;
    }
    lua_pushcfunction(run->box->lua, open_api);
    int rc = sandbox_call(run->box, 0, 0, TEST_STEPS_MAX, SANDBOX_LOAD_TAKE_MAX);
    if (rc == PAWL_OK) rc = sandbox_load(run->box, chunk, text, length);
    if (rc == PAWL_OK)
        rc = sandbox_call(run->box, 0, 0, TEST_STEPS_MAX, SANDBOX_LOAD_TAKE_MAX);
    mem_free(text);
    if (rc != PAWL_OK)
        tell(runner, file, "", lua_tostring(run->box->lua, -1));
    else if (run->count == 0)
        tell(runner, file, "", "it declares no test: test(\"name\", function(t) ... end)");
    lua_settop(run->box->lua, 0);
    return rc == PAWL_OK && run->count > 0;
}

static int run_file(const struct runner *runner, const char *file, struct pawl_err *err) {
    char rules[PATH_SIZE];
    struct test_run run = {.world = NULL};
    size_t stem = strlen(file) - strlen(ENDING);
    snprintf(rules, sizeof rules, "%.*s.lua", (int)stem, file);
    runner->totals->files++;
    int rc = names_new(&run.names, err);
    if (rc == PAWL_OK) rc = sandbox_new(&run, &run.box, err);
    if (rc == PAWL_OK && declare(runner, &run, file) && can_begin(runner, &run, rules))
        for (uint32_t i = 0; i < run.count; i++) run_one(runner, &run, file, rules, i);
    sandbox_free(run.box);
    names_free(run.names);
    return rc;
}

/* A file without a test is read all the same: what is wrong in it is told. */
static int read_untested(const struct runner *runner, const char *file, struct pawl_err *err) {
    struct test_run run = {.world = NULL};
    runner->totals->untested++;
    int rc = names_new(&run.names, err);
    if (rc == PAWL_OK) can_begin(runner, &run, file);
    names_free(run.names);
    return rc;
}

/* ---- the folder ---- */

static bool ends_with(const char *name, const char *ending) {
    size_t length = strlen(name), size = strlen(ending);
    return length > size && strcmp(name + length - size, ending) == 0;
}

static int by_name(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static uint32_t list_files(DIR *folder, char **names) {
    const struct dirent *entry;
    uint32_t count = 0;
    while (count < 2 * RULES_FILES_MAX && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.' && ends_with(entry->d_name, ".lua") &&
            (names[count] = mem_strdup(entry->d_name)) != NULL)
            count++;
    qsort(names, count, sizeof *names, by_name);
    return count;
}

static bool has_test(char *const *names, uint32_t count, const char *rules) {
    size_t stem = strlen(rules) - strlen(".lua");
    for (uint32_t i = 0; i < count; i++)
        if (ends_with(names[i], ENDING) && strlen(names[i]) == stem + strlen(ENDING) &&
            strncmp(names[i], rules, stem) == 0)
            return true;
    return false;
}

int rules_test(const char *dir, void (*told)(void *arg, const struct rules_test_result *result),
               void *arg, struct rules_test_totals *ret, struct pawl_err *err) {
    struct runner runner = {.dir = dir, .told = told, .arg = arg, .totals = ret};
    memset(ret, 0, sizeof *ret);
    DIR *folder = opendir(dir);
    if (folder == NULL)
        return pawl_fail(err, PAWL_E_CONFIG, "%s: cannot be read: %s", dir, strerror(errno));
    char **names = mem_calloc(2 * (size_t)RULES_FILES_MAX, sizeof *names);
    runner.errors = mem_calloc(1, sizeof *runner.errors);
    int rc = names != NULL && runner.errors != NULL ? PAWL_OK : PAWL_E_NOMEM;
    uint32_t count = rc == PAWL_OK ? list_files(folder, names) : 0;
    closedir(folder);
    for (uint32_t i = 0; i < count; i++) {
        if (rc == PAWL_OK && ends_with(names[i], ENDING))
            rc = run_file(&runner, names[i], err);
        else if (rc == PAWL_OK && !has_test(names, count, names[i]))
            rc = read_untested(&runner, names[i], err);
    }
    for (uint32_t i = 0; i < count; i++) mem_free(names[i]);
    mem_free(names);
    mem_free(runner.errors);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "the tests of %s cannot be run", dir);
}
