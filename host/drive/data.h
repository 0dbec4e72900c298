/*
 * data.h - a feed of recorded events for a host: the configuration's `feeds` rules applied, names
 * resolved, declared spreads told to the book. [loop]
 */
#ifndef DRIVE_DATA_H
#define DRIVE_DATA_H

#include "feed/feed.h"
#include "run/host.h"

struct data_options {
    const char *const *paths;
    uint32_t path_count;
    const char *format, *symbol; /* NULL = not said */
    bool skip_bad_rows;
};

struct data; /* the feed and what its callbacks need; outlives restarts of the host */

int data_open(const struct config *config, struct host *host, const struct data_options *options,
              struct data **ret, struct pawl_err *err);
void data_free(struct data *data);
/* After a restart the same feed goes on with a new host. */
void data_attach(struct data *data, struct host *host);
/* After a reload: the configuration that counts now. */
void data_configure(struct data *data, const struct config *config);
struct feed *data_feed(struct data *data);
/* Playback speed from the rules, at 1e-8; 0 = as fast as it goes. */
int64_t data_speed_e8(const struct data *data);

#endif
