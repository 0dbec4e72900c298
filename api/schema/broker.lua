-- broker.lua - events between the host and a broker: commands to it, reports from it.

-- 0x03 commands to a broker --------------------------------------------------------------------

event "submit" { id = 0x0301, dir = "command",
  doc = "Place an order. The client id goes on the wire once.",
  { "order", "oid", "Our client id." },
  { "account", "account", "Account." }, { "instrument", "instrument", "Instrument." },
  { "side", "side", "BUY or SELL." }, { "role", "role", "What it is for." },
  { "kind", "kind", "Market, limit, stop ..." }, { "tif", "tif", "Time in force." },
  { "trigger", "trigger_source", "Price that fires a stop." },
  { "reduce", "u8", "1 = may only reduce: bound as the broker declared." },
  { "position_side", "position_side", "Side of the position it opens or reduces." },
  { "quantity", "qty", "Quantity." },
  { "price", "price", "Limit price; 0 = none." },
  { "stop_price", "price", "Trigger price; 0 = none." },
  { "group", "u64", "Exits of one lot share it (exit_bound oca); 0 = none." },
  { "expires", "time", "When the venue may drop it; 0 = never." },
  { "ticket", "str32", "The venue's position it reduces (exit_bound ticket)." },
  { "attached_stop", "price", "Stop that comes to life with the first fill; 0 = none." },
  { "attached_stop_order", "oid", "Client id of that stop." },
  { "trail_distance", "price", "kind trailing: from the best price; 0 = by trail_fraction." },
  { "trail_fraction", "ratio", "kind trailing: of the best price; 0 = by trail_distance." },
  { "trail_activation", "price", "Price from which it trails; 0 = at once." } }
event "amend" { id = 0x0302, dir = "command", doc = "Change a working order in place.",
  { "order", "oid", "Our client id." },
  { "account", "account", "Account." }, { "instrument", "instrument", "Instrument." },
  { "quantity", "qty", "New total quantity." },
  { "price", "price", "New limit price; 0 = none." },
  { "stop_price", "price", "New trigger price; 0 = none." },
  { "venue_order", "str32", "The venue's id of the order." } }
event "cancel" { id = 0x0303, dir = "command", doc = "Take a working order back.",
  { "order", "oid", "Our client id." },
  { "account", "account", "Account." }, { "instrument", "instrument", "Instrument." },
  { "venue_order", "str32", "The venue's id of the order." } }
event "query" { id = 0x0304, dir = "command",
  doc = "Ask the venue what it knows; answered by status, execution and position, then query_done.",
  { "order", "oid", "For what = order: our client id." },
  { "account", "account", "Account." },
  { "instrument", "instrument", "Only this instrument; 0 = all." },
  { "what", "query_what", "order, orders, executions or positions." },
  { "since", "time", "For executions: not older than this." },
  { "venue_order", "str32", "The venue's id, where it is known." } }

-- 0x04 reports from a broker -------------------------------------------------------------------

event "accepted" { id = 0x0401, dir = "report", doc = "The venue has the order.",
  { "order", "oid", "Our client id." }, { "venue_order", "str32", "The venue's id." },
  { "ticket", "str32", "The position it belongs to, on ticket venues." } }
event "refused" { id = 0x0402, dir = "report",
  doc = "A request was refused, or its outcome is unknown (class unknown).",
  { "order", "oid", "Our client id." }, { "op", "order_op", "submit, amend or cancel." },
  { "class", "error_class", "What it means for the next attempt." },
  { "code", "i32", "The venue's code." }, { "message", "str128", "The venue's words." } }
event "ended" { id = 0x0403, dir = "report",
  doc = "The order no longer works: cancelled or expired.",
  { "order", "oid", "Our client id." },
  { "state", "order_state", "cancelled or expired." },
  { "filled", "qty", "Total filled before it ended, by the venue's count." },
  { "reason", "str32", "Why, where the venue says." } }
event "amended" { id = 0x0404, dir = "report",
  doc = "The order's terms are now these (asked for, or the venue's own doing).",
  { "order", "oid", "Our client id." },
  { "quantity", "qty", "Total quantity." }, { "price", "price", "Limit price." },
  { "stop_price", "price", "Trigger price." } }
event "execution" { id = 0x0405, dir = "report",
  doc = "Part or all of an order traded. May come late or twice.",
  { "order", "oid", "Our client id; empty = not our order." },
  { "account", "account", "Account." }, { "instrument", "instrument", "Instrument." },
  { "side", "side", "BUY or SELL." },
  { "price", "price", "Of this fill." }, { "quantity", "qty", "Of this fill." },
  { "fee", "money", "Account currency; negative = rebate." },
  { "venue_time", "time", "When it traded." },
  { "execution", "str48", "The venue's id of this fill." },
  { "venue_order", "str32", "The venue's id of the order." },
  { "ticket", "str32", "Position opened or reduced, on ticket venues." } }
event "status" { id = 0x0406, dir = "report",
  doc = "Answer to a query (cookie = the query's): how an order stands.",
  { "order", "oid", "Our client id; empty = a foreign order." },
  { "account", "account", "Account." }, { "instrument", "instrument", "Instrument." },
  { "found", "u8", "0 = the venue does not know it." },
  { "state", "order_state", "accepted, partially_filled, filled, cancelled, rejected or expired." },
  { "side", "side", "BUY or SELL." }, { "kind", "kind", "Market, limit, stop ..." },
  { "quantity", "qty", "Total quantity." }, { "filled", "qty", "Filled so far." },
  { "price", "price", "Limit price." },
  { "stop_price", "price", "Trigger price; of one that trails where it stands, or ended." },
  { "venue_order", "str32", "The venue's id." },
  { "ticket", "str32", "Position, on ticket venues." } }
event "position" { id = 0x0407, dir = "report",
  doc = "Answer to a query (cookie = the query's): a position the venue holds.",
  { "account", "account", "Account." }, { "instrument", "instrument", "Instrument." },
  { "side", "position_side", "LONG or SHORT." },
  { "quantity", "qty", "Above 0." }, { "price", "price", "Average entry." },
  { "ticket", "str32", "The venue's id, on ticket venues." } }
event "query_done" { id = 0x0408, dir = "report",
  doc = "A query is answered in full (cookie = the query's).",
  { "what", "query_what", "Which query." },
  { "ok", "u8", "0 = the answer is not complete; ask again." } }
event "link" { id = 0x0409, dir = "report", doc = "The connection to the venue went up or down.",
  { "up", "u8", "1 = requests can be sent." }, { "message", "str128", "Why." } }
