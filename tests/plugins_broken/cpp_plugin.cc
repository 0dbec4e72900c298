// Nothing is wrong with it: a plugin in C++, with the C library alone.
#include <stddef.h>
#include <stdlib.h>

#include "pawl_book.h"
#include "pawl_budget.h"
#include "pawl_crypto.h"
#include "pawl_json.h"
#include "pawl_net.h"
#include "pawl_num.h"
#include "pawl_services.h"

namespace {

struct Options {
    int64_t quantity_e8;
};

struct Self {
    pawl_ctx *ctx;
    uint64_t quotes;

    int on_quote(const pawl_ev_quote &quote) {
        return quote.bid.e8 > 0 && ++quotes > 0 ? PAWL_OK : PAWL_E_DATA;
    }
};

const pawl_option options[] = {{"quantity", PAWL_OPT_DECIMAL, offsetof(Options, quantity_e8), 0,
                                PAWL_E8, "0.5", nullptr, "How much."},
                               {}};
const uint16_t listens[] = {PAWL_EV_QUOTE, 0};

int create(pawl_ctx *ctx, const void *, void **ret_self, pawl_err *) {
    auto *self = static_cast<Self *>(calloc(1, sizeof(Self)));
    if (self == nullptr) return PAWL_E_NOMEM;
    self->ctx = ctx;
    *ret_self = self;
    return PAWL_OK;
}

int on_event(void *object, const pawl_event *event) {
    auto *self = static_cast<Self *>(object);
    if (event->type != PAWL_EV_QUOTE) return PAWL_OK;
    return self->on_quote(*reinterpret_cast<const pawl_ev_quote *>(event));
}

constexpr pawl_plugin plugin = {
    PAWL_PLUGIN_HEAD,
    .name = "cpp_plugin",
    .version = "1",
    .kind = PAWL_PLUGIN_KIND_STRATEGY,
    .options_size = sizeof(Options),
    .options = options,
    .listens = listens,
    .create = create,
    .destroy = free,
    .on_event = on_event,
};

} // namespace

extern "C" PAWL_EXPORT const pawl_plugin *pawl_plugin_main() {
    return &plugin;
}
