-- plugins/linked's own record: the link group of a lot.
record "link_group" { id = 0x101, class = "durable", table = "link_groups", owner = "linked",
  doc = "What hangs together with one lot opened by linked; gone when the lot has concluded.",
  { "id", "u64", "The lot." }, { "instrument", "instrument", "Instrument." },
  { "side", "position_side", "LONG or SHORT." }, { "status", "u8", "1 waiting, 2 entering, 3 open, 4 closing." },
  { "quantity", "qty", "Asked entry." }, { "entry_price", "price", "Average entry." },
  { "stop_price", "price", "Stop as asked; 0 = by percent." }, { "stop_pct", "ratio", "Stop as asked, fraction." },
  { "target_price", "price", "Target as asked; 0 = by percent." }, { "target_pct", "ratio", "Target as asked, fraction." },
  { "atr_stop_multiplier", "ratio", "Of the ATR stop; 0 = none." },
  { "reverses", "u64", "Lot this one waits for; 0 = none." } }
