/*
 * replay.h - a recording through the same plugins once more: the host is told what it was told
 * then, in a temporary folder and without anything outside; what follows is compared with what
 * followed, event by event. It ends at the first difference, at --until, or with the recording.
 *
 * [start, loop]
 */
#ifndef DRIVE_REPLAY_H
#define DRIVE_REPLAY_H

#include <stdio.h>

#include "base/log.h"
#include "pawl_types.h"

#define REPLAY_NOTES_MAX 16u
#define REPLAY_NOTE_MAX 255u
#define REPLAY_CAUSES_MAX 16u
#define REPLAY_LINE_MAX 2047u

struct replay_options {
    const char *file;
    const char *const *sets; /* of the configuration: where plugins are */
    uint32_t set_count;
    int64_t until_ns; /* 0 = to the end */
    FILE *trace;      /* state events as they come; NULL = none */
};

struct replay_difference {
    uint64_t input;   /* number of what the host was told, from 1 */
    int64_t now_ns;
    char told[REPLAY_LINE_MAX + 1];     /* what that was */
    char expected[REPLAY_LINE_MAX + 1]; /* JSON; empty = nothing */
    char came[REPLAY_LINE_MAX + 1];     /* JSON; empty = nothing */
    char differs[REPLAY_LINE_MAX + 1];  /* fields; empty if they are not alike at all */
    uint32_t cause_count;
    char causes[REPLAY_CAUSES_MAX][REPLAY_LINE_MAX + 1]; /* JSON, the nearest first */
};

struct replay_result {
    bool same;
    uint64_t inputs, effects, commands; /* gone through and compared */
    uint32_t starts;
    int64_t first_ns, last_ns;
    uint64_t trace_hash;
    bool ended;  /* it was recorded to its end */
    uint32_t note_count;
    char notes[REPLAY_NOTES_MAX][REPLAY_NOTE_MAX + 1];
    struct replay_difference difference; /* unless same */
};

/* PAWL_OK also where something differs. PAWL_E_DATA: no recording, of another schema, or nothing
 * can be made of it; PAWL_E_CONFIG: its plugins or options are not those of this pawl. */
int replay_run(const struct replay_options *options, struct replay_result *ret,
               struct pawl_err *err);

#endif
