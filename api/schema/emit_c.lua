-- emit_c.lua - the C files of gen.lua: structs, enums and the tables that describe them.
-- Called with (schema, tools); returns the functions that make the text of each file.

local schema, tools = ...
local writer, NOTE, DIRS = tools.writer, tools.NOTE, tools.DIRS

local function commented(w, code, doc)
  local line = ("%s /* %s */"):format(code, doc)
  if #line <= 100 then return w.add("%s", line) end
  w.add("    /* %s */", doc)
  w.add("%s", code)
end

local function write_members(w, members)
  for _, m in ipairs(members) do
    local array = m.array and "[" .. m.array .. "]" or ""
    commented(w, ("    %s %s%s;"):format(m.c, m.c_name, array), m.doc)
  end
end

local function write_struct(w, name, members, size, head, doc)
  w.add("/* %s */", doc)
  w.add("struct %s {", name)
  if head then w.add "    struct pawl_event head;" end
  write_members(w, members)
  w.add "};"
  w.add('PAWL_STATIC_ASSERT(sizeof(struct %s) == %d, "layout of %s");\n', name, size, name)
end

local function write_field_table(w, symbol, struct, fields)
  w.add("static const struct pawl_field %s[] = {", symbol)
  for _, f in ipairs(fields) do
    w.add('    {"%s", PAWL_F_%s, %s, offsetof(struct %s, %s), %d,\n     "%s"},', f.name, f.kind,
          f.enum and "PAWL_ENUM_" .. f.enum.name:upper() or "0", struct, f.c_name, f.size, f.doc)
  end
  w.add "    {0, 0, 0, 0, 0, 0},\n};"
end

local function emit_header()
  local w = writer()
  w.add("/* pawl_schema.gen.h - enums, events and records; %s. */", NOTE)
  w.add '#ifndef PAWL_SCHEMA_GEN_H\n#define PAWL_SCHEMA_GEN_H\n\n#include "pawl_event.h"\n'
  for _, e in ipairs(schema.enums) do
    w.add("/* %s */\nenum pawl_%s {", e.doc, e.name)
    for _, v in ipairs(e.values) do
      w.add("    PAWL_%s_%s = %d,", e.name:upper(), v.name:upper(), v.number)
    end
    w.add "};\n"
  end
  w.add "/* Which enum a field of kind PAWL_F_ENUM holds. */\nenum pawl_enum_id {"
  for _, e in ipairs(schema.enums) do w.add("    PAWL_ENUM_%s = %d,", e.name:upper(), e.id) end
  w.add "};\n\nenum pawl_event_type {"
  for _, e in ipairs(schema.events) do
    commented(w, ("    PAWL_EV_%s = 0x%04x,"):format(e.name:upper(), e.id), e.doc)
  end
  w.add "};\n"
  for _, e in ipairs(schema.events) do
    if not e.shares then
      local doc = e.doc
      if e.struct ~= e.name then doc = ("Shared by the %s events that say so."):format(e.struct) end
      write_struct(w, "pawl_ev_" .. e.struct, e.members, e.size, true, doc)
    end
  end
  w.add "enum pawl_record_id {"
  for _, r in ipairs(schema.records) do
    local line = ("    PAWL_REC_%s = %d,"):format(r.name:upper(), r.id)
    if not r.plugin then commented(w, line, r.doc) end
  end
  w.add "};\n"
  for _, r in ipairs(schema.records) do
    if not r.plugin then write_struct(w, "pawl_rec_" .. r.name, r.members, r.size, false, r.doc) end
  end
  w.add "#endif"
  return w.text()
end

local function write_record_table(w, declaration, records, prefix)
  w.add("%s = {", declaration)
  for _, r in ipairs(records) do
    w.add('    {"%s", "%s", %d, %d, sizeof(struct %s_rec_%s), %s_fields_%s},', r.name, r.table,
          r.id, ({ session = 0, durable = 1, history = 2 })[r.class], prefix, r.name, prefix,
          r.name)
  end
  w.add "    {0, 0, 0, 0, 0, 0},\n};"
end

local function emit_plugin_header(plugin)
  local w, name = writer(), plugin.name
  local upper = name:upper()
  w.add("/* %s_schema.gen.h - the records of plugins/%s; %s. */", name, name, NOTE)
  w.add("#ifndef %s_SCHEMA_GEN_H\n#define %s_SCHEMA_GEN_H\n", upper, upper)
  w.add '#include "pawl_plugin.h"\n#include "pawl_schema.gen.h"\n'
  w.add("enum %s_record_id {", name)
  for _, r in ipairs(plugin.records) do
    commented(w, ("    %s_REC_%s = 0x%x,"):format(upper, r.name:upper(), r.id), r.doc)
  end
  w.add "};\n"
  for _, r in ipairs(plugin.records) do
    local struct = name .. "_rec_" .. r.name
    write_struct(w, struct, r.members, r.size, false, r.doc)
    write_field_table(w, name .. "_fields_" .. r.name, struct, r.fields)
    w.add ""
  end
  w.add "/* For the descriptor's `records`; ends with a zero entry. */"
  local table_of = ("PAWL_UNUSED static const struct pawl_record_type %s_records[]"):format(name)
  write_record_table(w, table_of, plugin.records, name)
  w.add "\n#endif"
  return w.text()
end

local function emit_reflection_header()
  local w = writer()
  w.add("/* schema.gen.h - the schema as tables; %s.", NOTE)
  w.add " * Constant; lookups are in reflect.h. */"
  w.add '#ifndef EVENTS_SCHEMA_GEN_H\n#define EVENTS_SCHEMA_GEN_H\n'
  w.add '#include "pawl_plugin.h"\n#include "pawl_schema.gen.h"\n'
  w.add [[
struct schema_value {
    const char *name;
    uint8_t value;
};
struct schema_enum { /* position = enum pawl_enum_id - 1 */
    const char *name;
    const char *doc;
    const struct schema_value *values;
    uint16_t id;
    uint16_t count;
};]]
  w.add "enum schema_dir {"
  for i, d in ipairs(DIRS) do w.add("    SCHEMA_%s = %d, /* %s */", d[1]:upper(), i, d[3]) end
  w.add "};"
  w.add [[
struct schema_event { /* ordered by id */
    uint16_t id;
    uint16_t dir;     /* enum schema_dir */
    uint32_t size;    /* of the struct, without a tail */
    const char *name; /* in JSON: "lot.opened" */
    const char *doc;
    const struct pawl_field *fields; /* ends with name NULL */
};
]]
  local host = 0
  for _, r in ipairs(schema.records) do if not r.plugin then host = host + 1 end end
  w.add("#define SCHEMA_ENUM_COUNT %du", #schema.enums)
  w.add("#define SCHEMA_EVENT_COUNT %du", #schema.events)
  w.add("#define SCHEMA_RECORD_COUNT %du\n", host)
  w.add "extern const struct schema_enum schema_enums[SCHEMA_ENUM_COUNT];"
  w.add "extern const struct schema_event schema_events[SCHEMA_EVENT_COUNT];"
  w.add "/* The host's records, ordered by id; one zero entry more. */"
  w.add "extern const struct pawl_record_type schema_records[SCHEMA_RECORD_COUNT + 1];\n\n#endif"
  return w.text()
end

local function emit_reflection()
  local w = writer()
  w.add("/* schema.gen.c - the schema as tables; %s. */", NOTE)
  w.add '#include "events/schema.gen.h"\n'
  for _, e in ipairs(schema.enums) do
    w.add("static const struct schema_value values_%s[] = {", e.name)
    for _, v in ipairs(e.values) do w.add('    {"%s", %d},', v.name, v.number) end
    w.add "};"
  end
  w.add "\nconst struct schema_enum schema_enums[SCHEMA_ENUM_COUNT] = {"
  for _, e in ipairs(schema.enums) do
    w.add('    {"%s", "%s", values_%s, %d, %d},', e.name, e.doc, e.name, e.id, #e.values)
  end
  w.add "};\n"
  for _, e in ipairs(schema.events) do
    local symbol, struct = "fields_ev_" .. e.struct, "pawl_ev_" .. e.struct
    if not e.shares then write_field_table(w, symbol, struct, e.fields) end
  end
  w.add "\nconst struct schema_event schema_events[SCHEMA_EVENT_COUNT] = {"
  for _, e in ipairs(schema.events) do
    w.add('    {0x%04x, SCHEMA_%s, sizeof(struct pawl_ev_%s), "%s",', e.id, e.dir:upper(), e.struct,
          e.json)
    w.add('     "%s", fields_ev_%s},', e.doc, e.struct)
  end
  w.add "};\n"
  local host = {}
  for _, r in ipairs(schema.records) do
    if not r.plugin then
      host[#host + 1] = r
      write_field_table(w, "pawl_fields_" .. r.name, "pawl_rec_" .. r.name, r.fields)
    end
  end
  w.add ""
  local table_of = "const struct pawl_record_type schema_records[SCHEMA_RECORD_COUNT + 1]"
  write_record_table(w, table_of, host, "pawl")
  return w.text()
end

-- What copies the named members whose `rare` is so from one struct to another.
local function write_copies(w, fields, rare, to, from)
  for _, f in ipairs(fields) do
    if (f.rare or false) == rare then
      local a, b = to .. f.c_name, from .. f.c_name
      w.add(f.array and "    memcpy(%s, %s, sizeof %s);" or "    %s = %s;", a, b, a)
    end
  end
end

-- A record that has rare fields in two parts, and how it comes together and apart.
local function emit_rare_header()
  local w = writer()
  w.add("/* rare.gen.h - records in two parts: what all have, what is empty in most; %s. */", NOTE)
  w.add '#ifndef EVENTS_RARE_GEN_H\n#define EVENTS_RARE_GEN_H\n'
  w.add '#include <string.h>\n\n#include "pawl_schema.gen.h"\n'
  for _, r in ipairs(schema.records) do
    local parts, any = { [false] = {}, [true] = {} }, false
    for _, f in ipairs(r.fields) do
      table.insert(parts[f.rare or false], f)
      any = any or f.rare
    end
    if any then
      for _, part in ipairs { { "common", false }, { "rare", true } } do
        w.add("struct pawl_%s_%s {", part[1], r.name)
        write_members(w, parts[part[2]])
        w.add "};"
      end
      w.add("static inline void pawl_join_%s(const struct pawl_common_%s *common,", r.name, r.name)
      w.add("    const struct pawl_rare_%s *rare, struct pawl_rec_%s *ret) {", r.name, r.name)
      w.add "    memset(ret, 0, sizeof *ret);"
      write_copies(w, r.fields, false, "ret->", "common->")
      write_copies(w, r.fields, true, "ret->", "rare->")
      w.add "}"
      w.add("static inline void pawl_part_%s(const struct pawl_rec_%s *from,", r.name, r.name)
      w.add("    struct pawl_common_%s *ret_common,", r.name)
      w.add("    struct pawl_rare_%s *ret_rare) {", r.name)
      write_copies(w, r.fields, false, "ret_common->", "from->")
      write_copies(w, r.fields, true, "ret_rare->", "from->")
      w.add "}\n"
    end
  end
  w.add "#endif"
  return w.text()
end

return { header = emit_header, rare_header = emit_rare_header, plugin_header = emit_plugin_header,
         reflection_header = emit_reflection_header, reflection = emit_reflection }
