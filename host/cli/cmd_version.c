/* pawl version: what this program is and what it was built with. */
#include <archive.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <uv.h>

#include "cli/cli.h"
#include "net/net.h"

struct part {
    const char *name, *version, *use;
};

static void print_text(const struct part *parts, size_t count) {
    printf("pawl %s\n", PAWL_VERSION);
    printf("plugin interface %u.%u, shape \"%s\"\n", PAWL_ABI_MAJOR, PAWL_ABI_MINOR,
           PAWL_ABI_SHAPE);
    printf("built with\n");
    for (size_t i = 0; i < count; i++)
        printf("  %-10s  %-10s  %s\n", parts[i].name, parts[i].version, parts[i].use);
    printf("  %-10s  %s\n", "compiler", __VERSION__);
}

static void print_json(const struct part *parts, size_t count) {
    printf("{\"version\":\"%s\",\"abi\":\"%u.%u\",\"shape\":\"%s\",\"libraries\":{", PAWL_VERSION,
           PAWL_ABI_MAJOR, PAWL_ABI_MINOR, PAWL_ABI_SHAPE);
    for (size_t i = 0; i < count; i++)
        printf("%s\"%s\":\"%s\"", i > 0 ? "," : "", parts[i].name, parts[i].version);
    printf("},\"compiler\":");
    cli_json_text(__VERSION__, stdout);
    printf("}\n");
}

static int run(const struct args *args) {
    const struct part parts[] = {
        {"libuv", uv_version_string(), "the event loop"},
        {"SQLite", sqlite3_libversion(), "the database"},
        {"jansson", jansson_version_str(), "configuration and events as JSON"},
        {"libarchive", archive_version_string() + sizeof "libarchive", "compressed data"},
        {"OpenSSL", net_has_tls() ? net_tls_version() : "none", "TLS, WebSockets, signatures"}};
    if (arg_given(args, ARG_JSON))
        print_json(parts, sizeof parts / sizeof *parts);
    else
        print_text(parts, sizeof parts / sizeof *parts);
    return CLI_DONE;
}

const struct command command_version = {
    .name = "version",
    .summary = "what this program is and what it was built with",
    .synopsis = "[--json]",
    .about =
        "The version of pawl, of the interface its plugins are built for, and of the libraries\n"
        "in use.\n",
    .takes = ARG_EVERYWHERE,
    .run = run};
