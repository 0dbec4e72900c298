-- wakes.lua - events to the one component that asked: timers, triggers, input and output.

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
