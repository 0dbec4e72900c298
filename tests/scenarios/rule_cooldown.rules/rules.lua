return {
  id = "buy", on = "signal", cooldown = "3m",
  when = function(event)
    return event.signal == "NEUTRAL" and event.confidence > 0.8, "confident"
  end,
  act = { ["do"] = "entry", via = "linked", side = "BUY", quantity = 2,
          stop = { price = 95 }, target = { price = 110 } },
}
