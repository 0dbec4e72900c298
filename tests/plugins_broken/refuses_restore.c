/* Cannot read the records it finds. */
#define NAME "refuses_restore"
#define OWN_EVENT
#include "fixture.h"

static int on_event(void *self, const struct pawl_event *event) {
    (void)self;
    return event->type == PAWL_EV_RESTORED ? PAWL_E_STATE : PAWL_OK;
}
