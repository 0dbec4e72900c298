#include "record/record.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "events/reflect.h"

#define TYPES_MAX 0x1000u /* of events */

uint64_t record_schema_hash(void) {
    struct hash hash;
    hash_init(&hash, 0);
    for (uint32_t type = 0; type < TYPES_MAX; type++) {
        const struct schema_event *event = reflect_event((uint16_t)type);
        if (event == NULL) continue;
        hash_add_u64(&hash, type);
        hash_add_u64(&hash, event->size);
        for (const struct pawl_field *field = event->fields; field->name != NULL; field++) {
            hash_add(&hash, field->name, strlen(field->name) + 1);
            hash_add_u64(&hash, (uint64_t)field->kind << 32 | field->offset);
        }
    }
    return hash_value(&hash);
}

/* ---- what the host tells ---- */

void record_item(struct record *record, const struct item *item) {
    if (!record->ended) recording_put(record->out, item);
}

static void on_told(void *arg, const struct host_told *told) {
    const bool with_event = told->what == HOST_TOLD_TURN && told->event != NULL;
    record_item(arg, &(struct item){.kind = with_event ? ITEM_TURN_OF : told->what,
                            .now_ns = told->now_ns,
                            .turn = told->turn,
                            .number = told->number,
                            .value = told->value,
                            .event = told->event,
                            .name = told->text == NULL ? "" : told->text});
}

static void on_effect(void *arg, const struct pawl_event *event) {
    record_item(arg, &(struct item){.kind = ITEM_EFFECT, .event = event});
}

/* ---- starts and ends ---- */

/* A host that comes again with the same command line begins another file. */
static int open_file(struct record *record, const char *path, bool patient, struct pawl_err *err) {
    snprintf(record->path, sizeof record->path, "%s", path);
    for (uint32_t i = 2; i < RECORD_FILES_MAX; i++) {
        struct pawl_err why = {0};
        int rc = recording_new(record->path, patient, &record->out, &why);
        if (rc == PAWL_OK) return rc;
        if (rc != PAWL_E_BUSY) return pawl_fail(err, rc, "%s", why.text);
        snprintf(record->path, sizeof record->path, "%.1000s.%u", path, i);
    }
    return pawl_fail(err, PAWL_E_BUSY, "%s: there are %u recordings", path, RECORD_FILES_MAX);
}

int record_new(const char *path, bool patient, const struct session *session, const char *folder,
               const char *version, struct record **ret, struct pawl_err *err) {
    struct record *record = mem_calloc(1, sizeof *record);
    if (record == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for a recording");
    record->hooks =
        (struct host_recorder){.arg = record, .told = on_told, .effect = on_effect};
    snprintf(record->folder, sizeof record->folder, "%s", folder);
    record->version = version;
    int rc = open_file(record, path, true, err);
    if (rc == PAWL_OK) rc = record_session(record, session, version, err);
    if (rc == PAWL_OK) rc = record_data(record, session->disk, folder, NULL, err);
    if (rc != PAWL_OK) {
        record_free(record);
        return rc;
    }
    recording_patient(record->out, patient); /* nothing runs yet: so far it waited */
    *ret = record;
    return PAWL_OK;
}

void record_free(struct record *record) {
    if (record == NULL) return;
    recording_free(record->out);
    mem_free(record);
}

const struct host_recorder *record_hooks(const struct record *record) {
    return record == NULL ? NULL : &record->hooks;
}

void record_start(struct record *record, const struct host_options *options) {
    if (record == NULL) return;
    unsigned how = (options->instant ? RECORD_INSTANT : 0u) |
                   (options->io_mode == IO_LIVE ? RECORD_IO : 0u);
    record_item(record, &(struct item){
        .kind = ITEM_START, .number = how, .value = options->start_ns});
}

static void put_names(struct record *record, const struct host *host) {
    for (int space = 1; space < NAME_SPACES_; space++) {
        uint32_t count = names_count(host->names, (enum name_space)space);
        for (uint32_t id = record->names[space] + 1; id <= count; id++)
            record_item(record, &(struct item){.kind = ITEM_NAME,
                                       .now_ns = host->bus->now_ns,
                                       .turn = host->bus->seq + 1,
                                       .number = id,
                                       .value = space,
                                       .name = names_text(host->names, (enum name_space)space,
                                                          id)});
        record->names[space] = count;
    }
}

void record_started(struct record *record, const struct host *host) {
    if (record == NULL) return;
    put_names(record, host);
    record_item(record, &(struct item){.kind = ITEM_STARTED,
                               .now_ns = host->bus->now_ns,
                               .turn = host->bus->seq + 1,
                               .number = host->book.boot});
}

static void put_last(struct record *record, const struct host *host, uint8_t kind) {
    if (record == NULL || host == NULL) return;
    put_names(record, host);
    record_item(record, &(struct item){.kind = kind,
                               .now_ns = host->bus->now_ns,
                               .turn = host->bus->seq + 1,
                               .number = hash_value(&host->trace_hash)});
}

void record_stop(struct record *record, const struct host *host) {
    put_last(record, host, ITEM_STOP);
}

void record_end(struct record *record, const struct host *host) {
    put_last(record, host, ITEM_END);
    if (record == NULL) return;
    record->ended = true;
    recording_finish(record->out);
}

int record_failed(const struct record *record, struct pawl_err *err) {
    if (record == NULL) return PAWL_OK;
    struct pawl_err why = {0};
    int rc = recording_failed(record->out, &why);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "%s: %s", record->path, why.text);
}

void record_give_up(struct record *record, const char *why) {
    recording_give_up(record->out, why);
}
