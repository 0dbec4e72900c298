-- schema.lua - the vocabulary of pawl: every enum, event and record, described once, in the files
-- named at the end.
--
-- From them gen.lua makes the C structs, the reflection tables, the SQL, the JSON names, the
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

part "enums"
part "input"
part "broker"
part "wakes"
part "state"
part "components"
part "records"
