"""Random cases of rstop: what is played, what the model expects of it, what the trace says."""

from fractions import Fraction
from math import ceil, floor
from types import SimpleNamespace

import host
import market
import rstop

TABLES = 6  # instances of rstop in a batch, each with a table of its own
PROFIT_TOLERANCE = Fraction(1, 100)


def _table(rng):
    """Milestones, stops below them, and exits of which the last takes the rest."""
    milestones = sorted(rng.sample([Fraction(n, 4) for n in range(1, 25)], rng.randint(1, 6)))
    left, out, stop = 100, [], Fraction(-1)
    for i, r in enumerate(milestones):
        stop = max(stop, r - Fraction(rng.randint(1, 8), 4))
        part = None
        if i == len(milestones) - 1 and rng.random() < 0.7:
            part = "rest"
        elif rng.random() < 0.6 and left > 5:
            part = rng.randint(1, left - 1)
            left -= part
        out.append((r, stop, part))
    return tuple(out)


def _option(table):
    return " ".join(":".join([host.number(r), host.number(stop)] +
                             ([] if part is None else [str(part)])) for r, stop, part in table)


def _component(rng, n):
    """(what the model is told, the options of the instance)."""
    table = rstop.DEFAULT if n % 2 == 0 else _table(rng)
    options, trail_from, trail_r, trail_pct = {}, 0, Fraction(1), 0
    if table is not rstop.DEFAULT:
        options["table"] = _option(table)
    if rng.random() < 0.3:
        trail_from, trail_r = Fraction(rng.randint(2, 12), 4), Fraction(rng.randint(1, 8), 4)
        options.update(trail_from=host.number(trail_from), trail_r=host.number(trail_r))
        if rng.random() < 0.5:
            trail_pct = Fraction(rng.randint(1, 40), 1000)
            options["trail_pct"] = host.number(trail_pct)
    catch_up = rng.random() < 0.5
    options["catch_up"] = catch_up
    return SimpleNamespace(name=f"r{n}", table=table, trail_from=trail_from, trail_r=trail_r,
                           trail_pct=trail_pct, catch_up=catch_up, options=options)


def _parts(rng, instrument):
    most = {"SHARES": 1200, "PARTS": 5000}.get(instrument.name, 300)
    total = rng.choice((1, 2, 3, 7, 99, 1000)) if rng.random() < 0.4 else rng.randint(1, most)
    if rng.random() < 0.75 or total == 1:
        return [total]
    first = rng.randint(1, total - 1)
    return [first, total - first]


def _touch(rng, case):
    """Puts some prices on a level of the table, or a tick beside it."""
    cost = entered = 0
    for quote, steps in zip(case.quotes[1:], case.parts):
        cost, entered = cost + (quote[1] if case.side > 0 else quote[0]) * steps, entered + steps
    entry = Fraction(cost, entered)
    for i in range(len(case.parts) + 1, len(case.quotes)):
        if rng.random() < 0.12:
            r = rng.choice(case.table)[0]
            level = entry + r * (entry - case.stop)
            near = (ceil(level) if case.side > 0 else floor(level)) + rng.choice((-1, 0, 0, 1))
            case.quotes[i] = (near, near)


def _case(rng, component):
    instrument = rng.choice(market.INSTRUMENTS)
    side = rng.choice((1, -1))
    unit = rng.randint(12, 400)  # R, or near it
    spread = rng.choice((0, 1, unit // 8))
    quotes = market.path(rng, instrument.base, unit, rng.randint(20, 60), spread)
    quotes[1] = (quotes[0][0] + rng.randint(-3, 3), quotes[0][0] + 3 + rng.randint(0, spread))
    quotes[0] = (quotes[0][0], quotes[0][0] + rng.randint(0, spread))
    case = SimpleNamespace(instrument=instrument, side=side, quotes=quotes, component=component,
                           table=component.table, trail_from=component.trail_from,
                           trail_r=component.trail_r, trail_pct=component.trail_pct,
                           catch_up=component.catch_up, parts=_parts(rng, instrument), target=None,
                           assign=rng.randint(2, 12) if rng.random() < 0.25 else None)
    if rng.random() < 0.08:  # a gap before the fill: on the other side of the stop, too
        away = rng.choice((-2, 2)) * unit
        case.quotes[1] = tuple(p + away for p in case.quotes[1])
    far = quotes[0][1] if side > 0 else quotes[0][0]
    case.stop = far - side * unit
    if rng.random() < 0.2:
        case.target = far + side * max(15, unit * rng.randint(1, 9) // 2)
    _touch(rng, case)
    entry = {"type": "entry", "via": "linked", "side": "BUY" if side > 0 else "SELL",
             "quantity": instrument.quantity(sum(case.parts)), "ref": "A",
             "stop": {"price": instrument.price(case.stop)}}
    if case.target:
        entry["target"] = {"price": instrument.price(case.target)}
    if case.assign is None:
        entry["profile"] = component.name
    case.events = [(0, entry)]
    if len(case.parts) > 1:
        case.events.insert(0, (0, {"type": "fault", "what": "partial",
                                   "quantity": instrument.quantity(case.parts[0])}))
    if case.assign is not None:
        case.events.append((case.assign, {"type": "assign", "ref": "A", "profile": component.name}))
    return case


def batch(rng, count):
    components = [_component(rng, n) for n in range(TABLES)]
    cases = [_case(rng, rng.choice(components)) for _ in range(count)]
    config = host.configuration(
        {f"P{n}": case.instrument.row for n, case in enumerate(cases)},
        [(one.name, "rstop", one.options) for one in components],
        {one.name: {"grow": "opener", "reduce": one.name, "stop": one.name, "targets": "opener"}
         for one in components})
    return cases, config


def play(pawl, config, cases, restarts=()):
    return host.run(pawl, config, cases, restarts=restarts)[0]


def describe(case):
    return (f"{case.instrument.name} {'LONG' if case.side > 0 else 'SHORT'} of "
            f"{case.parts} steps, stop {case.instrument.price(case.stop)}, "
            f"target {case.target and case.instrument.price(case.target)}, "
            f"{case.component.options}, handed over after {case.assign}")


def expected(case):
    model = rstop.Rstop(case).play()
    out = {
        "exits": _sums((k, price, steps) for k, _, steps, price in model.exits),
        "profits": _sums((k, price, case.instrument.money(
            case.side * (price - model.lot.entry()), steps)) for k, _, steps, price in model.exits),
        "stops": [stop[:3] for stop in model.stops],
        "open": model.lot.open,
        "closed": model.closed,
    }
    if case.trail_from and model.over is not None:  # where it trails then does not matter
        out["stops"].append((model.over, None, case.side * 10 ** 9))
    if case.table is rstop.DEFAULT:
        out["states"] = model.states
    return out


def got(case, trace):
    ticks, steps = case.instrument.ticks, case.instrument.steps
    out = {"exits": [], "profits": [], "stops": [], "states": [], "open": 0, "closed": None}
    over = len(case.quotes)
    for event in trace:
        k, kind = event["k"], event["type"]
        if kind == "exit.taken":
            out["exits"].append((k, ticks(event["price"]), steps(event["quantity"])))
            out["profits"].append((k, ticks(event["price"]), Fraction(event["profit"])))
        elif kind == "stop.moved" and k <= over:
            _add_stop(out["stops"], (k, ticks(event["old"]), ticks(event["new"])))
        elif kind == "rstop.state" and k <= over:
            out["states"].append((k, event["old"], event["new"], Fraction(event["r"])))
        elif kind == "lot.closed":
            out["closed"] = k
        elif kind == "lot.changed" and event["state"] == "closing":
            over = min(over, k)
        elif kind == "fill":
            out["open"] += steps(event["quantity"]) * (1 if event["role"] == "main" else -1)
    return dict(out, exits=_sums(out["exits"]), profits=_sums(out["profits"]))


def _sums(parts):
    """(quote, price) -> sum: in how many orders something went out is not said."""
    sums = {}
    for k, price, part in parts:
        sums[k, price] = sums.get((k, price), 0) + part
    return sums


def _add_stop(stops, stop):
    """Table and trailing may both move it at one price: what counts is where it stands then."""
    if stops and stops[-1][0] == stop[0] and stops[-1][2] == stop[1]:
        stop = (stop[0], stops.pop()[1], stop[2])
    stops.append(stop)


def same(case, name, want, have):
    """Profits are made of an average with 8 decimals; a stop that trails at the venue is told
    in steps, never tighter than it is."""
    if name == "profits":
        off = max((abs(one - have.get(key, 0)) for key, one in want.items()), default=0)
        return want.keys() == have.keys() and off <= PROFIT_TOLERANCE
    if name == "stops" and case.trail_from:
        return _behind(case, want, have)
    return want == have


def _behind(case, want, have):
    for k, _, stop in have:
        exact = [new for when, _, new in want if when <= k]
        if not exact or case.side * (exact[-1] - stop) < 0:
            return False
    return True


def alike(want, have):
    return want == have
