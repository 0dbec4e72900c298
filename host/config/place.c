#include "config/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"

/* Folder of the running program; "" if it cannot be told. */
static void program_folder(char out[CONFIG_PATH_MAX + 1]) {
    ssize_t length = readlink("/proc/self/exe", out, CONFIG_PATH_MAX);
    out[length > 0 ? (size_t)length : 0] = '\0';
    char *slash = strrchr(out, '/');
    if (slash != NULL) *slash = '\0';
}

static void find(const char *variable, const char *const *below, const char *fixed, char *ret,
                 size_t size) {
    char folder[CONFIG_PATH_MAX + 1], path[CONFIG_PATH_MAX + 64];
    const char *said = getenv(variable);
    ret[0] = '\0';
    if (said != NULL && said[0] != '\0') {
        if (strlen(said) < size) snprintf(ret, size, "%s", said);
        return;
    }
    program_folder(folder);
    for (; *below != NULL && folder[0] != '\0'; below++) {
        int length = snprintf(path, sizeof path, "%s/%s", folder, *below);
        if ((size_t)length >= size || (size_t)length >= sizeof path || access(path, R_OK) != 0)
            continue;
        memcpy(ret, path, (size_t)length + 1);
        return;
    }
    if (strlen(fixed) < size && access(fixed, R_OK) == 0) snprintf(ret, size, "%s", fixed);
}

void place_instruments(char *ret, size_t size) {
    static const char *const below[] = {"config/instruments.json", "../../config/instruments.json",
                                        "../share/pawl/instruments.json", NULL};
    find("PAWL_INSTRUMENTS", below, PAWL_SHARE_DIR "/instruments.json", ret, size);
}

void place_sessions(char *ret, size_t size) {
    static const char *const below[] = {"config/sessions.json", "../../config/sessions.json",
                                        "../share/pawl/sessions.json", NULL};
    find("PAWL_SESSIONS", below, PAWL_SHARE_DIR "/sessions.json", ret, size);
}

void place_plugins(char *ret, size_t size) {
    static const char *const below[] = {"plugins", "../../plugins", "../" PAWL_LIB_PART "/pawl",
                                        NULL};
    find("PAWL_PLUGINS", below, PAWL_PLUGIN_DIR, ret, size);
}

void place_example(const char *example, char *ret, size_t size) {
    char fixed[CONFIG_PATH_MAX + 80], build[80], two_above[80], installed[80];
    const char *const below[] = {build, two_above, installed, NULL};
    const char *said = getenv("PAWL_TEMPLATES");
    ret[0] = '\0';
    if (said != NULL && said[0] != '\0') {
        if (snprintf(ret, size, "%s/%s", said, example) >= (int)size) ret[0] = '\0';
        return;
    }
    snprintf(build, sizeof build, "plugins/%.31s/meson.build", example);
    snprintf(two_above, sizeof two_above, "../../plugins/%.31s/meson.build", example);
    snprintf(installed, sizeof installed, "../share/pawl/templates/%.31s/meson.build", example);
    snprintf(fixed, sizeof fixed, "%s/templates/%.31s/meson.build", PAWL_SHARE_DIR, example);
    find("", below, fixed, ret, size);
    char *slash = strrchr(ret, '/');
    if (slash != NULL) *slash = '\0';
}
