#include "cli/plugin_about.h"

#include "cli/cli.h"
#include "config/options.h"
#include "events/reflect.h"

const char *plugin_kind(uint32_t kind) {
    return kind == PAWL_PLUGIN_KIND_BROKER     ? "broker"
           : kind == PAWL_PLUGIN_KIND_STRATEGY ? "strategy"
                                               : "service";
}

const char *plugin_event(uint16_t type) {
    const struct schema_event *event = reflect_event(type);
    return event == NULL ? "?" : event->name;
}

static const char *field_kind(uint16_t kind) {
    static const char *const names[] = {
        [PAWL_F_PRICE] = "price",     [PAWL_F_QTY] = "qty",       [PAWL_F_MONEY] = "money",
        [PAWL_F_RATIO] = "ratio",     [PAWL_F_TIME] = "time",     [PAWL_F_U8] = "u8",
        [PAWL_F_U16] = "u16",         [PAWL_F_U32] = "u32",       [PAWL_F_U64] = "u64",
        [PAWL_F_I32] = "i32",         [PAWL_F_I64] = "i64",       [PAWL_F_ACCOUNT] = "account",
        [PAWL_F_INSTRUMENT] = "instrument", [PAWL_F_COMPONENT] = "component",
        [PAWL_F_OID] = "oid",         [PAWL_F_STR] = "str",       [PAWL_F_ENUM] = "enum"};
    return kind < sizeof names / sizeof *names && names[kind] != NULL ? names[kind] : "?";
}

/* ---- text ---- */

static void text_listens(const struct pawl_plugin *plugin, FILE *out) {
    const uint16_t *type = plugin->listens;
    fprintf(out, "  listens   %s", type == NULL || *type == 0 ? " nothing" : "");
    for (; type != NULL && *type != 0; type++) fprintf(out, " %s", plugin_event(*type));
    fputc('\n', out);
}

static void text_needs(const struct pawl_plugin *plugin, FILE *out) {
    const char *const *need = plugin->needs;
    fprintf(out, "  needs     %s", need == NULL || *need == NULL ? " nothing" : "");
    for (; need != NULL && *need != NULL; need++) fprintf(out, " %s", *need);
    fputc('\n', out);
}

static void text_records(const struct pawl_plugin *plugin, FILE *out) {
    const struct pawl_record_type *record = plugin->records;
    fprintf(out, "  records   %s\n", record == NULL || record->name == NULL ? " none" : "");
    for (; record != NULL && record->name != NULL; record++) {
        fprintf(out, "    %s (0x%x, table %s, %s, %u bytes):", record->name, record->id,
                record->table, record->durable ? "durable" : "of the session", record->size);
        const char *comma = "";
        for (const struct pawl_field *field = record->fields; field->name != NULL; field++) {
            if (field->kind == PAWL_F_PAD) continue;
            fprintf(out, "%s %s %s", comma, field->name, field_kind(field->kind));
            comma = ",";
        }
        fputc('\n', out);
    }
}

void plugin_about_text(const struct pawl_plugin *plugin, FILE *out) {
    text_listens(plugin, out);
    text_needs(plugin, out);
    text_records(plugin, out);
    fprintf(out, "  options   %s\n", plugin->options == NULL ? " none" : "");
    options_print(plugin->options, "    ", out);
}

/* ---- JSON ---- */

static void json_options(const struct pawl_option *table, FILE *out) {
    static const char *const types[] = {
        [PAWL_OPT_BOOL] = "bool",         [PAWL_OPT_INT] = "int",   [PAWL_OPT_DECIMAL] = "decimal",
        [PAWL_OPT_DURATION] = "duration", [PAWL_OPT_ENUM] = "enum", [PAWL_OPT_TEXT] = "text"};
    char values[OPTIONS_VALUES_MAX];
    for (uint32_t i = 0; table != NULL && table[i].name != NULL && i < OPTIONS_MAX; i++) {
        fprintf(out, "%s{\"name\":\"%s\",\"type\":\"%s\",\"values\":", i > 0 ? "," : "",
                table[i].name, types[table[i].type]);
        options_values(&table[i], values, sizeof values);
        cli_json_text(values, out);
        fprintf(out, ",\"default\":");
        cli_json_text(table[i].default_, out);
        if (table[i].type == PAWL_OPT_ENUM) {
            fprintf(out, ",\"choices\":");
            cli_json_text(table[i].choices, out);
        }
        fprintf(out, ",\"doc\":");
        cli_json_text(table[i].doc, out);
        fputc('}', out);
    }
}

static void json_fields(const struct pawl_field *field, FILE *out) {
    bool first = true;
    for (; field->name != NULL; field++) {
        if (field->kind == PAWL_F_PAD) continue;
        fprintf(out, "%s{\"name\":\"%s\",\"kind\":\"%s\",\"size\":%u}", first ? "" : ",",
                field->name, field_kind(field->kind), field->size);
        first = false;
    }
}

static void json_records(const struct pawl_record_type *record, FILE *out) {
    const struct pawl_record_type *first = record;
    for (; record != NULL && record->name != NULL; record++) {
        fprintf(out, "%s{\"name\":\"%s\",\"table\":\"%s\",\"id\":%u,\"durable\":%s,\"fields\":[",
                record == first ? "" : ",", record->name, record->table, record->id,
                record->durable ? "true" : "false");
        json_fields(record->fields, out);
        fputs("]}", out);
    }
}

void plugin_about_json(const struct pawl_plugin *plugin, FILE *out) {
    fprintf(out, "\"plugin\":\"%s\",\"version\":", plugin->name);
    cli_json_text(plugin->version, out);
    fprintf(out, ",\"kind\":\"%s\",\"abi\":\"%u.%u\",\"listens\":[", plugin_kind(plugin->kind),
            plugin->abi >> 16, plugin->abi & 0xffffu);
    for (const uint16_t *type = plugin->listens; type != NULL && *type != 0; type++)
        fprintf(out, "%s\"%s\"", type == plugin->listens ? "" : ",", plugin_event(*type));
    fprintf(out, "],\"needs\":[");
    for (const char *const *need = plugin->needs; need != NULL && *need != NULL; need++)
        fprintf(out, "%s\"%s\"", need == plugin->needs ? "" : ",", *need);
    fprintf(out, "],\"records\":[");
    json_records(plugin->records, out);
    fprintf(out, "],\"options\":[");
    json_options(plugin->options, out);
    fputc(']', out);
}
