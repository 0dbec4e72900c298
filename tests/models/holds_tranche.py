"""The properties of tranche, from its specification: computed from the trace alone."""

from fractions import Fraction

from ledger import Ledger

AVERAGE_OFF = Fraction(1, 10 ** 7)  # of a cost: averages are told with 8 decimals
SETTLED = 15  # quotes, 150 s: retries, unknown outcomes and restarts are over


class _Tranche:
    def __init__(self):
        self.quantity = self.told = self.since = 0  # by its changes; as last told
        self.stop = self.target = self.entry = None
        self.merged, self.raced = -1, False  # a target filled while its merge was under way


def faults(case, trace):
    ledger, open_, highest, position, at = Ledger(case), {}, -1, None, None
    ticks, steps = case.instrument.ticks, case.instrument.steps
    for event in trace:
        kind, _, what = event["type"].partition(".")
        yield from ledger.add(event)
        if at != event["t"]:  # what came in one moment is told with what is open after it
            at = event["t"]
            yield from _told(open_, event)
        if event["type"] == "lot.merged":
            _merge_lots(ledger, event)
        if kind != "tranche":
            continue
        number, change = event["tranche"], steps(event["change"])
        if event["position"] != position and open_:
            yield f"position {event['position']} begins while {position} has {sorted(open_)}"
        if event["position"] != position:
            position, highest = event["position"], -1
        if what == "created":
            if number <= highest:
                yield f"tranche {number} is created, the highest was {highest}"
            highest = max(highest, number)
            open_[number] = _Tranche()
            if len(open_) > case.o.max_tranches:
                yield f"{len(open_)} tranches are open, {case.o.max_tranches} may be"
        tranche = open_.get(event["into"] if what == "merged" else number)
        if tranche is None:
            yield f"{event['type']} of tranche {number}, which is not open"
            continue
        entry = ticks(event["entry"])
        if what == "merged":
            yield from _merged(open_[number], tranche, event, change, entry)
        tranche.merged = event["k"] if what == "merged" else tranche.merged
        tranche.raced |= what == "reduced" and tranche.merged == event["k"]
        tranche.quantity += -change if what == "reduced" else change
        tranche.told, tranche.since = steps(event["quantity"]), event["k"]
        tranche.entry = entry
        tranche.stop, tranche.target = ticks(event["stop"]), ticks(event["target"])
        if what == "closed" and tranche.quantity:
            yield f"tranche {number} is closed with {tranche.quantity} steps"
        if what in ("closed", "merged"):
            del open_[number]
    yield from _told(open_, {"k": "the end"})
    yield from ledger.end()
    yield from _end(case, ledger, open_, trace)


def _merged(other, tranche, event, change, entry):
    """Quantity and cost are kept."""
    if other.quantity != change:
        yield f"merged {change} steps, the tranche had {other.quantity}"
    if max(other.since, tranche.since) < event["k"]:  # else averages may be of before
        cost = other.quantity * other.entry + tranche.quantity * tranche.entry
        if abs(cost - entry * (other.quantity + tranche.quantity)) > AVERAGE_OFF * cost:
            yield f"merged at quote {event['k']}: the cost is not kept, {event['entry']}"


def _told(open_, event):
    for number, tranche in open_.items():
        if tranche.quantity != tranche.told:
            yield (f"tranche {number} before quote {event['k']}: {tranche.told} steps, by its "
                   f"changes {tranche.quantity}")


def _merge_lots(ledger, event):
    """What is open of a lot goes over with what it cost."""
    one, other = ledger.lots[event["into"]], ledger.lots[event["lot"]]
    quantity = other.open()
    if quantity:
        one.cost += other.entry() * quantity
        one.entered += quantity
        other.entered, other.cost = other.exited, other.entry() * other.exited


def _end(case, ledger, open_, trace):
    """The sum is the position, and each tranche is covered exactly by its own stops and targets."""
    held = sum(lot.open() for lot in ledger.lots.values())
    if held != sum(tranche.quantity for tranche in open_.values()):
        yield (f"the lots have {held} steps, the tranches "
               f"{[tranche.quantity for tranche in open_.values()]}")
    quiet = all(len(case.quotes) - 1 - tranche.since >= SETTLED for tranche in open_.values())
    if not quiet or not held or any(lot.closing for lot in ledger.lots.values() if lot.open()):
        return
    for role, price in (("stop", "stop_price"), ("target", "price")):
        rests, want = _resting(case, trace, role, price), {}
        for tranche in open_.values():
            level = tranche.stop if role == "stop" else tranche.target
            if level:
                want[level] = want.get(level, 0) + tranche.quantity
        if any(tranche.raced for tranche in open_.values()):  # then it may stand tighter
            rests, want = sum(rests.values()), sum(want.values())
        if rests != want:
            yield f"{role}s rest {rests}, the tranches want {want}"


def _resting(case, trace, role, price):
    """level -> steps of the orders that work at the end."""
    orders = {}
    for event in trace:
        if event["type"].startswith("order.") and event.get("role") == role:
            ended = event["type"] in ("order.filled", "order.cancelled", "order.expired") or \
                event["type"] == "order.rejected" and event["op"] in ("none", "submit")
            orders[event["order"]] = (case.instrument.ticks(event[price]),
                                      0 if ended else case.instrument.steps(event["leaves"]))
    sums = {}
    for level, leaves in orders.values():
        if leaves:
            sums[level] = sums.get(level, 0) + leaves
    return sums
