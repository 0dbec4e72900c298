/* Never comes back from the first price. */
#include <stdint.h>

static const uint16_t listens[] = {0x0101, 0};

#define NAME "hangs"
#define MORE .listens = listens
#define OWN_EVENT
#include "fixture.h"

static int on_event(void *self, const struct pawl_event *event) {
    (void)self;
    for (volatile int forever = 1; event->type == PAWL_EV_QUOTE && forever;) forever = 1;
    return PAWL_OK;
}
