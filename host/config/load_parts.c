/* load_parts.c - the sections plugins, accounts and profiles. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "config/loading.h"
#include "config/secret.h"

/* ---- lookups ---- */

#define FIND(kind, plural, member)                                                                 \
    const struct config_##kind *config_##kind##_find(const struct config *config,                  \
                                                     const char *name) {                           \
        for (uint32_t i = 0; i < config->kind##_count; i++)                                        \
            if (strcmp(config->plural[i].member, name) == 0) return &config->plural[i];            \
        return NULL;                                                                               \
    }
FIND(plugin, plugins, name)
FIND(account, accounts, name)
FIND(profile, profiles, name)
FIND(instrument, instruments, base.symbol)
#undef FIND

static void no_such(struct loading *l, const struct path *path, const char *what, const char *name,
                    const struct report_list *known, const struct nearest *nearest) {
    if (nearest->best != NULL)
        loading_fault(l, path, "there is no %s \"%s\"; did you mean \"%s\"? there are: %s", what,
                      name, nearest->best, report_list_text(known));
    else
        loading_fault(l, path, "there is no %s \"%s\"; there are: %s", what, name,
                      report_list_text(known));
}

#define MUST_EXIST(kind, plural, member)                                                           \
    struct report_list known = {.at = 0};                                                          \
    struct nearest nearest = {.wanted = name};                                                     \
    if (name[0] == '\0' || config_##kind##_find(l->config, name) != NULL) return;                  \
    for (uint32_t i = 0; i < l->config->kind##_count; i++) {                                       \
        if (l->config->plural[i].member[0] == '\0') continue;                                      \
        report_list_add(&known, l->config->plural[i].member);                                      \
        nearest_offer(&nearest, l->config->plural[i].member);                                      \
    }                                                                                              \
    no_such(l, path, #kind, name, &known, &nearest)

void loading_plugin_name(struct loading *l, const struct path *path, const char *name) {
    MUST_EXIST(plugin, plugins, name);
}

void loading_account_name(struct loading *l, const struct path *path, const char *name) {
    MUST_EXIST(account, accounts, name);
}

void loading_symbol(struct loading *l, const struct path *path, const char *name) {
    MUST_EXIST(instrument, instruments, base.symbol);
}

void loading_profile_name(struct loading *l, const struct path *path, const char *name) {
    MUST_EXIST(profile, profiles, name);
}
#undef MUST_EXIST

/* ---- plugins ---- */

static const struct field plugin_fields[] = {
    {"name", FIELD_NAME, FIELD_ROOM(struct config_plugin, name), .required = 1,
     .doc = "Name of the instance."},
    {"so", FIELD_TEXT, FIELD_ROOM(struct config_plugin, so),
     .doc = "File; NAME.so in host.plugin_dir if not given."},
    {"options", FIELD_OTHER, .doc = "As the plugin's table says."},
    {"grants", FIELD_OTHER, .doc = "What it may reach outside the host."},
    {.name = NULL}};

static void resolve_so(struct loading *l, const struct path *path, struct config_plugin *plugin) {
    char file[CONFIG_PATH_MAX + 1];
    if (strchr(plugin->so, '/') != NULL) {
        loading_path(l, path, plugin->so);
        return;
    }
    int length;
    if (plugin->so[0] == '\0')
        length = snprintf(file, sizeof file, "%s/%s.so", l->config->host.plugin_dir, plugin->name);
    else
        length = snprintf(file, sizeof file, "%s/%s", l->config->host.plugin_dir, plugin->so);
    if ((size_t)length >= sizeof file)
        loading_fault(l, path, "the full path is longer than %u bytes", CONFIG_PATH_MAX);
    else
        memcpy(plugin->so, file, (size_t)length + 1);
}

static void check_secrets(struct loading *l, const struct path *path, const json_t *value,
                          unsigned depth) {
    if (depth > 8) return; /* deeper than any option table; fields_read will refuse it */
    if (json_is_string(value)) {
        const char *why = secret_fault(json_string_value(value));
        if (why != NULL) loading_fault(l, path, "%s", why);
    }
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)value, key, member) {
        struct path here = {.up = path, .key = key};
        check_secrets(l, &here, member, depth + 1);
    }
}

static void check_plugin_name(struct loading *l, const struct path *element, const char *name) {
    struct path path = {.up = element, .key = "name"};
    if (name[0] == '\0') return;
    if (strcmp(name, CONFIG_KEEPER) == 0 || strcmp(name, CONFIG_OPENER) == 0 ||
        strcmp(name, "host") == 0 || strcmp(name, "operator") == 0 ||
        strcmp(name, "pawl") == 0 || strcmp(name, "control") == 0) /* as files of the data folder */
        loading_fault(l, &path, "\"%s\" is a name of the host's own", name);
    else if (config_plugin_find(l->config, name) != NULL)
        loading_fault(l, &path, "\"%s\" is the name of an earlier plugin, too", name);
}

static int load_plugin(struct loading *l, const struct path *element, const json_t *object) {
    struct config_plugin *out = &l->config->plugins[l->config->plugin_count];
    struct path path = {.up = element, .key = "so"};
    loading_fields(l, element, object, plugin_fields, out, 1);
    check_plugin_name(l, element, out->name);
    resolve_so(l, &path, out);
    const json_t *options = json_object_get(object, "options");
    path.key = "options";
    if (options != NULL && !json_is_object(options))
        loading_fault(l, &path, "must be an object");
    else if (options != NULL)
        check_secrets(l, &path, options, 0);
    out->options = json_is_object(options) ? options : NULL;
    l->config->plugin_count++; /* even at fault: indexes stay those of the file */
    return load_grants(l, element, json_object_get(object, "grants"), &out->grants);
}

int load_plugins(struct loading *l) {
    struct path plugins = {.key = "plugins"};
    const json_t *array = loading_array(l, "plugins", CONFIG_PLUGINS_MAX);
    if (array == NULL) return PAWL_OK;
    l->config->plugins = mem_calloc(json_array_size(array), sizeof *l->config->plugins);
    if (l->config->plugins == NULL) return PAWL_E_NOMEM;
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct path element = {.up = &plugins, .index = i};
        int rc = load_plugin(l, &element, json_array_get(array, i));
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}

/* ---- accounts ---- */

static const struct field account_fields[] = {
    {"broker", FIELD_NAME, FIELD_ROOM(struct config_account, broker), .required = 1,
     .doc = "Plugin through which it is traded."},
    {"currency", FIELD_NAME, FIELD_ROOM(struct config_account, currency), .def = "USD",
     .doc = "Currency of its money."},
    {"balance", FIELD_DECIMAL, FIELD_AT(struct config_account, balance), .min = 0, .max = INT64_MAX,
     .def = "0", .doc = "At the start, where the venue does not say."},
    {"mode", FIELD_ENUM, FIELD_AT(struct config_account, mode), .def = "netting",
     .choices = "netting|hedging", .doc = "One side of a symbol at a time, or both."},
    {"leverage", FIELD_DECIMAL, FIELD_AT(struct config_account, leverage), .min = PAWL_E8,
     .max = 1000 * PAWL_E8, .def = "1", .doc = "Where the instrument does not say."},
    {"reset_time", FIELD_OTHER,
     .doc = "When its day begins: \"17:00 America/New_York\"; 00:00 UTC."},
    {.name = NULL}};

static void load_reset(struct loading *l, const struct path *path, const json_t *value,
                       struct config_account *out) {
    const char *text = json_string_value(value);
    unsigned hour = 0, minute = 0;
    int length = 0;
    memcpy(out->reset_tz, "UTC", 4);
    if (value == NULL) return;
    if (text == NULL || sscanf(text, "%2u:%2u%n", &hour, &minute, &length) != 2 || length != 5 ||
        hour > 23 || minute > 59 || (text[5] != '\0' && text[5] != ' ')) {
        loading_fault(l, path,
                      "must be a time of day as text, as in \"17:00\" or "
                      "\"17:00 America/New_York\"");
        return;
    }
    out->reset_second = (int64_t)hour * 3600 + (int64_t)minute * 60;
    const struct field zone = {"", FIELD_TEXT, FIELD_ROOM(struct config_account, reset_tz)};
    char message[FIELD_MESSAGE_MAX + 1];
    if (text[5] == ' ' && field_from_text(&zone, text + 6, out, message) != PAWL_OK)
        loading_fault(l, path, "the time zone %s", message);
}

/* The key of a member as its name. */
static void member_name(struct loading *l, const struct path *path, const char *key, char *out,
                        size_t size) {
    if (!name_is_valid(key, size - 1))
        loading_fault(l, path, "a name must be at most %zu letters, digits, \"_\" and \"-\"",
                      size - 1);
    else
        memcpy(out, key, strlen(key) + 1);
}

int load_accounts(struct loading *l) {
    struct path accounts = {.key = "accounts"};
    const json_t *object = loading_object(l, "accounts", CONFIG_ACCOUNTS_MAX);
    if (object == NULL) return PAWL_OK;
    l->config->accounts = mem_calloc(json_object_size(object), sizeof *l->config->accounts);
    if (l->config->accounts == NULL) return PAWL_E_NOMEM;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        struct path path = {.up = &accounts, .key = key}, member = {.up = &path};
        struct config_account *out = &l->config->accounts[l->config->account_count++];
        member_name(l, &path, key, out->name, sizeof out->name);
        loading_fields(l, &path, value, account_fields, out, 1);
        member.key = "reset_time";
        load_reset(l, &member, json_object_get(value, "reset_time"), out);
        member.key = "broker";
        loading_plugin_name(l, &member, out->broker);
    }
    return PAWL_OK;
}

/* ---- profiles ---- */

#define HOLDER(aspect) FIELD_ROOM(struct config_profile, holder[aspect]), .def = CONFIG_OPENER
static const struct field profile_fields[] = {
    {"grow", FIELD_NAME, HOLDER(CONFIG_GROW), .doc = "Who may add to the lot."},
    {"reduce", FIELD_NAME, HOLDER(CONFIG_REDUCE), .doc = "Who may take parts off it."},
    {"stop", FIELD_NAME, HOLDER(CONFIG_STOP), .doc = "Who moves its stop."},
    {"targets", FIELD_NAME, HOLDER(CONFIG_TARGETS), .doc = "Who sets its targets."},
    {.name = NULL}};
static const struct field profile_keys[] = {{"grow", FIELD_OTHER},
                                            {"reduce", FIELD_OTHER},
                                            {"stop", FIELD_OTHER},
                                            {"targets", FIELD_OTHER},
                                            {.name = NULL}};

static void load_holder(struct loading *l, const struct path *profile, const struct field *field,
                        const json_t *said, struct config_profile *out) {
    struct path path = {.up = profile, .key = field->name};
    char message[FIELD_MESSAGE_MAX + 1], *holder = (char *)out + field->offset;
    memcpy(holder, CONFIG_OPENER, sizeof CONFIG_OPENER);
    if (json_is_array(said))
        loading_fault(l, &path, "has %zu holders: an aspect has one", json_array_size(said));
    else if (said != NULL && field_from_json(field, said, out, message) != PAWL_OK)
        loading_fault(l, &path, "%s", message);
    else if (strcmp(holder, CONFIG_KEEPER) != 0 && strcmp(holder, CONFIG_OPENER) != 0)
        loading_plugin_name(l, &path, holder);
}

static void check_instrument_profiles(struct loading *l) {
    struct path instruments = {.key = "instruments"};
    for (uint32_t i = 0; i < l->config->instrument_count; i++) {
        const struct config_instrument *in = &l->config->instruments[i];
        struct path path = {.up = &instruments, .key = in->base.symbol};
        struct path member = {.up = &path, .key = "profile"};
        loading_profile_name(l, &member, in->base.profile);
    }
}

int load_profiles(struct loading *l) {
    struct path profiles = {.key = "profiles"};
    const json_t *object = loading_object(l, "profiles", CONFIG_PROFILES_MAX);
    size_t count = object == NULL ? 0 : json_object_size(object);
    if (count > 0) l->config->profiles = mem_calloc(count, sizeof *l->config->profiles);
    if (count > 0 && l->config->profiles == NULL) return PAWL_E_NOMEM;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        struct path path = {.up = &profiles, .key = key};
        struct config_profile *out = &l->config->profiles[l->config->profile_count++];
        member_name(l, &path, key, out->name, sizeof out->name);
        loading_fields(l, &path, value, profile_keys, NULL, 0);
        for (size_t i = 0; i < CONFIG_ASPECTS_; i++)
            load_holder(l, &path, &profile_fields[i],
                        json_object_get(value, profile_fields[i].name), out);
    }
    check_instrument_profiles(l);
    return PAWL_OK;
}
