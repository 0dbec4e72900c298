#include "plugin/elf_file.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

#define SEGMENTS_MAX 128u

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#elif defined(__riscv)
#define MACHINE EM_RISCV
#elif defined(__powerpc64__)
#define MACHINE EM_PPC64
#else
#error "name this machine's e_machine"
#endif

static int read_at(int fd, uint64_t at, void *bytes, size_t size, struct pawl_err *err) {
    size_t done = 0;
    while (done < size) {
        ssize_t n = pread(fd, (char *)bytes + done, size - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return pawl_fail(err, PAWL_E_IO, "cannot be read: %s", strerror(errno));
        if (n == 0) return pawl_fail(err, PAWL_E_DATA, "is cut short");
        done += (size_t)n;
    }
    return PAWL_OK;
}

static int check_header(const Elf64_Ehdr *head, struct pawl_err *err) {
    if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
        return pawl_fail(err, PAWL_E_DATA, "is not an ELF file");
    if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB)
        return pawl_fail(err, PAWL_E_DATA, "is not a 64-bit little-endian file");
    if (head->e_machine != MACHINE)
        return pawl_fail(err, PAWL_E_DATA, "is for another machine (%u, this one is %u)",
                         head->e_machine, MACHINE);
    if (head->e_type != ET_DYN || head->e_phentsize != sizeof(Elf64_Phdr) || head->e_phnum == 0)
        return pawl_fail(err, PAWL_E_DATA, "is not a shared object");
    if (head->e_phnum > SEGMENTS_MAX)
        return pawl_fail(err, PAWL_E_DATA, "has %u segments, at most %u are read", head->e_phnum,
                         SEGMENTS_MAX);
    return PAWL_OK;
}

/* Does [at, at + length) lie in the file? */
static int check_part(uint64_t at, uint64_t length, uint64_t size, struct pawl_err *err) {
    uint64_t end;
    if (!__builtin_add_overflow(at, length, &end) && end <= size) return PAWL_OK;
    return pawl_fail(err, PAWL_E_DATA, "is cut short: it has %llu bytes, its parts end at %llu",
                     (unsigned long long)size, (unsigned long long)(at + length));
}

int elf_file_check(int fd, uint64_t size, struct pawl_err *err) {
    Elf64_Ehdr head;
    Elf64_Phdr segment[SEGMENTS_MAX];
    if (size < SELFMAG) return pawl_fail(err, PAWL_E_DATA, "is not an ELF file");
    memset(&head, 0, sizeof head);
    size_t there = size < sizeof head ? (size_t)size : sizeof head;
    int rc = read_at(fd, 0, &head, there, err);
    if (rc != PAWL_OK) return rc;
    if (there < sizeof head && memcmp(head.e_ident, ELFMAG, SELFMAG) == 0)
        return pawl_fail(err, PAWL_E_DATA, "is cut short: it has %zu bytes", there);
    rc = check_header(&head, err);
    size_t length = rc == PAWL_OK ? head.e_phnum * sizeof segment[0] : 0;
    if (rc == PAWL_OK) rc = check_part(head.e_phoff, length, size, err);
    if (rc == PAWL_OK) rc = read_at(fd, head.e_phoff, segment, length, err);
    for (unsigned i = 0; rc == PAWL_OK && i < head.e_phnum; i++)
        rc = check_part(segment[i].p_offset, segment[i].p_filesz, size, err);
    if (rc == PAWL_OK && head.e_shnum > 0)
        rc = check_part(head.e_shoff, (uint64_t)head.e_shnum * head.e_shentsize, size, err);
    return rc;
}
