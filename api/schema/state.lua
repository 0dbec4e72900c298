-- state.lua - events that say what happened to lots, orders and the host.

-- 0x06 what happened: lots ---------------------------------------------------------------------

event "lot_opened" { id = 0x0601, dir = "state", name = "lot.opened",
  doc = "A lot was created; nothing is filled yet.",
  { "lot", "u64", "Lot." }, { "instrument", "instrument", "Instrument." },
  { "account", "account", "Account." },
  { "side", "position_side", "LONG or SHORT." }, { "after", "after_kind", "What it waits for." },
  { "quantity", "qty", "Wanted entry." }, { "initial_stop", "price", "First stop." },
  { "target", "price", "First target; 0 = none." },
  { "owner", "component", "Component that opened it." },
  { "profile", "str32", "Who holds its aspects." }, { "ref", "str32", "Its name." } }
event "lot_changed" { id = 0x0602, dir = "state", name = "lot.changed",
  doc = "A lot's state or quantity changed.",
  { "lot", "u64", "Lot." }, { "instrument", "instrument", "Instrument." },
  { "side", "position_side", "LONG or SHORT." }, { "state", "lot_state", "New state." },
  { "quantity", "qty", "Open quantity." }, { "entry", "price", "Average entry; 0 before a fill." },
  { "stop", "price", "Wanted stop." }, { "r", "price", "Initial risk per unit; 0 before a fill." },
  { "ref", "str32", "Its name." }, { "reason", "str32", "Why." } }
event "lot_protected" { id = 0x0603, dir = "state", name = "lot.protected",
  doc = "The whole open quantity first has a working stop at the venue.",
  { "lot", "u64", "Lot." }, { "instrument", "instrument", "Instrument." },
  { "quantity", "qty", "Open quantity." }, { "stop", "price", "Where." },
  { "ref", "str32", "Its name." } }
event "lot_closed" { id = 0x0604, dir = "state", name = "lot.closed",
  doc = "A lot concluded: nothing open, nothing working.",
  { "lot", "u64", "Lot." }, { "instrument", "instrument", "Instrument." },
  { "account", "account", "Account." },
  { "side", "position_side", "LONG or SHORT." },
  { "quantity", "qty", "Total entered." }, { "entry", "price", "Average entry; 0 = never filled." },
  { "exit", "price", "Average exit; 0 = never filled." },
  { "profit", "money", "Gross, account currency." }, { "fees", "money", "Fees." },
  { "profile", "str32", "Its profile." }, { "ref", "str32", "Its name." },
  { "reason", "str32", "Why it closed." } }
event "stop_moved" { id = 0x0605, dir = "state", name = "stop.moved",
  doc = "The wanted stop of a lot changed.",
  { "lot", "u64", "Lot." }, { "instrument", "instrument", "Instrument." },
  { "old", "price", "Before." }, { "new", "price", "Now." },
  { "r", "ratio", "Locked-in profit in multiples of R." }, { "ref", "str32", "Its name." },
  { "reason", "str32", "Why." } }
event "exit_taken" { id = 0x0606, dir = "state", name = "exit.taken", doc = "A fill reduced a lot.",
  { "lot", "u64", "Lot." }, { "instrument", "instrument", "Instrument." },
  { "role", "role", "stop, target or exit." },
  { "r", "ratio", "Profit per unit in multiples of R." }, { "quantity", "qty", "How much." },
  { "price", "price", "At." }, { "profit", "money", "Gross, account currency." },
  { "ref", "str32", "Its name." }, { "reason", "str32", "Why." } }
event "protection_state" { id = 0x0607, dir = "state", name = "protection.state",
  doc = "What protects a lot changed.",
  { "lot", "u64", "Lot." }, { "instrument", "instrument", "Instrument." },
  { "old", "protection", "Before." }, { "new", "protection", "Now." },
  { "quantity", "qty", "Open quantity." }, { "ref", "str32", "Its name." } }
event "lot_merged" { id = 0x0608, dir = "state", name = "lot.merged",
  doc = "What was open of a lot became part of another; the lot concludes as MERGED.",
  { "lot", "u64", "Lot that ends." }, { "into", "u64", "Lot that has grown." },
  { "instrument", "instrument", "Instrument." },
  { "side", "position_side", "LONG or SHORT." },
  { "quantity", "qty", "What went over." }, { "entry", "price", "Average entry of the grown lot." },
  { "ref", "str32", "Name of the grown lot." }, { "reason", "str32", "Why." } }
event "lot_assigned" { id = 0x0609, dir = "state", name = "lot.assigned",
  doc = "The aspects of a lot have other holders.",
  { "lot", "u64", "Lot." }, { "instrument", "instrument", "Instrument." },
  { "grow", "component", "Holder now; 0 = the keeper." }, { "reduce", "component", "Likewise." },
  { "stop", "component", "Likewise." }, { "targets", "component", "Likewise." },
  { "profile", "str32", "Profile." }, { "ref", "str32", "Its name." } }
event "lot_adopted" { id = 0x060a, dir = "state", name = "lot.adopted",
  doc = "A lot was made of a position that exists: there was no entry of ours.",
  { "lot", "u64", "Lot." }, { "instrument", "instrument", "Instrument." },
  { "account", "account", "Account." }, { "side", "position_side", "LONG or SHORT." },
  { "quantity", "qty", "Open quantity." },
  { "original", "qty", "What percentages of exits refer to." },
  { "entry", "price", "Average entry, as it was told." }, { "stop", "price", "Stop." },
  { "r", "price", "Initial risk per unit." },
  { "profile", "str32", "Who holds its aspects." }, { "ref", "str32", "Its name." },
  { "ticket", "str32", "The venue's position, on ticket venues." } }

-- 0x07 what happened: orders and fills ---------------------------------------------------------

local order_fields = {
  { "order", "oid", "Our client id." }, { "lot", "u64", "Lot; 0 = shared by several." },
  { "instrument", "instrument", "Instrument." }, { "account", "account", "Account." },
  { "side", "side", "BUY or SELL." }, { "role", "role", "What it is for." },
  { "kind", "kind", "Market, limit, stop ..." },
  { "op", "order_op", "Request this is about." },
  { "quantity", "qty", "Total quantity." }, { "filled", "qty", "Filled so far." },
  { "leaves", "qty", "Still working." },
  { "price", "price", "Limit price; 0 = none." },
  { "stop_price", "price", "Trigger price; 0 = none." },
  { "code", "i32", "The venue's code of a refusal." },
  { "venue_order", "str32", "The venue's id." }, { "ref", "str32", "The lot's name." },
  { "reason", "str64", "Why." } }
local order_events = {
  { "submitted", "The intent is stored and the order released to the broker." },
  { "accepted", "The venue has it." },
  { "partially_filled", "Part of it traded." }, { "filled", "All of it traded." },
  { "cancelled", "It no longer works." },
  { "rejected", "It never worked, or a request about it was refused." },
  { "expired", "It ran out." },
  { "unknown", "The outcome of a request is not known; it is looked up, nothing is re-sent." },
  { "amended", "Its terms are now these." } }
for i, e in ipairs(order_events) do
  local copy = { id = 0x0700 + i, dir = "state", name = "order." .. e[1], struct = "order_state",
                 doc = e[2] }
  for _, f in ipairs(order_fields) do copy[#copy + 1] = f end
  event("order_" .. e[1])(copy)
end
event "fill" { id = 0x0710, dir = "state", doc = "A fill was booked to a lot.",
  { "fill", "u64", "Fill." }, { "order", "oid", "Our client id." }, { "lot", "u64", "Lot." },
  { "instrument", "instrument", "Instrument." }, { "account", "account", "Account." },
  { "side", "side", "BUY or SELL." }, { "role", "role", "Of the order." },
  { "overrun", "u8", "1 = more than the order's share: taken from a sibling." },
  { "quantity", "qty", "Of this fill that this lot bears." }, { "price", "price", "At." },
  { "fee", "money", "This part's fee." },
  { "venue_time", "time", "When it traded." },
  { "execution", "str48", "The venue's id." }, { "ref", "str32", "The lot's name." } }
event "transaction_opened" { id = 0x0711, dir = "state", name = "transaction.opened",
  doc = "A lot has its first fill.",
  { "lot", "u64", "Lot." }, { "instrument", "instrument", "Instrument." },
  { "side", "position_side", "LONG or SHORT." },
  { "quantity", "qty", "Filled." }, { "price", "price", "At." }, { "ref", "str32", "Its name." } }
event "transaction_closed" { id = 0x0712, dir = "state", name = "transaction.closed",
  doc = "A lot that was filled is flat and concluded.",
  { "lot", "u64", "Lot." }, { "instrument", "instrument", "Instrument." },
  { "side", "position_side", "LONG or SHORT." },
  { "quantity", "qty", "Entered." }, { "entry", "price", "Average entry." },
  { "exit", "price", "Average exit." },
  { "pnl", "money", "Gross." }, { "realized", "money", "Net of fees." },
  { "reason", "str32", "Exit reason." }, { "ref", "str32", "Its name." } }

-- 0x08 what happened: the host -----------------------------------------------------------------

event "risk_refused" { id = 0x0801, dir = "state", name = "risk.refused",
  doc = "The gate let an entry not pass.",
  { "lot", "u64", "Lot; 0 = none yet." }, { "instrument", "instrument", "Instrument." },
  { "limit", "str32", "Which limit." }, { "ref", "str32", "Its name." },
  { "message", "str128", "The numbers." } }
event "conflict" { id = 0x0802, dir = "state", doc = "Two wishes met; how it was resolved.",
  { "what", "str32",
    "concurrent_modification, duplicate_order, quantity_locked, insufficient_quantity ..." },
  { "lot", "u64", "Lot." }, { "instrument", "instrument", "Instrument." },
  { "order", "oid", "Order; empty = none." },
  { "resolution", "str64", "What was done." }, { "message", "str128", "The numbers." } }
event "alert" { id = 0x0803, dir = "state", doc = "A person should know.",
  { "what", "str32",
    "Which: lot_overrun, fill_after_end, guard_fired, naked, unattributed, retries_exhausted ..." },
  { "severity", "severity", "How loud." }, { "lot", "u64", "Lot; 0 = none." },
  { "instrument", "instrument", "Instrument; 0 = none." },
  { "order", "oid", "Order; empty = none." },
  { "ref", "str32", "The lot's name." }, { "message", "str128", "A sentence with the numbers." } }
event "connection" { id = 0x0804, dir = "state", doc = "A broker connection changed.",
  { "broker", "component", "Broker." }, { "state", "str16", "up, down, recovering, ready." },
  { "message", "str128", "Why." } }
event "state_changed" { id = 0x0805, dir = "state", name = "state.changed",
  doc = "The trading state changed.",
  { "old", "trading_state", "Before." }, { "new", "trading_state", "Now." },
  { "reason", "str64", "Why." } }
event "entry_ignored" { id = 0x0806, dir = "state", name = "rule.ignored",
  doc = "An entry request or signal led to nothing.",
  { "instrument", "instrument", "Instrument." }, { "component", "component", "Who ignored it." },
  { "side", "side", "Asked side." }, { "ref", "str32", "Its name." },
  { "reason", "str64", "Why." } }
event "symbol_changed" { id = 0x0807, dir = "state", name = "symbol.changed",
  doc = "Entries in an instrument were stopped, or go on.",
  { "instrument", "instrument", "Instrument." }, { "halted", "u8", "1 = nothing is entered." },
  { "reason", "str64", "Why." } }
event "day_started" { id = 0x0808, dir = "state", name = "day.started",
  doc = "An account's trading day began; its daily loss counts from here.",
  { "account", "account", "Account." }, { "equity", "money", "What the day begins with." },
  { "before", "money", "What the day before began with; 0 = there was none." },
  { "began", "time", "The boundary." } }
event "rule_fired" { id = 0x0809, dir = "state", name = "rule.fired",
  doc = "The condition of a rule held; what it asks for follows.",
  { "rule", "str32", "Its id." }, { "instrument", "instrument", "What the event was about." },
  { "on", "str32", "Type of the event." }, { "action", "str32", "What it asks for." },
  { "reason", "str128", "What its condition said." },
  { "values", "json", "The event and what was looked up, as the condition saw them." } }
event "rule_failed" { id = 0x080a, dir = "state", name = "rule.failed",
  doc = "A rule cannot be carried out; it alone is off until it is changed or switched on.",
  { "rule", "str32", "Its id." }, { "instrument", "instrument", "What the event was about." },
  { "on", "str32", "Type of the event." }, { "message", "str256", "File, line and why." } }
event "rule_switched" { id = 0x080b, dir = "state", name = "rule.switched",
  doc = "An operator switched a rule on or off.",
  { "rule", "str32", "Its id." }, { "on", "u8", "1 = on." } }
event "reload" { id = 0x080c, dir = "state",
  doc = "The configuration was read again: done, unchanged, or refused as a whole.",
  { "result", "str16", "done, unchanged or refused." },
  { "generation", "u32", "Reloads that changed something, in this process." },
  { "added", "u16", "Plugins that are new." }, { "replaced", "u16", "Plugins made anew." },
  { "removed", "u16", "Plugins that are gone." }, { "fields", "u16", "Other fields that changed." },
  { "by", "str16", "Who asked: signal, scenario, control, watch." },
  { "message", "str128", "What was done, or the first reason why not." } }
