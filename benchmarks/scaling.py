"""One thread and two, from a thousand trajectories to ten million: time and memory, on the model of the war.

    python -m benchmarks.scaling [--quick]

Time is the wall time of a whole run with all summaries, one thread and two in turn. Memory is the peak of a process of
its own that does one run and nothing else.
"""

import os
import sys
import time
from functools import partial

from benchmarks.tools import ROOT, UKRAINE, Row, arguments, interleaved, launched, ratios, save, spread
from sim.engine.run import run
from sim.model.load import load

SIZES = (10**3, 10**4, 10**5, 10**6, 10**7)
QUICK_SIZES = (10**3, 10**4, 10**5)
MOST_TIMED = 10**6  # beyond, time is proportional, and is taken from the run that memory is taken of
CHILD = """
import sys
from sim.engine.run import run
from sim.model.load import load
run(load(sys.argv[1]), n=int(sys.argv[2]), threads=int(sys.argv[3]), scenarios=["baseline"])
"""


def threads(sizes: tuple[int, ...], rounds: int) -> list[Row]:
    """One thread against two."""
    study = load(str(ROOT / UKRAINE))
    rows: list[Row] = []
    for n in (size for size in sizes if size <= MOST_TIMED):
        works = {str(k): partial(run, study, n=n, threads=k, scenarios=["baseline"]) for k in (1, 2)}
        works["1"]()
        fewer = max(1, n // 50_000)  # long runs need not so many rounds
        times = interleaved(works, max(1, rounds // min(fewer, 4)), time.perf_counter)
        row: Row = {"n": n} | spread("one_thread", times["1"]) | spread("two_threads", times["2"])
        row |= spread("speed_up", ratios(times["1"], times["2"]))
        rows.append(row)
    return rows


def memory(sizes: tuple[int, ...]) -> list[Row]:
    """The peak of a process for each size."""
    cores = min(2, os.cpu_count() or 1)
    rows: list[Row] = []
    for n in sizes:
        done = launched([sys.executable, "-c", CHILD, UKRAINE, str(n), str(cores)])
        rows.append({"n": n, "threads": cores, "peak_mb": done.peak, "seconds": done.wall})
        print(f"{n:,} trajectories: {done.peak:.0f} MB after {done.wall:.0f} s", flush=True)
    return rows


def main() -> None:
    given = arguments(__doc__)
    sizes = QUICK_SIZES if given.quick else SIZES
    rounds = given.rounds or (1 if given.quick else 21)
    save("memory", memory(sizes), given.quick)  # first: a process begins with the peak of the one that starts it
    save("threads", threads(sizes[:2] if given.quick else sizes, rounds), given.quick)


if __name__ == "__main__":
    main()
