local function signal(what, confidence)
  return { type = "signal", symbol = "SPY", signal = what, confidence = confidence }
end

test("a confident BUY enters 100 long, stop 3 %, target 8 %", function(t)
  t.feed(signal("BUY", 0.81))
  t.fired("signal_buy", { ["do"] = "entry", via = "linked", symbol = "SPY", side = "BUY",
    quantity = 100, stop = { pct = 0.03 }, target = { pct = 0.08 } }, "0.81")
  t.not_fired("signal_short")
end)

test("a confident SHORT enters short", function(t)
  t.feed(signal("SHORT", 0.9))
  t.fired("signal_short", { side = "SELL", quantity = 100 })
  t.not_fired("signal_buy")
end)

test("0.8 is not above 0.8, and the next number is", function(t)
  t.feed(signal("BUY", 0.8))
  t.not_fired()
  t.feed(signal("BUY", 0.80000001))
  t.fired("signal_buy")
end)

test("SELL and NEUTRAL are nobody's", function(t)
  t.feed(signal("SELL", 0.99))
  t.not_fired()
  t.feed(signal("NEUTRAL", 0.99))
  t.not_fired()
end)

test("three minutes pass between two entries of a symbol", function(t)
  t.feed(signal("BUY", 0.9))
  t.fired("signal_buy")
  t.advance("179s")
  t.feed(signal("BUY", 0.9))
  t.not_fired()
  t.feed { type = "signal", symbol = "QQQ", signal = "BUY", confidence = 0.9 }
  t.fired("signal_buy", { symbol = "QQQ" })
  t.advance("1s")
  t.feed(signal("BUY", 0.9))
  t.fired("signal_buy")
end)

test("an entry that is ignored starts no cooldown", function(t)
  t.ignore(true)
  t.feed(signal("BUY", 0.9))
  t.fired("signal_buy")
  t.ignore(false)
  t.feed(signal("BUY", 0.9))
  t.fired("signal_buy")
end)
