-- input.lua - events that come from outside: market data, and what is asked of the host.

-- 0x01 market data ---------------------------------------------------------------------------

event "quote" { id = 0x0101, dir = "in", doc = "The best bid and ask of an instrument.",
  { "instrument", "instrument", "What is quoted." },
  { "bid", "price", "Best bid." }, { "ask", "price", "Best ask." },
  { "bid_size", "qty", "Quantity at the bid; 0 = not said." },
  { "ask_size", "qty", "Quantity at the ask; 0 = not said." },
  { "venue_time", "time", "When the venue says it was so." } }
event "trade" { id = 0x0102, dir = "in", doc = "A trade printed by the venue.",
  { "instrument", "instrument", "What traded." },
  { "side", "side", "Side of the aggressor; 0 = not said." },
  { "price", "price", "Price." }, { "size", "qty", "Quantity." },
  { "venue_time", "time", "When the venue says it was so." } }
event "bar" { id = 0x0103, dir = "in", doc = "A finished bar; it arrives at its close.",
  { "instrument", "instrument", "What traded." },
  { "seconds", "u32", "Length of the bar." },
  { "open_time", "time", "When the bar began." },
  { "open", "price", "First price." }, { "high", "price", "Highest." },
  { "low", "price", "Lowest." }, { "close", "price", "Last." },
  { "volume", "qty", "Quantity traded." } }
event "mark" { id = 0x0104, dir = "in", doc = "The venue's mark price.",
  { "instrument", "instrument", "What is marked." }, { "price", "price", "Mark price." } }
event "liquidation" { id = 0x0105, dir = "in", doc = "A forced close of somebody's position.",
  { "instrument", "instrument", "What was liquidated." },
  { "side", "position_side", "Side of the position that was liquidated." },
  { "price", "price", "Price." }, { "quantity", "qty", "Quantity." } }

-- 0x02 requests from outside -------------------------------------------------------------------

event "signal" { id = 0x0201, dir = "in", doc = "A prediction for an instrument.",
  { "instrument", "instrument", "What it is about." },
  { "signal", "signal_kind", "BUY, SELL, SHORT or NEUTRAL." },
  { "confidence", "ratio", "0 to 1." },
  { "price", "price", "Price it was made at; 0 = not said." },
  { "origin", "str32", "Who made it." },
  { "model", "str64", "Which model; empty = not said." },
  { "probabilities", "json", "JSON object as given; empty = none." },
  { "meta", "json", "JSON object as given; empty = none." } }
local entry_fields = {
  { "instrument", "instrument", "What to trade." },
  { "account", "account", "Where; 0 = the instrument's account." },
  { "via", "component", "Component that is to open the lot." },
  { "side", "side", "BUY opens a long, SELL a short." },
  { "order_kind", "kind", "Kind of the entry order; market if not said." },
  { "stop_atr", "u8", "1 = the stop comes from ATR." },
  { "target_atr", "u8", "1 = the target comes from ATR." },
  { "quantity", "qty", "Exactly one of quantity, allocation, risk_pct is set: units." },
  { "allocation", "money", "Cash to spend, in account currency." },
  { "risk_pct", "ratio", "Fraction of equity to lose at the stop." },
  { "order_price", "price", "Limit or stop price of the entry order; 0 for market." },
  { "stop_price", "price", "Protective stop as a price; 0 = not said." },
  { "stop_pct", "ratio", "Protective stop as a fraction of the entry price; 0 = not said." },
  { "target_price", "price", "Target as a price; 0 = not said." },
  { "target_pct", "ratio", "Target as a fraction of the entry price; 0 = not said." },
  { "expires", "time", "When the entry is no longer wanted; 0 = the component's default." },
  { "ref", "str32", "A name for the lot that later events and the trace use." },
  { "profile", "str32", "Profile by name; empty = the component's own." },
  { "tags", "json", "JSON object of identity tags; empty = none." },
  { "trailing_stop_pct", "ratio", "The stop trails the price by this fraction; 0 = not said." },
  { "close_at", "time", "When it is closed whatever the price; 0 = not said." },
  { "max_hold_minutes", "u32", "How long it is held at most, from its first fill; 0 = not said." },
  { "leg_count", "u32", "Legs of a group; 0 = an entry in one instrument." },
  { "link_to", "str32", "Name of the lot it is linked to; empty = none." },
  { "link_type", "str16", "How: stop, target, trail, scale, doubledown, hedge, oco, or a name." } }
for leg = 1, 4 do
  local function field(name, type, doc)
    entry_fields[#entry_fields + 1] = { ("leg%d_%s"):format(leg, name), type, doc }
  end
  field("instrument", "instrument", "What this leg trades.")
  field("side", "side", "BUY or SELL.")
  field("kind", "kind", "Kind of its entry order.")
  field("ratio", "ratio", "Its quantity is the entry's times this.")
  field("price", "price", "Limit or stop price of its entry order; 0 for market.")
end
entry_fields[#entry_fields + 1] = { "rule", "str32", "Rule that asks; empty = no rule." }
event "entry" { id = 0x0202, dir = "in", doc = "A request to open a lot through a component.",
  table.unpack(entry_fields) }
event "scale_in" { id = 0x0203, dir = "in", doc = "A request to add to a lot.",
  { "lot", "u64", "Lot by id; 0 = by ref or symbol." },
  { "instrument", "instrument", "Lots of this instrument; 0 = not said." },
  { "side", "position_side", "Only this side; 0 = not said." },
  { "quantity", "qty", "How much to add." },
  { "ref", "str32", "Lot by name." }, { "reason", "str32", "Why." },
  { "trigger_profit_pct", "ratio",
    "Only from this profit on, as a fraction of the entry price; 0 = as its component says." } }
event "exit" { id = 0x0204, dir = "in", doc = "A request to reduce or close lots.",
  { "lot", "u64", "Lot by id; 0 = by ref or symbol." },
  { "instrument", "instrument", "Lots of this instrument; 0 = not said." },
  { "side", "position_side", "Only this side; 0 = both." },
  { "quantity", "qty", "How much; 0 = all." },
  { "ref", "str32", "Lot by name." }, { "reason", "str32", "Why; MANUAL if empty." } }
event "stop" { id = 0x0205, dir = "in", doc = "An operator's stop change.",
  { "lot", "u64", "Lot by id; 0 = by ref." },
  { "price", "price", "New stop." },
  { "force", "u8", "1 = may loosen." },
  { "ref", "str32", "Lot by name." },
  { "instrument", "instrument", "Only a lot of this instrument; 0 = not said." } }
event "fault" { id = 0x0206, dir = "in", doc = "Paper venue only: a misfortune to come.",
  { "what", "fault_kind", "Which." },
  { "role", "role", "Only orders of this role; 0 = any." },
  { "op", "order_op", "Only this request (submit, amend, cancel); 0 = submit." },
  { "class", "error_class", "Class of a reject; 0 = fatal." },
  { "count", "u32", "How many times; 0 = once." },
  { "code", "i32", "The venue's error code; 0 = the personality's own." },
  { "instrument", "instrument", "Only this instrument; 0 = any." },
  { "lot", "u64", "Only orders of this lot; 0 = any." },
  { "delay", "i64", "Nanoseconds, for late_fill, delay, overtaken and disconnect." },
  { "quantity", "qty", "For partial and position_change (signed)." },
  { "price", "price", "For position_change; 0 = the market." },
  { "ref", "str32", "Only orders of the lot of this name." } }
event "restored" { id = 0x0207, dir = "in",
  doc = "The component's records are loaded; declare timers, triggers and subscriptions anew.",
  { "reload", "u8", "1 = after a reload, 0 = after a start of the process." },
  { "boot", "u32", "How often this database has been opened." } }
event "resume" { id = 0x0208, dir = "in",
  doc = "An operator has looked: entries in this instrument may go on.",
  { "instrument", "instrument", "Instrument." }, { "reason", "str32", "Why." } }
event "rule_switch" { id = 0x0209, dir = "in",
  doc = "An operator switches a rule on or off; on also forgets why it failed and today's count.",
  { "rule", "str32", "The rule's id." }, { "on", "u8", "1 = on." } }
event "assign" { id = 0x020a, dir = "in",
  doc = "Another profile for a lot that is open: who holds its aspects from now on.",
  { "lot", "u64", "Lot by id; 0 = by ref." },
  { "instrument", "instrument", "Only a lot of this instrument; 0 = not said." },
  { "ref", "str32", "Lot by name." }, { "profile", "str32", "Profile by name." } }
event "consolidate" { id = 0x020b, dir = "in",
  doc = "A request to merge tranches now.",
  { "instrument", "instrument", "Instrument." },
  { "side", "position_side", "Only this side; 0 = both." },
  { "tranches", "json", "JSON array of tranche ids; empty = all that are adjacent." } }
event "adopt" { id = 0x020c, dir = "in",
  doc = "A position that exists at the venue, opened by nobody here, becomes a lot.",
  { "instrument", "instrument", "Instrument." },
  { "account", "account", "Where it is; 0 = the instrument's account." },
  { "via", "component", "Component that is to own the lot; 0 = none." },
  { "side", "position_side", "LONG or SHORT." },
  { "quantity", "qty", "What is open." },
  { "original", "qty", "What was open before exits that were taken already; 0 = the same." },
  { "price", "price", "Average entry." },
  { "stop", "price", "Stop from now on; 0 = 2 % from the entry." },
  { "initial_stop", "price", "What R is counted from; 0 = the stop." },
  { "target", "price", "Target; 0 = none." },
  { "opened", "time", "When it was opened; 0 = not known: now." },
  { "profile", "str32", "Profile by name; empty = who owns it holds all." },
  { "ref", "str32", "A name for the lot." },
  { "ticket", "str32", "The venue's id of the position, where positions have tickets." } }
