#include "plugin/loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "plugin/descriptor.h"
#include "plugin/elf_file.h"
#include "plugin/private_copy.h"

#define ENTRY "pawl_plugin_main"
#define STEM_MAX 63u

struct loaded {
    struct library library; /* first: what the caller holds */
    struct pawl_plugin plugin;
    char copy[PRIVATE_PATH_MAX + 1];
    void *handle;
    uint32_t users;
};

struct loader {
    struct private_folder folder;
    struct loader_known known;
    void (*tell)(void *arg, const char *fault); /* NULL = the first one is enough */
    void *tell_arg;
    unsigned flags;
    uint32_t generation, count;
    struct loaded *open[LIBRARIES_MAX];
};

int loader_new(const char *folder, unsigned flags, const struct loader_known *known,
               struct loader **ret, struct pawl_err *err) {
    struct loader *loader = mem_calloc(1, sizeof *loader);
    if (loader == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for the loader");
    loader->known = *known;
    loader->flags = flags;
    int rc = private_folder_open(&loader->folder, folder, err);
    if (rc != PAWL_OK) {
        mem_free(loader);
        return rc;
    }
    *ret = loader;
    return PAWL_OK;
}

void loader_tell_all(struct loader *loader, void (*tell)(void *arg, const char *fault), void *arg) {
    loader->tell = tell;
    loader->tell_arg = arg;
}

static void drop(struct loader *loader, struct loaded *l) {
    if (l == NULL) return;
    if (l->handle != NULL && (loader->flags & LOADER_UNMAP) != 0) dlclose(l->handle);
    if (l->copy[0] != '\0') unlink(l->copy);
    mem_free(l);
}

void loader_free(struct loader *loader) {
    if (loader == NULL) return;
    for (uint32_t i = 0; i < loader->count; i++) drop(loader, loader->open[i]);
    private_folder_done(&loader->folder);
    mem_free(loader);
}

void loader_hold(struct loader *loader, const struct library *library) {
    for (uint32_t i = 0; i < loader->count; i++)
        if (&loader->open[i]->library == library) loader->open[i]->users++;
}

void loader_close(struct loader *loader, const struct library *library) {
    if (library == NULL) return;
    for (uint32_t i = 0; i < loader->count; i++) {
        struct loaded *l = loader->open[i];
        if (&l->library != library || --l->users > 0) continue;
        drop(loader, l);
        loader->count--;
        memmove(&loader->open[i], &loader->open[i + 1],
                (loader->count - i) * sizeof loader->open[0]);
        return;
    }
}

/* ---- opening ---- */

/* The file's name without folder and ".so". */
static int stem_of(const char *path, char out[STEM_MAX + 1], struct pawl_err *err) {
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    size_t length = strlen(name);
    if (length <= 3 || strcmp(name + length - 3, ".so") != 0)
        return pawl_fail(err, PAWL_E_DATA, "a plugin's file is named NAME.so");
    if (length - 3 > STEM_MAX)
        return pawl_fail(err, PAWL_E_DATA, "its name is longer than %u bytes", STEM_MAX);
    memcpy(out, name, length - 3);
    out[length - 3] = '\0';
    return PAWL_OK;
}

/* The dynamic loader's sentence without the path of the copy. */
static const char *dl_reason(const struct loaded *l) {
    const char *text = dlerror();
    size_t length = strlen(l->copy);
    if (text == NULL) return "cannot be loaded";
    if (strncmp(text, l->copy, length) == 0 && strncmp(text + length, ": ", 2) == 0)
        return text + length + 2;
    return text;
}

static int take(struct loader *loader, struct loaded *l, const char *stem, struct pawl_err *err) {
    pawl_plugin_main_fn *entry;
    l->handle = dlopen(l->copy, RTLD_NOW | RTLD_LOCAL);
    if (l->handle == NULL) return pawl_fail(err, PAWL_E_DATA, "%.240s", dl_reason(l));
    void *symbol = dlsym(l->handle, ENTRY);
    if (symbol == NULL) return pawl_fail(err, PAWL_E_ABI, "exports no " ENTRY);
    memcpy(&entry, &symbol, sizeof entry); /* POSIX promises they are alike */
    const struct pawl_plugin *said = entry();
    if (said == NULL) return pawl_fail(err, PAWL_E_ABI, ENTRY " returns NULL");
    if ((uintptr_t)said % alignof(struct pawl_plugin) != 0)
        return pawl_fail(err, PAWL_E_ABI, ENTRY " returns no descriptor");
    return descriptor_take_telling(said, stem, &loader->known, loader->tell, loader->tell_arg,
                                   &l->plugin, err);
}

/* Record types are told apart by id and table in one database. */
static int check_others(const struct loader *loader, const struct loaded *l, struct pawl_err *err) {
    for (uint32_t i = 0; i < loader->count; i++) {
        const struct pawl_plugin *other = &loader->open[i]->plugin;
        if (strcmp(other->name, l->plugin.name) == 0) continue; /* an older or newer self */
        const struct pawl_record_type *a = l->plugin.records;
        for (; a != NULL && a->name != NULL; a++) {
            const struct pawl_record_type *b = other->records;
            for (; b != NULL && b->name != NULL; b++)
                if (a->id == b->id || strcmp(a->table, b->table) == 0)
                    return pawl_fail(err, PAWL_E_ABI,
                                     "record %s has the id or table of record %s of plugin %s",
                                     a->name, b->name, other->name);
        }
    }
    return PAWL_OK;
}

static struct loaded *find_same(const struct loader *loader, const char *path, uint64_t hash) {
    for (uint32_t i = 0; i < loader->count; i++) {
        struct loaded *l = loader->open[i];
        if (l->library.code_hash == hash && strcmp(l->library.path, path) == 0) return l;
    }
    return NULL;
}

static int load(struct loader *loader, const char *path, struct loaded *l, struct loaded **ret_same,
                struct pawl_err *err) {
    char stem[STEM_MAX + 1];
    uint64_t size = 0;
    int fd = -1;
    if (strlen(path) > LOADER_PATH_MAX)
        return pawl_fail(err, PAWL_E_DATA, "the path is longer than %u bytes", LOADER_PATH_MAX);
    memcpy(l->library.path, path, strlen(path) + 1);
    int rc = stem_of(path, stem, err);
    if (rc != PAWL_OK) return rc;
    rc = private_copy(&loader->folder, path, stem, l->copy, &fd, &size, &l->library.code_hash, err);
    if (rc != PAWL_OK) {
        l->copy[0] = '\0';
        return rc;
    }
    *ret_same = find_same(loader, path, l->library.code_hash);
    if (*ret_same == NULL) rc = elf_file_check(fd, size, err);
    close(fd);
    if (*ret_same != NULL || rc != PAWL_OK) return rc;
    if (loader->count == LIBRARIES_MAX)
        return pawl_fail(err, PAWL_E_BUSY, "%u libraries are open already", LIBRARIES_MAX);
    rc = take(loader, l, stem, err);
    return rc == PAWL_OK ? check_others(loader, l, err) : rc;
}

int loader_open(struct loader *loader, const char *path, const struct library **ret,
                struct config_errors *errors) {
    struct pawl_err err = {.rc = PAWL_OK};
    struct loaded *same = NULL, *l = mem_calloc(1, sizeof *l);
    if (l == NULL) return PAWL_E_NOMEM;
    int rc = load(loader, path, l, &same, &err);
    if (rc != PAWL_OK) config_errors_add(errors, path, NULL, "%s", err.text);
    if (rc != PAWL_OK || same != NULL) {
        if (l->handle != NULL) dlclose(l->handle); /* nothing of a refused one is pointed at */
        l->handle = NULL;
        drop(loader, l);
        if (rc != PAWL_OK) return rc;
        same->users++;
        *ret = &same->library;
        return PAWL_OK;
    }
    l->users = 1;
    l->library.plugin = &l->plugin;
    l->library.generation = ++loader->generation;
    loader->open[loader->count++] = l;
    *ret = &l->library;
    return PAWL_OK;
}

/* ---- a folder ---- */

static int is_library(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 3 && strcmp(entry->d_name + length - 3, ".so") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

int loader_scan(const char *folder, int (*file)(void *arg, const char *path), void *arg,
                struct pawl_err *err) {
    struct dirent **entries = NULL;
    char path[LOADER_PATH_MAX + 1];
    int count = scandir(folder, &entries, is_library, by_name), rc = PAWL_OK;
    if (count < 0)
        return pawl_fail(err, errno == ENOENT ? PAWL_E_NOTFOUND : PAWL_E_IO, "%.180s: %s", folder,
                         strerror(errno));
    for (int i = 0; i < count; i++) {
        int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (rc == PAWL_OK && (size_t)length < sizeof path) rc = file(arg, path);
        free(entries[i]);
    }
    free(entries);
    return rc;
}
