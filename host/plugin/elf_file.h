/*
 * elf_file.h - is a file a whole shared object for this machine? The dynamic loader does not look:
 * a file that was cut short loads, and ends the process when the missing part is touched.
 */
#ifndef PLUGIN_ELF_FILE_H
#define PLUGIN_ELF_FILE_H

#include "pawl_types.h"

/* fd: open for reading, of `size` bytes. PAWL_E_DATA with the reason, PAWL_E_IO. */
int elf_file_check(int fd, uint64_t size, struct pawl_err *err) PAWL_MUST_CHECK;

#endif
