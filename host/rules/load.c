/* A folder of files becomes a set of rules. */
#include <dirent.h>
#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/plural.h"
#include "events/reflect.h"
#include "rules/action.h"
#include "rules/bars.h"
#include "rules/set.h"
#include "rules/spelling.h"

#define TEST_ENDING "_test.lua"

const char *set_file_name(const struct ruleset *set, const struct rule *rule) {
    const char *path = set->files[rule->file].path, *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Nearly every event begins with its instrument; of the others reflection says where it is. */
uint32_t event_instrument(const struct pawl_event *event) {
    const struct schema_event *type = reflect_event(event->type);
    const struct pawl_field *field = type->fields;
    uint32_t id = 0;
    if (field->kind != PAWL_F_INSTRUMENT) field = reflect_field(type->fields, "instrument");
    if (field != NULL) memcpy(&id, (const char *)event + field->offset, sizeof id);
    return id;
}

uint32_t event_subject(const struct pawl_event *event) {
    return event->type == PAWL_EV_TIMER ? (uint32_t)event->cookie : event_instrument(event);
}

const char *set_subject(const struct ruleset *set, const struct pawl_event *event) {
    uint32_t id = event_subject(event);
    const char *symbol = id != 0 ? set->world->symbol(set->world->arg, id) : "";
    return symbol[0] != '\0' ? symbol : NULL;
}

/* ---- files ---- */

static bool ends_with(const char *name, const char *ending) {
    size_t length = strlen(name), size = strlen(ending);
    return length > size && strcmp(name + length - size, ending) == 0;
}

static int by_path(const void *left, const void *right) {
    return strcmp(((const struct rule_file *)left)->path, ((const struct rule_file *)right)->path);
}

static int read_folder(struct ruleset *set, const char *config_file, const char *dir,
                       const char *only) {
    const struct dirent *entry;
    DIR *folder = opendir(dir);
    if (folder == NULL) {
        config_errors_add(set->errors, config_file, config_file == NULL ? NULL : "rules.dir",
                          "%s: the folder of rules cannot be read: %s", dir, strerror(errno));
        return PAWL_E_CONFIG;
    }
    while ((entry = readdir(folder)) != NULL) {
        const char *name = entry->d_name;
        if (name[0] == '.' || !ends_with(name, ".lua") || ends_with(name, TEST_ENDING)) continue;
        if (only != NULL && strcmp(name, only) != 0) continue;
        if (set->file_count == RULES_FILES_MAX) {
            config_errors_add(set->errors, dir, NULL, "more than %u rule files", RULES_FILES_MAX);
            break;
        }
        struct rule_file *file = &set->files[set->file_count];
        if ((size_t)snprintf(file->path, sizeof file->path, "%s/%s", dir, name) <
            sizeof file->path)
            set->file_count++;
    }
    closedir(folder);
    if (only != NULL && set->file_count == 0)
        config_errors_add(set->errors, dir, NULL, "there is no %s", only);
    qsort(set->files, set->file_count, sizeof *set->files, by_path);
    return PAWL_OK;
}

static int read_text(struct ruleset *set, struct rule_file *file) {
    FILE *in = fopen(file->path, "rb");
    file->text = in != NULL ? mem_alloc(RULES_FILE_MAX + 1) : NULL;
    file->length = file->text != NULL ? fread(file->text, 1, RULES_FILE_MAX + 1, in) : 0;
    bool bad = in == NULL || ferror(in) != 0;
    if (bad)
        config_errors_add(set->errors, file->path, NULL, "cannot be read: %s", strerror(errno));
    if (in != NULL) fclose(in);
    if (bad) return PAWL_E_CONFIG;
    if (file->text == NULL) return PAWL_E_NOMEM;
    if (file->length > RULES_FILE_MAX) {
        config_errors_add(set->errors, file->path, NULL, "more than %u bytes", RULES_FILE_MAX);
        return PAWL_E_CONFIG;
    }
    file->hash = hash_bytes(file->text, file->length, 0);
    return PAWL_OK;
}

/* ---- one file ---- */

static void told(struct ruleset *set, const struct rule_file *file, const char *text) {
    /* The text begins with the file's name: show where that is instead. */
    const char *slash = strrchr(file->path, '/');
    const char *name = slash != NULL ? slash + 1 : file->path;
    size_t length = strlen(name);
    if (strncmp(text, name, length) == 0 && text[length] == ':')
        config_errors_add(set->errors, NULL, NULL, "%s%s", file->path, text + length);
    else
        config_errors_add(set->errors, file->path, NULL, "%s", text);
}

static int take_rules(lua_State *lua) { /* (what the file gave) */
    struct ruleset *set = sandbox_of(lua)->owner;
    if (lua_type(lua, 1) != LUA_TTABLE)
        return luaL_error(lua, "the file must return a rule or a list of rules, not a %s",
                          luaL_typename(lua, 1));
    lua_Integer count = (lua_Integer)lua_rawlen(lua, 1);
    for (lua_Integer i = 1; i <= (count > 0 ? count : 1); i++) {
        if (set->rule_count == RULES_MAX) return luaL_error(lua, "more than %d rules", RULES_MAX);
        lua_settop(lua, 1);
        if (count > 0 && lua_rawgeti(lua, 1, i) != LUA_TTABLE)
            return luaL_error(lua, "entry %d of the list is a %s, not a rule", (int)i,
                              luaL_typename(lua, -1));
        spec_read(set, lua_gettop(lua));
    }
    return 0;
}

static int find_bars(lua_State *lua) { /* (file, number of its first rule) */
    const struct rule_file *file = lua_touserdata(lua, 1);
    bars_find(sandbox_of(lua)->owner, (uint32_t)lua_tointeger(lua, 2), file->text, file->length);
    return 0;
}

static void load_file(struct ruleset *set, struct rule_file *file) {
    lua_State *lua = set->box->lua;
    char name[RULES_PATH_MAX + 2];
    const char *slash = strrchr(file->path, '/');
    uint32_t first = set->rule_count;
    if (read_text(set, file) != PAWL_OK) return;
    snprintf(name, sizeof name, "=%s", slash != NULL ? slash + 1 : file->path);
    size_t length = 0;
    char *text = spelling_read(file->text, file->length, &length);
    if (text == NULL) return;
    int rc = sandbox_load(set->box, name, text, length);
    mem_free(text);
    if (rc == PAWL_OK)
        rc = sandbox_call(set->box, 0, 1, RULES_LOAD_STEPS_MAX, SANDBOX_LOAD_TAKE_MAX);
    if (rc == PAWL_OK) {
        lua_pushcfunction(lua, take_rules);
        lua_insert(lua, -2);
        rc = sandbox_call(set->box, 1, 0, RULES_LOAD_STEPS_MAX, SANDBOX_LOAD_TAKE_MAX);
    }
    if (rc == PAWL_OK) {
        lua_pushcfunction(lua, find_bars);
        lua_pushlightuserdata(lua, file);
        lua_pushinteger(lua, first);
        rc = sandbox_call(set->box, 2, 0, RULES_LOAD_STEPS_MAX, SANDBOX_LOAD_TAKE_MAX);
    }
    if (rc != PAWL_OK) {
        told(set, file, lua_tostring(lua, -1));
        lua_pop(lua, 1);
    }
    mem_free(file->text);
    file->text = NULL;
}

/* ---- the set ---- */

static int by_priority(const void *left, const void *right) {
    const struct rule *a = *(struct rule *const *)left, *b = *(struct rule *const *)right;
    if (a->priority != b->priority) return a->priority > b->priority ? -1 : 1;
    return a < b ? -1 : a > b; /* by file, then place */
}

static int make_lists(struct ruleset *set, struct pawl_err *err) {
    set->ordered = mem_calloc(set->rule_count + 1, sizeof *set->ordered);
    set->lists = mem_calloc(set->rule_count + 1, sizeof *set->lists);
    set->by_type = mem_calloc(RULES_TYPES_MAX, sizeof *set->by_type);
    set->view_of = mem_calloc(RULES_TYPES_MAX, sizeof *set->view_of);
    set->views = mem_calloc(set->rule_count + 1, sizeof *set->views);
    if (set->ordered == NULL || set->lists == NULL || set->by_type == NULL ||
        set->view_of == NULL || set->views == NULL)
        return pawl_fail(err, PAWL_E_NOMEM, "no memory for the rules");
    for (uint32_t i = 0; i < set->rule_count; i++) set->ordered[i] = &set->rules[i];
    qsort(set->ordered, set->rule_count, sizeof *set->ordered, by_priority);
    struct rule **at = set->lists;
    for (uint32_t i = 0; i < set->rule_count; i++) {
        uint16_t type = set->rules[i].on;
        struct rule_list *list = &set->by_type[type];
        if (list->rules != NULL) continue;
        list->rules = at;
        for (uint32_t k = 0; k < set->rule_count; k++)
            if (set->ordered[k]->on == type) *at++ = set->ordered[k];
        list->count = (uint32_t)(at - list->rules);
        int rc = view_make(set, type, err);
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}

static struct rule *find_rule(struct ruleset *set, const char *id) {
    for (uint32_t i = 0; i < set->rule_count; i++)
        if (strcmp(set->rules[i].id, id) == 0) return &set->rules[i];
    return NULL;
}

static void disable(struct ruleset *set, const struct rules_source *source) {
    for (uint32_t i = 0; source->disabled != NULL; i++) {
        char path[48];
        const char *id = source->disabled(source->arg, i);
        if (id == NULL) return;
        struct rule *rule = find_rule(set, id);
        snprintf(path, sizeof path, "rules.disabled[%u]", i);
        if (rule != NULL)
            rule->enabled = false;
        else
            config_errors_add(set->errors, source->config_file, path, "there is no rule \"%s\"",
                              id);
    }
}

static int open_context(lua_State *lua) {
    context_open(lua);
    return 0;
}

static int make_set(struct ruleset *set, struct pawl_err *err) {
    int rc = sandbox_new(set, &set->box, err);
    set->rules = mem_calloc(RULES_MAX, sizeof *set->rules);
    set->files = mem_calloc(RULES_FILES_MAX, sizeof *set->files);
    if (rc == PAWL_OK && (set->rules == NULL || set->files == NULL)) rc = PAWL_E_NOMEM;
    if (rc != PAWL_OK) return pawl_fail(err, rc, "no memory for the rules");
    lua_pushcfunction(set->box->lua, open_context);
    rc = sandbox_call(set->box, 0, 0, RULES_LOAD_STEPS_MAX, SANDBOX_LOAD_TAKE_MAX);
    return rc == PAWL_OK ? rc : pawl_fail(err, PAWL_E_NOMEM, "no memory for the rules");
}

int ruleset_load(const struct rules_source *source, struct config_errors *errors,
                 struct ruleset **ret) {
    struct pawl_err why = {0};
    uint32_t faults = errors->count;
    struct ruleset *set = mem_calloc(1, sizeof *set);
    if (set == NULL) return PAWL_E_NOMEM;
    set->errors = errors;
    set->decode = source->decode;
    int rc = make_set(set, &why);
    if (rc == PAWL_OK && source->dir[0] != '\0')
        (void)read_folder(set, source->config_file, source->dir, source->only);
    for (uint32_t i = 0; rc == PAWL_OK && i < set->file_count; i++) {
        set->loading = i;
        load_file(set, &set->files[i]);
    }
    if (rc == PAWL_OK) disable(set, source);
    if (rc == PAWL_OK && errors->count == faults) rc = make_lists(set, &why);
    set->errors = NULL;
    if (rc == PAWL_OK && errors->count > faults) rc = PAWL_E_CONFIG;
    if (rc != PAWL_OK) {
        if (errors->count == faults) config_errors_add(errors, NULL, NULL, "rules: %s", why.text);
        ruleset_free(set);
        return rc;
    }
    *ret = set;
    return PAWL_OK;
}

static const struct rule_file *find_file(const struct ruleset *set, const char *path) {
    const char *name = strrchr(path, '/');
    for (uint32_t i = 0; i < set->file_count; i++) {
        const char *other = strrchr(set->files[i].path, '/');
        if (strcmp(other != NULL ? other : set->files[i].path, name != NULL ? name : path) == 0)
            return &set->files[i];
    }
    return NULL;
}

void ruleset_difference(const struct ruleset *old, const struct ruleset *new, char *out,
                        size_t size) {
    uint32_t changed = 0, added = 0, gone = 0;
    for (uint32_t i = 0; i < new->file_count; i++) {
        const struct rule_file *before = find_file(old, new->files[i].path);
        if (before == NULL)
            added++;
        else if (before->hash != new->files[i].hash)
            changed++;
    }
    for (uint32_t i = 0; i < old->file_count; i++)
        if (find_file(new, old->files[i].path) == NULL) gone++;
    out[0] = '\0';
    if (changed + added + gone > 0)
        snprintf(out, size, "rules: %u file%s changed, %u new, %u gone; %u rule%s", changed,
                 plural(changed), added, gone, new->rule_count, plural(new->rule_count));
}

void ruleset_free(struct ruleset *set) {
    if (set == NULL) return;
    sandbox_free(set->box);
    for (uint32_t i = 0; set->rules != NULL && i < set->rule_count; i++) {
        mem_free(set->rules[i].symbols);
        mem_free(set->rules[i].instruments);
        tz_free(set->rules[i].zone);
        actions_free(&set->rules[i]);
    }
    for (uint32_t i = 0; set->views != NULL && i < set->view_count; i++)
        mem_free(set->views[i].last);
    for (uint32_t i = 0; set->views != NULL && i < set->view_count; i++)
        mem_free(set->views[i].fields);
    for (uint32_t i = 0; set->files != NULL && i < set->file_count; i++)
        mem_free(set->files[i].text);
    mem_free(set->rules);
    mem_free(set->files);
    mem_free(set->ordered);
    mem_free(set->lists);
    mem_free(set->by_type);
    mem_free(set->view_of);
    mem_free(set->views);
    mem_free(set);
}
