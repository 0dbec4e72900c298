/* source_int.h - what source.c, include.c share. */
#ifndef CONFIG_SOURCE_INT_H
#define CONFIG_SOURCE_INT_H

#include "config/source.h"

struct source_doc {
    char *file;
    struct json_t *json; /* as read */
};

struct config_source {
    struct json_t *root; /* merged, overridden */
    uint32_t doc_count, set_count;
    struct source_doc docs[SOURCE_FILES_MAX];
    char *sets[SOURCE_SETS_MAX]; /* paths that an override said */
};

/* Takes a reference of its own. PAWL_E_BUSY: too many files. */
int source_doc_add(struct config_source *source, const char *file, struct json_t *json);
/* Merge the folder named by the key `include`, if there is one. */
int source_include(struct config_source *source, struct config_errors *errors);

#endif
