-- emit_text.lua - what gen.lua writes that is not C: SQL, JSON and the reference pages.
-- Called with (schema, tools); returns the functions that make the text of each file.

local schema, tools = ...
local writer, NOTE, DIRS = tools.writer, tools.NOTE, tools.DIRS
local SCALED = { price = true, qty = true, money = true, ratio = true }

local function sql_type(f) return (f.kind == "OID" or f.kind == "STR") and "TEXT" or "INTEGER" end

local function unit_of(f)
  if SCALED[f.type] then return f.type .. " x 1e-8" end
  if f.type == "time" then return "ns UTC" end
  if f.enum then return "enum " .. f.enum.name end
  return f.type
end

local function emit_sql()
  local w = writer()
  w.add("-- schema.sql - the tables of durable records; %s.", NOTE)
  w.add "-- The host makes them from the same description when it opens the database.\n"
  for _, r in ipairs(schema.records) do
    if r.durable then
      w.add("-- %s%s", r.plugin and r.plugin .. ": " or "", r.doc)
      w.add('CREATE TABLE "%s" (', r.table)
      for i, f in ipairs(r.fields) do
        local rest = i == 1 and " PRIMARY KEY," or " NOT NULL,"
        w.add('  "%s" %s%s -- %s: %s', f.name, sql_type(f), rest, unit_of(f), f.doc)
      end
      w.add '  "row_check" INTEGER NOT NULL -- checksum of the row, kept by the store'
      w.add ");\n"
    end
  end
  return w.text()
end

local function quoted(text)
  local function escape(c) return ("\\u%04x"):format(c:byte()) end
  return '"' .. text:gsub('[%c"\\]', escape) .. '"'
end

local function json_fields(fields)
  local out = {}
  for _, f in ipairs(fields) do
    out[#out + 1] = ('{"name":%s,"type":%s,"offset":%d,"size":%d,"doc":%s}'):format(quoted(f.name),
      quoted(f.type), f.offset, f.size, quoted(f.doc))
  end
  return "[\n   " .. table.concat(out, ",\n   ") .. "]"
end

local function emit_json()
  local enums, events, records = {}, {}, {}
  for _, e in ipairs(schema.enums) do
    local values = {}
    for _, v in ipairs(e.values) do
      values[#values + 1] = ("%s:%d"):format(quoted(v.name), v.number)
    end
    enums[#enums + 1] = ('  {"id":%d,"name":%s,"doc":%s,"values":{%s}}'):format(
      e.id, quoted(e.name), quoted(e.doc), table.concat(values, ","))
  end
  for _, e in ipairs(schema.events) do
    local head = ('  {"id":%d,"name":%s,"type":%s,"struct":%s,"dir":%s'):format(
      e.id, quoted(e.name), quoted(e.json), quoted("pawl_ev_" .. e.struct), quoted(e.dir))
    events[#events + 1] = ('%s,"size":%d,"doc":%s,"fields":%s}'):format(
      head, e.size, quoted(e.doc), json_fields(e.fields))
  end
  for _, r in ipairs(schema.records) do
    local head = ('  {"id":%d,"name":%s,"table":%s,"owner":%s,"class":%s'):format(
      r.id, quoted(r.name), quoted(r.table), quoted(r.plugin or "host"),
      quoted(r.class))
    records[#records + 1] = ('%s,"size":%d,"doc":%s,"fields":%s}'):format(
      head, r.size, quoted(r.doc), json_fields(r.fields))
  end
  local function list(name, items)
    return (' "%s":[\n%s]'):format(name, table.concat(items, ",\n"))
  end
  return ('{"note":%s,\n%s,\n%s,\n%s}\n'):format(quoted(NOTE), list("enums", enums),
    list("events", events), list("records", records))
end

-- page: where the enums are described; "" = on this page
local function write_field_rows(w, fields, page, key_of)
  w.add "| field | type | meaning |\n|---|---|---|"
  for _, f in ipairs(fields) do
    local kind = f.enum and ("[%s](%s#%s)"):format(f.type, page, f.type) or f.type
    w.add("| `%s` | %s | %s |", key_of(f), kind, (f.doc:gsub("|", "\\|")))
  end
  w.add ""
end

local function emit_event_page()
  local w = writer()
  w.add("<!-- %s -->\n# Events\n", NOTE)
  w.add [[
Names are those of JSON and of the trace; C names are `PAWL_EV_…` and `struct pawl_ev_…` in
`pawl_schema.gen.h`. Every event has `seq`, `t`, `type` and `cause`. `price`, `qty`, `money` and
`ratio` are exact to 1e-8 and decimal strings in JSON, times RFC 3339 UTC. Empty text, zero times,
ids and enums are left out. Requests from outside are written with `order`, `stop` and `target`
as objects; see [events in](input.md).
]]
  for _, d in ipairs(DIRS) do
    w.add("## %s\n\n%s\n", d[2], d[3])
    for _, e in ipairs(schema.events) do
      if e.dir == d[1] then
        w.add("### %s\n\n`0x%04x` %s\n", e.json, e.id, e.doc)
        write_field_rows(w, e.fields, "", function(f)
          return f.name == "instrument" and "symbol" or f.name
        end)
      end
    end
  end
  w.add "## Enums\n"
  for _, e in ipairs(schema.enums) do
    local values = {}
    for _, v in ipairs(e.values) do values[#values + 1] = ("`%s` %d"):format(v.name, v.number) end
    w.add("### %s\n\n%s %s\n", e.name, e.doc, table.concat(values, ", "))
  end
  return (w.text():gsub("\n+$", "\n"))
end

local function emit_record_page()
  local w = writer()
  w.add("<!-- %s -->\n# Records\n", NOTE)
  w.add [[
The first field is the key. *durable* rows are stored in the table named; *session* rows live over
a reload, not a restart. Scaled numbers are integers at 1e-8, times nanoseconds UTC; the tables are
in [schema.sql](schema.sql).
]]
  for _, r in ipairs(schema.records) do
    w.add("## %s\n\n%s\n", r.name, r.doc)
    w.add("%d, %s, table `%s`, of %s.\n", r.id, r.class, r.table,
          r.plugin and "plugin " .. r.plugin or "the host")
    write_field_rows(w, r.fields, "events.md", function(f) return f.name end)
  end
  return (w.text():gsub("\n+$", "\n"))
end

return { sql = emit_sql, json = emit_json, event_page = emit_event_page,
         record_page = emit_record_page }
