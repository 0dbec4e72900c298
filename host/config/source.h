/*
 * source.h - the JSON of a configuration: files read, merged and overridden, and who said what.
 * Internal to config/; jansson's types are named, not included. [start, reload] Heap, freed by
 * source_free().
 */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include "config/errors.h"

#define SOURCE_FILES_MAX 256u
#define SOURCE_FILE_BYTES_MAX (8u * 1024u * 1024u)
#define SOURCE_SETS_MAX 256u

#define SOURCE_SET_NAME "--set" /* stands for FILE in the fault of an override */

struct json_t;
struct config_source;

/* Read the main file, merge its `include`, apply the overrides. Faults are added to *errors and the
 * rest is still read. PAWL_E_CONFIG, and *ret still set, when there is something to go on with;
 * NULL when the main file cannot be read. PAWL_E_NOMEM with *ret NULL. */
int source_load(const char *file, const char *const *sets, uint32_t set_count,
                struct config_source **ret, struct config_errors *errors);
void source_free(struct config_source *source);

/* The merged object, borrowed. */
struct json_t *source_root(const struct config_source *source);
/* The file that holds most of this path; the main file if none does; SOURCE_SET_NAME for what an
 * override said. */
const char *source_file_of(const struct config_source *source, const char *path);

/* Read one JSON object; *ret is a new reference. Faults as above; PAWL_E_NOTFOUND without a fault
 * if there is no such file. */
int source_read_object(const char *file, struct json_t **ret, struct config_errors *errors);

/* set.c: change root by "PATH=VALUE"; ret_path gets the path with every name of an element as its
 * index. */
int source_set(struct json_t *root, const char *text, char *ret_path, size_t path_size,
               struct config_errors *errors);

#endif
