/*
 * secret.h - references to secrets: "env:NAME", "file:PATH", "credential:NAME" (systemd's).
 * Here only their form is looked at; what they stand for never enters the configuration. [any]
 */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

/* What is wrong with the form; NULL if nothing is, or if the text is no reference. */
const char *secret_fault(const char *text);

#endif
