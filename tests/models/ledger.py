"""What the trace says of the lots of one instrument, from fills alone; what holds of any lot."""

from fractions import Fraction


class Lot:
    def __init__(self, event, instrument):
        self.id, self.ref = event["lot"], event.get("ref", "")
        self.side = 1 if event["side"] == "LONG" else -1
        self.instrument = instrument
        self.stop = self.initial = instrument.ticks(event["initial_stop"])
        self.entered = self.exited = self.cost = self.gone = 0  # steps, and ticks x steps
        self.exits, self.profits = [], Fraction(0)
        self.closed, self.closing, self.moved = None, False, False

    def open(self):
        return self.entered - self.exited

    def entry(self):
        return Fraction(self.cost, self.entered)

    def profit(self):
        """In ticks x steps."""
        return self.side * (self.gone - self.entry() * self.exited)


class Ledger:
    """Feed it every event; `lots` by id. Yields what cannot be."""

    def __init__(self, case):
        self.case, self.lots = case, {}

    def add(self, event):
        kind, ticks, steps = event["type"], self.case.instrument.ticks, self.case.instrument.steps
        if kind == "lot.opened":
            self.lots[event["lot"]] = Lot(event, self.case.instrument)
        lot = self.lots.get(event.get("lot"))
        if lot is None:
            return
        if kind == "fill":
            quantity, price = steps(event["quantity"]), ticks(event["price"])
            if event["role"] in ("stop", "target", "exit"):
                lot.exited, lot.gone = lot.exited + quantity, lot.gone + quantity * price
            else:
                lot.entered, lot.cost = lot.entered + quantity, lot.cost + quantity * price
            if lot.exited > lot.entered:
                yield f"lot {lot.id}: more out than in"
        elif kind == "exit.taken":
            lot.exits.append((event["k"], event["role"], steps(event["quantity"]),
                              event.get("reason", "")))
            lot.profits += Fraction(event["profit"])
        elif kind == "stop.moved":
            old, new = ticks(event["old"]), ticks(event["new"])
            if old != lot.stop and lot.entered and lot.moved:
                yield f"lot {lot.id}: its stop moves from {old}, it was at {lot.stop}"
            lot.stop, lot.moved = new, True
        elif kind == "lot.changed":
            lot.closing |= event["state"] == "closing"
            lot.stop = ticks(event["stop"])
            if steps(event["quantity"]) != lot.open():
                yield (f"lot {lot.id}: {event['quantity']} open, by its fills "
                       f"{self.case.instrument.quantity(lot.open())}")
        elif kind == "lot.closed":
            lot.closed = event["k"]
            if lot.open():
                yield f"lot {lot.id}: closed with {lot.open()} steps open"
            if Fraction(event["profit"]) != lot.profits:
                yield f"lot {lot.id}: profit {event['profit']}, its exits sum to {lot.profits}"

    def end(self):
        for lot in self.lots.values():
            if lot.entered and not lot.open() and lot.closed is None:
                yield f"lot {lot.id}: nothing is open, and it has not concluded"
