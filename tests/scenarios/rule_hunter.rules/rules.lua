return {
  id = "hunter", on = "liquidation", cooldown = "60s", per = "symbol",
  args = { via = "tranche", long = 5000, short = 9000 },
  windows = { liquidated = { on = "liquidation", sum = "price * quantity", seconds = 60 } },
  when = function(event, ctx)
    local sum = ctx.window("liquidated")
    return sum >= (event.side == "LONG" and ctx.args.long or ctx.args.short),
      ("%s %.0f"):format(event.side, sum)
  end,
  act = {
    ["do"] = "entry", via = "tranche", allocation = 1000,
    side = function(event) return event.side == "LONG" and "BUY" or "SELL" end,
    stop = { pct = 0.05 }, target = { pct = 0.01 },
  },
}
