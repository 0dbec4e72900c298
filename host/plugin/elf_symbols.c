#include "plugin/elf_symbols.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "plugin/elf_file.h"
#include "plugin/loader.h"

#define VERSION_OF_NOBODY 2u /* smaller numbers in .gnu.version name no version */
#define VERSION_HIDDEN 0x8000u

struct image {
    const unsigned char *bytes; /* aligned as malloc() gives it */
    size_t size;
    const Elf64_Shdr *sections;
    uint32_t section_count;
};

struct part { /* of a section: an array, each element of which lies in the file */
    const void *items;
    size_t count;
};

static bool part_of(const struct image *image, const Elf64_Shdr *section, size_t size, size_t align,
                    struct part *ret) {
    if (section->sh_offset > image->size || section->sh_size > image->size - section->sh_offset ||
        section->sh_offset % align != 0 || section->sh_type == SHT_NOBITS)
        return false;
    *ret = (struct part){image->bytes + section->sh_offset, section->sh_size / size};
    return true;
}

static const Elf64_Shdr *section_of_type(const struct image *image, uint32_t type) {
    for (uint32_t i = 0; i < image->section_count; i++)
        if (image->sections[i].sh_type == type) return &image->sections[i];
    return NULL;
}

static bool strings_of(const struct image *image, const Elf64_Shdr *section, struct part *ret) {
    return section->sh_link < image->section_count &&
           part_of(image, &image->sections[section->sh_link], 1, 1, ret);
}

/* NULL = it does not end inside the table. */
static const char *text_at(const struct part *strings, uint64_t at) {
    const char *text = strings->items;
    if (at >= strings->count || memchr(text + at, '\0', strings->count - at) == NULL) return NULL;
    return text + at;
}

static int bad(struct pawl_err *err) {
    return pawl_fail(err, PAWL_E_DATA, "its tables of names are damaged");
}

static int tell_libraries(const struct image *image, const struct elf_symbols *tell,
                          struct pawl_err *err) {
    const Elf64_Shdr *section = section_of_type(image, SHT_DYNAMIC);
    struct part entries, strings;
    if (section == NULL) return PAWL_OK;
    if (!part_of(image, section, sizeof(Elf64_Dyn), alignof(Elf64_Dyn), &entries) ||
        !strings_of(image, section, &strings))
        return bad(err);
    const Elf64_Dyn *entry = entries.items;
    for (size_t i = 0; i < entries.count && entry[i].d_tag != DT_NULL; i++) {
        if (entry[i].d_tag != DT_NEEDED) continue;
        const char *name = text_at(&strings, entry[i].d_un.d_val);
        if (name == NULL) return bad(err);
        tell->links(tell->arg, name);
    }
    return PAWL_OK;
}

static int tell_names(const struct image *image, const struct elf_symbols *tell,
                      struct pawl_err *err) {
    const Elf64_Shdr *section = section_of_type(image, SHT_DYNSYM);
    const Elf64_Shdr *version_section = section_of_type(image, SHT_GNU_versym);
    struct part symbols, strings, versions = {NULL, 0};
    if (section == NULL) return bad(err);
    if (!part_of(image, section, sizeof(Elf64_Sym), alignof(Elf64_Sym), &symbols) ||
        !strings_of(image, section, &strings) ||
        (version_section != NULL &&
         !part_of(image, version_section, sizeof(Elf64_Half), alignof(Elf64_Half), &versions)))
        return bad(err);
    const Elf64_Sym *symbol = symbols.items;
    const Elf64_Half *version = versions.items;
    for (size_t i = 1; i < symbols.count; i++) {
        unsigned binding = ELF64_ST_BIND(symbol[i].st_info);
        const char *name = text_at(&strings, symbol[i].st_name);
        if (name == NULL) return bad(err);
        if (binding == STB_LOCAL || name[0] == '\0') continue;
        bool versioned = i < versions.count &&
                         (version[i] & ~VERSION_HIDDEN) >= VERSION_OF_NOBODY;
        if (symbol[i].st_shndx != SHN_UNDEF)
            tell->shows(tell->arg, name);
        else if (binding != STB_WEAK)
            tell->needs(tell->arg, name, versioned);
    }
    return PAWL_OK;
}

static int look(const unsigned char *bytes, size_t size, const struct elf_symbols *tell,
                struct pawl_err *err) {
    struct image image = {.bytes = bytes, .size = size};
    Elf64_Ehdr head;
    struct part sections;
    memcpy(&head, bytes, sizeof head); /* elf_file_check() saw that it is whole */
    if (head.e_shnum == 0 || head.e_shentsize != sizeof(Elf64_Shdr))
        return pawl_fail(err, PAWL_E_DATA, "has no section headers: its names cannot be looked at");
    const Elf64_Shdr all = {.sh_offset = head.e_shoff,
                            .sh_size = (uint64_t)head.e_shnum * sizeof(Elf64_Shdr)};
    if (!part_of(&image, &all, sizeof(Elf64_Shdr), alignof(Elf64_Shdr), &sections))
        return bad(err);
    image.sections = sections.items;
    image.section_count = (uint32_t)sections.count;
    int rc = tell_libraries(&image, tell, err);
    return rc == PAWL_OK ? tell_names(&image, tell, err) : rc;
}

static int read_whole(int fd, unsigned char *bytes, size_t size, struct pawl_err *err) {
    for (size_t done = 0; done < size;) {
        ssize_t n = pread(fd, bytes + done, size - done, (off_t)done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return pawl_fail(err, PAWL_E_IO, "cannot be read: %s", strerror(errno));
        if (n == 0) return pawl_fail(err, PAWL_E_DATA, "is cut short");
        done += (size_t)n;
    }
    return PAWL_OK;
}

int elf_symbols_read(const char *path, const struct elf_symbols *tell, struct pawl_err *err) {
    struct stat info;
    unsigned char *bytes = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return pawl_fail(err, PAWL_E_IO, "%s", strerror(errno));
    int rc = PAWL_OK;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        rc = pawl_fail(err, PAWL_E_IO, "is no regular file");
    else if (info.st_size > (off_t)LIBRARY_BYTES_MAX)
        rc = pawl_fail(err, PAWL_E_DATA, "has more than %u bytes", LIBRARY_BYTES_MAX);
    else
        rc = elf_file_check(fd, (uint64_t)info.st_size, err);
    if (rc == PAWL_OK && (bytes = mem_alloc((size_t)info.st_size)) == NULL)
        rc = pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    if (rc == PAWL_OK) rc = read_whole(fd, bytes, (size_t)info.st_size, err);
    if (rc == PAWL_OK) rc = look(bytes, (size_t)info.st_size, tell, err);
    mem_free(bytes);
    close(fd);
    return rc;
}
