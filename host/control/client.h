/*
 * client.h - the other end of the control socket, for commands: one request, one answer.
 *
 * Blocking, with a time limit for each answer. [any process] Owner: the caller.
 */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "pawl_types.h"

#define CLIENT_LINE_MAX (16u << 20)

struct client;

/* PAWL_E_NOTFOUND: no host listens there, with a sentence why. wait_ms: longest silence. */
int client_open(const char *path, int wait_ms, struct client **ret, struct pawl_err *err);
void client_close(struct client *client); /* accepts NULL */

/* Sends an object as one line. PAWL_E_IO: the host is gone. */
int client_send(struct client *client, const json_t *object, struct pawl_err *err);
/* The next line as an object, the caller's; PAWL_E_BUSY: none came in time, PAWL_E_IO: the host is
 * gone, PAWL_E_DATA: it is none. */
int client_receive(struct client *client, json_t **ret, struct pawl_err *err);
/* Both; an answer that says no is an error: PAWL_E_STATE refused, PAWL_E_INVAL wrong request,
 * PAWL_E_NOTFOUND no such thing, PAWL_E_CONFIG, PAWL_E_IO failed. *ret (may be NULL) is set in
 * either case, NULL if nothing came. */
int client_ask(struct client *client, const json_t *object, json_t **ret, struct pawl_err *err);
/* For poll(). */
int client_fd(const struct client *client);

#endif
