/*
 * options.h - the options of a plugin, from its own table: struct pawl_option of pawl_plugin.h.
 *
 * A name with a dot, "sl_hunt.enabled", is the key `enabled` of the object `sl_hunt`.
 * A decimal is text ("0.03") or a whole number; a duration is text with its unit.
 * [start, reload] No allocation. Tables are the plugin's, borrowed.
 */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include "config/errors.h"
#include "pawl_plugin.h"

#define OPTIONS_MAX 127u /* rows of a table */
#define OPTIONS_SIZE_MAX 65536u

struct json_t;

/* Is the table itself sound: names, types, fields inside the struct and apart from each other,
 * defaults that parse and lie in range? PAWL_E_CONFIG with "option NAME: ..." otherwise. table may
 * be NULL. */
int options_check(const struct pawl_option *table, uint32_t options_size,
                  struct pawl_err *err) PAWL_MUST_CHECK;

/* Fill *ret_options, options_size bytes, from a sound table; object may be NULL. Each fault reads
 * `FILE: PATH.x: message`. PAWL_E_CONFIG or PAWL_OK. config_plugin_options() (config.h) does the
 * same and knows FILE and PATH. */
int options_fill(const struct pawl_option *table, uint32_t options_size,
                 const struct json_t *object, const char *file, const char *path, void *ret_options,
                 struct config_errors *errors) PAWL_MUST_CHECK;

#define OPTIONS_VALUES_MAX 512u
/* What one option may be, in words: "decimal 0 to 1"; cut to fit. */
void options_values(const struct pawl_option *option, char *out, size_t size);
/* The table for people, one option a line: name, type and range, default, sentence. */
void options_print(const struct pawl_option *table, const char *indent, FILE *out);

#endif
