"""The kernel against other ways to run the same model, on a synthetic model and on that of the war.

    python -m benchmarks.peers [--quick]

All run the same equations (the peers are printed from the program that the kernel is compiled from) with summaries off.
Rounds are interleaved; a time is CPU time of the process, a ratio that to the kernel in the same round. A peer races
only after the means of all its states agree with the kernel's within 5 standard errors, or to the last bit. A quick run
takes a small synthetic model.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.models import synthetic
from benchmarks.peers.case import SEED, STRETCH, Case
from benchmarks.peers.contestants import Peer, compared, makers
from benchmarks.tools import ROOT, UKRAINE, Row, arguments, interleaved, ratios, save, spread
from sim.engine.driver import CHUNK

KERNEL, SUMMARISED = "kernel", "kernel, all summaries"
COMPARED = 8 * CHUNK  # trajectories of the kernel that peers are held against


def race(case: Case, rounds: int, quick: bool) -> list[Row]:
    """A row for each contestant."""
    kernel = case.kernel_states(COMPARED)
    works: dict[str, tuple[int, Callable[[], object]]] = {
        KERNEL: (STRETCH * CHUNK, case.kernel_chunks),
        SUMMARISED: (STRETCH * CHUNK, case.summarised_chunks),
    }
    told: dict[str, Row] = {KERNEL: {}, SUMMARISED: {"agreement": "same bits"}}
    for maker in makers(case, quick):
        if not maker.installed:
            told[maker.name] = {"agreement": "not installed"}
            continue
        begun = time.perf_counter()
        peer = maker.make()
        peer.run(SEED)
        seconds = time.perf_counter() - begun
        agreement, worst = _agreement(case, peer, kernel)
        told[peer.name] = {"agreement": agreement, "worst_errors": worst, "preparation_seconds": seconds}
        works[peer.name] = peer.n, lambda peer=peer: peer.run(SEED)
        print(f"{case.name}: {peer.name} is ready after {seconds:.0f} s, {agreement}", flush=True)
    times = interleaved({name: work for name, (_, work) in works.items()}, rounds)
    per_step = {name: [t / (works[name][0] * case.n_records) * 1e9 for t in times[name]] for name in times}
    rows: list[Row] = []
    for name, facts in told.items():
        row: Row = {"model": case.name, "what": name, **facts}
        if name in per_step:
            row |= spread("ns", per_step[name]) | spread("ratio", ratios(per_step[name], per_step[KERNEL]))
        rows.append(row)
    return rows


def _agreement(case: Case, peer: Peer, kernel: np.ndarray) -> tuple[str, float]:
    return compared(case, peer, kernel, repeats=2 if peer.n >= CHUNK else 5)


def main() -> None:
    given = arguments(__doc__)
    sys.setrecursionlimit(100_000)  # numba walks through a long function recursively
    rounds = given.rounds or (3 if given.quick else 15)
    if given.quick:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "synthetic.yaml"
            path.write_text(synthetic(24), encoding="utf-8")
            rows = race(Case.of("synthetic", path), rounds, quick=True)
    else:
        cases = {"synthetic": ROOT / "benchmarks" / "peers" / "synthetic.yaml", "ukraine": ROOT / UKRAINE}
        rows = [row for name, path in cases.items() for row in race(Case.of(name, path), rounds, quick=False)]
    save("peers", rows, given.quick)


if __name__ == "__main__":
    main()
