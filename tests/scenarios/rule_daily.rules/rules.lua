return {
  id = "scalp", on = "signal", max_per_day = 2,
  when = function(event) return event.signal == "NEUTRAL" end,
  act = { ["do"] = "entry", via = "linked", side = "BUY", quantity = 1, stop = { price = 95 } },
}
