/*
 * loading.h - what the parts of config_load() share. Internal to config/.
 *
 * Every load_* function reports its faults and goes on; PAWL_E_NOMEM is the only result that ends
 * the loading.
 */
#ifndef CONFIG_LOADING_H
#define CONFIG_LOADING_H

#include <jansson.h>

#include "config/config.h"
#include "config/field.h"
#include "config/source.h"

struct loading {
    struct config *config;
    struct report report;
    json_t *root;    /* borrowed */
    json_t *shipped; /* the shipped table; NULL = none */
    int rc;          /* PAWL_OK until the first fault */
};

#define FIELD_AT(type, member) .offset = (uint32_t)offsetof(type, member)
#define FIELD_ROOM(type, member)                                                                   \
    .offset = (uint32_t)offsetof(type, member), .size = (uint32_t)sizeof(((type *)0)->member)

/* The object or array under `key`, NULL and a fault if it is something else, NULL if it is absent.
 * An array or object with more than `max` members is a fault, too. */
const json_t *loading_object(struct loading *l, const char *key, size_t max);
const json_t *loading_array(struct loading *l, const char *key, size_t max);
/* Report at path; keeps l->rc. */
void loading_fault(struct loading *l, const struct path *path, const char *format, ...)
    PAWL_PRINTF(3, 4);
/* fields_read with the rc kept. */
void loading_fields(struct loading *l, const struct path *path, const json_t *object,
                    const struct field *table, void *base, int with_defaults);
/* Make the relative path in text absolute to the configuration; where says which value it is. */
void loading_path(struct loading *l, const struct path *where, char text[CONFIG_PATH_MAX + 1]);
/* A list of distinct texts into an array of size-byte texts; *ret is NULL for none. */
int loading_names(struct loading *l, const struct path *path, const json_t *array, size_t size,
                  char **ret, uint32_t *ret_count);

int load_host(struct loading *l);
int load_risk(struct loading *l);
int load_rules(struct loading *l);
int load_secrets(struct loading *l);
int load_plugins(struct loading *l);     /* after secrets */
/* `grants` of a plugin's element. */
int load_grants(struct loading *l, const struct path *plugin, const json_t *object,
                struct config_grants *out);
void grants_free(struct config_grants *grants);
int load_accounts(struct loading *l);    /* after plugins */
int load_instruments(struct loading *l); /* after accounts */
int load_sessions(struct loading *l);    /* after instruments */
void sessions_free(struct config *config);
int load_profiles(struct loading *l);    /* after plugins and instruments */
int load_feeds(struct loading *l);       /* after instruments */
int load_schedule(struct loading *l);    /* after all of these */

/* Is it the name of a plugin? If not, the fault lists what there is. */
void loading_plugin_name(struct loading *l, const struct path *path, const char *name);
void loading_account_name(struct loading *l, const struct path *path, const char *name);
void loading_profile_name(struct loading *l, const struct path *path, const char *name);
void loading_symbol(struct loading *l, const struct path *path, const char *symbol);

#endif
