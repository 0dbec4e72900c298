-- What the venue of this plugin must not forget. From this file gen.lua makes
-- template_broker_schema.gen.h: the C structs, and the tables of their fields for the descriptor.
-- Fields are append-only: add new ones at the end.
record "venue_order" { id = 0x1e4, class = "durable", table = "template_broker_orders",
  owner = "template_broker", doc = "An order as the venue has it.",
  { "id", "u64", "The venue's number." }, { "order", "oid", "The host's id." },
  { "account", "account", "Account." }, { "instrument", "instrument", "Instrument." },
  { "side", "side", "BUY or SELL." }, { "kind", "kind", "Market, limit or stop." },
  { "reduce", "u8", "1 = may only reduce the position." },
  { "state", "order_state", "accepted, filled, cancelled or expired." },
  { "quantity", "qty", "Total." }, { "filled", "qty", "Of it." },
  { "price", "price", "Limit price; 0 = none." },
  { "stop_price", "price", "Trigger price; 0 = none." },
  { "expires", "time", "When it ends; 0 = never." } }
record "venue_fill" { id = 0x1e5, class = "durable", table = "template_broker_fills",
  owner = "template_broker", doc = "A trade at the venue.",
  { "id", "u64", "The venue's number." }, { "order", "oid", "The host's id of the order." },
  { "account", "account", "Account." }, { "instrument", "instrument", "Instrument." },
  { "side", "side", "BUY or SELL." }, { "price", "price", "At." },
  { "quantity", "qty", "How much." }, { "fee", "money", "Fee." }, { "time", "time", "When." },
  { "venue_order", "u64", "The venue's number of the order." } }
record "venue_position" { id = 0x1e6, class = "durable", table = "template_broker_positions",
  owner = "template_broker", doc = "A net position at the venue.",
  { "id", "u64", "account << 32 | instrument." },
  { "quantity", "qty", "Above 0 = long, below 0 = short." },
  { "price", "price", "Average entry." } }
