/*
 * elf_symbols.h - what a shared object asks for and offers, read from its file without loading it:
 * libraries it links, names it needs from outside, names it shows.
 */
#ifndef PLUGIN_ELF_SYMBOLS_H
#define PLUGIN_ELF_SYMBOLS_H

#include <stdbool.h>

#include "pawl_types.h"

struct elf_symbols {
    void (*links)(void *arg, const char *library); /* "libc.so.6" */
    /* weak ones are left out; versioned: of a library that gives its names versions, as glibc */
    void (*needs)(void *arg, const char *name, bool versioned);
    void (*shows)(void *arg, const char *name);
    void *arg;
};

/* Libraries come first. PAWL_E_DATA with the reason: no sound shared object for this machine, or
 * one without section headers; PAWL_E_IO, PAWL_E_NOMEM. [start] */
int elf_symbols_read(const char *path, const struct elf_symbols *tell,
                     struct pawl_err *err) PAWL_MUST_CHECK;

#endif
