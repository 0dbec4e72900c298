#include "cli/plugin_new.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "config/config.h"
#include "config/place.h"

#define FILES_MAX 32u
#define FILE_BYTES_MAX (256u * 1024u)
#define FILE_NAME_MAX 64u /* of an example; a name put in makes it longer */
#define ID_MARK "0x1e" /* begins the ids of an example's records */

struct file {
    char name[NAME_MAX + 1];
    char *text; /* with the name put in */
    size_t length;
};

struct project {
    const char *example, *name; /* "template", "mybot" */
    char example_upper[PAWL_NAME_MAX + 1], name_upper[PAWL_NAME_MAX + 1];
    char id[sizeof ID_MARK + 1]; /* in place of ID_MARK */
    char folder[CONFIG_PATH_MAX + 1];
    uint32_t count, written;
    struct file files[FILES_MAX];
};

/* ---- the name ---- */

/* What meson, the host or the generated configuration calls something else. */
static const char *const taken[] = {"paper",   "linked",    "host",  "keeper", "main",
                                    "all",     "test",      "clean", "install", "uninstall",
                                    "dist",    "benchmark", "scan",  "records", "check",
                                    "coverage", "tags",     "ctags", "etags",   "cscope"};

static int check_name(const char *name, struct pawl_err *err) {
    size_t length = strlen(name);
    bool sound = name[0] >= 'a' && name[0] <= 'z' && length <= PLUGIN_NEW_NAME_MAX;
    for (size_t i = 0; i < length; i++)
        sound &= (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
                 name[i] == '_';
    if (!sound)
        return pawl_fail(err, PAWL_E_INVAL,
                         "a name is of a-z, 0-9 and _, begins with a letter and has at most %u "
                         "bytes; \"%.60s\" does not",
                         PLUGIN_NEW_NAME_MAX, name);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(name, taken[i]) == 0)
            return pawl_fail(err, PAWL_E_INVAL, "the name \"%s\" is taken", name);
    if (strncmp(name, "pawl", 4) == 0 || strncmp(name, "template", 8) == 0)
        return pawl_fail(err, PAWL_E_INVAL, "names that begin so are pawl's own: \"%s\"", name);
    return PAWL_OK;
}

static const char *example_of(const char *kind) {
    if (kind == NULL || strcmp(kind, "strategy") == 0) return "template";
    if (strcmp(kind, "broker") == 0) return "template_broker";
    return strcmp(kind, "service") == 0 ? "template_service" : NULL;
}

static void to_upper(const char *text, char out[PAWL_NAME_MAX + 1]) {
    size_t i = 0;
    for (; text[i] != '\0' && i < PAWL_NAME_MAX; i++)
        out[i] = (char)toupper((unsigned char)text[i]);
    out[i] = '\0';
}

/* Sixteen record ids of its own, above those of the plugins that come with pawl. Two names may
 * meet: then the host says so when both are loaded, and schema.lua is where to change one. */
static void choose_id(struct project *project) {
    uint32_t hash = 2166136261u;
    for (const char *c = project->name; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    snprintf(project->id, sizeof project->id, "0x%03x", 0x100u + hash % 0xe00u);
}

/* ---- the text ---- */

static bool put(struct file *file, const char *text, size_t length) {
    if (file->length + length > FILE_BYTES_MAX) return false;
    memcpy(file->text + file->length, text, length);
    file->length += length;
    return true;
}

static bool substitute(const struct project *project, const char *text, size_t length,
                       struct file *file) {
    const struct {
        const char *from, *to;
    } words[] = {{project->example, project->name},
                 {project->example_upper, project->name_upper},
                 {ID_MARK, project->id}};
    for (size_t at = 0; at < length;) {
        size_t taken_count = 0;
        for (size_t i = 0; i < sizeof words / sizeof *words && taken_count == 0; i++) {
            size_t from = strlen(words[i].from);
            if (length - at < from || memcmp(text + at, words[i].from, from) != 0) continue;
            if (!put(file, words[i].to, strlen(words[i].to))) return false;
            taken_count = from;
        }
        if (taken_count == 0 && !put(file, text + at, 1)) return false;
        at += taken_count == 0 ? 1 : taken_count;
    }
    return true;
}

static int read_file(const char *path, char *text, size_t *ret_length, struct pawl_err *err) {
    FILE *in = fopen(path, "r");
    if (in == NULL) return pawl_fail(err, PAWL_E_IO, "%.180s: %s", path, strerror(errno));
    *ret_length = fread(text, 1, FILE_BYTES_MAX, in);
    bool whole = feof(in) || fgetc(in) == EOF;
    bool failed = ferror(in) != 0;
    fclose(in);
    if (failed || !whole)
        return pawl_fail(err, PAWL_E_IO, "%.180s: cannot be read, or is too large", path);
    return PAWL_OK;
}

static int take_file(struct project *project, const char *from, const char *name, char *text,
                     struct pawl_err *err) {
    char path[CONFIG_PATH_MAX + NAME_MAX + 2];
    size_t length = 0;
    if (project->count == FILES_MAX)
        return pawl_fail(err, PAWL_E_IO, "%.180s: more than %u files", from, FILES_MAX);
    struct file *file = &project->files[project->count++];
    struct file renamed = {.text = file->name};
    snprintf(path, sizeof path, "%s/%s", from, name);
    file->text = mem_alloc(FILE_BYTES_MAX);
    if (file->text == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    int rc = read_file(path, text, &length, err);
    if (rc != PAWL_OK) return rc;
    if (strcmp(name, "gitignore") == 0) name = ".gitignore";
    if (strlen(name) > FILE_NAME_MAX ||
        !substitute(project, name, strlen(name), &renamed) ||
        !substitute(project, text, length, file))
        return pawl_fail(err, PAWL_E_IO, "%.180s: is too large", path);
    file->name[renamed.length] = '\0';
    return PAWL_OK;
}

static int take_files(struct project *project, const char *from, struct pawl_err *err) {
    char *text = mem_alloc(FILE_BYTES_MAX);
    struct dirent **entries = NULL;
    int count = scandir(from, &entries, NULL, alphasort), rc = PAWL_OK;
    if (text == NULL || count < 0)
        rc = pawl_fail(err, PAWL_E_IO, "%.180s: %s", from, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (rc == PAWL_OK && entries[i]->d_name[0] != '.')
            rc = take_file(project, from, entries[i]->d_name, text, err);
        free(entries[i]); /* scandir's */
    }
    free(entries);
    mem_free(text);
    return rc;
}

/* ---- the folder ---- */

static void path_of(const struct project *project, const char *name,
                    char out[CONFIG_PATH_MAX + NAME_MAX + 2]) {
    snprintf(out, CONFIG_PATH_MAX + NAME_MAX + 2, "%s/%s", project->folder, name);
}

static int write_file(const struct project *project, const struct file *file,
                      struct pawl_err *err) {
    char path[CONFIG_PATH_MAX + NAME_MAX + 2];
    path_of(project, file->name, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (out == NULL) {
        if (fd >= 0) close(fd);
        return pawl_fail(err, PAWL_E_IO, "%.180s: %s", path, strerror(errno));
    }
    bool written = fwrite(file->text, 1, file->length, out) == file->length;
    if (fclose(out) != 0 || !written)
        return pawl_fail(err, PAWL_E_IO, "%.180s: cannot be written", path);
    return PAWL_OK;
}

static void take_back(const struct project *project) {
    char path[CONFIG_PATH_MAX + NAME_MAX + 2];
    for (uint32_t i = 0; i < project->written; i++) {
        path_of(project, project->files[i].name, path);
        unlink(path);
    }
    rmdir(project->folder);
}

static int write_all(struct project *project, struct pawl_err *err) {
    int rc = PAWL_OK;
    if (mkdir(project->folder, 0777) != 0)
        return pawl_fail(err, errno == EEXIST ? PAWL_E_BUSY : PAWL_E_IO, "%.180s: %s",
                         project->folder,
                         errno == EEXIST ? "is there already; nothing was written"
                                         : strerror(errno));
    for (uint32_t i = 0; rc == PAWL_OK && i < project->count; i++) {
        project->written = i + 1;
        rc = write_file(project, &project->files[i], err);
    }
    if (rc != PAWL_OK) take_back(project);
    return rc;
}

static void tell(const struct project *project, const char *kind) {
    printf("%s: a %s of %u files\n", project->folder, kind == NULL ? "strategy" : kind,
           project->count);
    for (uint32_t i = 0; i < project->count; i++) printf("  %s\n", project->files[i].name);
    printf("next:\n  cd %s\n  meson setup build && meson compile -C build\n"
           "  meson test -C build\n  pawl run -c pawl.json\n",
           project->folder);
}

static int make(struct project *project, const char *dir, struct pawl_err *err) {
    char from[CONFIG_PATH_MAX + 1];
    place_example(project->example, from, sizeof from);
    if (from[0] == '\0')
        return pawl_fail(err, PAWL_E_NOTFOUND,
                         "the example %s is not found; PAWL_TEMPLATES may name the folder that has "
                         "it", project->example);
    int length = dir == NULL ? snprintf(project->folder, sizeof project->folder, "%s",
                                        project->name)
                             : snprintf(project->folder, sizeof project->folder, "%s/%s", dir,
                                        project->name);
    if ((size_t)length >= sizeof project->folder)
        return pawl_fail(err, PAWL_E_INVAL, "the path is longer than %u bytes", CONFIG_PATH_MAX);
    int rc = take_files(project, from, err);
    return rc == PAWL_OK ? write_all(project, err) : rc;
}

int plugin_new(const char *name, const char *kind, const char *dir, struct pawl_err *err) {
    const char *example = example_of(kind);
    int rc = check_name(name, err);
    if (rc != PAWL_OK) return rc;
    if (example == NULL)
        return pawl_fail(err, PAWL_E_INVAL, "--kind is strategy, broker or service, not \"%.40s\"",
                         kind);
    struct project *project = mem_calloc(1, sizeof *project);
    if (project == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    project->example = example;
    project->name = name;
    to_upper(example, project->example_upper);
    to_upper(name, project->name_upper);
    choose_id(project);
    rc = make(project, dir, err);
    if (rc == PAWL_OK) tell(project, kind);
    for (uint32_t i = 0; i < project->count; i++) mem_free(project->files[i].text);
    mem_free(project);
    return rc;
}
