/* pawl.json/1: any bytes; then what was read is written and read again. */
#include <string.h>

#include "base/json_pull.h"
#include "fuzz.h"

#define WRITTEN_MAX 4096u

static void copy_token(struct pawl_json_writer *w, const struct pawl_json_token *t, char *kinds) {
    char key[64] = "", text[64];
    struct pawl_json_token name = *t;
    name.kind = PAWL_JSON_STRING;
    name.text = t->key;
    name.text_len = t->key_len;
    if (t->key != NULL && json_text(&name, key, sizeof key) != PAWL_OK) key[0] = '\0';
    const char *as = t->key == NULL ? NULL : key;
    switch (t->kind) {
    case PAWL_JSON_OBJECT:
    case PAWL_JSON_ARRAY:
        kinds[t->depth] = t->kind == PAWL_JSON_OBJECT ? '}' : ']';
        json_open(w, as, t->kind == PAWL_JSON_OBJECT ? '{' : '[');
        break;
    case PAWL_JSON_END: json_close(w, kinds[t->depth]); break;
    case PAWL_JSON_STRING:
        if (json_text(t, text, sizeof text) == PAWL_OK)
            json_put_text(w, as, text, strlen(text));
        else
            json_put_raw(w, as, "null", 4);
        break;
    case PAWL_JSON_NUMBER: json_put_raw(w, as, t->text, t->text_len); break;
    default: json_put_raw(w, as, "true", 4); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char out[WRITTEN_MAX];
    char kinds[PAWL_JSON_DEPTH_MAX];
    struct pawl_json_reader r;
    struct pawl_json_writer w;
    struct pawl_json_token t;
    int64_t e8, number;
    size_t len;
    int rc;
    json_begin(&r, (const char *)data, size);
    json_write(&w, out, sizeof out);
    while ((rc = json_next(&r, &t)) > 0) {
        HOLDS(t.depth <= PAWL_JSON_DEPTH_MAX);
        if (json_e8(&t, &e8) == PAWL_OK && json_i64(&t, &number) == PAWL_OK)
            HOLDS(number == e8 / PAWL_E8 && e8 % PAWL_E8 == 0);
        copy_token(&w, &t, kinds);
    }
    if (rc == 0 && json_end(&w, &len) == PAWL_OK) {
        json_begin(&r, out, len);
        while ((rc = json_next(&r, &t)) > 0) continue;
        HOLDS(rc == 0);
    }
    json_begin(&r, (const char *)data, size);
    if (json_next(&r, &t) > 0) (void)json_skip(&r);
    return 0;
}
