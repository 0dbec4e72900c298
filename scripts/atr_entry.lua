-- atr_entry.lua - enter with a bar that closes far from the average, measured in ATR.
--
-- Long above, short below. Stop and target are prices, 6 and 4 ATR from the close. Nothing happens
-- before there are bars enough, or while something is open in the symbol.

local args = {
  via = "linked", quantity = 1,
  seconds = 60, bars = 14, average = 50, -- the bars that are looked at
  beyond = 1.5, stop = 6, target = 4,    -- in ATR
}

-- How many ATR the close is above the average; nil = not known yet.
local function distance(event, ctx)
  local atr = ctx.atr(event.symbol, ctx.args.bars, ctx.args.seconds)
  local average = ctx.sma(event.symbol, ctx.args.average, ctx.args.seconds)
  if not atr or not average or atr == 0 then return nil end
  return (event.close - average) / atr, atr
end

-- A price so many ATR towards profit (or, below 0, towards loss).
local function level(times)
  return function(event, ctx)
    local away, atr = distance(event, ctx)
    return event.close + (away > 0 and times or -times) * atr
  end
end

return {
  id = "atr_entry",
  name = "Break away from the average",
  on = "bar",
  cooldown = "30m", max_per_day = 4, per = "symbol",
  args = args,

  when = function(event, ctx)
    if event.seconds ~= ctx.args.seconds or ctx.position().side then return false end
    local away = distance(event, ctx)
    if not away then return false end
    return math.abs(away) > ctx.args.beyond, ("%.2f ATR from the average"):format(away)
  end,

  act = {
    ["do"] = "entry", via = args.via, quantity = args.quantity,
    side = function(event, ctx) return distance(event, ctx) > 0 and "BUY" or "SELL" end,
    stop = { price = level(-args.stop) },
    target = { price = level(args.target) },
  },
}
