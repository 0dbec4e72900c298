local function bar(close)
  return { type = "bar", symbol = "ACME", seconds = 60, open = close, high = close, low = close,
    close = close, volume = 1 }
end

local function known(t, atr, average)
  t.atr("ACME", 14, 60, atr)
  t.sma("ACME", 50, 60, average)
end

test("a close far above the average enters long, stop 6 and target 4 ATR away", function(t)
  known(t, 0.05, 30)
  t.feed(bar(30.08))
  t.fired("atr_entry", { side = "BUY", quantity = 1, stop = { price = 29.78 },
    target = { price = 30.28 } }, "1.60 ATR")
end)

test("a close far below it enters short", function(t)
  known(t, 0.05, 30)
  t.feed(bar(29.9))
  t.fired("atr_entry", { side = "SELL", stop = { price = 30.2 }, target = { price = 29.7 } })
end)

test("a close nearby does nothing", function(t)
  known(t, 0.05, 30)
  t.feed(bar(30.07))
  t.not_fired()
end)

test("nothing before there are bars enough", function(t)
  t.feed(bar(40))
  t.not_fired()
end)

test("nothing while something is open", function(t)
  known(t, 0.05, 30)
  t.position("ACME", { side = "LONG", quantity = 1, entry = 29 })
  t.feed(bar(40))
  t.not_fired()
end)

test("four times a day, half an hour apart", function(t)
  known(t, 0.05, 30)
  for _ = 1, 4 do
    t.feed(bar(31))
    t.fired("atr_entry")
    t.feed(bar(31))
    t.not_fired()
    t.advance("30m")
  end
  t.feed(bar(31))
  t.not_fired()
  t.at("2026-01-06T00:00:00Z")
  t.feed(bar(31))
  t.fired("atr_entry")
end)
