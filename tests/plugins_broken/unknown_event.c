/* Listens to what only a newer host publishes. */
#include <stdint.h>

static const uint16_t listens[] = {0x0101, 0xfff0, 0};

#define NAME "unknown_event"
#define MORE .listens = listens
#include "fixture.h"
