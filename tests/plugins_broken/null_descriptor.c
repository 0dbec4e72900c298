/* Says nothing about itself. */
#include "pawl_plugin.h"

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void);

PAWL_EXPORT const struct pawl_plugin *pawl_plugin_main(void) {
    return NULL;
}
