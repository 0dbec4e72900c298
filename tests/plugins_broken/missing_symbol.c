/* Calls a function of the host by name. */
struct pawl_event;
int bus_publish(void *bus, const struct pawl_event *event);

#define NAME "missing_symbol"
#define OWN_EVENT
#include "fixture.h"
static int on_event(void *self, const struct pawl_event *event) {
    return bus_publish(self, event);
}
