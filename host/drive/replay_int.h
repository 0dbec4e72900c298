/* replay_int.h - inside a replay: the run (replay.c), comparing (replay_compare.c), files
 * (replay_files.c). Thread loop only. */
#ifndef DRIVE_REPLAY_INT_H
#define DRIVE_REPLAY_INT_H

#include "drive/replay.h"
#include "record/record.h"

#define REPLAY_RECENT_MAX 4096u /* events kept to name causes */
#define REPLAY_EVENT_MAX 512u   /* bytes of each */

struct replay_recent {
    _Alignas(8) unsigned char bytes[REPLAY_EVENT_MAX];
};

struct replay {
    const struct replay_options *options;
    struct replay_result *result;
    struct recording_reader *reader;
    struct session *session;
    struct host *host;
    const struct names *names; /* of the host, once it is there */
    struct host_recorder hooks;
    char folder[DISK_PATH_MAX + 1];
    char data[2 * DISK_PATH_MAX]; /* in it: the host's */
    char reason[ITEM_TEXT_MAX + 1]; /* of the last command */
    const char **sets;
    bool over; /* nothing more is compared: a difference, or the recording ends within an input */
    bool told_effects; /* the reload event differs in what it counts: its hash will, too */
    int64_t now_ns;
    uint64_t recent_count;
    struct replay_recent recent[REPLAY_RECENT_MAX];
    struct pawl_err err;
};

void replay_note(struct replay *replay, const char *format, ...) PAWL_PRINTF(2, 3);

/* ---- replay_compare.c ---- */
void replay_remember(struct replay *replay, const struct pawl_event *event);
void replay_on_effect(void *replay, const struct pawl_event *event);
/* What the host was told, in words, until the next one. */
void replay_told(struct replay *replay, const struct item *item);
/* Something differs that is no event. */
void replay_differs(struct replay *replay, const char *expected, const char *came);
/* Nothing of what followed may be left. */
void replay_settled(struct replay *replay);

/* ---- replay_files.c ---- */
int replay_file(struct replay *replay, const struct item *item, struct pawl_err *err);
/* about.json: is it for us at all? Once the plugins are loaded: are they the same? */
int replay_about(struct replay *replay, struct pawl_err *err);
void replay_compare_code(struct replay *replay);
/* "config/pawl.json" and so on, in the temporary folder. */
void replay_path(const struct replay *replay, const char *name, char out[2 * DISK_PATH_MAX]);

#endif
