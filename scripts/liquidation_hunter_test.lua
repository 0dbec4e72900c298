local function liquidated(side, quantity, symbol)
  return { type = "liquidation", symbol = symbol or "SOLUSDT", side = side, price = 100,
    quantity = quantity }
end

test("longs of the threshold within a minute: buy", function(t)
  t.feed(liquidated("LONG", 50))
  t.not_fired()
  t.advance("59s")
  t.feed(liquidated("LONG", 30))
  t.fired("liquidation_hunter", { ["do"] = "entry", via = "tranche", side = "BUY",
    allocation = 5.5, stop = { pct = 0.05 }, target = { pct = 0.01 } }, "LONG of 8000")
end)

test("shorts need their own threshold: sell", function(t)
  t.feed(liquidated("SHORT", 499.99))
  t.not_fired()
  t.feed(liquidated("SHORT", 0.01))
  t.fired("liquidation_hunter", { side = "SELL" }, "SHORT of 50000")
end)

test("the sides are not added up", function(t)
  t.feed(liquidated("SHORT", 79))
  t.feed(liquidated("LONG", 79))
  t.not_fired()
end)

test("what is older than a minute does not count", function(t)
  t.feed(liquidated("LONG", 50))
  t.advance("60s")
  t.feed(liquidated("LONG", 30))
  t.not_fired()
end)

test("one window's rest after an entry, for each symbol", function(t)
  t.feed(liquidated("LONG", 80))
  t.fired("liquidation_hunter")
  t.feed(liquidated("LONG", 80))
  t.not_fired()
  t.feed(liquidated("LONG", 100, "ETHUSDT"))
  t.fired("liquidation_hunter", { symbol = "ETHUSDT" })
  t.advance("60s")
  t.feed(liquidated("LONG", 80))
  t.fired("liquidation_hunter", { symbol = "SOLUSDT" })
end)

test("symbols without a row are left alone", function(t)
  t.feed(liquidated("LONG", 1e6, "DOGEUSDT"))
  t.not_fired()
end)
