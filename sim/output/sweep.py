"""A sweep as a directory: the points, and the tables of a run with the number of the point in front.

The tables are written as the cases end, in their order. Until the sweep is done they lie in its journal, which notes
from time to time how far they have come; what was written after the last note is cut off when the sweep is resumed.
"""

import contextlib
import hashlib
import os
import platform
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim import __version__
from sim.analysis.sweep import Cases
from sim.analysis.sweep_plan import Plan
from sim.engine.results import MEASURE_COLUMNS, Results
from sim.model.declarations import Study
from sim.output import tables
from sim.output.columns import COLUMNS, Column
from sim.output.csv_text import csv_text
from sim.output.identity import digest, identity_of_run
from sim.output.journal import INTERVAL
from sim.output.manifest import FORMAT, cpu_name, manifest_text, model_hash, names_of
from sim.output.store import MANIFEST, Store, _as_output_error
from sim.output.tables import Table, document

PROGRESS = "progress"
POINT = Column("point", "", "Number of the point, from 0; points.csv says what was set there.")
MEAN = MEASURE_COLUMNS.index("mean")


@dataclass(frozen=True, slots=True)
class CaseRows:
    """The lines of one case in every table, and its part of a row of ``wide``."""

    lines: dict[str, str]
    wide: tuple[float, ...]
    failures: int


@dataclass(frozen=True)
class RowMaker:
    """Makes rows of results, where these arise."""

    plan: Plan

    def __call__(self, point: int, results: Results) -> CaseRows:
        made = (self.table(name, results) for name in self.plan.tables)
        lines = {table.name: _lines(with_point(table, point)) for table in made}
        return CaseRows(lines, tuple(self._wide(results)), results.failures)

    def table(self, name: str, results: Results) -> Table:
        made: Table = getattr(tables, name)(results)
        return _last_only(made) if self.plan.last_only and name in ("measures", "states") else made

    def _wide(self, results: Results) -> Iterable[float]:
        chosen, result = self.plan.wide, results.scenarios[0]
        if chosen is None:
            return
        outcomes = dict(zip(results.layout.outcomes, result.outcomes, strict=True))
        yield from (outcomes[name].p for name in chosen.outcomes)
        asked = [question.name for question in results.model.questions]
        for name in chosen.questions:
            yield from (share.p for q, _, share in result.questions if asked[q] == name)
        columns = [results.layout.measures.index(name) for name in chosen.measures]
        yield from (float(result.values[MEAN, -1, column]) for column in columns)


def with_point(table: Table, point: int) -> Table:
    return Table(table.name, (POINT, *table.columns), ([point] * len(table), *table.data))


def _last_only(table: Table) -> Table:
    dates = table.data[[column.name for column in table.columns].index("date")]
    last = max(dates, default="")
    rows = [i for i, date in enumerate(dates) if date == last]
    return Table(table.name, table.columns, tuple([column[i] for i in rows] for column in table.data))


def _lines(table: Table) -> str:
    return csv_text(table).partition("\n")[2]


def points_table(cases: Cases) -> Table:
    """The values of each point."""
    plan = cases.plan
    kinds = {"parameter": "Parameter", "lever": "Lever, throughout"}
    columns = [POINT]
    for target in plan.targets:
        columns.append(Column(target.name, target.unit, f"{kinds.get(target.kind, f'Initial {target.kind}')}, as set."))
    data: list[list[Any]] = [list(range(len(plan.points))), *(list(c) for c in zip(*plan.points, strict=True))]
    if not plan.common:
        columns.append(Column("seed", "", "Seed of this point."))
        data.append([cases.seed(point) for point in data[0]])
    return Table("points", tuple(columns), tuple(data))


def wide_columns(study: Study, plan: Plan) -> tuple[Column, ...]:
    """The columns of ``wide``: the point, what is set there, and what came of it."""
    chosen, model = plan.wide, study.model
    if chosen is None:
        return ()
    found = []
    questions = {q.name: q for q in model.questions}
    measures = {m.name: m for m in model.measures}
    for scenario in study.scenarios:
        prefix = "" if len(study.scenarios) == 1 else f"{scenario.name}/"
        of = "" if len(study.scenarios) == 1 else f" in the scenario {scenario.name}"
        for name in chosen.outcomes:
            found.append(Column(f"{prefix}outcome.{name}", "probability", f"Probability of the outcome {name}{of}."))
        for name in chosen.questions:
            asked = questions[name]
            for number in range(len(asked.bins) + 1 if asked.kind == "value" else 1):
                label = "" if asked.kind != "value" else f" {asked.answer_label(number)}"
                meaning = f"Probability of the answer {label.strip() or 'yes'} to the question {name}{of}."
                found.append(Column(f"{prefix}question.{name}{label}", "probability", meaning))
        for name in chosen.measures:
            meaning = f"Mean of the measure {name} at the horizon{of}."
            found.append(Column(f"{prefix}measure.{name}", measures[name].unit, meaning))
    swept = (Column(t.name, t.unit, "As in points.csv.") for t in plan.targets)
    return (POINT, *swept, *found)


class SweepStore(Store):
    """The place of a sweep, claimed before anything is computed.

    Args:
        cases: what is run.
        directory, force, resume: as of a run.
    """

    def __init__(self, cases: Cases, directory: str | Path, *, force: bool = False, resume: bool = False) -> None:
        super().__init__(directory, force=force, identity=_identity(cases), resume=resume)
        self.cases = cases
        self.done = 0  # cases
        self.failures: dict[int, int] = {}  # by point
        self._files: dict[str, _Stream] = {}
        self._wide: list[float] = []

    def __enter__(self) -> "SweepStore":
        super().__enter__()
        try:
            with _as_output_error(self.directory):
                self._open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for stream in self._files.values():
            stream.close()
        super().__exit__()

    def add(self, rows: CaseRows) -> None:
        """The next case."""
        n_scenarios = len(self.cases.study.scenarios)
        point, which = divmod(self.done, n_scenarios)
        self._wide += rows.wide
        with _as_output_error(self.directory):
            for name, lines in rows.lines.items():
                self._files[name].write(lines)
            if self.cases.plan.wide is not None and which == n_scenarios - 1:
                values: tuple[list[Any], ...] = tuple([v] for v in (point, *self.cases.plan.points[point], *self._wide))
                self._files["wide"].write(_lines(Table("wide", self._files["wide"].columns, values)))
                self._wide = []
            if rows.failures:
                self.failures[point] = self.failures.get(point, 0) + rows.failures
            self.done += 1
            if self.journal is not None and self.journal.is_due:
                self.note()

    def note(self) -> None:
        """Write down how far the tables have come."""
        if self.journal is not None and self.done:
            noted = {name: stream.noted() for name, stream in self._files.items()}
            self.journal.write({PROGRESS: (self.done, noted, list(self._wide), dict(self.failures))})

    @contextlib.contextmanager
    def noting(self) -> Iterator[None]:
        """If the work within is stopped, note how far it came, unless it had just begun."""
        began = time.monotonic()
        try:
            yield
        except BaseException:
            if self.journal is not None and (self.journal.is_begun or time.monotonic() - began > INTERVAL):
                self.note()
            raise

    def save_sweep(self, seconds: tuple[float, float], command: Sequence[str] = ()) -> Path:
        """Write what is left to write, and put the files in their place."""
        cases = self.cases
        points = points_table(cases)
        described = [points, *(Table(s.name, s.columns, tuple([] for _ in s.columns)) for s in self._files.values())]
        with _as_output_error(self.directory):
            files = {"points.csv": self._write("points.csv", csv_text(points).encode())}
            files["columns.csv"] = self._write("columns.csv", csv_text(document(described)).encode())
            for stream in self._files.values():
                files[f"{stream.name}.csv"] = stream.finish()
            manifest = sweep_manifest(cases, files, self.failures, seconds, command)
            self._write(MANIFEST, manifest_text(manifest).encode())
            for stream in self._files.values():
                stream.path.rename(self.partial / f"{stream.name}.csv")
            self._settle()
        return self.directory

    def _open(self) -> None:
        assert self.journal is not None
        columns = self._columns()
        noted = self.journal.read(PROGRESS)
        self.journal.folder.mkdir(exist_ok=True)
        self._files = {name: _Stream(self.journal.folder, name, listed) for name, listed in columns.items()}
        if noted is not None and all(s.continued(*noted[1].get(s.name, (0, ""))) for s in self._files.values()):
            self.done, _, self._wide, self.failures = noted
            return
        for stream in self._files.values():
            stream.begin()

    def _columns(self) -> dict[str, tuple[Column, ...]]:
        """The columns of every table that grows."""
        study, plan = self.cases.study, self.cases.plan
        found = {name: (POINT, *COLUMNS[name]) for name in plan.tables}
        return found if plan.wide is None else {**found, "wide": wide_columns(study, plan)}


class _Stream:
    """A table that grows."""

    def __init__(self, folder: Path, name: str, columns: tuple[Column, ...]) -> None:
        self.name, self.columns = name, columns
        self.path = folder / f"{name}.csv"
        self.sha256 = hashlib.sha256()
        self.size = 0
        self.file: Any = None

    def begin(self) -> None:
        self.close()
        self.sha256, self.size = hashlib.sha256(), 0
        self.file = open(self.path, "wb")  # noqa: SIM115  open as long as the sweep lasts
        self.write(csv_text(Table(self.name, self.columns, tuple([] for _ in self.columns))))

    def continued(self, size: int, digest: str) -> bool:
        """Go on after the bytes noted, if they still stand there."""
        try:
            self.file = open(self.path, "r+b")  # noqa: SIM115  the same
        except FileNotFoundError:
            return False
        left = size
        while left and (block := self.file.read(min(left, 2**20))):
            self.sha256.update(block)
            left -= len(block)
        if left or not size or self.sha256.hexdigest() != digest:
            return False
        self.size = size
        self.file.truncate(size)
        self.file.seek(size)
        return True

    def write(self, text: str) -> None:
        data = text.encode()
        self.file.write(data)
        self.sha256.update(data)
        self.size += len(data)

    def noted(self) -> tuple[int, str]:
        self.file.flush()
        os.fsync(self.file.fileno())
        return self.size, self.sha256.hexdigest()

    def finish(self) -> str:
        _, digest = self.noted()
        self.close()
        return digest

    def close(self) -> None:
        if self.file is not None:
            file, self.file = self.file, None
            file.close()


def _identity(cases: Cases) -> dict[str, object]:
    study, plan = cases.study, cases.plan
    return {
        **identity_of_run(study, study.scenarios, cases.settings),
        "kind": "sweep",
        "swept": [target.name for target in plan.targets],
        "points": len(plan.points),
        "what_the_points_set_sha256": digest((plan.targets, plan.points)),
        "common_random_numbers": plan.common,
        "tables": list(plan.tables),
        "dates": "last" if plan.last_only else "all",
        "wide": digest(plan.wide),
    }


def sweep_manifest(
    cases: Cases, files: Mapping[str, str], failures: Mapping[int, int], seconds: tuple[float, float],
    command: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """What a sweep says about itself; ``seconds`` of wall and processor."""
    study, plan, settings = cases.study, cases.plan, cases.settings
    model = study.model
    return {
        "crossroads": __version__,
        "format": FORMAT,
        "complete": True,
        "kind": "sweep",
        **names_of(study, study.scenarios),
        "seed": settings.seed,
        "n": settings.n,
        "replicates": settings.replicates,
        "design": settings.design,
        "scenarios": [scenario.name for scenario in study.scenarios],
        "points": len(plan.points),
        "swept": [target.name for target in plan.targets],
        "sweep_design": plan.design,
        "common_random_numbers": plan.common,
        "start": model.clock.date_of(0).isoformat(),
        "end": model.clock.date_of(model.clock.n_steps).isoformat(),
        "steps": model.clock.n_steps,
        "failures": {str(point): count for point, count in sorted(failures.items())},
        "model_sha256": model_hash(model.sources),
        "sources": dict(model.sources),
        "command": list(command),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": cpu_name(),
        "threads": settings.n_threads,
        "wall_seconds": round(seconds[0], 3),
        "cpu_seconds": round(seconds[1], 3),
        "files": dict(sorted(files.items())),
    }
