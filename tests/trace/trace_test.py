#!/usr/bin/python3
"""Whole backtests: the same summary, trace hash included, in every run and with every compiler.

usage: trace_test.py PAWL TABLE [--update]

PAWL is the program of one build, TABLE the checked-in summaries that builds of every compiler must
meet. The generated demonstration market is always there; recorded files are used where they are
($PAWL_TEST_DATA, else ../shared/data beside the project) and counted as skipped where not.
A change of behaviour changes the table: look at what changed, then run it with --update.
"""
import json
import os
import sys

from backtest import summary_of

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CONFIG = os.path.join(TOP, "config", "demo.json")
RUNS = 3
KEPT = ["orders", "fills", "lots_closed", "net_pnl", "guarded_ns", "trace_hash"]  # in the table

PERSONALITIES = [("ideal", "netting"), ("binance_oneway", "netting"), ("mt5_hedging", "hedging")]
GENERATED = ["config/demo/xauusd.generated.json", "config/demo/eurusd.generated.json"]
RECORDED = [
    "lean/xauusd_oanda_quotes_20140501-20140509.csv.zst",
    "lean/eurusd_fxcm_quotes_20140501-20140509.csv.zst",
    "lean/spy_trades_20131007-20131011.csv.zst",
    "bars/filusdt_binance_usdm_1m_202409.csv.zst",
]


def data_folder():
    return os.environ.get("PAWL_TEST_DATA") or os.path.join(TOP, "..", "shared", "data")


def backtest(pawl, data, personality, mode):
    return summary_of(pawl, "-c", CONFIG, "--data", data,
                      "--set", f"plugins.paper.options.personality={personality}",
                      "--set", f"accounts.main.mode={mode}")


def complaints(summary):
    if summary["fills"] == 0 or summary["lots_closed"] == 0:
        yield "no trades were taken or no lot concluded"
    if summary["unprotected_ns"] != 0:
        yield f"{summary['unprotected_ns']} ns unprotected"


def check(pawl, name, path, table, update):
    """Yields one line for each thing that is wrong with this file."""
    for personality, mode in PERSONALITIES:
        key = f"{name} {personality}"
        runs = [backtest(pawl, path, personality, mode) for _ in range(RUNS)]
        for text in complaints(runs[0]):
            yield f"{key}: {text}"
        if any(run != runs[0] for run in runs):
            yield f"{key}: {RUNS} runs differ: {[run['trace_hash'] for run in runs]}"
        kept = {name: runs[0][name] for name in KEPT}
        if update:
            table[key] = kept
        elif table.get(key) != kept:
            yield f"{key}: the table says {table.get(key)}, this build {kept}"


def main():
    pawl, table_path = sys.argv[1:3]
    update = "--update" in sys.argv[3:]
    try:
        with open(table_path, encoding="utf-8") as file:
            table = json.load(file)
    except FileNotFoundError:
        table = {}
    files = [(os.path.basename(path), os.path.join(TOP, path)) for path in GENERATED]
    recorded = [(os.path.basename(path), os.path.join(data_folder(), path)) for path in RECORDED]
    there = [entry for entry in recorded if os.path.exists(entry[1])]
    wrong = []
    for name, path in files + there:
        wrong += check(pawl, name, path, table, update)
    for line in wrong:
        print(line)
    if update:
        with open(table_path, "w", encoding="utf-8") as file:
            json.dump(table, file, indent=1, sort_keys=True)
            file.write("\n")
    count = (len(files) + len(there)) * len(PERSONALITIES)
    absent = len(recorded) - len(there)
    print(f"{count} backtests of {RUNS} runs each, {absent} recorded files absent")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
