#include "control/client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"

struct client {
    int fd, wait_ms;
    char *line; /* what was received and not yet taken */
    size_t length, size;
};

static int connect_to(const char *path, int *ret_fd, struct pawl_err *err) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return pawl_fail(err, PAWL_E_NOTFOUND, "%s: a socket's path has at most %zu bytes", path,
                         sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return pawl_fail(err, PAWL_E_IO, "socket: %s", strerror(errno));
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int why = errno;
        close(fd);
        return pawl_fail(err, why == EACCES || why == EPERM ? PAWL_E_DENIED : PAWL_E_NOTFOUND,
                         "%s: no host listens there (%s)", path, strerror(why));
    }
    *ret_fd = fd;
    return PAWL_OK;
}

int client_open(const char *path, int wait_ms, struct client **ret, struct pawl_err *err) {
    struct client *client = mem_calloc(1, sizeof *client);
    if (client == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    client->wait_ms = wait_ms;
    int rc = connect_to(path, &client->fd, err);
    if (rc != PAWL_OK) {
        mem_free(client);
        return rc;
    }
    *ret = client;
    return PAWL_OK;
}

void client_close(struct client *client) {
    if (client == NULL) return;
    close(client->fd);
    mem_free(client->line);
    mem_free(client);
}

int client_fd(const struct client *client) {
    return client->fd;
}

static int gone(struct pawl_err *err) {
    return pawl_fail(err, PAWL_E_IO, "the host closed the connection");
}

int client_send(struct client *client, const json_t *object, struct pawl_err *err) {
    char *text = json_dumps(object, JSON_COMPACT);
    if (text == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    size_t length = strlen(text), at = 0;
    text[length++] = '\n'; /* in place of its end */
    while (at < length) {
        ssize_t sent = send(client->fd, text + at, length - at, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) break;
        at += (size_t)sent;
    }
    json_free_t release;
    json_get_alloc_funcs(NULL, &release);
    release(text);
    return at == length ? PAWL_OK : gone(err);
}

static int wait_for(struct client *client, struct pawl_err *err) {
    struct pollfd one = {.fd = client->fd, .events = POLLIN};
    int got = poll(&one, 1, client->wait_ms);
    if (got > 0) return PAWL_OK;
    if (got < 0) return pawl_fail(err, PAWL_E_IO, "poll: %s", strerror(errno));
    return pawl_fail(err, PAWL_E_BUSY, "the host does not answer within %d s",
                     client->wait_ms / 1000);
}

static int read_more(struct client *client, struct pawl_err *err) {
    if (client->length == client->size) {
        size_t size = client->size == 0 ? 65536 : client->size * 2;
        char *line = size > CLIENT_LINE_MAX ? NULL : mem_realloc(client->line, size);
        if (line == NULL) return pawl_fail(err, PAWL_E_DATA, "the answer is too long");
        client->line = line;
        client->size = size;
    }
    int rc = wait_for(client, err);
    if (rc != PAWL_OK) return rc;
    ssize_t got = recv(client->fd, client->line + client->length, client->size - client->length, 0);
    if (got <= 0) return gone(err);
    client->length += (size_t)got;
    return PAWL_OK;
}

int client_receive(struct client *client, json_t **ret, struct pawl_err *err) {
    char *end = NULL;
    size_t seen = 0;
    while (client->length == seen ||
           (end = memchr(client->line + seen, '\n', client->length - seen)) == NULL) {
        seen = client->length;
        int rc = read_more(client, err);
        if (rc != PAWL_OK) return rc;
    }
    json_t *object = json_loadb(client->line, (size_t)(end - client->line), 0, NULL);
    client->length -= (size_t)(end + 1 - client->line);
    memmove(client->line, end + 1, client->length);
    if (json_is_object(object)) {
        *ret = object;
        return PAWL_OK;
    }
    json_decref(object);
    return pawl_fail(err, PAWL_E_DATA, "the answer is no JSON object");
}

static int code_of(const char *text) {
    if (text == NULL) return PAWL_E_IO;
    if (strcmp(text, "refused") == 0) return PAWL_E_STATE;
    if (strcmp(text, "invalid") == 0) return PAWL_E_INVAL;
    if (strcmp(text, "not_found") == 0) return PAWL_E_DATA;
    if (strcmp(text, "config") == 0) return PAWL_E_CONFIG;
    return PAWL_E_IO;
}

int client_ask(struct client *client, const json_t *object, json_t **ret, struct pawl_err *err) {
    json_t *answer = NULL;
    if (ret != NULL) *ret = NULL;
    int rc = client_send(client, object, err);
    if (rc == PAWL_OK) rc = client_receive(client, &answer, err);
    if (rc != PAWL_OK) return rc;
    if (!json_is_true(json_object_get(answer, "ok"))) {
        const char *text = json_string_value(json_object_get(answer, "error"));
        rc = pawl_fail(err, code_of(json_string_value(json_object_get(answer, "code"))), "%s",
                       text == NULL ? "refused" : text);
    }
    if (ret != NULL)
        *ret = answer;
    else
        json_decref(answer);
    return rc;
}
