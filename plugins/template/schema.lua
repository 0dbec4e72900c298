-- What this plugin must not forget, one record type after another. From this file gen.lua makes
-- template_schema.gen.h: the C struct, and the table of its fields for the descriptor.
--
-- Fields are append-only: add new ones at the end and the rows that are stored grow with them.
-- Types are those of pawl's own schema: price qty money ratio time u8 u32 u64 instrument str32 ...
-- The first field is the key, a u64 above 0. The id and the 15 behind it are this plugin's.
-- A class is durable (stored), session (kept in memory, over a reload but not a restart) or history
-- (stored for people to read).
record "range" { id = 0x1e0, class = "durable", table = "template_ranges", owner = "template",
  doc = "One instrument's range, and the lot that came of it.",
  { "id", "u64", "The instrument." },
  { "high", "price", "Highest ask so far." },
  { "low", "price", "Lowest bid so far." },
  { "ends", "time", "When the range is complete." },
  { "lot", "u64", "Lot that was opened; 0 = none yet." },
  { "moved", "u8", "1 = its stop is at the entry." } }
