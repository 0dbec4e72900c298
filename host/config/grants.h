/*
 * grants.h - what the configuration lets an instance do outside the host, and the secrets it names.
 *
 *     "secrets": {"binance_key": "credential:binance-key"},
 *     "plugins": [{"name": "binance", "grants": {"net": ["fapi.binance.com:443",
 *                  "*.binance.com:443"], "listen": ["127.0.0.1:7601"],
 *                  "secrets": ["binance_key"]}}]
 *
 * A host is a name or an address, or "*." and the end of a name, and ":" and a port or "*". An
 * address of listen is the one bound; [::1]:7601 for IPv6. Owned by struct config. [start, reload]
 */
#ifndef CONFIG_GRANTS_H
#define CONFIG_GRANTS_H

#include <stdint.h>

#define GRANT_TEXT_MAX 271u
#define SECRET_NAME_MAX 63u
#define SECRET_REFERENCE_MAX 1023u
#define CONFIG_SECRETS_MAX 64u

struct config_grants {
    uint32_t net_count, listen_count, secret_count;
    char (*net)[GRANT_TEXT_MAX + 1];
    char (*listen)[GRANT_TEXT_MAX + 1];
    char (*secrets)[SECRET_NAME_MAX + 1]; /* each is in `secrets` of the configuration */
};

struct config_secret {
    char name[SECRET_NAME_MAX + 1];
    char reference[SECRET_REFERENCE_MAX + 1]; /* secret.h */
};

/* Does a grant of `net` or `listen` allow this? [any] */
int grant_allows(const char *grant, const char *host, unsigned port);
/* What is wrong with its form; NULL if nothing is. */
const char *grant_fault(const char *grant);

#endif
