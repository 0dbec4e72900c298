#include "base/names.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/table.h"

struct name_list {
    struct text_table by_text;
    const char **by_id; /* [1 .. count]; NULL = never given (a hole in what was restored) */
    uint32_t count;
    uint32_t capacity;
};

struct names {
    struct name_list list[NAME_SPACES_];
};

static const char *const space_names[NAME_SPACES_] = {
    [NAME_INSTRUMENT] = "instrument", [NAME_ACCOUNT] = "account",
    [NAME_COMPONENT] = "component",   [NAME_FEED] = "feed",
};

int names_new(struct names **ret, struct pawl_err *err) {
    struct names *names = mem_calloc(1, sizeof *names);
    if (names == NULL) return pawl_fail(err, PAWL_E_NOMEM, "names: out of memory");
    for (int i = 1; i < NAME_SPACES_; i++)
        text_table_init(&names->list[i].by_text, NAMES_MAX, NAME_TEXT_MAX);
    *ret = names;
    return PAWL_OK;
}

void names_free(struct names *names) {
    if (names == NULL) return;
    for (int i = 1; i < NAME_SPACES_; i++) {
        text_table_done(&names->list[i].by_text);
        mem_free(names->list[i].by_id);
    }
    mem_free(names);
}

static int text_check(enum name_space space, const char *text, struct pawl_err *err) {
    if ((int)space < 1 || space >= NAME_SPACES_)
        return pawl_fail(err, PAWL_E_INVAL, "names: no space %d", (int)space);
    size_t len = strnlen(text, NAME_TEXT_MAX + 1);
    if (len == 0 || len > NAME_TEXT_MAX)
        return pawl_fail(err, PAWL_E_INVAL, "the name of an %s must be 1 to %u bytes: \"%.80s\"",
                         space_names[space], NAME_TEXT_MAX, text);
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return pawl_fail(err, PAWL_E_INVAL, "the name of an %s has a control character",
                             space_names[space]);
    return PAWL_OK;
}

/* Room for ids up to and including id. */
static int list_reserve(struct name_list *list, uint32_t id) {
    if (id < list->capacity) return PAWL_OK;
    uint32_t wanted = list->capacity == 0 ? 64 : list->capacity;
    while (wanted <= id) wanted *= 2;
    const char **by_id = mem_realloc(list->by_id, wanted * sizeof *by_id);
    if (by_id == NULL) return PAWL_E_NOMEM;
    memset(by_id + list->capacity, 0, (wanted - list->capacity) * sizeof *by_id);
    list->by_id = by_id;
    list->capacity = wanted;
    return PAWL_OK;
}

static int list_set(struct name_list *list, uint32_t id, const char *text, struct pawl_err *err) {
    const char *copy;
    int rc = list_reserve(list, id);
    if (rc == PAWL_OK) rc = text_table_put(&list->by_text, text, id, &copy);
    if (rc != PAWL_OK) return pawl_fail(err, rc, "names: %s", pawl_rc_text(rc));
    list->by_id[id] = copy;
    if (id > list->count) list->count = id;
    return PAWL_OK;
}

int names_intern(struct names *names, enum name_space space, const char *text, uint32_t *ret_id,
                 int *ret_new, struct pawl_err *err) {
    uint32_t id;
    int rc = text_check(space, text, err);
    if (rc != PAWL_OK) return rc;
    struct name_list *list = &names->list[space];
    int is_new = !text_table_get(&list->by_text, text, &id);
    if (is_new) {
        if (list->count >= NAMES_MAX)
            return pawl_fail(err, PAWL_E_BUSY, "more than %u names of kind %s", NAMES_MAX,
                             space_names[space]);
        id = list->count + 1;
        rc = list_set(list, id, text, err);
        if (rc != PAWL_OK) return rc;
    }
    *ret_id = id;
    if (ret_new != NULL) *ret_new = is_new;
    return PAWL_OK;
}

int names_restore(struct names *names, enum name_space space, uint32_t id, const char *text,
                  struct pawl_err *err) {
    uint32_t known;
    int rc = text_check(space, text, err);
    if (rc != PAWL_OK) return rc;
    struct name_list *list = &names->list[space];
    if (id == 0 || id > NAMES_MAX)
        return pawl_fail(err, PAWL_E_DATA, "names: %s id %u of \"%s\" is not 1 to %u",
                         space_names[space], id, text, NAMES_MAX);
    if (text_table_get(&list->by_text, text, &known)) {
        if (known == id) return PAWL_OK;
        return pawl_fail(err, PAWL_E_STATE, "names: %s \"%s\" is id %u already, not %u",
                         space_names[space], text, known, id);
    }
    const char *other = names_text(names, space, id);
    if (other[0] != '\0')
        return pawl_fail(err, PAWL_E_STATE, "names: %s id %u is \"%s\" already, not \"%s\"",
                         space_names[space], id, other, text);
    return list_set(list, id, text, err);
}

uint32_t names_find(const struct names *names, enum name_space space, const char *text) {
    uint32_t id = 0;
    if ((int)space < 1 || space >= NAME_SPACES_) return 0;
    text_table_get(&names->list[space].by_text, text, &id);
    return id;
}

const char *names_text(const struct names *names, enum name_space space, uint32_t id) {
    if ((int)space < 1 || space >= NAME_SPACES_) return "";
    const struct name_list *list = &names->list[space];
    if (id == 0 || id > list->count || list->by_id[id] == NULL) return "";
    return list->by_id[id];
}

void names_shrink(struct names *names, enum name_space space, uint32_t count) {
    struct name_list *list = &names->list[space];
    for (; list->count > count; list->count--) {
        const char *text = list->by_id[list->count];
        list->by_id[list->count] = NULL;
        if (text != NULL) text_table_remove(&list->by_text, text);
    }
}

uint32_t names_count(const struct names *names, enum name_space space) {
    return (int)space < 1 || space >= NAME_SPACES_ ? 0 : names->list[space].count;
}
