/* secret_read.c - from a reference to the secret itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "config/config.h"
#include "config/secret.h"

struct secret { /* at the start of pages of its own */
    size_t pages_size, length;
    unsigned char bytes[];
};

static int secret_new(size_t length, struct secret **ret, struct pawl_err *err) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = (sizeof(struct secret) + length + 1 + page - 1) / page * page;
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return pawl_fail(err, PAWL_E_NOMEM, "no memory for a secret");
    madvise(pages, size, MADV_DONTDUMP);
    mlock(pages, size); /* kept off the swap where the limit allows */
    *ret = pages;
    (*ret)->pages_size = size;
    (*ret)->length = length;
    return PAWL_OK;
}

void secret_free(struct secret *secret) {
    if (secret == NULL) return;
    size_t size = secret->pages_size;
    explicit_bzero(secret, size);
    munmap(secret, size);
}

const unsigned char *secret_bytes(const struct secret *secret, size_t *ret_length) {
    *ret_length = secret->length;
    return secret->bytes;
}

/* Length without one final end of line. */
static size_t trimmed(const unsigned char *bytes, size_t length) {
    if (length > 0 && bytes[length - 1] == '\n') length--;
    if (length > 0 && bytes[length - 1] == '\r') length--;
    return length;
}

static int from_env(const char *reference, struct secret **ret, struct pawl_err *err) {
    const char *value = getenv(reference + 4);
    if (value == NULL)
        return pawl_fail(err, PAWL_E_NOTFOUND, "%.100s: the variable is not set", reference);
    size_t length = strlen(value);
    if (length == 0 || length > SECRET_BYTES_MAX)
        return pawl_fail(err, PAWL_E_DATA, "%.100s: %s", reference,
                         length == 0 ? "the variable is empty" : "the variable is too long");
    int rc = secret_new(length, ret, err);
    if (rc == PAWL_OK) memcpy((*ret)->bytes, value, length);
    return rc;
}

/* Who else may read it. A folder of systemd's is guarded as a whole. */
static int check_mode(const char *reference, const struct stat *st, int is_credential,
                      struct pawl_err *err) {
    mode_t bad = st->st_uid == geteuid() ? 077 : 007;
    if (!S_ISREG(st->st_mode))
        return pawl_fail(err, PAWL_E_DATA, "%.100s: it is no file", reference);
    if (is_credential || (st->st_mode & bad) == 0) return PAWL_OK;
    return pawl_fail(err, PAWL_E_DENIED, "%.100s: others may read it (mode %03o): chmod 600",
                     reference, (unsigned)(st->st_mode & 0777));
}

static int read_open(const char *reference, int fd, int is_credential, struct secret **ret,
                     struct pawl_err *err) {
    struct stat st;
    struct secret *secret = NULL;
    if (fstat(fd, &st) != 0)
        return pawl_fail(err, PAWL_E_IO, "%.100s: %s", reference, strerror(errno));
    int rc = check_mode(reference, &st, is_credential, err);
    if (rc == PAWL_OK) rc = secret_new(SECRET_BYTES_MAX + 2, &secret, err);
    if (rc != PAWL_OK) return rc;
    size_t length = 0;
    ssize_t got = 1;
    while (length < SECRET_BYTES_MAX + 2 && got > 0) {
        got = read(fd, secret->bytes + length, SECRET_BYTES_MAX + 2 - length);
        if (got > 0) length += (size_t)got;
    }
    int problem = errno;
    length = trimmed(secret->bytes, length);
    if (got < 0)
        rc = pawl_fail(err, PAWL_E_IO, "%.100s: %s", reference, strerror(problem));
    else if (length == 0 || length > SECRET_BYTES_MAX)
        rc = pawl_fail(err, PAWL_E_DATA, "%.100s: %s", reference,
                       length == 0 ? "it is empty" : "it is too long for a secret");
    if (rc != PAWL_OK) {
        secret_free(secret);
        return rc;
    }
    explicit_bzero(secret->bytes + length, SECRET_BYTES_MAX + 2 - length);
    secret->length = length;
    *ret = secret;
    return PAWL_OK;
}

static int from_file(const char *reference, const char *dir, const char *name, int is_credential,
                     struct secret **ret, struct pawl_err *err) {
    char path[2 * CONFIG_PATH_MAX + 2];
    int relative = name[0] != '/' && dir != NULL;
    int length =
        snprintf(path, sizeof path, "%s%s%s", relative ? dir : "", relative ? "/" : "", name);
    if (length < 0 || (size_t)length >= sizeof path)
        return pawl_fail(err, PAWL_E_CONFIG, "%.100s: the path is too long", reference);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return pawl_fail(err, errno == ENOENT ? PAWL_E_NOTFOUND : PAWL_E_IO, "%.100s: %s",
                         reference, strerror(errno));
    int rc = read_open(reference, fd, is_credential, ret, err);
    close(fd);
    return rc;
}

int secret_read(const char *reference, const char *dir, struct secret **ret, struct pawl_err *err) {
    const char *fault = secret_fault(reference);
    if (fault == NULL && !secret_is_reference(reference))
        fault = "must be a reference to a secret: \"env:NAME\", \"file:PATH\" or "
                "\"credential:NAME\"";
    if (fault != NULL) return pawl_fail(err, PAWL_E_CONFIG, "%s", fault);
    if (strncmp(reference, "env:", 4) == 0) return from_env(reference, ret, err);
    if (strncmp(reference, "file:", 5) == 0)
        return from_file(reference, dir, reference + 5, 0, ret, err);
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    if (credentials == NULL || credentials[0] != '/')
        return pawl_fail(err, PAWL_E_NOTFOUND,
                         "%.100s: no credentials were passed on (LoadCredential= in the unit)",
                         reference);
    return from_file(reference, credentials, reference + 11, 1, ret, err);
}
