-- session_end.lua - be flat before the exchange closes.
--
-- Every minute, for each instrument: if its session (its calendar, its time zone, its half days)
-- ends within `before` seconds and something is open, all of it is closed. An instrument without a
-- session never closes, and is left alone.

return {
  id = "session_end",
  name = "Flat before the close",
  on = "timer", every = "1m", symbols = "*",
  priority = 200,
  args = { before = 120 },

  when = function(event, ctx)
    local session = ctx.session(event.symbol)
    if not session.open or not session.closes_in then return false end
    if session.closes_in > ctx.args.before then return false end
    return ctx.position(event.symbol).lots > 0,
      ("the session closes in %d s"):format(session.closes_in)
  end,

  act = { ["do"] = "exit", reason = "EOD" },
}
