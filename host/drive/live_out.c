/* What a run tells on stdout. It is handed over behind what goes to venues, with every answer and
 * before the loop waits; and on the system's clock nobody waits for a reader who does not read. */
#include <inttypes.h>

#include "base/outlet.h"
#include "base/plural.h"
#include "drive/live_int.h"

#define AGAIN_MS 50u

static void on_again(uv_timer_t *timer) {
    (void)timer; /* the loop goes round, that is all */
}

static void say_lost(struct live *live) {
    uint64_t lost = outlet_lost(live->outlet);
    if (lost > 0)
        log_write(live->session->log, PAWL_LOG_WARN, "run",
                  "stdout did not take what it was told: %" PRIu64 " line%s left out", lost,
                  plural(lost));
}

void live_hand_over(struct live *live) {
    if (outlet_flush(live->outlet)) {
        if (!uv_is_active((uv_handle_t *)&live->out_again))
            uv_timer_start(&live->out_again, on_again, AGAIN_MS, 0);
        return;
    }
    say_lost(live);
}

static void on_wait(uv_prepare_t *prepare) {
    live_hand_over(prepare->data);
}

int live_out_open(struct live *live, struct pawl_err *err) {
    bool waits = live->options->data.path_count > 0;
    int rc = outlet_new(live->options->out_fd, waits, &live->outlet, err);
    if (rc != PAWL_OK) return rc;
    live->out = live->narrator.out = outlet_stream(live->outlet);
    uv_prepare_init(&live->loop, &live->hand_over);
    uv_timer_init(&live->loop, &live->out_again);
    live->hand_over.data = live;
    uv_prepare_start(&live->hand_over, on_wait);
    return PAWL_OK;
}

void live_out_close(struct live *live) {
    if (live->outlet != NULL) {
        outlet_end(live->outlet);
        say_lost(live);
    }
    outlet_free(live->outlet);
}
