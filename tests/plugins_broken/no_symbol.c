/* A shared object that is no plugin. */
#include "pawl_types.h"

PAWL_EXPORT int something_else(void);

PAWL_EXPORT int something_else(void) {
    return 1;
}
