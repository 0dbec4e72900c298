"""Plays random paths through the program and through the models: compare.py COMPONENT --pawl PATH.
Every second batch is stopped and started again on its way. Prints how many paths and how many
differences; the first difference in full."""

import argparse
import os
import random
import sys
import time

import drive_pyramid
import drive_rstop
import drive_tranche
import host

DRIVES = {"pyramid": drive_pyramid, "rstop": drive_rstop,
          "tranche": drive_tranche}
PATHS, PATHS_THOROUGH, BATCH = 1000, 10000, 500
STOPS, ROWS_STOPPED = 12, 90


def difference(drive, case, trace):
    """{what: (expected, got)} of all that differs."""
    expected, got = drive.expected(case), drive.got(case, trace)
    return {name: (want, got[name]) for name, want in expected.items()
            if not drive.same(case, name, want, got[name])}


def _first(want, have, alike):
    """Of two lists what begins to differ, else all."""
    if isinstance(want, list):
        at = next((i for i, pair in enumerate(zip(want, have)) if not alike(*pair)),
                  min(len(want), len(have)))
        yield from (f"both     {one}" for one in want[max(at - 3, 0):at])
        yield from (f"expected {one}" for one in want[at:at + 4])
        yield from (f"got      {one}" for one in have[at:at + 4])
    else:
        yield from (f"expected {want}", f"got      {have}")


def stops(component, seed):
    """Milliseconds at which every second batch is stopped and started again: after what its rows
    bring and before the next ones, since prices do not outlive a restart. The model does not know
    of it, so nothing may come of it."""
    rng = random.Random(f"{component} {seed} stops")
    if seed % 2:
        return []
    return [1000 * host.SECONDS * rng.randint(0, ROWS_STOPPED) + rng.randint(5001, 9999)
            for _ in range(STOPS)]


def show(drive, seed, number, case, found, trace):
    print(f"seed {seed}, path {number}: {drive.describe(case)}")
    for k, quote in enumerate(case.quotes):
        print(f"    {k:3} {case.instrument.price(quote[0])} / {case.instrument.price(quote[1])}",
              *(event for when, event in case.events if when == k))
    for name, (want, have) in found.items():
        print(f"  {name}:", *_first(want, have, drive.alike), sep="\n    ")
    for event in trace if os.environ.get("PAWL_SHOW") else ():
        print("   ", {key: value for key, value in event.items()
                      if key not in ("seq", "cause", "account", "symbol")})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("component", choices=sorted(DRIVES))
    parser.add_argument("--pawl", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=1, help="how many differences in full")
    thorough = os.environ.get("PAWL_THOROUGH")
    parser.add_argument("--paths", type=int, default=PATHS_THOROUGH if thorough else PATHS)
    args = parser.parse_args()
    drive, begun = DRIVES[args.component], time.monotonic()
    differing, shown = [], []
    for start in range(0, args.paths, BATCH):
        # A batch hangs on its seed alone, so that one can be played again.
        seed = args.seed + start // BATCH
        rng = random.Random(f"{args.component} {seed}")
        cases, config = drive.batch(rng, min(BATCH, args.paths - start))
        traces = drive.play(args.pawl, config, cases, stops(args.component, seed))
        for number, (case, trace) in enumerate(zip(cases, traces)):
            found = difference(drive, case, trace)
            if found:
                differing.append((seed, number))
                if len(shown) < args.show:
                    shown.append((drive, seed, number, case, found, trace))
    print(f"{args.component}: {args.paths} paths from seed {args.seed}, "
          f"{len(differing)} differences, {time.monotonic() - begun:.1f} s")
    if differing:
        print("differing (seed, path):", *differing[:20])
    for one in shown:
        show(*one)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
