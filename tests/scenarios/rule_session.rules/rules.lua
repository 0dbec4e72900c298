return {
  { id = "hours", on = "timer", every = "1m", symbols = { "BELL" },
    when = function(event, ctx)
      local session = ctx.session(event.symbol)
      return session.open, ("closes in %.0f"):format(session.closes_in)
    end,
    act = { ["do"] = "alert", severity = "info", what = "hours", message = "open" } },
}
