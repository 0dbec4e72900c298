"""The reference model of rstop, written from the specification (part 2) alone.

Readings where it leaves something open:
- at a quote the price is looked at first, then the venue's fills of that quote;
- the state of a row: the first row is breakeven, then one for each row with an exit;
- entry, R and original quantity stand from the first milestone on, but an entry that was sent
  before it and fills later is part of the original quantity ("growth already sent still counts");
- a lot that is closing whole has no milestones to reach, it does not matter what is told of it;
- the stop of a trailing lot follows the best exit-side price since the entry once r was reached.
"""

from fractions import Fraction
from math import ceil, floor

from market import Lot

DEFAULT = ((Fraction(1), Fraction(0), None), (Fraction(3, 2), Fraction(1, 2), None),
           (Fraction(2), Fraction(1), 50), (Fraction(3), Fraction(3, 2), 25),
           (Fraction(4), Fraction(2), "rest"))
STATES = ("INITIAL_RISK", "BREAKEVEN_PROTECTED", "PARTIAL_PROFIT_TAKEN", "ADVANCED_PROFIT_TAKEN",
          "FINAL_PROFIT_TAKEN")


class Rstop:
    """Plays one lot over its quotes; `stops`, `states` and `exits` is what is expected."""

    def __init__(self, case):
        """case: side, parts, stop, target, table, trail_from, trail_r, trail_pct, assign (the quote
        after which the lot is handed over; None = from the start), catch_up."""
        self.case = case
        self.lot = Lot(case.side, case.parts, case.stop, case.target)
        self.initial = case.stop
        self.entry = None       # average that the levels are counted from
        self.risk = None        # R, in ticks
        self.frozen = False
        self.original = 0
        self.passed = 0         # rows whose milestone was reached
        self.state = 0
        self.best = None
        self.held = case.assign is None
        self.stops, self.states, self.exits = [], [], []
        self.over = None        # the quote from which on it is closing whole
        self.closed = None      # the quote it went flat at

    def play(self):
        for k, quote in enumerate(self.case.quotes):
            if k == 0:
                continue        # the entry is asked for after the first quote
            if self.held and self.lot.open and not self.lot.over:
                self._price(k, self.lot.near(quote))
            self._venue(k, quote)
            if self.case.assign == k and self.lot.open:
                self._take_over(k, quote)
            if 0 < self.lot.open <= self.lot.asked and not self.lot.parts:
                self.lot.over = True    # all that is left is asked out
            self.lot.settle(quote)
            if self.lot.over and self.over is None:
                self.over = k
            if self.closed is not None:
                break
        return self

    # ---- milestones ----

    def _level(self, r):
        return self.entry + self.lot.side * r * self.risk

    def _reached(self, r, near):
        return self.lot.side * (near - self._level(r)) >= 0

    def _price(self, k, near):
        side, stop, leave = self.lot.side, None, 0
        self.best = near if self.best is None else max(self.best * side, near * side) * side
        while self.passed < len(self.case.table):
            r, to, part = self.case.table[self.passed]
            if not self._reached(r, near):
                break
            self._freeze()
            self.passed += 1
            stop = self._tighter(stop, self._level(to))
            if part == "rest":
                self.lot.over = True
            elif part is not None:
                leave += floor(Fraction(self.original * part, 100))
            self._state(k, r, part)
        stop = self._trail(stop)
        self._move(k, stop)
        self.lot.ask_exit(leave)

    def _state(self, k, r, part):
        new = 1 if self.state == 0 else self.state
        if part is not None:
            new = 4 if part == "rest" else min(self.state + 1, 4)
        if new > self.state:
            self.states.append((k, STATES[self.state], STATES[new], r))
            self.state = new

    def _trail(self, stop):
        case = self.case
        if not case.trail_from or not self._reached(case.trail_from, self.best):
            return stop
        away = case.trail_pct * self.best if case.trail_pct else case.trail_r * self.risk
        if away < case.instrument.apart:
            return stop         # it cannot be expressed
        return self._tighter(stop, self.best - self.lot.side * away)

    def _tighter(self, one, other):
        if one is None:
            return other
        return max(one, other) if self.lot.side > 0 else min(one, other)

    def _move(self, k, exact):
        """To the tick on the tightening side; it never loosens."""
        if exact is None:
            return
        new = ceil(exact) if self.lot.side > 0 else floor(exact)
        if self.lot.side * (new - self.lot.want_stop) > 0:
            self.stops.append((k, self.lot.want_stop, new,
                               self.lot.side * (new - self.entry) / self.risk))
            self.lot.want_stop = new

    # ---- fills ----

    def _freeze(self):
        if not self.frozen:
            self.frozen, self.original = True, self.lot.entered + sum(self.lot.parts)

    def _venue(self, k, quote):
        for role, steps, price in self.lot.fills(quote):
            if role == "main":
                if not self.frozen:
                    self.entry = self.lot.entry()
                    self.risk = abs(self.entry - self.initial)
            else:
                self._freeze()
                self.exits.append((k, role, steps, price))
        if self.lot.entered and not self.lot.open and not self.lot.parts:
            self.closed = k

    def _take_over(self, k, quote):
        """The right stop at once; exits that were passed only with catch_up."""
        self.held = True
        before = self.lot.asked, self.lot.over
        self._price(k, self.lot.near(quote))
        if not self.case.catch_up:
            self.lot.asked, self.lot.over = before
