-- emit_lua.lua - the editor stubs for rules: what events, ctx and a rule are, for LuaLS.
-- Called with (schema, tools); returns the function that makes the text.

local schema, tools = ...
local writer, NOTE = tools.writer, tools.NOTE

local NUMBERS = { price = true, qty = true, money = true, ratio = true }
local WHOLE = { u8 = true, u16 = true, u32 = true, u64 = true, i32 = true, i64 = true }

local function lua_type(f)
  if NUMBERS[f.type] then return "number" end
  if WHOLE[f.type] then return "integer" end
  if f.enum then return "pawl.enum." .. f.enum.name .. "?" end
  if f.type == "time" then return "number?" end
  if f.type == "json" then return "table?" end
  if f.type == "instrument" or f.type == "account" or f.type == "component" then
    return "string?"
  end
  return "string"
end

local REST = [[

---What is open in a symbol, all lots together; flat: side is nil, numbers are 0.
---@class pawl.position
---@field side pawl.enum.position_side?
---@field quantity number
---@field entry number? Average.
---@field profit number Open, gross, account currency.
---@field profit_pct number 0.02 = 2 % of the entry.
---@field r number Profit in multiples of the initial risk.
---@field duration number Seconds since the first fill of the oldest lot.
---@field lots integer

---@class pawl.lot
---@field id integer
---@field side pawl.enum.position_side
---@field quantity number
---@field entry number
---@field stop number?
---@field profit number
---@field profit_pct number
---@field r number
---@field duration number?
---@field ref string
---@field owner string

---The last good prices; nil = none yet.
---@class pawl.price
---@field bid number?
---@field ask number?
---@field last number?
---@field mark number?
---@field age number? Seconds since bid and ask.

---Trading hours; without a calendar always open.
---@class pawl.session
---@field open boolean
---@field opened_at number?
---@field closes_at number?
---@field opens_at number?
---@field closes_in number? Seconds.
---@field opens_in number?

---What a condition may ask. A symbol that is left out is the event's.
---@class pawl.ctx
---@field args table The rule's args.
---@field now number Seconds since 1970, UTC.
---@field position fun(symbol?: string, side?: pawl.enum.position_side): pawl.position
---@field lots fun(symbol?: string): pawl.lot[]
---@field price fun(symbol?: string): pawl.price
---@field atr fun(symbol: string?, bars: integer, seconds: integer): number?
---@field sma fun(symbol: string?, bars: integer, seconds: integer): number?
---@field ema fun(symbol: string?, bars: integer, seconds: integer): number?
---@field rsi fun(symbol: string?, bars: integer, seconds: integer): number?
---@field volatility fun(symbol: string?, bars: integer, seconds: integer): number?
---@field window fun(name: string, symbol?: string, side?: string): number
---@field session fun(symbol?: string): pawl.session
---@field hour fun(zone?: string): integer
---@field minute fun(zone?: string): integer
---@field weekday fun(zone?: string): integer 1 = Monday.
---@field date fun(zone?: string): string "2026-01-05"
---@field between fun(from: string, to: string, zone?: string): boolean

---@class pawl.window
---@field on "trade"|"liquidation"
---@field sum "quantity"|"price * quantity"|"count"
---@field seconds integer

---One rule; a file returns one or a list.
---@class pawl.rule
---@field id string Letters, digits, _ . -
---@field name? string
---@field doc? string
---@field on string Type of the event, or "timer".
---@field symbols? string|string[] Only these; "*" on a timer: once for each instrument.
---@field priority? integer Higher is asked first.
---@field cooldown? string "3m" between two actions that were taken.
---@field max_per_day? integer Actions taken in a trading day.
---@field per? "rule"|"symbol" What cooldown and max_per_day count for.
---@field enabled? boolean
---@field args? table
---@field every? string "5m", of a timer rule.
---@field at? string "15:59", of a timer rule.
---@field zone? string "America/New_York", of `at` and the helpers of time.
---@field windows? table<string, pawl.window>
---@field bars? table<integer, integer> [seconds] = how many are kept.
---@field when fun(event: table, ctx: pawl.ctx): boolean?, string?
---@field act table An action, or a list of them.

---What a test can do.
---@class pawl.t
---@field feed fun(event: table)
---@field at fun(time: string)
---@field advance fun(duration: string)
---@field price fun(symbol: string, price: table)
---@field position fun(symbol: string, position: table?)
---@field lot fun(symbol: string, lot: table)
---@field session fun(symbol: string, session: table)
---@field atr fun(symbol: string, bars: integer, seconds: integer, value: number)
---@field sma fun(symbol: string, bars: integer, seconds: integer, value: number)
---@field ema fun(symbol: string, bars: integer, seconds: integer, value: number)
---@field rsi fun(symbol: string, bars: integer, seconds: integer, value: number)
---@field volatility fun(symbol: string, bars: integer, seconds: integer, value: number)
---@field ignore fun(on: boolean)
---@field fired fun(id: string, action?: table, reason?: string)
---@field not_fired fun(id?: string)
---@field failed fun(id: string, part?: string)

---@param name string
---@param body fun(t: pawl.t)
function test(name, body) end
]]

local function emit_stubs()
  local w = writer()
  w.add("---@meta pawl")
  w.add("-- %s.", NOTE)
  w.add("-- For the editor only: annotate a condition with `---@param event pawl.event.signal`.\n")
  for _, e in ipairs(schema.enums) do
    local values = {}
    for _, v in ipairs(e.values) do values[#values + 1] = ('"%s"'):format(v.name) end
    w.add("---%s", e.doc)
    w.add("---@alias pawl.enum.%s %s\n", e.name, table.concat(values, "|"))
  end
  for _, e in ipairs(schema.events) do
    if e.dir == "in" or e.dir == "state" or e.name == "timer" then
      w.add("---%s", e.doc)
      w.add("---@class pawl.event.%s", e.name)
      w.add('---@field type "%s"', e.json)
      w.add("---@field t number Seconds since 1970, UTC.")
      if e.name == "timer" then w.add("---@field symbol string? Of a rule with symbols.") end
      for _, f in ipairs(e.fields) do
        w.add("---@field %s %s %s", f.name == "instrument" and "symbol" or f.name, lua_type(f),
              f.doc)
      end
      w.add ""
    end
  end
  return w.text():gsub("\n+$", "\n") .. REST
end

return { stubs = emit_stubs }
