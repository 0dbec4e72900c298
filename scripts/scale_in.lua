-- scale_in.lua - add to a trade that has earned enough, once.
--
-- At a profit of 2 % of its average entry a lot grows by `quantity`. Only lots of the first size
-- grow: one that has grown is larger than `first`.

local function winner(event, ctx)
  for _, lot in ipairs(ctx.lots(event.symbol)) do
    if lot.profit_pct >= ctx.args.trigger and lot.quantity <= ctx.args.first then return lot end
  end
end

return {
  id = "scale_in",
  name = "Add to a winner",
  on = "quote",
  cooldown = "1m", per = "symbol",
  args = { trigger = 0.02, quantity = 100, first = 100 },

  when = function(event, ctx)
    local lot = winner(event, ctx)
    if not lot then return false end
    return true, ("lot %d has earned %.2f %%"):format(lot.id, 100 * lot.profit_pct)
  end,

  act = {
    ["do"] = "scale_in",
    lot = function(event, ctx) return winner(event, ctx).id end,
    quantity = function(_, ctx) return ctx.args.quantity end,
  },
}
