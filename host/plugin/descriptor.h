/*
 * descriptor.h - may this host take a plugin that describes itself so? Pure data; no code of the
 * plugin runs here.
 */
#ifndef PLUGIN_DESCRIPTOR_H
#define PLUGIN_DESCRIPTOR_H

#include "plugin/loader.h"

#define DESCRIPTOR_LISTENS_MAX 256u
#define DESCRIPTOR_NEEDS_MAX 32u
#define DESCRIPTOR_RECORDS_MAX 64u
#define DESCRIPTOR_FIELDS_MAX 256u      /* of one record type */
#define RECORD_HISTORY 2u /* pawl_record_type.durable: not kept in memory */
#define DESCRIPTOR_RECORD_MAX 4096u     /* bytes of one row */
#define DESCRIPTOR_RECORD_ID_MIN 0x100u /* smaller ids are the host's */

/* said: what pawl_plugin_main() returned; name: what it must be called (its file's name without
 * ".so"). *ret gets the copy, extended with zeros. PAWL_E_ABI with the reason. */
int descriptor_take(const struct pawl_plugin *said, const char *name,
                    const struct loader_known *known, struct pawl_plugin *ret,
                    struct pawl_err *err) PAWL_MUST_CHECK;

/* The same, and goes on after a fault where the rest can still be trusted: each is told. */
int descriptor_take_telling(const struct pawl_plugin *said, const char *name,
                            const struct loader_known *known,
                            void (*tell)(void *arg, const char *fault), void *arg,
                            struct pawl_plugin *ret, struct pawl_err *err) PAWL_MUST_CHECK;

#endif
