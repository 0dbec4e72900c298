/* Connections: framing end to end, closing at bad moments, slow sides, names that hang. */
#include "net_kit.h"

static uint16_t listen_on(struct kit *kit, uint8_t framing, uint32_t peers) {
    struct pawl_net_listen how = {.size = sizeof how, .framing = framing, .first_key = 100,
                                  .peers_max = peers, .frame_max = 1u << 20, .window = 65536};
    assert_int_equal(net_listen(kit->net, KIT_OWNER, 1, &how, NULL), PAWL_OK);
    const struct pawl_ev_net_up *up = kit_wait(kit, PAWL_EV_NET_UP);
    assert_int_equal(up->head.cookie, 1);
    return up->port;
}

static void echo(struct kit *kit, const struct pawl_event *event) {
    const struct pawl_ev_net_frame *frame = (const void *)event;
    if (event->type != PAWL_EV_NET_FRAME || event->cookie < 100) return;
    net_send(kit->net, KIT_OWNER, event->cookie, kit_data(frame, &frame->data), frame->data.len);
}

static void test_echo(void **state) {
    (void)state;
    static const uint8_t framings[] = {PAWL_NET_U32BE, PAWL_NET_LINE};
    for (size_t i = 0; i < 2; i++) {
        struct kit kit;
        kit_open(&kit);
        kit.hook = echo;
        uint16_t port = listen_on(&kit, framings[i], 4);
        struct pawl_net_open how = kit_how(port, PAWL_NET_TCP, framings[i]);
        assert_int_equal(net_open(kit.net, KIT_OWNER, 2, &how, NULL), PAWL_OK);
        kit_wait(&kit, PAWL_EV_NET_UP);
        kit_wait(&kit, PAWL_EV_NET_UP);
        for (int n = 0; n < 1000; n++) {
            char text[32];
            int len = snprintf(text, sizeof text, "message %d", n);
            net_send(kit.net, KIT_OWNER, 2, text, (size_t)len);
            const struct pawl_ev_net_frame *frame;
            do frame = kit_wait(&kit, PAWL_EV_NET_FRAME);
            while (frame->head.cookie != 2);
            assert_int_equal(frame->data.len, len);
            assert_memory_equal(kit_data(frame, &frame->data), text, (size_t)len);
            assert_int_equal(frame->last, 1);
            if (n % 100 == 99) kit_forget(&kit);
        }
        net_close(kit.net, KIT_OWNER, 2);
        const struct pawl_ev_net_down *down = kit_wait(&kit, PAWL_EV_NET_DOWN);
        assert_int_equal(down->head.cookie, 100);
        assert_int_equal(down->reason, PAWL_NET_REASON_CLOSED);
        kit_close(&kit);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_echo)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
