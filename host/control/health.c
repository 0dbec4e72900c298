#include "control/health.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/plural.h"
#include "events/reflect.h"

#define STATUS_MS 2000u

static void say_status(struct health *health) {
    const struct host *host = *health->host;
    char text[sizeof health->said];
    uint64_t naked = 0, down = 0;
    if (host == NULL) return;
    for (const struct lot *lot = host->book.first_lot; lot != NULL; lot = lot->next)
        naked += lot->rec.protection == PAWL_PROTECTION_NAKED;
    for (uint32_t i = 0; i < host->exec.broker_count; i++)
        down += host->exec.brokers[i].state != BROKER_READY;
    snprintf(text, sizeof text, "%s, %u open lot%s, %" PRIu64 " unprotected%s%s%s",
             reflect_enum_text(PAWL_ENUM_TRADING_STATE, host->book.host.trading),
             host->book.open_lots, plural(host->book.open_lots), naked,
             down > 0 ? ", a broker is not ready" : "",
             host->store_down ? ", the database has failed" : "",
             host->reload.on_old ? ", the last reload was refused" : "");
    if (strcmp(text, health->said) == 0) return;
    snprintf(health->said, sizeof health->said, "%s", text);
    notify_send(&health->notify, "STATUS=%s", text);
}

static void on_timer(uv_timer_t *timer) {
    struct health *health = timer->data;
    if (health->notify.watchdog_ns > 0) notify_watchdog(&health->notify);
    say_status(health);
}

void health_open(struct health *health, uv_loop_t *loop, struct host *const *host) {
    notify_init(&health->notify);
    health->host = host;
    uv_timer_init(loop, &health->timer);
    health->timer.data = health;
}

void health_ready(struct health *health) {
    uint64_t every_ms = STATUS_MS;
    uint64_t half_ms = (uint64_t)(health->notify.watchdog_ns / PAWL_MS);
    if (health->notify.fd < 0) return;
    if (half_ms > 0 && half_ms < every_ms) every_ms = half_ms;
    notify_ready(&health->notify);
    say_status(health);
    uv_timer_start(&health->timer, on_timer, every_ms, every_ms);
    uv_unref((uv_handle_t *)&health->timer);
}

void health_reloading(struct health *health) {
    notify_reloading(&health->notify);
}

void health_reloaded(struct health *health) {
    notify_ready(&health->notify);
    say_status(health);
}

void health_stopping(struct health *health) {
    notify_stopping(&health->notify);
}

void health_close(struct health *health) {
    if (health->timer.data == NULL) return;
    notify_done(&health->notify);
    if (!uv_is_closing((uv_handle_t *)&health->timer))
        uv_close((uv_handle_t *)&health->timer, NULL);
}
