"""How fast the shipped model runs: against numpy, with and without summaries, on one thread and on two.

    python -m benchmarks.speed [STUDY] [-o results/bench/speed.csv]

Rounds are interleaved and every figure is CPU time of the thread (wall time for two threads), because machines are
shared: read the ratios, which are medians over the rounds, rather than the nanoseconds. It asserts nothing.
"""

import argparse
import csv
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.peers.numpy_peer import numpy_program
from sim.compiler.inputs import Inputs
from sim.compiler.kernel import build
from sim.compiler.lower import lower
from sim.engine.driver import CHUNK, simulate
from sim.engine.results import Settings
from sim.engine.run import run
from sim.engine.scenario_run import ScenarioRun
from sim.model.load import load

REPLICATES = 10


def measure(path: str, rounds: int) -> list[dict[str, object]]:
    """One row for each thing timed: nanoseconds per trajectory and step, and its ratio to the kernel."""
    study = load(path)
    model, scenario = study.model, study.scenarios[0]
    program = lower(model)
    kernel = build(program)
    inputs = Inputs.of(program, model, scenario)
    settings = Settings(n=20 * CHUNK, seed=1, replicates=REPLICATES, keep=0, design="random", n_threads=1)
    work = ScenarioRun.of(kernel, model, scenario, settings)
    parameters = work.sampler.values(0, CHUNK // REPLICATES + 1)
    ranges = work.pilot().ranges
    peer, _ = numpy_program(program)
    lanes = parameters[:, np.arange(CHUNK) // REPLICATES]

    def numpy_peer() -> None:
        with np.errstate(all="ignore"):
            peer(CHUNK, np.random.default_rng(1), lanes, inputs.uniforms, inputs.schedule)

    contestants: dict[str, Callable[[], object]] = {
        "kernel": lambda: simulate(kernel, inputs, parameters, REPLICATES, 1, 0, CHUNK),
        "kernel with all summaries": lambda: simulate(kernel, inputs, parameters, REPLICATES, 1, 0, CHUNK, ranges),
        "numpy over trajectories": numpy_peer,
    }
    times = _rounds(contestants, rounds, time.thread_time)
    per_step = CHUNK * program.layout.n_records / 1e9
    rows = [_row(name, [t / per_step for t in times[name]], times[name], times["kernel"]) for name in contestants]
    threads = {
        "one thread, whole run": lambda: run(study, n=10 * CHUNK, threads=1, scenarios=[scenario.name]),
        "two threads, whole run": lambda: run(study, n=10 * CHUNK, threads=2, scenarios=[scenario.name]),
    }
    walls = _rounds(threads, max(2, rounds // 3), time.perf_counter)
    one = walls["one thread, whole run"]
    return rows + [_row(name, [t / per_step / 10 for t in walls[name]], walls[name], one) for name in threads]


def _rounds(
    contestants: dict[str, Callable[[], object]], rounds: int, clock: Callable[[], float]
) -> dict[str, list[float]]:
    for work in contestants.values():
        work()  # warm
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, work in contestants.items():
            begun = clock()
            work()
            times[name].append(clock() - begun)
    return times


def _row(name: str, nanoseconds: list[float], times: list[float], base: list[float]) -> dict[str, object]:
    ratio = median(t / b for t, b in zip(times, base, strict=True))
    return {"what": name, "ns_least": min(nanoseconds), "ns_median": median(nanoseconds), "ratio": ratio}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="?", default="configs/talks_collapse.yaml")
    parser.add_argument("-o", default="results/bench/speed.csv")
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    rows = measure(given.study, given.rounds)
    target = Path(given.o)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print(f"{row['what']:28} {row['ns_least']:9.0f} {row['ns_median']:9.0f} ns   x {row['ratio']:.2f}")
    print(f"nanoseconds per trajectory and step, least and median; {target}")


if __name__ == "__main__":
    main()
