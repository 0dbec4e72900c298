/* reloads.c - `reload`: the configuration is read again and followed, or not, with the reasons. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "control/control_int.h"
#include "control/put.h"

/* The lines for people come from the host, so that every client says the same. */
static void put_lines(struct jsonout *out, const struct reload_result *result, bool dry_run) {
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    if (stream == NULL) return;
    reload_print(result, dry_run, stream);
    fclose(stream);
    jsonout_key(out, "text");
    jsonout_text(out, text, length);
    free(text); /* open_memstream's */
}

static void put_result(struct jsonout *out, const struct reload_result *result, bool dry_run) {
    json_t *object = reload_json(result, dry_run);
    char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    if (text != NULL) {
        jsonout_key(out, "reload");
        jsonout_raw(out, text, strlen(text));
    }
    json_free_t release;
    json_get_alloc_funcs(NULL, &release);
    release(text);
    json_decref(object);
}

int answer_reload(struct request *request, struct jsonout *out, struct pawl_err *err) {
    struct control *control = request->control;
    struct reload_asked *asked = mem_calloc(1, sizeof *asked);
    struct reload_result *result = NULL;
    if (asked == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    int rc = reload_asked_from_json(request->object, "control", asked, err);
    if (rc != PAWL_OK) {
        mem_free(asked);
        return rc;
    }
    bool dry_run = asked->request.dry_run;
    rc = control->options.reload(control->options.arg, &asked->request, &result);
    mem_free(asked);
    if (result == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    put_bool(out, "done", rc == PAWL_OK);
    put_text(out, "code", rc == PAWL_OK ? "" : rc == PAWL_E_CONFIG ? "config" : "refused");
    put_result(out, result, dry_run);
    put_lines(out, result, dry_run);
    reload_result_free(result);
    control_after(control);
    return PAWL_OK;
}
