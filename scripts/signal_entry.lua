-- signal_entry.lua - enter on a confident prediction: the two rules of the first system.
--
-- BUY enters long, SHORT enters short, each only when the confidence is above 0.8, strictly;
-- 100 units, stop 3 %, target 8 %. The component `linked` keeps one trade a symbol: the same side
-- again is ignored (and moves no cooldown), the other side reverses.

local args = { above = 0.8 }

local function confident(signal)
  return function(event, ctx)
    if event.signal ~= signal then return false end
    return event.confidence > ctx.args.above,
      ("%s with confidence %g, above %g"):format(signal, event.confidence, ctx.args.above)
  end
end

local function entry(side)
  return {
    ["do"] = "entry", via = "linked", side = side, quantity = 100,
    stop = { pct = 0.03 }, target = { pct = 0.08 },
  }
end

return {
  {
    id = "signal_buy", name = "Buy on a confident BUY", on = "signal", args = args,
    priority = 90, cooldown = "3m", per = "symbol",
    when = confident("BUY"),
    act = entry("BUY"),
  },
  {
    id = "signal_short", name = "Sell short on a confident SHORT", on = "signal", args = args,
    priority = 90, cooldown = "3m", per = "symbol",
    when = confident("SHORT"),
    act = entry("SELL"),
  },
}
