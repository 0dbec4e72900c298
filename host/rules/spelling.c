#include "rules/spelling.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"

#define KEY "[\"do\"]"
#define KEY_MORE (sizeof KEY - 1 - 2) /* bytes that it has more than `do` */

struct reading {
    const char *text;
    size_t length, at;
};

static char peek(const struct reading *r, size_t ahead) {
    return r->at + ahead < r->length ? r->text[r->at + ahead] : '\0';
}

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* Behind "[[ ... ]]" or "[==[ ... ]==]" if one begins here. */
static bool skip_long(struct reading *r) {
    size_t level = 0, i;
    if (peek(r, 0) != '[') return false;
    while (peek(r, 1 + level) == '=') level++;
    if (peek(r, 1 + level) != '[') return false;
    for (r->at += level + 2; r->at < r->length; r->at++) {
        if (peek(r, 0) != ']') continue;
        for (i = 0; i < level && peek(r, 1 + i) == '='; i++) continue;
        if (i < level || peek(r, 1 + level) != ']') continue;
        r->at += level + 2;
        break;
    }
    return true;
}

static void skip_quoted(struct reading *r) {
    char quote = peek(r, 0);
    for (r->at++; r->at < r->length && peek(r, 0) != quote && peek(r, 0) != '\n'; r->at++)
        if (peek(r, 0) == '\\') r->at++;
    if (r->at < r->length) r->at++;
    if (r->at > r->length) r->at = r->length;
}

static void skip_comment(struct reading *r) {
    r->at += 2;
    if (skip_long(r)) return;
    while (r->at < r->length && peek(r, 0) != '\n') r->at++;
}

/* At a word: is it `do` as a key? The word is passed over. */
static bool skip_word(struct reading *r) {
    size_t from = r->at, after;
    while (is_word(peek(r, 0))) r->at++;
    if (r->at - from != 2 || memcmp(r->text + from, "do", 2) != 0) return false;
    for (after = 0; isspace((unsigned char)peek(r, after)); after++) continue;
    return peek(r, after) == '=' && peek(r, after + 1) != '=';
}

char *spelling_read(const char *text, size_t length, size_t *ret_length) {
    struct reading r = {.text = text, .length = length};
    /* Each replaced word stands for at least three bytes. */
    char *out = mem_alloc(length + (length / 3 + 1) * KEY_MORE + 1);
    size_t used = 0;
    while (out != NULL && r.at < length) {
        size_t from = r.at;
        bool is_key = false;
        char c = peek(&r, 0);
        if (c == '-' && peek(&r, 1) == '-')
            skip_comment(&r);
        else if (c == '"' || c == '\'')
            skip_quoted(&r);
        else if (is_word(c))
            is_key = skip_word(&r);
        else if (!skip_long(&r))
            r.at++;
        const char *piece = is_key ? KEY : text + from;
        size_t size = is_key ? sizeof KEY - 1 : r.at - from;
        memcpy(out + used, piece, size);
        used += size;
    }
    *ret_length = used;
    return out;
}
