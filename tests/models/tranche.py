"""The reference model of tranche, written from the specification (part 6) alone.

Readings where it leaves something open:
- at a quote the price is looked at first, then the venue's fills of that quote, then the price
  again: what its fills made profitable merges at once;
- exits of a quote count before its entries: what goes out in the moment an entry comes in leaves
  with the average it had;
- a tranche that waits for its first fill has no average: what comes meanwhile joins it;
- at the maximum `merge` joins the two with the nearest averages, and the entry opens a new one;
- a request to merge that names a tranche which is not open does nothing;
- adjacent are neighbours by id; of several pairs the lowest merges first, then it is looked again;
- a stop does not loosen once a part went out, R stands from then on; nor below that of a tranche
  that is merged and had seen either;
- where a quote merges two and fills the target of one of them, which of both stops the rest keeps
  is not said: what comes after is not compared;
- the position ends with its last tranche, the next entry begins with tranche 0.
"""

from fractions import Fraction
from itertools import combinations
from math import ceil, floor

from market import Lot


class Tranche:
    """An entry is a lot at the venue; stop and target of all of them are the tranche's."""

    def __init__(self, side, number):
        self.side, self.number, self.lots = side, number, []
        self.seen = False       # 1 R, or an exit
        self.merged = None      # the quote of its last merge
        self.stop = self.limit = None

    def open(self):
        return sum(lot.open for lot in self.lots)

    def waits(self):
        return any(lot.parts or lot.over for lot in self.lots)

    def entry(self):
        return Fraction(sum(lot.entry() * lot.open for lot in self.lots if lot.open), self.open())

    def pnl(self, near):
        """Profit in percent of the average."""
        return self.side * (near - self.entry()) / self.entry() * 100


class Position:
    """Plays the entries of one side over its quotes; `events` is what is expected."""

    def __init__(self, case):
        """case: side, quotes, entries {k: steps}, merges {k: [ids]}, closes {k} and the options o:
        increment (percent of price), max_tranches, at_max, tp (0 = off), sl (percent), merge,
        min_pnl."""
        self.case, self.o = case, case.o
        self.tranches, self.highest = [], -1
        self.events = []
        self.raced = None       # the quote at which a target filled of what had just been merged

    def play(self):
        for k, quote in enumerate(self.case.quotes):
            near = quote[0] if self.case.side > 0 else quote[1]
            if k > 0:
                self._price(near)
                self._profitable(k, near)
                self._venue(k, quote)
                self._profitable(k, near)
            for tranche in self.tranches:
                for lot in tranche.lots:
                    lot.settle(quote)
            self._requests(k, quote, near)
        return self

    def _tell(self, k, what, tranche, steps, into=None):
        kept = into or tranche
        average = kept.entry() if what not in ("reduced", "closed") else None
        self.events.append((k, what, tranche.number, into and into.number, steps, average,
                            kept.stop, kept.limit))

    # ---- entries ----

    def _requests(self, k, quote, near):
        """After quote k; it is with the venue at the next one."""
        before = len(self.events)
        if k in self.case.entries:
            self._enter(k, near, self.case.entries[k])
        if k in self.case.merges:
            self._consolidate(k, self.case.merges[k])
        if len(self.events) > before:   # what merged has its new orders before the next quote
            for tranche in self.tranches:
                for lot in tranche.lots:
                    lot.settle(quote)
        if k in self.case.closes:
            for tranche in self.tranches:
                for lot in tranche.lots:
                    lot.over, lot.parts, lot.exiting = True, [], lot.open
            self._sweep(k)

    def _enter(self, k, near, steps):
        last = self.tranches[-1] if self.tranches else None
        if last is not None and last.open() and last.pnl(near) <= -self.o.increment:
            last = self._room(k, last)
        elif last is None:
            last = self._new()
        if last is not None:
            last.lots.append(Lot(self.case.side, [steps]))

    def _new(self):
        self.highest += 1
        self.tranches.append(Tranche(self.case.side, self.highest))
        return self.tranches[-1]

    def _room(self, k, last):
        """Where an entry goes that is too far from the last tranche; None = nowhere."""
        if len(self.tranches) >= self.o.max_tranches and self.o.at_max != "merge":
            return last if self.o.at_max == "add_to_last" else None
        if len(self.tranches) >= self.o.max_tranches:
            pairs = list(combinations(self.tranches, 2))
            if not pairs:
                return None     # there is no other to join it with
            self._merge(k, *min(pairs, key=lambda pair: abs(pair[0].entry() - pair[1].entry())))
        return self._new()

    # ---- merging ----

    def _price(self, near):
        for tranche in self.tranches:
            if tranche.open() and tranche.side * (near - tranche.entry()) >= \
                    tranche.side * (tranche.entry() - tranche.stop):
                tranche.seen = True

    def _profitable(self, k, near):
        merged = self.o.merge
        while merged:
            merged = False
            for one, other in zip(self.tranches, self.tranches[1:]):
                if all(each.open() and not each.waits() and each.pnl(near) > self.o.min_pnl
                       for each in (one, other)):
                    self._merge(k, one, other)
                    merged = True
                    break

    def _merge(self, k, one, other):
        """The lower id keeps both; its stop and target follow from the new average."""
        steps, side = other.open(), self.case.side
        if other.seen and (not one.seen or side * (other.stop - one.stop) > 0):
            one.stop = other.stop
        one.seen, one.merged = one.seen or other.seen, k
        one.lots += other.lots
        self.tranches.remove(other)
        self._levels(one)
        self._tell(k, "merged", other, steps, one)

    def _consolidate(self, k, numbers):
        chosen = [tranche for tranche in self.tranches
                  if not numbers or tranche.number in numbers]
        if len(chosen) < len(numbers):
            return              # one of them is not there
        while len(chosen) > 1:
            self._merge(k, chosen[0], chosen.pop(1))

    # ---- fills ----

    def _levels(self, tranche):
        side, average = self.case.side, tranche.entry()
        if self.o.tp:
            level = average * (100 + side * self.o.tp) / 100
            tranche.limit = ceil(level) if side > 0 else floor(level)
        level = average * (100 - side * self.o.sl) / 100
        stop = ceil(level) if side > 0 else floor(level)
        if tranche.stop is None or not tranche.seen or side * (stop - tranche.stop) > 0:
            tranche.stop = stop
        for lot in tranche.lots:
            lot.want_stop, lot.want_limit, lot.grew = tranche.stop, tranche.limit, True

    def _venue(self, k, quote):
        for tranche in self.tranches:
            before, out, into = tranche.open(), 0, 0
            for lot in tranche.lots:
                for role, steps, _ in lot.fills(quote):
                    out, into = (out, into + steps) if role == "main" else (out + steps, into)
            if out and tranche.merged == k and tranche.open():
                self.raced = k if self.raced is None else self.raced
            if out:
                tranche.seen = True
                self._tell(k, "reduced", tranche, out)
            if into:
                self._levels(tranche)   # a part that goes out changes neither stop nor target
                self._tell(k, "added" if before or out else "created", tranche, into)
        self._sweep(k)

    def _sweep(self, k):
        for tranche in list(self.tranches):
            tranche.lots = [lot for lot in tranche.lots if lot.open or lot.parts]
            if not tranche.lots:
                self.tranches.remove(tranche)
                if tranche.stop is not None:
                    self._tell(k, "closed", tranche, 0)
        if not self.tranches:
            self.highest = -1
