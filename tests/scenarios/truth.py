"""What must hold of every run, computed from the trace and from the venue's own file alone."""

import re
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

ENTRY_ROLES = ("main", "scale", "doubledown")
LOOK_AGAIN = timedelta(milliseconds=150)  # how often the host looks for a price to guard by
ENDED = ("filled", "cancelled", "rejected", "expired")




def moment(stamp):
    """A time of the trace, to the microsecond."""
    digits = re.sub(r"(\.\d{1,6})\d*", r"\1", stamp)
    return datetime.fromisoformat(digits.replace("Z", "+00:00"))


# ---- what the venue knows ----

def executions(world):
    """Every trade at the venue, once."""
    return {line["n"]: line for line in world if line["k"] == "fill"}.values()


def orders(world):
    """Each order as it stands at the end."""
    known = {}
    for line in world:
        if line["k"] == "order":
            known[line["n"]] = dict(line)
        elif line["k"] == "change":
            known[line["n"]].update(line)
    return known.values()


def positions(world):
    """(symbol, side) -> quantity at the end; tickets are added up."""
    last = {(line["symbol"], line["side"], line.get("ticket", 0)): Decimal(line["quantity"])
            for line in world if line["k"] == "position"}
    sums = defaultdict(Decimal)
    for (symbol, side, _), quantity in last.items():
        sums[symbol, side] += quantity
    return {key: quantity for key, quantity in sums.items() if quantity != 0}


def working(world):
    """What works at the venue at the end, in the words of the trace."""
    return [{"symbol": one["symbol"], "role": one["role"], "kind": one["kind"],
             "side": one["side"], "quantity": text(Decimal(one["quantity"]) -
                                                   Decimal(one["filled"])),
             "price": one.get("price", "0"), "stop_price": one.get("stop_price", "0")}
            for one in orders(world) if one["state"] not in ENDED and not one.get("dormant")]


def text(quantity):
    return format(quantity.normalize(), "f") if quantity else "0"


# ---- what the host says it has ----

def lots(trace):
    """lot id -> {ref, side, symbol, entered, exited} from its fills."""
    known = {}
    for event in trace:
        if event["type"] == "lot.opened":
            known[event["lot"]] = {"ref": event.get("ref", ""), "side": event["side"],
                                   "symbol": event["symbol"], "entered": Decimal(0),
                                   "exited": Decimal(0), "most_out": Decimal(0)}
        elif event["type"] == "lot.adopted":
            known[event["lot"]]["entered"] += Decimal(event["quantity"])
        elif event["type"] == "fill" and event["lot"] in known:
            lot = known[event["lot"]]
            which = "entered" if event["role"] in ENTRY_ROLES else "exited"
            lot[which] += Decimal(event["quantity"])
            over = lot["exited"] - lot["entered"]
            lot["most_out"] = max(lot["most_out"], over)
        elif event["type"] == "lot.merged":
            known[event["lot"]]["entered"] -= Decimal(event["quantity"])
            known[event["into"]]["entered"] += Decimal(event["quantity"])
    return known


# ---- invariants: each yields what is wrong ----

def fills_are_the_executions(trace, world):
    booked = defaultdict(Decimal)
    prices = {}
    for event in trace:
        if event["type"] != "fill":
            continue
        name = event["execution"]
        if name.startswith("gap-"):  # what reconcile took off without an execution
            continue
        booked[name] += Decimal(event["quantity"])
        prices.setdefault(name, set()).add(event["price"])
    for one in executions(world):
        names = [name for name in booked if name.split("-")[0] == f"E{one['n']}"]
        total = sum((booked[name] for name in names), Decimal(0))
        ours = bool(one.get("id"))
        if ours and total != Decimal(one["quantity"]):
            yield f"execution {one['n']} of {one['quantity']} is booked as {total}"
        if not ours and total > Decimal(one["quantity"]):
            yield f"foreign execution {one['n']} of {one['quantity']} is booked as {total}"
        for name in names:
            if prices[name] != {one["price"]}:
                yield f"execution {one['n']} at {one['price']} is booked at {prices[name]}"
    known = {f"E{one['n']}" for one in executions(world)}
    for name in booked:
        if name.split("-")[0] not in known:
            yield f"fill {name} is not known to the venue"


def position_is_the_lots(trace, world, foreign):
    owned = defaultdict(Decimal)
    for lot in lots(trace).values():
        owned[lot["symbol"], lot["side"]] += lot["entered"] - lot["exited"]
    held = positions(world)
    for key in sorted(set(owned) | set(held) | set(foreign)):
        have, mine = held.get(key, Decimal(0)), owned.get(key, Decimal(0))
        if have - mine != Decimal(foreign.get(key, 0)):
            yield f"{key[0]} {key[1]}: the venue holds {have}, the lots {mine}"


def no_id_twice(trace, world):
    sent = set()
    for event in trace:
        if event["type"] == "order.submitted":
            if event["order"] in sent:
                yield f"order {event['order']} is submitted twice"
            sent.add(event["order"])
    numbers = {}
    for one in orders(world):
        if one.get("id") and numbers.setdefault(one["id"], one["n"]) != one["n"]:
            yield f"the venue has order id {one['id']} twice"


def never_naked(trace, summary, restarts):
    """After a restart no price is known until the next one, so the guard cannot stand before it."""
    begun = {}
    for event in trace:
        if event["type"] != "protection.state":
            continue
        lot, now = event["lot"], moment(event["t"])
        if event["new"] == "naked":
            begun[lot] = now
        elif lot in begun and not any(begin <= begun[lot] and now <= end + LOOK_AGAIN
                                      for begin, end in restarts):
            yield f"lot {lot} is naked from {begun.pop(lot)} to {event['t']}"
        else:
            begun.pop(lot, None)
    for lot, since in begun.items():
        if not any(begin <= since and end.year == 9999 for begin, end in restarts):
            yield f"lot {lot} is naked from {since} to the end"
    if not restarts and summary["unprotected_ns"] != 0:
        yield f"unprotected_ns is {summary['unprotected_ns']}"


def exits_within_lots(trace):
    for number, lot in lots(trace).items():
        if lot["most_out"] > 0:
            yield f"lot {number} ({lot['ref']}): {lot['most_out']} more out than in"


def never_on_the_other_side(trace, world, foreign):
    """A position on a side that no lot ever had is one that an exit turned over."""
    sides = {(lot["symbol"], lot["side"]) for lot in lots(trace).values()} | set(foreign)
    for line in world:
        if line["k"] == "position" and Decimal(line["quantity"]) > 0 and \
                (line["symbol"], line["side"]) not in sides:
            yield f"the venue's position turned {line['side']} {line['quantity']}"


def one_answer_each(trace):
    """An order that ended says nothing of itself any more, except a fill that came late."""
    ended = {}
    for event in trace:
        order = event.get("order")
        if not order or not event["type"].startswith("order."):
            continue
        if order in ended and event["type"] not in ("order.submitted",):
            yield f"{event['type']} of order {order} after its {ended[order]}"
        if event["type"] in ("order.filled", "order.cancelled", "order.expired") or (
                event["type"] == "order.rejected" and event["op"] in ("none", "submit")):
            ended[order] = event["type"]


def faults(run, foreign, restarts=(), naked_allowed=False):
    trace, world = run.trace, run.world
    yield from fills_are_the_executions(trace, world)
    yield from position_is_the_lots(trace, world, foreign)
    yield from no_id_twice(trace, world)
    if not naked_allowed:
        yield from never_naked(trace, run.summary, restarts)
    yield from exits_within_lots(trace)
    yield from never_on_the_other_side(trace, world, foreign)
    yield from one_answer_each(trace)


# ---- what a restart may not change ----

def outcome(run):
    """Lots, fills, profit, working orders and positions: no ids, no times, no sequence numbers."""
    state = {}
    for event in run.trace:
        if event["type"] == "lot.opened":
            state[event["lot"]] = {"ref": event.get("ref", ""), "side": event["side"]}
        elif event["type"] == "lot.changed" and event["lot"] in state:
            state[event["lot"]].update(state=event["state"], quantity=event["quantity"],
                                       entry=event["entry"], stop=event["stop"])
        elif event["type"] == "lot.closed" and event["lot"] in state:
            state[event["lot"]].update(
                {key: event[key] for key in ("quantity", "entry", "exit", "profit", "fees")},
                state="closed", reason=event.get("reason", ""))
    tranches = {}
    for event in run.trace:
        if event["type"].startswith("tranche."):
            tranches[event.get("ref", ""), event["side"], event["tranche"]] = (
                event["type"], event["quantity"], event["entry"], event["stop"], event["target"],
                event["open"])
    fills = sorted((event.get("ref", ""), event["role"], event["side"], event["quantity"],
                    event["price"], event["overrun"])
                   for event in run.trace if event["type"] == "fill")
    money = ["gross_pnl", "fees"]
    if run.summary["open_lots"] == 0:  # else it hangs on a price, and prices are not durable
        money.append("equity_end")
    return {
        "lots": sorted((sorted(lot.items()) for lot in state.values()), key=str),
        "tranches": sorted(tranches.items()),
        "fills": fills,
        "working": sorted((sorted(one.items()) for one in working(run.world)), key=str),
        "positions": sorted((key, text(value)) for key, value in positions(run.world).items()),
        "money": {key: run.summary[key] for key in money},
        "counts": {key: run.summary[key] for key in ("lots_opened", "lots_closed", "open_lots",
                                                     "fills")},
    }


def differences(before, after):
    for key, value in before.items():
        if after[key] == value:
            continue
        if isinstance(value, dict):
            one, other = sorted(value.items()), sorted(after[key].items())
        else:
            one, other = value, after[key]
        yield (f"{key}: {[item for item in one if item not in other]} without the restart, "
               f"{[item for item in other if item not in one]} with it")
