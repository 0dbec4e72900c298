#include "cli/cli.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "events/jsonout.h"

int cli_exit_of(int rc) {
    if (rc == PAWL_OK) return CLI_DONE;
    if (rc == PAWL_E_CONFIG || rc == PAWL_E_ABI) return CLI_CONFIG;
    return CLI_FAILED;
}

struct session *cli_open(const struct args *args, int *ret_exit) {
    struct session *session = NULL;
    struct config_errors *errors = mem_calloc(1, sizeof *errors);
    if (errors == NULL) {
        fprintf(stderr, "pawl: out of memory\n");
        *ret_exit = CLI_FAILED;
        return NULL;
    }
    int rc = session_open(args->config, args->sets, args->set_count, STDERR_FILENO, &session,
                          errors);
    if (rc != PAWL_OK) config_errors_print(errors, stderr);
    mem_free(errors);
    *ret_exit = cli_exit_of(rc);
    return rc == PAWL_OK ? session : NULL;
}

/* Some say the file themselves: a schedule's entry, a feed. The others begin with the place. */
static const char *file_before(const struct config *config, const struct pawl_err *err) {
    char path[CONFIG_PATH_MAX + 1];
    if (err->rc != PAWL_E_CONFIG || strncmp(err->text, config->file, strlen(config->file)) == 0)
        return NULL;
    snprintf(path, sizeof path, "%.*s", (int)strcspn(err->text, ":"), err->text);
    return config_file_of(config, path);
}

void cli_explain(const struct config *config, const struct pawl_err *err,
                 struct config_errors *errors) {
    config_errors_add(errors, file_before(config, err), NULL, "%s", err->text);
}

int cli_fail(const struct config *config, const struct pawl_err *err) {
    const char *file = file_before(config, err);
    fprintf(stderr, "%s%s", file == NULL ? "" : file, file == NULL ? "" : ": ");
    for (const char *at = err->text; *at != '\0'; at++) /* one line, whatever a library said */
        fputc((unsigned char)*at < 0x20 ? ' ' : *at, stderr);
    fputc('\n', stderr);
    return err->rc == PAWL_E_BUSY ? CLI_REFUSED : cli_exit_of(err->rc);
}

void cli_json_text(const char *text, FILE *out) {
    char buffer[6 * CONFIG_ERROR_MAX + 3]; /* each byte may need six */
    struct jsonout json;
    size_t length = strlen(text);
    jsonout_begin(&json, buffer, sizeof buffer);
    jsonout_text(&json, text, length < CONFIG_ERROR_MAX ? length : CONFIG_ERROR_MAX);
    if (jsonout_end(&json, &length) == PAWL_OK) fwrite(buffer, 1, length, out);
}
