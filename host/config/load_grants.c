/* load_grants.c - `secrets`, and `grants` of a plugin. */
#include "config/grants.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "config/loading.h"
#include "config/secret.h"

/* ---- grants ---- */

/* Where its port begins: behind the last colon, of which an address may have more. */
static const char *port_of(const char *grant) {
    const char *colon = strrchr(grant, ':');
    return colon == NULL ? NULL : colon + 1;
}

static unsigned port_number(const char *text) {
    unsigned value = 0;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || value > 65535) return 65536;
        value = value * 10 + (unsigned)(*p - '0');
    }
    return *text == '\0' ? 65536 : value;
}

const char *grant_fault(const char *grant) {
    static const char names[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:";
    const char *port = port_of(grant);
    if (port == NULL || (strcmp(port, "*") != 0 && port_number(port) > 65535))
        return "must end in a port, as in \"fapi.binance.com:443\" or \"localhost:*\"";
    size_t len = (size_t)(port - 1 - grant), from = 0, to = len;
    if (len >= 2 && grant[0] == '[' && grant[len - 1] == ']') from = 1, to = len - 1;
    if (len >= 2 && grant[0] == '*' && grant[1] == '.') from = 2;
    if (from >= to || strspn(grant + from, names) < to - from)
        return "must begin with a host, as in \"fapi.binance.com:443\" or \"*.binance.com:443\"";
    return NULL;
}

int grant_allows(const char *grant, const char *host, unsigned port) {
    const char *number = port_of(grant);
    if (number == NULL) return 0;
    size_t len = (size_t)(number - 1 - grant), size = strlen(host);
    if (strcmp(number, "*") != 0 && port_number(number) != port) return 0;
    if (len >= 2 && grant[0] == '[') return len - 2 == size && !strncasecmp(grant + 1, host, size);
    if (len < 2 || grant[0] != '*') return len == size && !strncasecmp(grant, host, size);
    return size > len - 1 && strncasecmp(grant + 1, host + size - (len - 1), len - 1) == 0;
}

static int load_list(struct loading *l, const struct path *grants, const json_t *object,
                     const char *key, size_t size, char **ret, uint32_t *ret_count) {
    struct path path = {.up = grants, .key = key};
    int rc = loading_names(l, &path, json_object_get(object, key), size, ret, ret_count);
    if (rc != PAWL_OK || strcmp(key, "secrets") == 0) return rc;
    for (uint32_t i = 0; i < *ret_count; i++) {
        struct path here = {.up = &path, .index = i};
        const char *why = grant_fault(*ret + i * size);
        if (why != NULL) loading_fault(l, &here, "%s", why);
    }
    return PAWL_OK;
}

static void check_secrets(struct loading *l, const struct path *grants,
                          const struct config_grants *out) {
    struct path path = {.up = grants, .key = "secrets"};
    for (uint32_t i = 0; i < out->secret_count; i++) {
        struct path here = {.up = &path, .index = i};
        if (config_secret_find(l->config, out->secrets[i]) == NULL)
            loading_fault(l, &here, "there is no secret \"%s\" in `secrets`", out->secrets[i]);
    }
}

int load_grants(struct loading *l, const struct path *plugin, const json_t *object,
                struct config_grants *out) {
    static const struct field keys[] = {{.name = "net", .type = FIELD_OTHER},
                                        {.name = "listen", .type = FIELD_OTHER},
                                        {.name = "secrets", .type = FIELD_OTHER},
                                        {.name = NULL}};
    struct path grants = {.up = plugin, .key = "grants"};
    char *list = NULL;
    if (object == NULL) return PAWL_OK;
    if (!json_is_object(object)) {
        loading_fault(l, &grants, "must be an object");
        return PAWL_OK;
    }
    loading_fields(l, &grants, object, keys, NULL, 0);
    int rc = load_list(l, &grants, object, "net", sizeof out->net[0], &list, &out->net_count);
    out->net = (void *)list;
    if (rc == PAWL_OK) {
        rc = load_list(l, &grants, object, "listen", sizeof out->listen[0], &list,
                       &out->listen_count);
        out->listen = (void *)list;
    }
    if (rc == PAWL_OK) {
        rc = load_list(l, &grants, object, "secrets", sizeof out->secrets[0], &list,
                       &out->secret_count);
        out->secrets = (void *)list;
    }
    if (rc == PAWL_OK) check_secrets(l, &grants, out);
    return rc;
}

void grants_free(struct config_grants *grants) {
    mem_free(grants->net);
    mem_free(grants->listen);
    mem_free(grants->secrets);
}

/* ---- secrets ---- */

const struct config_secret *config_secret_find(const struct config *config, const char *name) {
    for (uint32_t i = 0; i < config->secret_count; i++)
        if (strcmp(config->secrets[i].name, name) == 0) return &config->secrets[i];
    return NULL;
}

int load_secrets(struct loading *l) {
    struct path secrets = {.key = "secrets"};
    const json_t *object = loading_object(l, "secrets", CONFIG_SECRETS_MAX);
    if (object == NULL || json_object_size(object) == 0) return PAWL_OK;
    l->config->secrets = mem_calloc(json_object_size(object), sizeof *l->config->secrets);
    if (l->config->secrets == NULL) return PAWL_E_NOMEM;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        struct path path = {.up = &secrets, .key = key};
        struct config_secret *out = &l->config->secrets[l->config->secret_count];
        const char *text = json_string_value(value);
        const char *why = text == NULL ? "" : secret_fault(text);
        if (!name_is_valid(key, SECRET_NAME_MAX)) {
            loading_fault(l, &path, "a name must be at most %u letters, digits, \"_\" and \"-\"",
                          SECRET_NAME_MAX);
        } else if (text == NULL || !secret_is_reference(text) ||
                   strlen(text) > SECRET_REFERENCE_MAX) {
            loading_fault(l, &path, "must say where the secret is, as in \"env:API_KEY\", "
                                    "\"file:/etc/pawl/key\" or \"credential:key\"");
        } else if (why != NULL) {
            loading_fault(l, &path, "%s", why);
        } else {
            memcpy(out->name, key, strlen(key) + 1);
            memcpy(out->reference, text, strlen(text) + 1);
            l->config->secret_count++;
        }
    }
    return PAWL_OK;
}
