#include "record/item.h"

#include <assert.h>
#include <string.h>

/* ---- numbers ---- */

static unsigned char *put(unsigned char *at, uint64_t value) {
    while (value >= 0x80) {
        *at++ = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    *at++ = (unsigned char)value;
    return at;
}

static uint64_t fold(uint64_t difference) { /* small ones of either sign become small */
    return difference << 1 ^ (uint64_t)-(int64_t)(difference >> 63);
}
static uint64_t unfold(uint64_t value) {
    return value >> 1 ^ -(value & 1);
}

struct in {
    const unsigned char *at, *end;
    bool bad;
};

static uint64_t get(struct in *in) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (in->at == in->end) break;
        unsigned char byte = *in->at++;
        if (shift == 63 && byte > 1) break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) return value;
    }
    in->bad = true;
    return 0;
}

static const unsigned char *get_bytes(struct in *in, uint64_t size) {
    const unsigned char *at = in->at;
    if (size > (uint64_t)(in->end - in->at)) {
        in->bad = true;
        return NULL;
    }
    in->at += size;
    return at;
}

/* ---- events ---- */

#define HEAD sizeof(struct pawl_event)
#define HAS_TARGET 1u
#define HAS_COOKIE 2u
#define HAS_FLAGS 4u
#define HAS_SOURCE 8u
#define HAS_CAUSE 16u
#define HAS_SEQ 32u  /* not the next one */
#define HAS_TIME 64u /* not the time of the turn */
#define HAS_ALL 127u

static uint64_t word_at(const void *bytes, size_t i) {
    uint64_t word;
    memcpy(&word, (const char *)bytes + HEAD + 8 * i, 8);
    return word;
}

/* Which words differ from those of the last event of the kind, a byte for eight of them, then by
 * how much. */
static unsigned char *put_words(struct item_cursor *cursor, const struct pawl_event *event,
                                unsigned char *at) {
    size_t count = (event->size - HEAD) / 8;
    uint32_t first = count == 0 ? 0 : (uint32_t)word_at(event, 0);
    uint32_t slot = (event->type * 31u + first) % ITEM_SLOTS;
    uint64_t *before = cursor->words[slot];
    *at++ = (unsigned char)slot;
    for (size_t group = 0; group < count; group += 8) {
        unsigned char *map = at++, bits = 0;
        for (size_t i = group; i < count && i < group + 8; i++) {
            uint64_t word = word_at(event, i), old = i < ITEM_WORDS ? before[i] : 0;
            if (word == old) continue;
            bits |= (unsigned char)(1u << (i - group));
            at = put(at, fold(word - old));
            if (i < ITEM_WORDS) before[i] = word;
        }
        *map = bits;
    }
    return at;
}

static void get_words(struct item_cursor *cursor, struct in *in, struct pawl_event *event) {
    size_t count = (event->size - HEAD) / 8;
    const unsigned char *slot = get_bytes(in, 1), *map;
    if (slot == NULL || *slot >= ITEM_SLOTS) {
        in->bad = true;
        return;
    }
    uint64_t *before = cursor->words[*slot];
    for (size_t group = 0; group < count && !in->bad; group += 8) {
        if ((map = get_bytes(in, 1)) == NULL) return;
        for (size_t i = group; i < count && i < group + 8; i++) {
            uint64_t word = i < ITEM_WORDS ? before[i] : 0;
            if ((*map >> (i - group) & 1) != 0) word += unfold(get(in));
            if (i < ITEM_WORDS) before[i] = word;
            memcpy((char *)event + HEAD + 8 * i, &word, 8);
        }
    }
}

static unsigned char *put_event(struct item_cursor *cursor, const struct pawl_event *event,
                                bool given, unsigned char *at) {
    unsigned has = (event->target != 0 ? HAS_TARGET : 0) | (event->cookie != 0 ? HAS_COOKIE : 0) |
                   (event->flags != 0 ? HAS_FLAGS : 0);
    if (!given) /* else the bus is about to set these */
        has |= (event->source != 0 ? HAS_SOURCE : 0) | (event->cause != 0 ? HAS_CAUSE : 0) |
               (event->seq != cursor->seq ? HAS_SEQ : 0) |
               (event->time_ns != cursor->now_ns ? HAS_TIME : 0);
    *at++ = (unsigned char)has;
    at = put(at, event->type);
    at = put(at, event->size / 8);
    if (has & HAS_TARGET) at = put(at, event->target);
    if (has & HAS_COOKIE) at = put(at, fold(event->cookie - cursor->cookie));
    if (has & HAS_FLAGS) at = put(at, event->flags);
    if (has & HAS_SOURCE) at = put(at, event->source);
    if (has & HAS_CAUSE) at = put(at, fold(event->seq - event->cause));
    if (has & HAS_SEQ) at = put(at, fold(event->seq - cursor->seq));
    if (has & HAS_TIME) at = put(at, fold((uint64_t)event->time_ns - (uint64_t)cursor->now_ns));
    if (has & HAS_COOKIE) cursor->cookie = event->cookie;
    if (!given) cursor->seq = event->seq + 1;
    return put_words(cursor, event, at);
}

static const struct pawl_event *get_event(struct item_cursor *cursor, struct in *in, bool given) {
    struct pawl_event *event = (void *)cursor->event;
    uint64_t has = get(in), type = get(in), size = get(in);
    if (in->bad || has > HAS_ALL || type > UINT16_MAX || size * 8 < HEAD ||
        size > PAWL_EVENT_SIZE_MAX / 8 || (given && (has & ~(uint64_t)7) != 0)) {
        in->bad = true;
        return NULL;
    }
    *event = (struct pawl_event){.size = (uint32_t)(size * 8), .type = (uint16_t)type};
    if (has & HAS_TARGET) event->target = (uint32_t)get(in);
    if (has & HAS_COOKIE) cursor->cookie = event->cookie = cursor->cookie + unfold(get(in));
    if (has & HAS_FLAGS) event->flags = (uint16_t)get(in);
    if (has & HAS_SOURCE) event->source = (uint32_t)get(in);
    uint64_t back = has & HAS_CAUSE ? unfold(get(in)) : 0;
    if (!given) {
        event->seq = cursor->seq + (has & HAS_SEQ ? unfold(get(in)) : 0);
        event->cause = has & HAS_CAUSE ? event->seq - back : 0;
        event->time_ns = cursor->now_ns;
        if (has & HAS_TIME) event->time_ns = (int64_t)((uint64_t)event->time_ns + unfold(get(in)));
        cursor->seq = event->seq + 1;
    }
    get_words(cursor, in, event);
    return event;
}

/* ---- items ---- */

static bool has_event(uint8_t kind) {
    return kind == HOST_TOLD_INPUT || kind == HOST_TOLD_IO || kind == HOST_TOLD_STATE ||
           kind == ITEM_TURN_OF || kind == ITEM_EFFECT;
}
static bool has_number(uint8_t kind) {
    return kind == HOST_TOLD_RELEASE || kind == HOST_TOLD_COMMAND || kind == HOST_TOLD_SPREAD ||
           kind == HOST_TOLD_DISK || kind == ITEM_FILE || kind == ITEM_STARTED ||
           kind == ITEM_NAME || kind == ITEM_START || kind == ITEM_STOP || kind == ITEM_END;
}
static bool has_name(uint8_t kind) {
    return kind == HOST_TOLD_COMMAND || kind == ITEM_FILE || kind == ITEM_NAME ||
           kind == ITEM_RELOAD;
}
static bool is_kind(uint8_t kind) {
    return (kind > 0 && kind < HOST_TOLD_) || (kind >= ITEM_EFFECT && kind < ITEM_KINDS_);
}

void item_begin(struct item_cursor *cursor) {
    cursor->now_ns = 0;
    cursor->seq = 0;
    cursor->cookie = 0;
    memset(cursor->words, 0, sizeof cursor->words);
}

size_t item_write(struct item_cursor *cursor, const struct item *item, unsigned char *out) {
    unsigned char *at = out;
    assert(is_kind(item->kind) && item->size <= ITEM_CHUNK_MAX);
    *at++ = item->kind;
    if (item->kind != ITEM_EFFECT) {
        at = put(at, fold((uint64_t)item->now_ns - (uint64_t)cursor->now_ns));
        at = put(at, fold(item->turn - cursor->seq));
        cursor->now_ns = item->now_ns;
        cursor->seq = item->turn;
    }
    if (has_number(item->kind)) at = put(at, item->number);
    if (item->kind == HOST_TOLD_SPREAD || item->kind == ITEM_NAME || item->kind == ITEM_START)
        at = put(at, fold((uint64_t)item->value));
    if (has_name(item->kind)) {
        size_t length = strnlen(item->name, ITEM_NAME_MAX);
        at = put(at, length);
        memcpy(at, item->name, length);
        at += length;
    }
    if (item->kind == ITEM_FILE) {
        at = put(at, item->size);
        memcpy(at, item->bytes, item->size);
        at += item->size;
    }
    if (has_event(item->kind)) {
        at = put_event(cursor, item->event, item->kind != ITEM_EFFECT, at);
        if (item->kind != ITEM_EFFECT) cursor->seq++; /* it becomes the first event of its turn */
    }
    return (size_t)(at - out);
}

static void get_name(struct item_cursor *cursor, struct in *in, struct item *ret) {
    uint64_t length = get(in);
    const unsigned char *text = get_bytes(in, length);
    if (in->bad || length > ITEM_NAME_MAX || memchr(text, '\0', length) != NULL) {
        in->bad = true;
        return;
    }
    memcpy(cursor->text, text, length);
    cursor->text[length] = '\0';
    ret->name = cursor->text;
}

size_t item_read(struct item_cursor *cursor, const unsigned char *bytes, size_t size,
                 struct item *ret) {
    struct in in = {.at = bytes, .end = bytes + size};
    const unsigned char *kind = get_bytes(&in, 1);
    if (kind == NULL || !is_kind(*kind)) return 0;
    *ret = (struct item){.kind = *kind};
    if (*kind != ITEM_EFFECT) {
        cursor->now_ns = (int64_t)((uint64_t)cursor->now_ns + unfold(get(&in)));
        cursor->seq += unfold(get(&in));
    }
    ret->now_ns = cursor->now_ns;
    ret->turn = cursor->seq;
    if (has_number(*kind)) ret->number = get(&in);
    if (*kind == HOST_TOLD_SPREAD || *kind == ITEM_NAME || *kind == ITEM_START)
        ret->value = (int64_t)unfold(get(&in));
    if (has_name(*kind)) get_name(cursor, &in, ret);
    if (*kind == ITEM_FILE && !in.bad) {
        ret->size = get(&in);
        ret->bytes = ret->size > ITEM_CHUNK_MAX ? NULL : get_bytes(&in, ret->size);
        if (ret->bytes == NULL) return 0;
    }
    if (has_event(*kind) && !in.bad) {
        ret->event = get_event(cursor, &in, *kind != ITEM_EFFECT);
        if (*kind != ITEM_EFFECT) cursor->seq++;
    }
    return in.bad ? 0 : (size_t)(in.at - bytes);
}
