-- components.lua - events that say what happened within a strategy component.

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
