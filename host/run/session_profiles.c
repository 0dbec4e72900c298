/* Profiles against what the loaded plugins do, and entries against their profiles. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "config/profile.h"
#include "run/session.h"

/* Its place among the plugins, from 1; 0 = there is none. */
uint32_t session_place(const struct session *session, const char *name) {
    for (uint32_t i = 0; i < session->config->plugin_count; i++)
        if (strcmp(session->config->plugins[i].name, name) == 0) return i + 1;
    return 0;
}

static bool find_aspects(void *arg, const char *name, struct pawl_aspects *ret) {
    const struct session *session = arg;
    uint32_t place = session_place(session, name);
    if (place == 0 || session->plugins[place - 1] == NULL) return false;
    *ret = session->aspects[place - 1];
    return true;
}

static bool leaves_to_opener(const struct config_profile *profile) {
    for (int aspect = 0; aspect < CONFIG_ASPECTS_; aspect++)
        if (strcmp(profile->holder[aspect], CONFIG_OPENER) == 0) return true;
    return false;
}

/* It serves the lots of one who is loaded, or lots that nobody opened: adopted ones. */
static void check_profile(const struct session *session, const struct config_profile *profile,
                          struct config_errors *errors) {
    const struct profile_parts parts = {.find = find_aspects, .arg = (void *)(uintptr_t)session};
    struct pawl_err first = {0};
    enum config_aspect wrong = CONFIG_GROW;
    char path[CONFIG_PATH_MAX + 1];
    for (uint32_t i = 0; i <= session->config->plugin_count; i++) {
        bool adopted = i == session->config->plugin_count;
        struct pawl_err why = {0};
        enum config_aspect aspect;
        if (adopted ? first.rc != PAWL_OK && leaves_to_opener(profile)
                    : session->plugins[i] == NULL || !session->aspects[i].opens)
            continue;
        if (profile_judge(profile, adopted ? NULL : session->config->plugins[i].name, &parts,
                          &aspect, &why) == PAWL_OK)
            return;
        if (first.rc == PAWL_OK) first = why, wrong = aspect;
    }
    if (first.rc == PAWL_OK) return; /* nobody here opens lots: another fault */
    snprintf(path, sizeof path, "profiles.%s.%s", profile->name, profile_aspects[wrong]);
    session_fault(session, errors, "%s", path, first.text);
}

static bool is_told(const struct session *session, const char *profile) {
    char path[CONFIG_PATH_MAX + 1];
    snprintf(path, sizeof path, "profiles.%s", profile);
    return session->told != NULL && config_errors_told(session->told, path);
}

void session_profiles(const struct session *session, struct config_errors *errors) {
    for (uint32_t i = 0; i < session->config->profile_count; i++) {
        const struct config_profile *profile = &session->config->profiles[i];
        bool sound = !is_told(session, profile->name);
        for (int aspect = 0; aspect < CONFIG_ASPECTS_; aspect++) {
            char path[CONFIG_PATH_MAX + 1];
            uint32_t place = session_place(session, profile->holder[aspect]);
            const struct pawl_plugin *plugin = place == 0 ? NULL : session->plugins[place - 1];
            if (plugin == NULL || plugin->kind == PAWL_PLUGIN_KIND_STRATEGY) continue;
            snprintf(path, sizeof path, "profiles.%s.%s", profile->name, profile_aspects[aspect]);
            session_fault(session, errors, "%s", path, "names a plugin that is no strategy");
            sound = false;
        }
        if (sound) check_profile(session, profile, errors);
    }
}

/* An entry against the component it is addressed to, and its profile. */
int session_judge_entry(void *self, const struct pawl_event *event, struct pawl_err *err) {
    const struct session *session = self;
    const struct profile_parts parts = {.find = find_aspects, .arg = self};
    const struct pawl_ev_entry *entry = (const void *)event;
    struct pawl_err why = {0};
    enum config_aspect aspect;
    if (event->type != PAWL_EV_ENTRY || entry->via == 0 ||
        session->plugins[entry->via - 1] == NULL ||
        session->plugins[entry->via - 1]->kind == PAWL_PLUGIN_KIND_BROKER)
        return PAWL_OK;
    const char *via = session->config->plugins[entry->via - 1].name, *name = entry->profile;
    if (!session->aspects[entry->via - 1].opens)
        return pawl_fail(err, PAWL_E_INVAL, "via: %s opens no lots", via);
    if (name[0] == '\0' && entry->instrument != 0)
        name = session->config->instruments[entry->instrument - 1].base.profile;
    if (name[0] == '\0' || is_told(session, name)) return PAWL_OK;
    const struct config_profile *profile = config_profile_find(session->config, name);
    if (profile == NULL && name != entry->profile) return PAWL_OK; /* told of the instrument */
    if (profile == NULL)
        return pawl_fail(err, PAWL_E_INVAL, "profile: there is no profile \"%s\"", name);
    if (profile_judge(profile, via, &parts, &aspect, &why) != PAWL_OK)
        return pawl_fail(err, PAWL_E_INVAL, "profile %s: %s: %.180s", name,
                         profile_aspects[aspect], why.text);
    const char *holder = profile->holder[CONFIG_STOP];
    if (entry->trailing_stop_pct.e8 == 0 || strcmp(holder, CONFIG_OPENER) == 0 ||
        strcmp(holder, via) == 0)
        return PAWL_OK;
    return pawl_fail(err, PAWL_E_INVAL,
                     "trailing_stop_pct: the profile %s gives the stop to %s, not to %s", name,
                     holder, via);
}
