#include "plugin/descriptor.h"

#include <string.h>

#include "base/err.h"
#include "config/options.h"

#define refuse(...) pawl_fail(err, PAWL_E_ABI, __VA_ARGS__)

static bool name_is_sound(const char *name, size_t max) {
    size_t length = 0;
    if (name == NULL || name[0] < 'a' || name[0] > 'z') return false;
    for (; name[length] != '\0'; length++) {
        char c = name[length];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (!plain || length >= max) return false;
    }
    return true;
}

static int check_size(uint32_t size, struct pawl_err *err) {
    if (size > sizeof(struct pawl_plugin))
        return refuse("its descriptor has %u bytes, this host knows %zu: it is for a newer host",
                      size, sizeof(struct pawl_plugin));
    if (size < 8 || size % 8 != 0) return refuse("its descriptor has %u bytes: that is none", size);
    return PAWL_OK;
}

/* Major equal, minor not newer; while major is 0 the minor is equal, too. */
static int check_abi(const struct pawl_plugin *p, struct pawl_err *err) {
    uint32_t major = p->abi >> 16, minor = p->abi & 0xffffu;
    bool fits =
        major == PAWL_ABI_MAJOR && (major == 0 ? minor == PAWL_ABI_MINOR : minor <= PAWL_ABI_MINOR);
    if (!fits)
        return refuse("is built for interface %u.%u, this host has %u.%u", major, minor,
                      PAWL_ABI_MAJOR, PAWL_ABI_MINOR);
    if (p->shape == NULL || strcmp(p->shape, PAWL_ABI_SHAPE) != 0)
        return refuse("has the shape \"%.60s\", this host has \"%s\"",
                      p->shape == NULL ? "" : p->shape, PAWL_ABI_SHAPE);
    return PAWL_OK;
}

static int check_identity(const struct pawl_plugin *p, const char *name, struct pawl_err *err) {
    if (!name_is_sound(p->name, PAWL_NAME_MAX))
        return refuse("its name \"%.40s\" is not of a-z, 0-9 and _, at most %u bytes",
                      p->name == NULL ? "" : p->name, PAWL_NAME_MAX);
    if (strcmp(p->name, name) != 0)
        return refuse("calls itself \"%s\", not \"%.40s\" as its file", p->name, name);
    if (p->version == NULL || p->version[0] == '\0') return refuse("has no version");
    if (p->kind < PAWL_PLUGIN_KIND_BROKER || p->kind > PAWL_PLUGIN_KIND_SERVICE)
        return refuse("is of the unknown kind %u", p->kind);
    if (p->create == NULL || p->destroy == NULL || p->on_event == NULL)
        return refuse("lacks create, destroy or on_event");
    if ((p->caps != NULL) != (p->kind == PAWL_PLUGIN_KIND_BROKER))
        return refuse(p->caps == NULL ? "is a broker without caps" : "has caps but is no broker");
    return PAWL_OK;
}

/* ---- records ---- */

static bool kind_size_fits(const struct pawl_field *field) {
    switch ((enum pawl_field_kind)field->kind) {
    case PAWL_F_U8:
    case PAWL_F_ENUM: return field->size == 1;
    case PAWL_F_U16: return field->size == 2;
    case PAWL_F_U32:
    case PAWL_F_I32:
    case PAWL_F_INSTRUMENT:
    case PAWL_F_ACCOUNT:
    case PAWL_F_COMPONENT: return field->size == 4;
    case PAWL_F_PRICE:
    case PAWL_F_QTY:
    case PAWL_F_MONEY:
    case PAWL_F_RATIO:
    case PAWL_F_TIME:
    case PAWL_F_U64:
    case PAWL_F_I64: return field->size == 8;
    case PAWL_F_OID: return field->size == 24;
    case PAWL_F_STR:
    case PAWL_F_PAD: return field->size > 0;
    default: return false; /* text has no place in a row */
    }
}

static int check_field(const struct pawl_record_type *record, size_t at, uint32_t *end,
                       struct pawl_err *err) {
    const struct pawl_field *field = &record->fields[at];
    if (field->kind != PAWL_F_PAD && !name_is_sound(field->name, PAWL_NAME_MAX))
        return refuse("record %s: field %zu has no sound name", record->name, at);
    if (!kind_size_fits(field))
        return refuse("record %s: field %s has kind %u in %u bytes", record->name, field->name,
                      field->kind, field->size);
    if (field->offset < *end || field->size > record->size ||
        field->offset > record->size - field->size)
        return refuse("record %s: field %s does not fit at %u", record->name, field->name,
                      field->offset);
    for (size_t i = 0; i < at; i++)
        if (field->kind != PAWL_F_PAD && strcmp(record->fields[i].name, field->name) == 0)
            return refuse("record %s: field %s is there twice", record->name, field->name);
    *end = field->offset + field->size;
    return PAWL_OK;
}

static int check_record(const struct pawl_record_type *record, struct pawl_err *err) {
    uint32_t end = 0;
    if (!name_is_sound(record->name, PAWL_NAME_MAX))
        return refuse("record 0x%x has no sound name", record->id);
    if (!name_is_sound(record->table, PAWL_NAME_MAX))
        return refuse("record %s: its table has no sound name", record->name);
    if (record->id < DESCRIPTOR_RECORD_ID_MIN)
        return refuse("record %s: id 0x%x is the host's", record->name, record->id);
    if (record->size < 8 || record->size > DESCRIPTOR_RECORD_MAX || record->size % 8 != 0)
        return refuse("record %s: %u bytes are not a multiple of 8 up to %u", record->name,
                      record->size, DESCRIPTOR_RECORD_MAX);
    if (record->durable > RECORD_HISTORY)
        return refuse("record %s: is neither durable, of the session nor history", record->name);
    if (record->fields == NULL || record->fields[0].name == NULL ||
        record->fields[0].kind != PAWL_F_U64 || record->fields[0].offset != 0)
        return refuse("record %s: does not begin with its 64-bit key", record->name);
    for (size_t i = 0; record->fields[i].name != NULL; i++) {
        if (i == DESCRIPTOR_FIELDS_MAX)
            return refuse("record %s: more than %u fields, or no end of the table", record->name,
                          DESCRIPTOR_FIELDS_MAX);
        int rc = check_field(record, i, &end, err);
        if (rc != PAWL_OK) return rc;
    }
    return PAWL_OK;
}

static int check_records(const struct pawl_record_type *records, struct pawl_err *err) {
    for (size_t i = 0; records != NULL && records[i].name != NULL; i++) {
        if (i == DESCRIPTOR_RECORDS_MAX)
            return refuse("more than %u record types, or no end of the table",
                          DESCRIPTOR_RECORDS_MAX);
        int rc = check_record(&records[i], err);
        if (rc != PAWL_OK) return rc;
        for (size_t k = 0; k < i; k++) {
            if (records[k].id == records[i].id)
                return refuse("records %s and %s have the same id 0x%x", records[k].name,
                              records[i].name, records[i].id);
            if (strcmp(records[k].table, records[i].table) == 0)
                return refuse("records %s and %s have the same table %s", records[k].name,
                              records[i].name, records[i].table);
        }
    }
    return PAWL_OK;
}

/* ---- what it wants of the host ---- */

static int check_listens(const uint16_t *listens, const struct loader_known *known,
                         struct pawl_err *err) {
    for (size_t i = 0; listens != NULL && listens[i] != 0; i++) {
        if (i == DESCRIPTOR_LISTENS_MAX)
            return refuse("more than %u subscriptions, or no end of the list",
                          DESCRIPTOR_LISTENS_MAX);
        if (!known->event(known->arg, listens[i]))
            return refuse("listens to event 0x%04x, which this host does not know", listens[i]);
        for (size_t k = 0; k < i; k++)
            if (listens[k] == listens[i])
                return refuse("listens to event 0x%04x twice", listens[i]);
    }
    return PAWL_OK;
}

static int check_needs(const char *const *needs, const struct loader_known *known,
                       struct pawl_err *err) {
    for (size_t i = 0; needs != NULL && needs[i] != NULL; i++) {
        if (i == DESCRIPTOR_NEEDS_MAX)
            return refuse("more than %u services, or no end of the list", DESCRIPTOR_NEEDS_MAX);
        if (!known->service(known->arg, needs[i]))
            return refuse("needs the service \"%.60s\", which this host does not have", needs[i]);
    }
    return PAWL_OK;
}

static int check_options(const struct pawl_plugin *p, struct pawl_err *err) {
    if (options_check(p->options, p->options_size, err) == PAWL_OK) return PAWL_OK;
    if (err != NULL) err->rc = PAWL_E_ABI;
    return PAWL_E_ABI;
}

struct teller {
    void (*tell)(void *arg, const char *fault); /* NULL = the first fault ends it */
    void *arg;
    struct pawl_err *err; /* gets the first one */
    int rc;
};

/* Whether to go on. */
static bool heard(struct teller *teller, int rc, const struct pawl_err *why) {
    if (rc == PAWL_OK) return true;
    if (teller->rc == PAWL_OK) {
        teller->rc = rc;
        pawl_fail(teller->err, rc, "%s", why->text);
    }
    if (teller->tell != NULL) teller->tell(teller->arg, why->text);
    return teller->tell != NULL;
}

static void check_parts(const struct pawl_plugin *p, const char *name,
                        const struct loader_known *known, struct teller *teller) {
    struct pawl_err why[5] = {{0}};
    if (heard(teller, check_identity(p, name, &why[0]), &why[0]) &&
        heard(teller, check_options(p, &why[1]), &why[1]) &&
        heard(teller, check_records(p->records, &why[2]), &why[2]) &&
        heard(teller, check_listens(p->listens, known, &why[3]), &why[3]))
        heard(teller, check_needs(p->needs, known, &why[4]), &why[4]);
}

int descriptor_take_telling(const struct pawl_plugin *said, const char *name,
                            const struct loader_known *known,
                            void (*tell)(void *arg, const char *fault), void *arg,
                            struct pawl_plugin *ret, struct pawl_err *err) {
    struct pawl_plugin p;
    struct pawl_err why = {0};
    struct teller teller = {.tell = tell, .arg = arg, .err = err};
    memset(&p, 0, sizeof p);
    int rc = check_size(said->size, &why);
    if (rc == PAWL_OK) memcpy(&p, said, said->size);
    if (rc == PAWL_OK) rc = check_abi(&p, &why);
    heard(&teller, rc, &why);
    if (rc == PAWL_OK) check_parts(&p, name, known, &teller);
    if (teller.rc == PAWL_OK) *ret = p;
    return teller.rc;
}

int descriptor_take(const struct pawl_plugin *said, const char *name,
                    const struct loader_known *known, struct pawl_plugin *ret,
                    struct pawl_err *err) {
    return descriptor_take_telling(said, name, known, NULL, NULL, ret, err);
}
