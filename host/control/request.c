/* request.c - a line is read, carried out and answered. */
#include "control/control_int.h"

#include <string.h>

#include "base/err.h"
#include "events/codec.h"

static const struct {
    const char *name;
    request_fn *fn;
} requests[] = {
    {"status", answer_status},
    {"lots", answer_lots},
    {"orders", answer_orders},
    {"records", answer_records},
    {"monitor", answer_monitor},
    {"explain", answer_explain},
    {"metrics", answer_metrics},
    {"reconcile", answer_reconcile},
    {"adopt", answer_adopt},
    {"transactions", answer_transactions},
    {"performance", answer_performance},
    {"reload", answer_reload},
    {"rules.list", answer_rules_list},
    {"rules.enable", answer_rules_enable},
    {"rules.disable", answer_rules_disable},
    {"halt", answer_halt},
    {"resume", answer_resume},
    {"flatten", answer_flatten},
};

/* ---- members ---- */

int request_u64(const struct request *request, const char *key, uint64_t otherwise, uint64_t *ret,
                struct pawl_err *err) {
    const json_t *value = json_object_get(request->object, key);
    if (value == NULL) {
        *ret = otherwise;
        return PAWL_OK;
    }
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return pawl_fail(err, PAWL_E_INVAL, "%s: must be a whole number", key);
    *ret = (uint64_t)json_integer_value(value);
    return PAWL_OK;
}

int request_text(const struct request *request, const char *key, const char **ret,
                 struct pawl_err *err) {
    const json_t *value = json_object_get(request->object, key);
    if (value != NULL && !json_is_string(value))
        return pawl_fail(err, PAWL_E_INVAL, "%s: must be a text", key);
    *ret = value == NULL ? "" : json_string_value(value);
    return PAWL_OK;
}

bool request_flag(const struct request *request, const char *key) {
    return json_is_true(json_object_get(request->object, key));
}

/* ---- answers ---- */

/* What a caller does about it: its command line, its time, its permission. */
static const char *code_text(int rc) {
    switch (rc) {
    case PAWL_E_INVAL:
    case PAWL_E_DATA:
    case PAWL_E_RANGE: return "invalid";
    case PAWL_E_NOTFOUND: return "not_found";
    case PAWL_E_CONFIG: return "config";
    case PAWL_E_BUSY:
    case PAWL_E_DENIED:
    case PAWL_E_REJECTED:
    case PAWL_E_STATE: return "refused";
    default: return "failed";
    }
}

static void put_id(const json_t *id, struct jsonout *out) {
    jsonout_key(out, "id");
    if (json_is_integer(id))
        jsonout_i64(out, json_integer_value(id));
    else if (json_is_string(id) && json_string_length(id) <= 64)
        jsonout_text(out, json_string_value(id), json_string_length(id));
    else
        jsonout_raw(out, "null", 4);
}

static void begin(struct peer *peer, const json_t *request, bool ok, struct jsonout *out) {
    jsonout_begin(out, peer->control->answer, CONTROL_ANSWER_MAX);
    jsonout_open(out, '{');
    put_id(json_object_get(request, "id"), out);
    jsonout_key(out, "ok");
    jsonout_bool(out, ok);
}

static bool finish(struct peer *peer, struct jsonout *out) {
    size_t length;
    jsonout_close(out, '}');
    if (jsonout_end(out, &length) != PAWL_OK) return false;
    peer_send(peer, peer->control->answer, length);
    return true;
}

static void answer_fault(struct peer *peer, const json_t *request, int rc, const char *text) {
    struct jsonout out;
    begin(peer, request, false, &out);
    jsonout_key(&out, "code");
    jsonout_text(&out, code_text(rc), strlen(code_text(rc)));
    jsonout_key(&out, "error");
    jsonout_text(&out, text, strlen(text));
    finish(peer, &out);
}

void answer_begin(struct peer *peer, const json_t *request, struct jsonout *out) {
    begin(peer, request, true, out);
}

void answer_end(struct peer *peer, const json_t *request, struct jsonout *out, int rc,
                const struct pawl_err *err) {
    if (rc != PAWL_OK)
        answer_fault(peer, request, rc, err->text[0] != '\0' ? err->text : pawl_rc_text(rc));
    else if (!finish(peer, out))
        answer_fault(peer, request, PAWL_E_RANGE, "the answer is too long; ask for less at a time");
}

/* ---- a line ---- */

static request_fn *find(const char *name) {
    for (size_t i = 0; name != NULL && i < sizeof requests / sizeof *requests; i++)
        if (strcmp(requests[i].name, name) == 0) return requests[i].fn;
    return NULL;
}

/* Nothing is committed where the store's queue is full: then it is with the next turn's. */
uint64_t answer_committed(const struct host *host) {
    if (host == NULL) return 0;
    return host->extra_changed ? host->bus->turn : host->committed_turn;
}

void answer_hold(struct peer *peer, const struct host *host, uint64_t before) {
    bool same = host != NULL && host == peer->control->host;
    if (!same || answer_committed(host) == before) return;
    peer_hold(peer, answer_committed(host));
    store_push_now(host->store);
}

static void carry_out(struct peer *peer, json_t *object, request_fn *fn) {
    struct request request = {peer->control, peer, object, false};
    const struct host *host = peer->control->host;
    struct pawl_err err = {0};
    struct jsonout out;
    peer->control->counts.requests++;
    if (host == NULL) {
        answer_fault(peer, object, PAWL_E_STATE, "the host is starting again; ask once more");
        return;
    }
    uint64_t before = answer_committed(host);
    answer_begin(peer, object, &out);
    int rc = fn(&request, &out, &err);
    answer_hold(peer, host, before);
    if (!request.deferred) answer_end(peer, object, &out, rc, &err);
}

/* One object: a request has "do", an event of FORMATS "type". */
static int judge(const json_t *object, request_fn **ret, struct pawl_err *err) {
    const json_t *what = json_object_get(object, "do");
    if (!json_is_object(object))
        return pawl_fail(err, PAWL_E_INVAL, "must be one JSON object a line");
    if (what == NULL && json_object_get(object, "type") != NULL) {
        *ret = answer_event;
        return PAWL_OK;
    }
    if (!json_is_string(what))
        return pawl_fail(err, PAWL_E_INVAL, "must have \"do\" (a request) or \"type\" (an event)");
    *ret = find(json_string_value(what));
    if (*ret != NULL) return PAWL_OK;
    return pawl_fail(err, PAWL_E_INVAL, "there is no request \"%.60s\"", json_string_value(what));
}

void request_line(struct peer *peer, const char *line, size_t length) {
    json_error_t why;
    struct pawl_err err = {0};
    request_fn *fn = NULL;
    json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &why);
    int rc = object == NULL ? pawl_fail(&err, PAWL_E_INVAL, "no JSON: %.160s", why.text)
                            : judge(object, &fn, &err);
    if (rc == PAWL_OK) {
        peer->faults = 0;
        carry_out(peer, object, fn);
    } else {
        peer->control->counts.faults++;
        peer->faults++;
        answer_fault(peer, object, rc, err.text);
    }
    json_decref(object);
}
