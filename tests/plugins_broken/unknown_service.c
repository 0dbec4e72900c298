/* Needs a service this host does not have. */
static const char *const needs[] = {"pawl.telepathy/1", 0};

#define NAME "unknown_service"
#define MORE .needs = needs
#include "fixture.h"
