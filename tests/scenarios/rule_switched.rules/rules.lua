return {
  id = "buy", on = "signal", max_per_day = 1,
  when = function(event) return event.signal == "NEUTRAL" end,
  act = { ["do"] = "entry", via = "linked", side = "BUY", quantity = 1, stop = { price = 95 } },
}
