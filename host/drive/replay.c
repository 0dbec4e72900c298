#include "drive/replay.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "drive/replay_int.h"
#include "events/reflect.h"
#include "reload/reload.h"
#include "run/folder.h"

void replay_note(struct replay *replay, const char *format, ...) {
    struct replay_result *to = replay->result;
    va_list args;
    if (to->note_count == REPLAY_NOTES_MAX) return;
    va_start(args, format);
    vsnprintf(to->notes[to->note_count++], REPLAY_NOTE_MAX + 1, format, args);
    va_end(args);
}

/* ---- what the host calls ---- */

static void on_told(void *arg, const struct host_told *told) {
    (void)arg, (void)told; /* it was us who told it */
}

static void on_reload(void *arg, const struct host *host, const struct session *next,
                      const struct reload_request *request, const struct reload_plan *plan) {
    (void)arg, (void)host, (void)next, (void)request, (void)plan;
}

static bool on_disk_asked(void *arg, uint64_t turn) {
    struct replay *replay = arg;
    const struct item *item = replay->over ? NULL : recording_peek(replay->reader);
    if (item == NULL || item->kind != HOST_TOLD_DISK || item->number != turn) return false;
    recording_next(replay->reader);
    return true;
}

static void on_trace(void *arg, const struct pawl_event *event, const char *line, size_t length) {
    const struct replay *replay = arg;
    (void)event;
    if (replay->over) return;
    fwrite(line, 1, length, replay->options->trace);
    fputc('\n', replay->options->trace);
}

/* ---- starts ---- */

static int open_session(struct replay *replay, struct pawl_err *err) {
    char path[2 * DISK_PATH_MAX];
    struct config_errors *errors = mem_calloc(1, sizeof *errors);
    if (errors == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for a replay");
    int rc = replay_about(replay, err);
    replay_path(replay, "config/pawl.json", path);
    if (rc == PAWL_OK) {
        rc = session_open(path, replay->options->sets, replay->options->set_count, -1,
                          &replay->session, errors);
        if (rc != PAWL_OK)
            pawl_fail(err, rc, "%s: as recorded: %.200s", replay->options->file,
                      errors->count > 0 ? errors->line[0] : pawl_rc_text(rc));
    }
    mem_free(errors);
    if (rc == PAWL_OK) replay_compare_code(replay);
    return rc;
}

static int start(struct replay *replay, const struct item *item, struct pawl_err *err) {
    const bool io = (item->number & RECORD_IO) != 0, instant = (item->number & RECORD_INSTANT) != 0;
    const int64_t start_ns = item->value;
    int rc = replay->session == NULL ? open_session(replay, err) : PAWL_OK;
    if (rc != PAWL_OK) return rc;
    recording_next(replay->reader); /* what follows from it comes next */
    replay_path(replay, "data", replay->data);
    struct host_options options = {.config = replay->session->config,
                                   .plugins = replay->session->plugins,
                                   .data_dir = replay->data, .disk = replay->session->disk,
                                   .durability = STORE_NONE, .instant = instant,
                                   .io_mode = io ? IO_REPLAY : IO_NONE,
                                   .trace = replay->options->trace == NULL ? NULL : on_trace,
                                   .trace_lines = true, .trace_arg = replay,
                                   .recorder = &replay->hooks,
                                   .start_ns = start_ns};
    replay->result->starts++;
    rc = host_start(&options, &replay->host, err);
    replay->names = rc == PAWL_OK ? replay->host->names : NULL;
    return rc;
}

static void stop(struct replay *replay) {
    replay->names = NULL;
    host_stop(replay->host);
    replay->host = NULL;
}

static void started(struct replay *replay, const struct item *item) {
    char then[64], now[64];
    if (item->number == replay->host->book.boot) return;
    snprintf(then, sizeof then, "start %llu of this state", (unsigned long long)item->number);
    snprintf(now, sizeof now, "start %llu", (unsigned long long)replay->host->book.boot);
    replay_differs(replay, then, now);
}

/* ---- reloads ---- */

static int reload(struct replay *replay, const char *by, struct pawl_err *err) {
    char path[2 * DISK_PATH_MAX];
    struct reload_asked *asked = mem_calloc(1, sizeof *asked);
    struct reload_result *result = NULL;
    replay_path(replay, "reload.json", path);
    json_t *object = json_load_file(path, 0, NULL);
    int rc = asked == NULL ? pawl_fail(err, PAWL_E_NOMEM, "no memory for a reload")
             : object == NULL
                 ? pawl_fail(err, PAWL_E_DATA, "%s: a reload is not whole", replay->options->file)
                 : reload_asked_from_json(object, by, asked, err);
    if (rc == PAWL_OK) {
        reload_run(replay->host, replay->session, &asked->request, &result);
        if (result == NULL) rc = pawl_fail(err, PAWL_E_NOMEM, "no memory for a reload");
    }
    if (result != NULL && result->rc != PAWL_OK)
        replay_differs(replay, "a reload that was done",
                       result->errors.count > 0 ? result->errors.line[0]
                                                : pawl_rc_text(result->rc));
    if (result != NULL) replay_compare_code(replay);
    reload_result_free(result);
    json_decref(object);
    mem_free(asked);
    return rc;
}

/* ---- one item ---- */

/* An event of a stranger's file goes no further than this unless it is one. */
static int take_event(struct replay *replay, const struct item *item, void *copy,
                      struct pawl_err *err) {
    if (reflect_event_check(item->event, item->event->size) != PAWL_OK)
        return pawl_fail(err, PAWL_E_DATA, "%s: input %llu is no event", replay->options->file,
                         (unsigned long long)replay->result->inputs);
    memcpy(copy, item->event, item->event->size);
    ((struct pawl_event *)copy)->seq = 0;
    return PAWL_OK;
}

static int input(struct replay *replay, const struct item *item, struct pawl_err *err) {
    _Alignas(16) unsigned char copy[PAWL_EVENT_SIZE_MAX];
    const uint8_t kind = item->kind;
    int rc = take_event(replay, item, copy, err);
    if (rc != PAWL_OK) return rc;
    recording_next(replay->reader);
    if (kind == HOST_TOLD_INPUT)
        host_input(replay->host, (void *)copy, replay->now_ns);
    else if (kind == HOST_TOLD_IO)
        host_io(replay->host, (void *)copy, replay->now_ns);
    else if (kind == ITEM_TURN_OF)
        host_turn(replay->host, (void *)copy, replay->now_ns);
    else
        host_tell(replay->host, (void *)copy);
    return PAWL_OK;
}

/* `item` is a copy: reading goes on while it is carried out. */
static int carry_out(struct replay *replay, const struct item *item, struct pawl_err *err) {
    struct host *host = replay->host;
    switch (item->kind) {
    case HOST_TOLD_BEGIN: return host_begin(host, item->now_ns, err);
    case HOST_TOLD_TIMER:
        if (!host_timer(host, item->now_ns))
            replay_differs(replay, "a timer that is due", "none is");
        break;
    case HOST_TOLD_RELEASE: host_release_to(host, item->number); break;
    case HOST_TOLD_PROTECT: host_release_protective(host); break;
    case HOST_TOLD_COMMAND:
        host_command(host, (enum exec_command)item->number, replay->reason, item->now_ns);
        break;
    case HOST_TOLD_SPREAD: host_set_spread(host, (uint32_t)item->number, item->value); break;
    case HOST_TOLD_DISK: host_disk_failed(host); break;
    case HOST_TOLD_TURN: host_turn(host, NULL, item->now_ns); break;
    default: return reload(replay, replay->reason, err);
    }
    return PAWL_OK;
}

/* Something the host was told: it happens again. */
static int again(struct replay *replay, const struct item *item, struct pawl_err *err) {
    struct host *host = replay->host;
    char then[64], now[64];
    replay->result->inputs++;
    replay->now_ns = item->now_ns;
    if (replay->result->first_ns == 0) replay->result->first_ns = item->now_ns;
    replay->result->last_ns = item->now_ns;
    replay_told(replay, item);
    if (item->now_ns > host->bus->now_ns) host->bus->now_ns = item->now_ns;
    if (host->bus->seq + 1 != item->turn) {
        snprintf(then, sizeof then, "event %llu is next", (unsigned long long)item->turn);
        snprintf(now, sizeof now, "event %llu is", (unsigned long long)host->bus->seq + 1);
        replay_differs(replay, then, now);
        return PAWL_OK;
    }
    int rc;
    if (item->event != NULL) {
        rc = input(replay, item, err);
    } else {
        const struct item copy = *item;
        snprintf(replay->reason, sizeof replay->reason, "%s", item->name == NULL ? "" : item->name);
        recording_next(replay->reader);
        rc = carry_out(replay, &copy, err);
    }
    if (rc == PAWL_OK && host_fault(host) != NULL)
        rc = pawl_fail(err, PAWL_E_STATE, "%s", host_fault(host));
    return rc;
}

static void at_end(struct replay *replay, const struct item *item) {
    char then[48], now[48];
    uint64_t hash = hash_value(&replay->host->trace_hash);
    if (hash == item->number || replay->told_effects) return;
    snprintf(then, sizeof then, "trace hash %016llx", (unsigned long long)item->number);
    snprintf(now, sizeof now, "trace hash %016llx", (unsigned long long)hash);
    replay_told(replay, item);
    replay_differs(replay, then, now);
}

static int step(struct replay *replay, const struct item *item, struct pawl_err *err) {
    const uint8_t kind = item->kind;
    if (kind != ITEM_FILE && kind != ITEM_START && replay->host == NULL)
        return pawl_fail(err, PAWL_E_DATA, "%s: does not begin with a start",
                         replay->options->file);
    switch (kind) {
    case ITEM_FILE: {
        int rc = replay_file(replay, item, err);
        recording_next(replay->reader);
        return rc;
    }
    case ITEM_START:
        replay_told(replay, item);
        if (replay->host != NULL) stop(replay);
        return start(replay, item, err);
    case ITEM_STARTED: started(replay, item); break;
    case ITEM_STOP:
        at_end(replay, item);
        stop(replay);
        break;
    case ITEM_END:
        at_end(replay, item);
        replay->result->ended = true;
        break;
    case ITEM_NAME: break;
    case ITEM_EFFECT: replay_settled(replay); return PAWL_OK;
    default: return again(replay, item, err);
    }
    recording_next(replay->reader);
    return PAWL_OK;
}

/* ---- the whole ---- */

static int open_folder(struct replay *replay, struct pawl_err *err) {
    static const char *const parts[] = {"config", "config/rules", "data"};
    char path[2 * DISK_PATH_MAX];
    int rc = folder_for_run(NULL, replay->folder, sizeof replay->folder, err);
    for (size_t i = 0; rc == PAWL_OK && i < sizeof parts / sizeof *parts; i++) {
        replay_path(replay, parts[i], path);
        rc = folder_make(path, err);
    }
    return rc;
}

static int open_recording(struct replay *replay, struct pawl_err *err) {
    const char *file = replay->options->file;
    struct pawl_err why = {0};
    FILE *in = fopen(file, "rbe");
    if (in == NULL) return pawl_fail(err, PAWL_E_IO, "%s: %s", file, strerror(errno));
    int rc = recording_reader_new(in, &replay->reader, &why);
    return rc == PAWL_OK ? rc : pawl_fail(err, rc, "%s: %s", file, why.text);
}

static int play(struct replay *replay, struct pawl_err *err) {
    int64_t until_ns = replay->options->until_ns;
    int rc = PAWL_OK;
    const struct item *item;
    while (rc == PAWL_OK && !replay->over && (item = recording_peek(replay->reader)) != NULL) {
        if (until_ns != 0 && item->now_ns > until_ns) break;
        if (item->kind == ITEM_END && replay->result->ended) break;
        rc = step(replay, item, err);
        if (rc == PAWL_OK && !replay->over) replay_settled(replay);
    }
    const char *damage = recording_damage(replay->reader);
    if (damage != NULL)
        replay_note(replay, "%s: %s; compared up to there", replay->options->file, damage);
    else if (rc == PAWL_OK && replay->result->same && !replay->result->ended && until_ns == 0)
        replay_note(replay, "%s: stops without an end: the host was killed, or the recording gave "
                    "up", replay->options->file);
    if (replay->result->starts == 0 && rc == PAWL_OK)
        rc = pawl_fail(err, PAWL_E_DATA, "%s: %s before a host was started", replay->options->file,
                       damage == NULL ? "ends" : damage);
    return rc;
}

int replay_run(const struct replay_options *options, struct replay_result *ret,
               struct pawl_err *err) {
    struct replay *replay = mem_calloc(1, sizeof *replay);
    memset(ret, 0, sizeof *ret);
    if (replay == NULL) return pawl_fail(err, PAWL_E_NOMEM, "no memory for a replay");
    replay->options = options;
    replay->result = ret;
    replay->hooks = (struct host_recorder){.arg = replay, .told = on_told,
                                           .effect = replay_on_effect, .reload = on_reload,
                                           .disk_failed = on_disk_asked};
    ret->same = true;
    int rc = open_recording(replay, err);
    if (rc == PAWL_OK) rc = open_folder(replay, err);
    if (rc == PAWL_OK) rc = play(replay, err);
    if (replay->host != NULL) ret->trace_hash = hash_value(&replay->host->trace_hash);
    host_abandon(replay->host);
    session_close(replay->session);
    recording_reader_free(replay->reader);
    if (replay->folder[0] != '\0') folder_remove(replay->folder);
    mem_free(replay);
    return rc;
}
