-- plugins/linked's own record: the link group of a lot.
record "link_group" { id = 0x101, class = "durable", table = "link_groups", owner = "linked",
  doc = "What hangs together with one lot opened by linked; gone when the lot has concluded.",
  { "id", "u64", "The lot." }, { "instrument", "instrument", "Instrument." },
  { "side", "position_side", "LONG or SHORT." }, { "status", "lot_state", "Where its lot stood when this was written." },
  { "quantity", "qty", "Asked entry." }, { "entry_price", "price", "Average entry the levels were last set from; 0 = not complete yet." },
  { "stop_price", "price", "Stop as asked; 0 = by fraction." }, { "stop_pct", "ratio", "Stop as a fraction of the entry; 0 = by price." },
  { "target_price", "price", "Target as asked; 0 = by fraction." }, { "target_pct", "ratio", "Target as a fraction of the entry; 0 = by price, or none." },
  { "atr_stop_multiplier", "ratio", "Of the ATR stop; 0 = none." },
  { "reverses", "u64", "Lot this one waits for; 0 = none." } }
