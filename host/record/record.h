/*
 * record.h - what a run of a host leaves behind so that it can be gone through again: the files it
 * began with, all it was told, what followed.
 *
 *     record_new()                 the file; its parts, the configuration, the state
 *     record_start(), _started()   around host_start(), with record_hooks() in its options
 *     record_stop()                before a host_stop() that another start follows
 *     record_end(), record_free()
 *
 * Files of a recording: about.json, config/pawl.json (the effective configuration, secrets as
 * references), config/instruments.json, config/sessions.json, config/rules/NAME, data/NAME.
 *
 * Thread loop only. Errors: record_new() explains itself; later the recording ends, see
 * record_failed(), and the host goes on.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "record/recording.h"
#include "run/session.h"

#define RECORD_FILES_MAX 4096u /* `FILE` is taken: FILE.2 and so on */
#define RECORD_DATA_MAX (INT64_C(4) << 30) /* bytes of one file of the state */

enum record_start { RECORD_INSTANT = 1, RECORD_IO = 2 }; /* as the host's options said */

struct json_t;
struct record {
    struct recording *out;
    struct host_recorder hooks;
    char path[DISK_PATH_MAX + 1]; /* the file it went to */
    char folder[DISK_PATH_MAX + 1]; /* of the state */
    const char *version;
    bool ended, told;             /* told: of its failure */
    uint32_t names[NAME_SPACES_]; /* recorded so far */
};

/* Two schemas with the same events have the same. */
uint64_t record_schema_hash(void);

/* folder: the host's data folder, locked, before the host is started. patient: nothing is lost if
 * the disk is slow; the host waits. version: of this pawl. */
int record_new(const char *path, bool patient, const struct session *session, const char *folder,
               const char *version, struct record **ret, struct pawl_err *err);
void record_free(struct record *record); /* accepts NULL, as do the following */
const struct host_recorder *record_hooks(const struct record *record);
void record_start(struct record *record, const struct host_options *options);
void record_started(struct record *record, const struct host *host);
void record_stop(struct record *record, const struct host *host);
/* Nothing that happens from here on is recorded. */
void record_end(struct record *record, const struct host *host);
/* PAWL_OK, or why nothing more is recorded. */
int record_failed(const struct record *record, struct pawl_err *err);
/* Nothing more is recorded, for this reason. */
void record_give_up(struct record *record, const char *why);
void record_item(struct record *record, const struct item *item);

/* ---- files.c ---- */

void record_bytes(struct record *record, const char *name, const void *bytes, size_t size);
/* about.json and config/ of a session. */
int record_session(struct record *record, const struct session *session, const char *version,
                   struct pawl_err *err);
/* The files of the state: all, or those of one plugin. */
int record_data(struct record *record, struct disk *disk, const char *folder, const char *plugin,
                struct pawl_err *err);

#endif
