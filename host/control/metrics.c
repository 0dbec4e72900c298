/* metrics.c - the metrics as Prometheus' text, in one answer. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "control/control_int.h"
#include "control/put.h"

#define TEXT_MAX (CONTROL_ANSWER_MAX / 4)

struct text {
    char *bytes;
    size_t length;
};

static int add(void *arg, const char *text, size_t length) {
    struct text *to = arg;
    if (to->length + length > TEXT_MAX) return PAWL_E_RANGE;
    memcpy(to->bytes + to->length, text, length);
    to->length += length;
    return 0;
}

int answer_metrics(struct request *request, struct jsonout *out, struct pawl_err *err) {
    struct control *control = request->control;
    struct text text = {mem_alloc(TEXT_MAX), 0};
    if (text.bytes == NULL) return pawl_fail(err, PAWL_E_NOMEM, "out of memory");
    measure_collect(&control->measure, control->host, (int64_t)(uv_hrtime() - control->began));
    int rc = metrics_dump(control->measure.registry, add, &text);
    jsonout_key(out, "text");
    jsonout_text(out, text.bytes, text.length);
    mem_free(text.bytes);
    return rc == 0 ? PAWL_OK : pawl_fail(err, PAWL_E_RANGE, "too many metrics for one answer");
}
