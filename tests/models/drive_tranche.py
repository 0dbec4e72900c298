"""Random cases of tranche: what is played, what the model expects of it, what the trace says."""

from fractions import Fraction
from types import SimpleNamespace

import host
import market
import tranche

INSTANCES = 8  # of tranche in a batch, each with options of its own
AVERAGE_OFF = Fraction(1, 100)  # of a tick: it is told with 8 decimals


def _component(rng, n):
    o = SimpleNamespace(increment=Fraction(rng.choice((50, 100, 200, 500)), 100),
                        max_tranches=rng.randint(1, 5),
                        at_max=rng.choice(("add_to_last", "merge", "refuse")),
                        tp=Fraction(rng.choice((0, 0, 50, 100, 300)), 100),
                        sl=Fraction(rng.choice((100, 300, 1000, 2000)), 100),
                        merge=rng.random() < 0.7, min_pnl=Fraction(rng.choice((0, 0, 25)), 100))
    options = {"tranche_pnl_increment_pct": host.number(o.increment),
               "max_tranches_per_symbol_side": o.max_tranches, "at_max": o.at_max,
               "tp_pct": host.number(o.tp), "sl_pct": host.number(o.sl),
               "merge_profitable": o.merge, "min_pnl_pct": host.number(o.min_pnl)}
    return SimpleNamespace(name=f"t{n}", o=o, options=options)


def _case(rng, component, n):
    instrument, o, side = rng.choice(market.INSTRUMENTS), component.o, rng.choice((1, -1))
    unit = int(instrument.base * o.increment / 100)
    spread = rng.choice((0, 0, 1, 20))
    quotes = market.path(rng, instrument.base, unit, rng.randint(30, 80), spread)
    case = SimpleNamespace(instrument=instrument, side=side, quotes=quotes, o=o,
                           component=component, entries={}, merges={}, closes=set(), events=[])
    often = rng.choice((0.1, 0.3, 0.6))
    for k in range(len(quotes) - 1):
        if rng.random() < often or k == 0:
            case.entries[k] = rng.randint(1, 9)
            case.events.append((k, {"type": "entry", "via": component.name,
                                    "side": "BUY" if side > 0 else "SELL",
                                    "quantity": instrument.quantity(case.entries[k]),
                                    "ref": f"T{n}.{k}"}))
        elif rng.random() < 0.02:
            case.merges[k] = rng.choice(([], [0, 1], [0, 2], [1, 2, 3]))
            case.events.append((k, {"type": "consolidate", "tranches": case.merges[k]}))
        elif rng.random() < 0.01:
            case.closes.add(k)
            case.events.append((k, {"type": "exit", "side": "LONG" if side > 0 else "SHORT"}))
    _touch(rng, case)
    return case


def _touch(rng, case):
    """Puts a price on a level that counts then, or a tick beside it."""
    model = tranche.Position(case).play()
    for _ in range(rng.choice((0, 0, 1, 3))):
        k, _, _, _, _, average, stop, limit = rng.choice(model.events or [(0,) * 8])
        loss = (average or 0) * (100 - case.side * case.o.increment) / 100
        level = rng.choice([level for level in (stop, limit, loss) if level] or [100])
        near = max(1, int(level) + rng.choice((-1, 0, 0, 1)))
        case.quotes[min(k + rng.randint(1, 6), len(case.quotes) - 1)] = (near, near)


def batch(rng, count):
    components = [_component(rng, n) for n in range(INSTANCES)]
    cases = [_case(rng, rng.choice(components), n) for n in range(count)]
    config = host.configuration(
        {f"P{n}": case.instrument.row for n, case in enumerate(cases)},
        [(one.name, "tranche", one.options) for one in components], {})
    return cases, config


def play(pawl, config, cases, restarts=()):
    return host.run(pawl, config, cases, restarts=restarts)[0]


def describe(case):
    return (f"{case.instrument.name} {'LONG' if case.side > 0 else 'SHORT'}, "
            f"{case.component.options}")


def expected(case):
    model = tranche.Position(case).play()
    case.until = len(case.quotes) if model.raced is None else model.raced
    return {"events": sorted((_told(*event) for event in model.events if event[0] < case.until),
                             key=_order)}


def _order(event):
    """At one quote in any order."""
    return event[:3]


def _told(k, what, number, into, steps, average, stop, limit):
    if what in ("reduced", "closed"):
        return (k, what, number, steps)
    return (k, what, number, into, steps, stop, limit, average)


def got(case, trace):
    ticks, out = case.instrument.ticks, []
    for event in trace:
        kind, _, what = event["type"].partition(".")
        if kind != "tranche" or event["k"] >= case.until:
            continue
        out.append(_told(event["k"], what, event["tranche"],
                         event["into"] if what == "merged" else None,
                         case.instrument.steps(event["change"]), ticks(event["entry"]),
                         ticks(event["stop"]), ticks(event["target"]) or None))
    return {"events": sorted(_summed(out), key=_order)}


def _summed(events):
    """What goes off a tranche, or comes to it, at one quote, in however many orders."""
    kept, reduced = [], {}
    for event in events:
        if event[1] == "reduced":
            reduced[event[:3]] = reduced.get(event[:3], 0) + event[3]
        else:
            kept.append(event)
    return kept + [(*key, steps) for key, steps in reduced.items()]


def same(case, name, want, have):
    return len(want) == len(have) and all(alike(*pair) for pair in zip(want, have))


def alike(want, have):
    if len(want) < 8 or len(have) < 8:
        return want == have
    return want[:7] == have[:7] and abs(want[7] - have[7]) < AVERAGE_OFF
