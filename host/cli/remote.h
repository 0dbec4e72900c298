/*
 * remote.h - what the commands that talk to a running host share.
 *
 * The socket is --socket, else the one of -c's configuration (faulty or not: a kill switch does not
 * ask for a valid file), else $PAWL_SOCKET, else pawl-data/control.sock.
 */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include <jansson.h>

#include "cli/cli.h"
#include "control/client.h"

#define REMOTE_WAIT_MS 30000
#define REMOTE_TAKES (ARG_EVERYWHERE | ARG_BIT(ARG_CONFIG) | ARG_BIT(ARG_SOCKET))

/* NULL: told on stderr, with the exit code. */
struct client *remote_open(const struct args *args, int *ret_exit);
/* Asks {"do": what, ...}; members is stolen and may be NULL. NULL: told on stderr (with --json the
 * answer on stdout), and the exit code. */
json_t *remote_ask(const struct args *args, struct client *client, const char *what,
                   json_t *members, int *ret_exit);
/* Open, ask, close. */
json_t *remote_once(const struct args *args, const char *what, json_t *members, int *ret_exit);
/* One line of JSON on stdout. */
void remote_print(const json_t *value);
/* A text for people: control characters become blanks. */
const char *remote_text(const json_t *object, const char *key); /* "" = absent */

#endif
