/* A request as it comes over the control socket or in a scenario. */
#include <jansson.h>
#include <string.h>

#include "base/err.h"
#include "reload/reload.h"

static int texts(const json_t *object, const char *key, const char **out, uint32_t max,
                 uint32_t *ret_count, struct pawl_err *err) {
    const json_t *array = json_object_get(object, key);
    if (array == NULL) return PAWL_OK;
    if (!json_is_array(array) || json_array_size(array) > max)
        return pawl_fail(err, PAWL_E_INVAL, "%s: must be a list of at most %u texts", key, max);
    for (size_t i = 0; i < json_array_size(array); i++) {
        out[i] = json_string_value(json_array_get(array, i));
        if (out[i] == NULL)
            return pawl_fail(err, PAWL_E_INVAL, "%s: must be a list of texts", key);
        ++*ret_count;
    }
    return PAWL_OK;
}

static int heirs(const json_t *object, struct reload_asked *asked, struct pawl_err *err) {
    const json_t *given = json_object_get(object, "heirs");
    const char *name;
    json_t *to;
    if (given == NULL) return PAWL_OK;
    if (!json_is_object(given) || json_object_size(given) > RELOAD_NAMES_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "heirs: must be an object of at most %u members",
                         RELOAD_NAMES_MAX);
    json_object_foreach((json_t *)(uintptr_t)given, name, to) {
        struct config_heir *heir = &asked->heirs[asked->request.heir_count++];
        if (!json_is_string(to) || strlen(name) >= sizeof heir->name ||
            json_string_length(to) >= sizeof heir->to)
            return pawl_fail(err, PAWL_E_INVAL, "heirs.%.40s: must be the name of a strategy, "
                             "\"keep\" or \"flatten\"", name);
        memcpy(heir->name, name, strlen(name) + 1);
        memcpy(heir->to, json_string_value(to), json_string_length(to) + 1);
    }
    return PAWL_OK;
}

static int known_keys(const json_t *object, struct pawl_err *err) {
    static const char *const known[] = {"id", "do", "t", "type", "config", "set", "renew", "heirs",
                                        "dry_run"};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        size_t i = 0;
        while (i < sizeof known / sizeof *known && strcmp(known[i], key) != 0) i++;
        if (i == sizeof known / sizeof *known)
            return pawl_fail(err, PAWL_E_INVAL, "%.60s: unknown key", key);
    }
    return PAWL_OK;
}

int reload_asked_from_json(const json_t *object, const char *by, struct reload_asked *ret,
                           struct pawl_err *err) {
    struct reload_request *request = &ret->request;
    const json_t *file = json_object_get(object, "config"), *dry = json_object_get(object,
                                                                                   "dry_run");
    memset(ret, 0, sizeof *ret);
    *request = (struct reload_request){.by = by, .sets = ret->sets, .renew = ret->renew,
                                       .heirs = ret->heirs};
    int rc = known_keys(object, err);
    if (rc == PAWL_OK && file != NULL && !json_is_string(file))
        rc = pawl_fail(err, PAWL_E_INVAL, "config: must be the path of a file");
    if (rc == PAWL_OK && dry != NULL && !json_is_boolean(dry))
        rc = pawl_fail(err, PAWL_E_INVAL, "dry_run: must be true or false");
    if (rc == PAWL_OK)
        rc = texts(object, "set", ret->sets, RELOAD_SETS_MAX, &request->set_count, err);
    if (rc == PAWL_OK)
        rc = texts(object, "renew", ret->renew, RELOAD_NAMES_MAX, &request->renew_count, err);
    if (rc == PAWL_OK) rc = heirs(object, ret, err);
    request->file = json_string_value(file);
    request->dry_run = json_is_true(dry);
    return rc;
}
