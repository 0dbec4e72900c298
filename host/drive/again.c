#include "drive/again.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

void again_log(struct log *log, const struct reload_result *result, bool dry_run) {
    int level = result->rc == PAWL_OK ? PAWL_LOG_INFO : PAWL_LOG_ERROR;
    char *text = NULL, *rest = NULL;
    size_t size = 0;
    if (!log_wants(log, level)) return;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) return;
    reload_print(result, dry_run, out);
    fclose(out);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        log_write(log, level, "reload", "%s", line);
    free(text); /* not of mem_alloc() */
}

int again(struct host *host, struct session *session, struct data *data, const char *line,
          const char *by, struct pawl_err *err) {
    struct reload_asked *asked = mem_calloc(1, sizeof *asked);
    struct reload_result *result = NULL;
    struct pawl_err why = {0};
    json_error_t error;
    json_t *object = line == NULL ? json_object() : json_loads(line, 0, &error);
    int rc = asked == NULL || object == NULL
                 ? pawl_fail(err, PAWL_E_NOMEM, "no memory for a reload")
                 : reload_asked_from_json(object, by, asked, &why);
    if (rc == PAWL_E_INVAL) rc = pawl_fail(err, PAWL_E_DATA, "reload: %s", why.text);
    if (rc == PAWL_OK) {
        reload_run(host, session, &asked->request, &result);
        if (result == NULL) rc = pawl_fail(err, PAWL_E_NOMEM, "no memory for a reload");
    }
    if (result != NULL) again_log(session->log, result, asked->request.dry_run);
    if (result != NULL && result->rc == PAWL_OK && data != NULL)
        data_configure(data, session->config);
    reload_result_free(result);
    json_decref(object);
    mem_free(asked);
    return rc;
}
