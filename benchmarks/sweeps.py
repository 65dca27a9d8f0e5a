"""A sweep that a user would run: aid x a wave of sanctions x the odds of a ceasefire, on the model of the war.

    python -m benchmarks.sweeps [--quick]

The study is aid_sanctions_ceasefire.yaml, its tables go to results/bench/sweep (wide.csv: one row a point). Timed is
the whole command, from start to files on disk, with one thread and with all. Then, once, ten thousand points of a
thousand trajectories (ten_thousand_points.yaml).
"""

import csv
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.tools import Row, arguments, crossroads, folder, interleaved, launched, save, spread

STUDY = "benchmarks/aid_sanctions_ceasefire.yaml"
LARGE = "benchmarks/ten_thousand_points.yaml"
SCENARIOS = ("as_it_comes", "wave", "embargo")
N, QUICK_N = 2_000, 200


def sweep(n: int, threads: int, out: Path) -> Callable[[], object]:
    """The command, to be run."""
    words = ["sweep", STUDY, "-n", str(n), "--threads", str(threads), "-o", str(out), "--force", "-q"]
    for scenario in SCENARIOS:
        words += ["--scenario", scenario]
    return lambda: launched(crossroads(*words))


def measure(n: int, rounds: int, out: Path) -> list[Row]:
    threads = sorted({1, min(2, os.cpu_count() or 1)})
    contestants = {f"{k} threads" if k > 1 else "1 thread": sweep(n, k, out) for k in threads}
    next(iter(contestants.values()))()  # compiles what is not yet in the cache
    times = interleaved(contestants, rounds, time.perf_counter)
    n_points = _lines(out / "wide.csv")
    n_scenarios = len(SCENARIOS)
    rows: list[Row] = []
    for name, seconds in times.items():
        row: Row = {"what": name, "points": n_points, "scenarios": n_scenarios, "trajectories": n}
        row |= spread("seconds", seconds)
        row |= spread("points_per_second", [n_points * n_scenarios / s for s in seconds])
        row |= spread("trajectories_per_second", [n_points * n_scenarios * n / s for s in seconds])
        rows.append(row)
    return rows


def large(out: Path) -> list[Row]:
    """Ten thousand points, with all threads."""
    done = launched(crossroads("sweep", LARGE, "-o", str(out), "--force", "-q"))
    n = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["n"]
    n_points = _lines(out / "points.csv")
    row: Row = {"points": n_points, "trajectories": n, "seconds": done.wall, "cpu": done.cpu}
    return [row | {"peak_mb": done.peak, "points_per_second": n_points / done.wall}]


def _lines(path: Path) -> int:
    """How many rows a table has."""
    with path.open(encoding="utf-8") as file:
        return len(list(csv.DictReader(file)))


def main() -> None:
    given = arguments(__doc__)
    n = QUICK_N if given.quick else N
    save("sweeps", measure(n, given.rounds or (1 if given.quick else 5), folder(given.quick) / "sweep"), given.quick)
    if not given.quick:
        save("large_sweep", large(folder(given.quick) / "ten_thousand_points"), given.quick)


if __name__ == "__main__":
    main()
