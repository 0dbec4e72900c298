/* pawl reload: the running host reads its configuration again. */
#include <string.h>

#include "cli/remote.h"

static int run(const struct args *args) {
    json_t *members = json_pack("{s:b}", "dry_run", arg_given(args, ARG_DRY_RUN));
    json_t *sets = json_array();
    int code;
    for (uint32_t i = 0; i < args->set_count; i++)
        json_array_append_new(sets, json_string(args->sets[i]));
    if (args->set_count > 0) json_object_set(members, "set", sets);
    json_decref(sets);
    json_t *answer = remote_once(args, "reload", members, &code);
    if (answer == NULL) return code;
    bool done = json_is_true(json_object_get(answer, "done"));
    if (arg_given(args, ARG_JSON))
        remote_print(answer);
    else
        fputs(remote_text(answer, "text"), done ? stdout : stderr);
    code = done                                                 ? CLI_DONE
           : strcmp(remote_text(answer, "code"), "config") == 0 ? CLI_CONFIG
                                                                : CLI_REFUSED;
    json_decref(answer);
    return code;
}

const struct command command_reload = {
    .name = "reload",
    .summary = "have a running host follow its changed configuration",
    .synopsis = "[--dry-run] [-c FILE | --socket PATH] [--set PATH=VALUE]... [--json]",
    .about = "The host reads its configuration, plugins and rules again and follows them all, or\n"
             "none of them and says why (docs/reload.md). What it did is printed. --dry-run goes\n"
             "as far as that can be known and changes nothing. Exit codes: 3 the configuration\n"
             "is invalid, 5 refused; either way the host runs on as before.\n",
    .takes = REMOTE_TAKES | ARG_BIT(ARG_DRY_RUN),
    .run = run};
