return {
  id = "buy", on = "signal", cooldown = "1h", max_per_day = 2,
  when = function(event) return event.signal == "NEUTRAL" end,
  act = { ["do"] = "entry", via = "linked", side = "BUY", quantity = 2, stop = { price = 95 } },
}
