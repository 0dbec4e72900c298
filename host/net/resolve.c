/* Names to addresses, on threads that nobody waits for: a resolver that hangs holds up one name,
 * not the loop, not its end. Answers are kept for a while, and longer if no better one comes. */
#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "net/net_int.h"

#define NAMES_MAX 64u
#define THREADS_MAX 16u
#define FRESH_MS 30000u
#define THREAD_STACK (256u * 1024u)

struct shared { /* of the loop and the threads; the last one frees it */
    pthread_mutex_t lock;
    uint32_t users;
    uv_async_t *wake; /* NULL once the loop has gone */
    struct question *answered;
};

struct question {
    struct question *next;
    struct shared *shared;
    net_lookup *lookup;
    char host[PAWL_NET_HOST_MAX + 1];
    struct net_address addresses[NET_ADDRESSES_MAX];
    int count;
    char why[128];
};

struct name {
    char host[PAWL_NET_HOST_MAX + 1];
    struct net_address addresses[NET_ADDRESSES_MAX];
    uint32_t count; /* 0 = never found */
    bool asked;     /* a thread is at it */
    uint64_t at;    /* ms of the loop, of the last answer that had addresses */
};

struct resolver {
    struct net *net;
    struct shared *shared;
    uint32_t threads, name_count;
    struct name names[NAMES_MAX];
};

static int system_lookup(const char *host, struct net_address *out, uint32_t max, char why[128]) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *list = NULL;
    uint32_t count = 0;
    int rc = getaddrinfo(host, NULL, &hints, &list);
    if (rc != 0) {
        snprintf(why, 128, "%s", gai_strerror(rc));
        return -1;
    }
    for (const struct addrinfo *one = list; one != NULL && count < max; one = one->ai_next) {
        if (one->ai_addrlen > sizeof out[count].at) continue;
        memcpy(&out[count].at, one->ai_addr, one->ai_addrlen);
        out[count++].len = one->ai_addrlen;
    }
    freeaddrinfo(list);
    return (int)count;
}

static void leave(struct shared *shared) {
    pthread_mutex_lock(&shared->lock);
    bool last = --shared->users == 0;
    pthread_mutex_unlock(&shared->lock);
    if (!last) return;
    for (struct question *q = shared->answered, *next; q != NULL; q = next) {
        next = q->next;
        mem_free(q);
    }
    pthread_mutex_destroy(&shared->lock);
    mem_free(shared);
}

static void *look_up(void *arg) {
    struct question *q = arg;
    struct shared *shared = q->shared;
    q->count = q->lookup(q->host, q->addresses, NET_ADDRESSES_MAX, q->why);
    pthread_mutex_lock(&shared->lock);
    q->next = shared->answered;
    shared->answered = q;
    if (shared->wake != NULL) uv_async_send(shared->wake);
    pthread_mutex_unlock(&shared->lock);
    leave(shared);
    return NULL;
}

int resolver_new(struct net *net, struct resolver **ret) {
    struct resolver *resolver = mem_calloc(1, sizeof *resolver);
    struct shared *shared = mem_calloc(1, sizeof *shared);
    if (resolver == NULL || shared == NULL || pthread_mutex_init(&shared->lock, NULL) != 0) {
        mem_free(resolver);
        mem_free(shared);
        return PAWL_E_NOMEM;
    }
    shared->users = 1;
    shared->wake = &net->resolved;
    resolver->net = net;
    resolver->shared = shared;
    *ret = resolver;
    return PAWL_OK;
}

void resolver_free(struct resolver *resolver) {
    if (resolver == NULL) return;
    pthread_mutex_lock(&resolver->shared->lock);
    resolver->shared->wake = NULL;
    pthread_mutex_unlock(&resolver->shared->lock);
    leave(resolver->shared);
    mem_free(resolver);
}

static bool start_thread(struct resolver *resolver, const char *host) {
    struct question *q = mem_calloc(1, sizeof *q);
    pthread_attr_t attributes;
    pthread_t thread;
    if (q == NULL) return false;
    q->shared = resolver->shared;
    q->lookup = resolver->net->options.lookup;
    if (q->lookup == NULL) q->lookup = system_lookup;
    snprintf(q->host, sizeof q->host, "%s", host);
    pthread_mutex_lock(&q->shared->lock);
    q->shared->users++;
    pthread_mutex_unlock(&q->shared->lock);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, THREAD_STACK);
    bool ok = pthread_create(&thread, &attributes, look_up, q) == 0;
    pthread_attr_destroy(&attributes);
    if (ok) return true;
    leave(q->shared);
    mem_free(q);
    return false;
}

/* Its entry, made if need be in place of one that nobody waits for. */
static struct name *name_of(struct resolver *resolver, const char *host) {
    struct name *oldest = NULL;
    for (uint32_t i = 0; i < resolver->name_count; i++) {
        struct name *name = &resolver->names[i];
        if (strcmp(name->host, host) == 0) return name;
        if (!name->asked && (oldest == NULL || name->at < oldest->at)) oldest = name;
    }
    if (resolver->name_count < NAMES_MAX) oldest = &resolver->names[resolver->name_count++];
    if (oldest == NULL) return NULL;
    memset(oldest, 0, sizeof *oldest);
    snprintf(oldest->host, sizeof oldest->host, "%s", host);
    return oldest;
}

static bool literal(struct stream *s) {
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct net_address *address = &s->addresses[0];
    if (inet_pton(AF_INET, s->host, &v4.sin_addr) == 1) {
        memcpy(&address->at, &v4, sizeof v4);
        address->len = sizeof v4;
    } else if (inet_pton(AF_INET6, s->host, &v6.sin6_addr) == 1) {
        memcpy(&address->at, &v6, sizeof v6);
        address->len = sizeof v6;
    } else {
        return false;
    }
    s->address_count = 1;
    return true;
}

static void hand_over(struct stream *s, const struct name *name) {
    memcpy(s->addresses, name->addresses, sizeof s->addresses);
    s->address_count = name->count;
    stream_resolved(s);
}

void resolver_ask(struct resolver *resolver, struct stream *s) {
    if (literal(s)) {
        stream_resolved(s);
        return;
    }
    struct name *name = name_of(resolver, s->host);
    if (name == NULL) return; /* looked at again when a thread has ended, until its time is up */
    if (name->count > 0 && net_now(resolver->net) - name->at < FRESH_MS) {
        hand_over(s, name);
        return;
    }
    if (name->asked || resolver->threads == THREADS_MAX) return;
    if (!start_thread(resolver, s->host)) {
        stream_fail(s, PAWL_NET_REASON_LOCAL, 0, "no thread to look up %.80s", s->host);
        return;
    }
    name->asked = true;
    resolver->threads++;
}

static void answer(struct resolver *resolver, const struct question *q) {
    struct name *name = name_of(resolver, q->host);
    resolver->threads--;
    if (name == NULL) return;
    name->asked = false;
    if (q->count > 0) {
        memcpy(name->addresses, q->addresses, sizeof name->addresses);
        name->count = (uint32_t)q->count;
        name->at = net_now(resolver->net);
    }
    for (struct stream *s = resolver->net->all, *next; s != NULL; s = next) {
        next = s->all_next;
        if (s->state != STREAM_RESOLVING || s->over || strcmp(s->host, q->host) != 0) continue;
        if (name->count > 0) /* an older answer is better than none */
            hand_over(s, name);
        else
            stream_fail(s, PAWL_NET_REASON_RESOLVE, 0, "%.60s: %.60s", q->host,
                        q->why[0] != '\0' ? q->why : "no address");
    }
}

void resolver_collect(struct resolver *resolver) {
    pthread_mutex_lock(&resolver->shared->lock);
    struct question *list = resolver->shared->answered;
    resolver->shared->answered = NULL;
    pthread_mutex_unlock(&resolver->shared->lock);
    for (struct question *next; list != NULL; list = next) {
        next = list->next;
        answer(resolver, list);
        mem_free(list);
    }
    for (struct stream *s = resolver->net->all, *next; s != NULL; s = next) {
        next = s->all_next;
        if (s->state == STREAM_RESOLVING && !s->over) resolver_ask(resolver, s);
    }
}
