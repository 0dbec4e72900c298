"""The reference model of pyramid, written from the specification (part 1) alone.

Readings where it leaves something open:
- at a quote the price is looked at first (targets, the price that brings a recovery), then the
  venue's fills of that quote, those that take first, then stops, then limits;
- a window is inclusive: the quote at its very end still brings the recovery;
- a lot that is handed over beyond its target books at the next price;
- an order that closed with a loss and without its stop ends the chain at the top level, too;
- a chain that stops while a recovery waits forgets it; orders under way are taken back.
"""

from fractions import Fraction
from math import ceil, floor

from market import Lot


class Order:
    def __init__(self, lot, level, again):
        self.lot, self.level, self.again = lot, level, again
        self.target = None
        self.begun = self.entry = self.ended = self.out = self.profit = self.role = None
        self.sent = self.taken_back = False

    def done(self):
        return self.ended is not None or self.taken_back

    def booked(self):
        return self.ended is not None and self.profit >= 0


class Chain:
    """Plays one chain over its quotes; `events` and `orders` is what is expected."""

    def __init__(self, case):
        """case: instrument, side, steps, quotes, signals [(k, kind)], worth (money of a tick of one
        order at a quote), attach (the quote after which a lot with `stop` is handed over; None =
        the chain opens its own) and the options `o`."""
        self.case, self.o = case, case.o
        self.level = self.episodes = 0
        self.booked = self.net = Fraction(0)
        self.status = "active"
        self.trigger = self.until = None    # of an episode that waits
        self.lost = []                      # its stopped orders
        self.returning = []                 # orders placed again that have not filled
        self.orders, self.events = [], []
        self.triggers = []                  # (quote, price) of every episode

    def _ticks(self, money, k):
        """Exact ticks that are worth this for one order at the rate of a quote."""
        return Fraction(money) / self.case.worth(k)

    def _too_near(self, k, factor=1):
        """It would have to risk more than it may."""
        return floor(self._ticks(self.o.risk * factor, k)) < max(1, self.case.instrument.apart)

    def play(self):
        if self.case.attach is None and self._too_near(0):
            return self
        self._place(1)
        if self.case.attach is None:
            self._tell(0, "created", 1)
            self._asked(0)
        else:
            self.orders[0].lot.want_stop, self.status = self.case.stop, "foreign"
        self._settle(self.case.quotes[0])
        for k, quote in enumerate(self.case.quotes):
            if k > 0 and not self._ended():
                self._price(k, quote)
                self._venue(k, quote)
                if self.status == "foreign":
                    self._attach(k)
                    self._settle(quote)
                    continue
                self._check(k)
                if self.until is not None and k >= self.until:
                    self._stop(k)           # the window is over
                    self._check(k)
                self._asked(k)
                self._settle(quote)
        return self

    def _attach(self, k):
        """A lot of somebody else becomes the first order; its stop may only tighten."""
        order = self.orders[0]
        if order.done():
            self.status = "stopped"         # it closed before
        elif k == self.case.attach:
            self.status = "active"
            self._tell(k, "created", 1)
            before = order.lot.want_stop
            self._levels(order, k)
            if self.case.side * (before - order.lot.want_stop) > 0:
                order.lot.want_stop = before
            order.lot.grew = True           # its target is placed now

    def _ended(self):
        return self.status in ("stopped", "completed")

    def _tell(self, k, what, orders=None):
        self.events.append((k, what, self.level, orders, self.booked, self.net))

    # ---- orders ----

    def _place(self, count, again=False):
        new = [Order(Lot(self.case.side, [self.case.steps]), self.level, again)
               for _ in range(count)]
        self.orders += new
        return new

    def _settle(self, quote):
        for order in self.orders:
            if not order.done():
                order.sent = True
                order.lot.settle(quote)

    def _open(self):
        return [order for order in self.orders if not order.done()]

    def _levels(self, order, k):
        """Target and stop from its own fill, profit never below, risk never above."""
        side, entry = self.case.side, order.entry
        risk = self._ticks(self.o.risk * (self.o.risk_factor if order.again else 1), k)
        gain = self._ticks(self.o.profit, k)
        order.target = entry + side * ceil(gain)
        order.lot.want_stop = entry - side * floor(risk)
        if self.o.venue:
            order.lot.want_limit = order.target

    # ---- prices ----

    def _price(self, k, quote):
        side = self.case.side
        for order in self._open():
            near = order.lot.near(quote)
            if order.lot.open and not order.lot.over and not self.o.venue and \
                    order.target and side * (near - order.target) >= 0:
                order.lot.over = True
        near = Lot(side, []).near(quote)
        if self.trigger is not None and side * (near - self.trigger) >= 0:
            self.trigger = self.until = None
            if self._too_near(k, self.o.risk_factor):
                self._stop(k)
                return
            self.returning = self._place(len(self.lost), again=True)
            self.lost = []

    def _venue(self, k, quote):
        fills = [(("main", "exit", "stop", "target").index(role), n, role, price)
                 for n, order in enumerate(self.orders) if order.sent and not order.done()
                 for role, _, price in order.lot.fills(quote)]
        for rank, n, role, price in sorted(fills, key=lambda fill: (max(fill[0] - 1, 0), fill[1])):
            self._fill(k, self.orders[n], role, price)

    def _fill(self, k, order, role, price):
        if role == "main":
            order.begun, order.entry = k, price
            if self.status != "foreign":
                self._levels(order, k)
            if order in self.returning:
                self.returning.remove(order)
                if not self.returning and self.status == "recovering":
                    self.status = "active"
                    self._tell(k, "recovered")
            return
        order.ended, order.out, order.role = k, price, role
        order.profit = self.case.worth(k) * self.case.side * (price - order.entry)
        self.net += order.profit
        self.booked += max(order.profit, 0)
        if self.status == "foreign":
            return
        if order.profit < 0 and role == "stop":
            self._stopped_out(k, order)
        elif order.profit < 0:
            self._stop(k)

    # ---- what follows ----

    def _stopped_out(self, k, order):
        if self.status in ("stopping", "stopped"):
            return
        if self.trigger is None:
            if self.returning or self.episodes >= self.o.max_recoveries:
                self._stop(k)
                return
            self.episodes += 1
            self.status = "recovering"
            part = Fraction(self.o.threshold, 100)
            self.trigger = order.lot.stop + part * (order.entry - order.lot.stop)
            self.until = k + self.o.window
            self.triggers.append((k, self.trigger))
            self._tell(k, "recovering")
        self.lost.append(order)

    def _stop(self, k):
        if self.status in ("stopping", "stopped", "completed"):
            return
        self.status, self.trigger, self.until, self.lost = "stopping", None, None, []
        self.returning = []
        self._tell(k, "stopping")
        self._close(self.o.close)

    def _close(self, also_open):
        for order in self._open():
            if not order.lot.entered:
                order.taken_back = True
            elif also_open:
                order.lot.over = True

    def _check(self, k):
        if self._ended() or self._open() or self.trigger is not None:
            return
        level = [order for order in self.orders if order.level == self.level]
        if self.status != "stopping" and not any(order.booked() for order in level):
            self._stop(k)
        if self.status == "stopping":
            self.status = "stopped"
            self._tell(k, "stopped")
        elif self.level == self.o.max_level:
            self.status = "completed"
            self._tell(k, "completed")
        elif self._too_near(k):
            self._stop(k)                   # nothing of the next level can be placed
            self._check(k)
        else:
            self.level += 1
            self._place(self.o.per_level[self.level])
            self._tell(k, "advanced", self.o.per_level[self.level])

    def _asked(self, k):
        """A signal to the other side, after quote k."""
        for when, kind in self.case.signals:
            against = kind in ("SELL", "SHORT") if self.case.side > 0 else kind == "BUY"
            if when == k and against and not self._ended():
                self._stop(k)
                self._close(True)
                self._check(k)
