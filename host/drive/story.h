/*
 * story.h - what a recording knows of one lot or order: everything that happened to it, with the
 * chain of what led to it, as the control socket tells it of a running host (`explain`).
 *
 * The file is read twice, nothing is executed. [start]
 */
#ifndef DRIVE_STORY_H
#define DRIVE_STORY_H

#include <jansson.h>

#include "pawl_types.h"

#define STORY_EVENTS_MAX (1u << 24) /* that followed, in one recording */
#define STORY_STEPS_MAX 4096u

/* word: the number of a lot, its name (the last lot of that name), or the id of an order. *ret is
 * {"lot", "order", "story": [{"depth", "root", "by", "to", "event"}], "cut"}, the caller's.
 * PAWL_E_NOTFOUND: there is nothing of it; PAWL_E_DATA, PAWL_E_IO. */
int story_read(const char *file, const char *word, json_t **ret, struct pawl_err *err);

#endif
