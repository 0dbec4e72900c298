"""What has to hold of a component whatever happens, on random paths with partial fills, rejects,
lost answers, delays and restarts, where no model could say what comes next: properties.py COMPONENT
--pawl PATH. Prints how many cases there were and how many broke a property."""

import argparse
import os
import random
import sys
import time

import drive_pyramid
import drive_rstop
import drive_tranche
import holds_pyramid
import holds_rstop
import holds_tranche
import host

HOLDS = {"pyramid": (drive_pyramid, holds_pyramid), "rstop": (drive_rstop, holds_rstop),
         "tranche": (drive_tranche, holds_tranche)}
CASES, CASES_THOROUGH, BATCH = 1000, 10000, 250
FAULTS = ({"what": "reject", "class": "retryable"}, {"what": "reject", "class": "fatal"},
          {"what": "reject", "class": "state"}, {"what": "partial"}, {"what": "drop_reply"},
          {"what": "drop_request"}, {"what": "duplicate_fill"},
          {"what": "late_fill", "delay": "3s"}, {"what": "delay", "delay": "2s"},
          {"what": "drop_reply", "op": "amend"}, {"what": "reject", "op": "amend"})
ROLES = ("main", "stop", "target", "exit")


def trouble(rng, config, cases):
    """What goes wrong in this batch: (options of the venue, milliseconds of restarts)."""
    paper = config["plugins"][0]["options"]
    paper.update(latency_request="20ms", latency_reply="20ms", seed=rng.randint(1, 10 ** 6))
    if rng.random() < 0.6:
        paper.update(partial_fill_probability=rng.choice(("0.1", "0.4")),
                     reject_probability=rng.choice(("0", "0.03", "0.1")))
    for case in cases:
        if rng.random() < 0.15:
            fault = dict(rng.choice(FAULTS), type="fault")
            fault["order"] = {"role": rng.choice(ROLES)}
            case.events.append((rng.randint(0, len(case.quotes) - 1), fault))
    if rng.random() < 0.7:
        return sorted(1000 * host.SECONDS * rng.randint(1, 60) +
                      rng.choice((0, 1, 20, 30, 45, 600, 5001, 5020, 8000)) for _ in range(5))
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("component", choices=sorted(HOLDS))
    parser.add_argument("--pawl", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=1, help="how many broken ones in full")
    thorough = os.environ.get("PAWL_THOROUGH")
    parser.add_argument("--cases", type=int, default=CASES_THOROUGH if thorough else CASES)
    args = parser.parse_args()
    drive, holds = HOLDS[args.component]
    begun, broken, restarted = time.monotonic(), [], 0
    for start in range(0, args.cases, BATCH):
        seed = args.seed + start // BATCH
        rng = random.Random(f"{args.component} {seed} holds")
        cases, config = drive.batch(rng, min(BATCH, args.cases - start))
        rates = config[1] if isinstance(config, tuple) else ()
        config = config[0] if isinstance(config, tuple) else config
        restarts = trouble(rng, config, cases)
        restarted += len(cases) if restarts else 0
        traces, _ = host.run(args.pawl, config, cases, rates, restarts)
        for number, (case, trace) in enumerate(zip(cases, traces)):
            faults = list(dict.fromkeys(holds.faults(case, trace)))
            if faults:
                broken.append((seed, number))
            if faults and len(broken) <= args.show:
                print(f"seed {seed}, case {number}: {drive.describe(case)}; restarts {restarts}; "
                      f"{[event for event in case.events if event[1]['type'] == 'fault']}")
                for fault in faults[:5]:
                    print("  ", fault)
                for event in trace if os.environ.get("PAWL_SHOW") else ():
                    print("   ", {key: value for key, value in event.items()
                                  if key not in ("seq", "cause", "account", "symbol")})
    print(f"{args.component}: {args.cases} cases from seed {args.seed}, {restarted} with restarts, "
          f"{len(broken)} broken, {time.monotonic() - begun:.1f} s", *broken[:20])
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
