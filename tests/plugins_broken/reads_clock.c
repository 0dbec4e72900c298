/* Asks the system what time it is. */
#include <time.h>

#define NAME "reads_clock"
#define OWN_EVENT
#include "fixture.h"

static int on_event(void *self, const struct pawl_event *event) {
    (void)self;
    (void)event;
    return time(NULL) == 0 ? PAWL_E_STATE : PAWL_OK;
}
