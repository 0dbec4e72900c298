/* Lots whose holder is not configured any more, at a start. A reload does the same in
 * reload/heirs.c, where nothing said is a refusal. */
#include <string.h>

#include "run/host.h"

/* What the configuration says of a former plugin; "" = nothing. */
static const char *heir_of(const struct host *host, uint32_t component) {
    const struct config_host *config = &host->options.config->host;
    const char *name = names_text(host->names, NAME_COMPONENT, component);
    for (uint32_t i = 0; i < config->heir_count; i++)
        if (strcmp(config->heirs[i].name, name) == 0) return config->heirs[i].to;
    return "";
}

/* True if it was nobody's. */
static bool pass_on(struct host *host, struct lot *lot, uint32_t *holder, bool *flatten) {
    if (*holder == 0 || host_instance(host, *holder) != NULL) return false;
    const char *heir = heir_of(host, *holder);
    *flatten |= strcmp(heir, CONFIG_HEIR_FLATTEN) == 0;
    uint32_t to = host_component(host, heir);
    if (holder == &lot->rec.hold_grow && to == 0) { /* the keeper lets nothing grow */
        lot->rec.enter_up_to = lot->rec.entered;
        RARE_SET(&host->book, lot, rec.add_up_to.e8, lot->rare->rec.added.e8);
    }
    *holder = to;
    return true;
}

void orphans_keep(struct host *host) {
    for (struct lot *lot = host->book.first_lot; lot != NULL; lot = lot->next) {
        uint32_t *holders[] = {&lot->rec.hold_grow, &lot->rec.hold_reduce, &lot->rec.hold_stop,
                               &lot->rec.hold_targets};
        bool orphan = false, flatten = false;
        for (size_t i = 0; i < sizeof holders / sizeof *holders; i++)
            orphan |= pass_on(host, lot, holders[i], &flatten);
        if (host_instance(host, lot->rec.owner) == NULL) {
            uint32_t to = host_component(host, heir_of(host, lot->rec.owner));
            if (to != 0) lot->rec.owner = to;
        }
        if (!orphan) continue;
        if (flatten) want_close(&host->exec, lot, "REMOVED");
        book_changed(&host->book, lot);
        book_dirty(&host->book, lot);
        host->orphans += lot->rec.hold_stop == 0;
    }
}
