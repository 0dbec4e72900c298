/* Says that every trade is an error. */
#include <stdint.h>

static const uint16_t listens[] = {0x0102, 0};

#define NAME "answers_errors"
#define MORE .listens = listens
#define OWN_EVENT
#include "fixture.h"

static int on_event(void *self, const struct pawl_event *event) {
    (void)self;
    return event->type == PAWL_EV_TRADE ? PAWL_E_RANGE : PAWL_OK;
}
