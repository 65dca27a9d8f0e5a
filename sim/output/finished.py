"""Finished runs compared: made again trajectory by trajectory where that is possible, else by their tables alone."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from sim.analysis.compare import Comparison, Difference, Side, compare_sides, sides_of
from sim.analysis.unpaired import mean_difference, share_difference
from sim.engine.results import Settings
from sim.engine.run import check_settings
from sim.engine.runner import Progress
from sim.errors import CrossroadsError, UsageError
from sim.model.declarations import Study
from sim.model.load import load
from sim.output.manifest import model_hash
from sim.output.report.reading import RunDirectory

SHARED = {  # what two runs on the same random numbers have in common
    "model_sha256": "they are of different models",
    "seed": "their seeds differ",
    "n": "their numbers of trajectories differ",
    "replicates": "their numbers of trajectories of each parameter draw differ",
    "design": "their designs differ",
}
NAN = float("nan")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """A scenario of a finished run."""

    run: RunDirectory
    scenario: str
    label: str

    def settings(self, n_threads: int) -> Settings:
        m: Mapping[str, Any] = self.run.manifest
        return Settings(m["n"], m["seed"], m["replicates"], design=m["design"], n_threads=n_threads)


def places_of(runs: tuple[RunDirectory, RunDirectory], names: Sequence[str]) -> list[tuple[Place, Place]]:
    """What to compare in two runs, or (twice the same) in one.

    Two names are those of scenarios; without names, the scenarios that both runs have are compared, or the only ones.
    """
    first, second = (scenarios_of(run) for run in runs)
    if names:
        pairs = [(names[0], names[1])]
    elif len(first) == len(second) == 1:
        pairs = [(first[0], second[0])]
    else:
        pairs = [(name, name) for name in first if name in second]
    if not pairs:
        raise UsageError(f"{runs[0].path} and {runs[1].path} have no scenario in common")
    for run, name in ((run, name) for pair in pairs for run, name in zip(runs, pair, strict=True)):
        if name not in scenarios_of(run):
            raise UsageError(f"{run.path} has no scenario {name!r}; there are: {', '.join(scenarios_of(run))}")
    return [(_place(runs, 0, a), _place(runs, 1, b)) for a, b in pairs]


def scenarios_of(run: RunDirectory) -> list[str]:
    found: Any = run.manifest.get("scenarios")
    return [str(name) for name in found] if isinstance(found, list) else []


def _place(runs: tuple[RunDirectory, RunDirectory], i: int, scenario: str) -> Place:
    """A scenario, called after its run as well where there are two."""
    if runs[0] is runs[1]:
        return Place(runs[i], scenario, scenario)
    name = runs[i].name if runs[0].name != runs[1].name else str(runs[i].path)
    return Place(runs[i], scenario, f"{scenario} ({name})")


def compare_finished(a: Place, b: Place, n_threads: int, progress: Progress | None = None) -> Comparison:
    """Two scenarios of finished runs: paired where both can be made again and share their random numbers."""
    sides = _made_again(a, b, n_threads)
    if not isinstance(sides, str):
        return compare_sides(*sides, progress)
    rows = [row for table in TABLES for row in table(a, b)]
    return Comparison(a.label, b.label, a.settings(n_threads), 0, 0, tuple(rows), reason=sides)


def _made_again(a: Place, b: Place, n_threads: int) -> tuple[Side, Side] | str:
    """Both scenarios ready to be simulated as they were, or why that cannot be."""
    for key, reason in SHARED.items():
        if a.run.manifest.get(key) != b.run.manifest.get(key):
            return reason
    sides = []
    for place in (a, b):
        study = study_of(place.run, place.scenario)
        if isinstance(study, str):
            return study
        check_settings(place.settings(n_threads), study.model)
        side = sides_of(study, [place.scenario], place.settings(n_threads))[0]
        sides.append(replace(side, label=place.label))
    first, second = sides
    return (first, second) if _compared(first) == _compared(second) else "they summarise different things"


def _compared(side: Side) -> tuple[object, ...]:
    layout = side.run.kernel.program.layout
    return layout.outcomes, layout.things, layout.machines, side.model.questions, side.model.measures


def study_of(run: RunDirectory, scenario: str) -> Study | str:
    """The study of a finished run, for one scenario, if nothing has changed since; else what has."""
    command: Any = run.manifest.get("command")
    words = [str(word) for word in command] if isinstance(command, list) else []
    path = next((word for word in words if _hash(word) == run.manifest.get("study_sha256") is not None), None)
    if path is None:
        return _lost(run, words)
    try:
        study = load(path, settings=_changes(words), scenarios=[scenario])
    except CrossroadsError:
        return f"the study of {run.name} can no longer be read"
    if model_hash(study.model.sources) != run.manifest.get("model_sha256"):
        return f"the model of {run.name} has changed since"
    return study


def _lost(run: RunDirectory, words: Sequence[str]) -> str:
    """Why the file of a study is not to be had; the command of the run names it as it was seen from its folder."""
    named = next((word for word in words if word.endswith((".yaml", ".yml"))), None)
    if named is None:
        return f"the manifest of {run.name} names no study that could be run again"
    if Path(named).is_file():
        return f"the study of {run.name} has changed since"
    if Path(named).is_absolute():
        return f"{named} is no longer there"
    return f"{named} is not found from this folder: run compare where the run was started"


def _changes(words: Sequence[str]) -> list[str]:
    after = [value for word, value in pairwise(words) if word == "--set"]
    return after + [word.removeprefix("--set=") for word in words if word.startswith("--set=")]


def _hash(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except (OSError, ValueError):
        return ""


Rows = Callable[[Place, Place], Iterator[Difference]]


def _shares(kind: str, table: str, what: str, aspect: str | None, date: str | None) -> Rows:
    """Rows of a table of shares with intervals; ``what``, ``aspect`` and ``date`` are its columns."""

    def rows(a: Place, b: Place) -> Iterator[Difference]:
        for x, y in _both(a, b, table, (what, *([aspect] if aspect else []))):
            p, q = ((float(row["p"]), float(row["p_low"]), float(row["p_high"])) for row in (x, y))
            key = kind, str(x[what]), str(x[aspect]) if aspect else "share", ""
            day = str(x[date]) if date else str(a.run.manifest.get("end", ""))
            yield _difference(key, day, p[0], q[0], share_difference(p, q))

    return rows


def _measures(a: Place, b: Place) -> Iterator[Difference]:
    for x, y in _both(a, b, "measures", ("measure", "unit", "date")):
        key = "measure", str(x["measure"])
        means = mean_difference(float(x["mean"]), float(x["se"]), float(y["mean"]), float(y["se"]))
        medians = float(x["p50"]) - float(y["p50"]), NAN, NAN
        yield _difference((*key, "mean", str(x["unit"])), str(x["date"]), float(x["mean"]), float(y["mean"]), means)
        yield _difference((*key, "median", str(x["unit"])), str(x["date"]), float(x["p50"]), float(y["p50"]), medians)


def _states(a: Place, b: Place) -> Iterator[Difference]:
    for x, y in _both(a, b, "states", ("variable", "value", "date")):
        p, q = float(x["share"]), float(y["share"])
        yield _difference(("state", str(x["variable"]), str(x["value"]), ""), str(x["date"]), p, q, (p - q, NAN, NAN))


TABLES: tuple[Rows, ...] = (
    _shares("outcome", "outcomes", "outcome", None, None),
    _shares("question", "questions", "question", "answer", "by"),
    _shares("event", "events", "event", None, None),
    _measures,
    _states,
)


def _both(a: Place, b: Place, table: str, keys: Sequence[str]) -> Iterator[tuple[Row, Row]]:
    """Rows that both scenarios have in a table, in the order of a."""
    theirs = {tuple(str(row[key]) for key in keys): row for row in _rows(b, table)}
    for row in _rows(a, table):
        other = theirs.get(tuple(str(row[key]) for key in keys))
        if other is not None:
            yield row, other


def _rows(place: Place, table: str) -> list[Row]:
    frame = place.run.table(table)
    if frame is None:
        return []
    found: list[Row] = frame[frame["scenario"] == place.scenario].to_dict("records")
    return found


def _difference(
    key: tuple[str, str, str, str], date: str, a: float, b: float, found: tuple[float, float, float]
) -> Difference:
    return Difference(*key, date, a, b, *found, (NAN, NAN), NAN)
