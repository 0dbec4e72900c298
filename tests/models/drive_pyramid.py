"""Random cases of pyramid: what is played, what the model expects of it, what the trace says."""

from fractions import Fraction
from math import ceil, floor
from types import SimpleNamespace

import host
import market
import pyramid

INSTANCES = 8  # of pyramid in a batch, each with options of its own
PER_LEVEL = ((1, 2, 4, 8, 16), (1, 2, 4, 8, 16), (1, 2, 4), (1, 1, 1, 1), (1, 3, 2), (1, 5))
MINUTE = 60 // host.SECONDS  # in quotes


def _component(rng, n):
    """(what the model is told, the options of the instance)."""
    o = SimpleNamespace(profit=Fraction(7), risk=Fraction(10), per_level=PER_LEVEL[0], max_level=4,
                        venue=False, close=False, max_recoveries=1, threshold=Fraction(70),
                        window=20 * MINUTE, risk_factor=Fraction(1))
    options = {}
    if n % 4 != 0:
        o.per_level = rng.choice(PER_LEVEL)
        o.max_level = rng.randint(0, len(o.per_level) - 1)
        o.profit = Fraction(rng.choice((3, 5, 7, 12)) * 100 + rng.choice((0, 0, 33)), 100)
        o.risk = Fraction(rng.choice((5, 10, 10, 20)) * 100 + rng.choice((0, 0, 17)), 100)
        o.venue, o.close = rng.random() < 0.4, rng.random() < 0.5
        hunts = rng.random() < 0.8
        o.max_recoveries = rng.randint(0, 3)
        o.threshold = Fraction(rng.choice((1, 50, 70, 85, 100)))
        o.window = rng.choice((1, 2, 3, 20)) * MINUTE
        o.risk_factor = Fraction(rng.choice((50, 100, 100, 130)), 100)
        options = {"min_profit_target": host.number(o.profit),
                   "fixed_risk_per_order": host.number(o.risk), "max_level": o.max_level,
                   "orders_per_level": " ".join(map(str, o.per_level)),
                   "target_mode": "venue" if o.venue else "watch",
                   "on_stop": "close" if o.close else "run_off", "sl_hunt": hunts,
                   "max_recoveries": o.max_recoveries,
                   "recovery_threshold_percent": host.number(o.threshold),
                   "recovery_window_minutes": o.window // MINUTE,
                   "recovery_risk_factor": host.number(o.risk_factor)}
        o.max_recoveries = o.max_recoveries if hunts else 0
    return SimpleNamespace(name=f"y{n}", o=o, options=options)


def _worth(instrument, steps, rates, n):
    """Money of one tick of an order at a quote: yen at the rate of then."""
    def at(k):
        if instrument.name != "USDJPY" or not rates:
            return instrument.money(1, steps)
        yen = Fraction(instrument.tick) * 100000 * steps * Fraction(instrument.step)
        return yen / Fraction(rates[min(k + n % host.STAGGER, len(rates) - 1)])
    return at


def _case(rng, component, n, rates):
    instrument, o, side = rng.choice(market.INSTRUMENTS), component.o, rng.choice((1, -1))
    near = rng.random() < 0.05 and not rates
    distance = rng.randint(8, 15) if near else rng.randint(25, 300)
    steps = max(1, int(o.risk / distance / _worth(instrument, 1, rates, n)(0)))
    worth = _worth(instrument, steps, rates, n)
    unit = max(4, int(o.profit / worth(0)))
    spread = rng.choice((0, 0, 1, min(unit, distance) // 6))
    quotes = market.path(rng, instrument.base, unit * 2, rng.randint(30, 110), spread)
    quotes[0] = (instrument.base, instrument.base + rng.randint(0, spread))
    if rng.random() < 0.8:
        shift = quotes[0][0] - quotes[1][0] + rng.randint(-2, 2)
        quotes[1:] = [(bid + shift, ask + shift) for bid, ask in quotes[1:]]
    if min(bid for bid, _ in quotes) < instrument.base // 8:
        quotes = quotes[:1] * len(quotes)
    signals = []
    if rng.random() < 0.15:
        signals.append((rng.randint(1, len(quotes) - 1),
                        rng.choice(("BUY", "SELL", "SHORT", "NEUTRAL"))))
    entry = {"type": "entry", "via": component.name, "side": "BUY" if side > 0 else "SELL",
             "quantity": instrument.quantity(steps), "ref": f"B{n}"}
    attach = rng.randint(1, 8) if rng.random() < 0.15 else None
    stop = quotes[0][0] - side * max(15, distance * rng.randint(4, 16) // 8)
    if attach is not None:
        entry.update(via="linked", stop={"price": instrument.price(stop)})
        signals = [one for one in signals if one[0] > attach]
    events = [(0, entry)] + [(k, {"type": "signal", "signal": kind, "confidence": "0.9"})
                             for k, kind in signals]
    if attach is not None:
        events.append((attach, {"type": "assign", "ref": f"B{n}", "profile": component.name}))
    case = SimpleNamespace(instrument=instrument, side=side, steps=steps, quotes=quotes, o=o,
                           component=component, signals=signals, events=events, worth=worth,
                           attach=attach, stop=stop)
    for _ in range(rng.choice((0, 0, 1, 2, 4))):
        _touch(rng, case)
    return case


def _touch(rng, case):
    """Puts a price on a level that counts then, or a tick beside it."""
    model = pyramid.Chain(case).play()
    levels = [(order.begun, level) for order in model.orders if order.begun is not None
              for level in (order.target, order.lot.want_stop) if level is not None]
    levels += [(k, (ceil if case.side > 0 else floor)(price)) for k, price in model.triggers] * 3
    if levels:
        begin, level = rng.choice(levels)
        last = min(begin + rng.choice((1, 2, 6, case.o.window)), len(case.quotes) - 1)
        near = max(1, level + rng.choice((-1, 0, 0, 1)))
        case.quotes[last if rng.random() < 0.5 else rng.randint(begin, last)] = (near, near)


def _beyond(case):
    """Handed over where its stop is crossed already: the host's guard decides, after a while."""
    model = pyramid.Chain(case).play()
    order, quote = model.orders[0], case.quotes[min(case.attach, len(case.quotes) - 1)]
    return case.side * (order.lot.near(quote) - order.lot.want_stop) <= 0


def batch(rng, count):
    components = [_component(rng, n) for n in range(INSTANCES)]
    rates = _rates(rng) if rng.random() < 0.5 else ()
    cases = []
    while len(cases) < count:
        case = _case(rng, rng.choice(components), len(cases), rates)
        if case.attach is None or not _beyond(case):
            cases.append(case)
    instruments = {f"P{n}": case.instrument.row for n, case in enumerate(cases)}
    if rates:
        instruments["USDJPY"] = {}
    aspects = ("grow", "reduce", "stop", "targets")
    config = host.configuration(
        instruments, [(one.name, "pyramid", one.options) for one in components],
        {one.name: dict.fromkeys(aspects, one.name) for one in components})
    return cases, (config, rates)


def play(pawl, config, cases, restarts=()):
    return host.run(pawl, config[0], cases, config[1], restarts)[0]


def _rates(rng):
    """Prices of USDJPY by row, of which one over the price is exact."""
    now, out = "160", []
    for _ in range(140):
        now = rng.choice(("125", "156.25", "160", "200")) if rng.random() < 0.1 else now
        out.append(now)
    return out


def describe(case):
    return (f"{case.instrument.name} {'LONG' if case.side > 0 else 'SHORT'} of {case.steps} steps, "
            f"{case.component.options}")


def expected(case):
    model = pyramid.Chain(case).play()
    return {"chain": [_exact(*event) for event in model.events],
            "orders": sorted((_row(order) for order in model.orders if order.begun is not None),
                             key=str)}


def _row(order):
    return (order.begun, order.entry, order.lot.want_stop, order.ended, order.out,
            None if order.profit is None else str(order.profit))


def _exact(k, what, level, orders, booked, net):
    """Sums count where nothing else of the same moment may still come."""
    if what in ("advanced", "completed", "stopped"):
        return (k, what, level, orders, str(booked), str(net))
    return (k, what, level)


def got(case, trace):
    ticks, chain, orders = case.instrument.ticks, [], {}
    for event in trace:
        k, (kind, _, what) = event["k"], event["type"].partition(".")
        if k >= len(case.quotes):
            break  # its prices have ended, the clock has not
        if kind == "chain":
            chain.append(_exact(k, what, event["level"],
                                event["orders"] if what == "advanced" else None,
                                Fraction(event["booked"]), Fraction(event["net"])))
        elif event["type"] == "fill" and event["role"] == "main":
            orders[event["lot"]] = [k, ticks(event["price"]), None, None, None, None]
        elif event["type"] in ("lot.protected", "lot.changed") and event["lot"] in orders:
            orders[event["lot"]][2] = ticks(event["stop"])
        elif event["type"] == "stop.moved" and event["lot"] in orders:
            orders[event["lot"]][2] = ticks(event["new"])
        elif event["type"] == "exit.taken":
            orders[event["lot"]][3:] = [k, ticks(event["price"]), str(Fraction(event["profit"]))]
    return {"chain": chain, "orders": sorted(map(tuple, orders.values()), key=str)}


def same(case, name, want, have):
    return want == have


def alike(want, have):
    return want == have
