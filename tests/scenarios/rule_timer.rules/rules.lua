return {
  { id = "tighten", on = "timer", every = "1m", symbols = "*",
    when = function(event, ctx)
      for _, lot in ipairs(ctx.lots(event.symbol)) do
        if lot.profit_pct >= 0.03 and lot.stop < lot.entry then return true, "at break even" end
      end
      return false
    end,
    act = { ["do"] = "stop", ref = "A", price = 100 } },
  { id = "late", on = "timer", every = "5m", symbols = { "ACME" }, priority = 10,
    when = function(event, ctx)
      local position = ctx.position(event.symbol)
      return position.side == "LONG" and position.duration > 300,
        ("held for %.0f s"):format(position.duration)
    end,
    act = { ["do"] = "exit", reason = "TIMEOUT" } },
}
