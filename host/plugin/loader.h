/*
 * loader.h - shared objects of plugins: copied, looked at, loaded, refused with one line.
 *
 * dlopen() of a path that was loaded before gives the old code even when the file is new, and
 * writing over a mapped file ends the process. So each file is first copied, under a name that was
 * never used before, into a folder only we can write; the copy is loaded. Code is not unmapped
 * unless LOADER_UNMAP says so (tests): a stale pointer into it is the crash nobody can explain.
 *
 * The same file with the same bytes, still open, is loaded once and counted.
 *
 * Owner    libraries are the loader's; a descriptor is valid until loader_close().
 * Thread   loop only. [start, reload]
 * Errors   a refusal is one line in *errors: `PATH: reason`. The host goes on with the rest.
 */
#ifndef PLUGIN_LOADER_H
#define PLUGIN_LOADER_H

#include <stdbool.h>

#include "config/errors.h"
#include "pawl_plugin.h"

#define LOADER_PATH_MAX 1023u
#define LIBRARIES_MAX 256u /* open at once, those of a reload that is staged included */
#define LIBRARY_BYTES_MAX (256u * 1024u * 1024u)

#define LOADER_UNMAP 1u /* unmap the code when a library is closed */

/* What this host knows; the functions answer for any argument. */
struct loader_known {
    bool (*event)(void *arg, uint16_t type);      /* may it be subscribed to? */
    bool (*service)(void *arg, const char *name); /* "pawl.book/1" */
    void *arg;
};

struct library {
    char path[LOADER_PATH_MAX + 1];   /* of the file as named */
    const struct pawl_plugin *plugin; /* a copy, extended with zeros to this host's size */
    uint64_t code_hash;               /* of the file's bytes */
    uint32_t generation;              /* 1 = the first library of this loader, then rising */
};

struct loader;

/* folder: where <folder>/.plugins is made for the copies (the data folder); NULL = the user's
 * temporary one, which is gone after the last loader_free(). Copies left by processes that are no
 * more are removed. known is copied. */
int loader_new(const char *folder, unsigned flags, const struct loader_known *known,
               struct loader **ret, struct pawl_err *err) PAWL_MUST_CHECK;
/* Closes what is open and removes the copies. Accepts NULL. */
void loader_free(struct loader *loader);

/* PAWL_OK; PAWL_E_NOTFOUND, PAWL_E_IO, PAWL_E_DATA (no sound shared object), PAWL_E_ABI (not for
 * this host), PAWL_E_BUSY (a limit) with a line in *errors; PAWL_E_NOMEM. */
int loader_open(struct loader *loader, const char *path, const struct library **ret,
                struct config_errors *errors) PAWL_MUST_CHECK;
/* From now on each fault of a descriptor is told, not only the first; for `plugins check`. */
void loader_tell_all(struct loader *loader, void (*tell)(void *arg, const char *fault), void *arg);

/* For one more that uses an open library, without a look at its file. */
void loader_hold(struct loader *loader, const struct library *library);
/* One call per loader_open() and loader_hold(). No instance of it may be left. */
void loader_close(struct loader *loader, const struct library *library);

/* The files NAME.so of a folder by name, sorted; stops when `file` returns non-zero and returns
 * that. PAWL_E_NOTFOUND, PAWL_E_IO. */
int loader_scan(const char *folder, int (*file)(void *arg, const char *path), void *arg,
                struct pawl_err *err);

#endif
