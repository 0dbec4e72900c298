"""Instruments, random paths of prices, and a venue as paper's `ideal` is without latency: prices in
whole ticks, quantities in whole steps, sums as fractions. What is asked for during a quote is at
the venue after it and meets the next one."""

from decimal import Decimal
from fractions import Fraction


class Instrument:
    def __init__(self, name, tick, step, tick_value, base, apart, row):
        """tick_value: money of one tick of one unit; apart: ticks that a stop has to be away from
        the price; row: what the configuration says of it."""
        self.name, self.row, self.base, self.apart = name, row, base, apart
        self.tick, self.step = Decimal(tick), Decimal(step)
        self.tick_value = Fraction(tick_value)

    def money(self, ticks, steps):
        return Fraction(ticks) * self.tick_value * steps * Fraction(self.step)

    def price(self, ticks):
        return decimal(ticks * self.tick)

    def quantity(self, steps):
        return decimal(steps * self.step)

    def ticks(self, text):
        """Whole ticks as an int, anything else as a fraction."""
        ratio = Fraction(text) / Fraction(self.tick)
        return int(ratio) if ratio.denominator == 1 else ratio

    def steps(self, text):
        ratio = Fraction(text) / Fraction(self.step)
        return int(ratio) if ratio.denominator == 1 else ratio


def decimal(value):
    return format(value.normalize(), "f") if value else "0"


def _shares(step):
    return {"class": "equity", "currency": "USD", "tick": "0.01", "step": step,
            "min_quantity": step, "multiplier": "1"}


INSTRUMENTS = (
    Instrument("EURUSD", "0.00001", "0.01", 1, 110000, 10, {"inherit": "EURUSD"}),
    Instrument("XAUUSD", "0.01", "0.01", 1, 265000, 10, {"inherit": "XAUUSD"}),
    Instrument("USDJPY", "0.001", "0.01", Fraction(91, 100), 150000, 10, {"inherit": "USDJPY"}),
    Instrument("SHARES", "0.01", "1", Fraction(1, 100), 10000, 0, _shares("1")),
    Instrument("PARTS", "0.01", "0.001", Fraction(1, 100), 30000, 0, _shares("0.001")),
)


def path(rng, base, unit, length, spread_max):
    """(bid, ask) in ticks: a walk in parts of `unit` with a drift, pauses and gaps."""
    bid, drift, quotes = base, rng.choice((-1, 0, 0, 1)) * unit // 8, []
    for _ in range(length):
        what = rng.random()
        if what < 0.06:
            bid += rng.choice((-1, 1)) * rng.randint(unit, 5 * unit)
        elif what < 0.30:  # onto a multiple, where the levels are
            bid = base + round((bid - base) / unit * 2 + rng.choice((-1, 0, 1))) * unit // 2
        elif what < 0.90:
            bid += drift + rng.randint(-unit // 2, unit // 2)
        bid = max(bid, base // 4)
        quotes.append((bid, bid + rng.randint(0, spread_max)))
    return quotes


class Lot:
    """A lot at the venue. `side` is 1 or -1. An entry is a market order that the venue fills in
    `parts`, one a quote."""

    def __init__(self, side, parts, stop=None, limit=None):
        self.side, self.parts, self.stop, self.limit = side, list(parts), stop, limit
        self.open = self.entered = self.cost = self.asked = self.exiting = 0
        self.want_stop, self.want_limit, self.limit_takes = stop, limit, False
        self.over = self.grew = False  # it is closing whole; an entry filled at this quote

    def near(self, quote):
        """The price it would be closed at."""
        return quote[0] if self.side > 0 else quote[1]

    def entry(self):
        return Fraction(self.cost, self.entered)

    def ask_exit(self, steps):
        self.asked += steps

    def fills(self, quote):
        """What the venue does at a quote: what takes first, then stops, then limits. Exits rest for
        what was open before it."""
        near, far = self.near(quote), quote[1] if self.side > 0 else quote[0]
        had, out = self.open, []
        if self.parts:
            steps = self.parts.pop(0)
            self.open, self.entered = self.open + steps, self.entered + steps
            self.cost += steps * far
            self.grew = True
            out.append(("main", steps, far))
        rests = [("exit", self.exiting, near, True),
                 ("target", had, near,
                  self.limit_takes and self.side * (near - self.limit) >= 0),
                 ("stop", had, near,
                  self.stop is not None and self.side * (near - self.stop) <= 0),
                 ("target", had, self.limit,
                  self.limit is not None and self.side * (near - self.limit) > 0)]
        for role, steps, price, fires in rests:
            steps = min(steps, had)
            if fires and steps > 0:
                had, self.open = had - steps, self.open - steps
                self.over |= self.open == 0
                out.append((role, steps, price))
        self.exiting, self.limit_takes = 0, False
        return out

    def settle(self, quote):
        """After a quote what was asked for rests at the venue. A stop that is crossed before it
        rests is the guard's; what closes whole takes its entry back, and what that brought goes
        out."""
        crossed = self.want_stop is not None and \
            self.side * (self.near(quote) - self.want_stop) <= 0
        if self.open and (self.over or crossed):
            self.asked, self.over = self.open, True
        if self.over:
            self.parts = []
        self.stop, self.limit = self.want_stop, self.want_limit
        self.exiting, self.asked = self.exiting + self.asked, 0
        if self.grew and self.limit is not None:  # placed or changed: it may take the next price
            self.limit_takes = self.side * (self.near(quote) - self.limit) >= 0
        self.grew = False
