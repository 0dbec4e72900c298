local quote = { type = "quote", symbol = "SPY", bid = 510, ask = 510.02 }

local function lot(profit_pct, quantity)
  return { side = "LONG", quantity = quantity or 100, entry = 500, profit_pct = profit_pct }
end

test("at 2 % the lot grows by 100", function(t)
  t.lot("SPY", lot(0.02))
  t.feed(quote)
  t.fired("scale_in", { ["do"] = "scale_in", lot = 1, quantity = 100 }, "lot 1 has earned 2.00 %")
end)

test("below 2 % nothing happens", function(t)
  t.lot("SPY", lot(0.0199))
  t.feed(quote)
  t.not_fired()
end)

test("a lot that has grown is left alone", function(t)
  t.lot("SPY", lot(0.05, 200))
  t.feed(quote)
  t.not_fired()
end)

test("of several lots the one that has earned it", function(t)
  t.lot("SPY", lot(0.01))
  t.lot("SPY", lot(0.03))
  t.feed(quote)
  t.fired("scale_in", { lot = 2 })
end)
