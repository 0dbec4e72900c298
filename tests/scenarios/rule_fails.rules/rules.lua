return {
  { id = "endless", on = "quote", priority = 100,
    when = function(event) while event.bid < 96 do end return false end,
    act = { ["do"] = "exit" } },
  { id = "hungry", on = "quote", priority = 50,
    when = function(event)
      local t = {}
      while event.bid < 96 do t[#t + 1] = { t } end
      return false
    end,
    act = { ["do"] = "exit" } },
  { id = "misspelt", on = "quote",
    when = function(event) return event.bid < 96 and event.aks > 0 end,
    act = { ["do"] = "exit" } },
  { id = "well", on = "lot.closed",
    when = function(event) return event.reason == "SL_HIT", "stopped out" end,
    act = { ["do"] = "alert", message = "stopped out" } },
}
