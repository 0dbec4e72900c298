/* A profile against what its components do. */
#include "config/profile.h"

#include <string.h>

#include "base/err.h"

const char *const profile_aspects[CONFIG_ASPECTS_] = {"grow", "reduce", "stop", "targets"};

struct judging {
    const struct config_profile *profile;
    const char *opener; /* "" = nobody */
    struct pawl_aspects own;
    const struct profile_parts *parts;
    struct pawl_err *err;
};

/* "" = the keeper. */
static const char *holder_of(const struct judging *j, int aspect) {
    const char *name = j->profile->holder[aspect];
    if (strcmp(name, CONFIG_OPENER) == 0) return j->opener;
    return strcmp(name, CONFIG_KEEPER) == 0 ? "" : name;
}

static void find(const struct judging *j, const char *name, struct pawl_aspects *ret) {
    const struct pawl_aspects anything = {.opens = 1, .takes = PAWL_ASPECTS_ALL};
    memset(ret, 0, sizeof *ret);
    if (!j->parts->find(j->parts->arg, name, ret)) *ret = anything;
}

/* What is left out of what comes together; CONFIG_ASPECTS_ = nothing. */
static int missing(const struct judging *j, const char *holder, uint8_t together) {
    for (int aspect = 0; aspect < CONFIG_ASPECTS_; aspect++)
        if ((together & (1u << aspect)) && strcmp(holder_of(j, aspect), holder) != 0) return aspect;
    return CONFIG_ASPECTS_;
}

static int judge_other(const struct judging *j, int aspect, const char *holder) {
    const char *what = profile_aspects[aspect];
    struct pawl_aspects does;
    find(j, holder, &does);
    if ((does.takes & (1u << aspect)) == 0)
        return pawl_fail(j->err, PAWL_E_INVAL, "%s cannot hold the %s of lots that %s%s", holder,
                         what, j->opener[0] != '\0' ? j->opener : "others",
                         j->opener[0] != '\0' ? " opens" : " opened");
    int other = (does.together & (1u << aspect)) != 0 ? missing(j, holder, does.together)
                                                      : CONFIG_ASPECTS_;
    if (other != CONFIG_ASPECTS_)
        return pawl_fail(j->err, PAWL_E_INVAL, "%s holds %s but not %s: it works with both or none",
                         holder, what, profile_aspects[other]);
    if (aspect == CONFIG_REDUCE && j->own.whole && does.parts)
        return pawl_fail(j->err, PAWL_E_INVAL,
                         "%s takes parts off a lot, and the lots of %s go whole", holder,
                         j->opener);
    if (aspect == CONFIG_STOP && j->own.trails && does.trails)
        return pawl_fail(j->err, PAWL_E_INVAL,
                         "two would trail the stop by their options, %s and %s", j->opener, holder);
    return PAWL_OK;
}

static int judge_aspect(const struct judging *j, int aspect) {
    const char *holder = holder_of(j, aspect);
    if (strcmp(holder, j->opener) == 0) return PAWL_OK;
    if ((j->own.keeps & (1u << aspect)) != 0)
        return pawl_fail(j->err, PAWL_E_INVAL,
                         "%s keeps the %s of lots it opens, %s cannot have it", j->opener,
                         profile_aspects[aspect], holder[0] != '\0' ? holder : CONFIG_KEEPER);
    return holder[0] == '\0' ? PAWL_OK : judge_other(j, aspect, holder);
}

int profile_judge(const struct config_profile *profile, const char *opener,
                  const struct profile_parts *parts, enum config_aspect *ret_aspect,
                  struct pawl_err *err) {
    struct judging j = {.profile = profile, .opener = opener == NULL ? "" : opener,
                        .parts = parts, .err = err};
    if (j.opener[0] != '\0') find(&j, j.opener, &j.own);
    for (int aspect = 0; aspect < CONFIG_ASPECTS_; aspect++) {
        int rc = judge_aspect(&j, aspect);
        if (rc == PAWL_OK) continue;
        *ret_aspect = (enum config_aspect)aspect;
        return rc;
    }
    return PAWL_OK;
}
