local function rule(id, priority, via, quantity)
  return {
    id = id, on = "signal", priority = priority,
    when = function() return true end,
    act = { ["do"] = "entry", via = via, side = "BUY", quantity = quantity,
            stop = { price = 95 } },
  }
end

return {
  rule("last", -1, "linked", 5), rule("first", 10, "linked", 2), rule("second", 10, "linked", 3),
}
