#include "cli/remote.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define SOCKET_DEFAULT "pawl-data/control.sock"

/* ---- where ---- */

/* As far as the configuration can be read. */
static bool of_config(const struct args *args, char *out, size_t size, bool *ret_default) {
    struct config *config = NULL;
    struct config_errors *errors = mem_calloc(1, sizeof *errors);
    if (errors == NULL) return false;
    int rc = config_load(args->config, args->sets, args->set_count, &config, errors);
    bool found = config != NULL && config->host.control_socket[0] != '\0';
    if (found) {
        snprintf(out, size, "%s", config->host.control_socket);
        *ret_default = !config->host.control_socket_given && !config->host.data_dir_given;
    }
    if (!found || rc == PAWL_E_NOMEM) config_errors_print(errors, stderr);
    config_free(config);
    mem_free(errors);
    return found;
}

struct client *remote_open(const struct args *args, int *ret_exit) {
    char path[CONFIG_PATH_MAX + 1];
    const char *env = getenv("PAWL_SOCKET");
    struct client *client = NULL;
    struct pawl_err err = {0};
    bool by_default = false; /* the configuration says neither socket nor folder */
    if (args->socket != NULL)
        snprintf(path, sizeof path, "%s", args->socket);
    else if (args->config != NULL && !of_config(args, path, sizeof path, &by_default)) {
        *ret_exit = CLI_CONFIG;
        return NULL;
    } else if (args->config == NULL)
        snprintf(path, sizeof path, "%s", env != NULL && env[0] != '\0' ? env : SOCKET_DEFAULT);
    int rc = client_open(path, REMOTE_WAIT_MS, &client, &err);
    if (rc == PAWL_OK) return client;
    if (arg_given(args, ARG_JSON)) {
        printf("{\"ok\":false,\"code\":\"no_host\",\"error\":");
        cli_json_text(err.text, stdout);
        printf("}\n");
    }
    fprintf(stderr, "pawl: %s\n", err.text);
    if (args->socket == NULL && args->config == NULL && env == NULL)
        fprintf(stderr, "      name it with -c FILE, --socket PATH or $PAWL_SOCKET\n");
    if (rc == PAWL_E_NOTFOUND && by_default)
        fprintf(stderr,
                "      %s has no host.control_socket and no host.data_dir; a host that plays\n"
                "      recorded data then keeps both in a temporary folder, which its log names:\n"
                "      --socket FOLDER/control.sock\n",
                args->config);
    *ret_exit = rc == PAWL_E_NOTFOUND ? CLI_NO_HOST
                : rc == PAWL_E_DENIED ? CLI_REFUSED
                                      : CLI_FAILED;
    return NULL;
}

/* ---- asking ---- */

static int exit_of(int rc) {
    switch (rc) {
    case PAWL_OK: return CLI_DONE;
    case PAWL_E_STATE: return CLI_REFUSED;
    case PAWL_E_CONFIG: return CLI_CONFIG;
    case PAWL_E_INVAL: return CLI_USAGE;
    default: return CLI_FAILED;
    }
}

void remote_print(const json_t *value) {
    json_dumpf(value, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
    fputc('\n', stdout);
}

json_t *remote_ask(const struct args *args, struct client *client, const char *what,
                   json_t *members, int *ret_exit) {
    struct pawl_err err = {0};
    json_t *answer = NULL, *request = json_object();
    json_object_set_new(request, "id", json_integer(1));
    json_object_set_new(request, "do", json_string(what));
    if (members != NULL) json_object_update(request, members);
    json_decref(members);
    int rc = client_ask(client, request, &answer, &err);
    json_decref(request);
    *ret_exit = exit_of(rc);
    if (answer != NULL) json_object_del(answer, "id");
    if (rc == PAWL_OK) return answer;
    if (arg_given(args, ARG_JSON) && answer != NULL) remote_print(answer);
    fprintf(stderr, "pawl: %s\n", err.text);
    json_decref(answer);
    return NULL;
}

json_t *remote_once(const struct args *args, const char *what, json_t *members, int *ret_exit) {
    struct client *client = remote_open(args, ret_exit);
    if (client == NULL) {
        json_decref(members);
        return NULL;
    }
    json_t *answer = remote_ask(args, client, what, members, ret_exit);
    client_close(client);
    return answer;
}

const char *remote_text(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}
