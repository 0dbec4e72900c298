/*
 * secret.h - references to secrets: "env:NAME", "file:PATH", "credential:NAME" (systemd's).
 *
 * The configuration holds references only. secret_read() is the one place that turns one into what
 * it stands for; the value lives in pages of its own that no core dump has, and is wiped when it is
 * freed. It has a type of its own that no message, log line or JSON can take by mistake: only who
 * includes this and asks for its bytes sees them.
 *
 * file        refused where other users may read it, or our own group may and it is ours; relative
 *             to `dir`. One final end of line is not part of the secret.
 * credential  a file of $CREDENTIALS_DIRECTORY.
 * env         works, but children and /proc show it: `doctor` warns.
 * [start, reload] Blocks on small files only.
 */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include "pawl_types.h"

#define SECRET_BYTES_MAX 16384u

struct secret;

/* What is wrong with the form; NULL if nothing is, or if the text is no reference. */
const char *secret_fault(const char *text);
/* Whether the text has one of the three prefixes. */
int secret_is_reference(const char *text);

/* dir: where relative paths begin; NULL = our working folder. Errors name the reference, never the
 * value: PAWL_E_CONFIG its form, PAWL_E_NOTFOUND, PAWL_E_DENIED who may read it, PAWL_E_DATA empty
 * or too long, PAWL_E_IO, PAWL_E_NOMEM. */
int secret_read(const char *reference, const char *dir, struct secret **ret, struct pawl_err *err);
void secret_free(struct secret *secret); /* wipes; accepts NULL */
/* A byte 0 follows the last one. Valid until it is freed. */
const unsigned char *secret_bytes(const struct secret *secret, size_t *ret_length);

#endif
