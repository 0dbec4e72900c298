-- plugins/linked's own record: the link group of a lot.
local link_group = { id = 0x101, class = "durable", table = "link_groups", owner = "linked",
  doc = "What hangs together with one lot opened by linked; gone when the lot has concluded.",
  { "id", "u64", "The lot." },
  { "instrument", "instrument", "Instrument." },
  { "side", "position_side", "LONG or SHORT." },
  { "status", "lot_state", "Where its lot stood when this was written." },
  { "quantity", "qty", "Asked entry." },
  { "entry_price", "price", "Average entry the levels were last set from; 0 = not complete yet." },
  { "stop_price", "price", "Stop as asked; 0 = by fraction." },
  { "stop_pct", "ratio", "Stop as a fraction of the entry; 0 = by price." },
  { "target_price", "price", "Target as asked; 0 = by fraction." },
  { "target_pct", "ratio", "Target as a fraction of the entry; 0 = by price, or none." },
  { "atr_stop_multiplier", "ratio", "Of the ATR stop; 0 = none." },
  { "reverses", "u64", "Lot this one waits for; 0 = none." },
  { "leader", "u64", "Lot it is linked to; 0 = none: others may be linked to this one." },
  { "link_type", "str16", "How: scale, doubledown, hedge, oco, leg, or a name." },
  { "members", "u32", "Lots that were ever linked to it." },
  { "leg_count", "u32", "Legs of its group, this one included; 0 = it has none." },
  { "ended", "u8", "1 = the group is over: what is open of it goes out." },
  { "doubled", "u8", "1 = its double-down was placed, or cannot be." },
  { "scale_count", "u8", "Scale-ins taken." },
  { "followed", "qty", "Entered when the levels were last set; what a double-down filled apart." },
  { "stop_distance", "price", "Stop as a distance from the entry (ATR); 0 = not." },
  { "target_distance", "price", "Target as a distance from the entry (ATR); 0 = not." },
  { "trailing_stop_pct", "ratio", "The stop trails by this fraction; 0 = it does not." },
  { "close_at", "time", "When it is closed; 0 = not." },
  { "max_hold_minutes", "u32", "How long it is held at most; 0 = no limit." },
  { "group_stop_pct", "ratio", "Of legs: loss that ends the group, of its entry value." },
  { "group_target_pct", "ratio", "Of legs: profit that ends the group, of its entry value." },
  { "end_reason", "str16", "Why the group ended." },
  { "main", "oid", "Newest order of the entry." },
  { "stop", "oid", "Newest stop order." },
  { "target", "oid", "Newest target order." },
  { "scale", "oid", "Newest scale-in order." },
  { "doubledown", "oid", "Newest double-down order." } }
for i = 1, 8 do
  link_group[#link_group + 1] =
    { ("scale%d_pct"):format(i), "ratio", "Profit from which a scale-in was taken." }
end
link_group[#link_group + 1] =
  { "armed", "price", "Average entry the scale-ins wait from; 0 = they are not armed." }
record "link_group"(link_group)
