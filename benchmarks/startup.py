"""Before the first trajectory: time to compile by size of the model, and what a command takes from start to files.

    python -m benchmarks.startup [--quick]

Commands run in processes of their own, with a cache of their own: empty for a first run, filled for a warm one.
"""

import sys
import time
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.models import synthetic
from benchmarks.tools import ROOT, UKRAINE, Finished, Row, arguments, crossroads, launched, save, spread
from sim.compiler.emit import Emission
from sim.compiler.lower import lower
from sim.compiler.native import Target
from sim.compiler.passes import optimise
from sim.model.load import load

SIZES = (50, 100, 200, 400, 800)
QUICK_SIZES = (50, 100)
STUDY = "configs/talks_collapse.yaml"  # two scenarios


def compiling(sizes: tuple[int, ...], rounds: int) -> list[Row]:
    """Model file to machine code, part by part, and the first run of a model that was never seen."""
    rows: list[Row] = []
    with TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"model_{size}.yaml"
            path.write_text(synthetic(size), encoding="utf-8")
            rows.append(_compiled(f"synthetic, {size}", str(path), rounds, folder))
        rows.append(_compiled("ukraine", UKRAINE, rounds, folder))
    return rows


def _compiled(name: str, path: str, rounds: int, folder: str) -> Row:
    parts = [_parts(str(ROOT / path)) for _ in range(rounds)]
    model = load(str(ROOT / path)).model
    declared = (
        model.parameters, model.levers, model.draws, model.derived, model.states, model.events, model.phases,
        model.decisions,
    )  # fmt: skip
    row: Row = {"model": name, "statements": sum(len(kind) for kind in declared)}
    row["operations"] = len(optimise(lower(model)).step.ops)
    for place, part in enumerate(("load", "lower", "print", "compile")):
        row[f"{part}_seconds"] = sorted(times[place] for times in parts)[len(parts) // 2]
    return row | spread("compile_total", [sum(times) for times in parts]) | _first_runs(path, rounds, folder)


def _parts(path: str) -> list[float]:
    """Seconds to load a model, make its program, print it and compile it."""
    marks = [time.process_time()]
    model = load(path).model
    marks.append(time.process_time())
    program = optimise(lower(model))
    marks.append(time.process_time())
    target = Target()
    text = Emission(program, target.masks).text
    marks.append(time.process_time())
    target.compile(text)
    marks.append(time.process_time())
    return [after - before for before, after in pairwise(marks)]


def _first_runs(path: str, rounds: int, folder: str) -> Row:
    """``crossroads run`` of a handful of trajectories: the engine is warm, the model is new."""
    seconds: list[float] = []
    for number in range(rounds):
        with TemporaryDirectory() as cache:
            out = f"{folder}/out{number}"
            _run(cache, out, "benchmarks/peers/synthetic.yaml", "-n", "64")  # fills the cache but for this model
            seconds.append(_run(cache, out, path, "-n", "64", "--scenario", "baseline"))
    return spread("first_run", seconds)


def _run(cache: str, out: str, *words: str) -> float:
    command = crossroads("run", *words, "-o", out, "--force", "-q")
    return launched(command, {"XDG_CACHE_HOME": cache}).wall


def commands(rounds: int, folder: str) -> list[Row]:
    """Warm commands, in turn, as a user waits for them."""
    one = ("-n", "10000", "--scenario", "baseline")
    works = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "crossroads --help": crossroads("--help"),
        "run, 10,000 x 104 weeks": crossroads("run", UKRAINE, *one, "-o", f"{folder}/one", "--force", "-q"),
        "run, 20,000 x 2 scenarios": crossroads("run", STUDY, "-o", f"{folder}/two", "--force", "-q"),
    }
    for command in works.values():
        launched(command)  # warm
    done: dict[str, list[Finished]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, command in works.items():
            done[name].append(launched(command))
    return [
        {"what": name} | spread("wall", [d.wall for d in runs]) | spread("cpu", [d.cpu for d in runs])
        for name, runs in done.items()
    ]


def main() -> None:
    given = arguments(__doc__)
    rounds = given.rounds or (1 if given.quick else 7)
    with TemporaryDirectory() as folder:
        save("startup", commands(rounds, folder), given.quick)
    save("compile", compiling(QUICK_SIZES if given.quick else SIZES, max(1, rounds // 2)), given.quick)


if __name__ == "__main__":
    main()
