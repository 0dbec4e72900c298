/* Touches memory that is not there when the first price comes. */
#include <stdint.h>

static const uint16_t listens[] = {0x0101, 0};

#define NAME "crashes"
#define MORE .listens = listens
#define OWN_EVENT
#include "fixture.h"

static int on_event(void *self, const struct pawl_event *event) {
    (void)self;
    volatile int *volatile nowhere = NULL;
    if (event->type == PAWL_EV_QUOTE) *nowhere = 1;
    return PAWL_OK;
}
