/* Frames in a stream of bytes: however it is cut, the slices are the same; what is no frame. */
#include "net_kit.h"

#include "net/framing.h"

struct told {
    uint8_t bytes[40000];
    size_t len;
    uint32_t slices, lasts;
    enum frame_found end;
};

static void feed(struct framing *f, const uint8_t *bytes, size_t len, size_t cut,
                 struct told *told) {
    static uint8_t buffer[70000];
    size_t have = 0;
    memset(told, 0, sizeof *told);
    for (size_t at = 0; at < len;) {
        size_t piece = at == 0 && cut > 0 ? cut : cut == 0 ? 1 : len - at;
        memcpy(buffer + have, bytes + at, piece);
        have += piece;
        at += piece;
        for (;;) {
            struct frame_slice slice;
            enum frame_found found = frame_next(f, buffer, have, &slice);
            told->end = found;
            if (found == FRAME_NONE || found == FRAME_BAD || found == FRAME_TOO_LARGE) break;
            if (found == FRAME_SLICE) {
                memcpy(told->bytes + told->len, slice.data, slice.len);
                told->len += slice.len;
                told->slices++;
                told->lasts += slice.last;
            }
            assert_true(slice.consumed <= have);
            memmove(buffer, buffer + slice.consumed, have - slice.consumed);
            have -= slice.consumed;
        }
        if (told->end == FRAME_BAD || told->end == FRAME_TOO_LARGE) return;
    }
}

static size_t sample(uint8_t kind, bool masked, uint8_t *out) {
    static const size_t sizes[] = {0, 1, 125, 126, 127, 3839, 3840, 3841, 9000};
    static const uint8_t mask[4] = {1, 2, 3, 4};
    uint8_t body[9000];
    size_t at = 0;
    for (size_t i = 0; i < sizeof body; i++) body[i] = (uint8_t)('a' + i % 26);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        at += frame_write(kind, 1, masked ? mask : NULL, body, sizes[i], out + at);
        if (kind == PAWL_NET_MESSAGE)
            at += frame_write(kind, 9, masked ? mask : NULL, "ping", 4, out + at);
    }
    return at;
}

static void test_cut_at_every_byte(void **state) {
    (void)state;
    static uint8_t bytes[70000];
    static const uint8_t kinds[] = {PAWL_NET_U32BE, PAWL_NET_LINE, PAWL_NET_MESSAGE};
    for (size_t k = 0; k < 4; k++) {
        uint8_t kind = kinds[k < 3 ? k : 2];
        bool masked = k == 3;
        size_t len = sample(kind, masked, bytes);
        static struct told whole, part;
        struct framing f;
        framing_init(&f, kind, 1u << 20);
        f.masked = masked;
        feed(&f, bytes, len, len, &whole);
        assert_int_equal(whole.lasts, 9);
        for (size_t cut = 0; cut < len; cut += cut < 400 ? 1 : 37) {
            framing_init(&f, kind, 1u << 20);
            f.masked = masked;
            feed(&f, bytes, len, cut, &part);
            assert_int_equal(part.len, whole.len);
            assert_int_equal(part.slices, whole.slices);
            assert_int_equal(part.lasts, whole.lasts);
            assert_memory_equal(part.bytes, whole.bytes, whole.len);
        }
    }
}

static void test_websocket_faults(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        enum frame_found end;
    } cases[] = {
        {"\xc1\x01x", 3, FRAME_BAD},         /* reserved bit */
        {"\x81\x81....x", 7, FRAME_BAD},     /* masked by a server */
        {"\x83\x01x", 3, FRAME_BAD},         /* unknown opcode */
        {"\x09\x01x", 3, FRAME_BAD},         /* fragmented ping */
        {"\x89\x7e\x00\x7e", 4, FRAME_BAD},  /* long ping */
        {"\x80\x01x", 3, FRAME_BAD},         /* continuation of nothing */
        {"\x01\x01x\x81\x01y", 6, FRAME_BAD}, /* a message in a message */
        {"\x88\x01x", 3, FRAME_BAD},         /* close of one byte */
        {"\x82\x7f\x80\0\0\0\0\0\0\0", 10, FRAME_TOO_LARGE},
        {"\x82\x7e\xff\xff", 4, FRAME_TOO_LARGE},
        {"\x01\x7e\x02\x00", 4, FRAME_NONE},
    };
    static struct told told;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct framing f;
        framing_init(&f, PAWL_NET_MESSAGE, 1000);
        feed(&f, (const uint8_t *)cases[i].bytes, cases[i].len, cases[i].len, &told);
        assert_int_equal(told.end, cases[i].end);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_websocket_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
