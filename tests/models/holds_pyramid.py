"""The properties of pyramid, from its specification: computed from the trace alone."""

import re
from fractions import Fraction

from ledger import Ledger

RISK_OFF = Fraction(1, 1000)  # an average with 8 decimals
FINAL = ("chain.stopped", "chain.completed")


def faults(case, trace):
    ledger, final, level, waiting, names, at = Ledger(case), None, 0, False, set(), 0
    for event in trace:
        if event["k"] > at:  # all that a quote brought has been said
            at = event["k"]
            for lot in ledger.lots.values():
                yield from _risk(case, lot)
        kind, known = event["type"], set(ledger.lots)
        yield from ledger.add(event)
        if kind == "lot.opened" and event["lot"] not in known:
            if final:
                yield f"lot {event['lot']} opened after {final}"
            yield from _named(case, event, names, ledger)
        if not kind.startswith("chain."):
            continue
        names.add(event["chain"])
        if final:
            yield f"{kind} after {final}"
        yield from _sums(event, ledger)
        if kind == "chain.recovering":
            waiting = True
        elif kind in ("chain.recovered", "chain.stopping"):
            waiting = False
        elif kind == "chain.advanced":
            yield from _advanced(case, event, ledger, level, waiting)
            level = event["level"]
        elif kind in FINAL:
            final = kind
            if any(lot.open() for lot in ledger.lots.values()):
                yield f"{kind} with lots open"
    if not final and names and not waiting and \
            all(lot.closed is not None for lot in ledger.lots.values()):
        yield "nothing is open, nothing waits, and the chain has no final status"
    yield from ledger.end()


def _named(case, event, names, ledger):
    """One order for each place of a level, and one more for each that was stopped."""
    found = re.fullmatch(r"PB_.*_L(\d+)_(\d+)(r?)", event["ref"])
    if not found:
        return
    level, index, again = int(found[1]), int(found[2]), bool(found[3])
    if not again and ((level, index) in names or index >= case.o.per_level[level]):
        yield f"level {level} has an order {index} too many"
    names.add((level, index))
    if again:
        stopped = sum(lot.closed is not None and lot.profits < 0 for lot in ledger.lots.values())
        placed = sum(lot.ref.endswith("r") for lot in ledger.lots.values())
        if placed > stopped:
            yield f"{placed} orders placed again, {stopped} were stopped"


def _sums(event, ledger):
    closed = [lot.profits for lot in ledger.lots.values() if lot.closed is not None]
    booked, net = sum(max(one, 0) for one in closed), sum(closed)
    if (booked, net) != (Fraction(event["booked"]), Fraction(event["net"])):
        yield (f"{event['type']}: booked {event['booked']} net {event['net']}, by its fills "
               f"{float(booked)} {float(net)}")


def _advanced(case, event, ledger, level, waiting):
    if event["level"] != level + 1:
        yield f"level {level} is followed by {event['level']}"
    if waiting:
        yield "advanced while a recovery waits"
    fresh = [lot for lot in ledger.lots.values()
             if f"_L{event['level']}_" in lot.ref]
    if any(lot.closed is None for lot in ledger.lots.values() if lot not in fresh):
        yield "advanced with an order open"
    if event["orders"] + event["shortfall"] != case.o.per_level[event["level"]] or \
            event["orders"] != len(fresh):
        yield (f"level {event['level']}: {event['orders']} placed, {event['shortfall']} not, "
               f"{len(fresh)} lots")


def _risk(case, lot):
    """What is open, in money at its stop; of yen the rate of the fill is not known here."""
    if not lot.open() or case.instrument.name == "USDJPY" or not lot.ref.startswith(("PB_", "B")):
        return
    factor = case.o.risk_factor if lot.ref.endswith("r") else 1
    risk = case.instrument.money(lot.side * (lot.entry() - lot.stop), lot.open())
    if case.attach is None and risk > case.o.risk * factor + RISK_OFF:
        yield f"lot {lot.id} risks {float(risk)}"
