"""The properties of rstop, from its specification: computed from the quotes and the trace alone."""

from fractions import Fraction
from math import floor

import rstop
from ledger import Ledger

PROFIT_OFF = Fraction(1, 100)  # an exit's share is made of an average with 8 decimals
SETTLED = 15  # quotes, 150 s: retries, unknown outcomes and restarts are over


class _Watch:
    """One lot under rstop with the default table: levels, stage and exits so far."""

    def __init__(self):
        self.stage, self.frozen, self.entry, self.risk = 0, None, None, None
        self.since = 0      # the quote of the last stage
        self.held = False
        self.taken = -1     # the quote after which it was handed over: then the first price counts
        self.first = None   # the quote of the last entry fill


def faults(case, trace):
    ledger, watch, at, own = Ledger(case), _Watch(), 0, case.table is rstop.DEFAULT
    watch.held = case.assign is None
    for event in trace:
        while at < event["k"] and at < len(case.quotes):
            yield from _after_quote(case, ledger, watch, at, own)
            at += 1
        lot = ledger.lots.get(event.get("lot"))
        before = lot.stop if lot else None
        yield from ledger.add(event)
        if lot is None:
            continue
        kind = event["type"]
        if kind == "lot.assigned":
            watch.held, watch.since, watch.taken = True, event["k"], event["k"]
        if kind == "fill" and event["role"] == "main":
            watch.first = event["k"]
        if kind == "fill" and not watch.frozen and lot.open():
            watch.entry, watch.risk = lot.entry(), abs(lot.entry() - lot.initial)
        if kind == "stop.moved" and case.side * (lot.stop - before) <= 0:
            yield f"stop loosened from {before} to {lot.stop} ticks at quote {event['k']}"
        if kind == "rstop.state":
            yield from _stage(case, watch, event, lot, own)
        if kind == "exit.taken" and own:
            yield from _exits(case, lot, watch)
        if kind == "lot.closed":
            yield from _sum(case, lot)
    yield from ledger.end()
    yield from _end(case, ledger, watch, trace, own)


def _stage(case, watch, event, lot, own):
    old, new = rstop.STATES.index(event["old"]), rstop.STATES.index(event["new"])
    if old != watch.stage or new <= old:
        yield f"state {event['old']} -> {event['new']} after {rstop.STATES[watch.stage]}"
    watch.stage, watch.since, watch.frozen = new, event["k"], True
    if own and new >= 1 and not lot.closing and case.side * (lot.stop - watch.entry) < 0:
        yield f"1 R was reached, and the stop is {lot.stop} ticks, the entry {watch.entry}"


def _parts(lot):
    """What may be out after half and after a quarter more, in steps."""
    half, quarter = floor(Fraction(lot.entered, 2)), floor(Fraction(lot.entered, 4))
    return (0, 0, half, half + quarter, lot.entered)


def _exits(case, lot, watch):
    own = sum(steps for _, role, steps, reason in lot.exits
              if role == "exit" and reason == "PARTIAL_EXITS")
    if own > _parts(lot)[watch.stage] and not lot.closing:
        yield f"{own} steps of {lot.entered} are out in {rstop.STATES[watch.stage]}"


def _sum(case, lot):
    if sum(steps for _, _, steps, _ in lot.exits) != lot.entered:
        yield f"exits of {lot.exits} are not {lot.entered} steps"
    if lot.entered and case.instrument.name != "USDJPY":
        exact = case.instrument.money(1, 1) * lot.profit()
        if abs(exact - lot.profits) > PROFIT_OFF:
            yield f"profit {float(lot.profits)}, by its fills {float(exact)}"


def _after_quote(case, ledger, watch, k, own):
    """All milestones that a quote has crossed are passed when the next one comes."""
    for lot in ledger.lots.values():
        if not own or not watch.held or not lot.open() or lot.closing or watch.entry is None or \
                not watch.risk or watch.since > k or lot.closed is not None:
            continue
        near = case.quotes[k][0] if case.side > 0 else case.quotes[k][1]
        if max(watch.first, watch.taken) < k:
            need = sum(case.side * (near - watch.entry) >= r * watch.risk for r in (1, 2, 3, 4))
            if need > watch.stage:
                yield f"{need} R was crossed at quote {k}, the state is {rstop.STATES[watch.stage]}"


def _end(case, ledger, watch, trace, own):
    for lot in ledger.lots.values():
        if not lot.open() or lot.closed is not None:
            continue
        quiet = len(case.quotes) - 1 - watch.since >= SETTLED and watch.held
        out = lot.exited
        if own and quiet and not lot.closing and case.assign is None and \
                out < _parts(lot)[watch.stage]:
            yield f"{out} steps of {lot.entered} are out in {rstop.STATES[watch.stage]} at the end"
        rests = _resting(case, trace, lot.id)
        if quiet and not lot.closing and rests != lot.open() and len(case.quotes) > SETTLED:
            yield f"a stop for {rests} steps rests, {lot.open()} are open"


def _resting(case, trace, lot):
    """Of the stops that work at the end."""
    leaves = {}
    for event in trace:
        if event["type"].startswith("order.") and event.get("role") == "stop" and \
                event.get("lot") == lot:
            ended = event["type"] in ("order.filled", "order.cancelled", "order.expired",
                                      "order.rejected")
            leaves[event["order"]] = 0 if ended else case.instrument.steps(event["leaves"])
    return sum(leaves.values())
