"""Runs `pawl backtest` and gives what its summary says, without what depends on the machine."""
import json
import subprocess


def summary_of(pawl, *words):
    command = [pawl, "backtest", *words, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr[-500:]}")
    summary = json.loads(done.stdout)
    del summary["timing"]
    return summary
