/* A tiny subscriber in a shared object of its own, as a plugin is. */
#include "bench_subscriber.h"

PAWL_EXPORT void bench_on_event(void *self, const struct pawl_event *event) {
    bench_subscriber_body(self, event);
}
