-- schema.lua - the vocabulary of pawl: every enum, event and record, described once.
--
-- From this file gen.lua makes the C structs, the reflection tables, the SQL, the JSON names, the
-- reference page and the layout lock. Ids are permanent, fields are append-only, values are never
-- reused. A field is { "name", type, "One line of meaning, with its unit." }.
--
-- Types   price qty money ratio    64-bit at 1e-8 (pawl_types.h)
--         time                     int64 nanoseconds UTC, 0 = none
--         u8 u16 u32 u64 i32 i64   plain integers
--         instrument account component   durable 32-bit ids, shown by name
--         oid                      our client order id, char[24], NUL-padded
--         str16 .. str128          short text in place, NUL-terminated
--         text                     a slice of the event's tail (events only)
--         json                     the same, holding one JSON value
--         bytes                    the same, any bytes; in JSON each byte is one character
--         an enum's name           one byte
--
-- Events  dir = "in"      market data and requests that come from outside
--         dir = "command" from the host to one broker
--         dir = "report"  from a broker to the host
--         dir = "wake"    timers and triggers, to the component that asked
--         dir = "state"   what happened: the trace, the live stream, explain

enum "side" { "One side of an order.", { "BUY", 1 }, { "SELL", 2 } }
enum "position_side" { "One side of a lot or position.", { "LONG", 1 }, { "SHORT", 2 } }
enum "role" { "What an order is for.",
  { "main", 1 }, { "stop", 2 }, { "target", 3 }, { "scale", 4 }, { "doubledown", 5 },
  { "exit", 6 } }
enum "kind" { "How an order executes.",
  { "market", 1 }, { "limit", 2 }, { "stop", 3 }, { "stop_limit", 4 }, { "trailing", 5 } }
enum "tif" { "How long an order lives.", { "gtc", 1 }, { "ioc", 2 }, { "fok", 3 }, { "day", 4 } }
enum "trigger_source" { "The price that fires a level.",
  { "exit_side", 1 }, { "last", 2 }, { "mark", 3 }, { "entry_side", 4 } }
enum "level_mode" { "Where a level of a lot is kept.", { "rest", 1 }, { "watch", 2 } }
enum "order_state" { "Where an order stands; unknown ends only on evidence.",
  { "intent", 1 }, { "submitted", 2 }, { "accepted", 3 }, { "partially_filled", 4 },
  { "filled", 5 }, { "cancelled", 6 }, { "rejected", 7 }, { "expired", 8 }, { "unknown", 9 } }
enum "order_op" { "The request about an order that awaits its answer.",
  { "none", 1 }, { "submit", 2 }, { "amend", 3 }, { "cancel", 4 } }
enum "error_class" { "What a refusal means for the next attempt.",
  { "retryable", 1 }, { "conflict", 2 }, { "state", 3 }, { "fatal", 4 }, { "unknown", 5 } }
enum "lot_state" { "Where a lot stands.",
  { "waiting", 1 }, { "entering", 2 }, { "open", 3 }, { "closing", 4 }, { "closed", 5 } }
enum "protection" { "What would close the lot if its stop level were crossed now.",
  { "none", 1 }, { "resting", 2 }, { "guarded", 3 }, { "naked", 4 } }
enum "after_kind" { "What a lot waits for before it enters.",
  { "now", 1 }, { "position_flat", 2 }, { "lot_concluded", 3 }, { "owner_flat", 4 } }
enum "signal_kind" { "A prediction.",
  { "BUY", 1 }, { "SELL", 2 }, { "SHORT", 3 }, { "NEUTRAL", 4 } }
enum "query_what" { "What a broker is asked.", { "order", 1 }, { "orders", 2 }, { "executions", 3 },
  { "positions", 4 } }
enum "trading_state" { "What the host may still do.", { "ACTIVE", 1 }, { "REDUCING", 2 },
  { "HALTED", 3 } }
enum "aspect" { "A part of a lot that has one writer.",
  { "grow", 1 }, { "reduce", 2 }, { "stop", 3 }, { "targets", 4 } }
enum "severity" { "How loud an alert is.", { "info", 1 }, { "warning", 2 }, { "critical", 3 } }
enum "fault_kind" { "A misfortune of the paper venue.",
  { "reject", 1 }, { "drop_reply", 2 }, { "drop_request", 3 }, { "duplicate_fill", 4 },
  { "late_fill", 5 }, { "partial", 6 }, { "disconnect", 7 }, { "reconnect", 8 },
  { "position_change", 9 }, { "delay", 10 }, { "expire", 11 }, { "venue_cancel", 12 },
  { "overtaken", 13 } }

enum "net_reason" { "Why a connection or a request ended.",
  { "closed", 1 }, { "refused", 2 }, { "reset", 3 }, { "timeout", 4 }, { "resolve", 5 },
  { "tls", 6 }, { "protocol", 7 }, { "too_large", 8 }, { "idle", 9 }, { "local", 10 } }
enum "net_sent" { "Whether the other side may have a request.",
  { "not_sent", 1 }, { "maybe_sent", 2 } }
enum "lane" { "What a message is for; the first goes first.",
  { "protect", 1 }, { "trade", 2 }, { "data", 3 } }
enum "rstop_stage" { "How far the protection of a lot by rstop has come.",
  { "INITIAL_RISK", 1 }, { "BREAKEVEN_PROTECTED", 2 }, { "PARTIAL_PROFIT_TAKEN", 3 },
  { "ADVANCED_PROFIT_TAKEN", 4 }, { "FINAL_PROFIT_TAKEN", 5 } }
enum "chain_status" { "Where a profit booking chain stands.",
  { "active", 1 }, { "recovery_mode", 2 }, { "stopping", 3 }, { "stopped", 4 },
  { "completed", 5 } }
enum "chain_order_status" { "Where an order of a chain stands.",
  { "pending", 1 }, { "active", 2 }, { "closing", 3 }, { "target_hit", 4 }, { "sl_hit", 5 },
  { "recovered", 6 }, { "closed", 7 }, { "failed", 8 } }

enum "tranche_status" { "Where a tranche stands.",
  { "pending", 1 }, { "open", 2 } }
enum "tranche_act" { "What happened to a tranche.",
  { "created", 1 }, { "added", 2 }, { "merged", 3 }, { "reduced", 4 }, { "closed", 5 } }

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

-- 0x05 timers and triggers ---------------------------------------------------------------------

event "timer" { id = 0x0501, dir = "wake", doc = "A timer that was set is due (cookie = its key).",
  { "due", "time", "When it was to fire." } }
event "trigger" { id = 0x0502, dir = "wake",
  doc = "A price level that was armed is crossed (cookie = its key).",
  { "instrument", "instrument", "Instrument." },
  { "level", "price", "The level." }, { "price", "price", "The price that crossed it." },
  { "extreme", "price", "Of a trailing level: the best price it trailed; 0 = a fixed level." } }
event "want_spent" { id = 0x0503, dir = "wake",
  doc = "A want of a lot can no longer be met; only a new generation revives it.",
  { "lot", "u64", "Lot." }, { "role", "role", "main, stop, target or exit." },
  { "index", "u8", "Of a target." }, { "class", "error_class", "Class of the last refusal." },
  { "generation", "u32", "Of the want." },
  { "reason", "str64", "tries, expired, or the refusal's words." } }

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

-- 0x09 input and output: to the component that asked (cookie = its key) ---------------------------

event "net_up" { id = 0x0901, dir = "wake",
  doc = "A connection can be used; or a listener listens.",
  { "listener", "u64", "Key of the listener it came in through; 0 = opened from here." },
  { "port", "u16", "The other side's port; of a listener its own." },
  { "peer", "str64", "The other side's address; of a listener its own." } }
event "net_frame" { id = 0x0902, dir = "wake", doc = "A frame, or a slice of a large one.",
  { "offset", "u32", "Bytes of this frame that came before." },
  { "last", "u8", "1 = the frame ends with this slice." },
  { "binary", "u8", "1 = a binary WebSocket message." },
  { "data", "bytes", "The slice." } }
event "net_writable" { id = 0x0903, dir = "wake",
  doc = "Bytes have left the send queue; what was refused as too much may be tried again.",
  { "drained", "u64", "Bytes since the last time." } }
event "net_down" { id = 0x0904, dir = "wake",
  doc = "A connection or listener is no more; its key is free.",
  { "reason", "net_reason", "Why." },
  { "code", "i32", "The system's or the WebSocket close code; 0 = none." },
  { "message", "str128", "Why, in words." } }
event "net_reply" { id = 0x0905, dir = "wake", doc = "The head of a reply to a request.",
  { "length", "i64", "Bytes of the body; -1 = not said." },
  { "status", "u16", "HTTP status." },
  { "last", "u8", "1 = there is no body: the request is over." },
  { "headers", "bytes", "Those that were wanted: lines NAME: VALUE, names in small letters." } }
event "net_body" { id = 0x0906, dir = "wake", doc = "A slice of the body of a reply.",
  { "offset", "u64", "Bytes of the body that came before." },
  { "last", "u8", "1 = the body ends with this slice: the request is over." },
  { "data", "bytes", "The slice." } }
event "net_ended" { id = 0x0907, dir = "wake",
  doc = "A request is over without a whole reply. It is never sent again.",
  { "sent", "net_sent", "Whether the other side may have it." },
  { "reason", "net_reason", "Why." },
  { "message", "str128", "Why, in words." } }
event "budget_granted" { id = 0x0908, dir = "wake",
  doc = "What was asked of the budget may be used now.",
  { "lane", "lane", "As asked." } }
event "budget_refused" { id = 0x0909, dir = "wake",
  doc = "What was asked of the budget is more than a lowered limit ever gives: it waits no more.",
  { "lane", "lane", "As asked." } }

-- 0x0a what happened: chains -----------------------------------------------------------------

local chain_fields = {
  { "chain", "str48", "PB_ symbol _ 8 hexadecimal digits." },
  { "instrument", "instrument", "Instrument." }, { "side", "position_side", "LONG or SHORT." },
  { "status", "chain_status", "Now." }, { "level", "u8", "From 0." },
  { "orders", "u32", "Of this level, that were placed or are placed again." },
  { "shortfall", "u32", "Of this level, that could not be placed." },
  { "booked", "money", "Sum of realised profits of 0 and more." },
  { "net", "money", "Sum of all realised profits." },
  { "next_risk", "money", "What the next level would risk; 0 = there is none." },
  { "price", "price", "Price that brings a recovery; 0 = none." },
  { "until", "time", "End of its window; 0 = none." },
  { "ref", "str32", "Name of its first lot." }, { "reason", "str64", "Why." } }
for i, e in ipairs {
  { "created", "A chain began with its first order." },
  { "advanced", "A level has booked; the next one is placed." },
  { "recovering", "A stop was hit; the price may come back." },
  { "recovered", "It came back, and what was stopped is in again." },
  { "stopping", "No further level." }, { "stopped", "The chain has ended before its top." },
  { "completed", "The last order of the top level has closed." } } do
  local copy = { id = 0x0a00 + i, dir = "state", name = "chain." .. e[1], struct = "chain",
                 doc = e[2] }
  for _, f in ipairs(chain_fields) do copy[#copy + 1] = f end
  event("chain_" .. e[1])(copy)
end

-- 0x0b what happened: tranches ------------------------------------------------------------------

local tranche_fields = {
  { "position", "u64", "Position: its first lot." },
  { "instrument", "instrument", "Instrument." }, { "account", "account", "Account." },
  { "side", "position_side", "LONG or SHORT." },
  { "tranche", "u32", "Its id, from 0." },
  { "into", "u32", "merged: the tranche it is part of now." },
  { "lot", "u64", "Lot that changed it; 0 = none." },
  { "change", "qty", "How much came in, or went out." },
  { "price", "price", "At; 0 = not by a fill." },
  { "quantity", "qty", "Open quantity of the tranche now; merged: of the one it is part of." },
  { "entry", "price", "Its average entry now." },
  { "stop", "price", "Its stop; 0 = another component's matter." },
  { "target", "price", "Its target; 0 = none." },
  { "profit", "money", "Gross realised by this; closed: by the tranche." },
  { "open", "u32", "Tranches of the position now." },
  { "ref", "str32", "Name of its first lot." }, { "reason", "str64", "Why." } }
for i, e in ipairs {
  { "created", "A tranche has its first fill." }, { "added", "A fill went into it." },
  { "merged", "It became part of another one." }, { "reduced", "A fill came off it." },
  { "closed", "Nothing is left of it." } } do
  local copy = { id = 0x0b00 + i, dir = "state", name = "tranche." .. e[1], struct = "tranche",
                 doc = e[2] }
  for _, f in ipairs(tranche_fields) do copy[#copy + 1] = f end
  event("tranche_" .. e[1])(copy)
end

-- 0x0c what happened: rstop ----------------------------------------------------------------------

event "rstop_state" { id = 0x0c01, dir = "state", name = "rstop.state",
  doc = "The protection of a lot by rstop came a stage further.",
  { "lot", "u64", "Lot." }, { "instrument", "instrument", "Instrument." },
  { "old", "rstop_stage", "Before." }, { "new", "rstop_stage", "Now." },
  { "r", "ratio", "Milestone that was reached, in multiples of R." },
  { "price", "price", "The price that reached it." }, { "ref", "str32", "The lot's name." } }

-- records --------------------------------------------------------------------------------------
-- The first field is the key, a u64 above 0. class durable = stored; session = lives in memory
--                         over a reload.

record "name" { id = 1, class = "durable", table = "names",
  doc = "A durable 32-bit id: instruments, accounts and components are never renumbered.",
  { "id", "u64", "The id." }, { "space", "u32", "1 instrument, 2 account, 3 component, 4 feed." },
  { "text", "str64", "The name." } }
record "host" { id = 2, class = "durable", table = "host",
  doc = "One row: what the host must not forget.",
  { "id", "u64", "1." }, { "next_lot", "u64", "Next lot number." },
  { "next_order", "u64", "Next order number." },
  { "next_fill", "u64", "Next fill number." },
  { "trading", "trading_state", "ACTIVE, REDUCING or HALTED." },
  { "virtual_now", "time", "Clock of a replayed feed at the last commit; 0 = live." } }
record "lot" { id = 3, class = "durable", table = "lots",
  doc = "A quantity of one instrument on one side in one account, opened for one reason.",
  { "id", "u64", "The lot." },
  { "instrument", "instrument", "Instrument." }, { "account", "account", "Account." },
  { "owner", "component", "Component that opened it." },
  { "hold_grow", "component", "Holder of the grow aspect; 0 = the keeper." },
  { "hold_reduce", "component", "Holder of reduce." },
  { "hold_stop", "component", "Holder of stop." },
  { "hold_targets", "component", "Holder of targets." },
  { "side", "position_side", "LONG or SHORT." }, { "state", "lot_state", "Where it stands." },
  { "protection", "protection", "What protects it." },
  { "after", "after_kind", "What it waits for." },
  { "entry_kind", "kind", "Entry want: kind of order." },
  { "entry_tif", "tif", "Entry want: time in force." },
  { "entry_spent", "u8", "1 = the entry want is spent." },
  { "entry_tries", "u8", "Attempts of this generation." },
  { "exit_kind", "kind", "Exit want: kind of order." },
  { "exit_spent", "u8", "1 = the exit want is spent." },
  { "exit_tries", "u8", "Attempts of this generation." },
  { "stop_trigger", "trigger_source", "Price that fires the stop." },
  { "stop_mode", "level_mode", "Rest at the venue or watched by the host." },
  { "stop_tries", "u8", "Attempts of this generation." },
  { "ratchet", "u8", "1 strict, 2 recompute_on_grow." },
  { "r_frozen", "u8", "1 = R and the original quantity no longer follow the entries." },
  { "entry_gen", "u32", "Generation of the entry want." },
  { "exit_gen", "u32", "Of the exit want." },
  { "stop_gen", "u32", "Of the stop." }, { "step", "u32", "Last step used in a client id." },
  { "stop_moves", "u32", "How often the stop moved." },
  { "after_lot", "u64", "The lot it waits for." },
  { "after_expires", "time", "When waiting ends." },
  { "enter_up_to", "qty", "Want: total to enter; only rises, but may be cut to what is filled." },
  { "entry_price", "price", "Limit or stop price of the entry; 0 = market." },
  { "entry_expires", "time", "When the entry want ends; 0 = never." },
  { "exit_at_least", "qty", "Want: total to exit; only rises; PAWL_QTY_ALL = everything." },
  { "exit_price", "price", "Limit of the exit; 0 = market." },
  { "stop", "price", "Wanted stop; 0 = none." }, { "initial_stop", "price", "First stop." },
  { "r", "price", "Initial risk per unit; 0 before a fill." },
  { "original", "qty", "Original quantity: what percentages of exits refer to." },
  { "entered", "qty", "Filled in." }, { "exited", "qty", "Filled out." },
  { "entry_value", "money", "Sum of price x quantity of entry fills." },
  { "exit_value", "money", "Sum of price x quantity of exit fills." },
  { "profit", "money", "Gross realised, account currency." }, { "fees", "money", "Fees." },
  { "cash_flow", "money", "Funding, swap and late fees." },
  { "created", "time", "When it was made." }, { "opened", "time", "First fill." },
  { "closed", "time", "Conclusion." },
  { "protection_since", "time", "When the protection state began." },
  { "naked_ns", "i64", "Total time naked." },
  { "guarded_ns", "i64", "Total time on the guard alone." },
  { "cause", "u64", "seq of the event that made it." },
  { "ticket", "str32", "The venue's position, on ticket venues." },
  { "profile", "str32", "Profile it was opened with." }, { "ref", "str32", "Its name." },
  { "reason", "str32", "Why it is closing or closed." },
  { "add_up_to", "qty", "Want: total to enter through a limit that rests as long as the lot." },
  { "add_price", "price", "Of that limit; 0 = none." },
  { "added", "qty", "Filled through it." },
  { "add_gen", "u32", "Generation of this want." },
  { "add_spent", "u8", "1 = it is spent." },
  { "add_tries", "u8", "Attempts of this generation." },
  { "entry_role", "role", "Role of its entry orders; 0 = main, then scale." },
  { "trail_distance", "price", "Want: the stop follows the best price at this distance; 0 = not." },
  { "trail_fraction", "ratio", "The same as a fraction of the best price; 0 = not." },
  { "trail_activation", "price", "From which price on; 0 = at once." },
  { "trail_step", "price", "Least move of the stop." },
  { "trail_extreme", "price", "Best price the stop has followed; 0 = not active yet." },
  { "merged_into", "u64", "The lot that took over what was open; 0 = none." },
  { "grown_out", "qty", "Filled out when it last grew after an exit; 0 = it never did." },
  { "grown_cost", "money", "Entry value of that." },
  { "trade", "u64", "Lots of one trade that the venue keeps apart: the same number; 0 = alone." } }
record "target" { id = 4, class = "durable", table = "targets", doc = "A profit level of a lot.",
  { "id", "u64", "lot << 8 | index + 1." }, { "lot", "u64", "Lot." },
  { "price", "price", "Level; 0 = withdrawn." },
  { "quantity", "qty", "How much; PAWL_QTY_ALL = the rest." },
  { "filled", "qty", "Filled so far." }, { "generation", "u32", "Of this want." },
  { "mode", "level_mode", "Wanted mode." },
  { "trigger", "trigger_source", "Price that fires it when watched." },
  { "index", "u8", "0 .. 3." },
  { "fired", "u8", "1 = a watched level was touched in this generation." },
  { "tries", "u8", "Attempts of this generation." }, { "spent", "u8", "1 = spent." },
  { "reason", "str32", "Why it was set." } }
record "order" { id = 5, class = "durable", table = "orders",
  doc = "An order of ours, from intent to its end; the end is not final: late fills still count.",
  { "id", "u64", "Our number." }, { "order", "oid", "Our client id." },
  { "lot", "u64", "Lot; 0 = shares say." },
  { "instrument", "instrument", "Instrument." }, { "account", "account", "Account." },
  { "boot", "u32", "Boot that made it." }, { "generation", "u32", "Of the want it serves." },
  { "code", "i32", "Last refusal." },
  { "side", "side", "BUY or SELL." }, { "role", "role", "What it is for." },
  { "kind", "kind", "How it executes." },
  { "tif", "tif", "Time in force." }, { "trigger", "trigger_source", "Price that fires it." },
  { "state", "order_state", "Where it stands." }, { "op", "order_op", "Request in flight." },
  { "op_unknown", "u8", "1 = the outcome of op is unknown." },
  { "reduce", "u8", "1 = may only reduce." }, { "index", "u8", "Of the target it serves." },
  { "tries", "u8", "Of the request in flight." },
  { "attached", "u8", "1 = sent with its entry." },
  { "quantity", "qty", "Total, as last confirmed." }, { "filled", "qty", "Filled." },
  { "price", "price", "Limit price." }, { "stop_price", "price", "Trigger price." },
  { "want_quantity", "qty", "Of an amend in flight." },
  { "want_price", "price", "Of an amend in flight." },
  { "want_stop_price", "price", "Of an amend in flight." },
  { "group", "u64", "OCA group." }, { "parent", "u64", "Entry it is attached to." },
  { "created", "time", "Intent." }, { "sent", "time", "Released." },
  { "expires", "time", "Its end; 0 = never." },
  { "ended", "time", "When it ended." }, { "cause", "u64", "seq of the event that made it." },
  { "venue_order", "str32", "The venue's id." }, { "reason", "str64", "Last word about it." },
  { "trail_distance", "price", "kind trailing: from the best price." },
  { "trail_fraction", "ratio", "kind trailing: of the best price." },
  { "trail_activation", "price", "kind trailing: from which price on; 0 = at once." } }
record "share" { id = 6, class = "durable", table = "shares",
  doc = "What part of an exit order belongs to which lot.",
  { "id", "u64", "Our number." }, { "order", "u64", "Order." }, { "lot", "u64", "Lot." },
  { "quantity", "qty", "Share." }, { "filled", "qty", "Booked of it." } }
record "fill" { id = 7, class = "durable", table = "fills", doc = "A fill as booked to one lot.",
  { "id", "u64", "Our number." }, { "order", "u64", "Order; 0 = not ours." },
  { "lot", "u64", "Lot." },
  { "instrument", "instrument", "Instrument." }, { "account", "account", "Account." },
  { "side", "side", "BUY or SELL." }, { "role", "role", "Of the order." },
  { "overrun", "u8", "1 = borne by a sibling." },
  { "quantity", "qty", "Quantity." }, { "price", "price", "At." }, { "fee", "money", "Fee." },
  { "venue_time", "time", "When it traded." }, { "booked", "time", "When it was booked." },
  { "cause", "u64", "seq of the report." },
  { "execution", "str48", "The venue's id." },
  { "unexplained", "qty", "Of a gap: what no execution has explained since." } }
record "schedule" { id = 8, class = "durable", table = "schedules",
  doc = "How far a schedule of the configuration has run.",
  { "id", "u64", "Its number in the configuration, from 1." },
  { "last", "time", "When it last fired." }, { "fired", "u64", "How often." } }
record "feed" { id = 9, class = "durable", table = "feeds",
  doc = "How far a replayed feed has been consumed.",
  { "id", "u64", "1." }, { "row", "u64", "Events of the merged feed whose effects are stored." } }
record "lot_tag" { id = 10, class = "durable", table = "lot_tags",
  doc = "One identity tag of a lot.",
  { "id", "u64", "lot << 8 | n." }, { "lot", "u64", "Lot." },
  { "name", "str32", "bot_id, prompt_id ..." }, { "value", "str128", "Its value." } }
record "account" { id = 11, class = "durable", table = "accounts",
  doc = "What the host must not forget of an account.",
  { "id", "u64", "The account." },
  { "heard", "time", "Every execution of our orders up to here is booked; 0 = not known yet." },
  { "day", "time", "When its trading day began; 0 = not yet." },
  { "day_equity", "money", "Equity then." },
  { "day_known", "u8", "1 = day_equity is known: every open lot had a price." } }
record "symbol" { id = 12, class = "durable", table = "symbols",
  doc = "What the host must not forget of an instrument.",
  { "id", "u64", "The instrument." },
  { "halted", "u8", "1 = nothing is entered until an operator resumes it." },
  { "since", "time", "When that last changed." }, { "reason", "str64", "Why." } }
record "nonce" { id = 13, class = "durable", table = "nonces",
  doc = "Numbers used once, of one component and key: none up to here is given again.",
  { "id", "u64", "Our number." }, { "component", "component", "Whose." },
  { "ceiling", "u64", "Microseconds since 1970." }, { "name", "str64", "The key." } }
record "series" { id = 14, class = "durable", table = "series",
  doc = "Bars of one instrument and length that somebody keeps, with the one that runs.",
  { "id", "u64", "Our number." }, { "instrument", "instrument", "Instrument." },
  { "seconds", "u32", "Length; the highest bit: from the open of the session." },
  { "bars", "u32", "How many finished ones are kept." },
  { "source", "u32", "1 quotes, 2 trades, 3 + s: bars of s seconds; 0 = nothing came yet." },
  { "count", "u64", "Bars finished since it began." },
  { "open", "price", "First price." }, { "high", "price", "Highest." },
  { "low", "price", "Lowest." }, { "close", "price", "Last." },
  { "volume", "qty", "Quantity traded." },
  { "open_time", "time", "When the bar began, 0 = none runs." }, { "end_time", "time", "Its end." },
  { "parts", "u32", "Trades, quotes or shorter bars in it." } }
record "series_bar" { id = 15, class = "durable", table = "series_bars",
  doc = "A finished bar of a series.",
  { "id", "u64", "series << 16 | number mod 4096." }, { "series", "u64", "Series." },
  { "number", "u64", "From 1 since the series began." },
  { "open", "price", "First price." }, { "high", "price", "Highest." },
  { "low", "price", "Lowest." }, { "close", "price", "Last." },
  { "volume", "qty", "Quantity traded." },
  { "open_time", "time", "When the bar began." }, { "end_time", "time", "Its end." },
  { "parts", "u32", "Trades, quotes or shorter bars in it." } }
record "sum" { id = 16, class = "durable", table = "sums",
  doc = "A sum over a sliding window that somebody keeps.",
  { "id", "u64", "Our number." }, { "instrument", "instrument", "Instrument." },
  { "seconds", "u32", "Length of the window." }, { "event", "u32", "Type of the events." },
  { "side", "u8", "Only events of this side; 0 = any." },
  { "of", "u8", "1 quantity, 2 price x quantity, 3 count." },
  { "first", "u64", "Number of the oldest entry." }, { "count", "u64", "How many entries." } }
record "sum_entry" { id = 17, class = "durable", table = "sum_entries",
  doc = "What one event added to a sum.",
  { "id", "u64", "sum << 16 | number mod 8192." }, { "sum", "u64", "Sum." },
  { "number", "u64", "From 1." }, { "time", "time", "When." },
  { "value", "money", "How much." } }
record "rule" { id = 18, class = "durable", table = "rules",
  doc = "What is known of a rule beyond its file.",
  { "id", "u64", "Of its name." }, { "rule", "str32", "The rule's id." },
  { "switch", "u8", "0 as its file and the configuration say, 1 switched on, 2 off." },
  { "failed", "u8", "1 = it failed and is off." },
  { "source", "u64", "Checksum of the file it failed in: another one gives it a new chance." },
  { "failed_at", "time", "When." }, { "fired", "u64", "How often its condition held." },
  { "taken", "u64", "How often an action followed." }, { "message", "str256", "Why it failed." } }
record "rule_count" { id = 19, class = "durable", table = "rule_counts",
  doc = "Cooldown and daily count of a rule, or of a rule in one instrument.",
  { "id", "u64", "Of the rule's name and the instrument." }, { "rule", "u64", "The rule." },
  { "instrument", "instrument", "Instrument; 0 = all together." },
  { "last", "time", "When an action was last taken." },
  { "day", "time", "Beginning of the trading day that is counted." },
  { "count", "u32", "Actions taken that day." } }
