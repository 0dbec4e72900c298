-- liquidation_hunter.lua - enter against a wave of forced closes.
--
-- Liquidations are summed per symbol and side over 60 seconds, in quote currency. When so many
-- longs were closed by force that the sum reaches the symbol's threshold, the price has been pushed
-- down for a reason that passes: buy. Shorts the other way round. After an entry the symbol rests
-- for one window. Entries go through tranche: the next one at a loss is a part with a stop and a
-- target of its own. Symbols without a row below are left alone.
--
-- `cash` is the margin put in, times the leverage it buys. The stop lies inside the estimated
-- liquidation price of that leverage: 5 % at 10.

local args = {
  via = "tranche",
  leverage = 10, stop = 0.05, target = 0.01,
  symbols = { -- in quote currency: sum of longs, sum of shorts that trigger; margin of an entry
    ASTERUSDT    = { long =   5000, short =  25000, cash = 1 },
    AVNTUSDT     = { long =   5000, short =  25000, cash = 1 },
    BTCUSDT      = { long = 100000, short = 250000, cash = 0.55 },
    ETHUSDT      = { long =  10000, short =  50000, cash = 0.55 },
    FARTCOINUSDT = { long =   2000, short =  13000, cash = 0.5 },
    HEMIUSDT     = { long =  10000, short =  25000, cash = 0.55 },
    HYPEUSDT     = { long =   2000, short =  20000, cash = 0.5 },
    PUMPUSDT     = { long =   2000, short =  13000, cash = 1 },
    SOLUSDT      = { long =   8000, short =  50000, cash = 0.55 },
    WLFIUSDT     = { long =   5000, short =  25000, cash = 0.5 },
    XRPUSDT      = { long =  10000, short =  50000, cash = 0.55 },
  },
}

return {
  id = "liquidation_hunter",
  name = "Against a wave of liquidations",
  on = "liquidation",
  cooldown = "60s", per = "symbol",
  args = args,
  windows = { liquidated = { on = "liquidation", sum = "price * quantity", seconds = 60 } },

  when = function(event, ctx)
    local set = ctx.args.symbols[event.symbol]
    if not set then return false end
    local sum = ctx.window("liquidated") -- of this symbol and side
    local enough = event.side == "LONG" and set.long or set.short
    return sum >= enough,
      ("%s of %.0f liquidated in 60 s, enough is %.0f"):format(event.side, sum, enough)
  end,

  act = {
    ["do"] = "entry", via = args.via,
    side = function(event) return event.side == "LONG" and "BUY" or "SELL" end,
    allocation = function(event, ctx)
      return ctx.args.symbols[event.symbol].cash * ctx.args.leverage
    end,
    stop = { pct = args.stop },
    target = { pct = args.target },
  },
}
