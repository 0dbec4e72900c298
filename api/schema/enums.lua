-- enums.lua - the values a field may take. A new enum goes last: its place is its id.

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
