/* adopt_offline.c - the same on the data folder of an instance that does not run. */
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "control/adopt.h"
#include "control/control.h"
#include "control/lock.h"
#include "run/folder.h"

static int64_t wall_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * PAWL_NS + now.tv_nsec;
}

/* Its clock goes on where it stood, where that is recorded data's. */
static int start(struct session *session, const char *folder, struct host **ret,
                 struct pawl_err *err) {
    const struct host_options options = {.config = session->config,
                                         .plugins = session->plugins,
                                         .data_dir = folder,
                                         .disk = session->disk,
                                         .durability = STORE_FULL,
                                         .log = session->log,
                                         .offline = true};
    int rc = host_start(&options, ret, err);
    if (rc != PAWL_OK) return rc;
    int64_t virtual_now = (*ret)->book.host.virtual_now;
    return host_begin(*ret, virtual_now != 0 ? virtual_now : wall_now(), err);
}

static int run(struct session *session, const char *folder, const json_t *rows, bool plan,
               json_t **ret, struct pawl_err *err) {
    struct host *host = NULL;
    struct jsonout out;
    size_t length;
    char *text = mem_alloc(CONTROL_ANSWER_MAX);
    if (text == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    int rc = start(session, folder, &host, err);
    if (rc == PAWL_OK) {
        jsonout_begin(&out, text, CONTROL_ANSWER_MAX);
        jsonout_open(&out, '{');
        rc = adopt_rows(host, rows, NULL, plan, host->bus->now_ns, &out, err);
        jsonout_close(&out, '}');
    }
    if (rc == PAWL_OK && host->store_down)
        rc = pawl_fail(err, PAWL_E_IO, "the database cannot be written");
    host_stop(host);
    if (rc == PAWL_OK && jsonout_end(&out, &length) == PAWL_OK)
        *ret = json_loadb(text, length, 0, NULL);
    mem_free(text);
    return rc == PAWL_OK && *ret == NULL ? pawl_fail(err, PAWL_E_RANGE, "too many rows") : rc;
}

int adopt_offline(struct session *session, const json_t *rows, bool plan, json_t **ret,
                  struct pawl_err *err) {
    const char *data_dir = session->config->host.data_dir;
    char folder[DISK_PATH_MAX + 1] = "";
    int lock = -1;
    *ret = NULL;
    int rc = folder_for_run(plan ? NULL : data_dir, folder, sizeof folder, err);
    if (rc == PAWL_OK && plan) rc = folder_copy(data_dir, folder, err);
    if (rc == PAWL_OK && !plan) rc = lock_take(folder, &lock, err);
    if (rc == PAWL_OK) rc = run(session, folder, rows, plan, ret, err);
    lock_drop(lock);
    if (plan && folder[0] != '\0') folder_remove(folder);
    return rc;
}
